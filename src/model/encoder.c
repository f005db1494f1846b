/* SPDX-License-Identifier: Apache-2.0 */
#include "model/encoder.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* ---- Binding ---- */

/* Reads tensors by name; counts the parameters on the way. */
typedef struct binder {
    const kor_gguf *file;
    kor_encoder *e;
    bool int8;
    kor_error *err;
} binder;

static kor_status bind_floats(binder *b, const float **out, const char *name, size_t n, size_t rows)
{
    const kor_tensor *t = NULL;
    KOR_TRY(kor_gguf_get_tensor(b->file, name, KOR_TENSOR_F32,
                                (size_t[KOR_GGUF_DIMS]){n, rows, 1, 1}, &t, b->err));
    *out = t->data;
    return KOR_OK;
}

/* NAME.weight, NAME.bias, and NAME.scale when int8. */
static kor_status bind_linear(binder *b, kor_linear *out, const char *name, size_t in, size_t n)
{
    char full[96];
    const kor_tensor *t = NULL;
    *out = (kor_linear){.in = in, .out = n};
    size_t panels = kor_round_up(n, KOR_PANEL) / KOR_PANEL,
           groups = kor_round_up(in, KOR_GROUP) / KOR_GROUP;
    (void)snprintf(full, sizeof full, "%s.weight", name);
    if (b->int8) {
        size_t shape[KOR_GGUF_DIMS] = {KOR_GROUP, KOR_PANEL, groups, panels};
        KOR_TRY(kor_gguf_get_tensor(b->file, full, KOR_TENSOR_I8, shape, &t, b->err));
        (void)snprintf(full, sizeof full, "%s.scale", name);
        KOR_TRY(bind_floats(b, &out->scale, full, n, 1));
    } else {
        size_t shape[KOR_GGUF_DIMS] = {KOR_PANEL, in, panels, 1};
        KOR_TRY(kor_gguf_get_tensor(b->file, full, KOR_TENSOR_F32, shape, &t, b->err));
    }
    out->weight = t->data;
    (void)snprintf(full, sizeof full, "%s.bias", name);
    KOR_TRY(bind_floats(b, &out->bias, full, n, 1));
    b->e->parameters += in * n + n;
    b->e->macs_per_token += in * n;
    return KOR_OK;
}

static kor_status bind_norm(binder *b, kor_norm *out, const char *name, size_t n)
{
    char full[96];
    (void)snprintf(full, sizeof full, "%s.weight", name);
    KOR_TRY(bind_floats(b, &out->gamma, full, n, 1));
    (void)snprintf(full, sizeof full, "%s.bias", name);
    KOR_TRY(bind_floats(b, &out->beta, full, n, 1));
    b->e->parameters += 2 * n;
    return KOR_OK;
}

static kor_status bind_layer(binder *b, size_t i)
{
    kor_encoder_layer *l = &b->e->layer[i];
    char name[64];
#define NAMED(part) (snprintf(name, sizeof name, "blk.%zu.%s", i, part), name)
    KOR_TRY(bind_norm(b, &l->norm1, NAMED("attn_norm"), l->in));
    KOR_TRY(bind_linear(b, &l->qkv, NAMED("attn_qkv"), l->in, 3 * l->in));
    KOR_TRY(bind_linear(b, &l->attention_out, NAMED("attn_output"), l->in, l->out));
    if (l->in != l->out) KOR_TRY(bind_linear(b, &l->residual, NAMED("residual"), l->in, l->out));
    KOR_TRY(bind_norm(b, &l->norm2, NAMED("ffn_norm"), l->out));
    KOR_TRY(bind_linear(b, &l->up, NAMED("ffn_up"), l->out, l->hidden));
    KOR_TRY(bind_linear(b, &l->down, NAMED("ffn_down"), l->hidden, l->out));
#undef NAMED
    return KOR_OK;
}

static kor_status get_size(const kor_gguf *g, const char *key, size_t i, size_t most, size_t *out,
                           kor_error *err)
{
    uint32_t v;
    KOR_TRY(kor_gguf_get_u32_at(g, key, i, &v, err));
    if (v == 0 || v > most) {
        return kor_fail(err, KOR_E_INPUT, "metadata '%s'[%zu] is %u, expected 1 to %zu", key, i, v,
                        most);
    }
    *out = v;
    return KOR_OK;
}

