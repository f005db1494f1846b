/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "korora.h"
#include "learn/bag_train.h"
#include "model/head.h"
#include "unit/scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 60, LABELS = 3 };

static const char *const themes[LABELS] = {"switch on the lamp in room", "rain or sun on day",
                                           "play a song of album"};
static kor_row rows[ROWS];
static const kor_row *list[ROWS];
static char texts[ROWS][64];
static const uint32_t numbers[LABELS] = {0, 1, 2};

static void make_rows(void)
{
    for (size_t i = 0; i < ROWS; i++) {
        int n = snprintf(texts[i], sizeof texts[i], "%s %zu", themes[i % LABELS], i / 2);
        rows[i] = (kor_row){.text = texts[i],
                            .len = (size_t)n,
                            .line = i + 1,
                            .labels = &numbers[i % LABELS],
                            .label_count = 1};
        list[i] = &rows[i];
    }
}

static void train(kor_bag_trained *out, bool tags)
{
    kor_error err;
    kor_bag_recipe recipe = kor_bag_default;
    recipe.tags = tags;
    make_rows();
    assert_works(kor_bag_train(out, list, ROWS, LABELS, &recipe, NULL, NULL, &err), &err);
}

typedef struct change {
    const char *head, *architecture, *drop; /* NULL: as it should be */
    float temperature, threshold;           /* 0: as it should be */
    size_t labels;                          /* names that are missing */
    bool empty_label;
} change;

/* Write a trained bag as a model, with one thing wrong. */
static void write_model(const char *path, const kor_bag_trained *trained, bool tags,
                        const change *c)
{
    kor_gguf_out o = {0};
    kor_error err;
    const kor_bytes names[LABELS] = {{"light", 5}, {"sky", c->empty_label ? 0 : 3}, {"music", 5}};
    const float thresholds[LABELS] = {0.5f, 0.25f, c->threshold != 0 ? c->threshold : 0.75f};
    const char *head = c->head ? c->head : tags ? "tags" : "classify";
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", head);
    kor_gguf_add_strings(&o, "korora.labels", names, LABELS - c->labels);
    float temperature = c->temperature != 0 ? c->temperature : 2;
    kor_gguf_add_f32(&o, "korora.temperature", temperature);
    kor_gguf_add_f32(&o, "korora.temperature_over", temperature);
    if (!c->drop || strcmp(c->drop, "threshold") != 0) {
        kor_gguf_add_f32(&o, "korora.threshold", thresholds[2]);
        kor_gguf_add_tensor(&o, "head.thresholds", KOR_TENSOR_F32, 1, (size_t[]){LABELS},
                            thresholds);
    }
    if (c->architecture)
        kor_gguf_add_string(&o, "korora.architecture", c->architecture);
    else
        kor_bag_trained_write(trained, false, &o);
    assert_works(kor_gguf_commit(&o, path, &err), &err);
    kor_gguf_out_free(&o);
}

static void test_bag_learns_and_its_file_answers_the_same(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    for (int tags = 0; tags < 2; tags++) {
        kor_bag_trained trained;
        kor_model *model;
        kor_ctx *ctx;
        float before[ROWS * LABELS], p[LABELS];
        train(&trained, tags);
        assert_works(kor_bag_trained_answer(&trained, list, ROWS, before, &err), &err);
        write_model(in(&f, "bag.gguf"), &trained, tags, &(change){0});
        assert_works(kor_model_open(&model, in(&f, "bag.gguf"), &err), &err);
        assert_works(kor_ctx_new(&ctx, model, &err), &err);
        for (size_t i = 0; i < ROWS; i++) {
            assert_works(kor_classify(ctx, texts[i], KOR_NUL, p, LABELS, &err), &err);
            float *logits = before + i * LABELS, sum = 0;
            const kor_head head = {.kind = tags ? KOR_HEAD_TAGS : KOR_HEAD_CLASSIFY,
                                   .labels = LABELS,
                                   .temperature = 2,
                                   .temperature_over = 2};
            kor_head_apply(&head, logits);
            size_t best = 0;
            for (size_t l = 0; l < LABELS; l++) {
                assert_true(fabsf(p[l] - logits[l]) < 0.03f); /* what int8 costs */
                sum += p[l];
                best = p[l] > p[best] ? l : best;
            }
            assert_int_equal(best, i % LABELS);
            assert_true(tags || fabsf(sum - 1) < 1e-5f);
        }
        kor_ctx_free(ctx);
        kor_model_close(model);
        kor_bag_trained_free(&trained);
    }
    folder_remove(&f);
}

