/* SPDX-License-Identifier: Apache-2.0 */
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

/* ---- Golden texts ---- */

typedef struct encoder_file {
    kor_map map;
    kor_gguf g;
    kor_encoder encoder;
    void *scratch;
} encoder_file;

static encoder_file encoder_open(const char *path)
{
    encoder_file f;
    kor_error err;
    assert_works(kor_map_open(&f.map, path, &err), &err);
    assert_works(kor_gguf_parse(&f.g, f.map.data, f.map.size, &err), &err);
    assert_works(kor_encoder_bind(&f.encoder, &f.g, &err), &err);
    f.scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&f.encoder), 64));
    assert_non_null(f.scratch);
    return f;
}

static void encoder_close(encoder_file *f)
{
    free(f->scratch);
    kor_gguf_free(&f->g);
    kor_map_close(&f->map);
}

static void forward(const encoder_file *f, const kor_kernels *k, const golden *g, float *out)
{
    size_t count = g->count < f->encoder.max_tokens ? g->count : f->encoder.max_tokens;
    kor_encoder_forward(&f->encoder, k, g->ids, count, out, f->scratch);
}

/* The largest difference of a component. */
static double distance(const float *a, const float *b, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        double d = fabs((double)a[i] - b[i]);
        if (!(d <= most)) most = d; /* a NaN counts */
    }
    return most;
}

/* Each text by every table: in f32 what the plain encoder makes of it, but for rounding; in int8
 * near that, and the same bits by all. */
static void expect_plain(const encoder_file *f32, const encoder_file *int8, const golden *g)
{
    const kor_kernels *kernels[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(kernels), dim = f32->encoder.dim;
    float plain[GOLDEN_DIM], plain8[GOLDEN_DIM], v[GOLDEN_DIM], first[GOLDEN_DIM];
    float state[GOLDEN_DIM];
    double plain_state[GOLDEN_DIM];
    plain_forward(&f32->encoder, g->ids, g->count, plain, plain_state);
    plain_forward(&int8->encoder, g->ids, g->count, plain8, NULL);
    for (size_t k = 0; k < n; k++) {
        forward(f32, kernels[k], g, v);
        double d = distance(v, plain, dim);
        if (!(d <= 1e-5)) fail_msg("%s, '%s': off by %g", kernels[k]->name, g->text, d);
        kor_encoder_features(&f32->encoder, kernels[k], g->ids, g->count, state, v, f32->scratch);
        if (!(distance(v, plain, dim) <= 1e-5)) fail_msg("%s: features differ", kernels[k]->name);
        for (size_t i = 0; i < dim; i++) {
            if (!(fabs(state[i] - plain_state[i]) <= 1e-4 * (1 + fabs(plain_state[i]))))
                fail_msg("%s, '%s': state %zu is %g", kernels[k]->name, g->text, i, state[i]);
        }
        forward(int8, kernels[k], g, v);
        double c = cosine(v, plain8, dim);
        if (!(c >= 0.99)) fail_msg("%s, '%s': cosine %g", kernels[k]->name, g->text, c);
        if (k == 0) memcpy(first, v, sizeof first);
        if (memcmp(v, first, dim * sizeof *v) != 0) {
            fail_msg("%s, '%s': not the bits of scalar, off by %g", kernels[k]->name, g->text,
                     distance(v, first, dim));
        }
    }
}

static void test_model_trunk_gives_what_its_description_says_on_all_kernels(void **state)
{
    (void)state;
    enum { MOST = 16 }; /* tokens: the plain encoder is slow */
    folder dir = folder_new();
    golden *all = golden_load();
    plain_write_f32(in(&dir, "f32.gguf"), trunk_path());
    encoder_file f32 = encoder_open(in(&dir, "f32.gguf")), int8 = encoder_open(trunk_path());
    size_t asked = 0;
    assert_null(f32.encoder.embedding8);
    for (size_t i = 0; i < GOLDEN_TEXTS && asked < 6; i++) {
        if (all[i].count == 0 || all[i].count > MOST) continue;
        expect_plain(&f32, &int8, &all[i]);
        asked++;
    }
    assert_int_equal(asked, 6);
    encoder_close(&int8);
    encoder_close(&f32);
    golden_free(all);
    folder_remove(&dir);
}

/* With token weights and without; with a pooler and without. */
static void test_model_tiny_ones_give_what_their_description_says_on_all_kernels(void **state)
{
    (void)state;
    folder dir = folder_new();
    float with[TINY_DIM];
    for (int kind = 0; kind < 4; kind++) {
        tiny_change change = {.weights = kind & 1, .drop = kind & 2 ? "pooler.weight" : NULL};
        tiny_write(in(&dir, "f32.gguf"), false, &change);
        tiny_write(in(&dir, "int8.gguf"), true, &change);
        encoder_file f32 = encoder_open(in(&dir, "f32.gguf")),
                     int8 = encoder_open(in(&dir, "int8.gguf"));
        assert_int_equal(int8.encoder.token_weight != NULL, kind & 1);
        for (size_t count = 1; count <= TINY_TOKENS; count++) {
            golden g = {.text = (char[]){"ids"}, .ids = {1, 4, 11, 0, 3, 9}, .count = count};
            expect_plain(&f32, &int8, &g);
        }
        /* The weights are what makes the difference. */
        golden g = {.ids = {1, 4, 11, 0, 3, 9}, .count = TINY_TOKENS};
        float v[TINY_DIM];
        forward(&int8, &kor_kernels_scalar, &g, v);
        if (kind & 1) assert_true(distance(v, with, TINY_DIM) > 1e-3);
        memcpy(with, v, sizeof with);
        encoder_close(&f32);
        encoder_close(&int8);
    }
    folder_remove(&dir);
}

static void test_model_gives_golden_ids(void **state)
{
    (void)state;
    golden *all = golden_load();
    kor_model *model = open_trunk();
    kor_error err;
    kor_ctx *ctx;
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        int32_t ids[GOLDEN_IDS];
        size_t count;
        float v[GOLDEN_DIM];
        assert_works(kor_tokenize(ctx, all[i].text, all[i].len, ids, GOLDEN_IDS, &count, &err),
                     &err);
        assert_int_equal(count, all[i].count);
        assert_memory_equal(ids, all[i].ids, count * sizeof *ids);
        assert_works(kor_tokenize(ctx, all[i].text, KOR_NUL, ids, GOLDEN_IDS, &count, &err), &err);
        assert_int_equal(count, all[i].count);
        assert_works(kor_embed(ctx, all[i].text, all[i].len, v, GOLDEN_DIM, &err), &err);
        assert_true(fabs(cosine(v, v, GOLDEN_DIM) - 1) < 1e-5);
    }
    kor_ctx_free(ctx);
    kor_model_close(model);
    golden_free(all);
}

