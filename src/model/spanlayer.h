/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder's states of words add to the emissions of spans:
 *
 *     s(i)        = (state(i) - mean) * factor                                  [dim]
 *     emission(i) += s(i) W0 + s(i - 1) W1 + s(i + 1) W2 + mean of all s Wm + bias
 *
 * with nothing for a neighbour that is not there. The states may come from any encoder of dim. */
#ifndef KOR_SPANLAYER_H
#define KOR_SPANLAYER_H

#include "model/encoder.h"
#include "model/spans.h"

enum { KOR_SPAN_PARTS = 3 }; /* W0, W1, W2 */

typedef struct kor_span_layer {
    size_t dim, tags;
    uint64_t trunk;             /* the checksum of the trunk that it was made on; 0 in a full one */
    kor_linear near;            /* int8, [dim] to [KOR_SPAN_PARTS * tags] */
    kor_linear whole;           /* int8, [dim] to [tags], with the bias */
    const float *mean, *factor; /* [dim] */
} kor_span_layer;

/* Bind to the tensors of a file. Nothing is copied. */
kor_status kor_span_layer_bind(kor_span_layer *out, const kor_gguf *file, size_t dim, size_t labels,
                               kor_error *err);

/* Scratch of kor_span_layer_forward in bytes, aligned to 64. */
size_t kor_span_layer_scratch(const kor_span_layer *layer);

/* Add to emissions[count][tags] what states[count][dim] say; count is 1 to KOR_SPANS_WORDS. The
 * states become standard. */
void kor_span_layer_forward(const kor_span_layer *layer, const kor_kernels *k, float *states,
                            size_t count, float *emissions, void *scratch);

#endif
