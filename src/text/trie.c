/* SPDX-License-Identifier: Apache-2.0 */
#include "text/trie.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { TERMINAL = 0x100, LEAF = 0x200, VALUE_SHIFT = 10, LABELS = 256 };

typedef struct builder {
    const kor_trie_key *keys;
    uint32_t *units;
    unsigned char *taken; /* bit 0: the unit is in use; bit 1: it is some node's base */
    size_t count, cap, first_free;
    kor_error *err;
} builder;

static int by_text(const void *a, const void *b)
{
    const kor_trie_key *x = a, *y = b;
    int order = memcmp(x->text, y->text, x->len < y->len ? x->len : y->len);
    if (order) return order;
    if (x->len != y->len) return x->len < y->len ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

/* Room for all children of a base, whatever their labels. */
static kor_status reserve(builder *b, size_t base)
{
    size_t need = base + LABELS;
    if (need > KOR_TRIE_MAX)
        return kor_fail(b->err, KOR_E_INPUT, "the trie would need more than %d units",
                        KOR_TRIE_MAX);
    if (need <= b->cap) return KOR_OK;
    size_t cap = b->cap;
    while (cap < need) cap *= 2;
    uint32_t *units = realloc(b->units, cap * sizeof *units);
    if (units) b->units = units;
    unsigned char *taken = realloc(b->taken, cap);
    if (taken) b->taken = taken;
    if (!units || !taken) return kor_fail_memory(b->err);
    memset(b->units + b->cap, 0, (cap - b->cap) * sizeof *units);
    memset(b->taken + b->cap, 0, cap - b->cap);
    b->cap = cap;
    return KOR_OK;
}

/* A base that is nobody else's and whose units for these labels are free. */
static kor_status find_base(builder *b, const unsigned char *labels, size_t n, size_t *out)
{
    while (b->first_free < b->cap && (b->taken[b->first_free] & 1)) b->first_free++;
    size_t base = b->first_free > labels[0] ? b->first_free - labels[0] : 1;
    for (;; base++) {
        KOR_TRY(reserve(b, base));
        if (b->taken[base] & 2) continue;
        bool fits = true;
        for (size_t i = 0; i < n && fits; i++) fits = !(b->taken[base + labels[i]] & 1);
        if (fits) break;
    }
    *out = base;
    return KOR_OK;
}

/* Fill the children of node from keys[from..to), which share their first depth bytes. */
static kor_status add_children(builder *b, size_t node, size_t from, size_t to, size_t depth)
{
    size_t last = to - 1;
    if (b->keys[last].len == depth) { /* nothing but equal keys that end here */
        b->units[node] |= LEAF | b->keys[last].id << VALUE_SHIFT;
        return KOR_OK;
    }
    unsigned char labels[LABELS];
    size_t n = 0, starts[LABELS + 1], i = from;
    while (i < to && b->keys[i].len == depth) i++;
    bool terminal = i > from;
    uint32_t id = terminal ? b->keys[i - 1].id : 0;
    if (terminal) labels[n] = 0, starts[n++] = from;
    for (; i < to; i++) {
        unsigned char label = (unsigned char)b->keys[i].text[depth];
        if (n == 0 || labels[n - 1] != label) labels[n] = label, starts[n++] = i;
    }
    starts[n] = to;
    size_t base = 0;
    KOR_TRY(find_base(b, labels, n, &base));
    b->taken[base] |= 2;
    for (size_t j = 0; j < n; j++) {
        size_t child = base + labels[j];
        b->taken[child] |= 1;
        b->units[child] = labels[j];
        if (child >= b->count) b->count = child + 1;
    }
    b->units[node] |= (uint32_t)base << VALUE_SHIFT | (terminal ? TERMINAL : 0);
    if (terminal) b->units[base] = id << VALUE_SHIFT;
    for (size_t j = terminal; j < n; j++) {
        KOR_TRY(add_children(b, base + labels[j], starts[j], starts[j + 1], depth + 1));
    }
    return KOR_OK;
}

kor_status kor_trie_build(kor_trie_key *keys, size_t count, uint32_t **units, size_t *unit_count,
                          kor_error *err)
{
    enum { KEY_MAX = 1024 /* bounds the recursion */ };
    for (size_t i = 0; i < count; i++) {
        if (keys[i].len == 0 || keys[i].len > KEY_MAX || memchr(keys[i].text, 0, keys[i].len) ||
            keys[i].id >= KOR_TRIE_MAX) {
            return kor_fail(err, KOR_E_INPUT, "trie key %zu is empty, too long, or has a NUL byte",
                            i);
        }
    }
    if (count) qsort(keys, count, sizeof *keys, by_text);
    builder b = {.keys = keys, .count = 1, .cap = 1024, .first_free = 1, .err = err};
    b.units = calloc(b.cap, sizeof *b.units);
    b.taken = calloc(b.cap, 1);
    kor_status status = b.units && b.taken ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) b.taken[0] = 1;
    if (status == KOR_OK && count) status = add_children(&b, 0, 0, count, 0);
    free(b.taken);
    if (status != KOR_OK) {
        free(b.units);
        return status;
    }
    *units = b.units;
    *unit_count = b.count;
    return KOR_OK;
}
