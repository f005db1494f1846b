/* SPDX-License-Identifier: Apache-2.0 */
/* Random numbers that are the same everywhere for the same seed: splitmix64 (Steele, Lea, Flood
 * 2014). */
#ifndef KOR_RANDOM_H
#define KOR_RANDOM_H

#include <stddef.h>
#include <stdint.h>

typedef struct kor_random {
    uint64_t state;
} kor_random;

static inline uint64_t kor_random_next(kor_random *r)
{
    uint64_t x = r->state += 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return x ^ (x >> 31);
}

/* 0 to n - 1; n must not be 0. Biased by less than n / 2^32. */
static inline size_t kor_random_below(kor_random *r, size_t n)
{
    return (size_t)((kor_random_next(r) >> 32) * (uint64_t)n >> 32);
}

/* 0 to less than 1. */
static inline float kor_random_unit(kor_random *r)
{
    return (float)(kor_random_next(r) >> 40) / 16777216.0f;
}

static inline void kor_random_shuffle(kor_random *r, uint32_t *items, size_t n)
{
    for (size_t i = n; i > 1; i--) {
        size_t j = kor_random_below(r, i);
        uint32_t kept = items[i - 1];
        items[i - 1] = items[j];
        items[j] = kept;
    }
}

#endif
