/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/teach.h"

#include "base/parallel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64 };

/* ---- Targets ---- */

/* The weight of a row goes by the number of rows of its labels: rows / (labels * number), so that
 * each label asks for the same, and then by what makes their mean 1. */
static kor_status weigh(float **out, const kor_row *const *rows, size_t count, size_t labels,
                        kor_arena *arena, kor_error *err)
{
    float *weight = kor_arena_array(arena, count, sizeof *weight);
    size_t *number = kor_arena_array(arena, labels + 1, sizeof *number); /* the last: of none */
    if (!weight || !number) return kor_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        number[labels] += rows[i]->label_count == 0;
        for (size_t j = 0; j < rows[i]->label_count; j++) number[rows[i]->labels[j]]++;
    }
    double all = 0;
    for (size_t i = 0; i < count; i++) {
        double sum = 0;
        for (size_t j = 0; j < rows[i]->label_count; j++)
            sum += 1 / (double)number[rows[i]->labels[j]];
        sum =
            rows[i]->label_count ? sum / (double)rows[i]->label_count : 1 / (double)number[labels];
        weight[i] = (float)sum;
        all += sum;
    }
    for (size_t i = 0; i < count; i++) weight[i] *= (float)((double)count / all);
    *out = weight;
    return KOR_OK;
}

static float soften_one(float p, float temperature)
{
    double yes = pow((double)p, 1 / (double)temperature),
           no = pow(1 - (double)p, 1 / (double)temperature);
    return (float)(yes / (yes + no));
}

void kor_soften(float *p, size_t labels, bool tags, float temperature)
{
    double sum = 0;
    for (size_t l = 0; l < labels; l++) {
        p[l] = tags ? soften_one(p[l], temperature)
                    : (float)pow((double)p[l], 1 / (double)temperature);
        sum += (double)p[l];
    }
    for (size_t l = 0; !tags && l < labels; l++) p[l] = (float)((double)p[l] / sum);
}

static kor_status copy_soft(kor_targets *out, const kor_row *const *rows,
                            const kor_teaching *teaching, kor_arena *arena, kor_error *err)
{
    size_t bytes = out->labels * sizeof(float), soft = 0;
    for (size_t i = 0; i < out->rows; i++) soft += rows[i]->soft != NULL;
    if (!soft || teaching->distill <= 0) return KOR_OK;
    const float **list = kor_arena_array(arena, out->rows, sizeof *list);
    float *next = kor_arena_array(arena, soft, bytes);
    if (!list || !next) return kor_fail_memory(err);
    for (size_t i = 0; i < out->rows; i++) {
        if (!rows[i]->soft) continue;
        memcpy(next, rows[i]->soft, bytes);
        kor_soften(next, out->labels, out->tags, teaching->temperature);
        list[i] = next;
        next += out->labels;
    }
    out->soft = list;
    out->distill = teaching->distill;
    out->temperature = teaching->temperature;
    return KOR_OK;
}

kor_status kor_targets_make(kor_targets *out, const kor_row *const *rows, size_t count,
                            size_t labels, bool tags, const kor_teaching *teaching,
                            kor_arena *arena, kor_error *err)
{
    size_t all = 0;
    for (size_t i = 0; i < count; i++) all += rows[i]->label_count;
    uint32_t *first = kor_arena_array(arena, count + 1, sizeof *first);
    uint32_t *label = kor_arena_array(arena, all + 1, sizeof *label);
    if (!first || !label) return kor_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        first[i + 1] = first[i] + (uint32_t)rows[i]->label_count;
        for (size_t j = 0; j < rows[i]->label_count; j++) label[first[i] + j] = rows[i]->labels[j];
    }
    *out = (kor_targets){
        .rows = count, .labels = labels, .first = first, .label = label, .tags = tags};
    float *weight = NULL;
    if (teaching->balanced) KOR_TRY(weigh(&weight, rows, count, labels, arena, err));
    out->weight = weight;
    return copy_soft(out, rows, teaching, arena, err);
}

/* ---- A teacher ---- */

