/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "labels_maker.h"
#include "learn/personal.h"
#include "scratch.h"

#include <math.h>

enum { ROWS = 8, LABELS = MADE_LABELS };

typedef struct problem {
    folder f;
    kor_model *trunk, *model;
    kor_personal_set set;
    float *delta;
} problem;

/* What the made models have learnt, and other texts that they answer somehow. */
static const char *const texts[ROWS] = {"a ab", "b bc cc", "c", "a", "b bc", "cc", "c c", "ba"};

static void open_shipped(problem *p, bool tags, made_kind kind)
{
    kor_error err;
    *p = (problem){.f = folder_new()};
    tiny_write(in(&p->f, "tiny.gguf"), true, &(tiny_change){0});
    labels_write(in(&p->f, "shipped.gguf"), tags, kind, in(&p->f, "tiny.gguf"));
    assert_works(kor_model_open(&p->trunk, in(&p->f, "tiny.gguf"), &err), &err);
    bool stands = kind == MADE_HYBRID || kind == MADE_LORA;
    assert_works(
        kor_model_open_on(&p->model, in(&p->f, "shipped.gguf"), stands ? p->trunk : NULL, &err),
        &err);
}

static void read_rows(problem *p, const kor_personal_row *rows, size_t count)
{
    kor_error err;
    assert_works(kor_personal_read(&p->set, in(&p->f, "shipped.gguf"), p->model, p->trunk, rows,
                                   count, &err),
                 &err);
    p->delta = malloc(kor_personal_size(&p->set) * sizeof *p->delta);
    assert_non_null(p->delta);
}

static void close_shipped(problem *p)
{
    free(p->delta);
    kor_personal_free(&p->set);
    kor_model_close(p->model);
    kor_model_close(p->trunk);
    folder_remove(&p->f);
}

/* The text "c" is to have the label that the model thinks of least, and "ba" what it has. */
static void say_right(problem *p, kor_personal_row *rows, int8_t right[LABELS])
{
    float answer[LABELS];
    kor_ctx *ctx;
    assert_int_equal(kor_ctx_new(&ctx, p->model, NULL), KOR_OK);
    assert_int_equal(kor_classify(ctx, texts[2], KOR_NUL, answer, LABELS, NULL), KOR_OK);
    kor_ctx_free(ctx);
    size_t least = 0;
    for (size_t l = 0; l < LABELS; l++) {
        least = answer[l] < answer[least] ? l : least;
        right[l] = -1;
    }
    right[least] = 1;
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (kor_personal_row){.text = texts[i], .len = strlen(texts[i])};
    rows[2].right = right;
}

