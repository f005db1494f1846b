/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that say nearly the same: MinHash (Broder 1997) over words and pairs of neighbouring words,
 * after normalisation (text/ngrams.h). How many of two signatures' numbers agree estimates what
 * share of their shingles the texts have in common, with a standard error of at most 0.045. */
#ifndef KOR_MINHASH_H
#define KOR_MINHASH_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

enum { KOR_MINHASH_SIZE = 128 };

typedef struct kor_minhash {
    uint64_t exact; /* of the normalised words in their order; 0 for a text without any */
    uint32_t least[KOR_MINHASH_SIZE];
} kor_minhash;

/* The signature of a text (len bytes, any); what comes after its first 4096 shingles does not
 * count. */
void kor_minhash_of(const char *text, size_t len, kor_minhash *sig);

/* 0 to 1: the share of shingles that two texts have in common. */
double kor_minhash_alike(const kor_minhash *a, const kor_minhash *b);

/* Texts that were kept, to ask whether a new one is near any of them. Zero-initialise to start. */
typedef struct kor_minhash_set {
    kor_minhash *sigs; /* [count] */
    uint32_t *next;    /* [count][bands]: the one before in the same slot + 1, 0 for none */
    uint32_t *slot;    /* [bands][slots]: the last of a slot + 1 */
    size_t count, cap, slots;
} kor_minhash_set;

/* Add a text unless one that is at least threshold alike is there already. *found is that one, by
 * the order of adding, or SIZE_MAX when the text was added. Texts that are less than 0.5 alike may
 * be missed. */
kor_status kor_minhash_add(kor_minhash_set *set, const kor_minhash *sig, double threshold,
                           size_t *found, kor_error *err);

/* The first one in the set that is at least threshold alike, or SIZE_MAX. */
size_t kor_minhash_find(const kor_minhash_set *set, const kor_minhash *sig, double threshold);
void kor_minhash_set_free(kor_minhash_set *set);

/* For each of sigs[count] the first one before it that was kept and is at least threshold alike;
 * itself when there is none, and so it is kept: first[count]. */
kor_status kor_minhash_near(const kor_minhash *sigs, size_t count, double threshold,
                            uint32_t *first, kor_error *err);

#endif
