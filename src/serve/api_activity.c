/* SPDX-License-Identifier: Apache-2.0 */
/* ActivityWatch's API, as far as its watchers and clients use it: info, buckets, events,
 * heartbeats, export and import. What lasted becomes events of the memory (watched.h). */
#include "base/hash.h"
#include "serve/api.h"
#include "serve/watched.h"
#include "text/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A watcher that was silent for so long does not go on with what was in front before. */
enum { SILENT_MS = 3600 * 1000 };

enum { EVENTS = 10000 }; /* in one request */

/* How long before its page a window may have been seen. */
enum { HIDE_BACK_MS = 60 * 1000 };

/* What a request works on, while the service is written to. */
typedef struct work {
    kor_ask *ask;
    kor_bucket bucket;
    const json_t *body; /* an event, or a list of them */
    kor_exclusions exclusions;
    int64_t pulse_ms;
    kor_activity *rows; /* [count] what body says, clean */
    size_t count;
    bool made;     /* the bucket was not there */
    bool excluded; /* the heartbeat is not to be kept */
    bool fresh;    /* ids of events do not count */
    kor_activity_range range;
    int64_t number; /* of rows in it */
    bool with_ids;  /* rows are shown with them */
    size_t put;     /* rows that are in the reply */
} work;

/* ---- The store ---- */

/* The file, and what makes events of it: at first when somebody sends or asks. */
static kor_status open_store(kor_service *s, kor_memory *memory, kor_error *err)
{
    KOR_TRY(kor_activity_open(memory, err));
    if (s->watched) return KOR_OK;
    if (!s->guard) KOR_TRY(s->parts.open_guard(s->parts.arg, &s->guard, &s->colony, err));
    KOR_TRY(kor_activity_end_before(memory, kor_now_ms() - SILENT_MS, err));
    return kor_guard_ctx_new(&s->watched, s->guard, err);
}

static kor_status open_bucket(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_store(w->ask->service, memory, err));
    return kor_bucket_find(memory, w->ask->bucket, &w->ask->arena, &w->bucket, err);
}

static bool do_work(kor_ask *ask, work *w,
                    kor_status (*what)(void *arg, kor_memory *memory, kor_error *err))
{
    kor_error err;
    w->ask = ask;
    kor_status status = kor_service_write(ask->service, what, w, &err);
    kor_exclusions_free(&w->exclusions);
    if (status != KOR_OK) {
        kor_str_clear(&ask->reply->body);
        kor_ask_fail(ask, &err);
    }
    return status == KOR_OK;
}

/* ---- What becomes of it ---- */

typedef struct telling {
    kor_service *service;
    kor_arena arena;
    kor_bucket bucket;
    kor_activity row;
    kor_event event;
    bool found, made, excluded;
    int64_t added; /* the event; 0 when it was there before */
} telling;

/* The next row that is done. One that gives no event is settled here. */
static kor_status take_next(void *arg, kor_memory *memory, kor_error *err)
{
    telling *t = arg;
    bool settled;
    KOR_TRY(kor_activity_next(memory, &t->arena, &t->bucket, &t->row, &t->found, err));
    if (!t->found) return KOR_OK;
    KOR_TRY(kor_watched_event(memory, &t->bucket, &t->row, t->service->parts.zone, &t->arena,
                              &t->event, &t->made, err));
    return t->made ? KOR_OK : kor_activity_made(memory, &t->row, NULL, NULL, &settled, err);
}

static kor_status settle(void *arg, kor_memory *memory, kor_error *err)
{
    telling *t = arg;
    /* Excluded since it was seen. */
    if (t->excluded) return kor_activity_remove(memory, t->row.bucket, t->row.id, err);
    bool settled;
    kor_forgotten gone;
    KOR_TRY(kor_activity_made(memory, &t->row, t->event.source, t->event.ref, &settled, err));
    /* The row was deleted or replaced meanwhile: the memory must not keep what it was. */
    if (settled || !t->added) return KOR_OK;
    return kor_forget_run(memory, NULL, &t->added, 1, &gone, err);
}

