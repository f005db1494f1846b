/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/likeness.h"

#include "memory/store.h"
#include "text/simhash.h"

static void remember(kor_likeness *w, uint64_t hash, int64_t event, int64_t scope)
{
    w->hash[w->next] = hash;
    w->event[w->next] = event;
    w->scope[w->next] = scope;
    w->next = (w->next + 1) % KOR_LIKENESS_WINDOW;
    if (w->count < KOR_LIKENESS_WINDOW) w->count++;
}

/* What other runs stored last. */
static kor_status load(kor_likeness *w, kor_memory *memory, int64_t before, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT * FROM (SELECT l.hash, coalesce(l.repeats, l.event), e.scope,"
                              " l.event FROM likeness l JOIN events e ON e.id = l.event"
                              " WHERE l.event < ?1 ORDER BY l.event DESC LIMIT ?2) ORDER BY 4",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, before);
    (void)sqlite3_bind_int(statement, 2, KOR_LIKENESS_WINDOW);
    w->loaded = true;
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        remember(w, (uint64_t)sqlite3_column_int64(statement, 0),
                 sqlite3_column_int64(statement, 1), sqlite3_column_int64(statement, 2));
    }
}

/* The first event in the window that has the hash, of this scope; 0 for none. */
static int64_t find(const kor_likeness *w, int64_t scope, uint64_t hash)
{
    for (size_t at = 0; at < w->count;) {
        size_t i = kor_simhash_find(w->hash + at, w->count - at, hash, KOR_SIMHASH_NEAR) + at;
        if (i == w->count) return 0;
        if (w->scope[i] == scope) return w->event[i];
        at = i + 1;
    }
    return 0;
}

kor_status kor_likeness_store(kor_likeness *window, kor_memory *memory, int64_t event,
                              int64_t scope, uint64_t hash, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    if (!window->loaded) KOR_TRY(load(window, memory, event, err));
    int64_t repeats = find(window, scope, hash);
    remember(window, hash, repeats ? repeats : event, scope);
    KOR_TRY(kor_store_prepare(memory, "INSERT INTO likeness VALUES(?1, ?2, nullif(?3, 0))",
                              &statement, err));
    const int64_t values[] = {event, (int64_t)hash, repeats};
    for (int i = 0; i < 3; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    return kor_store_step(memory, statement, &row, err);
}

kor_status kor_likeness_of(kor_memory *memory, int64_t event, int64_t *out, kor_error *err)
{
    KOR_TRY(kor_store_integer(memory,
                              "SELECT repeats FROM likeness WHERE event = ?1 AND"
                              " kor_sees(repeats)",
                              1, &event, out, err));
    if (!*out) *out = event;
    return KOR_OK;
}
