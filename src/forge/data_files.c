/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from files: JSON lines, tables and prose. */
#include "forge/data_source.h"
#include "forge/delimited.h"
#include "forge/label_map.h"
#include "forge/passages.h"

#include "base/file.h"
#include "learn/dataset.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)1 << 32)

/* ---- Labels that the source gives ---- */

static bool set_labels(json_t *row, const kor_data_request *q)
{
    const kor_task_source *s = q->source;
    (void)json_object_del(row, "label");
    (void)json_object_del(row, "labels");
    (void)json_object_del(row, "soft"); /* of a teacher who knew of other labels */
    if (q->task->head != KOR_HEAD_TAGS)
        return json_object_set_new(row, "label", json_string(s->labels[0])) == 0;
    json_t *list = json_array();
    for (size_t i = 0; i < s->label_count; i++)
        json_array_append_new(list, json_string(s->labels[i]));
    return json_object_set_new(row, "labels", list) == 0;
}

/* Add a row with the source's labels for it, where it has any: by its map, or for all rows alike. A
 * row whose label is not in the map is left out; of spans only those are dropped. */
static kor_status take_row(kor_made_rows *out, const char *json, size_t len, size_t line,
                           const char *path, const kor_data_request *q, kor_error *err)
{
    bool given = q->source->labelled || q->label_map;
    json_t *row = given ? json_loadb(json, len, JSON_ALLOW_NUL, NULL) : NULL;
    if (!json_is_object(row)) { /* no JSON at all is told by the check */
        json_decref(row);
        return kor_made_rows_check(out, json, len, line, q->task, path, q->remarks, err);
    }
    if (q->label_map && q->task->head == KOR_HEAD_SPANS) {
        kor_label_map_apply_spans(row, q->label_map);
    } else if (q->label_map && !kor_label_map_apply(row, q->label_map)) {
        json_decref(row);
        return KOR_OK;
    }
    bool good = !q->source->labelled || set_labels(row, q);
    char *labelled = good ? json_dumps(row, JSON_COMPACT) : NULL;
    json_decref(row);
    if (!labelled) return kor_fail_memory(err);
    kor_status status =
        kor_made_rows_check(out, labelled, strlen(labelled), line, q->task, path, q->remarks, err);
    free(labelled);
    return status;
}

/* ---- JSON lines ---- */

static bool is_blank(const char *s, size_t len)
{
    while (len && (*s == ' ' || *s == '\t' || *s == '\r')) s++, len--;
    return len == 0;
}

static kor_status parse_lines(kor_made_rows *out, const char *s, size_t len, const char *path,
                              const kor_data_request *q, kor_error *err)
{
    const char *end = s + len;
    if (len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) s += 3;
    for (size_t line = 1; s < end; line++) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop) stop = end;
        size_t n = (size_t)(stop - s);
        if (n && s[n - 1] == '\r') n--;
        if (!is_blank(s, n)) KOR_TRY(take_row(out, s, n, line, path, q, err));
        s = stop + 1;
    }
    return KOR_OK;
}

/* ---- Tables ---- */

typedef struct table {
    kor_made_rows *out;
    const kor_data_request *q;
    const char *path;
    const char *text_name, *label_name;
    size_t text, label; /* columns */
    size_t columns;     /* 0: the heading was not read yet */
    char *names[KOR_DELIMITED_FIELDS];
    bool bare; /* there is no heading: columns are given by their numbers */
} table;

/* A column's number from 1 on, or 0. */
static size_t number_of(const char *name)
{
    char *end;
    errno = 0;
    unsigned long n = strtoul(name, &end, 10);
    bool plain = *name >= '1' && *name <= '9' && !*end && !errno;
    return plain && n <= KOR_DELIMITED_FIELDS ? n : 0;
}

static kor_status find_column(const table *t, const char *name, size_t line, size_t *out,
                              kor_error *err)
{
    for (*out = 0; *out < t->columns; ++*out) {
        if (strcmp(t->names[*out], name) == 0) return KOR_OK;
    }
    return kor_fail(err, KOR_E_INPUT,
                    "%s:%zu: no column '%.60s' in the heading; text_column and label_column of "
                    "task.yaml name them",
                    t->path, line, name);
}

static kor_status read_heading(table *t, size_t line, const kor_field *fields, size_t count,
                               kor_error *err)
{
    t->columns = count;
    for (size_t i = 0; i < count; i++) {
        t->names[i] = kor_arena_copy(&t->out->arena, fields[i].text, fields[i].len);
        if (!t->names[i]) return kor_fail_memory(err);
    }
    if (kor_task_is_paired(t->q->task)) return KOR_OK;
    KOR_TRY(find_column(t, t->text_name, line, &t->text, err));
    if (t->q->source->labelled) {
        t->label = t->text;
        return KOR_OK;
    }
    return find_column(t, t->label_name, line, &t->label, err);
}

/* Pairs of texts have many forms: a cell goes by the name of its column, a score as a number. */
static json_t *pair_of(const table *t, const kor_field *fields)
{
    json_t *o = json_object();
    for (size_t i = 0; i < t->columns; i++) {
        char *end;
        double x = strtod(fields[i].text, &end);
        bool scored = strcmp(t->names[i], "score") == 0 || strcmp(t->names[i], "label") == 0;
        json_t *value = scored && fields[i].len && !*end
                            ? json_real(x)
                            : json_stringn(fields[i].text, fields[i].len);
        if (json_object_set_new(o, t->names[i], value) != 0) {
            json_decref(o);
            return NULL;
        }
    }
    return o;
}

