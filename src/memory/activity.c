/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/activity.h"

#include "base/str.h"
#include "colony/exclusions.h"
#include "memory/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Says that a file is of activity: "Korw" in the header of the database. */
#define APPLICATION 0x4b6f7277

/* What becomes of a row: heartbeats go on with it; it is done; the memory made an event of it, or
 * nothing. */
enum { OPEN, DONE, MADE };

/* Those that are not made yet are few, and seen_due has them alone: whoever asks for them says
 * "state < 2", as the index does, and INDEXED BY, which fails when it would read more. */

enum { TITLE_BACK_MS = 24 * 3600 * 1000 }; /* how long before, at most, a page was opened */

const char *kor_activity_source(const char *type)
{
    static const char *const names[][2] = {{"currentwindow", "window"},
                                           {"web.tab.current", "web"},
                                           {"app.editor.activity", "editor"},
                                           {"afkstatus", "afk"}};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i][0], type) == 0) return names[i][1];
    return "activity";
}

/* ---- The file ---- */

/* migrations[n] leads from schema n to n + 1, as in store.c: never change one, add another. */
static const char *const migrations[] = {
    "CREATE TABLE activity.buckets(id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE,"
    " type TEXT NOT NULL, client TEXT NOT NULL, host TEXT NOT NULL, created INTEGER NOT NULL)"
    " STRICT;"
    "CREATE TABLE activity.seen(id INTEGER PRIMARY KEY AUTOINCREMENT,"
    " bucket INTEGER NOT NULL REFERENCES buckets ON DELETE CASCADE, time INTEGER NOT NULL,"
    " duration INTEGER NOT NULL, state INTEGER NOT NULL CHECK(state IN (0, 1, 2)),"
    " event INTEGER, data TEXT NOT NULL) STRICT;"
    "CREATE INDEX activity.seen_time ON seen(bucket, time);"
    "CREATE INDEX activity.seen_due ON seen(bucket) WHERE state < 2;"
    "CREATE INDEX activity.seen_event ON seen(event) WHERE event NOT NULL;",
};

enum { SCHEMA = sizeof migrations / sizeof *migrations };

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    if (text) (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* Run one statement that gives no row, with integers bound to ?1, ?2, ... */
static kor_status run(kor_memory *m, const char *sql, size_t count, const int64_t *values,
                      kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(m, sql, &statement, err));
    for (size_t i = 0; i < count; i++) (void)sqlite3_bind_int64(statement, (int)i + 1, values[i]);
    return kor_store_step(m, statement, &row, err);
}

