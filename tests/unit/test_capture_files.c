/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "capture/chunks.h"
#include "test_capture.h"

static void expect(const fixture *f, size_t i, const char *title, const char *text)
{
    if (i >= f->count) fail_msg("no event %zu (%s)", i, title);
    assert_string_equal(f->events[i].title, title);
    assert_string_equal(f->events[i].text, text);
}

static void test_capture_files_makes_an_event_of_a_section(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "my notes.md",
                           "Before.\r\n\n# Guide #\n\n## Set-up & more!\n\nFirst.\n\n\nSecond.\n"
                           "### Sub\nDeep.\n## Use #1\n   Indented.\n\n# Über\nEnd\n");
    touch(path, 1795338000);
    run_twice(f, "files", path);
    assert_int_equal(f->count, 5);
    expect(f, 0, "my notes.md", "Before.");
    expect(f, 1, "my notes.md > Guide > Set-up & more!", "First.\n\n\nSecond.");
    expect(f, 2, "my notes.md > Guide > Set-up & more! > Sub", "Deep.");
    expect(f, 3, "my notes.md > Guide > Use #1", "   Indented.");
    expect(f, 4, "my notes.md > Über", "End");
    char uri[600];
    (void)snprintf(uri, sizeof uri, "file://%s/my%%20notes.md", f->folder);
    assert_string_equal(f->events[0].uri, uri);
    (void)snprintf(uri, sizeof uri, "file://%s/my%%20notes.md#set-up--more", f->folder);
    assert_string_equal(f->events[1].uri, uri);
    assert_contains(f->events[4].uri, "#%C3%9Cber");
    assert_int_equal(f->events[0].time_ms, 1795338000000);
    assert_int_equal(f->events[0].offset_min, 60);
    assert_string_equal(f->events[0].source, "files");
    assert_contains(f->events[0].ref, "/my notes.md#");
    end(f);
}

static void test_capture_files_knows_a_heading_when_it_sees_one(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(
        f, "files",
        put(f, "n.md",
            "---\ntitle: x\ntags: y\n---\n\nBig\n===\n\none\n\n  Small\n  --\ntwo\n\n"
            "#hashtag\n####### seven\n    # code\n\n- item\n---\n\na\nb\n---\n\n"
            "```sh\n# comment\n\nHead\n====\n```\n~~~\n```\n# still code\n~~~~\n## Last\nz\n"));
    assert_int_equal(f->count, 4);
    expect(f, 0, "n.md", "title: x\ntags: y");
    expect(f, 1, "n.md > Big", "one");
    assert_string_equal(f->events[2].title, "n.md > Big > Small");
    assert_contains(f->events[2].text, "two\n\n#hashtag\n####### seven\n    # code\n\n- item\n---");
    assert_contains(f->events[2].text, "a\nb\n---\n\n```sh\n# comment\n\nHead\n====\n```\n");
    assert_contains(f->events[2].text, "# still code\n~~~~");
    expect(f, 3, "n.md > Big > Last", "z");
    end(f);
}

static void test_capture_files_carries_headings_without_a_body(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "files", put(f, "n.md", "# A\n## B\n\n---\n## C\n# D\nd\n## E\n"));
    assert_int_equal(f->count, 2);
    expect(f, 0, "n.md > D", "B\nC\nd");
    expect(f, 1, "n.md > D > E", "E");
    run_twice(f, "files", put(f, "empty.md", "\n\n---\n***\n"));
    assert_int_equal(f->count, 0);
    end(f);
}

