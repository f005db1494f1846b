/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer of encoders: a copy of the base model that puts texts close which belong together. */
#include "learn/train_pairs.h"

#include "base/hash.h"
#include "base/parallel.h"
#include "learn/components.h"
#include "learn/encoder_train.h"
#include "learn/pair_loss.h"
#include "learn/random.h"
#include "model/encoder_write.h"
#include "model/trunk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EPOCHS = 4,
    TRIED = 500, /* texts that are timed */
    WORKERS = 64
};

/* Of cosines; what Su (2022) and Gao et al. (2021) have. */
static const double TEMPERATURE = 0.05;

typedef struct learner {
    kor_session *session;
    kor_train_report *out;
    kor_pair_data data;
    kor_net net;
    bool contrast;   /* right texts among others; else cosines in the order of the scores */
    size_t together; /* rows of a group */
    uint32_t *text;  /* [rows] */
    uint32_t *kind;  /* [rows] rows of the same kind are no wrong answers to each other */
    float *target;   /* [groups] */
    size_t rows;
    kor_real *scratch;
    uint32_t *batch_kind; /* of a step */
    float *batch_target;
    float *embedding; /* [texts][dim] of those to measure with */
    bool *measured;   /* [texts] they are */
    kor_arena arena;
    kor_error *err;
} learner;

/* ---- Groups of rows ---- */

static bool is_right(const learner *l, const kor_pair *p)
{
    return p->score * 2 >= l->data.all.score_max;
}

/* A wrong text of a pair's query, or, where it has none, of another: equal ones are masked. */
static uint32_t wrong_text(const kor_pairs *p, size_t group, kor_random *random, const learner *l)
{
    size_t n = p->first[group + 1] - p->first[group], from = kor_random_below(random, n);
    for (size_t i = 0; i < n; i++) {
        const kor_pair *pair = &p->pairs[p->first[group] + (from + i) % n];
        if (!is_right(l, pair)) return pair->b;
    }
    return p->pairs[kor_random_below(random, p->count)].b;
}

/* A text's kind is its label, or where it has none, the text itself. */
static void add_row(learner *l, uint32_t text, uint32_t label)
{
    l->kind[l->rows] = label ? (uint32_t)l->data.texts.count + label : text;
    l->text[l->rows++] = text;
}

static kor_status make_groups(learner *l, const kor_pairs *p)
{
    kor_random random = {l->out->task.seed};
    size_t wrong = 0;
    l->contrast = p->queries || !p->scored;
    for (size_t i = 0; l->contrast && i < p->count; i++) wrong += !is_right(l, &p->pairs[i]);
    l->together = wrong ? 3 : 2;
    l->text = kor_arena_array(&l->arena, p->count, l->together * sizeof *l->text);
    l->kind = kor_arena_array(&l->arena, p->count, l->together * sizeof *l->kind);
    l->target = kor_arena_array(&l->arena, p->count, sizeof *l->target);
    if (!l->text || !l->kind || !l->target) return kor_fail_memory(l->err);
    for (size_t g = 0; g < p->groups; g++) {
        for (size_t i = p->first[g]; i < p->first[g + 1]; i++) {
            const kor_pair *pair = &p->pairs[i];
            if (l->contrast && !is_right(l, pair)) continue;
            l->target[l->rows / l->together] = pair->score / l->data.all.score_max;
            add_row(l, pair->a, pair->label);
            add_row(l, pair->b, pair->label);
            if (l->together == 3) add_row(l, wrong_text(p, g, &random, l), 0);
        }
    }
    if (l->rows / l->together > 1) return KOR_OK;
    return kor_fail(l->err, KOR_E_INPUT, "%s: too few pairs that belong together to learn from",
                    l->out->task.train);
}

static kor_status make_tokens(learner *l, kor_token_rows *out)
{
    const kor_row **rows = kor_arena_array(&l->arena, l->rows, sizeof *rows);
    if (!rows) return kor_fail_memory(l->err);
    for (size_t i = 0; i < l->rows; i++) rows[i] = &l->data.texts.rows[l->text[i]];
    KOR_TRY(kor_rows_tokenize(out, l->session->options->trunk, rows, l->rows, &l->arena, l->err));
    out->together = l->together;
    return KOR_OK;
}

