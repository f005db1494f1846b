/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/accounts.h"

#include <stdio.h>
#include <string.h>

int64_t kor_counter_value(const kor_counter *list, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i].name, name) == 0) return list[i].value;
    return 0;
}

bool kor_counter_model(const kor_counter *counter, const char *what, char name[64])
{
    static const char prefix[] = "model.";
    size_t head = sizeof prefix - 1, len = strlen(counter->name), tail = strlen(what) + 1;
    if (strncmp(counter->name, prefix, head) != 0 || len <= head + tail) return false;
    const char *dot = counter->name + len - tail;
    if (*dot != '.' || strcmp(dot + 1, what) != 0) return false;
    (void)snprintf(name, 64, "%.*s", (int)(len - head - tail), counter->name + head);
    return true;
}

static void add_stages(kor_accounts *out, const kor_counter *list, size_t count)
{
    for (size_t i = 0; i < KOR_STAGES; i++) {
        char key[64];
        (void)snprintf(key, sizeof key, "stage.%s.us", kor_stage_name((kor_stage)i));
        out->stage[i].seconds = (double)kor_counter_value(list, count, key) / 1e6;
        (void)snprintf(key, sizeof key, "stage.%s.events", kor_stage_name((kor_stage)i));
        out->stage[i].events = kor_counter_value(list, count, key);
        out->seconds += out->stage[i].seconds;
    }
}

static void add_models(kor_accounts *out, const kor_counter *list, size_t count)
{
    char name[64];
    out->calls = out->stage[KOR_STAGE_EMBED].events;
    out->bytes = kor_counter_value(list, count, "embed.bytes");
    for (size_t i = 0; i < count; i++) {
        if (kor_counter_model(&list[i], "asked", name)) out->calls += list[i].value;
        if (kor_counter_model(&list[i], "spared", name)) out->spared += list[i].value;
        if (kor_counter_model(&list[i], "bytes", name)) out->bytes += list[i].value;
    }
    double tokens = (double)kor_counter_value(list, count, "embed.tokens"),
           bytes = (double)kor_counter_value(list, count, "embed.token_bytes");
    out->tokens = (double)out->bytes * (bytes > 0 ? tokens / bytes : 1 / KOR_TOKEN_BYTES);
}

void kor_accounts_make(kor_accounts *out, const kor_counter *list, size_t count)
{
    *out = (kor_accounts){.stored = kor_counter_value(list, count, "events.stored"),
                          .known = kor_counter_value(list, count, "events.known"),
                          .empty = kor_counter_value(list, count, "events.empty")};
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i].name, "excluded.", 9) == 0) out->excluded += list[i].value;
    out->came = out->stored + out->known + out->empty + out->excluded;
    add_stages(out, list, count);
    add_models(out, list, count);
    out->cpu_seconds = (double)kor_counter_value(list, count, "work.cpu_us") / 1e6;
    out->measured_joules = (double)kor_counter_value(list, count, "work.rapl_uj") / 1e6;
    double measured = (double)kor_counter_value(list, count, "work.rapl_cpu_us") / 1e6;
    double rest = out->cpu_seconds > measured ? out->cpu_seconds - measured : 0;
    out->joules = out->measured_joules + rest * KOR_CORE_WATTS;
}

kor_status kor_figures_read(kor_figures *out, kor_memory *memory, kor_arena *arena, kor_error *err)
{
    KOR_TRY(kor_memory_get_stats(memory, &out->memory, err));
    KOR_TRY(kor_counters_list(memory, "", arena, &out->list, &out->count, err));
    kor_accounts_make(&out->accounts, out->list, out->count);
    return KOR_OK;
}
