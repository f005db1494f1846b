/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "serve/mcp.h"
#include "serve/mcp_inner.h"

#include <jansson.h>

#define MODERN                                                                                     \
    "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","                       \
    "\"io.modelcontextprotocol/clientCapabilities\":{}}"

static kor_guard guard;

static kor_status lend(void *arg, const kor_guard **g, const kor_colony **colony, kor_error *err)
{
    (void)arg;
    (void)err;
    *g = &guard;
    *colony = NULL;
    return KOR_OK;
}

static kor_mcp *serve(fixture *f, const char *scope)
{
    kor_mcp *server;
    if (!f->memory) open_memory(f, KOR_MEMORY_WRITE, NULL);
    const kor_mcp_host host = {.memory = f->memory,
                               .home = f->home,
                               .scope = scope,
                               .through = "test",
                               .now_ms = NOON + DAY,
                               .writer = lend};
    assert_ok(f, kor_mcp_new(&server, &host, &f->err));
    return server;
}

/* The reply, to be freed; NULL when there is none. */
static json_t *ask_as(kor_mcp *server, kor_mcp_peer *peer, const char *message)
{
    kor_str reply = {0};
    (void)kor_mcp_answer(server, peer, message, strlen(message), &reply);
    json_t *json = reply.len ? json_loadb(reply.data, reply.len, 0, NULL) : NULL;
    assert_true(!reply.len || json);
    kor_str_free(&reply);
    return json;
}

static json_t *ask(kor_mcp *server, const char *message)
{
    kor_mcp_peer peer = {0};
    return ask_as(server, &peer, message);
}

/* Call a tool and give its structured content; NULL when it said why not. */
static json_t *call(kor_mcp *server, const char *name, const char *args)
{
    kor_str message = {0};
    kor_str_printf(&message,
                   "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                   "\"params\":{\"name\":\"%s\",\"arguments\":%s}}",
                   name, args);
    json_t *reply = ask(server, message.data);
    kor_str_free(&message);
    json_t *content =
        json_incref(json_object_get(json_object_get(reply, "result"), "structuredContent"));
    json_decref(reply);
    return content;
}

static int error_of(json_t *reply)
{
    json_t *code = json_object_get(json_object_get(reply, "error"), "code");
    int n = (int)json_integer_value(code);
    json_decref(reply);
    return n;
}

/* ---- Claims ---- */

static void test_mcp_outputs_fit_their_schemas(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    kor_mcp *server = serve(f, NULL);
    remember(f, "the parser stops at exponents", NOON);
    remember(f, "exponents are parsed by the new parser", NOON + 60000);
    static const char *const calls[][2] = {
        {"search", "{\"query\":\"parser\"}"},
        {"search", "{\"query\":\"nothing of the kind zebra\",\"kind\":\"note\"}"},
        {"search", "{\"query\":\"parser since yesterday\"}"},
        {"fetch", "{\"id\":\"1\"}"},
        {"timeline", "{\"when\":\"yesterday\"}"},
        {"timeline", "{}"},
        {"related", "{\"id\":1}"},
        {"resolve_time", "{\"text\":\"every Tuesday, until noon, last week\"}"},
        {"resolve_time", "{\"text\":\"no time\"}"},
        {"remember", "{\"text\":\"plum jam\",\"title\":\"T\",\"url\":\"https://a.example/\"}"},
        {"forget", "{\"match\":\"plum\"}"},
        {"forget", "{\"match\":\"pear\"}"},
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        json_t *content = call(server, calls[i][0], calls[i][1]), *tool;
        kor_str why = {0};
        size_t k;
        if (!content) fail_msg("%s %s: no content", calls[i][0], calls[i][1]);
        json_array_foreach(server->tools, k, tool)
        {
            if (strcmp(json_string_value(json_object_get(tool, "name")), calls[i][0]) != 0)
                continue;
            if (!kor_mcp_fits(json_object_get(tool, "outputSchema"), content, "answer", &why))
                fail_msg("%s %s: %s", calls[i][0], calls[i][1], why.data);
        }
        kor_str_free(&why);
        json_decref(content);
    }
    kor_mcp_free(server);
}

