/* SPDX-License-Identifier: Apache-2.0 */
/* An encoder of two small layers in memory, the first of which changes the width. After cmocka.h.
 */
#ifndef TINY_ENCODER_H
#define TINY_ENCODER_H

#include "kernels/kernels.h"
#include "model/encoder.h"

#include <math.h>
#include <stdlib.h>

enum {
    TINY_NET_WIDTH = 6,
    TINY_NET_DIM = 10,
    TINY_NET_HIDDEN = 14,
    TINY_NET_ROWS = 11,
    TINY_NET_TOKENS = 8
};

typedef struct tiny_encoder {
    kor_encoder encoder;
    kor_arena arena;
    uint32_t seed;
} tiny_encoder;

/* n numbers between -size and size that are the same every time. */
static inline void tiny_numbers(double *out, size_t n, double size, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = size * ((double)(seed >> 8) / 8388608.0 - 1);
    }
}

static inline float *tiny_floats(tiny_encoder *t, size_t n, double size, double middle)
{
    float *x = kor_arena_array(&t->arena, n, sizeof *x);
    double *y = kor_arena_array(&t->arena, n, sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    tiny_numbers(y, n, size, ++t->seed * 77777);
    for (size_t i = 0; i < n; i++) x[i] = (float)(y[i] + middle);
    return x;
}

static inline kor_linear tiny_linear_of(tiny_encoder *t, size_t in, size_t out)
{
    float *packed = kor_arena_alloc(&t->arena, kor_packed_f32_size(in, out));
    assert_non_null(packed);
    kor_pack_f32(packed, tiny_floats(t, in * out, 0.6, 0), in, out);
    return (kor_linear){
        .in = in, .out = out, .weight = packed, .bias = tiny_floats(t, out, 0.2, 0)};
}

static inline kor_norm tiny_norm_of(tiny_encoder *t, size_t n)
{
    return (kor_norm){tiny_floats(t, n, 0.3, 1), tiny_floats(t, n, 0.2, 0)};
}

static inline void tiny_encoder_make(tiny_encoder *t, kor_activation act)
{
    *t = (tiny_encoder){0};
    t->encoder =
        (kor_encoder){.layers = 2,
                      .dim = TINY_NET_DIM,
                      .max_tokens = TINY_NET_TOKENS,
                      .vocabulary = TINY_NET_ROWS,
                      .embedding_scale = 2,
                      .norm_epsilon = 1e-6f,
                      .activation = act,
                      .embedding = tiny_floats(t, TINY_NET_ROWS * TINY_NET_WIDTH, 1, 0),
                      .position = tiny_floats(t, TINY_NET_TOKENS * TINY_NET_WIDTH, 0.4, 0)};
    for (size_t i = 0; i < 2; i++) {
        size_t in = i ? TINY_NET_DIM : TINY_NET_WIDTH;
        kor_encoder_layer *l = &t->encoder.layer[i];
        *l = (kor_encoder_layer){
            .in = in, .out = TINY_NET_DIM, .heads = 2, .hidden = TINY_NET_HIDDEN};
        l->norm1 = tiny_norm_of(t, in);
        l->qkv = tiny_linear_of(t, in, 3 * in);
        l->attention_out = tiny_linear_of(t, in, TINY_NET_DIM);
        if (in != TINY_NET_DIM) l->residual = tiny_linear_of(t, in, TINY_NET_DIM);
        l->norm2 = tiny_norm_of(t, TINY_NET_DIM);
        l->up = tiny_linear_of(t, TINY_NET_DIM, TINY_NET_HIDDEN);
        l->down = tiny_linear_of(t, TINY_NET_HIDDEN, TINY_NET_DIM);
    }
    t->encoder.pooler = tiny_linear_of(t, TINY_NET_DIM, TINY_NET_DIM);
}

static inline void tiny_encoder_free(tiny_encoder *t)
{
    kor_arena_free(&t->arena);
}

#endif
