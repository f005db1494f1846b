/* SPDX-License-Identifier: Apache-2.0 */
/* Every kernel of every instruction set that this machine has, against the scalar specification:
 * sizes around the lane widths, misaligned data, guard bytes around every output, pages around
 * every buffer that cannot be touched, extreme and random values. Results must be equal to the bit,
 * but those of gemm_f32, which have a bound. What scalar specifies is held against the formulas in
 * double.
 *
 *     checkkern [--seed N] [--only SLOT] [--quick] [--list] [--bench]
 *
 * The seed is printed, so that a failure can be repeated. --quick takes a third of the sizes, for
 * emulators; --list names the tables of this machine; --bench times the slots instead. */
#include "kernels/kernels.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static uint64_t state;
static size_t passed, failed;
static const char *only;
static char doing[256]; /* table, slot and sizes of the call under way */
static char seed_text[32];

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

enum { GUARD = 64, CANARY = 0xa5, BUFFERS = 12 };

/* Where in its pages a buffer lies: up against the page after it, up against the page before it, or
 * between canaries, off by a shift from an aligned address. Neither of these pages can be read. */
typedef enum place { AT_END, AT_START, INSIDE, PLACES } place;

static place where;

typedef struct pages {
    unsigned char *start; /* of the pages that can be touched */
    size_t size;
    int taken;
} pages;

static pages pool[BUFFERS];

typedef struct buffer {
    pages *home;
    size_t size;
    void *data;
} buffer;

static void grow(pages *p, size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (p->start) munmap(p->start - page, p->size + 2 * page);
    p->size = kor_round_up(size * 2, page);
    unsigned char *all =
        mmap(NULL, p->size + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED || mprotect(all + page, p->size, PROT_READ | PROT_WRITE) != 0) exit(3);
    p->start = all + page;
}

static buffer make(size_t size, size_t shift)
{
    pages *p = pool;
    while (p->taken) p++;
    size_t need = size + shift + 2 * GUARD;
    if (p->size < need) grow(p, need);
    p->taken = 1;
    buffer b = {.home = p, .size = size};
    size_t at = where == AT_END ? p->size - size : where == AT_START ? 0 : GUARD + shift;
    b.data = p->start + at;
    size_t from = at > 2 * GUARD ? at - 2 * GUARD : 0, to = at + size + GUARD;
    memset(p->start + from, CANARY, (to < p->size ? to : p->size) - from);
    return b;
}

static int intact(const buffer *b)
{
    const unsigned char *start = b->data, *end = start + b->size;
    size_t before = (size_t)(start - b->home->start),
           after = (size_t)(b->home->start + b->home->size - end);
    for (size_t i = 1; i <= GUARD && i <= before; i++) {
        if (start[-(ptrdiff_t)i] != CANARY) return 0;
    }
    for (size_t i = 0; i < GUARD && i < after; i++) {
        if (end[i] != CANARY) return 0;
    }
    return 1;
}

static void drop(buffer *b)
{
    b->home->taken = 0;
}

#define DROP_ALL(...)                                                                              \
    do {                                                                                           \
        buffer *all_[] = {__VA_ARGS__};                                                            \
        for (size_t i_ = 0; i_ < sizeof all_ / sizeof *all_; i_++) drop(all_[i_]);                 \
    } while (0)

static void say(const char *text)
{
    if (write(STDOUT_FILENO, text, strlen(text)) < 0) _exit(3);
}

/* A kernel that reads or writes outside its buffers, or is not of this machine. */
static void on_fault(int number)
{
    say("FAIL ");
    say(doing);
    say(number == SIGILL ? ": not an instruction of this machine" : ": outside its buffers");
    say(" (seed ");
    say(seed_text);
    say(")\n");
    _exit(1);
}

static void catch_faults(void)
{
    const struct sigaction action = {.sa_handler = on_fault};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
}

/* ---- Values ---- */

typedef enum fill { RANDOM, ALL_MIN, ALL_MAX, ALTERNATING, ZERO, FILLS } fill;

