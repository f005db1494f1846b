/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include <signal.h>
#include <sys/resource.h>

static char *stored_text(fixture *f, int64_t id, size_t *len)
{
    kor_arena arena = {0};
    kor_event e;
    assert_ok(f, kor_memory_get(f->memory, id, &arena, &e, &f->err));
    char *copy = malloc(e.text_len + 1);
    assert_non_null(copy);
    memcpy(copy, e.text, e.text_len + 1);
    *len = e.text_len;
    kor_arena_free(&arena);
    return copy;
}

/* ---- What is stored ---- */

static void test_ingest_twice_adds_nothing(void **state)
{
    fixture *f = *state;
    kor_event events[] = {text_event("one", NOON), text_event("two", NOON),
                          text_event("three", NOON)};
    events[0].ref = "a";
    events[1].ref = "b";
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_ingest_stats first = store(f, events, 3), second = store(f, events, 3);
    assert_int_equal(first.added, 3);
    assert_int_equal(first.known, 0);
    assert_int_equal(first.text_bytes, 11);
    assert_int_equal(first.last_id, 3);
    /* The third has no ref: it is always new. */
    assert_int_equal(second.added, 1);
    assert_int_equal(second.known, 2);
    assert_int_equal(count_events(f), 4);
}

static void test_ingest_tells_refs_of_scopes_and_sources_apart(void **state)
{
    fixture *f = *state;
    kor_event events[] = {text_event("x", NOON), text_event("x", NOON), text_event("x", NOON),
                          text_event("x", NOON)};
    for (int i = 0; i < 4; i++) events[i].ref = "same";
    events[1].scope = "other";
    events[2].source = "else";
    events[3].scope = ""; /* the user's own, as NULL is */
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_ingest_stats stats = store(f, events, 4);
    assert_int_equal(stats.added, 3);
    assert_int_equal(stats.known, 1);
}

static void test_ingest_repairs_text(void **state)
{
    static const struct {
        const char *in;
        size_t len;
        const char *out;
    } cases[] = {
        {"plain", 5, "plain"},
        {"a\0b", 3,
         "a\xef\xbf\xbd"
         "b"},
        {"\xff\xfe!", 3, "\xef\xbf\xbd\xef\xbf\xbd!"},
        {"torn \xe2\x82", 7, "torn \xef\xbf\xbd"},
        {"\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd"},
        {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_event e = {.time_ms = NOON,
                       .source = "test",
                       .title = "bad \x80 title",
                       .text = cases[i].in,
                       .text_len = cases[i].len};
        size_t len;
        char *text = stored_text(f, store(f, &e, 1).last_id, &len);
        assert_string_equal(text, cases[i].out);
        assert_int_equal(len, strlen(cases[i].out));
        free(text);
    }
    assert_ok(f, kor_memory_check(f->memory, &f->err));
}

static void test_ingest_cuts_a_long_text_at_a_character(void **state)
{
    fixture *f = *state;
    size_t len = 50u << 20, got;
    char *text = malloc(len), *kept;
    assert_non_null(text);
    for (size_t i = 0; i + 1 < len; i += 2) memcpy(text + i, "\xc3\xa9", 2);
    text[0] = 'x'; /* an odd start, so that the limit falls inside a character */
    text[1] = 'x';
    memmove(text + 1, text + 2, len - 2);
    kor_event e = {.time_ms = NOON, .source = "test", .text = text, .text_len = len - 1};
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    int64_t id = store(f, &e, 1).last_id;
    kept = stored_text(f, id, &got);
    assert_int_equal(got, KOR_EVENT_TEXT_MAX - 1);
    assert_memory_equal(kept, text, got);
    free(kept);
    /* The same with something to repair in it. */
    text[100] = 0;
    kept = stored_text(f, store(f, &e, 1).last_id, &got);
    assert_true(got <= KOR_EVENT_TEXT_MAX && got > KOR_EVENT_TEXT_MAX - 4);
    free(kept);
    free(text);
}

static void test_ingest_leaves_out_what_is_empty(void **state)
{
    fixture *f = *state;
    kor_event events[] = {text_event("", NOON), text_event(" \t\r\n", NOON), text_event("", NOON),
                          text_event("", NOON)};
    events[2].title = "  ";
    events[3].title = "a title alone";
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    kor_ingest_stats stats = store(f, events, 4);
    assert_int_equal(stats.empty, 3);
    assert_int_equal(stats.added, 1);
}

static void test_ingest_refuses_an_event_without_source_or_text(void **state)
{
    fixture *f = *state;
    kor_ingest *in;
    kor_event no_source = text_event("x", NOON), no_text = {.source = "test"};
    no_source.source = "";
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_ingest_begin(&in, f->memory, 0, &f->err));
    assert_int_equal(kor_ingest_add(in, &no_source, &f->err), KOR_E_ARG);
    assert_int_equal(kor_ingest_add(in, &no_text, &f->err), KOR_E_ARG);
    kor_event good = text_event("goes on", NOON);
    assert_ok(f, kor_ingest_add(in, &good, &f->err));
    assert_ok(f, kor_ingest_end(in, NULL, &f->err));
    assert_int_equal(count_events(f), 1);
}

