/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic: one table of functions per instruction set, chosen once at run time.
 *
 * Numeric contract. Integer results (quantize, the sums inside gemm_i8, dot_i8, dot_bits, bag_i8)
 * have the same bits on every instruction set. So have the float results of all slots but gemm_f32:
 * a last bit that differs moves an int8 code by one in the next quantize, and from there a score in
 * the third digit. An int8 model therefore gives the same vector everywhere. What every table does,
 * with one rounding to nearest an operation (no flush of denormals, no contraction by the
 * compiler):
 *
 * - A sum across a row (layer_norm, softmax) runs in KOR_LANES lanes, element i in lane i mod
 *   KOR_LANES, in the order of i; then lane i takes lane i + 8, i + 4, i + 2, i + 1.
 * - gemm_i8: y = fma(sum, x8_scale * w8_scale, bias or 0), then act, then + add. ReLU gives +0 for
 *   -0 and NaN.
 * - layer_norm: mean = sum / n, variance = sum of d * d, over n, with d = x - mean; inverse =
 *   1 / sqrt(variance + eps); d * (gamma * inverse) + beta. No FMA.
 * - attention: the dot product by FMA over dim in order from 0, then * scale; exp(score - max);
 *   p = that * (1 / sum); p v by FMA over the keys in order from 0.
 * - mean_rows: the rows in order from 0, then / rows. embed_i8: code * (scale * factor) + add, no
 *   FMA. tanh_rows: 1 - 2 / (exp(2 x) + 1).
 * - exp and GELU: the steps of kernels_scalar.c, one for one.
 *
 * gemm_f32 sums with FMA where there is one and without in scalar, within the bound that
 * tests/checkkern.c states. Not promised either: the bits of a NaN, and attention over NaN scores.
 *
 * Activations are int8 in [-127, 127] with one scale a row; weights are int8 in [-127, 127] with
 * one scale an output channel. Products are summed in int32: with K <= KOR_GEMM_MAX_K,
 * 255 * 127 * K < 2^31, so nothing overflows, the biased u8 form of the AVX-512 kernel included.
 *
 * Packed weights. A matrix W of K inputs and N outputs (y = x W) is stored so that every
 * instruction set reads it front to back; a partial last group is filled with zeros: int8
 * [N/16][K/4][16][4]     16 outputs, 4 inputs of each together (the dword of VPDPBUSD, SDOT) f32
 * [N/16][K][16]
 */
#ifndef KOR_KERNELS_H
#define KOR_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KOR_PANEL = 16,          /* output channels that are packed together */
    KOR_LANES = 16,          /* partial sums of a row, see above */
    KOR_GROUP = 4,           /* inputs that are packed together in int8 */
    KOR_GEMM_MAX_K = 1 << 16 /* see above */
};

#define KOR_QUANTIZE_MIN 1e-30f

typedef enum kor_activation { KOR_ACT_NONE, KOR_ACT_RELU, KOR_ACT_GELU } kor_activation;

/* One linear layer over m rows: out = act(x W + bias) + add. */
typedef struct kor_gemm {
    size_t m, n, k;
    float *out; /* [m][n], rows ld_out floats apart */
    size_t ld_out;
    const float *bias; /* [n], or NULL */
    const float *add;  /* [m][n], rows ld_add apart; may be out itself; or NULL */
    size_t ld_add;
    kor_activation act;
    /* int8 */
    const int8_t *x8;      /* [m][k4], k rounded up to KOR_GROUP, zero-filled */
    const float *x8_scale; /* [m] */
    const int32_t *x8_sum; /* [m] sum of the row's codes */
    const int8_t *w8;      /* packed */
    const float *w8_scale; /* [n] */
    /* f32 */
    const float *x; /* [m][k], rows ld_x floats apart */
    size_t ld_x;
    const float *w; /* packed */
} kor_gemm;

