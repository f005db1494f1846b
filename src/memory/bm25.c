/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/bm25.h"

#include "base/str.h"
#include "memory/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* For short events (k1, b), and what a word in the title counts in words of the text. */
static const double K1 = 0.9, B = 0.5, TITLE = 2.0;

enum {
    COMMON = 2000, /* events with a word, beyond which it is common and counting them stops */
    SCORED = 4000, /* events that are scored at most for one question */
    PASSED = 4,    /* events that the filter turns away cost as much as one that is scored */
    PHRASES = 2 * KOR_QUESTION_WORDS
};

typedef struct term {
    const char *text;
    double df, idf;
    bool common;
} term;

typedef struct search {
    kor_memory *memory;
    const kor_filter *filter;
    size_t count;
    term terms[PHRASES];
    double average; /* length of an event in words */
    double best;    /* the score of an event that has it all */
    kor_match *matches;
    size_t matched, work; /* done so far: at most PASSED * SCORED */
} search;

/* ---- The ranking function ---- */

/* What it is given, by pointer: the expression's phrases from first on are the terms. */
typedef struct ranking {
    const search *search;
    size_t first;
} ranking;

static const char RANKING[] = "kor_ranking";

static void rank_event(const Fts5ExtensionApi *api, Fts5Context *fts, sqlite3_context *context,
                       int count, sqlite3_value **values)
{
    const ranking *r = count == 2 ? sqlite3_value_pointer(values[0], RANKING) : NULL;
    if (!r) {
        sqlite3_result_error(context, "kor_bm25: wrong use", -1);
        return;
    }
    int rc = SQLITE_OK;
    double length = sqlite3_value_double(values[1]);
    double norm = K1 * (1 - B + B * length / r->search->average), sum = 0;
    for (size_t i = 0; rc == SQLITE_OK && i < r->search->count; i++) {
        Fts5PhraseIter it;
        int column, offset;
        double tf = 0;
        rc = api->xPhraseFirst(fts, (int)(r->first + i), &it, &column, &offset);
        for (; rc == SQLITE_OK && column >= 0; api->xPhraseNext(fts, &it, &column, &offset)) {
            tf += column == 0 ? TITLE : 1;
        }
        sum += r->search->terms[i].idf * tf * (K1 + 1) / (tf + norm);
    }
    if (rc != SQLITE_OK) {
        sqlite3_result_error_code(context, rc);
    } else {
        sqlite3_result_double(context, sum / r->search->best);
    }
}

fts5_api *kor_bm25_api(kor_memory *memory)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement = NULL;
    int rc = sqlite3_prepare_v2(memory->db, "SELECT fts5(?1)", -1, &statement, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
        (void)sqlite3_step(statement);
    }
    (void)sqlite3_finalize(statement);
    return api;
}

kor_status kor_bm25_register(kor_memory *memory, kor_error *err)
{
    fts5_api *api = kor_bm25_api(memory);
    if (!api) return kor_fail(err, KOR_E_UNSUPPORTED, "this SQLite has no full-text search (FTS5)");
    if (api->xCreateFunction(api, "kor_bm25", NULL, rank_event, NULL) != SQLITE_OK) {
        return kor_store_fail(memory, "open", err);
    }
    return KOR_OK;
}

/* ---- The terms ---- */

/* As a string of the index's query language, in which nothing has a meaning. */
static void add_quoted(kor_str *s, const char *text)
{
    kor_str_putc(s, '"');
    for (; *text; text++) {
        if (*text == '"') kor_str_putc(s, '"');
        kor_str_putc(s, *text);
    }
    kor_str_putc(s, '"');
}

/* How many events have a term. Counting stops beyond COMMON, at an id that tells how fast they came
 * up to there; where not all events are seen, those that are say nothing of it, and are counted to
 * the end. */
