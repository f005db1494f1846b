/* SPDX-License-Identifier: Apache-2.0 */
/* What a reader of a memory may see. It is kept below everything that reads, so that nothing that
 * is asked can forget it: what a limit leaves out is as if it were not there, in counts too. */
#ifndef KOR_LIMIT_H
#define KOR_LIMIT_H

#include "memory/redact.h"

/* All of it must hold of an event. Lists have commas between their names; NULL: any. */
typedef struct kor_limit {
    const char *scope;    /* NULL: the user's own */
    int64_t from_ms;      /* when it happened, or later; INT64_MIN: any time */
    const char *sources;  /* a source with a comma in its name is never in the list */
    const char *kinds;    /* what the colony, or the user, says of its kind */
    const char *redacted; /* names of these types are cut out of it: see redact.h; NULL: none */
} kor_limit;

/* From now on the memory shows what the limit leaves of it at this moment; what is stored later is
 * not seen before the next call. NULL: all of it again. After a failure nothing is seen. Writing is
 * not limited. */
kor_status kor_memory_limit(kor_memory *memory, const kor_limit *limit, kor_error *err);

/* ---- For the files of this folder ---- */

/* What is seen. Zero-initialise. */
typedef struct kor_sight {
    bool limited;       /* false: all, and what follows is of the last time that it was not */
    const int64_t *ids; /* [count] ascending */
    size_t count;
    kor_redactor *redactor; /* NULL: nothing is redacted */
    bool counted;
    int64_t words; /* of these events, once counted */
    kor_str key;   /* the limit and the commit that this is of */
    kor_arena arena;
} kor_sight;

/* What is cut out of what is seen; NULL: nothing. */
const kor_redactor *kor_memory_redactor(const kor_memory *memory);

void kor_sight_free(kor_sight *sight);

/* Give SQL the functions kor_sees(event): is it seen? and kor_redacts(): is something cut out of
 * what is seen? */
kor_status kor_limit_register(kor_memory *memory, kor_error *err);

/* Count what is seen into memory->events and memory->words. Needs a read transaction. */
kor_status kor_limit_count(kor_memory *memory, kor_error *err);

/* The first and the last time of what is seen; 0 when that is nothing. Likewise. */
kor_status kor_limit_times(kor_memory *memory, int64_t *first_ms, int64_t *last_ms, kor_error *err);

#endif
