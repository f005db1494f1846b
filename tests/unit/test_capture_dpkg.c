/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "test_capture.h"

static const char dpkg_log[] = "2026-10-15 21:36:01 startup archives unpack\n"
                               "2026-10-15 21:36:01 install foo:amd64 <none> 1.2-3\n"
                               "2026-10-15 21:36:01 status half-installed foo:amd64 1.2-3\n"
                               "2026-10-15 21:36:02 configure foo:amd64 1.2-3 <none>\n"
                               "2026-10-15 21:36:03 trigproc man-db:amd64 2.11.2-2 <none>\n"
                               "2026-12-01 08:00:00 upgrade foo:amd64 1.2-3 1.3-1\n"
                               "2026-12-01 08:00:01 remove foo:amd64 1.3-1 <none>\n"
                               "2026-12-01 08:00:02 purge foo:amd64 1.3-1 <none>\n";

static const char apt_log[] =
    "\n"
    "Start-Date: 2026-10-15  21:35:59\n"
    "Commandline: apt-get install -qqy foo\n"
    "Requested-By: kim (1000)\n"
    "Install: libbar1:amd64 (0.9, automatic), foo:amd64 (1.2-3), libc6:amd64 (2.36-9, automatic)\n"
    "Upgrade: baz:all (1.0, 1.1)\n"
    "End-Date: 2026-10-15  21:36:05\n"
    "\n"
    "Start-Date: 2026-12-01  08:00:00\n"
    "Commandline: apt purge foo\n"
    "Purge: foo:amd64 (1.3-1)\n"
    "Error: Sub-process /usr/bin/dpkg returned an error code (1)\n"
    "End-Date: 2026-12-01  08:00:03\n";

static void test_capture_dpkg_reads_what_changed(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "dpkg", put(f, "log", dpkg_log));
    assert_int_equal(f->skipped, 0);
    assert_int_equal(f->count, 4);
    const kept *k = f->events;
    assert_string_equal(k[0].text, "install foo:amd64 1.2-3");
    assert_string_equal(k[1].text, "upgrade foo:amd64 1.2-3 -> 1.3-1");
    assert_string_equal(k[2].text, "remove foo:amd64 1.3-1");
    assert_string_equal(k[3].text, "purge foo:amd64 1.3-1");
    /* Paris is two hours ahead in October and one in December. */
    assert_int_equal(k[0].time_ms, 1792092961000);
    assert_int_equal(k[0].offset_min, 120);
    assert_int_equal(k[1].time_ms, 1796108400000);
    assert_int_equal(k[1].offset_min, 60);
    assert_string_equal(k[0].source, "dpkg");
    assert_string_equal(k[0].app, "dpkg");
    assert_null(k[0].title);
    end(f);
}

static void test_capture_dpkg_reads_what_apt_was_asked(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "dpkg", put(f, "log", apt_log));
    assert_int_equal(f->skipped, 0);
    assert_int_equal(f->count, 2);
    const kept *k = f->events;
    assert_string_equal(k[0].text,
                        "apt-get install -qqy foo\n"
                        "Install: foo:amd64 1.2-3, libbar1:amd64 0.9, libc6:amd64 2.36-9\n"
                        "Upgrade: baz:all 1.0 -> 1.1");
    assert_string_equal(k[0].title, "apt-get install -qqy foo");
    assert_string_equal(k[0].app, "apt");
    assert_int_equal(k[0].time_ms, 1792092959000);
    assert_string_equal(k[1].text, "apt purge foo\nPurge: foo:amd64 1.3-1");
    end(f);
}

/* A stanza that was read before apt had ended is not read again with its end. */
static void test_capture_dpkg_names_a_stanza_without_its_end(void **state)
{
    (void)state;
    fixture *f = begin();
    static const char open[] = "Start-Date: 2026-10-15  21:35:59\nCommandline: apt install foo\n";
    const char *path = put(f, "log", open);
    assert_int_equal(run(f, "dpkg", path), KOR_OK);
    assert_int_equal(f->count, 1);
    char *ref = keep(f->events[0].ref), whole[200];
    (void)snprintf(whole, sizeof whole, "%sEnd-Date: 2026-10-15  21:36:05\n", open);
    put(f, "log", whole);
    assert_int_equal(run(f, "dpkg", path), KOR_OK);
    assert_string_equal(f->events[0].ref, ref);
    free(ref);
    end(f);
}

static void test_capture_dpkg_bounds_what_it_lists(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_str log = {0};
    kor_str_puts(&log, "Start-Date: 2026-10-15  21:35:59\nInstall: ");
    for (int i = 0; i < 1000; i++) {
        kor_str_printf(&log, "%slib%d:amd64 (1.0, automatic)", i ? ", " : "", i);
    }
    kor_str_puts(&log, ", wanted:amd64 (2.0)\n");
    assert_int_equal(run(f, "dpkg", put(f, "log", kor_str_text(&log))), KOR_OK);
    kor_str_free(&log);
    assert_int_equal(f->count, 1);
    assert_null(f->events[0].title);
    assert_contains(f->events[0].text, "Install: wanted:amd64 2.0, lib0:amd64 1.0, lib1");
    assert_contains(f->events[0].text, "lib38:amd64 1.0 and 961 more");
    end(f);
}

