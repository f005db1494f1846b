/* SPDX-License-Identifier: Apache-2.0 */
/* From text to cells, through the kinds, and back. */
#include "forge/corrupt.h"

#include "forge/corrupt_text.h"
#include "text/utf8.h"

#include <stdlib.h>
#include <string.h>

struct kor_corruptor {
    kor_cells cells, spare;
    char *text;
    size_t text_cap;
    kor_mark *marks;
    size_t mark_cap;
};

kor_status kor_corruptor_new(kor_corruptor **out, kor_error *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? KOR_OK : kor_fail_memory(err);
}

void kor_corruptor_free(kor_corruptor *c)
{
    if (!c) return;
    free(c->cells.cell);
    free(c->spare.cell);
    free(c->text);
    free(c->marks);
    free(c);
}

/* ---- Cells ---- */

void kor_cells_add(kor_cells *cells, uint32_t cp, uint32_t mark)
{
    if (cells->failed) return;
    if (cells->count == cells->cap) {
        size_t room = cells->cap ? cells->cap * 2 : 256;
        kor_cell *grown = realloc(cells->cell, room * sizeof *grown);
        if (!grown) {
            cells->failed = true;
            return;
        }
        cells->cell = grown;
        cells->cap = room;
    }
    cells->cell[cells->count++] = (kor_cell){cp, mark};
}

void kor_cells_remove(kor_cells *cells, size_t at)
{
    cells->count--;
    memmove(cells->cell + at, cells->cell + at + 1, (cells->count - at) * sizeof *cells->cell);
}

void kor_cells_insert(kor_cells *cells, size_t at, uint32_t cp)
{
    uint32_t before = at ? cells->cell[at - 1].mark : 0;
    uint32_t after = at < cells->count ? cells->cell[at].mark : 0;
    kor_cells_add(cells, 0, 0);
    if (cells->failed) return;
    memmove(cells->cell + at + 1, cells->cell + at, (cells->count - 1 - at) * sizeof *cells->cell);
    cells->cell[at] = (kor_cell){cp, before == after ? before : 0};
}

/* ---- In ---- */

static kor_status read_cells(kor_cells *cells, const char *text, size_t len, const kor_mark *marks,
                             size_t mark_count, kor_error *err)
{
    size_t mark = 0;
    cells->count = 0;
    cells->failed = false;
    for (size_t i = 0; i < mark_count; i++) {
        if (marks[i].end <= marks[i].start || (i && marks[i].start < marks[i - 1].end))
            return kor_fail(err, KOR_E_ARG, "span %zu is empty or out of order", i);
    }
    for (size_t at = 0; at < len;) {
        uint32_t cp;
        size_t i = cells->count;
        at += kor_utf8_decode(text + at, len - at, &cp);
        while (mark < mark_count && marks[mark].end <= i) mark++;
        bool inside = mark < mark_count && marks[mark].start <= i;
        kor_cells_add(cells, cp, inside ? (uint32_t)mark + 1 : 0);
    }
    if (cells->failed) return kor_fail_memory(err);
    if (mark_count && marks[mark_count - 1].end > cells->count)
        return kor_fail(err, KOR_E_ARG, "span %zu ends behind the text", mark_count - 1);
    return KOR_OK;
}

/* ---- Out ---- */

/* No white space at the ends, and none doubled where something between was lost. What the text had
 * doubled of itself is joined too, which only a changed text goes through. */
static void tidy(kor_cells *cells)
{
    size_t kept = 0;
    for (size_t i = 0; i < cells->count; i++) {
        bool space = kor_cell_is_space(cells->cell[i].cp);
        if (space && (!kept || kor_cell_is_space(cells->cell[kept - 1].cp))) {
            /* Of two spaces the one outside of a span stays. */
            if (kept && !cells->cell[i].mark) cells->cell[kept - 1].mark = 0;
            continue;
        }
        cells->cell[kept++] = cells->cell[i];
    }
    while (kept && kor_cell_is_space(cells->cell[kept - 1].cp)) kept--;
    cells->count = kept;
}

