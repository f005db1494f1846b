/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of korora.h. */
#include "base/arena.h"
#include "base/file.h"
#include "model/bag.h"
#include "model/encoder.h"
#include "model/gguf.h"
#include "model/head.h"
#include "text/unigram.h"

#include <stdlib.h>
#include <string.h>

struct kor_model {
    kor_map map;
    kor_gguf file;
    kor_head head;
    kor_encoder encoder;    /* architecture "encoder": layers is 0 in others */
    kor_unigram *tokenizer; /* the same: NULL in others */
    kor_bag bag;            /* architecture "bag": table is NULL in others */
    const kor_kernels *kernels;
    kor_arena strings;
    kor_model_info info;
};

struct kor_ctx {
    const kor_model *model;
    int32_t *ids;  /* [max_tokens] */
    void *lattice; /* kor_unigram_scratch */
    void *scratch; /* kor_encoder_scratch */
    void *bag;     /* kor_bag_scratch */
};

enum { FORMAT = 1 };

const char *kor_version(void)
{
    return KORORA_VERSION;
}

const char *kor_cpu(void)
{
    return kor_kernels_get()->name;
}

/* ---- Opening ---- */

static kor_status load_tokenizer(kor_model *m, kor_error *err)
{
    const kor_gguf_kv *tokens = kor_gguf_find(&m->file, "tokenizer.ggml.tokens");
    const kor_gguf_kv *scores = kor_gguf_find(&m->file, "tokenizer.ggml.scores");
    kor_bytes kind = {0};
    KOR_TRY(kor_gguf_get_string(&m->file, "tokenizer.ggml.model", &kind, err));
    if (kind.len != 7 || memcmp(kind.data, "unigram", 7) != 0) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "tokenizer '%.*s' (only unigram)",
                        (int)(kind.len < 40 ? kind.len : 40), kind.data);
    }
    if (!tokens || tokens->type != KOR_GGUF_ARRAY || tokens->item != KOR_GGUF_STRING || !scores ||
        scores->type != KOR_GGUF_ARRAY || scores->item != KOR_GGUF_F64 ||
        scores->count != tokens->count || tokens->count > m->encoder.vocabulary) {
        return kor_fail(err, KOR_E_INPUT,
                        "metadata 'tokenizer.ggml.tokens' and 'scores' must be equally many "
                        "strings and f64 (at most "
                        "%zu)",
                        m->encoder.vocabulary);
    }
    const kor_tensor *trie = kor_gguf_tensor(&m->file, "tokenizer.trie");
    if (!trie || trie->type != KOR_TENSOR_I32 || trie->dims != 1) {
        return kor_fail(err, KOR_E_INPUT, "tensor 'tokenizer.trie' must be a list of I32");
    }
    return kor_unigram_bind(&m->tokenizer, trie->data, trie->count, scores->data, scores->count,
                            err);
}

/* An optional string of the file as a C string; "" when there is none. */
static const char *string_of(kor_model *m, const char *key)
{
    kor_bytes s = {0};
    if (kor_gguf_get_string(&m->file, key, &s, NULL) != KOR_OK) return "";
    return kor_arena_copy(&m->strings, s.data, s.len);
}

static void fill_encoder_info(kor_model_info *i, const kor_encoder *e)
{
    i->architecture = "encoder";
    i->weights = e->embedding8 ? "int8" : "f32";
    i->dim = e->dim;
    i->max_tokens = e->max_tokens;
    i->vocabulary = e->vocabulary;
    i->parameters = e->parameters;
    i->macs_per_token = e->macs_per_token;
    i->macs_per_text = e->macs_per_text;
}

static void fill_bag_info(kor_model_info *i, const kor_bag *b)
{
    i->architecture = "bag";
    i->weights = "int8";
    i->vocabulary = b->rows;
    i->parameters = b->rows * b->dim + (b->dim + 1) * b->labels;
    i->macs_per_text = b->dim * b->labels;
}

