/* SPDX-License-Identifier: Apache-2.0 */
/* What the small models were not sure of is asked of a large one, if there is one. Nothing waits
 * for it: events were stored long before. */
#include "cli/cli.h"

#include "forge/teacher.h"
#include "forge/teacher_config.h"
#include "memory/counters.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#define BRAIN_FILE "brain.yaml"

typedef struct consultation {
    const kor_args *a;
    kor_session s;
    kor_guard_ctx *guard;
    char config[4096];
    char name[128]; /* who answers */
    size_t left;    /* events that may still be asked about */
    size_t asked, answered;
    double tokens, usd;
    char stopped[200];
    /* of the field at hand */
    const kor_colony_member *member;
    const kor_event *events;
    double started;
    kor_arena arena;
} consultation;

static void say_remark(void *arg, const char *line)
{
    const consultation *c = arg;
    kor_progress_clear();
    kor_say(c->a->command, "%s", line);
}

static void show_progress(void *arg, double fraction)
{
    const consultation *c = arg;
    kor_progress("consult", fraction, (int64_t)c->answered, kor_seconds() - c->started);
}

/* An answer is stored when it comes: what was paid for is kept. */
static kor_status take(void *arg, const kor_teacher_row *row, kor_error *err)
{
    consultation *c = arg;
    c->answered++;
    return kor_unsure_answer(c->s.memory, c->events[row->text].id, c->member->step->fills,
                             kor_model_label(c->member->model, row->label), c->name, err);
}

static kor_status count(consultation *c, const kor_teacher_report *r, size_t texts, kor_error *err)
{
    char day[48];
    kor_civil now;
    (void)kor_day_name(kor_now_ms(), c->s.zone, &now);
    (void)snprintf(day, sizeof day, "brain.tokens.%04d-%02d-%02d", now.year, now.month, now.day);
    double tokens = r->tokens_in + r->tokens_out;
    const struct {
        const char *name;
        double value;
    } counters[] = {{"brain.asked", (double)texts}, {"brain.answered", (double)r->rows},
                    {"brain.tokens", tokens},       {day, tokens},
                    {"brain.ms", r->seconds * 1e3}, {"brain.microdollars", r->usd * 1e6}};
    for (size_t i = 0; i < sizeof counters / sizeof *counters; i++)
        KOR_TRY(kor_counters_add(c->s.memory, counters[i].name, llround(counters[i].value), err));
    c->asked += texts;
    c->tokens += tokens;
    c->usd += r->usd;
    memcpy(c->stopped, r->stopped, sizeof c->stopped);
    return KOR_OK;
}

static kor_status ask(consultation *c, const kor_event *events, size_t n, kor_error *err)
{
    const kor_colony_member *m = c->member;
    kor_labels labels = {0};
    kor_teacher *teacher = NULL;
    kor_teacher_report report = {0};
    kor_status status = KOR_OK;
    const char **meaning = kor_arena_array(&c->arena, m->info.labels, sizeof *meaning);
    kor_text *texts = kor_arena_array(&c->arena, n, sizeof *texts);
    if (!meaning || !texts) return kor_fail_memory(err);
    for (size_t i = 0; i < m->info.labels && status == KOR_OK; i++) {
        const char *label = kor_model_label(m->model, i);
        size_t at;
        meaning[i] = "";
        status = kor_labels_add(&labels, label, strlen(label), &at, err);
    }
    for (size_t i = 0; i < n; i++) texts[i] = (kor_text){events[i].text, events[i].text_len};
    c->events = events;
    c->started = kor_seconds();
    if (status == KOR_OK) status = kor_teacher_open(&teacher, c->config, err);
    if (status == KOR_OK) {
        const kor_teacher_job job = {.lesson = {.labels = &labels, .meaning = meaning},
                                     .texts = texts,
                                     .text_count = n,
                                     .remarks = {say_remark, c},
                                     .progress = show_progress,
                                     .progress_arg = c};
        status = kor_teacher_label(teacher, &job, take, c, &report, err);
        kor_error ignored;
        kor_status counted = count(c, &report, n, status == KOR_OK ? err : &ignored);
        if (status == KOR_OK) status = counted;
    }
    kor_teacher_close(teacher);
    kor_labels_free(&labels);
    kor_progress_clear();
    return status;
}

/* What is sent passes the guard of today: an event may be older than the guard, or than what is
 * excluded since. */
static kor_status guard_events(consultation *c, kor_event *events, size_t *n, kor_error *err)
{
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        kor_event e = events[i];
        const kor_colony_event all = {e.source, e.app, e.title, e.uri, e.scope, e.text, e.text_len};
        kor_exclusion kind;
        bool cut;
        if (kor_exclusions_hold(&c->s.guard->exclusions, &all, e.ref, &kind)) continue;
        KOR_TRY(kor_guard_cut(c->guard, e.text, e.text_len, &e.text, &e.text_len, &cut, NULL, err));
        if (cut) e.text = kor_arena_copy(&c->arena, e.text, e.text_len);
        if (!e.text) return kor_fail_memory(err);
        events[kept++] = e;
    }
    *n = kept;
    return KOR_OK;
}

