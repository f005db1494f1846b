/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_top.h"

#include "learn/product.h"

#include "base/hash.h"
#include "kernels/kernels.h"
#include "learn/random.h"

#include <stdlib.h>
#include <string.h>

enum { PARTS = KOR_SPAN_PARTS };

/* Of a batch: W words in B windows. */
typedef struct kor_span_top_room {
    size_t *first;                /* [B + 1] into words */
    float *x, *xt, *dx;           /* [W][dim], its transpose, [W][dim] */
    float *keep;                  /* [W][dim]: what x was multiplied by, for dropout */
    float *mean, *mean_t, *dmean; /* [B][dim], its transpose, [B][dim] */
    float *said, *dsaid;          /* [W][PARTS * tags] */
    float *sum, *dsum;            /* [B][tags] */
    float *packed;
    float *emissions, *by_emission; /* [longest][tags] */
    uint8_t *gold;                  /* [longest] */
    double *chain;                  /* [transitions]: the gradient */
    kor_crf_work work;
} room;

/* ---- Making it ---- */

static size_t near_count(const kor_span_top *t)
{
    return t->dim * PARTS * t->tags;
}

kor_span_layer_weights kor_span_top_weights(const kor_span_top *t)
{
    const float *whole = t->param + near_count(t);
    return (kor_span_layer_weights){t->dim,  t->tags,  t->param, whole, whole + t->dim * t->tags,
                                    t->mean, t->factor};
}

static size_t chain_at(const kor_span_top *t)
{
    return near_count(t) + (t->dim + 1) * t->tags;
}

kor_crf kor_span_top_chain(const kor_span_top *t)
{
    size_t labels = t->corpus->labels;
    const float *chain = t->param + chain_at(t);
    return (kor_crf){labels, chain, chain + labels + 1, chain + (labels + 1) * (t->tags + 1)};
}

static kor_status make_room(kor_span_top *t, size_t batch, kor_error *err)
{
    kor_arena *a = &t->arena;
    size_t longest = t->windows->longest ? t->windows->longest : 1, dim = t->dim, tags = t->tags,
           wide = PARTS * tags, words;
    room *r = t->room = kor_arena_alloc(a, sizeof *r);
    if (!r || !kor_mul(batch, longest, &words)) return kor_fail_memory(err);
    size_t deep = words > dim ? words : dim,
           most = kor_round_up(wide > dim ? wide : dim, KOR_PANEL);
    if (deep < wide) deep = wide;
    *r = (room){.first = kor_arena_array(a, batch + 1, sizeof(size_t)),
                .x = kor_arena_array(a, words, dim * sizeof(float)),
                .xt = kor_arena_array(a, words, dim * sizeof(float)),
                .dx = kor_arena_array(a, words, dim * sizeof(float)),
                .keep = kor_arena_array(a, words, dim * sizeof(float)),
                .mean = kor_arena_array(a, batch, dim * sizeof(float)),
                .mean_t = kor_arena_array(a, batch, dim * sizeof(float)),
                .dmean = kor_arena_array(a, batch, dim * sizeof(float)),
                .said = kor_arena_array(a, words, wide * sizeof(float)),
                .dsaid = kor_arena_array(a, words, wide * sizeof(float)),
                .sum = kor_arena_array(a, batch, tags * sizeof(float)),
                .dsum = kor_arena_array(a, batch, tags * sizeof(float)),
                .packed = kor_arena_array(a, deep, most * sizeof(float)),
                .emissions = kor_arena_array(a, longest, tags * sizeof(float)),
                .by_emission = kor_arena_array(a, longest, tags * sizeof(float)),
                .gold = kor_arena_alloc(a, longest),
                .chain = kor_arena_array(a, t->transitions, sizeof(double))};
    char *memory = kor_arena_alloc(a, kor_crf_scratch(t->corpus->labels, longest) + 64);
    bool ok = r->first && r->x && r->xt && r->dx && r->keep && r->mean && r->mean_t && r->dmean &&
              r->said && r->dsaid && r->sum && r->dsum && r->packed && r->emissions &&
              r->by_emission && r->gold && r->chain && memory;
    if (!ok) return kor_fail_memory(err);
    kor_crf_lay_out(&r->work, t->corpus->labels, longest,
                    memory + (64 - (uintptr_t)memory % 64) % 64);
    return KOR_OK;
}

