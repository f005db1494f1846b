/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/limit.h"

#include "memory/annotations.h"
#include "memory/store.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

bool kor_memory_sees(const kor_memory *memory, int64_t event)
{
    const kor_sight *s = &memory->sight;
    return !s->limited || (s->count && bsearch(&event, s->ids, s->count, sizeof *s->ids, by_value));
}

static void sees(sqlite3_context *context, int count, sqlite3_value **values)
{
    const kor_memory *memory = sqlite3_user_data(context);
    sqlite3_result_int(context,
                       count == 1 && kor_memory_sees(memory, sqlite3_value_int64(values[0])));
}

static void redacts(sqlite3_context *context, int count, sqlite3_value **values)
{
    const kor_memory *memory = sqlite3_user_data(context);
    (void)count;
    (void)values;
    sqlite3_result_int(context, memory->sight.redactor != NULL);
}

kor_status kor_limit_register(kor_memory *memory, kor_error *err)
{
    if (sqlite3_create_function(memory->db, "kor_redacts", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY,
                                memory, redacts, NULL, NULL) != SQLITE_OK)
        return kor_store_fail(memory, "open", err);
    if (sqlite3_create_function(memory->db, "kor_sees", 1, SQLITE_UTF8 | SQLITE_DIRECTONLY, memory,
                                sees, NULL, NULL) != SQLITE_OK)
        return kor_store_fail(memory, "open", err);
    return KOR_OK;
}

void kor_sight_free(kor_sight *sight)
{
    kor_redactor_free(sight->redactor);
    kor_arena_free(&sight->arena);
    *sight = (kor_sight){0};
}

/* One figure of what is seen, from the index alone. */
#define OF_SEEN(what)                                                                              \
    "SELECT " what " FROM events INDEXED BY events_rank"                                           \
    " WHERE id BETWEEN ?1 AND ?2 AND kor_sees(id)"

static kor_status of_seen(kor_memory *memory, const char *sql, int64_t *out, kor_error *err)
{
    const kor_sight *s = &memory->sight;
    *out = 0;
    if (!s->count) return KOR_OK;
    const int64_t ends[] = {s->ids[0], s->ids[s->count - 1]};
    return kor_store_integer(memory, sql, 2, ends, out, err);
}

kor_status kor_limit_count(kor_memory *memory, kor_error *err)
{
    memory->events = (int64_t)memory->sight.count;
    return of_seen(memory, OF_SEEN("sum(length)"), &memory->words, err);
}

kor_status kor_limit_times(kor_memory *memory, int64_t *first_ms, int64_t *last_ms, kor_error *err)
{
    KOR_TRY(of_seen(memory, OF_SEEN("min(time)"), first_ms, err));
    return of_seen(memory, OF_SEEN("max(time)"), last_ms, err);
}

kor_status kor_memory_limit(kor_memory *memory, const kor_limit *limit, kor_error *err)
{
    kor_sight *sight = &memory->sight;
    kor_wanted wanted[3];
    size_t count = 0, found;
    int64_t *ids;
    kor_sight_free(sight);
    if (!limit) return KOR_OK;
    if (limit->kinds) wanted[count++] = (kor_wanted){.field = "kind", .label = limit->kinds};
    if (limit->sources) wanted[count++] = (kor_wanted){.label = limit->sources};
    if (limit->redacted) wanted[count++] = (kor_wanted){0}; /* read by models */
    kor_status status = kor_annotations_events(memory, wanted, count, limit->scope, limit->from_ms,
                                               INT64_MAX, &sight->arena, &ids, &found, err);
    if (status == KOR_OK && limit->redacted)
        status = kor_redactor_new(&sight->redactor, memory, limit->redacted, err);
    sight->limited = true;
    if (status != KOR_OK) return status;
    sight->ids = ids;
    sight->count = found;
    return KOR_OK;
}
