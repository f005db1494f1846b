/* SPDX-License-Identifier: Apache-2.0 */
/* The card of a model: what it is, from what, and how good. */
#ifndef KOR_CARD_H
#define KOR_CARD_H

#include "learn/train.h"
#include "model/gguf.h"

/* The essentials, in the model file. */
void kor_card_add(kor_gguf_out *out, const kor_train_report *report);

/* All of it as Markdown, to report->card. */
kor_status kor_card_write(const kor_train_report *report, kor_error *err);

#endif
