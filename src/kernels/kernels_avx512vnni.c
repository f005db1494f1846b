/* SPDX-License-Identifier: Apache-2.0 */
/* AVX-512 F, BW, DQ, VL and VNNI.
 *
 * VPDPBUSD multiplies unsigned by signed bytes and does not saturate. The weights take the unsigned
 * side: w + 128 (one XOR a load), so that the broadcast of four activations stays a plain memory
 * operand; sum((w + 128) x) - 128 sum(x) = sum(w x), exactly. */
#include "kernels/kernels.h"
#include "kernels/kernels_plain.h"
#include "kernels/kernels_tiles.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

INLINE __mmask16 tail_mask(size_t n)
{
    return n >= 16 ? (__mmask16)0xffff : (__mmask16)((1u << n) - 1);
}

/* The sum of KOR_LANES lanes, in the agreed order. */
INLINE float sum16(__m512 v)
{
    __m256 h = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps(v, 1));
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(h), _mm256_extractf128_ps(h, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

/* acc += four products a lane of unsigned w and signed x. As an instruction of our own: gcc 12
 * copies the accumulators of the intrinsic around in every step of a loop, which costs a third of
 * the speed. */
INLINE void dot4(__m512i *acc, __m512i w, __m512i x)
{
    __asm__("vpdpbusd %2, %1, %0" : "+v"(*acc) : "v"(w), "v"(x));
}

/* exp(x), about 1 ulp: 2^n times a polynomial on [-ln2/2, ln2/2] (Cephes expf). Below -87.3 it is
 * 2^-126 and not a denormal. */
INLINE __m512 exp512(__m512 x)
{
    x = _mm512_min_ps(x, _mm512_set1_ps(88.37f));
    x = _mm512_max_ps(x, _mm512_set1_ps(-87.3f));
    __m512 n = _mm512_roundscale_ps(_mm512_mul_ps(x, _mm512_set1_ps(1.44269504f)),
                                    _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m512 r = _mm512_fnmadd_ps(n, _mm512_set1_ps(0.693359375f), x);
    r = _mm512_fnmadd_ps(n, _mm512_set1_ps(-2.12194440e-4f), r);
    __m512 p = _mm512_set1_ps(1.9875691500e-4f);
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.3981999507e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(8.3334519073e-3f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(4.1665795894e-2f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1.6666665459e-1f));
    p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.0000001201e-1f));
    p = _mm512_fmadd_ps(p, _mm512_mul_ps(r, r), _mm512_add_ps(r, _mm512_set1_ps(1)));
    return _mm512_scalef_ps(p, n);
}

/* GELU by erf, absolute error below 1e-6 times |x| (Abramowitz and Stegun 7.1.26). */
INLINE __m512 gelu512(__m512 x)
{
    __m512 z = _mm512_mul_ps(x, _mm512_set1_ps(0.70710678f)), a = _mm512_abs_ps(z);
    __m512 one = _mm512_set1_ps(1);
    __m512 t = _mm512_div_ps(one, _mm512_fmadd_ps(a, _mm512_set1_ps(0.3275911f), one));
    __m512 p = _mm512_set1_ps(1.061405429f);
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-1.453152027f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(1.421413741f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(-0.284496736f));
    p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.254829592f));
    p = _mm512_mul_ps(_mm512_mul_ps(p, t),
                      exp512(_mm512_mul_ps(_mm512_xor_ps(a, _mm512_set1_ps(-0.0f)), a)));
    __m512 erf = _mm512_sub_ps(one, p);
    __m512 sign = _mm512_and_ps(z, _mm512_set1_ps(-0.0f));
    erf = _mm512_or_ps(erf, sign);
    return _mm512_mul_ps(_mm512_mul_ps(x, _mm512_set1_ps(0.5f)), _mm512_add_ps(one, erf));
}

