/* SPDX-License-Identifier: Apache-2.0 */
/* How good answers to pairs are: the order of a query's candidates, and whether scores rise
 * together. */
#ifndef KOR_PAIR_METRICS_H
#define KOR_PAIR_METRICS_H

#include "learn/pairs.h"

/* What does not apply to the pairs is NAN. A candidate is right when its score is over 0; among
 * equal answers the wrong candidate comes first, so that a constant is no good answer. */
typedef struct kor_pair_metrics {
    size_t n;              /* pairs */
    size_t queries;        /* whose candidates differ in score: the next five are means over them */
    double mrr;            /* 1 / the place of the first right candidate */
    double ndcg;           /* at 10, with the score as gain (Jarvelin and Kekalainen 2002) */
    double r_at_1, r_at_5; /* share of the right candidates among the first */
    double ordered;        /* share of the pairs of candidates with different scores, in order */
    /* Binary scores: answers on the right side of one half, with the 95 % interval (Wilson). */
    double accuracy, accuracy_low, accuracy_high;
    double ece; /* binary: calibration error of the answer as a probability, 15 bins */
    /* Rank correlation with the scores, and its 95 % interval by Fisher's z with the variance of
     * Fieller, Hartley and Pearson (1957); of pairs that are no candidates. */
    double spearman, spearman_low, spearman_high;
} kor_pair_metrics;

/* answer[pairs->count]; scores of pairs on a scale of their own, probabilities where binary (else
 * accuracy and ece mean nothing). */
kor_status kor_pair_measure(kor_pair_metrics *out, const kor_pairs *pairs, const float *answer,
                            kor_error *err);

/* Spearman's rank correlation of x and y [n], ties sharing the mean of their places; 0 when one of
 * them is constant. */
kor_status kor_spearman(const float *x, const float *y, size_t n, double *out, kor_error *err);

/* The one figure that a model of these pairs is chosen and listed by, and its name: "mrr" of binary
 * candidates, "ndcg" of graded ones, "spearman" of scored pairs, "accuracy" of binary ones. */
double kor_pair_quality(const kor_pair_metrics *metrics, const kor_pairs *pairs, const char **name);

#endif
