/* SPDX-License-Identifier: Apache-2.0 */
/* The server over libmicrohttpd. This file is a module of its own (server.h).
 *
 * One thread waits for all sockets, and workers answer: a connection is suspended while a worker
 * has its request, so that an answer that takes long holds up nobody but who asked, and all workers
 * are busy before anybody waits. (A pool of libmicrohttpd's threads would have connections for
 * good: the first to wake takes all that come at once.) A client that is slow to send or to read is
 * waited for without a thread. Who is silent, and who sends or takes a byte now and then, is closed
 * by the watch, a thread that sleeps until the first deadline, and without connections for ever.
 * (The time limit of libmicrohttpd counts what an answer takes to make.)
 *
 * A stream that has nothing to say is suspended too: nobody looks at its socket then but the watch,
 * which sees when the client has gone. */
#include "serve/server.h"

#include <limits.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CONNECTIONS = 256,
    CONNECTION_BYTES = 32768, /* request line and headers fit in it */
    WORKERS = 64,
    LAST_MS = 1000, /* for answers that are made when the server stops to be sent */
    OVERLONG = 4,   /* bodies of that many times the limit are read out, to say so */
    PIECE = 16384   /* of a stream, at most, in one go */
};

/* One connection, in the list of all. */
typedef struct line {
    struct line *next, **at;
    int fd;
    int64_t deadline_ms;
    struct MHD_Connection *suspended; /* a stream that waits; else NULL */
    bool woken;                       /* since it was last pulled */
    bool ended;                       /* its socket was shut down here */
} line;

/* One request: while its body comes, while a worker has it, and while its answer is sent. */
typedef struct visit {
    struct visit *next; /* in the queue */
    struct MHD_Connection *connection;
    kor_request request;
    char *target;
    kor_str body;
    size_t seen;
    bool begun, queued, answered;
    kor_reply reply; /* once it is answered */
} visit;

struct kor_server {
    kor_server_options o;
    struct MHD_Daemon *daemon;
    int poll;    /* what the watch waits for: changed, and the sockets of streams */
    int changed; /* an eventfd */
    pthread_t watch, workers[WORKERS];
    size_t worker_count;
    pthread_mutex_t lock; /* of all that follows */
    pthread_cond_t work, done;
    line *lines;
    visit *first, *last;   /* what waits for a worker */
    size_t unanswered;     /* given to a worker, and the answer not yet sent */
    bool stopping, asleep; /* asleep: the watch waits for no deadline */
};

static int64_t clock_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- Deadlines ---- */

/* Needs the lock, as the two after it. */
static void resume(line *l)
{
    l->woken = true;
    if (l->suspended) MHD_resume_connection(l->suspended);
    l->suspended = NULL;
}

/* The socket is open as long as the line is in the list; its thread sees its end and cleans up. */
static void hang_up(line *l)
{
    (void)shutdown(l->fd, SHUT_RDWR);
    l->ended = true;
    l->deadline_ms = INT64_MAX;
    resume(l);
}

static bool has_gone(int fd)
{
    struct pollfd socket = {.fd = fd, .events = POLLRDHUP};
    return poll(&socket, 1, 0) > 0 && socket.revents;
}

/* Who has gone while a stream waited. The number of a socket may be another's by now: it is asked
 * again. */
static void hang_up_gone(kor_server *s, const struct epoll_event *events, int count)
{
    for (int i = 0; i < count; i++)
        for (line *l = s->lines; l; l = l->next)
            if (l->fd == events[i].data.fd && l->suspended && has_gone(l->fd)) hang_up(l);
}

/* Close what is over its deadline; the first deadline of the others. Needs the lock. */
static int64_t hang_up_late(kor_server *s)
{
    int64_t first = INT64_MAX, now = clock_ms();
    for (line *l = s->lines; l; l = l->next) {
        if (l->deadline_ms <= now) hang_up(l);
        if (l->deadline_ms < first) first = l->deadline_ms;
    }
    return first == INT64_MAX ? -1 : first - now;
}

