/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/tables.h"

#include "cli/cli.h"

#include <string.h>

enum { WORDS_MOST = 40, COLUMNS_MOST = KOR_REPORT_MATRIX + 1 };

/* Bytes of the longest cell of each column. */
static void measure(const kor_table *t, size_t width[COLUMNS_MOST])
{
    const char *cell = kor_str_text(&t->cells);
    memset(width, 0, COLUMNS_MOST * sizeof *width);
    for (size_t i = 0; i < (t->rows + 1) * t->columns; i++) {
        size_t n = strlen(cell), column = i % t->columns;
        if (n > width[column]) width[column] = n;
        cell += n + 1;
    }
    for (size_t c = 0; c < t->words; c++) {
        if (width[c] > WORDS_MOST) width[c] = WORDS_MOST;
    }
}

static void print_row(const kor_table *t, const char **cell, const size_t *width, kor_style style)
{
    for (size_t c = 0; c < t->columns; c++) {
        bool last = c + 1 == t->columns;
        if (c >= t->words)
            kor_print(style, last ? "%*s" : "%*s  ", (int)width[c], *cell);
        else if (last)
            kor_print_line(style, *cell, strlen(*cell), 0);
        else
            kor_print_cell(style, *cell, width[c]);
        *cell += strlen(*cell) + 1;
    }
    putchar('\n');
}

bool kor_print_table(const kor_table *t)
{
    size_t width[COLUMNS_MOST];
    const char *cell = kor_str_text(&t->cells);
    if (t->cells.failed) return false;
    if (!t->rows || !t->columns || t->columns > COLUMNS_MOST) return true;
    measure(t, width);
    if (*cell)
        print_row(t, &cell, width, KOR_BOLD);
    else
        cell += t->columns; /* a heading of empty cells */
    for (size_t i = 0; i < t->rows; i++) print_row(t, &cell, width, KOR_PLAIN);
    return true;
}
