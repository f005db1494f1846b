/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer of head spans. */
#include "base/hash.h"
#include "base/parallel.h"
#include "learn/check.h"
#include "learn/crf_train.h"
#include "learn/session.h"
#include "learn/span_answer.h"
#include "learn/span_swap.h"
#include "learn/span_tune.h"
#include "learn/tune_choice.h"
#include "model/trunk.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A model that was trained, and how it answers. */
/* With fewer rows than this, what stands on the base model learns from each once more with other
 * texts in its spans; a bag is the worse for it. */
enum { SWAP_BELOW = 2000 };

typedef struct candidate {
    kor_architecture kind;
    kor_spans_trained own; /* of a bag or a hybrid, */
    kor_span_tuned tuned;  /* of the others, which stand on the hybrid's table */
    float blind;           /* of the recipe */
    float weight;          /* of the bag, where the encoder has learnt */
    float *emissions;      /* [words][tags] of the rows to measure with */
    float lean;            /* off every emission of O: what F1 on those rows is best with */
    double f1;
} candidate;

static const kor_spans_trained *trained_of(const candidate *c)
{
    return c->kind > KOR_HYBRID ? &c->tuned.trained : &c->own;
}

static void set_temperature(candidate *c, float temperature)
{
    c->own.spans.temperature = c->tuned.trained.spans.temperature = temperature;
}

typedef struct learner {
    kor_session *session;
    kor_train_report *out; /* the session's */
    const kor_train_options *options;
    kor_dataset train, val;
    kor_spans_row *learn, *measure, *all;
    size_t learn_count, measure_count, all_count;
    kor_span_corpus corpus;  /* of the rows to learn from */
    kor_span_corpus held;    /* of the rows to measure with */
    kor_word *words;         /* [held.words] */
    kor_metrics_span *want;  /* the spans of the rows to measure with, */
    size_t *want_first;      /* [measure_count + 1] row by row */
    void *memory;            /* kor_spans_scratch */
    kor_metrics_span *found; /* room for the spans of a row */
    kor_span_states states;  /* of the rows to learn from */
    candidate bag, hybrid, full, lora;
    float *bag_emissions;   /* [held.words][tags] of the hybrid's table */
    float *epoch_emissions; /* the same of both, after an epoch */
    float *layer_emissions; /* the same of a layer on an encoder that has learnt */
    kor_arena arena;
    kor_error *err;
} learner;

/* ---- Rows ---- */

static kor_status read_rows(learner *s)
{
    const kor_task *t = &s->out->task;
    kor_labels *labels = &s->out->labels;
    for (size_t i = 0; i < t->label_count; i++) {
        size_t at, len = strlen(t->labels[i]);
        if (kor_labels_find(labels, t->labels[i], len) != SIZE_MAX)
            return kor_fail(s->err, KOR_E_INPUT, "%s/task.yaml: label '%.80s' is given twice",
                            t->folder, t->labels[i]);
        KOR_TRY(kor_labels_add(labels, t->labels[i], len, &at, s->err));
    }
    kor_dataset_options o = {
        .spans = true, .closed = t->label_count > 0, .remarks = s->options->remarks};
    KOR_TRY(kor_dataset_read(&s->train, t->train, labels, &o, s->err));
    o.closed = true;
    if (t->val) KOR_TRY(kor_dataset_read(&s->val, t->val, labels, &o, s->err));
    if (labels->count < 1 || labels->count > KOR_CRF_LABELS) {
        return kor_fail(s->err, KOR_E_INPUT, "%s: spans of %zu labels; head spans has 1 to %d",
                        t->train, labels->count, KOR_CRF_LABELS);
    }
    KOR_TRY(kor_labels_sort(labels, (kor_dataset *const[]){&s->train, &s->val}, 2, s->err));
    size_t widened = s->train.widened + s->val.widened;
    if (widened) {
        kor_remark(&s->options->remarks,
                   "%s: spans that begin or end inside a word, of which all is learnt: %zu",
                   t->train, widened);
    }
    s->out->bad_rows = s->train.bad + s->val.bad;
    s->out->train_hash = s->train.hash;
    s->out->val_hash = s->val.hash;
    s->out->split = !t->val;
    return KOR_OK;
}