/* What the scalar kernels make of the golden texts. */
static float (*embed_scalar(const char *path, const golden *all))[GOLDEN_DIM]
{
    encoder_file f = encoder_open(path);
    float(*want)[GOLDEN_DIM] = calloc(GOLDEN_TEXTS, sizeof *want);
    assert_non_null(want);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) forward(&f, &kor_kernels_scalar, &all[i], want[i]);
    encoder_close(&f);
    return want;
}

/* In a process of its own, for the kernels are chosen once: 0 when all is as it should be. No
 * assert of cmocka may jump out of it. */
static int embed_on(const char *cpu, const char *want, const char *path, const golden *all,
                    float (*vectors)[GOLDEN_DIM])
{
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    kor_model_info info;
    if (setenv("KORORA_CPU", cpu, 1) != 0 || strcmp(kor_cpu(), want) != 0) return 1;
    if (kor_model_open(&model, path, &err) || kor_ctx_new(&ctx, model, &err)) return 2;
    kor_model_get_info(model, &info);
    if (strcmp(info.cpu, want) != 0) return 3;
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        float v[GOLDEN_DIM];
        if (kor_embed(ctx, all[i].text, all[i].len, v, GOLDEN_DIM, &err)) return 4;
        if (memcmp(v, vectors[i], sizeof v) != 0) return 5;
    }
    if ((kor_kernels_warning() != NULL) != (strcmp(cpu, want) != 0)) return 6;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return 0;
}

static void expect_embed_on(const char *cpu, const char *want, const golden *all,
                            float (*vectors)[GOLDEN_DIM])
{
    const char *path = trunk_path();
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) _exit(embed_on(cpu, want, path, all, vectors));
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("KORORA_CPU=%s: step %d", cpu, WEXITSTATUS(status));
}

