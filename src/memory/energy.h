/* SPDX-License-Identifier: Apache-2.0 */
/* The energy that the processor took, as it counts it itself: RAPL, through Linux's powercap. */
#ifndef KOR_ENERGY_H
#define KOR_ENERGY_H

#include <stddef.h>
#include <stdint.h>

enum { KOR_ENERGY_PACKAGES = 8 };

typedef struct kor_energy {
    size_t count; /* 0: it cannot be read here */
    struct {
        int fd;
        uint64_t range_uj; /* after which the counter starts from 0 again; 0: unknown */
        uint64_t last_uj;
    } package[KOR_ENERGY_PACKAGES];
} kor_energy;

/* folder NULL: /sys/class/powercap. Most systems let root alone read it. A package that cannot be
 * read makes the sum worth nothing: then none is. Free with kor_energy_close. */
void kor_energy_open(kor_energy *energy, const char *folder);
void kor_energy_close(kor_energy *energy);

/* Microjoules that all packages took since the last call, or since they were opened, whoever they
 * worked for. Counters start again after some minutes of full power: between two calls one is
 * noticed to have done so once. */
int64_t kor_energy_take(kor_energy *energy);

#endif
