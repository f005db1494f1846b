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
#elif defined(__aarch64__)
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

static const kor_kernels *chosen;
static char warning[160]; /* "" when all is well */
static pthread_once_t once = PTHREAD_ONCE_INIT;

#if defined(__x86_64__)
/* Which tables a CPU with these registers can run. What the CPU offers counts only as far as the
 * operating system saves the registers (XCR0: Intel SDM volume 1, 13.3, 14.3 and 15.2). */
kor_cpu_paths kor_cpu_decide(const kor_cpu_registers *r)
{
    kor_cpu_paths p = {false, false, false};
    bool osxsave = r->leaf1_ecx & (1u << 27), avx = r->leaf1_ecx & (1u << 28),
         fma = r->leaf1_ecx & (1u << 12);
    if (!osxsave || !avx || !fma || (r->xcr0 & 0x6) != 0x6) return p; /* XMM and YMM state */
    p.avx2 = r->leaf7_ebx & (1u << 5);
    p.avxvnni = p.avx2 && (r->leaf7_1_eax & (1u << 4));
    uint32_t f_dq_bw_vl = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;
    p.avx512vnni = p.avx2 && (r->leaf7_ebx & f_dq_bw_vl) == f_dq_bw_vl &&
                   (r->leaf7_ecx & (1u << 11)) &&
                   (r->xcr0 & 0xe6) == 0xe6; /* and opmask and ZMM state */
    return p;
}

static kor_cpu_registers read_registers(void)
{
    kor_cpu_registers r = {0};
    unsigned a, b, c, d;
    if (__get_cpuid(1, &a, &b, &c, &d)) r.leaf1_ecx = c;
    if (r.leaf1_ecx & (1u << 27)) {
        unsigned high;
        __asm__ volatile("xgetbv" : "=a"(r.xcr0), "=d"(high) : "c"(0));
    }
    if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
        r.leaf7_ebx = b;
        r.leaf7_ecx = c;
        if (a >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) r.leaf7_1_eax = a;
    }
    return r;
}
#endif

size_t kor_kernels_all(const kor_kernels *out[KOR_KERNELS_MAX])
{
    size_t n = 0;
    out[n++] = &kor_kernels_scalar;
#if defined(__x86_64__)
    kor_cpu_registers registers = read_registers();
    kor_cpu_paths p = kor_cpu_decide(&registers);
    if (p.avx2) out[n++] = &kor_kernels_avx2;
    if (p.avxvnni) out[n++] = &kor_kernels_avxvnni;
    if (p.avx512vnni) out[n++] = &kor_kernels_avx512vnni;
#elif defined(__aarch64__)
    unsigned long caps = getauxval(AT_HWCAP);
    if (caps & HWCAP_ASIMD) out[n++] = &kor_kernels_neon;
    if (caps & HWCAP_ASIMDDP) out[n++] = &kor_kernels_neondot;
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
    int len = snprintf(warning, sizeof warning,
                       "KORORA_CPU=%.40s: this machine has no such kernels, only", want);
    for (size_t i = 0; i < n; i++) {
        len += snprintf(warning + len, sizeof warning - (size_t)len, "%s %s", i ? "," : "",
                        all[i]->name);
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
