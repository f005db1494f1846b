/* SPDX-License-Identifier: Apache-2.0 */
/* Where a training goes on after an interruption: a GGUF file of everything that the next epoch
 * depends on, written whole or not at all. */
#ifndef KOR_CHECKPOINT_H
#define KOR_CHECKPOINT_H

#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

typedef struct kor_checkpoint {
    uint64_t purpose; /* rows, seed and kind of the training that it belongs to */
    uint64_t recipe;  /* what may change between two runs: rates */
    uint64_t random;  /* state of the random numbers */
    uint32_t epoch, best_epoch, step;
    float quality;                           /* of the best epoch */
    size_t count;                            /* parameters that learn */
    float *param, *moment1, *moment2, *best; /* [count] the caller's memory */
} kor_checkpoint;

kor_status kor_checkpoint_write(const kor_checkpoint *c, const char *path, kor_error *err);

/* Fill c, whose purpose, count and memory are set. *found is false, and c as it was, when there is
 * no file, or one that is damaged or of another training: a training then starts anew. */
kor_status kor_checkpoint_read(kor_checkpoint *c, const char *path, bool *found, kor_error *err);

#endif
