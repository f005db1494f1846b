/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer of head spans for tasks that name rules: what those offer and do not decide becomes
 * rows of one label or none, and a bag learns them. */
#include "learn/calibrate.h"
#include "learn/check.h"
#include "learn/session.h"
#include "model/rulespans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A place that the rules offer. */
typedef struct offer {
    size_t start, end;
    size_t label; /* where the rules are certain; SIZE_MAX: the model decides */
    size_t right; /* the label of the wanted span that is exactly here; SIZE_MAX: there is none */
    bool sure;    /* it is a span, only its label is not certain */
    kor_row row;  /* what the model reads of it, and the label it is to give */
} offer;

typedef struct text {
    const kor_row *row;
    const kor_row_spans *spans;
    offer *offers; /* [count] */
    size_t count;
    bool held; /* back, to measure with */
} text;

typedef struct learner {
    kor_session *session;
    kor_train_report *out; /* the session's */
    kor_dataset train, val;
    text *texts; /* [text_count] those of train, then those of val */
    size_t text_count;
    const kor_row **learn, **all, **measure; /* of offers that the model decides */
    size_t learn_count, all_count, measure_count;
    uint32_t *numbers; /* [labels + 1] each one's own: what the labels of a row point to */
    float *logits;     /* [measure_count][labels + 1] */
    kor_bag_trained trained;
    kor_arena arena;
    kor_error *err;
} learner;

/* ---- Rows ---- */

static kor_status read_rows(learner *s)
{
    const kor_task *t = &s->out->task;
    const kor_remarks *remarks = &s->session->options->remarks;
    kor_labels *labels = &s->out->labels;
    for (size_t i = 0; i < t->label_count; i++) {
        size_t at, len = strlen(t->labels[i]);
        if (kor_labels_find(labels, t->labels[i], len) != SIZE_MAX)
            return kor_fail(s->err, KOR_E_INPUT, "%s/task.yaml: label '%.80s' is given twice",
                            t->folder, t->labels[i]);
        KOR_TRY(kor_labels_add(labels, t->labels[i], len, &at, s->err));
    }
    kor_dataset_options o = {.spans = true, .closed = t->label_count > 0, .remarks = *remarks};
    KOR_TRY(kor_dataset_read(&s->train, t->train, labels, &o, s->err));
    o.closed = true;
    if (t->val) KOR_TRY(kor_dataset_read(&s->val, t->val, labels, &o, s->err));
    if (labels->count < 1)
        return kor_fail(s->err, KOR_E_INPUT, "%s: no row has a span to learn", t->train);
    KOR_TRY(kor_labels_sort(labels, (kor_dataset *const[]){&s->train, &s->val}, 2, s->err));
    s->out->bad_rows = s->train.bad + s->val.bad;
    s->out->train_hash = s->train.hash;
    s->out->val_hash = s->val.hash;
    s->out->split = !t->val;
    KOR_TRY(
        kor_check_contradictions(&s->train, t->train, remarks, &s->out->contradictions, s->err));
    const kor_row **rows = kor_arena_array(&s->arena, s->train.count, sizeof *rows);
    if (!rows) return kor_fail_memory(s->err);
    for (size_t i = 0; i < s->train.count; i++) rows[i] = &s->train.rows[i];
    KOR_TRY(kor_check_rare(rows, s->train.count, labels, remarks, &s->out->rare, s->err));
    if (!t->val) return KOR_OK;
    return kor_check_shared(&s->train, &s->val, t->val, remarks, &s->out->shared, s->err);
}

static kor_status choose_rows(learner *s)
{
    size_t n = s->train.count, m = s->val.count, held = 0;
    const kor_task *t = &s->out->task;
    bool *to_val = kor_arena_array(&s->arena, n, sizeof *to_val);
    s->texts = kor_arena_array(&s->arena, n + m, sizeof *s->texts);
    if (!s->texts || !to_val) return kor_fail_memory(s->err);
    if (s->out->split) KOR_TRY(kor_split(&s->train, t->val_share, t->seed, to_val, s->err));
    for (size_t i = 0; i < n; i++) {
        s->texts[i] = (text){&s->train.rows[i], &s->train.spans[i], NULL, 0, to_val[i]};
        held += to_val[i];
    }
    for (size_t i = 0; i < m; i++)
        s->texts[n + i] = (text){&s->val.rows[i], &s->val.spans[i], NULL, 0, true};
    s->text_count = n + m;
    s->out->rows = n;
    s->out->val_rows = held + m;
    if (held + m) return KOR_OK;
    return kor_fail(s->err, KOR_E_INPUT, "%s: too few rows to measure with; give val, or more rows",
                    t->train);
}