static void *watch(void *arg)
{
    kor_server *s = arg;
    struct epoll_event events[16];
    uint64_t times;
    pthread_mutex_lock(&s->lock);
    while (!s->stopping) {
        int64_t ms = hang_up_late(s);
        s->asleep = ms < 0;
        pthread_mutex_unlock(&s->lock);
        int count = epoll_wait(s->poll, events, sizeof events / sizeof *events,
                               ms > INT_MAX ? INT_MAX : (int)ms);
        pthread_mutex_lock(&s->lock);
        s->asleep = false;
        if (count > 0) (void)!read(s->changed, &times, sizeof times);
        hang_up_gone(s, events, count);
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static void tell_watch(kor_server *s)
{
    static const uint64_t one = 1;
    (void)!write(s->changed, &one, sizeof one);
}

static line *line_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* While an answer is made, its client has no deadline: ms is INT64_MAX. */
static void set_deadline(kor_server *s, struct MHD_Connection *connection, int64_t ms)
{
    line *l = line_of(connection);
    if (!l) return;
    pthread_mutex_lock(&s->lock);
    l->deadline_ms = ms;
    if (s->asleep && ms != INT64_MAX) tell_watch(s);
    pthread_mutex_unlock(&s->lock);
}

static int64_t soon(const kor_server *s)
{
    return clock_ms() + (int64_t)s->o.seconds * 1000;
}

static void on_connection(void *arg, struct MHD_Connection *connection, void **context,
                          enum MHD_ConnectionNotificationCode what)
{
    kor_server *s = arg;
    line *l = *context;
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        const union MHD_ConnectionInfo *info =
            MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
        l = info ? calloc(1, sizeof *l) : NULL;
        *context = l;
        if (!l) return;
        l->fd = info->connect_fd;
        pthread_mutex_lock(&s->lock);
        l->deadline_ms = soon(s);
        l->next = s->lines;
        l->at = &s->lines;
        if (l->next) l->next->at = &l->next;
        s->lines = l;
        if (s->asleep) tell_watch(s);
        pthread_mutex_unlock(&s->lock);
    } else if (l) {
        pthread_mutex_lock(&s->lock);
        *l->at = l->next;
        if (l->next) l->next->at = l->at;
        pthread_mutex_unlock(&s->lock);
        free(l);
        *context = NULL;
    }
}

/* ---- Requests ---- */

/* The target, whole: it is read by routes. */
static void *on_target(void *arg, const char *target, struct MHD_Connection *connection)
{
    (void)arg;
    (void)connection;
    visit *v = calloc(1, sizeof *v);
    if (v) v->target = strdup(target);
    return v;
}

/* Its answer is sent, or nobody takes it any more. */
static void forget_visit(kor_server *s)
{
    pthread_mutex_lock(&s->lock);
    if (--s->unanswered == 0) pthread_cond_signal(&s->done);
    pthread_mutex_unlock(&s->lock);
}

static void on_completed(void *arg, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    (void)why;
    visit *v = *context;
    set_deadline(arg, connection, soon(arg));
    if (!v) return;
    if (v->queued) forget_visit(arg);
    if (v->reply.stream.pull) v->reply.stream.end(v->reply.stream.arg);
    kor_str_free(&v->body);
    kor_str_free(&v->reply.body);
    free(v->target);
    free(v);
    *context = NULL;
}

static enum MHD_Result on_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    kor_request *r = arg;
    const struct {
        const char *name;
        const char **to;
    } known[] = {
        {"Host", &r->host},
        {"Origin", &r->origin},
        {"Authorization", &r->authorization},
        {"Cookie", &r->cookie},
        {"Content-Type", &r->content_type},
        {"Sec-Fetch-Site", &r->fetch_site},
        {"User-Agent", &r->user_agent},
        {"Last-Event-ID", &r->last_event_id},
        {"MCP-Protocol-Version", &r->mcp_version},
        {"Mcp-Method", &r->mcp_method},
        {"Mcp-Name", &r->mcp_name},
        {"Mcp-Session-Id", &r->mcp_session},
        {"Content-Length", &r->framing},
        {"Transfer-Encoding", &r->framing},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcasecmp(name, known[i].name) != 0) continue;
        if (*known[i].to) r->twice = true;
        *known[i].to = value ? value : "";
    }
    return MHD_YES;
}

/* ---- Streams ---- */

/* A stream on its way to one client. */
typedef struct flow {
    kor_server *server;
    struct MHD_Connection *connection;
    kor_stream stream;
    kor_str piece;
    size_t sent; /* of it */
    bool done;
} flow;

/* Nothing comes until somebody wakes the server. False when somebody did since the last pull, or
 * goes_on has something to say. The watch sees whether the client is there at all. */
