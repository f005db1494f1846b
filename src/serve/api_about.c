/* SPDX-License-Identifier: Apache-2.0 */
/* The server and the memory as a whole: is it well, what is in it, what is kept out. */
#include "serve/api.h"

#include <string.h>

void kor_api_health(kor_ask *ask)
{
    kor_ask_reply(ask, 200, json_pack("{s:s,s:s}", "status", "ok", "version", kor_version()));
}

void kor_api_models(kor_ask *ask)
{
    kor_service *s = ask->service;
    pthread_mutex_lock(&s->writing);
    json_t *list = s->parts.models(s->parts.arg);
    pthread_mutex_unlock(&s->writing);
    if (list)
        kor_ask_reply(ask, 200, json_pack("{s:o}", "models", list));
    else
        kor_ask_refuse(ask, 500, "out of memory");
}

void kor_api_model(kor_ask *ask)
{
    kor_service *s = ask->service;
    json_t *o;
    kor_error err;
    pthread_mutex_lock(&s->writing);
    kor_status status = s->parts.card(s->parts.arg, ask->name, &o, &err);
    pthread_mutex_unlock(&s->writing);
    if (status == KOR_OK)
        kor_ask_reply(ask, 200, o);
    else
        kor_ask_fail(ask, &err);
}

void kor_api_figure(kor_ask *ask)
{
    kor_service *s = ask->service;
    kor_error err;
    pthread_mutex_lock(&s->writing);
    kor_status status = s->parts.figure(s->parts.arg, ask->name, &ask->reply->body, &err);
    pthread_mutex_unlock(&s->writing);
    ask->reply->status = 200;
    ask->reply->type = "image/svg+xml";
    if (status != KOR_OK) kor_ask_fail(ask, &err);
}

static kor_status read_figures(kor_ask *ask, kor_memory_stats *stats, kor_counter **list,
                               size_t *count, kor_error *err)
{
    kor_memory *memory;
    KOR_TRY(kor_ask_memory(ask, &memory, err));
    KOR_TRY(kor_memory_get_stats(memory, stats, err));
    return kor_counters_list(memory, "", &ask->arena, list, count, err);
}

void kor_api_stats(kor_ask *ask)
{
    kor_memory_stats stats;
    kor_counter *list;
    size_t count;
    kor_error err;
    if (read_figures(ask, &stats, &list, &count, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200, kor_stats_json(&stats, list, count));
}

void kor_api_openapi(kor_ask *ask)
{
    kor_ask_reply(ask, 200, kor_routes_openapi());
}

/* ---- Prometheus ---- */

static void put_head(kor_str *out, const char *name, const char *type, const char *what)
{
    kor_str_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, what, name, type);
}

static void put_gauge(kor_str *out, const char *name, const char *what, double value)
{
    put_head(out, name, "gauge", what);
    kor_str_printf(out, "%s %.17g\n", name, value);
}

/* A value between quotes: of names of models and types, and yet hostile. */
static void put_label(kor_str *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\n') {
            kor_str_puts(out, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\') kor_str_putc(out, '\\');
        kor_str_putc(out, *text);
    }
}

static void put_requests(kor_str *out, kor_service *s)
{
    put_head(out, "korora_requests_total", "counter", "Requests answered.");
    for (size_t i = 0; kor_routes[i].path; i++) {
        for (int c = 0; c < KOR_SERVICE_CLASSES; c++) {
            long long n = atomic_load_explicit(&s->requests[i][c], memory_order_relaxed);
            if (n)
                kor_str_printf(out,
                               "korora_requests_total{method=\"%s\",route=\"%s\",status=\"%dxx\"} "
                               "%lld\n",
                               kor_routes[i].method, kor_routes[i].path, c, n);
        }
    }
    put_head(out, "korora_request_seconds_total", "counter", "Time spent on answers.");
    for (size_t i = 0; kor_routes[i].path; i++) {
        long long us = atomic_load_explicit(&s->microseconds[i], memory_order_relaxed);
        if (us)
            kor_str_printf(out, "korora_request_seconds_total{method=\"%s\",route=\"%s\"} %.6f\n",
                           kor_routes[i].method, kor_routes[i].path, (double)us / 1e6);
    }
}

