/* SPDX-License-Identifier: Apache-2.0 */
#include "time/words.h"

#include "time/resolve.h"

#include <string.h>

/* ---- The lexicon ---- */

enum { AMBIGUOUS = 1, SINGULAR = 2, ABBREVIATED = 4, LONGEST = 13 };

typedef struct entry {
    char text[LONGEST + 1];
    uint8_t word; /* a kor_word */
    uint8_t flags;
    int16_t value;
} entry;

/* In the order of strcmp. */
static const entry lexicon[] = {
    {"a", KOR_WORD_ARTICLE, 0, 1},
    {"about", KOR_WORD_APPROX, 0, 0},
    {"after", KOR_WORD_AFTER, 0, 0},
    {"afternoon", KOR_WORD_PART, 0, KOR_PART_AFTERNOON},
    {"ago", KOR_WORD_AGO, 0, 0},
    {"am", KOR_WORD_MERIDIEM, 0, 0},
    {"an", KOR_WORD_ARTICLE, 0, 1},
    {"and", KOR_WORD_AND, 0, 0},
    {"approximately", KOR_WORD_APPROX, 0, 0},
    {"apr", KOR_WORD_MONTH, ABBREVIATED, 4},
    {"april", KOR_WORD_MONTH, 0, 4},
    {"around", KOR_WORD_APPROX, 0, 0},
    {"at", KOR_WORD_AT, 0, 0},
    {"aug", KOR_WORD_MONTH, ABBREVIATED, 8},
    {"august", KOR_WORD_MONTH, 0, 8},
    {"before", KOR_WORD_BEFORE, 0, 0},
    {"beginning", KOR_WORD_SLICE_OF, 0, KOR_SLICE_FIRST},
    {"between", KOR_WORD_BETWEEN, 0, 0},
    {"by", KOR_WORD_BY, 0, 0},
    {"clock", KOR_WORD_OCLOCK, 0, 0},
    {"coming", KOR_WORD_NEXT, 0, 0},
    {"couple", KOR_WORD_COUPLE, 0, 2},
    {"day", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_DAY},
    {"days", KOR_WORD_UNIT, 0, KOR_UNIT_DAY},
    {"dec", KOR_WORD_MONTH, ABBREVIATED, 12},
    {"december", KOR_WORD_MONTH, 0, 12},
    {"during", KOR_WORD_DURING, 0, 0},
    {"each", KOR_WORD_EVERY, 0, 0},
    {"earlier", KOR_WORD_SLICE, 0, KOR_SLICE_SO_FAR},
    {"early", KOR_WORD_SLICE, 0, KOR_SLICE_FIRST},
    {"eight", KOR_WORD_COUNT, 0, 8},
    {"eighteen", KOR_WORD_COUNT, 0, 18},
    {"eighth", KOR_WORD_ORDINAL, 0, 8},
    {"eleven", KOR_WORD_COUNT, 0, 11},
    {"eleventh", KOR_WORD_ORDINAL, 0, 11},
    {"end", KOR_WORD_SLICE_OF, 0, KOR_SLICE_LAST},
    {"evening", KOR_WORD_PART, 0, KOR_PART_EVENING},
    {"every", KOR_WORD_EVERY, 0, 0},
    {"feb", KOR_WORD_MONTH, ABBREVIATED, 2},
    {"february", KOR_WORD_MONTH, 0, 2},
    {"few", KOR_WORD_COUNT, 0, 3},
    {"fifteen", KOR_WORD_COUNT, 0, 15},
    {"fifth", KOR_WORD_ORDINAL, 0, 5},
    {"fifty", KOR_WORD_COUNT, 0, 50},
    {"first", KOR_WORD_ORDINAL, 0, 1},
    {"five", KOR_WORD_COUNT, 0, 5},
    {"forty", KOR_WORD_COUNT, 0, 40},
    {"four", KOR_WORD_COUNT, 0, 4},
    {"fourteen", KOR_WORD_COUNT, 0, 14},
    {"fourth", KOR_WORD_ORDINAL, 0, 4},
    {"fri", KOR_WORD_WEEKDAY, 0, 4},
    {"friday", KOR_WORD_WEEKDAY, 0, 4},
    {"from", KOR_WORD_FROM, 0, 0},
    {"half", KOR_WORD_HALF, 0, 0},
    {"hour", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_HOUR},
    {"hours", KOR_WORD_UNIT, 0, KOR_UNIT_HOUR},
    {"hrs", KOR_WORD_UNIT, 0, KOR_UNIT_HOUR},
    {"in", KOR_WORD_IN, 0, 0},
    {"jan", KOR_WORD_MONTH, ABBREVIATED, 1},
    {"january", KOR_WORD_MONTH, 0, 1},
    {"jul", KOR_WORD_MONTH, ABBREVIATED, 7},
    {"july", KOR_WORD_MONTH, 0, 7},
    {"jun", KOR_WORD_MONTH, ABBREVIATED, 6},
    {"june", KOR_WORD_MONTH, 0, 6},
    {"last", KOR_WORD_LAST, 0, 0},
    {"late", KOR_WORD_SLICE, 0, KOR_SLICE_LAST},
    {"later", KOR_WORD_SLICE, 0, KOR_SLICE_REST},
    {"lunch", KOR_WORD_PART, 0, KOR_PART_LUNCH},
    {"lunchtime", KOR_WORD_PART, 0, KOR_PART_LUNCH},
    {"m", KOR_WORD_M, 0, 0},
    {"mar", KOR_WORD_MONTH, AMBIGUOUS | ABBREVIATED, 3},
    {"march", KOR_WORD_MONTH, AMBIGUOUS, 3},
    {"may", KOR_WORD_MONTH, AMBIGUOUS, 5},
    {"mid", KOR_WORD_SLICE, 0, KOR_SLICE_MIDDLE},
    {"midday", KOR_WORD_CLOCK, 0, 720},
    {"middle", KOR_WORD_SLICE_OF, 0, KOR_SLICE_MIDDLE},
    {"midnight", KOR_WORD_CLOCK, 0, 1440},
    {"mins", KOR_WORD_UNIT, 0, KOR_UNIT_MINUTE},
    {"minute", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_MINUTE},
    {"minutes", KOR_WORD_UNIT, 0, KOR_UNIT_MINUTE},
    {"mon", KOR_WORD_WEEKDAY, AMBIGUOUS, 0},
    {"monday", KOR_WORD_WEEKDAY, 0, 0},
    {"month", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_MONTH},
    {"months", KOR_WORD_UNIT, 0, KOR_UNIT_MONTH},
    {"morning", KOR_WORD_PART, 0, KOR_PART_MORNING},
    {"nd", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"next", KOR_WORD_NEXT, 0, 0},
    {"night", KOR_WORD_PART, 0, KOR_PART_NIGHT},
    {"nine", KOR_WORD_COUNT, 0, 9},
    {"nineteen", KOR_WORD_COUNT, 0, 19},
    {"ninety", KOR_WORD_COUNT, 0, 90},
    {"ninth", KOR_WORD_ORDINAL, 0, 9},
    {"noon", KOR_WORD_CLOCK, 0, 720},
    {"nov", KOR_WORD_MONTH, ABBREVIATED, 11},
    {"november", KOR_WORD_MONTH, 0, 11},
    {"now", KOR_WORD_NOW, 0, 0},
    {"o", KOR_WORD_O, 0, 0},
    {"oct", KOR_WORD_MONTH, ABBREVIATED, 10},
    {"october", KOR_WORD_MONTH, 0, 10},
    {"of", KOR_WORD_OF, 0, 0},
    {"on", KOR_WORD_ON, 0, 0},
    {"one", KOR_WORD_COUNT, 0, 1},
    {"onward", KOR_WORD_ONWARD, 0, 0},
    {"onwards", KOR_WORD_ONWARD, 0, 0},
    {"other", KOR_WORD_OTHER, 0, 0},
    {"over", KOR_WORD_DURING, 0, 0},
    {"p", KOR_WORD_P, 0, 0},
    {"past", KOR_WORD_PAST, 0, 0},
    {"pm", KOR_WORD_MERIDIEM, 0, 12},
    {"previous", KOR_WORD_LAST, 0, 0},
    {"q", KOR_WORD_QUARTER, 0, 0},
    {"quarter", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_QUARTER},
    {"quarters", KOR_WORD_UNIT, 0, KOR_UNIT_QUARTER},
    {"rd", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"rest", KOR_WORD_SLICE_OF, 0, KOR_SLICE_REST},
    {"roughly", KOR_WORD_APPROX, 0, 0},
    {"s", KOR_WORD_S, 0, 0},
    {"sat", KOR_WORD_WEEKDAY, AMBIGUOUS, 5},
    {"saturday", KOR_WORD_WEEKDAY, 0, 5},
    {"second", KOR_WORD_ORDINAL, 0, 2},
    {"sep", KOR_WORD_MONTH, ABBREVIATED, 9},
    {"sept", KOR_WORD_MONTH, ABBREVIATED, 9},
    {"september", KOR_WORD_MONTH, 0, 9},
    {"seven", KOR_WORD_COUNT, 0, 7},
    {"seventeen", KOR_WORD_COUNT, 0, 17},
    {"seventh", KOR_WORD_ORDINAL, 0, 7},
    {"since", KOR_WORD_SINCE, 0, 0},
    {"six", KOR_WORD_COUNT, 0, 6},
    {"sixteen", KOR_WORD_COUNT, 0, 16},
    {"sixth", KOR_WORD_ORDINAL, 0, 6},
    {"sixty", KOR_WORD_COUNT, 0, 60},
    {"st", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"start", KOR_WORD_SLICE_OF, 0, KOR_SLICE_FIRST},
    {"starting", KOR_WORD_SINCE, 0, 0},
    {"sun", KOR_WORD_WEEKDAY, AMBIGUOUS, 6},
    {"sunday", KOR_WORD_WEEKDAY, 0, 6},
    {"t", KOR_WORD_T, 0, 0},
    {"ten", KOR_WORD_COUNT, 0, 10},
    {"tenth", KOR_WORD_ORDINAL, 0, 10},
    {"th", KOR_WORD_ORDINAL_SUFFIX, 0, 0},
    {"the", KOR_WORD_THE, 0, 0},
    {"third", KOR_WORD_ORDINAL, 0, 3},
    {"thirteen", KOR_WORD_COUNT, 0, 13},
    {"thirty", KOR_WORD_COUNT, 0, 30},
    {"this", KOR_WORD_THIS, 0, 0},
    {"three", KOR_WORD_COUNT, 0, 3},
    {"through", KOR_WORD_TO, 0, 0},
    {"throughout", KOR_WORD_DURING, 0, 0},
    {"thu", KOR_WORD_WEEKDAY, 0, 3},
    {"thur", KOR_WORD_WEEKDAY, 0, 3},
    {"thurs", KOR_WORD_WEEKDAY, 0, 3},
    {"thursday", KOR_WORD_WEEKDAY, 0, 3},
    {"till", KOR_WORD_UNTIL, 0, 0},
    {"to", KOR_WORD_TO, 0, 0},
    {"today", KOR_WORD_DAY, 0, 0},
    {"tomorrow", KOR_WORD_DAY, 0, 1},
    {"tonight", KOR_WORD_TONIGHT, 0, 0},
    {"tue", KOR_WORD_WEEKDAY, 0, 1},
    {"tues", KOR_WORD_WEEKDAY, 0, 1},
    {"tuesday", KOR_WORD_WEEKDAY, 0, 1},
    {"twelfth", KOR_WORD_ORDINAL, 0, 12},
    {"twelve", KOR_WORD_COUNT, 0, 12},
    {"twenty", KOR_WORD_COUNT, 0, 20},
    {"two", KOR_WORD_COUNT, 0, 2},
    {"until", KOR_WORD_UNTIL, 0, 0},
    {"wed", KOR_WORD_WEEKDAY, AMBIGUOUS, 2},
    {"wednesday", KOR_WORD_WEEKDAY, 0, 2},
    {"weds", KOR_WORD_WEEKDAY, 0, 2},
    {"week", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WEEK},
    {"weekend", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_WEEKEND},
    {"weekends", KOR_WORD_UNIT, 0, KOR_UNIT_WEEKEND},
    {"weeks", KOR_WORD_UNIT, 0, KOR_UNIT_WEEK},
    {"within", KOR_WORD_DURING, 0, 0},
    {"year", KOR_WORD_UNIT, SINGULAR, KOR_UNIT_YEAR},
    {"years", KOR_WORD_UNIT, 0, KOR_UNIT_YEAR},
    {"yesterday", KOR_WORD_DAY, 0, -1},
};

