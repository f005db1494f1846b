/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/activity.h"

#include <sqlite3.h>

#define SECOND 1000ll

/* A memory with activity, and a bucket in it. */
static int64_t open_bucket(fixture *f, const char *name, const char *type)
{
    const kor_bucket bucket = {.name = name, .type = type, .client = "c", .host = "h"};
    kor_arena arena = {0};
    kor_bucket found;
    bool made;
    if (!f->memory) open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_activity_open(f->memory, &f->err));
    assert_ok(f, kor_bucket_make(f->memory, &bucket, &made, &f->err));
    assert_ok(f, kor_bucket_find(f->memory, name, &arena, &found, &f->err));
    kor_arena_free(&arena);
    return found.id;
}

static kor_activity beat(fixture *f, int64_t bucket, double at, double duration, const char *data,
                         double pulse)
{
    kor_activity row = {.bucket = bucket,
                        .time_ms = NOON + (int64_t)(at * 1000),
                        .duration_ms = (int64_t)(duration * 1000),
                        .data = data};
    assert_ok(f, kor_activity_pulse(f->memory, &row, (int64_t)(pulse * 1000), &f->err));
    row.time_ms -= NOON;
    return row;
}

static int64_t count_in(fixture *f, int64_t bucket)
{
    const kor_activity_range all = {bucket, KOR_WHEN_FIRST_MS, KOR_WHEN_LAST_MS, -1};
    int64_t count;
    assert_ok(f, kor_activity_count(f->memory, &all, &count, &f->err));
    return count;
}

/* ActivityWatch's own cases: a row of one second, and a heartbeat of one second 2 s after its
 * beginning. */
static void test_activity_merges_within_the_pulse(void **state)
{
    static const struct {
        double duration, at, beat, pulse;
        const char *data;
        int64_t rows, want; /* the row's duration, ms */
    } cases[] = {
        {1, 2, 1, 2, "1", 1, 3000},     /* within the pulse: until the heartbeat ends */
        {1, 2, 1, 0, "1", 2, 1000},     /* after it */
        {1, 2, 1, 1, "1", 1, 3000},     /* at its very end */
        {1, 2.001, 1, 1, "1", 2, 1000}, /* a millisecond later */
        {0, 0, 1, 1, "1", 1, 1000},     /* at the same time, longer */
        {1, 0, 0, 1, "1", 1, 1000},     /* at the same time, shorter: nothing gets shorter */
        {10, 5, 1, 0, "1", 1, 10000},   /* inside */
        {10, 10, 0, 0, "1", 1, 10000},  /* at the end */
        {1, -0.001, 9, 60, "1", 2, 9000} /* before it began */,
        {0, 0, 1, 60, "2", 2, 1000},           /* other data */
        {0, 31622401, 0, 31622400, "1", 2, 0}, /* longer than anything lasts */
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char name[16];
        (void)snprintf(name, sizeof name, "b%zu", i);
        int64_t bucket = open_bucket(f, name, "test");
        int64_t first = beat(f, bucket, 0, cases[i].duration, "1", 1).id;
        kor_activity second =
            beat(f, bucket, cases[i].at, cases[i].beat, cases[i].data, cases[i].pulse);
        if (count_in(f, bucket) != cases[i].rows) fail_msg("case %zu: rows", i);
        assert_int_equal(second.id == first, cases[i].rows == 1);
        if (cases[i].rows == 1) {
            assert_int_equal(second.time_ms, 0);
            if (second.duration_ms != cases[i].want)
                fail_msg("case %zu: lasts %lld ms", i, (long long)second.duration_ms);
        }
    }
}

static void test_activity_of_one_bucket_is_not_anothers(void **state)
{
    fixture *f = *state;
    int64_t a = open_bucket(f, "a", "test"), b = open_bucket(f, "b", "test");
    int64_t first = beat(f, a, 0, 0, "1", 5).id;
    beat(f, b, 1, 0, "2", 5);
    assert_int_equal(beat(f, a, 2, 0, "1", 5).id, first);
    assert_int_equal(count_in(f, a), 1);
    assert_int_equal(count_in(f, b), 1);
}

