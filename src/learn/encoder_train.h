/* SPDX-License-Identifier: Apache-2.0 */
/* Training of an encoder for labels, as a whole or by adapters (tuner.h), together with a linear
 * layer on its features, from where a layer on the frozen encoder (hybrid_train.h) has come. */
#ifndef KOR_ENCODER_TRAIN_H
#define KOR_ENCODER_TRAIN_H

#include "learn/hybrid_train.h"
#include "learn/tuner.h"

typedef struct kor_encoder_trained {
    kor_encoder encoder; /* int8, in arena; with adapters: a view of the trunk's that has them */
    kor_hybrid_trained linear;
    kor_tune_result result;
    bool rounded; /* int8 cost too much, so it learnt on with rounded weights */
    kor_arena arena;
} kor_encoder_trained;

/* Token ids of texts, in the tokenizer of an open encoder, cut to what it reads; a text without a
 * token is one unknown token. In arena; rows are single. */
kor_status kor_rows_tokenize(kor_token_rows *out, const kor_model *trunk,
                             const kor_row *const *rows, size_t count, kor_arena *arena,
                             kor_error *err);

/* What kor_tune has made of a trunk as an int8 encoder in arena: of its own, or a view of the
 * trunk's with the adapters, where there are any. */
kor_status kor_tuned_to_int8(kor_encoder *out, const kor_model *trunk, const kor_net *net,
                             const kor_adapters *adapters, kor_arena *arena, kor_error *err);

typedef struct kor_encoder_task {
    const kor_model *trunk;
    const kor_row *const *rows; /* [count] to learn from */
    size_t count, labels;
    bool tags;
    float smoothing; /* see kor_row_loss */
    kor_teaching teaching;
    const kor_hybrid_trained *start; /* the layer on the frozen encoder */
    kor_tune_recipe recipe;
    /* Rows to measure with after each epoch: quality is given the logits[measured][labels] that the
     * int8 model has for them, and says how good they are. NULL: the last epoch is taken. */
    const kor_row *const *measured;
    size_t measured_count;
    kor_status (*quality)(void *arg, const float *logits, double *out, kor_error *err);
    void (*progress)(void *arg, double fraction);
    void *arg;              /* of both */
    const char *checkpoint; /* as in kor_tune_hooks */
    uint64_t purpose;
} kor_encoder_task;

/* Where int8 costs more than KOR_INT8_COST of the quality, an epoch follows in which the weights
 * are as rounded as they will be; it counts if it is better. */
#define KOR_INT8_COST 0.003

/* Free with kor_encoder_trained_free. f32 (may be NULL) gets the logits[measured][labels] of the
 * weights before they were made int8. */
kor_status kor_encoder_train(kor_encoder_trained *out, const kor_encoder_task *task, float *f32,
                             kor_error *err);
void kor_encoder_trained_free(kor_encoder_trained *trained);

/* The logits[count][labels] of rows by the int8 model, on all cores. */
kor_status kor_encoder_trained_answer(const kor_encoder_trained *trained, const kor_model *trunk,
                                      const kor_row *const *rows, size_t count, float *logits,
                                      kor_error *err);

/* Add the encoder, or its adapters, and the layer to a file, for architecture "full" or "lora".
 * weight is that of the bag's logits. */
void kor_encoder_trained_write(const kor_encoder_trained *trained, const kor_model *trunk,
                               float weight, kor_gguf_out *out);

#endif
