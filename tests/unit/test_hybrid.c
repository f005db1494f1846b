/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "labels_maker.h"
#include "learn/hybrid_train.h"
#include "model/head.h"
#include "model/trunk.h"
#include "scratch.h"

#include <math.h>

enum { ROWS = 12, LABELS = 3 };

static const char *const texts[ROWS] = {"a",    "b",    "c",      "a a",  "b b",    "c c",
                                        "a ab", "b ba", "c cc a", "ab a", "ba b b", "c c cc"};

typedef struct problem {
    folder f;
    kor_model *trunk;
    kor_model_info info;
    kor_row rows[ROWS];
    const kor_row *list[ROWS];
    uint32_t label[ROWS];
    float features[ROWS * 2 * TINY_DIM];
    kor_hybrid_trained trained;
} problem;

static void problem_make(problem *p)
{
    kor_error err;
    *p = (problem){.f = folder_new()};
    tiny_write(in(&p->f, "tiny.gguf"), true, &(tiny_change){0});
    assert_works(kor_model_open(&p->trunk, in(&p->f, "tiny.gguf"), &err), &err);
    kor_model_get_info(p->trunk, &p->info);
    for (uint32_t i = 0; i < ROWS; i++) {
        p->label[i] = i % LABELS;
        p->rows[i] = (kor_row){
            .text = texts[i], .len = strlen(texts[i]), .labels = &p->label[i], .label_count = 1};
        p->list[i] = &p->rows[i];
    }
    assert_works(kor_trunk_read(p->trunk, p->rows, ROWS, p->features, &err), &err);
    const kor_linear_recipe recipe = {.epochs = 200, .batch = 4, .rate = 0.05f, .seed = 1};
    assert_works(kor_hybrid_train(&p->trained, p->features, TINY_DIM, p->list, ROWS, LABELS, false,
                                  &recipe, &err),
                 &err);
}

static void problem_free(problem *p)
{
    kor_hybrid_trained_free(&p->trained);
    kor_model_close(p->trunk);
    folder_remove(&p->f);
}

/* One thing that is not as it should be; all 0 for a good file. */
typedef struct change {
    const char *trunk;  /* its name, in place of "tiny" */
    uint64_t checksum;  /* is off by this */
    const char *tensor; /* this tensor is a list of 5 floats */
    bool bag;           /* it says that there is a bag, and there is none */
} change;

/* The written model once more, tensor by tensor, with the change. */
static void write_hybrid(problem *p, const char *path, const change *c)
{
    static const char *const names[LABELS] = {"first", "second", "third"};
    kor_bytes labels[LABELS];
    kor_gguf_out o = {0};
    kor_error err;
    for (size_t i = 0; i < LABELS; i++) labels[i] = (kor_bytes){names[i], strlen(names[i])};
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_string(&o, "general.name", "mixed");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "classify");
    kor_gguf_add_strings(&o, "korora.labels", labels, LABELS);
    kor_gguf_add_f32(&o, "korora.temperature", 1);
    kor_gguf_add_f32(&o, "korora.threshold", 0);
    kor_model_info trunk = p->info;
    if (c->trunk) trunk.name = c->trunk;
    trunk.checksum += c->checksum;
    kor_gguf_out whole = {0};
    kor_hybrid_trained_write(&p->trained, KOR_HYBRID_PLAIN, &trunk, 0, &whole);
    if (!c->tensor) {
        kor_hybrid_trained_write(&p->trained, KOR_HYBRID_PLAIN, &trunk, 0, &o);
    } else {
        /* Write it elsewhere, read it, and copy all but one tensor. */
        const char *other = in(&p->f, "whole.gguf");
        kor_map map;
        kor_gguf g;
        assert_works(kor_gguf_commit(&whole, other, &err), &err);
        assert_works(kor_map_open(&map, other, &err), &err);
        assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
        kor_gguf_add_string(&o, "korora.architecture", "hybrid");
        kor_gguf_add_string(&o, "korora.trunk", trunk.name);
        kor_gguf_add_u64(&o, "korora.trunk_checksum", trunk.checksum);
        for (size_t i = 0; i < g.tensor_count; i++) {
            const kor_tensor *t = &g.tensors[i];
            char name[64];
            (void)snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.data);
            bool changed = strcmp(name, c->tensor) == 0;
            static const float five[5];
            if (changed)
                kor_gguf_add_tensor(&o, name, KOR_TENSOR_F32, 1, (size_t[]){5}, five);
            else
                kor_gguf_add_tensor(&o, name, t->type, t->dims, t->shape, t->data);
        }
        kor_gguf_free(&g);
        kor_map_close(&map);
    }
    if (c->bag) {
        static const int8_t row[8];
        kor_gguf_add_tensor(&o, "bag.table", KOR_TENSOR_I8, 2, (size_t[]){8, 1}, row);
    }
    assert_works(kor_gguf_commit(&o, path, &err), &err);
    kor_gguf_out_free(&o);
    kor_gguf_out_free(&whole);
}

