/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/snippets.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void add(kor_made_rows *rows, const char *json)
{
    assert_int_equal(kor_made_rows_add(rows, json, strlen(json), 1, NULL), KOR_OK);
}

static json_t *row_at(const kor_made_rows *rows, size_t i)
{
    json_t *row = json_loadb(rows->rows[i].json, rows->rows[i].len, 0, NULL);
    assert_non_null(row);
    return row;
}

/* A text of that many lines: "line 0\nline 1\n..." */
static void add_lines(kor_made_rows *rows, size_t lines, const char *word)
{
    kor_str json = {0};
    kor_str_puts(&json, "{\"label\":\"a\",\"text\":\"");
    for (size_t i = 0; i < lines; i++) kor_str_printf(&json, "  %s %zu;\\n", word, i);
    kor_str_puts(&json, "\"}");
    add(rows, json.data);
    kor_str_free(&json);
}

static void test_snippets_are_runs_of_whole_lines_of_all_lengths(void **state)
{
    (void)state;
    enum { LINES = 200, COUNT = 300 };
    kor_made_rows rows = {0};
    size_t sizes[4] = {0};
    add_lines(&rows, LINES, "line");
    assert_int_equal(kor_snippets_cut(&rows, COUNT, 1, NULL), KOR_OK);
    assert_true(rows.count > COUNT / 2 && rows.count <= COUNT);
    for (size_t i = 0; i < rows.count; i++) {
        json_t *row = row_at(&rows, i);
        const char *text = json_string_value(json_object_get(row, "text"));
        unsigned first, next;
        size_t lines = 1;
        assert_int_equal(sscanf(text, "  line %u;", &first), 1);
        for (const char *s = text; (s = strchr(s, '\n')); lines++) {
            assert_int_equal(sscanf(++s, "  line %u;", &next), 1);
            assert_int_equal(next, first + lines);
        }
        assert_int_equal(text[strlen(text) - 1], ';');
        assert_in_range(lines, 1, KOR_SNIPPETS_LINES);
        sizes[lines == 1 ? 0 : lines < 8 ? 1 : lines < 32 ? 2 : 3]++;
        assert_string_equal(json_string_value(json_object_get(row, "label")), "a");
        json_decref(row);
    }
    for (size_t i = 0; i < 4; i++) assert_in_range(sizes[i], COUNT / 16, COUNT / 2 + COUNT / 8);
    kor_made_rows_free(&rows);
}

static void test_snippets_of_a_text_are_a_group_and_do_not_depend_on_the_others(void **state)
{
    (void)state;
    kor_made_rows both = {0}, one = {0}, other = {0};
    add_lines(&both, 30, "first");
    add_lines(&both, 30, "second");
    add_lines(&one, 30, "second");
    add_lines(&other, 30, "second");
    assert_int_equal(kor_snippets_cut(&both, 8, 5, NULL), KOR_OK);
    assert_int_equal(kor_snippets_cut(&one, 8, 5, NULL), KOR_OK);
    assert_int_equal(kor_snippets_cut(&other, 8, 6, NULL), KOR_OK);
    size_t before = both.count - one.count;
    for (size_t i = 0; i < one.count; i++)
        assert_string_equal(both.rows[before + i].json, one.rows[i].json);
    json_t *a = row_at(&both, 0), *b = row_at(&both, before - 1), *c = row_at(&both, before);
    const char *group = json_string_value(json_object_get(a, "group"));
    assert_string_equal(group, json_string_value(json_object_get(b, "group")));
    assert_string_not_equal(group, json_string_value(json_object_get(c, "group")));
    size_t same = 0;
    for (size_t i = 0; i < one.count && i < other.count; i++)
        same += strcmp(one.rows[i].json, other.rows[i].json) == 0;
    assert_true(same < one.count);
    json_decref(a);
    json_decref(b);
    json_decref(c);
    kor_made_rows_free(&both);
    kor_made_rows_free(&one);
    kor_made_rows_free(&other);
}

static void test_snippets_leave_a_single_line_and_drop_what_has_no_letters(void **state)
{
    (void)state;
    static const char line[] = "{\"text\":\"\\n x := 1\\n\",\"label\":\"go\"}";
    kor_made_rows rows = {0};
    add(&rows, line);
    add(&rows, "{\"text\":\"}\\n\\n)\\n}\\n\",\"label\":\"c\"}");
    add(&rows, "{\"text\":\"\",\"label\":\"c\"}");
    add(&rows, "{\"query\":\"of another head\"}");
    add(&rows, "{\"text\":\"\\r\\n\\r\\n   один\\r\\n}\\r\\n\",\"label\":\"c\"}");
    assert_int_equal(kor_snippets_cut(&rows, 20, 1, NULL), KOR_OK);
    assert_string_equal(rows.rows[0].json, line);
    assert_string_equal(rows.rows[2].json, "{\"query\":\"of another head\"}");
    assert_int_equal(rows.count, 5); /* the last text has two different runs */
    for (size_t i = 3; i < 5; i++) {
        json_t *row = row_at(&rows, i);
        const char *text = json_string_value(json_object_get(row, "text"));
        assert_int_equal(strncmp(text, "   один", strlen("   один")), 0);
        assert_null(strstr(text, "\r\n\r\n"));
        json_decref(row);
    }
    kor_made_rows_free(&rows);
}

static void test_snippets_limit_counts_rows_of_the_same_labels(void **state)
{
    (void)state;
    kor_made_rows rows = {0}, again = {0};
    kor_made_rows *const all[] = {&rows, &again};
    for (size_t r = 0; r < 2; r++) {
        for (int i = 0; i < 40; i++) {
            char json[100];
            static const char *const labels[] = {"\"label\":\"a\"", "\"labels\":[\"a\",\"b\"]",
                                                 "\"labels\":[\"b\",\"a\"]", "\"labels\":[]"};
            (void)snprintf(json, sizeof json, "{\"text\":\"%d\",%s}", i, labels[i % 4]);
            add(all[r], json);
        }
    }
    assert_int_equal(kor_snippets_limit(&rows, 7, 1, NULL), KOR_OK);
    assert_int_equal(rows.count, 21); /* a; a and b in any order; none */
    assert_int_equal(kor_snippets_limit(&rows, 100, 1, NULL), KOR_OK);
    assert_int_equal(rows.count, 21);
    assert_int_equal(kor_snippets_limit(&again, 7, 2, NULL), KOR_OK);
    size_t same = 0;
    for (size_t i = 0; i < 21; i++) same += strcmp(rows.rows[i].json, again.rows[i].json) == 0;
    assert_true(same < 21);
    kor_made_rows_free(&rows);
    kor_made_rows_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_snippets_are_runs_of_whole_lines_of_all_lengths),
        cmocka_unit_test(test_snippets_of_a_text_are_a_group_and_do_not_depend_on_the_others),
        cmocka_unit_test(test_snippets_leave_a_single_line_and_drop_what_has_no_letters),
        cmocka_unit_test(test_snippets_limit_counts_rows_of_the_same_labels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
