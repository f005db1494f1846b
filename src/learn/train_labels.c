/* SPDX-License-Identifier: Apache-2.0 */
/* The trainer of models with labels: heads classify and tags. */
#include "base/hash.h"
#include "base/parallel.h"
#include "learn/calibrate.h"
#include "learn/check.h"
#include "learn/encoder_train.h"
#include "learn/hybrid_train.h"
#include "learn/session.h"
#include "learn/tune_choice.h"
#include "model/trunk.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct learner {
    kor_session *session;
    kor_train_report *out; /* the session's */
    const kor_train_options *options;
    kor_model_info trunk;
    kor_dataset train, val;
    const kor_row **learn, **measure, **all; /* in scope to learn from; all to measure with */
    size_t learn_count, measure_count, all_count;
    kor_bag_trained trained;
    float *train_features, *val_features; /* of the trunk, [rows][2 dim]; NULL for a bag */
    kor_hybrid_trained linear;
    kor_encoder_trained encoder;
    /* Answers to the rows to measure with, [measure_count][labels]: of the model that is to be
     * written, of the bag alone, and scratch. */
    float *scores, *scores_f32, *bag_scores, *bag_scores_f32, *both;
    float hybrid_weight; /* of the bag in the hybrid */
    float *thresholds;   /* [labels] */
    kor_arena arena;
    kor_error *err;
} learner;

/* ---- Rows ---- */

static bool in_scope(const kor_row *row)
{
    return !(row->label_count == 1 && row->labels[0] == UINT32_MAX);
}

static kor_status read_rows(learner *s)
{
    const kor_task *t = &s->out->task;
    kor_labels *labels = &s->out->labels;
    for (size_t i = 0; i < t->label_count; i++) {
        size_t at, len = strlen(t->labels[i]);
        if (kor_labels_find(labels, t->labels[i], len) != SIZE_MAX)
            return kor_fail(s->err, KOR_E_INPUT, "%s/task.yaml: label '%.80s' is given twice",
                            t->folder, t->labels[i]);
        KOR_TRY(kor_labels_add(labels, t->labels[i], len, &at, s->err));
    }
    kor_dataset_options o = {.tags = t->head == KOR_HEAD_TAGS,
                             .closed = t->label_count > 0,
                             .besides = t->out_of_scope,
                             .remarks = s->options->remarks};
    KOR_TRY(kor_dataset_read(&s->train, t->train, labels, &o, s->err));
    o.closed = true;
    if (t->val) KOR_TRY(kor_dataset_read(&s->val, t->val, labels, &o, s->err));
    if (labels->count < 2) {
        return kor_fail(s->err, KOR_E_INPUT, "%s: %s; a model needs two labels or more", t->train,
                        labels->count ? "all rows have the same label" : "no row has a label");
    }
    KOR_TRY(kor_labels_sort(labels, (kor_dataset *const[]){&s->train, &s->val}, 2, s->err));
    if (t->teacher) {
        KOR_TRY(kor_teach(&s->train, labels, kor_head_name(t->head), t->teacher, s->options->trunk,
                          &s->out->teacher, s->err));
        s->out->threads = kor_cores();
    }
    for (size_t i = 0; i < s->train.count; i++) s->out->soft_rows += s->train.rows[i].soft != NULL;
    s->out->bad_rows = s->train.bad + s->val.bad;
    s->out->train_hash = s->train.hash;
    s->out->val_hash = s->val.hash;
    s->out->split = !t->val;
    return KOR_OK;
}

