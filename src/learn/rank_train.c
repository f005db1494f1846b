/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/rank_train.h"

#include "base/parallel.h"
#include "learn/adamw.h"
#include "learn/random.h"
#include "text/ngrams.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BITS_LEAST = 8,
    BITS_MOST = 16,
    BLOCK = 256, /* pairs that one thread reads at a time */
    FIT_STEPS = 50,
    EPOCHS_LEAST = 8,
    EPOCHS_MOST = 100,
    STEPS_LEAST = 600
};

/* A layer of 8 or 16 hidden units between the features and the score was no better on sentence
 * pairs and on questions about conversations. */
const kor_rank_recipe kor_rank_default = {.batch = 64,
                                          .rate = 0.01f,
                                          .decay = 1,
                                          .diagonal_rate = 1e-4f,
                                          .diagonal_decay = 1,
                                          .dropout = 0.5f,
                                          .seed = 1};

/* ---- Texts ---- */

static kor_status copy_keys(kor_rank_keys *k, kor_arena *arena, kor_error *err)
{
    const kor_rank_keys from = *k;
    k->key = kor_arena_array(arena, from.count, sizeof *k->key);
    k->times = kor_arena_array(arena, from.count, sizeof *k->times);
    k->weight = kor_arena_array(arena, from.count, sizeof *k->weight);
    if (!k->key || !k->times || !k->weight) return kor_fail_memory(err);
    memcpy(k->key, from.key, from.count * sizeof *k->key);
    memcpy(k->times, from.times, from.count * sizeof *k->times);
    return KOR_OK;
}

static kor_status read_texts(kor_rank_texts *out, const kor_texts *texts, void *room,
                             kor_error *err)
{
    out->text = kor_arena_array(&out->arena, texts->count, sizeof *out->text);
    out->state = kor_arena_array(&out->arena, texts->count, out->dim * sizeof *out->state);
    if (!out->text || !out->state) return kor_fail_memory(err);
    for (; out->count < texts->count; out->count++) {
        kor_rank_text *t = &out->text[out->count];
        kor_rank_read(t, texts->rows[out->count].text, texts->rows[out->count].len, room);
        const uint32_t *word = t->word;
        t->word = kor_arena_array(&out->arena, t->words, sizeof *t->word);
        if (!t->word) return kor_fail_memory(err);
        memcpy(t->word, word, t->words * sizeof *word);
        for (size_t k = 0; k < KOR_RANK_KINDS; k++)
            KOR_TRY(copy_keys(&t->keys[k], &out->arena, err));
    }
    return KOR_OK;
}

kor_status kor_rank_texts_read(kor_rank_texts *out, const kor_texts *texts, const float *features,
                               size_t dim, kor_error *err)
{
    *out = (kor_rank_texts){.features = features, .dim = features ? dim : 0};
    void *room = malloc(kor_rank_room());
    kor_status status = room ? read_texts(out, texts, room, err) : kor_fail_memory(err);
    free(room);
    if (status != KOR_OK) kor_rank_texts_free(out);
    return status;
}

void kor_rank_texts_free(kor_rank_texts *texts)
{
    kor_arena_free(&texts->arena);
    *texts = (kor_rank_texts){0};
}

typedef struct preparer {
    kor_rank_texts *texts;
    const kor_ranker *rank;
} preparer;

static void prepare_one(void *arg, size_t i, size_t worker)
{
    (void)worker;
    const preparer *p = arg;
    kor_rank_text *t = &p->texts->text[i];
    size_t dim = p->texts->dim;
    kor_rank_weigh(p->rank, t);
    if (!p->rank->dim) return;
    float *state = p->texts->state + i * dim;
    const float *features = p->texts->features + i * 2 * dim;
    memcpy(state, features + dim, dim * sizeof *state);
    kor_rank_add_trunk(p->rank, t, features, state);
}

/* All texts as this model sees them. */
static void prepare(kor_rank_texts *texts, const kor_ranker *rank)
{
    preparer p = {texts, rank};
    kor_parallel(kor_cores(), texts->count, prepare_one, &p);
}

/* ---- What is counted: how rare keys are, mean and spread of states ---- */

static bool *texts_used(const kor_rank_texts *texts, const kor_pairs *pairs, kor_arena *scratch,
                        size_t *count)
{
    bool *used = kor_arena_array(scratch, texts->count, sizeof *used);
    *count = 0;
    for (size_t i = 0; used && i < pairs->count; i++) {
        const uint32_t two[] = {pairs->pairs[i].a, pairs->pairs[i].b};
        for (size_t j = 0; j < 2; j++) {
            *count += !used[two[j]];
            used[two[j]] = true;
        }
    }
    return used;
}

