/* SPDX-License-Identifier: Apache-2.0 */
#include "base/status.h"

#include <stdarg.h>
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
    }
    return "unknown status";
}

/* A message quotes names from files: keep it one line, and keep a terminal safe from escape codes. */
static void make_printable(char *s)
{
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c < 0x20 || c == 0x7f) *s = '?';
    }
}

/* A cut in the middle of a UTF-8 sequence would leave the message invalid: drop the torn tail. */
static void drop_torn_tail(char *s, size_t cap)
{
    size_t n = strlen(s);
    if (n + 1 < cap) return;
    size_t i = n;
    while (i > 0 && n - i < 3 && ((unsigned char)s[i - 1] & 0xc0) == 0x80) i--;
    if (i == 0) return;
    unsigned char lead = (unsigned char)s[i - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (n - (i - 1) < want) s[i - 1] = 0;
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
    drop_torn_tail(err->msg, sizeof err->msg);
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
