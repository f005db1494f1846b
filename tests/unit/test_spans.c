/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "learn/spans_train.h"
#include "model/trunk.h"
#include "model/wordstates.h"
#include "scratch.h"

#include <math.h>

enum { ROWS = 48, LABELS = 2 };

/* "a" and what follows it is one kind of span, "c" another; the pieces of the tiny encoder. */
static const char *const texts[4] = {"b a b, c", "c b a ab.", "b b b", "c c b a"};
static const kor_row_span spans_of[4][3] = {
    {{2, 5, 0}, {7, 8, 1}}, {{0, 1, 1}, {4, 8, 0}}, {{0, 0, 0}}, {{0, 3, 1}, {6, 7, 0}}};
static const size_t counts[4] = {2, 2, 0, 2};

typedef struct problem {
    folder f;
    kor_model *trunk;
    kor_model_info info;
    kor_row rows[ROWS];
    kor_row_span span[ROWS][3];
    kor_row_spans spans[ROWS];
    kor_spans_row list[ROWS];
    kor_span_corpus corpus;
    kor_span_states states;
    kor_spans_trained trained;
} problem;

static void problem_make(problem *p, bool hybrid)
{
    kor_error err;
    kor_spans_recipe recipe = kor_spans_default;
    recipe.epochs = 20;
    *p = (problem){.f = folder_new()};
    for (size_t i = 0; i < ROWS; i++) {
        size_t k = i % 4;
        memcpy(p->span[i], spans_of[k], sizeof spans_of[k]);
        p->rows[i] = (kor_row){.text = texts[k], .len = strlen(texts[k]), .line = i + 1};
        p->spans[i] = (kor_row_spans){p->span[i], counts[k]};
        p->list[i] = (kor_spans_row){&p->rows[i], &p->spans[i]};
    }
    assert_works(kor_span_corpus_make(&p->corpus, p->list, ROWS, LABELS, &err), &err);
    if (hybrid) {
        tiny_write(in(&p->f, "tiny.gguf"), true, &(tiny_change){0});
        assert_works(kor_model_open(&p->trunk, in(&p->f, "tiny.gguf"), &err), &err);
        kor_model_get_info(p->trunk, &p->info);
        assert_works(kor_span_states_read(&p->states, p->trunk, p->list, &p->corpus, &err), &err);
    }
    assert_works(kor_spans_train(&p->trained, &p->corpus, hybrid ? &p->states : NULL, &recipe, NULL,
                                 NULL, &err),
                 &err);
}

static void problem_free(problem *p)
{
    kor_spans_trained_free(&p->trained);
    kor_span_states_free(&p->states);
    kor_span_corpus_free(&p->corpus);
    kor_model_close(p->trunk);
    folder_remove(&p->f);
}

/* One thing that is not as it should be; all 0 for a good file. */
typedef struct change {
    const char *drop;  /* this tensor is not there */
    const char *shape; /* this one has a number too few */
    const char *spoil; /* the first number of this one is spoilt: */
    uint32_t with;     /* to these bits (I32, F32), or to their lowest (I8) */
    size_t labels;     /* instead of LABELS */
    uint32_t version;  /* instead of the right one */
    const char *architecture;
    uint64_t checksum; /* of the trunk is off by this */
} change;

static void copy_tensor(kor_gguf_out *o, const kor_tensor *t, const change *c)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%.*s", (int)t->name.len, t->name.data);
    if (c->drop && strcmp(name, c->drop) == 0) return;
    size_t shape[KOR_GGUF_DIMS];
    memcpy(shape, t->shape, sizeof shape);
    if (c->shape && strcmp(name, c->shape) == 0) shape[0]--;
    unsigned char *data = malloc(t->size + 4);
    assert_non_null(data);
    memcpy(data, t->data, t->size);
    if (c->spoil && strcmp(name, c->spoil) == 0)
        memcpy(data, &c->with, t->type == KOR_TENSOR_I8 ? 1 : 4);
    kor_gguf_add_tensor(o, name, t->type, t->dims, shape, data);
    free(data);
}