/* Keys of the same upper bits share a place, which goes by the most frequent of them: a rare one is
 * then taken for a frequent one at times, never the other way round. */
static kor_status count_rarity(kor_rank_trained *t, const kor_rank_texts *texts, const bool *used,
                               size_t count, kor_arena *scratch, kor_error *err)
{
    kor_ranker *rank = &t->rank;
    size_t places = (size_t)1 << KOR_RANK_BITS, frequent = 0, words = 0;
    uint32_t *all = kor_arena_array(scratch, places, sizeof *all);
    if (!all) return kor_fail_memory(err);
    for (size_t i = 0; i < texts->count; i++) {
        if (!used[i]) continue;
        words += texts->text[i].words;
        for (size_t k = 0; k < KOR_RANK_KINDS; k++) {
            const kor_rank_keys *keys = &texts->text[i].keys[k];
            for (size_t j = 0; j < keys->count; j++) all[keys->key[j] >> (32 - KOR_RANK_BITS)]++;
        }
    }
    for (size_t i = 0; i < places; i++) frequent += all[i] > 1;
    rank->bits = BITS_LEAST;
    while (rank->bits < BITS_MOST && (size_t)1 << rank->bits < 2 * frequent) rank->bits++;
    uint8_t *rarity = kor_arena_array(&t->arena, (size_t)1 << rank->bits, 1);
    if (!rarity) return kor_fail_memory(err);
    double n = (double)count, most = log((n + 1) / 0.5);
    rank->unit = (float)(most / 255);
    size_t step = places >> rank->bits;
    for (size_t i = 0; i < places; i += step) {
        uint32_t frequency = 0;
        for (size_t j = i; j < i + step; j++) frequency = all[j] > frequency ? all[j] : frequency;
        double value = log((n + 1) / (fmin((double)frequency, n) + 0.5));
        rarity[i / step] = (uint8_t)lround(255 * fmax(value, 0) / most);
    }
    rank->rarity = rarity;
    rank->average = fmaxf((float)words / (float)count, 1);
    return KOR_OK;
}

static kor_status count_states(kor_rank_trained *t, const kor_rank_texts *texts, const bool *used,
                               size_t count, kor_error *err)
{
    size_t dim = texts->dim;
    float *mean = kor_arena_array(&t->arena, dim, sizeof *mean);
    float *factor = kor_arena_array(&t->arena, dim, sizeof *factor);
    if (!mean || !factor) return kor_fail_memory(err);
    for (size_t j = 0; j < dim; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < texts->count; i++) {
            double x = (double)texts->features[i * 2 * dim + dim + j];
            sum += used[i] ? x : 0;
            squares += used[i] ? x * x : 0;
        }
        double m = sum / (double)count, variance = squares / (double)count - m * m;
        mean[j] = (float)m;
        factor[j] = (float)(1 / sqrt(fmax(variance, 1e-8)));
    }
    t->rank.mean = mean;
    t->rank.factor = factor;
    t->rank.dim = dim;
    return KOR_OK;
}

/* ---- Features of pairs ---- */

typedef struct pair_reader {
    const kor_ranker *rank;
    const kor_rank_texts *texts;
    const kor_pairs *pairs;
    float *x;   /* [count][inputs], or NULL */
    float *raw; /* [count], or NULL */
} pair_reader;

static void read_block(void *arg, size_t block, size_t worker)
{
    (void)worker;
    const pair_reader *r = arg;
    float own[KOR_RANK_INPUTS];
    for (size_t i = block * BLOCK; i < r->pairs->count && i < (block + 1) * BLOCK; i++) {
        const kor_rank_text *a = &r->texts->text[r->pairs->pairs[i].a],
                            *b = &r->texts->text[r->pairs->pairs[i].b];
        float *x = r->x ? r->x + i * r->rank->inputs : own;
        kor_rank_inputs(r->rank, a, b, x);
        if (r->raw) r->raw[i] = kor_rank_raw(r->rank, a, b, x);
    }
}

static void read_pairs(const kor_ranker *rank, const kor_rank_texts *texts, const kor_pairs *pairs,
                       float *x, float *raw)
{
    pair_reader r = {rank, texts, pairs, x, raw};
    kor_parallel(kor_cores(), (pairs->count + BLOCK - 1) / BLOCK, read_block, &r);
}

