/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "memory/related.h"

#include <string.h>

enum { LIMIT = 8 };

static void print_one(const kor_related *r, const kor_zone *zone)
{
    const kor_event *e = &r->event;
    kor_civil c;
    const char *day = kor_day_name(e->time_ms, zone, &c);
    const char *text = e->title && *e->title ? e->title : e->text;
    kor_print(KOR_DIM, "%6lld  ", (long long)e->id);
    kor_print(KOR_BLUE, "%s %04d-%02d-%02d %02d:%02d  ", day, c.year, c.month, c.day, c.hour,
              c.minute);
    kor_print_cell(KOR_YELLOW, e->source, 6);
    kor_print_line(KOR_PLAIN, text, text == e->text ? e->text_len : strlen(text), 60);
    printf("\n%8s", "");
    if (*r->shared) kor_print_line(KOR_GREEN, r->shared, strlen(r->shared), 80);
    if (r->cosine > 0)
        kor_print(KOR_DIM, "%snear in meaning (%.2f)", *r->shared ? ", " : "", r->cosine);
    putchar('\n');
}

static int run(int argc, char **argv)
{
    const char *limit = NULL;
    const kor_option options[] = {
        {"--limit", "N", "events at most; default 8", &limit, NULL},
        {0},
    };
    kor_args a;
    int code;
    long id, most;
    if (!kor_args_parse(&a, &kor_command_related, options, 1, 1, argc, argv, &code)) return code;
    if (!kor_parse_number(a.command, "ID", a.word[0], 1, 0x7fffffffffffffff, 0, &id, &code) ||
        !kor_parse_number(a.command, "--limit", limit, 1, 100, LIMIT, &most, &code))
        return code;
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, true, NULL, &code)) return code;
    kor_arena arena = {0};
    kor_related *list;
    size_t count;
    kor_error err;
    kor_status status = kor_related_find(s.memory, id, (size_t)most, &arena, &list, &count, &err);
    if (status == KOR_E_NOT_FOUND) {
        code = kor_wrong_use(a.command, "%s", err.msg);
    } else if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        code = count ? EXIT_DONE : EXIT_NO;
        if (a.json) kor_print_json(kor_related_json(list, count));
        for (size_t i = 0; i < count && !a.json; i++) print_one(&list[i], s.zone);
        if (!count && !a.json)
            printf("no other event names the same, and none is near enough in meaning\n");
    }
    kor_arena_free(&arena);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_related = {
    .name = "related",
    .summary = "what an event is connected with, and why",
    .usage = "ID [--limit N]",
    .details = "Events that name the same people, projects or links, and those that are near in "
               "meaning, best first.\nID is an event's number: 'korora recall' and 'korora "
               "timeline' print it before the event. Exit code\n1 when there is none.\n\n"
               "  korora related 12\n",
    .run = run,
};
