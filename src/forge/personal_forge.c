/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/personal_forge.h"

#include "base/file.h"
#include "forge/data_source.h"
#include "forge/mix.h"
#include "learn/random.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FOLDS = 5, PATH = 4400 };

typedef struct job {
    kor_personal_result *out;
    const kor_personal_options *options;
    kor_task task;
    kor_personal_row *rows; /* the user's, then the task's */
    size_t count;
    kor_str *texts; /* of the task's rows */
    size_t text_count;
    kor_personal_set set;
    float *delta;
    char made[PATH], used[PATH];
    kor_gate gate[KOR_GATES]; /* of the shipped model */
    kor_arena arena;
    kor_error *err;
} job;

static void say_nothing(void *arg, const char *line)
{
    (void)arg;
    (void)line;
}

static void progress(const job *j, double fraction)
{
    if (j->options->progress) j->options->progress(j->options->progress_arg, fraction);
}

/* ---- What an ended one left behind ---- */

/* The candidate, and NAME.gguf and six characters that a writer had not renamed. */
static void sweep(const char *folder, const char *name)
{
    char start[200], path[PATH];
    int n = snprintf(start, sizeof start, "%s.gguf.", name);
    DIR *d = opendir(folder);
    for (const struct dirent *e; d && (e = readdir(d));) {
        if (strncmp(e->d_name, start, (size_t)n) != 0) continue;
        (void)snprintf(path, sizeof path, "%.4000s/%.300s", folder, e->d_name);
        (void)unlink(path);
    }
    if (d) closedir(d);
}

kor_status kor_personal_remove(const char *folder, const char *name, bool *there, kor_error *err)
{
    char path[PATH];
    (void)snprintf(path, sizeof path, "%.4000s/%.200s.gguf", folder, name);
    sweep(folder, name);
    *there = unlink(path) == 0;
    if (*there || errno == ENOENT || errno == ENOTDIR) return KOR_OK;
    return kor_fail(err, KOR_E_IO, "%s: cannot remove it: %s", path, strerror(errno));
}

/* ---- Rows of the task ---- */

static const char *place_of(const kor_task_source *s)
{
    return s->grammar ? s->grammar : s->file;
}

/* One that is a file or a grammar and is there: nothing is fetched. */
static bool is_at_hand(const kor_task_source *s)
{
    return !s->package && !s->teacher && place_of(s) && access(place_of(s), R_OK) == 0;
}

static kor_status load(const job *j, kor_made_rows *out, const kor_task_source *source)
{
    const kor_remarks silent = {say_nothing, NULL};
    const kor_data_request q = {
        .task = &j->task, .source = source, .seed = j->task.seed, .remarks = &silent};
    KOR_TRY(kor_data_kind_of(source)->load(out, &q, j->err));
    return kor_data_cut(out, &q, j->err);
}

static kor_status list_sources(job *j, kor_task_source **out, size_t *count)
{
    const kor_task *t = &j->task;
    kor_task_source *all = kor_arena_array(&j->arena, t->data_count + 2, sizeof *all);
    size_t n = 0;
    if (!all) return kor_fail_memory(j->err);
    for (size_t i = 0; i < t->data_count; i++) all[n++] = t->data[i];
    if (!n && t->train) all[n++] = (kor_task_source){.file = t->train, .name = "train"};
    if (t->hard) all[n++] = (kor_task_source){.file = t->hard, .name = "hard"};
    *out = all;
    *count = n;
    return KOR_OK;
}

static kor_status load_parts(job *j, kor_mix_part **out, size_t *count)
{
    kor_task_source *sources = NULL;
    size_t n = 0;
    KOR_TRY(list_sources(j, &sources, &n));
    *out = kor_arena_array(&j->arena, n + 1, sizeof **out);
    if (!*out) return kor_fail_memory(j->err);
    for (size_t i = 0; i < n; i++) {
        if (!is_at_hand(&sources[i])) {
            j->out->left_out++;
            kor_remark(&j->options->remarks,
                       "%s: its rows are not here; what the shipped model knows of them is kept by "
                       "its answers to others",
                       sources[i].name);
            continue;
        }
        kor_mix_part *p = &(*out)[(*count)++];
        *p = (kor_mix_part){.name = sources[i].name, .weight = 1};
        KOR_TRY(load(j, &p->rows, &sources[i]));
    }
    return KOR_OK;
}

