/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/status.h"
#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

static void test_status_names_are_told_apart(void **state)
{
    (void)state;
    for (int a = KOR_OK; a <= KOR_E_DAMAGED; a++) {
        assert_string_not_equal(kor_status_name((kor_status)a), "unknown status");
        for (int b = KOR_OK; b < a; b++) {
            assert_string_not_equal(kor_status_name((kor_status)a), kor_status_name((kor_status)b));
        }
    }
    assert_string_equal(kor_status_name(KOR_OK), "ok");
    assert_string_equal(kor_status_name((kor_status)(KOR_E_DAMAGED + 1)), "unknown status");
}

static void test_status_fail_formats_and_returns_its_code(void **state)
{
    (void)state;
    kor_error err;
    assert_int_equal(
        kor_fail(&err, KOR_E_INPUT, "%s:%d: unknown head '%s'", "task.yaml", 12, "clasify"),
        KOR_E_INPUT);
    assert_int_equal(err.code, KOR_E_INPUT);
    assert_string_equal(err.msg, "task.yaml:12: unknown head 'clasify'");
    assert_int_equal(kor_fail(NULL, KOR_E_BUSY, "%s", "nobody listens"), KOR_E_BUSY);
    assert_int_equal(kor_fail_in(NULL, KOR_E_IO, "%s", "nobody listens"), KOR_E_IO);
    assert_int_equal(kor_fail_memory(NULL), KOR_E_MEMORY);
    assert_int_equal(kor_fail_memory(&err), KOR_E_MEMORY);
    assert_int_equal(err.code, KOR_E_MEMORY);
}

static void test_status_prefix_goes_before_the_message(void **state)
{
    (void)state;
    kor_error err;
    kor_fail(&err, KOR_E_INPUT, "the header is cut short");
    assert_int_equal(kor_fail_in(&err, err.code, "%s/%s", "models", "trunk.gguf"), KOR_E_INPUT);
    assert_string_equal(err.msg, "models/trunk.gguf: the header is cut short");
}

static void test_status_message_is_one_printable_line(void **state)
{
    (void)state;
    static const struct {
        const char *text, *shown;
    } cases[] = {
        {"a\nb\tc\rd", "a?b?c?d"},
        {"\x1b[31mred\x7f", "?[31mred?"},
        {"\xc2\x9b"
         "31m",
         "??31m"}, /* U+009B starts an escape code too */
        {"\xc2\xa0", "\xc2\xa0"},
        {"p\xc3\xa2t\xc3\xa9 \xe5\xb0\x8f \xf0\x9f\x90\xa7",
         "p\xc3\xa2t\xc3\xa9 \xe5\xb0\x8f \xf0\x9f\x90\xa7"},
        {"\xff\xfe", "??"},
        {"\x9b"
         "31m",
         "?31m"},
        {"\xc0\xaf", "??"},           /* overlong */
        {"\xe0\x9f\xbf", "???"},      /* overlong */
        {"\xed\xa0\x80", "???"},      /* a surrogate */
        {"\xf4\x90\x80\x80", "????"}, /* above U+10FFFF */
        {"\xe5\xb0", "??"},           /* torn */
        {"\xe5\xb0x", "??x"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_error err;
        kor_fail(&err, KOR_E_INPUT, "%s", cases[i].text);
        assert_string_equal(err.msg, cases[i].shown);
    }
}

static void test_status_long_message_is_cut_and_stays_utf8(void **state)
{
    (void)state;
    static const char *const letters[] = {"x", "\xc3\xa9", "\xe5\xb0\x8f", "\xf0\x9f\x90\xa7"};
    for (size_t l = 0; l < 4; l++) {
        for (size_t lead = 0; lead < 4; lead++) {
            char text[1024];
            memset(text, '-', lead);
            text[lead] = 0;
            while (strlen(text) < 600) strcat(text, letters[l]);
            kor_error err;
            kor_fail(&err, KOR_E_INPUT, "%s", text);
            assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
            assert_true(kor_utf8_valid(err.msg, strlen(err.msg)));
            kor_fail_in(&err, KOR_E_INPUT, "%s", text);
            assert_int_equal(strlen(err.msg), sizeof err.msg - 1);
            assert_true(kor_utf8_valid(err.msg, strlen(err.msg)));
        }
    }
}

static kor_status try_twice(kor_status first, int *reached)
{
    *reached = 1;
    KOR_TRY(first);
    *reached = 2;
    return KOR_OK;
}

static void test_status_try_returns_at_the_first_failure(void **state)
{
    (void)state;
    int reached;
    assert_int_equal(try_twice(KOR_OK, &reached), KOR_OK);
    assert_int_equal(reached, 2);
    assert_int_equal(try_twice(KOR_E_BUSY, &reached), KOR_E_BUSY);
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status_names_are_told_apart),
        cmocka_unit_test(test_status_fail_formats_and_returns_its_code),
        cmocka_unit_test(test_status_prefix_goes_before_the_message),
        cmocka_unit_test(test_status_message_is_one_printable_line),
        cmocka_unit_test(test_status_long_message_is_cut_and_stays_utf8),
        cmocka_unit_test(test_status_try_returns_at_the_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
