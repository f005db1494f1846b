/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BLOCK = 64 << 10 };

static kor_status fail_errno(const kor_lines *lines, const char *doing, kor_error *err)
{
    int e = errno;
    kor_status code = e == ENOENT || e == ENOTDIR ? KOR_E_NOT_FOUND : KOR_E_IO;
    return kor_fail(err, code, "%s: cannot %s: %s", lines->name, doing, strerror(e));
}

kor_status kor_lines_open(kor_lines *lines, const char *path, const kor_sink *sink, kor_error *err)
{
    bool standard = !path || strcmp(path, "-") == 0;
    *lines =
        (kor_lines){.name = standard ? "standard input" : path, .sink = sink, .to = 1, .fd = -1};
    int fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(lines, "open", err);
    lines->fd = fd;
    struct stat st;
    kor_status status = KOR_OK;
    if (fstat(fd, &st) != 0) {
        status = fail_errno(lines, "stat", err);
    } else if (S_ISDIR(st.st_mode)) {
        status = kor_fail(err, KOR_E_INPUT, "%s: is a folder, not a file", lines->name);
    } else {
        if (S_ISREG(st.st_mode)) lines->size = (uint64_t)st.st_size;
        lines->mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
    }
    if (status != KOR_OK) kor_lines_close(lines);
    return status;
}

void kor_lines_close(kor_lines *lines)
{
    if (lines->fd >= 0) close(lines->fd);
    free(lines->buf);
    lines->fd = -1;
    lines->buf = NULL;
}

kor_status kor_lines_rewind(kor_lines *lines, kor_error *err)
{
    if (lseek(lines->fd, 0, SEEK_SET) != 0) {
        return kor_fail(err, KOR_E_INPUT, "%s: must be a file, it is read twice", lines->name);
    }
    lines->start = lines->end = lines->number = 0;
    lines->done = 0;
    lines->ended = false;
    return KOR_OK;
}

void kor_lines_skip(const kor_lines *lines, size_t number, const char *why)
{
    if (!lines->sink) return;
    char where[4200];
    (void)snprintf(where, sizeof where, "%.4096s:%zu", lines->name, number);
    lines->sink->skip(lines->sink->arg, where, why);
}

static void tell_progress(const kor_lines *lines)
{
    if (!lines->sink) return;
    double part = (double)lines->done / (double)(lines->size ? lines->size : 1);
    if (part > 1) part = 1; /* the file grew */
    double fraction = lines->size ? lines->from + (lines->to - lines->from) * part : -1;
    lines->sink->progress(lines->sink->arg, fraction);
}

/* Read another block behind the unread bytes, which move to the front. One byte is left free behind
 * them, for the NUL. */
static kor_status fill(kor_lines *lines, kor_error *err)
{
    if (lines->start) {
        memmove(lines->buf, lines->buf + lines->start, lines->end - lines->start);
        lines->end -= lines->start;
        lines->start = 0;
    }
    if (lines->cap - lines->end <= BLOCK) {
        size_t cap = lines->cap ? lines->cap * 2 : 2 * BLOCK;
        char *buf = realloc(lines->buf, cap);
        if (!buf) return kor_fail_memory(err);
        lines->buf = buf;
        lines->cap = cap;
    }
    ssize_t n;
    do {
        n = read(lines->fd, lines->buf + lines->end, BLOCK);
    } while (n < 0 && errno == EINTR);
    if (n < 0) return fail_errno(lines, "read", err);
    lines->end += (size_t)n;
    lines->done += (uint64_t)n;
    lines->ended = n == 0;
    tell_progress(lines);
    return KOR_OK;
}

/* Drop a byte order mark from the first line, and the carriage return of a "\r\n" from any. */
static void trim(const kor_lines *lines, char **line, size_t *len)
{
    if (lines->number == 1 && *len >= 3 && memcmp(*line, "\xef\xbb\xbf", 3) == 0) {
        *line += 3;
        *len -= 3;
    }
    if (*len && (*line)[*len - 1] == '\r') --*len;
    (*line)[*len] = 0;
}

kor_status kor_lines_next(kor_lines *lines, char **line, size_t *len, kor_error *err)
{
    size_t searched = 0; /* bytes after start that hold no line end */
    bool too_long = false;
    for (;;) {
        size_t have = lines->end - lines->start;
        char *from = have > searched ? lines->buf + lines->start + searched : NULL;
        char *stop = from ? memchr(from, '\n', have - searched) : NULL;
        if (!stop && !lines->ended) {
            searched = have;
            if (have > KOR_LINE_MAX) {
                too_long = true;
                lines->start = lines->end = searched = 0;
            }
            KOR_TRY(fill(lines, err));
            continue;
        }
        if (!stop && have == 0 && !too_long) {
            *line = NULL;
            *len = 0;
            return KOR_OK;
        }
        *line = lines->buf + lines->start;
        *len = stop ? (size_t)(stop - *line) : have;
        lines->start += *len + (stop ? 1 : 0);
        lines->number++;
        if (!too_long && *len <= KOR_LINE_MAX) {
            trim(lines, line, len);
            return KOR_OK;
        }
        kor_lines_skip(lines, lines->number, "line longer than 8 MiB");
        searched = 0;
        too_long = false;
    }
}
