/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/forget.h"

#include "base/ids.h"
#include "base/str.h"
#include "colony/exclusions.h"
#include "memory/activity.h"
#include "memory/changes.h"
#include "memory/counters.h"
#include "memory/store.h"

#include <ctype.h>
#include <dirent.h>
#include <string.h>
#include <unistd.h>

/* How long to wait for readers, so that the log can be emptied. */
enum { LOG_WAIT_MS = 2000 };

/* ---- What is meant ---- */

/* Words as a question of the index: each a phrase of its own, so that nothing in them is syntax. */
static kor_status match_of(kor_str *out, const char *words, kor_error *err)
{
    for (const char *at = words; *at;) {
        size_t len = strcspn(at, " \t\r\n\f\v");
        bool any = false;
        for (size_t i = 0; i < len; i++) any |= isalnum((unsigned char)at[i]) || at[i] & 0x80;
        if (any) {
            kor_str_puts(out, out->len ? " AND \"" : "\"");
            for (size_t i = 0; i < len; i++) {
                if (at[i] == '"') kor_str_putc(out, '"');
                kor_str_putc(out, at[i]);
            }
            kor_str_putc(out, '"');
        }
        at += len;
        at += strspn(at, " \t\r\n\f\v");
    }
    if (out->failed) return kor_fail_memory(err);
    if (!out->len) return kor_fail(err, KOR_E_ARG, "no word in '%.60s' to look for", words);
    return KOR_OK;
}

typedef struct list {
    int64_t *ids;
    size_t count, cap;
    kor_arena *arena;
} list;

static kor_status put(list *l, int64_t id, kor_error *err)
{
    if (l->count == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 256;
        int64_t *more = kor_arena_array(l->arena, l->cap, sizeof *more);
        if (!more) return kor_fail_memory(err);
        if (l->count) memcpy(more, l->ids, l->count * sizeof *more);
        l->ids = more;
    }
    l->ids[l->count++] = id;
    return KOR_OK;
}

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text) (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* ids are sorted. */
static kor_status find(kor_memory *memory, const kor_forget *what, const int64_t *ids,
                       const char *match, list *out, kor_error *err)
{
    static const char anywhere[] =
        "SELECT e.id, e.uri FROM events e JOIN sources s ON s.id = e.source"
        " JOIN scopes c ON c.id = e.scope WHERE (?1 IS NULL OR e.time >= ?1)"
        " AND (?2 IS NULL OR e.time < ?2) AND (?3 IS NULL OR s.name = ?3)"
        " AND (?4 IS NULL OR e.app = ?4 COLLATE NOCASE) AND (?5 IS NULL OR c.name = ?5)"
        " AND (?6 IS NULL OR e.uri NOT NULL) AND kor_sees(e.id)"
        " ORDER BY e.id";
    static const char with_words[] =
        "SELECT e.id, e.uri FROM words w JOIN events e ON e.id = w.rowid"
        " JOIN sources s ON s.id = e.source"
        " JOIN scopes c ON c.id = e.scope WHERE (?1 IS NULL OR e.time >= ?1)"
        " AND (?2 IS NULL OR e.time < ?2) AND (?3 IS NULL OR s.name = ?3)"
        " AND (?4 IS NULL OR e.app = ?4 COLLATE NOCASE) AND (?5 IS NULL OR c.name = ?5)"
        " AND (?6 IS NULL OR e.uri NOT NULL) AND kor_sees(e.id) AND words MATCH ?7"
        " ORDER BY e.id";
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory, match ? with_words : anywhere, &statement, err));
    if (what->ranged) {
        (void)sqlite3_bind_int64(statement, 1, what->from_ms);
        (void)sqlite3_bind_int64(statement, 2, what->to_ms);
    }
    bind_text(statement, 3, what->source);
    bind_text(statement, 4, what->app);
    bind_text(statement, 5, what->any_scope ? NULL : what->scope ? what->scope : "");
    bind_text(statement, 6, what->site);
    bind_text(statement, 7, match);
    kor_status status;
    while ((status = kor_store_step(memory, statement, &row, err)) == KOR_OK && row) {
        int64_t id = sqlite3_column_int64(statement, 0);
        const char *uri = (const char *)sqlite3_column_text(statement, 1);
        if (ids && !kor_ids_have(ids, what->id_count, id)) continue;
        if (what->site && (!uri || !kor_site_fits(what->site, uri, strlen(uri)))) continue;
        if ((status = put(out, id, err)) != KOR_OK) break;
    }
    (void)sqlite3_reset(statement);
    return status;
}

