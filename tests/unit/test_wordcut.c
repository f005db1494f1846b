/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "korora.h"
#include "model/spans.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX = 64 };

/* The words of a text between bars; a space or a slash before one for its gap. */
static void cut_is(const char *text, const char *expected)
{
    kor_word words[MAX];
    char got[512] = "";
    kor_wordcut cut = {.text = text, .len = strlen(text)};
    size_t n = kor_wordcut_read(&cut, words, MAX), at = 0;
    for (size_t i = 0; i < n; i++) {
        const char *gap = words[i].gap == KOR_GAP_LINE ? "/" : words[i].gap ? " " : "";
        at += (size_t)snprintf(got + at, sizeof got - at, "%s%.*s|", gap,
                               (int)(words[i].end - words[i].start), text + words[i].start);
    }
    assert_string_equal(got, expected);
}

static void test_wordcut_parts_letters_digits_and_symbols(void **state)
{
    (void)state;
    cut_is("call me at 7pm, o'clock!", "/call| me| at| 7|pm|,| o|'|clock|!|");
    cut_is("", "");
    cut_is(" \t ", "");
    cut_is("a\nb\r\n\nc d", "/a|/b|/c| d|");
    cut_is("x@y.org", "/x|@|y|.|org|");
}

static void test_wordcut_reads_other_scripts(void **state)
{
    (void)state;
    cut_is("na\xc3\xafve caf\xc3\xa9s", "/na\xc3\xafve| caf\xc3\xa9s|");
    cut_is("cafe\xcc\x81s", "/cafe\xcc\x81s|");                              /* combining acute */
    cut_is("\xe6\x9d\xb1\xe4\xba\xac\x33", "/\xe6\x9d\xb1|\xe4\xba\xac|3|"); /* each by itself */
    cut_is("\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0",               /* Moskva */
           "/\xd0\x9c\xd0\xbe\xd1\x81\xd0\xba\xd0\xb2\xd0\xb0|");
    cut_is("a\xc2\xadz", "/a\xc2\xadz|"); /* a soft hyphen inside */
    cut_is("\xe2\x80\x8d k", "/k|");      /* nothing to join */
    cut_is("\xf0\x9f\x90\xa7\xef\xb8\x8f!",
           "/\xf0\x9f\x90\xa7\xef\xb8\x8f|!|"); /* and a selector */
}

static void test_wordcut_knows_bytes_and_code_points(void **state)
{
    (void)state;
    static const char text[] = "\xc3\xa9t\xc3\xa9 \xf0\x9f\x90\xa7 1";
    kor_word w[MAX];
    kor_wordcut cut = {.text = text, .len = sizeof text - 1};
    assert_int_equal(kor_wordcut_read(&cut, w, MAX), 3);
    const size_t expected[3][4] = {{0, 5, 0, 3}, {6, 10, 4, 5}, {11, 12, 6, 7}};
    for (size_t i = 0; i < 3; i++) {
        const size_t got[4] = {w[i].start, w[i].end, w[i].start_cp, w[i].end_cp};
        assert_memory_equal(got, expected[i], sizeof got);
    }
    assert_int_equal(w[0].kind, KOR_WORD_LETTERS);
    assert_int_equal(w[1].kind, KOR_WORD_SYMBOL);
    assert_int_equal(w[2].kind, KOR_WORD_DIGITS);
}

static void test_wordcut_goes_on_where_it_stopped(void **state)
{
    (void)state;
    static const char text[] = "one two\nthree, four";
    kor_word all[MAX], one;
    kor_wordcut whole = {.text = text, .len = sizeof text - 1}, step = whole;
    size_t n = kor_wordcut_read(&whole, all, MAX);
    assert_int_equal(n, 5);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(kor_wordcut_read(&step, &one, 1), 1);
        assert_memory_equal(&one, &all[i], sizeof one);
    }
    assert_int_equal(kor_wordcut_read(&step, &one, 1), 0);
}

