/* SPDX-License-Identifier: Apache-2.0 */
/* A personal model: what was shipped, put right where its user said so (learn/personal.h), judged
 * as the forge judges, and put where it is used instead. The user's texts are never written to a
 * file. */
#ifndef KOR_PERSONAL_FORGE_H
#define KOR_PERSONAL_FORGE_H

#include "learn/personal.h"
#include "learn/train.h"

/* How much lower than the shipped model's the quality on the gate set may be, and the share of
 * corrections that are answered as was said by models that had not learnt from them. */
#define KOR_PERSONAL_TOLERANCE 0.01

enum {
    KOR_PERSONAL_TASK_ROWS = 3000, /* of the task that are held to the shipped model's answers */
    KOR_PERSONAL_OWN_ROWS = 1000   /* and of the user's events, the latest */
};

typedef struct kor_personal_options {
    const char *name, *task;        /* of the model, and its task folder */
    const char *shipped;            /* the model's file */
    const char *folder;             /* where the personal one goes: FOLDER/NAME.gguf */
    const kor_model *model, *trunk; /* the open file, and the base model or NULL */
    const kor_personal_row *rows;   /* [count] corrected events, and others of the user's */
    size_t count;
    kor_remarks remarks;
    void (*progress)(void *arg, double fraction);
    void *progress_arg;
} kor_personal_options;

typedef struct kor_personal_result {
    size_t corrected, own, task_rows, gate_rows; /* events, events, rows, rows */
    size_t left_out;                             /* sources of the task that are not there */
    char metric[24];
    double quality, before; /* on the gate set, of this model and the shipped one */
    /* Of what was said in the corrections: how many labels, and how many of them are answered so
     * by the shipped model, by this one, and by models that had not learnt from the correction. */
    size_t said, said_before, said_now, said_held_back;
    float weight; /* of a correction */
    size_t bytes;
    bool in_place; /* it is used from now on */
    char reason[300];
} kor_personal_result;

/* That the model was not put in place is no error: out->in_place and out->reason say it, and the
 * one that was there stays. One at a time in a folder: kor_forge_lock. */
kor_status kor_personal_forge(kor_personal_result *out, const kor_personal_options *options,
                              kor_error *err);

/* Remove the personal model, and what one that was ended left behind. *there: there was one. */
kor_status kor_personal_remove(const char *folder, const char *name, bool *there, kor_error *err);

#endif
