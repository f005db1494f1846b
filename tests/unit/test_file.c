/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "scratch.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>

static void test_file_map_gives_the_bytes(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_map map;
    kor_error err;
    put_file(in(&f, "a"), "korora\0!", 8);
    assert_works(kor_map_open(&map, in(&f, "a"), &err), &err);
    assert_int_equal(map.size, 8);
    assert_memory_equal(map.data, "korora\0!", 8);
    kor_map_close(&map);
    assert_null(map.data);
    kor_map_close(&map);
    folder_remove(&f);
}

static void test_file_map_of_an_empty_file_is_empty(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_map map = {(const unsigned char *)"x", 1};
    kor_error err;
    put_file(in(&f, "empty"), "", 0);
    assert_works(kor_map_open(&map, in(&f, "empty"), &err), &err);
    assert_null(map.data);
    assert_int_equal(map.size, 0);
    kor_map_close(&map);
    folder_remove(&f);
}

static void test_file_map_outlives_a_file_that_is_replaced(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_map map;
    kor_error err;
    put_file(in(&f, "a"), "old", 3);
    assert_works(kor_map_open(&map, in(&f, "a"), &err), &err);
    kor_writer w;
    assert_works(kor_writer_open(&w, in(&f, "a"), &err), &err);
    assert_works(kor_writer_add(&w, "newer", 5, &err), &err);
    assert_works(kor_writer_commit(&w, &err), &err);
    assert_memory_equal(map.data, "old", 3);
    assert_true(file_is(in(&f, "a"), "newer"));
    kor_map_close(&map);
    folder_remove(&f);
}

/* What is not a file with bytes: named in the message, refused at once, by both ways to read. */
static void test_file_refuses_what_is_not_a_regular_file(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_map map;
    assert_int_equal(mkdir(in(&f, "dir"), 0700), 0);
    assert_int_equal(mkfifo(in(&f, "fifo"), 0600), 0);
    assert_int_equal(symlink("nowhere", in(&f, "dangling")), 0);
    put_file(in(&f, "file"), "x", 1);
    const struct {
        const char *name;
        kor_status want;
        const char *part;
    } cases[] = {
        {"dir", KOR_E_INPUT, "dir: not a regular file"},
        {"fifo", KOR_E_INPUT, "fifo: not a regular file"},
        {"missing", KOR_E_NOT_FOUND, "missing: cannot open"},
        {"dangling", KOR_E_NOT_FOUND, "dangling: cannot open"},
        {"file/below", KOR_E_NOT_FOUND, "file/below: cannot open"},
    };
    alarm(60); /* a FIFO that nobody writes to would hang */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = in(&f, cases[i].name);
        assert_fails(kor_map_open(&map, path, &err), cases[i].want, &err, cases[i].part);
        assert_null(map.data);
        kor_str text = {0};
        assert_fails(kor_file_read(&text, path, 100, &err), cases[i].want, &err, cases[i].part);
        assert_int_equal(text.len, 0);
        kor_str_free(&text);
    }
    assert_fails(kor_map_open(&map, "/dev/null", &err), KOR_E_INPUT, &err, "not a regular file");
    alarm(0);
    folder_remove(&f);
}

static void test_file_read_appends_up_to_its_limit(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    enum { N = 200000 }; /* several reads */
    char *bytes = malloc(N);
    assert_non_null(bytes);
    for (size_t i = 0; i < N; i++) bytes[i] = (char)(i % 251);
    put_file(in(&f, "a"), bytes, N);
    kor_str s = {0};
    kor_str_puts(&s, "head ");
    assert_works(kor_file_read(&s, in(&f, "a"), N, &err), &err);
    assert_int_equal(s.len, 5 + N);
    assert_memory_equal(s.data, "head ", 5);
    assert_memory_equal(s.data + 5, bytes, N);
    kor_str_clear(&s);
    assert_fails(kor_file_read(&s, in(&f, "a"), N - 1, &err), KOR_E_INPUT, &err,
                 "larger than 199999 bytes");
    kor_str_clear(&s);
    kor_str_add(&s, "x", SIZE_MAX);
    assert_fails(kor_file_read(&s, in(&f, "a"), N, &err), KOR_E_MEMORY, &err, "memory");
    kor_str_free(&s);
    free(bytes);
    folder_remove(&f);
}

static void test_file_writer_shows_nothing_until_it_commits(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_writer w;
    const char *path = in(&f, "a");
    put_file(path, "old", 3);
    assert_works(kor_writer_open(&w, path, &err), &err);
    assert_works(kor_writer_add(&w, "new ", 4, &err), &err);
    assert_works(kor_writer_add(&w, "", 0, &err), &err);
    assert_works(kor_writer_add(&w, "text", 4, &err), &err);
    assert_true(file_is(path, "old"));
    assert_works(kor_writer_commit(&w, &err), &err);
    assert_true(file_is(path, "new text"));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(entries(&f), 1);
    kor_writer_abandon(&w); /* too late: nothing happens */
    assert_true(file_is(path, "new text"));
    folder_remove(&f);
}

static void test_file_writer_abandoned_leaves_no_trace(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_writer w;
    put_file(in(&f, "a"), "old", 3);
    assert_works(kor_writer_open(&w, in(&f, "a"), &err), &err);
    assert_works(kor_writer_add(&w, "new", 3, &err), &err);
    kor_writer_abandon(&w);
    kor_writer_abandon(&w);
    assert_true(file_is(in(&f, "a"), "old"));
    assert_int_equal(entries(&f), 1);
    assert_works(kor_writer_open(&w, in(&f, "b"), &err), &err);
    kor_writer_abandon(&w);
    assert_int_equal(entries(&f), 1);
    folder_remove(&f);
}

