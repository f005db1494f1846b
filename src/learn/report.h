/* SPDX-License-Identifier: Apache-2.0 */
/* How good answers are, as tables: a card shows them as Markdown, the command line in columns. */
#ifndef KOR_REPORT_H
#define KOR_REPORT_H

#include "base/str.h"
#include "learn/metrics.h"

enum {
    KOR_REPORT_MATRIX = 20, /* labels at most, to show all that is taken for another */
    KOR_REPORT_CLASSES = 40,
    KOR_REPORT_PAIRS = 15
};

/* The cells as texts, the heading's first, then row by row; each ends with its NUL. They may hold
 * what others wrote: whoever shows them makes them safe. Zero-initialise; kor_table_free. */
typedef struct kor_table {
    size_t columns, rows; /* rows without the heading */
    size_t words;         /* so many columns, from the first, hold words; the others numbers */
    kor_str cells;
} kor_table;

void kor_table_begin(kor_table *t, size_t columns, size_t words);
void kor_table_add(kor_table *t, const char *cell);
void kor_table_addf(kor_table *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kor_table_free(kor_table *t);

/* Append it as Markdown, with no markup, cell or line that is not the table's own. */
void kor_table_markdown(kor_str *out, const kor_table *t);

/* Append text of others so that Markdown shows it as it is, in one line. */
void kor_markdown_text(kor_str *out, const char *text);

/* The tables; labels[m->labels] are names. One that has nothing to show has no rows.
 * - figures: accuracy with its interval, F1, calibration error, abstaining; two columns of words
 * - classes: rows, precision, recall and F1 of the KOR_REPORT_CLASSES weakest labels
 * - confusions: the whole matrix of up to KOR_REPORT_MATRIX labels, else the worst pairs
 * - calibration: said, right and rows of each bin that is not empty */
void kor_report_figures(kor_table *out, const kor_metrics *m);
kor_status kor_report_classes(kor_table *out, const kor_metrics *m, const char *const *labels,
                              kor_error *err);
kor_status kor_report_confusions(kor_table *out, const kor_metrics *m, const char *const *labels,
                                 kor_error *err);
void kor_report_calibration(kor_table *out, const kor_metrics *m);

#endif
