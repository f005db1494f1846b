/* SPDX-License-Identifier: Apache-2.0 */
/* What was done and what was spared, counted for as long as the memory lives: "cut.token",
 * "model.kind.asked". They tell nothing of any event. */
#ifndef KOR_COUNTERS_H
#define KOR_COUNTERS_H

#include "memory/memory.h"

/* Add to a counter; 0 does nothing. */
kor_status kor_counters_add(kor_memory *memory, const char *name, int64_t delta, kor_error *err);

typedef struct kor_counter {
    const char *name;
    int64_t value;
} kor_counter;

/* All whose names begin with prefix, in their order; copied into arena. */
kor_status kor_counters_list(kor_memory *memory, const char *prefix, kor_arena *arena,
                             kor_counter **out, size_t *count, kor_error *err);

#endif
