/* SPDX-License-Identifier: Apache-2.0 */
/* The gradient of a chain (model/crf.h): what is expected less what is there. */
#ifndef KOR_CRF_TRAIN_H
#define KOR_CRF_TRAIN_H

#include "model/crf.h"

/* Sums of gradients by the weights, laid out like those. */
typedef struct kor_crf_gradient {
    double *start;      /* [labels + 1] */
    double *transition; /* [tags][labels + 1] */
    double *inside;     /* [2][labels] */
} kor_crf_gradient;

/* The loss -log p(gold) of count words, at least 1, at temperature 1; gold is a legal chain. work
 * has been given crf by kor_crf_weigh. by_emission[count][tags] (may be NULL) becomes the gradient
 * by the emissions; that by the weights is added to gradient (may be NULL). */
double kor_crf_loss(kor_crf_work *work, const kor_crf *crf, const float *emissions,
                    const uint8_t *gold, size_t count, float *by_emission,
                    kor_crf_gradient *gradient);

/* -log p(gold) at a temperature, for which work was weighed. */
double kor_crf_loss_at(kor_crf_work *work, const kor_crf *crf, const float *emissions,
                       const uint8_t *gold, size_t count, float temperature);

#endif
