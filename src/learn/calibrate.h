/* SPDX-License-Identifier: Apache-2.0 */
/* After training, on rows that were not learnt from: a temperature that makes probabilities honest
 * (Guo et al. 2017), and thresholds. */
#ifndef KOR_CALIBRATE_H
#define KOR_CALIBRATE_H

#include "learn/dataset.h"

/* The answers to a set of rows: logits[count][labels], made into probabilities by
 * kor_scores_apply. */
typedef struct kor_scores {
    float *values; /* [count][labels] */
    const kor_row *const *rows;
    size_t count, labels;
    bool tags;
} kor_scores;

/* The temperature with the least mean loss on rows in scope, between 0.05 and 20, and for tags that
 * of logits over 0 by itself (else the same); 1 when there are no rows. values are logits. */
void kor_calibrate_temperature(const kor_scores *scores, float *temperature, float *over);

/* The mean loss on rows in scope at that temperature. values are logits. */
double kor_calibrate_loss(const kor_scores *scores);

/* classify: what is to be added to the logits of a label, at least 0, so that keep of the rows that
 * have it are given it. values are logits. */
kor_status kor_calibrate_keep(const kor_scores *scores, size_t label, double keep, float *out,
                              kor_error *err);

/* From here on values are probabilities. */

/* classify: the highest threshold below which at most 1 - keep of the right answers lie. 0 when
 * there is no right answer. */
kor_status kor_calibrate_abstain(const kor_scores *scores, double keep, float *out, kor_error *err);

/* tags: the threshold of each label with the best F1. A label with few rows leans on all labels
 * together: each counts as if it had ten rows more that behave like them. */
kor_status kor_calibrate_tags(const kor_scores *scores, float *thresholds, kor_error *err);

#endif
