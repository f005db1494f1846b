/* SPDX-License-Identifier: Apache-2.0 */
/* The weights of features for tags while they are learnt: one for each pair that was seen. */
#ifndef KOR_SPAN_WEIGHTS_H
#define KOR_SPAN_WEIGHTS_H

#include "learn/span_corpus.h"

typedef struct kor_span_weights {
    size_t found;            /* different features in the corpus */
    size_t features, pairs;  /* that there are weights for */
    uint32_t *key;           /* [features] ascending */
    size_t *start;           /* [features + 1]: the pairs of each */
    uint8_t *tag;            /* [pairs] */
    float *weight, *squares; /* [pairs]; squares: sums of squared gradients */
    uint32_t *seen;          /* [pairs] how often */
    uint32_t *id;            /* numbers of the features of all words of the corpus: those of word */
    size_t *id_first;        /* i are id[id_first[i]..id_first[i + 1] - 1] */
} kor_span_weights;

/* Weights of 0 for each feature that is of least words or more. Free with kor_span_weights_free,
 * also after a failure. */
kor_status kor_span_weights_make(kor_span_weights *out, const kor_span_corpus *corpus, size_t least,
                                 kor_error *err);

/* Leave out the pairs that matter least, and features without a pair, until bytes are enough. */
kor_status kor_span_weights_prune(kor_span_weights *w, const kor_span_corpus *corpus, size_t bytes,
                                  kor_error *err);

/* The table of a model, int8 with a scale a tag; what it points to is the arena's. */
kor_status kor_span_weights_pack(const kor_span_weights *w, kor_tagger *out, kor_arena *arena,
                                 kor_error *err);

void kor_span_weights_free(kor_span_weights *w);

#endif
