/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/corrupt.h"

#include <stdlib.h>

struct kor_corruptor {
    int nothing;
};

kor_status kor_corruptor_new(kor_corruptor **out, kor_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? KOR_OK : kor_fail_memory(err);
}

void kor_corruptor_free(kor_corruptor *c)
{
    free(c);
}

kor_status kor_corrupt(kor_corruptor *c, unsigned kinds, kor_random *random, const char *text,
                       size_t len, const kor_mark *marks, size_t mark_count, kor_corrupted *out,
                       kor_error *err)
{
    (void)c, (void)kinds, (void)random, (void)err;
    *out = (kor_corrupted){text, len, marks, mark_count, false};
    return KOR_OK;
}