static kor_status fill_info(kor_model *m, kor_error *err)
{
    kor_model_info *i = &m->info;
    i->name = string_of(m, "general.name");
    i->license = string_of(m, "general.license");
    i->metric = string_of(m, "korora.metric");
    i->out_of_scope = string_of(m, "korora.out_of_scope");
    if (!i->name || !i->license || !i->metric || !i->out_of_scope) return kor_fail_memory(err);
    (void)kor_gguf_get_f32(&m->file, "korora.quality", &i->quality, NULL);
    i->head = kor_head_name(m->head.kind);
    i->labels = m->head.labels;
    i->cpu = m->kernels->name;
    i->file_bytes = m->map.size;
    if (m->bag.table)
        fill_bag_info(i, &m->bag);
    else
        fill_encoder_info(i, &m->encoder);
    return KOR_OK;
}

/* What the model is made of, and whether its head goes with that. */
static kor_status bind_architecture(kor_model *m, kor_error *err)
{
    kor_bytes name = {"encoder", 7}; /* files made before there was another do not say */
    if (kor_gguf_find(&m->file, "korora.architecture"))
        KOR_TRY(kor_gguf_get_string(&m->file, "korora.architecture", &name, err));
    bool is_bag = name.len == 3 && memcmp(name.data, "bag", 3) == 0;
    if (!is_bag && !(name.len == 7 && memcmp(name.data, "encoder", 7) == 0)) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "architecture '%.*s': this version runs encoder and bag",
                        (int)(name.len < 40 ? name.len : 40), name.data);
    }
    if (is_bag == (m->head.kind == KOR_HEAD_EMBED)) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "head '%s' does not go with architecture '%.*s'",
                        kor_head_name(m->head.kind), (int)name.len, name.data);
    }
    if (is_bag) return kor_bag_bind(&m->bag, &m->file, m->head.labels, err);
    KOR_TRY(kor_encoder_bind(&m->encoder, &m->file, err));
    return load_tokenizer(m, err);
}

static kor_status load(kor_model *m, kor_error *err)
{
    KOR_TRY(kor_gguf_parse(&m->file, m->map.data, m->map.size, err));
    kor_bytes architecture = {0};
    KOR_TRY(kor_gguf_get_string(&m->file, "general.architecture", &architecture, err));
    if (architecture.len != 6 || memcmp(architecture.data, "korora", 6) != 0) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "architecture '%.*s' is not korora's",
                        (int)(architecture.len < 40 ? architecture.len : 40), architecture.data);
    }
    uint32_t format = 0;
    KOR_TRY(kor_gguf_get_u32(&m->file, "korora.format", &format, err));
    if (format != FORMAT) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "format %u; korora %s reads format %d", format,
                        KORORA_VERSION, FORMAT);
    }
    KOR_TRY(kor_gguf_verify(&m->file, &m->info.checksum, err));
    KOR_TRY(kor_head_bind(&m->head, &m->file, &m->strings, err));
    KOR_TRY(bind_architecture(m, err));
    return fill_info(m, err);
}

kor_status kor_model_open(kor_model **out, const char *path, kor_error *err)
{
    if (out) *out = NULL;
    if (!out || !path)
        return kor_fail(err, KOR_E_ARG, "kor_model_open: out and path must not be NULL");
    kor_model *m = calloc(1, sizeof *m);
    if (!m) return kor_fail_memory(err);
    m->kernels = kor_kernels_get();
    kor_status status = kor_map_open(&m->map, path, err);
    if (status == KOR_OK) {
        status = load(m, err);
        if (status != KOR_OK) kor_fail_in(err, status, "%s", path);
    }
    if (status != KOR_OK) {
        kor_model_close(m);
        return status;
    }
    *out = m;
    return KOR_OK;
}

void kor_model_close(kor_model *model)
{
    if (!model) return;
    kor_unigram_free(model->tokenizer);
    kor_gguf_free(&model->file);
    kor_map_close(&model->map);
    kor_arena_free(&model->strings);
    free(model);
}

void kor_model_get_info(const kor_model *model, kor_model_info *out)
{
    *out = model->info;
}

const char *kor_model_label(const kor_model *model, size_t i)
{
    return model && i < model->head.labels ? model->head.label[i] : NULL;
}

float kor_model_threshold(const kor_model *model, size_t i)
{
    if (!model || i >= model->head.labels) return 0;
    return model->head.thresholds ? model->head.thresholds[i] : model->head.threshold;
}