static bool make_room(kor_corruptor *c, size_t mark_count)
{
    size_t bytes = c->cells.count * 4 + 1;
    if (c->text_cap < bytes) {
        char *grown = realloc(c->text, bytes);
        if (!grown) return false;
        c->text = grown;
        c->text_cap = bytes;
    }
    if (c->mark_cap < mark_count) {
        kor_mark *grown = realloc(c->marks, mark_count * sizeof *grown);
        if (!grown) return false;
        c->marks = grown;
        c->mark_cap = mark_count;
    }
    return true;
}

/* Where the cells of each span are now; white space at its ends is not part of it. */
static size_t write_marks(const kor_cells *cells, const kor_mark *marks, kor_mark *out)
{
    size_t count = 0;
    uint32_t current = 0;
    for (size_t i = 0; i < cells->count; i++) {
        uint32_t mark = cells->cell[i].mark;
        if (!mark || kor_cell_is_space(cells->cell[i].cp)) continue;
        if (mark != current) out[count++] = (kor_mark){i, i, marks[mark - 1].label};
        current = mark;
        out[count - 1].end = i + 1;
    }
    return count;
}

static size_t write_text(const kor_cells *cells, char *out)
{
    size_t len = 0;
    for (size_t i = 0; i < cells->count; i++) len += kor_utf8_encode(cells->cell[i].cp, out + len);
    out[len] = 0;
    return len;
}

/* ---- Kinds ---- */

static unsigned draw_kind(unsigned kinds, kor_random *random)
{
    size_t count = 0;
    for (unsigned k = 1; k <= KOR_CORRUPT_ALL; k <<= 1) count += (kinds & k) != 0;
    if (!count) return 0;
    size_t which = kor_random_below(random, count);
    for (unsigned k = 1;; k <<= 1) {
        if ((kinds & k) && which-- == 0) return k;
    }
}

static void apply(kor_corruptor *c, unsigned kind, kor_random *random)
{
    switch (kind) {
    case KOR_CORRUPT_TYPOS: kor_corrupt_typos(&c->cells, random); break;
    case KOR_CORRUPT_CASE: kor_corrupt_case(&c->cells, random); break;
    case KOR_CORRUPT_PUNCTUATION: kor_corrupt_punctuation(&c->cells); break;
    case KOR_CORRUPT_TRUNCATION: kor_corrupt_truncation(&c->cells, random); break;
    case KOR_CORRUPT_SPEECH: {
        c->spare.count = 0;
        c->spare.failed = false;
        kor_corrupt_speech(&c->cells, &c->spare, random);
        kor_cells swapped = c->cells;
        c->cells = c->spare;
        c->spare = swapped;
        break;
    }
    default: break;
    }
}

kor_status kor_corrupt(kor_corruptor *c, unsigned kinds, kor_random *random, const char *text,
                       size_t len, const kor_mark *marks, size_t mark_count, kor_corrupted *out,
                       kor_error *err)
{
    *out = (kor_corrupted){text, len, marks, mark_count, false};
    if (!kinds) kinds = KOR_CORRUPT_ALL;
    if (kinds & ~(unsigned)KOR_CORRUPT_ALL)
        return kor_fail(err, KOR_E_ARG, "unknown kinds of corruption: %#x", kinds);
    if (len > KOR_CORRUPT_TEXT)
        return kor_fail(err, KOR_E_INPUT, "a text of more than %d bytes", KOR_CORRUPT_TEXT);
    if (!kor_utf8_valid(text, len)) return kor_fail(err, KOR_E_INPUT, "a text that is not UTF-8");
    KOR_TRY(read_cells(&c->cells, text, len, marks, mark_count, err));
    unsigned first = draw_kind(kinds, random), second = 0;
    if (kor_random_below(random, 4) == 0) second = draw_kind(kinds & ~first, random);
    apply(c, first, random);
    /* Speech comes first: it would undo what the others did to case and punctuation. */
    apply(c, second == KOR_CORRUPT_SPEECH ? 0 : second, random);
    tidy(&c->cells);
    if (c->cells.failed || !make_room(c, mark_count)) return kor_fail_memory(err);
    if (!c->cells.count) return KOR_OK;
    size_t made = write_text(&c->cells, c->text);
    if (made == len && memcmp(c->text, text, len) == 0) return KOR_OK;
    *out = (kor_corrupted){c->text, made, c->marks, write_marks(&c->cells, marks, c->marks), true};
    return KOR_OK;
}