static void fill_i8(int8_t *x, size_t n, fill how)
{
    for (size_t i = 0; i < n; i++) {
        int8_t alternating = i % 2 ? -127 : 127;
        x[i] = how == RANDOM        ? (int8_t)((int64_t)(next_random() % 255) - 127)
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

/* What is called next, in the words of a failure. */
#define DOING(k, slot, ...)                                                                        \
    do {                                                                                           \
        int len_ = snprintf(doing, sizeof doing, "%s %s, ", (k)->name, slot);                      \
        (void)snprintf(doing + len_, sizeof doing - (size_t)len_, __VA_ARGS__);                    \
    } while (0)

static void verdict(int good)
{
    if (good) {
        passed++;
        return;
    }
    failed++;
    printf("FAIL %s\n", doing);
}

static void verdict_close(double off, double bound, int guarded)
{
    size_t len = strlen(doing);
    (void)snprintf(doing + len, sizeof doing - len, ": off by %g, bound %g%s", off, bound,
                   guarded ? "" : ", a guard is overwritten");
    verdict(off <= bound && guarded);
}

/* n floats that are to be the same, to the bit. */
static void verdict_same(const float *want, const float *got, size_t n, int guarded)
{
    size_t differ = 0;
    for (size_t i = 0; i < n; i++) differ += memcmp(want + i, got + i, sizeof *got) != 0;
    size_t len = strlen(doing);
    (void)snprintf(doing + len, sizeof doing - len, ": %zu of %zu differ, by at most %g%s", differ,
                   n, worst(want, got, n), guarded ? "" : ", a guard is overwritten");
    verdict(differ == 0 && guarded);
}

/* ---- The slots ---- */

static const kor_kernels *const spec = &kor_kernels_scalar;

/* Values that rounding and comparing treat differently from CPU to CPU. */
typedef enum special {
    NONE,
    NOT_A_NUMBER,
    INFINITE,
    DENORMAL,
    LARGEST,
    TIES, /* halfway between two codes */
    TINY, /* around KOR_QUANTIZE_MIN */
    SPECIALS
} special;

static void put_special(float *x, size_t n, special what)
{
    size_t at = (size_t)(next_random() % n);
    switch (what) {
    case NOT_A_NUMBER: x[at] = NAN; break;
    case INFINITE: x[at] = -INFINITY; break;
    case DENORMAL: x[at] = 1e-40f; break;
    case LARGEST: x[at] = FLT_MAX; break;
    case TIES:
        for (size_t i = 0; i < n; i++) x[i] = (float)(next_random() % 254) - 126.5f;
        x[at] = next_random() % 2 ? 127 : -127;
        break;
    case TINY:
        for (size_t i = 0; i < n; i++) x[i] *= KOR_QUANTIZE_MIN / 2;
        x[at] = next_random() % 2 ? KOR_QUANTIZE_MIN : nextafterf(KOR_QUANTIZE_MIN, 1);
        break;
    default: break;
    }
}

static void check_quantize(const kor_kernels *k, size_t n, fill how, special what, size_t shift)
{
    size_t n4 = kor_round_up(n, KOR_GROUP);
    buffer x = make(n * 4, shift * 4), a = make(n4, shift), b = make(n4, shift);
    float sa, sb;
    int32_t ta, tb;
    fill_f32(x.data, n, how);
    put_special(x.data, n, what);
    DOING(k, "quantize", "n %zu fill %d special %d place %d shift %zu", n, (int)how, (int)what,
          (int)where, shift);
    spec->quantize(a.data, &sa, &ta, x.data, n);
    k->quantize(b.data, &sb, &tb, x.data, n);
    verdict(memcmp(a.data, b.data, n4) == 0 && memcmp(&sa, &sb, 4) == 0 && ta == tb && intact(&b));
    DROP_ALL(&x, &a, &b);
}

/* What a linear layer does beside the product. */
typedef struct extras {
    kor_activation act;
    int bias, add, scales;
    size_t pad; /* floats between the rows of x and out; one more between those of add */
} extras;

static const extras plain = {.act = KOR_ACT_NONE};

/* Packed weights: any codes, and with LEAST the one that only a hostile file holds. */
static void fill_weights(int8_t *w, size_t n, fill how, int least)
{
    fill_i8(w, n, how == ALTERNATING ? ALL_MIN : how);
    for (size_t i = 0; least && i < n; i++) w[i] = -128;
}

/* Are the floats between the rows as they were? */
static int gaps_untouched(const float *before, const float *after, size_t m, size_t n, size_t ld)
{
    for (size_t i = 0; i < m; i++) {
        if (memcmp(before + i * ld + n, after + i * ld + n, (ld - n) * sizeof *before) != 0)
            return 0;
    }
    return 1;
}

/* One linear layer in int8 and in f32. */
static void check_gemm(const kor_kernels *k, size_t m, size_t n, size_t depth, fill how, int least,
                       extras e)
{
    size_t k4 = kor_round_up(depth, KOR_GROUP), np = kor_round_up(n, KOR_PANEL);
    size_t ld = n + e.pad, ld_x = depth + e.pad, ld_add = ld + (e.pad ? 1 : 0);
    buffer x8 = make(m * k4, 1), w8 = make(k4 * np, 3), xs = make(m * 4, 4), sums = make(m * 4, 8),
           ws = make(n * 4, 4), bias = make(n * 4, 12);
    buffer x = make(m * ld_x * 4, 4), w = make(depth * np * 4, 8), add = make(m * ld_add * 4, 4);
    buffer out_a = make(m * ld * 4, 4), out_b = make(m * ld * 4, 4);
    fill_i8(x8.data, m * k4, how);
    fill_weights(w8.data, k4 * np, how, least);
    for (size_t i = 0; i < m; i++) {
        int8_t *row = (int8_t *)x8.data + i * k4;
        int32_t sum = 0;
        for (size_t j = depth; j < k4; j++) row[j] = 0;
        for (size_t j = 0; j < k4; j++) sum += row[j];
        ((int32_t *)sums.data)[i] = sum;
        ((float *)xs.data)[i] = e.scales ? 0.01f * (float)(i + 1) : 1;
    }
    fill_f32(bias.data, n, RANDOM);
    if (e.act == KOR_ACT_RELU) ((float *)bias.data)[n / 2] = NAN; /* of which it makes 0 */
    fill_f32(ws.data, n, RANDOM);
    for (size_t j = 0; !e.scales && j < n; j++) ((float *)ws.data)[j] = 1;
    fill_f32(x.data, m * ld_x, how);
    fill_f32(w.data, depth * np, RANDOM);
    fill_f32(add.data, m * ld_add, RANDOM);
    kor_gemm g = {
        .m = m,
        .n = n,
        .k = depth,
        .ld_out = ld,
        .bias = e.bias ? bias.data : NULL,
        .ld_add = e.pad ? ld_add : ld,
        .act = e.act,
        .x8 = x8.data,
        .x8_scale = xs.data,
        .x8_sum = sums.data,
        .w8 = w8.data,
        .w8_scale = ws.data,
        .x = x.data,
        .ld_x = ld_x,
        .w = w.data,
    };
    for (int f32 = 0; f32 < 2; f32++) {
        const char *slot = f32 ? "gemm_f32" : "gemm_i8";
        if (!wanted(slot)) continue;
        fill_f32(out_a.data, m * ld, RANDOM);
        memcpy(out_b.data, out_a.data, m * ld * 4);
        kor_gemm ga = g, gb = g;
        ga.out = out_a.data;
        gb.out = out_b.data;
        /* Without gaps what is added is out itself, as residuals are. */
        ga.add = !e.add ? NULL : e.pad ? add.data : out_a.data;
        gb.add = !e.add ? NULL : e.pad ? add.data : out_b.data;
        DOING(k, slot,
              "m %zu n %zu k %zu fill %d%s act %d bias %d add %d scales %d pad %zu place %d", m, n,
              depth, (int)how, least ? " -128" : "", (int)e.act, e.bias, e.add, e.scales, e.pad,
              (int)where);
        (f32 ? spec->gemm_f32 : spec->gemm_i8)(&ga);
        (f32 ? k->gemm_f32 : k->gemm_i8)(&gb);
        int guarded = intact(&out_b) && gaps_untouched(out_a.data, out_b.data, m, n, ld);
        if (!f32) {
            verdict_same(out_a.data, out_b.data, m * ld, guarded);
            continue;
        }
        double size = 1;
        for (size_t i = 0; i < m * ld; i++)
            size = fmax(size, fabs((double)((float *)out_a.data)[i]));
        /* The roundings of depth products and sums of up to 16 each. */
        verdict_close(worst(out_a.data, out_b.data, m * ld), 4e-6 * (double)depth + 1e-6 * size,
                      guarded);
    }
    DROP_ALL(&x8, &w8, &xs, &sums, &ws, &bias, &x, &w, &add, &out_a, &out_b);
}

static void check_rows(const kor_kernels *k, size_t rows, size_t n, fill how, size_t shift)
{
    buffer x = make(rows * n * 4, shift * 4), a = make(rows * n * 4, shift * 4),
           b = make(rows * n * 4, shift * 4);
    buffer gamma = make(n * 4, 4), beta = make(n * 4, 8), code = make(n, shift);
    fill_f32(x.data, rows * n, how);
    fill_f32(gamma.data, n, RANDOM);
    fill_f32(beta.data, n, RANDOM);
    fill_i8(code.data, n, how);
    ((int8_t *)code.data)[n / 2] = -128;
#define DOING_ROWS(slot)                                                                           \
    DOING(k, slot, "rows %zu n %zu fill %d place %d shift %zu", rows, n, (int)how, (int)where,     \
          shift)
    if (wanted("layer_norm")) {
        spec->layer_norm(a.data, x.data, gamma.data, beta.data, rows, n, 1e-6f);
        DOING_ROWS("layer_norm");
        k->layer_norm(b.data, x.data, gamma.data, beta.data, rows, n, 1e-6f);
        verdict_same(a.data, b.data, rows * n, intact(&b));
        memcpy(b.data, x.data, rows * n * 4);
        DOING_ROWS("layer_norm in place");
        k->layer_norm(b.data, b.data, gamma.data, beta.data, rows, n, 1e-6f);
        verdict_same(a.data, b.data, rows * n, intact(&b));
    }
    if (wanted("mean_rows")) {
        spec->mean_rows(a.data, x.data, rows, n);
        DOING_ROWS("mean_rows");
        k->mean_rows(b.data, x.data, rows, n);
        verdict_same(a.data, b.data, n, intact(&b));
    }
    if (wanted("embed_i8")) {
        spec->embed_i8(a.data, code.data, 0.013f, 2, beta.data, n);
        DOING_ROWS("embed_i8");
        k->embed_i8(b.data, code.data, 0.013f, 2, beta.data, n);
        verdict_same(a.data, b.data, n, intact(&b));
    }
    if (wanted("tanh_rows")) {
        if (how == ALL_MAX) /* where it is 1, and where its exponential overflows */
            ((float *)x.data)[n / 2] = shift % 2 ? 1000 : INFINITY;
        if (how == ALL_MIN) ((float *)x.data)[n / 2] = shift % 2 ? -1000 : -INFINITY;
        if (how == ZERO) ((float *)x.data)[n / 2] = NAN; /* of which it makes a number */
        spec->tanh_rows(a.data, x.data, n);
        DOING_ROWS("tanh_rows");
        k->tanh_rows(b.data, x.data, n);
        verdict_same(a.data, b.data, n, intact(&b));
    }
#undef DOING_ROWS
    DROP_ALL(&x, &a, &b, &gamma, &beta, &code);
}

/* With sharp, one key takes it all: the others' exponentials underflow. */
static void check_attention(const kor_kernels *k, size_t t, size_t heads, size_t dim, fill how,
                            int sharp)
{
    size_t width = heads * dim;
    buffer qkv = make(t * 3 * width * 4, 4), a = make(t * width * 4, 4), b = make(t * width * 4, 4);
    buffer scratch = make(kor_attention_scratch(t, dim) * 4, 4);
    fill_f32(qkv.data, t * 3 * width, how);
    size_t one = (size_t)(next_random() % t);
    for (size_t i = 0; sharp && i < t; i++) {
        float *q = (float *)qkv.data + i * 3 * width, *key = q + width;
        for (size_t j = 0; j < width; j++) q[j] = 20, key[j] = i == one ? 20 : -20;
    }
    float scale = 1 / sqrtf((float)dim);
    DOING(k, "attention", "t %zu heads %zu dim %zu fill %d sharp %d place %d", t, heads, dim,
          (int)how, sharp, (int)where);
    spec->attention(a.data, qkv.data, t, heads, dim, scale, scratch.data);
    memset(scratch.data, 0xff, scratch.size); /* NaN: nothing may be read that was not written */
    k->attention(b.data, qkv.data, t, heads, dim, scale, scratch.data);
    verdict_same(a.data, b.data, t * width, intact(&b) && intact(&scratch));
    DROP_ALL(&qkv, &a, &b, &scratch);
}

static void check_dot(const kor_kernels *k, size_t rows, size_t dim, size_t gap, fill how)
{
    size_t stride = dim + gap, size = rows ? (rows - 1) * stride + dim : 0;
    buffer query = make(dim, 1), data = make(size, 3), a = make(rows * 4, 4), b = make(rows * 4, 4);
    fill_i8(query.data, dim, how == ALTERNATING ? ALL_MIN : how);
    fill_i8(data.data, size, how);
    /* Not a code of ours, but a file may hold it. */
    ((int8_t *)query.data)[dim / 2] = -128;
    if (size) ((int8_t *)data.data)[0] = ((int8_t *)data.data)[dim / 2] = -128;
    spec->dot_i8(a.data, query.data, data.data, rows, stride, dim);
    DOING(k, "dot_i8", "rows %zu dim %zu gap %zu fill %d place %d", rows, dim, gap, (int)how,
          (int)where);
    k->dot_i8(b.data, query.data, data.data, rows, stride, dim);
    verdict(memcmp(a.data, b.data, rows * 4) == 0 && intact(&b));
    DROP_ALL(&query, &data, &a, &b);
}

static void check_bits(const kor_kernels *k, size_t rows, size_t words, size_t shift, fill how)
{
    size_t bytes = words * 8;
    buffer query = make(bytes * 8, shift), data = make(rows * bytes, shift), a = make(rows * 4, 4),
           b = make(rows * 4, 4);
    fill_i8(query.data, bytes * 8, how);
    fill_i8(data.data, rows * bytes, RANDOM);
    if (how == ALL_MIN || how == ALL_MAX) memset(data.data, 0xff, rows * bytes);
    spec->dot_bits(a.data, query.data, data.data, rows, bytes);
    DOING(k, "dot_bits", "rows %zu words %zu fill %d place %d", rows, words, (int)how, (int)where);
    k->dot_bits(b.data, query.data, data.data, rows, bytes);
    verdict(memcmp(a.data, b.data, rows * 4) == 0 && intact(&b));
    DROP_ALL(&query, &data, &a, &b);
}

static void check_bag(const kor_kernels *k, size_t count, size_t dim, size_t shift, fill how)
{
    enum { ROWS = 50 };
    buffer table = make(ROWS * dim, shift), ids = make(count * 4, 4), a = make(dim * 4, 4),
           b = make(dim * 4, 4);
    fill_i8(table.data, ROWS * dim, how);
    for (size_t i = 0; i < count; i++) {
        ((uint32_t *)ids.data)[i] = (uint32_t)(i * 31 + shift) % ROWS;
    }
    spec->bag_i8(a.data, table.data, ids.data, count, dim);
    DOING(k, "bag_i8", "ids %zu dim %zu fill %d place %d", count, dim, (int)how, (int)where);
    k->bag_i8(b.data, table.data, ids.data, count, dim);
    verdict(memcmp(a.data, b.data, dim * 4) == 0 && intact(&b));
    DROP_ALL(&table, &ids, &a, &b);
}

/* The packing and the product together, against the sum in double of the matrix as it was. */
static void check_packing(const kor_kernels *k, size_t n, size_t depth)
{
    buffer w = make(depth * n * 4, 4), x = make(depth * 4, 4), out = make(n * 4, 4);
    buffer packed = make(kor_packed_f32_size(depth, n), 4),
           codes = make(kor_packed_i8_size(depth, n), 1), ws = make(n * 4, 4),
           x8 = make(kor_round_up(depth, KOR_GROUP), 1);
    fill_f32(w.data, depth * n, RANDOM);
    fill_f32(x.data, depth, RANDOM);
    kor_pack_f32(packed.data, w.data, depth, n);
    kor_pack_i8(codes.data, ws.data, w.data, depth, n);
    float xs;
    int32_t sum;
    spec->quantize(x8.data, &xs, &sum, x.data, depth);
    kor_gemm g = {
        .m = 1,
        .n = n,
        .k = depth,
        .out = out.data,
        .ld_out = n,
        .x8 = x8.data,
        .x8_scale = &xs,
        .x8_sum = &sum,
        .w8 = codes.data,
        .w8_scale = ws.data,
        .x = x.data,
        .ld_x = depth,
        .w = packed.data,
    };
    for (int f32 = 0; f32 < 2; f32++) {
        DOING(k, f32 ? "packed gemm_f32" : "packed gemm_i8", "n %zu k %zu place %d", n, depth,
              (int)where);
        (f32 ? k->gemm_f32 : k->gemm_i8)(&g);
        double off = 0;
        for (size_t j = 0; j < n; j++) {
            double y = 0;
            for (size_t i = 0; i < depth; i++)
                y += (double)((float *)x.data)[i] * (double)((float *)w.data)[i * n + j];
            off = fmax(off, fabs(y - (double)((float *)out.data)[j]));
        }
        /* Half a code of each factor, 3 / 127 / 2, times the other, at most 3. */
        verdict_close(off, (f32 ? 4e-6 : 3.0 * 3 / 127) * (double)depth,
                      intact(&out) && intact(&packed) && intact(&codes) && intact(&ws));
    }
    DROP_ALL(&w, &x, &out, &packed, &codes, &ws, &x8);
}

/* tanh and GELU of x[n], against libm in double. */
static void check_curves(const kor_kernels *k, size_t n, float size)
{
    buffer x = make(n * 4, 4), out = make(n * 4, 4), one = make(kor_packed_f32_size(1, 1), 4);
    float *in = x.data, *y = out.data;
    for (size_t i = 0; i < n; i++) in[i] = random_float() * size;
    fill_f32(one.data, KOR_PANEL, ZERO);
    ((float *)one.data)[0] = 1;
    double off = 0;
    k->tanh_rows(y, in, n);
    for (size_t i = 0; i < n; i++) off = fmax(off, fabs((double)y[i] - tanh((double)in[i])));
    DOING(k, "tanh_rows", "n %zu, in double", n);
    verdict_close(off, 3e-7, intact(&out));
    kor_gemm g = {
        .m = n,
        .n = 1,
        .k = 1,
        .out = y,
        .ld_out = 1,
        .act = KOR_ACT_GELU,
        .x = in,
        .ld_x = 1,
        .w = one.data,
    };
    k->gemm_f32(&g);
    off = 0;
    for (size_t i = 0; i < n; i++) {
        double want = 0.5 * (double)in[i] * (1 + erf((double)in[i] * 0.70710678118654752));
        off = fmax(off, fabs((double)y[i] - want));
    }
    DOING(k, "GELU", "n %zu, in double", n);
    verdict_close(off, 1e-6 * fmax(1, (double)size), intact(&out));
    DROP_ALL(&x, &out, &one);
}

static void check_layer_norm_formula(const kor_kernels *k, size_t n)
{
    buffer x = make(n * 4, 4), gamma = make(n * 4, 8), beta = make(n * 4, 4), out = make(n * 4, 4);
    fill_f32(x.data, n, RANDOM);
    fill_f32(gamma.data, n, RANDOM);
    fill_f32(beta.data, n, RANDOM);
    k->layer_norm(out.data, x.data, gamma.data, beta.data, 1, n, 1e-6f);
    double mean = 0, variance = 0, off = 0;
    for (size_t i = 0; i < n; i++) mean += (double)((float *)x.data)[i] / (double)n;
    for (size_t i = 0; i < n; i++)
        variance += pow((double)((float *)x.data)[i] - mean, 2) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double want = ((double)((float *)x.data)[i] - mean) / sqrt(variance + 1e-6);
        want = want * (double)((float *)gamma.data)[i] + (double)((float *)beta.data)[i];
        off = fmax(off, fabs((double)((float *)out.data)[i] - want));
    }
    DOING(k, "layer_norm", "n %zu, in double", n);
    verdict_close(off, 2e-5, intact(&out));
    DROP_ALL(&x, &gamma, &beta, &out);
}

static void check_attention_formula(const kor_kernels *k, size_t t, size_t heads, size_t dim)
{
    size_t width = heads * dim, ld = 3 * width;
    buffer qkv = make(t * ld * 4, 4), out = make(t * width * 4, 4);
    buffer scratch = make(kor_attention_scratch(t, dim) * 4, 4), share = make(t * 8, 8);
    fill_f32(qkv.data, t * ld, RANDOM);
    k->attention(out.data, qkv.data, t, heads, dim, 0.25f, scratch.data);
    const float *x = qkv.data;
    double *p = share.data, off = 0;
    for (size_t i = 0; i < t; i++) {
        for (size_t j = 0; j < width; j++) {
            const float *q = x + i * ld + j / dim * dim, *key = x + width + j / dim * dim;
            double sum = 0, mix = 0;
            for (size_t s = 0; s < t; s++) {
                double dot = 0;
                for (size_t l = 0; l < dim; l++) dot += (double)q[l] * (double)key[s * ld + l];
                p[s] = exp(0.25 * dot);
                sum += p[s];
            }
            for (size_t s = 0; s < t; s++) mix += p[s] / sum * (double)x[s * ld + 2 * width + j];
            off = fmax(off, fabs((double)((float *)out.data)[i * width + j] - mix));
        }
    }
    DOING(k, "attention", "t %zu heads %zu dim %zu, in double", t, heads, dim);
    verdict_close(off, 2e-5, intact(&out) && intact(&scratch));
    DROP_ALL(&qkv, &out, &scratch, &share);
}

static void check_formulas(const kor_kernels *k)
{
    where = INSIDE;
    check_curves(k, 1000, 1);
    check_curves(k, 1000, 12);
    check_layer_norm_formula(k, 19);
    check_layer_norm_formula(k, 512);
    check_attention_formula(k, 1, 1, 4);
    check_attention_formula(k, 19, 2, 33);
}

/* Every n is around a multiple of a lane width, every m around one of a tile. */
static void check_all(const kor_kernels *k, int quick)
{
    static const size_t widths[] = {1,  2,  3,  4,  5,  7,  8,   9,   12,  15,  16, 17,
                                    31, 32, 33, 63, 64, 65, 127, 130, 256, 384, 511};
    enum { WIDTHS = sizeof widths / sizeof *widths, HEIGHTS = 17 };
    size_t step = quick ? 3 : 1, turn = 0;
    for (fill how = 0; how < FILLS; how++) {
        for (size_t i = how % step; i < WIDTHS; i += step) {
            size_t n = widths[i];
            for (where = 0; where < PLACES; where++) {
                for (size_t shift = 0; shift < (where == INSIDE ? 4 : 1); shift++) {
                    check_rows(k, 1 + shift, n, how, shift);
                    if (wanted("dot_i8")) check_dot(k, shift * 3, n, shift * 5, how);
                    if (wanted("dot_i8")) check_dot(k, 1 + shift, n, shift * 5, how);
                    if (wanted("dot_bits")) check_bits(k, shift * 3, n, shift * 5, how);
                    if (wanted("bag_i8")) check_bag(k, shift * 37, n, shift, how);
                    for (special what = 0; wanted("quantize") && what < SPECIALS; what++)
                        check_quantize(k, n, how, what, shift);
                }
            }
            for (size_t m = 1 + i % step; m <= HEIGHTS; m += step) {
                size_t depth = widths[(i * 7 + m * 5) % WIDTHS];
                extras e = {.act = (kor_activation)((i + m) % 3)};
                if (m % 2 == 0) e.bias = e.add = e.scales = 1;
                if (m % 4 == 3) e.bias = 1, e.pad = 3;
                if (m % 8 == 6) e.pad = 5;
                where = (place)(turn++ % PLACES);
                check_gemm(k, m, n, depth, how, 0, e);
            }
            where = (place)(turn++ % PLACES);
            check_gemm(k, 3, 17, n, how, 1, plain);
        }
        for (size_t t = 1; wanted("attention") && t <= 40; t += (t < 20 ? 1 : 7) * step) {
            static const size_t shapes[][2] = {{1, 1}, {4, 8}, {2, 16}, {1, 20}, {2, 33}, {3, 64}};
            for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
                where = (place)(turn++ % PLACES);
                check_attention(k, t, shapes[i][0], shapes[i][1], how, 0);
                check_attention(k, t, shapes[i][0], shapes[i][1], how, 1);
            }
        }
    }
    if (!only) check_formulas(k);
    for (where = 0; where < PLACES; where++) {
        check_packing(k, 33, 130);
        check_packing(k, 16, 7);
        /* The shapes of the base encoder. */
        check_gemm(k, 16, 1536, 512, RANDOM, 0,
                   (extras){.act = KOR_ACT_RELU, .bias = 1, .add = 1, .scales = 1});
    }
    where = AT_END;
    check_gemm(k, 11, 512, 1536, RANDOM, 0, (extras){.bias = 1, .add = 1, .scales = 1});
    if (wanted("attention")) check_attention(k, quick ? 65 : 128, 4, 128, RANDOM, 0);
    /* The longest sum there may be, all products at their largest. */
    check_gemm(k, 1, 16, KOR_GEMM_MAX_K, ALL_MIN, 0, plain);
    check_gemm(k, 1, 16, KOR_GEMM_MAX_K, ALL_MAX, 0, plain);
    check_gemm(k, 1, 16, KOR_GEMM_MAX_K, ALL_MAX, 1, plain);
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
    where = AT_START; /* as aligned as the tensors of a file */
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
    DROP_ALL(&x8, &w8, &out, &ws, &x, &w);
}

