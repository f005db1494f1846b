/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_states.h"

#include "base/parallel.h"
#include "kernels/kernels.h"
#include "model/trunk.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64, SAMPLE = 16384 /* words that mean and spread are taken from */ };

typedef struct reader {
    kor_span_states *out;
    const kor_spans_row *rows;
    const kor_span_corpus *corpus;
    const kor_kernels *kernels;
    kor_ctx *ctx[WORKERS];
    kor_word *words[WORKERS]; /* [KOR_SPANS_WORDS] */
    float *states[WORKERS];   /* [KOR_SPANS_WORDS][dim] */
    float *sample;            /* [words of the rows of the sample][dim]; NULL: into codes */
} reader;

/* The states of a chain into codes. */
static void put_codes(const reader *r, size_t chain, float *states, size_t count)
{
    kor_span_states *o = r->out;
    size_t dim = o->dim, first = r->corpus->first[chain];
    float *whole = states + KOR_SPANS_WORDS * dim;
    int32_t sum;
    for (size_t i = 0; i < count; i++) {
        float *x = states + i * dim;
        for (size_t j = 0; j < dim; j++) x[j] = (x[j] - o->mean[j]) * o->factor[j];
        r->kernels->quantize(o->code + (first + i) * dim, &o->scale[first + i], &sum, x, dim);
    }
    r->kernels->mean_rows(whole, states, count, dim);
    r->kernels->quantize(o->whole + chain * dim, &o->whole_scale[chain], &sum, whole, dim);
}

static void read_one(void *arg, size_t i, size_t worker)
{
    const reader *r = arg;
    const kor_row *row = r->rows[i].row;
    float *states = r->states[worker];
    kor_span_pieces p = {.cut = {.text = row->text, .len = row->len}, .words = r->words[worker]};
    size_t chain = r->corpus->row_chain[i];
    for (size_t n; (n = kor_span_pieces_next(&p)); chain++) {
        kor_trunk_words(r->ctx[worker], row->text, p.words, n, states);
        if (r->sample)
            memcpy(r->sample + r->corpus->first[chain] * r->out->dim, states,
                   n * r->out->dim * sizeof *states);
        else
            put_codes(r, chain, states, n);
    }
}

/* Mean and the inverse of the spread of what the first words are. */
static kor_status standardise(reader *r, size_t workers, kor_error *err)
{
    const kor_span_corpus *c = r->corpus;
    size_t rows = 0, dim = r->out->dim;
    while (rows < c->rows && c->first[c->row_chain[rows]] < SAMPLE) rows++;
    size_t count = c->first[c->row_chain[rows]];
    r->sample = calloc(count + 1, dim * sizeof *r->sample);
    if (!r->sample) return kor_fail_memory(err);
    kor_parallel(workers, rows, read_one, r);
    for (size_t j = 0; j < dim; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < count; i++) {
            double x = (double)r->sample[i * dim + j];
            sum += x;
            squares += x * x;
        }
        double m = sum / (double)count, variance = squares / (double)count - m * m;
        r->out->mean[j] = (float)m;
        r->out->factor[j] = (float)(1 / sqrt(fmax(variance, 1e-8)));
    }
    free(r->sample);
    r->sample = NULL;
    return KOR_OK;
}

static kor_status make_room(reader *r, size_t workers, const kor_model *trunk, kor_error *err)
{
    kor_span_states *o = r->out;
    size_t dim = o->dim, words = r->corpus->words, chains = r->corpus->chains;
    o->code = calloc(words + 1, dim);
    o->scale = calloc(words + 1, sizeof *o->scale);
    o->whole = calloc(chains + 1, dim);
    o->whole_scale = calloc(chains + 1, sizeof *o->whole_scale);
    o->mean = calloc(dim, sizeof *o->mean);
    o->factor = calloc(dim, sizeof *o->factor);
    if (!o->code || !o->scale || !o->whole || !o->whole_scale || !o->mean || !o->factor)
        return kor_fail_memory(err);
    for (size_t i = 0; i < workers; i++) {
        KOR_TRY(kor_ctx_new(&r->ctx[i], trunk, err));
        r->words[i] = malloc(KOR_SPANS_WORDS * sizeof *r->words[i]);
        r->states[i] = malloc((KOR_SPANS_WORDS + 1) * dim * sizeof *r->states[i]);
        if (!r->words[i] || !r->states[i]) return kor_fail_memory(err);
    }
    return KOR_OK;
}

kor_status kor_span_states_read(kor_span_states *out, const kor_model *trunk,
                                const kor_spans_row *rows, const kor_span_corpus *corpus,
                                kor_error *err)
{
    kor_model_info info;
    kor_model_get_info(trunk, &info);
    *out = (kor_span_states){.dim = info.dim};
    if (info.dim % KOR_GROUP || !corpus->words) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "an encoder of %zu numbers, %zu words: no states",
                        info.dim, corpus->words);
    }
    reader r = {.out = out, .rows = rows, .corpus = corpus, .kernels = kor_kernels_get()};
    size_t workers = kor_cores() < WORKERS ? kor_cores() : WORKERS;
    kor_status status = make_room(&r, workers, trunk, err);
    if (status == KOR_OK) status = standardise(&r, workers, err);
    if (status == KOR_OK) kor_parallel(workers, corpus->rows, read_one, &r);
    for (size_t i = 0; i < workers; i++) {
        kor_ctx_free(r.ctx[i]);
        free(r.words[i]);
        free(r.states[i]);
    }
    return status;
}

void kor_span_states_free(kor_span_states *states)
{
    free(states->code);
    free(states->scale);
    free(states->whole);
    free(states->whole_scale);
    free(states->mean);
    free(states->factor);
    *states = (kor_span_states){0};
}