/* The trained model as a file, tensor by tensor, with the change. */
static void write_spans(problem *p, const char *path, const change *c)
{
    static const char *const names[] = {"first", "second", "third"};
    kor_bytes labels[3];
    kor_gguf_out whole = {0}, o = {0};
    kor_error err;
    kor_map map;
    kor_gguf g;
    size_t count = c->labels ? c->labels : LABELS;
    for (size_t i = 0; i < count; i++) labels[i] = (kor_bytes){names[i], strlen(names[i])};
    kor_spans_trained_write(&p->trained, &whole);
    assert_works(kor_gguf_commit(&whole, in(&p->f, "whole.gguf"), &err), &err);
    kor_gguf_out_free(&whole);
    assert_works(kor_map_open(&map, in(&p->f, "whole.gguf"), &err), &err);
    assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "spans");
    kor_gguf_add_strings(&o, "korora.labels", labels, count);
    kor_gguf_add_f32(&o, "korora.temperature", 1);
    kor_gguf_add_u32(&o, "korora.spans.features",
                     c->version ? c->version : KOR_WORD_FEATURES_VERSION);
    kor_gguf_add_string(&o, "korora.architecture",
                        c->architecture ? c->architecture
                        : p->trunk      ? "hybrid"
                                        : "bag");
    if (p->trunk) {
        kor_gguf_add_string(&o, "korora.trunk", "tiny");
        kor_gguf_add_u64(&o, "korora.trunk_checksum", p->info.checksum + c->checksum);
    }
    for (size_t i = 0; i < g.tensor_count; i++) copy_tensor(&o, &g.tensors[i], c);
    kor_gguf_free(&g);
    kor_map_close(&map);
    assert_works(kor_gguf_commit(&o, path, &err), &err);
    kor_gguf_out_free(&o);
}

static void check_answers(const kor_model *model)
{
    kor_ctx *ctx;
    kor_error err;
    kor_span found[8];
    size_t n;
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    for (size_t i = 0; i < 4; i++) {
        assert_works(kor_spans(ctx, texts[i], KOR_NUL, found, 8, &n, &err), &err);
        assert_int_equal(n, counts[i]);
        for (size_t j = 0; j < n; j++) {
            const kor_row_span *s = &spans_of[i][j];
            assert_int_equal(found[j].start, s->start);
            assert_int_equal(found[j].end, s->end);
            assert_int_equal(found[j].label, s->label);
            assert_true(found[j].score > 0.5f && found[j].score <= 1);
        }
    }
    kor_ctx_free(ctx);
}

static void test_spans_are_learnt_and_found(void **state)
{
    (void)state;
    for (int hybrid = 0; hybrid < 2; hybrid++) {
        problem p;
        kor_error err;
        kor_model *model;
        kor_model_info info;
        problem_make(&p, hybrid);
        write_spans(&p, in(&p.f, "good.gguf"), &(change){0});
        assert_works(kor_model_open(&model, in(&p.f, "good.gguf"), &err), &err);
        check_answers(model);
        kor_model_get_info(model, &info);
        assert_string_equal(info.head, "spans");
        assert_string_equal(info.architecture, hybrid ? "hybrid" : "bag");
        assert_int_equal(info.labels, LABELS);
        assert_int_equal(info.dim, 0);
        assert_int_equal(info.max_tokens, hybrid ? TINY_TOKENS : 0);
        assert_true(info.parameters > p.trained.spans.entries);
        kor_model_close(model);
        problem_free(&p);
    }
}

static void test_spans_train_to_the_same_bytes(void **state)
{
    (void)state;
    for (int hybrid = 0; hybrid < 2; hybrid++) {
        problem p, q;
        unsigned char *a, *b;
        problem_make(&p, hybrid);
        problem_make(&q, hybrid);
        write_spans(&p, in(&p.f, "a.gguf"), &(change){0});
        write_spans(&q, in(&q.f, "b.gguf"), &(change){0});
        size_t n = get_file(in(&p.f, "a.gguf"), &a), m = get_file(in(&q.f, "b.gguf"), &b);
        assert_int_equal(n, m);
        assert_memory_equal(a, b, n);
        free(a);
        free(b);
        problem_free(&p);
        problem_free(&q);
    }
}

static void test_spans_keep_what_fits(void **state)
{
    (void)state;
    kor_error err;
    problem p;
    kor_spans_trained small;
    kor_spans_recipe recipe = kor_spans_default;
    recipe.bytes = 400;
    problem_make(&p, false);
    assert_works(kor_spans_train(&small, &p.corpus, NULL, &recipe, NULL, NULL, &err), &err);
    const kor_tagger *t = &small.spans;
    assert_in_range(10 * t->rows + 2 * t->entries, 300, 400);
    assert_true(p.trained.spans.rows > 2 * t->rows);
    for (size_t i = 1; i < t->rows; i++) assert_true(t->keys[i - 1] < t->keys[i]);
    kor_spans_trained_free(&small);
    recipe.least = 1000000;
    assert_fails(kor_spans_train(&small, &p.corpus, NULL, &recipe, NULL, NULL, &err), KOR_E_INPUT,
                 &err, "nothing to learn from");
    recipe = kor_spans_default;
    recipe.rate = 1e38f;
    assert_fails(kor_spans_train(&small, &p.corpus, NULL, &recipe, NULL, NULL, &err), KOR_E_INPUT,
                 &err, "lower the recipe's rate");
    problem_free(&p);
}

