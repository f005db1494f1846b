/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/net_pass.h"

#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the gradient of a linear layer's weights needs of the batch: its inputs, turned, and the
 * gradients by its outputs, packed. M rows: tokens, or sequences for the pooler. */
typedef struct record {
    kor_real *xt;           /* [in][ld] */
    kor_real *dy;           /* [out / KOR_PANEL][M][KOR_PANEL] */
    kor_real *low, *low_dy; /* for an adapter: [KOR_PANEL][ld], [M][KOR_PANEL] */
    size_t rows, ld;
} record;

enum { QKV, ATTENTION_OUT, RESIDUAL, UP, DOWN, LINEARS };

typedef struct layer_pass {
    kor_real *x, *xhat1, *inverse1, *normed1; /* [N][in], [N][in], [N], [N][in] */
    kor_real *qkv, *p, *mixed;                /* [N][3 in], heads x t x t a sequence, [N][in] */
    kor_real *xhat2, *inverse2, *normed2;     /* of the middle: [N][out], [N], [N][out] */
    kor_real *inner, *hidden; /* [N][hidden] before and after the activation; the same for ReLU */
    record record[LINEARS];
} layer_pass;

/* What one shard needs besides. */
typedef struct shard {
    size_t from, to;     /* sequences */
    kor_real *small;     /* [net->small] its gradients of norms, biases and positions */
    kor_real *square[2]; /* [t][t] */
    kor_real *packed[3]; /* of q, k, v or the like of one head */
} shard;

struct kor_pass_room {
    char *memory;
    size_t size;
    layer_pass layer[KOR_ENCODER_LAYERS];
    shard shard[KOR_NET_SHARDS];
    kor_real *weight;               /* [N] of a token in its text's mean; they add up to 1 */
    kor_real *mean, *d_mean;        /* [B][dim] weighted, what the pooler reads; and its gradient */
    kor_real *pooled, *length, *dy; /* [B][dim], [B], [B][dim] */
    record pooler;
    /* Each shard's rows begin at its first token times the widest row, whatever the width of the
     * layer it is in: shards are not in the same layer at the same time. */
    kor_real *middle, *d, *dx, *dn; /* [N][widest]; d: the gradient on its way down */
    kor_real *dhidden, *dqkv;       /* [N][hidden], [N][3 in], the widest of all layers */
    kor_real *d_first;              /* [N][net->width] the gradient by what the first layer reads */
    size_t widest, hidden, in;
    size_t *pairs;        /* [B] squares of the lengths of the sequences before */
    uint32_t *seen, call; /* [vocabulary] the call that touched a token last */
};

/* ---- Memory ---- */

static void *take(char **at, size_t count, size_t size)
{
    char *p = *at;
    *at = (char *)((uintptr_t)p + kor_round_up(count * size, 64)); /* p may be NULL, to measure */
    return p;
}

/* Rows of a turned matrix must not all fall on the same cache sets. */
static size_t leading(size_t rows)
{
    return kor_round_up(rows, 16) + 16;
}

static void lay_record(record *r, char **at, size_t in, size_t out, size_t rows)
{
    r->rows = rows;
    r->ld = leading(rows);
    r->xt = take(at, in * r->ld, sizeof(kor_real));
    r->dy = take(at, kor_round_up(out, KOR_PANEL) * rows, sizeof(kor_real));
    r->low = take(at, KOR_PANEL * r->ld, sizeof(kor_real));
    r->low_dy = take(at, KOR_PANEL * rows, sizeof(kor_real));
}

