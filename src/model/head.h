/* SPDX-License-Identifier: Apache-2.0 */
/* Heads: what a model answers, and logits made into probabilities. An architecture gives logits, of
 * one source or summed of several; what they mean is said here.
 *
 *     classify   one of the labels: softmax(logits / temperature); below the threshold the model
 *                abstains
 *     tags       any of the labels: sigmoid(logits / temperature), each against its own threshold;
 *                logits over 0 have a temperature of their own: training is surest of what it saw
 *     spans      parts of the text, each with one of the labels: model/spans.h
 *     rank       how well a text answers a query: see rank.h, which has no logits
 */
#ifndef KOR_HEAD_H
#define KOR_HEAD_H

#include "model/gguf.h"

typedef enum kor_head_kind {
    KOR_HEAD_EMBED,
    KOR_HEAD_CLASSIFY,
    KOR_HEAD_TAGS,
    KOR_HEAD_SPANS,
    KOR_HEAD_RANK
} kor_head_kind;

enum { KOR_LABELS_MAX = 1 << 16, KOR_LABEL_BYTES = 256 };

typedef struct kor_head {
    kor_head_kind kind;
    size_t labels;           /* 0 for embed and rank */
    const char **label;      /* [labels], in the arena */
    float temperature;       /* over 0 */
    float temperature_over;  /* tags: of logits over 0 */
    float threshold;         /* of classify, 0 to 1; 0: it never abstains */
    const float *thresholds; /* of tags: [labels], 0 to 1 */
} kor_head;

/* "embed", "classify", "tags", "spans", "rank". */
const char *kor_head_name(kor_head_kind kind);

/* Read the head of a file; the names of its labels go to arena, its thresholds are used in place.
 */
kor_status kor_head_bind(kor_head *out, const kor_gguf *file, kor_arena *arena, kor_error *err);

/* x[labels]: logits in, probabilities out. */
void kor_head_apply(const kor_head *head, float *x);

#endif
