/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder of model/encoder.h as something that learns: all parameters in one array of floats,
 * a forward pass that remembers what its backward pass needs, and a backward pass by hand.
 *
 * Sequences are laid one after the other, without padding: N tokens in B sequences. Shapes are
 * row-major; "w" of a linear layer is [in][out].
 *
 * net.c is compiled with KOR_REAL as float; its test compiles it again as double, to compare every
 * gradient with finite differences. */
#ifndef KOR_NET_H
#define KOR_NET_H

#include "base/arena.h"
#include "model/encoder.h"

#ifndef KOR_REAL
#define KOR_REAL float
#endif

typedef KOR_REAL kor_real;

/* A run of parameters that are treated alike. */
typedef struct kor_net_part {
    size_t at, count; /* into the parameters */
    size_t in, out;   /* of a matrix, which is also kept packed; else 0 */
    size_t depth;     /* 0 the embeddings, then the layers, then the pooler */
    bool decays;      /* weights do, norms and biases do not */
} kor_net_part;

enum { KOR_NET_PARTS = 4 + 16 * KOR_ENCODER_LAYERS };

typedef struct kor_net_linear {
    size_t in, out, w, b; /* w, b: parts; in is 0 where there is none */
} kor_net_linear;

typedef struct kor_net_layer {
    size_t in, out, heads, hidden;
    size_t gamma1, beta1, gamma2, beta2; /* parts */
    kor_net_linear qkv, attention_out, residual, up, down;
} kor_net_layer;

typedef struct kor_net {
    size_t layers, dim, width, vocabulary, max_tokens; /* width: of an embedding */
    kor_real scale, epsilon;
    kor_activation act;
    kor_net_layer layer[KOR_ENCODER_LAYERS];
    size_t embedding, position; /* parts */
    kor_net_linear pooler;
    size_t parts, count;
    kor_net_part part[KOR_NET_PARTS];
    kor_real *param;               /* [count] */
    float *packed, *packed_turned; /* each matrix for x w and for x w', at its part's at */
    kor_arena arena;
} kor_net;

/* Load the parameters of an encoder (int8 or f32; pre-norm, with a pooler). Free with kor_net_free,
 * also after a failure. */
kor_status kor_net_load(kor_net *net, const kor_encoder *from, kor_error *err);
void kor_net_free(kor_net *net);

/* After a change of the parameters: pack the matrices again, one part or all. */
void kor_net_refresh(kor_net *net, size_t part);
void kor_net_refresh_all(kor_net *net);

/* A batch of token ids: sequence i has ids[first[i]..first[i + 1] - 1], at least one. */
typedef struct kor_batch {
    size_t sequences;
    const size_t *first; /* [sequences + 1] */
    const int32_t *ids;
} kor_batch;

/* What a forward pass leaves for the backward pass. Zero-initialise; reused from batch to batch. */
typedef struct kor_tape kor_tape;
kor_tape *kor_tape_new(void);
void kor_tape_free(kor_tape *tape);

/* state[B][dim] is the mean of the last layer, embedding[B][dim] the unit vector after the pooler:
 * both belong to the tape until its next use. */
kor_status kor_net_forward(const kor_net *net, const kor_batch *batch, kor_tape *tape,
                           kor_real **state, kor_real **embedding, kor_error *err);

/* Add to gradient[count] that of a loss whose gradients by state and embedding are given [B][dim].
 * Uses up the tape. */
kor_status kor_net_backward(const kor_net *net, const kor_batch *batch, kor_tape *tape,
                            const kor_real *d_state, const kor_real *d_embedding,
                            kor_real *gradient, kor_error *err);

#endif
