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
#include <sqlite3.h>

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

static void run_sql(fixture *f, const char *sql)
{
    sqlite3 *db;
    char *why = NULL;
    char path[400];
    (void)snprintf(path, sizeof path, "%s/memory.db", f->home);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK) fail_msg("%s: %s", sql, why);
    sqlite3_close(db);
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
static void fill(fixture *f, const view *v, const char *hidden, bool more)
{
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    write_clients(f->home, views_file, 0600);
    kor_str said = {0};
    kor_str_puts(&said, "INSERT INTO models VALUES(900, 1, 'entities', 0);"
                        "INSERT INTO fields VALUES(1, 'entities', 0);"
                        "INSERT INTO labels VALUES(1, 1, 'person'), (2, 1, 'place');");
    for (unsigned i = 0; i < EVENTS + MORE; i++) {
        made m = make_event(i);
        char text[300], title[100], uri[100];
        if (i >= EVENTS && !more) break;
        if (i >= EVENTS) m = (made){"other", "third", NULL, NOON + DAY - 60000};
        bool seen = may_see(v, &m);
        unsigned k = seen ? i : i + (unsigned)strlen(hidden);
        (void)snprintf(text, sizeof text, "%s %s %s %s of number%u tomorrow", word(k), word(k / 2),
                       seen ? "with" : hidden, word(k / 3), seen ? i : i + 1000);
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
        kor_str_printf(&said,
                       "INSERT INTO annotations VALUES(%u, %d, '%s', 0, 0, 0, 900, 900);"
                       "INSERT OR REPLACE INTO likeness VALUES(%u, 0, %u);",
                       i + 1, more && !seen ? 2 : 1, seen ? word(i / 2) : hidden, i + 1,
                       i * 7 % EVENTS + 1);
        if (!m.kind) continue;
        const kor_correction c = {.field = "kind", .label = m.kind, .on = true};
        const kor_correction tag = {.field = "tags", .label = seen ? "travel" : hidden, .on = true};
        assert_ok(f, kor_corrections_add(f->memory, id, &c, 1, &f->err));
        assert_ok(f, kor_corrections_add(f->memory, id, &tag, 1, &f->err));
    }
    run_sql(f, said.data);
    kor_str_free(&said);
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
 * explanations. answers: none of them says why there is none. */
typedef struct pair {
    const view *view;
    kor_mcp *one, *other;
    size_t asked;
} pair;

static void both(pair *p, bool answers, const char *method, const char *params)
{
    char *a = ask(p->one, p->view->client, method, params);
    char *b = ask(p->other, p->view->client, method, params);
    blank(a);
    blank(b);
    if (answers && (strstr(a, "\"isError\":true") || strstr(a, "\"error\":")))
        fail_msg("%s, %s %s: %s", p->view->client, method, params, a);
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
        {"search", "{\"query\":\"parser\",\"entity\":\"place\"}"},
        {"search", "{\"query\":\"parser\",\"entity\":\"sesame\"}"},
        {"search", "{\"query\":\"\\\"sesame\\\" OR title:sesame* NEAR(sesame)\"}"},
        {"timeline", "{}"},
        {"timeline", "{\"when\":\"last year\"}"},
        {"timeline", "{\"when\":\"last week\"}"},
        {"timeline", "{\"when\":\"tomorrow\"}"},
        {"timeline", "{\"when\":\"2023-11-16\"}"},
        {"timeline", "{\"when\":\"2023-11-13\"}"},
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
        both(p, true, "tools/call", s.data);
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
            both(p, false, "tools/call", params);
        }
        char uri[100];
        (void)snprintf(uri, sizeof uri, "{\"uri\":\"memory://event/%d\"}", id);
        both(p, false, "resources/read", uri);
    }
    both(p, true, "resources/list", "{}");
    both(p, true, "resources/read", "{\"uri\":\"memory://day/2023-11-15\"}");
    both(p, true, "resources/read", "{\"uri\":\"memory://day/today\"}");
    both(p, true, "prompts/get", "{\"name\":\"standup\",\"arguments\":{\"since\":\"last week\"}}");
    both(p, true, "prompts/get", "{\"name\":\"day_recap\"}");
    both(p, true, "completion/complete",
         "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"standup\"},"
         "\"argument\":{\"name\":\"since\",\"value\":\"\"}}");
    both(p, true, "completion/complete",
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
        fill(f, &views[i], "sesame", false);
        fill(&other, &views[i], "poppyseeds and more of them, all in a row", true);
        pair p = {&views[i], serve(f), serve(&other), 0};
        ask_all(&p);
        assert_true(p.asked > 4 * EVENTS);
        kor_mcp_free(p.one);
        kor_mcp_free(p.other);
        kor_memory_close(other.memory);
    }
}

