/* SPDX-License-Identifier: Apache-2.0 */
/* The local server: everything else is in serve. */
#include "cli/cli.h"

#include "base/parallel.h"
#include "serve/access_log.h"
#include "serve/routes.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    PORT = 4141,
    SECONDS = 30,
    BODY_MAX = 4 << 20,
    LEAST_THREADS = 3,
    MOST_THREADS = 16,
    WATCHER_THREADS = 2,
    MODELS = 64
};

/* What the server asks of the program. */
typedef struct lender {
    kor_session *session;
    struct {
        char name[64];
        kor_loaded loaded;
    } models[MODELS]; /* that were asked for */
    size_t count;
} lender;

static kor_status open_guard(void *arg, const kor_guard **guard, const kor_colony **colony,
                             kor_error *err)
{
    kor_session *s = ((const lender *)arg)->session;
    if (!s->guard)
        KOR_TRY(kor_service_own_fault(kor_session_open_colony(s, &kor_command_serve, err), err));
    *guard = s->guard;
    *colony = s->colony;
    return KOR_OK;
}

static json_t *list_models(void *arg)
{
    const kor_session *s = ((const lender *)arg)->session;
    return kor_models_json(s->home);
}

static kor_status read_card(void *arg, const char *name, json_t **out, kor_error *err)
{
    const lender *l = arg;
    return kor_model_json(out, name, l->session->home, err);
}

static kor_status read_figure(void *arg, const char *name, kor_str *out, kor_error *err)
{
    const lender *l = arg;
    return kor_model_figure(out, name, l->session->home, err);
}

static kor_status open_model(void *arg, const char *name, const kor_model **out, kor_error *err)
{
    lender *l = arg;
    char path[4096];
    size_t i = 0;
    while (i < l->count && strcmp(l->models[i].name, name) != 0) i++;
    if (i == l->count) {
        if (i == MODELS || strlen(name) >= sizeof l->models[i].name)
            return kor_fail(err, KOR_E_NOT_FOUND, "no model '%.40s'", name);
        KOR_TRY(kor_model_find(path, name, l->session->home, err));
        KOR_TRY(kor_model_load(&l->models[i].loaded, path, l->session->home, err));
        (void)strcpy(l->models[i].name, name);
        l->count++;
    }
    *out = l->models[i].loaded.model;
    return KOR_OK;
}

static kor_status read_correction(void *arg, const char *said, kor_arena *arena,
                                  kor_correction **list, size_t *count, kor_error *err)
{
    const kor_session *s = ((const lender *)arg)->session;
    return kor_correction_read(said, s->home, arena, list, count, err);
}

/* watchers: the port of watchers; 0: none. */
static void announce(const kor_args *a, unsigned port, const char *socket, unsigned watchers,
                     const kor_gate *gate)
{
    char where[64], other[64];
    (void)snprintf(where, sizeof where, "http://127.0.0.1:%u", port);
    (void)snprintf(other, sizeof other, "http://127.0.0.1:%u", watchers);
    if (a->json) {
        json_t *o =
            json_pack("{s:s,s:s}", "listening", socket ? socket : where, "token_file", gate->file);
        if (watchers) json_object_set_new(o, "watchers", json_string(other));
        kor_print_json(o);
    } else {
        printf("listening on %s\n", socket ? socket : where);
        /* The token stays out of logs. */
        if (!socket && isatty(STDOUT_FILENO))
            printf("  in a browser: %s/login?token=%s\n", where, gate->token);
        printf("  for programs: the token in ");
        kor_print_line(KOR_PLAIN, gate->file, strlen(gate->file), 0);
        putchar('\n');
        if (watchers) printf("  for ActivityWatch's watchers: %s\n", other);
    }
    fflush(stdout);
}

/* Until somebody ends it. The signals are blocked in all threads, so that they come here. */
static void wait_for_end(const sigset_t *ends)
{
    int got;
    while (sigwait(ends, &got) != 0) {
    }
}

typedef struct place {
    unsigned port;
    const char *socket; /* NULL: the port */
    unsigned seconds;
    bool new_token;
    bool watched; /* there is a port for ActivityWatch's watchers, too: */
    unsigned watchers_port;
} place;

/* Watchers have a port of their own, where there is nothing but what they need. */
static kor_status start_watchers(const kor_server_api *api, kor_server **out,
                                 const kor_server_options *like, place *at, kor_service *service,
                                 kor_error *err)
{
    kor_server_options o = *like;
    o.threads = WATCHER_THREADS;
    o.arg = &service->watchers_door;
    kor_status status = kor_listen_loopback(&o.listener, &at->watchers_port, err);
    if (status == KOR_E_BUSY)
        return kor_fail(err, status,
                        "127.0.0.1:%u: something listens there already, perhaps ActivityWatch "
                        "itself: only one of the two can",
                        at->watchers_port);
    KOR_TRY(status);
    status = kor_service_watch(service, at->watchers_port, err);
    if (status == KOR_OK) return api->start(out, &o, err);
    (void)close(o.listener);
    return status;
}

/* What cannot be logged is not answered: better said now than to each who asks. */
static kor_status check_log(const char *home, kor_error *err)
{
    int log;
    KOR_TRY(kor_access_open(home, &log, err));
    (void)close(log);
    return KOR_OK;
}

