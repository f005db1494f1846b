/* SPDX-License-Identifier: Apache-2.0 */
/* All that can be asked, and its description as OpenAPI 3.1. */
#include "serve/api.h"

#include <string.h>

#define TEXT(name, what)                                                                           \
    {                                                                                              \
        name, KOR_GIVEN_TEXT, false, 0, 0, what                                                    \
    }
#define NEEDED(name, what)                                                                         \
    {                                                                                              \
        name, KOR_GIVEN_TEXT, true, 0, 0, what                                                     \
    }
#define SWITCH(name, what)                                                                         \
    {                                                                                              \
        name, KOR_GIVEN_SWITCH, false, 0, 0, what                                                  \
    }
#define END                                                                                        \
    {                                                                                              \
        NULL, KOR_GIVEN_TEXT, false, 0, 0, NULL                                                    \
    }
#define NOW TEXT("now", "read time words as if it were then: a time, as 2026-11-22T10:00")
#define SCOPE TEXT("scope", "a memory apart from your own")
#define WANTS                                                                                      \
    TEXT("kind", "only notes, code, mail ...: one of them, or several with commas"),               \
        TEXT("tag", "only what has this tag, or one of several"),                                  \
        TEXT("entity", "only what names this: a person, a project, or a type of them"),            \
        TEXT("link", "only what has such a link: a part of it, or its kind"),                      \
        TEXT("has", "only where a model of yours says so: FIELD=LABEL, or FIELD")

static const kor_given recall_query[] = {
    TEXT("q", "the question, with time words"),
    {"limit", KOR_GIVEN_INTEGER, false, 1, 1000, "hits at most; default 8"},
    TEXT("from", "only events from then on, whatever the words say"),
    TEXT("to", "only events before then"),
    NOW,
    SCOPE,
    WANTS,
    SWITCH("explain", "say of each hit why it is there"),
    SWITCH("labels", "say of each hit what it is: its kind, its tags, and what else models said"),
    END,
};
static const kor_given timeline_query[] = {
    TEXT("range", "days in words or as a date; else the three days up to the latest event"),
    NOW,
    SCOPE,
    WANTS,
    SWITCH("list", "with the first 200 events of each stretch, and their labels"),
    END,
};
static const kor_given when_query[] = {
    NEEDED("q", "the text to find times in"),
    NOW,
    TEXT("zone", "the time zone: Europe/Paris, +05:30, UTC; default yours"),
    TEXT("prefer", "past or future: what a name that comes back means"),
    TEXT("convention", "calendar or memory: how ranges end"),
    SWITCH("day_first", "3/4/2026 is 3 April"),
    END,
};
static const kor_given event_body[] = {
    TEXT("text", "what is to be remembered"),
    TEXT("title", "a title"),
    TEXT("time", "when it happened; default now"),
    TEXT("source", "where it comes from; default note"),
    TEXT("uri", "where it can be found"),
    TEXT("app", "the program it happened in"),
    SCOPE,
    END,
};
static const kor_given corrections_body[] = {
    {"corrections", KOR_GIVEN_OBJECT, true, 0, 0,
     "by the name of a model, the label that is right; of tags a list of all that are, or of "
     "changes: [\"+travel\", \"-work\"]"},
    END,
};
static const kor_given exclusion_fields[] = {
    NEEDED("kind", "app, site, path or word"),
    NEEDED("text", "the program, the host, the folder or the word"),
    END,
};
static const kor_given embeddings_body[] = {
    {"input", KOR_GIVEN_ANY, true, 0, 0, "a text, or a list of up to 256"},
    NEEDED("model", "the model: trunk"),
    TEXT("encoding_format", "float or base64; default float"),
    {"dimensions", KOR_GIVEN_INTEGER, false, 1, 65536, "what the model has, or nothing"},
    TEXT("user", "of no matter here"),
    END,
};
#define BETWEEN                                                                                    \
    TEXT("start", "only events that last until then or longer"),                                   \
        TEXT("end", "only events that began until then"), TEXT("starttime", "as start"),           \
        TEXT("endtime", "as end")

static const kor_given bucket_delete_query[] = {TEXT("force", "of no matter here"), END};
static const kor_given activity_query[] = {
    {"limit", KOR_GIVEN_INTEGER, false, -1, INT32_MAX, "events at most, the latest; -1 for all"},
    BETWEEN,
    END,
};
static const kor_given activity_count_query[] = {BETWEEN, END};
static const kor_given heartbeat_query[] = {
    NEEDED("pulsetime", "seconds after the end of the event before in which this one goes on with "
                        "it, if the data are equal"),
    END,
};

