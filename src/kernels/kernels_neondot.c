/* SPDX-License-Identifier: Apache-2.0 */
/* AArch64 with dot product instructions. */
#define KOR_NEON_DOT
#include "kernels/kernels_neon.c"
