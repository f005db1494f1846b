/* SPDX-License-Identifier: Apache-2.0 */
/* Training the linear layer of a hybrid (model/hybrid.h) on what a trunk that stays as it is makes
 * of the rows. */
#ifndef KOR_HYBRID_TRAIN_H
#define KOR_HYBRID_TRAIN_H

#include "learn/dataset.h"
#include "learn/linear_train.h"
#include "model/hybrid.h"

/* What an open encoder makes of texts: embedding, then state, 2 dim floats a row, on all cores.
 * features[count][2 dim] is the caller's. */
kor_status kor_trunk_read(const kor_model *trunk, const kor_row *rows, size_t count,
                          float *features, kor_error *err);

/* A trained linear layer: hybrid is a view of what it owns, without a bag. */
typedef struct kor_hybrid_trained {
    kor_hybrid hybrid;
    float *weight; /* [2 dim][labels], before it was made int8; of (feature - mean) * factor */
    float *bias;   /* [labels] */
    double loss;
    kor_arena arena;
} kor_hybrid_trained;

/* Learn from the features of count rows, features[count][2 dim], whose labels are rows[i]. Free
 * with kor_hybrid_trained_free. */
kor_status kor_hybrid_train(kor_hybrid_trained *out, const float *features, size_t dim,
                            const kor_row *const *rows, size_t count, size_t labels, bool tags,
                            const kor_linear_recipe *recipe, kor_error *err);
void kor_hybrid_trained_free(kor_hybrid_trained *trained);

/* The numbers that make features standard, for both halves: x = (feature - mean) * factor, [2 dim].
 */
void kor_hybrid_standard(const kor_hybrid_trained *trained, float *mean, float *factor);

/* A layer with other weights param[2 dim][labels] and bias after them; all else as in another. */
kor_status kor_hybrid_from(kor_hybrid_trained *out, const kor_hybrid_trained *other,
                           const float *param, kor_error *err);

/* logits[labels] from the weights before they were made int8. */
void kor_hybrid_trained_answer(const kor_hybrid_trained *trained, const float *features,
                               float *logits);

/* What it stands on: the architecture of the file. */
typedef enum kor_hybrid_kind { KOR_HYBRID_PLAIN, KOR_HYBRID_LORA, KOR_HYBRID_FULL } kor_hybrid_kind;

/* Add the layer's tensors and metadata to a file. weight is that of the bag's logits, whose tensors
 * are added apart; trunk is not looked at for KOR_HYBRID_FULL. */
void kor_hybrid_trained_write(const kor_hybrid_trained *trained, kor_hybrid_kind kind,
                              const kor_model_info *trunk, float weight, kor_gguf_out *out);

#endif
