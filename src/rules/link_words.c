/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/link_words.h"

#include "rules/links.h"

#include <string.h>

enum {
    WORD = 24,    /* bytes of a word, at most */
    SEGMENTS = 9, /* of a path that are read */
    KEYS = 6,     /* of a query */
    AROUND = 64,  /* bytes before and behind that words are taken from */
    BEFORE = 4,   /* words */
    BEHIND = 2,
    RESERVED = 120 /* bytes that are kept for those */
};

typedef struct writer {
    const char *text;
    char *out;
    size_t len, cap;
} writer;

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_lower(char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_wordly(char c)
{
    return is_upper(c) || is_lower(c) || is_digit(c) || ((unsigned char)c & 0x80);
}

static void put(writer *w, const char *mark, const char *word)
{
    size_t n = strlen(mark), m = strlen(word);
    if (w->len + n + m + 1 > w->cap) return;
    memcpy(w->out + w->len, mark, n);
    memcpy(w->out + w->len + n, word, m);
    w->len += n + m;
    w->out[w->len++] = ' ';
}

/* Letters and digits of start..end - 1 as one word: letters in lower case, each run of digits as 0
 * unless they are kept. Characters are never cut in two. */
static void put_letters(writer *w, const char *mark, size_t start, size_t end, bool digits)
{
    char word[WORD + 4];
    size_t n = 0;
    for (size_t i = start; i < end; i++) {
        char c = w->text[i];
        if (n >= WORD && ((unsigned char)c & 0xc0) != 0x80) break;
        if (n >= WORD + 3 || !is_wordly(c)) continue;
        if (is_digit(c) && !digits) {
            if (!n || word[n - 1] != '0') word[n++] = '0';
            continue;
        }
        word[n++] = is_upper(c) ? (char)(c + 32) : c;
    }
    word[n] = 0;
    if (n) put(w, mark, word);
}

/* ---- Segments of a path ---- */

typedef struct shape {
    size_t upper, lower, digits, hex, dashes, other, len;
} shape;

static shape shape_of(const char *s, size_t len)
{
    shape f = {.len = len};
    for (size_t i = 0; i < len; i++) {
        char c = s[i];
        f.upper += is_upper(c);
        f.lower += is_lower(c);
        f.digits += is_digit(c);
        f.hex += is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
        f.dashes += c == '-' || c == '_' || c == '+';
        f.other += !is_wordly(c) && c != '-' && c != '_' && c != '+';
    }
    return f;
}

static void put_number(writer *w, const char *s, size_t len)
{
    char name[] = "num0";
    if (len == 4 && ((s[0] == '1' && s[1] == '9') || (s[0] == '2' && s[1] == '0'))) {
        put(w, "2", "year");
        return;
    }
    name[3] = (char)('0' + (len < 9 ? len : 9));
    put(w, "2", "num");
    put(w, "2", name);
}

/* The words of how-to-bake-bread, at most five. */
static void put_slug(writer *w, size_t start, size_t end)
{
    put(w, "2", "slug");
    size_t words = 0;
    for (size_t i = start; i < end && words < 5; words++) {
        size_t from = i;
        while (i < end && is_wordly(w->text[i])) i++;
        put_letters(w, "4", from, i, false);
        while (i < end && !is_wordly(w->text[i])) i++;
    }
}

static void put_segment(writer *w, size_t start, size_t end)
{
    const char *s = w->text + start;
    size_t len = end - start;
    if (*s == '@') put(w, "2", "at");
    if (*s == '~') put(w, "2", "tilde");
    if (*s == '!') put(w, "2", "bang");
    shape f = shape_of(s, len);
    if (f.digits == len) {
        put_number(w, s, len);
    } else if (f.hex + f.dashes == len && f.dashes == 4 && len == 36) {
        put(w, "2", "uuid");
    } else if (f.hex == len && len > 6 && f.digits) {
        put(w, "2", "hex");
    } else if (is_upper(*s) && f.dashes == 1 && f.digits && !f.lower && !f.other &&
               is_digit(s[len - 1])) {
        put(w, "2", "ticket");
    } else if (f.dashes > 2 || (f.dashes == 2 && len > 14)) {
        put_slug(w, start, end);
    } else {
        if (f.digits && (f.upper || f.lower) && len > 7 && !f.other) put(w, "2", "mixed");
        put_letters(w, "2", start, end, false);
    }
}

/* Where the ending of a segment begins, as of a file, with its dot; or end. */
static size_t find_ending(const writer *w, size_t start, size_t end)
{
    size_t dot = end;
    while (dot > start && end - dot < 6 && is_wordly(w->text[dot - 1])) dot--;
    return dot > start + 1 && dot < end && w->text[dot - 1] == '.' ? dot - 1 : end;
}

static void put_path(writer *w, kor_link_part path)
{
    size_t segments = 0;
    char count[] = "seg0";
    for (size_t i = path.start; i < path.end;) {
        while (i < path.end && w->text[i] == '/') i++;
        size_t from = i;
        while (i < path.end && w->text[i] != '/') i++;
        if (i == from) continue;
        if (segments++ >= SEGMENTS) continue;
        size_t stem = i == path.end ? find_ending(w, from, i) : i;
        put_segment(w, from, stem);
        if (stem < i) put_letters(w, "5", stem + 1, i, true);
    }
    count[3] = (char)('0' + (segments < 9 ? segments : 9));
    put(w, "8", count);
    if (path.end > path.start + 1 && w->text[path.end - 1] == '/') put(w, "8", "closed");
}

static void put_query(writer *w, kor_link_part query)
{
    size_t keys = 0;
    if (query.end > query.start) put(w, "8", "query");
    for (size_t i = query.start; i < query.end && keys < KEYS; keys++) {
        size_t from = i;
        while (i < query.end && w->text[i] != '=' && w->text[i] != '&') i++;
        put_letters(w, "6", from, i, false);
        while (i < query.end && w->text[i] != '&') i++;
        i++;
    }
}

/* ---- Hosts ---- */

static void put_host(writer *w, kor_link_part host, kor_link_part user)
{
    const char *s = w->text + host.start;
    size_t len = host.end - host.start, last = host.end, before, labels = 0;
    char count[] = "labels0";
    shape f = shape_of(s, len);
    if (kor_link_is_ipv4(s, len)) {
        put(w, "1", "ipv4");
    } else {
        while (last > host.start && w->text[last - 1] != '.') last--;
        before = last > host.start ? last - 1 : last;
        while (before > host.start && w->text[before - 1] != '.') before--;
        if (last > host.start) {
            put_letters(w, "3", last, host.end, true);
            put_letters(w, "0", before, host.end, true); /* github.com */
        }
        for (size_t i = host.start; i < host.end && labels < 6; labels++) {
            size_t from = i;
            while (i < host.end && w->text[i] != '.') i++;
            if (from < last || last == host.start) put_letters(w, "1", from, i, true);
            i++;
        }
    }
    count[6] = (char)('0' + labels);
    put(w, "8", count);
    if (is_upper(*s) && f.lower) put(w, "8", "capital");
    if (f.upper && !f.lower) put(w, "8", "caps");
    if (f.upper && f.lower && !is_upper(*s)) put(w, "8", "camel");
    if (f.digits) put(w, "8", "digit");
    if (memchr(s, '_', len)) put(w, "8", "underscore");
    if (memchr(s, '-', len)) put(w, "8", "hyphen");
    size_t first = 0;
    while (first < len && s[first] != '.') first++;
    if (first < 3) put(w, "8", "short");
    if (user.end > user.start) put(w, "8", "user");
}

/* ---- What stands around it ---- */

/* A character by its number, as 0b28 before and 0a28 behind. */
static void put_neighbour(writer *w, const char *mark, size_t at, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char c = at < len ? (unsigned char)w->text[at] : '\n';
    char code[] = {hex[c >> 4], hex[c & 15], 0};
    put(w, mark, c & 0x80 ? "wide" : c <= ' ' ? (c == ' ' ? "sp" : "nl") : code);
}

static bool is_space(char c)
{
    return (unsigned char)c <= ' ';
}

/* What stands between spaces; of what has a slash in it only that it is there. */
static void put_token(writer *w, const char *mark, size_t start, size_t end)
{
    if (memchr(w->text + start, '/', end - start))
        put(w, mark, "/");
    else
        put_letters(w, mark, start, end, false);
}

static bool ends_sentence(char c)
{
    return c == '.' || c == '!' || c == '?' || c == ';';
}

/* Words of the same sentence. */
static void put_before(writer *w, size_t start)
{
    size_t least = start > AROUND ? start - AROUND : 0, end = start;
    for (size_t words = 0; words < BEFORE; words++) {
        while (end > least && is_space(w->text[end - 1])) end--;
        size_t from = end;
        while (from > least && !is_space(w->text[from - 1])) from--;
        if (from == end || (from == least && least)) break; /* it is cut off */
        if (ends_sentence(w->text[end - 1])) break;
        put_token(w, words ? "b" : "p", from, end);
        end = from;
    }
}

static void put_behind(writer *w, size_t end, size_t len)
{
    size_t most = len - end > AROUND ? end + AROUND : len;
    for (size_t words = 0; words < BEHIND; words++) {
        if (end < len &&
            (ends_sentence(w->text[end]) || (words && ends_sentence(w->text[end - 1]))))
            break;
        while (end < most && is_space(w->text[end])) end++;
        size_t from = end;
        while (end < most && !is_space(w->text[end])) end++;
        if (from == end || (end == most && most < len)) break;
        put_token(w, words ? "a" : "n", from, end);
    }
}

/* Is nothing else on its line? */
static bool is_alone(const char *text, size_t len, size_t start, size_t end)
{
    while (start && (text[start - 1] == ' ' || text[start - 1] == '\t')) start--;
    while (end < len && (text[end] == ' ' || text[end] == '\t' || text[end] == '\r')) end++;
    return (!start || text[start - 1] == '\n') && (end >= len || text[end] == '\n');
}

size_t kor_link_words(const char *text, size_t len, const kor_candidate *link, char *out)
{
    static const char *const kinds[] = {"url", "www", "path", "host", "address"};
    writer w = {text, out, 0, KOR_RULES_READ - RESERVED};
    kor_link_parts p;
    kor_link_split(text, link->start, link->end, &p);
    put(&w, "8", kinds[link->kind]);
    put_letters(&w, "9", p.scheme.start, p.scheme.end, true);
    if (p.host.end > p.host.start) put_host(&w, p.host, p.user);
    if (p.port.end > p.port.start) put_letters(&w, "8port", p.port.start, p.port.end, true);
    put_path(&w, p.path);
    put_query(&w, p.query);
    if (p.fragment.end > p.fragment.start) {
        size_t end = p.fragment.start;
        while (end < p.fragment.end && is_wordly(text[end])) end++;
        put(&w, "8", "fragment");
        put_letters(&w, "7", p.fragment.start, end, false);
    }
    w.cap = KOR_RULES_READ;
    put_neighbour(&w, "0b", link->start - 1, len); /* in front of the text: as a line's end */
    put_neighbour(&w, "0a", link->end, len);
    if (is_alone(text, len, link->start, link->end)) put(&w, "8", "alone");
    put_before(&w, link->start);
    put_behind(&w, link->end, len);
    return w.len;
}
