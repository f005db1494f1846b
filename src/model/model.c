/* SPDX-License-Identifier: Apache-2.0 */
/* The public calls of korora.h. */
#include "base/arena.h"
#include "base/file.h"
#include "model/bag.h"
#include "model/encoder.h"
#include "model/gguf.h"
#include "model/head.h"
#include "model/hybrid.h"
#include "model/lora.h"
#include "model/rank.h"
#include "model/rulespans.h"
#include "model/spanlayer.h"
#include "model/trunk.h"
#include "model/wordstates.h"
#include "text/unigram.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    FORMAT = 1,
    RANK_QUERY = 4096, /* bytes of a query that are remembered; a longer one is read each time */
    LAST_TEXT = 4 * KOR_TEXT_MAX /* of a text: a tokenizer reads no more */
};

struct kor_model {
    kor_map map;
    kor_gguf file;
    kor_head head;
    /* "encoder" and "full" have an encoder and a tokenizer of their own, "lora" has a view of its
     * trunk's encoder with the adapter; in others layers is 0. */
    kor_encoder encoder;
    kor_unigram *tokenizer;
    kor_bag bag;          /* architecture "bag": table is NULL in others */
    kor_hybrid hybrid;    /* "hybrid", "lora", "full": dim is 0 in others */
    kor_tagger tagger;    /* head "spans": tags is 0 in others */
    kor_span_layer layer; /* the same but in architecture "bag": dim is 0 in others */
    kor_rule_spans ruled; /* head "spans" of a bag with rules: rules is NULL in others */
    kor_ranker rank;      /* head "rank", of "bag" or "hybrid": inputs is 0 in others */
    const char *architecture;
    const kor_model *trunk; /* what "hybrid" and "lora" stand on */
    kor_model *own_trunk;   /* the same when this model has opened it */
    const kor_kernels *kernels;
    kor_arena strings;
    kor_model_info info;
};

/* The last query stays, as candidates come after each other. */
typedef struct rank_memory {
    kor_rank_text query, text;
    float *features[2]; /* [2 dim] of a trunk each: embedding, state */
    void *room[2];      /* kor_rank_room */
    size_t kept;        /* bytes of the query that was read; SIZE_MAX: none that can be kept */
    char last[RANK_QUERY];
} rank_memory;

/* The text that a trunk's context was asked about last, and what the trunk made of it, for the
 * contexts that stand on it. */
typedef struct last_text {
    char *text;      /* [LAST_TEXT] */
    size_t len;      /* SIZE_MAX: none that can be kept */
    float *features; /* [2 dim]: embedding, state */
} last_text;

struct kor_ctx {
    const kor_model *model;
    last_text *last;   /* once others stand on it */
    bool lent;         /* the trunk's context is another's to free, */
    bool guest;        /* and so is the room for an encoder's pass */
    int32_t *ids;      /* [max_tokens] */
    void *lattice;     /* kor_unigram_scratch */
    void *scratch;     /* kor_encoder_scratch */
    int32_t *word_ids; /* what kor_word_encoder needs besides */
    uint32_t *word_first;
    void *bag;      /* kor_bag_scratch */
    kor_ctx *trunk; /* of a hybrid without an encoder of its own */
    /* Of hybrids, [2 dim]: embedding, state; of spans [KOR_SPANS_WORDS][dim]; of a bag the logits.
     */
    float *features;
    void *hybrid;      /* kor_hybrid_scratch, or kor_span_layer_scratch */
    rank_memory *rank; /* head "rank" */
    void *spans;       /* kor_spans_scratch, with */
    kor_spans_work work;
    kor_word_span *found; /* [KOR_SPANS_WORDS] */
};

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

/* ---- Calling ---- */

static void *new_scratch(size_t bytes)
{
    size_t size = kor_round_up(bytes, 64);
    void *p = aligned_alloc(64, size);
    if (p) memset(p, 0, size);
    return p;
}

static void free_rank_memory(rank_memory *r)
{
    for (size_t i = 0; r && i < 2; i++) {
        free(r->features[i]);
        free(r->room[i]);
    }
    free(r);
}

static rank_memory *new_rank_memory(const kor_ranker *rank)
{
    rank_memory *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->kept = SIZE_MAX;
    for (size_t i = 0; i < 2; i++) {
        r->features[i] = calloc(2 * rank->dim + 1, sizeof *r->features[i]);
        r->room[i] = malloc(kor_rank_room());
        if (!r->features[i] || !r->room[i]) {
            free_rank_memory(r);
            return NULL;
        }
    }
    return r;
}

