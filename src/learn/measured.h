/* SPDX-License-Identifier: Apache-2.0 */
/* How good a finished model is on the rows of a file, as an app would run it. */
#ifndef KOR_MEASURED_H
#define KOR_MEASURED_H

#include "learn/metrics.h"
#include "learn/pair_metrics.h"

typedef struct kor_measured {
    const char *metric; /* what quality is: "accuracy", "micro_f1", "mrr", ... */
    double quality;
    size_t n; /* rows, or pairs */
    double us_per_item;
    kor_metrics metrics;           /* of heads classify, tags and spans */
    kor_pair_metrics pair_metrics; /* of heads rank and embed */
} kor_measured;

/* Answer the rows of a file and measure. A label that the model does not know counts as a wrong
 * answer. seed: for wrong candidates, where queries have none. Free with kor_measured_free. */
kor_status kor_measure_file(kor_measured *out, const kor_model *model, const char *path,
                            uint64_t seed, const kor_remarks *remarks, kor_error *err);
void kor_measured_free(kor_measured *measured);

#endif
