/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/recall.h"

#include "base/str.h"
#include "memory/bm25.h"
#include "memory/likeness.h"
#include "memory/store.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { LIMIT_MAX = 1000, MATCHES = 100 };

/* How two signals become one score. BM25 leads, for it is the better one by far; the vector orders
 * what words leave equal, and answers alone where no word matches. Tuned on LoCoMo, where
 * everything from 0.65 to 0.75 does about as well. */
static const double LEXICAL_SHARE = 0.7;

typedef struct candidate {
    int64_t id, time_ms;
    double lexical, vector, cosine, score;
} candidate;

/* The cosines of things that have nothing to do with each other: their mean, their deviation, and
 * what they seldom pass, one of a few hundred. */
typedef struct unrelated {
    double mean, deviation, seldom;
} unrelated;

typedef struct job {
    kor_memory *memory;
    const kor_query *query;
    kor_recall *out;
    kor_arena scratch;
    kor_question question;
    kor_str text; /* the question without its time words */
    kor_filter filter;
    unrelated unrelated;
    size_t count;
    candidate *candidates;
} job;

static double milliseconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* ---- The question ---- */

static kor_status read_question(job *r, kor_error *err)
{
    const kor_query *q = r->query;
    kor_recall *out = r->out;
    const char *text = q->len ? q->question : "";
    size_t len = q->len < KOR_TEXT_MAX ? q->len : kor_utf8_prefix(text, q->len, KOR_TEXT_MAX);
    if (q->zone) kor_when_find(&out->when, text, len, q->now_ms, q->zone);
    if (q->has_from || q->has_to) {
        out->ranged = true;
        out->from_ms = q->has_from ? q->from_ms : INT64_MIN;
        out->to_ms = q->has_to ? q->to_ms : INT64_MAX;
    } else if (out->when.found) {
        out->ranged = true;
        out->from_ms = out->when.from_ms;
        out->to_ms = out->when.to_ms;
    }
    size_t cut = out->when.found ? out->when.start : len;
    kor_str_add(&r->text, text, cut);
    if (out->when.found) kor_str_add(&r->text, text + out->when.end, len - out->when.end);
    if (r->text.failed) return kor_fail_memory(err);
    KOR_TRY(kor_redact_question(r->memory, &r->text, NULL, err));
    const char *rest = kor_str_text(&r->text);
    KOR_TRY(kor_question_read(&r->question, rest, r->text.len, false, &out->arena, err));
    if (!r->question.count && !out->ranged && !q->wanted_count) {
        KOR_TRY(kor_question_read(&r->question, rest, r->text.len, true, &out->arena, err));
    }
    out->words = r->question.text;
    return KOR_OK;
}

static kor_status embed_question(job *r, float **vector, kor_error *err)
{
    kor_memory *m = r->memory;
    *vector = kor_arena_array(&r->scratch, m->vectors.dim, sizeof **vector);
    if (!*vector) return kor_fail_memory(err);
    if (!m->ctx) KOR_TRY(kor_ctx_new(&m->ctx, m->embedder, err));
    return kor_embed(m->ctx, kor_str_text(&r->text), r->text.len, *vector, m->vectors.dim, err);
}

/* ---- Candidates ---- */

/* The vectors of an encoder that has learnt to tell texts apart, as the trunk has, point all
 * around; those of the base model lean to one side. Measured with questions of daily life against
 * commits, documentation and packages. */
static unrelated of_encoder(const kor_memory *m)
{
    kor_model_info info = {0};
    if (m->embedder) kor_model_get_info(m->embedder, &info);
    return info.name && strcmp(info.name, "base") == 0 ? (unrelated){0.15, 0.07, 0.4}
                                                       : (unrelated){0, 0.055, 0.2};
}

/* How many standard deviations a cosine is above the mean of all events that passed the filters. Of
 * few events, mean and deviation say little: 20 ordinary ones are counted as if among them. */
static double deviations(const kor_scan *scan, const unrelated *u, double cosine)
{
    static const double PRIOR = 20;
    double n = (double)scan->passed, all = n + PRIOR;
    double mean = (n * scan->mean + PRIOR * u->mean) / all;
    double variance =
        (n * scan->deviation * scan->deviation + PRIOR * u->deviation * u->deviation) / all;
    return (cosine - mean) / sqrt(variance);
}

static double stand_out(const kor_scan *scan, const unrelated *u, double cosine)
{
    return 1 / (1 + exp((3 - deviations(scan, u, cosine)) / 2));
}

