/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/spans_train.h"

#include "kernels/kernels.h"
#include "learn/crf_train.h"
#include "learn/random.h"
#include "learn/span_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The layer works in lanes, so that sums round the same whatever the machine. */
enum { LANES = 8, CHAINS_A_STEP = 8, PARTS = KOR_SPAN_PARTS, BLOCK = 16 };
#define INLINE static inline __attribute__((always_inline))
typedef float lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

const kor_spans_recipe kor_spans_default = {
    .bytes = 460000,
    .least = 2,
    .rate = 0.1f,
    .dropout = 0.4f,
    .layer_rate = 0.006f,
    .layer_dropout = 0.75f,
    .seed = 1,
};

static const float EPSILON = 1e-8f;

typedef struct trainer {
    const kor_spans_recipe *recipe;
    const kor_span_corpus *corpus;
    const kor_span_states *states; /* or NULL */
    size_t labels, tags, wide;     /* wide: tags, rounded up to LANES */
    kor_span_weights table;
    size_t transitions; /* numbers of a chain's weights */
    float *chain, *chain_squares;
    double *chain_gradient;
    kor_crf crf; /* a view of chain */
    kor_crf_gradient gradient;
    kor_crf_work work;
    float *near, *near_squares;     /* [dim][PARTS * wide], [PARTS * wide] */
    float *whole, *whole_squares;   /* [dim][wide], [wide] */
    float *bias;                    /* [wide] */
    float *x, *x_whole;             /* [KOR_SPANS_WORDS][dim], [dim]: what the layer read */
    bool alone;                     /* each word is read by its own state only */
    float *said;                    /* [KOR_SPANS_WORDS][PARTS * wide] */
    float *emissions, *by_emission; /* [KOR_SPANS_WORDS][tags] */
    float *sum;                     /* [wide] */
    uint32_t *active;               /* features of the chain's words that are not left out */
    size_t *active_first;           /* [KOR_SPANS_WORDS + 1] */
    size_t since;                   /* chains since the chain's weights changed */
    kor_random random;
    kor_arena arena;
} trainer;

INLINE lanes *at(float *x)
{
    return (lanes *)x;
}

/* ---- One chain ---- */

/* Which features of the chain's words take part. */
static void draw(trainer *t, size_t first, size_t count)
{
    const kor_span_weights *w = &t->table;
    uint64_t out = (uint64_t)((double)t->recipe->dropout * 4294967296.0);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        const bool blind[4] = {false, kor_random_unit(&t->random) < t->recipe->blind,
                               kor_random_unit(&t->random) < t->recipe->blind, false};
        t->active_first[i] = kept;
        for (size_t j = w->id_first[first + i]; j < w->id_first[first + i + 1]; j++) {
            uint32_t id = w->id[j];
            t->active[kept] = id;
            kept += kor_random_next(&t->random) >> 32 >= out &&
                    !blind[kor_feature_group_of(w->key[id])];
        }
    }
    t->active_first[count] = kept;
}

static void emit(trainer *t, size_t count)
{
    const kor_span_weights *w = &t->table;
    float factor = 1 / (1 - t->recipe->dropout);
    for (size_t i = 0; i < count; i++) {
        float *out = t->emissions + i * t->tags;
        memset(out, 0, t->tags * sizeof *out);
        for (size_t j = t->active_first[i]; j < t->active_first[i + 1]; j++) {
            uint32_t id = t->active[j];
            for (size_t e = w->start[id]; e < w->start[id + 1]; e++) out[w->tag[e]] += w->weight[e];
        }
        for (size_t k = 0; k < t->tags; k++) out[k] *= factor;
    }
}

/* x[dim] = code * scale, but for what is left out. */
static void read_states(trainer *t, const int8_t *code, float scale, float *x)
{
    float keep = 1 - t->recipe->layer_dropout, by = scale / keep;
    for (size_t d = 0; d < t->states->dim; d++)
        x[d] = kor_random_unit(&t->random) < keep ? (float)code[d] * by : 0;
}

