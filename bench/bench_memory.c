/* SPDX-License-Identifier: Apache-2.0 */
/* A memory of many events: how fast it fills, how large it gets, how fast it answers.
 *
 *     bench_memory fill HOME MODEL N     store N made-up work events, and print the rate and the
 * sizes bench_memory ask HOME MODEL N      N questions one after the other: p50, p95, peak memory
 *     bench_memory rows N                print N of them as rows for 'korora import jsonl'
 *     bench_memory cold PROGRAM HOME N   N processes of 'korora recall': median and p95 to the
 * answer
 *
 * The events are drawn from a seeded grammar: some 300 words of software work, a long tail of
 * made-up names after Zipf's law, numbers and hashes, spread over two years; 147 bytes on average.
 */
#include "base/str.h"
#include "memory/ingest.h"
#include "memory/recall.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t state = 42;

static uint64_t next_random(void) /* splitmix64 */
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static size_t below(size_t n)
{
    return (size_t)(next_random() % n);
}

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static const char *const verbs[] = {
    "fix",       "add",     "remove",    "rename",   "rewrite", "test",     "measure", "speed up",
    "document",  "review",  "merge",     "revert",   "split",   "simplify", "debug",   "deploy",
    "upgrade",   "install", "configure", "discuss",  "plan",    "sketch",   "check",   "read about",
    "benchmark", "profile", "trace",     "refactor", "port",    "release"};
static const char *const things[] = {
    "parser",         "tokenizer",    "scheduler",      "database",     "index",        "cache",
    "login page",     "build script", "test suite",     "invoice",      "report",       "calendar",
    "search box",     "network",      "firewall",       "backup",       "migration",    "schema",
    "password reset", "memory leak",  "race condition", "timeout",      "crash",        "deadlock",
    "error message",  "log file",     "release notes",  "roadmap",      "budget",       "interview",
    "travel plan",    "recipe",       "garden",         "training run", "dataset",      "encoder",
    "embedding",      "kernel",       "compiler",       "linker",       "shell script", "terminal",
    "keyboard",       "screenshot"};
static const char *const places[] = {"in the morning build",
                                     "for the customer demo",
                                     "before the release",
                                     "on the old laptop",
                                     "after the meeting with the team",
                                     "because the nightly job failed",
                                     "as the review asked",
                                     "to make it faster",
                                     "so that nothing is lost",
                                     "with the new settings",
                                     "for next quarter",
                                     "while travelling",
                                     "on the staging server",
                                     "in production",
                                     "behind a flag"};
#define PICK(list) (list[below(sizeof(list) / sizeof *(list))])

/* A made-up name; low ranks come far more often than high ones (Zipf, exponent about 1). */
static void put_name(kor_str *s)
{
    static const char *const syllables[] = {"ka",  "ro",  "min", "tel", "vu", "sor", "pex", "lan",
                                            "dri", "qua", "ne",  "fol", "zu", "bek", "ti",  "gar"};
    double u = (double)(next_random() >> 11) * 0x1p-53;
    uint64_t rank = (uint64_t)exp(u * log(60000.0));
    for (int i = 0; i < 3; i++, rank /= 16)
        kor_str_puts(s, syllables[(rank + (uint64_t)i * 5) % 16]);
    if (rank) kor_str_printf(s, "%llu", (unsigned long long)rank);
}

static void make_event(kor_str *text)
{
    kor_str_clear(text);
    kor_str_printf(text, "%s the %s of ", PICK(verbs), PICK(things));
    put_name(text);
    kor_str_printf(text, " %s", PICK(places));
    if (below(2)) {
        kor_str_printf(text, "; %s the %s and ", PICK(verbs), PICK(things));
        put_name(text);
    }
    if (below(3) == 0) kor_str_printf(text, ", see #%zu", below(5000));
    if (below(4) == 0)
        kor_str_printf(text, " (%08llx)", (unsigned long long)(next_random() & 0xffffffff));
    if (below(2))
        kor_str_printf(text, ". It took %zu minutes and %s %s.", below(90), PICK(verbs),
                       PICK(places));
}

static void make_question(kor_str *text)
{
    static const char *const times[] = {
        "", "", " last week", " yesterday", " in March", " last month", " three days ago"};
    kor_str_clear(text);
    switch (below(4)) {
    case 0:
        kor_str_printf(text, "when did I %s the %s%s?", PICK(verbs), PICK(things), PICK(times));
        break;
    case 1:
        kor_str_puts(text, "what was it about ");
        put_name(text);
        kor_str_puts(text, PICK(times));
        break;
    case 2: kor_str_printf(text, "%s %s%s", PICK(things), PICK(places), PICK(times)); break;
    default:
        kor_str_printf(text, "the work on slow pages and the %s%s", PICK(things), PICK(times));
        break;
    }
}

static void die(const kor_error *err)
{
    fprintf(stderr, "bench_memory: %s\n", err->msg);
    exit(3);
}

enum { NOW = 1780000000 }; /* questions are asked at that time: reproducible */

static long peak_kb(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return u.ru_maxrss;
}

