/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "memory/corrections.h"
#include "memory/limit.h"
#include "serve/clients.h"
#include "serve/mcp.h"

#include <ctype.h>
#include <jansson.h>

static kor_guard guard;

static kor_status lend(void *arg, const kor_guard **g, const kor_colony **colony, kor_error *err)
{
    (void)arg;
    (void)err;
    *g = &guard;
    *colony = NULL;
    return KOR_OK;
}

static void write_clients(const char *home, const char *text, mode_t mode)
{
    char path[400];
    (void)snprintf(path, sizeof path, "%s/" KOR_CLIENTS_FILE, home);
    (void)unlink(path);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static kor_mcp *serve(fixture *f)
{
    kor_mcp *server;
    const kor_mcp_host host = {.memory = f->memory,
                               .home = f->home,
                               .through = "test",
                               .now_ms = NOON + DAY,
                               .writer = lend};
    assert_ok(f, kor_mcp_new(&server, &host, &f->err));
    return server;
}

/* The reply to a message of a client, to be freed. */
static char *ask(kor_mcp *server, const char *client, const char *method, const char *params)
{
    kor_mcp_peer peer = {.granted = client, .client = "itself"};
    kor_str message = {0}, reply = {0};
    kor_str_printf(&message, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}",
                   method, params);
    (void)kor_mcp_answer(server, &peer, message.data, message.len, &reply);
    kor_str_free(&message);
    assert_non_null(reply.data);
    return reply.data;
}

static char *call(kor_mcp *server, const char *client, const char *tool, const char *args)
{
    kor_str params = {0};
    kor_str_printf(&params, "{\"name\":\"%s\",\"arguments\":%s}", tool, args);
    char *reply = ask(server, client, "tools/call", params.data);
    kor_str_free(&params);
    return reply;
}

/* ---- Two memories that differ in what is hidden ---- */

enum { EVENTS = 80, MORE = 20 };

/* What a client may see, said once more by the test itself. */
typedef struct view {
    const char *client, *scope, *kind, *sources;
    int64_t days; /* 0: any time */
} view;

static const view views[] = {
    {"all", NULL, NULL, NULL, 0},
    {"recent", NULL, NULL, NULL, 5},
    {"commits", NULL, NULL, "git", 0},
    {"notes", NULL, "note", NULL, 0},
    {"work", "work", NULL, NULL, 0},
    {"little", NULL, "note", "git shell", 8},
    {"nothing", NULL, "no such kind", NULL, 0},
};

static const char views_file[] = "clients:\n"
                                 "  all:\n"
                                 "  recent: {since: 5 days}\n"
                                 "  commits: {sources: [git]}\n"
                                 "  notes: {kinds: [note, event]}\n"
                                 "  work: {scope: work}\n"
                                 "  little: {kinds: [note], sources: [shell, git], since: 8 days}\n"
                                 "  nothing: {kinds: [no such kind]}\n";

static const char *const sources[] = {"git", "note", "shell"};
static const char *const kinds[] = {"note", "code", NULL};

typedef struct made {
    const char *source, *scope, *kind;
    int64_t time_ms;
} made;

static made make_event(unsigned i)
{
    return (made){.source = sources[i % 3],
                  .scope = i % 5 == 4 ? "work" : NULL,
                  .kind = kinds[i / 3 % 3],
                  .time_ms = NOON + DAY - 3600000 - (int64_t)(i * 37 % EVENTS) * DAY / 5};
}

static bool may_see(const view *v, const made *m)
{
    bool recent = !v->days || m->time_ms >= NOON + DAY - NOON % DAY - v->days * DAY;
    return strcmp(v->scope ? v->scope : "", m->scope ? m->scope : "") == 0 && recent &&
           (!v->sources || strstr(v->sources, m->source)) &&
           (!v->kind || (m->kind && strcmp(v->kind, m->kind) == 0));
}

static const char *word(unsigned seed)
{
    static const char *const words[] = {"parser",    "upload", "garden", "invoice",
                                        "Ines",      "demo",   "kernel", "bread",
                                        "yesterday", "budget", "train",  "walnut"};
    return words[seed * 2654435761u / 7 % (sizeof words / sizeof *words)];
}

