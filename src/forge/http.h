/* SPDX-License-Identifier: Apache-2.0 */
/* Requests to one address, some at a time: what the teacher needs of HTTP. The one that does it is
 * a module (korora-http.so, over libcurl), so that no other command waits for that library; tests
 * bring their own. */
#ifndef KOR_HTTP_H
#define KOR_HTTP_H

#include "base/status.h"
#include "base/str.h"

#include <stdbool.h>
#include <stddef.h>

typedef struct kor_http kor_http;

typedef struct kor_http_options {
    const char *url;
    const char *key; /* a bearer token; NULL for none */
    bool direct;     /* whatever the environment says, no proxy */
    size_t parallel; /* requests at a time: their numbers are below this */
    double timeout_seconds;
    size_t reply_max; /* bytes of a reply at most */
} kor_http_options;

typedef struct kor_http_reply {
    size_t number;      /* of its request */
    bool whole;         /* there is a status and all of the body; else why says what happened */
    long status;        /* 200 */
    double retry_after; /* seconds that the server asks to wait; 0: it does not */
    kor_str body;       /* the caller's to free */
    char why[160];
} kor_http_reply;

/* One thread at a time may use a kor_http. What options point to is copied. */
typedef struct kor_http_api {
    kor_status (*open)(kor_http **out, const kor_http_options *options, kor_error *err);
    /* POST JSON under a number that is free. body stays the caller's until the reply is there. */
    kor_status (*start)(kor_http *http, size_t number, const kor_str *body, kor_error *err);
    /* Wait for at most so many seconds for the next reply. *there: it came. */
    kor_status (*wait)(kor_http *http, double seconds, kor_http_reply *reply, bool *there,
                       kor_error *err);
    double (*seconds)(kor_http *http); /* a monotonic clock */
    void (*close)(kor_http *http);     /* what is under way is given up; NULL is fine */
} kor_http_api;

/* The module's. KOR_E_UNSUPPORTED when it is not there. It stays loaded. */
kor_status kor_http_load(const kor_http_api **out, kor_error *err);

/* What the module exports. */
KOR_API const kor_http_api *kor_http_module(void);

#endif
