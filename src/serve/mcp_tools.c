/* SPDX-License-Identifier: Apache-2.0 */
/* Tools, called: arguments checked, the answer as structured content, as text, and with links. */
#include "serve/mcp_inner.h"

#include "base/hash.h"
#include "memory/forget.h"
#include "memory/ingest.h"
#include "memory/recall.h"
#include "memory/related.h"
#include "serve/wanted.h"
#include "serve/when_shapes.h"
#include "text/utf8.h"

#include <string.h>

enum { SAMPLE = 5, ELSEWHERE = 3, SPANS = 64 };

static const struct {
    const char *name;
    kor_mcp_tool *run;
    bool writes;
} tools[] = {
    {"search", kor_mcp_search, false},
    {"fetch", kor_mcp_fetch, false},
    {"timeline", kor_mcp_timeline, false},
    {"related", kor_mcp_related, false},
    {"resolve_time", kor_mcp_resolve_time, false},
    {"remember", kor_mcp_remember, true},
    {"forget", kor_mcp_forget, true},
};

/* ---- Listing and calling ---- */

/* A revision is given nothing that it does not know, and a client nothing that it may not do. */
json_t *kor_mcp_tools_list(kor_mcp_call *c)
{
    if (json_object_get(c->params, "cursor"))
        return kor_rpc_fail(c->err, KOR_RPC_PARAMS, "no such cursor: the list has one page");
    json_t *list = json_array(), *known, *result = json_object();
    size_t i;
    json_array_foreach(c->server->tools, i, known)
    {
        if (tools[i].writes && c->reads_only) continue;
        json_t *tool = json_deep_copy(known);
        json_array_append_new(list, tool);
        if (!kor_mcp_since(c, "2025-03-26")) json_object_del(tool, "annotations");
        if (kor_mcp_since(c, "2025-06-18")) continue;
        json_object_del(tool, "title");
        json_object_del(tool, "outputSchema");
    }
    json_object_set_new(result, "tools", list);
    return result;
}

static json_t *text_content(const char *text, size_t len)
{
    json_t *o = json_object();
    json_object_set_new(o, "type", json_string("text"));
    json_object_set_new(o, "text", kor_text_json(text, len));
    return o;
}

/* Errors that the model can mend go into the result, where it sees them. */
static json_t *tool_error(const char *message)
{
    json_t *o = json_object(), *content = json_array();
    json_array_append_new(content, text_content(message, strlen(message)));
    json_object_set_new(o, "content", content);
    json_object_set_new(o, "isError", json_true());
    return o;
}

static json_t *tool_result(const kor_mcp_call *c, json_t *answer, json_t *links)
{
    json_t *o = json_object(), *content = json_array();
    kor_str text = {0};
    kor_put_json(&text, json_incref(answer));
    json_array_append_new(content, text_content(kor_str_text(&text), text.len));
    kor_str_free(&text);
    if (kor_mcp_since(c, "2025-06-18")) {
        json_array_extend(content, links);
        json_object_set(o, "structuredContent", answer);
    }
    json_object_set_new(o, "content", content);
    json_object_set_new(o, "isError", json_false());
    return o;
}

static json_t *run_tool(kor_mcp_call *c, kor_mcp_tool *run, const json_t *schema,
                        const json_t *args)
{
    kor_str why = {0};
    kor_error err = {0};
    json_t *links = json_array(), *answer = NULL, *result;
    if (!kor_mcp_fits(schema, args, "arguments", &why)) {
        result = tool_error(kor_str_text(&why));
    } else {
        answer = run(c, args, links, &err);
        result = answer ? tool_result(c, answer, links) : tool_error(err.msg);
    }
    c->failed = !answer;
    kor_str_free(&why);
    json_decref(answer);
    json_decref(links);
    return result;
}

json_t *kor_mcp_tools_call(kor_mcp_call *c)
{
    const char *name = kor_mcp_text_param(c, "name");
    json_t *args = json_object_get(c->params, "arguments"), *tool;
    size_t i;
    if (c->err->code) return NULL;
    if (!name) return kor_rpc_fail(c->err, KOR_RPC_PARAMS, "no \"name\" of a tool");
    if (args && !json_is_object(args))
        return kor_rpc_fail(c->err, KOR_RPC_PARAMS, "\"arguments\" must be an object");
    json_array_foreach(c->server->tools, i, tool)
    {
        if (strcmp(name, json_string_value(json_object_get(tool, "name"))) != 0) continue;
        json_t *none = json_object();
        c->name = tools[i].name;
        c->failed = tools[i].writes && c->reads_only;
        json_t *result =
            c->failed ? tool_error("not done: the user lets this client read, and change nothing")
                      : run_tool(c, tools[i].run, json_object_get(tool, "inputSchema"),
                                 args ? args : none);
        json_decref(none);
        return result;
    }
    return kor_rpc_fail(c->err, KOR_RPC_PARAMS, "no tool '%.60s'", name);
}