static kor_status choose_rows(learner *s)
{
    size_t n = s->train.count, m = s->val.count;
    const kor_task *t = &s->out->task;
    s->learn = kor_arena_array(&s->arena, n, sizeof *s->learn);
    s->all = kor_arena_array(&s->arena, n, sizeof *s->all);
    s->measure = kor_arena_array(&s->arena, n + m, sizeof *s->measure);
    bool *to_val = kor_arena_array(&s->arena, n, sizeof *to_val);
    if (!s->learn || !s->all || !s->measure || !to_val) return kor_fail_memory(s->err);
    if (s->out->split) KOR_TRY(kor_split(&s->train, t->val_share, t->seed, to_val, s->err));
    for (size_t i = 0; i < n; i++) {
        const kor_row *row = &s->train.rows[i];
        if (in_scope(row)) s->all[s->all_count++] = row;
        if (to_val[i])
            s->measure[s->measure_count++] = row;
        else if (in_scope(row))
            s->learn[s->learn_count++] = row;
    }
    for (size_t i = 0; i < m; i++) s->measure[s->measure_count++] = &s->val.rows[i];
    s->out->rows = s->all_count;
    s->out->val_rows = s->measure_count;
    if (!s->measure_count) {
        return kor_fail(s->err, KOR_E_INPUT,
                        "%s: too few rows to measure with; give val, or more rows", t->train);
    }
    const kor_remarks *remarks = &s->options->remarks;
    KOR_TRY(
        kor_check_contradictions(&s->train, t->train, remarks, &s->out->contradictions, s->err));
    KOR_TRY(kor_check_rare(s->all, s->all_count, &s->out->labels, remarks, &s->out->rare, s->err));
    if (!t->val) return KOR_OK;
    return kor_check_shared(&s->train, &s->val, t->val, remarks, &s->out->shared, s->err);
}

/* ---- Learning and measuring ---- */

static kor_status learn(learner *s, const kor_row *const *rows, size_t count, double from,
                        double to)
{
    kor_bag_recipe recipe = s->out->task.recipe;
    recipe.seed = s->out->task.seed;
    recipe.tags = s->out->task.head == KOR_HEAD_TAGS;
    s->session->from = from;
    s->session->to = to;
    kor_bag_trained_free(&s->trained);
    kor_status status = kor_bag_train(&s->trained, rows, count, s->out->labels.count, &recipe,
                                      kor_session_progress, s->session, s->err);
    if (status == KOR_E_INPUT) return kor_fail_in(s->err, status, "%s", s->out->task.train);
    return status;
}

/* The logits of the rows to measure with, from the int8 weights and from those before. */
static kor_status answer_bag(learner *s)
{
    const kor_bag *bag = &s->trained.bag;
    size_t labels = bag->labels, bytes = (kor_bag_scratch(bag) + 63) / 64 * 64;
    s->bag_scores = kor_arena_array(&s->arena, s->measure_count, labels * sizeof *s->scores);
    s->bag_scores_f32 = kor_arena_array(&s->arena, s->measure_count, labels * sizeof *s->scores);
    s->both = kor_arena_array(&s->arena, s->measure_count, labels * sizeof *s->scores);
    void *scratch = aligned_alloc(64, bytes);
    s->scores = s->bag_scores;
    s->scores_f32 = s->bag_scores_f32;
    if (!s->bag_scores || !s->bag_scores_f32 || !s->both || !scratch) {
        free(scratch);
        return kor_fail_memory(s->err);
    }
    memset(scratch, 0, bytes);
    for (size_t i = 0; i < s->measure_count; i++)
        kor_bag_forward(bag, s->measure[i]->text, s->measure[i]->len, s->bag_scores + i * labels,
                        scratch);
    free(scratch);
    return kor_bag_trained_answer(&s->trained, s->measure, s->measure_count, s->bag_scores_f32,
                                  s->err);
}

/* ---- The layer on the trunk ---- */

static kor_status read_features(learner *s)
{
    size_t wide = 2 * s->trunk.dim;
    const kor_model *trunk = s->options->trunk;
    s->train_features = kor_arena_array(&s->arena, s->train.count, wide * sizeof(float));
    s->val_features = kor_arena_array(&s->arena, s->val.count + 1, wide * sizeof(float));
    if (!s->train_features || !s->val_features) return kor_fail_memory(s->err);
    KOR_TRY(kor_trunk_read(trunk, s->train.rows, s->train.count, s->train_features, s->err));
    return kor_trunk_read(trunk, s->val.rows, s->val.count, s->val_features, s->err);
}

