/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include <sqlite3.h>

/* Run SQL on the file, past the memory's own rules. */
static void damage(const fixture *f, const char *sql)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK) fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static void write_file(const char *path, const void *bytes, size_t len)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

static size_t read_file(const char *path, char *out, size_t max)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    size_t n = fread(out, 1, max, file);
    fclose(file);
    return n;
}

static kor_status try_open(fixture *f, kor_memory_mode mode)
{
    kor_memory *memory = (kor_memory *)(uintptr_t)1;
    kor_status status = kor_memory_open(&memory, f->home, mode, NULL, &f->err);
    if (status != KOR_OK) assert_null(memory);
    if (status == KOR_OK) kor_memory_close(memory);
    return status;
}

/* ---- Opening ---- */

static void test_memory_is_private(void **state)
{
    fixture *f = *state;
    mode_t before = umask(0);
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "a private thing", NOON);
    umask(before);
    struct stat st;
    char path[400];
    assert_int_equal(stat(f->home, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    static const char *const suffix[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(path, sizeof path, "%s%s", f->db, suffix[i]);
        assert_int_equal(stat(path, &st), 0);
        assert_int_equal(st.st_mode & 0777, 0600);
    }
}

static void test_memory_needs_a_home(void **state)
{
    fixture *f = *state;
    kor_memory *memory;
    assert_int_equal(kor_memory_open(&memory, NULL, KOR_MEMORY_WRITE, NULL, &f->err), KOR_E_ARG);
    assert_int_equal(kor_memory_open(&memory, "", KOR_MEMORY_READ, NULL, &f->err), KOR_E_ARG);
    assert_says(f, "--home");
}

static void test_memory_that_is_missing_is_not_made_by_reading(void **state)
{
    fixture *f = *state;
    struct stat st;
    assert_int_equal(try_open(f, KOR_MEMORY_READ), KOR_E_NOT_FOUND);
    assert_says(f, "no memory at");
    assert_says(f, "korora import");
    assert_int_not_equal(stat(f->home, &st), 0);
}

static void test_memory_refuses_a_file_that_is_not_sqlite(void **state)
{
    fixture *f = *state;
    char text[5000], after[6000];
    memset(text, 'x', sizeof text);
    assert_int_equal(mkdir(f->home, 0700), 0);
    write_file(f->db, text, sizeof text);
    assert_int_equal(try_open(f, KOR_MEMORY_WRITE), KOR_E_DAMAGED);
    assert_says(f, "not a Korora memory");
    assert_int_equal(try_open(f, KOR_MEMORY_READ), KOR_E_DAMAGED);
    assert_int_equal(read_file(f->db, after, sizeof after), sizeof text);
    assert_memory_equal(after, text, sizeof text);
}

static void test_memory_refuses_another_programs_database(void **state)
{
    fixture *f = *state;
    static char before[1 << 16], after[1 << 16];
    assert_int_equal(mkdir(f->home, 0700), 0);
    damage(f, "CREATE TABLE urls(url TEXT); INSERT INTO urls VALUES('x')");
    size_t size = read_file(f->db, before, sizeof before);
    assert_int_equal(try_open(f, KOR_MEMORY_WRITE), KOR_E_DAMAGED);
    assert_says(f, "not a Korora memory");
    assert_int_equal(try_open(f, KOR_MEMORY_READ), KOR_E_DAMAGED);
    assert_int_equal(read_file(f->db, after, sizeof after), size);
    assert_memory_equal(after, before, size);
}

static void test_memory_of_a_newer_schema_is_left_alone(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_memory_close(f->memory);
    f->memory = NULL;
    damage(f, "PRAGMA user_version = 7");
    assert_int_equal(try_open(f, KOR_MEMORY_WRITE), KOR_E_UNSUPPORTED);
    assert_says(f, "newer korora (schema 7, this one knows 3): update korora");
    assert_int_equal(try_open(f, KOR_MEMORY_READ), KOR_E_UNSUPPORTED);
}

static void test_memory_of_an_older_schema_is_migrated_by_writing(void **state)
{
    fixture *f = *state;
    assert_int_equal(mkdir(f->home, 0700), 0);
    damage(f, "PRAGMA application_id = 0x4b6f7261; CREATE TABLE note(text); DROP TABLE note");
    assert_int_equal(try_open(f, KOR_MEMORY_READ), KOR_E_UNSUPPORTED);
    assert_says(f, "older korora (schema 0, this one wants 3)");
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_true(remember(f, "after the migration", NOON) > 0);
    kor_memory_stats stats;
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    assert_int_equal(stats.schema, 3);
}

static void test_memory_migration_is_all_or_nothing(void **state)
{
    fixture *f = *state;
    assert_int_equal(mkdir(f->home, 0700), 0);
    /* A table in the way of the first migration's last ones. */
    damage(f, "PRAGMA application_id = 0x4b6f7261; CREATE TABLE vectors(x)");
    assert_int_not_equal(try_open(f, KOR_MEMORY_WRITE), KOR_OK);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    sqlite3_stmt *statement;
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(*) FROM sqlite_schema", -1, &statement, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(statement, 0), 1);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

static void test_memory_survives_odd_folder_names(void **state)
{
    fixture *f = *state;
    (void)snprintf(f->home, sizeof f->home, "%s//a %%20 b?immutable=1#c\xc3\xa9", f->folder);
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "in an odd place", NOON);
    open_memory(f, KOR_MEMORY_READ, NULL);
    assert_int_equal(count_events(f), 1);
}

/* ---- Places that cannot be written ---- */

static void give_away(const fixture *f, mode_t file_mode, mode_t folder_mode)
{
    uid_t owner = geteuid() == 0 ? 65534 : geteuid();
    assert_int_equal(chown(f->db, owner, (gid_t)-1), 0);
    assert_int_equal(chown(f->home, owner, (gid_t)-1), 0);
    assert_int_equal(chmod(f->db, file_mode), 0);
    assert_int_equal(chmod(f->home, folder_mode), 0);
    assert_int_equal(chmod(f->folder, 0755), 0);
}

static int write_is_refused(fixture *f)
{
    kor_memory *memory;
    kor_status status = kor_memory_open(&memory, f->home, KOR_MEMORY_WRITE, NULL, &f->err);
    if (status != KOR_E_IO) return 1;
    return strstr(f->err.msg, "read-only") ? 0 : 2;
}

static int read_finds_the_event(fixture *f)
{
    kor_memory *memory;
    kor_memory_stats stats;
    kor_arena arena = {0};
    kor_event event;
    if (kor_memory_open(&memory, f->home, KOR_MEMORY_READ, trunk_model(), &f->err) != KOR_OK)
        return 1;
    if (kor_memory_get_stats(memory, &stats, &f->err) != KOR_OK || stats.events != 1) return 2;
    if (stats.vectors != (1)) return 3;
    if (kor_memory_get(memory, 1, &arena, &event, &f->err) != KOR_OK) return 4;
    if (strcmp(event.text, "readable") != 0) return 5;
    kor_query q = {.question = "readable", .len = 8, .limit = 5};
    kor_recall r;
    if (kor_recall_run(memory, &q, &r, &f->err) != KOR_OK || r.count != 1) return 6;
    if (kor_memory_check(memory, &f->err) != KOR_OK) return 7;
    kor_recall_free(&r);
    kor_arena_free(&arena);
    kor_memory_close(memory);
    return 0;
}

static void test_memory_read_only_file_can_be_read_and_says_so_when_written(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    remember(f, "readable", NOON);
    kor_memory_close(f->memory);
    f->memory = NULL;
    give_away(f, 0400, 0700);
    assert_int_equal(in_child(write_is_refused, f, true), 0);
    assert_int_equal(in_child(read_finds_the_event, f, true), 0);
}

static void test_memory_in_a_read_only_folder_can_be_read(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    remember(f, "readable", NOON);
    kor_memory_close(f->memory);
    f->memory = NULL;
    give_away(f, 0400, 0500);
    assert_int_equal(in_child(read_finds_the_event, f, true), 0);
}

/* ---- Events ---- */

static void test_memory_gives_back_what_was_stored(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_event e = {.time_ms = NOON - 1,
                   .offset_min = -210,
                   .source = "git",
                   .ref = "abc",
                   .app = "vim",
                   .title = "Title",
                   .uri = "file:///x",
                   .scope = "work",
                   .text = "body \xe2\x82\xac",
                   .text_len = 8};
    int64_t id = store(f, &e, 1).last_id;
    kor_arena arena = {0};
    kor_event got;
    assert_ok(f, kor_memory_get(f->memory, id, &arena, &got, &f->err));
    assert_int_equal(got.id, id);
    assert_int_equal(got.time_ms, NOON - 1);
    assert_int_equal(got.offset_min, -210);
    assert_true(got.stored_ms > NOON);
    assert_string_equal(got.source, "git");
    assert_string_equal(got.ref, "abc");
    assert_string_equal(got.app, "vim");
    assert_string_equal(got.title, "Title");
    assert_string_equal(got.uri, "file:///x");
    assert_string_equal(got.scope, "work");
    assert_string_equal(got.text, "body \xe2\x82\xac");
    assert_int_equal(got.text_len, 8);
    int64_t plain = remember(f, "plain", NOON);
    assert_ok(f, kor_memory_get(f->memory, plain, &arena, &got, &f->err));
    assert_null(got.ref);
    assert_null(got.app);
    assert_null(got.title);
    assert_null(got.uri);
    assert_null(got.scope);
    assert_int_equal(kor_memory_get(f->memory, 999, &arena, &got, &f->err), KOR_E_NOT_FOUND);
    assert_says(f, "999");
    kor_arena_free(&arena);
}

typedef struct visits {
    int64_t ids[8];
    size_t count, stop_after;
} visits;

static kor_status visit(void *arg, const kor_event *event, kor_error *err)
{
    visits *v = arg;
    if (v->count == v->stop_after) {
        if (err) *err = (kor_error){KOR_E_IO, "enough"};
        return KOR_E_IO;
    }
    v->ids[v->count++] = event->id;
    return KOR_OK;
}

static void test_memory_visits_a_range_in_order_of_time(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_event events[] = {text_event("late", NOON + 2), text_event("early", NOON),
                          text_event("elsewhere", NOON + 1), text_event("after", NOON + 3)};
    events[2].scope = "other";
    store(f, events, 4);
    visits v = {.stop_after = 8};
    assert_ok(f, kor_memory_each(f->memory, NOON, NOON + 3, visit, &v, &f->err));
    assert_int_equal(v.count, 3);
    assert_int_equal(v.ids[0], 2);
    assert_int_equal(v.ids[1], 3);
    assert_int_equal(v.ids[2], 1);
    visits stopped = {.stop_after = 1};
    assert_int_equal(kor_memory_each(f->memory, NOON, NOON + 3, visit, &stopped, &f->err),
                     KOR_E_IO);
    assert_string_equal(f->err.msg, "enough");
    assert_int_equal(stopped.count, 1);
}

static void test_memory_counts(void **state)
{
    fixture *f = *state;
    kor_memory_stats stats;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    assert_int_equal(stats.events, 0);
    kor_event events[] = {text_event("12345", NOON), text_event("\xc3\xa9", NOON - DAY)};
    events[1].scope = "other";
    store(f, events, 2);
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    assert_int_equal(stats.events, 2);
    assert_int_equal(stats.text_bytes, 7);
    assert_int_equal(stats.first_ms, NOON - DAY);
    assert_int_equal(stats.last_ms, NOON);
    assert_int_equal(stats.schema, 3);
    assert_true(stats.file_bytes >= 4096);
    assert_int_equal(stats.vectors, 0);
}

/* ---- Checking ---- */

static void test_memory_check_passes_a_sound_memory(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    remember(f, "one thing", NOON);
    remember(f, "another thing", NOON);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    open_memory(f, KOR_MEMORY_READ, trunk_model());
    assert_ok(f, kor_memory_check(f->memory, &f->err));
    /* To check is no permission to write. */
    kor_ingest *in;
    assert_int_equal(kor_ingest_begin(&in, f->memory, 1, &f->err), KOR_E_ARG);
}

static void test_memory_check_finds_what_does_not_agree(void **state)
{
    static const struct {
        const char *sql, *finding;
    } cases[] = {
        {"DROP TRIGGER events_reworded; UPDATE events SET text = 'altered'", "index of words"},
        {"INSERT INTO vectors VALUES(77, 1, 1.0, x'00')", "vectors of events that are gone"},
        {"INSERT INTO models VALUES(9, 9, 'm', 4); INSERT INTO vectors VALUES(1, 9, 1.0, x'0000')"
         " ON CONFLICT DO UPDATE SET code = x'00'",
         "vectors that do not fit"},
        {"UPDATE scopes SET events = 5", "count their events wrongly"},
        {"DELETE FROM sources", "without a source"},
    };
    fixture *f = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        open_memory(f, KOR_MEMORY_WRITE, NULL);
        remember(f, "one thing", NOON);
        assert_ok(f, kor_memory_check(f->memory, &f->err));
        kor_memory_close(f->memory);
        f->memory = NULL;
        damage(f, cases[i].sql);
        open_memory(f, KOR_MEMORY_READ, NULL);
        assert_int_equal(kor_memory_check(f->memory, &f->err), KOR_E_DAMAGED);
        assert_says(f, cases[i].finding);
        kor_memory_close(f->memory);
        f->memory = NULL;
        assert_int_equal(unlink(f->db), 0);
    }
}