typedef struct kor_kernels {
    const char *name;

    /* x[n] to codes: scale = max|x| / 127, code = x * (127 / max|x|) rounded to nearest, ties to
     * even; all codes are 0 and scale is 1 when max|x| <= KOR_QUANTIZE_MIN, below which 127 / max
     * overflows. Codes n..round_up(n, KOR_GROUP) are 0. *sum is the sum of the codes. A NaN gives
     * some code in [-127, 127]. */
    void (*quantize)(int8_t *code, float *scale, int32_t *sum, const float *x, size_t n);

    void (*gemm_i8)(const kor_gemm *g);
    void (*gemm_f32)(const kor_gemm *g);

    /* Each of rows rows of n floats: (x - mean) * (gamma / sqrt(variance + eps)) + beta, with the
     * biased variance (Ba, Kiros, Hinton 2016). out may be x. */
    void (*layer_norm)(float *out, const float *x, const float *gamma, const float *beta,
                       size_t rows, size_t n, float eps);

    /* Full self-attention of one sequence. qkv is [t][3 * heads * dim], columns q|k|v, each
     * head-major; out is [t][heads * dim]. p = softmax(scale * q k'), out = p v (Vaswani et al.
     * 2017). scratch holds kor_attention_scratch(t, dim) floats. */
    void (*attention)(float *out, const float *qkv, size_t t, size_t heads, size_t dim, float scale,
                      float *scratch);

    /* out[n] = mean of rows rows. rows must be at least 1. */
    void (*mean_rows)(float *out, const float *x, size_t rows, size_t n);

    /* out[n] = factor * scale * code + add: a row of an int8 embedding table. */
    void (*embed_i8)(float *out, const int8_t *code, float scale, float factor, const float *add,
                     size_t n);

    void (*tanh_rows)(float *out, const float *x, size_t n);

    /* out[i] = sum of query[j] * row_i[j], rows stride bytes apart. */
    void (*dot_i8)(int32_t *out, const int8_t *query, const int8_t *rows, size_t count,
                   size_t stride, size_t dim);

    /* out[i] = sum of query[j] where bit j of row i is set, the bit of 2^(j mod 8) in byte j / 8.
     * Rows are bytes long, a multiple of 8, one after the other; query has 8 * bytes codes. */
    void (*dot_bits)(int32_t *out, const int8_t *query, const uint8_t *rows, size_t count,
                     size_t bytes);

    /* out[dim] = sum of the rows ids[count] of table [][dim]. Exact for count < 2^24. */
    void (*bag_i8)(int32_t *out, const int8_t *table, const uint32_t *ids, size_t count,
                   size_t dim);

    /* Multiply-adds of int8 in registers alone, as gemm_i8 does them: the speed that no product can
     * exceed. Returns the operations done, two a multiply-add; takes about rounds times 10 ns. */
    uint64_t (*peak_i8)(size_t rounds);
} kor_kernels;

extern const kor_kernels kor_kernels_scalar;
#if defined(__x86_64__)
extern const kor_kernels kor_kernels_avx2;
extern const kor_kernels kor_kernels_avxvnni;
extern const kor_kernels kor_kernels_avx512vnni;
#elif defined(__aarch64__)
extern const kor_kernels kor_kernels_neon;
extern const kor_kernels kor_kernels_neondot;
#endif

/* The table of this process: the best that CPU and operating system support, or a lower one named
 * by the environment variable KORORA_CPU. Chosen at the first call; thread-safe. */
const kor_kernels *kor_kernels_get(void);

#if defined(__x86_64__)
/* What CPUID and XGETBV say, and which tables follow from it. Apart, so that CPUs and operating
 * systems that are not here can be tested. */
typedef struct kor_cpu_registers {
    uint32_t leaf1_ecx, leaf7_ebx, leaf7_ecx, leaf7_1_eax, xcr0;
} kor_cpu_registers;
typedef struct kor_cpu_paths {
    bool avx2, avxvnni, avx512vnni;
} kor_cpu_paths;
kor_cpu_paths kor_cpu_decide(const kor_cpu_registers *registers);
#endif

/* What was wrong with KORORA_CPU, as one line, or NULL: a name that is unknown or that this machine
 * lacks is passed over, and the user should be told. */
const char *kor_kernels_warning(void);

/* All tables that this machine can run, scalar first, best last; returns how many were written to
 * out. */
enum { KOR_KERNELS_MAX = 8 };
size_t kor_kernels_all(const kor_kernels *out[KOR_KERNELS_MAX]);

static inline size_t kor_round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* Bytes of a packed matrix. The caller checks k and n against overflow. */
static inline size_t kor_packed_i8_size(size_t k, size_t n)
{
    return kor_round_up(k, KOR_GROUP) * kor_round_up(n, KOR_PANEL);
}
static inline size_t kor_packed_f32_size(size_t k, size_t n)
{
    return k * kor_round_up(n, KOR_PANEL) * sizeof(float);
}

/* Scratch of attention in floats: transposed keys and one block of scores. */
static inline size_t kor_attention_scratch(size_t t, size_t dim)
{
    size_t wide = kor_round_up(t, KOR_PANEL);
    return wide * dim + 8 * wide;
}

/* Pack w, stored [k][n] row-major. w8 gets codes and its scales (max|column| / 127). */
void kor_pack_f32(float *out, const float *w, size_t k, size_t n);
void kor_pack_i8(int8_t *out, float *scale, const float *w, size_t k, size_t n);

#endif
