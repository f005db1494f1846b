/* SPDX-License-Identifier: Apache-2.0 */
/* Reading events, counting them, and checking that all parts of a memory agree. */
#include "memory/store.h"

#include <stdlib.h>
#include <string.h>

static const char *column_text(sqlite3_stmt *statement, int column)
{
    return (const char *)sqlite3_column_text(statement, column);
}

void kor_store_read_event(sqlite3_stmt *statement, kor_event *out)
{
    const char *scope = column_text(statement, 9), *text = column_text(statement, 10);
    *out = (kor_event){
        .id = sqlite3_column_int64(statement, 0),
        .time_ms = sqlite3_column_int64(statement, 1),
        .stored_ms = sqlite3_column_int64(statement, 2),
        .offset_min = sqlite3_column_int(statement, 3),
        .source = column_text(statement, 4),
        .ref = column_text(statement, 5),
        .app = column_text(statement, 6),
        .title = column_text(statement, 7),
        .uri = column_text(statement, 8),
        .scope = scope && *scope ? scope : NULL,
        .text = text ? text : "",
        .text_len = (size_t)sqlite3_column_bytes(statement, 10),
    };
}

static bool copy_string(kor_arena *arena, const char **s)
{
    if (*s) *s = kor_arena_copy(arena, *s, strlen(*s));
    return *s != NULL;
}

static kor_status copy_event(kor_arena *arena, const kor_event *from, kor_event *out,
                             kor_error *err)
{
    *out = *from;
    bool ok = copy_string(arena, &out->source);
    if (out->ref) ok = copy_string(arena, &out->ref) && ok;
    if (out->app) ok = copy_string(arena, &out->app) && ok;
    if (out->title) ok = copy_string(arena, &out->title) && ok;
    if (out->uri) ok = copy_string(arena, &out->uri) && ok;
    if (out->scope) ok = copy_string(arena, &out->scope) && ok;
    out->text = kor_arena_copy(arena, from->text, from->text_len);
    return ok && out->text ? KOR_OK : kor_fail_memory(err);
}

kor_status kor_memory_get(kor_memory *memory, int64_t id, kor_arena *arena, kor_event *out,
                          kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory, KOR_STORE_EVENT "WHERE e.id = ?1 AND kor_sees(e.id)",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, id);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (!row) return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld", (long long)id);
    kor_event event;
    kor_store_read_event(statement, &event);
    kor_status status = copy_event(arena, &event, out, err);
    (void)sqlite3_reset(statement);
    return status == KOR_OK ? kor_redact_event(memory, arena, out, err) : status;
}

/* After the *count that are there, at most limit in all. */
static kor_status add_newest(kor_memory *memory, const char *scope, int64_t least, int64_t most,
                             size_t limit, int64_t *ids, size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    /* By the index that is in the order of ids: one of a scope would have to be sorted. */
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT id FROM events INDEXED BY events_rank WHERE"
                              " id BETWEEN ?1 AND ?2 AND +scope = (SELECT id FROM scopes WHERE"
                              " name = ?3) AND kor_sees(id) ORDER BY id DESC LIMIT ?4",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, least);
    (void)sqlite3_bind_int64(statement, 2, most);
    (void)sqlite3_bind_text(statement, 3, scope ? scope : "", -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 4, (sqlite3_int64)(limit - *count));
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        ids[(*count)++] = sqlite3_column_int64(statement, 0);
    }
}

/* 12 is the beginning of 12, of 120 to 129, of 1200 to 1299 ... */
kor_status kor_memory_newest(kor_memory *memory, const char *scope, const char *prefix,
                             size_t limit, int64_t *ids, size_t *count, kor_error *err)
{
    enum { DIGITS = 18 };
    size_t len = strlen(prefix);
    *count = 0;
    if (!len) return add_newest(memory, scope, 1, INT64_MAX, limit, ids, count, err);
    if (len > DIGITS || *prefix == '0' || strspn(prefix, "0123456789") != len) return KOR_OK;
    int64_t first = strtoll(prefix, NULL, 10), width = 1;
    for (size_t i = len; i < DIGITS; i++) width *= 10;
    for (; width && *count < limit; width /= 10)
        KOR_TRY(add_newest(memory, scope, first * width, first * width + (width - 1), limit, ids,
                           count, err));
    return KOR_OK;
}