/* Make events of all rows that are done. A failure leaves them for the next time: what was sent is
 * stored. */
static void tell_memory(kor_service *s)
{
    bool more = true;
    while (more) {
        telling t = {.service = s};
        kor_ingest_stats stats;
        more = kor_service_write(s, take_next, &t, NULL) == KOR_OK && t.found;
        if (more && t.made) {
            more = kor_service_add(s, &t.event, &stats, NULL) == KOR_OK;
            for (size_t i = 0; more && i < KOR_EXCLUSIONS; i++)
                t.excluded |= stats.guard.excluded[i] > 0;
            if (more && stats.added) t.added = stats.last_id;
            more = more && kor_service_write(s, settle, &t, NULL) == KOR_OK;
        }
        kor_arena_free(&t.arena);
    }
}

/* ---- Shapes ---- */

/* "2026-11-25T19:07:34.123+00:00" */
static void format_time(char out[KOR_TIME_SIZE], int64_t ms)
{
    char time[KOR_TIME_SIZE];
    kor_time_format_offset(time, ms, 0);
    (void)snprintf(out, KOR_TIME_SIZE, "%.19s.%03d+00:00", time, (int)((ms % 1000 + 1000) % 1000));
}

static void put_row(kor_str *out, const kor_activity *row, bool with_id)
{
    char time[KOR_TIME_SIZE];
    format_time(time, row->time_ms);
    kor_str_putc(out, '{');
    if (with_id && row->id)
        kor_str_printf(out, "\"id\":%lld,", (long long)row->id);
    else if (with_id)
        kor_str_puts(out, "\"id\":null,");
    kor_str_printf(out, "\"timestamp\":\"%s\",\"duration\":%lld.%03lld,\"data\":", time,
                   (long long)(row->duration_ms / 1000), (long long)(row->duration_ms % 1000));
    kor_put_json_text(out, row->data, strlen(row->data));
    kor_str_putc(out, '}');
}

