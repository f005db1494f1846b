/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

static kor_zone *utc;

static int open_utc(void **state)
{
    (void)state;
    return kor_zone_open(&utc, "UTC", NULL) == KOR_OK ? 0 : -1;
}

static int close_utc(void **state)
{
    (void)state;
    kor_zone_close(utc);
    return 0;
}

static kor_query query(const char *question)
{
    return (kor_query){
        .question = question, .len = strlen(question), .now_ms = NOON, .zone = utc, .limit = 10};
}

static kor_recall run(fixture *f, const kor_query *q)
{
    kor_recall r;
    assert_ok(f, kor_recall_run(f->memory, q, &r, &f->err));
    assert_true(r.count <= q->limit);
    for (size_t i = 0; i < r.count; i++) {
        assert_true(r.hits[i].score >= 0 && r.hits[i].score <= 1);
        assert_true(i == 0 || r.hits[i].score <= r.hits[i - 1].score);
    }
    return r;
}

static kor_recall ask(fixture *f, const char *question)
{
    kor_query q = query(question);
    return run(f, &q);
}

/* The first hit of a question; 0 when there is none. */
static int64_t first(fixture *f, const char *question)
{
    kor_recall r = ask(f, question);
    int64_t id = r.count ? r.hits[0].event.id : 0;
    kor_recall_free(&r);
    return id;
}

static size_t hits(fixture *f, const char *question)
{
    kor_recall r = ask(f, question);
    size_t count = r.count;
    kor_recall_free(&r);
    return count;
}

/* ---- Words ---- */

static void test_recall_finds_by_word_and_stem(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    int64_t parser = remember(f, "Rewrote the parsers of the config file", NOON);
    int64_t cafe = remember(f, "Met Zo\xc3\xab at the caf\xc3\xa9", NOON);
    remember(f, "Bought bread", NOON);
    assert_int_equal(first(f, "where is the parser?"), parser);
    assert_int_equal(first(f, "CAFE"), cafe);
    assert_int_equal(first(f, "zo\xc3\xab's coffee"), cafe);
    assert_int_equal(hits(f, "cheese"), 0);
}

static void test_recall_prefers_what_has_more_of_the_question(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "the build of the parser", NOON);
    int64_t both = remember(f, "fixed the crash of the parser in the build", NOON - DAY);
    remember(f, "a crash of the car", NOON);
    kor_recall r = ask(f, "crash parser");
    assert_int_equal(r.hits[0].event.id, both);
    assert_true(r.hits[0].lexical > r.hits[1].lexical && r.hits[1].lexical > 0);
    assert_int_equal(r.lexical, 3);
    assert_string_equal(r.words, "crash parser");
    kor_recall_free(&r);
}

static void test_recall_finds_exact_terms_as_phrases(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "open the model of the kor project", NOON);
    int64_t name = remember(f, "see kor_model_open() in the header", NOON - DAY);
    int64_t package = remember(f, "install libfoo-dev 1.2.3-4", NOON - DAY);
    int64_t issue = remember(f, "closes #123 at last", NOON - DAY);
    remember(f, "libfoo was here, dev too", NOON);
    assert_int_equal(first(f, "kor_model_open"), name);
    assert_int_equal(hits(f, "kor_model_open"), 1);
    assert_int_equal(first(f, "when did I install libfoo-dev?"), package);
    assert_int_equal(first(f, "1.2.3-4"), package);
    assert_int_equal(first(f, "#123"), issue);
    /* In no event in one piece: its parts will do. */
    assert_int_equal(first(f, "header/kor"), name);
}

static void test_recall_takes_no_orders_from_a_question(void **state)
{
    static const char *const questions[] = {
        "\"",
        "\"\"",
        "parser\"",
        "\" OR \"1\"=\"1",
        "a NOT b",
        "text:parser",
        "NEAR(a b)",
        "parser*",
        "^parser",
        "(((",
        "AND OR NOT",
        "- + { } :",
        "'; DROP TABLE events; --",
        "\xff\xfe\x80",
        "title : x",
        "?1",
        "\xf0\x9f\x98\x80",
        "col-umn:^\"x\"*",
        "*",
        "\\",
    };
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    remember(f, "the parser", NOON);
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) (void)hits(f, questions[i]);
    kor_query q = query("parser");
    char zero[] = "par\0ser parser";
    q.question = zero;
    q.len = sizeof zero - 1;
    kor_recall r = run(f, &q);
    assert_int_equal(r.count, 1);
    kor_recall_free(&r);
    assert_int_equal(count_events(f), 1);
}