static void test_capture_dpkg_reports_lines_it_cannot_read(void **state)
{
    (void)state;
    fixture *f = begin();
    static const char log[] = "cut short\n"
                              "2026-10-15 21:36:01 install foo:amd64 <none> 1.2-3\n"
                              "2026-02-30 21:36:01 install foo:amd64 <none> 1.2-3\n"
                              "2026-10-15 21:36:01 install foo:amd64\n"
                              "2026-10-15 21:36:01 remove a b c d e f\n"
                              "2026-10-15 21:36\n"
                              "2026-10-15 21:36:01 install b\0r <none> 1\n"
                              "Start-Date: never\nCommandline: apt install x\n\n"
                              "2026-10-15 21:36:01 install bar:amd64 <none> 1\n";
    run_twice(f, "dpkg", put_bytes(f, "log", log, sizeof log - 1));
    assert_int_equal(f->count, 2);
    assert_string_equal(f->events[1].text, "install bar:amd64 1");
    static const int lines[] = {1, 3, 4, 5, 6, 7, 8};
    assert_int_equal(f->skipped, 7);
    for (size_t i = 0; i < 7; i++) {
        char where[40];
        (void)snprintf(where, sizeof where, "/log:%d", lines[i]);
        assert_contains(f->where[i], where);
    }
    end(f);
}

static void test_capture_dpkg_refuses_what_is_no_log(void **state)
{
    (void)state;
    fixture *f = begin();
    kor_str lines = {0};
    for (int i = 0; i < 1000; i++) kor_str_puts(&lines, "hello\n");
    assert_int_equal(run(f, "dpkg", put(f, "log", kor_str_text(&lines))), KOR_E_INPUT);
    kor_str_free(&lines);
    assert_contains(f->err.msg, "neither a dpkg log nor an apt history");
    assert_int_equal(f->skipped, 0);
    assert_int_equal(run(f, "dpkg", put(f, "log", "hello\n")), KOR_E_INPUT);
    assert_int_equal(run(f, "dpkg", put(f, "log", "\x1f\x8b\x08")), KOR_E_UNSUPPORTED);
    assert_int_equal(run(f, "dpkg", put(f, "log", "")), KOR_OK);
    assert_int_equal(f->count, 0);
    assert_int_equal(run(f, "dpkg", in(f, "none")), KOR_E_NOT_FOUND);
    assert_int_equal(run(f, "dpkg", put(f, "empty/x", "") ? in(f, "empty") : NULL),
                     KOR_E_NOT_FOUND);
    assert_contains(f->err.msg, "no dpkg.log");
    end(f);
}

static void test_capture_dpkg_reads_the_logs_of_a_folder(void **state)
{
    (void)state;
    fixture *f = begin();
    put(f, "dpkg.log", "2026-10-15 21:36:01 install b:all <none> 1\n");
    put(f, "dpkg.log.1", "2026-09-15 21:36:01 install a:all <none> 1\n");
    put(f, "dpkg.log.2.gz", "\x1f\x8b");
    put(f, "apt/history.log", apt_log);
    put(f, "other.log", "x\n");
    run_twice(f, "dpkg", f->folder);
    assert_int_equal(f->count, 4);
    assert_string_equal(f->events[0].text, "install a:all 1");
    assert_string_equal(f->events[1].text, "install b:all 1");
    assert_string_equal(f->events[2].app, "apt");
    assert_int_equal(f->skipped, 1);
    assert_contains(f->where[0], "dpkg.log.2.gz");
    assert_contains(f->why[0], "compressed");
    assert_true(f->fraction == 1.0);
    end(f);
}

static void test_capture_dpkg_honours_since(void **state)
{
    (void)state;
    fixture *f = begin();
    f->sink.since_ms = 1796108401000;
    assert_int_equal(run(f, "dpkg", put(f, "log", dpkg_log)), KOR_OK);
    assert_int_equal(f->count, 2);
    assert_string_equal(f->events[0].text, "remove foo:amd64 1.3-1");
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_dpkg_reads_what_changed),
        cmocka_unit_test(test_capture_dpkg_reads_what_apt_was_asked),
        cmocka_unit_test(test_capture_dpkg_names_a_stanza_without_its_end),
        cmocka_unit_test(test_capture_dpkg_bounds_what_it_lists),
        cmocka_unit_test(test_capture_dpkg_reports_lines_it_cannot_read),
        cmocka_unit_test(test_capture_dpkg_refuses_what_is_no_log),
        cmocka_unit_test(test_capture_dpkg_reads_the_logs_of_a_folder),
        cmocka_unit_test(test_capture_dpkg_honours_since),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
