/* SPDX-License-Identifier: Apache-2.0 */
/* Text as a recogniser of speech writes it: lower case, no punctuation, numbers as English words,
 * and what people say while they think. */
#include "forge/corrupt_text.h"

#include <string.h>
#include <utf8proc.h>

typedef struct writer {
    kor_cells *to;
    uint32_t mark; /* of what is written */
    bool glued;    /* nothing since the last space: the next word needs none */
} writer;

static void put(writer *w, uint32_t cp)
{
    kor_cells_add(w->to, cp, w->mark);
    w->glued = kor_cell_is_space(cp);
}

/* A word, with a space before it where there is none. */
static void say(writer *w, const char *word)
{
    if (w->to->count && !w->glued) {
        /* The space is of the span only when the word before is too. */
        uint32_t before = w->to->cell[w->to->count - 1].mark;
        kor_cells_add(w->to, ' ', before == w->mark ? w->mark : 0);
    }
    for (; *word; word++) put(w, (unsigned char)*word);
}

/* ---- Numbers ---- */

static const char *const small[20] = {"zero",    "one",     "two",       "three",    "four",
                                      "five",    "six",     "seven",     "eight",    "nine",
                                      "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
                                      "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
static const char *const tens[10] = {"",      "",      "twenty",  "thirty", "forty",
                                     "fifty", "sixty", "seventy", "eighty", "ninety"};

static void say_below_thousand(writer *w, unsigned n)
{
    if (n >= 100) {
        say(w, small[n / 100]);
        say(w, "hundred");
        n %= 100;
        if (!n) return;
    }
    if (n >= 20) {
        say(w, tens[n / 10]);
        n %= 10;
        if (!n) return;
    }
    say(w, small[n]);
}

static void say_number(writer *w, unsigned n)
{
    if (n >= 1000) {
        say_below_thousand(w, n / 1000);
        say(w, "thousand");
        n %= 1000;
        if (!n) return;
    }
    say_below_thousand(w, n);
}

static bool is_digit(uint32_t cp)
{
    return cp >= '0' && cp <= '9';
}

/* Digits from..to - 1. Long ones and those that start with zero are read out one by one, as people
 * read numbers of telephones and rooms. */
static void say_digits(writer *w, const kor_cell *cell, size_t from, size_t to, bool one_by_one)
{
    if (one_by_one || to - from > 6 || (cell[from].cp == '0' && to - from > 1)) {
        for (; from < to; from++) say(w, small[cell[from].cp - '0']);
        return;
    }
    unsigned n = 0;
    for (; from < to; from++) n = n * 10 + (cell[from].cp - '0');
    say_number(w, n);
}

/* Where a run of digits of one span ends. */
static size_t digits_end(const kor_cells *c, size_t at)
{
    size_t end = at;
    while (end < c->count && is_digit(c->cell[end].cp) && c->cell[end].mark == c->cell[at].mark)
        end++;
    return end;
}

/* Is there a mark between digits at at? 12,000 is one number, 3.5 has a point, 10:30 are two. */
static bool between_digits(const kor_cells *c, size_t at, uint32_t mark)
{
    return at + 1 < c->count && c->cell[at].cp == mark && is_digit(c->cell[at + 1].cp) &&
           c->cell[at + 1].mark == c->cell[at - 1].mark;
}

static size_t say_number_at(writer *w, const kor_cells *c, size_t at)
{
    size_t end = digits_end(c, at);
    if (end - at <= 3 && between_digits(c, end, ',') && digits_end(c, end + 1) == end + 4) {
        unsigned n = 0;
        for (size_t i = at; i < end + 4; i++) {
            if (i != end) n = n * 10 + (c->cell[i].cp - '0');
        }
        say_number(w, n);
        return end + 4;
    }
    say_digits(w, c->cell, at, end, false);
    if (!between_digits(c, end, '.')) return end;
    say(w, "point");
    at = end + 1;
    end = digits_end(c, at);
    say_digits(w, c->cell, at, end, true);
    return end;
}

/* ---- Words ---- */

static bool is_word(uint32_t cp)
{
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return kor_cell_is_letter(cp) || is_digit(cp) ||
           (c >= UTF8PROC_CATEGORY_MN && c <= UTF8PROC_CATEGORY_NO);
}

/* What a symbol is called, or NULL when nobody says it. */
static const char *spoken(uint32_t cp)
{
    switch (cp) {
    case '%': return "percent";
    case '&': return "and";
    case '+': return "plus";
    case '@': return "at";
    default: return NULL;
    }
}

/* Between words, sometimes; in a span only when both words are in it. */
static void hesitate(writer *w, uint32_t next, kor_random *random)
{
    static const char *const words[] = {"um", "uh", "er"};
    if (kor_random_below(random, 12) != 0) return;
    uint32_t before = w->to->count ? w->to->cell[w->to->count - 1].mark : 0;
    w->mark = before == next ? next : 0;
    say(w, words[kor_random_below(random, 3)]);
    put(w, ' ');
}

void kor_corrupt_speech(const kor_cells *from, kor_cells *to, kor_random *random)
{
    writer w = {.to = to, .glued = true};
    for (size_t at = 0; at < from->count && !to->failed;) {
        uint32_t cp = from->cell[at].cp;
        bool starts = at == 0 || kor_cell_is_space(from->cell[at - 1].cp);
        if (starts && is_word(cp)) hesitate(&w, from->cell[at].mark, random);
        w.mark = from->cell[at].mark;
        if (is_digit(cp)) {
            at = say_number_at(&w, from, at);
            /* 10am */
            if (at < from->count && kor_cell_is_letter(from->cell[at].cp)) put(&w, ' ');
            continue;
        }
        at++;
        if (spoken(cp)) {
            say(&w, spoken(cp));
            if (at < from->count && is_word(from->cell[at].cp)) put(&w, ' ');
        } else if (is_word(cp) || kor_cell_is_space(cp)) {
            put(&w, (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp));
        } else if (cp == '\'' || cp == 0x2019) {
            put(&w, '\''); /* don't is a word of its own */
        } else if (at < from->count && is_word(from->cell[at].cp)) {
            put(&w, ' '); /* well-known, 10:30 and a/b are two words */
        }
    }
}
