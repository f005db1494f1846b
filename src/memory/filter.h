/* SPDX-License-Identifier: Apache-2.0 */
/* Which events a question is about: a scope, a range of time and what must hold of them, before
 * anything is searched. */
#ifndef KOR_FILTER_H
#define KOR_FILTER_H

#include "memory/annotations.h"

enum { KOR_FILTER_SPANS = 64 };

typedef struct kor_filter {
    int64_t scope;          /* its row; 0 when there is no such scope */
    int64_t from_ms, to_ms; /* half-open */
    int64_t in_scope, in_range;
    /* Event ids that hold all that pass (and may hold others), ascending and apart. A search of the
     * index by words skips what lies between. */
    size_t span_count;
    struct {
        int64_t first, last;
    } spans[KOR_FILTER_SPANS];
    int64_t width; /* ids in the spans */
    /* Where annotations are asked for, or not all is seen: the events that pass, ascending; else
     * NULL. */
    const int64_t *only;
    size_t only_count;
} kor_filter;

/* May the event pass, as far as annotations and what is seen go? */
bool kor_filter_has(const kor_filter *filter, int64_t event);

/* Fill all of filter from a scope (NULL is the user's own), a range and what is wanted besides
 * (count may be 0). What it holds is in arena. Needs a read transaction. */
kor_status kor_filter_make(kor_filter *out, kor_memory *memory, const char *scope, bool ranged,
                           int64_t from_ms, int64_t to_ms, const kor_wanted *wanted, size_t count,
                           kor_arena *arena, kor_error *err);

#endif
