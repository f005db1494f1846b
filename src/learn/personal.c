/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/personal.h"

#include "base/parallel.h"
#include "learn/hybrid_train.h"
#include "model/encoder_write.h"
#include "model/trunk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64, EPOCHS = 24, BATCH = 64, LEAST_STEPS = 500 };

static const float EMBEDDING_FACTOR = 20; /* as in hybrid_train.c */

/* ---- Answers and features ---- */

typedef struct asker {
    kor_ctx *ctx[WORKERS];
    const kor_personal_set *set;
    bool failed[WORKERS];
} asker;

static void ask_one(void *arg, size_t i, size_t worker)
{
    asker *a = arg;
    const kor_personal_row *row = &a->set->rows[i];
    if (kor_classify(a->ctx[worker], row->text, row->len, a->set->answer + i * a->set->labels,
                     a->set->labels, NULL) != KOR_OK)
        a->failed[worker] = true;
}

static kor_status ask_all(const kor_personal_set *set, const kor_model *model, kor_error *err)
{
    asker a = {.set = set};
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    kor_status status = KOR_OK;
    for (size_t i = 0; i < workers && status == KOR_OK; i++)
        status = kor_ctx_new(&a.ctx[i], model, err);
    if (status == KOR_OK) kor_parallel(workers, set->count, ask_one, &a);
    for (size_t i = 0; i < workers; i++) {
        if (a.failed[i]) status = kor_fail(err, KOR_E_INPUT, "the model does not answer");
        kor_ctx_free(a.ctx[i]);
    }
    return status;
}

static kor_status read_features(kor_personal_set *set, const kor_model *encoder, kor_error *err)
{
    kor_row *rows = malloc((set->count + 1) * sizeof *rows);
    if (!rows) return kor_fail_memory(err);
    for (size_t i = 0; i < set->count; i++)
        rows[i] = (kor_row){.text = set->rows[i].text, .len = set->rows[i].len};
    kor_status status = kor_trunk_read(encoder, rows, set->count, set->x, err);
    free(rows);
    return status;
}

/* The numbers that make states standard: the model's, or for a bag those of the rows. */
static kor_status find_standard(kor_personal_set *set, const kor_gguf *file, kor_error *err)
{
    float *mean = kor_arena_array(&set->arena, set->dim, sizeof *mean);
    float *factor = kor_arena_array(&set->arena, set->dim, sizeof *factor);
    if (!mean || !factor) return kor_fail_memory(err);
    set->mean = mean;
    set->factor = factor;
    if (!set->bag) {
        kor_hybrid h;
        KOR_TRY(kor_hybrid_bind(&h, file, set->dim, set->labels, err));
        memcpy(mean, h.mean, set->dim * sizeof *mean);
        memcpy(factor, h.factor, set->dim * sizeof *factor);
        return KOR_OK;
    }
    for (size_t j = 0; j < set->dim; j++) {
        double sum = 0, squares = 0, n = (double)set->count;
        for (size_t i = 0; i < set->count; i++) {
            double v = (double)set->x[(i * 2 + 1) * set->dim + j];
            sum += v;
            squares += v * v;
        }
        mean[j] = (float)(sum / n);
        factor[j] = (float)(1 / sqrt(fmax(squares / n - sum / n * (sum / n), 1e-4)));
    }
    return KOR_OK;
}

static void standardise(kor_personal_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        float *e = set->x + i * 2 * set->dim, *s = e + set->dim;
        for (size_t j = 0; j < set->dim; j++) {
            e[j] *= EMBEDDING_FACTOR;
            s[j] = (s[j] - set->mean[j]) * set->factor[j];
        }
    }
}

