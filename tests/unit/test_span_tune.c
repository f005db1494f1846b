/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "learn/span_answer.h"
#include "learn/span_tune.h"
#include "model/trunk.h"
#include "scratch.h"

#include <math.h>

enum { ROWS = 24, KINDS = 6, LABELS = 2, RANK = 3 };

/* "a" and what follows it is one kind of span, "c" another. The last two have more pieces than the
 * encoder reads at once, and no piece that it knows. */
static const char *const texts[KINDS] = {
    "b a b, c",
    "c b a ab.",
    "b b b",
    "c c b a",
    "b b b a b b b b b b c b b b b b b b b a b b b b b b b b c",
    "zz"};
static const kor_row_span spans_of[KINDS][4] = {{{2, 5, 0}, {7, 8, 1}},
                                                {{0, 1, 1}, {4, 8, 0}},
                                                {{0, 0, 0}},
                                                {{0, 3, 1}, {6, 7, 0}},
                                                {{6, 9, 0}, {20, 21, 1}, {38, 41, 0}, {56, 57, 1}},
                                                {{0, 0, 0}}};
static const size_t counts[KINDS] = {2, 2, 0, 2, 4, 0};

typedef struct problem {
    folder f;
    kor_model *trunk;
    kor_row rows[ROWS];
    kor_row_span span[ROWS][4];
    kor_row_spans spans[ROWS];
    kor_spans_row list[ROWS];
    kor_span_corpus corpus;
    kor_spans_trained start;
    size_t epochs, fail_at; /* measured so far; measuring fails then */
} problem;

static void problem_make(problem *p)
{
    kor_error err;
    kor_span_states states;
    kor_spans_recipe recipe = kor_spans_default;
    recipe.epochs = 5;
    *p = (problem){.f = folder_new()};
    for (size_t i = 0; i < ROWS; i++) {
        size_t k = i % KINDS;
        memcpy(p->span[i], spans_of[k], sizeof spans_of[k]);
        p->rows[i] = (kor_row){.text = texts[k], .len = strlen(texts[k]), .line = i + 1};
        p->spans[i] = (kor_row_spans){p->span[i], counts[k]};
        p->list[i] = (kor_spans_row){&p->rows[i], &p->spans[i]};
    }
    tiny_write(in(&p->f, "tiny.gguf"), true, &(tiny_change){0});
    assert_works(kor_model_open(&p->trunk, in(&p->f, "tiny.gguf"), &err), &err);
    assert_works(kor_span_corpus_make(&p->corpus, p->list, ROWS, LABELS, &err), &err);
    assert_works(kor_span_states_read(&states, p->trunk, p->list, &p->corpus, &err), &err);
    assert_works(kor_spans_train(&p->start, &p->corpus, &states, &recipe, NULL, NULL, &err), &err);
    kor_span_states_free(&states);
}

static void problem_free(problem *p)
{
    kor_spans_trained_free(&p->start);
    kor_span_corpus_free(&p->corpus);
    kor_model_close(p->trunk);
    folder_remove(&p->f);
}

/* ---- The pass ---- */

typedef struct batch {
    kor_span_windows windows;
    kor_span_top top;
    uint32_t rows[KINDS];
    size_t first[ROWS];
    float tokens[64 * TINY_DIM], d_tokens[64 * TINY_DIM], *bag;
    kor_tuned seen;
} batch;

/* The windows of one row of each kind, the last first, with states of tokens that are any. */
static void batch_make(batch *b, problem *p, const kor_span_top_recipe *recipe)
{
    kor_error err;
    *b = (batch){0};
    assert_works(kor_span_windows_make(&b->windows, p->trunk, p->list, &p->corpus, &err), &err);
    b->bag = calloc(p->corpus.words, p->corpus.tags * sizeof *b->bag);
    assert_non_null(b->bag);
    tiny_numbers(b->bag, p->corpus.words * p->corpus.tags, 1, 3);
    assert_works(
        kor_span_top_make(&b->top, &p->start, &p->corpus, &b->windows, b->bag, KINDS, recipe, &err),
        &err);
    for (size_t i = 0; i < KINDS; i++) {
        b->rows[i] = (uint32_t)(KINDS - 1 - i);
        const size_t *first = b->windows.tokens.first + b->rows[i];
        b->first[i + 1] = b->first[i] + first[1] - first[0];
    }
    assert_in_range(b->first[KINDS], 20, 64);
    tiny_numbers(b->tokens, 64 * TINY_DIM, 2, 5);
    b->seen = (kor_tuned){.rows = b->rows,
                          .sequences = KINDS,
                          .dim = TINY_DIM,
                          .step = 3,
                          .first = b->first,
                          .tokens = b->tokens,
                          .d_tokens = b->d_tokens};
}

