/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/net.h"

#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Parameters ---- */

static size_t add_part(kor_net *net, size_t count, size_t depth, bool decays)
{
    kor_net_part *p = &net->part[net->parts];
    *p = (kor_net_part){.at = net->count, .count = count, .depth = depth, .decays = decays};
    net->count += count;
    return net->parts++;
}

static kor_net_linear add_linear(kor_net *net, size_t in, size_t out, size_t depth)
{
    kor_net_linear l = {.in = in, .out = out};
    l.w = add_part(net, in * out, depth, true);
    net->part[l.w].in = in;
    net->part[l.w].out = out;
    l.b = add_part(net, out, depth, false);
    return l;
}

static void lay_out(kor_net *net, const kor_encoder *e)
{
    net->layers = e->layers;
    net->dim = e->dim;
    net->width = e->layer[0].in;
    net->vocabulary = e->vocabulary;
    net->max_tokens = e->max_tokens;
    net->scale = (kor_real)e->embedding_scale;
    net->epsilon = (kor_real)e->norm_epsilon;
    net->act = e->activation;
    net->embedding = add_part(net, net->vocabulary * net->width, 0, true);
    net->position = add_part(net, net->max_tokens * net->width, 0, true);
    for (size_t i = 0; i < net->layers; i++) {
        const kor_encoder_layer *from = &e->layer[i];
        kor_net_layer *l = &net->layer[i];
        size_t in = from->in, out = from->out;
        *l = (kor_net_layer){.in = in, .out = out, .heads = from->heads, .hidden = from->hidden};
        l->gamma1 = add_part(net, in, i + 1, false);
        l->beta1 = add_part(net, in, i + 1, false);
        l->qkv = add_linear(net, in, 3 * in, i + 1);
        l->attention_out = add_linear(net, in, out, i + 1);
        if (from->residual.weight) l->residual = add_linear(net, in, out, i + 1);
        l->gamma2 = add_part(net, out, i + 1, false);
        l->beta2 = add_part(net, out, i + 1, false);
        l->up = add_linear(net, out, from->hidden, i + 1);
        l->down = add_linear(net, from->hidden, out, i + 1);
    }
    net->pooler = add_linear(net, net->dim, net->dim, net->layers + 1);
}

static kor_real *param(const kor_net *net, size_t part)
{
    return net->param + net->part[part].at;
}

static void copy_floats(const kor_net *net, size_t part, const float *from)
{
    kor_real *to = param(net, part);
    for (size_t i = 0; i < net->part[part].count; i++) to[i] = (kor_real)from[i];
}

/* A packed matrix (kernels.h) back to [in][out]. */
static void unpack(const kor_net *net, const kor_net_linear *to, const kor_linear *from)
{
    kor_real *w = param(net, to->w);
    size_t k4 = kor_round_up(to->in, KOR_GROUP);
    for (size_t j = 0; j < to->out; j++) {
        size_t panel = j / KOR_PANEL, column = j % KOR_PANEL;
        for (size_t i = 0; i < to->in; i++) {
            if (from->scale) {
                const int8_t *code = from->weight;
                size_t at = panel * k4 * KOR_PANEL + i / KOR_GROUP * KOR_GROUP * KOR_PANEL +
                            column * KOR_GROUP + i % KOR_GROUP;
                w[i * to->out + j] = (kor_real)(from->scale[j] * (float)code[at]);
            } else {
                const float *x = from->weight;
                size_t at = (panel * to->in + i) * KOR_PANEL + column;
                w[i * to->out + j] = (kor_real)x[at];
            }
        }
    }
    copy_floats(net, to->b, from->bias);
}

static void copy_embedding(const kor_net *net, const kor_encoder *e)
{
    kor_real *to = param(net, net->embedding);
    for (size_t i = 0; i < net->vocabulary * net->width; i++) {
        to[i] = e->embedding8
                    ? (kor_real)(e->embedding8_scale[i / net->width] * (float)e->embedding8[i])
                    : (kor_real)e->embedding[i];
    }
}

