/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/shapes.h"

#include "memory/accounts.h"
#include "text/utf8.h"
#include "time/evaluate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- Text and time ---- */

/* Characters that steer a terminal or reorder what a reader sees: C0, C1, DEL, the separators of
 * lines and the bidirectional controls. */
bool kor_text_steers(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f || cp == 0x61c;
}

void kor_put_json(kor_str *out, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(9));
    json_decref(value);
    if (!text) {
        kor_str_puts(out, "{\"error\":\"out of memory\"}");
        return;
    }
    kor_put_json_text(out, text, strlen(text));
    free(text);
}

void kor_put_json_text(kor_str *out, const char *text, size_t len)
{
    /* C0 is escaped already; what else steers a terminal can only stand inside a string. */
    for (size_t at = 0, n; at < len; at += n) {
        uint32_t cp;
        n = kor_utf8_decode(text + at, len - at, &cp);
        if (kor_text_steers(cp))
            kor_str_printf(out, "\\u%04x", (unsigned)cp);
        else
            kor_str_add(out, text + at, n);
    }
}

json_t *kor_text_json(const char *text, size_t len)
{
    json_t *ready = json_stringn(text, len);
    if (ready) return ready;
    kor_str repaired = {0};
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        char out[4];
        at += kor_utf8_decode(text + at, len - at, &cp);
        kor_str_add(&repaired, out, kor_utf8_encode(cp, out));
    }
    ready = json_stringn(kor_str_text(&repaired), repaired.len);
    kor_str_free(&repaired);
    return ready;
}

static void set_text(json_t *object, const char *key, const char *text)
{
    if (text) json_object_set_new(object, key, kor_text_json(text, strlen(text)));
}

json_t *kor_event_json(const kor_event *e)
{
    char time[KOR_TIME_SIZE], stored[KOR_TIME_SIZE];
    kor_time_format_offset(time, e->time_ms, e->offset_min);
    kor_time_format_offset(stored, e->stored_ms, 0);
    json_t *o = json_object();
    if (e->ref)
        set_text(o, "id", e->ref);
    else
        json_object_set_new(o, "id", json_integer(e->id));
    json_object_set_new(o, "event", json_integer(e->id));
    set_text(o, "time", time);
    set_text(o, "stored", stored);
    set_text(o, "source", e->source);
    set_text(o, "app", e->app);
    set_text(o, "title", e->title);
    set_text(o, "uri", e->uri);
    set_text(o, "scope", e->scope);
    json_object_set_new(o, "text", kor_text_json(e->text, e->text_len));
    return o;
}

/* ---- In short ---- */

json_t *kor_title_json(const kor_event *e)
{
    if (e->title && *e->title) return kor_text_json(e->title, strlen(e->title));
    size_t len = 0;
    while (len < e->text_len && len < 80 && e->text[len] != '\n') len++;
    return kor_text_json(e->text, kor_utf8_prefix(e->text, e->text_len, len));
}

json_t *kor_event_uri_json(const kor_event *e)
{
    return json_sprintf(KOR_MCP_EVENT_URI "%lld", (long long)e->id);
}

static void set_if_any(json_t *object, const char *key, const char *text)
{
    if (text && *text) set_text(object, key, text);
}

json_t *kor_brief_json(const kor_event *e, size_t most)
{
    char time[KOR_TIME_SIZE];
    size_t len = kor_utf8_prefix(e->text, e->text_len, e->text_len < most ? e->text_len : most);
    json_t *o = json_object();
    kor_time_format_offset(time, e->time_ms, e->offset_min);
    json_object_set_new(o, "id", json_sprintf("%lld", (long long)e->id));
    json_object_set_new(o, "time", json_string(time));
    set_if_any(o, "source", e->source);
    set_if_any(o, "app", e->app);
    json_object_set_new(o, "title", kor_title_json(e));
    json_object_set_new(o, "text", kor_text_json(e->text, len));
    if (len < e->text_len) json_object_set_new(o, "truncated", json_true());
    json_object_set_new(o, "url",
                        e->uri && *e->uri ? kor_text_json(e->uri, strlen(e->uri))
                                          : kor_event_uri_json(e));
    return o;
}

