/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/corrections.h"
#include "memory/forget.h"

#include <dirent.h>
#include <sqlite3.h>

static size_t find(fixture *f, const kor_forget *what, kor_arena *arena, int64_t **ids)
{
    size_t count;
    assert_ok(f, kor_forget_find(f->memory, what, arena, ids, &count, &f->err));
    return count;
}

static int64_t add(fixture *f, kor_event e)
{
    kor_ingest *ingest;
    kor_ingest_stats stats;
    if (!e.source) e.source = "test";
    e.text_len = strlen(e.text);
    assert_ok(f, kor_ingest_begin(&ingest, f->memory, 1, &f->err));
    assert_ok(f, kor_ingest_add(ingest, &e, &f->err));
    assert_ok(f, kor_ingest_end(ingest, &stats, &f->err));
    return stats.last_id;
}

/* Do the bytes stand in any file of the memory? */
static bool in_files(const fixture *f, const char *bytes)
{
    DIR *folder = opendir(f->home);
    bool found = false;
    assert_non_null(folder);
    for (struct dirent *e; (e = readdir(folder));) {
        char path[700];
        (void)snprintf(path, sizeof path, "%s/%s", f->home, e->d_name);
        FILE *file = fopen(path, "rb");
        if (!file || e->d_name[0] == '.') {
            if (file) fclose(file);
            continue;
        }
        static char all[8 << 20];
        size_t n = fread(all, 1, sizeof all, file);
        found |= memmem(all, n, bytes, strlen(bytes)) != NULL;
        fclose(file);
    }
    closedir(folder);
    return found;
}

static void test_forget_nothing_asked_is_refused(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    int64_t *ids;
    size_t count;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "one", NOON);
    kor_forget what = {0};
    assert_int_equal(kor_forget_find(f->memory, &what, &arena, &ids, &count, &f->err), KOR_E_ARG);
    assert_says(f, "say what to forget");
    what.words = " \"-*() ";
    assert_int_equal(kor_forget_find(f->memory, &what, &arena, &ids, &count, &f->err), KOR_E_ARG);
    what = (kor_forget){.site = ""};
    assert_int_equal(kor_forget_find(f->memory, &what, &arena, &ids, &count, &f->err), KOR_E_ARG);
    kor_arena_free(&arena);
}

static void test_forget_finds_what_all_holds_of(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    int64_t *ids;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t page = add(f, (kor_event){.text = "balance of the account",
                                      .time_ms = NOON,
                                      .uri = "https://www.bank.example/home",
                                      .app = "Firefox"});
    int64_t other = add(f, (kor_event){.text = "another bank's account",
                                       .time_ms = NOON + DAY,
                                       .uri = "https://notbank.example/",
                                       .app = "firefox"});
    add(f, (kor_event){.text = "balance", .time_ms = NOON, .scope = "elsewhere"});
    kor_forget what = {.site = "bank.example"};
    assert_int_equal(find(f, &what, &arena, &ids), 1);
    assert_int_equal(ids[0], page);
    what = (kor_forget){.app = "FIREFOX"};
    assert_int_equal(find(f, &what, &arena, &ids), 2);
    what = (kor_forget){
        .app = "firefox", .ranged = true, .from_ms = NOON + 1, .to_ms = NOON + 2 * DAY};
    assert_int_equal(find(f, &what, &arena, &ids), 1);
    assert_int_equal(ids[0], other);
    what = (kor_forget){.ranged = true, .from_ms = NOON, .to_ms = NOON + DAY};
    assert_int_equal(find(f, &what, &arena, &ids), 1); /* half-open */
    what = (kor_forget){.words = "account BALANCE"};
    assert_int_equal(find(f, &what, &arena, &ids), 1);
    what = (kor_forget){.words = "account OR balance"};
    assert_int_equal(find(f, &what, &arena, &ids), 0);
    what = (kor_forget){.words = "balance", .scope = "elsewhere"};
    assert_int_equal(find(f, &what, &arena, &ids), 1);
    what.any_scope = true;
    assert_int_equal(find(f, &what, &arena, &ids), 2);
    const int64_t some[] = {other, 999999, page};
    what = (kor_forget){.ids = some, .id_count = 3};
    assert_int_equal(find(f, &what, &arena, &ids), 2);
    assert_int_equal(ids[0], page);
    kor_arena_free(&arena);
}

static void test_forget_leaves_no_byte(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    static kor_event lines[300];
    static char text[300][80];
    for (int i = 0; i < 300; i++) {
        (void)snprintf(text[i], sizeof text[i], "ordinary line %d about the garden wall", i);
        lines[i] = text_event(text[i], NOON + i);
    }
    (void)store(f, lines, 300);
    int64_t secret = add(f, (kor_event){.text = "the zyxwvutq plan and the qwfpgjluy",
                                        .title = "plomtrave",
                                        .time_ms = NOON,
                                        .uri = "https://vexolirm.example/"});
    const kor_correction c = {.field = "kind", .label = "hrumbelt", .on = true};
    assert_ok(f, kor_corrections_add(f->memory, secret, &c, 1, &f->err));
    kor_memory_stats before, after;
    assert_ok(f, kor_memory_get_stats(f->memory, &before, &f->err));
    assert_true(in_files(f, "zyxwvutq") && in_files(f, "hrumbelt"));
    kor_forgotten gone;
    const int64_t ids[] = {secret, 1, 999999};
    assert_ok(f, kor_forget_run(f->memory, NULL, ids, 3, &gone, &f->err));
    assert_int_equal(gone.events, 2);
    assert_false(gone.in_the_log);
    static const char *const bytes[] = {"zyxwvutq", "qwfpgjluy", "plomtrave", "vexolirm",
                                        "hrumbelt"};
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++)
        if (in_files(f, bytes[i])) fail_msg("'%s' is still in a file", bytes[i]);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    assert_ok(f, kor_memory_get_stats(f->memory, &after, &f->err));
    assert_int_equal(after.events, before.events - 2);
    assert_int_equal(after.vectors, before.vectors - 2);
    kor_query q = {.question = "zyxwvutq plan", .len = 13, .now_ms = NOON, .limit = 20};
    kor_recall r = {0};
    assert_ok(f, kor_recall_run(f->memory, &q, &r, &f->err));
    for (size_t i = 0; i < r.count; i++) assert_int_not_equal(r.hits[i].event.id, secret);
    kor_recall_free(&r);
}

static void test_forget_twice_is_once(void **state)
{
    fixture *f = *state;
    kor_forgotten gone;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t id = remember(f, "one", NOON);
    assert_ok(f, kor_forget_run(f->memory, NULL, &id, 1, &gone, &f->err));
    assert_int_equal(gone.events, 1);
    assert_ok(f, kor_forget_run(f->memory, NULL, &id, 1, &gone, &f->err));
    assert_int_equal(gone.events, 0);
    int64_t next = remember(f, "two", NOON);
    assert_true(next > id); /* never reused */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_forget_nothing_asked_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget_finds_what_all_holds_of, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget_leaves_no_byte, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget_twice_is_once, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
