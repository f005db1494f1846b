/* SPDX-License-Identifier: Apache-2.0 */
/* AVX2 and FMA. This file is compiled twice: as the table "avx2", and with KOR_AVX_VNNI as the
 * table "avxvnni", which does its byte products as kernels_avx512vnni.c does.
 *
 * VPMADDUBSW multiplies unsigned by signed bytes and adds pairs with saturation at 16 bits. With
 * |w| on the unsigned side and x carrying the sign of w on the other, a pair is at most
 * 2 * 127 * 127 = 32258: it never saturates, so the sums are exact. (A weight of -128 cannot come
 * from our packing; in a hostile file it gives 2 * 128 * 127 = 32512, still exact.) */
#include "kernels/kernels.h"
#include "kernels/kernels_plain.h"
#include "kernels/kernels_tiles.h"

#include <immintrin.h>

#define INLINE static inline __attribute__((always_inline))

#ifdef KOR_AVX_VNNI
#define TABLE kor_kernels_avxvnni
#define TABLE_NAME "avxvnni"
#else
#define TABLE kor_kernels_avx2
#define TABLE_NAME "avx2"
#endif

/* The first n of 8 lanes, as VMASKMOV wants them. */
INLINE __m256i lanes(size_t n)
{
    static const int32_t table[16] = {-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0};
    return _mm256_loadu_si256((const __m256i *)(const void *)(table + 8 - (n < 8 ? n : 8)));
}

INLINE __m256 load_part(const float *x, size_t n)
{
    return n >= 8 ? _mm256_loadu_ps(x) : _mm256_maskload_ps(x, lanes(n));
}

/* v, with 0 in all but the first n lanes. */
INLINE __m256 keep_part(__m256 v, size_t n)
{
    return n >= 8 ? v : _mm256_and_ps(v, _mm256_castsi256_ps(lanes(n)));
}

INLINE void store_part(float *x, size_t n, __m256 v)
{
    if (n >= 8)
        _mm256_storeu_ps(x, v);
    else
        _mm256_maskstore_ps(x, lanes(n), v);
}

/* The sum of KOR_LANES lanes, in the agreed order. */
INLINE float sum16(__m256 low, __m256 high)
{
    __m256 v = _mm256_add_ps(low, high);
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

INLINE float max8(__m256 v)
{
    __m128 s = _mm_max_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_max_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_max_ss(s, _mm_movehdup_ps(s)));
}

INLINE int32_t sum8_i32(__m256i v)
{
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

INLINE __m256 abs256(__m256 x)
{
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), x);
}

/* exp(x), about 1 ulp: 2^n times a polynomial on [-ln2/2, ln2/2] (Cephes expf). Below -87.3 it
 * is 2^-126 and not a denormal. */
INLINE __m256 exp256(__m256 x)
{
    x = _mm256_min_ps(x, _mm256_set1_ps(88.37f));
    x = _mm256_max_ps(x, _mm256_set1_ps(-87.3f));
    __m256 n = _mm256_round_ps(_mm256_mul_ps(x, _mm256_set1_ps(1.44269504f)),
                               _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    __m256 r = _mm256_fnmadd_ps(n, _mm256_set1_ps(0.693359375f), x);
    r = _mm256_fnmadd_ps(n, _mm256_set1_ps(-2.12194440e-4f), r);
    __m256 p = _mm256_set1_ps(1.9875691500e-4f);
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.3981999507e-3f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(8.3334519073e-3f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(4.1665795894e-2f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(1.6666665459e-1f));
    p = _mm256_fmadd_ps(p, r, _mm256_set1_ps(5.0000001201e-1f));
    p = _mm256_fmadd_ps(p, _mm256_mul_ps(r, r), _mm256_add_ps(r, _mm256_set1_ps(1)));
    __m256i e =
        _mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23);
    return _mm256_mul_ps(p, _mm256_castsi256_ps(e));
}

/* GELU by erf, absolute error below 1e-6 times |x| (Abramowitz and Stegun 7.1.26). */
INLINE __m256 gelu256(__m256 x)
{
    __m256 z = _mm256_mul_ps(x, _mm256_set1_ps(0.70710678f)), a = abs256(z),
           one = _mm256_set1_ps(1);
    __m256 t = _mm256_div_ps(one, _mm256_fmadd_ps(a, _mm256_set1_ps(0.3275911f), one));
    __m256 p = _mm256_set1_ps(1.061405429f);
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-1.453152027f));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(1.421413741f));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(-0.284496736f));
    p = _mm256_fmadd_ps(p, t, _mm256_set1_ps(0.254829592f));
    __m256 minus_a = _mm256_xor_ps(a, _mm256_set1_ps(-0.0f));
    p = _mm256_mul_ps(_mm256_mul_ps(p, t), exp256(_mm256_mul_ps(minus_a, a)));
    __m256 erf = _mm256_or_ps(_mm256_sub_ps(one, p), _mm256_and_ps(z, _mm256_set1_ps(-0.0f)));
    return _mm256_mul_ps(_mm256_mul_ps(x, _mm256_set1_ps(0.5f)), _mm256_add_ps(one, erf));
}