static size_t longest(const kor_batch *batch)
{
    size_t most = 1;
    for (size_t i = 0; i < batch->sequences; i++) {
        size_t t = batch->first[i + 1] - batch->first[i];
        most = t > most ? t : most;
    }
    return most;
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

static void lay_layer(layer_pass *t, const kor_net_layer *l, char **at, size_t n, size_t square,
                      kor_activation act)
{
    const size_t real = sizeof(kor_real);
    t->x = take(at, n * l->in, real);
    t->xhat1 = take(at, n * l->in, real);
    t->inverse1 = take(at, n, real);
    t->normed1 = take(at, n * l->in, real);
    t->qkv = take(at, 3 * n * l->in, real);
    t->p = take(at, l->heads * square, real);
    t->mixed = take(at, n * l->in, real);
    t->xhat2 = take(at, n * l->out, real);
    t->inverse2 = take(at, n, real);
    t->normed2 = take(at, n * l->out, real);
    t->hidden = take(at, n * l->hidden, real);
    t->inner = act == KOR_ACT_RELU ? t->hidden : take(at, n * l->hidden, real);
    const kor_net_linear *const linear[LINEARS] = {&l->qkv, &l->attention_out, &l->residual, &l->up,
                                                   &l->down};
    for (size_t i = 0; i < LINEARS; i++) {
        if (linear[i]->in) lay_record(&t->record[i], at, linear[i]->in, linear[i]->out, n);
    }
}

/* From base NULL to measure, from memory to use; returns the end. */
static char *lay_batch(kor_pass *pass, struct kor_pass_room *r, char *base)
{
    const kor_net *net = pass->net;
    const kor_batch *batch = &pass->batch;
    const size_t real = sizeof(kor_real);
    size_t n = batch->first[batch->sequences], b = batch->sequences, square = pairs(batch),
           t = longest(batch), widest = net->width, in = 0, hidden = 0, head = 0;
    char *at = base;
    for (size_t i = 0; i < net->layers; i++) {
        const kor_net_layer *l = &net->layer[i];
        lay_layer(&r->layer[i], l, &at, n, square, net->act);
        if (l->out > widest) widest = l->out;
        if (l->in > in) in = l->in;
        if (l->hidden > hidden) hidden = l->hidden;
        if (l->in / l->heads > head) head = l->in / l->heads;
    }
    pass->state = take(&at, b * net->dim, real);
    pass->embedding = take(&at, b * net->dim, real);
    pass->tokens = take(&at, n * net->dim, real);
    pass->d_state = take(&at, b * net->dim, real);
    pass->d_embedding = take(&at, b * net->dim, real);
    pass->d_tokens = take(&at, n * net->dim, real);
    r->weight = take(&at, n, real);
    r->mean = net->weighted ? take(&at, b * net->dim, real) : pass->state;
    r->d_mean = net->weighted ? take(&at, b * net->dim, real) : pass->d_state;
    r->pooled = take(&at, b * net->dim, real);
    r->length = take(&at, b, real);
    r->dy = take(&at, b * net->dim, real);
    lay_record(&r->pooler, &at, net->dim, net->dim, b);
    r->middle = take(&at, n * widest, real);
    r->d = take(&at, n * widest, real);
    r->dx = take(&at, n * widest, real);
    r->dn = take(&at, n * widest, real);
    r->d_first = take(&at, n * net->width, real);
    r->widest = widest;
    r->hidden = hidden;
    r->in = in;
    r->dhidden = take(&at, n * hidden, real);
    r->dqkv = take(&at, 3 * n * in, real);
    r->pairs = take(&at, b, sizeof *r->pairs);
    size_t most = kor_round_up(t, KOR_PANEL) * kor_round_up(head, KOR_PANEL);
    for (size_t i = 0; i < KOR_NET_SHARDS; i++) {
        shard *s = &r->shard[i];
        s->small = take(&at, net->small, real);
        for (size_t j = 0; j < 2; j++) s->square[j] = take(&at, t * t, real);
        for (size_t j = 0; j < 3; j++) s->packed[j] = take(&at, most, real);
    }
    return at;
}

/* Runs of sequences with about as many tokens each. */
static void cut(struct kor_pass_room *r, const kor_batch *batch)
{
    size_t all = batch->first[batch->sequences], at = 0;
    for (size_t i = 0; i < KOR_NET_SHARDS; i++) {
        r->shard[i].from = at;
        while (at < batch->sequences &&
               (batch->first[at + 1] * KOR_NET_SHARDS <= all * (i + 1) || i + 1 == KOR_NET_SHARDS))
            at++;
        r->shard[i].to = at;
    }
    for (size_t i = 0, sum = 0; i < batch->sequences; i++) {
        size_t t = batch->first[i + 1] - batch->first[i];
        r->pairs[i] = sum;
        sum += t * t;
    }
}

kor_status kor_pass_begin(kor_pass *pass, const kor_net *net, const kor_batch *batch,
                          kor_error *err)
{
    pass->net = net;
    pass->batch = *batch;
    if (!pass->room) pass->room = calloc(1, sizeof *pass->room);
    struct kor_pass_room *r = pass->room;
    if (!r) return kor_fail_memory(err);
    if (!r->seen) r->seen = calloc(net->vocabulary, sizeof *r->seen);
    if (!r->seen) return kor_fail_memory(err);
    size_t size = (size_t)((uintptr_t)lay_batch(pass, r, NULL) - (uintptr_t)NULL);
    if (size > r->size) {
        free(r->memory);
        r->size = size + size / 8;
        r->memory = aligned_alloc(64, kor_round_up(r->size, 64));
        if (!r->memory) r->size = 0;
    }
    if (!r->memory) return kor_fail_memory(err);
    (void)lay_batch(pass, r, r->memory);
    cut(r, batch);
    return KOR_OK;
}

void kor_pass_free(kor_pass *pass)
{
    if (pass->room) {
        free(pass->room->memory);
        free(pass->room->seen);
    }
    free(pass->room);
    *pass = (kor_pass){0};
}

/* ---- Products ---- */

/* out[m][n] = x[m][k] w + bias, then added to what out holds; w is packed, bias may be NULL. */
static void multiply(kor_real *out, size_t ld_out, const kor_real *x, size_t ld_x,
                     const kor_real *w, size_t m, size_t n, size_t k, const kor_real *bias,
                     bool add)
{
#ifdef KOR_NET_PLAIN
    /* The test's product, in any precision. */
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < n; j++) {
            const kor_real *column = w + j / KOR_PANEL * k * KOR_PANEL + j % KOR_PANEL;
            kor_real sum = bias ? bias[j] : 0;
            for (size_t l = 0; l < k; l++) sum += x[i * ld_x + l] * column[l * KOR_PANEL];
            out[i * ld_out + j] = add ? out[i * ld_out + j] + sum : sum;
        }
    }
