/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/routes.h"

#include "serve/access_log.h"
#include "text/utf8.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { DEPTH = 32, TARGET_MAX = 8192, BUCKET_MAX = 255, CLIENT_SIZE = 33 };

/* ---- Answers ---- */

static const char *type_of(int status)
{
    switch (status) {
    case 401: return "authentication_error";
    case 403: return "permission_error";
    case 404: return "not_found_error";
    default: return status < 500 ? "invalid_request_error" : "server_error";
    }
}

void kor_routes_refuse(void *arg, int status, const char *why, kor_reply *reply)
{
    (void)arg;
    reply->status = status;
    reply->type = "application/json";
    reply->headers = kor_gate_headers;
    kor_str_clear(&reply->body);
    kor_put_json(&reply->body, json_pack("{s:{s:o,s:s}}", "error", "message",
                                         kor_text_json(why, strlen(why)), "type", type_of(status)));
    kor_str_putc(&reply->body, '\n');
}

void kor_ask_refuse(kor_ask *ask, int status, const char *fmt, ...)
{
    kor_str why = {0};
    va_list ap;
    va_start(ap, fmt);
    kor_str_vprintf(&why, fmt, ap);
    va_end(ap);
    kor_routes_refuse(NULL, status, kor_str_text(&why), ask->reply);
    kor_str_free(&why);
}

void kor_ask_fail(kor_ask *ask, const kor_error *err)
{
    int status = 500;
    switch (err->code) {
    case KOR_E_ARG:
    case KOR_E_INPUT: status = 400; break;
    case KOR_E_NOT_FOUND: status = 404; break;
    case KOR_E_BUSY: status = 503; break;
    default: break;
    }
    kor_ask_refuse(ask, status, "%s", err->msg);
}

void kor_ask_reply(kor_ask *ask, int status, json_t *value)
{
    ask->reply->status = status;
    ask->reply->type = "application/json";
    kor_put_json(&ask->reply->body, value);
    kor_str_putc(&ask->reply->body, '\n');
}

void kor_ask_stream(kor_ask *ask, const char *type, const kor_stream *stream)
{
    ask->reply->status = 200;
    ask->reply->type = type;
    ask->reply->stream = *stream;
}

kor_status kor_ask_memory(kor_ask *ask, kor_memory **out, kor_error *err)
{
    if (!ask->worker) KOR_TRY(kor_service_take(ask->service, &ask->worker, err));
    *out = ask->worker->memory;
    return KOR_OK;
}

/* ---- What was given ---- */

static size_t place_of(const kor_given *fields, const char *name, size_t len)
{
    size_t i = 0;
    while (fields && fields[i].name &&
           (strlen(fields[i].name) != len || memcmp(fields[i].name, name, len) != 0))
        i++;
    return i;
}

const char *kor_ask_text(const kor_ask *ask, const char *name)
{
    return ask->given[place_of(ask->route->query, name, strlen(name))];
}

int64_t kor_ask_integer(const kor_ask *ask, const char *name, int64_t fallback)
{
    const char *text = kor_ask_text(ask, name);
    return text ? strtoll(text, NULL, 10) : fallback;
}

bool kor_ask_switch(const kor_ask *ask, const char *name)
{
    const char *text = kor_ask_text(ask, name);
    return text && strcmp(text, "true") == 0;
}

const char *kor_ask_body(const kor_ask *ask, const char *name)
{
    return json_string_value(json_object_get(ask->body, name));
}

/* A whole number from text that is nothing else. */
static bool read_integer(const char *text, int64_t least, int64_t most, int64_t *out)
{
    size_t len = strlen(text);
    bool negative = *text == '-';
    if (len <= negative || len > 18 || strspn(text + negative, "0123456789") != len - negative)
        return false;
    *out = strtoll(text, NULL, 10);
    return *out >= least && *out <= most;
}

