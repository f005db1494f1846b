/* SPDX-License-Identifier: Apache-2.0 */
#include "model/wordstates.h"

#include <string.h>

void kor_word_split(const kor_word_encoder *w, const char *text, const kor_word *words,
                    size_t count)
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

bool kor_word_window_next(const kor_word_encoder *with, size_t count, kor_word_window *w)
{
    const uint32_t *first = with->first;
    size_t most = with->encoder->max_tokens, around = most / 4, keep = w->kept;
    size_t from = keep, to = keep + 1, kept;
    if (keep >= count) return false;
    while (from > 0 && first[keep] - first[from - 1] <= around &&
           first[keep + 1] - first[from - 1] <= most)
        from--;
    while (to < count && first[to + 1] - first[from] <= most) to++;
    for (kept = to; to < count && kept > keep + 1 && first[to] - first[kept] < around;) kept--;
    *w = (kor_word_window){from, to, keep, kept};
    return true;
}

static void read_window(const kor_word_encoder *w, const kor_word_window *window, float *states)
{
    size_t dim = w->encoder->dim, begin = w->first[window->from];
    const float *x = kor_encoder_states(w->encoder, w->kernels, w->ids + begin,
                                        w->first[window->to] - begin, w->scratch);
    for (size_t i = window->keep; i < window->kept; i++) {
        size_t n = w->first[i + 1] - w->first[i];
        if (n)
            w->kernels->mean_rows(states + i * dim, x + (w->first[i] - begin) * dim, n, dim);
        else
            memset(states + i * dim, 0, dim * sizeof *states);
    }
}

void kor_word_states(const kor_word_encoder *with, const char *text, const kor_word *words,
                     size_t count, float *states)
{
    kor_word_window window = {0};
    kor_word_split(with, text, words, count);
    while (kor_word_window_next(with, count, &window)) read_window(with, &window, states);
}
