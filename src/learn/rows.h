/* SPDX-License-Identifier: Apache-2.0 */
/* A file of rows, one JSON value a line: gone through line by line, bad ones told and left out. */
#ifndef KOR_ROWS_H
#define KOR_ROWS_H

#include "base/status.h"

#include <stddef.h>
#include <stdint.h>

/* Where remarks about rows go: one line, without a line end. */
typedef struct kor_remarks {
    void (*say)(void *arg, const char *line);
    void *arg;
} kor_remarks;

void kor_remark(const kor_remarks *remarks, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

typedef struct kor_rows {
    const char *path;
    const kor_remarks *remarks;
    size_t line; /* that is being read, from 1 */
    size_t bad;  /* rows that were told */
} kor_rows;

/* Call row for every line of rows->path that is not blank, until it fails. A byte order mark and
 * CRLF are passed over. *hash is kor_hash64 of the file. */
kor_status kor_rows_read(kor_rows *rows, kor_status (*row)(void *arg, const char *line, size_t len),
                         void *arg, uint64_t *hash, kor_error *err);

/* Tell that the row of this line is bad, and why: the first 20 of a file one by one. Always KOR_OK:
 * reading goes on. */
kor_status kor_rows_bad(kor_rows *rows, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* When all rows are looked at: tell how many more were bad, and return how many in all. */
size_t kor_rows_end(const kor_rows *rows);

#endif
