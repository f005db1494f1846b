/* SPDX-License-Identifier: Apache-2.0 */
/* Training what ranks (model/rank.h): candidates of queries by the cross-entropy of a softmax over
 * each list (Cao et al. 2007), pairs with scores by the cross-entropy of each score as a share of
 * the largest. */
#ifndef KOR_RANK_TRAIN_H
#define KOR_RANK_TRAIN_H

#include "korora.h"
#include "learn/pairs.h"
#include "model/rank.h"

/* Texts that have been read; features are those of a trunk. Several trainings use them in turn. */
typedef struct kor_rank_texts {
    kor_rank_text *text;   /* [count] */
    size_t count, dim;     /* dim is 0 without a trunk */
    const float *features; /* [count][2 dim]: embedding, state; the caller's */
    float *state;          /* [count][dim] made standard, by the model in use */
    kor_arena arena;
} kor_rank_texts;

/* Read all texts. features may be NULL. Free with kor_rank_texts_free. */
kor_status kor_rank_texts_read(kor_rank_texts *out, const kor_texts *texts, const float *features,
                               size_t dim, kor_error *err);
void kor_rank_texts_free(kor_rank_texts *texts);

typedef struct kor_rank_recipe {
    size_t epochs;                       /* 0: 8, more where there are few steps in one */
    size_t batch;                        /* pairs of a step, at least one list */
    float rate, decay;                   /* of the features, */
    float diagonal_rate, diagonal_decay; /* and of the trunk's numbers */
    float dropout;                       /* share of the trunk's numbers that are 0 in a step */
    uint64_t seed;
} kor_rank_recipe;

extern const kor_rank_recipe kor_rank_default;

/* rank is a view of what it owns. */
typedef struct kor_rank_trained {
    kor_ranker rank;
    double loss; /* mean of the last epoch */
    kor_arena arena;
} kor_rank_trained;

/* Learn from pairs; with_trunk: the trunk's features too. The same seed gives the same bytes,
 * whatever the number of threads. progress may be NULL. KOR_E_INPUT when there is nothing to learn
 * from. Free with kor_rank_trained_free. */
kor_status kor_rank_train(kor_rank_trained *out, kor_rank_texts *texts, const kor_pairs *pairs,
                          bool with_trunk, const kor_rank_recipe *recipe,
                          void (*progress)(void *arg, double done), void *arg, kor_error *err);
void kor_rank_trained_free(kor_rank_trained *trained);

/* raw[pairs->count] of the model. */
kor_status kor_rank_trained_answer(const kor_rank_trained *trained, kor_rank_texts *texts,
                                   const kor_pairs *pairs, float *raw, kor_error *err);

/* The slope and shift with which raw answers say the scores of pairs best: share of score_max =
 * sigmoid(slope raw + shift), slope over 0 (Platt 1999). */
void kor_rank_fit(const kor_pairs *pairs, const float *raw, float *slope, float *shift);
/* Make them part of the model. */
void kor_rank_trained_calibrate(kor_rank_trained *trained, float slope, float shift);

/* Add architecture, tensors and metadata to a file; trunk is that of a model with one. */
void kor_rank_trained_write(const kor_rank_trained *trained, const kor_model_info *trunk,
                            kor_gguf_out *out);

#endif