kor_status kor_net_load(kor_net *net, const kor_encoder *from, kor_error *err)
{
    *net = (kor_net){0};
    if (from->post_norm || !from->pooler.weight) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "only an encoder that is normalised before its parts and has a pooler can "
                        "be trained");
    }
    lay_out(net, from);
    net->param = kor_arena_array(&net->arena, net->count, sizeof *net->param);
    /* A packed matrix is wider by the columns that fill its last panel. */
    size_t room = net->count;
    for (size_t i = 0; i < net->parts; i++) {
        room += KOR_PANEL * (net->part[i].in + net->part[i].out);
    }
    net->packed = kor_arena_array(&net->arena, room, sizeof *net->packed);
    net->packed_turned = kor_arena_array(&net->arena, room, sizeof *net->packed_turned);
    if (!net->param || !net->packed || !net->packed_turned) return kor_fail_memory(err);
    copy_embedding(net, from);
    copy_floats(net, net->position, from->position);
    for (size_t i = 0; i < net->layers; i++) {
        const kor_net_layer *to = &net->layer[i];
        const kor_encoder_layer *l = &from->layer[i];
        copy_floats(net, to->gamma1, l->norm1.gamma);
        copy_floats(net, to->beta1, l->norm1.beta);
        copy_floats(net, to->gamma2, l->norm2.gamma);
        copy_floats(net, to->beta2, l->norm2.beta);
        unpack(net, &to->qkv, &l->qkv);
        unpack(net, &to->attention_out, &l->attention_out);
        if (to->residual.in) unpack(net, &to->residual, &l->residual);
        unpack(net, &to->up, &l->up);
        unpack(net, &to->down, &l->down);
    }
    unpack(net, &net->pooler, &from->pooler);
    kor_net_refresh_all(net);
    return KOR_OK;
}

void kor_net_free(kor_net *net)
{
    kor_arena_free(&net->arena);
    *net = (kor_net){0};
}

/* ---- Products ---- */

#ifdef KOR_NET_PLAIN
/* The test's products: plain loops in any precision. */

void kor_net_refresh(kor_net *net, size_t part)
{
    (void)net, (void)part;
}

/* out[m][n] (+)= x[m][k] w, w as [k][n] or turned, as [n][k]. */
static void product(kor_real *out, const kor_real *x, const kor_real *w, size_t m, size_t n,
                    size_t k, bool turned, bool add)
{
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            kor_real sum = add ? out[i * n + j] : 0;
            for (size_t l = 0; l < k; l++) {
                sum += x[i * k + l] * (turned ? w[j * k + l] : w[l * n + j]);
            }
            out[i * n + j] = sum;
        }
    }
}

static void by_weight(const kor_net *net, const kor_net_linear *l, kor_real *out, const kor_real *x,
                      size_t m, bool turned, bool add)
{
    product(out, x, param(net, l->w), m, turned ? l->in : l->out, turned ? l->out : l->in, turned,
            add);
}

/* out[k][n] += x' y of x[m][k], y[m][n]. */
static kor_status outer(kor_real *out, const kor_real *x, const kor_real *y, size_t m, size_t k,
                        size_t n, kor_arena *arena, kor_error *err)
{
    (void)arena, (void)err;
    for (size_t i = 0; i < m; i++) {
        for (size_t a = 0; a < k; a++) {
            for (size_t b = 0; b < n; b++) out[a * n + b] += x[i * k + a] * y[i * n + b];
        }
    }
    return KOR_OK;
}
#else
/* Where the packed form of a matrix is. */
static size_t packed_at(const kor_net *net, size_t part)
{
    size_t at = net->part[part].at;
    for (size_t i = 0; i < part; i++) at += KOR_PANEL * (net->part[i].in + net->part[i].out);
    return at;
}

static void turn(float *out, const float *w, size_t rows, size_t columns)
{
    enum { BLOCK = 16 };
    for (size_t i = 0; i < rows; i += BLOCK) {
        for (size_t j = 0; j < columns; j += BLOCK) {
            size_t i_end = i + BLOCK < rows ? i + BLOCK : rows,
                   j_end = j + BLOCK < columns ? j + BLOCK : columns;
            for (size_t a = i; a < i_end; a++) {
                for (size_t b = j; b < j_end; b++) out[b * rows + a] = w[a * columns + b];
            }
        }
    }
}