/* out[count][wide] += x[count][dim] w, a row of w at a time for BLOCK words, since w is larger than
 * the fast memory. */
INLINE void multiply(float *out, const float *x, float *w, size_t count, size_t dim, size_t wide)
{
    for (size_t from = 0; from < count; from += BLOCK) {
        size_t to = count - from < BLOCK ? count : from + BLOCK;
        for (size_t d = 0; d < dim; d++) {
            float *row = w + d * wide;
            for (size_t i = from; i < to; i++) {
                float by = x[i * dim + d], *sum = out + i * wide;
                if (by == 0) continue;
                for (size_t k = 0; k < wide; k += LANES) *at(sum + k) += by * *at(row + k);
            }
        }
    }
}

INLINE void emit_layer(trainer *t, size_t chain, size_t count)
{
    const kor_span_states *s = t->states;
    size_t dim = s->dim, wide = t->wide, first = t->corpus->first[chain], all = PARTS * wide;
    memcpy(t->sum, t->bias, wide * sizeof *t->sum);
    t->alone = kor_random_unit(&t->random) < t->recipe->blind;
    read_states(t, s->whole + chain * dim, s->whole_scale[chain], t->x_whole);
    if (t->alone) memset(t->x_whole, 0, dim * sizeof *t->x_whole);
    multiply(t->sum, t->x_whole, t->whole, 1, dim, wide);
    memset(t->said, 0, count * all * sizeof *t->said);
    for (size_t i = 0; i < count; i++) {
        read_states(t, s->code + (first + i) * dim, s->scale[first + i], t->x + i * dim);
    }
    multiply(t->said, t->x, t->near, count, dim, all);
    for (size_t i = 0; i < count; i++) {
        float *out = t->emissions + i * t->tags;
        const float *own = t->said + i * all;
        for (size_t k = 0; k < t->tags; k++) {
            out[k] += t->sum[k] + own[k];
            if (i && !t->alone) out[k] += (own - all)[wide + k];
            if (i + 1 < count && !t->alone) out[k] += (own + all)[2 * wide + k];
        }
    }
}

/* w[dim][wide] after a step against the outer products of x[count][dim] and gradient[count][wide],
 * which is used up. */
INLINE void step_layer(float *w, float *squares, const float *x, float *gradient, size_t count,
                       size_t dim, size_t wide, float rate)
{
    for (size_t i = 0; i < count; i++) {
        float length = 1, *by = gradient + i * wide;
        for (size_t d = 0; d < dim; d++) length += x[i * dim + d] * x[i * dim + d];
        length /= (float)dim;
        for (size_t k = 0; k < wide; k++) {
            squares[k] += by[k] * by[k] * length;
            by[k] *= rate / sqrtf(squares[k] + EPSILON);
        }
    }
    for (size_t from = 0; from < count; from += BLOCK) {
        size_t to = count - from < BLOCK ? count : from + BLOCK;
        for (size_t d = 0; d < dim; d++) {
            float *row = w + d * wide;
            for (size_t i = from; i < to; i++) {
                float by = x[i * dim + d], *step = gradient + i * wide;
                if (by == 0) continue;
                for (size_t k = 0; k < wide; k += LANES) *at(row + k) -= by * *at(step + k);
            }
        }
    }
}

INLINE void learn_layer(trainer *t, size_t count, float rate)
{
    size_t dim = t->states->dim, wide = t->wide, tags = t->tags, all = PARTS * wide;
    memset(t->sum, 0, wide * sizeof *t->sum);
    memset(t->said, 0, count * all * sizeof *t->said); /* not needed any more */
    for (size_t i = 0; i < count; i++) {
        const float *g = t->by_emission + i * tags;
        float *by = t->said + i * all;
        for (size_t k = 0; k < tags; k++) {
            t->sum[k] += g[k];
            by[k] = g[k];
            if (i + 1 < count && !t->alone) by[wide + k] = g[tags + k];
            if (i && !t->alone) by[2 * wide + k] = (g - tags)[k];
        }
    }
    step_layer(t->near, t->near_squares, t->x, t->said, count, dim, all, rate);
    step_layer(t->whole, t->whole_squares, t->x_whole, t->sum, 1, dim, wide, rate);
    for (size_t k = 0; k < tags; k++) t->bias[k] -= t->sum[k];
}

