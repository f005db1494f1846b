/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_answer.h"

#include "base/parallel.h"
#include "model/wordstates.h"

#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64 };

/* What one thread works in. */
typedef struct room {
    kor_word_encoder with;
    kor_word *words;      /* [KOR_SPANS_WORDS] */
    float *states;        /* [KOR_SPANS_WORDS][dim] */
    void *layer, *memory; /* kor_span_layer_scratch, kor_spans_scratch */
    kor_spans_work work;
} room;

typedef struct reader {
    const kor_tagger *spans; /* NULL: the layer answers */
    const kor_span_layer *layer;
    const kor_spans_row *rows;
    const kor_span_corpus *corpus;
    float *emissions;
    room rooms[WORKERS];
} reader;

static void *new_scratch(size_t bytes)
{
    return aligned_alloc(64, kor_round_up(bytes + 1, 64));
}

static bool make_bag_room(room *r, const kor_tagger *spans)
{
    r->memory = new_scratch(kor_spans_scratch(spans->labels));
    if (r->memory) kor_spans_lay_out(&r->work, spans, r->memory);
    return r->memory;
}

static bool make_layer_room(room *r, const kor_span_layer *layer, const kor_encoder *encoder,
                            const kor_unigram *tokenizer)
{
    r->with = (kor_word_encoder){.encoder = encoder,
                                 .tokenizer = tokenizer,
                                 .kernels = kor_kernels_get(),
                                 .ids = calloc(KOR_SPANS_WORDS * KOR_WORD_PIECES, sizeof(int32_t)),
                                 .first = calloc(KOR_SPANS_WORDS + 1, sizeof(uint32_t)),
                                 .lattice = new_scratch(kor_unigram_scratch()),
                                 .scratch = new_scratch(kor_encoder_scratch(encoder))};
    r->words = calloc(KOR_SPANS_WORDS, sizeof *r->words);
    r->states = calloc(KOR_SPANS_WORDS * layer->dim, sizeof *r->states);
    r->layer = new_scratch(kor_span_layer_scratch(layer));
    return r->with.ids && r->with.first && r->with.lattice && r->with.scratch && r->words &&
           r->states && r->layer;
}

static void free_room(room *r)
{
    free(r->with.ids);
    free(r->with.first);
    free(r->with.lattice);
    free(r->with.scratch);
    free(r->words);
    free(r->states);
    free(r->layer);
    free(r->memory);
}

static void answer_row(void *arg, size_t i, size_t worker)
{
    reader *r = arg;
    room *own = &r->rooms[worker];
    const kor_row *row = r->rows[i].row;
    const kor_span_corpus *c = r->corpus;
    kor_span_pieces p = {.cut = {.text = row->text, .len = row->len},
                         .words = r->spans ? own->work.words : own->words};
    size_t chain = c->row_chain[i];
    for (size_t n; (n = kor_span_pieces_next(&p)); chain++) {
        float *to = r->emissions + c->first[chain] * c->tags;
        if (r->spans) {
            kor_spans_emit(r->spans, &own->work, row->text, n);
            memcpy(to, own->work.emissions, n * c->tags * sizeof *to);
        } else {
            kor_word_states(&own->with, row->text, p.words, n, own->states);
            kor_span_layer_forward(r->layer, own->with.kernels, own->states, n, to, own->layer);
        }
    }
}

static size_t cores(void)
{
    return kor_cores() < WORKERS ? kor_cores() : WORKERS;
}

static kor_status answer(reader *r, bool ok, kor_error *err)
{
    if (ok) kor_parallel(cores(), r->corpus->rows, answer_row, r);
    for (size_t i = 0; i < WORKERS; i++) free_room(&r->rooms[i]);
    return ok ? KOR_OK : kor_fail_memory(err);
}

kor_status kor_span_answer_bag(const kor_tagger *spans, const kor_spans_row *rows,
                               const kor_span_corpus *corpus, float *emissions, kor_error *err)
{
    reader r = {.spans = spans, .rows = rows, .corpus = corpus, .emissions = emissions};
    bool ok = true;
    for (size_t i = 0; i < cores(); i++) ok = make_bag_room(&r.rooms[i], spans) && ok;
    return answer(&r, ok, err);
}

kor_status kor_span_answer_layer(const kor_span_layer *layer, const kor_encoder *encoder,
                                 const kor_unigram *tokenizer, const kor_spans_row *rows,
                                 const kor_span_corpus *corpus, float *emissions, kor_error *err)
{
    reader r = {.layer = layer, .rows = rows, .corpus = corpus, .emissions = emissions};
    bool ok = true;
    for (size_t i = 0; i < cores(); i++)
        ok = make_layer_room(&r.rooms[i], layer, encoder, tokenizer) && ok;
    return answer(&r, ok, err);
}