static void batch_free(batch *b)
{
    kor_span_windows_free(&b->windows);
    kor_span_top_free(&b->top);
    free(b->bag);
}

static double loss_of(batch *b, float *gradient)
{
    double loss = 0;
    kor_error err;
    memset(gradient, 0, b->top.count * sizeof *gradient);
    memset(b->d_tokens, 0, sizeof b->d_tokens);
    assert_works(kor_span_top_pass(&b->top, &b->seen, gradient, &loss, &err), &err);
    return loss / KINDS;
}

/* The slope of the loss along one number, by the difference of two losses. */
static void check_slope(batch *b, float *x, float want, float *room)
{
    const float step = 1.0f / 256;
    float was = *x;
    *x = was + step;
    double above = loss_of(b, room);
    *x = was - step;
    double slope = (above - loss_of(b, room)) / (2.0 * (double)step);
    *x = was;
    if (fabs(slope - (double)want) > 2e-3 + 0.02 * fabs(slope))
        fail_msg("slope %g, gradient %g", slope, (double)want);
}

static void test_span_top_gradients_are_slopes(void **state)
{
    (void)state;
    static const kor_span_top_recipe recipes[] = {{0, 0, 1}, {0.5f, 0.3f, 9}};
    problem p;
    problem_make(&p);
    for (size_t r = 0; r < 2; r++) {
        batch b;
        batch_make(&b, &p, &recipes[r]);
        float *gradient = calloc(b.top.count, sizeof *gradient), *room = calloc(b.top.count, 4);
        float by_token[64 * TINY_DIM], largest = 0;
        assert_non_null(gradient);
        assert_non_null(room);
        tiny_numbers(b.top.param, b.top.count, 0.5f, 11);
        (void)loss_of(&b, gradient);
        memcpy(by_token, b.d_tokens, sizeof by_token);
        for (size_t i = 0; i < b.top.count; i++) {
            check_slope(&b, &b.top.param[i], gradient[i], room);
            largest = fmaxf(largest, fabsf(gradient[i]));
        }
        assert_true(largest > 0.05f);
        for (size_t i = 0; i < b.first[KINDS] * TINY_DIM; i++)
            check_slope(&b, &b.tokens[i], by_token[i], room);
        free(gradient);
        free(room);
        batch_free(&b);
    }
    problem_free(&p);
}

/* Each word is learnt from once, in a window that has its pieces. */
static void test_span_windows_take_each_word_once(void **state)
{
    (void)state;
    problem p;
    kor_span_windows w;
    kor_error err;
    problem_make(&p);
    assert_works(kor_span_windows_make(&w, p.trunk, p.list, &p.corpus, &err), &err);
    size_t at = 0, cut = 0;
    assert_true(w.tokens.count > ROWS);
    for (size_t i = 0; i < w.tokens.count; i++) {
        const kor_span_window *x = &w.list[i];
        size_t tokens = w.tokens.first[i + 1] - w.tokens.first[i];
        assert_int_equal(x->word + x->keep, at);
        assert_true(x->keep < x->kept && x->kept <= x->count);
        assert_in_range(tokens, 1, TINY_TOKENS);
        assert_true(w.pieces[x->piece] == 0 && w.pieces[x->piece + x->count] <= tokens);
        cut += x->keep > 0 || x->kept < x->count;
        at += x->kept - x->keep;
    }
    assert_int_equal(at, p.corpus.words);
    assert_true(cut >= ROWS / KINDS);
    kor_span_windows_free(&w);
    problem_free(&p);
}

/* ---- Training ---- */

/* The words that get the tag they should, in the emissions of the model. */
static kor_status quality(void *arg, const kor_span_tuned *tuned, double *out, kor_error *err)
{
    problem *p = arg;
    size_t tags = p->corpus.tags;
    if (++p->epochs == p->fail_at) return kor_fail(err, KOR_E_IO, "interrupted");
    float *x = calloc(p->corpus.words, tags * sizeof *x);
    assert_non_null(x);
    KOR_TRY(kor_span_answer_bag(&tuned->trained.spans, p->list, &p->corpus, x, err));
    KOR_TRY(kor_span_answer_layer(&tuned->trained.layer, &tuned->encoder,
                                  kor_trunk_tokenizer(p->trunk), p->list, &p->corpus, x, err));
    *out = 0;
    for (size_t i = 0; i < p->corpus.words; i++) {
        size_t best = 0;
        for (size_t k = 1; k < tags; k++) best = x[i * tags + k] > x[i * tags + best] ? k : best;
        *out += best == p->corpus.gold[i];
    }
    free(x);
    return KOR_OK;
}

