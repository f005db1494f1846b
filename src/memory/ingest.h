/* SPDX-License-Identifier: Apache-2.0 */
/* Events in: collected into batches, guarded, embedded and read by the colony on all cores, stored
 * a batch a transaction. */
#ifndef KOR_INGEST_H
#define KOR_INGEST_H

#include "colony/guard.h"
#include "memory/memory.h"

typedef struct kor_ingest kor_ingest;

typedef struct kor_ingest_stats {
    int64_t added;                       /* new, and committed: survives a crash */
    int64_t known;                       /* already there (same scope, source and ref) */
    int64_t empty;                       /* had no text and no title; not stored */
    int64_t text_bytes;                  /* of the added */
    int64_t last_id;                     /* of the last added event; 0 for none */
    kor_guard_counts guard;              /* what was cut, and what was not stored */
    double embed_seconds, store_seconds; /* wall time; of the colony with the embedding */
} kor_ingest_stats;

/* workers: threads to embed on; 0 for one per core. */
kor_status kor_ingest_begin(kor_ingest **out, kor_memory *memory, size_t workers, kor_error *err);

/* From now on each event passes the guard before anything else, and the colony says what it is.
 * Both outlive the ingest, and may be NULL. To be called before the first event. */
void kor_ingest_use(kor_ingest *ingest, const kor_guard *guard, const kor_colony *colony);

/* Copies the event. Text that is not UTF-8 is stored with U+FFFD in place of what is wrong, NUL
 * bytes too; text beyond KOR_EVENT_TEXT_MAX bytes is cut at a character. Commits whenever a batch
 * is full or a second has passed since the last commit. */
kor_status kor_ingest_add(kor_ingest *ingest, const kor_event *event, kor_error *err);

enum { KOR_EVENT_TEXT_MAX = 1 << 20 };

/* Commit what is left, and free. stats (may be NULL) is filled on failure too: what it calls added
 * is committed. */
kor_status kor_ingest_end(kor_ingest *ingest, kor_ingest_stats *stats, kor_error *err);

/* What has been committed so far. */
void kor_ingest_get_stats(const kor_ingest *ingest, kor_ingest_stats *out);

#endif