/* ---- Names ---- */

/* What models would have said: event 1 names Ines Moreau in its text, event 2 a page in its title.
 */
static const char said[] =
    "INSERT INTO models VALUES(900, 1, 'entities', 0);"
    "INSERT INTO fields VALUES(1, 'entities', 0), (2, 'links', 0), (3, 'kind', 1);"
    "INSERT INTO labels VALUES(1, 1, 'person'), (2, 1, 'project'), (3, 2, 'other'), (4, 3, 'note');"
    "INSERT INTO annotations VALUES(1, 1, 'inès moreau', 2, 11, 23, 900, 900),"
    " (1, 2, 'apollo of moreau', 2, 27, 43, 900, 900), (1, 4, '', 0, 0, 0, 900, 900),"
    " (2, 3, 'https://page.example/', 1, 4, 16, 900, 900), (2, 1, 'bo', 2, 100, 90000, 900, 900);"
    "INSERT INTO passes SELECT id, 1 FROM events WHERE id <> 5;";

static void make_names(fixture *f)
{
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    kor_event e = text_event("A walk with In\xc3\xa8s Moreau to Apollo of Moreau, and tea", NOON);
    e.text = "Dinner w/ \n"
             "In\xc3\xa8s Moreau to  Apollo of Moreau, and tea";
    e.text_len = strlen(e.text);
    e.uri = "https://moreau.example/ines";
    e.ref = "ines-1";
    (void)store(f, &e, 1);
    e = text_event("gull seen; INES MOREAU'S gull, from ines.moreau+gull@sea.example; Bo too",
                   NOON + 1);
    e.title = "see page.example about a gull";
    (void)store(f, &e, 1);
    (void)remember(f, "curl https://ines:pw@gull.example/x?y=1 | sh # moreau ines", NOON + 2);
    (void)remember(f, "a gull of the in and the out", NOON + 3);
    (void)remember(f, "unread: Ines Moreau and a gull", NOON + 4);
    run_sql(f, said);
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    write_clients(f->home,
                  "clients:\n  red: {redact: [person, email, link]}\n  open: {sources: [test]}\n",
                  0600);
}

static void test_limits_names_are_in_nothing_that_is_given(void **state)
{
    static const char *const asked[][2] = {
        {"search", "{\"query\":\"dinner tea\"}"},
        {"search", "{\"query\":\"gull\"}"},
        {"search", "{\"query\":\"Apollo\"}"},
        {"fetch", "{\"id\":1}"},
        {"fetch", "{\"id\":1,\"offset\":5}"},
        {"fetch", "{\"id\":2}"},
        {"fetch", "{\"id\":3}"},
        {"timeline", "{\"when\":\"yesterday\"}"},
        {"timeline", "{}"},
        {"related", "{\"id\":1}"},
        {"related", "{\"id\":2}"},
        {"forget", "{\"match\":\"gull\"}"},
        {"forget", "{\"source\":\"test\"}"},
        {"forget", "{\"ids\":[1,2,3]}"},
    };
    static const char *const names[] = {"nes ",   "NES ",        "oreau's",      "OREAU",
                                        "Moreau", "sea.example", "page.example", "moreau.example",
                                        "ines-1", "pw@",         "unread"};
    fixture *f = *state;
    make_names(f);
    kor_mcp *server = serve(f);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char *reply = call(server, "red", asked[i][0], asked[i][1]);
        for (size_t k = 0; k < sizeof names / sizeof *names; k++)
            if (strstr(reply, names[k]))
                fail_msg("%s %s: '%s' is in %s", asked[i][0], asked[i][1], names[k], reply);
        free(reply);
    }
    char *one = call(server, "red", "fetch", "{\"id\":1}");
    assert_non_null(strstr(one, "Dinner w/ \\n[person] to  Apollo of [person], and tea"));
    free(one);
    char *four = call(server, "red", "fetch", "{\"id\":4}");
    assert_non_null(strstr(four, "a gull of the in and the out"));
    free(four);
    kor_mcp_free(server);
}

static bool put_text(void *arg, const kor_event *event)
{
    kor_str *all = arg;
    kor_str_add(all, event->text, event->text_len);
    return true;
}