static int fill(const char *home, const char *model_path, size_t n)
{
    kor_error err;
    kor_model *model;
    kor_memory *memory;
    kor_ingest *ingest;
    kor_ingest_stats stats;
    if (kor_model_open(&model, model_path, &err) ||
        kor_memory_open(&memory, home, KOR_MEMORY_WRITE, model, &err) ||
        kor_ingest_begin(&ingest, memory, 0, &err)) {
        die(&err);
    }
    kor_str text = {0};
    double start = now_s();
    for (size_t i = 0; i < n; i++) {
        char ref[32];
        make_event(&text);
        (void)snprintf(ref, sizeof ref, "event-%zu", i);
        int64_t time =
            NOW - 63072000 + (int64_t)((double)i / (double)n * 63072000.0) + (int64_t)below(600);
        kor_event e = {.time_ms = time * 1000,
                       .source = "bench",
                       .ref = ref,
                       .text = kor_str_text(&text),
                       .text_len = text.len};
        if (kor_ingest_add(ingest, &e, &err)) die(&err);
    }
    if (kor_ingest_end(ingest, &stats, &err)) die(&err);
    double seconds = now_s() - start;
    kor_memory_close(memory);
    kor_model_close(model);
    char path[4096];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s/memory.db", home);
    if (stat(path, &st)) return 3;
    printf("| events stored, with embedding | %zu |\n", n);
    printf("| events a second | %.0f |\n", (double)n / seconds);
    printf("| wall time embedding / storing | %.0f %% / %.0f %% |\n",
           100 * stats.embed_seconds / seconds, 100 * stats.store_seconds / seconds);
    printf("| bytes of text an event | %.0f |\n", (double)stats.text_bytes / (double)n);
    printf("| bytes of database an event beyond its text | %.0f |\n",
           ((double)st.st_size - (double)stats.text_bytes) / (double)n);
    printf("| peak memory while storing | %ld MB |\n", peak_kb() / 1024);
    kor_str_free(&text);
    return 0;
}

static int ask(const char *home, const char *model_path, size_t n)
{
    kor_error err;
    kor_model *model;
    kor_memory *memory;
    kor_zone *zone;
    if (kor_zone_open(&zone, "Europe/Paris", &err) || kor_model_open(&model, model_path, &err) ||
        kor_memory_open(&memory, home, KOR_MEMORY_READ, model, &err)) {
        die(&err);
    }
    double *ms = malloc(n * sizeof *ms);
    kor_str text = {0};
    if (!ms) return 3;
    state = 7;
    size_t empty = 0, slowest = 0;
    char worst[256] = "";
    double most = 0;
    for (size_t i = 0; i < n; i++) {
        make_question(&text);
        kor_query q = {.question = kor_str_text(&text),
                       .len = text.len,
                       .now_ms = (int64_t)NOW * 1000,
                       .zone = zone,
                       .limit = 10};
        kor_recall r = {0};
        double start = now_s();
        if (kor_recall_run(memory, &q, &r, &err)) die(&err);
        ms[i] = (now_s() - start) * 1e3;
        if (ms[i] > most && i > 0) {
            most = ms[i];
            slowest = i;
            (void)snprintf(worst, sizeof worst, "%s", kor_str_text(&text));
        }
        empty += r.count == 0;
        kor_recall_free(&r);
    }
    qsort(ms, n, sizeof *ms, by_value);
    printf("| questions | %zu (%zu without a hit) |\n", n, empty);
    printf("| recall p50 | %.1f ms |\n", ms[n / 2]);
    printf("| recall p95 | %.1f ms |\n", ms[n * 95 / 100]);
    printf("| recall slowest | %.1f ms (\"%s\") |\n", most, worst);
    printf("| peak memory while asking | %ld MB |\n", peak_kb() / 1024);
    (void)slowest;
    free(ms);
    kor_str_free(&text);
    kor_memory_close(memory);
    kor_model_close(model);
    kor_zone_close(zone);
    return 0;
}

static int cold(const char *program, const char *home, size_t n)
{
    double *ms = malloc(n * sizeof *ms);
    kor_str text = {0};
    long peak = 0;
    if (!ms) return 3;
    state = 9;
    for (size_t i = 0; i < n; i++) {
        make_question(&text);
        double start = now_s();
        pid_t child = fork();
        if (child == 0) {
            int null = open("/dev/null", O_WRONLY);
            dup2(null, 1);
            execl(program, program, "recall", kor_str_text(&text), "--home", home, "--now",
                  "2026-05-28T20:26:40Z", (char *)NULL);
            _exit(127);
        }
        int status;
        struct rusage u;
        if (child < 0 || wait4(child, &status, 0, &u) != child || !WIFEXITED(status) ||
            WEXITSTATUS(status) > 1)
            return 3;
        ms[i] = (now_s() - start) * 1e3;
        if (u.ru_maxrss > peak) peak = u.ru_maxrss;
    }
    qsort(ms, n, sizeof *ms, by_value);
    printf("| `korora recall` as a process, median | %.1f ms |\n", ms[n / 2]);
    printf("| `korora recall` as a process, p95 | %.1f ms |\n", ms[n * 95 / 100]);
    printf("| its peak memory | %ld MB |\n", peak / 1024);
    free(ms);
    kor_str_free(&text);
    return 0;
}

/* The texts have no character that JSON must escape. */
static int rows(size_t n)
{
    kor_str text = {0};
    for (size_t i = 0; i < n; i++) {
        make_event(&text);
        printf("{\"id\":\"%zu\",\"text\":\"%s\"}\n", i, kor_str_text(&text));
    }
    kor_str_free(&text);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "rows") == 0) return rows(strtoul(argv[2], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "fill") == 0)
        return fill(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "ask") == 0)
        return ask(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    if (argc == 5 && strcmp(argv[1], "cold") == 0)
        return cold(argv[2], argv[3], strtoul(argv[4], NULL, 10));
    fprintf(stderr, "usage: bench_memory fill|ask HOME MODEL N, rows N, or cold PROGRAM HOME N\n");
    return 2;
}