/* ---- The step ---- */

/* What learns lies in one array: linear, the diagonal, the bias. */
typedef struct trainer {
    kor_ranker *rank; /* a view of parameters */
    kor_rank_texts *texts;
    const kor_pairs *pairs;
    const kor_rank_recipe *recipe;
    float *x, *middle, *spread; /* features, made standard; and with what */
    float *parameter, *gradient, *first, *second;
    size_t count, diagonal; /* parameters; where those of the trunk begin */
    float *raw, *d_raw;     /* of the pairs of a step */
    float *mask;            /* [dim] of the trunk's numbers: 0, or 1 / share that is left */
    uint32_t *order;
    kor_random random;
    size_t step, steps;
} trainer;

static void count_parameters(trainer *t)
{
    const kor_ranker *r = t->rank;
    t->diagonal = r->inputs;
    t->count = t->diagonal + 3 * r->dim + 1;
}

static void view_parameters(trainer *t)
{
    kor_ranker *r = t->rank;
    r->linear = t->parameter;
    r->diagonal = t->parameter + t->diagonal;
}

static void backward(trainer *t, const kor_pair *pair, const float *x, float d)
{
    const kor_ranker *r = t->rank;
    const kor_rank_text *a = &t->texts->text[pair->a], *b = &t->texts->text[pair->b];
    float *g = t->gradient, *g1 = g + t->diagonal, *g2 = g1 + r->dim, *g3 = g2 + r->dim;
    for (size_t i = 0; i < r->inputs; i++) g[i] += d * x[i];
    g[t->count - 1] += d;
    float by = (float)r->dim;
    for (size_t j = 0; j < r->dim; j++) {
        float masked = d * t->mask[j], u = a->state[j], v = b->state[j];
        g1[j] += masked * (by * a->embedding[j] * b->embedding[j]);
        g2[j] += masked * (u * v);
        g3[j] += masked * (fabsf(u - v) - KOR_RANK_DISTANCE);
    }
}

/* d_raw of one list: the gradient of the cross-entropy of a softmax with the scores as shares. */
static double list_loss(const kor_pair *pair, const float *raw, float *d_raw, size_t n)
{
    float most = -INFINITY, all = 0;
    double sum = 0, loss = 0;
    for (size_t i = 0; i < n; i++) {
        most = fmaxf(most, raw[i]);
        all += pair[i].score;
    }
    for (size_t i = 0; i < n; i++) sum += (double)expf(raw[i] - most);
    float log_sum = most + (float)log(sum);
    for (size_t i = 0; i < n; i++) {
        float target = pair[i].score / all;
        loss += (double)(target * (log_sum - raw[i]));
        d_raw[i] = expf(raw[i] - log_sum) - target;
    }
    return loss;
}

static double score_loss(float raw, float target, float *d_raw)
{
    *d_raw = 1 / (1 + expf(-raw)) - target;
    return (double)(fmaxf(raw, 0) + log1pf(expf(-fabsf(raw))) - target * raw);
}

static void adamw(trainer *t, size_t from, size_t to, float rate, float decay)
{
    const kor_adamw how = {.rate = rate * kor_schedule(t->step, t->steps, (float)t->steps / 20),
                           .decay = decay,
                           .by = 1,
                           .step = (float)t->step};
    kor_adamw_step(&how, t->parameter + from, t->gradient + from, t->first + from, t->second + from,
                   to - from);
}

/* The trunk's numbers of a step: those left out have a weight of 0. Works on a copy of the
 * diagonal, so that kor_rank_raw need not know. */
static void mask_diagonal(trainer *t, float *masked)
{
    size_t dim = t->rank->dim;
    float keep = 1 - t->recipe->dropout;
    for (size_t j = 0; j < dim; j++) t->mask[j] = kor_random_unit(&t->random) < keep ? 1 / keep : 0;
    for (size_t j = 0; j < 3 * dim; j++)
        masked[j] = t->parameter[t->diagonal + j] * t->mask[j % dim];
}