/* The module, and what it runs. */
typedef struct running {
    const kor_server_api *api;
    kor_server *server;
} running;

static void wake(void *arg)
{
    const running *r = arg;
    r->api->wake(r->server);
}

static kor_status serve(const kor_args *a, kor_session *s, place *at, kor_error *err)
{
    running r = {0};
    lender l = {.session = s};
    kor_service service;
    kor_server *watchers = NULL;
    kor_server_options o = {.listener = -1};
    sigset_t ends;
    KOR_TRY(kor_server_load(&r.api, err));
    KOR_TRY(at->socket ? kor_listen_socket(&o.listener, at->socket, err)
                       : kor_listen_loopback(&o.listener, &at->port, err));
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGINT);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &ends, NULL);
    const kor_service_parts parts = {
        .home = s->home,
        .zone = s->zone,
        .embedder = s->embedder,
        .embedder_name = "trunk",
        .open_guard = open_guard,
        .models = list_models,
        .card = read_card,
        .figure = read_figure,
        .model = open_model,
        .read_correction = read_correction,
        .arg = &l,
    };
    kor_status status =
        kor_service_open(&service, &parts, at->socket ? 0 : at->port, at->new_token, err);
    if (status == KOR_OK) status = check_log(s->home, err);
    size_t threads = kor_cores() + 1;
    o.threads = threads < LEAST_THREADS  ? LEAST_THREADS
                : threads > MOST_THREADS ? MOST_THREADS
                                         : threads;
    o.body_max = BODY_MAX;
    o.seconds = at->seconds;
    o.admit = kor_routes_admit;
    o.answer = kor_routes_answer;
    o.refuse = kor_routes_refuse;
    o.arg = &service.door;
    if (status == KOR_OK)
        status = r.api->start(&r.server, &o, err);
    else
        (void)close(o.listener);
    if (status == KOR_OK && at->watched)
        status = start_watchers(r.api, &watchers, &o, at, &service, err);
    if (status == KOR_OK) {
        kor_live_wakes(&service.live, wake, &r);
        announce(a, at->port, at->socket, at->watched ? at->watchers_port : 0, &service.gate);
        wait_for_end(&ends);
    }
    r.api->stop(watchers);
    r.api->stop(r.server);
    if (at->socket) (void)unlink(at->socket);
    kor_service_close(&service);
    for (size_t i = 0; i < l.count; i++) kor_model_unload(&l.models[i].loaded);
    return status;
}

static int run(int argc, char **argv)
{
    const char *port = NULL, *seconds = NULL, *watchers = NULL;
    place at = {0};
    const kor_option options[] = {
        {"--port", "N", "of 127.0.0.1; default 4141; 0 takes a free one", &port, NULL},
        {"--socket", "PATH", "listen on a socket in the file system instead", &at.socket, NULL},
        {"--activitywatch", "N",
         "a port for ActivityWatch's watchers, who expect 5600, know no token", &watchers, NULL},
        {"--timeout", "SECONDS", "for a client to send a request or take the answer; default 30",
         &seconds, NULL},
        {"--new-token", NULL, "make another token; the one before is worth nothing then", NULL,
         &at.new_token},
        {0},
    };
    kor_args a;
    int code;
    long number, limit, watchers_number;
    if (!kor_args_parse(&a, &kor_command_serve, options, 0, 0, argc, argv, &code)) return code;
    if (port && at.socket) return kor_wrong_use(a.command, "--port or --socket, not both");
    if (!kor_parse_number(a.command, "--port", port, 0, 65535, PORT, &number, &code) ||
        !kor_parse_number(a.command, "--activitywatch", watchers, 0, 65535, 0, &watchers_number,
                          &code) ||
        !kor_parse_number(a.command, "--timeout", seconds, 1, 3600, SECONDS, &limit, &code))
        return code;
    if (watchers && watchers_number && !at.socket && watchers_number == number)
        return kor_wrong_use(a.command, "--port and --activitywatch must differ");
    at.port = (unsigned)number;
    at.seconds = (unsigned)limit;
    at.watched = watchers != NULL;
    at.watchers_port = (unsigned)watchers_number;
    kor_session s;
    kor_error err;
    /* The memory is made where there is none, so that a first event can come this way. */
    if (!kor_session_open(&s, &a, KOR_MEMORY_WRITE, true, NULL, &code)) return code;
    kor_memory_close(s.memory);
    s.memory = NULL;
    code = EXIT_DONE;
    if (serve(&a, &s, &at, &err) != KOR_OK) code = kor_report(a.command, &err);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_serve = {
    .name = "serve",
    .summary = "answer programs and browsers on this machine",
    .usage = "[--port N | --socket PATH] [--activitywatch N] [--timeout SECONDS] [--new-token]",
    .details =
        "HTTP on 127.0.0.1 and nowhere else, until it is ended. A browser shows days, search, "
        "events and\nmodels: open the address that is printed on a terminal. Programs send the "
        "token that is in the\nfile 'token' of the memory's folder: Authorization: Bearer TOKEN. "
        "What can be asked is described\nat /api/openapi.json.\n\n"
        "  korora serve\n"
        "  curl -H \"Authorization: Bearer $(cat ~/.local/share/korora/token)\" "
        "'127.0.0.1:4141/api/recall?q=demo'\n",
    .run = run,
};
