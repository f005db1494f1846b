/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/mail_text.h"

#include "text/utf8.h"

#include <ctype.h>
#include <iconv.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- Transfer encodings ---- */

static int digit64(char c)
{
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

void kor_mail_base64(kor_str *out, const char *s, size_t len)
{
    uint32_t bits = 0;
    int held = 0;
    for (size_t i = 0; i < len; i++) {
        int d = digit64(s[i]);
        if (d < 0) continue;
        bits = (bits << 6 | (uint32_t)d) & 0xffffff;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        kor_str_putc(out, (char)(unsigned char)(bits >> held & 0xff));
    }
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void kor_mail_quoted(kor_str *out, const char *s, size_t len, bool header)
{
    for (size_t i = 0; i < len; i++) {
        if (header && s[i] == '_') {
            kor_str_putc(out, ' ');
        } else if (s[i] == '=' && i + 2 < len && hex(s[i + 1]) >= 0 && hex(s[i + 2]) >= 0) {
            kor_str_putc(out, (char)(unsigned char)(hex(s[i + 1]) << 4 | hex(s[i + 2])));
            i += 2;
        } else if (s[i] == '=' && i + 1 < len && s[i + 1] == '\n') {
            i++;
        } else if (s[i] == '=' && i + 2 < len && s[i + 1] == '\r' && s[i + 2] == '\n') {
            i += 2;
        } else {
            kor_str_putc(out, s[i]);
        }
    }
}

/* ---- Charsets ---- */

static void put_cp(kor_str *out, uint32_t cp)
{
    char utf8[4];
    kor_str_add(out, utf8, kor_utf8_encode(cp, utf8));
}

static void from_1252(kor_str *out, const char *s, size_t len)
{
    static const uint16_t high[32] = {
        0x20ac, 0x81,   0x201a, 0x192,  0x201e, 0x2026, 0x2020, 0x2021, 0x2c6,  0x2030, 0x160,
        0x2039, 0x152,  0x8d,   0x17d,  0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
        0x2013, 0x2014, 0x2dc,  0x2122, 0x161,  0x203a, 0x153,  0x9d,   0x17e,  0x178};
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i];
        put_cp(out, c >= 0x80 && c < 0xa0 ? high[c - 0x80] : c);
    }
}

/* Only these are handed to iconv: its rarer tables have a history of faults. */
static const char *known_charset(const char *name)
{
    static const char *const known[][2] = {{"iso-8859-2", "ISO-8859-2"},
                                           {"iso-8859-5", "ISO-8859-5"},
                                           {"iso-8859-7", "ISO-8859-7"},
                                           {"iso-8859-9", "ISO-8859-9"},
                                           {"iso-8859-15", "ISO-8859-15"},
                                           {"windows-1250", "CP1250"},
                                           {"windows-1251", "CP1251"},
                                           {"windows-1253", "CP1253"},
                                           {"windows-1254", "CP1254"},
                                           {"windows-1255", "CP1255"},
                                           {"windows-1256", "CP1256"},
                                           {"koi8-r", "KOI8-R"},
                                           {"koi8-u", "KOI8-U"},
                                           {"gb2312", "GBK"},
                                           {"gbk", "GBK"},
                                           {"big5", "BIG5"},
                                           {"euc-kr", "EUC-KR"},
                                           {"ks_c_5601-1987", "EUC-KR"},
                                           {"shift_jis", "SHIFT_JIS"},
                                           {"iso-2022-jp", "ISO-2022-JP"},
                                           {"euc-jp", "EUC-JP"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(known[i][0], name) == 0) return known[i][1];
    }
    return NULL;
}

/* false: it is not on this machine. A byte that cannot be read becomes U+FFFD. */
static bool by_iconv(kor_str *out, const char *charset, const char *s, size_t len)
{
    iconv_t cd = iconv_open("UTF-8", charset);
    if (cd == (iconv_t)(intptr_t)-1) return false;
    char *in = (char *)(uintptr_t)s, buffer[4096];
    while (len) {
        char *to = buffer;
        size_t room = sizeof buffer, before = len;
        size_t n = iconv(cd, &in, &len, &to, &room);
        kor_str_add(out, buffer, sizeof buffer - room);
        if (n != (size_t)-1 || room < sizeof buffer || len < before) continue;
        put_cp(out, 0xfffd);
        in++, len--;
    }
    iconv_close(cd);
    return true;
}