static kor_status count_events(search *s, term *t, kor_error *err)
{
    static const char of_all[] = "SELECT count(*), max(rowid), (SELECT max(id) FROM events) FROM"
                                 " (SELECT rowid FROM words WHERE words MATCH ?1 LIMIT ?2)";
    static const char of_seen[] =
        "SELECT count(*), 1, 1 FROM words WHERE words MATCH ?1 AND kor_sees(rowid)";
    sqlite3_stmt *statement;
    bool row;
    kor_str quoted = {0};
    add_quoted(&quoted, t->text);
    if (quoted.failed) return kor_fail_memory(err);
    kor_status status =
        kor_store_prepare(s->memory, s->memory->sight.limited ? of_seen : of_all, &statement, err);
    if (status == KOR_OK) {
        (void)sqlite3_bind_text(statement, 1, quoted.data, (int)quoted.len, SQLITE_STATIC);
        (void)sqlite3_bind_int64(statement, 2, COMMON + 1);
        status = kor_store_step(s->memory, statement, &row, err);
    }
    if (status == KOR_OK) {
        t->df = row ? (double)sqlite3_column_int64(statement, 0) : 0;
        t->common = t->df > COMMON;
        if (t->common) {
            t->df *= (double)sqlite3_column_int64(statement, 2) /
                     (double)sqlite3_column_int64(statement, 1);
        }
        (void)sqlite3_reset(statement);
    }
    kor_str_free(&quoted);
    return status;
}

/* A term that is in no event is not searched for, but counts as what an answer might have had. */
static kor_status add_term(search *s, const char *text, bool *found, kor_error *err)
{
    term t = {.text = text};
    *found = false;
    if (s->count == PHRASES) return KOR_OK;
    KOR_TRY(count_events(s, &t, err));
    double n = (double)s->memory->events, df = fmin(fmax(t.df, 1), n);
    t.idf = log(1 + (n - df + 0.5) / (df + 0.5));
    s->best += t.idf * (K1 + 1);
    *found = t.df > 0;
    if (*found) s->terms[s->count++] = t;
    return KOR_OK;
}

/* A compound that is in no event in one piece is looked for in parts. */
static kor_status add_terms(search *s, const kor_question *question, kor_arena *arena,
                            kor_error *err)
{
    bool found;
    for (size_t i = 0; i < question->count; i++) {
        KOR_TRY(add_term(s, question->words[i].text, &found, err));
        if (found || !question->words[i].compound) continue;
        kor_question parts;
        KOR_TRY(kor_question_parts(&parts, &question->words[i], arena, err));
        for (size_t k = 0; k < parts.count; k++) {
            KOR_TRY(add_term(s, parts.words[k].text, &found, err));
        }
    }
    return KOR_OK;
}

static int by_rarity(const void *a, const void *b)
{
    const term *x = a, *y = b;
    return (x->df > y->df) - (x->df < y->df);
}

/* ---- The search ---- */

static void add_list(kor_str *s, const search *q, size_t count, const char *between)
{
    kor_str_putc(s, '(');
    for (size_t i = 0; i < count; i++) {
        if (i) kor_str_puts(s, between);
        add_quoted(s, q->terms[i].text);
    }
    kor_str_putc(s, ')');
}

/* Score what an expression finds in one span, the last stored first, until the work is done. The
 * filter is in the column, not in the WHERE, so that what it turns away is counted too. */
static kor_status run_span(search *s, const kor_str *expression, ranking *r, size_t span,
                           kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(
        s->memory,
        "SELECT e.id, e.time, e.digest,"
        " CASE WHEN e.scope = ?5 AND e.time >= ?6 AND e.time < ?7 THEN kor_bm25(words, ?1, "
        "e.length) END"
        " FROM words CROSS JOIN events e INDEXED BY events_rank ON e.id = words.rowid"
        " WHERE words MATCH ?2 AND words.rowid BETWEEN ?3 AND ?4 ORDER BY words.rowid DESC",
        &statement, err));
    const kor_filter *f = s->filter;
    (void)sqlite3_bind_pointer(statement, 1, r, RANKING, NULL);
    (void)sqlite3_bind_text(statement, 2, expression->data, (int)expression->len, SQLITE_STATIC);
    const int64_t values[] = {f->spans[span].first, f->spans[span].last, f->scope, f->from_ms,
                              f->to_ms};
    for (int i = 0; i < 5; i++) (void)sqlite3_bind_int64(statement, i + 3, values[i]);
    while (s->work <= PASSED * (SCORED - 1)) {
        KOR_TRY(kor_store_step(s->memory, statement, &row, err));
        if (!row) return KOR_OK;
        bool scored = sqlite3_column_type(statement, 3) != SQLITE_NULL &&
                      kor_filter_has(f, sqlite3_column_int64(statement, 0));
        s->work += scored ? PASSED : 1;
        if (!scored) continue;
        s->matches[s->matched++] = (kor_match){
            .id = sqlite3_column_int64(statement, 0),
            .time_ms = sqlite3_column_int64(statement, 1),
            .digest = sqlite3_column_int64(statement, 2),
            .score = sqlite3_column_double(statement, 3),
        };
    }
    (void)sqlite3_reset(statement);
    return KOR_OK;
}

