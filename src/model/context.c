/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts: all the room that one thread needs, taken once. */
#include "model/model_inner.h"
#include "model/wordstates.h"

#include <stdlib.h>
#include <string.h>

static void *new_scratch(size_t bytes)
{
    size_t size = kor_round_up(bytes, 64);
    void *p = aligned_alloc(64, size);
    if (p) memset(p, 0, size);
    return p;
}

static void free_rank_memory(kor_rank_memory *r)
{
    for (size_t i = 0; r && i < 2; i++) {
        free(r->features[i]);
        free(r->room[i]);
    }
    free(r);
}

static kor_rank_memory *new_rank_memory(const kor_ranker *rank)
{
    kor_rank_memory *r = calloc(1, sizeof *r);
    if (!r) return NULL;
    r->kept = SIZE_MAX;
    for (size_t i = 0; i < 2; i++) {
        r->features[i] = calloc(2 * rank->dim + 1, sizeof *r->features[i]);
        r->room[i] = malloc(kor_rank_room());
        if (!r->features[i] || !r->room[i]) {
            free_rank_memory(r);
            return NULL;
        }
    }
    return r;
}

static bool make_spans_room(kor_ctx *c, const kor_model *model)
{
    c->spans = new_scratch(kor_spans_scratch(model->tagger.labels));
    c->found = calloc(KOR_SPANS_WORDS, sizeof *c->found);
    if (!c->spans || !c->found) return false;
    kor_spans_lay_out(&c->work, &model->tagger, c->spans);
    if (!model->layer.dim) return true;
    c->features = calloc(KOR_SPANS_WORDS * model->layer.dim, sizeof *c->features);
    c->hybrid = new_scratch(kor_span_layer_scratch(&model->layer));
    return c->features && c->hybrid;
}

/* Room for an encoder's pass: its own, or, of a lora on a context t of its trunk, the trunk's. */
static bool make_encoder_room(kor_ctx *c, const kor_encoder *e, const kor_ctx *t)
{
    if (t && kor_encoder_scratch(&t->model->encoder) == kor_encoder_scratch(e) &&
        t->model->encoder.max_tokens == e->max_tokens) {
        c->guest = true;
        c->ids = t->ids;
        c->lattice = t->lattice;
        c->scratch = t->scratch;
        c->word_ids = t->word_ids;
        c->word_first = t->word_first;
        return true;
    }
    c->ids = calloc(e->max_tokens, sizeof *c->ids);
    c->lattice = aligned_alloc(64, kor_round_up(kor_unigram_scratch(), 64));
    c->scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(e), 64));
    c->word_ids = calloc(KOR_SPANS_WORDS * KOR_WORD_PIECES, sizeof *c->word_ids);
    c->word_first = calloc(KOR_SPANS_WORDS + 1, sizeof *c->word_first);
    return c->ids && c->lattice && c->scratch && c->word_ids && c->word_first;
}

static bool make_room(kor_ctx *c, const kor_model *model, const kor_ctx *trunk)
{
    if (model->rank.inputs) {
        c->rank = new_rank_memory(&model->rank);
        if (!c->rank) return false;
    } else if (model->tagger.tags) {
        if (!make_spans_room(c, model)) return false;
    } else if (model->hybrid.dim) {
        c->features = calloc(2 * model->hybrid.dim, sizeof *c->features);
        c->hybrid = new_scratch(kor_hybrid_scratch(&model->hybrid));
        if (!c->features || !c->hybrid) return false;
    } else if (model->bag.table) {
        c->bag = new_scratch(kor_bag_scratch(&model->bag));
        c->features = calloc(model->bag.labels, sizeof *c->features);
        if (!c->bag || !c->features) return false;
    }
    return !model->encoder.layers || make_encoder_room(c, &model->encoder, trunk);
}

static bool keep_last_text(kor_ctx *trunk)
{
    if (trunk->last) return true;
    kor_last_text *l = calloc(1, sizeof *l);
    if (!l) return false;
    trunk->last = l;
    l->len = SIZE_MAX;
    l->text = malloc(KOR_LAST_TEXT);
    l->features = calloc(2 * trunk->model->encoder.dim, sizeof *l->features);
    return l->text && l->features;
}

static bool needs_trunk(const kor_model *m)
{
    return !m->encoder.layers && (m->hybrid.dim || m->rank.dim || m->layer.dim);
}

kor_status kor_ctx_new_on(kor_ctx **out, const kor_model *model, kor_ctx *trunk, kor_error *err)
{
    if (out) *out = NULL;
    if (!out || !model)
        return kor_fail(err, KOR_E_ARG, "kor_ctx_new: out and model must not be NULL");
    kor_ctx *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->model = model;
    if (trunk && trunk->model != model->trunk) trunk = NULL; /* it stands on another, or on none */
    c->lent = trunk && needs_trunk(model);
    bool whole = true;
    if (c->lent) {
        c->trunk = trunk;
        whole = keep_last_text(trunk);
    } else if (needs_trunk(model)) {
        kor_status status = kor_ctx_new(&c->trunk, model->trunk, err);
        if (status != KOR_OK) {
            kor_ctx_free(c);
            return status;
        }
    }
    if (!whole || !make_room(c, model, trunk)) {
        kor_ctx_free(c);
        return kor_fail(err, KOR_E_MEMORY, "out of memory: a context of this model needs %zu KB",
                        (kor_unigram_scratch() + kor_encoder_scratch(&model->encoder)) / 1024);
    }
    *out = c;
    return KOR_OK;
}

kor_status kor_ctx_new(kor_ctx **out, const kor_model *model, kor_error *err)
{
    return kor_ctx_new_on(out, model, NULL, err);
}

void kor_ctx_free(kor_ctx *ctx)
{
    if (!ctx) return;
    if (!ctx->guest) {
        free(ctx->ids);
        free(ctx->word_ids);
        free(ctx->word_first);
        free(ctx->lattice);
        free(ctx->scratch);
    }
    if (!ctx->lent) kor_ctx_free(ctx->trunk);
    if (ctx->last) {
        free(ctx->last->text);
        free(ctx->last->features);
        free(ctx->last);
    }
    free(ctx->bag);
    free(ctx->features);
    free(ctx->hybrid);
    free_rank_memory(ctx->rank);
    free(ctx->spans);
    free(ctx->found);
    free(ctx);
}
