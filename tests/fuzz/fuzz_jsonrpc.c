/* SPDX-License-Identifier: Apache-2.0 */
/* Messages to the MCP server, a line each, as one peer would send them: with a memory of a few
 * events behind it, whose tools may be called. Whatever comes in, an answer is JSON-RPC, in one
 * line, and nothing is forgotten without a token. */
#include "memory/ingest.h"
#include "serve/mcp.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
    if (!good) abort();
}

static char home[] = "/tmp/korora-fuzz-XXXXXX";
static kor_memory *memory;
static kor_guard guard;

static kor_status lend(void *arg, const kor_guard **g, const kor_colony **colony, kor_error *err)
{
    (void)arg;
    *g = &guard;
    *colony = NULL;
    /* Storing waits for the disk: what is asked is read, and that is all. */
    return kor_fail(err, KOR_E_UNSUPPORTED, "nothing is stored here");
}

static void clean_up(void)
{
    static const char *const files[] = {"memory.db", "memory.db-wal", "memory.db-shm", "access.log",
                                        "access.log.1"};
    char path[64];
    kor_memory_close(memory);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", home, files[i]);
        (void)remove(path);
    }
    (void)remove(home);
}

static kor_mcp *start(void)
{
    static const char *const texts[] = {"Retry the upload three times", "Meeting with Ines",
                                        "we decided yesterday to keep the parser"};
    kor_ingest *in;
    kor_mcp *server;
    check(mkdtemp(home) && kor_memory_open(&memory, home, KOR_MEMORY_WRITE, NULL, NULL) == KOR_OK);
    (void)atexit(clean_up);
    check(kor_ingest_begin(&in, memory, 1, NULL) == KOR_OK);
    for (size_t i = 0; i < 3; i++) {
        const kor_event e = {.time_ms = 1700049600000 + (int64_t)i * 3600000,
                             .source = "test",
                             .text = texts[i],
                             .text_len = strlen(texts[i])};
        check(kor_ingest_add(in, &e, NULL) == KOR_OK);
    }
    check(kor_ingest_end(in, NULL, NULL) == KOR_OK);
    const kor_mcp_host host = {
        .memory = memory, .home = home, .through = "fuzz", .now_ms = 1700136000000, .writer = lend};
    check(kor_mcp_new(&server, &host, NULL) == KOR_OK);
    return server;
}

static void check_reply(const json_t *reply)
{
    check(json_is_object(reply) && json_object_get(reply, "id") &&
          strcmp(json_string_value(json_object_get(reply, "jsonrpc")), "2.0") == 0);
    check(!json_object_get(reply, "result") != !json_object_get(reply, "error"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static kor_mcp *server;
    kor_mcp_peer peer = {0};
    if (!server) server = start();
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end ? (size_t)(end - data) - at : size - at;
        kor_str reply = {0};
        /* A copy of the exact size, so that a sanitizer sees the first byte read beyond it. */
        char *line = malloc(len ? len : 1);
        if (!line) return 0;
        memcpy(line, data + at, len);
        int code = kor_mcp_answer(server, &peer, line, len, &reply);
        free(line);
        check(memchr(peer.client, 0, sizeof peer.client) && memchr(peer.version, 0, 16));
        if (reply.len) {
            json_t *json = json_loadb(reply.data, reply.len, 0, NULL), *one;
            size_t i;
            check(json && !memchr(reply.data, '\n', reply.len));
            if (json_is_array(json)) {
                json_array_foreach(json, i, one)
                {
                    check_reply(one);
                }
            } else {
                check_reply(json);
                check(!json_object_get(json, "error") == !code);
            }
            json_decref(json);
        }
        kor_str_free(&reply);
        at += len + 1;
    }
    kor_memory_stats stats;
    check(kor_memory_get_stats(memory, &stats, NULL) == KOR_OK && stats.events == 3);
    return 0;
}