void kor_mail_utf8(kor_str *out, const char *charset, const char *s, size_t len)
{
    const char *known = known_charset(charset);
    if (known && by_iconv(out, known, s, len)) return;
    bool utf8 = strcasecmp(charset, "utf-8") == 0 || strcasecmp(charset, "utf8") == 0;
    if (!utf8 && !kor_utf8_valid(s, len)) {
        from_1252(out, s, len);
        return;
    }
    for (size_t i = 0; i < len;) {
        uint32_t cp;
        i += kor_utf8_decode(s + i, len - i, &cp);
        put_cp(out, cp);
    }
}

/* ---- Encoded words ---- */

/* "=?charset?B?text?=" at s: the bytes it takes, or 0. */
static size_t encoded_word(kor_str *out, const char *s, size_t len)
{
    char charset[40];
    if (len < 8 || s[0] != '=' || s[1] != '?') return 0;
    size_t n = 0, i = 2, most = len < 1000 ? len : 1000;
    for (; i < most && s[i] != '?' && s[i] != '*'; i++) {
        if (n + 1 == sizeof charset || s[i] <= ' ') return 0;
        charset[n++] = s[i];
    }
    charset[n] = 0;
    while (i < most && s[i] != '?') i++;
    if (i + 3 >= most || s[i + 2] != '?') return 0;
    char how = (char)tolower((unsigned char)s[i + 1]);
    size_t from = i + 3, to = from;
    while (to + 1 < most && (s[to] != '?' || s[to + 1] != '=')) to++;
    if (to + 1 >= most || (how != 'b' && how != 'q')) return 0;
    kor_str bytes = {0};
    if (how == 'b')
        kor_mail_base64(&bytes, s + from, to - from);
    else
        kor_mail_quoted(&bytes, s + from, to - from, true);
    kor_mail_utf8(out, charset, kor_str_text(&bytes), bytes.len);
    out->failed |= bytes.failed;
    kor_str_free(&bytes);
    return to + 2;
}

void kor_mail_words(kor_str *out, const char *s, size_t len)
{
    kor_str plain = {0};
    for (size_t i = 0; i < len;) {
        size_t from = i;
        kor_str word = {0};
        size_t took = encoded_word(&word, s + i, len - i);
        if (took) {
            kor_mail_utf8(out, "", kor_str_text(&plain), plain.len);
            kor_str_clear(&plain);
            kor_str_add(out, kor_str_text(&word), word.len);
            i += took;
            /* Space between two encoded words is none. */
            size_t next = i;
            while (next < len && isspace((unsigned char)s[next])) next++;
            if (next + 1 < len && s[next] == '=' && s[next + 1] == '?') i = next;
        } else {
            kor_str_putc(&plain, s[i++]);
        }
        out->failed |= word.failed || plain.failed;
        kor_str_free(&word);
        if (i == from) break;
    }
    kor_mail_utf8(out, "", kor_str_text(&plain), plain.len);
    kor_str_free(&plain);
}

/* ---- HTML ---- */

static bool is_one_of(const char *name, size_t len, const char *const *list)
{
    for (; *list; list++) {
        if (strlen(*list) == len && strncasecmp(*list, name, len) == 0) return true;
    }
    return false;
}

