/* SPDX-License-Identifier: Apache-2.0 */
/* The local server: everything else is in serve. */
#include "cli/cli.h"

#include "base/parallel.h"
#include "serve/routes.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

enum {
    PORT = 4141,
    SECONDS = 30,
    BODY_MAX = 4 << 20,
    LEAST_THREADS = 4,
    MOST_THREADS = 16,
    WATCHER_THREADS = 2
};

static kor_status open_guard(void *arg, const kor_guard **guard, const kor_colony **colony,
                             kor_error *err)
{
    kor_session *s = arg;
    if (!s->guard) KOR_TRY(kor_session_open_colony(s, &kor_command_serve, err));
    *guard = s->guard;
    *colony = s->colony;
    return KOR_OK;
}

static json_t *list_models(void *arg)
{
    const kor_session *s = arg;
    return kor_models_json(s->home);
}

static kor_status read_correction(void *arg, const char *said, kor_arena *arena,
                                  kor_correction **list, size_t *count, kor_error *err)
{
    const kor_session *s = arg;
    return kor_correction_read(said, s->home, arena, list, count, err);
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
    bool watched; /* ActivityWatch's watchers are listened to, too, on this port: */
    unsigned watchers_port;
} place;

/* A server on a listening socket, which it closes in any case. */
static kor_status start(const kor_server_api *api, kor_server **out, int listener, size_t threads,
                        const place *at, kor_door *door, kor_error *err)
{
    const kor_server_options o = {.listener = listener,
                                  .threads = threads,
                                  .body_max = BODY_MAX,
                                  .seconds = at->seconds,
                                  .admit = kor_routes_admit,
                                  .answer = kor_routes_answer,
                                  .refuse = kor_routes_refuse,
                                  .arg = door};
    return api->start(out, &o, err);
}

/* Watchers have a port of their own, where there is nothing but what they need. */
static kor_status start_watchers(const kor_server_api *api, kor_server **out, int listener,
                                 const place *at, kor_service *service, kor_error *err)
{
    kor_status status = kor_service_watch(service, at->watchers_port, err);
    if (status == KOR_OK)
        return start(api, out, listener, WATCHER_THREADS, at, &service->watchers_door, err);
    (void)close(listener);
    return status;
}

static void announce(const kor_args *a, const place *at, const kor_gate *gate)
{
    char where[64], watchers[64];
    (void)snprintf(where, sizeof where, "http://127.0.0.1:%u", at->port);
    (void)snprintf(watchers, sizeof watchers, "http://127.0.0.1:%u", at->watchers_port);
    if (a->json) {
        json_t *o = json_pack("{s:s,s:s}", "listening", at->socket ? at->socket : where,
                              "token_file", gate->file);
        if (at->watched) json_object_set_new(o, "watchers", json_string(watchers));
        kor_print_json(o);
    } else {
        printf("listening on %s\n", at->socket ? at->socket : where);
        /* The token stays out of logs. */
        if (!at->socket && isatty(STDOUT_FILENO))
            printf("  in a browser: %s/login?token=%s\n", where, gate->token);
        printf("  for programs: the token in ");
        kor_print_line(KOR_PLAIN, gate->file, strlen(gate->file), 0);
        putchar('\n');
        if (at->watched) printf("  for ActivityWatch's watchers: %s\n", watchers);
    }
    fflush(stdout);
}

static kor_status listen_all(place *at, int *listener, int *watchers, kor_error *err)
{
    *watchers = -1;
    KOR_TRY(at->socket ? kor_listen_socket(listener, at->socket, err)
                       : kor_listen_loopback(listener, &at->port, err));
    if (!at->watched) return KOR_OK;
    kor_status status = kor_listen_loopback(watchers, &at->watchers_port, err);
    if (status != KOR_OK) (void)close(*listener);
    return status == KOR_E_BUSY
               ? kor_fail(err, status,
                          "127.0.0.1:%u: something listens there already, perhaps ActivityWatch "
                          "itself: only one of the two can",
                          at->watchers_port)
               : status;
}

static kor_status serve(const kor_args *a, kor_session *s, place *at, kor_error *err)
{
    const kor_server_api *api;
    kor_service service;
    kor_server *server = NULL, *watchers = NULL;
    int listener, watchers_listener;
    sigset_t ends;
    KOR_TRY(kor_server_load(&api, err));
    KOR_TRY(listen_all(at, &listener, &watchers_listener, err));
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
        .read_correction = read_correction,
        .arg = s,
    };
    kor_status status =
        kor_service_open(&service, &parts, at->socket ? 0 : at->port, at->new_token, err);
    size_t threads = 2 * kor_cores();
    threads = threads < LEAST_THREADS  ? LEAST_THREADS
              : threads > MOST_THREADS ? MOST_THREADS
                                       : threads;
    if (status == KOR_OK)
        status = start(api, &server, listener, threads, at, &service.door, err);
    else
        (void)close(listener);
    if (status == KOR_OK && at->watched)
        status = start_watchers(api, &watchers, watchers_listener, at, &service, err);
    else if (at->watched)
        (void)close(watchers_listener);
    if (status == KOR_OK) {
        announce(a, at, &service.gate);
        wait_for_end(&ends);
    }
    if (watchers) api->stop(watchers);
    if (server) api->stop(server);
    if (at->socket) (void)unlink(at->socket);
    kor_service_close(&service);
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
         "listen on this port, too, to ActivityWatch's watchers, which expect 5600 and know no "
         "token",
         &watchers, NULL},
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
    .usage = "[--port N | --socket PATH] [--activitywatch N]",
    .details =
        "HTTP on 127.0.0.1 and nowhere else, until it is ended. Programs send the token that is "
        "in the\nfile 'token' of the memory's folder: Authorization: Bearer TOKEN. What can be "
        "asked is described\nat /api/openapi.json.\n\n"
        "  korora serve\n"
        "  curl -H \"Authorization: Bearer $(cat ~/.local/share/korora/token)\" "
        "'127.0.0.1:4141/api/recall?q=demo'\n",
    .run = run,
};
