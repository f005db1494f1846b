/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of several sources as one file to learn from. */
#ifndef KOR_MIX_H
#define KOR_MIX_H

#include "forge/made_rows.h"

/* How alike a row to learn from and one of the gate set may be; see minhash.h. */
#define KOR_MIX_NEAR 0.7

typedef struct kor_mix_part {
    const char *name;
    kor_made_rows rows;
    double weight;   /* how often each row is used */
    uint32_t *times; /* [rows.count] how often it is */
    size_t near;     /* rows that are not used, for being nearly one of the gate set */
    size_t used;     /* sum of times */
} kor_mix_part;

/* Say how often each of n rows is used: weight times each, and a random choice of them once more
 * for what is over a whole number. times[i] UINT32_MAX: row i is not to be used, and becomes 0. */
kor_status kor_mix_times(uint32_t *times, size_t n, double weight, uint64_t seed, kor_error *err);

/* Decide for all parts: rows that are nearly one of gate are not used, the others by weight and
 * seed. Sets times, near and used. */
kor_status kor_mix_decide(kor_mix_part *parts, size_t count, const kor_made_rows *gate,
                          uint64_t seed, kor_error *err);

/* Write what is used as JSON lines, whole or not at all, leaving out part without (SIZE_MAX: none).
 */
kor_status kor_mix_write(const kor_mix_part *parts, size_t count, size_t without, const char *path,
                         kor_error *err);

void kor_mix_free(kor_mix_part *parts, size_t count);

#endif
