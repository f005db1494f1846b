/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_rows.h"

#include "text/utf8.h"
#include "text/wordcut.h"

#include <stdlib.h>
#include <string.h>

static kor_status add_span(kor_span_row *r, size_t start, size_t end, json_t *label, kor_error *err)
{
    if (r->count == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 16;
        kor_given_span *span = realloc(r->span, cap * sizeof *span);
        if (!span) return kor_fail_memory(err);
        r->span = span;
        r->cap = cap;
    }
    r->span[r->count++] = (kor_given_span){.start_cp = start,
                                           .end_cp = end,
                                           .label = json_string_value(label),
                                           .label_len = json_string_length(label)};
    return KOR_OK;
}

/* ---- text and spans ---- */

static kor_status read_span(kor_span_row *r, json_t *one, size_t i, kor_error *err)
{
    bool list = json_is_array(one);
    json_t *start = list ? json_array_get(one, 0) : json_object_get(one, "start");
    json_t *end = list ? json_array_get(one, 1) : json_object_get(one, "end");
    json_t *label = list ? json_array_get(one, 2) : json_object_get(one, "label");
    if (!json_is_integer(start) || !json_is_integer(end) || !json_is_string(label)) {
        return kor_fail(err, KOR_E_INPUT,
                        "span %zu has no \"start\" and \"end\" that are whole numbers and "
                        "\"label\" that is a string",
                        i + 1);
    }
    json_int_t from = json_integer_value(start), to = json_integer_value(end);
    if (from < 0 || to < from)
        return kor_fail(err, KOR_E_INPUT, "span %zu goes from %lld to %lld", i + 1, (long long)from,
                        (long long)to);
    if (to == from) return kor_fail(err, KOR_E_INPUT, "span %zu is empty", i + 1);
    return add_span(r, (size_t)from, (size_t)to, label, err);
}

static kor_status read_spans(kor_span_row *r, json_t *text, json_t *spans, kor_error *err)
{
    kor_str_add(&r->text, json_string_value(text), json_string_length(text));
    for (size_t i = 0; i < json_array_size(spans); i++)
        KOR_TRY(read_span(r, json_array_get(spans, i), i, err));
    return KOR_OK;
}

/* ---- tokens and tags ---- */

static size_t code_points(const char *s, size_t len)
{
    size_t n = 0;
    for (size_t at = 0; at < len; n++) {
        uint32_t cp;
        at += kor_utf8_decode(s + at, len - at, &cp);
    }
    return n;
}

/* The label of a tag, "" for O; NULL when it is no tag. */
static const char *label_of(json_t *tag)
{
    const char *s = json_string_value(tag);
    if (!s) return NULL;
    if (strcmp(s, "O") == 0) return "";
    return (s[0] == 'B' || s[0] == 'I') && s[1] == '-' && s[2] ? s + 2 : NULL;
}

static kor_status read_tags(kor_span_row *r, json_t *tokens, json_t *tags, kor_error *err)
{
    size_t n = json_array_size(tokens), at = 0;
    const char *open = "";
    if (json_array_size(tags) != n)
        return kor_fail(err, KOR_E_INPUT, "%zu tokens and %zu tags", n, json_array_size(tags));
    for (size_t i = 0; i < n; i++) {
        json_t *token = json_array_get(tokens, i), *tag = json_array_get(tags, i);
        size_t len = json_string_length(token);
        const char *label = label_of(tag);
        if (!json_is_string(token) || !len)
            return kor_fail(err, KOR_E_INPUT, "token %zu is not a string of 1 byte or more", i + 1);
        if (!label)
            return kor_fail(err, KOR_E_INPUT, "tag %zu is not O, B-label or I-label", i + 1);
        if (i) kor_str_putc(&r->text, ' ');
        size_t start = at + (i > 0);
        at = start + code_points(json_string_value(token), len);
        kor_str_add(&r->text, json_string_value(token), len);
        bool goes_on = *json_string_value(tag) == 'I' && strcmp(open, label) == 0;
        open = label;
        if (!*label) continue;
        if (goes_on) {
            r->span[r->count - 1].end_cp = at;
            continue;
        }
        KOR_TRY(add_span(r, start, at, tag, err));
        r->span[r->count - 1].label = label;
        r->span[r->count - 1].label_len -= 2;
    }
    return KOR_OK;
}

