/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64 Advanced SIMD. This file is compiled twice: as the table "neon", and with the dot product
 * instructions (Armv8.2 FEAT_DotProd) and KOR_NEON_DOT as "neondot".
 *
 * Without dot products, two int8 products are added in int16 before they are widened: at most
 * 2 * 128 * 127 = 32512, which fits. */
#include "kernels/kernels.h"
#include "kernels/kernels_plain.h"
#include "kernels/kernels_tiles.h"

#include <arm_neon.h>

#define INLINE static inline __attribute__((always_inline))

#ifdef KOR_NEON_DOT
#define TABLE kor_kernels_neondot
#define TABLE_NAME "neondot"
#else
#define TABLE kor_kernels_neon
#define TABLE_NAME "neon"
#endif

/* The first n (1 to 4) of four lanes; the others are 0. */
INLINE float32x4_t load_part(const float *x, size_t n)
{
    if (n >= 4) return vld1q_f32(x);
    float part[4] = {0};
    for (size_t i = 0; i < n; i++) part[i] = x[i];
    return vld1q_f32(part);
}

/* v, with 0 in all but the first n lanes. */
INLINE float32x4_t keep_part(float32x4_t v, size_t n)
{
    static const uint32_t index[4] = {0, 1, 2, 3};
    if (n >= 4) return v;
    uint32x4_t in = vcltq_u32(vld1q_u32(index), vdupq_n_u32((uint32_t)n));
    return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(v), in));
}

/* The sum of KOR_LANES lanes, in the agreed order. */
INLINE float sum16(const float32x4_t v[4])
{
    float32x4_t s = vaddq_f32(vaddq_f32(v[0], v[2]), vaddq_f32(v[1], v[3]));
    return vpadds_f32(vadd_f32(vget_low_f32(s), vget_high_f32(s)));
}

INLINE void store_part(float *x, size_t n, float32x4_t v)
{
    if (n >= 4) {
        vst1q_f32(x, v);
        return;
    }
    float part[4];
    vst1q_f32(part, v);
    for (size_t i = 0; i < n; i++) x[i] = part[i];
}

/* exp(x), about 1 ulp: 2^n times a polynomial on [-ln2/2, ln2/2] (Cephes expf). Below -87.3 it is
 * 2^-126. */
INLINE float32x4_t exp4(float32x4_t x)
{
    x = vminnmq_f32(x, vdupq_n_f32(88.37f)); /* a NaN becomes a number too */
    x = vmaxq_f32(x, vdupq_n_f32(-87.3f));
    float32x4_t n = vrndnq_f32(vmulq_n_f32(x, 1.44269504f));
    float32x4_t r = vfmsq_f32(x, n, vdupq_n_f32(0.693359375f));
    r = vfmsq_f32(r, n, vdupq_n_f32(-2.12194440e-4f));
    float32x4_t p = vdupq_n_f32(1.9875691500e-4f);
    p = vfmaq_f32(vdupq_n_f32(1.3981999507e-3f), p, r);
    p = vfmaq_f32(vdupq_n_f32(8.3334519073e-3f), p, r);
    p = vfmaq_f32(vdupq_n_f32(4.1665795894e-2f), p, r);
    p = vfmaq_f32(vdupq_n_f32(1.6666665459e-1f), p, r);
    p = vfmaq_f32(vdupq_n_f32(5.0000001201e-1f), p, r);
    p = vfmaq_f32(vaddq_f32(r, vdupq_n_f32(1)), p, vmulq_f32(r, r));
    int32x4_t e = vshlq_n_s32(vaddq_s32(vcvtq_s32_f32(n), vdupq_n_s32(127)), 23);
    return vmulq_f32(p, vreinterpretq_f32_s32(e));
}

/* GELU by erf, absolute error below 1e-6 times |x| (Abramowitz and Stegun 7.1.26). */
INLINE float32x4_t gelu4(float32x4_t x)
{
    float32x4_t z = vmulq_n_f32(x, 0.70710678f), a = vabsq_f32(z), one = vdupq_n_f32(1);
    float32x4_t t = vdivq_f32(one, vfmaq_n_f32(one, a, 0.3275911f));
    float32x4_t p = vdupq_n_f32(1.061405429f);
    p = vfmaq_f32(vdupq_n_f32(-1.453152027f), p, t);
    p = vfmaq_f32(vdupq_n_f32(1.421413741f), p, t);
    p = vfmaq_f32(vdupq_n_f32(-0.284496736f), p, t);
    p = vfmaq_f32(vdupq_n_f32(0.254829592f), p, t);
    p = vmulq_f32(vmulq_f32(p, t), exp4(vmulq_f32(vnegq_f32(a), a)));
    uint32x4_t sign = vandq_u32(vreinterpretq_u32_f32(z), vdupq_n_u32(1u << 31));
    float32x4_t erf =
        vreinterpretq_f32_u32(vorrq_u32(vreinterpretq_u32_f32(vsubq_f32(one, p)), sign));
    return vmulq_f32(vmulq_n_f32(x, 0.5f), vaddq_f32(one, erf));
}

