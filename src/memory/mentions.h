/* SPDX-License-Identifier: Apache-2.0 */
/* Times that events speak of: "the meeting on Friday" is linked to that Friday. Read as said when
 * the event happened, in the zone it happened in; what may be past or to come ("on Friday") is to
 * come. */
#ifndef KOR_MENTIONS_H
#define KOR_MENTIONS_H

#include "colony/colony.h"
#include "memory/memory.h"

enum {
    KOR_MENTIONS = 16,       /* of an event at most, the first */
    KOR_MENTIONS_READ = 8192 /* bytes of a text that are read */
};

typedef struct kor_mention {
    kor_place place;
    size_t start, end;      /* bytes of the title or the text */
    int64_t from_ms, to_ms; /* UTC milliseconds, half-open */
} kor_mention;

/* The times that a text speaks of into out[KOR_MENTIONS]; returns how many. Those without a range,
 * without an end, and bare numbers are left out. */
size_t kor_mentions_read(const char *text, size_t len, kor_place place, int64_t now_ms,
                         const kor_zone *zone, kor_mention *out, size_t max);

/* Store those of an event in place of what is there. Needs a write transaction. */
kor_status kor_mentions_store(kor_memory *memory, int64_t event, const kor_mention *list,
                              size_t count, kor_error *err);

/* Those of an event, in order; copied into arena. None where names are redacted. */
kor_status kor_mentions_list(kor_memory *memory, int64_t event, kor_arena *arena, kor_mention **out,
                             size_t *count, kor_error *err);

/* Up to limit events of a scope (NULL is the user's own) that speak of a time in a range and did
 * not happen in it, the latest first; copied into arena. */
kor_status kor_mentions_find(kor_memory *memory, const char *scope, int64_t from_ms, int64_t to_ms,
                             size_t limit, kor_arena *arena, kor_event **out, size_t *count,
                             kor_error *err);

#endif
