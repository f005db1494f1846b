/* SPDX-License-Identifier: Apache-2.0 */
/* A text as it is, cut into words that know where they stand: what spans are made of.
 *
 * A word is a run of letters or a run of digits; each other visible character is a word of its own,
 * and so is each character of the scripts that write without spaces (U+2E80 to U+9FFF, from U+20000
 * on). Combining marks and invisible format characters belong to the word they follow. A run of
 * more than KOR_WORDCUT_MAX code points is several words. This is part of the model format: see
 * KOR_WORD_FEATURES_VERSION. */
#ifndef KOR_WORDCUT_H
#define KOR_WORDCUT_H

#include <stddef.h>
#include <stdint.h>

enum { KOR_WORDCUT_MAX = 64 };

typedef enum kor_word_kind { KOR_WORD_LETTERS, KOR_WORD_DIGITS, KOR_WORD_SYMBOL } kor_word_kind;

/* What stands between a word and the one before it. A text begins with a line. */
typedef enum kor_word_gap { KOR_GAP_NONE, KOR_GAP_SPACE, KOR_GAP_LINE } kor_word_gap;

typedef struct kor_word {
    size_t start, end;       /* bytes of the text, half-open */
    size_t start_cp, end_cp; /* the same in code points; what is not UTF-8 counts as U+FFFD */
    kor_word_kind kind;
    kor_word_gap gap;
} kor_word;

/* A place in a text. Set text and len, and zero the rest. */
typedef struct kor_wordcut {
    const char *text;
    size_t len;
    size_t at, at_cp; /* what comes next */
    kor_word_gap gap; /* before it */
} kor_wordcut;

/* Write the next words to out, at most max, and return how many: fewer than max only at the end of
 * the text, or of what is read of it: KOR_TEXT_MAX code points. Any bytes are accepted. */
size_t kor_wordcut_read(kor_wordcut *cut, kor_word *out, size_t max);

#endif
