/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/watched.h"

#include "base/zone.h"
#include "capture/source.h"
#include "serve/shapes.h"
#include "text/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DATA_MAX = 1 << 16, /* bytes of one row's data */
    STRING_MAX = 4096,  /* bytes kept of a string in it */
    BEYOND = 4096,      /* bytes that are read and not kept: a secret may end there */
    LEAST_MS = 5000,    /* what was in front for less was passed by */
    MINUTE_MS = 60 * 1000
};

/* ---- Reading ---- */

static kor_status read_time(const char *text, int64_t *out, kor_error *err)
{
    /* "now" and "@0" are for people. */
    if (!text || *text < '0' || *text > '9' ||
        kor_time_parse(text, NULL, 0, out, NULL, NULL) != KOR_OK)
        return kor_fail(err, KOR_E_ARG,
                        "timestamp: a time as 2026-11-22T10:00:00.000Z is expected");
    return KOR_OK;
}

kor_status kor_watched_read(const json_t *event, kor_activity *out, kor_error *err)
{
    const json_t *id = json_object_get(event, "id"), *data = json_object_get(event, "data");
    const json_t *duration = json_object_get(event, "duration");
    double seconds = json_number_value(duration);
    *out = (kor_activity){0};
    if (!json_is_object(event)) return kor_fail(err, KOR_E_ARG, "an event is an object");
    if (id && !json_is_null(id) && (!json_is_integer(id) || json_integer_value(id) < 1))
        return kor_fail(err, KOR_E_ARG, "id: a number over 0, or nothing, is expected");
    if (duration && !json_is_null(duration) && !json_is_number(duration))
        return kor_fail(err, KOR_E_ARG, "duration: seconds are expected");
    if (!(seconds >= 0 && seconds * 1000 <= (double)KOR_ACTIVITY_LONGEST_MS))
        return kor_fail(err, KOR_E_ARG, "duration: 0 to %lld seconds are expected",
                        (long long)(KOR_ACTIVITY_LONGEST_MS / 1000));
    if (!json_is_object(data)) return kor_fail(err, KOR_E_ARG, "data: an object is expected");
    out->id = json_integer_value(id);
    out->duration_ms = llround(seconds * 1000);
    return read_time(json_string_value(json_object_get(event, "timestamp")), &out->time_ms, err);
}

/* ---- What it was ---- */

static const char *text_of(const json_t *data, const char *field)
{
    const char *text = json_string_value(json_object_get(data, field));
    return text && *text ? text : NULL;
}

/* The program: the one in front, or the one that the watcher is part of, as
 * "aw-watcher-web-firefox_host" and "aw-watcher-vim" say. */
static const char *app_of(const kor_bucket *bucket, const json_t *data, char out[64])
{
    static const char web[] = "aw-watcher-web-", watcher[] = "aw-watcher-";
    const char *app = text_of(data, "app"), *name = bucket->client;
    if (app) return app;
    if (strncmp(bucket->name, web, sizeof web - 1) == 0)
        name = bucket->name + sizeof web - 1;
    else if (strncmp(name, watcher, sizeof watcher - 1) == 0)
        name += sizeof watcher - 1;
    (void)snprintf(out, 64, "%.*s", (int)strcspn(name, "_"), name);
    return out;
}

/* ---- Guarding ---- */

typedef struct cleaning {
    kor_guard_ctx *guard;
    const kor_exclusions *exclusions;
    const kor_bucket *bucket;
    const char *app;
    bool excluded;
} cleaning;

/* Any text may be a page, a file, or have an excluded word. */
static bool is_excluded(const cleaning *c, const char *text)
{
    kor_exclusion kind;
    const kor_colony_event e = {.source = kor_activity_source(c->bucket->type),
                                .app = c->app,
                                .uri = text,
                                .text = text,
                                .len = strlen(text)};
    return kor_exclusions_hold(c->exclusions, &e, c->bucket->name, &kind);
}

