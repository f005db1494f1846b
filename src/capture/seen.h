/* SPDX-License-Identifier: Apache-2.0 */
/* How often a key was seen. Two equal events of one history must keep names that differ, and the
 * same names at the next import. */
#ifndef KOR_SEEN_H
#define KOR_SEEN_H

#include "base/status.h"
#include "base/str.h"

/* Zero-initialise to start. Keeps 128 bits of hash a key, not the key. */
typedef struct kor_seen {
    struct kor_seen_slot *slots;
    size_t used, cap; /* cap is 0 or a power of two */
} kor_seen;

/* Count key once more; *nth is 1 the first time. */
kor_status kor_seen_add(kor_seen *seen, const void *key, size_t len, uint32_t *nth, kor_error *err);

/* Make a ref unique: the second event called ref becomes "ref.2", the third "ref.3". Fails too when
 * ref ran out of memory. */
kor_status kor_seen_ref(kor_seen *seen, kor_str *ref, kor_error *err);

void kor_seen_free(kor_seen *seen);

#endif
