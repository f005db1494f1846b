/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/yaml_lines.h"

#include "base/arena.h"
#include "base/file.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { FILE_MAX = 1 << 20, TEXT_MAX_BYTES = 4000, KEYS_MAX = 10000 };

typedef struct reader {
    const char *path;
    yaml_parser_t parser;
    kor_status (*take)(void *arg, const kor_yaml_item *item, kor_error *err);
    void *arg;
    kor_arena arena;
    const char **keys; /* those that were seen */
    size_t count, cap;
    kor_error *err;
} reader;

kor_status kor_yaml_fail(const kor_yaml_item *item, kor_error *err, const char *fmt, ...)
{
    char what[240];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return kor_fail(err, KOR_E_INPUT, "%s:%zu: %s", item->path, item->line, what);
}

kor_status kor_yaml_number(const kor_yaml_item *item, double least, double most, bool whole,
                           double *out, kor_error *err)
{
    char *end;
    errno = 0;
    double x = strtod(item->value, &end);
    if (end == item->value || *end || errno || !isfinite(x) || x < least || x > most ||
        (whole && x != floor(x)))
        return kor_yaml_fail(item, err, "%s '%.60s': it must be a %snumber from %.16g to %.16g",
                             item->key, item->value, whole ? "whole " : "", least, most);
    *out = x;
    return KOR_OK;
}

static kor_status fail_at(reader *r, size_t line, const char *what)
{
    const kor_yaml_item at = {r->path, "", "", line};
    return kor_yaml_fail(&at, r->err, "%s", what);
}

static kor_status next(reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event)) return KOR_OK;
    if (r->parser.error == YAML_MEMORY_ERROR) return kor_fail_memory(r->err);
    return fail_at(r, r->parser.problem_mark.line + 1,
                   r->parser.problem ? r->parser.problem : "not YAML");
}

/* A scalar's text into the arena. */
static kor_status text_of(reader *r, const yaml_event_t *event, const char **out, size_t *line)
{
    *line = event->start_mark.line + 1;
    if (event->type != YAML_SCALAR_EVENT)
        return fail_at(r, *line, "expected a text, or a list of texts");
    const char *text = (const char *)event->data.scalar.value;
    size_t len = event->data.scalar.length;
    if (len > TEXT_MAX_BYTES) return fail_at(r, *line, "a text of more than 4000 bytes");
    if (memchr(text, 0, len)) return fail_at(r, *line, "a NUL in a text");
    *out = kor_arena_copy(&r->arena, text, len);
    return *out ? KOR_OK : kor_fail_memory(r->err);
}

static kor_status remember_key(reader *r, const char *key, size_t line)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->keys[i], key) != 0) continue;
        const kor_yaml_item at = {r->path, key, "", line};
        return kor_yaml_fail(&at, r->err, "key '%.80s' is given twice", key);
    }
    if (r->count == KEYS_MAX) return fail_at(r, line, "too many keys");
    if (r->count == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        const char **keys = realloc((void *)r->keys, cap * sizeof *keys);
        if (!keys) return kor_fail_memory(r->err);
        r->keys = keys;
        r->cap = cap;
    }
    r->keys[r->count++] = key;
    return KOR_OK;
}

static kor_status read_value(reader *r, const char *key)
{
    kor_yaml_item item = {.path = r->path, .key = key};
    bool list = false;
    for (;;) {
        yaml_event_t event;
        KOR_TRY(next(r, &event));
        kor_status status = KOR_OK;
        bool opens = event.type == YAML_SEQUENCE_START_EVENT && !list;
        bool closes = event.type == YAML_SEQUENCE_END_EVENT;
        if (!opens && !closes) status = text_of(r, &event, &item.value, &item.line);
        yaml_event_delete(&event);
        if (status == KOR_OK && !opens && !closes) status = r->take(r->arg, &item, r->err);
        KOR_TRY(status);
        list |= opens;
        if (!list || closes) return KOR_OK;
    }
}

static kor_status read_mapping(reader *r)
{
    for (;;) {
        yaml_event_t event;
        const char *key = NULL;
        size_t line;
        KOR_TRY(next(r, &event));
        bool end = event.type == YAML_MAPPING_END_EVENT;
        kor_status status = end ? KOR_OK : text_of(r, &event, &key, &line);
        yaml_event_delete(&event);
        KOR_TRY(status);
        if (end) return KOR_OK;
        KOR_TRY(remember_key(r, key, line));
        KOR_TRY(read_value(r, key));
    }
}

static kor_status read_document(reader *r)
{
    for (;;) {
        yaml_event_t event;
        KOR_TRY(next(r, &event));
        yaml_event_type_t type = event.type;
        size_t line = event.start_mark.line + 1;
        yaml_event_delete(&event);
        if (type == YAML_STREAM_END_EVENT) return KOR_OK;
        if (type == YAML_MAPPING_START_EVENT)
            KOR_TRY(read_mapping(r));
        else if (type != YAML_STREAM_START_EVENT && type != YAML_DOCUMENT_START_EVENT &&
                 type != YAML_DOCUMENT_END_EVENT)
            return fail_at(r, line, "expected lines of 'key: value'");
    }
}

kor_status kor_yaml_read(const char *path,
                         kor_status (*take)(void *arg, const kor_yaml_item *item, kor_error *err),
                         void *arg, kor_error *err)
{
    reader r = {.path = path, .take = take, .arg = arg, .err = err};
    kor_str text = {0};
    kor_status status = kor_file_read(&text, path, FILE_MAX, err);
    if (status == KOR_OK && !yaml_parser_initialize(&r.parser)) status = kor_fail_memory(err);
    if (status == KOR_OK) {
        yaml_parser_set_input_string(&r.parser, (const unsigned char *)kor_str_text(&text),
                                     text.len);
        status = read_document(&r);
        yaml_parser_delete(&r.parser);
    }
    kor_str_free(&text);
    free((void *)r.keys);
    kor_arena_free(&r.arena);
    return status;
}
