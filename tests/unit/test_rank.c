/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "learn/hybrid_train.h"
#include "learn/pair_metrics.h"
#include "learn/rank_train.h"
#include "model/encoder_write.h"
#include "model/trunk.h"
#include "scratch.h"

#include <math.h>

/* Questions about five subjects and what answers them, in words that the tiny trunk has no tokens
 * for: it reads them as unknown. */
static const char queries_text[] =
    "{\"query\":\"where is the red lamp\",\"positive\":\"the red lamp is in 4 Elm Road\","
    "\"negatives\":[\"a blue chair\",\"the lamp\",\"rain again today\"]}\n"
    "{\"query\":\"who called about the invoice\",\"positive\":\"Ada called about an invoice\","
    "\"negatives\":[\"the lamp\",\"who called?\",\"a blue chair\"]}\n"
    "{\"query\":\"when does the train leave\",\"positive\":\"the train will leave at 9\","
    "\"negatives\":[\"rain again today\",\"the red lamp is in 4 Elm Road\",\"a train\"]}\n"
    "{\"query\":\"what colour is the chair\",\"positive\":\"its colour: a blue chair\","
    "\"negatives\":[\"what?\",\"the train will leave at 9\",\"the lamp\"]}\n"
    "{\"query\":\"did it rain in Paris\",\"positive\":\"rain in Paris again\","
    "\"negatives\":[\"a train\",\"rain again today\",\"Ada called about an invoice\"]}\n";

static const char scores_text[] = "{\"a\":\"a b c\",\"b\":\"a b c\",\"score\":5}\n"
                                  "{\"a\":\"a b c\",\"b\":\"a b\",\"score\":4}\n"
                                  "{\"a\":\"a b c\",\"b\":\"a\",\"score\":3}\n"
                                  "{\"a\":\"ab ba\",\"b\":\"c cc\",\"score\":0}\n"
                                  "{\"a\":\"ab ba\",\"b\":\"ab c\",\"score\":2}\n"
                                  "{\"a\":\"c cc\",\"b\":\"b\",\"score\":0}\n";

typedef struct problem {
    folder f;
    kor_model *trunk;
    kor_model_info info;
    kor_texts texts;
    kor_pairs pairs;
    float *features;
    kor_rank_texts read;
    kor_rank_trained trained;
    kor_error err;
} problem;

static void problem_make(problem *p, const char *rows, bool with_trunk)
{
    *p = (problem){.f = folder_new()};
    tiny_write(in(&p->f, "tiny.gguf"), true, &(tiny_change){0});
    put_file(in(&p->f, "rows.jsonl"), rows, strlen(rows));
    const kor_remarks silent = {0};
    assert_works(kor_model_open(&p->trunk, in(&p->f, "tiny.gguf"), &p->err), &p->err);
    kor_model_get_info(p->trunk, &p->info);
    assert_works(kor_pairs_read(&p->pairs, in(&p->f, "rows.jsonl"), &p->texts, &silent, &p->err),
                 &p->err);
    p->features = calloc(p->texts.count, 2 * TINY_DIM * sizeof *p->features);
    assert_non_null(p->features);
    assert_works(kor_trunk_read(p->trunk, p->texts.rows, p->texts.count, p->features, &p->err),
                 &p->err);
    assert_works(kor_rank_texts_read(&p->read, &p->texts, with_trunk ? p->features : NULL, TINY_DIM,
                                     &p->err),
                 &p->err);
    assert_works(kor_rank_train(&p->trained, &p->read, &p->pairs, with_trunk, &kor_rank_default,
                                NULL, NULL, &p->err),
                 &p->err);
}

static void problem_free(problem *p)
{
    kor_rank_trained_free(&p->trained);
    kor_rank_texts_free(&p->read);
    free(p->features);
    kor_pairs_free(&p->pairs);
    kor_texts_free(&p->texts);
    kor_model_close(p->trunk);
    folder_remove(&p->f);
}

/* One thing that is not as it should be; all 0 for a good file. */
typedef struct change {
    const char *tensor; /* this tensor is a list of 5 floats */
    const char *key;    /* this number is NAN, or this version 7 */
    const char *kind;   /* in place of the head */
    uint64_t checksum;  /* that of the trunk is off by this */
} change;

