/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/seen.h"

#include "base/hash.h"

#include <stdlib.h>

struct kor_seen_slot {
    uint64_t a, b;
    uint32_t count; /* 0: free */
};

static struct kor_seen_slot *find(struct kor_seen_slot *slots, size_t cap, uint64_t a, uint64_t b)
{
    size_t i = (size_t)a & (cap - 1);
    while (slots[i].count && (slots[i].a != a || slots[i].b != b)) i = (i + 1) & (cap - 1);
    return &slots[i];
}

static kor_status grow(kor_seen *seen, kor_error *err)
{
    size_t cap = seen->cap ? seen->cap * 2 : 256;
    struct kor_seen_slot *slots = calloc(cap, sizeof *slots);
    if (!slots) return kor_fail_memory(err);
    for (size_t i = 0; i < seen->cap; i++) {
        const struct kor_seen_slot *old = &seen->slots[i];
        if (old->count) *find(slots, cap, old->a, old->b) = *old;
    }
    free(seen->slots);
    seen->slots = slots;
    seen->cap = cap;
    return KOR_OK;
}

kor_status kor_seen_add(kor_seen *seen, const void *key, size_t len, uint32_t *nth, kor_error *err)
{
    if (seen->used >= seen->cap / 2) KOR_TRY(grow(seen, err));
    uint64_t a = kor_hash64(key, len, 1), b = kor_hash64(key, len, 2);
    struct kor_seen_slot *slot = find(seen->slots, seen->cap, a, b);
    if (slot->count == 0) {
        slot->a = a;
        slot->b = b;
        seen->used++;
    }
    *nth = ++slot->count;
    return KOR_OK;
}

kor_status kor_seen_ref(kor_seen *seen, kor_str *ref, kor_error *err)
{
    uint32_t nth;
    KOR_TRY(kor_seen_add(seen, kor_str_text(ref), ref->len, &nth, err));
    if (nth > 1) kor_str_printf(ref, ".%u", nth);
    return ref->failed ? kor_fail_memory(err) : KOR_OK;
}

void kor_seen_free(kor_seen *seen)
{
    free(seen->slots);
    *seen = (kor_seen){0};
}
