/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/made_rows.h"

#include "learn/dataset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REMARKS_MAX = 20, WHY = 200 };

kor_status kor_made_rows_add(kor_made_rows *r, const char *json, size_t len, size_t line,
                             kor_error *err)
{
    if (r->count == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 1024;
        kor_made_row *rows = realloc(r->rows, cap * sizeof *rows);
        if (!rows) return kor_fail_memory(err);
        r->rows = rows;
        r->cap = cap;
    }
    const char *copy = kor_arena_copy(&r->arena, json, len);
    if (!copy) return kor_fail_memory(err);
    r->rows[r->count++] = (kor_made_row){copy, len, line};
    return KOR_OK;
}

void kor_made_rows_bad(kor_made_rows *rows, const char *path, size_t line,
                       const kor_remarks *remarks, const char *why)
{
    if (rows->bad++ < REMARKS_MAX) kor_remark(remarks, "%s:%zu: %s", path, line, why);
    if (rows->bad == REMARKS_MAX + 1) kor_remark(remarks, "%s: and more bad rows", path);
}

/* ---- What a task can learn from ---- */

static bool is_known(const kor_task *t, const char *label)
{
    bool known = !t->label_count || (t->out_of_scope && strcmp(label, t->out_of_scope) == 0);
    for (size_t i = 0; i < t->label_count && !known; i++) known = strcmp(t->labels[i], label) == 0;
    return known;
}

static bool check_label(const json_t *label, const kor_task *t, char why[WHY])
{
    const char *name = json_string_value(label);
    *why = 0;
    if (!name || !*name || strlen(name) != json_string_length(label))
        (void)snprintf(why, WHY, "a label must be a string that is not empty");
    else if (!is_known(t, name))
        (void)snprintf(why, WHY, "label '%.80s' is not in the list of labels", name);
    return !*why;
}

static bool check_labels(json_t *row, const kor_task *t, char why[WHY])
{
    json_t *label = json_object_get(row, "label"), *list = json_object_get(row, "labels");
    bool tags = t->head == KOR_HEAD_TAGS;
    if (list ? !json_is_array(list) : !label) {
        (void)snprintf(why, WHY, tags ? "no \"labels\" that is a list" : "no \"label\"");
        return false;
    }
    if (!list) return check_label(label, t, why);
    if (!tags && json_array_size(list) != 1) {
        (void)snprintf(why, WHY, "%zu labels; head classify needs one", json_array_size(list));
        return false;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!check_label(json_array_get(list, i), t, why)) return false;
    }
    return true;
}

static bool check_row(json_t *row, const kor_task *t, char why[WHY])
{
    bool labelled = t->head == KOR_HEAD_CLASSIFY || t->head == KOR_HEAD_TAGS;
    if (!json_is_object(row)) {
        (void)snprintf(why, WHY, "not a JSON object");
        return false;
    }
    if (!labelled) return true; /* their readers tell: there are many forms */
    json_t *text = json_object_get(row, "text");
    if (!json_is_string(text) || !json_string_length(text)) {
        (void)snprintf(why, WHY, "no \"text\" that is a string and not empty");
        return false;
    }
    return check_labels(row, t, why);
}

kor_status kor_made_rows_check(kor_made_rows *rows, const char *json, size_t len, size_t line,
                               const kor_task *task, const char *path, const kor_remarks *remarks,
                               kor_error *err)
{
    char why[WHY];
    json_error_t e;
    json_t *row = json_loadb(json, len, JSON_ALLOW_NUL, &e);
    bool good = row && check_row(row, task, why);
    if (!row) (void)snprintf(why, sizeof why, "not JSON: %s", e.text);
    json_decref(row);
    if (good) return kor_made_rows_add(rows, json, len, line, err);
    kor_made_rows_bad(rows, path, line, remarks, why);
    return KOR_OK;
}

/* ---- Their texts ---- */

static void put_text(kor_str *out, const json_t *value)
{
    if (!json_is_string(value)) return;
    if (out->len) kor_str_putc(out, ' ');
    kor_str_add(out, json_string_value(value), json_string_length(value));
}

void kor_made_row_text(kor_str *out, const kor_made_row *row)
{
    static const char *const keys[] = {"text", "other", "a", "b"};
    json_t *o = json_loadb(row->json, row->len, JSON_ALLOW_NUL, NULL), *word;
    size_t i;
    if (json_object_get(o, "query")) {
        put_text(out, json_object_get(o, "query"));
    } else {
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
            put_text(out, json_object_get(o, keys[k]));
        json_array_foreach(json_object_get(o, "tokens"), i, word) put_text(out, word);
    }
    json_decref(o);
}

void kor_made_rows_free(kor_made_rows *rows)
{
    free(rows->rows);
    kor_arena_free(&rows->arena);
    *rows = (kor_made_rows){0};
}