static void quantize(int8_t *code, float *scale, int32_t *sum, const float *x, size_t n)
{
    __m512 vmax = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += 16) {
        __m512 v = _mm512_maskz_loadu_ps(tail_mask(n - i), x + i);
        vmax = _mm512_max_ps(_mm512_abs_ps(v), vmax); /* in this order a NaN is passed over */
    }
    float max = _mm512_reduce_max_ps(vmax);
    bool zero = !(max > KOR_QUANTIZE_MIN);
    *scale = zero ? 1 : max / 127;
    __m512 inverse = _mm512_set1_ps(zero ? 0 : 127 / max);
    __m512i low = _mm512_set1_epi32(-127), high = _mm512_set1_epi32(127),
            total = _mm512_setzero_si512();
    size_t n4 = kor_round_up(n, KOR_GROUP);
    for (size_t i = 0; i < n4; i += 16) {
        __mmask16 in = n > i ? tail_mask(n - i) : 0;
        __m512i v = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_maskz_loadu_ps(in, x + i), inverse));
        v = _mm512_maskz_min_epi32(in, _mm512_max_epi32(v, low), high);
        total = _mm512_add_epi32(total, v);
        _mm512_mask_cvtepi32_storeu_epi8(code + i, tail_mask(n4 - i), v);
    }
    *sum = _mm512_reduce_add_epi32(total);
}

/* out = act(y) + add, for one row of at most 16 columns. */
INLINE void finish(const kor_gemm *g, size_t i, size_t j, __m512 y, __mmask16 in)
{
    if (g->act == KOR_ACT_RELU) y = _mm512_max_ps(y, _mm512_setzero_ps());
    if (g->act == KOR_ACT_GELU) y = gelu512(y);
    if (g->add) y = _mm512_add_ps(y, _mm512_maskz_loadu_ps(in, g->add + i * g->ld_add + j));
    _mm512_mask_storeu_ps(g->out + i * g->ld_out + j, in, y);
}

/* rows x (16 * panels) outputs at row i, column j. rows and panels are constants where it is
 * inlined, so the accumulators live in registers: 8 x 2 of them, 2 weights, 1 broadcast. */
INLINE void tile_i8(const kor_gemm *g, size_t i, size_t j, ahead next, const int rows,
                    const int panels)
{
    size_t k4 = kor_round_up(g->k, KOR_GROUP);
    const int8_t *w = g->w8 + j * k4;
    const int8_t *x = g->x8 + i * k4;
    const __m512i flip = _mm512_set1_epi8(-128);
    __m512i acc[8][2];
    KOR_UNROLL(8)
    for (int r = 0; r < rows; r++) {
        KOR_UNROLL(2)
        for (int p = 0; p < panels; p++) acc[r][p] = _mm512_setzero_si512();
    }
    for (size_t k = 0; k < k4; k += KOR_GROUP) {
        fetch(&next);
        __m512i w0 = _mm512_xor_si512(_mm512_loadu_si512(w + k * KOR_PANEL), flip);
        __m512i w1 = w0;
        if (panels > 1) {
            w1 = _mm512_xor_si512(_mm512_loadu_si512(w + (k4 + k) * KOR_PANEL), flip);
        }
        KOR_UNROLL(8)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            __builtin_memcpy(&four, x + (size_t)r * k4 + k, 4);
            __m512i xr = _mm512_set1_epi32(four);
            dot4(&acc[r][0], w0, xr);
            if (panels > 1) dot4(&acc[r][1], w1, xr);
        }
    }
    KOR_UNROLL(2)
    for (int p = 0; p < panels; p++) {
        size_t col = j + (size_t)p * KOR_PANEL;
        __mmask16 in = tail_mask(g->n - col);
        __m512 ws = _mm512_maskz_loadu_ps(in, g->w8_scale + col);
        __m512 bias = g->bias ? _mm512_maskz_loadu_ps(in, g->bias + col) : _mm512_setzero_ps();
        KOR_UNROLL(8)
        for (int r = 0; r < rows; r++) {
            size_t row = i + (size_t)r;
            __m512i v = _mm512_sub_epi32(acc[r][p], _mm512_set1_epi32(128 * g->x8_sum[row]));
            __m512 s = _mm512_mul_ps(_mm512_set1_ps(g->x8_scale[row]), ws);
            finish(g, row, col, _mm512_fmadd_ps(_mm512_cvtepi32_ps(v), s, bias), in);
        }
    }
}

