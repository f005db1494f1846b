/* SPDX-License-Identifier: Apache-2.0 */
/* What an event is connected with, and why: others that name the same, and those near in meaning.
 */
#ifndef KOR_RELATED_H
#define KOR_RELATED_H

#include "memory/memory.h"

typedef struct kor_related {
    kor_event event;
    double score;       /* what they are sorted by: 0 to 1 */
    double cosine;      /* of the two texts; 0 when one has no vector or they are not near */
    const char *shared; /* what both name, with commas: "person ines, url korora.example"; or "" */
} kor_related;

/* At most limit of them (1 to 100), best first, of the event's own scope, copied into arena.
 * KOR_E_NOT_FOUND when there is no such event. */
kor_status kor_related_find(kor_memory *memory, int64_t id, size_t limit, kor_arena *arena,
                            kor_related **out, size_t *count, kor_error *err);

#endif
