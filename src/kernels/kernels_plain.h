/* SPDX-License-Identifier: Apache-2.0 */
/* Kernels that a compiler makes as fast as a hand does: each table compiles them for its own
 * instruction set. */
#ifndef KOR_KERNELS_PLAIN_H
#define KOR_KERNELS_PLAIN_H

#include "kernels/kernels.h"

#include <string.h>

/* acc stays in registers where width is a constant. */
static inline __attribute__((always_inline)) void bag_columns(int32_t *restrict out,
                                                              const int8_t *restrict table,
                                                              const uint32_t *restrict ids,
                                                              size_t count, size_t dim,
                                                              size_t width)
{
    int32_t acc[16] = {0};
    for (size_t i = 0; i < count; i++) {
        const int8_t *row = table + (size_t)ids[i] * dim;
        for (size_t j = 0; j < width; j++) acc[j] += row[j];
    }
    memcpy(out, acc, width * sizeof *out);
}

static void bag_i8(int32_t *restrict out, const int8_t *restrict table,
                   const uint32_t *restrict ids, size_t count, size_t dim)
{
    size_t j = 0;
    for (; j + 16 <= dim; j += 16) bag_columns(out + j, table + j, ids, count, dim, 16);
    if (j < dim) bag_columns(out + j, table + j, ids, count, dim, dim - j);
}

#endif
