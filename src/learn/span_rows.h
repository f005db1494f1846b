/* SPDX-License-Identifier: Apache-2.0 */
/* A row with spans, in any of its forms:
 *
 *     {"text": "...", "spans": [{"start": 3, "end": 9, "label": "x"}, [12, 14, "y"]]}
 *     {"tokens": ["...", ...], "tags": ["B-x", "I-x", "O", ...]}
 *
 * Offsets are in code points, end exclusive. Tokens are joined by a space; an I- that goes on with
 * nothing of its label begins a span, as in the data of CoNLL. A row that has both forms is read by
 * its text and spans. */
#ifndef KOR_SPAN_ROWS_H
#define KOR_SPAN_ROWS_H

#include "base/status.h"
#include "base/str.h"

#include <jansson.h>

typedef struct kor_given_span {
    size_t start, end;       /* code points, then bytes without white space at the ends */
    size_t start_cp, end_cp; /* as given */
    const char *label;       /* borrowed from the row */
    size_t label_len;
} kor_given_span;

/* Zero-initialise; reused from row to row. */
typedef struct kor_span_row {
    kor_str text;
    kor_given_span *span; /* [count] ascending, apart from each other also by words */
    size_t count, cap;
    size_t widened; /* spans with a border inside a word */
} kor_span_row;

/* Read a row. KOR_E_INPUT with the reason in err when it is bad. */
kor_status kor_span_row_read(kor_span_row *out, json_t *row, kor_error *err);
void kor_span_row_free(kor_span_row *row);

#endif
