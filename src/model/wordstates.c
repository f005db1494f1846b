/* SPDX-License-Identifier: Apache-2.0 */
#include "model/wordstates.h"

#include <string.h>

static void split(const kor_word_encoder *w, const char *text, const kor_word *words, size_t count)
{
    size_t most =
        w->encoder->max_tokens < KOR_WORD_PIECES ? w->encoder->max_tokens : (size_t)KOR_WORD_PIECES;
    w->first[0] = 0;
    for (size_t i = 0; i < count; i++) {
        const char *word = text + words[i].start;
        size_t len = words[i].end - words[i].start, at = w->first[i];
        size_t n =
            words[i].gap == KOR_GAP_NONE
                ? kor_unigram_encode_on(w->tokenizer, word, len, w->ids + at, most, w->lattice)
                : kor_unigram_encode(w->tokenizer, word, len, w->ids + at, most, w->lattice);
        w->first[i + 1] = (uint32_t)(at + n);
    }
}

/* Words from..to - 1 go through the encoder, and keep..kept - 1 of them are taken. */
static void read_window(const kor_word_encoder *w, size_t from, size_t to, size_t keep, size_t kept,
                        float *states)
{
    size_t dim = w->encoder->dim, begin = w->first[from];
    const float *x = kor_encoder_states(w->encoder, w->kernels, w->ids + begin,
                                        w->first[to] - begin, w->scratch);
    for (size_t i = keep; i < kept; i++) {
        size_t n = w->first[i + 1] - w->first[i];
        if (n)
            w->kernels->mean_rows(states + i * dim, x + (w->first[i] - begin) * dim, n, dim);
        else
            memset(states + i * dim, 0, dim * sizeof *states);
    }
}

void kor_word_states(const kor_word_encoder *w, const char *text, const kor_word *words,
                     size_t count, float *states)
{
    size_t most = w->encoder->max_tokens, around = most / 4;
    split(w, text, words, count);
    for (size_t keep = 0, kept; keep < count; keep = kept) {
        size_t from = keep, to = keep + 1;
        while (from > 0 && w->first[keep] - w->first[from - 1] <= around &&
               w->first[keep + 1] - w->first[from - 1] <= most)
            from--;
        while (to < count && w->first[to + 1] - w->first[from] <= most) to++;
        for (kept = to; to < count && kept > keep + 1 && w->first[to] - w->first[kept] < around;)
            kept--;
        read_window(w, from, to, keep, kept, states);
    }
}