void kor_api_metrics(kor_ask *ask)
{
    kor_memory_stats stats;
    kor_counter *list;
    size_t count;
    kor_error err;
    kor_str *out = &ask->reply->body;
    if (read_figures(ask, &stats, &list, &count, &err) != KOR_OK) {
        kor_ask_fail(ask, &err);
        return;
    }
    put_head(out, "korora_info", "gauge", "The version that runs.");
    kor_str_printf(out, "korora_info{version=\"%s\",cpu=\"%s\"} 1\n", kor_version(), kor_cpu());
    put_gauge(out, "korora_start_time_seconds", "When the server started.",
              (double)ask->service->started_ms / 1e3);
    put_gauge(out, "korora_events", "Events in the memory.", (double)stats.events);
    put_gauge(out, "korora_vectors", "Events with a vector of the model at hand.",
              (double)stats.vectors);
    put_gauge(out, "korora_text_bytes", "Text in the memory.", (double)stats.text_bytes);
    put_gauge(out, "korora_file_bytes", "The memory on the disk.", (double)stats.file_bytes);
    put_head(out, "korora_memory_total", "counter",
             "What was done and spared, over the life of the memory, as korora stats counts it.");
    for (size_t i = 0; i < count; i++) {
        kor_str_puts(out, "korora_memory_total{counter=\"");
        put_label(out, list[i].name);
        kor_str_printf(out, "\"} %lld\n", (long long)list[i].value);
    }
    put_requests(out, ask->service);
    ask->reply->status = 200;
    ask->reply->type = "text/plain; version=0.0.4; charset=utf-8";
}

/* ---- What is not remembered ---- */

static json_t *exclusions_json(const kor_exclusions *e)
{
    json_t *o = json_object();
    for (int k = 0; k < KOR_EXCLUSIONS; k++) {
        json_t *list = json_array();
        for (size_t i = 0; i < e->count[k]; i++)
            json_array_append_new(list, kor_text_json(e->list[k][i], strlen(e->list[k][i])));
        char name[32];
        (void)snprintf(name, sizeof name, "%ss", kor_exclusion_name((kor_exclusion)k));
        json_object_set_new(o, name, list);
    }
    return o;
}

typedef struct exclusion {
    kor_ask *ask;
    bool add, changed;
    json_t *now;
} exclusion;

static kor_status change(void *arg, kor_memory *memory, kor_error *err)
{
    (void)memory;
    exclusion *x = arg;
    const kor_ask *ask = x->ask;
    const char *kind = x->add ? kor_ask_body(ask, "kind") : kor_ask_text(ask, "kind");
    const char *text = x->add ? kor_ask_body(ask, "text") : kor_ask_text(ask, "text");
    char path[4200];
    int k = 0;
    while (k < KOR_EXCLUSIONS && strcmp(kor_exclusion_name((kor_exclusion)k), kind) != 0) k++;
    if (k == KOR_EXCLUSIONS)
        return kor_fail(err, KOR_E_ARG, "kind is app, site, path or word, not '%.40s'", kind);
    kor_exclusions e;
    kor_status status = kor_service_exclusions(ask->service, &e, err);
    if (status == KOR_OK && x->add)
        status = kor_exclusions_add(&e, (kor_exclusion)k, text, &x->changed, err);
    else if (status == KOR_OK)
        x->changed = kor_exclusions_remove(&e, (kor_exclusion)k, text);
    (void)snprintf(path, sizeof path, "%.4096s/%s", ask->service->parts.home, KOR_EXCLUDE_FILE);
    if (status == KOR_OK && x->changed) status = kor_exclusions_write(&e, path, err);
    if (status == KOR_OK) x->now = exclusions_json(&e);
    kor_exclusions_free(&e);
    return status;
}

static void answer_change(kor_ask *ask, bool add)
{
    exclusion x = {.ask = ask, .add = add};
    kor_error err;
    if (kor_service_write(ask->service, change, &x, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else if (!add && !x.changed)
        kor_ask_refuse(ask, 404, "that was not excluded");
    else
        kor_ask_reply(ask, 200, x.now);
    if (!add && !x.changed) json_decref(x.now);
}

void kor_api_exclude(kor_ask *ask)
{
    answer_change(ask, true);
}

void kor_api_include(kor_ask *ask)
{
    answer_change(ask, false);
}

void kor_api_exclusions(kor_ask *ask)
{
    kor_exclusions e;
    kor_error err;
    if (kor_service_exclusions(ask->service, &e, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200, exclusions_json(&e));
    kor_exclusions_free(&e);
}