/* Up to KOR_PERSONAL_TASK_ROWS of them, evenly, none that is nearly in the gate set. */
static kor_status take_rows(job *j, const kor_mix_part *parts, size_t count)
{
    size_t all = 0, taken = 0, seen = 0;
    for (size_t i = 0; i < count; i++) all += parts[i].used;
    size_t wanted = all < KOR_PERSONAL_TASK_ROWS ? all : KOR_PERSONAL_TASK_ROWS;
    j->texts = calloc(wanted + 1, sizeof *j->texts);
    j->rows = calloc(j->options->count + wanted + 1, sizeof *j->rows);
    if (!j->texts || !j->rows) return kor_fail_memory(j->err);
    j->text_count = wanted;
    memcpy(j->rows, j->options->rows, j->options->count * sizeof *j->rows);
    j->count = j->options->count;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < parts[i].rows.count; k++) {
            if (!parts[i].times[k]) continue;
            if (seen++ * wanted / all < taken || taken == wanted) continue;
            kor_str *text = &j->texts[taken++];
            kor_made_row_text(text, &parts[i].rows.rows[k]);
            if (text->failed) return kor_fail_memory(j->err);
            j->rows[j->count++] = (kor_personal_row){.text = kor_str_text(text), .len = text->len};
        }
    }
    j->out->task_rows = taken;
    return KOR_OK;
}

static kor_status find_rows(job *j)
{
    const kor_task_source source = {.file = j->task.gate, .name = "gate"};
    kor_made_rows gate = {0};
    kor_mix_part *parts = NULL;
    size_t count = 0;
    kor_status status = load(j, &gate, &source);
    if (status == KOR_OK) status = load_parts(j, &parts, &count);
    if (status == KOR_OK && count)
        status = kor_mix_decide(parts, count, &gate, j->task.seed, j->err);
    if (status == KOR_OK) status = take_rows(j, parts, count);
    if (parts) kor_mix_free(parts, count);
    kor_made_rows_free(&gate);
    return status;
}

/* ---- Judging ---- */

static kor_status measure(const job *j, const kor_model *model, kor_measured *out)
{
    const kor_measure_options how = {.seed = j->task.seed, .remarks = {say_nothing, NULL}};
    return kor_measure_file(out, model, j->task.gate, &how, j->err);
}

static kor_status hold_gates(const job *j, kor_gate out[KOR_GATES], const kor_measured *m,
                             double bytes, size_t *count)
{
    kor_model_info info;
    kor_model_get_info(j->options->model, &info);
    size_t labels = info.labels;
    const char **label = calloc(labels + 1, sizeof *label);
    if (!label) return kor_fail_memory(j->err);
    for (size_t i = 0; i < labels; i++) label[i] = kor_model_label(j->options->model, i);
    size_t n = kor_gates_hold(out, &j->task, &j->task.gates, &m->metrics, &m->pair_metrics, label,
                              labels, bytes);
    free(label);
    if (count) *count = n;
    return KOR_OK;
}

static kor_status measure_shipped(job *j)
{
    kor_personal_result *r = j->out;
    kor_measured m;
    KOR_TRY(measure(j, j->options->model, &m));
    r->before = m.quality;
    r->gate_rows = m.n;
    (void)snprintf(r->metric, sizeof r->metric, "%s", m.metric);
    kor_model_info info;
    kor_model_get_info(j->options->model, &info);
    kor_status status = hold_gates(j, j->gate, &m, (double)info.file_bytes, NULL);
    kor_measured_free(&m);
    return status;
}

/* What the corrections say, and how much of it is answered so with a delta (NULL: as shipped). */
static kor_status count_said(const job *j, const float *delta, const bool *only, size_t *agrees,
                             size_t *said)
{
    float *p = malloc(j->set.labels * sizeof *p);
    if (!p) return kor_fail_memory(j->err);
    for (size_t i = 0; i < j->set.count; i++) {
        size_t of;
        if (!j->rows[i].right || (only && !only[i])) continue;
        kor_personal_answer(&j->set, delta, i, p);
        *agrees += kor_personal_agrees(&j->set, i, p, &of);
        *said += of;
    }
    free(p);
    return KOR_OK;
}

/* Each correction answered by a model that had not learnt from it. Alone, it has nobody to be held
 * back from. */
