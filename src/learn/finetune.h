/* SPDX-License-Identifier: Apache-2.0 */
/* Fine-tuning: the encoder and a linear layer on its features learn together. */
#ifndef KOR_FINETUNE_H
#define KOR_FINETUNE_H

#include "learn/linear_train.h"
#include "learn/net.h"

/* Token ids of all rows: row i has ids[first[i]..first[i + 1] - 1], at least one. */
typedef struct kor_token_rows {
    const size_t *first; /* [rows + 1] */
    const int32_t *ids;
} kor_token_rows;

/* The layer on top reads (feature - mean) * factor of a text's features: its embedding, then its
 * state, 2 dim in all. mean and factor do not learn. */
typedef struct kor_finetune_head {
    float *weight;              /* [2 dim][labels] */
    float *bias;                /* [labels] */
    const float *mean, *factor; /* [2 dim] */
} kor_finetune_head;

typedef struct kor_finetune_recipe {
    size_t epochs, batch;
    float rate, head_rate; /* the highest of the encoder and of the layer on top */
    float depth_factor;    /* each layer further down learns so much slower */
    float decay, smoothing;
    float clip;         /* the gradient's length at most */
    float word_dropout; /* share of tokens that are read as unknown */
    uint64_t seed;
    size_t threads;
} kor_finetune_recipe;

/* Learn, with AdamW, a warm-up of a tenth of the steps and a cosine after it. The same seed gives
 * the same bytes whatever the number of threads. progress (may be NULL) hears the share done and
 * the loss. *loss is the mean over the last epoch. KOR_E_INPUT when it is no longer a number. */
kor_status kor_finetune(kor_net *net, const kor_finetune_head *head, const kor_token_rows *rows,
                        const kor_targets *targets, const kor_finetune_recipe *recipe,
                        void (*progress)(void *arg, double done, double loss), void *arg,
                        double *loss, kor_error *err);

#endif
