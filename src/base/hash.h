/* SPDX-License-Identifier: Apache-2.0 */
/* Content hashes. They are part of file formats: never change them, add a version.
 * Not cryptographic: they find accidents, not attackers. */
#ifndef KOR_HASH_H
#define KOR_HASH_H

#include <stddef.h>
#include <stdint.h>

/* "k64": 64 bits over len bytes, about as fast as they can be read. Four lanes take 16 bytes each
 * in turn, as two little-endian words: h = rotl(h, 23) ^ fold((h ^ first) * (second ^ P)), where
 * fold joins the halves of a 128-bit product (the mixing of wyhash); the tail is padded with zeros
 * to 64 bytes and the length is mixed in. */
uint64_t kor_hash64(const void *bytes, size_t len, uint64_t seed);

/* 128 bits as 32 lower-case hex digits and a NUL: kor_hash64 under two seeds. */
void kor_hash128_hex(const void *bytes, size_t len, char out[33]);

#endif