static void test_ingest_keeps_a_copy_of_what_it_is_given(void **state)
{
    fixture *f = *state;
    kor_ingest *in;
    char text[] = "before", ref[] = "r1";
    kor_event e = text_event(text, NOON);
    e.ref = ref;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    assert_ok(f, kor_ingest_add(in, &e, &f->err));
    memcpy(text, "after!", 6);
    ref[1] = '2';
    assert_ok(f, kor_ingest_end(in, NULL, &f->err));
    size_t len;
    char *kept = stored_text(f, 1, &len);
    assert_string_equal(kept, "before");
    free(kept);
}

static void test_ingest_embeds_each_event_once(void **state)
{
    fixture *f = *state;
    kor_memory_stats stats;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    kor_event events[600];
    char refs[600][8];
    for (int i = 0; i < 600; i++) {
        (void)snprintf(refs[i], sizeof refs[i], "%d", i);
        events[i] = text_event("an event of many", NOON + i);
        events[i].ref = refs[i];
    }
    store(f, events, 600);
    store(f, events, 600);
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    assert_int_equal(stats.events, 600);
    assert_int_equal(stats.vectors, 600);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
}

/* ---- What goes wrong ---- */

enum { HISTORY = 3000 };

/* Import a history of HISTORY events; after each call, tell the pipe how many are acknowledged. */
static kor_status import_history(kor_memory *memory, int told, kor_ingest_stats *stats,
                                 kor_error *err)
{
    kor_ingest *in;
    int64_t last = 0;
    KOR_TRY(kor_ingest_begin(&in, memory, 1, err));
    kor_status status = KOR_OK;
    for (int i = 0; i < HISTORY && status == KOR_OK; i++) {
        char ref[16], text[400];
        (void)snprintf(ref, sizeof ref, "%d", i);
        (void)snprintf(text, sizeof text, "step %d of a long history%*s", i, 200, "that goes on");
        kor_event e = text_event(text, NOON + i);
        e.ref = ref;
        status = kor_ingest_add(in, &e, err);
        kor_ingest_get_stats(in, stats);
        if (told >= 0 && stats->added > last) {
            last = stats->added;
            if (write(told, &last, sizeof last) != sizeof last) _exit(98);
        }
    }
    kor_status ended = kor_ingest_end(in, stats, status == KOR_OK ? err : NULL);
    return status == KOR_OK ? ended : status;
}

/* The first n of the history are there, and a rerun completes it without repeating one. */
static void check_history(fixture *f, int64_t acknowledged)
{
    kor_ingest_stats stats;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t before = count_events(f);
    assert_true(before >= acknowledged);
    assert_true(before < HISTORY);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    assert_ok(f, import_history(f->memory, -1, &stats, &f->err));
    assert_int_equal(stats.known, before);
    assert_int_equal(stats.added, HISTORY - before);
    assert_int_equal(count_events(f), HISTORY);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
}

static void test_ingest_killed_loses_nothing_acknowledged(void **state)
{
    fixture *f = *state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        kor_ingest_stats stats;
        close(ends[0]);
        if (kor_memory_open(&f->memory, f->home, KOR_MEMORY_WRITE, NULL, NULL) != KOR_OK) _exit(1);
        _exit(import_history(f->memory, ends[1], &stats, NULL) == KOR_OK ? 0 : 2);
    }
    close(ends[1]);
    int64_t acknowledged = 0, n;
    bool killed = false;
    while (read(ends[0], &n, sizeof n) == sizeof n) {
        acknowledged = n;
        if (!killed && n >= 500) {
            killed = true;
            assert_int_equal(kill(pid, SIGKILL), 0);
        }
    }
    close(ends[0]);
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    assert_true(acknowledged >= 500);
    check_history(f, acknowledged);
}

