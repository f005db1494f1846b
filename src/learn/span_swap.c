/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_swap.h"

#include "base/str.h"
#include "learn/random.h"

#include <math.h>
#include <string.h>

/* A span of a row. */
typedef struct mention {
    const kor_row *row;
    const kor_row_span *span;
} mention;

/* All spans, label by label. */
typedef struct mentions {
    mention *list;
    size_t *first; /* [labels + 1] */
} mentions;

static kor_status gather(mentions *m, const kor_spans_row *rows, size_t count, size_t labels,
                         kor_arena *arena, kor_error *err)
{
    size_t spans = 0;
    for (size_t i = 0; i < count; i++) spans += rows[i].spans->count;
    m->list = kor_arena_array(arena, spans, sizeof *m->list);
    m->first = kor_arena_array(arena, labels + 2, sizeof *m->first);
    if (!m->list || !m->first) return kor_fail_memory(err);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < rows[i].spans->count; j++)
            m->first[rows[i].spans->span[j].label + 2]++;
    }
    for (size_t l = 2; l < labels + 2; l++) m->first[l] += m->first[l - 1];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < rows[i].spans->count; j++) {
            const kor_row_span *s = &rows[i].spans->span[j];
            m->list[m->first[s->label + 1]++] = (mention){rows[i].row, s};
        }
    }
    return KOR_OK;
}

/* A copy of a row with other spans, in arena. */
static kor_status copy_row(const mentions *m, const kor_spans_row *from, kor_random *random,
                           kor_str *text, kor_arena *arena, kor_spans_row *out, kor_error *err)
{
    size_t count = from->spans->count, at = 0, one = kor_random_next(random) % count;
    kor_row *row = kor_arena_array(arena, 1, sizeof *row);
    kor_row_spans *spans = kor_arena_array(arena, 1, sizeof *spans);
    kor_row_span *span = kor_arena_array(arena, count, sizeof *span);
    if (!row || !spans || !span) return kor_fail_memory(err);
    kor_str_clear(text);
    for (size_t j = 0; j < count; j++) {
        const kor_row_span *own = &from->spans->span[j];
        mention other = {from->row, own};
        size_t first = m->first[own->label], last = m->first[own->label + 1];
        if (kor_random_unit(random) < 0.5f || j == one)
            other = m->list[first + kor_random_next(random) % (last - first)];
        kor_str_add(text, from->row->text + at, own->start - at);
        span[j].start = text->len;
        kor_str_add(text, other.row->text + other.span->start, other.span->end - other.span->start);
        span[j].end = text->len;
        span[j].label = own->label;
        at = own->end;
    }
    kor_str_add(text, from->row->text + at, from->row->len - at);
    char *copy = text->failed ? NULL : kor_arena_copy(arena, kor_str_text(text), text->len);
    if (!copy) return kor_fail_memory(err);
    *row = *from->row;
    row->text = copy;
    row->len = text->len;
    *spans = (kor_row_spans){span, count};
    *out = (kor_spans_row){row, spans};
    return KOR_OK;
}

kor_status kor_span_swap(const kor_spans_row *rows, size_t count, size_t labels, double share,
                         uint64_t seed, kor_arena *arena, kor_spans_row **out, size_t *total,
                         kor_error *err)
{
    mentions m;
    kor_str text = {0};
    kor_random random = {seed};
    kor_status status = gather(&m, rows, count, labels, arena, err);
    size_t most = count * ((size_t)ceil(share) + 1), n = count;
    if (status == KOR_OK && !(*out = kor_arena_array(arena, most, sizeof **out)))
        status = kor_fail_memory(err);
    if (status == KOR_OK) memcpy(*out, rows, count * sizeof **out);
    for (; status == KOR_OK && share > 0; share--) {
        for (size_t i = 0; status == KOR_OK && i < count; i++) {
            if (!rows[i].spans->count || (double)kor_random_unit(&random) >= share) continue;
            status = copy_row(&m, &rows[i], &random, &text, arena, &(*out)[n++], err);
        }
    }
    *total = n;
    kor_str_free(&text);
    return status;
}