#else
    const kor_gemm g = {.m = m,
                        .n = n,
                        .k = k,
                        .out = out,
                        .ld_out = ld_out,
                        .bias = bias,
                        .add = add ? out : NULL,
                        .ld_add = ld_out,
                        .x = x,
                        .ld_x = ld_x,
                        .w = w};
    kor_kernels_get()->gemm_f32(&g);
#endif
}

/* to[columns][ld_to] = the transpose of from[rows][ld]. */
static void turn(kor_real *to, size_t ld_to, const kor_real *from, size_t ld, size_t rows,
                 size_t columns)
{
    enum { BLOCK = 16 };
    for (size_t i = 0; i < rows; i += BLOCK) {
        size_t i_end = i + BLOCK < rows ? i + BLOCK : rows;
        for (size_t j = 0; j < columns; j++) {
            for (size_t a = i; a < i_end; a++) to[j * ld_to + a] = from[a * ld + j];
        }
    }
}

static const kor_real *weights(const kor_net *net, size_t part)
{
    return net->param + net->part[part].at;
}

/* ---- Linear layers ---- */

static void linear_forward(const kor_net *net, const kor_net_linear *l, kor_real *y,
                           const kor_real *x, size_t m, bool add)
{
    multiply(y, l->out, x, l->in, net->packed + net->part[l->w].packed, m, l->out, l->in,
             weights(net, l->b), add);
}

/* dx[m][in] = dy w', added to dx where add is set; db += the sum of dy; and what the gradient of w
 * needs goes into the record, rows at..at + m. */
static void linear_backward(const kor_net *net, const kor_net_linear *l, kor_real *dx,
                            kor_real *small, const kor_real *dy, const kor_real *x, size_t at,
                            size_t m, bool add, record *r)
{
    multiply(dx, l->in, dy, l->out, net->packed_turned + net->part[l->w].packed, m, l->in, l->out,
             NULL, add);
    kor_real *db = small + net->part[l->b].small;
    for (size_t i = 0; i < m; i++) {
        for (size_t j = 0; j < l->out; j++) db[j] += dy[i * l->out + j];
    }
    turn(r->xt + at, r->ld, x, l->in, m, l->in);
    for (size_t p = 0; p < l->out; p += KOR_PANEL) {
        kor_real *to = r->dy + (p * r->rows + at * KOR_PANEL);
        size_t wide = l->out - p < KOR_PANEL ? l->out - p : KOR_PANEL;
        kor_net_pack(to, dy + p, l->out, m, wide);
    }
}

/* ---- Norms ---- */

enum { LANES = 16 };
typedef kor_real lanes
    __attribute__((vector_size(LANES * sizeof(kor_real)), aligned(sizeof(kor_real)), may_alias));

static kor_real sum_of(const lanes *x)
{
    kor_real sum = 0;
    for (size_t i = 0; i < LANES; i++) sum += (*x)[i];
    return sum;
}

static const lanes *at(const kor_real *x)
{
    return (const lanes *)x;
}

