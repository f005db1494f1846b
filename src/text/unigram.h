/* SPDX-License-Identifier: Apache-2.0 */
/* The SentencePiece unigram tokenizer (Kudo 2018), as the base encoder was trained with it. */
#ifndef KOR_UNIGRAM_H
#define KOR_UNIGRAM_H

#include "base/status.h"
#include "text/trie.h"

/* Immutable once built; shared between threads. */
typedef struct kor_unigram kor_unigram;

typedef struct kor_piece {
    const char *text; /* UTF-8, borrowed for the call */
    size_t len;
    double score;
} kor_piece;

enum { KOR_UNIGRAM_UNKNOWN = 0, KOR_PIECE_MAX = 256 /* bytes of one piece at most */ };

/* Build from pieces, whose index is their id (the text is copied into a trie). Ids below first (the
 * unknown and control pieces) are never matched. Of two equal pieces the later one counts.
 * KOR_E_INPUT for an empty, overlong or torn piece, a score that is not finite, or more than 2^20
 * pieces. */
kor_status kor_unigram_new(kor_unigram **out, const kor_piece *pieces, size_t count, size_t first,
                           kor_error *err);

/* Bind to a trie and scores that were built before and lie in a file: nothing is copied, and both
 * must outlive the tokenizer. scores is count f64, unaligned. */
kor_status kor_unigram_bind(kor_unigram **out, const uint32_t *units, size_t unit_count,
                            const void *scores, size_t count, kor_error *err);

/* The trie, to be written to a file. Valid as long as u. */
kor_trie kor_unigram_trie(const kor_unigram *u);

/* NULL is allowed. */
void kor_unigram_free(kor_unigram *u);

/* Scratch of kor_unigram_encode in bytes. */
size_t kor_unigram_scratch(void);

/* Split text into ids: NFKC, a leading U+2581, spaces to U+2581, then the best path. Runs of
 * characters outside the vocabulary become one id, 0. Reads at most KOR_TEXT_MAX code points and
 * writes at most max ids; returns how many. scratch has kor_unigram_scratch() bytes, aligned to 16.
 * What NFKC makes longer than KOR_TEXT_MAX code points is cut there. */
size_t kor_unigram_encode(const kor_unigram *u, const char *text, size_t len, int32_t *out,
                          size_t max, void *scratch);

/* The same for a part of a text that follows other text without a space: no U+2581 leads. */
size_t kor_unigram_encode_on(const kor_unigram *u, const char *text, size_t len, int32_t *out,
                             size_t max, void *scratch);

#endif
