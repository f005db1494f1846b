/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/guard.h"

#include "rules/rules.h"
#include "rules/secrets.h"

#include <stdlib.h>
#include <string.h>

enum { FOUND = 64 };

/* A secret in a text. */
typedef struct secret {
    size_t start, end, type;
} secret;

struct kor_guard_ctx {
    const kor_guard *guard;
    kor_ctx *ctx; /* of the model; NULL without one */
    kor_span found[FOUND];
    secret *secrets; /* [cap] those of the text at hand */
    size_t count, cap;
    char *view;   /* [room] the text in another view, */
    size_t *from; /* [room + 1] and where its bytes come from */
    size_t room;
    kor_str text; /* what is left of it */
};

static const char *const names[KOR_SECRETS] = {"api-key",     "token",      "password",
                                               "private-key", "card",       "bank",
                                               "national-id", "connection", "secret"};

const char *kor_secret_name(size_t type)
{
    return names[type < KOR_SECRETS ? type : KOR_SECRETS - 1];
}

static size_t type_of(const char *label)
{
    size_t i = 0;
    while (i + 1 < KOR_SECRETS && strcmp(names[i], label) != 0) i++;
    return i;
}

kor_status kor_guard_ctx_new(kor_guard_ctx **out, const kor_guard *guard, kor_error *err)
{
    *out = NULL;
    kor_guard_ctx *c = calloc(1, sizeof *c);
    if (!c) return kor_fail_memory(err);
    c->guard = guard;
    if (guard->secrets) {
        kor_status status = kor_ctx_new(&c->ctx, guard->secrets, err);
        if (status != KOR_OK) {
            free(c);
            return status;
        }
    }
    *out = c;
    return KOR_OK;
}

void kor_guard_ctx_free(kor_guard_ctx *ctx)
{
    if (!ctx) return;
    kor_ctx_free(ctx->ctx);
    kor_str_free(&ctx->text);
    free(ctx->secrets);
    free(ctx->view);
    free(ctx->from);
    free(ctx);
}

/* ---- Finding ---- */

/* from (may be NULL) says where the view's bytes are in the text itself. */
static kor_status add(kor_guard_ctx *c, size_t start, size_t end, const char *label,
                      const size_t *from, kor_error *err)
{
    if (c->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 64;
        secret *more = realloc(c->secrets, cap * sizeof *more);
        if (!more) return kor_fail_memory(err);
        c->secrets = more;
        c->cap = cap;
    }
    c->secrets[c->count++] =
        (secret){from ? from[start] : start, from ? from[end] : end, type_of(label)};
    return KOR_OK;
}

/* The model's answers, FOUND at a time. */
static kor_status find_by_model(kor_guard_ctx *c, const char *text, size_t len, const size_t *from,
                                kor_error *err)
{
    size_t at = 0, count = FOUND;
    while (at < len && count == FOUND) {
        KOR_TRY(kor_spans(c->ctx, text + at, len - at, c->found, FOUND, &count, err));
        for (size_t i = 0; i < count; i++)
            KOR_TRY(add(c, at + c->found[i].start, at + c->found[i].end,
                        kor_model_label(c->guard->secrets, c->found[i].label), from, err));
        if (count) at += c->found[count - 1].end;
    }
    return KOR_OK;
}

static kor_status find_by_rules(kor_guard_ctx *c, const char *text, size_t len, const size_t *from,
                                kor_error *err)
{
    kor_candidate found;
    for (size_t at = 0; kor_rules_secrets.next(text, len, &at, &found);)
        if (found.label) KOR_TRY(add(c, found.start, found.end, found.label, from, err));
    return KOR_OK;
}

static kor_status find(kor_guard_ctx *c, const char *text, size_t len, const size_t *from,
                       kor_error *err)
{
    return c->ctx ? find_by_model(c, text, len, from, err) : find_by_rules(c, text, len, from, err);
}

static kor_status make_room(kor_guard_ctx *c, size_t len, kor_error *err)
{
    if (c->room >= len) return KOR_OK;
    free(c->view);
    free(c->from);
    c->room = 0;
    c->view = malloc(len);
    c->from = malloc((len + 1) * sizeof *c->from);
    if (!c->view || !c->from) return kor_fail_memory(err);
    c->room = len;
    return KOR_OK;
}

/* As it stands, and with encodings undone. */
static kor_status find_in_views(kor_guard_ctx *c, const char *text, size_t len, kor_error *err)
{
    c->count = 0;
    KOR_TRY(find(c, text, len, NULL, err));
    KOR_TRY(make_room(c, len, err));
    for (int view = 0; len && view < KOR_SECRETS_VIEWS; view++) {
        size_t n = kor_secrets_view(view, text, len, c->view, c->from);
        if (n) KOR_TRY(find(c, c->view, n, c->from, err));
    }
    return KOR_OK;
}

/* ---- Cutting ---- */

static int by_start(const void *a, const void *b)
{
    const secret *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

kor_status kor_guard_cut(kor_guard_ctx *ctx, const char *text, size_t len, const char **out,
                         size_t *out_len, bool *cut, kor_guard_counts *counts, kor_error *err)
{
    *out = text;
    *out_len = len;
    *cut = false;
    KOR_TRY(find_in_views(ctx, text, len, err));
    if (!ctx->count) return KOR_OK;
    qsort(ctx->secrets, ctx->count, sizeof *ctx->secrets, by_start);
    kor_str_clear(&ctx->text);
    size_t kept = 0;
    for (size_t i = 0; i < ctx->count;) {
        const secret *s = &ctx->secrets[i];
        size_t end = s->end;
        /* What other views found of it, too. */
        while (++i < ctx->count && ctx->secrets[i].start < end)
            end = ctx->secrets[i].end > end ? ctx->secrets[i].end : end;
        kor_str_add(&ctx->text, text + kept, s->start - kept);
        kor_str_printf(&ctx->text, "[%s removed]", names[s->type]);
        if (counts) counts->cut[s->type]++;
        kept = end;
    }
    kor_str_add(&ctx->text, text + kept, len - kept);
    if (ctx->text.failed) return kor_fail_memory(err);
    *out = ctx->text.data;
    *out_len = ctx->text.len;
    *cut = true;
    return KOR_OK;
}