static int hex(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* %20, and plus in place of '+', are a space; NULL when it is not well-formed, or holds a NUL. */
static char *decode(kor_arena *arena, const char *text, size_t len, char plus)
{
    char *out = kor_arena_alloc(arena, len + 1);
    size_t n = 0;
    for (size_t i = 0; out && i < len; i++) {
        char c = text[i];
        if (c == '+') c = plus;
        if (c == '%') {
            int high = i + 2 < len ? hex(text[i + 1]) : -1;
            int low = i + 2 < len ? hex(text[i + 2]) : -1;
            if (high < 0 || low < 0 || !(high | low)) return NULL;
            c = (char)(high * 16 + low);
            i += 2;
        }
        out[n++] = c;
    }
    return out;
}

static bool check_value(kor_ask *ask, const kor_given *f, const char *text)
{
    int64_t number;
    bool good = true;
    if (f->type == KOR_GIVEN_INTEGER) good = read_integer(text, f->least, f->most, &number);
    if (f->type == KOR_GIVEN_SWITCH) good = !strcmp(text, "true") || !strcmp(text, "false");
    if (good) return true;
    if (f->type == KOR_GIVEN_INTEGER)
        kor_ask_refuse(ask, 400, "%s: a whole number from %lld to %lld is expected", f->name,
                       (long long)f->least, (long long)f->most);
    else
        kor_ask_refuse(ask, 400, "%s: true or false is expected", f->name);
    return false;
}

static bool read_query(kor_ask *ask, const char *query)
{
    const kor_given *fields = ask->route->query;
    for (const char *at = query; *at;) {
        size_t all = strcspn(at, "&"), name_len = strcspn(at, "=&");
        size_t i = place_of(fields, at, name_len);
        if (all && (!fields || !fields[i].name)) {
            kor_ask_refuse(ask, 400, "no parameter '%.*s' here",
                           (int)(name_len < 40 ? name_len : 40), at);
            return false;
        }
        if (all && ask->given[i]) {
            kor_ask_refuse(ask, 400, "%s is given twice", fields[i].name);
            return false;
        }
        if (all) {
            size_t skip = name_len < all ? name_len + 1 : name_len;
            ask->given[i] = decode(&ask->arena, at + skip, all - skip, ' ');
            if (!ask->given[i]) {
                kor_ask_refuse(ask, 400, "%s is not well-formed", fields[i].name);
                return false;
            }
            if (!check_value(ask, &fields[i], ask->given[i])) return false;
        }
        at += all;
        if (*at) at++;
    }
    for (size_t i = 0; fields && fields[i].name; i++) {
        if (!fields[i].needed || ask->given[i]) continue;
        kor_ask_refuse(ask, 400, "%s is missing: %s", fields[i].name, fields[i].what);
        return false;
    }
    return true;
}

/* How deep brackets nest, without reading more of it. */
static size_t depth_of(const char *text, size_t len)
{
    size_t depth = 0, most = 0;
    bool quoted = false;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '[' || c == '{'))
            most = ++depth > most ? depth : most;
        else if (!quoted && (c == ']' || c == '}') && depth)
            depth--;
    }
    return most;
}

/* A form can be sent by any page of the web, JSON cannot. */
static bool is_json(const char *type)
{
    static const char json[] = "application/json";
    size_t len = sizeof json - 1;
    return type && strncasecmp(type, json, len) == 0 && (!type[len] || strchr("; \t", type[len]));
}

static bool check_field(const kor_given *f, const json_t *value)
{
    switch (f->type) {
    case KOR_GIVEN_TEXT: return json_is_string(value);
    case KOR_GIVEN_INTEGER:
        return json_is_integer(value) && json_integer_value(value) >= f->least &&
               json_integer_value(value) <= f->most;
    case KOR_GIVEN_SWITCH: return json_is_boolean(value);
    case KOR_GIVEN_OBJECT: return json_is_object(value);
    case KOR_GIVEN_ANY: break;
    }
    return true;
}

