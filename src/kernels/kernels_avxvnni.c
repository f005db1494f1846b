/* SPDX-License-Identifier: Apache-2.0 */
/* AVX2 with the 256-bit VNNI of client CPUs that lack AVX-512 (AVX-VNNI). */
#define KOR_AVX_VNNI
#include "kernels/kernels_avx2.c"
