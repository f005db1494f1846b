/* SPDX-License-Identifier: Apache-2.0 */
/* korora forge NAME --personal: a model that learns from the corrections in the memory. */
#include "cli/cli.h"

#include "forge/forge.h"
#include "forge/personal_forge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TEXT_MAX = 20000 }; /* bytes of an event that are learnt from */

typedef struct personal {
    const kor_args *a;
    const char *name;
    char home[4096], folder[4200], task[4300], shipped[4096];
    kor_loaded loaded;
    kor_model *base; /* for a model that stands on no encoder */
    kor_session session;
    kor_personal_row *rows;
    size_t count;
    double started;
    kor_arena arena;
    kor_error err;
} personal;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_progress_clear();
    kor_say(&kor_command_forge, "%s", line);
}

static void show_progress(void *arg, double fraction)
{
    const personal *p = arg;
    kor_progress(p->name, fraction, (int64_t)(fraction * 100), kor_seconds() - p->started);
}

/* ---- Rows of the memory ---- */

static kor_personal_row row_of(const kor_event *e, const int8_t *right)
{
    const char *text = e->text;
    size_t len = e->text_len;
    if (strspn(text, " \t\r\n") == len && e->title) {
        text = e->title;
        len = strlen(text);
    }
    return (kor_personal_row){
        .text = text, .len = len < TEXT_MAX ? len : TEXT_MAX, .right = right, .own = true};
}

static kor_status add_correction(personal *p, const kor_model_info *info, const kor_correction *c,
                                 size_t *unknown)
{
    bool same = p->count && c[-1].event == c->event; /* they come in the order of events */
    int8_t *right = same ? (int8_t *)(uintptr_t)p->rows[p->count - 1].right
                         : kor_arena_array(&p->arena, info->labels, 1);
    if (!right) return kor_fail_memory(&p->err);
    if (!same) {
        kor_event e;
        KOR_TRY(kor_memory_get(p->session.memory, c->event, &p->arena, &e, &p->err));
        memset(right, -1, info->labels);
        p->rows[p->count++] = row_of(&e, right);
    }
    size_t l = 0;
    while (l < info->labels && strcmp(kor_model_label(p->loaded.model, l), c->label) != 0) l++;
    if (l == info->labels)
        ++*unknown;
    else
        right[l] = c->on;
    return KOR_OK;
}

/* Of the labels of a corrected event, one that its model no longer knows says nothing. */
static bool says_nothing(const kor_personal_row *row, const kor_model_info *info)
{
    bool one = strcmp(info->head, "classify") == 0;
    for (size_t l = 0; l < info->labels; l++) {
        if (row->right[l] == 1 || (!one && row->right[l] == 0)) return false;
    }
    return true;
}

static kor_status read_rows(personal *p)
{
    kor_correction *c;
    kor_event *others;
    size_t n, m, unknown = 0, kept = 0;
    kor_model_info info;
    kor_model_get_info(p->loaded.model, &info);
    KOR_TRY(kor_corrections_list(p->session.memory, 0, p->name, &p->arena, &c, &n, &p->err));
    if (!n)
        return kor_fail(&p->err, KOR_E_INPUT,
                        "no event has a correction of %s: 'korora correct ID %s=LABEL' makes one",
                        p->name, p->name);
    KOR_TRY(kor_corrections_others(p->session.memory, p->name, KOR_PERSONAL_OWN_ROWS, &p->arena,
                                   &others, &m, &p->err));
    p->rows = kor_arena_array(&p->arena, n + m, sizeof *p->rows);
    if (!p->rows) return kor_fail_memory(&p->err);
    for (size_t i = 0; i < n; i++) {
        /* Labels of the row before are complete once another event begins. */
        KOR_TRY(add_correction(p, &info, &c[i], &unknown));
    }
    for (size_t i = 0; i < p->count; i++) {
        if (!says_nothing(&p->rows[i], &info)) p->rows[kept++] = p->rows[i];
    }
    p->count = kept;
    for (size_t i = 0; i < m; i++) p->rows[p->count++] = row_of(&others[i], NULL);
    if (unknown)
        kor_say(&kor_command_forge, "%s: %s of labels that it has no longer", p->name,
                kor_counted((int64_t)unknown, "correction"));
    return KOR_OK;
}

/* ---- Output ---- */

