/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOR_PRODUCT_H
#define KOR_PRODUCT_H

#include "kernels/kernels.h"

/* out[m][n] = x[m][k] w + bias, by the kernels of this machine: w is packed as kernels.h says, bias
 * is [n] or NULL. */
static inline void kor_product(float *out, const float *x, const float *packed, size_t m, size_t n,
                               size_t k, const float *bias)
{
    const kor_gemm g = {.m = m,
                        .n = n,
                        .k = k,
                        .out = out,
                        .ld_out = n,
                        .bias = bias,
                        .x = x,
                        .ld_x = k,
                        .w = packed};
    kor_kernels_get()->gemm_f32(&g);
}

#endif