/* ---- Learning ---- */

static kor_status pass(void *arg, const kor_tuned *b, float *gradient, double *loss, kor_error *err)
{
    (void)gradient;
    (void)err;
    learner *l = arg;
    size_t groups = b->sequences / l->together;
    for (size_t i = 0; i < b->sequences; i++) {
        l->batch_kind[i] = l->kind[b->rows[i]];
        l->batch_target[i / l->together] = l->target[b->rows[i] / l->together];
    }
    double mean = l->contrast
                      ? kor_contrast_loss(b->embedding, b->d_embedding, b->dim, groups, l->together,
                                          l->batch_kind, TEMPERATURE, l->scratch)
                      : kor_order_loss(b->embedding, b->d_embedding, b->dim, groups,
                                       l->batch_target, TEMPERATURE, l->scratch);
    *loss += mean * (double)b->sequences;
    return KOR_OK;
}

/* ---- Measuring ---- */

typedef struct embedder {
    const learner *l;
    const kor_encoder *encoder;
    kor_ctx *ctx[WORKERS];
    void *scratch[WORKERS];
    int32_t *ids[WORKERS];
} embedder;

static void embed_one(void *arg, size_t i, size_t worker)
{
    const embedder *e = arg;
    const learner *l = e->l;
    if (!l->measured[i]) return;
    const kor_row *text = &l->data.texts.rows[i];
    size_t n = 0;
    (void)kor_tokenize(e->ctx[worker], text->text, text->len, e->ids[worker],
                       e->encoder->max_tokens, &n, NULL);
    kor_encoder_forward(e->encoder, kor_kernels_get(), e->ids[worker], n,
                        l->embedding + i * e->encoder->dim, e->scratch[worker]);
}

static kor_status embed_measured(learner *l, const kor_encoder *encoder)
{
    embedder e = {.l = l, .encoder = encoder};
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    kor_status status = KOR_OK;
    for (size_t i = 0; i < workers && status == KOR_OK; i++) {
        status = kor_ctx_new(&e.ctx[i], l->session->options->trunk, l->err);
        e.scratch[i] = aligned_alloc(64, kor_round_up(kor_encoder_scratch(encoder), 64));
        e.ids[i] = malloc(encoder->max_tokens * sizeof *e.ids[i]);
        if (status == KOR_OK && (!e.scratch[i] || !e.ids[i])) status = kor_fail_memory(l->err);
    }
    if (status == KOR_OK) kor_parallel(workers, l->data.texts.count, embed_one, &e);
    for (size_t i = 0; i < workers; i++) {
        kor_ctx_free(e.ctx[i]);
        free(e.scratch[i]);
        free(e.ids[i]);
    }
    return status;
}

/* How good an encoder is on the pairs to measure with. */
static kor_status measure_encoder(learner *l, const kor_encoder *encoder, double *quality)
{
    const kor_pairs *p = &l->data.measure;
    KOR_TRY(embed_measured(l, encoder));
    float *cosine = malloc((p->count + 1) * sizeof *cosine);
    if (!cosine) return kor_fail_memory(l->err);
    for (size_t i = 0; i < p->count; i++) {
        const float *a = l->embedding + (size_t)p->pairs[i].a * encoder->dim,
                    *b = l->embedding + (size_t)p->pairs[i].b * encoder->dim;
        float sum = 0;
        for (size_t j = 0; j < encoder->dim; j++) sum += a[j] * b[j];
        cosine[i] = sum;
    }
    kor_train_report *r = l->out;
    kor_status status = kor_pair_measure(&r->pairs, p, cosine, l->err);
    free(cosine);
    /* A cosine is no probability. */
    r->pairs.accuracy = r->pairs.accuracy_low = r->pairs.accuracy_high = r->pairs.ece = NAN;
    *quality = kor_pair_quality(&r->pairs, p, &r->metric);
    if (p->binary && !p->queries) {
        *quality = r->pairs.spearman;
        r->metric = "spearman";
    }
    return status;
}

static kor_status measure_net(void *arg, double *quality, kor_error *err)
{
    learner *l = arg;
    kor_arena arena = {0};
    kor_encoder encoder;
    kor_status status = kor_net_to_int8(&l->net, &encoder, &arena, err);
    if (status == KOR_OK) status = measure_encoder(l, &encoder, quality);
    kor_arena_free(&arena);
    return status;
}

