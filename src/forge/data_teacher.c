/* SPDX-License-Identifier: Apache-2.0 */
/* Rows from a large language model, as the task folder describes them to it. */
#include "forge/data_source.h"
#include "forge/teacher_task.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* What a teacher is told; who it is too, for another one would say something else. */
static kor_status list(kor_made_from *out, const kor_data_request *q, kor_error *err)
{
    static const char *const names[] = {"teacher-task.yaml", "labels.yaml", "labels.md"};
    char path[4200];
    KOR_TRY(kor_made_from_file(out, q->source->teacher, q->task->folder, err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)snprintf(path, sizeof path, "%.4000s/%s", q->task->folder, names[i]);
        if (access(path, F_OK) == 0) KOR_TRY(kor_made_from_file(out, path, q->task->folder, err));
    }
    return KOR_OK;
}

typedef struct taker {
    kor_made_rows *out;
    const kor_data_request *q;
    size_t number;
} taker;

static kor_status take(void *arg, const kor_teacher_row *row, kor_error *err)
{
    taker *t = arg;
    return kor_made_rows_check(t->out, row->json, strlen(row->json), ++t->number, t->q->task,
                               t->q->source->name, t->q->remarks, err);
}

static kor_status make(kor_teacher *teacher, kor_made_rows *out, const kor_data_request *q,
                       const kor_teacher_task *told, kor_error *err)
{
    char journal[4200];
    kor_teacher_report report;
    taker t = {out, q, 0};
    (void)snprintf(journal, sizeof journal, "%.4000s/teacher-journal.jsonl", q->work);
    const kor_teacher_job job = {.lesson = told->lesson,
                                 .journal = journal,
                                 .seed = q->seed,
                                 .count = q->source->count,
                                 .per_request = told->per_request,
                                 .near = told->near,
                                 .unchecked = told->unchecked,
                                 .remarks = *q->remarks};
    KOR_TRY(kor_teacher_make(teacher, &job, take, &t, &report, err));
    if (report.missing)
        kor_remark(q->remarks, "%s: %zu of %zu rows are missing%s%s", q->source->name,
                   report.missing, q->source->count, *report.stopped ? ": " : "", report.stopped);
    return KOR_OK;
}

static kor_status load(kor_made_rows *out, const kor_data_request *q, kor_error *err)
{
    kor_teacher_task told;
    kor_teacher *teacher;
    KOR_TRY(kor_teacher_task_read(&told, q->task->folder, q->remarks, err));
    kor_status status = kor_teacher_open(&teacher, q->source->teacher, err);
    if (status == KOR_OK) {
        status = make(teacher, out, q, &told, err);
        kor_teacher_close(teacher);
    }
    kor_teacher_task_free(&told);
    return status;
}

const kor_data_kind kor_data_teacher = {"teacher", true, list, load};
