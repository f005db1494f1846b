/* SPDX-License-Identifier: Apache-2.0 */
/* The same model on every table of kernels that this machine has, and which tables a CPU gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "golden.h"
#include "model/encoder.h"
#include "plain_encoder.h"
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Which tables ---- */

#if defined(__x86_64__)
enum {
    FMA = 1u << 12,
    OSXSAVE = 1u << 27,
    AVX = 1u << 28,
    AVX2 = 1u << 5,
    AVX512F = 1u << 16,
    AVX512DQ = 1u << 17,
    AVX512BW = 1u << 30,
    AVX512_VNNI = 1u << 11,
    AVX_VNNI = 1u << 4,
    XMM = 1u << 1,
    YMM = 1u << 2,
    OPMASK = 1u << 5,
    ZMM_LOW = 1u << 6,
    ZMM_HIGH = 1u << 7
};
#define AVX512VL (1u << 31)

/* A CPU that has it all, and an operating system that saves it. */
static const kor_cpu_registers everything = {
    .leaf1_ecx = FMA | OSXSAVE | AVX,
    .leaf7_ebx = AVX2 | AVX512F | AVX512DQ | AVX512BW | AVX512VL,
    .leaf7_ecx = AVX512_VNNI,
    .leaf7_1_eax = AVX_VNNI,
    .xcr0 = 1 | XMM | YMM | OPMASK | ZMM_LOW | ZMM_HIGH,
};

static void expect_paths(const kor_cpu_registers *r, bool avx2, bool avxvnni, bool avx512vnni)
{
    kor_cpu_paths p = kor_cpu_decide(r);
    if (p.avx2 != avx2 || p.avxvnni != avxvnni || p.avx512vnni != avx512vnni) {
        fail_msg("leaf 1 %08x, leaf 7 %08x %08x %08x, xcr0 %02x: avx2 %d, avxvnni %d, avx512vnni "
                 "%d",
                 r->leaf1_ecx, r->leaf7_ebx, r->leaf7_ecx, r->leaf7_1_eax, r->xcr0, p.avx2,
                 p.avxvnni, p.avx512vnni);
    }
}

/* Each bit of mask taken away from the register at offset: only those paths are left. */
static void expect_without(size_t offset, uint32_t mask, bool avx2, bool avxvnni, bool avx512vnni)
{
    for (uint32_t bit = 1; bit; bit <<= 1) {
        if (!(mask & bit)) continue;
        kor_cpu_registers r = everything;
        uint32_t value;
        memcpy(&value, (char *)&r + offset, sizeof value);
        assert_true(value & bit);
        value &= ~bit;
        memcpy((char *)&r + offset, &value, sizeof value);
        expect_paths(&r, avx2, avxvnni, avx512vnni);
    }
}
#define WITHOUT(reg, mask, ...) expect_without(offsetof(kor_cpu_registers, reg), mask, __VA_ARGS__)

static void test_isa_needs_every_bit_of_a_path(void **state)
{
    (void)state;
    expect_paths(&everything, true, true, true);
    expect_paths(&(kor_cpu_registers){0}, false, false, false);
    WITHOUT(leaf1_ecx, FMA | OSXSAVE | AVX, false, false, false);
    WITHOUT(leaf7_ebx, AVX2, false, false, false);
    WITHOUT(leaf7_ebx, AVX512F | AVX512DQ | AVX512BW | AVX512VL, true, true, false);
    WITHOUT(leaf7_ecx, AVX512_VNNI, true, true, false);
    WITHOUT(leaf7_1_eax, AVX_VNNI, true, false, true);
}

static void test_isa_needs_the_system_to_save_the_registers(void **state)
{
    (void)state;
    /* The CPU says AVX-512; the system saves less, or nothing. */
    WITHOUT(xcr0, OPMASK | ZMM_LOW | ZMM_HIGH, true, true, false);
    WITHOUT(xcr0, XMM | YMM, false, false, false);
    kor_cpu_registers r = everything;
    r.xcr0 = 1 | XMM | YMM;
    expect_paths(&r, true, true, false);
    r.xcr0 = 1 | XMM;
    expect_paths(&r, false, false, false);
    r.xcr0 = 0;
    expect_paths(&r, false, false, false);
    /* Without OSXSAVE there is no XCR0: what was read for it means nothing. */
    r = everything;
    r.leaf1_ecx &= ~(uint32_t)OSXSAVE;
    r.xcr0 = UINT32_MAX;
    expect_paths(&r, false, false, false);
}
#endif