static bool suspend(kor_server *s, struct MHD_Connection *connection)
{
    line *l = line_of(connection);
    pthread_mutex_lock(&s->lock);
    bool sleeps = !l->woken && !l->ended && !s->stopping;
    if (sleeps) {
        MHD_suspend_connection(connection);
        l->suspended = connection;
        l->deadline_ms = INT64_MAX;
        struct epoll_event on = {.events = EPOLLRDHUP | EPOLLONESHOT, .data.fd = l->fd};
        if (epoll_ctl(s->poll, EPOLL_CTL_MOD, l->fd, &on) != 0)
            (void)epoll_ctl(s->poll, EPOLL_CTL_ADD, l->fd, &on);
    }
    pthread_mutex_unlock(&s->lock);
    return sleeps;
}

/* Is there a reason to go on? Forgets that the server was woken. */
static bool goes_on(kor_server *s, struct MHD_Connection *connection)
{
    line *l = line_of(connection);
    pthread_mutex_lock(&s->lock);
    l->woken = false;
    bool on = !l->ended && !s->stopping;
    pthread_mutex_unlock(&s->lock);
    return on;
}

/* Fill the piece. False when nothing more comes, or nothing yet, as *last says. */
static bool next_piece(flow *f, ssize_t *last)
{
    kor_str_clear(&f->piece);
    f->sent = 0;
    while (!f->done) {
        *last = MHD_CONTENT_READER_END_WITH_ERROR;
        if (!goes_on(f->server, f->connection)) return false;
        kor_stream_state state = f->stream.pull(f->stream.arg, &f->piece);
        if (f->piece.failed || state == KOR_STREAM_BROKEN) return false;
        f->done = state == KOR_STREAM_DONE;
        if (f->piece.len) return true;
        *last = 0;
        if (state == KOR_STREAM_WAIT && suspend(f->server, f->connection)) return false;
    }
    *last = MHD_CONTENT_READER_END_OF_STREAM;
    return false;
}

static ssize_t on_pull(void *arg, uint64_t at, char *out, size_t most)
{
    (void)at;
    flow *f = arg;
    ssize_t last;
    if (f->sent == f->piece.len && !next_piece(f, &last)) return last;
    size_t left = f->piece.len - f->sent, n = left < most ? left : most;
    memcpy(out, f->piece.data + f->sent, n);
    f->sent += n;
    set_deadline(f->server, f->connection, soon(f->server));
    return (ssize_t)n;
}

static void on_flow_end(void *arg)
{
    flow *f = arg;
    f->stream.end(f->stream.arg);
    kor_str_free(&f->piece);
    free(f);
}

/* NULL when memory is out; the stream is ended then. */
static struct MHD_Response *stream_response(kor_server *s, struct MHD_Connection *connection,
                                            const kor_stream *stream)
{
    flow *f = line_of(connection) ? calloc(1, sizeof *f) : NULL;
    if (!f) {
        stream->end(stream->arg);
        return NULL;
    }
    *f = (flow){.server = s, .connection = connection, .stream = *stream};
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, on_pull, f, on_flow_end);
    if (!response) on_flow_end(f);
    return response;
}

static void wake(kor_server *s)
{
    pthread_mutex_lock(&s->lock);
    for (line *l = s->lines; l; l = l->next) resume(l);
    pthread_mutex_unlock(&s->lock);
}

/* ---- Answers ---- */

static enum MHD_Result send_reply(kor_server *s, struct MHD_Connection *connection,
                                  kor_reply *reply)
{
    if (reply->body.failed) {
        kor_str_free(&reply->body);
        kor_str_puts(&reply->body, "{\"error\":{\"message\":\"out of memory\"}}");
        reply->status = 500;
    }
    struct MHD_Response *response =
        reply->stream.pull ? stream_response(s, connection, &reply->stream)
                           : MHD_create_response_from_buffer(reply->body.len, reply->body.data,
                                                             MHD_RESPMEM_MUST_FREE);
    if (!response) return MHD_NO;
    if (!reply->stream.pull) reply->body = (kor_str){0};
    if (reply->type) (void)MHD_add_response_header(response, "Content-Type", reply->type);
    for (size_t i = 0; reply->headers && reply->headers[i][0]; i++)
        (void)MHD_add_response_header(response, reply->headers[i][0], reply->headers[i][1]);
    if (reply->allow) (void)MHD_add_response_header(response, "Allow", reply->allow);
    if (reply->status == 401) (void)MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
    if (*reply->location) (void)MHD_add_response_header(response, "Location", reply->location);
    if (*reply->allow_origin) {
        (void)MHD_add_response_header(response, "Access-Control-Allow-Origin", reply->allow_origin);
        (void)MHD_add_response_header(response, "Vary", "Origin");
    }
    if (*reply->set_cookie)
        (void)MHD_add_response_header(response, "Set-Cookie", reply->set_cookie);
    if (*reply->mcp_session)
        (void)MHD_add_response_header(response, "Mcp-Session-Id", reply->mcp_session);
    enum MHD_Result queued = MHD_queue_response(connection, (unsigned)reply->status, response);
    MHD_destroy_response(response);
    return queued;
}

