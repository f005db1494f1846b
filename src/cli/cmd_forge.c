/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/hash.h"
#include "forge/forge.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct forging {
    const kor_args *args;
    kor_forge_options options;
    const char *name;
    size_t number, count;
    double started;
    bool all;
    json_t *results;        /* NULL: for people */
    kor_forge_result *done; /* [count] */
    kor_error *failed;      /* [count] code KOR_OK: it did not fail */
} forging;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_progress_clear();
    kor_say(&kor_command_forge, "%s", line);
}

/* All models are one piece of work, and each of them an equal part of it. */
static void show_progress(void *arg, double fraction)
{
    const forging *f = arg;
    char what[160];
    double all = ((double)f->number + fraction) / (double)f->count;
    (void)snprintf(what, sizeof what, "%.100s (%zu of %zu)", f->name, f->number + 1, f->count);
    kor_progress(what, all, (int64_t)(all * 100), kor_seconds() - f->started);
}

/* ---- Places ---- */

/* Where a forge keeps its work: build/forge in a checkout, else in the user's cache, apart for each
 * folder of tasks. */
static kor_status find_work(char out[4096], const char *tasks, kor_error *err)
{
    struct stat st;
    if (stat("build", &st) == 0 && S_ISDIR(st.st_mode)) {
        (void)snprintf(out, 4096, "build/forge");
        return KOR_OK;
    }
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    char *whole = realpath(tasks, NULL);
    uint64_t key = whole ? kor_hash64(whole, strlen(whole), 0) : 0;
    free(whole);
    int n = -1;
    if (cache && *cache)
        n = snprintf(out, 4096, "%s/korora/forge/%016" PRIx64, cache, key);
    else if (home && *home)
        n = snprintf(out, 4096, "%s/.cache/korora/forge/%016" PRIx64, home, key);
    else
        return kor_fail(err, KOR_E_NOT_FOUND, "no folder to work in: pass --work DIR");
    return n < 0 || n > 3000 ? kor_fail(err, KOR_E_ARG, "%.80s...: path too long", out) : KOR_OK;
}

/* What was shipped a moment ago comes before what is installed. */
static kor_status open_base(void *arg, const char *name, kor_model **out, kor_error *err)
{
    const forging *f = arg;
    char path[4096];
    int n = snprintf(path, sizeof path, "%s/%s.gguf", f->options.models, name);
    if (n > 0 && (size_t)n < sizeof path && access(path, R_OK) == 0)
        return kor_model_open(out, path, err);
    return kor_base_open(out, name, f->args, err);
}

/* ---- Output ---- */

static json_t *number(double x)
{
    return isnan(x) ? json_null() : json_real(x);
}

static void set_text(json_t *o, const char *key, const char *text)
{
    json_object_set_new(o, key, kor_text_json(text, strlen(text)));
}

static const char *end_of(const kor_forge_result *r, const kor_error *failed)
{
    if (failed->code != KOR_OK) return "failed";
    if (r->end != KOR_FORGE_SHIPPED) return "held";
    return strcmp(r->because, "unchanged") == 0 ? "unchanged" : "shipped";
}