/* A matrix [in][out], turned and packed, without a turned copy: panels of 16 inputs. */
static void pack_turned(float *to, const float *w, size_t in, size_t out)
{
    for (size_t p = 0; p < kor_round_up(in, KOR_PANEL); p += KOR_PANEL) {
        for (size_t j = 0; j < out; j++) {
            for (size_t i = p; i < p + KOR_PANEL; i++) *to++ = i < in ? w[i * out + j] : 0;
        }
    }
}

void kor_net_refresh(kor_net *net, size_t part)
{
    const kor_net_part *p = &net->part[part];
    if (!p->in) return;
    kor_pack_f32(net->packed + packed_at(net, part), param(net, part), p->in, p->out);
    pack_turned(net->packed_turned + packed_at(net, part), param(net, part), p->in, p->out);
}

static void multiply(float *out, const float *x, const float *packed, size_t m, size_t n, size_t k,
                     bool add)
{
    kor_gemm g = {.m = m, .n = n, .k = k, .out = out, .ld_out = n, .x = x, .ld_x = k, .w = packed};
    if (add) {
        g.add = out;
        g.ld_add = n;
    }
    kor_kernels_get()->gemm_f32(&g);
}

static void by_weight(const kor_net *net, const kor_net_linear *l, float *out, const float *x,
                      size_t m, bool turned, bool add)
{
    const float *packed = (turned ? net->packed_turned : net->packed) + packed_at(net, l->w);
    multiply(out, x, packed, m, turned ? l->in : l->out, turned ? l->out : l->in, add);
}

static kor_status outer(float *out, const float *x, const float *y, size_t m, size_t k, size_t n,
                        kor_arena *arena, kor_error *err)
{
    float *turned = kor_arena_array(arena, m * k, sizeof *turned);
    float *packed = kor_arena_alloc(arena, kor_packed_f32_size(m, n));
    if (!turned || !packed) return kor_fail_memory(err);
    turn(turned, x, m, k);
    kor_pack_f32(packed, y, m, n);
    multiply(out, turned, packed, k, n, m, true);
    return KOR_OK;
}
#endif

void kor_net_refresh_all(kor_net *net)
{
    for (size_t i = 0; i < net->parts; i++) kor_net_refresh(net, i);
}

/* ---- Layers, forward and backward ---- */

/* y[m][out] = x[m][in] w + b, added to y where add is set. */
static void linear_forward(const kor_net *net, const kor_net_linear *l, kor_real *y,
                           const kor_real *x, size_t m, bool add)
{
    const kor_real *b = param(net, l->b);
    by_weight(net, l, y, x, m, false, add);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < l->out; j++) y[i * l->out + j] += b[j];
    }
}

/* dw += x' dy, db += sum of dy; dx[m][in] = dy w', added to dx where add is set. */
static kor_status linear_backward(const kor_net *net, const kor_net_linear *l, kor_real *dx,
                                  kor_real *gradient, const kor_real *dy, const kor_real *x,
                                  size_t m, bool add, kor_arena *arena, kor_error *err)
{
    kor_real *db = gradient + net->part[l->b].at;
    by_weight(net, l, dx, dy, m, true, add);
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < l->out; j++) db[j] += dy[i * l->out + j];
    }
    return outer(gradient + net->part[l->w].at, x, dy, m, l->in, l->out, arena, err);
}

