/* SPDX-License-Identifier: Apache-2.0 */
/* How the sidecar lies in its file, for those who write and those who scan it. */
#ifndef KOR_VECTORS_INNER_H
#define KOR_VECTORS_INNER_H

#include "kernels/kernels.h"
#include "memory/store.h"

enum { KOR_VECTORS_HEADER = 4096 };

static inline size_t kor_sketch_bytes(size_t dim)
{
    return kor_round_up(dim, 64) / 8;
}

/* A block: KOR_VECTORS_BLOCK heads, as many sketches, as many codes. */
static inline size_t kor_block_sketches(void)
{
    return KOR_VECTORS_BLOCK * sizeof(kor_vectors_head);
}

static inline size_t kor_block_codes(size_t dim)
{
    return kor_block_sketches() + KOR_VECTORS_BLOCK * kor_sketch_bytes(dim);
}

static inline size_t kor_block_bytes(size_t dim)
{
    return kor_block_codes(dim) + KOR_VECTORS_BLOCK * dim;
}

/* Where the block of a row begins in the file. */
static inline uint64_t kor_vectors_offset(uint64_t row, size_t dim)
{
    return KOR_VECTORS_HEADER + row / KOR_VECTORS_BLOCK * kor_block_bytes(dim);
}

/* All of len bytes, or false. */
bool kor_vectors_read(int fd, void *bytes, size_t len, uint64_t offset);

#endif