static void quantize(int8_t *code, float *scale, int32_t *sum, const float *x, size_t n)
{
    __m256 vmax = _mm256_setzero_ps();
    for (size_t i = 0; i < n; i += 8) {
        vmax = _mm256_max_ps(abs256(load_part(x + i, n - i)), vmax); /* so a NaN is passed over */
    }
    float max = max8(vmax);
    bool zero = !(max > KOR_QUANTIZE_MIN);
    *scale = zero ? 1 : max / 127;
    __m256 inverse = _mm256_set1_ps(zero ? 0 : 127 / max);
    __m256i low = _mm256_set1_epi32(-127), high = _mm256_set1_epi32(127),
            total = _mm256_setzero_si256();
    size_t n4 = kor_round_up(n, KOR_GROUP);
    for (size_t i = 0; i < n; i += 8) {
        __m256i v = _mm256_cvtps_epi32(_mm256_mul_ps(load_part(x + i, n - i), inverse));
        v = _mm256_min_epi32(_mm256_max_epi32(v, low), high);
        if (n - i < 8) v = _mm256_and_si256(v, lanes(n - i));
        total = _mm256_add_epi32(total, v);
        __m128i words = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
        __m128i bytes = _mm_packs_epi16(words, words);
        if (n4 - i >= 8) {
            _mm_storel_epi64((__m128i *)(void *)(code + i), bytes);
        } else {
            int32_t four = _mm_cvtsi128_si32(bytes);
            __builtin_memcpy(code + i, &four, 4);
        }
    }
    *sum = sum8_i32(total);
}

/* out = act(y) + add for up to 8 columns. */
INLINE void finish(const kor_gemm *g, size_t i, size_t j, __m256 y, size_t n)
{
    if (g->act == KOR_ACT_RELU) y = _mm256_max_ps(y, _mm256_setzero_ps());
    if (g->act == KOR_ACT_GELU) y = gelu256(y);
    if (g->add) y = _mm256_add_ps(y, load_part(g->add + i * g->ld_add + j, n));
    store_part(g->out + i * g->ld_out + j, n, y);
}

#ifdef KOR_AVX_VNNI
enum { ROWS = 6 };

INLINE void dot4(__m256i *acc, __m256i w, __m256i x)
{
    __asm__("%{vex%} vpdpbusd %2, %1, %0" : "+x"(*acc) : "x"(w), "x"(x));
}

/* acc[r] = the 16 sums of row r: 6 x 2 accumulators, 2 weights, 1 broadcast. */
INLINE void sum_i8(__m256i acc[ROWS][2], const int8_t *x, const int32_t *x_sum, const int8_t *w,
                   size_t k4, ahead next, const int rows)
{
    const __m256i flip = _mm256_set1_epi8(-128);
    for (size_t k = 0; k < k4; k += KOR_GROUP) {
        fetch(&next);
        const int8_t *wk = w + k * KOR_PANEL;
        __m256i w0 = _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)wk), flip);
        __m256i w1 =
            _mm256_xor_si256(_mm256_loadu_si256((const __m256i *)(const void *)(wk + 32)), flip);
        KOR_UNROLL(6)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            __builtin_memcpy(&four, x + (size_t)r * k4 + k, 4);
            __m256i xr = _mm256_set1_epi32(four);
            dot4(&acc[r][0], w0, xr);
            dot4(&acc[r][1], w1, xr);
        }
    }
    KOR_UNROLL(6)
    for (int r = 0; r < rows; r++) {
        __m256i bias = _mm256_set1_epi32(128 * x_sum[r]);
        acc[r][0] = _mm256_sub_epi32(acc[r][0], bias);
        acc[r][1] = _mm256_sub_epi32(acc[r][1], bias);
    }
}
#else
enum { ROWS = 4 };

