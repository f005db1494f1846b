/* SPDX-License-Identifier: Apache-2.0 */
/* The specification of every slot, in plain C. Built without contraction or vectoriser. */
#include "kernels/kernels.h"
#include "kernels/kernels_plain.h"

#include <math.h>
#include <string.h>

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

/* GELU by its erf form (Hendrycks and Gimpel 2016). */
static float activate(float x, kor_activation act)
{
    if (act == KOR_ACT_RELU) return x > 0 ? x : 0;
    if (act == KOR_ACT_GELU) return 0.5f * x * (1 + erff(x * 0.70710678f));
    return x;
}

static void finish(const kor_gemm *g, size_t i, size_t j, float y)
{
    if (g->bias) y += g->bias[j];
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
            finish(g, i, j, (float)sum * (g->x8_scale[i] * g->w8_scale[j]));
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
            finish(g, i, j, sum);
        }
    }
}

static void layer_norm(float *out, const float *x, const float *gamma, const float *beta,
                       size_t rows, size_t n, float eps)
{
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        float mean = 0, variance = 0;
        for (size_t i = 0; i < n; i++) mean += x[i];
        mean /= (float)n;
        for (size_t i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean);
        variance /= (float)n;
        float inverse = 1 / sqrtf(variance + eps);
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
            float max = -INFINITY, sum = 0;
            for (size_t s = 0; s < t; s++) {
                const float *k = qkv + s * ld + width + h * dim;
                float dot = 0;
                for (size_t j = 0; j < dim; j++) dot += q[j] * scale * k[j];
                p[s] = dot;
                if (dot > max) max = dot;
            }
            for (size_t s = 0; s < t; s++) sum += p[s] = expf(p[s] - max);
            float *o = out + i * width + h * dim;
            memset(o, 0, dim * sizeof *o);
            for (size_t s = 0; s < t; s++) {
                const float *v = qkv + s * ld + 2 * width + h * dim;
                float share = p[s] / sum;
                for (size_t j = 0; j < dim; j++) o[j] += share * v[j];
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
    for (size_t i = 0; i < n; i++) out[i] = tanhf(x[i]);
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
    .hamming = hamming,
    .bag_i8 = bag_i8,
    .peak_i8 = peak_i8,
};
