/* SPDX-License-Identifier: Apache-2.0 */
/* The part of a model's card that is about pairs of texts. */
#ifndef KOR_PAIR_CARD_H
#define KOR_PAIR_CARD_H

#include "base/str.h"
#include "learn/train.h"
#include "model/gguf.h"

/* The figures, in the model file: those that there are. */
void kor_pair_card_add(kor_gguf_out *out, const kor_pair_metrics *metrics);

/* The same figures as Markdown, and what such a model is known not to do. */
void kor_pair_card(kor_str *out, const kor_train_report *report);

#endif
