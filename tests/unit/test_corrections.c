/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/corrections.h"

#include <sqlite3.h>

static void correct(fixture *f, int64_t event, const char *field, const char *label, bool on,
                    bool alone)
{
    const kor_correction c = {.field = field, .label = label, .on = on, .alone = alone};
    assert_ok(f, kor_corrections_add(f->memory, event, &c, 1, &f->err));
}

static size_t list(fixture *f, int64_t event, const char *field, kor_arena *arena,
                   kor_correction **out)
{
    size_t count;
    assert_ok(f, kor_corrections_list(f->memory, event, field, arena, out, &count, &f->err));
    return count;
}

static void test_corrections_last_one_wins(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_correction *c;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, "one", NOON), two = remember(f, "two", NOON);
    correct(f, one, "tags", "work", true, false);
    correct(f, one, "tags", "travel", true, false);
    correct(f, one, "tags", "work", false, false);
    correct(f, one, "kind", "note", true, true);
    correct(f, one, "kind", "task", true, true);
    correct(f, two, "kind", "note", true, true);
    assert_int_equal(list(f, one, NULL, &arena, &c), 3);
    assert_string_equal(c[0].field, "kind");
    assert_string_equal(c[0].label, "task");
    assert_string_equal(c[1].label, "travel");
    assert_true(c[1].on);
    assert_string_equal(c[2].label, "work");
    assert_false(c[2].on);
    assert_true(c[2].time_ms > NOON);
    assert_int_equal(list(f, 0, "kind", &arena, &c), 2);
    assert_int_equal(c[0].event, one);
    assert_int_equal(c[1].event, two);
    assert_int_equal(list(f, two, "tags", &arena, &c), 0);
    kor_arena_free(&arena);
}

static void test_corrections_are_stored_all_or_none(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_correction *c;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, "one", NOON);
    const kor_correction some[] = {{.field = "tags", .label = "a", .on = true},
                                   {.field = "tags", .label = NULL, .on = true}};
    assert_int_not_equal(kor_corrections_add(f->memory, one, some, 2, &f->err), KOR_OK);
    assert_int_equal(list(f, 0, NULL, &arena, &c), 0);
    assert_int_equal(kor_corrections_add(f->memory, one + 7, some, 1, &f->err), KOR_E_NOT_FOUND);
    assert_says(f, "no event 8");
    assert_int_equal(list(f, 0, NULL, &arena, &c), 0);
    /* The transaction of each is over: the memory can be written. */
    assert_true(remember(f, "two", NOON) > one);
    kor_arena_free(&arena);
}

static void test_corrections_are_taken_back(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_correction *c;
    int64_t count;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, "one", NOON), two = remember(f, "two", NOON);
    correct(f, one, "tags", "a", true, false);
    correct(f, one, "tags", "b", false, false);
    correct(f, two, "tags", "a", true, false);
    assert_ok(f, kor_corrections_undo(f->memory, one, &count, &f->err));
    assert_int_equal(count, 2);
    assert_ok(f, kor_corrections_undo(f->memory, one, &count, &f->err));
    assert_int_equal(count, 0);
    assert_int_equal(list(f, 0, NULL, &arena, &c), 1);
    assert_int_equal(c[0].event, two);
    assert_int_equal(kor_corrections_undo(f->memory, 99, &count, &f->err), KOR_E_NOT_FOUND);
    kor_arena_free(&arena);
}

/* What a file holds anywhere. */
static bool holds(const char *path, const char *word)
{
    FILE *file = fopen(path, "rb");
    if (!file) return false;
    static char bytes[1 << 20];
    size_t n = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    return memmem(bytes, n, word, strlen(word)) != NULL;
}

static void test_corrections_go_with_their_event(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_correction *c;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, "one", NOON);
    correct(f, one, "tags", "zebracrossing", true, false);
    kor_memory_close(f->memory);
    f->memory = NULL;
    assert_true(holds(f->db, "zebracrossing"));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    /* As a memory that is open to write does it. */
    assert_int_equal(sqlite3_exec(db,
                                  "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                                  "DELETE FROM events",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_int_equal(list(f, 0, NULL, &arena, &c), 0);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    kor_memory_close(f->memory);
    f->memory = NULL;
    assert_false(holds(f->db, "zebracrossing"));
    kor_arena_free(&arena);
}

static void test_corrections_others_are_the_latest_without_one(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_event *e;
    size_t count;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    for (int i = 0; i < 5; i++) remember(f, "something", NOON + i);
    correct(f, 4, "tags", "a", true, false);
    correct(f, 5, "kind", "note", true, true);
    assert_ok(f, kor_corrections_others(f->memory, "tags", 3, &arena, &e, &count, &f->err));
    assert_int_equal(count, 3);
    assert_int_equal(e[0].id, 5);
    assert_int_equal(e[1].id, 3);
    assert_int_equal(e[2].id, 2);
    assert_ok(f, kor_corrections_others(f->memory, "tags", 100, &arena, &e, &count, &f->err));
    assert_int_equal(count, 4);
    kor_arena_free(&arena);
}

/* tests/golden/memory_schema1.db was written by the version that had no corrections. */
static void test_corrections_come_to_an_old_memory(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_correction *c;
    kor_event e;
    char bytes[32768];
    FILE *old = fopen("tests/golden/memory_schema1.db", "rb");
    assert_non_null(old);
    size_t n = fread(bytes, 1, sizeof bytes, old);
    fclose(old);
    assert_int_equal(mkdir(f->home, 0700), 0);
    FILE *copy = fopen(f->db, "wb");
    assert_non_null(copy);
    assert_int_equal(fwrite(bytes, 1, n, copy), n);
    fclose(copy);
    assert_int_equal(kor_memory_open(&f->memory, f->home, KOR_MEMORY_READ, NULL, &f->err),
                     KOR_E_UNSUPPORTED);
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_int_equal(count_events(f), 2);
    assert_ok(f, kor_memory_get(f->memory, 1, &arena, &e, &f->err));
    assert_string_equal(e.text, "Booked the night train to Lyon");
    correct(f, 1, "tags", "travel", true, false);
    assert_int_equal(list(f, 1, NULL, &arena, &c), 1);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    open_memory(f, KOR_MEMORY_READ, NULL);
    assert_int_equal(list(f, 1, NULL, &arena, &c), 1);
    kor_arena_free(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_corrections_last_one_wins),
        TEST(test_corrections_are_stored_all_or_none),
        TEST(test_corrections_are_taken_back),
        TEST(test_corrections_go_with_their_event),
        TEST(test_corrections_others_are_the_latest_without_one),
        TEST(test_corrections_come_to_an_old_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
