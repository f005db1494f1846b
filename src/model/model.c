/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of korora.h. */
#include "base/arena.h"
#include "base/file.h"
#include "model/encoder.h"
#include "model/gguf.h"
#include "text/unigram.h"

#include <stdlib.h>
#include <string.h>

struct kor_model {
    kor_map map;
    kor_gguf file;
    kor_encoder encoder;
    kor_unigram *tokenizer;
    const kor_kernels *kernels;
    kor_arena strings;
    kor_model_info info;
};

struct kor_ctx {
    const kor_model *model;
    int32_t *ids;  /* [max_tokens] */
    void *lattice; /* kor_unigram_scratch */
    void *scratch; /* kor_encoder_scratch */
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

static kor_status fill_info(kor_model *m, kor_error *err)
{
    kor_model_info *i = &m->info;
    i->name = string_of(m, "general.name");
    i->license = string_of(m, "general.license");
    i->head = string_of(m, "korora.head");
    if (!i->name || !i->license || !i->head) return kor_fail_memory(err);
    if (strcmp(i->head, "embed") != 0) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "head '%.40s': this version runs embed", i->head);
    }
    i->architecture = "encoder";
    i->weights = m->encoder.embedding8 ? "int8" : "f32";
    i->cpu = m->kernels->name;
    i->dim = m->encoder.dim;
    i->max_tokens = m->encoder.max_tokens;
    i->vocabulary = m->encoder.vocabulary;
    i->parameters = m->encoder.parameters;
    i->macs_per_token = m->encoder.macs_per_token;
    i->macs_per_text = m->encoder.macs_per_text;
    i->file_bytes = m->map.size;
    return KOR_OK;
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
    KOR_TRY(kor_encoder_bind(&m->encoder, &m->file, err));
    KOR_TRY(load_tokenizer(m, err));
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

/* ---- Calling ---- */

kor_status kor_ctx_new(kor_ctx **out, const kor_model *model, kor_error *err)
{
    if (out) *out = NULL;
    if (!out || !model)
        return kor_fail(err, KOR_E_ARG, "kor_ctx_new: out and model must not be NULL");
    kor_ctx *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->model = model;
    c->ids = calloc(model->encoder.max_tokens, sizeof *c->ids);
    c->lattice = aligned_alloc(64, kor_round_up(kor_unigram_scratch(), 64));
    c->scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&model->encoder), 64));
    if (!c->ids || !c->lattice || !c->scratch) {
        kor_ctx_free(c);
        return kor_fail(err, KOR_E_MEMORY, "out of memory: a context of this model needs %zu KB",
                        (kor_unigram_scratch() + kor_encoder_scratch(&model->encoder)) / 1024);
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
    *count = kor_unigram_encode(ctx->model->tokenizer, text, len, out, max, ctx->lattice);
    return KOR_OK;
}

kor_status kor_embed(kor_ctx *ctx, const char *text, size_t len, float *out, size_t out_len,
                     kor_error *err)
{
    KOR_TRY(check_text(ctx, text, &len, "kor_embed", err));
    const kor_model *m = ctx->model;
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