static kor_status check_rows(learner *s)
{
    const kor_task *t = &s->out->task;
    const kor_remarks *remarks = &s->options->remarks;
    const kor_row **rows = kor_arena_array(&s->arena, s->all_count, sizeof *rows);
    if (!rows) return kor_fail_memory(s->err);
    for (size_t i = 0; i < s->all_count; i++) rows[i] = s->all[i].row;
    KOR_TRY(
        kor_check_contradictions(&s->train, t->train, remarks, &s->out->contradictions, s->err));
    KOR_TRY(kor_check_rare(rows, s->all_count, &s->out->labels, remarks, &s->out->rare, s->err));
    if (!t->val) return KOR_OK;
    return kor_check_shared(&s->train, &s->val, t->val, remarks, &s->out->shared, s->err);
}

static kor_status choose_rows(learner *s)
{
    size_t n = s->train.count, m = s->val.count;
    const kor_task *t = &s->out->task;
    s->learn = kor_arena_array(&s->arena, n, sizeof *s->learn);
    s->all = kor_arena_array(&s->arena, n, sizeof *s->all);
    s->measure = kor_arena_array(&s->arena, n + m, sizeof *s->measure);
    bool *to_val = kor_arena_array(&s->arena, n, sizeof *to_val);
    if (!s->learn || !s->all || !s->measure || !to_val) return kor_fail_memory(s->err);
    if (s->out->split) KOR_TRY(kor_split(&s->train, t->val_share, t->seed, to_val, s->err));
    for (size_t i = 0; i < n; i++) {
        const kor_spans_row row = {&s->train.rows[i], &s->train.spans[i]};
        s->all[s->all_count++] = row;
        if (to_val[i])
            s->measure[s->measure_count++] = row;
        else
            s->learn[s->learn_count++] = row;
    }
    for (size_t i = 0; i < m; i++)
        s->measure[s->measure_count++] = (kor_spans_row){&s->val.rows[i], &s->val.spans[i]};
    s->out->rows = s->all_count;
    s->out->val_rows = s->measure_count;
    if (!s->measure_count) {
        return kor_fail(s->err, KOR_E_INPUT,
                        "%s: too few rows to measure with; give val, or more rows", t->train);
    }
    return check_rows(s);
}

/* bytes aligned to 64. */
static void *room(learner *s, size_t bytes)
{
    char *p = kor_arena_alloc(&s->arena, bytes + 64);
    return p ? p + (64 - (uintptr_t)p % 64) % 64 : NULL;
}

/* The words and the spans of the rows to measure with. */
static kor_status read_held(learner *s)
{
    size_t spans = 0, n = 0, at = 0;
    KOR_TRY(
        kor_span_corpus_make(&s->held, s->measure, s->measure_count, s->out->labels.count, s->err));
    for (size_t i = 0; i < s->measure_count; i++) spans += s->measure[i].spans->count;
    s->words = kor_arena_array(&s->arena, s->held.words + KOR_SPANS_WORDS, sizeof *s->words);
    s->want = kor_arena_array(&s->arena, spans, sizeof *s->want);
    s->want_first = kor_arena_array(&s->arena, s->measure_count + 1, sizeof *s->want_first);
    s->found = kor_arena_array(&s->arena, KOR_TEXT_MAX, sizeof *s->found);
    s->memory = room(s, kor_spans_scratch(s->held.labels));
    if (!s->words || !s->want || !s->want_first || !s->found || !s->memory)
        return kor_fail_memory(s->err);
    for (size_t i = 0; i < s->measure_count; i++) {
        const kor_row *row = s->measure[i].row;
        const kor_row_spans *own = s->measure[i].spans;
        kor_wordcut cut = {.text = row->text, .len = row->len};
        size_t words = s->held.first[s->held.row_chain[i + 1]] - n;
        (void)kor_wordcut_read(&cut, s->words + n, words);
        n += words;
        for (size_t j = 0; j < own->count; j++) {
            const kor_row_span *o = &own->span[j];
            s->want[at++] = (kor_metrics_span){o->start, o->end, o->label, 0};
        }
        s->want_first[i + 1] = at;
    }
    return KOR_OK;
}

/* ---- Learning ---- */

