/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/service.h"

#include "base/parallel.h"

#include <stdlib.h>
#include <string.h>

/* Needs writing. */
static kor_status open_writer(kor_service *s, kor_error *err)
{
    if (s->writer) return KOR_OK;
    return kor_memory_open(&s->writer, s->parts.home, KOR_MEMORY_WRITE, s->parts.embedder, err);
}

kor_status kor_service_open(kor_service *s, const kor_service_parts *parts, unsigned port,
                            bool new_token, kor_error *err)
{
    memset(s, 0, sizeof *s);
    s->parts = *parts;
    s->started_ms = kor_now_ms();
    (void)pthread_mutex_init(&s->lock, NULL);
    (void)pthread_mutex_init(&s->writing, NULL);
    (void)sem_init(&s->turns, 0, (unsigned)kor_cores());
    s->door = (kor_door){s, &s->gate};
    kor_live_open(&s->live, parts->home);
    KOR_TRY(open_writer(s, err));
    return kor_gate_open(&s->gate, parts->home, port, new_token, err);
}

kor_status kor_service_watch(kor_service *s, unsigned port, kor_error *err)
{
    s->watchers_door = (kor_door){s, &s->watchers};
    KOR_TRY(kor_gate_open(&s->watchers, s->parts.home, port, false, err));
    s->watchers.watchers = true;
    return KOR_OK;
}

void kor_service_close(kor_service *s)
{
    for (kor_worker *w = s->idle, *next; w; w = next) {
        next = w->next;
        kor_ctx_free(w->ctx);
        kor_mcp_free(w->mcp);
        kor_memory_close(w->memory);
        free(w);
    }
    kor_mcp_free(s->mcp);
    kor_exclusions_free(&s->mcp_guard.exclusions);
    kor_guard_ctx_free(s->watched);
    kor_memory_close(s->writer);
    explicit_bzero(&s->hidden, sizeof s->hidden);
    kor_gate_close(&s->gate);
    if (s->watchers_door.service) kor_gate_close(&s->watchers);
    kor_live_close(&s->live);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->writing);
    (void)sem_destroy(&s->turns);
}

kor_status kor_service_take(kor_service *s, kor_worker **out, kor_error *err)
{
    pthread_mutex_lock(&s->lock);
    kor_worker *w = s->idle;
    if (w) s->idle = w->next;
    pthread_mutex_unlock(&s->lock);
    *out = w;
    if (w) return KOR_OK;
    w = calloc(1, sizeof *w);
    if (!w) return kor_fail_memory(err);
    kor_status status =
        kor_memory_open(&w->memory, s->parts.home, KOR_MEMORY_READ, s->parts.embedder, err);
    if (status != KOR_OK) {
        free(w);
        return status;
    }
    *out = w;
    return KOR_OK;
}

/* Needs lock. */
static void add_recalls(kor_service *s, kor_memory *memory)
{
    kor_recall_totals t;
    kor_memory_take_recalls(memory, &t);
    s->recalls.questions += t.questions;
    s->recalls.embed_us += t.embed_us;
    s->recalls.words_us += t.words_us;
    s->recalls.vectors_us += t.vectors_us;
    s->recalls.us += t.us;
}

void kor_service_recalls(kor_service *s, kor_recall_totals *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->recalls;
    pthread_mutex_unlock(&s->lock);
}

void kor_service_give(kor_service *s, kor_worker *w)
{
    if (!w) return;
    pthread_mutex_lock(&s->lock);
    add_recalls(s, w->memory);
    w->next = s->idle;
    s->idle = w;
    pthread_mutex_unlock(&s->lock);
}

void kor_service_begin_turn(kor_service *s)
{
    while (sem_wait(&s->turns) != 0) {
    }
}

void kor_service_end_turn(kor_service *s)
{
    (void)sem_post(&s->turns);
}

kor_status kor_worker_ctx(const kor_service *s, kor_worker *w, kor_ctx **out, kor_error *err)
{
    if (!s->parts.embedder)
        return kor_fail(err, KOR_E_NOT_FOUND, "no trunk.gguf: there is no model that embeds");
    if (!w->ctx) KOR_TRY(kor_ctx_new(&w->ctx, s->parts.embedder, err));
    *out = w->ctx;
    return KOR_OK;
}

kor_status kor_service_own_fault(kor_status status, kor_error *err)
{
    if (status != KOR_E_INPUT) return status;
    if (err) err->code = KOR_E_DAMAGED;
    return KOR_E_DAMAGED;
}

kor_status kor_service_exclusions(const kor_service *s, kor_exclusions *out, kor_error *err)
{
    char path[4200];
    (void)snprintf(path, sizeof path, "%.4096s/%s", s->parts.home, KOR_EXCLUDE_FILE);
    return kor_service_own_fault(kor_exclusions_read(out, path, err), err);
}

/* Needs writing. */
static kor_status add(kor_service *s, const kor_event *event, kor_ingest_stats *stats,
                      kor_error *err)
{
    kor_ingest *ingest;
    kor_error late;
    KOR_TRY(open_writer(s, err));
    if (!s->guard) KOR_TRY(s->parts.open_guard(s->parts.arg, &s->guard, &s->colony, err));
    kor_guard guard = {.secrets = s->guard->secrets};
    kor_status status = kor_service_exclusions(s, &guard.exclusions, err);
    if (status == KOR_OK) status = kor_ingest_begin(&ingest, s->writer, 1, err);
    if (status == KOR_OK) {
        kor_ingest_use(ingest, &guard, s->colony);
        status = kor_ingest_add(ingest, event, err);
        kor_status ended = kor_ingest_end(ingest, stats, &late);
        if (status == KOR_OK && ended != KOR_OK) {
            status = ended;
            if (err) *err = late;
        }
    }
    kor_exclusions_free(&guard.exclusions);
    return status;
}

kor_status kor_service_add(kor_service *s, const kor_event *event, kor_ingest_stats *stats,
                           kor_error *err)
{
    memset(stats, 0, sizeof *stats);
    pthread_mutex_lock(&s->writing);
    kor_status status = add(s, event, stats, err);
    pthread_mutex_unlock(&s->writing);
    return status;
}

kor_status kor_service_begin_write(kor_service *s, kor_memory **out, kor_error *err)
{
    pthread_mutex_lock(&s->writing);
    kor_status status = open_writer(s, err);
    *out = s->writer;
    if (status != KOR_OK) pthread_mutex_unlock(&s->writing);
    return status;
}

void kor_service_end_write(kor_service *s)
{
    if (s->writer) {
        pthread_mutex_lock(&s->lock);
        add_recalls(s, s->writer);
        pthread_mutex_unlock(&s->lock);
    }
    pthread_mutex_unlock(&s->writing);
}

kor_status kor_service_write(kor_service *s,
                             kor_status (*work)(void *arg, kor_memory *memory, kor_error *err),
                             void *arg, kor_error *err)
{
    kor_memory *memory;
    KOR_TRY(kor_service_begin_write(s, &memory, err));
    kor_status status = work(arg, memory, err);
    kor_service_end_write(s);
    return status;
}
