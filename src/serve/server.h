/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP in and out, and nothing of what is said: sockets, limits, times. libmicrohttpd, and what it
 * needs for TLS that is not used here, lives in korora-serve.so, loaded when it is asked for. */
#ifndef KOR_SERVER_H
#define KOR_SERVER_H

#include "base/status.h"
#include "base/str.h"

/* As it came. Strings are NUL-terminated, bytes of any kind, borrowed for the call; a header that
 * is not there is NULL. */
typedef struct kor_request {
    const char *method;
    const char *target; /* path and query, not decoded: "/api/recall?q=the%20demo" */
    const char *host, *origin, *authorization, *cookie, *content_type, *fetch_site;
    const char *user_agent, *last_event_id;
    const char *mcp_version, *mcp_method, *mcp_name; /* what a message of MCP says of itself */
    const char *mcp_session;
    const char *framing; /* Content-Length or Transfer-Encoding: where the body ends */
    bool twice;          /* one of these headers came more than once, or both of these */
    const char *body;
    size_t body_len;
} kor_request;

typedef enum kor_stream_state {
    KOR_STREAM_MORE, /* pull again when it is sent */
    KOR_STREAM_WAIT, /* there is nothing yet: pull again after the server was woken */
    KOR_STREAM_DONE, /* that was all */
    KOR_STREAM_BROKEN
} kor_stream_state;

/* A body that is pulled piece by piece, as fast as the client takes it. Both are called on the one
 * thread that serves all sockets, so that they wait for nothing that takes long. */
typedef struct kor_stream {
    /* Append the next piece; with KOR_STREAM_MORE it is not empty. One call at a time. */
    kor_stream_state (*pull)(void *arg, kor_str *piece);
    void (*end)(void *arg); /* called once, when it ended or nobody takes it any more; frees arg */
    void *arg;
} kor_stream;

typedef struct kor_reply {
    int status;
    const char *type;                    /* of the body; static */
    const char *const (*headers)[2];     /* name and value; ends with NULL; static */
    const char *allow;                   /* of 405: the methods there are; static, or NULL */
    char location[256], set_cookie[256]; /* "": none */
    char allow_origin[128];              /* whose page may read it, beside our own; "": none */
    char mcp_session[160];               /* likewise: Mcp-Session-Id */
    kor_str body;
    kor_stream stream; /* in place of the body, where it has a pull */
} kor_reply;

typedef struct kor_server_options {
    int listener;     /* a listening socket; the server closes it, also when it cannot start */
    size_t threads;   /* that answer; 1 to 64 */
    size_t body_max;  /* bytes of a body; one that is longer is not kept, and answered with 413 */
    unsigned seconds; /* for a client to send a request, and to take the answer */
    /* Is a request to be read on, by its headers? When not, the reply is filled. Called before a
     * body is taken, on the thread that serves all sockets. */
    bool (*admit)(void *arg, const kor_request *request, kor_reply *reply);
    /* Fill the reply: threads of its own, as many as there are at a time. It may take long. */
    void (*answer)(void *arg, const kor_request *request, kor_reply *reply);
    /* Fill the reply for what could not be read: a status and why. */
    void (*refuse)(void *arg, int status, const char *why, kor_reply *reply);
    void *arg;
} kor_server_options;

typedef struct kor_server kor_server;

/* What the module exports, by kor_server_module. */
typedef struct kor_server_api {
    kor_status (*start)(kor_server **out, const kor_server_options *options, kor_error *err);
    /* Requests that are being answered are answered first; streams end where they are. NULL is
     * allowed. */
    void (*stop)(kor_server *server);
    /* Pull streams that wait again. From any thread, with any lock of the streams' own held. */
    void (*wake)(kor_server *server);
} kor_server_api;

/* KOR_E_UNSUPPORTED when the module was not built or cannot be loaded. */
kor_status kor_server_load(const kor_server_api **out, kor_error *err);

KOR_API const kor_server_api *kor_server_module(void);

/* A listening socket on 127.0.0.1, never on another address. *port 0 takes a free one and becomes
 * it. KOR_E_BUSY when something else listens there. */
kor_status kor_listen_loopback(int *out, unsigned *port, kor_error *err);

/* The same on a socket in the file system, for its owner alone (0600). What a server that was
 * killed left there is replaced; one that is listened on is KOR_E_BUSY. */
kor_status kor_listen_socket(int *out, const char *path, kor_error *err);

#endif