static const float *features_of(const learner *s, const kor_row *row)
{
    size_t wide = 2 * s->trunk.dim;
    bool of_train = row >= s->train.rows && row < s->train.rows + s->train.count;
    return of_train ? s->train_features + (size_t)(row - s->train.rows) * wide
                    : s->val_features + (size_t)(row - s->val.rows) * wide;
}

static const kor_linear_recipe linear_recipe = {
    .epochs = 40, .batch = 64, .rate = 1e-3f, .decay = 0.01f, .smoothing = 0.1f, .dropout = 0.5f};

/* The recipe, for the card. */
static void tell_linear(char out[200])
{
    const kor_linear_recipe *l = &linear_recipe;
    (void)snprintf(out, 200,
                   "%zu epochs of AdamW, batch %zu, rate %g, decay %g, smoothing %g, dropout %g",
                   l->epochs, l->batch, (double)l->rate, (double)l->decay, (double)l->smoothing,
                   (double)l->dropout);
}

static kor_status learn_linear(learner *s, const kor_row *const *rows, size_t count)
{
    kor_linear_recipe recipe = linear_recipe;
    recipe.seed = s->out->task.seed;
    recipe.teaching = s->out->task.recipe.teaching;
    size_t wide = 2 * s->trunk.dim;
    float *x = malloc(count * wide * sizeof *x);
    if (!x) return kor_fail_memory(s->err);
    for (size_t i = 0; i < count; i++) {
        memcpy(x + i * wide, features_of(s, rows[i]), wide * sizeof *x);
    }
    kor_hybrid_trained_free(&s->linear);
    kor_status status =
        kor_hybrid_train(&s->linear, x, s->trunk.dim, rows, count, s->out->labels.count,
                         s->out->task.head == KOR_HEAD_TAGS, &recipe, s->err);
    free(x);
    return status;
}

/* The layer's logits of the rows to measure with, int8 and before. */
static kor_status answer_linear(learner *s, float *int8, float *f32)
{
    size_t labels = s->out->labels.count, bytes = kor_hybrid_scratch(&s->linear.hybrid);
    void *scratch = aligned_alloc(64, (bytes + 63) / 64 * 64);
    if (!scratch) return kor_fail_memory(s->err);
    for (size_t i = 0; i < s->measure_count; i++) {
        const float *x = features_of(s, s->measure[i]);
        kor_hybrid_linear(&s->linear.hybrid, kor_kernels_get(), x, x + s->trunk.dim,
                          int8 + i * labels, scratch);
        kor_hybrid_trained_answer(&s->linear, x, f32 + i * labels);
    }
    free(scratch);
    return KOR_OK;
}

static void add_scaled(float *out, const float *linear, const float *bag, float weight, size_t n)
{
    for (size_t i = 0; i < n; i++) out[i] = linear[i] + weight * bag[i];
}

static kor_status measure(learner *s, const float *scores, kor_metrics *out);

/* Accuracy or micro-F1 of logits, without thresholds. */
static kor_status quality_of_logits(learner *s, const float *logits, double *out)
{
    size_t labels = s->out->labels.count, n = s->measure_count * labels;
    bool tags = s->out->task.head == KOR_HEAD_TAGS;
    float *p = malloc(n * sizeof *p), *half = malloc(labels * sizeof *half), *kept = s->thresholds;
    kor_metrics m = {0};
    kor_status status = p && half ? KOR_OK : kor_fail_memory(s->err);
    const kor_head head = {
        .kind = s->out->task.head, .labels = labels, .temperature = 1, .temperature_over = 1};
    for (size_t l = 0; status == KOR_OK && l < labels; l++) half[l] = tags ? 0.5f : 0;
    if (status == KOR_OK) memcpy(p, logits, n * sizeof *p);
    for (size_t i = 0; status == KOR_OK && i < s->measure_count; i++) {
        kor_head_apply(&head, p + i * labels);
    }
    s->thresholds = half;
    if (status == KOR_OK) status = measure(s, p, &m);
    s->thresholds = kept;
    if (status == KOR_OK) *out = tags ? m.micro_f1 : m.accuracy;
    kor_metrics_free(&m);
    free(p);
    free(half);
    return status;
}

