/* SPDX-License-Identifier: Apache-2.0 */
/* Files and names of a grammar: what is read from where, and what is called how. */
#include "forge/grammar.h"

#include "base/file.h"
#include "base/hash.h"
#include "forge/grammar_inner.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* ---- Names ---- */

void *kor_grammar_grow(kor_arena *arena, void *array, size_t count, size_t *cap, size_t size)
{
    if (count < *cap) return array;
    size_t room = *cap ? *cap * 2 : 4;
    void *grown = kor_arena_array(arena, room, size);
    if (!grown) return NULL;
    if (count) memcpy(grown, array, count * size);
    *cap = room;
    return grown;
}

/* The place of a name in the table: where it is, or where it would go. */
static size_t place_of(const kor_grammar *g, kor_entity_kind kind, const char *name, size_t len)
{
    size_t at = kor_hash64(name, len, (uint64_t)kind) & (g->slot_count - 1);
    for (; g->slots[at]; at = (at + 1) & (g->slot_count - 1)) {
        const kor_entity *e = g->entities[g->slots[at] - 1];
        if (e->kind == kind && e->len == len && memcmp(e->name, name, len) == 0) break;
    }
    return at;
}

kor_entity *kor_grammar_find(const kor_grammar *g, kor_entity_kind kind, const char *name,
                             size_t len)
{
    if (!g->slot_count) return NULL;
    uint32_t found = g->slots[place_of(g, kind, name, len)];
    return found ? g->entities[found - 1] : NULL;
}

/* At most half of the table is used. */
static bool grow_table(kor_grammar *g)
{
    if (g->slot_count >= 2 * (g->entity_count + 1)) return true;
    size_t room = g->slot_count ? g->slot_count * 2 : 64;
    g->slots = kor_arena_array(&g->arena, room, sizeof *g->slots);
    if (!g->slots) return false;
    g->slot_count = room;
    for (size_t i = 0; i < g->entity_count; i++) {
        const kor_entity *e = g->entities[i];
        g->slots[place_of(g, e->kind, e->name, e->len)] = (uint32_t)i + 1;
    }
    return true;
}

kor_status kor_grammar_add(kor_grammar *g, kor_entity *e, kor_error *err)
{
    const kor_entity *first = kor_grammar_find(g, e->kind, e->name, e->len);
    if (first) {
        return kor_fail(err, KOR_E_INPUT,
                        "%s:%zu:1: %c[%s] is defined twice, first at %s:%zu: rename or join them",
                        e->file, e->line, kor_entity_mark[e->kind], e->name, first->file,
                        first->line);
    }
    kor_entity **grown = kor_grammar_grow(&g->arena, (void *)g->entities, g->entity_count,
                                          &g->entity_cap, sizeof *grown);
    if (!grown) return kor_fail_memory(err);
    g->entities = grown;
    if (e->kind == KOR_INTENT) {
        grown = kor_grammar_grow(&g->arena, (void *)g->intents, g->intent_count, &g->intent_cap,
                                 sizeof *grown);
        if (!grown) return kor_fail_memory(err);
        g->intents = grown;
        g->intents[g->intent_count++] = e;
    }
    if (!grow_table(g)) return kor_fail_memory(err);
    g->entities[g->entity_count++] = e;
    g->slots[place_of(g, e->kind, e->name, e->len)] = (uint32_t)g->entity_count;
    return KOR_OK;
}

/* ---- Files ---- */

typedef struct reader {
    kor_grammar *g;
    const char *real, *file; /* that imports: as realpath has it, and as messages name it */
    size_t depth;
    struct import_line {
        char *path;
        size_t len, line;
    } * imports;
    size_t import_count, import_cap;
} reader;

/* Imports come after the definitions of the file, as in the original. */
static kor_status note_import(void *arg, const char *path, size_t len, size_t line, kor_error *err)
{
    reader *r = arg;
    struct import_line *grown =
        kor_grammar_grow(&r->g->arena, r->imports, r->import_count, &r->import_cap, sizeof *grown);
    char *copy = kor_arena_copy(&r->g->arena, path, len);
    if (!grown || !copy) return kor_fail_memory(err);
    r->imports = grown;
    r->imports[r->import_count++] = (struct import_line){copy, len, line};
    return KOR_OK;
}

