/* SPDX-License-Identifier: Apache-2.0 */
/* A batch on its way through a net (net.h), forward and back by hand.
 *
 * Sequences are laid one after the other, without padding: N tokens in B sequences. The batch is
 * cut into KOR_NET_SHARDS runs of sequences, which threads take one by one; all that the weights'
 * gradients need is kept until every shard is back, and those are then summed over the whole batch,
 * part by part. So the sums have one order, whatever the number of threads, and no thread has
 * gradients of its own.
 *
 *     kor_pass_begin
 *     kor_pass_forward(0 .. KOR_NET_SHARDS - 1), in any order, at the same time
 *     the loss: state, embedding, tokens in; d_state, d_embedding, d_tokens out
 *     kor_pass_backward(0 .. KOR_NET_SHARDS - 1), likewise
 *     kor_pass_gradient for each part, likewise; kor_pass_embedding */
#ifndef KOR_NET_PASS_H
#define KOR_NET_PASS_H

#include "learn/net.h"

enum { KOR_NET_SHARDS = 8 };

/* Token ids: sequence i has ids[first[i]..first[i + 1] - 1], 1 to max_tokens of them. */
typedef struct kor_batch {
    size_t sequences;
    const size_t *first; /* [sequences + 1] */
    const int32_t *ids;
} kor_batch;

typedef struct kor_pass {
    const kor_net *net;
    kor_batch batch;
    /* What comes out: the mean of the last layer, the unit vector after the pooler, the last layer.
     */
    kor_real *state, *embedding, *tokens; /* [B][dim], [B][dim], [N][dim] */
    /* Gradients of the loss by them, 0 when the forward pass ends. */
    kor_real *d_state, *d_embedding, *d_tokens;
    struct kor_pass_room *room; /* all memory; grows, and is used again by the next batch */
} kor_pass;

/* Zero-initialise to start. Lays out memory for a batch, which must live until its end. */
kor_status kor_pass_begin(kor_pass *pass, const kor_net *net, const kor_batch *batch,
                          kor_error *err);
void kor_pass_free(kor_pass *pass);

void kor_pass_forward(kor_pass *pass, size_t shard);
void kor_pass_backward(kor_pass *pass, size_t shard);

/* The gradient by a part: of a matrix its rows from..to - 1, into out, which is that of the whole
 * part; of another part all of it, from and to are not looked at. Not for the embeddings. */
void kor_pass_gradient(kor_pass *pass, size_t part, size_t from, size_t to, kor_real *out);

/* The gradients by an adapter a[in][rank], b[rank][out] of a matrix whose weight is w + a b, with
 * rank at most KOR_PANEL: da[in][rank], db[rank][out]. The matrix needs no gradient of its own. */
void kor_pass_adapter(kor_pass *pass, size_t part, size_t rank, const kor_real *a,
                      const kor_real *b, kor_real *da, kor_real *db);

/* The gradient by the embeddings of the tokens in the batch: out[vocabulary][width] is written
 * where a token is in it. touched[N] are these tokens, each once; returns how many. */
size_t kor_pass_embedding(kor_pass *pass, kor_real *out, int32_t *touched);

#endif
