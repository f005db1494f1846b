/* SPDX-License-Identifier: Apache-2.0 */
/* Rows with spans as an encoder reads them (model/wordstates.h): windows of words, each a row of
 * tokens for tuner.h. A chain that fits into one window is learnt from as it is. Of a longer one
 * each window is a chain of its own, of the words that are taken of it; those around them are read
 * only. */
#ifndef KOR_SPAN_WINDOWS_H
#define KOR_SPAN_WINDOWS_H

#include "learn/span_corpus.h"
#include "learn/tuner.h"

typedef struct kor_span_window {
    size_t word, count; /* of the corpus: word..word + count - 1 are read */
    size_t keep, kept;  /* of these, keep..kept - 1 are learnt from */
    size_t piece;       /* into pieces */
} kor_span_window;

typedef struct kor_span_windows {
    kor_token_rows tokens;
    kor_span_window *list; /* [tokens.count] */
    uint32_t *pieces;      /* [count + 1] of each window: the first token of each word */
    size_t longest;        /* words of a window */
    size_t *first;         /* what tokens points to */
    int32_t *ids;
    size_t window_cap, piece_count, piece_cap, id_cap;
} kor_span_windows;

/* The windows of rows[], from which corpus was made, for an open encoder. Free with
 * kor_span_windows_free, also after a failure. */
kor_status kor_span_windows_make(kor_span_windows *out, const kor_model *trunk,
                                 const kor_spans_row *rows, const kor_span_corpus *corpus,
                                 kor_error *err);
void kor_span_windows_free(kor_span_windows *windows);

#endif
