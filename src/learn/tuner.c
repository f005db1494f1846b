/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/tuner.h"

#include "base/hash.h"
#include "base/parallel.h"
#include "learn/adamw.h"
#include "learn/checkpoint.h"
#include "learn/random.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROWS_AT_ONCE = 128, /* of a matrix, whose gradient one thread works out at a time */
    BLOCK = 1 << 15,    /* parameters that one thread updates at a time */
    TOKENS_AT_ONCE = 64,
    UNKNOWN = 0 /* the token that is read for one left out */
};

/* Parameters that learn alike, with their place in gradient and moments. */
typedef struct run {
    float *w;
    size_t at, count;
    float rate, decay; /* rate: of the highest */
} run;

/* One thread's piece of work on the gradient: rows from..to of a part, and its squared length. */
typedef struct piece {
    size_t part, from, to;
    double square;
} piece;

typedef struct trainer {
    kor_net *net;
    const kor_top *top;
    const kor_token_rows *rows;
    const kor_tune_recipe *recipe;
    const kor_tune_hooks *hooks;
    kor_adapters *adapters; /* NULL: the whole net learns */
    run *runs;
    size_t run_count, embedding_run, total;     /* embedding_run: SIZE_MAX when it does not learn */
    float *gradient, *moment1, *moment2, *best; /* [total] */
    float *frozen; /* with adapters: the net's parameters as they were */
    piece *pieces;
    size_t piece_count;
    double *square; /* [run_count] with adapters */
    struct block {
        size_t run, from, count;
    } * blocks;
    size_t block_count;
    kor_pass pass;
    /* The batch. */
    uint32_t *order, *batch_rows; /* [groups], [batch] */
    size_t *first;
    int32_t *ids, *touched; /* of its longest possible content */
    size_t touched_count, step, steps;
    kor_adamw adamw;
    kor_random random;
    kor_arena arena;
} trainer;

/* ---- What learns ---- */

static void add_run(trainer *t, float *w, size_t count, float rate, float decay)
{
    t->runs[t->run_count++] = (run){w, t->total, count, rate, decay};
    t->total += count;
}

static float rate_of(const trainer *t, const kor_net_part *p)
{
    return t->recipe->rate * powf(t->recipe->depth_factor, (float)(t->net->layers + 1 - p->depth));
}

static void list_net(trainer *t)
{
    const kor_net *net = t->net;
    for (size_t i = 0; i < net->parts; i++) {
        const kor_net_part *p = &net->part[i];
        if (i == net->embedding) t->embedding_run = t->run_count;
        add_run(t, net->param + p->at, p->count, rate_of(t, p), p->decays ? t->recipe->decay : 0);
    }
}

/* Adapters begin as a change of nothing: a random, b 0. */
static kor_status make_adapters(trainer *t, kor_error *err)
{
    const kor_net *net = t->net;
    kor_adapters *all = t->adapters;
    size_t rank = t->recipe->rank;
    *all = (kor_adapters){.rank = rank};
    all->list = kor_arena_array(&all->arena, net->parts, sizeof *all->list);
    if (!all->list) return kor_fail_memory(err);
    for (size_t i = 0; i < net->parts; i++) {
        const kor_net_part *p = &net->part[i];
        if (!p->in) continue;
        float *a = kor_arena_array(&all->arena, p->in, rank * sizeof *a);
        float *b = kor_arena_array(&all->arena, p->out, rank * sizeof *b);
        if (!a || !b) return kor_fail_memory(err);
        float size = 1 / sqrtf((float)p->in);
        for (size_t j = 0; j < p->in * rank; j++)
            a[j] = size * (2 * kor_random_unit(&t->random) - 1);
        all->list[all->count++] = (kor_adapter){i, a, b};
        add_run(t, a, p->in * rank, rate_of(t, p), t->recipe->decay);
        add_run(t, b, p->out * rank, rate_of(t, p), t->recipe->decay);
    }
    return KOR_OK;
}

static void add_piece(trainer *t, size_t part, size_t from, size_t to)
{
    t->pieces[t->piece_count++] = (piece){part, from, to, 0};
}

