/* SPDX-License-Identifier: Apache-2.0 */
/* Words into descriptions of time: what the parts of the finder share. Each reader takes the tokens
 * of what it names and fills in its result, or returns false and takes none. */
#ifndef KOR_PHRASE_H
#define KOR_PHRASE_H

#include "time/resolve.h"
#include "time/words.h"

typedef struct kor_cursor {
    kor_words *words;
    size_t at; /* index of the next token */
} kor_cursor;

static inline const kor_token *kor_peek(const kor_cursor *c, size_t ahead)
{
    return kor_words_at(c->words, c->at + ahead);
}

static inline bool kor_take(kor_cursor *c, kor_word word)
{
    bool found = kor_peek(c, 0)->word == word;
    c->at += found;
    return found;
}

/* Whether the token some way ahead is a given punctuation mark. */
static inline bool kor_is_mark(const kor_cursor *c, size_t ahead, int32_t mark)
{
    const kor_token *t = kor_peek(c, ahead);
    return t->word == KOR_WORD_MARK && t->value == mark;
}

static inline bool kor_take_mark(kor_cursor *c, int32_t mark)
{
    bool found = kor_is_mark(c, 0, mark);
    c->at += found;
    return found;
}

/* ---- Clock times ---- */

typedef struct kor_clock {
    int32_t minute; /* after midnight; of an open one as said, 1:00 to 12:59 */
    int32_t grain;  /* minutes that it is wide: 60 or 1 */
    bool open;      /* may be before or after noon */
    bool stated;    /* cannot be another number: 3 pm, 15:30, noon */
    bool wrong;     /* there is no such time: 25:99 */
} kor_clock;

typedef enum kor_clock_use {
    KOR_CLOCK_NONE,
    KOR_CLOCK_AT,
    KOR_CLOCK_RANGE, /* from the one to the other */
    KOR_CLOCK_ON,    /* from then to the end of the day */
    KOR_CLOCK_UP_TO  /* from the start of the day to then */
} kor_clock_use;

/* What was read so far of a period; its clock times wait for the part of the day, which may be said
 * after them and tells which half of the day they are in. */
typedef struct kor_draft {
    kor_period period;
    kor_clock_use use;
    kor_clock clock, clock_end;
    bool wrong; /* an impossible time: read, but to be dropped as a whole */
} kor_draft;

/* "3 pm", "15:30", "noon", "3"; and with an end "3 to 5 pm", where `and` may join them too. */
bool kor_read_clocks(kor_cursor *c, bool with_and, kor_draft *draft);

/* Fill in the period's clock minutes. */
void kor_settle_clocks(kor_draft *draft);

/* ---- Days and longer ---- */

/* "20 November 2026", "Nov 3", "2026-11-20", "2026-11", "Q3 2025"; what a word such as `in` before
 * it allows: "March", "2025", "the 20th". before is that word, KOR_WORD_NONE for none. */
bool kor_read_date(kor_cursor *c, kor_word before, kor_draft *draft);

/* A year after a date: "2026", ", 2026", "of 2026". */
bool kor_read_year(kor_cursor *c, int32_t *year);

/* A day of the month: "20", "20th", "second". */
bool kor_read_day_number(kor_cursor *c, int32_t *day);

/* "last year", "of this week": one unit of the wanted kind, n away. */
bool kor_read_relative(kor_cursor *c, kor_time_unit wanted, int32_t *n);

/* "3 days", "a couple of weeks", "half an hour". */
bool kor_read_amount(kor_cursor *c, int32_t *n, kor_time_unit *unit);

/* A whole period: "last Tuesday afternoon", "yesterday at 3 pm", "the end of March". */
bool kor_read_period(kor_cursor *c, kor_word before, kor_draft *draft);

#endif
