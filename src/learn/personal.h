/* SPDX-License-Identifier: Apache-2.0 */
/* A model that was shipped, and what its user knows better. Its own answers are where learning
 * starts and what it is held to: a linear layer on the features of its encoder, from 0, is learnt
 * on top of its logits, so that corrected rows are answered as they were corrected and all other
 * rows as before. The layer is added to that of the model. Nothing that the model was trained on is
 * needed, and texts without labels serve.
 *
 *     logits = shipped logits + temperature (x delta + delta bias)
 *     x      = embedding * 20, (state - mean) * factor                    [2 dim]
 *
 * A bag, which has no encoder, becomes a hybrid on the base model with that layer and its bag. */
#ifndef KOR_PERSONAL_H
#define KOR_PERSONAL_H

#include "learn/dataset.h"
#include "model/head.h"

/* How often a corrected row counts against one that is held to the model's answer: the first, and
 * where that does not pass the gates the second. */
#define KOR_PERSONAL_WEIGHT 8
#define KOR_PERSONAL_WEIGHT_LEAST 2

/* An event of the user's whose embedding is so near to a corrected one's (cosine) is not held to
 * the model's answer: it may well be wrong there too. */
#define KOR_PERSONAL_NEAR 0.6f

typedef struct kor_personal_row {
    const char *text; /* len bytes */
    size_t len;
    const int8_t *right; /* [labels] of a corrected row: 1 has, 0 has not, -1 not said; else NULL */
    bool own;            /* an event of the user's; else a row of the task */
} kor_personal_row;

/* The rows as the model sees them. */
typedef struct kor_personal_set {
    const kor_personal_row *rows;
    size_t count, labels, dim;
    kor_head head;
    float temperature;
    float *answer;              /* [count][labels] probabilities of the model */
    float *x;                   /* [count][2 dim] standardised */
    const float *mean, *factor; /* [dim] of states */
    bool bag;                   /* the model stands on no encoder */
    kor_arena arena;
} kor_personal_set;

/* Answer and read rows[count], which must outlive out, with the open model of the file at path; for
 * a bag with trunk, which else is not looked at but for a hybrid's own. KOR_E_UNSUPPORTED when the
 * model has no labels, or is a bag and trunk is NULL. Free with kor_personal_free. */
kor_status kor_personal_read(kor_personal_set *out, const char *path, const kor_model *model,
                             const kor_model *trunk, const kor_personal_row *rows, size_t count,
                             kor_error *err);
void kor_personal_free(kor_personal_set *set);

/* Floats of a delta: [2 dim][labels], then the bias. */
size_t kor_personal_size(const kor_personal_set *set);

/* Learn a delta from the rows but those where without (may be NULL) is true. */
kor_status kor_personal_learn(float *delta, const kor_personal_set *set, const bool *without,
                              float weight, uint64_t seed, kor_error *err);

/* p[labels] of a row with a delta; NULL: of the model as it is. */
void kor_personal_answer(const kor_personal_set *set, const float *delta, size_t row, float *p);

/* Of what was said of a corrected row, how many labels p agrees with; *of is how many there are.
 * classify: the most probable label, 1 or 0 of 1. */
size_t kor_personal_agrees(const kor_personal_set *set, size_t row, const float *p, size_t *of);

/* What goes into a personal model's file beside its weights. */
typedef struct kor_personal_note {
    uint64_t of;          /* checksum of the shipped model */
    uint32_t corrections; /* events that were corrected */
    double quality;       /* on the gate set; NAN: not known yet */
    const char *card;     /* put before the shipped model's; or NULL */
} kor_personal_note;

/* Write the file at path with delta added to it, whole or not at all, as out (0600). */
kor_status kor_personal_write(const kor_personal_set *set, const float *delta, const char *path,
                              const kor_model *trunk, const kor_personal_note *note,
                              const char *out, kor_error *err);

#endif
