/* SPDX-License-Identifier: Apache-2.0 */
/* The features of a set of rows: counted, chosen, and each row as the numbers of those it has. */
#ifndef KOR_FEATURES_H
#define KOR_FEATURES_H

#include "learn/dataset.h"
#include "text/ngrams.h"

typedef struct kor_features {
    uint32_t *keys; /* [count] ascending: the features that were kept */
    size_t count;
    size_t found;  /* different ones in the rows */
    uint32_t *ids; /* numbers of features, each once a row; those of row i are
                      ids[first[i]..first[i + 1]) */
    size_t *first; /* [rows + 1] */
    size_t most;   /* of a row */
} kor_features;

/* Read the features of rows[count] (labels below labels) and keep at most max of those that at
 * least least rows have; rows of one group that follow each other are one. Where there are more,
 * those are kept that tell most about the labels: by the G statistic, sum over l of n(f, l)
 * log(n(f, l) / expected) (Dunning 1993). Free with kor_features_free. */
kor_status kor_features_make(kor_features *out, const kor_ngrams *shape, const kor_row *const *rows,
                             size_t count, size_t labels, size_t least, size_t max, kor_error *err);
void kor_features_free(kor_features *features);

#endif
