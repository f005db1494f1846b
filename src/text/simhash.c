/* SPDX-License-Identifier: Apache-2.0 */
#include "text/simhash.h"

#include "text/utf8.h"

#include <stdbool.h>
#include <string.h>
#include <utf8proc.h>

#define PRIME 0x100000001b3ull /* FNV-1a, 64 bits, a code point at a time */
#define START 0xcbf29ce484222325ull

enum { BITS = 64 };

/* The finaliser of splitmix64. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* ---- What says only when or how many ----------------------------------------------------------
 */

/* A cursor over the text, where reading past the end gives NULs. */
typedef struct place {
    const char *s;
    size_t len, at;
} place;

static char peek(const place *p)
{
    return p->at < p->len ? p->s[p->at] : '\0';
}

static bool take(place *p, char c)
{
    if (peek(p) != c || p->at >= p->len) return false;
    p->at++;
    return true;
}

/* Digits, least to most of them and no more; how many, 0 for another number of them. */
static size_t digits(place *p, size_t least, size_t most)
{
    size_t n = 0;
    while (n <= most && is_digit(peek(p))) p->at++, n++;
    return n >= least && n <= most ? n : 0;
}

/* Jan, JAN, jan: not as the beginning of a longer word. */
static bool month(place *p)
{
    static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
    char m[3];
    if (p->len - p->at < 3 || (p->len - p->at > 3 && is_letter(p->s[p->at + 3]))) return false;
    for (size_t i = 0; i < 3; i++) {
        if (!is_letter(p->s[p->at + i])) return false;
        m[i] = (char)(p->s[p->at + i] | 0x20);
    }
    for (size_t i = 0; i < 36; i += 3) {
        if (memcmp(names + i, m, 3)) continue;
        p->at += 3;
        return true;
    }
    return false;
}

/* 9:41:07, 10:41:07.123, 10:41:07,123. */
static bool clock_time(place *p)
{
    place q = *p;
    if (!digits(&q, 1, 2) || !take(&q, ':') || digits(&q, 2, 2) != 2) return false;
    if (!take(&q, ':') || digits(&q, 2, 2) != 2) return false;
    place part = q;
    if ((take(&part, '.') || take(&part, ',')) && digits(&part, 1, 9)) q = part;
    char c = peek(&q);
    if ((is_letter(c) && c != 'Z') || is_digit(c) || c == ':') return false;
    *p = q;
    return true;
}

/* 2026-03-14, 2026/03/14, 14.3.2026, 3/14/2026, 14/Mar/2026, 14-Mar-2026. */
static bool date(place *p)
{
    place q = *p;
    size_t first = digits(&q, 1, 4);
    char sep = peek(&q);
    if (!first || first == 3 || (sep != '-' && sep != '/' && sep != '.')) return false;
    q.at++;
    if (first == 4) {
        if (sep == '.' || !digits(&q, 2, 2) || !take(&q, sep) || !digits(&q, 2, 2)) return false;
    } else {
        if (!digits(&q, 1, 2)) {
            if (!month(&q)) return false;
        }
        if (!take(&q, sep) || digits(&q, 4, 4) != 4) return false;
    }
    *p = q;
    return true;
}

/* Z, +0000, +01:00, perhaps with a space before it. */
static void zone(place *p)
{
    place q = *p;
    if (take(&q, 'Z')) {
        *p = q;
        return;
    }
    (void)take(&q, ' ');
    if (!take(&q, '+') && !take(&q, '-')) return;
    size_t n = digits(&q, 2, 4);
    if (n == 2 && (!take(&q, ':') || !digits(&q, 2, 2))) return;
    if (n != 3 && n) *p = q;
}

/* A stamp that begins at the cursor, passed over. */
static bool stamp(place *p)
{
    place q = *p;
    if (date(&q)) {
        char join = peek(&q);
        if (join != 'T' && join != ':' && join != ' ') return false;
        q.at++;
    } else if (month(&q)) {
        if (!take(&q, ' ')) return false;
        (void)take(&q, ' ');
        if (!digits(&q, 1, 2) || !take(&q, ' ')) return false;
    }
    if (!clock_time(&q)) return false;
    zone(&q);
    *p = q;
    return true;
}

