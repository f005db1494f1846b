/* SPDX-License-Identifier: Apache-2.0 */
/* Events by words: BM25 (Robertson and Zaragoza 2009) over SQLite's full-text index. */
#ifndef KOR_BM25_H
#define KOR_BM25_H

#include "memory/filter.h"
#include "memory/question.h"

#include <sqlite3.h>

/* What SQLite lends for its index; NULL when it has none. */
fts5_api *kor_bm25_api(kor_memory *memory);

/* Make the ranking function known to the memory's database. */
kor_status kor_bm25_register(kor_memory *memory, kor_error *err);

typedef struct kor_match {
    int64_t id, time_ms;
    int64_t digest; /* of title and text: equal events have equal ones */
    double score;   /* share of the best possible for the question: 0 to 1 */
} kor_match;

/* The events that pass the filter and have a word of the question, best first, the latest first of
 * equals; of events with the same digest only the first. *out has *count of them (at most most) and
 * is the arena's. *matched counts the events with a word, up to the bound on the work: common words
 * alone do not make a candidate as long as the question has a rarer one, and where it has not, the
 * events stored last are preferred. Needs a read transaction. */
kor_status kor_bm25_search(kor_memory *memory, const kor_filter *filter,
                           const kor_question *question, size_t most, kor_arena *arena,
                           kor_match **out, size_t *count, int64_t *matched, kor_error *err);

#endif
