/* SPDX-License-Identifier: Apache-2.0 */
/* A model and a teacher side by side, on the same rows. */
#ifndef KOR_EVAL_TEACHER_H
#define KOR_EVAL_TEACHER_H

#include "learn/dataset.h"
#include "learn/metrics.h"

#include <jansson.h>

typedef struct kor_teacher_score {
    size_t asked, answered, right; /* rows in scope; those without an answer are not right */
    double seconds, tokens, usd;
} kor_teacher_score;

/* Send the texts of rows of head classify to the teacher of a configuration, with the labels. */
kor_status kor_eval_teacher(kor_teacher_score *out, const char *config, const kor_dataset *data,
                            const kor_labels *labels, kor_error *err);

json_t *kor_teacher_score_json(const kor_teacher_score *score);

/* As a table, with the model that has those metrics. False when memory ran out. */
bool kor_teacher_score_print(const kor_teacher_score *score, const kor_metrics *m,
                             double us_per_item);

#endif
