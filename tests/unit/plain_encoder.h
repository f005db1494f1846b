/* SPDX-License-Identifier: Apache-2.0 */
/* model/encoder.h once more, written from its description and from nothing else of the program: in
 * double, one product after the other. What the kernels' answers are compared with. Also the trunk
 * with its weights in f32. After cmocka.h and gguf_maker.h. */
#ifndef PLAIN_ENCODER_H
#define PLAIN_ENCODER_H

#include "base/file.h"
#include "model/encoder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline double *plain_room(size_t n)
{
    double *x = calloc(n, sizeof *x);
    assert_non_null(x);
    return x;
}

/* The weight from input i to output o of a packed layer. */
static inline double plain_weight(const kor_linear *l, size_t i, size_t o)
{
    size_t panel = o / KOR_PANEL, column = o % KOR_PANEL;
    if (!l->scale) return ((const float *)l->weight)[(panel * l->in + i) * KOR_PANEL + column];
    size_t groups = (l->in + KOR_GROUP - 1) / KOR_GROUP;
    size_t at = ((panel * groups + i / KOR_GROUP) * KOR_PANEL + column) * KOR_GROUP + i % KOR_GROUP;
    return (double)((const int8_t *)l->weight)[at] * l->scale[o];
}

/* x[count][in] -> [count][out], to be freed. */
static inline double *plain_linear(const kor_linear *l, const double *x, size_t count)
{
    double *y = plain_room(count * l->out), *w = plain_room(l->in);
    for (size_t o = 0; o < l->out; o++) {
        for (size_t i = 0; i < l->in; i++) w[i] = plain_weight(l, i, o);
        for (size_t t = 0; t < count; t++) {
            double sum = l->bias[o];
            for (size_t i = 0; i < l->in; i++) sum += x[t * l->in + i] * w[i];
            y[t * l->out + o] = sum;
        }
    }
    free(w);
    return y;
}

static inline double *plain_norm(const kor_norm *norm, const double *x, size_t count, size_t n,
                                 double epsilon)
{
    double *y = plain_room(count * n);
    for (size_t t = 0; t < count; t++) {
        double mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) mean += x[t * n + i] / (double)n;
        for (size_t i = 0; i < n; i++) variance += pow(x[t * n + i] - mean, 2) / (double)n;
        for (size_t i = 0; i < n; i++) {
            y[t * n + i] =
                (x[t * n + i] - mean) / sqrt(variance + epsilon) * norm->gamma[i] + norm->beta[i];
        }
    }
    return y;
}

/* qkv[count][3 n] -> [count][n] */
static inline double *plain_attention(const double *qkv, size_t count, size_t n, size_t heads)
{
    double *y = plain_room(count * n), *p = plain_room(count);
    size_t dim = n / heads;
    for (size_t h = 0; h < heads; h++) {
        for (size_t t = 0; t < count; t++) {
            const double *q = qkv + t * 3 * n + h * dim;
            double most = -INFINITY, sum = 0;
            for (size_t u = 0; u < count; u++) {
                const double *k = qkv + u * 3 * n + n + h * dim;
                p[u] = 0;
                for (size_t i = 0; i < dim; i++) p[u] += q[i] * k[i];
                p[u] /= sqrt((double)dim);
                most = fmax(most, p[u]);
            }
            for (size_t u = 0; u < count; u++) sum += p[u] = exp(p[u] - most);
            for (size_t u = 0; u < count; u++) {
                const double *v = qkv + u * 3 * n + 2 * n + h * dim;
                for (size_t i = 0; i < dim; i++) y[t * n + h * dim + i] += p[u] / sum * v[i];
            }
        }
    }
    free(p);
    return y;
}

static inline void plain_add(double *x, const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) x[i] += y[i];
}

/* x[count][in] -> [count][out]; frees x. */
static inline double *plain_layer(const kor_encoder *e, const kor_encoder_layer *l, double *x,
                                  size_t count)
{
    double *normed = plain_norm(&l->norm1, x, count, l->in, e->norm_epsilon);
    double *qkv = plain_linear(&l->qkv, normed, count);
    double *mixed = plain_attention(qkv, count, l->in, l->heads);
    double *y = plain_linear(&l->attention_out, mixed, count);
    double *carried = l->residual.weight ? plain_linear(&l->residual, x, count) : NULL;
    plain_add(y, carried ? carried : x, count * l->out);
    free(normed);
    normed = plain_norm(&l->norm2, y, count, l->out, e->norm_epsilon);
    double *hidden = plain_linear(&l->up, normed, count);
    for (size_t i = 0; i < count * l->hidden; i++) hidden[i] = fmax(hidden[i], 0);
    double *z = plain_linear(&l->down, hidden, count);
    plain_add(z, y, count * l->out);
    free(normed);
    free(qkv);
    free(mixed);
    free(y);
    free(carried);
    free(hidden);
    free(x);
    return z;
}

/* ids[count], at least one -> out[dim], and the plain mean of the states in state[dim] unless that
 * is NULL. Encoders that are normalised before their parts and have ReLU. */