/* ---- Calling ---- */

static void *new_scratch(size_t bytes)
{
    size_t size = kor_round_up(bytes, 64);
    void *p = aligned_alloc(64, size);
    if (p) memset(p, 0, size);
    return p;
}

kor_status kor_ctx_new(kor_ctx **out, const kor_model *model, kor_error *err)
{
    if (out) *out = NULL;
    if (!out || !model)
        return kor_fail(err, KOR_E_ARG, "kor_ctx_new: out and model must not be NULL");
    kor_ctx *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->model = model;
    bool whole;
    if (model->bag.table) {
        c->bag = new_scratch(kor_bag_scratch(&model->bag));
        whole = c->bag;
    } else {
        c->ids = calloc(model->encoder.max_tokens, sizeof *c->ids);
        c->lattice = aligned_alloc(64, kor_round_up(kor_unigram_scratch(), 64));
        c->scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&model->encoder), 64));
        whole = c->ids && c->lattice && c->scratch;
    }
    if (!whole) {
        kor_ctx_free(c);
        return kor_fail_memory(err);
    }
    *out = c;
    return KOR_OK;
}

void kor_ctx_free(kor_ctx *ctx)
{
    if (!ctx) return;
    free(ctx->ids);
    free(ctx->lattice);
    free(ctx->scratch);
    free(ctx->bag);
    free(ctx);
}

static kor_status check_text(kor_ctx *ctx, const char *text, size_t *len, const char *caller,
                             kor_error *err)
{
    if (!ctx) return kor_fail(err, KOR_E_ARG, "%s: ctx must not be NULL", caller);
    if (!text && *len != 0)
        return kor_fail(err, KOR_E_ARG, "%s: text is NULL and its length is not 0", caller);
    if (*len == KOR_NUL) *len = strlen(text);
    return KOR_OK;
}

kor_status kor_tokenize(kor_ctx *ctx, const char *text, size_t len, int32_t *out, size_t max,
                        size_t *count, kor_error *err)
{
    if (!count || (!out && max))
        return kor_fail(err, KOR_E_ARG, "kor_tokenize: out and count must not be NULL");
    *count = 0;
    KOR_TRY(check_text(ctx, text, &len, "kor_tokenize", err));
    if (!ctx->model->tokenizer) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "kor_tokenize: a model of architecture '%s' has no "
                        "tokens",
                        ctx->model->info.architecture);
    }
    *count = kor_unigram_encode(ctx->model->tokenizer, text, len, out, max, ctx->lattice);
    return KOR_OK;
}

kor_status kor_embed(kor_ctx *ctx, const char *text, size_t len, float *out, size_t out_len,
                     kor_error *err)
{
    KOR_TRY(check_text(ctx, text, &len, "kor_embed", err));
    const kor_model *m = ctx->model;
    if (m->head.kind != KOR_HEAD_EMBED) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_embed: the model's head is '%s'",
                        m->info.head);
    }
    if (!out || out_len < m->encoder.dim) {
        return kor_fail(err, KOR_E_ARG,
                        "kor_embed: out has room for %zu floats, the model gives %zu",
                        out ? out_len : 0, m->encoder.dim);
    }
    size_t count =
        kor_unigram_encode(m->tokenizer, text, len, ctx->ids, m->encoder.max_tokens, ctx->lattice);
    kor_encoder_forward(&m->encoder, m->kernels, ctx->ids, count, out, ctx->scratch);
    return KOR_OK;
}

kor_status kor_classify(kor_ctx *ctx, const char *text, size_t len, float *out, size_t out_len,
                        kor_error *err)
{
    KOR_TRY(check_text(ctx, text, &len, "kor_classify", err));
    const kor_model *m = ctx->model;
    if (!m->head.labels) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_classify: the model's head is '%s'",
                        m->info.head);
    }
    if (!out || out_len < m->head.labels) {
        return kor_fail(err, KOR_E_ARG,
                        "kor_classify: out has room for %zu floats, the model has %zu labels",
                        out ? out_len : 0, m->head.labels);
    }
    kor_bag_forward(&m->bag, text, len, out, ctx->bag);
    kor_head_apply(&m->head, out);
    return KOR_OK;
}
