/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of a file of any size, in bounded memory. */
#ifndef KOR_LINES_H
#define KOR_LINES_H

#include "capture/capture.h"

#include <stdbool.h>

/* Bytes of a line at most; a longer one is reported to the sink and passed over. */
enum { KOR_LINE_MAX = 8 << 20 };

typedef struct kor_lines {
    const char *name;     /* for messages: the path (borrowed), or "standard input" */
    const kor_sink *sink; /* told of long lines and of progress; NULL for neither */
    size_t number;        /* of the line handed out last; the first is 1 */
    int64_t mtime_ms;     /* when the file was last changed */
    double from, to;      /* the part of the whole import that this file is: 0 to 1 */
    int fd;
    uint64_t size, done; /* bytes; size is 0 when it is not known */
    char *buf;
    size_t start, end, cap; /* unread bytes are buf[start..end) */
    bool ended;
} kor_lines;

/* path "-" or NULL is standard input. Free with kor_lines_close. */
kor_status kor_lines_open(kor_lines *lines, const char *path, const kor_sink *sink, kor_error *err);

/* The next line, without its line end ("\n" or "\r\n") and without a byte order mark on the first.
 * Any bytes may be in it; line[len] is 0. *line is NULL at the end of the file, else valid until
 * the next call. */
kor_status kor_lines_next(kor_lines *lines, char **line, size_t *len, kor_error *err);

/* Back to the first line. KOR_E_INPUT when the file is a stream that cannot be read twice. */
kor_status kor_lines_rewind(kor_lines *lines, kor_error *err);

/* Report line number (as lines->number) as left out. */
void kor_lines_skip(const kor_lines *lines, size_t number, const char *why);

void kor_lines_close(kor_lines *lines);

#endif
