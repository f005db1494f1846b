/* SPDX-License-Identifier: Apache-2.0 */
/* JSON-RPC 2.0: messages in, replies out, whatever carries them and whatever they are about. */
#ifndef KOR_JSONRPC_H
#define KOR_JSONRPC_H

#include "base/str.h"

#include <jansson.h>

enum {
    KOR_RPC_PARSE = -32700,   /* not JSON */
    KOR_RPC_REQUEST = -32600, /* JSON, but no request */
    KOR_RPC_METHOD = -32601,  /* no such method */
    KOR_RPC_PARAMS = -32602,  /* wrong parameters */
    KOR_RPC_FAILED = -32603   /* our fault, or the machine's */
};

enum {
    KOR_RPC_MESSAGE_MAX = 8 << 20, /* bytes of a message */
    KOR_RPC_DEPTH = 64,            /* of what is nested in it */
    KOR_RPC_ID_MAX = 256,          /* bytes of an id that is text */
    KOR_RPC_BATCH = 64             /* messages in a batch */
};

/* Why a message cannot be answered as it wishes. Zero-initialise. */
typedef struct kor_rpc_error {
    int code; /* 0: none */
    char message[256];
    json_t *data; /* or NULL; owned */
} kor_rpc_error;

/* Fill *e; returns NULL, so that a maker of results can write: return kor_rpc_fail(...). */
json_t *kor_rpc_fail(kor_rpc_error *e, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Bytes of a message as JSON: UTF-8, no key twice, no NUL, nothing nested deeper than
 * KOR_RPC_DEPTH. NULL with *e filled when it is none. */
json_t *kor_rpc_parse(const char *bytes, size_t len, kor_rpc_error *e);

typedef enum kor_rpc_kind {
    KOR_RPC_CALL,         /* wants a reply */
    KOR_RPC_NOTIFICATION, /* wants none */
    KOR_RPC_RESPONSE,     /* to a request that we never made */
    KOR_RPC_WRONG         /* is answered with the error */
} kor_rpc_kind;

/* What a message says; borrowed from it. */
typedef struct kor_rpc {
    const json_t *id;   /* text or a whole number; NULL where it has none that is valid */
    const char *method; /* NULL of a response */
    json_t *params;     /* an object, or NULL */
} kor_rpc;

kor_rpc_kind kor_rpc_read(kor_rpc *out, json_t *message, kor_rpc_error *e);

/* Replies. id NULL is null. result and the error's data are taken over. */
json_t *kor_rpc_result(const json_t *id, json_t *result);
json_t *kor_rpc_refusal(const json_t *id, kor_rpc_error *e);

#endif
