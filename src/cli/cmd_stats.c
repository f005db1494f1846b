/* SPDX-License-Identifier: Apache-2.0 */
/* What the memory holds, what the models did for it, and what was cut out. */
#include "cli/cli.h"

#include "memory/accounts.h"

#include <string.h>

enum { BAR = 20 };

static int64_t value_of(const kor_figures *f, const char *name)
{
    return kor_counter_value(f->list, f->count, name);
}

static int64_t model_value(const kor_figures *f, const char *model, const char *what)
{
    char key[160];
    (void)snprintf(key, sizeof key, "model.%s.%s", model, what);
    return value_of(f, key);
}

/* "17 us", "3.2 ms", "1.50 s". */
static const char *time_text(char out[32], double seconds)
{
    if (seconds < 0.001)
        (void)snprintf(out, 32, "%.0f us", seconds * 1e6);
    else if (seconds < 1)
        (void)snprintf(out, 32, "%.1f ms", seconds * 1e3);
    else
        (void)snprintf(out, 32, "%.2f s", seconds);
    return out;
}

static void print_came(const kor_figures *f)
{
    const kor_accounts *a = &f->accounts;
    const struct {
        const char *what;
        int64_t count;
    } others[] = {{"known already", a->known}, {"empty", a->empty}, {"excluded", a->excluded}};
    if (!a->came) return;
    kor_print_cell(KOR_YELLOW, "came in", 12);
    printf("%s: %s stored", kor_grouped(a->came), kor_grouped(a->stored));
    for (size_t i = 0; i < 3; i++)
        if (others[i].count) printf(", %s %s", kor_grouped(others[i].count), others[i].what);
    if (f->memory.repeats) printf("; %s repeat another", kor_grouped(f->memory.repeats));
    putchar('\n');
}

static void print_stages(const kor_accounts *a)
{
    static const char *const what[KOR_STAGES] = {"secrets and exclusions", "times in the text",
                                                 "the vector", "the colony", "the database"};
    if (a->seconds <= 0) return;
    putchar('\n');
    kor_print(KOR_DIM, "%-14s%10s%12s%8s\n", "stage", "time", "an event", "share");
    for (size_t i = 0; i < KOR_STAGES; i++) {
        char all[32], each[32];
        double seconds = a->stage[i].seconds, share = seconds / a->seconds;
        if (!a->stage[i].events) continue;
        int bar = (int)(share * BAR + 0.5);
        kor_print_cell(KOR_YELLOW, kor_stage_name((kor_stage)i), 12);
        printf("%10s%12s%6.0f %%  ", time_text(all, seconds),
               time_text(each, seconds / (double)a->stage[i].events), 100 * share);
        kor_print(KOR_GREEN, "%.*s", bar, "####################");
        kor_print(KOR_DIM, "%*s%s\n", BAR - bar + 2, "", what[i]);
    }
}

static void print_models(const kor_figures *f)
{
    bool any = false;
    for (size_t i = 0; i < f->count; i++) {
        char name[64], each[32];
        int64_t asked = f->list[i].value;
        if (!kor_counter_model(&f->list[i], "asked", name) || !asked) continue;
        if (!any)
            kor_print(KOR_DIM, "\n%-14s%10s%12s%10s%10s\n", "model", "asked", "each", "unsure",
                      "spared");
        any = true;
        kor_print_cell(KOR_YELLOW, name, 12);
        printf("%10s%12s%10s%10s\n", kor_grouped(asked),
               time_text(each, (double)model_value(f, name, "us") / 1e6 / (double)asked),
               kor_grouped(model_value(f, name, "abstained")),
               kor_grouped(model_value(f, name, "spared")));
    }
    if (any) putchar('\n');
}

/* What would have gone to a language model: a request for each question, with the text in it. */
static void print_spared(const kor_figures *f)
{
    const kor_accounts *a = &f->accounts;
    if (!a->calls) return;
    kor_print_cell(KOR_YELLOW, "stayed here", 12);
    printf("%s, about %s of text that were sent nowhere\n", kor_counted(a->calls, "question"),
           kor_counted((int64_t)(a->tokens + 0.5), "token"));
    int64_t brain = value_of(f, "brain.asked");
    if (!brain) return;
    kor_print_cell(KOR_YELLOW, "brain", 12);
    printf("asked about %s (%.2f %% of the questions), answered %s, %s, %.4f dollars\n",
           kor_counted(brain, "event"), 100.0 * (double)brain / (double)(a->calls + brain),
           kor_grouped(value_of(f, "brain.answered")),
           kor_counted(value_of(f, "brain.tokens"), "token"),
           (double)value_of(f, "brain.microdollars") / 1e6);
}

static void print_energy(const kor_accounts *a)
{
    char cpu[32];
    if (a->cpu_seconds <= 0) return;
    kor_print_cell(KOR_YELLOW, "energy", 12);
    double estimated = a->joules - a->measured_joules;
    if (a->measured_joules > 0)
        printf("%.3g J measured (RAPL: the whole processor, whoever it worked for)%s",
               a->measured_joules, estimated > 0 ? "; " : "\n");
    if (estimated <= 0) return;
    printf("about %.3g J: an estimate, of %s of processor time%s at %.0f W a core\n", estimated,
           time_text(cpu, estimated / KOR_CORE_WATTS), a->measured_joules > 0 ? " besides" : "",
           KOR_CORE_WATTS);
}

static void print_group(const kor_figures *f, const char *title, const char *prefix)
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

static void print_all(const kor_figures *f, const kor_zone *zone)
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
    print_came(f);
    print_stages(&f->accounts);
    print_models(f);
    print_spared(f);
    print_energy(&f->accounts);
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
    kor_figures f;
    kor_error err;
    if (kor_figures_read(&f, s.memory, &arena, &err) != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        if (a.json)
            kor_print_json(kor_stats_json(&f));
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
    .details =
        "Times are of threads on this machine, over the life of the memory. Energy is what the "
        "processor\nsays (RAPL), where this user may read it, else an estimate that says how "
        "it was made. What was cut\nout and what was excluded is counted by type, and kept "
        "nowhere.\n",
    .run = run,
};
