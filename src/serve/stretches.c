/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/stretches.h"

#include "base/ids.h"
#include "text/utf8.h"

#include <stdio.h>
#include <string.h>

enum {
    GAP_MS = 30 * 60 * 1000, /* a longer pause ends a stretch */
    SPEAKING = 10,           /* events that only speak of the time */
    RECENT_DAYS = 3
};

static kor_status start_stretch(kor_timeline *t, kor_day *d, kor_stretch **out, const kor_event *e,
                                kor_error *err)
{
    kor_stretch *s = kor_arena_alloc(&t->arena, sizeof *s);
    if (!s) return kor_fail_memory(err);
    s->source = kor_arena_copy(&t->arena, e->source, strlen(e->source));
    if (!s->source) return kor_fail_memory(err);
    s->from_ms = e->time_ms;
    s->first_id = e->id;
    s->last_event = &s->events;
    *d->last = s;
    d->last = &s->next;
    *out = s;
    return KOR_OK;
}

/* The title of an event, or its first line; not terminated. */
static const char *title_of(const kor_event *e, size_t *title_len)
{
    const char *text = e->title && *e->title ? e->title : e->text;
    size_t len = e->title && *e->title ? strlen(e->title) : e->text_len, line = 0;
    while (line < len && line < 400 && text[line] != '\n') line++;
    *title_len = kor_utf8_prefix(text, len, line);
    return text;
}

static kor_status add_title(kor_timeline *t, kor_stretch *s, const kor_event *e, kor_error *err)
{
    size_t line;
    if (s->titles == KOR_STRETCH_TITLES) return KOR_OK;
    const char *text = title_of(e, &line);
    for (size_t i = 0; i < s->titles; i++) {
        if (strlen(s->title[i]) == line && memcmp(s->title[i], text, line) == 0) return KOR_OK;
    }
    s->title[s->titles] = kor_arena_copy(&t->arena, text, line);
    if (!s->title[s->titles]) return kor_fail_memory(err);
    s->titles++;
    return KOR_OK;
}

static kor_status add_event(kor_timeline *t, kor_stretch *s, const kor_event *e, kor_error *err)
{
    size_t len;
    const char *title = title_of(e, &len);
    kor_stretch_event *l = kor_arena_alloc(&t->arena, sizeof *l);
    if (!l) return kor_fail_memory(err);
    l->id = e->id;
    l->time_ms = e->time_ms;
    l->title = kor_arena_copy(&t->arena, title, len);
    l->app = e->app ? kor_arena_copy(&t->arena, e->app, strlen(e->app)) : NULL;
    if (!l->title || (e->app && !l->app)) return kor_fail_memory(err);
    *s->last_event = l;
    s->last_event = &l->next;
    return KOR_OK;
}

