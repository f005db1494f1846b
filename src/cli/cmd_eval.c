/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"
#include "cli/eval_teacher.h"
#include "cli/tables.h"

#include "learn/dataset.h"
#include "learn/metrics.h"

#include <stdlib.h>
#include <string.h>

typedef struct evaluation {
    kor_model *model;
    kor_model_info info;
    kor_ctx *ctx;
    kor_labels labels; /* the model's, then those that only the rows have */
    kor_dataset data;
    kor_metrics metrics;
    kor_span *spans;          /* [KOR_TEXT_MAX], with */
    kor_metrics_span *found;  /* as many, */
    kor_metrics_span *wanted; /* and as many */
    float *p, *thresholds;    /* [labels.count]; labels that the model has not never hold */
    double us_per_item;
    const char *compare; /* a teacher's configuration; or NULL */
    kor_teacher_score teacher;
} evaluation;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_say(&kor_command_eval, "%s", line);
}

static bool finds_spans(const evaluation *e)
{
    return strcmp(e->info.head, "spans") == 0;
}

static kor_status read_data(evaluation *e, const char *path, kor_error *err)
{
    for (size_t i = 0; i < e->info.labels; i++) {
        size_t at;
        const char *name = kor_model_label(e->model, i);
        KOR_TRY(kor_labels_add(&e->labels, name, strlen(name), &at, err));
        if (at != i) return kor_fail(err, KOR_E_INPUT, "the model has label '%.80s' twice", name);
    }
    const kor_dataset_options o = {.tags = strcmp(e->info.head, "tags") == 0,
                                   .spans = finds_spans(e),
                                   .besides = *e->info.out_of_scope ? e->info.out_of_scope : NULL,
                                   .remarks = {say_remark, NULL}};
    return kor_dataset_read(&e->data, path, &e->labels, &o, err);
}

static kor_status evaluate(evaluation *e, kor_error *err)
{
    size_t n = e->labels.count, own = e->info.labels;
    KOR_TRY(kor_metrics_new(&e->metrics, n, strcmp(e->info.head, "tags") == 0, err));
    e->p = calloc(n, sizeof *e->p);
    e->thresholds = calloc(n, sizeof *e->thresholds);
    if (!e->p || !e->thresholds) return kor_fail_memory(err);
    for (size_t i = 0; i < n; i++)
        e->thresholds[i] = i < own ? kor_model_threshold(e->model, i) : 2;
    double seconds = 0;
    for (size_t i = 0; i < e->data.count; i++) {
        const kor_row *row = &e->data.rows[i];
        double start = kor_seconds();
        KOR_TRY(kor_classify(e->ctx, row->text, row->len, e->p, own, err));
        seconds += kor_seconds() - start;
        kor_metrics_add(&e->metrics, e->p, e->thresholds, row->labels, row->label_count);
        if (i % 512 == 0)
            kor_progress("eval", (double)i / (double)e->data.count, (int64_t)i, seconds);
    }
    kor_progress_clear();
    kor_metrics_finish(&e->metrics);
    e->us_per_item = seconds * 1e6 / (double)e->data.count;
    return KOR_OK;
}

static kor_status evaluate_spans(evaluation *e, kor_error *err)
{
    double seconds = 0;
    KOR_TRY(kor_metrics_new_spans(&e->metrics, e->labels.count, err));
    e->spans = calloc(KOR_TEXT_MAX, sizeof *e->spans);
    e->found = calloc(KOR_TEXT_MAX, sizeof *e->found);
    e->wanted = calloc(KOR_TEXT_MAX, sizeof *e->wanted);
    if (!e->spans || !e->found || !e->wanted) return kor_fail_memory(err);
    for (size_t i = 0; i < e->data.count; i++) {
        const kor_row *row = &e->data.rows[i];
        const kor_row_spans *own = &e->data.spans[i];
        size_t n;
        double start = kor_seconds();
        KOR_TRY(kor_spans(e->ctx, row->text, row->len, e->spans, KOR_TEXT_MAX, &n, err));
        seconds += kor_seconds() - start;
        for (size_t j = 0; j < n; j++) {
            const kor_span *s = &e->spans[j];
            e->found[j] = (kor_metrics_span){s->start, s->end, s->label, (double)s->score};
        }
        for (size_t j = 0; j < own->count; j++) { /* at most one a code point that is read */
            const kor_row_span *s = &own->span[j];
            e->wanted[j] = (kor_metrics_span){s->start, s->end, s->label, 0};
        }
        kor_metrics_add_spans(&e->metrics, e->found, n, e->wanted, own->count);
        if (i % 512 == 0)
            kor_progress("eval", (double)i / (double)e->data.count, (int64_t)i, seconds);
    }
    kor_progress_clear();
    kor_metrics_finish(&e->metrics);
    e->us_per_item = seconds * 1e6 / (double)e->data.count;
    return KOR_OK;
}