/* A disk that is full after some 700 kB, as far as this process can tell. */
static int import_until_full(fixture *f)
{
    struct rlimit limit = {700000, 700000};
    kor_ingest_stats stats;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
    kor_memory *memory;
    if (kor_memory_open(&memory, f->home, KOR_MEMORY_WRITE, NULL, &f->err) != KOR_OK) return 2;
    kor_status status = import_history(memory, -1, &stats, &f->err);
    if (status != KOR_E_IO) return 3;
    if (!strstr(f->err.msg, "nothing of this batch was stored; what was acknowledged is safe"))
        return 4;
    if (stats.added == 0 || stats.added % 256 != 0) return 5;
    char path[300];
    (void)snprintf(path, sizeof path, "%s/acknowledged", f->folder);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(&stats.added, sizeof stats.added, 1, file) != 1 || fclose(file) != 0)
        return 6;
    /* The process is left as a full disk leaves it: nothing can be written when it closes. */
    kor_memory_close(memory);
    return 0;
}

static void test_ingest_on_a_full_disk_keeps_what_was_acknowledged(void **state)
{
    fixture *f = *state;
    char path[300];
    int64_t acknowledged;
    assert_int_equal(in_child(import_until_full, f, false), 0);
    (void)snprintf(path, sizeof path, "%s/acknowledged", f->folder);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    assert_int_equal(fread(&acknowledged, sizeof acknowledged, 1, file), 1);
    fclose(file);
    check_history(f, acknowledged);
}

static void test_ingest_fails_once_and_stays_failed(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_ingest *in;
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    /* No file may grow: the next commit cannot be written. */
    struct rlimit before, none = {0, 0};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    (void)signal(SIGXFSZ, SIG_IGN);
    kor_event e = text_event("cannot be written", NOON);
    kor_status status = KOR_OK;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    for (int i = 0; i < 300 && status == KOR_OK; i++) status = kor_ingest_add(in, &e, &f->err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, KOR_E_IO);
    assert_int_equal(kor_ingest_add(in, &e, &f->err), KOR_E_IO);
    assert_says(f, "disk full");
    kor_ingest_stats stats;
    assert_int_equal(kor_ingest_end(in, &stats, &f->err), KOR_E_IO);
    assert_int_equal(stats.added, 0);
    assert_int_equal(count_events(f), 0);
    assert_true(remember(f, "there is room again", NOON) > 0);
}

static int import_all(fixture *f)
{
    kor_ingest_stats stats;
    kor_memory *memory;
    if (kor_memory_open(&memory, f->home, KOR_MEMORY_WRITE, NULL, &f->err) != KOR_OK) return 1;
    if (import_history(memory, -1, &stats, &f->err) != KOR_OK) return 2;
    kor_memory_close(memory);
    return stats.added + stats.known == HISTORY ? 0 : 3;
}

static void test_ingest_by_two_processes_at_once(void **state)
{
    fixture *f = *state;
    pid_t pids[2];
    for (int i = 0; i < 2; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) _exit(import_all(f));
    }
    for (int i = 0; i < 2; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    open_memory(f, KOR_MEMORY_READ, NULL);
    assert_int_equal(count_events(f), HISTORY);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_ingest_twice_adds_nothing),
        TEST(test_ingest_tells_refs_of_scopes_and_sources_apart),
        TEST(test_ingest_repairs_text),
        TEST(test_ingest_cuts_a_long_text_at_a_character),
        TEST(test_ingest_leaves_out_what_is_empty),
        TEST(test_ingest_refuses_an_event_without_source_or_text),
        TEST(test_ingest_keeps_a_copy_of_what_it_is_given),
        TEST(test_ingest_embeds_each_event_once),
        TEST(test_ingest_killed_loses_nothing_acknowledged),
        TEST(test_ingest_on_a_full_disk_keeps_what_was_acknowledged),
        TEST(test_ingest_fails_once_and_stays_failed),
        TEST(test_ingest_by_two_processes_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