/* y = xhat gamma + beta, xhat = (x - mean) inverse; xhat[m][n] and inverse[m] are kept. */
static void norm_forward(kor_real *y, kor_real *xhat, kor_real *inverse, const kor_real *x,
                         const kor_real *gamma, const kor_real *beta, size_t m, size_t n,
                         kor_real epsilon)
{
    for (size_t i = 0; i < m; i++, x += n, y += n, xhat += n) {
        kor_real mean = 0, variance = 0;
        for (size_t j = 0; j < n; j++) mean += x[j];
        mean /= (kor_real)n;
        for (size_t j = 0; j < n; j++) variance += (x[j] - mean) * (x[j] - mean);
        inverse[i] = (kor_real)(1 / sqrt((double)(variance / (kor_real)n + epsilon)));
        for (size_t j = 0; j < n; j++) {
            xhat[j] = (x[j] - mean) * inverse[i];
            y[j] = xhat[j] * gamma[j] + beta[j];
        }
    }
}

/* dx += inverse (g - mean(g) - xhat mean(g xhat)) with g = dy gamma. */
static void norm_backward(kor_real *dx, kor_real *dgamma, kor_real *dbeta, const kor_real *dy,
                          const kor_real *xhat, const kor_real *inverse, const kor_real *gamma,
                          size_t m, size_t n)
{
    for (size_t i = 0; i < m; i++, dx += n, dy += n, xhat += n) {
        kor_real mean = 0, mean_xhat = 0;
        for (size_t j = 0; j < n; j++) {
            kor_real g = dy[j] * gamma[j];
            mean += g;
            mean_xhat += g * xhat[j];
            dgamma[j] += dy[j] * xhat[j];
            dbeta[j] += dy[j];
        }
        mean /= (kor_real)n;
        mean_xhat /= (kor_real)n;
        for (size_t j = 0; j < n; j++) {
            dx[j] += inverse[i] * (dy[j] * gamma[j] - mean - xhat[j] * mean_xhat);
        }
    }
}

/* One sequence and one head: q, k, v start at qkv, rows 3 * width apart; out rows are width apart.
 * p[t][t] keeps softmax(scale q k'). */
static void attention_forward(kor_real *out, kor_real *p, const kor_real *qkv, size_t t,
                              size_t width, size_t dim, kor_real scale)
{
    size_t ld = 3 * width;
    for (size_t i = 0; i < t; i++, p += t, out += width) {
        const kor_real *q = qkv + i * ld;
        kor_real max = (kor_real)-INFINITY, sum = 0;
        for (size_t s = 0; s < t; s++) {
            const kor_real *k = qkv + s * ld + width;
            kor_real dot = 0;
            for (size_t j = 0; j < dim; j++) dot += q[j] * k[j];
            p[s] = dot * scale;
            if (p[s] > max) max = p[s];
        }
        for (size_t s = 0; s < t; s++) {
            p[s] = sizeof(kor_real) == sizeof(float) ? (kor_real)expf((float)(p[s] - max))
                                                     : (kor_real)exp((double)(p[s] - max));
            sum += p[s];
        }
        for (size_t j = 0; j < dim; j++) out[j] = 0;
        for (size_t s = 0; s < t; s++) {
            const kor_real *v = qkv + s * ld + 2 * width;
            p[s] /= sum;
            for (size_t j = 0; j < dim; j++) out[j] += p[s] * v[j];
        }
    }
}

/* dqkv is added to; dp[t] is scratch. */
static void attention_backward(kor_real *dqkv, const kor_real *dout, const kor_real *p,
                               const kor_real *qkv, size_t t, size_t width, size_t dim,
                               kor_real scale, kor_real *dp)
{
    size_t ld = 3 * width;
    for (size_t i = 0; i < t; i++, p += t, dout += width) {
        const kor_real *q = qkv + i * ld;
        kor_real *dq = dqkv + i * ld, mean = 0;
        for (size_t s = 0; s < t; s++) {
            const kor_real *v = qkv + s * ld + 2 * width;
            kor_real *dv = dqkv + s * ld + 2 * width, dot = 0;
            for (size_t j = 0; j < dim; j++) {
                dot += dout[j] * v[j];
                dv[j] += p[s] * dout[j];
            }
            dp[s] = dot;
            mean += dot * p[s];
        }
        for (size_t s = 0; s < t; s++) {
            const kor_real *k = qkv + s * ld + width;
            kor_real *dk = dqkv + s * ld + width, by = p[s] * (dp[s] - mean) * scale;
            for (size_t j = 0; j < dim; j++) {
                dq[j] += by * k[j];
                dk[j] += by * q[j];
            }
        }
    }
}

