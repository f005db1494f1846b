/* SPDX-License-Identifier: Apache-2.0 */
#include "base/parallel.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { MAX_WORKERS = 64 };

typedef struct job {
    void (*work)(void *, size_t, size_t);
    void *arg;
    size_t count;
    atomic_size_t next;
} job;

typedef struct seat {
    job *job;
    size_t worker;
} seat;

size_t kor_cores(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
    int n = CPU_COUNT(&set);
    return n > 0 ? (size_t)n : 1;
}

static void *run(void *p)
{
    seat *s = p;
    for (size_t i; (i = atomic_fetch_add(&s->job->next, 1)) < s->job->count;) {
        s->job->work(s->job->arg, i, s->worker);
    }
    return NULL;
}

void kor_parallel(size_t workers, size_t count, void (*work)(void *arg, size_t i, size_t worker),
                  void *arg)
{
    job j = {.work = work, .arg = arg, .count = count};
    pthread_t threads[MAX_WORKERS];
    seat seats[MAX_WORKERS];
    if (workers > MAX_WORKERS) workers = MAX_WORKERS;
    if (workers > count) workers = count;
    size_t started = 0;
    for (size_t w = 1; w < workers; w++) {
        seats[w] = (seat){&j, w};
        if (pthread_create(&threads[started], NULL, run, &seats[w]) != 0) break;
        started++;
    }
    seats[0] = (seat){&j, 0};
    run(&seats[0]);
    for (size_t i = 0; i < started; i++) pthread_join(threads[i], NULL);
}
