/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a question that are worth searching for. */
#ifndef KOR_QUESTION_H
#define KOR_QUESTION_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>

enum { KOR_QUESTION_WORDS = 32, KOR_QUESTION_BYTES = 4096 };

typedef struct kor_word {
    const char *text; /* as written, but in lower case where it is ASCII */
    bool compound;    /* of several parts, such as kor_model_open or v1.2: searched as a phrase */
} kor_word;

typedef struct kor_question {
    size_t count;
    kor_word words[KOR_QUESTION_WORDS];
    const char *text; /* the words with spaces between them */
} kor_question;

/* Split text into words and leave out what frames a question ("what was I doing with the ...") and
 * words that say nothing alone. At most KOR_QUESTION_BYTES are read and each word is taken once. A
 * text of nothing but such words has none, unless keep is true: then they are what it asks for. */
kor_status kor_question_read(kor_question *out, const char *text, size_t len, bool keep,
                             kor_arena *arena, kor_error *err);

/* The parts of a compound word; none that says nothing alone. */
kor_status kor_question_parts(kor_question *out, const kor_word *word, kor_arena *arena,
                              kor_error *err);

#endif
