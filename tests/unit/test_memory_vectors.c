/* SPDX-License-Identifier: Apache-2.0 */
/* The sidecar: always as good as the truth, whatever happens to the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/store.h"

#include <dirent.h>
#include <sqlite3.h>

enum { EVENTS = 1100 }; /* more than two blocks */

/* The path of the one sidecar in the memory's folder; false when there is none. */
static bool sidecar(const fixture *f, char path[700])
{
    DIR *dir = opendir(f->home);
    bool found = false;
    assert_non_null(dir);
    for (struct dirent *d; (d = readdir(dir)) != NULL;) {
        size_t len = strlen(d->d_name);
        if (len < 5 || strcmp(d->d_name + len - 5, ".kvec") != 0) continue;
        (void)snprintf(path, 700, "%s/%s", f->home, d->d_name);
        found = true;
    }
    closedir(dir);
    return found;
}

static void fill(fixture *f, int count)
{
    kor_event *events = calloc((size_t)count, sizeof *events);
    char(*texts)[64] = calloc((size_t)count, sizeof *texts);
    assert_non_null(events);
    assert_non_null(texts);
    for (int i = 0; i < count; i++) {
        (void)snprintf(texts[i], sizeof texts[i], "entry %d of the register", i);
        events[i] = text_event(texts[i], NOON + i);
    }
    store(f, events, (size_t)count);
    free(events);
    free(texts);
}

/* Can the vectors find an event by a question without one of its words? */
static void assert_found(fixture *f, int64_t id)
{
    const char *question = "canine companions";
    kor_query q = {.question = question, .len = strlen(question), .limit = 3};
    kor_recall r;
    assert_ok(f, kor_recall_run(f->memory, &q, &r, &f->err));
    assert_true(r.count >= 1);
    assert_int_equal(r.hits[0].event.id, id);
    assert_true(r.hits[0].cosine > 0.2);
    kor_recall_free(&r);
}

static int64_t count_vectors(fixture *f)
{
    kor_memory_stats stats;
    assert_ok(f, kor_memory_get_stats(f->memory, &stats, &f->err));
    return stats.vectors;
}

static int vectors_setup(void **state)
{
    if (setup(state) != 0) return -1;
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    fill(f, EVENTS);
    remember(f, "our dogs are the best of friends", NOON - DAY);
    return 0;
}

static void test_vectors_are_beside_the_memory_and_private(void **state)
{
    fixture *f = *state;
    char path[700];
    struct stat st;
    assert_true(sidecar(f, path));
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(count_vectors(f), EVENTS + 1);
    assert_found(f, EVENTS + 1);
}

static void test_vectors_follow_another_writer(void **state)
{
    fixture *f = *state;
    kor_memory *reader;
    kor_memory_stats stats;
    assert_ok(f, kor_memory_open(&reader, f->home, KOR_MEMORY_READ, trunk_model(), &f->err));
    assert_ok(f, kor_memory_get_stats(reader, &stats, &f->err));
    assert_int_equal(stats.vectors, EVENTS + 1);
    fill(f, 700);
    assert_ok(f, kor_memory_get_stats(reader, &stats, &f->err));
    assert_int_equal(stats.vectors, EVENTS + 701);
    kor_memory_close(reader);
    assert_found(f, EVENTS + 1);
}

static void test_vectors_are_made_anew_when_the_file_is_gone(void **state)
{
    fixture *f = *state;
    char path[700];
    assert_true(sidecar(f, path));
    assert_int_equal(unlink(path), 0);
    open_memory(f, KOR_MEMORY_READ, trunk_model());
    assert_found(f, EVENTS + 1);
    assert_true(sidecar(f, path));
}

static void test_vectors_are_made_anew_when_the_truth_changed(void **state)
{
    static const char *const changes[] = {
        "PRAGMA foreign_keys = ON; DELETE FROM events WHERE id = 5",
        "DELETE FROM vectors WHERE event = 7",
        "UPDATE events SET time = 5 WHERE id = 9",
        "INSERT INTO vectors SELECT 7, model, scale, code FROM vectors WHERE event = 8",
    };
    static const int64_t left[] = {EVENTS, EVENTS - 1, EVENTS - 1, EVENTS};
    fixture *f = *state;
    for (size_t i = 0; i < 4; i++) {
        sqlite3 *db;
        char path[700];
        struct stat before, after;
        assert_true(sidecar(f, path));
        assert_int_equal(stat(path, &before), 0);
        assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, changes[i], NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
        assert_int_equal(count_vectors(f), left[i]);
        assert_int_equal(stat(path, &after), 0);
        assert_int_not_equal(before.st_ino, after.st_ino);
        assert_found(f, EVENTS + 1);
    }
}

