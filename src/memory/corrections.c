/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/corrections.h"

#include "base/zone.h"
#include "memory/changes.h"
#include "memory/store.h"

#include <string.h>

enum { OTHERS_BYTES = 1 << 24 }; /* of text that kor_corrections_others gives, about */

static kor_status find_event(kor_memory *memory, int64_t event, kor_error *err)
{
    int64_t there;
    KOR_TRY(kor_store_integer(memory, "SELECT count(*) FROM events WHERE id = ?1", 1, &event,
                              &there, err));
    if (there) return KOR_OK;
    return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld", (long long)event);
}

static kor_status add_one(kor_memory *memory, int64_t event, const kor_correction *c,
                          int64_t now_ms, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (c->alone) {
        KOR_TRY(kor_store_prepare(memory, "DELETE FROM corrections WHERE event = ?1 AND field = ?2",
                                  &statement, err));
        (void)sqlite3_bind_int64(statement, 1, event);
        (void)sqlite3_bind_text(statement, 2, c->field, -1, SQLITE_STATIC);
        KOR_TRY(kor_store_step(memory, statement, &row, err));
    }
    KOR_TRY(kor_store_prepare(memory,
                              "INSERT INTO corrections VALUES(?1, ?2, ?3, ?4, ?5)"
                              " ON CONFLICT DO UPDATE SET is_on = excluded.is_on,"
                              " time = excluded.time",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_text(statement, 2, c->field, -1, SQLITE_STATIC);
    (void)sqlite3_bind_text(statement, 3, c->label, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int(statement, 4, c->on);
    (void)sqlite3_bind_int64(statement, 5, now_ms);
    return kor_store_step(memory, statement, &row, err);
}

kor_status kor_corrections_add(kor_memory *memory, int64_t event, const kor_correction *corrections,
                               size_t count, kor_error *err)
{
    int64_t now_ms = kor_now_ms();
    KOR_TRY(kor_store_exec(memory, "BEGIN IMMEDIATE", err));
    kor_status status = find_event(memory, event, err);
    for (size_t i = 0; status == KOR_OK && i < count; i++)
        status = add_one(memory, event, &corrections[i], now_ms, err);
    if (status == KOR_OK) status = kor_changes_count(memory, err);
    if (status == KOR_OK) status = kor_store_exec(memory, "COMMIT", err);
    if (status != KOR_OK) (void)sqlite3_exec(memory->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

kor_status kor_corrections_undo(kor_memory *memory, int64_t event, int64_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    *count = 0;
    KOR_TRY(kor_store_exec(memory, "BEGIN IMMEDIATE", err));
    kor_status status = find_event(memory, event, err);
    if (status == KOR_OK)
        status =
            kor_store_prepare(memory, "DELETE FROM corrections WHERE event = ?1", &statement, err);
    if (status == KOR_OK) {
        (void)sqlite3_bind_int64(statement, 1, event);
        status = kor_store_step(memory, statement, &row, err);
    }
    if (status == KOR_OK) *count = sqlite3_changes(memory->db);
    if (status == KOR_OK && *count) status = kor_changes_count(memory, err);
    if (status == KOR_OK) status = kor_store_exec(memory, "COMMIT", err);
    if (status != KOR_OK) (void)sqlite3_exec(memory->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static const char *copy_column(kor_arena *arena, sqlite3_stmt *statement, int column)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return kor_arena_copy(arena, text, (size_t)sqlite3_column_bytes(statement, column));
}

static kor_status read_all(kor_memory *memory, sqlite3_stmt *statement, kor_arena *arena,
                           kor_correction **out, size_t *count, kor_error *err)
{
    size_t cap = 0;
    bool row;
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        if (*count == cap) {
            cap = cap ? 2 * cap : 16;
            kor_correction *more = kor_arena_array(arena, cap, sizeof *more);
            if (!more) return kor_fail_memory(err);
            if (*count) memcpy(more, *out, *count * sizeof *more);
            *out = more;
        }
        kor_correction *c = &(*out)[*count];
        *c = (kor_correction){.event = sqlite3_column_int64(statement, 0),
                              .field = copy_column(arena, statement, 1),
                              .label = copy_column(arena, statement, 2),
                              .on = sqlite3_column_int(statement, 3) != 0,
                              .time_ms = sqlite3_column_int64(statement, 4)};
        if (!c->field || !c->label) return kor_fail_memory(err);
        ++*count;
    }
}

kor_status kor_corrections_list(kor_memory *memory, int64_t event, const char *field,
                                kor_arena *arena, kor_correction **out, size_t *count,
                                kor_error *err)
{
    sqlite3_stmt *statement;
    *out = NULL;
    *count = 0;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT event, field, label, is_on, time FROM corrections"
                              " WHERE (?1 = 0 OR event = ?1) AND (?2 IS NULL OR field = ?2)"
                              " ORDER BY event, field, label",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    if (field) (void)sqlite3_bind_text(statement, 2, field, -1, SQLITE_STATIC);
    kor_status status = read_all(memory, statement, arena, out, count, err);
    (void)sqlite3_reset(statement);
    return status;
}

kor_status kor_corrections_others(kor_memory *memory, const char *field, size_t limit,
                                  kor_arena *arena, kor_event **out, size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    int64_t *id = kor_arena_array(arena, limit, sizeof *id);
    *out = kor_arena_array(arena, limit, sizeof **out);
    *count = 0;
    if (!id || !*out) return kor_fail_memory(err);
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT id FROM events WHERE id NOT IN"
                              " (SELECT event FROM corrections WHERE field = ?1)"
                              " ORDER BY id DESC LIMIT ?2",
                              &statement, err));
    (void)sqlite3_bind_text(statement, 1, field, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, (int64_t)limit);
    size_t n = 0;
    kor_status status;
    while ((status = kor_store_step(memory, statement, &row, err)) == KOR_OK && row && n < limit)
        id[n++] = sqlite3_column_int64(statement, 0);
    (void)sqlite3_reset(statement);
    for (size_t bytes = 0; status == KOR_OK && *count < n && bytes < OTHERS_BYTES; ++*count) {
        status = kor_memory_get(memory, id[*count], arena, &(*out)[*count], err);
        if (status == KOR_OK) bytes += (*out)[*count].text_len;
    }
    return status;
}
