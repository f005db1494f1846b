/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder: token ids in, a sentence vector out. A transformer (Vaswani et al. 2017) over a
 * token table and a position table, and a mean over the tokens, in which rare tokens may weigh more
 * than common ones (as in the sentence vectors of Arora et al. 2017).
 *
 *     x[t]   = embedding_scale * E[id[t]] + P[t]                  [t][widths[0]]
 *     each layer, in -> out wide, normalised before its parts ("pre"), as in the Universal Sentence
 *     Encoder's small transformer (Cer et al. 2018):
 *       q|k|v = LN1(x) Wqkv + bqkv                                [t][3 in]
 *       y    = x Wres + bres (x itself when in = out) + attention(q, k, v) Wo + bo    [t][out]
 *       x    = y + act(LN2(y) W1 + b1) W2 + b2                    [t][out]
 *     or after them ("post"), as in BERT (Devlin et al. 2019), with x = LN0(x) first and in = out:
 *       q|k|v = x Wqkv + bqkv
 *       y    = LN1(x + attention(q, k, v) Wo + bo)
 *       x    = LN2(y + act(y W1 + b1) W2 + b2)
 *     pooled = sum over t of w[id[t]] x[t] / sum of w[id[t]]; w is 1 where the file has none [dim]
 *     v      = tanh(pooled Wt + bt), or pooled itself where the file has no pooler, divided by its
 * length   [dim] */
#ifndef KOR_ENCODER_H
#define KOR_ENCODER_H

#include "kernels/kernels.h"
#include "model/gguf.h"

/* A token's weight in the mean is 2^(code / KOR_TOKEN_WEIGHT_STEPS), code an int8: from 2^-8 to
 * almost 2^8. */
#define KOR_TOKEN_WEIGHT_STEPS 16

enum { KOR_ENCODER_LAYERS = 32, KOR_ENCODER_WIDTH = 8192, KOR_ENCODER_TOKENS = 4096 };

/* A linear layer: a view into the file. */
typedef struct kor_linear {
    size_t in, out;
    const void *weight; /* packed as kernels.h says; int8 when scale is set, else f32 */
    const float *scale; /* [out] or NULL */
    const float *bias;  /* [out] */
    /* An adapter (lora.h): + x a b, a = adapter[0] and b = adapter[1] without biases; or NULL. */
    const struct kor_linear *adapter;
} kor_linear;

/* A layer norm: a view into the file. gamma is NULL where there is none. */
typedef struct kor_norm {
    const float *gamma, *beta;
} kor_norm;

typedef struct kor_encoder_layer {
    size_t in, out, heads, hidden;
    kor_norm norm1, norm2;                             /* in and out wide */
    kor_linear qkv, attention_out, residual, up, down; /* residual.weight is NULL when in = out */
} kor_encoder_layer;

typedef struct kor_encoder {
    size_t layers, dim, max_tokens, vocabulary;
    size_t parameters;
    size_t macs_per_token, macs_per_text; /* multiply-adds of the linear layers */
    float embedding_scale, norm_epsilon;
    bool post_norm;
    kor_activation activation;
    kor_norm embedding_norm;       /* LN0, of post-norm encoders */
    const float *embedding;        /* f32 [vocabulary][widths[0]], or NULL */
    const int8_t *embedding8;      /* int8, with */
    const float *embedding8_scale; /* [vocabulary] */
    const float *position;         /* [max_tokens][widths[0]] */
    const int8_t *token_weight;    /* [vocabulary] w of the mean, as codes; NULL: all are 1 */
    kor_linear pooler;             /* weight is NULL where there is none */
    kor_encoder_layer layer[KOR_ENCODER_LAYERS];
} kor_encoder;

/* Bind an encoder to the tensors of a file, checking that all are there with the right shapes.
 * Nothing is copied: out is valid as long as the file's bytes. */
kor_status kor_encoder_bind(kor_encoder *out, const kor_gguf *file, kor_error *err);

/* Linear layer i of an encoder, from 0, in the order of the file; NULL after the last. name is that
 * of its tensors. */
kor_linear *kor_encoder_linear(kor_encoder *e, size_t i, char name[64]);

/* Scratch of kor_encoder_forward in bytes. */
size_t kor_encoder_scratch(const kor_encoder *e);

/* ids[count], count <= max_tokens, each below vocabulary -> out[dim]. No tokens give the vector of
 * a zero mean. scratch has kor_encoder_scratch(e) bytes, aligned to 64. */
void kor_encoder_forward(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                         size_t count, float *out, void *scratch);

/* The same, and the plain mean of the last layer as well, in which common tokens count as much as
 * rare ones: state[dim]. */
void kor_encoder_features(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                          size_t count, float *state, float *out, void *scratch);

/* What the pooler reads: mean[dim], weighted where the tokens are. */
void kor_encoder_mean(const kor_encoder *e, const kor_kernels *k, const int32_t *ids, size_t count,
                      float *mean, void *scratch);

/* The last layer's states of the tokens: [count][dim], in scratch until its next use. */
const float *kor_encoder_states(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                                size_t count, void *scratch);

#endif
