/* SPDX-License-Identifier: Apache-2.0 */
/* /mcp: the Model Context Protocol over Streamable HTTP. A message is a POST and its answer the
 * body of the reply; nothing is kept between two of them but the client's name, in the id of its
 * session. One that comes back with a session of long ago is answered like any other. */
#include "serve/api.h"

#include "serve/jsonrpc.h"
#include "serve/mcp.h"

#include <stdio.h>
#include <string.h>

/* What is excluded is read anew each time. Called while the memory to write to is borrowed.
 */
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

static kor_status borrow(void *arg, kor_memory **out, kor_error *err)
{
    return kor_service_begin_write(arg, out, err);
}

static void give_back(void *arg)
{
    kor_service_end_write(arg);
}

kor_status kor_api_mcp_of(kor_ask *ask, kor_mcp **out, kor_error *err)
{
    kor_service *s = ask->service;
    kor_memory *memory;
    kor_status status = KOR_OK;
    KOR_TRY(kor_ask_memory(ask, &memory, err));
    if (!ask->worker->mcp) {
        const kor_mcp_host host = {.home = s->parts.home,
                                   .zone = s->parts.zone,
                                   .through = "http",
                                   .writer = lend,
                                   .borrow = borrow,
                                   .give_back = give_back,
                                   .arg = s};
        pthread_mutex_lock(&s->lock);
        if (!s->mcp) status = kor_mcp_new(&s->mcp, &host, err);
        if (status == KOR_OK) status = kor_mcp_new_beside(&ask->worker->mcp, s->mcp, memory, err);
        pthread_mutex_unlock(&s->lock);
    }
    *out = ask->worker->mcp;
    return status;
}

/* Statuses are of the modern era; before, an error of the protocol was a reply like any other. */
static int status_of(int code, bool modern)
{
    switch (code) {
    case 0: return 200;
    case KOR_RPC_PARSE:
    case KOR_RPC_REQUEST:
    case KOR_MCP_HEADERS:
    case KOR_MCP_UNSUPPORTED: return 400;
    case KOR_RPC_METHOD: return modern ? 404 : 200;
    case KOR_RPC_PARAMS: return modern ? 400 : 200;
    default: return 200;
    }
}

void kor_api_mcp(kor_ask *ask)
{
    const kor_request *r = ask->request;
    kor_mcp_peer peer = {.has_headers = true,
                         .header_version = r->mcp_version,
                         .header_method = r->mcp_method,
                         .header_name = r->mcp_name};
    kor_mcp *server;
    kor_error err;
    if (r->mcp_version) (void)snprintf(peer.version, sizeof peer.version, "%s", r->mcp_version);
    if (kor_api_mcp_of(ask, &server, &err) != KOR_OK) {
        kor_ask_fail(ask, &err);
        return;
    }
    kor_reply *reply = ask->reply;
    kor_mcp_resume(server, &peer, r->mcp_session);
    bool unnamed = !*peer.client;
    int code = kor_mcp_answer(server, &peer, r->body ? r->body : "", r->body_len, &reply->body);
    /* It said its name just now. */
    if (unnamed && !peer.modern) kor_mcp_session(server, &peer, reply->mcp_session);
    /* Nothing to answer: a notification. */
    reply->status = reply->body.len ? status_of(code, peer.modern) : 202;
    if (reply->body.len) reply->type = "application/json";
}
