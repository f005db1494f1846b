/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/train.h"

#include "base/file.h"
#include "learn/card.h"
#include "learn/session.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

double kor_session_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void kor_session_progress(void *session, double fraction)
{
    const kor_session *s = session;
    if (s->options->progress)
        s->options->progress(s->options->progress_arg, s->from + (s->to - s->from) * fraction);
}

/* ---- Gates ---- */

/* The share of the rows with the label to keep that were given it, or NAN. */
static double recall_kept(const kor_task *task, const kor_metrics *m, const char *const *labels,
                          size_t count)
{
    for (size_t i = 0; task->keep_label && m->classes && i < count; i++) {
        if (strcmp(labels[i], task->keep_label) == 0 && m->classes[i].support)
            return m->classes[i].recall;
    }
    return NAN;
}

size_t kor_gates_hold(kor_gate out[KOR_GATES], const kor_task *task, const kor_gates *wanted,
                      const kor_metrics *m, const kor_pair_metrics *pairs,
                      const char *const *labels, size_t count, double bytes)
{
    const kor_gates *g = wanted;
    bool paired = kor_task_is_paired(task);
    const kor_gate all[KOR_GATES] = {
        {"accuracy", g->accuracy, paired ? pairs->accuracy : m->accuracy, false, false},
        {"macro_f1", g->macro_f1, m->macro_f1, false, false},
        {"micro_f1", g->micro_f1, m->micro_f1, false, false},
        {"span_f1", g->span_f1, m->micro_f1, false, false},
        {"p_at_1", g->p_at_1, m->p_at_1, false, false},
        {"keep_recall", g->keep_recall, recall_kept(task, m, labels, count), false, false},
        {"right_or_abstained", g->right_or_abstained, m->right_or_abstained, false, false},
        {"mrr", g->mrr, pairs->mrr, false, false},
        {"ndcg", g->ndcg, pairs->ndcg, false, false},
        {"spearman", g->spearman, pairs->spearman, false, false},
        {"ece", g->ece, paired ? pairs->ece : m->ece, true, false},
        {"bytes", g->bytes, bytes, true, false},
    };
    size_t n = 0;
    for (size_t i = 0; i < KOR_GATES; i++) {
        if (isnan(all[i].wanted)) continue;
        out[n] = all[i];
        out[n].passed = all[i].at_most ? all[i].got <= all[i].wanted : all[i].got >= all[i].wanted;
        n++;
    }
    return n;
}

static kor_status judge(kor_session *s, const char *set, const kor_gates *g, const kor_metrics *m,
                        const kor_pair_metrics *pairs)
{
    kor_train_report *r = s->out;
    size_t n = kor_gates_hold(r->gate + r->gates, &r->task, g, m, pairs, r->labels.name,
                              r->labels.count, (double)r->bytes);
    for (size_t end = r->gates + n; r->gates < end; r->gates++) {
        kor_gate *gate = &r->gate[r->gates];
        r->passed &= gate->passed;
        if (!set) continue;
        char full[160];
        int len = snprintf(full, sizeof full, "%.100s %s", set, gate->name);
        gate->name = kor_arena_copy(&r->task.arena, full, (size_t)len);
        if (!gate->name) return kor_fail_memory(s->err);
    }
    return KOR_OK;
}

/* The gate set, and then the others. */
static kor_status judge_all(kor_session *s)
{
    kor_train_report *r = s->out;
    bool apart = r->judged.metric != NULL;
    r->passed = true;
    r->keep_recall =
        apart ? recall_kept(&r->task, &r->judged.metrics, r->labels.name, r->labels.count) : NAN;
    return judge(s, NULL, &r->task.gates, apart ? &r->judged.metrics : &r->metrics,
                 apart ? &r->judged.pair_metrics : &r->pairs);
}

/* ---- Files ---- */