/* y = xhat gamma + beta, xhat = (x - mean) inverse; xhat[m][n] and inverse[m] are kept. */
static void norm_forward(kor_real *y, kor_real *xhat, kor_real *inverse, const kor_real *x,
                         const kor_real *gamma, const kor_real *beta, size_t m, size_t n,
                         kor_real epsilon)
{
    for (size_t i = 0; i < m; i++, x += n, y += n, xhat += n) {
        lanes sums = {0}, squares = {0};
        size_t whole = n / LANES * LANES;
        for (size_t j = 0; j < whole; j += LANES) sums += *at(x + j);
        kor_real mean = sum_of(&sums);
        for (size_t j = whole; j < n; j++) mean += x[j];
        mean /= (kor_real)n;
        for (size_t j = 0; j < whole; j += LANES) {
            lanes d = *at(x + j) - mean;
            squares += d * d;
        }
        kor_real variance = sum_of(&squares);
        for (size_t j = whole; j < n; j++) variance += (x[j] - mean) * (x[j] - mean);
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
        lanes sums = {0}, products = {0};
        size_t whole = n / LANES * LANES;
        for (size_t j = 0; j < whole; j += LANES) {
            lanes g = *at(dy + j) * *at(gamma + j);
            sums += g;
            products += g * *at(xhat + j);
        }
        kor_real mean = sum_of(&sums), mean_xhat = sum_of(&products);
        for (size_t j = whole; j < n; j++) {
            mean += dy[j] * gamma[j];
            mean_xhat += dy[j] * gamma[j] * xhat[j];
        }
        mean /= (kor_real)n;
        mean_xhat /= (kor_real)n;
        for (size_t j = 0; j < n; j++) {
            dgamma[j] += dy[j] * xhat[j];
            dbeta[j] += dy[j];
            dx[j] += inverse[i] * (dy[j] * gamma[j] - mean - xhat[j] * mean_xhat);
        }
    }
}

/* ---- Attention: one sequence and one head ---- */

/* q, k, v start at qkv, rows 3 * width apart; rows of out are width apart. p[t][t] keeps
 * softmax(scale q k'). */
static void attention_forward(kor_real *out, kor_real *p, const kor_real *qkv, size_t t,
                              size_t width, size_t dim, kor_real scale, shard *s)
{
    size_t ld = 3 * width;
    kor_net_pack_turned(s->packed[0], qkv + width, ld, t, dim);
    multiply(p, t, qkv, ld, s->packed[0], t, t, dim, NULL, false);
    for (size_t i = 0; i < t; i++) {
        kor_real *row = p + i * t, max = row[0], sum = 0;
        for (size_t j = 1; j < t; j++) max = row[j] > max ? row[j] : max;
        for (size_t j = 0; j < t; j++) {
            kor_real z = (row[j] - max) * scale;
            row[j] = sizeof z == sizeof(float) ? (kor_real)expf((float)z) : (kor_real)exp(z);
            sum += row[j];
        }
        for (size_t j = 0; j < t; j++) row[j] /= sum;
    }
    kor_net_pack(s->packed[1], qkv + 2 * width, ld, t, dim);
    multiply(out, width, p, t, s->packed[1], t, dim, t, NULL, false);
}

static void attention_backward(kor_real *dqkv, const kor_real *dout, const kor_real *p,
                               const kor_real *qkv, size_t t, size_t width, size_t dim,
                               kor_real scale, shard *s)
{
    size_t ld = 3 * width;
    kor_real *ds = s->square[0], *turned = s->square[1];
    kor_net_pack_turned(s->packed[0], qkv + 2 * width, ld, t, dim);
    multiply(ds, t, dout, width, s->packed[0], t, t, dim, NULL, false); /* dp = dout v' */
    turn(turned, t, p, t, t, t);
    kor_net_pack(s->packed[1], dout, width, t, dim);
    multiply(dqkv + 2 * width, ld, turned, t, s->packed[1], t, dim, t, NULL, false);
    for (size_t i = 0; i < t; i++) {
        const kor_real *row = p + i * t;
        kor_real *d = ds + i * t, mean = 0;
        for (size_t j = 0; j < t; j++) mean += d[j] * row[j];
        for (size_t j = 0; j < t; j++) d[j] = row[j] * (d[j] - mean) * scale;
    }
    kor_net_pack(s->packed[1], qkv + width, ld, t, dim);
    multiply(dqkv, ld, ds, t, s->packed[1], t, dim, t, NULL, false); /* dq = ds k */
    turn(turned, t, ds, t, t, t);
    kor_net_pack(s->packed[2], qkv, ld, t, dim);
    multiply(dqkv + width, ld, turned, t, s->packed[2], t, dim, t, NULL, false); /* dk = ds' q */
}

static kor_real scale_of(const kor_net_layer *l)
{
    return (kor_real)(1 / sqrt((double)(l->in / l->heads)));
}