static const entry *look_up(const unsigned char *word, size_t len)
{
    if (len > LONGEST) return NULL;
    char lower[LONGEST + 1] = {0};
    for (size_t i = 0; i < len; i++) {
        lower[i] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] + ('a' - 'A') : word[i]);
    }
    size_t low = 0, high = sizeof lexicon / sizeof lexicon[0];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(lower, lexicon[middle].text);
        if (order == 0) return &lexicon[middle];
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* ---- Tokens ---- */

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the block General Punctuation (U+2000 to U+206F) at i: 3 or 0. */
static size_t general_mark(const kor_words *w, size_t i)
{
    bool mark =
        w->len - i >= 3 && w->text[i] == 0xe2 && (w->text[i + 1] == 0x80 || w->text[i + 1] == 0x81);
    return mark ? 3 : 0;
}

/* Bytes of white space at i; a no-break space is C2 A0. */
static size_t space(const kor_words *w, size_t i)
{
    unsigned char c = w->text[i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
    return w->len - i >= 2 && c == 0xc2 && w->text[i + 1] == 0xa0 ? 2 : 0;
}

/* Everything beyond ASCII that is not punctuation is taken for letters. */
static bool is_letter(const kor_words *w, size_t i)
{
    unsigned char c = w->text[i];
    if (c >= 0x80) return !general_mark(w, i) && !space(w, i);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void read_number(kor_words *w, kor_token *t)
{
    t->word = KOR_WORD_NUMBER;
    for (; w->at < w->len && is_digit(w->text[w->at]); w->at++) {
        int32_t value = t->value * 10 + (w->text[w->at] - '0');
        t->value = value < 99999 ? value : 99999;
        if (t->digits < 255) t->digits++;
    }
}

static void read_word(kor_words *w, kor_token *t)
{
    while (w->at < w->len && is_letter(w, w->at)) w->at++;
    const entry *found = look_up(w->text + t->start, w->at - t->start);
    t->capital = w->text[t->start] >= 'A' && w->text[t->start] <= 'Z';
    if (!found) return;
    t->word = (kor_word)found->word;
    t->value = found->value;
    t->ambiguous = found->flags & AMBIGUOUS;
    t->singular = found->flags & SINGULAR;
    t->abbreviated = found->flags & ABBREVIATED;
}

static void read_mark(kor_words *w, kor_token *t)
{
    size_t general = general_mark(w, w->at);
    t->word = KOR_WORD_MARK;
    if (general) {
        unsigned char last = w->text[w->at + 2];
        bool basic = w->text[w->at + 1] == 0x80;
        t->value = basic && last == 0x93 ? '-' : basic && last == 0x99 ? '\'' : 0x80;
        w->at += general;
    } else {
        t->value = w->text[w->at++];
    }
}

/* Whether a token may not begin an expression right after the one before it. */
static bool is_joined(const kor_token *before, const kor_token *t)
{
    if (!t->glued) return false;
    if (before->word != KOR_WORD_MARK) return true;
    /* 1,000 is a number; "today,tomorrow" are two words. */
    if (before->value == ',') return before->glued && t->word == KOR_WORD_NUMBER;
    return before->value < 0x80 && before->value && strchr("./\\-:@#$%+=~&", before->value);
}

static void read_token(kor_words *w)
{
    static const kor_token none = {.word = KOR_WORD_MARK, .value = ' '};
    const kor_token *before = w->count ? &w->window[(w->count - 1) % KOR_WORDS_AHEAD] : &none;
    size_t gap = w->at;
    for (size_t n = 1; w->at < w->len && (n = space(w, w->at)) > 0;) w->at += n;
    kor_token t = {.start = w->at, .word = KOR_WORD_NONE};
    t.glued = w->at == gap && w->at > 0;
    if (w->at == w->len) {
        t.word = KOR_WORD_END;
        t.glued = false;
    } else if (is_digit(w->text[w->at])) {
        read_number(w, &t);
    } else if (is_letter(w, w->at)) {
        read_word(w, &t);
    } else {
        read_mark(w, &t);
    }
    t.end = w->at;
    t.joined = is_joined(before, &t);
    w->window[w->count++ % KOR_WORDS_AHEAD] = t;
}

void kor_words_begin(kor_words *w, const char *text, size_t len)
{
    w->text = (const unsigned char *)text;
    w->len = len;
    w->at = w->first = w->count = 0;
}

const kor_token *kor_words_at(kor_words *w, size_t i)
{
    static const kor_token end = {.word = KOR_WORD_END};
    /* One place is kept for the token before the first, which read_token looks at. */
    if (i >= w->first + KOR_WORDS_AHEAD - 1) return &end;
    while (w->count <= i) read_token(w);
    return &w->window[i % KOR_WORDS_AHEAD];
}
