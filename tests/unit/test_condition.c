/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "colony/condition.h"
#include "scratch.h"

/* An event with a kind, two tags, no mood, and a length of 20. */
static kor_field_kind find(const void *arg, const char *name, size_t *field)
{
    static const char *const names[] = {"kind", "tags", "mood", "length"};
    (void)arg;
    for (size_t i = 0; i < 4; i++) {
        *field = i;
        if (strcmp(name, names[i]) == 0) return i == 3 ? KOR_FIELD_NUMBER : KOR_FIELD_TEXT;
    }
    return KOR_FIELD_NONE;
}

static const char *text(const void *arg, size_t field, size_t i)
{
    static const char *const values[3][3] = {{"code"}, {"travel", "Work notes"}, {NULL}};
    (void)arg;
    return i < 3 ? values[field][i] : NULL;
}

static double number(const void *arg, size_t field)
{
    (void)arg, (void)field;
    return 20;
}

static const kor_fields fields = {find, text, number, NULL};

static void test_condition_holds_as_it_says(void **state)
{
    static const struct {
        const char *text;
        bool holds;
    } cases[] = {
        {"kind == code", true},
        {"kind == 'code'", true},
        {"kind == Code", false},
        {"kind != code", false},
        {"kind in [note, code]", true},
        {"kind not in [note, code]", false},
        {"kind in [note]", false},
        {"kind", true},
        {"mood", false},
        {"not mood", true},
        {"mood == good", false},
        {"mood != good", true},
        {"tags == travel", true},
        {"tags == \"Work notes\"", true},
        {"tags != travel", false},
        {"tags contains work", true},
        {"tags contains play", false},
        {"length > 19.5", true},
        {"length >= 20", true},
        {"length < 20", false},
        {"length <= 20 and length == 20", true},
        {"length != 20", false},
        {"length", true},
        {"kind == note or kind == code", true},
        /* "and" binds more than "or", and "not" more than both. */
        {"kind == code or kind == code and kind == note", true},
        {"(kind == code or kind == code) and kind == note", false},
        {"not kind == note and not kind == note", true},
        {"not (kind == code and tags == travel)", false},
        {"not not kind", true},
        {"  kind==code  ", true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_arena arena = {0};
        kor_condition *c;
        kor_error err;
        if (kor_condition_read(&c, cases[i].text, &fields, &arena, &err) != KOR_OK)
            fail_msg("%s: %s", cases[i].text, err.msg);
        if (kor_condition_holds(c, &fields) != cases[i].holds) fail_msg("%s", cases[i].text);
        kor_arena_free(&arena);
    }
}

static void test_condition_that_is_wrong_says_where(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "a field must follow, but the condition ends there"},
        {"kind ==", "a value must follow, but the condition ends there"},
        {"kind = code", "'==' is meant, not '=' (character 6)"},
        {"colour == red", "unknown field 'colour' (character 1)"},
        {"kind == code and", "a field must follow"},
        {"and kind", "a field must follow, not 'and' (character 1)"},
        {"kind code", "'and', 'or' or the end must follow, not 'code' (character 6)"},
        {"(kind == code", "')' must follow, but the condition ends there"},
        {"kind in code", "'in' needs a list in [ ], not 'code'"},
        {"kind in [code", "',' or ']' must follow"},
        {"kind in []", "a value must follow, not ']'"},
        {"kind not code", "'in' must follow 'not', not 'code'"},
        {"kind < 3", "only numbers are compared by size, not '<' (character 6)"},
        {"length == long", "a number must follow, not 'long'"},
        {"length == nan", "a number must follow"},
        {"length in [3]", "a number is compared with"},
        {"kind == 'code", "a quote that does not end (character 9)"},
        {"kind == \x01", "a value must follow"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_arena arena = {0};
        kor_condition *c;
        kor_error err = {0};
        assert_int_equal(kor_condition_read(&c, cases[i].text, &fields, &arena, &err), KOR_E_INPUT);
        assert_null(c);
        if (!strstr(err.msg, cases[i].says)) fail_msg("%s: %s", cases[i].text, err.msg);
        kor_arena_free(&arena);
    }
}

static void test_condition_has_bounds(void **state)
{
    (void)state;
    kor_arena arena = {0};
    kor_condition *c;
    kor_error err;
    char deep[2 * KOR_CONDITION_DEPTH + 16] = "", word[400];
    for (int i = 0; i < KOR_CONDITION_DEPTH; i++) strcat(deep, "(");
    strcat(deep, "kind");
    assert_int_equal(kor_condition_read(&c, deep, &fields, &arena, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, "nested deeper"));
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = 0;
    assert_int_equal(kor_condition_read(&c, word, &fields, &arena, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, "a word of more than"));
    static char longest[KOR_CONDITION_BYTES + 2];
    memset(longest, ' ', sizeof longest - 1);
    assert_int_equal(kor_condition_read(&c, longest, &fields, &arena, &err), KOR_E_INPUT);
    /* As long a chain as there can be. */
    char *at = longest;
    while (at + 9 < longest + KOR_CONDITION_BYTES) {
        memcpy(at, "kind and ", 9);
        at += 9;
    }
    memcpy(at - 4, "    ", 4);
    *at = 0;
    assert_int_equal(kor_condition_read(&c, longest, &fields, &arena, &err), KOR_OK);
    assert_true(kor_condition_holds(c, &fields));
    kor_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_condition_holds_as_it_says),
        cmocka_unit_test(test_condition_that_is_wrong_says_where),
        cmocka_unit_test(test_condition_has_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
