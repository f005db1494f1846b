/* SPDX-License-Identifier: Apache-2.0 */
/* A memory in a folder of its own, for the tests of src/memory. Comes after cmocka.h. */
#ifndef TEST_MEMORY_H
#define TEST_MEMORY_H

#include "memory/ingest.h"
#include "memory/recall.h"

#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAY 86400000ll
#define NOON 1700049600000ll /* 2023-11-15 12:00 UTC, a Wednesday */

typedef struct fixture {
    char folder[256], home[300], db[340];
    kor_memory *memory;
    kor_error err;
} fixture;

#define assert_ok(f, expr)                                                                         \
    do {                                                                                           \
        (f)->err.msg[0] = 0;                                                                       \
        if ((expr) != KOR_OK) fail_msg("%s: %s", #expr, (f)->err.msg);                             \
    } while (0)

#define assert_says(f, words)                                                                      \
    do {                                                                                           \
        if (!strstr((f)->err.msg, words)) fail_msg("'%s' is not in '%s'", words, (f)->err.msg);    \
    } while (0)

static inline int setup(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    const char *tmp = getenv("TMPDIR");
    if (!f) return -1;
    (void)snprintf(f->folder, sizeof f->folder, "%s/korora-test-XXXXXX",
                   tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(f->folder)) return -1;
    (void)snprintf(f->home, sizeof f->home, "%s/home", f->folder);
    (void)snprintf(f->db, sizeof f->db, "%s/memory.db", f->home);
    *state = f;
    return 0;
}

static inline int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static inline int teardown(void **state)
{
    fixture *f = *state;
    kor_memory_close(f->memory);
    (void)chmod(f->home, 0700); /* some tests take the right to write away */
    (void)nftw(f->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(f);
    return 0;
}

/* The trunk. Opened once; a missing one is a failure, never a skipped test. */
static inline const kor_model *trunk_model(void)
{
    static kor_model *model;
    if (model) return model;
    const char *path = getenv("KORORA_TEST_TRUNK");
    kor_error err;
    if (kor_model_open(&model, path && *path ? path : "models/trunk.gguf", &err) != KOR_OK)
        fail_msg("%s", err.msg);
    return model;
}

static inline void open_memory(fixture *f, kor_memory_mode mode, const kor_model *model)
{
    kor_memory_close(f->memory);
    f->memory = NULL;
    assert_ok(f, kor_memory_open(&f->memory, f->home, mode, model, &f->err));
}

static inline kor_event text_event(const char *text, int64_t time_ms)
{
    return (kor_event){
        .time_ms = time_ms, .source = "test", .text = text, .text_len = strlen(text)};
}

/* Store events, in a batch, and return what became of them. */
static inline kor_ingest_stats store(fixture *f, const kor_event *events, size_t count)
{
    kor_ingest *in;
    kor_ingest_stats stats;
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    for (size_t i = 0; i < count; i++) assert_ok(f, kor_ingest_add(in, &events[i], &f->err));
    assert_ok(f, kor_ingest_end(in, &stats, &f->err));
    return stats;
}

static inline int64_t remember(fixture *f, const char *text, int64_t time_ms)
{
    kor_event e = text_event(text, time_ms);
    return store(f, &e, 1).last_id;
}

static inline int64_t count_events(fixture *f)
{
    kor_memory_stats stats;
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    return stats.events;
}

/* The number that a query of the database gives. */
static inline int64_t count_rows(fixture *f, const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t n = sqlite3_column_int64(statement, 0);
    (void)sqlite3_finalize(statement);
    (void)sqlite3_close(db);
    return n;
}

/* Run in a child process and return its exit code; a signal is 128 and its number. In the child no
 * cmocka assertion may be used. As a user without privileges where the test runs as root, to whom
 * permissions mean nothing. */
static inline int in_child(int (*run)(fixture *), fixture *f, bool as_user)
{
    enum { NOBODY = 65534 };
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        bool root = geteuid() == 0;
        if (as_user && root &&
            (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 ||
             setresuid(NOBODY, NOBODY, NOBODY) != 0)) {
            _exit(99);
        }
        _exit(run(f));
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

#endif
