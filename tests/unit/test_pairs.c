/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "learn/pairs.h"
#include "scratch.h"

typedef struct reading {
    folder f;
    kor_texts texts;
    kor_pairs pairs;
    kor_str said;
    kor_error err;
} reading;

static void listen(void *arg, const char *line)
{
    const char *name = strrchr(line, '/');
    kor_str_puts(arg, name ? name + 1 : line);
    kor_str_putc(arg, '\n');
}

static kor_status read_text(reading *r, const char *text)
{
    *r = (reading){.f = folder_new()};
    const char *path = in(&r->f, "rows.jsonl");
    put_file(path, text, strlen(text));
    const kor_remarks remarks = {listen, &r->said};
    return kor_pairs_read(&r->pairs, path, &r->texts, &remarks, &r->err);
}

static void reading_free(reading *r)
{
    kor_pairs_free(&r->pairs);
    kor_texts_free(&r->texts);
    kor_str_free(&r->said);
    folder_remove(&r->f);
}

static void test_pairs_of_labels_are_texts_that_belong_together(void **state)
{
    (void)state;
    reading r;
    assert_works(read_text(&r, "{\"text\":\"a1\",\"label\":\"a\"}\n"
                               "{\"text\":\"b1\",\"label\":\"b\"}\n"
                               "{\"text\":\"c1\",\"label\":\"c\"}\n"
                               "{\"text\":\"a2\",\"label\":\"a\"}\n"
                               "{\"text\":\"b2\",\"label\":\"b\"}\n"
                               "{\"text\":\"a3\",\"label\":\"a\"}\n"
                               "{\"text\":\"a4\",\"label\":\"\"}\n"
                               "{\"text\":\" \",\"label\":\"a\"}\n"),
                 &r.err);
    assert_int_equal(r.pairs.count, 5); /* c1 has nobody */
    assert_int_equal(r.pairs.bad, 2);
    assert_false(r.pairs.scored || r.pairs.queries);
    for (size_t i = 0; i < r.pairs.count; i++) {
        const kor_pair *p = &r.pairs.pairs[i];
        assert_true(p->a != p->b);
        assert_int_equal(r.texts.rows[p->a].text[0], r.texts.rows[p->b].text[0]);
        assert_int_equal(p->label, r.texts.rows[p->a].text[0] - 'a' + 1);
    }
    assert_string_equal(kor_str_text(&r.said),
                        "rows.jsonl:7: the label is empty\n"
                        "rows.jsonl:8: no \"text\" that is a text\n"
                        "rows.jsonl: 1 texts are alone with their label, and are left out\n");
    reading_free(&r);
}

static void test_pairs_with_scores_are_read(void **state)
{
    (void)state;
    reading r;
    assert_works(read_text(&r, "\xef\xbb\xbf{\"a\":\"x\",\"b\":\"y\",\"score\":5}\n\n"
                               "{\"a\":\"y\",\"b\":\"z\",\"score\":0.5}\n"
                               "{\"text\":\"x\",\"other\":\"z\",\"label\":true}"),
                 &r.err);
    assert_int_equal(r.pairs.count, 3);
    assert_int_equal(r.texts.count, 3);
    assert_int_equal(r.pairs.groups, 2);
    assert_true(r.pairs.scored && !r.pairs.queries && !r.pairs.binary);
    assert_true(r.pairs.score_max == 5);
    /* Those of the first text came together. */
    assert_int_equal(r.pairs.pairs[1].line, 4);
    assert_true(r.pairs.pairs[1].score == 1);
    assert_string_equal(r.texts.rows[r.pairs.pairs[2].b].text, "z");
    reading_free(&r);
}

