/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encoder_write.h"

#include <stdio.h>
#include <string.h>

void kor_packed_shape(const kor_linear *l, size_t shape[KOR_GGUF_DIMS])
{
    shape[0] = KOR_GROUP;
    shape[1] = KOR_PANEL;
    shape[2] = kor_round_up(l->in, KOR_GROUP) / KOR_GROUP;
    shape[3] = kor_round_up(l->out, KOR_PANEL) / KOR_PANEL;
}

static void add_floats(kor_gguf_out *out, const char *name, const char *what, const float *x,
                       size_t n)
{
    char full[96];
    (void)snprintf(full, sizeof full, "%s.%s", name, what);
    kor_gguf_add_tensor(out, full, KOR_TENSOR_F32, 1, &n, x);
}

void kor_linear_write(kor_gguf_out *out, const kor_linear *l, const char *name)
{
    char full[96];
    size_t shape[KOR_GGUF_DIMS];
    kor_packed_shape(l, shape);
    (void)snprintf(full, sizeof full, "%s.weight", name);
    kor_gguf_add_tensor(out, full, KOR_TENSOR_I8, KOR_GGUF_DIMS, shape, l->weight);
    add_floats(out, name, "scale", l->scale, l->out);
    if (l->bias) add_floats(out, name, "bias", l->bias, l->out);
}

static void add_norm(kor_gguf_out *out, const kor_norm *norm, size_t layer, const char *part,
                     size_t n)
{
    char name[64];
    (void)snprintf(name, sizeof name, "blk.%zu.%s", layer, part);
    add_floats(out, name, "weight", norm->gamma, n);
    add_floats(out, name, "bias", norm->beta, n);
}

static bool starts_with(kor_bytes key, const char *start)
{
    return key.len >= strlen(start) && memcmp(key.data, start, strlen(start)) == 0;
}

void kor_encoder_write(kor_gguf_out *out, const kor_encoder *e, const kor_gguf *from)
{
    for (size_t i = 0; i < from->kv_count; i++) {
        kor_bytes key = from->kv[i].key;
        if (starts_with(key, "korora.encoder.") || starts_with(key, "tokenizer."))
            kor_gguf_add_copy(out, &from->kv[i]);
    }
    const kor_tensor *trie = kor_gguf_tensor(from, "tokenizer.trie");
    if (trie)
        kor_gguf_add_tensor(out, "tokenizer.trie", trie->type, trie->dims, trie->shape, trie->data);
    size_t width = e->layer[0].in;
    kor_gguf_add_tensor(out, "token_embd.weight", KOR_TENSOR_I8, 2,
                        (size_t[]){width, e->vocabulary}, e->embedding8);
    add_floats(out, "token_embd", "scale", e->embedding8_scale, e->vocabulary);
    kor_gguf_add_tensor(out, "position_embd.weight", KOR_TENSOR_F32, 2,
                        (size_t[]){width, e->max_tokens}, e->position);
    if (e->token_weight)
        kor_gguf_add_tensor(out, "token_pool.weight", KOR_TENSOR_I8, 1, &e->vocabulary,
                            e->token_weight);
    for (size_t i = 0; i < e->layers; i++) {
        add_norm(out, &e->layer[i].norm1, i, "attn_norm", e->layer[i].in);
        add_norm(out, &e->layer[i].norm2, i, "ffn_norm", e->layer[i].out);
    }
    kor_encoder view = *e;
    const kor_linear *l;
    char name[64];
    for (size_t i = 0; (l = kor_encoder_linear(&view, i, name)) != NULL; i++)
        kor_linear_write(out, l, name);
}
