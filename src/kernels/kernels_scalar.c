/* SPDX-License-Identifier: Apache-2.0 */
/* The specification of every slot, in plain C. Built without vectoriser. */
#include "kernels/kernels.h"
#include "kernels/kernels_plain.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* x * y + z with one rounding. Where the compiler has no instruction for it: the product is exact
 * in double, and the sum is rounded to odd where that matters, from where rounding to float is
 * right (Boldo and Melquiond 2008). */
static inline float fused(float x, float y, float z)
{
#ifdef FP_FAST_FMAF
    return fmaf(x, y, z);
#else
    double product = (double)x * (double)y, sum = product + (double)z;
    int64_t bits;
    memcpy(&bits, &sum, sizeof bits);
    /* Only from halfway between two floats, or among the denormals, can it go wrong. */
    if ((bits & 0x1fffffff) == 0x10000000 || fabs(sum) < (double)FLT_MIN) {
        double part = sum - product, lost = (product - (sum - part)) + ((double)z - part);
        int64_t away = (lost > 0) - (lost < 0);
        if (sum < 0) away = -away;
        bits += bits & 1 ? 0 : away;
        memcpy(&sum, &bits, sizeof sum);
    }
    return (float)sum;
#endif
}

/* The sum of the lanes; they are used up. */
static float sum_lanes(float lane[KOR_LANES])
{
    for (size_t half = KOR_LANES / 2; half > 0; half /= 2) {
        for (size_t i = 0; i < half; i++) lane[i] += lane[i + half];
    }
    return lane[0];
}

/* exp(x), about 1 ulp: 2^n times a polynomial on [-ln2/2, ln2/2] (Cephes expf). Below -87.3 it is
 * 2^-126 and not a denormal. */
static float exponential(float x)
{
    x = x < 88.37f ? x : 88.37f; /* in this form a NaN becomes a number too */
    x = x > -87.3f ? x : -87.3f;
    float n = rintf(x * 1.44269504f);
    float r = fused(-n, 0.693359375f, x);
    r = fused(-n, -2.12194440e-4f, r);
    float p = 1.9875691500e-4f;
    p = fused(p, r, 1.3981999507e-3f);
    p = fused(p, r, 8.3334519073e-3f);
    p = fused(p, r, 4.1665795894e-2f);
    p = fused(p, r, 1.6666665459e-1f);
    p = fused(p, r, 5.0000001201e-1f);
    p = fused(p, r * r, r + 1);
    uint32_t bits = (uint32_t)((int32_t)n + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return p * power;
}

static void quantize(int8_t *code, float *scale, int32_t *sum, const float *x, size_t n)
{
    float max = 0;
    for (size_t i = 0; i < n; i++) {
        float a = fabsf(x[i]);
        if (a > max) max = a;
    }
    bool zero = !(max > KOR_QUANTIZE_MIN);
    *scale = zero ? 1 : max / 127;
    float inverse = zero ? 0 : 127 / max;
    int32_t total = 0;
    for (size_t i = 0; i < n; i++) {
        float r = rintf(x[i] * inverse);
        r = r >= -127 ? r : -127; /* in this form a NaN becomes a code too */
        r = r <= 127 ? r : 127;
        code[i] = (int8_t)r;
        total += code[i];
    }
    for (size_t i = n; i < kor_round_up(n, KOR_GROUP); i++) code[i] = 0;
    *sum = total;
}

/* GELU by its erf form (Hendrycks and Gimpel 2016), absolute error below 1e-6 times |x| (Abramowitz
 * and Stegun 7.1.26). */
static float gelu(float x)
{
    float z = x * 0.70710678f, a = fabsf(z), t = 1 / fused(a, 0.3275911f, 1), p = 1.061405429f;
    p = fused(p, t, -1.453152027f);
    p = fused(p, t, 1.421413741f);
    p = fused(p, t, -0.284496736f);
    p = fused(p, t, 0.254829592f);
    p = p * t * exponential(-a * a);
    float erf = signbit(z) ? -fabsf(1 - p) : 1 - p;
    return x * 0.5f * (1 + erf);
}

static float activate(float x, kor_activation act)
{
    if (act == KOR_ACT_RELU) return x > 0 ? x : 0;
    if (act == KOR_ACT_GELU) return gelu(x);
    return x;
}

static void finish(const kor_gemm *g, size_t i, size_t j, float y)
{
    y = activate(y, g->act);
    if (g->add) y += g->add[i * g->ld_add + j];
    g->out[i * g->ld_out + j] = y;
}

static void gemm_i8(const kor_gemm *g)
{
    size_t k4 = kor_round_up(g->k, KOR_GROUP);
    for (size_t i = 0; i < g->m; i++) {
        const int8_t *x = g->x8 + i * k4;
        for (size_t j = 0; j < g->n; j++) {
            const int8_t *w = g->w8 + j / KOR_PANEL * KOR_PANEL * k4 + j % KOR_PANEL * KOR_GROUP;
            int32_t sum = 0;
            for (size_t k = 0; k < k4; k += KOR_GROUP) {
                for (size_t l = 0; l < KOR_GROUP; l++) sum += x[k + l] * w[k * KOR_PANEL + l];
            }
            float scale = g->x8_scale[i] * g->w8_scale[j];
            finish(g, i, j, fused((float)sum, scale, g->bias ? g->bias[j] : 0));
        }
    }
}

static void gemm_f32(const kor_gemm *g)
{
    for (size_t i = 0; i < g->m; i++) {
        const float *x = g->x + i * g->ld_x;
        for (size_t j = 0; j < g->n; j++) {
            const float *w = g->w + j / KOR_PANEL * KOR_PANEL * g->k + j % KOR_PANEL;
            float sum = 0;
            for (size_t k = 0; k < g->k; k++) sum += x[k] * w[k * KOR_PANEL];
            finish(g, i, j, sum + (g->bias ? g->bias[j] : 0));
        }
    }
}

static void layer_norm(float *out, const float *x, const float *gamma, const float *beta,
                       size_t rows, size_t n, float eps)
{
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        float sum[KOR_LANES] = {0}, squares[KOR_LANES] = {0};
        for (size_t i = 0; i < n; i++) sum[i % KOR_LANES] += x[i];
        float mean = sum_lanes(sum) / (float)n;
        for (size_t i = 0; i < n; i++) squares[i % KOR_LANES] += (x[i] - mean) * (x[i] - mean);
        float inverse = 1 / sqrtf(sum_lanes(squares) / (float)n + eps);
        for (size_t i = 0; i < n; i++) out[i] = (x[i] - mean) * (gamma[i] * inverse) + beta[i];
    }
}

