/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a model: its file, its parts, and whether they go together. */
#include "model/lora.h"
#include "model/model_inner.h"
#include "model/trunk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    i->weights = "int8";
    i->vocabulary = b->rows;
    i->parameters = b->rows * b->dim + (b->dim + 1) * b->labels;
    i->macs_per_text = b->dim * b->labels;
}

/* Of what stands on an encoder: its costs, but without the parameters of a trunk. */
static void fill_standing_info(kor_model_info *i, const kor_model *m)
{
    fill_encoder_info(i, m->encoder.layers ? &m->encoder : &m->trunk->encoder);
    if (m->trunk) i->parameters = 0;
    kor_encoder view = m->encoder;
    const kor_linear *l;
    char name[64];
    for (size_t j = 0; (l = kor_encoder_linear(&view, j, name)) != NULL; j++) {
        if (l->adapter) i->parameters += (l->in + l->out) * l->adapter->out;
    }
}

static void fill_hybrid_info(kor_model_info *i, const kor_model *m)
{
    const kor_hybrid *h = &m->hybrid;
    fill_standing_info(i, m);
    i->vocabulary = h->bag.rows;
    i->parameters += 2 * h->dim * (h->labels + 1) + h->labels;
    if (h->bag.table) i->parameters += h->bag.rows * h->bag.dim + (h->bag.dim + 1) * h->labels;
    i->dim = 0;
    i->macs_per_text += (2 * h->dim + h->bag.dim) * h->labels;
}

static void fill_rank_info(kor_model_info *i, const kor_model *m)
{
    const kor_ranker *r = &m->rank;
    if (r->dim) fill_encoder_info(i, &m->trunk->encoder);
    i->architecture = r->dim ? "hybrid" : "bag";
    i->weights = "f32";
    i->dim = 0;
    i->vocabulary = (size_t)1 << r->bits;
    i->parameters = r->inputs + 1 + 5 * r->dim + i->vocabulary;
    i->macs_per_text += r->inputs + 3 * r->dim;
}

static void fill_spans_info(kor_model_info *i, const kor_model *m)
{
    const kor_tagger *t = &m->tagger;
    size_t chain = (t->labels + 1) * (t->tags + 1) + 2 * t->labels;
    size_t layer = m->layer.dim * (KOR_SPAN_PARTS + 1) * t->tags;
    if (layer) fill_standing_info(i, m);
    i->weights = "int8";
    i->vocabulary = t->rows;
    i->parameters += t->entries + chain + layer + (layer ? t->tags + 2 * m->layer.dim : 0);
    i->dim = 0;
    i->macs_per_token += m->layer.dim * KOR_SPAN_PARTS * t->tags;
}

static kor_status fill_info(kor_model *m, kor_error *err)
{
    kor_model_info *i = &m->info;
    i->name = string_of(m, "general.name");
    i->license = string_of(m, "general.license");
    i->metric = string_of(m, "korora.metric");
    i->out_of_scope = string_of(m, "korora.out_of_scope");
    i->rules = m->ruled.rules ? m->ruled.rules->name : "";
    if (!i->name || !i->license || !i->metric || !i->out_of_scope) return kor_fail_memory(err);
    (void)kor_gguf_get_f32(&m->file, "korora.quality", &i->quality, NULL);
    i->head = kor_head_name(m->head.kind);
    i->architecture = m->architecture;
    i->labels = m->head.labels;
    i->cpu = m->kernels->name;
    i->file_bytes = m->map.size;
    if (m->rank.inputs)
        fill_rank_info(i, m);
    else if (m->tagger.tags)
        fill_spans_info(i, m);
    else if (m->hybrid.dim)
        fill_hybrid_info(i, m);
    else if (m->bag.table)
        fill_bag_info(i, &m->bag);
    else
        fill_encoder_info(i, &m->encoder);
    return KOR_OK;
}

static bool is(kor_bytes name, const char *text)
{
    return name.len == strlen(text) && memcmp(name.data, text, name.len) == 0;
}

