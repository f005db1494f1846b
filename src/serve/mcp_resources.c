/* SPDX-License-Identifier: Apache-2.0 */
/* Events and days: as answers of tools, and as resources with an address. */
#include "serve/mcp_inner.h"

#include "memory/likeness.h"
#include "serve/stretches.h"
#include "text/utf8.h"

#include <string.h>

enum { TEXT_BYTES = 65536, STRETCHES = 300, LISTED_DAYS = 7 };

/* ---- An event ---- */

static void set_text(json_t *o, const char *key, const char *text)
{
    if (text && *text) json_object_set_new(o, key, kor_text_json(text, strlen(text)));
}

static kor_status put_said(kor_memory *memory, const kor_event *e, const kor_zone *zone,
                           kor_arena *arena, json_t *o, json_t *metadata, kor_error *err)
{
    kor_said *said;
    kor_mention *mentions;
    size_t count;
    int64_t like;
    KOR_TRY(kor_annotations_list(memory, e->id, arena, &said, &count, err));
    json_object_set_new(o, "annotations", kor_said_json(said, count, e));
    KOR_TRY(kor_mentions_list(memory, e->id, arena, &mentions, &count, err));
    if (count) json_object_set_new(o, "times", kor_mentions_json(e, mentions, count, zone));
    KOR_TRY(kor_likeness_of(memory, e->id, &like, err));
    if (like != e->id)
        json_object_set_new(metadata, "repeats", json_sprintf("%lld", (long long)like));
    return KOR_OK;
}

/* The text from a byte on, from and to the edges of characters. */
static void put_text(json_t *o, const kor_event *e, size_t offset)
{
    if (offset > e->text_len) offset = e->text_len;
    offset = kor_utf8_prefix(e->text, e->text_len, offset);
    const char *text = e->text + offset;
    size_t left = e->text_len - offset;
    size_t len = left <= TEXT_BYTES ? left : kor_utf8_prefix(text, left, TEXT_BYTES);
    json_object_set_new(o, "text", kor_text_json(text, len));
    if (len < left) json_object_set_new(o, "next_offset", json_integer((json_int_t)(offset + len)));
}

static json_t *metadata_json(const kor_event *e)
{
    char time[KOR_TIME_SIZE], stored[KOR_TIME_SIZE];
    json_t *o = json_object();
    kor_time_format_offset(time, e->time_ms, e->offset_min);
    kor_time_format_offset(stored, e->stored_ms, 0);
    json_object_set_new(o, "time", json_string(time));
    json_object_set_new(o, "stored", json_string(stored));
    set_text(o, "source", e->source);
    set_text(o, "app", e->app);
    set_text(o, "ref", e->ref);
    set_text(o, "scope", e->scope);
    return o;
}

json_t *kor_mcp_event(kor_mcp_call *c, int64_t id, size_t offset, kor_error *err)
{
    const kor_mcp_host *h = &c->server->host;
    kor_arena arena = {0};
    kor_event e;
    json_t *o = NULL;
    kor_status status = kor_memory_get(h->memory, id, &arena, &e, err);
    if (status == KOR_OK && strcmp(e.scope ? e.scope : "", h->scope ? h->scope : "") != 0)
        status = kor_fail(err, KOR_E_NOT_FOUND, "no event %lld", (long long)id);
    if (status == KOR_OK) {
        json_t *metadata = metadata_json(&e);
        /* What is known of every event in short, without its text. */
        o = kor_brief_json(&e, 0);
        json_object_del(o, "truncated");
        json_object_del(o, "time");
        json_object_del(o, "source");
        json_object_del(o, "app");
        put_text(o, &e, offset);
        json_object_set_new(o, "metadata", metadata);
        status = put_said(h->memory, &e, h->zone, &arena, o, metadata, err);
    }
    if (status == KOR_OK) {
        c->results = 1;
    } else {
        json_decref(o);
        o = NULL;
    }
    kor_arena_free(&arena);
    return o;
}

/* ---- Days ---- */