static kor_status name_files(kor_session *s)
{
    kor_train_report *r = s->out;
    char file[8192];
    if (s->options->out)
        (void)snprintf(file, sizeof file, "%s", s->options->out);
    else
        (void)snprintf(file, sizeof file, "%s/%s.gguf", r->task.folder, r->task.name);
    size_t n = strlen(file);
    if (n + 8 > sizeof r->file) return kor_fail(s->err, KOR_E_ARG, "%.80s...: path too long", file);
    memcpy(r->file, file, n + 1);
    size_t stem = n > 5 && strcmp(file + n - 5, ".gguf") == 0 ? n - 5 : n;
    (void)snprintf(r->card, sizeof r->card, "%.*s.md", (int)stem, file);
    (void)snprintf(r->diagram, sizeof r->diagram, "%.*s.svg", (int)stem, file);
    /* A folder that cannot be written is told before an hour of learning, not after it. */
    kor_writer probe;
    KOR_TRY(kor_writer_open(&probe, r->file, s->err));
    kor_writer_abandon(&probe);
    return KOR_OK;
}

/* ---- The model file ---- */

static kor_status add_labels(kor_gguf_out *o, const kor_labels *labels, kor_error *err)
{
    kor_bytes *names = calloc(labels->count, sizeof *names);
    if (!names) return kor_fail_memory(err);
    for (size_t i = 0; i < labels->count; i++)
        names[i] = (kor_bytes){labels->name[i], strlen(labels->name[i])};
    kor_gguf_add_strings(o, "korora.labels", names, labels->count);
    free(names);
    return KOR_OK;
}

static const char *bracket(const char *licence, const char *which)
{
    return strstr(licence, " OR ") ? which : "";
}

/* The data's licence; of a changed copy of an encoder, that of the encoder holds as well. */
static void add_licence(const kor_session *s, kor_gguf_out *o)
{
    const char *mine = s->out->task.licence;
    kor_model_info base = {0};
    if (s->out->made == KOR_FULL && s->options->trunk) kor_model_get_info(s->options->trunk, &base);
    kor_str text = {0};
    if (base.license && *base.license && strcmp(base.license, mine) != 0) {
        kor_str_printf(&text, "%s%s%s AND %s%s%s", bracket(base.license, "("), base.license,
                       bracket(base.license, ")"), bracket(mine, "("), mine, bracket(mine, ")"));
    } else {
        kor_str_puts(&text, mine);
    }
    kor_gguf_add_string(o, "general.license", kor_str_text(&text));
    o->kv.failed |= text.failed;
    kor_str_free(&text);
}

kor_status kor_session_begin(kor_session *s, kor_gguf_out *o)
{
    const kor_train_report *r = s->out;
    kor_gguf_add_string(o, "general.architecture", "korora");
    kor_gguf_add_string(o, "general.name", r->task.name);
    if (r->task.licence) add_licence(s, o);
    kor_gguf_add_u32(o, "korora.format", 1);
    kor_gguf_add_string(o, "korora.head", kor_head_name(r->task.head));
    if (s->options->made_from) kor_gguf_add_string(o, "korora.made_from", s->options->made_from);
    kor_status status = r->labels.count ? add_labels(o, &r->labels, s->err) : KOR_OK;
    if (status == KOR_OK) status = kor_card_add(o, r, s->err);
    if (status != KOR_OK) kor_gguf_out_free(o);
    return status;
}

kor_status kor_session_commit(kor_session *s, kor_gguf_out *o)
{
    kor_map map;
    kor_status status = kor_gguf_commit(o, s->out->file, s->err);
    kor_gguf_out_free(o);
    if (status == KOR_OK) status = kor_map_open(&map, s->out->file, s->err);
    if (status != KOR_OK) return status;
    s->out->bytes = map.size;
    kor_map_close(&map);
    return KOR_OK;
}

/* ---- The whole ---- */

static kor_status (*const trainers[])(kor_session *session) = {
    [KOR_HEAD_EMBED] = kor_train_embed, [KOR_HEAD_CLASSIFY] = kor_train_labels,
    [KOR_HEAD_TAGS] = kor_train_labels, [KOR_HEAD_SPANS] = kor_train_spans,
    [KOR_HEAD_RANK] = kor_train_pairs,
};

