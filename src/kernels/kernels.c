/* SPDX-License-Identifier: Apache-2.0 */
/* Which table this process uses, and the packing that all of them read. */
#include "kernels/kernels.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#endif

static const kor_kernels *chosen;
static char warning[160]; /* "" when all is well */
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
typedef struct cpu_flags {
    bool avx2, avx512vnni;
} cpu_flags;

/* What the CPU offers counts only as far as the operating system saves the registers (XCR0: Intel SDM
 * volume 1, 13.3 and 15.2). */
static cpu_flags detect_cpu(void)
{
    cpu_flags f = {false, false};
    unsigned a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d)) return f;
    bool osxsave = c & (1u << 27), fma = c & (1u << 12), avx = c & (1u << 28);
    if (!osxsave || !avx || !fma) return f;
    unsigned xcr0_low, xcr0_high;
    __asm__ volatile("xgetbv" : "=a"(xcr0_low), "=d"(xcr0_high) : "c"(0));
    if ((xcr0_low & 0x6) != 0x6) return f; /* XMM and YMM state */
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return f;
    f.avx2 = b & (1u << 5);
    bool avx512 = (b & (1u << 16)) && (b & (1u << 17)) && (b & (1u << 30)) && (b & (1u << 31));
    bool vnni = c & (1u << 11);
    f.avx512vnni = f.avx2 && avx512 && vnni && (xcr0_low & 0xe6) == 0xe6; /* opmask and ZMM state */
    return f;
}
#endif

size_t kor_kernels_all(const kor_kernels *out[KOR_KERNELS_MAX])
{
    size_t n = 0;
    out[n++] = &kor_kernels_scalar;
#if defined(__x86_64__)
    cpu_flags f = detect_cpu();
    if (f.avx2) out[n++] = &kor_kernels_avx2;
    if (f.avx512vnni) out[n++] = &kor_kernels_avx512vnni;
#endif
    return n;
}

static void choose(void)
{
    const kor_kernels *all[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(all);
    chosen = all[n - 1];
    const char *want = getenv("KORORA_CPU");
    if (!want || !*want) return;
    for (size_t i = 0; i < n; i++) {
        if (strcmp(all[i]->name, want) == 0) {
            chosen = all[i];
            return;
        }
    }
    int len = snprintf(warning, sizeof warning, "KORORA_CPU=%.40s: this machine has no such kernels, only", want);
    for (size_t i = 0; i < n; i++) {
        len += snprintf(warning + len, sizeof warning - (size_t)len, "%s %s", i ? "," : "", all[i]->name);
    }
}

const kor_kernels *kor_kernels_get(void)
{
    (void)pthread_once(&once, choose);
    return chosen;
}

const char *kor_kernels_warning(void)
{
    (void)kor_kernels_get();
    return *warning ? warning : NULL;
}

void kor_pack_f32(float *out, const float *w, size_t k, size_t n)
{
    for (size_t p = 0; p < kor_round_up(n, KOR_PANEL); p += KOR_PANEL) {
        for (size_t i = 0; i < k; i++) {
            for (size_t j = p; j < p + KOR_PANEL; j++) *out++ = j < n ? w[i * n + j] : 0;
        }
    }
}

void kor_pack_i8(int8_t *out, float *scale, const float *w, size_t k, size_t n)
{
    for (size_t j = 0; j < n; j++) {
        float max = 0;
        for (size_t i = 0; i < k; i++) max = fmaxf(max, fabsf(w[i * n + j]));
        scale[j] = max > KOR_QUANTIZE_MIN ? max / 127 : 1;
    }
    for (size_t p = 0; p < kor_round_up(n, KOR_PANEL); p += KOR_PANEL) {
        for (size_t g = 0; g < kor_round_up(k, KOR_GROUP); g += KOR_GROUP) {
            for (size_t j = p; j < p + KOR_PANEL; j++) {
                for (size_t i = g; i < g + KOR_GROUP; i++) {
                    bool inside = i < k && j < n;
                    *out++ = inside ? (int8_t)lrintf(w[i * n + j] / scale[j]) : 0;
                }
            }
        }
    }
}