static void quantize(int8_t *code, float *scale, int32_t *sum, const float *x, size_t n)
{
    float32x4_t vmax = vdupq_n_f32(0);
    for (size_t i = 0; i < n; i += 4) {
        vmax = vmaxnmq_f32(vabsq_f32(load_part(x + i, n - i)), vmax); /* passes a NaN over */
    }
    float max = vmaxvq_f32(vmax);
    int zero = !(max > KOR_QUANTIZE_MIN);
    *scale = zero ? 1 : max / 127;
    float32x4_t inverse = vdupq_n_f32(zero ? 0 : 127 / max);
    int32x4_t total = vdupq_n_s32(0), low = vdupq_n_s32(-127), high = vdupq_n_s32(127);
    for (size_t i = 0; i < n; i += 4) {
        float32x4_t v = vmulq_f32(load_part(x + i, n - i), inverse);
        /* A NaN converts to 0 here and to the least code elsewhere: make them agree. */
        v = vbslq_f32(vceqq_f32(v, v), v, vdupq_n_f32(-127));
        int32x4_t q = vminq_s32(vmaxq_s32(vcvtnq_s32_f32(v), low), high);
        total = vaddq_s32(total, q);
        int16x4_t words = vmovn_s32(q);
        int8x8_t bytes = vmovn_s16(vcombine_s16(words, words));
        vst1_lane_s32((int32_t *)(void *)(code + i), vreinterpret_s32_s8(bytes), 0);
    }
    *sum = vaddvq_s32(total);
}

/* out = act(y) + add for up to 4 columns. */
INLINE void finish(const kor_gemm *g, size_t i, size_t j, float32x4_t y, size_t n)
{
    if (g->act == KOR_ACT_RELU) y = vmaxnmq_f32(y, vdupq_n_f32(0)); /* 0 for a NaN */
    if (g->act == KOR_ACT_GELU) y = gelu4(y);
    if (g->add) y = vaddq_f32(y, load_part(g->add + i * g->ld_add + j, n));
    store_part(g->out + i * g->ld_out + j, n, y);
}

#ifdef KOR_NEON_DOT
enum { ROWS = 4 };

/* acc[r][c] = sums of columns 4c..4c+3: one group of four inputs a step. */
INLINE void sum_i8(int32x4_t acc[ROWS][4], const int8_t *x, const int8_t *w, size_t k4,
                   const int rows)
{
    for (size_t k = 0; k < k4; k += KOR_GROUP) {
        int8x16_t wk[4];
        KOR_UNROLL(4)
        for (int c = 0; c < 4; c++) wk[c] = vld1q_s8(w + k * KOR_PANEL + 16 * c);
        KOR_UNROLL(4)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            __builtin_memcpy(&four, x + (size_t)r * k4 + k, 4);
            int8x16_t xr = vreinterpretq_s8_s32(vdupq_n_s32(four));
            KOR_UNROLL(4)
            for (int c = 0; c < 4; c++) acc[r][c] = vdotq_s32(acc[r][c], wk[c], xr);
        }
    }
}
#else
enum { ROWS = 2 };

INLINE void sum_i8(int32x4_t acc[ROWS][4], const int8_t *x, const int8_t *w, size_t k4,
                   const int rows)
{
    int32x4_t part[ROWS][8]; /* two columns each, two partial sums a column */
    KOR_UNROLL(2)
    for (int r = 0; r < rows; r++) {
        KOR_UNROLL(8)
        for (int c = 0; c < 8; c++) part[r][c] = vdupq_n_s32(0);
    }
    for (size_t k = 0; k < k4; k += 2 * KOR_GROUP) {
        int last = k + KOR_GROUP >= k4;
        KOR_UNROLL(2)
        for (int r = 0; r < rows; r++) {
            int32_t four[2] = {0, 0};
            __builtin_memcpy(four, x + (size_t)r * k4 + k, last ? 4 : 8);
            int8x8_t x0 = vreinterpret_s8_s32(vdup_n_s32(four[0])),
                     x1 = vreinterpret_s8_s32(vdup_n_s32(four[1]));
            const int8_t *w0 = w + k * KOR_PANEL, *w1 = last ? w0 : w0 + KOR_GROUP * KOR_PANEL;
            KOR_UNROLL(8)
            for (int c = 0; c < 8; c++) {
                int16x8_t p = vmull_s8(vld1_s8(w0 + 8 * c), x0);
                p = vmlal_s8(p, vld1_s8(w1 + 8 * c), x1);
                part[r][c] = vpadalq_s16(part[r][c], p);
            }
        }
    }
    KOR_UNROLL(2)
    for (int r = 0; r < rows; r++) {
        KOR_UNROLL(4)
        for (int c = 0; c < 4; c++) acc[r][c] = vpaddq_s32(part[r][2 * c], part[r][2 * c + 1]);
    }
}
#endif

