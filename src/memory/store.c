/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/store.h"

#include "base/file.h"
#include "base/str.h"
#include "memory/bm25.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- The schema ---- */

/* migrations[n] leads from schema n to n + 1. They are history: never change one, add another.
 *
 * events: what a filter or a ranking needs stands before the strings, so that reading it does not
 * walk through a long text. scopes count their events, for an answer names the counts and a count
 * over an index takes milliseconds. words is an index over events alone and holds no text.
 * meta.generation moves with every change of vectors that is not an append. The second schema
 * brought corrections: what the user says that a model should have answered. The third: what models
 * say of events and of which they are unsure, which
 * events repeat others and of which times they speak, which colony was asked about each, and
 * counters of what was done and spared. */
static const char *const migrations[] = {
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES('identity', random()), ('generation', 1);"
    "CREATE TABLE sources(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE scopes(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " events INTEGER NOT NULL DEFAULT 0, length INTEGER NOT NULL DEFAULT 0,"
    " bytes INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE TABLE events(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL,"
    " scope INTEGER NOT NULL REFERENCES scopes, digest INTEGER NOT NULL,"
    " length INTEGER NOT NULL, source INTEGER NOT NULL REFERENCES sources, zone INTEGER NOT NULL,"
    " stored INTEGER NOT NULL, ref TEXT, app TEXT, title TEXT, uri TEXT, text TEXT NOT NULL) "
    "STRICT;"
    "CREATE INDEX events_time ON events(scope, time);"
    "CREATE INDEX events_rank ON events(id, time, scope, digest, length);"
    "CREATE UNIQUE INDEX events_ref ON events(scope, source, ref) WHERE ref IS NOT NULL;"
    "CREATE VIRTUAL TABLE words USING fts5(title, text, content='events', content_rowid='id', "
    "columnsize=0,"
    " tokenize='porter unicode61 remove_diacritics 2');"
    "CREATE TABLE models(id INTEGER PRIMARY KEY, checksum INTEGER NOT NULL UNIQUE,"
    " name TEXT NOT NULL, dim INTEGER NOT NULL) STRICT;"
    "CREATE TABLE vectors(event INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,"
    " model INTEGER NOT NULL REFERENCES models, scale REAL NOT NULL, code BLOB NOT NULL) STRICT;"
    "CREATE TRIGGER events_added AFTER INSERT ON events BEGIN"
    " INSERT INTO words(rowid, title, text) VALUES(new.id, new.title, new.text);"
    " UPDATE scopes SET events = events + 1, length = length + new.length,"
    "  bytes = bytes + length(CAST(new.text AS BLOB)) WHERE id = new.scope; END;"
    "CREATE TRIGGER events_removed AFTER DELETE ON events BEGIN"
    " INSERT INTO words(words, rowid, title, text) VALUES('delete', old.id, old.title, old.text);"
    " UPDATE scopes SET events = events - 1, length = length - old.length,"
    "  bytes = bytes - length(CAST(old.text AS BLOB)) WHERE id = old.scope; END;"
    "CREATE TRIGGER events_reworded AFTER UPDATE OF title, text ON events BEGIN"
    " INSERT INTO words(words, rowid, title, text) VALUES('delete', old.id, old.title, old.text);"
    " INSERT INTO words(rowid, title, text) VALUES(new.id, new.title, new.text); END;"
    "CREATE TRIGGER events_recounted AFTER UPDATE OF scope, length, text ON events BEGIN"
    " UPDATE scopes SET events = events - 1, length = length - old.length,"
    "  bytes = bytes - length(CAST(old.text AS BLOB)) WHERE id = old.scope;"
    " UPDATE scopes SET events = events + 1, length = length + new.length,"
    "  bytes = bytes + length(CAST(new.text AS BLOB)) WHERE id = new.scope; END;"
    "CREATE TRIGGER events_moved AFTER UPDATE OF time, scope ON events BEGIN"
    " UPDATE meta SET value = value + 1 WHERE key = 'generation'; END;"
    "CREATE TRIGGER vectors_filled AFTER INSERT ON vectors"
    " WHEN new.event < (SELECT max(event) FROM vectors) BEGIN"
    " UPDATE meta SET value = value + 1 WHERE key = 'generation'; END;"
    "CREATE TRIGGER vectors_changed AFTER UPDATE ON vectors BEGIN"
    " UPDATE meta SET value = value + 1 WHERE key = 'generation'; END;"
    "CREATE TRIGGER vectors_removed AFTER DELETE ON vectors BEGIN"
    " UPDATE meta SET value = value + 1 WHERE key = 'generation'; END;",
    "CREATE TABLE corrections(event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,"
    " field TEXT NOT NULL, label TEXT NOT NULL, is_on INTEGER NOT NULL CHECK(is_on IN (0, 1)),"
    " time INTEGER NOT NULL, PRIMARY KEY(event, field, label)) STRICT, WITHOUT ROWID;",
    "CREATE TABLE fields(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " single INTEGER NOT NULL CHECK(single IN (0, 1))) STRICT;"
    "CREATE TABLE labels(id INTEGER PRIMARY KEY, field INTEGER NOT NULL REFERENCES fields,"
    " name TEXT NOT NULL, UNIQUE(field, name)) STRICT;"
    "CREATE TABLE annotations(event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,"
    " label INTEGER NOT NULL REFERENCES labels, value TEXT NOT NULL, place INTEGER NOT NULL,"
    " start INTEGER NOT NULL, stop INTEGER NOT NULL, score INTEGER NOT NULL,"
    " model INTEGER NOT NULL REFERENCES models, PRIMARY KEY(event, label, value))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX annotations_label ON annotations(label, value, event);"
    "CREATE TABLE unsure(event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,"
    " field INTEGER NOT NULL REFERENCES fields, PRIMARY KEY(event, field)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE likeness(event INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,"
    " hash INTEGER NOT NULL, repeats INTEGER REFERENCES events ON DELETE SET NULL) STRICT;"
    "CREATE INDEX likeness_repeats ON likeness(repeats) WHERE repeats NOT NULL;"
    "CREATE TABLE mentions(event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,"
    " place INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL,"
    " from_ms INTEGER NOT NULL, to_ms INTEGER NOT NULL, PRIMARY KEY(event, place, start))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX mentions_from ON mentions(from_ms, to_ms);"
    "CREATE TABLE passes(event INTEGER PRIMARY KEY REFERENCES events ON DELETE CASCADE,"
    " colony INTEGER NOT NULL) STRICT;"
    "CREATE TABLE counters(name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;",
};