static void test_memory_with_torn_pages_is_an_error_not_a_crash(void **state)
{
    fixture *f = *state;
    static char bytes[1 << 20];
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    for (int i = 0; i < 40; i++) remember(f, "a thing that is going to be damaged", NOON + i);
    kor_memory_close(f->memory);
    f->memory = NULL;
    size_t size = read_file(f->db, bytes, sizeof bytes);
    for (size_t page = 1; page * 4096 < size; page++) {
        static char torn[1 << 20];
        memcpy(torn, bytes, size);
        memset(torn + page * 4096, 0xa5, 4096);
        write_file(f->db, torn, size);
        kor_memory *memory;
        kor_status status = kor_memory_open(&memory, f->home, KOR_MEMORY_READ, NULL, &f->err);
        if (status == KOR_OK) {
            status = kor_memory_check(memory, &f->err);
            kor_memory_close(memory);
        }
        assert_int_equal(status, KOR_E_DAMAGED);
    }
    write_file(f->db, bytes, size / 2);
    assert_int_not_equal(try_open(f, KOR_MEMORY_WRITE), KOR_E_MEMORY);
}

/* ---- Several processes ---- */

static int open_and_add(fixture *f)
{
    kor_memory *memory;
    kor_ingest *in;
    kor_event e = text_event("made at the same time", NOON);
    if (kor_memory_open(&memory, f->home, KOR_MEMORY_WRITE, NULL, &f->err) != KOR_OK) return 1;
    if (kor_ingest_begin(&in, memory, 1, &f->err) != KOR_OK) return 2;
    if (kor_ingest_add(in, &e, &f->err) != KOR_OK) return 3;
    if (kor_ingest_end(in, NULL, &f->err) != KOR_OK) return 4;
    kor_memory_close(memory);
    return 0;
}