/* "&name;" or "&#number;" at s: the bytes it takes, or 0. */
static size_t entity(kor_str *out, const char *s, size_t len)
{
    static const struct {
        const char *name;
        uint32_t cp;
    } known[] = {{"amp", '&'},      {"lt", '<'},        {"gt", '>'},       {"quot", '"'},
                 {"apos", '\''},    {"nbsp", ' '},      {"copy", 0xa9},    {"reg", 0xae},
                 {"trade", 0x2122}, {"euro", 0x20ac},   {"pound", 0xa3},   {"yen", 0xa5},
                 {"cent", 0xa2},    {"hellip", 0x2026}, {"mdash", 0x2014}, {"ndash", 0x2013},
                 {"rsquo", 0x2019}, {"lsquo", 0x2018},  {"rdquo", 0x201d}, {"ldquo", 0x201c},
                 {"bull", 0x2022},  {"middot", 0xb7},   {"eacute", 0xe9},  {"egrave", 0xe8},
                 {"agrave", 0xe0},  {"auml", 0xe4},     {"ouml", 0xf6},    {"uuml", 0xfc},
                 {"szlig", 0xdf},   {"ntilde", 0xf1},   {"ccedil", 0xe7},  {"zwnj", ' '}};
    size_t n = 1;
    while (n < len && n < 10 && (isalnum((unsigned char)s[n]) || s[n] == '#')) n++;
    size_t took = n + (n < len && s[n] == ';');
    if (n > 2 && s[1] == '#') {
        bool x = s[2] == 'x' || s[2] == 'X';
        char digits[12] = "";
        memcpy(digits, s + 2 + x, n - 2 - x);
        char *end;
        unsigned long cp = strtoul(digits, &end, x ? 16 : 10);
        if (!*digits || *end || cp > 0x10ffff) return 0;
        put_cp(out, cp < ' ' || cp == 0xa0 ? ' ' : (uint32_t)cp);
        return took;
    }
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) != n - 1 || memcmp(known[i].name, s + 1, n - 1) != 0) continue;
        put_cp(out, known[i].cp);
        return took;
    }
    return 0;
}

/* The byte after the first `what` (in any case), or len. */
static size_t after(const char *s, size_t len, size_t from, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = from; i + n <= len; i++) {
        if (strncasecmp(s + i, what, n) == 0) return i + n;
    }
    return len;
}

/* The host of the first address in a tag. */
static void put_host(kor_str *out, const char *s, size_t len)
{
    const char *at = memmem(s, len, "://", 3);
    if (!at) return;
    size_t n = 0, most = len - (size_t)(at + 3 - s);
    for (at += 3; n < most && n < 60 && (isalnum((unsigned char)at[n]) || strchr("-.", at[n]));)
        n++;
    kor_str_putc(out, ' ');
    kor_str_add(out, at, n);
    kor_str_putc(out, ' ');
}

/* A tag at s + i: where it ends. */
static size_t tag(kor_str *out, const char *s, size_t len, size_t i, bool targets)
{
    static const char *const blocks[] = {
        "p",  "br", "div", "tr", "li",    "h1",    "h2",         "h3",  "h4",     "hr",
        "ul", "ol", "dt",  "dd", "table", "title", "blockquote", "pre", "center", NULL};
    static const char *const cells[] = {"td", "th", "img", "input", "option", NULL};
    size_t from = ++i;
    bool closes = from < len && s[from] == '/';
    i = from += closes;
    while (i < len && i - from < 12 && isalnum((unsigned char)s[i])) i++;
    const char *name = s + from;
    size_t n = i - from;
    const char *stop = memchr(s + i, '>', len - i);
    size_t end = stop ? (size_t)(stop - s) + 1 : len;
    if (!closes && n == 6 && strncasecmp(name, "script", 6) == 0)
        end = after(s, len, end, "</script>");
    if (!closes && n == 5 && strncasecmp(name, "style", 5) == 0)
        end = after(s, len, end, "</style>");
    if (targets && n == 3 && strncasecmp(name, "img", 3) == 0) kor_str_puts(out, " [image] ");
    if (targets && !closes && (n == 1 || n == 4)) put_host(out, name, end - from);
    if (is_one_of(name, n, blocks)) kor_str_putc(out, '\n');
    if (is_one_of(name, n, cells)) kor_str_putc(out, ' ');
    return end;
}

void kor_mail_html(kor_str *out, const char *s, size_t len, bool targets)
{
    for (size_t i = 0; i < len;) {
        size_t took;
        if (s[i] == '<' && len - i > 3 && memcmp(s + i, "<!--", 4) == 0) {
            i = after(s, len, i + 4, "-->");
        } else if (s[i] == '<' && i + 1 < len &&
                   (isalpha((unsigned char)s[i + 1]) || strchr("/!?", s[i + 1]) != NULL)) {
            i = tag(out, s, len, i, targets);
        } else if (s[i] == '&' && (took = entity(out, s + i, len - i)) > 0) {
            i += took;
        } else {
            bool blank = isspace((unsigned char)s[i]);
            kor_str_putc(out, blank ? ' ' : s[i]);
            i++;
        }
    }
}