/* acc[r] = the 16 sums of row r: 4 x 2 accumulators, 2 weights and their absolute values. */
INLINE void sum_i8(__m256i acc[ROWS][2], const int8_t *x, const int32_t *x_sum, const int8_t *w,
                   size_t k4, ahead next, const int rows)
{
    (void)x_sum;
    const __m256i ones = _mm256_set1_epi16(1);
    for (size_t k = 0; k < k4; k += KOR_GROUP) {
        fetch(&next);
        const int8_t *wk = w + k * KOR_PANEL;
        __m256i w0 = _mm256_loadu_si256((const __m256i *)(const void *)wk);
        __m256i w1 = _mm256_loadu_si256((const __m256i *)(const void *)(wk + 32));
        __m256i a0 = _mm256_abs_epi8(w0), a1 = _mm256_abs_epi8(w1);
        KOR_UNROLL(4)
        for (int r = 0; r < rows; r++) {
            int32_t four;
            __builtin_memcpy(&four, x + (size_t)r * k4 + k, 4);
            __m256i xr = _mm256_set1_epi32(four);
            __m256i p0 = _mm256_maddubs_epi16(a0, _mm256_sign_epi8(xr, w0));
            __m256i p1 = _mm256_maddubs_epi16(a1, _mm256_sign_epi8(xr, w1));
            acc[r][0] = _mm256_add_epi32(acc[r][0], _mm256_madd_epi16(p0, ones));
            acc[r][1] = _mm256_add_epi32(acc[r][1], _mm256_madd_epi16(p1, ones));
        }
    }
}
#endif

