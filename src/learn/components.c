/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/components.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { SWEEPS = 30 };

/* The upper half is summed, then mirrored. */
static void covariance(const float *x, size_t n, size_t dim, const double *mean, double *out)
{
    memset(out, 0, dim * dim * sizeof *out);
    for (size_t r = 0; r < n; r++) {
        const float *row = x + r * dim;
        for (size_t i = 0; i < dim; i++) {
            double centred = ((double)row[i] - mean[i]) / (double)n, *to = out + i * dim;
            for (size_t j = i; j < dim; j++) to[j] += centred * ((double)row[j] - mean[j]);
        }
    }
    for (size_t i = 0; i < dim; i++) {
        for (size_t j = 0; j < i; j++) out[i * dim + j] = out[j * dim + i];
    }
}

static void rotate_rows(double *a, double *b, size_t dim, double c, double s)
{
    for (size_t i = 0; i < dim; i++) {
        double x = a[i], y = b[i];
        a[i] = c * x - s * y;
        b[i] = s * x + c * y;
    }
}

/* Make a[p][q] 0. The rows of v turn along, and so become the eigenvectors. */
static void rotate(double *a, double *v, size_t dim, size_t p, size_t q)
{
    double theta = (a[q * dim + q] - a[p * dim + p]) / (2 * a[p * dim + q]);
    double t = (theta < 0 ? -1 : 1) / (fabs(theta) + sqrt(theta * theta + 1));
    double c = 1 / sqrt(t * t + 1), s = t * c;
    for (size_t i = 0; i < dim; i++) {
        double x = a[i * dim + p], y = a[i * dim + q];
        a[i * dim + p] = c * x - s * y;
        a[i * dim + q] = s * x + c * y;
    }
    rotate_rows(a + p * dim, a + q * dim, dim, c, s);
    rotate_rows(v + p * dim, v + q * dim, dim, c, s);
}

/* a becomes diagonal, as far as doubles go. */
static void diagonalise(double *a, double *v, size_t dim)
{
    double all = 0;
    for (size_t i = 0; i < dim * dim; i++) all += a[i] * a[i];
    double small = sqrt(all) * 1e-12 / (double)dim;
    for (size_t i = 0; i < dim; i++) {
        for (size_t j = 0; j < dim; j++) v[i * dim + j] = i == j;
    }
    for (size_t sweep = 0; sweep < SWEEPS; sweep++) {
        bool still = true;
        for (size_t p = 0; p < dim; p++) {
            for (size_t q = p + 1; q < dim; q++) {
                if (fabs(a[p * dim + q]) <= small) continue;
                rotate(a, v, dim, p, q);
                still = false;
            }
        }
        if (still) return;
    }
}

kor_status kor_components(const float *x, size_t n, size_t dim, double *mean, double *variance,
                          double *vector, kor_error *err)
{
    double *a = malloc(dim * dim * sizeof *a), *v = malloc(dim * dim * sizeof *v);
    if (!a || !v) {
        free(a);
        free(v);
        return kor_fail_memory(err);
    }
    memset(mean, 0, dim * sizeof *mean);
    for (size_t i = 0; i < n * dim; i++) mean[i % dim] += (double)x[i] / (double)n;
    covariance(x, n, dim, mean, a);
    diagonalise(a, v, dim);
    for (size_t i = 0; i < dim; i++) { /* the largest that is left comes next */
        size_t best = 0;
        for (size_t j = 1; j < dim; j++) best = a[j * dim + j] > a[best * dim + best] ? j : best;
        variance[i] = a[best * dim + best] > 0 ? a[best * dim + best] : 0;
        memcpy(vector + i * dim, v + best * dim, dim * sizeof *v);
        a[best * dim + best] = -INFINITY;
    }
    free(a);
    free(v);
    return KOR_OK;
}
