/* SPDX-License-Identifier: Apache-2.0 */
/* The teacher on an endpoint that is a function, in a time of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "forge/teacher.h"
#include "learn/random.h"
#include "scratch.h"

#include <jansson.h>

/* ---- The endpoint ---- */

enum { SLOTS = 64, TIMES = 4096 };

struct kor_http {
    char *body[SLOTS]; /* of what is under way; NULL: free */
    double at[SLOTS];  /* when it was sent */
    size_t under_way, parallel;
    kor_random random;
};

static struct script {
    double now;
    uint64_t seed;       /* of the order of replies */
    size_t sent, opened; /* requests so far; endpoints open */
    size_t most;         /* requests at a time */
    double times[TIMES]; /* of sending */
    /* The status of the n-th reply, 0 for none at all; NULL: always 200. */
    long (*status)(size_t n);
    double retry_after;
    size_t replies, bytes; /* given; of all requests */
} script;

static kor_status fake_open(kor_http **out, const kor_http_options *options, kor_error *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return kor_fail_memory(err);
    (*out)->parallel = options->parallel;
    (*out)->random.state = script.seed;
    script.opened++;
    return KOR_OK;
}

static kor_status fake_start(kor_http *http, size_t number, const kor_str *body, kor_error *err)
{
    (void)err;
    assert_true(number < http->parallel && !http->body[number]);
    http->body[number] = strdup(kor_str_text(body));
    assert_non_null(http->body[number]);
    assert_true(script.sent < TIMES);
    script.times[script.sent++] = script.now;
    script.bytes += body->len;
    http->under_way++;
    if (http->under_way > script.most) script.most = http->under_way;
    return KOR_OK;
}

/* Texts of words that depend on the request alone. */
static json_t *made_rows(const char *user)
{
    size_t count = 0;
    char label[32] = "";
    json_t *rows = json_array();
    assert_int_equal(sscanf(user, "Write %zu texts of the label \"%31[^\"]\"", &count, label), 2);
    for (size_t i = 0; i < count; i++) {
        char text[200];
        kor_random r = {kor_hash64(user, strlen(user), i)};
        (void)snprintf(text, sizeof text, "%s %x %x %x", label, (unsigned)kor_random_next(&r),
                       (unsigned)kor_random_next(&r), (unsigned)kor_random_next(&r));
        json_array_append_new(rows, json_pack("{s:s,s:s}", "text", text, "label", label));
    }
    return rows;
}

/* Each text's label is its first word. */
static json_t *told_labels(const char *user)
{
    json_t *rows = json_array();
    unsigned number;
    char label[32];
    for (const char *s = user; sscanf(s, "%u. \"%31[a-z]", &number, label) == 2;) {
        json_array_append_new(rows, json_pack("{s:i,s:s}", "number", (int)number, "label", label));
        s += strcspn(s, "\n");
        if (*s) s++;
    }
    return rows;
}

static void answer(kor_str *out, const char *body)
{
    json_t *q = json_loads(body, 0, NULL), *messages = json_object_get(q, "messages");
    assert_non_null(messages);
    const char *user = json_string_value(json_object_get(json_array_get(messages, 1), "content"));
    json_t *rows = strncmp(user, "Write", 5) == 0 ? made_rows(user) : told_labels(user);
    json_t *content = json_pack("{s:o}", "rows", rows);
    char *text = json_dumps(content, 0);
    json_t *reply = json_pack("{s:[{s:{s:s}}],s:{s:i,s:i}}", "choices", "message", "content", text,
                              "usage", "prompt_tokens", 100, "completion_tokens", 50);
    char *all = json_dumps(reply, 0);
    kor_str_puts(out, all);
    free(all);
    free(text);
    json_decref(reply);
    json_decref(content);
    json_decref(q);
}

static kor_status fake_wait(kor_http *http, double seconds, kor_http_reply *reply, bool *there,
                            kor_error *err)
{
    (void)err;
    assert_true(seconds >= 0 && seconds <= 1);
    *there = http->under_way > 0;
    if (!*there) {
        script.now += seconds + 1e-3;
        assert_true(script.now < 1e5);
        return KOR_OK;
    }
    size_t slot = kor_random_below(&http->random, http->parallel);
    while (!http->body[slot]) slot = (slot + 1) % http->parallel;
    long status = script.status ? script.status(script.replies) : 200;
    script.replies++;
    *reply = (kor_http_reply){.number = slot, .whole = status != 0, .status = status};
    if (status == 200)
        answer(&reply->body, http->body[slot]);
    else if (status)
        reply->retry_after = script.retry_after;
    else
        (void)snprintf(reply->why, sizeof reply->why, "nobody is there");
    free(http->body[slot]);
    http->body[slot] = NULL;
    http->under_way--;
    script.now += 0.01;
    return KOR_OK;
}

