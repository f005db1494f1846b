/* SPDX-License-Identifier: Apache-2.0 */
/* Rows to learn from: JSON lines {"text", "label"} or {"text", "labels": [...]}, with "soft":
 * {label: probability} where a teacher was asked; or with spans (see span_rows.h). Those with the
 * same "group", a string, are parts of one text. */
#ifndef KOR_DATASET_H
#define KOR_DATASET_H

#include "base/arena.h"
#include "base/status.h"
#include "learn/rows.h"

#include <stdbool.h>

#include <stdint.h>

typedef struct kor_row {
    const char *text; /* NUL-terminated, may hold NUL bytes */
    size_t len;
    size_t line;            /* in its file; the first is 1 */
    const uint32_t *labels; /* [label_count], ascending and unique; into kor_labels */
    size_t label_count;     /* 1 for classify */
    uint64_t group;         /* rows of one are parts of the same text; 0: of none */
    const float *soft;      /* [labels] what a teacher gives each; NULL: nothing is known */
} kor_row;

/* The names of the labels, in the order in which they were first seen until they are sorted. */
typedef struct kor_labels {
    const char **name;
    size_t count, cap;
    uint32_t *slot; /* open addressing: number of a label + 1, 0 for none */
    size_t slots;
    kor_arena arena;
} kor_labels;

/* The number of a label, or SIZE_MAX when it is not there. */
size_t kor_labels_find(const kor_labels *labels, const char *name, size_t len);
/* The same, but one that is not there is added. */
kor_status kor_labels_add(kor_labels *labels, const char *name, size_t len, size_t *out,
                          kor_error *err);
void kor_labels_free(kor_labels *labels);

/* A labelled part of a text: bytes start..end - 1. */
typedef struct kor_row_span {
    size_t start, end;
    uint32_t label;
} kor_row_span;

typedef struct kor_row_spans {
    kor_row_span *span; /* [count] ascending, apart from each other */
    size_t count;
} kor_row_spans;

typedef struct kor_dataset {
    kor_row *rows;
    kor_row_spans *spans; /* [count] of each row, where they were asked for; else NULL */
    size_t widened;       /* spans with a border inside a word, which moved to the word's */
    size_t count, cap;
    size_t bad;    /* rows that were reported and left out */
    bool grouped;  /* some rows have a group */
    uint64_t hash; /* kor_hash64 of the file */
    size_t wide;   /* numbers of each row's soft: the labels that were known once it was read */
    kor_arena arena;
} kor_dataset;

typedef struct kor_dataset_options {
    bool tags;           /* any number of labels a row, 0 too; else exactly one */
    bool spans;          /* rows with spans; a row's labels are those of its spans */
    bool closed;         /* a label that is not in labels is a bad row; else it is added */
    const char *besides; /* with closed: a label that is known all the same, as UINT32_MAX; or NULL
                          */
    kor_remarks remarks;
} kor_dataset_options;

/* Read a file of rows. A bad row is told to remarks with its line (the first 20 one by one) and
 * left out; a file without a good row is KOR_E_INPUT. Free with kor_dataset_free. */
kor_status kor_dataset_read(kor_dataset *out, const char *path, kor_labels *labels,
                            const kor_dataset_options *options, kor_error *err);
void kor_dataset_free(kor_dataset *data);

/* Put labels into the order of their names, and renumber those of the rows. */
kor_status kor_labels_sort(kor_labels *labels, kor_dataset *const *sets, size_t count,
                           kor_error *err);

#endif
