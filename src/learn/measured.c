/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/measured.h"

#include "learn/session.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEGATIVES = 20 }; /* wrong candidates that a query gets which has none, as in training */

typedef struct measurer {
    kor_measured *out;
    const kor_model *model;
    kor_model_info info;
    kor_ctx *ctx;
    const char *path;
    const kor_measure_options *options;
    kor_error *err;
} measurer;

enum { TOLD_EVERY = 512 };

static void tell(const measurer *m, size_t done, size_t all)
{
    if (m->options->progress && done % TOLD_EVERY == 0)
        m->options->progress(m->options->arg, (double)done / (double)all, done);
}

/* ---- Labels ---- */

static kor_status answer_rows(measurer *m)
{
    const kor_dataset *data = &m->out->data;
    kor_metrics *metrics = &m->out->metrics;
    size_t own = m->info.labels, labels = m->out->labels.count;
    float *p = calloc(labels, sizeof *p), *threshold = calloc(labels, sizeof *threshold);
    kor_status status = p && threshold ? KOR_OK : kor_fail_memory(m->err);
    /* A probability never reaches 2: a label that the model has not is never given. */
    for (size_t i = 0; status == KOR_OK && i < labels; i++)
        threshold[i] = i < own ? kor_model_threshold(m->model, i) : 2;
    double start = kor_session_now();
    for (size_t i = 0; status == KOR_OK && i < data->count; i++) {
        const kor_row *row = &data->rows[i];
        status = kor_classify(m->ctx, row->text, row->len, p, own, m->err);
        if (status == KOR_OK) kor_metrics_add(metrics, p, threshold, row->labels, row->label_count);
        tell(m, i, data->count);
    }
    m->out->us_per_item = (kor_session_now() - start) * 1e6 / (double)data->count;
    kor_metrics_finish(metrics);
    free(p);
    free(threshold);
    return status;
}

/* Say of each label whether it counts. */
static void find_counted(const measurer *m, bool *counts)
{
    const kor_dataset *data = &m->out->data;
    for (size_t i = 0; i < m->out->labels.count; i++) counts[i] = !m->options->own_labels;
    for (size_t i = 0; i < data->count; i++) {
        for (size_t j = 0; j < data->spans[i].count; j++)
            counts[data->spans[i].span[j].label] = true;
    }
}

static kor_status answer_spans(measurer *m)
{
    const kor_dataset *data = &m->out->data;
    bool *counts = calloc(m->out->labels.count, sizeof *counts);
    kor_span *spans = calloc(KOR_TEXT_MAX, sizeof *spans);
    kor_metrics_span *found = calloc(KOR_TEXT_MAX, sizeof *found),
                     *wanted = calloc(KOR_TEXT_MAX, sizeof *wanted);
    kor_status status = spans && found && wanted && counts ? KOR_OK : kor_fail_memory(m->err);
    double seconds = 0;
    if (counts) find_counted(m, counts);
    for (size_t i = 0; status == KOR_OK && i < data->count; i++) {
        const kor_row *row = &data->rows[i];
        const kor_row_spans *own = &data->spans[i];
        size_t n = 0, kept = 0;
        double start = kor_session_now();
        status = kor_spans(m->ctx, row->text, row->len, spans, KOR_TEXT_MAX, &n, m->err);
        seconds += kor_session_now() - start;
        if (status != KOR_OK) break;
        for (size_t j = 0; j < n; j++) {
            if (!counts[spans[j].label]) continue;
            found[kept++] = (kor_metrics_span){spans[j].start, spans[j].end, spans[j].label,
                                               (double)spans[j].score};
        }
        for (size_t j = 0; j < own->count; j++) /* at most one a code point that is read */
            wanted[j] =
                (kor_metrics_span){own->span[j].start, own->span[j].end, own->span[j].label, 0};
        kor_metrics_add_spans(&m->out->metrics, found, kept, wanted, own->count);
        tell(m, i, data->count);
    }
    m->out->us_per_item = seconds * 1e6 / (double)data->count;
    kor_metrics_finish(&m->out->metrics);
    free(spans);
    free(found);
    free(wanted);
    free(counts);
    return status;
}

static kor_status measure_labels(measurer *m)
{
    kor_labels *labels = &m->out->labels;
    kor_dataset *data = &m->out->data;
    bool tags = strcmp(m->info.head, "tags") == 0, spans = strcmp(m->info.head, "spans") == 0;
    for (size_t i = 0; i < m->info.labels; i++) {
        size_t at;
        const char *name = kor_model_label(m->model, i);
        KOR_TRY(kor_labels_add(labels, name, strlen(name), &at, m->err));
        if (at != i)
            return kor_fail(m->err, KOR_E_INPUT, "the model has label '%.80s' twice", name);
    }
    const kor_dataset_options o = {.tags = tags,
                                   .spans = spans,
                                   .besides = *m->info.out_of_scope ? m->info.out_of_scope : NULL,
                                   .remarks = m->options->remarks};
    KOR_TRY(kor_dataset_read(data, m->path, labels, &o, m->err));
    if (spans) {
        KOR_TRY(kor_metrics_new_spans(&m->out->metrics, labels->count, m->err));
        KOR_TRY(answer_spans(m));
    } else {
        KOR_TRY(kor_metrics_new(&m->out->metrics, labels->count, tags, m->err));
        KOR_TRY(answer_rows(m));
    }
    m->out->n = data->count;
    m->out->metric = spans ? "span_f1" : tags ? "micro_f1" : "accuracy";
    m->out->quality = tags || spans ? m->out->metrics.micro_f1 : m->out->metrics.accuracy;
    return KOR_OK;
}

