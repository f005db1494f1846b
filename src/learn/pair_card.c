/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/pair_card.h"

#include <math.h>

void kor_pair_card_add(kor_gguf_out *out, const kor_pair_metrics *m)
{
    const struct {
        const char *key;
        double value;
    } figures[] = {{"korora.card.mrr", m->mrr},           {"korora.card.ndcg", m->ndcg},
                   {"korora.card.r_at_1", m->r_at_1},     {"korora.card.r_at_5", m->r_at_5},
                   {"korora.card.accuracy", m->accuracy}, {"korora.card.spearman", m->spearman}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        if (!isnan(figures[i].value))
            kor_gguf_add_f32(out, figures[i].key, (float)figures[i].value);
    }
    kor_gguf_add_u32(out, "korora.card.measured_on", (uint32_t)m->n);
}

static void put_figures(kor_str *s, const kor_train_report *r)
{
    const kor_pair_metrics *m = &r->pairs;
    kor_str_puts(s, "\n## How good\n\n| | |\n| --- | --- |\n");
    if (!isnan(m->spearman)) {
        kor_str_printf(s, "| Spearman's rank correlation | %.4f (95 %% interval %.4f to %.4f) |\n",
                       m->spearman, m->spearman_low, m->spearman_high);
    }
    if (m->queries) {
        kor_str_printf(s, "| queries with candidates to rank | %zu |\n", m->queries);
        kor_str_printf(s, "| mean reciprocal rank | %.4f |\n", m->mrr);
        kor_str_printf(s, "| nDCG at 10 | %.4f |\n", m->ndcg);
        kor_str_printf(s, "| recall at 1, at 5 | %.4f, %.4f |\n", m->r_at_1, m->r_at_5);
        kor_str_printf(s, "| pairs of candidates in order | %.4f |\n", m->ordered);
    }
    if (r->task.head == KOR_HEAD_RANK && !isnan(m->accuracy)) {
        kor_str_printf(s, "| right at one half | %.4f (95 %% interval %.4f to %.4f) |\n",
                       m->accuracy, m->accuracy_low, m->accuracy_high);
        kor_str_printf(s, "| expected calibration error | %.4f (15 bins) |\n", m->ece);
    }
    if (r->task.head == KOR_HEAD_EMBED)
        kor_str_printf(s, "| %s of the model it comes from | %.4f |\n", r->metric, r->before);
    if (r->quality != r->quality_f32) {
        kor_str_printf(s, "| cost of int8 | %+.2f points |\n", 100 * (r->quality_f32 - r->quality));
    }
}

static void put_weaknesses(kor_str *s, const kor_train_report *r)
{
    kor_str_puts(s, "\n## Known weaknesses\n\n");
    if (r->task.head == KOR_HEAD_RANK) {
        kor_str_puts(s,
                     "- It compares what two texts share; what follows from a text without being "
                     "said in it escapes it.\n");
        if (r->pairs.queries) {
            kor_str_puts(s,
                         "- Its scores were fitted to the candidates it was measured with: among "
                         "more or fewer of them they are off, and the order stands.\n");
        }
    } else {
        kor_str_puts(s, "- It has learnt what is alike in these rows; other kinds of text may be "
                        "told apart less well than by the model it comes from.\n");
    }
    if (r->made_up) {
        kor_str_printf(
            s,
            "- %zu of the wrong candidates it was measured with are texts of other rows, "
            "taken at random: real ones are harder.\n",
            r->made_up);
    }
    if (r->bad_rows) kor_str_printf(s, "- %zu rows could not be read.\n", r->bad_rows);
}

void kor_pair_card(kor_str *out, const kor_train_report *report)
{
    put_figures(out, report);
    put_weaknesses(out, report);
}
