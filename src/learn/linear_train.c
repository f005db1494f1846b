/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/linear_train.h"

#include "base/arena.h"
#include "learn/adamw.h"
#include "learn/loss.h"
#include "learn/product.h"
#include "learn/random.h"

#include <math.h>
#include <string.h>

typedef struct trainer {
    const kor_targets *targets;
    const kor_linear_recipe *recipe;
    const float *x;
    size_t in, labels;
    float *weight, *bias;  /* [in][labels], [labels]: the caller's */
    float *batch_x;        /* [batch][in] */
    float *batch_xt;       /* [in][batch] */
    float *logits;         /* [batch][labels], then the gradient by them */
    float *packed;         /* of the weights or of the gradient */
    float *gradient;       /* [in + 1][labels], the last row for the bias */
    float *first, *second; /* moments, likewise */
    kor_random random;
    size_t step, steps;
} trainer;

static kor_status make_room(trainer *t, kor_arena *arena, kor_error *err)
{
    size_t batch = t->recipe->batch, longest = t->in > batch ? t->in : batch;
    t->batch_x = kor_arena_array(arena, batch * t->in, sizeof(float));
    t->batch_xt = kor_arena_array(arena, batch * t->in, sizeof(float));
    t->logits = kor_arena_array(arena, batch * t->labels, sizeof(float));
    t->packed = kor_arena_alloc(arena, kor_packed_f32_size(longest, t->labels));
    t->gradient = kor_arena_array(arena, (t->in + 1) * t->labels, sizeof(float));
    t->first = kor_arena_array(arena, (t->in + 1) * t->labels, sizeof(float));
    t->second = kor_arena_array(arena, (t->in + 1) * t->labels, sizeof(float));
    bool ok =
        t->batch_x && t->batch_xt && t->logits && t->packed && t->gradient && t->first && t->second;
    return ok ? KOR_OK : kor_fail_memory(err);
}

/* Rows order[count] into batch_x and its transpose, some features left out. */
static void gather(trainer *t, const uint32_t *order, size_t count)
{
    float keep = 1 - t->recipe->dropout;
    for (size_t r = 0; r < count; r++) {
        float *row = t->batch_x + r * t->in;
        memcpy(row, t->x + (size_t)order[r] * t->in, t->in * sizeof *row);
        if (t->recipe->dropout > 0) {
            for (size_t j = 0; j < t->in; j++) {
                row[j] = kor_random_unit(&t->random) < keep ? row[j] / keep : 0;
            }
        }
        for (size_t j = 0; j < t->in; j++) t->batch_xt[j * count + r] = row[j];
    }
}

/* out[m][n] = x[m][k] w[k][n] */
static void multiply(trainer *t, float *out, const float *x, const float *w, size_t m, size_t k,
                     const float *bias)
{
    kor_pack_f32(t->packed, w, k, t->labels);
    kor_product(out, x, t->packed, m, t->labels, k, bias);
}

static double loss_gradient(trainer *t, const uint32_t *order, size_t count)
{
    double loss = 0;
    for (size_t r = 0; r < count; r++)
        loss += kor_row_loss(t->logits + r * t->labels, t->targets, order[r], t->recipe->smoothing);
    return loss;
}

static void update(trainer *t, float *w, size_t at, size_t n, float decay)
{
    const kor_adamw how = {.rate = t->recipe->rate *
                                   kor_schedule(t->step, t->steps, (float)t->steps / 20),
                           .decay = decay,
                           .by = 1,
                           .step = (float)t->step};
    kor_adamw_step(&how, w, t->gradient + at, t->first + at, t->second + at, n);
}

static double train_batch(trainer *t, const uint32_t *order, size_t count)
{
    t->step++;
    gather(t, order, count);
    multiply(t, t->logits, t->batch_x, t->weight, count, t->in, t->bias);
    double loss = loss_gradient(t, order, count);
    float *bias_gradient = t->gradient + t->in * t->labels;
    memset(bias_gradient, 0, t->labels * sizeof *bias_gradient);
    for (size_t i = 0; i < count * t->labels; i++) {
        t->logits[i] /= (float)count;
        bias_gradient[i % t->labels] += t->logits[i];
    }
    multiply(t, t->gradient, t->batch_xt, t->logits, t->in, count, NULL);
    update(t, t->weight, 0, t->in * t->labels, t->recipe->decay);
    update(t, t->bias, t->in * t->labels, t->labels, 0);
    return loss;
}

static kor_status train(trainer *t, kor_arena *arena, double *last, kor_error *err)
{
    size_t rows = t->targets->rows, batch = t->recipe->batch;
    uint32_t *order = kor_arena_array(arena, rows, sizeof *order);
    if (!order) return kor_fail_memory(err);
    KOR_TRY(make_room(t, arena, err));
    for (size_t i = 0; i < rows; i++) order[i] = (uint32_t)i;
    t->steps = t->recipe->epochs * ((rows + batch - 1) / batch);
    for (size_t epoch = 0; epoch < t->recipe->epochs; epoch++) {
        double loss = 0;
        kor_random_shuffle(&t->random, order, rows);
        for (size_t at = 0; at < rows; at += batch) {
            loss += train_batch(t, order + at, rows - at < batch ? rows - at : batch);
        }
        *last = loss / (double)rows;
        if (!isfinite(*last)) {
            return kor_fail(err, KOR_E_INPUT,
                            "the loss is no longer a number in epoch %zu: lower the rate",
                            epoch + 1);
        }
    }
    return KOR_OK;
}

kor_status kor_linear_train(float *weight, float *bias, const float *x, size_t in,
                            const kor_targets *targets, const kor_linear_recipe *recipe,
                            double *loss, kor_error *err)
{
    trainer t = {.targets = targets,
                 .recipe = recipe,
                 .x = x,
                 .in = in,
                 .labels = targets->labels,
                 .weight = weight,
                 .bias = bias,
                 .random = {recipe->seed}};
    memset(weight, 0, in * t.labels * sizeof *weight);
    memset(bias, 0, t.labels * sizeof *bias);
    kor_arena arena = {0};
    double last = 0;
    kor_status status = train(&t, &arena, &last, err);
    kor_arena_free(&arena);
    if (loss) *loss = last;
    return status;
}
