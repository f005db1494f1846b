/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/reannotate.h"

#include "base/parallel.h"
#include "memory/changes.h"
#include "memory/reader.h"
#include "memory/store.h"

enum { BATCH = 128, BATCH_BYTES = 4 << 20, WORKERS = 64 };

typedef struct item {
    kor_event event;
    kor_read read;
} item;

typedef struct job {
    kor_memory *memory;
    const kor_colony *colony;
    kor_annotator *annotator;
    kor_read_store store;
    bool storing;
    size_t workers;
    struct {
        kor_reader *reader;
        kor_status status;
        kor_error error;
    } worker[WORKERS];
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

static void read_one(void *arg, size_t i, size_t worker)
{
    job *j = arg;
    if (j->worker[worker].status != KOR_OK) return;
    j->worker[worker].status = kor_reader_read(j->worker[worker].reader, &j->items[i].event,
                                               &j->items[i].read, &j->worker[worker].error);
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
    if (!j->storing) KOR_TRY(kor_read_store_begin(&j->store, j->memory, j->colony, err));
    j->storing = true;
    for (size_t i = 0; i < j->workers; i++)
        KOR_TRY(kor_reader_count(j->worker[i].reader, j->memory, err));
    for (size_t i = 0; i < j->count; i++) {
        const item *it = &j->items[i];
        int64_t before, after, there;
        /* It may have been forgotten meanwhile. */
        KOR_TRY(kor_store_integer(j->memory, "SELECT count(*) FROM events WHERE id = ?1", 1,
                                  &it->event.id, &there, err));
        if (!there) continue;
        KOR_TRY(fingerprint(j->memory, it->event.id, &before, err));
        KOR_TRY(kor_read_store_put(&j->store, it->event.id, &it->read, err));
        KOR_TRY(fingerprint(j->memory, it->event.id, &after, err));
        *changed += before != after;
    }
    return *changed ? kor_changes_count(j->memory, err) : KOR_OK;
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
        KOR_TRY(kor_reader_new(&j->worker[i].reader, j->memory, j->colony, err));
    for (;;) {
        KOR_TRY(read_batch(j, &after, err));
        if (j->count == 0) return KOR_OK;
        kor_parallel(j->workers, j->count, read_one, j);
        for (size_t i = 0; i < j->workers; i++) {
            if (j->worker[i].status != KOR_OK)
                return kor_fail(err, j->worker[i].status, "%s", j->worker[i].error.msg);
        }
        KOR_TRY(store_batch(j, out, err));
        kor_arena_free(&j->arena);
        for (size_t i = 0; i < j->workers; i++) kor_reader_clear(j->worker[i].reader);
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
    for (size_t i = 0; i < WORKERS; i++) kor_reader_free(j.worker[i].reader);
    kor_read_store_free(&j.store);
    kor_arena_free(&j.arena);
    kor_annotator_free(j.annotator);
    return status;
}