static void test_limits_names_are_in_no_row_either(void **state)
{
    fixture *f = *state;
    const kor_limit limit = {.from_ms = INT64_MIN, .redacted = "person"};
    kor_str all = {0};
    make_names(f);
    assert_ok(f, kor_memory_limit(f->memory, &limit, &f->err));
    assert_ok(f, kor_memory_each_after(f->memory, 0, put_text, &all, &f->err));
    assert_non_null(strstr(kor_str_text(&all), "[person] to  Apollo"));
    assert_null(strstr(kor_str_text(&all), "Moreau"));
    assert_null(strstr(kor_str_text(&all), "unread"));
    kor_str_free(&all);
    assert_ok(f, kor_memory_limit(f->memory, NULL, &f->err));
}

static void test_limits_nothing_is_found_by_a_name(void **state)
{
    static const char *const asked[][2] = {
        {"search", "{\"query\":\"Ines\"}"},
        {"search", "{\"query\":\"in\xc3\xa8s moreau\"}"},
        {"search", "{\"query\":\"MOREAUS\"}"},
        {"search", "{\"query\":\"\\\"ines moreau\\\" OR title:ines* ines-moreau\"}"},
        {"search", "{\"query\":\"Bo\"}"},
        {"search", "{\"query\":\"tea\",\"entity\":\"moreau\"}"},
        {"search", "{\"query\":\"gull\",\"link\":\"page.example\"}"},
        {"forget", "{\"match\":\"ines\"}"},
        {"forget", "{\"match\":\"dinner moreau\"}"},
        {"forget", "{\"site\":\"moreau.example\"}"},
    };
    fixture *f = *state;
    make_names(f);
    kor_mcp *server = serve(f);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char *red = call(server, "red", asked[i][0], asked[i][1]);
        char *open = call(server, "open", asked[i][0], asked[i][1]);
        bool found = strstr(red, "Dinner") || strstr(red, "gull") || strstr(red, "\"events\":1,");
        if (found && !strstr(asked[i][1], "gull")) fail_msg("%s: %s", asked[i][1], red);
        assert_null(strstr(red, "\"id\":\"1\""));
        if (!strstr(open, "\"id\":\"")) fail_msg("%s finds nothing for anybody", asked[i][1]);
        free(red);
        free(open);
    }
    /* With another word beside it, that word is what is looked for. */
    char *plain = call(server, "red", "search", "{\"query\":\"tea\"}");
    char *named = call(server, "red", "search", "{\"query\":\"ines tea\"}");
    assert_string_equal(plain, named);
    free(plain);
    free(named);
    kor_mcp_free(server);
}

/* ---- The file ---- */

static bool refuses(fixture *f, const char *client, char **why)
{
    kor_mcp *server = serve(f);
    *why = call(server, client, "timeline", "{}");
    kor_mcp_free(server);
    return strstr(*why, "\"error\"") != NULL;
}

static void test_limits_of_a_bad_file_are_not_none(void **state)
{
    static const struct {
        const char *text, *says;
    } files[] = {
        {"clients: {a: {since: 30 dais}}", "clients.yaml:1: since: '30 dais' is no time"},
        {"clients:\n  a: {source: [git]}", ":2: unknown key 'source'"},
        {"clients:\n  a: {sources: git}", ":2: a list must stand here"},
        {"clients:\n  a: {sources: []}", ":2: a list must stand here"},
        {"clients:\n  a: {sources: ['git,note']}", ":2: a name without a comma"},
        {"clients:\n  a: {sources: [[git]]}", ":2: a name without a comma"},
        {"clients:\n  a:\n    kinds: [note]\n    kinds: [code]", ":4: 'kinds' is here twice"},
        {"clients:\n  a: {}\n  a: {kinds: [note]}", ":3: 'a' is here twice"},
        {"clients:\n  a: {}\nclients: {}", ":3: 'clients' is here twice"},
        {"clients:\n  a: {redact: [persons]}", ":2: redact: expected person"},
        {"clients:\n  a: {write: maybe}", ":2: yes or no"},
        {"clients:\n  a: nothing", ":2: the limits of 'a' must follow"},
        {"clients:\n  a: {}\n  ../b: {}", ":3: '../b' is no name"},
        {"clients:\n  a: {}\n  A: {}", ":3: 'A' is no name"},
        {"clients:\n  a: {}\n  \xd0\xb0: {}", "is no name of a client"},
        {"clients:\n  a: {}\n  \"b\\0\": {}", ":3: a name must stand here"},
        {"clients:\n  a: {}\n  .b: {}", "is no name of a client"},
        {"clients:\n  a: {}\n  \"\": {}", "is no name of a client"},
        {"clients: [a]", ":1: a mapping of clients"},
        {"- a", ":1: it must be a mapping"},
        {"clients: {a: {}", "no YAML"},
        {"clients: {a: {}}\n---\nclients: {}", ":3: a second document"},
        {"clients: {b: {}}", "lets no client 'a' ask"},
        {"", "lets no client 'a' ask"},
    };
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    (void)remember(f, "a plum", NOON);
    char *why;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        write_clients(f->home, files[i].text, 0600);
        assert_true(refuses(f, "a", &why));
        if (!strstr(why, files[i].says)) fail_msg("%s\nsays: %s", files[i].text, why);
        assert_null(strstr(why, "plum"));
        free(why);
    }
    write_clients(f->home, "clients: {a: {}}", 0600);
    assert_false(refuses(f, "a", &why));
    assert_non_null(strstr(why, "plum"));
    free(why);
}

