/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a grammar a second, on one core: usage: bench_grammar FILE.chatito ROWS [CORRUPT_SHARE]
 * Prints the rate, with the JSON of each row made and thrown away. Loading is not in it. */
#include "forge/grammar.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct sink {
    size_t rows, bytes;
    kor_str line;
} sink;

static kor_status take(void *arg, const kor_grammar_row *row, kor_error *err)
{
    (void)err;
    sink *s = arg;
    kor_str_clear(&s->line);
    kor_grammar_row_json(&s->line, row);
    s->rows++;
    s->bytes += s->line.len;
    return KOR_OK;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    kor_grammar *g;
    kor_error err;
    sink s = {0};
    if (argc < 3) {
        fprintf(stderr, "usage: bench_grammar FILE.chatito ROWS [CORRUPT_SHARE]\n");
        return 2;
    }
    kor_grammar_options o = {.seed = 1, .count = strtoul(argv[2], NULL, 10)};
    if (argc > 3) o.corruption.share = strtod(argv[3], NULL);
    if (kor_grammar_load(&g, argv[1], NULL, &err) != KOR_OK) {
        fprintf(stderr, "bench_grammar: %s\n", err.msg);
        return 2;
    }
    double start = now();
    if (kor_grammar_generate(g, &o, take, &s, &err) != KOR_OK) {
        fprintf(stderr, "bench_grammar: %s\n", err.msg);
        return 3;
    }
    double seconds = now() - start;
    printf("%.0f rows/s (%zu rows, %.1f bytes each)\n", (double)s.rows / seconds, s.rows,
           (double)s.bytes / (double)s.rows);
    kor_str_free(&s.line);
    kor_grammar_free(g);
    return 0;
}