static kor_status measure_set(kor_session *s, const kor_model *model, size_t i)
{
    kor_train_report *r = s->out;
    const kor_task_source *set = &r->task.gate_sets[i];
    /* Rows that others labelled have not all of the task's labels. */
    const kor_measure_options how = {
        .seed = r->task.seed, .remarks = s->options->remarks, .own_labels = set->label_map};
    kor_measured m;
    KOR_TRY(kor_measure_file(&m, model, s->options->sets[i], &how, s->err));
    r->set[r->sets++] =
        (kor_gate_set){set->name, m.quality,
                       recall_kept(&r->task, &m.metrics, r->labels.name, r->labels.count), m.n};
    kor_status status = judge(s, set->name, &set->gates, &m.metrics, &m.pair_metrics);
    kor_measured_free(&m);
    return status;
}

/* The file as an app would open it, on rows that nothing was learnt from or fitted to. */
static kor_status measure_apart(kor_session *s)
{
    kor_train_report *r = s->out;
    char name[64];
    kor_model *model;
    if (!s->options->gate) return judge_all(s);
    KOR_TRY(kor_model_trunk(r->file, name, s->err));
    KOR_TRY(kor_model_open_on(&model, r->file, *name ? s->options->trunk : NULL, s->err));
    const kor_measure_options how = {.seed = r->task.seed, .remarks = s->options->remarks};
    kor_status status = kor_measure_file(&r->judged, model, s->options->gate, &how, s->err);
    if (status == KOR_OK) status = judge_all(s);
    for (size_t i = 0; status == KOR_OK && s->options->sets && i < r->task.gate_set_count; i++)
        status = measure_set(s, model, i);
    kor_model_close(model);
    return status;
}

/* The rows to learn from: the task's, or those that were made of its data. */
static kor_status find_rows(kor_session *s, const char *folder)
{
    kor_task *t = &s->out->task;
    if (s->options->train) {
        t->train = kor_arena_copy(&t->arena, s->options->train, strlen(s->options->train));
        return t->train ? KOR_OK : kor_fail_memory(s->err);
    }
    if (t->train) return KOR_OK;
    if (!t->data_count)
        return kor_fail(s->err, KOR_E_INPUT, "%s/task.yaml: key 'train' is missing", folder);
    return kor_fail(s->err, KOR_E_INPUT,
                    "%s/task.yaml: its rows are made of 'data': 'korora forge' does that", folder);
}

static kor_status train(kor_session *s, const char *folder)
{
    kor_train_report *r = s->out;
    double start = kor_session_now();
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) r->tried[i] = NAN;
    KOR_TRY(kor_task_read(&r->task, folder, s->err));
    KOR_TRY(find_rows(s, folder));
    if (s->options->seed) r->task.seed = *s->options->seed;
    if (r->task.architecture > KOR_BAG && !s->options->trunk) {
        return kor_fail(
            s->err, KOR_E_NOT_FOUND,
            "%s/task.yaml: architecture %s stands on the model '%s', which is not there "
            "('korora models' lists what is)",
            folder, kor_architecture_name(r->task.architecture), r->task.base);
    }
    KOR_TRY(name_files(s));
    KOR_TRY(trainers[r->task.head](s));
    r->seconds = kor_session_now() - start;
    KOR_TRY(measure_apart(s));
    return kor_card_write(r, s->err);
}

kor_status kor_train(kor_train_report *out, const char *folder, const kor_train_options *options,
                     kor_error *err)
{
    memset(out, 0, sizeof *out);
    kor_session s = {.out = out, .options = options, .to = 1, .err = err};
    if (options->trunk) kor_model_get_info(options->trunk, &s.trunk);
    out->trunk_bytes = s.trunk.file_bytes;
    out->threads = 1;
    kor_status status = train(&s, folder);
    if (status != KOR_OK) kor_train_report_free(out);
    return status;
}

void kor_train_report_free(kor_train_report *report)
{
    kor_metrics_free(&report->metrics);
    kor_measured_free(&report->judged);
    kor_labels_free(&report->labels);
    kor_task_free(&report->task);
}