static void test_pairs_of_queries_and_lists_are_groups(void **state)
{
    (void)state;
    reading r;
    assert_works(read_text(&r, "{\"query\":\"q\",\"text\":\"a\",\"label\":0}\n"
                               "{\"query\":\"p\",\"text\":\"a\",\"label\":1}\n"
                               "{\"query\":\"q\",\"text\":\"b\",\"label\":1}\n"),
                 &r.err);
    assert_true(r.pairs.queries && r.pairs.binary && r.pairs.scored);
    assert_int_equal(r.pairs.groups, 2);
    assert_int_equal(r.pairs.first[1], 2);
    assert_int_equal(kor_pairs_contrasts(&r.pairs), 1);
    reading_free(&r);
    assert_works(read_text(&r, "{\"query\":\"q\",\"positive\":\"a\",\"negatives\":[\"b\",\"c\"]}\n"
                               "{\"query\":\"p\",\"positive\":[\"c\",\"d\"]}\n"),
                 &r.err);
    assert_int_equal(r.pairs.count, 5);
    assert_true(r.pairs.queries && r.pairs.binary && r.pairs.scored);
    assert_int_equal(kor_pairs_contrasts(&r.pairs), 1);
    reading_free(&r);
}

static void test_pairs_tell_each_bad_row_with_its_line(void **state)
{
    (void)state;
    reading r;
    assert_works(read_text(&r, "{\"a\":\"x\",\"b\":\"y\",\"score\":5}\n"
                               "{\"a\":\"x\",\"b\":\"z\",\"score\":1}\n"
                               "not JSON\n"
                               "{\"score\":5}\n"
                               "{\"a\":\"x\",\"score\":5}\n"
                               "{\"a\":\" \",\"b\":\"y\",\"score\":5}\n"
                               "{\"a\":\"x\",\"b\":7,\"score\":5}\n"
                               "{\"a\":\"x\",\"b\":\"y\",\"score\":\"high\"}\n"
                               "{\"a\":\"x\",\"b\":\"y\",\"score\":-1}\n"
                               "{\"a\":\"x\",\"b\":\"y\",\"score\":NaN}\n"
                               "{\"a\":\"x\",\"b\":\"y\",\"score\":1e7}\n"
                               "{\"a\":\"x\",\"b\":\"y\"}\n"
                               "{\"query\":\"x\",\"text\":\"y\",\"score\":1}\n"
                               "{\"query\":\"x\",\"positive\":[]}\n"
                               "{\"query\":\"x\",\"positive\":[\"y\",1]}\n"
                               "{\"query\":\"x\",\"positive\":\"y\",\"negatives\":\"z\"}\n"
                               "{\"query\":\"\",\"positive\":\"y\"}\n"
                               "{\"query\":\"x\",\"positive\":\"y\"}\n"
                               "[]\n"),
                 &r.err);
    assert_int_equal(r.pairs.count, 2);
    assert_int_equal(r.pairs.bad, 17);
    assert_string_equal(
        kor_str_text(&r.said),
        "rows.jsonl:3: not JSON: '[' or '{' expected near 'not'\n"
        "rows.jsonl:4: no \"a\" and \"b\", and no \"query\"\n"
        "rows.jsonl:5: no \"b\" that is a text\n"
        "rows.jsonl:6: no \"a\" that is a text\n"
        "rows.jsonl:7: no \"b\" that is a text\n"
        "rows.jsonl:8: the score must be a number\n"
        "rows.jsonl:9: score -1: it must be from 0 to 1e+06\n"
        "rows.jsonl:10: not JSON: invalid token near 'NaN'\n"
        "rows.jsonl:11: score 1e+07: it must be from 0 to 1e+06\n"
        "rows.jsonl:12: two texts without a score, and line 1 is two texts with a score: the rows "
        "of a file are alike\n"
        "rows.jsonl:13: a query and a text with a score, and line 1 is two texts with a score: the "
        "rows of a file are alike\n"
        "rows.jsonl:14: \"positive\" must be a text or a list of texts\n"
        "rows.jsonl:15: \"positive\" must be a text or a list of texts\n"
        "rows.jsonl:16: \"negatives\" must be a list of texts\n"
        "rows.jsonl:17: no \"query\" that is a text\n"
        "rows.jsonl:18: a query with lists, and line 1 is two texts with a score: the rows of a "
        "file are alike\n"
        "rows.jsonl:19: no \"a\" and \"b\", and no \"query\"\n");
    reading_free(&r);
}

static void refuse(const char *text, const char *why)
{
    reading r;
    kor_status status = read_text(&r, text);
    assert_fails(status, KOR_E_INPUT, &r.err, why);
    assert_null(r.pairs.pairs);
    reading_free(&r);
}

