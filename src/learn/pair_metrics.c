/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/pair_metrics.h"

#include "learn/metrics.h"

#include <math.h>
#include <stdlib.h>

enum { TOP = 10 };

/* ---- Rank correlation ---- */

typedef struct placed {
    float value;
    size_t at;
} placed;

static int by_value(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return (x->at > y->at) - (x->at < y->at);
}

/* place[n] of x: 1 for the least, ties share the mean of theirs. */
static void find_places(double *place, placed *sorted, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) sorted[i] = (placed){x[i], i};
    qsort(sorted, n, sizeof *sorted, by_value);
    for (size_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && sorted[to].value == sorted[from].value;) to++;
        for (size_t i = from; i < to; i++) place[sorted[i].at] = (double)(from + to + 1) / 2;
    }
}

static double correlation(const double *x, const double *y, size_t n)
{
    double middle = ((double)n + 1) / 2, xx = 0, yy = 0, xy = 0;
    for (size_t i = 0; i < n; i++) {
        double u = x[i] - middle, v = y[i] - middle;
        xx += u * u;
        yy += v * v;
        xy += u * v;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

kor_status kor_spearman(const float *x, const float *y, size_t n, double *out, kor_error *err)
{
    double *places = malloc((2 * n + 1) * sizeof *places);
    placed *sorted = malloc((n + 1) * sizeof *sorted);
    kor_status status = places && sorted ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) {
        find_places(places, sorted, x, n);
        find_places(places + n, sorted, y, n);
        *out = correlation(places, places + n, n);
    }
    free(places);
    free(sorted);
    return status;
}

static kor_status measure_scores(kor_pair_metrics *m, const kor_pairs *pairs, const float *answer,
                                 kor_error *err)
{
    float *score = malloc((pairs->count + 1) * sizeof *score);
    if (!score) return kor_fail_memory(err);
    for (size_t i = 0; i < pairs->count; i++) score[i] = pairs->pairs[i].score;
    kor_status status = kor_spearman(answer, score, pairs->count, &m->spearman, err);
    free(score);
    if (status != KOR_OK) return status;
    double r = fmin(fmax(m->spearman, -0.999999), 0.999999), n = (double)pairs->count;
    double half = n > 3 ? 1.959963984540054 * sqrt(1.06 / (n - 3)) : INFINITY;
    m->spearman_low = tanh(atanh(r) - half);
    m->spearman_high = tanh(atanh(r) + half);
    return KOR_OK;
}

/* ---- Candidates ---- */

typedef struct candidate {
    float answer, score;
} candidate;

static int best_first(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    if (x->answer != y->answer) return x->answer > y->answer ? -1 : 1;
    return (x->score > y->score) - (x->score < y->score);
}

static int right_first(const void *a, const void *b)
{
    const candidate *x = a, *y = b;
    return (y->score > x->score) - (y->score < x->score);
}

static double gain_of(const candidate *c, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n && i < TOP; i++) sum += (double)c[i].score / log2((double)i + 2);
    return sum;
}

static void measure_query(kor_pair_metrics *m, candidate *c, size_t n, double *right_pairs,
                          double *pairs)
{
    size_t first = n, right = 0, in_1 = 0, in_5 = 0;
    qsort(c, n, sizeof *c, best_first);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            *pairs += c[i].score != c[j].score;
            *right_pairs += c[i].score > c[j].score && c[i].answer > c[j].answer;
        }
        if (!(c[i].score > 0)) continue;
        if (first == n) first = i;
        right++;
        in_1 += i < 1;
        in_5 += i < 5;
    }
    m->queries++;
    m->mrr += 1 / ((double)first + 1);
    m->r_at_1 += (double)in_1 / (double)right;
    m->r_at_5 += (double)in_5 / (double)right;
    double got = gain_of(c, n);
    qsort(c, n, sizeof *c, right_first);
    m->ndcg += got / gain_of(c, n);
}

static kor_status measure_queries(kor_pair_metrics *m, const kor_pairs *p, const float *answer,
                                  kor_error *err)
{
    candidate *c = malloc((p->count + 1) * sizeof *c);
    double right_pairs = 0, pairs = 0;
    if (!c) return kor_fail_memory(err);
    m->mrr = m->ndcg = m->r_at_1 = m->r_at_5 = 0;
    for (size_t g = 0; g < p->groups; g++) {
        if (!kor_pairs_contrast(p, g)) continue;
        size_t from = p->first[g], n = p->first[g + 1] - from;
        for (size_t i = 0; i < n; i++)
            c[i] = (candidate){answer[from + i], p->pairs[from + i].score};
        measure_query(m, c, n, &right_pairs, &pairs);
    }
    double queries = (double)m->queries;
    m->mrr /= queries;
    m->ndcg /= queries;
    m->r_at_1 /= queries;
    m->r_at_5 /= queries;
    m->ordered = right_pairs / pairs;
    free(c);
    return KOR_OK;
}

/* ---- The whole ---- */

static void measure_binary(kor_pair_metrics *m, const kor_pairs *p, const float *answer)
{
    kor_bin bin[KOR_CALIBRATION_BINS] = {0};
    size_t right = 0;
    for (size_t i = 0; i < p->count; i++) {
        bool holds = p->pairs[i].score > 0;
        double x = fmin(fmax((double)answer[i], 0), 1);
        size_t b = x < 1 ? (size_t)(x * KOR_CALIBRATION_BINS) : KOR_CALIBRATION_BINS - 1;
        right += (answer[i] >= 0.5f) == holds;
        bin[b].count++;
        bin[b].correct += holds;
        bin[b].confidence += x;
    }
    m->accuracy = (double)right / (double)p->count;
    kor_wilson(right, p->count, &m->accuracy_low, &m->accuracy_high);
    m->ece = 0;
    for (size_t b = 0; b < KOR_CALIBRATION_BINS; b++)
        m->ece += fabs(bin[b].confidence - (double)bin[b].correct) / (double)p->count;
}

kor_status kor_pair_measure(kor_pair_metrics *out, const kor_pairs *pairs, const float *answer,
                            kor_error *err)
{
    *out = (kor_pair_metrics){.n = pairs->count};
    double *const figures[] = {&out->mrr,          &out->ndcg,          &out->r_at_1,
                               &out->r_at_5,       &out->ordered,       &out->accuracy,
                               &out->accuracy_low, &out->accuracy_high, &out->ece,
                               &out->spearman,     &out->spearman_low,  &out->spearman_high};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) *figures[i] = NAN;
    if (!pairs->count || !pairs->scored) return KOR_OK;
    if (pairs->binary) measure_binary(out, pairs, answer);
    if (!pairs->queries) return measure_scores(out, pairs, answer, err);
    return kor_pairs_contrasts(pairs) ? measure_queries(out, pairs, answer, err) : KOR_OK;
}

double kor_pair_quality(const kor_pair_metrics *m, const kor_pairs *pairs, const char **name)
{
    static const char *const names[] = {"spearman", "accuracy", "ndcg", "mrr"};
    const double values[] = {m->spearman, m->accuracy, m->ndcg, m->mrr};
    size_t i = (pairs->queries ? 2u : 0u) + pairs->binary;
    *name = names[i];
    return values[i];
}
