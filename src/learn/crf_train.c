/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/crf_train.h"

/* The weight of going from one tag to another. */
static double weight(const kor_crf *crf, size_t from, size_t to)
{
    size_t labels = crf->labels;
    if (to <= labels) return (double)crf->transition[from * (labels + 1) + to];
    return (double)crf->inside[(from > labels) * labels + (to - labels - 1)];
}

static double score(const kor_crf *crf, const float *emissions, const uint8_t *gold, size_t count)
{
    size_t tags = kor_crf_tags(crf->labels);
    double sum = (double)crf->start[gold[0]] + (double)emissions[gold[0]];
    for (size_t i = 1; i < count; i++)
        sum += weight(crf, gold[i - 1], gold[i]) + (double)emissions[i * tags + gold[i]];
    return sum;
}

double kor_crf_loss_at(kor_crf_work *work, const kor_crf *crf, const float *emissions,
                       const uint8_t *gold, size_t count, float temperature)
{
    double all = kor_crf_sum(work, emissions, count, temperature);
    return all - score(crf, emissions, gold, count) / (double)temperature;
}

/* Add what is expected from word i - 1 to word i, and take off what is there. */
static void add_step(const kor_crf_work *w, size_t i, size_t from, size_t gold, kor_crf_gradient *g)
{
    size_t labels = w->labels, tags = kor_crf_tags(labels), to = labels + 1;
    const double *before = w->forward + (i - 1) * tags;
    double *next = w->next;
    for (size_t k = 0; k < tags; k++)
        next[k] = w->emission[i * tags + k] * w->backward[i * tags + k] / w->scale[i];
    for (size_t j = 0; j < tags; j++) {
        const double *row = w->transition + j * to;
        double *sum = g->transition + j * to, x = before[j];
        for (size_t k = 0; k < to; k++) sum[k] += x * row[k] * next[k];
    }
    for (size_t l = 0; l < labels; l++) {
        g->inside[l] += before[1 + l] * w->inside[l] * next[to + l];
        g->inside[labels + l] += before[to + l] * w->inside[labels + l] * next[to + l];
    }
    if (gold < to)
        g->transition[from * to + gold] -= 1;
    else
        g->inside[(from > labels) * labels + (gold - to)] -= 1;
}

double kor_crf_loss(kor_crf_work *work, const kor_crf *crf, const float *emissions,
                    const uint8_t *gold, size_t count, float *by_emission,
                    kor_crf_gradient *gradient)
{
    size_t tags = kor_crf_tags(crf->labels);
    double loss = kor_crf_loss_at(work, crf, emissions, gold, count, 1);
    for (size_t i = 0; by_emission && i < count; i++) {
        float *out = by_emission + i * tags;
        for (size_t k = 0; k < tags; k++)
            out[k] = (float)(work->forward[i * tags + k] * work->backward[i * tags + k]);
        out[gold[i]] -= 1;
    }
    if (!gradient) return loss;
    for (size_t k = 0; k <= crf->labels; k++)
        gradient->start[k] += work->forward[k] * work->backward[k];
    gradient->start[gold[0]] -= 1;
    for (size_t i = 1; i < count; i++) add_step(work, i, gold[i - 1], gold[i], gradient);
    return loss;
}
