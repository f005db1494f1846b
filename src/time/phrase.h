/* SPDX-License-Identifier: Apache-2.0 */
/* Words into calendar expressions: what the readers share. A reader takes the tokens of what it
 * names and fills in its result, or fails and takes none. Those that build nodes return the node,
 * or KOR_NO_NODE. */
#ifndef KOR_PHRASE_H
#define KOR_PHRASE_H

#include "time/words.h"

typedef struct kor_reader {
    kor_words *words;
    size_t at; /* index of the next token */
    kor_expr *e;
    int depth; /* of periods within periods, so that no text takes long */
} kor_reader;

enum { KOR_READ_DEPTH = 4 };

/* The token some way ahead; the end of the text where another paragraph begins. */
const kor_token *kor_peek(const kor_reader *r, size_t ahead);

/* The token before the next one, `back` 1 for the nearest. */
const kor_token *kor_behind(const kor_reader *r, size_t back);

static inline kor_word kor_word_ahead(const kor_reader *r, size_t ahead)
{
    return kor_peek(r, ahead)->word;
}

static inline bool kor_take(kor_reader *r, kor_word word)
{
    bool found = kor_peek(r, 0)->word == word;
    r->at += found;
    return found;
}

/* Whether the token some way ahead is a given punctuation mark. */
static inline bool kor_is_mark(const kor_reader *r, size_t ahead, int32_t mark)
{
    const kor_token *t = kor_peek(r, ahead);
    return t->word == KOR_WORD_MARK && t->value == mark;
}

/* Whether an expression may begin or go on here: not in the middle of a longer word. */
static inline bool kor_is_free(const kor_reader *r, const kor_token *t)
{
    return !t->joined || r->at > r->words->first;
}

static inline bool kor_take_mark(kor_reader *r, int32_t mark)
{
    bool found = kor_is_mark(r, 0, mark);
    r->at += found;
    return found;
}

/* Whether the token ahead is this word, for words too rare for the lexicon. */
bool kor_is_text(const kor_reader *r, size_t ahead, const char *word);
bool kor_take_text(kor_reader *r, const char *word);

int kor_add_node(kor_reader *r, kor_node node);

static inline kor_node *kor_at_node(const kor_reader *r, int node)
{
    return &r->e->node[node];
}

/* A node of this kind with nothing said. */
kor_node kor_new_node(kor_node_kind kind);

/* ---- Numbers (read_number.c) ---- */

/* "3", "twenty-five", "two hundred and ten". */
bool kor_read_cardinal(kor_reader *r, int32_t *n);

/* "3rd", "third", "twenty first"; the article before it is not taken. */
bool kor_read_ordinal(kor_reader *r, int32_t *n);

/* "2026", "two thousand and four", "nineteen eighty six"; false for what is no year. */
bool kor_read_year_number(kor_reader *r, int32_t *year);

/* "3 days", "a couple of weeks", "half an hour", "1h30m", "two and a half years". several: more of
 * them may follow, with commas or "and". */
bool kor_read_amount(kor_reader *r, bool several, kor_amount *out);

/* "days", "business days", "h" glued to a number. */
bool kor_read_unit(kor_reader *r, kor_unit *unit);

void kor_amount_add(kor_amount *a, kor_unit unit, int64_t thousandths);

/* ---- Clock times (read_clock.c) ---- */

typedef enum kor_clock_context {
    KOR_CLOCK_STRICT, /* only what cannot be another number */
    KOR_CLOCK_LOOSE,  /* a bare hour will do: after "at", after a day */
    KOR_CLOCK_RANGE   /* also 0730: in a range */
} kor_clock_context;

bool kor_read_clock(kor_reader *r, kor_clock_context context, kor_clock *out);

/* "3-5pm", "from 9 to half past ten", "between 7 and 9:30"; `bare` allows "6-8" without a word. */
bool kor_read_clocks(kor_reader *r, bool bare, kor_clock *from, kor_clock *to);

/* "in the morning", "late afternoon", "at lunch", "business hours". */
bool kor_read_part(kor_reader *r, uint8_t *part, uint8_t *slice);

/* ---- Days and longer (read_date.c, read_period.c) ---- */

/* "20 November 2026", "Nov 3", "2026-11-20", "3/4/2026", "2026-11", "March", "2025". */
int kor_read_date(kor_reader *r);

/* A year after a date: "2026", ", 2026", "of 2026", "'26"; "of next year". Filled into node. */
bool kor_read_year_after(kor_reader *r, int node);

/* A holiday by name, with its year (holiday.c). */
int kor_read_holiday(kor_reader *r);

/* "last Tuesday", "two days after Christmas", "the end of next week": no clock time. */
int kor_read_period(kor_reader *r);

/* "last", "next", "this": a choice, and units away. */
bool kor_read_choice(kor_reader *r, uint8_t *choice, int32_t *n);

/* Make a node of this kind around another, which may be none. */
int kor_wrap(kor_reader *r, kor_node node, int child);

/* The calendar unit n away from the one around today. */
int kor_unit_node(kor_reader *r, kor_unit unit, int32_t n);

/* Whether a node is a single day, on which clock times may be. */
bool kor_is_day(const kor_expr *e, int node);

/* ---- All of it (read_moment.c, read_set.c, read_range.c) ---- */

/* A period, a clock time, or both: "next monday afternoon from 3 to 5". */
int kor_read_moment(kor_reader *r);

/* "every other Tuesday at 9", "daily", "the first Monday of each month". */
bool kor_read_set(kor_reader *r);

/* "3 hours", "all week": how long; fills in r->e. */
bool kor_read_duration(kor_reader *r);

/* "since the release", "soon", and what is only about a time: "recently"; fills in r->e. */
bool kor_read_vague(kor_reader *r);

/* The longest expression that begins here; fills in r->e. */
bool kor_read_expression(kor_reader *r);

#endif
