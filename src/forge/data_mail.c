/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/data_mail.h"

#include "base/hash.h"
#include "forge/mail.h"
#include "forge/tar.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHARE = 3, LARGE = 50, MAILS_MAX = 1 << 20 };

typedef struct letter {
    const char *name, *json; /* json NULL: it has no text */
    size_t len;              /* of json */
    uint64_t key[2];         /* of the sender and the thread; 0: it has none */
    size_t group;            /* a letter of its group, itself for the first */
} letter;

typedef struct letters {
    letter *list;
    size_t count, cap;
    kor_arena arena;
    const char *path;
    const kor_data_request *q;
    kor_error *err;
} letters;

/* ---- Reading ---- */

static bool has_end(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n > m && strcmp(s + n - m, end) == 0;
}

/* The label that is in the name of the folder, or NULL. */
static const char *label_of(const letters *l, const char *name)
{
    const char *slash = strrchr(name, '/');
    if (!slash) return NULL;
    const char *from = slash;
    while (from > name && from[-1] != '/') from--;
    while (from < slash) {
        size_t n = strcspn(from, "-/");
        for (size_t i = 0; i < l->q->task->label_count; i++) {
            const char *label = l->q->task->labels[i];
            if (strlen(label) == n && memcmp(label, from, n) == 0) return label;
        }
        from += n + 1;
    }
    return NULL;
}

static kor_status fill(letters *l, letter *to, const kor_mail *mail, const char *label)
{
    const kor_str *keys[] = {&mail->sender, &mail->thread};
    for (size_t i = 0; i < 2; i++) {
        if (keys[i]->len) to->key[i] = kor_hash64(kor_str_text(keys[i]), keys[i]->len, i + 1);
    }
    if (!mail->text.len) return KOR_OK;
    json_t *row =
        json_pack("{s:s%,s:s}", "text", kor_str_text(&mail->text), mail->text.len, "label", label);
    char *json = row ? json_dumps(row, JSON_COMPACT) : NULL;
    json_decref(row);
    if (!json) return kor_fail_memory(l->err);
    to->len = strlen(json);
    to->json = kor_arena_copy(&l->arena, json, to->len);
    free(json);
    return to->json ? KOR_OK : kor_fail_memory(l->err);
}

static kor_status add(letters *l, const kor_tar_file *file, const char *label)
{
    kor_mail mail;
    if (l->count == MAILS_MAX)
        return kor_fail(l->err, KOR_E_INPUT, "%s: more than %d mails", l->path, MAILS_MAX);
    if (l->count == l->cap) {
        size_t cap = l->cap ? 2 * l->cap : 1024;
        letter *list = realloc(l->list, cap * sizeof *list);
        if (!list) return kor_fail_memory(l->err);
        l->list = list;
        l->cap = cap;
    }
    letter *to = &l->list[l->count];
    *to = (letter){.name = kor_arena_copy(&l->arena, file->name, strlen(file->name))};
    if (!to->name) return kor_fail_memory(l->err);
    KOR_TRY(kor_mail_read(&mail, file->bytes, file->len, l->err));
    kor_status status = fill(l, to, &mail, label);
    kor_mail_free(&mail);
    if (status == KOR_OK) l->count++;
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const letter *)a)->name, ((const letter *)b)->name);
}

static kor_status read_all(letters *l, const char *tar, size_t len)
{
    kor_tar archive = {tar, tar + len};
    kor_tar_file file;
    const char *folder = l->q->source->file;
    size_t n = strlen(folder);
    while (kor_tar_next(&archive, &file)) {
        const char *inside = strchr(file.name, '/');
        if (!inside || strncmp(inside + 1, folder, n) != 0 ||
            (n && folder[n - 1] != '/' && inside[1 + n] != '/'))
            continue;
        if (!has_end(file.name, ".txt") && !has_end(file.name, ".eml")) continue;
        const char *label = label_of(l, file.name);
        if (label) KOR_TRY(add(l, &file, label));
    }
    if (l->count) qsort(l->list, l->count, sizeof *l->list, by_name);
    return KOR_OK;
}

/* ---- Groups ---- */

static size_t first_of(letters *l, size_t i)
{
    while (l->list[i].group != i) {
        l->list[i].group = l->list[l->list[i].group].group;
        i = l->list[i].group;
    }
    return i;
}

typedef struct place {
    uint64_t key;
    size_t letter;
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return x->letter < y->letter ? -1 : x->letter > y->letter;
}

/* Letters with the same key are of one group. */
static kor_status join(letters *l)
{
    place *places = calloc(2 * l->count, sizeof *places);
    size_t n = 0;
    if (!places) return kor_fail_memory(l->err);
    for (size_t i = 0; i < l->count; i++) {
        l->list[i].group = i;
        for (size_t k = 0; k < 2; k++) {
            if (l->list[i].key[k]) places[n++] = (place){l->list[i].key[k], i};
        }
    }
    qsort(places, n, sizeof *places, by_key);
    for (size_t i = 1; i < n; i++) {
        if (places[i].key != places[i - 1].key) continue;
        size_t a = first_of(l, places[i].letter), b = first_of(l, places[i - 1].letter);
        if (a < b) l->list[b].group = a;
        if (b < a) l->list[a].group = b;
    }
    free(places);
    return KOR_OK;
}

typedef struct group {
    uint64_t least; /* of its keys */
    size_t count;
} group;

static kor_status put_part(letters *l, kor_made_rows *out, bool gate)
{
    KOR_TRY(join(l));
    group *groups = calloc(l->count, sizeof *groups);
    if (!groups) return kor_fail_memory(l->err);
    for (size_t i = 0; i < l->count; i++) {
        const letter *x = &l->list[i];
        group *g = &groups[first_of(l, i)];
        if (!g->count++) g->least = UINT64_MAX;
        for (size_t k = 0; k < 2; k++) {
            if (x->key[k] && x->key[k] < g->least) g->least = x->key[k];
        }
    }
    kor_status status = KOR_OK;
    for (size_t i = 0; status == KOR_OK && i < l->count; i++) {
        const group *g = &groups[first_of(l, i)];
        uint64_t lot = kor_hash64(&g->least, sizeof g->least, 0) % SHARE;
        bool is_gate = lot == 0 && g->count * LARGE <= l->count;
        if (is_gate == gate && l->list[i].json)
            status = kor_made_rows_add(out, l->list[i].json, l->list[i].len, 0, l->err);
    }
    free(groups);
    return status;
}

kor_status kor_data_mails(kor_made_rows *out, const char *tar, size_t len, const char *path,
                          const kor_data_request *request, kor_error *err)
{
    letters l = {.path = path, .q = request, .err = err};
    const char *part = request->source->part;
    kor_status status = read_all(&l, tar, len);
    size_t empty = 0;
    for (size_t i = 0; i < l.count; i++) empty += !l.list[i].json;
    if (status == KOR_OK && empty)
        kor_remark(request->remarks, "%s: %zu of %zu mails have no text and are left out", path,
                   empty, l.count);
    if (status == KOR_OK && l.count && part) status = put_part(&l, out, strcmp(part, "gate") == 0);
    for (size_t i = 0; status == KOR_OK && !part && i < l.count; i++) {
        if (l.list[i].json) status = kor_made_rows_add(out, l.list[i].json, l.list[i].len, 0, err);
    }
    free(l.list);
    kor_arena_free(&l.arena);
    return status;
}
