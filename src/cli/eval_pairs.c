/* SPDX-License-Identifier: Apache-2.0 */
/* What eval does with models that compare two texts: heads rank and embed. */
#include "cli/cli.h"

#include "learn/measured.h"

#include <math.h>

static json_t *figures_json(const kor_measured *measured)
{
    const kor_pair_metrics *m = &measured->pair_metrics;
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
    json_object_set_new(o, "us_per_item", json_real(measured->us_per_item));
    return o;
}

static void print_figures(const kor_measured *measured, bool embeds)
{
    const kor_pair_metrics *m = &measured->pair_metrics;
    printf("%s, %.1f us a %s\n", kor_counted((int64_t)m->n, "pair"), measured->us_per_item,
           embeds ? "text" : "pair");
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

void kor_eval_pairs(const kor_measured *measured, bool embeds, bool json)
{
    if (json)
        kor_print_json(figures_json(measured));
    else
        print_figures(measured, embeds);
}
