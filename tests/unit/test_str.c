/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"

#include <limits.h>
#include <string.h>

static void test_str_appends_any_bytes_and_ends_them(void **state)
{
    (void)state;
    kor_str s = {0};
    assert_string_equal(kor_str_text(&s), "");
    kor_str_add(&s, NULL, 0);
    assert_string_equal(kor_str_text(&s), "");
    kor_str_puts(&s, "ko");
    kor_str_putc(&s, 'r');
    kor_str_add(&s, "\0or", 3);
    kor_str_printf(&s, "%c-%03d", 'a', 7);
    assert_int_equal(s.len, 11);
    assert_memory_equal(s.data, "kor\0ora-007", 12);
    assert_false(s.failed);
    kor_str_free(&s);
    assert_null(s.data);
    assert_int_equal(s.len, 0);
}

static void test_str_grows_past_every_capacity(void **state)
{
    (void)state;
    kor_str s = {0};
    for (size_t i = 0; i < 100000; i++) {
        kor_str_printf(&s, "%zu,", i % 10);
        assert_true(s.cap > s.len);
        assert_int_equal(s.data[s.len], 0);
    }
    assert_int_equal(s.len, 200000);
    for (size_t i = 0; i < 100000; i++) {
        assert_int_equal(s.data[2 * i], '0' + i % 10);
        assert_int_equal(s.data[2 * i + 1], ',');
    }
    kor_str_free(&s);
}

static void test_str_prints_exactly_what_is_needed(void **state)
{
    (void)state;
    for (int n = 0; n < 200; n++) { /* around the first capacities, 64 and 128 */
        kor_str s = {0};
        kor_str_printf(&s, "%*s", n, "");
        assert_int_equal(s.len, n);
        assert_int_equal(strlen(s.data), n);
        kor_str_free(&s);
    }
}

static void test_str_remembers_a_failure_until_it_is_cleared(void **state)
{
    (void)state;
    kor_str s = {0};
    kor_str_puts(&s, "kept");
    kor_str_add(&s, "x", SIZE_MAX); /* no such room, and not one byte read */
    assert_true(s.failed);
    kor_str_puts(&s, "lost");
    kor_str_printf(&s, "%d", 1);
    assert_string_equal(kor_str_text(&s), "kept");
    kor_str_clear(&s);
    assert_false(s.failed);
    assert_string_equal(kor_str_text(&s), "");
    kor_str_puts(&s, "again");
    assert_string_equal(kor_str_text(&s), "again");
    kor_str_free(&s);
}

static void test_str_print_longer_than_an_int_is_a_failure(void **state)
{
    (void)state;
    kor_str s = {0};
    volatile int most = INT_MAX; /* or the compiler sees it coming */
    kor_str_printf(&s, "%*s%*s", most, "", most, "");
    assert_true(s.failed);
    assert_int_equal(s.len, 0);
    kor_str_free(&s);
}

static void test_str_clear_keeps_the_memory(void **state)
{
    (void)state;
    kor_str s = {0};
    kor_str_clear(&s);
    kor_str_puts(&s, "some text");
    const char *data = s.data;
    kor_str_clear(&s);
    assert_int_equal(s.len, 0);
    assert_string_equal(kor_str_text(&s), "");
    kor_str_puts(&s, "other");
    assert_ptr_equal(s.data, data);
    assert_string_equal(s.data, "other");
    kor_str_free(&s);
    kor_str_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_str_appends_any_bytes_and_ends_them),
        cmocka_unit_test(test_str_grows_past_every_capacity),
        cmocka_unit_test(test_str_prints_exactly_what_is_needed),
        cmocka_unit_test(test_str_remembers_a_failure_until_it_is_cleared),
        cmocka_unit_test(test_str_print_longer_than_an_int_is_a_failure),
        cmocka_unit_test(test_str_clear_keeps_the_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
