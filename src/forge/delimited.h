/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as text: comma-separated (RFC 4180) and tab-separated. */
#ifndef KOR_DELIMITED_H
#define KOR_DELIMITED_H

#include "base/status.h"

#include <stddef.h>

enum { KOR_DELIMITED_FIELDS = 256 };

/* A field: len bytes, and a NUL that does not count. */
typedef struct kor_field {
    const char *text;
    size_t len;
} kor_field;

/* Call row for each record that is not an empty line, with the line it begins on (the first is 1),
 * until it fails; its fields live until it returns. separator ',' : fields may be in quotes, in
 * which separators and line ends are text and "" is a quote; '\t': there are no quotes. Lines end
 * with LF or CRLF; a byte order mark is left out. A quote that does not end, text after one, and
 * more than KOR_DELIMITED_FIELDS fields are KOR_E_INPUT with path and line. */
kor_status kor_delimited_read(const char *text, size_t len, char separator, const char *path,
                              kor_status (*row)(void *arg, size_t line, const kor_field *fields,
                                                size_t count, kor_error *err),
                              void *arg, kor_error *err);

#endif
