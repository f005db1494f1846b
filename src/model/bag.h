/* SPDX-License-Identifier: Apache-2.0 */
/* The bag: hashed n-grams in, one logit a label out (Joulin et al. 2017), in about a microsecond a
 * word.
 *
 *     rows   = the features of the text (text/ngrams.h) that the model knows, each once
 *     sum    = sum of table[row]                                          [dim], int32
 *     logits = sum / sqrt(number of rows) * output + bias                 [labels]
 *
 * The table is int8 and its sums are integers, so they have the same bits on every machine,
 * whatever the order. Its scales, one a column, are folded into output. */
#ifndef KOR_BAG_H
#define KOR_BAG_H

#include "model/gguf.h"
#include "text/ngrams.h"

enum {
    KOR_BAG_DIM = 256,        /* at most; a multiple of KOR_BAG_GROUP */
    KOR_BAG_GROUP = 8,        /* columns that are summed together */
    KOR_BAG_ROWS = 1 << 22,   /* at most */
    KOR_BAG_LABELS = 1 << 16, /* at most */
    KOR_BAG_BITS = 20         /* of a key that the directory uses, at most */
};

typedef struct kor_bag {
    kor_ngrams shape;
    size_t rows, dim, labels;
    uint32_t bits;         /* of a key, from the top, that find its place in the directory */
    const uint32_t *keys;  /* [rows] ascending: the features that are known */
    const uint32_t *first; /* [2^bits + 1] the first row whose key begins with these bits */
    const int8_t *table;   /* [rows][dim] */
    const float *output;   /* [dim][labels] */
    const float *bias;     /* [labels] */
} kor_bag;

/* Bind a bag to the tensors of a file, for that many labels, checking shapes and the directory.
 * Nothing is copied: out is valid as long as the file's bytes. */
kor_status kor_bag_bind(kor_bag *out, const kor_gguf *file, size_t labels, kor_error *err);

/* The row of a key, or rows when it is not known. */
size_t kor_bag_find(const kor_bag *bag, uint32_t key);

/* Scratch of kor_bag_forward in bytes. */
size_t kor_bag_scratch(const kor_bag *bag);

/* text (len bytes, any) -> logits[labels]. scratch has kor_bag_scratch bytes, aligned to 64, and is
 * zeroed before its first use; each call leaves it ready for the next. */
void kor_bag_forward(const kor_bag *bag, const char *text, size_t len, float *logits,
                     void *scratch);

#endif
