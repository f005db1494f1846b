/* SPDX-License-Identifier: Apache-2.0 */
/* Queries made up for texts, so that an encoder learns to bring the words somebody remembers near
 * the text that they are from (the inverse cloze task, Lee et al. 2019, on words). */
#ifndef KOR_QUERIES_H
#define KOR_QUERIES_H

#include "forge/made_rows.h"

/* Put, in the place of each row, its text and up to count queries, as rows that share a label. A
 * query is 2 to 10 words of the text that few texts of these rows have, one after the other or
 * from all over it; half of them in lower case, half begun as a question. The text of a row that
 * has fewer than four such words, or that is there already, is left out. Which words depends on
 * the rows and the seed. */
kor_status kor_queries_make(kor_made_rows *rows, size_t count, uint64_t seed, kor_error *err);

#endif
