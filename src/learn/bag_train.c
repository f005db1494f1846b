/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/bag_train.h"

#include "kernels/kernels.h"
#include "learn/features.h"
#include "learn/random.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Sums are over eight lanes whatever the machine, so that they round the same everywhere; the step
 * is built a second time for AVX2, which changes its speed only. */
enum { LANES = 8 };
#define INLINE static inline __attribute__((always_inline))
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

const kor_bag_recipe kor_bag_default = {
    .shape = {.words = 2, .chars_from = 2, .chars_to = 4},
    .bytes = 460000,
    .least = 2,
    .rate = 0.1f,
    .chars_rate = 0.25f,
    .dropout = 0.5f,
    .seed = 1,
    .teaching = {.distill = 0.5f, .temperature = 2},
};

typedef struct trainer {
    const kor_bag_recipe *recipe;
    const kor_row *const *rows;
    kor_targets targets;
    kor_features features;
    size_t count, labels, dim, wide; /* wide: labels, rounded up to LANES */
    float *table;                    /* [features][dim] */
    float *table_squares;            /* [features] sums of squared gradients, a mean over dim */
    float *speed;                    /* [features] share of the rate */
    float *output;                   /* [dim + 1][wide]; the last row is the bias */
    float *output_squares;           /* [wide] the same, of each label */
    float *hidden, *gradient;        /* [dim] */
    float *logits;                   /* [wide] */
    uint32_t *active;                /* features of the row that are not left out at this step */
    kor_random random;
    kor_arena arena;
} trainer;

INLINE lanes *at(float *x)
{
    return (lanes *)x;
}

INLINE float sum_of(const lanes *x)
{
    float sum = 0;
    for (size_t i = 0; i < LANES; i++) sum += (*x)[i];
    return sum;
}

/* ---- One step ---- */

/* Which features of a row take part; returns how many. */
INLINE size_t draw(trainer *t, size_t row)
{
    const uint32_t *ids = t->features.ids + t->features.first[row];
    size_t n = t->features.first[row + 1] - t->features.first[row], kept = 0;
    uint64_t out = (uint64_t)((double)t->recipe->dropout * 4294967296.0);
    for (size_t i = 0; i < n; i++) {
        t->active[kept] = ids[i];
        kept += kor_random_next(&t->random) >> 32 >= out;
    }
    return kept;
}

/* The features' rows -> hidden -> logits. factor = 1 / sqrt(n). */
INLINE void forward(trainer *t, size_t n, float factor)
{
    size_t dim = t->dim, wide = t->wide;
    memset(t->hidden, 0, dim * sizeof *t->hidden);
    for (size_t i = 0; i < n; i++) {
        float *row = t->table + t->active[i] * dim;
        for (size_t d = 0; d < dim; d += LANES) *at(t->hidden + d) += *at(row + d);
    }
    for (size_t d = 0; d < dim; d++) t->hidden[d] *= factor;
    memcpy(t->logits, t->output + dim * wide, wide * sizeof *t->logits);
    for (size_t d = 0; d < dim; d++) {
        float x = t->hidden[d], *w = t->output + d * wide;
        for (size_t l = 0; l < wide; l += LANES) *at(t->logits + l) += x * *at(w + l);
    }
}

/* Logits become the gradient of the loss by them: probability - target. Returns the loss. As
 * kor_row_loss, but for a row without a teacher, and in fewer steps. */
INLINE double loss_of_labels(const trainer *t, const kor_row *row)
{
    float *z = t->logits;
    double loss = 0;
    if (t->recipe->tags) {
        for (size_t i = 0; i < row->label_count; i++) loss -= (double)z[row->labels[i]];
        for (size_t l = 0; l < t->labels; l++) {
            /* log(1 + e^z), without overflow */
            float e = expf(-fabsf(z[l]));
            loss += (double)(z[l] > 0 ? z[l] : 0) + (double)log1pf(e);
            z[l] = z[l] > 0 ? 1 / (1 + e) : e / (1 + e);
        }
        for (size_t i = 0; i < row->label_count; i++) z[row->labels[i]] -= 1;
        return loss;
    }
    float top = z[0], sum = 0, own = z[row->labels[0]];
    for (size_t l = 1; l < t->labels; l++) top = z[l] > top ? z[l] : top;
    for (size_t l = 0; l < t->labels; l++) sum += z[l] = expf(z[l] - top);
    float inverse = 1 / sum;
    for (size_t l = 0; l < t->labels; l++) z[l] *= inverse;
    z[row->labels[0]] -= 1;
    return log((double)sum) - (double)(own - top);
}