/* Whatever the bytes: words are in order, apart, and inside; and keys stay within their bound. */
static void test_wordcut_accepts_any_bytes(void **state)
{
    (void)state;
    enum { LENGTH = 4000 };
    char *text = malloc(LENGTH);
    kor_word *words = malloc(LENGTH * sizeof *words);
    kor_word_traits *traits = malloc(LENGTH * sizeof *traits);
    assert_true(text && words && traits);
    uint32_t seed = 7;
    for (int round = 0; round < 50; round++) {
        for (size_t i = 0; i < LENGTH; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = (char)(round % 2 ? seed >> 24 : (seed >> 24) % 12 + ' ');
        }
        kor_wordcut cut = {.text = text, .len = LENGTH};
        size_t n = kor_wordcut_read(&cut, words, LENGTH), end = 0, end_cp = 0;
        for (size_t i = 0; i < n; i++) {
            assert_true(words[i].start >= end && words[i].end > words[i].start);
            assert_true(words[i].start_cp >= end_cp && words[i].end_cp > words[i].start_cp);
            assert_true(words[i].end_cp - words[i].start_cp <= KOR_WORDCUT_MAX);
            end = words[i].end;
            end_cp = words[i].end_cp;
        }
        assert_true(end <= LENGTH);
        kor_word_traits_read(traits, text, words, n);
        for (size_t i = 0; i < n; i++) {
            uint32_t keys[KOR_WORD_FEATURES];
            assert_in_range(kor_word_features(words, traits, n, i, keys), 20, KOR_WORD_FEATURES);
        }
    }
    free(text);
    free(words);
    free(traits);
}

static void test_wordcut_reads_so_much_and_no_more(void **state)
{
    (void)state;
    size_t len = KOR_TEXT_MAX + 100;
    char *text = malloc(len);
    kor_word *words = malloc(len * sizeof *words);
    assert_true(text && words);
    memset(text, '!', len);
    kor_wordcut cut = {.text = text, .len = len};
    assert_int_equal(kor_wordcut_read(&cut, words, len), KOR_TEXT_MAX);
    memset(text, 'a', len); /* one run is several words */
    cut = (kor_wordcut){.text = text, .len = len};
    assert_int_equal(kor_wordcut_read(&cut, words, len), KOR_TEXT_MAX / KOR_WORDCUT_MAX);
    free(text);
    free(words);
}

/* The keys are part of the model format: they must never change without a new version. */
static void test_word_features_are_what_they_were(void **state)
{
    (void)state;
    static const char text[] = "Dr. Zo\xc3\xab \xc3\x85str\xc3\xb6m, 2 \xe6\x9d\xb1 a@b.org";
    kor_word words[MAX];
    kor_word_traits traits[MAX];
    kor_wordcut cut = {.text = text, .len = sizeof text - 1};
    size_t n = kor_wordcut_read(&cut, words, MAX), all = 0;
    uint64_t sum = 0;
    kor_word_traits_read(traits, text, words, n);
    for (size_t i = 0; i < n; i++) {
        uint32_t keys[KOR_WORD_FEATURES];
        size_t count = kor_word_features(words, traits, n, i, keys);
        for (size_t j = 0; j < count; j++) sum = sum * 31 + keys[j];
        all += count;
    }
    assert_int_equal(n, 12);
    assert_int_equal(all, 440);
    assert_int_equal(sum, 0x78adf1219741f267);
}

static void test_span_pieces_are_cut_at_lines_then_sentences(void **state)
{
    (void)state;
    enum { COUNT = 1200 };
    kor_word words[KOR_SPANS_WORDS];
    char *text = malloc(4 * COUNT + 1);
    assert_non_null(text);
    for (int kind = 0; kind < 3; kind++) {
        for (size_t i = 0; i < COUNT; i++) memcpy(text + 4 * i, "abc ", 4);
        text[4 * COUNT] = 0;
        if (kind == 0) text[4 * 400 - 1] = '\n'; /* before word 400 */
        if (kind == 1) memcpy(text + 4 * 300, "ab. ", 4);
        kor_span_pieces p = {.cut = {.text = text, .len = 4 * COUNT}, .words = words};
        size_t first = kor_span_pieces_next(&p);
        assert_int_equal(first, kind == 0 ? 400 : kind == 1 ? 302 : KOR_SPANS_WORDS);
        size_t end = words[first - 1].end, all = first;
        for (size_t n; (n = kor_span_pieces_next(&p)); all += n) {
            assert_int_equal(words[0].start, end + 1); /* nothing is lost at a cut */
            end = words[n - 1].end;
        }
        assert_int_equal(all, COUNT + (kind == 1));
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wordcut_parts_letters_digits_and_symbols),
        cmocka_unit_test(test_wordcut_reads_other_scripts),
        cmocka_unit_test(test_wordcut_knows_bytes_and_code_points),
        cmocka_unit_test(test_wordcut_goes_on_where_it_stopped),
        cmocka_unit_test(test_wordcut_accepts_any_bytes),
        cmocka_unit_test(test_wordcut_reads_so_much_and_no_more),
        cmocka_unit_test(test_word_features_are_what_they_were),
        cmocka_unit_test(test_span_pieces_are_cut_at_lines_then_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