static kor_status learn_one(learner *s, candidate *c, bool hybrid, bool tell, kor_error *err)
{
    const kor_task *t = &s->out->task;
    kor_spans_recipe recipe = kor_spans_default;
    recipe.bytes = t->recipe.bytes;
    recipe.epochs = t->recipe.epochs;
    recipe.least = t->recipe.least;
    recipe.rate = t->recipe.rate;
    recipe.dropout = t->recipe.dropout;
    recipe.seed = t->seed;
    recipe.blind = c->blind;
    kor_spans_trained_free(&c->own);
    kor_status status = kor_spans_train(&c->own, &s->corpus, hybrid ? &s->states : NULL, &recipe,
                                        tell ? kor_session_progress : NULL, s->session, err);
    return status == KOR_E_INPUT ? kor_fail_in(err, status, "%s", t->train) : status;
}

static kor_status learn(learner *s, candidate *c, bool hybrid, double from, double to)
{
    s->session->from = from;
    s->session->to = to;
    return learn_one(s, c, hybrid, true, s->err);
}

typedef struct both {
    learner *s;
    candidate *c[2];
    kor_status status[2];
    kor_error err[2];
} both;

static void learn_one_of(void *arg, size_t i, size_t worker)
{
    (void)worker;
    both *b = arg;
    b->status[i] = learn_one(b->s, b->c[i], false, i == 0, &b->err[i]);
}

/* Two bags, at the same time where there are two cores. */
static kor_status learn_both(learner *s, candidate *one, candidate *two, double from, double to)
{
    both b = {.s = s, .c = {one, two}};
    s->session->from = from;
    s->session->to = to;
    s->out->threads = kor_cores() < 2 ? 1 : 2;
    kor_parallel(s->out->threads, 2, learn_one_of, &b);
    for (size_t i = 0; i < 2; i++) {
        if (b.status[i] == KOR_OK) continue;
        if (s->err) *s->err = b.err[i];
        return b.status[i];
    }
    return KOR_OK;
}

/* The rows with copies whose spans have other texts. */
static kor_status add_swapped(learner *s, kor_spans_row **rows, size_t *count)
{
    return kor_span_swap(*rows, *count, s->out->labels.count, s->out->task.swap, s->out->task.seed,
                         &s->arena, rows, count, s->err);
}

static kor_status read_corpus(learner *s, const kor_spans_row *rows, size_t count, bool states)
{
    kor_span_corpus_free(&s->corpus);
    kor_span_states_free(&s->states);
    KOR_TRY(kor_span_corpus_make(&s->corpus, rows, count, s->out->labels.count, s->err));
    if (!s->corpus.words)
        return kor_fail(s->err, KOR_E_INPUT, "%s: no word to learn from", s->out->task.train);
    if (!states) return KOR_OK;
    return kor_span_states_read(&s->states, s->options->trunk, rows, &s->corpus, s->err);
}

/* ---- Answers to the rows to measure with ---- */

static kor_status new_emissions(learner *s, float **out)
{
    *out = kor_arena_array(&s->arena, s->held.words, s->held.tags * sizeof **out);
    return *out ? KOR_OK : kor_fail_memory(s->err);
}

static kor_status emit_rows(learner *s, candidate *c)
{
    const kor_model *trunk = s->options->trunk;
    const kor_span_layer *layer = &c->own.layer;
    KOR_TRY(new_emissions(s, &c->emissions));
    KOR_TRY(kor_span_answer_bag(&c->own.spans, s->measure, &s->held, c->emissions, s->err));
    if (!layer->dim) return KOR_OK;
    return kor_span_answer_layer(layer, kor_trunk_encoder(trunk), kor_trunk_tokenizer(trunk),
                                 s->measure, &s->held, c->emissions, s->err);
}

/* The spans of a row to measure with, from the emissions, by the work; returns how many. */
static size_t answer_row(learner *s, const candidate *c, kor_spans_work *w, size_t row, float lean)
{
    const kor_span_corpus *h = &s->held;
    size_t tags = h->tags, n = 0;
    kor_word_span span[KOR_SPANS_WORDS];
    for (size_t i = h->row_chain[row]; i < h->row_chain[row + 1]; i++) {
        const kor_word *words = s->words + h->first[i];
        size_t count = h->first[i + 1] - h->first[i];
        memcpy(w->emissions, c->emissions + h->first[i] * tags,
               count * tags * sizeof *w->emissions);
        for (size_t j = 0; j < count; j++) w->emissions[j * tags + KOR_CRF_O] -= lean;
        size_t found = kor_spans_decode(&trained_of(c)->spans, w, count, span);
        for (size_t j = 0; j < found; j++) {
            s->found[n++] = (kor_metrics_span){words[span[j].from].start, words[span[j].to - 1].end,
                                               span[j].label, (double)span[j].score};
        }
    }
    return n;
}

