/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a request: METHOD, target, Host, Origin, Authorization, Cookie, Content-Type and
 * Sec-Fetch-Site, a line each, then the body. Without sockets and without models, on a memory of
 * one event. "TOKEN" and "SESSION" at the end of a line are the right ones. */
#include "serve/routes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES = 8 };

static kor_service service;
static char home[] = "/tmp/korora-fuzz-XXXXXX";
static const kor_guard no_guard;

static void expect(int holds)
{
    if (!holds) abort();
}

static kor_status open_guard(void *arg, const kor_guard **guard, const kor_colony **colony,
                             kor_error *err)
{
    (void)arg;
    (void)err;
    *guard = &no_guard;
    *colony = NULL;
    return KOR_OK;
}

static json_t *no_models(void *arg)
{
    (void)arg;
    return json_array();
}

static kor_status no_card(void *arg, const char *name, json_t **out, kor_error *err)
{
    (void)arg;
    (void)out;
    return kor_fail(err, KOR_E_NOT_FOUND, "there is no model '%s'", name);
}

static kor_status no_figure(void *arg, const char *name, kor_str *out, kor_error *err)
{
    (void)out;
    return no_card(arg, name, NULL, err);
}

static kor_status no_model(void *arg, const char *name, const kor_model **out, kor_error *err)
{
    (void)arg;
    (void)name;
    (void)out;
    return kor_fail(err, KOR_E_NOT_FOUND, "there are no models here");
}

static kor_status read_correction(void *arg, const char *said, kor_arena *arena,
                                  kor_correction **list, size_t *count, kor_error *err)
{
    (void)arg;
    (void)said;
    (void)arena;
    (void)list;
    (void)count;
    return kor_fail(err, KOR_E_ARG, "there are no models here");
}

static void clean_up(void)
{
    static const char *const files[] = {
        "memory.db",  "memory.db-wal", "memory.db-shm", "token",           "exclude.yaml",
        "access.log", "access.log.1",  "activity.db",   "activity.db-wal", "activity.db-shm"};
    kor_service_close(&service);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char path[64];
        (void)snprintf(path, sizeof path, "%s/%s", home, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(home);
}

static void set_up(void)
{
    static const kor_service_parts parts = {
        .home = home,
        .embedder_name = "trunk",
        .open_guard = open_guard,
        .models = no_models,
        .card = no_card,
        .figure = no_figure,
        .model = no_model,
        .read_correction = read_correction,
    };
    kor_ingest_stats stats;
    const kor_event event = {.source = "note", .text = "the demo", .text_len = 8};
    if (service.parts.home) return;
    expect(mkdtemp(home) != NULL);
    expect(kor_service_open(&service, &parts, 4141, false, NULL) == KOR_OK);
    expect(kor_service_watch(&service, 5600, NULL) == KOR_OK);
    expect(kor_service_add(&service, &event, &stats, NULL) == KOR_OK && stats.added == 1);
    (void)atexit(clean_up);
}

/* The line with the secret in place of its name. */
static const char *with_secret(kor_arena *arena, const char *line, const char *name,
                               const char *secret)
{
    size_t len = strlen(line), tail = strlen(name);
    if (len < tail || strcmp(line + len - tail, name) != 0) return line;
    char *out = kor_arena_alloc(arena, len - tail + strlen(secret) + 1);
    expect(out != NULL);
    memcpy(out, line, len - tail);
    (void)strcpy(out + len - tail, secret);
    return out;
}

/* The first piece of a stream, which then ends as if nobody took more. */
static void take_stream(kor_reply *reply)
{
    kor_str piece = {0};
    if (!reply->stream.pull) return;
    kor_stream_state state = reply->stream.pull(reply->stream.arg, &piece);
    expect(state != KOR_STREAM_BROKEN && !piece.failed);
    expect(state != KOR_STREAM_MORE || piece.len);
    reply->stream.end(reply->stream.arg);
    kor_str_free(&piece);
}

/* Errors and answers are JSON, and every answer has the headers that protect. */
static void check(const kor_reply *reply)
{
    expect(reply->status >= 200 && reply->status < 600 && reply->status != 500);
    expect(reply->headers == kor_gate_headers && !reply->body.failed);
    if (!reply->type || strcmp(reply->type, "application/json") != 0) return;
    json_t *value = json_loadb(kor_str_text(&reply->body), reply->body.len, JSON_DECODE_ANY, NULL);
    expect(value != NULL);
    /* Not the other way round: an error of a message of /mcp is 200, and a bucket may be named so.
     */
    expect(reply->status < 400 || json_object_get(value, "error"));
    json_decref(value);
}

static bool is_open(const kor_request *r)
{
    static const char *const open[] = {"/", "/health", "/login", "/api/openapi.json"};
    size_t len = strcspn(r->target, "?#");
    for (size_t i = 0; i < sizeof open / sizeof *open; i++)
        if (strlen(open[i]) == len && memcmp(r->target, open[i], len) == 0) return true;
    return false;
}

/* Watchers may say what they see, and ask where they are. */
static bool is_for_watchers(const kor_request *r)
{
    if (strncmp(r->target, "/api/0/info", 11) == 0) return true;
    return strcmp(r->method, "POST") == 0 && strncmp(r->target, "/api/0/buckets/", 15) == 0;
}

static void try_door(kor_door *door, const kor_request *r)
{
    kor_reply refused = {0}, reply = {0};
    bool let_in = kor_routes_admit(door, r, &refused);
    if (let_in) {
        kor_routes_answer(door, r, &reply);
        check(&reply);
        take_stream(&reply);
    } else if (refused.status == 204) {
        expect(strcmp(r->method, "OPTIONS") == 0 && door->gate->watchers && *refused.allow_origin);
    } else {
        expect(refused.status >= 400);
        check(&refused);
    }
    /* Nobody comes past the gate without a secret, but to what is open. */
    if (let_in && !strstr(r->authorization ? r->authorization : "", service.gate.token) &&
        !strstr(r->cookie ? r->cookie : "", service.gate.session))
        expect(door->gate->watchers ? is_for_watchers(r) : is_open(r));
    kor_str_free(&refused.body);
    kor_str_free(&reply.body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    set_up();
    kor_arena arena = {0};
    const char *line[LINES] = {"", "", NULL, NULL, NULL, NULL, NULL, NULL};
    size_t at = 0;
    for (size_t i = 0; i < LINES && at < size; i++) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - data) - at : size - at;
        char *text = kor_arena_copy(&arena, (const char *)data + at, len);
        expect(text != NULL);
        if (i < 2 || *text) line[i] = text;
        at += len + (end != NULL);
    }
    char *body = kor_arena_copy(&arena, (const char *)data + at, size - at);
    expect(body != NULL);
    kor_request r = {
        .method = line[0],
        .target = line[1],
        .host = line[2],
        .origin = line[3],
        .authorization = line[4],
        .cookie = line[5],
        .content_type = line[6],
        .fetch_site = line[7],
        .body = body,
        .body_len = size - at,
    };
    if (r.authorization)
        r.authorization = with_secret(&arena, r.authorization, "TOKEN", service.gate.token);
    if (r.cookie) r.cookie = with_secret(&arena, r.cookie, "SESSION", service.gate.session);
    try_door(&service.door, &r);
    try_door(&service.watchers_door, &r);
    kor_arena_free(&arena);
    return 0;
}