/* ---- Activations ---- */

static void act_forward(kor_real *h, const kor_real *x, size_t n, kor_activation act)
{
    for (size_t i = 0; act == KOR_ACT_RELU && i < n; i++) h[i] = x[i] > 0 ? x[i] : 0;
    for (size_t i = 0; act == KOR_ACT_GELU && i < n; i++)
        h[i] = (kor_real)(0.5 * (double)x[i] * (1 + erf((double)x[i] * M_SQRT1_2)));
}

/* dh becomes the gradient by x; for ReLU x may be its output. */
static void act_backward(kor_real *dh, const kor_real *x, size_t n, kor_activation act)
{
    for (size_t i = 0; act == KOR_ACT_RELU && i < n; i++) dh[i] = x[i] > 0 ? dh[i] : 0;
    for (size_t i = 0; act == KOR_ACT_GELU && i < n; i++) {
        double z = (double)x[i], density = exp(-0.5 * z * z) * M_2_SQRTPI * M_SQRT1_2 * 0.5;
        dh[i] = (kor_real)((double)dh[i] * (0.5 * (1 + erf(z * M_SQRT1_2)) + z * density));
    }
}

/* ---- One shard through the encoder ---- */

static void embed_forward(const kor_pass *pass, const shard *s, kor_real *x)
{
    const kor_net *net = pass->net;
    const kor_batch *b = &pass->batch;
    const kor_real *table = weights(net, net->embedding), *position = weights(net, net->position);
    for (size_t i = s->from; i < s->to; i++) {
        for (size_t t = b->first[i]; t < b->first[i + 1]; t++) {
            const kor_real *e = table + (size_t)b->ids[t] * net->width,
                           *p = position + (t - b->first[i]) * net->width;
            for (size_t j = 0; j < net->width; j++) {
                x[t * net->width + j] = net->scale * e[j] + p[j];
            }
        }
    }
}

/* The rows t->x of a shard through a layer, to rows of out. */
static void layer_forward(const kor_pass *pass, const kor_net_layer *l, layer_pass *t, shard *s,
                          kor_real *out)
{
    const kor_net *net = pass->net;
    const size_t *first = pass->batch.first;
    size_t from = first[s->from], n = first[s->to] - from, a = from * l->in, z = from * l->out,
           h = from * l->hidden;
    kor_real *middle = pass->room->middle + from * pass->room->widest;
    norm_forward(t->normed1 + a, t->xhat1 + a, t->inverse1 + from, t->x + a,
                 weights(net, l->gamma1), weights(net, l->beta1), n, l->in, net->epsilon);
    linear_forward(net, &l->qkv, t->qkv + 3 * a, t->normed1 + a, n, false);
    size_t dim = l->in / l->heads;
    for (size_t i = s->from; i < s->to; i++) {
        size_t tokens = first[i + 1] - first[i];
        kor_real *p = t->p + l->heads * pass->room->pairs[i];
        for (size_t head = 0; head < l->heads; head++, p += tokens * tokens) {
            attention_forward(t->mixed + first[i] * l->in + head * dim, p,
                              t->qkv + 3 * first[i] * l->in + head * dim, tokens, l->in, dim,
                              scale_of(l), s);
        }
    }
    if (l->residual.in)
        linear_forward(net, &l->residual, middle, t->x + a, n, false);
    else
        memcpy(middle, t->x + a, n * l->in * sizeof *middle);
    linear_forward(net, &l->attention_out, middle, t->mixed + a, n, true);
    norm_forward(t->normed2 + z, t->xhat2 + z, t->inverse2 + from, middle, weights(net, l->gamma2),
                 weights(net, l->beta2), n, l->out, net->epsilon);
    linear_forward(net, &l->up, t->inner + h, t->normed2 + z, n, false);
    act_forward(t->hidden + h, t->inner + h, n * l->hidden, net->act);
    memcpy(out + z, middle, n * l->out * sizeof *out);
    linear_forward(net, &l->down, out + z, t->hidden + h, n, true);
}

/* d[n][l->out], the gradient by the output of a shard's rows, becomes dx[n][l->in], that by the
 * input. */