static kor_status read_all(kor_personal_set *set, const kor_gguf *file, const kor_model *model,
                           const kor_model *trunk, kor_error *err)
{
    kor_model_info info;
    kor_model_get_info(model, &info);
    KOR_TRY(kor_head_bind(&set->head, file, &set->arena, err));
    if (set->head.kind != KOR_HEAD_CLASSIFY && set->head.kind != KOR_HEAD_TAGS)
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "its head is %s: only models that classify or tag "
                        "learn from corrections",
                        info.head);
    /* Its thresholds are in the file, which is closed before they are asked for last. */
    float *thresholds = kor_arena_array(&set->arena, set->head.labels, sizeof *thresholds);
    if (!thresholds) return kor_fail_memory(err);
    for (size_t l = 0; l < set->head.labels; l++)
        thresholds[l] = kor_model_threshold(model, set->head.kind == KOR_HEAD_TAGS ? l : 0);
    set->head.thresholds = thresholds;
    set->labels = set->head.labels;
    set->temperature = set->head.temperature;
    set->bag = strcmp(info.architecture, "bag") == 0;
    const kor_model *encoder = kor_trunk_encoder(model) ? model : trunk;
    if (!encoder || !kor_trunk_encoder(encoder))
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "there is no base model, without which it cannot learn from corrections");
    set->dim = kor_trunk_encoder(encoder)->dim;
    set->answer = kor_arena_array(&set->arena, set->count, set->labels * sizeof(float));
    set->x = kor_arena_array(&set->arena, set->count, 2 * set->dim * sizeof(float));
    if (!set->answer || !set->x) return kor_fail_memory(err);
    KOR_TRY(ask_all(set, model, err));
    KOR_TRY(read_features(set, encoder, err));
    KOR_TRY(find_standard(set, file, err));
    standardise(set);
    return KOR_OK;
}

kor_status kor_personal_read(kor_personal_set *out, const char *path, const kor_model *model,
                             const kor_model *trunk, const kor_personal_row *rows, size_t count,
                             kor_error *err)
{
    kor_map map;
    kor_gguf file;
    *out = (kor_personal_set){.rows = rows, .count = count};
    KOR_TRY(kor_map_open(&map, path, err));
    kor_status status = kor_gguf_parse(&file, map.data, map.size, err);
    if (status == KOR_OK) {
        status = read_all(out, &file, model, trunk, err);
        kor_gguf_free(&file);
    }
    kor_map_close(&map);
    if (status != KOR_OK) kor_personal_free(out);
    return status == KOR_OK ? KOR_OK : kor_fail_in(err, status, "%s", path);
}

void kor_personal_free(kor_personal_set *set)
{
    kor_arena_free(&set->arena);
    *set = (kor_personal_set){0};
}

size_t kor_personal_size(const kor_personal_set *set)
{
    return (2 * set->dim + 1) * set->labels;
}

/* ---- Learning ---- */

/* An event that may be wrong as a corrected one was. */
static bool is_near(const kor_personal_set *set, size_t row, const bool *without)
{
    const float *a = set->x + row * 2 * set->dim;
    for (size_t i = 0; i < set->count; i++) {
        if (!set->rows[i].right || (without && without[i])) continue;
        const float *b = set->x + i * 2 * set->dim;
        float sum = 0;
        for (size_t j = 0; j < set->dim; j++) sum += a[j] * b[j];
        if (sum > KOR_PERSONAL_NEAR * EMBEDDING_FACTOR * EMBEDDING_FACTOR) return true;
    }
    return false;
}

/* The answer that a row is to have: the model's, with what is said of it put right, well beyond the
 * threshold. Where the model is surer than that, it stays so. */
static void aim(float *q, const kor_personal_set *set, size_t row)
{
    const int8_t *right = set->rows[row].right;
    const float *t = set->head.thresholds;
    size_t labels = set->labels;
    memcpy(q, set->answer + row * labels, labels * sizeof *q);
    if (!right) return;
    if (set->head.kind == KOR_HEAD_TAGS) {
        for (size_t l = 0; l < labels; l++) {
            if (right[l] == 1) q[l] = fmaxf(q[l], (1 + fmaxf(t[l], 0.8f)) / 2);
            if (right[l] == 0) q[l] = fminf(q[l], fminf(t[l], 0.2f) / 2);
        }
        return;
    }
    float on = (1 + fmaxf(t[0], 0.9f)) / 2, share = 0;
    for (size_t l = 0; l < labels; l++) share += right[l] == 1 ? q[l] : 0;
    for (size_t l = 0; l < labels && share < on; l++)
        q[l] = right[l] == 1 ? on : (1 - on) / (float)(labels - 1);
}

typedef struct lesson {
    float *x, *offset, *q, *weight; /* [rows][2 dim], [rows][labels] twice, [rows] */
    const float **soft;             /* [rows] into q */
    uint32_t *first, *label;
    size_t rows;
} lesson;

