/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/minhash.h"

#include "base/hash.h"
#include "text/ngrams.h"

#include <stdlib.h>
#include <string.h>

/* Bands of four numbers: texts of similarity s share one with probability 1 - (1 - s^4)^32, which
 * is 0.87 at 0.5 and 0.9998 at 0.7. */
enum { SHINGLES_MAX = 4096, BANDS = 32, BAND = KOR_MINHASH_SIZE / BANDS };

/* The i-th hash of a shingle: splitmix64's finaliser over the key and the number of the hash. */
static uint32_t mix(uint32_t key, size_t i)
{
    uint64_t x = (uint64_t)key * 0x9e3779b97f4a7c15ull + (i + 1) * 0xd1b54a32d192ed03ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return (uint32_t)((x ^ (x >> 31)) >> 32);
}

void kor_minhash_of(const char *text, size_t len, kor_minhash *sig)
{
    static const kor_ngrams shingles = {.words = 2}, words = {.words = 1};
    uint32_t key[SHINGLES_MAX];
    size_t n = kor_ngrams_read(&words, text, len, key, SHINGLES_MAX);
    sig->exact = n ? kor_hash64(key, n * sizeof *key, 0) : 0;
    n = kor_ngrams_read(&shingles, text, len, key, SHINGLES_MAX);
    for (size_t i = 0; i < KOR_MINHASH_SIZE; i++) {
        uint32_t least = UINT32_MAX;
        for (size_t k = 0; k < n; k++) {
            uint32_t h = mix(key[k], i);
            if (h < least) least = h;
        }
        sig->least[i] = least;
    }
}

double kor_minhash_alike(const kor_minhash *a, const kor_minhash *b)
{
    size_t same = 0;
    for (size_t i = 0; i < KOR_MINHASH_SIZE; i++) same += a->least[i] == b->least[i];
    return (double)same / KOR_MINHASH_SIZE;
}

static uint32_t *slot_of(const kor_minhash_set *set, const kor_minhash *sig, size_t band)
{
    uint64_t h = kor_hash64(sig->least + band * BAND, BAND * sizeof *sig->least, band);
    return &set->slot[band * set->slots + (h & (set->slots - 1))];
}

static void link_in(kor_minhash_set *set, size_t at)
{
    for (size_t b = 0; b < BANDS; b++) {
        uint32_t *slot = slot_of(set, &set->sigs[at], b);
        set->next[at * BANDS + b] = *slot;
        *slot = (uint32_t)at + 1;
    }
}

/* Room for one more. Each band has slots of its own: an entry has one successor a band. */
static kor_status grow(kor_minhash_set *set, kor_error *err)
{
    if (set->count < set->cap) return KOR_OK;
    size_t cap = set->cap ? 2 * set->cap : 64;
    if (cap > UINT32_MAX / BANDS) return kor_fail(err, KOR_E_UNSUPPORTED, "too many texts");
    kor_minhash *sigs = realloc(set->sigs, cap * sizeof *sigs);
    if (!sigs) return kor_fail_memory(err);
    set->sigs = sigs;
    uint32_t *next = realloc(set->next, cap * BANDS * sizeof *next);
    if (!next) return kor_fail_memory(err);
    set->next = next;
    uint32_t *slot = calloc(cap * BANDS, sizeof *slot);
    if (!slot) return kor_fail_memory(err);
    free(set->slot);
    set->slot = slot;
    set->slots = cap;
    set->cap = cap;
    for (size_t i = 0; i < set->count; i++) link_in(set, i);
    return KOR_OK;
}

size_t kor_minhash_find(const kor_minhash_set *set, const kor_minhash *sig, double threshold)
{
    size_t found = SIZE_MAX;
    for (size_t b = 0; set->slots && b < BANDS; b++) {
        uint32_t at = *slot_of(set, sig, b);
        for (; at; at = set->next[(size_t)(at - 1) * BANDS + b]) {
            if (at - 1 < found && kor_minhash_alike(sig, &set->sigs[at - 1]) >= threshold)
                found = at - 1;
        }
    }
    return found;
}

kor_status kor_minhash_add(kor_minhash_set *set, const kor_minhash *sig, double threshold,
                           size_t *found, kor_error *err)
{
    *found = kor_minhash_find(set, sig, threshold);
    KOR_TRY(grow(set, err));
    if (*found != SIZE_MAX) return KOR_OK;
    set->sigs[set->count] = *sig;
    link_in(set, set->count++);
    return KOR_OK;
}

void kor_minhash_set_free(kor_minhash_set *set)
{
    free(set->sigs);
    free(set->next);
    free(set->slot);
    *set = (kor_minhash_set){0};
}

kor_status kor_minhash_near(const kor_minhash *sigs, size_t count, double threshold,
                            uint32_t *first, kor_error *err)
{
    kor_minhash_set set = {0};
    uint32_t *kept = malloc((count + 1) * sizeof *kept); /* the number of each one in the set */
    kor_status status = kept ? KOR_OK : kor_fail_memory(err);
    for (size_t i = 0; i < count && status == KOR_OK; i++) {
        size_t found;
        status = kor_minhash_add(&set, &sigs[i], threshold, &found, err);
        if (status != KOR_OK) break;
        if (found == SIZE_MAX) kept[set.count - 1] = (uint32_t)i;
        first[i] = found == SIZE_MAX ? (uint32_t)i : kept[found];
    }
    free(kept);
    kor_minhash_set_free(&set);
    return status;
}
