/* SPDX-License-Identifier: Apache-2.0 */
/* One pass over an event. */
#include "colony/colony_inner.h"
#include "model/trunk.h"
#include "rules/links.h"
#include "rules/rules.h"
#include "text/sentences.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    SLOW_TIMES = 3,
    VALUES = 1 << 16, /* bytes of all values of an event */
    SPANS = 256,      /* that are asked for at once: many are the same */
    SENTENCES = 256   /* that are asked about */
};

struct kor_colony_ctx {
    const kor_colony *colony;
    kor_ctx *trunk; /* its own to free, or NULL */
    kor_ctx *ctx[KOR_PLAN_STEPS];
    unsigned slow[KOR_PLAN_STEPS]; /* times in a row that the member was too slow */
    uint64_t slow_ns;
    float *scores; /* [the most labels of a member] */
    kor_span spans[SPANS];
    const kor_colony_event *event;
    kor_reading reading;
    kor_str room;
    kor_colony_step steps[KOR_PLAN_STEPS];
    size_t count;
    kor_annotation *annotations; /* [KOR_PLAN_STEPS * KOR_COLONY_EACH] */
    char *values;                /* [VALUES] */
    size_t values_used;
};

const char *kor_outcome_name(kor_outcome outcome)
{
    static const char *const names[KOR_OUTCOMES] = {"none", "found",  "abstained", "ruled out",
                                                    "away", "rested", "failed"};
    return outcome < KOR_OUTCOMES ? names[outcome] : "?";
}

kor_status kor_reading_make(kor_reading *out, const char *title, const char *text, size_t len,
                            kor_str *room, kor_error *err)
{
    size_t bytes = title ? strlen(title) : 0;
    *out = (kor_reading){.text = text, .len = len};
    if (bytes == 0 || (bytes <= len && memcmp(text, title, bytes) == 0)) return KOR_OK;
    kor_str_clear(room);
    kor_str_add(room, title, bytes);
    kor_str_putc(room, '\n');
    if (len) kor_str_add(room, text, kor_utf8_prefix(text, len, 4 * KOR_TEXT_MAX));
    if (room->failed) return kor_fail_memory(err);
    *out = (kor_reading){.text = room->data, .len = room->len, .title = bytes};
    return KOR_OK;
}

/* ---- Contexts ---- */

kor_status kor_colony_ctx_new(kor_colony_ctx **out, const kor_colony *colony, kor_ctx *trunk,
                              kor_error *err)
{
    *out = NULL;
    kor_colony_ctx *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->colony = colony;
    c->slow_ns = KOR_COLONY_SLOW_MS * UINT64_C(1000000);
    size_t labels = 1;
    kor_status status = KOR_OK;
    if (!trunk && colony->trunk) {
        status = kor_ctx_new(&c->trunk, colony->trunk, err);
        trunk = c->trunk;
    }
    for (size_t i = 0; status == KOR_OK && i < colony->plan.count; i++) {
        const kor_colony_member *m = &colony->members[i];
        if (!m->model) continue;
        if (m->info.labels > labels) labels = m->info.labels;
        status = kor_ctx_new_on(&c->ctx[i], m->model, trunk, err);
    }
    c->scores = calloc(labels, sizeof *c->scores);
    c->annotations = calloc(KOR_PLAN_STEPS * KOR_COLONY_EACH, sizeof *c->annotations);
    c->values = malloc(VALUES);
    if (status == KOR_OK && (!c->scores || !c->annotations || !c->values))
        status = kor_fail_memory(err);
    if (status != KOR_OK) {
        kor_colony_ctx_free(c);
        return status;
    }
    *out = c;
    return KOR_OK;
}

void kor_colony_ctx_free(kor_colony_ctx *ctx)
{
    if (!ctx) return;
    for (size_t i = 0; i < KOR_PLAN_STEPS; i++) kor_ctx_free(ctx->ctx[i]);
    kor_ctx_free(ctx->trunk);
    kor_str_free(&ctx->room);
    free(ctx->scores);
    free(ctx->annotations);
    free(ctx->values);
    free(ctx);
}

void kor_colony_set_slow(kor_colony_ctx *ctx, uint64_t ns)
{
    ctx->slow_ns = ns;
}

/* ---- What conditions ask about ---- */

static const char *text_of(const void *arg, size_t field, size_t i)
{
    const kor_colony_ctx *c = arg;
    const kor_colony_event *e = c->event;
    if (field < KOR_FIELDS_OWN) {
        const char *own[] = {e->source, e->app, e->title, e->uri, e->scope};
        return i == 0 && field < sizeof own / sizeof *own && own[field] && *own[field] ? own[field]
                                                                                       : NULL;
    }
    const kor_colony_step *s = &c->steps[c->colony->place[field - KOR_FIELDS_OWN]];
    return i < s->count ? c->annotations[s->first + i].label : NULL;
}

