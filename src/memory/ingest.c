/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/ingest.h"

#include "base/hash.h"
#include "base/parallel.h"
#include "base/str.h"
#include "memory/counters.h"
#include "memory/energy.h"
#include "memory/likeness.h"
#include "memory/reader.h"
#include "memory/store.h"
#include "text/simhash.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    BATCH = 256,
    BATCH_BYTES = 8 << 20, /* long texts make smaller batches */
    BATCH_MS = 1000,
    MAX_WORKERS = 64,
    BEYOND = 4096,       /* bytes of a text that are read and not kept: a secret may end there */
    LABEL_MAX = 1 << 16, /* of a title, an app and a uri */
    BELOW_TITLE = 4096   /* bytes of a text that are read below its title again */
};

typedef struct pending {
    kor_event event; /* strings are an arena's: the batch's, or a worker's */
    bool known;
    bool excluded;
    bool more;     /* the text goes on after what was copied */
    uint64_t hash; /* kor_simhash of its text */
    kor_read read;
} pending;

/* One thread's own. */
typedef struct worker {
    kor_guard_ctx *guard;
    kor_reader *reader;
    kor_arena arena; /* what the guard makes of the batch's events */
    kor_guard_counts counts;
    kor_work work;
    kor_status status;
    kor_error error;
} worker;

struct kor_ingest {
    kor_memory *memory;
    const kor_guard *guard;
    const kor_colony *colony;
    kor_read_store store; /* once there is a batch to store */
    kor_likeness likeness;
    bool storing;
    kor_energy energy;
    int64_t empty_counted; /* of stats.empty, what the memory's counters have */
    kor_ingest_stats stats;
    kor_arena arena;
    size_t count, bytes; /* of the batch */
    pending batch[BATCH];
    double last_commit;
    size_t worker_count;
    worker workers[MAX_WORKERS];
    kor_status status; /* of the first failure, after which nothing is taken */
    kor_error error;
};

static double seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

kor_status kor_ingest_begin(kor_ingest **out, kor_memory *memory, size_t workers, kor_error *err)
{
    *out = NULL;
    if (memory->mode != KOR_MEMORY_WRITE) {
        return kor_fail(err, KOR_E_ARG, "%s: opened to read", memory->path);
    }
    kor_ingest *in = calloc(1, sizeof *in);
    if (!in) return kor_fail_memory(err);
    in->memory = memory;
    in->worker_count = workers ? workers : kor_cores();
    if (in->worker_count > MAX_WORKERS) in->worker_count = MAX_WORKERS;
    in->last_commit = seconds();
    kor_energy_open(&in->energy, NULL);
    *out = in;
    return KOR_OK;
}

void kor_ingest_use(kor_ingest *ingest, const kor_guard *guard, const kor_colony *colony)
{
    ingest->guard = guard;
    ingest->colony = colony;
}

/* ---- Taking an event ---- */

static kor_status copy_clean(kor_arena *arena, const char *s, size_t len, size_t max,
                             const char **out, size_t *out_len, kor_error *err)
{
    *out_len = len;
    if (kor_utf8_valid(s, len) && !memchr(s, 0, len)) {
        *out_len = kor_utf8_prefix(s, len, max);
        *out = kor_arena_copy(arena, s, *out_len);
        return *out ? KOR_OK : kor_fail_memory(err);
    }
    kor_str clean = {0};
    for (size_t i = 0; i < len && clean.len <= max;) {
        uint32_t cp;
        char utf8[4];
        i += kor_utf8_decode(s + i, len - i, &cp);
        kor_str_add(&clean, utf8, kor_utf8_encode(cp ? cp : 0xfffd, utf8));
    }
    *out_len = kor_utf8_prefix(kor_str_text(&clean), clean.len, max);
    *out = clean.failed ? NULL : kor_arena_copy(arena, kor_str_text(&clean), *out_len);
    kor_str_free(&clean);
    return *out ? KOR_OK : kor_fail_memory(err);
}

static kor_status copy_label(kor_arena *arena, const char **s, size_t max, kor_error *err)
{
    size_t len;
    return *s ? copy_clean(arena, *s, strlen(*s), max, s, &len, err) : KOR_OK;
}