/* rows x 16 outputs at row i, column j. */
INLINE void tile_i8(const kor_gemm *g, size_t i, size_t j, ahead next, const int rows)
{
    size_t k4 = kor_round_up(g->k, KOR_GROUP);
    __m256i acc[ROWS][2];
    KOR_UNROLL(6)
    for (int r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm256_setzero_si256();
    sum_i8(acc, g->x8 + i * k4, g->x8_sum + i, g->w8 + j * k4, k4, next, rows);
    for (size_t p = 0; p < 2 && j + 8 * p < g->n; p++) {
        size_t col = j + 8 * p, n = g->n - col;
        __m256 ws = load_part(g->w8_scale + col, n);
        __m256 bias = g->bias ? load_part(g->bias + col, n) : _mm256_setzero_ps();
        KOR_UNROLL(6)
        for (int r = 0; r < rows; r++) {
            size_t row = i + (size_t)r;
            __m256 s = _mm256_mul_ps(_mm256_set1_ps(g->x8_scale[row]), ws);
            __m256i v = p ? acc[r][1] : acc[r][0];
            finish(g, row, col, _mm256_fmadd_ps(_mm256_cvtepi32_ps(v), s, bias), n);
        }
    }
}

/* acc[r][0..1] = sum over k of a[r][k] * b[k][0..15]; of the 16 columns, n exist in b. */
INLINE void sum_products(__m256 acc[6][2], const float *a, size_t ld_a, const float *b, size_t ld_b,
                         size_t k_count, size_t n, ahead next, const int rows)
{
    KOR_UNROLL(6)
    for (int r = 0; r < rows; r++) acc[r][0] = acc[r][1] = _mm256_setzero_ps();
    for (size_t k = 0; k < k_count; k++) {
        fetch(&next);
        const float *bk = b + k * ld_b;
        __m256 b0 = load_part(bk, n);
        __m256 b1 = n > 8 ? load_part(bk + 8, n - 8) : _mm256_setzero_ps();
        KOR_UNROLL(6)
        for (int r = 0; r < rows; r++) {
            __m256 ar = _mm256_broadcast_ss(a + (size_t)r * ld_a + k);
            acc[r][0] = _mm256_fmadd_ps(ar, b0, acc[r][0]);
            acc[r][1] = _mm256_fmadd_ps(ar, b1, acc[r][1]);
        }
    }
}

INLINE void tile_f32(const kor_gemm *g, size_t i, size_t j, ahead next, const int rows)
{
    __m256 acc[6][2];
    sum_products(acc, g->x + i * g->ld_x, g->ld_x, g->w + j * g->k, KOR_PANEL, g->k, KOR_PANEL,
                 next, rows);
    for (size_t p = 0; p < 2 && j + 8 * p < g->n; p++) {
        size_t col = j + 8 * p, n = g->n - col;
        __m256 bias = g->bias ? load_part(g->bias + col, n) : _mm256_setzero_ps();
        KOR_UNROLL(6)
        for (int r = 0; r < rows; r++)
            finish(g, i + (size_t)r, col, _mm256_add_ps(p ? acc[r][1] : acc[r][0], bias), n);
    }
}

static void gemm_i8(const kor_gemm *g)
{
    size_t bytes = KOR_PANEL * kor_round_up(g->k, KOR_GROUP);
    const int8_t *w = g->w8;
    for (size_t j = 0; j < g->n; j += KOR_PANEL, w += bytes) {
        bool last = j + KOR_PANEL >= g->n;
        KOR_TILE_ROWS(tile_i8, ROWS, last ? w : w + bytes, last ? 0 : bytes, 64);
    }
}

static void gemm_f32(const kor_gemm *g)
{
    size_t floats = KOR_PANEL * g->k;
    const float *w = g->w;
    for (size_t j = 0; j < g->n; j += KOR_PANEL, w += floats) {
        bool last = j + KOR_PANEL >= g->n;
        KOR_TILE_ROWS(tile_f32, 6, last ? w : w + floats, last ? 0 : floats * sizeof *w, 64);
    }
}

static void layer_norm(float *out, const float *x, const float *gamma, const float *beta,
                       size_t rows, size_t n, float eps)
{
    for (size_t r = 0; r < rows; r++, x += n, out += n) {
        __m256 s0 = _mm256_setzero_ps(), s1 = s0, v0 = s0, v1 = s0;
        for (size_t i = 0; i < n; i += KOR_LANES) {
            s0 = _mm256_add_ps(s0, load_part(x + i, n - i));
            if (n - i > 8) s1 = _mm256_add_ps(s1, load_part(x + i + 8, n - i - 8));
        }
        __m256 mean = _mm256_set1_ps(sum16(s0, s1) / (float)n);
        for (size_t i = 0; i < n; i += KOR_LANES) {
            __m256 d = keep_part(_mm256_sub_ps(load_part(x + i, n - i), mean), n - i);
            v0 = _mm256_add_ps(v0, _mm256_mul_ps(d, d));
            if (n - i <= 8) break;
            d = keep_part(_mm256_sub_ps(load_part(x + i + 8, n - i - 8), mean), n - i - 8);
            v1 = _mm256_add_ps(v1, _mm256_mul_ps(d, d));
        }
        __m256 spread = _mm256_sqrt_ps(_mm256_set1_ps(sum16(v0, v1) / (float)n + eps));
        __m256 inverse = _mm256_div_ps(_mm256_set1_ps(1), spread);
        for (size_t i = 0; i < n; i += 8) {
            __m256 d = _mm256_sub_ps(load_part(x + i, n - i), mean);
            __m256 gain = _mm256_mul_ps(load_part(gamma + i, n - i), inverse);
            __m256 y = _mm256_add_ps(_mm256_mul_ps(d, gain), load_part(beta + i, n - i));
            store_part(out + i, n - i, y);
        }
    }
}

/* out[j][0..7] = x[0..7][j] for j < columns; rows beyond rows are 0. */
INLINE void transpose_8x8(float *out, size_t ld_out, const float *x, size_t ld_x, size_t rows,
                          size_t columns)
{
    __m256 a[8], b[8];
    KOR_UNROLL(8)
    for (size_t r = 0; r < 8; r++) {
        a[r] = r < rows ? load_part(x + r * ld_x, columns) : _mm256_setzero_ps();
    }
    KOR_UNROLL(2)
    for (int q = 0; q < 2; q++) {
        __m256 l0 = _mm256_unpacklo_ps(a[4 * q], a[4 * q + 1]),
               h0 = _mm256_unpackhi_ps(a[4 * q], a[4 * q + 1]);
        __m256 l1 = _mm256_unpacklo_ps(a[4 * q + 2], a[4 * q + 3]);
        __m256 h1 = _mm256_unpackhi_ps(a[4 * q + 2], a[4 * q + 3]);
        b[4 * q] = _mm256_shuffle_ps(l0, l1, 0x44);
        b[4 * q + 1] = _mm256_shuffle_ps(l0, l1, 0xee);
        b[4 * q + 2] = _mm256_shuffle_ps(h0, h1, 0x44);
        b[4 * q + 3] = _mm256_shuffle_ps(h0, h1, 0xee);
    }
    KOR_UNROLL(4)
    for (size_t c = 0; c < 4; c++) {
        if (c < columns)
            _mm256_storeu_ps(out + c * ld_out, _mm256_permute2f128_ps(b[c], b[c + 4], 0x20));
        if (c + 4 < columns) {
            _mm256_storeu_ps(out + (c + 4) * ld_out, _mm256_permute2f128_ps(b[c], b[c + 4], 0x31));
        }
    }
}

/* Scores of rows queries against all keys, softmax, and their mix of the values. */
INLINE void attend(float *out, const float *q, const float *v, size_t ld, size_t width, size_t t,
                   size_t dim, float scale, const float *keys, size_t wide, float *p,
                   const int rows)
{
    const ahead here = {(const char *)q, 0};
    __m256 acc[6][2], factor = _mm256_set1_ps(scale);
    for (size_t s = 0; s < t; s += KOR_PANEL) {
        sum_products(acc, q, ld, keys + s, wide, dim, KOR_PANEL, here, rows);
        for (int r = 0; r < rows; r++) {
            _mm256_storeu_ps(p + (size_t)r * wide + s, _mm256_mul_ps(acc[r][0], factor));
            _mm256_storeu_ps(p + (size_t)r * wide + s + 8, _mm256_mul_ps(acc[r][1], factor));
        }
    }
    for (int r = 0; r < rows; r++) {
        float *row = p + (size_t)r * wide;
        __m256 vmax = _mm256_set1_ps(-__builtin_inff());
        __m256 sum[2] = {_mm256_setzero_ps(), _mm256_setzero_ps()};
        size_t s = 0;
        for (; s + 8 <= t; s += 8) vmax = _mm256_max_ps(vmax, _mm256_loadu_ps(row + s));
        float max = max8(vmax);
        for (; s < t; s++) max = row[s] > max ? row[s] : max;
        for (s = 0; s < t; s += KOR_LANES) {
            KOR_UNROLL(2)
            for (size_t half = 0; half < 2; half++) {
                size_t at = s + 8 * half;
                if (at >= t) break;
                __m256 e = exp256(_mm256_sub_ps(_mm256_loadu_ps(row + at), _mm256_set1_ps(max)));
                e = keep_part(e, t - at);
                _mm256_storeu_ps(row + at, e);
                sum[half] = _mm256_add_ps(sum[half], e);
            }
        }
        __m256 inverse = _mm256_set1_ps(1 / sum16(sum[0], sum[1]));
        for (s = 0; s < t; s += 8)
            _mm256_storeu_ps(row + s, _mm256_mul_ps(_mm256_loadu_ps(row + s), inverse));
    }
    for (size_t j = 0; j < dim; j += KOR_PANEL) {
        size_t n = dim - j;
        sum_products(acc, p, wide, v + j, ld, t, n, here, rows);
        for (int r = 0; r < rows; r++) {
            store_part(out + (size_t)r * width + j, n, acc[r][0]);
            if (n > 8) store_part(out + (size_t)r * width + j + 8, n - 8, acc[r][1]);
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
        for (size_t s = 0; s < wide; s += 8) {
            for (size_t j = 0; j < dim; j += 8) {
                size_t rows = s < t ? t - s : 0;
                transpose_8x8(keys + j * wide + s, wide, k + s * ld + j, ld, rows, dim - j);
            }
        }
        float *o = out + h * dim;
        size_t i = 0;
        for (; i + 6 <= t; i += 6)
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 6);
        for (; i + 2 <= t; i += 2)
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 2);
        for (; i < t; i++)
            attend(o + i * width, q + i * ld, v, ld, width, t, dim, scale, keys, wide, p, 1);
    }
}

