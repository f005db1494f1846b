/* SPDX-License-Identifier: Apache-2.0 */
/* How well a text answers a query, or how alike two texts are, from what their words share and from
 * what a trunk makes of them.
 *
 *     x     = features of the pair: what the words, word pairs and character n-grams share,
 * weighted by how rare they are; of a trunk also two cosines and a distance   [inputs] raw   = bias
 * + x w
 *             + sum over the trunk's numbers of d1 e e' + d2 z z' + d3 (|z - z'| - 1.13)
 *     score = score_max * sigmoid(raw)
 *
 * with e, e' the trunk's embeddings of the two (times the root of dim) and z, z' its states before
 * the pooler, made standard. What the features are is part of the model format: a change of any of
 * them is a new KOR_RANK_VERSION, which such models state. */
#ifndef KOR_RANK_H
#define KOR_RANK_H

#include "model/gguf.h"

#include <stdint.h>

enum {
    KOR_RANK_VERSION = 1,
    KOR_RANK_LEXICAL = 31,   /* features of the words */
    KOR_RANK_INPUTS = 34,    /* with those of a trunk */
    KOR_RANK_BITS = 18,      /* of a key that find how rare it is, at most */
    KOR_RANK_KEYS = 1 << 13, /* n-grams read of a text; what comes after them is ignored */
    KOR_RANK_MARKS = 32      /* numbers, and names, kept of a text */
};

#define KOR_RANK_DISTANCE 1.13f /* mean of |z - z'| of independent standard numbers */

typedef struct kor_ranker {
    size_t inputs;
    size_t dim;            /* of the trunk; 0: features of words only */
    uint64_t trunk;        /* the checksum of the trunk that it was made on */
    uint32_t bits;         /* of a key, from the top */
    const uint8_t *rarity; /* [2^bits]: log(texts / texts that have the key), in units of */
    float unit;
    float average; /* words of a text */
    float score_max, bias;
    const float *linear;        /* [inputs] */
    const float *mean, *factor; /* [dim], of the state */
    const float *diagonal;      /* [3][dim] */
} kor_ranker;

/* Keys of one kind in a text: each once, ascending. */
typedef struct kor_rank_keys {
    size_t count;
    uint32_t *key;
    uint16_t *times;
    float *weight; /* how rare it is */
    float total;   /* of the weights */
} kor_rank_keys;

enum { KOR_RANK_WORDS, KOR_RANK_BIGRAMS, KOR_RANK_CHARS, KOR_RANK_KINDS };

/* A text that has been read. */
typedef struct kor_rank_text {
    kor_rank_keys keys[KOR_RANK_KINDS];
    size_t words, numbers, names;
    uint32_t *word;                  /* [words] in the order of the text */
    uint32_t number[KOR_RANK_MARKS]; /* words that begin with a digit */
    uint32_t name[KOR_RANK_MARKS];   /* words with a capital that do not begin a sentence */
    bool asks;                       /* it ends with a question mark */
    const float *embedding;          /* [dim], of length 1; of a trunk */
    const float *state;              /* [dim], standard */
    float length;                    /* of state */
} kor_rank_text;

/* Bind to the tensors of a file; dim is that of its trunk, 0 without one. Nothing is copied. */
kor_status kor_rank_bind(kor_ranker *out, const kor_gguf *file, size_t dim, kor_error *err);

/* Bytes of memory that kor_rank_read needs. */
size_t kor_rank_room(void);

/* Read a text (len bytes, any) into memory of kor_rank_room bytes, aligned to 8. It has no weights
 * yet and nothing of a trunk. */
void kor_rank_read(kor_rank_text *out, const char *text, size_t len, void *memory);

/* How rare its keys are. */
void kor_rank_weigh(const kor_ranker *rank, kor_rank_text *text);

/* Add what the trunk made of it; embedding stays where it is, state[dim] is made standard there. */
void kor_rank_add_trunk(const kor_ranker *rank, kor_rank_text *text, const float *embedding,
                        float *state);

/* x[rank->inputs] of two texts. */
void kor_rank_inputs(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b,
                     float *x);

/* What is stated above as raw, and the score of it. */
float kor_rank_raw(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b,
                   const float *x);
float kor_rank_score(const kor_ranker *rank, float raw);

/* The sum over the trunk's numbers, 0 without one. */
float kor_rank_diagonal(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b);

#endif