static bool blank(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (!strchr(" \t\r\n\f\v", s[i]) || !s[i]) return false;
    }
    return true;
}

static kor_status copy_event(kor_ingest *in, const kor_event *event, kor_error *err)
{
    in->batch[in->count] = (pending){.event = *event};
    kor_event *e = &in->batch[in->count].event;
    KOR_TRY(copy_clean(&in->arena, event->text, event->text_len, KOR_EVENT_TEXT_MAX + BEYOND,
                       &e->text, &e->text_len, err));
    in->batch[in->count].more = e->text_len > KOR_EVENT_TEXT_MAX + BEYOND - 4;
    KOR_TRY(copy_label(&in->arena, &e->app, LABEL_MAX, err));
    KOR_TRY(copy_label(&in->arena, &e->title, LABEL_MAX, err));
    KOR_TRY(copy_label(&in->arena, &e->uri, LABEL_MAX, err));
    /* Names are never cut: two that differ must stay two. */
    KOR_TRY(copy_label(&in->arena, &e->source, SIZE_MAX, err));
    KOR_TRY(copy_label(&in->arena, &e->ref, SIZE_MAX, err));
    if (!e->scope) e->scope = "";
    return copy_label(&in->arena, &e->scope, SIZE_MAX, err);
}

/* ---- A batch ---- */

static void bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    (void)sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

/* Mark what is stored already, so that it is not embedded again. */
static kor_status find_known(kor_ingest *in, kor_error *err)
{
    kor_memory *m = in->memory;
    for (size_t i = 0; i < in->count; i++) {
        pending *p = &in->batch[i];
        sqlite3_stmt *statement;
        p->known = false;
        if (!p->event.ref || p->excluded) continue;
        KOR_TRY(kor_store_prepare(
            m,
            "SELECT 1 FROM events WHERE scope = (SELECT id FROM scopes WHERE name = ?1)"
            " AND source = (SELECT id FROM sources WHERE name = ?2) AND ref = ?3",
            &statement, err));
        bind_text(statement, 1, p->event.scope);
        bind_text(statement, 2, p->event.source);
        bind_text(statement, 3, p->event.ref);
        KOR_TRY(kor_store_step(m, statement, &p->known, err));
        (void)sqlite3_reset(statement);
    }
    return KOR_OK;
}

/* ---- On all cores ---- */

/* A name must not hold a secret either, and two that differ must stay two. What takes its place
 * says nothing of it without the memory's own salt. */
static kor_status guard_name(worker *w, const char **name, uint64_t salt, kor_error *err)
{
    const char *clean;
    size_t len;
    bool cut;
    if (!*name || !**name) return KOR_OK;
    KOR_TRY(kor_guard_cut(w->guard, *name, strlen(*name), &clean, &len, &cut, NULL, err));
    if (!cut) return KOR_OK;
    char hashed[64];
    uint64_t h = kor_hash64(*name, strlen(*name), salt);
    (void)snprintf(hashed, sizeof hashed, "removed:%016llx%016llx", (unsigned long long)h,
                   (unsigned long long)kor_hash64(*name, strlen(*name), h));
    *name = kor_arena_copy(&w->arena, hashed, strlen(hashed));
    return *name ? KOR_OK : kor_fail_memory(err);
}

static kor_status guard_text(worker *w, const char **text, size_t *len, kor_error *err)
{
    const char *clean;
    bool cut;
    KOR_TRY(kor_guard_cut(w->guard, *text, *len, &clean, len, &cut, &w->counts, err));
    if (!cut) return KOR_OK;
    *len = kor_utf8_prefix(clean, *len, KOR_EVENT_TEXT_MAX + BEYOND);
    *text = kor_arena_copy(&w->arena, clean, *len);
    return *text ? KOR_OK : kor_fail_memory(err);
}

static kor_status guard_label(worker *w, const char **text, kor_error *err)
{
    size_t len = *text ? strlen(*text) : 0;
    return len ? guard_text(w, text, &len, err) : KOR_OK;
}

static kor_colony_event colony_event(const kor_event *e)
{
    return (kor_colony_event){e->source, e->app, e->title, e->uri, e->scope, e->text, e->text_len};
}

