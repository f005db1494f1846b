/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of periods that live in other files than the one that tries them all. */
#ifndef KOR_PHRASE_PERIOD_H
#define KOR_PHRASE_PERIOD_H

#include "time/phrase.h"

/* "the first Friday of July", "the last two weeks of March", "the second half of 2026" */
int kor_read_nth(kor_reader *r);

/* Quarters, seasons, decades, centuries, numbered weeks and years: "Q3 2025", "the 90s", "week 12",
 * "the year 1066", "last summer". */
int kor_read_named(kor_reader *r);

/* "the end of last month", "early March", "mid-2024", "the rest of the week", "EOD" */
int kor_read_slice(kor_reader *r);

/* "last 3 days", "the next couple of weeks", "5 past minutes", "within 2 hours", "last hour" */
int kor_read_roll(kor_reader *r);

/* "3 days ago", "in two weeks", "a week from Friday", "two days before yesterday" */
int kor_read_shift(kor_reader *r);

/* "2026-11-20", "3/4/2026", "4/22", "23/Sep/2020", "20261120" */
int kor_read_date_digits(kor_reader *r);

/* A date as far as it was said: no year is -1, no month or day 0. */
int kor_date_node(kor_reader *r, int32_t year, int32_t month, int32_t day);

/* Whether the words before the next token make a number or a name a date: "in", "since". */
bool kor_is_introduced(const kor_reader *r);

#endif
