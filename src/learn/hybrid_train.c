/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/hybrid_train.h"

#include "base/parallel.h"
#include "model/encoder_write.h"
#include "model/trunk.h"

#include <math.h>
#include <string.h>

enum { WORKERS = 64 };

/* An embedding has length 1, so its numbers are small: this makes them about as large as those of
 * the standardised state. */
static const float EMBEDDING_FACTOR = 20;

/* ---- Features ---- */

typedef struct reader {
    kor_ctx *ctx[WORKERS];
    const kor_row *rows;
    float *features;
    size_t dim;
} reader;

static void read_one(void *arg, size_t i, size_t worker)
{
    const reader *r = arg;
    float *to = r->features + i * 2 * r->dim;
    kor_trunk_features(r->ctx[worker], r->rows[i].text, r->rows[i].len, to, to + r->dim);
}

kor_status kor_trunk_read(const kor_model *trunk, const kor_row *rows, size_t count,
                          float *features, kor_error *err)
{
    reader r = {.rows = rows, .features = features, .dim = kor_trunk_encoder(trunk)->dim};
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    kor_status status = KOR_OK;
    for (size_t i = 0; i < workers && status == KOR_OK; i++)
        status = kor_ctx_new(&r.ctx[i], trunk, err);
    if (status == KOR_OK) kor_parallel(workers, count, read_one, &r);
    for (size_t i = 0; i < workers; i++) kor_ctx_free(r.ctx[i]);
    return status;
}

/* ---- Training ---- */

/* Mean and the inverse of the spread of the state; the embedding is left where it is. */
static void standardise(const float *features, size_t dim, size_t count, float *mean, float *factor)
{
    for (size_t j = 0; j < 2 * dim; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; j >= dim && i < count; i++) {
            double x = (double)features[i * 2 * dim + j];
            sum += x;
            squares += x * x;
        }
        double m = sum / (double)count, variance = squares / (double)count - m * m;
        mean[j] = j < dim ? 0 : (float)m;
        factor[j] = j < dim ? EMBEDDING_FACTOR : (float)(1 / sqrt(fmax(variance, 1e-8)));
    }
}

/* One of the two int8 matrices: rows from..from + dim of the weights, times by. */
static kor_status pack(kor_hybrid_trained *t, kor_linear *out, size_t from, float by,
                       kor_error *err)
{
    size_t dim = t->hybrid.dim, labels = t->hybrid.labels;
    float *w = kor_arena_array(&t->arena, dim * labels, sizeof *w);
    float *scale = kor_arena_array(&t->arena, labels, sizeof *scale);
    int8_t *code = kor_arena_alloc(&t->arena, kor_packed_i8_size(dim, labels));
    if (!w || !scale || !code) return kor_fail_memory(err);
    for (size_t i = 0; i < dim * labels; i++) w[i] = t->weight[from * labels + i] * by;
    kor_pack_i8(code, scale, w, dim, labels);
    *out = (kor_linear){.in = dim, .out = labels, .weight = code, .scale = scale};
    return KOR_OK;
}

static kor_status pack_both(kor_hybrid_trained *t, kor_error *err)
{
    KOR_TRY(pack(t, &t->hybrid.embedding, 0, EMBEDDING_FACTOR, err));
    KOR_TRY(pack(t, &t->hybrid.state, t->hybrid.dim, 1, err));
    t->hybrid.state.bias = t->bias;
    return KOR_OK;
}

static kor_status learn(kor_hybrid_trained *t, const float *features, size_t dim,
                        const kor_row *const *rows, size_t count, size_t labels, bool tags,
                        const kor_linear_recipe *recipe, kor_arena *scratch, kor_error *err)
{
    kor_targets targets;
    float *mean = kor_arena_array(&t->arena, 2 * dim, sizeof *mean);
    float *factor = kor_arena_array(&t->arena, 2 * dim, sizeof *factor);
    float *x = kor_arena_array(scratch, count, 2 * dim * sizeof *x);
    t->weight = kor_arena_array(&t->arena, 2 * dim, labels * sizeof *t->weight);
    t->bias = kor_arena_array(&t->arena, labels, sizeof *t->bias);
    if (!mean || !factor || !x || !t->weight || !t->bias) return kor_fail_memory(err);
    standardise(features, dim, count, mean, factor);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < 2 * dim; j++) {
            x[i * 2 * dim + j] = (features[i * 2 * dim + j] - mean[j]) * factor[j];
        }
    }
    KOR_TRY(kor_targets_make(&targets, rows, count, labels, tags, &recipe->teaching, scratch, err));
    KOR_TRY(kor_linear_train(t->weight, t->bias, x, 2 * dim, &targets, recipe, &t->loss, err));
    t->hybrid =
        (kor_hybrid){.dim = dim, .labels = labels, .mean = mean + dim, .factor = factor + dim};
    return pack_both(t, err);
}