static void test_capture_files_splits_long_sections_at_paragraphs(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_str text = {0};
    kor_str_puts(&text, "# Long\n");
    for (int i = 0; i < 40; i++) kor_str_printf(&text, "Paragraph %02d %080d.\n\n", i, i);
    run_twice(f, "files", put(f, "n.md", kor_str_text(&text)));
    assert_int_equal(f->count, 4); /* 12 paragraphs of 97 characters fit */
    for (size_t i = 0; i < f->count; i++) {
        assert_string_equal(f->events[i].title, "n.md > Long");
        assert_true(f->events[i].text_len <= KOR_CHUNK_MAX);
        assert_memory_equal(f->events[i].text, "Paragraph ", 10);
        assert_int_equal(f->events[i].text[f->events[i].text_len - 1], '.');
    }
    /* A paragraph that is too long is split, at words where it has them. */
    kor_str_clear(&text);
    for (int i = 0; i < 1000; i++) kor_str_puts(&text, "word ");
    run_twice(f, "files", put(f, "n.md", kor_str_text(&text)));
    assert_int_equal(f->count, 5);
    for (size_t i = 0; i < f->count; i++) {
        assert_memory_equal(f->events[i].text, "word", 4);
        assert_int_equal(f->events[i].text[f->events[i].text_len - 1], 'd');
    }
    kor_str_free(&text);
    end(f);
}

static void test_capture_files_never_cuts_inside_a_character(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_str text = {0};
    for (int i = 0; i < 4000; i++) kor_str_puts(&text, i % 2 ? "日" : "😀");
    run_twice(f, "files", put(f, "n.txt", kor_str_text(&text)));
    assert_int_equal(f->count, 4);
    size_t total = 0;
    for (size_t i = 0; i < f->count; i++) {
        assert_int_equal(f->events[i].text_len, i < 3 ? 1200 / 2 * 7 : 400 / 2 * 7);
        assert_memory_equal(f->events[i].text, "😀日", 7);
        total += f->events[i].text_len;
    }
    assert_int_equal(total, text.len);
    /* What is not UTF-8 is split too, and nothing of it is lost. */
    kor_str_clear(&text);
    for (int i = 0; i < 20000; i++) kor_str_putc(&text, '\x80');
    run_twice(f, "files", put(f, "n.txt", kor_str_text(&text)));
    total = 0;
    for (size_t i = 0; i < f->count; i++) {
        assert_true(f->events[i].text_len <= 4 * KOR_CHUNK_MAX);
        total += f->events[i].text_len;
    }
    assert_int_equal(total, 20000);
    kor_str_free(&text);
    end(f);
}

static void test_capture_files_bounds_headings(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_str text = {0};
    kor_str_puts(&text, "# x");
    for (int i = 0; i < 100000; i++) kor_str_puts(&text, "日");
    kor_str_puts(&text, "\nbody\n");
    run_twice(f, "files", put(f, "n.md", kor_str_text(&text)));
    kor_str_free(&text);
    assert_int_equal(f->count, 1);
    size_t len = strlen(f->events[0].title);
    assert_true(len < 300);
    assert_string_equal(f->events[0].title + len - 3, "日");
    end(f);
}

/* Of a changed file, what did not change keeps its name. */
static void test_capture_files_names_chunks_by_their_content(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "n.md", "# A\none\n# B\ntwo\n# B\ntwo\n");
    run_twice(f, "files", path);
    assert_int_equal(f->count, 3);
    assert_contains(f->events[1].uri, "#b");
    assert_contains(f->events[2].uri, "#b-1");
    char *b1 = keep(f->events[1].ref), *b2 = keep(f->events[2].ref), *a = keep(f->events[0].ref);
    put(f, "n.md", "# New\nzero\n# A\none!\n# B\ntwo\n# B\ntwo\n");
    touch(path, 1800000000);
    assert_int_equal(run(f, "files", path), KOR_OK);
    assert_int_equal(f->count, 4);
    assert_string_equal(f->events[2].ref, b1);
    assert_string_equal(f->events[3].ref, b2);
    assert_string_not_equal(f->events[1].ref, a);
    free(a);
    free(b1);
    free(b2);
    end(f);
}