/* h = act(x), n values; for GELU x is kept by the caller. */
static void act_forward(kor_real *h, const kor_real *x, size_t n, kor_activation act)
{
    for (size_t i = 0; i < n; i++) {
        if (act == KOR_ACT_RELU)
            h[i] = x[i] > 0 ? x[i] : 0;
        else
            h[i] = (kor_real)(0.5 * (double)x[i] * (1 + erf((double)x[i] * M_SQRT1_2)));
    }
}

/* dh becomes the gradient by x. */
static void act_backward(kor_real *dh, const kor_real *x, size_t n, kor_activation act)
{
    for (size_t i = 0; i < n; i++) {
        if (act == KOR_ACT_RELU) {
            if (x[i] <= 0) dh[i] = 0;
        } else {
            double z = (double)x[i], density = exp(-0.5 * z * z) * M_2_SQRTPI * M_SQRT1_2 * 0.5;
            dh[i] = (kor_real)((double)dh[i] * (0.5 * (1 + erf(z * M_SQRT1_2)) + z * density));
        }
    }
}

/* ---- The whole encoder ---- */

typedef struct layer_tape {
    kor_real *xhat1, *inverse1, *normed1; /* [N][in], [N], [N][in] */
    kor_real *qkv, *p, *mixed;            /* [N][3 in], heads x t x t a sequence, [N][in] */
    kor_real *x;                          /* [N][in], the input */
    kor_real *xhat2, *inverse2, *normed2; /* of the middle: [N][out], [N], [N][out] */
    kor_real *inner, *hidden;             /* [N][hidden] before and after the activation */
} layer_tape;

struct kor_tape {
    layer_tape layer[KOR_ENCODER_LAYERS];
    kor_real *state, *pooled, *length, *embedding; /* [B][dim], [B][dim], [B], [B][dim] */
    kor_arena arena;
};

kor_tape *kor_tape_new(void)
{
    return calloc(1, sizeof(kor_tape));
}

void kor_tape_free(kor_tape *tape)
{
    if (tape) kor_arena_free(&tape->arena);
    free(tape);
}

static kor_real *take(kor_arena *arena, size_t n, bool *ok)
{
    kor_real *x = kor_arena_array(arena, n ? n : 1, sizeof *x);
    if (!x) *ok = false;
    return x;
}

/* Squares of the lengths of all sequences. */
static size_t pairs(const kor_batch *batch)
{
    size_t sum = 0;
    for (size_t i = 0; i < batch->sequences; i++) {
        size_t t = batch->first[i + 1] - batch->first[i];
        sum += t * t;
    }
    return sum;
}

static kor_status make_tape(const kor_net *net, const kor_batch *batch, kor_tape *tape,
                            kor_error *err)
{
    bool ok = true;
    size_t n = batch->first[batch->sequences], b = batch->sequences;
    kor_arena_free(&tape->arena);
    for (size_t i = 0; i < net->layers; i++) {
        const kor_net_layer *l = &net->layer[i];
        layer_tape *t = &tape->layer[i];
        kor_real **const wide_in[] = {&t->xhat1, &t->normed1, &t->mixed, &t->x};
        for (size_t j = 0; j < 4; j++) *wide_in[j] = take(&tape->arena, n * l->in, &ok);
        t->inverse1 = take(&tape->arena, n, &ok);
        t->inverse2 = take(&tape->arena, n, &ok);
        t->qkv = take(&tape->arena, 3 * n * l->in, &ok);
        t->p = take(&tape->arena, l->heads * pairs(batch), &ok);
        t->xhat2 = take(&tape->arena, n * l->out, &ok);
        t->normed2 = take(&tape->arena, n * l->out, &ok);
        t->inner = take(&tape->arena, n * l->hidden, &ok);
        t->hidden = take(&tape->arena, n * l->hidden, &ok);
    }
    tape->state = take(&tape->arena, b * net->dim, &ok);
    tape->pooled = take(&tape->arena, b * net->dim, &ok);
    tape->embedding = take(&tape->arena, b * net->dim, &ok);
    tape->length = take(&tape->arena, b, &ok);
    return ok ? KOR_OK : kor_fail_memory(err);
}