/* Events in the order of their ids. What the view hides says hidden, in one text or another. */
static void fill(fixture *f, const view *v, const char *hidden)
{
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    write_clients(f->home, views_file, 0600);
    for (unsigned i = 0; i < EVENTS + MORE; i++) {
        made m = make_event(i);
        char text[300], title[100], uri[100];
        if (i >= EVENTS) m = (made){"other", "third", NULL, NOON - 900 * DAY};
        bool seen = may_see(v, &m);
        if (i >= EVENTS && strlen(hidden) % 2) break;
        (void)snprintf(text, sizeof text, "%s %s %s %s of number%u tomorrow", word(i), word(i / 2),
                       seen ? "with" : hidden, word(i / 3), seen ? i : i + 1000);
        (void)snprintf(title, sizeof title, "%s %u", seen ? word(i / 4) : hidden, i / 4);
        (void)snprintf(uri, sizeof uri, "https://%s.example/%u", seen ? "a" : "b", i);
        kor_event e = text_event(text, m.time_ms);
        e.source = m.source;
        e.scope = m.scope;
        e.app = seen ? "editor" : hidden;
        e.title = i % 4 ? title : NULL;
        e.uri = i % 6 ? NULL : uri;
        int64_t id = store(f, &e, 1).last_id;
        assert_int_equal(id, i + 1);
        if (!m.kind) continue;
        const kor_correction c = {.field = "kind", .label = m.kind, .on = true};
        const kor_correction tag = {.field = "tags", .label = seen ? "travel" : hidden, .on = true};
        assert_ok(f, kor_corrections_add(f->memory, id, &c, 1, &f->err));
        assert_ok(f, kor_corrections_add(f->memory, id, &tag, 1, &f->err));
    }
}

/* Blank what differs from run to run: when it was stored, and the token of a dry run. */
static void blank(char *reply)
{
    static const char *const keys[] = {"\"stored\":\"", "\\\"stored\\\":\\\"", "\"token\":\"",
                                       "\\\"token\\\":\\\""};
    for (size_t k = 0; k < sizeof keys / sizeof *keys; k++)
        for (char *at = reply; (at = strstr(at, keys[k]));)
            for (at += strlen(keys[k]); *at && *at != '"' && *at != '\\'; at++) *at = 'x';
}

/* Every number of an event that a reply names is one that may be seen. */
static void check_ids(const view *v, const char *reply)
{
    static const char *const marks[] = {
        "memory://event/", "\"id\":\"", "\"first\":", "\"last\":", "\"repeats\":\"", "number"};
    for (size_t k = 0; k < sizeof marks / sizeof *marks; k++)
        for (const char *at = reply; (at = strstr(at, marks[k]));) {
            at += strlen(marks[k]);
            if (!isdigit((unsigned char)*at)) continue;
            unsigned id = (unsigned)strtoul(at, NULL, 10) - (k < 5);
            const made m = make_event(id);
            if (id >= EVENTS || !may_see(v, &m)) fail_msg("%s sees %u: %s", v->client, id, reply);
        }
}

/* Whatever is asked of both memories has the same answer, byte for byte: scores, counts,
 * explanations. Questions name ids of all events, which is no answer. */
typedef struct pair {
    const view *view;
    kor_mcp *one, *other;
    size_t asked;
} pair;

static void both(pair *p, const char *method, const char *params)
{
    char *a = ask(p->one, p->view->client, method, params);
    char *b = ask(p->other, p->view->client, method, params);
    blank(a);
    blank(b);
    if (strcmp(a, b) != 0) fail_msg("%s, %s %s:\n%s\n%s", p->view->client, method, params, a, b);
    if (!strstr(a, "\"isError\":true") && !strstr(a, "\"error\":")) check_ids(p->view, a);
    free(a);
    free(b);
    p->asked++;
}