static void test_isa_tables_are_complete_and_have_names_of_their_own(void **state)
{
    (void)state;
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    assert_in_range(n, 1, KOR_KERNELS_MAX);
    assert_ptr_equal(all[0], &kor_kernels_scalar);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) assert_string_not_equal(all[i]->name, all[j]->name);
        /* Every member of a table is a pointer. */
        for (size_t at = 0; at < sizeof *all[i]; at += sizeof(void *)) {
            void *member;
            memcpy(&member, (const char *)all[i] + at, sizeof member);
            if (!member) fail_msg("%s: slot at byte %zu is empty", all[i]->name, at);
        }
    }
}

/* ---- The trunk ---- */

typedef struct opened {
    kor_map map;
    kor_gguf file;
    kor_encoder encoder;
    void *scratch;
} opened;

static void *new_scratch(const kor_encoder *e)
{
    void *p = aligned_alloc(64, kor_round_up(kor_encoder_scratch(e), 64));
    assert_non_null(p);
    return p;
}

static opened open_encoder(const char *path)
{
    opened o;
    kor_error err;
    assert_works(kor_map_open(&o.map, path, &err), &err);
    assert_works(kor_gguf_parse(&o.file, o.map.data, o.map.size, &err), &err);
    assert_works(kor_encoder_bind(&o.encoder, &o.file, &err), &err);
    o.scratch = new_scratch(&o.encoder);
    return o;
}

static void close_encoder(opened *o)
{
    free(o->scratch);
    kor_gguf_free(&o->file);
    kor_map_close(&o->map);
}

/* v on table name is near want, which is scalar's: no component off by more than bound, which may
 * be 0 for the same bits. */
static void expect_near(const char *name, const char *what, const float *v, const float *want,
                        size_t n, double bound)
{
    if (bound == 0 && memcmp(v, want, n * sizeof *v) == 0) return;
    double off = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)v[i] - want[i]);
        if (!(d <= off)) off = isnan(d) ? (double)INFINITY : d;
    }
    if (bound == 0 || !(off <= bound))
        fail_msg("%s, %s: off by %g (at most %g)", name, what, off, bound);
}

/* ids on all tables: the same bits in int8, and what products of f32 round differently in f32. */
static void expect_agreement(const kor_encoder *e, void *scratch, const int32_t *ids, size_t count)
{
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    float *want = calloc(e->dim, sizeof *want), *v = calloc(e->dim, sizeof *v);
    char what[96];
    assert_non_null(want);
    assert_non_null(v);
    (void)snprintf(what, sizeof what, "%zu tokens, %zu to %zu wide, %s", count, e->layer[0].in,
                   e->dim, e->embedding8 ? "int8" : "f32");
    kor_encoder_forward(e, all[0], ids, count, want, scratch);
    if (!(fabs(cosine(want, want, e->dim) - 1) < 1e-5)) fail_msg("%s: not of length 1", what);
    for (size_t k = 0; k < n; k++) {
        for (size_t i = 0; i < e->dim; i++) v[i] = NAN;
        kor_encoder_forward(e, all[k], ids, count, v, scratch);
        expect_near(all[k]->name, what, v, want, e->dim, e->embedding8 ? 0 : 1e-5);
    }
    free(v);
    free(want);
}

static void test_isa_trunk_agrees_at_every_length(void **state)
{
    (void)state;
    static const size_t lengths[] = {0, 1, 2, 15, 16, 17, 33, 128};
    int32_t ids[128];
    for (size_t i = 0; i < 128; i++) ids[i] = (int32_t)(4 + i * 61 % 7998);
    folder dir = folder_new();
    plain_write_f32(in(&dir, "f32.gguf"), trunk_path());
    opened f32 = open_encoder(in(&dir, "f32.gguf")), int8 = open_encoder(trunk_path());
    assert_int_equal(int8.encoder.max_tokens, 128);
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        expect_agreement(&f32.encoder, f32.scratch, ids, lengths[i]);
        expect_agreement(&int8.encoder, int8.scratch, ids, lengths[i]);
    }
    close_encoder(&int8);
    close_encoder(&f32);
    folder_remove(&dir);
}