static void test_activity_that_ended_is_not_gone_on_with(void **state)
{
    fixture *f = *state;
    int64_t bucket = open_bucket(f, "a", "test");
    int64_t first = beat(f, bucket, 0, 0, "1", 5).id;
    assert_ok(f, kor_activity_end(f->memory, bucket, &f->err));
    int64_t second = beat(f, bucket, 1, 0, "1", 5).id;
    assert_int_not_equal(second, first);
    assert_ok(f, kor_activity_end_before(f->memory, NOON + SECOND, &f->err));
    assert_int_equal(beat(f, bucket, 2, 0, "1", 5).id, second);
    assert_ok(f, kor_activity_end_before(f->memory, NOON + 3 * SECOND, &f->err));
    assert_int_not_equal(beat(f, bucket, 3, 0, "1", 5).id, second);
}

/* All rows that are done, told one by one; the events are named by their data. */
static size_t tell_all(fixture *f)
{
    size_t told = 0;
    for (bool found = true; found;) {
        kor_arena arena = {0};
        kor_bucket bucket;
        kor_activity row;
        assert_ok(f, kor_activity_next(f->memory, &arena, &bucket, &row, &found, &f->err));
        if (found) {
            kor_event e = text_event(row.data, row.time_ms);
            e.ref = row.data;
            (void)store(f, &e, 1);
            bool settled;
            assert_ok(f, kor_activity_made(f->memory, &row, e.source, e.ref, &settled, &f->err));
            assert_true(settled);
            assert_ok(f, kor_activity_made(f->memory, &row, e.source, e.ref, &settled, &f->err));
            assert_false(settled);
            told++;
        }
        kor_arena_free(&arena);
    }
    return told;
}

static void test_activity_is_told_once_and_forgotten_both_ways(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_activity row;
    kor_forgotten gone;
    int64_t bucket = open_bucket(f, "a", "test");
    int64_t first = beat(f, bucket, 0, 9, "\"one\"", 0).id;
    assert_int_equal(tell_all(f), 0);
    int64_t second = beat(f, bucket, 20, 9, "\"two\"", 0).id;
    beat(f, bucket, 40, 9, "\"three\"", 0);
    assert_int_equal(tell_all(f), 2);
    assert_int_equal(tell_all(f), 0);
    assert_int_equal(count_events(f), 2);
    assert_ok(f, kor_activity_get(f->memory, bucket, first, &arena, &row, &f->err));
    assert_true(row.event > 0);
    /* The event takes its row along, and the row its event. */
    assert_ok(f, kor_forget_run(f->memory, NULL, &row.event, 1, &gone, &f->err));
    assert_int_equal(kor_activity_get(f->memory, bucket, first, &arena, &row, &f->err),
                     KOR_E_NOT_FOUND);
    assert_ok(f, kor_activity_remove(f->memory, bucket, second, &f->err));
    assert_int_equal(count_events(f), 0);
    assert_int_equal(count_in(f, bucket), 1);
    kor_arena_free(&arena);
}

static void test_activity_forgets_what_was_no_event(void **state)
{
    static const char *const data[] = {"{\"app\":\"Term\",\"title\":\"plain\"}",
                                       "{\"url\":\"https://a.example.org/x\"}",
                                       "{\"app\":\"other\",\"title\":\"Blue Duck\"}"};
    const kor_forget whats[] = {{.app = "term"},
                                {.site = "example.org"},
                                {.words = "duck blue"},
                                {.source = "window"},
                                {.ranged = true, .from_ms = NOON, .to_ms = NOON + 1}};
    static const int64_t want[] = {1, 1, 1, 3, 1};
    fixture *f = *state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        kor_forgotten gone;
        int64_t bucket = open_bucket(f, "a", "currentwindow");
        for (size_t k = 0; k < 3; k++) beat(f, bucket, (double)k * 10, 1, data[k], 0);
        assert_ok(f, kor_forget_run(f->memory, &whats[i], NULL, 0, &gone, &f->err));
        if (gone.seen != want[i]) fail_msg("case %zu: %lld rows", i, (long long)gone.seen);
        assert_int_equal(count_in(f, bucket), 3 - want[i]);
        assert_ok(f, kor_bucket_remove(f->memory, bucket, &f->err));
    }
    /* Another scope has none of it, nor do ids. */
    kor_forgotten gone;
    int64_t bucket = open_bucket(f, "a", "currentwindow"), id = 1;
    const kor_forget scope = {.app = "term", .scope = "s"}, one = {.ids = &id, .id_count = 1};
    beat(f, bucket, 0, 1, data[0], 0);
    assert_ok(f, kor_forget_run(f->memory, &scope, NULL, 0, &gone, &f->err));
    assert_ok(f, kor_forget_run(f->memory, &one, NULL, 0, &gone, &f->err));
    assert_int_equal(count_in(f, bucket), 1);
}