static kor_status train(problem *p, size_t rank, size_t threads, const char *checkpoint,
                        kor_span_tuned *out, kor_error *err)
{
    const kor_span_task task = {.trunk = p->trunk,
                                .rows = p->list,
                                .corpus = &p->corpus,
                                .start = &p->start,
                                .recipe = {.epochs = 6,
                                           .batch = 5,
                                           .rank = rank,
                                           .rate = 0.01f,
                                           .head_rate = 0.02f,
                                           .depth_factor = 1,
                                           .clip = 1,
                                           .seed = 3,
                                           .threads = threads},
                                .top = {.bagless = 0.5f, .dropout = 0.1f},
                                .quality = quality,
                                .arg = p,
                                .checkpoint = checkpoint};
    p->epochs = 0;
    return kor_span_tune(out, &task, err);
}

/* A file of it, but for the key or the tensor that is to be spoilt. */
static void write_model(const kor_span_tuned *tuned, const problem *p, const char *path,
                        const char *without)
{
    static const kor_bytes names[LABELS] = {{"first", 5}, {"second", 6}};
    kor_gguf_out o = {0}, whole = {0};
    kor_error err;
    kor_map map;
    kor_gguf g;
    kor_span_tuned_write(tuned, p->trunk, &whole);
    const char *other = in(&p->f, "whole.gguf");
    assert_works(kor_gguf_commit(&whole, other, &err), &err);
    assert_works(kor_map_open(&map, other, &err), &err);
    assert_works(kor_gguf_parse(&g, map.data, map.size, &err), &err);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "spans");
    kor_gguf_add_strings(&o, "korora.labels", names, LABELS);
    kor_gguf_add_f32(&o, "korora.temperature", 1);
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

/* The file answers as what was measured. */
static void check_answers(problem *p, const kor_span_tuned *tuned, const kor_model *model)
{
    const kor_tagger *spans = &tuned->trained.spans;
    const kor_span_corpus *c = &p->corpus;
    kor_spans_work work;
    kor_ctx *ctx;
    kor_error err;
    kor_span found[16];
    kor_word_span want[KOR_SPANS_WORDS];
    size_t n, size = kor_round_up(kor_spans_scratch(LABELS), 64), seen = 0;
    float *x = calloc(c->words, c->tags * sizeof *x);
    void *memory = aligned_alloc(64, size);
    assert_true(x && memory);
    kor_spans_lay_out(&work, spans, memory);
    assert_works(kor_span_answer_bag(spans, p->list, c, x, &err), &err);
    assert_works(kor_span_answer_layer(&tuned->trained.layer, &tuned->encoder,
                                       kor_trunk_tokenizer(p->trunk), p->list, c, x, &err),
                 &err);
    assert_works(kor_ctx_new(&ctx, model, &err), &err);
    for (size_t i = 0; i < KINDS; i++) {
        size_t words = c->first[i + 1] - c->first[i];
        memcpy(work.emissions, x + c->first[i] * c->tags, words * c->tags * sizeof *x);
        size_t count = kor_spans_decode(spans, &work, words, want);
        assert_works(kor_spans(ctx, texts[i], KOR_NUL, found, 16, &n, &err), &err);
        assert_int_equal(n, count);
        for (size_t j = 0; j < n; j++) {
            assert_int_equal(found[j].label, want[j].label);
            assert_true(fabsf(found[j].score - want[j].score) < 1e-6f);
            seen++;
        }
    }
    assert_true(seen >= 8);
    kor_ctx_free(ctx);
    free(x);
    free(memory);
}