static void show(void *arg, double done, double loss)
{
    (void)loss;
    kor_session_progress(((learner *)arg)->session, done);
}

/* How to tune, and room for a step of it. */
static kor_status make_recipe(learner *l, kor_tune_recipe *out)
{
    const kor_task *t = &l->out->task;
    *out = t->tune;
    out->seed = t->seed;
    out->threads = kor_cores();
    l->out->threads = out->threads;
    if (!out->epochs) out->epochs = EPOCHS;
    /* Whole groups, and two of them: one has nothing to be told from. */
    out->batch = out->batch / l->together * l->together;
    if (out->batch < 2 * l->together) out->batch = 2 * l->together;
    if (l->out->made == KOR_LORA) {
        out->rank = t->rank;
        out->rate *= KOR_LORA_RATE;
    }
    l->scratch = kor_arena_array(&l->arena, 2 * out->batch, sizeof *l->scratch);
    l->batch_kind = kor_arena_array(&l->arena, out->batch, sizeof *l->batch_kind);
    l->batch_target = kor_arena_array(&l->arena, out->batch, sizeof *l->batch_target);
    return l->scratch && l->batch_kind && l->batch_target ? KOR_OK : kor_fail_memory(l->err);
}

/* Rare tokens say more about a text: weigh each by a / (a + its share of all), the smooth inverse
 * frequency of Arora et al. 2017, to start with. */
static kor_status weigh_tokens(learner *l, const kor_token_rows *rows)
{
    size_t n = rows->first[rows->count], vocabulary = l->net.vocabulary;
    double a = l->out->task.rare_tokens;
    if (a == 0 || l->net.weighted) return KOR_OK;
    float *weight = kor_arena_array(&l->arena, vocabulary, sizeof *weight);
    if (!weight) return kor_fail_memory(l->err);
    for (size_t i = 0; i < vocabulary; i++) weight[i] = 0;
    for (size_t i = 0; i < n; i++) weight[rows->ids[i]]++;
    for (size_t i = 0; i < vocabulary; i++)
        weight[i] = (float)(a / (a + (double)weight[i] / (double)n));
    return kor_net_weigh(&l->net, weight, l->err);
}

/* ---- A pooler to start from ---- */

/* What a fresh pooler does, so that cosines are about what tells texts apart (Mu and Viswanath
 * 2018): of the states' components the first DROPPED are left out, and the others come nearer to
 * each other in size by a power of SHRINK. SIZE is the standard deviation of the first one that
 * stays, where tanh begins to bend. Chosen on the validation sets of docs/trunk.md. */
enum { DROPPED = 8, STATES = 8000 };
static const double SHRINK = 0.4, SIZE = 2;

typedef struct reading {
    const kor_encoder *encoder;
    const kor_token_rows *rows;
    size_t every;
    float *state;
    void *scratch[WORKERS];
} reading;

static void read_state(void *arg, size_t i, size_t worker)
{
    const reading *r = arg;
    const size_t *first = r->rows->first + i * r->every;
    kor_encoder_mean(r->encoder, kor_kernels_get(), r->rows->ids + *first, first[1] - *first,
                     r->state + i * r->encoder->dim, r->scratch[worker]);
}

/* The states of about STATES rows, from all over them: n of them in state. */
static kor_status read_states(learner *l, const kor_token_rows *rows, float *state, size_t n)
{
    kor_arena arena = {0};
    kor_encoder encoder;
    reading r = {.encoder = &encoder, .rows = rows, .every = rows->count / n, .state = state};
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    kor_status status = kor_net_to_int8(&l->net, &encoder, &arena, l->err);
    for (size_t i = 0; status == KOR_OK && i < workers; i++) {
        r.scratch[i] = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&encoder), 64));
        if (!r.scratch[i]) status = kor_fail_memory(l->err);
    }
    if (status == KOR_OK) kor_parallel(workers, n, read_state, &r);
    for (size_t i = 0; i < workers; i++) free(r.scratch[i]);
    kor_arena_free(&arena);
    return status;
}