/* The answers of one architecture to the rows to measure with, the bag's logits added. */
typedef struct candidate {
    float *int8, *f32; /* [measure_count][labels] */
    float weight;      /* of the bag */
} candidate;

static kor_status new_candidate(learner *s, candidate *c)
{
    size_t n = s->measure_count * s->out->labels.count;
    c->int8 = kor_arena_array(&s->arena, n, sizeof *c->int8);
    c->f32 = kor_arena_array(&s->arena, n, sizeof *c->f32);
    return c->int8 && c->f32 ? KOR_OK : kor_fail_memory(s->err);
}

/* Add the bag's logits with the weight that has the least loss; then how good that is. */
static kor_status judge_candidate(learner *s, candidate *c, kor_architecture kind)
{
    static const float weights[] = {0, 0.25f, 0.5f, 0.75f, 1, 1.5f, 2, 3};
    kor_train_report *r = s->out;
    size_t labels = r->labels.count, n = s->measure_count * labels;
    const kor_scores scores = {s->both, s->measure, s->measure_count, labels,
                               r->task.head == KOR_HEAD_TAGS};
    double least = INFINITY;
    for (size_t i = 0; i < sizeof weights / sizeof *weights; i++) {
        add_scaled(s->both, c->int8, s->bag_scores, weights[i], n);
        double loss = kor_calibrate_loss(&scores);
        if (loss >= least) continue;
        least = loss;
        c->weight = weights[i];
    }
    add_scaled(c->int8, c->int8, s->bag_scores, c->weight, n);
    add_scaled(c->f32, c->f32, s->bag_scores_f32, c->weight, n);
    return quality_of_logits(s, c->int8, &r->tried[kind]);
}

static void tell_encoder(learner *s, kor_architecture kind)
{
    char more[80];
    (void)snprintf(more, sizeof more, "%ssmoothing %g, ",
                   s->encoder.rounded ? "one more with rounded weights, " : "",
                   (double)s->out->task.smoothing);
    kor_tune_tell(s->out, kind, &s->encoder.result, more);
}

/* The model is of this kind from now on. */
static void take(learner *s, const candidate *c, kor_architecture kind)
{
    if (kind == KOR_HYBRID)
        tell_linear(s->out->layer);
    else
        tell_encoder(s, kind);
    s->out->made = kind;
    s->out->bag_weight = c->weight;
    s->scores = c->int8;
    s->scores_f32 = c->f32;
}

static kor_status try_hybrid(learner *s, candidate *c)
{
    KOR_TRY(new_candidate(s, c));
    KOR_TRY(read_features(s));
    s->out->threads = kor_cores();
    KOR_TRY(learn_linear(s, s->learn, s->learn_count));
    KOR_TRY(answer_linear(s, c->int8, c->f32));
    KOR_TRY(judge_candidate(s, c, KOR_HYBRID));
    if (kor_tune_is_worth(s->out, KOR_HYBRID)) take(s, c, KOR_HYBRID);
    return KOR_OK;
}

/* ---- The encoder itself ---- */

/* How good an epoch is: together with the bag, whose weight is that of the hybrid for now. */
static kor_status epoch_quality(void *arg, const float *logits, double *out, kor_error *err)
{
    learner *s = arg;
    (void)err;
    size_t n = s->measure_count * s->out->labels.count;
    add_scaled(s->both, logits, s->bag_scores, s->hybrid_weight, n);
    return quality_of_logits(s, s->both, out);
}

static void encoder_progress(void *arg, double fraction)
{
    kor_session_progress(((learner *)arg)->session, fraction);
}

/* Learn from rows, from where the layer on the frozen encoder is; measured says whether the rows to
 * measure with are apart from these. */
