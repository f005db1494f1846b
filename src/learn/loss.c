/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/loss.h"

#include <math.h>

double kor_softmax_loss(float *logit, size_t labels, uint32_t label, float smoothing)
{
    float max = -INFINITY, spread = smoothing / (float)labels;
    double sum = 0, loss = 0;
    for (size_t j = 0; j < labels; j++) max = fmaxf(max, logit[j]);
    for (size_t j = 0; j < labels; j++) sum += (double)expf(logit[j] - max);
    float log_sum = (float)log(sum);
    for (size_t j = 0; j < labels; j++) {
        float log_p = logit[j] - max - log_sum, target = spread + (j == label ? 1 - smoothing : 0);
        loss -= (double)(target * log_p);
        logit[j] = expf(log_p) - target;
    }
    return loss;
}

double kor_sigmoid_loss(float *logit, size_t labels, const uint32_t *label, size_t count)
{
    double loss = 0;
    for (size_t i = 0; i < count; i++) loss -= (double)logit[label[i]];
    for (size_t j = 0; j < labels; j++) {
        float z = logit[j];
        loss += (double)(fmaxf(z, 0) + log1pf(expf(-fabsf(z))));
        logit[j] = 1 / (1 + expf(-z));
    }
    for (size_t i = 0; i < count; i++) logit[label[i]] -= 1;
    return loss;
}
