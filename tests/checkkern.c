/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel of every instruction set that this machine has, against the scalar specification:
 * sizes around the lane widths, misaligned data, guard bytes around every output, extreme and
 * random values. Integer results must be equal to the bit, float results within the bound of their
 * slot.
 *
 *     checkkern [--seed N] [--only SLOT] [--bench]
 *
 * The seed is printed, so that a failure can be repeated. --bench times the slots instead. */
#include "kernels/kernels.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static uint64_t state;
static size_t passed, failed;
static const char *only;

static uint64_t next_random(void) /* splitmix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static float random_float(void)
{
    return (float)(int64_t)next_random() * 0x1p-63f;
}

/* ---- Buffers with guards ---- */

enum { GUARD = 64, CANARY = 0xa5 };

typedef struct buffer {
    unsigned char *raw;
    size_t size;
    void *data;
} buffer;

/* size bytes, off by shift from an aligned start, between guards. */
static buffer make(size_t size, size_t shift)
{
    buffer b = {.size = size};
    b.raw = aligned_alloc(64, (size + shift + 2 * GUARD + 63) / 64 * 64);
    if (!b.raw) exit(3);
    memset(b.raw, CANARY, size + shift + 2 * GUARD);
    b.data = b.raw + GUARD + shift;
    return b;
}

static int intact(const buffer *b)
{
    const unsigned char *start = b->data, *end = start + b->size;
    for (const unsigned char *p = b->raw; p < start; p++) {
        if (*p != CANARY) return 0;
    }
    for (int i = 0; i < GUARD; i++) {
        if (end[i] != CANARY) return 0;
    }
    return 1;
}

static void drop(buffer *b)
{
    free(b->raw);
}

typedef enum fill { RANDOM, ALL_MIN, ALL_MAX, ALTERNATING, ZERO, FILLS } fill;

static void fill_i8(int8_t *x, size_t n, fill how)
{
    for (size_t i = 0; i < n; i++) {
        int8_t alternating = i % 2 ? -127 : 127;
        x[i] = how == RANDOM        ? (int8_t)((int)(next_random() % 255) - 127)
               : how == ALL_MIN     ? (int8_t)-127
               : how == ALL_MAX     ? (int8_t)127
               : how == ALTERNATING ? alternating
                                    : (int8_t)0;
    }
}

static void fill_f32(float *x, size_t n, fill how)
{
    for (size_t i = 0; i < n; i++) {
        x[i] = how == RANDOM        ? random_float() * 3
               : how == ALL_MIN     ? -4.0f
               : how == ALL_MAX     ? 4.0f
               : how == ALTERNATING ? (i % 2 ? -1.0f : 1.0f)
                                    : 0.0f;
    }
}

static void verdict(const char *slot, const kor_kernels *k, int good, const char *detail)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s %s: %s\n", k->name, slot, detail);
}

/* Largest |a - b|, infinite when one is not a number. */
static double worst(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - (double)b[i]);
        if (!(d <= most)) most = isnan(d) ? (double)INFINITY : d;
    }
    return most;
}

static int wanted(const char *slot)
{
    return !only || strcmp(only, slot) == 0;
}

/* ---- The slots ---- */

static const kor_kernels *const spec = &kor_kernels_scalar;

static void check_quantize(const kor_kernels *k, size_t n, fill how, size_t shift)
{
    size_t n4 = kor_round_up(n, KOR_GROUP);
    buffer x = make(n * 4, shift * 4), a = make(n4, shift), b = make(n4, shift);
    float sa, sb;
    int32_t ta, tb;
    char detail[128];
    fill_f32(x.data, n, how);
    if (how == RANDOM && n > 2)
        ((float *)x.data)[n / 2] = shift == 3 ? NAN : shift == 2 ? 1e-38f : 30;
    spec->quantize(a.data, &sa, &ta, x.data, n);
    k->quantize(b.data, &sb, &tb, x.data, n);
    int good =
        memcmp(a.data, b.data, n4) == 0 && memcmp(&sa, &sb, 4) == 0 && ta == tb && intact(&b);
    (void)snprintf(detail, sizeof detail, "n %zu fill %d shift %zu: scale %g/%g sum %d/%d", n,
                   (int)how, shift, (double)sa, (double)sb, ta, tb);
    verdict("quantize", k, good, detail);
    drop(&x);
    drop(&a);
    drop(&b);
}

/* One linear layer in int8 and in f32. The int8 sums are exact, so with all scales 1 and no bias
 * the floats are equal to the bit; with scales, within a rounding of the epilogue. */
