/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/dataset.h"

#include "base/file.h"
#include "base/hash.h"
#include "learn/span_rows.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 65536, ROW_LABELS_MAX = 1024, REMARKS_MAX = 20, NAME_MAX_BYTES = 256 };

#define FILE_MAX ((size_t)1 << 32)

void kor_remark(const kor_remarks *remarks, const char *fmt, ...)
{
    if (!remarks->say) return;
    char line[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    remarks->say(remarks->arg, line);
}

/* ---- Labels ---- */

static size_t slot_of(const kor_labels *l, const char *name, size_t len)
{
    size_t at = (size_t)kor_hash64(name, len, 0) & (l->slots - 1);
    for (;; at = (at + 1) & (l->slots - 1)) {
        uint32_t n = l->slot[at];
        if (!n) return at;
        const char *known = l->name[n - 1];
        if (strlen(known) == len && memcmp(known, name, len) == 0) return at;
    }
}

size_t kor_labels_find(const kor_labels *labels, const char *name, size_t len)
{
    if (!labels->slots) return SIZE_MAX;
    uint32_t n = labels->slot[slot_of(labels, name, len)];
    return n ? n - 1 : SIZE_MAX;
}

static void fill_slots(kor_labels *l)
{
    memset(l->slot, 0, l->slots * sizeof *l->slot);
    for (size_t i = 0; i < l->count; i++)
        l->slot[slot_of(l, l->name[i], strlen(l->name[i]))] = (uint32_t)i + 1;
}

static kor_status grow_labels(kor_labels *l, kor_error *err)
{
    size_t cap = l->cap ? 2 * l->cap : 64;
    const char **name = realloc(l->name, cap * sizeof *name);
    if (!name) return kor_fail_memory(err);
    l->name = name;
    uint32_t *slot = realloc(l->slot, 2 * cap * sizeof *slot);
    if (!slot) return kor_fail_memory(err);
    l->slot = slot;
    l->cap = cap;
    l->slots = 2 * cap;
    fill_slots(l);
    return KOR_OK;
}

kor_status kor_labels_add(kor_labels *labels, const char *name, size_t len, size_t *out,
                          kor_error *err)
{
    *out = kor_labels_find(labels, name, len);
    if (*out != SIZE_MAX) return KOR_OK;
    if (labels->count == LABELS_MAX)
        return kor_fail(err, KOR_E_INPUT, "more than %d labels", LABELS_MAX);
    if (labels->count == labels->cap) KOR_TRY(grow_labels(labels, err));
    char *copy = kor_arena_copy(&labels->arena, name, len);
    if (!copy) return kor_fail_memory(err);
    size_t at = slot_of(labels, name, len);
    labels->name[labels->count++] = copy;
    labels->slot[at] = (uint32_t)labels->count;
    *out = labels->count - 1;
    return KOR_OK;
}

void kor_labels_free(kor_labels *labels)
{
    free(labels->name);
    free(labels->slot);
    kor_arena_free(&labels->arena);
    *labels = (kor_labels){0};
}

typedef struct named {
    const char *name;
    uint32_t old;
} named;

static int by_label_name(const void *a, const void *b)
{
    return strcmp(((const named *)a)->name, ((const named *)b)->name);
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

kor_status kor_labels_sort(kor_labels *labels, kor_dataset *const *sets, size_t count,
                           kor_error *err)
{
    named *order = malloc((labels->count + 1) * sizeof *order);
    uint32_t *renumbered = malloc((labels->count + 1) * sizeof *renumbered);
    if (!order || !renumbered) {
        free(order);
        free(renumbered);
        return kor_fail_memory(err);
    }
    for (size_t i = 0; i < labels->count; i++) order[i] = (named){labels->name[i], (uint32_t)i};
    qsort(order, labels->count, sizeof *order, by_label_name);
    for (size_t i = 0; i < labels->count; i++) {
        labels->name[i] = order[i].name;
        renumbered[order[i].old] = (uint32_t)i;
    }
    if (labels->slots) fill_slots(labels);
    for (size_t s = 0; s < count; s++) {
        for (size_t i = 0; i < sets[s]->count; i++) {
            kor_row *row = &sets[s]->rows[i];
            uint32_t *own = (uint32_t *)(uintptr_t)row->labels; /* in this dataset's arena */
            for (size_t j = 0; j < row->label_count; j++) {
                if (own[j] != UINT32_MAX) own[j] = renumbered[own[j]];
            }
            qsort(own, row->label_count, sizeof *own, by_number);
            kor_row_spans *spans = sets[s]->spans ? &sets[s]->spans[i] : NULL;
            for (size_t j = 0; spans && j < spans->count; j++)
                spans->span[j].label = renumbered[spans->span[j].label];
        }
    }
    free(order);
    free(renumbered);
    return KOR_OK;
}

/* ---- Rows ---- */

typedef struct reader {
    kor_dataset *out;
    kor_labels *labels;
    const kor_dataset_options *options;
    const char *path;
    size_t line;
    kor_span_row spans; /* of the row that is being read */
    kor_error *err;
} reader;

static kor_status bad_row(reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static kor_status bad_row(reader *r, const char *fmt, ...)
{
    char why[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(why, sizeof why, fmt, ap);
    va_end(ap);
    if (r->out->bad++ < REMARKS_MAX)
        kor_remark(&r->options->remarks, "%s:%zu: %s", r->path, r->line, why);
    return KOR_OK;
}

/* The number of a label, UINT32_MAX for the one besides; *known is false when the row is bad. */
static kor_status read_label(reader *r, const char *name, size_t len, size_t *at, bool *known)
{
    *known = false;
    if (!name || !len || len > NAME_MAX_BYTES || memchr(name, 0, len))
        return bad_row(r, "a label must be a string of 1 to %d bytes", NAME_MAX_BYTES);
    if (r->options->besides && strcmp(name, r->options->besides) == 0) {
        *at = UINT32_MAX;
    } else if (r->options->closed) {
        *at = kor_labels_find(r->labels, name, len);
        if (*at == SIZE_MAX) return bad_row(r, "label '%.80s' is not in the list of labels", name);
    } else {
        KOR_TRY(kor_labels_add(r->labels, name, len, at, r->err));
    }
    *known = true;
    return KOR_OK;
}

/* Add a label to number[n], which has each once; returns how many it has then. */
static size_t add_once(uint32_t *number, size_t n, size_t at)
{
    size_t j = 0;
    while (j < n && number[j] != at) j++;
    if (j == n) number[n++] = (uint32_t)at;
    return n;
}

/* The numbers of a row's labels into number; *count is SIZE_MAX when the row is bad. */
static kor_status read_labels(reader *r, json_t *row, uint32_t *number, size_t *count)
{
    json_t *label = json_object_get(row, "label"), *list = json_object_get(row, "labels");
    size_t given = list ? json_array_size(list) : 1;
    *count = SIZE_MAX;
    if (list ? !json_is_array(list) : !label)
        return bad_row(r, "no \"%s\"", r->options->tags ? "labels\" that is a list" : "label");
    if (!r->options->tags && given != 1)
        return bad_row(r, "%zu labels; head classify needs one", given);
    if (given > ROW_LABELS_MAX) return bad_row(r, "%zu labels; at most %d", given, ROW_LABELS_MAX);
    size_t n = 0;
    for (size_t i = 0; i < given; i++) {
        json_t *one = list ? json_array_get(list, i) : label;
        size_t at;
        bool known;
        KOR_TRY(read_label(r, json_string_value(one), json_string_length(one), &at, &known));
        if (!known) return KOR_OK;
        n = add_once(number, n, at);
    }
    qsort(number, n, sizeof *number, by_number);
    *count = n;
    return KOR_OK;
}

static kor_status add_row(reader *r, const char *text, size_t len, const uint32_t *labels,
                          size_t count)
{
    kor_dataset *d = r->out;
    if (d->count == d->cap) {
        size_t cap = d->cap ? 2 * d->cap : 1024;
        kor_row *rows = realloc(d->rows, cap * sizeof *rows);
        if (!rows) return kor_fail_memory(r->err);
        d->rows = rows;
        kor_row_spans *spans =
            r->options->spans ? realloc(d->spans, cap * sizeof *spans) : d->spans;
        if (r->options->spans && !spans) return kor_fail_memory(r->err);
        d->spans = spans;
        d->cap = cap;
    }
    char *copy = kor_arena_copy(&d->arena, text, len);
    uint32_t *own = kor_arena_array(&d->arena, count, sizeof *own);
    if (!copy || !own) return kor_fail_memory(r->err);
    memcpy(own, labels, count * sizeof *own);
    d->rows[d->count++] = (kor_row){copy, len, r->line, own, count};
    return KOR_OK;
}

/* labels has room for ROW_LABELS_MAX numbers. */
static kor_status read_span_row(reader *r, json_t *row, uint32_t *labels)
{
    kor_span_row *s = &r->spans;
    kor_error bad;
    kor_status status = kor_span_row_read(s, row, &bad);
    if (status == KOR_E_INPUT) return bad_row(r, "%s", bad.msg);
    if (status != KOR_OK) return kor_fail_memory(r->err);
    kor_row_span *own = kor_arena_array(&r->out->arena, s->count, sizeof *own);
    if (!own) return kor_fail_memory(r->err);
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++) {
        size_t at;
        bool known;
        KOR_TRY(read_label(r, s->span[i].label, s->span[i].label_len, &at, &known));
        if (!known) return KOR_OK;
        own[i] = (kor_row_span){s->span[i].start, s->span[i].end, (uint32_t)at};
        if (n == ROW_LABELS_MAX) return bad_row(r, "spans of more than %d labels", ROW_LABELS_MAX);
        n = add_once(labels, n, at);
    }
    qsort(labels, n, sizeof *labels, by_number);
    KOR_TRY(add_row(r, kor_str_text(&s->text), s->text.len, labels, n));
    r->out->spans[r->out->count - 1] = (kor_row_spans){own, s->count};
    r->out->widened += s->widened;
    return KOR_OK;
}

static kor_status read_row(reader *r, const char *line, size_t len)
{
    json_error_t e;
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, &e);
    json_t *text = json_object_get(row, "text");
    uint32_t labels[ROW_LABELS_MAX];
    size_t count = 0;
    kor_status status;
    if (!row) {
        status = bad_row(r, "not JSON: %s", e.text);
    } else if (r->options->spans) {
        status = read_span_row(r, row, labels);
    } else if (!json_is_string(text)) {
        status = bad_row(r, "no \"text\" that is a string");
    } else {
        status = read_labels(r, row, labels, &count);
        if (status == KOR_OK && count != SIZE_MAX)
            status = add_row(r, json_string_value(text), json_string_length(text), labels, count);
    }
    json_decref(row);
    return status;
}

static bool is_blank(const char *s, size_t len)
{
    while (len && (*s == ' ' || *s == '\t' || *s == '\r')) s++, len--;
    return len == 0;
}

kor_status kor_dataset_read(kor_dataset *out, const char *path, kor_labels *labels,
                            const kor_dataset_options *options, kor_error *err)
{
    *out = (kor_dataset){0};
    kor_str file = {0};
    kor_status status = kor_file_read(&file, path, FILE_MAX, err);
    reader r = {.out = out, .labels = labels, .options = options, .path = path, .err = err};
    const char *s = kor_str_text(&file), *end = s + file.len;
    out->hash = kor_hash64(s, file.len, 0);
    if (file.len >= 3 && memcmp(s, "\xef\xbb\xbf", 3) == 0) s += 3;
    while (status == KOR_OK && s < end) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        if (!stop) stop = end;
        r.line++;
        if (!is_blank(s, (size_t)(stop - s))) status = read_row(&r, s, (size_t)(stop - s));
        s = stop + 1;
    }
    kor_str_free(&file);
    kor_span_row_free(&r.spans);
    if (out->bad > REMARKS_MAX)
        kor_remark(&options->remarks, "%s: %zu more bad rows", path, out->bad - REMARKS_MAX);
    if (status == KOR_OK && !out->count) {
        status = kor_fail(err, KOR_E_INPUT, "%s: no row to use; rows are {\"text\": ..., %s}", path,
                          options->spans  ? "\"spans\": [...]"
                          : options->tags ? "\"labels\": [...]"
                                          : "\"label\": ...");
    }
    if (status != KOR_OK) kor_dataset_free(out);
    return status;
}

void kor_dataset_free(kor_dataset *data)
{
    free(data->rows);
    free(data->spans);
    kor_arena_free(&data->arena);
    *data = (kor_dataset){0};
}