static void test_pairs_that_teach_nothing_are_refused(void **state)
{
    (void)state;
    refuse("", "no row to use");
    refuse("{}\n", "no row to use");
    refuse("{\"a\":\"x\",\"b\":\"y\",\"score\":3}\n{\"a\":\"x\",\"b\":\"z\",\"score\":3}\n",
           "every score is 3");
    refuse("{\"a\":\"x\",\"b\":\"y\",\"score\":1}\n", "every score is 1");
    refuse("{\"query\":\"x\",\"text\":\"y\",\"label\":0}\n", "every score is 0");
    refuse("{\"query\":\"x\",\"text\":\"y\",\"score\":2}\n", "every score is 2");
}

static void test_pairs_are_split_by_query(void **state)
{
    (void)state;
    reading r;
    kor_str text = {0};
    for (int q = 0; q < 20; q++) {
        for (int i = 0; i < 5; i++)
            kor_str_printf(&text, "{\"query\":\"q%d\",\"text\":\"t%d\",\"label\":%d}\n", q, i,
                           i == q % 5);
    }
    assert_works(read_text(&r, text.data), &r.err);
    kor_pairs learn, measure, again_learn, again_measure;
    assert_works(kor_pairs_split(&r.pairs, 0.1, 7, &learn, &measure, &r.err), &r.err);
    assert_int_equal(measure.groups, 2);
    assert_int_equal(measure.count, 10);
    assert_int_equal(learn.count, 90);
    for (size_t g = 0; g < measure.groups; g++) {
        for (size_t i = 0; i < learn.count; i++)
            assert_int_not_equal(learn.pairs[i].a, measure.pairs[measure.first[g]].a);
    }
    assert_works(kor_pairs_split(&r.pairs, 0.1, 7, &again_learn, &again_measure, &r.err), &r.err);
    assert_memory_equal(again_measure.pairs, measure.pairs, 10 * sizeof *measure.pairs);
    kor_pairs_free(&learn);
    kor_pairs_free(&measure);
    kor_pairs_free(&again_learn);
    kor_pairs_free(&again_measure);
    reading_free(&r);
    assert_works(read_text(&r, "{\"query\":\"x\",\"text\":\"y\",\"label\":1}\n"), &r.err);
    assert_fails(kor_pairs_split(&r.pairs, 0.1, 1, &learn, &measure, &r.err), KOR_E_INPUT, &r.err,
                 "too few rows");
    reading_free(&r);
    kor_str_free(&text);
}

static void test_pairs_get_wrong_candidates_that_are_not_their_own(void **state)
{
    (void)state;
    reading r;
    size_t added;
    assert_works(read_text(&r, "{\"query\":\"p\",\"positive\":[\"a\",\"b\"]}\n"
                               "{\"query\":\"q\",\"positive\":\"b\",\"negatives\":[\"c\"]}\n"
                               "{\"query\":\"r\",\"positive\":\"d\"}\n"
                               "{\"query\":\"a\",\"positive\":\"p\"}\n"),
                 &r.err);
    assert_works(kor_pairs_add_negatives(&r.pairs, &r.pairs, &r.texts, 2, 3, &added, &r.err),
                 &r.err);
    assert_int_equal(added, 6); /* the second has its own */
    assert_int_equal(kor_pairs_contrasts(&r.pairs), 4);
    for (size_t g = 0; g < r.pairs.groups; g++) {
        for (size_t i = r.pairs.first[g]; i < r.pairs.first[g + 1]; i++) {
            const kor_pair *p = &r.pairs.pairs[i];
            assert_int_not_equal(p->a, p->b);
            for (size_t j = r.pairs.first[g]; j < i; j++)
                assert_int_not_equal(r.pairs.pairs[j].b, p->b);
        }
    }
    reading_free(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pairs_of_labels_are_texts_that_belong_together),
        cmocka_unit_test(test_pairs_with_scores_are_read),
        cmocka_unit_test(test_pairs_of_queries_and_lists_are_groups),
        cmocka_unit_test(test_pairs_tell_each_bad_row_with_its_line),
        cmocka_unit_test(test_pairs_that_teach_nothing_are_refused),
        cmocka_unit_test(test_pairs_are_split_by_query),
        cmocka_unit_test(test_pairs_get_wrong_candidates_that_are_not_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