/* Runs first: a process that has chosen its kernels hands the choice on. */
static void test_model_kernels_follow_the_environment(void **state)
{
    (void)state;
    golden *all = golden_load();
    const kor_kernels *kernels[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(kernels);
    float(*vectors)[GOLDEN_DIM] = embed_scalar(trunk_path(), all);
    for (size_t k = 0; k < n; k++)
        expect_embed_on(kernels[k]->name, kernels[k]->name, all, vectors);
    expect_embed_on("abacus", kernels[n - 1]->name, all, vectors);
    free(vectors);
    golden_free(all);
}

static void test_model_info_says_what_it_is(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_model *int8 = open_trunk(), *f32, *again = open_trunk();
    kor_model_info a, b, c;
    plain_write_f32(in(&f, "f32.gguf"), trunk_path());
    assert_works(kor_model_open(&f32, in(&f, "f32.gguf"), &err), &err);
    kor_model_get_info(int8, &a);
    kor_model_get_info(f32, &b);
    kor_model_get_info(again, &c);
    assert_string_equal(a.name, "trunk");
    assert_string_equal(a.head, "embed");
    assert_string_equal(a.weights, "int8");
    assert_string_equal(b.weights, "f32");
    assert_true(*a.license);
    assert_string_equal(a.cpu, kor_cpu());
    assert_int_equal(a.dim, 512);
    assert_int_equal(a.max_tokens, 128);
    assert_int_equal(a.vocabulary, 8002);
    assert_int_equal(a.parameters, b.parameters);
    assert_in_range(a.parameters, 6900000, 7100000);
    assert_true(a.file_bytes <= 8000000);
    assert_true(a.checksum != b.checksum);
    assert_true(a.checksum == c.checksum);
    assert_string_equal(kor_version(), KORORA_VERSION);
    kor_model_close(int8);
    kor_model_close(f32);
    kor_model_close(again);
    folder_remove(&f);
}

/* ---- Texts ---- */

typedef struct pair {
    folder folder;
    kor_model *model;
    kor_ctx *ctx;
} pair;

static pair tiny_open(bool int8, const tiny_change *change)
{
    pair p = {.folder = folder_new()};
    kor_error err;
    tiny_write(in(&p.folder, "tiny.gguf"), int8, change);
    assert_works(kor_model_open(&p.model, in(&p.folder, "tiny.gguf"), &err), &err);
    assert_works(kor_ctx_new(&p.ctx, p.model, &err), &err);
    return p;
}

static void tiny_close(pair *p)
{
    kor_ctx_free(p->ctx);
    kor_model_close(p->model);
    folder_remove(&p->folder);
}

static void test_model_embeds_any_text(void **state)
{
    (void)state;
    kor_model *model = open_trunk();
    kor_ctx *ctx;
    kor_error err;
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    const struct {
        const char *text;
        size_t len;
    } cases[] = {{NULL, 0},
                 {"", 0},
                 {"", KOR_NUL},
                 {"   ", 3},
                 {"\0", 1},
                 {"a\0b", 3},
                 {"\xff\xfe\xed\xa0", 4},
                 {"\xf0\x9f\x90\xa7", 4},
                 {"\n\t", 2},
                 {"\xe2\x96\x81", 3}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        float v[512];
        assert_works(kor_embed(ctx, cases[i].text, cases[i].len, v, 512, &err), &err);
        assert_true(fabs(cosine(v, v, 512) - 1) < 1e-5);
    }
    /* Text after a NUL counts. */
    float a[512], b[512];
    assert_works(kor_embed(ctx, "the parser\0 and the penguin", 27, a, 512, &err), &err);
    assert_works(kor_embed(ctx, "the parser", 10, b, 512, &err), &err);
    assert_true(cosine(a, b, 512) < 0.99);
    kor_ctx_free(ctx);
    kor_model_close(model);
}

static void test_model_reads_its_first_tokens_only(void **state)
{
    (void)state;
    kor_model *model = open_trunk();
    kor_ctx *ctx;
    kor_error err;
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    enum { LONG = 50 << 20 };
    char *text = malloc(LONG);
    int32_t *ids = malloc(2 * KOR_TEXT_MAX * sizeof *ids);
    assert_non_null(text);
    assert_non_null(ids);
    for (size_t i = 0; i < LONG; i++) text[i] = "word "[i % 5];
    size_t count;
    assert_works(kor_tokenize(ctx, text, 5 * 10000 - 1, ids, 2 * KOR_TEXT_MAX, &count, &err), &err);
    assert_int_equal(count, KOR_TEXT_MAX / 5 + 1); /* the text is cut before its tokens are */
    assert_works(kor_tokenize(ctx, text, LONG, ids, 2 * KOR_TEXT_MAX, &count, &err), &err);
    assert_int_equal(count, KOR_TEXT_MAX / 5 + 1);
    float whole[512], start[512], less[512];
    assert_works(kor_embed(ctx, text, LONG, whole, 512, &err), &err);
    assert_works(kor_embed(ctx, text, 5 * 128 - 1, start, 512, &err), &err);
    assert_works(kor_embed(ctx, text, 5 * 127 - 1, less, 512, &err), &err);
    assert_memory_equal(whole, start, sizeof whole);
    assert_memory_not_equal(whole, less, sizeof whole);
    for (size_t i = 0; i < 9999; i++) text[i] = '~' - (char)(i % 90); /* about a token each */
    assert_works(kor_tokenize(ctx, text, 9999, ids, 2 * KOR_TEXT_MAX, &count, &err), &err);
    assert_in_range(count, 5000, 10000);
    for (size_t i = 0; i < count; i++) assert_in_range(ids[i], 0, 8001);
    free(ids);
    free(text);
    kor_ctx_free(ctx);
    kor_model_close(model);
}

static void test_model_contexts_do_not_mix(void **state)
{
    (void)state;
    kor_model *model = open_trunk();
    pair other = tiny_open(true, &(tiny_change){0});
    kor_ctx *a, *b;
    kor_error err;
    float first[512], second[512], v[512], w[TINY_DIM];
    assert_works(kor_ctx_new(&a, model, &err), &err);
    assert_works(kor_ctx_new(&b, model, &err), &err);
    assert_works(kor_embed(a, "one text", KOR_NUL, first, 512, &err), &err);
    assert_works(kor_embed(b, "another text, somewhat longer", KOR_NUL, second, 512, &err), &err);
    assert_memory_not_equal(first, second, sizeof first);
    for (int round = 0; round < 3; round++) {
        assert_works(kor_embed(b, "one text", KOR_NUL, v, 512, &err), &err);
        assert_memory_equal(v, first, sizeof v);
        assert_works(kor_embed(other.ctx, "abc", KOR_NUL, w, TINY_DIM, &err), &err);
        assert_works(kor_embed(a, "another text, somewhat longer", KOR_NUL, v, 512, &err), &err);
        assert_memory_equal(v, second, sizeof v);
        kor_ctx_free(b);
        assert_works(kor_ctx_new(&b, model, &err), &err);
    }
    kor_ctx_free(a);
    kor_ctx_free(b);
    tiny_close(&other);
    kor_model_close(model);
}

static void test_model_of_odd_widths_agrees_on_all_kernels(void **state)
{
    (void)state;
    folder f = folder_new();
    tiny_write(in(&f, "f32.gguf"), false, &(tiny_change){0});
    tiny_write(in(&f, "int8.gguf"), true, &(tiny_change){0});
    encoder_file f32 = encoder_open(in(&f, "f32.gguf")), int8 = encoder_open(in(&f, "int8.gguf"));
    const kor_kernels *kernels[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(kernels);
    for (size_t count = 0; count <= TINY_TOKENS; count++) {
        golden g = {.ids = {1, 4, 11, 0, 3, 9}, .count = count};
        float want[TINY_DIM], want8[TINY_DIM], v[TINY_DIM];
        forward(&f32, kernels[0], &g, want);
        forward(&int8, kernels[0], &g, want8);
        assert_true(cosine(want8, want, TINY_DIM) > 0.99);
        assert_true(fabs(cosine(want, want, TINY_DIM) - 1) < 1e-5);
        for (size_t k = 0; k < n; k++) {
            forward(&f32, kernels[k], &g, v);
            assert_true(distance(v, want, TINY_DIM) < 1e-5);
            forward(&int8, kernels[k], &g, v);
            assert_memory_equal(v, want8, sizeof v);
        }
    }
    encoder_close(&f32);
    encoder_close(&int8);
    folder_remove(&f);
}

/* ---- Wrong use ---- */

static void test_model_wrong_use_is_an_error(void **state)
{
    (void)state;
    pair p = tiny_open(true, &(tiny_change){0});
    kor_error err;
    kor_model *model = p.model;
    kor_ctx *ctx = p.ctx;
    assert_fails(kor_model_open(NULL, "x", &err), KOR_E_ARG, &err, "out and path");
    assert_fails(kor_model_open(&model, NULL, &err), KOR_E_ARG, &err, "out and path");
    assert_null(model);
    assert_fails(kor_ctx_new(NULL, p.model, &err), KOR_E_ARG, &err, "out and model");
    assert_fails(kor_ctx_new(&ctx, NULL, &err), KOR_E_ARG, &err, "out and model");
    assert_null(ctx);

    float v[TINY_DIM + 1];
    for (size_t i = 0; i <= TINY_DIM; i++) v[i] = 7;
    assert_fails(kor_embed(NULL, "a", 1, v, TINY_DIM, &err), KOR_E_ARG, &err,
                 "ctx must not be NULL");
    assert_fails(kor_embed(p.ctx, NULL, 1, v, TINY_DIM, &err), KOR_E_ARG, &err, "text is NULL");
    assert_fails(kor_embed(p.ctx, NULL, KOR_NUL, v, TINY_DIM, &err), KOR_E_ARG, &err,
                 "text is NULL");
    assert_fails(kor_embed(p.ctx, "a", 1, NULL, TINY_DIM, &err), KOR_E_ARG, &err,
                 "room for 0 floats");
    assert_fails(kor_embed(p.ctx, "a", 1, v, TINY_DIM - 1, &err), KOR_E_ARG, &err,
                 "room for 11 floats, the model gives 12");
    for (size_t i = 0; i <= TINY_DIM; i++) assert_true(v[i] == 7);
    assert_works(kor_embed(p.ctx, "a", 1, v, TINY_DIM + 1, &err), &err);
    assert_true(v[TINY_DIM] == 7);

    int32_t ids[4] = {7, 7, 7, 7};
    size_t count = 7;
    assert_fails(kor_tokenize(NULL, "a", 1, ids, 4, &count, &err), KOR_E_ARG, &err,
                 "ctx must not be NULL");
    assert_fails(kor_tokenize(p.ctx, NULL, 1, ids, 4, &count, &err), KOR_E_ARG, &err,
                 "text is NULL");
    assert_fails(kor_tokenize(p.ctx, "a", 1, NULL, 4, &count, &err), KOR_E_ARG, &err,
                 "out and count");
    assert_fails(kor_tokenize(p.ctx, "a", 1, ids, 4, NULL, &err), KOR_E_ARG, &err, "out and count");
    assert_works(kor_tokenize(p.ctx, "a b c", KOR_NUL, ids, 3, &count, &err), &err);
    assert_int_equal(count, 3);
    assert_int_equal(ids[3], 7);
    assert_works(kor_tokenize(p.ctx, NULL, 0, NULL, 0, &count, &err), &err);
    assert_int_equal(count, 0);

    /* Without an error to fill, the status is enough. */
    assert_int_equal(kor_model_open(&model, "/nowhere/at/all", NULL), KOR_E_NOT_FOUND);
    assert_int_equal(kor_embed(p.ctx, "a", 1, v, 0, NULL), KOR_E_ARG);
    kor_ctx_free(NULL);
    kor_model_close(NULL);
    tiny_close(&p);
}

/* ---- Files that are not models ---- */

/* Opening fails, and the message names the file. */
static void expect_refused(const char *path, kor_status want, const char *part)
{
    kor_error err;
    kor_model *model = (kor_model *)&err;
    assert_fails(kor_model_open(&model, path, &err), want, &err, part);
    assert_null(model);
    if (!strstr(err.msg, path)) fail_msg("'%s' is not in '%s'", path, err.msg);
    assert_int_equal(kor_model_open(&model, path, NULL), want);
}

static void test_model_refuses_files_that_are_none(void **state)
{
    (void)state;
    folder f = folder_new();
    put_file(in(&f, "empty"), "", 0);
    put_file(in(&f, "text"), "hello, penguin", 14);
    assert_int_equal(mkdir(in(&f, "dir"), 0700), 0);
    assert_int_equal(mkfifo(in(&f, "fifo"), 0600), 0);
    alarm(60);
    expect_refused(in(&f, "missing"), KOR_E_NOT_FOUND, "cannot open");
    expect_refused(in(&f, "empty"), KOR_E_INPUT, "the file has 0 left");
    expect_refused(in(&f, "text"), KOR_E_INPUT, "not a GGUF file");
    expect_refused(in(&f, "dir"), KOR_E_INPUT, "not a regular file");
    expect_refused(in(&f, "fifo"), KOR_E_INPUT, "not a regular file");
    alarm(0);
    kor_gguf_out o = {0};
    kor_error err;
    kor_gguf_add_string(&o, "general.architecture", "korora");
    assert_works(kor_gguf_commit(&o, in(&f, "bare"), &err), &err);
    kor_gguf_out_free(&o);
    expect_refused(in(&f, "bare"), KOR_E_INPUT, "'korora.format' is missing");
    folder_remove(&f);
}

static void expect_tiny_refused(const folder *f, bool int8, const tiny_change *change,
                                kor_status want, const char *part)
{
    tiny_write(in(f, "tiny.gguf"), int8, change);
    expect_refused(in(f, "tiny.gguf"), want, part);
}

static void test_model_needs_every_entry_with_its_type(void **state)
{
    (void)state;
    static const char *const keys[] = {
        "general.architecture",           "korora.format",
        "korora.encoder.widths",          "korora.encoder.heads",
        "korora.encoder.hidden",          "korora.encoder.max_tokens",
        "korora.encoder.embedding_scale", "korora.encoder.norm_epsilon",
        "tokenizer.ggml.model",           "tokenizer.ggml.tokens",
    };
    folder f = folder_new();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        expect_tiny_refused(&f, true, &(tiny_change){.drop = keys[i]}, KOR_E_INPUT, keys[i]);
        expect_tiny_refused(&f, true, &(tiny_change){.retype = keys[i]}, KOR_E_INPUT, keys[i]);
    }
    expect_tiny_refused(&f, true, &(tiny_change){.drop = "tokenizer.ggml.scores"}, KOR_E_INPUT,
                        "'scores'");
    expect_tiny_refused(&f, true, &(tiny_change){.retype = "tokenizer.ggml.scores"}, KOR_E_INPUT,
                        "'scores'");
    expect_tiny_refused(&f, true, &(tiny_change){.drop = "korora.head"}, KOR_E_INPUT,
                        "'korora.head' is missing");

    pair p = tiny_open(true, &(tiny_change){.drop = "general.name"});
    kor_model_info info;
    kor_model_get_info(p.model, &info);
    assert_string_equal(info.name, "");
    tiny_close(&p);
    folder_remove(&f);
}

static void test_model_needs_every_tensor_with_its_type_and_shape(void **state)
{
    (void)state;
    static const char *const both[] = {
        "token_embd.weight",
        "position_embd.weight",
        "blk.0.attn_norm.weight",
        "blk.0.attn_norm.bias",
        "blk.0.attn_qkv.weight",
        "blk.0.attn_qkv.bias",
        "blk.0.attn_output.weight",
        "blk.0.attn_output.bias",
        "blk.0.residual.weight",
        "blk.0.residual.bias",
        "blk.0.ffn_norm.weight",
        "blk.0.ffn_norm.bias",
        "blk.0.ffn_up.weight",
        "blk.0.ffn_up.bias",
        "blk.0.ffn_down.weight",
        "blk.0.ffn_down.bias",
        "pooler.bias",
    };
    static const char *const scales[] = {
        "token_embd.scale",     "blk.0.attn_qkv.scale", "blk.0.attn_output.scale",
        "blk.0.residual.scale", "blk.0.ffn_up.scale",   "blk.0.ffn_down.scale",
        "pooler.scale",
    };
    folder f = folder_new();
    for (int int8 = 0; int8 < 2; int8++) {
        for (size_t i = 0; i < sizeof both / sizeof *both; i++) {
            /* What the table's type and length are is said by other tensors. */
            const char *part = i == 0 ? "tensor '" : both[i];
            expect_tiny_refused(&f, int8, &(tiny_change){.drop = both[i]}, KOR_E_INPUT, both[i]);
            expect_tiny_refused(&f, int8, &(tiny_change){.retype = both[i]}, KOR_E_INPUT, part);
            if (i > 0 || int8) {
                expect_tiny_refused(&f, int8, &(tiny_change){.reshape = both[i]}, KOR_E_INPUT,
                                    part);
            }
        }
    }
    for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
        expect_tiny_refused(&f, true, &(tiny_change){.drop = scales[i]}, KOR_E_INPUT, scales[i]);
        expect_tiny_refused(&f, true, &(tiny_change){.retype = scales[i]}, KOR_E_INPUT, scales[i]);
        expect_tiny_refused(&f, true, &(tiny_change){.reshape = scales[i]}, KOR_E_INPUT, scales[i]);
    }
    /* A file without token weights is a model; one with weights that do not fit is none. */
    for (int int8 = 0; int8 < 2; int8++) {
        const char *name = "token_pool.weight";
        expect_tiny_refused(&f, int8, &(tiny_change){.weights = true, .retype = name}, KOR_E_INPUT,
                            name);
        expect_tiny_refused(&f, int8, &(tiny_change){.weights = true, .reshape = name}, KOR_E_INPUT,
                            name);
    }
    /* A file without a pooler is a model; one with half a pooler is none. */
    for (int int8 = 0; int8 < 2; int8++) {
        expect_tiny_refused(&f, int8, &(tiny_change){.retype = "pooler.weight"}, KOR_E_INPUT,
                            "pooler.weight");
        expect_tiny_refused(&f, int8, &(tiny_change){.reshape = "pooler.weight"}, KOR_E_INPUT,
                            "pooler.weight");
        pair p = tiny_open(int8, &(tiny_change){.drop = "pooler.weight"});
        float v[TINY_DIM];
        assert_int_equal(kor_embed(p.ctx, "a b", KOR_NUL, v, TINY_DIM, NULL), KOR_OK);
        assert_true(fabs(cosine(v, v, TINY_DIM) - 1) < 1e-5);
        tiny_close(&p);
    }
    expect_tiny_refused(&f, true, &(tiny_change){.drop = "tokenizer.trie"}, KOR_E_INPUT,
                        "tokenizer.trie");
    expect_tiny_refused(&f, true, &(tiny_change){.retype = "tokenizer.trie"}, KOR_E_INPUT,
                        "tokenizer.trie");
    folder_remove(&f);
}