static void write_file(problem *p, const char *path, const change *c)
{
    static const float five[5];
    kor_gguf_out o = {0}, whole = {0};
    kor_error err;
    kor_map map;
    kor_gguf g;
    kor_model_info trunk = p->info;
    trunk.checksum += c->checksum;
    kor_rank_trained_write(&p->trained, &trunk, &whole);
    const char *other = in(&p->f, "whole");
    assert_works(kor_gguf_commit(&whole, other, &err), &err);
    kor_gguf_out_free(&whole);
    assert_works(kor_map_open(&map, other, &err), &err);
    assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_string(&o, "general.name", "ranker");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", c->kind ? c->kind : "rank");
    for (size_t i = 0; i < g.kv_count; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "%.*s", (int)g.kv[i].key.len, g.kv[i].key.data);
        if (strcmp(key, "korora.checksum") == 0) continue;
        if (c->key && strcmp(key, c->key) == 0 && g.kv[i].type == KOR_GGUF_F32)
            kor_gguf_add_f32(&o, key, NAN);
        else if (c->key && strcmp(key, c->key) == 0)
            kor_gguf_add_u32(&o, key, 7);
        else
            kor_gguf_add_copy(&o, &g.kv[i]);
    }
    for (size_t i = 0; i < g.tensor_count; i++) {
        const kor_tensor *t = &g.tensors[i];
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.data);
        if (c->tensor && strcmp(name, c->tensor) == 0)
            kor_gguf_add_tensor(&o, name, KOR_TENSOR_F32, 1, (size_t[]){5}, five);
        else
            kor_gguf_add_tensor(&o, name, t->type, t->dims, t->shape, t->data);
    }
    assert_works(kor_gguf_commit(&o, path, &err), &err);
    kor_gguf_out_free(&o);
    kor_gguf_free(&g);
    kor_map_close(&map);
}

static float score_of(kor_ctx *ctx, const kor_row *a, const kor_row *b)
{
    float score = NAN;
    kor_error err;
    assert_works(kor_rank(ctx, a->text, a->len, b->text, b->len, &score, &err), &err);
    return score;
}

/* Trained, written, opened: the same answers, and the right ones. */
static void check_round_trip(const char *rows, bool with_trunk)
{
    problem p;
    kor_model *model;
    kor_ctx *ctx;
    kor_model_info info;
    kor_pair_metrics m;
    float raw[64], answer[64], slope, shift;
    problem_make(&p, rows, with_trunk);
    assert_in_range(p.pairs.count, 1, 64);
    assert_works(kor_rank_trained_answer(&p.trained, &p.read, &p.pairs, raw, &p.err), &p.err);
    kor_rank_fit(&p.pairs, raw, &slope, &shift);
    assert_true(slope > 0);
    kor_rank_trained_calibrate(&p.trained, slope, shift);
    const char *path = in(&p.f, "ranker.gguf");
    write_file(&p, path, &(change){0});
    assert_works(kor_model_open(&model, path, &p.err), &p.err);
    assert_works(kor_ctx_new(&ctx, model, &p.err), &p.err);
    for (size_t i = 0; i < p.pairs.count; i++) {
        const kor_pair *pair = &p.pairs.pairs[i];
        float want = kor_rank_score(&p.trained.rank, slope * raw[i] + shift);
        answer[i] = score_of(ctx, &p.texts.rows[pair->a], &p.texts.rows[pair->b]);
        assert_true(fabsf(answer[i] - want) < 1e-4f * p.pairs.score_max);
        assert_true(answer[i] >= 0 && answer[i] <= p.pairs.score_max);
    }
    assert_works(kor_pair_measure(&m, &p.pairs, answer, &p.err), &p.err);
    if (p.pairs.queries)
        assert_true(m.mrr == 1);
    else
        assert_true(m.spearman > 0.9);
    kor_model_get_info(model, &info);
    assert_string_equal(info.architecture, with_trunk ? "hybrid" : "bag");
    assert_string_equal(info.head, "rank");
    assert_int_equal(info.dim, 0);
    assert_int_equal(info.labels, 0);
    kor_ctx_free(ctx);
    kor_model_close(model);
    problem_free(&p);
}

static void test_rank_learns_and_its_file_answers_the_same(void **state)
{
    (void)state;
    check_round_trip(queries_text, false);
    check_round_trip(queries_text, true);
    check_round_trip(scores_text, false);
    check_round_trip(scores_text, true);
}

static void test_rank_of_one_seed_has_the_same_bytes(void **state)
{
    (void)state;
    problem p, again;
    problem_make(&p, queries_text, true);
    problem_make(&again, queries_text, true);
    assert_memory_equal(p.trained.rank.linear, again.trained.rank.linear,
                        KOR_RANK_INPUTS * sizeof(float));
    assert_memory_equal(p.trained.rank.diagonal, again.trained.rank.diagonal,
                        3 * TINY_DIM * sizeof(float));
    problem_free(&p);
    problem_free(&again);
}

