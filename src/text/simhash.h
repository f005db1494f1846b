/* SPDX-License-Identifier: Apache-2.0 */
/* Texts that repeat each other, by 64 bits of each: SimHash (Charikar 2002) over words and pairs of
 * neighbouring words. Texts that have much in common have hashes that differ in few bits (Manku et
 * al. 2007), so a text of yesterday need not be kept to be recognised.
 *
 *     uint64_t hash = kor_simhash(text, len);
 *     bool again = kor_simhash_find(last, count, hash, KOR_SIMHASH_NEAR) < count;
 *
 * What it reads: runs of letters and digits, whatever their case, and runs of symbols. White space
 * does not count. Nor does what says only when or how many, so that these repeat each other
 * at distance 0:
 * - clock times with seconds and the date before them, as programs write them: 10:41:07,
 *   2026-03-14T10:41:07.120Z, 14/Mar/2026:10:41:07 +0000, Mar 14 10:41:07;
 * - the number of a process in a log: sshd[811];
 * - a count in brackets before or behind a title: (3) Inbox, Inbox (3);
 * - the stamps of a shell's history: ": 1712345678:0;" and "#1712345678".
 * Every other number counts as a word does: fix #311 is not fix #312, nor is one port, amount, day
 * or hour of an appointment another.
 *
 * How near is a repeat? docs/simhash.md has what was measured. Within KOR_SIMHASH_NEAR bits are the
 * same text with another stamp, count, case or spacing, and long ones with a changed word; of short
 * texts, under 20 words, with a changed word or number 1 in 20, and of different ones next to none.
 * Where a number must not be lost in a long text, ask for 0 bits. Versions of a file with a word or
 * a sentence changed are within KOR_SIMHASH_VERSION_OF bits; ask that only of texts of one name.
 *
 * Hashes are stored: what they are made of is KOR_SIMHASH_FORMAT, and changes with it only. */
#ifndef KOR_SIMHASH_H
#define KOR_SIMHASH_H

#include <stddef.h>
#include <stdint.h>

enum {
    KOR_SIMHASH_FORMAT = 1,
    KOR_SIMHASH_NEAR = 3,        /* bits, at most, between repeats */
    KOR_SIMHASH_VERSION_OF = 10, /* between versions of one file */
    KOR_SIMHASH_READ = 1 << 24   /* words of a text; what comes after them does not count */
};

/* The hash of a text (len bytes, any). 0 for one without anything to compare, which repeats
 * nothing. Linear in len, no allocation. */
uint64_t kor_simhash(const char *text, size_t len);

/* The number of bits that differ, 0 to 64. */
int kor_simhash_distance(uint64_t a, uint64_t b);

/* The first of hashes[count] that is within so many bits of hash; count when there is none, and
 * when hash is 0. */
size_t kor_simhash_find(const uint64_t *hashes, size_t count, uint64_t hash, int within);

#endif
