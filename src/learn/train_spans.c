/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer of head spans. */
#include "learn/check.h"
#include "learn/crf_train.h"
#include "learn/session.h"
#include "learn/spans_train.h"
#include "model/trunk.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A model that was trained, and how it answers. */
typedef struct candidate {
    kor_spans_trained trained;
    float blind;      /* of the recipe */
    float *emissions; /* [words][tags] of the rows to measure with */
    float lean;       /* off every emission of O: what F1 on those rows is best with */
    double f1;
} candidate;

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
    candidate bag, hybrid;
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

static kor_status learn(learner *s, candidate *c, bool hybrid, double from, double to)
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
    s->session->from = from;
    s->session->to = to;
    kor_spans_trained_free(&c->trained);
    kor_status status = kor_spans_train(&c->trained, &s->corpus, hybrid ? &s->states : NULL,
                                        &recipe, kor_session_progress, s->session, s->err);
    return status == KOR_E_INPUT ? kor_fail_in(s->err, status, "%s", t->train) : status;
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

static kor_status emit_rows(learner *s, candidate *c)
{
    const kor_tagger *t = &c->trained.spans;
    const kor_span_layer *layer = &c->trained.layer;
    kor_spans_work w;
    kor_ctx *ctx = NULL;
    size_t tags = t->tags, chain = 0;
    void *scratch = room(s, layer->dim ? kor_span_layer_scratch(layer) : 0);
    float *states = room(s, layer->dim * KOR_SPANS_WORDS * sizeof *states);
    c->emissions = kor_arena_array(&s->arena, s->held.words, tags * sizeof *c->emissions);
    if (!scratch || !states || !c->emissions) return kor_fail_memory(s->err);
    if (layer->dim) KOR_TRY(kor_ctx_new(&ctx, s->options->trunk, s->err));
    kor_spans_lay_out(&w, t, s->memory);
    for (size_t i = 0; i < s->measure_count; i++) {
        const kor_row *row = s->measure[i].row;
        kor_span_pieces p = {.cut = {.text = row->text, .len = row->len}, .words = w.words};
        for (size_t n; (n = kor_span_pieces_next(&p)); chain++) {
            kor_spans_emit(t, &w, row->text, n);
            if (layer->dim) {
                kor_trunk_words(ctx, row->text, w.words, n, states);
                kor_span_layer_forward(layer, kor_kernels_get(), states, n, w.emissions, scratch);
            }
            memcpy(c->emissions + s->held.first[chain] * tags, w.emissions,
                   n * tags * sizeof *w.emissions);
        }
    }
    kor_ctx_free(ctx);
    return KOR_OK;
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
        size_t found = kor_spans_decode(&c->trained.spans, w, count, span);
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
    kor_spans_lay_out(&w, &c->trained.spans, s->memory);
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
    KOR_TRY(emit_rows(s, c));
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

/* The lean goes into the chain: each way to O gives up as much. */
static void apply_lean(candidate *c)
{
    const kor_crf *crf = &c->trained.spans.crf;
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
    kor_crf_weigh(w, &c->trained.spans.crf, temperature);
    for (size_t i = 0; i < h->chains; i++) {
        loss += kor_crf_loss_at(w, &c->trained.spans.crf, c->emissions + h->first[i] * h->tags,
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
    c->trained.spans.temperature = s->out->temperature;
}

/* ---- The file ---- */

static kor_status write_model(learner *s, const candidate *c)
{
    kor_train_report *r = s->out;
    kor_gguf_out o = {0};
    KOR_TRY(kor_session_begin(s->session, &o));
    kor_gguf_add_f32(&o, "korora.temperature", r->temperature);
    kor_gguf_add_string(&o, "korora.architecture", kor_architecture_name(r->made));
    if (r->made == KOR_HYBRID) {
        kor_gguf_add_string(&o, "korora.trunk", s->session->trunk.name);
        kor_gguf_add_u64(&o, "korora.trunk_checksum", s->session->trunk.checksum);
    }
    kor_spans_trained_write(&c->trained, &o);
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
    KOR_TRY(kor_model_open_on(&model, r->file, r->made == KOR_HYBRID ? s->options->trunk : NULL,
                              s->err));
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

/* ---- The whole ---- */

/* The same bag, learnt half blind: better where the rows to measure with have other words than
 * those to learn from, worse where they are alike. The better one stays. */
static kor_status try_blind(learner *s, double from, double to)
{
    candidate blind = {.blind = 0.5f};
    kor_status status = learn(s, &blind, false, from, to);
    if (status == KOR_OK) status = choose_lean(s, &blind);
    if (status == KOR_OK && blind.f1 > s->bag.f1) {
        candidate other = s->bag;
        s->bag = blind;
        blind = other;
    }
    kor_spans_trained_free(&blind.trained);
    return status;
}

/* Learn what the task asks for and choose: the bag, unless the hybrid is better by the margin. */
static kor_status choose(learner *s, bool bag, bool hybrid, candidate **out)
{
    kor_train_report *r = s->out;
    double end = r->split ? 0.5 : 1, middle = hybrid ? end / 5 : end;
    KOR_TRY(read_held(s));
    KOR_TRY(read_corpus(s, s->learn, s->learn_count, hybrid));
    KOR_TRY(learn(s, &s->bag, false, 0, middle / 2));
    KOR_TRY(choose_lean(s, &s->bag));
    KOR_TRY(try_blind(s, middle / 2, middle));
    if (bag) r->tried[KOR_BAG] = s->bag.f1;
    r->made = KOR_BAG;
    if (hybrid) {
        s->hybrid.blind = s->bag.blind;
        KOR_TRY(learn(s, &s->hybrid, true, middle, end));
        KOR_TRY(choose_lean(s, &s->hybrid));
        r->tried[KOR_HYBRID] = s->hybrid.f1;
        if (!bag || s->hybrid.f1 > s->bag.f1 + KOR_TASK_MARGIN) r->made = KOR_HYBRID;
    }
    *out = r->made == KOR_BAG ? &s->bag : &s->hybrid;
    return KOR_OK;
}

static kor_status train(learner *s)
{
    kor_train_report *r = s->out;
    kor_architecture wanted = r->task.architecture;
    if (wanted > KOR_HYBRID) {
        return kor_fail(s->err, KOR_E_UNSUPPORTED,
                        "%s/task.yaml: architecture %s does not go with head spans (auto, bag, "
                        "hybrid)",
                        r->task.folder, kor_architecture_name(wanted));
    }
    bool hybrid = wanted != KOR_BAG && s->options->trunk;
    candidate *c;
    KOR_TRY(read_rows(s));
    KOR_TRY(choose_rows(s));
    KOR_TRY(choose(s, wanted != KOR_HYBRID, hybrid, &c));
    choose_temperature(s, c);
    KOR_TRY(measure(s, c, 0, &r->metrics));
    r->quality = r->quality_f32 = r->metrics.micro_f1;
    /* What was held back to measure with is learnt from too, once it is measured. */
    if (r->split) {
        KOR_TRY(read_corpus(s, s->all, s->all_count, r->made == KOR_HYBRID));
        KOR_TRY(learn(s, c, r->made == KOR_HYBRID, 0.5, 1));
    }
    apply_lean(c);
    r->lean = c->lean;
    r->blind = c->blind;
    r->features = c->trained.features;
    r->kept = c->trained.spans.rows;
    r->epochs = c->trained.epochs;
    KOR_TRY(write_model(s, c));
    return try_file(s);
}

kor_status kor_train_spans(kor_session *session)
{
    learner s = {
        .session = session, .out = session->out, .options = session->options, .err = session->err};
    kor_status status = train(&s);
    kor_spans_trained_free(&s.bag.trained);
    kor_spans_trained_free(&s.hybrid.trained);
    kor_span_states_free(&s.states);
    kor_span_corpus_free(&s.corpus);
    kor_span_corpus_free(&s.held);
    kor_dataset_free(&s.train);
    kor_dataset_free(&s.val);
    kor_arena_free(&s.arena);
    return status;
}
