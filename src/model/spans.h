/* SPDX-License-Identifier: Apache-2.0 */
/* Spans: a chain of tags (model/crf.h) over the words of a text (text/wordcut.h).
 *
 *     emission[word][tag] = scale[tag] * sum of the codes of the word's features that are known
 *                         + what a layer on an encoder's states says (model/spanlayer.h), if any
 *
 * A feature has a weight for a few tags only, so the table is sparse. Sums are of integers and have
 * the same bits on every machine.
 *
 * A long text is worked out in pieces of up to KOR_SPANS_WORDS words: cut at the last line break in
 * the second half of those, else after the last sentence there, else anywhere. No span goes over a
 * cut. */
#ifndef KOR_SPANS_H
#define KOR_SPANS_H

#include "model/crf.h"
#include "model/gguf.h"
#include "text/wordfeatures.h"

enum {
    KOR_SPANS_WORDS = 512,    /* of a piece, at most */
    KOR_SPANS_ROWS = 1 << 22, /* features, at most */
    KOR_SPANS_BITS = 20,      /* of a key that the directory uses, at most */
    KOR_SPANS_ENTRIES = 1 << 24
};

typedef struct kor_tagger {
    size_t labels, tags, rows, entries;
    uint32_t bits;         /* of a key, from the top, that find its place in the directory */
    const uint32_t *keys;  /* [rows] ascending: the features that are known */
    const uint32_t *first; /* [2^bits + 1] the first row whose key begins with these bits */
    const uint32_t *start; /* [rows + 1] where each row's entries begin */
    const uint8_t *tag;    /* [entries] */
    const int8_t *code;    /* [entries] the weight of that tag, over scale[tag] */
    const float *scale;    /* [tags] */
    kor_crf crf;
    float temperature; /* of the scores of spans */
} kor_tagger;

/* Bind to the tensors of a file, for that many labels, checking shapes, the directory, every tag
 * and that weights are numbers. Nothing is copied. */
kor_status kor_spans_bind(kor_tagger *out, const kor_gguf *file, size_t labels, kor_error *err);

/* ---- The pieces of a text ---- */

/* Set cut.text and cut.len, words to room for KOR_SPANS_WORDS, and zero the rest. */
typedef struct kor_span_pieces {
    kor_wordcut cut;
    kor_word *words;
    size_t held, given;
} kor_span_pieces;

/* The words of the next piece into pieces->words; returns how many, 0 at the end. */
size_t kor_span_pieces_next(kor_span_pieces *pieces);

/* ---- Answers ---- */

typedef struct kor_spans_work {
    kor_word *words;         /* [KOR_SPANS_WORDS] */
    kor_word_traits *traits; /* [KOR_SPANS_WORDS] */
    float *emissions;        /* [KOR_SPANS_WORDS][tags] */
    uint8_t *tags;           /* [KOR_SPANS_WORDS] */
    int32_t *sums;           /* [tags] */
    kor_crf_work crf;
} kor_spans_work;

size_t kor_spans_scratch(size_t labels);

/* Lay the work out in memory of that size, aligned to 64, and take over the chain's weights. */
void kor_spans_lay_out(kor_spans_work *out, const kor_tagger *spans, void *memory);

/* emissions[count][tags] of work->words[count] by their features. */
void kor_spans_emit(const kor_tagger *spans, kor_spans_work *work, const char *text, size_t count);

/* A span of words from..to - 1 of a piece. */
typedef struct kor_word_span {
    size_t from, to, label;
    float score;
} kor_word_span;

/* The most probable spans of a piece whose emissions are filled in, at most count of them. Returns
 * how many. */
size_t kor_spans_decode(const kor_tagger *spans, kor_spans_work *work, size_t count,
                        kor_word_span *out);

#endif
