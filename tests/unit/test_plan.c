/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "colony/plan.h"
#include "scratch.h"

static const char *write_plan(folder *f, const char *name, const char *text)
{
    const char *path = in(f, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void test_plan_later_file_changes_adds_and_takes_away(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_plan p;
    kor_error err = {0};
    const char *const paths[] = {
        write_plan(&f, "a.yaml",
                   "steps:\n"
                   "  - {model: kind}\n"
                   "  - {model: tags, when: kind == note}\n"
                   "  - {model: acts, on: sentences, reads: 100, least: 0.75}\n"),
        write_plan(&f, "b.yaml",
                   "steps:\n"
                   "  - model: tags\n"
                   "    when: kind != code\n"
                   "  - {model: acts, off: yes}\n"
                   "  - {model: mood-2, fills: mood, on: question}\n"),
    };
    assert_works(kor_plan_read(&p, paths, 2, &err), &err);
    assert_int_equal(p.count, 3);
    assert_string_equal(p.steps[0].fills, "kind");
    assert_string_equal(p.steps[1].model, "tags");
    assert_string_equal(p.steps[1].when_text, "kind != code");
    assert_int_equal(p.steps[1].line, 2);
    assert_string_equal(p.steps[2].fills, "mood");
    assert_int_equal(p.steps[2].on, KOR_ON_QUESTION);
    assert_int_equal(p.steps[2].reads, KOR_PLAN_READS);
    kor_plan_free(&p);
    assert_works(kor_plan_read(&p, paths, 1, &err), &err);
    assert_int_equal(p.steps[2].reads, 100);
    assert_true(p.steps[2].least == 0.75);
    assert_int_equal(p.steps[2].on, KOR_ON_SENTENCES);
    kor_plan_free(&p);
    folder_remove(&f);
}

static void test_plan_that_is_wrong_says_where(void **state)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"steps:\n  - {model: a, when: b == x}\n  - {model: b, when: a == x}\n",
         ":2: a cycle of conditions: a on b on a"},
        {"steps:\n  - {model: c}\n  - {model: a, when: a == x}\n",
         ":3: a cycle of conditions: a on a"},
        {"steps:\n  - {model: z, when: a == x}\n  - {model: a, when: b}\n  - {model: b, when: a}\n",
         ":3: a cycle of conditions: a on b on a"},
        {"steps:\n  - {model: a, when: mood == x}\n", ":2: when: unknown field 'mood'"},
        {"steps:\n  - {model: a, when: 'source = x'}\n", ":2: when: '==' is meant"},
        {"steps:\n  - {fills: a}\n", ":2: a step needs a model"},
        {"steps:\n  - {model: a}\n  - {model: a}\n", ":3: model a has a step already, in line 2"},
        {"steps:\n  - {model: a}\n  - {model: b, fills: a}\n",
         ":3: field 'a' is filled already, by a"},
        {"steps:\n  - {model: a, fills: source}\n", ":2: 'source' is a field that an event brings"},
        {"steps:\n  - {model: a, whem: x}\n", ":2: unknown key 'whem'"},
        {"steps:\n  - {model: ../a}\n", ":2: '../a': a name has"},
        {"steps:\n  - {model: a, on: words}\n", ":2: 'on: words'"},
        {"steps:\n  - {model: a, reads: 0}\n", ":2: '0' must be a number from 1"},
        {"steps:\n  - {model: a, least: 2}\n", ":2: '2' must be a number from 0 to 1"},
        {"steps:\n  - {model: a, off: maybe}\n", ":2: 'off' is yes or no"},
        {"steps:\n  - {model: [a]}\n", ":2: a step is a mapping of keys to single values"},
        {"steps:\n  - a\n", ":2: a step is a mapping"},
        {"steps: a\n", ":1: 'steps' is a list"},
        {"- a\n", ":1: it must be a mapping"},
        {"models:\n  - a\n", ":1: unknown key 'models'"},
        {"steps:\n  - {model: a\n", ": no YAML: "},
        {"\x01", ": no YAML: "},
    };
    (void)state;
    folder f = folder_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const path = write_plan(&f, "colony.yaml", cases[i].text);
        kor_plan p;
        kor_error err = {0};
        assert_int_equal(kor_plan_read(&p, &path, 1, &err), KOR_E_INPUT);
        if (!strstr(err.msg, cases[i].says) || !strstr(err.msg, "colony.yaml:"))
            fail_msg("%s\nsays %s", cases[i].text, err.msg);
        kor_plan_free(&p);
    }
    folder_remove(&f);
}

static void test_plan_order_waits_and_is_cheap_first(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_plan p;
    kor_error err = {0};
    size_t order[KOR_PLAN_STEPS];
    const char *const path = write_plan(&f, "colony.yaml",
                                        "steps:\n"
                                        "  - {model: dear}\n"
                                        "  - {model: last, when: late == x}\n"
                                        "  - {model: cheap}\n"
                                        "  - {model: late, when: dear == x and source == y}\n");
    assert_works(kor_plan_read(&p, &path, 1, &err), &err);
    assert_works(kor_plan_order(&p, (const double[]){9, 0, 1, 0}, order, &err), &err);
    static const size_t want[] = {2, 0, 3, 1};
    assert_memory_equal(order, want, sizeof want);
    kor_plan_free(&p);
    folder_remove(&f);
}

static void test_plan_empty_and_missing_files(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_plan p;
    kor_error err = {0};
    static const char *const empty[] = {"", "steps:\n", "steps: []\n", "# nothing\n"};
    for (size_t i = 0; i < 4; i++) {
        const char *const path = write_plan(&f, "colony.yaml", empty[i]);
        assert_works(kor_plan_read(&p, &path, 1, &err), &err);
        assert_int_equal(p.count, 0);
        kor_plan_free(&p);
    }
    const char *const none = in(&f, "none.yaml");
    assert_int_equal(kor_plan_read(&p, &none, 1, &err), KOR_E_NOT_FOUND);
    kor_plan_free(&p);
    kor_str many = {0};
    kor_str_puts(&many, "steps:\n");
    for (int i = 0; i <= KOR_PLAN_STEPS; i++) kor_str_printf(&many, "  - {model: m%d}\n", i);
    const char *const path = write_plan(&f, "colony.yaml", many.data);
    assert_int_equal(kor_plan_read(&p, &path, 1, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, ":66: more than 64 steps"));
    kor_plan_free(&p);
    kor_str_free(&many);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plan_later_file_changes_adds_and_takes_away),
        cmocka_unit_test(test_plan_that_is_wrong_says_where),
        cmocka_unit_test(test_plan_order_waits_and_is_cheap_first),
        cmocka_unit_test(test_plan_empty_and_missing_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
