/* SPDX-License-Identifier: Apache-2.0 */
/* The encoder of model/encoder.h as something that learns: all parameters in one array of floats.
 * net_pass.h takes a batch through it, forward and back.
 *
 * Shapes are row-major; "w" of a linear layer is [in][out].
 *
 * net.c and net_pass.c are compiled with KOR_REAL as float; a test compiles them again as double,
 * to compare every gradient with finite differences. */
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
    size_t packed;    /* of a matrix: into the packed parameters */
    size_t column;    /* of a matrix: into kor_net.column_scale */
    size_t small;     /* of a norm, a bias or the positions: into kor_net.small */
    size_t depth;     /* 0 the embeddings, then the layers, then the pooler */
    bool decays;      /* weights do, norms and biases do not */
} kor_net_part;

enum { KOR_NET_PARTS = 5 + 16 * KOR_ENCODER_LAYERS };

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
    bool weighted;
    size_t token_weight; /* part, where weighted: logarithms of the tokens' weights in the mean */
    kor_net_linear pooler;
    size_t parts, count;
    size_t small; /* parameters that are neither in a matrix nor an embedding */
    kor_net_part part[KOR_NET_PARTS];
    kor_real *param;                  /* [count] */
    kor_real *packed, *packed_turned; /* each matrix for x w and for x w', see kernels.h */
    size_t packed_count, columns;
    /* Products see the matrices as they will be in int8, and the gradients go to what they are made
     * from: straight through the rounding (Bengio et al. 2013). Set before a refresh. */
    bool rounded;
    kor_real *column_scale; /* [columns] of each column of each matrix, where rounded is set */
} kor_net;

/* Load the parameters of an encoder (int8 or f32; pre-norm, with a pooler). Free with kor_net_free,
 * also after a failure. */
kor_status kor_net_load(kor_net *net, const kor_encoder *from, kor_error *err);
void kor_net_free(kor_net *net);

/* Give the tokens weights in the mean, which learn from then on: weight[vocabulary] to start with.
 * Only of a net that has none. */
kor_status kor_net_weigh(kor_net *net, const float *weight, kor_error *err);

/* Can kor_net_load load it? */
bool kor_net_can_load(const kor_encoder *encoder);

/* After a change of the parameters: pack the matrices again, one part or all. */
void kor_net_refresh(kor_net *net, size_t part);
void kor_net_refresh_all(kor_net *net);

/* The parameters as an int8 encoder that kor_encoder_forward runs: a view of memory in arena. */
kor_status kor_net_to_int8(const kor_net *net, kor_encoder *out, kor_arena *arena, kor_error *err);

/* w[k][n], rows ld apart, packed as kernels.h says: panels of KOR_PANEL columns. */
void kor_net_pack(kor_real *to, const kor_real *w, size_t ld, size_t k, size_t n);
/* The same of the transpose of w[n][k]. */
void kor_net_pack_turned(kor_real *to, const kor_real *w, size_t ld, size_t n, size_t k);

#endif
