/* SPDX-License-Identifier: Apache-2.0 */
/* One model on one thread: the time of an embedding by sequence length, of opening, and the share
 * of the core's own int8 and f32 speed (the GEMM kernels alone, in the same run).
 *
 *     bench_embed MODEL.gguf...        prints rows of a Markdown table */
#include "kernels/kernels.h"
#include "korora.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* A text of exactly n tokens: common words, one token each. */
static void make_text(kor_ctx *ctx, size_t n, char *out, size_t cap)
{
    static const char *const words[] = {"the", "time", "of",   "a",  "day",
                                        "and", "the",  "work", "in", "it"};
    out[0] = 0;
    size_t tokens = 0;
    int32_t ids[1024];
    for (size_t i = 0; tokens < n; i++) {
        (void)snprintf(out + strlen(out), cap - strlen(out), "%s%s", i ? " " : "", words[i % 10]);
        if (kor_tokenize(ctx, out, KOR_NUL, ids, 1024, &tokens, NULL) != KOR_OK) exit(3);
    }
}

static void bench_model(const char *path)
{
    enum { OPENS = 31, CALLS = 2000 };
    static double us[CALLS];
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    for (size_t i = 0; i < OPENS; i++) {
        double start = now_us();
        if (kor_model_open(&model, path, &err) || kor_ctx_new(&ctx, model, &err)) {
            fprintf(stderr, "%s\n", err.msg);
            exit(2);
        }
        us[i] = now_us() - start;
        if (i + 1 < OPENS) {
            kor_ctx_free(ctx);
            kor_model_close(model);
        }
    }
    qsort(us, OPENS, sizeof *us, by_value);
    double open_us = us[OPENS / 2];
    kor_model_info info;
    kor_model_get_info(model, &info);
    float *v = malloc(info.dim * sizeof *v);
    static const size_t lengths[] = {8, 16, 32, 64, 128};
    for (size_t l = 0; v && l < sizeof lengths / sizeof *lengths; l++) {
        char text[4096];
        make_text(ctx, lengths[l], text, sizeof text);
        for (int i = 0; i < 50; i++) (void)kor_embed(ctx, text, KOR_NUL, v, info.dim, NULL);
        size_t calls = strcmp(info.cpu, "scalar") == 0 ? 20 : CALLS;
        for (size_t i = 0; i < calls; i++) {
            double start = now_us();
            (void)kor_embed(ctx, text, KOR_NUL, v, info.dim, NULL);
            us[i] = now_us() - start;
        }
        qsort(us, calls, sizeof *us, by_value);
        printf("| %s %s | %s | %zu | %.0f | %.0f | %.0f |", info.name, info.weights, info.cpu,
               lengths[l], us[calls / 2], us[calls * 95 / 100], 1e6 / us[calls / 2]);
        if (l == 0)
            printf(" %.2f ms |\n", open_us / 1e3);
        else
            printf(" |\n");
    }
    free(v);
    kor_ctx_free(ctx);
    kor_model_close(model);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) bench_model(argv[i]);
    return argc > 1 ? 0 : 2;
}
