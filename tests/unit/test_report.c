/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/diagram.h"
#include "learn/report.h"
#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

/* labels labels, of which label l was asked for l + 1 times and taken for the next one once. */
static void make_metrics(kor_metrics *m, size_t labels)
{
    float p[64];
    const float thresholds[64] = {0};
    assert_true(labels <= 64);
    assert_int_equal(kor_metrics_new(m, labels, false, NULL), KOR_OK);
    for (uint32_t l = 0; l < labels; l++) {
        for (uint32_t i = 0; i <= l; i++) {
            memset(p, 0, sizeof p);
            p[(l + (i == 0)) % labels] = 0.4f + 0.01f * (float)i;
            kor_metrics_add(m, p, thresholds, &l, 1);
        }
    }
    kor_metrics_finish(m);
}

static void test_report_markdown_holds_what_others_write_in_its_cell(void **state)
{
    (void)state;
    kor_table t = {0};
    kor_str s = {0};
    kor_table_begin(&t, 2, 1);
    kor_table_add(&t, "name");
    kor_table_add(&t, "n");
    kor_table_add(&t, "a|b\n<b>`x`[l](u) *i* snake_case __init__ \\ &lt;");
    kor_table_addf(&t, "%d", 5);
    t.rows = 1;
    kor_table_markdown(&s, &t);
    assert_string_equal(kor_str_text(&s), "| name | n |\n| --- | ---: |\n"
                                          "| a\\|b \\<b>\\`x\\`\\[l](u) \\*i\\* snake_case "
                                          "\\_\\_init\\_\\_ \\\\ \\&lt; | 5 |\n");
    kor_str_free(&s);
    kor_table_free(&t);
}

static void test_report_shows_a_matrix_of_few_labels_and_pairs_of_many(void **state)
{
    (void)state;
    kor_metrics m;
    kor_table t = {0};
    kor_str s = {0};
    const char *names[64];
    static char text[64][16];
    for (size_t i = 0; i < 64; i++) {
        (void)snprintf(text[i], sizeof text[i], "label %zu", i);
        names[i] = text[i];
    }
    make_metrics(&m, 3);
    assert_int_equal(kor_report_confusions(&t, &m, names, NULL), KOR_OK);
    kor_table_markdown(&s, &t);
    assert_string_equal(kor_str_text(&s), "| is, taken for | 1 | 2 | 3 |\n"
                                          "| --- | ---: | ---: | ---: |\n"
                                          "| 1 label 0 | . | 1 | . |\n"
                                          "| 2 label 1 | . | 1 | 1 |\n"
                                          "| 3 label 2 | 1 | . | 2 |\n");
    kor_metrics_free(&m);
    kor_str_clear(&s);
    make_metrics(&m, KOR_REPORT_MATRIX);
    assert_int_equal(kor_report_confusions(&t, &m, names, NULL), KOR_OK);
    assert_int_equal(t.columns, KOR_REPORT_MATRIX + 1);
    kor_metrics_free(&m);
    make_metrics(&m, KOR_REPORT_MATRIX + 1);
    m.confusion[5 * m.labels + 2] = 9;
    assert_int_equal(kor_report_confusions(&t, &m, names, NULL), KOR_OK);
    assert_int_equal(t.columns, 3);
    assert_int_equal(t.rows, KOR_REPORT_PAIRS);
    kor_table_markdown(&s, &t);
    assert_non_null(strstr(kor_str_text(&s), "| ---: |\n| label 5 | label 2 | 9 |\n"));
    kor_metrics_free(&m);
    kor_str_free(&s);
    kor_table_free(&t);
}

static void test_report_lists_the_weakest_labels_first(void **state)
{
    (void)state;
    kor_metrics m;
    kor_table t = {0};
    const char *names[64];
    for (size_t i = 0; i < 64; i++) names[i] = i == 0 ? "weak" : "other";
    make_metrics(&m, 50);
    assert_int_equal(kor_report_classes(&t, &m, names, NULL), KOR_OK);
    assert_int_equal(t.rows, KOR_REPORT_CLASSES);
    assert_string_equal(kor_str_text(&t.cells), "the weakest labels");
    /* After the heading's five cells comes the label that is never right. */
    const char *cell = kor_str_text(&t.cells);
    for (size_t i = 0; i < 5; i++) cell += strlen(cell) + 1;
    assert_string_equal(cell, "weak");
    kor_metrics_free(&m);
    kor_table_free(&t);
}

/* Is it one element, with every tag closed, and nothing in text or values that XML does not allow?
 * Enough of XML for what is written. */
static void assert_well_formed(const kor_str *s)
{
    char open[32][16];
    size_t depth = 0, elements = 0;
    const char *at = kor_str_text(s);
    assert_true(kor_utf8_valid(at, s->len));
    assert_int_equal(strlen(at), s->len);
    while (*at) {
        if (*at != '<') {
            if (*at == '&') assert_int_equal(at[1], '#');
            assert_true((unsigned char)*at >= 0x20 || *at == '\n');
            assert_true(depth > 0 || *at == '\n');
            at++;
            continue;
        }
        const char *end = at + 1;
        for (bool quoted = false; *end && (quoted || *end != '>'); end++) {
            if (*end == '"') quoted = !quoted;
            assert_int_not_equal(*end, '<');
        }
        assert_int_equal(*end, '>');
        size_t n = strcspn(at + 1 + (at[1] == '/'), " />");
        assert_in_range(n, 1, 15);
        if (at[1] == '/') {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strlen(open[depth]), n);
            assert_memory_equal(open[depth], at + 2, n);
        } else if (end[-1] != '/') {
            assert_true(depth < 32);
            elements += depth == 0;
            (void)snprintf(open[depth++], 16, "%.*s", (int)n, at + 1);
        }
        at = end + 1;
    }
    assert_int_equal(depth, 0);
    assert_int_equal(elements, 1);
}

static void test_report_diagram_is_well_formed_whatever_the_name(void **state)
{
    (void)state;
    static const char *const names[] = {
        "plain",
        "",
        "a<b>&\"c'</title><script>",
        "torn \xc3 and \xff",
        "bell \x07\x1b[31m",
        "\xef\xbf\xbe\xef\xbf\xbf",
        "k\xc5\x8drora k\xc5\x8drora k\xc5\x8drora k\xc5\x8drora k\xc5\x8drora"};
    kor_metrics m;
    kor_str s = {0};
    make_metrics(&m, 8);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        kor_str_clear(&s);
        kor_diagram_reliability(&s, &m, names[i]);
        assert_well_formed(&s);
    }
    /* A bar and a mark for each bin that is not empty, and its bar in the strip. */
    size_t bins = 0, bars = 0;
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++) bins += m.bin[i].count > 0;
    for (const char *at = kor_str_text(&s); (at = strstr(at, "<rect class=\"bar\"")); at++) bars++;
    assert_true(bins > 0);
    assert_int_equal(bars, 2 * bins);
    kor_metrics_free(&m);
    kor_str_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_report_markdown_holds_what_others_write_in_its_cell),
        cmocka_unit_test(test_report_shows_a_matrix_of_few_labels_and_pairs_of_many),
        cmocka_unit_test(test_report_lists_the_weakest_labels_first),
        cmocka_unit_test(test_report_diagram_is_well_formed_whatever_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