static json_t *result_json(const kor_forge_result *r, const kor_error *failed)
{
    json_t *o = json_object(), *sources = json_array();
    set_text(o, "name", r->name);
    json_object_set_new(o, "end", json_string(end_of(r, failed)));
    if (failed->code != KOR_OK) {
        set_text(o, "error", failed->msg);
        json_decref(sources);
        return o;
    }
    json_object_set_new(o, "built", json_boolean(r->built));
    set_text(o, "because", r->because);
    set_text(o, "reason", r->reason);
    set_text(o, "architecture", r->architecture);
    json_object_set_new(o, "rows", json_integer((json_int_t)r->rows));
    json_object_set_new(o, "gate_rows", json_integer((json_int_t)r->gate_rows));
    set_text(o, "metric", r->metric);
    json_object_set_new(o, "quality", number(r->quality));
    json_object_set_new(o, "before", number(r->before));
    json_object_set_new(o, "bytes", json_integer((json_int_t)r->bytes));
    json_object_set_new(o, "us_per_item", number(r->us));
    for (size_t i = 0; i < r->sources; i++) {
        const kor_forge_source *s = &r->source[i];
        json_t *one =
            json_pack("{s:I,s:I,s:I,s:I}", "rows", (json_int_t)s->rows, "used", (json_int_t)s->used,
                      "near", (json_int_t)s->near, "bad", (json_int_t)s->bad);
        set_text(one, "name", s->name);
        if (!isnan(s->without)) json_object_set_new(one, "without", json_real(s->without));
        json_array_append_new(sources, one);
    }
    json_object_set_new(o, "sources", sources);
    json_t *sets = json_array();
    for (size_t i = 0; i < r->sets; i++) {
        const kor_forge_set *s = &r->set[i];
        json_t *one = json_pack("{s:I,s:o,s:o}", "rows", (json_int_t)s->n, "quality",
                                number(s->quality), "keep_recall", number(s->keep_recall));
        set_text(one, "name", s->name);
        json_array_append_new(sets, one);
    }
    if (json_array_size(sets)) json_object_set(o, "sets", sets);
    json_decref(sets);
    if (!isnan(r->keep_recall)) json_object_set_new(o, "keep_recall", number(r->keep_recall));
    return o;
}

static void print_sources(const kor_forge_result *r)
{
    for (size_t i = 0; i < r->sources; i++) {
        const kor_forge_source *s = &r->source[i];
        fputs("  ", stdout);
        kor_print_cell(KOR_DIM, s->name, 20);
        kor_print(KOR_DIM, "%s, %s to learn from", kor_counted((int64_t)s->rows, "row"),
                  kor_grouped((int64_t)s->used));
        if (s->near) kor_print(KOR_DIM, ", %zu too near to the gate set", s->near);
        if (s->bad) kor_print(KOR_DIM, ", %zu bad", s->bad);
        if (!isnan(s->without)) kor_print(KOR_DIM, ", without it %s %.4f", r->metric, s->without);
        putchar('\n');
    }
}

static void print_sets(const kor_forge_result *r)
{
    if (!isnan(r->keep_recall))
        kor_print(KOR_DIM, "  on the gate set     kept %.4f\n", r->keep_recall);
    for (size_t i = 0; i < r->sets; i++) {
        const kor_forge_set *s = &r->set[i];
        fputs("  on ", stdout);
        kor_print_cell(KOR_DIM, s->name, 17);
        kor_print(KOR_DIM, "%s, %s %.4f", kor_counted((int64_t)s->n, "row"), r->metric, s->quality);
        if (!isnan(s->keep_recall)) kor_print(KOR_DIM, ", kept %.4f", s->keep_recall);
        putchar('\n');
    }
}

static void print_figure(double x)
{
    if (isnan(x))
        printf("%8s  ", "-");
    else
        printf("%8.4f  ", x);
}

static void print_one(const forging *f, const kor_forge_result *r, const kor_error *failed)
{
    const char *end = end_of(r, failed);
    bool shipped = strcmp(end, "shipped") == 0, unchanged = strcmp(end, "unchanged") == 0;
    kor_print_cell(KOR_PLAIN, r->name, 12);
    if (failed->code != KOR_OK) {
        printf("%-8s %7s  %-9s %8s  %8s  %8s  %8s  ", "-", "-", "-", "-", "-", "-", "-");
        kor_print(KOR_RED, "failed\n");
        return;
    }
    printf("%-8s %7s  %-9s ", r->architecture, kor_grouped((int64_t)r->rows), r->metric);
    print_figure(r->quality);
    print_figure(r->before);
    printf("%8.1f  %8.1f  ", (double)r->bytes / 1e3, r->us);
    kor_print(shipped     ? KOR_GREEN
              : unchanged ? KOR_PLAIN
                          : KOR_YELLOW,
              "%s",
              shipped     ? "shipped"
              : unchanged ? "unchanged"
                          : "not shipped");
    if (!unchanged) {
        fputs(": ", stdout);
        kor_print_line(KOR_PLAIN, r->reason, strlen(r->reason), 0);
    }
    putchar('\n');
    if (strcmp(r->because, "unchanged") != 0) {
        fputs("  built because: ", stdout);
        kor_print_line(KOR_PLAIN, r->because, strlen(r->because), 0);
        putchar('\n');
    } else if (!unchanged) {
        puts("  not built again: unchanged");
    }
    print_sets(r);
    if (!f->all) print_sources(r);
}