static kor_status visit_row(void *arg, const kor_activity *row, kor_error *err)
{
    work *w = arg;
    kor_str *out = &w->ask->reply->body;
    if (w->put++) kor_str_putc(out, ',');
    put_row(out, row, w->with_ids);
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

static json_t *bucket_json(const kor_bucket *b)
{
    char created[KOR_TIME_SIZE], first[KOR_TIME_SIZE], end[KOR_TIME_SIZE];
    format_time(created, b->created_ms);
    format_time(first, b->first_ms);
    format_time(end, b->end_ms);
    json_t *o = json_pack("{s:s,s:n,s:s,s:s,s:s,s:s,s:{}}", "id", b->name, "name", "type", b->type,
                          "client", b->client, "hostname", b->host, "created", created, "data");
    json_object_set_new(o, "metadata",
                        b->empty ? json_pack("{s:n,s:n}", "start", "end")
                                 : json_pack("{s:s,s:s}", "start", first, "end", end));
    if (!b->empty) json_object_set_new(o, "last_updated", json_string(end));
    return o;
}

static void set_json(kor_ask *ask)
{
    ask->reply->status = 200;
    ask->reply->type = "application/json";
    kor_str_putc(&ask->reply->body, '\n');
}

/* ---- The server ---- */

void kor_api_activity_info(kor_ask *ask)
{
    char host[256] = "", id[33];
    if (gethostname(host, sizeof host - 1) != 0 || !*host) strcpy(host, "localhost");
    kor_hash128_hex(host, strlen(host), id);
    kor_ask_reply(ask, 200,
                  json_pack("{s:o,s:s,s:b,s:s}", "hostname", kor_text_json(host, strlen(host)),
                            "version", kor_version(), "testing", false, "device_id", id));
}

/* ---- Buckets ---- */

static kor_status list_buckets(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    kor_bucket *list;
    size_t count;
    KOR_TRY(open_store(w->ask->service, memory, err));
    KOR_TRY(kor_bucket_list(memory, &w->ask->arena, &list, &count, err));
    json_t *o = json_object();
    for (size_t i = 0; i < count; i++) json_object_set_new(o, list[i].name, bucket_json(&list[i]));
    kor_ask_reply(w->ask, 200, o);
    return KOR_OK;
}

void kor_api_buckets(kor_ask *ask)
{
    work w = {0};
    (void)do_work(ask, &w, list_buckets);
}

void kor_api_bucket(kor_ask *ask)
{
    work w = {0};
    if (do_work(ask, &w, open_bucket)) kor_ask_reply(ask, 200, bucket_json(&w.bucket));
}

/* No name of a bucket holds a secret, or what is excluded. */
static kor_status check_name(work *w, const char *text, kor_error *err)
{
    kor_service *s = w->ask->service;
    kor_exclusion kind;
    const kor_colony_event e = {.app = text, .uri = text, .text = text, .len = strlen(text)};
    const char *clean;
    size_t len;
    bool cut;
    if (kor_exclusions_hold(&w->exclusions, &e, NULL, &kind))
        return kor_fail(err, KOR_E_ARG, "a bucket of that name is excluded");
    KOR_TRY(kor_guard_cut(s->watched, text, strlen(text), &clean, &len, &cut, NULL, err));
    return cut ? kor_fail(err, KOR_E_ARG, "a bucket's names hold no secrets") : KOR_OK;
}

static kor_status make_bucket(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    const char *const names[] = {w->bucket.name, w->bucket.type, w->bucket.client, w->bucket.host};
    KOR_TRY(open_store(w->ask->service, memory, err));
    KOR_TRY(kor_service_exclusions(w->ask->service, &w->exclusions, err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) KOR_TRY(check_name(w, names[i], err));
    return kor_bucket_make(memory, &w->bucket, &w->made, err);
}

/* {"type", "client", "hostname"} as the bucket; what else there is does not matter. */
static bool read_bucket(kor_ask *ask, const json_t *o, const char *name, kor_bucket *out)
{
    static const char *const fields[] = {"type", "client", "hostname"};
    const char *value[3];
    char host[256] = "";
    for (size_t i = 0; i < 3; i++) {
        value[i] = json_string_value(json_object_get(o, fields[i]));
        if (value[i] && strlen(value[i]) <= 255) continue;
        kor_ask_refuse(ask, 400, "%s: a text of at most 255 bytes is expected", fields[i]);
        return false;
    }
    if (strcmp(value[2], "!local") == 0 && gethostname(host, sizeof host - 1) == 0)
        value[2] = kor_arena_copy(&ask->arena, host, strlen(host));
    *out = (kor_bucket){.name = name,
                        .type = value[0],
                        .client = value[1],
                        .host = value[2] ? value[2] : "",
                        .created_ms = kor_now_ms()};
    return true;
}

void kor_api_bucket_make(kor_ask *ask)
{
    work w = {0};
    const json_t *body = kor_ask_json(ask);
    if (!body || !read_bucket(ask, body, ask->bucket, &w.bucket)) return;
    if (!do_work(ask, &w, make_bucket)) return;
    if (w.made)
        kor_ask_reply(ask, 200, json_object());
    else
        ask->reply->status = 304; /* it is there; such an answer has no body */
}

static kor_status remove_bucket(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_bucket(w, memory, err));
    return kor_bucket_remove(memory, w->bucket.id, err);
}

void kor_api_bucket_remove(kor_ask *ask)
{
    work w = {0};
    if (do_work(ask, &w, remove_bucket)) kor_ask_reply(ask, 200, json_object());
}

/* ---- Heartbeats and events ---- */

/* Read one event into row, clean; *excluded when it must not be written. */
static kor_status read_event(work *w, const json_t *event, kor_activity *row, bool *excluded,
                             kor_error *err)
{
    kor_str data = {0};
    KOR_TRY(kor_watched_read(event, row, err));
    row->bucket = w->bucket.id;
    if (w->fresh) row->id = 0;
    kor_status status = kor_watched_clean(w->ask->service->watched, &w->exclusions, &w->bucket,
                                          json_object_get(event, "data"), &data, excluded, err);
    if (status == KOR_OK && !*excluded) {
        row->data = kor_arena_copy(&w->ask->arena, kor_str_text(&data), data.len);
        if (!row->data) status = kor_fail_memory(err);
    }
    kor_str_free(&data);
    return status;
}

static const char *title_of(const json_t *event)
{
    const char *title = json_string_value(json_object_get(json_object_get(event, "data"), "title"));
    return title ? title : "";
}

/* Is it the window of a page that was excluded? */
static bool is_hidden(const work *w)
{
    const kor_hidden *hidden = &w->ask->service->hidden;
    const char *title = title_of(w->body);
    if (strcmp(w->bucket.type, "currentwindow") != 0) return false;
    for (size_t i = 0; i < KOR_HIDDEN; i++) {
        size_t len = strlen(hidden->title[i]);
        if (len && strncmp(title, hidden->title[i], len) == 0) return true;
    }
    return false;
}

/* A page is excluded: so is the window that shows it, from now on and a minute ago. */
static kor_status hide(work *w, kor_memory *memory, kor_error *err)
{
    kor_hidden *hidden = &w->ask->service->hidden;
    const char *title = title_of(w->body);
    if (!*title || strcmp(w->bucket.type, "web.tab.current") != 0) return KOR_OK;
    size_t len = kor_utf8_prefix(title, strlen(title), KOR_HIDDEN_SIZE - 1);
    char start[KOR_HIDDEN_SIZE];
    (void)snprintf(start, sizeof start, "%.*s", (int)len, title);
    bool known = false;
    for (size_t i = 0; i < KOR_HIDDEN; i++) known |= strcmp(hidden->title[i], start) == 0;
    if (!known) memcpy(hidden->title[hidden->next++ % KOR_HIDDEN], start, sizeof start);
    return kor_activity_drop_title(memory, "currentwindow", w->rows->time_ms - HIDE_BACK_MS, start,
                                   err);
}

static kor_status beat(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_bucket(w, memory, err));
    KOR_TRY(kor_service_exclusions(w->ask->service, &w->exclusions, err));
    KOR_TRY(read_event(w, w->body, w->rows, &w->excluded, err));
    if (w->excluded) KOR_TRY(hide(w, memory, err));
    w->excluded |= is_hidden(w);
    if (w->excluded) return kor_activity_end(memory, w->bucket.id, err);
    return kor_activity_pulse(memory, w->rows, w->pulse_ms, err);
}

