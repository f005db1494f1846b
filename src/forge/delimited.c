/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/delimited.h"

#include "base/str.h"

#include <string.h>

/* A cursor over the text. The fields of a record are kept one after the other, each with a NUL, and
 * pointed to once the record is whole: the buffer moves while it grows. */
typedef struct reader {
    const char *at, *end;
    char separator;
    const char *path;
    size_t line;
    kor_str bytes;
    size_t start[KOR_DELIMITED_FIELDS + 1];
    size_t count;
    kor_error *err;
} reader;

static kor_status fail_at(const reader *r, size_t line, const char *what)
{
    return kor_fail(r->err, KOR_E_INPUT, "%s:%zu: %s", r->path, line, what);
}

static bool at_line_end(const reader *r)
{
    return *r->at == '\n' || (*r->at == '\r' && r->at + 1 < r->end && r->at[1] == '\n');
}

static kor_status quoted(reader *r)
{
    size_t started = r->line;
    for (r->at++;; r->at++) {
        if (r->at == r->end) return fail_at(r, started, "a quote that begins here does not end");
        if (*r->at == '\n') r->line++;
        if (*r->at == '"') {
            if (r->at + 1 == r->end || r->at[1] != '"') break;
            r->at++;
        }
        kor_str_putc(&r->bytes, *r->at);
    }
    r->at++;
    if (r->at == r->end || *r->at == r->separator || at_line_end(r)) return KOR_OK;
    return fail_at(r, r->line, "text after the end of a quote; a quote within one is doubled");
}

static kor_status one_field(reader *r)
{
    if (r->count == KOR_DELIMITED_FIELDS) return fail_at(r, r->line, "too many fields");
    r->start[r->count++] = r->bytes.len;
    if (r->separator == ',' && r->at < r->end && *r->at == '"') {
        KOR_TRY(quoted(r));
    } else {
        const char *from = r->at;
        while (r->at < r->end && *r->at != r->separator && !at_line_end(r)) r->at++;
        kor_str_add(&r->bytes, from, (size_t)(r->at - from));
    }
    kor_str_putc(&r->bytes, 0);
    return r->bytes.failed ? kor_fail_memory(r->err) : KOR_OK;
}

/* The fields of a record, up to and with its line end. */
static kor_status one_record(reader *r)
{
    kor_str_clear(&r->bytes);
    r->count = 0;
    for (;;) {
        KOR_TRY(one_field(r));
        if (r->at == r->end || *r->at != r->separator) break;
        r->at++;
    }
    r->start[r->count] = r->bytes.len;
    if (r->at < r->end) r->at += *r->at == '\r' ? 2 : 1;
    return KOR_OK;
}

kor_status kor_delimited_read(const char *text, size_t len, char separator, const char *path,
                              kor_status (*row)(void *arg, size_t line, const kor_field *fields,
                                                size_t count, kor_error *err),
                              void *arg, kor_error *err)
{
    reader r = {
        .at = text, .end = text + len, .separator = separator, .path = path, .line = 1, .err = err};
    kor_field fields[KOR_DELIMITED_FIELDS];
    kor_status status = KOR_OK;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) r.at += 3;
    while (status == KOR_OK && r.at < r.end) {
        size_t line = r.line;
        const char *from = r.at;
        status = one_record(&r);
        if (status != KOR_OK) break;
        r.line++;
        if (*from == '\n' || (*from == '\r' && r.at == from + 2)) continue;
        for (size_t i = 0; i < r.count; i++)
            fields[i] = (kor_field){r.bytes.data + r.start[i], r.start[i + 1] - r.start[i] - 1};
        status = row(arg, line, fields, r.count, err);
    }
    kor_str_free(&r.bytes);
    return status;
}
