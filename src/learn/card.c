/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/card.h"

#include "base/file.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES_SHOWN = 40, CONFUSIONS_SHOWN = 15 };

static void recipe_line(char out[256], const kor_train_report *r)
{
    const kor_bag_recipe *b = &r->task.recipe;
    if (r->metrics.spans) {
        (void)snprintf(out, 256, "%zu of %zu features, %zu epochs, rate %g, dropout %g, blind %g",
                       r->kept, r->features, r->epochs, (double)b->rate, (double)b->dropout,
                       (double)r->blind);
        return;
    }
    (void)snprintf(
        out, 256,
        "words 1-%u, characters %u-%u, %zu of %zu features, dim %zu, %zu epochs, rate %g, "
        "chars_rate %g, dropout %g",
        b->shape.words, b->shape.chars_from, b->shape.chars_to, r->kept, r->features, r->dim,
        r->epochs, (double)b->rate, (double)b->chars_rate, (double)b->dropout);
}

void kor_card_add(kor_gguf_out *out, const kor_train_report *r)
{
    char text[256];
    kor_gguf_add_string(out, "korora.metric",
                        r->metrics.spans  ? "span_f1"
                        : r->metrics.tags ? "micro_f1"
                                          : "accuracy");
    kor_gguf_add_f32(out, "korora.quality", (float)r->quality);
    kor_gguf_add_f32(out, "korora.card.macro_f1", (float)r->metrics.macro_f1);
    kor_gguf_add_f32(out, "korora.card.p_at_1", (float)r->metrics.p_at_1);
    kor_gguf_add_f32(out, "korora.card.ece", (float)r->metrics.ece);
    kor_gguf_add_u32(out, "korora.card.measured_on", (uint32_t)r->metrics.n);
    kor_gguf_add_u32(out, "korora.card.rows", (uint32_t)r->rows);
    (void)snprintf(text, sizeof text, "%016" PRIx64, r->train_hash);
    kor_gguf_add_string(out, "korora.card.train_hash", text);
    if (!r->split) {
        (void)snprintf(text, sizeof text, "%016" PRIx64, r->val_hash);
        kor_gguf_add_string(out, "korora.card.val_hash", text);
    }
    (void)snprintf(text, sizeof text, "%" PRIu64, r->task.seed);
    kor_gguf_add_string(out, "korora.card.seed", text);
    recipe_line(text, r);
    kor_gguf_add_string(out, "korora.card.recipe", text);
    if (r->task.out_of_scope) kor_gguf_add_string(out, "korora.out_of_scope", r->task.out_of_scope);
}

/* ---- Markdown ---- */

/* Text of others inside a table: no markup, no new cell, no new line. */
static void put_cell(kor_str *s, const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20) {
            kor_str_putc(s, ' ');
            continue;
        }
        if (*text == '|' || *text == '<' || *text == '*' || *text == '`' || *text == '\\' ||
            *text == '[')
            kor_str_putc(s, '\\');
        kor_str_putc(s, *text);
    }
}

static void put_row(kor_str *s, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
static void put_row(kor_str *s, const char *name, const char *fmt, ...)
{
    char value[512];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(value, sizeof value, fmt, ap);
    va_end(ap);
    kor_str_printf(s, "| %s | %s |\n", name, value);
}

/* Which architectures were tried, when there was a choice. */
static void put_tried(kor_str *s, const kor_train_report *r)
{
    size_t n = 0;
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) n += isnan(r->tried[i]) ? 0 : 1;
    if (n < 2) return;
    kor_str_puts(s, "| tried |");
    for (size_t i = 0; i < KOR_ARCHITECTURES; i++) {
        if (!isnan(r->tried[i]))
            kor_str_printf(s, " %s %.4f,", kor_architecture_name((kor_architecture)i), r->tried[i]);
    }
    kor_str_puts(s, r->metrics.spans ? " |\n" : " before thresholds |\n");
}

