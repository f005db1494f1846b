/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of long texts made into rows of short ones: runs of whole lines. */
#ifndef KOR_SNIPPETS_H
#define KOR_SNIPPETS_H

#include "forge/made_rows.h"

enum { KOR_SNIPPETS_LINES = 50 }; /* of the longest one */

/* Put up to count runs of 1 to KOR_SNIPPETS_LINES whole lines in the place of each row that has a
 * text of several lines. As many have 1 line as have 2 or 3, 4 to 7, and so on. Blank lines around
 * them are cut off; a run with fewer than three letters, or one that there was already, is left
 * out. Which runs depends on the text and the seed, not on the other rows. Each gets "group": a
 * hash of the text it is of, so that runs of one text can stay together. */
kor_status kor_snippets_cut(kor_made_rows *rows, size_t count, uint64_t seed, kor_error *err);

/* Leave at most limit rows that have the same labels, by the seed, in their order. */
kor_status kor_snippets_limit(kor_made_rows *rows, size_t limit, uint64_t seed, kor_error *err);

#endif