/* Before it is known whether the event is stored already: is it wanted, and under which names? */
static kor_status screen(const kor_ingest *in, worker *w, pending *p, kor_error *err)
{
    kor_exclusion kind;
    const kor_colony_event e = colony_event(&p->event);
    p->excluded = kor_exclusions_hold(&in->guard->exclusions, &e, p->event.ref, &kind);
    if (p->excluded) {
        w->counts.excluded[kind]++;
        return KOR_OK;
    }
    KOR_TRY(guard_name(w, &p->event.ref, in->memory->identity, err));
    KOR_TRY(guard_name(w, &p->event.source, in->memory->identity, err));
    return guard_name(w, &p->event.scope, in->memory->identity, err);
}

/* A title may say what the text is: "password", or the first line of a key. */
static kor_status guard_below_title(worker *w, kor_event *e, size_t first, kor_error *err)
{
    size_t title = strlen(e->title), len;
    const char *clean;
    bool cut;
    kor_str both = {0};
    kor_guard_counts counts = {0};
    kor_str_printf(&both, "%s\n", e->title);
    kor_str_add(&both, e->text, first);
    kor_status status = both.failed ? kor_fail_memory(err)
                                    : kor_guard_cut(w->guard, both.data, both.len, &clean, &len,
                                                    &cut, &counts, err);
    if (status == KOR_OK && cut) {
        kor_str text = {0};
        /* One that begins in the title takes the place of the text, and the title stays. */
        size_t skip = len > title && memcmp(clean, both.data, title + 1) == 0 ? title + 1 : 0;
        kor_str_add(&text, clean + skip, len - skip);
        kor_str_add(&text, e->text + first, e->text_len - first);
        e->text_len = kor_utf8_prefix(kor_str_text(&text), text.len, KOR_EVENT_TEXT_MAX + BEYOND);
        e->text = text.failed ? NULL : kor_arena_copy(&w->arena, text.data, e->text_len);
        if (!e->text) status = kor_fail_memory(err);
        for (size_t i = 0; i < KOR_SECRETS; i++) w->counts.cut[i] += counts.cut[i];
        kor_str_free(&text);
    }
    kor_str_free(&both);
    return status;
}

static kor_status guard(worker *w, kor_event *e, kor_error *err)
{
    KOR_TRY(guard_label(w, &e->title, err));
    KOR_TRY(guard_label(w, &e->uri, err));
    KOR_TRY(guard_label(w, &e->app, err));
    KOR_TRY(guard_text(w, &e->text, &e->text_len, err));
    if (!e->title || !*e->title || !e->text_len) return KOR_OK;
    const char *end = memchr(e->text, '\n', e->text_len);
    size_t line = end ? (size_t)(end - e->text) : e->text_len;
    if (line < e->text_len && line < BELOW_TITLE) KOR_TRY(guard_below_title(w, e, line, err));
    return guard_below_title(w, e, kor_utf8_prefix(e->text, e->text_len, BELOW_TITLE), err);
}

/* What was read beyond the most that is kept of a text is left out: at its end a secret may have
 * been cut in two. */
static void end_text(pending *p)
{
    kor_event *e = &p->event;
    size_t len = e->text_len, beyond = p->more ? BEYOND : 0;
    len = len > beyond ? len - beyond : 0;
    if (len > KOR_EVENT_TEXT_MAX) len = KOR_EVENT_TEXT_MAX;
    if (len < e->text_len) e->text_len = kor_utf8_prefix(e->text, e->text_len, len);
}

static void screen_one(void *arg, size_t i, size_t index)
{
    kor_ingest *in = arg;
    worker *w = &in->workers[index];
    kor_work_begin(&w->work);
    if (w->status == KOR_OK) w->status = screen(in, w, &in->batch[i], &w->error);
    kor_work_lap(&w->work, KOR_STAGE_GUARD, 1);
    kor_work_end(&w->work);
}

static void read_one(void *arg, size_t i, size_t index)
{
    kor_ingest *in = arg;
    worker *w = &in->workers[index];
    pending *p = &in->batch[i];
    if (p->known || p->excluded || w->status != KOR_OK) return;
    kor_work_begin(&w->work);
    if (in->guard) w->status = guard(w, &p->event, &w->error);
    kor_work_lap(&w->work, KOR_STAGE_GUARD, 0);
    end_text(p);
    p->hash = kor_simhash(p->event.text, p->event.text_len);
    kor_work_lap(&w->work, KOR_STAGE_STORE, 0);
    if (w->status == KOR_OK)
        w->status = kor_reader_read(w->reader, &p->event, &w->work, &p->read, &w->error);
    kor_work_end(&w->work);
}

