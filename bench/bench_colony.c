/* SPDX-License-Identifier: Apache-2.0 */
/* The whole colony on one event, on one core: the guard, the embedding and every model that the
 * conditions of colony.yaml let run.
 *
 *     bench_colony FOLDER [SECONDS]     FOLDER has colony.yaml and the models
 *
 * The events are those below, of 55 to 65 tokens each (the trunk's), of different kinds, in turn.
 * Prints a table for each model: on what share of the events it ran, p50 and p95 of its time where
 * it did, what its context and mapping add to the memory of the process, and the same of all
 * together. Times of a model that stands on the trunk have the trunk's pass in them where it is the
 * first to ask; "embedding" is asked before all others, as when events are stored. */
#include "base/str.h"
#include "colony/guard.h"
#include "text/utf8.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *const events[] = {
    "Met Anna Ruiz and Tom from Halden Labs about the importer. We go with the streaming parser "
    "and "
    "drop the old one after release 2.4. Tom sends the samples by Friday; I still have to ask "
    "whether their dump is UTF-8. Budget stays at 4,000 EUR.",
    "Fix the cache that kept stale rows after a rename (#482)\n\nThe key had the path but not the "
    "device. p95 of list falls from 41 to 12 ms on the large tree, see "
    "https://git.example.org/store/pull/482",
    "Hi Maria,\n\nthe flight to Lisbon is booked, we leave on Tuesday at 7:40 and are back on "
    "Sunday "
    "night. Could you send me your passport number for the hotel? I'll bring the printed "
    "tickets.\n\n"
    "Best wishes\nJonas",
    "static int find_row(const table *t, uint64_t key)\n{\n    size_t i = key & t->mask;\n    "
    "return t->rows[i].key ? (int)i : -1;\n}",
    "docker compose -f stack.yml up -d postgres redis && psql -h localhost -U app -f "
    "migrations/0042_add_index.sql && systemctl restart app",
    "ERROR 2026-03-04 11:20:31 worker-3 payments.tasks: charge failed after 3 retries\n"
    "  File \"/srv/app/payments/tasks.py\", line 88, in charge\npayments.Timeout",
    "can you look at the flaky login test before the demo? it fails one time in ten on CI, never "
    "here. I think the clock moves between the two calls, but I'm stuck on why the retry does not "
    "catch it, and I won't have time until Thursday",
    "Groceries: oat milk, two lemons, rye bread, coffee beans (the dark ones from the market), "
    "rice, "
    "red lentils, something for Saturday evening with Paul and Kim, batteries for the smoke alarm, "
    "dog food, and the parcel in Elm Street",
    "Reading notes: the paper on learned indexes (https://arxiv.org/abs/1712.01208) argues that a "
    "B-tree is a model of the key distribution. Their model is three times smaller. Ask Priya.",
    "Dentist appointment on 14 May at 9:30, Dr. Okafor, 12 Harbour Road, second floor. Bring the "
    "insurance card and the old X-ray. Afterwards pick up the glasses, call the landlord about the "
    "boiler, and renew the parking permit."};

enum { EVENTS = sizeof events / sizeof *events, SAMPLES = 200000 };

typedef struct samples {
    float *us; /* [SAMPLES] */
    size_t count;
} samples;

static double now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void add(samples *s, double us)
{
    if (s->count < SAMPLES) s->us[s->count++] = (float)us;
}

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static double quantile(samples *s, double q)
{
    if (!s->count) return 0;
    qsort(s->us, s->count, sizeof *s->us, by_value);
    size_t i = (size_t)(q * (double)s->count);
    return (double)s->us[i < s->count ? i : s->count - 1];
}

static void die(const kor_error *err)
{
    fprintf(stderr, "bench_colony: %s\n", err->msg);
    exit(1);
}

static kor_status find(void *arg, const char *model, char out[4096], kor_error *err)
{
    if (snprintf(out, 4096, "%s/%s.gguf", (const char *)arg, model) < 4096) return KOR_OK;
    return kor_fail(err, KOR_E_ARG, "path too long");
}

/* Memory of this process that no other shares. */
static double private_kb(void)
{
    char line[256];
    double kb = 0;
    FILE *f = fopen("/proc/self/smaps_rollup", "r");
    while (f && fgets(line, sizeof line, f)) {
        if (strncmp(line, "Private_Dirty:", 14) == 0) kb += atof(line + 14);
    }
    if (f) (void)fclose(f);
    return kb;
}

/* What one more context, on the trunk's where the model stands on it, takes once it was asked about
 * all events. */
static double context_kb(const kor_model *model, kor_ctx *trunk)
{
    static float answer[1024];
    static kor_span spans[256];
    kor_ctx *ctx;
    kor_error err;
    kor_model_info info;
    size_t n;
    kor_model_get_info(model, &info);
    (void)malloc_trim(0);
    double before = private_kb();
    if (kor_ctx_new_on(&ctx, model, trunk, &err) != KOR_OK) die(&err);
    for (size_t i = 0; i < EVENTS; i++) {
        if (strcmp(info.head, "spans") == 0)
            (void)kor_spans(ctx, events[i], KOR_NUL, spans, 256, &n, NULL);
        else if (info.labels)
            (void)kor_classify(ctx, events[i], KOR_NUL, answer, 1024, NULL);
        else
            (void)kor_embed(ctx, events[i], KOR_NUL, answer, 1024, NULL);
    }
    double kb = private_kb() - before;
    kor_ctx_free(ctx);
    return kb;
}