static kor_status hold_back(job *j, float weight)
{
    size_t folds = j->out->corrected < FOLDS ? j->out->corrected : FOLDS, said = 0;
    bool *out = calloc(j->set.count, sizeof *out);
    kor_status status = out ? KOR_OK : kor_fail_memory(j->err);
    j->out->said_held_back = 0;
    for (size_t f = 0; status == KOR_OK && folds > 1 && f < folds; f++) {
        size_t k = 0;
        for (size_t i = 0; i < j->set.count; i++) out[i] = j->rows[i].right && k++ % folds == f;
        status = kor_personal_learn(j->delta, &j->set, out, weight, j->task.seed, j->err);
        if (status == KOR_OK) status = count_said(j, j->delta, out, &j->out->said_held_back, &said);
        progress(j, 0.5 + 0.4 * (double)(f + 1) / (double)folds);
    }
    if (folds == 1) j->out->said_held_back = j->out->said_before;
    free(out);
    return status;
}

/* The gates of the task, and the shipped model, against a candidate that was measured. */
static bool passes(job *j, const kor_measured *m, const kor_gate *gate, size_t n)
{
    kor_personal_result *r = j->out;
    for (size_t i = 0; i < n; i++) {
        /* What the shipped model misses as well would hold every personal one back for nothing. */
        if (gate[i].passed || !j->gate[i].passed) continue;
        (void)snprintf(r->reason, sizeof r->reason, "gate: %s %.4g, wanted %s %.4g", gate[i].name,
                       gate[i].got, gate[i].at_most ? "<=" : ">=", gate[i].wanted);
        return false;
    }
    if (m->quality < r->before - KOR_PERSONAL_TOLERANCE) {
        (void)snprintf(r->reason, sizeof r->reason,
                       "%s %.4f on the gate set is more than %.2f below the shipped model's %.4f",
                       r->metric, m->quality, KOR_PERSONAL_TOLERANCE, r->before);
        return false;
    }
    if (r->said_now <= r->said_before) {
        (void)snprintf(r->reason, sizeof r->reason,
                       "it answers %zu of %zu corrected labels as you "
                       "said, the shipped model %zu",
                       r->said_now, r->said, r->said_before);
        return false;
    }
    if ((double)r->said_held_back <
        (double)r->said_before - KOR_PERSONAL_TOLERANCE * (double)r->said) {
        (void)snprintf(r->reason, sizeof r->reason,
                       "of corrections that it had not learnt from it answers %zu of %zu labels as "
                       "you said, the shipped model %zu",
                       r->said_held_back, r->said, r->said_before);
        return false;
    }
    (void)snprintf(r->reason, sizeof r->reason, "passed");
    return true;
}

static kor_status write_model(job *j, double quality)
{
    const kor_personal_result *r = j->out;
    char card[800];
    kor_model_info info;
    kor_model_get_info(j->options->model, &info);
    (void)snprintf(card, sizeof card,
                   "# %.100s, personal\n\nThe shipped model and what it learnt on this device from "
                   "%zu corrected events, each of a weight of %g.\nOn the gate set (%zu rows) its "
                   "%s is %.4f, that of the shipped model %.4f.\nOf %zu labels that were corrected "
                   "it answers %zu as was said, the shipped one %zu; models that had not learnt "
                   "from the correction, %zu.\nIt may remember words of these events: keep it to "
                   "yourself.\n\nOf the shipped model:\n\n",
                   j->options->name, r->corrected, (double)r->weight, r->gate_rows, r->metric,
                   quality, r->before, r->said, r->said_now, r->said_before, r->said_held_back);
    const kor_personal_note note = {.of = info.checksum,
                                    .corrections = (uint32_t)r->corrected,
                                    .quality = quality,
                                    .card = isnan(quality) ? NULL : card};
    return kor_personal_write(&j->set, j->delta, j->options->shipped, j->options->trunk, &note,
                              j->made, j->err);
}

