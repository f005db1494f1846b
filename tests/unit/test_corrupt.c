/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/corrupt.h"
#include "scratch.h"
#include "text/utf8.h"

static kor_corruptor *corruptor;

static int make_corruptor(void **state)
{
    (void)state;
    kor_error err;
    return kor_corruptor_new(&corruptor, &err) == KOR_OK ? 0 : -1;
}

static int free_corruptor(void **state)
{
    (void)state;
    kor_corruptor_free(corruptor);
    return 0;
}

static kor_corrupted corrupt(unsigned kinds, uint64_t seed, const char *text, const kor_mark *marks,
                             size_t count)
{
    kor_corrupted out;
    kor_error err;
    kor_random random = {seed};
    assert_works(
        kor_corrupt(corruptor, kinds, &random, text, strlen(text), marks, count, &out, &err), &err);
    return out;
}

/* The part of a text that a mark is about. */
static const char *marked(const kor_corrupted *c, size_t i)
{
    static char part[256];
    size_t point = 0, len = 0;
    for (size_t at = 0; at < c->len; point++) {
        uint32_t cp;
        size_t n = kor_utf8_decode(c->text + at, c->len - at, &cp);
        if (point >= c->marks[i].start && point < c->marks[i].end) {
            memcpy(part + len, c->text + at, n);
            len += n;
        }
        at += n;
    }
    part[len] = 0;
    return part;
}

static const char text[] = "Don't forget: meet Björk at 10:30, room 042 (3.5 % of 12,000)!";
static const kor_mark marks[] = {{19, 24, "who"}, {28, 33, "time"}, {40, 43, "room"}};

static void test_corrupt_punctuation_is_lost_outside_of_numbers(void **state)
{
    (void)state;
    kor_corrupted c = corrupt(KOR_CORRUPT_PUNCTUATION, 1, text, marks, 3);
    assert_true(c.changed);
    assert_string_equal(c.text, "Dont forget meet Björk at 10:30 room 042 3.5 % of 12,000");
    assert_int_equal(c.mark_count, 3);
    assert_string_equal(marked(&c, 0), "Björk");
    assert_string_equal(marked(&c, 1), "10:30");
    assert_string_equal(marked(&c, 2), "042");
}

static void test_corrupt_speech_says_numbers(void **state)
{
    (void)state;
    bool clean = false, hesitated = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        kor_corrupted c = corrupt(KOR_CORRUPT_SPEECH, seed, text, marks, 3);
        assert_int_equal(c.mark_count, 3);
        assert_string_equal(marked(&c, 0), "björk");
        assert_string_equal(marked(&c, 1), "ten thirty");
        assert_string_equal(marked(&c, 2), "zero four two");
        clean |= strcmp(c.text, "don't forget meet björk at ten thirty room zero four two three "
                                "point five percent of twelve thousand") == 0;
        hesitated |= strstr(c.text, "um ") != NULL;
    }
    assert_true(clean && hesitated);
    kor_corrupted c = corrupt(KOR_CORRUPT_SPEECH, 1, "1 15 20 99 100 999 1234567", NULL, 0);
    assert_non_null(strstr(c.text, "one two three four five six seven"));
}

static void test_corrupt_case_keeps_spans(void **state)
{
    (void)state;
    bool upper = false, lower = false;
    for (uint64_t seed = 0; seed < 50; seed++) {
        kor_corrupted c = corrupt(KOR_CORRUPT_CASE, seed, text, marks, 3);
        assert_int_equal(c.mark_count, 3);
        for (size_t i = 0; i < 3; i++) {
            assert_int_equal(c.marks[i].start, marks[i].start);
            assert_int_equal(c.marks[i].end, marks[i].end);
        }
        upper |= strcmp(marked(&c, 0), "BJÖRK") == 0;
        lower |= strcmp(marked(&c, 0), "björk") == 0;
    }
    assert_true(upper && lower);
}

