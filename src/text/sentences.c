/* SPDX-License-Identifier: Apache-2.0 */
#include "text/sentences.h"

#include "text/utf8.h"

#include <stdint.h>
#include <string.h>
#include <utf8proc.h>

enum {
    WRAP_LEAST = 40, /* bytes: a shorter line was not broken for its length */
    WRAP_USUAL = 56, /* from here on a line that starts otherwise than in lower case may go on */
    WRAP_MOST = 160, /* a longer one is a paragraph in itself */
    WORD_MOST = 12,  /* bytes of the longest abbreviation */
    INDENT_CODE = 4,
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool among(const char *set, char c)
{
    return c && strchr(set, c);
}

bool kor_sentence_stops(const char *word, size_t len)
{
    while (len && among("\"')]", word[len - 1])) len--;
    return len && among(".!?", word[len - 1]);
}

/* ---- Lines ----------------------------------------------------------------------------------- */

typedef struct line {
    const char *s; /* without the white space around it */
    size_t len, indent;
} line;

static line line_at(const kor_sentences *it, const kor_sentence_line *at)
{
    if (at->first == at->last) return (line){"", 0, at->indent}; /* the text may be NULL */
    return (line){it->text + at->first, at->last - at->first, at->indent};
}

/* The line that starts at from; an empty one at the end of the text. */
static kor_sentence_line read_line(const kor_sentences *it, size_t from)
{
    const char *nl = from < it->len ? memchr(it->text + from, '\n', it->len - from) : NULL;
    kor_sentence_line l = {from, 0, nl ? (size_t)(nl - it->text) : it->len, 0};
    l.last = l.end;
    for (; l.first < l.end && is_space(it->text[l.first]); l.first++)
        l.indent += it->text[l.first] == '\t' ? INDENT_CODE : 1;
    while (l.last > l.first && is_space(it->text[l.last - 1])) l.last--;
    return l;
}

static bool begins(const line *l, const char *with)
{
    size_t n = strlen(with);
    return l->len >= n && memcmp(l->s, with, n) == 0;
}

static bool is_fence(const line *l)
{
    return begins(l, "```") || begins(l, "~~~");
}

/* Bytes of the mark of a list item ("- ", "* ", "12. ", "3) ") with its space, 0 for none. */
static size_t item_mark(const line *l)
{
    size_t n = 0;
    if (begins(l, "\xe2\x80\xa2") || begins(l, "\xe2\x80\x93") || begins(l, "\xe2\x86\x92"))
        n = 3;
    else if (l->len && among("-*+", l->s[0]))
        n = 1;
    else {
        while (n < l->len && n < 3 && is_digit(l->s[n])) n++;
        if (!n || n == l->len || !among(".)", l->s[n])) return 0;
        n++;
    }
    if (n < l->len && !is_space(l->s[n])) return 0;
    while (n < l->len && is_space(l->s[n])) n++;
    return n;
}

static bool is_upper_cp(uint32_t cp)
{
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LT;
}

static bool is_lower_at(const char *s, size_t len)
{
    uint32_t cp;
    if (!len) return false;
    (void)kor_utf8_decode(s, len, &cp);
    return utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_LL;
}

static bool is_upper_at(const char *s, size_t len)
{
    uint32_t cp;
    if (!len) return false;
    (void)kor_utf8_decode(s, len, &cp);
    return is_upper_cp(cp);
}

/* Headings, quotes, tables, fences: lines that no other line goes on with. */
static bool stands_alone(const line *l)
{
    return !l->len || among("#>|", l->s[0]) || is_fence(l);
}

/* Do both begin with the same word? Rows of a log and of lists do. */
static bool same_start(const line *a, const line *b)
{
    size_t i = 0;
    while (i < a->len && i < b->len && a->s[i] == b->s[i] && !is_space(a->s[i])) i++;
    return i && (i == a->len || is_space(a->s[i])) && (i == b->len || is_space(b->s[i]));
}

/* Is b what a goes on with, wrapped for its length? */
static bool goes_on(const line *a, const line *b)
{
    if (a->len < WRAP_LEAST || a->len > WRAP_MOST || stands_alone(a) || stands_alone(b))
        return false;
    if (item_mark(b) || (b->indent >= INDENT_CODE && !item_mark(a))) return false;
    char last = a->s[a->len - 1];
    if (among(":;{}", last)) return false;
    if (is_lower_at(b->s, b->len)) return !same_start(a, b);
    if (a->len < WRAP_USUAL || same_start(a, b)) return false;
    if (is_digit(b->s[0])) return !is_digit(a->s[0]);
    return is_upper_at(b->s, b->len) || among("\"'(", b->s[0]) || (unsigned char)b->s[0] >= 0x80;
}

/* ---- Where a stop is no end ------------------------------------------------------------------ */

static bool one_of(const char *list, const char *word, size_t len)
{
    if (!len || len > WORD_MOST) return false;
    char padded[WORD_MOST + 3];
    padded[0] = ' ';
    for (size_t i = 0; i < len; i++) padded[i + 1] = lower(word[i]);
    padded[len + 1] = ' ';
    padded[len + 2] = '\0';
    return strstr(list, padded) != NULL;
}

/* A name or a noun follows. */
static const char never[] =
    " mr mrs ms mx dr prof sr sra st mt gen lt col sgt capt cmdr rev hon hr fr frl "
    "messrs mme mlle e.g i.e cf vs viz bzw z.b d.h u.a s.o vgl incl excl ";
/* A number follows, or a letter that numbers. */
static const char numbered[] =
    " no nr nos fig figs eq eqs vol vols p pp pg ch chap sec sect art abs ver "
    "ex tab rev op ref refs issue ";
/* They end a sentence where a capital follows. */
static const char perhaps[] =
    " etc approx dept inc ltd co corp est ca al ed eds jr bros ave blvd rd u.s.w usw "
    "ff min max sek std a.m p.m jan feb mar apr jun jul aug sep sept oct nov dec mon "
    "tue tues wed thu thur thurs fri sat sun tel ext temp misc avg resp ggf evtl ";
static const char months[] =
    " januar februar m\xc3\xa4rz april mai juni juli august september oktober "
    "november dezember ";

/* The full stop at text[dot] with the line's start and what follows it: is it part of a word? */
static bool is_inner_stop(const char *text, size_t from, size_t dot, const char *next,
                          size_t next_len)
{
    size_t start = dot;
    while (start > from && dot - start <= WORD_MOST && !is_space(text[start - 1])) start--;
    while (start < dot && among("\"'([{*_", text[start])) start++;
    const char *word = text + start;
    size_t len = dot - start;
    if (!len) return false;
    bool capital = is_upper_at(next, next_len);
    if (one_of(never, word, len)) return true;
    if (one_of(numbered, word, len))
        return is_digit(*next) ||
               (len > 2 && next_len > 1 && capital && !is_lower_at(next + 1, next_len - 1));
    if (one_of(perhaps, word, len)) return !capital;
    if (len == 1 && word[0] >= 'A' && word[0] <= 'Z' && word[0] != 'I') return capital;
    if (len <= 2 && is_digit(word[0]) && is_digit(word[len - 1])) {
        size_t n = 0;
        while (n < next_len && n <= WORD_MOST && !is_space(next[n]) && !among(".,;:!?)", next[n]))
            n++;
        return one_of(months, next, n);
    }
    /* U.S., J.R.R.: letters with a dot between each two. */
    if (len >= 3 && len <= 7 && len % 2) {
        size_t i = 0;
        while (i < len && (i % 2 ? word[i] == '.' : lower(word[i]) >= 'a' && lower(word[i]) <= 'z'))
            i++;
        return i == len;
    }
    return false;
}

/* ---- Sentences ------------------------------------------------------------------------------- */

/* Bytes of the closing quote, bracket or further mark at s, 0 for none. */
static size_t closing(const char *s, size_t len)
{
    static const char wide[][4] = {"\xe2\x80\x9d", "\xe2\x80\x99", "\xe2\x80\x9c", "\xe3\x80\x8d",
                                   "\xe3\x80\x8f", "\xef\xbc\x89", "\xe3\x80\x82", "\xef\xbc\x81",
                                   "\xef\xbc\x9f", "\xe2\x80\xa6"};
    if (!len) return 0;
    if (s[0] && among("\"')]}.!?*_", s[0])) return 1;
    if (len >= 2 && memcmp(s, "\xc2\xbb", 2) == 0) return 2;
    for (size_t i = 0; len >= 3 && i < sizeof wide / sizeof *wide; i++)
        if (memcmp(s, wide[i], 3) == 0) return 3;
    return 0;
}

/* The mark at s that may end a sentence: its bytes, 0 for none. *wide: no space need follow. */
static size_t stop_at(const char *s, size_t len, bool *wide)
{
    static const char full[][4] = {"\xe3\x80\x82", "\xef\xbc\x81", "\xef\xbc\x9f", "\xef\xbd\xa1"};
    *wide = false;
    if (*s && among(".!?", *s)) return 1;
    if (len < 3 || (unsigned char)*s < 0xe2) return 0;
    if (memcmp(s, "\xe2\x80\xa6", 3) == 0) return 3;
    for (size_t i = 0; i < sizeof full / sizeof *full; i++) {
        *wide = memcmp(s, full[i], 3) == 0;
        if (*wide) return 3;
    }
    return 0;
}

/* Where the sentence with the byte at from, in the line of it, ends if it does in that line, else
 * the line's end. What follows an abbreviation may be on the next line. */
static size_t find_stop(const kor_sentences *it, size_t from)
{
    const char *text = it->text;
    const size_t end = it->line.last, ahead = it->more ? it->next.last : end;
    size_t mark = 0;
    if (from == it->line.first) {
        line l = line_at(it, &it->line);
        mark = item_mark(&l);
    }
    for (size_t i = from + mark; i < end;) {
        bool wide;
        size_t n = stop_at(text + i, end - i, &wide), first = i;
        if (!n) {
            i++;
            continue;
        }
        bool dots = n == 3 && !wide, closed = false;
        i += n;
        for (size_t c; (c = closing(text + i, end - i)); i += c) {
            dots |= text[i] == '.';
            closed |= !among(".!?", text[i]);
        }
        if (!wide && i < end && !is_space(text[i])) continue;
        size_t next = i;
        while (next < ahead && is_space(text[next])) next++;
        size_t left = ahead - next;
        if (!wide && left) {
            if (i == first + 1 && text[first] == '.' &&
                is_inner_stop(text, from, first, text + next, left))
                continue;
            if ((closed || dots) && is_lower_at(text + next, left)) continue;
        }
        return i;
    }
    return end;
}

/* Step to the next line; false when there is none. */
static bool next_line(kor_sentences *it)
{
    if (it->begun && it->line.end >= it->len) return false;
    it->line = it->begun ? it->next : read_line(it, 0);
    it->next = read_line(it, it->line.end < it->len ? it->line.end + 1 : it->len);
    it->at = it->line.first;
    it->begun = true;
    line a = line_at(it, &it->line), b = line_at(it, &it->next);
    it->more = b.len && goes_on(&a, &b);
    return true;
}

bool kor_sentence_next(kor_sentences *it, size_t *start, size_t *end)
{
    const char *text = it->text;
    while (it->begun && it->at < it->line.last && is_space(text[it->at])) it->at++;
    while (!it->begun || it->at >= it->line.last) {
        if (!next_line(it)) return false;
        line l = line_at(it, &it->line);
        if (is_fence(&l)) {
            it->fenced = !it->fenced;
            it->at = it->line.last;
        } else {
            it->code = it->fenced || (l.indent >= INDENT_CODE && !item_mark(&l));
        }
    }
    *start = it->at;
    line l = line_at(it, &it->line);
    if (it->code || *l.s == '|') {
        *end = it->at = it->line.last;
        return true;
    }
    for (size_t from = *start;; from = it->at) {
        *end = it->at = find_stop(it, from);
        if (it->at < it->line.last || !it->more) return true;
        line b = line_at(it, &it->next);
        if (kor_sentence_stops(text + from, *end - from) &&
            !(text[*end - 1] == '.' && is_inner_stop(text, from, *end - 1, b.s, b.len)))
            return true;
        (void)next_line(it);
    }
}
