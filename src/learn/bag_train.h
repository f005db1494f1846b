/* SPDX-License-Identifier: Apache-2.0 */
/* Training a bag (model/bag.h) on one thread. The features of the rows are counted, those that tell
 * most about the labels are kept, as many as fit, and their table is learnt together with the
 * output layer, row by row, with Adagrad (Duchi et al. 2011): one sum of squares a feature and one
 * a label. At each step some of a row's features are left out, so that none is relied upon alone.
 */
#ifndef KOR_BAG_TRAIN_H
#define KOR_BAG_TRAIN_H

#include "learn/teach.h"
#include "model/bag.h"

typedef struct kor_bag_recipe {
    kor_ngrams shape;
    size_t bytes;     /* of table and keys, at most */
    size_t dim;       /* columns of the table, a multiple of KOR_BAG_GROUP; 0: by the labels */
    size_t epochs;    /* times through the rows; 0: by their number */
    size_t least;     /* rows that a feature must be in to be kept */
    float rate;       /* of learning, at the start; it falls to 0 in a straight line */
    float chars_rate; /* that of n-grams of characters, as a share of it */
    float dropout;    /* share of a row's features that are left out at each step */
    uint64_t seed;
    bool tags; /* each label by itself (sigmoid), else one of all (softmax) */
    kor_teaching teaching;
} kor_bag_recipe;

/* What works well on every kind of data it was tried on. */
extern const kor_bag_recipe kor_bag_default;

typedef struct kor_bag_trained {
    kor_bag bag;     /* int8; what it points to is owned */
    float *table;    /* [rows][dim]: the weights before they were made int8, */
    float *output;   /* [dim][labels], without the scales of the table */
    size_t features; /* different ones in the rows, before the choice */
    size_t epochs;   /* that were made */
    double loss;     /* mean of the last one */
    kor_arena arena;
} kor_bag_trained;

/* Learn from rows[count], whose labels are below labels. KOR_E_INPUT when the loss stops being a
 * number. progress (may be NULL) hears the share done, after each epoch. The same rows and recipe
 * give the same bytes. Free with kor_bag_trained_free. */
kor_status kor_bag_train(kor_bag_trained *out, const kor_row *const *rows, size_t count,
                         size_t labels, const kor_bag_recipe *recipe,
                         void (*progress)(void *arg, double fraction), void *arg, kor_error *err);

/* The logits of rows[count] from the weights before they were made int8: out[count][labels]. */
kor_status kor_bag_trained_answer(const kor_bag_trained *trained, const kor_row *const *rows,
                                  size_t count, float *out, kor_error *err);

/* Put the tensors and the metadata of the architecture into a file; part: as a part of a hybrid. */
void kor_bag_trained_write(const kor_bag_trained *trained, bool part, kor_gguf_out *out);

void kor_bag_trained_free(kor_bag_trained *trained);

#endif
