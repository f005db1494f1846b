/* SPDX-License-Identifier: Apache-2.0 */
/* More rows with spans out of few: copies in which spans have the text of other spans of the same
 * label. What stands around a span is then learnt apart from what is in it. */
#ifndef KOR_SPAN_SWAP_H
#define KOR_SPAN_SWAP_H

#include "learn/span_corpus.h"

/* Room for copies of rows[count], so many a row: all rows as they are, then, in arena, the copies
 * of those with spans, each span of which was swapped with a chance of 1 in 2, at least one of
 * them. The same seed gives the same rows. *total is how many there are. */
kor_status kor_span_swap(const kor_spans_row *rows, size_t count, size_t labels, double share,
                         uint64_t seed, kor_arena *arena, kor_spans_row **out, size_t *total,
                         kor_error *err);

#endif