/* The terms of the expression's phrases from first on must be all of the search's, in order. */
static kor_status run(search *s, const kor_str *expression, size_t first, kor_error *err)
{
    if (expression->failed) return kor_fail_memory(err);
    ranking r = {.search = s, .first = first};
    for (size_t i = s->filter->span_count; i-- > 0;) {
        KOR_TRY(run_span(s, expression, &r, i, err));
    }
    return KOR_OK;
}

/* The rarest terms that are in at most SCORED events together. */
static size_t count_rare(const search *s)
{
    double rows = 0;
    size_t n = 0;
    while (n < s->count && !s->terms[n].common && rows + s->terms[n].df <= SCORED) {
        rows += s->terms[n++].df;
    }
    return n;
}

/* Choose expressions that find the best events with bounded work. Where there are rare terms, an
 * event must have one of those, and common ones add to its score. Where all are common, the events
 * that have all of them come first, then those that have any. When few events pass the filter, or
 * no term is common, any word will do at once. */
static kor_status run_best(search *s, kor_str *expression, kor_error *err)
{
    qsort(s->terms, s->count, sizeof *s->terms, by_rarity);
    size_t rare = count_rare(s);
    if (s->filter->width > SCORED && rare < s->count) {
        if (rare) {
            add_list(expression, s, rare, " OR ");
            kor_str_puts(expression, " AND ");
            add_list(expression, s, s->count, " OR ");
            return run(s, expression, rare, err);
        }
        if (s->count > 1) {
            add_list(expression, s, s->count, " AND ");
            KOR_TRY(run(s, expression, 0, err));
            if (s->work > PASSED * (SCORED - 1)) return KOR_OK;
            kor_str_clear(expression);
        }
    }
    add_list(expression, s, s->count, " OR ");
    return run(s, expression, 0, err);
}

static int by_score(const void *a, const void *b)
{
    const kor_match *x = a, *y = b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    if (x->time_ms != y->time_ms) return x->time_ms < y->time_ms ? 1 : -1;
    return (x->id < y->id) - (x->id > y->id);
}

/* What two expressions found is there twice, side by side. */
static size_t drop_twins(kor_match *m, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!kept || m[kept - 1].id != m[i].id) m[kept++] = m[i];
    }
    return kept;
}

/* Keep the first of equal digests, and at most most in all. */
static size_t drop_repeats(kor_match *m, size_t count, size_t most)
{
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < most; i++) {
        size_t k = 0;
        while (k < kept && m[k].digest != m[i].digest) k++;
        if (k == kept) m[kept++] = m[i];
    }
    return kept;
}

kor_status kor_bm25_search(kor_memory *memory, const kor_filter *filter,
                           const kor_question *question, size_t most, kor_arena *arena,
                           kor_match **out, size_t *count, int64_t *matched, kor_error *err)
{
    *out = NULL;
    *count = 0;
    *matched = 0;
    if (!question->count || !filter->in_range) return KOR_OK;
    search s = {.memory = memory,
                .filter = filter,
                .average = fmax((double)memory->words / (double)memory->events, 1)};
    kor_str expression = {0};
    s.matches = kor_arena_array(arena, SCORED, sizeof *s.matches);
    kor_status status = s.matches ? add_terms(&s, question, arena, err) : kor_fail_memory(err);
    if (status == KOR_OK && s.count) status = run_best(&s, &expression, err);
    kor_str_free(&expression);
    KOR_TRY(status);
    qsort(s.matches, s.matched, sizeof *s.matches, by_score);
    s.matched = drop_twins(s.matches, s.matched);
    *out = s.matches;
    *matched = (int64_t)s.matched;
    *count = drop_repeats(s.matches, s.matched, most);
    return KOR_OK;
}