static void test_model_refuses_values_out_of_range(void **state)
{
    (void)state;
    const struct {
        tiny_change change;
        kor_status want;
        const char *part;
    } cases[] = {
        {{.key = "general.architecture", .text = "llama"},
         KOR_E_UNSUPPORTED,
         "architecture 'llama' is not korora's"},
        {{.key = "korora.format", .value = 2}, KOR_E_UNSUPPORTED, "format 2"},
        {{.key = "korora.head", .text = "summarise"}, KOR_E_UNSUPPORTED, "head 'summarise'"},
        {{.key = "korora.head", .text = "classify"}, KOR_E_INPUT, "'korora.labels'"},
        {{.key = "tokenizer.ggml.model", .text = "wordpiece"},
         KOR_E_UNSUPPORTED,
         "tokenizer 'wordpiece'"},
        {{.key = "korora.encoder.widths", .value = 0},
         KOR_E_INPUT,
         "'korora.encoder.widths'[0] is 0"},
        {{.key = "korora.encoder.widths", .value = 8193},
         KOR_E_INPUT,
         "is 8193, expected 1 to 8192"},
        {{.key = "korora.encoder.widths", .value = 10}, KOR_E_INPUT, "token_embd.weight"},
        {{.key = "korora.encoder.heads", .value = 0},
         KOR_E_INPUT,
         "'korora.encoder.heads'[0] is 0"},
        {{.key = "korora.encoder.heads", .value = 3},
         KOR_E_INPUT,
         "3 heads do not divide a width of 8"},
        {{.key = "korora.encoder.hidden", .value = 0},
         KOR_E_INPUT,
         "'korora.encoder.hidden'[0] is 0"},
        {{.key = "korora.encoder.hidden", .value = UINT32_MAX}, KOR_E_INPUT, "is 4294967295"},
        {{.key = "korora.encoder.hidden", .value = 36}, KOR_E_INPUT, "blk.0.ffn_up.weight"},
        {{.key = "korora.encoder.max_tokens", .value = 0}, KOR_E_INPUT, "max_tokens' is 0"},
        {{.key = "korora.encoder.max_tokens", .value = 4097}, KOR_E_INPUT, "max_tokens' is 4097"},
        {{.key = "korora.encoder.max_tokens", .value = 7}, KOR_E_INPUT, "position_embd.weight"},
        {{.key = "korora.encoder.embedding_scale", .number = NAN},
         KOR_E_INPUT,
         "not a usable number"},
        {{.key = "korora.encoder.embedding_scale", .number = INFINITY},
         KOR_E_INPUT,
         "not a usable number"},
        {{.key = "korora.encoder.norm_epsilon", .number = 0}, KOR_E_INPUT, "not a usable number"},
        {{.key = "korora.encoder.norm_epsilon", .number = -1}, KOR_E_INPUT, "not a usable number"},
        {{.key = "korora.encoder.norm_epsilon", .number = NAN}, KOR_E_INPUT, "not a usable number"},
        {{.more_pieces = 3}, KOR_E_INPUT, "(at most 12)"}, /* an id would be beyond the table */
        {{.fewer_scores = 1}, KOR_E_INPUT, "equally many"},
    };
    folder f = folder_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        expect_tiny_refused(&f, true, &cases[i].change, cases[i].want, cases[i].part);
    }
    folder_remove(&f);
}

