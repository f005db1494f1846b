/* SPDX-License-Identifier: Apache-2.0 */
/* Asking a model: the calls of korora.h that take a text. */
#include "model/model_inner.h"
#include "model/trunk.h"
#include "model/wordstates.h"

#include <math.h>
#include <string.h>

static kor_status check_text(kor_ctx *ctx, const char *text, size_t *len, const char *caller,
                             kor_error *err)
{
    if (!ctx) return kor_fail(err, KOR_E_ARG, "%s: ctx must not be NULL", caller);
    if (!text && *len != 0)
        return kor_fail(err, KOR_E_ARG, "%s: text is NULL and its length is not 0", caller);
    if (*len == KOR_NUL) *len = strlen(text);
    return KOR_OK;
}

kor_status kor_tokenize(kor_ctx *ctx, const char *text, size_t len, int32_t *out, size_t max,
                        size_t *count, kor_error *err)
{
    if (!count || (!out && max))
        return kor_fail(err, KOR_E_ARG, "kor_tokenize: out and count must not be NULL");
    *count = 0;
    KOR_TRY(check_text(ctx, text, &len, "kor_tokenize", err));
    if (ctx->trunk) ctx = ctx->trunk;
    const kor_unigram *tokenizer = kor_model_tokenizer(ctx->model);
    if (!tokenizer) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "kor_tokenize: a model of architecture '%s' has no "
                        "tokens",
                        ctx->model->info.architecture);
    }
    *count = kor_unigram_encode(tokenizer, text, len, out, max, ctx->lattice);
    return KOR_OK;
}

static void read_text(kor_ctx *ctx, const char *text, size_t len, float *embedding, float *state)
{
    const kor_model *m = ctx->model;
    size_t count = kor_unigram_encode(kor_model_tokenizer(m), text, len, ctx->ids,
                                      m->encoder.max_tokens, ctx->lattice);
    ctx->tokens = count;
    kor_encoder_features(&m->encoder, m->kernels, ctx->ids, count, state, embedding, ctx->scratch);
}

size_t kor_trunk_tokens(const kor_ctx *ctx)
{
    return ctx->tokens;
}

/* Models on one trunk are asked about the same text one after the other. */
static const float *read_once(kor_ctx *ctx, const char *text, size_t len)
{
    kor_last_text *l = ctx->last;
    if (len > KOR_LAST_TEXT) len = KOR_LAST_TEXT;
    if (len != l->len || (len && memcmp(text, l->text, len) != 0)) {
        read_text(ctx, text, len, l->features, l->features + ctx->model->encoder.dim);
        if (len) memcpy(l->text, text, len);
        l->len = len;
    }
    return l->features;
}

void kor_trunk_features(kor_ctx *ctx, const char *text, size_t len, float *embedding, float *state)
{
    size_t dim = ctx->model->encoder.dim;
    if (!ctx->last) {
        read_text(ctx, text, len, embedding, state);
        return;
    }
    const float *features = read_once(ctx, text, len);
    memcpy(embedding, features, dim * sizeof *embedding);
    memcpy(state, features + dim, dim * sizeof *state);
}

void kor_trunk_words(kor_ctx *ctx, const char *text, const kor_word *words, size_t count,
                     float *states)
{
    const kor_model *m = ctx->model;
    const kor_word_encoder with = {&m->encoder,   kor_model_tokenizer(m), m->kernels,
                                   ctx->word_ids, ctx->word_first,        ctx->lattice,
                                   ctx->scratch};
    kor_word_states(&with, text, words, count, states);
}

kor_status kor_embed(kor_ctx *ctx, const char *text, size_t len, float *out, size_t out_len,
                     kor_error *err)
{
    KOR_TRY(check_text(ctx, text, &len, "kor_embed", err));
    const kor_model *m = ctx->model;
    if (m->head.kind != KOR_HEAD_EMBED) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_embed: the model's head is '%s'",
                        m->info.head);
    }
    if (!out || out_len < m->encoder.dim) {
        return kor_fail(err, KOR_E_ARG,
                        "kor_embed: out has room for %zu floats, the model gives %zu",
                        out ? out_len : 0, m->encoder.dim);
    }
    if (ctx->last) {
        memcpy(out, read_once(ctx, text, len), m->encoder.dim * sizeof *out);
        return KOR_OK;
    }
    size_t count =
        kor_unigram_encode(m->tokenizer, text, len, ctx->ids, m->encoder.max_tokens, ctx->lattice);
    ctx->tokens = count;
    kor_encoder_forward(&m->encoder, m->kernels, ctx->ids, count, out, ctx->scratch);
    return KOR_OK;
}