/* Each field that is one label a text, the events last stored first. */
static kor_status ask_all(consultation *c, kor_error *err)
{
    for (size_t i = 0; i < kor_colony_count(c->s.colony) && c->left && !*c->stopped; i++) {
        kor_event *events;
        size_t n;
        c->member = kor_colony_get(c->s.colony, i);
        if (!c->member->model || strcmp(c->member->info.head, "classify") != 0 ||
            c->member->step->on != KOR_ON_TEXT)
            continue;
        KOR_TRY(kor_unsure_list(c->s.memory, c->member->step->fills, c->left, &c->arena, &events,
                                &n, err));
        KOR_TRY(guard_events(c, events, &n, err));
        if (n) KOR_TRY(ask(c, events, n, err));
        c->left -= n;
    }
    return KOR_OK;
}

/* Who may be asked: on this machine, unless it is said that another is meant; and within what a day
 * may cost. */
static kor_status check_config(consultation *c, kor_error *err)
{
    kor_teacher_config config;
    (void)snprintf(c->config, sizeof c->config, "%.4000s/%s", c->s.home, BRAIN_FILE);
    if (access(c->config, F_OK) != 0)
        return kor_fail(err, KOR_E_NOT_FOUND,
                        "no language model is asked: %s, with url and model, says which may be "
                        "('korora consult --help')",
                        c->config);
    KOR_TRY(kor_teacher_config_read(&config, c->config, err));
    kor_status status = KOR_OK;
    char day[48];
    kor_civil now;
    kor_counter *spent;
    size_t found;
    (void)kor_day_name(kor_now_ms(), c->s.zone, &now);
    (void)snprintf(day, sizeof day, "brain.tokens.%04d-%02d-%02d", now.year, now.month, now.day);
    (void)snprintf(c->name, sizeof c->name, "brain:%.100s", config.model);
    if (!config.loopback && !config.remote_allowed)
        status =
            kor_fail(err, KOR_E_INPUT,
                     "%s: %.100s is another machine: what you remember would be sent there. Say "
                     "allow_remote: yes if that is meant",
                     c->config, config.url);
    if (status == KOR_OK)
        status = kor_counters_list(c->s.memory, day, &c->arena, &spent, &found, err);
    if (status == KOR_OK && found && (double)spent[0].value >= config.budget_tokens)
        (void)snprintf(c->stopped, sizeof c->stopped,
                       "the budget of %.0f tokens is spent for today", config.budget_tokens);
    kor_teacher_config_free(&config);
    return status;
}

static void print_result(const consultation *c)
{
    if (c->a->json) {
        json_t *o = json_pack("{s:I,s:I,s:f,s:f}", "asked", (json_int_t)c->asked, "answered",
                              (json_int_t)c->answered, "tokens", c->tokens, "usd", c->usd);
        if (*c->stopped) json_object_set_new(o, "stopped", json_string(c->stopped));
        kor_print_json(o);
        return;
    }
    if (c->asked) {
        printf("asked about %s, %s answered, %s", kor_counted((int64_t)c->asked, "event"),
               kor_grouped((int64_t)c->answered), kor_counted((int64_t)c->tokens, "token"));
        if (c->usd > 0) printf(", %.4f dollars", c->usd);
        putchar('\n');
    } else if (!*c->stopped) {
        printf("nothing to ask: no model is unsure of an event\n");
    }
    if (*c->stopped) printf("stopped: %s\n", c->stopped);
}

static int run(int argc, char **argv)
{
    const char *limit = NULL;
    const kor_option options[] = {
        {"--limit", "N", "events to ask about at most; default 100", &limit, NULL},
        {0},
    };
    kor_args a;
    int code;
    long number;
    if (!kor_args_parse(&a, &kor_command_consult, options, 0, 0, argc, argv, &code)) return code;
    if (!kor_parse_number(a.command, "--limit", limit, 1, 10000, 100, &number, &code)) return code;
    consultation c = {.a = &a, .left = (size_t)number};
    if (!kor_session_open(&c.s, &a, KOR_MEMORY_WRITE, true, NULL, &code)) return code;
    kor_error err;
    kor_status status = check_config(&c, &err);
    if (status == KOR_OK) status = kor_guard_load(&c.s, &err);
    if (status == KOR_OK) status = kor_guard_ctx_new(&c.guard, c.s.guard, &err);
    if (status == KOR_OK) status = kor_colony_load(&c.s.colony, &c.s, &err);
    if (status == KOR_OK) status = ask_all(&c, &err);
    if (status != KOR_OK) {
        code = kor_report(a.command, &err);
    } else {
        print_result(&c);
        code = *c.stopped ? EXIT_NO : EXIT_DONE;
    }
    kor_guard_ctx_free(c.guard);
    kor_arena_free(&c.arena);
    kor_session_close(&c.s);
    return code;
}

const kor_command kor_command_consult = {
    .name = "consult",
    .summary = "ask a language model what the small ones were not sure of",
    .usage = "[--limit N]",
    .details =
        "Off until brain.yaml in korora's folder names one; the keys are those of a teacher.yaml "
        "(docs/teacher.md).\nAnother machine than this one is asked only with allow_remote: yes, "
        "and "
        "budget_tokens is what a\nday may cost. Answers are stored beside the event under the "
        "model's name, below what you correct.\nNothing else waits for it. Exit code 1 when the "
        "budget or the endpoint ended it early.\n\n"
        "  printf 'url: http://127.0.0.1:8080/v1\\nmodel: qwen2.5\\n' > "
        "~/.local/share/korora/brain.yaml\n"
        "  korora consult\n",
    .run = run,
};
