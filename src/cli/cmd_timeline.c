/* SPDX-License-Identifier: Apache-2.0 */
/* What was done when: the events of some days, gathered into stretches of work. */
#include "cli/cli.h"

#include "memory/mentions.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    GAP_MS = 30 * 60 * 1000, /* a longer pause ends a stretch */
    TITLES = 3,
    SPEAKING = 10, /* events that only speak of the time */
    RECENT_DAYS = 3
};

typedef struct stretch {
    struct stretch *next;
    int64_t from_ms, to_ms, first_id, last_id, count;
    const char *source;
    const char *title[TITLES]; /* different ones, the first that came */
    size_t titles;
    bool closed;
} stretch;

typedef struct day {
    struct day *next;
    int64_t number; /* days since 1970, in the user's zone */
    int64_t count;
    stretch *first, **last;
} day;

typedef struct timeline {
    const kor_zone *zone;
    const char *scope; /* NULL: the user's own */
    kor_wants wants;
    int64_t *only; /* where something is wanted: the events of which it holds, ascending */
    size_t only_count;
    kor_arena arena;
    day *first, **last, *current;
    int64_t count;
} timeline;

static kor_status start_stretch(timeline *t, day *d, stretch **out, const kor_event *e,
                                kor_error *err)
{
    stretch *s = kor_arena_alloc(&t->arena, sizeof *s);
    if (!s) return kor_fail_memory(err);
    s->source = kor_arena_copy(&t->arena, e->source, strlen(e->source));
    if (!s->source) return kor_fail_memory(err);
    s->from_ms = e->time_ms;
    s->first_id = e->id;
    *d->last = s;
    d->last = &s->next;
    *out = s;
    return KOR_OK;
}

static kor_status add_title(timeline *t, stretch *s, const kor_event *e, kor_error *err)
{
    if (s->titles == TITLES) return KOR_OK;
    const char *text = e->title && *e->title ? e->title : e->text;
    size_t len = e->title && *e->title ? strlen(e->title) : e->text_len, line = 0;
    while (line < len && line < 400 && text[line] != '\n') line++;
    line = kor_utf8_prefix(text, len, line);
    for (size_t i = 0; i < s->titles; i++) {
        if (strlen(s->title[i]) == line && memcmp(s->title[i], text, line) == 0) return KOR_OK;
    }
    s->title[s->titles] = kor_arena_copy(&t->arena, text, line);
    if (!s->title[s->titles]) return kor_fail_memory(err);
    s->titles++;
    return KOR_OK;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static kor_status on_event(void *arg, const kor_event *e, kor_error *err)
{
    timeline *t = arg;
    kor_civil c;
    if (strcmp(e->scope ? e->scope : "", t->scope ? t->scope : "") != 0) return KOR_OK;
    if (t->wants.count &&
        (!t->only_count || !bsearch(&e->id, t->only, t->only_count, sizeof *t->only, by_value)))
        return KOR_OK;
    (void)kor_day_name(e->time_ms, t->zone, &c);
    int64_t number = kor_days_from_civil(c.year, c.month, c.day);
    if (!t->current || t->current->number != number) {
        day *d = kor_arena_alloc(&t->arena, sizeof *d);
        if (!d) return kor_fail_memory(err);
        d->number = number;
        d->last = &d->first;
        *t->last = d;
        t->last = &d->next;
        t->current = d;
    }
    /* Sources interleave: a stretch goes on as long as its own source pauses for no more than the
     * gap. */
    stretch *s = NULL;
    for (stretch *open = t->current->first; open; open = open->next) {
        if (open->closed) continue;
        if (e->time_ms - open->to_ms > GAP_MS)
            open->closed = true;
        else if (strcmp(open->source, e->source) == 0)
            s = open;
    }
    if (!s) KOR_TRY(start_stretch(t, t->current, &s, e, err));
    s->to_ms = e->time_ms;
    s->last_id = e->id;
    s->count++;
    t->current->count++;
    t->count++;
    return add_title(t, s, e, err);
}

static void print_stretch(const stretch *s, const kor_zone *zone)
{
    kor_civil from, to;
    (void)kor_day_name(s->from_ms, zone, &from);
    (void)kor_day_name(s->to_ms, zone, &to);
    kor_print(KOR_BLUE, "  %02d:%02d", from.hour, from.minute);
    if (s->to_ms / 60000 != s->from_ms / 60000)
        kor_print(KOR_BLUE, "-%02d:%02d", to.hour, to.minute);
    else
        printf("      ");
    printf("  ");
    kor_print_cell(KOR_YELLOW, s->source, 6);
    size_t used = 38, width = kor_columns();
    if (s->count == 1)
        printf("%12lld  ", (long long)s->first_id);
    else
        printf("%12s  ", kor_counted(s->count, "event"));
    for (size_t i = 0; i < s->titles && used + 12 < width; i++) {
        if (i) used += (size_t)printf(" · ") - 1;
        size_t share = (width - used) / (s->titles - i);
        used +=
            kor_print_line(KOR_PLAIN, s->title[i], strlen(s->title[i]), share > 12 ? share : 12);
    }
    if ((int64_t)s->titles < s->count && s->titles == TITLES) printf(" …");
    putchar('\n');
}

static void print_days(const timeline *t)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    for (const day *d = t->first; d; d = d->next) {
        int32_t year, month, number;
        kor_civil_from_days(d->number, &year, &month, &number);
        kor_print(KOR_BOLD, "%s %04d-%02d-%02d", names[kor_weekday(d->number)], year, month,
                  number);
        kor_print(KOR_DIM, "  %s\n", kor_counted(d->count, "event"));
        for (const stretch *s = d->first; s; s = s->next) print_stretch(s, t->zone);
    }
}