static void print_all(const forging *f)
{
    if (f->results) {
        for (size_t i = 0; i < f->count; i++)
            json_array_append_new(f->results, result_json(&f->done[i], &f->failed[i]));
        kor_print_json(
            json_pack("{s:o,s:f}", "results", f->results, "seconds", kor_seconds() - f->started));
        return;
    }
    kor_print(KOR_BOLD, "%-13s %-8s %7s  %-9s %8s  %8s  %8s  %8s  \n", "model", "made", "rows",
              "gate set", "quality", "before", "KB", "us");
    for (size_t i = 0; i < f->count; i++) print_one(f, &f->done[i], &f->failed[i]);
}

/* ---- Work ---- */

static int forge_all(forging *f, const char *const *names)
{
    int code = EXIT_DONE;
    for (f->number = 0; f->number < f->count; f->number++) {
        kor_error *failed = &f->failed[f->number];
        kor_forge_result *r = &f->done[f->number];
        f->name = names[f->number];
        kor_status status = kor_forge(r, f->name, &f->options, failed);
        if (status == KOR_OK) failed->code = KOR_OK; /* it may hold what did no harm */
        if (status != KOR_OK) {
            kor_progress_clear();
            int why = kor_report(&kor_command_forge, failed);
            if (why > code) code = why;
        } else if (r->end != KOR_FORGE_SHIPPED && code == EXIT_DONE) {
            code = EXIT_NO;
        }
    }
    kor_progress_clear();
    print_all(f);
    return code;
}

static int with_lock(forging *f, const char *const *names)
{
    int lock;
    kor_error err;
    if (kor_forge_lock(f->options.work, &lock, &err) != KOR_OK)
        return kor_report(&kor_command_forge, &err);
    f->done = calloc(f->count, sizeof *f->done);
    f->failed = calloc(f->count, sizeof *f->failed);
    int code = EXIT_FAILED;
    if (f->done && f->failed)
        code = forge_all(f, names);
    else
        kor_say(&kor_command_forge, "out of memory");
    free(f->done);
    free(f->failed);
    kor_forge_unlock(lock);
    return code;
}

static int begin_task(const kor_args *a, const char *tasks, const char *name, const char *head)
{
    static const struct {
        const char *name;
        kor_head_kind kind;
    } heads[] = {{"classify", KOR_HEAD_CLASSIFY},
                 {"tags", KOR_HEAD_TAGS},
                 {"spans", KOR_HEAD_SPANS},
                 {"rank", KOR_HEAD_RANK},
                 {"embed", KOR_HEAD_EMBED}};
    kor_error err;
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        if (strcmp(heads[i].name, head) != 0) continue;
        if (kor_forge_new(tasks, name, heads[i].kind, &err) != KOR_OK)
            return kor_report(a->command, &err);
        if (a->json) {
            kor_print_json(
                json_pack("{s:o,s:s}", "name", kor_text_json(name, strlen(name)), "head", head));
        } else {
            printf("%s/%s: its README.md says what to edit; 'korora forge %s' makes the model\n",
                   tasks, name, name);
        }
        return EXIT_DONE;
    }
    return kor_wrong_use(a->command, "--head '%s': one of classify, tags, spans, rank, embed",
                         head);
}

