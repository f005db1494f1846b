/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/secret_state.h"

#include <string.h>

const char kor_secret_api_key[] = "api-key", kor_secret_token[] = "token",
           kor_secret_password[] = "password", kor_secret_private_key[] = "private-key",
           kor_secret_card[] = "card", kor_secret_bank[] = "bank",
           kor_secret_national_id[] = "national-id", kor_secret_connection[] = "connection";

#define L KOR_BYTE_LOWER
#define U KOR_BYTE_UPPER
#define D KOR_BYTE_DIGIT
#define H KOR_BYTE_HIGH
#define W KOR_BYTE_SPACE
#define S KOR_BYTE_SYMBOL
#define EIGHT(x) x, x, x, x, x, x, x, x
const unsigned char kor_byte_classes[256] = {
    W,        0,        0,        0,        0,        0,        0,        0,        0,
    W,        W,        W,        W,        W,        0,        0,        0,        0,
    0,        0,        0,        0,        0,        0,        0,        0,        0,
    0,        0,        0,        0,        0,        W,        S,        S,        S,
    S,        S,        S,        S,        S,        S,        S,        S,        S,
    S,        S,        S,        D,        D,        D,        D,        D,        D,
    D,        D,        D,        D,        S,        S,        S,        S,        S,
    S,        S,        U,        U,        U,        U,        U,        U,        U,
    U,        U,        U,        U,        U,        U,        U,        U,        U,
    U,        U,        U,        U,        U,        U,        U,        U,        U,
    U,        S,        S,        S,        S,        S,        S,        L,        L,
    L,        L,        L,        L,        L,        L,        L,        L,        L,
    L,        L,        L,        L,        L,        L,        L,        L,        L,
    L,        L,        L,        L,        L,        L,        S,        S,        S,
    S,        0,        EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H),
    EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H)};
#undef L
#undef U
#undef D
#undef H
#undef W
#undef S

bool kor_scan_emit(kor_scan *s, size_t start, size_t end, const char *label, kor_secret_kind kind)
{
    if (start < s->least || end <= start) return false;
    s->found = (kor_candidate){start, end, label, false, (int)kind};
    return true;
}

bool kor_scan_is_word(const char *text, size_t len, size_t at)
{
    unsigned class = kor_byte(text[at]);
    if (class & KOR_BYTE_ALNUM || text[at] == '_') return true;
    if (!(class & KOR_BYTE_HIGH)) return false;
    unsigned char c = (unsigned char)text[at];
    unsigned char before = at ? (unsigned char)text[at - 1] : 0;
    if (c >= 0xc0) { /* begins a character */
        unsigned char next = at + 1 < len ? (unsigned char)text[at + 1] : 0;
        if (c == 0xc2) return false;
        if (c == 0xe2) return false;
        if (c == 0xe3 && next == 0x80) return false;
        if (c == 0xef) return false; /* full-width and U+FEFF */
        return true;
    }
    if (before == 0xc2 || before == 0xe2 || before == 0xef) return false;
    if (at >= 2 && ((unsigned char)text[at - 2] == 0xe2 || (unsigned char)text[at - 2] == 0xef))
        return false;
    if ((before == 0x80 && at >= 2 && (unsigned char)text[at - 2] == 0xe3) ||
        (c == 0x80 && before == 0xe3))
        return false;
    return true;
}

bool kor_scan_token_byte(char c)
{
    return (kor_byte(c) & KOR_BYTE_ALNUM) || c == '-' || c == '_' || c == '+' || c == '/';
}

bool kor_scan_piece_end(char c)
{
    switch (c) {
    case '"':
    case '\'':
    case '<':
    case '>':
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
    case ',':
    case ';':
    case '|':
    case '`':
    case '\\': return true;
    default: return (kor_byte(c) & KOR_BYTE_SPACE) != 0;
    }
}

size_t kor_scan_find_char(const char *text, size_t from, size_t to, char c)
{
    const char *p = from < to ? memchr(text + from, c, to - from) : NULL;
    return p ? (size_t)(p - text) : to;
}

size_t kor_scan_line_from(const kor_scan *s, size_t at, size_t most)
{
    size_t i = at;
    while (i > 0 && at - i < most && s->text[i - 1] != '\n') i--;
    return i;
}

bool kor_scan_alone(const kor_scan *s, size_t start, size_t end)
{
    size_t i = start;
    while (i > 0 && start - i < 64 && (s->text[i - 1] == ' ' || s->text[i - 1] == '\t')) i--;
    if (i > 0 && s->text[i - 1] != '\n' && s->text[i - 1] != '\r') return false;
    for (i = end; i < s->len && i - end < 64; i++) {
        char c = s->text[i];
        if (c == '\n' || c == '\r') return true;
        if (c != ' ' && c != '\t') return false;
    }
    return i >= s->len;
}

bool kor_scan_is_near(const kor_scan *s, size_t at)
{
    return s->word != KOR_WORD_NONE && at >= s->word_end && at - s->word_end <= KOR_SCAN_NEAR &&
           s->lines <= KOR_SCAN_NEAR_LINES;
}

bool kor_scan_near_secret(const kor_scan *s, size_t at)
{
    if (!kor_scan_is_near(s, at) || (s->lines == 0 && at - s->word_end > 64)) return false;
    switch (s->word) {
    case KOR_WORD_PASSWORD:
    case KOR_WORD_PHRASE:
    case KOR_WORD_LOGIN:
    case KOR_WORD_WIFI:
    case KOR_WORD_TOKEN:
    case KOR_WORD_SECRET:
    case KOR_WORD_API_KEY:
    case KOR_WORD_PRIVATE_KEY:
    case KOR_WORD_PIN: return true;
    default: return false;
    }
}

