/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/filter.h"

#include "base/ids.h"
#include "memory/store.h"

#include <stdlib.h>

/* Up to this many events are looked at one by one to find where they lie. */
enum { LISTED = 8192 };

/* Cut ascending ids into spans at gaps of more than gap; false when that makes too many. */
static bool cut(kor_filter *f, const int64_t *ids, size_t count, int64_t gap)
{
    f->span_count = 0;
    f->width = 0;
    for (size_t i = 0, start = 0; i < count; i++) {
        if (i + 1 < count && ids[i + 1] - ids[i] <= gap) continue;
        if (f->span_count == KOR_FILTER_SPANS) return false;
        f->spans[f->span_count].first = ids[start];
        f->spans[f->span_count++].last = ids[i];
        f->width += ids[i] - ids[start] + 1;
        start = i + 1;
    }
    return true;
}

/* The ids that pass, at most LISTED; *count is LISTED + 1 when there are more. */
static kor_status list_ids(kor_filter *f, kor_memory *memory, int64_t *ids, size_t *count,
                           kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    *count = 0;
    KOR_TRY(kor_store_prepare(
        memory, "SELECT id FROM events WHERE scope = ?1 AND time >= ?2 AND time < ?3 LIMIT ?4",
        &statement, err));
    const int64_t values[] = {f->scope, f->from_ms, f->to_ms, LISTED + 1};
    for (int i = 0; i < 4; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        if (*count < LISTED) ids[*count] = sqlite3_column_int64(statement, 0);
        ++*count;
    }
}

static kor_status locate(kor_filter *f, kor_memory *memory, int64_t *ids, kor_error *err)
{
    size_t count;
    KOR_TRY(list_ids(f, memory, ids, &count, err));
    if (count > LISTED) {
        const int64_t values[] = {f->scope, f->from_ms, f->to_ms};
        return kor_store_integer(
            memory, "SELECT count(*) FROM events WHERE scope = ?1 AND time >= ?2 AND time < ?3", 3,
            values, &f->in_range, err);
    }
    f->in_range = (int64_t)count;
    kor_ids_sort(ids, count);
    for (int64_t gap = 64; !cut(f, ids, count, gap); gap *= 8) {
    }
    return KOR_OK;
}

static void take_only(kor_filter *f, const int64_t *ids, size_t count)
{
    static const int64_t none;
    f->only = ids ? ids : &none;
    f->only_count = count;
    f->in_range = (int64_t)count;
    for (int64_t gap = 64; !cut(f, f->only, count, gap); gap *= 8) {
    }
}

static kor_status find_wanted(kor_filter *f, kor_memory *memory, const kor_wanted *wanted,
                              size_t count, kor_arena *arena, kor_error *err)
{
    int64_t *ids;
    size_t found;
    KOR_TRY(kor_annotations_find(memory, wanted, count, f->scope, f->from_ms, f->to_ms, arena, &ids,
                                 &found, err));
    take_only(f, ids, found);
    return KOR_OK;
}

bool kor_filter_has(const kor_filter *filter, int64_t event)
{
    return !filter->only || kor_ids_have(filter->only, filter->only_count, event);
}

kor_status kor_filter_make(kor_filter *out, kor_memory *memory, const char *scope, bool ranged,
                           int64_t from_ms, int64_t to_ms, const kor_wanted *wanted, size_t count,
                           kor_arena *arena, kor_error *err)
{
    *out = (kor_filter){.from_ms = ranged ? from_ms : INT64_MIN,
                        .to_ms = ranged ? to_ms : INT64_MAX,
                        .span_count = 1,
                        .width = memory->events};
    out->spans[0].first = 0;
    out->spans[0].last = INT64_MAX;
    KOR_TRY(kor_store_scope(memory, scope, &out->scope, err));
    /* What is seen is of one scope. */
    if (memory->sight.limited)
        out->in_scope = memory->events;
    else
        KOR_TRY(kor_store_integer(memory, "SELECT events FROM scopes WHERE id = ?1", 1, &out->scope,
                                  &out->in_scope, err));
    out->in_range = out->in_scope;
    if (count || (memory->sight.limited && ranged))
        return find_wanted(out, memory, wanted, count, arena, err);
    if (memory->sight.limited) {
        take_only(out, memory->sight.ids, memory->sight.count);
        return KOR_OK;
    }
    if (!ranged && (out->in_scope == memory->events || out->in_scope > LISTED)) return KOR_OK;
    int64_t *ids = malloc(LISTED * sizeof *ids);
    if (!ids) return kor_fail_memory(err);
    kor_status status = locate(out, memory, ids, err);
    free(ids);
    return status;
}
