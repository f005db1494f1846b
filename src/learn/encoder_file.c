/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/encoder_file.h"

#include <stdio.h>
#include <string.h>

static void add_floats(kor_gguf_out *o, const char *name, const char *part, const float *x,
                       size_t n)
{
    char full[96];
    (void)snprintf(full, sizeof full, "%s.%s", name, part);
    kor_gguf_add_tensor(o, full, KOR_TENSOR_F32, 1, &n, x);
}

static void add_linear(kor_gguf_out *o, const char *name, const kor_linear *l)
{
    const size_t shape[] = {KOR_GROUP, KOR_PANEL, kor_round_up(l->in, KOR_GROUP) / KOR_GROUP,
                            kor_round_up(l->out, KOR_PANEL) / KOR_PANEL};
    char full[96];
    (void)snprintf(full, sizeof full, "%s.weight", name);
    kor_gguf_add_tensor(o, full, KOR_TENSOR_I8, 4, shape, l->weight);
    add_floats(o, name, "scale", l->scale, l->out);
    add_floats(o, name, "bias", l->bias, l->out);
}

static void add_norm(kor_gguf_out *o, const char *name, const kor_norm *norm, size_t n)
{
    add_floats(o, name, "weight", norm->gamma, n);
    add_floats(o, name, "bias", norm->beta, n);
}

static void add_layer(kor_gguf_out *o, const kor_encoder_layer *l, size_t i)
{
    char name[64];
#define NAMED(part) (snprintf(name, sizeof name, "blk.%zu.%s", i, part), name)
    add_norm(o, NAMED("attn_norm"), &l->norm1, l->in);
    add_linear(o, NAMED("attn_qkv"), &l->qkv);
    add_linear(o, NAMED("attn_output"), &l->attention_out);
    if (l->residual.weight) add_linear(o, NAMED("residual"), &l->residual);
    add_norm(o, NAMED("ffn_norm"), &l->norm2, l->out);
    add_linear(o, NAMED("ffn_up"), &l->up);
    add_linear(o, NAMED("ffn_down"), &l->down);
#undef NAMED
}

static bool begins(kor_bytes s, const char *with)
{
    return s.len >= strlen(with) && memcmp(s.data, with, strlen(with)) == 0;
}

void kor_encoder_write(const kor_encoder *e, const kor_gguf *from, kor_gguf_out *o)
{
    for (size_t i = 0; i < from->kv_count; i++) {
        kor_bytes key = from->kv[i].key;
        if (begins(key, "korora.encoder.") || begins(key, "tokenizer."))
            kor_gguf_add_copy(o, &from->kv[i]);
    }
    kor_gguf_add_string(o, "korora.architecture", "encoder");
    const size_t table[] = {e->layer[0].in, e->vocabulary},
                 positions[] = {e->layer[0].in, e->max_tokens};
    const kor_tensor *trie = kor_gguf_tensor(from, "tokenizer.trie");
    kor_gguf_add_tensor(o, "tokenizer.trie", trie->type, trie->dims, trie->shape, trie->data);
    kor_gguf_add_tensor(o, "token_embd.weight", KOR_TENSOR_I8, 2, table, e->embedding8);
    add_floats(o, "token_embd", "scale", e->embedding8_scale, e->vocabulary);
    kor_gguf_add_tensor(o, "position_embd.weight", KOR_TENSOR_F32, 2, positions, e->position);
    for (size_t i = 0; i < e->layers; i++) add_layer(o, &e->layer[i], i);
    if (e->pooler.weight) add_linear(o, "pooler", &e->pooler);
}
