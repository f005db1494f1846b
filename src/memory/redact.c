/* SPDX-License-Identifier: Apache-2.0 */
#include "memory/redact.h"

#include "base/hash.h"
#include "colony/colony.h"
#include "memory/bm25.h"
#include "memory/store.h"

#include <stdlib.h>
#include <string.h>

enum {
    NAME_WORDS = 8, /* of a name that are compared; one that is longer is known by these */
    PART_BYTES = 3  /* of a word of a name that says something by itself, though it is not all */
};

static const char *const labels[] = {"person", "organisation", "place",   "project",
                                     "file",   "ticket",       "version", "tool",
                                     "money",  "email",        "phone",   "link"};

enum { LABELS = sizeof labels / sizeof *labels };

/* A name by a hash of its words; a word of one by that of its stem. */
typedef struct name {
    uint64_t hash;
    size_t label;
} name;

typedef struct names {
    name *list; /* [count] by hash */
    size_t count, cap;
} names;

/* How the index takes texts apart. */
typedef struct tokenizer {
    fts5_tokenizer functions;
    Fts5Tokenizer *made;
} tokenizer;

struct kor_redactor {
    tokenizer words; /* without case and accents: "ines" is not "in" */
    tokenizer stems; /* as the index finds them, where it is */
    bool cuts[LABELS];
    names whole, parts;
};

/* ---- Lists ---- */

static size_t label_of(const char *label, size_t len)
{
    size_t i = 0;
    while (i < LABELS && (strlen(labels[i]) != len || memcmp(labels[i], label, len) != 0)) i++;
    return i;
}

bool kor_redact_knows(const char *label, size_t len)
{
    return label_of(label, len) < LABELS;
}

static int by_hash(const void *a, const void *b)
{
    const name *x = a, *y = b;
    return (x->hash > y->hash) - (x->hash < y->hash);
}

static const name *find(const names *n, uint64_t hash)
{
    const name key = {.hash = hash};
    return n->count ? bsearch(&key, n->list, n->count, sizeof key, by_hash) : NULL;
}

static bool put(names *n, uint64_t hash, size_t label)
{
    if (n->count == n->cap) {
        size_t cap = n->cap ? 2 * n->cap : 256;
        name *more = realloc(n->list, cap * sizeof *more);
        if (!more) return false;
        n->list = more;
        n->cap = cap;
    }
    n->list[n->count++] = (name){hash, label};
    return true;
}

/* ---- Words ---- */

typedef struct word {
    uint64_t hash;
    size_t start, end; /* bytes of the text */
} word;

typedef struct word_list {
    word *list;
    size_t count, cap;
} word_list;

static int on_word(void *context, int flags, const char *token, int len, int start, int end)
{
    word_list *w = context;
    if (flags & FTS5_TOKEN_COLOCATED) return SQLITE_OK;
    if (w->count == w->cap) {
        size_t cap = w->cap ? 2 * w->cap : 64;
        word *more = realloc(w->list, cap * sizeof *more);
        if (!more) return SQLITE_NOMEM;
        w->list = more;
        w->cap = cap;
    }
    w->list[w->count++] = (word){kor_hash64(token, (size_t)len, 0), (size_t)start, (size_t)end};
    return SQLITE_OK;
}

/* The words of a text, in place of those before. */
static kor_status read_words(const tokenizer *t, const char *text, size_t len, word_list *out,
                             kor_error *err)
{
    out->count = 0;
    if (t->functions.xTokenize(t->made, out, FTS5_TOKENIZE_DOCUMENT, text, (int)len, on_word) !=
        SQLITE_OK)
        return kor_fail_memory(err);
    return KOR_OK;
}

static uint64_t join(uint64_t before, const word *w)
{
    return kor_hash64(&w->hash, sizeof w->hash, before);
}

/* ---- The names of a memory ---- */