static void embed_forward(const kor_net *net, const kor_batch *batch, kor_real *x)
{
    const kor_real *table = param(net, net->embedding), *position = param(net, net->position);
    for (size_t i = 0; i < batch->sequences; i++) {
        for (size_t at = batch->first[i]; at < batch->first[i + 1]; at++) {
            const kor_real *e = table + (size_t)batch->ids[at] * net->width,
                           *p = position + (at - batch->first[i]) * net->width;
            for (size_t j = 0; j < net->width; j++) {
                x[at * net->width + j] = net->scale * e[j] + p[j];
            }
        }
    }
}

static void embed_backward(const kor_net *net, const kor_batch *batch, const kor_real *dx,
                           kor_real *gradient)
{
    kor_real *table = gradient + net->part[net->embedding].at,
             *position = gradient + net->part[net->position].at;
    for (size_t i = 0; i < batch->sequences; i++) {
        for (size_t at = batch->first[i]; at < batch->first[i + 1]; at++) {
            kor_real *e = table + (size_t)batch->ids[at] * net->width,
                     *p = position + (at - batch->first[i]) * net->width;
            for (size_t j = 0; j < net->width; j++) {
                kor_real d = dx[at * net->width + j];
                e[j] += net->scale * d;
                p[j] += d;
            }
        }
    }
}

static kor_real scale_of(const kor_net_layer *l)
{
    return (kor_real)(1 / sqrt((double)(l->in / l->heads)));
}

/* All sequences and heads. */
static void mix_forward(const kor_net_layer *l, const kor_batch *batch, layer_tape *t)
{
    size_t dim = l->in / l->heads, at = 0;
    for (size_t i = 0; i < batch->sequences; i++) {
        size_t from = batch->first[i], n = batch->first[i + 1] - from;
        for (size_t h = 0; h < l->heads; h++, at += n * n) {
            attention_forward(t->mixed + from * l->in + h * dim, t->p + at,
                              t->qkv + 3 * from * l->in + h * dim, n, l->in, dim, scale_of(l));
        }
    }
}

static void mix_backward(const kor_net_layer *l, const kor_batch *batch, const layer_tape *t,
                         kor_real *dqkv, const kor_real *dmixed, kor_real *scratch)
{
    size_t dim = l->in / l->heads, at = 0;
    for (size_t i = 0; i < batch->sequences; i++) {
        size_t from = batch->first[i], n = batch->first[i + 1] - from;
        for (size_t h = 0; h < l->heads; h++, at += n * n) {
            attention_backward(dqkv + 3 * from * l->in + h * dim, dmixed + from * l->in + h * dim,
                               t->p + at, t->qkv + 3 * from * l->in + h * dim, n, l->in, dim,
                               scale_of(l), scratch);
        }
    }
}

/* t->x to out[N][l->out]. */
static void layer_forward(const kor_net *net, const kor_net_layer *l, const kor_batch *batch,
                          layer_tape *t, kor_real *out, kor_real *middle)
{
    size_t n = batch->first[batch->sequences];
    norm_forward(t->normed1, t->xhat1, t->inverse1, t->x, param(net, l->gamma1),
                 param(net, l->beta1), n, l->in, net->epsilon);
    linear_forward(net, &l->qkv, t->qkv, t->normed1, n, false);
    mix_forward(l, batch, t);
    if (l->residual.in)
        linear_forward(net, &l->residual, middle, t->x, n, false);
    else
        memcpy(middle, t->x, n * l->in * sizeof *middle);
    linear_forward(net, &l->attention_out, middle, t->mixed, n, true);
    norm_forward(t->normed2, t->xhat2, t->inverse2, middle, param(net, l->gamma2),
                 param(net, l->beta2), n, l->out, net->epsilon);
    linear_forward(net, &l->up, t->inner, t->normed2, n, false);
    act_forward(t->hidden, t->inner, n * l->hidden, net->act);
    memcpy(out, middle, n * l->out * sizeof *out);
    linear_forward(net, &l->down, out, t->hidden, n, true);
}

