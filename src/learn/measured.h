/* SPDX-License-Identifier: Apache-2.0 */
/* How good a finished model is on the rows of a file, as an app would run it. */
#ifndef KOR_MEASURED_H
#define KOR_MEASURED_H

#include "learn/dataset.h"
#include "learn/metrics.h"
#include "learn/pair_metrics.h"

typedef struct kor_measured {
    const char *metric; /* what quality is: "accuracy", "micro_f1", "mrr", ... */
    double quality;
    size_t n; /* rows, or pairs */
    double us_per_item;
    kor_metrics metrics;           /* of heads classify, tags and spans */
    kor_pair_metrics pair_metrics; /* of heads rank and embed */
    kor_labels labels;             /* the model's, then those that only the rows have */
    kor_dataset data;              /* the rows; not of pairs */
    size_t made_up;                /* pairs that are no rows: wrong candidates at random */
} kor_measured;

typedef struct kor_measure_options {
    uint64_t seed; /* for wrong candidates, where queries have none */
    kor_remarks remarks;
    bool own_labels; /* of spans: answers with a label that no row has are not counted */
    void (*progress)(void *arg, double fraction, size_t done); /* may be NULL */
    void *arg;                                                 /* of progress */
} kor_measure_options;

/* Answer the rows of a file and measure. A label that the model does not know counts as a wrong
 * answer. Free with kor_measured_free. */
kor_status kor_measure_file(kor_measured *out, const kor_model *model, const char *path,
                            const kor_measure_options *options, kor_error *err);
void kor_measured_free(kor_measured *measured);

#endif
