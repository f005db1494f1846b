/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/span_swap.h"

#include <string.h>

enum { ROWS = 4, LABELS = 3 };

static const char *const texts[ROWS] = {"call Ana in Rome", "Jos\xc3\xa9 Ruiz, hello", "nothing",
                                        "to Oslo"};
static kor_row_span span[ROWS][2] = {
    {{5, 8, 0}, {12, 16, 1}}, {{0, 10, 0}}, {{0, 0, 0}}, {{3, 7, 1}}};
static const size_t counts[ROWS] = {2, 1, 0, 1};

static void make_rows(kor_row *rows, kor_row_spans *spans, kor_spans_row *list)
{
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (kor_row){.text = texts[i], .len = strlen(texts[i]), .line = i + 1};
        spans[i] = (kor_row_spans){span[i], counts[i]};
        list[i] = (kor_spans_row){&rows[i], &spans[i]};
    }
}

/* What a span of a copy may hold: the texts of its label. */
static bool is_known(const char *text, size_t len, uint32_t label)
{
    for (size_t i = 0; i < ROWS; i++) {
        for (size_t j = 0; j < counts[i]; j++) {
            const kor_row_span *s = &span[i][j];
            if (s->label == label && s->end - s->start == len &&
                memcmp(texts[i] + s->start, text, len) == 0)
                return true;
        }
    }
    return false;
}

static void test_swap_changes_spans_and_nothing_else(void **state)
{
    (void)state;
    kor_row rows[ROWS];
    kor_row_spans spans[ROWS];
    kor_spans_row list[ROWS], *out;
    kor_arena arena = {0};
    kor_error err;
    size_t total, changed = 0;
    make_rows(rows, spans, list);
    assert_int_equal(kor_span_swap(list, ROWS, LABELS, 8, 5, &arena, &out, &total, &err), KOR_OK);
    assert_int_equal(total, ROWS + 8 * 3); /* a row without spans has no copies */
    for (size_t i = 0; i < ROWS; i++) assert_ptr_equal(out[i].row, &rows[i]);
    for (size_t i = ROWS; i < total; i++) {
        const kor_row *row = out[i].row, *from = &rows[row->line - 1];
        const kor_row_spans *own = &spans[row->line - 1];
        size_t at = 0, was = 0;
        assert_int_equal(out[i].spans->count, own->count);
        assert_int_equal(strlen(row->text), row->len);
        for (size_t j = 0; j < own->count; j++) {
            const kor_row_span *s = &out[i].spans->span[j];
            assert_int_equal(s->label, own->span[j].label);
            assert_int_equal(s->start - at, own->span[j].start - was);
            assert_memory_equal(row->text + at, from->text + was, s->start - at);
            assert_true(is_known(row->text + s->start, s->end - s->start, s->label));
            at = s->end;
            was = own->span[j].end;
        }
        assert_string_equal(row->text + at, from->text + was);
        changed += strcmp(row->text, from->text) != 0;
    }
    assert_true(changed > 6);
    kor_arena_free(&arena);
}

static void test_swap_makes_so_many_and_the_same_each_time(void **state)
{
    (void)state;
    kor_row rows[ROWS];
    kor_row_spans spans[ROWS];
    kor_spans_row list[ROWS], *a, *b;
    kor_arena arena = {0};
    kor_error err;
    size_t n, m;
    make_rows(rows, spans, list);
    assert_int_equal(kor_span_swap(list, ROWS, LABELS, 0, 1, &arena, &a, &n, &err), KOR_OK);
    assert_int_equal(n, ROWS);
    assert_int_equal(kor_span_swap(list, ROWS, LABELS, 2.5, 7, &arena, &a, &n, &err), KOR_OK);
    assert_int_equal(kor_span_swap(list, ROWS, LABELS, 2.5, 7, &arena, &b, &m, &err), KOR_OK);
    assert_int_equal(n, m);
    assert_in_range(n, ROWS + 6, ROWS + 9);
    for (size_t i = 0; i < n; i++) assert_string_equal(a[i].row->text, b[i].row->text);
    assert_int_equal(kor_span_swap(&list[2], 1, LABELS, 3, 7, &arena, &a, &n, &err), KOR_OK);
    assert_int_equal(n, 1); /* no spans at all */
    kor_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_swap_changes_spans_and_nothing_else),
        cmocka_unit_test(test_swap_makes_so_many_and_the_same_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
