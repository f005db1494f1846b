/* SPDX-License-Identifier: Apache-2.0 */
/* How fast the models are on this machine, and how near to what its cores can do. */
#include "cli/cli.h"

#include "base/file.h"
#include "base/parallel.h"
#include "kernels/kernels.h"
#include "learn/task.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CALLS = 4096, OPENS = 21, THREADS = 64, TEXT = 8192, WARM = 20 };

static const double SECONDS = 0.3; /* of calls behind one row */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts us. */
static double quantile(double *us, size_t n, double q)
{
    qsort(us, n, sizeof *us, by_value);
    return n ? us[(size_t)((double)(n - 1) * q)] : 0;
}

/* ---- The machine ---- */

static void read_cpu_name(char out[128])
{
    char line[256];
    (void)snprintf(out, 128, "unknown CPU");
    FILE *f = fopen("/proc/cpuinfo", "r");
    while (f && fgets(line, sizeof line, f)) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) == 0 && colon && strlen(colon) > 2) {
            (void)snprintf(out, 128, "%.*s", (int)strcspn(colon + 2, "\n"), colon + 2);
            break;
        }
    }
    if (f) (void)fclose(f);
}

/* Operations a second of one core on int8 in registers alone: the best of a few bursts. */
static double measure_peak(void)
{
    double best = 0;
    for (int i = 0; i < 5; i++) {
        double start = kor_seconds();
        uint64_t done = kor_kernels_get()->peak_i8(50000);
        best = fmax(best, (double)done / (kor_seconds() - start));
    }
    return best;
}

/* KiB of the process that are in memory, less those of the models that are mapped; -1 when the
 * system does not say. */
static long resident_beyond_models(void)
{
    char line[4096 + 256];
    long all = 0, mapped = 0, kb;
    bool ours = false;
    FILE *f = fopen("/proc/self/smaps", "r");
    if (!f) return -1;
    while (fgets(line, sizeof line, f)) {
        if (strchr(line, '-') && strchr(line, '-') < strchr(line, ' '))
            ours = strstr(line, ".gguf") != NULL;
        else if (sscanf(line, "Rss: %ld kB", &kb) == 1)
            *(ours ? &mapped : &all) += kb;
    }
    (void)fclose(f);
    return all;
}

/* ---- One row ---- */

typedef struct row {
    size_t tokens, threads;
    double p50_us, p95_us, per_s, peak_fraction; /* the last is NAN where there is none */
} row;

typedef struct meter {
    char name[64], weights[16], path[4096];
    kor_loaded loaded;
    kor_model_info info;
    kor_ctx *ctx[THREADS];
    size_t threads;
    float *out; /* [threads][dim] */
    double *us; /* [threads][CALLS] */
    size_t calls[THREADS];
    char text[TEXT];
} meter;

/* A bag has no tokens: words are counted then. */
static size_t count_tokens(const meter *m, size_t len)
{
    int32_t ids[1024];
    size_t tokens = 0;
    if (m->info.max_tokens) {
        (void)kor_tokenize(m->ctx[0], m->text, len, ids, 1024, &tokens, NULL);
        return tokens;
    }
    for (size_t i = 0; i < len; i++)
        tokens += m->text[i] != ' ' && (i == 0 || m->text[i - 1] == ' ');
    return tokens;
}

/* A text of n tokens: common words, cut where it has them. Returns the tokens it has. */
static size_t make_text(meter *m, size_t n)
{
    static const char *const words[] = {"the", "time", "of",   "a",  "day",
                                        "and", "the",  "work", "in", "it"};
    size_t tokens = 0, len = 0;
    for (size_t i = 0; tokens < n && len + 8 < TEXT; i++) {
        len += (size_t)snprintf(m->text + len, TEXT - len, "%s%s", i ? " " : "", words[i % 10]);
        tokens = count_tokens(m, len);
    }
    while (tokens > n && len > 1) tokens = count_tokens(m, --len);
    m->text[len] = 0;
    return tokens;
}

static void call_for_a_while(void *arg, size_t i, size_t worker)
{
    (void)worker;
    meter *m = arg;
    double *us = m->us + i * CALLS, begun = kor_seconds(), now = begun;
    float *out = m->out + i * kor_answer_size(&m->info);
    size_t n = 0;
    while (n < CALLS && (now - begun < SECONDS || n < WARM)) {
        double start = now;
        (void)kor_answer(m->ctx[i], &m->info, m->text, KOR_NUL, out, NULL);
        now = kor_seconds();
        us[n++] = (now - start) * 1e6;
    }
    m->calls[i] = n;
}