static kor_status learn_name(kor_redactor *r, const char *text, size_t len, size_t label,
                             word_list *w, kor_error *err)
{
    uint64_t hash = 0;
    KOR_TRY(read_words(&r->words, text, len, w, err));
    for (size_t i = 0; i < w->count && i < NAME_WORDS; i++) hash = join(hash, &w->list[i]);
    if (w->count && !put(&r->whole, hash, label)) return kor_fail_memory(err);
    KOR_TRY(read_words(&r->stems, text, len, w, err));
    for (size_t i = 0; i < w->count; i++) {
        bool says = w->count == 1 || w->list[i].end - w->list[i].start >= PART_BYTES;
        if (says && !put(&r->parts, w->list[i].hash, label)) return kor_fail_memory(err);
    }
    return KOR_OK;
}

static kor_status learn_all(kor_redactor *r, kor_memory *memory, word_list *w, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(memory,
                              "SELECT l.name, a.value FROM annotations a"
                              " JOIN labels l ON l.id = a.label JOIN fields f ON f.id = l.field"
                              " WHERE f.name = 'entities' AND a.value <> ''"
                              " GROUP BY a.label, a.value",
                              &statement, err));
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) break;
        size_t label = label_of((const char *)sqlite3_column_text(statement, 0),
                                (size_t)sqlite3_column_bytes(statement, 0));
        if (label == LABELS || !r->cuts[label]) continue;
        kor_status status = learn_name(r, (const char *)sqlite3_column_text(statement, 1),
                                       (size_t)sqlite3_column_bytes(statement, 1), label, w, err);
        if (status != KOR_OK) {
            (void)sqlite3_reset(statement);
            return status;
        }
    }
    if (r->whole.count) qsort(r->whole.list, r->whole.count, sizeof *r->whole.list, by_hash);
    if (r->parts.count) qsort(r->parts.list, r->parts.count, sizeof *r->parts.list, by_hash);
    return KOR_OK;
}

/* form is how the index is made (store.c), from the tokenizer's own name on. */
static kor_status open_tokenizer(tokenizer *t, kor_memory *memory, const char **form, int count,
                                 kor_error *err)
{
    void *data = NULL;
    fts5_api *api = kor_bm25_api(memory);
    if (!api || api->xFindTokenizer(api, form[0], &data, &t->functions) != SQLITE_OK ||
        t->functions.xCreate(data, form + 1, count - 1, &t->made) != SQLITE_OK)
        return kor_fail(err, KOR_E_UNSUPPORTED, "this SQLite has no tokenizer '%s'", form[0]);
    return KOR_OK;
}

static kor_status open_words(kor_redactor *r, kor_memory *memory, kor_error *err)
{
    const char *form[] = {"porter", "unicode61", "remove_diacritics", "2"};
    KOR_TRY(open_tokenizer(&r->words, memory, form + 1, 3, err));
    return open_tokenizer(&r->stems, memory, form, 4, err);
}

kor_status kor_redactor_new(kor_redactor **out, kor_memory *memory, const char *list,
                            kor_error *err)
{
    kor_redactor *r = calloc(1, sizeof *r);
    word_list w = {0};
    *out = NULL;
    if (!r) return kor_fail_memory(err);
    for (const char *at = list; *at;) {
        size_t len = strcspn(at, ","), label = label_of(at, len);
        if (label < LABELS) r->cuts[label] = true;
        at += len + (at[len] == ',');
    }
    kor_status status = open_words(r, memory, err);
    if (status == KOR_OK) status = learn_all(r, memory, &w, err);
    free(w.list);
    if (status == KOR_OK)
        *out = r;
    else
        kor_redactor_free(r);
    return status;
}

void kor_redactor_free(kor_redactor *r)
{
    if (!r) return;
    if (r->words.made) r->words.functions.xDelete(r->words.made);
    if (r->stems.made) r->stems.functions.xDelete(r->stems.made);
    free(r->whole.list);
    free(r->parts.list);
    free(r);
}

/* ---- What is cut out of a text ---- */

typedef struct cut {
    size_t start, end, label;
} cut;

typedef struct cuts {
    cut *list;
    size_t count, cap;
} cuts;