static void test_rank_asked_again_says_the_same(void **state)
{
    (void)state;
    problem p;
    kor_model *model;
    kor_ctx *ctx, *fresh;
    problem_make(&p, queries_text, true);
    write_file(&p, in(&p.f, "ranker.gguf"), &(change){0});
    assert_works(kor_model_open_on(&model, in(&p.f, "ranker.gguf"), p.trunk, &p.err), &p.err);
    assert_works(kor_ctx_new(&ctx, model, &p.err), &p.err);
    /* The query stays read, and is no other one of the same length. */
    char *vast = malloc(100000);
    assert_non_null(vast);
    memset(vast, 'a', 100000);
    const kor_row texts[] = {{.text = "a b", .len = 3},
                             {.text = "b a", .len = 3},
                             {.text = "", .len = 0},
                             {.text = NULL, .len = 0},
                             {.text = "\0\xff\xc3", .len = 3},
                             {.text = vast, .len = 100000},
                             {.text = "9 Elm? Red! 4", .len = 13}};
    size_t n = sizeof texts / sizeof *texts;
    for (size_t i = 0; i < 3 * n * n; i++) {
        const kor_row *a = &texts[i / 2 % n], *b = &texts[i * 5 / 3 % n];
        assert_works(kor_ctx_new(&fresh, model, &p.err), &p.err);
        float want = score_of(fresh, a, b), got = score_of(ctx, a, b);
        assert_true(got == want && isfinite(got));
        kor_ctx_free(fresh);
    }
    free(vast);
    kor_ctx_free(ctx);
    kor_model_close(model);
    problem_free(&p);
}

static void test_rank_wrong_use_is_told(void **state)
{
    (void)state;
    problem p;
    kor_model *model;
    kor_ctx *ctx, *encoder;
    float score, v[TINY_DIM];
    int32_t ids[4];
    size_t count;
    problem_make(&p, queries_text, false);
    write_file(&p, in(&p.f, "ranker.gguf"), &(change){0});
    assert_works(kor_model_open(&model, in(&p.f, "ranker.gguf"), &p.err), &p.err);
    assert_works(kor_ctx_new(&ctx, model, &p.err), &p.err);
    assert_works(kor_ctx_new(&encoder, p.trunk, &p.err), &p.err);
    assert_works(kor_rank(ctx, "red", KOR_NUL, "red", KOR_NUL, &score, &p.err), &p.err);
    assert_fails(kor_rank(NULL, "a", 1, "a", 1, &score, &p.err), KOR_E_ARG, &p.err, "ctx");
    assert_fails(kor_rank(ctx, NULL, 1, "a", 1, &score, &p.err), KOR_E_ARG, &p.err, "NULL");
    assert_fails(kor_rank(ctx, "a", 1, NULL, KOR_NUL, &score, &p.err), KOR_E_ARG, &p.err, "NULL");
    assert_fails(kor_rank(ctx, "a", 1, "a", 1, NULL, &p.err), KOR_E_ARG, &p.err, "score");
    assert_fails(kor_rank(encoder, "a", 1, "a", 1, &score, &p.err), KOR_E_UNSUPPORTED, &p.err,
                 "head is 'embed'");
    assert_fails(kor_embed(ctx, "a", 1, v, TINY_DIM, &p.err), KOR_E_UNSUPPORTED, &p.err,
                 "head is 'rank'");
    assert_fails(kor_classify(ctx, "a", 1, v, TINY_DIM, &p.err), KOR_E_UNSUPPORTED, &p.err,
                 "head is 'rank'");
    assert_fails(kor_tokenize(ctx, "a", 1, ids, 4, &count, &p.err), KOR_E_UNSUPPORTED, &p.err,
                 "tokens");
    kor_ctx_free(ctx);
    kor_ctx_free(encoder);
    kor_model_close(model);
    problem_free(&p);
}

static void refuse(problem *p, const change *c, kor_status status, const char *part)
{
    kor_model *model;
    const char *path = in(&p->f, "bad.gguf");
    write_file(p, path, c);
    assert_fails(kor_model_open(&model, path, &p->err), status, &p->err, part);
    assert_null(model);
}