static kor_status list_pieces(trainer *t, kor_error *err)
{
    const kor_net *net = t->net;
    size_t most = net->parts;
    for (size_t i = 0; i < net->parts; i++) most += net->part[i].in / ROWS_AT_ONCE + 1;
    t->pieces = kor_arena_array(&t->arena, most, sizeof *t->pieces);
    if (!t->pieces) return kor_fail_memory(err);
    for (size_t i = 0; i < net->parts; i++) {
        size_t in = net->part[i].in;
        if (i == net->embedding) continue;
        if (!in) add_piece(t, i, 0, 1);
        for (size_t from = 0; from < in; from += ROWS_AT_ONCE)
            add_piece(t, i, from, from + ROWS_AT_ONCE < in ? from + ROWS_AT_ONCE : in);
    }
    return KOR_OK;
}

/* All parameters but the embeddings, in pieces. */
static kor_status list_blocks(trainer *t, kor_error *err)
{
    t->blocks = kor_arena_array(&t->arena, t->total / BLOCK + t->run_count + 1, sizeof *t->blocks);
    if (!t->blocks) return kor_fail_memory(err);
    for (size_t i = 0; i < t->run_count; i++) {
        for (size_t from = 0; i != t->embedding_run && from < t->runs[i].count; from += BLOCK) {
            size_t left = t->runs[i].count - from;
            t->blocks[t->block_count++] = (struct block){i, from, left < BLOCK ? left : BLOCK};
        }
    }
    return KOR_OK;
}

static kor_status make_room(trainer *t, kor_error *err)
{
    const kor_token_rows *rows = t->rows;
    size_t longest = 1,
           batch = t->recipe->batch > rows->together ? t->recipe->batch : rows->together;
    for (size_t i = 0; i < rows->count; i++) {
        size_t n = rows->first[i + 1] - rows->first[i];
        if (n > longest) longest = n;
    }
    kor_arena *a = &t->arena;
    t->runs = kor_arena_array(a, 2 * t->net->parts + 2, sizeof *t->runs);
    if (!t->runs) return kor_fail_memory(err);
    if (t->adapters)
        KOR_TRY(make_adapters(t, err));
    else
        list_net(t);
    if (t->top->count) {
        add_run(t, t->top->param, t->top->decaying, t->recipe->head_rate, t->recipe->decay);
        add_run(t, t->top->param + t->top->decaying, t->top->count - t->top->decaying,
                t->recipe->head_rate, 0);
    }
    t->gradient = kor_arena_array(a, t->total, sizeof *t->gradient);
    t->moment1 = kor_arena_array(a, t->total, sizeof *t->moment1);
    t->moment2 = kor_arena_array(a, t->total, sizeof *t->moment2);
    t->best = kor_arena_array(a, t->total, sizeof *t->best);
    t->square = kor_arena_array(a, t->run_count, sizeof *t->square);
    t->order = kor_arena_array(a, rows->count / rows->together, sizeof *t->order);
    t->batch_rows = kor_arena_array(a, batch, sizeof *t->batch_rows);
    t->first = kor_arena_array(a, batch + 1, sizeof *t->first);
    t->ids = kor_arena_array(a, batch * longest, sizeof *t->ids);
    t->touched = kor_arena_array(a, batch * longest, sizeof *t->touched);
    bool ok = t->gradient && t->moment1 && t->moment2 && t->best && t->square && t->order &&
              t->batch_rows && t->first && t->ids && t->touched;
    if (ok && t->adapters) {
        t->frozen = kor_arena_array(a, t->net->count, sizeof *t->frozen);
        ok = t->frozen;
        if (ok) memcpy(t->frozen, t->net->param, t->net->count * sizeof *t->frozen);
    }
    if (!ok) return kor_fail_memory(err);
    if (!t->adapters) KOR_TRY(list_pieces(t, err));
    return list_blocks(t, err);
}

/* ---- The gradient ---- */

static void forward_one(void *arg, size_t i, size_t worker)
{
    (void)worker;
    kor_pass_forward(&((trainer *)arg)->pass, i);
}

static void backward_one(void *arg, size_t i, size_t worker)
{
    (void)worker;
    kor_pass_backward(&((trainer *)arg)->pass, i);
}

