/* SPDX-License-Identifier: Apache-2.0 */
/* How fast an encoder is fine-tuned: sentences a second of the whole step (forward, backward,
 * AdamW), for the base encoder and a layer of labels, on random tokens or on the rows of a file.
 * usage: bench_tune MODEL THREADS|lengths TOKENS|ROWS.jsonl [STEPS]
 * One line: threads, sentences a second, milliseconds a step of 64, operations a second; or, with
 * lengths, the number of tokens of each row of the file. */
#include "learn/dataset.h"
#include "learn/loss.h"
#include "learn/tuner.h"
#include "model/trunk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BATCH = 64, LABELS = 77, MOST = 128 };

typedef struct top {
    size_t dim;
    float *param;
} top;

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static kor_status pass(void *arg, const kor_tuned *b, float *gradient, double *loss, kor_error *err)
{
    (void)err;
    const top *t = arg;
    for (size_t i = 0; i < b->sequences; i++) {
        float logit[LABELS] = {0};
        const float *x[2] = {b->embedding + i * b->dim, b->state + i * b->dim};
        float *d[2] = {b->d_embedding + i * b->dim, b->d_state + i * b->dim};
        for (size_t j = 0; j < 2 * b->dim; j++) {
            for (size_t l = 0; l < LABELS; l++)
                logit[l] += x[j / b->dim][j % b->dim] * t->param[j * LABELS + l];
        }
        *loss += kor_softmax_loss(logit, LABELS, b->rows[i] % LABELS, 0.1f);
        for (size_t l = 0; l < LABELS; l++) logit[l] /= (float)b->sequences;
        for (size_t j = 0; j < 2 * b->dim; j++) {
            float sum = 0, v = x[j / b->dim][j % b->dim];
            for (size_t l = 0; l < LABELS; l++) {
                sum += logit[l] * t->param[j * LABELS + l];
                gradient[j * LABELS + l] += logit[l] * v;
            }
            d[j / b->dim][j % b->dim] = sum;
        }
    }
    return KOR_OK;
}

static void die(const char *what)
{
    fprintf(stderr, "bench_tune: %s\n", what);
    exit(2);
}

int main(int argc, char **argv)
{
    if (argc < 4) die("usage: bench_tune MODEL THREADS|lengths TOKENS|ROWS.jsonl [STEPS]");
    kor_error err;
    kor_model *model;
    kor_net net;
    kor_ctx *ctx;
    size_t steps = argc > 4 ? strtoul(argv[4], NULL, 10) : 20, rows = steps * BATCH,
           tokens = strtoul(argv[3], NULL, 10);
    if (kor_model_open(&model, argv[1], &err) || kor_ctx_new(&ctx, model, &err) ||
        kor_net_load(&net, kor_trunk_encoder(model), &err))
        die(err.msg);
    const kor_dataset_options any = {0};
    kor_labels labels = {0};
    kor_dataset data = {0};
    if (!tokens && kor_dataset_read(&data, argv[3], &labels, &any, &err)) die(err.msg);
    if (strcmp(argv[2], "lengths") == 0) {
        for (size_t i = 0; i < data.count; i++) {
            size_t n;
            int32_t of_row[MOST];
            (void)kor_tokenize(ctx, data.rows[i].text, data.rows[i].len, of_row, MOST, &n, &err);
            printf("%zu\n", n ? n : 1);
        }
        return 0;
    }
    size_t *first = calloc(rows + 1, sizeof *first);
    int32_t *ids = calloc(rows * net.max_tokens, sizeof *ids);
    top t = {net.dim, calloc(2 * net.dim * LABELS, sizeof(float))};
    if (!first || !ids || !t.param) die("out of memory");
    for (size_t i = 0; i < rows; i++) {
        size_t n = 0;
        if (tokens) {
            for (; n < tokens && n < net.max_tokens; n++)
                ids[first[i] + n] = (int32_t)(6 + (i * 7919 + n * 104729) % 7990);
        } else {
            const kor_row *r = &data.rows[i * 31 % data.count];
            (void)kor_tokenize(ctx, r->text, r->len, ids + first[i], net.max_tokens, &n, &err);
            if (!n) ids[first[i] + n++] = 0;
        }
        first[i + 1] = first[i] + n;
    }
    const kor_token_rows all = {rows, 1, first, ids};
    const kor_top head = {t.param, 2 * net.dim * LABELS, 2 * net.dim * LABELS, pass, &t};
    kor_tune_recipe recipe = {.epochs = 1,
                              .batch = BATCH,
                              .rate = 2e-4f,
                              .head_rate = 1e-3f,
                              .depth_factor = 1,
                              .decay = 0.01f,
                              .clip = 1,
                              .seed = 1,
                              .threads = strtoul(argv[2], NULL, 10)};
    kor_tune_result r;
    double start = now();
    if (kor_tune(&net, &head, &all, &recipe, &(kor_tune_hooks){0}, NULL, &r, &err)) die(err.msg);
    double seconds = now() - start;
    /* 2 operations a multiply-add, and the backward pass takes twice the forward pass. */
    kor_model_info info;
    kor_model_get_info(model, &info);
    double flop = 6 * ((double)first[rows] * (double)info.macs_per_token +
                       (double)rows * (double)info.macs_per_text);
    printf("threads %zu  %.0f sentences/s  %.1f tokens a sentence  %.1f ms a step  %.1f GFLOP/s\n",
           recipe.threads, (double)rows / seconds, (double)first[rows] / (double)rows,
           seconds * 1e3 / (double)steps, flop / seconds / 1e9);
    return 0;
}
