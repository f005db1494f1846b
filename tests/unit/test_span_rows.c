/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/dataset.h"
#include "learn/span_rows.h"
#include "scratch.h"

static kor_span_row row;

static kor_status read_json(const char *text, kor_error *err)
{
    json_error_t e;
    json_t *json = json_loads(text, JSON_ALLOW_NUL, &e);
    if (!json) fail_msg("%s: %s", text, e.text);
    kor_status status = kor_span_row_read(&row, json, err);
    /* The labels are borrowed from the row: what is looked at afterwards is copied. */
    static char label[8][32];
    for (size_t i = 0; status == KOR_OK && i < row.count; i++) {
        (void)snprintf(label[i], sizeof label[i], "%s", row.span[i].label);
        row.span[i].label = label[i];
    }
    json_decref(json);
    return status;
}

static void span_is(size_t i, const char *text, const char *label)
{
    const kor_given_span *s = &row.span[i];
    assert_true(i < row.count && strlen(text) == s->end - s->start);
    assert_memory_equal(kor_str_text(&row.text) + s->start, text, strlen(text));
    assert_string_equal(s->label, label);
    assert_int_equal(s->label_len, strlen(label));
}

static void reads(const char *text, size_t spans)
{
    kor_error err;
    assert_works(read_json(text, &err), &err);
    assert_int_equal(row.count, spans);
}

static void is_bad(const char *text, const char *why)
{
    kor_error err;
    assert_fails(read_json(text, &err), KOR_E_INPUT, &err, why);
}

static void test_span_rows_are_read_in_every_form(void **state)
{
    (void)state;
    reads("{\"text\":\"see Zo\\u00eb at 7pm\",\"spans\":[{\"start\":11,\"end\":14,\"label\":"
          "\"time\"},[4,7,\"who\"]]}",
          2);
    span_is(0, "Zo\xc3\xab", "who"); /* by place, whatever the order */
    span_is(1, "7pm", "time");
    assert_int_equal(row.widened, 0);
    reads("{\"tokens\":[\"see\",\"Zo\\u00eb\",\"B\",\"soon\"],\"tags\":[\"O\",\"B-who\",\"I-who\","
          "\"O\"]}",
          1);
    assert_string_equal(kor_str_text(&row.text), "see Zo\xc3\xab B soon");
    span_is(0, "Zo\xc3\xab B", "who");
    reads("{\"text\":\"a b\",\"spans\":[],\"label\":\"x\",\"tokens\":[\"c\"],\"tags\":[\"B-y\"]}",
          0);
    assert_string_equal(kor_str_text(&row.text), "a b");
    reads("{\"text\":\"a b\",\"tokens\":[\"c\"],\"tags\":[\"B-y\"]}", 1); /* no spans there */
    assert_string_equal(kor_str_text(&row.text), "c");
    kor_span_row_free(&row);
}

static void test_span_rows_read_bio_as_conll_does(void **state)
{
    (void)state;
    reads("{\"tokens\":[\"a\",\"b\",\"c\",\"d\",\"e\"],\"tags\":[\"I-x\",\"I-x\",\"I-y\",\"B-y\","
          "\"I-y\"]}",
          3);
    span_is(0, "a b", "x");
    span_is(1, "c", "y");
    span_is(2, "d e", "y");
    kor_span_row_free(&row);
}

static void test_span_rows_fit_spans_to_words(void **state)
{
    (void)state;
    reads("{\"text\":\" on Monday, \",\"spans\":[[3,12,\"d\"]]}", 1); /* spaces are no part */
    span_is(0, "Monday,", "d");
    assert_int_equal(row.widened, 0);
    reads("{\"text\":\"Mondays\",\"spans\":[[0,6,\"d\"]]}", 1); /* a part of a word stays one */
    span_is(0, "Monday", "d");
    assert_int_equal(row.widened, 1);
    reads("{\"text\":\"\\u00e9\\u00e9\\u00e9\\u00e9\",\"spans\":[[1,3,\"d\"]]}", 1);
    span_is(0, "\xc3\xa9\xc3\xa9", "d");
    assert_int_equal(row.widened, 1);
    kor_span_row_free(&row);
}

