/* SPDX-License-Identifier: Apache-2.0 */
#include "base/ids.h"

#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void kor_ids_sort(int64_t *ids, size_t count)
{
    if (count) qsort(ids, count, sizeof *ids, by_value);
}

bool kor_ids_have(const int64_t *ids, size_t count, int64_t id)
{
    return count && bsearch(&id, ids, count, sizeof *ids, by_value);
}