/* Is it asked for by what is cut out of what the reader is shown? No event fits that. */
static kor_status find_unseen(kor_memory *memory, const kor_forget *what, bool *unseen,
                              kor_error *err)
{
    kor_str words = {0};
    kor_str_puts(&words, what->words ? what->words : "");
    kor_status status =
        words.failed ? kor_fail_memory(err) : kor_redact_question(memory, &words, unseen, err);
    kor_str_free(&words);
    if (what->site && kor_memory_redactor(memory)) *unseen = true;
    return status;
}

kor_status kor_forget_find(kor_memory *memory, const kor_forget *what, kor_arena *arena,
                           int64_t **ids, size_t *count, kor_error *err)
{
    *ids = NULL;
    *count = 0;
    if (!what->id_count && !what->ranged && !what->source && !what->app && !what->site &&
        !what->words)
        return kor_fail(err, KOR_E_ARG,
                        "say what to forget: a time, a source, an app, a site, words or ids");
    if ((what->site && !*what->site) || (what->app && !*what->app) ||
        (what->source && !*what->source))
        return kor_fail(err, KOR_E_ARG, "an empty name fits nothing");
    int64_t *sorted = NULL;
    if (what->id_count) {
        sorted = kor_arena_array(arena, what->id_count, sizeof *sorted);
        if (!sorted) return kor_fail_memory(err);
        memcpy(sorted, what->ids, what->id_count * sizeof *sorted);
        kor_ids_sort(sorted, what->id_count);
    }
    kor_str match = {0};
    list found = {.arena = arena};
    bool unseen = false;
    kor_status status = what->words ? match_of(&match, what->words, err) : KOR_OK;
    if (status == KOR_OK) status = find_unseen(memory, what, &unseen, err);
    if (status == KOR_OK && !unseen)
        status = find(memory, what, sorted, what->words ? match.data : NULL, &found, err);
    kor_str_free(&match);
    *ids = found.ids;
    *count = found.count;
    return status;
}

/* ---- Gone ---- */

static kor_status remove_events(kor_memory *memory, const int64_t *ids, size_t count,
                                int64_t *removed, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    for (size_t i = 0; i < count; i++) {
        KOR_TRY(kor_store_prepare(memory, "DELETE FROM events WHERE id = ?1", &statement, err));
        (void)sqlite3_bind_int64(statement, 1, ids[i]);
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        *removed += sqlite3_changes(memory->db);
    }
    if (!*removed) return KOR_OK;
    KOR_TRY(kor_counters_add(memory, "forgotten.event", *removed, err));
    KOR_TRY(kor_changes_count(memory, err));
    /* The index notes what is gone, and has its words until parts of it are merged: all at once. */
    return kor_store_exec(memory, "INSERT INTO words(words) VALUES('optimize')", err);
}

/* The sidecars have what the vectors were; the current one is made anew, others when they are
 * needed. */
static kor_status renew_sidecars(kor_memory *memory, kor_error *err)
{
    DIR *folder = opendir(memory->home);
    for (struct dirent *e; folder && (e = readdir(folder));) {
        size_t len = strlen(e->d_name);
        if (strncmp(e->d_name, "vectors-", 8) != 0 || len < 5 ||
            strcmp(e->d_name + len - 5, ".kvec") != 0)
            continue;
        (void)unlinkat(dirfd(folder), e->d_name, 0);
    }
    if (folder) (void)closedir(folder);
    kor_vectors_close(&memory->vectors);
    return kor_store_update_vectors(memory, err);
}

/* The log still has the pages as they were: write what it has into the database and empty it. */
static bool empty_log(kor_memory *memory)
{
    int left = 0, done = 0;
    (void)sqlite3_busy_timeout(memory->db, LOG_WAIT_MS);
    int rc = sqlite3_wal_checkpoint_v2(memory->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, &left, &done);
    (void)sqlite3_busy_timeout(memory->db, KOR_STORE_BUSY_MS);
    return rc == SQLITE_OK;
}

kor_status kor_forget_run(kor_memory *memory, const kor_forget *what, const int64_t *ids,
                          size_t count, kor_forgotten *out, kor_error *err)
{
    bool watched;
    *out = (kor_forgotten){0};
    if (!count && !what) return KOR_OK;
    KOR_TRY(kor_activity_open_existing(memory, &watched, err));
    KOR_TRY(kor_store_exec(memory, "BEGIN IMMEDIATE", err));
    kor_status status = remove_events(memory, ids, count, &out->events, err);
    if (status == KOR_OK) status = kor_activity_forget(memory, what, ids, count, &out->seen, err);
    if (status == KOR_OK) status = kor_store_exec(memory, "COMMIT", err);
    if (status != KOR_OK) {
        (void)sqlite3_exec(memory->db, "ROLLBACK", NULL, NULL, NULL);
        *out = (kor_forgotten){0};
        return status;
    }
    if (!out->events && !out->seen) return KOR_OK;
    out->in_the_log = !empty_log(memory);
    return out->events ? renew_sidecars(memory, err) : KOR_OK;
}
