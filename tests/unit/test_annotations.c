/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "labels_maker.h"
#include "memory/annotations.h"
#include "memory/corrections.h"
#include "memory/counters.h"
#include "memory/likeness.h"
#include "memory/mentions.h"
#include "memory/reannotate.h"

/* A memory and a colony of two bags: "kind", of one label a text, and "tags", of several; both know
 * "first" ("a ab"), "second" ("b bc cc") and "third" ("c"). */
typedef struct den {
    fixture *f;
    kor_colony *colony;
    kor_guard guard;
} den;

static kor_status find(void *arg, const char *model, char out[4096], kor_error *err)
{
    den *d = arg;
    (void)err;
    (void)snprintf(out, 4096, "%s/%s.gguf", d->f->folder, model);
    return KOR_OK;
}

static void open_colony(den *d, const char *plan)
{
    char path[400];
    const char *const paths[] = {path};
    (void)snprintf(path, sizeof path, "%s/colony.yaml", d->f->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(plan, file) >= 0);
    assert_int_equal(fclose(file), 0);
    kor_colony_close(d->colony);
    assert_ok(d->f, kor_colony_open(&d->colony, paths, 1, NULL, find, d, &d->f->err));
}

static void make(den *d, fixture *f)
{
    char path[400];
    *d = (den){.f = f};
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    (void)snprintf(path, sizeof path, "%s/kind.gguf", f->folder);
    labels_write(path, false, MADE_BAG, NULL);
    (void)snprintf(path, sizeof path, "%s/tags.gguf", f->folder);
    labels_write(path, true, MADE_BAG, NULL);
    open_colony(d, "steps:\n  - {model: kind}\n  - {model: tags, when: kind != third}\n");
}

static void unmake(den *d)
{
    kor_colony_close(d->colony);
    kor_exclusions_free(&d->guard.exclusions);
}

static kor_ingest_stats put(den *d, const kor_event *events, size_t count)
{
    fixture *f = d->f;
    kor_ingest *in;
    kor_ingest_stats stats;
    assert_ok(f, kor_ingest_begin(&in, f->memory, 2, &f->err));
    kor_ingest_use(in, &d->guard, d->colony);
    for (size_t i = 0; i < count; i++) assert_ok(f, kor_ingest_add(in, &events[i], &f->err));
    assert_ok(f, kor_ingest_end(in, &stats, &f->err));
    return stats;
}

static int64_t put_text(den *d, const char *text)
{
    const kor_event e = text_event(text, NOON);
    return put(d, &e, 1).last_id;
}

/* "FIELD=LABEL ..." of what holds of an event; "+" before what the user said. */
static const char *said(fixture *f, int64_t event)
{
    static char text[1000];
    kor_arena arena = {0};
    kor_said *list;
    size_t count, at = 0;
    text[0] = 0;
    assert_ok(f, kor_annotations_list(f->memory, event, &arena, &list, &count, &f->err));
    for (size_t i = 0; i < count; i++) {
        int n = snprintf(text + at, sizeof text - at, "%s%s%s=%s", i ? " " : "",
                         list[i].model ? "" : "+", list[i].field, list[i].label);
        assert_true(n > 0);
        at += (size_t)n;
    }
    kor_arena_free(&arena);
    return text;
}

static void correct(fixture *f, int64_t event, const char *field, const char *label, bool on,
                    bool alone)
{
    const kor_correction c = {.field = field, .label = label, .on = on, .alone = alone};
    assert_ok(f, kor_corrections_add(f->memory, event, &c, 1, &f->err));
}

static void test_annotations_are_stored_and_the_user_is_above_them(void **state)
{
    den d;
    make(&d, *state);
    int64_t one = put_text(&d, "a ab"), two = put_text(&d, "c");
    assert_string_equal(said(d.f, one), "kind=first tags=first");
    assert_string_equal(said(d.f, two), "kind=third");
    correct(d.f, one, "kind", "second", true, true);
    correct(d.f, one, "tags", "third", true, false);
    assert_string_equal(said(d.f, one), "+kind=second +tags=third tags=first");
    correct(d.f, one, "tags", "first", false, false);
    assert_string_equal(said(d.f, one), "+kind=second +tags=third");
    int64_t taken;
    assert_ok(d.f, kor_corrections_undo(d.f->memory, one, &taken, &d.f->err));
    assert_string_equal(said(d.f, one), "kind=first tags=first");
    unmake(&d);
}