INLINE void tile_i8(const kor_gemm *g, size_t i, size_t j, const int rows)
{
    size_t k4 = kor_round_up(g->k, KOR_GROUP);
    int32x4_t acc[ROWS][4];
    KOR_UNROLL(4)
    for (int r = 0; r < rows; r++) acc[r][0] = acc[r][1] = acc[r][2] = acc[r][3] = vdupq_n_s32(0);
    sum_i8(acc, g->x8 + i * k4, g->w8 + j * k4, k4, rows);
    KOR_UNROLL(4)
    for (size_t c = 0; c < 4; c++) {
        size_t col = j + 4 * c;
        if (col >= g->n) break;
        size_t n = g->n - col;
        float32x4_t ws = load_part(g->w8_scale + col, n);
        float32x4_t bias = g->bias ? load_part(g->bias + col, n) : vdupq_n_f32(0);
        KOR_UNROLL(4)
        for (int r = 0; r < rows; r++) {
            float32x4_t s = vmulq_n_f32(ws, g->x8_scale[i + (size_t)r]);
            finish(g, i + (size_t)r, col, vfmaq_f32(bias, vcvtq_f32_s32(acc[r][c]), s), n);
        }
    }
}

static void gemm_i8(const kor_gemm *g)
{
    for (size_t j = 0; j < g->n; j += KOR_PANEL) {
        size_t i = 0;
        for (; i + ROWS <= g->m; i += ROWS) tile_i8(g, i, j, ROWS);
        for (; i < g->m; i++) tile_i8(g, i, j, 1);
    }
}

/* acc[r][c] = sum over k of a[r][k] * b[k][4c..4c+3]; of the 16 columns, n exist in b. */
INLINE void sum_f32(float32x4_t acc[4][4], const float *a, size_t ld_a, const float *b, size_t ld_b,
                    size_t k_count, size_t n, const int rows)
{
    KOR_UNROLL(4)
    for (int r = 0; r < rows; r++) acc[r][0] = acc[r][1] = acc[r][2] = acc[r][3] = vdupq_n_f32(0);
    for (size_t k = 0; k < k_count; k++) {
        const float *bk = b + k * ld_b;
        KOR_UNROLL(4)
        for (size_t c = 0; c < 4; c++) {
            if (4 * c >= n) break;
            float32x4_t bc = load_part(bk + 4 * c, n - 4 * c);
            KOR_UNROLL(4)
            for (int r = 0; r < rows; r++)
                acc[r][c] = vfmaq_n_f32(acc[r][c], bc, a[(size_t)r * ld_a + k]);
        }
    }
}

INLINE void tile_f32(const kor_gemm *g, size_t i, size_t j, const int rows)
{
    float32x4_t acc[4][4];
    sum_f32(acc, g->x + i * g->ld_x, g->ld_x, g->w + j * g->k, KOR_PANEL, g->k, KOR_PANEL, rows);
    KOR_UNROLL(4)
    for (size_t c = 0; c < 4; c++) {
        size_t col = j + 4 * c;
        if (col >= g->n) break;
        size_t n = g->n - col;
        float32x4_t bias = g->bias ? load_part(g->bias + col, n) : vdupq_n_f32(0);
        KOR_UNROLL(4)
        for (int r = 0; r < rows; r++) finish(g, i + (size_t)r, col, vaddq_f32(acc[r][c], bias), n);
    }
}

static void gemm_f32(const kor_gemm *g)
{
    for (size_t j = 0; j < g->n; j += KOR_PANEL) {
        size_t i = 0;
        for (; i + 4 <= g->m; i += 4) tile_f32(g, i, j, 4);
        for (; i < g->m; i++) tile_f32(g, i, j, 1);
    }
}

