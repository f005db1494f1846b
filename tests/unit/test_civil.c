/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"

static void test_civil_knows_fixed_days(void **state)
{
    (void)state;
    assert_int_equal(kor_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(kor_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(kor_days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(kor_days_from_civil(2026, 11, 22), 20779);
    assert_int_equal(kor_days_from_civil(0, 1, 1), -719528);
    assert_int_equal(kor_days_from_civil(9999, 12, 31), 2932896);
    /* A day outside its month counts on. */
    assert_int_equal(kor_days_from_civil(2026, 1, 32), kor_days_from_civil(2026, 2, 1));
    assert_int_equal(kor_days_from_civil(2026, 3, 0), kor_days_from_civil(2026, 2, 28));
}

/* Counting days one by one, from before the year 0 to after 9999, is the other calculation. */
static void test_civil_counts_every_day(void **state)
{
    (void)state;
    int64_t days = -719528 - 2 * 365;
    int32_t weekday = kor_weekday(days);
    for (int32_t year = -2; year <= 10001; year++) {
        for (int32_t month = 1; month <= 12; month++) {
            for (int32_t day = 1; day <= kor_days_in_month(year, month); day++, days++) {
                int32_t y, m, d;
                kor_civil_from_days(days, &y, &m, &d);
                if (y != year || m != month || d != day ||
                    kor_days_from_civil(year, month, day) != days || kor_weekday(days) != weekday) {
                    fail_msg("%d-%d-%d is not day %lld", year, month, day, (long long)days);
                }
                weekday = (weekday + 1) % 7;
            }
        }
    }
}

static void test_civil_knows_month_lengths(void **state)
{
    (void)state;
    assert_int_equal(kor_days_in_month(2023, 2), 28);
    assert_int_equal(kor_days_in_month(2024, 2), 29);
    assert_int_equal(kor_days_in_month(1900, 2), 28);
    assert_int_equal(kor_days_in_month(2000, 2), 29);
    assert_int_equal(kor_days_in_month(-4, 2), 29);
    assert_int_equal(kor_days_in_month(2026, 11), 30);
    assert_int_equal(kor_days_in_month(2026, 12), 31);
}

static void test_civil_knows_weekdays(void **state)
{
    (void)state;
    assert_int_equal(kor_weekday(0), 3);
    assert_int_equal(kor_weekday(kor_days_from_civil(2026, 11, 22)), 6);
    assert_int_equal(kor_weekday(kor_days_from_civil(1969, 12, 29)), 0);
    assert_int_equal(kor_weekday(-1000000007), (((-1000000007LL + 3) % 7) + 7) % 7);
}

static void test_civil_refuses_impossible_fields(void **state)
{
    (void)state;
    static const kor_civil good[] = {{2024, 2, 29, 0, 0, 0}, {0, 1, 1, 23, 59, 59}};
    static const kor_civil bad[] = {
        {2026, 2, 29, 0, 0, 0},        {2026, 0, 1, 0, 0, 0},  {2026, 13, 1, 0, 0, 0},
        {2026, 1, 0, 0, 0, 0},         {2026, 1, 32, 0, 0, 0}, {2026, 1, 1, 24, 0, 0},
        {2026, 1, 1, -1, 0, 0},        {2026, 1, 1, 0, 60, 0}, {2026, 1, 1, 0, -1, 0},
        {2026, 1, 1, 0, 0, 60},        {2026, 1, 1, 0, 0, -1}, {2026, INT32_MAX, 1, 0, 0, 0},
        {2026, INT32_MIN, 1, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) assert_true(kor_civil_valid(&good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) assert_false(kor_civil_valid(&bad[i]));
}

static void test_civil_seconds_come_back(void **state)
{
    (void)state;
    static const int64_t seconds[] = {0,      -1,     1,          86399,        86400,
                                      -86400, -86401, 1795338000, -62167219200, 253402300799};
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        kor_civil c = kor_civil_from_seconds(seconds[i]);
        assert_true(kor_civil_valid(&c));
        assert_int_equal(kor_seconds_from_civil(&c), seconds[i]);
    }
    kor_civil c = kor_civil_from_seconds(-1);
    assert_int_equal(c.year, 1969);
    assert_int_equal(c.hour, 23);
    assert_int_equal(c.second, 59);
}

static void test_civil_survives_any_count(void **state)
{
    (void)state;
    static const int64_t far[] = {INT64_MIN, INT64_MIN + 1, INT64_MAX, INT64_MAX - 1};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        int32_t y, m, d;
        kor_civil_from_days(far[i], &y, &m, &d);
        assert_true(far[i] < 0 ? y < -1000000 : y > 1000000);
        assert_in_range(m, 1, 12);
        assert_in_range(d, 1, 31);
        assert_in_range(kor_weekday(far[i]), 0, 6);
        kor_civil c = kor_civil_from_seconds(far[i]);
        assert_true(kor_civil_valid(&c));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_civil_knows_fixed_days),
        cmocka_unit_test(test_civil_counts_every_day),
        cmocka_unit_test(test_civil_knows_month_lengths),
        cmocka_unit_test(test_civil_knows_weekdays),
        cmocka_unit_test(test_civil_refuses_impossible_fields),
        cmocka_unit_test(test_civil_seconds_come_back),
        cmocka_unit_test(test_civil_survives_any_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
