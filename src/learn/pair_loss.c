/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/pair_loss.h"

#include <math.h>

static kor_real dot(const kor_real *x, const kor_real *y, size_t n)
{
    kor_real lane[8] = {0}, sum = 0;
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        for (size_t l = 0; l < 8; l++) lane[l] += x[i + l] * y[i + l];
    }
    for (; i < n; i++) lane[i % 8] += x[i] * y[i];
    for (size_t l = 0; l < 8; l++) sum += lane[l];
    return sum;
}

/* The gradient by both of what has the gradient by by their product. */
static void add_product(const kor_real *x, const kor_real *y, kor_real *dx, kor_real *dy, size_t n,
                        kor_real by)
{
    for (size_t i = 0; i < n; i++) {
        dx[i] += by * y[i];
        dy[i] += by * x[i];
    }
}

double kor_similarity_loss(const kor_real *e, kor_real *d, size_t dim, size_t pairs,
                           const float *target)
{
    double loss = 0;
    for (size_t i = 0; i < pairs; i++) {
        size_t a = 2 * i * dim, b = a + dim;
        kor_real off = dot(e + a, e + b, dim) - (kor_real)target[i];
        loss += (double)(off * off);
        add_product(e + a, e + b, d + a, d + b, dim, 2 * off / (kor_real)pairs);
    }
    return loss / (double)pairs;
}

double kor_order_loss(const kor_real *e, kor_real *d, size_t dim, size_t pairs, const float *target,
                      double temperature, kor_real *scratch)
{
    kor_real *cosine = scratch, *by = scratch + pairs;
    double most = 0, sum = 0; /* the 1 is exp(0): most is at least that 0 */
    for (size_t i = 0; i < pairs; i++) {
        cosine[i] = dot(e + 2 * i * dim, e + (2 * i + 1) * dim, dim);
        by[i] = 0;
    }
    for (size_t i = 0; i < pairs; i++) {
        for (size_t j = 0; j < pairs; j++) {
            if (target[i] > target[j])
                most = fmax(most, (double)(cosine[j] - cosine[i]) / temperature);
        }
    }
    sum = exp(-most);
    for (size_t i = 0; i < pairs; i++) {
        for (size_t j = 0; j < pairs; j++) {
            if (!(target[i] > target[j])) continue;
            double x = exp((double)(cosine[j] - cosine[i]) / temperature - most);
            sum += x;
            by[j] += (kor_real)x;
            by[i] -= (kor_real)x;
        }
    }
    for (size_t i = 0; i < pairs; i++) {
        size_t a = 2 * i * dim, b = a + dim;
        add_product(e + a, e + b, d + a, d + b, dim, by[i] / (kor_real)(sum * temperature));
    }
    return most + log(sum);
}

/* Cross-entropy of a softmax of logit[n] with the one at right; logits of -INFINITY are left out.
 * logit becomes the gradient by it. */
static double softmax_loss(kor_real *logit, size_t n, size_t right)
{
    double most = -INFINITY, sum = 0, at_right = (double)logit[right];
    for (size_t j = 0; j < n; j++) most = fmax(most, (double)logit[j]);
    for (size_t j = 0; j < n; j++) sum += exp((double)logit[j] - most);
    for (size_t j = 0; j < n; j++)
        logit[j] = (kor_real)(exp((double)logit[j] - most) / sum) - (j == right);
    return most + log(sum) - at_right;
}

double kor_contrast_loss(const kor_real *e, kor_real *d, size_t dim, size_t groups, size_t together,
                         const uint32_t *text, double temperature, kor_real *scratch)
{
    double loss = 0;
    kor_real by = (kor_real)(1 / (2 * temperature * (double)groups));
    for (size_t i = 0; i < 2 * groups; i++) {
        /* The first half: from the query to all texts; the second: from the right text to the
         * queries. */
        bool from_query = i < groups;
        size_t own = i % groups, row = own * together + !from_query;
        size_t n = groups * together, right = own * together + from_query;
        for (size_t j = 0; j < n; j++) {
            size_t group = j - j % together;
            bool wanted = from_query ? j % together > 0 : j % together == 0;
            bool same = text[j] == text[right] ||
                        (j - group <= 1 && text[group] == text[own * together]) ||
                        (!from_query && text[group + 1] == text[row]);
            scratch[j] = j == right || (wanted && !same)
                             ? dot(e + row * dim, e + j * dim, dim) / (kor_real)temperature
                             : (kor_real)-INFINITY;
        }
        loss += softmax_loss(scratch, n, right);
        for (size_t j = 0; j < n; j++) {
            if (scratch[j] == 0) continue;
            add_product(e + row * dim, e + j * dim, d + row * dim, d + j * dim, dim,
                        by * scratch[j]);
        }
    }
    return loss / (2 * (double)groups);
}