bool kor_scan_listed_line(const kor_scan *s, size_t start, size_t end)
{
    enum { REACH = 80 };
    const char *text = s->text;
    size_t from = start, to = end, gaps = 0, columns = 0;
    while (from > 0 && start - from < REACH && text[from - 1] != '\n') from--;
    while (to < s->len && to - end < REACH && text[to] != '\n') to++;
    for (size_t i = from; i < to; i++) {
        if (i == start) i = end;
        if (i >= to) break;
        char c = text[i];
        if (strchr("(){}<=[]", c) && c) return false;
        columns += c == ',' || c == '|' || c == ';' || c == '\t';
        gaps += c == ' ' && i + 1 < to && text[i + 1] != ' ' && i > from;
    }
    if (start - from >= REACH || to - end >= REACH) return false;
    return columns > 0 ? gaps <= 2 * columns + 2 : gaps <= 3;
}

bool kor_scan_in_code(const kor_scan *s, size_t start, size_t end)
{
    enum { REACH = 100 };
    const char *text = s->text;
    if (start > 0 && end < s->len && text[start - 1] == text[end] &&
        (text[end] == '"' || text[end] == '\''))
        return false;
    size_t from = start, to = end;
    while (from > 0 && start - from < REACH && text[from - 1] != '\n') from--;
    while (to < s->len && to - end < REACH && text[to] != '\n') to++;
    for (size_t i = from; i < to; i++) {
        if (i == start) i = end;
        if (i >= to) break;
        bool after_name =
            i > from && (kor_byte(text[i - 1]) & KOR_BYTE_ALNUM || text[i - 1] == '_');
        if ((text[i] == '(' || text[i] == '[') && (after_name || i + 1 == start)) return true;
        if (text[i] == '{' || text[i] == '}') return true;
        if (text[i] == ';' && (i + 1 == to || text[i + 1] == '\r')) return true;
    }
    return false;
}

bool kor_scan_address(const char *text, size_t start, size_t end)
{
    size_t at = kor_scan_find_char(text, start, end, '@');
    if (at >= end || at == start) return false;
    size_t numbers = at + 1; /* kurt@10.0.4.2 */
    while (numbers < end && (kor_byte(text[numbers]) & KOR_BYTE_DIGIT || text[numbers] == '.'))
        numbers++;
    if (numbers == end && end - at > 7) return true;
    size_t dot = kor_scan_find_char(text, at, end, '.');
    return dot < end && dot + 2 < end && (kor_byte(text[dot + 1]) & KOR_BYTE_LETTER);
}

bool kor_scan_file_name(const char *text, size_t start, size_t end)
{
    size_t dot = end;
    while (dot > start && (kor_byte(text[dot - 1]) & KOR_BYTE_ALNUM)) dot--;
    if (dot == start || text[dot - 1] != '.' || end - dot < 2 || end - dot > 8 || dot - start < 4)
        return false;
    static const char *const endings[] = {
        "png",  "jpg",      "jpeg", "gif", "svg",  "pdf",  "docx", "xlsx", "pptx",  "txt", "md",
        "zip",  "gz",       "zst",  "xz",  "bz2",  "tar",  "deb",  "rpm",  "iso",   "exe", "dll",
        "so",   "js",       "ts",   "tsx", "jsx",  "css",  "html", "py",   "rb",    "go",  "rs",
        "java", "kt",       "cpp",  "hpp", "json", "yaml", "yml",  "toml", "xml",   "csv", "log",
        "sql",  "sh",       "mp3",  "mp4", "mov",  "wav",  "ttf",  "woff", "woff2", "whl", "jar",
        "apk",  "appimage", "img",  "bin", "db",   "ini",  "conf", "cfg",  "lock",  "map", "mjs",
        "scss", "heic",     "webp", "odt", "epub"};
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t n = strlen(endings[i]), j = 0;
        while (j < n && dot + j < end && (text[dot + j] | 0x20) == endings[i][j]) j++;
        /* a digit keeps its bit: mp3 */
        if (j == n && dot + n == end) return true;
    }
    return false;
}

bool kor_scan_is_name(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(kor_byte(s[i]) & KOR_BYTE_ALNUM) && !strchr("_.:>-", s[i])) return false;
    return true;
}

bool kor_scan_year(const char *text, size_t at)
{
    return (text[at] == '1' && text[at + 1] == '9') || (text[at] == '2' && text[at + 1] == '0');
}

size_t kor_scan_basic_end(const char *text, size_t len, size_t start)
{
    enum { MOST = 400 };
    size_t at = start, colons = 0;
    unsigned bits = 0, count = 0;
    for (; at < len && at - start < MOST; at++) {
        char c = text[at];
        unsigned v;
        if (c >= 'A' && c <= 'Z')
            v = (unsigned)(c - 'A');
        else if (c >= 'a' && c <= 'z')
            v = (unsigned)(c - 'a') + 26;
        else if (c >= '0' && c <= '9')
            v = (unsigned)(c - '0') + 52;
        else if (c == '+')
            v = 62;
        else if (c == '/')
            v = 63;
        else
            break;
        bits = (bits << 6 | v) & 0xffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        unsigned char byte = (unsigned char)(bits >> count & 0xff);
        if (byte < 0x20 || byte == 0x7f) return 0;
        colons += byte == ':';
    }
    if (at - start < 8 || colons == 0) return 0;
    for (int i = 0; i < 2 && at < len && text[at] == '='; i++) at++;
    return at;
}
