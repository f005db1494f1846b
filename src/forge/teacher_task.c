/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/teacher_task.h"

#include "base/file.h"
#include "forge/yaml_lines.h"
#include "learn/task.h"
#include "text/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIST_MAX = 100, DESCRIPTIONS_MAX = 1 << 20 };

typedef struct reader {
    kor_teacher_task *out;
    const kor_task *task;
    const kor_remarks *remarks;
    bool closed;      /* the labels are known: a description of another one is an error */
    const char *file; /* of the descriptions, as teacher-task.yaml names it */
    char path[4200];
    const char **meaning; /* by label, grows with them */
    size_t cap;
    const char *personas[LIST_MAX], *styles[LIST_MAX];
} reader;

static kor_status copy(reader *r, const char **out, const char *text, size_t len, kor_error *err)
{
    *out = kor_arena_copy(&r->out->arena, text, len);
    return *out ? KOR_OK : kor_fail_memory(err);
}

/* A file of the folder; false when it is not there. */
static bool path_of(reader *r, const char *name)
{
    (void)snprintf(r->path, sizeof r->path, "%.4000s%s%.180s", *name == '/' ? "" : r->task->folder,
                   *name == '/' ? "" : "/", name);
    return access(r->path, F_OK) == 0;
}

/* ---- teacher-task.yaml ---- */

static kor_status add_to(reader *r, const char **list, size_t *count, const kor_yaml_item *item,
                         kor_error *err)
{
    if (*count == LIST_MAX) return kor_yaml_fail(item, err, "%s: at most %d", item->key, LIST_MAX);
    return copy(r, &list[(*count)++], item->value, strlen(item->value), err);
}

static kor_status take_key(void *arg, const kor_yaml_item *item, kor_error *err)
{
    reader *r = arg;
    kor_teacher_task *t = r->out;
    double n = 0;
    size_t len = strlen(item->value);
    if (!len) return kor_yaml_fail(item, err, "%s is empty", item->key);
    if (strcmp(item->key, "about") == 0) return copy(r, &t->lesson.about, item->value, len, err);
    if (strcmp(item->key, "language") == 0)
        return copy(r, &t->lesson.language, item->value, len, err);
    if (strcmp(item->key, "descriptions") == 0) return copy(r, &r->file, item->value, len, err);
    if (strcmp(item->key, "personas") == 0)
        return add_to(r, r->personas, &t->lesson.persona_count, item, err);
    if (strcmp(item->key, "styles") == 0)
        return add_to(r, r->styles, &t->lesson.style_count, item, err);
    if (strcmp(item->key, "near") == 0) return kor_yaml_number(item, 0.3, 1, false, &t->near, err);
    if (strcmp(item->key, "count") == 0) {
        KOR_TRY(kor_yaml_number(item, 1, 1e6, true, &n, err));
        t->count = (size_t)n;
        return KOR_OK;
    }
    if (strcmp(item->key, "rows_per_request") == 0) {
        KOR_TRY(kor_yaml_number(item, 1, 50, true, &n, err));
        t->per_request = (size_t)n;
        return KOR_OK;
    }
    if (strcmp(item->key, "check") == 0) {
        t->unchecked = strcmp(item->value, "no") == 0;
        if (t->unchecked || strcmp(item->value, "yes") == 0) return KOR_OK;
        return kor_yaml_fail(item, err, "check '%.60s': it must be yes or no", item->value);
    }
    if (strcmp(item->key, "teacher") == 0) {
        char path[4200]; /* r->path is the file that is being read */
        (void)snprintf(path, sizeof path, "%.4000s%s%.180s",
                       *item->value == '/' ? "" : r->task->folder, *item->value == '/' ? "" : "/",
                       item->value);
        return copy(r, &t->config, path, strlen(path), err);
    }
    return kor_yaml_fail(item, err, "unknown key '%.60s'", item->key);
}

/* ---- Descriptions ---- */