static kor_status prepare_worker(kor_ingest *in, worker *w, kor_error *err)
{
    if (in->guard && !w->guard) KOR_TRY(kor_guard_ctx_new(&w->guard, in->guard, err));
    if (!w->reader) KOR_TRY(kor_reader_new(&w->reader, in->memory, in->colony, err));
    return KOR_OK;
}

static kor_status in_parallel(kor_ingest *in, void (*work)(void *arg, size_t i, size_t worker),
                              kor_error *err)
{
    size_t workers = in->worker_count < in->count ? in->worker_count : in->count;
    for (size_t i = 0; i < workers; i++) KOR_TRY(prepare_worker(in, &in->workers[i], err));
    kor_parallel(workers, in->count, work, in);
    for (size_t i = 0; i < workers; i++) {
        const worker *w = &in->workers[i];
        if (w->status != KOR_OK) return kor_fail(err, w->status, "%s", w->error.msg);
    }
    return KOR_OK;
}

/* The row of a name in sources or scopes, made when it is new. *last remembers the name that was
 * asked for last. */
static kor_status name_id(kor_memory *m, const char *insert, const char *select, const char *name,
                          const char **last, int64_t *id, kor_error *err)
{
    if (*last && strcmp(*last, name) == 0) return KOR_OK;
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(m, insert, &statement, err));
    bind_text(statement, 1, name);
    KOR_TRY(kor_store_step(m, statement, &row, err));
    KOR_TRY(kor_store_prepare(m, select, &statement, err));
    bind_text(statement, 1, name);
    KOR_TRY(kor_store_step(m, statement, &row, err));
    *id = row ? sqlite3_column_int64(statement, 0) : 0;
    (void)sqlite3_reset(statement);
    *last = name;
    return KOR_OK;
}

/* Equal for events that say the same. */
static int64_t digest_of(const kor_event *e)
{
    uint64_t title = e->title ? kor_hash64(e->title, strlen(e->title), 0) : 0;
    return (int64_t)kor_hash64(e->text, e->text_len, title);
}

/* The length of an event, as its rank by words knows it. It need not agree with the tokenizer of
 * the index: runs of ASCII letters and digits, and of anything that is not ASCII. */
static int64_t words_in(const char *s, size_t len)
{
    int64_t count = 0;
    bool inside = false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)s[i], lower = c | 0x20;
        bool letter = c >= 0x80 || (c >= '0' && c <= '9') || (lower >= 'a' && lower <= 'z');
        count += letter && !inside;
        inside = letter;
    }
    return count;
}

static int64_t count_words(const kor_event *e)
{
    return words_in(e->text, e->text_len) + (e->title ? words_in(e->title, strlen(e->title)) : 0);
}

/* *id is 0 when another process stored it since it was looked for, or the batch has it twice. */
static kor_status insert_event(kor_memory *m, const kor_event *e, int64_t scope, int64_t source,
                               int64_t stored_ms, int64_t *id, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(
        m,
        "INSERT INTO events(time, scope, digest, length, source, zone, stored, ref, app, title, "
        "uri,"
        " text) VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT DO NOTHING",
        &statement, err));
    const int64_t values[] = {e->time_ms, scope,         digest_of(e), count_words(e),
                              source,     e->offset_min, stored_ms};
    for (int i = 0; i < 7; i++) (void)sqlite3_bind_int64(statement, i + 1, values[i]);
    bind_text(statement, 8, e->ref);
    bind_text(statement, 9, e->app);
    bind_text(statement, 10, e->title);
    bind_text(statement, 11, e->uri);
    (void)sqlite3_bind_text(statement, 12, e->text, (int)e->text_len, SQLITE_STATIC);
    KOR_TRY(kor_store_step(m, statement, &row, err));
    *id = sqlite3_changes(m->db) ? sqlite3_last_insert_rowid(m->db) : 0;
    return KOR_OK;
}

