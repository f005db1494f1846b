/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

const char *kor_status_name(kor_status status)
{
    switch (status) {
    case KOR_OK: return "ok";
    case KOR_E_ARG: return "wrong use";
    case KOR_E_INPUT: return "bad input";
    case KOR_E_NOT_FOUND: return "not found";
    case KOR_E_UNSUPPORTED: return "unsupported";
    case KOR_E_MEMORY: return "out of memory";
    case KOR_E_IO: return "input or output failed";
    case KOR_E_BUSY: return "busy";
    case KOR_E_DAMAGED: return "damaged";
    }
    return "unknown status";
}

/* Bytes of the UTF-8 character at s (Unicode 15, table 3-7), or 0 when there is none. The NUL at
 * the end of the text ends a torn one too. */
static size_t character(const unsigned char *s)
{
    if (s[0] < 0x80) return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4) return 0;
    size_t n = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    unsigned char low = s[0] == 0xe0 ? 0xa0 : s[0] == 0xf0 ? 0x90 : 0x80;
    unsigned char high = s[0] == 0xed ? 0x9f : s[0] == 0xf4 ? 0x8f : 0xbf;
    if (s[1] < low || s[1] > high) return 0;
    for (size_t i = 2; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80) return 0;
    }
    return n;
}

/* A message quotes names from files: keep it one line of UTF-8, and keep a terminal safe from
 * escape codes, of which U+0080 to U+009F are some. */
static void make_printable(char *text)
{
    for (unsigned char *s = (unsigned char *)text; *s;) {
        size_t n = character(s);
        bool control = n == 1 ? s[0] < 0x20 || s[0] == 0x7f : n == 2 && s[0] == 0xc2 && s[1] < 0xa0;
        if (n && !control) {
            s += n;
        } else {
            for (size_t i = 0; i < (n ? n : 1); i++) *s++ = '?';
        }
    }
}

kor_status kor_fail(kor_error *err, kor_status code, const char *fmt, ...)
{
    if (!err) return code;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(err->msg, sizeof err->msg, fmt, ap);
    va_end(ap);
    err->code = code;
    make_printable(err->msg);
    return code;
}

kor_status kor_fail_in(kor_error *err, kor_status code, const char *prefix_fmt, ...)
{
    if (!err) return code;
    char inner[sizeof err->msg];
    char prefix[sizeof err->msg];
    memcpy(inner, err->msg, sizeof inner);
    va_list ap;
    va_start(ap, prefix_fmt);
    (void)vsnprintf(prefix, sizeof prefix, prefix_fmt, ap);
    va_end(ap);
    return kor_fail(err, code, "%s: %s", prefix, inner);
}

kor_status kor_fail_memory(kor_error *err)
{
    return kor_fail(err, KOR_E_MEMORY, "out of memory");
}
