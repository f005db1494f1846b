/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/eval_teacher.h"
#include "cli/tables.h"

#include "learn/measured.h"

#include <string.h>

typedef struct evaluation {
    kor_model *model;
    kor_model_info info;
    kor_measured measured;
    double started;
    const char *compare; /* a teacher's configuration; or NULL */
    kor_teacher_score teacher;
} evaluation;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_say(&kor_command_eval, "%s", line);
}

static void show_progress(void *arg, double fraction, size_t done)
{
    const evaluation *e = arg;
    kor_progress("eval", fraction, (int64_t)done, kor_seconds() - e->started);
}

static kor_status measure(evaluation *e, const char *path, kor_error *err)
{
    const kor_measure_options how = {
        .seed = 1, .remarks = {say_remark, NULL}, .progress = show_progress, .arg = e};
    e->started = kor_seconds();
    kor_status status = kor_measure_file(&e->measured, e->model, path, &how, err);
    kor_progress_clear();
    if (status != KOR_OK) return status;
    const kor_measured *m = &e->measured;
    if (m->made_up) {
        kor_say(&kor_command_eval, "%s: %zu wrong candidates are texts of other rows, at random",
                path, m->made_up);
    }
    if (m->labels.count > e->info.labels) {
        kor_say(&kor_command_eval, "%s: the model does not know '%s'%s; such rows count as wrong",
                path, m->labels.name[e->info.labels],
                m->labels.count > e->info.labels + 1 ? " and other labels" : "");
    }
    return KOR_OK;
}

static json_t *spans_json(const evaluation *e)
{
    const kor_metrics *m = &e->measured.metrics;
    return json_pack("{s:I,s:f,s:f,s:f,s:f,s:f,s:[f,f],s:f,s:f}", "n", (json_int_t)m->n, "span_f1",
                     m->micro_f1, "precision", m->precision, "recall", m->recall, "macro_f1",
                     m->macro_f1, "accuracy", m->accuracy, "interval", m->accuracy_low,
                     m->accuracy_high, "ece", m->ece, "us_per_item", e->measured.us_per_item);
}

static json_t *evaluation_json(const evaluation *e)
{
    const kor_metrics *m = &e->measured.metrics;
    json_t *classes = json_object();
    for (size_t i = 0; i < m->labels; i++) {
        const kor_class_score *c = &m->classes[i];
        json_object_set_new(classes, e->measured.labels.name[i],
                            json_pack("{s:I,s:f,s:f,s:f}", "n", (json_int_t)c->support, "precision",
                                      c->precision, "recall", c->recall, "f1", c->f1));
    }
    if (m->spans) {
        json_t *spans = spans_json(e);
        json_object_set_new(spans, "classes", classes);
        return spans;
    }
    json_t *o =
        json_pack("{s:I,s:f,s:[f,f],s:f,s:f,s:f,s:f,s:f,s:f}", "n", (json_int_t)m->n, "accuracy",
                  m->accuracy, "interval", m->accuracy_low, m->accuracy_high, "macro_f1",
                  m->macro_f1, "micro_f1", m->micro_f1, "p_at_1", m->p_at_1, "r_at_1", m->r_at_1,
                  "ece", m->ece, "us_per_item", e->measured.us_per_item);
    if (!m->tags) {
        json_object_set_new(o, "abstained", json_real(m->abstained));
        json_object_set_new(o, "kept_accuracy", json_real(m->kept_accuracy));
    }
    if (m->outside) {
        json_object_set_new(o, "out_of_scope", json_integer((json_int_t)m->outside));
        json_object_set_new(o, "out_of_scope_recall", json_real(m->outside_recall));
    }
    json_object_set_new(o, "classes", classes);
    if (e->compare) json_object_set_new(o, "teacher", kor_teacher_score_json(&e->teacher));
    return o;
}

