/* SPDX-License-Identifier: Apache-2.0 */
/* How a matrix product is cut into tiles, and how its weights are fetched ahead. */
#ifndef KOR_KERNELS_TILES_H
#define KOR_KERNELS_TILES_H

#include <stddef.h>

/* Before a loop of at most n steps that must not remain a loop. Under a sanitizer, which multiplies
 * the code, it does remain one: compiling it takes seconds then, and not minutes. */
#ifdef __clang__
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define KOR_UNROLL(n)
#else
#define KOR_UNROLL(n) _Pragma("clang loop unroll(full)")
#endif
#else
#define KOR_PRAGMA(text) _Pragma(#text)
#define KOR_UNROLL(n) KOR_PRAGMA(GCC unroll n)
#endif

/* The weights of the next column block, brought nearer while this one is computed. Each row tile
 * fetches its share, a piece in every step along k. */
typedef struct ahead {
    const char *at;
    size_t step; /* bytes for each step along k; 0: the same line again, which costs nothing */
} ahead;

static inline __attribute__((always_inline)) void fetch(ahead *next)
{
    __builtin_prefetch(next->at);
    next->at += next->step;
}

/* tile(g, i, j, next, rows) for all rows of the column block at j, in tiles of at most MOST
 * (up to 8, a constant) and as equal as can be: a tile of one or two rows costs almost as much as a
 * full one. rows is a constant in each call, so that the sums live in registers. block is the next
 * column block of bytes bytes, per_step of them for each step along k; without one, bytes is 0 and
 * block any address. */
#define KOR_TILE_ROWS(tile, MOST, block, bytes, per_step)                                          \
    do {                                                                                           \
        size_t tiles = (g->m + (MOST)-1) / (MOST);                                                 \
        for (size_t t = 0, i = 0; t < tiles; t++) {                                                \
            size_t rows = (g->m - i + tiles - t - 1) / (tiles - t);                                \
            ahead next = {(const char *)(block) + (bytes) / tiles * t,                             \
                          (bytes) ? (per_step) / tiles : 0};                                       \
            if ((MOST) >= 8 && rows == 8) tile(g, i, j, next, 8);                                  \
            if ((MOST) >= 7 && rows == 7) tile(g, i, j, next, 7);                                  \
            if ((MOST) >= 6 && rows == 6) tile(g, i, j, next, 6);                                  \
            if ((MOST) >= 5 && rows == 5) tile(g, i, j, next, 5);                                  \
            if ((MOST) >= 4 && rows == 4) tile(g, i, j, next, 4);                                  \
            if ((MOST) >= 3 && rows == 3) tile(g, i, j, next, 3);                                  \
            if (rows == 2) tile(g, i, j, next, 2);                                                 \
            if (rows == 1) tile(g, i, j, next, 1);                                                 \
            i += rows;                                                                             \
        }                                                                                          \
    } while (0)

#endif
