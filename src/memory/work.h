/* SPDX-License-Identifier: Apache-2.0 */
/* What it takes to store events: the time of each stage, and the energy of all of them. Measured
 * where the work is done, and added to the memory's counters with the batch. */
#ifndef KOR_WORK_H
#define KOR_WORK_H

#include "memory/memory.h"

typedef enum kor_stage {
    KOR_STAGE_GUARD,  /* exclusions, and secrets cut out */
    KOR_STAGE_TIMES,  /* the times that a text speaks of */
    KOR_STAGE_EMBED,  /* its vector */
    KOR_STAGE_MODELS, /* the colony */
    KOR_STAGE_STORE,  /* what it repeats, and the database */
    KOR_STAGES
} kor_stage;

/* "guard", "times", "embed", "models", "store". */
const char *kor_stage_name(kor_stage stage);

/* Of one thread. Zero-initialise. */
typedef struct kor_work {
    struct {
        int64_t ns;     /* wall time, of this thread */
        int64_t events; /* that were in it */
    } stage[KOR_STAGES];
    int64_t cpu_ns;
    int64_t rapl_uj, rapl_cpu_ns;  /* energy where it was measured, and the cpu_ns it was for */
    int64_t embed_bytes;           /* of the texts of which a vector was made, */
    int64_t tokens, token_bytes;   /* and of those that the encoder read to their end */
    int64_t lap_ns, cpu_before_ns; /* when the lap began, and the clock of the thread then */
} kor_work;

/* From now on the thread works; at the end of a lap, what it did since the last one was this stage,
 * for so many more events; and now it is done. */
void kor_work_begin(kor_work *work);
void kor_work_lap(kor_work *work, kor_stage stage, int64_t events);
void kor_work_end(kor_work *work);

/* Add what another thread did, and let that begin from 0. */
void kor_work_merge(kor_work *work, kor_work *other);

/* Add it to the memory's counters, "stage.guard.us" and so on, and begin from 0. In a write
 * transaction. */
kor_status kor_work_store(kor_work *work, kor_memory *memory, kor_error *err);

#endif
