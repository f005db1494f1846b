/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of an event, from the command line. */
#include "cli/cli.h"

#include <string.h>

static bool add(kor_wants *w, const kor_command *command, const char *option, kor_wanted wanted,
                int *code)
{
    if (w->count == KOR_WANTED) {
        *code = kor_wrong_use(command, "%s: more than %d things are asked for", option, KOR_WANTED);
        return false;
    }
    w->list[w->count++] = wanted;
    return true;
}

/* As values are stored: in lower case (of ASCII). */
static char *lower(kor_arena *arena, const char *text, size_t len)
{
    char *s = kor_arena_copy(arena, text, len);
    for (size_t i = 0; s && i < len; i++)
        if (s[i] >= 'A' && s[i] <= 'Z') s[i] = (char)(s[i] + 32);
    return s;
}

/* Labels with commas between them, of which one must hold; or a part of a value besides. */
static bool read_one(kor_wants *w, const kor_command *command, const char *option, const char *text,
                     const char *field, bool parts, int *code)
{
    if (!text) return true;
    const char *what = lower(&w->arena, text, strlen(text));
    if (!what || !*what) {
        *code = kor_wrong_use(command, "%s is empty", option);
        return false;
    }
    const kor_wanted wanted = {
        .field = field, .label = what, .value = parts ? what : NULL, .either = parts};
    return add(w, command, option, wanted, code);
}

/* FIELD=LABEL or FIELD. */
static bool read_has(kor_wants *w, const kor_command *command, int *code)
{
    if (!w->has) return true;
    size_t len = strcspn(w->has, "=");
    const char *field = kor_arena_copy(&w->arena, w->has, len);
    const char *label = w->has[len] ? w->has + len + 1 : NULL;
    if (!field || !len || (label && !*label)) {
        *code = kor_wrong_use(command, "--has '%s': it must be FIELD=LABEL or FIELD", w->has);
        return false;
    }
    return add(w, command, "--has", (kor_wanted){.field = field, .label = label}, code);
}

bool kor_wants_read(kor_wants *w, const kor_command *command, int *code)
{
    if (read_one(w, command, "--kind", w->kind, "kind", false, code) &&
        read_one(w, command, "--tag", w->tag, "tags", false, code) &&
        read_one(w, command, "--entity", w->entity, "entities", true, code) &&
        read_one(w, command, "--link", w->link, "links", true, code) && read_has(w, command, code))
        return true;
    kor_wants_free(w);
    return false;
}

void kor_wants_free(kor_wants *w)
{
    kor_arena_free(&w->arena);
    w->count = 0;
}

void kor_wants_explain(const kor_wants *w, kor_memory *memory)
{
    for (size_t i = 0; i < w->count; i++) {
        kor_str labels = {0};
        if (kor_annotations_labels(memory, w->list[i].field, &labels, NULL) != KOR_OK) return;
        printf("  ");
        kor_print_line(KOR_PLAIN, w->list[i].field, strlen(w->list[i].field), 0);
        printf(": ");
        if (labels.len)
            kor_print_line(KOR_PLAIN, labels.data, labels.len, 0);
        else
            printf("nothing yet ('korora reannotate' asks the models about what is stored)");
        putchar('\n');
        kor_str_free(&labels);
    }
}
