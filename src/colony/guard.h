/* SPDX-License-Identifier: Apache-2.0 */
/* The guard: what must not be written is found before anything is. Secrets are cut out of every
 * field of an event, and a placeholder that names their type takes their place; events that the
 * user excludes are not stored at all. What was cut is counted by type and kept nowhere. */
#ifndef KOR_GUARD_H
#define KOR_GUARD_H

#include "colony/exclusions.h"

/* Immutable, shared by threads. */
typedef struct kor_guard {
    const kor_model *secrets; /* head spans; NULL: certain secrets alone are found, by rules */
    kor_exclusions exclusions;
} kor_guard;

enum { KOR_SECRETS = 9 }; /* the types of secrets, and one for any other label */

/* "api-key", "token", ... */
const char *kor_secret_name(size_t type);

typedef struct kor_guard_counts {
    int64_t cut[KOR_SECRETS];
    int64_t excluded[KOR_EXCLUSIONS];
} kor_guard_counts;

/* One thread's own. */
typedef struct kor_guard_ctx kor_guard_ctx;

kor_status kor_guard_ctx_new(kor_guard_ctx **out, const kor_guard *guard, kor_error *err);
void kor_guard_ctx_free(kor_guard_ctx *ctx);

/* Look for secrets in all of a text. Where there are some, *cut is true and *out is the text with
 * "[TYPE removed]" in their place, *out_len bytes and a NUL, which lives until the next call; else
 * *out is the text itself. counts (may be NULL) are added to. */
kor_status kor_guard_cut(kor_guard_ctx *ctx, const char *text, size_t len, const char **out,
                         size_t *out_len, bool *cut, kor_guard_counts *counts, kor_error *err);

#endif