static row measure_row(meter *m, size_t tokens, size_t threads)
{
    row r = {.tokens = make_text(m, tokens), .threads = threads};
    for (int i = 0; i < WARM; i++) {
        (void)kor_answer(m->ctx[0], &m->info, m->text, KOR_NUL, m->out, NULL);
    }
    double peak = measure_peak(), start = kor_seconds();
    kor_parallel(threads, threads, call_for_a_while, m);
    double seconds = kor_seconds() - start;
    peak = fmax(peak, measure_peak());
    size_t n = 0;
    for (size_t i = 0; i < threads; i++) {
        memmove(m->us + n, m->us + i * CALLS, m->calls[i] * sizeof *m->us);
        n += m->calls[i];
    }
    r.p50_us = quantile(m->us, n, 0.5);
    r.p95_us = quantile(m->us, n, 0.95);
    r.per_s = (double)n / seconds;
    double macs = (double)m->info.macs_per_token * (double)r.tokens + (double)m->info.macs_per_text;
    bool counts = strcmp(m->info.weights, "int8") == 0 && m->info.macs_per_token;
    r.peak_fraction = counts ? 2 * macs / (r.p50_us * 1e-6) / peak : NAN;
    return r;
}

/* ---- One model ---- */

static void meter_close(meter *m)
{
    for (size_t i = 0; i < THREADS; i++) kor_ctx_free(m->ctx[i]);
    kor_model_unload(&m->loaded);
    free(m->out);
    free(m->us);
}

/* Open a model as an app would, several times: *open_us is the median of opening it and making a
 * context, *rss_kb what the process then takes beyond the file. */
static kor_status meter_open(meter *m, const char *name, const char *home, size_t threads,
                             double *open_us, long *rss_kb, kor_error *err)
{
    double us[OPENS];
    *m = (meter){.threads = threads};
    (void)snprintf(m->name, sizeof m->name, "%s", name);
    KOR_TRY(kor_model_find(m->path, name, home, err));
    for (size_t i = 0; i < OPENS; i++) {
        kor_ctx_free(m->ctx[0]);
        kor_model_unload(&m->loaded);
        m->ctx[0] = NULL;
        double start = kor_seconds();
        KOR_TRY(kor_model_load(&m->loaded, m->path, home, err));
        KOR_TRY(kor_ctx_new(&m->ctx[0], m->loaded.model, err));
        us[i] = (kor_seconds() - start) * 1e6;
    }
    *open_us = quantile(us, OPENS, 0.5);
    kor_model_get_info(m->loaded.model, &m->info);
    m->out = calloc(threads * kor_answer_size(&m->info), sizeof *m->out);
    if (!m->out) return kor_fail_memory(err);
    KOR_TRY(kor_answer(m->ctx[0], &m->info, "hello", KOR_NUL, m->out, err));
    *rss_kb = resident_beyond_models();
    for (size_t i = 1; i < threads; i++) KOR_TRY(kor_ctx_new(&m->ctx[i], m->loaded.model, err));
    m->us = calloc(threads * CALLS, sizeof *m->us);
    return m->us ? KOR_OK : kor_fail_memory(err);
}

static void put_row(const meter *m, const row *r, json_t *results)
{
    json_t *o = json_pack("{s:o,s:s,s:I,s:I,s:f,s:f,s:f}", "model",
                          kor_text_json(m->name, strlen(m->name)), "weights", m->info.weights,
                          "tokens", (json_int_t)r->tokens, "threads", (json_int_t)r->threads,
                          "p50_us", r->p50_us, "p95_us", r->p95_us, "per_s", r->per_s);
    bool share = !isnan(r->peak_fraction);
    json_object_set_new(o, "peak_fraction", share ? json_real(r->peak_fraction) : json_null());
    json_array_append_new(results, o);
}

static void print_row(const meter *m, const row *r)
{
    kor_print_cell(KOR_PLAIN, m->name, 12);
    printf("%-5s %6zu %7zu %9.0f %9.0f %9s", m->info.weights, r->tokens, r->threads, r->p50_us,
           r->p95_us, kor_grouped((int64_t)r->per_s));
    if (!isnan(r->peak_fraction)) printf(" %7.0f %%", 100 * r->peak_fraction);
    putchar('\n');
    (void)fflush(stdout);
}