static size_t wanted(den *d, const char *field, const char *label, int64_t *first)
{
    fixture *f = d->f;
    kor_arena arena = {0};
    int64_t *ids;
    size_t found;
    const kor_wanted w = {.field = field, .label = label};
    assert_ok(f, kor_annotations_events(f->memory, &w, 1, NULL, 0, NOON + DAY, &arena, &ids, &found,
                                        &f->err));
    *first = found ? ids[0] : 0;
    kor_arena_free(&arena);
    return found;
}

static void test_annotations_filter_events_as_corrected(void **state)
{
    den d;
    int64_t first;
    make(&d, *state);
    int64_t one = put_text(&d, "a ab"), two = put_text(&d, "c"), three = put_text(&d, "b bc cc");
    assert_int_equal(wanted(&d, "kind", "first", &first), 1);
    assert_int_equal(first, one);
    assert_int_equal(wanted(&d, "kind", "second,third", &first), 2);
    assert_int_equal(first, two);
    assert_int_equal(wanted(&d, "tags", NULL, &first), 2);
    assert_int_equal(wanted(&d, "kind", "fir", &first), 0);
    assert_int_equal(wanted(&d, "none", "first", &first), 0);
    correct(d.f, one, "kind", "third", true, true);
    assert_int_equal(wanted(&d, "kind", "first", &first), 0);
    assert_int_equal(wanted(&d, "kind", "third", &first), 2);
    assert_int_equal(first, one);
    correct(d.f, three, "tags", "second", false, false);
    assert_int_equal(wanted(&d, "tags", "second", &first), 0);
    /* In an answer too. */
    kor_recall r;
    const kor_wanted w[] = {{.field = "kind", .label = "third"},
                            {.field = "tags", .label = "first"}};
    const kor_query q = {.question = "", .limit = 10, .wanted = w, .wanted_count = 1};
    assert_ok(d.f, kor_recall_run(d.f->memory, &q, &r, &d.f->err));
    assert_int_equal(r.count, 2);
    kor_recall_free(&r);
    const kor_query both = {
        .question = "ab", .len = 2, .limit = 10, .wanted = w, .wanted_count = 2};
    assert_ok(d.f, kor_recall_run(d.f->memory, &both, &r, &d.f->err));
    assert_int_equal(r.count, 1);
    assert_int_equal(r.hits[0].event.id, one);
    assert_int_equal(r.in_range, 1);
    kor_recall_free(&r);
    unmake(&d);
}

static void test_annotations_go_with_their_event(void **state)
{
    den d;
    make(&d, *state);
    (void)put_text(&d, "a ab");
    assert_int_equal(count_rows(d.f, "SELECT count(*) FROM annotations"), 2);
    assert_int_equal(count_rows(d.f, "SELECT count(*) FROM passes"), 1);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(d.f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "PRAGMA foreign_keys = ON; DELETE FROM events", 0, 0, 0),
                     SQLITE_OK);
    (void)sqlite3_close(db);
    assert_int_equal(count_rows(d.f, "SELECT count(*) FROM annotations"), 0);
    assert_int_equal(count_rows(d.f, "SELECT count(*) FROM passes"), 0);
    unmake(&d);
}

/* An event that a part of the colony has read waits for the rest. */
static void test_annotations_of_a_part_are_read_again(void **state)
{
    den d;
    kor_annotator *a;
    int64_t waiting;
    make(&d, *state);
    int64_t one = put_text(&d, "a ab");
    for (int part = 2; part >= 0; part -= 2) { /* of the second member */
        assert_ok(d.f, kor_annotator_new(&a, d.f->memory, d.colony, &d.f->err));
        assert_ok(d.f, kor_annotator_store(a, one, NULL, 0, 0, (uint64_t)part, &d.f->err));
        assert_string_equal(said(d.f, one), part ? "tags=first" : "");
        assert_ok(d.f, kor_annotator_waiting(a, &waiting, &d.f->err));
        assert_int_equal(waiting, part / 2);
        kor_annotator_free(a);
        kor_reannotated r;
        assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, NULL, NULL, &r, &d.f->err));
        assert_int_equal(r.done, part / 2);
        if (part) assert_string_equal(said(d.f, one), "kind=first tags=first");
    }
    unmake(&d);
}