/* Is an event without a word of the question an answer all the same? Its cosine must be one that
 * unrelated things seldom have. And among n cosines some stand out by chance: the largest of n
 * normal deviates is about sqrt(2 ln n). */
static bool is_near(const kor_scan *scan, const unrelated *u, double cosine)
{
    double chance = sqrt(2 * log((double)scan->passed + 1));
    return cosine >= u->seldom && deviations(scan, u, cosine) >= 0.8 * chance;
}

static kor_status search_words(job *r, kor_error *err)
{
    kor_match *matches;
    size_t count;
    double start = milliseconds();
    size_t most = r->query->limit > MATCHES ? r->query->limit : MATCHES;
    KOR_TRY(kor_bm25_search(r->memory, &r->filter, &r->question, most, &r->scratch, &matches,
                            &count, &r->out->lexical, err));
    for (size_t i = 0; i < count; i++) {
        r->candidates[r->count++] = (candidate){
            .id = matches[i].id, .time_ms = matches[i].time_ms, .lexical = matches[i].score};
    }
    r->out->lexical_ms = milliseconds() - start;
    return KOR_OK;
}

static int by_id(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    return (x->id > y->id) - (x->id < y->id);
}

/* Compare the question with all events, and with the candidates that words found in any case. */
static kor_status scan_vectors(job *r, const float *vector, kor_scan *scan, kor_error *err)
{
    kor_near *wanted = kor_arena_array(&r->scratch, r->count, sizeof *wanted);
    if (!wanted) return kor_fail_memory(err);
    qsort(r->candidates, r->count, sizeof *r->candidates, by_id);
    for (size_t i = 0; i < r->count; i++) {
        wanted[i] = (kor_near){.id = r->candidates[i].id, .cosine = NAN};
    }
    KOR_TRY(kor_vectors_scan(r->memory, vector, &r->filter, wanted, r->count, scan, err));
    for (size_t i = 0; i < r->count; i++) {
        if (isnan(wanted[i].cosine)) continue;
        r->candidates[i].cosine = (double)wanted[i].cosine;
        r->candidates[i].vector = stand_out(scan, &r->unrelated, r->candidates[i].cosine);
    }
    return KOR_OK;
}

static bool is_candidate(const job *r, int64_t id)
{
    for (size_t i = 0; i < r->count; i++) {
        if (r->candidates[i].id == id) return true;
    }
    return false;
}

static kor_status search_vectors(job *r, kor_error *err)
{
    float *vector;
    kor_scan *scan = kor_arena_alloc(&r->scratch, sizeof *scan);
    double start = milliseconds();
    if (!scan) return kor_fail_memory(err);
    KOR_TRY(embed_question(r, &vector, err));
    double embedded = milliseconds();
    r->out->embed_ms = embedded - start;
    KOR_TRY(kor_store_update_vectors(r->memory, err));
    r->unrelated = of_encoder(r->memory);
    KOR_TRY(scan_vectors(r, vector, scan, err));
    for (size_t i = 0; i < scan->count; i++) {
        const kor_near *n = &scan->near[i];
        if (!is_near(scan, &r->unrelated, (double)n->cosine)) break;
        r->out->near++;
        if (is_candidate(r, n->id)) continue;
        r->candidates[r->count++] =
            (candidate){.id = n->id,
                        .time_ms = n->time_ms,
                        .cosine = (double)n->cosine,
                        .vector = stand_out(scan, &r->unrelated, (double)n->cosine)};
    }
    r->out->vector_ms = milliseconds() - embedded;
    return KOR_OK;
}

/* ---- The answer ---- */

static int by_score(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? 1 : -1;
    return (x->id < y->id) - (x->id > y->id);
}

static bool same_text(const kor_event *a, const kor_event *b)
{
    const char *x = a->title ? a->title : "", *y = b->title ? b->title : "";
    return a->text_len == b->text_len && memcmp(a->text, b->text, a->text_len) == 0 &&
           strcmp(x, y) == 0;
}

/* Copy the best candidates' events. One that is no longer there, or says nearly the same as a
 * better one, is passed over. */
