/* SPDX-License-Identifier: Apache-2.0 */
/* Content hashes. They are part of file formats: never change them, add a version.
 * Not cryptographic: they find accidents, not attackers. */
#ifndef KOR_HASH_H
#define KOR_HASH_H

#include <stddef.h>
#include <stdint.h>

/* "k64": 64 bits over len bytes, about 8 bytes a cycle. Eight lanes of 64 bits read little-endian
 * words in turn, each lane h = rotl(h ^ word, 29) * P; the tail is zero-padded to 64 bytes and the
 * length is mixed in. Every single-bit change of the input changes the result of its lane, since
 * each step is a bijection of the lane. */
uint64_t kor_hash64(const void *bytes, size_t len, uint64_t seed);

/* 128 bits as 32 lower-case hex digits and a NUL: kor_hash64 under two seeds. */
void kor_hash128_hex(const void *bytes, size_t len, char out[33]);

#endif
