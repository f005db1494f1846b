/* SPDX-License-Identifier: Apache-2.0 */
/* What stands on an encoder that learns spans (tuner.h): the layer of model/spanlayer.h on the mean
 * of each word's tokens, the emissions of a bag that stays as it is, and the chain.
 *
 * A bag has learnt the rows nearly by heart and leaves little for an encoder to learn. So it is
 * left out of a share of the rows, another one in each step. */
#ifndef KOR_SPAN_TOP_H
#define KOR_SPAN_TOP_H

#include "learn/crf_train.h"
#include "learn/span_windows.h"
#include "learn/spans_train.h"

typedef struct kor_span_top_recipe {
    float bagless; /* share of the windows that are learnt without the bag */
    float dropout; /* share of the states' numbers that are left out */
    uint64_t seed; /* what is left out hangs on it, on the step and on the window alone */
} kor_span_top_recipe;

typedef struct kor_span_top {
    kor_span_top_recipe recipe;
    const kor_span_corpus *corpus;
    const kor_span_windows *windows;
    const float *bag; /* [corpus->words][tags] */
    size_t dim, tags, transitions;
    const float *mean, *factor; /* [dim] */
    /* near[dim][KOR_SPAN_PARTS * tags], whole[dim][tags], which decay; bias[tags], and the chain:
     * start, transition, inside. */
    float *param;
    size_t count, decaying;
    struct kor_span_top_room *room;
    kor_arena arena;
} kor_span_top;

/* From where start has come; batches are of that many windows at most. Free with
 * kor_span_top_free, also after a failure. */
kor_status kor_span_top_make(kor_span_top *out, const kor_spans_trained *start,
                             const kor_span_corpus *corpus, const kor_span_windows *windows,
                             const float *bag, size_t batch, const kor_span_top_recipe *recipe,
                             kor_error *err);
void kor_span_top_free(kor_span_top *top);

/* The pass of kor_top, with the top as arg. */
kor_status kor_span_top_pass(void *top, const kor_tuned *batch, float *gradient, double *loss,
                             kor_error *err);

/* Views of the parameters. */
kor_span_layer_weights kor_span_top_weights(const kor_span_top *top);
kor_crf kor_span_top_chain(const kor_span_top *top);

#endif