static void layer_norm(float *out, const float *x, const float *gamma, const float *beta,
                       size_t rows, size_t n, float eps)
{
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        float32x4_t s[4], v[4];
        KOR_UNROLL(4)
        for (size_t c = 0; c < 4; c++) s[c] = v[c] = vdupq_n_f32(0);
        for (size_t i = 0; i < n; i += KOR_LANES) {
            KOR_UNROLL(4)
            for (size_t c = 0; c < 4; c++) {
                size_t at = i + 4 * c;
                if (at < n) s[c] = vaddq_f32(s[c], load_part(x + at, n - at));
            }
        }
        float mean = sum16(s) / (float)n;
        for (size_t i = 0; i < n; i += KOR_LANES) {
            KOR_UNROLL(4)
            for (size_t c = 0; c < 4; c++) {
                size_t at = i + 4 * c;
                if (at >= n) break;
                float32x4_t d = vsubq_f32(load_part(x + at, n - at), vdupq_n_f32(mean));
                v[c] = vaddq_f32(v[c], keep_part(vmulq_f32(d, d), n - at));
            }
        }
        float inverse = 1 / __builtin_sqrtf(sum16(v) / (float)n + eps);
        for (size_t i = 0; i < n; i += 4) {
            float32x4_t d = vsubq_f32(load_part(x + i, n - i), vdupq_n_f32(mean));
            float32x4_t gain = vmulq_n_f32(load_part(gamma + i, n - i), inverse);
            store_part(out + i, n - i, vaddq_f32(vmulq_f32(d, gain), load_part(beta + i, n - i)));
        }
    }
}

/* Scores of rows queries against all keys, softmax, and their mix of the values. */
INLINE void attend(float *out, const float *q, const float *v, size_t ld, size_t width, size_t t,
                   size_t dim, float scale, const float *keys, size_t wide, float *p,
                   const int rows)
{
    float32x4_t acc[4][4];
    for (size_t s = 0; s < t; s += KOR_PANEL) {
        sum_f32(acc, q, ld, keys + s, wide, dim, KOR_PANEL, rows);
        for (int r = 0; r < rows; r++) {
            for (size_t c = 0; c < 4; c++)
                vst1q_f32(p + (size_t)r * wide + s + 4 * c, vmulq_n_f32(acc[r][c], scale));
        }
    }
    for (int r = 0; r < rows; r++) {
        float *row = p + (size_t)r * wide, max = row[0];
        for (size_t s = 1; s < t; s++) max = row[s] > max ? row[s] : max;
        float32x4_t sum[4];
        KOR_UNROLL(4)
        for (size_t c = 0; c < 4; c++) sum[c] = vdupq_n_f32(0);
        for (size_t s = 0; s < t; s += KOR_LANES) {
            KOR_UNROLL(4)
            for (size_t c = 0; c < 4; c++) {
                size_t at = s + 4 * c;
                if (at >= t) break;
                float32x4_t e = exp4(vsubq_f32(vld1q_f32(row + at), vdupq_n_f32(max)));
                vst1q_f32(row + at, e);
                sum[c] = vaddq_f32(sum[c], keep_part(e, t - at));
            }
        }
        float inverse = 1 / sum16(sum);
        for (size_t s = 0; s < t; s += 4)
            vst1q_f32(row + s, vmulq_n_f32(vld1q_f32(row + s), inverse));
    }
    for (size_t j = 0; j < dim; j += KOR_PANEL) {
        sum_f32(acc, p, wide, v + j, ld, t, dim - j, rows);
        for (int r = 0; r < rows; r++) {
            for (size_t c = 0; c < 4 && j + 4 * c < dim; c++) {
                store_part(out + (size_t)r * width + j + 4 * c, dim - j - 4 * c, acc[r][c]);
            }
        }
    }
}

static void attention(float *out, const float *qkv, size_t t, size_t heads, size_t dim, float scale,
                      float *scratch)
{
    size_t width = heads * dim, ld = 3 * width, wide = kor_round_up(t, KOR_PANEL);
    float *keys = scratch; /* [dim][wide], transposed */
    float *p = scratch + dim * wide;
    for (size_t h = 0; h < heads; h++) {
        const float *q = qkv + h * dim, *k = q + width, *v = k + width;
        for (size_t j = 0; j < dim; j++) {
            for (size_t s = 0; s < wide; s++) keys[j * wide + s] = s < t ? k[s * ld + j] : 0;
        }
        float *o = out + h * dim;
        size_t i = 0;
        for (; i + 4 <= t; i += 4)
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 4);
        for (; i < t; i++)
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 1);
    }
}