INLINE void tile_f32(const kor_gemm *g, size_t i, size_t j, ahead next, const int rows,
                     const int panels)
{
    const float *w = g->w + j * g->k;
    const float *x = g->x + i * g->ld_x;
    __m512 acc[8][2];
    KOR_UNROLL(8)
    for (int r = 0; r < rows; r++) {
        KOR_UNROLL(2)
        for (int p = 0; p < panels; p++) acc[r][p] = _mm512_setzero_ps();
    }
    for (size_t k = 0; k < g->k; k++) {
        fetch(&next);
        __m512 w0 = _mm512_loadu_ps(w + k * KOR_PANEL);
        __m512 w1 = panels > 1 ? _mm512_loadu_ps(w + (g->k + k) * KOR_PANEL) : w0;
        KOR_UNROLL(8)
        for (int r = 0; r < rows; r++) {
            __m512 xr = _mm512_set1_ps(x[(size_t)r * g->ld_x + k]);
            acc[r][0] = _mm512_fmadd_ps(xr, w0, acc[r][0]);
            if (panels > 1) acc[r][1] = _mm512_fmadd_ps(xr, w1, acc[r][1]);
        }
    }
    KOR_UNROLL(2)
    for (int p = 0; p < panels; p++) {
        size_t col = j + (size_t)p * KOR_PANEL;
        __mmask16 in = tail_mask(g->n - col);
        __m512 bias = g->bias ? _mm512_maskz_loadu_ps(in, g->bias + col) : _mm512_setzero_ps();
        KOR_UNROLL(8)
        for (int r = 0; r < rows; r++) {
            finish(g, i + (size_t)r, col, _mm512_add_ps(acc[r][p], bias), in);
        }
    }
}

#define TWO_I8(...) tile_i8(__VA_ARGS__, 2)
#define ONE_I8(...) tile_i8(__VA_ARGS__, 1)
#define TWO_F32(...) tile_f32(__VA_ARGS__, 2)
#define ONE_F32(...) tile_f32(__VA_ARGS__, 1)

static void gemm_i8(const kor_gemm *g)
{
    size_t j = 0, bytes = 2 * KOR_PANEL * kor_round_up(g->k, KOR_GROUP);
    const int8_t *w = g->w8;
    for (; j + KOR_PANEL < g->n; j += 2 * KOR_PANEL, w += bytes) {
        bool last = j + 3 * KOR_PANEL >= g->n;
        KOR_TILE_ROWS(TWO_I8, 8, last ? w : w + bytes, last ? 0 : bytes, 128);
    }
    if (j < g->n) KOR_TILE_ROWS(ONE_I8, 8, w, 0, 0);
}

static void gemm_f32(const kor_gemm *g)
{
    size_t j = 0, floats = 2 * KOR_PANEL * g->k;
    const float *w = g->w;
    for (; j + KOR_PANEL < g->n; j += 2 * KOR_PANEL, w += floats) {
        bool last = j + 3 * KOR_PANEL >= g->n;
        KOR_TILE_ROWS(TWO_F32, 8, last ? w : w + floats, last ? 0 : floats * sizeof *w, 128);
    }
    if (j < g->n) KOR_TILE_ROWS(ONE_F32, 8, w, 0, 0);
}