static void learn_table(trainer *t, size_t count, float rate)
{
    kor_span_weights *w = &t->table;
    float factor = 1 / (1 - t->recipe->dropout);
    for (size_t i = 0; i < count; i++) {
        float *g = t->by_emission + i * t->tags;
        for (size_t k = 0; k < t->tags; k++) g[k] *= factor;
        for (size_t j = t->active_first[i]; j < t->active_first[i + 1]; j++) {
            uint32_t id = t->active[j];
            for (size_t e = w->start[id]; e < w->start[id + 1]; e++) {
                float by = g[w->tag[e]];
                w->squares[e] += by * by;
                w->weight[e] -= rate * by / sqrtf(w->squares[e] + EPSILON);
            }
        }
    }
}

static void learn_chain(trainer *t, float rate)
{
    for (size_t i = 0; i < t->transitions; i++) {
        float by = (float)t->chain_gradient[i];
        t->chain_squares[i] += by * by;
        t->chain[i] -= rate * by / sqrtf(t->chain_squares[i] + EPSILON);
        t->chain_gradient[i] = 0;
    }
    kor_crf_weigh(&t->work, &t->crf, 1);
    t->since = 0;
}

INLINE double learn_one(trainer *t, size_t chain, float share)
{
    size_t first = t->corpus->first[chain], count = t->corpus->first[chain + 1] - first;
    draw(t, first, count);
    emit(t, count);
    if (t->states) emit_layer(t, chain, count);
    double loss = kor_crf_loss(&t->work, &t->crf, t->emissions, t->corpus->gold + first, count,
                               t->by_emission, &t->gradient);
    if (t->states) learn_layer(t, count, t->recipe->layer_rate * share);
    learn_table(t, count, t->recipe->rate * share);
    if (++t->since == CHAINS_A_STEP) learn_chain(t, t->recipe->rate * share);
    return loss;
}

