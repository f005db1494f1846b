/* SPDX-License-Identifier: Apache-2.0 */
/* Events that repeat others, nearly word for word (text/simhash.h). */
#ifndef KOR_LIKENESS_H
#define KOR_LIKENESS_H

#include "memory/memory.h"

enum { KOR_LIKENESS_WINDOW = 512 }; /* events before it that one is compared with */

/* The last events that were stored. Zero-initialise. */
typedef struct kor_likeness {
    bool loaded;
    size_t count, next;
    uint64_t hash[KOR_LIKENESS_WINDOW];
    int64_t event[KOR_LIKENESS_WINDOW]; /* or the one that it repeats */
    int64_t scope[KOR_LIKENESS_WINDOW];
} kor_likeness;

/* Store what an event is like (kor_simhash of its text), and which of the last events of its scope
 * it repeats, if any. In a write transaction; after one that was taken back, with a new window. */
kor_status kor_likeness_store(kor_likeness *window, kor_memory *memory, int64_t event,
                              int64_t scope, uint64_t hash, kor_error *err);

/* The event that this one repeats; itself when it repeats none. */
kor_status kor_likeness_of(kor_memory *memory, int64_t event, int64_t *out, kor_error *err);

#endif
