/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/guard.h"

#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

enum { FOUND = 64 };

struct kor_guard_ctx {
    const kor_guard *guard;
    kor_ctx *ctx; /* of the model; NULL without one */
    kor_span found[FOUND];
    kor_str text;
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
    free(ctx);
}

/* A secret from start to end: keep what stands between the last one and it, and name it. */
static void cut_out(kor_guard_ctx *c, const char *text, size_t *kept, size_t start, size_t end,
                    const char *label, kor_guard_counts *counts)
{
    size_t type = type_of(label);
    if (start < *kept) start = *kept;
    kor_str_add(&c->text, text + *kept, start - *kept);
    kor_str_printf(&c->text, "[%s removed]", names[type]);
    if (counts) counts->cut[type]++;
    *kept = end;
}

/* The model's answers, FOUND at a time. */
static kor_status find_by_model(kor_guard_ctx *c, const char *text, size_t len, size_t *kept,
                                kor_guard_counts *counts, kor_error *err)
{
    size_t at = 0, count = FOUND;
    while (at < len && count == FOUND) {
        KOR_TRY(kor_spans(c->ctx, text + at, len - at, c->found, FOUND, &count, err));
        for (size_t i = 0; i < count; i++)
            cut_out(c, text, kept, at + c->found[i].start, at + c->found[i].end,
                    kor_model_label(c->guard->secrets, c->found[i].label), counts);
        if (count) at += c->found[count - 1].end;
    }
    return KOR_OK;
}

static void find_by_rules(kor_guard_ctx *c, const char *text, size_t len, size_t *kept,
                          kor_guard_counts *counts)
{
    kor_candidate found;
    for (size_t at = 0; kor_rules_secrets.next(text, len, &at, &found);)
        if (found.label) cut_out(c, text, kept, found.start, found.end, found.label, counts);
}

kor_status kor_guard_cut(kor_guard_ctx *ctx, const char *text, size_t len, const char **out,
                         size_t *out_len, bool *cut, kor_guard_counts *counts, kor_error *err)
{
    size_t kept = 0;
    *out = text;
    *out_len = len;
    *cut = false;
    kor_str_clear(&ctx->text);
    if (ctx->ctx)
        KOR_TRY(find_by_model(ctx, text, len, &kept, counts, err));
    else
        find_by_rules(ctx, text, len, &kept, counts);
    if (ctx->text.failed) return kor_fail_memory(err);
    if (!ctx->text.len) return KOR_OK;
    kor_str_add(&ctx->text, text + kept, len - kept);
    if (ctx->text.failed) return kor_fail_memory(err);
    *out = ctx->text.data;
    *out_len = ctx->text.len;
    *cut = true;
    return KOR_OK;
}
