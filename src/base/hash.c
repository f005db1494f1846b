/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"

#include <stdio.h>
#include <string.h>

#define P1 0x9e3779b97f4a7c15ull /* 2^64 / golden ratio, odd */
#define P2 0xbf58476d1ce4e5b9ull /* the finaliser of splitmix64 */
#define P3 0x94d049bb133111ebull

static uint64_t rotl(uint64_t x, int r)
{
    return (x << r) | (x >> (64 - r));
}

static uint64_t finalise(uint64_t x)
{
    x = (x ^ (x >> 30)) * P2;
    x = (x ^ (x >> 27)) * P3;
    return x ^ (x >> 31);
}

static uint64_t read_le64(const unsigned char *p)
{
    uint64_t x;
    memcpy(&x, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    x = __builtin_bswap64(x);
#endif
    return x;
}

/* Both halves of a 128-bit product: every bit of the one factor reaches every bit of the other. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

enum { LANES = 4 };

static inline __attribute__((always_inline)) void stripe(uint64_t lane[LANES],
                                                         const unsigned char *p)
{
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        uint64_t a = read_le64(p + 16 * i), b = read_le64(p + 16 * i + 8);
        lane[i] = rotl(lane[i], 23) ^ fold(a ^ lane[i], b ^ P1);
    }
}

/* The folded multiplication of wyhash (Wang Yi 2019) over four lanes: as fast as memory. */
uint64_t kor_hash64(const void *bytes, size_t len, uint64_t seed)
{
    const unsigned char *p = bytes;
    uint64_t lane[LANES];
    for (int i = 0; i < LANES; i++) lane[i] = finalise(seed + ((uint64_t)i + 1) * P1);
    size_t left = len;
    for (; left >= 64; left -= 64, p += 64) stripe(lane, p);
    if (left) {
        unsigned char tail[64] = {0};
        memcpy(tail, p, left);
        stripe(lane, tail);
    }
    uint64_t h = finalise(seed ^ len);
    for (int i = 0; i < LANES; i++) h = finalise(h ^ lane[i]) + P1;
    return finalise(h);
}

void kor_hash128_hex(const void *bytes, size_t len, char out[33])
{
    (void)snprintf(out, 33, "%016llx%016llx", (unsigned long long)kor_hash64(bytes, len, 0),
                   (unsigned long long)kor_hash64(bytes, len, P2));
}
