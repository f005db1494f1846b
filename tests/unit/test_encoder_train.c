/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "learn/encoder_train.h"
#include "model/head.h"
#include "scratch.h"

#include <math.h>

enum { ROWS = 12, LABELS = 3, RANK = 3 };

static const char *const texts[ROWS] = {"a",    "b",    "c",      "a a",  "b b",    "c c",
                                        "a ab", "b ba", "c cc a", "ab a", "ba b b", ""};

typedef struct problem {
    folder f;
    kor_model *trunk;
    kor_model_info info;
    kor_row rows[ROWS];
    const kor_row *list[ROWS];
    uint32_t label[ROWS];
    float features[ROWS * 2 * TINY_DIM];
    kor_hybrid_trained start;
    double quality;
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
    const kor_linear_recipe recipe = {.epochs = 20, .batch = 4, .rate = 0.05f, .seed = 1};
    assert_works(kor_hybrid_train(&p->start, p->features, TINY_DIM, p->list, ROWS, LABELS, false,
                                  &recipe, &err),
                 &err);
}

static void problem_free(problem *p)
{
    kor_hybrid_trained_free(&p->start);
    kor_model_close(p->trunk);
    folder_remove(&p->f);
}

static size_t best_of(const float *x)
{
    size_t best = 0;
    for (size_t l = 1; l < LABELS; l++) best = x[l] > x[best] ? l : best;
    return best;
}

static kor_status quality(void *arg, const float *logits, double *out, kor_error *err)
{
    (void)err;
    problem *p = arg;
    *out = 0;
    for (size_t i = 0; i < ROWS; i++) *out += best_of(logits + i * LABELS) == p->label[i];
    p->quality = *out;
    return KOR_OK;
}

static void train(problem *p, size_t rank, kor_encoder_trained *out, float *f32)
{
    kor_error err;
    const kor_encoder_task task = {.trunk = p->trunk,
                                   .rows = p->list,
                                   .count = ROWS,
                                   .labels = LABELS,
                                   .start = &p->start,
                                   .recipe = {.epochs = 30,
                                              .batch = 4,
                                              .rank = rank,
                                              .rate = 0.01f,
                                              .head_rate = 0.02f,
                                              .depth_factor = 1,
                                              .clip = 1,
                                              .seed = 3,
                                              .threads = 2},
                                   .measured = p->list,
                                   .measured_count = ROWS,
                                   .quality = quality,
                                   .arg = p};
    assert_works(kor_encoder_train(out, &task, f32, &err), &err);
}

static void write_model(const kor_encoder_trained *trained, const problem *p, const char *path,
                        const char *without)
{
    static const kor_bytes names[LABELS] = {{"first", 5}, {"second", 6}, {"third", 5}};
    kor_gguf_out o = {0}, whole = {0};
    kor_error err;
    kor_encoder_trained_write(trained, p->trunk, 0, &whole);
    const char *other = in(&p->f, "whole.gguf");
    kor_map map;
    kor_gguf g;
    assert_works(kor_gguf_commit(&whole, other, &err), &err);
    assert_works(kor_map_open(&map, other, &err), &err);
    assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_string(&o, "general.name", "tuned");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "classify");
    kor_gguf_add_strings(&o, "korora.labels", names, LABELS);
    kor_gguf_add_f32(&o, "korora.temperature", 1);
    kor_gguf_add_f32(&o, "korora.threshold", 0);
    for (size_t i = 0; i < g.kv_count; i++) {
        const kor_gguf_kv *kv = &g.kv[i];
        if (kv->key.len == 15 && memcmp(kv->key.data, "korora.checksum", 15) == 0) continue;
        if (without && strlen(without) == kv->key.len &&
            memcmp(kv->key.data, without, kv->key.len) == 0)
            continue;
        kor_gguf_add_copy(&o, kv);
    }
    for (size_t i = 0; i < g.tensor_count; i++) {
        const kor_tensor *t = &g.tensors[i];
        char name[96];
        (void)snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.data);
        static const float five[5];
        if (without && strcmp(name, without) == 0)
            kor_gguf_add_tensor(&o, name, KOR_TENSOR_F32, 1, (size_t[]){5}, five);
        else
            kor_gguf_add_tensor(&o, name, t->type, t->dims, t->shape, t->data);
    }
    assert_works(kor_gguf_commit(&o, path, &err), &err);
    kor_gguf_out_free(&o);
    kor_gguf_out_free(&whole);
    kor_gguf_free(&g);
    kor_map_close(&map);
}

static void check_file(problem *p, size_t rank)
{
    kor_encoder_trained trained;
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    kor_model_info info;
    float logits[ROWS * LABELS], f32[ROWS * LABELS];
    const char *path = in(&p->f, rank ? "lora.gguf" : "full.gguf");
    train(p, rank, &trained, f32);
    assert_true(p->quality >= ROWS - 1);
    assert_works(kor_encoder_trained_answer(&trained, p->trunk, p->list, ROWS, logits, &err), &err);
    write_model(&trained, p, path, NULL);
    assert_works(kor_model_open(&model, path, &err), &err);
    kor_model_get_info(model, &info);
    assert_string_equal(info.architecture, rank ? "lora" : "full");
    assert_int_equal(info.max_tokens, TINY_TOKENS);
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    const kor_head head = {
        .kind = KOR_HEAD_CLASSIFY, .labels = LABELS, .temperature = 1, .temperature_over = 1};
    for (size_t i = 0; i < ROWS; i++) {
        float p_file[LABELS];
        if (!*texts[i]) continue; /* no token in an answer, one unknown in training */
        assert_works(kor_classify(ctx, texts[i], KOR_NUL, p_file, LABELS, &err), &err);
        kor_head_apply(&head, logits + i * LABELS);
        kor_head_apply(&head, f32 + i * LABELS);
        for (size_t l = 0; l < LABELS; l++) {
            /* The file gives what training measured, and int8 is near to what was learnt. */
            assert_true(fabsf(p_file[l] - logits[i * LABELS + l]) < 1e-6f);
            assert_true(fabsf(p_file[l] - f32[i * LABELS + l]) < 0.1f);
        }
    }
    int32_t ids[4];
    size_t count;
    assert_works(kor_tokenize(ctx, "a b", KOR_NUL, ids, 4, &count, &err), &err);
    assert_true(count > 0);
    kor_ctx_free(ctx);
    kor_model_close(model);
    kor_encoder_trained_free(&trained);
}

