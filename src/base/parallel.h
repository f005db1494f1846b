/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KOR_PARALLEL_H
#define KOR_PARALLEL_H

#include <stddef.h>

/* Cores this process may run on, at least 1. */
size_t kor_cores(void);

/* Call work(arg, i, worker) for every i in 0..count-1, on up to workers threads (the caller is
 * one), which take the next index as they come free. Returns when all are done. worker is in
 * 0..workers-1, for scratch of one's own. Runs on the caller alone when threads cannot be made. */
void kor_parallel(size_t workers, size_t count, void (*work)(void *arg, size_t i, size_t worker),
                  void *arg);

#endif
