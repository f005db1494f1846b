/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "learn/train.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct watcher {
    double started;
} watcher;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_say(&kor_command_train, "%s", line);
}

static void show_progress(void *arg, double fraction)
{
    const watcher *w = arg;
    kor_progress("train", fraction, (int64_t)(fraction * 100), kor_seconds() - w->started);
}

static bool parse_seed(const char *text, uint64_t *out)
{
    char *end;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    *out = n;
    return *text >= '0' && *text <= '9' && !*end && !errno && n <= 9007199254740991ull;
}

/* The figures of heads rank and embed that there are. */
static void add_pair_figures(json_t *o, const kor_train_report *r)
{
    const kor_pair_metrics *m = &r->pairs;
    const struct {
        const char *key;
        double value;
    } figures[] = {{"mrr", m->mrr},           {"ndcg", m->ndcg},       {"r_at_1", m->r_at_1},
                   {"r_at_5", m->r_at_5},     {"ordered", m->ordered}, {"accuracy", m->accuracy},
                   {"spearman", m->spearman}, {"ece", m->ece}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (!isnan(figures[i].value))
            json_object_set_new(o, figures[i].key, json_real(figures[i].value));
    }
    if (!isnan(m->spearman)) {
        json_object_set_new(o, "spearman_interval",
                            json_pack("[f,f]", m->spearman_low, m->spearman_high));
    }
    if (r->task.head == KOR_HEAD_EMBED) json_object_set_new(o, "before", json_real(r->before));
}

static void print_pair_figures(const kor_train_report *r)
{
    const kor_pair_metrics *m = &r->pairs;
    if (!isnan(m->spearman))
        printf("  rank correlation %.4f  (%.4f to %.4f)\n", m->spearman, m->spearman_low,
               m->spearman_high);
    if (m->queries)
        printf("  mean reciprocal rank %.4f   nDCG at 10 %.4f   recall at 1 %.4f, at 5 %.4f\n",
               m->mrr, m->ndcg, m->r_at_1, m->r_at_5);
    if (r->task.head == KOR_HEAD_EMBED)
        printf("  before    %s %.4f\n", r->metric, r->before);
    else if (!isnan(m->ece))
        printf("  right at one half %.4f   calibration error %.4f\n", m->accuracy, m->ece);
    printf("  %.1f us an answer\n", r->us_per_item);
}

static json_t *report_json(const kor_train_report *r)
{
    const kor_metrics *m = &r->metrics;
    json_t *gates = json_array();
    for (size_t i = 0; i < r->gates; i++) {
        const kor_gate *g = &r->gate[i];
        json_array_append_new(gates, json_pack("{s:s,s:f,s:f,s:b}", "gate", g->name, "wanted",
                                               g->wanted, "got", g->got, "passed", g->passed));
    }
    json_t *o = json_pack(
        "{s:o,s:o,s:s,s:I,s:I,s:I,s:I,s:f,s:f}", "file", kor_text_json(r->file, strlen(r->file)),
        "card", kor_text_json(r->card, strlen(r->card)), "head", kor_head_name(r->task.head),
        "labels", (json_int_t)r->labels.count, "rows", (json_int_t)r->rows, "measured_on",
        (json_int_t)r->val_rows, "bytes", (json_int_t)r->bytes, "seconds", r->seconds,
        "us_per_item", r->us_per_item);
    if (r->metric)
        add_pair_figures(o, r);
    else if (m->spans)
        json_object_update_new(o,
                               json_pack("{s:f,s:f,s:f,s:f,s:f,s:f}", "span_f1", m->micro_f1,
                                         "precision", m->precision, "recall", m->recall, "macro_f1",
                                         m->macro_f1, "accuracy", m->accuracy, "ece", m->ece));
    else
        json_object_update_new(o, json_pack("{s:f,s:[f,f],s:f,s:f,s:f,s:f,s:f}", "accuracy",
                                            m->accuracy, "interval", m->accuracy_low,
                                            m->accuracy_high, "macro_f1", m->macro_f1, "micro_f1",
                                            m->micro_f1, "p_at_1", m->p_at_1, "ece", m->ece,
                                            "int8_cost", r->quality_f32 - r->quality));
    if (!r->metric)
        json_object_set_new(o, "diagram", kor_text_json(r->diagram, strlen(r->diagram)));
    json_object_set_new(o, "architecture", json_string(kor_architecture_name(r->made)));
    json_t *tried = json_object();
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) {
        if (!isnan(r->tried[i]))
            json_object_set_new(tried, kor_architecture_name((kor_architecture)i),
                                json_real(r->tried[i]));
    }
    json_object_set_new(o, "tried", tried);
    json_object_set_new(o, "gates", gates);
    json_object_set_new(o, "passed", json_boolean(r->passed));
    return o;
}

