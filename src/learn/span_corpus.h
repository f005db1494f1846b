/* SPDX-License-Identifier: Apache-2.0 */
/* Rows with spans as chains of words: each with its features, the tag it should get, and what an
 * encoder makes of it. */
#ifndef KOR_SPAN_CORPUS_H
#define KOR_SPAN_CORPUS_H

#include "learn/dataset.h"
#include "model/spans.h"

/* A row and its spans. */
typedef struct kor_spans_row {
    const kor_row *row;
    const kor_row_spans *spans;
} kor_spans_row;

typedef struct kor_span_corpus {
    size_t labels, tags;
    size_t rows, chains, words;
    size_t *row_chain; /* [rows + 1] the first chain of each row */
    size_t *first;     /* [chains + 1] the first word of each chain */
    uint8_t *gold;     /* [words] */
    size_t *key_first; /* [words + 1] */
    uint32_t *key;     /* the features of word i are key[key_first[i]..key_first[i + 1] - 1] */
    size_t chain_cap, word_cap, key_cap;
} kor_span_corpus;

/* Cut rows[count] whose labels are below labels. Free with kor_span_corpus_free, also after a
 * failure. */
kor_status kor_span_corpus_make(kor_span_corpus *out, const kor_spans_row *rows, size_t count,
                                size_t labels, kor_error *err);
void kor_span_corpus_free(kor_span_corpus *corpus);

#endif