static inline void plain_forward(const kor_encoder *e, const int32_t *ids, size_t count, float *out,
                                 double *state)
{
    assert_true(count > 0 && !e->post_norm && e->activation == KOR_ACT_RELU);
    size_t n = e->layer[0].in, dim = e->dim;
    double *x = plain_room(count * n), *pooled = plain_room(dim), sum = 0, squares = 0;
    for (size_t t = 0; t < count; t++) {
        size_t id = (size_t)ids[t];
        for (size_t i = 0; i < n; i++) {
            double v = e->embedding ? e->embedding[id * n + i]
                                    : (double)e->embedding8[id * n + i] * e->embedding8_scale[id];
            x[t * n + i] = (double)e->embedding_scale * v + e->position[t * n + i];
        }
    }
    for (size_t i = 0; i < e->layers; i++) x = plain_layer(e, &e->layer[i], x, count);
    for (size_t i = 0; state && i < dim; i++) {
        state[i] = 0;
        for (size_t t = 0; t < count; t++) state[i] += x[t * dim + i] / (double)count;
    }
    for (size_t t = 0; t < count; t++) {
        double w = e->token_weight ? pow(2, e->token_weight[ids[t]] / 16.0) : 1;
        sum += w;
        for (size_t i = 0; i < dim; i++) pooled[i] += w * x[t * dim + i];
    }
    for (size_t i = 0; i < dim; i++) pooled[i] /= sum;
    double *v = pooled;
    if (e->pooler.weight) {
        v = plain_linear(&e->pooler, pooled, 1);
        for (size_t i = 0; i < dim; i++) v[i] = tanh(v[i]);
    }
    for (size_t i = 0; i < dim; i++) squares += v[i] * v[i];
    for (size_t i = 0; i < dim; i++) out[i] = (float)(v[i] / sqrt(squares));
    if (v != pooled) free(v);
    free(pooled);
    free(x);
}

/* ---- The trunk in f32 ---- */

/* The matrix of a layer as kor_pack_f32 takes it: [in][out], to be freed. */
static inline float *plain_matrix(const kor_linear *l)
{
    float *w = calloc(l->in * l->out, sizeof *w);
    assert_non_null(w);
    for (size_t i = 0; i < l->in; i++) {
        for (size_t o = 0; o < l->out; o++) w[i * l->out + o] = (float)plain_weight(l, i, o);
    }
    return w;
}

static inline void plain_put_f32(kor_gguf_out *o, const char *name, const kor_linear *l)
{
    float *w = plain_matrix(l), *packed = calloc(kor_packed_f32_size(l->in, l->out), 1);
    assert_non_null(packed);
    kor_pack_f32(packed, w, l->in, l->out);
    kor_gguf_add_tensor(o, name, KOR_TENSOR_F32, 3,
                        (size_t[]){KOR_PANEL, l->in, (l->out + KOR_PANEL - 1) / KOR_PANEL}, packed);
    free(packed);
    free(w);
}

static inline void plain_put_table(kor_gguf_out *o, const char *name, const kor_encoder *e)
{
    size_t n = e->layer[0].in, count = n * e->vocabulary;
    float *x = calloc(count, sizeof *x);
    assert_non_null(x);
    for (size_t i = 0; i < count; i++) x[i] = (float)e->embedding8[i] * e->embedding8_scale[i / n];
    kor_gguf_add_tensor(o, name, KOR_TENSOR_F32, 2, (size_t[]){n, e->vocabulary}, x);
    free(x);
}

/* The int8 model of a file, with the same weights in f32. */
static inline void plain_write_f32(const char *path, const char *int8)
{
    kor_map map;
    kor_gguf g;
    kor_encoder e;
    kor_error err;
    kor_gguf_out o = {0};
    if (kor_map_open(&map, int8, &err) || kor_gguf_parse(&g, map.data, map.size, &err) ||
        kor_encoder_bind(&e, &g, &err))
        fail_msg("%s", err.msg);
    copy_entries(&o, &g);
    for (size_t i = 0; i < g.tensor_count; i++) {
        const kor_tensor *t = &g.tensors[i];
        char name[65] = "", layer[64], weight[80];
        memcpy(name, t->name.data, t->name.len);
        const kor_linear *l = NULL;
        for (size_t j = 0; (l = kor_encoder_linear(&e, j, layer)); j++) {
            (void)snprintf(weight, sizeof weight, "%s.weight", layer);
            if (strcmp(weight, name) == 0) break;
        }
        size_t len = strlen(name);
        if (l)
            plain_put_f32(&o, name, l);
        else if (strcmp(name, "token_embd.weight") == 0)
            plain_put_table(&o, name, &e);
        else if (len < 6 || strcmp(name + len - 6, ".scale") != 0)
            kor_gguf_add_tensor(&o, name, t->type, t->dims, t->shape, t->data);
    }
    if (kor_gguf_commit(&o, path, &err)) fail_msg("%s", err.msg);
    kor_gguf_out_free(&o);
    kor_gguf_free(&g);
    kor_map_close(&map);
}

#endif
