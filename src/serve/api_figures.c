/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts: of the memory, as long as it lives, and of the server since it started. */
#include "serve/api.h"

#include "memory/accounts.h"

#include <string.h>
#include <time.h>

static kor_status read_figures(kor_ask *ask, kor_figures *f, kor_error *err)
{
    kor_memory *memory;
    KOR_TRY(kor_ask_memory(ask, &memory, err));
    return kor_figures_read(f, memory, &ask->arena, err);
}

static double cpu_seconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- As JSON ---- */

static json_t *since_start_json(kor_service *s)
{
    kor_recall_totals r;
    kor_service_recalls(s, &r);
    return json_pack("{s:f,s:f,s:{s:I,s:f,s:f,s:f,s:f}}", "seconds",
                     kor_rounded((double)(kor_now_ms() - s->started_ms) / 1e3), "cpu_seconds",
                     kor_rounded(cpu_seconds()), "recall", "questions", (json_int_t)r.questions,
                     "seconds", (double)r.us / 1e6, "embed_seconds", (double)r.embed_us / 1e6,
                     "words_seconds", (double)r.words_us / 1e6, "vectors_seconds",
                     (double)r.vectors_us / 1e6);
}

void kor_api_stats(kor_ask *ask)
{
    kor_figures f;
    kor_error err;
    if (read_figures(ask, &f, &err) != KOR_OK) {
        kor_ask_fail(ask, &err);
        return;
    }
    json_t *o = kor_stats_json(&f);
    json_object_set_new(o, "since_start", since_start_json(ask->service));
    kor_ask_reply(ask, 200, o);
}

/* ---- As Prometheus reads it ---- */

static void put_head(kor_str *out, const char *name, const char *type, const char *what)
{
    kor_str_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, what, name, type);
}

static void put_one(kor_str *out, const char *name, const char *type, const char *what,
                    double value)
{
    put_head(out, name, type, what);
    kor_str_printf(out, "%s %.17g\n", name, value);
}

/* NAME{label="text"} value: of names of models and types, and yet hostile. */
static void put_labelled(kor_str *out, const char *name, const char *label, const char *text,
                         double value)
{
    kor_str_printf(out, "%s{%s=\"", name, label);
    for (; *text; text++) {
        if (*text == '\n') {
            kor_str_puts(out, "\\n");
            continue;
        }
        if (*text == '"' || *text == '\\') kor_str_putc(out, '\\');
        kor_str_putc(out, *text);
    }
    kor_str_printf(out, "\"} %.17g\n", value);
}

static void put_memory(kor_str *out, const kor_memory_stats *m)
{
    put_one(out, "korora_events", "gauge", "Events in the memory.", (double)m->events);
    put_one(out, "korora_vectors", "gauge", "Events with a vector of the model at hand.",
            (double)m->vectors);
    put_one(out, "korora_repeats", "gauge", "Events that say nearly what another one does.",
            (double)m->repeats);
    put_one(out, "korora_text_bytes", "gauge", "Text in the memory.", (double)m->text_bytes);
    put_one(out, "korora_file_bytes", "gauge", "The memory on the disk.", (double)m->file_bytes);
}

static void put_events(kor_str *out, const kor_figures *f)
{
    const kor_accounts *a = &f->accounts;
    const struct {
        const char *outcome;
        int64_t count;
    } outcomes[] = {
        {"stored", a->stored}, {"known", a->known}, {"empty", a->empty}, {"excluded", a->excluded}};
    put_head(out, "korora_events_total", "counter", "Events that came, by what became of them.");
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        put_labelled(out, "korora_events_total", "outcome", outcomes[i].outcome,
                     (double)outcomes[i].count);
    put_one(out, "korora_events_forgotten_total", "counter", "Events that were forgotten.",
            (double)kor_counter_value(f->list, f->count, "forgotten.event"));
    put_head(out, "korora_secrets_cut_total", "counter", "Secrets cut out of events, by type.");
    for (size_t i = 0; i < f->count; i++)
        if (strncmp(f->list[i].name, "cut.", 4) == 0)
            put_labelled(out, "korora_secrets_cut_total", "type", f->list[i].name + 4,
                         (double)f->list[i].value);
}