static void mean_rows(float *out, const float *x, size_t rows, size_t n)
{
    for (size_t i = 0; i < n; i += 4) {
        float32x4_t s = vdupq_n_f32(0);
        for (size_t r = 0; r < rows; r++) s = vaddq_f32(s, load_part(x + r * n + i, n - i));
        store_part(out + i, n - i, vdivq_f32(s, vdupq_n_f32((float)rows)));
    }
}

static void embed_i8(float *out, const int8_t *code, float scale, float factor, const float *add,
                     size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        int16x8_t words = vmovl_s8(vld1_s8(code + i));
        float32x4_t low = vcvtq_f32_s32(vmovl_s16(vget_low_s16(words)));
        float32x4_t high = vcvtq_f32_s32(vmovl_s16(vget_high_s16(words)));
        vst1q_f32(out + i, vaddq_f32(vmulq_n_f32(low, scale * factor), vld1q_f32(add + i)));
        vst1q_f32(out + i + 4,
                  vaddq_f32(vmulq_n_f32(high, scale * factor), vld1q_f32(add + i + 4)));
    }
    for (; i < n; i++) out[i] = (float)code[i] * (scale * factor) + add[i];
}

static void tanh_rows(float *out, const float *x, size_t n)
{
    float32x4_t one = vdupq_n_f32(1), two = vdupq_n_f32(2);
    for (size_t i = 0; i < n; i += 4) {
        float32x4_t e = exp4(vmulq_f32(load_part(x + i, n - i), two));
        store_part(out + i, n - i, vsubq_f32(one, vdivq_f32(two, vaddq_f32(e, one))));
    }
}

static void dot_i8(int32_t *out, const int8_t *query, const int8_t *rows, size_t count,
                   size_t stride, size_t dim)
{
    for (size_t r = 0; r < count; r++, rows += stride) {
        int32x4_t acc = vdupq_n_s32(0);
        size_t i = 0;
        for (; i + 16 <= dim; i += 16) {
            int8x16_t q = vld1q_s8(query + i), x = vld1q_s8(rows + i);
#ifdef KOR_NEON_DOT
            acc = vdotq_s32(acc, q, x);
#else
            acc = vpadalq_s16(acc, vmull_s8(vget_low_s8(q), vget_low_s8(x)));
            acc = vpadalq_s16(acc, vmull_s8(vget_high_s8(q), vget_high_s8(x)));
#endif
        }
        int32_t sum = vaddvq_s32(acc);
        for (; i < dim; i++) sum += query[i] * rows[i];
        out[r] = sum;
    }
}

static void dot_bits(int32_t *out, const int8_t *query, const uint8_t *rows, size_t count,
                     size_t bytes)
{
    static const uint8_t bits[16] = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t bit = vld1q_u8(bits);
    for (size_t r = 0; r < count; r++, rows += bytes) {
        int32x4_t sum = vdupq_n_s32(0);
        for (size_t i = 0; i < bytes; i += 8) {
            int16x8_t part = vdupq_n_s16(0);
            for (size_t k = i; k < i + 8; k += 2) {
                uint8x16_t in = vcombine_u8(vdup_n_u8(rows[k]), vdup_n_u8(rows[k + 1]));
                int8x16_t set = vreinterpretq_s8_u8(vtstq_u8(in, bit));
                part = vpadalq_s8(part, vandq_s8(set, vld1q_s8(query + 8 * k)));
            }
            sum = vpadalq_s16(sum, part);
        }
        out[r] = vaddvq_s32(sum);
    }
}

static uint64_t peak_i8(size_t rounds)
{
    enum { SUMS = 16 };
    int32x4_t acc[SUMS];
    int8x16_t w = vdupq_n_s8(3), x = vdupq_n_s8(-2);
    KOR_UNROLL(16)
    for (int i = 0; i < SUMS; i++) acc[i] = vdupq_n_s32(0);
    for (size_t n = 0; n < rounds; n++) {
        KOR_UNROLL(16)
        for (int i = 0; i < SUMS; i++) {
            __asm__ volatile("" : "+w"(w), "+w"(x));
#ifdef KOR_NEON_DOT
            acc[i] = vdotq_s32(acc[i], w, x);
#else
            int16x8_t p = vmull_s8(vget_low_s8(w), vget_low_s8(x));
            acc[i] = vpadalq_s16(acc[i], vmlal_high_s8(p, w, x));
#endif
        }
    }
    KOR_UNROLL(16)
    for (int i = 0; i < SUMS; i++) __asm__ volatile("" : : "w"(acc[i]));
    return 2ull * 16 * SUMS * rounds;
}

const kor_kernels TABLE = {
    .name = TABLE_NAME,
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