static void layer_backward(const kor_pass *pass, const kor_net_layer *l, layer_pass *t, shard *s,
                           kor_real *d, kor_real *dx)
{
    const kor_net *net = pass->net;
    struct kor_pass_room *r = pass->room;
    const size_t *first = pass->batch.first;
    size_t from = first[s->from], n = first[s->to] - from, a = from * l->in, z = from * l->out,
           h = from * l->hidden;
    kor_real *small = s->small, *dn = r->dn + from * r->widest,
             *dhidden = r->dhidden + from * r->hidden, *dqkv = r->dqkv + 3 * from * r->in;
    linear_backward(net, &l->down, dhidden, small, d, t->hidden + h, from, n, false,
                    &t->record[DOWN]);
    act_backward(dhidden, t->inner + h, n * l->hidden, net->act);
    linear_backward(net, &l->up, dn, small, dhidden, t->normed2 + z, from, n, false,
                    &t->record[UP]);
    norm_backward(d, small + net->part[l->gamma2].small, small + net->part[l->beta2].small, dn,
                  t->xhat2 + z, t->inverse2 + from, weights(net, l->gamma2), n, l->out);
    linear_backward(net, &l->attention_out, dn, small, d, t->mixed + a, from, n, false,
                    &t->record[ATTENTION_OUT]);
    size_t dim = l->in / l->heads;
    for (size_t i = s->from; i < s->to; i++) {
        size_t tokens = first[i + 1] - first[i], row = (first[i] - from) * l->in;
        const kor_real *p = t->p + l->heads * r->pairs[i], *qkv = t->qkv + 3 * first[i] * l->in;
        for (size_t head = 0; head < l->heads; head++, p += tokens * tokens) {
            attention_backward(dqkv + 3 * row + head * dim, dn + row + head * dim, p,
                               qkv + head * dim, tokens, l->in, dim, scale_of(l), s);
        }
    }
    /* dn, the gradient by the attention, is used up and becomes that by the first norm. */
    linear_backward(net, &l->qkv, dn, small, dqkv, t->normed1 + a, from, n, false, &t->record[QKV]);
    if (l->residual.in)
        linear_backward(net, &l->residual, dx, small, d, t->x + a, from, n, false,
                        &t->record[RESIDUAL]);
    else
        memcpy(dx, d, n * l->in * sizeof *dx);
    norm_backward(dx, small + net->part[l->gamma1].small, small + net->part[l->beta1].small, dn,
                  t->xhat1 + a, t->inverse1 + from, weights(net, l->gamma1), n, l->in);
}

/* state -> pooled = tanh(state w + b) -> embedding = pooled / length. */
static void pool_forward(const kor_pass *pass, const shard *s)
{
    const kor_net *net = pass->net;
    struct kor_pass_room *r = pass->room;
    size_t at_row = s->from * net->dim;
    linear_forward(net, &net->pooler, r->pooled + at_row, r->mean + at_row, s->to - s->from, false);
    for (size_t i = s->from; i < s->to; i++) {
        kor_real *y = r->pooled + i * net->dim, *e = pass->embedding + i * net->dim;
        double squares = 0;
        for (size_t j = 0; j < net->dim; j++) {
            y[j] = (kor_real)tanh((double)y[j]);
            squares += (double)y[j] * (double)y[j];
        }
        r->length[i] = (kor_real)sqrt(fmax(squares, 1e-12));
        for (size_t j = 0; j < net->dim; j++) e[j] = y[j] / r->length[i];
    }
}

/* The softmax of the logarithms of a text's token weights. */
static void weigh_tokens(const kor_pass *pass, size_t sequence)
{
    const kor_net *net = pass->net;
    const kor_batch *b = &pass->batch;
    size_t from = b->first[sequence], to = b->first[sequence + 1];
    kor_real *w = pass->room->weight, sum = 0;
    const kor_real *logarithm = weights(net, net->token_weight);
    for (size_t t = from; t < to; t++) {
        w[t] = (kor_real)exp((double)logarithm[b->ids[t]]);
        sum += w[t];
    }
    for (size_t t = from; t < to; t++) w[t] /= sum;
}

/* out[dim]: the mean of a text's tokens, by weight[N] where it is given. */
static void add_mean(const kor_pass *pass, size_t sequence, const kor_real *weight, kor_real *out)
{
    size_t from = pass->batch.first[sequence], to = pass->batch.first[sequence + 1],
           dim = pass->net->dim;
    memset(out, 0, dim * sizeof *out);
    for (size_t t = from; t < to; t++) {
        const kor_real *x = pass->tokens + t * dim;
        kor_real w = weight ? weight[t] : 1 / (kor_real)(to - from);
        for (size_t j = 0; j < dim; j++) out[j] += w * x[j];
    }
}

