/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/passages.h"
#include "forge/queries.h"
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *string_of(const kor_made_rows *rows, size_t i, const char *key, char out[2000])
{
    json_t *o = json_loadb(rows->rows[i].json, rows->rows[i].len, 0, NULL);
    const char *s = json_string_value(json_object_get(o, key));
    (void)snprintf(out, 2000, "%s", s ? s : "");
    json_decref(o);
    return out;
}

static void add_text(kor_made_rows *rows, const char *text)
{
    char json[400];
    kor_error err;
    (void)snprintf(json, sizeof json, "{\"text\":\"%s\",\"label\":\"old\"}", text);
    assert_works(kor_made_rows_add(rows, json, strlen(json), rows->count + 1, &err), &err);
}

static void test_queries_are_of_the_rare_words_of_their_text(void **state)
{
    (void)state;
    kor_error err;
    kor_made_rows rows = {0};
    add_text(&rows, "the copper kettle whistles beside the blue window");
    add_text(&rows, "the ferry crosses the strait before sunrise");
    add_text(&rows, "the ferry crosses the strait before sunrise"); /* the same again */
    add_text(&rows, "the cat");                                     /* too little to ask for */
    add_text(&rows, "the violinist tunes an old walnut instrument");
    assert_works(kor_queries_make(&rows, 3, 1, &err), &err);
    assert_int_equal(rows.count, 3 * 4);
    for (size_t i = 0; i < rows.count; i++) {
        char text[2000], query[2000], label[2000], own[2000];
        (void)string_of(&rows, i - i % 4, "text", text);
        (void)string_of(&rows, i - i % 4, "label", label);
        assert_string_equal(string_of(&rows, i, "label", own), label);
        assert_true(strncmp(label, "text ", 5) == 0);
        if (i % 4 == 0) continue;
        (void)string_of(&rows, i, "text", query);
        size_t words = 0;
        for (const char *w = strtok(query, " ?"); w; w = strtok(NULL, " ?"))
            words += !!strstr(text, w);
        assert_in_range(words, 2, 10);
        assert_null(strstr(query, "the")); /* every text has it */
    }
    kor_made_rows_free(&rows);
}

static void test_queries_depend_on_text_and_seed_alone(void **state)
{
    (void)state;
    kor_error err;
    char first[2][2000];
    for (size_t run = 0; run < 2; run++) {
        kor_made_rows rows = {0};
        add_text(&rows, "a lighthouse keeper counts seventeen passing trawlers");
        add_text(&rows, "nine bakers argue over sourdough in Lisbon");
        assert_works(kor_queries_make(&rows, 1, 5, &err), &err);
        assert_int_equal(rows.count, 4);
        (void)string_of(&rows, 1, "text", first[run]);
        kor_made_rows_free(&rows);
    }
    assert_string_equal(first[0], first[1]);
}

static void test_passages_are_whole_sentences(void **state)
{
    (void)state;
    kor_error err;
    kor_str text = {0};
    kor_made_rows rows = {0};
    const kor_data_request q = {.remarks = &(kor_remarks){0}, .seed = 3};
    for (int i = 0; i < 200; i++)
        kor_str_printf(&text, "Sentence %d\n says (quite\t\t plainly) \"something.\"  ", i);
    assert_works(kor_passages_cut(&rows, text.data, text.len, "p.txt", &q, &err), &err);
    assert_in_range(rows.count, 200 * 6 / 125, 200 * 6 / 20);
    size_t sentences = 0;
    for (size_t i = 0; i < rows.count; i++) {
        char s[2000];
        (void)string_of(&rows, i, "text", s);
        assert_true(strncmp(s, "Sentence ", 9) == 0);
        assert_true(strlen(s) > 11 && strcmp(s + strlen(s) - 11, "something.\"") == 0);
        for (const char *c = s; (c = strstr(c, "Sentence")); c++) sentences++;
    }
    assert_int_equal(sentences, 200);
    kor_made_rows_free(&rows);
    kor_str_free(&text);
}

static void test_passages_without_an_end_are_cut_and_bad_ones_told(void **state)
{
    (void)state;
    kor_error err;
    kor_str text = {0};
    kor_made_rows rows = {0};
    const kor_data_request q = {.remarks = &(kor_remarks){0}};
    for (int i = 0; i < 500; i++) kor_str_puts(&text, "word ");
    assert_works(kor_passages_cut(&rows, text.data, text.len, "p.txt", &q, &err), &err);
    assert_int_equal(rows.count, 3);
    assert_works(kor_passages_cut(&rows, "bad \xff byte.", 11, "p.txt", &q, &err), &err);
    assert_int_equal(rows.count, 3);
    assert_int_equal(rows.bad, 1);
    assert_works(kor_passages_cut(&rows, " \n ", 3, "p.txt", &q, &err), &err);
    assert_int_equal(rows.count, 3);
    kor_made_rows_free(&rows);
    kor_str_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries_are_of_the_rare_words_of_their_text),
        cmocka_unit_test(test_queries_depend_on_text_and_seed_alone),
        cmocka_unit_test(test_passages_are_whole_sentences),
        cmocka_unit_test(test_passages_without_an_end_are_cut_and_bad_ones_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