static kor_status print_labels(const evaluation *e, kor_table *table, kor_error *err)
{
    const kor_metrics *m = &e->measured.metrics;
    KOR_TRY(kor_report_classes(table, m, e->measured.labels.name, err));
    putchar('\n');
    if (!kor_print_table(table)) return kor_fail_memory(err);
    KOR_TRY(kor_report_confusions(table, m, e->measured.labels.name, err));
    if (table->rows) putchar('\n');
    return kor_print_table(table) ? KOR_OK : kor_fail_memory(err);
}

/* What a card says of its validation rows, of these. */
static kor_status print_evaluation(const evaluation *e, kor_error *err)
{
    const kor_metrics *m = &e->measured.metrics;
    kor_table table = {0};
    printf("%s, %.1f us each; %s bytes\n\n", kor_counted((int64_t)m->n, "row"),
           e->measured.us_per_item, kor_grouped((int64_t)e->info.file_bytes));
    kor_report_figures(&table, m);
    kor_status status = kor_print_table(&table) ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) status = print_labels(e, &table, err);
    if (status == KOR_OK) {
        kor_report_calibration(&table, m);
        if (table.rows) putchar('\n');
        if (!kor_print_table(&table)) status = kor_fail_memory(err);
    }
    kor_table_free(&table);
    if (status == KOR_OK && e->compare &&
        !kor_teacher_score_print(&e->teacher, m, e->measured.us_per_item))
        status = kor_fail_memory(err);
    return status;
}

static kor_status show(const evaluation *e, bool json, kor_error *err)
{
    if (!e->info.labels) {
        kor_eval_pairs(&e->measured, e->info.dim > 0, json);
        return KOR_OK;
    }
    if (!json) return print_evaluation(e, err);
    kor_print_json(evaluation_json(e));
    return KOR_OK;
}

static int run(int argc, char **argv)
{
    evaluation e = {0};
    const kor_option options[] = {
        {"--compare", "FILE", "ask the teacher of this teacher.yaml too", &e.compare, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_eval, options, 2, 2, argc, argv, &code)) return code;
    char home[4096], path[4096];
    kor_error err;
    bool has_home = kor_home(home, &a, NULL) == KOR_OK;
    kor_status status = kor_model_find(path, a.word[0], has_home ? home : NULL, &err);
    kor_loaded loaded = {0};
    if (status == KOR_OK) status = kor_model_load(&loaded, path, has_home ? home : NULL, &err);
    e.model = loaded.model;
    if (status == KOR_OK) kor_model_get_info(e.model, &e.info);
    if (status == KOR_OK && e.compare && strcmp(e.info.head, "classify") != 0)
        status = kor_fail(&err, KOR_E_UNSUPPORTED, "--compare is for models of head classify");
    if (status == KOR_OK) status = measure(&e, a.word[1], &err);
    if (status == KOR_OK && e.compare)
        status =
            kor_eval_teacher(&e.teacher, e.compare, &e.measured.data, &e.measured.labels, &err);
    if (status == KOR_OK) status = show(&e, a.json, &err);
    code = status == KOR_OK ? EXIT_DONE : kor_report(a.command, &err);
    kor_measured_free(&e.measured);
    kor_model_unload(&loaded);
    return code;
}

const kor_command kor_command_eval = {
    .name = "eval",
    .summary = "how good a model is on rows with known labels",
    .usage = "MODEL FILE [--compare FILE]",
    .details =
        "FILE holds JSON lines of \"text\" and \"label\", \"labels\" or \"spans\". A bad row is "
        "told and\nleft out; a label that the model does not know counts as a wrong answer. For "
        "models of head\nrank or embed it holds pairs: \"query\", \"text\" and \"label\", or "
        "\"a\", \"b\" and \"score\".\n"
        "With --compare the texts are also sent to a large language model (docs/teacher.md), and "
        "the\ntwo are shown side by side: accuracy, time, cost.\n\n"
        "  korora eval spam.gguf rows.jsonl --json\n",
    .run = run,
};
