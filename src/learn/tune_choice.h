/* SPDX-License-Identifier: Apache-2.0 */
/* What the trainers of labels and of spans have in common where an encoder learns: when auto tries
 * it, by what recipe, which architecture is taken, and where its checkpoints are. */
#ifndef KOR_TUNE_CHOICE_H
#define KOR_TUNE_CHOICE_H

#include "learn/train.h"

/* Is a training through texts of so many bytes in all short enough for auto? Very long ones are
 * left to those who ask. */
bool kor_tune_is_short(const kor_task *task, size_t bytes, size_t rows);

/* The task's recipe for architecture lora or full, on rows rows. */
kor_tune_recipe kor_tune_recipe_for(const kor_task *task, kor_architecture kind, size_t rows);

/* Is an architecture that was tried what was asked for, or, with auto, worth its size next to the
 * one that was taken so far? */
bool kor_tune_is_worth(const kor_train_report *report, kor_architecture kind);

/* Are adapters, a tenth of its size, nearly as good as the whole encoder? */
bool kor_tune_lora_is_enough(const kor_train_report *report);

enum { KOR_TUNE_PATH = 4096 + 16 }; /* of a model, and what is added */

/* Where the training of that kind goes on from: measured says whether rows were held back of it. */
void kor_tune_checkpoint(const kor_train_report *report, kor_architecture kind, bool measured,
                         char out[KOR_TUNE_PATH]);
/* They are of no use any more once the model is written. */
void kor_tune_remove_checkpoints(const kor_train_report *report);

/* How it learnt, for the card, into report->layer; more is added at the end. */
void kor_tune_tell(kor_train_report *report, kor_architecture kind, const kor_tune_result *result,
                   const char *more);

#endif