static double fake_seconds(kor_http *http)
{
    (void)http;
    return script.now;
}

static void fake_close(kor_http *http)
{
    if (!http) return;
    for (size_t i = 0; i < SLOTS; i++) free(http->body[i]);
    free(http);
    script.opened--;
}

static const kor_http_api fake = {fake_open, fake_start, fake_wait, fake_seconds, fake_close};

/* ---- A job ---- */

typedef struct school {
    folder f;
    kor_labels labels;
    kor_teacher *teacher;
    kor_teacher_job job;
    kor_teacher_report report;
    kor_str rows;
    kor_status status;
    kor_error err;
} school;

static const char *const meaning[] = {"a greeting", "", "a question"};

static void school_open(school *s, const char *more)
{
    static const char *const names[] = {"greet", "leave", "ask"};
    char config[300];
    size_t at;
    *s = (school){.f = folder_new()};
    for (size_t i = 0; i < 3; i++)
        assert_works(kor_labels_add(&s->labels, names[i], strlen(names[i]), &at, &s->err), &s->err);
    int n = snprintf(config, sizeof config, "url: http://127.0.0.1/v1\nmodel: m\n%s", more);
    put_file(in(&s->f, "teacher.yaml"), config, (size_t)n);
    assert_works(kor_teacher_open_with(&s->teacher, in(&s->f, "teacher.yaml"), &fake, &s->err),
                 &s->err);
    s->job = (kor_teacher_job){.lesson = {.labels = &s->labels, .meaning = meaning},
                               .seed = 1,
                               .count = 90,
                               .per_request = 10,
                               .near = 0.7};
    script = (struct script){.seed = 1};
}

static kor_status take(void *arg, const kor_teacher_row *row, kor_error *err)
{
    school *s = arg;
    (void)err;
    kor_str_puts(&s->rows, row->json);
    kor_str_putc(&s->rows, '\n');
    return KOR_OK;
}

static void school_make(school *s)
{
    kor_str_clear(&s->rows);
    s->status = kor_teacher_make(s->teacher, &s->job, take, s, &s->report, &s->err);
}

static void school_close(school *s)
{
    kor_teacher_close(s->teacher);
    kor_labels_free(&s->labels);
    kor_str_free(&s->rows);
    folder_remove(&s->f);
    assert_int_equal(script.opened, 0);
}

/* ---- Tests ---- */

static void test_teacher_rows_do_not_depend_on_order(void **state)
{
    (void)state;
    school a, b;
    school_open(&a, "parallel: 8\n");
    school_make(&a);
    assert_works(a.status, &a.err);
    assert_int_equal(a.report.rows, 90);
    assert_int_equal(a.report.missing, 0);
    assert_int_equal(a.report.requests, 9 + 9);
    assert_true(a.report.tokens_in == 1800 && a.report.tokens_out == 900 && !a.report.estimated);
    assert_true(script.most == 8);
    kor_teacher_close(a.teacher);
    a.teacher = NULL;
    school_open(&b, "parallel: 3\n");
    script.seed = 99;
    school_make(&b);
    assert_works(b.status, &b.err);
    assert_true(script.most == 3);
    assert_string_equal(kor_str_text(&a.rows), kor_str_text(&b.rows));
    school_close(&b);
    school_close(&a);
}

static long busy_at_first(size_t n)
{
    return n < 2 ? 429 : 200;
}

static void test_teacher_waits_as_long_as_it_is_told(void **state)
{
    (void)state;
    school s;
    school_open(&s, "parallel: 1\n");
    script.status = busy_at_first;
    script.retry_after = 7;
    school_make(&s);
    assert_works(s.status, &s.err);
    assert_int_equal(s.report.rows, 90);
    assert_int_equal(s.report.retries, 2);
    /* Nobody asks before that. */
    assert_true(script.times[1] - script.times[0] >= 7 && script.times[2] - script.times[1] >= 7);
    assert_true(script.times[2] - script.times[1] < 10);
    school_close(&s);
}

static long broken(size_t n)
{
    (void)n;
    return 500;
}

static long nobody(size_t n)
{
    (void)n;
    return 0;
}