/* A trie that leads in a circle and to ids that are none: the answers are wrong, and in range. */
static void test_model_with_a_hostile_trie_gives_ids_in_range(void **state)
{
    (void)state;
    enum { UNITS = 512, ASKED = 4096 };
    uint32_t units[UNITS], seed = 1;
    static char text[50000];
    static int32_t ids[ASKED];
    for (size_t i = 0; i < sizeof text; i++) text[i] = "abc \xc3\xa9"[i % 6];
    for (int round = 0; round < 60; round++) {
        for (uint32_t i = 0; i < UNITS; i++) {
            seed = seed * 1664525u + 1013904223u;
            /* Every byte leads somewhere, to units of which any may claim any id. */
            units[i] = (seed >> 24 & 1 ? 0 : 1 + (seed >> 12 & 255)) << 10 | (seed >> 9 & 3) << 8 |
                       (i & 255);
        }
        pair p = tiny_open(round % 2,
                           &(tiny_change){.trie = units, .trie_units = round % 4 ? UNITS : 1});
        size_t count;
        kor_error err;
        float v[TINY_DIM];
        alarm(60);
        assert_works(kor_tokenize(p.ctx, text, sizeof text, ids, ASKED, &count, &err), &err);
        for (size_t i = 0; i < count; i++) assert_in_range(ids[i], 0, TINY_PIECES - 1);
        assert_works(kor_embed(p.ctx, text, sizeof text, v, TINY_DIM, &err), &err);
        alarm(0);
        tiny_close(&p);
    }
}

