/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "korora.h"
#include "text/layout.h"
#include "text/ngrams.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static uint32_t keys[KOR_NGRAMS_LIMIT];

static size_t read_all(const char *text, size_t len, uint64_t *fold)
{
    size_t n = kor_layout_read(text, len, keys, KOR_NGRAMS_LIMIT);
    *fold = 0;
    for (size_t i = 0; i < n; i++) *fold = (*fold ^ keys[i]) * 0x100000001b3ull;
    return n;
}

static bool is_same(const char *a, const char *b)
{
    uint64_t x, y;
    size_t n = read_all(a, strlen(a), &x), m = read_all(b, strlen(b), &y);
    return n == m && x == y;
}

/* Models know a text by these: other numbers are another version. */
static void test_layout_keys_never_change(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len, count;
        uint64_t fold;
    } cases[] = {
        {"a", 1, 22, 0x9dd3fcdf933cebb8},
        {"Buy milk", 8, 27, 0xabb4df50a4b78341},
        {"- [ ] Call Ana\n- [x] TODO 12", 28, 47, 0x4d6e4fd0df75d891},
        {"id,n\n1,20\n2,31\n", 15, 54, 0x5e32cbac5978a2d6},
        {"int f(void)\r\n{\r\n\treturn -1;\r\n}\r\n", 32, 60, 0xebf67c833c250a2a},
        {"K\305\215ror\304\201 \342\200\224 \320\234\320\270\321\200 \360\237\220\247!", 25, 31,
         0xde40563ddfdffdeb},
        {"2026-01-02T03:04:05Z ERROR x=1.5 fooBar --all", 45, 33, 0x762a0531d1efed03},
        {"nul\000here\377\n\n  end", 16, 39, 0x8b3290b22560b86d},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t fold;
        size_t n = read_all(cases[i].text, cases[i].len, &fold);
        if (n != cases[i].count || fold != cases[i].fold)
            fail_msg("case %zu: %zu keys, 0x%016llx", i, n, (unsigned long long)fold);
    }
    uint64_t fold;
    assert_int_equal(read_all("", 0, &fold), 0);
    assert_int_equal(read_all(" \n\t\n ", 5, &fold), 0);
}

static void test_layout_sees_what_words_do_not(void **state)
{
    (void)state;
    assert_false(is_same("one two three", "one two\nthree"));
    assert_false(is_same("one\ntwo", "one\n\ntwo"));
    assert_false(is_same("one\ntwo", "one\n  two"));
    assert_false(is_same("one\n two", "one\n\ttwo"));
    assert_false(is_same("one two", "One two"));
    assert_false(is_same("one two", "ONE two"));
    assert_false(is_same("foo bar", "fooBar"));
    assert_false(is_same("a - b", "a -- b"));
    assert_false(is_same("12", "123"));
    assert_false(is_same("a,b\nc,d", "a,b\nc,d,e"));
}

static void test_layout_does_not_see_words(void **state)
{
    (void)state;
    assert_true(is_same("- milk 12\n- bread 34", "- salt 70\n- flour 11"));
    assert_true(is_same("Anna", "Otto"));
    assert_true(is_same("\303\274ber", "uber")); /* a letter is a letter */
}

static void test_layout_takes_any_end_of_line(void **state)
{
    (void)state;
    assert_true(is_same("a\nb: 1\n", "a\r\nb: 1\r\n"));
    assert_true(is_same("a\nb: 1", "a\rb: 1"));
    assert_true(is_same("a\nb: 1", "\n\na\nb: 1\n \n\n"));
}

static void test_layout_stays_within_its_room(void **state)
{
    (void)state;
    uint32_t few[4] = {0, 0, 0, 77};
    assert_in_range(kor_layout_read("a b\nc d", 7, few, 3), 0, 3);
    assert_int_equal(few[3], 77);
    assert_int_equal(kor_layout_read("a", 1, few, 0), 0);
    size_t len = 4 * (size_t)KOR_TEXT_MAX;
    char *text = malloc(len);
    assert_non_null(text);
    for (size_t i = 0; i < len; i++) text[i] = i % 2 ? '\n' : 'x';
    size_t n = kor_layout_read(text, len, keys, KOR_NGRAMS_LIMIT);
    assert_in_range(n, KOR_LAYOUT_LIMIT / 2, KOR_LAYOUT_LIMIT);
    free(text);
}

/* The n-grams of a text that is laid out come after its layout, and are the same. */
static void test_layout_leaves_ngrams_alone(void **state)
{
    (void)state;
    static const char text[] = "- [ ] Call Ana\n- [x] two";
    static uint32_t both[KOR_NGRAMS_LIMIT];
    const kor_ngrams plain = {2, 2, 4, 0, 0}, laid = {2, 2, 4, 1, 0};
    size_t n = kor_layout_read(text, sizeof text - 1, keys, KOR_NGRAMS_LIMIT);
    size_t all = kor_ngrams_read(&laid, text, sizeof text - 1, both, KOR_NGRAMS_LIMIT);
    assert_memory_equal(both, keys, n * sizeof *keys);
    size_t words = kor_ngrams_read(&plain, text, sizeof text - 1, keys, KOR_NGRAMS_LIMIT);
    assert_int_equal(all, n + words);
    assert_memory_equal(both + n, keys, words * sizeof *keys);
}

static void test_layout_takes_any_bytes(void **state)
{
    (void)state;
    uint32_t seed = 1;
    for (size_t round = 0; round < 2000; round++) {
        size_t len = round % 512;
        char *exact = malloc(len ? len : 1); /* so that a sanitizer sees a byte too far */
        assert_non_null(exact);
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525u + 1013904223u;
            exact[i] = (char)(seed >> 24);
        }
        assert_in_range(kor_layout_read(exact, len, keys, KOR_NGRAMS_LIMIT), 0, KOR_LAYOUT_LIMIT);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_layout_keys_never_change),
        cmocka_unit_test(test_layout_sees_what_words_do_not),
        cmocka_unit_test(test_layout_does_not_see_words),
        cmocka_unit_test(test_layout_takes_any_end_of_line),
        cmocka_unit_test(test_layout_stays_within_its_room),
        cmocka_unit_test(test_layout_leaves_ngrams_alone),
        cmocka_unit_test(test_layout_takes_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
