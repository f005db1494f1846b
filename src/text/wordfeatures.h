/* SPDX-License-Identifier: Apache-2.0 */
/* A word and what stands around it as hashed features: what a chain of tags is learnt from. The
 * word itself, its ends and its shape, its neighbours alone and in pairs, the run of characters
 * without a space that it is part of (an address, a hashtag), the line it is in, and the words
 * further off. */
#ifndef KOR_WORDFEATURES_H
#define KOR_WORDFEATURES_H

#include "text/wordcut.h"

#include <stdbool.h>

enum {
    KOR_WORD_FEATURES_VERSION = 1, /* of the keys and of wordcut.h; part of the model format */
    KOR_WORD_FEATURES = 96,        /* keys of a word, at most */
    KOR_WORD_ENDS = 4              /* characters of its ends, 1 to so many */
};

/* What a feature is about; the two lowest bits of its key. */
typedef enum kor_feature_group {
    KOR_FEATURE_FORM,  /* shape, ends and place: words never seen have them too */
    KOR_FEATURE_OWN,   /* the very word, alone or with its neighbours */
    KOR_FEATURE_AROUND /* the very words around it */
} kor_feature_group;

static inline kor_feature_group kor_feature_group_of(uint32_t key)
{
    return (kor_feature_group)(key & 3);
}

/* What is known of a word by itself and of its place. */
typedef struct kor_word_traits {
    uint64_t same, lower; /* hashes of the word as it is and in lower case */
    uint64_t start[KOR_WORD_ENDS], end[KOR_WORD_ENDS]; /* of its first and last characters */
    uint64_t shape; /* of its kinds of characters: upper, lower, digit, each run once */
    uint64_t form;  /* the same, each character once, eight of them */
    uint64_t run;   /* of the run without spaces that it is in, digits alike, */
    uint64_t run_shape;
    uint32_t run_from, run_to; /* and of which words that is */
    uint32_t line_from;        /* the first word of its line */
    uint32_t length;           /* in code points, at most 20 */
    bool quoted;               /* an odd number of " stand before it in its line */
} kor_word_traits;

/* out[count] for words[count] of a text. Does not allocate. */
void kor_word_traits_read(kor_word_traits *out, const char *text, const kor_word *words,
                          size_t count);

/* The keys of word i, in no order, some may be equal; returns how many, at most
 * KOR_WORD_FEATURES. */
size_t kor_word_features(const kor_word *words, const kor_word_traits *traits, size_t count,
                         size_t i, uint32_t *out);

#endif