/* With only, on all threads and not on one as well. */
static void measure_model(meter *m, size_t tokens, bool only, json_t *results)
{
    static const size_t lengths[] = {8, 16, 32, 64, 128};
    for (size_t t = 0; t < 2; t++) {
        size_t threads = t || only ? m->threads : 1;
        if (t && (only || m->threads == 1)) continue;
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            if (tokens ? i > 0 : m->info.max_tokens && lengths[i] > m->info.max_tokens) continue;
            row r = measure_row(m, tokens ? tokens : lengths[i], threads);
            if (results)
                put_row(m, &r, results);
            else
                print_row(m, &r);
        }
    }
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    const char *tokens_text = NULL, *threads_text = NULL;
    long tokens, threads;
    const kor_option options[] = {
        {"--tokens", "N", "this length alone, 1 to 1000 (default: 8, 16, 32, 64, 128)",
         &tokens_text, NULL},
        {"--threads", "N", "so many threads alone (default: 1, and one per core)", &threads_text,
         NULL},
        {0},
    };
    const kor_command *self = &kor_command_bench;
    if (!kor_args_parse(&a, self, options, 0, KOR_ARGS_MAX, argc, argv, &code) ||
        !kor_parse_number(self, "--tokens", tokens_text, 1, 1000, 0, &tokens, &code) ||
        !kor_parse_number(self, "--threads", threads_text, 1, THREADS, 0, &threads, &code))
        return code;
    char home[4096], cpu[128];
    const char *mine = kor_home(home, &a, NULL) == KOR_OK ? home : NULL;
    size_t cores = kor_cores() < THREADS ? kor_cores() : THREADS;
    if (!a.words) a.word[a.words++] = KOR_TASK_BASE;
    for (size_t i = 0; i < a.words; i++) {
        char path[4096];
        kor_error err;
        if (kor_model_find(path, a.word[i], mine, &err) != KOR_OK) return kor_report(self, &err);
    }
    read_cpu_name(cpu);
    if (!a.json) {
        printf("%s, %s kernels: at most %.0f GOP/s of int8 on one core\n\n", cpu, kor_cpu(),
               measure_peak() / 1e9);
        kor_print(KOR_BOLD, "%-13s %-5s %6s %7s %9s %9s %9s %9s\n", "model", "type", "tokens",
                  "threads", "p50 us", "p95 us", "texts/s", "of peak");
    }
    json_t *results = a.json ? json_array() : NULL;
    double first_open_us = 0;
    long first_rss_kb = -1;
    code = EXIT_DONE;
    for (size_t i = 0; code == EXIT_DONE && i < a.words; i++) {
        static meter m;
        double open_us = 0;
        long rss_kb = -1;
        kor_error err;
        if (meter_open(&m, a.word[i], mine, threads ? (size_t)threads : cores, &open_us, &rss_kb,
                       &err) == KOR_OK) {
            if (i == 0) {
                first_open_us = open_us;
                first_rss_kb = rss_kb;
            }
            measure_model(&m, (size_t)tokens, threads > 0, results);
            if (!results) printf("opened in %.0f us, %ld KiB beyond its file\n", open_us, rss_kb);
        } else {
            code = kor_report(self, &err);
        }
        meter_close(&m);
    }
    if (results && code == EXIT_DONE) {
        kor_print_json(json_pack("{s:o,s:s,s:O,s:f,s:I}", "cpu", kor_text_json(cpu, strlen(cpu)),
                                 "path", kor_cpu(), "results", results, "open_us", first_open_us,
                                 "rss_kb", (json_int_t)first_rss_kb));
    }
    json_decref(results);
    return code;
}

const kor_command kor_command_bench = {
    .name = "bench",
    .summary = "speed on this machine",
    .usage = "[MODEL...]",
    .details = "How long an answer takes by the tokens of its text, on one thread and on all, and\n"
               "what share that is of the multiply-adds of int8 that the cores could do, measured\n"
               "in the same run. Without a MODEL: trunk. For a ratio against other programs see\n"
               "docs/benchmarks.md.\n",
    .run = run,
};
