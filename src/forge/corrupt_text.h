/* SPDX-License-Identifier: Apache-2.0 */
/* A text in cells, each a character with the span it belongs to: what is done to the characters
 * leaves the spans right by itself. Only the kinds of corruption include this. */
#ifndef KOR_CORRUPT_TEXT_H
#define KOR_CORRUPT_TEXT_H

#include "forge/corrupt.h"

typedef struct kor_cell {
    uint32_t cp;
    uint32_t mark; /* number of its span + 1; 0: none */
} kor_cell;

/* A growing row of cells. Running out of memory is remembered. */
typedef struct kor_cells {
    kor_cell *cell;
    size_t count, cap;
    bool failed;
} kor_cells;

void kor_cells_add(kor_cells *cells, uint32_t cp, uint32_t mark);
void kor_cells_remove(kor_cells *cells, size_t at);
/* Put one before at, which belongs to a span only when both of its neighbours do. */
void kor_cells_insert(kor_cells *cells, size_t at, uint32_t cp);

bool kor_cell_is_letter(uint32_t cp);
bool kor_cell_is_space(uint32_t cp);

/* The kinds. Each may leave the text as it is; cells of from go to the end of to, which is empty,
 * in the one that needs room. */
void kor_corrupt_typos(kor_cells *cells, kor_random *random);
void kor_corrupt_case(kor_cells *cells, kor_random *random);
void kor_corrupt_punctuation(kor_cells *cells);
void kor_corrupt_truncation(kor_cells *cells, kor_random *random);
void kor_corrupt_speech(const kor_cells *from, kor_cells *to, kor_random *random);

#endif