INLINE double loss_of(const trainer *t, size_t row)
{
    const kor_targets *y = &t->targets;
    if (y->soft && y->soft[row]) return kor_row_loss(t->logits, y, row, 0);
    double loss = loss_of_labels(t, t->rows[row]);
    if (!y->weight) return loss;
    for (size_t l = 0; l < t->labels; l++) t->logits[l] *= y->weight[row];
    return loss * (double)y->weight[row];
}

/* The gradient by the logits goes into the output layer, and on into t->gradient. */
INLINE void backward_output(trainer *t, float rate)
{
    size_t dim = t->dim, wide = t->wide;
    float squares = 0, *z = t->logits;
    for (size_t d = 0; d < dim; d++) squares += t->hidden[d] * t->hidden[d];
    squares = (squares + 1) / (float)(dim + 1);
    for (size_t d = 0; d < dim; d++) {
        float *w = t->output + d * wide;
        lanes g = {0};
        for (size_t l = 0; l < wide; l += LANES) g += *at(z + l) * *at(w + l);
        t->gradient[d] = sum_of(&g);
    }
    for (size_t l = 0; l < wide; l++) {
        t->output_squares[l] += z[l] * z[l] * squares;
        z[l] *= rate / sqrtf(t->output_squares[l] + 1e-10f);
    }
    for (size_t d = 0; d <= dim; d++) {
        float x = d < dim ? t->hidden[d] : 1, *w = t->output + d * wide;
        for (size_t l = 0; l < wide; l += LANES) *at(w + l) -= x * *at(z + l);
    }
}

INLINE void backward_table(trainer *t, size_t n, float factor, float rate)
{
    float squares = 0;
    for (size_t d = 0; d < t->dim; d++) {
        t->gradient[d] *= factor;
        squares += t->gradient[d] * t->gradient[d];
    }
    squares /= (float)t->dim;
    for (size_t i = 0; i < n; i++) {
        uint32_t id = t->active[i];
        float *row = t->table + id * t->dim;
        t->table_squares[id] += squares;
        float step = rate * t->speed[id] / sqrtf(t->table_squares[id] + 1e-10f);
        for (size_t d = 0; d < t->dim; d += LANES) *at(row + d) -= step * *at(t->gradient + d);
    }
}

INLINE double learn_row(trainer *t, size_t row, float rate)
{
    size_t n = draw(t, row);
    float factor = n ? 1 / sqrtf((float)n) : 0;
    forward(t, n, factor);
    double loss = loss_of(t, row);
    backward_output(t, rate);
    backward_table(t, n, factor, rate);
    return loss;
}

