/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "gguf_maker.h"
#include "golden.h"
#include "plain_encoder.h"
#include "scratch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* Meant for the thread sanitizer too: many threads, one model, a context each. No thread asserts,
 * for cmocka's asserts may only fail in the thread that runs the test: each counts what went wrong.
 */
enum { THREADS = 8, ROUNDS = 3 };

typedef struct worker {
    const kor_model *model;
    const char *path; /* when set, the thread opens a model of its own */
    const golden *all;
    float (*want)[GOLDEN_DIM];
    pthread_barrier_t *start;
    size_t number, wrong;
} worker;

static void *embed_all(void *arg)
{
    /* Steps that share no factor with 23 visit all texts, each in an order of its own. */
    static const size_t steps[THREADS] = {1, 2, 3, 5, 7, 11, 13, 17};
    worker *w = arg;
    kor_error err;
    kor_model *own = NULL;
    kor_ctx *ctx = NULL;
    (void)pthread_barrier_wait(w->start);
    if (w->path && kor_model_open(&own, w->path, &err) != KOR_OK) w->wrong++;
    if (kor_ctx_new(&ctx, w->path ? own : w->model, &err) != KOR_OK) w->wrong++;
    for (size_t i = 0; ctx && i < ROUNDS * GOLDEN_TEXTS; i++) {
        size_t t = (w->number + i * steps[w->number]) % GOLDEN_TEXTS;
        const golden *g = &w->all[t];
        float v[GOLDEN_DIM];
        int32_t ids[GOLDEN_IDS];
        size_t count = 0;
        if (kor_embed(ctx, g->text, g->len, v, GOLDEN_DIM, &err) != KOR_OK) w->wrong++;
        if (memcmp(v, w->want[t], sizeof v) != 0) w->wrong++;
        if (kor_tokenize(ctx, g->text, g->len, ids, GOLDEN_IDS, &count, &err) != KOR_OK) w->wrong++;
        if (count != g->count || memcmp(ids, g->ids, count * sizeof *ids) != 0) w->wrong++;
    }
    kor_ctx_free(ctx);
    kor_model_close(own);
    return NULL;
}

static void run_threads(const kor_model *model, const char *path, const golden *all,
                        float (*want)[GOLDEN_DIM])
{
    pthread_t threads[THREADS];
    worker workers[THREADS];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){model, path, all, want, &start, i, 0};
        assert_int_equal(pthread_create(&threads[i], NULL, embed_all, &workers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(workers[i].wrong, 0);
    pthread_barrier_destroy(&start);
}

/* What one thread gets. */
static float (*embed_alone(const kor_model *model, const golden *all))[GOLDEN_DIM]
{
    kor_ctx *ctx;
    kor_error err;
    float(*want)[GOLDEN_DIM] = calloc(GOLDEN_TEXTS, sizeof *want);
    assert_non_null(want);
    assert_int_equal(kor_ctx_new(&ctx, model, &err), KOR_OK);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        assert_int_equal(kor_embed(ctx, all[i].text, all[i].len, want[i], GOLDEN_DIM, &err),
                         KOR_OK);
    }
    kor_ctx_free(ctx);
    return want;
}

static void test_model_concurrency_shared_model_gives_the_same_bits(void **state)
{
    (void)state;
    folder dir = folder_new();
    plain_write_f32(in(&dir, "f32.gguf"), trunk_path());
    golden *all = golden_load();
    for (size_t m = 0; m < 2; m++) {
        kor_model *model = m ? NULL : open_trunk();
        if (m) assert_int_equal(kor_model_open(&model, in(&dir, "f32.gguf"), NULL), KOR_OK);
        float(*want)[GOLDEN_DIM] = embed_alone(model, all);
        run_threads(model, NULL, all, want);
        free(want);
        kor_model_close(model);
    }
    golden_free(all);
    folder_remove(&dir);
}

static void test_model_concurrency_opening_in_threads_gives_the_same_bits(void **state)
{
    (void)state;
    golden *all = golden_load();
    kor_model *model = open_trunk();
    float(*want)[GOLDEN_DIM] = embed_alone(model, all);
    run_threads(NULL, trunk_path(), all, want);
    free(want);
    kor_model_close(model);
    golden_free(all);
}

static void *ask_cpu(void *arg)
{
    (void)pthread_barrier_wait(arg);
    return (void *)(uintptr_t)kor_cpu();
}

/* Runs first, before any kernels are chosen: all threads choose at once. */
static void test_model_concurrency_kernels_are_chosen_once(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    void *names[THREADS];
    pthread_barrier_t start;
    assert_int_equal(pthread_barrier_init(&start, NULL, THREADS), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, ask_cpu, &start), 0);
    }
    for (size_t i = 0; i < THREADS; i++) assert_int_equal(pthread_join(threads[i], &names[i]), 0);
    for (size_t i = 0; i < THREADS; i++) {
        assert_non_null(names[i]);
        assert_ptr_equal(names[i], names[0]);
    }
    pthread_barrier_destroy(&start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_model_concurrency_kernels_are_chosen_once),
        cmocka_unit_test(test_model_concurrency_shared_model_gives_the_same_bits),
        cmocka_unit_test(test_model_concurrency_opening_in_threads_gives_the_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
