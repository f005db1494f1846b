/* SPDX-License-Identifier: Apache-2.0 */
/* The open database, for the files of this folder: one place that prepares, steps and explains. */
#ifndef KOR_STORE_H
#define KOR_STORE_H

#include "memory/memory.h"
#include "memory/vectors.h"

#include <sqlite3.h>

enum { KOR_STORE_STATEMENTS = 128, KOR_STORE_BUSY_MS = 10000 /* to wait for other writers */ };

/* Says that a file is a memory: "Kora" in the header of the database. */
#define KOR_STORE_APPLICATION 0x4b6f7261

struct kor_memory {
    sqlite3 *db;
    char *home, *path; /* the folder, and memory.db in it */
    kor_memory_mode mode;
    const kor_model *embedder; /* or NULL */
    kor_model_info embedder_info;
    kor_ctx *ctx;      /* of the embedder, made when a question is first embedded */
    int64_t model;     /* the embedder's row in models; 0 when it has none yet */
    int64_t events;    /* in the memory, when the read transaction was begun */
    int64_t words;     /* of these events */
    uint64_t identity; /* of this store, so that another's sidecar is not taken for its own */
    kor_vectors vectors;
    struct {
        const char *sql;
        sqlite3_stmt *statement;
    } cache[KOR_STORE_STATEMENTS];
};

/* The last error of the database as a kor_status and a message that says what was being done
 * ("store events") and what to do about it. */
kor_status kor_store_fail(kor_memory *memory, const char *doing, kor_error *err);

/* Run statements that give no rows. */
kor_status kor_store_exec(kor_memory *memory, const char *sql, kor_error *err);

/* A prepared statement, reset and with all parameters NULL. sql must live as long as the memory:
 * the statement is prepared once, found again by its address, and owned by the memory. */
kor_status kor_store_prepare(kor_memory *memory, const char *sql, sqlite3_stmt **out,
                             kor_error *err);

/* Step a statement; *row says whether there is one. A statement without one is reset. */
kor_status kor_store_step(kor_memory *memory, sqlite3_stmt *statement, bool *row, kor_error *err);

/* The one integer that a query gives; 0 when it has no row or is NULL. Parameters are bound to
 * ?1, ?2, ... from values. */
kor_status kor_store_integer(kor_memory *memory, const char *sql, size_t count,
                             const int64_t *values, int64_t *out, kor_error *err);

/* One read transaction: what is read between the two is of one moment. end never fails. */
kor_status kor_store_begin_read(kor_memory *memory, kor_error *err);
void kor_store_end_read(kor_memory *memory);

/* The scope's row; 0 when there is none. NULL is the user's own. */
kor_status kor_store_scope(kor_memory *memory, const char *scope, int64_t *id, kor_error *err);

/* Bring the vectors that a query scans up to date. Does nothing without an embedder. */
kor_status kor_store_update_vectors(kor_memory *memory, kor_error *err);

/* An event from a row of KOR_STORE_EVENT columns; strings are the statement's. */
void kor_store_read_event(sqlite3_stmt *statement, kor_event *out);

#define KOR_STORE_EVENT                                                                            \
    "SELECT e.id, e.time, e.stored, e.zone, s.name, e.ref, e.app, e.title, e.uri, c.name, e.text"  \
    " FROM events e JOIN sources s ON s.id = e.source JOIN scopes c ON c.id = e.scope "

#endif