static void test_mcp_headers_must_say_what_the_message_says(void **state)
{
    kor_mcp *server = serve(*state, NULL);
    static const char message[] = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\","
                                  "\"params\":{" MODERN ",\"name\":\"timeline\"}}";
    kor_mcp_peer peer = {.has_headers = true,
                         .header_version = "2026-07-28",
                         .header_method = "tools/call",
                         .header_name = "timeline"};
    assert_int_equal(error_of(ask_as(server, &peer, message)), 0);
    peer.header_name = "forget";
    assert_int_equal(error_of(ask_as(server, &peer, message)), KOR_MCP_HEADERS);
    peer.header_name = NULL;
    assert_int_equal(error_of(ask_as(server, &peer, message)), KOR_MCP_HEADERS);
    peer.header_name = "timeline";
    peer.header_method = "tools/list";
    assert_int_equal(error_of(ask_as(server, &peer, message)), KOR_MCP_HEADERS);
    peer.header_method = "tools/call";
    peer.header_version = "2025-11-25";
    assert_int_equal(error_of(ask_as(server, &peer, message)), KOR_MCP_HEADERS);
    /* That they disagree comes before whether the revision is spoken. */
    static const char later[] =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":"
        "{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2031-01-01\"}}}";
    peer.header_method = "tools/list";
    assert_int_equal(error_of(ask_as(server, &peer, later)), KOR_MCP_HEADERS);
    peer.header_version = "2031-01-01";
    assert_int_equal(error_of(ask_as(server, &peer, later)), KOR_MCP_UNSUPPORTED);
    assert_true(peer.modern);
    /* A modern header over a message that names no revision. */
    peer.header_version = "2026-07-28";
    assert_int_equal(
        error_of(ask_as(server, &peer, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}")),
        KOR_RPC_PARAMS);
    kor_mcp_free(server);
}

static void test_mcp_scope_is_all_a_client_sees(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "of my own: walnuts", NOON);
    kor_event e = text_event("of the other: walnuts", NOON);
    e.scope = "other";
    (void)store(f, &e, 1);
    kor_mcp *mine = serve(f, NULL), *other = serve(f, "other");
    static const char walnuts[] = "{\"query\":\"walnuts\"}";
    kor_mcp *const servers[] = {mine, other};
    static const char *const ids[] = {"1", "2"};
    for (size_t i = 0; i < 2; i++) {
        json_t *found = call(servers[i], "search", walnuts),
               *results = json_object_get(found, "results");
        assert_int_equal(json_array_size(results), 1);
        assert_string_equal(json_string_value(json_object_get(json_array_get(results, 0), "id")),
                            ids[i]);
        json_decref(found);
        for (size_t k = 0; k < 2; k++) {
            char args[64];
            (void)snprintf(args, sizeof args, "{\"id\":\"%s\"}", ids[k]);
            static const char *const tools[] = {"fetch", "related"};
            for (size_t t = 0; t < 2; t++) {
                json_t *content = call(servers[i], tools[t], args);
                assert_true(!content == (i != k));
                json_decref(content);
            }
            (void)snprintf(args, sizeof args, "{\"ids\":[\"%s\"]}", ids[k]);
            json_t *dry = call(servers[i], "forget", args);
            assert_int_equal(json_integer_value(json_object_get(dry, "events")), i == k);
            json_decref(dry);
        }
    }
    json_t *stored = call(other, "remember", "{\"text\":\"hazelnuts\"}");
    json_decref(stored);
    json_t *seen = call(mine, "search", "{\"query\":\"hazelnuts\"}");
    assert_int_equal(json_array_size(json_object_get(seen, "results")), 0);
    json_decref(seen);
    kor_mcp_free(mine);
    kor_mcp_free(other);
}

static json_t *forget_with(kor_mcp *server, const char *what, const char *token)
{
    char args[300];
    (void)snprintf(args, sizeof args, "{%s,\"dry_run\":false,\"token\":\"%s\"}", what, token);
    return call(server, "forget", args);
}