static kor_status make_room(lesson *t, const kor_personal_set *set, kor_arena *arena,
                            kor_error *err)
{
    size_t n = set->count, labels = set->labels;
    t->x = kor_arena_array(arena, n, 2 * set->dim * sizeof *t->x);
    t->offset = kor_arena_array(arena, n, labels * sizeof *t->offset);
    t->q = kor_arena_array(arena, n, labels * sizeof *t->q);
    t->weight = kor_arena_array(arena, n, sizeof *t->weight);
    t->soft = kor_arena_array(arena, n, sizeof *t->soft);
    t->first = kor_arena_array(arena, n + 1, sizeof *t->first);
    t->label = kor_arena_array(arena, n + 1, sizeof *t->label);
    bool ok = t->x && t->offset && t->q && t->weight && t->soft && t->first && t->label;
    return ok ? KOR_OK : kor_fail_memory(err);
}

/* Probabilities as logits at temperature 1. */
static void as_logits(float *out, const float *p, const kor_personal_set *set)
{
    for (size_t l = 0; l < set->labels; l++) {
        float q = fminf(fmaxf(p[l], 1e-6f), 1 - 1e-6f);
        out[l] = set->head.kind == KOR_HEAD_TAGS ? logf(q / (1 - q)) : logf(q);
    }
}

static void add_row(lesson *t, const kor_personal_set *set, size_t row, float weight)
{
    size_t at = t->rows++, wide = 2 * set->dim, labels = set->labels;
    memcpy(t->x + at * wide, set->x + row * wide, wide * sizeof *t->x);
    as_logits(t->offset + at * labels, set->answer + row * labels, set);
    aim(t->q + at * labels, set, row);
    t->soft[at] = t->q + at * labels;
    t->weight[at] = set->rows[row].right ? weight : 1;
    /* classify wants a label, which counts for nothing: all of the loss is the distance to soft. */
    t->first[at + 1] = t->first[at] + (set->head.kind == KOR_HEAD_CLASSIFY);
}

static kor_status learn(float *delta, const kor_personal_set *set, const bool *without,
                        float weight, uint64_t seed, kor_arena *arena, kor_error *err)
{
    lesson t = {0};
    KOR_TRY(make_room(&t, set, arena, err));
    for (size_t i = 0; i < set->count; i++) {
        if (without && without[i]) continue;
        if (!set->rows[i].right && set->rows[i].own && is_near(set, i, without)) continue;
        add_row(&t, set, i, weight);
    }
    if (!t.rows) return kor_fail(err, KOR_E_INPUT, "there is nothing to learn from");
    const kor_targets targets = {.rows = t.rows,
                                 .labels = set->labels,
                                 .first = t.first,
                                 .label = t.label,
                                 .tags = set->head.kind == KOR_HEAD_TAGS,
                                 .weight = t.weight,
                                 .soft = t.soft,
                                 .distill = 1,
                                 .temperature = 1,
                                 .offset = t.offset};
    size_t batches = (t.rows + BATCH - 1) / BATCH, epochs = (LEAST_STEPS + batches - 1) / batches;
    const kor_linear_recipe recipe = {.epochs = epochs > EPOCHS ? epochs : EPOCHS,
                                      .batch = BATCH,
                                      /* A step moves a logit by 0.3 or so at most. */
                                      .rate = 0.3f / (2 * (float)set->dim),
                                      .decay = 0.01f,
                                      .dropout = 0.3f,
                                      .seed = seed};
    return kor_linear_train(delta, delta + 2 * set->dim * set->labels, t.x, 2 * set->dim, &targets,
                            &recipe, NULL, err);
}

kor_status kor_personal_learn(float *delta, const kor_personal_set *set, const bool *without,
                              float weight, uint64_t seed, kor_error *err)
{
    kor_arena arena = {0};
    kor_status status = learn(delta, set, without, weight, seed, &arena, err);
    kor_arena_free(&arena);
    return status;
}

