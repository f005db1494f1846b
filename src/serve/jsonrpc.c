/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/jsonrpc.h"

#include "serve/shapes.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

json_t *kor_rpc_fail(kor_rpc_error *e, int code, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    e->code = code;
    (void)vsnprintf(e->message, sizeof e->message, fmt, ap);
    va_end(ap);
    return NULL;
}

/* Brackets open at the deepest place; what stands in strings is none. Before the parser, which
 * calls itself for each. */
static int depth_of(const char *bytes, size_t len)
{
    int depth = 0, deepest = 0;
    bool in_text = false;
    for (size_t i = 0; i < len; i++) {
        if (in_text) {
            if (bytes[i] == '\\')
                i++;
            else
                in_text = bytes[i] != '"';
            continue;
        }
        switch (bytes[i]) {
        case '"': in_text = true; break;
        case '[':
        case '{':
            if (++depth > deepest) deepest = depth;
            break;
        case ']':
        case '}': depth--; break;
        default: break;
        }
    }
    return deepest;
}

json_t *kor_rpc_parse(const char *bytes, size_t len, kor_rpc_error *e)
{
    json_error_t why;
    if (len > KOR_RPC_MESSAGE_MAX)
        return kor_rpc_fail(e, KOR_RPC_REQUEST, "the message is longer than %d bytes",
                            KOR_RPC_MESSAGE_MAX);
    if (depth_of(bytes, len) > KOR_RPC_DEPTH)
        return kor_rpc_fail(e, KOR_RPC_PARSE, "nested deeper than %d", KOR_RPC_DEPTH);
    json_t *message = json_loadb(bytes, len, JSON_REJECT_DUPLICATES, &why);
    if (message) return message;
    switch (json_error_code(&why)) {
    case json_error_invalid_utf8: return kor_rpc_fail(e, KOR_RPC_PARSE, "not UTF-8");
    case json_error_out_of_memory: return kor_rpc_fail(e, KOR_RPC_FAILED, "out of memory");
    case json_error_numeric_overflow:
        return kor_rpc_fail(e, KOR_RPC_PARSE, "a number is out of range");
    case json_error_duplicate_key: return kor_rpc_fail(e, KOR_RPC_PARSE, "a key stands twice");
    case json_error_null_character:
    case json_error_null_byte_in_key:
        return kor_rpc_fail(e, KOR_RPC_PARSE, "a NUL character in a text");
    case json_error_premature_end_of_input:
        return kor_rpc_fail(e, KOR_RPC_PARSE, "the message ends in the middle");
    default:
        return kor_rpc_fail(e, KOR_RPC_PARSE, "not JSON, at byte %d",
                            why.position > 0 ? why.position : 0);
    }
}

static bool is_id(const json_t *id)
{
    return json_is_integer(id) || (json_is_string(id) && json_string_length(id) <= KOR_RPC_ID_MAX);
}

kor_rpc_kind kor_rpc_read(kor_rpc *out, json_t *message, kor_rpc_error *e)
{
    *out = (kor_rpc){0};
    if (!json_is_object(message)) {
        kor_rpc_fail(e, KOR_RPC_REQUEST, "a message is an object");
        return KOR_RPC_WRONG;
    }
    const json_t *version = json_object_get(message, "jsonrpc"),
                 *id = json_object_get(message, "id"), *method = json_object_get(message, "method");
    if (is_id(id)) out->id = id;
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0) {
        kor_rpc_fail(e, KOR_RPC_REQUEST, "\"jsonrpc\" must be \"2.0\"");
        return KOR_RPC_WRONG;
    }
    if (!method && (json_object_get(message, "result") || json_object_get(message, "error")))
        return KOR_RPC_RESPONSE;
    if (!json_is_string(method)) {
        kor_rpc_fail(e, KOR_RPC_REQUEST, "no \"method\" that is a text");
        return KOR_RPC_WRONG;
    }
    out->method = json_string_value(method);
    if (id && !out->id) {
        kor_rpc_fail(e, KOR_RPC_REQUEST,
                     "\"id\" must be a whole number, or a text of at most %d bytes",
                     KOR_RPC_ID_MAX);
        return KOR_RPC_WRONG;
    }
    out->params = json_object_get(message, "params");
    if (out->params && !json_is_object(out->params)) {
        out->params = NULL;
        if (!id) return KOR_RPC_NOTIFICATION;
        kor_rpc_fail(e, KOR_RPC_PARAMS, "\"params\" must be an object");
        return KOR_RPC_WRONG;
    }
    return id ? KOR_RPC_CALL : KOR_RPC_NOTIFICATION;
}

static json_t *reply_to(const json_t *id)
{
    json_t *reply = json_object();
    json_object_set_new(reply, "jsonrpc", json_string("2.0"));
    json_object_set_new(reply, "id", id ? json_copy((json_t *)id) : json_null());
    return reply;
}

json_t *kor_rpc_result(const json_t *id, json_t *result)
{
    json_t *reply = reply_to(id);
    json_object_set_new(reply, "result", result);
    return reply;
}

json_t *kor_rpc_refusal(const json_t *id, kor_rpc_error *e)
{
    json_t *reply = reply_to(id), *error = json_object();
    json_object_set_new(error, "code", json_integer(e->code));
    /* A message may quote what was asked, cut anywhere. */
    json_object_set_new(error, "message", kor_text_json(e->message, strlen(e->message)));
    if (e->data) json_object_set_new(error, "data", e->data);
    e->data = NULL;
    json_object_set_new(reply, "error", error);
    return reply;
}
