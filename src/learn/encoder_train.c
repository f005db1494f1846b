/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/encoder_train.h"

#include "base/parallel.h"
#include "learn/loss.h"
#include "learn/product.h"
#include "model/encoder_write.h"
#include "model/lora.h"
#include "model/trunk.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64, AT_ONCE = 64 };

/* ---- Rows as tokens ---- */

kor_status kor_rows_tokenize(kor_token_rows *out, const kor_model *trunk,
                             const kor_row *const *rows, size_t count, kor_arena *arena,
                             kor_error *err)
{
    kor_model_info info;
    kor_ctx *ctx;
    kor_model_get_info(trunk, &info);
    KOR_TRY(kor_ctx_new(&ctx, trunk, err));
    size_t *first = kor_arena_array(arena, count + 1, sizeof *first), cap = 0;
    int32_t *ids = NULL;
    kor_status status = first ? KOR_OK : kor_fail_memory(err);
    for (size_t i = 0; status == KOR_OK && i < count; i++) {
        size_t n = 0, at = first[i];
        if (at + info.max_tokens > cap) {
            cap = 2 * (at + info.max_tokens);
            int32_t *more = realloc(ids, cap * sizeof *ids);
            if (!more) status = kor_fail_memory(err);
            if (more) ids = more;
        }
        if (status == KOR_OK)
            status =
                kor_tokenize(ctx, rows[i]->text, rows[i]->len, ids + at, info.max_tokens, &n, err);
        if (status == KOR_OK && !n) ids[at + n++] = 0;
        first[i + 1] = at + n;
    }
    kor_ctx_free(ctx);
    int32_t *own = NULL;
    if (status == KOR_OK) own = kor_arena_array(arena, first[count] + 1, sizeof *own);
    if (status == KOR_OK && !own) status = kor_fail_memory(err);
    if (status == KOR_OK && count) memcpy(own, ids, first[count] * sizeof *own);
    free(ids);
    *out = (kor_token_rows){count, 1, first, own};
    return status;
}

/* ---- The layer on top ---- */

/* logits = ((embedding, state) - mean) * factor, times weight, plus bias: a batch at a time, by the
 * kernels' products. */
typedef struct label_top {
    const kor_targets *targets;
    float smoothing;
    const float *mean, *factor; /* [2 dim] */
    float *param;               /* [2 dim][labels], then [labels] */
    size_t dim;
    float *x, *xt, *dx, *logits, *packed; /* [batch][2 dim], its transpose, [batch][labels] */
} label_top;

static kor_status label_pass(void *arg, const kor_tuned *b, float *gradient, double *loss,
                             kor_error *err)
{
    (void)err;
    label_top *t = arg;
    const kor_targets *y = t->targets;
    size_t dim = t->dim, in = 2 * dim, n = b->sequences, labels = y->labels;
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < in; j++) {
            float f = j < dim ? b->embedding[i * dim + j] : b->state[i * dim + j - dim];
            t->x[i * in + j] = (f - t->mean[j]) * t->factor[j];
            t->xt[j * n + i] = t->x[i * in + j];
        }
    }
    kor_net_pack(t->packed, t->param, labels, in, labels);
    kor_product(t->logits, t->x, t->packed, n, labels, in, t->param + in * labels);
    for (size_t i = 0; i < n; i++) {
        float *logit = t->logits + i * labels, *db = gradient + in * labels;
        *loss += kor_row_loss(logit, y, b->rows[i], t->smoothing);
        for (size_t l = 0; l < labels; l++) db[l] += logit[l] /= (float)n;
    }
    kor_net_pack_turned(t->packed, t->param, labels, in, labels);
    kor_product(t->dx, t->logits, t->packed, n, in, labels, NULL);
    kor_net_pack(t->packed, t->logits, labels, n, labels);
    kor_product(gradient, t->xt, t->packed, in, labels, n, NULL);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < dim; j++) {
            b->d_embedding[i * dim + j] = t->dx[i * in + j] * t->factor[j];
            b->d_state[i * dim + j] = t->dx[i * in + dim + j] * t->factor[dim + j];
        }
    }
    return KOR_OK;
}