static double square_of(const float *x, size_t n)
{
    double sum[8] = {0};
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t j = 0; j < 8; j++) sum[j] += (double)x[i + j] * (double)x[i + j];
    }
    for (; i < n; i++) sum[0] += (double)x[i] * (double)x[i];
    return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

static void work_on_piece(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    piece *p = &t->pieces[i];
    const kor_net_part *part = &t->net->part[p->part];
    float *to = t->gradient + part->at;
    kor_pass_gradient(&t->pass, p->part, p->from, p->to, to);
    size_t wide = part->in ? part->out : part->count;
    p->square = square_of(to + p->from * wide, (p->to - p->from) * wide);
}

static void work_on_adapter(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    const kor_adapter *ad = &t->adapters->list[i];
    const run *run_a = &t->runs[2 * i], *run_b = &t->runs[2 * i + 1];
    float *da = t->gradient + run_a->at, *db = t->gradient + run_b->at;
    kor_pass_adapter(&t->pass, ad->part, t->adapters->rank, ad->a, ad->b, da, db);
    t->square[2 * i] = square_of(da, run_a->count);
    t->square[2 * i + 1] = square_of(db, run_b->count);
}

/* The squared length of the whole gradient. */
static double work_out_gradient(trainer *t)
{
    size_t threads = t->recipe->threads;
    double sum = 0;
    if (t->adapters) {
        kor_parallel(threads, t->adapters->count, work_on_adapter, t);
        for (size_t i = 0; i < 2 * t->adapters->count; i++) sum += t->square[i];
    } else {
        kor_parallel(threads, t->piece_count, work_on_piece, t);
        const kor_net_part *e = &t->net->part[t->net->embedding];
        t->touched_count = kor_pass_embedding(&t->pass, t->gradient + e->at, t->touched);
        for (size_t i = 0; i < t->piece_count; i++) sum += t->pieces[i].square;
        for (size_t i = 0; i < t->touched_count; i++) {
            sum += square_of(t->gradient + e->at + (size_t)t->touched[i] * t->net->width,
                             t->net->width);
        }
    }
    return sum + square_of(t->gradient + t->total - t->top->count, t->top->count);
}

/* ---- The step ---- */

static void update(trainer *t, const run *r, size_t from, size_t count, float now)
{
    kor_adamw how = t->adamw;
    how.rate = r->rate * now;
    how.decay = r->decay;
    size_t at = r->at + from;
    kor_adamw_step(&how, r->w + from, t->gradient + at, t->moment1 + at, t->moment2 + at, count);
}

static void update_block(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    const struct block *b = &t->blocks[i];
    update(t, &t->runs[b->run], b->from, b->count, t->adamw.rate);
}

static void update_tokens(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    const run *r = &t->runs[t->embedding_run];
    size_t width = t->net->width, end = (i + 1) * TOKENS_AT_ONCE;
    for (size_t j = i * TOKENS_AT_ONCE; j < end && j < t->touched_count; j++)
        update(t, r, (size_t)t->touched[j] * width, width, t->adamw.rate);
}

/* W = what it was + a b, where it has an adapter; then packed again. */
static void refresh_part(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    kor_net *net = t->net;
    for (size_t k = 0; t->adapters && k < t->adapters->count; k++) {
        const kor_adapter *ad = &t->adapters->list[k];
        if (ad->part != i) continue;
        const kor_net_part *p = &net->part[i];
        size_t rank = t->adapters->rank;
        for (size_t j = 0; j < p->in; j++) {
            float *w = net->param + p->at + j * p->out;
            memcpy(w, t->frozen + p->at + j * p->out, p->out * sizeof *w);
            for (size_t r = 0; r < rank; r++) {
                const float *b = ad->b + r * p->out;
                float a = ad->a[j * rank + r];
                for (size_t l = 0; l < p->out; l++) w[l] += a * b[l];
            }
        }
    }
    kor_net_refresh(net, i);
}

static void refresh(trainer *t)
{
    kor_parallel(t->recipe->threads, t->net->parts, refresh_part, t);
}

