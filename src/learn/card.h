/* SPDX-License-Identifier: Apache-2.0 */
/* The card of a model: what it is, from what, and how good. */
#ifndef KOR_CARD_H
#define KOR_CARD_H

#include "learn/train.h"
#include "model/gguf.h"

/* Put the card into the model file: the essentials as metadata of their own, and as "korora.card"
 * the Markdown, without what differs from run to run, so that the same rows give the same bytes. */
kor_status kor_card_add(kor_gguf_out *out, const kor_train_report *report, kor_error *err);

/* Write all of it as Markdown to report->card, and its picture to report->diagram, each whole or
 * not at all. */
kor_status kor_card_write(const kor_train_report *report, kor_error *err);

#endif