static void layer_norm(float *out, const float *x, const float *gamma, const float *beta,
                       size_t rows, size_t n, float eps)
{
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        __m512 s = _mm512_setzero_ps(), v = _mm512_setzero_ps();
        for (size_t i = 0; i < n; i += 16) {
            s = _mm512_add_ps(s, _mm512_maskz_loadu_ps(tail_mask(n - i), x + i));
        }
        __m512 mean = _mm512_set1_ps(sum16(s) / (float)n);
        for (size_t i = 0; i < n; i += 16) {
            __mmask16 in = tail_mask(n - i);
            __m512 d = _mm512_maskz_sub_ps(in, _mm512_maskz_loadu_ps(in, x + i), mean);
            v = _mm512_add_ps(v, _mm512_mul_ps(d, d));
        }
        float variance = sum16(v) / (float)n;
        __m512 inverse =
            _mm512_div_ps(_mm512_set1_ps(1), _mm512_sqrt_ps(_mm512_set1_ps(variance + eps)));
        for (size_t i = 0; i < n; i += 16) {
            __mmask16 in = tail_mask(n - i);
            __m512 d = _mm512_sub_ps(_mm512_maskz_loadu_ps(in, x + i), mean);
            __m512 gain = _mm512_mul_ps(_mm512_maskz_loadu_ps(in, gamma + i), inverse);
            __m512 y = _mm512_add_ps(_mm512_mul_ps(d, gain), _mm512_maskz_loadu_ps(in, beta + i));
            _mm512_mask_storeu_ps(out + i, in, y);
        }
    }
}

/* acc[r] = sum over k of a[r][k] * b[k][0..15]. */
INLINE void tile_8x16(__m512 acc[8], const float *a, size_t ld_a, const float *b, size_t ld_b,
                      size_t k_count, __mmask16 in, const int rows)
{
    KOR_UNROLL(8)
    for (int r = 0; r < rows; r++) acc[r] = _mm512_setzero_ps();
    for (size_t k = 0; k < k_count; k++) {
        __m512 bk = _mm512_maskz_loadu_ps(in, b + k * ld_b);
        KOR_UNROLL(8)
        for (int r = 0; r < rows; r++) {
            acc[r] = _mm512_fmadd_ps(_mm512_set1_ps(a[(size_t)r * ld_a + k]), bk, acc[r]);
        }
    }
}

/* out[j][0..15] = x[0..15][j] for j < 16; rows beyond rows and columns outside in are 0. */
INLINE void transpose_16x16(float *out, size_t ld_out, const float *x, size_t ld_x, size_t rows,
                            size_t columns)
{
    __m512 a[16], b[16];
    __mmask16 in = tail_mask(columns);
    KOR_UNROLL(16)
    for (size_t r = 0; r < 16; r++) {
        a[r] = r < rows ? _mm512_maskz_loadu_ps(in, x + r * ld_x) : _mm512_setzero_ps();
    }
    KOR_UNROLL(4)
    for (int q = 0; q < 4; q++) { /* 4x4 blocks within each 128-bit lane */
        __m512 l0 = _mm512_unpacklo_ps(a[4 * q], a[4 * q + 1]),
               h0 = _mm512_unpackhi_ps(a[4 * q], a[4 * q + 1]);
        __m512 l1 = _mm512_unpacklo_ps(a[4 * q + 2], a[4 * q + 3]);
        __m512 h1 = _mm512_unpackhi_ps(a[4 * q + 2], a[4 * q + 3]);
        b[q] = _mm512_shuffle_ps(l0, l1, 0x44);
        b[q + 4] = _mm512_shuffle_ps(l0, l1, 0xee);
        b[q + 8] = _mm512_shuffle_ps(h0, h1, 0x44);
        b[q + 12] = _mm512_shuffle_ps(h0, h1, 0xee);
    }
    KOR_UNROLL(4)
    for (size_t c = 0; c < 4; c++) { /* b[4c + q] lane l holds column 4l + c of rows 4q..4q+3 */
        __m512 e0 = _mm512_shuffle_f32x4(b[4 * c], b[4 * c + 1], 0x44);
        __m512 e1 = _mm512_shuffle_f32x4(b[4 * c], b[4 * c + 1], 0xee);
        __m512 e2 = _mm512_shuffle_f32x4(b[4 * c + 2], b[4 * c + 3], 0x44);
        __m512 e3 = _mm512_shuffle_f32x4(b[4 * c + 2], b[4 * c + 3], 0xee);
        __m512 column[4] = {
            _mm512_shuffle_f32x4(e0, e2, 0x88),
            _mm512_shuffle_f32x4(e0, e2, 0xdd),
            _mm512_shuffle_f32x4(e1, e3, 0x88),
            _mm512_shuffle_f32x4(e1, e3, 0xdd),
        };
        KOR_UNROLL(4)
        for (size_t l = 0; l < 4; l++) {
            if (4 * l + c < columns) _mm512_storeu_ps(out + (4 * l + c) * ld_out, column[l]);
        }
    }
}