/* ---- Arguments and events ---- */

static const char *text_of(const json_t *args, const char *name)
{
    return json_string_value(json_object_get(args, name));
}

static size_t number_of(const json_t *args, const char *name, size_t usual)
{
    const json_t *v = json_object_get(args, name);
    return v ? (size_t)json_integer_value(v) : usual;
}

/* A time of the arguments; nothing is changed where there is none. */
static kor_status read_time(const kor_mcp_call *c, const json_t *args, const char *name, bool *has,
                            int64_t *ms, kor_error *err)
{
    const char *text = text_of(args, name);
    if (!text) return KOR_OK;
    *has = true;
    kor_status status = kor_time_parse(text, c->server->host.zone, c->now_ms, ms, NULL, err);
    return status == KOR_OK ? KOR_OK : kor_fail_in(err, status, "%s", name);
}

static kor_status read_wants(kor_wants *w, const json_t *args, kor_error *err)
{
    w->kind = text_of(args, "kind");
    w->tag = text_of(args, "tag");
    w->entity = text_of(args, "entity");
    w->link = text_of(args, "link");
    return kor_wants_parse(w, "", err);
}

int64_t kor_mcp_event_id(const json_t *value)
{
    if (json_is_integer(value))
        return json_integer_value(value) > 0 ? json_integer_value(value) : 0;
    const char *text = json_string_value(value);
    int64_t id = 0;
    if (!text) return 0;
    if (strncmp(text, KOR_MCP_EVENT_URI, sizeof KOR_MCP_EVENT_URI - 1) == 0)
        text += sizeof KOR_MCP_EVENT_URI - 1;
    if (!*text || strlen(text) > 18) return 0;
    for (; *text; text++) {
        if (*text < '0' || *text > '9') return 0;
        id = id * 10 + (*text - '0');
    }
    return id;
}

static kor_status read_id(const json_t *args, int64_t *id, kor_error *err)
{
    *id = kor_mcp_event_id(json_object_get(args, "id"));
    if (*id) return KOR_OK;
    return kor_fail(err, KOR_E_ARG, "id is not the number of an event: take it from a result");
}

static void set_text(json_t *o, const char *key, const char *text)
{
    if (text && *text) json_object_set_new(o, key, kor_text_json(text, strlen(text)));
}

static void add_link(json_t *links, const kor_event *e)
{
    json_t *o = json_object();
    json_object_set_new(o, "type", json_string("resource_link"));
    json_object_set_new(o, "uri", kor_event_uri_json(e));
    json_object_set_new(o, "name", json_sprintf("event %lld", (long long)e->id));
    json_object_set_new(o, "title", kor_title_json(e));
    json_object_set_new(o, "mimeType", json_string("application/json"));
    json_array_append_new(links, o);
}

/* ---- search ---- */

static double rounded(double x)
{
    return (double)(int64_t)(x * 1e4 + (x < 0 ? -0.5 : 0.5)) / 1e4;
}

static void explain_wants(kor_str *out, kor_memory *memory, const kor_wants *w)
{
    for (size_t i = 0; i < w->count; i++) {
        kor_str labels = {0};
        if (kor_annotations_labels(memory, w->list[i].field, &labels, NULL) == KOR_OK)
            kor_str_printf(out, " Of %s there is: %s.", w->list[i].field,
                           labels.len ? labels.data : "nothing yet");
        kor_str_free(&labels);
    }
}