/* Each other slot at the sizes of the base encoder and of a recall: best of several runs, in us. */
static void bench_slots(const kor_kernels *k)
{
    where = AT_START;
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
    SLOT("dot_bits 1000 x 512", k->dot_bits(y.data, c.data, c.data, ROWS, N / 8));
    SLOT("bag_i8 60 rows of 32", k->bag_i8(y.data, c.data, ids.data, IDS, BAG));
#undef SLOT
    DROP_ALL(&x, &y, &c, &scratch, &ids);
}

int main(int argc, char **argv)
{
    uint64_t seed = (uint64_t)time(NULL);
    int bench = 0, quick = 0, list = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc)
            seed = strtoull(argv[++i], NULL, 10);
        else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc)
            only = argv[++i];
        else if (strcmp(argv[i], "--bench") == 0)
            bench = 1;
        else if (strcmp(argv[i], "--quick") == 0)
            quick = 1;
        else if (strcmp(argv[i], "--list") == 0)
            list = 1;
        else {
            fprintf(stderr,
                    "usage: checkkern [--seed N] [--only SLOT] [--quick] [--list] [--bench]\n");
            return 2;
        }
    }
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    (void)snprintf(seed_text, sizeof seed_text, "%llu", (unsigned long long)seed);
    setvbuf(stdout, NULL, _IOLBF, 0); /* what was said before a fault is not lost */
    catch_faults();
    for (size_t i = 0; i < n; i++) {
        if (list) {
            puts(all[i]->name);
            continue;
        }
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
        check_all(all[i], quick); /* scalar too: its guards and its in-place forms */
        printf("checkkern %-11s %zu passed, %zu failed (seed %s)\n", all[i]->name, passed - before,
               failed - lost, seed_text);
    }
    const char *counts = getenv("COUNTS");
    FILE *f = counts && !bench && !list ? fopen(counts, "a") : NULL;
    if (f) {
        fprintf(f, "%zu %zu\n", passed, failed);
        fclose(f);
    }
    return failed ? 1 : 0;
}
