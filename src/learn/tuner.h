/* SPDX-License-Identifier: Apache-2.0 */
/* Fine-tuning: an encoder (net.h) learns together with what stands on top of it, which may be a
 * layer for labels, a tagger of spans, or a loss on embeddings alone. Either all of the encoder
 * learns, or adapters of low rank do (LoRA, Hu et al. 2022): W + A B, with W as it was.
 *
 * AdamW, a warm-up of a tenth of the steps and a cosine after it, the gradient's length clipped.
 * Rows are shuffled each time; they are not padded, so rows of unlike length can share a batch. The
 * moments and the decay of a token's embedding move only in steps whose batch holds the token. */
#ifndef KOR_TUNER_H
#define KOR_TUNER_H

#include "learn/net_pass.h"

/* Token ids of all rows: row i has ids[first[i]..first[i + 1] - 1], at least one. Rows come in
 * groups of together (1 for single rows, 2 for pairs) that stay side by side in one batch. */
typedef struct kor_token_rows {
    size_t count, together; /* count: rows, a multiple of together */
    const size_t *first;    /* [count + 1] */
    const int32_t *ids;
} kor_token_rows;

/* What the top sees of a batch: numbers of rows, and what the encoder makes of them. */
typedef struct kor_tuned {
    const uint32_t *rows; /* [sequences] */
    size_t sequences, dim;
    size_t step;                             /* of the training, from 1: what chance hangs on */
    const size_t *first;                     /* [sequences + 1] into tokens */
    const float *state, *embedding, *tokens; /* [sequences][dim] twice; [tokens][dim] */
    float *d_state, *d_embedding, *d_tokens; /* gradients by them, 0 at first */
} kor_tuned;

/* What stands on top. pass adds the loss of the batch, a sum over rows, to *loss, and writes the
 * gradients of its mean: those by its own parameters into gradient[count], which is 0 at first. */
typedef struct kor_top {
    float *param; /* [count] which learn too; NULL when count is 0 */
    size_t count;
    size_t decaying; /* of them, the first ones: weights; the others are biases */
    kor_status (*pass)(void *arg, const kor_tuned *batch, float *gradient, double *loss,
                       kor_error *err);
    void *arg;
} kor_top;

typedef struct kor_tune_recipe {
    size_t epochs, batch;  /* batch: rows */
    size_t rank;           /* of the adapters; 0: the whole encoder learns */
    float rate, head_rate; /* the highest of the encoder (or the adapters), and of the top */
    float depth_factor;    /* each layer further down learns so much slower */
    float decay;
    float clip;         /* the gradient's length at most; 0: any */
    float word_dropout; /* share of tokens that are read as unknown */
    size_t patience;    /* epochs without a better one before it stops; 0: none */
    uint64_t seed;
    size_t threads;
} kor_tune_recipe;

/* Adapters are to learn so much faster than whole matrices, by default. */
#define KOR_LORA_RATE 3.0f

/* The adapters of a net: of each matrix part that has one, W + a b. */
typedef struct kor_adapter {
    size_t part;  /* of the net */
    float *a, *b; /* [in][rank], [rank][out] */
} kor_adapter;

typedef struct kor_adapters {
    size_t rank, count; /* count 0: there are none */
    kor_adapter *list;
    kor_arena arena;
} kor_adapters;

typedef struct kor_tune_hooks {
    void *arg;
    /* The share done, and the mean loss of the epoch so far. May be NULL. */
    void (*progress)(void *arg, double done, double loss);
    /* After each epoch, with the net as it is then: how good it is; the best is kept. May be NULL:
     * then the last one is. */
    kor_status (*measure)(void *arg, double *quality, kor_error *err);
    /* Where training goes on after an interruption, written after each epoch; or NULL. purpose
     * tells one training from another: rows, seed, kind. */
    const char *checkpoint;
    uint64_t purpose;
} kor_tune_hooks;

typedef struct kor_tune_result {
    size_t epochs;  /* that were made */
    size_t best;    /* the epoch that was kept, from 1 */
    size_t resumed; /* epochs that came from the checkpoint */
    double loss;    /* mean over the last epoch */
    double quality; /* of the best; NAN without measure */
} kor_tune_result;

/* Learn. The same seed gives the same bytes on any number of threads. adapters is filled when
 * recipe->rank is set; free it with kor_adapters_free. KOR_E_INPUT when the loss is no longer a
 * number; the checkpoint is then that of the last whole epoch. */
kor_status kor_tune(kor_net *net, const kor_top *top, const kor_token_rows *rows,
                    const kor_tune_recipe *recipe, const kor_tune_hooks *hooks,
                    kor_adapters *adapters, kor_tune_result *result, kor_error *err);
void kor_adapters_free(kor_adapters *adapters);

#endif
