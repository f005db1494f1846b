/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/reannotate.h"

#include "base/parallel.h"
#include "memory/store.h"

#include <string.h>

enum { BATCH = 128, BATCH_BYTES = 4 << 20, WORKERS = 64 };

typedef struct item {
    kor_event event;
    kor_annotation *list;
    size_t count;
    bool failed;
} item;

typedef struct job {
    kor_memory *memory;
    const kor_colony *colony;
    kor_annotator *annotator;
    kor_colony_ctx *ctx[WORKERS];
    kor_arena given[WORKERS]; /* what each worker says */
    size_t workers;
    kor_arena arena; /* of the events of the batch */
    item items[BATCH];
    size_t count;
} job;

static kor_status read_batch(job *j, int64_t *after, kor_error *err)
{
    size_t bytes = 0;
    bool found = true;
    j->count = 0;
    while (j->count < BATCH && bytes < BATCH_BYTES) {
        item *it = &j->items[j->count];
        *it = (item){0};
        KOR_TRY(kor_annotator_next(j->annotator, after, &j->arena, &it->event, &found, err));
        if (!found) return KOR_OK;
        bytes += it->event.text_len;
        j->count++;
    }
    return KOR_OK;
}

static void run_one(void *arg, size_t i, size_t worker)
{
    job *j = arg;
    item *it = &j->items[i];
    const kor_event *e = &it->event;
    const kor_colony_event given = {e->source, e->app,  e->title,   e->uri,
                                    e->scope,  e->text, e->text_len};
    kor_arena *arena = &j->given[worker];
    kor_colony_run(j->ctx[worker], &given);
    const kor_annotation *list = kor_colony_annotations(j->ctx[worker], &it->count);
    it->list = kor_arena_array(arena, it->count, sizeof *it->list);
    it->failed = !it->list;
    for (size_t k = 0; k < it->count && !it->failed; k++) {
        it->list[k] = list[k];
        it->list[k].value = kor_arena_copy(arena, list[k].value, strlen(list[k].value));
        it->failed = !it->list[k].value;
    }
}

/* A number for what models say of an event, whatever models they are. */
static kor_status fingerprint(kor_memory *m, int64_t event, int64_t *out, kor_error *err)
{
    return kor_store_integer(m,
                             "SELECT coalesce(sum(a.label * 31 + length(a.value)), 0) +"
                             " 1000003 * count(*) FROM annotations a WHERE a.event = ?1",
                             1, &event, out, err);
}

static kor_status store_items(job *j, int64_t *changed, kor_error *err)
{
    for (size_t i = 0; i < j->count; i++) {
        const item *it = &j->items[i];
        int64_t before, after, there;
        if (it->failed) return kor_fail_memory(err);
        /* It may have been forgotten meanwhile. */
        KOR_TRY(kor_store_integer(j->memory, "SELECT count(*) FROM events WHERE id = ?1", 1,
                                  &it->event.id, &there, err));
        if (!there) continue;
        KOR_TRY(fingerprint(j->memory, it->event.id, &before, err));
        KOR_TRY(kor_annotator_store(j->annotator, it->event.id, it->list, it->count, err));
        KOR_TRY(fingerprint(j->memory, it->event.id, &after, err));
        *changed += before != after;
    }
    return KOR_OK;
}

static kor_status store_batch(job *j, kor_reannotated *out, kor_error *err)
{
    int64_t changed = 0;
    KOR_TRY(kor_store_exec(j->memory, "BEGIN IMMEDIATE", err));
    kor_status status = store_items(j, &changed, err);
    if (status == KOR_OK) status = kor_store_exec(j->memory, "COMMIT", err);
    if (status != KOR_OK) {
        (void)sqlite3_exec(j->memory->db, "ROLLBACK", NULL, NULL, NULL);
        return status;
    }
    out->done += (int64_t)j->count;
    out->changed += changed;
    return KOR_OK;
}

static kor_status work(job *j, bool (*progress)(void *arg, const kor_reannotated *so_far),
                       void *arg, kor_reannotated *out, kor_error *err)
{
    int64_t after = 0;
    KOR_TRY(kor_annotator_new(&j->annotator, j->memory, j->colony, err));
    KOR_TRY(kor_annotator_waiting(j->annotator, &out->waiting, err));
    j->workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    for (size_t i = 0; i < j->workers && out->waiting; i++)
        KOR_TRY(kor_colony_ctx_new(&j->ctx[i], j->colony, NULL, err));
    for (;;) {
        KOR_TRY(read_batch(j, &after, err));
        if (j->count == 0) return KOR_OK;
        kor_parallel(j->workers, j->count, run_one, j);
        KOR_TRY(store_batch(j, out, err));
        kor_arena_free(&j->arena);
        for (size_t i = 0; i < j->workers; i++) kor_arena_free(&j->given[i]);
        if (progress && !progress(arg, out)) return KOR_OK;
    }
}

kor_status kor_reannotate(kor_memory *memory, const kor_colony *colony,
                          bool (*progress)(void *arg, const kor_reannotated *so_far), void *arg,
                          kor_reannotated *out, kor_error *err)
{
    job j = {.memory = memory, .colony = colony};
    *out = (kor_reannotated){0};
    kor_status status = work(&j, progress, arg, out, err);
    for (size_t i = 0; i < WORKERS; i++) {
        kor_colony_ctx_free(j.ctx[i]);
        kor_arena_free(&j.given[i]);
    }
    kor_arena_free(&j.arena);
    kor_annotator_free(j.annotator);
    return status;
}