/* ---- What the rules offer ---- */

/* The wanted span that an offer is, and the label that is to be learnt of it: that of the span
 * exactly there, or of one that has more than half of both in common, else none. */
static void judge_offer(learner *s, offer *o, const kor_row_spans *wanted, size_t *from)
{
    size_t label = s->out->labels.count; /* none */
    while (*from < wanted->count && wanted->span[*from].end <= o->start) ++*from;
    for (size_t i = *from; i < wanted->count && wanted->span[i].start < o->end; i++) {
        const kor_row_span *w = &wanted->span[i];
        size_t start = w->start > o->start ? w->start : o->start;
        size_t end = w->end < o->end ? w->end : o->end, wide = w->end - w->start;
        if (wide < o->end - o->start) wide = o->end - o->start;
        if (2 * (end - start) > wide) label = w->label;
        if (w->start == o->start && w->end == o->end) o->right = w->label;
    }
    o->row.labels = &s->numbers[label];
    o->row.label_count = 1;
}

static size_t count_offers(const learner *s, const kor_row *row)
{
    size_t at = 0, n = 0;
    kor_candidate c;
    while (s->out->task.rules->next(row->text, row->len, &at, &c)) n++;
    return n;
}

/* Certain candidates of a label that the task does not have are left out, as in answers. */
static kor_status read_offers(learner *s, text *t, uint64_t group)
{
    const kor_rules *rules = s->out->task.rules;
    const kor_labels *labels = &s->out->labels;
    size_t at = 0, wanted = 0;
    kor_candidate c;
    t->offers = kor_arena_array(&s->arena, count_offers(s, t->row) + 1, sizeof *t->offers);
    if (!t->offers) return kor_fail_memory(s->err);
    while (rules->next(t->row->text, t->row->len, &at, &c)) {
        offer *o = &t->offers[t->count];
        *o = (offer){c.start, c.end, SIZE_MAX, SIZE_MAX, c.sure, {0}};
        if (c.label) o->label = kor_labels_find(labels, c.label, strlen(c.label));
        if (c.label && o->label == SIZE_MAX) continue;
        t->count++;
        o->row.line = t->row->line;
        o->row.group = t->row->group ? t->row->group : group;
        judge_offer(s, o, t->spans, &wanted);
        if (c.label) continue;
        char read[KOR_RULES_READ];
        o->row.len = rules->read(t->row->text, t->row->len, &c, read);
        o->row.text = kor_arena_copy(&s->arena, read, o->row.len);
        if (!o->row.text) return kor_fail_memory(s->err);
    }
    return KOR_OK;
}

/* A place that is sure to be a span, and that a row does not want, teaches nothing. */
static bool is_taught(const learner *s, const offer *o)
{
    return o->label == SIZE_MAX && !(o->sure && *o->row.labels == s->out->labels.count);
}

static kor_status read_all_offers(learner *s)
{
    kor_train_report *r = s->out;
    size_t n = 0, labels = r->labels.count;
    s->numbers = kor_arena_array(&s->arena, labels + 1, sizeof *s->numbers);
    if (!s->numbers) return kor_fail_memory(s->err);
    for (size_t i = 0; i <= labels; i++) s->numbers[i] = (uint32_t)i;
    for (size_t i = 0; i < s->text_count; i++) {
        KOR_TRY(read_offers(s, &s->texts[i], i + 1));
        n += s->texts[i].count;
    }
    s->learn = kor_arena_array(&s->arena, n + 1, sizeof *s->learn);
    s->all = kor_arena_array(&s->arena, n + 1, sizeof *s->all);
    s->measure = kor_arena_array(&s->arena, n + 1, sizeof *s->measure);
    if (!s->learn || !s->all || !s->measure) return kor_fail_memory(s->err);
    for (size_t i = 0; i < s->text_count; i++) {
        const text *t = &s->texts[i];
        if (t->held) r->wanted += t->spans->count;
        for (size_t j = 0; j < t->count; j++) {
            const offer *o = &t->offers[j];
            if (t->held) {
                r->candidates++;
                r->ruled += o->label != SIZE_MAX;
                r->offered += o->right != SIZE_MAX;
            }
            if (t->held && o->label == SIZE_MAX) s->measure[s->measure_count++] = &o->row;
            if (!is_taught(s, o)) continue;
            if (!t->held) s->learn[s->learn_count++] = &o->row;
            if (i < s->train.count) s->all[s->all_count++] = &o->row;
        }
    }
    if (s->learn_count) return KOR_OK;
    return kor_fail(s->err, KOR_E_INPUT, "%s: rules '%s' offer nothing in it that is to be learnt",
                    r->task.train, r->task.rules->name);
}

