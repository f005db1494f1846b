/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_capture.h"

static void expect(const fixture *f, size_t i, const char *app, int64_t time_ms, const char *text)
{
    assert_true(i < f->count);
    const kept *k = &f->events[i];
    assert_string_equal(k->source, "shell");
    assert_string_equal(k->app, app);
    assert_string_equal(k->text, text);
    assert_int_equal(k->time_ms, time_ms);
    assert_null(k->title);
}

static void test_capture_shell_reads_bash_with_times(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "h",
                           "#1795347854\necho one >/dev/null\n"
                           "#1795347860\nfor i in 1 2\ndo : $i\n\ndone\n"
                           "#1795347860\nls\n#1795347860\nls\n"
                           "#1795347861\n#1795347862\n#12 is a comment\n");
    run_twice(f, "shell", path);
    assert_int_equal(f->count, 5);
    expect(f, 0, "bash", 1795347854000, "echo one >/dev/null");
    expect(f, 1, "bash", 1795347860000, "for i in 1 2\ndo : $i\n\ndone");
    expect(f, 2, "bash", 1795347860000, "ls");
    expect(f, 3, "bash", 1795347860000, "ls");
    expect(f, 4, "bash", 1795347862000, "#12 is a comment");
    assert_int_equal(f->events[0].offset_min, 60); /* November in Paris */
    assert_contains(f->events[0].uri, "file:///");
    assert_int_equal(f->skipped, 0);
    end(f);
}

/* Commands from before times were switched on come just before the first time. */
static void test_capture_shell_places_untimed_commands_before_the_first_time(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "shell", put(f, "h", "a\n\nb\n#1700000000\nc\n"));
    assert_int_equal(f->count, 3);
    expect(f, 0, "bash", 1699999999998, "a");
    expect(f, 1, "bash", 1699999999999, "b");
    expect(f, 2, "bash", 1700000000000, "c");
    end(f);
}

static void test_capture_shell_names_stay_when_the_history_is_trimmed(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "h", "#1700000000\na\n#1700000001\nb\n#1700000002\nc\n");
    assert_int_equal(run(f, "shell", path), KOR_OK);
    char *b = keep(f->events[1].ref), *c = keep(f->events[2].ref);
    put(f, "h", "#1700000001\nb\n#1700000002\nc\n#1700000003\nd\n");
    assert_int_equal(run(f, "shell", path), KOR_OK);
    assert_string_equal(f->events[0].ref, b);
    assert_string_equal(f->events[1].ref, c);
    free(b);
    free(c);
    end(f);
}

/* The file is written anew with every new command: old names must stay and new times come later. */
static void test_capture_shell_without_times_keeps_names_and_order_as_it_grows(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "h", "ls\nmake\nls\n");
    touch(path, 1700000000);
    run_twice(f, "shell", path);
    assert_int_equal(f->count, 3);
    expect(f, 0, "bash", 1699999999997, "ls");
    expect(f, 2, "bash", 1699999999999, "ls");
    char *refs[3];
    for (int i = 0; i < 3; i++) refs[i] = keep(f->events[i].ref);
    put(f, "h", "ls\nmake\nls\nls\npwd\n");
    touch(path, 1700000005);
    assert_int_equal(run(f, "shell", path), KOR_OK);
    assert_int_equal(f->count, 5);
    for (int i = 0; i < 3; i++) {
        assert_string_equal(f->events[i].ref, refs[i]);
        free(refs[i]);
    }
    assert_true(f->events[3].time_ms > 1699999999999);
    end(f);
}