/* In a process of its own, for the kernels are chosen once: 0 when texts of no token, one, as many
 * as are read and more give what they should. */
static int embed_borders(const char *cpu, const char *path)
{
    enum { LINE = 5 * 200 };
    char text[LINE];
    float none[512], empty[512], one[512], most[512], more[512], less[512];
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    for (size_t i = 0; i < LINE; i++) text[i] = "word "[i % 5];
    if (setenv("KORORA_CPU", cpu, 1) != 0 || strcmp(kor_cpu(), cpu) != 0) return 1;
    if (kor_model_open(&model, path, &err) || kor_ctx_new(&ctx, model, &err)) return 2;
    if (kor_embed(ctx, NULL, 0, none, 512, &err) || kor_embed(ctx, "", KOR_NUL, empty, 512, &err) ||
        kor_embed(ctx, text, 4, one, 512, &err) ||
        kor_embed(ctx, text, 5 * 127 - 1, less, 512, &err) ||
        kor_embed(ctx, text, 5 * 128 - 1, most, 512, &err) ||
        kor_embed(ctx, text, LINE, more, 512, &err)) {
        return 3;
    }
    if (memcmp(none, empty, sizeof none) != 0) return 4;
    if (memcmp(most, more, sizeof most) != 0) return 5;
    if (memcmp(most, less, sizeof most) == 0) return 6;
    const float *const all[] = {none, one, most};
    for (size_t i = 0; i < 3; i++) {
        if (!(fabs(cosine(all[i], all[i], 512) - 1) < 1e-5)) return 7;
    }
    if (!(cosine(none, one, 512) < 0.99)) return 8;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return 0;
}

/* Runs before anything that chooses this process's kernels. */
static void test_isa_texts_at_the_borders_on_every_table(void **state)
{
    (void)state;
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    const char *path = trunk_path();
    for (size_t k = 0; k < n; k++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) _exit(embed_borders(all[k]->name, path));
        int status;
        assert_int_equal(waitpid(child, &status, 0), child);
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            fail_msg("%s: step %d, status %x", all[k]->name, WEXITSTATUS(status), status);
    }
}

/* ---- Models of any shape ---- */

/* An encoder made in memory; everything of it is in blocks, to be freed. */
typedef struct made {
    kor_encoder e;
    void *block[64];
    size_t blocks;
    uint32_t seed;
} made;

static void *block(made *m, size_t bytes)
{
    assert_true(m->blocks < 64);
    /* Of just this size, so that a sanitizer sees what is read beyond; off the alignment of files.
     */
    void *p = malloc(bytes);
    assert_non_null(p);
    m->block[m->blocks++] = p;
    return p;
}

static float *numbers(made *m, size_t n, float size, float middle)
{
    float *x = block(m, n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        m->seed = m->seed * 1664525u + 1013904223u;
        x[i] = middle + size * ((float)(m->seed >> 8) / 8388608.0f - 1);
    }
    return x;
}

static kor_linear linear(made *m, bool int8, size_t in, size_t out)
{
    kor_linear l = {.in = in, .out = out};
    const float *w = numbers(m, in * out, 1.5f / sqrtf((float)in), 0);
    l.bias = numbers(m, out, 0.1f, 0);
    if (int8) {
        int8_t *codes = block(m, kor_packed_i8_size(in, out));
        float *scale = block(m, out * sizeof *scale);
        kor_pack_i8(codes, scale, w, in, out);
        l.weight = codes;
        l.scale = scale;
    } else {
        float *packed = block(m, kor_packed_f32_size(in, out));
        kor_pack_f32(packed, w, in, out);
        l.weight = packed;
    }
    return l;
}

static kor_norm norm(made *m, size_t n)
{
    const float *gamma = numbers(m, n, 0.2f, 1);
    return (kor_norm){gamma, numbers(m, n, 0.1f, 0)};
}