void kor_pass_forward(kor_pass *pass, size_t which)
{
    const kor_net *net = pass->net;
    struct kor_pass_room *r = pass->room;
    const kor_batch *b = &pass->batch;
    shard *s = &r->shard[which];
    if (s->from == s->to) return;
    embed_forward(pass, s, r->layer[0].x);
    for (size_t i = 0; i < net->layers; i++) {
        kor_real *out = i + 1 < net->layers ? r->layer[i + 1].x : pass->tokens;
        layer_forward(pass, &net->layer[i], &r->layer[i], s, out);
    }
    for (size_t i = s->from; i < s->to; i++) {
        add_mean(pass, i, NULL, pass->state + i * net->dim);
        if (!net->weighted) continue;
        weigh_tokens(pass, i);
        add_mean(pass, i, r->weight, r->mean + i * net->dim);
    }
    pool_forward(pass, s);
    size_t sequences = s->to - s->from, n = b->first[s->to] - b->first[s->from];
    memset(pass->d_state + s->from * net->dim, 0, sequences * net->dim * sizeof(kor_real));
    memset(pass->d_embedding + s->from * net->dim, 0, sequences * net->dim * sizeof(kor_real));
    memset(pass->d_tokens + b->first[s->from] * net->dim, 0, n * net->dim * sizeof(kor_real));
}

/* d_mean becomes the gradient by what the pooler reads; that is d_state where tokens weigh alike.
 */
static void pool_backward(const kor_pass *pass, shard *s)
{
    const kor_net *net = pass->net;
    struct kor_pass_room *r = pass->room;
    size_t at_row = s->from * net->dim;
    for (size_t i = s->from; i < s->to; i++) {
        const kor_real *e = pass->embedding + i * net->dim, *y = r->pooled + i * net->dim,
                       *de = pass->d_embedding + i * net->dim;
        kor_real along = 0, *dy = r->dy + i * net->dim;
        for (size_t j = 0; j < net->dim; j++) along += de[j] * e[j];
        for (size_t j = 0; j < net->dim; j++)
            dy[j] = (de[j] - along * e[j]) / r->length[i] * (1 - y[j] * y[j]);
    }
    linear_backward(net, &net->pooler, r->d_mean + at_row, s->small, r->dy + at_row,
                    r->mean + at_row, s->from, s->to - s->from, !net->weighted, &r->pooler);
}

/* Of mean = sum of w x with w a softmax of logarithms: d[id] += w (x - mean) d_mean. */
static void weights_backward(const kor_pass *pass, size_t sequence, kor_real *d)
{
    size_t dim = pass->net->dim;
    const kor_real *mean = pass->room->mean + sequence * dim,
                   *by = pass->room->d_mean + sequence * dim;
    for (size_t t = pass->batch.first[sequence]; t < pass->batch.first[sequence + 1]; t++) {
        const kor_real *x = pass->tokens + t * dim;
        kor_real sum = 0;
        for (size_t j = 0; j < dim; j++) sum += (x[j] - mean[j]) * by[j];
        d[pass->batch.ids[t]] += pass->room->weight[t] * sum;
    }
}

void kor_pass_backward(kor_pass *pass, size_t which)
{
    const kor_net *net = pass->net;
    struct kor_pass_room *r = pass->room;
    const kor_batch *b = &pass->batch;
    shard *s = &r->shard[which];
    memset(s->small, 0, net->small * sizeof *s->small);
    if (s->from == s->to) return;
    pool_backward(pass, s);
    size_t from = b->first[s->from], dim = net->dim;
    kor_real *d = r->d + from * r->widest, *dx = r->dx + from * r->widest;
    for (size_t i = s->from; i < s->to; i++) {
        const kor_real *by_state = pass->d_state + i * dim, *by_mean = r->d_mean + i * dim;
        kor_real share = 1 / (kor_real)(b->first[i + 1] - b->first[i]);
        for (size_t t = b->first[i]; t < b->first[i + 1]; t++) {
            kor_real *to = d + (t - from) * dim;
            for (size_t j = 0; j < dim; j++)
                to[j] = pass->d_tokens[t * dim + j] + by_state[j] * share;
            for (size_t j = 0; net->weighted && j < dim; j++) to[j] += by_mean[j] * r->weight[t];
        }
        if (net->weighted) weights_backward(pass, i, s->small + net->part[net->token_weight].small);
    }
    for (size_t i = net->layers; i-- > 0;) {
        kor_real *to = i ? dx : r->d_first + from * net->width;
        layer_backward(pass, &net->layer[i], &r->layer[i], s, d, to);
        dx = d;
        d = to;
    }
    kor_real *position = s->small + net->part[net->position].small;
    for (size_t i = s->from; i < s->to; i++) {
        const kor_real *row = r->d_first + b->first[i] * net->width;
        size_t count = (b->first[i + 1] - b->first[i]) * net->width;
        for (size_t j = 0; j < count; j++) position[j] += row[j];
    }
}