static kor_status add_cut(cuts *c, size_t start, size_t end, size_t label, kor_error *err)
{
    if (start >= end) return KOR_OK;
    if (c->count == c->cap) {
        size_t cap = c->cap ? 2 * c->cap : 16;
        cut *more = realloc(c->list, cap * sizeof *more);
        if (!more) return kor_fail_memory(err);
        c->list = more;
        c->cap = cap;
    }
    c->list[c->count++] = (cut){start, end, label};
    return KOR_OK;
}

/* The longest name that begins at a word; *count words of it. */
static const name *name_at(const kor_redactor *r, const word_list *w, size_t at, size_t *count)
{
    const name *longest = NULL;
    uint64_t hash = 0;
    for (size_t n = 0; n < NAME_WORDS && at + n < w->count; n++) {
        hash = join(hash, &w->list[at + n]);
        const name *found = find(&r->whole, hash);
        if (!found) continue;
        longest = found;
        *count = n + 1;
    }
    return longest;
}

/* Whoever is named in full is often named again in part: "Ines Moreau ... Moreau". */
static kor_status cut_parts(const names *parts, const word_list *w, cuts *out, kor_error *err)
{
    for (size_t i = 0; i < w->count; i++) {
        const name *found = find(parts, w->list[i].hash);
        if (found) KOR_TRY(add_cut(out, w->list[i].start, w->list[i].end, found->label, err));
    }
    return KOR_OK;
}

static kor_status cut_names(const kor_redactor *r, const word_list *w, cuts *out, kor_error *err)
{
    const size_t person = label_of("person", 6);
    names parts = {0};
    kor_status status = KOR_OK;
    for (size_t i = 0, n = 1; status == KOR_OK && i < w->count; i += n, n = 1) {
        const name *found = name_at(r, w, i, &n);
        if (!found) continue;
        status = add_cut(out, w->list[i].start, w->list[i + n - 1].end, found->label, err);
        for (size_t k = i; status == KOR_OK && found->label == person && k < i + n; k++) {
            bool says = w->list[k].end - w->list[k].start >= PART_BYTES;
            if (says && !put(&parts, w->list[k].hash, person)) status = kor_fail_memory(err);
        }
    }
    if (parts.count) qsort(parts.list, parts.count, sizeof *parts.list, by_hash);
    if (status == KOR_OK) status = cut_parts(&parts, w, out, err);
    free(parts.list);
    return status;
}

/* Bytes that an address of mail or of a page is written in. */
static bool is_of_address(char c)
{
    return (unsigned char)c > ' ' && !strchr("<>\"'`()[]{},;|", c);
}

/* Whatever has the form of an address: "a@b" and "a://b". */
static kor_status cut_addresses(const kor_redactor *r, const char *text, size_t len, cuts *out,
                                kor_error *err)
{
    const size_t email = label_of("email", 5), link = label_of("link", 4);
    for (size_t i = 0; i < len; i++) {
        bool mail = r->cuts[email] && text[i] == '@';
        bool page =
            r->cuts[link] && text[i] == ':' && i + 2 < len && memcmp(text + i, "://", 3) == 0;
        if (!mail && !page) continue;
        size_t start = i, end = i + 1;
        while (start && is_of_address(text[start - 1])) start--;
        while (end < len && is_of_address(text[end])) end++;
        if (start == i || end == i + 1) continue;
        KOR_TRY(add_cut(out, start, end, mail ? email : link, err));
        i = end;
    }
    return KOR_OK;
}