static kor_status learn_encoder(learner *s, kor_architecture kind, const kor_row *const *rows,
                                size_t count, bool measured, float *f32)
{
    kor_train_report *r = s->out;
    char checkpoint[KOR_TUNE_PATH];
    const kor_teaching *taught = &r->task.recipe.teaching;
    const uint64_t purpose[] = {r->train_hash,
                                r->val_hash,
                                r->task.seed,
                                (uint64_t)kind,
                                (uint64_t)count,
                                measured,
                                s->trunk.checksum,
                                r->teacher,
                                taught->balanced,
                                (uint64_t)(taught->distill * 1e6f),
                                (uint64_t)(taught->temperature * 1e6f)};
    kor_tune_checkpoint(r, kind, measured, checkpoint);
    kor_encoder_task task = {.trunk = s->options->trunk,
                             .rows = rows,
                             .count = count,
                             .labels = r->labels.count,
                             .tags = r->task.head == KOR_HEAD_TAGS,
                             .smoothing = r->task.smoothing,
                             .teaching = r->task.recipe.teaching,
                             .start = &s->linear,
                             .recipe = kor_tune_recipe_for(&r->task, kind, count),
                             .measured = s->measure,
                             .measured_count = measured ? s->measure_count : 0,
                             .quality = measured ? epoch_quality : NULL,
                             .progress = encoder_progress,
                             .arg = s,
                             .checkpoint = checkpoint,
                             .purpose = kor_hash64(purpose, sizeof purpose, 0)};
    kor_encoder_trained_free(&s->encoder);
    kor_status status = kor_encoder_train(&s->encoder, &task, f32, s->err);
    if (status == KOR_E_INPUT) return kor_fail_in(s->err, status, "%s", r->task.train);
    if (status == KOR_OK && s->encoder.result.resumed)
        kor_remark(&s->options->remarks, "went on from epoch %zu in %s", s->encoder.result.resumed,
                   checkpoint);
    return status;
}

static kor_status try_encoder(learner *s, candidate *c, kor_architecture kind)
{
    kor_train_report *r = s->out;
    r->threads = kor_cores();
    KOR_TRY(new_candidate(s, c));
    KOR_TRY(learn_encoder(s, kind, s->learn, s->learn_count, true, c->f32));
    KOR_TRY(kor_encoder_trained_answer(&s->encoder, s->options->trunk, s->measure, s->measure_count,
                                       c->int8, s->err));
    return judge_candidate(s, c, kind);
}

/* Tokens that an encoder would go through: auto leaves very long trainings to those who ask. */
static bool is_short_enough(const learner *s)
{
    size_t bytes = 0, most = 6 * s->trunk.max_tokens;
    for (size_t i = 0; i < s->learn_count; i++)
        bytes += s->learn[i]->len < most ? s->learn[i]->len : most;
    return kor_tune_is_short(&s->out->task, bytes, s->learn_count);
}

/* Each larger architecture, as long as it may be worth it. */
static kor_status try_all(learner *s)
{
    kor_train_report *r = s->out;
    kor_architecture wanted = r->task.architecture;
    candidate hybrid, full, lora;
    if (wanted == KOR_BAG || !s->options->trunk) return KOR_OK;
    KOR_TRY(quality_of_logits(s, s->bag_scores, &r->tried[KOR_BAG]));
    KOR_TRY(try_hybrid(s, &hybrid));
    s->hybrid_weight = hybrid.weight;
    bool choose = wanted == KOR_AUTO && r->tried[r->made] + KOR_TASK_MARGIN < 1 &&
                  kor_net_can_load(kor_trunk_encoder(s->options->trunk)) && is_short_enough(s);
    if (wanted == KOR_FULL || choose) {
        KOR_TRY(try_encoder(s, &full, KOR_FULL));
        if (!kor_tune_is_worth(s->out, KOR_FULL)) return KOR_OK;
        take(s, &full, KOR_FULL);
    }
    /* The adapters are a tenth of its size: enough to be taken when they are nearly as good. */
    if (wanted == KOR_LORA || choose) {
        kor_encoder_trained kept = s->encoder;
        s->encoder = (kor_encoder_trained){0};
        kor_status status = try_encoder(s, &lora, KOR_LORA);
        if (status == KOR_OK && kor_tune_lora_is_enough(r)) {
            kor_encoder_trained_free(&kept);
            take(s, &lora, KOR_LORA);
        } else {
            kor_encoder_trained_free(&s->encoder);
            s->encoder = kept;
        }
        return status;
    }
    return KOR_OK;
}