/* ---- What does not depend on where the mail was found ---- */

static bool begins(const char *s, size_t len, const char *word)
{
    size_t n = strlen(word);
    return len >= n && strncasecmp(s, word, n) == 0;
}

static bool holds(const char *s, size_t len, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = 0; i + n <= len; i++) {
        if (strncasecmp(s + i, what, n) == 0) return true;
    }
    return false;
}

/* Does the rest of the mail belong to the sender's program or to a list? */
static bool ends_text(const char *s, size_t len)
{
    size_t bars = 0;
    while (bars < len && s[bars] == '_') bars++;
    return (len == 2 && memcmp(s, "--", 2) == 0) || (bars >= 30 && bars == len) ||
           begins(s, len, "-----BEGIN PGP SIGNATURE") || holds(s, len, "This sf.net email") ||
           holds(s, len, "Yahoo! Groups Sponsor") || holds(s, len, "mailman/listinfo");
}

/* Headers within the text, and "On DATE NAME wrote:". */
static bool is_about_mail(const char *s, size_t len)
{
    static const char *const headers[] = {"date:",        "sent:",
                                          "received:",    "message-id:",
                                          "from:",        "to:",
                                          "cc:",          "x-",
                                          "return-path:", "spam:",
                                          "reply-to:",    "in-reply-to:",
                                          "content-",     "mime-version:",
                                          "hash: sha",    "-----BEGIN PGP",
                                          "list-",        NULL};
    bool colon = memchr(s, ':', len) != NULL;
    for (size_t i = 0; headers[i]; i++) {
        if (begins(s, len, headers[i]) && (colon || headers[i][0] == '-')) return true;
    }
    return len > 6 && (strncasecmp(s + len - 6, "wrote:", 6) == 0 || holds(s, len, " writes:"));
}

static bool is_of_hosts(const char *word, size_t len, const char *hosts)
{
    for (const char *h = hosts; *h;) {
        h += strspn(h, " ");
        size_t n = strcspn(h, " ");
        for (size_t i = 0; n > 3 && i + n <= len; i++) {
            if (strncasecmp(word + i, h, n) == 0) return true;
        }
        h += n;
    }
    return false;
}

/* The words of a line; false when there is no room for more. */
static bool put_line(kor_str *out, const char *s, size_t len, const char *hosts, size_t most)
{
    size_t start = out->len;
    for (size_t i = 0; i < len;) {
        while (i < len && (unsigned char)s[i] <= ' ') i++;
        size_t from = i;
        while (i < len && (unsigned char)s[i] > ' ') i++;
        size_t n = i - from;
        const char *at = memchr(s + from, '@', n);
        if (!n || (at && at > s + from && memchr(at, '.', n - (size_t)(at - s - (ptrdiff_t)from))))
            continue;
        if (is_of_hosts(s + from, n, hosts)) continue;
        if (out->len + 1 >= most) return false;
        if (out->len > start) kor_str_putc(out, ' ');
        size_t room = most - out->len, fits = kor_utf8_prefix(s + from, n, room);
        kor_str_add(out, s + from, fits);
        if (fits < n) return false;
    }
    if (out->len > start && out->len < most) kor_str_putc(out, '\n');
    return out->len < most && !out->failed;
}

void kor_mail_clean(kor_str *out, const char *s, size_t len, const char *hosts, size_t most)
{
    const char *end = s + len;
    while (s < end) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop) stop = end;
        const char *from = s, *to = stop;
        while (from < to && ((unsigned char)*from <= ' ' || *from == '>' || *from == '|')) from++;
        while (to > from && (unsigned char)to[-1] <= ' ') to--;
        size_t n = (size_t)(to - from);
        if (ends_text(from, n)) break;
        if (n && !is_about_mail(from, n) && !put_line(out, from, n, hosts, most)) break;
        s = stop + 1;
    }
}