static void test_span_rows_that_are_bad_say_why(void **state)
{
    (void)state;
    is_bad("{\"text\":\"a b\"}", "neither");
    is_bad("{\"spans\":[]}", "neither");
    is_bad("{\"text\":5,\"spans\":[]}", "neither");
    is_bad("{\"tokens\":[\"a\"]}", "neither");
    is_bad("{\"text\":\"a b\",\"spans\":[5]}", "span 1 has no");
    is_bad("{\"text\":\"a b\",\"spans\":[{\"start\":0,\"end\":1}]}", "span 1 has no");
    is_bad("{\"text\":\"a b\",\"spans\":[[0,1.5,\"x\"]]}", "span 1 has no");
    is_bad("{\"text\":\"a b\",\"spans\":[[0,1,7]]}", "span 1 has no");
    is_bad("{\"text\":\"a b\",\"spans\":[[-1,1,\"x\"]]}", "goes from -1 to 1");
    is_bad("{\"text\":\"a b\",\"spans\":[[2,1,\"x\"]]}", "goes from 2 to 1");
    is_bad("{\"text\":\"a b\",\"spans\":[[0,1,\"x\"],[1,1,\"x\"]]}", "span 2 is empty");
    is_bad("{\"text\":\"\\u00e9 b\",\"spans\":[[2,4,\"x\"]]}", "the text has 3 code points");
    is_bad("{\"text\":\"a b c\",\"spans\":[[2,5,\"x\"],[0,3,\"y\"]]}",
           "overlap, from 0 and from 2");
    is_bad("{\"text\":\"abcd\",\"spans\":[[0,2,\"x\"],[2,4,\"y\"]]}", "share a word");
    is_bad("{\"text\":\"a  b\",\"spans\":[[1,3,\"x\"]]}", "holds no word");
    is_bad("{\"tokens\":[\"a\",\"b\"],\"tags\":[\"O\"]}", "2 tokens and 1 tags");
    is_bad("{\"tokens\":[\"a\",\"\"],\"tags\":[\"O\",\"O\"]}", "token 2");
    is_bad("{\"tokens\":[\"a\",5],\"tags\":[\"O\",\"O\"]}", "token 2");
    is_bad("{\"tokens\":[\"a\"],\"tags\":[\"X\"]}", "tag 1");
    is_bad("{\"tokens\":[\"a\"],\"tags\":[\"B-\"]}", "tag 1");
    is_bad("{\"tokens\":[\"a\"],\"tags\":[5]}", "tag 1");
    kor_span_row_free(&row);
}

static char remarks[4096];

static void remember(void *arg, const char *line)
{
    (void)arg;
    size_t n = strlen(remarks);
    (void)snprintf(remarks + n, sizeof remarks - n, "%s\n", line);
}

static void test_span_rows_of_a_file_keep_what_is_good(void **state)
{
    (void)state;
    static const char rows[] = "{\"text\":\"to Rome\",\"spans\":[[3,7,\"place\"]]}\n"
                               "{\"text\":\"to Rome\",\"spans\":[[3,9,\"place\"]]}\n"
                               "{\"text\":\"to Rome\",\"spans\":[[3,7,\"\"]]}\n"
                               "\n"
                               "{\"tokens\":[\"in\",\"May\",\"to\",\"Rome\"],\"tags\":[\"O\",\"B-"
                               "month\",\"O\",\"B-place\"]}\n"
                               "not JSON\n"
                               "{\"text\":\"nothing here\",\"spans\":[]}\n";
    folder f = folder_new();
    kor_error err;
    kor_labels labels = {0};
    kor_dataset data;
    const kor_dataset_options o = {.spans = true, .remarks = {remember, NULL}};
    put_file(in(&f, "rows"), rows, sizeof rows - 1);
    remarks[0] = 0;
    assert_works(kor_dataset_read(&data, in(&f, "rows"), &labels, &o, &err), &err);
    assert_int_equal(data.count, 3);
    assert_int_equal(data.bad, 3);
    assert_non_null(strstr(remarks, "rows:2: a span goes from 3 to 9"));
    assert_non_null(strstr(remarks, "rows:3: a label must be"));
    assert_non_null(strstr(remarks, "rows:6: not JSON"));
    kor_dataset *const sets[] = {&data};
    assert_works(kor_labels_sort(&labels, sets, 1, &err), &err);
    assert_string_equal(labels.name[0], "month");
    assert_int_equal(data.spans[0].span[0].label, 1);
    assert_int_equal(data.spans[1].count, 2);
    assert_int_equal(data.spans[1].span[0].label, 0);
    assert_int_equal(data.rows[1].label_count, 2);
    assert_int_equal(data.rows[2].label_count, 0);
    assert_int_equal(data.spans[2].count, 0);
    kor_dataset_free(&data);
    /* A list of labels that is closed. */
    const kor_dataset_options closed = {.spans = true, .closed = true, .remarks = o.remarks};
    kor_labels few = {0};
    size_t at;
    assert_works(kor_labels_add(&few, "month", 5, &at, &err), &err);
    assert_works(kor_dataset_read(&data, in(&f, "rows"), &few, &closed, &err), &err);
    assert_int_equal(data.count, 1);
    assert_non_null(strstr(remarks, "rows:1: label 'place' is not in the list"));
    kor_dataset_free(&data);
    put_file(in(&f, "none"), "{}\n", 3);
    assert_fails(kor_dataset_read(&data, in(&f, "none"), &few, &closed, &err), KOR_E_INPUT, &err,
                 "\"spans\": [...]");
    kor_labels_free(&labels);
    kor_labels_free(&few);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_span_rows_are_read_in_every_form),
        cmocka_unit_test(test_span_rows_read_bio_as_conll_does),
        cmocka_unit_test(test_span_rows_fit_spans_to_words),
        cmocka_unit_test(test_span_rows_that_are_bad_say_why),
        cmocka_unit_test(test_span_rows_of_a_file_keep_what_is_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