static kor_status measure(learner *s, const candidate *c, float lean, kor_metrics *out)
{
    kor_spans_work w;
    kor_spans_lay_out(&w, &trained_of(c)->spans, s->memory);
    KOR_TRY(kor_metrics_new_spans(out, s->held.labels, s->err));
    for (size_t i = 0; i < s->measure_count; i++) {
        size_t n = answer_row(s, c, &w, i, lean);
        kor_metrics_add_spans(out, s->found, n, s->want + s->want_first[i],
                              s->want_first[i + 1] - s->want_first[i]);
    }
    kor_metrics_finish(out);
    return KOR_OK;
}

/* Where F1 is best; as it was learnt when that is as good. */
static kor_status choose_lean(learner *s, candidate *c)
{
    static const float leans[] = {0, 0.5f, -0.5f, 1, -1, 1.5f, 2, 2.5f, 3};
    c->f1 = -1;
    for (size_t i = 0; i < sizeof leans / sizeof *leans; i++) {
        kor_metrics m;
        KOR_TRY(measure(s, c, leans[i], &m));
        if (m.micro_f1 > c->f1) {
            c->f1 = m.micro_f1;
            c->lean = leans[i];
        }
        kor_metrics_free(&m);
    }
    return KOR_OK;
}

static kor_status judge(learner *s, candidate *c)
{
    KOR_TRY(emit_rows(s, c));
    return choose_lean(s, c);
}

/* The lean goes into the chain: each way to O gives up as much. */
static void apply_lean(candidate *c)
{
    const kor_crf *crf = &trained_of(c)->spans.crf;
    float *start = (float *)(uintptr_t)crf->start; /* in the arena of what was trained */
    float *transition = (float *)(uintptr_t)crf->transition;
    start[KOR_CRF_O] -= c->lean;
    for (size_t j = 0; j < kor_crf_tags(crf->labels); j++)
        transition[j * (crf->labels + 1) + KOR_CRF_O] -= c->lean;
}

/* ---- Temperature ---- */

static double loss_at(learner *s, const candidate *c, kor_crf_work *w, float temperature)
{
    const kor_span_corpus *h = &s->held;
    double loss = 0;
    kor_crf_weigh(w, &trained_of(c)->spans.crf, temperature);
    for (size_t i = 0; i < h->chains; i++) {
        loss += kor_crf_loss_at(w, &trained_of(c)->spans.crf, c->emissions + h->first[i] * h->tags,
                                h->gold + h->first[i], h->first[i + 1] - h->first[i], temperature);
    }
    return loss;
}

/* The temperature at which the rows to measure with are most probable, in steps of a tenth of an
 * octave. */
static void choose_temperature(learner *s, candidate *c)
{
    kor_crf_work w;
    /* From here on the lean is in the emissions. */
    for (size_t i = 0; i < s->held.words; i++)
        c->emissions[i * s->held.tags + KOR_CRF_O] -= c->lean;
    kor_crf_lay_out(&w, s->held.labels, KOR_SPANS_WORDS, s->memory);
    double least = INFINITY;
    for (int i = -20; i <= 30; i++) {
        float temperature = exp2f((float)i / 10);
        double loss = loss_at(s, c, &w, temperature);
        if (loss >= least) continue;
        least = loss;
        s->out->temperature = temperature;
    }
    set_temperature(c, s->out->temperature);
}

/* ---- The file ---- */

static kor_status write_model(learner *s, const candidate *c)
{
    kor_train_report *r = s->out;
    kor_gguf_out o = {0};
    KOR_TRY(kor_session_begin(s->session, &o));
    kor_gguf_add_f32(&o, "korora.temperature", r->temperature);
    if (r->made > KOR_HYBRID) {
        kor_span_tuned_write(&c->tuned, s->options->trunk, &o);
        return kor_session_commit(s->session, &o);
    }
    kor_gguf_add_string(&o, "korora.architecture", kor_architecture_name(r->made));
    if (r->made == KOR_HYBRID) {
        kor_gguf_add_string(&o, "korora.trunk", s->session->trunk.name);
        kor_gguf_add_u64(&o, "korora.trunk_checksum", s->session->trunk.checksum);
    }
    kor_spans_trained_write(&c->own, &o);
    return kor_session_commit(s->session, &o);
}

