/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_windows.h"

#include "model/trunk.h"
#include "model/wordstates.h"

#include <stdlib.h>
#include <string.h>

static bool grow(void **list, size_t count, size_t size)
{
    size_t bytes;
    void *p = kor_mul(count, size, &bytes) ? realloc(*list, bytes) : NULL;
    if (p) *list = p;
    return p;
}

/* Room for a window more, of words and tokens. */
static kor_status make_room(kor_span_windows *w, size_t words, size_t tokens, kor_error *err)
{
    size_t n = w->tokens.count, held = n ? w->first[n] : 0;
    bool ok = true;
    if (n + 2 > w->window_cap) {
        w->window_cap = 2 * n + 1024;
        ok = ok && grow((void **)&w->list, w->window_cap, sizeof *w->list);
        ok = ok && grow((void **)&w->first, w->window_cap, sizeof *w->first);
    }
    if (w->piece_count + words + 1 > w->piece_cap) {
        w->piece_cap = 2 * w->piece_count + words + 1024;
        ok = ok && grow((void **)&w->pieces, w->piece_cap, sizeof *w->pieces);
    }
    if (held + tokens + 1 > w->id_cap) {
        w->id_cap = 2 * held + tokens + 1024;
        ok = ok && grow((void **)&w->ids, w->id_cap, sizeof *w->ids);
    }
    return ok ? KOR_OK : kor_fail_memory(err);
}

/* A window over the words of a chain, whose first one is word of the corpus. */
static kor_status add_window(kor_span_windows *w, const kor_word_encoder *with, size_t word,
                             const kor_word_window *from, kor_error *err)
{
    size_t words = from->to - from->from, begin = with->first[from->from];
    size_t tokens = with->first[from->to] - begin;
    KOR_TRY(make_room(w, words, tokens, err));
    size_t n = w->tokens.count++;
    if (!n) w->first[0] = 0;
    w->list[n] = (kor_span_window){word + from->from, words, from->keep - from->from,
                                   from->kept - from->from, w->piece_count};
    for (size_t i = 0; i <= words; i++)
        w->pieces[w->piece_count++] = (uint32_t)(with->first[from->from + i] - begin);
    memcpy(w->ids + w->first[n], with->ids + begin, tokens * sizeof *w->ids);
    /* A row has a token at least; this one is no word's. */
    if (!tokens) w->ids[w->first[n] + tokens++] = 0;
    w->first[n + 1] = w->first[n] + tokens;
    if (words > w->longest) w->longest = words;
    return KOR_OK;
}

static kor_status add_rows(kor_span_windows *w, const kor_word_encoder *with, kor_word *words,
                           const kor_spans_row *rows, const kor_span_corpus *corpus, kor_error *err)
{
    for (size_t i = 0; i < corpus->rows; i++) {
        const kor_row *row = rows[i].row;
        kor_span_pieces p = {.cut = {.text = row->text, .len = row->len}, .words = words};
        size_t chain = corpus->row_chain[i];
        for (size_t n; (n = kor_span_pieces_next(&p)); chain++) {
            kor_word_window window = {0};
            kor_word_split(with, row->text, words, n);
            while (kor_word_window_next(with, n, &window))
                KOR_TRY(add_window(w, with, corpus->first[chain], &window, err));
        }
    }
    return KOR_OK;
}

kor_status kor_span_windows_make(kor_span_windows *out, const kor_model *trunk,
                                 const kor_spans_row *rows, const kor_span_corpus *corpus,
                                 kor_error *err)
{
    *out = (kor_span_windows){.tokens = {.together = 1}};
    const kor_word_encoder with = {
        .encoder = kor_trunk_encoder(trunk),
        .tokenizer = kor_trunk_tokenizer(trunk),
        .ids = calloc(KOR_SPANS_WORDS * KOR_WORD_PIECES, sizeof(int32_t)),
        .first = calloc(KOR_SPANS_WORDS + 1, sizeof(uint32_t)),
        .lattice = aligned_alloc(64, kor_round_up(kor_unigram_scratch(), 64))};
    kor_word *words = calloc(KOR_SPANS_WORDS, sizeof *words);
    kor_status status =
        with.ids && with.first && with.lattice && words ? KOR_OK : kor_fail_memory(err);
    if (status == KOR_OK) status = add_rows(out, &with, words, rows, corpus, err);
    out->tokens.first = out->first;
    out->tokens.ids = out->ids;
    free(with.ids);
    free(with.first);
    free(with.lattice);
    free(words);
    return status;
}

void kor_span_windows_free(kor_span_windows *w)
{
    free(w->list);
    free(w->pieces);
    free(w->first);
    free(w->ids);
    *w = (kor_span_windows){0};
}
