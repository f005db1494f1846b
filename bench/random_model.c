/* SPDX-License-Identifier: Apache-2.0 */
/* A post-norm encoder with random weights, to measure speed at a shape we ship no weights for.
 *
 *     random_model FILE int8|f32 [LAYERS WIDTH HEADS HIDDEN VOCABULARY TOKENS]
 *
 * The default is 6 layers, 384 wide, 12 heads, 1536 hidden, 30522 rows, 512 tokens: the shape of
 * the most used small sentence encoder. Its vocabulary is single letters, so that a text of n
 * letters has n + 1 tokens. */
#include "base/arena.h"
#include "kernels/kernels.h"
#include "model/gguf.h"
#include "text/unigram.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state = 1;

static float next_random(void) /* uniform in [-0.05, 0.05) */
{
    uint64_t z = state += 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return (float)((double)(z >> 11) * 0x1p-53 - 0.5) * 0.1f;
}

static kor_gguf_out file;
static kor_arena arena;
static int int8;

static void *need(size_t count, size_t size)
{
    void *p = kor_arena_array(&arena, count, size);
    if (!p) exit(3);
    return p;
}

static float *randoms(size_t n)
{
    float *x = need(n, sizeof *x);
    for (size_t i = 0; i < n; i++) x[i] = next_random();
    return x;
}

static void add_floats(const char *prefix, const char *name, const float *x, size_t n)
{
    char full[96];
    (void)snprintf(full, sizeof full, "%s%s", prefix, name);
    kor_gguf_add_tensor(&file, full, KOR_TENSOR_F32, 1, &n, x);
}

static void add_norm(const char *prefix, size_t n)
{
    float *one = need(n, sizeof *one);
    for (size_t i = 0; i < n; i++) one[i] = 1;
    add_floats(prefix, ".weight", one, n);
    add_floats(prefix, ".bias", randoms(n), n);
}

static void add_linear(const char *prefix, size_t in, size_t n)
{
    char full[96];
    const float *w = randoms(in * n);
    (void)snprintf(full, sizeof full, "%s.weight", prefix);
    if (int8) {
        int8_t *packed = need(kor_packed_i8_size(in, n), 1);
        float *scale = need(n, sizeof *scale);
        kor_pack_i8(packed, scale, w, in, n);
        size_t shape[] = {KOR_GROUP, KOR_PANEL, kor_round_up(in, KOR_GROUP) / KOR_GROUP,
                          kor_round_up(n, KOR_PANEL) / KOR_PANEL};
        kor_gguf_add_tensor(&file, full, KOR_TENSOR_I8, 4, shape, packed);
        add_floats(prefix, ".scale", scale, n);
    } else {
        float *packed = need(kor_packed_f32_size(in, n), 1);
        kor_pack_f32(packed, w, in, n);
        size_t shape[] = {KOR_PANEL, in, kor_round_up(n, KOR_PANEL) / KOR_PANEL};
        kor_gguf_add_tensor(&file, full, KOR_TENSOR_F32, 3, shape, packed);
    }
    add_floats(prefix, ".bias", randoms(n), n);
}

static void add_vocabulary(kor_error *err)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    enum { FIRST = 1, PIECES = FIRST + 27 };
    kor_piece pieces[PIECES] = {{"?", 1, 0}, {"\xe2\x96\x81", 3, -1}};
    kor_bytes names[PIECES];
    double scores[PIECES];
    for (size_t i = 0; i < 26; i++) pieces[i + 2] = (kor_piece){letters + i, 1, -2};
    for (size_t i = 0; i < PIECES; i++) {
        names[i] = (kor_bytes){pieces[i].text, pieces[i].len};
        scores[i] = pieces[i].score;
    }
    kor_unigram *u;
    if (kor_unigram_new(&u, pieces, PIECES, FIRST, err) != KOR_OK) exit(3);
    kor_trie trie = kor_unigram_trie(u);
    kor_gguf_add_tensor(&file, "tokenizer.trie", KOR_TENSOR_I32, 1, &trie.count, trie.units);
    kor_gguf_add_string(&file, "tokenizer.ggml.model", "unigram");
    kor_gguf_add_strings(&file, "tokenizer.ggml.tokens", names, PIECES);
    kor_gguf_add_f64s(&file, "tokenizer.ggml.scores", scores, PIECES);
    kor_unigram_free(u);
}