/* "(3) ", or "(3)" where the text ends: a count. "[811]" behind a word: a process. */
static bool count_in_brackets(place *p, bool begins, bool behind_word)
{
    place q = *p;
    if (take(&q, '(')) {
        if (!digits(&q, 1, 5) || !take(&q, ')')) return false;
        if (!begins) {
            place rest = q;
            while (rest.at < rest.len && is_space(rest.s[rest.at])) rest.at++;
            if (rest.at < rest.len) return false;
            q = rest;
        }
    } else if (!behind_word || !take(&q, '[') || !digits(&q, 1, 7) || !take(&q, ']')) {
        return false;
    }
    *p = q;
    return true;
}

/* ": 1712345678:0;", "#1712345678" and the end of the line. */
static bool history_stamp(place *p)
{
    place q = *p;
    if (take(&q, '#')) {
        if (digits(&q, 10, 10) && (q.at == q.len || peek(&q) == '\n')) {
            *p = q;
            return true;
        }
        return false;
    }
    if (!take(&q, ':') || !take(&q, ' ') || !digits(&q, 10, 10) || !take(&q, ':')) return false;
    if (!digits(&q, 1, 9) || !take(&q, ';')) return false;
    *p = q;
    return true;
}

/* ---- Words and pairs of them ------------------------------------------------------------------
 */

typedef enum kind { SPACE, WORD, SYMBOLS, ALONE } kind;

static kind kind_of(uint32_t cp)
{
    if (cp < 0x80) {
        char c = (char)cp;
        if (is_letter(c) || is_digit(c)) return WORD;
        return cp <= ' ' || cp == 0x7f ? SPACE : SYMBOLS;
    }
    /* Scripts without spaces: each character is a word. */
    if ((cp >= 0x2e80 && cp <= 0x9fff) || cp >= 0x20000) return ALONE;
    static const kind kinds[] = {
        [KOR_CHAR_WORD] = WORD, [KOR_CHAR_SPACE] = SPACE, [KOR_CHAR_SYMBOL] = SYMBOLS};
    return kinds[kor_utf8_class(cp)];
}

typedef struct sums {
    int32_t bit[BITS]; /* features with it less those without: below 2 * KOR_SIMHASH_READ */
    uint64_t word, before;
    kind kind;
    size_t words;
} sums;

static void add(sums *s, uint64_t feature)
{
    uint64_t h = mix(feature);
    for (int i = 0; i < BITS; i++) s->bit[i] += (int32_t)(h >> i & 1) * 2 - 1;
}

/* Symbols are in most texts the same, and many: they count beside their neighbour only. */
static void end_word(sums *s)
{
    if (s->kind == SPACE) return;
    if (s->kind != SYMBOLS) add(s, s->word);
    add(s, (s->before ^ (s->before >> 29)) * PRIME ^ s->word);
    s->before = s->word;
    s->kind = SPACE;
    s->words++;
}

static void take_char(sums *s, uint32_t cp)
{
    kind k = kind_of(cp);
    if (k != s->kind || k == ALONE) {
        end_word(s);
        s->word = START;
        s->kind = k;
    }
    if (k == WORD) cp = (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
    if (k != SPACE) s->word = (s->word ^ cp) * PRIME;
}

uint64_t kor_simhash(const char *text, size_t len)
{
    sums s = {.kind = SPACE};
    place p = {text, len, 0};
    while (p.at < len && is_space(text[p.at])) p.at++;
    const size_t begin = p.at;
    if (history_stamp(&p)) end_word(&s);
    while (p.at < len && s.words < KOR_SIMHASH_READ) {
        char c = text[p.at];
        bool fresh = s.kind != WORD;
        if (((is_digit(c) || is_letter(c)) && fresh && stamp(&p)) ||
            ((c == '(' || c == '[') && count_in_brackets(&p, p.at == begin, !fresh))) {
            end_word(&s);
            continue;
        }
        uint32_t cp;
        p.at += kor_utf8_decode(text + p.at, len - p.at, &cp);
        take_char(&s, cp);
    }
    end_word(&s);
    uint64_t hash = 0;
    for (int i = 0; i < BITS; i++) hash |= (uint64_t)(s.bit[i] > 0) << i;
    return hash;
}

int kor_simhash_distance(uint64_t a, uint64_t b)
{
    return __builtin_popcountll(a ^ b);
}

size_t kor_simhash_find(const uint64_t *hashes, size_t count, uint64_t hash, int within)
{
    size_t i = 0;
    while (hash && i < count && (!hashes[i] || kor_simhash_distance(hashes[i], hash) > within)) i++;
    return hash ? i : count;
}