static kor_status end_transaction(kor_memory *m, kor_status status, kor_error *err)
{
    if (status == KOR_OK) status = kor_store_exec(m, "COMMIT", err);
    if (status != KOR_OK) (void)sqlite3_exec(m->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

static bool is_attached(const kor_memory *m)
{
    return sqlite3_db_filename(m->db, "activity") != NULL;
}

static kor_status attach(kor_memory *m, const char *path, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(m, "ATTACH ?1 AS activity", &statement, err));
    bind_text(statement, 1, path);
    return kor_store_step(m, statement, &row, err);
}

static kor_status migrate(kor_memory *m, const char *path, kor_error *err)
{
    int64_t application, schema, objects;
    KOR_TRY(kor_store_integer(m, "PRAGMA activity.application_id", 0, NULL, &application, err));
    KOR_TRY(kor_store_integer(m, "PRAGMA activity.user_version", 0, NULL, &schema, err));
    KOR_TRY(kor_store_integer(m, "SELECT count(*) FROM activity.sqlite_schema", 0, NULL, &objects,
                              err));
    if (application != APPLICATION && (application || schema || objects))
        return kor_fail(err, KOR_E_DAMAGED, "%s: not a file of activity; move it away", path);
    if (schema < 0 || schema > SCHEMA)
        return kor_fail(
            err, KOR_E_UNSUPPORTED,
            "%s: is from a newer korora (schema %lld, this one knows %d): update korora", path,
            (long long)schema, SCHEMA);
    if (schema == SCHEMA) return KOR_OK;
    for (; schema < SCHEMA; schema++) KOR_TRY(kor_store_exec(m, migrations[schema], err));
    char sql[112];
    (void)sqlite3_snprintf(sizeof sql, sql,
                           "PRAGMA activity.application_id = %d; PRAGMA activity.user_version = %d",
                           APPLICATION, SCHEMA);
    return kor_store_exec(m, sql, err);
}

/* The memory forgot events while this file was not there, or the machine stopped in between. */
static kor_status drop_forgotten(kor_memory *m, kor_error *err)
{
    return run(m,
               "DELETE FROM activity.seen WHERE event NOT NULL AND event NOT IN (SELECT id FROM "
               "main.events)",
               0, NULL, err);
}

static kor_status open_file(kor_memory *m, const char *path, kor_error *err)
{
    KOR_TRY(attach(m, path, err));
    KOR_TRY(kor_store_exec(m,
                           "PRAGMA activity.journal_mode = WAL;"
                           "PRAGMA activity.synchronous = NORMAL;"
                           "PRAGMA activity.secure_delete = ON",
                           err));
    KOR_TRY(kor_store_exec(m, "BEGIN IMMEDIATE", err));
    kor_status status = migrate(m, path, err);
    if (status == KOR_OK) status = drop_forgotten(m, err);
    return end_transaction(m, status, err);
}

/* What went wrong last is the file's fault, and not the memory's. */
static bool is_broken(const kor_memory *m)
{
    int code = sqlite3_errcode(m->db) & 0xff;
    return code == SQLITE_NOTADB || code == SQLITE_CORRUPT;
}

static kor_status open_at(kor_memory *m, bool make, bool *there, kor_error *err)
{
    kor_str path = {0};
    kor_status status = KOR_OK;
    *there = is_attached(m);
    if (*there) return KOR_OK;
    if (m->mode != KOR_MEMORY_WRITE) return kor_fail(err, KOR_E_ARG, "%s: opened to read", m->path);
    kor_str_printf(&path, "%s/" KOR_ACTIVITY_FILE, m->home);
    if (path.failed) return kor_fail_memory(err);
    /* By hand, so that nobody else may read it; SQLite gives its -wal and -shm the same mode. */
    int fd = open(path.data, O_RDWR | O_CLOEXEC | (make ? O_CREAT : 0), 0600);
    *there = fd >= 0;
    if (fd >= 0) (void)close(fd);
    if (fd < 0 && (make || errno != ENOENT))
        status = kor_fail(err, KOR_E_IO, "%s: cannot be opened: %s", path.data, strerror(errno));
    if (*there) status = open_file(m, path.data, err);
    if (status != KOR_OK && is_broken(m))
        status = kor_fail(
            err, KOR_E_DAMAGED,
            "%s: damaged, or no file of activity; move it away, and a new one is made", path.data);
    if (status != KOR_OK && is_attached(m))
        (void)sqlite3_exec(m->db, "DETACH activity", NULL, NULL, NULL);
    kor_str_free(&path);
    return status;
}

kor_status kor_activity_open(kor_memory *memory, kor_error *err)
{
    bool there;
    return open_at(memory, true, &there, err);
}

kor_status kor_activity_open_existing(kor_memory *memory, bool *there, kor_error *err)
{
    return open_at(memory, false, there, err);
}

/* ---- Buckets ---- */

kor_status kor_bucket_make(kor_memory *memory, const kor_bucket *bucket, bool *made, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "INSERT INTO activity.buckets(name, type, client, host, created)"
                              " VALUES(?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                              &statement, err));
    bind_text(statement, 1, bucket->name);
    bind_text(statement, 2, bucket->type);
    bind_text(statement, 3, bucket->client);
    bind_text(statement, 4, bucket->host);
    (void)sqlite3_bind_int64(statement, 5, bucket->created_ms);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    *made = sqlite3_changes(memory->db) > 0;
    return KOR_OK;
}

#define BUCKET                                                                                     \
    "SELECT b.id, b.name, b.type, b.client, b.host, b.created,"                                    \
    " (SELECT min(time) FROM activity.seen WHERE bucket = b.id),"                                  \
    " (SELECT time + duration FROM activity.seen WHERE bucket = b.id ORDER BY time DESC LIMIT 1)"  \
    " FROM activity.buckets b "

static const char *copy_column(sqlite3_stmt *statement, int column, kor_arena *arena)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    return kor_arena_copy(arena, text, text ? strlen(text) : 0);
}

