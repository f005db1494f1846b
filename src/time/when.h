/* SPDX-License-Identifier: Apache-2.0 */
/* Words into time: the one resolver, for search, summaries and deletion. */
#ifndef KOR_WHEN_H
#define KOR_WHEN_H

#include "base/zone.h"

#include <stdbool.h>
#include <stddef.h>

/* A time expression found in a text, and the half-open range [from_ms, to_ms) it names. */
typedef struct kor_when {
    bool found;
    size_t start, end;      /* the expression, as byte offsets into the text */
    int64_t from_ms, to_ms; /* UTC milliseconds; local midnights and clock times, DST-safe */
    char rule[64];          /* what it was read as, for people: "last Tuesday, 12:00 to 18:00" */
} kor_when;

/* Find the first time expression in text (len bytes of UTF-8, any bytes survive) and resolve it
 * against now in zone, reading what is ambiguous as past. out->found is false when there is none.
 */
void kor_when_find(kor_when *out, const char *text, size_t len, int64_t now_ms,
                   const kor_zone *zone);

#endif