static double number_of(const void *arg, size_t field)
{
    const kor_colony_ctx *c = arg;
    if (field == KOR_FIELD_LENGTH) return (double)c->event->len;
    size_t lines = c->event->len > 0;
    for (size_t i = 0; i + 1 < c->event->len; i++) lines += c->event->text[i] == '\n';
    return (double)lines;
}

/* ---- Annotations ---- */

/* Words in lower case (of ASCII) with one space between them, cut at a character. NULL when there
 * is no room left for it. */
static const char *keep_value(kor_colony_ctx *c, const char *text, size_t len)
{
    char *out = c->values + c->values_used;
    size_t n = 0;
    if (VALUES - c->values_used < KOR_COLONY_VALUE + 1) return NULL;
    len = kor_utf8_prefix(text, len, KOR_COLONY_VALUE);
    for (size_t i = 0; i < len; i++) {
        char ch = text[i];
        bool space = ch == ' ' || (ch >= '\t' && ch <= '\r');
        if (space && (n == 0 || out[n - 1] == ' ')) continue;
        out[n++] = space ? ' ' : ch >= 'A' && ch <= 'Z' ? (char)(ch + 32) : ch;
    }
    while (n && out[n - 1] == ' ') n--;
    out[n] = 0;
    return out;
}

/* A link in its normal form (rules/links.h). */
static const char *keep_link(kor_colony_ctx *c, size_t start, size_t end)
{
    char *out = c->values + c->values_used;
    if (VALUES - c->values_used < KOR_COLONY_VALUE + 1) return NULL;
    size_t len = kor_link_normal(c->reading.text, start, end, out, KOR_COLONY_VALUE);
    len = len < KOR_COLONY_VALUE ? len : KOR_COLONY_VALUE;
    out[kor_utf8_prefix(out, len, len)] = 0;
    return out;
}

/* Whether the member has said the same already. */
static bool is_said(const kor_colony_ctx *c, const kor_colony_step *s, const char *label,
                    const char *value)
{
    for (size_t i = s->first; i < s->first + s->count; i++) {
        const kor_annotation *a = &c->annotations[i];
        if (a->label == label && strcmp(a->value, value) == 0) return true;
    }
    return false;
}

/* The place in the reading becomes one in the title or in the text. */
static void put_place(const kor_colony_ctx *c, kor_annotation *a, size_t start, size_t end)
{
    size_t title = c->reading.title, skip = title ? title + 1 : 0;
    bool in_title = start < skip;
    a->place = in_title ? KOR_PLACE_TITLE : KOR_PLACE_TEXT;
    a->start = in_title ? start : start - skip;
    a->end = in_title ? (end < title ? end : title) : end - skip;
}

/* A span is from start to end of the reading; 0, 0 is about the whole. False when there is no room
 * for more. */
static bool annotate(kor_colony_ctx *c, size_t member, size_t label, float score, size_t start,
                     size_t end, bool valued)
{
    kor_colony_step *s = &c->steps[member];
    const kor_colony_member *m = &c->colony->members[member];
    if (s->count == KOR_COLONY_EACH) return false;
    if ((double)score < m->step->least) return true;
    kor_annotation a = {.member = member,
                        .label_index = label,
                        .label = kor_model_label(m->model, label),
                        .value = "",
                        .score = score};
    if (valued && strcmp(m->info.rules, kor_rules_links.name) == 0)
        a.value = keep_link(c, start, end);
    else if (valued)
        a.value = keep_value(c, c->reading.text + start, end - start);
    if (!a.value) return false;
    if (valued && is_said(c, s, a.label, a.value)) return true;
    if (end) put_place(c, &a, start, end);
    if (valued) c->values_used += strlen(a.value) + 1;
    c->annotations[c->count++] = a;
    s->count++;
    return true;
}

/* ---- Steps ---- */

static size_t best_of(const float *scores, size_t count)
{
    size_t best = 0;
    for (size_t i = 1; i < count; i++)
        if (scores[i] > scores[best]) best = i;
    return best;
}

static kor_outcome run_classify(kor_colony_ctx *c, size_t i, const char *text, size_t len,
                                size_t start, size_t end)
{
    const kor_colony_member *m = &c->colony->members[i];
    if (kor_classify(c->ctx[i], text, len, c->scores, m->info.labels, NULL) != KOR_OK)
        return KOR_OUTCOME_FAILED;
    if (strcmp(m->info.head, "tags") == 0) {
        for (size_t l = 0; l < m->info.labels; l++)
            if (c->scores[l] >= kor_model_threshold(m->model, l))
                (void)annotate(c, i, l, c->scores[l], start, end, false);
        return KOR_OUTCOME_NONE;
    }
    size_t best = best_of(c->scores, m->info.labels);
    bool sure = c->scores[best] >= kor_model_threshold(m->model, 0);
    /* Of sentences, that there is nothing to say about one, or nothing sure, is not said. */
    if (end && (!sure || strcmp(kor_model_label(m->model, best), "none") == 0))
        return KOR_OUTCOME_NONE;
    if (!sure) return KOR_OUTCOME_ABSTAINED;
    (void)annotate(c, i, best, c->scores[best], start, end, end > 0);
    return KOR_OUTCOME_NONE;
}