static void test_file_writer_fails_where_nothing_can_be_written(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_writer w;
    assert_fails(kor_writer_open(&w, in(&f, "missing/a"), &err), KOR_E_NOT_FOUND, &err,
                 "missing/a: cannot create");
    assert_int_equal(w.fd, -1);
    kor_writer_abandon(&w);
    put_file(in(&f, "file"), "x", 1);
    assert_fails(kor_writer_open(&w, in(&f, "file/a"), &err), KOR_E_NOT_FOUND, &err,
                 "file/a: cannot create");
    assert_fails(kor_writer_open(&w, "/sys/korora", &err), KOR_E_IO, &err,
                 "/sys/korora: cannot create");
    char path[5000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_fails(kor_writer_open(&w, path, &err), KOR_E_ARG, &err, "path too long");
    assert_int_equal(w.fd, -1);

    /* A folder in the place of the file: seen at the commit, which takes its temporary file away.
     */
    assert_int_equal(mkdir(in(&f, "dir"), 0700), 0);
    assert_works(kor_writer_open(&w, in(&f, "dir"), &err), &err);
    assert_works(kor_writer_add(&w, "x", 1, &err), &err);
    assert_fails(kor_writer_commit(&w, &err), KOR_E_IO, &err, "dir: cannot replace");
    assert_int_equal(entries(&f), 2);
    folder_remove(&f);
}

/* The limit on file size stands for a full disk. */
static void test_file_writer_on_a_full_disk_keeps_the_old_file(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_writer w;
    put_file(in(&f, "a"), "old", 3);
    struct rlimit before, small;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = (struct rlimit){1000, before.rlim_max};
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    static const char bytes[3000] = {1};
    kor_status opened = kor_writer_open(&w, in(&f, "a"), &err);
    kor_status written = kor_writer_add(&w, bytes, sizeof bytes, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    signal(SIGXFSZ, handler);
    assert_int_equal(opened, KOR_OK);
    assert_fails(written, KOR_E_IO, &err, "a: cannot write");
    kor_writer_abandon(&w);
    assert_true(file_is(in(&f, "a"), "old"));
    assert_int_equal(entries(&f), 1);
    folder_remove(&f);
}

static void test_file_write_all_reports_a_descriptor_that_refuses(void **state)
{
    (void)state;
    kor_error err;
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_fails(kor_write_all(fd, "x", 1, "the pipe", &err), KOR_E_IO, &err,
                 "the pipe: cannot write");
    assert_works(kor_write_all(fd, "x", 0, "the pipe", &err), &err);
    close(fd);
}

static void test_file_make_dirs_makes_private_folders(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    struct stat st;
    mode_t mask = umask(0);
    assert_works(kor_make_dirs(in(&f, "a/b//c/"), &err), &err);
    umask(mask);
    static const char *const made[] = {"a", "a/b", "a/b/c"};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stat(in(&f, made[i]), &st), 0);
        assert_true(S_ISDIR(st.st_mode));
        assert_int_equal(st.st_mode & 0777, 0700);
    }
    assert_int_equal(chmod(in(&f, "a"), 0755), 0);
    assert_works(kor_make_dirs(in(&f, "a/b/c"), &err), &err);
    assert_int_equal(stat(in(&f, "a"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0755); /* what was there stays as it was */
    assert_works(kor_make_dirs("/", &err), &err);
    folder_remove(&f);
}

static void test_file_make_dirs_refuses_a_file_in_the_way(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    put_file(in(&f, "file"), "x", 1);
    assert_fails(kor_make_dirs(in(&f, "file"), &err), KOR_E_NOT_FOUND, &err,
                 "file: cannot make the directory");
    assert_fails(kor_make_dirs(in(&f, "file/a"), &err), KOR_E_NOT_FOUND, &err,
                 "file: cannot make the directory");
    assert_int_equal(symlink("nowhere", in(&f, "dangling")), 0);
    assert_fails(kor_make_dirs(in(&f, "dangling"), &err), KOR_E_NOT_FOUND, &err, "dangling");
    assert_fails(kor_make_dirs("", &err), KOR_E_ARG, &err, "not a usable path");
    char path[5000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_fails(kor_make_dirs(path, &err), KOR_E_ARG, &err, "not a usable path");
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_map_gives_the_bytes),
        cmocka_unit_test(test_file_map_of_an_empty_file_is_empty),
        cmocka_unit_test(test_file_map_outlives_a_file_that_is_replaced),
        cmocka_unit_test(test_file_refuses_what_is_not_a_regular_file),
        cmocka_unit_test(test_file_read_appends_up_to_its_limit),
        cmocka_unit_test(test_file_writer_shows_nothing_until_it_commits),
        cmocka_unit_test(test_file_writer_abandoned_leaves_no_trace),
        cmocka_unit_test(test_file_writer_fails_where_nothing_can_be_written),
        cmocka_unit_test(test_file_writer_on_a_full_disk_keeps_the_old_file),
        cmocka_unit_test(test_file_write_all_reports_a_descriptor_that_refuses),
        cmocka_unit_test(test_file_make_dirs_makes_private_folders),
        cmocka_unit_test(test_file_make_dirs_refuses_a_file_in_the_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