static void check_answers(const problem *p, const kor_model *model)
{
    kor_ctx *ctx;
    kor_error err;
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    for (size_t i = 0; i < ROWS; i++) {
        float probability[LABELS], logits[LABELS];
        assert_works(kor_classify(ctx, texts[i], KOR_NUL, probability, LABELS, &err), &err);
        kor_hybrid_trained_answer(&p->trained, p->features + i * 2 * TINY_DIM, logits);
        const kor_head head = {
            .kind = KOR_HEAD_CLASSIFY, .labels = LABELS, .temperature = 1, .temperature_over = 1};
        kor_head_apply(&head, logits);
        size_t best = 0;
        for (size_t l = 0; l < LABELS; l++) {
            assert_true(fabsf(probability[l] - logits[l]) < 0.05f); /* what int8 costs */
            if (probability[l] > probability[best]) best = l;
        }
        assert_int_equal(best, i % LABELS);
    }
    kor_ctx_free(ctx);
}

static void test_hybrid_learns_and_its_file_answers_the_same(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    kor_model *model;
    kor_model_info info;
    char name[64];
    problem_make(&p);
    const char *path = in(&p.f, "mixed.gguf");
    write_hybrid(&p, path, &(change){0});
    assert_works(kor_model_trunk(path, name, &err), &err);
    assert_string_equal(name, "tiny");
    assert_works(kor_model_trunk(in(&p.f, "tiny.gguf"), name, &err), &err);
    assert_string_equal(name, "");
    /* With its trunk beside it, and with one that is open. */
    assert_works(kor_model_open(&model, path, &err), &err);
    check_answers(&p, model);
    kor_model_get_info(model, &info);
    assert_string_equal(info.architecture, "hybrid");
    assert_string_equal(kor_model_label(model, 1), "second");
    kor_model_close(model);
    assert_works(kor_model_open_on(&model, path, p.trunk, &err), &err);
    check_answers(&p, model);
    kor_model_close(model);
    problem_free(&p);
}

static void test_hybrid_bag_opened_on_a_trunk_has_none(void **state)
{
    (void)state;
    problem p;
    kor_model *model;
    kor_ctx *ctx;
    kor_error err;
    int32_t ids[8];
    float answer[LABELS];
    size_t count;
    problem_make(&p);
    labels_write(in(&p.f, "bag.gguf"), false, MADE_BAG, NULL);
    assert_works(kor_model_open_on(&model, in(&p.f, "bag.gguf"), p.trunk, &err), &err);
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    assert_works(kor_classify(ctx, "a ab", KOR_NUL, answer, LABELS, &err), &err);
    assert_fails(kor_tokenize(ctx, "a ab", KOR_NUL, ids, 8, &count, &err), KOR_E_UNSUPPORTED, &err,
                 "has no tokens");
    kor_ctx_free(ctx);
    kor_model_close(model);
    problem_free(&p);
}

/* Two models on one context of the trunk, asked in turn about texts that change and come again,
 * answer as they do alone, and so does the trunk itself. */
