/* SPDX-License-Identifier: Apache-2.0 */
/* Routes that answer what tools of MCP answer: by the same functions. */
#include "serve/api.h"
#include "serve/mcp_inner.h"

#include "memory/forget.h"

/* Call a tool for the user, who is limited in nothing. scope NULL: their own memory. */
static void call_tool(kor_ask *ask, kor_mcp_tool *tool, const char *scope, const json_t *args)
{
    kor_mcp *of;
    kor_error err = {0};
    json_t *links = json_array(), *answer = NULL;
    kor_status status = kor_api_mcp_of(ask, &of, &err);
    if (status == KOR_OK) {
        kor_mcp server = *of;
        kor_mcp_peer peer = {0};
        kor_mcp_call call = {.server = &server, .peer = &peer, .now_ms = kor_now_ms()};
        server.host.scope = scope;
        answer = tool(&call, args, links, &err);
        ask->results = call.results;
    }
    if (answer)
        kor_ask_reply(ask, 200, answer);
    else
        kor_ask_fail(ask, &err);
    json_decref(links);
}

/* Related events are those of its own scope. */
void kor_api_related(kor_ask *ask)
{
    kor_memory *memory;
    kor_event event;
    kor_error err;
    kor_status status = kor_ask_memory(ask, &memory, &err);
    if (status == KOR_OK) status = kor_memory_get(memory, ask->id, &ask->arena, &event, &err);
    if (status != KOR_OK) {
        kor_ask_fail(ask, &err);
        return;
    }
    json_t *args = json_pack("{s:I,s:I}", "id", (json_int_t)ask->id, "limit",
                             (json_int_t)kor_ask_integer(ask, "limit", 8));
    call_tool(ask, kor_mcp_related, event.scope, args);
    json_decref(args);
}

/* Without a token it is a dry run, which gives one. */
void kor_api_forget(kor_ask *ask)
{
    const json_t *ids = json_object_get(ask->body, "ids");
    if (ids && !json_is_array(ids)) {
        kor_ask_refuse(ask, 400, "ids: a list of numbers is expected");
        return;
    }
    json_t *args = json_copy(ask->body);
    if (json_object_get(args, "token")) json_object_set_new(args, "dry_run", json_false());
    call_tool(ask, kor_mcp_forget, kor_ask_body(ask, "scope"), args);
    json_decref(args);
}

static kor_status forget_one(void *arg, kor_memory *memory, kor_error *err)
{
    kor_ask *ask = arg;
    kor_forgotten gone;
    KOR_TRY(kor_forget_run(memory, &ask->id, 1, &gone, err));
    if (!gone.events) return kor_fail(err, KOR_E_NOT_FOUND, "no event %lld", (long long)ask->id);
    ask->results = gone.events;
    kor_ask_reply(
        ask, 200,
        json_pack("{s:I,s:b}", "events", (json_int_t)gone.events, "in_the_log", gone.in_the_log));
    return KOR_OK;
}

void kor_api_forget_event(kor_ask *ask)
{
    kor_error err;
    if (kor_service_write(ask->service, forget_one, ask, &err) != KOR_OK) kor_ask_fail(ask, &err);
}
