/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/made_from.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/ship.h"
#include "unit/scratch.h"

#include <math.h>

static void expect_why(const char *before, const char *now, const char *why)
{
    char out[200];
    kor_made_from_why(before, now, out, sizeof out);
    assert_string_equal(out, why);
}

#define A "0000000000000001 task.yaml\n"
#define B "0000000000000002 my rows.csv\n"
#define B2 "0000000000000003 my rows.csv\n"
#define C "0000000000000002 rows.csv\n"

static void test_made_from_says_what_differs(void **state)
{
    (void)state;
    expect_why(A B, A B, "");
    expect_why(B A, A B, "");
    expect_why(A B, A B2, "my rows.csv changed");
    expect_why(A, A B, "my rows.csv is new");
    expect_why(A B, A, "my rows.csv is gone");
    expect_why(A B, A C, "rows.csv is new, my rows.csv is gone");
    expect_why("", A B C, "task.yaml is new, my rows.csv is new, rows.csv is new");
    expect_why("", A B C "0000000000000009 d\n0000000000000009 e\n",
               "task.yaml is new, my rows.csv is new, rows.csv is new, and 2 more");
    expect_why("nonsense", "\n\nshort\n", "");
    char small[12];
    kor_made_from_why(A, A B, small, sizeof small);
    assert_string_equal(small, "my rows.csv");
}

static void test_made_from_hashes_content_not_names(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_made_from a = {0}, b = {0};
    char why[200];
    put_file(in(&f, "x"), "one", 3);
    assert_works(kor_made_from_file(&a, in(&f, "x"), f.path, &err), &err);
    assert_works(kor_made_from_file(&a, in(&f, "x"), f.path, &err), &err);
    assert_int_equal(a.lines.len, 16 + 3); /* once, named from the folder */
    assert_string_equal(a.lines.data + 16, " x\n");
    put_file(in(&f, "x"), "two", 3);
    assert_works(kor_made_from_file(&b, in(&f, "x"), f.path, &err), &err);
    kor_made_from_why(a.lines.data, b.lines.data, why, sizeof why);
    assert_string_equal(why, "x changed");
    assert_int_equal(setenv("KORORA_DATA", f.path, 1), 0);
    kor_made_from_free(&a);
    put_file(in(&f, "y"), "three", 5);
    assert_works(kor_made_from_file(&a, in(&f, "y"), "/elsewhere", &err), &err);
    assert_string_equal(a.lines.data + 16, " $KORORA_DATA/y\n");
    assert_int_equal(unsetenv("KORORA_DATA"), 0);
    kor_made_from_free(&a);
    assert_works(kor_made_from_file(&a, in(&f, "y"), "/elsewhere", &err), &err);
    assert_string_equal(a.lines.data + 16, " y\n");
    kor_made_from_add(&b, "two\nlines", 1);
    assert_non_null(strstr(b.lines.data, "two?lines\n"));
    assert_fails(kor_made_from_file(&a, in(&f, "no"), f.path, &err), KOR_E_NOT_FOUND, &err, "no");
    kor_made_from_free(&a);
    kor_made_from_free(&b);
    folder_remove(&f);
}

static void say(void *arg, const char *line)
{
    (void)snprintf(arg, 300, "%s", line);
}

static void test_ship_notes_come_back_and_damage_is_told(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    char told[300] = "";
    const kor_remarks remarks = {say, told};
    kor_forge_result a = {.end = KOR_FORGE_HELD,
                          .reason = "worse",
                          .architecture = "bag",
                          .metric = "accuracy",
                          .quality = 0.5,
                          .before = NAN,
                          .us = 3,
                          .rows = 7,
                          .against = 0xfedcba9876543210u,
                          .sources = 1},
                     b = {0};
    (void)snprintf(a.source[0].name, sizeof a.source[0].name, "rows");
    a.source[0].near = 2;
    a.source[0].without = NAN;
    kor_str from = {0};
    bool there;
    assert_works(kor_ship_recall(in(&f, "note"), &b, &from, &there, &remarks, &err), &err);
    assert_false(there);
    assert_works(kor_ship_note(in(&f, "note"), &a, A B, &err), &err);
    assert_works(kor_ship_recall(in(&f, "note"), &b, &from, &there, &remarks, &err), &err);
    assert_true(there && b.end == KOR_FORGE_HELD && b.rows == 7 && isnan(b.before));
    assert_true(b.against == a.against && b.source[0].near == 2 && b.quality == 0.5);
    assert_string_equal(b.reason, "worse");
    assert_string_equal(kor_str_text(&from), A B);
    assert_string_equal(told, "");
    put_file(in(&f, "note"), "{\"version\": 1,", 14);
    assert_works(kor_ship_recall(in(&f, "note"), &b, &from, &there, &remarks, &err), &err);
    assert_false(there);
    assert_non_null(strstr(told, "damaged"));
    kor_str_free(&from);
    folder_remove(&f);
}

static void test_ship_puts_all_files_there_or_none(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    (void)mkdir(in(&f, "from"), 0700);
    (void)mkdir(in(&f, "to"), 0700);
    put_file(in(&f, "to/m.gguf"), "old", 3);
    put_file(in(&f, "to/m.md"), "old", 3);
    put_file(in(&f, "to/m.svg"), "old", 3);
    put_file(in(&f, "from/m.svg"), "new", 3);
    put_file(in(&f, "from/m.md"), "new", 3);
    assert_fails(kor_ship_files(in(&f, "from"), in(&f, "to"), "m", &err), KOR_E_NOT_FOUND, &err,
                 "m.gguf");
    assert_true(file_is(in(&f, "to/m.md"), "old") && file_is(in(&f, "to/m.svg"), "old"));
    put_file(in(&f, "from/m.gguf"), "new", 3);
    put_file(in(&f, "to/m.gguf.a1b2c3"), "half", 4); /* of one that was ended */
    assert_works(kor_ship_files(in(&f, "from"), in(&f, "to"), "m", &err), &err);
    assert_true(file_is(in(&f, "to/m.md"), "new") && file_is(in(&f, "to/m.gguf"), "new"));
    folder to;
    (void)snprintf(to.path, sizeof to.path, "%.200s/to", f.path);
    assert_int_equal(entries(&to), 3);
    /* A model without a picture takes that of the one before away. */
    assert_int_equal(unlink(in(&f, "from/m.svg")), 0);
    assert_works(kor_ship_files(in(&f, "from"), in(&f, "to"), "m", &err), &err);
    assert_int_equal(entries(&to), 2);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_from_says_what_differs),
        cmocka_unit_test(test_made_from_hashes_content_not_names),
        cmocka_unit_test(test_ship_notes_come_back_and_damage_is_told),
        cmocka_unit_test(test_ship_puts_all_files_there_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
