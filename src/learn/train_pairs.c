/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer of models that rank. */
#include "learn/train_pairs.h"

#include "learn/hybrid_train.h"
#include "learn/rank_train.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    NEGATIVES = 20, /* wrong candidates that a query gets which has none */
    TRIED = 500     /* pairs that are timed */
};

/* ---- Rows ---- */

static void remark_lonely(const kor_pairs *p, const char *path, kor_session *s)
{
    size_t lonely = p->groups - kor_pairs_contrasts(p);
    if (p->queries && lonely) {
        kor_remark(&s->options->remarks,
                   "%s: %zu of %zu queries have one candidate only, or all of one score: nothing "
                   "to rank",
                   path, lonely, p->groups);
    }
}

static kor_status read_rows(kor_pair_data *d, kor_session *s)
{
    kor_train_report *r = s->out;
    const kor_task *t = &r->task;
    const kor_remarks *remarks = &s->options->remarks;
    KOR_TRY(kor_pairs_read(&d->all, t->train, &d->texts, remarks, s->err));
    r->split = !t->val;
    r->train_hash = d->all.hash;
    r->bad_rows = d->all.bad;
    r->rows = d->all.count;
    if (r->split) {
        kor_status status =
            kor_pairs_split(&d->all, t->val_share, t->seed, &d->learn, &d->measure, s->err);
        return status == KOR_OK ? KOR_OK : kor_fail_in(s->err, status, "%s", t->train);
    }
    KOR_TRY(kor_pairs_read(&d->measure, t->val, &d->texts, remarks, s->err));
    r->val_hash = d->measure.hash;
    r->bad_rows += d->measure.bad;
    if (d->measure.queries == d->all.queries && d->measure.scored == d->all.scored &&
        d->measure.binary == d->all.binary)
        return KOR_OK;
    return kor_fail(s->err, KOR_E_INPUT, "%s: its rows are of another kind than those of %s",
                    t->val, t->train);
}

/* The pairs to learn from before what is measured with is learnt from too. */
static kor_pairs *learnt(kor_pair_data *d, const kor_session *s)
{
    return s->out->split ? &d->learn : &d->all;
}

kor_status kor_pair_data_read(kor_pair_data *out, kor_session *session)
{
    *out = (kor_pair_data){0};
    kor_status status = read_rows(out, session);
    session->out->val_rows = out->measure.count;
    if (status != KOR_OK) kor_pair_data_free(out);
    return status;
}

kor_status kor_pair_data_fill(kor_pair_data *d, kor_session *s, bool learn_too)
{
    const kor_task *t = &s->out->task;
    kor_pairs *const sets[] = {&d->measure, &d->all, &d->learn};
    size_t added = 0, count = !learn_too ? 1 : s->out->split ? 3 : 2;
    for (size_t i = 0; i < count; i++) {
        /* A pair that belongs together is a query with its one right candidate. */
        if (!sets[i]->scored) sets[i]->queries = true;
        if (!sets[i]->queries) continue;
        /* What was split off is too little to take wrong candidates from. */
        const kor_pairs *pool = i == 0 && s->out->split ? &d->all : sets[i];
        KOR_TRY(kor_pairs_add_negatives(sets[i], pool, &d->texts, NEGATIVES, t->seed + i, &added,
                                        s->err));
        if (i == 0) s->out->made_up = added;
    }
    if (!learn_too) return KOR_OK;
    remark_lonely(&d->all, t->train, s);
    if (!d->all.queries || kor_pairs_contrasts(&d->all)) return KOR_OK;
    if (!d->all.scored) {
        return kor_fail(s->err, KOR_E_INPUT,
                        "%s: too few texts to take wrong candidates from; give more rows, or "
                        "\"negatives\"",
                        t->train);
    }
    kor_remark(&s->options->remarks, "%s: so the scores themselves are learnt", t->train);
    for (size_t i = 0; i < 3; i++) sets[i]->queries = false;
    return KOR_OK;
}

void kor_pair_data_free(kor_pair_data *data)
{
    kor_pairs_free(&data->all);
    kor_pairs_free(&data->learn);
    kor_pairs_free(&data->measure);
    kor_texts_free(&data->texts);
}

/* ---- Learning ---- */

typedef struct learner {
    kor_session *session;
    kor_train_report *out;
    kor_pair_data data;
    kor_rank_texts texts;
    float *features; /* of the trunk, [texts][2 dim]; NULL without one */
    kor_rank_trained trained;
    float slope, shift;
    kor_arena arena;
    kor_error *err;
} learner;

static kor_status read_texts(learner *l)
{
    const kor_session *s = l->session;
    size_t dim = s->trunk.dim;
    bool trunk = s->options->trunk && l->out->task.architecture != KOR_BAG;
    if (trunk) {
        l->features = kor_arena_array(&l->arena, l->data.texts.count, 2 * dim * sizeof(float));
        if (!l->features) return kor_fail_memory(l->err);
        KOR_TRY(kor_trunk_read(s->options->trunk, l->data.texts.rows, l->data.texts.count,
                               l->features, l->err));
    }
    return kor_rank_texts_read(&l->texts, &l->data.texts, l->features, dim, l->err);
}

static kor_status learn(learner *l, const kor_pairs *pairs, bool with_trunk, double from, double to)
{
    kor_rank_recipe recipe = kor_rank_default;
    recipe.seed = l->out->task.seed;
    recipe.epochs = l->out->task.recipe.epochs;
    l->session->from = from;
    l->session->to = to;
    kor_rank_trained_free(&l->trained);
    kor_status status = kor_rank_train(&l->trained, &l->texts, pairs, with_trunk, &recipe,
                                       kor_session_progress, l->session, l->err);
    return status == KOR_E_INPUT ? kor_fail_in(l->err, status, "%s", l->out->task.train) : status;
}

