/* SPDX-License-Identifier: Apache-2.0 */
/* Text as a bag of hashed features: words, their n-grams, and n-grams of the characters in them, as
 * fastText has them (Bojanowski et al. 2017, Joulin et al. 2017).
 *
 * The keys are part of the model format: a change of any of them is a new version of
 * KOR_NGRAMS_VERSION, which bag models state.
 *
 * A text is decomposed and case-folded (NFKD with default ignorables left out; what is not UTF-8 is
 * U+FFFD), then cut into words: runs of letters, marks and numbers; an apostrophe (' or U+2019)
 * inside a run stays in it. Each other visible character is a word of its own, and so is each
 * character of the scripts that write without spaces between U+2E80 and U+9FFF and from U+20000 on.
 * A run of more than KOR_WORD_MAX code points is several words. */
#ifndef KOR_NGRAMS_H
#define KOR_NGRAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    KOR_NGRAMS_VERSION = 1,
    KOR_NGRAMS_OF_CODE = 256,  /* stands where a version does in models with features of code */
    KOR_WORD_MAX = 64,         /* code points of a word */
    KOR_NGRAMS_WORDS = 3,      /* words of an n-gram, at most */
    KOR_NGRAMS_CHARS = 6,      /* characters of an n-gram, at most */
    KOR_NGRAMS_LIMIT = 1 << 16 /* keys of a text; what comes after them is ignored */
};

typedef struct kor_ngrams {
    uint32_t words;      /* n-grams of 1 to this many words; 1 to KOR_NGRAMS_WORDS */
    uint32_t chars_from; /* n-grams of this many characters, of a word between < and >, */
    uint32_t chars_to;   /* to this many; none when 0, at most KOR_NGRAMS_CHARS */
    uint32_t layout;     /* 1: the keys of text/layout.h come first; 0: none of them */
    uint32_t code; /* the features of source code (text/codegrams.h) instead, of this version */
} kor_ngrams;

/* Write the keys of a text (len bytes, any) to out and return how many: at most max, in the order
 * of the text but for those of its layout, which come first, as often as they occur. Does not
 * allocate; the work is bounded by len and by max. */
size_t kor_ngrams_read(const kor_ngrams *shape, const char *text, size_t len, uint32_t *out,
                       size_t max);

/* Is it the key of a word or an n-gram of words? Else of characters. */
static inline bool kor_ngrams_is_words(uint32_t key)
{
    return key & 1;
}

#endif