static void test_capture_shell_reads_zsh_extended(void **state)
{
    (void)state;
    fixture *f = begin();
    /* As zsh 5.9 writes them: a backslash and a line end inside a command, one and two backslashes
     * at its end, metafied bytes of a name in Japanese. */
    run_twice(f, "shell",
              put(f, "h",
                  ": 1795347557:0;echo a\\\\\nb\n"
                  ": 1795347558:12;echo end\\ \n"
                  ":  795347559:0;echo two\\\\ \n"
                  ": 1795347560:0;one\\\n\\\nthree\n"
                  ": 1795347561:0;echo \xe6\x83\xb7\xa5\xe6\x83\xbc\xac \xc6\x83\xb2\n"
                  "no time\n"
                  "\\: colon\n"));
    assert_int_equal(f->count, 7);
    expect(f, 0, "zsh", 1795347557000, "echo a\\\nb");
    expect(f, 1, "zsh", 1795347558000, "echo end\\");
    expect(f, 2, "zsh", 795347559000, "echo two\\\\");
    expect(f, 3, "zsh", 1795347560000, "one\n\nthree");
    expect(f, 4, "zsh", 1795347561000, "echo 日本 ƒ");
    expect(f, 5, "zsh", 1795347561001, "no time");
    expect(f, 6, "zsh", 1795347561002, ": colon");
    end(f);
}

static void test_capture_shell_reads_zsh_without_times_by_its_name(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, ".zsh_history", "one\\\ntwo\nlast\\\n");
    touch(path, 1700000000);
    run_twice(f, "shell", path);
    assert_int_equal(f->count, 2);
    expect(f, 0, "zsh", 1699999999998, "one\ntwo");
    expect(f, 1, "zsh", 1699999999999, "last\\");
    end(f);
}

static void test_capture_shell_reads_fish(void **state)
{
    (void)state;
    fixture *f = begin();
    /* As fish 3.6 writes them. */
    run_twice(
        f, "shell",
        put(f, "h",
            "- cmd: echo \"a\\nb\"\n  when: 1795347558\n"
            "- cmd: echo back\\\\\\\\slash\\\\\\\\n\n  when: 1795347559\n  paths:\n    - src/a.c\n"
            "- cmd: printf \\t é\n  when: 1795347560\n"));
    assert_int_equal(f->count, 3);
    expect(f, 0, "fish", 1795347558000, "echo \"a\nb\"");
    expect(f, 1, "fish", 1795347559000, "echo back\\\\slash\\\\n");
    expect(f, 2, "fish", 1795347560000, "printf \\t é");
    end(f);
}

static void test_capture_shell_reports_what_fish_did_not_write(void **state)
{
    (void)state;
    fixture *f = begin();
    run_twice(f, "shell",
              put(f, "h", "- cmd: a\n  when: 1795347558\ngarbage\n- cmd: b\n  when: soon\n"));
    assert_int_equal(f->count, 2);
    expect(f, 1, "fish", 1795347558001, "b");
    assert_int_equal(f->skipped, 2);
    assert_contains(f->where[0], "h:3");
    assert_contains(f->why[0], "- cmd: ");
    assert_contains(f->where[1], "h:5");
    end(f);
}

static void test_capture_shell_survives_any_bytes(void **state)
{
    (void)state;
    fixture *f = begin();
    static const char bytes[] =
        "a\0b\n\x83\n\xff\xfe\\\n: 99999999999999:0;x\n#99999999999999\n   \n";
    run_twice(f, "shell", put_bytes(f, "h", bytes, sizeof bytes - 1));
    assert_int_equal(f->count, 5);
    assert_int_equal(f->events[0].text_len, 3);
    run_twice(f, "shell", put_bytes(f, "zsh", bytes, sizeof bytes - 1));
    assert_string_equal(f->events[1].text, "\x83");
    run_twice(f, "shell", put(f, "empty", ""));
    assert_int_equal(f->count, 0);
    /* A time that cannot be: the line is a command. */
    run_twice(f, "shell", put(f, "h", "#999999999999\nls\n"));
    assert_int_equal(f->count, 2);
    end(f);
}

static void test_capture_shell_honours_since(void **state)
{
    (void)state;
    fixture *f = begin();
    const char *path = put(f, "h", "#1700000000\nls\n#1700000000\nls\n#1700000001\nls\n");
    assert_int_equal(run(f, "shell", path), KOR_OK);
    char *last = keep(f->events[2].ref);
    f->sink.since_ms = 1700000001000;
    assert_int_equal(run(f, "shell", path), KOR_OK);
    assert_int_equal(f->count, 1);
    assert_string_equal(f->events[0].ref, last);
    free(last);
    end(f);
}

