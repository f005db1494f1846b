/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/pair_metrics.h"

#include <math.h>
#include <string.h>

static void assert_near(double got, double want)
{
    if (!(fabs(got - want) < 1e-6)) fail_msg("%.9f, expected %.9f", got, want);
}

static void test_pair_metrics_rank_correlation_shares_the_places_of_ties(void **state)
{
    (void)state;
    double r;
    const float x[] = {1, 2, 3, 4}, up[] = {10, 20, 30, 1000}, down[] = {4, 3, 2, 1},
                tied[] = {1, 1, 2, 2}, flat[] = {5, 5, 5, 5};
    assert_int_equal(kor_spearman(x, up, 4, &r, NULL), KOR_OK);
    assert_near(r, 1);
    assert_int_equal(kor_spearman(x, down, 4, &r, NULL), KOR_OK);
    assert_near(r, -1);
    /* Places 1 2 3 4 and 1.5 1.5 3.5 3.5: 4 / sqrt(5 * 4). */
    assert_int_equal(kor_spearman(x, tied, 4, &r, NULL), KOR_OK);
    assert_near(r, 4 / sqrt(20));
    assert_int_equal(kor_spearman(x, flat, 4, &r, NULL), KOR_OK);
    assert_near(r, 0);
}

static void test_pair_metrics_interval_is_that_of_fishers_z(void **state)
{
    (void)state;
    enum { N = 103 };
    kor_pair pair[N];
    float answer[N];
    uint32_t first[N + 1];
    for (uint32_t i = 0; i < N; i++) {
        pair[i] = (kor_pair){.a = i, .b = i, .score = (float)i};
        answer[i] = (float)(i ^ 1u);
        first[i] = i;
    }
    first[N] = N;
    const kor_pairs pairs = {
        .pairs = pair, .count = N, .first = first, .groups = N, .scored = true, .score_max = N - 1};
    kor_pair_metrics m;
    assert_int_equal(kor_pair_measure(&m, &pairs, answer, NULL), KOR_OK);
    double half = 1.959963984540054 * sqrt(1.06 / 100);
    assert_near(m.spearman_low, tanh(atanh(m.spearman) - half));
    assert_near(m.spearman_high, tanh(atanh(m.spearman) + half));
    assert_true(m.spearman > 0.99 && m.spearman < 1);
    assert_true(isnan(m.mrr) && isnan(m.accuracy));
    const char *name;
    assert_near(kor_pair_quality(&m, &pairs, &name), m.spearman);
    assert_string_equal(name, "spearman");
}

/* Three queries: the right one second of three; both right ones among three, first and third; and
 * one that has nothing to rank. */
static void test_pair_metrics_of_queries_are_those_worked_out_by_hand(void **state)
{
    (void)state;
    const kor_pair pair[] = {{.a = 0, .score = 0}, {.a = 0, .score = 1}, {.a = 0, .score = 0},
                             {.a = 1, .score = 1}, {.a = 1, .score = 0}, {.a = 1, .score = 1},
                             {.a = 2, .score = 1}};
    const float answer[] = {0.9f, 0.8f, 0.1f, 0.7f, 0.6f, 0.2f, 0.1f};
    uint32_t first[] = {0, 3, 6, 7};
    const kor_pairs pairs = {.pairs = (kor_pair *)(uintptr_t)pair,
                             .count = 7,
                             .first = first,
                             .groups = 3,
                             .queries = true,
                             .scored = true,
                             .binary = true,
                             .score_max = 1};
    kor_pair_metrics m;
    assert_int_equal(kor_pair_measure(&m, &pairs, answer, NULL), KOR_OK);
    assert_int_equal(m.queries, 2);
    assert_near(m.mrr, (0.5 + 1) / 2);
    assert_near(m.r_at_1, (0 + 0.5) / 2);
    assert_near(m.r_at_5, 1);
    double second = 1 / log2(3), third = 1 / log2(4);
    assert_near(m.ndcg, (second + (1 + third) / (1 + second)) / 2);
    assert_near(m.ordered, 2.0 / 4);
    /* Right at one half: the second, third and fourth. */
    assert_near(m.accuracy, 3.0 / 7);
    const char *name;
    assert_near(kor_pair_quality(&m, &pairs, &name), m.mrr);
    assert_string_equal(name, "mrr");
}

static void test_pair_metrics_a_constant_is_no_good_answer(void **state)
{
    (void)state;
    const kor_pair pair[] = {{.score = 3}, {.score = 0}, {.score = 1}};
    const float answer[] = {0.5f, 0.5f, 0.5f};
    uint32_t first[] = {0, 3};
    const kor_pairs pairs = {.pairs = (kor_pair *)(uintptr_t)pair,
                             .count = 3,
                             .first = first,
                             .groups = 1,
                             .queries = true,
                             .scored = true,
                             .score_max = 3};
    kor_pair_metrics m;
    assert_int_equal(kor_pair_measure(&m, &pairs, answer, NULL), KOR_OK);
    assert_near(m.mrr, 0.5);
    assert_near(m.ordered, 0);
    double second = 1 / log2(3), third = 1 / log2(4);
    assert_near(m.ndcg, (second + 3 * third) / (3 + second));
    assert_true(isnan(m.accuracy) && isnan(m.spearman));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pair_metrics_rank_correlation_shares_the_places_of_ties),
        cmocka_unit_test(test_pair_metrics_interval_is_that_of_fishers_z),
        cmocka_unit_test(test_pair_metrics_of_queries_are_those_worked_out_by_hand),
        cmocka_unit_test(test_pair_metrics_a_constant_is_no_good_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
