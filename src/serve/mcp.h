/* SPDX-License-Identifier: Apache-2.0 */
/* The Model Context Protocol over a memory: one message in, at most one reply out. What carries
 * them (standard input and output, HTTP) is somebody else's.
 *
 * Two eras are spoken side by side. Revisions from 2024-11-05 to 2025-11-25 begin with
 * `initialize`; what it said is kept in the peer, and a client that forgot to is answered all the
 * same. From 2026-07-28 on each request names its revision, and nothing is kept. */
#ifndef KOR_MCP_H
#define KOR_MCP_H

#include "base/str.h"
#include "colony/guard.h"
#include "memory/memory.h"

#define KOR_MCP_LEGACY "2025-11-25" /* the latest with `initialize` */
#define KOR_MCP_MODERN "2026-07-28"

enum {
    KOR_MCP_HEADERS = -32020,    /* HTTP headers and message disagree */
    KOR_MCP_UNSUPPORTED = -32022 /* a revision that is not spoken */
};

/* What the program lends; it outlives the server. */
typedef struct kor_mcp_host {
    kor_memory *memory; /* to read from, and to write to where nothing else is borrowed */
    const char *home;   /* where the log of accesses is written */
    const kor_zone *zone;
    const char *scope;   /* NULL: the user's own memory */
    const char *through; /* "stdio", "http": for the log */
    int64_t now_ms;      /* 0: the clock's */
    /* The guard and the colony, for what is to be stored, asked for each time: what is excluded may
     * have changed. */
    kor_status (*writer)(void *arg, const kor_guard **guard, const kor_colony **colony,
                         kor_error *err);
    /* The memory to write to, and that it is not needed any more, in the same thread. NULL: memory
     * itself, which is open to write. */
    kor_status (*borrow)(void *arg, kor_memory **out, kor_error *err);
    void (*give_back)(void *arg);
    void *arg;
} kor_mcp_host;

/* One server a thread. */
typedef struct kor_mcp kor_mcp;

kor_status kor_mcp_new(kor_mcp **out, const kor_mcp_host *host, kor_error *err);

/* Another one for another thread, which reads from memory. What one gives a token for, the other
 * does. */
kor_status kor_mcp_new_beside(kor_mcp **out, const kor_mcp *first, kor_memory *memory,
                              kor_error *err);
void kor_mcp_free(kor_mcp *server);

/* Whoever sends messages: a process on the other end of a pipe, or one HTTP request.
 * Zero-initialise. */
typedef struct kor_mcp_peer {
    char version[16]; /* as `initialize` or a header said; "" when nothing was said */
    char client[65];  /* what it calls itself */
    bool modern;      /* was its last request of the modern era? Set by kor_mcp_answer */
    /* Of an HTTP request: its headers, which must agree with a modern message. NULL: not there. */
    bool has_headers;
    const char *header_version, *header_method, *header_name;
} kor_mcp_peer;

/* Answer one message, or one batch where the peer's revision has them: appended to reply, one line
 * without its end; nothing when there is no answer to give. Returns the code of the error that is
 * the reply, or 0. */
int kor_mcp_answer(kor_mcp *server, kor_mcp_peer *peer, const char *bytes, size_t len,
                   kor_str *reply);

/* The id of a session: it has the peer's name in it, and nothing is kept. Empty when the peer has
 * said no name. */
enum { KOR_MCP_SESSION_SIZE = 160 };
void kor_mcp_session(const kor_mcp *server, const kor_mcp_peer *peer,
                     char out[KOR_MCP_SESSION_SIZE]);

/* Take the name from an id; one that is not of this process leaves the peer as it is. */
void kor_mcp_resume(const kor_mcp *server, kor_mcp_peer *peer, const char *session);

#endif
