/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/live.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { GAP_MS = 200, FIRST_LOOK_MS = 5 };

struct kor_live_watch {
    kor_live *live;
    kor_memory *memory;
    int written; /* readable when somebody writes */
    int ended;   /* readable when nobody listens any more */
    pthread_t thread;
};

typedef struct listener {
    kor_live *live;
    kor_changes told;
    bool greeted;
} listener;

/* ---- Watching ---- */

/* Wait for one of two, or for a time; false when the watch is to end. */
static bool wait_for(const kor_live_watch *w, bool written, int ms)
{
    struct pollfd on[] = {{.fd = w->ended, .events = POLLIN},
                          {.fd = written ? w->written : -1, .events = POLLIN}};
    while (poll(on, 2, ms) < 0 && errno == EINTR) {
    }
    return !on[0].revents;
}

/* What it says is of no matter: it is asked of the memory. */
static void drain(int fd)
{
    char bytes[4096];
    while (read(fd, bytes, sizeof bytes) > 0) {
    }
}

/* True when there was something new. */
static bool look(const kor_live_watch *w, bool *settled)
{
    kor_live *live = w->live;
    kor_changes now;
    /* One that cannot be read now is written to some time again. */
    if (kor_changes_read(w->memory, &now, settled, NULL) != KOR_OK) return false;
    pthread_mutex_lock(&live->lock);
    bool moved = now.last != live->now.last || now.changed != live->now.changed;
    live->now = now;
    if (moved && live->wake) live->wake(live->server);
    pthread_mutex_unlock(&live->lock);
    return moved;
}

/* While somebody writes, it is looked again and again, at first soon. */
static void *watch(void *arg)
{
    const kor_live_watch *w = arg;
    bool settled = false;
    for (int pause = FIRST_LOOK_MS;;) {
        if (!wait_for(w, settled, settled ? -1 : pause)) return NULL;
        if (settled) pause = FIRST_LOOK_MS;
        settled = true;
        drain(w->written);
        if (look(w, &settled) && !wait_for(w, false, GAP_MS)) return NULL;
        pause = 2 * pause < GAP_MS ? 2 * pause : GAP_MS;
    }
}

static void free_watch(kor_live_watch *w)
{
    if (!w) return;
    if (w->written >= 0) (void)close(w->written);
    if (w->ended >= 0) (void)close(w->ended);
    kor_memory_close(w->memory);
    free(w);
}

/* Needs the lock. */
static kor_status start_watch(kor_live *live, kor_error *err)
{
    bool settled;
    kor_live_watch *w = calloc(1, sizeof *w);
    if (!w) return kor_fail_memory(err);
    *w = (kor_live_watch){.live = live, .written = -1, .ended = eventfd(0, EFD_CLOEXEC)};
    kor_status status = w->ended < 0 ? kor_fail(err, KOR_E_IO, "too many open files") : KOR_OK;
    if (status == KOR_OK)
        status = kor_memory_open(&w->memory, live->home, KOR_MEMORY_WRITE, NULL, err);
    if (status == KOR_OK) status = kor_changes_watch(w->memory, &w->written, err);
    if (status == KOR_OK) status = kor_changes_read(w->memory, &live->now, &settled, err);
    if (status == KOR_OK && pthread_create(&w->thread, NULL, watch, w) != 0)
        status = kor_fail(err, KOR_E_IO, "no thread to watch the memory");
    if (status == KOR_OK)
        live->watch = w;
    else
        free_watch(w);
    return status;
}

static void stop_watch(kor_live_watch *w)
{
    static const uint64_t one = 1;
    if (!w) return;
    (void)!write(w->ended, &one, sizeof one);
    (void)pthread_join(w->thread, NULL);
    free_watch(w);
}

/* ---- Listeners ---- */

static void put_event(kor_str *out, const kor_changes *now, const char *name, bool last)
{
    kor_str_printf(out, "id: %lld-%lld\nevent: %s\ndata: ", (long long)now->last,
                   (long long)now->changed, name);
    if (last)
        kor_str_printf(out, "{\"last\":%lld}\n\n", (long long)now->last);
    else
        kor_str_puts(out, "{}\n\n");
}

static kor_stream_state pull(void *arg, kor_str *piece)
{
    listener *l = arg;
    pthread_mutex_lock(&l->live->lock);
    const kor_changes now = l->live->now;
    pthread_mutex_unlock(&l->live->lock);
    if (!l->greeted) put_event(piece, &now, "hello", true);
    if (now.last != l->told.last) put_event(piece, &now, "stored", true);
    if (now.changed != l->told.changed) put_event(piece, &now, "changed", false);
    l->greeted = true;
    l->told = now;
    return piece->len ? KOR_STREAM_MORE : KOR_STREAM_WAIT;
}

static void end(void *arg)
{
    listener *l = arg;
    kor_live *live = l->live;
    kor_live_watch *last = NULL;
    pthread_mutex_lock(&live->lock);
    if (--live->listeners == 0) {
        last = live->watch;
        live->watch = NULL;
    }
    pthread_mutex_unlock(&live->lock);
    stop_watch(last);
    free(l);
}

kor_status kor_live_listen(kor_live *live, const char *last_event_id, kor_stream *out,
                           kor_error *err)
{
    long long last, changed;
    int len = 0;
    kor_status status = KOR_OK;
    listener *l = calloc(1, sizeof *l);
    if (!l) return kor_fail_memory(err);
    l->live = live;
    pthread_mutex_lock(&live->lock);
    if (live->listeners == KOR_LIVE_MOST)
        status = kor_fail(err, KOR_E_BUSY, "%d listen already", KOR_LIVE_MOST);
    else if (!live->watch)
        status = start_watch(live, err);
    if (status == KOR_OK) live->listeners++;
    l->told = live->now;
    pthread_mutex_unlock(&live->lock);
    if (status != KOR_OK) {
        free(l);
        return status;
    }
    if (last_event_id && sscanf(last_event_id, "%18lld-%18lld%n", &last, &changed, &len) == 2 &&
        !last_event_id[len])
        l->told = (kor_changes){last, changed};
    *out = (kor_stream){.pull = pull, .end = end, .arg = l};
    return KOR_OK;
}

/* ---- Open and closed ---- */

void kor_live_open(kor_live *live, const char *home)
{
    *live = (kor_live){.home = home};
    (void)pthread_mutex_init(&live->lock, NULL);
}

void kor_live_close(kor_live *live)
{
    pthread_mutex_destroy(&live->lock);
}

void kor_live_wakes(kor_live *live, void (*wake)(void *server), void *server)
{
    pthread_mutex_lock(&live->lock);
    live->wake = wake;
    live->server = server;
    if (wake) wake(server);
    pthread_mutex_unlock(&live->lock);
}