static int run(int argc, char **argv)
{
    const char *tasks = NULL, *models = NULL, *work = NULL, *new = NULL, *head = NULL;
    bool all = false, force = false, ablate = false, personal = false, undo = false;
    const kor_option options[] = {
        {"--all", NULL, "every task of the folder", NULL, &all},
        {"--force", NULL, "build what has not changed too", NULL, &force},
        {"--ablate", NULL, "train again without each source, to see what it adds", NULL, &ablate},
        {"--new", "NAME", "lay out a new task folder", &new, NULL},
        {"--head", "HEAD", "with --new: classify, tags, spans, rank or embed", &head, NULL},
        {"--personal", NULL, "learn from your corrections, for yourself", NULL, &personal},
        {"--undo", NULL, "with --personal: the shipped model is used again", NULL, &undo},
        {"--tasks", "DIR", "the task folders; default tasks", &tasks, NULL},
        {"--models", "DIR", "where models are shipped to; default models", &models, NULL},
        {"--work", "DIR", "where work is kept; default build/forge, or the cache", &work, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_forge, options, 0, KOR_ARGS_MAX, argc, argv, &code))
        return code;
    if (undo && !personal) return kor_wrong_use(a.command, "--undo goes with --personal");
    if (personal) {
        if (all || force || ablate || new || head || models || work)
            return kor_wrong_use(a.command, "--personal goes with --undo and --tasks alone");
        if (a.words != 1) return kor_wrong_use(a.command, "--personal takes the name of one model");
        return kor_forge_personal(&a, tasks, undo);
    }
    if (!tasks) tasks = "tasks";
    if (!models) models = "models";
    if (head && !new) return kor_wrong_use(a.command, "--head goes with --new");
    if (new && (all || a.words)) return kor_wrong_use(a.command, "--new NAME stands alone");
    if (new) return begin_task(&a, tasks, new, head ? head : "classify");
    if (all == (a.words > 0))
        return kor_wrong_use(a.command, all ? "--all and names exclude each other"
                                            : "name a task, or say --all");
    kor_error err;
    kor_arena arena = {0};
    char place[4096];
    const char **names = a.word;
    size_t count = a.words;
    kor_status status = KOR_OK;
    if (all) status = kor_forge_list(&names, &count, tasks, &arena, &err);
    if (status == KOR_OK && !count)
        status = kor_fail(&err, KOR_E_NOT_FOUND, "%s: no task in it; --new NAME begins one", tasks);
    if (status == KOR_OK && !work) status = find_work(place, tasks, &err);
    forging f = {.args = &a,
                 .count = count,
                 .started = kor_seconds(),
                 .all = all,
                 .results = a.json ? json_array() : NULL};
    f.options = (kor_forge_options){.tasks = tasks,
                                    .models = models,
                                    .work = work ? work : place,
                                    .open_base = open_base,
                                    .base_arg = &f,
                                    .force = force,
                                    .ablate = ablate,
                                    .remarks = {say_remark, NULL},
                                    .progress = show_progress,
                                    .progress_arg = &f};
    code = status == KOR_OK ? with_lock(&f, names) : kor_report(a.command, &err);
    kor_arena_free(&arena);
    return code;
}

const kor_command kor_command_forge = {
    .name = "forge",
    .summary = "from task folders to shipped models, where they are better",
    .usage = "NAME... | --all | --new NAME [--head HEAD] | NAME --personal [--undo]",
    .details =
        "For each task: the rows of its data are made and mixed, a model learns from them and is\n"
        "measured on the task's gate set. It is shipped to the models folder, with its card, only "
        "when\nit passes its gates and is not worse than the model there. What has not changed is "
        "not built\nagain. Exit code 1 when a model was not shipped.\n\n"
        "With --personal a model learns from what you corrected ('korora correct'), on this "
        "machine and\nfor you alone: see docs/personal.md.\n\n"
        "  korora forge --new mood\n"
        "  korora forge mood\n"
        "  korora forge --all --json\n"
        "  korora forge tags --personal\n",
    .run = run,
};
