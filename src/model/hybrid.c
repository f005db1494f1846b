/* SPDX-License-Identifier: Apache-2.0 */
#include "model/hybrid.h"

#include <math.h>
#include <string.h>

/* ---- Binding ---- */

kor_status kor_hybrid_trunk_name(const kor_gguf *file, char out[KOR_TRUNK_NAME], kor_error *err)
{
    kor_bytes name = {0};
    KOR_TRY(kor_gguf_get_string(file, "korora.trunk", &name, err));
    /* It becomes a file's name. */
    bool fit = name.len > 0 && name.len < KOR_TRUNK_NAME && name.data[0] != '.';
    for (size_t i = 0; fit && i < name.len; i++) {
        unsigned char c = (unsigned char)name.data[i];
        fit = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.';
    }
    if (!fit)
        return kor_fail(err, KOR_E_INPUT, "metadata 'korora.trunk' is not the name of a model");
    memcpy(out, name.data, name.len);
    out[name.len] = 0;
    return KOR_OK;
}

static kor_status bind_floats(const kor_gguf *file, const char *name, size_t n, const float **out,
                              kor_error *err)
{
    const kor_tensor *t = NULL;
    KOR_TRY(kor_gguf_get_tensor(file, name, KOR_TENSOR_F32, (size_t[KOR_GGUF_DIMS]){n, 1, 1, 1}, &t,
                                err));
    *out = t->data;
    return KOR_OK;
}

static kor_status bind_weight(const kor_gguf *file, const char *weight, const char *scale,
                              size_t dim, size_t labels, kor_linear *out, kor_error *err)
{
    const kor_tensor *t = NULL;
    size_t shape[KOR_GGUF_DIMS] = {KOR_GROUP, KOR_PANEL, kor_round_up(dim, KOR_GROUP) / KOR_GROUP,
                                   kor_round_up(labels, KOR_PANEL) / KOR_PANEL};
    *out = (kor_linear){.in = dim, .out = labels};
    KOR_TRY(kor_gguf_get_tensor(file, weight, KOR_TENSOR_I8, shape, &t, err));
    out->weight = t->data;
    return bind_floats(file, scale, labels, &out->scale, err);
}

kor_status kor_hybrid_bind(kor_hybrid *out, const kor_gguf *file, size_t dim, size_t labels,
                           kor_error *err)
{
    *out = (kor_hybrid){.dim = dim, .labels = labels};
    if (kor_gguf_find(file, "korora.trunk"))
        KOR_TRY(kor_gguf_get_u64(file, "korora.trunk_checksum", &out->trunk, err));
    KOR_TRY(bind_weight(file, "head.embedding.weight", "head.embedding.scale", dim, labels,
                        &out->embedding, err));
    KOR_TRY(
        bind_weight(file, "head.state.weight", "head.state.scale", dim, labels, &out->state, err));
    KOR_TRY(bind_floats(file, "head.bias", labels, &out->state.bias, err));
    KOR_TRY(bind_floats(file, "head.mean", dim, &out->mean, err));
    KOR_TRY(bind_floats(file, "head.factor", dim, &out->factor, err));
    if (!kor_gguf_tensor(file, "bag.table")) return KOR_OK;
    KOR_TRY(kor_gguf_get_f32(file, "korora.bag.weight", &out->weight, err));
    if (!isfinite(out->weight)) {
        return kor_fail(err, KOR_E_INPUT, "metadata 'korora.bag.weight' is not a number");
    }
    return kor_bag_bind(&out->bag, file, labels, err);
}

/* ---- Forward ---- */

typedef struct scratch {
    float *centred; /* [dim] */
    float *logits;  /* [labels] of the bag */
    int8_t *code;   /* [dim, rounded up] */
    void *bag;
} scratch;

static void *take(uintptr_t *at, size_t bytes)
{
    uintptr_t p = *at;
    *at = p + kor_round_up(bytes, 64);
    return (void *)p;
}

static uintptr_t lay_out(const kor_hybrid *h, scratch *s, uintptr_t base)
{
    uintptr_t at = base;
    s->centred = take(&at, h->dim * sizeof(float));
    s->logits = take(&at, h->labels * sizeof(float));
    s->code = take(&at, kor_round_up(h->dim, KOR_GROUP));
    s->bag = take(&at, h->bag.table ? kor_bag_scratch(&h->bag) : 0);
    return at;
}

size_t kor_hybrid_scratch(const kor_hybrid *h)
{
    scratch s;
    return (size_t)lay_out(h, &s, 0);
}

/* out[labels] = x[dim] w + bias + add */
static void multiply(const kor_linear *l, const kor_kernels *k, const float *x, const float *add,
                     float *out, int8_t *code)
{
    float scale;
    int32_t sum;
    k->quantize(code, &scale, &sum, x, l->in);
    const kor_gemm g = {.m = 1,
                        .n = l->out,
                        .k = l->in,
                        .out = out,
                        .ld_out = l->out,
                        .bias = l->bias,
                        .add = add,
                        .ld_add = l->out,
                        .x8 = code,
                        .x8_scale = &scale,
                        .x8_sum = &sum,
                        .w8 = l->weight,
                        .w8_scale = l->scale};
    k->gemm_i8(&g);
}

void kor_hybrid_linear(const kor_hybrid *h, const kor_kernels *k, const float *embedding,
                       const float *state, float *logits, void *memory)
{
    scratch s;
    (void)lay_out(h, &s, (uintptr_t)memory);
    for (size_t i = 0; i < h->dim; i++) s.centred[i] = (state[i] - h->mean[i]) * h->factor[i];
    multiply(&h->embedding, k, embedding, NULL, logits, s.code);
    multiply(&h->state, k, s.centred, logits, logits, s.code);
}

void kor_hybrid_bag(const kor_hybrid *h, const char *text, size_t len, float *logits, void *memory)
{
    scratch s;
    (void)lay_out(h, &s, (uintptr_t)memory);
    kor_bag_forward(&h->bag, text, len, logits, s.bag);
}

void kor_hybrid_forward(const kor_hybrid *h, const kor_kernels *k, const char *text, size_t len,
                        const float *embedding, const float *state, float *logits, void *memory)
{
    scratch s;
    (void)lay_out(h, &s, (uintptr_t)memory);
    kor_hybrid_linear(h, k, embedding, state, logits, memory);
    if (!h->bag.table) return;
    kor_bag_forward(&h->bag, text, len, s.logits, s.bag);
    for (size_t i = 0; i < h->labels; i++) logits[i] += h->weight * s.logits[i];
}
