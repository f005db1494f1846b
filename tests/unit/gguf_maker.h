/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF files for tests: raw bytes that may be wrong in any way, and a korora model of a few
 * thousand bytes with one thing changed. Comes after cmocka.h. */
#ifndef GGUF_MAKER_H
#define GGUF_MAKER_H

#include "kernels/kernels.h"
#include "model/gguf.h"
#include "text/unigram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- Raw bytes ---- */

static inline void raw_le(kor_str *s, uint64_t v, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) kor_str_putc(s, (char)(v >> (8 * i) & 0xff));
}

static inline void raw_string(kor_str *s, const char *text)
{
    raw_le(s, strlen(text), 8);
    kor_str_puts(s, text);
}

static inline void raw_header(kor_str *s, uint32_t version, uint64_t tensors, uint64_t kvs)
{
    kor_str_puts(s, "GGUF");
    raw_le(s, version, 4);
    raw_le(s, tensors, 8);
    raw_le(s, kvs, 8);
}

static inline void raw_u32(kor_str *s, const char *key, uint32_t value)
{
    raw_string(s, key);
    raw_le(s, KOR_GGUF_U32, 4);
    raw_le(s, value, 4);
}

static inline void raw_tensor(kor_str *s, const char *name, uint32_t dims, const uint64_t *shape,
                              uint32_t type, uint64_t offset)
{
    raw_string(s, name);
    raw_le(s, dims, 4);
    for (uint32_t i = 0; i < dims; i++) raw_le(s, shape[i], 8);
    raw_le(s, type, 4);
    raw_le(s, offset, 8);
}

/* Zeros up to the data section, then bytes of data. */
static inline void raw_data(kor_str *s, size_t bytes)
{
    while (s->len % KOR_GGUF_ALIGNMENT) kor_str_putc(s, 0);
    for (size_t i = 0; i < bytes; i++) kor_str_putc(s, (char)i);
}

/* A copy that starts aligned and ends where the bytes end, so that a sanitizer sees every step
 * beyond. Free it. */
static inline void *raw_copy(const void *bytes, size_t len)
{
    void *p = NULL;
    assert_int_equal(posix_memalign(&p, KOR_GGUF_ALIGNMENT, len ? len : 1), 0);
    if (len) memcpy(p, bytes, len);
    return p;
}

/* The entries of a file in another, but for the checksum, which is made anew. */
static inline void copy_entries(kor_gguf_out *o, const kor_gguf *g)
{
    for (size_t i = 0; i < g->kv_count; i++) {
        if (&g->kv[i] != kor_gguf_find(g, "korora.checksum")) kor_gguf_add_copy(o, &g->kv[i]);
    }
}

/* ---- A tiny model ---- */

/* One thing that is not as it should be; all NULL and 0 for a good model. */
typedef struct tiny_change {
    const char *drop;    /* this entry or tensor is not there */
    const char *retype;  /* it has another type */
    const char *reshape; /* this tensor has one row more */
    const char *key;     /* this entry (of an array, its first element) is value, number or text */
    uint32_t value;
    float number;
    const char *text;
    const uint32_t *trie; /* of trie_units, in place of the vocabulary's own */
    size_t trie_units;
    bool weights;       /* tokens have weights in the mean */
    size_t more_pieces; /* pieces after the last one, none of them new */
    size_t fewer_scores;
} tiny_change;

enum {
    TINY_IN = 8,
    TINY_DIM = 12,
    TINY_HIDDEN = 20,
    TINY_TOKENS = 6,
    TINY_ROWS = 12,
    TINY_PIECES = 10
};

static const char *const tiny_pieces[TINY_PIECES] = {"<unk>",
                                                     "<s>",
                                                     "\xe2\x96\x81",
                                                     "a",
                                                     "b",
                                                     "c",
                                                     "\xe2\x96\x81"
                                                     "a",
                                                     "ab",
                                                     "bc",
                                                     "\xe2\x96\x81"
                                                     "abc"};

static inline bool tiny_is(const char *changed, const char *name)
{
    return changed && strcmp(changed, name) == 0;
}

/* true: the entry is dealt with. */
static inline bool tiny_skip(kor_gguf_out *o, const tiny_change *c, const char *key, bool text)
{
    if (tiny_is(c->drop, key)) return true;
    if (!tiny_is(c->retype, key)) return false;
    if (text)
        kor_gguf_add_u32(o, key, 1);
    else
        kor_gguf_add_string(o, key, "x");
    return true;
}

static inline void tiny_u32(kor_gguf_out *o, const tiny_change *c, const char *key, uint32_t value)
{
    if (tiny_skip(o, c, key, false)) return;
    kor_gguf_add_u32(o, key, tiny_is(c->key, key) ? c->value : value);
}