/* Why there is nothing: the range, and what each filter left. */
static json_t *explain_nothing(kor_mcp_call *c, const kor_recall *r, const kor_wants *w)
{
    kor_str s = {0};
    kor_str_printf(&s, "Nothing found. %lld events in the memory", (long long)r->events);
    if (r->in_scope != r->events)
        kor_str_printf(&s, ", %lld in this scope", (long long)r->in_scope);
    if (r->ranged || w->count)
        kor_str_printf(&s, ", %lld of them %s", (long long)r->in_range,
                       r->ranged && w->count ? "in that time and of that kind"
                       : r->ranged           ? "in that time"
                                             : "of that kind");
    kor_str_puts(&s, ".");
    if (r->events == 0)
        kor_str_puts(&s, c->peer->granted
                             ? " There is none of what the user lets this client see."
                             : " It is empty: the user can fill it with 'korora import'.");
    else if (r->in_scope == 0)
        kor_str_puts(&s, " All of it is in other scopes, and this server has but one ('korora mcp "
                         "--scope').");
    else if (r->in_range == 0 && w->count)
        explain_wants(&s, c->server->host.memory, w);
    else if (r->in_range == 0 && r->in_scope)
        kor_str_puts(&s, " Ask with another time, or look around it with timeline.");
    else if (r->in_scope && (!r->words || !*r->words))
        kor_str_puts(&s, " The question has no word to look for: name a thing, or a time.");
    else if (r->in_scope)
        kor_str_printf(&s,
                       " Looked for: %s. No event has these words, and none is near enough in "
                       "meaning.",
                       r->words);
    if (r->events && c->peer->granted)
        kor_str_puts(&s, " The user lets this client see a part of the memory.");
    json_t *text = kor_text_json(kor_str_text(&s), s.len);
    kor_str_free(&s);
    return text;
}

static json_t *search_json(kor_mcp_call *c, const kor_recall *r, const kor_query *q,
                           const kor_wants *w, json_t *links)
{
    json_t *o = json_object(), *results = json_array();
    for (size_t i = 0; i < r->count; i++) {
        json_t *one = kor_brief_json(&r->hits[i].event, KOR_SNIPPET);
        json_object_set_new(one, "score", json_real(rounded(r->hits[i].score)));
        json_array_append_new(results, one);
        add_link(links, &r->hits[i].event);
    }
    json_object_set_new(o, "results", results);
    json_object_set_new(o, "range", kor_recall_range_json(r, q));
    set_text(o, "searched_for", r->words);
    json_object_set_new(o, "counts",
                        json_pack("{s:I,s:I,s:I,s:I,s:I}", "events", (json_int_t)r->events,
                                  "in_scope", (json_int_t)r->in_scope, "in_range",
                                  (json_int_t)r->in_range, "with_words", (json_int_t)r->lexical,
                                  "near_in_meaning", (json_int_t)r->near));
    if (!r->count) json_object_set_new(o, "explanation", explain_nothing(c, r, w));
    c->results = (int64_t)r->count;
    return o;
}

/* What the same words find at any other time, where a time left nothing of them. */
static kor_status look_elsewhere(kor_mcp_call *c, const kor_query *asked, json_t *answer,
                                 kor_error *err)
{
    kor_query q = *asked;
    kor_recall r = {0};
    json_t *list = json_array();
    q.has_from = q.has_to = true;
    q.from_ms = KOR_WHEN_FIRST_MS;
    q.to_ms = KOR_WHEN_LAST_MS;
    q.limit = ELSEWHERE;
    kor_status status = kor_recall_run(c->server->host.memory, &q, &r, err);
    for (size_t i = 0; status == KOR_OK && i < r.count; i++) {
        json_t *one = kor_brief_json(&r.hits[i].event, KOR_SNIPPET);
        json_object_set_new(one, "score", json_real(rounded(r.hits[i].score)));
        json_array_append_new(list, one);
        c->results++;
    }
    if (json_array_size(list)) json_object_set(answer, "elsewhere", list);
    json_decref(list);
    kor_recall_free(&r);
    return status;
}

json_t *kor_mcp_search(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    const char *question = text_of(args, "query");
    kor_query q = {.question = question,
                   .len = strlen(question),
                   .now_ms = c->now_ms,
                   .zone = c->server->host.zone,
                   .scope = kor_mcp_scope(c),
                   .limit = number_of(args, "limit", 8)};
    kor_wants wants = {0};
    kor_recall r = {0};
    json_t *answer = NULL;
    kor_status status = read_time(c, args, "from", &q.has_from, &q.from_ms, err);
    if (status == KOR_OK) status = read_time(c, args, "to", &q.has_to, &q.to_ms, err);
    if (status == KOR_OK && q.has_from && q.has_to && q.from_ms >= q.to_ms)
        status = kor_fail(err, KOR_E_ARG, "from is not before to");
    if (status == KOR_OK) status = read_wants(&wants, args, err);
    q.wanted = wants.list;
    q.wanted_count = wants.count;
    if (status == KOR_OK) status = kor_recall_run(c->server->host.memory, &q, &r, err);
    if (status == KOR_OK) answer = search_json(c, &r, &q, &wants, links);
    if (answer && !r.count && r.ranged && r.words && *r.words &&
        look_elsewhere(c, &q, answer, err) != KOR_OK) {
        json_decref(answer);
        answer = NULL;
    }
    kor_recall_free(&r);
    kor_wants_free(&wants);
    return answer;
}