/* What else speaks of that time. */
static void print_mentions(const kor_event *list, size_t count, const kor_zone *zone)
{
    if (count) kor_print(KOR_DIM, "Speaking of it, at another time:\n");
    for (size_t i = 0; i < count; i++) {
        kor_civil c;
        const kor_event *e = &list[i];
        const char *weekday = kor_day_name(e->time_ms, zone, &c);
        const char *text = e->title && *e->title ? e->title : e->text;
        kor_print(KOR_DIM, "%6lld  ", (long long)e->id);
        kor_print(KOR_BLUE, "%s %04d-%02d-%02d %02d:%02d  ", weekday, c.year, c.month, c.day,
                  c.hour, c.minute);
        kor_print_cell(KOR_YELLOW, e->source, 6);
        size_t left = kor_columns() > 60 ? kor_columns() - 42 : 20;
        kor_print_line(KOR_PLAIN, text, text == e->text ? e->text_len : strlen(text), left);
        putchar('\n');
    }
}

static json_t *mentions_json(const kor_event *list, size_t count)
{
    json_t *o = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(o, kor_event_json(&list[i]));
    return o;
}

static json_t *days_json(const timeline *t)
{
    json_t *days = json_array();
    for (const day *d = t->first; d; d = d->next) {
        int32_t year, month, number;
        char date[32];
        kor_civil_from_days(d->number, &year, &month, &number);
        (void)snprintf(date, sizeof date, "%04d-%02d-%02d", year, month, number);
        json_t *stretches = json_array();
        for (const stretch *s = d->first; s; s = s->next) {
            char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
            kor_time_format(from, s->from_ms, t->zone);
            kor_time_format(to, s->to_ms, t->zone);
            json_t *titles = json_array();
            for (size_t i = 0; i < s->titles; i++) {
                json_array_append_new(titles, kor_text_json(s->title[i], strlen(s->title[i])));
            }
            json_array_append_new(stretches,
                                  json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:o}", "from", from, "to", to,
                                            "source", s->source, "events", (json_int_t)s->count,
                                            "first", (json_int_t)s->first_id, "last",
                                            (json_int_t)s->last_id, "titles", titles));
        }
        json_array_append_new(days, json_pack("{s:s,s:I,s:o}", "day", date, "events",
                                              (json_int_t)d->count, "stretches", stretches));
    }
    return days;
}

