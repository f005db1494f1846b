/* SPDX-License-Identifier: Apache-2.0 */
/* colony.yaml: which model runs on what, when, and which field of an event it fills.
 *
 *     steps:
 *       - {model: keep}
 *       - {model: kind, when: keep != drop}
 *       - {model: acts, on: sentences, when: "kind in [note, chat]"}
 *       - {model: mine, fills: mood, reads: 2000, least: 0.8}
 *
 * docs/colony.md is the reference of its keys. */
#ifndef KOR_PLAN_H
#define KOR_PLAN_H

#include "colony/condition.h"

enum {
    KOR_PLAN_STEPS = 64,  /* at most */
    KOR_PLAN_READS = 8192 /* bytes of a text that a step reads if nothing else is said: more than an
                           * encoder does */
};

typedef enum kor_plan_on {
    KOR_ON_TEXT,      /* the whole of an event */
    KOR_ON_SENTENCES, /* each sentence of it */
    KOR_ON_QUESTION   /* not an event: what the user asks */
} kor_plan_on;

/* The fields that an event brings along; those that steps fill are numbered after them. */
enum {
    KOR_FIELD_SOURCE,
    KOR_FIELD_APP,
    KOR_FIELD_TITLE,
    KOR_FIELD_URI,
    KOR_FIELD_SCOPE,
    KOR_FIELD_LENGTH, /* bytes of the text */
    KOR_FIELD_LINES,
    KOR_FIELDS_OWN
};

typedef struct kor_plan_step {
    const char *model, *fills;
    kor_plan_on on;
    const char *when_text; /* NULL: always */
    kor_condition *when;
    double least;  /* answers that are less sure are left out; 0: the model's own threshold */
    double glance; /* of sentences: where a hybrid's bag alone is so sure of \"none\", the rest of
                    * it is not asked; 0: it always is */
    size_t reads;  /* bytes of a text at most */
    const char *path; /* where it is said, for messages */
    size_t line;
} kor_plan_step;

typedef struct kor_plan {
    size_t count;
    kor_plan_step steps[KOR_PLAN_STEPS]; /* step i fills field KOR_FIELDS_OWN + i */
    kor_arena arena;
} kor_plan;

/* Read files, one after the other: a step of a later one takes the place of that with the same
 * model, or is added; with `off: yes` it is taken away. KOR_E_INPUT with file and line for what is
 * no such file, two steps that fill the same field, unknown fields, bad conditions, and conditions
 * that wait for each other. Free with kor_plan_free, after a failure too. */
kor_status kor_plan_read(kor_plan *out, const char *const *paths, size_t count, kor_error *err);
void kor_plan_free(kor_plan *plan);

/* "PATH:LINE: ..." */
kor_status kor_plan_fail(const kor_plan_step *step, kor_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The order to run the steps in: each after those whose fields it asks about, and of those that may
 * run the one of the least cost first; of equal ones as they stand in the file. cost[plan->count];
 * out[plan->count] are indices of steps. KOR_E_INPUT when steps wait for each other. */
kor_status kor_plan_order(const kor_plan *plan, const double *cost, size_t *out, kor_error *err);

#endif