static double learn_one_plain(trainer *t, size_t chain, float share)
{
    return learn_one(t, chain, share);
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static double learn_one_avx2(trainer *t, size_t chain, float share)
{
    return learn_one(t, chain, share);
}
#endif

typedef double learn_one_fn(trainer *t, size_t chain, float share);

static learn_one_fn *pick_learn_one(void)
{
#if defined(__x86_64__)
    /* All tables but the scalar one need AVX2. */
    if (kor_kernels_get() != &kor_kernels_scalar) return learn_one_avx2;
#endif
    return learn_one_plain;
}

/* ---- The whole ---- */

static size_t epochs_for(const kor_spans_recipe *recipe, size_t chains)
{
    if (recipe->epochs) return recipe->epochs;
    size_t epochs = 200000 / (chains + 1);
    return epochs < 12 ? 12 : epochs > 40 ? 40 : epochs;
}

static kor_status make_room(trainer *t, kor_error *err)
{
    size_t labels = t->labels, tags = t->tags, dim = t->states ? t->states->dim : 0;
    size_t words = KOR_SPANS_WORDS;
    t->transitions = (labels + 1) * (tags + 1) + 2 * labels;
    t->chain = kor_arena_array(&t->arena, t->transitions, sizeof(float));
    t->chain_squares = kor_arena_array(&t->arena, t->transitions, sizeof(float));
    t->chain_gradient = kor_arena_array(&t->arena, t->transitions, sizeof(double));
    t->near = kor_arena_array(&t->arena, dim * PARTS * t->wide, sizeof(float));
    t->near_squares = kor_arena_array(&t->arena, PARTS * t->wide, sizeof(float));
    t->whole = kor_arena_array(&t->arena, dim * t->wide, sizeof(float));
    t->whole_squares = kor_arena_array(&t->arena, t->wide, sizeof(float));
    t->bias = kor_arena_array(&t->arena, t->wide, sizeof(float));
    t->x = kor_arena_array(&t->arena, words * dim, sizeof(float));
    t->x_whole = kor_arena_array(&t->arena, dim, sizeof(float));
    t->said = kor_arena_array(&t->arena, dim ? words * PARTS * t->wide : 0, sizeof(float));
    t->emissions = kor_arena_array(&t->arena, words * tags, sizeof(float));
    t->by_emission = kor_arena_array(&t->arena, words * tags, sizeof(float));
    t->sum = kor_arena_array(&t->arena, t->wide, sizeof(float));
    t->active = kor_arena_array(&t->arena, words * KOR_WORD_FEATURES, sizeof(uint32_t));
    t->active_first = kor_arena_array(&t->arena, words + 1, sizeof(size_t));
    char *memory = kor_arena_alloc(&t->arena, kor_crf_scratch(labels, words) + 64);
    bool ok = t->chain && t->chain_squares && t->chain_gradient && t->near && t->near_squares &&
              t->whole && t->whole_squares && t->bias && t->x && t->x_whole && t->said &&
              t->emissions && t->by_emission && t->sum && t->active && t->active_first && memory;
    if (!ok) return kor_fail_memory(err);
    kor_crf_lay_out(&t->work, labels, words, memory + (64 - (uintptr_t)memory % 64) % 64);
    t->crf =
        (kor_crf){labels, t->chain, t->chain + labels + 1, t->chain + (labels + 1) * (tags + 1)};
    t->gradient = (kor_crf_gradient){t->chain_gradient, t->chain_gradient + labels + 1,
                                     t->chain_gradient + (labels + 1) * (tags + 1)};
    kor_crf_weigh(&t->work, &t->crf, 1);
    return KOR_OK;
}

typedef struct watch {
    void (*progress)(void *arg, double fraction);
    void *arg;
    double done, total; /* epochs */
} watch;

/* epochs times through the chains, the rate falling from share to 0. */
static kor_status learn(trainer *t, kor_spans_trained *out, size_t epochs, float share, watch *w,
                        kor_error *err)
{
    size_t n = t->corpus->chains;
    uint32_t *order = kor_arena_array(&t->arena, n, sizeof *order);
    if (!order) return kor_fail_memory(err);
    for (size_t i = 0; i < n; i++) order[i] = (uint32_t)i;
    double total = (double)epochs * (double)n, done = 0;
    learn_one_fn *step = pick_learn_one();
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        double loss = 0;
        kor_random_shuffle(&t->random, order, n);
        for (size_t i = 0; i < n; i++, done++)
            loss += step(t, order[i], share * (float)(1 - done / total));
        out->loss = loss / (double)t->corpus->words;
        if (!isfinite(loss)) {
            return kor_fail(err, KOR_E_INPUT,
                            "the loss is no number any more in epoch %zu: lower the recipe's rate "
                            "(it is %g); nothing was written",
                            epoch + 1, (double)t->recipe->rate);
        }
        w->done++;
        if (w->progress) w->progress(w->arg, w->done / w->total);
    }
    out->epochs += epochs;
    return KOR_OK;
}

static kor_status train(trainer *t, kor_spans_trained *out, watch *w, kor_error *err)
{
    KOR_TRY(kor_span_weights_make(&t->table, t->corpus, t->recipe->least, err));
    out->features = t->table.found;
    if (!t->table.features) {
        return kor_fail(err, KOR_E_INPUT, "nothing to learn from: no feature is of %zu words",
                        t->recipe->least);
    }
    KOR_TRY(make_room(t, err));
    size_t epochs = epochs_for(t->recipe, t->corpus->chains), again = (epochs + 2) / 3;
    w->total = (double)(epochs + again);
    KOR_TRY(learn(t, out, epochs, 1, w, err));
    KOR_TRY(kor_span_weights_prune(&t->table, t->corpus, t->recipe->bytes, err));
    return learn(t, out, again, 0.3f, w, err);
}

