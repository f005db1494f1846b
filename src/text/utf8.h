/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 that survives any bytes. */
#ifndef KOR_UTF8_H
#define KOR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode one code point from s (len bytes, at least 1) and return the bytes consumed, at least 1.
 * What is not UTF-8 (overlong, surrogate, torn, above U+10FFFF) gives U+FFFD, one for each maximal
 * subpart (Unicode 15, section 3.9). */
size_t kor_utf8_decode(const char *s, size_t len, uint32_t *cp);

/* Encode one code point (a surrogate or one above U+10FFFF as U+FFFD); returns bytes written, 1
 * to 4. */
size_t kor_utf8_encode(uint32_t cp, char out[4]);

/* Is all of it UTF-8? */
bool kor_utf8_valid(const char *s, size_t len);

/* The longest prefix of at most max bytes that ends at a character. len when it fits. */
size_t kor_utf8_prefix(const char *s, size_t len, size_t max);

/* What words are made of. */
typedef enum kor_char_class {
    KOR_CHAR_WORD,  /* letters, marks and numbers */
    KOR_CHAR_SPACE, /* separators and control characters */
    KOR_CHAR_SYMBOL /* anything else */
} kor_char_class;

/* By its general category (Unicode). Hashes of texts depend on it: it is part of their formats. */
kor_char_class kor_utf8_class(uint32_t cp);

#endif
