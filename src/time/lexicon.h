/* SPDX-License-Identifier: Apache-2.0 */
/* The words that tell time, in one table, with what each may mean; tolerant of slips of the pen in
 * the long ones. */
#ifndef KOR_LEXICON_H
#define KOR_LEXICON_H

#include "time/expr.h"

#include <stddef.h>

typedef enum kor_word {
    KOR_WORD_NONE, /* a word that does not tell time */
    KOR_WORD_END,  /* the end of the text */
    KOR_WORD_NUMBER,
    KOR_WORD_MARK, /* punctuation; value is its byte, '-' for a dash, '\'' for a right quote */
    /* Names of times. */
    KOR_WORD_DAY, /* value: days from today */
    KOR_WORD_TONIGHT,
    KOR_WORD_NOW,
    KOR_WORD_UNIT,         /* value: a kor_unit */
    KOR_WORD_LETTER,       /* h, d, m, s, w, y behind a number; value: a kor_unit */
    KOR_WORD_WEEKDAY,      /* value: 0 is Monday */
    KOR_WORD_MONTH,        /* value: 1 to 12 */
    KOR_WORD_SEASON,       /* value: 0 is spring */
    KOR_WORD_PART,         /* value: a kor_part */
    KOR_WORD_CLOCK,        /* noon and midnight; value: minutes after midnight */
    KOR_WORD_MERIDIEM,     /* value: 0 am, 12 pm; 1 ampm */
    KOR_WORD_QUARTER,      /* the q of q3 */
    KOR_WORD_HALF_YEAR,    /* the h of h2 is a LETTER; this is "semester" */
    KOR_WORD_DECADE,       /* nineties; value: its first year, below 100 for any century */
    KOR_WORD_HOLIDAY,      /* may begin the name of one */
    KOR_WORD_ABBREVIATION, /* eod, eom; value: a kor_unit */
    KOR_WORD_OFTEN,        /* daily; value: a kor_unit */
    KOR_WORD_TIMES,        /* once, twice */
    KOR_WORD_VAGUE,        /* recently; value: days that it reaches back, 0 for none */
    KOR_WORD_FISCAL,
    /* Counting. */
    KOR_WORD_COUNT, /* value: one is 1 */
    KOR_WORD_SCALE, /* hundred, thousand */
    KOR_WORD_SOME,  /* few, several: 3; couple: 2 */
    KOR_WORD_ARTICLE,
    KOR_WORD_ORDINAL,        /* value: first is 1 */
    KOR_WORD_ORDINAL_SUFFIX, /* the th of 20th */
    KOR_WORD_HALF,
    KOR_WORD_WHOLE, /* all, whole, full, entire */
    /* Which one. */
    KOR_WORD_LAST,     /* value: a kor_choice */
    KOR_WORD_THIS,     /* value: 0; 1 for "current", "same" */
    KOR_WORD_NEXT,     /* value: a kor_choice */
    KOR_WORD_SLICE,    /* value: a kor_slice; early March */
    KOR_WORD_SLICE_OF, /* value: a kor_slice; the end of March */
    KOR_WORD_APPROX,
    KOR_WORD_EVERY,
    KOR_WORD_OTHER,
    KOR_WORD_ANOTHER,
    KOR_WORD_WORK, /* business, working */
    /* Relations. */
    KOR_WORD_THE,
    KOR_WORD_OF,
    KOR_WORD_ON,
    KOR_WORD_IN,
    KOR_WORD_AT,
    KOR_WORD_DURING,
    KOR_WORD_WITHIN,
    KOR_WORD_FOR,
    KOR_WORD_AGO, /* value: -1, and 1 for hence */
    KOR_WORD_SINCE,
    KOR_WORD_STARTING,
    KOR_WORD_FROM,
    KOR_WORD_TO,
    KOR_WORD_UNTIL,
    KOR_WORD_BETWEEN,
    KOR_WORD_AND,
    KOR_WORD_OR,
    KOR_WORD_BEFORE,
    KOR_WORD_AFTER,
    KOR_WORD_BY,
    KOR_WORD_THAN,
    KOR_WORD_MORE, /* more, less, greater; value: 1, -1 */
    KOR_WORD_NO,
    KOR_WORD_ONWARD,
    KOR_WORD_MY, /* my, our, your */
    /* The letters of o'clock, a.m., yesterday's and 2026-11-22T10:00; and ish. */
    KOR_WORD_O,
    KOR_WORD_OCLOCK,
    KOR_WORD_P,
    KOR_WORD_T,
    KOR_WORD_Z,
    KOR_WORD_ISH
} kor_word;

typedef enum kor_word_flag {
    KOR_WORD_AMBIGUOUS = 1,   /* also means something else: may, sun */
    KOR_WORD_SINGULAR = 2,    /* of a unit */
    KOR_WORD_ABBREVIATED = 4, /* may be followed by a full stop: Nov. */
    KOR_WORD_PLURAL = 8,      /* Tuesdays, mornings */
    KOR_WORD_SLIP = 16        /* read in spite of a slip */
} kor_word_flag;

typedef struct kor_lexeme {
    uint8_t word;
    uint8_t flags;
    int16_t value;
} kor_lexeme;

/* Look up a word of ASCII letters, any case. False when it does not tell time. */
bool kor_lexicon_find(kor_lexeme *out, const unsigned char *word, size_t len);

#endif