static kor_status read_bucket(sqlite3_stmt *statement, kor_arena *arena, kor_bucket *out,
                              kor_error *err)
{
    *out = (kor_bucket){
        .id = sqlite3_column_int64(statement, 0),
        .name = copy_column(statement, 1, arena),
        .type = copy_column(statement, 2, arena),
        .client = copy_column(statement, 3, arena),
        .host = copy_column(statement, 4, arena),
        .created_ms = sqlite3_column_int64(statement, 5),
        .empty = sqlite3_column_type(statement, 6) == SQLITE_NULL,
        .first_ms = sqlite3_column_int64(statement, 6),
        .end_ms = sqlite3_column_int64(statement, 7),
    };
    return out->name && out->type && out->client && out->host ? KOR_OK : kor_fail_memory(err);
}

kor_status kor_bucket_find(kor_memory *memory, const char *name, kor_arena *arena, kor_bucket *out,
                           kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory, BUCKET "WHERE b.name = ?1", &statement, err));
    bind_text(statement, 1, name);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (!row) return kor_fail(err, KOR_E_NOT_FOUND, "no bucket '%.100s'", name);
    kor_status status = read_bucket(statement, arena, out, err);
    (void)sqlite3_reset(statement);
    return status;
}

kor_status kor_bucket_list(kor_memory *memory, kor_arena *arena, kor_bucket **out, size_t *count,
                           kor_error *err)
{
    sqlite3_stmt *statement;
    kor_status status;
    int64_t buckets;
    bool row;
    *out = NULL;
    *count = 0;
    KOR_TRY(
        kor_store_integer(memory, "SELECT count(*) FROM activity.buckets", 0, NULL, &buckets, err));
    *out = kor_arena_array(arena, (size_t)buckets, sizeof **out);
    if (!*out) return kor_fail_memory(err);
    KOR_TRY(kor_store_prepare(memory, BUCKET "ORDER BY b.name", &statement, err));
    while ((status = kor_store_step(memory, statement, &row, err)) == KOR_OK && row &&
           *count < (size_t)buckets) {
        status = read_bucket(statement, arena, &(*out)[*count], err);
        if (status != KOR_OK) break;
        ++*count;
    }
    (void)sqlite3_reset(statement);
    return status;
}

