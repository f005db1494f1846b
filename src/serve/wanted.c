/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/wanted.h"

#include <string.h>

/* As values are stored: in lower case (of ASCII). */
static char *lower(kor_arena *arena, const char *text, size_t len)
{
    char *s = kor_arena_copy(arena, text, len);
    for (size_t i = 0; s && i < len; i++)
        if (s[i] >= 'A' && s[i] <= 'Z') s[i] = (char)(s[i] + 32);
    return s;
}

/* Labels with commas between them, of which one must hold; or a part of a value besides. */
static kor_status read_one(kor_wants *w, const char *dash, const char *name, const char *text,
                           const char *field, bool parts, kor_error *err)
{
    if (!text) return KOR_OK;
    const char *what = lower(&w->arena, text, strlen(text));
    if (!what) return kor_fail_memory(err);
    if (!*what) return kor_fail(err, KOR_E_ARG, "%s%s is empty", dash, name);
    w->list[w->count++] =
        (kor_wanted){.field = field, .label = what, .value = parts ? what : NULL, .either = parts};
    return KOR_OK;
}

/* FIELD=LABEL or FIELD. */
static kor_status read_has(kor_wants *w, const char *dash, kor_error *err)
{
    if (!w->has) return KOR_OK;
    size_t len = strcspn(w->has, "=");
    const char *field = kor_arena_copy(&w->arena, w->has, len);
    const char *label = w->has[len] ? w->has + len + 1 : NULL;
    if (!field) return kor_fail_memory(err);
    if (!len || (label && !*label))
        return kor_fail(err, KOR_E_ARG, "%shas '%s': it must be FIELD=LABEL or FIELD", dash,
                        w->has);
    w->list[w->count++] = (kor_wanted){.field = field, .label = label};
    return KOR_OK;
}

/* At most one of each: five of KOR_WANTED. */
kor_status kor_wants_parse(kor_wants *w, const char *dash, kor_error *err)
{
    w->count = 0;
    KOR_TRY(read_one(w, dash, "kind", w->kind, "kind", false, err));
    KOR_TRY(read_one(w, dash, "tag", w->tag, "tags", false, err));
    KOR_TRY(read_one(w, dash, "entity", w->entity, "entities", true, err));
    KOR_TRY(read_one(w, dash, "link", w->link, "links", true, err));
    return read_has(w, dash, err);
}

void kor_wants_free(kor_wants *w)
{
    kor_arena_free(&w->arena);
    w->count = 0;
}