static void test_rank_file_that_is_wrong_is_refused(void **state)
{
    (void)state;
    problem p;
    static const char *const tensors[] = {"rank.rarity", "rank.linear", "rank.mean", "rank.factor",
                                          "rank.diagonal"};
    static const char *const numbers[] = {"korora.rank.unit", "korora.rank.average",
                                          "korora.rank.score_max", "korora.rank.bias"};
    problem_make(&p, queries_text, true);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++)
        refuse(&p, &(change){.tensor = tensors[i]}, KOR_E_INPUT, tensors[i]);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        refuse(&p, &(change){.key = numbers[i]}, KOR_E_INPUT, numbers[i]);
    refuse(&p, &(change){.key = "korora.rank.version"}, KOR_E_UNSUPPORTED, "is 7");
    refuse(&p, &(change){.key = "korora.rank.ngrams"}, KOR_E_UNSUPPORTED, "is 7");
    refuse(&p, &(change){.checksum = 1}, KOR_E_UNSUPPORTED, "made on another trunk");
    refuse(&p, &(change){.kind = "embed"}, KOR_E_UNSUPPORTED, "does not go with architecture");
    refuse(&p, &(change){.kind = "classify"}, KOR_E_INPUT, "korora.labels");
    problem_free(&p);
}

static void test_rank_fit_finds_slope_and_shift(void **state)
{
    (void)state;
    enum { N = 2000 };
    static kor_pair pair[N];
    static float raw[N];
    /* Scores that are just sigmoid(0.5 raw - 1), of answers far from 0. */
    for (size_t i = 0; i < N; i++) {
        raw[i] = 10 + (float)i / 100;
        pair[i].score = 3 / (1 + expf(-(0.5f * raw[i] - 7)));
    }
    const kor_pairs pairs = {.pairs = pair, .count = N, .score_max = 3};
    float slope, shift;
    kor_rank_fit(&pairs, raw, &slope, &shift);
    assert_true(fabsf(slope - 0.5f) < 0.01f && fabsf(shift + 7) < 0.15f);
    /* Without a mistake to learn from it stays finite. */
    for (size_t i = 0; i < N; i++) pair[i].score = i < N / 2 ? 0 : 3;
    kor_rank_fit(&pairs, raw, &slope, &shift);
    assert_true(isfinite(slope) && isfinite(shift) && slope > 0);
    /* Answers that run the other way are not turned round. */
    for (size_t i = 0; i < N; i++) pair[i].score = i < N / 2 ? 3 : 0;
    kor_rank_fit(&pairs, raw, &slope, &shift);
    assert_true(slope == 1 && shift == 0);
}

/* An encoder written again is the encoder that it was. */
static void test_encoder_file_embeds_the_same(void **state)
{
    (void)state;
    problem p;
    kor_model *model;
    kor_ctx *ctx, *was;
    float a[TINY_DIM], b[TINY_DIM];
    problem_make(&p, queries_text, false);
    kor_gguf_out o = {0};
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_string(&o, "general.name", "again");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "embed");
    kor_encoder_write(&o, kor_trunk_encoder(p.trunk), kor_trunk_file(p.trunk));
    assert_works(kor_gguf_commit(&o, in(&p.f, "again.gguf"), &p.err), &p.err);
    kor_gguf_out_free(&o);
    assert_works(kor_model_open(&model, in(&p.f, "again.gguf"), &p.err), &p.err);
    assert_works(kor_ctx_new(&ctx, model, &p.err), &p.err);
    assert_works(kor_ctx_new(&was, p.trunk, &p.err), &p.err);
    for (size_t i = 0; i < TINY_PIECES; i++) {
        assert_works(kor_embed(ctx, tiny_pieces[i], KOR_NUL, a, TINY_DIM, &p.err), &p.err);
        assert_works(kor_embed(was, tiny_pieces[i], KOR_NUL, b, TINY_DIM, &p.err), &p.err);
        assert_memory_equal(a, b, sizeof a);
    }
    kor_ctx_free(ctx);
    kor_ctx_free(was);
    kor_model_close(model);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rank_learns_and_its_file_answers_the_same),
        cmocka_unit_test(test_rank_of_one_seed_has_the_same_bytes),
        cmocka_unit_test(test_rank_asked_again_says_the_same),
        cmocka_unit_test(test_rank_wrong_use_is_told),
        cmocka_unit_test(test_rank_file_that_is_wrong_is_refused),
        cmocka_unit_test(test_rank_fit_finds_slope_and_shift),
        cmocka_unit_test(test_encoder_file_embeds_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
