/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/secrets.h"

#include "rules/secret_scan.h"
#include "text/utf8.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* n hex digits at s as a number; -1 where there are fewer. */
static int32_t hex_number(const char *s, size_t left, size_t n)
{
    int32_t value = 0;
    if (left < n) return -1;
    for (size_t i = 0; i < n; i++) {
        int digit = hex_value(s[i]);
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* &#65; &#x41; &amp; */
static size_t entity(const char *s, size_t left, int32_t *cp)
{
    static const struct {
        const char *name;
        char stands_for;
    } named[] = {{"&amp;", '&'},    {"&quot;", '"'},   {"&apos;", '\''},  {"&lt;", '<'},
                 {"&gt;", '>'},     {"&commat;", '@'}, {"&colon;", ':'},  {"&sol;", '/'},
                 {"&equals;", '='}, {"&num;", '#'},    {"&lowbar;", '_'}, {"&nbsp;", ' '}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        size_t n = strlen(named[i].name);
        if (left >= n && memcmp(s, named[i].name, n) == 0) {
            *cp = named[i].stands_for;
            return n;
        }
    }
    if (left < 4 || s[1] != '#') return 0;
    size_t at = 2;
    bool hex = (s[at] | 0x20) == 'x';
    if (hex) at++;
    int32_t value = 0;
    size_t digits = at;
    while (at < left && at - digits < 7) {
        int digit = hex_value(s[at]);
        if (digit < 0 || (!hex && digit > 9)) break;
        value = value * (hex ? 16 : 10) + digit;
        at++;
    }
    if (at == digits || value > 0x10ffff) return 0;
    if (at < left && s[at] == ';') at++;
    *cp = value;
    return at;
}

/* What an escape at s stands for, and how many bytes it has; 0: it is none. *cp is -1 where it
 * stands for nothing. */
static size_t escape(const char *s, size_t left, int32_t *cp)
{
    const unsigned char *u = (const unsigned char *)s;
    switch (*u) {
    case '%': *cp = hex_number(s + 1, left - 1, 2); return *cp >= 0 ? 3 : 0;
    case '=': /* quoted-printable */
        if (left >= 2 && s[1] == '\n') return *cp = -1, 2;
        if (left >= 3 && s[1] == '\r' && s[2] == '\n') return *cp = -1, 3;
        if (left >= 3 && s[1] == '3' && s[2] == 'D') return *cp = '=', 3;
        return 0;
    case '\\':
        if (left < 2) return 0;
        if (s[1] == 'u' && (*cp = hex_number(s + 2, left - 2, 4)) >= 0) return 6;
        if (s[1] == 'x' && (*cp = hex_number(s + 2, left - 2, 2)) >= 0) return 4;
        if (s[1] == 'n') return *cp = '\n', 2;
        if (s[1] == 't') return *cp = '\t', 2;
        if (s[1] == '/' || s[1] == '"') return *cp = s[1], 2;
        return 0;
    case '&': return entity(s, left, cp);
    case 0: return *cp = -1, 1;
    case 0xc2: /* soft hyphen */
        if (left >= 2 && u[1] == 0xad) return *cp = -1, 2;
        return 0;
    case 0xe2:
        if (left < 3) return 0;
        if (u[1] == 0x80 && u[2] >= 0x8b && u[2] <= 0x8f) return *cp = -1, 3;
        if (u[1] == 0x81 && u[2] >= 0xa0 && u[2] <= 0xa4) return *cp = -1, 3;
        return 0;
    case 0xef:
        if (left < 3) return 0;
        if (u[1] == 0xbb && u[2] == 0xbf) return *cp = -1, 3;
        if (u[1] == 0xbc && u[2] >= 0x81 && u[2] <= 0xbf) return *cp = 0x21 + u[2] - 0x81, 3;
        if (u[1] == 0xbd && u[2] >= 0x80 && u[2] <= 0x9e) return *cp = 0x60 + u[2] - 0x80, 3;
        return 0;
    default: return 0;
    }
}

static size_t unescape(const char *text, size_t len, char *out, size_t *from, bool *changed)
{
    size_t n = 0;
    *changed = false;
    for (size_t at = 0; at < len;) {
        int32_t cp = 0;
        size_t length = escape(text + at, len - at, &cp);
        if (!length) {
            from[n] = at;
            out[n++] = text[at++];
            continue;
        }
        *changed = true;
        if (cp >= 0) {
            char bytes[4];
            /* %C3%A9 is of bytes, not of characters. */
            size_t count = text[at] == '%' ? 1 : kor_utf8_encode((uint32_t)cp, bytes);
            if (text[at] == '%') bytes[0] = (char)cp;
            for (size_t i = 0; i < count; i++) {
                from[n] = at;
                out[n++] = bytes[i];
            }
        }
        at += length;
    }
    from[n] = len;
    return n;
}

static bool word_byte(char c)
{
    return (kor_byte(c) & KOR_BYTE_ALNUM) || c == '-' || c == '_' || c == '+' || c == '/' ||
           c == '=' || c == '.' || c == '%';
}

/* Leaves a line's end and the indentation behind it out, where a word of 16 bytes or more that has
 * a digit stands before and a word behind. */
static size_t join_lines(const char *text, size_t len, char *out, size_t *from, bool *changed)
{
    size_t n = 0, run = 0;
    bool digit = false;
    *changed = false;
    for (size_t at = 0; at < len;) {
        char c = text[at];
        if ((c == '\n' || c == '\r' || c == '\\') && run >= 16 && digit) {
            size_t next = at;
            if (c == '\\') next++; /* as in a shell */
            size_t ends = next;
            while (next < len && next - at < 24 && (kor_byte(text[next]) & KOR_BYTE_SPACE)) next++;
            if (next > ends && next < len && word_byte(text[next])) {
                at = next;
                *changed = true;
                continue;
            }
        }
        run = word_byte(c) ? run + 1 : 0;
        digit = run && (digit || (kor_byte(c) & KOR_BYTE_DIGIT));
        from[n] = at;
        out[n++] = c;
        at++;
    }
    from[n] = len;
    return n;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+' || c == '-') return 62;
    if (c == '/' || c == '_') return 63;
    return -1;
}

/* Decodes a run of n base64 characters to out; false where it is not of printable text. */
static bool decode(const char *s, size_t n, size_t begins, char *out, size_t *from, size_t *count)
{
    unsigned bits = 0, held = 0;
    size_t m = 0;
    for (size_t i = 0; i < n; i++) {
        bits = (bits << 6 | (unsigned)base64_value(s[i])) & 0xffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        unsigned char byte = (unsigned char)(bits >> held & 0xff);
        if ((byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') || byte >= 0x7f)
            return false;
        from[m] = begins + i - (m ? 1 : i);
        out[m++] = (char)byte;
    }
    *count = m;
    return m >= 8;
}

static size_t decode_base64(const char *text, size_t len, char *out, size_t *from, bool *changed)
{
    size_t n = 0;
    *changed = false;
    for (size_t at = 0; at < len;) {
        size_t end = at, count = 0;
        while (end < len && base64_value(text[end]) >= 0) end++;
        if (end - at >= 16 && decode(text + at, end - at, at, out + n, from + n, &count)) {
            n += count;
            *changed = true;
            while (end < len && text[end] == '=') end++;
            at = end;
            continue;
        }
        if (end == at) end++;
        for (; at < end; at++) {
            from[n] = at;
            out[n++] = text[at];
        }
    }
    from[n] = len;
    return n;
}

size_t kor_secrets_view(int view, const char *text, size_t len, char *out, size_t *from)
{
    bool changed = false, again = false;
    size_t n = 0;
    switch (view) {
    case KOR_SECRETS_ESCAPES: n = unescape(text, len, out, from, &changed); break;
    case KOR_SECRETS_TWICE: {
        size_t m = unescape(text, len, out, from, &changed), at = 0;
        if (!changed) return 0;
        /* In place: what an escape stands for is never longer than it. */
        for (n = 0; at < m;) {
            int32_t cp = 0;
            size_t length = escape(out + at, m - at, &cp), start = from[at];
            if (!length) {
                from[n] = start;
                out[n++] = out[at++];
                continue;
            }
            again = true;
            char bytes[4];
            size_t count = cp < 0 ? 0 : out[at] == '%' ? 1 : kor_utf8_encode((uint32_t)cp, bytes);
            if (out[at] == '%') bytes[0] = (char)cp;
            at += length;
            for (size_t i = 0; i < count; i++) {
                from[n] = start;
                out[n++] = bytes[i];
            }
        }
        from[n] = len;
        changed = again;
        break;
    }
    case KOR_SECRETS_LINES: n = join_lines(text, len, out, from, &changed); break;
    case KOR_SECRETS_BASE64: n = decode_base64(text, len, out, from, &changed); break;
    default: break;
    }
    return changed ? n : 0;
}