/* d[N][l->out], the gradient by the output, becomes dx[N][l->in], that by the input. */
static kor_status layer_backward(const kor_net *net, const kor_net_layer *l, const kor_batch *batch,
                                 const layer_tape *t, kor_real *d, kor_real *dx, kor_real *gradient,
                                 kor_arena *arena, kor_error *err)
{
    size_t n = batch->first[batch->sequences];
    bool ok = true;
    kor_real *dhidden = take(arena, n * l->hidden, &ok), *dnormed2 = take(arena, n * l->out, &ok),
             *dmixed = take(arena, n * l->in, &ok), *dqkv = take(arena, 3 * n * l->in, &ok),
             *dnormed1 = take(arena, n * l->in, &ok), *scratch = take(arena, net->max_tokens, &ok);
    if (!ok) return kor_fail_memory(err);
    KOR_TRY(linear_backward(net, &l->down, dhidden, gradient, d, t->hidden, n, false, arena, err));
    act_backward(dhidden, t->inner, n * l->hidden, net->act);
    KOR_TRY(linear_backward(net, &l->up, dnormed2, gradient, dhidden, t->normed2, n, false, arena,
                            err));
    norm_backward(d, gradient + net->part[l->gamma2].at, gradient + net->part[l->beta2].at,
                  dnormed2, t->xhat2, t->inverse2, param(net, l->gamma2), n, l->out);
    KOR_TRY(linear_backward(net, &l->attention_out, dmixed, gradient, d, t->mixed, n, false, arena,
                            err));
    memset(dqkv, 0, 3 * n * l->in * sizeof *dqkv);
    mix_backward(l, batch, t, dqkv, dmixed, scratch);
    KOR_TRY(
        linear_backward(net, &l->qkv, dnormed1, gradient, dqkv, t->normed1, n, false, arena, err));
    if (l->residual.in)
        KOR_TRY(linear_backward(net, &l->residual, dx, gradient, d, t->x, n, false, arena, err));
    else
        memcpy(dx, d, n * l->in * sizeof *dx);
    norm_backward(dx, gradient + net->part[l->gamma1].at, gradient + net->part[l->beta1].at,
                  dnormed1, t->xhat1, t->inverse1, param(net, l->gamma1), n, l->in);
    return KOR_OK;
}

/* state -> pooled = tanh(state w + b) -> embedding = pooled / length. */
static void pool_forward(const kor_net *net, size_t sequences, kor_tape *tape)
{
    linear_forward(net, &net->pooler, tape->pooled, tape->state, sequences, false);
    for (size_t i = 0; i < sequences; i++) {
        kor_real *y = tape->pooled + i * net->dim, *e = tape->embedding + i * net->dim;
        double squares = 0;
        for (size_t j = 0; j < net->dim; j++) {
            y[j] = (kor_real)tanh((double)y[j]);
            squares += (double)y[j] * (double)y[j];
        }
        tape->length[i] = (kor_real)sqrt(fmax(squares, 1e-12));
        for (size_t j = 0; j < net->dim; j++) e[j] = y[j] / tape->length[i];
    }
}

/* d[B][dim], the gradient by the state, is that of the loss by it and through the embedding. */
static kor_status pool_backward(const kor_net *net, size_t sequences, const kor_tape *tape,
                                const kor_real *d_state, const kor_real *d_embedding, kor_real *d,
                                kor_real *gradient, kor_arena *arena, kor_error *err)
{
    bool ok = true;
    kor_real *dy = take(arena, sequences * net->dim, &ok);
    if (!ok) return kor_fail_memory(err);
    for (size_t i = 0; i < sequences; i++) {
        const kor_real *e = tape->embedding + i * net->dim, *y = tape->pooled + i * net->dim,
                       *de = d_embedding + i * net->dim;
        kor_real along = 0;
        for (size_t j = 0; j < net->dim; j++) along += de[j] * e[j];
        for (size_t j = 0; j < net->dim; j++) {
            dy[i * net->dim + j] = (de[j] - along * e[j]) / tape->length[i] * (1 - y[j] * y[j]);
        }
    }
    memcpy(d, d_state, sequences * net->dim * sizeof *d);
    return linear_backward(net, &net->pooler, d, gradient, dy, tape->state, sequences, true, arena,
                           err);
}

