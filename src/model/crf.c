/* SPDX-License-Identifier: Apache-2.0 */
#include "model/crf.h"

#include <math.h>
#include <string.h>

/* ---- Memory ---- */

static void *take(uintptr_t *at, size_t bytes)
{
    uintptr_t p = *at;
    *at = p + (bytes + 63) / 64 * 64;
    return (void *)p;
}

/* Lay the work out from base and return its end: from 0 to measure, from real memory to use. */
static uintptr_t lay_out(kor_crf_work *w, uintptr_t base)
{
    size_t tags = kor_crf_tags(w->labels), to = w->labels + 1;
    uintptr_t at = base;
    w->start = take(&at, to * sizeof(double));
    w->transition = take(&at, tags * to * sizeof(double));
    w->turned = take(&at, tags * to * sizeof(double));
    w->inside = take(&at, 2 * w->labels * sizeof(double));
    w->emission = take(&at, w->words * tags * sizeof(double));
    w->forward = take(&at, w->words * tags * sizeof(double));
    w->backward = take(&at, w->words * tags * sizeof(double));
    w->scale = take(&at, w->words * sizeof(double));
    w->next = take(&at, tags * sizeof(double));
    w->best = take(&at, 2 * tags * sizeof(float));
    w->from = take(&at, w->words * tags);
    return at;
}

size_t kor_crf_scratch(size_t labels, size_t words)
{
    kor_crf_work w = {.labels = labels, .words = words};
    return (size_t)lay_out(&w, 0);
}

void kor_crf_lay_out(kor_crf_work *out, size_t labels, size_t words, void *memory)
{
    *out = (kor_crf_work){.labels = labels, .words = words};
    (void)lay_out(out, (uintptr_t)memory);
}

/* ---- Sums over chains ---- */

static double weigh(float x, double inverse)
{
    return exp(fmax(-KOR_CRF_RANGE, fmin(KOR_CRF_RANGE, (double)x * inverse)));
}

void kor_crf_weigh(kor_crf_work *work, const kor_crf *crf, float temperature)
{
    size_t labels = crf->labels, tags = kor_crf_tags(labels), to = labels + 1;
    double inverse = 1 / (double)temperature;
    for (size_t k = 0; k < to; k++) work->start[k] = weigh(crf->start[k], inverse);
    for (size_t j = 0; j < tags; j++) {
        for (size_t k = 0; k < to; k++) {
            double e = weigh(crf->transition[j * to + k], inverse);
            work->transition[j * to + k] = e;
            work->turned[k * tags + j] = e;
        }
    }
    for (size_t i = 0; i < 2 * labels; i++) work->inside[i] = weigh(crf->inside[i], inverse);
}

/* A word's emissions as factors; returns the logarithm of what they were divided by. */
static double weigh_word(double *out, const float *emission, size_t tags, double inverse)
{
    float top = emission[0];
    for (size_t k = 1; k < tags; k++) top = emission[k] > top ? emission[k] : top;
    for (size_t k = 0; k < tags; k++)
        out[k] = exp(fmax(-KOR_CRF_RANGE, ((double)emission[k] - (double)top) * inverse));
    return (double)top * inverse;
}

/* From the word before to this one, and divided by the sum, which is returned. */
static double step_forward(const kor_crf_work *w, const double *before, const double *emission,
                           double *out)
{
    size_t labels = w->labels, tags = kor_crf_tags(labels), to = labels + 1;
    for (size_t k = 0; k < to; k++) out[k] = 0;
    for (size_t j = 0; j < tags; j++) {
        const double *row = w->transition + j * to;
        double x = before[j];
        for (size_t k = 0; k < to; k++) out[k] += x * row[k];
    }
    for (size_t l = 0; l < labels; l++) {
        out[to + l] = before[1 + l] * w->inside[l] + before[to + l] * w->inside[labels + l];
    }
    double sum = 0;
    for (size_t k = 0; k < tags; k++) sum += out[k] *= emission[k];
    for (size_t k = 0; k < tags; k++) out[k] /= sum;
    return sum;
}