static void test_corrupt_truncation_drops_spans_that_are_gone(void **state)
{
    (void)state;
    bool dropped = false, kept = false;
    for (uint64_t seed = 0; seed < 100; seed++) {
        kor_corrupted c = corrupt(KOR_CORRUPT_TRUNCATION, seed, text, marks, 3);
        assert_true(c.len >= strlen(text) / 2 && strncmp(c.text, text, c.len) == 0);
        assert_string_equal(c.marks[0].label, "who");
        dropped |= c.mark_count == 2;
        kept |= c.mark_count == 3;
    }
    assert_true(dropped && kept);
}

static void test_corrupt_typos_stay_near(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 300; seed++) {
        kor_corrupted c = corrupt(KOR_CORRUPT_TYPOS, seed, text, marks, 3);
        assert_int_equal(c.mark_count, 3);
        assert_true(c.len + 8 > strlen(text) && c.len < strlen(text) + 8);
        assert_string_equal(marked(&c, 1), "10:30"); /* digits are not mistyped */
    }
}

/* Whatever happens: UTF-8, in order, inside, not blank, the same again. */
static void test_corrupt_keeps_its_promises(void **state)
{
    (void)state;
    static const char *const texts[] = {"x",
                                        "é",
                                        "a b",
                                        "日本語 テスト。",
                                        "👩‍👩‍👧 !",
                                        "12",
                                        "?!",
                                        "e\xcc\x81t\xcc\x81",
                                        "O'Neill & Sons, 3+4 @ 5%"};
    for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
        for (uint64_t seed = 0; seed < 400; seed++) {
            const kor_mark all = {0, 1, "first"};
            kor_corrupted c = corrupt(0, seed, texts[t], &all, 1);
            assert_true(c.len > 0 && kor_utf8_valid(c.text, c.len));
            assert_true(c.changed == (strcmp(c.text, texts[t]) != 0));
            assert_true(c.mark_count <= 1);
            if (c.mark_count) {
                assert_true(c.marks[0].start < c.marks[0].end);
                assert_true(*marked(&c, 0) && *marked(&c, 0) != ' ');
            }
            char *kept = strdup(c.text);
            c = corrupt(0, seed, texts[t], &all, 1);
            assert_string_equal(c.text, kept);
            free(kept);
        }
    }
}

static void test_corrupt_refuses_bad_input(void **state)
{
    (void)state;
    kor_corrupted c;
    kor_error err;
    kor_random random = {1};
    const kor_mark outside = {0, 4, "x"}, empty = {1, 1, "x"};
    const kor_mark crossed[] = {{0, 2, "x"}, {1, 3, "y"}};
    assert_fails(kor_corrupt(corruptor, 0, &random, "abc", 3, &outside, 1, &c, &err), KOR_E_ARG,
                 &err, "ends behind the text");
    assert_fails(kor_corrupt(corruptor, 0, &random, "abc", 3, &empty, 1, &c, &err), KOR_E_ARG, &err,
                 "empty or out of order");
    assert_fails(kor_corrupt(corruptor, 0, &random, "abc", 3, crossed, 2, &c, &err), KOR_E_ARG,
                 &err, "empty or out of order");
    assert_fails(kor_corrupt(corruptor, 0, &random, "\xff", 1, NULL, 0, &c, &err), KOR_E_INPUT,
                 &err, "not UTF-8");
    assert_fails(kor_corrupt(corruptor, 64, &random, "abc", 3, NULL, 0, &c, &err), KOR_E_ARG, &err,
                 "unknown kinds");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corrupt_punctuation_is_lost_outside_of_numbers),
        cmocka_unit_test(test_corrupt_speech_says_numbers),
        cmocka_unit_test(test_corrupt_case_keeps_spans),
        cmocka_unit_test(test_corrupt_truncation_drops_spans_that_are_gone),
        cmocka_unit_test(test_corrupt_typos_stay_near),
        cmocka_unit_test(test_corrupt_keeps_its_promises),
        cmocka_unit_test(test_corrupt_refuses_bad_input),
    };
    return cmocka_run_group_tests(tests, make_corruptor, free_corruptor);
}