/* The places that a model named in the title or the text. */
static kor_status cut_places(const kor_redactor *r, kor_memory *memory, int64_t event,
                             kor_place place, size_t len, cuts *out, kor_error *err)
{
    sqlite3_stmt *statement;
    bool row;
    KOR_TRY(kor_store_prepare(
        memory,
        "SELECT f.name = 'links', l.name, a.start, a.stop FROM annotations a"
        " JOIN labels l ON l.id = a.label JOIN fields f ON f.id = l.field"
        " WHERE a.event = ?1 AND a.place = ?2 AND f.name IN ('entities', 'links')",
        &statement, err));
    (void)sqlite3_bind_int64(statement, 1, event);
    (void)sqlite3_bind_int(statement, 2, (int)place);
    for (;;) {
        KOR_TRY(kor_store_step(memory, statement, &row, err));
        if (!row) return KOR_OK;
        size_t label = sqlite3_column_int(statement, 0)
                           ? label_of("link", 4)
                           : label_of((const char *)sqlite3_column_text(statement, 1),
                                      (size_t)sqlite3_column_bytes(statement, 1));
        size_t start = (size_t)sqlite3_column_int64(statement, 2);
        size_t end = (size_t)sqlite3_column_int64(statement, 3);
        if (label == LABELS || !r->cuts[label]) continue;
        kor_status status = add_cut(out, start, end < len ? end : len, label, err);
        if (status != KOR_OK) {
            (void)sqlite3_reset(statement);
            return status;
        }
    }
}

static int by_start(const void *a, const void *b)
{
    const cut *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    return (x->end < y->end) - (x->end > y->end);
}

/* Put the label where something is cut; what overlaps is cut together. */
static void apply(kor_str *out, const char *text, size_t len, cuts *c)
{
    size_t at = 0;
    if (c->count) qsort(c->list, c->count, sizeof *c->list, by_start);
    for (size_t i = 0; i < c->count;) {
        size_t end = c->list[i].end, label = c->list[i].label;
        kor_str_add(out, text + at, c->list[i].start - at);
        kor_str_printf(out, "[%s]", labels[label]);
        for (i++; i < c->count && c->list[i].start < end; i++)
            if (c->list[i].end > end) end = c->list[i].end;
        at = end;
    }
    kor_str_add(out, text + at, len - at);
}

/* The title or the text of an event without its names, in arena; *len becomes its length. */
static kor_status redact(const kor_redactor *r, kor_memory *memory, int64_t event, kor_place place,
                         kor_arena *arena, const char **text, size_t *len, kor_error *err)
{
    word_list w = {0};
    cuts c = {0};
    kor_str out = {0};
    kor_status status = read_words(&r->words, *text, *len, &w, err);
    if (status == KOR_OK) status = cut_names(r, &w, &c, err);
    if (status == KOR_OK) status = cut_addresses(r, *text, *len, &c, err);
    if (status == KOR_OK) status = cut_places(r, memory, event, place, *len, &c, err);
    if (status == KOR_OK && c.count) {
        apply(&out, *text, *len, &c);
        const char *copy = out.failed ? NULL : kor_arena_copy(arena, kor_str_text(&out), out.len);
        if (copy) {
            *text = copy;
            *len = out.len;
        } else {
            status = kor_fail_memory(err);
        }
    }
    kor_str_free(&out);
    free(c.list);
    free(w.list);
    return status;
}

kor_status kor_redact_event(kor_memory *memory, kor_arena *arena, kor_event *event, kor_error *err)
{
    const kor_redactor *r = kor_memory_redactor(memory);
    if (!r) return KOR_OK;
    event->uri = event->ref = NULL;
    if (event->title) {
        size_t len = strlen(event->title);
        KOR_TRY(redact(r, memory, event->id, KOR_PLACE_TITLE, arena, &event->title, &len, err));
    }
    return redact(r, memory, event->id, KOR_PLACE_TEXT, arena, &event->text, &event->text_len, err);
}

kor_status kor_redact_question(kor_memory *memory, kor_str *question, bool *any, kor_error *err)
{
    const kor_redactor *r = kor_memory_redactor(memory);
    word_list w = {0};
    if (any) *any = false;
    if (!r || !question->len) return KOR_OK;
    kor_status status = read_words(&r->stems, question->data, question->len, &w, err);
    for (size_t i = 0; status == KOR_OK && i < w.count; i++) {
        if (!find(&r->parts, w.list[i].hash)) continue;
        memset(question->data + w.list[i].start, ' ', w.list[i].end - w.list[i].start);
        if (any) *any = true;
    }
    free(w.list);
    return status;
}