static kor_status insert_batch(kor_ingest *in, kor_ingest_stats *stats, kor_error *err)
{
    kor_memory *m = in->memory;
    const char *last_scope = NULL, *last_source = NULL;
    int64_t scope = 0, source = 0, now = kor_now_ms();
    if (!in->storing) {
        KOR_TRY(kor_read_store_begin(&in->store, m, in->colony, err));
        in->storing = true;
    }
    for (size_t i = 0; i < in->count; i++) {
        const kor_event *e = &in->batch[i].event;
        int64_t id = 0;
        if (in->batch[i].excluded) continue;
        if (!in->batch[i].known) {
            KOR_TRY(name_id(m, "INSERT INTO scopes(name) VALUES(?1) ON CONFLICT DO NOTHING",
                            "SELECT id FROM scopes WHERE name = ?1", e->scope, &last_scope, &scope,
                            err));
            KOR_TRY(name_id(m, "INSERT INTO sources(name) VALUES(?1) ON CONFLICT DO NOTHING",
                            "SELECT id FROM sources WHERE name = ?1", e->source, &last_source,
                            &source, err));
            KOR_TRY(insert_event(m, e, scope, source, now, &id, err));
        }
        if (!id) {
            stats->known++;
            continue;
        }
        KOR_TRY(kor_read_store_put(&in->store, id, &in->batch[i].read, err));
        KOR_TRY(kor_likeness_store(&in->likeness, m, id, scope, in->batch[i].hash, err));
        stats->added++;
        stats->text_bytes += (int64_t)e->text_len;
        stats->last_id = id;
    }
    return KOR_OK;
}

/* ---- Counters ---- */

static kor_status add_counter(kor_memory *m, const char *group, const char *name, const char *what,
                              int64_t delta, kor_error *err)
{
    char key[160];
    (void)snprintf(key, sizeof key, "%s.%s%s", group, name, what);
    return kor_counters_add(m, key, delta, err);
}

static kor_status add_guard_counts(kor_ingest *in, kor_ingest_stats *stats, const worker *w,
                                   kor_error *err)
{
    for (size_t i = 0; i < KOR_SECRETS; i++) {
        stats->guard.cut[i] += w->counts.cut[i];
        KOR_TRY(add_counter(in->memory, "cut", kor_secret_name(i), "", w->counts.cut[i], err));
    }
    for (size_t i = 0; i < KOR_EXCLUSIONS; i++) {
        stats->guard.excluded[i] += w->counts.excluded[i];
        KOR_TRY(add_counter(in->memory, "excluded", kor_exclusion_name((kor_exclusion)i), "",
                            w->counts.excluded[i], err));
    }
    return KOR_OK;
}

/* What became of the events of a batch. */
static kor_status count_events(kor_ingest *in, const kor_ingest_stats *now, kor_error *err)
{
    kor_memory *m = in->memory;
    KOR_TRY(kor_counters_add(m, "events.stored", now->added - in->stats.added, err));
    KOR_TRY(kor_counters_add(m, "events.known", now->known - in->stats.known, err));
    KOR_TRY(kor_counters_add(m, "events.empty", now->empty - in->empty_counted, err));
    in->empty_counted = now->empty;
    return KOR_OK;
}

/* What the workers counted since the last batch, and what it took with the work of this thread. */
static kor_status count_work(kor_ingest *in, kor_work *work, kor_ingest_stats *stats,
                             kor_error *err)
{
    KOR_TRY(count_events(in, stats, err));
    for (size_t i = 0; i < in->worker_count; i++) {
        worker *w = &in->workers[i];
        KOR_TRY(add_guard_counts(in, stats, w, err));
        if (w->reader) KOR_TRY(kor_reader_count(w->reader, in->memory, err));
        w->counts = (kor_guard_counts){0};
        kor_work_merge(work, &w->work);
    }
    kor_work_lap(work, KOR_STAGE_STORE, stats->added - in->stats.added);
    kor_work_end(work);
    work->stage[KOR_STAGE_STORE].ns += in->memory->commit_ns;
    if (in->energy.count) {
        work->rapl_uj = kor_energy_take(&in->energy);
        work->rapl_cpu_ns = work->cpu_ns;
    }
    return kor_work_store(work, in->memory, err);
}