/* The file as an app uses it, and how long an answer takes. */
static kor_status try_file(learner *s)
{
    kor_train_report *r = s->out;
    enum { ROWS = 500 };
    kor_model *model;
    kor_ctx *ctx = NULL;
    kor_span *spans = kor_arena_array(&s->arena, KOR_TEXT_MAX, sizeof *spans);
    if (!spans) return kor_fail_memory(s->err);
    KOR_TRY(
        kor_model_open_on(&model, r->file, r->made > KOR_BAG ? s->options->trunk : NULL, s->err));
    kor_status status = kor_ctx_new(&ctx, model, s->err);
    size_t count = s->measure_count < ROWS ? s->measure_count : ROWS, n;
    double start = kor_session_now();
    for (size_t i = 0; status == KOR_OK && i < count; i++) {
        const kor_row *row = s->measure[i].row;
        status = kor_spans(ctx, row->text, row->len, spans, KOR_TEXT_MAX, &n, s->err);
    }
    r->us_per_item = (kor_session_now() - start) * 1e6 / (double)count;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return status;
}

/* ---- The encoder itself ---- */

#define EPOCH_WEIGHT 0.5f /* of the bag, after an epoch */

/* The answers of an encoder's layer to the rows to measure with, with the bag's by weight. */
static void add_bag(const learner *s, float *out, float weight)
{
    size_t n = s->held.words * s->held.tags;
    for (size_t i = 0; i < n; i++) out[i] = s->layer_emissions[i] + weight * s->bag_emissions[i];
}

static kor_status answer_tuned(learner *s, const kor_span_tuned *tuned)
{
    size_t n = s->held.words * s->held.tags;
    memset(s->layer_emissions, 0, n * sizeof *s->layer_emissions);
    return kor_span_answer_layer(&tuned->trained.layer, &tuned->encoder,
                                 kor_trunk_tokenizer(s->options->trunk), s->measure, &s->held,
                                 s->layer_emissions, s->err);
}

/* How good an epoch is. */
static kor_status epoch_quality(void *arg, const kor_span_tuned *tuned, double *out, kor_error *err)
{
    learner *s = arg;
    (void)err;
    candidate now = {.kind = KOR_FULL, .tuned = *tuned, .emissions = s->epoch_emissions};
    KOR_TRY(answer_tuned(s, tuned));
    add_bag(s, now.emissions, EPOCH_WEIGHT);
    KOR_TRY(choose_lean(s, &now));
    *out = now.f1;
    return KOR_OK;
}

static void encoder_progress(void *arg, double fraction)
{
    kor_session_progress(((learner *)arg)->session, fraction);
}

/* The bag is left out of half of the windows: on pii_presidio F1 was .803 so, .744 without it. */
static const kor_span_top_recipe top_recipe = {.bagless = 0.5f, .dropout = 0.1f};

static kor_status learn_encoder(learner *s, candidate *c, const kor_spans_row *rows, size_t count,
                                bool measured)
{
    kor_train_report *r = s->out;
    char checkpoint[KOR_TUNE_PATH];
    const kor_bag_recipe *bag = &r->task.recipe;
    const uint64_t purpose[] = {r->train_hash,
                                r->val_hash,
                                r->task.seed,
                                (uint64_t)c->kind,
                                (uint64_t)count,
                                measured,
                                s->session->trunk.checksum,
                                bag->bytes,
                                bag->epochs,
                                bag->least,
                                (uint64_t)(bag->rate * 1e6f),
                                (uint64_t)(bag->dropout * 1e6f),
                                (uint64_t)(s->hybrid.blind * 1e6f),
                                (uint64_t)(r->task.swap * 1e6)};
    kor_tune_checkpoint(r, c->kind, measured, checkpoint);
    /* After the best epoch it only learnt rows by heart; without rows to measure with none would
     * tell. */
    kor_tune_recipe recipe = kor_tune_recipe_for(&r->task, c->kind, count);
    if (!measured && c->tuned.result.best) recipe.epochs = c->tuned.result.best;
    const kor_span_task task = {.trunk = s->options->trunk,
                                .rows = rows,
                                .corpus = &s->corpus,
                                .start = &s->hybrid.own,
                                .recipe = recipe,
                                .top = top_recipe,
                                .quality = measured ? epoch_quality : NULL,
                                .progress = encoder_progress,
                                .arg = s,
                                .checkpoint = checkpoint,
                                .purpose = kor_hash64(purpose, sizeof purpose, 0)};
    kor_span_tuned_free(&c->tuned);
    r->threads = kor_cores();
    kor_status status = kor_span_tune(&c->tuned, &task, s->err);
    if (status == KOR_E_INPUT) return kor_fail_in(s->err, status, "%s", r->task.train);
    if (status == KOR_OK && c->tuned.result.resumed)
        kor_remark(&s->options->remarks, "went on from epoch %zu in %s", c->tuned.result.resumed,
                   checkpoint);
    return status;
}