/* Which of the words a metadata string is; the first when it is not there. */
static kor_status get_choice(const kor_gguf *g, const char *key, const char *const words[2],
                             bool *second, kor_error *err)
{
    kor_bytes s = {words[0], strlen(words[0])};
    if (kor_gguf_find(g, key)) KOR_TRY(kor_gguf_get_string(g, key, &s, err));
    for (int i = 0; i < 2; i++) {
        if (s.len == strlen(words[i]) && memcmp(s.data, words[i], s.len) == 0) {
            *second = i == 1;
            return KOR_OK;
        }
    }
    return kor_fail(err, KOR_E_UNSUPPORTED, "metadata '%s' must be %s or %s", key, words[0],
                    words[1]);
}

/* The weights of tokens in the mean: there may be none. */
static kor_status bind_token_weights(binder *b)
{
    kor_encoder *e = b->e;
    const kor_tensor *t = NULL;
    if (!kor_gguf_tensor(b->file, "token_pool.weight")) return KOR_OK;
    KOR_TRY(kor_gguf_get_tensor(b->file, "token_pool.weight", KOR_TENSOR_I8,
                                (size_t[KOR_GGUF_DIMS]){e->vocabulary, 1, 1, 1}, &t, b->err));
    e->token_weight = t->data;
    e->parameters += e->vocabulary;
    return KOR_OK;
}

kor_status kor_encoder_bind(kor_encoder *out, const kor_gguf *g, kor_error *err)
{
    *out = (kor_encoder){0};
    binder b = {.file = g, .e = out, .err = err};

    const kor_gguf_kv *widths = kor_gguf_find(g, "korora.encoder.widths");
    if (!widths || widths->count < 2 || widths->count > KOR_ENCODER_LAYERS + 1) {
        return kor_fail(err, KOR_E_INPUT,
                        "metadata 'korora.encoder.widths' must list 2 to %d widths",
                        KOR_ENCODER_LAYERS + 1);
    }
    out->layers = widths->count - 1;
    for (size_t i = 0; i < out->layers; i++) {
        kor_encoder_layer *l = &out->layer[i];
        KOR_TRY(get_size(g, "korora.encoder.widths", i, KOR_ENCODER_WIDTH, &l->in, err));
        KOR_TRY(get_size(g, "korora.encoder.widths", i + 1, KOR_ENCODER_WIDTH, &l->out, err));
        KOR_TRY(get_size(g, "korora.encoder.heads", i, 256, &l->heads, err));
        KOR_TRY(get_size(g, "korora.encoder.hidden", i, 4 * KOR_ENCODER_WIDTH, &l->hidden, err));
        if (l->in % l->heads) {
            return kor_fail(err, KOR_E_INPUT, "layer %zu: %zu heads do not divide a width of %zu",
                            i, l->heads, l->in);
        }
    }
    size_t in = out->layer[0].in;
    out->dim = out->layer[out->layers - 1].out;
    bool gelu = false;
    KOR_TRY(get_choice(g, "korora.encoder.norm", (const char *const[]){"pre", "post"},
                       &out->post_norm, err));
    KOR_TRY(get_choice(g, "korora.encoder.activation", (const char *const[]){"relu", "gelu"}, &gelu,
                       err));
    out->activation = gelu ? KOR_ACT_GELU : KOR_ACT_RELU;
    for (size_t i = 0; out->post_norm && i < out->layers; i++) {
        if (out->layer[i].in != out->layer[i].out) {
            return kor_fail(err, KOR_E_INPUT,
                            "layer %zu: a post-norm layer cannot change the width", i);
        }
    }
    uint32_t tokens = 0;
    KOR_TRY(kor_gguf_get_u32(g, "korora.encoder.max_tokens", &tokens, err));
    if (tokens == 0 || tokens > KOR_ENCODER_TOKENS) {
        return kor_fail(err, KOR_E_INPUT,
                        "metadata 'korora.encoder.max_tokens' is %u, expected 1 to %d", tokens,
                        KOR_ENCODER_TOKENS);
    }
    out->max_tokens = tokens;
    KOR_TRY(kor_gguf_get_f32(g, "korora.encoder.embedding_scale", &out->embedding_scale, err));
    KOR_TRY(kor_gguf_get_f32(g, "korora.encoder.norm_epsilon", &out->norm_epsilon, err));
    if (!isfinite(out->embedding_scale) || !(out->norm_epsilon > 0)) {
        return kor_fail(err, KOR_E_INPUT,
                        "metadata 'korora.encoder': a scale or epsilon is not a usable number");
    }

    const kor_tensor *t = kor_gguf_tensor(g, "token_embd.weight");
    if (!t || t->shape[0] != in || t->shape[2] != 1 || t->shape[3] != 1 ||
        t->shape[1] > INT32_MAX || (t->type != KOR_TENSOR_I8 && t->type != KOR_TENSOR_F32)) {
        return kor_fail(err, KOR_E_INPUT, "tensor 'token_embd.weight' must be I8 or F32, %zu wide",
                        in);
    }
    out->vocabulary = t->shape[1];
    b.int8 = t->type == KOR_TENSOR_I8;
    if (b.int8) {
        out->embedding8 = t->data;
        KOR_TRY(bind_floats(&b, &out->embedding8_scale, "token_embd.scale", out->vocabulary, 1));
    } else {
        out->embedding = t->data;
    }
    out->parameters = in * out->vocabulary;
    KOR_TRY(bind_floats(&b, &out->position, "position_embd.weight", in, out->max_tokens));
    if (out->post_norm) KOR_TRY(bind_norm(&b, &out->embedding_norm, "token_embd_norm", in));
    for (size_t i = 0; i < out->layers; i++) KOR_TRY(bind_layer(&b, i));
    KOR_TRY(bind_token_weights(&b));
    if (!kor_gguf_tensor(g, "pooler.weight")) return KOR_OK;
    KOR_TRY(bind_linear(&b, &out->pooler, "pooler", out->dim, out->dim));
    out->macs_per_text = out->dim * out->dim;
    out->macs_per_token -= out->macs_per_text;
    return KOR_OK;
}

