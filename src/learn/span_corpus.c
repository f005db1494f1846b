/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_corpus.h"

#include <stdlib.h>
#include <string.h>

static bool grow(void **list, size_t count, size_t size)
{
    size_t bytes;
    void *p = kor_mul(count, size, &bytes) ? realloc(*list, bytes) : NULL;
    if (p) *list = p;
    return p;
}

static kor_status make_room(kor_span_corpus *c, size_t words, kor_error *err)
{
    bool ok = true;
    if (c->chains + 2 > c->chain_cap) {
        c->chain_cap = 2 * c->chains + 1024;
        ok = ok && grow((void **)&c->first, c->chain_cap, sizeof *c->first);
    }
    if (c->words + words + 1 > c->word_cap) {
        c->word_cap = 2 * c->words + words + 1024;
        ok = ok && grow((void **)&c->gold, c->word_cap, sizeof *c->gold);
        ok = ok && grow((void **)&c->key_first, c->word_cap, sizeof *c->key_first);
    }
    size_t keys = c->words ? c->key_first[c->words] : 0;
    if (keys + words * KOR_WORD_FEATURES > c->key_cap) {
        c->key_cap = 2 * keys + words * KOR_WORD_FEATURES;
        ok = ok && grow((void **)&c->key, c->key_cap, sizeof *c->key);
    }
    return ok ? KOR_OK : kor_fail_memory(err);
}

/* The tags of words[count]: a word that a span has a part of is in it. A span that a cut parts goes
 * on as one of its own. */
static void tag_words(kor_span_corpus *c, const kor_word *words, size_t count,
                      const kor_row_spans *spans)
{
    uint8_t *gold = c->gold + c->words;
    size_t next = 0;
    bool open = false;
    for (size_t i = 0; i < count; i++) {
        while (next < spans->count && spans->span[next].end <= words[i].start) {
            next++;
            open = false;
        }
        gold[i] = KOR_CRF_O;
        if (next == spans->count || spans->span[next].start >= words[i].end) continue;
        size_t label = spans->span[next].label;
        gold[i] = (uint8_t)(open ? kor_crf_inside(c->labels, label) : kor_crf_begin(label));
        open = true;
    }
}

static kor_status add_chain(kor_span_corpus *c, const char *text, const kor_word *words,
                            kor_word_traits *traits, size_t count, const kor_row_spans *spans,
                            kor_error *err)
{
    KOR_TRY(make_room(c, count, err));
    if (!c->chains) c->first[0] = c->key_first[0] = 0;
    tag_words(c, words, count, spans);
    kor_word_traits_read(traits, text, words, count);
    for (size_t i = 0; i < count; i++) {
        size_t at = c->key_first[c->words + i];
        c->key_first[c->words + i + 1] =
            at + kor_word_features(words, traits, count, i, c->key + at);
    }
    c->words += count;
    c->first[++c->chains] = c->words;
    return KOR_OK;
}

kor_status kor_span_corpus_make(kor_span_corpus *out, const kor_spans_row *rows, size_t count,
                                size_t labels, kor_error *err)
{
    *out = (kor_span_corpus){.labels = labels, .tags = kor_crf_tags(labels), .rows = count};
    kor_word *words = malloc(KOR_SPANS_WORDS * sizeof *words);
    kor_word_traits *traits = malloc(KOR_SPANS_WORDS * sizeof *traits);
    out->row_chain = calloc(count + 1, sizeof *out->row_chain);
    kor_status status =
        words && traits && out->row_chain ? make_room(out, 0, err) : kor_fail_memory(err);
    for (size_t i = 0; i < count && status == KOR_OK; i++) {
        const kor_row *row = rows[i].row;
        kor_span_pieces p = {.cut = {.text = row->text, .len = row->len}, .words = words};
        for (size_t n; status == KOR_OK && (n = kor_span_pieces_next(&p));)
            status = add_chain(out, row->text, words, traits, n, rows[i].spans, err);
        out->row_chain[i + 1] = out->chains;
    }
    free(words);
    free(traits);
    return status;
}

void kor_span_corpus_free(kor_span_corpus *c)
{
    free(c->row_chain);
    free(c->first);
    free(c->gold);
    free(c->key_first);
    free(c->key);
    *c = (kor_span_corpus){0};
}
