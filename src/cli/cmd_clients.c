/* SPDX-License-Identifier: Apache-2.0 */
/* What assistants may see: HOME/clients.yaml, and the tokens that go with it. */
#include "cli/cli.h"

#include "base/file.h"
#include "capture/lines.h"
#include "serve/access_log.h"
#include "serve/clients.h"
#include "serve/token.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* ---- When they last asked ---- */

/* When each client last asked, by its place; 0: not in the log. */
typedef struct asked {
    const kor_clients *clients;
    const kor_zone *zone;
    int64_t last_ms[KOR_CLIENTS_MAX];
} asked;

static void no_skip(void *arg, const char *where, const char *why)
{
    (void)arg;
    kor_say(NULL, "%s: %s", where, why);
}

static void no_progress(void *arg, double fraction)
{
    (void)arg;
    (void)fraction;
}

static void read_line(asked *a, const char *line, size_t len)
{
    json_t *o = json_loadb(line, len, 0, NULL);
    const char *time = json_string_value(json_object_get(o, "time"));
    const char *client = json_string_value(json_object_get(o, "client"));
    /* Others call themselves what they like. */
    bool granted = json_object_get(o, "calls_itself") != NULL;
    const kor_client *found = granted && client ? kor_clients_find(a->clients, client) : NULL;
    int64_t ms;
    if (found && time && kor_time_parse(time, a->zone, 0, &ms, NULL, NULL) == KOR_OK) {
        int64_t *last = &a->last_ms[found - a->clients->list];
        if (ms > *last) *last = ms;
    }
    json_decref(o);
}

static kor_status read_log(asked *a, const char *home, const char *name, kor_error *err)
{
    const kor_sink sink = {.skip = no_skip, .progress = no_progress};
    char path[4200];
    kor_lines lines;
    char *line = NULL;
    size_t len;
    (void)snprintf(path, sizeof path, "%.4096s/%s", home, name);
    if (access(path, F_OK) != 0 && errno == ENOENT) return KOR_OK;
    KOR_TRY(kor_lines_open(&lines, path, &sink, err));
    kor_status status;
    while ((status = kor_lines_next(&lines, &line, &len, err)) == KOR_OK && line)
        read_line(a, line, len);
    kor_lines_close(&lines);
    return status;
}

/* ---- Listing ---- */

static void token_path(char out[4300], const char *home, const char *name)
{
    (void)snprintf(out, 4300, "%.4096s/" KOR_TOKEN_FILE "-%.64s", home, name);
}

static bool has_token(const char *home, const char *name)
{
    char path[4300];
    token_path(path, home, name);
    return access(path, F_OK) == 0;
}

static json_t *list_json(const char *list)
{
    json_t *o = json_array();
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ",");
        json_array_append_new(o, kor_text_json(at, len));
        at += len + (at[len] == ',');
    }
    return o;
}

static json_t *client_json(const kor_client *c, bool token, int64_t last_ms, const kor_zone *zone)
{
    json_t *o = json_object();
    json_object_set_new(o, "name", json_string(c->name));
    if (c->since) json_object_set_new(o, "since", kor_text_json(c->since, strlen(c->since)));
    if (c->limit.sources) json_object_set_new(o, "sources", list_json(c->limit.sources));
    if (c->limit.kinds) json_object_set_new(o, "kinds", list_json(c->limit.kinds));
    if (c->limit.scope)
        json_object_set_new(o, "scope", kor_text_json(c->limit.scope, strlen(c->limit.scope)));
    if (c->limit.redacted) json_object_set_new(o, "redact", list_json(c->limit.redacted));
    json_object_set_new(o, "write", json_boolean(!c->reads_only));
    json_object_set_new(o, "token", json_boolean(token));
    char last[KOR_TIME_SIZE];
    kor_time_format(last, last_ms, zone);
    json_object_set_new(o, "asked", last_ms ? json_string(last) : json_null());
    return o;
}

static bool has_limits(const kor_client *c)
{
    const kor_limit *l = &c->limit;
    return c->since || l->sources || l->kinds || l->scope || l->redacted || c->reads_only;
}

static void print_limit(const char *what, const char *text)
{
    if (!text) return;
    kor_print(KOR_DIM, "  %s ", what);
    kor_print_line(KOR_PLAIN, text, strlen(text), 0);
}

static void print_client(const kor_client *c, bool token, int64_t last_ms, const kor_zone *zone)
{
    kor_print_cell(KOR_YELLOW, c->name, 16);
    if (last_ms) {
        kor_civil day;
        const char *name = kor_day_name(last_ms, zone, &day);
        printf("asked on %s %04d-%02d-%02d %02d:%02d", name, day.year, day.month, day.day, day.hour,
               day.minute);
    } else {
        printf("has not asked");
    }
    if (token) printf("  has a token");
    print_limit("since", c->since);
    print_limit("sources", c->limit.sources);
    print_limit("kinds", c->limit.kinds);
    print_limit("scope", c->limit.scope);
    print_limit("redacts", c->limit.redacted);
    if (c->reads_only) kor_print(KOR_DIM, "  reads only");
    if (!has_limits(c)) kor_print(KOR_DIM, "  no limits");
    putchar('\n');
}

