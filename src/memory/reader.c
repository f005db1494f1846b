/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/reader.h"

#include "kernels/kernels.h"
#include "memory/counters.h"
#include "memory/store.h"
#include "model/trunk.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kor_reader {
    const kor_memory *memory;
    const kor_colony *colony;
    kor_ctx *ctx; /* of the embedder */
    kor_colony_ctx *minds;
    kor_str room;
    float *vector;  /* [dim] */
    kor_zone *zone; /* the offset of the event read last */
    int32_t offset_min;
    kor_arena arena;
    struct {
        int64_t asked, abstained, spared, ns, bytes;
    } members[KOR_PLAN_STEPS];
};

kor_status kor_reader_new(kor_reader **out, const kor_memory *memory, const kor_colony *colony,
                          kor_error *err)
{
    *out = NULL;
    kor_reader *r = calloc(1, sizeof *r);
    if (!r) return kor_fail_memory(err);
    r->memory = memory;
    r->colony = colony;
    kor_status status = KOR_OK;
    if (memory->embedder) {
        r->vector = malloc(memory->vectors.dim * sizeof *r->vector);
        status = r->vector ? kor_ctx_new(&r->ctx, memory->embedder, err) : kor_fail_memory(err);
    }
    if (status == KOR_OK && colony) status = kor_colony_ctx_new(&r->minds, colony, r->ctx, err);
    if (status != KOR_OK) {
        kor_reader_free(r);
        return status;
    }
    *out = r;
    return KOR_OK;
}

void kor_reader_free(kor_reader *reader)
{
    if (!reader) return;
    kor_colony_ctx_free(reader->minds);
    kor_ctx_free(reader->ctx);
    kor_str_free(&reader->room);
    kor_arena_free(&reader->arena);
    kor_zone_close(reader->zone);
    free(reader->vector);
    free(reader);
}

void kor_reader_clear(kor_reader *reader)
{
    kor_arena_free(&reader->arena);
}

/* ---- Reading ---- */

static kor_status embed(kor_reader *r, const kor_event *e, kor_work *work, kor_read *out,
                        kor_error *err)
{
    kor_reading reading;
    size_t dim = r->memory->vectors.dim;
    int32_t sum;
    out->code = kor_arena_alloc(&r->arena, kor_round_up(dim, KOR_GROUP));
    if (!out->code) return kor_fail_memory(err);
    KOR_TRY(kor_reading_make(&reading, e->title, e->text, e->text_len, &r->room, err));
    size_t len = kor_utf8_prefix(reading.text, reading.len, KOR_PLAN_READS);
    KOR_TRY(kor_embed(r->ctx, reading.text, len, r->vector, dim, err));
    kor_kernels_get()->quantize(out->code, &out->scale, &sum, r->vector, dim);
    size_t tokens = kor_trunk_tokens(r->ctx);
    work->embed_bytes += (int64_t)len;
    if (tokens < r->memory->embedder_info.max_tokens) {
        work->tokens += (int64_t)tokens;
        work->token_bytes += (int64_t)len;
    }
    return KOR_OK;
}

static size_t reads(const kor_reader *r, size_t member)
{
    return kor_colony_get(r->colony, member)->step->reads;
}

/* Copy what the colony says out of its context. */
static kor_status annotate(kor_reader *r, const kor_event *e, kor_read *out, kor_error *err)
{
    const kor_colony_event given = {e->source, e->app,  e->title,   e->uri,
                                    e->scope,  e->text, e->text_len};
    kor_colony_run(r->minds, &given);
    const kor_colony_step *steps = kor_colony_steps(r->minds);
    for (size_t i = 0; i < kor_colony_count(r->colony); i++) {
        r->members[i].asked += steps[i].ns > 0;
        r->members[i].abstained += steps[i].outcome == KOR_OUTCOME_ABSTAINED;
        r->members[i].spared += steps[i].outcome == KOR_OUTCOME_RULED_OUT &&
                                kor_colony_get(r->colony, i)->step->on != KOR_ON_QUESTION;
        r->members[i].ns += (int64_t)steps[i].ns;
        if (steps[i].ns)
            r->members[i].bytes += (int64_t)(e->text_len < reads(r, i) ? e->text_len : reads(r, i));
        if (steps[i].outcome == KOR_OUTCOME_ABSTAINED) out->unsure |= UINT64_C(1) << i;
        if (steps[i].outcome == KOR_OUTCOME_RESTED || steps[i].outcome == KOR_OUTCOME_FAILED)
            out->missed |= UINT64_C(1) << i;
    }
    const kor_annotation *list = kor_colony_annotations(r->minds, &out->count);
    out->list = kor_arena_array(&r->arena, out->count, sizeof *out->list);
    if (!out->list) return kor_fail_memory(err);
    for (size_t i = 0; i < out->count; i++) {
        out->list[i] = list[i];
        out->list[i].value = kor_arena_copy(&r->arena, list[i].value, strlen(list[i].value));
        if (!out->list[i].value) return kor_fail_memory(err);
    }
    return KOR_OK;
}