/* What was freed is zeros in the file; the log has the pages as they were until it is emptied. */
static void empty_log(kor_memory *m)
{
    (void)sqlite3_wal_checkpoint_v2(m->db, "activity", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

/* The events that were made of rows, by a query that gives them; *ids is the arena's. */
static kor_status list_events(kor_memory *m, const char *sql, const int64_t values[2],
                              kor_arena *arena, int64_t **ids, size_t *count, kor_error *err)
{
    sqlite3_stmt *statement;
    size_t cap = 0;
    kor_status status;
    bool row;
    KOR_TRY(kor_store_prepare(m, sql, &statement, err));
    for (int i = 0; i < sqlite3_bind_parameter_count(statement); i++)
        (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    while ((status = kor_store_step(m, statement, &row, err)) == KOR_OK && row) {
        if (*count == cap) {
            cap = cap ? 2 * cap : 64;
            int64_t *more = kor_arena_array(arena, cap, sizeof *more);
            if (more && *count) memcpy(more, *ids, *count * sizeof *more);
            *ids = more;
        }
        if (!*ids) status = kor_fail_memory(err);
        if (status != KOR_OK) break;
        (*ids)[(*count)++] = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_reset(statement);
    return status;
}

/* Forget the events that the query gives, and with them their rows. */
static kor_status forget_events(kor_memory *m, const char *sql, const int64_t values[2],
                                kor_error *err)
{
    kor_arena arena = {0};
    kor_forgotten gone;
    int64_t *ids = NULL;
    size_t count = 0;
    kor_status status = list_events(m, sql, values, &arena, &ids, &count, err);
    if (status == KOR_OK) status = kor_forget_run(m, NULL, ids, count, &gone, err);
    kor_arena_free(&arena);
    return status;
}

kor_status kor_bucket_remove(kor_memory *memory, int64_t bucket, kor_error *err)
{
    const int64_t values[2] = {bucket};
    KOR_TRY(forget_events(memory,
                          "SELECT event FROM activity.seen WHERE bucket = ?1 AND event NOT NULL",
                          values, err));
    KOR_TRY(run(memory, "DELETE FROM activity.buckets WHERE id = ?1", 1, values, err));
    empty_log(memory);
    return KOR_OK;
}

/* ---- Rows in ---- */

/* Does beat go on with the row that is open? The rule of merging is this statement's, so that the
 * usual heartbeat is one. */
static kor_status go_on(kor_memory *m, kor_activity *beat, int64_t pulse_ms, bool *merged,
                        kor_error *err)
{
    sqlite3_stmt *statement;
    KOR_TRY(kor_store_prepare(
        m,
        "UPDATE activity.seen INDEXED BY seen_due SET duration = max(duration, ?2 + ?3 - time)"
        " WHERE bucket = ?1 AND state < 2 AND state = 0 AND data = ?5"
        " AND ?2 BETWEEN time AND time + duration + ?4 AND ?2 + ?3 - time <= ?6"
        " RETURNING id, time, duration",
        &statement, err));
    const int64_t values[] = {beat->bucket, beat->time_ms, beat->duration_ms, pulse_ms};
    for (int i = 0; i < 4; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    bind_text(statement, 5, beat->data);
    (void)sqlite3_bind_int64(statement, 6, KOR_ACTIVITY_LONGEST_MS);
    KOR_TRY(kor_store_step(m, statement, merged, err));
    if (!*merged) return KOR_OK;
    beat->id = sqlite3_column_int64(statement, 0);
    beat->time_ms = sqlite3_column_int64(statement, 1);
    beat->duration_ms = sqlite3_column_int64(statement, 2);
    bool row;
    return kor_store_step(m, statement, &row, err); /* it is committed when it is done */
}

static kor_status insert(kor_memory *m, kor_activity *row, int state, kor_error *err)
{
    sqlite3_stmt *statement;
    bool none;
    KOR_TRY(kor_store_prepare(m,
                              "INSERT INTO activity.seen(bucket, time, duration, state, data)"
                              " VALUES(?1, ?2, ?3, ?4, ?5)",
                              &statement, err));
    const int64_t values[] = {row->bucket, row->time_ms, row->duration_ms, state};
    for (int i = 0; i < 4; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    bind_text(statement, 5, row->data);
    KOR_TRY(kor_store_step(m, statement, &none, err));
    row->id = sqlite3_last_insert_rowid(m->db);
    return KOR_OK;
}

kor_status kor_activity_pulse(kor_memory *memory, kor_activity *beat, int64_t pulse_ms,
                              kor_error *err)
{
    bool merged;
    KOR_TRY(go_on(memory, beat, pulse_ms, &merged, err));
    if (merged) return KOR_OK;
    /* Not IMMEDIATE, which would take the lock of the memory, too; the first statement writes. */
    KOR_TRY(kor_store_exec(memory, "BEGIN", err));
    kor_status status = kor_activity_end(memory, beat->bucket, err);
    if (status == KOR_OK) status = insert(memory, beat, OPEN, err);
    return end_transaction(memory, status, err);
}

kor_status kor_activity_end(kor_memory *memory, int64_t bucket, kor_error *err)
{
    return run(memory,
               "UPDATE activity.seen INDEXED BY seen_due SET state = 1"
               " WHERE bucket = ?1 AND state < 2 AND state = 0",
               1, &bucket, err);
}

kor_status kor_activity_end_before(kor_memory *memory, int64_t then_ms, kor_error *err)
{
    return run(memory,
               "UPDATE activity.seen INDEXED BY seen_due SET state = 1 WHERE bucket IN (SELECT id"
               " FROM activity.buckets) AND state < 2 AND state = 0 AND time + duration < ?1",
               1, &then_ms, err);
}

static kor_status replace(kor_memory *m, const kor_activity *row, kor_error *err)
{
    sqlite3_stmt *statement;
    bool none;
    KOR_TRY(kor_store_prepare(m,
                              "UPDATE activity.seen SET time = ?3, duration = ?4, data = ?5,"
                              " state = 1, event = NULL WHERE bucket = ?1 AND id = ?2",
                              &statement, err));
    const int64_t values[] = {row->bucket, row->id, row->time_ms, row->duration_ms};
    for (int i = 0; i < 4; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    bind_text(statement, 5, row->data);
    return kor_store_step(m, statement, &none, err);
}

static kor_status put_all(kor_memory *m, kor_activity *rows, size_t count, kor_error *err)
{
    for (size_t i = 0; i < count; i++)
        KOR_TRY(rows[i].id ? replace(m, &rows[i], err) : insert(m, &rows[i], DONE, err));
    return KOR_OK;
}

/* What is to be replaced must be there; the event that was made of it is forgotten, not the row. */
static kor_status let_go(kor_memory *m, const kor_activity *row, kor_error *err)
{
    const int64_t values[] = {row->bucket, row->id};
    kor_forgotten gone;
    int64_t there, event;
    KOR_TRY(kor_store_integer(m, "SELECT 1 FROM activity.seen WHERE bucket = ?1 AND id = ?2", 2,
                              values, &there, err));
    if (!there) return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld here", (long long)row->id);
    KOR_TRY(kor_store_integer(m, "SELECT event FROM activity.seen WHERE id = ?1", 1, &row->id,
                              &event, err));
    if (!event) return KOR_OK;
    KOR_TRY(
        run(m, "UPDATE activity.seen SET event = NULL, state = 1 WHERE id = ?1", 1, &row->id, err));
    return kor_forget_run(m, NULL, &event, 1, &gone, err);
}

kor_status kor_activity_put(kor_memory *memory, kor_activity *rows, size_t count, kor_error *err)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].id) KOR_TRY(let_go(memory, &rows[i], err));
    KOR_TRY(kor_store_exec(memory, "BEGIN", err));
    return end_transaction(memory, put_all(memory, rows, count, err), err);
}

/* ---- Rows out ---- */

static void read_row(sqlite3_stmt *statement, kor_activity *out)
{
    *out = (kor_activity){
        .id = sqlite3_column_int64(statement, 0),
        .bucket = sqlite3_column_int64(statement, 1),
        .time_ms = sqlite3_column_int64(statement, 2),
        .duration_ms = sqlite3_column_int64(statement, 3),
        .event = sqlite3_column_int64(statement, 4),
        .data = (const char *)sqlite3_column_text(statement, 5),
    };
}

static kor_status copy_row(sqlite3_stmt *statement, kor_arena *arena, kor_activity *out,
                           kor_error *err)
{
    read_row(statement, out);
    out->data = copy_column(statement, 5, arena);
    return out->data ? KOR_OK : kor_fail_memory(err);
}

kor_status kor_activity_get(kor_memory *memory, int64_t bucket, int64_t id, kor_arena *arena,
                            kor_activity *out, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT id, bucket, time, duration, event, data FROM activity.seen"
                              " WHERE bucket = ?1 AND id = ?2",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, bucket);
    (void)sqlite3_bind_int64(statement, 2, id);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (!row) return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld here", (long long)id);
    kor_status status = copy_row(statement, arena, out, err);
    (void)sqlite3_reset(statement);
    return status;
}

/* No row lasts longer than ?4: one that began earlier ended before. */
#define IN_RANGE                                                                                   \
    " FROM activity.seen WHERE bucket = ?1 AND time <= ?3 AND time >= ?2 - ?4"                     \
    " AND time + duration >= ?2"

static void bind_range(sqlite3_stmt *statement, const kor_activity_range *range)
{
    const int64_t values[] = {range->bucket, range->from_ms, range->to_ms, KOR_ACTIVITY_LONGEST_MS};
    for (int i = 0; i < 4; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
}

kor_status kor_activity_each(kor_memory *memory, const kor_activity_range *range,
                             kor_status (*visit)(void *arg, const kor_activity *row,
                                                 kor_error *err),
                             void *arg, kor_error *err)
{
    sqlite3_stmt *statement;
    kor_status status;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT id, bucket, max(time, ?2), min(time + duration, ?3) -"
                              " max(time, ?2), event, data" IN_RANGE
                              " ORDER BY time DESC, id DESC LIMIT ?5",
                              &statement, err));
    bind_range(statement, range);
    (void)sqlite3_bind_int64(statement, 5, range->limit);
    while ((status = kor_store_step(memory, statement, &row, err)) == KOR_OK && row) {
        kor_activity seen;
        read_row(statement, &seen);
        if (!seen.data) status = kor_fail_memory(err);
        if (status == KOR_OK) status = visit(arg, &seen, err);
        if (status != KOR_OK) break;
    }
    (void)sqlite3_reset(statement);
    return status;
}

kor_status kor_activity_count(kor_memory *memory, const kor_activity_range *range, int64_t *out,
                              kor_error *err)
{
    const int64_t values[] = {range->bucket, range->from_ms, range->to_ms, KOR_ACTIVITY_LONGEST_MS};
    return kor_store_integer(memory, "SELECT count(*)" IN_RANGE, 4, values, out, err);
}

kor_status kor_activity_remove(kor_memory *memory, int64_t bucket, int64_t id, kor_error *err)
{
    const int64_t values[] = {bucket, id};
    int64_t there;
    KOR_TRY(kor_store_integer(memory, "SELECT 1 FROM activity.seen WHERE bucket = ?1 AND id = ?2",
                              2, values, &there, err));
    if (!there) return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld here", (long long)id);
    KOR_TRY(forget_events(
        memory, "SELECT event FROM activity.seen WHERE bucket = ?1 AND id = ?2 AND event NOT NULL",
        values, err));
    KOR_TRY(run(memory, "DELETE FROM activity.seen WHERE bucket = ?1 AND id = ?2", 2, values, err));
    empty_log(memory);
    return KOR_OK;
}

/* ---- What the memory makes of it ---- */

kor_status kor_activity_next(kor_memory *memory, kor_arena *arena, kor_bucket *bucket,
                             kor_activity *row, bool *found, kor_error *err)
{
    sqlite3_stmt *statement;
    int64_t id;
    KOR_TRY(
        kor_store_integer(memory,
                          "SELECT min(id) FROM activity.seen INDEXED BY seen_due WHERE bucket IN"
                          " (SELECT id FROM activity.buckets) AND state < 2 AND state = 1",
                          0, NULL, &id, err));
    *found = id > 0;
    if (!*found) return KOR_OK;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT id, bucket, time, duration, event, data FROM activity.seen"
                              " WHERE id = ?1",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, id);
    KOR_TRY(kor_store_step(memory, statement, found, err));
    if (!*found) return KOR_OK;
    kor_status status = copy_row(statement, arena, row, err);
    (void)sqlite3_reset(statement);
    KOR_TRY(status);
    KOR_TRY(kor_store_prepare(memory, BUCKET "WHERE b.id = ?1", &statement, err));
    (void)sqlite3_bind_int64(statement, 1, row->bucket);
    KOR_TRY(kor_store_step(memory, statement, found, err));
    if (*found) status = read_bucket(statement, arena, bucket, err);
    (void)sqlite3_reset(statement);
    return status;
}

kor_status kor_activity_made(kor_memory *memory, const kor_activity *row, const char *source,
                             const char *ref, bool *settled, kor_error *err)
{
    sqlite3_stmt *statement;
    bool none;
    KOR_TRY(kor_store_prepare(
        memory,
        "UPDATE activity.seen SET state = 2, event = (SELECT e.id FROM main.events e"
        " JOIN main.sources s ON s.id = e.source JOIN main.scopes c ON c.id = e.scope"
        " WHERE c.name = '' AND s.name = ?2 AND e.ref = ?3)"
        " WHERE id = ?1 AND state = 1 AND data = ?4 AND time = ?5 AND duration = ?6",
        &statement, err));
    (void)sqlite3_bind_int64(statement, 1, row->id);
    bind_text(statement, 2, source);
    bind_text(statement, 3, ref);
    bind_text(statement, 4, row->data);
    (void)sqlite3_bind_int64(statement, 5, row->time_ms);
    (void)sqlite3_bind_int64(statement, 6, row->duration_ms);
    KOR_TRY(kor_store_step(memory, statement, &none, err));
    *settled = sqlite3_changes(memory->db) > 0;
    return KOR_OK;
}

kor_status kor_activity_has_title(kor_memory *memory, const char *type, int64_t from_ms,
                                  int64_t to_ms, const char *title, bool *out, kor_error *err)
{
    sqlite3_stmt *statement;
    KOR_TRY(kor_store_prepare(
        memory,
        "SELECT 1 FROM activity.buckets b JOIN activity.seen s ON s.bucket = b.id"
        " WHERE b.type = ?1 AND s.time <= ?3 AND s.time >= ?2 - ?4 AND s.time + s.duration >= ?2"
        " AND s.data ->> 'title' <> '' AND instr(?5, s.data ->> 'title') LIMIT 1",
        &statement, err));
    bind_text(statement, 1, type);
    (void)sqlite3_bind_int64(statement, 2, from_ms);
    (void)sqlite3_bind_int64(statement, 3, to_ms);
    (void)sqlite3_bind_int64(statement, 4, TITLE_BACK_MS);
    bind_text(statement, 5, title);
    KOR_TRY(kor_store_step(memory, statement, out, err));
    (void)sqlite3_reset(statement);
    return KOR_OK;
}

/* ---- Forgetting ---- */

kor_status kor_activity_drop_title(kor_memory *memory, const char *type, int64_t since_ms,
                                   const char *title, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(
        memory,
        "DELETE FROM activity.seen WHERE bucket IN (SELECT id FROM activity.buckets WHERE type ="
        " ?1) AND time >= ?2 - ?4 AND time + duration >= ?2 AND event IS NULL"
        " AND substr(data ->> 'title', 1, length(?3)) = ?3",
        &statement, err));
    bind_text(statement, 1, type);
    (void)sqlite3_bind_int64(statement, 2, since_ms);
    bind_text(statement, 3, title);
    (void)sqlite3_bind_int64(statement, 4, TITLE_BACK_MS);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (sqlite3_changes(memory->db)) empty_log(memory);
    return KOR_OK;
}