void kor_personal_answer(const kor_personal_set *set, const float *delta, size_t row, float *p)
{
    size_t wide = 2 * set->dim, labels = set->labels;
    const float *x = set->x + row * wide;
    memcpy(p, set->answer + row * labels, labels * sizeof *p);
    if (!delta) return;
    as_logits(p, set->answer + row * labels, set);
    for (size_t l = 0; l < labels; l++) p[l] += delta[wide * labels + l];
    for (size_t j = 0; j < wide; j++) {
        for (size_t l = 0; l < labels; l++) p[l] += x[j] * delta[j * labels + l];
    }
    const kor_head plain = {
        .kind = set->head.kind, .labels = labels, .temperature = 1, .temperature_over = 1};
    kor_head_apply(&plain, p);
}

size_t kor_personal_agrees(const kor_personal_set *set, size_t row, const float *p, size_t *of)
{
    const int8_t *right = set->rows[row].right;
    size_t agrees = 0, best = 0;
    *of = 0;
    if (set->head.kind == KOR_HEAD_CLASSIFY) {
        for (size_t l = 1; l < set->labels; l++) best = p[l] > p[best] ? l : best;
        *of = 1;
        return right[best] == 1;
    }
    for (size_t l = 0; l < set->labels; l++) {
        if (right[l] < 0) continue;
        ++*of;
        agrees += (p[l] >= set->head.thresholds[l]) == (right[l] == 1);
    }
    return agrees;
}

/* ---- The file ---- */

static bool starts_with(kor_bytes name, const char *start)
{
    return name.len >= strlen(start) && memcmp(name.data, start, strlen(start)) == 0;
}

static bool is(kor_bytes name, const char *text)
{
    return name.len == strlen(text) && starts_with(name, text);
}

/* All but what is told anew. */
static void copy_values(const kor_personal_set *set, const kor_gguf *file, kor_gguf_out *o,
                        const kor_personal_note *note)
{
    for (size_t i = 0; i < file->kv_count; i++) {
        const kor_gguf_kv *kv = &file->kv[i];
        if (is(kv->key, "korora.checksum") || starts_with(kv->key, "korora.personal.") ||
            (set->bag && is(kv->key, "korora.architecture")) ||
            (note->card && is(kv->key, "korora.card")) ||
            (!isnan(note->quality) && is(kv->key, "korora.quality")))
            continue;
        kor_gguf_add_copy(o, kv);
    }
}

/* Written anew by add_layer. */
static bool is_of_layer(kor_bytes name)
{
    return starts_with(name, "head.embedding.") || starts_with(name, "head.state.") ||
           is(name, "head.bias") || is(name, "head.mean") || is(name, "head.factor");
}

static kor_status copy_tensors(const kor_gguf *file, kor_gguf_out *o, kor_error *err)
{
    for (size_t i = 0; i < file->tensor_count; i++) {
        const kor_tensor *t = &file->tensors[i];
        char name[128];
        if (is_of_layer(t->name)) continue;
        if (t->name.len >= sizeof name)
            return kor_fail(err, KOR_E_INPUT, "the name of a tensor is too long");
        memcpy(name, t->name.data, t->name.len);
        name[t->name.len] = 0;
        kor_gguf_add_tensor(o, name, t->type, t->dims, t->shape, t->data);
    }
    return KOR_OK;
}

/* The weights of a packed matrix, added to w[in][out]; the order is that of kor_pack_i8. */
static void unpack(float *w, const kor_linear *l)
{
    const int8_t *code = l->weight;
    for (size_t p = 0; p < kor_round_up(l->out, KOR_PANEL); p += KOR_PANEL) {
        for (size_t g = 0; g < kor_round_up(l->in, KOR_GROUP); g += KOR_GROUP) {
            for (size_t j = p; j < p + KOR_PANEL; j++) {
                for (size_t i = g; i < g + KOR_GROUP; i++, code++) {
                    if (i < l->in && j < l->out) w[i * l->out + j] += (float)*code * l->scale[j];
                }
            }
        }
    }
}

/* One half of the layer: what it was (NULL: there was none) and delta's rows from on, times by. */
static kor_status add_half(const kor_personal_set *set, kor_gguf_out *o, const char *name,
                           const kor_linear *was, const float *delta, size_t from, float by,
                           kor_arena *arena, kor_error *err)
{
    size_t dim = set->dim, labels = set->labels;
    float *w = kor_arena_array(arena, dim * labels, sizeof *w);
    float *scale = kor_arena_array(arena, labels, sizeof *scale);
    int8_t *code = kor_arena_alloc(arena, kor_packed_i8_size(dim, labels));
    if (!w || !scale || !code) return kor_fail_memory(err);
    for (size_t i = 0; i < dim * labels; i++) w[i] = delta[from * labels + i] * by;
    if (was) unpack(w, was);
    kor_pack_i8(code, scale, w, dim, labels);
    const kor_linear l = {.in = dim, .out = labels, .weight = code, .scale = scale};
    kor_linear_write(o, &l, name);
    return KOR_OK;
}