static void test_capture_files_walks_a_folder(void **state)
{
    (void)state;
    fixture *f = begin();
    touch(put(f, "t/z.md", "zed"), 1000);
    touch(put(f, "t/sub/a.txt", "# not a heading\n\nText\n====\n"), 2000);
    touch(put(f, "t/sub/README", "read"), 3000);
    touch(put(f, "t/sub/b.ADOC", "doc"), 3000);
    put(f, "t/.hidden/a.md", "no");
    put(f, "t/.hidden.md", "no");
    put(f, "t/node_modules/x/a.md", "no");
    put(f, "t/build/a.md", "no");
    put(f, "t/code.c", "no");
    put(f, "t/noextension", "no");
    put_bytes(f, "t/binary.txt", "a\0b", 3);
    put(f, "outside.md", "no");
    assert_int_equal(symlink(in(f, "outside.md"), in(f, "t/link.md")), 0);
    assert_int_equal(symlink("..", in(f, "t/sub/loop")), 0);
    assert_int_equal(symlink(in(f, "t"), in(f, "root")), 0);
    assert_int_equal(mkfifo(in(f, "t/pipe.md"), 0600), 0);
    run_twice(f, "files", in(f, "root"));
    assert_int_equal(f->count, 4);
    expect(f, 0, "z.md", "zed");
    expect(f, 1, "a.txt", "# not a heading\n\nText\n====");
    expect(f, 2, "README", "read");
    expect(f, 3, "b.ADOC", "doc");
    assert_int_equal(f->skipped, 0);
    assert_true(f->fraction == 1.0);
    f->sink.since_ms = 2500000;
    assert_int_equal(run(f, "files", in(f, "t")), KOR_OK);
    assert_int_equal(f->count, 2);
    end(f);
}

static void test_capture_files_reports_files_that_are_too_large(void **state)
{
    (void)state;
    fixture *f = begin();
    put(f, "t/a.md", "fine");
    const char *large = put(f, "t/large.md", "x");
    assert_int_equal(truncate(large, (16 << 20) + 1), 0);
    assert_int_equal(run(f, "files", in(f, "t")), KOR_OK);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->skipped, 1);
    assert_contains(f->where[0], "t/large.md");
    assert_contains(f->why[0], "larger than");
    assert_null(strstr(f->why[0], "large.md"));
    assert_int_equal(run(f, "files", in(f, "t/large.md")), KOR_E_INPUT);
    end(f);
}

static void test_capture_files_reads_any_text_that_is_named(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "files", put(f, ".code.c", "# include\nint x;\n"));
    assert_int_equal(f->count, 1);
    expect(f, 0, ".code.c", "# include\nint x;");
    run_twice(f, "files", put(f, "bom.md", "\xef\xbb\xbf# A\nb\n"));
    expect(f, 0, "bom.md > A", "b");
    assert_int_equal(run(f, "files", put_bytes(f, "b.md", "a\0b", 3)), KOR_E_INPUT);
    assert_contains(f->err.msg, "not a text file");
    assert_int_equal(run(f, "files", NULL), KOR_E_ARG);
    assert_contains(f->err.msg, "korora import files PATH");
    assert_int_equal(run(f, "files", in(f, "none")), KOR_E_NOT_FOUND);
    assert_int_equal(run(f, "files", put(f, "empty.md", "")), KOR_OK);
    assert_int_equal(f->count, 0);
    f->fail = true;
    assert_int_equal(run(f, "files", put(f, "a.md", "x")), KOR_E_IO);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_files_makes_an_event_of_a_section),
        cmocka_unit_test(test_capture_files_knows_a_heading_when_it_sees_one),
        cmocka_unit_test(test_capture_files_carries_headings_without_a_body),
        cmocka_unit_test(test_capture_files_splits_long_sections_at_paragraphs),
        cmocka_unit_test(test_capture_files_never_cuts_inside_a_character),
        cmocka_unit_test(test_capture_files_bounds_headings),
        cmocka_unit_test(test_capture_files_names_chunks_by_their_content),
        cmocka_unit_test(test_capture_files_walks_a_folder),
        cmocka_unit_test(test_capture_files_reports_files_that_are_too_large),
        cmocka_unit_test(test_capture_files_reads_any_text_that_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