kor_linear *kor_encoder_linear(kor_encoder *e, size_t i, char name[64])
{
    static const char *const parts[] = {"attn_qkv", "attn_output", "residual", "ffn_up",
                                        "ffn_down"};
    for (size_t l = 0; l < e->layers; l++) {
        kor_encoder_layer *layer = &e->layer[l];
        kor_linear *const linear[] = {&layer->qkv, &layer->attention_out, &layer->residual,
                                      &layer->up, &layer->down};
        for (size_t j = 0; j < sizeof parts / sizeof *parts; j++) {
            if (!linear[j]->weight || i-- > 0) continue;
            (void)snprintf(name, 64, "blk.%zu.%s", l, parts[j]);
            return linear[j];
        }
    }
    if (!e->pooler.weight || i > 0) return NULL;
    (void)snprintf(name, 64, "pooler");
    return &e->pooler;
}

/* ---- Forward ---- */

typedef struct scratch {
    float *x, *y;      /* [tokens][widest] */
    float *normed;     /* [tokens][widest] */
    float *wide;       /* [tokens][max(3 * in, hidden)]: qkv, then the hidden layer */
    int8_t *code;      /* [tokens][max of all inputs, rounded up] */
    float *code_scale; /* [tokens] */
    int32_t *code_sum; /* [tokens] */
    float *attention;  /* kor_attention_scratch */
    float *low;        /* [tokens][KOR_PANEL] between the halves of an adapter, */
    int8_t *low_code;  /* and as codes */
    float *low_scale;
    int32_t *low_sum;
} scratch;

static void *take(uintptr_t *at, size_t bytes)
{
    uintptr_t p = *at;
    *at = p + kor_round_up(bytes, 64);
    return (void *)p;
}

/* Lay the scratch out from base and return its end: from 0 to measure, from real memory to use. */
static uintptr_t lay_out(const kor_encoder *e, scratch *s, uintptr_t base)
{
    size_t widest = 0, wide = 0, input = e->dim, attention = 0, tokens = e->max_tokens;
    for (size_t i = 0; i < e->layers; i++) {
        const kor_encoder_layer *l = &e->layer[i];
        size_t widths[] = {l->in, l->out};
        for (size_t j = 0; j < 2; j++) widest = widths[j] > widest ? widths[j] : widest;
        if (3 * l->in > wide) wide = 3 * l->in;
        if (l->hidden > wide) wide = l->hidden;
        if (l->hidden > input) input = l->hidden;
        size_t a = kor_attention_scratch(tokens, l->in / l->heads);
        if (a > attention) attention = a;
    }
    if (widest > input) input = widest;
    uintptr_t at = base;
    s->x = take(&at, tokens * widest * sizeof(float));
    s->y = take(&at, tokens * widest * sizeof(float));
    s->normed = take(&at, tokens * widest * sizeof(float));
    s->wide = take(&at, tokens * wide * sizeof(float));
    s->code = take(&at, tokens * kor_round_up(input, KOR_GROUP));
    s->code_scale = take(&at, tokens * sizeof(float));
    s->code_sum = take(&at, tokens * sizeof(int32_t));
    s->attention = take(&at, attention * sizeof(float));
    s->low = take(&at, tokens * KOR_PANEL * sizeof(float));
    s->low_code = take(&at, tokens * KOR_PANEL);
    s->low_scale = take(&at, tokens * sizeof(float));
    s->low_sum = take(&at, tokens * sizeof(int32_t));
    return at;
}

