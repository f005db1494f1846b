/* SPDX-License-Identifier: Apache-2.0 */
/* From a request to what answers it. What is asked is read and checked here by what a route says of
 * itself, and the same says what /api/openapi.json describes. */
#ifndef KOR_ROUTES_H
#define KOR_ROUTES_H

#include "base/arena.h"
#include "serve/service.h"

typedef enum kor_given_type {
    KOR_GIVEN_TEXT,
    KOR_GIVEN_INTEGER,
    KOR_GIVEN_SWITCH, /* true or false */
    KOR_GIVEN_OBJECT,
    KOR_GIVEN_ANY
} kor_given_type;

/* A parameter of the query, or a field of the body. */
typedef struct kor_given {
    const char *name; /* NULL ends a list */
    kor_given_type type;
    bool needed;
    int64_t least, most; /* of an integer */
    const char *what;    /* for people */
} kor_given;

enum { KOR_GIVENS = 16, KOR_NAME_SIZE = 64 };

typedef struct kor_ask kor_ask;

/* What is special about a route. */
enum {
    KOR_ROUTE_WHOLE = 1, /* the body is JSON, and the answerer's to read */
    /* No line of the access log: it neither tells nor changes what is remembered, or the answerer
     * writes its own. */
    KOR_ROUTE_UNLOGGED = 2
};

typedef struct kor_route {
    const char *method, *path; /* "/api/events/{id}", "/web/{name}"; NULL ends the list */
    kor_admission access;
    const char *summary;
    const kor_given *query, *body; /* NULL: none. The query is that, or nothing */
    const char *type;              /* of the answer; NULL: JSON */
    void (*answer)(kor_ask *ask);
    unsigned is; /* KOR_ROUTE_..., or 0 */
} kor_route;

extern const kor_route kor_routes[];

struct kor_ask {
    kor_service *service;
    const kor_request *request;
    const kor_route *route;
    kor_reply *reply;
    const kor_gate *gate;          /* that it came through */
    int64_t id;                    /* of {id} */
    const char *bucket;            /* of {bucket}, decoded; see kor_is_bucket_name */
    char name[KOR_NAME_SIZE];      /* of {name}: letters, digits, '.', '_' and '-', no '.' first */
    const char *given[KOR_GIVENS]; /* by their place in route->query, decoded; NULL: not given */
    json_t *body;                  /* an object with the fields of route->body */
    kor_worker *worker;            /* once kor_ask_memory took it */
    int64_t results;               /* events in the answer, stored or forgotten, for the log */
    kor_arena arena;
};

/* For kor_server_options. arg is a kor_door. */
bool kor_routes_admit(void *arg, const kor_request *request, kor_reply *reply);
void kor_routes_answer(void *arg, const kor_request *request, kor_reply *reply);
void kor_routes_refuse(void *arg, int status, const char *why, kor_reply *reply);

/* ---- For those who answer ---- */

/* A parameter of the query; NULL: not given. */
const char *kor_ask_text(const kor_ask *ask, const char *name);
int64_t kor_ask_integer(const kor_ask *ask, const char *name, int64_t fallback);
bool kor_ask_switch(const kor_ask *ask, const char *name);

/* A field of the body that is text; NULL: not given, or null. */
const char *kor_ask_body(const kor_ask *ask, const char *name);

/* A body that is the answerer's to read, as JSON that nests no deeper than any may; the request's.
 * NULL when it is none, with the reply filled. */
json_t *kor_ask_json(kor_ask *ask);

/* May a bucket be called so? 1 to 255 bytes of UTF-8, no '/' and nothing that steers: whatever is
 * stored can be asked for as {bucket}. */
bool kor_is_bucket_name(const char *name);

/* A memory to read, until the request is answered. */
kor_status kor_ask_memory(kor_ask *ask, kor_memory **out, kor_error *err);

/* Answer with a stream, which the reply owns from then on. */
void kor_ask_stream(kor_ask *ask, const char *type, const kor_stream *stream);

/* Answer with JSON, which is freed. */
void kor_ask_reply(kor_ask *ask, int status, json_t *value);

/* Answer with an error: {"error": {"message", "type"}}, the shape of OpenAI's. */
void kor_ask_refuse(kor_ask *ask, int status, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void kor_ask_fail(kor_ask *ask, const kor_error *err);

/* What all routes are, as OpenAPI 3.1. */
json_t *kor_routes_openapi(void);

#endif
