/* SPDX-License-Identifier: Apache-2.0 */
/* How good answers are. Rows are added one by one; the measures are worked out at the end. */
#ifndef KOR_METRICS_H
#define KOR_METRICS_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { KOR_CALIBRATION_BINS = 15 };

typedef struct kor_class_score {
    size_t support;               /* rows that have the label */
    size_t answered, correct;     /* rows that were given it, and of these those that have it */
    double precision, recall, f1; /* 0 where there is nothing to divide by */
} kor_class_score;

typedef struct kor_bin {
    size_t count, correct;
    double confidence; /* sum */
} kor_bin;

typedef struct kor_metrics {
    bool tags;
    /* Spans: a class's support are the spans that rows have, answered those given, correct those
     * that are the same in place and label. accuracy is the share of rows with all spans right,
     * micro_f1 the F1 of spans, ece that of their scores. */
    bool spans;
    size_t labels, n;
    /* Answer equal to the row's label; of tags, the set of answers to the set of labels. */
    double accuracy, accuracy_low, accuracy_high; /* with its 95 % interval (Wilson 1927) */
    double macro_f1;          /* mean of the labels that a row has or was given */
    double micro_f1;          /* of all decisions together; equal to accuracy in classify */
    double precision, recall; /* of all decisions together */
    double p_at_1, r_at_1;    /* of the most probable label: how often right; share of all labels */
    double ece;               /* expected calibration error of the most probable label */
    double abstained;         /* share of the rows below the threshold */
    double kept_accuracy;     /* accuracy among those that are not */
    double right_or_abstained; /* share of the rows that are right or below the threshold */
    size_t outside;            /* rows out of scope: they count in outside_recall only */
    double outside_recall;     /* share of them that abstained */
    kor_class_score *classes;  /* [labels] */
    uint32_t *confusion;       /* classify: [labels][labels], row: the row's label; else NULL */
    kor_bin bin[KOR_CALIBRATION_BINS];
    size_t right, first_right, all_labels, below, kept_right, outside_below;
} kor_metrics;

/* Free with kor_metrics_free. */
kor_status kor_metrics_new(kor_metrics *out, size_t labels, bool tags, kor_error *err);

/* One row: the probabilities of all labels, the thresholds that they are held against (classify:
 * the first), and the labels it has, ascending; a row out of scope has the one label UINT32_MAX. */
void kor_metrics_add(kor_metrics *m, const float *p, const float *thresholds,
                     const uint32_t *labels, size_t label_count);

/* For kor_metrics_add_spans instead of kor_metrics_add. Free with kor_metrics_free. */
kor_status kor_metrics_new_spans(kor_metrics *out, size_t labels, kor_error *err);

/* A part of a text in any unit, such as bytes, and its label. */
typedef struct kor_metrics_span {
    size_t start, end, label;
    double score; /* of an answer */
} kor_metrics_span;

/* One row: the spans that were found, and those it has; both ascending. */
void kor_metrics_add_spans(kor_metrics *m, const kor_metrics_span *found, size_t count,
                           const kor_metrics_span *has, size_t has_count);

/* Work out what is stated above. */
void kor_metrics_finish(kor_metrics *m);
void kor_metrics_free(kor_metrics *m);

/* The interval of a share of right answers, at 95 % (Wilson 1927). */
void kor_wilson(size_t right, size_t n, double *low, double *high);

#endif