static bool has_words(const char *text, const char *words)
{
    char word[128];
    for (const char *at = words + strspn(words, " \t\r\n\f\v"); *at;) {
        size_t len = strcspn(at, " \t\r\n\f\v");
        (void)snprintf(word, sizeof word, "%.*s", (int)len, at);
        if (!strcasestr(text, word)) return false;
        at += len;
        at += strspn(at, " \t\r\n\f\v");
    }
    return true;
}

/* A row of type, app, url and data, as what is to be forgotten of it. */
static bool fits(const kor_forget *what, sqlite3_stmt *row)
{
    const char *type = (const char *)sqlite3_column_text(row, 1);
    const char *app = (const char *)sqlite3_column_text(row, 2);
    const char *url = (const char *)sqlite3_column_text(row, 3);
    const char *data = (const char *)sqlite3_column_text(row, 4);
    if (!type || !data) return false;
    if (what->source && strcmp(what->source, kor_activity_source(type)) != 0) return false;
    if (what->app && (!app || strcasecmp(app, what->app) != 0)) return false;
    if (what->site && (!url || !kor_site_fits(what->site, url, strlen(url)))) return false;
    return !what->words || has_words(data, what->words);
}

/* Rows of which no event was made: what was too short, and what is still open. A deleted row does
 * not disturb the query, which goes by their order. */
