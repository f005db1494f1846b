/* SPDX-License-Identifier: Apache-2.0 */
/* A document in pieces that are small enough to be found by what they say: its sections, and long
 * sections split at paragraphs. */
#ifndef KOR_CHUNKS_H
#define KOR_CHUNKS_H

#include "base/status.h"

#include <stdbool.h>

/* Characters of a chunk at most, not counting headings without a body that come before it. */
enum { KOR_CHUNK_MAX = 1200 };

typedef struct kor_chunk {
    const char *title; /* "notes.md > Setup > Linux": the file and the headings above the text */
    const char
        *slug; /* the anchor of the innermost heading, "" before the first; percent-encoded */
    const char *text; /* len bytes; never empty */
    size_t len;
} kor_chunk;

/* Visit the chunks of a text in order; a chunk is borrowed for the call. name is the file's. Only
 * with markdown are headings looked for: "# ATX", and a paragraph of one line underlined with = or
 * -, outside of code fences and of the block of metadata ("---") that a file may start with. A
 * heading without a body is in the titles of what is below it; when nothing is, it goes before the
 * text of the next chunk. */
kor_status kor_chunks_each(const char *name, const char *text, size_t len, bool markdown,
                           kor_status (*visit)(void *arg, const kor_chunk *chunk, kor_error *err),
                           void *arg, kor_error *err);

#endif
