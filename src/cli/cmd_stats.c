/* SPDX-License-Identifier: Apache-2.0 */
/* What the memory holds, what the models did for it, and what was cut out. */
#include "cli/cli.h"

#include "memory/counters.h"

#include <string.h>

typedef struct figures {
    kor_memory_stats memory;
    kor_counter *list;
    size_t count;
} figures;

static int64_t value_of(const figures *f, const char *name)
{
    for (size_t i = 0; i < f->count; i++)
        if (strcmp(f->list[i].name, name) == 0) return f->list[i].value;
    return 0;
}

/* "model.NAME.WHAT": the name's length, or 0 for another counter. */
static size_t model_name(const char *counter, const char *what)
{
    size_t len = strlen(counter), tail = strlen(what);
    if (strncmp(counter, "model.", 6) != 0 || len < 6 + tail) return 0;
    return strcmp(counter + len - tail, what) == 0 ? len - 6 - tail : 0;
}

static int64_t model_value(const figures *f, const char *name, size_t len, const char *what)
{
    char key[160];
    (void)snprintf(key, sizeof key, "model.%.*s%s", (int)len, name, what);
    return value_of(f, key);
}

static void print_models(const figures *f)
{
    for (size_t i = 0; i < f->count; i++) {
        size_t len = model_name(f->list[i].name, ".asked");
        const char *name = f->list[i].name + 6;
        int64_t asked = f->list[i].value;
        if (!len || !asked) continue;
        int64_t us = model_value(f, name, len, ".us"),
                unsure = model_value(f, name, len, ".abstained");
        char cell[64];
        (void)snprintf(cell, sizeof cell, "%.*s", (int)(len < 60 ? len : 60), name);
        kor_print_cell(KOR_YELLOW, cell, 12);
        printf("asked %s, %.0f us each", kor_counted(asked, "time"), (double)us / (double)asked);
        if (unsure) printf(", unsure %s", kor_counted(unsure, "time"));
        putchar('\n');
    }
}

/* What would have gone to a language model: a request for each question, with the text in it. Four
 * bytes a token is what English text takes in most vocabularies. */
static void print_spared(const figures *f)
{
    int64_t asked = 0, bytes = 0;
    for (size_t i = 0; i < f->count; i++) {
        if (model_name(f->list[i].name, ".asked")) asked += f->list[i].value;
        if (model_name(f->list[i].name, ".bytes")) bytes += f->list[i].value;
    }
    if (!asked) return;
    kor_print_cell(KOR_YELLOW, "stayed here", 12);
    printf("%s, about %s of text that were sent nowhere\n", kor_counted(asked, "question"),
           kor_counted(bytes / 4, "token"));
    int64_t brain = value_of(f, "brain.asked");
    if (!brain) return;
    kor_print_cell(KOR_YELLOW, "brain", 12);
    printf("asked about %s (%.2f %% of the questions), answered %s, %s, %.4f dollars\n",
           kor_counted(brain, "event"), 100.0 * (double)brain / (double)(asked + brain),
           kor_grouped(value_of(f, "brain.answered")),
           kor_counted(value_of(f, "brain.tokens"), "token"),
           (double)value_of(f, "brain.microdollars") / 1e6);
}

static void print_group(const figures *f, const char *title, const char *prefix)
{
    size_t len = strlen(prefix);
    bool any = false;
    for (size_t i = 0; i < f->count; i++) {
        if (strncmp(f->list[i].name, prefix, len) != 0) continue;
        if (!any) kor_print_cell(KOR_YELLOW, title, 12);
        printf("%s%s ", any ? ", " : "", kor_grouped(f->list[i].value));
        kor_print_line(KOR_PLAIN, f->list[i].name + len, strlen(f->list[i].name + len), 40);
        any = true;
    }
    if (any) putchar('\n');
}

static void print_all(const figures *f, const kor_zone *zone)
{
    kor_print_cell(KOR_YELLOW, "events", 12);
    printf("%s, %.1f MB of text, %.1f MB on the disk\n", kor_grouped(f->memory.events),
           (double)f->memory.text_bytes / 1e6, (double)f->memory.file_bytes / 1e6);
    if (f->memory.events) {
        char first[KOR_TIME_SIZE], last[KOR_TIME_SIZE];
        kor_time_format(first, f->memory.first_ms, zone);
        kor_time_format(last, f->memory.last_ms, zone);
        kor_print_cell(KOR_YELLOW, "from, to", 12);
        printf("%s, %s\n", first, last);
    }
    print_models(f);
    print_spared(f);
    print_group(f, "cut out", "cut.");
    print_group(f, "excluded", "excluded.");
}

static int run(int argc, char **argv)
{
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_stats, NULL, 0, 0, argc, argv, &code)) return code;
    kor_session s;
    if (!kor_session_open(&s, &a, KOR_MEMORY_READ, true, NULL, &code)) return code;
    kor_arena arena = {0};
    figures f = {0};
    kor_error err;
    kor_status status = kor_memory_get_stats(s.memory, &f.memory, &err);
    if (status == KOR_OK) status = kor_counters_list(s.memory, "", &arena, &f.list, &f.count, &err);
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        if (a.json)
            kor_print_json(kor_stats_json(&f.memory, f.list, f.count));
        else
            print_all(&f, s.zone);
        code = EXIT_DONE;
    }
    kor_arena_free(&arena);
    kor_session_close(&s);
    return code;
}

const kor_command kor_command_stats = {
    .name = "stats",
    .summary = "what is remembered, and what the models did for it",
    .usage = "",
    .details = "Times are of the models alone, on this machine. What was cut out and what was "
               "excluded is counted\nby type, and kept nowhere.\n",
    .run = run,
};