/* The trunk beside the model's own file. */
static kor_status open_trunk(kor_model *m, const char *path, kor_error *err)
{
    char name[KOR_TRUNK_NAME], file[4096];
    KOR_TRY(kor_hybrid_trunk_name(&m->file, name, err));
    const char *slash = strrchr(path, '/');
    int folder = slash ? (int)(slash - path) + 1 : 0;
    int n = snprintf(file, sizeof file, "%.*s%s.gguf", folder, path, name);
    if (n < 0 || (size_t)n >= sizeof file) return kor_fail(err, KOR_E_ARG, "path too long");
    /* Given this model as its own trunk, one that is a hybrid too is refused: no chains, no rings.
     */
    KOR_TRY(kor_model_open_on(&m->own_trunk, file, m, err));
    m->trunk = m->own_trunk;
    return KOR_OK;
}

static kor_status bind_trunk(kor_model *m, const char *path, kor_error *err)
{
    if (!m->trunk) KOR_TRY(open_trunk(m, path, err));
    if (m->trunk->tokenizer) return KOR_OK;
    return kor_fail(err, KOR_E_INPUT, "its trunk is not an encoder");
}

static kor_status check_trunk(const kor_model *m, uint64_t made_on, kor_error *err)
{
    if (made_on == m->trunk->info.checksum) return KOR_OK;
    return kor_fail(err, KOR_E_UNSUPPORTED,
                    "made on another trunk than '%s' (checksum %016" PRIx64 ", not %016" PRIx64
                    "): train it again on this one",
                    m->trunk->info.name, made_on, m->trunk->info.checksum);
}

static kor_status bind_hybrid(kor_model *m, const char *path, kor_error *err)
{
    KOR_TRY(bind_trunk(m, path, err));
    size_t dim = m->trunk->encoder.dim;
    if (m->head.kind == KOR_HEAD_RANK) {
        KOR_TRY(kor_rank_bind(&m->rank, &m->file, dim, err));
        return check_trunk(m, m->rank.trunk, err);
    }
    if (m->head.kind == KOR_HEAD_SPANS) {
        KOR_TRY(kor_span_layer_bind(&m->layer, &m->file, dim, m->head.labels, err));
        return check_trunk(m, m->layer.trunk, err);
    }
    KOR_TRY(kor_hybrid_bind(&m->hybrid, &m->file, dim, m->head.labels, err));
    return check_trunk(m, m->hybrid.trunk, err);
}

static kor_status bind_full(kor_model *m, kor_error *err)
{
    m->trunk = NULL; /* one may be given that others stand on */
    KOR_TRY(kor_encoder_bind(&m->encoder, &m->file, err));
    KOR_TRY(load_tokenizer(m, err));
    if (m->head.kind == KOR_HEAD_SPANS)
        return kor_span_layer_bind(&m->layer, &m->file, m->encoder.dim, m->head.labels, err);
    return kor_hybrid_bind(&m->hybrid, &m->file, m->encoder.dim, m->head.labels, err);
}

static kor_status bind_lora(kor_model *m, const char *path, kor_error *err)
{
    KOR_TRY(bind_hybrid(m, path, err));
    m->encoder = m->trunk->encoder;
    return kor_lora_bind(&m->encoder, &m->file, &m->strings, err);
}

/* Spans where rules say. The bag has a label more than the file names: none of them. */
static kor_status bind_ruled(kor_model *m, kor_error *err)
{
    const kor_head *h = &m->head;
    if (h->kind != KOR_HEAD_SPANS || strcmp(m->architecture, "bag") != 0) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "rules go with head 'spans' and architecture 'bag', not '%s' and '%s'",
                        kor_head_name(h->kind), m->architecture);
    }
    m->ruled = (kor_rule_spans){
        .bag = &m->bag, .label = h->label, .labels = h->labels, .temperature = h->temperature};
    KOR_TRY(kor_rule_spans_bind(&m->ruled.rules, &m->file, err));
    return kor_bag_bind(&m->bag, &m->file, h->labels + 1, err);
}