static void test_recall_counts_the_title(void **state)
{
    fixture *f = *state;
    kor_event events[] = {text_event("nothing about it here", NOON),
                          text_event("the kiln was mentioned once", NOON)};
    events[0].title = "Kiln";
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    store(f, events, 2);
    assert_int_equal(first(f, "kiln"), 1);
}

static void test_recall_shows_equal_events_once_and_the_latest(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    for (int i = 0; i < 300; i++) remember(f, "git push origin main", NOON + i);
    int64_t other = remember(f, "git push to the mirror", NOON - DAY);
    kor_recall r = ask(f, "git push");
    assert_int_equal(r.count, 2);
    size_t repeated = r.hits[0].event.id == other ? 1 : 0;
    assert_int_equal(r.hits[repeated].event.time_ms, NOON + 299);
    assert_int_equal(r.hits[1 - repeated].event.id, other);
    kor_recall_free(&r);
    r = ask(f, "today");
    assert_int_equal(r.count, 1);
    kor_recall_free(&r);
}

/* More events than a question may score: the rare word decides, the common ones add. */
static void test_recall_of_common_words_is_bounded_and_right(void **state)
{
    enum { MANY = 9000 };
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_ingest *in;
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    for (int i = 0; i < MANY; i++) {
        char text[80];
        (void)snprintf(text, sizeof text, "%s build of number%d%s", i % 2 ? "alpha" : "beta", i,
                       i % 3000 == 7 ? " quokka" : "");
        kor_event e = text_event(text, NOON + i);
        assert_ok(f, kor_ingest_add(in, &e, &f->err));
    }
    kor_event old = text_event("alpha beta build", NOON - DAY);
    assert_ok(f, kor_ingest_add(in, &old, &f->err));
    assert_ok(f, kor_ingest_end(in, NULL, &f->err));
    kor_recall r = ask(f, "quokka beta build");
    assert_int_equal(r.lexical, 3);
    assert_int_equal(r.count, 3);
    /* Numbers 7, 3007 and 6007 are the rare ones; all are alphas. The latest comes first. */
    assert_int_equal(r.hits[0].event.time_ms, NOON + 6007);
    kor_recall_free(&r);
    /* All common: the one event that has all of them is found, although it is the oldest. */
    r = ask(f, "alpha beta build");
    assert_string_equal(r.hits[0].event.text, "alpha beta build");
    assert_true(r.lexical < MANY);
    assert_int_equal(r.count, 10);
    kor_recall_free(&r);
    /* A narrow range is searched whole, whatever the words. */
    kor_query q = query("build");
    q.has_from = q.has_to = true;
    q.from_ms = NOON + 10;
    q.to_ms = NOON + 20;
    r = run(f, &q);
    assert_int_equal(r.count, 10);
    assert_int_equal(r.lexical, 10);
    kor_recall_free(&r);
}

/* ---- Filters ---- */

static void test_recall_filters_by_time_words_first(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    int64_t yesterday = remember(f, "a note about the parser", NOON - DAY);
    remember(f, "the parser, the parser, the parser", NOON);
    remember(f, "lunch", NOON - DAY);
    kor_recall r = ask(f, "what did I write about the parser yesterday?");
    assert_true(r.when.found);
    assert_true(r.ranged);
    assert_int_equal(r.from_ms, NOON - DAY - DAY / 2);
    assert_int_equal(r.to_ms, NOON - DAY / 2);
    assert_int_equal(r.events, 3);
    assert_int_equal(r.in_scope, 3);
    assert_int_equal(r.in_range, 2);
    assert_string_equal(r.words, "write parser");
    assert_true(r.count >= 1);
    assert_int_equal(r.hits[0].event.id, yesterday);
    for (size_t i = 0; i < r.count; i++) assert_true(r.hits[i].event.time_ms < NOON);
    kor_recall_free(&r);
}

