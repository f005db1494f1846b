/* SPDX-License-Identifier: Apache-2.0 */
/* What rows should give, and the loss of one row with its gradient by the logits. */
#ifndef KOR_LOSS_H
#define KOR_LOSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Row i has the labels label[first[i]..first[i + 1] - 1]. The last five may be 0: then all rows
 * weigh 1, and their labels are all they should give. teach.h makes them from rows. */
typedef struct kor_targets {
    size_t rows, labels;
    const uint32_t *first; /* [rows + 1] */
    const uint32_t *label;
    bool tags;                /* any number a row, each by itself; else exactly one */
    const float *weight;      /* [rows] what the loss of a row is multiplied by */
    const float *const *soft; /* [rows][labels] what a teacher says at that temperature; NULL for a
                                 row that it says nothing of */
    float distill;            /* share of the loss that is the distance to soft, 0 to 1 */
    float temperature;
    const float *offset; /* [rows][labels] is added to the logits before anything; NULL: nothing */
} kor_targets;

/* The loss of a row. logit[labels] becomes the gradient by it. With h the loss by its labels
 * (below), and q what the teacher says of it (Hinton et al. 2015):
 *
 *     weight * ((1 - distill) * h + distill * temperature^2 * KL(q || student at temperature)) */
double kor_row_loss(float *logit, const kor_targets *targets, size_t row, float smoothing);

/* Cross-entropy of softmax(logit[labels]) with one label, of which smoothing is spread over all
 * (Szegedy et al. 2016). logit becomes the gradient; returns the loss. */
double kor_softmax_loss(float *logit, size_t labels, uint32_t label, float smoothing);

/* The sum over labels of the cross-entropy of sigmoid(logit) with being among label[count]. */
double kor_sigmoid_loss(float *logit, size_t labels, const uint32_t *label, size_t count);

#endif