/* Seconds of the query; false with the reply filled. */
static bool read_pulse(kor_ask *ask, int64_t *ms)
{
    const char *text = kor_ask_text(ask, "pulsetime");
    char *end;
    double seconds = strtod(text, &end);
    if (*text && !*end && seconds >= 0 && seconds * 1000 <= (double)KOR_ACTIVITY_LONGEST_MS) {
        *ms = llround(seconds * 1000);
        return true;
    }
    kor_ask_refuse(ask, 400, "pulsetime: 0 to %lld seconds are expected",
                   (long long)(KOR_ACTIVITY_LONGEST_MS / 1000));
    return false;
}

/* What was excluded is answered like what was stored, so that no watcher sends it again. */
static void reply_row(kor_ask *ask, const kor_activity *row, bool excluded)
{
    kor_activity shown = *row;
    if (excluded) shown.data = "{}";
    put_row(&ask->reply->body, &shown, true);
    set_json(ask);
}

void kor_api_heartbeat(kor_ask *ask)
{
    kor_activity row = {0};
    work w = {.rows = &row, .fresh = true, .body = kor_ask_json(ask)};
    if (!w.body || !read_pulse(ask, &w.pulse_ms) || !do_work(ask, &w, beat)) return;
    reply_row(ask, &row, w.excluded);
    tell_memory(ask->service);
}