#define EVENT                                                                                      \
    "{\"type\":\"object\",\"required\":[\"timestamp\",\"data\"],\"properties\":{"                  \
    "\"id\":{\"type\":[\"integer\",\"null\"]},\"timestamp\":{\"type\":\"string\"},"                \
    "\"duration\":{\"type\":\"number\",\"minimum\":0},\"data\":{\"type\":\"object\"}}}"
static const char event_schema[] = EVENT;
static const char events_schema[] =
    "{\"anyOf\":[" EVENT ",{\"type\":\"array\",\"items\":" EVENT "}]}";
static const char bucket_schema[] =
    "{\"type\":\"object\",\"required\":[\"type\",\"client\",\"hostname\"],\"properties\":{"
    "\"type\":{\"type\":\"string\"},\"client\":{\"type\":\"string\"},"
    "\"hostname\":{\"type\":\"string\"}}}";
static const char buckets_schema[] = "{\"type\":\"object\",\"required\":[\"buckets\"],"
                                     "\"properties\":{\"buckets\":{\"type\":\"object\"}}}";
static const char message_schema[] = "{\"type\":\"object\",\"required\":[\"jsonrpc\"],"
                                     "\"properties\":{\"jsonrpc\":{\"const\":\"2.0\"}}}";

/* Of bodies that are the answerer's to read. */
static const struct {
    void (*answer)(kor_ask *ask);
    const char *schema;
} whole_schemas[] = {
    {kor_api_mcp, message_schema},
    {kor_api_bucket_make, bucket_schema},
    {kor_api_heartbeat, event_schema},
    {kor_api_activity_put, events_schema},
    {kor_api_activity_import, buckets_schema},
};

/* Any JSON, and not always an object. */
static const char any_json[] = "application/json";

static const kor_given related_query[] = {
    {"limit", KOR_GIVEN_INTEGER, false, 1, 100, "events at most; default 8"},
    END,
};
static const kor_given access_query[] = {
    {"limit", KOR_GIVEN_INTEGER, false, 1, 10000, "requests at most; default 100"},
    END,
};
static const kor_given forget_body[] = {
    TEXT("when", "time words: yesterday, last week"),
    TEXT("from", "events from then on"),
    TEXT("to", "events before then"),
    TEXT("source", "events of this source"),
    TEXT("app", "events of this program"),
    TEXT("site", "pages of this site and those under it"),
    TEXT("match", "events with all of these words"),
    {"ids", KOR_GIVEN_ANY, false, 0, 0, "a list: only these events"},
    SCOPE,
    TEXT("token", "of a dry run that found the very same events; without it this is a dry run"),
    END,
};
static const kor_given run_body[] = {
    NEEDED("model", "one of /api/models, by its name"),
    {"texts", KOR_GIVEN_ANY, true, 0, 0,
     "a list of up to 256; of {\"query\", \"text\"} for a model that compares"},
    END,
};
static const kor_given login_query[] = {NEEDED("token", "the token"), END};