/* ---- The trunk, damaged ---- */

static void test_model_cut_short_anywhere_is_refused(void **state)
{
    (void)state;
    folder f = folder_new();
    unsigned char *bytes;
    size_t size = get_file(trunk_path(), &bytes);
    const size_t lengths[] = {1, 4, 24, 25, 1000, 65536, 200000, size / 2, size - 33, size - 1};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        put_file(in(&f, "cut.gguf"), bytes, lengths[i]);
        expect_refused(in(&f, "cut.gguf"), KOR_E_INPUT, lengths[i] < 2000 ? "offset" : "cut short");
    }
    free(bytes);
    folder_remove(&f);
}

static void test_model_with_one_bit_changed_is_refused(void **state)
{
    (void)state;
    folder f = folder_new();
    unsigned char *bytes;
    size_t size = get_file(trunk_path(), &bytes);
    const size_t places[] = {size / 3, size / 2, size - 100, size - 1};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        bytes[places[i]] ^= (unsigned char)(1u << 2 * i);
        put_file(in(&f, "flipped.gguf"), bytes, size);
        expect_refused(in(&f, "flipped.gguf"), KOR_E_INPUT, "the file is damaged, get it again");
        bytes[places[i]] ^= (unsigned char)(1u << 2 * i);
    }
    put_file(in(&f, "whole.gguf"), bytes, size);
    kor_model *model;
    kor_error err;
    assert_works(kor_model_open(&model, in(&f, "whole.gguf"), &err), &err);
    kor_model_close(model);
    free(bytes);
    folder_remove(&f);
}