static bool make_spans_room(kor_ctx *c, const kor_model *model)
{
    c->spans = new_scratch(kor_spans_scratch(model->tagger.labels));
    c->found = calloc(KOR_SPANS_WORDS, sizeof *c->found);
    if (!c->spans || !c->found) return false;
    kor_spans_lay_out(&c->work, &model->tagger, c->spans);
    if (!model->layer.dim) return true;
    c->features = calloc(KOR_SPANS_WORDS * model->layer.dim, sizeof *c->features);
    c->hybrid = new_scratch(kor_span_layer_scratch(&model->layer));
    return c->features && c->hybrid;
}

/* Room for an encoder's pass: its own, or, of a lora on a context t of its trunk, the trunk's. */
static bool make_encoder_room(kor_ctx *c, const kor_encoder *e, const kor_ctx *t)
{
    if (t && kor_encoder_scratch(&t->model->encoder) == kor_encoder_scratch(e) &&
        t->model->encoder.max_tokens == e->max_tokens) {
        c->guest = true;
        c->ids = t->ids;
        c->lattice = t->lattice;
        c->scratch = t->scratch;
        c->word_ids = t->word_ids;
        c->word_first = t->word_first;
        return true;
    }
    c->ids = calloc(e->max_tokens, sizeof *c->ids);
    c->lattice = aligned_alloc(64, kor_round_up(kor_unigram_scratch(), 64));
    c->scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(e), 64));
    c->word_ids = calloc(KOR_SPANS_WORDS * KOR_WORD_PIECES, sizeof *c->word_ids);
    c->word_first = calloc(KOR_SPANS_WORDS + 1, sizeof *c->word_first);
    return c->ids && c->lattice && c->scratch && c->word_ids && c->word_first;
}

static bool make_room(kor_ctx *c, const kor_model *model, const kor_ctx *trunk)
{
    if (model->rank.inputs) {
        c->rank = new_rank_memory(&model->rank);
        if (!c->rank) return false;
    } else if (model->tagger.tags) {
        if (!make_spans_room(c, model)) return false;
    } else if (model->hybrid.dim) {
        c->features = calloc(2 * model->hybrid.dim, sizeof *c->features);
        c->hybrid = new_scratch(kor_hybrid_scratch(&model->hybrid));
        if (!c->features || !c->hybrid) return false;
    } else if (model->bag.table) {
        c->bag = new_scratch(kor_bag_scratch(&model->bag));
        c->features = calloc(model->bag.labels, sizeof *c->features);
        if (!c->bag || !c->features) return false;
    }
    return !model->encoder.layers || make_encoder_room(c, &model->encoder, trunk);
}

static bool keep_last_text(kor_ctx *trunk)
{
    if (trunk->last) return true;
    last_text *l = calloc(1, sizeof *l);
    if (!l) return false;
    trunk->last = l;
    l->len = SIZE_MAX;
    l->text = malloc(LAST_TEXT);
    l->features = calloc(2 * trunk->model->encoder.dim, sizeof *l->features);
    return l->text && l->features;
}

static bool needs_trunk(const kor_model *m)
{
    return !m->encoder.layers && (m->hybrid.dim || m->rank.dim || m->layer.dim);
}

kor_status kor_ctx_new_on(kor_ctx **out, const kor_model *model, kor_ctx *trunk, kor_error *err)
{
    if (out) *out = NULL;
    if (!out || !model)
        return kor_fail(err, KOR_E_ARG, "kor_ctx_new: out and model must not be NULL");
    kor_ctx *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->model = model;
    if (trunk && trunk->model != model->trunk) trunk = NULL; /* it stands on another, or on none */
    c->lent = trunk && needs_trunk(model);
    bool whole = true;
    if (c->lent) {
        c->trunk = trunk;
        whole = keep_last_text(trunk);
    } else if (needs_trunk(model)) {
        kor_status status = kor_ctx_new(&c->trunk, model->trunk, err);
        if (status != KOR_OK) {
            kor_ctx_free(c);
            return status;
        }
    }
    if (!whole || !make_room(c, model, trunk)) {
        kor_ctx_free(c);
        return kor_fail(err, KOR_E_MEMORY, "out of memory: a context of this model needs %zu KB",
                        (kor_unigram_scratch() + kor_encoder_scratch(&model->encoder)) / 1024);
    }
    *out = c;
    return KOR_OK;
}