static void print_report(const kor_train_report *r)
{
    const kor_metrics *m = &r->metrics;
    kor_print_line(KOR_BOLD, r->file, strlen(r->file), 0);
    const char *noun = r->metric ? "pair" : "row";
    printf("  %s bytes, ", kor_grouped((int64_t)r->bytes));
    if (r->labels.count) printf("%s, ", kor_counted((int64_t)r->labels.count, "label"));
    printf("trained on %s in %.1f s\n", kor_counted((int64_t)r->rows, noun), r->seconds);
    printf("measured on %s %s\n", kor_counted((int64_t)r->val_rows, noun),
           !r->split   ? "of val"
           : !r->apart ? "that were held back and then learnt from too"
                       : "that were held back");
    if (r->metric)
        print_pair_figures(r);
    else if (m->spans)
        printf("  span F1   %.4f   precision %.4f   recall %.4f   macro-F1 %.4f\n", m->micro_f1,
               m->precision, m->recall, m->macro_f1);
    else if (m->tags)
        printf("  micro-F1  %.4f   macro-F1 %.4f   precision at 1 %.4f\n", m->micro_f1, m->macro_f1,
               m->p_at_1);
    else
        printf("  accuracy  %.4f  (%.4f to %.4f)   macro-F1 %.4f\n", m->accuracy, m->accuracy_low,
               m->accuracy_high, m->macro_f1);
    if (!r->metric) {
        printf("  calibration error %.4f", m->ece);
        if (!m->spans) printf("   cost of int8 %.2f points", 100 * (r->quality_f32 - r->quality));
        printf("   %.1f us an answer\n", r->us_per_item);
    }
    size_t tried = 0;
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) {
        if (isnan(r->tried[i])) continue;
        printf(tried++ ? ", %s %.4f" : "  tried     %s %.4f",
               kor_architecture_name((kor_architecture)i), r->tried[i]);
    }
    if (tried) printf(": took %s\n", kor_architecture_name(r->made));
    for (size_t i = 0; i < r->gates; i++) {
        const kor_gate *g = &r->gate[i];
        kor_print(g->passed ? KOR_GREEN : KOR_RED, "  gate %-9s %s %-10.6g got %-10.6g %s\n",
                  g->name, g->at_most ? "<=" : ">=", g->wanted, g->got,
                  g->passed ? "passed" : "failed");
    }
}

static int run(int argc, char **argv)
{
    const char *out = NULL, *seed_text = NULL;
    const kor_option options[] = {
        {"-o", "FILE", "where to write; default FOLDER/NAME.gguf", &out, NULL},
        {"--seed", "N", "instead of the task's", &seed_text, NULL},
        {0},
    };
    kor_args a;
    int code;
    if (!kor_args_parse(&a, &kor_command_train, options, 1, 1, argc, argv, &code)) return code;
    uint64_t seed = 0;
    if (seed_text && !parse_seed(seed_text, &seed))
        return kor_wrong_use(a.command, "--seed '%s': a whole number, 0 or more", seed_text);
    watcher w = {kor_seconds()};
    kor_error err;
    kor_model *trunk = NULL;
    kor_task task;
    kor_status status = kor_task_read(&task, a.word[0], &err);
    if (status == KOR_OK) {
        status = kor_base_open(&trunk, task.base, &a, &err);
        kor_task_free(&task);
    }
    if (status != KOR_OK) return kor_report(a.command, &err);
    const kor_train_options how = {.out = out,
                                   .trunk = trunk,
                                   .seed = seed_text ? &seed : NULL,
                                   .remarks = {say_remark, NULL},
                                   .progress = show_progress,
                                   .progress_arg = &w};
    kor_train_report report;
    status = kor_train(&report, a.word[0], &how, &err);
    kor_model_close(trunk);
    kor_progress_clear();
    if (status != KOR_OK) return kor_report(a.command, &err);
    if (a.json)
        kor_print_json(report_json(&report));
    else
        print_report(&report);
    code = report.passed ? EXIT_DONE : EXIT_NO;
    kor_train_report_free(&report);
    return code;
}

const kor_command kor_command_train = {
    .name = "train",
    .summary = "make a model from a task folder",
    .usage = "FOLDER [-o FILE] [--seed N]",
    .details =
        "FOLDER holds task.yaml, which names the rows to learn from (JSON lines of \"text\" and\n"
        "\"label\", \"labels\" or \"spans\", or pairs of texts). Beside the model it writes its "
        "card, FILE.md,\nwith a picture, FILE.svg. The same rows and seed give the same bytes. "
        "Exit "
        "code 1 when\na gate of the task failed.\n\n"
        "  korora train tasks/spam -o spam.gguf\n",
    .run = run,
};