static void test_bag_trains_to_the_same_bytes(void **state)
{
    (void)state;
    kor_bag_trained a, b;
    train(&a, false);
    train(&b, false);
    assert_int_equal(a.bag.rows, b.bag.rows);
    assert_memory_equal(a.bag.table, b.bag.table, a.bag.rows * a.bag.dim);
    assert_memory_equal(a.bag.output, b.bag.output, a.bag.dim * LABELS * sizeof(float));
    kor_bag_trained_free(&a);
    kor_bag_trained_free(&b);
}

static void test_bag_keeps_what_fits_and_what_tells_most(void **state)
{
    (void)state;
    kor_error err;
    kor_bag_trained trained;
    kor_bag_recipe recipe = kor_bag_default;
    make_rows();
    recipe.bytes = 10 * 16; /* ten rows of eight columns, with key and directory */
    assert_works(kor_bag_train(&trained, list, ROWS, LABELS, &recipe, NULL, NULL, &err), &err);
    assert_int_equal(trained.bag.rows, 10);
    assert_true(trained.features > 100);
    /* Each text still has a feature that tells its label. */
    float logits[ROWS * LABELS];
    assert_works(kor_bag_trained_answer(&trained, list, ROWS, logits, &err), &err);
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t l = 0; l < LABELS; l++)
            assert_true(logits[i * LABELS + l] <= logits[i * LABELS + i % LABELS]);
    }
    for (size_t i = 1; i < trained.bag.rows; i++)
        assert_true(trained.bag.keys[i - 1] < trained.bag.keys[i]);
    for (size_t i = 0; i < trained.bag.rows; i++)
        assert_int_equal(kor_bag_find(&trained.bag, trained.bag.keys[i]), i);
    assert_int_equal(kor_bag_find(&trained.bag, trained.bag.keys[3] ^ 2), 10);
    kor_bag_trained_free(&trained);
}

static void test_bag_says_what_it_is(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_bag_trained trained;
    kor_model *model;
    kor_ctx *ctx;
    kor_model_info info;
    float p[LABELS];
    int32_t id;
    size_t count;
    train(&trained, true);
    write_model(in(&f, "bag.gguf"), &trained, true, &(change){0});
    assert_works(kor_model_open(&model, in(&f, "bag.gguf"), &err), &err);
    kor_model_get_info(model, &info);
    assert_string_equal(info.architecture, "bag");
    assert_string_equal(info.head, "tags");
    assert_string_equal(info.metric, "");
    assert_string_equal(info.out_of_scope, "");
    assert_int_equal(info.labels, LABELS);
    assert_int_equal(info.vocabulary, trained.bag.rows);
    assert_int_equal(info.dim, 0);
    assert_string_equal(kor_model_label(model, 2), "music");
    assert_null(kor_model_label(model, LABELS));
    assert_true(kor_model_threshold(model, 1) == 0.25f);
    assert_true(kor_model_threshold(model, LABELS) == 0);
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    assert_fails(kor_classify(ctx, "x", 1, p, LABELS - 1, &err), KOR_E_ARG, &err,
                 "room for 2 floats, the model has 3");
    assert_fails(kor_classify(ctx, NULL, 1, p, LABELS, &err), KOR_E_ARG, &err, "text is NULL");
    assert_fails(kor_embed(ctx, "x", 1, p, LABELS, &err), KOR_E_UNSUPPORTED, &err, "'tags'");
    assert_fails(kor_tokenize(ctx, "x", 1, &id, 1, &count, &err), KOR_E_UNSUPPORTED, &err, "'bag'");
    /* Nothing known: as likely as without a text. */
    assert_works(kor_classify(ctx, NULL, 0, p, LABELS, &err), &err);
    float other[LABELS];
    assert_works(kor_classify(ctx, "\377\xc3 \xf0\x9f\x90\xa7", 7, other, LABELS, &err), &err);
    assert_memory_equal(p, other, sizeof p);
    kor_ctx_free(ctx);
    kor_model_close(model);
    kor_bag_trained_free(&trained);
    folder_remove(&f);
}

static void fails(const folder *f, const kor_bag_trained *trained, bool tags, change c,
                  kor_status status, const char *what)
{
    kor_error err;
    kor_model *model;
    write_model(in(f, "bad.gguf"), trained, tags, &c);
    assert_fails(kor_model_open(&model, in(f, "bad.gguf"), &err), status, &err, what);
    assert_null(model);
}