kor_status kor_memory_each(kor_memory *memory, int64_t from_ms, int64_t to_ms,
                           kor_status (*visit)(void *arg, const kor_event *event, kor_error *err),
                           void *arg, kor_error *err)
{
    /* Not from the cache: visit may well come back here. */
    sqlite3_stmt *statement;
    static const char sql[] = KOR_STORE_EVENT
        "WHERE e.id IN (SELECT id FROM events WHERE scope IN (SELECT id FROM scopes)"
        " AND time >= ?1 AND time < ?2 AND kor_sees(id)) ORDER BY e.time, e.id";
    if (sqlite3_prepare_v2(memory->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        return kor_store_fail(memory, "read", err);
    }
    (void)sqlite3_bind_int64(statement, 1, from_ms);
    (void)sqlite3_bind_int64(statement, 2, to_ms);
    kor_status status;
    bool row;
    while ((status = kor_store_step(memory, statement, &row, err)) == KOR_OK && row) {
        kor_event event;
        kor_arena cut = {0};
        kor_store_read_event(statement, &event);
        status = kor_redact_event(memory, &cut, &event, err);
        if (status == KOR_OK) status = visit(arg, &event, err);
        kor_arena_free(&cut);
        if (status != KOR_OK) break;
    }
    (void)sqlite3_finalize(statement);
    return status;
}

kor_status kor_memory_each_after(kor_memory *memory, int64_t after,
                                 bool (*visit)(void *arg, const kor_event *event), void *arg,
                                 kor_error *err)
{
    sqlite3_stmt *statement;
    kor_status status;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              KOR_STORE_EVENT "WHERE e.id > ?1 AND kor_sees(e.id) ORDER BY e.id",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, after);
    for (bool more = true; more;) {
        kor_event event;
        kor_arena cut = {0};
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        kor_store_read_event(statement, &event);
        status = kor_redact_event(memory, &cut, &event, err);
        more = status == KOR_OK && visit(arg, &event);
        kor_arena_free(&cut);
    }
    (void)sqlite3_reset(statement);
    return status;
}

static kor_status read_times(kor_memory *memory, kor_memory_stats *out, kor_error *err)
{
    if (memory->sight.limited) return kor_limit_times(memory, &out->first_ms, &out->last_ms, err);
    KOR_TRY(kor_store_integer(memory,
                              "SELECT min((SELECT min(time) FROM events WHERE scope = s.id))"
                              " FROM scopes s",
                              0, NULL, &out->first_ms, err));
    return kor_store_integer(memory,
                             "SELECT max((SELECT max(time) FROM events WHERE scope = s.id))"
                             " FROM scopes s",
                             0, NULL, &out->last_ms, err);
}

static kor_status read_stats(kor_memory *memory, kor_memory_stats *out, kor_error *err)
{
    int64_t pages, page_bytes, schema;
    out->events = memory->events;
    KOR_TRY(read_times(memory, out, err));
    KOR_TRY(
        kor_store_integer(memory, "SELECT sum(bytes) FROM scopes", 0, NULL, &out->text_bytes, err));
    KOR_TRY(kor_store_integer(memory, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", 0,
                              NULL, &out->last_id, err));
    KOR_TRY(kor_store_integer(memory, "SELECT count(*) FROM likeness WHERE repeats NOT NULL", 0,
                              NULL, &out->repeats, err));
    KOR_TRY(kor_store_integer(memory, "PRAGMA page_count", 0, NULL, &pages, err));
    KOR_TRY(kor_store_integer(memory, "PRAGMA page_size", 0, NULL, &page_bytes, err));
    KOR_TRY(kor_store_integer(memory, "PRAGMA user_version", 0, NULL, &schema, err));
    out->file_bytes = pages * page_bytes;
    out->schema = (int32_t)schema;
    KOR_TRY(kor_store_update_vectors(memory, err));
    out->vectors = (int64_t)(memory->vectors.filed + memory->vectors.tailed);
    return KOR_OK;
}

kor_status kor_memory_get_stats(kor_memory *memory, kor_memory_stats *out, kor_error *err)
{
    *out = (kor_memory_stats){0};
    KOR_TRY(kor_store_begin_read(memory, err));
    kor_status status = read_stats(memory, out, err);
    kor_store_end_read(memory);
    return status;
}