json_t *kor_related_json(const kor_related *list, size_t count)
{
    json_t *o = json_object(), *results = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *one = kor_brief_json(&list[i].event, KOR_SNIPPET);
        json_object_set_new(one, "score", json_real(kor_rounded(list[i].score)));
        json_object_set_new(one, "cosine", json_real(kor_rounded(list[i].cosine)));
        set_if_any(one, "shared", list[i].shared);
        json_array_append_new(results, one);
    }
    json_object_set_new(o, "results", results);
    if (!count)
        json_object_set_new(o, "explanation",
                            json_string("No other event names the same, and none is near enough "
                                        "in meaning."));
    return o;
}

/* ---- Rows ---- */

/* To the millisecond: 2026-03-03T12:00:00.125+01:00. */
static json_t *exact_time(const kor_event *e)
{
    enum { SECONDS = 19 }; /* bytes up to them */
    char time[KOR_TIME_SIZE];
    kor_time_format_offset(time, e->time_ms, e->offset_min);
    int ms = (int)(e->time_ms % 1000 + 1000) % 1000;
    return ms ? json_sprintf("%.*s.%03d%s", SECONDS, time, ms, time + SECONDS) : json_string(time);
}

void kor_put_row(kor_str *out, const kor_event *e)
{
    json_t *o = json_object();
    set_text(o, "id", e->ref);
    json_object_set_new(o, "time", exact_time(e));
    set_text(o, "source", e->source);
    set_text(o, "app", e->app);
    set_text(o, "title", e->title);
    set_text(o, "uri", e->uri);
    set_text(o, "scope", e->scope);
    json_object_set_new(o, "text", kor_text_json(e->text, e->text_len));
    kor_put_json(out, o);
    kor_str_putc(out, '\n');
}

/* ---- Ranges ---- */

bool kor_range_end(char out[KOR_TIME_SIZE], int64_t ms, const kor_zone *zone)
{
    kor_time_format(out, ms, zone);
    return ms > KOR_WHEN_FIRST_MS && ms < KOR_WHEN_LAST_MS;
}

json_t *kor_range_json(int64_t from_ms, int64_t to_ms, const kor_zone *zone)
{
    char from[KOR_TIME_SIZE], to[KOR_TIME_SIZE];
    bool starts = kor_range_end(from, from_ms, zone), ends = kor_range_end(to, to_ms, zone);
    return json_pack("{s:s?,s:s?,s:s}", "from", starts ? from : NULL, "to", ends ? to : NULL,
                     "zone", kor_zone_name(zone));
}

const char *kor_day_name(int64_t ms, const kor_zone *zone, kor_civil *local)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    int64_t seconds = ms / 1000 - (ms % 1000 < 0);
    *local = kor_civil_from_seconds(seconds + kor_zone_offset(zone, seconds));
    return names[kor_weekday(kor_days_from_civil(local->year, local->month, local->day))];
}

/* ---- What is said of an event ---- */

size_t kor_code_points(const char *text, size_t len)
{
    size_t n = 0;
    uint32_t cp;
    for (size_t i = 0; i < len; n++) i += kor_utf8_decode(text + i, len - i, &cp);
    return n;
}

/* Bytes of the title or the text as code points. */
static json_t *place_json(const kor_event *e, kor_place place, size_t at)
{
    const char *text = place == KOR_PLACE_TITLE ? e->title ? e->title : "" : e->text;
    size_t len = place == KOR_PLACE_TITLE ? strlen(text) : e->text_len;
    return json_integer((json_int_t)kor_code_points(text, at < len ? at : len));
}