static void test_hybrid_contexts_on_one_trunk_answer_as_alone(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    kor_model *model;
    kor_ctx *trunk, *alone_trunk, *alone, *on[2];
    problem_make(&p);
    write_hybrid(&p, in(&p.f, "mixed.gguf"), &(change){0});
    assert_works(kor_model_open_on(&model, in(&p.f, "mixed.gguf"), p.trunk, &err), &err);
    assert_works(kor_ctx_new(&trunk, p.trunk, &err), &err);
    assert_works(kor_ctx_new(&alone_trunk, p.trunk, &err), &err);
    assert_works(kor_ctx_new(&alone, model, &err), &err);
    for (size_t i = 0; i < 2; i++) assert_works(kor_ctx_new_on(&on[i], model, trunk, &err), &err);
    static char longest[5 * KOR_TEXT_MAX];
    memset(longest, 'b', sizeof longest);
    static const size_t lengths[] = {sizeof longest, sizeof longest - 1, 0};
    for (size_t turn = 0; turn < 2 * ROWS + 6; turn++) {
        const char *text = turn < 2 * ROWS ? texts[turn % ROWS] : longest;
        size_t len = turn < 2 * ROWS ? strlen(text) : lengths[turn % 3];
        float want[LABELS], got[LABELS], v[2][TINY_DIM];
        assert_works(kor_classify(alone, text, len, want, LABELS, &err), &err);
        for (size_t i = 0; i < 2; i++) {
            assert_works(kor_classify(on[i], text, len, got, LABELS, &err), &err);
            assert_memory_equal(got, want, sizeof want);
        }
        assert_works(kor_embed(alone_trunk, text, len, v[0], TINY_DIM, &err), &err);
        assert_works(kor_embed(trunk, text, len, v[1], TINY_DIM, &err), &err);
        assert_memory_equal(v[0], v[1], sizeof v[0]);
    }
    for (size_t i = 0; i < 2; i++) kor_ctx_free(on[i]);
    kor_ctx_free(alone);
    kor_ctx_free(alone_trunk);
    kor_ctx_free(trunk);
    kor_model_close(model);
    problem_free(&p);
}

static void refuse(problem *p, const change *c, kor_status status, const char *part)
{
    kor_model *model;
    kor_error err;
    const char *path = in(&p->f, "bad.gguf");
    write_hybrid(p, path, c);
    assert_fails(kor_model_open(&model, path, &err), status, &err, part);
    assert_null(model);
}

static void test_hybrid_file_that_is_wrong_is_refused(void **state)
{
    (void)state;
    problem p;
    static const char *const tensors[] = {"head.embedding.weight",
                                          "head.embedding.scale",
                                          "head.state.weight",
                                          "head.state.scale",
                                          "head.bias",
                                          "head.mean",
                                          "head.factor"};
    problem_make(&p);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        refuse(&p, &(change){.tensor = tensors[i]}, KOR_E_INPUT, tensors[i]);
    }
    refuse(&p, &(change){.checksum = 1}, KOR_E_UNSUPPORTED, "made on another trunk");
    refuse(&p, &(change){.trunk = "nowhere"}, KOR_E_NOT_FOUND, "nowhere.gguf");
    refuse(&p, &(change){.trunk = "../tiny"}, KOR_E_INPUT, "not the name of a model");
    refuse(&p, &(change){.trunk = ".."}, KOR_E_INPUT, "not the name of a model");
    refuse(&p, &(change){.bag = true}, KOR_E_INPUT, "bag");
    /* On itself. */
    refuse(&p, &(change){.trunk = "bad"}, KOR_E_INPUT, "is not an encoder");
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hybrid_learns_and_its_file_answers_the_same),
        cmocka_unit_test(test_hybrid_contexts_on_one_trunk_answer_as_alone),
        cmocka_unit_test(test_hybrid_bag_opened_on_a_trunk_has_none),
        cmocka_unit_test(test_hybrid_file_that_is_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
