/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/calibrate.h"
#include "learn/metrics.h"

#include <math.h>

#define NEAR(a, b) assert_true(fabs((double)(a) - (double)(b)) < 1e-6)

static void test_wilson_interval_is_the_published_one(void **state)
{
    (void)state;
    double low, high;
    kor_wilson(81, 263, &low, &high); /* Newcombe 1998, table I: 0.2553 to 0.3662 */
    assert_true(fabs(low - 0.2553) < 5e-5 && fabs(high - 0.3662) < 5e-5);
    kor_wilson(0, 20, &low, &high); /* the same: 0 to 0.1611 */
    assert_true(low == 0 && fabs(high - 0.1611) < 5e-5);
    kor_wilson(0, 0, &low, &high);
    assert_true(low == 0 && high == 1);
}

static void test_metrics_of_classify(void **state)
{
    (void)state;
    const float p[5][3] = {{0.8f, 0.1f, 0.1f},
                           {0.6f, 0.3f, 0.1f},
                           {0.2f, 0.7f, 0.1f},
                           {0.4f, 0.3f, 0.3f},
                           {0.35f, 0.33f, 0.32f}};
    const uint32_t label[5] = {0, 1, 1, 0, UINT32_MAX};
    const float threshold[3] = {0.5f, 0, 0};
    kor_metrics m;
    kor_error err;
    assert_int_equal(kor_metrics_new(&m, 3, false, &err), KOR_OK);
    for (size_t i = 0; i < 5; i++) kor_metrics_add(&m, p[i], threshold, &label[i], 1);
    kor_metrics_finish(&m);
    assert_int_equal(m.n, 4);
    NEAR(m.accuracy, 0.75);
    NEAR(m.micro_f1, 0.75);
    NEAR(m.classes[0].precision, 2.0 / 3);
    NEAR(m.classes[0].recall, 1);
    NEAR(m.classes[0].f1, 0.8);
    NEAR(m.classes[1].f1, 2.0 / 3);
    NEAR(m.macro_f1, (0.8 + 2.0 / 3) / 2);    /* the third label is neither there nor given */
    NEAR(m.ece, (0.2 + 0.6 + 0.3 + 0.6) / 4); /* each in a bin of its own */
    NEAR(m.abstained, 0.25);
    NEAR(m.kept_accuracy, 2.0 / 3);
    NEAR(m.right_or_abstained, 0.75);
    assert_int_equal(m.outside, 1);
    NEAR(m.outside_recall, 1);
    assert_int_equal(m.confusion[1 * 3 + 0], 1);
    assert_int_equal(m.confusion[0 * 3 + 1], 0);
    kor_metrics_free(&m);
}

static void test_metrics_of_tags(void **state)
{
    (void)state;
    const float p[3][3] = {{0.9f, 0.6f, 0.1f}, {0.2f, 0.3f, 0.1f}, {0.7f, 0.1f, 0.8f}};
    const uint32_t labels[3][2] = {{0, 1}, {1, 0}, {0, 1}};
    const size_t counts[3] = {2, 0, 2};
    const float thresholds[3] = {0.5f, 0.5f, 0.5f};
    kor_metrics m;
    kor_error err;
    assert_int_equal(kor_metrics_new(&m, 3, true, &err), KOR_OK);
    for (size_t i = 0; i < 3; i++) kor_metrics_add(&m, p[i], thresholds, labels[i], counts[i]);
    kor_metrics_finish(&m);
    NEAR(m.accuracy, 2.0 / 3); /* the empty set is right too */
    NEAR(m.micro_f1, 2.0 * 3 / (4 + 4));
    NEAR(m.p_at_1, 1.0 / 3);
    NEAR(m.r_at_1, 1.0 / 4);
    NEAR(m.macro_f1, (1 + 2.0 / 3 + 0) / 3);
    kor_metrics_free(&m);
}

enum { MANY = 400 };

