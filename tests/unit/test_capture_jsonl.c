/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "test_capture.h"

static void test_capture_jsonl_reads_every_field(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "jsonl",
              put(f, "r.jsonl",
                  "{\"text\":\"héllo\",\"time\":\"2026-10-15T21:36:01+05:30\",\"id\":\"a1\","
                  "\"source\":\"mail\",\"app\":\"mutt\",\"title\":\"T\",\"uri\":\"u:1\","
                  "\"scope\":\"work\",\"unknown\":[1,{\"x\":null}]}\n"
                  "\n"
                  "  \t\n"
                  "{\"text\":\"b\",\"time\":1700000000,\"id\":-7}\r\n"
                  "{\"text\":\"c\",\"time\":1700000000250,\"id\":null,\"title\":null}\n"
                  "{\"text\":\"d\",\"time\":1700000000.5}\n"
                  "{\"text\":\"e\"}\n"
                  "{\"text\":\"f\",\"time\":\"2026-07-01 12:00\"}"));
    assert_int_equal(f->skipped, 0);
    assert_int_equal(f->count, 6);
    const kept *k = f->events;
    assert_string_equal(k[0].text, "héllo");
    assert_int_equal(k[0].time_ms, 1792080361000);
    assert_int_equal(k[0].offset_min, 330);
    assert_string_equal(k[0].ref, "a1");
    assert_string_equal(k[0].source, "mail");
    assert_string_equal(k[0].app, "mutt");
    assert_string_equal(k[0].title, "T");
    assert_string_equal(k[0].uri, "u:1");
    assert_string_equal(k[0].scope, "work");
    assert_string_equal(k[1].ref, "-7");
    assert_string_equal(k[1].source, "jsonl");
    assert_int_equal(k[1].time_ms, 1700000000000);
    assert_int_equal(k[1].offset_min, 60);
    assert_null(k[1].app);
    assert_int_equal(k[2].time_ms, 1700000000250);
    assert_null(k[2].title);
    assert_int_equal(k[3].time_ms, 1700000000500);
    assert_int_equal(k[4].time_ms, f->sink.now_ms);
    assert_int_equal(k[5].offset_min, 120);
    assert_int_equal(k[5].time_ms, 1782900000000);
    end(f);
}

static void test_capture_jsonl_reports_each_bad_row_and_keeps_the_rest(void **state)
{
    (void)state;
    static const struct {
        const char *row, *why;
    } bad[] = {
        {"{}", "\"text\" is missing"},
        {"{\"text\":null}", "\"text\" is missing"},
        {"{\"text\":5}", "\"text\" must be a string"},
        {"{\"text\":\"a\",\"time\":\"soon\"}", "\"time\": "},
        {"{\"text\":\"a\",\"time\":\"2026-02-30\"}", "\"time\": "},
        {"{\"text\":\"a\",\"time\":true}", "\"time\" must be"},
        {"{\"text\":\"a\",\"time\":1e300}", "\"time\" is out of range"},
        {"{\"text\":\"a\",\"time\":-1e14}", "\"time\" is out of range"},
        {"{\"text\":\"a\",\"time\":\"2026\\u0000\"}", "\"time\" must be"},
        {"{\"text\":\"a\",\"id\":1.5}", "\"id\" must be"},
        {"{\"text\":\"a\",\"id\":\"\"}", "\"id\" must be"},
        {"{\"text\":\"a\",\"id\":\"x\\u0000y\"}", "\"id\" must be"},
        {"{\"text\":\"a\",\"id\":[]}", "\"id\" must be"},
        {"{\"text\":\"a\",\"source\":\"\"}", "\"source\" must not be empty"},
        {"{\"text\":\"a\",\"source\":1}", "\"source\" must be"},
        {"{\"text\":\"a\",\"app\":1}", "\"app\" must be"},
        {"{\"text\":\"a\",\"title\":{}}", "\"title\" must be"},
        {"{\"text\":\"a\",\"uri\":false}", "\"uri\" must be"},
        {"{\"text\":\"a\",\"scope\":[]}", "\"scope\" must be"},
        {"{\"text\":\"a\"", "not JSON"},
        {"{\"text\":\"a\"} x", "not JSON"},
        {"{\"text\":\"\xff\"}", "not JSON"},
        {"{\"text\":\"a\",\"n\":99999999999999999999}", "not JSON"},
        {"[\"text\"]", "expected an object"},
        {"\"text\"", "expected an object"},
    };
    enum { N = sizeof bad / sizeof *bad };
    fixture *f = begin();
    kor_str rows = {0};
    for (size_t i = 0; i < N; i++) {
        kor_str_printf(&rows, "%s\n{\"text\":\"good %zu\"}\n", bad[i].row, i);
    }
    run_twice(f, "jsonl", put(f, "r.jsonl", kor_str_text(&rows)));
    kor_str_free(&rows);
    assert_int_equal(f->count, N);
    assert_int_equal(f->skipped, N);
    for (size_t i = 0; i < N; i++) {
        char where[40];
        (void)snprintf(where, sizeof where, "/r.jsonl:%zu", 2 * i + 1);
        assert_contains(f->where[i], where);
        assert_contains(f->why[i], bad[i].why);
    }
    end(f);
}

