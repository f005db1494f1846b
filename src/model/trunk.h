/* SPDX-License-Identifier: Apache-2.0 */
/* What learning and the colony need of an open model beyond korora.h. */
#ifndef KOR_TRUNK_H
#define KOR_TRUNK_H

#include "korora.h"
#include "model/encoder.h"
#include "text/unigram.h"
#include "text/wordcut.h"

#include <stdbool.h>

/* embedding[dim] and state[dim] of a text, with a context of an encoder. */
void kor_trunk_features(kor_ctx *ctx, const char *text, size_t len, float *embedding, float *state);

/* Tokens of the text that a context of an encoder embedded last: its max_tokens when there may be
 * more in the text. */
size_t kor_trunk_tokens(const kor_ctx *ctx);

/* What the bag of a model of architecture "hybrid" or "lora" says alone, without a pass of the
 * trunk: out[labels] probabilities that are not calibrated. False when it has none. */
bool kor_trunk_glance(kor_ctx *ctx, const char *text, size_t len, float *out);

/* Its encoder, a view that lives as long as the model; NULL when it has none. */
const kor_encoder *kor_trunk_encoder(const kor_model *model);

/* Its tokenizer, likewise. */
const kor_unigram *kor_trunk_tokenizer(const kor_model *model);

/* The file that it was read from, likewise. */
const kor_gguf *kor_trunk_file(const kor_model *model);

/* states[count][dim] of words of a text, with a context of an encoder: see model/wordstates.h. */
void kor_trunk_words(kor_ctx *ctx, const char *text, const kor_word *words, size_t count,
                     float *states);

#endif