/* ---- Spans and words ---- */

static int by_start(const void *a, const void *b)
{
    const kor_given_span *x = a, *y = b;
    if (x->start_cp != y->start_cp) return x->start_cp < y->start_cp ? -1 : 1;
    return (x->end_cp > y->end_cp) - (x->end_cp < y->end_cp);
}

/* Find the words that each span holds a part of, and its bytes without what is between words. */
static kor_status find_words(kor_span_row *r, kor_error *err)
{
    kor_wordcut cut = {.text = kor_str_text(&r->text), .len = r->text.len};
    kor_word w = {0};
    bool more = kor_wordcut_read(&cut, &w, 1) == 1;
    size_t taken = 0; /* code points that the words of the span before reach to */
    for (size_t i = 0; i < r->count; i++) {
        kor_given_span *s = &r->span[i];
        bool widened = false, any = false;
        while (more && w.end_cp <= s->start_cp) more = kor_wordcut_read(&cut, &w, 1) == 1;
        if (more && w.start_cp < taken)
            return kor_fail(err, KOR_E_INPUT, "spans %zu and %zu share a word", i, i + 1);
        for (; more && w.start_cp < s->end_cp; more = kor_wordcut_read(&cut, &w, 1) == 1) {
            size_t skip = s->start_cp > w.start_cp ? s->start_cp - w.start_cp : 0, at = w.start;
            widened |= skip > 0 || w.end_cp > s->end_cp;
            const char *text = kor_str_text(&r->text);
            uint32_t cp;
            for (; skip; skip--) at += kor_utf8_decode(text + at, w.end - at, &cp);
            if (!any) s->start = at;
            any = true;
            s->end = w.end;
            taken = w.end_cp;
            if (w.end_cp <= s->end_cp) continue;
            at = w.start;
            for (size_t n = w.start_cp; n < s->end_cp; n++)
                at += kor_utf8_decode(text + at, w.end - at, &cp);
            s->end = at;
            break; /* the word may belong to the next span too, which is then told */
        }
        if (!any) return kor_fail(err, KOR_E_INPUT, "span %zu holds no word that is read", i + 1);
        r->widened += widened;
    }
    return KOR_OK;
}

static kor_status place_spans(kor_span_row *r, kor_error *err)
{
    size_t length = code_points(kor_str_text(&r->text), r->text.len);
    if (r->count) qsort(r->span, r->count, sizeof *r->span, by_start);
    for (size_t i = 0; i < r->count; i++) {
        const kor_given_span *s = &r->span[i];
        if (s->end_cp > length) {
            return kor_fail(err, KOR_E_INPUT,
                            "a span goes from %zu to %zu, and the text has %zu code points",
                            s->start_cp, s->end_cp, length);
        }
        if (i && s->start_cp < s[-1].end_cp) {
            return kor_fail(err, KOR_E_INPUT, "two spans overlap, from %zu and from %zu",
                            s[-1].start_cp, s->start_cp);
        }
    }
    return find_words(r, err);
}

kor_status kor_span_row_read(kor_span_row *out, json_t *row, kor_error *err)
{
    json_t *text = json_object_get(row, "text"), *spans = json_object_get(row, "spans");
    json_t *tokens = json_object_get(row, "tokens"), *tags = json_object_get(row, "tags");
    kor_str_clear(&out->text);
    out->count = out->widened = 0;
    if (json_is_string(text) && json_is_array(spans))
        KOR_TRY(read_spans(out, text, spans, err));
    else if (json_is_array(tokens) && json_is_array(tags))
        KOR_TRY(read_tags(out, tokens, tags, err));
    else
        return kor_fail(err, KOR_E_INPUT,
                        "neither \"text\" and \"spans\" nor \"tokens\" and \"tags\"");
    if (out->text.failed) return kor_fail_memory(err);
    return place_spans(out, err);
}

void kor_span_row_free(kor_span_row *row)
{
    kor_str_free(&row->text);
    free(row->span);
    *row = (kor_span_row){0};
}