/* All or none are put. */
static kor_status put_events(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    size_t n = json_is_array(w->body) ? json_array_size(w->body) : 1;
    KOR_TRY(open_bucket(w, memory, err));
    KOR_TRY(kor_service_exclusions(w->ask->service, &w->exclusions, err));
    w->rows = kor_arena_array(&w->ask->arena, n, sizeof *w->rows);
    if (!w->rows) return kor_fail_memory(err);
    for (size_t i = 0; i < n; i++) {
        const json_t *event = json_is_array(w->body) ? json_array_get(w->body, i) : w->body;
        bool excluded;
        KOR_TRY(read_event(w, event, &w->rows[w->count], &excluded, err));
        /* One in place of another needs more than a watcher may. */
        if (w->rows[w->count].id && w->ask->gate->watchers && !w->ask->request->authorization)
            return kor_fail(err, KOR_E_ARG, "id: to replace an event needs the token");
        w->count += !excluded;
    }
    return kor_activity_put(memory, w->rows, w->count, err);
}

void kor_api_activity_put(kor_ask *ask)
{
    work w = {.body = kor_ask_json(ask)};
    if (!w.body) return;
    if (json_array_size(w.body) > EVENTS) {
        kor_ask_refuse(ask, 400, "%d events at most are taken at a time", EVENTS);
        return;
    }
    if (!do_work(ask, &w, put_events)) return;
    tell_memory(ask->service);
    if (!json_is_array(w.body)) {
        reply_row(ask, w.rows, !w.count);
        return;
    }
    w.with_ids = true;
    kor_str_putc(&ask->reply->body, '[');
    for (size_t i = 0; i < w.count; i++) (void)visit_row(&w, &w.rows[i], NULL);
    kor_str_putc(&ask->reply->body, ']');
    set_json(ask);
}

/* ---- Reading ---- */

/* "start" and "end", or as a client calls them, "starttime" and "endtime". */
static bool read_end(kor_ask *ask, const char *name, const char *other, int64_t *ms)
{
    const char *text = kor_ask_text(ask, name) ? kor_ask_text(ask, name) : kor_ask_text(ask, other);
    kor_error err;
    if (!text || kor_time_parse(text, NULL, kor_now_ms(), ms, NULL, &err) == KOR_OK) return true;
    kor_ask_refuse(ask, 400, "%s: %s", name, err.msg);
    return false;
}

static bool read_range(kor_ask *ask, kor_activity_range *range)
{
    *range = (kor_activity_range){.from_ms = KOR_WHEN_FIRST_MS, .to_ms = KOR_WHEN_LAST_MS};
    return read_end(ask, "start", "starttime", &range->from_ms) &&
           read_end(ask, "end", "endtime", &range->to_ms);
}

static kor_status list_events(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_bucket(w, memory, err));
    w->range.bucket = w->bucket.id;
    w->with_ids = true;
    kor_str_putc(&w->ask->reply->body, '[');
    KOR_TRY(kor_activity_each(memory, &w->range, visit_row, w, err));
    kor_str_putc(&w->ask->reply->body, ']');
    return KOR_OK;
}

void kor_api_activity_list(kor_ask *ask)
{
    work w = {0};
    if (!read_range(ask, &w.range)) return;
    w.range.limit = kor_ask_integer(ask, "limit", -1);
    if (do_work(ask, &w, list_events)) set_json(ask);
    ask->results = (int64_t)w.put;
}

static kor_status count_events(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_bucket(w, memory, err));
    w->range.bucket = w->bucket.id;
    return kor_activity_count(memory, &w->range, &w->number, err);
}