/* ---- fetch, timeline, related ---- */

json_t *kor_mcp_fetch(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    int64_t id;
    (void)links;
    if (read_id(args, &id, err) != KOR_OK) return NULL;
    return kor_mcp_event(c, id, number_of(args, "offset", 0), err);
}

json_t *kor_mcp_timeline(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    (void)links;
    return kor_mcp_days(c, text_of(args, "when"), args, err);
}

/* Not of another scope than the server's. */
static kor_status check_scope(const kor_mcp_call *c, const kor_event *e, kor_error *err)
{
    const char *mine = kor_mcp_scope(c) ? kor_mcp_scope(c) : "";
    if (strcmp(e->scope ? e->scope : "", mine) == 0) return KOR_OK;
    return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld", (long long)e->id);
}

json_t *kor_mcp_related(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    int64_t id;
    kor_arena arena = {0};
    kor_event event;
    kor_related *list;
    size_t count = 0;
    json_t *o = NULL;
    kor_status status = read_id(args, &id, err);
    if (status == KOR_OK) status = kor_memory_get(c->server->host.memory, id, &arena, &event, err);
    if (status == KOR_OK) status = check_scope(c, &event, err);
    if (status == KOR_OK)
        status = kor_related_find(c->server->host.memory, id, number_of(args, "limit", 8), &arena,
                                  &list, &count, err);
    if (status == KOR_OK) {
        for (size_t i = 0; i < count; i++) add_link(links, &list[i].event);
        o = kor_related_json(list, count);
        c->results = (int64_t)count;
    }
    kor_arena_free(&arena);
    return o;
}

/* ---- resolve_time ---- */

json_t *kor_mcp_resolve_time(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    const char *text = text_of(args, "text"), *prefer = text_of(args, "prefer");
    bool has = false;
    kor_when_options options = {
        .zone = c->server->host.zone, .reference_ms = c->now_ms, .convention = KOR_WHEN_MEMORY};
    kor_when_span spans[SPANS];
    size_t count;
    char reference[KOR_TIME_SIZE];
    (void)links;
    if (prefer && strcmp(prefer, "future") == 0) options.prefer = KOR_WHEN_FUTURE;
    if (read_time(c, args, "now", &has, &options.reference_ms, err) != KOR_OK) return NULL;
    if (kor_when(text, strlen(text), &options, spans, SPANS, &count, err) != KOR_OK) return NULL;
    json_t *o = json_object(), *list = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(list, kor_when_span_json(&spans[i], &options, NULL, text));
    kor_time_format(reference, options.reference_ms, options.zone);
    json_object_set_new(o, "spans", list);
    json_object_set_new(o, "zone", json_string(kor_zone_name(options.zone)));
    json_object_set_new(o, "reference", json_string(reference));
    if (!count)
        json_object_set_new(o, "explanation",
                            json_string("No time in it that is understood (English only)."));
    c->results = (int64_t)count;
    return o;
}

/* ---- remember ---- */

static kor_status read_at(const kor_mcp_call *c, const char *at, kor_event *event, kor_error *err)
{
    const kor_zone *zone = c->server->host.zone;
    kor_asked asked;
    if (kor_time_parse(at ? at : "now", zone, c->now_ms, &event->time_ms, &event->offset_min,
                       NULL) == KOR_OK)
        return KOR_OK;
    kor_when_find(&asked, at, strlen(at), c->now_ms, zone);
    if (!asked.found || asked.from_ms <= KOR_WHEN_FIRST_MS)
        return kor_fail(err, KOR_E_ARG,
                        "at: '%.60s' is no time that is understood: try 2026-11-20T15:00, "
                        "yesterday at 3 pm",
                        at);
    event->time_ms = asked.from_ms;
    event->offset_min = kor_zone_offset(zone, asked.from_ms / 1000) / 60;
    return KOR_OK;
}