/* A copy of the trunk with a new checksum, and with one tensor left out, of another type, or
 * of another shape. */
static void write_changed(const char *path, const char *drop, const char *retype,
                          const char *reshape)
{
    kor_map map;
    kor_gguf g;
    kor_error err;
    kor_gguf_out o = {0};
    assert_works(kor_map_open(&map, trunk_path(), &err), &err);
    assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
    copy_entries(&o, &g);
    for (size_t i = 0; i < g.tensor_count; i++) {
        kor_tensor t = g.tensors[i];
        char name[65] = "";
        memcpy(name, t.name.data, t.name.len);
        if (tiny_is(drop, name)) continue;
        if (tiny_is(retype, name)) t.type = KOR_TENSOR_I32;
        if (tiny_is(reshape, name)) t.shape[0]--;
        kor_gguf_add_tensor(&o, name, t.type, t.dims, t.shape, t.data);
    }
    assert_works(kor_gguf_commit(&o, path, &err), &err);
    kor_gguf_out_free(&o);
    kor_gguf_free(&g);
    kor_map_close(&map);
}

static void test_model_trunk_with_a_tensor_changed_is_refused(void **state)
{
    (void)state;
    folder f = folder_new();
    const char *path = in(&f, "changed.gguf");
    kor_model *model;
    kor_error err;
    write_changed(path, NULL, NULL, NULL);
    assert_works(kor_model_open(&model, path, &err), &err);
    kor_model_close(model);
    write_changed(path, "blk.1.ffn_down.bias", NULL, NULL);
    expect_refused(path, KOR_E_INPUT, "tensor 'blk.1.ffn_down.bias' is missing");
    write_changed(path, NULL, "pooler.bias", NULL);
    expect_refused(path, KOR_E_INPUT, "tensor 'pooler.bias' is of type 26");
    write_changed(path, NULL, NULL, "blk.0.attn_norm.weight");
    expect_refused(path, KOR_E_INPUT, "shape 255 x 1 x 1 x 1; expected type 0, 256");
    folder_remove(&f);
}