static inline void tiny_u32s(kor_gguf_out *o, const tiny_change *c, const char *key,
                             const uint32_t *values, size_t count)
{
    uint32_t copy[4];
    if (tiny_skip(o, c, key, false)) return;
    memcpy(copy, values, count * sizeof *copy);
    if (tiny_is(c->key, key)) copy[0] = c->value;
    kor_gguf_add_u32s(o, key, copy, count);
}

static inline void tiny_f32(kor_gguf_out *o, const tiny_change *c, const char *key, float value)
{
    if (tiny_skip(o, c, key, false)) return;
    kor_gguf_add_f32(o, key, tiny_is(c->key, key) ? c->number : value);
}

static inline void tiny_string(kor_gguf_out *o, const tiny_change *c, const char *key,
                               const char *value)
{
    if (tiny_skip(o, c, key, true)) return;
    kor_gguf_add_string(o, key, tiny_is(c->key, key) ? c->text : value);
}

static inline void tiny_tensor(kor_gguf_out *o, const tiny_change *c, const char *name,
                               kor_tensor_type type, size_t dims, const size_t *shape,
                               const void *data)
{
    if (tiny_is(c->drop, name)) return;
    size_t count = 1, changed[KOR_GGUF_DIMS], element = type == KOR_TENSOR_I8 ? 1 : 4;
    for (size_t i = 0; i < dims; i++) count *= changed[i] = shape[i];
    if (tiny_is(c->retype, name)) type = type == KOR_TENSOR_F32 ? KOR_TENSOR_I32 : KOR_TENSOR_F32;
    size_t row = count / shape[dims - 1];
    if (tiny_is(c->reshape, name)) changed[dims - 1]++;
    /* Zeros enough for the change, whatever it is. */
    char *bytes = calloc(count + row, 4);
    assert_non_null(bytes);
    memcpy(bytes, data, count * element);
    kor_gguf_add_tensor(o, name, type, dims, changed, bytes);
    free(bytes);
}

/* n numbers between -size and size that are the same every time. */
static inline void tiny_numbers(float *out, size_t n, float size, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = size * ((float)(seed >> 8) / 8388608.0f - 1);
    }
}

static inline void tiny_floats(kor_gguf_out *o, const tiny_change *c, const char *name, size_t n,
                               float size, uint32_t seed)
{
    float x[64];
    tiny_numbers(x, n, size, seed);
    if (size == 0) {
        for (size_t i = 0; i < n; i++) x[i] = 1;
    }
    tiny_tensor(o, c, name, KOR_TENSOR_F32, 1, &n, x);
}

static inline void tiny_linear(kor_gguf_out *o, const tiny_change *c, bool int8, const char *name,
                               size_t in, size_t n, uint32_t seed)
{
    float w[32 * 64], scale[64], packed[32 * 64];
    int8_t codes[32 * 64];
    char full[64];
    size_t panels = kor_round_up(n, KOR_PANEL) / KOR_PANEL;
    tiny_numbers(w, in * n, 0.8f, seed);
    (void)snprintf(full, sizeof full, "%s.weight", name);
    if (int8) {
        kor_pack_i8(codes, scale, w, in, n);
        size_t shape[] = {KOR_GROUP, KOR_PANEL, kor_round_up(in, KOR_GROUP) / KOR_GROUP, panels};
        tiny_tensor(o, c, full, KOR_TENSOR_I8, 4, shape, codes);
        (void)snprintf(full, sizeof full, "%s.scale", name);
        tiny_tensor(o, c, full, KOR_TENSOR_F32, 1, &n, scale);
    } else {
        kor_pack_f32(packed, w, in, n);
        size_t shape[] = {KOR_PANEL, in, panels};
        tiny_tensor(o, c, full, KOR_TENSOR_F32, 3, shape, packed);
    }
    (void)snprintf(full, sizeof full, "%s.bias", name);
    tiny_floats(o, c, full, n, 0.1f, seed + 1);
}

static inline void tiny_vocabulary(kor_gguf_out *o, const tiny_change *c)
{
    kor_piece pieces[TINY_PIECES];
    kor_bytes texts[64];
    double scores[64];
    size_t count = TINY_PIECES + c->more_pieces;
    assert_in_range(count, 0, 64);
    for (size_t i = 0; i < count; i++) {
        const char *text = i < TINY_PIECES ? tiny_pieces[i] : "a";
        texts[i] = (kor_bytes){text, strlen(text)};
        scores[i] = -2 - 0.5 * (double)i;
        if (i < TINY_PIECES) pieces[i] = (kor_piece){text, strlen(text), scores[i]};
    }
    tiny_string(o, c, "tokenizer.ggml.model", "unigram");
    if (!tiny_skip(o, c, "tokenizer.ggml.tokens", false)) {
        kor_gguf_add_strings(o, "tokenizer.ggml.tokens", texts, count);
    }
    if (!tiny_skip(o, c, "tokenizer.ggml.scores", false)) {
        kor_gguf_add_f64s(o, "tokenizer.ggml.scores", scores, count - c->fewer_scores);
    }
    kor_error err;
    kor_unigram *u;
    if (kor_unigram_new(&u, pieces, TINY_PIECES, 2, &err) != KOR_OK) fail_msg("%s", err.msg);
    kor_trie trie = c->trie ? (kor_trie){c->trie, c->trie_units} : kor_unigram_trie(u);
    tiny_tensor(o, c, "tokenizer.trie", KOR_TENSOR_I32, 1, &trie.count, trie.units);
    kor_unigram_free(u);
}