static kor_status add_layer(const kor_personal_set *set, const float *delta, const kor_gguf *file,
                            kor_gguf_out *o, kor_arena *arena, kor_error *err)
{
    kor_hybrid h = {0};
    float t = set->temperature, *bias = kor_arena_array(arena, set->labels, sizeof *bias);
    if (!bias) return kor_fail_memory(err);
    if (!set->bag) KOR_TRY(kor_hybrid_bind(&h, file, set->dim, set->labels, err));
    KOR_TRY(add_half(set, o, "head.embedding", set->bag ? NULL : &h.embedding, delta, 0,
                     t * EMBEDDING_FACTOR, arena, err));
    KOR_TRY(
        add_half(set, o, "head.state", set->bag ? NULL : &h.state, delta, set->dim, t, arena, err));
    for (size_t l = 0; l < set->labels; l++)
        bias[l] = (set->bag ? 0 : h.state.bias[l]) + t * delta[2 * set->dim * set->labels + l];
    kor_gguf_add_tensor(o, "head.bias", KOR_TENSOR_F32, 1, &set->labels, bias);
    kor_gguf_add_tensor(o, "head.mean", KOR_TENSOR_F32, 1, &set->dim, set->mean);
    kor_gguf_add_tensor(o, "head.factor", KOR_TENSOR_F32, 1, &set->dim, set->factor);
    return KOR_OK;
}

static void add_note(const kor_gguf *file, kor_gguf_out *o, const kor_personal_note *note)
{
    kor_bytes card = {0};
    kor_str text = {0};
    kor_gguf_add_u64(o, "korora.personal.of", note->of);
    kor_gguf_add_u32(o, "korora.personal.corrections", note->corrections);
    if (!isnan(note->quality)) kor_gguf_add_f32(o, "korora.quality", (float)note->quality);
    if (!note->card) return;
    kor_str_puts(&text, note->card);
    if (kor_gguf_get_string(file, "korora.card", &card, NULL) == KOR_OK)
        kor_str_add(&text, card.data, card.len);
    kor_gguf_add_string(o, "korora.card", kor_str_text(&text));
    o->kv.failed |= text.failed;
    kor_str_free(&text);
}

static kor_status write_parts(const kor_personal_set *set, const float *delta, const kor_gguf *file,
                              const kor_model *trunk, const kor_personal_note *note,
                              const char *out, kor_error *err)
{
    kor_gguf_out o = {0};
    kor_arena arena = {0};
    copy_values(set, file, &o, note);
    if (set->bag) {
        kor_model_info info;
        kor_model_get_info(trunk, &info);
        kor_gguf_add_string(&o, "korora.architecture", "hybrid");
        kor_gguf_add_string(&o, "korora.trunk", info.name);
        kor_gguf_add_u64(&o, "korora.trunk_checksum", info.checksum);
        kor_gguf_add_f32(&o, "korora.bag.weight", 1);
    }
    add_note(file, &o, note);
    kor_status status = copy_tensors(file, &o, err);
    if (status == KOR_OK) status = add_layer(set, delta, file, &o, &arena, err);
    if (status == KOR_OK) status = kor_gguf_commit(&o, out, err);
    kor_gguf_out_free(&o);
    kor_arena_free(&arena);
    return status;
}

kor_status kor_personal_write(const kor_personal_set *set, const float *delta, const char *path,
                              const kor_model *trunk, const kor_personal_note *note,
                              const char *out, kor_error *err)
{
    kor_map map;
    kor_gguf file;
    KOR_TRY(kor_map_open(&map, path, err));
    kor_status status = kor_gguf_parse(&file, map.data, map.size, err);
    if (status == KOR_OK) {
        status = write_parts(set, delta, &file, trunk, note, out, err);
        kor_gguf_free(&file);
    }
    kor_map_close(&map);
    return status;
}