int main(int argc, char **argv)
{
    size_t shape[6] = {6, 384, 12, 1536, 30522, 512};
    if ((argc != 3 && argc != 9) || (strcmp(argv[2], "int8") && strcmp(argv[2], "f32"))) {
        fprintf(
            stderr,
            "usage: random_model FILE int8|f32 [LAYERS WIDTH HEADS HIDDEN VOCABULARY TOKENS]\n");
        return 2;
    }
    for (int i = 3; i < argc; i++) shape[i - 3] = strtoul(argv[i], NULL, 10);
    size_t layers = shape[0], width = shape[1], hidden = shape[3], rows = shape[4],
           tokens = shape[5];
    int8 = strcmp(argv[2], "int8") == 0;
    kor_error err;
    char name[64];
    uint32_t list[64];
    if (layers < 1 || layers > 32) return 2;
    (void)snprintf(name, sizeof name, "random-%zux%zu", layers, width);
    kor_gguf_add_string(&file, "general.architecture", "korora");
    kor_gguf_add_string(&file, "general.name", name);
    kor_gguf_add_u32(&file, "korora.format", 1);
    kor_gguf_add_string(&file, "korora.head", "embed");
    for (size_t i = 0; i <= layers; i++) list[i] = (uint32_t)width;
    kor_gguf_add_u32s(&file, "korora.encoder.widths", list, layers + 1);
    for (size_t i = 0; i < layers; i++) list[i] = (uint32_t)shape[2];
    kor_gguf_add_u32s(&file, "korora.encoder.heads", list, layers);
    for (size_t i = 0; i < layers; i++) list[i] = (uint32_t)hidden;
    kor_gguf_add_u32s(&file, "korora.encoder.hidden", list, layers);
    kor_gguf_add_u32(&file, "korora.encoder.max_tokens", (uint32_t)tokens);
    kor_gguf_add_f32(&file, "korora.encoder.embedding_scale", 1);
    kor_gguf_add_f32(&file, "korora.encoder.norm_epsilon", 1e-12f);
    kor_gguf_add_string(&file, "korora.encoder.norm", "post");
    kor_gguf_add_string(&file, "korora.encoder.activation", "gelu");
    add_vocabulary(&err);
    size_t table[] = {width, rows}, positions[] = {width, tokens};
    const float *embedding = randoms(width * rows);
    if (int8) {
        int8_t *codes = need(rows, kor_round_up(width, KOR_GROUP));
        float *scale = need(rows, sizeof *scale);
        int32_t sum;
        for (size_t i = 0; i < rows; i++) {
            kor_kernels_scalar.quantize(codes + i * width, &scale[i], &sum, embedding + i * width,
                                        width);
        }
        kor_gguf_add_tensor(&file, "token_embd.weight", KOR_TENSOR_I8, 2, table, codes);
        add_floats("token_embd", ".scale", scale, rows);
    } else {
        kor_gguf_add_tensor(&file, "token_embd.weight", KOR_TENSOR_F32, 2, table, embedding);
    }
    kor_gguf_add_tensor(&file, "position_embd.weight", KOR_TENSOR_F32, 2, positions,
                        randoms(width * tokens));
    add_norm("token_embd_norm", width);
    for (size_t i = 0; i < layers; i++) {
        const struct {
            const char *name;
            size_t in, out;
        } parts[] = {{"attn_qkv", width, 3 * width},
                     {"attn_output", width, width},
                     {"ffn_up", width, hidden},
                     {"ffn_down", hidden, width}};
        for (size_t j = 0; j < 4; j++) {
            (void)snprintf(name, sizeof name, "blk.%zu.%s", i, parts[j].name);
            add_linear(name, parts[j].in, parts[j].out);
        }
        (void)snprintf(name, sizeof name, "blk.%zu.attn_norm", i);
        add_norm(name, width);
        (void)snprintf(name, sizeof name, "blk.%zu.ffn_norm", i);
        add_norm(name, width);
    }
    kor_status status = kor_gguf_commit(&file, argv[1], &err);
    if (status != KOR_OK) fprintf(stderr, "random_model: %s\n", err.msg);
    kor_gguf_out_free(&file);
    kor_arena_free(&arena);
    return status == KOR_OK ? 0 : 3;
}
