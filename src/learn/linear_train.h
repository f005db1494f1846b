/* SPDX-License-Identifier: Apache-2.0 */
/* Training one linear layer on features that stay as they are: softmax regression for one label a
 * row, logistic regression for each label by itself, with AdamW (Loshchilov and Hutter 2019). */
#ifndef KOR_LINEAR_TRAIN_H
#define KOR_LINEAR_TRAIN_H

#include "base/status.h"
#include "learn/teach.h"

typedef struct kor_linear_recipe {
    size_t epochs, batch;
    float rate;  /* the highest; it rises over the first twentieth, then falls to 0 as a cosine */
    float decay; /* of the weights, decoupled */
    float smoothing; /* share of the target that is spread over all labels; not for tags */
    float dropout;   /* share of the features that are 0 in a step */
    uint64_t seed;
    kor_teaching teaching; /* for those who make the targets of rows */
} kor_linear_recipe;

/* Learn weight[in][labels] and bias[labels], from 0, so that x[rows][in] weight + bias are logits.
 * Features should have a mean of about 0 and like sizes. The same seed gives the same bytes. *loss
 * (may be NULL) is the mean over the last epoch. KOR_E_INPUT when it is no longer a number. */
kor_status kor_linear_train(float *weight, float *bias, const float *x, size_t in,
                            const kor_targets *targets, const kor_linear_recipe *recipe,
                            double *loss, kor_error *err);

#endif