static kor_status forget_rest(kor_memory *m, const kor_forget *what, int64_t *rows, kor_error *err)
{
    sqlite3_stmt *statement;
    kor_status status;
    bool row;
    KOR_TRY(kor_store_prepare(
        m,
        "SELECT s.id, b.type, s.data ->> 'app', s.data ->> 'url', s.data FROM activity.seen s"
        " JOIN activity.buckets b ON b.id = s.bucket WHERE s.event IS NULL"
        " AND (?1 IS NULL OR (s.time < ?2 AND s.time + s.duration >= ?1)) ORDER BY s.id",
        &statement, err));
    if (what->ranged) {
        (void)sqlite3_bind_int64(statement, 1, what->from_ms);
        (void)sqlite3_bind_int64(statement, 2, what->to_ms);
    }
    while ((status = kor_store_step(m, statement, &row, err)) == KOR_OK && row) {
        int64_t id = sqlite3_column_int64(statement, 0);
        if (!fits(what, statement)) continue;
        status = run(m, "DELETE FROM activity.seen WHERE id = ?1", 1, &id, err);
        if (status != KOR_OK) break;
        ++*rows;
    }
    (void)sqlite3_reset(statement);
    return status;
}

kor_status kor_activity_forget(kor_memory *memory, const kor_forget *what, const int64_t *events,
                               size_t count, int64_t *rows, kor_error *err)
{
    *rows = 0;
    if (!is_attached(memory)) return KOR_OK;
    for (size_t i = 0; i < count; i++)
        KOR_TRY(run(memory, "DELETE FROM activity.seen WHERE event = ?1", 1, &events[i], err));
    bool own = what && !what->id_count && (what->any_scope || !what->scope || !*what->scope);
    return own ? forget_rest(memory, what, rows, err) : KOR_OK;
}