/* ---- To int8 ---- */

static kor_status pack_linear(const float *w, size_t dim, size_t n, kor_linear *out,
                              kor_arena *arena, kor_error *err)
{
    float *scale = kor_arena_array(arena, n, sizeof *scale);
    int8_t *code = kor_arena_alloc(arena, kor_packed_i8_size(dim, n));
    if (!scale || !code) return kor_fail_memory(err);
    kor_pack_i8(code, scale, w, dim, n);
    *out = (kor_linear){.in = dim, .out = n, .weight = code, .scale = scale};
    return KOR_OK;
}

static const float *copy_floats(const float *x, size_t n, kor_arena *arena)
{
    float *out = kor_arena_array(arena, n, sizeof *out);
    if (out) memcpy(out, x, n * sizeof *out);
    return out;
}

kor_status kor_span_layer_pack(kor_span_layer *out, const kor_span_layer_weights *w,
                               kor_arena *arena, kor_error *err)
{
    *out = (kor_span_layer){.dim = w->dim,
                            .tags = w->tags,
                            .mean = copy_floats(w->mean, w->dim, arena),
                            .factor = copy_floats(w->factor, w->dim, arena)};
    KOR_TRY(pack_linear(w->near, w->dim, PARTS * w->tags, &out->near, arena, err));
    KOR_TRY(pack_linear(w->whole, w->dim, w->tags, &out->whole, arena, err));
    out->whole.bias = copy_floats(w->bias, w->tags, arena);
    return out->mean && out->factor && out->whole.bias ? KOR_OK : kor_fail_memory(err);
}

/* parts matrices of w[dim][parts * wide] side by side, without what fills them up to wide. */
static const float *dense(const trainer *t, const float *w, size_t parts, kor_arena *arena)
{
    size_t dim = t->states->dim, tags = t->tags, n = parts * tags;
    float *out = kor_arena_array(arena, dim, n * sizeof *out);
    for (size_t d = 0; out && d < dim; d++) {
        for (size_t p = 0; p < parts; p++)
            memcpy(out + d * n + p * tags, w + (d * parts + p) * t->wide, tags * sizeof *out);
    }
    return out;
}

static kor_status pack_layer(const trainer *t, kor_spans_trained *out, kor_error *err)
{
    kor_arena *arena = &out->arena;
    kor_span_layer_weights *w = &out->weights;
    size_t dim = t->states->dim;
    *w = (kor_span_layer_weights){.dim = dim,
                                  .tags = t->tags,
                                  .near = dense(t, t->near, PARTS, arena),
                                  .whole = dense(t, t->whole, 1, arena),
                                  .bias = copy_floats(t->bias, t->tags, arena),
                                  .mean = copy_floats(t->states->mean, dim, arena),
                                  .factor = copy_floats(t->states->factor, dim, arena)};
    if (!w->near || !w->whole || !w->bias || !w->mean || !w->factor) return kor_fail_memory(err);
    return kor_span_layer_pack(&out->layer, w, arena, err);
}

static kor_status pack(const trainer *t, kor_spans_trained *out, kor_error *err)
{
    kor_tagger *s = &out->spans;
    *s = (kor_tagger){.labels = t->labels, .tags = t->tags, .temperature = 1};
    float *chain = kor_arena_array(&out->arena, t->transitions, sizeof *chain);
    if (!chain) return kor_fail_memory(err);
    memcpy(chain, t->chain, t->transitions * sizeof *chain);
    s->crf =
        (kor_crf){t->labels, chain, chain + t->labels + 1, chain + (t->labels + 1) * (t->tags + 1)};
    KOR_TRY(kor_span_weights_pack(&t->table, s, &out->arena, err));
    return t->states ? pack_layer(t, out, err) : KOR_OK;
}