/* A range of years is not an answer that anybody reads: the first stretches stay. */
static void shorten(json_t *o, json_t *days)
{
    size_t left = STRETCHES, i;
    json_t *day;
    json_array_foreach(days, i, day)
    {
        json_t *stretches = json_object_get(day, "stretches");
        if (json_array_size(stretches) > left) json_object_set_new(o, "truncated", json_true());
        while (json_array_size(stretches) > left)
            json_array_remove(stretches, json_array_size(stretches) - 1);
        left -= json_array_size(stretches);
        if (left) continue;
        if (i + 1 < json_array_size(days)) json_object_set_new(o, "truncated", json_true());
        while (json_array_size(days) > i + 1) json_array_remove(days, json_array_size(days) - 1);
    }
}

static json_t *speaking_json(const kor_timeline *t)
{
    json_t *list = json_array();
    for (size_t i = 0; i < t->speaking_count; i++)
        json_array_append_new(list, kor_brief_json(&t->speaking[i], 300));
    return list;
}

static json_t *days_json(kor_mcp_call *c, const kor_timeline *t, const char *words)
{
    json_t *o = json_object(), *all = kor_timeline_json(t);
    json_t *days = json_incref(json_object_get(all, "days"));
    json_t *range = kor_range_json(t->when.from_ms, t->when.to_ms, t->zone);
    if (t->when.found) set_text(range, "rule", t->when.rule);
    json_object_set_new(o, "range", range);
    json_object_set_new(o, "events", json_integer((json_int_t)t->count));
    shorten(o, days);
    json_object_set_new(o, "days", days);
    json_object_set_new(o, "speaking_of_it", speaking_json(t));
    if (!t->count)
        json_object_set_new(
            o, "explanation",
            json_string(t->wants.count ? "No event of that kind happened then: ask without kind, "
                                         "tag, entity and link to see what there is."
                        : words        ? "Nothing that was remembered happened in that range."
                                : "Nothing is remembered yet: the user can fill the memory with "
                                  "'korora import'."));
    c->results = t->count;
    json_decref(all);
    return o;
}

json_t *kor_mcp_days(kor_mcp_call *c, const char *words, const json_t *args, kor_error *err)
{
    const kor_mcp_host *h = &c->server->host;
    kor_timeline t = {.zone = h->zone, .scope = h->scope};
    json_t *o = NULL;
    t.wants.kind = json_string_value(json_object_get(args, "kind"));
    t.wants.tag = json_string_value(json_object_get(args, "tag"));
    t.wants.entity = json_string_value(json_object_get(args, "entity"));
    t.wants.link = json_string_value(json_object_get(args, "link"));
    kor_status status = kor_wants_parse(&t.wants, "", err);
    if (status == KOR_OK) status = kor_timeline_make(&t, h->memory, words, c->now_ms, err);
    if (status == KOR_OK) o = days_json(c, &t, words);
    kor_timeline_free(&t);
    return o;
}

/* ---- Resources ---- */

static json_t *no_pages(kor_mcp_call *c)
{
    return kor_rpc_fail(c->err, KOR_RPC_PARAMS, "no such cursor: the list has one page");
}

static json_t *day_resource(const char *day, int64_t events)
{
    json_t *o = json_object();
    json_object_set_new(o, "uri", json_sprintf(KOR_MCP_DAY_URI "%s", day));
    json_object_set_new(o, "name", json_string(day));
    json_object_set_new(o, "description",
                        json_sprintf("What was done on %s: %lld events", day, (long long)events));
    json_object_set_new(o, "mimeType", json_string("application/json"));
    return o;
}

/* The latest days that have something; all others can be asked for by their address. */
json_t *kor_mcp_resources_list(kor_mcp_call *c)
{
    kor_error err;
    if (json_object_get(c->params, "cursor")) return no_pages(c);
    json_t *recent = kor_mcp_days(c, NULL, NULL, &err);
    if (!recent) return kor_mcp_fail(c, &err);
    json_t *o = json_object(), *list = json_array(), *days = json_object_get(recent, "days");
    size_t count = json_array_size(days);
    for (size_t i = 0; i < count && i < LISTED_DAYS; i++) {
        const json_t *day = json_array_get(days, count - 1 - i);
        json_array_append_new(list,
                              day_resource(json_string_value(json_object_get(day, "day")),
                                           json_integer_value(json_object_get(day, "events"))));
    }
    json_object_set_new(o, "resources", list);
    c->results = (int64_t)json_array_size(list);
    json_decref(recent);
    return o;
}