/* The length that a request says its body has; 0 when it says none. */
static unsigned long long said_length(struct MHD_Connection *connection)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
    return text ? strtoull(text, NULL, 10) : 0;
}

/* Read the headers. Is the request to go on? */
static bool begin(kor_server *s, struct MHD_Connection *connection, visit *v)
{
    v->begun = true;
    v->connection = connection;
    set_deadline(s, connection, soon(s));
    (void)MHD_get_connection_values(connection, MHD_HEADER_KIND, on_header, &v->request);
    if (!s->o.admit(s->o.arg, &v->request, &v->reply)) return false;
    if (said_length(connection) <= s->o.body_max) return true;
    s->o.refuse(s->o.arg, 413, "the body is too long", &v->reply);
    return false;
}

static enum MHD_Result take_body(const kor_server *s, visit *v, const char *bytes, size_t len)
{
    v->seen += len;
    if (v->seen > s->o.body_max * OVERLONG) return MHD_NO;
    if (v->seen > s->o.body_max)
        kor_str_free(&v->body);
    else
        kor_str_add(&v->body, bytes, len);
    return MHD_YES;
}

static enum MHD_Result send_answer(kor_server *s, visit *v)
{
    /* A stream is a visit without an end: nobody waits for it. */
    if (v->queued && v->reply.stream.pull) {
        v->queued = false;
        forget_visit(s);
    }
    set_deadline(s, v->connection, soon(s));
    enum MHD_Result sent = send_reply(s, v->connection, &v->reply);
    v->reply.stream = (kor_stream){0}; /* it is the response's now */
    return sent;
}

/* Give it to a worker; false when the server stops, and there may be none. */
static bool queue(kor_server *s, visit *v)
{
    v->request.body = kor_str_text(&v->body);
    v->request.body_len = v->body.len;
    set_deadline(s, v->connection, INT64_MAX);
    pthread_mutex_lock(&s->lock);
    if (s->stopping) {
        pthread_mutex_unlock(&s->lock);
        return false;
    }
    v->queued = true;
    MHD_suspend_connection(v->connection);
    if (s->first)
        s->last->next = v;
    else
        s->first = v;
    s->last = v;
    s->unanswered++;
    pthread_cond_signal(&s->work);
    pthread_mutex_unlock(&s->lock);
    return true;
}

static enum MHD_Result on_request(void *arg, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_size, void **context)
{
    (void)url;
    (void)version;
    kor_server *s = arg;
    visit *v = *context;
    if (!v || !v->target) return MHD_NO;
    if (v->answered) return send_answer(s, v);
    v->request.method = method;
    v->request.target = v->target;
    if (!v->begun) {
        if (begin(s, connection, v)) return MHD_YES;
        /* Before the body comes: the connection is closed after the answer. */
        return send_reply(s, connection, &v->reply);
    }
    if (*upload_size) {
        size_t len = *upload_size;
        *upload_size = 0;
        return take_body(s, v, upload, len);
    }
    if (v->seen > s->o.body_max)
        s->o.refuse(s->o.arg, 413, "the body is too long", &v->reply);
    else if (v->body.failed)
        s->o.refuse(s->o.arg, 503, "out of memory", &v->reply);
    else if (queue(s, v))
        return MHD_YES;
    else
        s->o.refuse(s->o.arg, 503, "the server ends", &v->reply);
    return send_answer(s, v);
}

/* ---- Workers ---- */

/* When the server stops, what a worker has is answered, and what waits for one is refused. */
static void *work(void *arg)
{
    kor_server *s = arg;
    pthread_mutex_lock(&s->lock);
    for (;;) {
        while (!s->first && !s->stopping) pthread_cond_wait(&s->work, &s->lock);
        visit *v = s->first;
        if (!v) break;
        s->first = v->next;
        bool stopping = s->stopping;
        pthread_mutex_unlock(&s->lock);
        if (stopping)
            s->o.refuse(s->o.arg, 503, "the server ends", &v->reply);
        else
            s->o.answer(s->o.arg, &v->request, &v->reply);
        pthread_mutex_lock(&s->lock);
        v->answered = true;
        MHD_resume_connection(v->connection); /* v is the other thread's from here on */
    }
    pthread_mutex_unlock(&s->lock);
    return NULL;
}