static void test_memory_can_be_made_by_two_at_once(void **state)
{
    fixture *f = *state;
    enum { PROCESSES = 6 };
    pid_t pids[PROCESSES];
    for (int i = 0; i < PROCESSES; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) _exit(open_and_add(f));
    }
    for (int i = 0; i < PROCESSES; i++) {
        int status;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_int_equal(status, 0);
    }
    open_memory(f, KOR_MEMORY_READ, NULL);
    assert_int_equal(count_events(f), PROCESSES);
    assert_ok(f, kor_memory_check(f->memory, &f->err));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_memory_is_private),
        TEST(test_memory_needs_a_home),
        TEST(test_memory_that_is_missing_is_not_made_by_reading),
        TEST(test_memory_refuses_a_file_that_is_not_sqlite),
        TEST(test_memory_refuses_another_programs_database),
        TEST(test_memory_of_a_newer_schema_is_left_alone),
        TEST(test_memory_of_an_older_schema_is_migrated_by_writing),
        TEST(test_memory_migration_is_all_or_nothing),
        TEST(test_memory_survives_odd_folder_names),
        TEST(test_memory_read_only_file_can_be_read_and_says_so_when_written),
        TEST(test_memory_in_a_read_only_folder_can_be_read),
        TEST(test_memory_gives_back_what_was_stored),
        TEST(test_memory_visits_a_range_in_order_of_time),
        TEST(test_memory_counts),
        TEST(test_memory_check_passes_a_sound_memory),
        TEST(test_memory_check_finds_what_does_not_agree),
        TEST(test_memory_with_torn_pages_is_an_error_not_a_crash),
        TEST(test_memory_can_be_made_by_two_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