/* The zone that an event happened in is kept as its offset alone. */
static kor_status know_zone(kor_reader *r, int32_t offset_min, kor_error *err)
{
    char name[16];
    if (r->zone && r->offset_min == offset_min) return KOR_OK;
    kor_zone_close(r->zone);
    r->zone = NULL;
    int32_t minutes = offset_min < 0 ? -offset_min : offset_min;
    if (minutes >= 24 * 60) minutes = 0; /* no zone on earth */
    (void)snprintf(name, sizeof name, "%c%02d:%02d", offset_min < 0 ? '-' : '+', minutes / 60,
                   minutes % 60);
    r->offset_min = offset_min;
    return kor_zone_open(&r->zone, name, err);
}

static kor_status read_times(kor_reader *r, const kor_event *e, kor_read *out, kor_error *err)
{
    kor_mention found[KOR_MENTIONS];
    KOR_TRY(know_zone(r, e->offset_min, err));
    size_t n = 0;
    if (e->title)
        n = kor_mentions_read(e->title, strlen(e->title), KOR_PLACE_TITLE, e->time_ms, r->zone,
                              found, KOR_MENTIONS);
    n += kor_mentions_read(e->text, e->text_len, KOR_PLACE_TEXT, e->time_ms, r->zone, found + n,
                           KOR_MENTIONS - n);
    out->mentions = kor_arena_array(&r->arena, n, sizeof *out->mentions);
    if (!out->mentions) return kor_fail_memory(err);
    memcpy(out->mentions, found, n * sizeof *found);
    out->mention_count = n;
    return KOR_OK;
}

kor_status kor_reader_read(kor_reader *reader, const kor_event *event, kor_work *work,
                           kor_read *out, kor_error *err)
{
    *out = (kor_read){0};
    KOR_TRY(read_times(reader, event, out, err));
    kor_work_lap(work, KOR_STAGE_TIMES, 1);
    if (reader->ctx) {
        KOR_TRY(embed(reader, event, work, out, err));
        kor_work_lap(work, KOR_STAGE_EMBED, 1);
    }
    if (reader->minds) {
        KOR_TRY(annotate(reader, event, out, err));
        kor_work_lap(work, KOR_STAGE_MODELS, 1);
    }
    return KOR_OK;
}

kor_status kor_reader_count(kor_reader *reader, kor_memory *memory, kor_error *err)
{
    for (size_t i = 0; reader->colony && i < kor_colony_count(reader->colony); i++) {
        const char *name = kor_colony_get(reader->colony, i)->step->model;
        const int64_t values[] = {reader->members[i].asked, reader->members[i].abstained,
                                  reader->members[i].spared, reader->members[i].ns / 1000,
                                  reader->members[i].bytes};
        static const char *const what[] = {"asked", "abstained", "spared", "us", "bytes"};
        for (size_t k = 0; k < sizeof what / sizeof *what; k++) {
            char key[128];
            (void)snprintf(key, sizeof key, "model.%s.%s", name, what[k]);
            KOR_TRY(kor_counters_add(memory, key, values[k], err));
        }
    }
    memset(reader->members, 0, sizeof reader->members);
    return KOR_OK;
}

/* ---- Storing ---- */

static kor_status know_embedder(kor_read_store *s, kor_error *err)
{
    kor_memory *m = s->memory;
    sqlite3_stmt *statement;
    bool row;
    int64_t checksum = (int64_t)m->embedder_info.checksum;
    KOR_TRY(kor_store_prepare(
        m, "INSERT INTO models(checksum, name, dim) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING",
        &statement, err));
    (void)sqlite3_bind_int64(statement, 1, checksum);
    (void)sqlite3_bind_text(statement, 2, m->embedder_info.name, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 3, (int64_t)m->vectors.dim);
    KOR_TRY(kor_store_step(m, statement, &row, err));
    return kor_store_integer(m, "SELECT id FROM models WHERE checksum = ?1", 1, &checksum,
                             &s->model, err);
}

kor_status kor_read_store_begin(kor_read_store *out, kor_memory *memory, const kor_colony *colony,
                                kor_error *err)
{
    *out = (kor_read_store){.memory = memory};
    if (colony) KOR_TRY(kor_annotator_new(&out->annotator, memory, colony, err));
    return memory->embedder ? know_embedder(out, err) : KOR_OK;
}

void kor_read_store_free(kor_read_store *store)
{
    kor_annotator_free(store->annotator);
    store->annotator = NULL;
}

static kor_status put_vector(kor_read_store *s, int64_t event, const kor_read *read, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(s->memory,
                              "INSERT INTO vectors(event, model, scale, code)"
                              " VALUES(?1, ?2, ?3, ?4) ON CONFLICT(event) DO UPDATE SET"
                              " model = excluded.model, scale = excluded.scale,"
                              " code = excluded.code",
                              &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_int64(statement, 2, s->model);
    (void)sqlite3_bind_double(statement, 3, (double)read->scale);
    (void)sqlite3_bind_blob(statement, 4, read->code, (int)s->memory->vectors.dim, SQLITE_STATIC);
    return kor_store_step(s->memory, statement, &row, err);
}

kor_status kor_read_store_put(kor_read_store *store, int64_t event, const kor_read *read,
                              kor_error *err)
{
    if (store->model) KOR_TRY(put_vector(store, event, read, err));
    KOR_TRY(kor_mentions_store(store->memory, event, read->mentions, read->mention_count, err));
    if (!store->annotator) return KOR_OK;
    return kor_annotator_store(store->annotator, event, read->list, read->count, read->unsure,
                               read->missed, err);
}