static void test_encoder_learns_and_its_file_answers_the_same(void **state)
{
    (void)state;
    problem p;
    problem_make(&p);
    check_file(&p, 0);
    check_file(&p, RANK);
    /* The first needs no trunk, the second does. */
    kor_error err;
    kor_model *model;
    assert_int_equal(remove(in(&p.f, "tiny.gguf")), 0);
    assert_works(kor_model_open(&model, in(&p.f, "full.gguf"), &err), &err);
    kor_model_close(model);
    assert_fails(kor_model_open(&model, in(&p.f, "lora.gguf"), &err), KOR_E_NOT_FOUND, &err,
                 "tiny.gguf");
    assert_works(kor_model_open_on(&model, in(&p.f, "lora.gguf"), p.trunk, &err), &err);
    kor_model_close(model);
    problem_free(&p);
}

/* A quality that falls from call to call, except that the third is the best: the epoch, the exact
 * weights, then the epoch with rounded ones. */
static kor_status made_up_quality(void *arg, const float *logits, double *out, kor_error *err)
{
    (void)logits;
    (void)err;
    static const double quality[] = {0.5, 0.6, 0.7};
    size_t *call = arg;
    *out = quality[*call < 3 ? *call : 2];
    ++*call;
    return KOR_OK;
}

static void test_encoder_learns_on_with_rounded_weights_where_int8_costs_too_much(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    kor_encoder_trained trained;
    float f32[ROWS * LABELS];
    problem_make(&p);
    size_t call = 0;
    kor_encoder_task task = {.trunk = p.trunk,
                             .rows = p.list,
                             .count = ROWS,
                             .labels = LABELS,
                             .start = &p.start,
                             .recipe = {.epochs = 1,
                                        .batch = 4,
                                        .rate = 0.01f,
                                        .head_rate = 0.02f,
                                        .depth_factor = 1,
                                        .seed = 3,
                                        .threads = 1},
                             .measured = p.list,
                             .measured_count = ROWS,
                             .quality = made_up_quality,
                             .arg = &call};
    assert_works(kor_encoder_train(&trained, &task, f32, &err), &err);
    assert_true(trained.rounded);
    assert_int_equal(call, 3);
    kor_encoder_trained_free(&trained);
    /* Adapters stand on a trunk that is int8 already. */
    call = 0;
    task.recipe.rank = RANK;
    assert_works(kor_encoder_train(&trained, &task, f32, &err), &err);
    assert_false(trained.rounded);
    kor_encoder_trained_free(&trained);
    problem_free(&p);
}

static void test_encoder_file_that_is_wrong_is_refused(void **state)
{
    (void)state;
    static const struct {
        size_t rank;
        const char *without, *part;
    } cases[] = {
        {0, "tokenizer.trie", "tokenizer.trie"},
        {0, "token_embd.weight", "token_embd.weight"},
        {0, "pooler.weight", "pooler.weight"},
        {0, "korora.encoder.widths", "korora.encoder.widths"},
        {0, "korora.bag.weight", NULL}, /* without a bag it is not read */
        {0, "head.mean", "head.mean"},
        {RANK, "korora.lora.rank", "korora.lora.rank"},
        {RANK, "blk.0.ffn_up.lora_a.weight", "blk.0.ffn_up.lora_a.weight"},
        {RANK, "blk.0.ffn_up.lora_a.scale", "blk.0.ffn_up.lora_a.scale"},
        {RANK, "pooler.lora_b.weight", "pooler.lora_b.weight"},
        {RANK, "pooler.lora_b.scale", "pooler.lora_b.scale"},
        {RANK, "korora.trunk", "korora.trunk"},
        {RANK, "korora.trunk_checksum", "korora.trunk_checksum"},
    };
    problem p;
    problem_make(&p);
    kor_encoder_trained trained[2];
    train(&p, 0, &trained[0], NULL);
    train(&p, RANK, &trained[1], NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_model *model;
        kor_error err;
        const char *path = in(&p.f, "bad.gguf");
        write_model(&trained[cases[i].rank > 0], &p, path, cases[i].without);
        kor_status status = kor_model_open(&model, path, &err);
        if (cases[i].part)
            assert_fails(status, KOR_E_INPUT, &err, cases[i].part);
        else
            assert_works(status, &err);
        kor_model_close(model);
    }
    for (size_t i = 0; i < 2; i++) kor_encoder_trained_free(&trained[i]);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_encoder_learns_and_its_file_answers_the_same),
        cmocka_unit_test(test_encoder_learns_on_with_rounded_weights_where_int8_costs_too_much),
        cmocka_unit_test(test_encoder_file_that_is_wrong_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