/* Scores of rows queries against all keys, softmax, and their mix of the values. */
INLINE void attend(float *out, const float *q, const float *v, size_t ld, size_t width, size_t t,
                   size_t dim, float scale, const float *keys, size_t wide, float *p,
                   const int rows)
{
    __m512 acc[8], factor = _mm512_set1_ps(scale);
    for (size_t s = 0; s < t; s += 16) {
        tile_8x16(acc, q, ld, keys + s, wide, dim, (__mmask16)0xffff, rows);
        for (int r = 0; r < rows; r++)
            _mm512_storeu_ps(p + (size_t)r * wide + s, _mm512_mul_ps(acc[r], factor));
    }
    for (int r = 0; r < rows; r++) {
        float *row = p + (size_t)r * wide;
        __m512 vmax = _mm512_set1_ps(-__builtin_inff()), sum = _mm512_setzero_ps();
        for (size_t s = 0; s < t; s += 16) {
            vmax = _mm512_mask_max_ps(vmax, tail_mask(t - s), vmax, _mm512_loadu_ps(row + s));
        }
        __m512 max = _mm512_set1_ps(_mm512_reduce_max_ps(vmax));
        for (size_t s = 0; s < t; s += 16) {
            __m512 e = exp512(_mm512_sub_ps(_mm512_loadu_ps(row + s), max));
            e = _mm512_maskz_mov_ps(tail_mask(t - s), e);
            _mm512_storeu_ps(row + s, e);
            sum = _mm512_add_ps(sum, e);
        }
        __m512 inverse = _mm512_set1_ps(1 / sum16(sum));
        for (size_t s = 0; s < t; s += 16) {
            _mm512_storeu_ps(row + s, _mm512_mul_ps(_mm512_loadu_ps(row + s), inverse));
        }
    }
    for (size_t j = 0; j < dim; j += 16) {
        __mmask16 in = tail_mask(dim - j);
        tile_8x16(acc, p, wide, v + j, ld, t, in, rows);
        for (int r = 0; r < rows; r++)
            _mm512_mask_storeu_ps(out + (size_t)r * width + j, in, acc[r]);
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
        for (size_t s = 0; s < t; s += 16) {
            for (size_t j = 0; j < dim; j += 16) {
                size_t rows = t - s < 16 ? t - s : 16, columns = dim - j < 16 ? dim - j : 16;
                transpose_16x16(keys + j * wide + s, wide, k + s * ld + j, ld, rows, columns);
            }
        }
        float *o = out + h * dim;
        size_t i = 0;
        for (; i + 8 <= t; i += 8) {
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 8);
        }
        for (; i + 4 <= t; i += 4) {
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 4);
        }
        for (; i < t; i++) {
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 1);
        }
    }
}

static void mean_rows(float *out, const float *x, size_t rows, size_t n)
{
    __m512 count = _mm512_set1_ps((float)rows);
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 in = tail_mask(n - i);
        __m512 s = _mm512_setzero_ps();
        for (size_t r = 0; r < rows; r++)
            s = _mm512_add_ps(s, _mm512_maskz_loadu_ps(in, x + r * n + i));
        _mm512_mask_storeu_ps(out + i, in, _mm512_div_ps(s, count));
    }
}