kor_status kor_ctx_new(kor_ctx **out, const kor_model *model, kor_error *err)
{
    return kor_ctx_new_on(out, model, NULL, err);
}

void kor_ctx_free(kor_ctx *ctx)
{
    if (!ctx) return;
    if (!ctx->guest) {
        free(ctx->ids);
        free(ctx->word_ids);
        free(ctx->word_first);
        free(ctx->lattice);
        free(ctx->scratch);
    }
    if (!ctx->lent) kor_ctx_free(ctx->trunk);
    if (ctx->last) {
        free(ctx->last->text);
        free(ctx->last->features);
        free(ctx->last);
    }
    free(ctx->bag);
    free(ctx->features);
    free(ctx->hybrid);
    free_rank_memory(ctx->rank);
    free(ctx->spans);
    free(ctx->found);
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

/* Its own, or that of the trunk; NULL where there is neither. */
static const kor_unigram *tokenizer_of(const kor_model *m)
{
    return m->tokenizer || !m->trunk ? m->tokenizer : m->trunk->tokenizer;
}

kor_status kor_tokenize(kor_ctx *ctx, const char *text, size_t len, int32_t *out, size_t max,
                        size_t *count, kor_error *err)
{
    if (!count || (!out && max))
        return kor_fail(err, KOR_E_ARG, "kor_tokenize: out and count must not be NULL");
    *count = 0;
    KOR_TRY(check_text(ctx, text, &len, "kor_tokenize", err));
    if (ctx->trunk) ctx = ctx->trunk;
    const kor_unigram *tokenizer = tokenizer_of(ctx->model);
    if (!tokenizer) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "kor_tokenize: a model of architecture '%s' has no "
                        "tokens",
                        ctx->model->info.architecture);
    }
    *count = kor_unigram_encode(tokenizer, text, len, out, max, ctx->lattice);
    return KOR_OK;
}

static void read_text(kor_ctx *ctx, const char *text, size_t len, float *embedding, float *state)
{
    const kor_model *m = ctx->model;
    size_t count = kor_unigram_encode(tokenizer_of(m), text, len, ctx->ids, m->encoder.max_tokens,
                                      ctx->lattice);
    kor_encoder_features(&m->encoder, m->kernels, ctx->ids, count, state, embedding, ctx->scratch);
}

/* Models on one trunk are asked about the same text one after the other. */
static const float *read_once(kor_ctx *ctx, const char *text, size_t len)
{
    last_text *l = ctx->last;
    if (len > LAST_TEXT) len = LAST_TEXT;
    if (len != l->len || (len && memcmp(text, l->text, len) != 0)) {
        read_text(ctx, text, len, l->features, l->features + ctx->model->encoder.dim);
        if (len) memcpy(l->text, text, len);
        l->len = len;
    }
    return l->features;
}

void kor_trunk_features(kor_ctx *ctx, const char *text, size_t len, float *embedding, float *state)
{
    size_t dim = ctx->model->encoder.dim;
    if (!ctx->last) {
        read_text(ctx, text, len, embedding, state);
        return;
    }
    const float *features = read_once(ctx, text, len);
    memcpy(embedding, features, dim * sizeof *embedding);
    memcpy(state, features + dim, dim * sizeof *state);
}

const kor_encoder *kor_trunk_encoder(const kor_model *model)
{
    return model->encoder.layers ? &model->encoder : NULL;
}

const kor_unigram *kor_trunk_tokenizer(const kor_model *model)
{
    return tokenizer_of(model);
}

const kor_gguf *kor_trunk_file(const kor_model *model)
{
    return &model->file;
}

void kor_trunk_words(kor_ctx *ctx, const char *text, const kor_word *words, size_t count,
                     float *states)
{
    const kor_model *m = ctx->model;
    const kor_word_encoder with = {&m->encoder,     tokenizer_of(m), m->kernels,  ctx->word_ids,
                                   ctx->word_first, ctx->lattice,    ctx->scratch};
    kor_word_states(&with, text, words, count, states);
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
    if (ctx->last) {
        memcpy(out, read_once(ctx, text, len), m->encoder.dim * sizeof *out);
        return KOR_OK;
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
    if (!m->head.labels || m->head.kind == KOR_HEAD_SPANS) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_classify: the model's head is '%s'",
                        m->info.head);
    }
    if (!out || out_len < m->head.labels) {
        return kor_fail(err, KOR_E_ARG,
                        "kor_classify: out has room for %zu floats, the model has %zu labels",
                        out ? out_len : 0, m->head.labels);
    }
    if (m->hybrid.dim) {
        float *state = ctx->features + m->hybrid.dim;
        kor_trunk_features(ctx->trunk ? ctx->trunk : ctx, text, len, ctx->features, state);
        kor_hybrid_forward(&m->hybrid, m->kernels, text, len, ctx->features, state, out,
                           ctx->hybrid);
    } else {
        kor_bag_forward(&m->bag, text, len, out, ctx->bag);
    }
    kor_head_apply(&m->head, out);
    return KOR_OK;
}