static void attention(float *out, const float *qkv, size_t t, size_t heads, size_t dim, float scale,
                      float *scratch)
{
    size_t width = heads * dim, ld = 3 * width;
    float *p = scratch; /* [t] */
    for (size_t h = 0; h < heads; h++) {
        for (size_t i = 0; i < t; i++) {
            const float *q = qkv + i * ld + h * dim;
            float max = -INFINITY, sum[KOR_LANES] = {0};
            for (size_t s = 0; s < t; s++) {
                const float *k = qkv + s * ld + width + h * dim;
                float dot = 0;
                for (size_t j = 0; j < dim; j++) dot = fused(q[j], k[j], dot);
                p[s] = dot * scale;
                if (p[s] > max) max = p[s];
            }
            for (size_t s = 0; s < t; s++) sum[s % KOR_LANES] += p[s] = exponential(p[s] - max);
            float inverse = 1 / sum_lanes(sum);
            float *o = out + i * width + h * dim;
            memset(o, 0, dim * sizeof *o);
            for (size_t s = 0; s < t; s++) {
                const float *v = qkv + s * ld + 2 * width + h * dim;
                float share = p[s] * inverse;
                for (size_t j = 0; j < dim; j++) o[j] = fused(share, v[j], o[j]);
            }
        }
    }
}

static void mean_rows(float *out, const float *x, size_t rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float sum = 0;
        for (size_t r = 0; r < rows; r++) sum += x[r * n + i];
        out[i] = sum / (float)rows;
    }
}

static void embed_i8(float *out, const int8_t *code, float scale, float factor, const float *add,
                     size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = (float)code[i] * (scale * factor) + add[i];
}

static void tanh_rows(float *out, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = 1 - 2 / (exponential(x[i] * 2) + 1);
}

static void dot_i8(int32_t *out, const int8_t *query, const int8_t *rows, size_t count,
                   size_t stride, size_t dim)
{
    for (size_t r = 0; r < count; r++, rows += stride) {
        int32_t sum = 0;
        for (size_t i = 0; i < dim; i++) sum += query[i] * rows[i];
        out[r] = sum;
    }
}

/* A byte of a row is one of 256 sums of 8 codes. */
static void dot_bits(int32_t *out, const int8_t *query, const uint8_t *rows, size_t count,
                     size_t bytes)
{
    memset(out, 0, count * sizeof *out);
    for (size_t i = 0; i < bytes; i++) {
        int32_t sums[256] = {0};
        for (size_t j = 0; j < 8; j++) {
            for (size_t k = 0; k < (size_t)1 << j; k++)
                sums[((size_t)1 << j) + k] = sums[k] + query[8 * i + j];
        }
        for (size_t r = 0; r < count; r++) out[r] += sums[rows[r * bytes + i]];
    }
}

static uint64_t peak_i8(size_t rounds)
{
    enum { SUMS = 8 };
    int32_t sum[SUMS] = {0};
    for (size_t i = 0; i < rounds; i++) {
        for (size_t s = 0; s < SUMS; s++) {
            int32_t x = (int32_t)(i + s);
            __asm__ volatile("" : "+r"(x));
            sum[s] += x * (int32_t)s;
        }
    }
    for (size_t s = 0; s < SUMS; s++) __asm__ volatile("" : : "r"(sum[s]));
    return 2ull * SUMS * rounds;
}

const kor_kernels kor_kernels_scalar = {
    .name = "scalar",
    .quantize = quantize,
    .gemm_i8 = gemm_i8,
    .gemm_f32 = gemm_f32,
    .layer_norm = layer_norm,
    .attention = attention,
    .mean_rows = mean_rows,
    .embed_i8 = embed_i8,
    .tanh_rows = tanh_rows,
    .dot_i8 = dot_i8,
    .dot_bits = dot_bits,
    .bag_i8 = bag_i8,
    .peak_i8 = peak_i8,
};