/* A model that broke takes nothing of what it said with it, nor what was said in its place. */
static void test_annotations_of_a_broken_model_stay(void **state)
{
    den d;
    kor_reannotated r;
    char path[400];
    make(&d, *state);
    int64_t one = put_text(&d, "a ab"), two = put_text(&d, "zz");
    open_colony(&d, "steps:\n  - {model: kind}\n  - {model: tags}\n");
    assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, NULL, NULL, &r, &d.f->err));
    sqlite3 *db;
    assert_int_equal(sqlite3_open(d.f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DELETE FROM annotations WHERE event = 2; DELETE FROM unsure;"
                                  "INSERT INTO unsure SELECT 2, id FROM fields WHERE name = 'kind'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    (void)sqlite3_close(db);
    assert_ok(d.f, kor_unsure_answer(d.f->memory, two, "kind", "third", "brain", &d.f->err));
    (void)snprintf(path, sizeof path, "%s/kind.gguf", d.f->folder);
    assert_int_equal(remove(path), 0);
    open_colony(&d, "steps:\n  - {model: kind}\n  - {model: tags}\n");
    assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, NULL, NULL, &r, &d.f->err));
    assert_int_equal(r.done, 2);
    assert_string_equal(said(d.f, one), "kind=first tags=first");
    assert_non_null(strstr(said(d.f, two), "kind=third"));
    unmake(&d);
}

/* Rows that nothing wrote are found by the check, and harm nobody who reads them. */
static void test_annotations_that_are_damaged(void **state)
{
    static const char *const damages[] = {
        "UPDATE annotations SET place = 7, start = -1, stop = 9223372036854775807",
        "UPDATE annotations SET model = 99",
        "UPDATE annotations SET label = 99",
        "INSERT INTO unsure VALUES(99, 1)",
        "INSERT INTO passes VALUES(99, 1)",
        "INSERT INTO likeness VALUES(99, 1, NULL)",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        den d;
        sqlite3 *db;
        make(&d, *state);
        int64_t one = put_text(&d, "c");
        assert_ok(d.f, kor_memory_check(d.f->memory, &d.f->err));
        assert_int_equal(sqlite3_open(d.f->db, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, damages[i], NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(kor_memory_check(d.f->memory, &d.f->err), KOR_E_DAMAGED);
        kor_arena arena = {0};
        kor_said *list;
        size_t count;
        assert_ok(d.f, kor_annotations_list(d.f->memory, one, &arena, &list, &count, &d.f->err));
        for (size_t k = 0; k < count; k++) assert_int_equal(list[k].place, KOR_PLACE_WHOLE);
        kor_arena_free(&arena);
        assert_int_equal(sqlite3_exec(db,
                                      "DELETE FROM annotations; DELETE FROM unsure;"
                                      "DELETE FROM passes; DELETE FROM likeness",
                                      NULL, NULL, NULL),
                         SQLITE_OK);
        (void)sqlite3_close(db);
        kor_memory_close(d.f->memory);
        d.f->memory = NULL;
        unmake(&d);
    }
}

static bool stop_at_once(void *arg, const kor_reannotated *so_far)
{
    (void)arg;
    return so_far->done == 0;
}

static void test_reannotate_reads_what_is_new_to_the_colony(void **state)
{
    den d;
    kor_reannotated r;
    enum { MANY = 300 };
    make(&d, *state);
    int64_t one = put_text(&d, "a ab");
    correct(d.f, one, "kind", "second", true, true);
    assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, NULL, NULL, &r, &d.f->err));
    assert_int_equal(r.waiting, 0);
    /* Events from before there was a colony. */
    for (int i = 0; i < MANY; i++) (void)remember(d.f, i % 2 ? "c" : "b bc cc", NOON + i);
    assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, stop_at_once, NULL, &r, &d.f->err));
    assert_int_equal(r.waiting, MANY);
    assert_true(r.done > 0 && r.done < MANY);
    int64_t before = r.done;
    assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, NULL, NULL, &r, &d.f->err));
    assert_int_equal(r.waiting, MANY - before);
    assert_int_equal(r.done, MANY - before);
    assert_int_equal(r.changed, MANY - before);
    assert_string_equal(said(d.f, one + 1), "kind=second tags=second");
    /* Another plan: all are read again, and what is the same is told apart. */
    open_colony(&d, "steps:\n  - {model: kind}\n");
    assert_ok(d.f, kor_reannotate(d.f->memory, d.colony, NULL, NULL, &r, &d.f->err));
    assert_int_equal(r.done, MANY + 1);
    assert_int_equal(r.changed, MANY / 2 + 1);
    assert_string_equal(said(d.f, one), "+kind=second");
    assert_string_equal(said(d.f, one + 1), "kind=second");
    unmake(&d);
}

