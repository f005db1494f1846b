/* SPDX-License-Identifier: Apache-2.0 */
/* Losses on embeddings of texts that belong together or not, with their gradients. Embeddings have
 * length 1, so a product is a cosine. e[rows][dim]; the gradient by them is added to d[rows][dim].
 * Nothing is allocated.
 *
 * pair_loss.c is compiled with KOR_REAL as float; its test compiles it again as double, to compare
 * every gradient with finite differences. */
#ifndef KOR_PAIR_LOSS_H
#define KOR_PAIR_LOSS_H

#include "learn/net.h"

/* Mean over pairs, rows 2i and 2i + 1, of (cosine - target[i])^2. */
double kor_similarity_loss(const kor_real *e, kor_real *d, size_t dim, size_t pairs,
                           const float *target);

/* Cosines in the order of the targets ("CoSENT", Su 2022): log(1 + sum over i, j with target[i] >
 * target[j] of exp((cosine[j] - cosine[i]) / temperature)). scratch[2 pairs]. */
double kor_order_loss(const kor_real *e, kor_real *d, size_t dim, size_t pairs, const float *target,
                      double temperature, kor_real *scratch);

/* Each query next to its right text among those of all groups (InfoNCE, van den Oord et al. 2018;
 * multiple negatives ranking, Henderson et al. 2017), and each right text next to its query, half
 * and half. A group is a query, a right text and together - 2 wrong ones. text[rows] numbers the
 * texts: the same text, and a right text of the same query, is no negative. scratch[groups *
 * together]. Returns the mean over groups. */
double kor_contrast_loss(const kor_real *e, kor_real *d, size_t dim, size_t groups, size_t together,
                         const uint32_t *text, double temperature, kor_real *scratch);

#endif