static void set_pooler(kor_net *net, const double *mean, const double *variance,
                       const double *vector)
{
    float *w = net->param + net->part[net->pooler.w].at,
          *b = net->param + net->part[net->pooler.b].at;
    size_t dim = net->dim, from = DROPPED < dim ? DROPPED : 0;
    double top = sqrt(variance[from]);
    memset(w, 0, dim * dim * sizeof *w);
    memset(b, 0, dim * sizeof *b);
    for (size_t c = from; c < dim && variance[c] > 1e-9 * variance[from]; c++) {
        const double *v = vector + c * dim;
        double factor = SIZE / top * pow(top / sqrt(variance[c]), SHRINK);
        for (size_t i = 0; i < dim; i++) {
            for (size_t j = 0; j < dim; j++) w[i * dim + j] += (float)(factor * v[i] * v[j]);
        }
    }
    for (size_t i = 0; i < dim; i++) {
        for (size_t j = 0; j < dim; j++) b[j] -= (float)mean[i] * w[i * dim + j];
    }
    kor_net_refresh(net, net->pooler.w);
}

static kor_status start_pooler(learner *l, const kor_token_rows *rows)
{
    size_t dim = l->net.dim, n = rows->count < STATES ? rows->count : STATES;
    kor_arena arena = {0};
    if (!l->out->task.fresh_pooler) return KOR_OK;
    float *state = kor_arena_array(&arena, n, dim * sizeof *state);
    double *mean = kor_arena_array(&arena, 2 * dim, sizeof *mean),
           *vector = kor_arena_array(&arena, dim, dim * sizeof *vector);
    kor_status status =
        state && mean && vector ? read_states(l, rows, state, n) : kor_fail_memory(l->err);
    if (status == KOR_OK) status = kor_components(state, n, dim, mean, mean + dim, vector, l->err);
    if (status == KOR_OK && !(mean[dim + (DROPPED < dim ? DROPPED : 0)] > 0)) {
        status =
            kor_fail(l->err, KOR_E_INPUT, "%s: too few rows for fresh_pooler", l->out->task.train);
    }
    if (status == KOR_OK) set_pooler(&l->net, mean, mean + dim, vector);
    kor_arena_free(&arena);
    return status;
}

static kor_status tune(learner *l)
{
    kor_train_report *r = l->out;
    kor_token_rows rows;
    kor_tune_recipe recipe;
    kor_adapters adapters = {0};
    kor_tune_result result;
    char checkpoint[sizeof r->file + 16];
    r->made = r->task.architecture == KOR_LORA ? KOR_LORA : KOR_FULL;
    KOR_TRY(make_groups(l, r->split ? &l->data.learn : &l->data.all));
    KOR_TRY(make_tokens(l, &rows));
    KOR_TRY(weigh_tokens(l, &rows));
    KOR_TRY(start_pooler(l, &rows));
    KOR_TRY(make_recipe(l, &recipe));
    const uint64_t purpose[] = {r->train_hash,
                                r->val_hash,
                                r->task.seed,
                                (uint64_t)r->made,
                                l->rows,
                                recipe.rank,
                                l->session->trunk.checksum,
                                (uint64_t)(r->task.rare_tokens * 1e9),
                                r->task.fresh_pooler};
    (void)snprintf(checkpoint, sizeof checkpoint, "%s.embed", r->file);
    const kor_top top = {.pass = pass, .arg = l};
    const kor_tune_hooks hooks = {.arg = l,
                                  .progress = show,
                                  .measure = measure_net,
                                  .checkpoint = checkpoint,
                                  .purpose = kor_hash64(purpose, sizeof purpose, 0)};
    kor_status status = kor_tune(&l->net, &top, &rows, &recipe, &hooks,
                                 recipe.rank ? &adapters : NULL, &result, l->err);
    kor_adapters_free(&adapters);
    if (status == KOR_E_INPUT) return kor_fail_in(l->err, status, "%s", r->task.train);
    if (status != KOR_OK) return status;
    if (result.resumed)
        kor_remark(&l->session->options->remarks, "went on from epoch %zu in %s", result.resumed,
                   checkpoint);
    (void)remove(checkpoint);
    (void)snprintf(r->recipe, sizeof r->recipe,
                   "%s, temperature %g, %zu pairs a step, epoch %zu of %zu, rate %g",
                   l->contrast ? "right texts among those of a step" : "cosines in order of scores",
                   TEMPERATURE, recipe.batch / l->together, result.best, result.epochs,
                   (double)recipe.rate);
    if (recipe.rank) {
        size_t n = strlen(r->recipe);
        (void)snprintf(r->recipe + n, sizeof r->recipe - n, ", adapters of rank %zu, merged",
                       recipe.rank);
    }
    return KOR_OK;
}