static kor_status try_encoder(learner *s, candidate *c, kor_architecture kind, double from,
                              double to)
{
    static const float weights[] = {EPOCH_WEIGHT, 0.25f, 0.75f, 1, 1.5f};
    *c = (candidate){.kind = kind, .blind = s->hybrid.blind};
    s->session->from = from;
    s->session->to = to;
    KOR_TRY(new_emissions(s, &c->emissions));
    KOR_TRY(learn_encoder(s, c, s->learn, s->learn_count, true));
    KOR_TRY(answer_tuned(s, &c->tuned));
    candidate best = *c;
    best.f1 = -1;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        add_bag(s, c->emissions, c->weight = weights[i]);
        KOR_TRY(choose_lean(s, c));
        if (c->f1 > best.f1) best = *c;
    }
    *c = best;
    add_bag(s, c->emissions, c->weight);
    s->out->tried[kind] = c->f1;
    return KOR_OK;
}

static void tell_encoder(learner *s, const candidate *c)
{
    char bag[40];
    (void)snprintf(bag, sizeof bag, "the bag by %g, ", (double)c->weight);
    kor_tune_tell(s->out, c->kind, &c->tuned.result, bag);
}

static bool is_short_enough(const learner *s)
{
    size_t bytes = 0;
    for (size_t i = 0; i < s->learn_count; i++) bytes += s->learn[i].row->len;
    return kor_tune_is_short(&s->out->task, bytes, s->learn_count);
}

/* ---- The whole ---- */

/* The bag, and the same learnt half blind: better where the rows to measure with have other words
 * than those to learn from, worse where they are alike. The better one stays. */
static kor_status try_bags(learner *s, double from, double to)
{
    candidate blind = {.kind = KOR_BAG, .blind = 0.5f};
    s->bag = (candidate){.kind = KOR_BAG};
    kor_status status = learn_both(s, &s->bag, &blind, from, to);
    if (status == KOR_OK) status = judge(s, &s->bag);
    if (status == KOR_OK) status = judge(s, &blind);
    if (status == KOR_OK && blind.f1 > s->bag.f1) {
        candidate other = s->bag;
        s->bag = blind;
        blind = other;
    }
    kor_spans_trained_free(&blind.own);
    return status;
}

static kor_status try_hybrid(learner *s, double from, double to)
{
    s->hybrid = (candidate){.kind = KOR_HYBRID, .blind = s->bag.blind};
    KOR_TRY(learn(s, &s->hybrid, true, from, to));
    KOR_TRY(judge(s, &s->hybrid));
    s->out->tried[KOR_HYBRID] = s->hybrid.f1;
    return KOR_OK;
}

/* What the candidates of an encoder that learns have in common. */
static kor_status prepare_tuning(learner *s)
{
    KOR_TRY(new_emissions(s, &s->bag_emissions));
    KOR_TRY(new_emissions(s, &s->layer_emissions));
    KOR_TRY(new_emissions(s, &s->epoch_emissions));
    return kor_span_answer_bag(&s->hybrid.own.spans, s->measure, &s->held, s->bag_emissions,
                               s->err);
}

