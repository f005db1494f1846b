/* SPDX-License-Identifier: Apache-2.0 */
/* What the user says a model should have answered about an event. A correction goes with its event:
 * forgetting the one forgets the other. */
#ifndef KOR_CORRECTIONS_H
#define KOR_CORRECTIONS_H

#include "memory/memory.h"

typedef struct kor_correction {
    int64_t event;
    const char *field; /* the name of the model */
    const char *label;
    bool on;         /* the event has the label; else it has not */
    bool alone;      /* when storing: it takes the place of all of the field before it */
    int64_t time_ms; /* when it was made; storing sets it */
} kor_correction;

/* Store corrections of one event, all or none: of each label the last one counts. KOR_E_NOT_FOUND
 * when there is no such event. */
kor_status kor_corrections_add(kor_memory *memory, int64_t event, const kor_correction *corrections,
                               size_t count, kor_error *err);

/* Take back all corrections of an event; *count is how many there were. */
kor_status kor_corrections_undo(kor_memory *memory, int64_t event, int64_t *count, kor_error *err);

/* The corrections of an event (0: of all) and of a field (NULL: of all), in the order of events,
 * fields and labels; copied into arena. */
kor_status kor_corrections_list(kor_memory *memory, int64_t event, const char *field,
                                kor_arena *arena, kor_correction **out, size_t *count,
                                kor_error *err);

/* Up to limit of the events last stored that have no correction of a field; copied into arena.
 * Long texts make it fewer. */
kor_status kor_corrections_others(kor_memory *memory, const char *field, size_t limit,
                                  kor_arena *arena, kor_event **out, size_t *count, kor_error *err);

#endif
