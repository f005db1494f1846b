/* SPDX-License-Identifier: Apache-2.0 */
/* The requests: what a teacher is asked, word for word. */
#ifndef KOR_PROMPT_H
#define KOR_PROMPT_H

#include "forge/asker.h"
#include "forge/teacher.h"

/* Each fills question->body, hash, most and asked; what lesson points to must outlive it. */

/* count rows of a label. turn is how often this label was asked for before: with the seed it
 * chooses persona, style and length. */
kor_status kor_prompt_rows(kor_question *question, const kor_asker *asker, const kor_lesson *lesson,
                           size_t label, size_t count, size_t turn, uint64_t seed, kor_error *err);

/* A label for each of texts[count]. */
kor_status kor_prompt_check(kor_question *question, const kor_asker *asker,
                            const kor_lesson *lesson, const kor_text *texts, size_t count,
                            kor_error *err);

/* The letter of the label of one text, with probabilities; at most KOR_REPLY_LETTERS labels. */
kor_status kor_prompt_letter(kor_question *question, const kor_asker *asker,
                             const kor_lesson *lesson, const kor_text *text, kor_error *err);

#endif