static kor_status clean_text(cleaning *c, const char *text, json_t **out, kor_error *err)
{
    size_t len = strlen(text);
    bool cut;
    c->excluded |= is_excluded(c, text);
    len = kor_utf8_prefix(text, len, STRING_MAX + BEYOND);
    KOR_TRY(kor_guard_cut(c->guard, text, len, &text, &len, &cut, NULL, err));
    *out = kor_text_json(text, kor_utf8_prefix(text, len, STRING_MAX));
    return *out ? KOR_OK : kor_fail_memory(err);
}

static kor_status clean(cleaning *c, const json_t *from, json_t **out, kor_error *err);

static kor_status clean_object(cleaning *c, const json_t *from, json_t *to, kor_error *err)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)from, key, value)
    {
        json_t *name = NULL, *one = NULL;
        kor_status status = clean_text(c, key, &name, err);
        if (status == KOR_OK) status = clean(c, value, &one, err);
        if (status == KOR_OK && json_object_set(to, json_string_value(name), one) != 0)
            status = kor_fail_memory(err);
        json_decref(name);
        json_decref(one);
        KOR_TRY(status);
    }
    return KOR_OK;
}

static kor_status clean_list(cleaning *c, const json_t *from, json_t *to, kor_error *err)
{
    size_t i;
    json_t *value;
    json_array_foreach(from, i, value)
    {
        json_t *one = NULL;
        KOR_TRY(clean(c, value, &one, err));
        if (json_array_append_new(to, one) != 0) return kor_fail_memory(err);
    }
    return KOR_OK;
}

/* As deep as the body of a request may nest. */
static kor_status clean(cleaning *c, const json_t *from, json_t **out, kor_error *err)
{
    kor_status status = KOR_OK;
    if (json_is_string(from)) return clean_text(c, json_string_value(from), out, err);
    *out = json_is_object(from)  ? json_object()
           : json_is_array(from) ? json_array()
                                 : json_deep_copy(from);
    if (!*out) return kor_fail_memory(err);
    if (json_is_object(from)) status = clean_object(c, from, *out, err);
    if (json_is_array(from)) status = clean_list(c, from, *out, err);
    if (status == KOR_OK) return KOR_OK;
    json_decref(*out);
    *out = NULL;
    return status;
}

