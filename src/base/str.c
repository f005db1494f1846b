/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for extra more bytes and the NUL. */
static bool reserve(kor_str *s, size_t extra)
{
    if (s->failed) return false;
    if (s->cap - s->len > extra) return true;
    size_t cap = s->cap ? s->cap : 64;
    while (cap - s->len <= extra) {
        if (cap > SIZE_MAX / 2) {
            s->failed = true;
            return false;
        }
        cap *= 2;
    }
    char *data = realloc(s->data, cap);
    if (!data) {
        s->failed = true;
        return false;
    }
    s->data = data;
    s->cap = cap;
    return true;
}

void kor_str_add(kor_str *s, const char *bytes, size_t len)
{
    if (!reserve(s, len)) return;
    if (len) memcpy(s->data + s->len, bytes, len);
    s->len += len;
    s->data[s->len] = 0;
}

void kor_str_puts(kor_str *s, const char *text)
{
    kor_str_add(s, text, strlen(text));
}

void kor_str_putc(kor_str *s, char c)
{
    kor_str_add(s, &c, 1);
}

void kor_str_vprintf(kor_str *s, const char *fmt, va_list ap)
{
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    if (n < 0) s->failed = true; /* longer than an int can say */
    if (n >= 0 && reserve(s, (size_t)n)) {
        (void)vsnprintf(s->data + s->len, (size_t)n + 1, fmt, again);
        s->len += (size_t)n;
    }
    va_end(again);
}

void kor_str_printf(kor_str *s, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    kor_str_vprintf(s, fmt, ap);
    va_end(ap);
}

void kor_str_clear(kor_str *s)
{
    s->len = 0;
    s->failed = false;
    if (s->data) s->data[0] = 0;
}

void kor_str_free(kor_str *s)
{
    free(s->data);
    *s = (kor_str){0};
}
