/* SPDX-License-Identifier: Apache-2.0 */
/* A model asked about a text, whatever its head, and its answer as JSON: a line of `korora run`. */
#ifndef KOR_MODEL_ANSWERS_H
#define KOR_MODEL_ANSWERS_H

#include "base/str.h"
#include "korora.h"

#include <stdbool.h>

/* Does it compare two texts: head "rank"? */
bool kor_model_ranks(const kor_model_info *info);

/* Floats of an answer: 1, or one for each label, or the dimensions of an embedding. */
size_t kor_answer_size(const kor_model_info *info);

/* One thread's own, with its last answer. */
typedef struct kor_answerer {
    const kor_model *model;
    kor_model_info info;
    kor_ctx *ctx;
    float *v; /* [size] an embedding, the probabilities of the labels, or a score */
    size_t size;
    kor_span *spans; /* [KOR_TEXT_MAX] of head spans; else NULL */
    size_t found;    /* of them */
} kor_answerer;

/* The model must outlive it. Free with kor_answerer_close, after a failure too. */
kor_status kor_answerer_open(kor_answerer *a, const kor_model *model, kor_error *err);
void kor_answerer_close(kor_answerer *a); /* does nothing to one that is zero */

/* Ask about one text, or, when the model ranks, about two. */
kor_status kor_answerer_ask(kor_answerer *a, const char *text, size_t len, kor_error *err);
kor_status kor_answerer_rank(kor_answerer *a, const char *query, size_t query_len, const char *text,
                             size_t len, kor_error *err);

/* Append the last answer, which was about text. */
void kor_put_answer(kor_str *out, const kor_answerer *a, const char *text);

#endif
