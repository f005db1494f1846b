/* SPDX-License-Identifier: Apache-2.0 */
/* For what guards what is written: a text as somebody sees it who undoes an encoding. A model of
 * rules "secrets" reads a text as it stands; what is in %-escapes, \u escapes, HTML entities,
 * base64, UTF-16, or broken over lines is found by asking it about these views too.
 *
 *     for (int view = 0; view < KOR_SECRETS_VIEWS; view++) {
 *         size_t n = kor_secrets_view(view, text, len, out, from);
 *         if (n == 0) continue;           // nothing is written so
 *         ... kor_spans(ctx, out, n, ...); a span [a, b) there is [from[a], from[b]) of text
 *     }
 */
#ifndef KOR_SECRETS_H
#define KOR_SECRETS_H

#include <stddef.h>

enum {
    KOR_SECRETS_ESCAPES, /* %41, \u0041, \x41, &#65;, &amp;, =41, full-width letters and digits;
                          * zero-width characters and the NUL bytes of UTF-16 left out */
    KOR_SECRETS_TWICE,   /* the same, once more: %2541 */
    KOR_SECRETS_LINES,   /* long words that are broken over lines, put together */
    KOR_SECRETS_BASE64,  /* base64 of printable text, decoded */
    KOR_SECRETS_VIEWS
};

/* Writes a view of text (len bytes, any) to out, which has room for len bytes, and to from (room
 * for len + 1) where in text each of its bytes begins, with len at the end. Returns how many bytes
 * it has; 0 where it is the same as text, or there is none. Does not allocate; linear in len. */
size_t kor_secrets_view(int view, const char *text, size_t len, char *out, size_t *from);

#endif