static void embed_i8(float *out, const int8_t *code, float scale, float factor, const float *add,
                     size_t n)
{
    __m512 f = _mm512_set1_ps(scale * factor);
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 in = tail_mask(n - i);
        __m512 c = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(in, code + i)));
        __m512 y = _mm512_add_ps(_mm512_mul_ps(c, f), _mm512_maskz_loadu_ps(in, add + i));
        _mm512_mask_storeu_ps(out + i, in, y);
    }
}

static void tanh_rows(float *out, const float *x, size_t n)
{
    __m512 one = _mm512_set1_ps(1), two = _mm512_set1_ps(2);
    for (size_t i = 0; i < n; i += 16) {
        __mmask16 in = tail_mask(n - i);
        __m512 e = exp512(_mm512_mul_ps(_mm512_maskz_loadu_ps(in, x + i), two));
        _mm512_mask_storeu_ps(out + i, in,
                              _mm512_sub_ps(one, _mm512_div_ps(two, _mm512_add_ps(e, one))));
    }
}

static void dot_i8(int32_t *out, const int8_t *query, const int8_t *rows, size_t count,
                   size_t stride, size_t dim)
{
    const __m512i flip = _mm512_set1_epi8(-128);
    int32_t query_sum = 0;
    for (size_t i = 0; i < dim; i++) query_sum += query[i];
    for (size_t r = 0; r < count; r++, rows += stride) {
        __m512i acc0 = _mm512_setzero_si512(), acc1 = acc0;
        size_t i = 0;
        for (; i + 128 <= dim; i += 128) {
            acc0 = _mm512_dpbusd_epi32(acc0, _mm512_xor_si512(_mm512_loadu_si512(rows + i), flip),
                                       _mm512_loadu_si512(query + i));
            acc1 =
                _mm512_dpbusd_epi32(acc1, _mm512_xor_si512(_mm512_loadu_si512(rows + i + 64), flip),
                                    _mm512_loadu_si512(query + i + 64));
        }
        for (; i < dim; i += 64) {
            __mmask64 in = dim - i >= 64 ? ~0ull : (1ull << (dim - i)) - 1;
            acc0 = _mm512_dpbusd_epi32(
                acc0, _mm512_xor_si512(_mm512_maskz_loadu_epi8(in, rows + i), flip),
                _mm512_maskz_loadu_epi8(in, query + i));
        }
        out[r] = _mm512_reduce_add_epi32(_mm512_add_epi32(acc0, acc1)) - 128 * query_sum;
    }
}

static void dot_bits(int32_t *out, const int8_t *query, const uint8_t *rows, size_t count,
                     size_t bytes)
{
    const __m512i one = _mm512_set1_epi8(1);
    for (size_t r = 0; r < count; r++, rows += bytes) {
        __m512i sum = _mm512_setzero_si512();
        for (size_t i = 0; i < bytes; i += 8) {
            uint64_t in;
            memcpy(&in, rows + i, sizeof in);
            sum = _mm512_dpbusd_epi32(sum, one, _mm512_maskz_loadu_epi8(in, query + 8 * i));
        }
        out[r] = _mm512_reduce_add_epi32(sum);
    }
}

static uint64_t peak_i8(size_t rounds)
{
    enum { SUMS = 16 };
    __m512i acc[SUMS], w = _mm512_set1_epi8(3), x = _mm512_set1_epi8(-2);
    KOR_UNROLL(16)
    for (int i = 0; i < SUMS; i++) acc[i] = _mm512_setzero_si512();
    for (size_t n = 0; n < rounds; n++) {
        KOR_UNROLL(16)
        for (int i = 0; i < SUMS; i++) dot4(&acc[i], w, x);
        __asm__ volatile("" : "+v"(w), "+v"(x));
    }
    KOR_UNROLL(16)
    for (int i = 0; i < SUMS; i++) __asm__ volatile("" : : "v"(acc[i]));
    return 2ull * 64 * SUMS * rounds;
}

const kor_kernels kor_kernels_avx512vnni = {
    .name = "avx512vnni",
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