/* A model of one layer, 8 in and 12 out: no width is one that a kernel is made for. */
static inline void tiny_write(const char *path, bool int8, const tiny_change *c)
{
    kor_gguf_out o = {0};
    tiny_string(&o, c, "general.architecture", "korora");
    tiny_string(&o, c, "general.name", "tiny");
    tiny_string(&o, c, "general.license", "Apache-2.0");
    tiny_u32(&o, c, "korora.format", 1);
    tiny_string(&o, c, "korora.head", "embed");
    tiny_u32s(&o, c, "korora.encoder.widths", (uint32_t[]){TINY_IN, TINY_DIM}, 2);
    tiny_u32s(&o, c, "korora.encoder.heads", (uint32_t[]){2}, 1);
    tiny_u32s(&o, c, "korora.encoder.hidden", (uint32_t[]){TINY_HIDDEN}, 1);
    tiny_u32(&o, c, "korora.encoder.max_tokens", TINY_TOKENS);
    tiny_f32(&o, c, "korora.encoder.embedding_scale", 2);
    tiny_f32(&o, c, "korora.encoder.norm_epsilon", 1e-6f);
    tiny_vocabulary(&o, c);

    float table[TINY_ROWS * TINY_IN], scale[TINY_ROWS], position[TINY_TOKENS * TINY_IN];
    tiny_numbers(table, TINY_ROWS * TINY_IN, 1, 7);
    size_t shape[] = {TINY_IN, TINY_ROWS};
    if (int8) {
        int8_t codes[TINY_ROWS * TINY_IN];
        int32_t sum;
        for (size_t i = 0; i < TINY_ROWS; i++) {
            kor_kernels_scalar.quantize(codes + i * TINY_IN, &scale[i], &sum, table + i * TINY_IN,
                                        TINY_IN);
        }
        tiny_tensor(&o, c, "token_embd.weight", KOR_TENSOR_I8, 2, shape, codes);
        tiny_tensor(&o, c, "token_embd.scale", KOR_TENSOR_F32, 1, &shape[1], scale);
    } else {
        tiny_tensor(&o, c, "token_embd.weight", KOR_TENSOR_F32, 2, shape, table);
    }
    tiny_numbers(position, TINY_TOKENS * TINY_IN, 0.5f, 9);
    shape[1] = TINY_TOKENS;
    tiny_tensor(&o, c, "position_embd.weight", KOR_TENSOR_F32, 2, shape, position);
    tiny_floats(&o, c, "blk.0.attn_norm.weight", TINY_IN, 0, 0);
    tiny_floats(&o, c, "blk.0.attn_norm.bias", TINY_IN, 0.1f, 11);
    tiny_linear(&o, c, int8, "blk.0.attn_qkv", TINY_IN, 3 * TINY_IN, 20);
    tiny_linear(&o, c, int8, "blk.0.attn_output", TINY_IN, TINY_DIM, 30);
    tiny_linear(&o, c, int8, "blk.0.residual", TINY_IN, TINY_DIM, 40);
    tiny_floats(&o, c, "blk.0.ffn_norm.weight", TINY_DIM, 0, 0);
    tiny_floats(&o, c, "blk.0.ffn_norm.bias", TINY_DIM, 0.1f, 12);
    tiny_linear(&o, c, int8, "blk.0.ffn_up", TINY_DIM, TINY_HIDDEN, 50);
    tiny_linear(&o, c, int8, "blk.0.ffn_down", TINY_HIDDEN, TINY_DIM, 60);
    if (c->weights) {
        static const int8_t codes[TINY_ROWS] = {0, 16, -16, 127, -128, 5, -40, 33, 1, -1, 64, -77};
        shape[0] = TINY_ROWS;
        tiny_tensor(&o, c, "token_pool.weight", KOR_TENSOR_I8, 1, shape, codes);
    }
    tiny_linear(&o, c, int8, "pooler", TINY_DIM, TINY_DIM, 70);
    kor_error err;
    if (kor_gguf_commit(&o, path, &err) != KOR_OK) fail_msg("%s", err.msg);
    kor_gguf_out_free(&o);
}

#endif