const kor_route kor_routes[] = {
    {"GET", "/api/recall", KOR_ACCESS_TOKEN, "Answer a question with events", recall_query, NULL,
     NULL, kor_api_recall, 0},
    {"GET", "/api/timeline", KOR_ACCESS_TOKEN, "What was done when", timeline_query, NULL, NULL,
     kor_api_timeline, 0},
    {"GET", "/api/when", KOR_ACCESS_TOKEN, "Find the times in a text", when_query, NULL, NULL,
     kor_api_when, 0},
    {"POST", "/api/events", KOR_ACCESS_TOKEN, "Remember one thing", NULL, event_body, NULL,
     kor_api_add, 0},
    {"GET", "/api/events/{id}", KOR_ACCESS_TOKEN, "One event, whole", NULL, NULL, NULL,
     kor_api_event, 0},
    {"POST", "/api/events/{id}/corrections", KOR_ACCESS_TOKEN,
     "Say what models should have answered about an event", NULL, corrections_body, NULL,
     kor_api_correct, 0},
    {"DELETE", "/api/events/{id}/corrections", KOR_ACCESS_TOKEN,
     "Take the corrections of an event back", NULL, NULL, NULL, kor_api_undo, 0},
    {"DELETE", "/api/events/{id}", KOR_ACCESS_TOKEN, "Forget one event, for good", NULL, NULL, NULL,
     kor_api_forget_event, 0},
    {"GET", "/api/events/{id}/related", KOR_ACCESS_TOKEN,
     "What an event is connected with, and why", related_query, NULL, NULL, kor_api_related, 0},
    {"POST", "/api/forget", KOR_ACCESS_TOKEN,
     "Take events out for good: what would go and a token, and with the token it goes", NULL,
     forget_body, NULL, kor_api_forget, 0},
    {"GET", "/api/access", KOR_ACCESS_TOKEN, "Who asked what, newest first", access_query, NULL,
     NULL, kor_api_access, 0},
    {"GET", "/api/export", KOR_ACCESS_TOKEN,
     "All events, a line of JSON each, as korora import jsonl takes them", NULL, NULL,
     "application/jsonl", kor_api_export, 0},
    {"GET", "/api/models", KOR_ACCESS_TOKEN, "The shipped models and your own", NULL, NULL, NULL,
     kor_api_models, KOR_ROUTE_UNLOGGED},
    {"GET", "/api/models/{name}", KOR_ACCESS_TOKEN, "One model, with its labels and its card", NULL,
     NULL, NULL, kor_api_model, KOR_ROUTE_UNLOGGED},
    {"GET", "/api/models/{name}/figure", KOR_ACCESS_TOKEN,
     "How far a model's probabilities can be trusted, as a picture", NULL, NULL, "image/svg+xml",
     kor_api_figure, KOR_ROUTE_UNLOGGED},
    {"POST", "/api/run", KOR_ACCESS_TOKEN, "Ask a model about texts", NULL, run_body, NULL,
     kor_api_run, 0},
    {"GET", "/api/stats", KOR_ACCESS_TOKEN, "What is remembered, and what the models did for it",
     NULL, NULL, NULL, kor_api_stats, 0},
    {"GET", "/api/exclusions", KOR_ACCESS_TOKEN, "What is never to be remembered", NULL, NULL, NULL,
     kor_api_exclusions, 0},
    {"POST", "/api/exclusions", KOR_ACCESS_TOKEN, "Exclude something from now on", NULL,
     exclusion_fields, NULL, kor_api_exclude, 0},
    {"DELETE", "/api/exclusions", KOR_ACCESS_TOKEN, "Remember such things again", exclusion_fields,
     NULL, NULL, kor_api_include, 0},
    {"GET", "/api/live", KOR_ACCESS_TOKEN, "What happens to the memory, as server-sent events",
     NULL, NULL, "text/event-stream", kor_api_live, 0},
    {"GET", "/api/openapi.json", KOR_ACCESS_OPEN, "This description", NULL, NULL, NULL,
     kor_api_openapi, 0},
    {"POST", "/v1/embeddings", KOR_ACCESS_TOKEN, "Embed texts, as OpenAI's API does", NULL,
     embeddings_body, NULL, kor_api_embeddings, 0},
    {"GET", "/v1/models", KOR_ACCESS_TOKEN, "The models that embed, as OpenAI's API lists them",
     NULL, NULL, NULL, kor_api_openai_models, 0},
    {"POST", "/mcp", KOR_ACCESS_CLIENT, "A message of the Model Context Protocol", NULL, NULL, NULL,
     kor_api_mcp, KOR_ROUTE_WHOLE | KOR_ROUTE_UNLOGGED},
    {"GET", "/api/0/info", KOR_ACCESS_WATCHER, "This machine, as ActivityWatch's API has it", NULL,
     NULL, NULL, kor_api_activity_info, KOR_ROUTE_UNLOGGED},
    {"GET", "/api/0/buckets/", KOR_ACCESS_TOKEN, "The buckets of watchers, by name", NULL, NULL,
     NULL, kor_api_buckets, 0},
    {"GET", "/api/0/buckets/{bucket}", KOR_ACCESS_TOKEN, "One bucket", NULL, NULL, NULL,
     kor_api_bucket, 0},
    {"POST", "/api/0/buckets/{bucket}", KOR_ACCESS_WATCHER, "Make a bucket; 304 when it is there",
     NULL, NULL, NULL, kor_api_bucket_make, KOR_ROUTE_WHOLE},
    {"DELETE", "/api/0/buckets/{bucket}", KOR_ACCESS_TOKEN,
     "Delete a bucket, and forget what the memory made of it", bucket_delete_query, NULL, NULL,
     kor_api_bucket_remove, 0},
    {"POST", "/api/0/buckets/{bucket}/heartbeat", KOR_ACCESS_WATCHER, "Say what is in front now",
     heartbeat_query, NULL, NULL, kor_api_heartbeat, KOR_ROUTE_WHOLE | KOR_ROUTE_UNLOGGED},
    {"GET", "/api/0/buckets/{bucket}/events", KOR_ACCESS_TOKEN, "Events of a bucket, latest first",
     activity_query, NULL, any_json, kor_api_activity_list, 0},
    {"POST", "/api/0/buckets/{bucket}/events", KOR_ACCESS_WATCHER,
     "Put events; one with an id takes the place of that one", NULL, NULL, any_json,
     kor_api_activity_put, KOR_ROUTE_WHOLE},
    {"GET", "/api/0/buckets/{bucket}/events/count", KOR_ACCESS_TOKEN, "How many events",
     activity_count_query, NULL, any_json, kor_api_activity_count, 0},
    {"GET", "/api/0/buckets/{bucket}/events/{id}", KOR_ACCESS_TOKEN, "One event of a bucket", NULL,
     NULL, NULL, kor_api_activity_get, 0},
    {"DELETE", "/api/0/buckets/{bucket}/events/{id}", KOR_ACCESS_TOKEN,
     "Delete an event, and forget what the memory made of it", NULL, NULL, NULL,
     kor_api_activity_remove, 0},
    {"GET", "/api/0/buckets/{bucket}/export", KOR_ACCESS_TOKEN, "A bucket with its events", NULL,
     NULL, NULL, kor_api_activity_export, 0},
    {"GET", "/api/0/export", KOR_ACCESS_TOKEN, "All buckets with their events", NULL, NULL, NULL,
     kor_api_activity_export, 0},
    {"POST", "/api/0/import", KOR_ACCESS_TOKEN, "Take in what an export gave", NULL, NULL, NULL,
     kor_api_activity_import, KOR_ROUTE_WHOLE},
    {"GET", "/health", KOR_ACCESS_OPEN, "Is the server there?", NULL, NULL, NULL, kor_api_health,
     0},
    {"GET", "/metrics", KOR_ACCESS_TOKEN, "Figures for Prometheus", NULL, NULL, "text/plain",
     kor_api_metrics, KOR_ROUTE_UNLOGGED},
    {"GET", "/login", KOR_ACCESS_OPEN, "Open a session of a browser, and go to the page",
     login_query, NULL, "", kor_api_login, 0},
    {"GET", "/", KOR_ACCESS_OPEN, "The page", NULL, NULL, "text/html", kor_api_page, 0},
    {"GET", "/web/{name}", KOR_ACCESS_OPEN, "A file of the page", NULL, NULL, "*/*",
     kor_api_page_file, 0},
    {NULL, NULL, KOR_ACCESS_TOKEN, NULL, NULL, NULL, NULL, NULL, 0},
};
_Static_assert(sizeof kor_routes / sizeof *kor_routes <= KOR_SERVICE_ROUTES, "figures of a route");

