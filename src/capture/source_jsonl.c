/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Lines: one object a line. A row that cannot be read is reported and left out. */
#include "base/hash.h"
#include "capture/lines.h"
#include "capture/seen.h"
#include "capture/source.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WHY_SIZE = 320 };

typedef struct row {
    json_t *root; /* owns the strings below */
    kor_event event;
    char id[24]; /* for an id that is a number */
} row;

static bool refuse(char why[WHY_SIZE], const char *what)
{
    (void)snprintf(why, WHY_SIZE, "%s", what);
    return false;
}

/* The value of a field, NULL when it is missing or null. */
static json_t *field(const row *r, const char *name)
{
    json_t *value = json_object_get(r->root, name);
    return json_is_null(value) ? NULL : value;
}

/* A string without NUL bytes into *out, which keeps its value when the field is missing. */
static bool read_string(const row *r, const char *name, const char **out, char why[WHY_SIZE])
{
    const json_t *value = field(r, name);
    if (!value) return true;
    const char *s = json_string_value(value);
    if (!s || strlen(s) != json_string_length(value)) {
        (void)snprintf(why, WHY_SIZE, "\"%s\" must be a string without NUL", name);
        return false;
    }
    *out = s;
    return true;
}

static bool read_text(row *r, char why[WHY_SIZE])
{
    const json_t *value = field(r, "text");
    if (!value) return refuse(why, "\"text\" is missing: expected a string");
    if (!json_is_string(value)) return refuse(why, "\"text\" must be a string");
    r->event.text = json_string_value(value);
    r->event.text_len = json_string_length(value);
    return true;
}

/* Seconds since 1970, or milliseconds when it is too large for that. */
static bool read_number_time(double n, int64_t *ms)
{
    double value = fabs(n) > 1e11 ? n : n * 1000;
    int64_t unused;
    if (!(fabs(value) < 1e15) || !kor_source_ms((int64_t)(value / 1000), &unused)) return false;
    *ms = llround(value);
    return true;
}

static bool read_time(row *r, const kor_sink *sink, char why[WHY_SIZE])
{
    const json_t *value = field(r, "time");
    kor_event *event = &r->event;
    if (!value || json_is_number(value)) {
        event->time_ms = sink->now_ms;
        if (value && !read_number_time(json_number_value(value), &event->time_ms)) {
            return refuse(why, "\"time\" is out of range: expected Unix seconds or milliseconds");
        }
        event->offset_min = kor_source_offset(sink, event->time_ms);
        return true;
    }
    const char *text = NULL;
    if (!json_is_string(value)) return refuse(why, "\"time\" must be a string or a number");
    if (!read_string(r, "time", &text, why)) return false;
    kor_error err;
    kor_status status =
        kor_time_parse(text, sink->zone, sink->now_ms, &event->time_ms, &event->offset_min, &err);
    if (status == KOR_OK) return true;
    (void)snprintf(why, WHY_SIZE, "\"time\": %s", err.msg);
    return false;
}

static bool read_id(row *r, char why[WHY_SIZE])
{
    const json_t *value = field(r, "id");
    if (json_is_integer(value)) {
        (void)snprintf(r->id, sizeof r->id, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        r->event.ref = r->id;
        return true;
    }
    const char *s = json_string_value(value);
    if (value && (!s || !*s || strlen(s) != json_string_length(value))) {
        return refuse(why, "\"id\" must be a string that is not empty, or an integer");
    }
    r->event.ref = s;
    return true;
}

static bool read_source(row *r, char why[WHY_SIZE])
{
    r->event.source = "jsonl";
    if (!read_string(r, "source", &r->event.source, why)) return false;
    return *r->event.source ? true : refuse(why, "\"source\" must not be empty");
}

static bool parse(row *r, const char *line, size_t len, const kor_sink *sink, char why[WHY_SIZE])
{
    json_error_t problem;
    *r = (row){.root = json_loadb(line, len, JSON_ALLOW_NUL | JSON_DECODE_ANY, &problem)};
    if (!r->root) {
        (void)snprintf(why, WHY_SIZE, "not JSON: %s (byte %d)", problem.text, problem.position);
        return false;
    }
    if (!json_is_object(r->root)) return refuse(why, "expected an object: {\"text\": \"...\"}");
    kor_event *event = &r->event;
    return read_text(r, why) && read_time(r, sink, why) && read_id(r, why) && read_source(r, why) &&
           read_string(r, "app", &event->app, why) && read_string(r, "title", &event->title, why) &&
           read_string(r, "uri", &event->uri, why) && read_string(r, "scope", &event->scope, why);
}

/* A name for a row without an id: a hash of what it says. The time counts as it was written, so
 * that a row without one is the same at the next import. */
static kor_status name_by_content(const row *r, kor_seen *seen, kor_str *ref, kor_error *err)
{
    static const char *const names[] = {"time", "source", "app", "title", "uri", "scope", "text"};
    kor_str key = {0};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const json_t *value = field(r, names[i]);
        if (json_is_string(value)) {
            kor_str_printf(&key, "%s=%zu:", names[i], json_string_length(value));
            kor_str_add(&key, json_string_value(value), json_string_length(value));
        } else if (json_is_number(value)) {
            kor_str_printf(&key, "%s=%lld;", names[i], (long long)r->event.time_ms);
        }
    }
    char hash[33];
    kor_hash128_hex(kor_str_text(&key), key.len, hash);
    kor_str_puts(ref, hash);
    ref->failed |= key.failed;
    kor_str_free(&key);
    return kor_seen_ref(seen, ref, err);
}

static bool is_blank(const char *line, size_t len)
{
    while (len && (line[len - 1] == ' ' || line[len - 1] == '\t')) len--;
    return len == 0;
}

static kor_status read_row(const kor_lines *lines, const char *line, size_t len, kor_seen *seen,
                           const kor_sink *sink, kor_error *err)
{
    row r;
    char why[WHY_SIZE];
    kor_str ref = {0};
    kor_status status = KOR_OK;
    if (!parse(&r, line, len, sink, why)) {
        kor_lines_skip(lines, lines->number, why);
    } else {
        if (!r.event.ref) {
            status = name_by_content(&r, seen, &ref, err);
            r.event.ref = kor_str_text(&ref);
        }
        if (status == KOR_OK && r.event.time_ms >= sink->since_ms) {
            status = sink->event(sink->arg, &r.event, err);
        }
    }
    kor_str_free(&ref);
    json_decref(r.root);
    return status;
}

kor_status kor_source_jsonl_run(const char *path, const kor_sink *sink, kor_error *err)
{
    kor_lines lines;
    kor_seen seen = {0};
    KOR_TRY(kor_lines_open(&lines, path, sink, err));
    kor_status status;
    for (;;) {
        char *line;
        size_t len;
        status = kor_lines_next(&lines, &line, &len, err);
        if (status != KOR_OK || !line) break;
        if (is_blank(line, len)) continue;
        status = read_row(&lines, line, len, &seen, sink, err);
        if (status != KOR_OK) break;
    }
    kor_seen_free(&seen);
    kor_lines_close(&lines);
    return status;
}