/* As if the machine had stopped between the two files. */
static void test_activity_of_forgotten_events_goes_when_it_is_opened(void **state)
{
    fixture *f = *state;
    kor_activity row = {.time_ms = NOON, .data = "\"one\""};
    row.bucket = open_bucket(f, "a", "test");
    assert_ok(f, kor_activity_put(f->memory, &row, 1, &f->err));
    assert_int_equal(tell_all(f), 1);
    kor_memory_close(f->memory);
    f->memory = NULL;
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM likeness; DELETE FROM events", NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    int64_t bucket = open_bucket(f, "a", "test");
    assert_int_equal(count_in(f, bucket), 0);
}

static void test_activity_is_cut_to_a_range(void **state)
{
    fixture *f = *state;
    kor_activity rows[] = {{.time_ms = NOON, .duration_ms = 10 * SECOND, .data = "1"},
                           {.time_ms = NOON + 60 * SECOND, .duration_ms = 0, .data = "2"}};
    rows[0].bucket = rows[1].bucket = open_bucket(f, "a", "test");
    assert_ok(f, kor_activity_put(f->memory, rows, 2, &f->err));
    const struct {
        int64_t from, to, count;
    } cases[] = {{0, 10, 1},  {10, 20, 1}, {11, 20, 0}, {-5, 0, 1},
                 {-5, -1, 0}, {60, 60, 1}, {5, 99, 2}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const kor_activity_range range = {rows[0].bucket, NOON + cases[i].from * SECOND,
                                          NOON + cases[i].to * SECOND, -1};
        int64_t count;
        assert_ok(f, kor_activity_count(f->memory, &range, &count, &f->err));
        if (count != cases[i].count) fail_msg("case %zu: %lld", i, (long long)count);
    }
    /* An id that is not there: nothing is put. */
    rows[0].id = 0;
    rows[1].id = 999;
    assert_int_equal(kor_activity_put(f->memory, rows, 2, &f->err), KOR_E_NOT_FOUND);
    assert_int_equal(count_in(f, rows[0].bucket), 2);
}

static void test_activity_file_is_private_and_its_own(void **state)
{
    fixture *f = *state;
    struct stat st;
    char path[400];
    bool there;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    (void)snprintf(path, sizeof path, "%s/" KOR_ACTIVITY_FILE, f->home);
    assert_ok(f, kor_activity_open_existing(f->memory, &there, &f->err));
    assert_false(there);
    assert_int_not_equal(stat(path, &st), 0);
    FILE *other = fopen(path, "w");
    assert_non_null(other);
    for (int i = 0; i < 4096; i++) fputc('x', other);
    fclose(other);
    assert_int_equal(kor_activity_open(f->memory, &f->err), KOR_E_DAMAGED);
    assert_says(f, "activity.db: damaged, or no file of activity");
    assert_int_equal(unlink(path), 0);
    assert_ok(f, kor_activity_open(f->memory, &f->err));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    /* The memory itself is in no danger from it. */
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    open_memory(f, KOR_MEMORY_READ, NULL);
    assert_int_equal(kor_activity_open(f->memory, &f->err), KOR_E_ARG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_activity_merges_within_the_pulse),
        TEST(test_activity_of_one_bucket_is_not_anothers),
        TEST(test_activity_that_ended_is_not_gone_on_with),
        TEST(test_activity_is_told_once_and_forgotten_both_ways),
        TEST(test_activity_forgets_what_was_no_event),
        TEST(test_activity_of_forgotten_events_goes_when_it_is_opened),
        TEST(test_activity_is_cut_to_a_range),
        TEST(test_activity_file_is_private_and_its_own),
    };
    return cmocka_run_group_tests_name("activity", tests, NULL, NULL);
}
