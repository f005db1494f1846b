/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture/lines.h"
#include "capture/seen.h"
#include "test_capture.h"

static void expect_line(kor_lines *lines, const char *bytes, size_t len)
{
    char *line;
    size_t got;
    assert_int_equal(kor_lines_next(lines, &line, &got, NULL), KOR_OK);
    assert_non_null(line);
    assert_int_equal(got, len);
    assert_memory_equal(line, bytes, len);
    assert_int_equal(line[len], 0);
}

static void expect_end(kor_lines *lines)
{
    char *line;
    size_t len;
    assert_int_equal(kor_lines_next(lines, &line, &len, NULL), KOR_OK);
    assert_null(line);
}

static void test_capture_lines_pass_any_bytes_on(void **state)
{
    (void)state;
    fixture *f = begin();
    static const char bytes[] = "\xef\xbb\xbf"
                                "first\r\n\na\0b\n\xff\xfe\nlast";
    const char *path = put_bytes(f, "l", bytes, sizeof bytes - 1);
    kor_lines lines;
    assert_int_equal(kor_lines_open(&lines, path, &f->sink, &f->err), KOR_OK);
    for (int pass = 0; pass < 2; pass++) {
        expect_line(&lines, "first", 5);
        expect_line(&lines, "", 0);
        expect_line(&lines, "a\0b", 3);
        expect_line(&lines, "\xff\xfe", 2);
        expect_line(&lines, "last", 4);
        assert_int_equal(lines.number, 5);
        expect_end(&lines);
        expect_end(&lines);
        assert_int_equal(kor_lines_rewind(&lines, &f->err), KOR_OK);
    }
    kor_lines_close(&lines);
    assert_true(f->told > 0);
    assert_true(f->fraction == 1.0);
    end(f);
}

static void test_capture_lines_of_an_empty_file_are_none(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_lines lines;
    assert_int_equal(kor_lines_open(&lines, put(f, "l", ""), &f->sink, &f->err), KOR_OK);
    expect_end(&lines);
    kor_lines_close(&lines);
    end(f);
}

/* 50 MB in one line, between two that must be read; lines at and just over the limit. */
static void test_capture_lines_pass_over_what_is_too_long(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = in(f, "l");
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    char *block = malloc(KOR_LINE_MAX + 1);
    assert_non_null(block);
    memset(block, 'x', KOR_LINE_MAX + 1);
    fputs("before\n", out);
    for (int i = 0; i < 6; i++) fwrite(block, 1, KOR_LINE_MAX, out);
    fputs("\nafter\n", out);
    fwrite(block, 1, KOR_LINE_MAX, out);
    fputs("\n", out);
    fwrite(block, 1, KOR_LINE_MAX + 1, out);
    assert_int_equal(fclose(out), 0);
    kor_lines lines;
    assert_int_equal(kor_lines_open(&lines, path, &f->sink, &f->err), KOR_OK);
    expect_line(&lines, "before", 6);
    expect_line(&lines, "after", 5);
    assert_int_equal(lines.number, 3);
    assert_true(lines.cap <= 4 * (size_t)KOR_LINE_MAX);
    expect_line(&lines, block, KOR_LINE_MAX);
    expect_end(&lines);
    assert_int_equal(f->skipped, 2);
    assert_contains(f->where[0], "/l:2");
    assert_contains(f->where[1], "/l:5");
    assert_contains(f->why[0], "longer than 8 MiB");
    kor_lines_close(&lines);
    free(block);
    end(f);
}

static void test_capture_lines_refuse_what_is_no_file(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_lines lines;
    assert_int_equal(kor_lines_open(&lines, f->folder, &f->sink, &f->err), KOR_E_INPUT);
    assert_contains(f->err.msg, "is a folder");
    assert_int_equal(kor_lines_open(&lines, in(f, "none"), &f->sink, &f->err), KOR_E_NOT_FOUND);
    assert_contains(f->err.msg, "none: cannot open");
    end(f);
}

static void test_capture_seen_counts_each_key(void **state)
{
    (void)state;
    kor_seen seen = {0};
    for (uint32_t round = 1; round <= 3; round++) {
        for (uint32_t key = 0; key < 5000; key++) {
            uint32_t nth;
            assert_int_equal(kor_seen_add(&seen, &key, sizeof key, &nth, NULL), KOR_OK);
            assert_int_equal(nth, round);
        }
    }
    kor_str ref = {0};
    const char *const expected[] = {"a", "a.2", "a.3"};
    for (int i = 0; i < 3; i++) {
        kor_str_clear(&ref);
        kor_str_puts(&ref, "a");
        assert_int_equal(kor_seen_ref(&seen, &ref, NULL), KOR_OK);
        assert_string_equal(kor_str_text(&ref), expected[i]);
    }
    kor_str_free(&ref);
    kor_seen_free(&seen);
}

static void test_capture_sources_are_found_by_name(void **state)
{
    (void)state;
    size_t n = 0;
    for (const kor_source *s = kor_sources; s->name; s++, n++) {
        assert_ptr_equal(kor_source_find(s->name), s);
        assert_non_null(s->summary);
        assert_non_null(s->run);
    }
    assert_int_equal(n, 5);
    assert_null(kor_source_find("gi"));
    assert_null(kor_source_find(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_lines_pass_any_bytes_on),
        cmocka_unit_test(test_capture_lines_of_an_empty_file_are_none),
        cmocka_unit_test(test_capture_lines_pass_over_what_is_too_long),
        cmocka_unit_test(test_capture_lines_refuse_what_is_no_file),
        cmocka_unit_test(test_capture_seen_counts_each_key),
        cmocka_unit_test(test_capture_sources_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
