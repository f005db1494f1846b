/* SPDX-License-Identifier: Apache-2.0 */
/* What a task folder tells a teacher: its labels, what they mean, and teacher-task.yaml.
 * docs/teacher.md is the reference. */
#ifndef KOR_TEACHER_TASK_H
#define KOR_TEACHER_TASK_H

#include "forge/teacher.h"

typedef struct kor_teacher_task {
    const char *name;
    kor_lesson lesson; /* into what follows */
    kor_labels labels;
    const char **meaning;      /* [labels] */
    const char *config;        /* the path of a configuration of its own; NULL for none */
    size_t count, per_request; /* rows in all, and of a request */
    double near;
    bool unchecked;
    uint64_t seed;
    kor_arena arena;
} kor_teacher_task;

/* Read FOLDER/task.yaml, and, where they are, teacher-task.yaml, labels.yaml and labels.md. The
 * labels are those of task.yaml, else those of the descriptions, else those of the rows. A
 * description of what is no label, and a task of another head than classify or tags, are
 * KOR_E_INPUT. Free with kor_teacher_task_free. */
kor_status kor_teacher_task_read(kor_teacher_task *out, const char *folder,
                                 const kor_remarks *remarks, kor_error *err);
void kor_teacher_task_free(kor_teacher_task *task);

#endif
