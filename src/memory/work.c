/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/work.h"

#include "memory/counters.h"

#include <stdio.h>
#include <time.h>

const char *kor_stage_name(kor_stage stage)
{
    static const char *const names[KOR_STAGES] = {"guard", "times", "embed", "models", "store"};
    return stage < KOR_STAGES ? names[stage] : "?";
}

static int64_t nanoseconds(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void kor_work_begin(kor_work *work)
{
    work->cpu_before_ns = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
    work->lap_ns = nanoseconds(CLOCK_MONOTONIC);
}

void kor_work_lap(kor_work *work, kor_stage stage, int64_t events)
{
    int64_t now = nanoseconds(CLOCK_MONOTONIC);
    work->stage[stage].ns += now - work->lap_ns;
    work->stage[stage].events += events;
    work->lap_ns = now;
}

void kor_work_end(kor_work *work)
{
    work->cpu_ns += nanoseconds(CLOCK_THREAD_CPUTIME_ID) - work->cpu_before_ns;
}

void kor_work_merge(kor_work *work, kor_work *other)
{
    for (size_t i = 0; i < KOR_STAGES; i++) {
        work->stage[i].ns += other->stage[i].ns;
        work->stage[i].events += other->stage[i].events;
    }
    work->cpu_ns += other->cpu_ns;
    work->rapl_uj += other->rapl_uj;
    work->rapl_cpu_ns += other->rapl_cpu_ns;
    work->embed_bytes += other->embed_bytes;
    work->tokens += other->tokens;
    work->token_bytes += other->token_bytes;
    *other = (kor_work){0};
}

kor_status kor_work_store(kor_work *work, kor_memory *memory, kor_error *err)
{
    for (size_t i = 0; i < KOR_STAGES; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "stage.%s.us", kor_stage_name((kor_stage)i));
        KOR_TRY(kor_counters_add(memory, key, work->stage[i].ns / 1000, err));
        (void)snprintf(key, sizeof key, "stage.%s.events", kor_stage_name((kor_stage)i));
        KOR_TRY(kor_counters_add(memory, key, work->stage[i].events, err));
    }
    KOR_TRY(kor_counters_add(memory, "work.cpu_us", work->cpu_ns / 1000, err));
    KOR_TRY(kor_counters_add(memory, "work.rapl_uj", work->rapl_uj, err));
    KOR_TRY(kor_counters_add(memory, "work.rapl_cpu_us", work->rapl_cpu_ns / 1000, err));
    KOR_TRY(kor_counters_add(memory, "embed.bytes", work->embed_bytes, err));
    KOR_TRY(kor_counters_add(memory, "embed.tokens", work->tokens, err));
    KOR_TRY(kor_counters_add(memory, "embed.token_bytes", work->token_bytes, err));
    *work = (kor_work){0};
    return KOR_OK;
}
