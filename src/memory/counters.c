/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/counters.h"

#include "memory/store.h"

#include <string.h>

kor_status kor_counters_add(kor_memory *memory, const char *name, int64_t delta, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (delta == 0) return KOR_OK;
    KOR_TRY(kor_store_prepare(memory,
                              "INSERT INTO counters VALUES(?1, ?2)"
                              " ON CONFLICT DO UPDATE SET value = value + excluded.value",
                              &statement, err));
    (void)sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 2, delta);
    return kor_store_step(memory, statement, &row, err);
}

kor_status kor_counters_list(kor_memory *memory, const char *prefix, kor_arena *arena,
                             kor_counter **out, size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    size_t cap = 0;
    bool row;
    *out = NULL;
    *count = 0;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT name, value FROM counters WHERE substr(name, 1, length(?1)) ="
                              " ?1 ORDER BY name",
                              &statement, err));
    (void)sqlite3_bind_text(statement, 1, prefix, -1, SQLITE_STATIC);
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        if (*count == cap) {
            cap = cap ? 2 * cap : 64;
            kor_counter *more = kor_arena_array(arena, cap, sizeof *more);
            if (!more) return kor_fail_memory(err);
            if (*count) memcpy(more, *out, *count * sizeof *more);
            *out = more;
        }
        kor_counter *c = &(*out)[(*count)++];
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        c->name = kor_arena_copy(arena, name, strlen(name));
        c->value = sqlite3_column_int64(statement, 1);
        if (!c->name) return kor_fail_memory(err);
    }
}
