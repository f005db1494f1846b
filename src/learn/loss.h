/* SPDX-License-Identifier: Apache-2.0 */
/* Losses and their gradients by the logits of one row. */
#ifndef KOR_LOSS_H
#define KOR_LOSS_H

#include <stddef.h>
#include <stdint.h>

/* Cross-entropy of softmax(logit[labels]) with one label, of which smoothing is spread over all
 * (Szegedy et al. 2016). logit becomes the gradient; returns the loss. */
double kor_softmax_loss(float *logit, size_t labels, uint32_t label, float smoothing);

/* The sum over labels of the cross-entropy of sigmoid(logit) with being among label[count]. */
double kor_sigmoid_loss(float *logit, size_t labels, const uint32_t *label, size_t count);

#endif
