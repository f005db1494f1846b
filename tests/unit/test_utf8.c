/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/utf8.h"

#include <string.h>

static void test_utf8_decode_follows_the_table(void **state)
{
    (void)state;
    /* Every boundary of Unicode 15, table 3-7, and what is just outside it: bytes consumed, value.
     */
    static const struct {
        const char *bytes;
        size_t len, used;
        uint32_t cp;
    } cases[] = {
        {"\0", 1, 1, 0},
        {"\x7f", 1, 1, 0x7f},
        {"\x80", 1, 1, 0xfffd},
        {"\xbf\x80", 2, 1, 0xfffd},
        {"\xc0\x80", 2, 1, 0xfffd},
        {"\xc1\xbf", 2, 1, 0xfffd},
        {"\xc2\x80", 2, 2, 0x80},
        {"\xdf\xbf", 2, 2, 0x7ff},
        {"\xdf\xc0", 2, 1, 0xfffd},
        {"\xdf", 1, 1, 0xfffd},
        {"\xe0\x9f\xbf", 3, 1, 0xfffd},
        {"\xe0\xa0\x80", 3, 3, 0x800},
        {"\xed\x9f\xbf", 3, 3, 0xd7ff},
        {"\xed\xa0\x80", 3, 1, 0xfffd},
        {"\xee\x80\x80", 3, 3, 0xe000},
        {"\xef\xbf\xbd", 3, 3, 0xfffd},
        {"\xef\xbf\xbf", 3, 3, 0xffff},
        {"\xef\xbf", 2, 2, 0xfffd},
        {"\xef\xbf"
         "A",
         3, 2, 0xfffd},
        {"\xf0\x8f\xbf\xbf", 4, 1, 0xfffd},
        {"\xf0\x90\x80\x80", 4, 4, 0x10000},
        {"\xf0\x90\x80", 3, 3, 0xfffd},
        {"\xf0\x90\x80\xc0", 4, 3, 0xfffd},
        {"\xf0\x90\x80\x80", 2, 2, 0xfffd},
        {"\xf4\x8f\xbf\xbf", 4, 4, 0x10ffff},
        {"\xf4\x90\x80\x80", 4, 1, 0xfffd},
        {"\xf5\x80\x80\x80", 4, 1, 0xfffd},
        {"\xff", 1, 1, 0xfffd},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint32_t cp = 1;
        size_t used = kor_utf8_decode(cases[i].bytes, cases[i].len, &cp);
        if (used != cases[i].used || cp != cases[i].cp) {
            fail_msg("case %zu: %zu bytes, U+%04X", i, used, cp);
        }
        bool good = cases[i].used == cases[i].len &&
                    (cp != 0xfffd || strcmp(cases[i].bytes, "\xef\xbf\xbd") == 0);
        assert_int_equal(kor_utf8_valid(cases[i].bytes, cases[i].len), good);
    }
}

static void test_utf8_decode_replaces_each_maximal_subpart(void **state)
{
    (void)state;
    static const char bytes[] = "a\xf1\x80\x80\xe1\x80\xc2"
                                "b\x80"
                                "c\x80\xbf"
                                "d";
    static const uint32_t want[] = {'a',    0xfffd, 0xfffd, 0xfffd, 'b',
                                    0xfffd, 'c',    0xfffd, 0xfffd, 'd'};
    size_t at = 0;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        uint32_t cp;
        at += kor_utf8_decode(bytes + at, sizeof bytes - 1 - at, &cp);
        assert_int_equal(cp, want[i]);
    }
    assert_int_equal(at, sizeof bytes - 1);
}