kor_status kor_classify(kor_ctx *ctx, const char *text, size_t len, float *out, size_t out_len,
                        kor_error *err)
{
    KOR_TRY(check_text(ctx, text, &len, "kor_classify", err));
    const kor_model *m = ctx->model;
    if (!m->head.labels || m->head.kind == KOR_HEAD_SPANS) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_classify: the model's head is '%s'",
                        m->info.head);
    }
    if (!out || out_len < m->head.labels) {
        return kor_fail(err, KOR_E_ARG,
                        "kor_classify: out has room for %zu floats, the model has %zu labels",
                        out ? out_len : 0, m->head.labels);
    }
    if (m->hybrid.dim) {
        float *state = ctx->features + m->hybrid.dim;
        kor_trunk_features(ctx->trunk ? ctx->trunk : ctx, text, len, ctx->features, state);
        kor_hybrid_forward(&m->hybrid, m->kernels, text, len, ctx->features, state, out,
                           ctx->hybrid);
    } else {
        kor_bag_forward(&m->bag, text, len, out, ctx->bag);
    }
    kor_head_apply(&m->head, out);
    return KOR_OK;
}

bool kor_trunk_glance(kor_ctx *ctx, const char *text, size_t len, float *out)
{
    const kor_hybrid *h = &ctx->model->hybrid;
    if (!h->dim || !h->bag.table) return false;
    kor_hybrid_bag(h, text, len, out, ctx->hybrid);
    float most = out[0], sum = 0;
    for (size_t i = 1; i < h->labels; i++) most = out[i] > most ? out[i] : most;
    for (size_t i = 0; i < h->labels; i++) sum += out[i] = expf(out[i] - most);
    for (size_t i = 0; i < h->labels; i++) out[i] /= sum;
    return true;
}

static void read_for_rank(kor_ctx *ctx, kor_rank_text *out, size_t which, const char *text,
                          size_t len)
{
    const kor_ranker *rank = &ctx->model->rank;
    float *features = ctx->rank->features[which];
    kor_rank_read(out, text, len, ctx->rank->room[which]);
    kor_rank_weigh(rank, out);
    if (!rank->dim) return;
    kor_trunk_features(ctx->trunk, text, len, features, features + rank->dim);
    kor_rank_add_trunk(rank, out, features, features + rank->dim);
}

kor_status kor_rank(kor_ctx *ctx, const char *query, size_t query_len, const char *text,
                    size_t text_len, float *score, kor_error *err)
{
    KOR_TRY(check_text(ctx, query, &query_len, "kor_rank", err));
    KOR_TRY(check_text(ctx, text, &text_len, "kor_rank", err));
    kor_rank_memory *r = ctx->rank;
    if (!r) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_rank: the model's head is '%s'",
                        ctx->model->info.head);
    }
    if (!score) return kor_fail(err, KOR_E_ARG, "kor_rank: score must not be NULL");
    if (query_len != r->kept || (query_len && memcmp(query, r->last, query_len) != 0)) {
        read_for_rank(ctx, &r->query, 0, query, query_len);
        r->kept = query_len <= KOR_RANK_QUERY ? query_len : SIZE_MAX;
        if (query_len && r->kept == query_len) memcpy(r->last, query, query_len);
    }
    read_for_rank(ctx, &r->text, 1, text, text_len);
    float x[KOR_RANK_INPUTS];
    const kor_ranker *rank = &ctx->model->rank;
    kor_rank_inputs(rank, &r->query, &r->text, x);
    *score = kor_rank_score(rank, kor_rank_raw(rank, &r->query, &r->text, x));
    return KOR_OK;
}

/* The spans of the next piece of a text, words[count], into c->found; returns how many. */
static size_t find_spans(kor_ctx *c, const char *text, size_t count)
{
    const kor_model *m = c->model;
    kor_spans_emit(&m->tagger, &c->work, text, count);
    if (m->layer.dim) {
        kor_trunk_words(c->trunk ? c->trunk : c, text, c->work.words, count, c->features);
        kor_span_layer_forward(&m->layer, m->kernels, c->features, count, c->work.emissions,
                               c->hybrid);
    }
    return kor_spans_decode(&m->tagger, &c->work, count, c->found);
}

kor_status kor_spans(kor_ctx *ctx, const char *text, size_t len, kor_span *out, size_t max,
                     size_t *count, kor_error *err)
{
    if (!count || (!out && max))
        return kor_fail(err, KOR_E_ARG, "kor_spans: out and count must not be NULL");
    *count = 0;
    KOR_TRY(check_text(ctx, text, &len, "kor_spans", err));
    const kor_model *m = ctx->model;
    if (m->ruled.rules) {
        *count = kor_rule_spans_find(&m->ruled, text, len, out, max, ctx->features, ctx->bag);
        return KOR_OK;
    }
    if (!m->tagger.tags) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "kor_spans: the model's head is '%s'",
                        m->info.head);
    }
    const kor_word *words = ctx->work.words;
    kor_span_pieces p = {.cut = {.text = text, .len = len}, .words = ctx->work.words};
    for (size_t n; *count < max && (n = kor_span_pieces_next(&p));) {
        size_t found = find_spans(ctx, text, n);
        for (size_t i = 0; i < found && *count < max; i++) {
            const kor_word_span *s = &ctx->found[i];
            const kor_word *first = &words[s->from], *last = &words[s->to - 1];
            out[(*count)++] = (kor_span){first->start, last->end, first->start_cp,
                                         last->end_cp, s->label,  s->score};
        }
    }
    return KOR_OK;
}