/* ---- Gradients of the parameters, over the whole batch ---- */

static const record *record_of(const struct kor_pass_room *r, const kor_net *net, size_t part)
{
    if (part == net->pooler.w) return &r->pooler;
    for (size_t i = 0; i < net->layers; i++) {
        const kor_net_layer *l = &net->layer[i];
        const kor_net_linear *const linear[LINEARS] = {&l->qkv, &l->attention_out, &l->residual,
                                                       &l->up, &l->down};
        for (size_t j = 0; j < LINEARS; j++) {
            if (linear[j]->in && linear[j]->w == part) return &r->layer[i].record[j];
        }
    }
    return NULL; /* not a matrix */
}

void kor_pass_gradient(kor_pass *pass, size_t part, size_t from, size_t to, kor_real *out)
{
    const kor_net *net = pass->net;
    const kor_net_part *p = &net->part[part];
    if (p->in) {
        const record *r = record_of(pass->room, net, part);
        multiply(out + from * p->out, p->out, r->xt + from * r->ld, r->ld, r->dy, to - from, p->out,
                 r->rows, NULL, false);
        return;
    }
    memset(out, 0, p->count * sizeof *out);
    for (size_t i = 0; i < KOR_NET_SHARDS; i++) {
        const kor_real *small = pass->room->shard[i].small + p->small;
        for (size_t j = 0; j < p->count; j++) out[j] += small[j];
    }
}

/* db = (x a)' dy, da = x' (dy b'): what is between is of low rank, and so are all products. */
void kor_pass_adapter(kor_pass *pass, size_t part, size_t rank, const kor_real *a,
                      const kor_real *b, kor_real *da, kor_real *db)
{
    const kor_net_part *p = &pass->net->part[part];
    const record *r = record_of(pass->room, pass->net, part);
    for (size_t k = 0; k < rank; k++) { /* low = (x a)' */
        kor_real *low = r->low + k * r->ld;
        memset(low, 0, r->rows * sizeof *low);
        for (size_t i = 0; i < p->in; i++) {
            const kor_real *x = r->xt + i * r->ld, by = a[i * rank + k];
            for (size_t m = 0; m < r->rows; m++) low[m] += by * x[m];
        }
    }
    multiply(db, p->out, r->low, r->ld, r->dy, rank, p->out, r->rows, NULL, false);
    memset(r->low_dy, 0, KOR_PANEL * r->rows * sizeof *r->low_dy);
    for (size_t j = 0; j < p->out; j += KOR_PANEL) { /* low_dy = dy b', packed */
        size_t wide = p->out - j < KOR_PANEL ? p->out - j : KOR_PANEL;
        for (size_t m = 0; m < r->rows; m++) {
            const kor_real *dy = r->dy + (j * r->rows + m * KOR_PANEL);
            for (size_t k = 0; k < rank; k++) {
                const kor_real *row = b + k * p->out + j;
                kor_real sum[4] = {0};
                size_t l = 0;
                for (; l + 4 <= wide; l += 4) {
                    for (size_t q = 0; q < 4; q++) sum[q] += dy[l + q] * row[l + q];
                }
                for (; l < wide; l++) sum[0] += dy[l] * row[l];
                r->low_dy[m * KOR_PANEL + k] += (sum[0] + sum[1]) + (sum[2] + sum[3]);
            }
        }
    }
    multiply(da, rank, r->xt, r->ld, r->low_dy, p->in, rank, r->rows, NULL, false);
}

size_t kor_pass_embedding(kor_pass *pass, kor_real *out, int32_t *touched)
{
    const kor_net *net = pass->net;
    const kor_batch *b = &pass->batch;
    struct kor_pass_room *r = pass->room;
    const kor_real *d = r->d_first;
    size_t n = net->width, count = 0;
    if (++r->call == 0) { /* after 2^32 calls the marks of the first would come back */
        memset(r->seen, 0, net->vocabulary * sizeof *r->seen);
        r->call = 1;
    }
    for (size_t t = 0; t < b->first[b->sequences]; t++) {
        size_t id = (size_t)b->ids[t];
        kor_real *row = out + id * n;
        if (r->seen[id] != r->call) {
            r->seen[id] = r->call;
            touched[count++] = b->ids[t];
            memset(row, 0, n * sizeof *row);
        }
        for (size_t j = 0; j < n; j++) row[j] += net->scale * d[t * n + j];
    }
    return count;
}
