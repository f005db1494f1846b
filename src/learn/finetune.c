/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/finetune.h"

#include "base/parallel.h"
#include "kernels/kernels.h"
#include "learn/loss.h"
#include "learn/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SHARDS = 4,      /* of a batch: so many threads can help, and so many sums are added in order */
    BLOCK = 1 << 14, /* parameters that one thread updates at a time */
    UNKNOWN = 0      /* the token that is read for one left out */
};

static const float BETA1 = 0.9f, BETA2 = 0.999f, EPSILON = 1e-8f;

/* A part of a batch, with gradients of its own. */
typedef struct shard {
    size_t *first, sequences; /* as kor_batch */
    int32_t *ids;
    const uint32_t *rows; /* [sequences] */
    kor_tape *tape;
    float *gradient;  /* of all parameters, those of the layer on top last */
    float *logits;    /* [sequences][labels] */
    float *d_feature; /* [sequences][2 dim] */
    double loss;
    kor_status status;
    kor_error err;
} shard;

typedef struct trainer {
    kor_net *net;
    const kor_finetune_head *head;
    const kor_token_rows *rows;
    const kor_targets *targets;
    const kor_finetune_recipe *recipe;
    size_t in, labels, count; /* 2 dim; parameters with those on top */
    shard shard[SHARDS];
    float *moment1, *moment2;
    double *square; /* [blocks] of the gradient */
    size_t blocks, step, steps, batch_rows;
    float clip; /* what the gradient is multiplied by */
    kor_random random;
    kor_arena arena;
} trainer;

/* ---- One part of a batch ---- */

static void gather(trainer *t, shard *s, const uint32_t *rows, size_t count)
{
    s->rows = rows;
    s->sequences = count;
    s->first[0] = 0;
    for (size_t i = 0; i < count; i++) {
        size_t from = t->rows->first[rows[i]], n = t->rows->first[rows[i] + 1] - from;
        memcpy(s->ids + s->first[i], t->rows->ids + from, n * sizeof *s->ids);
        s->first[i + 1] = s->first[i] + n;
    }
    for (size_t i = 0; t->recipe->word_dropout > 0 && i < s->first[count]; i++) {
        if (kor_random_unit(&t->random) < t->recipe->word_dropout) s->ids[i] = UNKNOWN;
    }
}

/* The layer on top, forward and back: logits, loss, its gradients, and those by the features. */
static void head_pass(trainer *t, shard *s, const float *state, const float *embedding)
{
    const kor_finetune_head *h = t->head;
    size_t dim = t->net->dim;
    float *dw = s->gradient + t->net->count, *db = dw + t->in * t->labels;
    s->loss = 0;
    for (size_t i = 0; i < s->sequences; i++) {
        float *logit = s->logits + i * t->labels, *d = s->d_feature + i * t->in;
        for (size_t j = 0; j < t->in; j++) {
            float f = j < dim ? embedding[i * dim + j] : state[i * dim + j - dim];
            d[j] = (f - h->mean[j]) * h->factor[j];
        }
        memcpy(logit, h->bias, t->labels * sizeof *logit);
        for (size_t j = 0; j < t->in; j++) {
            const float *w = h->weight + j * t->labels;
            for (size_t l = 0; l < t->labels; l++) logit[l] += d[j] * w[l];
        }
        s->loss += kor_row_loss(logit, t->targets, s->rows[i], t->recipe->smoothing);
        for (size_t l = 0; l < t->labels; l++) {
            logit[l] /= (float)t->batch_rows;
            db[l] += logit[l];
        }
        for (size_t j = 0; j < t->in; j++) {
            const float *w = h->weight + j * t->labels;
            float *to_w = dw + j * t->labels, sum = 0;
            for (size_t l = 0; l < t->labels; l++) {
                to_w[l] += d[j] * logit[l];
                sum += w[l] * logit[l];
            }
            d[j] = sum * h->factor[j];
        }
    }
}

