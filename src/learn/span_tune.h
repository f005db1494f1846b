/* SPDX-License-Identifier: Apache-2.0 */
/* Training of an encoder for spans, as a whole or by adapters (tuner.h), together with the layer on
 * it and the chain (span_top.h), from where those on the frozen encoder (spans_train.h) have come.
 */
#ifndef KOR_SPAN_TUNE_H
#define KOR_SPAN_TUNE_H

#include "learn/span_top.h"

typedef struct kor_span_tuned {
    kor_encoder encoder;       /* int8; with adapters: a view of the trunk's that has them */
    kor_spans_trained trained; /* its table is that of the start; its chain and layer are own */
    kor_tune_result result;
    kor_arena arena;
} kor_span_tuned;

typedef struct kor_span_task {
    const kor_model *trunk;
    const kor_spans_row *rows; /* to learn from */
    const kor_span_corpus *corpus;
    const kor_spans_trained *start; /* outlives what is trained */
    kor_tune_recipe recipe;
    kor_span_top_recipe top; /* its seed is that of recipe */
    /* After each epoch: how good the int8 model is. NULL: the last epoch is taken. */
    kor_status (*quality)(void *arg, const kor_span_tuned *tuned, double *out, kor_error *err);
    void (*progress)(void *arg, double fraction);
    void *arg;              /* of both */
    const char *checkpoint; /* as in kor_tune_hooks */
    uint64_t purpose;
} kor_span_task;

/* Free with kor_span_tuned_free, also after a failure. */
kor_status kor_span_tune(kor_span_tuned *out, const kor_span_task *task, kor_error *err);
void kor_span_tuned_free(kor_span_tuned *tuned);

/* Let the bag count by so much in the file and in answers. */
kor_status kor_span_tuned_weigh(kor_span_tuned *tuned, float weight, kor_error *err);

/* Add all of it to a file, for architecture "full" or "lora". */
void kor_span_tuned_write(const kor_span_tuned *tuned, const kor_model *trunk, kor_gguf_out *out);

#endif
