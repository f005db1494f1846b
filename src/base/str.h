/* SPDX-License-Identifier: Apache-2.0 */
/* A growing byte string. Running out of memory is remembered, not reported at each call: append
 * freely, then ask once. */
#ifndef KOR_STR_H
#define KOR_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Zero-initialise to start. data is NUL-terminated once anything was appended. */
typedef struct kor_str {
    char *data;
    size_t len, cap;
    bool failed; /* memory ran out; later appends do nothing */
} kor_str;

void kor_str_add(kor_str *s, const char *bytes, size_t len);
void kor_str_puts(kor_str *s, const char *text);
void kor_str_putc(kor_str *s, char c);
void kor_str_printf(kor_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kor_str_vprintf(kor_str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

/* Empty it, keeping its memory and forgetting a failure. */
void kor_str_clear(kor_str *s);
void kor_str_free(kor_str *s);

/* The text, "" when empty. Valid until the next call on s. */
static inline const char *kor_str_text(const kor_str *s)
{
    return s->len ? s->data : "";
}

#endif