static void check_gemm(const kor_kernels *k, size_t m, size_t n, size_t depth, fill how,
                       kor_activation act, int extras)
{
    size_t k4 = kor_round_up(depth, KOR_GROUP), np = kor_round_up(n, KOR_PANEL);
    buffer x8 = make(m * k4, 0), w8 = make(k4 * np, 0), out_a = make(m * n * 4, 4),
           out_b = make(m * n * 4, 4);
    buffer x = make(m * depth * 4, 4), w = make(depth * np * 4, 0), bias = make(n * 4, 4),
           ws = make(n * 4, 4);
    float *xs = malloc(m * sizeof *xs);
    int32_t *sums = malloc(m * sizeof *sums);
    char detail[160];
    if (!xs || !sums) exit(3);
    fill_i8(x8.data, m * k4, how);
    fill_i8(w8.data, k4 * np, how == ALTERNATING ? ALL_MIN : how);
    for (size_t i = 0; i < m; i++) {
        int8_t *row = (int8_t *)x8.data + i * k4;
        for (size_t j = depth; j < k4; j++) row[j] = 0;
        sums[i] = 0;
        for (size_t j = 0; j < k4; j++) sums[i] += row[j];
        xs[i] = extras ? 0.01f * (float)(i + 1) : 1;
    }
    fill_f32(bias.data, n, RANDOM);
    fill_f32(ws.data, n, RANDOM);
    for (size_t j = 0; !extras && j < n; j++) ((float *)ws.data)[j] = 1;
    fill_f32(x.data, m * depth, how);
    fill_f32(w.data, depth * np, RANDOM);
    fill_f32(out_a.data, m * n, RANDOM);
    memcpy(out_b.data, out_a.data, m * n * 4);
    kor_gemm g = {
        .m = m,
        .n = n,
        .k = depth,
        .ld_out = n,
        .bias = extras ? bias.data : NULL,
        .ld_add = n,
        .act = act,
        .x8 = x8.data,
        .x8_scale = xs,
        .x8_sum = sums,
        .w8 = w8.data,
        .w8_scale = ws.data,
        .x = x.data,
        .ld_x = depth,
        .w = w.data,
    };
    for (int f32 = 0; f32 < 2; f32++) {
        const char *slot = f32 ? "gemm_f32" : "gemm_i8";
        if (!wanted(slot)) continue;
        kor_gemm ga = g, gb = g;
        ga.out = out_a.data;
        gb.out = out_b.data;
        ga.add = extras ? out_a.data : NULL; /* in place, as residuals are */
        gb.add = extras ? out_b.data : NULL;
        if (f32) {
            spec->gemm_f32(&ga);
            k->gemm_f32(&gb);
        } else {
            spec->gemm_i8(&ga);
            k->gemm_i8(&gb);
        }
        double size = 1;
        for (size_t i = 0; i < m * n; i++)
            size = fmax(size, fabs((double)((float *)out_a.data)[i]));
        double off = worst(out_a.data, out_b.data, m * n);
        /* int8: GELU's polynomial and one fused rounding; f32: the order of depth additions of up
         * to 16 each. */
        double bound = f32                              ? 4e-6 * (double)depth + 1e-6 * size
                       : !extras && act != KOR_ACT_GELU ? 0
                                                        : 2e-6 * size;
        (void)snprintf(detail, sizeof detail,
                       "m %zu n %zu k %zu fill %d act %d extras %d: off by %g, bound %g", m, n,
                       depth, (int)how, (int)act, extras, off, bound);
        verdict(slot, k, off <= bound && intact(&out_b), detail);
    }
    buffer *all[] = {&x8, &w8, &out_a, &out_b, &x, &w, &bias, &ws};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
    free(xs);
    free(sums);
}

