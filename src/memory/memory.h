/* SPDX-License-Identifier: Apache-2.0 */
/* The memory: one SQLite file of events, with a full-text index and a vector for each event. */
#ifndef KOR_MEMORY_H
#define KOR_MEMORY_H

#include "base/arena.h"
#include "base/zone.h"
#include "memory/event.h"
#include "time/when.h"

#include <stdbool.h>

/* One open memory, used by one thread at a time; processes may share the file. */
typedef struct kor_memory kor_memory;

typedef enum kor_memory_mode {
    KOR_MEMORY_READ,  /* must exist; nothing in it is changed */
    KOR_MEMORY_WRITE, /* made when missing (the folder 0700, the file 0600), migrated when old */
} kor_memory_mode;

/* Open HOME/memory.db. embedder (may be NULL: then nothing is embedded and recall is lexical) must
 * outlive the memory; its checksum is kept with each vector, and only vectors of the same model are
 * compared. Errors name the file and say what to do: KOR_E_NOT_FOUND (no memory yet), KOR_E_DAMAGED
 * (not a memory, or damaged), KOR_E_UNSUPPORTED (a newer schema), KOR_E_IO (read-only, full disk),
 * KOR_E_BUSY (another process kept the write lock for too long). */
kor_status kor_memory_open(kor_memory **out, const char *home, kor_memory_mode mode,
                           const kor_model *embedder, kor_error *err);
void kor_memory_close(kor_memory *memory);

/* Give back the memory that is kept only to be fast, for whoever waits: pages that were read, and
 * the encoder's scratch. The next question takes it again. */
void kor_memory_rest(kor_memory *memory);

typedef struct kor_memory_stats {
    int64_t events, vectors; /* vectors of the open embedder */
    int64_t repeats;         /* events that say nearly what another one does */
    int64_t first_ms, last_ms;
    int64_t last_id; /* that was given; of an event that may be forgotten by now */
    int64_t text_bytes;
    int64_t file_bytes;
    int32_t schema;
} kor_memory_stats;
kor_status kor_memory_get_stats(kor_memory *memory, kor_memory_stats *out, kor_error *err);

/* What questions took since they were last taken, over one open memory: nothing of it is stored,
 * since asking writes nothing. Times in microseconds. */
typedef struct kor_recall_totals {
    int64_t questions;
    int64_t embed_us, words_us, vectors_us; /* of */
    int64_t us;
} kor_recall_totals;
void kor_memory_take_recalls(kor_memory *memory, kor_recall_totals *out);

/* SQLite's own integrity check, and that index, vectors and events agree. KOR_E_DAMAGED when not.
 * The sidecar of the vectors is made anew. */
kor_status kor_memory_check(kor_memory *memory, kor_error *err);

/* One event by id, copied into arena. KOR_E_NOT_FOUND when there is none. */
kor_status kor_memory_get(kor_memory *memory, int64_t id, kor_arena *arena, kor_event *out,
                          kor_error *err);

/* The newest ids of a scope (NULL: the user's own) whose decimal digits begin with prefix, newest
 * first; at most limit. */
kor_status kor_memory_newest(kor_memory *memory, const char *scope, const char *prefix,
                             size_t limit, int64_t *ids, size_t *count, kor_error *err);

/* Visit events of all scopes with from_ms <= time < to_ms in order of time; the event is borrowed
 * for the call. A failure of visit ends it and is handed on. */
kor_status kor_memory_each(kor_memory *memory, int64_t from_ms, int64_t to_ms,
                           kor_status (*visit)(void *arg, const kor_event *event, kor_error *err),
                           void *arg, kor_error *err);

/* Visit the events after an id, of all scopes, in the order of their ids, until visit says false;
 * the event is borrowed for the call. */
kor_status kor_memory_each_after(kor_memory *memory, int64_t after,
                                 bool (*visit)(void *arg, const kor_event *event), void *arg,
                                 kor_error *err);

#endif