static void test_limits_hang_on_whose_the_file_is(void **state)
{
    fixture *f = *state;
    char path[400], aside[400], *why;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    (void)remember(f, "a plum", NOON);
    (void)snprintf(path, sizeof path, "%s/" KOR_CLIENTS_FILE, f->home);
    (void)snprintf(aside, sizeof aside, "%s/aside.yaml", f->home);
    static const mode_t changed[] = {0620, 0602, 0666, 0777};
    for (size_t i = 0; i < sizeof changed / sizeof *changed; i++) {
        write_clients(f->home, "clients: {a: {}}", changed[i]);
        assert_true(refuses(f, "a", &why));
        assert_non_null(strstr(why, "others may change it"));
        free(why);
        /* Nor by way of a link. */
        assert_int_equal(rename(path, aside), 0);
        assert_int_equal(symlink(aside, path), 0);
        assert_true(refuses(f, "a", &why));
        free(why);
    }
    assert_int_equal(chmod(aside, 0644), 0);
    assert_false(refuses(f, "a", &why));
    free(why);
    assert_int_equal(unlink(aside), 0);
    assert_true(refuses(f, "a", &why)); /* a link that leads nowhere */
    free(why);
    assert_int_equal(unlink(path), 0);
    assert_true(refuses(f, "a", &why)); /* no file: no clients */
    free(why);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_true(refuses(f, "a", &why));
    assert_non_null(strstr(why, "it is no file"));
    free(why);
    assert_int_equal(rmdir(path), 0);
    kor_str large = {0};
    kor_str_puts(&large, "clients: {a: {}}\n#");
    while (large.len < 10000000)
        kor_str_puts(&large, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    write_clients(f->home, large.data, 0600);
    kor_str_free(&large);
    assert_true(refuses(f, "a", &why));
    free(why);
}

static void test_limits_are_read_anew_for_each_request(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    (void)remember(f, "a plum", NOON);
    kor_mcp *server = serve(f);
    static const struct {
        const char *file, *tool, *args;
        bool plum;
    } steps[] = {
        {"clients: {a: {}}", "fetch", "{\"id\":1}", true},
        {"clients: {a: {since: 2023-11-16}}", "fetch", "{\"id\":1}", false},
        {"clients: {a: {since: 1 day}}", "fetch", "{\"id\":1}", true},
        {"clients: {a: {scope: work}}", "fetch", "{\"id\":1}", false},
        {"clients: {a: {write: no}}", "fetch", "{\"id\":1}", true},
        {"clients: {a: {write: no}}", "remember", "{\"text\":\"plum jam\"}", false},
        {"clients: {a: {write: no}}", "forget", "{\"match\":\"plum\"}", false},
        {"clients: {b: {}}", "fetch", "{\"id\":1}", false},
        {"clients: {a: {}}", "forget", "{\"match\":\"plum\"}", true},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        write_clients(f->home, steps[i].file, 0600);
        char *reply = call(server, "a", steps[i].tool, steps[i].args);
        if (!strstr(reply, "plum") == steps[i].plum) fail_msg("%s: %s", steps[i].file, reply);
        free(reply);
        /* Whoever is not limited sees all, whatever was asked before. */
        reply = call(server, NULL, "fetch", "{\"id\":1}");
        assert_non_null(strstr(reply, "plum"));
        free(reply);
    }
    write_clients(f->home, "clients: {a: {write: no}}", 0600);
    char *tools = ask(server, "a", "tools/list", "{}");
    assert_null(strstr(tools, "\"remember\""));
    assert_null(strstr(tools, "\"forget\""));
    assert_non_null(strstr(tools, "\"resolve_time\""));
    free(tools);
    assert_int_equal(count_events(f), 1);
    kor_mcp_free(server);
}

static bool sees(kor_mcp *server, const char *client)
{
    char *reply = call(server, client, "fetch", "{\"id\":1}");
    bool seen = strstr(reply, "plum") != NULL;
    free(reply);
    return seen;
}

static void test_limits_follow_the_memory(void **state)
{
    fixture *f = *state;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    (void)remember(f, "a plum", NOON);
    write_clients(f->home, "clients: {a: {kinds: [note]}, b: {sources: [note, git]}}", 0600);
    kor_mcp *server = serve(f);
    assert_false(sees(server, "b"));
    assert_false(sees(server, "a"));
    /* By this process, and by another. */
    const kor_correction note = {.field = "kind", .label = "note", .on = true};
    assert_ok(f, kor_corrections_add(f->memory, 1, &note, 1, &f->err));
    assert_true(sees(server, "a"));
    run_sql(f, "UPDATE corrections SET label = 'code'");
    assert_false(sees(server, "a"));
    run_sql(f, "UPDATE corrections SET label = 'note'");
    assert_true(sees(server, "a"));
    /* The name of a source is one name, whatever is in it. */
    run_sql(f, "UPDATE sources SET name = 'note,git'");
    assert_false(sees(server, "b"));
    run_sql(f, "UPDATE sources SET name = 'git'");
    assert_true(sees(server, "b"));
    kor_mcp_free(server);
}

static void test_limits_are_written_as_they_are_read(void **state)
{
    fixture *f = *state;
    kor_clients c = {0}, again;
    open_memory(f, KOR_MEMORY_WRITE, NULL);
    const kor_client list[] = {
        {.name = "plain"},
        {.name = "0-all_of.it",
         .since = "2 weeks",
         .limit = {.scope = "a \"b\": #\n\\ \xc3\xa9",
                   .sources = "git,a: b,- c,[d],\"e\"",
                   .kinds = "note",
                   .redacted = "person,link"},
         .reads_only = true},
        {.name = "true", .since = "2023-11-01"},
    };
    for (size_t i = 0; i < 3; i++) assert_ok(f, kor_clients_add(&c, &list[i], NULL, NOON, &f->err));
    assert_int_equal(kor_clients_add(&c, &list[0], NULL, NOON, &f->err), KOR_E_ARG);
    assert_ok(f, kor_clients_write(&c, f->home, &f->err));
    assert_ok(f, kor_clients_read(&again, f->home, NULL, NOON, &f->err));
    assert_int_equal(again.count, 3);
    for (size_t i = 0; i < 3; i++) {
        const kor_client *one = kor_clients_find(&again, list[i].name);
        assert_non_null(one);
        const char *const pairs[][2] = {{one->since, list[i].since},
                                        {one->limit.scope, list[i].limit.scope},
                                        {one->limit.sources, list[i].limit.sources},
                                        {one->limit.kinds, list[i].limit.kinds},
                                        {one->limit.redacted, list[i].limit.redacted}};
        for (size_t k = 0; k < 5; k++) {
            assert_int_equal(!pairs[k][0], !pairs[k][1]);
            if (pairs[k][0]) assert_string_equal(pairs[k][0], pairs[k][1]);
        }
        assert_int_equal(one->reads_only, list[i].reads_only);
    }
    assert_true(again.list[1].limit.from_ms < NOON - 13 * DAY);
    assert_true(again.list[1].limit.from_ms > NOON - 15 * DAY);
    assert_true(kor_clients_remove(&again, "plain"));
    assert_false(kor_clients_remove(&again, "plain"));
    assert_int_equal(again.count, 2);
    kor_clients_free(&c);
    kor_clients_free(&again);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_limits_hide_as_if_it_were_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_names_are_in_nothing_that_is_given, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_limits_names_are_in_no_row_either, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_nothing_is_found_by_a_name, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_of_a_bad_file_are_not_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_hang_on_whose_the_file_is, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_are_read_anew_for_each_request, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_limits_follow_the_memory, setup, teardown),
        cmocka_unit_test_setup_teardown(test_limits_are_written_as_they_are_read, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
