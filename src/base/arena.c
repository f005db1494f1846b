/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_SIZE = 1 << 16, ALIGN = 16 };

struct kor_arena_block {
    kor_arena_block *next;
    size_t used, size;
    _Alignas(ALIGN) unsigned char data[];
};

void *kor_arena_alloc(kor_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ALIGN - sizeof(kor_arena_block)) return NULL;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    kor_arena_block *b = arena->head;
    if (!b || b->size - b->used < size) {
        size_t want = size > BLOCK_SIZE ? size : BLOCK_SIZE;
        b = calloc(1, sizeof *b + want);
        if (!b) return NULL;
        b->size = want;
        /* A block of one large object goes behind the head, which still has room for small ones. */
        if (arena->head && size > BLOCK_SIZE) {
            b->next = arena->head->next;
            arena->head->next = b;
        } else {
            b->next = arena->head;
            arena->head = b;
        }
    }
    void *p = b->data + b->used;
    b->used += size;
    return p;
}

void *kor_arena_array(kor_arena *arena, size_t count, size_t size)
{
    size_t bytes;
    return kor_mul(count, size, &bytes) ? kor_arena_alloc(arena, bytes) : NULL;
}

char *kor_arena_copy(kor_arena *arena, const char *s, size_t len)
{
    if (!s || len == SIZE_MAX) return NULL;
    char *p = kor_arena_alloc(arena, len + 1);
    if (!p) return NULL;
    memcpy(p, s, len);
    p[len] = 0;
    return p;
}

void kor_arena_free(kor_arena *arena)
{
    for (kor_arena_block *b = arena->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    arena->head = NULL;
}
