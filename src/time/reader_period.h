/* SPDX-License-Identifier: Apache-2.0 */
/* The readers of periods that live in other files than the one that tries them all. */
#ifndef KOR_READER_PERIOD_H
#define KOR_READER_PERIOD_H

#include "time/reader.h"

/* "the first Friday of July", "the last two weeks of March", "the second half of 2026" */
int kor_read_nth(kor_reader *r);

/* Quarters, seasons, decades, centuries, numbered weeks and years: "Q3 2025", "the 90s", "week 12",
 * "the year 1066", "last summer". */
int kor_read_named(kor_reader *r);

/* "the end of last month", "early March", "mid-2024", "the rest of the week", "EOD" */
int kor_read_slice(kor_reader *r);

#endif
