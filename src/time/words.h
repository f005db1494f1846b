/* SPDX-License-Identifier: Apache-2.0 */
/* A text as a stream of tokens, with the words that tell time recognised. One pass, a fixed window
 * of lookahead, no allocation: a text of any length and any bytes costs linear time. */
#ifndef KOR_WORDS_H
#define KOR_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum kor_word {
    KOR_WORD_NONE, /* a word that does not tell time */
    KOR_WORD_END,  /* the end of the text */
    KOR_WORD_NUMBER,
    KOR_WORD_MARK, /* punctuation; value is its byte, '-' for an en dash, '\'' for a right quote */
    /* Names of times. */
    KOR_WORD_DAY, /* value: days from today */
    KOR_WORD_TONIGHT,
    KOR_WORD_NOW,
    KOR_WORD_UNIT,     /* value: a kor_time_unit */
    KOR_WORD_WEEKDAY,  /* value: 0 is Monday */
    KOR_WORD_MONTH,    /* value: 1 to 12 */
    KOR_WORD_PART,     /* value: a kor_part */
    KOR_WORD_CLOCK,    /* noon and midnight; value: minutes after midnight */
    KOR_WORD_MERIDIEM, /* value: 0 am, 12 pm */
    KOR_WORD_QUARTER,  /* the q of q3 */
    /* Counting. */
    KOR_WORD_COUNT, /* value: one is 1, few is 3 */
    KOR_WORD_ARTICLE,
    KOR_WORD_ORDINAL,        /* value: first is 1 */
    KOR_WORD_ORDINAL_SUFFIX, /* the th of 20th */
    KOR_WORD_COUPLE,
    KOR_WORD_HALF,
    /* Which one. */
    KOR_WORD_LAST,
    KOR_WORD_PAST, /* as last, but the past week is the seven days up to now */
    KOR_WORD_THIS,
    KOR_WORD_NEXT,
    KOR_WORD_SLICE,    /* value: a kor_slice; early March */
    KOR_WORD_SLICE_OF, /* value: a kor_slice; the end of March */
    KOR_WORD_APPROX,
    KOR_WORD_EVERY,
    KOR_WORD_OTHER,
    /* Relations. */
    KOR_WORD_THE,
    KOR_WORD_OF,
    KOR_WORD_ON,
    KOR_WORD_IN,
    KOR_WORD_AT,
    KOR_WORD_DURING,
    KOR_WORD_AGO,
    KOR_WORD_SINCE,
    KOR_WORD_FROM,
    KOR_WORD_TO,
    KOR_WORD_UNTIL,
    KOR_WORD_BETWEEN,
    KOR_WORD_AND,
    KOR_WORD_BEFORE,
    KOR_WORD_AFTER,
    KOR_WORD_BY,
    KOR_WORD_ONWARD,
    /* The letters of o'clock, a.m., yesterday's and 2026-11-22T10:00. */
    KOR_WORD_O,
    KOR_WORD_OCLOCK,
    KOR_WORD_P,
    KOR_WORD_M,
    KOR_WORD_S,
    KOR_WORD_T
} kor_word;

typedef struct kor_token {
    size_t start, end; /* bytes */
    kor_word word;
    int32_t value;    /* of a number: its value, at most 99999 */
    uint8_t digits;   /* of a number: how many, at most 255 */
    bool glued;       /* nothing lies between it and the token before it */
    bool joined;      /* glued to a letter, a digit, or a mark as in paths and versions: not free to
                       * start an expression */
    bool capital;     /* begins with A to Z */
    bool singular;    /* of a unit */
    bool ambiguous;   /* also means something else: may, sun */
    bool abbreviated; /* may be followed by a full stop: Nov. */
} kor_token;

enum { KOR_WORDS_AHEAD = 64 };

typedef struct kor_words {
    const unsigned char *text;
    size_t len;
    size_t at;                         /* the next byte to read */
    size_t first;                      /* tokens before this index are forgotten */
    size_t count;                      /* tokens read so far */
    kor_token window[KOR_WORDS_AHEAD]; /* token i is at i % KOR_WORDS_AHEAD */
} kor_words;

void kor_words_begin(kor_words *w, const char *text, size_t len);

/* Token i, for i from w->first. Valid until w->first passes it. The end of the text comes as often
 * as asked for, and early for who looks too far ahead. */
const kor_token *kor_words_at(kor_words *w, size_t i);

#endif