static bool inside(const char *root, const char *path)
{
    size_t n = strlen(root);
    return strncmp(root, path, n) == 0 && (root[n - 1] == '/' || path[n] == '/');
}

/* Which of the files it is; KOR_E_INPUT when its imports are being read now. */
static kor_status note_file(kor_grammar *g, const char *path, size_t *out, kor_error *err)
{
    for (size_t i = 0; i < g->file_count; i++) {
        if (strcmp(g->files[i], path) == 0 && g->file_open[i])
            return kor_fail(err, KOR_E_INPUT, "%s is imported in a circle: remove one import",
                            strrchr(path, '/') + 1);
    }
    if (g->file_count == KOR_GRAMMAR_FILES)
        return kor_fail(err, KOR_E_INPUT, "more than %d files are imported", KOR_GRAMMAR_FILES);
    const char **files =
        kor_grammar_grow(&g->arena, (void *)g->files, g->file_count, &g->file_cap, sizeof *files);
    bool *open =
        kor_grammar_grow(&g->arena, g->file_open, g->file_count, &g->file_open_cap, sizeof *open);
    const char *copy = kor_arena_copy(&g->arena, path, strlen(path));
    if (!files || !open || !copy) return kor_fail_memory(err);
    g->files = files;
    g->file_open = open;
    *out = g->file_count;
    g->files[g->file_count] = copy;
    g->file_open[g->file_count++] = true;
    return KOR_OK;
}

static kor_status read_file(kor_grammar *g, const char *real, const char *file, size_t depth,
                            kor_error *err);

/* A path as written in a file, from the folder of that file. */
static kor_status resolve(const reader *r, const struct import_line *import, char out[PATH_MAX],
                          kor_error *err)
{
    char joined[PATH_MAX];
    size_t folder = (size_t)(strrchr(r->real, '/') - r->real) + 1;
    if (import->path[0] == '/')
        return kor_fail(err, KOR_E_INPUT, "'%s' is no path from this file: import ./words.chatito",
                        import->path);
    if (import->len < 9 || strcmp(import->path + import->len - 8, ".chatito") != 0)
        return kor_fail(err, KOR_E_INPUT, "'%s': only files named .chatito are imported",
                        import->path);
    if (folder + import->len >= sizeof joined)
        return kor_fail(err, KOR_E_INPUT, "the path is too long");
    memcpy(joined, r->real, folder);
    memcpy(joined + folder, import->path, import->len + 1);
    if (!realpath(joined, out))
        return kor_fail(err, KOR_E_INPUT, "cannot import '%s': %s", import->path, strerror(errno));
    if (!inside(r->g->root, out))
        return kor_fail(err, KOR_E_INPUT, "'%s' is outside of %s: copy it into that folder",
                        import->path, r->g->root);
    return KOR_OK;
}

/* How messages name an imported file: from where the importing one is said to be. */
static const char *name_of(const reader *r, const struct import_line *import)
{
    const char *slash = strrchr(r->file, '/'), *path = import->path;
    if (strncmp(path, "./", 2) == 0) path += 2;
    kor_str name = {0};
    if (slash) kor_str_add(&name, r->file, (size_t)(slash - r->file) + 1);
    kor_str_puts(&name, path);
    const char *copy =
        name.failed ? NULL : kor_arena_copy(&r->g->arena, kor_str_text(&name), name.len);
    kor_str_free(&name);
    return copy;
}

