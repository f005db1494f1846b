/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/scratch.h"

#define HEX32 "0123456789abcdef0123456789abcdef"
#define MAILS "data:\n- {package: a@1, file: b, sha512: " HEX32 HEX32 HEX32 HEX32 ", reader: mail"

static kor_status read_text(const folder *f, kor_task *task, const char *head, const char *more,
                            kor_error *err)
{
    FILE *file = fopen(in(f, "task.yaml"), "w");
    assert_non_null(file);
    assert_true(fprintf(file, "name: t\nhead: %s\n%s", head, more) > 0);
    assert_int_equal(fclose(file), 0);
    return kor_task_read(task, f->path, err);
}

/* What is said of a task, without the folder. */
static void expect_bad(const char *head, const char *more, const char *said)
{
    folder f = folder_new();
    kor_task task;
    kor_error err;
    assert_int_equal(read_text(&f, &task, head, more, &err), KOR_E_INPUT);
    assert_string_equal(err.msg + strlen(f.path) + 1, said);
    folder_remove(&f);
}

static void expect_good(const char *head, const char *more)
{
    folder f = folder_new();
    kor_task task;
    kor_error err;
    assert_works(read_text(&f, &task, head, more, &err), &err);
    kor_task_free(&task);
    folder_remove(&f);
}

static void test_task_names_the_line_of_the_source(void **state)
{
    (void)state;
    expect_bad("tags",
               "data:\n  - file: a.jsonl\n    labels:\n      - a\n      - b\n\n  - file: b.jsonl\n"
               "    weight: much\n",
               "task.yaml:9: weight 'much': it must be a number from 0 to 1000");
    expect_bad("tags",
               "data:\n- file: a.jsonl\n  labels:\n  - a\n  - b\n- file: b.jsonl\n"
               "  limit: 0\n",
               "task.yaml:8: limit '0': it must be a whole number from 1 to 1000000000");
}

static void test_task_has_no_key_that_is_not_used(void **state)
{
    (void)state;
    expect_good("classify", "labels: [a, b]\n" MAILS "}\n");
    expect_bad("classify", "labels: [a, b]\n" MAILS ", label: a}\n",
               "task.yaml:5: 'label' does not go with this kind of source");
    expect_bad("classify", "labels: [a, b]\n" MAILS ", text_column: a}\n",
               "task.yaml:5: 'text_column' does not go with this kind of source");
    expect_bad("tags", "labels: [a, b]\n" MAILS ", labels: [a]}\n",
               "task.yaml:5: 'labels' does not go with this kind of source");
    expect_bad("tags", "labels: [a, b]\n" MAILS "}\n",
               "task.yaml:5: reader mail goes with head classify and a list of labels");
    expect_bad("classify", MAILS "}\n",
               "task.yaml:4: reader mail goes with head classify and a list of labels");
    expect_bad("classify", "train: a.jsonl\nrecipe:\n  rare_tokens: 0.1\n",
               "task.yaml:5: rare_tokens and fresh_pooler go with head embed only");
    expect_bad("tags", "train: a.jsonl\nrecipe:\n  fresh_pooler: yes\n",
               "task.yaml:5: rare_tokens and fresh_pooler go with head embed only");
    expect_bad("spans", "train: a.jsonl\nrecipe:\n  layout: yes\n",
               "task.yaml:5: layout goes with heads classify and tags only");
    expect_good("embed", "train: a.jsonl\nrecipe: {rare_tokens: 0.1, fresh_pooler: yes}\n");
    expect_good("tags", "train: a.jsonl\nrecipe: {layout: yes}\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_task_names_the_line_of_the_source),
        cmocka_unit_test(test_task_has_no_key_that_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
