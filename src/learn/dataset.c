/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/dataset.h"

#include "base/hash.h"
#include "learn/span_rows.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { LABELS_MAX = 65536, ROW_LABELS_MAX = 1024, NAME_MAX_BYTES = 256 };

/* How far the soft labels of a row may be from adding up to 1: they are rounded when written. */
static const double SOFT_SLACK = 0.02;

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

/* Soft labels in their new order, of as many labels as there are by now. */
static kor_status sort_soft(kor_dataset *d, const uint32_t *renumbered, size_t labels,
                            kor_error *err)
{
    for (size_t i = 0; i < d->count; i++) {
        const float *from = d->rows[i].soft;
        if (!from) continue;
        float *to = kor_arena_array(&d->arena, labels, sizeof *to);
        if (!to) return kor_fail_memory(err);
        for (size_t l = 0; l < d->wide; l++) to[renumbered[l]] = from[l];
        d->rows[i].soft = to;
    }
    d->wide = labels;
    return KOR_OK;
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
    kor_status status = KOR_OK;
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
        if (status == KOR_OK) status = sort_soft(sets[s], renumbered, labels->count, err);
    }
    free(order);
    free(renumbered);
    return status;
}

/* ---- Rows ---- */

/* The soft labels of a row, by the numbers of their names: which of these are labels is known only
 * once all rows are read. */
typedef struct soft_label {
    uint32_t name;
    float p;
} soft_label;

typedef struct soft_row {
    size_t row, count;
    soft_label *list; /* in the dataset's arena */
} soft_row;

typedef struct reader {
    kor_labels soft_names;
    soft_row *soft;
    size_t soft_count, soft_cap;
    kor_dataset *out;
    kor_labels *labels;
    const kor_dataset_options *options;
    kor_rows file;
    kor_span_row spans; /* of the row that is being read */
    kor_error *err;
} reader;

