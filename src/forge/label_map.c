/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/label_map.h"

#include "base/file.h"

#include <stdio.h>
#include <string.h>

#define MAP_MAX ((size_t)1 << 24)

/* ---- Reading ---- */

static bool is_label(const json_t *value)
{
    return json_is_string(value) && json_string_length(value);
}

static bool is_labels(const json_t *value)
{
    for (size_t i = 0; json_is_array(value) && i < json_array_size(value); i++) {
        if (!is_label(json_array_get(value, i))) return false;
    }
    return json_is_array(value) || is_label(value);
}

static kor_status check(json_t *map, const char *path, kor_error *err)
{
    const char *name;
    json_t *value;
    if (!json_is_object(map) || !json_object_size(map))
        return kor_fail(err, KOR_E_INPUT, "%s: it must be an object {\"their label\": \"ours\"}",
                        path);
    json_object_foreach(map, name, value)
    {
        if (!is_labels(value))
            return kor_fail(err, KOR_E_INPUT, "%s: '%.80s' must have a label or a list of labels",
                            path, name);
    }
    return KOR_OK;
}

kor_status kor_label_map_read(json_t **out, const char *path, kor_error *err)
{
    kor_str text = {0};
    json_error_t e;
    *out = NULL;
    kor_status status = kor_file_read(&text, path, MAP_MAX, err);
    if (status == KOR_OK) {
        *out = json_loadb(kor_str_text(&text), text.len, JSON_REJECT_DUPLICATES, &e);
        status = *out ? check(*out, path, err)
                      : kor_fail(err, KOR_E_INPUT, "%s:%d: not JSON: %s", path, e.line, e.text);
    }
    kor_str_free(&text);
    if (status == KOR_OK) return KOR_OK;
    json_decref(*out);
    *out = NULL;
    return status;
}

/* ---- Rows ---- */

static void add_once(json_t *list, json_t *label)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (json_equal(json_array_get(list, i), label)) return;
    }
    json_array_append(list, label);
}

/* Add what a label becomes; false: it is not in the map. */
static bool add_mapped(json_t *list, const json_t *label, const json_t *map)
{
    const char *name = json_string_value(label);
    json_t *to = name ? json_object_get(map, name) : NULL;
    if (!to) return false;
    if (json_is_string(to)) add_once(list, to);
    for (size_t i = 0; i < json_array_size(to); i++) add_once(list, json_array_get(to, i));
    return true;
}

bool kor_label_map_apply(json_t *row, const json_t *map)
{
    json_t *own = json_object_get(row, "labels"), *label = json_object_get(row, "label");
    if (own ? !json_is_array(own) : !label) return true;
    json_t *list = json_array();
    bool known = own || add_mapped(list, label, map);
    for (size_t i = 0; known && i < json_array_size(own); i++)
        known = add_mapped(list, json_array_get(own, i), map);
    if (!known) {
        json_decref(list);
        return false;
    }
    json_object_del(row, "label");
    json_object_set_new(row, "labels", list);
    return true;
}

/* ---- Rows with spans ---- */

/* What a label becomes; NULL: nothing. */
static json_t *mapped_span(const json_t *map, const char *label)
{
    json_t *to = json_object_get(map, label);
    return json_is_array(to) ? json_array_get(to, 0) : to;
}

static void map_spans(json_t *spans, const json_t *map)
{
    for (size_t i = 0; i < json_array_size(spans);) {
        json_t *span = json_array_get(spans, i);
        bool list = json_is_array(span);
        json_t *label = list ? json_array_get(span, 2) : json_object_get(span, "label");
        json_t *to = json_is_string(label) ? mapped_span(map, json_string_value(label)) : NULL;
        if (json_is_string(label) && !to) {
            json_array_remove(spans, i);
            continue;
        }
        if (to && list) json_array_set(span, 2, to);
        if (to && !list) json_object_set(span, "label", to);
        i++; /* one without a label stays as it is, to be told */
    }
}

/* A tag of BIO, where the one before had the label `open`: two labels that become the same one do
 * not become one span. */
static void map_tags(json_t *tags, const json_t *map)
{
    char open[128] = "";
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        bool in = tag && (*tag == 'B' || *tag == 'I') && tag[1] == '-' && tag[2];
        if (!in) {
            *open = 0;
            continue;
        }
        json_t *to = mapped_span(map, tag + 2);
        bool goes_on = *tag == 'I' && strcmp(open, tag + 2) == 0;
        (void)snprintf(open, sizeof open, "%s", tag + 2);
        json_array_set_new(tags, i,
                           to ? json_sprintf("%c-%s", goes_on ? 'I' : 'B', json_string_value(to))
                              : json_string("O"));
    }
}

void kor_label_map_apply_spans(json_t *row, const json_t *map)
{
    map_spans(json_object_get(row, "spans"), map);
    map_tags(json_object_get(row, "tags"), map);
}

/* ---- Lists in a text ---- */

json_t *kor_label_list(const char *text)
{
    json_t *list = json_array();
    for (const char *s = text; *s;) {
        size_t n = strcspn(s, ";"), skip = strspn(s, " ");
        size_t len = n;
        if (skip < n) {
            while (len > skip && s[len - 1] == ' ') len--;
            json_array_append_new(list, json_stringn(s + skip, len - skip));
        }
        s += n;
        if (*s) s++;
    }
    return list;
}