json_t *kor_said_json(const kor_said *list, size_t count, const kor_event *event)
{
    static const char *const places[] = {"whole", "title", "text"};
    json_t *out = json_array();
    for (size_t i = 0; i < count; i++) {
        const kor_said *s = &list[i];
        json_t *o = json_pack("{s:o,s:o}", "field", kor_text_json(s->field, strlen(s->field)),
                              "label", kor_text_json(s->label, strlen(s->label)));
        if (*s->value) json_object_set_new(o, "value", kor_text_json(s->value, strlen(s->value)));
        if (s->place != KOR_PLACE_WHOLE) {
            json_object_set_new(o, "in", json_string(places[s->place]));
            json_object_set_new(o, "start", place_json(event, s->place, s->start));
            json_object_set_new(o, "end", place_json(event, s->place, s->end));
        }
        json_object_set_new(o, "score", json_real(round(s->score * 1000) / 1000));
        json_object_set_new(
            o, "by", s->model ? kor_text_json(s->model, strlen(s->model)) : json_string("you"));
        if (s->model) {
            char version[24];
            (void)snprintf(version, sizeof version, "%016llx", (unsigned long long)s->checksum);
            json_object_set_new(o, "version", json_string(version));
        }
        json_array_append_new(out, o);
    }
    return out;
}

json_t *kor_labels_json(const kor_said *list, size_t count)
{
    json_t *o = json_object();
    for (size_t i = 0; i < count; i++) {
        if (list[i].place != KOR_PLACE_WHOLE) continue;
        json_t *of_field = json_object_get(o, list[i].field);
        if (!of_field) {
            of_field = json_array();
            json_object_set_new(o, list[i].field, of_field);
        }
        json_array_append_new(of_field, kor_text_json(list[i].label, strlen(list[i].label)));
    }
    return o;
}

json_t *kor_corrections_json(const kor_correction *list, size_t count)
{
    json_t *all = json_array();
    for (size_t i = 0; i < count; i++) {
        char time[KOR_TIME_SIZE];
        json_t *o = json_object();
        kor_time_format_offset(time, list[i].time_ms, 0);
        json_object_set_new(o, "field", kor_text_json(list[i].field, strlen(list[i].field)));
        json_object_set_new(o, "label", kor_text_json(list[i].label, strlen(list[i].label)));
        json_object_set_new(o, "on", json_boolean(list[i].on));
        json_object_set_new(o, "corrected", json_string(time));
        json_array_append_new(all, o);
    }
    return all;
}

const char *kor_mention_text(const kor_event *e, const kor_mention *m, size_t *len)
{
    const char *text = m->place == KOR_PLACE_TITLE ? e->title ? e->title : "" : e->text;
    size_t all = m->place == KOR_PLACE_TITLE ? strlen(text) : e->text_len;
    size_t end = m->end < all ? m->end : all;
    *len = m->start < end ? end - m->start : 0;
    return *len ? text + m->start : "";
}

json_t *kor_mentions_json(const kor_event *e, const kor_mention *mentions, size_t count,
                          const kor_zone *zone)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        size_t len;
        const char *text = kor_mention_text(e, &mentions[i], &len);
        json_t *o = kor_range_json(mentions[i].from_ms, mentions[i].to_ms, zone);
        json_object_set_new(o, "text", kor_text_json(text, len));
        json_array_append_new(list, o);
    }
    return list;
}

/* ---- The guard ---- */

static int64_t sum(const int64_t *counts, size_t n)
{
    int64_t all = 0;
    for (size_t i = 0; i < n; i++) all += counts[i];
    return all;
}

static const char *excluded_name(size_t i)
{
    return kor_exclusion_name((kor_exclusion)i);
}

static json_t *counts_json(const int64_t *counts, size_t n, const char *(*name)(size_t))
{
    json_t *o = json_object();
    for (size_t i = 0; i < n; i++)
        if (counts[i]) json_object_set_new(o, name(i), json_integer((json_int_t)counts[i]));
    return o;
}

json_t *kor_guarded_json(const kor_guard_counts *c)
{
    json_t *o = json_object();
    if (sum(c->cut, KOR_SECRETS))
        json_object_set_new(o, "cut", counts_json(c->cut, KOR_SECRETS, kor_secret_name));
    if (sum(c->excluded, KOR_EXCLUSIONS))
        json_object_set_new(o, "excluded", counts_json(c->excluded, KOR_EXCLUSIONS, excluded_name));
    return o;
}

/* ---- Answers and figures ---- */

