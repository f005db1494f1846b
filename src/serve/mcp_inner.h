/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the MCP server share. */
#ifndef KOR_MCP_INNER_H
#define KOR_MCP_INNER_H

#include "serve/jsonrpc.h"
#include "serve/mcp.h"
#include "serve/shapes.h"

struct kor_mcp {
    kor_mcp_host host;
    uint64_t salt; /* of the tokens that dry runs give */
    json_t *tools; /* of kor_mcp_tools_json, all fields */
};

/* One request on its way. */
typedef struct kor_mcp_call {
    kor_mcp *server;
    kor_mcp_peer *peer;
    bool modern;
    const char *version; /* of the protocol, for this request */
    int64_t now_ms;
    json_t *params;     /* an object; never NULL */
    kor_rpc_error *err; /* of the protocol */
    /* For the log. */
    const char *name;
    int64_t results;
    bool failed; /* a tool said why it does not do it */
} kor_mcp_call;

/* Does the client's revision have what came with this one? */
bool kor_mcp_since(const kor_mcp_call *c, const char *version);

/* A parameter that is text; NULL where it is missing. Anything else is an error of the protocol. */
const char *kor_mcp_text_param(kor_mcp_call *c, const char *name);

/* An error of the memory as one of the protocol. Returns NULL. */
json_t *kor_mcp_fail(kor_mcp_call *c, const kor_error *err);

/* ---- Handlers: a result, or NULL with the call's error ---- */

json_t *kor_mcp_tools_list(kor_mcp_call *c);
json_t *kor_mcp_tools_call(kor_mcp_call *c);
json_t *kor_mcp_resources_list(kor_mcp_call *c);
json_t *kor_mcp_templates_list(kor_mcp_call *c);
json_t *kor_mcp_resources_read(kor_mcp_call *c);
json_t *kor_mcp_prompts_list(kor_mcp_call *c);
json_t *kor_mcp_prompts_get(kor_mcp_call *c);
json_t *kor_mcp_complete(kor_mcp_call *c);

/* ---- Tools ---- */

/* All tools with their schemas; NULL when memory is out. */
json_t *kor_mcp_tools_json(void);

/* A value against a schema of ours (type, enum, minimum, maximum, minLength, maxLength, maxItems,
 * items, properties, required, additionalProperties): true, or the place and what is wrong there in
 * why. */
bool kor_mcp_fits(const json_t *schema, const json_t *value, const char *place, kor_str *why);

/* What a tool answers: structured content, or NULL with err set. links are resource links to go
 * with it. */
typedef json_t *kor_mcp_tool(kor_mcp_call *c, const json_t *args, json_t *links, kor_error *err);
kor_mcp_tool kor_mcp_search, kor_mcp_fetch, kor_mcp_timeline, kor_mcp_related, kor_mcp_resolve_time,
    kor_mcp_remember, kor_mcp_forget;

/* ---- Events ---- */

/* An event with all that is said of it; its text from offset on. KOR_E_NOT_FOUND when there is none
 * in the host's scope. */
json_t *kor_mcp_event(kor_mcp_call *c, int64_t id, size_t offset, kor_error *err);

/* A day or a range in words, gathered into stretches; words NULL are the latest days. */
json_t *kor_mcp_days(kor_mcp_call *c, const char *words, const json_t *args, kor_error *err);

/* The number in "12", 12 or "memory://event/12"; 0 when it is none. */
int64_t kor_mcp_event_id(const json_t *value);

#define KOR_MCP_DAY_URI "memory://day/"

#endif