static kor_status describe(reader *r, const kor_yaml_item *item, kor_error *err)
{
    kor_labels *labels = &r->out->labels;
    size_t len = strlen(item->key), at = kor_labels_find(labels, item->key, len);
    if (!len || len > 255 || labels->count >= 10000)
        return kor_yaml_fail(item, err, "a label must be a text of 1 to 255 bytes");
    if (at == SIZE_MAX && r->closed)
        return kor_yaml_fail(item, err, "'%.80s' is not among the labels of task.yaml", item->key);
    KOR_TRY(kor_labels_add(labels, item->key, len, &at, err));
    if (at >= r->cap) {
        size_t cap = 2 * (at + 32);
        const char **more = kor_arena_array(&r->out->arena, cap, sizeof *more);
        if (!more) return kor_fail_memory(err);
        for (size_t i = 0; i < cap; i++) more[i] = i < r->cap ? r->meaning[i] : "";
        r->meaning = more;
        r->cap = cap;
    }
    if (*r->meaning[at]) return kor_yaml_fail(item, err, "'%.80s' is described twice", item->key);
    return copy(r, &r->meaning[at], item->value, strlen(item->value), err);
}

static kor_status take_description(void *arg, const kor_yaml_item *item, kor_error *err)
{
    return describe(arg, item, err);
}

/* A line "- label: meaning" of Markdown, the label perhaps `quoted` or **strong**. */
static kor_status take_bullet(reader *r, char *line, size_t number, kor_error *err)
{
    char *s = line + strspn(line, " \t");
    if ((*s != '-' && *s != '*' && *s != '+') || (s[1] != ' ' && s[1] != '\t')) return KOR_OK;
    s += 1 + strspn(s + 1, " \t");
    s += strspn(s, "*`");
    char *colon = strchr(s, ':');
    char *meaning = colon ? colon + 1 : s + strlen(s), *end = colon ? colon : meaning;
    while (end > s && strchr(" \t*`", end[-1])) end--;
    meaning += strspn(meaning, " \t*");
    *end = 0;
    const kor_yaml_item item = {r->path, s, meaning, number};
    return describe(r, &item, err);
}

static kor_status read_markdown(reader *r, kor_error *err)
{
    kor_str text = {0};
    kor_status status = kor_file_read(&text, r->path, DESCRIPTIONS_MAX, err);
    if (status == KOR_OK && (!kor_utf8_valid(kor_str_text(&text), text.len) ||
                             memchr(kor_str_text(&text), 0, text.len)))
        status = kor_fail(err, KOR_E_INPUT, "%s: not UTF-8", r->path);
    size_t number = 1;
    for (char *s = text.data; status == KOR_OK && s && *s; number++) {
        size_t n = strcspn(s, "\r\n");
        char *next = s + n + (s[n] == '\r' && s[n + 1] == '\n') + (s[n] != 0);
        s[n] = 0;
        status = take_bullet(r, s, number, err);
        s = next;
    }
    kor_str_free(&text);
    return status;
}

static kor_status read_descriptions(reader *r, kor_error *err)
{
    static const char *const usual[] = {"labels.yaml", "labels.md"};
    bool there = false;
    if (r->file) {
        (void)path_of(r, r->file);
        there = true; /* or it is told when it is read */
    }
    for (size_t i = 0; i < 2 && !there; i++) there = path_of(r, usual[i]);
    if (!there) return KOR_OK;
    size_t n = strlen(r->path);
    return n > 3 && strcmp(r->path + n - 3, ".md") == 0
               ? read_markdown(r, err)
               : kor_yaml_read(r->path, take_description, r, err);
}

/* ---- The labels ---- */

static kor_status labels_of_rows(reader *r, kor_error *err)
{
    kor_dataset data;
    const kor_dataset_options o = {.tags = r->task->head == KOR_HEAD_TAGS, .remarks = *r->remarks};
    if (!r->task->train || access(r->task->train, F_OK) != 0) return KOR_OK;
    KOR_TRY(kor_dataset_read(&data, r->task->train, &r->out->labels, &o, err));
    kor_dataset_free(&data);
    return KOR_OK;
}

