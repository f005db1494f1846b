/* SPDX-License-Identifier: Apache-2.0 */
/* A question in words, answered with events. */
#ifndef KOR_RECALL_H
#define KOR_RECALL_H

#include "memory/annotations.h"

typedef struct kor_query {
    const char *question; /* UTF-8, len bytes */
    size_t len;
    int64_t now_ms;        /* against which time words are read */
    const kor_zone *zone;  /* the user's; NULL: time words are not read */
    bool has_from, has_to; /* an explicit range replaces the one in the words */
    int64_t from_ms, to_ms;
    const char *scope;        /* NULL: the user's own */
    size_t limit;             /* hits at most, 1 to 1000 */
    const kor_wanted *wanted; /* [wanted_count] what must hold of an event, all of it */
    size_t wanted_count;
} kor_query;

typedef struct kor_hit {
    kor_event event;
    double score;   /* what the hits are sorted by: 0 (unrelated) to 1 */
    double lexical; /* BM25 as a share of the best possible for the question: 0 to 1 */
    double
        vector; /* how far its cosine stands out among the events that passed the filters: 0 to 1 */
    double cosine; /* with the question; 0 when the event has no vector */
    int64_t like;  /* the event that it repeats, or its own id */
} kor_hit;

typedef struct kor_recall {
    kor_asked when; /* time words found in the question; when.found false: none */
    bool ranged;    /* a time filter was used: [from_ms, to_ms) */
    int64_t from_ms, to_ms;
    int64_t events;    /* in the memory */
    int64_t in_scope;  /* of these, in the scope */
    int64_t in_range;  /* of these, in the time range */
    int64_t lexical;   /* of these, with a word of the question (counted up to a bound) */
    int64_t near;      /* of these, near in meaning (at most 100 are counted) */
    const char *words; /* what was searched for, without time and filler words */
    size_t count;
    kor_hit *hits; /* best first; owned by arena */
    double milliseconds;
    double embed_ms, lexical_ms, vector_ms; /* where the time went */
    kor_arena arena;
} kor_recall;

/* Answer a question. Filters by time and scope first, then takes lexical and vector candidates and
 * fuses their scores. A question of nothing but time words ("yesterday") answers with the latest
 * events of that time. No hit is not a failure: count is 0 and the counters say which filter left
 * nothing. Free the answer with kor_recall_free, after a failure too. */
kor_status kor_recall_run(kor_memory *memory, const kor_query *query, kor_recall *out,
                          kor_error *err);
void kor_recall_free(kor_recall *recall);

#endif
