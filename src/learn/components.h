/* SPDX-License-Identifier: Apache-2.0 */
/* Principal components of vectors. */
#ifndef KOR_COMPONENTS_H
#define KOR_COMPONENTS_H

#include "base/status.h"

#include <stddef.h>

/* Of x[n][dim]: their mean[dim], the variances along the components, falling, and the components,
 * vector[dim][dim], one a row, of length 1. By Jacobi's rotations (Golub and Van Loan 2013, 8.5):
 * O(dim^3), a second or two at dim 512. */
kor_status kor_components(const float *x, size_t n, size_t dim, double *mean, double *variance,
                          double *vector, kor_error *err);

#endif
