/* SPDX-License-Identifier: Apache-2.0 */
/* One sentence of a grammar: drawn at random, or by its number. */
#ifndef KOR_GRAMMAR_MAKE_H
#define KOR_GRAMMAR_MAKE_H

#include "forge/grammar_inner.h"

/* A run of characters of the sentence that is being made. */
typedef struct kor_run {
    size_t start, end;
    const char *slot; /* its label, or NULL for words */
    bool joined;      /* of several parts: white space in it becomes single spaces */
} kor_run;

typedef struct kor_maker {
    kor_random random;
    char *raw, *text;
    size_t raw_len, len; /* of the sentence: text, and a NUL behind it */
    kor_run *runs;
    size_t run_count;
    kor_mark *marks; /* [mark_count] of the sentence */
    size_t mark_count;
    char *memory; /* all of the above */
} kor_maker;

/* Room for any sentence of g. Free with kor_maker_free. */
kor_status kor_maker_init(kor_maker *m, const kor_grammar *g, uint64_t seed, kor_error *err);
void kor_maker_free(kor_maker *m);

/* Draw a sentence of an intent as the original draws it. */
void kor_maker_draw(kor_maker *m, const kor_entity *intent);

/* Make sentence number n, below intent->combinations; in the order of the original. */
void kor_maker_number(kor_maker *m, const kor_entity *intent, uint64_t n);

/* Put in what a sentence of one line has signs for: U+23CE is a line break, which takes the spaces
 * around it along, U+2423 a space that stays, U+21E5 a tab. Spans move with their text. */
void kor_grammar_lines(kor_maker *m);

#endif
