/* SPDX-License-Identifier: Apache-2.0 */
/* Rows on their way from a source to the file that a model learns from: JSON lines, whatever they
 * were before. */
#ifndef KOR_MADE_ROWS_H
#define KOR_MADE_ROWS_H

#include "learn/task.h"

#include <jansson.h>

typedef struct kor_made_row {
    const char *json; /* one line, without its end */
    size_t len;
    size_t line; /* in its file; 0 when it has none */
} kor_made_row;

typedef struct kor_made_rows {
    kor_made_row *rows;
    size_t count, cap;
    size_t bad; /* told and left out */
    kor_arena arena;
} kor_made_rows;

/* Add a line (len bytes, copied) as it is. */
kor_status kor_made_rows_add(kor_made_rows *rows, const char *json, size_t len, size_t line,
                             kor_error *err);

/* Add a line once it is seen that the task can learn from it; else tell remarks with path and line
 * (the first 20 one by one), and leave it out. */
kor_status kor_made_rows_check(kor_made_rows *rows, const char *json, size_t len, size_t line,
                               const kor_task *task, const char *path, const kor_remarks *remarks,
                               kor_error *err);

/* One that cannot be used. */
void kor_made_rows_bad(kor_made_rows *rows, const char *path, size_t line,
                       const kor_remarks *remarks, const char *why);

/* What of a row must not be both learnt from and measured with: its text, its query, or both of its
 * texts, appended to out. */
void kor_made_row_text(kor_str *out, const kor_made_row *row);

void kor_made_rows_free(kor_made_rows *rows);

#endif
