/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* learn/pair_loss.c once more, in double and under other names. */
#define KOR_REAL double
#define kor_similarity_loss plain_similarity_loss
#define kor_order_loss plain_order_loss
#define kor_contrast_loss plain_contrast_loss
#include "learn/pair_loss.c"

#include <string.h>

enum { DIM = 11, ROWS = 12 };

typedef double loss_function(const double *e, double *d);

static double unused[ROWS * DIM], scratch[2 * ROWS];
static const float target[ROWS / 2] = {1, 0.2f, 0.6f, 0.2f, 0, 0.9f};
/* Rows 3 and 9 are the same right text; rows 4 and 10 the same query, in groups of two. */
static const uint32_t texts[ROWS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 3, 4, 11};

static double similarity(const double *e, double *d)
{
    return kor_similarity_loss(e, d, DIM, ROWS / 2, target);
}

static double order(const double *e, double *d)
{
    return kor_order_loss(e, d, DIM, ROWS / 2, target, 0.3, scratch);
}

static double contrast(const double *e, double *d)
{
    return kor_contrast_loss(e, d, DIM, ROWS / 2, 2, texts, 0.3, scratch);
}

static double contrast_with_wrong(const double *e, double *d)
{
    return kor_contrast_loss(e, d, DIM, ROWS / 3, 3, texts, 0.3, scratch);
}

static void make(double *e)
{
    uint32_t seed = 5;
    for (size_t i = 0; i < ROWS; i++) {
        double squares = 0;
        for (size_t j = 0; j < DIM; j++) {
            seed = seed * 1664525u + 1013904223u;
            double x = (double)(seed >> 8) / 8388608.0 - 0.7;
            e[i * DIM + j] = x;
            squares += x * x;
        }
        for (size_t j = 0; j < DIM; j++) e[i * DIM + j] /= sqrt(squares);
    }
}

static void check(loss_function *loss)
{
    double e[ROWS * DIM], d[ROWS * DIM] = {0}, largest = 0;
    const double step = 1e-5;
    make(e);
    (void)loss(e, d);
    for (size_t i = 0; i < ROWS * DIM; i++) {
        double kept = e[i];
        e[i] = kept + step;
        double over = loss(e, unused);
        e[i] = kept - step;
        double under = loss(e, unused);
        e[i] = kept;
        double expected = (over - under) / (2 * step);
        if (fabs(d[i] - expected) > 1e-7 * (1 + fabs(expected)))
            fail_msg("gradient %zu is %.10g, expected %.10g", i, d[i], expected);
        largest = fmax(largest, fabs(d[i]));
    }
    assert_true(largest > 1e-3);
}

static void test_pair_loss_gradients_agree_with_finite_differences(void **state)
{
    (void)state;
    check(similarity);
    check(order);
    check(contrast);
    check(contrast_with_wrong);
}

/* Two axes: rows 0 and 1 are equal, 2 and 3 at a right angle. */
static const double plain[4 * 2] = {1, 0, 1, 0, 0, 1, 1, 0};

static void test_pair_loss_has_the_values_worked_out_by_hand(void **state)
{
    (void)state;
    double d[8] = {0};
    const float t[2] = {0.5f, 0.5f}, rising[2] = {0, 1};
    const uint32_t apart[4] = {0, 1, 2, 3};
    /* Cosines 1 and 0, both off by one half. */
    assert_true(fabs(kor_similarity_loss(plain, d, 2, 2, t) - 0.25) < 1e-12);
    /* No target over another: log(1). The second over the first: log(1 + exp((1 - 0) / 0.5)). */
    assert_true(kor_order_loss(plain, d, 2, 2, t, 0.5, scratch) == 0);
    double loss = kor_order_loss(plain, d, 2, 2, rising, 0.5, scratch);
    assert_true(fabs(loss - log(1 + exp(2))) < 1e-12);
    /* Query 0 has cosine 1 with both right texts, query 1 has 0 with both; text 0 has 1 and 0 with
     * the queries, text 1 the same and is right with the second. At temperature 1. */
    double even = log(2), first = log(1 + exp(-1)), second = log(1 + exp(1));
    loss = kor_contrast_loss(plain, d, 2, 2, 2, apart, 1, scratch);
    assert_true(fabs(loss - (2 * even + first + second) / 4) < 1e-12);
}

static void test_pair_loss_takes_no_equal_text_for_a_wrong_one(void **state)
{
    (void)state;
    double d[8] = {0};
    const uint32_t same_text[4] = {0, 1, 2, 1}, same_query[4] = {0, 1, 0, 3};
    /* Nothing is left to be told apart. */
    assert_true(kor_contrast_loss(plain, d, 2, 2, 2, same_text, 1, scratch) == 0);
    assert_true(kor_contrast_loss(plain, d, 2, 2, 2, same_query, 1, scratch) == 0);
    for (size_t i = 0; i < 8; i++) assert_true(d[i] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pair_loss_gradients_agree_with_finite_differences),
        cmocka_unit_test(test_pair_loss_has_the_values_worked_out_by_hand),
        cmocka_unit_test(test_pair_loss_takes_no_equal_text_for_a_wrong_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