/* One step on units order[count], each a list or a pair. */
static double train_step(trainer *t, const uint32_t *order, size_t count, float *masked)
{
    const kor_pairs *p = t->pairs;
    kor_ranker view = *t->rank;
    double loss = 0;
    t->step++;
    memset(t->gradient, 0, t->count * sizeof *t->gradient);
    mask_diagonal(t, masked);
    view.diagonal = masked;
    view.bias = t->parameter[t->count - 1];
    for (size_t u = 0; u < count; u++) {
        size_t from = p->queries ? p->first[order[u]] : order[u];
        size_t n = p->queries ? p->first[order[u] + 1] - from : 1;
        for (size_t i = 0; i < n; i++) {
            const kor_pair *pair = &p->pairs[from + i];
            t->raw[i] = kor_rank_raw(&view, &t->texts->text[pair->a], &t->texts->text[pair->b],
                                     t->x + (from + i) * view.inputs);
        }
        loss += p->queries ? list_loss(&p->pairs[from], t->raw, t->d_raw, n)
                           : score_loss(t->raw[0], p->pairs[from].score / p->score_max, t->d_raw);
        for (size_t i = 0; i < n; i++)
            backward(t, &p->pairs[from + i], t->x + (from + i) * view.inputs,
                     t->d_raw[i] / (float)count);
    }
    adamw(t, 0, t->diagonal, t->recipe->rate, t->recipe->decay);
    adamw(t, t->diagonal, t->count - 1, t->recipe->diagonal_rate, t->recipe->diagonal_decay);
    if (!p->queries) adamw(t, t->count - 1, t->count, t->recipe->rate, 0);
    return loss;
}

/* ---- Training ---- */

/* By the spread within lists where lists are learnt from: what all candidates of a query share
 * cannot tell them apart, and its gradient would be the noise of sums that should be 0. */
static void standardise(trainer *t)
{
    const kor_pairs *p = t->pairs;
    size_t n = p->count, inputs = t->rank->inputs;
    for (size_t j = 0; j < inputs; j++) {
        double sum = 0, squares = 0;
        for (size_t g = 0; g < p->groups; g++) {
            double own = 0, size = (double)(p->first[g + 1] - p->first[g]);
            for (size_t i = p->first[g]; i < p->first[g + 1]; i++) {
                double x = (double)t->x[i * inputs + j];
                own += x;
                squares += x * x;
            }
            sum += own;
            if (p->queries) squares -= own * own / size;
        }
        double m = sum / (double)n, variance = squares / (double)n - (p->queries ? 0 : m * m);
        t->middle[j] = (float)m;
        t->spread[j] = variance > 1e-6 ? (float)(1 / sqrt(variance)) : 0;
        for (size_t i = 0; i < n; i++)
            t->x[i * inputs + j] = (t->x[i * inputs + j] - t->middle[j]) * t->spread[j];
    }
}

/* Weights of standard features into those of features as they are. */
static void unstandardise(trainer *t)
{
    const kor_ranker *r = t->rank;
    float *w = t->parameter, *bias = &t->parameter[t->count - 1];
    for (size_t i = 0; i < r->inputs; i++) {
        w[i] *= t->spread[i];
        *bias -= w[i] * t->middle[i];
    }
    t->rank->bias = *bias;
}

static kor_status make_room(trainer *t, kor_rank_trained *out, kor_arena *scratch, kor_error *err)
{
    const kor_pairs *p = t->pairs;
    size_t inputs = t->rank->inputs, longest = 1;
    for (size_t g = 0; g < p->groups; g++) {
        size_t n = p->first[g + 1] - p->first[g];
        longest = n > longest ? n : longest;
    }
    count_parameters(t);
    t->parameter = kor_arena_array(&out->arena, t->count, sizeof *t->parameter);
    t->gradient = kor_arena_array(scratch, 3 * t->count, sizeof *t->gradient);
    t->x = kor_arena_array(scratch, p->count, inputs * sizeof *t->x);
    t->middle = kor_arena_array(scratch, 2 * inputs, sizeof *t->middle);
    t->raw = kor_arena_array(scratch, 2 * longest, sizeof *t->raw);
    t->mask = kor_arena_array(scratch, 4 * t->rank->dim, sizeof *t->mask);
    t->order = kor_arena_array(scratch, p->count, sizeof *t->order);
    if (!t->parameter || !t->gradient || !t->x || !t->middle || !t->raw || !t->mask || !t->order)
        return kor_fail_memory(err);
    view_parameters(t);
    t->first = t->gradient + t->count;
    t->second = t->first + t->count;
    t->spread = t->middle + inputs;
    t->d_raw = t->raw + longest;
    return KOR_OK;
}