/* The memory to write to; to be given back. */
static kor_status borrow(const kor_mcp_host *h, kor_memory **out, kor_error *err)
{
    *out = h->memory;
    return h->borrow ? h->borrow(h->arg, out, err) : KOR_OK;
}

static void give_back(const kor_mcp_host *h)
{
    if (h->give_back) h->give_back(h->arg);
}

static kor_status store_in(const kor_mcp_host *h, kor_memory *memory, const kor_event *event,
                           kor_ingest_stats *stats, kor_error *err)
{
    const kor_guard *guard;
    const kor_colony *colony;
    kor_ingest *ingest;
    kor_error later;
    KOR_TRY(h->writer(h->arg, &guard, &colony, err));
    KOR_TRY(kor_ingest_begin(&ingest, memory, 1, err));
    kor_ingest_use(ingest, guard, colony);
    kor_status status = kor_ingest_add(ingest, event, err);
    kor_status ended = kor_ingest_end(ingest, stats, &later);
    if (status == KOR_OK && ended != KOR_OK) *err = later;
    return status == KOR_OK ? ended : status;
}

static kor_status store(kor_mcp_call *c, const kor_event *event, kor_ingest_stats *stats,
                        kor_error *err)
{
    const kor_mcp_host *h = &c->server->host;
    kor_memory *memory;
    KOR_TRY(borrow(h, &memory, err));
    kor_status status = store_in(h, memory, event, stats, err);
    give_back(h);
    return status;
}

/* The source says that an assistant wrote it, the program which one: what a user has said and what
 * an assistant has put there are told apart for ever. */
json_t *kor_mcp_remember(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    kor_ingest_stats stats = {0};
    char time[KOR_TIME_SIZE];
    kor_event event = {.source = "assistant",
                       .app = c->peer->granted   ? c->peer->granted
                              : *c->peer->client ? c->peer->client
                                                 : NULL,
                       .title = text_of(args, "title"),
                       .uri = text_of(args, "url"),
                       .scope = kor_mcp_scope(c),
                       .text = text_of(args, "text")};
    event.text_len = strlen(event.text);
    if (strspn(event.text, " \t\r\n\f\v") == event.text_len) {
        kor_fail(err, KOR_E_ARG, "text is blank: nothing to remember");
        return NULL;
    }
    if (read_at(c, text_of(args, "at"), &event, err) != KOR_OK) return NULL;
    if (store(c, &event, &stats, err) != KOR_OK) return NULL;
    kor_time_format(time, event.time_ms, c->server->host.zone);
    json_t *o = json_object();
    json_object_set_new(o, "stored", json_boolean(stats.added));
    json_object_set_new(o, "time", json_string(time));
    json_object_update_new(o, kor_guarded_json(&stats.guard));
    if (stats.added) {
        event.id = stats.last_id;
        json_object_set_new(o, "id", json_sprintf("%lld", (long long)event.id));
        /* A link without a title: what was cut out of the text must not come back in one. */
        event.title = "what was just remembered";
        add_link(links, &event);
    } else {
        json_object_set_new(o, "explanation",
                            json_string("Not stored: the user has excluded such things."));
    }
    c->results = stats.added;
    return o;
}

/* ---- forget ---- */

/* The token of a dry run fits the very events that it found, in this process. */
static void make_token(const kor_mcp_call *c, const int64_t *ids, size_t count, char out[20])
{
    uint64_t hash = kor_hash64(ids, count * sizeof *ids, c->server->salt);
    (void)snprintf(out, 20, "%016llx", (unsigned long long)hash);
}