/* Rows of the groups order[count] into the batch. */
static size_t gather(trainer *t, const uint32_t *order, size_t groups)
{
    const kor_token_rows *rows = t->rows;
    size_t n = 0;
    for (size_t g = 0; g < groups; g++) {
        for (size_t i = 0; i < rows->together; i++, n++) {
            uint32_t row = (uint32_t)(order[g] * rows->together + i);
            size_t from = rows->first[row], tokens = rows->first[row + 1] - from;
            t->batch_rows[n] = row;
            memcpy(t->ids + t->first[n], rows->ids + from, tokens * sizeof *t->ids);
            t->first[n + 1] = t->first[n] + tokens;
        }
    }
    for (size_t i = 0; t->recipe->word_dropout > 0 && i < t->first[n]; i++) {
        if (kor_random_unit(&t->random) < t->recipe->word_dropout) t->ids[i] = UNKNOWN;
    }
    return n;
}

static kor_status take_step(trainer *t, const uint32_t *order, size_t groups, double *loss,
                            kor_error *err)
{
    size_t threads = t->recipe->threads, n = gather(t, order, groups);
    const kor_batch batch = {n, t->first, t->ids};
    t->step++;
    KOR_TRY(kor_pass_begin(&t->pass, t->net, &batch, err));
    kor_parallel(threads, KOR_NET_SHARDS, forward_one, t);
    float *by_top = t->gradient + t->total - t->top->count;
    memset(by_top, 0, t->top->count * sizeof *by_top);
    const kor_tuned seen = {.rows = t->batch_rows,
                            .sequences = n,
                            .dim = t->net->dim,
                            .step = t->step,
                            .first = t->first,
                            .state = t->pass.state,
                            .embedding = t->pass.embedding,
                            .tokens = t->pass.tokens,
                            .d_state = t->pass.d_state,
                            .d_embedding = t->pass.d_embedding,
                            .d_tokens = t->pass.d_tokens};
    KOR_TRY(t->top->pass(t->top->arg, &seen, by_top, loss, err));
    kor_parallel(threads, KOR_NET_SHARDS, backward_one, t);
    double length = sqrt(work_out_gradient(t)), most = (double)t->recipe->clip;
    t->adamw = (kor_adamw){.rate = kor_schedule(t->step, t->steps, (float)t->steps / 10),
                           .by = most > 0 && length > most ? (float)(most / length) : 1,
                           .step = (float)t->step};
    kor_parallel(threads, t->block_count, update_block, t);
    if (!t->adapters)
        kor_parallel(threads, (t->touched_count + TOKENS_AT_ONCE - 1) / TOKENS_AT_ONCE,
                     update_tokens, t);
    refresh(t);
    return KOR_OK;
}

/* ---- Epochs ---- */

static void gather_params(const trainer *t, float *to)
{
    for (size_t i = 0; i < t->run_count; i++)
        memcpy(to + t->runs[i].at, t->runs[i].w, t->runs[i].count * sizeof *to);
}

static void scatter_params(const trainer *t, const float *from)
{
    for (size_t i = 0; i < t->run_count; i++)
        memcpy(t->runs[i].w, from + t->runs[i].at, t->runs[i].count * sizeof *from);
}

static uint64_t recipe_hash(const kor_tune_recipe *r)
{
    const float rates[] = {r->rate,          r->head_rate,    r->depth_factor,
                           r->decay,         r->clip,         r->word_dropout,
                           (float)r->epochs, (float)r->batch, (float)r->patience};
    return kor_hash64(rates, sizeof rates, 0);
}

/* The gradient's memory holds the parameters on their way to and from the file. */
static kor_checkpoint checkpoint_of(const trainer *t, const kor_tune_result *r)
{
    const uint64_t parts[] = {t->hooks->purpose, t->recipe->seed, t->recipe->rank, t->total};
    return (kor_checkpoint){.purpose = kor_hash64(parts, sizeof parts, 0),
                            .recipe = recipe_hash(t->recipe),
                            .random = t->random.state,
                            .epoch = (uint32_t)r->epochs,
                            .best_epoch = (uint32_t)r->best,
                            .step = (uint32_t)t->step,
                            .quality = (float)r->quality,
                            .count = t->total,
                            .param = t->gradient,
                            .moment1 = t->moment1,
                            .moment2 = t->moment2,
                            .best = t->best};
}