static void put_head(kor_str *s, const kor_train_report *r)
{
    const kor_task *t = &r->task;
    char recipe[256];
    recipe_line(recipe, r);
    kor_str_puts(s, "# ");
    put_cell(s, t->name);
    kor_str_printf(s, "\n\nA Korora model: head %s, architecture %s, %zu labels, int8.\n\n",
                   kor_head_name(t->head), kor_architecture_name(r->made), r->labels.count);
    kor_str_puts(s, "| | |\n| --- | --- |\n| licence of the data | ");
    put_cell(s, t->licence ? t->licence : "not stated");
    kor_str_puts(s, " |\n");
    for (size_t i = 0; i < t->source_count; i++) {
        kor_str_puts(s, "| source | ");
        put_cell(s, t->sources[i]);
        kor_str_puts(s, " |\n");
    }
    put_row(s, "learnt from", "%zu rows, hash %016" PRIx64, r->rows, r->train_hash);
    if (r->split) {
        put_row(
            s, "measured on",
            "%zu of these rows, split off by seed; the figures are of a model that had not seen "
            "them, the one in the file has learnt from all",
            r->val_rows);
    } else {
        put_row(s, "measured on", "%zu rows apart, hash %016" PRIx64, r->val_rows, r->val_hash);
    }
    put_row(s, "seed", "%" PRIu64, t->seed);
    put_row(s, "recipe", "%s", recipe);
    if (r->made > KOR_BAG && !r->metrics.spans)
        put_row(s, "bag's weight", "%.2f", (double)r->bag_weight);
    put_tried(s, r);
    put_row(s, "size", "%zu bytes%s", r->bytes, r->made > KOR_BAG ? ", without the trunk" : "");
    put_row(s, "time of an answer", "%.1f us, on the machine that made it", r->us_per_item);
    put_row(s, "trained in", "%.1f s, one thread", r->seconds);
}

static void put_gates(kor_str *s, const kor_train_report *r)
{
    for (size_t i = 0; i < r->gates; i++) {
        const kor_gate *g = &r->gate[i];
        char name[64];
        (void)snprintf(name, sizeof name, "gate: %s", g->name);
        put_row(s, name, "%s %.6g: %s", g->at_most ? "at most" : "at least", g->wanted,
                g->passed ? "passed" : "failed");
    }
}

static void put_span_figures(kor_str *s, const kor_train_report *r)
{
    const kor_metrics *m = &r->metrics;
    size_t spans = 0, found = 0;
    for (size_t i = 0; i < m->labels; i++) {
        spans += m->classes[i].support;
        found += m->classes[i].answered;
    }
    put_row(s, "F1 of spans", "%.4f: place and label exactly right", m->micro_f1);
    put_row(s, "precision, recall", "%.4f of %zu found, %.4f of %zu there", m->precision, found,
            m->recall, spans);
    put_row(s, "macro-F1", "%.4f", m->macro_f1);
    put_row(s, "texts all right", "%.4f (95 %% interval %.4f to %.4f)", m->accuracy,
            m->accuracy_low, m->accuracy_high);
    put_row(s, "expected calibration error", "%.4f of the spans found (15 bins, temperature %.3f)",
            m->ece, (double)r->temperature);
    put_row(s, "lean towards spans", "%.1f, where F1 on these rows is best", (double)r->lean);
}

static void put_figures(kor_str *s, const kor_train_report *r)
{
    const kor_metrics *m = &r->metrics;
    kor_str_puts(s, "\n## How good\n\n| | |\n| --- | --- |\n");
    if (m->spans) {
        put_span_figures(s, r);
        put_gates(s, r);
        return;
    }
    put_row(s, m->tags ? "all labels right" : "accuracy", "%.4f (95 %% interval %.4f to %.4f)",
            m->accuracy, m->accuracy_low, m->accuracy_high);
    put_row(s, "macro-F1", "%.4f", m->macro_f1);
    put_row(s, "micro-F1", "%.4f", m->micro_f1);
    if (m->tags) {
        put_row(s, "precision at 1", "%.4f", m->p_at_1);
        put_row(s, "recall at 1", "%.4f", m->r_at_1);
    }
    put_row(s, "expected calibration error", "%.4f (15 bins, temperature %.3f)", m->ece,
            (double)r->temperature);
    put_row(s, "cost of int8", "%+.2f points", 100 * (r->quality - r->quality_f32));
    if (!m->tags) {
        put_row(s, "abstains below", "%.3f: %.1f %% of the rows, %.4f of the others are right",
                (double)r->threshold, 100 * m->abstained, m->kept_accuracy);
    }
    if (m->outside) {
        put_row(s, "out of scope", "%zu rows, abstained on %.1f %% of them", m->outside,
                100 * m->outside_recall);
    }
    put_gates(s, r);
}

typedef struct ranked {
    size_t a, b;
    double value;
} ranked;

static int by_value(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    return x->a != y->a ? (x->a > y->a) - (x->a < y->a) : (x->b > y->b) - (x->b < y->b);
}

