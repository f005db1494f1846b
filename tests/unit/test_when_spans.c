/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/when.h"

#include <stdio.h>
#include <string.h>

enum { SPANS = 16 };

/* A Sunday morning. */
static const int64_t NOW = INT64_C(1795338000000); /* 2026-11-22T09:00:00Z */

static kor_zone *open_zone(const char *name)
{
    kor_zone *zone;
    kor_error err;
    if (kor_zone_open(&zone, name, &err) != KOR_OK) fail_msg("%s", err.msg);
    return zone;
}

static size_t find(const char *text, const kor_when_options *o, kor_when_span out[SPANS])
{
    kor_error err;
    size_t count = 0;
    if (kor_when(text, KOR_NUL, o, out, SPANS, &count, &err) != KOR_OK) fail_msg("%s", err.msg);
    return count;
}

/* ---- Types, and several spans of a text ---- */

static void test_when_spans_have_types(void **state)
{
    (void)state;
    static const struct {
        const char *text, *span;
        kor_when_type type;
        const char *grain, *rule;
    } rows[] = {
        {"met on 4 March", "4 March", KOR_WHEN_DATE, "day", "date"},
        {"that was last week", "last week", KOR_WHEN_DATERANGE, "week", "calendar-unit"},
        {"at 3pm then", "3pm", KOR_WHEN_TIME, "hour", "clock-time"},
        {"from 3 to 5 pm", "from 3 to 5 pm", KOR_WHEN_TIMERANGE, "hour", "clock-range"},
        {"tomorrow at 8:15", "tomorrow at 8:15", KOR_WHEN_DATETIME, "minute", "clock-time"},
        {"10 seconds ago", "10 seconds ago", KOR_WHEN_DATETIME, "second", "amount-from"},
        {"monday morning", "monday morning", KOR_WHEN_DATETIMERANGE, "hour", "part-of-day"},
        {"took two hours", "two hours", KOR_WHEN_DURATION, "hour", "amount"},
        {"every Friday", "every Friday", KOR_WHEN_SET, "week", "recurrence"},
        {"broken since the release", "since the release", KOR_WHEN_VAGUE, "day", "vague"},
        {"in Q3 2025", "Q3 2025", KOR_WHEN_DATERANGE, "quarter", "quarter"},
        {"since 2019", "since 2019", KOR_WHEN_DATERANGE, "year", "open-range"},
        {"from Monday to Friday", "from Monday to Friday", KOR_WHEN_DATERANGE, "day", "from-to"},
        {"the first Friday of July", "the first Friday of July", KOR_WHEN_DATE, "day",
         "nth-within"},
        {"the end of May", "the end of May", KOR_WHEN_DATERANGE, "month", "part-of-period"},
        {"on christmas eve", "christmas eve", KOR_WHEN_DATE, "day", "holiday"},
    };
    kor_when_options o = {.reference_ms = NOW};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kor_when_span s[SPANS];
        if (find(rows[i].text, &o, s) != 1) fail_msg("'%s': not one span", rows[i].text);
        size_t start = (size_t)(strstr(rows[i].text, rows[i].span) - rows[i].text);
        if (s->start != start || s->end != start + strlen(rows[i].span)) {
            fail_msg("'%s': [%zu, %zu)", rows[i].text, s->start, s->end);
        }
        if (s->type != rows[i].type) {
            fail_msg("'%s': %s", rows[i].text, kor_when_type_name(s->type));
        }
        assert_string_equal(s->grain, rows[i].grain);
        assert_string_equal(s->rule, rows[i].rule);
        assert_string_equal(s->convention, "calendar");
    }
}

static void test_when_spans_count_code_points(void **state)
{
    (void)state;
    kor_when_options o = {.reference_ms = NOW};
    kor_when_span s[SPANS];
    assert_int_equal(find("caf\xc3\xa9 \xf0\x9f\x98\x80 yesterday, and on the 3rd of May "
                          "\xe2\x80\x9cnoon\xe2\x80\x9d",
                          &o, s),
                     3);
    assert_int_equal(s[0].start, 11);
    assert_int_equal(s[0].start_cp, 7);
    assert_int_equal(s[0].end_cp, 16);
    assert_int_equal(s[1].start - s[1].start_cp, 4);
    assert_int_equal(s[1].start - s[1].lead, strlen("on the "));
    assert_int_equal(s[2].type, KOR_WHEN_TIME);
    assert_int_equal(s[2].start - s[2].start_cp, 6);
}

/* ---- Readings ---- */