/* Answer what is to be measured with, calibrate on it, and measure. */
static kor_status measure(learner *l, kor_pair_metrics *out, float *slope, float *shift)
{
    const kor_pairs *p = &l->data.measure;
    float *answer = malloc((p->count + 1) * sizeof *answer);
    kor_status status = answer ? KOR_OK : kor_fail_memory(l->err);
    if (status == KOR_OK)
        status = kor_rank_trained_answer(&l->trained, &l->texts, p, answer, l->err);
    if (status == KOR_OK) {
        kor_rank_fit(p, answer, slope, shift);
        for (size_t i = 0; i < p->count; i++)
            answer[i] = kor_rank_score(&l->trained.rank, *slope * answer[i] + *shift);
        status = kor_pair_measure(out, p, answer, l->err);
    }
    free(answer);
    return status;
}

/* Words alone, or the trunk too where it is wanted or worth it. */
static kor_status choose(learner *l)
{
    kor_train_report *r = l->out;
    const kor_pairs *pairs = learnt(&l->data, l->session), *measured = &l->data.measure;
    if (measured->queries && !kor_pairs_contrasts(measured)) {
        return kor_fail(l->err, KOR_E_INPUT,
                        "%s: nothing to measure with: no query has candidates of different scores",
                        r->task.val ? r->task.val : r->task.train);
    }
    bool both = r->task.architecture == KOR_AUTO && l->features;
    r->made = KOR_BAG;
    if (r->task.architecture != KOR_HYBRID) {
        KOR_TRY(learn(l, pairs, false, 0, both ? 0.2 : 0.6));
        KOR_TRY(measure(l, &r->pairs, &l->slope, &l->shift));
        r->quality = kor_pair_quality(&r->pairs, measured, &r->metric);
        if (!both) return KOR_OK;
        r->tried[KOR_BAG] = r->quality;
    }
    kor_pair_metrics metrics;
    float slope, shift;
    kor_rank_trained bag = l->trained;
    l->trained = (kor_rank_trained){0};
    kor_status status = learn(l, pairs, true, 0.2, 0.6);
    if (status == KOR_OK) status = measure(l, &metrics, &slope, &shift);
    double quality = status == KOR_OK ? kor_pair_quality(&metrics, measured, &r->metric) : 0;
    if (both) r->tried[KOR_HYBRID] = quality;
    if (status == KOR_OK && both && quality <= r->quality + KOR_TASK_MARGIN) {
        kor_rank_trained_free(&l->trained);
        l->trained = bag;
        return KOR_OK;
    }
    kor_rank_trained_free(&bag);
    if (status != KOR_OK) return status;
    r->made = KOR_HYBRID;
    r->pairs = metrics;
    r->quality = quality;
    l->slope = slope;
    l->shift = shift;
    return KOR_OK;
}

static kor_status write_model(learner *l)
{
    kor_gguf_out o = {0};
    kor_status status = kor_session_begin(l->session, &o);
    if (status != KOR_OK) {
        kor_gguf_out_free(&o);
        return status;
    }
    kor_rank_trained_write(&l->trained, &l->session->trunk, &o);
    return kor_session_commit(l->session, &o);
}

/* The file as an app uses it, and how long an answer takes. */
static kor_status try_file(learner *l)
{
    kor_train_report *r = l->out;
    const kor_model *trunk = r->made == KOR_HYBRID ? l->session->options->trunk : NULL;
    const kor_pairs *p = &l->data.measure;
    const kor_row *texts = l->data.texts.rows;
    size_t count = p->count < TRIED ? p->count : TRIED;
    kor_model *model;
    kor_ctx *ctx = NULL;
    KOR_TRY(kor_model_open_on(&model, r->file, trunk, l->err));
    kor_status status = kor_ctx_new(&ctx, model, l->err);
    double start = kor_session_now();
    for (size_t i = 0; status == KOR_OK && i < count; i++) {
        const kor_row *a = &texts[p->pairs[i].a], *b = &texts[p->pairs[i].b];
        float score;
        status = kor_rank(ctx, a->text, a->len, b->text, b->len, &score, l->err);
    }
    r->us_per_item = (kor_session_now() - start) * 1e6 / (double)count;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return status;
}

static kor_status train(learner *l)
{
    kor_train_report *r = l->out;
    KOR_TRY(kor_pair_data_read(&l->data, l->session));
    KOR_TRY(kor_pair_data_fill(&l->data, l->session, true));
    KOR_TRY(read_texts(l));
    KOR_TRY(choose(l));
    /* What was held back to measure with is learnt from too, once it is measured. */
    if (r->split) KOR_TRY(learn(l, &l->data.all, r->made == KOR_HYBRID, 0.6, 1));
    kor_rank_trained_calibrate(&l->trained, l->slope, l->shift);
    r->quality_f32 = r->quality;
    (void)snprintf(r->recipe, sizeof r->recipe, "%zu features%s, %s, rate %g, decay %g",
                   l->trained.rank.inputs, r->made == KOR_HYBRID ? " and the trunk's numbers" : "",
                   l->data.all.queries ? "softmax over lists" : "scores",
                   (double)kor_rank_default.rate, (double)kor_rank_default.decay);
    KOR_TRY(write_model(l));
    return try_file(l);
}

kor_status kor_train_pairs(kor_session *session)
{
    learner l = {.session = session, .out = session->out, .err = session->err};
    kor_status status = train(&l);
    kor_rank_trained_free(&l.trained);
    kor_rank_texts_free(&l.texts);
    kor_pair_data_free(&l.data);
    kor_arena_free(&l.arena);
    return status;
}