size_t kor_encoder_scratch(const kor_encoder *e)
{
    scratch s;
    return (size_t)lay_out(e, &s, 0);
}

/* out[m] += x a b, x as codes in g. Both halves are int8, so all machines agree. */
static void adapter_forward(const kor_linear *l, const kor_kernels *k, const scratch *s,
                            const kor_gemm *main)
{
    const kor_linear *a = &l->adapter[0], *b = &l->adapter[1];
    kor_gemm g = *main;
    g.n = g.ld_out = a->out;
    g.out = s->low;
    g.bias = g.add = NULL;
    g.w8 = a->weight;
    g.w8_scale = a->scale;
    k->gemm_i8(&g);
    size_t rank = a->out, wide = kor_round_up(rank, KOR_GROUP);
    for (size_t i = 0; i < g.m; i++) {
        k->quantize(s->low_code + i * wide, &s->low_scale[i], &s->low_sum[i], s->low + i * rank,
                    rank);
    }
    g = (kor_gemm){.m = main->m,
                   .n = l->out,
                   .k = rank,
                   .out = main->out,
                   .ld_out = main->ld_out,
                   .add = main->out,
                   .ld_add = main->ld_out,
                   .x8 = s->low_code,
                   .x8_scale = s->low_scale,
                   .x8_sum = s->low_sum,
                   .w8 = b->weight,
                   .w8_scale = b->scale};
    k->gemm_i8(&g);
}

/* In pieces of a known length, which compilers make wide instructions of. */
static void relu(float *x, size_t n)
{
    enum { PIECE = 16 };
    size_t i = 0;
    for (; i + PIECE <= n; i += PIECE)
        for (size_t j = 0; j < PIECE; j++) x[i + j] = x[i + j] > 0 ? x[i + j] : 0;
    for (; i < n; i++) x[i] = x[i] > 0 ? x[i] : 0;
}

/* out[m][l->out] = act(x[m][l->in] W + b) + add */
static void linear_forward(const kor_linear *l, const kor_kernels *k, const scratch *s,
                           const float *x, size_t m, float *out, const float *add,
                           kor_activation act)
{
    kor_gemm g = {
        .m = m,
        .n = l->out,
        .k = l->in,
        .out = out,
        .ld_out = l->out,
        .bias = l->bias,
        .add = add,
        .ld_add = l->out,
        .act = act,
    };
    if (!l->scale) {
        g.x = x;
        g.ld_x = l->in;
        g.w = l->weight;
        k->gemm_f32(&g);
        return;
    }
    size_t k4 = kor_round_up(l->in, KOR_GROUP);
    for (size_t i = 0; i < m; i++) {
        k->quantize(s->code + i * k4, &s->code_scale[i], &s->code_sum[i], x + i * l->in, l->in);
    }
    g.x8 = s->code;
    g.x8_scale = s->code_scale;
    g.x8_sum = s->code_sum;
    g.w8 = l->weight;
    g.w8_scale = l->scale;
    if (l->adapter) g.act = KOR_ACT_NONE;
    k->gemm_i8(&g);
    if (!l->adapter) return;
    adapter_forward(l, k, s, &g);
    /* A layer with an activation adds nothing after it; lora.h lets ReLU alone have an adapter. */
    if (act == KOR_ACT_RELU) relu(out, m * l->out);
}

static void embed_forward(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                          size_t count, float *x)
{
    size_t n = e->layer[0].in;
    for (size_t t = 0; t < count; t++) {
        size_t id = (size_t)ids[t];
        const float *position = e->position + t * n;
        float *row = x + t * n;
        if (e->embedding8) {
            k->embed_i8(row, e->embedding8 + id * n, e->embedding8_scale[id], e->embedding_scale,
                        position, n);
        } else {
            const float *from = e->embedding + id * n;
            for (size_t j = 0; j < n; j++) row[j] = e->embedding_scale * from[j] + position[j];
        }
    }
}

/* Normalise count rows of n floats into out, which may be x. */
static void norm_forward(const kor_encoder *e, const kor_kernels *k, const kor_norm *norm,
                         const float *x, size_t count, size_t n, float *out)
{
    k->layer_norm(out, x, norm->gamma, norm->beta, count, n, e->norm_epsilon);
}

