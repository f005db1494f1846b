/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/accounts.h"
#include "memory/energy.h"

#include <errno.h>

/* ---- Energy ---- */

static void put_file(fixture *f, const char *zone, const char *name, const char *text)
{
    char path[600];
    (void)snprintf(path, sizeof path, "%s/%s", f->folder, zone);
    assert_true(mkdir(path, 0700) == 0 || errno == EEXIST);
    (void)snprintf(path, sizeof path, "%s/%s/%s", f->folder, zone, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void put_zone(fixture *f, const char *zone, const char *name, const char *energy)
{
    put_file(f, zone, "name", name);
    put_file(f, zone, "energy_uj", energy);
    put_file(f, zone, "max_energy_range_uj", "1000000\n");
}

static void test_energy_is_that_of_all_packages_once(void **state)
{
    fixture *f = *state;
    kor_energy e;
    put_zone(f, "intel-rapl:0", "package-0\n", "100\n");
    put_zone(f, "intel-rapl:1", "package-1-die-0\n", "999000\n");
    /* Parts of a package, the same package again, and what has the packages in it. */
    put_zone(f, "intel-rapl:0:0", "core\n", "5\n");
    put_zone(f, "intel-rapl-mmio:0", "package-0\n", "5\n");
    put_zone(f, "intel-rapl:2", "psys\n", "5\n");
    kor_energy_open(&e, f->folder);
    assert_int_equal(e.count, 2);
    assert_int_equal(kor_energy_take(&e), 0);
    put_zone(f, "intel-rapl:0", "package-0\n", "350\n");
    put_zone(f, "intel-rapl:0:0", "core\n", "900\n");
    put_zone(f, "intel-rapl-mmio:0", "package-0\n", "900\n");
    put_zone(f, "intel-rapl:2", "psys\n", "900\n");
    assert_int_equal(kor_energy_take(&e), 250);
    /* One starts from 0 again. */
    put_zone(f, "intel-rapl:1", "package-1-die-0\n", "20\n");
    assert_int_equal(kor_energy_take(&e), 1000 + 20);
    assert_int_equal(kor_energy_take(&e), 0);
    /* What is no number any more counts for nothing. */
    put_zone(f, "intel-rapl:0", "package-0\n", "broken\n");
    assert_int_equal(kor_energy_take(&e), 0);
    kor_energy_close(&e);
}

static void test_energy_of_a_part_is_none(void **state)
{
    fixture *f = *state;
    kor_energy e;
    kor_energy_open(&e, "/no/such/folder");
    assert_int_equal(e.count, 0);
    assert_int_equal(kor_energy_take(&e), 0);
    put_zone(f, "intel-rapl:0", "package-0\n", "100\n");
    put_zone(f, "intel-rapl:1", "package-1\n", "");
    kor_energy_open(&e, f->folder);
    assert_int_equal(e.count, 0);
    kor_energy_close(&e);
}

/* ---- Accounts ---- */

static void read_accounts(fixture *f, kor_accounts *out)
{
    kor_arena arena = {0};
    kor_counter *list;
    size_t count;
    assert_ok(f, kor_counters_list(f->memory, "", &arena, &list, &count, &f->err));
    kor_accounts_make(out, list, count);
    kor_arena_free(&arena);
}

static void test_accounts_add_up(void **state)
{
    fixture *f = *state;
    kor_accounts a;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    kor_event e[4] = {text_event("the upload was retried", NOON), text_event("  ", NOON),
                      text_event("lunch with Zoe", NOON), text_event("more than it reads", NOON)};
    e[0].ref = "a";
    char *longer = malloc(50000);
    assert_non_null(longer);
    for (size_t i = 0; i < 50000; i++) longer[i] = "the upload "[i % 11];
    e[3].text = longer;
    e[3].text_len = 50000;
    store(f, e, 4);
    store(f, e, 2);
    read_accounts(f, &a);
    assert_int_equal(a.stored, 3);
    assert_int_equal(a.known, 1);
    assert_int_equal(a.empty, 2);
    assert_int_equal(a.excluded, 0);
    assert_int_equal(a.came, 6);
    assert_int_equal(a.calls, 3); /* no colony: the vectors alone */
    assert_int_equal(a.stage[KOR_STAGE_EMBED].events, 3);
    assert_int_equal(a.stage[KOR_STAGE_TIMES].events, 3);
    assert_int_equal(a.stage[KOR_STAGE_STORE].events, 3);
    assert_int_equal(a.stage[KOR_STAGE_MODELS].events, 0);
    double sum = 0;
    for (size_t i = 0; i < KOR_STAGES; i++) {
        assert_true(a.stage[i].seconds >= 0);
        sum += a.stage[i].seconds;
    }
    assert_true(sum > 0 && sum < 60 && a.seconds == sum);
    assert_true(a.stage[KOR_STAGE_EMBED].seconds > 0 && a.cpu_seconds > 0);
    /* The long text is not read to its end, so what it is in tokens is told from the others. */
    assert_true(a.bytes > 36 && a.bytes < 36 + 50000);
    assert_true(a.tokens > (double)a.bytes / 10 && a.tokens < (double)a.bytes);
    free(longer);
}

static void test_accounts_tell_what_was_measured(void **state)
{
    (void)state;
    kor_accounts a;
    const kor_counter list[] = {
        {"embed.bytes", 100},          {"excluded.site", 2},      {"excluded.word", 3},
        {"model.a.b.asked", 7},        {"model.a.b.bytes", 300},  {"model.a.b.spared", 1},
        {"model.asked", 1000},         {"stage.embed.events", 5}, {"work.cpu_us", 3000000},
        {"work.rapl_cpu_us", 1000000}, {"work.rapl_uj", 7000000},
    };
    char name[64];
    kor_accounts_make(&a, list, sizeof list / sizeof *list);
    assert_int_equal(a.excluded, 5);
    assert_int_equal(a.calls, 12);
    assert_int_equal(a.spared, 1);
    assert_int_equal(a.bytes, 400);
    assert_true(a.tokens == 100); /* by four bytes a token, as none was counted */
    assert_true(a.measured_joules == 7 && a.joules == 7 + 2 * KOR_CORE_WATTS);
    assert_true(kor_counter_model(&list[3], "asked", name));
    assert_string_equal(name, "a.b");
    assert_false(kor_counter_model(&list[3], "sked", name));
    assert_false(kor_counter_model(&list[6], "asked", name));
    kor_accounts_make(&a, NULL, 0);
    assert_true(a.came == 0 && a.tokens == 0 && a.joules == 0);
}

static void test_asking_is_counted_and_writes_nothing(void **state)
{
    fixture *f = *state;
    kor_recall_totals t;
    kor_recall r;
    const kor_query q = {.question = "upload", .len = 6, .limit = 3};
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    remember(f, "the upload was retried", NOON);
    open_memory(f, KOR_MEMORY_READ, trunk_model());
    int64_t before = count_rows(f, "SELECT sum(value) FROM counters");
    for (int i = 0; i < 2; i++) {
        assert_ok(f, kor_recall_run(f->memory, &q, &r, &f->err));
        kor_recall_free(&r);
    }
    kor_memory_take_recalls(f->memory, &t);
    assert_int_equal(t.questions, 2);
    assert_true(t.us > 0 && t.us >= t.embed_us + t.words_us + t.vectors_us);
    kor_memory_take_recalls(f->memory, &t);
    assert_true(t.questions == 0 && t.us == 0);
    assert_int_equal(count_rows(f, "SELECT sum(value) FROM counters"), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_energy_is_that_of_all_packages_once, setup, teardown),
        cmocka_unit_test_setup_teardown(test_energy_of_a_part_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_accounts_add_up, setup, teardown),
        cmocka_unit_test(test_accounts_tell_what_was_measured),
        cmocka_unit_test_setup_teardown(test_asking_is_counted_and_writes_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