static kor_status list(const kor_args *a, const char *home, const kor_clients *clients,
                       const kor_zone *zone, kor_error *err)
{
    asked when = {.clients = clients, .zone = zone};
    KOR_TRY(read_log(&when, home, KOR_ACCESS_FILE ".1", err));
    KOR_TRY(read_log(&when, home, KOR_ACCESS_FILE, err));
    json_t *all = json_array();
    for (size_t i = 0; i < clients->count; i++) {
        const kor_client *c = &clients->list[i];
        bool token = has_token(home, c->name);
        if (a->json)
            json_array_append_new(all, client_json(c, token, when.last_ms[i], zone));
        else
            print_client(c, token, when.last_ms[i], zone);
    }
    if (a->json)
        kor_print_json(json_incref(all));
    else if (!clients->count)
        printf("no client has limits\n");
    json_decref(all);
    return KOR_OK;
}

/* ---- Changing ---- */

static kor_status make_token(const char *home, const char *name, kor_error *err)
{
    char path[4300];
    token_path(path, home, name);
    KOR_TRY(kor_token_make(path, err));
    kor_say(&kor_command_clients, "its token is in %s", path);
    return KOR_OK;
}

static kor_status remove_token(const char *home, const char *name, kor_error *err)
{
    char path[4300];
    token_path(path, home, name);
    if (unlink(path) == 0 || errno == ENOENT) return KOR_OK;
    return kor_fail(err, KOR_E_IO, "%s: %s", path, strerror(errno));
}

/* Of one that is there already, the limits are not touched: who wants another token must not lift
 * them unawares. */
static kor_status add(kor_clients *clients, const kor_client *c, const char *home,
                      const kor_zone *zone, bool token, kor_error *err)
{
    if (kor_clients_find(clients, c->name) && token && !has_limits(c))
        return make_token(home, c->name, err);
    KOR_TRY(kor_clients_add(clients, c, zone, kor_now_ms(), err));
    /* One of the same name before it, taken out by hand, may have left its token. */
    KOR_TRY(remove_token(home, c->name, err));
    KOR_TRY(kor_clients_write(clients, home, err));
    return token ? make_token(home, c->name, err) : KOR_OK;
}

/* The token first: what is left when the rest fails is less than there was. */
static kor_status take_away(kor_clients *clients, const char *name, const char *home,
                            kor_error *err)
{
    if (!kor_clients_find(clients, name))
        return kor_fail(err, KOR_E_NOT_FOUND, "no client '%.64s'", name);
    KOR_TRY(remove_token(home, name, err));
    (void)kor_clients_remove(clients, name);
    return kor_clients_write(clients, home, err);
}

static int run(int argc, char **argv)
{
    kor_client c = {0};
    bool token = false;
    const kor_option options[] = {
        {"--since", "TIME", "only what happened since: 30 days, 2026-11-01", &c.since, NULL},
        {"--source", "S", "only what came from there, or from one of several with commas",
         &c.limit.sources, NULL},
        {"--kind", "K", "only notes, code, mail ...: one of them, or several with commas",
         &c.limit.kinds, NULL},
        {"--scope", "S", "a memory apart from your own", &c.limit.scope, NULL},
        {"--redact", "T", "cut out such names: person, email, place ..., several with commas",
         &c.limit.redacted, NULL},
        {"--read-only", NULL, "it remembers and forgets nothing", NULL, &c.reads_only},
        {"--token", NULL, "make a token of its own, to ask 'korora serve' with", NULL, &token},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_clients, options, 0, 2, argc, argv, &code)) return code;
    bool adds = a.words == 2 && strcmp(a.word[0], "add") == 0;
    bool removes = a.words == 2 && strcmp(a.word[0], "remove") == 0;
    if (a.words && !adds && !removes)
        return kor_wrong_use(a.command, "add NAME or remove NAME is expected, or nothing");
    if ((token || has_limits(&c)) && !adds)
        return kor_wrong_use(a.command, "limits go with add NAME");
    char home[4096];
    kor_error err;
    kor_zone *zone = NULL;
    kor_clients clients = {0};
    int lock = -1;
    kor_status status = kor_home(home, &a, &err);
    if (status == KOR_OK) status = kor_zone_open(&zone, NULL, &err);
    if (status == KOR_OK && a.words) status = kor_lock_folder(home, &lock, &err);
    if (status == KOR_OK) status = kor_clients_read(&clients, home, zone, kor_now_ms(), &err);
    c.name = a.words == 2 ? a.word[1] : NULL;
    if (status == KOR_OK && adds) status = add(&clients, &c, home, zone, token, &err);
    if (status == KOR_OK && removes) status = take_away(&clients, c.name, home, &err);
    if (lock >= 0) (void)close(lock);
    if (status == KOR_OK) status = list(&a, home, &clients, zone, &err);
    code = status == KOR_OK ? EXIT_DONE : kor_report(a.command, &err);
    kor_clients_free(&clients);
    kor_zone_close(zone);
    return code;
}

const kor_command kor_command_clients = {
    .name = "clients",
    .summary = "what each assistant may see and do",
    .usage = "[add NAME [--since TIME] [--source S] [--kind K] [--scope S] [--redact T] "
             "[--read-only] [--token] | remove NAME]",
    .details =
        "Without a word: who has limits, and when each last asked. An assistant is held to them "
        "when it\nstarts 'korora mcp --client NAME', or asks 'korora serve' with the token of its "
        "own. They are in\nclients.yaml in the memory's folder, and what is changed there counts "
        "at once.\n\n"
        "  korora clients add cursor --since '30 days' --source git,note --read-only\n"
        "  korora clients add desk --scope work --token\n"
        "  korora clients remove cursor\n",
    .run = run,
};