static kor_status read_imports(const reader *r, kor_error *err)
{
    for (size_t i = 0; i < r->import_count; i++) {
        const struct import_line *import = &r->imports[i];
        char path[PATH_MAX];
        kor_status status = resolve(r, import, path, err);
        /* A message of the imported file itself says where; one about it says who imports it. */
        if (status == KOR_OK && r->depth == KOR_GRAMMAR_DEPTH)
            status =
                kor_fail(err, KOR_E_INPUT, "imports are nested deeper than %d", KOR_GRAMMAR_DEPTH);
        size_t index = 0;
        if (status == KOR_OK) status = note_file(r->g, path, &index, err);
        if (status != KOR_OK) {
            return status == KOR_E_MEMORY
                       ? status
                       : kor_fail_in(err, status, "%s:%zu:8", r->file, import->line);
        }
        const char *file = name_of(r, import);
        if (!file) return kor_fail_memory(err);
        KOR_TRY(read_file(r->g, r->g->files[index], file, r->depth + 1, err));
        r->g->file_open[index] = false;
    }
    return KOR_OK;
}

static kor_status read_file(kor_grammar *g, const char *real, const char *file, size_t depth,
                            kor_error *err)
{
    kor_str text = {0};
    kor_status status = kor_file_read(&text, real, KOR_GRAMMAR_BYTES - g->bytes, err);
    reader r = {.g = g, .real = real, .file = file, .depth = depth};
    g->bytes += text.len;
    if (status == KOR_OK) {
        const kor_grammar_source source = {
            g, file, kor_str_text(&text), text.len, depth == 0, note_import, &r};
        status = kor_grammar_parse(&source, err);
    }
    kor_str_free(&text);
    KOR_TRY(status);
    return read_imports(&r, err);
}

static kor_status read_all(kor_grammar *g, const char *path, const char *root, kor_error *err)
{
    char file[PATH_MAX], folder[PATH_MAX];
    if (!realpath(path, file))
        return kor_fail(err, errno == ENOENT ? KOR_E_NOT_FOUND : KOR_E_IO, "%s: %s", path,
                        strerror(errno));
    if (root) {
        if (!realpath(root, folder))
            return kor_fail(err, KOR_E_NOT_FOUND, "%s: %s", root, strerror(errno));
    } else {
        size_t n = (size_t)(strrchr(file, '/') - file);
        memcpy(folder, file, n + 1);
        folder[n ? n : 1] = 0;
    }
    if (strlen(folder) >= sizeof g->root)
        return kor_fail(err, KOR_E_INPUT, "%s: the path is too long", path);
    memcpy(g->root, folder, strlen(folder) + 1);
    if (!inside(g->root, file))
        return kor_fail(err, KOR_E_INPUT, "%s is outside of %s", path, g->root);
    size_t index;
    KOR_TRY(note_file(g, file, &index, err));
    const char *shown = kor_arena_copy(&g->arena, path, strlen(path));
    if (!shown) return kor_fail_memory(err);
    KOR_TRY(read_file(g, g->files[index], shown, 0, err));
    if (!g->intent_count)
        return kor_fail(err, KOR_E_INPUT,
                        "%s:1:1: no intent: say what its sentences are for with %%[intent]", path);
    return KOR_OK;
}

kor_status kor_grammar_load(kor_grammar **out, const char *path, const char *root, kor_error *err)
{
    *out = NULL;
    kor_grammar *g = calloc(1, sizeof *g);
    if (!g) return kor_fail_memory(err);
    kor_status status = read_all(g, path, root, err);
    if (status == KOR_OK) status = kor_grammar_check(g, err);
    if (status != KOR_OK) {
        kor_grammar_free(g);
        return status;
    }
    *out = g;
    return KOR_OK;
}

void kor_grammar_free(kor_grammar *g)
{
    if (!g) return;
    kor_arena_free(&g->arena);
    free(g);
}

size_t kor_grammar_files(const kor_grammar *g)
{
    return g->file_count;
}

const char *kor_grammar_file(const kor_grammar *g, size_t file)
{
    return file < g->file_count ? g->files[file] : NULL;
}

size_t kor_grammar_intents(const kor_grammar *g)
{
    return g->intent_count;
}

const char *kor_grammar_intent(const kor_grammar *g, size_t intent)
{
    return intent < g->intent_count ? g->intents[intent]->name : NULL;
}
