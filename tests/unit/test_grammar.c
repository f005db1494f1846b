/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/grammar.h"
#include "scratch.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

/* ---- A grammar from a text, and its rows ---- */

static folder place;

static int make_place(void **state)
{
    (void)state;
    place = folder_new();
    return 0;
}

static int remove_place(void **state)
{
    (void)state;
    folder_remove(&place);
    return 0;
}

static void put(const char *name, const char *text)
{
    put_file(in(&place, name), text, strlen(text));
}

static kor_grammar *load(const char *text)
{
    kor_grammar *g;
    kor_error err;
    put("g.chatito", text);
    assert_works(kor_grammar_load(&g, in(&place, "g.chatito"), NULL, &err), &err);
    return g;
}

/* Refused, with that behind the file's name. */
static void refused(const char *text, const char *message)
{
    kor_grammar *g;
    kor_error err;
    char expected[300];
    put("g.chatito", text);
    (void)snprintf(expected, sizeof expected, "g.chatito:%s", message);
    assert_fails(kor_grammar_load(&g, in(&place, "g.chatito"), NULL, &err), KOR_E_INPUT, &err,
                 expected);
    assert_null(g);
}

static kor_grammar_counts counts_of(const kor_grammar *g, size_t intent)
{
    kor_grammar_counts c;
    kor_error err;
    assert_works(kor_grammar_count(g, intent, &c, &err), &err);
    return c;
}

typedef struct rows {
    kor_str text; /* of all rows, as JSON lines */
    char *seen[4096];
    size_t count, testing, corrupted;
    const char *with; /* counted are rows whose text starts so */
    size_t starting;
} rows;

static kor_status collect(void *arg, const kor_grammar_row *row, kor_error *err)
{
    (void)err;
    rows *r = arg;
    assert_true(r->count < sizeof r->seen / sizeof *r->seen);
    char key[512];
    (void)snprintf(key, sizeof key, "%s\n%s", row->label, row->text);
    r->seen[r->count++] = strdup(key);
    r->testing += row->testing;
    r->corrupted += row->corrupted;
    if (r->with) r->starting += strncmp(row->text, r->with, strlen(r->with)) == 0;
    kor_grammar_row_json(&r->text, row);
    kor_str_putc(&r->text, '\n');
    return KOR_OK;
}

