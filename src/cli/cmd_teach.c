/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/cli.h"

#include "base/file.h"
#include "forge/teacher_task.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXTS_MAX_BYTES = 1 << 30 };

typedef struct lesson_plan {
    kor_teacher_task task;
    kor_teacher *teacher;
    kor_teacher_report report;
    kor_str lines; /* of the file of texts */
    kor_arena arena;
    kor_text *texts;
    size_t count, cap;
    kor_writer writer;
    size_t *rows; /* [labels] */
    char out[4096], journal[4096];
    double started;
} lesson_plan;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_progress_clear();
    kor_say(&kor_command_teach, "%s", line);
}

static void show_progress(void *arg, double fraction)
{
    const lesson_plan *p = arg;
    kor_progress("teach", fraction, (int64_t)p->report.rows, kor_seconds() - p->started);
}

static kor_status take_row(void *arg, const kor_teacher_row *row, kor_error *err)
{
    lesson_plan *p = arg;
    if (row->label < p->task.labels.count) p->rows[row->label]++;
    KOR_TRY(kor_writer_add(&p->writer, row->json, strlen(row->json), err));
    return kor_writer_add(&p->writer, "\n", 1, err);
}

/* ---- Texts to label ---- */

static kor_status add_text(lesson_plan *p, const char *text, size_t len, kor_error *err)
{
    if (p->count == p->cap) {
        size_t cap = p->cap ? 2 * p->cap : 1024;
        kor_text *texts = realloc(p->texts, cap * sizeof *texts);
        if (!texts) return kor_fail_memory(err);
        p->texts = texts;
        p->cap = cap;
    }
    p->texts[p->count++] = (kor_text){text, len};
    return KOR_OK;
}

static kor_status add_row(lesson_plan *p, const char *line, size_t len, const char *path,
                          size_t number, kor_error *err)
{
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, NULL), *text = json_object_get(row, "text");
    kor_status status = KOR_OK;
    if (json_string_length(text)) {
        const char *copy =
            kor_arena_copy(&p->arena, json_string_value(text), json_string_length(text));
        status = copy ? add_text(p, copy, json_string_length(text), err) : kor_fail_memory(err);
    } else {
        kor_say(&kor_command_teach, "%s:%zu: no \"text\"", path, number);
    }
    json_decref(row);
    return status;
}

/* The texts of a file: of rows when its name says so, else its lines. */
static kor_status read_texts(lesson_plan *p, const char *path, kor_error *err)
{
    size_t n = strlen(path), number = 1;
    bool rows = n > 6 && strcmp(path + n - 6, ".jsonl") == 0;
    KOR_TRY(kor_file_read(&p->lines, path, TEXTS_MAX_BYTES, err));
    const char *s = kor_str_text(&p->lines), *end = s + p->lines.len;
    for (; s < end; number++) {
        const char *stop = memchr(s, '\n', (size_t)(end - s));
        size_t len = stop ? (size_t)(stop - s) : (size_t)(end - s);
        if (rows && len)
            KOR_TRY(add_row(p, s, len, path, number, err));
        else if (len)
            KOR_TRY(add_text(p, s, len, err));
        s += len + 1;
    }
    if (!p->count) return kor_fail(err, KOR_E_INPUT, "%s: no text to label", path);
    return KOR_OK;
}

/* ---- The outcome ---- */