static void test_model_stays_whole_when_its_file_is_replaced(void **state)
{
    (void)state;
    pair p = tiny_open(true, &(tiny_change){0});
    float before[TINY_DIM], after[TINY_DIM];
    kor_error err;
    assert_works(kor_embed(p.ctx, "abc", 3, before, TINY_DIM, &err), &err);
    tiny_write(in(&p.folder, "tiny.gguf"), false, &(tiny_change){0});
    assert_works(kor_embed(p.ctx, "abc", 3, after, TINY_DIM, &err), &err);
    assert_memory_equal(before, after, sizeof before);
    tiny_close(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model_kernels_follow_the_environment),
        cmocka_unit_test(test_model_trunk_gives_what_its_description_says_on_all_kernels),
        cmocka_unit_test(test_model_tiny_ones_give_what_their_description_says_on_all_kernels),
        cmocka_unit_test(test_model_gives_golden_ids),
        cmocka_unit_test(test_model_info_says_what_it_is),
        cmocka_unit_test(test_model_embeds_any_text),
        cmocka_unit_test(test_model_reads_its_first_tokens_only),
        cmocka_unit_test(test_model_contexts_do_not_mix),
        cmocka_unit_test(test_model_of_odd_widths_agrees_on_all_kernels),
        cmocka_unit_test(test_model_wrong_use_is_an_error),
        cmocka_unit_test(test_model_refuses_files_that_are_none),
        cmocka_unit_test(test_model_needs_every_entry_with_its_type),
        cmocka_unit_test(test_model_needs_every_tensor_with_its_type_and_shape),
        cmocka_unit_test(test_model_refuses_values_out_of_range),
        cmocka_unit_test(test_model_with_a_hostile_trie_gives_ids_in_range),
        cmocka_unit_test(test_model_cut_short_anywhere_is_refused),
        cmocka_unit_test(test_model_with_one_bit_changed_is_refused),
        cmocka_unit_test(test_model_trunk_with_a_tensor_changed_is_refused),
        cmocka_unit_test(test_model_stays_whole_when_its_file_is_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