/* ---- Learning ---- */

static kor_status learn(learner *s, const kor_row *const *rows, size_t count, double from,
                        double to)
{
    kor_bag_recipe recipe = s->out->task.recipe;
    recipe.seed = s->out->task.seed;
    s->session->from = from;
    s->session->to = to;
    kor_bag_trained_free(&s->trained);
    kor_status status = kor_bag_train(&s->trained, rows, count, s->out->labels.count + 1, &recipe,
                                      kor_session_progress, s->session, s->err);
    if (status == KOR_E_INPUT) return kor_fail_in(s->err, status, "%s", s->out->task.train);
    return status;
}

static kor_status answer(learner *s)
{
    const kor_bag *bag = &s->trained.bag;
    size_t bytes = (kor_bag_scratch(bag) + 63) / 64 * 64;
    s->logits = kor_arena_array(&s->arena, s->measure_count + 1, bag->labels * sizeof *s->logits);
    void *scratch = aligned_alloc(64, bytes);
    if (!s->logits || !scratch) {
        free(scratch);
        return kor_fail_memory(s->err);
    }
    memset(scratch, 0, bytes);
    for (size_t i = 0; i < s->measure_count; i++)
        kor_bag_forward(bag, s->measure[i]->text, s->measure[i]->len, s->logits + i * bag->labels,
                        scratch);
    free(scratch);
    return KOR_OK;
}

/* ---- Measuring ---- */

/* F of the spans of the held rows when so much is taken off the logits of none: recall counts
 * recall_weight times as much as precision. logits come in the order of the offers. */
static double quality_at(const learner *s, float lean, float *room)
{
    size_t labels = s->out->labels.count, found = 0, right = 0, n = 0;
    double weight = s->out->task.recall_weight * s->out->task.recall_weight;
    for (size_t i = 0; i < s->text_count; i++) {
        const text *t = &s->texts[i];
        for (size_t j = 0; t->held && j < t->count; j++) {
            const offer *o = &t->offers[j];
            size_t label = o->label;
            if (label == SIZE_MAX) {
                memcpy(room, s->logits + n++ * (labels + 1), (labels + 1) * sizeof *room);
                room[labels] -= lean;
                label = kor_rule_spans_decide(room, labels, 1, o->sure, NULL);
            }
            found += label != labels;
            right += label == o->right;
        }
    }
    double all = weight * (double)s->out->wanted + (double)found;
    return all > 0 ? (1 + weight) * (double)right / all : 0;
}

/* What is best taken off none: the least of what is as good. From here on it is in the logits. */
static kor_status choose_lean(learner *s)
{
    enum { STEPS = 24 }; /* of a quarter, to both sides */
    size_t labels = s->out->labels.count;
    float *room = kor_arena_array(&s->arena, labels + 1, sizeof *room);
    if (!room) return kor_fail_memory(s->err);
    double best = quality_at(s, 0, room);
    for (int i = 1; i <= STEPS; i++) {
        for (int side = -1; side <= 1; side += 2) {
            float lean = (float)(side * i) / 4;
            double f = quality_at(s, lean, room);
            if (f <= best) continue;
            best = f;
            s->out->lean = lean;
        }
    }
    for (size_t i = 0; i < s->measure_count; i++)
        s->logits[i * (labels + 1) + labels] -= s->out->lean;
    return KOR_OK;
}

