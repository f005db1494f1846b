/* SPDX-License-Identifier: Apache-2.0 */
/* What learning needs of an open encoder beyond korora.h. */
#ifndef KOR_TRUNK_H
#define KOR_TRUNK_H

#include "korora.h"
#include "text/wordcut.h"

/* embedding[dim] and state[dim] of a text, with a context of an encoder. */
void kor_trunk_features(kor_ctx *ctx, const char *text, size_t len, float *embedding, float *state);

/* states[count][dim] of words of a text, with a context of an encoder: see model/wordstates.h. */
void kor_trunk_words(kor_ctx *ctx, const char *text, const kor_word *words, size_t count,
                     float *states);

#endif
