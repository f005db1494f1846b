/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/related.h"

#include <sqlite3.h>

static size_t related(fixture *f, int64_t id, size_t limit, kor_arena *arena, kor_related **out)
{
    size_t count;
    assert_ok(f, kor_related_find(f->memory, id, limit, arena, out, &count, &f->err));
    for (size_t i = 0; i < count; i++) {
        assert_int_not_equal((*out)[i].event.id, id);
        assert_true((*out)[i].score > 0 && (*out)[i].score <= 1);
        if (i) assert_true((*out)[i - 1].score >= (*out)[i].score);
    }
    return count;
}

/* Let somebody have said that an event names something. */
static void say(fixture *f, int64_t event, const char *label, const char *value)
{
    sqlite3 *db;
    char sql[1000];
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    (void)sqlite3_snprintf(
        sizeof sql, sql,
        "INSERT OR IGNORE INTO fields(name, single) VALUES('entities', 0);"
        "INSERT OR IGNORE INTO labels(field, name) SELECT id, %Q FROM fields;"
        "INSERT OR IGNORE INTO models(checksum, name, dim) VALUES(7, 'by hand', 0);"
        "INSERT INTO annotations SELECT %lld, l.id, %Q, 2, 0, 1, 900, m.id FROM labels l, models m"
        " WHERE l.name = %Q AND m.checksum = 7",
        label, (long long)event, value, label);
    char *why = NULL;
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s", why);
    sqlite3_close(db);
}

static void test_related_names_the_same(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_related *r;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, "lunch with Ines", NOON);
    int64_t two = remember(f, "the budget, says Ines of Korora", NOON + 1);
    int64_t three = remember(f, "something else", NOON + 2);
    kor_event e = text_event("another memory", NOON);
    e.scope = "other";
    int64_t apart = store(f, &e, 1).last_id;
    say(f, one, "person", "ines");
    say(f, two, "person", "ines");
    say(f, apart, "person", "ines");
    say(f, two, "project", "korora");
    say(f, three, "project", "korora");
    assert_int_equal(related(f, one, 10, &arena, &r), 1);
    assert_int_equal(r[0].event.id, two);
    assert_string_equal(r[0].shared, "person ines");
    assert_int_equal(related(f, two, 10, &arena, &r), 2);
    assert_int_equal(related(f, two, 1, &arena, &r), 1);
    assert_int_equal(related(f, apart, 10, &arena, &r), 0);
    size_t count;
    assert_int_equal(kor_related_find(f->memory, 99, 3, &arena, &r, &count, &f->err),
                     KOR_E_NOT_FOUND);
    kor_arena_free(&arena);
}

static void test_related_is_near_in_meaning(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_related *r;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    int64_t one = remember(f, "The car needs new winter tyres", NOON);
    int64_t two = remember(f, "Change the tyres of the car before it snows", NOON + 1);
    (void)remember(f, "select count(*) from events where scope = 3", NOON + 2);
    assert_true(related(f, one, 10, &arena, &r) >= 1);
    assert_int_equal(r[0].event.id, two);
    assert_true(r[0].cosine > 0.4);
    assert_string_equal(r[0].shared, "");
    kor_arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_related_names_the_same, setup, teardown),
        cmocka_unit_test_setup_teardown(test_related_is_near_in_meaning, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
