/* SPDX-License-Identifier: Apache-2.0 */
/* What a trunk makes of the words of a corpus, as the layer of model/spanlayer.h reads it:
 * standardised, then int8. */
#ifndef KOR_SPAN_STATES_H
#define KOR_SPAN_STATES_H

#include "learn/span_corpus.h"

typedef struct kor_span_states {
    size_t dim;           /* a multiple of 4 */
    int8_t *code;         /* [words][dim] */
    float *scale;         /* [words] */
    int8_t *whole;        /* [chains][dim]: the mean of a chain's words */
    float *whole_scale;   /* [chains] */
    float *mean, *factor; /* [dim] */
} kor_span_states;

/* Read the words of rows[count], from which corpus was made, on all cores. Free with
 * kor_span_states_free, also after a failure. */
kor_status kor_span_states_read(kor_span_states *out, const kor_model *trunk,
                                const kor_spans_row *rows, const kor_span_corpus *corpus,
                                kor_error *err);
void kor_span_states_free(kor_span_states *states);

#endif