static int64_t counter(fixture *f, const char *name)
{
    kor_arena arena = {0};
    kor_counter *list;
    size_t count;
    int64_t value = 0;
    assert_ok(f, kor_counters_list(f->memory, name, &arena, &list, &count, &f->err));
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0) value = list[i].value;
    kor_arena_free(&arena);
    return value;
}

static void test_guard_comes_before_everything(void **state)
{
    den d;
    bool changed;
    make(&d, *state);
    assert_ok(d.f, kor_exclusions_add(&d.guard.exclusions, KOR_EXCLUDE_WORD, "falcon", &changed,
                                      &d.f->err));
    static const char key[] = "postgres://anna:Tr0ub4dor-9x@db.example/x";
    kor_event e[3] = {text_event(key, NOON), text_event("the Falcon", NOON),
                      text_event("a ab", NOON)};
    e[0].title = e[0].app = e[0].uri = e[0].ref = e[0].source = e[0].scope = key;
    kor_ingest_stats stats = put(&d, e, 3);
    assert_int_equal(stats.added, 2);
    assert_int_equal(stats.guard.excluded[KOR_EXCLUDE_WORD], 1);
    assert_int_equal(counter(d.f, "excluded.word"), 1);
    assert_true(counter(d.f, "cut.connection") >= 4);
    assert_int_equal(counter(d.f, "model.kind.asked"), 2);
    assert_int_equal(count_rows(d.f, "SELECT count(*) FROM events WHERE text LIKE "
                                     "'%[connection removed]%' AND title LIKE '%removed]%'"),
                     1);
    /* Importing it again adds nothing, though its names are not what they were. */
    stats = put(&d, e, 1);
    assert_int_equal(stats.added, 0);
    assert_int_equal(stats.known, 1);
    /* No byte of it on the disk. */
    kor_memory_close(d.f->memory);
    d.f->memory = NULL;
    FILE *file = fopen(d.f->db, "r");
    static char bytes[1 << 20];
    assert_non_null(file);
    size_t n = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    assert_true(n > 0 && n < sizeof bytes);
    assert_null(memmem(bytes, n, "Tr0ub4dor", 9));
    assert_null(memmem(bytes, n, "Falcon", 6));
    unmake(&d);
}

