/* SPDX-License-Identifier: Apache-2.0 */
#include "text/utf8.h"

#include <utf8proc.h>

size_t kor_utf8_decode(const char *s, size_t len, uint32_t *cp)
{
    const unsigned char *p = (const unsigned char *)s;
    unsigned lead = p[0];
    if (lead < 0x80) {
        *cp = lead;
        return 1;
    }
    *cp = 0xfffd;
    /* The second byte's range depends on the first (Unicode 15, table 3-7). */
    unsigned low = 0x80, high = 0xbf;
    size_t need;
    uint32_t value;
    if (lead >= 0xc2 && lead <= 0xdf) {
        need = 1;
        value = lead & 0x1f;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        need = 2;
        value = lead & 0x0f;
        if (lead == 0xe0) low = 0xa0;
        if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        need = 3;
        value = lead & 0x07;
        if (lead == 0xf0) low = 0x90;
        if (lead == 0xf4) high = 0x8f;
    } else {
        return 1;
    }
    for (size_t i = 1; i <= need; i++) {
        if (i >= len || p[i] < low || p[i] > high) return i;
        value = value << 6 | (p[i] & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    *cp = value;
    return need + 1;
}

size_t kor_utf8_encode(uint32_t cp, char out[4])
{
    if (cp > 0x10ffff || (cp >= 0xd800 && cp <= 0xdfff)) cp = 0xfffd;
    if (cp < 0x80) {
        out[0] = (char)cp;
        return 1;
    }
    if (cp < 0x800) {
        out[0] = (char)(0xc0 | cp >> 6);
        out[1] = (char)(0x80 | (cp & 0x3f));
        return 2;
    }
    if (cp < 0x10000) {
        out[0] = (char)(0xe0 | cp >> 12);
        out[1] = (char)(0x80 | (cp >> 6 & 0x3f));
        out[2] = (char)(0x80 | (cp & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | cp >> 18);
    out[1] = (char)(0x80 | (cp >> 12 & 0x3f));
    out[2] = (char)(0x80 | (cp >> 6 & 0x3f));
    out[3] = (char)(0x80 | (cp & 0x3f));
    return 4;
}

bool kor_utf8_valid(const char *s, size_t len)
{
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        size_t n = kor_utf8_decode(s + i, len - i, &cp);
        /* U+FFFD itself is three bytes long; a replacement never is with this value. */
        if (cp == 0xfffd &&
            !(n == 3 && (unsigned char)s[i] == 0xef && (unsigned char)s[i + 2] == 0xbd)) {
            return false;
        }
        i += n;
    }
    return true;
}

size_t kor_utf8_prefix(const char *s, size_t len, size_t max)
{
    if (len <= max) return len;
    /* The character before the cut starts at most 3 bytes back, else it ends there. */
    for (size_t back = 1; back <= 3 && back <= max; back++) {
        const char *start = s + max - back;
        if (((unsigned char)*start & 0xc0) == 0x80) continue;
        uint32_t cp;
        return kor_utf8_decode(start, len - (max - back), &cp) > back ? max - back : max;
    }
    return max;
}

kor_char_class kor_utf8_class(uint32_t cp)
{
    switch (utf8proc_category((utf8proc_int32_t)cp)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return KOR_CHAR_WORD;
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
    case UTF8PROC_CATEGORY_CC: return KOR_CHAR_SPACE;
    default: return KOR_CHAR_SYMBOL;
    }
}