/* ---- OpenAPI ---- */

static json_t *schema(const kor_given *f)
{
    switch (f->type) {
    case KOR_GIVEN_TEXT: return json_pack("{s:s}", "type", "string");
    case KOR_GIVEN_INTEGER:
        return json_pack("{s:s,s:I,s:I}", "type", "integer", "minimum", (json_int_t)f->least,
                         "maximum", (json_int_t)f->most);
    case KOR_GIVEN_SWITCH: return json_pack("{s:s}", "type", "boolean");
    case KOR_GIVEN_OBJECT: return json_pack("{s:s}", "type", "object");
    case KOR_GIVEN_ANY: break;
    }
    return json_object();
}

static json_t *whole_schema(const kor_route *r)
{
    for (size_t i = 0; i < sizeof whole_schemas / sizeof *whole_schemas; i++)
        if (whole_schemas[i].answer == r->answer)
            return json_loads(whole_schemas[i].schema, 0, NULL);
    return json_object();
}

static json_t *parameters(const kor_route *r)
{
    json_t *list = json_array();
    if (strstr(r->path, "{id}"))
        json_array_append_new(list,
                              json_pack("{s:s,s:s,s:b,s:s,s:{s:s,s:I}}", "name", "id", "in", "path",
                                        "required", true, "description", "an event's number",
                                        "schema", "type", "integer", "minimum", (json_int_t)1));
    if (strstr(r->path, "{bucket}"))
        json_array_append_new(list, json_pack("{s:s,s:s,s:b,s:s,s:{s:s,s:i,s:i}}", "name", "bucket",
                                              "in", "path", "required", true, "description",
                                              "a bucket's name", "schema", "type", "string",
                                              "minLength", 1, "maxLength", 255));
    if (strstr(r->path, "{name}"))
        json_array_append_new(list, json_pack("{s:s,s:s,s:b,s:{s:s}}", "name", "name", "in", "path",
                                              "required", true, "schema", "type", "string"));
    for (const kor_given *f = r->query; f && f->name; f++)
        json_array_append_new(list, json_pack("{s:s,s:s,s:b,s:s,s:o}", "name", f->name, "in",
                                              "query", "required", f->needed, "description",
                                              f->what, "schema", schema(f)));
    return list;
}

