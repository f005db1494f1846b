/* SPDX-License-Identifier: Apache-2.0 */
/* What answers are made with: memories to read from, one to write to, and the figures of it all. */
#ifndef KOR_SERVICE_H
#define KOR_SERVICE_H

#include "memory/ingest.h"
#include "serve/gate.h"
#include "serve/live.h"
#include "serve/mcp.h"
#include "serve/shapes.h"

#include <semaphore.h>
#include <stdatomic.h>

/* What the program gives; all of it outlives the service. */
typedef struct kor_service_parts {
    const char *home;
    const kor_zone *zone;
    const kor_model *embedder; /* may be NULL: then words are compared alone */
    const char *embedder_name;
    /* What a writer needs; asked for once, when something is first written. The colony may be NULL,
     * the guard not. */
    kor_status (*open_guard)(void *arg, const kor_guard **guard, const kor_colony **colony,
                             kor_error *err);
    /* The models, as `korora models --json` but for how fast they are. One call at a time. */
    json_t *(*models)(void *arg);
    /* One of them by its name, which is never a path, with "names" of its labels, its "card" and
     * whether it has a "figure"; and that figure. KOR_E_NOT_FOUND. One call at a time. */
    kor_status (*card)(void *arg, const char *name, json_t **out, kor_error *err);
    kor_status (*figure)(void *arg, const char *name, kor_str *out, kor_error *err);
    /* A model of that list by its name, which stays open. One call at a time. */
    kor_status (*model)(void *arg, const char *name, const kor_model **out, kor_error *err);
    /* Read what the user says, "kind=note" or "tags=+travel,-work", after what is in the list. One
     * call at a time. */
    kor_status (*read_correction)(void *arg, const char *said, kor_arena *arena,
                                  kor_correction **list, size_t *count, kor_error *err);
    void *arg;
} kor_service_parts;

enum { KOR_SERVICE_ROUTES = 64, KOR_SERVICE_CLASSES = 6 }; /* a class: 2 of 200 to 299 */
enum { KOR_HIDDEN = 32, KOR_HIDDEN_SIZE = 256 };

/* What one request has to itself. */
typedef struct kor_worker {
    struct kor_worker *next;
    kor_memory *memory; /* to read */
    kor_ctx *ctx;       /* of the embedder, once kor_worker_ctx made it */
    kor_mcp *mcp;       /* once a tool was called, by kor_api_mcp_of */
} kor_worker;

struct kor_service;

/* Where requests come in: the arg of kor_routes_admit and kor_routes_answer. */
typedef struct kor_door {
    struct kor_service *service;
    kor_gate *gate;
} kor_door;

/* Titles of the last pages that were excluded, in no file: a watcher of windows sends the title of
 * a browser's page, too, and not where it is. */
typedef struct kor_hidden {
    char title[KOR_HIDDEN][KOR_HIDDEN_SIZE];
    unsigned next;
} kor_hidden;

typedef struct kor_service {
    kor_service_parts parts;
    kor_gate gate, watchers; /* watchers is open when its door has a service */
    kor_door door, watchers_door;
    kor_live live;
    pthread_mutex_t lock; /* of idle and mcp */
    kor_worker *idle;
    sem_t turns;             /* one a core, for who computes */
    kor_mcp *mcp;            /* what the workers' ones are made beside */
    pthread_mutex_t writing; /* of what writes, and of what is called one at a time */
    kor_memory *writer;
    const kor_guard *guard;
    const kor_colony *colony;
    kor_guard mcp_guard;    /* of what a client of MCP stored last */
    kor_guard_ctx *watched; /* guards what watchers send, once some sent it; needs writing */
    kor_hidden hidden;      /* needs writing */
    int64_t started_ms;
    atomic_llong requests[KOR_SERVICE_ROUTES][KOR_SERVICE_CLASSES];
    atomic_llong microseconds[KOR_SERVICE_ROUTES];
    kor_recall_totals recalls; /* since the start; needs lock */
} kor_service;

/* Make the memory when there is none, and open the gate. */
kor_status kor_service_open(kor_service *s, const kor_service_parts *parts, unsigned port,
                            bool new_token, kor_error *err);
void kor_service_close(kor_service *s);

/* Open the gate of watchers, on another port. */
kor_status kor_service_watch(kor_service *s, unsigned port, kor_error *err);

/* A worker that nobody has; to be given back. There are as many as there were requests at a time.
 */
kor_status kor_service_take(kor_service *s, kor_worker **out, kor_error *err);
void kor_service_give(kor_service *s, kor_worker *worker);

/* What questions took since the start, those of MCP too. */
void kor_service_recalls(kor_service *s, kor_recall_totals *out);

/* Around what computes for a millisecond or more, and waits for nothing: as many do at a time as
 * there are cores. More of them would share the cores, and all be late. */
void kor_service_begin_turn(kor_service *s);
void kor_service_end_turn(kor_service *s);

kor_status kor_worker_ctx(const kor_service *s, kor_worker *worker, kor_ctx **out, kor_error *err);

/* Store one event, as `korora add` does: guarded, and read by the colony. What is excluded is read
 * anew each time. */
kor_status kor_service_add(kor_service *s, const kor_event *event, kor_ingest_stats *stats,
                           kor_error *err);

/* Do something with the memory that is written to, one at a time. */
kor_status kor_service_write(kor_service *s,
                             kor_status (*work)(void *arg, kor_memory *memory, kor_error *err),
                             void *arg, kor_error *err);

/* The memory that is written to, for one thread at a time; to be ended when it was had. */
kor_status kor_service_begin_write(kor_service *s, kor_memory **out, kor_error *err);
void kor_service_end_write(kor_service *s);

/* What a file of the user's gave, when it was read for who asks: where the file is wrong, that is
 * no fault of the asker's, and KOR_E_INPUT becomes KOR_E_DAMAGED. A watcher that is told so sends
 * its heartbeats again. */
kor_status kor_service_own_fault(kor_status status, kor_error *err);

/* HOME/exclude.yaml, read; KOR_E_DAMAGED when it is wrong. Free with kor_exclusions_free, after a
 * failure too. */
kor_status kor_service_exclusions(const kor_service *s, kor_exclusions *out, kor_error *err);

#endif