/* The file answers as was learnt: the corrected row as was said, the others about as before. */
static void check_file(problem *p, made_kind kind)
{
    kor_model *made;
    kor_ctx *ctx;
    kor_error err;
    kor_model_info info;
    char name[64];
    size_t of;
    const kor_personal_note note = {
        .of = 7, .corrections = 1, .quality = 0.5, .card = "# personal\n\n"};
    assert_works(kor_personal_write(&p->set, p->delta, in(&p->f, "shipped.gguf"), p->trunk, &note,
                                    in(&p->f, "made.gguf"), &err),
                 &err);
    assert_works(kor_model_trunk(in(&p->f, "made.gguf"), name, &err), &err);
    assert_works(kor_model_open_on(&made, in(&p->f, "made.gguf"), *name ? p->trunk : NULL, &err),
                 &err);
    kor_model_get_info(made, &info);
    assert_true(fabsf(info.quality - 0.5f) < 1e-6f);
    assert_int_equal(info.labels, LABELS);
    assert_works(kor_ctx_new(&ctx, made, &err), &err);
    /* The states of the made encoder that has learnt too are so far from their mean that int8 is
     * too coarse for them. */
    for (size_t i = 0; kind != MADE_FULL && i < ROWS; i++) {
        float learnt[LABELS], got[LABELS];
        kor_personal_answer(&p->set, p->delta, i, learnt);
        assert_works(kor_classify(ctx, texts[i], KOR_NUL, got, LABELS, &err), &err);
        for (size_t l = 0; l < LABELS; l++) {
            if (fabsf(learnt[l] - got[l]) > 0.12f) /* int8, and a temperature over 0 of tags */
                fail_msg("row %zu label %zu: %g and %g", i, l, (double)learnt[l], (double)got[l]);
        }
        if (p->set.rows[i].right) {
            assert_int_equal(kor_personal_agrees(&p->set, i, got, &of), 1);
            assert_int_equal(of, 1);
        }
    }
    struct stat st;
    assert_int_equal(stat(in(&p->f, "made.gguf"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    kor_ctx_free(ctx);
    kor_model_close(made);
}

static void learn_one(bool tags, made_kind kind)
{
    problem p;
    kor_personal_row rows[ROWS];
    int8_t right[LABELS];
    float was[LABELS];
    size_t of;
    kor_error err;
    open_shipped(&p, tags, kind);
    say_right(&p, rows, right);
    read_rows(&p, rows, ROWS);
    kor_personal_answer(&p.set, NULL, 2, was);
    assert_int_equal(kor_personal_agrees(&p.set, 2, was, &of), 0);
    assert_works(kor_personal_learn(p.delta, &p.set, NULL, 8, 1, &err), &err);
    check_file(&p, kind);
    close_shipped(&p);
}

static void test_personal_learns_on_every_architecture(void **state)
{
    (void)state;
    static const made_kind kinds[] = {MADE_BAG, MADE_HYBRID, MADE_LORA, MADE_FULL};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        learn_one(false, kinds[i]);
        learn_one(true, kinds[i]);
    }
}

static void test_personal_is_the_shipped_one_where_nothing_is_said(void **state)
{
    (void)state;
    problem p;
    kor_personal_row rows[ROWS];
    int8_t right[LABELS];
    kor_error err;
    open_shipped(&p, true, MADE_HYBRID);
    say_right(&p, rows, right);
    read_rows(&p, rows, ROWS);
    bool without[ROWS] = {[2] = true};
    assert_works(kor_personal_learn(p.delta, &p.set, without, 8, 1, &err), &err);
    for (size_t i = 0; i < ROWS; i++) {
        float was[LABELS], is[LABELS];
        kor_personal_answer(&p.set, NULL, i, was);
        kor_personal_answer(&p.set, p.delta, i, is);
        for (size_t l = 0; l < LABELS; l++) assert_true(fabsf(was[l] - is[l]) < 0.02f);
    }
    close_shipped(&p);
}

static void test_personal_gives_the_same_bytes(void **state)
{
    (void)state;
    problem p;
    kor_personal_row rows[ROWS];
    int8_t right[LABELS];
    kor_error err;
    open_shipped(&p, false, MADE_HYBRID);
    say_right(&p, rows, right);
    read_rows(&p, rows, ROWS);
    size_t n = kor_personal_size(&p.set);
    float *again = malloc(n * sizeof *again);
    assert_non_null(again);
    assert_works(kor_personal_learn(p.delta, &p.set, NULL, 8, 1, &err), &err);
    assert_works(kor_personal_learn(again, &p.set, NULL, 8, 1, &err), &err);
    assert_memory_equal(again, p.delta, n * sizeof *again);
    free(again);
    close_shipped(&p);
}

static void test_personal_refuses_what_has_no_labels(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    kor_personal_set set;
    const kor_personal_row row = {.text = "a", .len = 1};
    open_shipped(&p, false, MADE_BAG);
    assert_int_equal(kor_personal_read(&set, in(&p.f, "tiny.gguf"), p.trunk, NULL, &row, 1, &err),
                     KOR_E_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "its head is embed"));
    /* A bag without a base model has nothing to learn on. */
    assert_int_equal(
        kor_personal_read(&set, in(&p.f, "shipped.gguf"), p.model, NULL, &row, 1, &err),
        KOR_E_UNSUPPORTED);
    assert_non_null(strstr(err.msg, "no base model"));
    close_shipped(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_personal_learns_on_every_architecture),
        cmocka_unit_test(test_personal_is_the_shipped_one_where_nothing_is_said),
        cmocka_unit_test(test_personal_gives_the_same_bytes),
        cmocka_unit_test(test_personal_refuses_what_has_no_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
