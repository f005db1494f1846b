/* SPDX-License-Identifier: Apache-2.0 */
#include "model/spanlayer.h"

#include <math.h>

/* ---- Binding ---- */

static kor_status bind_floats(const kor_gguf *file, const char *name, size_t n, const float **out,
                              kor_error *err)
{
    const kor_tensor *t = NULL;
    KOR_TRY(kor_gguf_get_tensor(file, name, KOR_TENSOR_F32, (size_t[KOR_GGUF_DIMS]){n, 1, 1, 1}, &t,
                                err));
    *out = t->data;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite((*out)[i]))
            return kor_fail(err, KOR_E_INPUT, "tensor '%s': %zu is not a number", name, i);
    }
    return KOR_OK;
}

static kor_status bind_weight(const kor_gguf *file, const char *weight, const char *scale,
                              size_t in, size_t out, kor_linear *to, kor_error *err)
{
    const kor_tensor *t = NULL;
    size_t shape[KOR_GGUF_DIMS] = {KOR_GROUP, KOR_PANEL, kor_round_up(in, KOR_GROUP) / KOR_GROUP,
                                   kor_round_up(out, KOR_PANEL) / KOR_PANEL};
    *to = (kor_linear){.in = in, .out = out};
    KOR_TRY(kor_gguf_get_tensor(file, weight, KOR_TENSOR_I8, shape, &t, err));
    to->weight = t->data;
    return bind_floats(file, scale, out, &to->scale, err);
}

kor_status kor_span_layer_bind(kor_span_layer *out, const kor_gguf *file, size_t dim, size_t labels,
                               kor_error *err)
{
    size_t tags = kor_crf_tags(labels);
    *out = (kor_span_layer){.dim = dim, .tags = tags};
    if (kor_gguf_find(file, "korora.trunk"))
        KOR_TRY(kor_gguf_get_u64(file, "korora.trunk_checksum", &out->trunk, err));
    KOR_TRY(bind_weight(file, "head.near.weight", "head.near.scale", dim, KOR_SPAN_PARTS * tags,
                        &out->near, err));
    KOR_TRY(
        bind_weight(file, "head.whole.weight", "head.whole.scale", dim, tags, &out->whole, err));
    KOR_TRY(bind_floats(file, "head.bias", tags, &out->whole.bias, err));
    KOR_TRY(bind_floats(file, "head.mean", dim, &out->mean, err));
    return bind_floats(file, "head.factor", dim, &out->factor, err);
}

/* ---- Forward ---- */

typedef struct scratch {
    float *near;  /* [KOR_SPANS_WORDS][KOR_SPAN_PARTS * tags] */
    float *whole; /* [tags] */
    float *mean;  /* [dim] */
    int8_t *code; /* [KOR_SPANS_WORDS][dim, rounded up] */
    float *scale; /* [KOR_SPANS_WORDS] */
    int32_t *sum; /* [KOR_SPANS_WORDS] */
} scratch;

static void *take(uintptr_t *at, size_t bytes)
{
    uintptr_t p = *at;
    *at = p + kor_round_up(bytes, 64);
    return (void *)p;
}

static uintptr_t lay_out(const kor_span_layer *l, scratch *s, uintptr_t base)
{
    uintptr_t at = base;
    s->near = take(&at, KOR_SPANS_WORDS * KOR_SPAN_PARTS * l->tags * sizeof(float));
    s->whole = take(&at, l->tags * sizeof(float));
    s->mean = take(&at, l->dim * sizeof(float));
    s->code = take(&at, KOR_SPANS_WORDS * kor_round_up(l->dim, KOR_GROUP));
    s->scale = take(&at, KOR_SPANS_WORDS * sizeof(float));
    s->sum = take(&at, KOR_SPANS_WORDS * sizeof(int32_t));
    return at;
}

size_t kor_span_layer_scratch(const kor_span_layer *layer)
{
    scratch s;
    return (size_t)lay_out(layer, &s, 0);
}

/* out[count][l->out] = x[count][l->in] W + bias */
static void multiply(const kor_linear *l, const kor_kernels *k, const float *x, size_t count,
                     float *out, const scratch *s)
{
    size_t wide = kor_round_up(l->in, KOR_GROUP);
    for (size_t i = 0; i < count; i++)
        k->quantize(s->code + i * wide, &s->scale[i], &s->sum[i], x + i * l->in, l->in);
    const kor_gemm g = {.m = count,
                        .n = l->out,
                        .k = l->in,
                        .out = out,
                        .ld_out = l->out,
                        .bias = l->bias,
                        .x8 = s->code,
                        .x8_scale = s->scale,
                        .x8_sum = s->sum,
                        .w8 = l->weight,
                        .w8_scale = l->scale};
    k->gemm_i8(&g);
}

void kor_span_layer_forward(const kor_span_layer *l, const kor_kernels *k, float *states,
                            size_t count, float *emissions, void *memory)
{
    scratch s;
    size_t tags = l->tags, wide = KOR_SPAN_PARTS * tags;
    (void)lay_out(l, &s, (uintptr_t)memory);
    for (size_t i = 0; i < count; i++) {
        float *x = states + i * l->dim;
        for (size_t j = 0; j < l->dim; j++) x[j] = (x[j] - l->mean[j]) * l->factor[j];
    }
    multiply(&l->near, k, states, count, s.near, &s);
    k->mean_rows(s.mean, states, count, l->dim);
    multiply(&l->whole, k, s.mean, 1, s.whole, &s);
    for (size_t i = 0; i < count; i++) {
        float *out = emissions + i * tags;
        const float *own = s.near + i * wide;
        for (size_t t = 0; t < tags; t++) out[t] += own[t] + s.whole[t];
        for (size_t t = 0; i > 0 && t < tags; t++) out[t] += (own - wide)[tags + t];
        for (size_t t = 0; i + 1 < count && t < tags; t++) out[t] += (own + wide)[2 * tags + t];
    }
}
