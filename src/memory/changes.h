/* SPDX-License-Identifier: Apache-2.0 */
/* What happened to a memory, whoever did it: this process or another. */
#ifndef KOR_CHANGES_H
#define KOR_CHANGES_H

#include "memory/memory.h"

/* Two numbers that only grow, of the memory's life. */
typedef struct kor_changes {
    int64_t last;    /* the id that was given last, of an event that may be forgotten by now */
    int64_t changed; /* how often something stored was corrected, annotated anew or forgotten */
} kor_changes;

/* To be called by what changes something, in its transaction. */
kor_status kor_changes_count(kor_memory *memory, kor_error *err);

/* Read both. *settled: nobody was writing, so that all that was written before the call is in them;
 * else somebody is at it, and they are to be read again. The memory must be open to write, for the
 * lock of writers is tried, and given back at once. Never waits. */
kor_status kor_changes_read(kor_memory *memory, kor_changes *out, bool *settled, kor_error *err);

/* A descriptor of inotify that becomes readable when any process writes to the memory's log, which
 * is before what it wrote can be read; the caller closes it. memory must stay open meanwhile. */
kor_status kor_changes_watch(kor_memory *memory, int *out, kor_error *err);

#endif
