/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/when_shapes.h"

static const int64_t WINDOW_MS = INT64_C(370) * 86400000; /* looked through for occurrences */

static void put_bound(json_t *o, const char *name, int64_t ms, bool open, const kor_zone *zone)
{
    char text[KOR_TIME_SIZE];
    kor_time_format(text, ms, zone);
    json_object_set_new(o, name, open ? json_null() : json_string(text));
}

static void put_range(json_t *o, int64_t from_ms, int64_t to_ms, uint32_t flags,
                      const kor_zone *zone)
{
    put_bound(o, "from", from_ms, flags & KOR_WHEN_OPEN_START, zone);
    put_bound(o, "to", to_ms, flags & KOR_WHEN_OPEN_END, zone);
}

size_t kor_when_shown(const kor_when_span *s, const kor_when_options *o,
                      const kor_when_range *window, kor_when_range out[KOR_OCCURRENCES])
{
    if (window)
        return kor_when_occurrences(s, o, window->from_ms, window->to_ms, out, KOR_OCCURRENCES);
    if (o->prefer == KOR_WHEN_FUTURE) {
        return kor_when_occurrences(s, o, o->reference_ms, o->reference_ms + WINDOW_MS, out, 4);
    }
    /* Back in growing steps, so that few are made for what comes back often. */
    kor_when_range all[KOR_OCCURRENCES * 8];
    size_t n = 0;
    for (int64_t back = 3600000; back <= 8 * WINDOW_MS && n < 4; back *= 3) {
        n = kor_when_occurrences(s, o, o->reference_ms - back, o->reference_ms, all,
                                 KOR_OCCURRENCES * 8);
    }
    size_t keep = n < 4 ? n : 4;
    for (size_t i = 0; i < keep; i++) out[i] = all[n - keep + i];
    return keep;
}

static json_t *amount_json(const kor_when_span *s)
{
    return json_pack("{s:I,s:I,s:I}", "months", (json_int_t)s->months, "days", (json_int_t)s->days,
                     "seconds", (json_int_t)s->seconds);
}

json_t *kor_when_span_json(const kor_when_span *s, const kor_when_options *o,
                           const kor_when_range *window, const char *text)
{
    json_t *span = json_object();
    json_object_set_new(span, "start", json_integer((json_int_t)s->start_cp));
    json_object_set_new(span, "end", json_integer((json_int_t)s->end_cp));
    json_object_set_new(span, "bytes",
                        json_pack("[I,I]", (json_int_t)s->start, (json_int_t)s->end));
    json_object_set_new(span, "text", kor_text_json(text + s->start, s->end - s->start));
    json_object_set_new(span, "type", json_string(kor_when_type_name(s->type)));
    json_object_set_new(span, "grain", json_string(s->grain));
    if (s->flags & KOR_WHEN_RESOLVED) put_range(span, s->from_ms, s->to_ms, s->flags, o->zone);
    if (s->type == KOR_WHEN_DURATION) json_object_set_new(span, "amount", amount_json(s));
    if (s->type == KOR_WHEN_SET) {
        kor_when_range list[KOR_OCCURRENCES];
        size_t n = kor_when_shown(s, o, window, list);
        json_t *times = json_array();
        for (size_t i = 0; i < n; i++) {
            json_t *one = json_object();
            put_range(one, list[i].from_ms, list[i].to_ms, 0, o->zone);
            json_array_append_new(times, one);
        }
        json_object_set_new(
            span, "every",
            json_pack("{s:i,s:s}", "interval", s->again.interval, "unit", s->again.unit));
        json_object_set_new(span, "occurrences", times);
    }
    json_object_set_new(span, "rule", json_string(s->rule));
    json_object_set_new(span, "convention", json_string(s->convention));
    if (s->flags & KOR_WHEN_APPROXIMATE) json_object_set_new(span, "approximate", json_true());
    if (s->note) json_object_set_new(span, "note", json_string(s->note));
    if (s->why) json_object_set_new(span, "unresolved", json_string(s->why));
    if (s->alternatives) {
        json_t *list = json_array();
        for (size_t i = 0; i < s->alternatives; i++) {
            const kor_when_range *r = &s->alternative[i];
            json_t *one = json_object();
            put_range(one, r->from_ms, r->to_ms, r->flags, o->zone);
            json_object_set_new(one, "reading", json_string(r->reading));
            json_array_append_new(list, one);
        }
        json_object_set_new(span, "alternatives", list);
    }
    return span;
}