static void print_row(const char *name, const char *kind, samples *s, size_t rounds, double kb,
                      double file_kb)
{
    printf("| %s | %s | %.0f %% | %.0f | %.0f | %.0f | %.0f |\n", name, kind,
           100.0 * (double)s->count / (double)rounds, quantile(s, 0.5), quantile(s, 0.95), kb,
           file_kb);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: bench_colony FOLDER [SECONDS]\n");
        return 2;
    }
    char *folder = argv[1], plan[4096], path[4096];
    double seconds = argc > 2 ? atof(argv[2]) : 5;
    const char *const plans[] = {plan};
    kor_error err = {0};
    kor_model *trunk, *secrets = NULL;
    kor_colony *colony;
    kor_colony_ctx *minds;
    kor_guard guard = {0};
    kor_guard_ctx *guard_ctx;
    kor_ctx *trunk_ctx;
    (void)snprintf(plan, sizeof plan, "%s/colony.yaml", folder);
    (void)find(folder, "trunk", path, &err);
    if (kor_model_open(&trunk, path, &err) != KOR_OK) die(&err);
    (void)find(folder, "secrets", path, &err);
    if (kor_model_open(&secrets, path, &err) == KOR_OK) guard.secrets = secrets;
    if (kor_colony_open(&colony, plans, 1, trunk, find, folder, &err) != KOR_OK ||
        kor_ctx_new(&trunk_ctx, trunk, &err) != KOR_OK ||
        kor_colony_ctx_new(&minds, colony, trunk_ctx, &err) != KOR_OK ||
        kor_guard_ctx_new(&guard_ctx, &guard, &err) != KOR_OK)
        die(&err);
    size_t members = kor_colony_count(colony), rounds = 0, tokens = 0;
    samples *s = calloc(members + 3, sizeof *s);
    for (size_t i = 0; i < members + 3; i++) s[i].us = malloc(SAMPLES * sizeof *s[i].us);
    for (size_t i = 0; i < EVENTS; i++) {
        int32_t ids[1024];
        size_t n;
        (void)kor_tokenize(trunk_ctx, events[i], KOR_NUL, ids, 1024, &n, NULL);
        tokens += n;
    }
    double stop = now_us() + seconds * 1e6;
    for (size_t i = 0; now_us() < stop || i < 100; i++) {
        const char *text = events[i % EVENTS], *clean;
        float v[1024];
        size_t len;
        bool cut;
        double start = now_us();
        if (kor_guard_cut(guard_ctx, text, strlen(text), &clean, &len, &cut, NULL, &err) != KOR_OK)
            die(&err);
        double guarded = now_us();
        if (kor_embed(trunk_ctx, clean, len, v, 1024, &err) != KOR_OK) die(&err);
        double embedded = now_us();
        kor_colony_run(minds, &(kor_colony_event){.source = "note", .text = clean, .len = len});
        double end = now_us();
        if (i < 2 * EVENTS) continue; /* warming up */
        rounds++;
        add(&s[members], guarded - start);
        add(&s[members + 1], embedded - guarded);
        add(&s[members + 2], end - start);
        for (size_t m = 0; m < members; m++) {
            const kor_colony_step *step = &kor_colony_steps(minds)[m];
            if (step->ns) add(&s[m], (double)step->ns / 1e3);
        }
    }
    printf("%zu events of %.0f tokens on average, %zu rounds, kernels %s\n\n", (size_t)EVENTS,
           (double)tokens / EVENTS, rounds, kor_cpu());
    printf("| model | kind | ran | p50 us | p95 us | context KB | file KB |\n");
    printf("| --- | --- | --- | --- | --- | --- | --- |\n");
    kor_model_info info;
    kor_model_get_info(trunk, &info);
    double kb = secrets ? context_kb(secrets, NULL) : 0, file_kb = 0;
    if (secrets) {
        kor_model_info i;
        kor_model_get_info(secrets, &i);
        file_kb = (double)i.file_bytes / 1e3;
    }
    double files = (double)info.file_bytes / 1e3 + file_kb;
    print_row("guard", "rules, bag", &s[members], rounds, kb, file_kb);
    print_row("embedding", "trunk", &s[members + 1], rounds, context_kb(trunk, NULL),
              (double)info.file_bytes / 1e3);
    for (size_t m = 0; m < members; m++) {
        const kor_colony_member *c = kor_colony_get(colony, m);
        if (!c->model) {
            printf("| %s | away: %s | | | | | |\n", c->step->model, c->why);
            continue;
        }
        char kind[64];
        (void)snprintf(kind, sizeof kind, "%s, %s", c->info.architecture, c->info.head);
        kb = context_kb(c->model, trunk_ctx);
        files += (double)c->info.file_bytes / 1e3;
        print_row(c->step->model, kind, &s[m], rounds, kb, (double)c->info.file_bytes / 1e3);
    }
    print_row("all", "", &s[members + 2], rounds, private_kb(), files);
    for (size_t i = 0; i < members + 3; i++) free(s[i].us);
    free(s);
    kor_guard_ctx_free(guard_ctx);
    kor_colony_ctx_free(minds);
    kor_ctx_free(trunk_ctx);
    kor_colony_close(colony);
    kor_model_close(secrets);
    kor_model_close(trunk);
    return 0;
}