static void test_mcp_token_fits_what_was_shown_alone(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    remember(f, "walnuts one", NOON);
    kor_mcp *server = serve(f, NULL), *restarted = serve(f, NULL);
    json_t *dry = call(server, "forget", "{\"match\":\"walnuts\"}");
    const char *token = json_string_value(json_object_get(dry, "token"));
    assert_non_null(token);
    /* Something came in between: the user has not seen it. */
    int64_t two = remember(f, "walnuts two", NOON);
    assert_null(forget_with(server, "\"match\":\"walnuts\"", token));
    assert_int_equal(count_events(f), 2);
    char ids[64];
    (void)snprintf(ids, sizeof ids, "\"ids\":[%lld]", (long long)two);
    assert_null(forget_with(server, ids, token));
    /* Another process has another secret. */
    assert_null(forget_with(restarted, "\"ids\":[1]", token));
    assert_int_equal(count_events(f), 2);
    json_t *gone = forget_with(server, "\"ids\":[1]", token);
    assert_int_equal(json_integer_value(json_object_get(gone, "events")), 1);
    assert_int_equal(count_events(f), 1);
    json_decref(gone);
    json_decref(dry);
    kor_mcp_free(server);
    kor_mcp_free(restarted);
}

static void test_mcp_older_revisions_get_what_they_know(void **state)
{
    kor_mcp *server = serve(*state, NULL);
    static const struct {
        const char *version;
        bool annotations, structured;
    } known[] = {{"2024-11-05", false, false},
                 {"2025-03-26", true, false},
                 {"2025-06-18", true, true},
                 {"2025-11-25", true, true},
                 {"2031-01-01", true, true}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        kor_mcp_peer peer = {0};
        char message[200];
        (void)snprintf(message, sizeof message,
                       "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
                       "\"protocolVersion\":\"%s\",\"capabilities\":{}}}",
                       known[i].version);
        json_decref(ask_as(server, &peer, message));
        assert_string_equal(peer.version, i < 4 ? known[i].version : KOR_MCP_LEGACY);
        json_t *list =
            ask_as(server, &peer, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}");
        const json_t *tool =
            json_array_get(json_object_get(json_object_get(list, "result"), "tools"), 0);
        assert_true(!json_object_get(tool, "annotations") == !known[i].annotations);
        assert_true(!json_object_get(tool, "outputSchema") == !known[i].structured);
        json_decref(list);
        json_t *reply = ask_as(server, &peer,
                               "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"tools/call\",\"params\":"
                               "{\"name\":\"timeline\"}}");
        const json_t *result = json_object_get(reply, "result");
        assert_non_null(result);
        assert_true(!json_object_get(result, "structuredContent") == !known[i].structured);
        assert_null(json_object_get(result, "resultType"));
        json_decref(reply);
    }
    kor_mcp_free(server);
}

static void test_mcp_long_text_comes_in_parts(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_str text = {0}, again = {0};
    while (text.len < 200000) kor_str_puts(&text, "größer und größer; ");
    int64_t id = remember(f, text.data, NOON);
    kor_mcp *server = serve(f, NULL);
    int parts = 0;
    for (int64_t offset = 0;; parts++) {
        char args[80];
        (void)snprintf(args, sizeof args, "{\"id\":%lld,\"offset\":%lld}", (long long)id,
                       (long long)offset);
        json_t *part = call(server, "fetch", args);
        kor_str_puts(&again, json_string_value(json_object_get(part, "text")));
        const json_t *next = json_object_get(part, "next_offset");
        assert_true(!next || json_integer_value(next) > offset);
        offset = json_integer_value(next);
        json_decref(part);
        if (!next) break;
    }
    assert_int_equal(parts, 3);
    assert_int_equal(again.len, text.len);
    assert_memory_equal(again.data, text.data, text.len);
    kor_str_free(&text);
    kor_str_free(&again);
    kor_mcp_free(server);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mcp_outputs_fit_their_schemas, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mcp_headers_must_say_what_the_message_says, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_mcp_scope_is_all_a_client_sees, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mcp_token_fits_what_was_shown_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mcp_older_revisions_get_what_they_know, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_mcp_long_text_comes_in_parts, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
