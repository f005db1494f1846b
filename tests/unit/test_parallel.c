/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/parallel.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { ITEMS = 5000 };

typedef struct tally {
    atomic_uint times[ITEMS];
    atomic_size_t most; /* the highest worker that was seen */
} tally;

static void count_one(void *arg, size_t i, size_t worker)
{
    tally *t = arg;
    atomic_fetch_add(&t->times[i], 1);
    size_t most = atomic_load(&t->most);
    while (worker > most && !atomic_compare_exchange_weak(&t->most, &most, worker)) {
    }
}

static void test_parallel_does_every_item_once(void **state)
{
    (void)state;
    static tally t;
    static const size_t workers[] = {0, 1, 2, 8, 64, 1000}, counts[] = {0, 1, 3, ITEMS};
    for (size_t w = 0; w < sizeof workers / sizeof *workers; w++) {
        for (size_t c = 0; c < sizeof counts / sizeof *counts; c++) {
            memset(&t, 0, sizeof t);
            kor_parallel(workers[w], counts[c], count_one, &t);
            for (size_t i = 0; i < ITEMS; i++) assert_int_equal(t.times[i], i < counts[c]);
            assert_true(t.most == 0 || t.most < workers[w]);
        }
    }
}

static void meet(void *arg, size_t i, size_t worker)
{
    (void)i;
    (void)worker;
    (void)pthread_barrier_wait(arg);
}

static void test_parallel_workers_run_at_the_same_time(void **state)
{
    (void)state;
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 4), 0);
    alarm(60); /* one after the other they would wait for ever */
    kor_parallel(4, 4, meet, &barrier);
    alarm(0);
    pthread_barrier_destroy(&barrier);
}

static void add_to_own(void *arg, size_t i, size_t worker)
{
    ((size_t *)arg)[worker] += i;
}

static void test_parallel_worker_numbers_are_not_shared(void **state)
{
    (void)state;
    size_t own[8] = {0}, sum = 0;
    kor_parallel(8, 100000, add_to_own, own);
    for (size_t w = 0; w < 8; w++) sum += own[w];
    assert_int_equal(sum, 100000ull * 99999 / 2);
}

static void test_parallel_counts_at_least_one_core(void **state)
{
    (void)state;
    long all = sysconf(_SC_NPROCESSORS_CONF);
    assert_in_range(kor_cores(), 1, (size_t)all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parallel_does_every_item_once),
        cmocka_unit_test(test_parallel_workers_run_at_the_same_time),
        cmocka_unit_test(test_parallel_worker_numbers_are_not_shared),
        cmocka_unit_test(test_parallel_counts_at_least_one_core),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