static void check_range(const char *text, const kor_when_options *o, const char *from,
                        const char *to)
{
    kor_when_span s[SPANS];
    int64_t a, b;
    kor_error err;
    assert_int_equal(kor_time_parse(from, o->zone, 0, &a, NULL, &err), KOR_OK);
    assert_int_equal(kor_time_parse(to, o->zone, 0, &b, NULL, &err), KOR_OK);
    if (find(text, o, s) < 1 || !(s->flags & KOR_WHEN_RESOLVED))
        fail_msg("'%s' has no range", text);
    if (s->from_ms == a && s->to_ms == b) return;
    char x[KOR_TIME_SIZE], y[KOR_TIME_SIZE];
    kor_time_format(x, s->from_ms, o->zone);
    kor_time_format(y, s->to_ms, o->zone);
    fail_msg("'%s': %s to %s", text, x, y);
}

static void test_when_spans_follow_the_reading(void **state)
{
    (void)state;
    kor_zone *zone = open_zone("Europe/Paris");
    kor_when_options past = {.zone = zone, .reference_ms = NOW}, future = past, memory = past;
    future.prefer = KOR_WHEN_FUTURE;
    memory.convention = KOR_WHEN_MEMORY;
    check_range("Tuesday", &past, "2026-11-17", "2026-11-18");
    check_range("Tuesday", &future, "2026-11-24", "2026-11-25");
    check_range("March 3", &past, "2026-03-03", "2026-03-04");
    check_range("March 3", &future, "2027-03-03", "2027-03-04");
    check_range("at 9am", &past, "2026-11-22 09:00", "2026-11-22 10:00");
    check_range("at 9am", &future, "2026-11-23 09:00", "2026-11-23 10:00");
    check_range("Monday at 9am", &future, "2026-11-23 09:00", "2026-11-23 10:00");
    check_range("from Friday to Tuesday", &past, "2026-11-20", "2026-11-24");
    check_range("from Friday to Tuesday", &memory, "2026-11-13", "2026-11-18");
    check_range("this morning", &past, "2026-11-22 08:00", "2026-11-22 12:00");
    check_range("this morning", &memory, "2026-11-22 06:00", "2026-11-22 12:00");
    check_range("2026-05-05T14:00:00Z", &past, "2026-05-05T14:00:00Z", "2026-05-05T14:00:01Z");
    check_range("Sat, 21 Nov 2026 10:15:00 -0500", &past, "2026-11-21T15:15:00Z",
                "2026-11-21T15:15:01Z");
    future.day_first = 1;
    check_range("3/4/2026", &past, "2026-03-04", "2026-03-05");
    check_range("3/4/2026", &future, "2026-04-03", "2026-04-04");
    check_range("13/4/2026", &past, "2026-04-13", "2026-04-14");
    past.southern = past.british = 1;
    check_range("summer of 2025", &past, "2025-12-01", "2026-03-01");
    check_range("mother's day 2026", &past, "2026-03-15", "2026-03-16");
    kor_zone_close(zone);
}

/* Whose clock it is, in the words; the answer is in the user's. */
static void test_when_spans_know_zones_in_the_words(void **state)
{
    (void)state;
    kor_zone *zone = open_zone("Europe/Paris");
    const kor_when_options past = {.zone = zone, .reference_ms = NOW};
    const kor_when_options future = {.zone = zone, .reference_ms = NOW, .prefer = KOR_WHEN_FUTURE};
    check_range("at 3pm EST tomorrow", &future, "2026-11-23T21:00:00+01:00",
                "2026-11-23T22:00:00+01:00");
    check_range("standup 14:00 UTC", &future, "2026-11-22T15:00:00+01:00",
                "2026-11-22T15:01:00+01:00");
    check_range("standup 14:00 UTC", &past, "2026-11-21T15:00:00+01:00",
                "2026-11-21T15:01:00+01:00");
    check_range("on 1 July 2026 at 9:30 pdt", &past, "2026-07-01T18:30:00+02:00",
                "2026-07-01T18:31:00+02:00");
    check_range("5 pm GMT+2 on Monday", &future, "2026-11-23T16:00:00+01:00",
                "2026-11-23T17:00:00+01:00");
    check_range("9am PT on Monday", &future, "2026-11-23T09:00:00+01:00",
                "2026-11-23T10:00:00+01:00");
    kor_zone_close(zone);
}