static double learn_row_plain(trainer *t, size_t row, float rate)
{
    return learn_row(t, row, rate);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static double learn_row_avx2(trainer *t, size_t row, float rate)
{
    return learn_row(t, row, rate);
}
#endif

typedef double learn_row_fn(trainer *t, size_t row, float rate);

static learn_row_fn *pick_learn_row(void)
{
#if defined(__x86_64__)
    /* All tables but the scalar one need AVX2. */
    if (kor_kernels_get() != &kor_kernels_scalar) return learn_row_avx2;
#endif
    return learn_row_plain;
}

/* ---- The whole ---- */

static size_t round_up(size_t n, size_t to)
{
    return (n + to - 1) / to * to;
}

/* More labels need more columns, and the table has the fewer rows. */
static size_t columns_for(const kor_bag_recipe *recipe, size_t labels)
{
    if (recipe->dim) return recipe->dim;
    size_t most = labels > 100 ? 48 : 32, all = round_up(labels, KOR_BAG_GROUP);
    return all < most ? all : most;
}

/* Small sets are gone through more often. */
static size_t epochs_for(const kor_bag_recipe *recipe, size_t count)
{
    if (recipe->epochs) return recipe->epochs;
    size_t epochs = 300000 / (count + 1);
    return epochs < 10 ? 10 : epochs > 30 ? 30 : epochs;
}

static kor_status allocate(trainer *t, kor_error *err)
{
    size_t n = t->features.count, dim = t->dim;
    t->table = kor_arena_array(&t->arena, n * dim + LANES, sizeof(float));
    t->table_squares = kor_arena_array(&t->arena, n + 1, sizeof(float));
    t->speed = kor_arena_array(&t->arena, n + 1, sizeof(float));
    t->output = kor_arena_array(&t->arena, (dim + 1) * t->wide, sizeof(float));
    t->output_squares = kor_arena_array(&t->arena, t->wide, sizeof(float));
    t->hidden = kor_arena_array(&t->arena, dim, sizeof(float));
    t->gradient = kor_arena_array(&t->arena, dim, sizeof(float));
    t->logits = kor_arena_array(&t->arena, t->wide, sizeof(float));
    t->active = kor_arena_array(&t->arena, t->features.most + 1, sizeof(uint32_t));
    bool whole = t->table && t->table_squares && t->speed && t->output && t->output_squares &&
                 t->hidden && t->gradient && t->logits && t->active;
    return whole ? KOR_OK : kor_fail_memory(err);
}

/* Small random weights; a bias that answers as often as the labels are there. */
static void start(trainer *t)
{
    size_t dim = t->dim;
    float *bias = t->output + dim * t->wide;
    for (size_t i = 0; i < t->features.count; i++) {
        t->speed[i] = kor_ngrams_is_words(t->features.keys[i]) ? 1 : t->recipe->chars_rate;
        for (size_t d = 0; d < dim; d++)
            t->table[i * dim + d] =
                (2 * kor_random_unit(&t->random) - 1) * t->speed[i] / (float)dim;
    }
    for (size_t d = 0; d < dim; d++) {
        for (size_t l = 0; l < t->labels; l++)
            t->output[d * t->wide + l] = (2 * kor_random_unit(&t->random) - 1) / sqrtf((float)dim);
    }
    for (size_t i = 0; i < t->count; i++) {
        float weight = t->targets.weight ? t->targets.weight[i] : 1;
        for (size_t j = 0; j < t->rows[i]->label_count; j++) bias[t->rows[i]->labels[j]] += weight;
    }
    for (size_t l = 0; l < t->labels; l++) {
        float share = (bias[l] + 0.5f) / ((float)t->count + 1);
        bias[l] = t->recipe->tags ? logf(share / (1 - share)) : logf(share);
    }
}

static kor_status learn(trainer *t, kor_bag_trained *out, void (*progress)(void *, double),
                        void *arg, kor_error *err)
{
    uint32_t *order = kor_arena_array(&t->arena, t->count, sizeof *order);
    if (!order) return kor_fail_memory(err);
    for (size_t i = 0; i < t->count; i++) order[i] = (uint32_t)i;
    out->epochs = epochs_for(t->recipe, t->count);
    double total = (double)out->epochs * (double)t->count, done = 0;
    learn_row_fn *step = pick_learn_row();
    for (size_t epoch = 0; epoch < out->epochs; epoch++) {
        double loss = 0;
        kor_random_shuffle(&t->random, order, t->count);
        for (size_t i = 0; i < t->count; i++, done++)
            loss += step(t, order[i], (float)((double)t->recipe->rate * (1 - done / total)));
        out->loss = loss / (double)t->count;
        if (!isfinite(loss)) {
            return kor_fail(err, KOR_E_INPUT,
                            "the loss is no number any more in epoch %zu: lower the recipe's rate "
                            "(it is %g); nothing was written",
                            epoch + 1, (double)t->recipe->rate);
        }
        if (progress) progress(arg, (double)(epoch + 1) / (double)out->epochs);
    }
    return KOR_OK;
}

/* ---- To int8 ---- */

static void quantize_column(const trainer *t, int8_t *table, size_t d, float *scale)
{
    float top = 0;
    for (size_t i = 0; i < t->features.count; i++)
        top = fmaxf(top, fabsf(t->table[i * t->dim + d]));
    *scale = top > 0 ? top / 127 : 1;
    for (size_t i = 0; i < t->features.count; i++)
        table[i * t->dim + d] = (int8_t)lrintf(t->table[i * t->dim + d] / *scale);
}

static kor_status pack(const trainer *t, kor_bag_trained *out, kor_error *err)
{
    size_t n = t->features.count, dim = t->dim, labels = t->labels;
    uint32_t bits = 0;
    while (bits < KOR_BAG_BITS && ((size_t)2 << bits) < n) bits++;
    int8_t *table = kor_arena_alloc(&out->arena, n * dim);
    uint32_t *keys = kor_arena_array(&out->arena, n, sizeof *keys);
    uint32_t *first = kor_arena_array(&out->arena, ((size_t)1 << bits) + 1, sizeof *first);
    float *output = kor_arena_array(&out->arena, dim * labels, sizeof *output);
    float *bias = kor_arena_array(&out->arena, labels, sizeof *bias);
    out->table = kor_arena_array(&out->arena, n * dim, sizeof *out->table);
    out->output = kor_arena_array(&out->arena, dim * labels, sizeof *out->output);
    if (!table || !keys || !first || !output || !bias || !out->table || !out->output)
        return kor_fail_memory(err);
    memcpy(keys, t->features.keys, n * sizeof *keys);
    for (size_t i = 0; i < n; i++) first[(bits ? keys[i] >> (32 - bits) : 0) + 1]++;
    for (size_t i = 0; i < (size_t)1 << bits; i++) first[i + 1] += first[i];
    memcpy(out->table, t->table, n * dim * sizeof *out->table);
    memcpy(bias, t->output + dim * t->wide, labels * sizeof *bias);
    for (size_t d = 0; d < dim; d++) {
        float scale;
        quantize_column(t, table, d, &scale);
        memcpy(out->output + d * labels, t->output + d * t->wide, labels * sizeof *output);
        for (size_t l = 0; l < labels; l++)
            output[d * labels + l] = out->output[d * labels + l] * scale;
    }
    out->bag = (kor_bag){.shape = t->recipe->shape,
                         .rows = n,
                         .dim = dim,
                         .labels = labels,
                         .bits = bits,
                         .keys = keys,
                         .first = first,
                         .table = table,
                         .output = output,
                         .bias = bias};
    return KOR_OK;
}

kor_status kor_bag_train(kor_bag_trained *out, const kor_row *const *rows, size_t count,
                         size_t labels, const kor_bag_recipe *recipe,
                         void (*progress)(void *arg, double fraction), void *arg, kor_error *err)
{
    *out = (kor_bag_trained){0};
    trainer t = {.recipe = recipe,
                 .rows = rows,
                 .count = count,
                 .labels = labels,
                 .dim = columns_for(recipe, labels),
                 .wide = round_up(labels, LANES),
                 .random = {recipe->seed}};
    size_t most = recipe->bytes / (t.dim + 2 * sizeof(uint32_t)); /* with key and directory */
    kor_status status = kor_features_make(&t.features, &recipe->shape, rows, count, labels,
                                          recipe->least, most, err);
    if (status == KOR_OK && !t.features.count) {
        status = kor_fail(err, KOR_E_INPUT, "nothing to learn from: no word is in %zu rows or more",
                          recipe->least);
    }
    if (status == KOR_OK) {
        status = kor_targets_make(&t.targets, rows, count, labels, recipe->tags, &recipe->teaching,
                                  &t.arena, err);
    }
    if (status == KOR_OK) status = allocate(&t, err);
    if (status == KOR_OK) {
        out->features = t.features.found;
        start(&t);
        status = learn(&t, out, progress, arg, err);
    }
    if (status == KOR_OK) status = pack(&t, out, err);
    kor_features_free(&t.features);
    kor_arena_free(&t.arena);
    if (status != KOR_OK) kor_bag_trained_free(out);
    return status;
}

static void answer_row(const kor_bag_trained *trained, const kor_row *row, uint32_t *keys,
                       size_t *seen, size_t mark, float *out)
{
    const kor_bag *b = &trained->bag;
    float hidden[KOR_BAG_DIM] = {0};
    size_t n = kor_ngrams_read(&b->shape, row->text, row->len, keys, KOR_NGRAMS_LIMIT), known = 0;
    for (size_t i = 0; i < n; i++) {
        size_t id = kor_bag_find(b, keys[i]);
        if (id == b->rows || seen[id] == mark) continue;
        seen[id] = mark;
        known++;
        for (size_t d = 0; d < b->dim; d++) hidden[d] += trained->table[id * b->dim + d];
    }
    memcpy(out, b->bias, b->labels * sizeof *out);
    float factor = known ? 1 / sqrtf((float)known) : 0;
    for (size_t d = 0; d < b->dim; d++) {
        for (size_t l = 0; l < b->labels; l++)
            out[l] += hidden[d] * factor * trained->output[d * b->labels + l];
    }
}

kor_status kor_bag_trained_answer(const kor_bag_trained *trained, const kor_row *const *rows,
                                  size_t count, float *out, kor_error *err)
{
    uint32_t *keys = malloc(KOR_NGRAMS_LIMIT * sizeof *keys);
    size_t *seen = calloc(trained->bag.rows + 1, sizeof *seen);
    kor_status status = keys && seen ? KOR_OK : kor_fail_memory(err);
    for (size_t i = 0; i < count && status == KOR_OK; i++)
        answer_row(trained, rows[i], keys, seen, i + 1, out + i * trained->bag.labels);
    free(keys);
    free(seen);
    return status;
}

void kor_bag_trained_write(const kor_bag_trained *trained, bool part, kor_gguf_out *out)
{
    const kor_bag *b = &trained->bag;
    if (!part) kor_gguf_add_string(out, "korora.architecture", "bag");
    kor_gguf_add_u32(out, "korora.bag.ngrams",
                     b->shape.code ? KOR_NGRAMS_OF_CODE : KOR_NGRAMS_VERSION);
    if (b->shape.code) kor_gguf_add_u32(out, "korora.bag.code", b->shape.code);
    kor_gguf_add_u32(out, "korora.bag.words", b->shape.words);
    kor_gguf_add_u32(out, "korora.bag.chars_from", b->shape.chars_from);
    kor_gguf_add_u32(out, "korora.bag.chars_to", b->shape.chars_to);
    if (b->shape.layout) kor_gguf_add_u32(out, "korora.bag.layout", b->shape.layout);
    size_t places = ((size_t)1 << b->bits) + 1;
    kor_gguf_add_tensor(out, "bag.keys", KOR_TENSOR_I32, 1, &b->rows, b->keys);
    kor_gguf_add_tensor(out, "bag.first", KOR_TENSOR_I32, 1, &places, b->first);
    kor_gguf_add_tensor(out, "bag.table", KOR_TENSOR_I8, 2, (size_t[]){b->dim, b->rows}, b->table);
    kor_gguf_add_tensor(out, "bag.output", KOR_TENSOR_F32, 2, (size_t[]){b->labels, b->dim},
                        b->output);
    kor_gguf_add_tensor(out, "bag.bias", KOR_TENSOR_F32, 1, &b->labels, b->bias);
}

void kor_bag_trained_free(kor_bag_trained *trained)
{
    kor_arena_free(&trained->arena);
    *trained = (kor_bag_trained){0};
}