kor_status kor_span_top_make(kor_span_top *t, const kor_spans_trained *start,
                             const kor_span_corpus *corpus, const kor_span_windows *windows,
                             const float *bag, size_t batch, const kor_span_top_recipe *recipe,
                             kor_error *err)
{
    const kor_span_layer_weights *w = &start->weights;
    size_t dim = w->dim, tags = w->tags, labels = corpus->labels;
    *t = (kor_span_top){.recipe = *recipe,
                        .corpus = corpus,
                        .windows = windows,
                        .bag = bag,
                        .dim = dim,
                        .tags = tags,
                        .transitions = (labels + 1) * (tags + 1) + 2 * labels,
                        .mean = w->mean,
                        .factor = w->factor};
    t->decaying = near_count(t) + dim * tags;
    t->count = chain_at(t) + t->transitions;
    t->param = kor_arena_array(&t->arena, t->count, sizeof *t->param);
    if (!t->param) return kor_fail_memory(err);
    memcpy(t->param, w->near, near_count(t) * sizeof *t->param);
    memcpy(t->param + near_count(t), w->whole, dim * tags * sizeof *t->param);
    memcpy(t->param + t->decaying, w->bias, tags * sizeof *t->param);
    const kor_crf *crf = &start->spans.crf;
    float *chain = t->param + chain_at(t);
    memcpy(chain, crf->start, (labels + 1) * sizeof *chain);
    memcpy(chain + labels + 1, crf->transition, tags * (labels + 1) * sizeof *chain);
    memcpy(chain + (labels + 1) * (tags + 1), crf->inside, 2 * labels * sizeof *chain);
    return make_room(t, batch, err);
}

void kor_span_top_free(kor_span_top *t)
{
    kor_arena_free(&t->arena);
    *t = (kor_span_top){0};
}

/* ---- Forward ---- */

/* What chance says of a window in a step, whatever the order in which windows come. */
static kor_random chance(const kor_span_top *t, const kor_tuned *b, size_t i)
{
    const uint64_t of[] = {t->recipe.seed, b->step, b->rows[i]};
    return (kor_random){kor_hash64(of, sizeof of, 0)};
}

/* x[count][dim] of a window's words, standard, and their mean. */
static void read_window(const kor_span_top *t, const kor_tuned *b, size_t i, kor_random *random)
{
    room *r = t->room;
    const kor_span_window *w = &t->windows->list[b->rows[i]];
    const uint32_t *piece = t->windows->pieces + w->piece;
    size_t dim = t->dim;
    float *mean = r->mean + i * dim, kept = 1 - t->recipe.dropout;
    memset(mean, 0, dim * sizeof *mean);
    for (size_t j = 0; j < w->count; j++) {
        size_t n = piece[j + 1] - piece[j];
        float *x = r->x + (r->first[i] + j) * dim, *keep = r->keep + (r->first[i] + j) * dim;
        memset(x, 0, dim * sizeof *x);
        for (size_t p = piece[j]; p < piece[j + 1]; p++) {
            const float *token = b->tokens + (b->first[i] + p) * dim;
            for (size_t d = 0; d < dim; d++) x[d] += token[d];
        }
        for (size_t d = 0; d < dim; d++) {
            keep[d] = t->recipe.dropout > 0 ? (kor_random_unit(random) < kept ? 1 / kept : 0) : 1;
            x[d] = (x[d] / (float)(n ? n : 1) - t->mean[d]) * t->factor[d] * keep[d];
            mean[d] += x[d] / (float)w->count;
        }
    }
}

/* emissions[kept - keep][tags] of the words that are learnt from. */
static void emit(const kor_span_top *t, const kor_span_window *w, size_t i, bool bagless)
{
    const room *r = t->room;
    size_t tags = t->tags, wide = PARTS * tags;
    const float *sum = r->sum + i * tags;
    for (size_t j = w->keep; j < w->kept; j++) {
        float *out = r->emissions + (j - w->keep) * tags;
        const float *own = r->said + (r->first[i] + j) * wide, *bag = t->bag + (w->word + j) * tags;
        for (size_t k = 0; k < tags; k++) {
            out[k] = own[k] + sum[k];
            if (j) out[k] += (own - wide)[tags + k];
            if (j + 1 < w->count) out[k] += (own + wide)[2 * tags + k];
            if (!bagless) out[k] += bag[k];
        }
    }
}

/* The tags of the words that are learnt from. A span that a window cuts goes on as one of its own.
 */
static void read_gold(const kor_span_top *t, const kor_span_window *w)
{
    uint8_t *gold = t->room->gold;
    size_t labels = t->corpus->labels, inside = kor_crf_inside(labels, 0);
    memcpy(gold, t->corpus->gold + w->word + w->keep, w->kept - w->keep);
    if (gold[0] >= inside) gold[0] = (uint8_t)kor_crf_begin(gold[0] - inside);
}

/* ---- Back ---- */

