/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "memory/question.h"

#include <string.h>

static void check_words(const char *text, size_t len, bool keep, const char *words)
{
    kor_question q;
    kor_arena arena = {0};
    assert_int_equal(kor_question_read(&q, text, len, keep, &arena, NULL), KOR_OK);
    assert_string_equal(q.text, words);
    kor_arena_free(&arena);
}

static void test_question_words_are_what_is_left_of_the_frame(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words;
    } cases[] = {
        {"", ""},
        {"   \t\n", ""},
        {"What was I doing with the parser?", "parser"},
        {"show me the notes on tokenizers", "notes tokenizers"},
        {"find the show about show dogs", "dogs"},
        {"the dog show", "dog show"},
        {"What did Caroline's sister say?", "caroline sister say"},
        {"what\xe2\x80\x99s Jon\xe2\x80\x99s job", "jon job"},
        {"parser PARSER Parser", "parser"},
        {"(kor_model_open).", "kor_model_open"},
        {"libfoo-dev, v1.2 and #123!", "libfoo-dev v1.2 123"},
        {"/etc/ssh/sshd_config", "etc/ssh/sshd_config"},
        {"\"quoted\" [words]", "quoted words"},
        {"caf\xc3\xa9\xe2\x80\x94na\xc3\xafve", "caf\xc3\xa9 na\xc3\xafve"},
        {"\xe2\x80\x9cquotes\xe2\x80\x9d \xf0\x9f\x98\x80", "quotes"},
        {"\xff\xfe odd \x80", "odd"},
        {"rock'n'roll o'brien", "rock'n'roll o'brien"},
        {"who is the who", ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        check_words(cases[i].text, strlen(cases[i].text), false, cases[i].words);
    }
    check_words("nul\0byte", 8, false, "nul byte");
}

static void test_question_words_are_kept_when_asked(void **state)
{
    (void)state;
    check_words("to be or not to be", 18, true, "to be or not");
    check_words("????", 4, true, "");
}

static void test_question_words_are_bounded(void **state)
{
    (void)state;
    char text[3 * KOR_QUESTION_BYTES];
    kor_question q;
    kor_arena arena = {0};
    for (size_t i = 0; i < sizeof text; i++) {
        text[i] = i % 6 == 5 ? ' ' : (char)('a' + (i / 6 / (i % 5 * i % 5 + 1)) % 26);
    }
    assert_int_equal(kor_question_read(&q, text, sizeof text, false, &arena, NULL), KOR_OK);
    assert_int_equal(q.count, KOR_QUESTION_WORDS);
    memset(text, 'x', sizeof text);
    assert_int_equal(kor_question_read(&q, text, sizeof text, false, &arena, NULL), KOR_OK);
    assert_int_equal(q.count, 1);
    assert_int_equal(strlen(q.words[0].text), KOR_QUESTION_BYTES);
    kor_arena_free(&arena);
}

static void test_question_compounds_have_parts(void **state)
{
    (void)state;
    static const struct {
        const char *text, *parts;
    } cases[] = {
        {"kor_model_open", "kor model open"},
        {"state-of-the-art", "state art"},
        {"v1.2", "v1 2"},
        {"\xc3\xa9t\xc3\xa9/hiver", "\xc3\xa9t\xc3\xa9 hiver"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_question q, parts;
        kor_arena arena = {0};
        assert_int_equal(
            kor_question_read(&q, cases[i].text, strlen(cases[i].text), false, &arena, NULL),
            KOR_OK);
        assert_int_equal(q.count, 1);
        assert_true(q.words[0].compound);
        assert_int_equal(kor_question_parts(&parts, &q.words[0], &arena, NULL), KOR_OK);
        assert_string_equal(parts.text, cases[i].parts);
        kor_arena_free(&arena);
    }
    kor_question plain;
    kor_arena arena = {0};
    assert_int_equal(kor_question_read(&plain, "parser.", 7, false, &arena, NULL), KOR_OK);
    assert_false(plain.words[0].compound);
    kor_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_words_are_what_is_left_of_the_frame),
        cmocka_unit_test(test_question_words_are_kept_when_asked),
        cmocka_unit_test(test_question_words_are_bounded),
        cmocka_unit_test(test_question_compounds_have_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