static json_t *body(const kor_route *r)
{
    json_t *properties = json_object(), *needed = json_array();
    for (const kor_given *f = r->body; f->name; f++) {
        json_t *one = schema(f);
        json_object_set_new(one, "description", json_string(f->what));
        json_object_set_new(properties, f->name, one);
        if (f->needed) json_array_append_new(needed, json_string(f->name));
    }
    return json_pack("{s:b,s:{s:{s:{s:s,s:o,s:o,s:b}}}}", "required", true, "content",
                     "application/json", "schema", "type", "object", "properties", properties,
                     "required", needed, "additionalProperties", false);
}

/* "getApiEventsIdCorrections" */
static json_t *name_of(const kor_route *r)
{
    kor_str name = {0};
    for (const char *c = r->method; *c; c++) kor_str_putc(&name, (char)(*c + 32));
    bool start = true;
    for (const char *c = r->path; *c; c++) {
        bool letter = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9');
        if (letter) kor_str_putc(&name, start && *c >= 'a' ? (char)(*c - 32) : *c);
        start = !letter;
    }
    json_t *o = json_string(kor_str_text(&name));
    kor_str_free(&name);
    return o;
}

static json_t *operation(const kor_route *r)
{
    json_t *answer = json_pack("{s:s}", "description", r->type && !*r->type ? "Go on" : "Done");
    if (!r->type || *r->type)
        json_object_set_new(
            answer, "content",
            json_pack("{s:{s:o}}", r->type ? r->type : any_json, "schema",
                      r->type == any_json
                          ? json_object()
                          : json_pack("{s:s}", "type", r->type ? "string" : "object")));
    const char *code = r->type && !*r->type ? "303" : r->answer == kor_api_add ? "201" : "200";
    json_t *o = json_pack("{s:o,s:s,s:o,s:{s:o,s:{s:s}}}", "operationId", name_of(r), "summary",
                          r->summary, "parameters", parameters(r), "responses", code, answer,
                          "default", "$ref", "#/components/responses/Error");
    if (r->body) json_object_set_new(o, "requestBody", body(r));
    if (r->is & KOR_ROUTE_WHOLE)
        json_object_set_new(o, "requestBody",
                            json_pack("{s:b,s:{s:{s:o}}}", "required", true, "content",
                                      "application/json", "schema", whole_schema(r)));
    if (r->access == KOR_ACCESS_OPEN) json_object_set_new(o, "security", json_array());
    return o;
}

json_t *kor_routes_openapi(void)
{
    json_t *paths = json_object();
    for (const kor_route *r = kor_routes; r->path; r++) {
        json_t *path = json_object_get(paths, r->path);
        char method[8] = "";
        if (!path) {
            path = json_object();
            json_object_set_new(paths, r->path, path);
        }
        for (size_t i = 0; r->method[i] && i < sizeof method - 1; i++)
            method[i] = (char)(r->method[i] + 32);
        json_object_set_new(path, method, operation(r));
    }
    json_t *error = json_pack(
        "{s:s,s:{s:{s:{s:s,s:[s],s:{s:{s:s,s:[s,s],s:{s:{s:s},s:{s:s}}}}}}}}", "description",
        "What is wrong, in words", "content", "application/json", "schema", "type", "object",
        "required", "error", "properties", "error", "type", "object", "required", "message", "type",
        "properties", "message", "type", "string", "type", "type", "string");
    return json_pack(
        "{s:s,s:{s:s,s:s,s:s},s:[{s:[]}],s:o,s:{s:{s:o},s:{s:{s:s,s:s}}}}", "openapi", "3.1.0",
        "info", "title", "Korora", "version", kor_version(), "description",
        "Your own work, found again by asking. On this machine alone; the token is in the file "
        "'token' of the memory's folder.",
        "security", "token", "paths", paths, "components", "responses", "Error", error,
        "securitySchemes", "token", "type", "http", "scheme", "bearer");
}
