/* SPDX-License-Identifier: Apache-2.0 */
/* The hybrid: a linear layer on what an encoder makes of a text, plus the logits of a bag of
 * n-grams. Three architectures are one:
 *
 *     hybrid   on an encoder that many share, the trunk
 *     lora     on the trunk with an adapter of its own (lora.h)
 *     full     on an encoder of its own, in the same file
 *
 *     e, s   = the trunk's embedding and its state before the pooler         [dim] each
 *     logits = e We + ((s - mean) * factor) Ws + bias + weight * bag logits  [labels]
 *
 * The file of the first two holds all but the trunk; the states of hybrids on one trunk are the
 * same, so that one forward pass serves them all. */
#ifndef KOR_HYBRID_H
#define KOR_HYBRID_H

#include "model/bag.h"
#include "model/encoder.h"

typedef struct kor_hybrid {
    size_t dim, labels;
    uint64_t trunk; /* the checksum of the trunk that it was made on; 0 in a full one */
    kor_linear embedding, state; /* int8, [dim] to [labels]; only state has a bias */
    const float *mean, *factor;  /* [dim] */
    float weight;                /* of the bag's logits; 0 when there is no bag */
    kor_bag bag;
} kor_hybrid;

enum { KOR_TRUNK_NAME = 64 }; /* bytes of the name of a trunk, with its NUL */

/* The name of the trunk that a file stands on. KOR_E_INPUT when it says none or an unfit one. */
kor_status kor_hybrid_trunk_name(const kor_gguf *file, char out[KOR_TRUNK_NAME], kor_error *err);

/* Bind a hybrid to the tensors of a file, for an encoder of dim and that many labels. Nothing is
 * copied. */
kor_status kor_hybrid_bind(kor_hybrid *out, const kor_gguf *file, size_t dim, size_t labels,
                           kor_error *err);

/* Scratch of kor_hybrid_forward in bytes. */
size_t kor_hybrid_scratch(const kor_hybrid *h);

/* logits[labels] of a text and what the trunk made of it. scratch is aligned to 64, and zeroed
 * before its first use. */
void kor_hybrid_forward(const kor_hybrid *h, const kor_kernels *k, const char *text, size_t len,
                        const float *embedding, const float *state, float *logits, void *scratch);

/* The bag's logits alone; scratch as above. */
void kor_hybrid_bag(const kor_hybrid *h, const char *text, size_t len, float *logits,
                    void *scratch);

/* The part of the linear layer alone; scratch as above. */
void kor_hybrid_linear(const kor_hybrid *h, const kor_kernels *k, const float *embedding,
                       const float *state, float *logits, void *scratch);

#endif
