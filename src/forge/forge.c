/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/forge.h"

#include "base/file.h"
#include "forge/data_source.h"
#include "forge/mix.h"
#include "forge/ship.h"

#include <dirent.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH = 4400 };

/* One task while it is forged. */
typedef struct job {
    kor_forge_result *out;
    const kor_forge_options *options;
    kor_task task;
    kor_model *base; /* NULL: there is none */
    const char *name;
    char folder[PATH], work[PATH], note[PATH], rows[PATH], made[PATH], shipped[PATH];
    kor_made_from now;        /* what the model would be made from today */
    kor_str before;           /* what the shipped one was made from */
    uint32_t before_rows;     /* and how many rows */
    kor_str noted;            /* what the last one that was trained was made from */
    kor_task_source *sources; /* [source_count] of all rows: data or train, and hard */
    size_t source_count;
    kor_mix_part *parts;    /* [source_count] */
    const char **set_files; /* [task.gate_set_count] */
    kor_error *err;
} job;

static void say_nothing(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

static const kor_remarks silent = {say_nothing, NULL};

/* ---- What it is made from ---- */

static kor_status name_places(job *j)
{
    const kor_forge_options *o = j->options;
    if (strlen(o->tasks) > 3000 || strlen(o->models) > 3000 || strlen(o->work) > 3000)
        return kor_fail(j->err, KOR_E_ARG, "a folder's path is too long");
    if (strchr(j->name, '/') || *j->name == '.' || strlen(j->name) > 100 || !*j->name)
        return kor_fail(j->err, KOR_E_ARG, "'%.100s' is not the name of a task", j->name);
    (void)snprintf(j->folder, PATH, "%s/%s", o->tasks, j->name);
    (void)snprintf(j->work, PATH, "%s/%s", o->work, j->name);
    (void)snprintf(j->note, PATH, "%.4200s/note.json", j->work);
    (void)snprintf(j->rows, PATH, "%.4200s/train.jsonl", j->work);
    (void)snprintf(j->made, PATH, "%.4200s/%s.gguf", j->work, j->name);
    (void)snprintf(j->shipped, PATH, "%s/%s.gguf", o->models, j->name);
    return KOR_OK;
}

/* The task's data, or its train as the only one; and what is hard. */
static kor_status find_sources(job *j)
{
    kor_task *t = &j->task;
    size_t n = 0;
    j->sources = kor_arena_array(&t->arena, t->data_count + 2, sizeof *j->sources);
    if (!j->sources) return kor_fail_memory(j->err);
    for (size_t i = 0; i < t->data_count; i++) j->sources[n++] = t->data[i];
    if (!n && t->train)
        j->sources[n++] = (kor_task_source){.file = t->train, .name = "train", .weight = 1};
    if (t->hard)
        j->sources[n++] =
            (kor_task_source){.file = t->hard, .name = "hard", .weight = t->hard_weight};
    j->source_count = n;
    return n ? KOR_OK
             : kor_fail(j->err, KOR_E_INPUT,
                        "%s/task.yaml: nothing to learn from: give 'data' or 'train'", j->folder);
}

static kor_data_request request_for(const job *j, const kor_task_source *source)
{
    return (kor_data_request){.task = &j->task,
                              .source = source,
                              .work = j->work,
                              .seed = j->task.seed,
                              .remarks = &j->options->remarks};
}

static kor_data_request request_of(const job *j, size_t source)
{
    return request_for(j, &j->sources[source]);
}

static kor_status list_parts(job *j)
{
    const kor_task *t = &j->task;
    char path[PATH + 16];
    (void)snprintf(path, sizeof path, "%s/task.yaml", j->folder);
    KOR_TRY(kor_made_from_file(&j->now, path, j->folder, j->err));
    for (size_t i = 0; i < j->source_count; i++) {
        const kor_data_request q = request_of(j, i);
        kor_status status = kor_data_kind_of(q.source)->list(&j->now, &q, j->err);
        if (status != KOR_OK)
            return q.source->line ? kor_fail_in(j->err, status, "%s:%lu", path, q.source->line)
                                  : status;
    }
    KOR_TRY(kor_made_from_file(&j->now, t->gate, j->folder, j->err));
    for (size_t i = 0; i < t->gate_set_count; i++) {
        const kor_data_request q = request_for(j, &t->gate_sets[i]);
        kor_status status = kor_data_kind_of(q.source)->list(&j->now, &q, j->err);
        if (status != KOR_OK) return kor_fail_in(j->err, status, "%s:%lu", path, q.source->line);
    }
    if (t->val) KOR_TRY(kor_made_from_file(&j->now, t->val, j->folder, j->err));
    if (t->teacher) KOR_TRY(kor_made_from_file(&j->now, t->teacher, j->folder, j->err));
    if (j->base && t->architecture != KOR_BAG) {
        kor_model_info info;
        kor_model_get_info(j->base, &info);
        kor_made_from_add(&j->now, "the base model", info.checksum);
    }
    if (t->rules) kor_made_from_add(&j->now, "the rules", t->rules->version);
    kor_made_from_add(&j->now, "the way of training", KOR_FORGE_VERSION);
    return j->now.lines.failed ? kor_fail_memory(j->err) : KOR_OK;
}

static kor_status read_task(job *j)
{
    KOR_TRY(name_places(j));
    KOR_TRY(kor_task_read(&j->task, j->folder, j->err));
    if (strcmp(j->task.name, j->name) != 0) {
        return kor_fail(j->err, KOR_E_INPUT, "%s/task.yaml: its name '%.100s' must be its folder's",
                        j->folder, j->task.name);
    }
    if (!j->task.gate) {
        return kor_fail(j->err, KOR_E_INPUT,
                        "%s/task.yaml: key 'gate' is missing: a file of rows that are only "
                        "measured with",
                        j->folder);
    }
    KOR_TRY(find_sources(j));
    KOR_TRY(j->options->open_base(j->options->base_arg, j->task.base, &j->base, j->err));
    KOR_TRY(list_parts(j));
    return kor_make_dirs(j->work, j->err);
}

/* ---- Is there anything to do? ---- */

static bool is_there(const char *path)
{
    return access(path, R_OK) == 0;
}

/* The shipped model is of today's parts: what is known of it, if it was noted. */
static bool is_shipped(job *j, bool noted)
{
    kor_forge_result *r = j->out;
    char card[PATH];
    (void)snprintf(card, sizeof card, "%s/%s.md", j->options->models, j->name);
    if (j->before.len == 0 || strcmp(j->before.data, kor_str_text(&j->now.lines)) != 0 ||
        !is_there(card))
        return false;
    if (!noted || strcmp(kor_str_text(&j->noted), j->before.data) != 0) {
        /* The work folder is another, or was emptied. The model says the rest of itself. */
        r->sources = r->sets = 0;
        r->before = r->keep_recall = NAN;
        *r->architecture = *r->metric = 0;
    }
    r->end = KOR_FORGE_SHIPPED;
    (void)snprintf(r->because, sizeof r->because, "unchanged");
    (void)snprintf(r->reason, sizeof r->reason, "shipped before");
    return true;
}

static void say_why(job *j, bool noted)
{
    kor_forge_result *r = j->out;
    const char *now = kor_str_text(&j->now.lines);
    if (j->before.len)
        kor_made_from_why(j->before.data, now, r->because, sizeof r->because);
    else if (noted)
        kor_made_from_why(kor_str_text(&j->noted), now, r->because, sizeof r->because);
    if (*r->because) return;
    (void)snprintf(r->because, sizeof r->because, "%s",
                   j->options->force    ? "asked for"
                   : !r->against        ? "no model before"
                   : j->before.len == 0 ? "the model before does not say what it was made from"
                                        : "no card beside the model");
}

/* ---- Rows ---- */

static kor_status load_gate(job *j, kor_made_rows *out)
{
    const kor_task_source source = {.file = j->task.gate, .name = "gate"};
    kor_data_request q = {.task = &j->task, .source = &source, .remarks = &silent};
    return kor_data_load(out, &q, j->err);
}

/* The rows of a set besides the gate set: into a file to measure with, and to the end of all. */
static kor_status load_set(job *j, size_t number, kor_made_rows *all)
{
    char path[PATH];
    const kor_data_request q = request_for(j, &j->task.gate_sets[number]);
    kor_mix_part part = {.name = q.source->name};
    (void)snprintf(path, sizeof path, "%.4200s/set-%zu.jsonl", j->work, number + 1);
    j->set_files[number] = kor_arena_copy(&j->task.arena, path, strlen(path));
    if (!j->set_files[number]) return kor_fail_memory(j->err);
    KOR_TRY(kor_data_load(&part.rows, &q, j->err));
    part.times = malloc(part.rows.count * sizeof *part.times);
    kor_status status = part.times ? KOR_OK : kor_fail_memory(j->err);
    for (size_t i = 0; status == KOR_OK && i < part.rows.count; i++) {
        const kor_made_row *row = &part.rows.rows[i];
        part.times[i] = 1;
        status = kor_made_rows_add(all, row->json, row->len, 0, j->err);
    }
    if (status == KOR_OK) status = kor_mix_write(&part, 1, SIZE_MAX, path, j->err);
    free(part.times);
    kor_made_rows_free(&part.rows);
    return status;
}

static kor_status load_sets(job *j, kor_made_rows *all)
{
    size_t n = j->task.gate_set_count;
    if (!n) return KOR_OK;
    j->set_files = kor_arena_array(&j->task.arena, n, sizeof *j->set_files);
    if (!j->set_files) return kor_fail_memory(j->err);
    for (size_t i = 0; i < n; i++) KOR_TRY(load_set(j, i, all));
    return KOR_OK;
}

static kor_status load_rows(job *j)
{
    kor_forge_result *r = j->out;
    kor_made_rows gate = {0};
    j->parts = kor_arena_array(&j->task.arena, j->source_count, sizeof *j->parts);
    if (!j->parts) return kor_fail_memory(j->err);
    for (size_t i = 0; i < j->source_count; i++) {
        const kor_data_request q = request_of(j, i);
        j->parts[i].name = q.source->name;
        j->parts[i].weight = q.source->weight;
        kor_status status = kor_data_load(&j->parts[i].rows, &q, j->err);
        if (status != KOR_OK) return status;
    }
    KOR_TRY(load_gate(j, &gate));
    kor_status status = load_sets(j, &gate);
    if (status == KOR_OK)
        status = kor_mix_decide(j->parts, j->source_count, &gate, j->task.seed, j->err);
    kor_made_rows_free(&gate);
    r->sources = 0;
    for (size_t i = 0; status == KOR_OK && i < j->source_count; i++) {
        const kor_mix_part *p = &j->parts[i];
        kor_forge_source *s = &r->source[r->sources++];
        *s = (kor_forge_source){.rows = p->rows.count,
                                .bad = p->rows.bad,
                                .near = p->near,
                                .used = p->used,
                                .without = NAN};
        (void)snprintf(s->name, sizeof s->name, "%s", p->name);
    }
    return status == KOR_OK ? kor_mix_write(j->parts, j->source_count, SIZE_MAX, j->rows, j->err)
                            : status;
}

/* ---- Learning ---- */

static kor_train_options how(const job *j)
{
    const kor_forge_options *o = j->options;
    return (kor_train_options){.out = j->made,
                               .train = j->rows,
                               .gate = j->task.gate,
                               .sets = j->set_files,
                               .made_from = kor_str_text(&j->now.lines),
                               .remarks = o->remarks,
                               .trunk = j->base,
                               .progress = o->progress,
                               .progress_arg = o->progress_arg};
}

/* Which gates failed. */
static void judge_gates(kor_forge_result *r, const kor_train_report *report)
{
    *r->reason = 0;
    for (size_t i = 0; i < report->gates; i++) {
        const kor_gate *g = &report->gate[i];
        size_t n = strlen(r->reason);
        if (g->passed || n + 80 > sizeof r->reason) continue;
        (void)snprintf(r->reason + n, sizeof r->reason - n, "%s%s %.4g, wanted %s %.4g",
                       n ? "; " : "gate: ", g->name, g->got, g->at_most ? "<=" : ">=", g->wanted);
    }
}

static kor_status train(job *j)
{
    kor_forge_result *r = j->out;
    kor_train_report report;
    KOR_TRY(load_rows(j));
    const kor_train_options options = how(j);
    KOR_TRY(kor_train(&report, j->folder, &options, j->err));
    r->end = KOR_FORGE_BEGUN;
    r->rows = report.rows;
    r->gate_rows = report.judged.n;
    r->bytes = report.bytes;
    r->us = report.us_per_item;
    r->quality = report.judged.quality;
    (void)snprintf(r->metric, sizeof r->metric, "%s", report.judged.metric);
    (void)snprintf(r->architecture, sizeof r->architecture, "%s",
                   kor_architecture_name(report.made));
    judge_gates(r, &report);
    r->keep_recall = report.keep_recall;
    r->sets = report.sets;
    for (size_t i = 0; i < r->sets; i++) {
        const kor_gate_set *set = &report.set[i];
        r->set[i] =
            (kor_forge_set){.n = set->n, .quality = set->quality, .keep_recall = set->keep_recall};
        (void)snprintf(r->set[i].name, sizeof r->set[i].name, "%s", set->name);
    }
    kor_train_report_free(&report);
    return kor_ship_note(j->note, r, kor_str_text(&j->now.lines), j->err);
}

/* Once more without each source: how much worse would it be? */
static kor_status ablate(job *j)
{
    char folder[PATH + 16], rows[PATH + 32], made[2 * PATH];
    (void)snprintf(folder, sizeof folder, "%s/without", j->work);
    (void)snprintf(rows, sizeof rows, "%s/train.jsonl", folder);
    (void)snprintf(made, sizeof made, "%s/%s.gguf", folder, j->name);
    KOR_TRY(kor_make_dirs(folder, j->err));
    for (size_t i = 0; i < j->source_count && j->source_count > 1; i++) {
        kor_train_report report;
        kor_train_options options = how(j);
        kor_error why;
        options.out = made;
        options.train = rows;
        options.made_from = NULL;
        options.remarks = silent;
        KOR_TRY(kor_mix_write(j->parts, j->source_count, i, rows, j->err));
        kor_status status = kor_train(&report, j->folder, &options, &why);
        if (status == KOR_OK) {
            j->out->source[i].without = report.judged.quality;
            kor_train_report_free(&report);
        } else if (status == KOR_E_MEMORY || status == KOR_E_IO) {
            return kor_fail(j->err, status, "%s", why.msg);
        } else {
            kor_remark(&j->options->remarks, "%s without %s: %s", j->name, j->parts[i].name,
                       why.msg);
        }
    }
    return KOR_OK;
}

/* ---- Judging and shipping ---- */

static kor_status measure_gate(kor_measured *out, const job *j, const kor_model *model,
                               kor_error *err)
{
    const kor_measure_options how = {.seed = j->task.seed, .remarks = silent};
    return kor_measure_file(out, model, j->task.gate, &how, err);
}

/* The model before on the gate set of today; NAN where it cannot be compared with. */
static kor_status measure_before(job *j)
{
    kor_forge_result *r = j->out;
    char trunk[64];
    kor_model *model = NULL;
    kor_model_info info;
    kor_measured measured;
    kor_error why;
    r->before = NAN;
    if (!r->against) return KOR_OK;
    kor_status status = kor_model_trunk(j->shipped, trunk, &why);
    if (status == KOR_OK)
        status = kor_model_open_on(&model, j->shipped, *trunk ? j->base : NULL, &why);
    if (status == KOR_OK) {
        kor_model_get_info(model, &info);
        if (strcmp(info.head, kor_head_name(j->task.head)) != 0)
            status = kor_fail(&why, KOR_E_UNSUPPORTED, "its head is %s", info.head);
    }
    if (status == KOR_OK) status = measure_gate(&measured, j, model, &why);
    if (status == KOR_OK) {
        r->before = measured.quality;
        kor_measured_free(&measured);
    } else if (status == KOR_E_MEMORY) {
        kor_model_close(model);
        return kor_fail_memory(j->err);
    } else {
        kor_remark(&j->options->remarks, "%s: not compared with the model before: %s", j->name,
                   why.msg);
    }
    kor_model_close(model);
    return KOR_OK;
}

static kor_status finish(job *j)
{
    kor_forge_result *r = j->out;
    KOR_TRY(measure_before(j));
    if (!*r->reason && r->quality < r->before)
        (void)snprintf(r->reason, sizeof r->reason,
                       "worse than the model before: %s %.4f, was %.4f", r->metric, r->quality,
                       r->before);
    if (*r->reason) {
        r->end = KOR_FORGE_HELD;
    } else {
        KOR_TRY(kor_ship_files(j->work, j->options->models, j->name, j->err));
        r->end = KOR_FORGE_SHIPPED;
        (void)snprintf(r->reason, sizeof r->reason, "%s",
                       isnan(r->before)         ? "nothing to compare with"
                       : r->quality > r->before ? "better than the model before"
                                                : "as good as the model before");
    }
    return kor_ship_note(j->note, r, kor_str_text(&j->now.lines), j->err);
}

/* A model that was shipped when nothing was noted of it. */
static kor_status describe(job *j)
{
    kor_forge_result *r = j->out;
    kor_model *model;
    kor_model_info info;
    kor_measured measured;
    char trunk[64];
    if (*r->architecture) return KOR_OK;
    KOR_TRY(kor_model_trunk(j->shipped, trunk, j->err));
    KOR_TRY(kor_model_open_on(&model, j->shipped, *trunk ? j->base : NULL, j->err));
    kor_model_get_info(model, &info);
    r->bytes = info.file_bytes;
    r->rows = j->before_rows;
    (void)snprintf(r->architecture, sizeof r->architecture, "%s", info.architecture);
    kor_status status = measure_gate(&measured, j, model, j->err);
    if (status == KOR_OK) {
        r->quality = measured.quality;
        r->gate_rows = measured.n;
        r->us = measured.us_per_item;
        (void)snprintf(r->metric, sizeof r->metric, "%s", measured.metric);
        kor_measured_free(&measured);
    }
    kor_model_close(model);
    return status == KOR_OK ? kor_ship_note(j->note, r, kor_str_text(&j->now.lines), j->err)
                            : status;
}

/* Was the model in the work folder trained from today's parts, and not judged? */
static kor_status was_begun(job *j, bool noted, bool *begun)
{
    uint64_t hash;
    uint32_t rows;
    kor_str made = {0};
    *begun = false;
    if (!noted || j->options->force || j->out->end != KOR_FORGE_BEGUN ||
        strcmp(kor_str_text(&j->noted), kor_str_text(&j->now.lines)) != 0)
        return KOR_OK;
    kor_status status = kor_ship_made_from(j->made, &made, &hash, &rows, j->err);
    *begun = status == KOR_OK && strcmp(kor_str_text(&made), kor_str_text(&j->now.lines)) == 0;
    kor_str_free(&made);
    return status;
}

static kor_status forge(job *j)
{
    kor_forge_result *r = j->out;
    bool noted, begun, force = j->options->force || j->options->ablate;
    uint64_t against;
    KOR_TRY(read_task(j));
    KOR_TRY(kor_ship_recall(j->note, r, &j->noted, &noted, &j->options->remarks, j->err));
    KOR_TRY(kor_ship_made_from(j->shipped, &j->before, &against, &j->before_rows, j->err));
    if (!force && is_shipped(j, noted)) return describe(j);
    if (!force && noted && r->end == KOR_FORGE_HELD && r->against == against &&
        strcmp(kor_str_text(&j->noted), kor_str_text(&j->now.lines)) == 0) {
        (void)snprintf(r->because, sizeof r->because, "unchanged");
        return KOR_OK;
    }
    r->against = against;
    r->built = true;
    KOR_TRY(was_begun(j, noted, &begun));
    if (begun) {
        (void)snprintf(r->because, sizeof r->because, "it was trained, but not shipped yet");
        r->built = false;
    } else {
        say_why(j, noted);
        KOR_TRY(train(j));
        if (j->options->ablate) KOR_TRY(ablate(j));
    }
    return finish(j);
}

kor_status kor_forge(kor_forge_result *out, const char *name, const kor_forge_options *options,
                     kor_error *err)
{
    memset(out, 0, sizeof *out);
    job j = {.out = out, .options = options, .name = name, .err = err};
    out->quality = out->before = out->keep_recall = NAN;
    (void)snprintf(out->name, sizeof out->name, "%s", name);
    kor_status status = forge(&j);
    if (j.parts) kor_mix_free(j.parts, j.source_count);
    kor_made_from_free(&j.now);
    kor_str_free(&j.before);
    kor_str_free(&j.noted);
    kor_model_close(j.base);
    kor_task_free(&j.task);
    return status;
}

/* ---- All tasks ---- */

static int by_name(const void *a, const void *b)
{
    const char *x = *(const char *const *)a, *y = *(const char *const *)b;
    int trunk = (strcmp(y, KOR_TASK_BASE) == 0) - (strcmp(x, KOR_TASK_BASE) == 0);
    return trunk ? trunk : strcmp(x, y);
}

kor_status kor_forge_list(const char ***names, size_t *count, const char *tasks, kor_arena *arena,
                          kor_error *err)
{
    enum { TASKS_MAX = 1000 };
    DIR *folder = opendir(tasks);
    *count = 0;
    if (!folder)
        return kor_fail(err, KOR_E_NOT_FOUND,
                        "%s: no folder of tasks; --tasks names one, --new NAME begins one", tasks);
    *names = kor_arena_array(arena, TASKS_MAX, sizeof **names);
    kor_status status = *names ? KOR_OK : kor_fail_memory(err);
    for (const struct dirent *e; status == KOR_OK && (e = readdir(folder));) {
        char path[PATH];
        int n = snprintf(path, sizeof path, "%s/%s/task.yaml", tasks, e->d_name);
        if (*e->d_name == '.' || n < 0 || n >= PATH || !is_there(path)) continue;
        if (*count == TASKS_MAX) {
            status = kor_fail(err, KOR_E_INPUT, "%s: more than %d tasks", tasks, TASKS_MAX);
            break;
        }
        (*names)[*count] = kor_arena_copy(arena, e->d_name, strlen(e->d_name));
        if (!(*names)[(*count)++]) status = kor_fail_memory(err);
    }
    closedir(folder);
    if (status == KOR_OK) qsort(*names, *count, sizeof **names, by_name);
    return status;
}