static kor_status make_top(label_top *t, const kor_encoder_task *task, const kor_targets *targets,
                           kor_arena *arena, kor_error *err)
{
    const kor_hybrid_trained *start = task->start;
    size_t dim = start->hybrid.dim, in = 2 * dim, labels = task->labels, batch = task->recipe.batch,
           wide = kor_round_up(labels > in ? labels : in, KOR_PANEL);
    *t = (label_top){.targets = targets, .smoothing = task->smoothing, .dim = dim};
    float *mean = kor_arena_array(arena, in, sizeof *mean);
    float *factor = kor_arena_array(arena, in, sizeof *factor);
    t->param = kor_arena_array(arena, (in + 1) * labels, sizeof(float));
    t->x = kor_arena_array(arena, batch * in, sizeof(float));
    t->xt = kor_arena_array(arena, batch * in, sizeof(float));
    t->dx = kor_arena_array(arena, batch * in, sizeof(float));
    t->logits = kor_arena_array(arena, batch * labels, sizeof(float));
    t->packed = kor_arena_array(arena, wide, (in > batch ? in : batch) * sizeof(float));
    bool ok = mean && factor && t->param && t->x && t->xt && t->dx && t->logits && t->packed;
    if (!ok) return kor_fail_memory(err);
    kor_hybrid_standard(start, mean, factor);
    memcpy(t->param, start->weight, in * labels * sizeof(float));
    memcpy(t->param + in * labels, start->bias, labels * sizeof(float));
    t->mean = mean;
    t->factor = factor;
    return KOR_OK;
}

/* ---- The int8 model ---- */

static kor_status pack_adapter(kor_linear *l, const float *w, size_t in, size_t out,
                               kor_arena *arena, kor_error *err)
{
    int8_t *code = kor_arena_alloc(arena, kor_packed_i8_size(in, out));
    float *scale = kor_arena_array(arena, out, sizeof *scale);
    if (!code || !scale) return kor_fail_memory(err);
    kor_pack_i8(code, scale, w, in, out);
    *l = (kor_linear){.in = in, .out = out, .weight = code, .scale = scale};
    return KOR_OK;
}

/* The trunk's encoder with the adapters, int8. The matrices of a net come in the order of
 * kor_encoder_linear. */
static kor_status adapt(kor_encoder *out, const kor_encoder *trunk, const kor_net *net,
                        const kor_adapters *adapters, kor_arena *arena, kor_error *err)
{
    *out = *trunk;
    for (size_t i = 0; i < adapters->count; i++) {
        char name[64];
        const kor_adapter *ad = &adapters->list[i];
        const kor_net_part *p = &net->part[ad->part];
        kor_linear *l = kor_encoder_linear(out, i, name);
        kor_linear *two = kor_arena_array(arena, 2, sizeof *two);
        if (!two) return kor_fail_memory(err);
        KOR_TRY(pack_adapter(&two[0], ad->a, p->in, adapters->rank, arena, err));
        KOR_TRY(pack_adapter(&two[1], ad->b, adapters->rank, p->out, arena, err));
        l->adapter = two;
    }
    return KOR_OK;
}

kor_status kor_tuned_to_int8(kor_encoder *out, const kor_model *trunk, const kor_net *net,
                             const kor_adapters *adapters, kor_arena *arena, kor_error *err)
{
    if (!adapters->count) return kor_net_to_int8(net, out, arena, err);
    return adapt(out, kor_trunk_encoder(trunk), net, adapters, arena, err);
}

typedef struct reader {
    const kor_encoder *encoder;
    const kor_hybrid *hybrid;
    const kor_token_rows *rows;
    void *scratch[WORKERS], *linear[WORKERS];
    float *features[WORKERS];
    float *logits;
} reader;

static void answer_one(void *arg, size_t i, size_t worker)
{
    reader *r = arg;
    float *embedding = r->features[worker], *state = embedding + r->encoder->dim;
    const size_t *first = r->rows->first;
    kor_encoder_features(r->encoder, kor_kernels_get(), r->rows->ids + first[i],
                         first[i + 1] - first[i], state, embedding, r->scratch[worker]);
    kor_hybrid_linear(r->hybrid, kor_kernels_get(), embedding, state,
                      r->logits + i * r->hybrid->labels, r->linear[worker]);
}