static kor_status put_classes(kor_str *s, const kor_train_report *r, kor_error *err)
{
    const kor_metrics *m = &r->metrics;
    ranked *list = malloc((m->labels + 1) * sizeof *list);
    if (!list) return kor_fail_memory(err);
    size_t n = 0;
    for (size_t l = 0; l < m->labels; l++) {
        if (m->classes[l].support) list[n++] = (ranked){l, 0, m->classes[l].f1};
    }
    qsort(list, n, sizeof *list, by_value);
    kor_str_printf(s, "\n## Labels, the weakest first%s\n\n",
                   n > CLASSES_SHOWN ? " (40 of them)" : "");
    kor_str_printf(s, "| label | %s | precision | recall | F1 |\n| --- | --- | --- | --- | --- |\n",
                   m->spans ? "spans" : "rows");
    for (size_t i = 0; i < n && i < CLASSES_SHOWN; i++) {
        const kor_class_score *c = &m->classes[list[i].a];
        kor_str_puts(s, "| ");
        put_cell(s, r->labels.name[list[i].a]);
        kor_str_printf(s, " | %zu | %.3f | %.3f | %.3f |\n", c->support, c->precision, c->recall,
                       c->f1);
    }
    if (n < m->labels)
        kor_str_printf(s, "\n%zu labels have no row to measure with.\n", m->labels - n);
    free(list);
    return KOR_OK;
}

static kor_status put_confusions(kor_str *s, const kor_train_report *r, kor_error *err)
{
    const kor_metrics *m = &r->metrics;
    if (!m->confusion) return KOR_OK;
    size_t n = 0, cells = m->labels * m->labels;
    for (size_t i = 0; i < cells; i++) n += m->confusion[i] && i / m->labels != i % m->labels;
    ranked *list = malloc((n + 1) * sizeof *list);
    if (!list) return kor_fail_memory(err);
    n = 0;
    for (size_t i = 0; i < cells; i++) {
        if (m->confusion[i] && i / m->labels != i % m->labels)
            list[n++] = (ranked){i / m->labels, i % m->labels, -(double)m->confusion[i]};
    }
    qsort(list, n, sizeof *list, by_value);
    if (n)
        kor_str_puts(s,
                     "\n## Taken for another\n\n| is | taken for | rows |\n| --- | --- | --- |\n");
    for (size_t i = 0; i < n && i < CONFUSIONS_SHOWN; i++) {
        kor_str_puts(s, "| ");
        put_cell(s, r->labels.name[list[i].a]);
        kor_str_puts(s, " | ");
        put_cell(s, r->labels.name[list[i].b]);
        kor_str_printf(s, " | %.0f |\n", -list[i].value);
    }
    free(list);
    return KOR_OK;
}

static void put_calibration(kor_str *s, const kor_metrics *m)
{
    kor_str_printf(s, "\n## Calibration\n\n| says | is right | %s |\n| --- | --- | --- |\n",
                   m->spans ? "spans" : "rows");
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++) {
        const kor_bin *b = &m->bin[i];
        if (!b->count) continue;
        kor_str_printf(s, "| %.3f | %.3f | %zu |\n", b->confidence / (double)b->count,
                       (double)b->correct / (double)b->count, b->count);
    }
}

static void put_weaknesses(kor_str *s, const kor_train_report *r)
{
    kor_str_printf(s, "\n## Known weaknesses\n\n- %s\n",
                   r->metrics.spans
                       ? "Spans begin and end with words (letters or digits in a row, or one other "
                         "character) and do not lie in each other."
                       : "It knows words and their parts, not their order beyond neighbours: "
                         "negation and irony escape it.");
    if (r->rare) kor_str_printf(s, "- %zu labels had one row or none to learn from.\n", r->rare);
    if (r->contradictions)
        kor_str_printf(s, "- %zu rows contradict others of the same text.\n", r->contradictions);
    if (r->shared) {
        kor_str_printf(s,
                       "- %zu validation texts are among the training rows: the figures "
                       "flatter.\n",
                       r->shared);
    }
    if (r->bad_rows) kor_str_printf(s, "- %zu rows could not be read.\n", r->bad_rows);
    if (!r->metrics.outside && !r->metrics.tags && !r->metrics.spans) {
        kor_str_puts(s, "- There were no texts out of scope to measure with: the threshold only "
                        "leaves out what is least certain.\n");
    }
}

kor_status kor_card_write(const kor_train_report *r, kor_error *err)
{
    kor_str s = {0};
    put_head(&s, r);
    put_figures(&s, r);
    kor_status status = put_classes(&s, r, err);
    if (status == KOR_OK) status = put_confusions(&s, r, err);
    put_calibration(&s, &r->metrics);
    put_weaknesses(&s, r);
    if (status == KOR_OK && s.failed) status = kor_fail_memory(err);
    kor_writer w;
    if (status == KOR_OK) status = kor_writer_open(&w, r->card, err);
    if (status == KOR_OK) {
        status = kor_writer_add(&w, kor_str_text(&s), s.len, err);
        if (status == KOR_OK)
            status = kor_writer_commit(&w, err);
        else
            kor_writer_abandon(&w);
    }
    kor_str_free(&s);
    return status;
}