static void read_for_rank(kor_ctx *ctx, kor_rank_text *out, size_t which, const char *text,
                          size_t len)
{
    const kor_ranker *rank = &ctx->model->rank;
    float *features = ctx->rank->features[which];
    kor_rank_read(out, text, len, ctx->rank->room[which]);
    kor_rank_weigh(rank, out);
    if (!rank->dim) return;
    kor_trunk_features(ctx->trunk, text, len, features, features + rank->dim);
    kor_rank_add_trunk(rank, out, features, features + rank->dim);
}

kor_status kor_rank(kor_ctx *ctx, const char *query, size_t query_len, const char *text,
                    size_t text_len, float *score, kor_error *err)
{
    KOR_TRY(check_text(ctx, query, &query_len, "kor_rank", err));
    KOR_TRY(check_text(ctx, text, &text_len, "kor_rank", err));
    rank_memory *r = ctx->rank;
    if (!r) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_rank: the model's head is '%s'",
                        ctx->model->info.head);
    }
    if (!score) return kor_fail(err, KOR_E_ARG, "kor_rank: score must not be NULL");
    if (query_len != r->kept || (query_len && memcmp(query, r->last, query_len) != 0)) {
        read_for_rank(ctx, &r->query, 0, query, query_len);
        r->kept = query_len <= RANK_QUERY ? query_len : SIZE_MAX;
        if (query_len && r->kept == query_len) memcpy(r->last, query, query_len);
    }
    read_for_rank(ctx, &r->text, 1, text, text_len);
    float x[KOR_RANK_INPUTS];
    const kor_ranker *rank = &ctx->model->rank;
    kor_rank_inputs(rank, &r->query, &r->text, x);
    *score = kor_rank_score(rank, kor_rank_raw(rank, &r->query, &r->text, x));
    return KOR_OK;
}

/* The spans of the next piece of a text, words[count], into c->found; returns how many. */
static size_t find_spans(kor_ctx *c, const char *text, size_t count)
{
    const kor_model *m = c->model;
    kor_spans_emit(&m->tagger, &c->work, text, count);
    if (m->layer.dim) {
        kor_trunk_words(c->trunk ? c->trunk : c, text, c->work.words, count, c->features);
        kor_span_layer_forward(&m->layer, m->kernels, c->features, count, c->work.emissions,
                               c->hybrid);
    }
    return kor_spans_decode(&m->tagger, &c->work, count, c->found);
}

kor_status kor_spans(kor_ctx *ctx, const char *text, size_t len, kor_span *out, size_t max,
                     size_t *count, kor_error *err)
{
    if (!count || (!out && max))
        return kor_fail(err, KOR_E_ARG, "kor_spans: out and count must not be NULL");
    *count = 0;
    KOR_TRY(check_text(ctx, text, &len, "kor_spans", err));
    const kor_model *m = ctx->model;
    if (m->ruled.rules) {
        *count = kor_rule_spans_find(&m->ruled, text, len, out, max, ctx->features, ctx->bag);
        return KOR_OK;
    }
    if (!m->tagger.tags) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_spans: the model's head is '%s'",
                        m->info.head);
    }
    const kor_word *words = ctx->work.words;
    kor_span_pieces p = {.cut = {.text = text, .len = len}, .words = ctx->work.words};
    for (size_t n; *count < max && (n = kor_span_pieces_next(&p));) {
        size_t found = find_spans(ctx, text, n);
        for (size_t i = 0; i < found && *count < max; i++) {
            const kor_word_span *s = &ctx->found[i];
            const kor_word *first = &words[s->from], *last = &words[s->to - 1];
            out[(*count)++] = (kor_span){first->start, last->end, first->start_cp,
                                         last->end_cp, s->label,  s->score};
        }
    }
    return KOR_OK;
}