static kor_status answer(const kor_encoder *encoder, const kor_hybrid *hybrid,
                         const kor_token_rows *rows, float *logits, kor_error *err)
{
    reader r = {.encoder = encoder, .hybrid = hybrid, .rows = rows, .logits = logits};
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    bool ok = true;
    for (size_t i = 0; i < workers; i++) {
        r.scratch[i] = aligned_alloc(64, kor_round_up(kor_encoder_scratch(encoder), 64));
        r.linear[i] = aligned_alloc(64, kor_round_up(kor_hybrid_scratch(hybrid), 64));
        r.features[i] = malloc(2 * encoder->dim * sizeof(float));
        ok = ok && r.scratch[i] && r.linear[i] && r.features[i];
    }
    if (ok) kor_parallel(workers, rows->count, answer_one, &r);
    for (size_t i = 0; i < workers; i++) {
        free(r.scratch[i]);
        free(r.linear[i]);
        free(r.features[i]);
    }
    return ok ? KOR_OK : kor_fail_memory(err);
}

/* ---- Training ---- */

typedef struct trainer {
    const kor_encoder_task *task;
    kor_encoder_trained *out;
    kor_net net;
    kor_adapters adapters;
    label_top top;
    kor_token_rows measured;
    float *logits; /* [measured][labels] */
    kor_arena arena;
} trainer;

/* What has been learnt so far as an int8 model, in out. */
static kor_status make_int8(trainer *t, kor_error *err)
{
    kor_encoder_trained *out = t->out;
    kor_arena_free(&out->arena);
    KOR_TRY(
        kor_tuned_to_int8(&out->encoder, t->task->trunk, &t->net, &t->adapters, &out->arena, err));
    kor_hybrid_trained_free(&out->linear);
    return kor_hybrid_from(&out->linear, t->task->start, t->top.param, err);
}

static kor_status measure(void *arg, double *quality, kor_error *err)
{
    trainer *t = arg;
    KOR_TRY(make_int8(t, err));
    KOR_TRY(answer(&t->out->encoder, &t->out->linear.hybrid, &t->measured, t->logits, err));
    return t->task->quality(t->task->arg, t->logits, quality, err);
}

static void progress(void *arg, double done, double loss)
{
    (void)loss;
    const trainer *t = arg;
    if (t->task->progress) t->task->progress(t->task->arg, done);
}

static void forward_one(void *arg, size_t i, size_t worker)
{
    (void)worker;
    kor_pass_forward(arg, i);
}

/* The logits of the weights before they were made int8. */
static kor_status answer_f32(trainer *t, float *logits, kor_error *err)
{
    const kor_token_rows *rows = &t->measured;
    size_t dim = t->net.dim, labels = t->task->labels;
    kor_pass pass = {0};
    float *x = kor_arena_array(&t->arena, 2 * dim, sizeof *x);
    size_t *first = kor_arena_array(&t->arena, AT_ONCE + 1, sizeof *first);
    kor_status status = x && first ? KOR_OK : kor_fail_memory(err);
    for (size_t at = 0; status == KOR_OK && at < rows->count; at += AT_ONCE) {
        size_t n = rows->count - at < AT_ONCE ? rows->count - at : AT_ONCE;
        for (size_t i = 0; i <= n; i++) first[i] = rows->first[at + i] - rows->first[at];
        const kor_batch batch = {n, first, rows->ids + rows->first[at]};
        status = kor_pass_begin(&pass, &t->net, &batch, err);
        if (status != KOR_OK) break;
        kor_parallel(t->task->recipe.threads, KOR_NET_SHARDS, forward_one, &pass);
        for (size_t i = 0; i < n; i++) {
            memcpy(x, pass.embedding + i * dim, dim * sizeof *x);
            memcpy(x + dim, pass.state + i * dim, dim * sizeof *x);
            kor_hybrid_trained_answer(&t->out->linear, x, logits + (at + i) * labels);
        }
    }
    kor_pass_free(&pass);
    return status;
}

/* One epoch more, at a quarter of the rates, with weights rounded as in int8. */
static kor_status learn_rounded(trainer *t, const kor_top *top, const kor_token_rows *rows,
                                double before, kor_error *err)
{
    kor_tune_recipe recipe = t->task->recipe;
    const kor_tune_hooks hooks = {.arg = t, .measure = measure};
    kor_tune_result result;
    size_t weights = t->net.count, more = top->count;
    float *kept = kor_arena_array(&t->arena, weights + more, sizeof *kept);
    if (!kept) return kor_fail_memory(err);
    memcpy(kept, t->net.param, weights * sizeof *kept);
    memcpy(kept + weights, top->param, more * sizeof *kept);
    recipe.epochs = 1;
    recipe.rate /= 4;
    recipe.head_rate /= 4;
    t->net.rounded = true;
    kor_net_refresh_all(&t->net);
    KOR_TRY(kor_tune(&t->net, top, rows, &recipe, &hooks, NULL, &result, err));
    t->out->rounded = result.quality > before;
    if (!t->out->rounded) {
        memcpy(t->net.param, kept, weights * sizeof *kept);
        memcpy(top->param, kept + weights, more * sizeof *kept);
    }
    t->net.rounded = false;
    kor_net_refresh_all(&t->net);
    return make_int8(t, err);
}