kor_status kor_spans_train(kor_spans_trained *out, const kor_span_corpus *corpus,
                           const kor_span_states *states, const kor_spans_recipe *recipe,
                           void (*progress)(void *arg, double fraction), void *arg, kor_error *err)
{
    *out = (kor_spans_trained){0};
    trainer t = {.recipe = recipe,
                 .corpus = corpus,
                 .states = states,
                 .labels = corpus->labels,
                 .tags = corpus->tags,
                 .wide = kor_round_up(corpus->tags, LANES),
                 .random = {recipe->seed}};
    watch w = {.progress = progress, .arg = arg};
    kor_status status = train(&t, out, &w, err);
    if (status == KOR_OK) status = pack(&t, out, err);
    kor_span_weights_free(&t.table);
    kor_arena_free(&t.arena);
    if (status != KOR_OK) kor_spans_trained_free(out);
    return status;
}

static void add_linear(kor_gguf_out *out, const kor_linear *l, const char *weight,
                       const char *scale)
{
    const size_t shape[] = {KOR_GROUP, KOR_PANEL, kor_round_up(l->in, KOR_GROUP) / KOR_GROUP,
                            kor_round_up(l->out, KOR_PANEL) / KOR_PANEL};
    kor_gguf_add_tensor(out, weight, KOR_TENSOR_I8, 4, shape, l->weight);
    kor_gguf_add_tensor(out, scale, KOR_TENSOR_F32, 1, &l->out, l->scale);
}

void kor_spans_trained_write(const kor_spans_trained *trained, kor_gguf_out *out)
{
    const kor_tagger *s = &trained->spans;
    size_t places = ((size_t)1 << s->bits) + 1, ends = s->rows + 1, labels = s->labels;
    kor_gguf_add_u32(out, "korora.spans.features", KOR_WORD_FEATURES_VERSION);
    kor_gguf_add_tensor(out, "spans.keys", KOR_TENSOR_I32, 1, &s->rows, s->keys);
    kor_gguf_add_tensor(out, "spans.first", KOR_TENSOR_I32, 1, &places, s->first);
    kor_gguf_add_tensor(out, "spans.start", KOR_TENSOR_I32, 1, &ends, s->start);
    kor_gguf_add_tensor(out, "spans.tag", KOR_TENSOR_I8, 1, &s->entries, s->tag);
    kor_gguf_add_tensor(out, "spans.code", KOR_TENSOR_I8, 1, &s->entries, s->code);
    kor_gguf_add_tensor(out, "spans.scale", KOR_TENSOR_F32, 1, &s->tags, s->scale);
    kor_gguf_add_tensor(out, "spans.crf.start", KOR_TENSOR_F32, 1, (size_t[]){labels + 1},
                        s->crf.start);
    kor_gguf_add_tensor(out, "spans.crf.transition", KOR_TENSOR_F32, 2,
                        (size_t[]){labels + 1, s->tags}, s->crf.transition);
    kor_gguf_add_tensor(out, "spans.crf.inside", KOR_TENSOR_F32, 2, (size_t[]){labels, 2},
                        s->crf.inside);
    const kor_span_layer *l = &trained->layer;
    if (!l->dim) return;
    add_linear(out, &l->near, "head.near.weight", "head.near.scale");
    add_linear(out, &l->whole, "head.whole.weight", "head.whole.scale");
    kor_gguf_add_tensor(out, "head.bias", KOR_TENSOR_F32, 1, &s->tags, l->whole.bias);
    kor_gguf_add_tensor(out, "head.mean", KOR_TENSOR_F32, 1, &l->dim, l->mean);
    kor_gguf_add_tensor(out, "head.factor", KOR_TENSOR_F32, 1, &l->dim, l->factor);
}

void kor_spans_trained_free(kor_spans_trained *trained)
{
    kor_arena_free(&trained->arena);
    *trained = (kor_spans_trained){0};
}
