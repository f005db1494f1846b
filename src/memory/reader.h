/* SPDX-License-Identifier: Apache-2.0 */
/* What models make of an event: its vector, and what the colony says of it. */
#ifndef KOR_READER_H
#define KOR_READER_H

#include "memory/annotations.h"
#include "memory/mentions.h"
#include "memory/work.h"

/* Of one event; the reader's arena has it. */
typedef struct kor_read {
    int8_t *code; /* [dim] of the vector; NULL without an embedder */
    float scale;
    kor_annotation *list; /* [count] */
    size_t count;
    uint64_t unsure;       /* members of the colony that abstained, 1 << their place */
    uint64_t missed;       /* those that were too slow to be asked, or failed */
    kor_mention *mentions; /* [mention_count] times it speaks of */
    size_t mention_count;
} kor_read;

/* One thread's own. */
typedef struct kor_reader kor_reader;

/* colony may be NULL. Memory and colony outlive the reader. */
kor_status kor_reader_new(kor_reader **out, const kor_memory *memory, const kor_colony *colony,
                          kor_error *err);
void kor_reader_free(kor_reader *reader);

/* work is that of the thread, begun: the stages of reading are added to it. */
kor_status kor_reader_read(kor_reader *reader, const kor_event *event, kor_work *work,
                           kor_read *out, kor_error *err);

/* Forget what was read: it is stored. */
void kor_reader_clear(kor_reader *reader);

/* What is shared by all that stores: the annotator, and the row of the embedder. */
typedef struct kor_read_store {
    kor_memory *memory;
    kor_annotator *annotator; /* NULL without a colony */
    int64_t model;            /* 0 without an embedder */
} kor_read_store;

/* In a write transaction; after one that was taken back, anew. Free with kor_read_store_free, after
 * a failure too. */
kor_status kor_read_store_begin(kor_read_store *out, kor_memory *memory, const kor_colony *colony,
                                kor_error *err);
void kor_read_store_free(kor_read_store *store);

/* Store what was read of an event, in place of what is there. In a write transaction. */
kor_status kor_read_store_put(kor_read_store *store, int64_t event, const kor_read *read,
                              kor_error *err);

/* Add how often each model was asked, abstained and was spared by its condition, the time it took
 * and the bytes it read to the memory's counters, and count from 0 again. In a write transaction.
 */
kor_status kor_reader_count(kor_reader *reader, kor_memory *memory, kor_error *err);

#endif
