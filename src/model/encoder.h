/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder: token ids in, a sentence vector out. A pre-norm transformer (Vaswani et al. 2017) over a
 * token table and a position table, a mean over the tokens, and a tanh layer on top, as in the
 * Universal Sentence Encoder's small transformer (Cer et al. 2018).
 *
 *     x[t]   = embedding_scale * E[id[t]] + P[t]                  [t][widths[0]]
 *     each layer, in -> out wide:
 *       a    = LN1(x)                                             [t][in]
 *       q|k|v = a Wqkv + bqkv                                     [t][3 in]
 *       y    = x Wres + bres (x itself when in = out) + attention(q, k, v) Wo + bo    [t][out]
 *       x    = y + relu(LN2(y) W1 + b1) W2 + b2                   [t][out]
 *     pooled = mean over t of x                                   [dim]
 *     v      = tanh(pooled Wt + bt), divided by its length        [dim] */
#ifndef KOR_ENCODER_H
#define KOR_ENCODER_H

#include "kernels/kernels.h"
#include "model/gguf.h"

enum { KOR_ENCODER_LAYERS = 32, KOR_ENCODER_WIDTH = 8192, KOR_ENCODER_TOKENS = 4096 };

/* A linear layer: a view into the file. */
typedef struct kor_linear {
    size_t in, out;
    const void *weight;   /* packed as kernels.h says; int8 when scale is set, else f32 */
    const float *scale;   /* [out] or NULL */
    const float *bias;    /* [out] */
} kor_linear;

typedef struct kor_encoder_layer {
    size_t in, out, heads, hidden;
    const float *norm1_gamma, *norm1_beta; /* [in] */
    const float *norm2_gamma, *norm2_beta; /* [out] */
    kor_linear qkv, attention_out, residual, up, down; /* residual.weight is NULL when in = out */
} kor_encoder_layer;

typedef struct kor_encoder {
    size_t layers, dim, max_tokens, vocabulary;
    size_t parameters;
    float embedding_scale, norm_epsilon;
    const float *embedding;        /* f32 [vocabulary][widths[0]], or NULL */
    const int8_t *embedding8;      /* int8, with */
    const float *embedding8_scale; /* [vocabulary] */
    const float *position;         /* [max_tokens][widths[0]] */
    kor_linear pooler;
    kor_encoder_layer layer[KOR_ENCODER_LAYERS];
} kor_encoder;

/* Bind an encoder to the tensors of a file, checking that all are there with the right shapes.
 * Nothing is copied: out is valid as long as the file's bytes. */
kor_status kor_encoder_bind(kor_encoder *out, const kor_gguf *file, kor_error *err);

/* Scratch of kor_encoder_forward in bytes. */
size_t kor_encoder_scratch(const kor_encoder *e);

/* ids[count], count <= max_tokens, each below vocabulary -> out[dim]. No tokens give the vector of a
 * zero mean. scratch has kor_encoder_scratch(e) bytes, aligned to 64. */
void kor_encoder_forward(const kor_encoder *e, const kor_kernels *k, const int32_t *ids, size_t count, float *out,
                         void *scratch);

#endif