/* by_emission, over the windows of the batch, to what each word and the window said. */
static void spread(const kor_span_top *t, const kor_span_window *w, size_t i, float by)
{
    room *r = t->room;
    size_t tags = t->tags, wide = PARTS * tags;
    float *dsum = r->dsum + i * tags;
    for (size_t j = w->keep; j < w->kept; j++) {
        const float *g = r->by_emission + (j - w->keep) * tags;
        float *own = r->dsaid + (r->first[i] + j) * wide;
        for (size_t k = 0; k < tags; k++) {
            float x = g[k] * by;
            own[k] += x;
            if (j) (own - wide)[tags + k] += x;
            if (j + 1 < w->count) (own + wide)[2 * tags + k] += x;
            dsum[k] += x;
        }
    }
}

static void transpose(float *to, const float *x, size_t rows, size_t columns)
{
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) to[j * rows + i] = x[i * columns + j];
    }
}

/* Gradients by a matrix w[dim][out] and by what it was given, x[rows][dim]. */
static void back(const kor_span_top *t, const float *w, const float *x, const float *dout,
                 size_t rows, size_t out, float *xt, float *dw, float *dx)
{
    float *packed = t->room->packed;
    kor_net_pack_turned(packed, w, out, t->dim, out);
    kor_product(dx, dout, packed, rows, t->dim, out, NULL);
    transpose(xt, x, rows, t->dim);
    kor_net_pack(packed, dout, out, rows, out);
    kor_product(dw, xt, packed, t->dim, out, rows, NULL);
}

static void give_back(const kor_span_top *t, const kor_tuned *b, size_t i)
{
    const room *r = t->room;
    const kor_span_window *w = &t->windows->list[b->rows[i]];
    const uint32_t *piece = t->windows->pieces + w->piece;
    size_t dim = t->dim;
    const float *dmean = r->dmean + i * dim;
    for (size_t j = 0; j < w->count; j++) {
        const float *dx = r->dx + (r->first[i] + j) * dim,
                    *keep = r->keep + (r->first[i] + j) * dim;
        float share = 1 / (float)(piece[j + 1] - piece[j]);
        for (size_t p = piece[j]; p < piece[j + 1]; p++) {
            float *to = b->d_tokens + (b->first[i] + p) * dim;
            for (size_t d = 0; d < dim; d++)
                to[d] = (dx[d] + dmean[d] / (float)w->count) * keep[d] * t->factor[d] * share;
        }
    }
}

/* ---- The pass ---- */

kor_status kor_span_top_pass(void *arg, const kor_tuned *b, float *gradient, double *loss,
                             kor_error *err)
{
    (void)err;
    kor_span_top *t = arg;
    room *r = t->room;
    size_t n = b->sequences, dim = t->dim, tags = t->tags, wide = PARTS * tags,
           labels = t->corpus->labels;
    const kor_span_layer_weights w = kor_span_top_weights(t);
    const kor_crf crf = kor_span_top_chain(t);
    kor_crf_gradient by_chain = {r->chain, r->chain + labels + 1,
                                 r->chain + (labels + 1) * (tags + 1)};
    r->first[0] = 0;
    for (size_t i = 0; i < n; i++)
        r->first[i + 1] = r->first[i] + t->windows->list[b->rows[i]].count;
    size_t words = r->first[n];
    for (size_t i = 0; i < n; i++) {
        kor_random random = chance(t, b, i);
        (void)kor_random_unit(&random); /* is what emit takes */
        read_window(t, b, i, &random);
    }
    kor_net_pack(r->packed, w.near, wide, dim, wide);
    kor_product(r->said, r->x, r->packed, words, wide, dim, NULL);
    kor_net_pack(r->packed, w.whole, tags, dim, tags);
    kor_product(r->sum, r->mean, r->packed, n, tags, dim, w.bias);
    memset(r->dsaid, 0, words * wide * sizeof *r->dsaid);
    memset(r->dsum, 0, n * tags * sizeof *r->dsum);
    memset(r->chain, 0, t->transitions * sizeof *r->chain);
    kor_crf_weigh(&r->work, &crf, 1);
    for (size_t i = 0; i < n; i++) {
        const kor_span_window *window = &t->windows->list[b->rows[i]];
        kor_random random = chance(t, b, i);
        emit(t, window, i, kor_random_unit(&random) < t->recipe.bagless);
        read_gold(t, window);
        *loss += kor_crf_loss(&r->work, &crf, r->emissions, r->gold, window->kept - window->keep,
                              r->by_emission, &by_chain);
        spread(t, window, i, 1 / (float)n);
    }
    float *by_whole = gradient + near_count(t), *by_bias = gradient + t->decaying;
    back(t, w.near, r->x, r->dsaid, words, wide, r->xt, gradient, r->dx);
    back(t, w.whole, r->mean, r->dsum, n, tags, r->mean_t, by_whole, r->dmean);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < tags; k++) by_bias[k] += r->dsum[i * tags + k];
        give_back(t, b, i);
    }
    for (size_t i = 0; i < t->transitions; i++)
        gradient[chain_at(t) + i] = (float)(r->chain[i] / (double)n);
    return KOR_OK;
}
