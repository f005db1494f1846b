/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static kor_status fail_errno(kor_error *err, const char *path, const char *doing)
{
    int e = errno;
    kor_status code = e == ENOENT || e == ENOTDIR ? KOR_E_NOT_FOUND
                      : e == ENOMEM               ? KOR_E_MEMORY
                                                  : KOR_E_IO;
    return kor_fail(err, code, "%s: cannot %s: %s", path, doing, strerror(e));
}

static kor_status open_regular(int *fd, struct stat *st, const char *path, kor_error *err)
{
    /* O_NONBLOCK: opening a FIFO must not hang; it is refused below. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) return fail_errno(err, path, "open");
    if (fstat(*fd, st) != 0) {
        kor_status s = fail_errno(err, path, "stat");
        close(*fd);
        return s;
    }
    if (!S_ISREG(st->st_mode)) {
        close(*fd);
        return kor_fail(err, KOR_E_INPUT, "%s: not a regular file", path);
    }
    return KOR_OK;
}

kor_status kor_map_open(kor_map *out, const char *path, kor_error *err)
{
    *out = (kor_map){0};
    int fd;
    struct stat st;
    KOR_TRY(open_regular(&fd, &st, path, err));
    size_t size = (size_t)st.st_size;
    if (size) {
        /* Populated at once: a fault for every few pages costs ten times as much. */
        void *p = mmap(NULL, size, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
        if (p == MAP_FAILED) {
            kor_status s = fail_errno(err, path, "map");
            close(fd);
            return s;
        }
        out->data = p;
        out->size = size;
    }
    close(fd);
    return KOR_OK;
}

void kor_map_close(kor_map *map)
{
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    *map = (kor_map){0};
}

kor_status kor_file_read(kor_str *out, const char *path, size_t limit, kor_error *err)
{
    int fd;
    struct stat st;
    KOR_TRY(open_regular(&fd, &st, path, err));
    kor_status status = KOR_OK;
    size_t start = out->len;
    for (;;) {
        char buf[65536];
        ssize_t n = read(fd, buf, sizeof buf);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            status = fail_errno(err, path, "read");
            break;
        }
        if (n == 0) break;
        if (out->len - start + (size_t)n > limit) {
            status = kor_fail(err, KOR_E_INPUT, "%s: larger than %zu bytes", path, limit);
            break;
        }
        kor_str_add(out, buf, (size_t)n);
        if (out->failed) break;
    }
    close(fd);
    if (status == KOR_OK && out->failed) status = kor_fail_memory(err);
    return status;
}

kor_status kor_write_all(int fd, const void *bytes, size_t len, const char *what, kor_error *err)
{
    const char *p = bytes;
    while (len) {
        ssize_t n = write(fd, p, len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return fail_errno(err, what, "write");
        p += n;
        len -= (size_t)n;
    }
    return KOR_OK;
}

kor_status kor_writer_open(kor_writer *w, const char *path, kor_error *err)
{
    w->fd = -1;
    int n = snprintf(w->path, sizeof w->path, "%s", path);
    if (n < 0 || (size_t)n >= sizeof w->path) {
        return kor_fail(err, KOR_E_ARG, "%.100s...: path too long", path);
    }
    (void)snprintf(w->temporary, sizeof w->temporary, "%s.XXXXXX", path);
    w->fd = mkostemp(w->temporary, O_CLOEXEC); /* mode 0600 */
    if (w->fd < 0) return fail_errno(err, path, "create");
    return KOR_OK;
}

kor_status kor_writer_add(kor_writer *w, const void *bytes, size_t len, kor_error *err)
{
    return kor_write_all(w->fd, bytes, len, w->path, err);
}

/* The name is only as durable as its directory. */
static void sync_directory_of(const char *path)
{
    char dir[4096];
    const char *slash = strrchr(path, '/');
    (void)snprintf(dir, sizeof dir, "%.*s", slash ? (int)(slash - path) + 1 : 1,
                   slash ? path : ".");
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

kor_status kor_writer_commit(kor_writer *w, kor_error *err)
{
    kor_status status = KOR_OK;
    if (fsync(w->fd) != 0) status = fail_errno(err, w->path, "write");
    if (close(w->fd) != 0 && status == KOR_OK) status = fail_errno(err, w->path, "write");
    w->fd = -1;
    if (status == KOR_OK && rename(w->temporary, w->path) != 0) {
        status = fail_errno(err, w->path, "replace");
    }
    if (status != KOR_OK) {
        (void)unlink(w->temporary);
        return status;
    }
    sync_directory_of(w->path);
    return KOR_OK;
}

void kor_writer_abandon(kor_writer *w)
{
    if (w->fd < 0) return;
    close(w->fd);
    w->fd = -1;
    (void)unlink(w->temporary);
}

kor_status kor_make_dirs(const char *path, kor_error *err)
{
    char buf[4096];
    int n = snprintf(buf, sizeof buf, "%s", path);
    if (n <= 0 || (size_t)n >= sizeof buf) {
        return kor_fail(err, KOR_E_ARG, "%.100s: not a usable path", path);
    }
    for (char *p = buf + 1;; p++) {
        if (*p && *p != '/') continue;
        char c = *p;
        *p = 0;
        if (mkdir(buf, 0700) != 0) {
            struct stat st;
            bool there = errno == EEXIST && stat(buf, &st) == 0;
            if (there && !S_ISDIR(st.st_mode)) errno = ENOTDIR;
            if (!there || !S_ISDIR(st.st_mode)) return fail_errno(err, buf, "make the directory");
        }
        if (!c) return KOR_OK;
        *p = c;
    }
}

kor_status kor_lock_folder(const char *path, int *fd, kor_error *err)
{
    int locked = -1;
    *fd = -1;
    KOR_TRY(kor_make_dirs(path, err));
    *fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    while (*fd >= 0 && (locked = flock(*fd, LOCK_EX)) != 0 && errno == EINTR) {
    }
    return locked == 0 ? KOR_OK : kor_fail(err, KOR_E_IO, "%s: %s", path, strerror(errno));
}