typedef struct shape {
    size_t in, out, heads, hidden, tokens;
    bool post_norm;
    kor_activation activation;
} shape;

static made make_encoder(const shape *s, bool int8)
{
    made m = {.seed = 1};
    enum { VOCABULARY = 50 };
    kor_encoder *e = &m.e;
    *e = (kor_encoder){.layers = 1,
                       .dim = s->out,
                       .max_tokens = s->tokens,
                       .vocabulary = VOCABULARY,
                       .embedding_scale = 2,
                       .norm_epsilon = 1e-6f,
                       .post_norm = s->post_norm,
                       .activation = s->activation};
    const float *table = numbers(&m, VOCABULARY * s->in, 1, 0);
    e->embedding = int8 ? NULL : table;
    if (int8) {
        size_t wide = kor_round_up(s->in, KOR_GROUP);
        int8_t *codes = block(&m, VOCABULARY * s->in), *row = block(&m, wide);
        float *scale = block(&m, VOCABULARY * sizeof *scale);
        int32_t sum;
        for (size_t i = 0; i < VOCABULARY; i++) {
            kor_kernels_scalar.quantize(row, &scale[i], &sum, table + i * s->in, s->in);
            memcpy(codes + i * s->in, row, s->in);
        }
        e->embedding8 = codes;
        e->embedding8_scale = scale;
    }
    e->position = numbers(&m, s->tokens * s->in, 0.5f, 0);
    if (s->post_norm) e->embedding_norm = norm(&m, s->in);
    kor_encoder_layer *l = &e->layer[0];
    *l = (kor_encoder_layer){.in = s->in, .out = s->out, .heads = s->heads, .hidden = s->hidden};
    l->norm1 = norm(&m, s->in);
    l->norm2 = norm(&m, s->out);
    l->qkv = linear(&m, int8, s->in, 3 * s->in);
    l->attention_out = linear(&m, int8, s->in, s->out);
    if (s->in != s->out) l->residual = linear(&m, int8, s->in, s->out);
    l->up = linear(&m, int8, s->out, s->hidden);
    l->down = linear(&m, int8, s->hidden, s->out);
    e->pooler = linear(&m, int8, s->out, s->out);
    return m;
}

static void test_isa_models_of_any_shape_agree(void **state)
{
    (void)state;
    static const shape shapes[] = {
        {1, 1, 1, 1, 1, false, KOR_ACT_RELU},      {2, 3, 1, 1, 2, false, KOR_ACT_RELU},
        {5, 7, 5, 3, 9, false, KOR_ACT_GELU},      {7, 7, 7, 29, 5, true, KOR_ACT_GELU},
        {15, 17, 3, 31, 17, false, KOR_ACT_RELU},  {17, 15, 1, 33, 19, false, KOR_ACT_GELU},
        {33, 33, 11, 65, 21, true, KOR_ACT_RELU},  {36, 50, 4, 70, 13, false, KOR_ACT_RELU},
        {63, 65, 7, 127, 33, false, KOR_ACT_GELU}, {130, 130, 10, 259, 35, true, KOR_ACT_GELU},
    };
    int32_t ids[64];
    for (size_t i = 0; i < 64; i++) ids[i] = (int32_t)(i * 17 % 50);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int int8 = 0; int8 < 2; int8++) {
            made m = make_encoder(&shapes[i], int8);
            void *scratch = new_scratch(&m.e);
            for (size_t count = 0; count <= shapes[i].tokens; count++)
                expect_agreement(&m.e, scratch, ids, count);
            free(scratch);
            while (m.blocks) free(m.block[--m.blocks]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_isa_texts_at_the_borders_on_every_table),
#if defined(__x86_64__)
        cmocka_unit_test(test_isa_needs_every_bit_of_a_path),
        cmocka_unit_test(test_isa_needs_the_system_to_save_the_registers),
#endif
        cmocka_unit_test(test_isa_tables_are_complete_and_have_names_of_their_own),
        cmocka_unit_test(test_isa_trunk_agrees_at_every_length),
        cmocka_unit_test(test_isa_models_of_any_shape_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