/* ---- Pairs ---- */

static kor_status rank_pairs(measurer *m, const kor_pairs *pairs, const kor_texts *texts,
                             float *answer)
{
    for (size_t i = 0; i < pairs->count; i++) {
        const kor_row *a = &texts->rows[pairs->pairs[i].a], *b = &texts->rows[pairs->pairs[i].b];
        KOR_TRY(kor_rank(m->ctx, a->text, a->len, b->text, b->len, &answer[i], m->err));
        tell(m, i, pairs->count);
    }
    return KOR_OK;
}

static kor_status embed_pairs(measurer *m, const kor_pairs *pairs, const kor_texts *texts,
                              float *answer)
{
    size_t dim = m->info.dim;
    float *v = calloc(texts->count, dim * sizeof *v);
    kor_status status = v ? KOR_OK : kor_fail_memory(m->err);
    for (size_t i = 0; status == KOR_OK && i < texts->count; i++) {
        status =
            kor_embed(m->ctx, texts->rows[i].text, texts->rows[i].len, v + i * dim, dim, m->err);
        tell(m, i, texts->count);
    }
    for (size_t i = 0; status == KOR_OK && i < pairs->count; i++) {
        const float *a = v + pairs->pairs[i].a * dim, *b = v + pairs->pairs[i].b * dim;
        for (size_t j = 0; j < dim; j++) answer[i] += a[j] * b[j];
    }
    free(v);
    return status;
}

static kor_status answer_pairs(measurer *m, const kor_pairs *pairs, const kor_texts *texts)
{
    bool ranks = strcmp(m->info.head, "rank") == 0;
    kor_pair_metrics *metrics = &m->out->pair_metrics;
    float *answer = calloc(pairs->count + 1, sizeof *answer);
    double start = kor_session_now();
    kor_status status = !answer ? kor_fail_memory(m->err)
                        : ranks ? rank_pairs(m, pairs, texts, answer)
                                : embed_pairs(m, pairs, texts, answer);
    m->out->us_per_item =
        (kor_session_now() - start) * 1e6 / (double)(ranks ? pairs->count : texts->count);
    if (status == KOR_OK) status = kor_pair_measure(metrics, pairs, answer, m->err);
    free(answer);
    if (status != KOR_OK) return status;
    /* A cosine is no probability. */
    if (!ranks) metrics->accuracy = metrics->accuracy_low = metrics->accuracy_high = NAN;
    if (!ranks) metrics->ece = NAN;
    m->out->quality = kor_pair_quality(metrics, pairs, &m->out->metric);
    if (isnan(m->out->quality)) {
        m->out->quality = metrics->spearman;
        m->out->metric = "spearman";
    }
    m->out->n = pairs->count;
    return KOR_OK;
}

static kor_status measure_pairs(measurer *m, kor_pairs *pairs, kor_texts *texts)
{
    KOR_TRY(kor_pairs_read(pairs, m->path, texts, &m->options->remarks, m->err));
    if (!pairs->scored) pairs->queries = true;
    if (pairs->queries)
        KOR_TRY(kor_pairs_add_negatives(pairs, pairs, texts, NEGATIVES, m->options->seed,
                                        &m->out->made_up, m->err));
    if (pairs->queries && !kor_pairs_contrasts(pairs)) {
        return kor_fail(m->err, KOR_E_INPUT,
                        "%s: no query has candidates of different scores: there is nothing to rank",
                        m->path);
    }
    return answer_pairs(m, pairs, texts);
}

kor_status kor_measure_file(kor_measured *out, const kor_model *model, const char *path,
                            const kor_measure_options *options, kor_error *err)
{
    *out = (kor_measured){0};
    measurer m = {.out = out, .model = model, .path = path, .options = options, .err = err};
    kor_model_get_info(model, &m.info);
    bool paired = strcmp(m.info.head, "rank") == 0 || strcmp(m.info.head, "embed") == 0;
    kor_pairs pairs = {0};
    kor_texts texts = {0};
    kor_status status = kor_ctx_new(&m.ctx, model, err);
    if (status == KOR_OK) status = paired ? measure_pairs(&m, &pairs, &texts) : measure_labels(&m);
    kor_ctx_free(m.ctx);
    kor_pairs_free(&pairs);
    kor_texts_free(&texts);
    if (status != KOR_OK) kor_measured_free(out);
    return status;
}

void kor_measured_free(kor_measured *measured)
{
    kor_dataset_free(&measured->data);
    kor_labels_free(&measured->labels);
    kor_metrics_free(&measured->metrics);
    *measured = (kor_measured){0};
}
