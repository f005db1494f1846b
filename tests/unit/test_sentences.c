/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "learn/random.h"
#include "scratch.h"
#include "text/sentences.h"

#include <time.h>

/* The sentences of text, each followed by a bar. */
static const char *cut(const char *text)
{
    static char out[4000];
    size_t n = 0;
    kor_sentences it = {.text = text, .len = strlen(text)};
    for (size_t s, e; kor_sentence_next(&it, &s, &e);)
        n += (size_t)snprintf(out + n, sizeof out - n, "%.*s|", (int)(e - s), text + s);
    out[n] = '\0';
    return out;
}

static void test_sentences_end_at_stops(void **state)
{
    (void)state;
    assert_string_equal(cut(" One. Two!  Three? four"), "One.|Two!|Three?|four|");
    assert_string_equal(cut("it works. next one... later. hm\xe2\x80\xa6 no"),
                        "it works.|next one... later.|hm\xe2\x80\xa6 no|");
    assert_string_equal(cut("Over... Then more. What?? no idea"),
                        "Over...|Then more.|What??|no idea|");
    assert_string_equal(cut("\"Really?\" he said. \"Yes.\" (Not now.) Go"),
                        "\"Really?\" he said.|\"Yes.\"|(Not now.)|Go|");
    assert_string_equal(cut("he left (why?) and came back. **Bold.** Plain"),
                        "he left (why?) and came back.|**Bold.**|Plain|");
}

static void test_sentences_go_on_after_abbreviations(void **state)
{
    (void)state;
    assert_string_equal(cut("Dr. Weber met J. R. Okafor, e.g. At noon. Mrs. Li left."),
                        "Dr. Weber met J. R. Okafor, e.g. At noon.|Mrs. Li left.|");
    assert_string_equal(cut("Until 5 p.m. on Jan. 3 we wait. It ends at 5 p.m. Then home."),
                        "Until 5 p.m. on Jan. 3 we wait.|It ends at 5 p.m.|Then home.|");
    assert_string_equal(cut("Fig. 3 and No. 5 of the U.S. Army. No. Tea, milk etc. We go."),
                        "Fig. 3 and No. 5 of the U.S. Army.|No.|Tea, milk etc.|We go.|");
    assert_string_equal(cut("Am 3. Mai kommt Hr. Maier z.B. mit. We are 3. You are 4."),
                        "Am 3. Mai kommt Hr. Maier z.B. mit.|We are 3.|You are 4.|");
    assert_string_equal(cut("We chose plan b. It holds. So do I. Bye."),
                        "We chose plan b.|It holds.|So do I.|Bye.|");
}

static void test_sentences_keep_numbers_and_names_whole(void **state)
{
    (void)state;
    assert_string_equal(cut("pi is 3.14 in v2.3.1-rc.1. See https://a.example/x.html?y=1!z, "
                            "main.c and .env. Done"),
                        "pi is 3.14 in v2.3.1-rc.1.|See https://a.example/x.html?y=1!z, main.c and "
                        ".env.|Done|");
}

static void test_sentences_end_with_their_line(void **state)
{
    (void)state;
    assert_string_equal(cut("buy milk\ncall Tom\r\n\n\nsleep"), "buy milk|call Tom|sleep|");
    assert_string_equal(
        cut("# Plan 2. Now\n1. First. It is big.\n2) second\n- [ ] a\n  * b. C\n+ d"),
        "# Plan 2.|Now|1. First.|It is big.|2) second|- [ ] a|* b.|C|+ d|");
    assert_string_equal(cut("> quoted line that is long enough to be wrapped by a mailer\nmine"),
                        "> quoted line that is long enough to be wrapped by a mailer|mine|");
    assert_string_equal(cut("| a. B | c. D |\n| e | f |"), "| a. B | c. D ||| e | f ||");
    assert_string_equal(cut("12:00:01 kernel: something long happened here and it was logged\n"
                            "12:00:02 kernel: something long happened here and it was logged"),
                        "12:00:01 kernel: something long happened here and it was logged|"
                        "12:00:02 kernel: something long happened here and it was logged|");
}

static void test_sentences_go_on_over_wrapped_lines(void **state)
{
    (void)state;
    const char *wrapped = "This is a paragraph of prose that goes on for a while, and\n"
                          "breaks at a column. The next sentence names some others, as of\n"
                          "Lisbon, which is where it was that we all met once, e.g.\n"
                          "in May. Last\none";
    assert_string_equal(cut(wrapped),
                        "This is a paragraph of prose that goes on for a while, and\n"
                        "breaks at a column.|The next sentence names some others, as of\n"
                        "Lisbon, which is where it was that we all met once, e.g.\n"
                        "in May.|Last|one|");
    assert_string_equal(cut("A sentence that is as long as its line, and ends right there.\nnext"),
                        "A sentence that is as long as its line, and ends right there.|next|");
}

static void test_sentences_of_code_are_lines(void **state)
{
    (void)state;
    assert_string_equal(cut("Run this. Now:\n```sh\nmake. Then! run\n  x. Y\n```\nDone. Bye"),
                        "Run this.|Now:|make. Then! run|x. Y|Done.|Bye|");
    assert_string_equal(cut("so:\n    int a; /* One. Two. */\n\tb. C\nOut. In"),
                        "so:|int a; /* One. Two. */|b. C|Out.|In|");
    assert_string_equal(cut("```\nnever closed. At all"), "never closed. At all|");
}