static json_t *spans_json(const evaluation *e)
{
    const kor_metrics *m = &e->metrics;
    return json_pack("{s:I,s:f,s:f,s:f,s:f,s:f,s:[f,f],s:f,s:f}", "n", (json_int_t)m->n, "span_f1",
                     m->micro_f1, "precision", m->precision, "recall", m->recall, "macro_f1",
                     m->macro_f1, "accuracy", m->accuracy, "interval", m->accuracy_low,
                     m->accuracy_high, "ece", m->ece, "us_per_item", e->us_per_item);
}

static json_t *evaluation_json(const evaluation *e)
{
    const kor_metrics *m = &e->metrics;
    json_t *classes = json_object();
    for (size_t i = 0; i < m->labels; i++) {
        const kor_class_score *c = &m->classes[i];
        json_object_set_new(classes, e->labels.name[i],
                            json_pack("{s:I,s:f,s:f,s:f}", "n", (json_int_t)c->support, "precision",
                                      c->precision, "recall", c->recall, "f1", c->f1));
    }
    if (m->spans) {
        json_t *spans = spans_json(e);
        json_object_set_new(spans, "classes", classes);
        return spans;
    }
    json_t *o = json_pack("{s:I,s:f,s:[f,f],s:f,s:f,s:f,s:f,s:f,s:f}", "n", (json_int_t)m->n,
                          "accuracy", m->accuracy, "interval", m->accuracy_low, m->accuracy_high,
                          "macro_f1", m->macro_f1, "micro_f1", m->micro_f1, "p_at_1", m->p_at_1,
                          "r_at_1", m->r_at_1, "ece", m->ece, "us_per_item", e->us_per_item);
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
    const kor_metrics *m = &e->metrics;
    KOR_TRY(kor_report_classes(table, m, e->labels.name, err));
    putchar('\n');
    if (!kor_print_table(table)) return kor_fail_memory(err);
    KOR_TRY(kor_report_confusions(table, m, e->labels.name, err));
    if (table->rows) putchar('\n');
    return kor_print_table(table) ? KOR_OK : kor_fail_memory(err);
}

/* What a card says of its validation rows, of these. */
static kor_status print_evaluation(const evaluation *e, kor_error *err)
{
    const kor_metrics *m = &e->metrics;
    kor_table table = {0};
    printf("%s, %.1f us each; %s bytes\n\n", kor_counted((int64_t)m->n, "row"), e->us_per_item,
           kor_grouped((int64_t)e->info.file_bytes));
    kor_report_figures(&table, m);
    kor_status status = kor_print_table(&table) ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) status = print_labels(e, &table, err);
    if (status == KOR_OK) {
        kor_report_calibration(&table, m);
        if (table.rows) putchar('\n');
        if (!kor_print_table(&table)) status = kor_fail_memory(err);
    }
    kor_table_free(&table);
    if (status == KOR_OK && e->compare && !kor_teacher_score_print(&e->teacher, m, e->us_per_item))
        status = kor_fail_memory(err);
    return status;
}

static kor_status ask_teacher(evaluation *e, kor_error *err)
{
    if (!e->compare) return KOR_OK;
    if (strcmp(e->info.head, "classify") != 0)
        return kor_fail(err, KOR_E_UNSUPPORTED, "--compare is for models of head classify");
    return kor_eval_teacher(&e->teacher, e->compare, &e->data, &e->labels, err);
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
    if (status == KOR_OK) {
        kor_model_get_info(e.model, &e.info);
        if (!e.info.labels && !e.compare) {
            status = kor_eval_pairs(e.model, a.word[1], a.json, &err);
            code = status == KOR_OK ? EXIT_DONE : kor_report(a.command, &err);
            kor_model_unload(&loaded);
            return code;
        }
    }
    if (status == KOR_OK && !e.info.labels)
        status = kor_fail(&err, KOR_E_UNSUPPORTED, "--compare is for models of head classify");
    if (status == KOR_OK) status = kor_ctx_new(&e.ctx, e.model, &err);
    if (status == KOR_OK) status = read_data(&e, a.word[1], &err);
    if (status == KOR_OK && e.labels.count > e.info.labels) {
        kor_say(a.command, "%s: the model does not know '%s'%s; such rows count as wrong",
                a.word[1], e.labels.name[e.info.labels],
                e.labels.count > e.info.labels + 1 ? " and other labels" : "");
    }
    if (status == KOR_OK) status = finds_spans(&e) ? evaluate_spans(&e, &err) : evaluate(&e, &err);
    if (status == KOR_OK) status = ask_teacher(&e, &err);
    if (status == KOR_OK && a.json)
        kor_print_json(evaluation_json(&e));
    else if (status == KOR_OK)
        status = print_evaluation(&e, &err);
    code = status == KOR_OK ? EXIT_DONE : kor_report(a.command, &err);
    free(e.p);
    free(e.spans);
    free(e.found);
    free(e.wanted);
    free(e.thresholds);
    kor_metrics_free(&e.metrics);
    kor_dataset_free(&e.data);
    kor_labels_free(&e.labels);
    kor_ctx_free(e.ctx);
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
