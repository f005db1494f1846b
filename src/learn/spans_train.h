/* SPDX-License-Identifier: Apache-2.0 */
/* Training of spans (model/spans.h) on one thread: the features of all words are counted, each with
 * the tags it was seen with, and their weights are learnt together with those of the chain, and of
 * a layer on an encoder's states if there is one, chain by chain, with Adagrad (Duchi et al. 2011);
 * at each step some of a word's features are left out. Then the weights that matter least go, until
 * the rest fits, and the rest is learnt some more. */
#ifndef KOR_SPANS_TRAIN_H
#define KOR_SPANS_TRAIN_H

#include "learn/span_states.h"
#include "model/spanlayer.h"

typedef struct kor_spans_recipe {
    size_t bytes;  /* of the table, at most */
    size_t epochs; /* times through the rows; 0: by their number */
    size_t least;  /* words that a feature must be of to be kept */
    float rate;    /* of learning, at the start; it falls to 0 in a straight line */
    float dropout; /* share of a word's features that are left out at each step */
    float blind;   /* share of words that are learnt as if they, and as if what stands around
                      them, had never been seen: by form alone */
    float layer_rate, layer_dropout;
    uint64_t seed;
} kor_spans_recipe;

extern const kor_spans_recipe kor_spans_default;

/* A layer (model/spanlayer.h) before it was made int8. */
typedef struct kor_span_layer_weights {
    size_t dim, tags;
    const float *near;          /* [dim][KOR_SPAN_PARTS * tags] */
    const float *whole;         /* [dim][tags] */
    const float *bias;          /* [tags] */
    const float *mean, *factor; /* [dim] */
} kor_span_layer_weights;

/* The same int8, with copies of all, in arena. */
kor_status kor_span_layer_pack(kor_span_layer *out, const kor_span_layer_weights *weights,
                               kor_arena *arena, kor_error *err);

typedef struct kor_spans_trained {
    kor_tagger spans;               /* int8; what it points to is owned */
    kor_span_layer layer;           /* int8, the same; dim is 0 where there were no states */
    kor_span_layer_weights weights; /* what the layer was before, the same */
    size_t features;                /* different ones in the rows */
    size_t epochs;
    double loss; /* a word, in the last epoch */
    kor_arena arena;
} kor_spans_trained;

kor_status kor_spans_train(kor_spans_trained *out, const kor_span_corpus *corpus,
                           const kor_span_states *states, const kor_spans_recipe *recipe,
                           void (*progress)(void *arg, double fraction), void *arg, kor_error *err);

void kor_spans_trained_write(const kor_spans_trained *trained, kor_gguf_out *out);
void kor_spans_trained_free(kor_spans_trained *trained);

#endif