static kor_status read_what(const kor_mcp_call *c, const json_t *args, kor_arena *arena,
                            kor_forget *what, kor_error *err)
{
    const json_t *ids = json_object_get(args, "ids");
    const char *when = text_of(args, "when");
    bool from = false, to = false;
    *what = (kor_forget){.from_ms = KOR_WHEN_FIRST_MS,
                         .to_ms = KOR_WHEN_LAST_MS,
                         .source = text_of(args, "source"),
                         .app = text_of(args, "app"),
                         .site = text_of(args, "site"),
                         .words = text_of(args, "match"),
                         .scope = kor_mcp_scope(c)};
    if (ids) {
        int64_t *list = kor_arena_array(arena, json_array_size(ids), sizeof *list);
        if (!list) return kor_fail_memory(err);
        /* None is not any. */
        if (!json_array_size(ids)) return kor_fail(err, KOR_E_ARG, "ids is empty");
        for (size_t i = 0; i < json_array_size(ids); i++) {
            list[i] = kor_mcp_event_id(json_array_get(ids, i));
            if (!list[i]) return kor_fail(err, KOR_E_ARG, "ids: not the number of an event");
        }
        what->ids = list;
        what->id_count = json_array_size(ids);
    }
    KOR_TRY(read_time(c, args, "from", &from, &what->from_ms, err));
    KOR_TRY(read_time(c, args, "to", &to, &what->to_ms, err));
    what->ranged = from || to;
    if (when) {
        kor_asked asked;
        if (what->ranged) return kor_fail(err, KOR_E_ARG, "give when, or from and to, not both");
        kor_when_find(&asked, when, strlen(when), c->now_ms, c->server->host.zone);
        if (!asked.found)
            return kor_fail(err, KOR_E_ARG, "when: '%.60s' is no time that is understood", when);
        what->ranged = true;
        what->from_ms = asked.from_ms;
        what->to_ms = asked.to_ms;
    }
    if (what->ranged && what->from_ms >= what->to_ms)
        return kor_fail(err, KOR_E_ARG, "from is not before to");
    return KOR_OK;
}

static kor_status put_sample(const kor_mcp_call *c, json_t *o, const int64_t *ids, size_t count,
                             kor_error *err)
{
    json_t *sample = json_array();
    json_object_set_new(o, "sample", sample);
    for (size_t i = 0; i < count && i < SAMPLE; i++) {
        kor_arena arena = {0};
        kor_event e;
        kor_status status = kor_memory_get(c->server->host.memory, ids[i], &arena, &e, err);
        if (status == KOR_OK) json_array_append_new(sample, kor_brief_json(&e, 200));
        kor_arena_free(&arena);
        KOR_TRY(status);
    }
    return KOR_OK;
}

static kor_status forget(kor_mcp_call *c, const json_t *args, json_t *o, kor_arena *arena,
                         kor_error *err)
{
    const json_t *wet = json_object_get(args, "dry_run");
    bool dry = !json_is_false(wet);
    const char *token = text_of(args, "token");
    kor_memory *memory = c->server->host.memory;
    kor_forget what;
    kor_forgotten gone;
    int64_t *ids;
    size_t count;
    char fits[20];
    KOR_TRY(read_what(c, args, arena, &what, err));
    KOR_TRY(kor_forget_find(memory, &what, arena, &ids, &count, err));
    make_token(c, ids, count, fits);
    json_object_set_new(o, "dry_run", json_boolean(dry));
    json_object_set_new(o, "range",
                        what.ranged ? kor_range_json(what.from_ms, what.to_ms, c->server->host.zone)
                                    : json_null());
    c->results = (int64_t)count;
    if (dry) {
        json_object_set_new(o, "events", json_integer((json_int_t)count));
        KOR_TRY(put_sample(c, o, ids, count, err));
        if (count) json_object_set_new(o, "token", json_string(fits));
        json_object_set_new(o, "explanation",
                            json_string(count ? "Nothing is forgotten yet. Show the user what it "
                                                "is; when they agree, call again with the same "
                                                "arguments, dry_run false and the token."
                                              : "No event fits: there is nothing to forget."));
        return KOR_OK;
    }
    c->results = 0;
    if (!token || strcmp(token, fits) != 0)
        return kor_fail(err, KOR_E_ARG,
                        "nothing was forgotten: %s. Make a dry run, show the user what it finds, "
                        "and give its token",
                        token ? "the token is of a dry run that found other events"
                              : "there is no token");
    KOR_TRY(borrow(&c->server->host, &memory, err));
    /* Who is limited forgets the events that it sees, and not what watchers saw besides: the memory
     * to write to knows no limits. */
    kor_status status =
        kor_forget_run(memory, c->peer->granted ? NULL : &what, ids, count, &gone, err);
    give_back(&c->server->host);
    KOR_TRY(status);
    json_object_set_new(o, "events", json_integer((json_int_t)gone.events));
    json_object_set_new(o, "in_the_log", json_boolean(gone.in_the_log));
    c->results = gone.events;
    return KOR_OK;
}

json_t *kor_mcp_forget(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err)
{
    kor_arena arena = {0};
    json_t *o = json_object();
    (void)links;
    if (forget(c, args, o, &arena, err) != KOR_OK) {
        json_decref(o);
        o = NULL;
    }
    kor_arena_free(&arena);
    return o;
}
