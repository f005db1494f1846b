/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/mentions.h"

#include "memory/store.h"

#include <string.h>

/* A range longer than this says little of when: "the 90s". */
static const int64_t LONGEST_MS = 400 * INT64_C(86400000);

size_t kor_mentions_read(const char *text, size_t len, kor_place place, int64_t now_ms,
                         const kor_zone *zone, kor_mention *out, size_t max)
{
    kor_when_span spans[4 * KOR_MENTIONS];
    size_t found, count = 0;
    const kor_when_options options = {.zone = zone,
                                      .reference_ms = now_ms,
                                      .prefer = KOR_WHEN_FUTURE,
                                      .convention = KOR_WHEN_CALENDAR};
    if (kor_when(text, len < KOR_MENTIONS_READ ? len : KOR_MENTIONS_READ, &options, spans,
                 sizeof spans / sizeof *spans, &found, NULL) != KOR_OK)
        return 0;
    for (size_t i = 0; i < found && count < max; i++) {
        const kor_when_span *s = &spans[i];
        uint32_t unfit = KOR_WHEN_OPEN_START | KOR_WHEN_OPEN_END | KOR_WHEN_LOOSE | KOR_WHEN_INSIDE;
        if (!(s->flags & KOR_WHEN_RESOLVED) || s->flags & unfit) continue;
        if (s->to_ms <= s->from_ms || s->to_ms - s->from_ms > LONGEST_MS) continue;
        out[count++] = (kor_mention){place, s->start, s->end, s->from_ms, s->to_ms};
    }
    return count;
}

kor_status kor_mentions_store(kor_memory *memory, int64_t event, const kor_mention *list,
                              size_t count, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory, "DELETE FROM mentions WHERE event = ?1", &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    for (size_t i = 0; i < count; i++) {
        const kor_mention *m = &list[i];
        const int64_t values[] = {event,           (int64_t)m->place, (int64_t)m->start,
                                  (int64_t)m->end, m->from_ms,        m->to_ms};
        KOR_TRY(kor_store_prepare(memory,
                                  "INSERT OR IGNORE INTO mentions VALUES(?1, ?2, ?3, ?4, ?5, ?6)",
                                  &statement, err));
        for (int k = 0; k < 6; k++) (void)sqlite3_bind_int64(statement, k + 1, values[k]);
        KOR_TRY(kor_store_step(memory, statement, &row, err));
    }
    return KOR_OK;
}

kor_status kor_mentions_list(kor_memory *memory, int64_t event, kor_arena *arena, kor_mention **out,
                             size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    *count = 0;
    *out = kor_arena_array(arena, KOR_MENTIONS, sizeof **out);
    if (!*out) return kor_fail_memory(err);
    KOR_TRY(kor_store_prepare(
        memory,
        "SELECT place, start, stop, from_ms, to_ms FROM mentions"
        " WHERE event = ?1 AND kor_sees(?1) AND NOT kor_redacts() ORDER BY place, start LIMIT ?2",
        &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_int(statement, 2, KOR_MENTIONS);
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        (*out)[(*count)++] = (kor_mention){.place = (kor_place)sqlite3_column_int(statement, 0),
                                           .start = (size_t)sqlite3_column_int64(statement, 1),
                                           .end = (size_t)sqlite3_column_int64(statement, 2),
                                           .from_ms = sqlite3_column_int64(statement, 3),
                                           .to_ms = sqlite3_column_int64(statement, 4)};
    }
}

kor_status kor_mentions_find(kor_memory *memory, const char *scope, int64_t from_ms, int64_t to_ms,
                             size_t limit, kor_arena *arena, kor_event **out, size_t *count,
                             kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    int64_t of;
    *count = 0;
    *out = kor_arena_array(arena, limit, sizeof **out);
    int64_t *ids = kor_arena_array(arena, limit, sizeof *ids);
    if (!*out || !ids) return kor_fail_memory(err);
    KOR_TRY(kor_store_scope(memory, scope, &of, err));
    /* A mention is at most LONGEST_MS long, so its start is near the range. */
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT DISTINCT m.event FROM mentions m JOIN events e ON e.id = "
                              "m.event WHERE m.from_ms >= ?2 - ?5 AND m.from_ms < ?3"
                              " AND m.to_ms > ?2 AND e.scope = ?1"
                              " AND NOT (e.time >= ?2 AND e.time < ?3) AND kor_sees(e.id)"
                              " ORDER BY e.time DESC, m.event DESC LIMIT ?4",
                              &statement, err));
    const int64_t values[] = {of, from_ms, to_ms, (int64_t)limit, LONGEST_MS};
    for (int i = 0; i < 5; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    size_t found = 0;
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) break;
        ids[found++] = sqlite3_column_int64(statement, 0);
    }
    for (size_t i = 0; i < found; i++)
        KOR_TRY(kor_memory_get(memory, ids[i], arena, &(*out)[(*count)++], err));
    return KOR_OK;
}
