/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar: a rebuildable copy of the vectors that a query reads without SQLite.
 *
 * The truth is the table vectors. The file vectors-CHECKSUM.kvec beside the memory holds the same
 * int8 codes of one model, in order of event id, in blocks of KOR_VECTORS_BLOCK rows: first their
 * heads, then their sketches (the sign of each component), then their codes, so that a filter by
 * time and scope reads heads alone, and a comparison with all reads an eighth of the codes' bytes.
 * It only grows; its header says how many rows are whole, and is written after them. When something
 * other than growth happened to the truth (the generation in meta differs), or when a byte is not
 * as it should be, a new file replaces it, unless the reader's state is older than what there is
 * by now. What cannot be written is kept in memory instead.
 *
 * A scan reads the file block by block through a small buffer, which keeps 60 MB per 100,000 events
 * out of every process (docs/adr/0006, 0010). */
#ifndef KOR_VECTORS_H
#define KOR_VECTORS_H

#include "base/file.h"
#include "memory/filter.h"

enum {
    KOR_VECTORS_BLOCK = 512,
    KOR_VECTORS_NEAR = 100,
    KOR_VECTORS_CHOSEN = 256,
    KOR_VECTORS_MAX_DIM = 65536
};

typedef struct kor_vectors_head {
    int64_t id, time_ms; /* of the event */
    int32_t scope;
    float scale;  /* component = scale * code */
    float sketch; /* cosine = about sketch * sum of (the sketch's signs * the query) */
    uint32_t unused;
} kor_vectors_head;

/* Zero-initialise to start. */
typedef struct kor_vectors {
    size_t dim;
    bool ready;
    int64_t generation, seen; /* of the truth: what it was, and the last event looked at */
    bool open;
    int fd;              /* the file, when open */
    size_t filed;        /* rows in the file */
    unsigned char *tail; /* blocks of what the file lacks */
    size_t tailed;       /* rows in the tail */
} kor_vectors;

/* Bring memory->vectors up to date with the truth, on disk where that can be written. */
kor_status kor_vectors_update(kor_memory *memory, kor_error *err);

/* Throw the file away and make it anew. */
kor_status kor_vectors_rebuild(kor_memory *memory, kor_error *err);

void kor_vectors_close(kor_vectors *vectors);

typedef struct kor_near {
    int64_t id, time_ms;
    float cosine;
    float scale;
} kor_near;

typedef struct kor_scan {
    size_t passed;          /* rows that passed the filter */
    double mean, deviation; /* of their cosines with the query, from a sample where they are many */
    size_t count;
    kor_near near[KOR_VECTORS_NEAR]; /* the nearest, best first; of equal vectors the latest */
} kor_scan;

/* Compare a query (dim floats of length 1) with every row that passes the filter: by its sketch
 * first, and by its codes if it is one of the KOR_VECTORS_CHOSEN that then look nearest. All
 * cosines given are of codes. wanted (count, in ascending order of id) are events whose cosine is
 * asked for in any case: it is filled in where they have a vector and pass. A file that turns out
 * to be damaged is made anew. Needs a read transaction and vectors that are up to date. */
kor_status kor_vectors_scan(kor_memory *memory, const float *query, const kor_filter *filter,
                            kor_near *wanted, size_t count, kor_scan *out, kor_error *err);

#endif