kor_status kor_watched_clean(kor_guard_ctx *guard, const kor_exclusions *exclusions,
                             const kor_bucket *bucket, const json_t *data, kor_str *out,
                             bool *excluded, kor_error *err)
{
    char app[64];
    json_t *clean_data = NULL;
    cleaning c = {.guard = guard,
                  .exclusions = exclusions,
                  .bucket = bucket,
                  .app = app_of(bucket, data, app),
                  .excluded = json_is_true(json_object_get(data, "incognito"))};
    c.excluded |= is_excluded(&c, "");
    KOR_TRY(clean(&c, data, &clean_data, err));
    *excluded = c.excluded;
    char *text = c.excluded ? NULL : json_dumps(clean_data, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(clean_data);
    if (c.excluded) return KOR_OK;
    kor_status status = text ? KOR_OK : kor_fail_memory(err);
    if (text && strlen(text) > DATA_MAX)
        status = kor_fail(err, KOR_E_ARG, "data: %d bytes at most are kept", DATA_MAX);
    if (status == KOR_OK) kor_str_puts(out, text);
    free(text);
    if (status == KOR_OK && out->failed) status = kor_fail_memory(err);
    return status;
}

/* ---- Events of the memory ---- */

/* "2026-11-25 10:41:07 to 10:53:12": a range that is found in the text like any other, and that two
 * visits to one page do not differ by (text/simhash.h). */
static void put_range(kor_str *out, const kor_activity *row, const kor_zone *zone)
{
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    kor_time_format(from, row->time_ms, zone);
    kor_time_format(to, row->time_ms + row->duration_ms, zone);
    kor_str_printf(out, "\n%.10s %.8s to ", from, from + 11);
    if (memcmp(from, to, 10) != 0) kor_str_printf(out, "%.10s ", to);
    kor_str_printf(out, "%.8s", to + 11);
}

static void put_away(kor_str *out, int64_t ms)
{
    int64_t minutes = ms / MINUTE_MS;
    if (minutes < 60)
        kor_str_printf(out, "away for %lld min", (long long)minutes);
    else
        kor_str_printf(out, "away for %lld h %lld min", (long long)(minutes / 60),
                       (long long)(minutes % 60));
}

/* "/home/me/korora/src/main.c (c) in korora" */
static void put_file(kor_str *out, const json_t *data)
{
    const char *language = text_of(data, "language"), *project = text_of(data, "project");
    const char *folder = project ? strrchr(project, '/') : NULL;
    kor_str_puts(out, text_of(data, "file"));
    if (language) kor_str_printf(out, " (%s)", language);
    if (project) kor_str_printf(out, " in %s", folder && folder[1] ? folder + 1 : project);
}

/* What it was in one line, and where it can be found; false for what is no more than a state. */
static bool describe(const kor_bucket *bucket, const kor_activity *row, const json_t *data,
                     kor_str *line, kor_str *uri)
{
    const char *url = text_of(data, "url"), *file = text_of(data, "file");
    const char *title = text_of(data, "title"), *status = text_of(data, "status");
    if (strcmp(bucket->type, "afkstatus") == 0) {
        if (!status || strcmp(status, "afk") != 0) return false;
        put_away(line, row->duration_ms);
        return row->duration_ms >= MINUTE_MS;
    }
    if (file) {
        put_file(line, data);
        if (*file == '/') kor_source_file_uri(uri, file);
        return true;
    }
    if (url) kor_str_puts(uri, url);
    if (!title) title = url ? url : text_of(data, "app");
    if (title) kor_str_puts(line, title);
    return title != NULL;
}

static kor_status make_event(const kor_bucket *bucket, const kor_activity *row, const json_t *data,
                             const kor_zone *zone, kor_arena *arena, kor_event *event,
                             kor_error *err)
{
    char app[64], ref[64];
    const char *name = app_of(bucket, data, app);
    int64_t second = row->time_ms / 1000 - (row->time_ms % 1000 < 0);
    /* The time, too: ids count on from where they were when a machine loses its power. */
    (void)snprintf(ref, sizeof ref, "%llx-%llx", (unsigned long long)row->id,
                   (unsigned long long)row->time_ms);
    *event = (kor_event){.time_ms = row->time_ms,
                         .offset_min = kor_zone_offset(zone, second) / 60,
                         .source = kor_activity_source(bucket->type),
                         .ref = kor_arena_copy(arena, ref, strlen(ref)),
                         .app = kor_arena_copy(arena, name, strlen(name))};
    return event->ref && event->app ? KOR_OK : kor_fail_memory(err);
}

kor_status kor_watched_event(kor_memory *memory, const kor_bucket *bucket, const kor_activity *row,
                             const kor_zone *zone, kor_arena *arena, kor_event *event, bool *made,
                             kor_error *err)
{
    kor_str line = {0}, uri = {0};
    bool elsewhere = false;
    json_t *data = json_loads(row->data, 0, NULL);
    kor_status status = KOR_OK;
    *made = row->duration_ms >= LEAST_MS && describe(bucket, row, data, &line, &uri);
    if (*made && strcmp(bucket->type, "currentwindow") == 0)
        status = kor_activity_has_title(memory, "web.tab.current", row->time_ms,
                                        row->time_ms + row->duration_ms, kor_str_text(&line),
                                        &elsewhere, err);
    *made &= !elsewhere;
    if (status == KOR_OK && *made) status = make_event(bucket, row, data, zone, arena, event, err);
    if (status == KOR_OK && *made) {
        put_range(&line, row, zone);
        event->text = kor_arena_copy(arena, kor_str_text(&line), line.len);
        event->text_len = line.len;
        if (uri.len) event->uri = kor_arena_copy(arena, uri.data, uri.len);
        if (line.failed || uri.failed || !event->text || (uri.len && !event->uri))
            status = kor_fail_memory(err);
    }
    kor_str_free(&line);
    kor_str_free(&uri);
    json_decref(data);
    return status;
}