/* Days in words or as a date; without any, the latest days that have events. */
static kor_status choose_range(const kor_session *s, const char *words, kor_asked *out,
                               kor_error *err)
{
    if (words) {
        kor_when_find(out, words, strlen(words), s->now_ms, s->zone);
        if (out->found) return KOR_OK;
        return kor_fail(err, KOR_E_ARG,
                        "'%.60s' is no time that is understood: try today, yesterday, 'last week', "
                        "'in March', 2026-11-20",
                        words);
    }
    kor_memory_stats stats;
    KOR_TRY(kor_memory_get_stats(s->memory, &stats, err));
    kor_civil c;
    (void)kor_day_name(stats.last_ms < s->now_ms ? stats.last_ms : s->now_ms, s->zone, &c);
    int64_t today = kor_days_from_civil(c.year, c.month, c.day);
    out->from_ms = kor_zone_instant(s->zone, (today - RECENT_DAYS + 1) * 86400) * 1000;
    out->to_ms = kor_zone_instant(s->zone, (today + 1) * 86400) * 1000;
    return KOR_OK;
}

static int run(int argc, char **argv)
{
    timeline t = {0};
    const char *now = NULL, *scope = NULL;
    const kor_option options[] = {
        {"--now", "TIME", "read time words as if it were then", &now, NULL},
        {"--scope", "S", "of a memory apart from your own", &scope, NULL},
        KOR_WANTS_OPTIONS(t.wants),
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_timeline, options, 0, 1, argc, argv, &code)) return code;
    if (!kor_wants_read(&t.wants, a.command, &code)) return code;
    kor_session s;
    const kor_time_arg times[] = {{"--now", now, &s.now_ms, NULL}, {0}};
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, false, times, &code)) {
        kor_wants_free(&t.wants);
        return code;
    }
    t.zone = s.zone;
    t.scope = scope;
    t.last = &t.first;
    kor_asked when = {0};
    kor_error err;
    kor_status status = choose_range(&s, a.words ? a.word[0] : NULL, &when, &err);
    if (status == KOR_OK && t.wants.count)
        status = kor_annotations_events(s.memory, t.wants.list, t.wants.count, scope, when.from_ms,
                                        when.to_ms, &t.arena, &t.only, &t.only_count, &err);
    if (status == KOR_OK)
        status = kor_memory_each(s.memory, when.from_ms, when.to_ms, on_event, &t, &err);
    kor_event *speaking = NULL;
    size_t speaking_count = 0;
    if (status == KOR_OK && a.words && !t.wants.count)
        status = kor_mentions_find(s.memory, scope, when.from_ms, when.to_ms, SPEAKING, &t.arena,
                                   &speaking, &speaking_count, &err);
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        if (a.json) {
            json_t *o = kor_range_json(when.from_ms, when.to_ms, s.zone);
            json_object_set_new(o, "days", days_json(&t));
            json_object_set_new(o, "speaking_of_it", mentions_json(speaking, speaking_count));
            kor_print_json(o);
        } else {
            if (when.found) kor_print_range(when.from_ms, when.to_ms, when.rule, s.zone);
            print_days(&t);
            print_mentions(speaking, speaking_count, s.zone);
            if (t.count == 0 && speaking_count) {
                printf("Nothing else happened then that was remembered.\n");
            } else if (t.count == 0 && t.wants.count) {
                printf("Nothing of that kind happened then.\n");
                kor_wants_explain(&t.wants, s.memory);
            } else if (t.count == 0 && a.words) {
                printf("Nothing happened then that was remembered.\n");
            } else if (t.count == 0) {
                printf("Nothing is remembered yet. Start with: korora import git, korora import "
                       "shell, korora add \"...\"\n");
            }
        }
        code = t.count || speaking_count ? EXIT_DONE : EXIT_NO;
    }
    kor_arena_free(&t.arena);
    kor_wants_free(&t.wants);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_timeline = {
    .name = "timeline",
    .summary = "what was done when",
    .usage = "[DAY|RANGE]",
    .details =
        "The events of a day or a range, gathered into stretches of work. Without a range: "
        "the three days\n"
        "up to the latest event. The number before a single event is for 'korora show'. Exit "
        "code 1\nwhen there is nothing.\n\n"
        "  korora timeline yesterday\n"
        "  korora timeline \"last week\" --kind note,todo\n",
    .run = run,
};
