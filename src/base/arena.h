/* SPDX-License-Identifier: Apache-2.0 */
/* Many small allocations with one lifetime: taken one by one, freed together. */
#ifndef KOR_ARENA_H
#define KOR_ARENA_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kor_arena_block kor_arena_block;

/* Zero-initialise to start. Not thread-safe. */
typedef struct kor_arena {
    kor_arena_block *head;
} kor_arena;

/* size bytes, zeroed, aligned to 16. NULL when memory is out. size 0 gives a valid pointer. */
void *kor_arena_alloc(kor_arena *arena, size_t size);

/* count * size bytes, zeroed; NULL too when the product overflows. */
void *kor_arena_array(kor_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of len bytes. NULL when memory is out, or when s is NULL. */
char *kor_arena_copy(kor_arena *arena, const char *s, size_t len);

/* Free everything and be empty again. */
void kor_arena_free(kor_arena *arena);

/* a * b into *out; false when it overflows. */
static inline bool kor_mul(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

#endif