static void ask_all(pair *p)
{
    static const char *const tools[][2] = {
        {"search", "{\"query\":\"parser upload\"}"},
        {"search", "{\"query\":\"walnut bread yesterday\",\"limit\":20}"},
        {"search", "{\"query\":\"sesame\"}"},
        {"search", "{\"query\":\"sesame parser\"}"},
        {"search", "{\"query\":\"poppyseeds with the garden\"}"},
        {"search", "{\"query\":\"last month\",\"limit\":50}"},
        {"search", "{\"query\":\"sesame two years ago\"}"},
        {"search", "{\"query\":\"budget\",\"from\":\"2000-01-01\",\"to\":\"2100-01-01\"}"},
        {"search", "{\"query\":\"parser\",\"kind\":\"code\"}"},
        {"search", "{\"query\":\"parser\",\"kind\":\"note,code,event\"}"},
        {"search", "{\"query\":\"parser\",\"tag\":\"sesame\"}"},
        {"search", "{\"query\":\"parser\",\"tag\":\"travel\"}"},
        {"search", "{\"query\":\"parser\",\"entity\":\"ines\"}"},
        {"search", "{\"query\":\"\\\"sesame\\\" OR title:sesame* NEAR(sesame)\"}"},
        {"timeline", "{}"},
        {"timeline", "{\"when\":\"last year\"}"},
        {"timeline", "{\"when\":\"last week\"}"},
        {"timeline", "{\"when\":\"in 2021\"}"},
        {"timeline", "{\"when\":\"last month\",\"kind\":\"code\"}"},
        {"timeline", "{\"when\":\"last month\",\"tag\":\"sesame\"}"},
        {"forget", "{\"source\":\"git\"}"},
        {"forget", "{\"source\":\"other\"}"},
        {"forget", "{\"app\":\"sesame\"}"},
        {"forget", "{\"site\":\"b.example\"}"},
        {"forget", "{\"match\":\"sesame\"}"},
        {"forget", "{\"match\":\"parser\"}"},
        {"forget", "{\"when\":\"last month\"}"},
        {"forget", "{\"from\":\"2000-01-01\"}"},
    };
    kor_str s = {0};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        kor_str_clear(&s);
        kor_str_printf(&s, "{\"name\":\"%s\",\"arguments\":%s}", tools[i][0], tools[i][1]);
        both(p, "tools/call", s.data);
    }
    for (int id = 0; id <= EVENTS + MORE + 1; id++) {
        static const char *const shapes[] = {
            "{\"name\":\"fetch\",\"arguments\":{\"id\":\"%d\"}}",
            "{\"name\":\"related\",\"arguments\":{\"id\":%d,\"limit\":20}}",
            "{\"name\":\"forget\",\"arguments\":{\"ids\":[\"memory://event/%d\"]}}",
        };
        for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
            char params[200];
            (void)snprintf(params, sizeof params, shapes[i], id);
            both(p, "tools/call", params);
        }
        char uri[100];
        (void)snprintf(uri, sizeof uri, "{\"uri\":\"memory://event/%d\"}", id);
        both(p, "resources/read", uri);
    }
    both(p, "resources/list", "{}");
    both(p, "resources/read", "{\"uri\":\"memory://day/2023-11-15\"}");
    both(p, "resources/read", "{\"uri\":\"memory://day/today\"}");
    both(p, "prompts/get", "{\"name\":\"standup\",\"arguments\":{\"since\":\"last week\"}}");
    both(p, "prompts/get", "{\"name\":\"day_recap\"}");
    both(p, "completion/complete",
         "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"standup\"},"
         "\"argument\":{\"name\":\"since\",\"value\":\"\"}}");
    both(p, "completion/complete",
         "{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"memory://event/{id}\"},"
         "\"argument\":{\"name\":\"id\",\"value\":\"\"}}");
    kor_str_free(&s);
}

/* ---- Claims ---- */

static void test_limits_hide_as_if_it_were_not_there(void **state)
{
    fixture *f = *state, other;
    for (size_t i = 0; i < sizeof views / sizeof *views; i++) {
        (void)snprintf(f->home, sizeof f->home, "%.200s/one%zu", f->folder, i);
        other = *f;
        other.memory = NULL;
        (void)snprintf(other.home, sizeof other.home, "%.200s/two%zu", f->folder, i);
        fill(f, &views[i], "sesame");
        fill(&other, &views[i], "poppyseeds");
        pair p = {&views[i], serve(f), serve(&other), 0};
        ask_all(&p);
        assert_true(p.asked > 4 * EVENTS);
        kor_mcp_free(p.one);
        kor_mcp_free(p.other);
        kor_memory_close(other.memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limits_hide_as_if_it_were_not_there, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