static json_t *row_of(const table *t, const kor_field *fields)
{
    if (kor_task_is_paired(t->q->task)) return pair_of(t, fields);
    const kor_field *text = &fields[t->text], *label = &fields[t->label];
    bool tags = t->q->task->head == KOR_HEAD_TAGS;
    json_t *o = json_object();
    bool good = json_object_set_new(o, "text", json_stringn(text->text, text->len)) == 0 &&
                json_object_set_new(o, tags ? "labels" : "label",
                                    tags ? kor_label_list(label->text)
                                         : json_stringn(label->text, label->len)) == 0;
    if (good) return o;
    json_decref(o);
    return NULL;
}

static kor_status add_row(void *arg, size_t line, const kor_field *fields, size_t count,
                          kor_error *err)
{
    table *t = arg;
    const kor_data_request *q = t->q;
    char why[120];
    if (!t->columns && t->bare)
        t->columns = count;
    else if (!t->columns)
        return read_heading(t, line, fields, count, err);
    if (count != t->columns || (t->bare && (t->text >= count || t->label >= count))) {
        (void)snprintf(why, sizeof why, "fields: %zu; the first line has %zu", count, t->columns);
        if (t->bare && count == t->columns)
            (void)snprintf(why, sizeof why, "fields: %zu; the columns are %zu and %zu", count,
                           t->text + 1, t->label + 1);
        kor_made_rows_bad(t->out, t->path, line, q->remarks, why);
        return KOR_OK;
    }
    json_t *row = row_of(t, fields);
    if (!row) {
        kor_made_rows_bad(t->out, t->path, line, q->remarks, "not UTF-8");
        return KOR_OK;
    }
    char *json = json_dumps(row, JSON_COMPACT);
    json_decref(row);
    if (!json) return kor_fail_memory(err);
    kor_status status = take_row(t->out, json, strlen(json), line, t->path, q, err);
    free(json);
    return status;
}

static kor_status parse_table(kor_made_rows *out, const char *text, size_t len, char separator,
                              const char *path, const kor_data_request *q, kor_error *err)
{
    const kor_task_source *s = q->source;
    table t = {.out = out,
               .q = q,
               .path = path,
               .text_name = s->text_column ? s->text_column : "text",
               .label_name = s->label_column ? s->label_column : "label"};
    if (q->task->head != KOR_HEAD_CLASSIFY && q->task->head != KOR_HEAD_TAGS &&
        !kor_task_is_paired(q->task))
        return kor_fail(err, KOR_E_INPUT, "%s: rows of head %s must be JSON lines", path,
                        kor_head_name(q->task->head));
    size_t text_number = number_of(t.text_name), label_number = number_of(t.label_name);
    if (s->labelled) label_number = text_number; /* no column is needed */
    t.bare = text_number && label_number;
    if (t.bare) {
        t.text = text_number - 1;
        t.label = label_number - 1;
    }
    return kor_delimited_read(text, len, separator, path, add_row, &t, err);
}

/* ---- Prose ---- */

/* Its passages have no labels but those that the source gives. */
static kor_status parse_prose(kor_made_rows *out, const char *text, size_t len, const char *path,
                              const kor_data_request *q, kor_error *err)
{
    kor_made_rows passages = {0};
    kor_head_kind head = q->task->head;
    if (head != KOR_HEAD_CLASSIFY && head != KOR_HEAD_TAGS && !q->source->queries)
        return kor_fail(err, KOR_E_INPUT, "%s: prose has no rows for head %s%s", path,
                        kor_head_name(head), head == KOR_HEAD_EMBED ? " without 'queries'" : "");
    kor_status status = kor_passages_cut(&passages, text, len, path, q, err);
    for (size_t i = 0; status == KOR_OK && i < passages.count; i++) {
        const kor_made_row *row = &passages.rows[i];
        status = take_row(out, row->json, row->len, row->line, path, q, err);
    }
    out->bad += passages.bad;
    kor_made_rows_free(&passages);
    return status;
}

/* ---- Files ---- */

static bool ends_in(const char *path, const char *end)
{
    size_t n = strlen(path), m = strlen(end);
    return n >= m && strcmp(path + n - m, end) == 0;
}

kor_status kor_data_parse(kor_made_rows *out, const char *text, size_t len, const char *path,
                          const kor_data_request *request, kor_error *err)
{
    if (ends_in(path, ".csv")) return parse_table(out, text, len, ',', path, request, err);
    if (ends_in(path, ".tsv")) return parse_table(out, text, len, '\t', path, request, err);
    if (ends_in(path, ".txt")) return parse_prose(out, text, len, path, request, err);
    return parse_lines(out, text, len, path, request, err);
}

static kor_status list(kor_made_from *out, const kor_data_request *q, kor_error *err)
{
    KOR_TRY(kor_made_from_file(out, q->source->file, q->task->folder, err));
    if (!q->source->label_map) return KOR_OK;
    return kor_made_from_file(out, q->source->label_map, q->task->folder, err);
}

static kor_status load(kor_made_rows *out, const kor_data_request *q, kor_error *err)
{
    kor_str text = {0};
    json_t *map = NULL;
    kor_data_request mapped = *q;
    if (q->source->label_map) KOR_TRY(kor_label_map_read(&map, q->source->label_map, err));
    mapped.label_map = map;
    kor_status status = kor_file_read(&text, q->source->file, FILE_MAX, err);
    if (status == KOR_OK)
        status = kor_data_parse(out, kor_str_text(&text), text.len, q->source->file, &mapped, err);
    kor_str_free(&text);
    json_decref(map);
    return status;
}

const kor_data_kind kor_data_file = {"file", false, list, load};