/* ---- The file ---- */

static kor_status write_model(learner *l)
{
    kor_gguf_out o = {0};
    kor_arena arena = {0};
    kor_encoder encoder;
    kor_train_report *r = l->out;
    kor_status status = kor_net_to_int8(&l->net, &encoder, &arena, l->err);
    if (status == KOR_OK) status = measure_encoder(l, &encoder, &r->quality);
    r->quality_f32 = r->quality;
    if (status == KOR_OK) status = kor_session_begin(l->session, &o);
    if (status == KOR_OK) {
        kor_gguf_add_string(&o, "korora.architecture", "encoder");
        kor_encoder_write(&o, &encoder, kor_trunk_file(l->session->options->trunk));
        status = kor_session_commit(l->session, &o);
    } else {
        kor_gguf_out_free(&o);
    }
    kor_arena_free(&arena);
    return status;
}

static kor_status try_file(learner *l)
{
    kor_model *model;
    kor_ctx *ctx = NULL;
    const kor_pairs *p = &l->data.measure;
    size_t count = p->count < TRIED ? p->count : TRIED;
    KOR_TRY(kor_model_open(&model, l->out->file, l->err));
    kor_status status = kor_ctx_new(&ctx, model, l->err);
    double start = kor_session_now();
    for (size_t i = 0; status == KOR_OK && i < count; i++) {
        const kor_row *text = &l->data.texts.rows[p->pairs[i].b];
        status = kor_embed(ctx, text->text, text->len, l->embedding, l->net.dim, l->err);
    }
    l->out->us_per_item = (kor_session_now() - start) * 1e6 / (double)count;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return status;
}

static kor_status train(learner *l)
{
    kor_train_report *r = l->out;
    const kor_model *base = l->session->options->trunk;
    if (!base || !kor_trunk_encoder(base)) {
        return kor_fail(l->err, KOR_E_NOT_FOUND,
                        "%s/task.yaml: head embed learns from the model '%s', which is not there "
                        "('korora models' lists what is)",
                        r->task.folder, r->task.base);
    }
    KOR_TRY(kor_pair_data_read(&l->data, l->session));
    KOR_TRY(kor_pair_data_fill(&l->data, l->session, false));
    size_t texts = l->data.texts.count, dim = l->session->trunk.dim;
    l->embedding = kor_arena_array(&l->arena, texts, dim * sizeof *l->embedding);
    l->measured = kor_arena_array(&l->arena, texts, sizeof *l->measured);
    if (!l->embedding || !l->measured) return kor_fail_memory(l->err);
    for (size_t i = 0; i < l->data.measure.count; i++) {
        l->measured[l->data.measure.pairs[i].a] = true;
        l->measured[l->data.measure.pairs[i].b] = true;
    }
    KOR_TRY(measure_encoder(l, kor_trunk_encoder(base), &r->before));
    if (isnan(r->before)) {
        return kor_fail(l->err, KOR_E_INPUT,
                        "%s: nothing to measure with: no query has candidates of different scores",
                        r->task.val ? r->task.val : r->task.train);
    }
    KOR_TRY(kor_net_load(&l->net, kor_trunk_encoder(base), l->err));
    l->session->from = 0;
    l->session->to = 1;
    KOR_TRY(tune(l));
    r->rows = r->split ? l->data.learn.count : l->data.all.count;
    r->apart = r->split;
    KOR_TRY(write_model(l));
    return try_file(l);
}

kor_status kor_train_embed(kor_session *session)
{
    learner l = {.session = session, .out = session->out, .err = session->err};
    session->out->before = NAN;
    kor_status status = train(&l);
    kor_net_free(&l.net);
    kor_pair_data_free(&l.data);
    kor_arena_free(&l.arena);
    return status;
}
