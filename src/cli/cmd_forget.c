/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "memory/forget.h"

#include <string.h>

enum { SHOWN = 5 };

/* The first of them, so that a person sees what it is about. */
static kor_status print_some(kor_session *s, const int64_t *ids, size_t count, kor_error *err)
{
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        kor_arena arena = {0};
        kor_event e;
        kor_status status = kor_memory_get(s->memory, ids[i], &arena, &e, err);
        if (status == KOR_OK) {
            kor_civil c;
            const char *day = kor_day_name(e.time_ms, s->zone, &c);
            const char *text = e.title && *e.title ? e.title : e.text;
            kor_print(KOR_DIM, "%6lld  ", (long long)e.id);
            kor_print(KOR_BLUE, "%s %04d-%02d-%02d %02d:%02d  ", day, c.year, c.month, c.day,
                      c.hour, c.minute);
            kor_print_cell(KOR_YELLOW, e.source, 6);
            kor_print_line(KOR_PLAIN, text, text == e.text ? e.text_len : strlen(text), 60);
            putchar('\n');
        }
        kor_arena_free(&arena);
        KOR_TRY(status);
    }
    if (count > SHOWN) printf("%8s...\n", "");
    return KOR_OK;
}

static int forget(const kor_args *a, kor_session *s, const kor_forget *what, bool dry)
{
    kor_arena arena = {0};
    kor_error err;
    int64_t *ids;
    size_t count;
    kor_forgotten gone = {0};
    kor_status status = kor_forget_find(s->memory, what, &arena, &ids, &count, &err);
    if (status == KOR_OK && dry && !a->json) status = print_some(s, ids, count, &err);
    if (status == KOR_OK && !dry) status = kor_forget_run(s->memory, what, ids, count, &gone, &err);
    int code = count || gone.seen ? EXIT_DONE : EXIT_NO;
    if (status != KOR_OK) {
        code = kor_report(a->command, &err);
    } else if (a->json) {
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++) json_array_append_new(list, json_integer(ids[i]));
        json_t *o =
            what->ranged ? kor_range_json(what->from_ms, what->to_ms, s->zone) : json_object();
        json_object_set_new(o, "dry_run", json_boolean(dry));
        json_object_set_new(o, "events", json_integer(dry ? (json_int_t)count : gone.events));
        json_object_set_new(o, "ids", list);
        if (!dry) json_object_set_new(o, "in_the_log", json_boolean(gone.in_the_log));
        kor_print_json(o);
    } else {
        if (what->ranged) kor_print_range(what->from_ms, what->to_ms, NULL, s->zone);
        if (gone.seen)
            printf("forgot %s that watchers sent and that were no events\n",
                   kor_counted(gone.seen, "row"));
        if (!count && !gone.seen)
            printf("nothing to forget: no event fits\n");
        else if (dry)
            printf("would forget %s; without --dry-run they are gone for good\n",
                   kor_counted((int64_t)count, "event"));
        else if (count)
            printf("forgot %s: gone from events, index, vectors and files\n",
                   kor_counted(gone.events, "event"));
    }
    if (status == KOR_OK && gone.in_the_log)
        kor_say(a->command, "another process is reading: the old bytes stay in memory.db-wal until "
                            "it is done and the memory is next written to");
    kor_arena_free(&arena);
    return code;
}

/* --when in words becomes a range, by the resolver that recall uses. */
static bool read_words(const kor_args *a, const kor_session *s, const char *when, kor_forget *what,
                       int *code)
{
    kor_asked asked = {0};
    if (!when) return true;
    kor_when_find(&asked, when, strlen(when), s->now_ms, s->zone);
    if (asked.found) {
        what->ranged = true;
        what->from_ms = asked.from_ms;
        what->to_ms = asked.to_ms;
        return true;
    }
    *code = kor_wrong_use(a->command, "--when '%s' is no time that is understood", when);
    return false;
}

static int run(int argc, char **argv)
{
    kor_forget what = {.from_ms = KOR_WHEN_FIRST_MS, .to_ms = KOR_WHEN_LAST_MS};
    const char *from = NULL, *to = NULL, *when = NULL, *id = NULL, *now = NULL;
    bool dry = false;
    const kor_option options[] = {
        {"--from", "TIME", "events from then on", &from, NULL},
        {"--to", "TIME", "events before then", &to, NULL},
        {"--when", "WORDS", "events of yesterday, last week, in March, 3 days ago", &when, NULL},
        {"--source", "S", "events of this source", &what.source, NULL},
        {"--app", "A", "events of this program", &what.app, NULL},
        {"--site", "HOST", "pages of this site and those under it", &what.site, NULL},
        {"--match", "WORDS", "events with all of these words", &what.words, NULL},
        {"--id", "ID", "this event", &id, NULL},
        {"--scope", "S", "in a memory apart from your own", &what.scope, NULL},
        {"--now", "TIME", "read time words as if it were then", &now, NULL},
        {"--dry-run", NULL, "only say what would be forgotten", NULL, &dry},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_forget, options, 0, 0, argc, argv, &code)) return code;
    if (!from && !to && !when && !what.source && !what.app && !what.site && !what.words && !id)
        return kor_wrong_use(a.command, "say what to forget: a time, a source, an app, a site, "
                                        "words or an id");
    if (when && (from || to))
        return kor_wrong_use(a.command, "give --when, or --from and --to, not both");
    long number;
    int64_t ids[1];
    if (!kor_parse_number(a.command, "--id", id, 1, 0x7fffffffffffffff, 0, &number, &code))
        return code;
    if (id) {
        ids[0] = number;
        what.ids = ids;
        what.id_count = 1;
        what.any_scope = !what.scope;
    }
    kor_session s;
    const kor_time_arg times[] = {
        {"--now", now, &s.now_ms, NULL},
        {"--from", from, &what.from_ms, NULL},
        {"--to", to, &what.to_ms, NULL},
        {0},
    };
    /* A memory that is not there is not made in order to forget in it. */
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, false, times, &code)) return code;
    if (!dry) {
        int64_t now_ms = s.now_ms;
        kor_session_close(&s);
        if (!kor_session_open(&s, &a, KOR_MEMORY_WRITE, true, NULL, &code)) return code;
        s.now_ms = now_ms;
    }
    what.ranged = from || to;
    if (what.ranged && what.from_ms >= what.to_ms)
        code = kor_wrong_use(a.command, "--from '%s' is not before --to '%s'", from, to);
    else if (read_words(&a, &s, when, &what, &code))
        code = forget(&a, &s, &what, dry);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_forget = {
    .name = "forget",
    .summary = "take events out of the memory, for good",
    .usage = "WHAT... [--dry-run]",
    .details =
        "All that is given must hold of an event. It is gone from the events, the index of words, "
        "the\nvectors and what models said, and its bytes in the database are overwritten. "
        "Look first with\n--dry-run. Exit code 1 when nothing fits.\n\n"
        "  korora forget --when yesterday --app firefox --dry-run\n"
        "  korora forget --site bank.example\n"
        "  korora forget --id 1234\n",
    .run = run,
};