static kor_status add_label(reader *r, const char *name, kor_error *err)
{
    size_t at;
    return kor_labels_add(&r->out->labels, name, strlen(name), &at, err);
}

static kor_status find_labels(reader *r, kor_error *err)
{
    kor_labels *labels = &r->out->labels;
    const char *outside = r->task->out_of_scope;
    for (size_t i = 0; i < r->task->label_count; i++)
        KOR_TRY(add_label(r, r->task->labels[i], err));
    r->closed = labels->count > 0;
    if (outside && r->closed) KOR_TRY(add_label(r, outside, err));
    KOR_TRY(read_descriptions(r, err));
    if (!labels->count) KOR_TRY(labels_of_rows(r, err));
    if (outside && labels->count) KOR_TRY(add_label(r, outside, err));
    if (labels->count < 2)
        return kor_fail(err, KOR_E_INPUT,
                        "%s: which labels? Name two or more in task.yaml (labels:) or in "
                        "labels.yaml (label: meaning)",
                        r->task->folder);
    r->out->meaning = kor_arena_array(&r->out->arena, labels->count, sizeof *r->out->meaning);
    if (!r->out->meaning) return kor_fail_memory(err);
    for (size_t i = 0; i < labels->count; i++) {
        bool outer = outside && strcmp(labels->name[i], outside) == 0;
        r->out->meaning[i] = i < r->cap && *r->meaning[i] ? r->meaning[i]
                             : outer ? "none of the other labels, though it may sound like one"
                                     : "";
    }
    return KOR_OK;
}

static kor_status keep_list(reader *r, const char *const **out, const char **list, size_t count,
                            kor_error *err)
{
    const char **kept = kor_arena_array(&r->out->arena, count, sizeof *kept);
    if (!kept) return kor_fail_memory(err);
    for (size_t i = 0; i < count; i++) kept[i] = list[i];
    *out = kept;
    return KOR_OK;
}

static kor_status read_task(reader *r, kor_error *err)
{
    kor_teacher_task *t = r->out;
    if (kor_task_is_paired(r->task))
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "%s/task.yaml: a teacher makes rows for heads classify and tags only",
                        r->task->folder);
    KOR_TRY(copy(r, &t->name, r->task->name, strlen(r->task->name), err));
    if (path_of(r, "teacher-task.yaml")) KOR_TRY(kor_yaml_read(r->path, take_key, r, err));
    KOR_TRY(find_labels(r, err));
    KOR_TRY(keep_list(r, &t->lesson.personas, r->personas, t->lesson.persona_count, err));
    KOR_TRY(keep_list(r, &t->lesson.styles, r->styles, t->lesson.style_count, err));
    t->lesson.labels = &t->labels;
    t->lesson.meaning = t->meaning;
    t->seed = r->task->seed;
    if (!t->count) t->count = 50 * t->labels.count;
    return KOR_OK;
}

kor_status kor_teacher_task_read(kor_teacher_task *out, const char *folder,
                                 const kor_remarks *remarks, kor_error *err)
{
    *out = (kor_teacher_task){.per_request = 10, .near = 0.7};
    kor_task task;
    KOR_TRY(kor_task_read(&task, folder, err));
    reader *r = calloc(1, sizeof *r);
    kor_status status = r ? KOR_OK : kor_fail_memory(err);
    if (r) {
        r->out = out;
        r->task = &task;
        r->remarks = remarks;
        status = read_task(r, err);
    }
    free(r);
    kor_task_free(&task);
    if (status != KOR_OK) kor_teacher_task_free(out);
    return status;
}

void kor_teacher_task_free(kor_teacher_task *task)
{
    kor_labels_free(&task->labels);
    kor_arena_free(&task->arena);
    *task = (kor_teacher_task){0};
}