bool kor_recall_in_words(const kor_recall *r, const kor_query *q)
{
    return r->when.found && !q->has_from && !q->has_to;
}

double kor_rounded(double x)
{
    return round(x * 1e6) / 1e6;
}

json_t *kor_recall_range_json(const kor_recall *r, const kor_query *q)
{
    if (!r->ranged) return json_null();
    json_t *o = kor_range_json(r->from_ms, r->to_ms, q->zone);
    if (kor_recall_in_words(r, q))
        json_object_set_new(o, "rule", kor_text_json(r->when.rule, strlen(r->when.rule)));
    return o;
}

json_t *kor_recall_json(const kor_recall *r, const kor_query *q, bool explain)
{
    json_t *hits = json_array();
    for (size_t i = 0; i < r->count; i++) {
        const kor_hit *h = &r->hits[i];
        json_t *o = kor_event_json(&h->event);
        json_object_set_new(o, "score", json_real(kor_rounded(h->score)));
        if (explain) {
            json_object_set_new(o, "signals",
                                json_pack("{s:f,s:f,s:f}", "lexical", kor_rounded(h->lexical),
                                          "vector", kor_rounded(h->vector), "cosine",
                                          kor_rounded(h->cosine)));
        }
        json_array_append_new(hits, o);
    }
    json_t *o = json_object();
    json_object_set_new(o, "question", kor_text_json(q->question, q->len));
    json_object_set_new(o, "range", kor_recall_range_json(r, q));
    json_object_set_new(o, "words",
                        kor_text_json(r->words ? r->words : "", r->words ? strlen(r->words) : 0));
    json_object_set_new(o, "hits", hits);
    json_object_set_new(o, "filters",
                        json_pack("{s:I,s:I,s:I,s:I,s:I}", "events", (json_int_t)r->events,
                                  "in_scope", (json_int_t)r->in_scope, "in_range",
                                  (json_int_t)r->in_range, "lexical", (json_int_t)r->lexical,
                                  "near", (json_int_t)r->near));
    json_object_set_new(o, "ms", json_real(kor_rounded(r->milliseconds)));
    return o;
}

static json_t *accounts_json(const kor_accounts *a)
{
    json_t *stages = json_object();
    for (size_t i = 0; i < KOR_STAGES; i++)
        json_object_set_new(stages, kor_stage_name((kor_stage)i),
                            json_pack("{s:I,s:f}", "events", (json_int_t)a->stage[i].events,
                                      "seconds", kor_rounded(a->stage[i].seconds)));
    return json_pack("{s:{s:I,s:I,s:I,s:I,s:I},s:o,s:{s:I,s:I,s:I,s:I},s:{s:f,s:f,s:f,s:f}}",
                     "events", "came", (json_int_t)a->came, "stored", (json_int_t)a->stored,
                     "known", (json_int_t)a->known, "empty", (json_int_t)a->empty, "excluded",
                     (json_int_t)a->excluded, "stages", stages, "local", "calls",
                     (json_int_t)a->calls, "spared", (json_int_t)a->spared, "bytes",
                     (json_int_t)a->bytes, "tokens_estimated", (json_int_t)llround(a->tokens),
                     "energy", "cpu_seconds", kor_rounded(a->cpu_seconds), "joules_measured",
                     kor_rounded(a->measured_joules), "joules_estimated",
                     kor_rounded(a->joules - a->measured_joules), "watts_assumed", KOR_CORE_WATTS);
}

json_t *kor_stats_json(const kor_figures *f)
{
    const kor_memory_stats *memory = &f->memory;
    json_t *counters = json_object();
    for (size_t i = 0; i < f->count; i++)
        json_object_set_new(counters, f->list[i].name, json_integer((json_int_t)f->list[i].value));
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:o,s:o}", "events", (json_int_t)memory->events,
                     "vectors", (json_int_t)memory->vectors, "repeats", (json_int_t)memory->repeats,
                     "text_bytes", (json_int_t)memory->text_bytes, "file_bytes",
                     (json_int_t)memory->file_bytes, "accounts", accounts_json(&f->accounts),
                     "counters", counters);
}