static void test_teacher_backs_off_and_gives_up(void **state)
{
    (void)state;
    school s;
    school_open(&s, "parallel: 1\nretries: 4\n");
    script.status = broken;
    school_make(&s);
    assert_fails(s.status, KOR_E_IO, &s.err, "status 500");
    school_close(&s);
    school_open(&s, "parallel: 1\nretries: 10\n");
    script.status = nobody;
    s.job.count = 1; /* a single request, so that its tries follow one another */
    school_make(&s);
    assert_fails(s.status, KOR_E_IO, &s.err, "nobody is there");
    assert_int_equal(script.sent, 11);
    for (size_t i = 1; i < script.sent; i++) {
        double wait = script.times[i] - script.times[i - 1], full = 0.5 * (double)(1u << (i - 1));
        if (full > 30) full = 30;
        if (wait < full / 2 || wait > full + 0.1) fail_msg("wait %zu: %f of %f", i, wait, full);
    }
    school_close(&s);
}

static long dies(size_t n)
{
    return n < 20 ? 200 : 503;
}

static void test_teacher_keeps_what_there_is(void **state)
{
    (void)state;
    school s;
    school_open(&s, "parallel: 2\nretries: 0\n");
    script.status = dies;
    s.job.count = 3000;
    school_make(&s);
    assert_works(s.status, &s.err);
    assert_non_null(strstr(s.report.stopped, "503"));
    assert_int_equal(s.report.rows + s.report.missing, 3000);
    school_close(&s);
}

static long refuses(size_t n)
{
    return n < 5 ? 200 : 401;
}

static void test_teacher_stops_where_the_key_is_refused(void **state)
{
    (void)state;
    school s;
    school_open(&s, "parallel: 4\n");
    script.status = refuses;
    school_make(&s);
    assert_fails(s.status, KOR_E_INPUT, &s.err, "key is refused");
    assert_true(script.replies == 6);
    school_close(&s);
}

/* Whatever the budget, it is never passed, and a larger one goes on where the other stopped. */
static void test_teacher_keeps_to_its_budget(void **state)
{
    (void)state;
    school s;
    kor_str all = {0};
    school_open(&s, "");
    school_make(&s);
    kor_str_puts(&all, kor_str_text(&s.rows));
    school_close(&s);
    school_open(&s, "");
    s.job.journal = in(&s.f, "journal");
    size_t requests = 0;
    bool done = false;
    for (int budget = 0; budget < 8000 && !done; budget += 1000) {
        char config[200];
        int n = snprintf(config, sizeof config,
                         "url: http://127.0.0.1/v1\nmodel: m\nbudget_tokens: %d\n", budget);
        put_file(in(&s.f, "teacher.yaml"), config, (size_t)n);
        kor_teacher_close(s.teacher);
        assert_works(kor_teacher_open_with(&s.teacher, in(&s.f, "teacher.yaml"), &fake, &s.err),
                     &s.err);
        school_make(&s);
        assert_works(s.status, &s.err);
        assert_true(s.report.tokens_all <= budget);
        requests += s.report.requests;
        done = s.report.missing == 0;
        assert_true(done != (bool)*s.report.stopped);
        assert_true(strncmp(kor_str_text(&s.rows), kor_str_text(&all), s.rows.len) == 0 || !done);
    }
    assert_true(done);
    assert_int_equal(requests, 18); /* nothing was asked twice */
    assert_string_equal(kor_str_text(&s.rows), kor_str_text(&all));
    kor_str_free(&all);
    school_close(&s);
}

static kor_status refuse(void *arg, const kor_teacher_row *row, kor_error *err)
{
    (void)arg;
    (void)row;
    return kor_fail(err, KOR_E_IO, "no room");
}

static void test_teacher_hands_on_the_error_of_its_caller(void **state)
{
    (void)state;
    school s;
    school_open(&s, "");
    s.status = kor_teacher_make(s.teacher, &s.job, refuse, NULL, &s.report, &s.err);
    assert_fails(s.status, KOR_E_IO, &s.err, "no room");
    school_make(&s);
    assert_works(s.status, &s.err);
    assert_int_equal(s.report.rows, 90);
    school_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_teacher_rows_do_not_depend_on_order),
        cmocka_unit_test(test_teacher_waits_as_long_as_it_is_told),
        cmocka_unit_test(test_teacher_backs_off_and_gives_up),
        cmocka_unit_test(test_teacher_keeps_what_there_is),
        cmocka_unit_test(test_teacher_stops_where_the_key_is_refused),
        cmocka_unit_test(test_teacher_keeps_to_its_budget),
        cmocka_unit_test(test_teacher_hands_on_the_error_of_its_caller),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