/* Stamps and case do not count, numbers do; scopes are apart; other processes are remembered. */
static void test_repeats_are_told_of_the_last_events(void **state)
{
    fixture *f = *state;
    static const char first[] =
        "2026-03-01 10:00:01 The worker restarted after it had lost the lock";
    static const char again[] =
        "2026-03-02 11:30:45 the worker restarted  after it had lost the lock";
    static const char other[] =
        "2026-03-02 11:30:45 the indexer wrote 20 segments and closed its file";
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t one = remember(f, first, NOON), two = remember(f, again, NOON), like;
    int64_t three = remember(f, other, NOON);
    kor_event apart = text_event(first, NOON);
    apart.scope = "apart";
    int64_t four = store(f, &apart, 1).last_id;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t five = remember(f, again, NOON);
    const struct {
        int64_t event, like;
    } want[] = {{one, one}, {two, one}, {three, three}, {four, four}, {five, one}};
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_ok(f, kor_likeness_of(f->memory, want[i].event, &like, &f->err));
        assert_int_equal(like, want[i].like);
    }
    /* An answer has it once. */
    kor_recall r;
    const kor_query q = {.question = "lost the lock", .len = 13, .limit = 10};
    assert_ok(f, kor_recall_run(f->memory, &q, &r, &f->err));
    assert_int_equal(r.count, 1);
    kor_recall_free(&r);
    /* Beyond the window it is new. */
    kor_event *many = calloc(KOR_LIKENESS_WINDOW, sizeof *many);
    char(*text)[64] = calloc(KOR_LIKENESS_WINDOW, sizeof *text);
    assert_non_null(many);
    assert_non_null(text);
    for (size_t i = 0; i < KOR_LIKENESS_WINDOW; i++) {
        (void)snprintf(text[i], sizeof *text, "w%zu x%zu y%zu z%zu", i * 7919, i * 104729, i * 31,
                       i);
        many[i] = text_event(text[i], NOON);
    }
    (void)store(f, many, KOR_LIKENESS_WINDOW);
    int64_t six = remember(f, again, NOON);
    assert_ok(f, kor_likeness_of(f->memory, six, &like, &f->err));
    assert_int_equal(like, six);
    free(many);
    free(text);
}

/* "on Friday" of a Monday is the Friday to come, in the zone of the event. */
static void test_mentions_link_events_to_the_times_they_speak_of(void **state)
{
    fixture *f = *state;
    kor_arena arena = {0};
    kor_mention *m;
    kor_event *found;
    size_t count;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    /* Monday 2023-11-13, 12:00 UTC, one hour east. */
    kor_event e = text_event("The meeting on Friday at 3 pm, not in 1997; call in 10 minutes",
                             NOON - 2 * DAY);
    e.offset_min = 60;
    e.title = "tomorrow";
    int64_t id = store(f, &e, 1).last_id;
    assert_ok(f, kor_mentions_list(f->memory, id, &arena, &m, &count, &f->err));
    assert_true(count >= 3);
    assert_int_equal(m[0].place, KOR_PLACE_TITLE);
    assert_int_equal(m[0].from_ms, NOON - DAY - 13 * 3600000ll);
    assert_int_equal(m[1].place, KOR_PLACE_TEXT);
    assert_memory_equal(e.text + m[1].start, "Friday at 3 pm", m[1].end - m[1].start);
    assert_int_equal(m[1].from_ms, NOON + 2 * DAY + 2 * 3600000ll);
    /* Found by that Friday, and not by the day it was said on. */
    int64_t friday = NOON + 2 * DAY - 12 * 3600000ll, monday = friday - 4 * DAY;
    assert_ok(f, kor_mentions_find(f->memory, NULL, friday, friday + DAY, 5, &arena, &found, &count,
                                   &f->err));
    assert_int_equal(count, 1);
    assert_int_equal(found[0].id, id);
    assert_ok(f, kor_mentions_find(f->memory, NULL, monday, monday + DAY, 5, &arena, &found, &count,
                                   &f->err));
    assert_int_equal(count, 0);
    assert_ok(f, kor_mentions_find(f->memory, NULL, friday + 3 * DAY, friday + 4 * DAY, 5, &arena,
                                   &found, &count, &f->err));
    assert_int_equal(count, 0);
    kor_arena_free(&arena);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_annotations_are_stored_and_the_user_is_above_them),
        TEST(test_annotations_filter_events_as_corrected),
        TEST(test_annotations_go_with_their_event),
        TEST(test_annotations_of_a_part_are_read_again),
        TEST(test_annotations_of_a_broken_model_stay),
        TEST(test_annotations_that_are_damaged),
        TEST(test_reannotate_reads_what_is_new_to_the_colony),
        TEST(test_guard_comes_before_everything),
        TEST(test_repeats_are_told_of_the_last_events),
        TEST(test_mentions_link_events_to_the_times_they_speak_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