static kor_status measure(learner *s)
{
    kor_train_report *r = s->out;
    size_t labels = r->labels.count, n = 0;
    KOR_TRY(kor_metrics_new_spans(&r->metrics, labels, s->err));
    for (size_t i = 0; i < s->text_count; i++) {
        const text *t = &s->texts[i];
        if (!t->held) continue;
        size_t found = 0, wanted = t->spans->count;
        kor_metrics_span *span = calloc(t->count + wanted + 1, sizeof *span);
        if (!span) return kor_fail_memory(s->err);
        kor_metrics_span *has = span + t->count;
        for (size_t j = 0; j < t->count; j++) {
            const offer *o = &t->offers[j];
            size_t label = o->label;
            float score = 1;
            if (label == SIZE_MAX)
                label = kor_rule_spans_decide(s->logits + n++ * (labels + 1), labels,
                                              r->temperature, o->sure, &score);
            if (label == labels) continue;
            span[found++] = (kor_metrics_span){o->start, o->end, label, (double)score};
        }
        for (size_t j = 0; j < wanted; j++) {
            const kor_row_span *w = &t->spans->span[j];
            has[j] = (kor_metrics_span){w->start, w->end, w->label, 0};
        }
        kor_metrics_add_spans(&r->metrics, span, found, has, wanted);
        free(span);
    }
    kor_metrics_finish(&r->metrics);
    r->quality = r->quality_f32 = r->metrics.micro_f1;
    return KOR_OK;
}

/* ---- The file ---- */

static kor_status write_model(learner *s)
{
    const kor_train_report *r = s->out;
    kor_gguf_out o = {0};
    float *bias = (float *)(uintptr_t)s->trained.bag.bias; /* in the arena of what was trained */
    bias[r->labels.count] -= r->lean;
    KOR_TRY(kor_session_begin(s->session, &o));
    kor_gguf_add_f32(&o, "korora.temperature", r->temperature);
    kor_gguf_add_string(&o, "korora.rules", r->task.rules->name);
    kor_gguf_add_u32(&o, "korora.rules.version", r->task.rules->version);
    kor_bag_trained_write(&s->trained, false, &o);
    return kor_session_commit(s->session, &o);
}

/* The file as an app uses it, and how long an answer takes. */
static kor_status try_file(learner *s)
{
    enum { TEXTS = 500 };
    kor_train_report *r = s->out;
    kor_model *model;
    kor_ctx *ctx = NULL;
    kor_span *spans = kor_arena_array(&s->arena, KOR_TEXT_MAX, sizeof *spans);
    size_t done = 0, n;
    if (!spans) return kor_fail_memory(s->err);
    KOR_TRY(kor_model_open_on(&model, r->file, NULL, s->err));
    kor_status status = kor_ctx_new(&ctx, model, s->err);
    double start = kor_session_now();
    for (size_t i = 0; status == KOR_OK && i < s->text_count && done < TEXTS; i++) {
        const kor_row *row = s->texts[i].row;
        if (!s->texts[i].held) continue;
        status = kor_spans(ctx, row->text, row->len, spans, KOR_TEXT_MAX, &n, s->err);
        done++;
    }
    r->us_per_item = (kor_session_now() - start) * 1e6 / (double)(done ? done : 1);
    kor_ctx_free(ctx);
    kor_model_close(model);
    return status;
}

static kor_status train(learner *s)
{
    kor_train_report *r = s->out;
    r->made = KOR_BAG;
    KOR_TRY(read_rows(s));
    KOR_TRY(choose_rows(s));
    KOR_TRY(read_all_offers(s));
    KOR_TRY(learn(s, s->learn, s->learn_count, 0, r->split ? 0.5 : 1));
    KOR_TRY(answer(s));
    KOR_TRY(choose_lean(s));
    const kor_scores scores = {s->logits, s->measure, s->measure_count, r->labels.count + 1, false};
    kor_calibrate_temperature(&scores, &r->temperature, &r->temperature_over);
    KOR_TRY(measure(s));
    /* What was held back to measure with is learnt from too, once it is measured. */
    if (r->split) KOR_TRY(learn(s, s->all, s->all_count, 0.5, 1));
    r->features = s->trained.features;
    r->kept = s->trained.bag.rows;
    r->dim = s->trained.bag.dim;
    r->epochs = s->trained.epochs;
    KOR_TRY(write_model(s));
    return try_file(s);
}

kor_status kor_train_rules(kor_session *session)
{
    learner s = {.session = session, .out = session->out, .err = session->err};
    kor_status status = train(&s);
    kor_bag_trained_free(&s.trained);
    kor_dataset_free(&s.train);
    kor_dataset_free(&s.val);
    kor_arena_free(&s.arena);
    return status;
}
