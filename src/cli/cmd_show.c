/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "memory/likeness.h"
#include "memory/mentions.h"

#include <stdlib.h>
#include <string.h>

static void print_field(const char *name, const char *value)
{
    if (!value || !*value) return;
    kor_print(KOR_DIM, "%-8s ", name);
    kor_print_line(KOR_PLAIN, value, strlen(value), 0);
    putchar('\n');
}

typedef struct corrected {
    kor_correction *list;
    size_t count;
    kor_said *said;
    size_t said_count;
    int64_t like;
    kor_mention *mentions;
    size_t mention_count;
} corrected;

/* The times it speaks of: the words, and what they were read as. */
static void print_mentions(const kor_event *e, const corrected *c, const kor_zone *zone)
{
    for (size_t i = 0; i < c->mention_count; i++) {
        const kor_mention *m = &c->mentions[i];
        char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
        size_t len;
        const char *text = kor_mention_text(e, m, &len);
        kor_time_format(from, m->from_ms, zone);
        kor_time_format(to, m->to_ms, zone);
        kor_print(KOR_DIM, "%-8s ", i ? "" : "times");
        kor_print_line(KOR_PLAIN, text, len, 40);
        kor_print(KOR_DIM, " (%s to %s)", from, to);
        putchar('\n');
    }
}

static void print_event(const kor_event *e, const corrected *right, const kor_zone *zone)
{
    char here[KOR_TIME_SIZE], there[KOR_TIME_SIZE], stored[KOR_TIME_SIZE];
    kor_civil c;
    kor_time_format(here, e->time_ms, zone);
    kor_time_format_offset(there, e->time_ms, e->offset_min);
    kor_time_format(stored, e->stored_ms, zone);
    kor_print(KOR_BOLD, "event %lld\n", (long long)e->id);
    kor_print(KOR_DIM, "%-8s ", "when");
    printf("%s %s", kor_day_name(e->time_ms, zone, &c), here);
    if (strcmp(here, there) != 0) printf(" (there: %s)", there);
    putchar('\n');
    print_field("stored", stored);
    print_field("source", e->source);
    print_field("id", e->ref);
    print_field("app", e->app);
    print_field("title", e->title);
    print_field("uri", e->uri);
    print_field("scope", e->scope);
    if (right->like != e->id) {
        kor_print(KOR_DIM, "%-8s ", "repeats");
        printf("event %lld\n", (long long)right->like);
    }
    print_mentions(e, right, zone);
    kor_print_said(right->said, right->said_count, e);
    kor_print_corrections(right->list, right->count, zone);
    putchar('\n');
    kor_print_block(e->text, e->text_len, 2);
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_show, NULL, 1, 1, argc, argv, &code)) return code;
    long id;
    if (!kor_parse_number(a.command, "ID", a.word[0], 1, 0x7fffffffffffffff, 0, &id, &code))
        return code;
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, false, NULL, &code)) return code;
    kor_arena arena = {0};
    kor_event e;
    corrected c = {0};
    kor_error err;
    kor_status status = kor_memory_get(s.memory, id, &arena, &e, &err);
    if (status == KOR_OK)
        status = kor_corrections_list(s.memory, id, NULL, &arena, &c.list, &c.count, &err);
    if (status == KOR_OK)
        status = kor_mentions_list(s.memory, id, &arena, &c.mentions, &c.mention_count, &err);
    if (status == KOR_OK) status = kor_likeness_of(s.memory, id, &c.like, &err);
    if (status == KOR_OK)
        status = kor_annotations_list(s.memory, id, &arena, &c.said, &c.said_count, &err);
    if (status == KOR_E_NOT_FOUND) {
        code = kor_wrong_use(a.command, "%s", err.msg);
    } else if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        if (a.json) {
            json_t *o = kor_event_json(&e);
            if (c.mention_count)
                json_object_set_new(o, "times",
                                    kor_mentions_json(&e, c.mentions, c.mention_count, s.zone));
            if (c.like != id) json_object_set_new(o, "repeats", json_integer((json_int_t)c.like));
            json_object_set_new(o, "annotations", kor_said_json(c.said, c.said_count, &e));
            if (c.count)
                json_object_set_new(o, "corrections", kor_corrections_json(c.list, c.count));
            kor_print_json(o);
        } else {
            print_event(&e, &c, s.zone);
        }
        code = EXIT_DONE;
    }
    kor_arena_free(&arena);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_show = {
    .name = "show",
    .summary = "one event, whole",
    .usage = "ID",
    .details = "ID is an event's number: 'korora recall' and 'korora timeline' print it before the "
               "event.\n",
    .run = run,
};