static void mean_rows(float *out, const float *x, size_t rows, size_t n)
{
    __m256 count = _mm256_set1_ps((float)rows);
    for (size_t i = 0; i < n; i += 8) {
        __m256 s = _mm256_setzero_ps();
        for (size_t r = 0; r < rows; r++) s = _mm256_add_ps(s, load_part(x + r * n + i, n - i));
        store_part(out + i, n - i, _mm256_div_ps(s, count));
    }
}

static void embed_i8(float *out, const int8_t *code, float scale, float factor, const float *add,
                     size_t n)
{
    __m256 f = _mm256_set1_ps(scale * factor);
    size_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m128i bytes = _mm_loadl_epi64((const __m128i *)(const void *)(code + i));
        __m256 c = _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes));
        _mm256_storeu_ps(out + i, _mm256_add_ps(_mm256_mul_ps(c, f), _mm256_loadu_ps(add + i)));
    }
    for (; i < n; i++) out[i] = (float)code[i] * (scale * factor) + add[i];
}

static void tanh_rows(float *out, const float *x, size_t n)
{
    __m256 one = _mm256_set1_ps(1), two = _mm256_set1_ps(2);
    for (size_t i = 0; i < n; i += 8) {
        __m256 e = exp256(_mm256_mul_ps(load_part(x + i, n - i), two));
        store_part(out + i, n - i, _mm256_sub_ps(one, _mm256_div_ps(two, _mm256_add_ps(e, one))));
    }
}

