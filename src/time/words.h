/* SPDX-License-Identifier: Apache-2.0 */
/* A text as a stream of tokens, with the words that tell time recognised. One pass, a fixed window
 * around the present token, no allocation: a text of any length and any bytes costs linear time. */
#ifndef KOR_WORDS_H
#define KOR_WORDS_H

#include "time/lexicon.h"

#include <stddef.h>

typedef struct kor_token {
    size_t start, end; /* bytes */
    kor_word word;
    int32_t value;  /* of a number: its value, at most 9999999 */
    uint8_t digits; /* of a number: how many, at most 255 */
    uint8_t flags;  /* kor_word_flag */
    bool glued;     /* nothing lies between it and the token before it */
    bool joined;    /* glued to a letter, a digit, or a mark as in paths and versions: not free to
                     * start an expression */
    bool capital;   /* begins with A to Z */
    bool apart;     /* no expression goes on from before it: a new paragraph or column */
} kor_token;

/* Tokens that can be looked at: this many from the present one on, and some before it. */
enum { KOR_WORDS_KEPT = 64, KOR_WORDS_AHEAD = 54 };

typedef struct kor_words {
    const unsigned char *text;
    size_t len;
    size_t at;                        /* the next byte to read */
    size_t first;                     /* the present token */
    size_t count;                     /* tokens read so far */
    kor_token window[KOR_WORDS_KEPT]; /* token i is at i % KOR_WORDS_KEPT */
} kor_words;

void kor_words_begin(kor_words *w, const char *text, size_t len);

/* Token i, for i from w->first - 8. Valid until w->first moves on. The end of the text comes as
 * often as asked for, and early for who looks too far ahead. */
const kor_token *kor_words_at(kor_words *w, size_t i);

/* Whether a token is this word, given in lower case. */
bool kor_words_is(const kor_words *w, const kor_token *t, const char *word);

#endif
