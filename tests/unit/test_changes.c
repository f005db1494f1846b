/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/changes.h"
#include "memory/corrections.h"
#include "memory/forget.h"

#include <poll.h>
#include <sqlite3.h>

static kor_changes changes(fixture *f, kor_memory *memory, bool settled)
{
    kor_changes now;
    bool is_settled;
    assert_ok(f, kor_changes_read(memory, &now, &is_settled, &f->err));
    assert_int_equal(is_settled, settled);
    return now;
}

static void expect(fixture *f, int64_t last, int64_t changed)
{
    const kor_changes now = changes(f, f->memory, true);
    assert_int_equal(now.last, last);
    assert_int_equal(now.changed, changed);
}

static void test_changes_tell_what_is_stored_from_what_is_changed(void **state)
{
    fixture *f = *state;
    const kor_correction right = {.field = "kind", .label = "note", .on = true};
    kor_forgotten gone;
    int64_t count;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    expect(f, 0, 0);
    int64_t one = remember(f, "one", NOON), two = remember(f, "two", NOON);
    expect(f, two, 0);
    assert_ok(f, kor_corrections_add(f->memory, one, &right, 1, &f->err));
    expect(f, two, 1);
    assert_ok(f, kor_corrections_undo(f->memory, one, &count, &f->err));
    expect(f, two, 2);
    assert_ok(f, kor_corrections_undo(f->memory, one, &count, &f->err));
    expect(f, two, 2);
    /* The last one given stays the last one. */
    assert_ok(f, kor_forget_run(f->memory, &two, 1, &gone, &f->err));
    expect(f, two, 3);
    assert_ok(f, kor_forget_run(f->memory, &two, 1, &gone, &f->err));
    expect(f, two, 3);
    assert_int_equal(kor_corrections_add(f->memory, two, &right, 1, &f->err), KOR_E_NOT_FOUND);
    expect(f, two, 3);
}

static void test_changes_are_not_settled_while_somebody_writes(void **state)
{
    fixture *f = *state;
    sqlite3 *other;
    kor_memory *watched;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, "one", NOON);
    assert_ok(f, kor_memory_open(&watched, f->home, KOR_MEMORY_WRITE, NULL, &f->err));
    assert_int_equal(sqlite3_open(f->db, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE; INSERT INTO meta VALUES('changed', 7)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    kor_changes now = changes(f, watched, false);
    assert_int_equal(now.last, one);
    assert_int_equal(now.changed, 0);
    assert_int_equal(sqlite3_exec(other, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    now = changes(f, watched, true);
    assert_int_equal(now.changed, 7);
    (void)sqlite3_close(other);
    /* Reading leaves no lock behind. */
    (void)remember(f, "two", NOON);
    kor_memory_close(watched);
}

static void test_changes_watch_wakes_for_what_is_written_and_nothing_else(void **state)
{
    fixture *f = *state;
    kor_memory *watched;
    kor_memory_stats stats;
    struct pollfd on = {.events = POLLIN};
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_memory_open(&watched, f->home, KOR_MEMORY_WRITE, NULL, &f->err));
    assert_ok(f, kor_changes_watch(watched, &on.fd, &f->err));
    (void)changes(f, watched, true);
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    assert_int_equal(poll(&on, 1, 0), 0);
    (void)remember(f, "one", NOON);
    assert_int_equal(poll(&on, 1, 0), 1);
    (void)close(on.fd);
    kor_memory_close(watched);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_changes_tell_what_is_stored_from_what_is_changed,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes_are_not_settled_while_somebody_writes, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            test_changes_watch_wakes_for_what_is_written_and_nothing_else, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