/* s->x to s->x, through one layer. */
static void layer_forward(const kor_encoder *e, const kor_encoder_layer *l, const kor_kernels *k,
                          scratch *s, size_t count)
{
    const float *read = s->x;
    if (!e->post_norm) {
        norm_forward(e, k, &l->norm1, s->x, count, l->in, s->normed);
        read = s->normed;
    }
    linear_forward(&l->qkv, k, s, read, count, s->wide, NULL, KOR_ACT_NONE);
    size_t dim = l->in / l->heads;
    k->attention(s->normed, s->wide, count, l->heads, dim, 1 / sqrtf((float)dim), s->attention);
    const float *carried = s->x;
    if (l->residual.weight) {
        linear_forward(&l->residual, k, s, s->x, count, s->y, NULL, KOR_ACT_NONE);
        carried = s->y;
    }
    linear_forward(&l->attention_out, k, s, s->normed, count, s->y, carried, KOR_ACT_NONE);
    if (e->post_norm) norm_forward(e, k, &l->norm1, s->y, count, l->out, s->y);
    read = s->y;
    if (!e->post_norm) {
        norm_forward(e, k, &l->norm2, s->y, count, l->out, s->normed);
        read = s->normed;
    }
    linear_forward(&l->up, k, s, read, count, s->wide, NULL, e->activation);
    linear_forward(&l->down, k, s, s->wide, count, s->x, s->y, KOR_ACT_NONE);
    if (e->post_norm) norm_forward(e, k, &l->norm2, s->x, count, l->out, s->x);
}

/* The last layer's states of count tokens, at least one, in s->x. */
static void layers_forward(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                           size_t count, scratch *s)
{
    embed_forward(e, k, ids, count, s->x);
    if (e->post_norm) norm_forward(e, k, &e->embedding_norm, s->x, count, e->layer[0].in, s->x);
    for (size_t i = 0; i < e->layers; i++) layer_forward(e, &e->layer[i], k, s, count);
}

const float *kor_encoder_states(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                                size_t count, void *memory)
{
    scratch s;
    (void)lay_out(e, &s, (uintptr_t)memory);
    if (count) layers_forward(e, k, ids, count, &s);
    return s.x;
}

/* The mean of count rows x, weighted by their tokens: out[dim]. */
static void weighted_mean(const kor_encoder *e, const int32_t *ids, const float *x, size_t count,
                          float *out)
{
    float sum = 0;
    memset(out, 0, e->dim * sizeof *out);
    for (size_t t = 0; t < count; t++) {
        float w = exp2f((float)e->token_weight[ids[t]] / KOR_TOKEN_WEIGHT_STEPS);
        const float *row = x + t * e->dim;
        sum += w;
        for (size_t j = 0; j < e->dim; j++) out[j] += w * row[j];
    }
    for (size_t j = 0; j < e->dim; j++) out[j] /= sum;
}

void kor_encoder_mean(const kor_encoder *e, const kor_kernels *k, const int32_t *ids, size_t count,
                      float *mean, void *memory)
{
    const float *x = kor_encoder_states(e, k, ids, count, memory);
    if (count == 0)
        memset(mean, 0, e->dim * sizeof *mean);
    else if (e->token_weight)
        weighted_mean(e, ids, x, count, mean);
    else
        k->mean_rows(mean, x, count, e->dim);
}

void kor_encoder_features(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                          size_t count, float *state, float *out, void *memory)
{
    scratch s;
    (void)lay_out(e, &s, (uintptr_t)memory);
    if (count == 0) {
        memset(state, 0, e->dim * sizeof *state);
    } else {
        layers_forward(e, k, ids, count, &s);
        k->mean_rows(state, s.x, count, e->dim);
    }
    const float *pooled = state;
    if (e->token_weight && count) {
        weighted_mean(e, ids, s.x, count, s.wide);
        pooled = s.wide;
    }
    if (e->pooler.weight) {
        linear_forward(&e->pooler, k, &s, pooled, 1, s.y, NULL, KOR_ACT_NONE);
        k->tanh_rows(out, s.y, e->dim);
    } else {
        memcpy(out, pooled, e->dim * sizeof *out);
    }
    float squares = 0;
    for (size_t i = 0; i < e->dim; i++) squares += out[i] * out[i];
    float inverse = 1 / sqrtf(fmaxf(squares, 1e-12f));
    for (size_t i = 0; i < e->dim; i++) out[i] *= inverse;
}

void kor_encoder_forward(const kor_encoder *e, const kor_kernels *k, const int32_t *ids,
                         size_t count, float *out, void *memory)
{
    scratch s;
    (void)lay_out(e, &s, (uintptr_t)memory);
    kor_encoder_features(e, k, ids, count, s.normed, out, memory);
}