enum { SCHEMA = sizeof migrations / sizeof *migrations };

/* ---- Errors ---- */

kor_status kor_store_fail(kor_memory *memory, const char *doing, kor_error *err)
{
    const char *path = memory->path;
    const char *why = memory->db ? sqlite3_errmsg(memory->db) : "out of memory";
    int code = memory->db ? sqlite3_extended_errcode(memory->db) : SQLITE_NOMEM;
    int os = memory->db ? sqlite3_system_errno(memory->db) : 0;
    switch (code & 0xff) {
    case SQLITE_NOMEM: return kor_fail_memory(err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return kor_fail(err, KOR_E_BUSY,
                        "%s: cannot %s: another process has kept the memory locked for %d s; "
                        "try again when it is done",
                        path, doing, KOR_STORE_BUSY_MS / 1000);
    case SQLITE_NOTADB:
        return kor_fail(err, KOR_E_DAMAGED,
                        "%s: not a Korora memory; move it away, or choose another --home", path);
    case SQLITE_CORRUPT:
        return kor_fail(err, KOR_E_DAMAGED,
                        "%s: the memory is damaged (%s); put a copy back, or move it away and "
                        "import again",
                        path, why);
    case SQLITE_READONLY:
    case SQLITE_PERM:
        return kor_fail(err, KOR_E_IO, "%s: cannot %s: the memory is read-only", path, doing);
    case SQLITE_FULL:
    case SQLITE_IOERR:
        /* SQLite tells a full disk apart, but not a quota or a limit on the size of files. */
        if (code == SQLITE_IOERR_WRITE || (code & 0xff) == SQLITE_FULL) {
            return kor_fail(err, KOR_E_IO,
                            "%s: cannot %s: %s: nothing of this batch was stored; what was "
                            "acknowledged is safe",
                            path, doing,
                            code == SQLITE_IOERR_WRITE ? "disk full, over its quota, or failing"
                                                       : "disk full");
        }
        return kor_fail(err, KOR_E_IO, "%s: cannot %s: %s", path, doing, os ? strerror(os) : why);
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return kor_fail(err, KOR_E_IO, "%s: cannot %s: %s", path, doing, os ? strerror(os) : why);
    default: return kor_fail(err, KOR_E_INPUT, "%s: cannot %s: %s", path, doing, why);
    }
}

/* ---- Statements ---- */

kor_status kor_store_exec(kor_memory *memory, const char *sql, kor_error *err)
{
    if (sqlite3_exec(memory->db, sql, NULL, NULL, NULL) == SQLITE_OK) return KOR_OK;
    return kor_store_fail(memory, memory->mode == KOR_MEMORY_WRITE ? "write" : "read", err);
}

kor_status kor_store_prepare(kor_memory *memory, const char *sql, sqlite3_stmt **out,
                             kor_error *err)
{
    *out = NULL;
    size_t i = 0;
    while (memory->cache[i].sql && memory->cache[i].sql != sql) {
        i++;
        assert(i < KOR_STORE_STATEMENTS);
    }
    if (!memory->cache[i].sql) {
        sqlite3_stmt *statement;
        if (sqlite3_prepare_v3(memory->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) !=
            SQLITE_OK) {
            return kor_store_fail(memory, "read", err);
        }
        memory->cache[i].sql = sql;
        memory->cache[i].statement = statement;
    }
    *out = memory->cache[i].statement;
    (void)sqlite3_reset(*out);
    (void)sqlite3_clear_bindings(*out);
    return KOR_OK;
}

kor_status kor_store_step(kor_memory *memory, sqlite3_stmt *statement, bool *row, kor_error *err)
{
    int rc = sqlite3_step(statement);
    *row = rc == SQLITE_ROW;
    if (*row) return KOR_OK;
    kor_status status = KOR_OK;
    if (rc != SQLITE_DONE) {
        status = kor_store_fail(memory, sqlite3_stmt_readonly(statement) ? "read" : "store", err);
    }
    (void)sqlite3_reset(statement);
    return status;
}

kor_status kor_store_integer(kor_memory *memory, const char *sql, size_t count,
                             const int64_t *values, int64_t *out, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    *out = 0;
    KOR_TRY(kor_store_prepare(memory, sql, &statement, err));
    for (size_t i = 0; i < count; i++) (void)sqlite3_bind_int64(statement, (int)i + 1, values[i]);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (row) *out = sqlite3_column_int64(statement, 0);
    (void)sqlite3_reset(statement);
    return KOR_OK;
}

static kor_status count_all(kor_memory *memory, kor_error *err)
{
    KOR_TRY(
        kor_store_integer(memory, "SELECT sum(events) FROM scopes", 0, NULL, &memory->events, err));
    return kor_store_integer(memory, "SELECT sum(length) FROM scopes", 0, NULL, &memory->words,
                             err);
}

kor_status kor_store_begin_read(kor_memory *memory, kor_error *err)
{
    KOR_TRY(kor_store_exec(memory, "BEGIN", err));
    kor_status status =
        memory->sight.limited ? kor_limit_count(memory, err) : count_all(memory, err);
    if (status != KOR_OK) kor_store_end_read(memory);
    return status;
}

void kor_store_end_read(kor_memory *memory)
{
    (void)sqlite3_exec(memory->db, "COMMIT", NULL, NULL, NULL);
}

kor_status kor_store_scope(kor_memory *memory, const char *scope, int64_t *id, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    *id = 0;
    KOR_TRY(kor_store_prepare(memory, "SELECT id FROM scopes WHERE name = ?1", &statement, err));
    (void)sqlite3_bind_text(statement, 1, scope ? scope : "", -1, SQLITE_STATIC);
    KOR_TRY(kor_store_step(memory, statement, &row, err));
    if (row) *id = sqlite3_column_int64(statement, 0);
    (void)sqlite3_reset(statement);
    return KOR_OK;
}

kor_status kor_store_update_vectors(kor_memory *memory, kor_error *err)
{
    if (!memory->embedder) return KOR_OK;
    if (!memory->model) {
        int64_t checksum = (int64_t)memory->embedder_info.checksum;
        KOR_TRY(kor_store_integer(memory, "SELECT id FROM models WHERE checksum = ?1", 1, &checksum,
                                  &memory->model, err));
    }
    return memory->model ? kor_vectors_update(memory, err) : KOR_OK;
}

/* ---- Opening ---- */

/* The name as a URI that nothing in it can break out of. */
static void add_uri_path(kor_str *uri, const char *path)
{
    for (const unsigned char *p = (const unsigned char *)path; *p; p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || strchr("/._-", *p);
        if (plain) {
            kor_str_putc(uri, (char)*p);
        } else {
            kor_str_printf(uri, "%%%02x", *p);
        }
    }
}

static kor_status open_database(kor_memory *memory, bool immutable, kor_error *err)
{
    if (memory->db) (void)sqlite3_close(memory->db);
    memory->db = NULL;
    kor_str uri = {0};
    kor_str_puts(&uri, memory->path[0] == '/' ? "file://" : "file:");
    add_uri_path(&uri, memory->path);
    if (immutable) kor_str_puts(&uri, "?immutable=1");
    kor_status status = uri.failed ? kor_fail_memory(err) : KOR_OK;
    int flags = SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
                (immutable ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (status == KOR_OK && sqlite3_open_v2(uri.data, &memory->db, flags, NULL) != SQLITE_OK) {
        status = kor_store_fail(memory, "open", err);
    }
    kor_str_free(&uri);
    if (status != KOR_OK) return status;
    (void)sqlite3_busy_timeout(memory->db, KOR_STORE_BUSY_MS);
    /* Until it has proved to be ours, closing it must not write to it. */
    (void)sqlite3_db_config(memory->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    (void)sqlite3_db_config(memory->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    return KOR_OK;
}

static kor_status pragma(kor_memory *memory, const char *sql, int64_t *out, kor_error *err)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(memory->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        return kor_store_fail(memory, "open", err);
    }
    int rc = sqlite3_step(statement);
    kor_status status = KOR_OK;
    if (rc == SQLITE_ROW) {
        *out = sqlite3_column_int64(statement, 0);
    } else {
        status = kor_store_fail(memory, "open", err);
    }
    (void)sqlite3_finalize(statement);
    return status;
}

/* All three at one time: another process may be making the memory right now. */
static kor_status read_identity(kor_memory *memory, int64_t *application, int64_t *schema,
                                int64_t *objects, kor_error *err)
{
    bool alone = sqlite3_get_autocommit(memory->db);
    if (alone) KOR_TRY(kor_store_exec(memory, "BEGIN", err));
    kor_status status = pragma(memory, "PRAGMA application_id", application, err);
    if (status == KOR_OK) status = pragma(memory, "PRAGMA user_version", schema, err);
    if (status == KOR_OK)
        status = pragma(memory, "SELECT count(*) FROM sqlite_schema", objects, err);
    if (alone) (void)sqlite3_exec(memory->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* Is it a memory, of a schema that this version knows? *schema is 0 for a database with nothing in
 * it, which may become one. */
static kor_status identify(kor_memory *memory, int64_t *schema, kor_error *err)
{
    int64_t application, objects;
    KOR_TRY(read_identity(memory, &application, schema, &objects, err));
    bool empty = application == 0 && *schema == 0 && objects == 0;
    if (application != KOR_STORE_APPLICATION && !empty) {
        return kor_fail(err, KOR_E_DAMAGED,
                        "%s: an SQLite file, but not a Korora memory; move it away, or choose "
                        "another --home",
                        memory->path);
    }
    if (*schema < 0 || *schema > SCHEMA) {
        return kor_fail(
            err, KOR_E_UNSUPPORTED,
            "%s: is from a newer korora (schema %lld, this one knows %d): update korora",
            memory->path, (long long)*schema, SCHEMA);
    }
    return KOR_OK;
}

/* From the schema found to this version's, all or nothing. Another process may be at it too: what
 * counts is the schema found under the lock. */
static kor_status migrate(kor_memory *memory, kor_error *err)
{
    int64_t schema;
    KOR_TRY(kor_store_exec(memory, "BEGIN IMMEDIATE", err));
    kor_status status = identify(memory, &schema, err);
    for (; status == KOR_OK && schema < SCHEMA; schema++) {
        status = kor_store_exec(memory, migrations[schema], err);
    }
    if (status == KOR_OK) {
        char sql[96];
        (void)sqlite3_snprintf(sizeof sql, sql,
                               "PRAGMA application_id = %d; PRAGMA user_version = %d",
                               KOR_STORE_APPLICATION, SCHEMA);
        status = kor_store_exec(memory, sql, err);
    }
    if (status == KOR_OK) status = kor_store_exec(memory, "COMMIT", err);
    if (status != KOR_OK) (void)sqlite3_exec(memory->db, "ROLLBACK", NULL, NULL, NULL);
    return status;
}

/* The switch to WAL needs the file for itself for a moment, and SQLite does not wait for that. */
static kor_status use_wal(kor_memory *memory, kor_error *err)
{
    for (int waited = 0;; waited += 10) {
        int rc = sqlite3_exec(memory->db, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if (rc == SQLITE_OK) return KOR_OK;
        if ((rc & 0xff) != SQLITE_BUSY || waited >= KOR_STORE_BUSY_MS) {
            return kor_store_fail(memory, "open", err);
        }
        (void)sqlite3_sleep(10);
    }
}

/* SQLite gives its -wal and -shm files the mode of the database, so only that is made by hand. */
static kor_status create_file(kor_memory *memory, kor_error *err)
{
    int fd = open(memory->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
    } else if (errno != EEXIST) {
        return kor_fail(err, KOR_E_IO, "%s: cannot make the memory: %s", memory->path,
                        strerror(errno));
    }
    return KOR_OK;
}

static kor_status open_to_write(kor_memory *memory, kor_error *err)
{
    int64_t schema;
    KOR_TRY(kor_make_dirs(memory->home, err));
    KOR_TRY(create_file(memory, err));
    KOR_TRY(open_database(memory, false, err));
    KOR_TRY(identify(memory, &schema, err));
    if (sqlite3_db_readonly(memory->db, "main") == 1) {
        return kor_fail(err, KOR_E_IO, "%s: cannot write: the memory is read-only", memory->path);
    }
    /* The first schema is committed before the switch to WAL, so that a file with anything in it
     * names its owner in its first bytes. */
    if (schema < SCHEMA) KOR_TRY(migrate(memory, err));
    KOR_TRY(use_wal(memory, err));
    return kor_store_exec(memory,
                          "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                          "PRAGMA secure_delete = ON; PRAGMA wal_autocheckpoint = 4000",
                          err);
}

/* Nothing waits in the write-ahead log: the database file alone is the whole memory. */
static bool log_is_empty(const char *path)
{
    kor_str name = {0};
    struct stat st;
    kor_str_printf(&name, "%s-wal", path);
    bool empty = !name.failed && (stat(name.data, &st) != 0 ? errno == ENOENT : st.st_size == 0);
    kor_str_free(&name);
    return empty;
}

static kor_status open_to_read(kor_memory *memory, kor_error *err)
{
    struct stat st;
    if (stat(memory->path, &st) != 0 ? errno == ENOENT || errno == ENOTDIR : st.st_size == 0) {
        return kor_fail(err, KOR_E_NOT_FOUND,
                        "no memory at %s yet: korora import or korora add makes one", memory->home);
    }
    int64_t schema;
    kor_status status = open_database(memory, false, err);
    if (status == KOR_OK) status = identify(memory, &schema, err);
    if (status == KOR_E_IO && log_is_empty(memory->path)) {
        /* In a folder where nothing can be made, SQLite needs to be told that nobody writes. */
        status = open_database(memory, true, err);
        if (status == KOR_OK) status = identify(memory, &schema, err);
    }
    KOR_TRY(status);
    if (schema < SCHEMA) {
        return kor_fail(
            err, KOR_E_UNSUPPORTED,
            "%s: is from an older korora (schema %lld, this one wants %d): korora add or "
            "korora import updates it",
            memory->path, (long long)schema, SCHEMA);
    }
    return kor_store_exec(memory, "PRAGMA query_only = ON", err);
}

static kor_status open_memory(kor_memory *memory, kor_error *err)
{
    KOR_TRY(memory->mode == KOR_MEMORY_WRITE ? open_to_write(memory, err)
                                             : open_to_read(memory, err));
    (void)sqlite3_db_config(memory->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    KOR_TRY(kor_store_exec(memory, "PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY", err));
    int64_t identity;
    KOR_TRY(kor_store_integer(memory, "SELECT value FROM meta WHERE key = 'identity'", 0, NULL,
                              &identity, err));
    memory->identity = (uint64_t)identity;
    KOR_TRY(kor_limit_register(memory, err));
    return kor_bm25_register(memory, err);
}

kor_status kor_memory_open(kor_memory **out, const char *home, kor_memory_mode mode,
                           const kor_model *embedder, kor_error *err)
{
    *out = NULL;
    if (!home || !*home) {
        return kor_fail(err, KOR_E_ARG,
                        "no place for the memory: set HOME or KORORA_HOME, or give "
                        "--home DIR");
    }
    kor_memory *memory = calloc(1, sizeof *memory);
    if (!memory) return kor_fail_memory(err);
    kor_str path = {0};
    kor_str_printf(&path, "%s/memory.db", home);
    memory->home = strdup(home);
    memory->path = path.data;
    memory->mode = mode;
    memory->embedder = embedder;
    kor_status status = memory->home && !path.failed ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK && embedder) {
        kor_model_get_info(embedder, &memory->embedder_info);
        memory->vectors.dim = memory->embedder_info.dim;
        if (memory->vectors.dim == 0 || memory->vectors.dim > KOR_VECTORS_MAX_DIM) {
            status = kor_fail(err, KOR_E_UNSUPPORTED, "a model with %zu dimensions cannot embed",
                              memory->vectors.dim);
        }
    }
    if (status == KOR_OK) status = open_memory(memory, err);
    if (status != KOR_OK) {
        kor_memory_close(memory);
        return status;
    }
    *out = memory;
    return KOR_OK;
}

void kor_memory_rest(kor_memory *memory)
{
    (void)sqlite3_db_release_memory(memory->db);
    kor_ctx_free(memory->ctx);
    memory->ctx = NULL;
}

void kor_memory_close(kor_memory *memory)
{
    if (!memory) return;
    for (size_t i = 0; i < KOR_STORE_STATEMENTS; i++) {
        (void)sqlite3_finalize(memory->cache[i].statement);
    }
    kor_sight_free(&memory->sight);
    (void)sqlite3_close(memory->db);
    kor_vectors_close(&memory->vectors);
    kor_ctx_free(memory->ctx);
    free(memory->home);
    free(memory->path);
    free(memory);
}