static kor_status resume(trainer *t, kor_tune_result *r, kor_error *err)
{
    bool found = false;
    if (!t->hooks->checkpoint) return KOR_OK;
    kor_checkpoint c = checkpoint_of(t, r);
    KOR_TRY(kor_checkpoint_read(&c, t->hooks->checkpoint, &found, err));
    if (!found || c.epoch > t->recipe->epochs) return KOR_OK;
    scatter_params(t, t->gradient);
    t->random.state = c.random;
    t->step = c.step;
    r->epochs = r->resumed = c.epoch;
    r->best = c.best_epoch;
    r->quality = (double)c.quality;
    refresh(t);
    return KOR_OK;
}

static kor_status end_epoch(trainer *t, kor_tune_result *r, kor_error *err)
{
    double quality = (double)NAN;
    r->epochs++;
    if (t->hooks->measure) KOR_TRY(t->hooks->measure(t->hooks->arg, &quality, err));
    /* Without a measure each epoch is better than the one before. */
    if (!(quality <= r->quality)) {
        r->quality = quality;
        r->best = r->epochs;
        gather_params(t, t->best);
    }
    if (!t->hooks->checkpoint) return KOR_OK;
    gather_params(t, t->gradient);
    const kor_checkpoint c = checkpoint_of(t, r);
    return kor_checkpoint_write(&c, t->hooks->checkpoint, err);
}

static kor_status train(trainer *t, kor_tune_result *r, kor_error *err)
{
    const kor_tune_recipe *recipe = t->recipe;
    size_t groups = t->rows->count / t->rows->together,
           batch = recipe->batch > t->rows->together ? recipe->batch / t->rows->together : 1;
    KOR_TRY(make_room(t, err));
    t->steps = recipe->epochs * ((groups + batch - 1) / batch);
    KOR_TRY(resume(t, r, err));
    while (r->epochs < recipe->epochs) {
        if (recipe->patience && r->epochs - r->best >= recipe->patience) break;
        double loss = 0;
        /* From the same order each time, so that an epoch depends on the random state alone. */
        for (size_t i = 0; i < groups; i++) t->order[i] = (uint32_t)i;
        kor_random_shuffle(&t->random, t->order, groups);
        for (size_t at = 0; at < groups; at += batch) {
            size_t count = groups - at < batch ? groups - at : batch;
            KOR_TRY(take_step(t, t->order + at, count, &loss, err));
            if (!isfinite(loss)) {
                bool kept = t->hooks->checkpoint && r->epochs;
                return kor_fail(err, KOR_E_INPUT,
                                "the loss is no longer a number in epoch %zu: lower the recipe's "
                                "tune_rate (it is %g)%s",
                                r->epochs + 1, (double)recipe->rate,
                                kept ? "; training then goes on from the epoch before" : "");
            }
            if (t->hooks->progress) {
                t->hooks->progress(t->hooks->arg, (double)t->step / (double)t->steps,
                                   loss / (double)((at + count) * t->rows->together));
            }
        }
        r->loss = loss / (double)t->rows->count;
        KOR_TRY(end_epoch(t, r, err));
    }
    if (r->best) {
        scatter_params(t, t->best);
        refresh(t);
    }
    return KOR_OK;
}

kor_status kor_tune(kor_net *net, const kor_top *top, const kor_token_rows *rows,
                    const kor_tune_recipe *recipe, const kor_tune_hooks *hooks,
                    kor_adapters *adapters, kor_tune_result *result, kor_error *err)
{
    trainer t = {.net = net,
                 .top = top,
                 .rows = rows,
                 .recipe = recipe,
                 .hooks = hooks,
                 .adapters = recipe->rank ? adapters : NULL,
                 .embedding_run = SIZE_MAX,
                 .random = {recipe->seed}};
    *result = (kor_tune_result){.quality = (double)-INFINITY};
    kor_status status = train(&t, result, err);
    kor_pass_free(&t.pass);
    kor_arena_free(&t.arena);
    return status;
}

void kor_adapters_free(kor_adapters *adapters)
{
    kor_arena_free(&adapters->arena);
    *adapters = (kor_adapters){0};
}