static kor_status shard_pass(trainer *t, shard *s, kor_error *err)
{
    const kor_batch batch = {s->sequences, s->first, s->ids};
    size_t dim = t->net->dim;
    float *state, *embedding;
    memset(s->gradient, 0, t->count * sizeof *s->gradient);
    if (!s->sequences) return KOR_OK;
    KOR_TRY(kor_net_forward(t->net, &batch, s->tape, &state, &embedding, err));
    head_pass(t, s, state, embedding);
    /* The features' gradients, taken apart in place of what they are by. */
    float *d_embedding = s->logits, *d_state = d_embedding + s->sequences * dim;
    for (size_t i = 0; i < s->sequences; i++) {
        memcpy(d_embedding + i * dim, s->d_feature + i * t->in, dim * sizeof *d_state);
        memcpy(d_state + i * dim, s->d_feature + i * t->in + dim, dim * sizeof *d_state);
    }
    return kor_net_backward(t->net, &batch, s->tape, d_state, d_embedding, s->gradient, err);
}

static void pass_one(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    t->shard[i].loss = 0;
    t->shard[i].status = shard_pass(t, &t->shard[i], &t->shard[i].err);
}

/* ---- The step ---- */

static void add_block(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    float *sum = t->shard[0].gradient;
    double square = 0;
    for (size_t j = i * BLOCK; j < t->count && j < (i + 1) * BLOCK; j++) {
        for (size_t s = 1; s < SHARDS; s++) sum[j] += t->shard[s].gradient[j];
        square += (double)sum[j] * (double)sum[j];
    }
    t->square[i] = square;
}

static float schedule(const trainer *t)
{
    float warm = (float)t->steps / 10, at = (float)t->step;
    if (at < warm) return at / warm;
    return 0.5f * (1 + cosf(3.14159265f * (at - warm) / ((float)t->steps - warm)));
}

/* AdamW on parameters at..at + n of the run that starts at from. */
static void adamw(trainer *t, float *w, size_t at, size_t n, float rate, float decay)
{
    float step = (float)t->step, fix1 = 1 - powf(BETA1, step), fix2 = 1 - powf(BETA2, step);
    float *m = t->moment1 + at, *v = t->moment2 + at;
    const float *gradient = t->shard[0].gradient + at;
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] * t->clip;
        m[i] = BETA1 * m[i] + (1 - BETA1) * g;
        v[i] = BETA2 * v[i] + (1 - BETA2) * g * g;
        w[i] -= rate * (m[i] / fix1 / (sqrtf(v[i] / fix2) + EPSILON) + decay * w[i]);
    }
}

/* One part of the encoder, or, after the last, the layer on top. */
static void update_part(void *arg, size_t i, size_t worker)
{
    (void)worker;
    trainer *t = arg;
    kor_net *net = t->net;
    float now = schedule(t), decay = t->recipe->decay;
    if (i == net->parts) {
        float rate = t->recipe->head_rate * now;
        adamw(t, t->head->weight, net->count, t->in * t->labels, rate, decay);
        adamw(t, t->head->bias, net->count + t->in * t->labels, t->labels, rate, 0);
        return;
    }
    const kor_net_part *p = &net->part[i];
    float rate =
        t->recipe->rate * now * powf(t->recipe->depth_factor, (float)(net->layers + 1 - p->depth));
    adamw(t, net->param + p->at, p->at, p->count, rate, p->decays ? decay : 0);
    kor_net_refresh(net, i);
}

static kor_status take_step(trainer *t, const uint32_t *order, size_t count, double *loss,
                            kor_error *err)
{
    size_t threads = t->recipe->threads;
    t->step++;
    t->batch_rows = count;
    for (size_t s = 0; s < SHARDS; s++) {
        size_t from = count * s / SHARDS, to = count * (s + 1) / SHARDS;
        gather(t, &t->shard[s], order + from, to - from);
    }
    kor_parallel(threads, SHARDS, pass_one, t);
    for (size_t s = 0; s < SHARDS; s++) {
        if (t->shard[s].status != KOR_OK) {
            return kor_fail(err, t->shard[s].status, "%s", t->shard[s].err.msg);
        }
        *loss += t->shard[s].loss;
    }
    kor_parallel(threads, t->blocks, add_block, t);
    double square = 0;
    for (size_t i = 0; i < t->blocks; i++) square += t->square[i];
    double length = sqrt(square), most = (double)t->recipe->clip;
    t->clip = most > 0 && length > most ? (float)(most / length) : 1;
    kor_parallel(threads, t->net->parts + 1, update_part, t);
    return KOR_OK;
}