/* The candidate's file as an app would open it: on the gate set, and on the corrections. */
static kor_status judge(job *j, bool *passed)
{
    kor_personal_result *r = j->out;
    kor_model *model;
    kor_measured m;
    char name[64];
    KOR_TRY(kor_model_trunk(j->made, name, j->err));
    KOR_TRY(kor_model_open_on(&model, j->made, *name ? j->options->trunk : NULL, j->err));
    kor_model_info info;
    kor_model_get_info(model, &info);
    r->bytes = info.file_bytes;
    kor_ctx *ctx = NULL;
    float *p = malloc(j->set.labels * sizeof *p);
    kor_status status = p ? kor_ctx_new(&ctx, model, j->err) : kor_fail_memory(j->err);
    r->said_now = 0;
    for (size_t i = 0; status == KOR_OK && i < j->set.count; i++) {
        size_t of;
        if (!j->rows[i].right) continue;
        status = kor_classify(ctx, j->rows[i].text, j->rows[i].len, p, j->set.labels, j->err);
        if (status == KOR_OK) r->said_now += kor_personal_agrees(&j->set, i, p, &of);
    }
    if (status == KOR_OK) status = measure(j, model, &m);
    if (status == KOR_OK) {
        kor_gate gate[KOR_GATES];
        size_t gates = 0;
        r->quality = m.quality;
        status = hold_gates(j, gate, &m, (double)r->bytes, &gates);
        *passed = status == KOR_OK && passes(j, &m, gate, gates);
        kor_measured_free(&m);
    }
    free(p);
    kor_ctx_free(ctx);
    kor_model_close(model);
    return status;
}

/* ---- The whole ---- */

static kor_status try_weight(job *j, float weight, bool *passed)
{
    j->out->weight = weight;
    KOR_TRY(hold_back(j, weight));
    KOR_TRY(kor_personal_learn(j->delta, &j->set, NULL, weight, j->task.seed, j->err));
    KOR_TRY(write_model(j, NAN));
    KOR_TRY(judge(j, passed));
    /* Once more, with what is known of it now. */
    return *passed ? write_model(j, j->out->quality) : KOR_OK;
}

static kor_status forge(job *j)
{
    static const float weights[] = {KOR_PERSONAL_WEIGHT, KOR_PERSONAL_WEIGHT_LEAST};
    kor_personal_result *r = j->out;
    const kor_personal_options *o = j->options;
    for (size_t i = 0; i < o->count; i++) *(o->rows[i].right ? &r->corrected : &r->own) += 1;
    if (!r->corrected)
        return kor_fail(j->err, KOR_E_INPUT, "nothing that %s answers was corrected", o->name);
    KOR_TRY(kor_task_read(&j->task, o->task, j->err));
    if (!j->task.gate || access(j->task.gate, R_OK) != 0)
        return kor_fail(j->err, KOR_E_INPUT, "%s: its gate set is not there to measure with",
                        o->task);
    KOR_TRY(kor_make_dirs(o->folder, j->err));
    sweep(o->folder, o->name);
    KOR_TRY(find_rows(j));
    progress(j, 0.05);
    KOR_TRY(kor_personal_read(&j->set, o->shipped, o->model, o->trunk, j->rows, j->count, j->err));
    progress(j, 0.4);
    KOR_TRY(measure_shipped(j));
    KOR_TRY(count_said(j, NULL, NULL, &r->said_before, &r->said));
    progress(j, 0.5);
    j->delta = kor_arena_array(&j->arena, kor_personal_size(&j->set), sizeof *j->delta);
    if (!j->delta) return kor_fail_memory(j->err);
    bool passed = false;
    for (size_t i = 0; i < sizeof weights / sizeof *weights && !passed; i++)
        KOR_TRY(try_weight(j, weights[i], &passed));
    if (!passed) return KOR_OK;
    if (rename(j->made, j->used) != 0)
        return kor_fail(j->err, KOR_E_IO, "%s: cannot be put in place: %s", j->used,
                        strerror(errno));
    r->in_place = true;
    return KOR_OK;
}

kor_status kor_personal_forge(kor_personal_result *out, const kor_personal_options *options,
                              kor_error *err)
{
    job j = {.out = out, .options = options, .err = err};
    *out = (kor_personal_result){.quality = NAN, .before = NAN};
    (void)snprintf(j.used, sizeof j.used, "%.4000s/%.200s.gguf", options->folder, options->name);
    (void)snprintf(j.made, sizeof j.made, "%.4300s.new", j.used);
    kor_status status = forge(&j);
    if (!out->in_place) (void)unlink(j.made);
    kor_personal_free(&j.set);
    for (size_t i = 0; i < j.text_count; i++) kor_str_free(&j.texts[i]);
    free(j.texts);
    free(j.rows);
    kor_task_free(&j.task);
    kor_arena_free(&j.arena);
    return status;
}