json_t *kor_mcp_templates_list(kor_mcp_call *c)
{
    static const char templates[] =
        "[{\"uriTemplate\":\"" KOR_MCP_EVENT_URI
        "{id}\",\"name\":\"event\",\"title\":\"One event\","
        "\"description\":\"An event whole, with what the models say of it\","
        "\"mimeType\":\"application/json\"},"
        "{\"uriTemplate\":\"" KOR_MCP_DAY_URI "{date}\",\"name\":\"day\",\"title\":\"One day\","
        "\"description\":\"What was done on a day: a date such as 2026-11-20, today or yesterday\","
        "\"mimeType\":\"application/json\"}]";
    if (json_object_get(c->params, "cursor")) return no_pages(c);
    json_t *o = json_object(), *list = json_loads(templates, 0, NULL), *one;
    size_t i;
    json_array_foreach(list, i, one)
    {
        if (!kor_mcp_since(c, "2025-06-18")) json_object_del(one, "title");
    }
    json_object_set_new(o, "resourceTemplates", list);
    return o;
}

/* A date as it is written in addresses, or one of two words. */
static bool is_day(const char *s)
{
    if (strcmp(s, "today") == 0 || strcmp(s, "yesterday") == 0) return true;
    if (strlen(s) != 10) return false;
    for (size_t i = 0; i < 10; i++) {
        bool dash = i == 4 || i == 7;
        if (dash ? s[i] != '-' : s[i] < '0' || s[i] > '9') return false;
    }
    return true;
}

static json_t *not_found(kor_mcp_call *c, const char *uri)
{
    /* Until 2026 it had a code of its own. */
    kor_rpc_fail(c->err, c->modern ? KOR_RPC_PARAMS : -32002, "no resource '%.80s'", uri);
    c->err->data = json_object();
    json_object_set_new(c->err->data, "uri", kor_text_json(uri, strlen(uri)));
    return NULL;
}

json_t *kor_mcp_resources_read(kor_mcp_call *c)
{
    const char *uri = kor_mcp_text_param(c, "uri");
    const size_t day = sizeof KOR_MCP_DAY_URI - 1;
    kor_error err = {0};
    json_t *found = NULL;
    if (c->err->code) return NULL;
    if (!uri) return kor_rpc_fail(c->err, KOR_RPC_PARAMS, "no \"uri\" of a resource");
    if (strncmp(uri, KOR_MCP_EVENT_URI, sizeof KOR_MCP_EVENT_URI - 1) == 0) {
        int64_t id = kor_mcp_event_id(json_object_get(c->params, "uri"));
        if (!id) return not_found(c, uri);
        c->name = "event";
        found = kor_mcp_event(c, id, 0, &err);
    } else if (strncmp(uri, KOR_MCP_DAY_URI, day) == 0 && is_day(uri + day)) {
        c->name = "day";
        found = kor_mcp_days(c, uri + day, NULL, &err);
    } else {
        return not_found(c, uri);
    }
    if (!found && (err.code == KOR_E_NOT_FOUND || err.code == KOR_E_ARG)) return not_found(c, uri);
    if (!found) return kor_mcp_fail(c, &err);
    kor_str text = {0};
    kor_put_json(&text, found);
    json_t *one = json_object(), *contents = json_array(), *o = json_object();
    json_object_set_new(one, "uri", kor_text_json(uri, strlen(uri)));
    json_object_set_new(one, "mimeType", json_string("application/json"));
    json_object_set_new(one, "text", kor_text_json(kor_str_text(&text), text.len));
    kor_str_free(&text);
    json_array_append_new(contents, one);
    json_object_set_new(o, "contents", contents);
    return o;
}
