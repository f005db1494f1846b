/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/report.h"

#include <stdlib.h>
#include <string.h>

/* ---- Tables ---- */

void kor_table_begin(kor_table *t, size_t columns, size_t words)
{
    kor_str_clear(&t->cells);
    t->columns = columns;
    t->words = words;
    t->rows = 0;
}

void kor_table_add(kor_table *t, const char *cell)
{
    kor_str_add(&t->cells, cell, strlen(cell) + 1);
}

void kor_table_addf(kor_table *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    kor_str_vprintf(&t->cells, fmt, ap);
    va_end(ap);
    kor_str_putc(&t->cells, 0);
}

void kor_table_free(kor_table *t)
{
    kor_str_free(&t->cells);
    *t = (kor_table){0};
}

static bool is_word(char c)
{
    return (c & 0x80) || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void kor_markdown_text(kor_str *out, const char *text)
{
    for (char before = ' '; *text; before = *text++) {
        if ((unsigned char)*text < 0x20) {
            kor_str_putc(out, ' ');
            continue;
        }
        bool edge = !is_word(before) || !is_word(text[1]); /* within a word '_' is a letter */
        if (strchr("|<*`\\[&", *text) || (*text == '_' && edge)) kor_str_putc(out, '\\');
        kor_str_putc(out, *text);
    }
}

void kor_table_markdown(kor_str *out, const kor_table *t)
{
    const char *cell = kor_str_text(&t->cells);
    for (size_t row = 0; !t->cells.failed && row <= t->rows; row++) {
        for (size_t c = 0; c < t->columns; c++) {
            kor_str_puts(out, "| ");
            kor_markdown_text(out, cell);
            if (*cell) kor_str_putc(out, ' ');
            cell += strlen(cell) + 1;
        }
        kor_str_puts(out, "|\n");
        if (row) continue;
        for (size_t c = 0; c < t->columns; c++)
            kor_str_puts(out, c < t->words ? "| --- " : "| ---: ");
        kor_str_puts(out, "|\n");
    }
    out->failed |= t->cells.failed;
}

/* ---- What is in them ---- */

static void figure(kor_table *t, const char *name)
{
    kor_table_add(t, name);
    t->rows++;
}

static void span_figures(kor_table *out, const kor_metrics *m)
{
    size_t there = 0, found = 0;
    for (size_t i = 0; i < m->labels; i++) {
        there += m->classes[i].support;
        found += m->classes[i].answered;
    }
    figure(out, "F1 of spans");
    kor_table_addf(out, "%.4f (place and label exactly right)", m->micro_f1);
    figure(out, "precision");
    kor_table_addf(out, "%.4f of %zu found", m->precision, found);
    figure(out, "recall");
    kor_table_addf(out, "%.4f of %zu there", m->recall, there);
    figure(out, "macro-F1");
    kor_table_addf(out, "%.4f", m->macro_f1);
    figure(out, "texts all right");
    kor_table_addf(out, "%.4f (95 %% interval %.4f to %.4f)", m->accuracy, m->accuracy_low,
                   m->accuracy_high);
    figure(out, "calibration error");
    kor_table_addf(out, "%.4f of the spans found (expected, %d bins)", m->ece,
                   KOR_CALIBRATION_BINS);
}

void kor_report_figures(kor_table *out, const kor_metrics *m)
{
    kor_table_begin(out, 2, 2);
    kor_table_add(out, "");
    kor_table_add(out, "");
    if (m->spans) {
        span_figures(out, m);
        return;
    }
    figure(out, m->tags ? "all labels right" : "accuracy");
    kor_table_addf(out, "%.4f (95 %% interval %.4f to %.4f)", m->accuracy, m->accuracy_low,
                   m->accuracy_high);
    figure(out, "macro-F1");
    kor_table_addf(out, "%.4f", m->macro_f1);
    figure(out, "micro-F1");
    kor_table_addf(out, "%.4f", m->micro_f1);
    if (m->tags) {
        figure(out, "precision at 1");
        kor_table_addf(out, "%.4f", m->p_at_1);
        figure(out, "recall at 1");
        kor_table_addf(out, "%.4f", m->r_at_1);
    }
    figure(out, "calibration error");
    kor_table_addf(out, "%.4f (expected, %d bins)", m->ece, KOR_CALIBRATION_BINS);
    if (!m->tags) {
        figure(out, "abstains on");
        kor_table_addf(out, "%.1f %% of the rows; %.4f of the others are right", 100 * m->abstained,
                       m->kept_accuracy);
    }
    if (m->outside) {
        figure(out, "out of scope");
        kor_table_addf(out, "%zu rows, abstains on %.1f %% of them", m->outside,
                       100 * m->outside_recall);
    }
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

kor_status kor_report_classes(kor_table *out, const kor_metrics *m, const char *const *labels,
                              kor_error *err)
{
    ranked *list = malloc((m->labels + 1) * sizeof *list);
    if (!list) return kor_fail_memory(err);
    size_t n = 0;
    for (size_t l = 0; l < m->labels; l++) {
        if (m->classes[l].support || m->classes[l].answered)
            list[n++] = (ranked){l, 0, m->classes[l].f1};
    }
    qsort(list, n, sizeof *list, by_value);
    kor_table_begin(out, 5, 1);
    kor_table_add(out, n > KOR_REPORT_CLASSES ? "the weakest labels" : "label");
    kor_table_add(out, m->spans ? "spans" : "rows");
    kor_table_add(out, "precision");
    kor_table_add(out, "recall");
    kor_table_add(out, "F1");
    out->rows = n < KOR_REPORT_CLASSES ? n : KOR_REPORT_CLASSES;
    for (size_t i = 0; i < out->rows; i++) {
        const kor_class_score *c = &m->classes[list[i].a];
        kor_table_add(out, labels[list[i].a]);
        kor_table_addf(out, "%zu", c->support);
        kor_table_addf(out, "%.3f", c->precision);
        kor_table_addf(out, "%.3f", c->recall);
        kor_table_addf(out, "%.3f", c->f1);
    }
    free(list);
    return KOR_OK;
}

/* A column a label would be too wide with their names: they are numbered. */
static void matrix(kor_table *out, const kor_metrics *m, const char *const *labels)
{
    size_t n = m->labels;
    kor_table_begin(out, n + 1, 1);
    kor_table_add(out, "is, taken for");
    for (size_t l = 0; l < n; l++) kor_table_addf(out, "%zu", l + 1);
    for (size_t i = 0; i < n; i++) {
        kor_table_addf(out, "%zu %s", i + 1, labels[i]);
        for (size_t j = 0; j < n; j++) {
            uint32_t rows = m->confusion[i * n + j];
            if (rows)
                kor_table_addf(out, "%u", rows);
            else
                kor_table_add(out, ".");
        }
    }
    out->rows = n;
}

kor_status kor_report_confusions(kor_table *out, const kor_metrics *m, const char *const *labels,
                                 kor_error *err)
{
    kor_table_begin(out, 3, 2);
    if (!m->confusion) return KOR_OK;
    if (m->labels <= KOR_REPORT_MATRIX) {
        matrix(out, m, labels);
        return KOR_OK;
    }
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
    kor_table_add(out, "is");
    kor_table_add(out, "taken for");
    kor_table_add(out, m->spans ? "spans" : "rows");
    out->rows = n < KOR_REPORT_PAIRS ? n : KOR_REPORT_PAIRS;
    for (size_t i = 0; i < out->rows; i++) {
        kor_table_add(out, labels[list[i].a]);
        kor_table_add(out, labels[list[i].b]);
        kor_table_addf(out, "%.0f", -list[i].value);
    }
    free(list);
    return KOR_OK;
}

void kor_report_calibration(kor_table *out, const kor_metrics *m)
{
    kor_table_begin(out, 3, 0);
    kor_table_add(out, "says");
    kor_table_add(out, "is right");
    kor_table_add(out, m->spans ? "spans" : "rows");
    for (size_t i = 0; i < KOR_CALIBRATION_BINS; i++) {
        const kor_bin *b = &m->bin[i];
        if (!b->count) continue;
        kor_table_addf(out, "%.3f", b->confidence / (double)b->count);
        kor_table_addf(out, "%.3f", (double)b->correct / (double)b->count);
        kor_table_addf(out, "%zu", b->count);
        out->rows++;
    }
}