kor_status kor_net_forward(const kor_net *net, const kor_batch *batch, kor_tape *tape,
                           kor_real **state, kor_real **embedding, kor_error *err)
{
    KOR_TRY(make_tape(net, batch, tape, err));
    bool ok = true;
    size_t n = batch->first[batch->sequences], widest = net->dim;
    for (size_t i = 0; i < net->layers; i++) {
        if (net->layer[i].out > widest) widest = net->layer[i].out;
    }
    kor_real *out = take(&tape->arena, n * widest, &ok),
             *middle = take(&tape->arena, n * widest, &ok);
    if (!ok) return kor_fail_memory(err);
    embed_forward(net, batch, tape->layer[0].x);
    for (size_t i = 0; i < net->layers; i++) {
        kor_real *to = i + 1 < net->layers ? tape->layer[i + 1].x : out;
        layer_forward(net, &net->layer[i], batch, &tape->layer[i], to, middle);
    }
    for (size_t i = 0; i < batch->sequences; i++) {
        kor_real *s = tape->state + i * net->dim;
        size_t t = batch->first[i + 1] - batch->first[i];
        memset(s, 0, net->dim * sizeof *s);
        for (size_t at = batch->first[i]; at < batch->first[i + 1]; at++) {
            for (size_t j = 0; j < net->dim; j++) s[j] += out[at * net->dim + j] / (kor_real)t;
        }
    }
    pool_forward(net, batch->sequences, tape);
    *state = tape->state;
    *embedding = tape->embedding;
    return KOR_OK;
}

static kor_status backward(const kor_net *net, const kor_batch *batch, const kor_tape *tape,
                           const kor_real *d_state, const kor_real *d_embedding, kor_real *gradient,
                           kor_arena *arena, kor_error *err)
{
    bool ok = true;
    size_t n = batch->first[batch->sequences], widest = net->dim;
    for (size_t i = 0; i < net->layers; i++) {
        if (net->layer[i].in > widest) widest = net->layer[i].in;
    }
    kor_real *d_mean = take(arena, batch->sequences * net->dim, &ok),
             *d = take(arena, n * widest, &ok), *dx = take(arena, n * widest, &ok);
    if (!ok) return kor_fail_memory(err);
    KOR_TRY(pool_backward(net, batch->sequences, tape, d_state, d_embedding, d_mean, gradient,
                          arena, err));
    for (size_t i = 0; i < batch->sequences; i++) {
        size_t t = batch->first[i + 1] - batch->first[i];
        for (size_t at = batch->first[i]; at < batch->first[i + 1]; at++) {
            for (size_t j = 0; j < net->dim; j++) {
                d[at * net->dim + j] = d_mean[i * net->dim + j] / (kor_real)t;
            }
        }
    }
    for (size_t i = net->layers; i-- > 0;) {
        KOR_TRY(layer_backward(net, &net->layer[i], batch, &tape->layer[i], d, dx, gradient, arena,
                               err));
        kor_real *kept = d;
        d = dx;
        dx = kept;
    }
    embed_backward(net, batch, d, gradient);
    return KOR_OK;
}

kor_status kor_net_backward(const kor_net *net, const kor_batch *batch, kor_tape *tape,
                            const kor_real *d_state, const kor_real *d_embedding,
                            kor_real *gradient, kor_error *err)
{
    kor_arena arena = {0};
    kor_status status = backward(net, batch, tape, d_state, d_embedding, gradient, &arena, err);
    kor_arena_free(&arena);
    return status;
}