static void test_utf8_every_code_point_comes_back(void **state)
{
    (void)state;
    for (uint32_t cp = 0; cp <= 0x10ffff; cp++) {
        char s[4];
        uint32_t back;
        size_t n = kor_utf8_encode(cp, s);
        if (kor_utf8_decode(s, n, &back) != n) fail_msg("U+%04X", cp);
        if (back != (cp >= 0xd800 && cp <= 0xdfff ? 0xfffd : cp)) fail_msg("U+%04X", cp);
        if (!kor_utf8_valid(s, n)) fail_msg("U+%04X", cp);
    }
    char s[4];
    assert_int_equal(kor_utf8_encode(0x110000, s), 3);
    assert_memory_equal(s, "\xef\xbf\xbd", 3);
    assert_int_equal(kor_utf8_encode(UINT32_MAX, s), 3);
    assert_memory_equal(s, "\xef\xbf\xbd", 3);
}

/* Of all strings of three bytes, those that are one character are as many as there are characters.
 */
static void test_utf8_nothing_else_is_valid(void **state)
{
    (void)state;
    size_t two = 0, three = 0;
    for (uint32_t bytes = 0x800000; bytes <= 0xffffff; bytes++) {
        char s[3] = {(char)(bytes >> 16), (char)(bytes >> 8 & 0xff), (char)(bytes & 0xff)};
        uint32_t cp;
        size_t n = kor_utf8_decode(s, 3, &cp);
        three += n == 3 && kor_utf8_valid(s, 3);
        two += s[2] == 0 && n == 2 && kor_utf8_valid(s, 2);
    }
    assert_int_equal(two, 0x800 - 0x80);
    assert_int_equal(three, 0x10000 - 0x800 - 0x800 /* surrogates */);
}

static void test_utf8_valid_sees_one_bad_byte_anywhere(void **state)
{
    (void)state;
    char text[] = "p\xc3\xa2t\xc3\xa9 \xe5\xb0\x8f \xf0\x9f\x90\xa7 end";
    size_t len = sizeof text - 1;
    assert_true(kor_utf8_valid(text, len));
    assert_true(kor_utf8_valid(text, 0));
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        text[i] = (char)0xff;
        assert_false(kor_utf8_valid(text, len));
        text[i] = c;
    }
}

static void test_utf8_prefix_ends_at_a_character(void **state)
{
    (void)state;
    static const char text[] = "p\xc3\xa2t\xc3\xa9 \xe5\xb0\x8f \xf0\x9f\x90\xa7!";
    size_t len = sizeof text - 1, end = 0;
    for (size_t max = 0; max <= len + 2; max++) {
        uint32_t cp;
        if (end < len) {
            size_t n = kor_utf8_decode(text + end, len - end, &cp);
            if (end + n <= max) end += n;
        }
        assert_int_equal(kor_utf8_prefix(text, len, max), end);
    }
}

static void test_utf8_prefix_of_broken_text_cuts_no_more_than_it_must(void **state)
{
    (void)state;
    assert_int_equal(kor_utf8_prefix("a\x80\x80\x80", 4, 2), 2);
    assert_int_equal(kor_utf8_prefix("\x80\x80\x80\x80\x80\x80", 6, 5), 5);
    assert_int_equal(kor_utf8_prefix("ab\xe5", 3, 2), 2);
    assert_int_equal(kor_utf8_prefix("ab\xe5\xb0", 4, 3), 2);
    assert_int_equal(kor_utf8_prefix("ab\xe5\xb0z", 5, 4), 4); /* torn: it ends before the z */
    assert_int_equal(kor_utf8_prefix("\xf0\x9f\x90\xa7", 4, 3), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_utf8_decode_follows_the_table),
        cmocka_unit_test(test_utf8_decode_replaces_each_maximal_subpart),
        cmocka_unit_test(test_utf8_every_code_point_comes_back),
        cmocka_unit_test(test_utf8_nothing_else_is_valid),
        cmocka_unit_test(test_utf8_valid_sees_one_bad_byte_anywhere),
        cmocka_unit_test(test_utf8_prefix_ends_at_a_character),
        cmocka_unit_test(test_utf8_prefix_of_broken_text_cuts_no_more_than_it_must),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