static bool start_workers(kor_server *s)
{
    size_t most = s->o.threads < WORKERS ? s->o.threads : WORKERS;
    while (s->worker_count < most &&
           pthread_create(&s->workers[s->worker_count], NULL, work, s) == 0)
        s->worker_count++;
    return s->worker_count > 0;
}

static void stop_workers(kor_server *s)
{
    struct timespec until;
    pthread_mutex_lock(&s->lock);
    pthread_cond_broadcast(&s->work);
    pthread_mutex_unlock(&s->lock);
    for (size_t i = 0; i < s->worker_count; i++) (void)pthread_join(s->workers[i], NULL);
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += LAST_MS / 1000;
    pthread_mutex_lock(&s->lock);
    while (s->unanswered && pthread_cond_timedwait(&s->done, &s->lock, &until) == 0) {
    }
    pthread_mutex_unlock(&s->lock);
}

/* ---- Start and stop ---- */

/* What libmicrohttpd says of clients that went away is nothing to tell. */
static void on_log(void *arg, const char *fmt, va_list ap)
{
    (void)arg;
    (void)fmt;
    (void)ap;
}

static void free_server(kor_server *s)
{
    if (s->poll >= 0) (void)close(s->poll);
    if (s->changed >= 0) (void)close(s->changed);
    pthread_mutex_destroy(&s->lock);
    pthread_cond_destroy(&s->work);
    pthread_cond_destroy(&s->done);
    free(s);
}

static void stop(kor_server *s)
{
    if (!s) return;
    pthread_mutex_lock(&s->lock);
    s->stopping = true;
    for (line *l = s->lines; l; l = l->next) resume(l);
    pthread_mutex_unlock(&s->lock);
    tell_watch(s);
    (void)pthread_join(s->watch, NULL);
    int listener = s->daemon ? MHD_quiesce_daemon(s->daemon) : -1;
    if (listener >= 0) (void)close(listener);
    stop_workers(s);
    if (s->daemon) MHD_stop_daemon(s->daemon);
    free_server(s);
}

static kor_status start(kor_server **out, const kor_server_options *options, kor_error *err)
{
    *out = NULL;
    kor_server *s = calloc(1, sizeof *s);
    if (!s) {
        (void)close(options->listener);
        return kor_fail_memory(err);
    }
    s->o = *options;
    s->poll = epoll_create1(EPOLL_CLOEXEC);
    s->changed = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_cond_init(&s->work, NULL);
    (void)pthread_cond_init(&s->done, NULL);
    struct epoll_event on = {.events = EPOLLIN, .data.fd = s->changed};
    if (s->poll < 0 || s->changed < 0 || epoll_ctl(s->poll, EPOLL_CTL_ADD, s->changed, &on) != 0 ||
        pthread_create(&s->watch, NULL, watch, s) != 0) {
        (void)close(options->listener);
        free_server(s);
        return kor_fail(err, KOR_E_IO, "too many open files or threads for the server");
    }
    /* Workers first: a request that none of them takes would be suspended for good. */
    if (start_workers(s))
        s->daemon = MHD_start_daemon(
            MHD_USE_EPOLL_INTERNAL_THREAD | MHD_USE_ERROR_LOG | MHD_ALLOW_SUSPEND_RESUME, 0, NULL,
            NULL, on_request, s, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_LISTEN_SOCKET,
            options->listener, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
            MHD_OPTION_CONNECTION_TIMEOUT, 0U, MHD_OPTION_STRICT_FOR_CLIENT, 1,
            MHD_OPTION_URI_LOG_CALLBACK, on_target, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
            s, MHD_OPTION_NOTIFY_CONNECTION, on_connection, s, MHD_OPTION_END);
    if (!s->daemon) {
        (void)close(options->listener);
        stop(s);
        return kor_fail(err, KOR_E_IO, "the HTTP server does not start");
    }
    *out = s;
    return KOR_OK;
}

const kor_server_api *kor_server_module(void)
{
    static const kor_server_api api = {start, stop, wake};
    return &api;
}
