/* SPDX-License-Identifier: Apache-2.0 */
/* What rows should give beyond their labels: how much each weighs, and what a teacher says. */
#ifndef KOR_TEACH_H
#define KOR_TEACH_H

#include "learn/dataset.h"
#include "learn/loss.h"

typedef struct kor_teaching {
    bool balanced;     /* the rows of each label weigh the same together, 1 on average */
    float distill;     /* share of the loss of a row with soft labels; 0: they are not used */
    float temperature; /* of teacher and student, where they are compared; over 0 */
} kor_teaching;

/* The targets of rows[count], whose labels are below labels; soft labels are brought to the
 * temperature. With tags a row weighs the mean of what its labels ask for, and rows without a label
 * are as a label of their own. What out points to is in arena. */
kor_status kor_targets_make(kor_targets *out, const kor_row *const *rows, size_t count,
                            size_t labels, bool tags, const kor_teaching *teaching,
                            kor_arena *arena, kor_error *err);

/* Probabilities p[labels] as they were had the logits been divided by temperature: p^(1/T) over
 * their sum, or with tags each by itself. */
void kor_soften(float *p, size_t labels, bool tags, float temperature);

/* Give the rows that have no soft labels those of a model in a file, which must be of that head and
 * have the same labels, in any order. A model on a trunk is opened on trunk, when that is not NULL.
 * *checksum is the model's. KOR_E_INPUT when it does not fit. */
kor_status kor_teach(kor_dataset *data, const kor_labels *labels, const char *head,
                     const char *path, const kor_model *trunk, uint64_t *checksum, kor_error *err);

#endif
