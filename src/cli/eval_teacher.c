/* SPDX-License-Identifier: Apache-2.0 */
/* What a teacher answers to the rows that a model is measured on. */
#include "cli/eval_teacher.h"

#include "cli/cli.h"
#include "cli/tables.h"
#include "forge/teacher.h"

#include <stdlib.h>
#include <string.h>

typedef struct comparison {
    const kor_dataset *data;
    kor_text *texts;
    size_t *row; /* the row of each text: those out of scope are not asked about */
    size_t count;
    kor_teacher_score *score;
    double started;
} comparison;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_progress_clear();
    kor_say(&kor_command_eval, "%s", line);
}

static void show_progress(void *arg, double fraction)
{
    const comparison *c = arg;
    kor_progress("teacher", fraction, (int64_t)c->score->answered, kor_seconds() - c->started);
}

static kor_status take(void *arg, const kor_teacher_row *row, kor_error *err)
{
    (void)err;
    comparison *c = arg;
    c->score->answered++;
    c->score->right += c->data->rows[c->row[row->text]].labels[0] == row->label;
    return KOR_OK;
}

static kor_status ask(comparison *c, const char *config, const kor_labels *labels, kor_error *err)
{
    kor_teacher *teacher;
    kor_teacher_report report;
    const char **meaning = calloc(labels->count, sizeof *meaning);
    if (!meaning) return kor_fail_memory(err);
    for (size_t i = 0; i < labels->count; i++) meaning[i] = "";
    kor_status status = kor_teacher_open(&teacher, config, err);
    if (status == KOR_OK) {
        const kor_teacher_job job = {.lesson = {.labels = labels, .meaning = meaning},
                                     .texts = c->texts,
                                     .text_count = c->count,
                                     .remarks = {say_remark, NULL},
                                     .progress = show_progress,
                                     .progress_arg = c};
        status = kor_teacher_label(teacher, &job, take, c, &report, err);
        kor_teacher_close(teacher);
    }
    kor_progress_clear();
    free((void *)meaning);
    if (status != KOR_OK) return status;
    if (*report.stopped) kor_say(&kor_command_eval, "teacher: %s", report.stopped);
    c->score->usd = report.usd;
    c->score->tokens = report.tokens_in + report.tokens_out;
    c->score->seconds = report.seconds;
    return KOR_OK;
}

kor_status kor_eval_teacher(kor_teacher_score *out, const char *config, const kor_dataset *data,
                            const kor_labels *labels, kor_error *err)
{
    *out = (kor_teacher_score){0};
    comparison c = {.data = data, .score = out, .started = kor_seconds()};
    c.texts = calloc(data->count + 1, sizeof *c.texts);
    c.row = calloc(data->count + 1, sizeof *c.row);
    kor_status status = c.texts && c.row ? KOR_OK : kor_fail_memory(err);
    for (size_t i = 0; i < data->count && status == KOR_OK; i++) {
        if (data->rows[i].labels[0] == UINT32_MAX) continue;
        c.row[c.count] = i;
        c.texts[c.count++] = (kor_text){data->rows[i].text, data->rows[i].len};
    }
    out->asked = c.count;
    if (status == KOR_OK) status = ask(&c, config, labels, err);
    free(c.texts);
    free(c.row);
    return status;
}

json_t *kor_teacher_score_json(const kor_teacher_score *s)
{
    double low, high, n = s->asked ? (double)s->asked : 1;
    kor_wilson(s->right, s->asked, &low, &high);
    return json_pack("{s:I,s:I,s:f,s:[f,f],s:f,s:f,s:f}", "n", (json_int_t)s->asked, "answered",
                     (json_int_t)s->answered, "accuracy", (double)s->right / n, "interval", low,
                     high, "us_per_item", s->seconds * 1e6 / n, "tokens", s->tokens, "usd", s->usd);
}

static void add_line(kor_table *t, const char *name, double accuracy, size_t right, size_t n,
                     double ms, double usd)
{
    double low, high;
    kor_wilson(right, n, &low, &high);
    kor_table_add(t, name);
    kor_table_addf(t, "%.4f", accuracy);
    kor_table_addf(t, "%.4f to %.4f", low, high);
    kor_table_addf(t, "%.3f", ms);
    kor_table_addf(t, "%.4f", usd);
    t->rows++;
}

bool kor_teacher_score_print(const kor_teacher_score *s, const kor_metrics *m, double us_per_item)
{
    kor_table t = {0};
    double n = s->asked ? (double)s->asked : 1;
    kor_table_begin(&t, 5, 1);
    static const char *const heading[] = {"who", "accuracy", "interval", "ms each", "US dollars"};
    for (size_t i = 0; i < 5; i++) kor_table_add(&t, heading[i]);
    add_line(&t, "this model", m->accuracy, m->right, m->n, us_per_item / 1000, 0);
    add_line(&t, "the teacher", (double)s->right / n, s->right, s->asked, s->seconds * 1000 / n,
             s->usd);
    putchar('\n');
    bool printed = kor_print_table(&t);
    kor_table_free(&t);
    if (s->answered < s->asked)
        printf("the teacher answered %s of %s; the others count as wrong\n",
               kor_grouped((int64_t)s->answered), kor_counted((int64_t)s->asked, "row"));
    return printed;
}