static kor_status train(trainer *t, float *f32, kor_error *err)
{
    const kor_encoder_task *task = t->task;
    kor_token_rows rows;
    kor_targets targets;
    KOR_TRY(kor_net_load(&t->net, kor_trunk_encoder(task->trunk), err));
    KOR_TRY(kor_rows_tokenize(&rows, task->trunk, task->rows, task->count, &t->arena, err));
    KOR_TRY(kor_targets_make(&targets, task->rows, task->count, task->labels, task->tags,
                             &task->teaching, &t->arena, err));
    KOR_TRY(make_top(&t->top, task, &targets, &t->arena, err));
    size_t measured = task->quality ? task->measured_count : 0;
    KOR_TRY(kor_rows_tokenize(&t->measured, task->trunk, task->measured, measured, &t->arena, err));
    t->logits = kor_arena_array(&t->arena, measured + 1, task->labels * sizeof(float));
    if (!t->logits) return kor_fail_memory(err);
    size_t weights = 2 * t->net.dim * task->labels;
    const kor_top top = {t->top.param, weights + task->labels, weights, label_pass, &t->top};
    const kor_tune_hooks hooks = {.arg = t,
                                  .progress = progress,
                                  .measure = task->quality ? measure : NULL,
                                  .checkpoint = task->checkpoint,
                                  .purpose = task->purpose};
    KOR_TRY(
        kor_tune(&t->net, &top, &rows, &task->recipe, &hooks, &t->adapters, &t->out->result, err));
    KOR_TRY(make_int8(t, err));
    if (!f32 || !measured) return KOR_OK;
    double int8 = t->out->result.quality, exact;
    KOR_TRY(answer_f32(t, f32, err));
    KOR_TRY(task->quality(task->arg, f32, &exact, err));
    if (t->adapters.count || exact - int8 <= KOR_INT8_COST) return KOR_OK;
    KOR_TRY(learn_rounded(t, &top, &rows, int8, err));
    return t->out->rounded ? answer_f32(t, f32, err) : KOR_OK;
}

kor_status kor_encoder_train(kor_encoder_trained *out, const kor_encoder_task *task, float *f32,
                             kor_error *err)
{
    *out = (kor_encoder_trained){0};
    trainer *t = calloc(1, sizeof *t);
    if (!t) return kor_fail_memory(err);
    t->task = task;
    t->out = out;
    kor_status status = train(t, f32, err);
    kor_net_free(&t->net);
    kor_adapters_free(&t->adapters);
    kor_arena_free(&t->arena);
    free(t);
    if (status != KOR_OK) kor_encoder_trained_free(out);
    return status;
}

void kor_encoder_trained_free(kor_encoder_trained *trained)
{
    kor_hybrid_trained_free(&trained->linear);
    kor_arena_free(&trained->arena);
    *trained = (kor_encoder_trained){0};
}

kor_status kor_encoder_trained_answer(const kor_encoder_trained *trained, const kor_model *trunk,
                                      const kor_row *const *rows, size_t count, float *logits,
                                      kor_error *err)
{
    kor_arena arena = {0};
    kor_token_rows tokens;
    kor_status status = kor_rows_tokenize(&tokens, trunk, rows, count, &arena, err);
    if (status == KOR_OK)
        status = answer(&trained->encoder, &trained->linear.hybrid, &tokens, logits, err);
    kor_arena_free(&arena);
    return status;
}

void kor_encoder_trained_write(const kor_encoder_trained *trained, const kor_model *trunk,
                               float weight, kor_gguf_out *out)
{
    kor_model_info info;
    kor_model_get_info(trunk, &info);
    bool adapted = trained->encoder.layer[0].qkv.adapter != NULL;
    kor_hybrid_trained_write(&trained->linear, adapted ? KOR_HYBRID_LORA : KOR_HYBRID_FULL, &info,
                             weight, out);
    if (adapted)
        kor_lora_write(out, &trained->encoder);
    else
        kor_encoder_write(out, &trained->encoder, kor_trunk_file(trunk));
}