static void test_spans_answer_any_text(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    kor_span found[KOR_SPANS_WORDS * 4];
    float x[LABELS];
    size_t n, max = sizeof found / sizeof *found;
    problem_make(&p, true);
    write_spans(&p, in(&p.f, "good.gguf"), &(change){0});
    assert_works(kor_model_open_on(&model, in(&p.f, "good.gguf"), p.trunk, &err), &err);
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    assert_works(kor_spans(ctx, NULL, 0, NULL, 0, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_works(kor_spans(ctx, " \n", 2, found, max, &n, &err), &err);
    assert_int_equal(n, 0);
    assert_works(kor_spans(ctx, "b a b, c", KOR_NUL, found, 1, &n, &err), &err);
    assert_int_equal(n, 1); /* there was room for one */
    assert_works(kor_spans(ctx, "\xc3\xa9 a b, c\xff", KOR_NUL, found, max, &n, &err), &err);
    for (size_t i = 0; i < n; i++) {
        assert_true(found[i].start_cp == found[i].start - (found[i].start > 0));
        assert_true(found[i].end_cp == found[i].end - 1);
    }
    /* A text of many pieces: everywhere the same answer as at its beginning. */
    char *text = calloc(1200, 10);
    assert_non_null(text);
    for (size_t i = 0; i < 1200; i++) strcat(text + 9 * i, i % 100 ? "b a b, c\n" : "b b b b.\n");
    assert_works(kor_spans(ctx, text, KOR_NUL, found, max, &n, &err), &err);
    assert_true(n > 600);
    for (size_t i = 1; i < n; i++) assert_true(found[i].start >= found[i - 1].end);
    free(text);
    assert_fails(kor_spans(ctx, "a", 1, NULL, 1, &n, &err), KOR_E_ARG, &err, "must not be NULL");
    assert_fails(kor_spans(ctx, "a", 1, found, 1, NULL, &err), KOR_E_ARG, &err, "NULL");
    assert_fails(kor_spans(ctx, NULL, 1, found, 1, &n, &err), KOR_E_ARG, &err, "text is NULL");
    assert_fails(kor_classify(ctx, "a", 1, x, LABELS, &err), KOR_E_UNSUPPORTED, &err, "'spans'");
    kor_ctx_free(ctx);
    assert_works(kor_ctx_new(&ctx, p.trunk, &err), &err);
    assert_fails(kor_spans(ctx, "a", 1, found, 1, &n, &err), KOR_E_UNSUPPORTED, &err, "'embed'");
    kor_ctx_free(ctx);
    kor_model_close(model);
    problem_free(&p);
}

static void fails(problem *p, change c, const char *what)
{
    kor_error err;
    kor_model *model;
    write_spans(p, in(&p->f, "bad.gguf"), &c);
    kor_status status = kor_model_open_on(&model, in(&p->f, "bad.gguf"), p->trunk, &err);
    assert_null(model);
    assert_fails(status, status == KOR_E_UNSUPPORTED ? status : KOR_E_INPUT, &err, what);
}

static void test_spans_files_that_deceive_are_refused(void **state)
{
    (void)state;
    static const char *const tensors[] = {
        "spans.keys",       "spans.first",      "spans.start",     "spans.tag",
        "spans.code",       "spans.scale",      "spans.crf.start", "spans.crf.transition",
        "spans.crf.inside", "head.near.weight", "head.near.scale", "head.whole.weight",
        "head.whole.scale", "head.bias",        "head.mean",       "head.factor"};
    static const char *const floats[] = {
        "spans.scale", "spans.crf.start", "head.bias",        "spans.crf.inside",    "head.mean",
        "head.factor", "head.near.scale", "head.whole.scale", "spans.crf.transition"};
    problem p;
    problem_make(&p, true);
    for (size_t i = 0; i < sizeof tensors / sizeof *tensors; i++) {
        bool tells = strcmp(tensors[i], "spans.keys") != 0 && strcmp(tensors[i], "spans.tag") != 0;
        fails(&p, (change){.drop = tensors[i]}, tensors[i]);
        fails(&p, (change){.shape = tensors[i]}, tells ? tensors[i] : "tensor");
    }
    for (size_t i = 0; i < sizeof floats / sizeof *floats; i++) {
        fails(&p, (change){.spoil = floats[i], .with = 0x7fc00000}, "is not a number");
        fails(&p, (change){.spoil = floats[i], .with = 0xff800000}, "is not a number");
    }
    fails(&p, (change){.spoil = "spans.first", .with = 1}, "does not span");
    fails(&p, (change){.spoil = "spans.start", .with = 0xffffffff}, "does not span");
    fails(&p, (change){.spoil = "spans.tag", .with = 5}, "is 5 of 5 tags");
    fails(&p, (change){.spoil = "spans.tag", .with = 0xff}, "is 255 of 5 tags");
    fails(&p, (change){.labels = 1}, "tags");
    fails(&p, (change){.labels = 3}, "spans.scale");
    fails(&p, (change){.version = 99}, "version 99");
    fails(&p, (change){.architecture = "encoder"}, "does not go with");
    fails(&p, (change){.checksum = 1}, "made on another trunk");
    problem_free(&p);
}

static void test_spans_have_so_many_labels_at_most(void **state)
{
    (void)state;
    kor_tagger tagger;
    kor_error err;
    const kor_gguf none = {0};
    assert_fails(kor_spans_bind(&tagger, &none, KOR_CRF_LABELS + 1, &err), KOR_E_INPUT, &err,
                 "128 labels; head spans has 1 to 127");
    assert_fails(kor_spans_bind(&tagger, &none, 0, &err), KOR_E_INPUT, &err, "0 labels");
}

/* A text that fits into the encoder is read as a whole: word by word, its states are those of the
 * tokens of the text. A longer one is read in windows, and its first words see the same. */
static void test_word_states_are_those_of_the_tokens(void **state)
{
    (void)state;
    enum { MANY = 40 };
    folder f = folder_new();
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    kor_word words[MANY];
    float states[MANY * TINY_DIM], embedding[TINY_DIM], mean[TINY_DIM];
    tiny_write(in(&f, "tiny.gguf"), true, &(tiny_change){0});
    assert_works(kor_model_open(&model, in(&f, "tiny.gguf"), &err), &err);
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    static const char text[] = "a b c";
    kor_wordcut cut = {.text = text, .len = sizeof text - 1};
    int32_t ids[TINY_TOKENS];
    size_t n = kor_wordcut_read(&cut, words, MANY), all, tokens;
    assert_works(kor_tokenize(ctx, text, KOR_NUL, ids, TINY_TOKENS, &all, &err), &err);
    kor_trunk_words(ctx, text, words, n, states);
    kor_trunk_features(ctx, text, sizeof text - 1, embedding, mean);
    for (size_t i = 0; i < n; i++) {
        assert_works(kor_tokenize(ctx, text + 2 * i, 1, ids, TINY_TOKENS, &tokens, &err), &err);
        float share = (float)tokens / (float)all;
        for (size_t j = 0; j < TINY_DIM; j++) mean[j] -= share * states[i * TINY_DIM + j];
    }
    for (size_t j = 0; j < TINY_DIM; j++) assert_true(fabsf(mean[j]) < 1e-4f);
    char many[2 * MANY + 1] = "";
    for (size_t i = 0; i < MANY; i++) strcat(many, i % 3 ? "a " : "b ");
    cut = (kor_wordcut){.text = many, .len = 2 * MANY};
    assert_int_equal(kor_wordcut_read(&cut, words, MANY), MANY);
    for (size_t i = 0; i < MANY * TINY_DIM; i++) states[i] = NAN;
    kor_trunk_words(ctx, many, words, MANY, states);
    for (size_t i = 0; i < MANY * TINY_DIM; i++) assert_true(isfinite(states[i]));
    kor_ctx_free(ctx);
    kor_model_close(model);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_spans_are_learnt_and_found),
        cmocka_unit_test(test_spans_train_to_the_same_bytes),
        cmocka_unit_test(test_spans_keep_what_fits),
        cmocka_unit_test(test_spans_answer_any_text),
        cmocka_unit_test(test_spans_files_that_deceive_are_refused),
        cmocka_unit_test(test_spans_have_so_many_labels_at_most),
        cmocka_unit_test(test_word_states_are_those_of_the_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
