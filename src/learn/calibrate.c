/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/calibrate.h"

#include <math.h>
#include <stdlib.h>

enum { STEPS = 100, LEANING = 10 };

static bool in_scope(const kor_row *row)
{
    return !(row->label_count == 1 && row->labels[0] == UINT32_MAX);
}

/* ---- Temperature ---- */

/* Each row's truth is taken to be wrong with probability doubt, as if one row more said so (Platt
 * 1999): few rows, all answered right, must not give certainty. */
static double loss_of_classify(const float *z, size_t labels, const kor_row *row, double inverse,
                               double doubt)
{
    double top = (double)z[0], sum = 0, mean = 0;
    for (size_t l = 1; l < labels; l++) top = fmax(top, (double)z[l]);
    for (size_t l = 0; l < labels; l++) {
        double x = ((double)z[l] - top) * inverse;
        sum += exp(x);
        mean += x / (double)labels;
    }
    double own = ((double)z[row->labels[0]] - top) * inverse;
    return log(sum) - (1 - doubt) * own - doubt * mean;
}

/* Only of the labels whose logit is over 0, or only of the others. */
static double loss_of_tags(const float *z, size_t labels, const kor_row *row, double inverse,
                           double doubt, bool over)
{
    double loss = 0;
    for (size_t l = 0; l < labels; l++) {
        double x = (double)z[l] * inverse;
        if ((z[l] > 0) == over) loss += fmax(x, 0) + log1p(exp(-fabs(x))) - doubt / 2 * x;
    }
    for (size_t i = 0; i < row->label_count; i++) {
        float x = z[row->labels[i]];
        if ((x > 0) == over) loss -= (1 - doubt) * (double)x * inverse;
    }
    return loss;
}

static double loss_at(const kor_scores *s, double log_temperature, bool over)
{
    double inverse = exp(-log_temperature), doubt = 1 / ((double)s->count + 2), loss = 0;
    for (size_t i = 0; i < s->count; i++) {
        const float *z = s->values + i * s->labels;
        if (!in_scope(s->rows[i])) continue;
        loss += s->tags ? loss_of_tags(z, s->labels, s->rows[i], inverse, doubt, over)
                        : loss_of_classify(z, s->labels, s->rows[i], inverse, doubt);
    }
    return loss;
}

/* Golden section over the logarithm: the loss has one minimum in 1 / temperature. */
static float least_loss(const kor_scores *scores, bool over)
{
    const double ratio = 0.6180339887498949;
    double low = log(0.05), high = log(20.0);
    double a = high - ratio * (high - low), b = low + ratio * (high - low);
    double loss_a = loss_at(scores, a, over), loss_b = loss_at(scores, b, over);
    while (high - low > 1e-3) {
        if (loss_a <= loss_b) {
            high = b;
            b = a;
            loss_b = loss_a;
            a = high - ratio * (high - low);
            loss_a = loss_at(scores, a, over);
        } else {
            low = a;
            a = b;
            loss_a = loss_b;
            b = low + ratio * (high - low);
            loss_b = loss_at(scores, b, over);
        }
    }
    return (float)exp((low + high) / 2);
}

void kor_calibrate_temperature(const kor_scores *scores, float *temperature, float *over)
{
    *temperature = *over = 1;
    if (!scores->count) return;
    *temperature = least_loss(scores, false);
    *over = scores->tags ? least_loss(scores, true) : *temperature;
}

double kor_calibrate_loss(const kor_scores *scores)
{
    float temperature, over;
    kor_calibrate_temperature(scores, &temperature, &over);
    double loss = loss_at(scores, log((double)temperature), false);
    if (scores->tags) loss += loss_at(scores, log((double)over), true);
    return scores->count ? loss / (double)scores->count : 0;
}

/* ---- Thresholds ---- */

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

kor_status kor_calibrate_abstain(const kor_scores *scores, double keep, float *out, kor_error *err)
{
    float *right = malloc((scores->count + 1) * sizeof *right);
    if (!right) return kor_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < scores->count; i++) {
        const float *p = scores->values + i * scores->labels;
        size_t best = 0;
        for (size_t l = 1; l < scores->labels; l++) best = p[l] > p[best] ? l : best;
        if (scores->rows[i]->labels[0] == best) right[n++] = p[best];
    }
    qsort(right, n, sizeof *right, ascending);
    size_t given_up = (size_t)((1 - keep) * (double)n);
    *out = n ? right[given_up < n ? given_up : n - 1] : 0;
    free(right);
    return KOR_OK;
}

kor_status kor_calibrate_keep(const kor_scores *scores, size_t label, double keep, float *out,
                              kor_error *err)
{
    float *lead = malloc((scores->count + 1) * sizeof *lead);
    if (!lead) return kor_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < scores->count; i++) {
        const float *logits = scores->values + i * scores->labels;
        float best = -INFINITY;
        if (scores->rows[i]->labels[0] != label) continue;
        for (size_t l = 0; l < scores->labels; l++)
            best = l != label && logits[l] > best ? logits[l] : best;
        lead[n++] = logits[label] - best;
    }
    qsort(lead, n, sizeof *lead, ascending);
    size_t lost = (size_t)((1 - keep) * (double)n);
    float least = n ? lead[lost < n ? lost : n - 1] : 0;
    *out = n && least <= 0 ? 1e-3f - least : 0;
    free(lead);
    return KOR_OK;
}

/* Of one label, or of all together, at each threshold i / STEPS. */
typedef struct curve {
    double given[STEPS], correct[STEPS], support;
} curve;

static void add_to(curve *c, float p, bool held)
{
    int reached = (int)(p * STEPS);
    for (int i = 0; i <= reached && i < STEPS; i++) {
        c->given[i]++;
        c->correct[i] += held;
    }
    c->support += held;
}

static bool holds(const kor_row *row, size_t label)
{
    for (size_t i = 0; i < row->label_count; i++) {
        if (row->labels[i] == label) return true;
    }
    return false;
}

static void read_label(const kor_scores *s, size_t label, curve *c)
{
    *c = (curve){0};
    for (size_t i = 0; i < s->count; i++)
        add_to(c, s->values[i * s->labels + label], holds(s->rows[i], label));
}

kor_status kor_calibrate_tags(const kor_scores *scores, float *thresholds, kor_error *err)
{
    curve *c = calloc(2, sizeof *c), *all = c + 1;
    if (!c) return kor_fail_memory(err);
    for (size_t l = 0; l < scores->labels; l++) {
        read_label(scores, l, c);
        for (size_t i = 0; i < STEPS; i++) {
            all->given[i] += c->given[i];
            all->correct[i] += c->correct[i];
        }
        all->support += c->support;
    }
    double lean = all->support > 0 ? LEANING / all->support : 0;
    for (size_t l = 0; l < scores->labels; l++) {
        double best = -1;
        read_label(scores, l, c);
        for (size_t i = 1; i < STEPS; i++) {
            double correct = c->correct[i] + lean * all->correct[i],
                   given = c->given[i] + lean * all->given[i],
                   support = c->support + lean * all->support;
            double f1 = given + support > 0 ? 2 * correct / (given + support) : 0;
            if (f1 > best) {
                best = f1;
                thresholds[l] = (float)i / STEPS;
            }
        }
    }
    free(c);
    return KOR_OK;
}