static void dot_i8(int32_t *out, const int8_t *query, const int8_t *rows, size_t count,
                   size_t stride, size_t dim)
{
    for (size_t r = 0; r < count; r++, rows += stride) {
        __m256i acc = _mm256_setzero_si256();
        size_t i = 0;
        for (; i + 16 <= dim; i += 16) {
            __m256i q =
                _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(query + i)));
            __m256i x =
                _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(rows + i)));
            acc = _mm256_add_epi32(acc, _mm256_madd_epi16(q, x));
        }
        int32_t sum = sum8_i32(acc);
        for (; i < dim; i++) sum += query[i] * rows[i];
        out[r] = sum;
    }
}

/* The sums of bytes two and two stay in 16 bits for a while: 64 times 256 fit. */
static __m256i dot_bits_part(const int8_t *query, const uint8_t *row, size_t bytes)
{
    const __m256i spread = _mm256_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2,
                                            2, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 3, 3);
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201ull);
    __m256i sum = _mm256_setzero_si256();
    for (size_t i = 0; i < bytes; i += 4) {
        int32_t word;
        memcpy(&word, row + i, sizeof word);
        __m256i in = _mm256_and_si256(_mm256_shuffle_epi8(_mm256_set1_epi32(word), spread), bit);
        __m256i codes = _mm256_and_si256(_mm256_cmpeq_epi8(in, bit),
                                         _mm256_loadu_si256((const void *)(query + 8 * i)));
        sum = _mm256_add_epi16(sum, _mm256_maddubs_epi16(_mm256_set1_epi8(1), codes));
    }
    return _mm256_madd_epi16(sum, _mm256_set1_epi16(1));
}

static void dot_bits(int32_t *out, const int8_t *query, const uint8_t *rows, size_t count,
                     size_t bytes)
{
    enum { PART = 64 * 4 };
    for (size_t r = 0; r < count; r++, rows += bytes) {
        __m256i sum = _mm256_setzero_si256();
        for (size_t i = 0; i < bytes; i += PART) {
            size_t n = bytes - i < PART ? bytes - i : PART;
            sum = _mm256_add_epi32(sum, dot_bits_part(query + 8 * i, rows + i, n));
        }
        out[r] = sum8_i32(sum);
    }
}

static uint64_t peak_i8(size_t rounds)
{
    enum { SUMS = 10 };
    __m256i acc[SUMS], w = _mm256_set1_epi8(3), x = _mm256_set1_epi8(-2);
#ifndef KOR_AVX_VNNI
    __m256i ones = _mm256_set1_epi16(1);
#endif
    KOR_UNROLL(10)
    for (int i = 0; i < SUMS; i++) acc[i] = _mm256_setzero_si256();
    for (size_t n = 0; n < rounds; n++) {
        KOR_UNROLL(10)
        for (int i = 0; i < SUMS; i++) {
            __asm__ volatile("" : "+x"(w), "+x"(x));
#ifdef KOR_AVX_VNNI
            dot4(&acc[i], w, x);
#else
            __m256i p = _mm256_maddubs_epi16(w, _mm256_sign_epi8(x, w));
            acc[i] = _mm256_add_epi32(acc[i], _mm256_madd_epi16(p, ones));
#endif
        }
    }
    KOR_UNROLL(10)
    for (int i = 0; i < SUMS; i++) __asm__ volatile("" : : "x"(acc[i]));
    return 2ull * 32 * SUMS * rounds;
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