static kor_status learn(trainer *t, double *last, void (*progress)(void *arg, double done),
                        void *arg, kor_error *err)
{
    const kor_pairs *p = t->pairs;
    size_t units = 0, pairs = 0;
    for (size_t u = 0; u < (p->queries ? p->groups : p->count); u++) {
        if (p->queries && !kor_pairs_contrast(p, u)) continue;
        t->order[units++] = (uint32_t)u;
        pairs += p->queries ? p->first[u + 1] - p->first[u] : 1;
    }
    if (!units) return kor_fail(err, KOR_E_INPUT, "no query has candidates of different scores");
    size_t batch = t->recipe->batch * units / pairs;
    if (batch < 1) batch = 1;
    size_t steps = (units + batch - 1) / batch, epochs = t->recipe->epochs;
    if (!epochs) epochs = steps * EPOCHS_LEAST < STEPS_LEAST ? STEPS_LEAST / steps : EPOCHS_LEAST;
    if (epochs > EPOCHS_MOST) epochs = EPOCHS_MOST;
    t->steps = epochs * steps;
    for (size_t epoch = 0; epoch < epochs; epoch++) {
        double loss = 0;
        kor_random_shuffle(&t->random, t->order, units);
        for (size_t at = 0; at < units; at += batch)
            loss += train_step(t, t->order + at, units - at < batch ? units - at : batch,
                               t->mask + t->rank->dim);
        *last = loss / (double)units;
        if (!isfinite(*last)) return kor_fail(err, KOR_E_INPUT, "the loss is no number any more");
        if (progress) progress(arg, (double)(epoch + 1) / (double)epochs);
    }
    return KOR_OK;
}

static kor_status train(kor_rank_trained *out, kor_rank_texts *texts, const kor_pairs *pairs,
                        bool with_trunk, const kor_rank_recipe *recipe, kor_arena *scratch,
                        void (*progress)(void *arg, double done), void *arg, kor_error *err)
{
    trainer t = {.rank = &out->rank,
                 .texts = texts,
                 .pairs = pairs,
                 .recipe = recipe,
                 .random = {recipe->seed}};
    size_t used_count;
    const bool *used = texts_used(texts, pairs, scratch, &used_count);
    if (!used) return kor_fail_memory(err);
    out->rank.inputs = with_trunk ? KOR_RANK_INPUTS : KOR_RANK_LEXICAL;
    out->rank.score_max = pairs->score_max;
    KOR_TRY(count_rarity(out, texts, used, used_count, scratch, err));
    if (with_trunk) KOR_TRY(count_states(out, texts, used, used_count, err));
    KOR_TRY(make_room(&t, out, scratch, err));
    prepare(texts, &out->rank);
    read_pairs(&out->rank, texts, pairs, t.x, NULL);
    standardise(&t);
    KOR_TRY(learn(&t, &out->loss, progress, arg, err));
    unstandardise(&t);
    return KOR_OK;
}

kor_status kor_rank_train(kor_rank_trained *out, kor_rank_texts *texts, const kor_pairs *pairs,
                          bool with_trunk, const kor_rank_recipe *recipe,
                          void (*progress)(void *arg, double done), void *arg, kor_error *err)
{
    *out = (kor_rank_trained){0};
    kor_arena scratch = {0};
    kor_status status = train(out, texts, pairs, with_trunk, recipe, &scratch, progress, arg, err);
    kor_arena_free(&scratch);
    if (status != KOR_OK) kor_rank_trained_free(out);
    return status;
}

void kor_rank_trained_free(kor_rank_trained *trained)
{
    kor_arena_free(&trained->arena);
    *trained = (kor_rank_trained){0};
}

kor_status kor_rank_trained_answer(const kor_rank_trained *trained, kor_rank_texts *texts,
                                   const kor_pairs *pairs, float *raw, kor_error *err)
{
    (void)err;
    prepare(texts, &trained->rank);
    read_pairs(&trained->rank, texts, pairs, NULL, raw);
    return KOR_OK;
}

/* ---- Calibration ---- */

typedef struct fit {
    const kor_pairs *pairs;
    const float *raw;
    double middle, spread; /* of raw */
    double loss, g[2], h[3];
} fit;

static const double RIDGE = 1e-4;

/* Loss, gradient and second derivatives at slope and shift of standard answers. The ridge keeps
 * them finite where the pairs are told apart without a mistake. */