static void test_capture_jsonl_survives_deep_nesting_and_nul(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_str rows = {0};
    kor_str_puts(&rows, "{\"text\":\"a\",\"x\":");
    for (int i = 0; i < 200000; i++) kor_str_putc(&rows, '[');
    kor_str_puts(&rows, "\n{\"text\":\"a\\u0000b\"}\n");
    assert_int_equal(run(f, "jsonl", put(f, "r.jsonl", kor_str_text(&rows))), KOR_OK);
    kor_str_free(&rows);
    assert_int_equal(f->skipped, 1);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->events[0].text_len, 3);
    assert_memory_equal(f->events[0].text, "a\0b", 3);
    end(f);
}

/* Rows that say the same twice are two; what was said when it was read has no time in its name. */
static void test_capture_jsonl_names_rows_without_an_id_by_their_content(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "r.jsonl",
                           "{\"text\":\"a\"}\n{\"text\":\"a\"}\n{\"text\":\"a\",\"app\":\"b\"}\n"
                           "{\"text\":\"a\",\"title\":\"b\"}\n{\"text\":\"a\",\"time\":5}\n"
                           "{\"text\":\"a\",\"time\":6}\n");
    run_twice(f, "jsonl", path);
    assert_int_equal(f->count, 6);
    char *ref = keep(f->events[0].ref);
    f->sink.now_ms += 1000;
    assert_int_equal(run(f, "jsonl", path), KOR_OK);
    assert_string_equal(f->events[0].ref, ref);
    free(ref);
    end(f);
}

static void test_capture_jsonl_honours_since(void **state)
{
    (void)state;
    fixture *f = begin();
    f->sink.since_ms = 1000;
    const char *path =
        put(f, "r.jsonl", "{\"text\":\"a\",\"time\":0}\n{\"text\":\"b\",\"time\":1}\n");
    assert_int_equal(run(f, "jsonl", path), KOR_OK);
    assert_int_equal(f->count, 1);
    assert_string_equal(f->events[0].text, "b");
    end(f);
}

static void test_capture_jsonl_reads_standard_input(void **state)
{
    (void)state;
    fixture *f = begin();
    static const char *const paths[] = {NULL, "-"};
    for (size_t i = 0; i < 2; i++) {
        int pipes[2], old = dup(STDIN_FILENO);
        assert_int_equal(pipe(pipes), 0);
        assert_int_equal(write(pipes[1], "{\"text\":\"a\"}\nbad\n", 17), 17);
        close(pipes[1]);
        assert_true(dup2(pipes[0], STDIN_FILENO) >= 0);
        close(pipes[0]);
        assert_int_equal(run(f, "jsonl", paths[i]), KOR_OK);
        if (old >= 0) {
            assert_true(dup2(old, STDIN_FILENO) >= 0);
            close(old);
        }
        assert_int_equal(f->count, 1);
        assert_int_equal(f->skipped, 1);
        assert_string_equal(f->where[0], "standard input:2");
        assert_true(f->fraction < 0);
    }
    end(f);
}

static void test_capture_jsonl_fails_when_it_cannot_go_on(void **state)
{
    (void)state;
    fixture *f = begin();
    assert_int_equal(run(f, "jsonl", in(f, "none")), KOR_E_NOT_FOUND);
    assert_int_equal(run(f, "jsonl", f->folder), KOR_E_INPUT);
    f->fail = true;
    assert_int_equal(run(f, "jsonl", put(f, "r.jsonl", "{\"text\":\"a\"}")), KOR_E_IO);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_jsonl_reads_every_field),
        cmocka_unit_test(test_capture_jsonl_reports_each_bad_row_and_keeps_the_rest),
        cmocka_unit_test(test_capture_jsonl_survives_deep_nesting_and_nul),
        cmocka_unit_test(test_capture_jsonl_names_rows_without_an_id_by_their_content),
        cmocka_unit_test(test_capture_jsonl_honours_since),
        cmocka_unit_test(test_capture_jsonl_reads_standard_input),
        cmocka_unit_test(test_capture_jsonl_fails_when_it_cannot_go_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