/* Learn what the task asks for and choose: each larger one only where it is worth its size. */
static kor_status choose(learner *s, candidate **out)
{
    kor_train_report *r = s->out;
    kor_architecture wanted = r->task.architecture;
    bool standing = wanted != KOR_BAG && s->options->trunk;
    bool choose = wanted == KOR_AUTO && standing &&
                  kor_net_can_load(kor_trunk_encoder(s->options->trunk)) && is_short_enough(s);
    double end = r->split ? 0.5 : 1, part = choose || wanted > KOR_HYBRID ? end / 10 : end / 5;
    if (!standing) part = end;
    KOR_TRY(read_held(s));
    KOR_TRY(read_corpus(s, s->learn, s->learn_count, standing));
    r->made = KOR_BAG;
    *out = &s->bag;
    KOR_TRY(try_bags(s, 0, part));
    if (wanted == KOR_AUTO || wanted == KOR_BAG) r->tried[KOR_BAG] = s->bag.f1;
    if (!standing) return KOR_OK;
    KOR_TRY(try_hybrid(s, part, choose || wanted > KOR_HYBRID ? 2 * part : end));
    if (kor_tune_is_worth(r, KOR_HYBRID)) {
        r->made = KOR_HYBRID;
        *out = &s->hybrid;
    }
    if (!choose && wanted <= KOR_HYBRID) return KOR_OK;
    KOR_TRY(prepare_tuning(s));
    if (wanted == KOR_FULL || choose) {
        KOR_TRY(try_encoder(s, &s->full, KOR_FULL, 2 * part, choose ? 6 * part : end));
        if (!kor_tune_is_worth(r, KOR_FULL)) return KOR_OK;
        r->made = KOR_FULL;
        *out = &s->full;
    }
    if (wanted == KOR_LORA || choose) {
        KOR_TRY(try_encoder(s, &s->lora, KOR_LORA, choose ? 6 * part : 2 * part, end));
        if (!kor_tune_lora_is_enough(r)) return KOR_OK;
        r->made = KOR_LORA;
        *out = &s->lora;
    }
    return KOR_OK;
}

/* All that is to be learnt from the rows, in the architecture that was chosen. */
static kor_status learn_again(learner *s, candidate *c)
{
    bool standing = c->kind > KOR_BAG;
    KOR_TRY(add_swapped(s, &s->all, &s->all_count));
    KOR_TRY(read_corpus(s, s->all, s->all_count, standing));
    KOR_TRY(learn(s, standing ? &s->hybrid : c, standing, 0.5, c->kind > KOR_HYBRID ? 0.6 : 1));
    if (c->kind <= KOR_HYBRID) return KOR_OK;
    s->session->from = 0.6;
    s->session->to = 1;
    return learn_encoder(s, c, s->all, s->all_count, false);
}

static kor_status train(learner *s)
{
    kor_train_report *r = s->out;
    candidate *c;
    KOR_TRY(read_rows(s));
    KOR_TRY(choose_rows(s));
    if (isnan(r->task.swap)) {
        bool stands = s->options->trunk && r->task.architecture != KOR_BAG;
        r->task.swap = stands && s->all_count < SWAP_BELOW ? 1 : 0;
    }
    KOR_TRY(add_swapped(s, &s->learn, &s->learn_count));
    KOR_TRY(choose(s, &c));
    choose_temperature(s, c);
    KOR_TRY(measure(s, c, 0, &r->metrics));
    r->quality = r->quality_f32 = r->metrics.micro_f1;
    if (c->kind > KOR_HYBRID) tell_encoder(s, c);
    /* What was held back to measure with is learnt from too, once it is measured. */
    if (r->split) KOR_TRY(learn_again(s, c));
    apply_lean(c);
    if (c->kind > KOR_HYBRID) KOR_TRY(kor_span_tuned_weigh(&c->tuned, c->weight, s->err));
    r->lean = c->lean;
    r->blind = c->blind;
    r->features = trained_of(c)->features;
    r->kept = trained_of(c)->spans.rows;
    r->epochs = trained_of(c)->epochs;
    KOR_TRY(write_model(s, c));
    kor_tune_remove_checkpoints(r);
    return try_file(s);
}

kor_status kor_train_spans(kor_session *session)
{
    if (session->out->task.rules) return kor_train_rules(session);
    learner s = {
        .session = session, .out = session->out, .options = session->options, .err = session->err};
    kor_status status = train(&s);
    kor_spans_trained_free(&s.bag.own);
    kor_spans_trained_free(&s.hybrid.own);
    kor_span_tuned_free(&s.full.tuned);
    kor_span_tuned_free(&s.lora.tuned);
    kor_span_states_free(&s.states);
    kor_span_corpus_free(&s.corpus);
    kor_span_corpus_free(&s.held);
    kor_dataset_free(&s.train);
    kor_dataset_free(&s.val);
    kor_arena_free(&s.arena);
    return status;
}