json_t *kor_ask_json(kor_ask *ask)
{
    const kor_request *r = ask->request;
    json_error_t error;
    if (depth_of(r->body, r->body_len) > DEPTH) {
        kor_ask_refuse(ask, 400, "the body nests deeper than %d", DEPTH);
        return NULL;
    }
    ask->body = json_loadb(r->body, r->body_len, JSON_REJECT_DUPLICATES, &error);
    if (!ask->body)
        kor_ask_refuse(ask, 400, "the body is not JSON: line %d, column %d: %s", error.line,
                       error.column, error.text);
    return ask->body;
}

static bool read_body(kor_ask *ask)
{
    static const char *const types[] = {"text", "a whole number", "true or false", "an object",
                                        "anything"};
    const kor_request *r = ask->request;
    const kor_given *fields = ask->route->body;
    if (!fields && !(ask->route->is & KOR_ROUTE_WHOLE)) {
        if (r->body_len) kor_ask_refuse(ask, 400, "no body is expected");
        return !r->body_len;
    }
    if (!is_json(r->content_type)) {
        kor_ask_refuse(ask, 415, "the body must be sent as Content-Type: application/json");
        return false;
    }
    if (ask->route->is & KOR_ROUTE_WHOLE) return true;
    if (!kor_ask_json(ask)) return false;
    if (!json_is_object(ask->body)) {
        kor_ask_refuse(ask, 400, "the body is no JSON object");
        return false;
    }
    const char *name;
    json_t *value;
    void *next;
    json_object_foreach_safe(ask->body, next, name, value)
    {
        const kor_given *f = &fields[place_of(fields, name, strlen(name))];
        if (!f->name) {
            kor_ask_refuse(ask, 400, "no field '%.40s' here", name);
            return false;
        }
        if (json_is_null(value) && !f->needed) {
            (void)json_object_del(ask->body, name);
        } else if (!check_field(f, value)) {
            kor_ask_refuse(ask, 400, "%s: %s is expected", f->name, types[f->type]);
            return false;
        }
    }
    for (const kor_given *f = fields; f->name; f++) {
        if (!f->needed || json_object_get(ask->body, f->name)) continue;
        kor_ask_refuse(ask, 400, "%s is missing: %s", f->name, f->what);
        return false;
    }
    return true;
}

/* ---- Which route ---- */

/* A route that fits a request, and the parts of its path that have names. */
typedef struct found {
    const kor_route *route;
    int64_t id;
    const char *bucket; /* as it stands in the path */
    size_t bucket_len;
    char name[KOR_NAME_SIZE];
} found;

/* Length of the number at the start of text; 0 when there is none that an event could have. */
static size_t read_id(const char *text, size_t len, int64_t *id)
{
    char number[20];
    size_t n = 0;
    while (n < len && text[n] >= '0' && text[n] <= '9') n++;
    if (!n || n >= sizeof number) return 0;
    memcpy(number, text, n);
    number[n] = 0;
    return read_integer(number, 1, INT64_MAX, id) ? n : 0;
}

/* Length of the part up to the next '/'. */
static size_t read_bucket(const char *text, size_t len, found *f)
{
    const char *end = memchr(text, '/', len);
    f->bucket = text;
    f->bucket_len = end ? (size_t)(end - text) : len;
    return f->bucket_len;
}

/* Length of the name at the start of text; 0 when there is none. It is never a path, whoever uses
 * it: it has no '/', and does not begin with a dot. */