/* out = backward of a word from that of the one after it. */
static void step_backward(const kor_crf_work *w, const double *after, const double *emission,
                          double scale, double *out)
{
    size_t labels = w->labels, tags = kor_crf_tags(labels), to = labels + 1;
    double *next = w->next;
    for (size_t k = 0; k < tags; k++) next[k] = after[k] * emission[k] / scale;
    for (size_t j = 0; j < tags; j++) out[j] = 0;
    for (size_t k = 0; k < to; k++) {
        const double *row = w->turned + k * tags;
        for (size_t j = 0; j < tags; j++) out[j] += row[j] * next[k];
    }
    for (size_t l = 0; l < labels; l++) {
        out[1 + l] += w->inside[l] * next[to + l];
        out[to + l] += w->inside[labels + l] * next[to + l];
    }
}

double kor_crf_sum(kor_crf_work *w, const float *emissions, size_t count, float temperature)
{
    size_t tags = kor_crf_tags(w->labels), to = w->labels + 1;
    double inverse = 1 / (double)temperature, total = 0;
    for (size_t i = 0; i < count; i++)
        total += weigh_word(w->emission + i * tags, emissions + i * tags, tags, inverse);
    memset(w->forward, 0, tags * sizeof(double));
    double sum = 0;
    for (size_t k = 0; k < to; k++) sum += w->forward[k] = w->start[k] * w->emission[k];
    for (size_t k = 0; k < to; k++) w->forward[k] /= sum;
    w->scale[0] = sum;
    for (size_t i = 1; i < count; i++) {
        w->scale[i] = step_forward(w, w->forward + (i - 1) * tags, w->emission + i * tags,
                                   w->forward + i * tags);
    }
    for (size_t i = 0; i < count; i++) total += log(w->scale[i]);
    double *last = w->backward + (count - 1) * tags;
    for (size_t k = 0; k < tags; k++) last[k] = 1;
    for (size_t i = count - 1; i > 0; i--) {
        step_backward(w, w->backward + i * tags, w->emission + i * tags, w->scale[i],
                      w->backward + (i - 1) * tags);
    }
    return total;
}

double kor_crf_span(const kor_crf_work *w, size_t count, size_t from, size_t to, size_t label)
{
    size_t labels = w->labels, tags = kor_crf_tags(labels), in = kor_crf_inside(labels, label);
    size_t tag = kor_crf_begin(label);
    double p = w->forward[from * tags + tag];
    for (size_t i = from + 1; i < to; i++) {
        p *= w->inside[(tag == in) * labels + label] * w->emission[i * tags + in] / w->scale[i];
        tag = in;
    }
    if (to == count) return p;
    double after = 0;
    for (size_t k = 0; k <= labels; k++) {
        after += w->transition[tag * (labels + 1) + k] * w->emission[to * tags + k] *
                 w->backward[to * tags + k];
    }
    return p * after / w->scale[to];
}

/* ---- The best chain ---- */

void kor_crf_best(kor_crf_work *w, const kor_crf *crf, const float *emissions, size_t count,
                  uint8_t *tags_out)
{
    size_t labels = crf->labels, tags = kor_crf_tags(labels), to = labels + 1;
    float *now = w->best, *then = w->best + tags;
    for (size_t k = 0; k < to; k++) now[k] = crf->start[k] + emissions[k];
    for (size_t k = to; k < tags; k++) now[k] = -INFINITY;
    for (size_t i = 1; i < count; i++) {
        float *before = now;
        now = then;
        then = before;
        const float *emission = emissions + i * tags;
        uint8_t *from = w->from + i * tags;
        for (size_t k = 0; k < to; k++) {
            now[k] = before[0] + crf->transition[k];
            from[k] = 0;
        }
        for (size_t j = 1; j < tags; j++) {
            const float *row = crf->transition + j * to;
            for (size_t k = 0; k < to; k++) {
                float x = before[j] + row[k];
                from[k] = x > now[k] ? (uint8_t)j : from[k];
                now[k] = x > now[k] ? x : now[k];
            }
        }
        for (size_t l = 0; l < labels; l++) {
            float begun = before[1 + l] + crf->inside[l],
                  on = before[to + l] + crf->inside[labels + l];
            now[to + l] = on > begun ? on : begun;
            from[to + l] = (uint8_t)(on > begun ? to + l : 1 + l);
        }
        for (size_t k = 0; k < tags; k++) now[k] += emission[k];
    }
    size_t best = 0;
    for (size_t k = 1; k < tags; k++) best = now[k] > now[best] ? k : best;
    for (size_t i = count; i-- > 0;) {
        tags_out[i] = (uint8_t)best;
        if (i) best = w->from[i * tags + best];
    }
}
