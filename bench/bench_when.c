/* SPDX-License-Identifier: Apache-2.0 */
/* How long it takes to find the times in a question, and to resolve one that was found.
 * usage: bench_when ROWS.jsonl    rows {"text": ...} */
#include "korora.h"
#include "time/evaluate.h"
#include "time/phrase.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROWS = 4096, ROUNDS = 200, SPANS = 32 };

static double microseconds(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double *v, size_t n, double p)
{
    qsort(v, n, sizeof *v, compare);
    return n ? v[(size_t)((double)(n - 1) * p)] : 0;
}

int main(int argc, char **argv)
{
    static char *text[ROWS];
    static double find[ROWS], resolve[ROWS];
    static kor_when_span spans[SPANS];
    kor_zone *zone;
    FILE *in = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (!in || kor_zone_open(&zone, "Europe/Paris", NULL) != KOR_OK) return 2;
    size_t rows = 0, resolved = 0, size = 0;
    char *line = NULL;
    while (rows < ROWS && getline(&line, &size, in) > 0) {
        json_t *row = json_loads(line, 0, NULL);
        const char *s = json_string_value(json_object_get(row, "text"));
        if (s) text[rows++] = strdup(s);
        json_decref(row);
    }
    fclose(in);
    kor_when_options o = {.zone = zone, .reference_ms = 1795338000000};
    size_t count = 0;
    for (size_t i = 0; i < rows; i++) {
        double start = microseconds();
        for (int k = 0; k < ROUNDS; k++)
            (void)kor_when(text[i], KOR_NUL, &o, spans, SPANS, &count, NULL);
        find[i] = (microseconds() - start) / ROUNDS;
        /* The first expression of the text, read once and evaluated often. */
        kor_words words;
        kor_expr e;
        if (count == 0) continue;
        kor_words_begin(&words, text[i] + spans[0].start, spans[0].end - spans[0].start);
        kor_reader r = {&words, 0, &e, 0};
        if (!kor_read_expression(&r) || e.kind != KOR_EXPR_TIME) continue;
        kor_time_reading base = {
            .convention = &kor_convention_calendar, .zone = zone, .now_ms = o.reference_ms};
        base.today = kor_day_of(&base, base.now_ms);
        kor_value value;
        start = microseconds();
        for (int k = 0; k < ROUNDS; k++) {
            kor_time_reading c = base;
            (void)kor_evaluate(&c, &e, e.root, &value);
        }
        resolve[resolved++] = (microseconds() - start) / ROUNDS;
    }
    printf("korora: %zu texts, found and resolved: p50 %.1f us, p95 %.1f us; resolved alone: p50 "
           "%.2f us, p95 %.2f us\n",
           rows, percentile(find, rows, 0.5), percentile(find, rows, 0.95),
           percentile(resolve, resolved, 0.5), percentile(resolve, resolved, 0.95));
    for (size_t i = 0; i < rows; i++) free(text[i]);
    free(line);
    kor_zone_close(zone);
    return 0;
}