static rows generate(const kor_grammar *g, kor_grammar_options o, const char *with)
{
    rows r = {.with = with};
    kor_error err;
    assert_works(kor_grammar_generate(g, &o, collect, &r, &err), &err);
    return r;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void assert_unique(rows *r)
{
    qsort(r->seen, r->count, sizeof *r->seen, by_text);
    for (size_t i = 1; i < r->count; i++) assert_string_not_equal(r->seen[i - 1], r->seen[i]);
}

static void rows_free(rows *r)
{
    for (size_t i = 0; i < r->count; i++) free(r->seen[i]);
    kor_str_free(&r->text);
}

/* ---- Reading ---- */

static void test_grammar_errors_name_line_and_column(void **state)
{
    (void)state;
    refused("", "1:1: an empty file");
    refused("%[a]\n   b\n", "2:4: indented by 3 spaces");
    refused("%[a]\n    b\n    \n", "3:1: a line of spaces");
    refused("%[a]\n    b\n\tc\n", "3:1: a tab");
    refused("%[a] \n    b\n", "1:5: nothing may follow");
    refused("%[a]\n    é ~[b\n", "2:7: '~[' is not closed");
    refused("%[a]\n    ~[b?c]\n", "2:9: expected ']'");
    refused("%[a?]\n    b\n", "1:4: a definition takes no '?'");
    refused("%[a]\n    ü @[nowhere]\n", "2:7: @[nowhere] is not defined");
    refused("%[a]\n    b\n%[a]\n    c\n", "3:1: %[a] is defined twice, first at");
    refused("%[a]\n    *[50%] b\n    *[2] c\n", "3:5: weights and percentages are mixed");
    refused("%[a]\n    *[60%] b\n    *[41%] c\n", "3:5: the percentages of %[a] sum to more");
    refused("%[a]\n    *[0] b\n", "2:7: a weight must be above 0");
    refused("%[a]('training': 'x')\n    b\n", "1:18: 'training': expected a whole number");
    refused("%[a]('k': 'v'\n    b\n", "1:5: the arguments are not closed");
    refused("%[a]\n    ~[b?] ~[c?]\n", "2:5: nothing may be left of this sentence");
    refused("~[a]\n    b\n", "1:1: no intent");
    refused("%[a]\n    \xff\n", "2:5: not UTF-8");
}

static void test_grammar_refuses_circles_by_name(void **state)
{
    (void)state;
    refused("%[i]\n    ~[a]\n~[a]\n    x\n    y ~[b]\n~[b]\n    ~[a?] z\n",
            "7:5: a circle: ~[a] -> ~[b] -> ~[a]");
    refused("%[i]\n    x\n~[a]\n    ~[a]\n", "4:5: a circle: ~[a] -> ~[a]");
    refused("%[i]\n    @[s]\n@[s]\n    ~[a]\n~[a]\n    @[t]\n@[t]\n    x\n",
            "4:5: slots in slots: @[s] -> ~[a] leads to @[t]");
}

static void test_grammar_limits_depth_and_length(void **state)
{
    (void)state;
    kor_str text = {0};
    kor_str_puts(&text, "%[i]\n    ~[a0]\n");
    for (int i = 0; i < 100; i++) kor_str_printf(&text, "~[a%d]\n    ~[a%d]\n", i, i + 1);
    refused(kor_str_text(&text), "130:5: nested deeper than 64");
    kor_str_clear(&text);
    kor_str_puts(&text, "%[i]\n    ~[a0]\n");
    for (int i = 0; i < 40; i++)
        kor_str_printf(&text, "~[a%d]\n    ~[a%d]~[a%d]\n", i, i + 1, i + 1);
    refused(kor_str_text(&text), "58:11: a sentence can grow longer than 16384 bytes");
    kor_str_free(&text);
}

static void test_grammar_imports_stay_in_the_folder(void **state)
{
    (void)state;
    kor_grammar *g;
    kor_error err;
    assert_int_equal(mkdir(in(&place, "in"), 0700), 0);
    put("words.chatito", "~[w]\n    one\n    two\n%[left out]\n    x\n");
    put("in/g.chatito", "import ../words.chatito\n%[i]\n    ~[w]\n");
    assert_fails(kor_grammar_load(&g, in(&place, "in/g.chatito"), NULL, &err), KOR_E_INPUT, &err,
                 "in/g.chatito:1:8: '../words.chatito' is outside of");
    assert_works(kor_grammar_load(&g, in(&place, "in/g.chatito"), place.path, &err), &err);
    assert_int_equal(kor_grammar_intents(g), 1);
    assert_int_equal(counts_of(g, 0).distinct, 2);
    kor_grammar_free(g);
    assert_int_equal(symlink("../words.chatito", in(&place, "in/link.chatito")), 0);
    put("in/g.chatito", "import link.chatito\n%[i]\n    ~[w]\n");
    assert_fails(kor_grammar_load(&g, in(&place, "in/g.chatito"), NULL, &err), KOR_E_INPUT, &err,
                 "is outside of");
    refused("import /etc/words.chatito\n%[i]\n    x\n", "1:8: '/etc/words.chatito' is no path");
    refused("import words.txt\n%[i]\n    x\n", "1:8: 'words.txt': only files named .chatito");
    put("a.chatito", "import b.chatito\n~[a]\n    x\n");
    put("b.chatito", "~[b]\n    x\n\nimport ./a.chatito\n");
    put("g.chatito", "%[i]\n    x\nimport ./a.chatito\n");
    assert_fails(kor_grammar_load(&g, in(&place, "g.chatito"), NULL, &err), KOR_E_INPUT, &err,
                 "b.chatito:4:8: a.chatito is imported in a circle");
    assert_fails(kor_grammar_load(&g, in(&place, "none.chatito"), NULL, &err), KOR_E_NOT_FOUND,
                 &err, "none.chatito");
}

/* ---- Counting ---- */

static void test_grammar_counts_by_hand(void **state)
{
    (void)state;
    kor_grammar *g = load("%[a]('training': '7', 'testing': '2')\n"
                          "    ~[hi] @[name?] ~[undefined?]\n" /* 2 * 4 * 2 */
                          "    hi Ann\n"                       /* 1, there already */
                          "%[b]\n    ~[hi]\n    @[name]\n"     /* 2 + 3 */
                          "~[hi]\n    hi\n    hey\n"
                          "@[name]\n    Ann\n    Bo\n    ~[hi] ~[x]\n"); /* 1 + 1 + 2 */
    kor_grammar_counts c = counts_of(g, 0);
    assert_int_equal(c.combinations, 2 * 5 * 2 + 1);
    assert_int_equal(c.distinct, 20);
    assert_true(c.exact);
    assert_int_equal(c.training, 7);
    assert_int_equal(c.testing, 2);
    assert_int_equal(counts_of(g, 1).combinations, 6);
    kor_error err;
    assert_int_equal(kor_grammar_count(g, 2, &c, &err), KOR_E_ARG);
    kor_grammar_free(g);
}

static void test_grammar_counts_do_not_overflow(void **state)
{
    (void)state;
    kor_grammar *g = load("%[i]\n    ~[h]~[h]~[h]~[h]~[h]~[h]~[h]~[h]~[h]\n    ~[h?] x\n"
                          "~[h]\n    ~[d]~[d]\n~[d]\n    0\n    1\n    2\n    3\n    4\n    5\n"
                          "    6\n    7\n    8\n    9\n    a\n    b\n    c\n    d\n    e\n    f\n");
    /* 256^9 is 2^72. */
    kor_grammar_counts c = counts_of(g, 0);
    assert_true(c.combinations == UINT64_MAX);
    assert_false(c.exact);
    kor_error err;
    rows none = {0};
    const kor_grammar_options all = {.seed = 1};
    assert_fails(kor_grammar_generate(g, &all, collect, &none, &err), KOR_E_INPUT, &err,
                 "g.chatito:1:1: %[i] brings it to more than 10000000 sentences");
    assert_int_equal(none.count, 0);
    rows r = generate(g, (kor_grammar_options){.seed = 1, .count = 3000}, NULL);
    assert_int_equal(r.count, 3000);
    assert_unique(&r);
    rows_free(&r);
    kor_grammar_free(g);
}

/* ---- Generating ---- */

static const char two_intents[] = "%[light]('training': '30', 'testing': '10')\n"
                                  "    ~[please?] @[state] in the @[room] ~[now?]\n"
                                  "%[hello]\n    ~[please?] hello\n    hi\n"
                                  "@[state]\n    on\n    off\n    dimmed\n"
                                  "@[room]\n    kitchen\n    hall\n    salle à manger\n    björk\n"
                                  "~[please]\n    please\n    could you\n";

static void test_grammar_rows_are_unique_and_the_same_again(void **state)
{
    (void)state;
    kor_grammar *g = load(two_intents);
    rows a = generate(g, (kor_grammar_options){.seed = 5}, NULL);
    rows b = generate(g, (kor_grammar_options){.seed = 5}, NULL);
    rows c = generate(g, (kor_grammar_options){.seed = 6}, NULL);
    assert_int_equal(a.count, 40 + 4);
    assert_int_equal(a.testing, 10);
    assert_string_equal(a.text.data, b.text.data);
    assert_string_not_equal(a.text.data, c.text.data);
    assert_unique(&a);
    rows_free(&a);
    rows_free(&b);
    rows_free(&c);
    /* 72 and 4 there are. */
    a = generate(g, (kor_grammar_options){.seed = 5, .count = 60, .balanced = true}, "light");
    assert_int_equal(a.count, 60);
    rows_free(&a);
    a = generate(g, (kor_grammar_options){.seed = 5, .count = 1000}, NULL);
    assert_int_equal(a.count, 76);
    assert_unique(&a);
    rows_free(&a);
    a = generate(g, (kor_grammar_options){.seed = 5, .balanced = true}, NULL);
    assert_int_equal(a.count, 8);
    rows_free(&a);
    kor_grammar_free(g);
}

static void test_grammar_spans_count_code_points(void **state)
{
    (void)state;
    kor_grammar *g = load("%[é]\n    👋  ~[x?] @[s#v] à @[s#v]\"\n@[s#v]\n    日本 \n");
    rows r = generate(g, (kor_grammar_options){.seed = 1}, NULL);
    assert_string_equal(r.text.data, "{\"text\":\"👋 日本 à 日本\\\"\",\"label\":\"é\",\"spans\":["
                                     "{\"start\":2,\"end\":4,\"label\":\"s\"},"
                                     "{\"start\":7,\"end\":9,\"label\":\"s\"}]}\n"
                                     "{\"text\":\"👋 x 日本 à 日本\\\"\",\"label\":\"é\",\"spans\":["
                                     "{\"start\":4,\"end\":6,\"label\":\"s\"},"
                                     "{\"start\":9,\"end\":11,\"label\":\"s\"}]}\n");
    rows_free(&r);
    kor_grammar_free(g);
}

/* ---- Odds ---- */

/* Of 2,000 rows, how many are of the first sentence? Each has far more to give. */
static void odds(const char *head, const char *first, const char *second, double expected)
{
    kor_str text = {0};
    kor_str_printf(&text, "%s\n    %s\n    %s\n", head, first, second);
    kor_str_puts(&text, "~[k]\n    ~[d]~[d]~[d]~[d]\n~[k2]\n    ~[d]~[d]~[d]~[d]\n"
                        "    ~[d]~[d]~[d] ~[d]\n    ~[d]~[d] ~[d] ~[d]\n~[d]\n");
    for (char c = 'a'; c <= 'z'; c++) kor_str_printf(&text, "    %c\n", c);
    kor_grammar *g = load(kor_str_text(&text));
    rows r = generate(g, (kor_grammar_options){.seed = 9, .count = 2000}, "one");
    assert_int_equal(r.count, 2000);
    double share = (double)r.starting / 2000;
    /* Four standard deviations at one half. */
    if (share < expected - 0.045 || share > expected + 0.045)
        fail_msg("%s %s: %.3f of the rows, expected %.3f", head, first, share, expected);
    rows_free(&r);
    kor_grammar_free(g);
    kor_str_free(&text);
}

/* A sentence is one line there; U+23CE, U+2423 and U+21E5 stand for what it cannot hold. */
static void test_grammar_signs_become_lines(void **state)
{
    (void)state;
    kor_grammar *g =
        load("%[a]\n"
             "    \xe2\x8f\x8e do: \xe2\x8f\x8e \xe2\x90\xa3\xe2\x90\xa3- @[what] \xe2\x8f\x8e"
             "\xe2\x87\xa5 @[what]! x\n"
             "\n"
             "@[what]\n"
             "    \xc3\xa9t\xc3\xa9\n");
    rows r = generate(g, (kor_grammar_options){.seed = 1}, NULL);
    assert_int_equal(r.count, 1);
    assert_string_equal(
        kor_str_text(&r.text),
        "{\"text\":\"\\u000ado:\\u000a  - \xc3\xa9t\xc3\xa9\\u000a\\u0009 \xc3\xa9t\xc3\xa9! x\","
        "\"label\":\"a\",\"spans\":[{\"start\":9,\"end\":12,\"label\":\"what\"},"
        "{\"start\":15,\"end\":18,\"label\":\"what\"}]}\n");
    rows_free(&r);
    kor_grammar_free(g);
}

static void test_grammar_honours_weights(void **state)
{
    (void)state;
    odds("%[i]", "one ~[k]", "two ~[k2]", 0.25); /* regular: by number, 1 to 3 */
    odds("%[i]('distribution': 'even')", "one ~[k]", "two ~[k2]", 0.5);
    odds("%[i]", "*[6] one ~[k]", "two ~[k2]", 6.0 / 9);
    odds("%[i]('distribution': 'even')", "*[4] one ~[k]", "two ~[k2]", 0.8);
    odds("%[i]", "*[20%] one ~[k]", "two ~[k2]", 0.2);
    odds("%[i]('distribution': 'even')", "*[20%] one ~[k]", "two ~[k2]", 0.2);
    odds("%[i]", "*[10%] one ~[k]", "*[30%] two ~[k2]", 0.25);
    odds("%[i]", "*[100%] one ~[k]", "two ~[k2]", 1);
    /* Optional: one part in the number of sentences and one. */
    odds("%[i]", "~[one?]~[k]", "*[0.000001] x~[k]", 0.5);
}

static void test_grammar_gives_what_weights_crowd_out(void **state)
{
    (void)state;
    kor_grammar *g = load("%[i]\n    *[100%] a\n    b\n    c\n    d\n");
    rows r = generate(g, (kor_grammar_options){.seed = 1, .count = 3}, "a");
    assert_int_equal(r.count, 3);
    assert_int_equal(r.starting, 1);
    rows_free(&r);
    kor_grammar_free(g);
}

static void count_remark(void *arg, const char *line)
{
    assert_non_null(strstr(line, "9 sentences were asked for, there are 2"));
    ++*(int *)arg;
}

static void test_grammar_says_when_there_are_fewer(void **state)
{
    (void)state;
    int said = 0;
    kor_grammar *g = load("%[i]('training': '9')\n    a\n    b\n    a\n");
    rows r = generate(g, (kor_grammar_options){.seed = 1, .remarks = {count_remark, &said}}, NULL);
    assert_int_equal(r.count, 2);
    assert_int_equal(said, 1);
    rows_free(&r);
    kor_grammar_free(g);
}

static void test_grammar_corrupts_its_share(void **state)
{
    (void)state;
    kor_grammar *g = load(two_intents);
    kor_grammar_options o = {.seed = 2, .count = 60, .corruption = {.share = 0.5}};
    rows r = generate(g, o, NULL);
    assert_int_equal(r.count, 60);
    assert_in_range(r.corrupted, 15, 40);
    assert_unique(&r);
    rows_free(&r);
    kor_error err;
    o.corruption.share = 1.5;
    assert_int_equal(kor_grammar_generate(g, &o, collect, &r, &err), KOR_E_ARG);
    kor_grammar_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grammar_errors_name_line_and_column),
        cmocka_unit_test(test_grammar_refuses_circles_by_name),
        cmocka_unit_test(test_grammar_limits_depth_and_length),
        cmocka_unit_test(test_grammar_imports_stay_in_the_folder),
        cmocka_unit_test(test_grammar_counts_by_hand),
        cmocka_unit_test(test_grammar_counts_do_not_overflow),
        cmocka_unit_test(test_grammar_rows_are_unique_and_the_same_again),
        cmocka_unit_test(test_grammar_spans_count_code_points),
        cmocka_unit_test(test_grammar_signs_become_lines),
        cmocka_unit_test(test_grammar_honours_weights),
        cmocka_unit_test(test_grammar_gives_what_weights_crowd_out),
        cmocka_unit_test(test_grammar_says_when_there_are_fewer),
        cmocka_unit_test(test_grammar_corrupts_its_share),
    };
    return cmocka_run_group_tests(tests, make_place, remove_place);
}
