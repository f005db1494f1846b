/* SPDX-License-Identifier: Apache-2.0 */
/* Words into time: the one resolver, for search, summaries and deletion. The public calls are in
 * korora.h; this is what the program asks. */
#ifndef KOR_WHEN_H
#define KOR_WHEN_H

#include "base/zone.h"
#include "time/evaluate.h"

/* The time that a question is about, and how it was read. */
typedef struct kor_asked {
    bool found;
    size_t start, end;      /* the words with what leads to them ("on", "in the"): byte offsets */
    int64_t from_ms, to_ms; /* UTC milliseconds, half-open */
    char rule[96];          /* for people: "last tuesday afternoon: 2026-11-17 12:00 to 18:00" */
} kor_asked;

/* Find the first time expression in text (len bytes of UTF-8, any bytes survive) that has a range,
 * by the convention "memory", reading what is ambiguous as past. out->found is false when there is
 * none. */
void kor_when_find(kor_asked *out, const char *text, size_t len, int64_t now_ms,
                   const kor_zone *zone);

/* Write what a span was read as: its words, then its range. At most size bytes, NUL-terminated. */
void kor_when_explain(char *out, size_t size, const kor_when_span *span, const char *text,
                      int64_t now_ms, const kor_zone *zone);

#endif