static void put_stages(kor_str *out, const kor_accounts *a)
{
    put_head(out, "korora_stage_seconds_total", "counter",
             "Time of threads in each stage of storing events.");
    for (size_t i = 0; i < KOR_STAGES; i++)
        put_labelled(out, "korora_stage_seconds_total", "stage", kor_stage_name((kor_stage)i),
                     a->stage[i].seconds);
    put_head(out, "korora_stage_events_total", "counter",
             "Events that went through each stage of storing.");
    for (size_t i = 0; i < KOR_STAGES; i++)
        put_labelled(out, "korora_stage_events_total", "stage", kor_stage_name((kor_stage)i),
                     (double)a->stage[i].events);
}

static void put_models(kor_str *out, const kor_figures *f)
{
    static const struct {
        const char *what, *name, *help;
        double scale;
    } all[] = {
        {"asked", "korora_model_calls_total", "Events that a model was asked about.", 1},
        {"us", "korora_model_seconds_total", "Time that a model took for them.", 1e-6},
        {"abstained", "korora_model_abstained_total", "Events of which a model was not sure.", 1},
        {"spared", "korora_model_spared_total",
         "Events that a model was spared by its condition in colony.yaml.", 1},
        {"bytes", "korora_model_text_bytes_total", "Text that a model read.", 1},
    };
    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        char model[64];
        put_head(out, all[k].name, "counter", all[k].help);
        for (size_t i = 0; i < f->count; i++)
            if (kor_counter_model(&f->list[i], all[k].what, model))
                put_labelled(out, all[k].name, "model", model,
                             (double)f->list[i].value * all[k].scale);
    }
}

static void put_spent(kor_str *out, const kor_accounts *a)
{
    put_one(out, "korora_local_calls_total", "counter",
            "Answers of models that were asked here and not elsewhere.", (double)a->calls);
    put_one(out, "korora_local_tokens_total", "counter",
            "Tokens of the text that was sent nowhere for these answers, an estimate.", a->tokens);
    put_one(out, "korora_work_cpu_seconds_total", "counter",
            "Processor time of storing events, over the life of the memory.", a->cpu_seconds);
    put_head(out, "korora_work_joules_total", "counter",
             "Energy of storing events: by RAPL where it can be read, else of the processor time "
             "at 12 W a core.");
    put_labelled(out, "korora_work_joules_total", "by", "rapl", a->measured_joules);
    put_labelled(out, "korora_work_joules_total", "by", "estimate", a->joules - a->measured_joules);
}

static void put_recalls(kor_str *out, kor_service *s)
{
    kor_recall_totals r;
    kor_service_recalls(s, &r);
    put_one(out, "korora_recalls_total", "counter", "Questions answered since the server started.",
            (double)r.questions);
    put_head(out, "korora_recall_seconds_total", "counter",
             "Time for these: the question's vector, words, vectors, the rest.");
    const double parts[] = {(double)r.embed_us, (double)r.words_us, (double)r.vectors_us};
    static const char *const names[] = {"embed", "words", "vectors"};
    double rest = (double)r.us;
    for (size_t i = 0; i < 3; i++) {
        put_labelled(out, "korora_recall_seconds_total", "part", names[i], parts[i] / 1e6);
        rest -= parts[i];
    }
    put_labelled(out, "korora_recall_seconds_total", "part", "rest", rest > 0 ? rest / 1e6 : 0);
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
    kor_figures f;
    kor_error err;
    kor_str *out = &ask->reply->body;
    if (read_figures(ask, &f, &err) != KOR_OK) {
        kor_ask_fail(ask, &err);
        return;
    }
    put_head(out, "korora_info", "gauge", "The version that runs.");
    kor_str_printf(out, "korora_info{version=\"%s\",cpu=\"%s\"} 1\n", kor_version(), kor_cpu());
    put_one(out, "korora_start_time_seconds", "gauge", "When the server started.",
            (double)ask->service->started_ms / 1e3);
    put_one(out, "korora_cpu_seconds_total", "counter", "Processor time of the server.",
            cpu_seconds());
    put_memory(out, &f.memory);
    put_events(out, &f);
    put_stages(out, &f.accounts);
    put_models(out, &f);
    put_spent(out, &f.accounts);
    put_recalls(out, ask->service);
    put_requests(out, ask->service);
    ask->reply->status = 200;
    ask->reply->type = "text/plain; version=0.0.4; charset=utf-8";
}