static kor_status store_batch(kor_ingest *in, kor_error *err)
{
    kor_memory *m = in->memory;
    kor_ingest_stats stats = in->stats;
    kor_work work = {0};
    KOR_TRY(kor_store_exec(m, "BEGIN IMMEDIATE", err));
    kor_work_begin(&work); /* waiting for another process is no work */
    kor_status status = insert_batch(in, &stats, err);
    if (status == KOR_OK) status = count_work(in, &work, &stats, err);
    double counted = seconds();
    if (status == KOR_OK) status = kor_store_exec(m, "COMMIT", err);
    if (status != KOR_OK) {
        (void)sqlite3_exec(m->db, "ROLLBACK", NULL, NULL, NULL);
        return status;
    }
    m->commit_ns = (int64_t)((seconds() - counted) * 1e9);
    in->stats = stats;
    return KOR_OK;
}

static kor_status process_batch(kor_ingest *in, kor_error *err)
{
    double start = seconds();
    (void)kor_energy_take(&in->energy); /* that of the time between batches */
    if (in->guard) KOR_TRY(in_parallel(in, screen_one, err));
    double screened = seconds();
    KOR_TRY(find_known(in, err));
    double found = seconds();
    KOR_TRY(in_parallel(in, read_one, err));
    double made = seconds();
    KOR_TRY(store_batch(in, err));
    in->last_commit = seconds();
    in->stats.embed_seconds += made - found + screened - start;
    in->stats.store_seconds += in->last_commit - made + found - screened;
    return KOR_OK;
}

static kor_status flush(kor_ingest *in, kor_error *err)
{
    if (in->status == KOR_OK && in->count) {
        in->status = process_batch(in, &in->error);
        in->count = in->bytes = 0;
        kor_arena_free(&in->arena);
        for (size_t i = 0; i < in->worker_count; i++) {
            kor_arena_free(&in->workers[i].arena);
            if (in->workers[i].reader) kor_reader_clear(in->workers[i].reader);
        }
    }
    return in->status == KOR_OK ? KOR_OK : kor_fail(err, in->status, "%s", in->error.msg);
}

kor_status kor_ingest_add(kor_ingest *ingest, const kor_event *event, kor_error *err)
{
    if (!event->source || !*event->source || !event->text) {
        return kor_fail(err, KOR_E_ARG, "an event needs a source and a text");
    }
    if (ingest->status != KOR_OK) return kor_fail(err, ingest->status, "%s", ingest->error.msg);
    if (blank(event->text, event->text_len) &&
        (!event->title || blank(event->title, strlen(event->title)))) {
        ingest->stats.empty++;
        return KOR_OK;
    }
    KOR_TRY(copy_event(ingest, event, err));
    ingest->bytes += ingest->batch[ingest->count++].event.text_len;
    if (ingest->count < BATCH && ingest->bytes < BATCH_BYTES &&
        seconds() - ingest->last_commit < BATCH_MS / 1000.0) {
        return KOR_OK;
    }
    return flush(ingest, err);
}

void kor_ingest_get_stats(const kor_ingest *ingest, kor_ingest_stats *out)
{
    *out = ingest->stats;
}

kor_status kor_ingest_end(kor_ingest *ingest, kor_ingest_stats *stats, kor_error *err)
{
    if (!ingest) return KOR_OK;
    kor_memory *m = ingest->memory;
    kor_status status = flush(ingest, err);
    if (status == KOR_OK && ingest->stats.added && kor_store_begin_read(m, NULL) == KOR_OK) {
        /* For the next question's sake; should it fail, that question does it. */
        (void)kor_store_update_vectors(m, NULL);
        kor_store_end_read(m);
    }
    if (stats) *stats = ingest->stats;
    for (size_t i = 0; i < MAX_WORKERS; i++) {
        worker *w = &ingest->workers[i];
        kor_reader_free(w->reader);
        kor_guard_ctx_free(w->guard);
        kor_arena_free(&w->arena);
    }
    kor_read_store_free(&ingest->store);
    kor_energy_close(&ingest->energy);
    kor_arena_free(&ingest->arena);
    free(ingest);
    return status;
}