/* Every kind of damage, in the header, a head and a length: found, and repaired from the truth. */
static void test_vectors_survive_damage(void **state)
{
    fixture *f = *state;
    char path[700];
    struct stat st;
    static const struct {
        long offset; /* -1: cut the file there instead */
        long cut;
    } cases[] = {{0, 0},  {8, 0},   {16, 0},    {24, 0},    {32, 0},
                 {40, 0}, {48, 0},  {56, 0},    {4096, 0},  {4096 + 20, 0},
                 {-1, 0}, {-1, 40}, {-1, 4096}, {-1, 5000}, {-1, 300000}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_memory_close(f->memory);
        f->memory = NULL;
        assert_true(sidecar(f, path));
        if (cases[i].offset < 0) {
            assert_int_equal(truncate(path, cases[i].cut), 0);
        } else {
            int fd = open(path, O_RDWR);
            assert_true(fd >= 0);
            assert_int_equal(pwrite(fd, "\xff\xff\xff\xff", 4, cases[i].offset), 4);
            close(fd);
        }
        open_memory(f, KOR_MEMORY_READ, trunk_model());
        assert_found(f, EVENTS + 1);
        assert_int_equal(count_vectors(f), EVENTS + 1);
        assert_int_equal(stat(path, &st), 0);
        assert_true(st.st_size > EVENTS * 512);
    }
}

/* Who still reads the memory as it was before may not write its vectors into the file again. */
static void test_vectors_that_were_forgotten_stay_gone(void **state)
{
    fixture *f = *state;
    kor_memory *reader;
    char path[700];
    struct stat before, after;
    assert_ok(f, kor_memory_open(&reader, f->home, KOR_MEMORY_READ, trunk_model(), &f->err));
    assert_ok(f, kor_store_exec(reader, "BEGIN; SELECT max(id) FROM events", &f->err));
    assert_ok(f, kor_store_exec(f->memory, "DELETE FROM events WHERE id = 5", &f->err));
    assert_ok(f, kor_store_update_vectors(f->memory, &f->err));
    assert_true(sidecar(f, path));
    assert_int_equal(stat(path, &before), 0);
    assert_ok(f, kor_store_update_vectors(reader, &f->err));
    assert_int_equal(reader->vectors.filed + reader->vectors.tailed, EVENTS + 1);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_int_equal(after.st_size, before.st_size);
    assert_ok(f, kor_store_exec(reader, "COMMIT", &f->err));
    assert_ok(f, kor_store_update_vectors(reader, &f->err));
    assert_int_equal(reader->vectors.filed, EVENTS);
    kor_memory_close(reader);
    assert_found(f, EVENTS + 1);
}

static void test_vectors_of_another_memory_are_not_taken(void **state)
{
    fixture *f = *state;
    char path[700];
    assert_true(sidecar(f, path));
    kor_memory_close(f->memory);
    f->memory = NULL;
    /* A new memory in the same place, with the old one's sidecar beside it. */
    assert_int_equal(unlink(f->db), 0);
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    remember(f, "a first entry", NOON);
    int64_t id = remember(f, "our dogs are the best of friends", NOON);
    assert_int_equal(count_vectors(f), 2);
    assert_found(f, id);
}

static void test_vectors_need_not_be_written(void **state)
{
    fixture *f = *state;
    char path[700];
    assert_true(sidecar(f, path));
    /* A folder where the file should be: it can neither be read nor replaced. */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    char inside[800];
    (void)snprintf(inside, sizeof inside, "%s/x", path);
    assert_int_equal(mkdir(inside, 0700), 0);
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    assert_found(f, EVENTS + 1);
    remember(f, "one more", NOON);
    assert_int_equal(count_vectors(f), EVENTS + 2);
    assert_found(f, EVENTS + 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, vectors_setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_vectors_are_beside_the_memory_and_private),
        TEST(test_vectors_follow_another_writer),
        TEST(test_vectors_are_made_anew_when_the_file_is_gone),
        TEST(test_vectors_are_made_anew_when_the_truth_changed),
        TEST(test_vectors_survive_damage),
        TEST(test_vectors_that_were_forgotten_stay_gone),
        TEST(test_vectors_of_another_memory_are_not_taken),
        TEST(test_vectors_need_not_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