void kor_api_activity_count(kor_ask *ask)
{
    work w = {0};
    if (!read_range(ask, &w.range) || !do_work(ask, &w, count_events)) return;
    kor_str_printf(&ask->reply->body, "%lld", (long long)w.number);
    set_json(ask);
}

static kor_status get_event(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_bucket(w, memory, err));
    return kor_activity_get(memory, w->bucket.id, w->ask->id, &w->ask->arena, w->rows, err);
}

void kor_api_activity_get(kor_ask *ask)
{
    kor_activity row;
    work w = {.rows = &row};
    if (do_work(ask, &w, get_event)) reply_row(ask, &row, false);
}

static kor_status remove_event(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(open_bucket(w, memory, err));
    return kor_activity_remove(memory, w->bucket.id, w->ask->id, err);
}

void kor_api_activity_remove(kor_ask *ask)
{
    work w = {0};
    if (do_work(ask, &w, remove_event))
        kor_ask_reply(ask, 200, json_pack("{s:b}", "success", true));
}

/* ---- Export and import ---- */

static kor_status put_bucket(work *w, kor_memory *memory, const kor_bucket *bucket, kor_error *err)
{
    kor_str *out = &w->ask->reply->body;
    kor_put_json(out, json_string(bucket->name));
    kor_str_putc(out, ':');
    kor_put_json(out, bucket_json(bucket));
    out->len--; /* its "}": the events come into it */
    kor_str_puts(out, ",\"events\":[");
    w->put = 0;
    w->range = (kor_activity_range){bucket->id, KOR_WHEN_FIRST_MS, KOR_WHEN_LAST_MS, -1};
    KOR_TRY(kor_activity_each(memory, &w->range, visit_row, w, err));
    kor_str_puts(out, "]}");
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

static kor_status export_buckets(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    kor_bucket *list = &w->bucket;
    size_t count = 1;
    if (w->ask->bucket) {
        KOR_TRY(open_bucket(w, memory, err));
    } else {
        KOR_TRY(open_store(w->ask->service, memory, err));
        KOR_TRY(kor_bucket_list(memory, &w->ask->arena, &list, &count, err));
    }
    kor_str_puts(&w->ask->reply->body, "{\"buckets\":{");
    for (size_t i = 0; i < count; i++) {
        if (i) kor_str_putc(&w->ask->reply->body, ',');
        KOR_TRY(put_bucket(w, memory, &list[i], err));
    }
    kor_str_puts(&w->ask->reply->body, "}}");
    return KOR_OK;
}

void kor_api_activity_export(kor_ask *ask)
{
    work w = {0};
    if (do_work(ask, &w, export_buckets)) set_json(ask);
}

static kor_status import_bucket(void *arg, kor_memory *memory, kor_error *err)
{
    work *w = arg;
    KOR_TRY(make_bucket(w, memory, err));
    kor_exclusions_free(&w->exclusions);
    return put_events(w, memory, err);
}

/* What an export is, once: events of buckets that are there already are added to them. */
void kor_api_activity_import(kor_ask *ask)
{
    const json_t *body = kor_ask_json(ask), *buckets = json_object_get(body, "buckets");
    const char *name;
    json_t *bucket;
    if (!body) return;
    if (!json_is_object(buckets)) {
        kor_ask_refuse(ask, 400, "buckets: an object is expected, as an export has it");
        return;
    }
    json_object_foreach((json_t *)buckets, name, bucket)
    {
        work w = {.fresh = true, .body = json_object_get(bucket, "events")};
        ask->bucket = name;
        if (!kor_is_bucket_name(name) || !json_is_array(w.body)) {
            kor_ask_refuse(ask, 400, "a bucket has a name without '/', and a list of events");
            return;
        }
        if (!read_bucket(ask, bucket, name, &w.bucket) || !do_work(ask, &w, import_bucket)) return;
    }
    tell_memory(ask->service);
    kor_ask_reply(ask, 200, json_object());
}