static json_t *report_json(const lesson_plan *p)
{
    const kor_teacher_report *r = &p->report;
    json_t *labels = json_object();
    for (size_t i = 0; i < p->task.labels.count; i++)
        json_object_set_new(labels, p->task.labels.name[i], json_integer((json_int_t)p->rows[i]));
    json_t *o =
        json_pack("{s:o,s:I,s:I,s:o}", "file", kor_text_json(p->out, strlen(p->out)), "rows",
                  (json_int_t)r->rows, "missing", (json_int_t)r->missing, "labels", labels);
    const struct {
        const char *key;
        size_t value;
    } counts[] = {{"duplicates", r->duplicates},
                  {"near_duplicates", r->near_duplicates},
                  {"disagreements", r->disagreements},
                  {"other_labels", r->other_labels},
                  {"bad_rows", r->bad_rows},
                  {"unchecked", r->unchecked},
                  {"requests", r->requests},
                  {"retries", r->retries},
                  {"failed", r->failed},
                  {"reused", r->reused}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        json_object_set_new(o, counts[i].key, json_integer((json_int_t)counts[i].value));
    json_object_update_new(o, json_pack("{s:f,s:f,s:f,s:f,s:f,s:b,s:f}", "tokens_in", r->tokens_in,
                                        "tokens_out", r->tokens_out, "usd", r->usd, "tokens_all",
                                        r->tokens_all, "usd_all", r->usd_all, "estimated",
                                        r->estimated, "seconds", r->seconds));
    json_object_set_new(o, "stopped",
                        *r->stopped ? kor_text_json(r->stopped, strlen(r->stopped)) : json_null());
    return o;
}

static void print_report(const lesson_plan *p)
{
    const kor_teacher_report *r = &p->report;
    const struct {
        size_t count;
        const char *what;
    } left_out[] = {{r->duplicates, "equal"},
                    {r->near_duplicates, "nearly equal"},
                    {r->disagreements, "labelled otherwise"},
                    {r->other_labels, "of another label"},
                    {r->bad_rows, "unusable"},
                    {r->unchecked, "not checked"}};
    kor_print_line(KOR_BOLD, p->out, strlen(p->out), 0);
    printf("  %s of %s in %.1f s\n", kor_counted((int64_t)r->rows, "row"),
           kor_counted((int64_t)p->task.labels.count, "label"), r->seconds);
    size_t told = 0;
    for (size_t i = 0; i < sizeof left_out / sizeof *left_out; i++) {
        if (!left_out[i].count) continue;
        printf("%s%s %s", told++ ? ", " : "  left out  ", kor_grouped((int64_t)left_out[i].count),
               left_out[i].what);
    }
    if (told) putchar('\n');
    printf("  asked     %s", kor_counted((int64_t)r->requests, "request"));
    if (r->retries) printf(", %s of them again", kor_grouped((int64_t)r->retries));
    if (r->failed) printf(", %s without an answer", kor_grouped((int64_t)r->failed));
    if (r->reused) printf("; %s from before", kor_counted((int64_t)r->reused, "answer"));
    printf("\n  cost      %s tokens in, %s out, $%.4f%s\n", kor_grouped((int64_t)r->tokens_in),
           kor_grouped((int64_t)r->tokens_out), r->usd,
           r->estimated ? " (in part estimated: the endpoint did not say)" : "");
    if (r->missing) printf("  missing   %s\n", kor_counted((int64_t)r->missing, "row"));
    if (*r->stopped) {
        printf("  stopped   ");
        kor_print_line(KOR_YELLOW, r->stopped, strlen(r->stopped), 0);
        putchar('\n');
    }
}

/* ---- The command ---- */

static kor_status find_config(char out[4096], const lesson_plan *p, const kor_args *a,
                              kor_error *err)
{
    char home[4096];
    KOR_TRY(kor_home(home, a, err));
    (void)snprintf(out, 4096, "%.4000s/teacher.yaml", home);
    if (p->task.config) (void)snprintf(out, 4096, "%s", p->task.config);
    if (access(out, F_OK) == 0) return KOR_OK;
    return kor_fail(err, KOR_E_NOT_FOUND,
                    "no teacher is set up: write %.120s with url and model (docs/teacher.md)", out);
}

static kor_status set_paths(lesson_plan *p, const char *folder, const char *out, bool label,
                            kor_error *err)
{
    int n = snprintf(p->out, sizeof p->out, "%s", out ? out : folder);
    if (!out && n > 0 && (size_t)n < sizeof p->out - 64)
        (void)snprintf(p->out + n, sizeof p->out - (size_t)n, "/teacher-%s.jsonl",
                       label ? "labels" : "rows");
    int m = snprintf(p->journal, sizeof p->journal, "%s/teacher-journal.jsonl", folder);
    if (n < 0 || m < 0 || n >= 4000 || m >= 4000)
        return kor_fail(err, KOR_E_ARG, "%.80s...: path too long", folder);
    return KOR_OK;
}

static kor_status teach(lesson_plan *p, const kor_args *a, long count, const char *label,
                        const char *out, kor_error *err)
{
    char config[4096];
    const char *folder = a->word[0];
    const kor_remarks remarks = {say_remark, NULL};
    KOR_TRY(kor_teacher_task_read(&p->task, folder, &remarks, err));
    KOR_TRY(set_paths(p, folder, out, label != NULL, err));
    if (label) KOR_TRY(read_texts(p, label, err));
    KOR_TRY(find_config(config, p, a, err));
    KOR_TRY(kor_teacher_open(&p->teacher, config, err));
    p->rows = calloc(p->task.labels.count, sizeof *p->rows);
    if (!p->rows) return kor_fail_memory(err);
    KOR_TRY(kor_writer_open(&p->writer, p->out, err));
    const kor_teacher_job job = {.lesson = p->task.lesson,
                                 .journal = p->journal,
                                 .seed = p->task.seed,
                                 .count = count ? (size_t)count : p->task.count,
                                 .per_request = p->task.per_request,
                                 .near = p->task.near,
                                 .unchecked = p->task.unchecked,
                                 .texts = p->texts,
                                 .text_count = p->count,
                                 .remarks = remarks,
                                 .progress = show_progress,
                                 .progress_arg = p};
    kor_status status = label ? kor_teacher_label(p->teacher, &job, take_row, p, &p->report, err)
                              : kor_teacher_make(p->teacher, &job, take_row, p, &p->report, err);
    kor_progress_clear();
    if (status == KOR_OK) return kor_writer_commit(&p->writer, err);
    kor_writer_abandon(&p->writer);
    return status;
}

static int run(int argc, char **argv)
{
    const char *count_text = NULL, *label = NULL, *out = NULL;
    const kor_option options[] = {
        {"--count", "N", "rows in all; default 50 for each label", &count_text, NULL},
        {"--label", "FILE", "label the texts of FILE instead", &label, NULL},
        {"-o", "FILE", "where to write; default FOLDER/teacher-rows.jsonl", &out, NULL},
        {0},
    };
    kor_args a;
    int code;
    long count;
    if (!kor_args_parse(&a, &kor_command_teach, options, 1, 1, argc, argv, &code)) return code;
    if (!kor_parse_number(a.command, "--count", count_text, 1, 1000000, 0, &count, &code))
        return code;
    if (count && label) return kor_wrong_use(a.command, "--count does not go with --label");
    lesson_plan *p = calloc(1, sizeof *p);
    kor_error err;
    kor_status status = p ? KOR_OK : kor_fail_memory(&err);
    if (p) {
        p->started = kor_seconds();
        p->writer.fd = -1;
        status = teach(p, &a, count, label, out, &err);
    }
    if (status != KOR_OK)
        code = kor_report(a.command, &err);
    else if (a.json)
        kor_print_json(report_json(p));
    else
        print_report(p);
    if (status == KOR_OK) code = p->report.missing ? EXIT_NO : EXIT_DONE;
    if (p) {
        kor_teacher_close(p->teacher);
        kor_teacher_task_free(&p->task);
        kor_str_free(&p->lines);
        kor_arena_free(&p->arena);
        free(p->texts);
        free(p->rows);
    }
    free(p);
    return code;
}

const kor_command kor_command_teach = {
    .name = "teach",
    .summary = "let a large language model make rows to learn from",
    .usage = "FOLDER [--count N] [--label FILE] [-o FILE]",
    .details =
        "FOLDER holds task.yaml, and labels.yaml with what each label means. The model is behind "
        "the\nendpoint that teacher.yaml names, in the folder of the memory; without it nothing is "
        "sent\nanywhere. Rows are made in small batches, told apart, and labelled a second time; "
        "those that\nare equal, nearly equal or labelled otherwise are left out. With --label the "
        "texts of FILE\n(lines, or rows of a .jsonl) are labelled, with probabilities where the "
        "endpoint tells them.\nWhat was answered is kept in FOLDER/teacher-journal.jsonl: the same "
        "command again asks only\nfor what is missing. Exit code 1 when rows are missing, because "
        "of the budget for one.\n\n"
        "  korora teach tasks/home --count 400\n"
        "  korora teach tasks/home --label lines.txt -o labelled.jsonl\n",
    .run = run,
};
