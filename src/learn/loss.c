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

/* ---- With a teacher ---- */

/* q log(q / p), from log p. */
static double divergence(float q, float log_p)
{
    return q > 0 ? (double)q * (log((double)q) - (double)log_p) : 0;
}

/* The softmax at two temperatures: 1 against the label, T against q. */
static double taught_softmax(float *logit, const kor_targets *t, uint32_t label, const float *q,
                             float smoothing)
{
    size_t labels = t->labels;
    float max = -INFINITY, spread = smoothing / (float)labels, T = t->temperature, w = t->distill;
    double sum = 0, sum_soft = 0, hard = 0, soft = 0;
    for (size_t j = 0; j < labels; j++) max = fmaxf(max, logit[j]);
    for (size_t j = 0; j < labels; j++) {
        sum += (double)expf(logit[j] - max);
        sum_soft += (double)expf((logit[j] - max) / T);
    }
    float log_sum = (float)log(sum), log_sum_soft = (float)log(sum_soft);
    for (size_t j = 0; j < labels; j++) {
        float log_p = logit[j] - max - log_sum, log_s = (logit[j] - max) / T - log_sum_soft;
        float target = spread + (j == label ? 1 - smoothing : 0);
        hard -= (double)(target * log_p);
        soft += divergence(q[j], log_s);
        logit[j] = (1 - w) * (expf(log_p) - target) + w * T * (expf(log_s) - q[j]);
    }
    return (double)(1 - w) * hard + (double)(w * T * T) * soft;
}

/* log(1 + e^z), without overflow */
static float softplus(float z)
{
    return fmaxf(z, 0) + log1pf(expf(-fabsf(z)));
}

static double taught_sigmoid(float *logit, const kor_targets *t, const uint32_t *label,
                             size_t count, const float *q)
{
    float T = t->temperature, w = t->distill;
    double hard = 0, soft = 0;
    for (size_t j = 0, next = 0; j < t->labels; j++) {
        float z = logit[j], s = z / T, held = next < count && label[next] == j ? 1 : 0;
        next += held > 0;
        hard += (double)(softplus(z) - held * z);
        soft += divergence(q[j], -softplus(-s)) + divergence(1 - q[j], -softplus(s));
        logit[j] = (1 - w) * (1 / (1 + expf(-z)) - held) + w * T * (1 / (1 + expf(-s)) - q[j]);
    }
    return (double)(1 - w) * hard + (double)(w * T * T) * soft;
}

double kor_row_loss(float *logit, const kor_targets *t, size_t row, float smoothing)
{
    const uint32_t *label = t->label + t->first[row];
    size_t count = t->first[row + 1] - t->first[row];
    const float *soft = t->soft ? t->soft[row] : NULL;
    double loss;
    for (size_t j = 0; t->offset && j < t->labels; j++) logit[j] += t->offset[row * t->labels + j];
    if (soft)
        loss = t->tags ? taught_sigmoid(logit, t, label, count, soft)
                       : taught_softmax(logit, t, *label, soft, smoothing);
    else
        loss = t->tags ? kor_sigmoid_loss(logit, t->labels, label, count)
                       : kor_softmax_loss(logit, t->labels, *label, smoothing);
    if (!t->weight) return loss;
    for (size_t j = 0; j < t->labels; j++) logit[j] *= t->weight[row];
    return loss * (double)t->weight[row];
}
