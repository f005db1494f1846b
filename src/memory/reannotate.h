/* SPDX-License-Identifier: Apache-2.0 */
/* Newer models over old events. */
#ifndef KOR_REANNOTATE_H
#define KOR_REANNOTATE_H

#include "memory/annotations.h"

typedef struct kor_reannotated {
    int64_t waiting; /* events that these models had not read, at the start */
    int64_t done;    /* of these, committed */
    int64_t changed; /* of these, those of which something else is said now */
} kor_reannotated;

/* Read every event that this colony, or the memory's embedder, has not read, on all cores, a batch
 * a transaction: what is committed stays, and the next call goes on from there. Corrections are not
 * touched. progress (may be NULL) is called after each batch; false from it ends the work early. */
kor_status kor_reannotate(kor_memory *memory, const kor_colony *colony,
                          bool (*progress)(void *arg, const kor_reannotated *so_far), void *arg,
                          kor_reannotated *out, kor_error *err);

#endif
