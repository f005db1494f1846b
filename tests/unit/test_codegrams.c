/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "korora.h"
#include "text/codegrams.h"
#include "text/ngrams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint32_t keys[KOR_NGRAMS_LIMIT], other[KOR_NGRAMS_LIMIT];

static size_t read_text(const char *text)
{
    return kor_codegrams_read(text, strlen(text), keys, KOR_NGRAMS_LIMIT);
}

static uint64_t fold(size_t n)
{
    uint64_t h = 0;
    for (size_t i = 0; i < n; i++) h = (h ^ keys[i]) * 0x100000001b3ull;
    return h;
}

static void test_codegrams_keys_never_change(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len, count;
        uint64_t hash;
    } cases[] = {
        {"a", 1, 8, 0x5a2f3ff8e0dd57ff},
        {"int main(void)\012{\012\011return 0;\012}\012", 30, 115, 0xf698856f0afeeb34},
        {"let x: &'a str = \"a {}\"; // why\012", 32, 75, 0x5e3da0eec41f43ec},
        {"<\077php echo $x->y; \077>", 20, 74, 0xa1e979ba4e2c7999},
        {"Dim s As String ' text\012  If x Then\012", 35, 97, 0xa856e684637f6d7a},
        {"K\305\215ror\304\201 = \342\200\224 caf\303\251\012", 21, 26, 0x7bfd30144c5766d9},
        {"#!/bin/sh\012[ -f \"$f\" ] && rm -rf ./x_y\012", 38, 125, 0xcdff43dc10370ebc},
        {"/* open\012", 8, 20, 0x40b9778ab9878ddc},
        {"(* a *) let f = function\012  | [] -> 0x1F\012", 40, 91, 0xd144b62006cf9318},
        {"nul\000byte\377\376\012\012    def f(self):\015\012", 30, 69, 0xafe29d5a12f6b0d2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = kor_codegrams_read(cases[i].text, cases[i].len, keys, KOR_NGRAMS_LIMIT);
        if (n != cases[i].count || fold(n) != cases[i].hash)
            fail_msg("case %zu: %zu keys, 0x%016llx", i, n, (unsigned long long)fold(n));
    }
}

static bool has(uint32_t key, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (keys[i] == key) return true;
    }
    return false;
}

/* Are all keys of a in b too? */
static bool is_in(const char *a, const char *b)
{
    size_t n = kor_codegrams_read(a, strlen(a), other, KOR_NGRAMS_LIMIT), m = read_text(b);
    size_t same = 0;
    for (size_t i = 0; i < n; i++) same += has(other[i], m);
    return same == n;
}

static bool are_same(const char *a, const char *b)
{
    return is_in(a, b) && is_in(b, a);
}

static void test_codegrams_do_not_read_texts_and_comments(void **state)
{
    (void)state;
    assert_true(are_same("puts(\"hello\");", "puts(\"farewell friends\");"));
    assert_true(are_same("x = 1 # first\ny", "x = 1 # second thing\ny"));
    assert_true(are_same("/* a\n * b\n */\nint x;", "/* c d\n * e\n */\nint x;"));
    assert_true(are_same("(* one *) let", "(* two three *) let"));
    assert_true(are_same("<!-- x -->\n<a>", "<!-- other -->\n<a>"));
    assert_true(are_same("\" a b", "\" c d e")); /* a comment of vim */
    assert_false(are_same("puts(hello)", "puts(farewell)"));
    /* An apostrophe is no quote, and a quote without an end is none. */
    assert_false(are_same("don't stop here", "don't go there"));
    assert_false(are_same("x \"stop here", "x \"go there"));
}

static void test_codegrams_see_case_marks_and_lines(void **state)
{
    (void)state;
    assert_false(is_in("Dim x", "dim x"));
    assert_false(is_in("a::b", "a:b"));
    assert_false(is_in("if x:\n    y", "if x:\n\ty"));
    assert_false(is_in("if x\ny", "if x y"));
    assert_true(are_same("x = 1\n", "x  =  1")); /* spaces within a line are nothing */
    assert_true(are_same("n = 1234", "n = 98"));
}

static void test_codegrams_stay_within_their_room(void **state)
{
    (void)state;
    uint32_t few[4] = {0, 0, 0, 77};
    assert_int_equal(kor_codegrams_read("int main() { return 0; }", 24, few, 3), 3);
    assert_int_equal(few[3], 77);
    assert_int_equal(kor_codegrams_read("text", 4, few, 0), 0);
    assert_int_equal(kor_codegrams_read(NULL, 0, few, 3), 0);
}

static void test_codegrams_take_any_bytes(void **state)
{
    (void)state;
    static const char marks[] = "\"'`/*(){}<!->#|;% \n\tab0_\\\xc3\xa9";
    uint32_t seed = 1;
    for (size_t round = 0; round < 4000; round++) {
        size_t len = round % 400;
        char *text = malloc(len + 1); /* of its own size, so that a sanitizer sees a byte too far */
        assert_non_null(text);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = round % 2 ? (char)(seed >> 24) : marks[(seed >> 16) % (sizeof marks - 1)];
        }
        char *own = realloc(text, len ? len : 1);
        assert_non_null(own);
        size_t n = kor_codegrams_read(own, len, keys, KOR_NGRAMS_LIMIT);
        assert_in_range(n, 0, KOR_NGRAMS_LIMIT);
        free(own);
    }
}

/* Marks that open and do not end are looked for no further than so far: a megabyte takes no time.
 */
static void test_codegrams_are_bounded(void **state)
{
    (void)state;
    static const char *const parts[] = {"/*", "\"x", "(* ", "<!--", "{-", "'''", "a ", "# \n"};
    size_t len = 1 << 20;
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t p = 0; p < sizeof parts / sizeof *parts; p++) {
        size_t n = strlen(parts[p]);
        for (size_t i = 0; i < len; i++) text[i] = parts[p][i % n];
        assert_in_range(kor_codegrams_read(text, len, keys, KOR_NGRAMS_LIMIT), 0, KOR_NGRAMS_LIMIT);
    }
    free(text);
}

static void test_codegrams_are_read_where_the_shape_says_so(void **state)
{
    (void)state;
    static const char text[] = "fn main() {}";
    const kor_ngrams shape = {.words = 1, .code = KOR_CODEGRAMS_VERSION};
    size_t n = read_text(text);
    assert_int_equal(kor_ngrams_read(&shape, text, sizeof text - 1, other, KOR_NGRAMS_LIMIT), n);
    assert_memory_equal(keys, other, n * sizeof *keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codegrams_keys_never_change),
        cmocka_unit_test(test_codegrams_do_not_read_texts_and_comments),
        cmocka_unit_test(test_codegrams_see_case_marks_and_lines),
        cmocka_unit_test(test_codegrams_stay_within_their_room),
        cmocka_unit_test(test_codegrams_take_any_bytes),
        cmocka_unit_test(test_codegrams_are_bounded),
        cmocka_unit_test(test_codegrams_are_read_where_the_shape_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