static void test_when_spans_offer_alternatives(void **state)
{
    (void)state;
    kor_when_options o = {.reference_ms = NOW};
    kor_when_span s[SPANS];
    assert_int_equal(find("3/4/2026", &o, s), 1);
    assert_non_null(s->note);
    assert_true(s->alternatives >= 1);
    assert_string_equal(s->alternative[0].reading, "day first");
    assert_int_equal(find("Friday", &o, s), 1);
    assert_string_equal(s->alternative[0].reading, "future");
    assert_int_equal(s->alternative[0].from_ms - s->from_ms, 7 * INT64_C(86400000));
    assert_int_equal(find("yesterday", &o, s), 1);
    assert_int_equal(s->alternatives, 0);
    assert_int_equal(find("between March and May", &o, s), 1);
    assert_string_equal(s->alternative[s->alternatives - 1].reading, "memory");
}

/* ---- What has no range ---- */

static void test_when_spans_say_why_not(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "February 30",
        "2026-02-30",
        "2026-13-01",
        "yesterday at 25:99",
        "31 November 2026",
        "in 99999 years",
        "the year 99999",
        "since the outage",
        "last fiscal year",
        "for three weeks",
        "every Monday",
        "between tomorrow and yesterday",
        "10 minutes",
        "soon",
        "chinese new year 1900",
    };
    kor_when_options o = {.reference_ms = NOW};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        kor_when_span s[SPANS];
        if (find(texts[i], &o, s) < 1) fail_msg("'%s' was not found", texts[i]);
        if (s->flags & KOR_WHEN_RESOLVED || !s->why) fail_msg("'%s' has a range", texts[i]);
    }
}

static void test_when_spans_recur(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t count;
        const char *first; /* in the year 2027 */
    } rows[] = {
        {"every Monday", 52, "2027-01-04"},
        {"every other Tuesday at 9", 26, "2027-01-05T09:00"},
        {"weekdays at 8:30", 261, "2027-01-01T08:30"},
        {"weekends", 0, NULL},
        {"on weekends", 104, "2027-01-02"},
        {"the first Monday of each month", 12, "2027-01-04"},
        {"the last Friday of every month", 12, "2027-01-29"},
        {"the 31st of every month", 7, "2027-01-31"},
        {"every March 3", 1, "2027-03-03"},
        {"annually", 1, "2027-01-01"},
        {"each quarter", 4, "2027-01-01"},
        {"daily", 365, "2027-01-01"},
        {"Tuesdays and Thursdays at 6pm", 104, "2027-01-05T18:00"},
    };
    static kor_when_range out[400];
    kor_zone *zone = open_zone("Europe/Paris");
    kor_when_options o = {.zone = zone, .reference_ms = NOW};
    kor_error err;
    int64_t from, to, first;
    assert_int_equal(kor_time_parse("2027-01-01", zone, 0, &from, NULL, &err), KOR_OK);
    assert_int_equal(kor_time_parse("2028-01-01", zone, 0, &to, NULL, &err), KOR_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kor_when_span s[SPANS];
        size_t found = find(rows[i].text, &o, s);
        size_t n = found ? kor_when_occurrences(s, &o, from, to, out, 400) : 0;
        if (n != rows[i].count) fail_msg("'%s': %zu times", rows[i].text, n);
        if (!n) continue;
        assert_int_equal(kor_time_parse(rows[i].first, zone, 0, &first, NULL, &err), KOR_OK);
        if (out[0].from_ms != first)
            fail_msg("'%s' begins at %lld", rows[i].text, (long long)out[0].from_ms);
    }
    kor_zone_close(zone);
}

/* ---- Lines without times ---- */

