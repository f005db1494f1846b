/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/related.h"

#include "base/str.h"
#include "memory/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    VALUES = 16,  /* things named that are followed */
    EVENTS = 100, /* the latest events that name one of them */
    MOST = VALUES * EVENTS + KOR_VECTORS_NEAR
};

/* Two texts below it have seldom to do with each other (see recall.c). */
static const double NEAR = 0.3;

typedef struct candidate {
    int64_t id;
    double cosine, apart; /* apart: 1 less what they share, multiplied */
    kor_str shared;
} candidate;

typedef struct search {
    kor_memory *memory;
    int64_t id, scope;
    candidate *list; /* [MOST] */
    size_t count;
} search;

static candidate *of(search *s, int64_t id)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->list[i].id == id) return &s->list[i];
    if (s->count == MOST) return NULL;
    candidate *c = &s->list[s->count++];
    *c = (candidate){.id = id, .apart = 1};
    return c;
}

/* ---- What both name ---- */

typedef struct value {
    int64_t label;
    const char *name, *text;
} value;

static kor_status read_values(search *s, kor_arena *arena, value list[VALUES], size_t *count,
                              kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    *count = 0;
    KOR_TRY(kor_store_prepare(s->memory,
                              "SELECT a.label, l.name, a.value FROM annotations a"
                              " JOIN labels l ON l.id = a.label"
                              " WHERE a.event = ?1 AND a.value <> '' AND NOT kor_redacts() ORDER "
                              "BY a.score DESC LIMIT ?2",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, s->id);
    (void)sqlite3_bind_int(statement, 2, VALUES);
    for (;;) {
        KOR_TRY(kor_store_step(s->memory, statement, &row, err));
        if (!row) return KOR_OK;
        value *v = &list[(*count)++];
        const char *name = (const char *)sqlite3_column_text(statement, 1);
        const char *text = (const char *)sqlite3_column_text(statement, 2);
        *v = (value){sqlite3_column_int64(statement, 0), kor_arena_copy(arena, name, strlen(name)),
                     kor_arena_copy(arena, text, strlen(text))};
        if (v->name && v->text) continue;
        (void)sqlite3_reset(statement);
        return kor_fail_memory(err);
    }
}

/* What few events name says more than what all do. */
static kor_status follow(search *s, const value *v, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    int64_t ids[EVENTS];
    size_t n = 0;
    KOR_TRY(
        kor_store_prepare(s->memory,
                          "SELECT a.event FROM annotations a JOIN events e ON e.id = a.event"
                          " WHERE a.label = ?1 AND a.value = ?2 AND e.scope = ?3"
                          " AND a.event <> ?4 AND kor_sees(a.event) ORDER BY a.event DESC LIMIT ?5",
                          &statement, err));
    (void)sqlite3_bind_int64(statement, 1, v->label);
    (void)sqlite3_bind_text(statement, 2, v->text, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 3, s->scope);
    (void)sqlite3_bind_int64(statement, 4, s->id);
    (void)sqlite3_bind_int(statement, 5, EVENTS);
    for (;;) {
        KOR_TRY(kor_store_step(s->memory, statement, &row, err));
        if (!row) break;
        ids[n++] = sqlite3_column_int64(statement, 0);
    }
    for (size_t i = 0; i < n; i++) {
        candidate *c = of(s, ids[i]);
        if (!c) return KOR_OK;
        c->apart *= 1 - 0.8 / log2(3 + (double)n);
        kor_str_printf(&c->shared, "%s%s %s", c->shared.len ? ", " : "", v->name, v->text);
        if (c->shared.failed) return kor_fail_memory(err);
    }
    return KOR_OK;
}

static kor_status follow_all(search *s, kor_arena *arena, kor_error *err)
{
    value list[VALUES];
    size_t count;
    KOR_TRY(read_values(s, arena, list, &count, err));
    for (size_t i = 0; i < count; i++) KOR_TRY(follow(s, &list[i], err));
    return KOR_OK;
}

/* ---- What is near in meaning ---- */

/* The event's own vector; *vector is NULL where it has none. */
static kor_status read_vector(search *s, kor_arena *arena, float **vector, kor_error *err)
{
    kor_memory *m = s->memory;
    sqlite3_stmt *statement;
    bool row;
    *vector = NULL;
    KOR_TRY(kor_store_prepare(m, "SELECT scale, code FROM vectors WHERE event = ?1 AND model = ?2",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, s->id);
    (void)sqlite3_bind_int64(statement, 2, m->model);
    KOR_TRY(kor_store_step(m, statement, &row, err));
    if (!row) return KOR_OK;
    float scale = (float)sqlite3_column_double(statement, 0);
    const int8_t *code = sqlite3_column_blob(statement, 1);
    kor_status status = KOR_OK;
    if (code && (size_t)sqlite3_column_bytes(statement, 1) == m->vectors.dim) {
        *vector = kor_arena_array(arena, m->vectors.dim, sizeof **vector);
        if (!*vector) status = kor_fail_memory(err);
        for (size_t i = 0; *vector && i < m->vectors.dim; i++)
            (*vector)[i] = scale * (float)code[i];
    }
    (void)sqlite3_reset(statement);
    return status;
}

static kor_status find_near(search *s, const char *scope, kor_arena *arena, kor_error *err)
{
    float *vector;
    kor_filter filter;
    kor_scan scan;
    kor_near none; /* of these the cosine would be asked for in any case */
    KOR_TRY(kor_store_update_vectors(s->memory, err));
    if (!s->memory->model) return KOR_OK;
    KOR_TRY(read_vector(s, arena, &vector, err));
    if (!vector) return KOR_OK;
    KOR_TRY(kor_filter_make(&filter, s->memory, scope, false, 0, 0, NULL, 0, arena, err));
    KOR_TRY(kor_vectors_scan(s->memory, vector, &filter, &none, 0, &scan, err));
    for (size_t i = 0; i < scan.count; i++) {
        const kor_near *near = &scan.near[i];
        if (near->id == s->id || (double)near->cosine < NEAR) continue;
        candidate *c = of(s, near->id);
        if (c) c->cosine = fmin((double)near->cosine, 1);
    }
    return KOR_OK;
}

/* ---- Both ---- */

static double score(const candidate *c)
{
    return 1 - c->apart * (1 - c->cosine);
}

static int by_score(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    double d = score(y) - score(x);
    return d > 0 ? 1 : d < 0 ? -1 : (x->id < y->id) - (x->id > y->id);
}

static kor_status take(search *s, size_t limit, kor_arena *arena, kor_related **out, size_t *count,
                       kor_error *err)
{
    qsort(s->list, s->count, sizeof *s->list, by_score);
    *out = kor_arena_array(arena, limit, sizeof **out);
    if (!*out) return kor_fail_memory(err);
    for (size_t i = 0; i < s->count && *count < limit; i++) {
        const candidate *c = &s->list[i];
        kor_related *r = &(*out)[*count];
        KOR_TRY(kor_memory_get(s->memory, c->id, arena, &r->event, err));
        r->score = score(c);
        r->cosine = c->cosine;
        r->shared = kor_arena_copy(arena, kor_str_text(&c->shared), c->shared.len);
        if (!r->shared) return kor_fail_memory(err);
        ++*count;
    }
    return KOR_OK;
}

static kor_status find(search *s, size_t limit, kor_arena *arena, kor_related **out, size_t *count,
                       kor_error *err)
{
    kor_event event;
    KOR_TRY(kor_memory_get(s->memory, s->id, arena, &event, err));
    KOR_TRY(kor_store_scope(s->memory, event.scope, &s->scope, err));
    KOR_TRY(follow_all(s, arena, err));
    KOR_TRY(find_near(s, event.scope, arena, err));
    return take(s, limit, arena, out, count, err);
}

kor_status kor_related_find(kor_memory *memory, int64_t id, size_t limit, kor_arena *arena,
                            kor_related **out, size_t *count, kor_error *err)
{
    search s = {.memory = memory, .id = id};
    *out = NULL;
    *count = 0;
    s.list = calloc(MOST, sizeof *s.list);
    if (!s.list) return kor_fail_memory(err);
    kor_status status = kor_store_begin_read(memory, err);
    if (status == KOR_OK) {
        status = find(&s, limit, arena, out, count, err);
        kor_store_end_read(memory);
    }
    for (size_t i = 0; i < s.count; i++) kor_str_free(&s.list[i].shared);
    free(s.list);
    if (status != KOR_OK) *count = 0;
    return status;
}