/* ---- Measuring ---- */

static kor_status measure(learner *s, const float *scores, kor_metrics *out)
{
    size_t labels = s->out->labels.count;
    KOR_TRY(kor_metrics_new(out, labels, s->out->task.head == KOR_HEAD_TAGS, s->err));
    for (size_t i = 0; i < s->measure_count; i++) {
        kor_metrics_add(out, scores + i * labels, s->thresholds, s->measure[i]->labels,
                        s->measure[i]->label_count);
    }
    kor_metrics_finish(out);
    return KOR_OK;
}

static double quality_of(const kor_metrics *m)
{
    return m->tags ? m->micro_f1 : m->accuracy;
}

/* Raise the logits of the label that must not be lost as far as its rows need. */
static kor_status shift_kept(learner *s, const kor_scores *scores)
{
    kor_train_report *r = s->out;
    size_t labels = r->labels.count, keep = 0;
    if (!r->task.keep_label) return KOR_OK;
    while (keep < labels && strcmp(r->labels.name[keep], r->task.keep_label) != 0) keep++;
    if (keep == labels) return KOR_OK;
    KOR_TRY(kor_calibrate_keep(scores, keep, r->task.keep_recall, &r->keep_offset, s->err));
    for (size_t i = 0; i < s->measure_count; i++) {
        s->scores[i * labels + keep] += r->keep_offset;
        if (s->scores_f32 != s->scores) s->scores_f32[i * labels + keep] += r->keep_offset;
    }
    return KOR_OK;
}

/* The same in the model, whatever it is made of. */
static void shift_bias(learner *s)
{
    const kor_train_report *r = s->out;
    const float *bias = r->made == KOR_BAG      ? s->trained.bag.bias
                        : r->made == KOR_HYBRID ? s->linear.bias
                                                : s->encoder.linear.bias;
    for (size_t l = 0; r->task.keep_label && l < r->labels.count; l++) {
        if (strcmp(r->labels.name[l], r->task.keep_label) == 0)
            ((float *)(uintptr_t)bias)[l] += r->keep_offset; /* it is of our own arena */
    }
}

/* Temperature and thresholds from the int8 model; then both kinds of weights are measured with
 * them. */
static kor_status calibrate(learner *s)
{
    kor_train_report *out = s->out;
    size_t labels = out->labels.count;
    bool tags = out->task.head == KOR_HEAD_TAGS;
    kor_scores scores = {s->scores, s->measure, s->measure_count, labels, tags};
    KOR_TRY(shift_kept(s, &scores));
    kor_calibrate_temperature(&scores, &out->temperature, &out->temperature_over);
    const kor_head head = {.kind = out->task.head,
                           .labels = labels,
                           .temperature = out->temperature,
                           .temperature_over = out->temperature_over};
    for (size_t i = 0; i < s->measure_count; i++) {
        kor_head_apply(&head, s->scores + i * labels);
        kor_head_apply(&head, s->scores_f32 + i * labels);
    }
    s->thresholds = kor_arena_array(&s->arena, labels, sizeof *s->thresholds);
    if (!s->thresholds) return kor_fail_memory(s->err);
    if (tags)
        KOR_TRY(kor_calibrate_tags(&scores, s->thresholds, s->err));
    else
        KOR_TRY(kor_calibrate_abstain(&scores, out->task.keep_accuracy, &s->thresholds[0], s->err));
    out->threshold = tags ? 0 : s->thresholds[0];
    kor_metrics before;
    KOR_TRY(measure(s, s->scores_f32, &before));
    out->quality_f32 = quality_of(&before);
    kor_metrics_free(&before);
    KOR_TRY(measure(s, s->scores, &out->metrics));
    out->quality = quality_of(&out->metrics);
    return KOR_OK;
}