static kor_status on_event(void *arg, const kor_event *e, kor_error *err)
{
    kor_timeline *t = arg;
    kor_civil c;
    if (strcmp(e->scope ? e->scope : "", t->scope ? t->scope : "") != 0) return KOR_OK;
    if (t->wants.count && !kor_ids_have(t->only, t->only_count, e->id)) return KOR_OK;
    (void)kor_day_name(e->time_ms, t->zone, &c);
    int64_t number = kor_days_from_civil(c.year, c.month, c.day);
    if (!t->current || t->current->number != number) {
        kor_day *d = kor_arena_alloc(&t->arena, sizeof *d);
        if (!d) return kor_fail_memory(err);
        d->number = number;
        d->last = &d->first;
        *t->last = d;
        t->last = &d->next;
        t->current = d;
    }
    /* Sources interleave: a stretch goes on as long as its own source pauses for no more than the
     * gap. */
    kor_stretch *s = NULL;
    for (kor_stretch *open = t->current->first; open; open = open->next) {
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
    if (t->list && s->count <= KOR_STRETCH_LIST) KOR_TRY(add_event(t, s, e, err));
    return add_title(t, s, e, err);
}

/* What is said of the events that are listed. */
static kor_status add_said(kor_timeline *t, kor_memory *memory, kor_error *err)
{
    for (kor_day *d = t->first; d; d = d->next)
        for (kor_stretch *s = d->first; s; s = s->next)
            for (kor_stretch_event *l = s->events; l; l = l->next)
                KOR_TRY(
                    kor_annotations_list(memory, l->id, &t->arena, &l->said, &l->said_count, err));
    return KOR_OK;
}

/* Days in words or as a date; without any, the latest days that have events. */
static kor_status choose_range(kor_memory *memory, int64_t now_ms, const kor_zone *zone,
                               const char *words, kor_asked *out, kor_error *err)
{
    if (words) {
        kor_when_find(out, words, strlen(words), now_ms, zone);
        if (out->found) return KOR_OK;
        return kor_fail(err, KOR_E_ARG,
                        "'%.60s' is no time that is understood: try today, yesterday, 'last week', "
                        "'in March', 2026-11-20",
                        words);
    }
    kor_memory_stats stats;
    KOR_TRY(kor_memory_get_stats(memory, &stats, err));
    kor_civil c;
    (void)kor_day_name(stats.last_ms < now_ms ? stats.last_ms : now_ms, zone, &c);
    int64_t today = kor_days_from_civil(c.year, c.month, c.day);
    out->from_ms = kor_zone_instant(zone, (today - RECENT_DAYS + 1) * 86400) * 1000;
    out->to_ms = kor_zone_instant(zone, (today + 1) * 86400) * 1000;
    return KOR_OK;
}

kor_status kor_timeline_make(kor_timeline *t, kor_memory *memory, const char *words, int64_t now_ms,
                             kor_error *err)
{
    t->last = &t->first;
    KOR_TRY(choose_range(memory, now_ms, t->zone, words, &t->when, err));
    const kor_asked *when = &t->when;
    if (t->wants.count)
        KOR_TRY(kor_annotations_events(memory, t->wants.list, t->wants.count, t->scope,
                                       when->from_ms, when->to_ms, &t->arena, &t->only,
                                       &t->only_count, err));
    KOR_TRY(kor_memory_each(memory, when->from_ms, when->to_ms, on_event, t, err));
    KOR_TRY(add_said(t, memory, err));
    if (!words || t->wants.count) return KOR_OK;
    return kor_mentions_find(memory, t->scope, when->from_ms, when->to_ms, SPEAKING, &t->arena,
                             &t->speaking, &t->speaking_count, err);
}

void kor_timeline_free(kor_timeline *t)
{
    kor_arena_free(&t->arena);
    kor_wants_free(&t->wants);
}

static json_t *mentions_json(const kor_event *list, size_t count)
{
    json_t *o = json_array();
    for (size_t i = 0; i < count; i++) json_array_append_new(o, kor_event_json(&list[i]));
    return o;
}

static json_t *list_json(const kor_stretch_event *l, const kor_zone *zone)
{
    json_t *list = json_array();
    for (; l; l = l->next) {
        char time[KOR_TIME_SIZE];
        kor_time_format(time, l->time_ms, zone);
        json_t *o = json_pack("{s:I,s:s,s:o,s:o}", "event", (json_int_t)l->id, "time", time,
                              "title", kor_text_json(l->title, strlen(l->title)), "labels",
                              kor_labels_json(l->said, l->said_count));
        if (l->app) json_object_set_new(o, "app", kor_text_json(l->app, strlen(l->app)));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *stretch_json(const kor_stretch *s, const kor_timeline *t)
{
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    kor_time_format(from, s->from_ms, t->zone);
    kor_time_format(to, s->to_ms, t->zone);
    json_t *titles = json_array();
    for (size_t i = 0; i < s->titles; i++)
        json_array_append_new(titles, kor_text_json(s->title[i], strlen(s->title[i])));
    json_t *o =
        json_pack("{s:s,s:s,s:s,s:I,s:I,s:I,s:o}", "from", from, "to", to, "source", s->source,
                  "events", (json_int_t)s->count, "first", (json_int_t)s->first_id, "last",
                  (json_int_t)s->last_id, "titles", titles);
    if (t->list) json_object_set_new(o, "list", list_json(s->events, t->zone));
    return o;
}

static json_t *days_json(const kor_timeline *t)
{
    json_t *days = json_array();
    for (const kor_day *d = t->first; d; d = d->next) {
        int32_t year, month, number;
        char date[32];
        kor_civil_from_days(d->number, &year, &month, &number);
        (void)snprintf(date, sizeof date, "%04d-%02d-%02d", year, month, number);
        json_t *stretches = json_array();
        for (const kor_stretch *s = d->first; s; s = s->next)
            json_array_append_new(stretches, stretch_json(s, t));
        json_array_append_new(days, json_pack("{s:s,s:I,s:o}", "day", date, "events",
                                              (json_int_t)d->count, "stretches", stretches));
    }
    return days;
}

json_t *kor_timeline_json(const kor_timeline *t)
{
    json_t *o = kor_range_json(t->when.from_ms, t->when.to_ms, t->zone);
    json_object_set_new(o, "days", days_json(t));
    json_object_set_new(o, "speaking_of_it", mentions_json(t->speaking, t->speaking_count));
    return o;
}
