/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/model_answers.h"

#include "serve/shapes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool kor_model_ranks(const kor_model_info *info)
{
    return strcmp(info->head, "rank") == 0;
}

size_t kor_answer_size(const kor_model_info *info)
{
    return kor_model_ranks(info) ? 1 : info->labels ? info->labels : info->dim;
}

kor_status kor_answerer_open(kor_answerer *a, const kor_model *model, kor_error *err)
{
    *a = (kor_answerer){.model = model};
    kor_model_get_info(model, &a->info);
    a->size = kor_answer_size(&a->info);
    a->v = malloc(a->size * sizeof *a->v);
    if (strcmp(a->info.head, "spans") == 0) {
        a->spans = calloc(KOR_TEXT_MAX, sizeof *a->spans);
        if (!a->spans) return kor_fail_memory(err);
    }
    return a->v ? kor_ctx_new(&a->ctx, model, err) : kor_fail_memory(err);
}

void kor_answerer_close(kor_answerer *a)
{
    kor_ctx_free(a->ctx);
    free(a->v);
    free(a->spans);
}

kor_status kor_answerer_ask(kor_answerer *a, const char *text, size_t len, kor_error *err)
{
    if (a->spans) return kor_spans(a->ctx, text, len, a->spans, KOR_TEXT_MAX, &a->found, err);
    if (a->info.labels) return kor_classify(a->ctx, text, len, a->v, a->size, err);
    return kor_embed(a->ctx, text, len, a->v, a->size, err);
}

kor_status kor_answerer_rank(kor_answerer *a, const char *query, size_t query_len, const char *text,
                             size_t len, kor_error *err)
{
    return kor_rank(a->ctx, query, query_len, text, len, a->v, err);
}

/* ---- As JSON ---- */

static void put_embedding(kor_str *out, const float *v, size_t n)
{
    kor_str_puts(out, "{\"embedding\":[");
    for (size_t i = 0; i < n; i++) {
        char number[32]; /* formatted once; kor_str_printf would first measure it */
        int len = snprintf(number, sizeof number, "%s%.6g", i ? "," : "", (double)v[i]);
        kor_str_add(out, number, (size_t)len);
    }
    kor_str_puts(out, "]}");
}

static json_t *label_json(const kor_model *model, size_t i)
{
    const char *label = kor_model_label(model, i);
    return kor_text_json(label, strlen(label));
}

static size_t best_of(const float *p, size_t n)
{
    size_t best = 0;
    for (size_t i = 1; i < n; i++) best = p[i] > p[best] ? i : best;
    return best;
}

static void put_class(kor_str *out, const kor_model *model, const float *p, size_t n)
{
    size_t best = best_of(p, n);
    json_t *scores = json_object();
    for (size_t i = 0; i < n; i++)
        json_object_set_new(scores, kor_model_label(model, i), json_real((double)p[i]));
    json_t *o = json_pack("{s:o,s:f}", "label", label_json(model, best), "score", (double)p[best]);
    if (p[best] < kor_model_threshold(model, 0)) json_object_set_new(o, "abstain", json_true());
    json_object_set_new(o, "scores", scores);
    kor_put_json(out, o);
}

static void put_tags(kor_str *out, const kor_model *model, const float *p, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        if (p[i] < kor_model_threshold(model, i)) continue;
        json_array_append_new(
            list, json_pack("{s:o,s:f}", "label", label_json(model, i), "score", (double)p[i]));
    }
    kor_put_json(out, json_pack("{s:o}", "labels", list));
}

static void put_spans(kor_str *out, const kor_model *model, const char *text, const kor_span *span,
                      size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        const kor_span *s = &span[i];
        json_array_append_new(list,
                              json_pack("{s:I,s:I,s:o,s:o,s:f}", "start", (json_int_t)s->start_cp,
                                        "end", (json_int_t)s->end_cp, "text",
                                        kor_text_json(text + s->start, s->end - s->start), "label",
                                        label_json(model, s->label), "score", (double)s->score));
    }
    kor_put_json(out, json_pack("{s:o}", "spans", list));
}

void kor_put_answer(kor_str *out, const kor_answerer *a, const char *text)
{
    if (kor_model_ranks(&a->info))
        kor_put_json(out, json_pack("{s:f}", "score", (double)a->v[0]));
    else if (a->spans)
        put_spans(out, a->model, text, a->spans, a->found);
    else if (!a->info.labels)
        put_embedding(out, a->v, a->size);
    else if (strcmp(a->info.head, "tags") == 0)
        put_tags(out, a->model, a->v, a->size);
    else
        put_class(out, a->model, a->v, a->size);
}
