/* SPDX-License-Identifier: Apache-2.0 */
/* /mcp: the Model Context Protocol over Streamable HTTP. A message is a POST and its answer the
 * body of the reply; nothing is kept between two of them, so a client that comes back with a
 * session of long ago is answered like any other. */
#include "serve/api.h"

#include "serve/jsonrpc.h"
#include "serve/mcp.h"

#include <stdio.h>
#include <string.h>

/* What is excluded is read anew each time. Called while the service is written to. */
static kor_status lend(void *arg, const kor_guard **guard, const kor_colony **colony,
                       kor_error *err)
{
    kor_service *s = arg;
    kor_exclusions fresh = {0};
    if (!s->guard) KOR_TRY(s->parts.open_guard(s->parts.arg, &s->guard, &s->colony, err));
    kor_status status = kor_service_exclusions(s, &fresh, err);
    if (status != KOR_OK) {
        kor_exclusions_free(&fresh);
        return status;
    }
    kor_exclusions_free(&s->mcp_guard.exclusions);
    s->mcp_guard = (kor_guard){.secrets = s->guard->secrets, .exclusions = fresh};
    *guard = &s->mcp_guard;
    *colony = s->colony;
    return KOR_OK;
}

typedef struct exchange {
    kor_ask *ask;
    kor_mcp_peer peer;
    int code;
} exchange;

static kor_status exchange_messages(void *arg, kor_memory *memory, kor_error *err)
{
    exchange *x = arg;
    kor_service *s = x->ask->service;
    const kor_request *r = x->ask->request;
    if (!s->mcp) {
        const kor_mcp_host host = {.memory = memory,
                                   .home = s->parts.home,
                                   .zone = s->parts.zone,
                                   .through = "http",
                                   .writer = lend,
                                   .arg = s};
        KOR_TRY(kor_mcp_new(&s->mcp, &host, err));
    }
    x->code =
        kor_mcp_answer(s->mcp, &x->peer, r->body ? r->body : "", r->body_len, &x->ask->reply->body);
    return KOR_OK;
}

/* Statuses are of the modern era; before, an error of the protocol was a reply like any other. */
static int status_of(const exchange *x)
{
    switch (x->code) {
    case 0: return 200;
    case KOR_RPC_PARSE:
    case KOR_RPC_REQUEST:
    case KOR_MCP_HEADERS:
    case KOR_MCP_UNSUPPORTED: return 400;
    case KOR_RPC_METHOD: return x->peer.modern ? 404 : 200;
    case KOR_RPC_PARAMS: return x->peer.modern ? 400 : 200;
    default: return 200;
    }
}

void kor_api_mcp(kor_ask *ask)
{
    const kor_request *r = ask->request;
    exchange x = {.ask = ask,
                  .peer = {.has_headers = true,
                           .header_version = r->mcp_version,
                           .header_method = r->mcp_method,
                           .header_name = r->mcp_name}};
    kor_error err;
    char client[KOR_CLIENT_NAME];
    int status;
    /* Since its headers came, the token may have been taken away. */
    const char *why =
        kor_gate_check(&ask->service->gate, r, ask->route->access, false, client, &status);
    if (why) {
        kor_ask_refuse(ask, status, "%s", why);
        return;
    }
    if (*client) x.peer.granted = client;
    if (r->mcp_version) (void)snprintf(x.peer.version, sizeof x.peer.version, "%s", r->mcp_version);
    if (kor_service_write(ask->service, exchange_messages, &x, &err) != KOR_OK) {
        kor_ask_fail(ask, &err);
        return;
    }
    /* Nothing to answer: a notification. */
    ask->reply->status = ask->reply->body.len ? status_of(&x) : 202;
    if (ask->reply->body.len) ask->reply->type = "application/json";
}