/* Most sentences say nothing of what is asked, and a bag knows most of those. */
static bool is_none_at_a_glance(kor_colony_ctx *c, size_t i, const char *text, size_t len)
{
    const kor_colony_member *m = &c->colony->members[i];
    if (m->step->glance <= 0 || !kor_trunk_glance(c->ctx[i], text, len, c->scores)) return false;
    size_t best = best_of(c->scores, m->info.labels);
    return (double)c->scores[best] >= m->step->glance &&
           strcmp(kor_model_label(m->model, best), "none") == 0;
}

static kor_outcome run_sentences(kor_colony_ctx *c, size_t i, size_t len)
{
    kor_sentences it = {.text = c->reading.text, .len = len};
    size_t start, end, done = 0;
    kor_outcome outcome = KOR_OUTCOME_NONE;
    while (done++ < SENTENCES && kor_sentence_next(&it, &start, &end)) {
        if (is_none_at_a_glance(c, i, c->reading.text + start, end - start)) continue;
        kor_outcome one = run_classify(c, i, c->reading.text + start, end - start, start, end);
        if (one > outcome) outcome = one;
    }
    return outcome;
}

static kor_outcome run_spans(kor_colony_ctx *c, size_t i, size_t len)
{
    size_t found;
    if (kor_spans(c->ctx[i], c->reading.text, len, c->spans, SPANS, &found, NULL) != KOR_OK)
        return KOR_OUTCOME_FAILED;
    for (size_t k = 0; k < found; k++) {
        const kor_span *s = &c->spans[k];
        if (!annotate(c, i, s->label, s->score, s->start, s->end, true)) break;
    }
    return KOR_OUTCOME_NONE;
}

static kor_outcome run_step(kor_colony_ctx *c, size_t i)
{
    const kor_colony_member *m = &c->colony->members[i];
    size_t len = kor_utf8_prefix(c->reading.text, c->reading.len, m->step->reads);
    if (strcmp(m->info.head, "spans") == 0) return run_spans(c, i, len);
    if (m->step->on == KOR_ON_SENTENCES) return run_sentences(c, i, len);
    return run_classify(c, i, c->reading.text, len, 0, 0);
}

static uint64_t nanoseconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * UINT64_C(1000000000) + (uint64_t)t.tv_nsec;
}

static void take_step(kor_colony_ctx *c, size_t i)
{
    const kor_colony_member *m = &c->colony->members[i];
    const kor_fields fields = {.text = text_of, .number = number_of, .arg = c};
    kor_colony_step *s = &c->steps[i];
    s->outcome = !m->model                  ? KOR_OUTCOME_AWAY
                 : c->slow[i] >= SLOW_TIMES ? KOR_OUTCOME_RESTED
                 : m->step->when && !kor_condition_holds(m->step->when, &fields)
                     ? KOR_OUTCOME_RULED_OUT
                     : KOR_OUTCOME_NONE;
    if (s->outcome != KOR_OUTCOME_NONE) return;
    uint64_t start = nanoseconds();
    s->outcome = run_step(c, i);
    s->ns = nanoseconds() - start;
    if (s->count) s->outcome = KOR_OUTCOME_FOUND;
    c->slow[i] = s->ns > c->slow_ns ? c->slow[i] + 1 : 0;
}

static void run(kor_colony_ctx *c, const kor_colony_event *event, bool question)
{
    c->event = event;
    c->count = c->values_used = 0;
    if (kor_reading_make(&c->reading, event->title, event->len ? event->text : "", event->len,
                         &c->room, NULL) != KOR_OK)
        c->reading = (kor_reading){.text = "", .len = 0};
    for (size_t i = 0; i < c->colony->plan.count; i++) {
        bool asked = c->colony->members[i].step->on == KOR_ON_QUESTION;
        c->steps[i] = (kor_colony_step){.outcome = KOR_OUTCOME_RULED_OUT, .first = c->count};
        if (asked == question) take_step(c, i);
    }
    c->event = NULL;
}

void kor_colony_run(kor_colony_ctx *ctx, const kor_colony_event *event)
{
    run(ctx, event, false);
}

void kor_colony_ask(kor_colony_ctx *ctx, const char *question, size_t len)
{
    const kor_colony_event event = {.text = question, .len = len};
    run(ctx, &event, true);
}

const kor_annotation *kor_colony_annotations(const kor_colony_ctx *ctx, size_t *count)
{
    *count = ctx->count;
    return ctx->annotations;
}

const kor_colony_step *kor_colony_steps(const kor_colony_ctx *ctx)
{
    return ctx->steps;
}