static void test_span_tuning_learns_and_its_file_answers_the_same(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    kor_model *model;
    kor_model_info info;
    problem_make(&p);
    for (size_t rank = 0; rank <= RANK; rank += RANK) {
        kor_span_tuned tuned;
        const char *path = in(&p.f, rank ? "lora.gguf" : "full.gguf");
        assert_works(train(&p, rank, 2, NULL, &tuned, &err), &err);
        assert_int_equal(p.epochs, 6);
        assert_true(tuned.result.quality > 0.9 * (double)p.corpus.words);
        assert_works(kor_span_tuned_weigh(&tuned, 0.5f, &err), &err);
        write_model(&tuned, &p, path, NULL);
        assert_works(kor_model_open(&model, path, &err), &err);
        kor_model_get_info(model, &info);
        assert_string_equal(info.architecture, rank ? "lora" : "full");
        assert_string_equal(info.head, "spans");
        assert_int_equal(info.max_tokens, TINY_TOKENS);
        assert_true(info.parameters > tuned.trained.spans.entries);
        check_answers(&p, &tuned, model);
        kor_model_close(model);
        kor_span_tuned_free(&tuned);
    }
    /* The first needs no trunk, the second does. */
    assert_works(kor_model_open_on(&model, in(&p.f, "full.gguf"), p.trunk, &err), &err);
    kor_model_close(model);
    assert_int_equal(remove(in(&p.f, "tiny.gguf")), 0);
    assert_works(kor_model_open(&model, in(&p.f, "full.gguf"), &err), &err);
    kor_model_close(model);
    assert_fails(kor_model_open(&model, in(&p.f, "lora.gguf"), &err), KOR_E_NOT_FOUND, &err,
                 "tiny.gguf");
    assert_works(kor_model_open_on(&model, in(&p.f, "lora.gguf"), p.trunk, &err), &err);
    kor_model_close(model);
    problem_free(&p);
}

static void same_files(problem *p, const kor_span_tuned *one, const kor_span_tuned *two)
{
    unsigned char *a, *b;
    write_model(one, p, in(&p->f, "a.gguf"), NULL);
    write_model(two, p, in(&p->f, "b.gguf"), NULL);
    size_t n = get_file(in(&p->f, "a.gguf"), &a), m = get_file(in(&p->f, "b.gguf"), &b);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    free(a);
    free(b);
}

static void test_span_tuning_gives_the_same_bytes(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    problem_make(&p);
    for (size_t rank = 0; rank <= RANK; rank += RANK) {
        kor_span_tuned one, many, resumed;
        char checkpoint[512];
        (void)snprintf(checkpoint, sizeof checkpoint, "%s", in(&p.f, "checkpoint"));
        assert_works(train(&p, rank, 1, NULL, &one, &err), &err);
        assert_works(train(&p, rank, 5, NULL, &many, &err), &err);
        same_files(&p, &one, &many);
        p.fail_at = 4;
        assert_fails(train(&p, rank, 2, checkpoint, &resumed, &err), KOR_E_IO, &err, "interrupted");
        p.fail_at = 0;
        assert_works(train(&p, rank, 2, checkpoint, &resumed, &err), &err);
        assert_int_equal(resumed.result.resumed, 3);
        same_files(&p, &one, &resumed);
        assert_int_equal(remove(checkpoint), 0);
        kor_span_tuned_free(&one);
        kor_span_tuned_free(&many);
        kor_span_tuned_free(&resumed);
    }
    problem_free(&p);
}

static void test_span_tuning_files_that_deceive_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t rank;
        const char *without;
    } cases[] = {{0, "tokenizer.trie"},
                 {0, "token_embd.weight"},
                 {0, "pooler.weight"},
                 {0, "korora.encoder.widths"},
                 {0, "head.near.weight"},
                 {0, "head.near.scale"},
                 {0, "head.mean"},
                 {0, "spans.crf.transition"},
                 {RANK, "korora.lora.rank"},
                 {RANK, "blk.0.ffn_up.lora_a.weight"},
                 {RANK, "pooler.lora_b.scale"},
                 {RANK, "head.near.scale"},
                 {RANK, "spans.crf.start"},
                 {RANK, "korora.trunk_checksum"}};
    problem p;
    kor_error err;
    kor_model *model;
    kor_span_tuned tuned[2];
    problem_make(&p);
    assert_works(train(&p, 0, 1, NULL, &tuned[0], &err), &err);
    assert_works(train(&p, RANK, 1, NULL, &tuned[1], &err), &err);
    const char *path = in(&p.f, "bad.gguf");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_model(&tuned[cases[i].rank > 0], &p, path, cases[i].without);
        kor_status status = kor_model_open_on(&model, path, p.trunk, &err);
        assert_fails(status, KOR_E_INPUT, &err, cases[i].without);
        kor_model_close(model);
    }
    for (size_t i = 0; i < 2; i++) kor_span_tuned_free(&tuned[i]);
    problem_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_top_gradients_are_slopes),
        cmocka_unit_test(test_span_windows_take_each_word_once),
        cmocka_unit_test(test_span_tuning_learns_and_its_file_answers_the_same),
        cmocka_unit_test(test_span_tuning_gives_the_same_bytes),
        cmocka_unit_test(test_span_tuning_files_that_deceive_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