static kor_status write_model(learner *s)
{
    kor_train_report *r = s->out;
    kor_gguf_out o = {0};
    shift_bias(s);
    KOR_TRY(kor_session_begin(s->session, &o));
    kor_gguf_add_f32(&o, "korora.temperature", r->temperature);
    if (r->task.head == KOR_HEAD_TAGS) {
        kor_gguf_add_f32(&o, "korora.temperature_over", r->temperature_over);
        kor_gguf_add_tensor(&o, "head.thresholds", KOR_TENSOR_F32, 1, &r->labels.count,
                            s->thresholds);
    } else {
        kor_gguf_add_f32(&o, "korora.threshold", r->threshold);
    }
    if (r->made == KOR_HYBRID)
        kor_hybrid_trained_write(&s->linear, KOR_HYBRID_PLAIN, &s->trunk, r->bag_weight, &o);
    if (r->made > KOR_HYBRID)
        kor_encoder_trained_write(&s->encoder, s->options->trunk, r->bag_weight, &o);
    kor_bag_trained_write(&s->trained, r->made > KOR_BAG, &o);
    return kor_session_commit(s->session, &o);
}

/* The file as an app uses it, and how long an answer takes. */
static kor_status try_file(learner *s)
{
    kor_train_report *r = s->out;
    kor_model *model;
    kor_ctx *ctx = NULL;
    float *p = kor_arena_array(&s->arena, r->labels.count, sizeof *p);
    if (!p) return kor_fail_memory(s->err);
    KOR_TRY(
        kor_model_open_on(&model, r->file, r->made > KOR_BAG ? s->options->trunk : NULL, s->err));
    kor_status status = kor_ctx_new(&ctx, model, s->err);
    size_t count = s->measure_count < 500 ? s->measure_count : 500;
    double start = kor_session_now();
    for (size_t i = 0; status == KOR_OK && i < count; i++) {
        status =
            kor_classify(ctx, s->measure[i]->text, s->measure[i]->len, p, r->labels.count, s->err);
    }
    r->us_per_item = (kor_session_now() - start) * 1e6 / (double)count;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return status;
}

/* All that is to be learnt from the rows, in the architecture that was chosen. */
static kor_status learn_again(learner *s)
{
    kor_architecture made = s->out->made;
    KOR_TRY(learn(s, s->all, s->all_count, 0.5, made > KOR_HYBRID ? 0.55 : 1));
    if (made >= KOR_HYBRID) KOR_TRY(learn_linear(s, s->all, s->all_count));
    s->session->from = 0.6;
    s->session->to = 1;
    if (made < KOR_LORA) return KOR_OK;
    return learn_encoder(s, made, s->all, s->all_count, false, NULL);
}

static kor_status train(learner *s)
{
    kor_train_report *r = s->out;
    r->made = KOR_BAG;
    KOR_TRY(read_rows(s));
    KOR_TRY(choose_rows(s));
    KOR_TRY(learn(s, s->learn, s->learn_count, 0, 0.1));
    KOR_TRY(answer_bag(s));
    s->session->from = 0.1;
    s->session->to = r->split ? 0.5 : 1;
    KOR_TRY(try_all(s));
    KOR_TRY(calibrate(s));
    /* What was held back to measure with is learnt from too, once it is measured. */
    if (r->split) KOR_TRY(learn_again(s));
    r->features = s->trained.features;
    r->kept = s->trained.bag.rows;
    r->dim = s->trained.bag.dim;
    r->epochs = s->trained.epochs;
    KOR_TRY(write_model(s));
    kor_tune_remove_checkpoints(r);
    return try_file(s);
}

kor_status kor_train_labels(kor_session *session)
{
    learner s = {.session = session,
                 .out = session->out,
                 .options = session->options,
                 .trunk = session->trunk,
                 .err = session->err};
    kor_status status = train(&s);
    kor_bag_trained_free(&s.trained);
    kor_hybrid_trained_free(&s.linear);
    kor_encoder_trained_free(&s.encoder);
    kor_dataset_free(&s.train);
    kor_dataset_free(&s.val);
    kor_arena_free(&s.arena);
    return status;
}
