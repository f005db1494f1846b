/* SPDX-License-Identifier: Apache-2.0 */
/* What an encoder makes of words: the mean of the last layer's states of each word's pieces.
 *
 * Each word is split into pieces by itself, with the mark of a space before it only where white
 * space stands there, so that pieces and words cannot disagree. Of a word the first
 * KOR_WORD_PIECES pieces are read. A text with more pieces than the encoder reads at once goes
 * through it in windows that overlap: each word is read in a window that shows at least a quarter
 * of it on both sides, as far as there is text. */
#ifndef KOR_WORDSTATES_H
#define KOR_WORDSTATES_H

#include "model/encoder.h"
#include "model/spans.h"
#include "text/unigram.h"

enum { KOR_WORD_PIECES = 16 };

typedef struct kor_word_encoder {
    const kor_encoder *encoder;
    const kor_unigram *tokenizer;
    const kor_kernels *kernels;
    int32_t *ids;    /* [KOR_SPANS_WORDS * KOR_WORD_PIECES] */
    uint32_t *first; /* [KOR_SPANS_WORDS + 1] the first piece of each word */
    void *lattice;   /* kor_unigram_scratch */
    void *scratch;   /* kor_encoder_scratch */
} kor_word_encoder;

/* The pieces of words[count], at most KOR_SPANS_WORDS: with->ids, and with->first of each. */
void kor_word_split(const kor_word_encoder *with, const char *text, const kor_word *words,
                    size_t count);

/* Words from..to - 1 go through the encoder together, and keep..kept - 1 of them are taken. */
typedef struct kor_word_window {
    size_t from, to, keep, kept;
} kor_word_window;

/* After kor_word_split: the next window over the words, from a zeroed one on; false after the last.
 * Windows take each word once, in order. */
bool kor_word_window_next(const kor_word_encoder *with, size_t count, kor_word_window *window);

/* states[count][dim] of words[count] of a text, at most KOR_SPANS_WORDS; 0 for a word without a
 * piece. Does not allocate. */
void kor_word_states(const kor_word_encoder *with, const char *text, const kor_word *words,
                     size_t count, float *states);

#endif