static void print_result(const personal *p, const kor_personal_result *r, double seconds)
{
    if (p->a->json) {
        json_t *o = json_pack(
            "{s:s,s:b,s:s,s:I,s:I,s:I,s:I,s:s,s:f,s:f,s:I,s:I,s:I,s:I,s:f,s:I,s:f}", "name",
            p->name, "in_place", r->in_place, "reason", r->reason, "corrected",
            (json_int_t)r->corrected, "own", (json_int_t)r->own, "task_rows",
            (json_int_t)r->task_rows, "gate_rows", (json_int_t)r->gate_rows, "metric", r->metric,
            "quality", r->quality, "before", r->before, "said", (json_int_t)r->said, "said_before",
            (json_int_t)r->said_before, "said_now", (json_int_t)r->said_now, "said_held_back",
            (json_int_t)r->said_held_back, "weight", (double)r->weight, "bytes",
            (json_int_t)r->bytes, "seconds", seconds);
        kor_print_json(o);
        return;
    }
    kor_print(KOR_BOLD, "%s\n", p->name);
    printf(
        "  learnt from   %s, each of a weight of %g; held to the shipped model on %s of the task "
        "and up to %s of yours\n",
        kor_counted((int64_t)r->corrected, "corrected event"), (double)r->weight,
        kor_counted((int64_t)r->task_rows, "row"), kor_counted((int64_t)r->own, "event"));
    printf("  corrections   %zu of %zu labels as you said; the shipped model %zu", r->said_now,
           r->said, r->said_before);
    if (r->corrected > 1) printf("; held back %zu", r->said_held_back);
    printf("\n  gate set      %s %.4f on %s; the shipped model %.4f\n", r->metric, r->quality,
           kor_counted((int64_t)r->gate_rows, "row"), r->before);
    if (r->in_place)
        kor_print(KOR_GREEN, "  in place");
    else
        kor_print(KOR_YELLOW, "  not put in place: %s", r->reason);
    printf("  (%.1f s)\n", seconds);
}

/* ---- Work ---- */

static kor_status learn(personal *p, const char *tasks, kor_personal_result *r)
{
    char folder[4096];
    struct stat st;
    KOR_TRY(kor_model_find_shipped(p->shipped, p->name, p->home, &p->err));
    KOR_TRY(kor_model_load(&p->loaded, p->shipped, p->home, &p->err));
    if (tasks)
        (void)snprintf(folder, sizeof folder, "%s", tasks);
    else
        kor_tasks_folder(folder);
    (void)snprintf(p->task, sizeof p->task, "%s/%.100s", folder, p->name);
    if (stat(p->task, &st) != 0)
        return kor_fail(&p->err, KOR_E_NOT_FOUND,
                        "%.200s: no such task, so there is no gate set to measure a personal model "
                        "with; --tasks DIR names another folder",
                        p->task);
    /* A task may name data sets that only those have who make models: no rows come from them. */
    const char *data = getenv("KORORA_DATA");
    if (!data || stat(data, &st) != 0) (void)setenv("KORORA_DATA", p->task, 1);
    if (!p->loaded.trunk) KOR_TRY(kor_trunk_open(&p->base, p->a, &p->err));
    KOR_TRY(read_rows(p));
    const kor_personal_options o = {.name = p->name,
                                    .task = p->task,
                                    .shipped = p->shipped,
                                    .folder = p->folder,
                                    .model = p->loaded.model,
                                    .trunk = p->loaded.trunk ? p->loaded.trunk : p->base,
                                    .rows = p->rows,
                                    .count = p->count,
                                    .remarks = {say_remark, NULL},
                                    .progress = show_progress,
                                    .progress_arg = p};
    kor_status status = kor_personal_forge(r, &o, &p->err);
    kor_progress_clear();
    return status;
}

static int with_memory(personal *p, const char *tasks)
{
    int code, lock;
    kor_personal_result r;
    if (!kor_session_open(&p->session, p->a, KOR_MEMORY_READ, false, NULL, &code)) return code;
    p->started = kor_seconds();
    kor_status status = kor_forge_lock(p->folder, &lock, &p->err);
    if (status == KOR_OK) {
        status = learn(p, tasks, &r);
        kor_forge_unlock(lock);
    }
    code = EXIT_DONE;
    if (status != KOR_OK)
        code = kor_report(p->a->command, &p->err);
    else
        print_result(p, &r, kor_seconds() - p->started);
    if (status == KOR_OK && !r.in_place) code = EXIT_NO;
    kor_model_unload(&p->loaded);
    kor_model_close(p->base);
    kor_session_close(&p->session);
    return code;
}

static int take_away(personal *p)
{
    bool there = false;
    int lock;
    struct stat st;
    kor_status status = KOR_OK;
    /* Where there are no personal models, no folder is made for them. */
    if (stat(p->folder, &st) == 0) {
        status = kor_forge_lock(p->folder, &lock, &p->err);
        if (status == KOR_OK) {
            status = kor_personal_remove(p->folder, p->name, &there, &p->err);
            kor_forge_unlock(lock);
        }
    }
    if (status != KOR_OK) return kor_report(p->a->command, &p->err);
    if (p->a->json)
        kor_print_json(json_pack("{s:s,s:b}", "name", p->name, "removed", there));
    else
        printf(there ? "%s: the personal model is removed; the shipped one answers\n"
                     : "%s: there is no personal model\n",
               p->name);
    return there ? EXIT_DONE : EXIT_NO;
}

int kor_forge_personal(const kor_args *a, const char *tasks, bool undo)
{
    personal p = {.a = a, .name = a->word[0]};
    if (strchr(p.name, '/') || *p.name == '.' || strlen(p.name) > 100 || !*p.name)
        return kor_wrong_use(a->command, "'%.100s' is not the name of a model", p.name);
    if (kor_home(p.home, a, &p.err) != KOR_OK) return kor_report(a->command, &p.err);
    (void)snprintf(p.folder, sizeof p.folder, "%s/%s", p.home, KOR_PERSONAL_FOLDER);
    int code = undo ? take_away(&p) : with_memory(&p, tasks);
    kor_arena_free(&p.arena);
    return code;
}