/* ---- Training ---- */

static kor_status make_shard(trainer *t, shard *s, size_t longest, kor_error *err)
{
    size_t most = t->recipe->batch / SHARDS + 1, wide = t->labels > t->in ? t->labels : t->in;
    s->first = kor_arena_array(&t->arena, most + 1, sizeof *s->first);
    s->ids = kor_arena_array(&t->arena, most * longest, sizeof *s->ids);
    s->gradient = kor_arena_array(&t->arena, t->count, sizeof *s->gradient);
    s->logits = kor_arena_array(&t->arena, most * wide, sizeof *s->logits);
    s->d_feature = kor_arena_array(&t->arena, most * t->in, sizeof *s->d_feature);
    s->tape = kor_tape_new();
    bool ok = s->first && s->ids && s->gradient && s->logits && s->d_feature && s->tape;
    return ok ? KOR_OK : kor_fail_memory(err);
}

static kor_status make_room(trainer *t, kor_error *err)
{
    size_t longest = 1;
    for (size_t i = 0; i < t->targets->rows; i++) {
        size_t n = t->rows->first[i + 1] - t->rows->first[i];
        if (n > longest) longest = n;
    }
    t->blocks = (t->count + BLOCK - 1) / BLOCK;
    t->moment1 = kor_arena_array(&t->arena, t->count, sizeof *t->moment1);
    t->moment2 = kor_arena_array(&t->arena, t->count, sizeof *t->moment2);
    t->square = kor_arena_array(&t->arena, t->blocks, sizeof *t->square);
    if (!t->moment1 || !t->moment2 || !t->square) return kor_fail_memory(err);
    for (size_t s = 0; s < SHARDS; s++) KOR_TRY(make_shard(t, &t->shard[s], longest, err));
    return KOR_OK;
}

static kor_status train(trainer *t, void (*progress)(void *arg, double done, double loss),
                        void *arg, double *last, kor_error *err)
{
    size_t rows = t->targets->rows, batch = t->recipe->batch;
    KOR_TRY(make_room(t, err));
    uint32_t *order = kor_arena_array(&t->arena, rows, sizeof *order);
    if (!order) return kor_fail_memory(err);
    for (size_t i = 0; i < rows; i++) order[i] = (uint32_t)i;
    t->steps = t->recipe->epochs * ((rows + batch - 1) / batch);
    for (size_t epoch = 0; epoch < t->recipe->epochs; epoch++) {
        double loss = 0;
        kor_random_shuffle(&t->random, order, rows);
        for (size_t at = 0; at < rows; at += batch) {
            size_t count = rows - at < batch ? rows - at : batch;
            KOR_TRY(take_step(t, order + at, count, &loss, err));
            if (!isfinite(loss)) {
                return kor_fail(err, KOR_E_INPUT,
                                "the loss is no longer a number in epoch %zu: lower the rate",
                                epoch + 1);
            }
            if (progress) {
                progress(arg, (double)t->step / (double)t->steps, loss / (double)(at + count));
            }
        }
        *last = loss / (double)rows;
    }
    return KOR_OK;
}

kor_status kor_finetune(kor_net *net, const kor_finetune_head *head, const kor_token_rows *rows,
                        const kor_targets *targets, const kor_finetune_recipe *recipe,
                        void (*progress)(void *arg, double done, double loss), void *arg,
                        double *loss, kor_error *err)
{
    trainer t = {.net = net,
                 .head = head,
                 .rows = rows,
                 .targets = targets,
                 .recipe = recipe,
                 .in = 2 * net->dim,
                 .labels = targets->labels,
                 .random = {recipe->seed}};
    t.count = net->count + t.in * t.labels + t.labels;
    double last = 0;
    kor_status status = train(&t, progress, arg, &last, err);
    if (loss) *loss = last;
    for (size_t s = 0; s < SHARDS; s++) kor_tape_free(t.shard[s].tape);
    kor_arena_free(&t.arena);
    return status;
}
