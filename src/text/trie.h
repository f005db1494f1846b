/* SPDX-License-Identifier: Apache-2.0 */
/* A trie over bytes as one array of 32-bit units that can live in a file: a double-array trie (Aoe
 * 1989) whose check holds the label alone, which is enough when no two nodes share a base (as in J.
 * Yata's compact double-arrays).
 *
 *     bits 0-7    the byte on the edge into this node
 *     bit  8      a key ends here and the node has children: the id is in the unit at base
 *     bit  9      a leaf: a key ends here, bits 10-31 are its id
 *     bits 10-31  base: the child by byte b is unit base + b, if that unit's label is b
 *
 * Unit 0 is the root. Keys hold no NUL byte. Lookups check every index, so that units from a
 * hostile file give wrong answers at worst. */
#ifndef KOR_TRIE_H
#define KOR_TRIE_H

#include "base/status.h"

typedef struct kor_trie {
    const uint32_t *units;
    size_t count;
} kor_trie;

enum { KOR_TRIE_MAX = 1 << 22 /* units, and ids */ };

typedef struct kor_trie_key {
    const char *text;
    size_t len;
    uint32_t id;
} kor_trie_key;

/* Build from keys, which are sorted in place; of equal keys the one with the largest id counts.
 * *units is malloc'd and the caller's. KOR_E_INPUT for an empty key, a NUL byte in one, or too
 * many. */
kor_status kor_trie_build(kor_trie_key *keys, size_t count, uint32_t **units, size_t *unit_count,
                          kor_error *err);

/* The child of node by a byte, or 0 when there is none. 0 is the root, where a walk starts. */
static inline uint32_t kor_trie_child(const kor_trie *t, uint32_t node, unsigned char byte)
{
    uint32_t unit = t->units[node];
    uint32_t next = (unit >> 10) + byte;
    if ((unit & 0x200) || byte == 0 || next >= t->count || (t->units[next] & 0xff) != byte)
        return 0;
    return next;
}

/* The id of the key that ends at node, or -1. */
static inline int32_t kor_trie_id(const kor_trie *t, uint32_t node)
{
    uint32_t unit = t->units[node];
    if (unit & 0x200) return (int32_t)(unit >> 10);
    if (!(unit & 0x100) || unit >> 10 >= t->count) return -1;
    return (int32_t)(t->units[unit >> 10] >> 10);
}

#endif