typedef struct teacher {
    kor_ctx *ctx[WORKERS];
    float *p;     /* [workers][labels] in the order of the model */
    size_t *ours; /* [labels] the number here of a label of the model */
    size_t labels;
    kor_dataset *data;
    float *soft; /* [rows][labels] */
    bool failed[WORKERS];
} teacher;

static void ask_one(void *arg, size_t i, size_t worker)
{
    teacher *t = arg;
    kor_row *row = &t->data->rows[i];
    float *p = t->p + worker * t->labels, *to = t->soft + i * t->labels;
    if (row->soft) return;
    if (kor_classify(t->ctx[worker], row->text, row->len, p, t->labels, NULL) != KOR_OK) {
        t->failed[worker] = true;
        return;
    }
    for (size_t l = 0; l < t->labels; l++) to[t->ours[l]] = p[l];
    row->soft = to;
}

/* The labels of the model by their numbers here. seen[labels->count] is false. */
static kor_status match(size_t *ours, bool *seen, const kor_model *model, const kor_labels *labels,
                        const char *head, kor_error *err)
{
    kor_model_info info;
    kor_model_get_info(model, &info);
    if (strcmp(info.head, head) != 0) {
        return kor_fail(err, KOR_E_INPUT, "a teacher's head must be that of the task: it is '%s'",
                        info.head);
    }
    for (size_t i = 0; i < info.labels; i++) {
        const char *name = kor_model_label(model, i);
        size_t at = kor_labels_find(labels, name, strlen(name));
        if (at == SIZE_MAX)
            return kor_fail(err, KOR_E_INPUT, "the teacher has label '%.80s', the rows have not",
                            name);
        if (seen[at])
            return kor_fail(err, KOR_E_INPUT, "the teacher has label '%.80s' twice", name);
        seen[at] = true;
        ours[i] = at; /* none twice, so there are no more than labels->count */
    }
    for (size_t i = 0; i < labels->count; i++) {
        if (!seen[i])
            return kor_fail(err, KOR_E_INPUT, "the rows have label '%.80s', the teacher has not",
                            labels->name[i]);
    }
    return KOR_OK;
}

static kor_status ask_all(kor_dataset *data, const kor_labels *labels, const char *head,
                          const kor_model *model, kor_arena *arena, kor_error *err)
{
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    teacher t = {.labels = labels->count, .data = data};
    t.ours = kor_arena_array(arena, t.labels, sizeof *t.ours);
    t.p = kor_arena_array(arena, workers, t.labels * sizeof *t.p);
    t.soft = kor_arena_array(&data->arena, data->count, t.labels * sizeof *t.soft);
    bool *seen = kor_arena_array(arena, t.labels, sizeof *seen);
    if (!t.ours || !t.p || !t.soft || !seen) return kor_fail_memory(err);
    KOR_TRY(match(t.ours, seen, model, labels, head, err));
    kor_status status = KOR_OK;
    for (size_t i = 0; i < workers && status == KOR_OK; i++)
        status = kor_ctx_new(&t.ctx[i], model, err);
    if (status == KOR_OK) kor_parallel(workers, data->count, ask_one, &t);
    for (size_t i = 0; i < workers; i++) {
        if (t.failed[i]) status = kor_fail(err, KOR_E_INPUT, "it does not answer");
        kor_ctx_free(t.ctx[i]);
    }
    return status;
}

kor_status kor_teach(kor_dataset *data, const kor_labels *labels, const char *head,
                     const char *path, const kor_model *trunk, uint64_t *checksum, kor_error *err)
{
    kor_model *model;
    kor_model_info info;
    kor_arena arena = {0};
    char name[64];
    KOR_TRY(kor_model_trunk(path, name, err));
    KOR_TRY(kor_model_open_on(&model, path, *name ? trunk : NULL, err));
    kor_model_get_info(model, &info);
    *checksum = info.checksum;
    kor_status status = ask_all(data, labels, head, model, &arena, err);
    if (status != KOR_OK) (void)kor_fail_in(err, status, "%s", path);
    kor_arena_free(&arena);
    kor_model_close(model);
    return status;
}