static void look(fit *f, double slope, double shift)
{
    double n = (double)f->pairs->count;
    f->loss = RIDGE * (slope * slope + shift * shift) / 2;
    f->g[0] = RIDGE * slope;
    f->g[1] = RIDGE * shift;
    f->h[0] = f->h[2] = RIDGE;
    f->h[1] = 0;
    for (size_t i = 0; i < f->pairs->count; i++) {
        double x = ((double)f->raw[i] - f->middle) / f->spread, z = slope * x + shift;
        double y = (double)(f->pairs->pairs[i].score / f->pairs->score_max);
        double p = 1 / (1 + exp(-z)), w = p * (1 - p);
        f->loss += (fmax(z, 0) + log1p(exp(-fabs(z))) - y * z) / n;
        f->g[0] += (p - y) * x / n;
        f->g[1] += (p - y) / n;
        f->h[0] += w * x * x / n;
        f->h[1] += w * x / n;
        f->h[2] += w / n;
    }
}

/* Newton's method, a step being halved until it helps. */
void kor_rank_fit(const kor_pairs *pairs, const float *raw, float *slope, float *shift)
{
    fit f = {.pairs = pairs, .raw = raw};
    double sum = 0, squares = 0, n = (double)pairs->count, a = 0, b = 0;
    for (size_t i = 0; i < pairs->count; i++) {
        sum += (double)raw[i];
        squares += (double)raw[i] * (double)raw[i];
    }
    f.middle = sum / n;
    f.spread = sqrt(fmax(squares / n - f.middle * f.middle, 1e-12));
    look(&f, a, b);
    for (size_t step = 0; step < FIT_STEPS; step++) {
        double determinant = f.h[0] * f.h[2] - f.h[1] * f.h[1], loss = f.loss, by = 1;
        double da = (f.h[2] * f.g[0] - f.h[1] * f.g[1]) / determinant;
        double db = (f.h[0] * f.g[1] - f.h[1] * f.g[0]) / determinant;
        for (; by > 1e-6; by /= 2) {
            look(&f, a - by * da, b - by * db);
            if (f.loss <= loss) break;
        }
        a -= by * da;
        b -= by * db;
        if (fabs(da) + fabs(db) < 1e-9) break;
    }
    bool good = isfinite(a) && isfinite(b) && a > 1e-3;
    *slope = good ? (float)(a / f.spread) : 1;
    *shift = good ? (float)(b - a * f.middle / f.spread) : 0;
}

void kor_rank_trained_calibrate(kor_rank_trained *trained, float slope, float shift)
{
    kor_ranker *r = &trained->rank;
    /* The parameters are this model's own; only the view of them is constant. */
    float *linear = (float *)(uintptr_t)r->linear, *diagonal = (float *)(uintptr_t)r->diagonal;
    for (size_t i = 0; i < r->inputs; i++) linear[i] *= slope;
    for (size_t j = 0; j < 3 * r->dim; j++) diagonal[j] *= slope;
    r->bias = slope * r->bias + shift;
}

/* ---- The file ---- */

static void add_floats(kor_gguf_out *out, const char *name, const float *x, size_t n, size_t rows)
{
    const size_t shape[] = {n, rows};
    kor_gguf_add_tensor(out, name, KOR_TENSOR_F32, rows > 1 ? 2 : 1, shape, x);
}

void kor_rank_trained_write(const kor_rank_trained *trained, const kor_model_info *trunk,
                            kor_gguf_out *out)
{
    const kor_ranker *r = &trained->rank;
    size_t places = (size_t)1 << r->bits;
    kor_gguf_add_string(out, "korora.architecture", r->dim ? "hybrid" : "bag");
    kor_gguf_add_u32(out, "korora.rank.version", KOR_RANK_VERSION);
    kor_gguf_add_u32(out, "korora.rank.ngrams", KOR_NGRAMS_VERSION);
    kor_gguf_add_f32(out, "korora.rank.unit", r->unit);
    kor_gguf_add_f32(out, "korora.rank.average", r->average);
    kor_gguf_add_f32(out, "korora.rank.score_max", r->score_max);
    kor_gguf_add_f32(out, "korora.rank.bias", r->bias);
    kor_gguf_add_tensor(out, "rank.rarity", KOR_TENSOR_I8, 1, &places, r->rarity);
    add_floats(out, "rank.linear", r->linear, r->inputs, 1);
    if (!r->dim) return;
    kor_gguf_add_string(out, "korora.trunk", trunk->name);
    kor_gguf_add_u64(out, "korora.trunk_checksum", trunk->checksum);
    add_floats(out, "rank.mean", r->mean, r->dim, 1);
    add_floats(out, "rank.factor", r->factor, r->dim, 1);
    add_floats(out, "rank.diagonal", r->diagonal, r->dim, 3);
}