/* ---- Checking ---- */

static kor_status check_database(kor_memory *memory, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory, "PRAGMA quick_check(1)", &statement, err));
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    kor_status status = KOR_OK;
    const char *finding = row ? column_text(statement, 0) : NULL;
    if (!finding || strcmp(finding, "ok") != 0) {
        status = kor_fail(err, KOR_E_DAMAGED, "%s: the memory is damaged: %s", memory->path,
                          finding ? finding : "it cannot be checked");
    }
    (void)sqlite3_reset(statement);
    return status;
}

/* The index checks itself against the events through an INSERT, which a memory that is opened to
 * read has to be allowed for this once; one in a read-only place is left unchecked. */
static kor_status check_words(kor_memory *memory, kor_error *err)
{
    if (sqlite3_db_readonly(memory->db, "main") == 1) return KOR_OK;
    KOR_TRY(kor_store_exec(memory, "PRAGMA query_only = OFF", err));
    int rc = sqlite3_exec(memory->db, "INSERT INTO words(words, rank) VALUES('integrity-check', 1)",
                          NULL, NULL, NULL);
    kor_status status = KOR_OK;
    if ((rc & 0xff) == SQLITE_CORRUPT) {
        status = kor_fail(err, KOR_E_DAMAGED,
                          "%s: the index of words does not agree with the events", memory->path);
    } else if (rc != SQLITE_OK) {
        status = kor_store_fail(memory, "check it", err);
    }
    if (memory->mode == KOR_MEMORY_READ) {
        kor_status again = kor_store_exec(memory, "PRAGMA query_only = ON", err);
        if (status == KOR_OK) status = again;
    }
    return status;
}

/* Each counts what should not be. */
static const struct {
    const char *sql, *finding;
} rules[] = {
    {"SELECT count(*) FROM vectors v LEFT JOIN events e ON e.id = v.event WHERE e.id IS NULL",
     "vectors of events that are gone"},
    {"SELECT count(*) FROM vectors v LEFT JOIN models m ON m.id = v.model"
     " WHERE m.id IS NULL OR length(v.code) <> m.dim OR NOT v.scale BETWEEN 0 AND 1e30",
     "vectors that do not fit their model"},
    {"SELECT count(*) FROM corrections c LEFT JOIN events e ON e.id = c.event WHERE e.id IS NULL",
     "corrections of events that are gone"},
    {"SELECT count(*) FROM annotations a LEFT JOIN events e ON e.id = a.event"
     " LEFT JOIN labels l ON l.id = a.label LEFT JOIN fields f ON f.id = l.field"
     " LEFT JOIN models m ON m.id = a.model"
     " WHERE e.id IS NULL OR f.id IS NULL OR m.id IS NULL OR a.place NOT BETWEEN 0 AND 2",
     "annotations that belong to nothing"},
    {"SELECT (SELECT count(*) FROM unsure WHERE event NOT IN (SELECT id FROM events)) +"
     " (SELECT count(*) FROM passes WHERE event NOT IN (SELECT id FROM events)) +"
     " (SELECT count(*) FROM likeness WHERE event NOT IN (SELECT id FROM events))",
     "readings of events that are gone"},
    {"SELECT count(*) FROM events e LEFT JOIN sources s ON s.id = e.source"
     " LEFT JOIN scopes c ON c.id = e.scope WHERE s.id IS NULL OR c.id IS NULL",
     "events without a source or a scope"},
    {"SELECT count(*) FROM scopes c WHERE events <> (SELECT count(*) FROM events WHERE scope = "
     "c.id)",
     "scopes that count their events wrongly"},
};

kor_status kor_memory_check(kor_memory *memory, kor_error *err)
{
    KOR_TRY(check_database(memory, err));
    KOR_TRY(check_words(memory, err));
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        int64_t count;
        KOR_TRY(kor_store_integer(memory, rules[i].sql, 0, NULL, &count, err));
        if (count) {
            return kor_fail(err, KOR_E_DAMAGED, "%s: %lld %s", memory->path, (long long)count,
                            rules[i].finding);
        }
    }
    KOR_TRY(kor_store_update_vectors(memory, err));
    /* The sidecar has no checksums: that it is made anew is its check. */
    return memory->model ? kor_vectors_rebuild(memory, err) : KOR_OK;
}
