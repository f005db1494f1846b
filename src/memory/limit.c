/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/limit.h"

#include "base/ids.h"
#include "memory/annotations.h"
#include "memory/store.h"

#include <string.h>

static bool sees_event(const kor_memory *memory, int64_t event)
{
    const kor_sight *s = &memory->sight;
    return !s->limited || kor_ids_have(s->ids, s->count, event);
}

static void sees(sqlite3_context *context, int count, sqlite3_value **values)
{
    const kor_memory *memory = sqlite3_user_data(context);
    sqlite3_result_int(context, count == 1 && sees_event(memory, sqlite3_value_int64(values[0])));
}

static void redacts(sqlite3_context *context, int count, sqlite3_value **values)
{
    const kor_memory *memory = sqlite3_user_data(context);
    (void)count;
    (void)values;
    sqlite3_result_int(context, kor_memory_redactor(memory) != NULL);
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
    kor_str_free(&sight->key);
    *sight = (kor_sight){0};
}

const kor_redactor *kor_memory_redactor(const kor_memory *memory)
{
    return memory->sight.limited ? memory->sight.redactor : NULL;
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
    kor_sight *s = &memory->sight;
    if (!s->counted) KOR_TRY(of_seen(memory, OF_SEEN("sum(length)"), &s->words, err));
    s->counted = true;
    memory->events = (int64_t)s->count;
    memory->words = s->words;
    return KOR_OK;
}

kor_status kor_limit_times(kor_memory *memory, int64_t *first_ms, int64_t *last_ms, kor_error *err)
{
    KOR_TRY(of_seen(memory, OF_SEEN("min(time)"), first_ms, err));
    return of_seen(memory, OF_SEEN("max(time)"), last_ms, err);
}

/* ---- Looking ---- */

/* What a limit says, and which commit it was said of. */
static kor_status write_key(kor_str *out, kor_memory *memory, const kor_limit *limit,
                            kor_error *err)
{
    const char *const texts[] = {limit->scope, limit->sources, limit->kinds, limit->redacted};
    int64_t version;
    KOR_TRY(kor_store_integer(memory, "PRAGMA data_version", 0, NULL, &version, err));
    kor_str_printf(out, "%lld %d %lld", (long long)version, sqlite3_total_changes(memory->db),
                   (long long)limit->from_ms);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        if (texts[i])
            kor_str_printf(out, " %zu:%s", strlen(texts[i]), texts[i]);
        else
            kor_str_puts(out, " -");
    }
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

/* Everything has to be seen meanwhile. */
static kor_status look(kor_memory *memory, const kor_limit *limit, kor_error *err)
{
    kor_sight *sight = &memory->sight;
    kor_wanted wanted[3];
    size_t count = 0;
    int64_t *ids;
    if (limit->kinds) wanted[count++] = (kor_wanted){.field = "kind", .label = limit->kinds};
    if (limit->sources) wanted[count++] = (kor_wanted){.label = limit->sources};
    if (limit->redacted) wanted[count++] = (kor_wanted){0}; /* read by models */
    KOR_TRY(kor_annotations_events(memory, wanted, count, limit->scope, limit->from_ms, INT64_MAX,
                                   &sight->arena, &ids, &sight->count, err));
    sight->ids = ids;
    return limit->redacted ? kor_redactor_new(&sight->redactor, memory, limit->redacted, err)
                           : KOR_OK;
}

/* A client asks again and again: what it sees is worked out anew when it, or the memory, is another
 * than the time before. */
kor_status kor_memory_limit(kor_memory *memory, const kor_limit *limit, kor_error *err)
{
    kor_sight *sight = &memory->sight;
    kor_str key = {0};
    sight->limited = false;
    if (!limit) return KOR_OK;
    kor_status status = write_key(&key, memory, limit, err);
    bool same = status == KOR_OK && sight->key.len == key.len &&
                memcmp(sight->key.data, key.data, key.len) == 0;
    if (!same) {
        kor_sight_free(sight);
        if (status == KOR_OK) status = look(memory, limit, err);
        if (status != KOR_OK) kor_sight_free(sight);
    }
    if (status == KOR_OK && !same)
        sight->key = key;
    else
        kor_str_free(&key);
    sight->limited = true;
    return status;
}
