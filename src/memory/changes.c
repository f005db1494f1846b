/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/changes.h"

#include "base/str.h"
#include "memory/store.h"

#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

kor_status kor_changes_count(kor_memory *memory, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "INSERT INTO meta VALUES('changed', 1)"
                              " ON CONFLICT DO UPDATE SET value = value + 1",
                              &statement, err));
    return kor_store_step(memory, statement, &row, err);
}

/* A commit writes to the log, waits for the disk, and can be read only then: whoever holds the lock
 * of writers may be between the two. */
static bool nobody_writes(kor_memory *memory)
{
    (void)sqlite3_busy_timeout(memory->db, 0);
    int rc = sqlite3_exec(memory->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    if (rc == SQLITE_OK) (void)sqlite3_exec(memory->db, "ROLLBACK", NULL, NULL, NULL);
    (void)sqlite3_busy_timeout(memory->db, KOR_STORE_BUSY_MS);
    return (rc & 0xff) != SQLITE_BUSY;
}

static kor_status read_both(kor_memory *memory, kor_changes *out, kor_error *err)
{
    KOR_TRY(kor_store_integer(memory, "SELECT seq FROM sqlite_sequence WHERE name = 'events'", 0,
                              NULL, &out->last, err));
    return kor_store_integer(memory, "SELECT value FROM meta WHERE key = 'changed'", 0, NULL,
                             &out->changed, err);
}

kor_status kor_changes_read(kor_memory *memory, kor_changes *out, bool *settled, kor_error *err)
{
    *settled = nobody_writes(memory);
    KOR_TRY(kor_store_exec(memory, "BEGIN", err));
    kor_status status = read_both(memory, out, err);
    kor_store_end_read(memory);
    return status;
}

kor_status kor_changes_watch(kor_memory *memory, int *out, kor_error *err)
{
    kor_changes now;
    bool settled;
    /* Whoever reads has made the log. */
    KOR_TRY(kor_changes_read(memory, &now, &settled, err));
    kor_str log = {0};
    kor_str_printf(&log, "%s-wal", memory->path);
    int fd = log.failed ? -1 : inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    kor_status status = log.failed ? kor_fail_memory(err) : KOR_OK;
    if (status == KOR_OK && (fd < 0 || inotify_add_watch(fd, log.data, IN_MODIFY) < 0))
        status = kor_fail(err, KOR_E_IO, "%s: cannot be watched: %s", log.data, strerror(errno));
    if (status != KOR_OK && fd >= 0) (void)close(fd);
    if (status == KOR_OK) *out = fd;
    kor_str_free(&log);
    return status;
}