static kor_status collect(job *r, kor_error *err)
{
    kor_recall *out = r->out;
    qsort(r->candidates, r->count, sizeof *r->candidates, by_score);
    size_t most = r->count < r->query->limit ? r->count : r->query->limit;
    out->hits = kor_arena_array(&out->arena, most, sizeof *out->hits);
    if (!out->hits) return kor_fail_memory(err);
    for (size_t i = 0; i < r->count && out->count < most; i++) {
        const candidate *c = &r->candidates[i];
        kor_hit *hit = &out->hits[out->count];
        kor_status status = kor_memory_get(r->memory, c->id, &out->arena, &hit->event, err);
        if (status == KOR_E_NOT_FOUND) continue;
        KOR_TRY(status);
        KOR_TRY(kor_likeness_of(r->memory, c->id, &hit->like, err));
        size_t k = 0;
        while (k < out->count && out->hits[k].like != hit->like &&
               !same_text(&out->hits[k].event, &hit->event))
            k++;
        if (k < out->count) continue;
        hit->score = c->score;
        hit->lexical = c->lexical;
        hit->vector = c->vector;
        hit->cosine = c->cosine;
        out->count++;
    }
    return KOR_OK;
}

/* The question names a time, or what must hold, and nothing else: all of that answers it, the
 * latest first. */
static kor_status take_latest(job *r, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(r->memory,
                              "SELECT id, time FROM events WHERE scope = ?1 AND time >= ?2"
                              " AND time < ?3 ORDER BY time DESC, id DESC",
                              &statement, err));
    /* More than asked for, since equal ones become one. */
    const int64_t values[] = {r->filter.scope, r->filter.from_ms, r->filter.to_ms};
    for (int i = 0; i < 3; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    for (;;) {
        KOR_TRY(kor_store_step(r->memory, statement, &row, err));
        if (!row) return KOR_OK;
        if (r->count == LIMIT_MAX) {
            (void)sqlite3_reset(statement);
            return KOR_OK;
        }
        if (!kor_filter_has(&r->filter, sqlite3_column_int64(statement, 0))) continue;
        r->candidates[r->count++] = (candidate){.id = sqlite3_column_int64(statement, 0),
                                                .time_ms = sqlite3_column_int64(statement, 1),
                                                .score = 1};
    }
}

static kor_status answer(job *r, kor_error *err)
{
    kor_recall *out = r->out;
    KOR_TRY(kor_filter_make(&r->filter, r->memory, r->query->scope, out->ranged, out->from_ms,
                            out->to_ms, r->query->wanted, r->query->wanted_count, &r->scratch,
                            err));
    out->events = r->memory->events;
    out->in_scope = r->filter.in_scope;
    out->in_range = r->filter.in_range;
    if (!out->in_range) return KOR_OK;
    r->candidates =
        kor_arena_array(&r->scratch, LIMIT_MAX + KOR_VECTORS_NEAR, sizeof *r->candidates);
    if (!r->candidates) return kor_fail_memory(err);
    if (!r->question.count) {
        if (out->ranged || r->query->wanted_count) KOR_TRY(take_latest(r, err));
        return collect(r, err);
    }
    KOR_TRY(search_words(r, err));
    if (r->memory->embedder) KOR_TRY(search_vectors(r, err));
    double share = !r->memory->embedder ? 1 : out->lexical ? LEXICAL_SHARE : 0;
    for (size_t i = 0; i < r->count; i++) {
        candidate *c = &r->candidates[i];
        c->score = share * c->lexical + (1 - share) * c->vector;
    }
    return collect(r, err);
}

kor_status kor_recall_run(kor_memory *memory, const kor_query *query, kor_recall *out,
                          kor_error *err)
{
    double start = milliseconds();
    *out = (kor_recall){.words = ""};
    if (query->limit < 1 || query->limit > LIMIT_MAX) {
        return kor_fail(err, KOR_E_ARG, "a limit of %zu hits: choose 1 to %d", query->limit,
                        LIMIT_MAX);
    }
    job r = {.memory = memory, .query = query, .out = out};
    kor_status status = read_question(&r, err);
    if (status == KOR_OK) status = kor_store_begin_read(memory, err);
    if (status == KOR_OK) {
        status = answer(&r, err);
        kor_store_end_read(memory);
    }
    kor_str_free(&r.text);
    kor_arena_free(&r.scratch);
    out->milliseconds = milliseconds() - start;
    kor_recall_totals *totals = &memory->recalls;
    totals->questions++;
    totals->embed_us += (int64_t)(out->embed_ms * 1e3);
    totals->words_us += (int64_t)(out->lexical_ms * 1e3);
    totals->vectors_us += (int64_t)(out->vector_ms * 1e3);
    totals->us += (int64_t)(out->milliseconds * 1e3);
    return status;
}

void kor_memory_take_recalls(kor_memory *memory, kor_recall_totals *out)
{
    *out = memory->recalls;
    memory->recalls = (kor_recall_totals){0};
}

void kor_recall_free(kor_recall *recall)
{
    kor_arena_free(&recall->arena);
    *recall = (kor_recall){.words = ""};
}
