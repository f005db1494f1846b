/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/annotations.h"

#include "base/hash.h"
#include "memory/store.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Storing ---- */

/* Rows that are known; 0: not yet. */
struct kor_annotator {
    kor_memory *memory;
    const kor_colony *colony;
    int64_t identity;
    int64_t field[KOR_PLAN_STEPS], model[KOR_PLAN_STEPS];
    int64_t *label[KOR_PLAN_STEPS]; /* [labels of the model] */
};

kor_status kor_annotator_new(kor_annotator **out, kor_memory *memory, const kor_colony *colony,
                             kor_error *err)
{
    *out = NULL;
    kor_annotator *a = calloc(1, sizeof *a);
    if (!a) return kor_fail_memory(err);
    a->memory = memory;
    a->colony = colony;
    a->identity = (int64_t)kor_colony_identity(colony);
    for (size_t i = 0; i < kor_colony_count(colony); i++) {
        size_t labels = kor_colony_get(colony, i)->info.labels;
        a->label[i] = calloc(labels + 1, sizeof *a->label[i]);
        if (!a->label[i]) {
            kor_annotator_free(a);
            return kor_fail_memory(err);
        }
    }
    *out = a;
    return KOR_OK;
}

void kor_annotator_free(kor_annotator *annotator)
{
    if (!annotator) return;
    for (size_t i = 0; i < KOR_PLAN_STEPS; i++) free(annotator->label[i]);
    free(annotator);
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* Run insert, then read the id that select gives; both have a number and a text. */
static kor_status make_row(kor_memory *m, const char *insert, const char *select, int64_t number,
                           const char *text, int64_t *id, kor_error *err)
{
    const char *const sql[] = {insert, select};
    for (size_t i = 0; i < 2; i++) {
        sqlite3_stmt *statement;
        bool row;
        KOR_TRY(kor_store_prepare(m, sql[i], &statement, err));
        (void)sqlite3_bind_int64(statement, 1, number);
        bind_text(statement, 2, text);
        KOR_TRY(kor_store_step(m, statement, &row, err));
        if (row) *id = sqlite3_column_int64(statement, 0);
        (void)sqlite3_reset(statement);
    }
    return KOR_OK;
}

static kor_status know_member(kor_annotator *a, size_t i, kor_error *err)
{
    const kor_colony_member *m = kor_colony_get(a->colony, i);
    if (a->field[i]) return KOR_OK;
    KOR_TRY(make_row(a->memory,
                     "INSERT INTO models(checksum, name, dim) VALUES(?1, ?2, 0)"
                     " ON CONFLICT DO NOTHING",
                     "SELECT id FROM models WHERE checksum = ?1", (int64_t)m->info.checksum,
                     m->step->model, &a->model[i], err));
    bool single = strcmp(m->info.head, "classify") == 0 && m->step->on == KOR_ON_TEXT;
    return make_row(a->memory,
                    "INSERT INTO fields(single, name) VALUES(?1, ?2)"
                    " ON CONFLICT(name) DO UPDATE SET single = excluded.single",
                    "SELECT id FROM fields WHERE name = ?2", single, m->step->fills, &a->field[i],
                    err);
}

static kor_status know_label(kor_annotator *a, const kor_annotation *n, kor_error *err)
{
    KOR_TRY(know_member(a, n->member, err));
    int64_t *id = &a->label[n->member][n->label_index];
    if (*id) return KOR_OK;
    return make_row(a->memory,
                    "INSERT INTO labels(field, name) VALUES(?1, ?2) ON CONFLICT DO NOTHING",
                    "SELECT id FROM labels WHERE field = ?1 AND name = ?2", a->field[n->member],
                    n->label, id, err);
}

static kor_status store_one(kor_annotator *a, int64_t event, const kor_annotation *n,
                            kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(know_label(a, n, err));
    KOR_TRY(kor_store_prepare(a->memory,
                              "INSERT INTO annotations VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
                              " ON CONFLICT DO NOTHING",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_int64(statement, 2, a->label[n->member][n->label_index]);
    bind_text(statement, 3, n->value);
    (void)sqlite3_bind_int(statement, 4, (int)n->place);
    (void)sqlite3_bind_int64(statement, 5, (int64_t)n->start);
    (void)sqlite3_bind_int64(statement, 6, (int64_t)n->end);
    (void)sqlite3_bind_int64(statement, 7, llround((double)n->score * 1000));
    (void)sqlite3_bind_int64(statement, 8, a->model[n->member]);
    return kor_store_step(a->memory, statement, &row, err);
}

/* Run a statement of an event and perhaps a field. */
static kor_status run_of(kor_memory *m, const char *sql, int64_t event, int64_t field,
                         kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(m, sql, &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_int64(statement, 2, field);
    return kor_store_step(m, statement, &row, err);
}

/* The dim of models that are none of a colony. */
#define OTHERS "-1"

/* The fields of which nothing new is known, between commas, which no name has in it. */
static void list_kept(const kor_annotator *a, uint64_t missed, kor_str *out)
{
    for (size_t i = 0; i < kor_colony_count(a->colony); i++) {
        const kor_colony_member *m = kor_colony_get(a->colony, i);
        if (!m->model || (missed >> i & 1)) kor_str_printf(out, ",%s,", m->step->fills);
    }
}

#define KEPT " (SELECT id FROM fields WHERE instr(?2, ',' || name || ',') > 0)"

/* Take away what was said before. */
static kor_status clear_event(kor_annotator *a, int64_t event, uint64_t missed, kor_error *err)
{
    static const char *const sql[] = {"DELETE FROM annotations WHERE event = ?1 AND model NOT IN"
                                      " (SELECT id FROM models WHERE dim = " OTHERS ")"
                                      " AND label NOT IN (SELECT id FROM labels WHERE field IN" KEPT
                                      ")",
                                      "DELETE FROM unsure WHERE event = ?1 AND field NOT IN" KEPT};
    kor_str kept = {0};
    list_kept(a, missed, &kept);
    kor_status status = kept.failed ? kor_fail_memory(err) : KOR_OK;
    for (size_t i = 0; i < 2 && status == KOR_OK; i++) {
        sqlite3_stmt *statement;
        bool row;
        status = kor_store_prepare(a->memory, sql[i], &statement, err);
        if (status != KOR_OK) break;
        (void)sqlite3_bind_int64(statement, 1, event);
        bind_text(statement, 2, kor_str_text(&kept));
        status = kor_store_step(a->memory, statement, &row, err);
    }
    kor_str_free(&kept);
    return status;
}

kor_status kor_annotator_store(kor_annotator *a, int64_t event, const kor_annotation *list,
                               size_t count, uint64_t unsure, uint64_t missed, kor_error *err)
{
    kor_memory *m = a->memory;
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(clear_event(a, event, missed, err));
    for (size_t i = 0; i < kor_colony_count(a->colony); i++) {
        if (!(unsure >> i & 1)) continue;
        KOR_TRY(know_member(a, i, err));
        KOR_TRY(run_of(m, "INSERT OR IGNORE INTO unsure VALUES(?1, ?2)", event, a->field[i], err));
    }
    /* What others said stays where there still is no answer. */
    KOR_TRY(run_of(m,
                   "DELETE FROM annotations WHERE event = ?1 AND model IN"
                   " (SELECT id FROM models WHERE dim = " OTHERS ") AND label NOT IN"
                   " (SELECT l.id FROM labels l JOIN unsure u ON u.field = l.field"
                   " WHERE u.event = ?1)",
                   event, 0, err));
    for (size_t i = 0; i < count; i++) KOR_TRY(store_one(a, event, &list[i], err));
    if (missed) return run_of(m, "DELETE FROM passes WHERE event = ?1", event, 0, err);
    KOR_TRY(kor_store_prepare(m, "INSERT OR REPLACE INTO passes VALUES(?1, ?2)", &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_int64(statement, 2, a->identity);
    return kor_store_step(m, statement, &row, err);
}

/* Not read by this colony, or, where there is an embedder, not by it. */
#define UNREAD                                                                                     \
    " FROM events e LEFT JOIN passes p ON p.event = e.id LEFT JOIN vectors v ON v.event = e.id"    \
    " WHERE (p.colony IS NOT ?1 OR (?2 AND v.model IS NOT (SELECT id FROM models"                  \
    " WHERE checksum = ?3)))"

kor_status kor_annotator_next(kor_annotator *a, int64_t *after, kor_arena *arena, kor_event *out,
                              bool *found, kor_error *err)
{
    for (;;) {
        int64_t id;
        const int64_t values[] = {a->identity, a->memory->embedder != NULL,
                                  (int64_t)a->memory->embedder_info.checksum, *after};
        KOR_TRY(kor_store_integer(a->memory,
                                  "SELECT e.id" UNREAD " AND e.id > ?4 ORDER BY e.id LIMIT 1", 4,
                                  values, &id, err));
        *found = id != 0;
        if (!*found) return KOR_OK;
        *after = id;
        kor_status status = kor_memory_get(a->memory, id, arena, out, err);
        if (status != KOR_E_NOT_FOUND) return status; /* forgotten since it was found */
    }
}

kor_status kor_annotator_waiting(kor_annotator *a, int64_t *count, kor_error *err)
{
    const int64_t values[] = {a->identity, a->memory->embedder != NULL,
                              (int64_t)a->memory->embedder_info.checksum};
    return kor_store_integer(a->memory, "SELECT count(*)" UNREAD, 3, values, count, err);
}

/* ---- What models are unsure of ---- */

kor_status kor_unsure_list(kor_memory *memory, const char *field, size_t limit, kor_arena *arena,
                           kor_event **out, size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row = true;
    *count = 0;
    *out = kor_arena_array(arena, limit, sizeof **out);
    int64_t *ids = kor_arena_array(arena, limit, sizeof *ids);
    if (!*out || !ids) return kor_fail_memory(err);
    KOR_TRY(kor_store_prepare(
        memory,
        "SELECT u.event FROM unsure u JOIN fields f ON f.id = u.field WHERE f.name = ?1"
        " AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.event = u.event AND c.field = ?1)"
        " AND NOT EXISTS (SELECT 1 FROM annotations a JOIN labels l ON l.id = a.label"
        "  WHERE a.event = u.event AND l.field = u.field)"
        " ORDER BY u.event DESC LIMIT ?2",
        &statement, err));
    bind_text(statement, 1, field);
    (void)sqlite3_bind_int64(statement, 2, (int64_t)limit);
    size_t found = 0;
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) break;
        ids[found++] = sqlite3_column_int64(statement, 0);
    }
    for (size_t i = 0; i < found; i++) {
        kor_status status = kor_memory_get(memory, ids[i], arena, &(*out)[*count], err);
        if (status == KOR_E_NOT_FOUND) continue; /* forgotten since it was found */
        KOR_TRY(status);
        ++*count;
    }
    return KOR_OK;
}

kor_status kor_unsure_answer(kor_memory *memory, int64_t event, const char *field,
                             const char *label, const char *who, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    int64_t model = 0, of = 0, id = 0;
    KOR_TRY(make_row(memory,
                     "INSERT INTO models(checksum, name, dim) VALUES(?1, ?2, " OTHERS ")"
                     " ON CONFLICT DO NOTHING",
                     "SELECT id FROM models WHERE checksum = ?1",
                     (int64_t)kor_hash64(who, strlen(who), 1), who, &model, err));
    KOR_TRY(kor_store_prepare(memory, "SELECT id FROM fields WHERE name = ?1", &statement, err));
    bind_text(statement, 1, field);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (!row) return kor_fail(err, KOR_E_NOT_FOUND, "no field '%.60s'", field);
    of = sqlite3_column_int64(statement, 0);
    (void)sqlite3_reset(statement);
    KOR_TRY(make_row(memory,
                     "INSERT INTO labels(field, name) VALUES(?1, ?2) ON CONFLICT DO NOTHING",
                     "SELECT id FROM labels WHERE field = ?1 AND name = ?2", of, label, &id, err));
    KOR_TRY(kor_store_prepare(memory,
                              "INSERT INTO annotations SELECT ?1, ?2, '', 0, 0, 0, 0, ?3"
                              " WHERE EXISTS (SELECT 1 FROM events WHERE id = ?1)"
                              " ON CONFLICT DO NOTHING",
                              &statement, err));
    const int64_t values[] = {event, id, model};
    for (int i = 0; i < 3; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    return kor_store_step(memory, statement, &row, err);
}

/* ---- Reading ---- */

static const char *copy_column(kor_arena *arena, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return kor_arena_copy(arena, text, (size_t)sqlite3_column_bytes(statement, column));
}

kor_status kor_annotations_list(kor_memory *memory, int64_t event, kor_arena *arena, kor_said **out,
                                size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    size_t cap = 0;
    bool row;
    *out = NULL;
    *count = 0;
    KOR_TRY(kor_store_prepare(
        memory,
        "SELECT f.name, l.name, a.value, a.place, a.start, a.stop, a.score, m.name, m.checksum"
        " FROM annotations a JOIN labels l ON l.id = a.label JOIN fields f ON f.id = l.field"
        " JOIN models m ON m.id = a.model WHERE a.event = ?1 AND kor_sees(?1)"
        " AND (NOT kor_redacts() OR (a.place = 0 AND a.value = ''))"
        " AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.event = ?1 AND c.field = f.name"
        "  AND (c.label = l.name OR (f.single AND c.is_on)))"
        " UNION ALL SELECT field, label, '', 0, 0, 0, 1000, NULL, 0 FROM corrections"
        "  WHERE event = ?1 AND is_on AND kor_sees(?1)"
        " ORDER BY 1, 4, 5, 7 DESC, 2",
        &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        if (*count == cap) {
            cap = cap ? 2 * cap : 16;
            kor_said *more = kor_arena_array(arena, cap, sizeof *more);
            if (!more) return kor_fail_memory(err);
            if (*count) memcpy(more, *out, *count * sizeof *more);
            *out = more;
        }
        kor_said *s = &(*out)[(*count)++];
        bool user = sqlite3_column_type(statement, 7) == SQLITE_NULL;
        int place = sqlite3_column_int(statement, 3);
        *s = (kor_said){.field = copy_column(arena, statement, 0),
                        .label = copy_column(arena, statement, 1),
                        .value = copy_column(arena, statement, 2),
                        .place = place == KOR_PLACE_TITLE || place == KOR_PLACE_TEXT
                                     ? (kor_place)place
                                     : KOR_PLACE_WHOLE,
                        .start = (size_t)sqlite3_column_int64(statement, 4),
                        .end = (size_t)sqlite3_column_int64(statement, 5),
                        .score = (double)sqlite3_column_int64(statement, 6) / 1000,
                        .model = user ? NULL : copy_column(arena, statement, 7),
                        .checksum = (uint64_t)sqlite3_column_int64(statement, 8)};
        if (!s->field || !s->label || !s->value || (!user && !s->model)) {
            (void)sqlite3_reset(statement);
            return kor_fail_memory(err);
        }
    }
}

/* ---- Filters ---- */

/* A label is in a list with commas. */
#define ONE_OF(label) "instr(',' || ?%d || ',', ',' || " label " || ',') > 0"

/* The events of which one thing holds. ?N.. are its field, label and value. */
static void add_wanted(kor_str *sql, const kor_wanted *w, int n)
{
    if (!w->field && !w->label) {
        kor_str_puts(sql, " AND e.id IN (SELECT event FROM passes)");
        return;
    }
    if (!w->field) {
        kor_str_printf(sql,
                       " AND e.source IN (SELECT id FROM sources WHERE instr(name, ',') = 0"
                       " AND " ONE_OF("name") ")",
                       n + 1);
        return;
    }
    kor_str_printf(sql,
                   " AND e.id IN (SELECT a.event FROM annotations a JOIN labels l ON l.id = a.label"
                   " JOIN fields f ON f.id = l.field WHERE f.name = ?%d",
                   n);
    kor_str_puts(sql, " AND (");
    if (w->label) kor_str_printf(sql, ONE_OF("l.name"), n + 1);
    if (w->label && w->value) kor_str_puts(sql, w->either ? " OR " : " AND ");
    /* Where names are not shown, nothing is found by them. */
    if (w->value)
        kor_str_printf(sql, "(NOT kor_redacts() AND instr(lower(a.value), ?%d) > 0)", n + 2);
    if (!w->label && !w->value) kor_str_puts(sql, "1");
    kor_str_puts(sql, ")");
    /* The user's word is above the model's. */
    kor_str_puts(sql, " AND NOT EXISTS (SELECT 1 FROM corrections c WHERE c.event = a.event"
                      " AND c.field = f.name AND (c.label = l.name OR (f.single AND c.is_on)))");
    kor_str_printf(sql, " UNION SELECT event FROM corrections WHERE is_on AND field = ?%d", n);
    if (w->label) kor_str_printf(sql, " AND " ONE_OF("label"), n + 1);
    kor_str_puts(sql, ")");
}

kor_status kor_annotations_find(kor_memory *memory, const kor_wanted *wanted, size_t count,
                                int64_t scope, int64_t from_ms, int64_t to_ms, kor_arena *arena,
                                int64_t **ids, size_t *found, kor_error *err)
{
    kor_str sql = {0};
    sqlite3_stmt *statement = NULL;
    size_t cap = 0;
    *ids = NULL;
    *found = 0;
    kor_str_puts(&sql,
                 "SELECT e.id FROM events e WHERE e.scope = ?1 AND e.time >= ?2 AND e.time < ?3"
                 " AND kor_sees(e.id)");
    for (size_t i = 0; i < count; i++) add_wanted(&sql, &wanted[i], 4 + 3 * (int)i);
    kor_str_puts(&sql, " ORDER BY e.id");
    kor_status status = sql.failed ? kor_fail_memory(err) : KOR_OK;
    if (status == KOR_OK && sqlite3_prepare_v2(memory->db, sql.data, -1, &statement, NULL))
        status = kor_store_fail(memory, "read", err);
    if (status == KOR_OK) {
        const int64_t numbers[] = {scope, from_ms, to_ms};
        for (int i = 0; i < 3; i++) (void)sqlite3_bind_int64(statement, i + 1, numbers[i]);
        for (size_t i = 0; i < count; i++) {
            int n = 4 + 3 * (int)i;
            if (wanted[i].field) bind_text(statement, n, wanted[i].field);
            if (wanted[i].label) bind_text(statement, n + 1, wanted[i].label);
            if (wanted[i].value) bind_text(statement, n + 2, wanted[i].value);
        }
    }
    bool row = true;
    while (status == KOR_OK && (status = kor_store_step(memory, statement, &row, err)) == KOR_OK &&
           row) {
        if (*found == cap) {
            cap = cap ? 2 * cap : 256;
            int64_t *more = kor_arena_array(arena, cap, sizeof *more);
            if (!more) {
                status = kor_fail_memory(err);
                break;
            }
            if (*found) memcpy(more, *ids, *found * sizeof *more);
            *ids = more;
        }
        (*ids)[(*found)++] = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    kor_str_free(&sql);
    return status;
}

kor_status kor_annotations_events(kor_memory *memory, const kor_wanted *wanted, size_t count,
                                  const char *scope, int64_t from_ms, int64_t to_ms,
                                  kor_arena *arena, int64_t **ids, size_t *found, kor_error *err)
{
    int64_t row;
    KOR_TRY(kor_store_begin_read(memory, err));
    kor_status status = kor_store_scope(memory, scope, &row, err);
    if (status == KOR_OK)
        status = kor_annotations_find(memory, wanted, count, row, from_ms, to_ms, arena, ids, found,
                                      err);
    kor_store_end_read(memory);
    return status;
}

kor_status kor_annotations_labels(kor_memory *memory, const char *field, kor_str *out,
                                  kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT l.name, count(*) FROM labels l JOIN fields f ON f.id = "
                              "l.field JOIN annotations a ON a.label = l.id WHERE f.name = ?1"
                              " AND kor_sees(a.event) GROUP BY l.id ORDER BY 2 DESC, 1 LIMIT 20",
                              &statement, err));
    bind_text(statement, 1, field);
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        if (out->len) kor_str_puts(out, ", ");
        kor_str_printf(out, "%s (%lld)", (const char *)sqlite3_column_text(statement, 0),
                       (long long)sqlite3_column_int64(statement, 1));
    }
}