/* The number of a label, UINT32_MAX for the one besides; *known is false when the row is bad. */
static kor_status read_label(reader *r, const char *name, size_t len, size_t *at, bool *known)
{
    *known = false;
    if (!name || !len || len > NAME_MAX_BYTES || memchr(name, 0, len))
        return kor_rows_bad(&r->file, "a label must be a string of 1 to %d bytes", NAME_MAX_BYTES);
    if (r->options->besides && strcmp(name, r->options->besides) == 0) {
        *at = UINT32_MAX;
    } else if (r->options->closed) {
        *at = kor_labels_find(r->labels, name, len);
        if (*at == SIZE_MAX)
            return kor_rows_bad(&r->file, "label '%.80s' is not in the list of labels", name);
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
        return kor_rows_bad(&r->file, "no \"%s\"",
                            r->options->tags ? "labels\" that is a list" : "label");
    if (!r->options->tags && given != 1)
        return kor_rows_bad(&r->file, "%zu labels; head classify needs one", given);
    if (given > ROW_LABELS_MAX)
        return kor_rows_bad(&r->file, "%zu labels; at most %d", given, ROW_LABELS_MAX);
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
    d->rows[d->count++] = (kor_row){
        .text = copy, .len = len, .line = r->file.line, .labels = own, .label_count = count};
    return KOR_OK;
}

/* ---- Soft labels ---- */

/* Those of a row, into list[json_object_size(soft)]. *good: there is nothing wrong with them. */
static kor_status read_soft(reader *r, json_t *soft, soft_label *list, bool *good)
{
    const char *name;
    json_t *value;
    double sum = 0;
    size_t n = 0;
    *good = false;
    json_object_foreach(soft, name, value)
    {
        size_t at, len = strlen(name);
        double p = json_number_value(value);
        if (!len || len > NAME_MAX_BYTES)
            return kor_rows_bad(&r->file, "a soft label must have a name of 1 to %d bytes",
                                NAME_MAX_BYTES);
        if (!json_is_number(value) || p < 0 || p > 1)
            return kor_rows_bad(&r->file, "soft label '%.80s' must be a number from 0 to 1", name);
        KOR_TRY(kor_labels_add(&r->soft_names, name, len, &at, r->err));
        list[n++] = (soft_label){(uint32_t)at, (float)p};
        sum += p;
    }
    if (!r->options->tags && fabs(sum - 1) > SOFT_SLACK)
        return kor_rows_bad(&r->file,
                            "the soft labels add up to %.3f; for head classify it must be 1", sum);
    for (size_t i = 0; !r->options->tags && i < n; i++)
        list[i].p = (float)((double)list[i].p / sum);
    *good = true;
    return KOR_OK;
}

static kor_status keep_soft(reader *r, soft_label *list, size_t count)
{
    if (r->soft_count == r->soft_cap) {
        size_t cap = r->soft_cap ? 2 * r->soft_cap : 1024;
        soft_row *soft = realloc(r->soft, cap * sizeof *soft);
        if (!soft) return kor_fail_memory(r->err);
        r->soft = soft;
        r->soft_cap = cap;
    }
    r->soft[r->soft_count++] = (soft_row){r->out->count - 1, count, list};
    return KOR_OK;
}

/* One row's by the numbers of the labels; a name that is none makes it a bad row. */
static kor_status number_soft(reader *r, const soft_row *soft, const size_t *label)
{
    kor_row *row = &r->out->rows[soft->row];
    float *p = kor_arena_array(&r->out->arena, r->labels->count, sizeof *p);
    if (!p) return kor_fail_memory(r->err);
    for (size_t i = 0; i < soft->count; i++) {
        size_t at = label[soft->list[i].name];
        if (at == SIZE_MAX) {
            r->file.line = row->line;
            row->text = NULL;
            return kor_rows_bad(&r->file, "soft label '%.80s' is not a label",
                                r->soft_names.name[soft->list[i].name]);
        }
        p[at] = soft->list[i].p;
    }
    row->soft = p;
    return KOR_OK;
}

static kor_status finish_soft(reader *r)
{
    kor_dataset *d = r->out;
    size_t *label = malloc((r->soft_names.count + 1) * sizeof *label), kept = 0;
    kor_status status = label ? KOR_OK : kor_fail_memory(r->err);
    for (size_t i = 0; status == KOR_OK && i < r->soft_names.count; i++) {
        const char *name = r->soft_names.name[i];
        label[i] = kor_labels_find(r->labels, name, strlen(name));
    }
    for (size_t i = 0; status == KOR_OK && i < r->soft_count; i++)
        status = number_soft(r, &r->soft[i], label);
    for (size_t i = 0; status == KOR_OK && i < d->count; i++) {
        if (d->rows[i].text) d->rows[kept++] = d->rows[i];
    }
    if (status == KOR_OK) d->count = kept;
    d->wide = r->labels->count;
    free(label);
    return status;
}

static void read_group(reader *r, const json_t *row)
{
    const json_t *group = json_object_get(row, "group");
    if (!json_is_string(group)) return;
    r->out->rows[r->out->count - 1].group =
        kor_hash64(json_string_value(group), json_string_length(group), 0) | 1;
    r->out->grouped = true;
}

/* A row whose text is there. */
static kor_status use_row(reader *r, json_t *row, json_t *text)
{
    json_t *soft = json_object_get(row, "soft");
    soft_label *list = NULL;
    uint32_t labels[ROW_LABELS_MAX];
    size_t count = 0;
    bool good = true;
    if (soft && !json_is_object(soft))
        return kor_rows_bad(&r->file, "\"soft\" must be an object of a number for each label");
    if (soft) {
        list = kor_arena_array(&r->out->arena, json_object_size(soft), sizeof *list);
        if (!list) return kor_fail_memory(r->err);
        KOR_TRY(read_soft(r, soft, list, &good));
    }
    if (!good) return KOR_OK;
    KOR_TRY(read_labels(r, row, labels, &count));
    if (count == SIZE_MAX) return KOR_OK;
    KOR_TRY(add_row(r, json_string_value(text), json_string_length(text), labels, count));
    read_group(r, row);
    return soft ? keep_soft(r, list, json_object_size(soft)) : KOR_OK;
}

static kor_status read_span_row(reader *r, json_t *row)
{
    uint32_t labels[ROW_LABELS_MAX];
    kor_span_row *s = &r->spans;
    kor_error bad;
    kor_status status = kor_span_row_read(s, row, &bad);
    if (status == KOR_E_INPUT) return kor_rows_bad(&r->file, "%s", bad.msg);
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
        if (n == ROW_LABELS_MAX)
            return kor_rows_bad(&r->file, "spans of more than %d labels", ROW_LABELS_MAX);
        n = add_once(labels, n, at);
    }
    qsort(labels, n, sizeof *labels, by_number);
    KOR_TRY(add_row(r, kor_str_text(&s->text), s->text.len, labels, n));
    r->out->spans[r->out->count - 1] = (kor_row_spans){own, s->count};
    r->out->widened += s->widened;
    return KOR_OK;
}

static kor_status read_row(void *arg, const char *line, size_t len)
{
    reader *r = arg;
    json_error_t e;
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, &e);
    json_t *text = json_object_get(row, "text");
    kor_status status;
    if (!row) {
        status = kor_rows_bad(&r->file, "not JSON: %s", e.text);
    } else if (r->options->spans) {
        status = read_span_row(r, row);
    } else if (!json_is_string(text)) {
        status = kor_rows_bad(&r->file, "no \"text\" that is a string");
    } else {
        status = use_row(r, row, text);
    }
    json_decref(row);
    return status;
}

kor_status kor_dataset_read(kor_dataset *out, const char *path, kor_labels *labels,
                            const kor_dataset_options *options, kor_error *err)
{
    *out = (kor_dataset){0};
    reader r = {.out = out,
                .labels = labels,
                .options = options,
                .file = {.path = path, .remarks = &options->remarks},
                .err = err};
    kor_status status = kor_rows_read(&r.file, read_row, &r, &out->hash, err);
    if (status == KOR_OK && r.soft_count) status = finish_soft(&r);
    free(r.soft);
    kor_labels_free(&r.soft_names);
    kor_span_row_free(&r.spans);
    out->bad = kor_rows_end(&r.file);
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