static void test_recall_explicit_range_replaces_the_words(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "parser of yesterday", NOON - DAY);
    int64_t older = remember(f, "parser of long ago", NOON - 100 * DAY);
    kor_query q = query("parser yesterday");
    q.has_to = true;
    q.to_ms = NOON - 50 * DAY;
    kor_recall r = run(f, &q);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.hits[0].event.id, older);
    assert_string_equal(r.words, "parser");
    assert_int_equal(r.to_ms, NOON - 50 * DAY);
    kor_recall_free(&r);
    /* Half-open: the end is not in it. */
    q.to_ms = NOON - 100 * DAY;
    r = run(f, &q);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.in_range, 0);
    kor_recall_free(&r);
}

static void test_recall_of_time_alone_gives_the_latest(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    int64_t early = remember(f, "breakfast", NOON - DAY - 3600000);
    int64_t late = remember(f, "dinner", NOON - DAY + 3600000);
    remember(f, "today's lunch", NOON);
    static const char *const questions[] = {"yesterday", "what was I doing yesterday?",
                                            "show me what happened yesterday"};
    for (size_t i = 0; i < 3; i++) {
        kor_recall r = ask(f, questions[i]);
        assert_int_equal(r.count, 2);
        assert_int_equal(r.hits[0].event.id, late);
        assert_int_equal(r.hits[1].event.id, early);
        assert_string_equal(r.words, "");
        kor_recall_free(&r);
    }
}

static void test_recall_keeps_scopes_apart(void **state)
{
    fixture *f = *state;
    kor_event events[] = {text_event("the parser of mine", NOON),
                          text_event("the parser of work", NOON)};
    events[1].scope = "work";
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    store(f, events, 2);
    assert_int_equal(first(f, "parser"), 1);
    assert_int_equal(hits(f, "parser"), 1);
    kor_query q = query("parser");
    q.scope = "work";
    kor_recall r = run(f, &q);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.hits[0].event.id, 2);
    assert_string_equal(r.hits[0].event.scope, "work");
    assert_int_equal(r.events, 2);
    assert_int_equal(r.in_scope, 1);
    kor_recall_free(&r);
    q.scope = "nowhere";
    r = run(f, &q);
    assert_int_equal(r.count, 0);
    assert_int_equal(r.in_scope, 0);
    kor_recall_free(&r);
}

/* Events of one time that were stored far apart, among many: each island is searched. */
static void test_recall_finds_a_range_that_is_scattered(void **state)
{
    enum { MANY = 9000 };
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_ingest *in;
    assert_ok(f, kor_ingest_begin(&in, f->memory, 1, &f->err));
    for (int i = 0; i < MANY; i++) {
        char text[40];
        (void)snprintf(text, sizeof text, "common word number%d", i);
        kor_event e = text_event(text, i % 100 == 50 ? NOON - 90 * DAY : NOON);
        assert_ok(f, kor_ingest_add(in, &e, &f->err));
    }
    assert_ok(f, kor_ingest_end(in, NULL, &f->err));
    kor_query q = query("common word");
    q.has_to = true;
    q.to_ms = NOON - 80 * DAY;
    q.limit = 1000;
    kor_recall r = run(f, &q);
    assert_int_equal(r.in_range, MANY / 100);
    assert_int_equal(r.count, MANY / 100);
    kor_recall_free(&r);
}

/* ---- Empty answers, wrong use ---- */

static void test_recall_of_an_empty_memory(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    kor_recall r = ask(f, "anything at all about parsers");
    assert_int_equal(r.count, 0);
    assert_int_equal(r.events, 0);
    kor_recall_free(&r);
}

static void test_recall_refuses_a_limit_out_of_range(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_query q = query("x");
    kor_recall r;
    q.limit = 0;
    assert_int_equal(kor_recall_run(f->memory, &q, &r, &f->err), KOR_E_ARG);
    kor_recall_free(&r);
    q.limit = 1001;
    assert_int_equal(kor_recall_run(f->memory, &q, &r, &f->err), KOR_E_ARG);
    kor_recall_free(&r);
    q.limit = 1;
    q.question = NULL;
    q.len = 0;
    assert_ok(f, kor_recall_run(f->memory, &q, &r, &f->err));
    assert_int_equal(r.count, 0);
    kor_recall_free(&r);
}