/* Texts of the same words that only lines and case tell apart. */
static void test_bag_sees_layout_when_asked_to(void **state)
{
    (void)state;
    static const char *const shapes[LABELS] = {"lamp %zu rain song", "lamp %zu\nrain\nsong",
                                               "LAMP %zu RAIN SONG"};
    folder f = folder_new();
    kor_error err;
    kor_bag_recipe recipe = kor_bag_default;
    make_rows();
    for (size_t i = 0; i < ROWS; i++) {
        int n = snprintf(texts[i], sizeof texts[i], shapes[i % LABELS], i / 2);
        rows[i].len = (size_t)n;
    }
    for (uint32_t layout = 0; layout < 2; layout++) {
        kor_bag_trained trained;
        kor_model *model;
        kor_ctx *ctx;
        float p[LABELS];
        recipe.shape.layout = layout;
        assert_works(kor_bag_train(&trained, list, ROWS, LABELS, &recipe, NULL, NULL, &err), &err);
        write_model(in(&f, "layout.gguf"), &trained, false, &(change){0});
        assert_works(kor_model_open(&model, in(&f, "layout.gguf"), &err), &err);
        assert_works(kor_ctx_new(&ctx, model, &err), &err);
        size_t right = 0;
        for (size_t l = 0; l < LABELS; l++) {
            char text[64];
            (void)snprintf(text, sizeof text, shapes[l], (size_t)77);
            assert_works(kor_classify(ctx, text, KOR_NUL, p, LABELS, &err), &err);
            right += p[l] > p[(l + 1) % LABELS] && p[l] > p[(l + 2) % LABELS];
        }
        assert_int_equal(right == LABELS, layout);
        kor_ctx_free(ctx);
        kor_model_close(model);
        kor_bag_trained_free(&trained);
    }
    folder_remove(&f);
}

static void test_bag_files_that_deceive_are_refused(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_bag_trained trained;
    train(&trained, false);
    const kor_bag good = trained.bag;
    fails(&f, &trained, false, (change){.head = "guess"}, KOR_E_UNSUPPORTED, "head 'guess'");
    fails(&f, &trained, false, (change){.head = "embed"}, KOR_E_UNSUPPORTED, "does not go with");
    fails(&f, &trained, false, (change){.architecture = "tree"}, KOR_E_UNSUPPORTED, "'tree'");
    fails(&f, &trained, false, (change){.architecture = "bag"}, KOR_E_INPUT, "korora.bag.ngrams");
    fails(&f, &trained, false, (change){.labels = 1}, KOR_E_INPUT, "bag.output");
    fails(&f, &trained, false, (change){.labels = LABELS}, KOR_E_INPUT, "korora.labels");
    fails(&f, &trained, false, (change){.empty_label = true}, KOR_E_INPUT, "label 1");
    fails(&f, &trained, false, (change){.temperature = -1}, KOR_E_INPUT, "it is over 0");
    fails(&f, &trained, false, (change){.temperature = NAN}, KOR_E_INPUT, "it is over 0");
    fails(&f, &trained, false, (change){.threshold = 2}, KOR_E_INPUT, "it is 0 to 1");
    fails(&f, &trained, true, (change){.threshold = NAN}, KOR_E_INPUT, "it is 0 to 1");
    fails(&f, &trained, true, (change){.drop = "threshold"}, KOR_E_INPUT, "head.thresholds");
    trained.bag.shape.layout = 7;
    fails(&f, &trained, false, (change){0}, KOR_E_UNSUPPORTED, "layout of version 7");
    trained.bag = good;
    trained.bag.shape.words = 4;
    fails(&f, &trained, false, (change){0}, KOR_E_INPUT, "1 to 4 words");
    trained.bag = good;
    trained.bag.shape.chars_from = 0;
    fails(&f, &trained, false, (change){0}, KOR_E_INPUT, "0 to 4 characters");
    trained.bag = good;
    trained.bag.shape.code = 2;
    fails(&f, &trained, false, (change){0}, KOR_E_UNSUPPORTED, "code of version 2");
    trained.bag = good;
    /* A directory that points past the rows, or back. */
    uint32_t first[1 << 12];
    size_t places = ((size_t)1 << good.bits) + 1;
    assert_in_range(places, 3, sizeof first / sizeof *first);
    memcpy(first, good.first, places * sizeof *first);
    trained.bag.first = first;
    first[places - 1]++;
    fails(&f, &trained, false, (change){0}, KOR_E_INPUT, "does not span");
    first[places - 1]--;
    first[1] = UINT32_MAX;
    fails(&f, &trained, false, (change){0}, KOR_E_INPUT, "falls at 1");
    memcpy(first, good.first, places * sizeof *first);
    trained.bag.bits--;
    fails(&f, &trained, false, (change){0}, KOR_E_INPUT, "does not span");
    trained.bag = good;
    trained.bag.dim = 4; /* not a multiple of the group */
    fails(&f, &trained, false, (change){0}, KOR_E_INPUT, "bag.table");
    trained.bag = good;
    kor_bag_trained_free(&trained);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bag_learns_and_its_file_answers_the_same),
        cmocka_unit_test(test_bag_trains_to_the_same_bytes),
        cmocka_unit_test(test_bag_keeps_what_fits_and_what_tells_most),
        cmocka_unit_test(test_bag_says_what_it_is),
        cmocka_unit_test(test_bag_sees_layout_when_asked_to),
        cmocka_unit_test(test_bag_files_that_deceive_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
