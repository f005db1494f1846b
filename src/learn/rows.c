/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/rows.h"

#include "base/file.h"
#include "base/hash.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { TOLD_MAX = 20 };

#define FILE_MAX ((size_t)1 << 32)

void kor_remark(const kor_remarks *remarks, const char *fmt, ...)
{
    if (!remarks->say) return;
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    remarks->say(remarks->arg, line);
}

kor_status kor_rows_bad(kor_rows *rows, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (rows->bad++ < TOLD_MAX)
        kor_remark(rows->remarks, "%s:%zu: %s", rows->path, rows->line, why);
    return KOR_OK;
}

static bool is_blank(const char *s, size_t len)
{
    while (len && (*s == ' ' || *s == '\t' || *s == '\r')) s++, len--;
    return len == 0;
}

kor_status kor_rows_read(kor_rows *rows, kor_status (*row)(void *arg, const char *line, size_t len),
                         void *arg, uint64_t *hash, kor_error *err)
{
    kor_str file = {0};
    kor_status status = kor_file_read(&file, rows->path, FILE_MAX, err);
    const char *s = kor_str_text(&file), *end = s + file.len;
    *hash = kor_hash64(s, file.len, 0);
    if (file.len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) s += 3;
    while (status == KOR_OK && s < end) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop) stop = end;
        rows->line++;
        if (!is_blank(s, (size_t)(stop - s))) status = row(arg, s, (size_t)(stop - s));
        s = stop + 1;
    }
    kor_str_free(&file);
    return status;
}

size_t kor_rows_end(const kor_rows *rows)
{
    if (rows->bad > TOLD_MAX)
        kor_remark(rows->remarks, "%s: %zu more bad rows", rows->path, rows->bad - TOLD_MAX);
    return rows->bad;
}