static void test_sentences_of_chinese_need_no_space(void **state)
{
    (void)state;
    assert_string_equal(
        cut("\xe4\xbb\x8a\xe5\xa4\xa9\xe3\x80\x82\xe6\x88\x91\xef\xbc\x81\xe3\x80\x8c\xe5\xa5\xbd"
            "\xe3\x80\x82\xe3\x80\x8d\xe4\xbb\x96"),
        "\xe4\xbb\x8a\xe5\xa4\xa9\xe3\x80\x82|\xe6\x88\x91\xef\xbc\x81|\xe3\x80\x8c\xe5\xa5\xbd"
        "\xe3\x80\x82\xe3\x80\x8d|\xe4\xbb\x96|");
}

static void test_sentences_of_nothing_are_none(void **state)
{
    (void)state;
    assert_string_equal(cut(""), "");
    assert_string_equal(cut(" \n\t\r\n "), "");
    assert_string_equal(cut("```\n```\n"), "");
    assert_string_equal(cut("."), ".|");
    kor_sentences it = {0};
    size_t s, e;
    assert_false(kor_sentence_next(&it, &s, &e));
    assert_false(kor_sentence_next(&it, &s, &e));
}

/* Of any bytes: ranges are in order, trimmed and not empty, and between them is white space, or
 * lines of ``` or ~~~. The text is an exact allocation, for the address sanitizer to watch. */
static void test_sentences_hold_all_of_any_text(void **state)
{
    (void)state;
    static const char *const parts[] = {
        ".",        "!",
        "?",        " ",
        "\n",       "\n\n",
        "```",      "\t",
        "a",        "Word",
        "e.g.",     "\"",
        ")",        "- ",
        "1. ",      "\xe3\x80\x82",
        "\xe3\x80", "\xff",
        "...",      "\r\n",
        "Dr.",      "M.",
        "    ",     "|",
        "\xe2",     "a word that makes for longer lines than most, ",
        "3",        ">"};
    kor_random r = {5};
    for (int round = 0; round < 4000; round++) {
        kor_str made = {0};
        size_t n = kor_random_below(&r, 40);
        for (size_t i = 0; i < n; i++) {
            size_t k = kor_random_below(&r, sizeof parts / sizeof *parts + 1);
            if (k == sizeof parts / sizeof *parts)
                kor_str_putc(&made, '\0');
            else
                kor_str_puts(&made, parts[k]);
        }
        char *text = malloc(made.len ? made.len : 1);
        assert_non_null(text);
        if (made.len) memcpy(text, made.data, made.len);
        kor_sentences it = {.text = text, .len = made.len};
        size_t last = 0, s = 0, e = 0;
        for (bool more = true; more; last = e) {
            more = kor_sentence_next(&it, &s, &e);
            if (!more) s = e = made.len;
            assert_true(s >= last && e <= made.len && (!more || e > s));
            for (size_t i = last; i < s; i++) {
                if (strchr(" \t\r\n", text[i]) && text[i]) continue;
                size_t line = i;
                while (line > last && text[line - 1] != '\n') line--;
                while (text[line] == ' ' || text[line] == '\t' || text[line] == '\r') line++;
                assert_true(line + 3 <= made.len && memcmp(text + line, "```", 3) == 0);
            }
            if (more) assert_null(memchr(" \t\r\n", text[s], 4));
            if (more) assert_null(memchr(" \t\r\n", text[e - 1], 4));
        }
        free(text);
        kor_str_free(&made);
    }
}

static double seconds_for(const char *part, size_t len)
{
    kor_str text = {0};
    size_t part_len = strlen(part);
    while (text.len < len) kor_str_add(&text, part, part_len);
    kor_sentences it = {.text = text.data, .len = text.len};
    clock_t begun = clock();
    for (size_t s, e; kor_sentence_next(&it, &s, &e);) continue;
    kor_str_free(&text);
    return (double)(clock() - begun) / CLOCKS_PER_SEC;
}

/* Two megabytes take well under a second; at a square they would take minutes. */
static void test_sentences_take_linear_time(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "a. ",   "Dr. ", " ",         ".",
        "\"",    ". \"", "x",         "M. ",
        "```\n", "\n",   "e.g.     ", "a word in a line that goes on and on, so be it\n"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        assert_true(seconds_for(parts[i], 2000000) < 2.0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences_end_at_stops),
        cmocka_unit_test(test_sentences_go_on_after_abbreviations),
        cmocka_unit_test(test_sentences_keep_numbers_and_names_whole),
        cmocka_unit_test(test_sentences_end_with_their_line),
        cmocka_unit_test(test_sentences_go_on_over_wrapped_lines),
        cmocka_unit_test(test_sentences_of_code_are_lines),
        cmocka_unit_test(test_sentences_of_chinese_need_no_space),
        cmocka_unit_test(test_sentences_of_nothing_are_none),
        cmocka_unit_test(test_sentences_hold_all_of_any_text),
        cmocka_unit_test(test_sentences_take_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