kor_status kor_hybrid_train(kor_hybrid_trained *out, const float *features, size_t dim,
                            const kor_row *const *rows, size_t count, size_t labels, bool tags,
                            const kor_linear_recipe *recipe, kor_error *err)
{
    *out = (kor_hybrid_trained){0};
    kor_arena scratch = {0};
    kor_status status = learn(out, features, dim, rows, count, labels, tags, recipe, &scratch, err);
    kor_arena_free(&scratch);
    if (status != KOR_OK) kor_hybrid_trained_free(out);
    return status;
}

void kor_hybrid_standard(const kor_hybrid_trained *t, float *mean, float *factor)
{
    const kor_hybrid *h = &t->hybrid;
    for (size_t j = 0; j < 2 * h->dim; j++) {
        mean[j] = j < h->dim ? 0 : h->mean[j - h->dim];
        factor[j] = j < h->dim ? EMBEDDING_FACTOR : h->factor[j - h->dim];
    }
}

kor_status kor_hybrid_from(kor_hybrid_trained *out, const kor_hybrid_trained *other,
                           const float *param, kor_error *err)
{
    size_t dim = other->hybrid.dim, labels = other->hybrid.labels;
    *out = (kor_hybrid_trained){.hybrid = {.dim = dim, .labels = labels}};
    float *mean = kor_arena_array(&out->arena, dim, sizeof *mean);
    float *factor = kor_arena_array(&out->arena, dim, sizeof *factor);
    out->weight = kor_arena_array(&out->arena, 2 * dim, labels * sizeof *out->weight);
    out->bias = kor_arena_array(&out->arena, labels, sizeof *out->bias);
    if (!mean || !factor || !out->weight || !out->bias) return kor_fail_memory(err);
    memcpy(mean, other->hybrid.mean, dim * sizeof *mean);
    memcpy(factor, other->hybrid.factor, dim * sizeof *factor);
    memcpy(out->weight, param, 2 * dim * labels * sizeof *param);
    memcpy(out->bias, param + 2 * dim * labels, labels * sizeof *param);
    out->hybrid.mean = mean;
    out->hybrid.factor = factor;
    return pack_both(out, err);
}

void kor_hybrid_trained_free(kor_hybrid_trained *trained)
{
    kor_arena_free(&trained->arena);
    *trained = (kor_hybrid_trained){0};
}

void kor_hybrid_trained_answer(const kor_hybrid_trained *t, const float *features, float *logits)
{
    const kor_hybrid *h = &t->hybrid;
    memcpy(logits, t->bias, h->labels * sizeof *logits);
    for (size_t j = 0; j < 2 * h->dim; j++) {
        float x = j < h->dim ? features[j] * EMBEDDING_FACTOR
                             : (features[j] - h->mean[j - h->dim]) * h->factor[j - h->dim];
        for (size_t l = 0; l < h->labels; l++) logits[l] += x * t->weight[j * h->labels + l];
    }
}

void kor_hybrid_trained_write(const kor_hybrid_trained *t, kor_hybrid_kind kind,
                              const kor_model_info *trunk, float weight, kor_gguf_out *out)
{
    static const char *const names[] = {"hybrid", "lora", "full"};
    const kor_hybrid *h = &t->hybrid;
    kor_gguf_add_string(out, "korora.architecture", names[kind]);
    if (kind != KOR_HYBRID_FULL) {
        kor_gguf_add_string(out, "korora.trunk", trunk->name);
        kor_gguf_add_u64(out, "korora.trunk_checksum", trunk->checksum);
    }
    kor_gguf_add_f32(out, "korora.bag.weight", weight);
    kor_linear state = h->state;
    state.bias = NULL; /* it is that of both */
    kor_linear_write(out, &h->embedding, "head.embedding");
    kor_linear_write(out, &state, "head.state");
    kor_gguf_add_tensor(out, "head.bias", KOR_TENSOR_F32, 1, &h->labels, t->bias);
    kor_gguf_add_tensor(out, "head.mean", KOR_TENSOR_F32, 1, &h->dim, h->mean);
    kor_gguf_add_tensor(out, "head.factor", KOR_TENSOR_F32, 1, &h->dim, h->factor);
}