static size_t read_name(const char *text, size_t len, char out[KOR_NAME_SIZE])
{
    static const char of[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = 0;
    while (n < len && strchr(of, text[n])) n++;
    if (!n || n >= KOR_NAME_SIZE || *text == '.') return 0;
    memcpy(out, text, n);
    out[n] = 0;
    return n;
}

static bool fits(const char *pattern, const char *path, size_t len, found *f)
{
    size_t at = 0;
    for (; *pattern; pattern++) {
        if (*pattern != '{') {
            if (at == len || path[at++] != *pattern) return false;
            continue;
        }
        char kind = pattern[1]; /* {id}, {bucket}, {name} */
        size_t n = kind == 'i'   ? read_id(path + at, len - at, &f->id)
                   : kind == 'b' ? read_bucket(path + at, len - at, f)
                                 : read_name(path + at, len - at, f->name);
        if (!n) return false;
        at += n;
        pattern = strchr(pattern, '}');
    }
    return at == len;
}

/* HEAD is GET whose answer has no body: the server leaves it out. */
static bool fits_method(const char *route, const char *method)
{
    return strcmp(route, method) == 0 || (!strcmp(route, "GET") && !strcmp(method, "HEAD"));
}

/* On the port of watchers there is nothing else. */
static bool is_there(const kor_gate *gate, const kor_route *route)
{
    return !gate->watchers || strncmp(route->path, "/api/0/", 7) == 0;
}

/* Find the route of a request; false with the reply filled when there is none. */
static bool find(const kor_gate *gate, const kor_request *r, found *f, kor_reply *reply)
{
    static const char *const allow[] = {
        "",       "GET, HEAD",         "POST",         "GET, HEAD, POST",
        "DELETE", "GET, HEAD, DELETE", "POST, DELETE", "GET, HEAD, POST, DELETE"};
    size_t len = strcspn(r->target, "?#"), methods = 0;
    f->route = NULL;
    if (strnlen(r->target, TARGET_MAX) == TARGET_MAX) {
        kor_routes_refuse(NULL, 414, "the address is too long", reply);
        return false;
    }
    for (const kor_route *route = kor_routes; route->path; route++) {
        if (!is_there(gate, route) || !fits(route->path, r->target, len, f)) continue;
        if (fits_method(route->method, r->method)) {
            f->route = route;
            return true;
        }
        methods |= route->method[0] == 'G' ? 1 : route->method[0] == 'P' ? 2 : 4;
    }
    if (methods) {
        kor_routes_refuse(NULL, 405, "no such method here", reply);
        reply->allow = allow[methods];
    } else {
        kor_routes_refuse(NULL, 404, "there is nothing here: /api/openapi.json says what there is",
                          reply);
    }
    return false;
}

static bool reads(const char *method)
{
    return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

static void count(kor_service *s, const kor_route *route, int status, int64_t microseconds)
{
    size_t i = (size_t)(route - kor_routes);
    atomic_fetch_add_explicit(&s->requests[i][status / 100 % KOR_SERVICE_CLASSES], 1,
                              memory_order_relaxed);
    atomic_fetch_add_explicit(&s->microseconds[i], microseconds, memory_order_relaxed);
}

static void allow_extension(const kor_gate *gate, const kor_request *r, kor_reply *reply)
{
    if (kor_gate_extension(gate, r))
        (void)snprintf(reply->allow_origin, sizeof reply->allow_origin, "%s", r->origin);
}

/* Whoever may not ask is told nothing of what there is. */
bool kor_routes_admit(void *arg, const kor_request *request, kor_reply *reply)
{
    const kor_door *door = arg;
    kor_reply none = {0};
    char client[KOR_CLIENT_NAME]; /* found again by the route that has clients */
    found f = {0};
    int status;
    if (strcmp(request->method, "OPTIONS") == 0 && kor_gate_extension(door->gate, request)) {
        allow_extension(door->gate, request, reply);
        reply->status = 204;
        reply->headers = kor_gate_preflight_headers;
        return false;
    }
    bool there = find(door->gate, request, &f, &none);
    const char *why =
        kor_gate_check(door->gate, request, there ? f.route->access : KOR_ACCESS_TOKEN,
                       reads(request->method), client, &status);
    if (why) {
        kor_routes_refuse(NULL, status, why, reply);
    } else if (!there) {
        *reply = none;
        none = (kor_reply){0};
    }
    kor_str_free(&none.body);
    if (there && why) count(door->service, f.route, status, 0);
    return there && !why;
}

bool kor_is_bucket_name(const char *name)
{
    size_t len = strlen(name);
    bool good = len && len <= BUCKET_MAX && kor_utf8_valid(name, len) && !strchr(name, '/');
    for (size_t i = 0; good && i < len; i++) good = (unsigned char)name[i] >= ' ' && name[i] != 127;
    return good;
}

static bool read_bucket_name(kor_ask *ask, const found *f)
{
    if (!f->bucket) return true;
    char *name = decode(&ask->arena, f->bucket, f->bucket_len, '+');
    bool good = name && kor_is_bucket_name(name);
    if (!good) kor_ask_refuse(ask, 400, "no name of a bucket");
    ask->bucket = name;
    return good;
}

/* ---- Answered, and logged ---- */

static bool is_of_a_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.';
}

static void refuse_unlogged(kor_ask *ask, const kor_error *err)
{
    kor_reply *reply = ask->reply;
    if (reply->stream.pull) reply->stream.end(reply->stream.arg);
    kor_str_free(&reply->body);
    *reply = (kor_reply){.headers = kor_gate_headers};
    kor_ask_refuse(ask, 500, "not answered, because it cannot be logged: %s", err->msg);
}

/* What a client calls itself: "curl" of "curl/8.9", and "page" of who has a session. */
static void name_client(const kor_request *r, char out[CLIENT_SIZE])
{
    const char *name = r->authorization || !r->cookie ? r->user_agent : "page";
    size_t n = 0;
    while (name && n < CLIENT_SIZE - 1 && is_of_a_name(name[n])) {
        out[n] = name[n];
        n++;
    }
    out[n] = 0;
}

static void log_answer(kor_ask *ask, int log, int64_t microseconds)
{
    char client[CLIENT_SIZE], method[96];
    kor_error err;
    name_client(ask->request, client);
    (void)snprintf(method, sizeof method, "%s %s", ask->route->method, ask->route->path);
    int status = ask->reply->status;
    const kor_access access = {.time_ms = kor_now_ms(),
                               .through = "http",
                               .client = client,
                               .method = method,
                               .results = ask->results,
                               .code = status >= 400 ? status : 0,
                               .ms = (double)microseconds / 1e3};
    if (kor_access_add(log, &access, &err) != KOR_OK) refuse_unlogged(ask, &err);
}

static int64_t microseconds_since(const struct timespec *from)
{
    struct timespec to;
    clock_gettime(CLOCK_MONOTONIC, &to);
    return (int64_t)(to.tv_sec - from->tv_sec) * 1000000 + (to.tv_nsec - from->tv_nsec) / 1000;
}

/* Nothing is done that cannot be logged, and no answer given before it is. */
static void answer(kor_ask *ask, const struct timespec *from)
{
    bool logged = ask->route->access != KOR_ACCESS_OPEN && !(ask->route->is & KOR_ROUTE_UNLOGGED);
    int log = -1;
    kor_error err;
    if (logged && kor_access_open(ask->service->parts.home, &log, &err) != KOR_OK) {
        refuse_unlogged(ask, &err);
        return;
    }
    const char *query = ask->request->target + strcspn(ask->request->target, "?#");
    if (read_query(ask, *query == '?' ? query + 1 : "") && read_body(ask)) ask->route->answer(ask);
    if (!logged) return;
    log_answer(ask, log, microseconds_since(from));
    (void)close(log);
}

void kor_routes_answer(void *arg, const kor_request *request, kor_reply *reply)
{
    const kor_door *door = arg;
    struct timespec from;
    found f = {0};
    reply->headers = kor_gate_headers;
    if (!find(door->gate, request, &f, reply)) return;
    kor_ask ask = {.service = door->service,
                   .gate = door->gate,
                   .request = request,
                   .route = f.route,
                   .id = f.id,
                   .reply = reply};
    memcpy(ask.name, f.name, sizeof ask.name);
    allow_extension(door->gate, request, reply);
    clock_gettime(CLOCK_MONOTONIC, &from);
    if (read_bucket_name(&ask, &f)) answer(&ask, &from);
    kor_service_give(ask.service, ask.worker);
    json_decref(ask.body);
    kor_arena_free(&ask.arena);
    count(door->service, ask.route, reply->status, microseconds_since(&from));
}
