/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of ids. */
#ifndef KOR_IDS_H
#define KOR_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sort them, ascending. */
void kor_ids_sort(int64_t *ids, size_t count);

/* Is it one of ids[count], which are ascending? ids may be NULL when there are none. */
bool kor_ids_have(const int64_t *ids, size_t count, int64_t id);

#endif