static void test_recall_of_a_very_long_question(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    int64_t id = remember(f, "the parser", NOON);
    size_t len = 1u << 20;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'x', len);
    memcpy(text, "parser ", 7);
    for (size_t i = 10; i < len; i += 9) text[i] = ' ';
    kor_query q = query("");
    q.question = text;
    q.len = len;
    kor_recall r = run(f, &q);
    assert_int_equal(r.count, 1);
    assert_int_equal(r.hits[0].event.id, id);
    kor_recall_free(&r);
    free(text);
}

/* ---- Meaning ---- */

static const char *const diary[] = {
    "Our dogs are the best of friends and love long walks",
    "Paid the electricity bill and the rent for the flat",
    "Rewrote the tokenizer so that it reads any bytes",
    "Booked two train tickets to Vienna for the conference",
    "The oven is broken, the repair costs two hundred euros",
    "Watched a film about the moon landing with Anna",
    "Fixed the memory leak in the image decoder",
    "Bought tomatoes, bread and a good cheese on the market",
    "Called the doctor about the pain in my knee",
    "Planted roses and lavender behind the house",
};

static void fill_diary(fixture *f)
{
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    for (size_t i = 0; i < sizeof diary / sizeof *diary; i++) {
        remember(f, diary[i], NOON - (int64_t)i * 3600000);
    }
}

static void test_recall_finds_by_meaning_without_a_shared_word(void **state)
{
    fixture *f = *state;
    fill_diary(f);
    kor_recall r = ask(f, "canine companions");
    assert_true(r.count >= 1);
    assert_int_equal(r.hits[0].event.id, 1);
    assert_true(r.hits[0].lexical == 0);
    assert_true(r.hits[0].vector > 0 && r.hits[0].cosine > 0.2);
    assert_int_equal(r.lexical, 0);
    assert_true(r.near >= 1);
    kor_recall_free(&r);
}

static void test_recall_of_nonsense_is_empty(void **state)
{
    static const char *const nonsense[] = {"xyzzy plugh", "asdf qwer zxcv", "lkjhlkjh", "????",
                                           "blorple fnord quux"};
    fixture *f = *state;
    fill_diary(f);
    for (size_t i = 0; i < sizeof nonsense / sizeof *nonsense; i++) {
        kor_recall r = ask(f, nonsense[i]);
        if (r.count) fail_msg("'%s' found '%s'", nonsense[i], r.hits[0].event.text);
        assert_int_equal(r.in_range, sizeof diary / sizeof *diary);
        kor_recall_free(&r);
    }
}

static void test_recall_words_lead_and_meaning_follows(void **state)
{
    fixture *f = *state;
    fill_diary(f);
    /* "decoder" is in one event, near in meaning to another. */
    kor_recall r = ask(f, "decoder");
    assert_int_equal(r.hits[0].event.id, 7);
    assert_true(r.hits[0].lexical > 0.5);
    kor_recall_free(&r);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_recall_finds_by_word_and_stem),
        TEST(test_recall_prefers_what_has_more_of_the_question),
        TEST(test_recall_finds_exact_terms_as_phrases),
        TEST(test_recall_takes_no_orders_from_a_question),
        TEST(test_recall_counts_the_title),
        TEST(test_recall_shows_equal_events_once_and_the_latest),
        TEST(test_recall_of_common_words_is_bounded_and_right),
        TEST(test_recall_filters_by_time_words_first),
        TEST(test_recall_explicit_range_replaces_the_words),
        TEST(test_recall_of_time_alone_gives_the_latest),
        TEST(test_recall_keeps_scopes_apart),
        TEST(test_recall_finds_a_range_that_is_scattered),
        TEST(test_recall_of_an_empty_memory),
        TEST(test_recall_refuses_a_limit_out_of_range),
        TEST(test_recall_of_a_very_long_question),
        TEST(test_recall_finds_by_meaning_without_a_shared_word),
        TEST(test_recall_of_nonsense_is_empty),
        TEST(test_recall_words_lead_and_meaning_follows),
    };
    return cmocka_run_group_tests(tests, open_utc, close_utc);
}
