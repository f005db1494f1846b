/* SPDX-License-Identifier: Apache-2.0 */
/* What was done when: the events of some days, gathered into stretches of work. */
#include "cli/cli.h"

#include "serve/stretches.h"

#include <string.h>

static void print_stretch(const kor_stretch *s, const kor_zone *zone)
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
    if ((int64_t)s->titles < s->count && s->titles == KOR_STRETCH_TITLES) printf(" …");
    putchar('\n');
}

static void print_days(const kor_timeline *t)
{
    static const char *const names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                        "Friday", "Saturday", "Sunday"};
    for (const kor_day *d = t->first; d; d = d->next) {
        int32_t year, month, number;
        kor_civil_from_days(d->number, &year, &month, &number);
        kor_print(KOR_BOLD, "%s %04d-%02d-%02d", names[kor_weekday(d->number)], year, month,
                  number);
        kor_print(KOR_DIM, "  %s\n", kor_counted(d->count, "event"));
        for (const kor_stretch *s = d->first; s; s = s->next) print_stretch(s, t->zone);
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

static int run(int argc, char **argv)
{
    kor_timeline t = {0};
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
        kor_timeline_free(&t);
        return code;
    }
    t.zone = s.zone;
    t.scope = scope;
    kor_error err;
    kor_status status = kor_timeline_make(&t, s.memory, a.words ? a.word[0] : NULL, s.now_ms, &err);
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        if (a.json) {
            kor_print_json(kor_timeline_json(&t));
        } else {
            if (t.when.found) kor_print_range(t.when.from_ms, t.when.to_ms, t.when.rule, s.zone);
            print_days(&t);
            print_mentions(t.speaking, t.speaking_count, s.zone);
            if (t.count == 0 && t.speaking_count) {
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
        code = t.count || t.speaking_count ? EXIT_DONE : EXIT_NO;
    }
    kor_timeline_free(&t);
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