/* What the model is made of, and whether its head goes with that. */
static kor_status bind_architecture(kor_model *m, const char *path, kor_error *err)
{
    static const char *const known[] = {"encoder", "bag", "hybrid", "lora", "full"};
    kor_bytes name = {"encoder", 7}; /* files made before there was another do not say */
    if (kor_gguf_find(&m->file, "korora.architecture"))
        KOR_TRY(kor_gguf_get_string(&m->file, "korora.architecture", &name, err));
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (is(name, known[i])) m->architecture = known[i];
    }
    if (!m->architecture) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "architecture '%.*s': this version runs encoder, bag, hybrid, lora and "
                        "full",
                        (int)(name.len < 40 ? name.len : 40), name.data);
    }
    bool small = is(name, "bag") || is(name, "hybrid");
    if (is(name, "encoder") != (m->head.kind == KOR_HEAD_EMBED) ||
        (m->head.kind == KOR_HEAD_RANK && !small)) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "head '%s' does not go with architecture '%s'",
                        kor_head_name(m->head.kind), m->architecture);
    }
    /* What stands alone has nothing of a trunk that it was opened on: no tokens, for one. */
    if (is(name, "bag")) m->trunk = NULL;
    if (kor_gguf_find(&m->file, "korora.rules")) return bind_ruled(m, err);
    if (m->head.kind == KOR_HEAD_SPANS) {
        KOR_TRY(kor_spans_bind(&m->tagger, &m->file, m->head.labels, err));
        if (is(name, "bag")) return KOR_OK;
    }
    if (is(name, "bag") && m->head.kind == KOR_HEAD_RANK)
        return kor_rank_bind(&m->rank, &m->file, 0, err);
    if (is(name, "bag")) return kor_bag_bind(&m->bag, &m->file, m->head.labels, err);
    if (is(name, "hybrid")) return bind_hybrid(m, path, err);
    if (is(name, "lora")) return bind_lora(m, path, err);
    if (is(name, "full")) return bind_full(m, err);
    KOR_TRY(kor_encoder_bind(&m->encoder, &m->file, err));
    return load_tokenizer(m, err);
}

static kor_status load(kor_model *m, const char *path, kor_error *err)
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
    KOR_TRY(bind_architecture(m, path, err));
    return fill_info(m, err);
}

kor_status kor_model_open_on(kor_model **out, const char *path, const kor_model *trunk,
                             kor_error *err)
{
    if (out) *out = NULL;
    if (!out || !path)
        return kor_fail(err, KOR_E_ARG, "kor_model_open: out and path must not be NULL");
    kor_model *m = calloc(1, sizeof *m);
    if (!m) return kor_fail_memory(err);
    m->kernels = kor_kernels_get();
    m->trunk = trunk;
    kor_status status = kor_map_open(&m->map, path, err);
    if (status == KOR_OK) {
        status = load(m, path, err);
        if (status != KOR_OK) kor_fail_in(err, status, "%s", path);
    }
    if (status != KOR_OK) {
        kor_model_close(m);
        return status;
    }
    *out = m;
    return KOR_OK;
}

kor_status kor_model_open(kor_model **out, const char *path, kor_error *err)
{
    return kor_model_open_on(out, path, NULL, err);
}

kor_status kor_model_trunk(const char *path, char out[64], kor_error *err)
{
    kor_map map;
    kor_gguf file;
    out[0] = 0;
    KOR_TRY(kor_map_open(&map, path, err));
    kor_status status = kor_gguf_parse(&file, map.data, map.size, err);
    if (status == KOR_OK && kor_gguf_find(&file, "korora.trunk"))
        status = kor_hybrid_trunk_name(&file, out, err);
    if (status == KOR_OK)
        kor_gguf_free(&file);
    else
        kor_fail_in(err, status, "%s", path);
    kor_map_close(&map);
    return status;
}

void kor_model_close(kor_model *model)
{
    if (!model) return;
    kor_model_close(model->own_trunk);
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

/* ---- What learning asks of one (trunk.h) ---- */

const kor_encoder *kor_trunk_encoder(const kor_model *model)
{
    return model->encoder.layers ? &model->encoder : NULL;
}

const kor_unigram *kor_trunk_tokenizer(const kor_model *model)
{
    return kor_model_tokenizer(model);
}

const kor_gguf *kor_trunk_file(const kor_model *model)
{
    return &model->file;
}
