/* SPDX-License-Identifier: Apache-2.0 */
/* What eval does with models that compare two texts: heads rank and embed. */
#include "cli/cli.h"

#include "learn/pair_metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NEGATIVES = 20 };

typedef struct evaluation {
    const kor_model *model;
    kor_model_info info;
    kor_ctx *ctx;
    kor_texts texts;
    kor_pairs pairs;
    float *answer; /* [pairs] */
    kor_pair_metrics metrics;
    size_t added;
    double us_per_item;
} evaluation;

static void say_remark(void *arg, const char *line)
{
    (void)arg;
    kor_say(&kor_command_eval, "%s", line);
}

static kor_status read_pairs(evaluation *e, const char *path, kor_error *err)
{
    const kor_remarks remarks = {say_remark, NULL};
    KOR_TRY(kor_pairs_read(&e->pairs, path, &e->texts, &remarks, err));
    if (!e->pairs.scored) e->pairs.queries = true;
    if (e->pairs.queries)
        KOR_TRY(
            kor_pairs_add_negatives(&e->pairs, &e->pairs, &e->texts, NEGATIVES, 1, &e->added, err));
    if (e->pairs.queries && !kor_pairs_contrasts(&e->pairs)) {
        return kor_fail(err, KOR_E_INPUT,
                        "%s: no query has candidates of different scores: there is nothing to rank",
                        path);
    }
    e->answer = calloc(e->pairs.count, sizeof *e->answer);
    return e->answer ? KOR_OK : kor_fail_memory(err);
}

static kor_status rank(evaluation *e, kor_error *err)
{
    double start = kor_seconds();
    for (size_t i = 0; i < e->pairs.count; i++) {
        const kor_pair *p = &e->pairs.pairs[i];
        const kor_row *a = &e->texts.rows[p->a], *b = &e->texts.rows[p->b];
        KOR_TRY(kor_rank(e->ctx, a->text, a->len, b->text, b->len, &e->answer[i], err));
        if (i % 512 == 0)
            kor_progress("eval", (double)i / (double)e->pairs.count, (int64_t)i,
                         kor_seconds() - start);
    }
    e->us_per_item = (kor_seconds() - start) * 1e6 / (double)e->pairs.count;
    return KOR_OK;
}

/* Each text once; then the cosines. */
static kor_status embed(evaluation *e, kor_error *err)
{
    size_t dim = e->info.dim, n = e->texts.count;
    float *v = calloc(n, dim * sizeof *v);
    kor_status status = v ? KOR_OK : kor_fail_memory(err);
    double start = kor_seconds();
    for (size_t i = 0; i < n && status == KOR_OK; i++) {
        status =
            kor_embed(e->ctx, e->texts.rows[i].text, e->texts.rows[i].len, v + i * dim, dim, err);
        if (i % 512 == 0)
            kor_progress("eval", (double)i / (double)n, (int64_t)i, kor_seconds() - start);
    }
    e->us_per_item = (kor_seconds() - start) * 1e6 / (double)n;
    for (size_t i = 0; i < e->pairs.count && status == KOR_OK; i++) {
        const float *a = v + e->pairs.pairs[i].a * dim, *b = v + e->pairs.pairs[i].b * dim;
        for (size_t j = 0; j < dim; j++) e->answer[i] += a[j] * b[j];
    }
    free(v);
    return status;
}

static kor_status evaluate(evaluation *e, kor_error *err)
{
    bool ranks = strcmp(e->info.head, "rank") == 0;
    KOR_TRY(ranks ? rank(e, err) : embed(e, err));
    kor_progress_clear();
    KOR_TRY(kor_pair_measure(&e->metrics, &e->pairs, e->answer, err));
    /* A cosine is no probability. */
    if (!ranks) e->metrics.accuracy = NAN;
    return KOR_OK;
}

static json_t *evaluation_json(const evaluation *e)
{
    const kor_pair_metrics *m = &e->metrics;
    json_t *o = json_pack("{s:I}", "n", (json_int_t)m->n);
    if (m->queries) {
        json_object_update_new(o, json_pack("{s:I,s:f,s:f,s:f,s:f,s:f}", "queries",
                                            (json_int_t)m->queries, "mrr", m->mrr, "ndcg", m->ndcg,
                                            "r_at_1", m->r_at_1, "r_at_5", m->r_at_5, "ordered",
                                            m->ordered));
    }
    if (!isnan(m->accuracy)) {
        json_object_update_new(o,
                               json_pack("{s:f,s:[f,f],s:f}", "accuracy", m->accuracy, "interval",
                                         m->accuracy_low, m->accuracy_high, "ece", m->ece));
    }
    if (!isnan(m->spearman)) {
        json_object_update_new(o,
                               json_pack("{s:f,s:[f,f]}", "spearman", m->spearman,
                                         "spearman_interval", m->spearman_low, m->spearman_high));
    }
    json_object_set_new(o, "us_per_item", json_real(e->us_per_item));
    return o;
}

static void print_evaluation(const evaluation *e)
{
    const kor_pair_metrics *m = &e->metrics;
    printf("%s, %.1f us a %s\n", kor_counted((int64_t)m->n, "pair"), e->us_per_item,
           e->info.dim ? "text" : "pair");
    if (m->queries) {
        printf("%zu quer%s: mean reciprocal rank %.4f   nDCG at 10 %.4f\n", m->queries,
               m->queries == 1 ? "y" : "ies", m->mrr, m->ndcg);
        printf("recall at 1 %.4f, at 5 %.4f   candidates in order %.4f\n", m->r_at_1, m->r_at_5,
               m->ordered);
    }
    if (!isnan(m->accuracy)) {
        printf("right at one half %.4f  (95 %% interval %.4f to %.4f)   calibration error %.4f\n",
               m->accuracy, m->accuracy_low, m->accuracy_high, m->ece);
    }
    if (!isnan(m->spearman)) {
        printf("rank correlation %.4f  (95 %% interval %.4f to %.4f)\n", m->spearman,
               m->spearman_low, m->spearman_high);
    }
}

kor_status kor_eval_pairs(const kor_model *model, const char *path, bool json, kor_error *err)
{
    evaluation e = {.model = model};
    kor_model_get_info(model, &e.info);
    kor_status status = kor_ctx_new(&e.ctx, model, err);
    if (status == KOR_OK) status = read_pairs(&e, path, err);
    if (status == KOR_OK && e.added) {
        kor_say(&kor_command_eval, "%s: %zu wrong candidates are texts of other rows, at random",
                path, e.added);
    }
    if (status == KOR_OK) status = evaluate(&e, err);
    if (status == KOR_OK && json)
        kor_print_json(evaluation_json(&e));
    else if (status == KOR_OK)
        print_evaluation(&e);
    free(e.answer);
    kor_pairs_free(&e.pairs);
    kor_texts_free(&e.texts);
    kor_ctx_free(e.ctx);
    return status;
}