static void test_capture_shell_hands_a_failure_of_the_sink_on(void **state)
{
    (void)state;
    fixture *f = begin();
    f->fail = true;
    assert_int_equal(run(f, "shell", put(f, "h", "ls\n")), KOR_E_IO);
    assert_string_equal(f->err.msg, "the sink is full");
    end(f);
}

static void set(const char *name, const char *value)
{
    assert_int_equal(value ? setenv(name, value, 1) : unsetenv(name), 0);
}

static void test_capture_shell_finds_the_usual_places(void **state)
{
    (void)state;
    fixture *f = begin();
    char *old_home = getenv("HOME") ? keep(getenv("HOME")) : NULL;
    set("HOME", f->folder);
    set("HISTFILE", NULL);
    set("ZDOTDIR", NULL);
    set("XDG_DATA_HOME", NULL);
    assert_int_equal(run(f, "shell", NULL), KOR_E_NOT_FOUND);
    assert_contains(f->err.msg, ".bash_history");

    put(f, ".bash_history", "#1700000000\nfrom bash\n");
    put(f, "z/.zsh_history", ": 1700000001:0;from zsh\n");
    put(f, ".local/share/fish/fish_history", "- cmd: from fish\n  when: 1700000002\n");
    put(f, "data/fish/fish_history", "- cmd: from elsewhere\n  when: 1700000003\n");
    set("HISTFILE", in(f, ".bash_history")); /* the same file again */
    set("ZDOTDIR", in(f, "z"));
    run_twice(f, "shell", NULL);
    assert_int_equal(f->count, 3);
    expect(f, 0, "bash", 1700000000000, "from bash");
    expect(f, 1, "zsh", 1700000001000, "from zsh");
    expect(f, 2, "fish", 1700000002000, "from fish");
    assert_true(f->fraction == 1.0);

    set("XDG_DATA_HOME", in(f, "data"));
    assert_int_equal(run(f, "shell", NULL), KOR_OK);
    expect(f, 2, "fish", 1700000003000, "from elsewhere");

    set("HOME", NULL);
    set("HISTFILE", NULL);
    assert_int_equal(run(f, "shell", NULL), KOR_E_NOT_FOUND);
    assert_contains(f->err.msg, "HOME is not set");
    set("ZDOTDIR", NULL);
    set("XDG_DATA_HOME", NULL);
    set("HOME", old_home);
    free(old_home);
    end(f);
}

static void test_capture_shell_refuses_what_is_no_file(void **state)
{
    (void)state;
    fixture *f = begin();
    assert_int_equal(run(f, "shell", in(f, "none")), KOR_E_NOT_FOUND);
    assert_int_equal(run(f, "shell", f->folder), KOR_E_INPUT);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_shell_reads_bash_with_times),
        cmocka_unit_test(test_capture_shell_places_untimed_commands_before_the_first_time),
        cmocka_unit_test(test_capture_shell_names_stay_when_the_history_is_trimmed),
        cmocka_unit_test(test_capture_shell_without_times_keeps_names_and_order_as_it_grows),
        cmocka_unit_test(test_capture_shell_reads_zsh_extended),
        cmocka_unit_test(test_capture_shell_reads_zsh_without_times_by_its_name),
        cmocka_unit_test(test_capture_shell_reads_fish),
        cmocka_unit_test(test_capture_shell_reports_what_fish_did_not_write),
        cmocka_unit_test(test_capture_shell_survives_any_bytes),
        cmocka_unit_test(test_capture_shell_honours_since),
        cmocka_unit_test(test_capture_shell_hands_a_failure_of_the_sink_on),
        cmocka_unit_test(test_capture_shell_finds_the_usual_places),
        cmocka_unit_test(test_capture_shell_refuses_what_is_no_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