static void test_temperature_undoes_an_overconfident_scale(void **state)
{
    (void)state;
    /* Right three times in four with odds of e^6: honest odds are 3, so the temperature is
     * 6 / log 3. */
    static float values[MANY][2];
    static kor_row rows[MANY];
    static const kor_row *list[MANY];
    static const uint32_t zero = 0, one = 1;
    for (size_t i = 0; i < MANY; i++) {
        values[i][0] = 6;
        rows[i] = (kor_row){.labels = i % 4 ? &zero : &one, .label_count = 1};
        list[i] = &rows[i];
    }
    kor_scores scores = {&values[0][0], list, MANY, 2, false};
    float t, over;
    kor_calibrate_temperature(&scores, &t, &over);
    assert_true(fabs((double)t - 6 / log(3)) < 0.1);
    /* All right: sure, but with so few rows not beyond doubt. */
    scores.count = 3;
    scores.rows = list + 1;
    kor_calibrate_temperature(&scores, &t, &over);
    double p = 1 / (1 + exp(-6 / (double)t));
    assert_true(p > 0.8 && p < 0.99);
}

static void test_abstaining_gives_up_only_what_it_may(void **state)
{
    (void)state;
    static float values[100][2];
    static kor_row rows[100];
    static const kor_row *list[100];
    static const uint32_t zero = 0;
    for (size_t i = 0; i < 100; i++) {
        values[i][0] = 0.5f + (float)i * 0.005f;
        values[i][1] = 1 - values[i][0];
        rows[i] = (kor_row){.labels = &zero, .label_count = 1};
        list[i] = &rows[i];
    }
    kor_error err;
    float threshold;
    kor_scores scores = {&values[0][0], list, 100, 2, false};
    assert_int_equal(kor_calibrate_abstain(&scores, 0.95, &threshold, &err), KOR_OK);
    size_t below = 0;
    for (size_t i = 0; i < 100; i++) below += values[i][0] < threshold;
    assert_in_range(below, 4, 5);
}

static void test_a_label_to_keep_is_raised_as_far_as_it_must(void **state)
{
    (void)state;
    static float values[100][3];
    static kor_row rows[100];
    static const kor_row *list[100];
    static const uint32_t one[] = {1, 2};
    for (size_t i = 0; i < 100;
         i++) { /* label 1 is 10 behind to 9 before; every tenth is another */
        values[i][0] = 0;
        values[i][1] = (float)i / 5 - 10;
        values[i][2] = -20;
        rows[i] = (kor_row){.labels = &one[i % 10 == 9], .label_count = 1};
        list[i] = &rows[i];
    }
    kor_error err;
    float offset;
    kor_scores scores = {&values[0][0], list, 100, 3, false};
    assert_int_equal(kor_calibrate_keep(&scores, 1, 0.9, &offset, &err), KOR_OK);
    size_t lost = 0;
    for (size_t i = 0; i < 100; i++) lost += i % 10 != 9 && values[i][1] + offset <= 0;
    assert_in_range(lost, 8, 9);
    /* Nothing is lowered, and without rows nothing is raised. */
    assert_int_equal(kor_calibrate_keep(&scores, 1, 0.1, &offset, &err), KOR_OK);
    assert_true(offset == 0);
    assert_int_equal(kor_calibrate_keep(&scores, 0, 0.9, &offset, &err), KOR_OK);
    assert_true(offset == 0);
}

static void test_thresholds_of_tags_lie_where_they_part(void **state)
{
    (void)state;
    static float values[200][2];
    static kor_row rows[200];
    static const kor_row *list[200];
    static const uint32_t zero = 0;
    for (size_t i = 0; i < 200; i++) { /* label 0 holds from 0.3 on; label 1 never holds */
        values[i][0] = i % 2 ? 0.3f : 0.2f;
        values[i][1] = 0.1f;
        rows[i] = (kor_row){.labels = &zero, .label_count = i % 2};
        list[i] = &rows[i];
    }
    kor_error err;
    float thresholds[2];
    kor_scores scores = {&values[0][0], list, 200, 2, true};
    assert_int_equal(kor_calibrate_tags(&scores, thresholds, &err), KOR_OK);
    assert_true(thresholds[0] > 0.2f && thresholds[0] <= 0.3f);
    assert_true(thresholds[1] > 0.1f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wilson_interval_is_the_published_one),
        cmocka_unit_test(test_metrics_of_classify),
        cmocka_unit_test(test_metrics_of_tags),
        cmocka_unit_test(test_temperature_undoes_an_overconfident_scale),
        cmocka_unit_test(test_abstaining_gives_up_only_what_it_may),
        cmocka_unit_test(test_a_label_to_keep_is_raised_as_far_as_it_must),
        cmocka_unit_test(test_thresholds_of_tags_lie_where_they_part),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