static void check_rows(const kor_kernels *k, size_t rows, size_t n, fill how, size_t shift)
{
    buffer x = make(rows * n * 4, shift * 4), a = make(rows * n * 4, shift * 4),
           b = make(rows * n * 4, shift * 4);
    buffer gamma = make(n * 4, 4), beta = make(n * 4, 8), code = make(n, shift);
    char detail[128];
    fill_f32(x.data, rows * n, how);
    fill_f32(gamma.data, n, RANDOM);
    fill_f32(beta.data, n, RANDOM);
    fill_i8(code.data, n, how);
#define COMPARE(slot, count, bound)                                                                \
    do {                                                                                           \
        double off = worst(a.data, b.data, count);                                                 \
        (void)snprintf(detail, sizeof detail, "rows %zu n %zu fill %d shift %zu: off by %g", rows, \
                       n, (int)how, shift, off);                                                   \
        verdict(slot, k, off <= (bound) && intact(&b), detail);                                    \
    } while (0)
    if (wanted("layer_norm")) {
        spec->layer_norm(a.data, x.data, gamma.data, beta.data, rows, n, 1e-6f);
        memcpy(b.data, x.data, rows * n * 4); /* in place */
        k->layer_norm(b.data, b.data, gamma.data, beta.data, rows, n, 1e-6f);
        /* A constant row has variance 0 up to rounding, which 1 / sqrt(eps) then magnifies
         * 1000-fold. */
        COMPARE("layer_norm", rows * n, how == RANDOM || how == ALTERNATING ? 2e-5 : 4e-3);
    }
    if (wanted("mean_rows")) {
        spec->mean_rows(a.data, x.data, rows, n);
        k->mean_rows(b.data, x.data, rows, n);
        COMPARE("mean_rows", n, 4e-6);
    }
    if (wanted("tanh_rows")) {
        spec->tanh_rows(a.data, x.data, n);
        k->tanh_rows(b.data, x.data, n);
        COMPARE("tanh_rows", n, 3e-7);
    }
    if (wanted("embed_i8")) {
        spec->embed_i8(a.data, code.data, 0.013f, 2, beta.data, n);
        k->embed_i8(b.data, code.data, 0.013f, 2, beta.data, n);
        COMPARE("embed_i8", n, 1e-6);
    }
#undef COMPARE
    buffer *all[] = {&x, &a, &b, &gamma, &beta, &code};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void check_attention(const kor_kernels *k, size_t t, size_t heads, size_t dim, fill how)
{
    size_t width = heads * dim;
    buffer qkv = make(t * 3 * width * 4, 4), a = make(t * width * 4, 4), b = make(t * width * 4, 4);
    buffer scratch = make(kor_attention_scratch(t, dim) * 4, 0);
    char detail[128];
    fill_f32(qkv.data, t * 3 * width, how);
    spec->attention(a.data, qkv.data, t, heads, dim, 1 / sqrtf((float)dim), scratch.data);
    memset(scratch.data, 0xff, scratch.size); /* NaN: nothing may be read that was not written */
    k->attention(b.data, qkv.data, t, heads, dim, 1 / sqrtf((float)dim), scratch.data);
    double off = worst(a.data, b.data, t * width);
    (void)snprintf(detail, sizeof detail, "t %zu heads %zu dim %zu fill %d: off by %g", t, heads,
                   dim, (int)how, off);
    verdict("attention", k, off <= 2e-5 && intact(&b) && intact(&scratch), detail);
    buffer *all[] = {&qkv, &a, &b, &scratch};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void check_dot(const kor_kernels *k, size_t rows, size_t dim, size_t gap, fill how)
{
    size_t stride = dim + gap;
    buffer query = make(dim, 1), data = make(rows * stride, 3), a = make(rows * 4, 0),
           b = make(rows * 4, 0);
    char detail[128];
    fill_i8(query.data, dim, how == ALTERNATING ? ALL_MIN : how);
    fill_i8(data.data, rows * stride, how);
    ((int8_t *)data.data)[0] = -128; /* not a code of ours, but a file may hold it */
    spec->dot_i8(a.data, query.data, data.data, rows, stride, dim);
    k->dot_i8(b.data, query.data, data.data, rows, stride, dim);
    (void)snprintf(detail, sizeof detail, "rows %zu dim %zu gap %zu fill %d", rows, dim, gap,
                   (int)how);
    verdict("dot_i8", k, memcmp(a.data, b.data, rows * 4) == 0 && intact(&b), detail);
    buffer *all[] = {&query, &data, &a, &b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void check_hamming(const kor_kernels *k, size_t rows, size_t words, fill how)
{
    buffer query = make(words * 8, 0), data = make(rows * words * 8, 0), a = make(rows * 4, 0),
           b = make(rows * 4, 4);
    char detail[80];
    fill_i8(query.data, words * 8, RANDOM);
    fill_i8(data.data, rows * words * 8, how);
    spec->hamming(a.data, query.data, data.data, rows, words);
    k->hamming(b.data, query.data, data.data, rows, words);
    (void)snprintf(detail, sizeof detail, "rows %zu words %zu fill %d", rows, words, (int)how);
    verdict("hamming", k, memcmp(a.data, b.data, rows * 4) == 0 && intact(&b), detail);
    buffer *all[] = {&query, &data, &a, &b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void check_bag(const kor_kernels *k, size_t count, size_t dim, size_t shift, fill how)
{
    enum { ROWS = 50 };
    buffer table = make(ROWS * dim, shift), ids = make(count * 4, 0), a = make(dim * 4, 0),
           b = make(dim * 4, 4);
    char detail[80];
    fill_i8(table.data, ROWS * dim, how);
    for (size_t i = 0; i < count; i++)
        ((uint32_t *)ids.data)[i] = (uint32_t)(i * 31 + shift) % ROWS;
    spec->bag_i8(a.data, table.data, ids.data, count, dim);
    k->bag_i8(b.data, table.data, ids.data, count, dim);
    (void)snprintf(detail, sizeof detail, "ids %zu dim %zu fill %d", count, dim, (int)how);
    verdict("bag_i8", k, memcmp(a.data, b.data, dim * 4) == 0 && intact(&b), detail);
    buffer *all[] = {&table, &ids, &a, &b};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

static void check_all(const kor_kernels *k)
{
    static const size_t widths[] = {1,  3,  4,  7,  8,   9,   15,  16,  17, 31,
                                    33, 63, 64, 65, 127, 130, 256, 384, 511};
    static const size_t heights[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 16, 17};
    for (fill how = 0; how < FILLS; how++) {
        for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
            size_t n = widths[i];
            for (size_t shift = 0; shift < 4; shift++) {
                if (wanted("quantize")) check_quantize(k, n, how, shift);
                check_rows(k, 1 + shift, n, how, shift);
                if (wanted("dot_i8")) check_dot(k, 1 + shift * 3, n, shift * 5, how);
                if (wanted("hamming")) check_hamming(k, 1 + shift * 3, n, how);
                if (wanted("bag_i8")) check_bag(k, shift * 37, n, shift, how);
            }
            for (size_t j = 0; j < sizeof heights / sizeof *heights; j++) {
                size_t depth = widths[(i * 7 + j * 5) % (sizeof widths / sizeof *widths)];
                check_gemm(k, heights[j], n, depth, how, (kor_activation)((i + j) % 3),
                           (int)(j & 1));
            }
        }
        for (size_t t = 1; wanted("attention") && t <= 40; t += t < 20 ? 1 : 7) {
            check_attention(k, t, 2, 16, how);
            check_attention(k, t, 1, 20, how);
            check_attention(k, t, 3, 64, how);
        }
    }
    /* The shapes of the base encoder. */
    check_gemm(k, 16, 1536, 512, RANDOM, KOR_ACT_RELU, 1);
    check_gemm(k, 11, 512, 1536, RANDOM, KOR_ACT_NONE, 1);
    if (wanted("attention")) check_attention(k, 128, 4, 128, RANDOM);
    /* The longest sum there may be, all products at their largest. */
    check_gemm(k, 1, 16, KOR_GEMM_MAX_K, ALL_MIN, KOR_ACT_NONE, 0);
}

/* ---- Timing ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Best of several runs, in GOP/s (two per multiply-add). */
static void bench_gemm(const kor_kernels *k, size_t m, size_t n, size_t depth)
{
    buffer x8 = make(m * depth, 0), w8 = make(depth * n, 0), out = make(m * n * 4, 0),
           ws = make(n * 4, 0);
    buffer x = make(m * depth * 4, 0), w = make(depth * n * 4, 0);
    float xs[256];
    int32_t sums[256] = {0};
    fill_i8(x8.data, m * depth, RANDOM);
    fill_i8(w8.data, depth * n, RANDOM);
    fill_f32(x.data, m * depth, RANDOM);
    fill_f32(w.data, depth * n, RANDOM);
    fill_f32(ws.data, n, RANDOM);
    for (size_t i = 0; i < 256; i++) xs[i] = 1;
    kor_gemm g = {
        .m = m,
        .n = n,
        .k = depth,
        .out = out.data,
        .ld_out = n,
        .x8 = x8.data,
        .x8_scale = xs,
        .x8_sum = sums,
        .w8 = w8.data,
        .w8_scale = ws.data,
        .x = x.data,
        .ld_x = depth,
        .w = w.data,
    };
    double rate[2] = {0, 0}, work = 2.0 * (double)(m * n * depth);
    for (int f32 = 0; f32 < 2; f32++) {
        size_t calls = (size_t)(2e7 / work) + 1;
        if (k == spec) calls = 1;
        for (int run = 0; run < 7; run++) {
            double start = seconds();
            for (size_t c = 0; c < calls; c++) (f32 ? k->gemm_f32 : k->gemm_i8)(&g);
            rate[f32] = fmax(rate[f32], work * (double)calls / (seconds() - start) / 1e9);
        }
    }
    printf("%-11s %4zu x %4zu x %4zu  int8 %8.1f GOP/s  f32 %8.1f GFLOP/s\n", k->name, m, n, depth,
           rate[0], rate[1]);
    buffer *all[] = {&x8, &w8, &out, &ws, &x, &w};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

/* Each other slot at the sizes of the base encoder and of a recall: best of several runs, in us. */
static void bench_slots(const kor_kernels *k)
{
    enum { T = 128, N = 512, HEADS = 4, DIM = 128, ROWS = 1000, IDS = 60, BAG = 32 };
    buffer x = make(T * 3 * N * 4, 0), y = make(T * 3 * N * 4, 0), c = make(ROWS * N, 0),
           scratch = make(kor_attention_scratch(T, DIM) * 4, 0), ids = make(IDS * 4, 0);
    fill_f32(x.data, T * 3 * N, RANDOM);
    fill_i8(c.data, ROWS * N, RANDOM);
    for (uint32_t i = 0; i < IDS; i++) ((uint32_t *)ids.data)[i] = i * 16 % (ROWS * N / BAG);
    float *in = x.data, *out = y.data, scale;
    int8_t *codes = y.data;
    int32_t sum;
#define SLOT(what, call)                                                                           \
    do {                                                                                           \
        double best = INFINITY;                                                                    \
        for (int run = 0; run < 7; run++) {                                                        \
            size_t calls = 0;                                                                      \
            double start = seconds(), now;                                                         \
            do {                                                                                   \
                call;                                                                              \
                calls++;                                                                           \
            } while ((now = seconds()) - start < 0.002);                                           \
            best = fmin(best, (now - start) / (double)calls);                                      \
        }                                                                                          \
        printf("%-11s %-38s %10.2f us\n", k->name, what, best * 1e6);                              \
    } while (0)
    SLOT("quantize 512", k->quantize(codes, &scale, &sum, in, N));
    SLOT("layer_norm 16 x 512", k->layer_norm(out, in, in, in, 16, N, 1e-6f));
    SLOT("attention of 16, 4 heads x 128",
         k->attention(out, in, 16, HEADS, DIM, 0.1f, scratch.data));
    SLOT("attention of 128, 4 heads x 128",
         k->attention(out, in, T, HEADS, DIM, 0.1f, scratch.data));
    SLOT("mean_rows 16 x 512", k->mean_rows(out, in, 16, N));
    SLOT("embed_i8 256", k->embed_i8(out, c.data, 0.1f, 2, in, 256));
    SLOT("tanh_rows 512", k->tanh_rows(out, in, N));
    SLOT("dot_i8 1000 x 512", k->dot_i8(y.data, c.data, c.data, ROWS, N, N));
    SLOT("hamming 1000 x 512 bits", k->hamming(y.data, c.data, c.data, ROWS, N / 64));
    SLOT("bag_i8 60 rows of 32", k->bag_i8(y.data, c.data, ids.data, IDS, BAG));
#undef SLOT
    buffer *all[] = {&x, &y, &c, &scratch, &ids};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) drop(all[i]);
}

int main(int argc, char **argv)
{
    uint64_t seed = (uint64_t)time(NULL);
    int bench = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--bench") == 0)
            bench = 1;
        else {
            fprintf(stderr, "usage: checkkern [--seed N] [--only SLOT] [--bench]\n");
            return 2;
        }
    }
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    for (size_t i = 0; i < n; i++) {
        if (bench) {
            double best = 0;
            for (int run = 0; run < 7; run++) {
                double start = seconds();
                uint64_t work = all[i]->peak_i8(100000);
                best = fmax(best, (double)work / (seconds() - start) / 1e9);
            }
            printf("%-11s registers alone      int8 %8.1f GOP/s\n", all[i]->name, best);
            bench_gemm(all[i], 16, 1536, 512);
            bench_gemm(all[i], 16, 512, 1536);
            bench_gemm(all[i], 128, 1536, 512);
            bench_gemm(all[i], 128, 512, 1536);
            bench_gemm(all[i], 1, 512, 512);
            bench_slots(all[i]);
            continue;
        }
        state = seed;
        size_t before = passed, lost = failed;
        check_all(all[i]); /* scalar too: its guards and its in-place forms */
        printf("checkkern %-11s %zu passed, %zu failed (seed %llu)\n", all[i]->name,
               passed - before, failed - lost, (unsigned long long)seed);
    }
    const char *counts = getenv("COUNTS");
    FILE *f = counts && !bench ? fopen(counts, "a") : NULL;
    if (f) {
        fprintf(f, "%zu %zu\n", passed, failed);
        fclose(f);
    }
    return failed ? 1 : 0;
}