static const char *const no_times[] = {
    "may I come in, or may it wait",
    "you may march on, second in line",
    "on second thought the fall of the wall was a spring in our step",
    "Spring Boot 3.2.1 started on port 8080 (http)",
    "ssh -p 2222 root@192.168.10.24",
    "curl http://10.0.0.1:9200/_cat/indices?v",
    "upgraded libssl3 from 3.0.11-1 to 3.0.13-1",
    "v2.10.3-rc1+build.57",
    "for (int i = 0; i < 12; i++) sum += a[i];",
    "return x / 2 + y / 3;",
    "ratio 16:9, zoom 1.5, scale 3:2",
    "chmod 0644 /etc/fstab",
    "HTTP/1.1 404 Not Found",
    "error: expected ';' before 'return'",
    "the sun sat low, she wed a monk",
    "Mar Vista, Jan Steen and April Ludgate",
    "step 3/4: linking 12 of 40 objects",
    "add 1/2 cup of sugar and 3/4 of the flour",
    "open 24/7, 365 customers, 7 dwarfs",
    "see section 4.2.1 on page 1998-ish tables",
    "ISBN 978-3-16-148410-0, phone 555-0199",
    "commit 20af31c fixes #1204",
    "UUID 123e4567-e89b-12d3-a456-426614174000",
    "the last straw, the next big thing, this way up",
    "past the post, over the top, by and large",
    "he may be right; they might, too",
    "seconds out! the third man, a fifth column",
    "a quarter of the users, half the battle",
    "week-kneed, day-glo, year-zero fonts",
    "the minute hand and the hourglass",
    "score 21:9 in the final",
    "temperature 21.5 C at 40 percent",
    "at 100 km/h you need 50 m to stop",
    "in 3 of 5 cases, from 1 to 10",
    "between 2 and 4 files changed",
    "MX 10 mail.example.org.",
    "0x7f3a 0b1010 1e9 3.14159",
    "SELECT * FROM t WHERE year = 3 AND day > 4",
    "git rebase -i HEAD~3",
    "let sep = ','; let dec = hex(oct);",
    "import datetime as dt; now = dt.now()",
    "double second = 2.0, minute = 60 * second;",
    "the august assembly; an august body",
    "to may or not to may",
    "lunch was fine and dinner too",
    "Friday.js and monday.com are names",
    "night-vision goggles, morning-glory seeds",
    "I have 2 kids, 3 cats and 1 dog",
    "room 1530, gate 12, row 8",
    "call 112 or 911",
    "model T-34/85, Boeing 737-800",
    "a 10-4 from the tower",
    "psalm 23:4 and rule 34",
    "C:\\temp\\2\\x.txt is 12 bytes",
    "Kapitel 3, Seite 12, am Montag um acht",
    "manana por la manana a las tres",
    "hier soir on a mange a vingt heures",
    "\xe4\xbb\x8a\xe5\xa4\xa9\xe4\xb8\x8b\xe5\x8d\x88\xe4\xb8\x89\xe7\x82\xb9",
    "\xd0\xb2\xd1\x87\xd0\xb5\xd1\x80\xd0\xb0 \xd0\xb2 3 \xd1\x87\xd0\xb0\xd1\x81\xd0\xb0",
};

static void test_when_spans_leave_other_lines_alone(void **state)
{
    (void)state;
    kor_when_options o = {.reference_ms = NOW};
    size_t wrong = 0;
    for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++) {
        kor_when_span s[SPANS];
        size_t n = find(no_times[i], &o, s);
        if (n)
            print_error("'%s': %s '%.*s'\n", no_times[i], kor_when_type_name(s->type),
                        (int)(s->end - s->start), no_times[i] + s->start);
        wrong += n > 0;
    }
    assert_int_equal(wrong, 0);
}

/* ---- Wrong use ---- */

static void test_when_spans_check_arguments(void **state)
{
    (void)state;
    kor_when_options o = {.reference_ms = INT64_MAX};
    kor_when_span s[2];
    size_t count = 7;
    kor_error err;
    assert_int_equal(kor_when("today", KOR_NUL, NULL, s, 2, &count, &err), KOR_E_ARG);
    assert_int_equal(kor_when("today", KOR_NUL, &o, NULL, 2, &count, &err), KOR_E_ARG);
    assert_int_equal(kor_when("today", KOR_NUL, &o, s, 2, NULL, &err), KOR_E_ARG);
    assert_int_equal(kor_when(NULL, 3, &o, s, 2, &count, &err), KOR_E_ARG);
    assert_int_equal(kor_when(NULL, 0, &o, s, 2, &count, NULL), KOR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(kor_when("today", KOR_NUL, &o, NULL, 0, &count, NULL), KOR_OK);
    assert_int_equal(count, 0);
    /* Room for two of three; a reference out of range is clamped. */
    assert_int_equal(kor_when("today, tomorrow, yesterday", KOR_NUL, &o, s, 2, &count, NULL),
                     KOR_OK);
    assert_int_equal(count, 2);
    assert_true(s[1].flags & KOR_WHEN_RESOLVED || s[1].why);
    assert_int_equal(kor_when_occurrences(&s[0], &o, 0, 1000, NULL, 0), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when_spans_have_types),
        cmocka_unit_test(test_when_spans_count_code_points),
        cmocka_unit_test(test_when_spans_follow_the_reading),
        cmocka_unit_test(test_when_spans_know_zones_in_the_words),
        cmocka_unit_test(test_when_spans_offer_alternatives),
        cmocka_unit_test(test_when_spans_say_why_not),
        cmocka_unit_test(test_when_spans_recur),
        cmocka_unit_test(test_when_spans_leave_other_lines_alone),
        cmocka_unit_test(test_when_spans_check_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
