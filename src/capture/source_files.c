/* SPDX-License-Identifier: Apache-2.0 */
/* Text and Markdown files, one event a section. */
#include "base/arena.h"
#include "base/file.h"
#include "base/hash.h"
#include "capture/chunks.h"
#include "capture/seen.h"
#include "capture/source.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { FILE_MAX = 16 << 20, SNIFF = 8 << 10, DEPTH_MAX = 64 };

typedef struct file {
    char *path; /* absolute */
    int64_t mtime_ms;
    uint64_t size;
    struct file *next;
} file;

/* The files of a folder, found before the first is read: so there is an order and a total. */
typedef struct listing {
    kor_arena arena;
    file *first;
    size_t count;
    uint64_t bytes;
    const kor_sink *sink;
} listing;

/* ---- Which files ---- */

static bool is_one_of(const char *name, const char *const *list)
{
    for (; *list; list++) {
        if (strcasecmp(name, *list) == 0) return true;
    }
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_markdown(const char *name)
{
    static const char *const endings[] = {".md", ".markdown", NULL};
    const char *dot = strrchr(name, '.');
    return dot && is_one_of(dot, endings);
}

static bool is_text_name(const char *name)
{
    static const char *const endings[] = {".txt", ".rst", ".org", ".adoc", NULL};
    static const char *const names[] = {"README",  "LICENSE",      "LICENCE",      "COPYING",
                                        "NOTICE",  "CHANGELOG",    "CHANGES",      "NEWS",
                                        "HISTORY", "CONTRIBUTING", "CONTRIBUTORS", "AUTHORS",
                                        "TODO",    "INSTALL",      "HACKING",      NULL};
    const char *dot = strrchr(name, '.');
    return dot ? is_markdown(name) || is_one_of(dot, endings) : is_one_of(name, names);
}

/* Folders that programs fill. */
static bool is_generated(const char *name)
{
    static const char *const names[] = {"node_modules", "bower_components", "__pycache__", "venv",
                                        "build",        "_build",           "dist",        "target",
                                        "out",          "vendor",           "coverage",    NULL};
    return is_one_of(name, names);
}

static kor_status add_file(listing *l, const char *path, const struct stat *st, kor_error *err)
{
    file *f = kor_arena_alloc(&l->arena, sizeof *f);
    if (f) f->path = kor_arena_copy(&l->arena, path, strlen(path));
    if (!f || !f->path) return kor_fail_memory(err);
    f->mtime_ms = (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
    f->size = (uint64_t)st->st_size;
    f->next = l->first;
    l->first = f;
    l->count++;
    l->bytes += f->size;
    return KOR_OK;
}

static kor_status list_folder(listing *l, kor_str *path, int depth, kor_error *err);

/* Symbolic links are not followed: what they show inside the folder is met where it is, and what is
 * outside was not asked for. */
static kor_status list_entry(listing *l, kor_str *path, const char *name, int depth, kor_error *err)
{
    struct stat st;
    if (name[0] == '.') return KOR_OK;
    size_t len = path->len;
    if (path->data[len - 1] != '/') kor_str_putc(path, '/');
    kor_str_puts(path, name);
    if (path->failed) return kor_fail_memory(err);
    kor_status status = KOR_OK;
    if (lstat(path->data, &st) != 0) {
        l->sink->skip(l->sink->arg, path->data, strerror(errno));
    } else if (S_ISDIR(st.st_mode) && !is_generated(name)) {
        status = list_folder(l, path, depth + 1, err);
    } else if (S_ISREG(st.st_mode) && is_text_name(name)) {
        status = add_file(l, path->data, &st, err);
    }
    if (!path->failed) {
        path->len = len;
        path->data[len] = 0;
    }
    return status;
}

static kor_status list_folder(listing *l, kor_str *path, int depth, kor_error *err)
{
    DIR *folder = depth <= DEPTH_MAX ? opendir(path->data) : NULL;
    if (!folder && depth == 0) {
        return kor_fail(err, KOR_E_IO, "%s: cannot open: %s", path->data, strerror(errno));
    }
    if (!folder) {
        const char *why = depth > DEPTH_MAX ? "folders nested too deep" : strerror(errno);
        l->sink->skip(l->sink->arg, path->data, why);
        return KOR_OK;
    }
    kor_status status = KOR_OK;
    const struct dirent *entry;
    while (status == KOR_OK && (entry = readdir(folder)) != NULL) {
        status = list_entry(l, path, entry->d_name, depth, err);
    }
    closedir(folder);
    return status;
}

static int by_time(const void *a, const void *b)
{
    const file *x = *(file *const *)a, *y = *(file *const *)b;
    if (x->mtime_ms != y->mtime_ms) return x->mtime_ms < y->mtime_ms ? -1 : 1;
    return strcmp(x->path, y->path);
}

/* ---- One file ---- */

typedef struct reading {
    const kor_sink *sink;
    const file *file;
    kor_seen seen;
    kor_str uri, ref, key;
} reading;

static kor_status emit_chunk(void *arg, const kor_chunk *chunk, kor_error *err)
{
    reading *r = arg;
    char hash[33];
    kor_str_clear(&r->key);
    kor_str_puts(&r->key, chunk->title);
    kor_str_putc(&r->key, 0);
    kor_str_add(&r->key, chunk->text, chunk->len);
    kor_hash128_hex(kor_str_text(&r->key), r->key.len, hash);
    kor_str_clear(&r->ref);
    kor_str_printf(&r->ref, "%s#%s", r->file->path, hash);
    kor_str_clear(&r->uri);
    kor_source_file_uri(&r->uri, r->file->path);
    if (*chunk->slug) kor_str_printf(&r->uri, "#%s", chunk->slug);
    if (r->key.failed || r->uri.failed) return kor_fail_memory(err);
    KOR_TRY(kor_seen_ref(&r->seen, &r->ref, err));
    kor_event event = {.time_ms = r->file->mtime_ms,
                       .offset_min = kor_source_offset(r->sink, r->file->mtime_ms),
                       .source = "files",
                       .ref = kor_str_text(&r->ref),
                       .title = chunk->title,
                       .uri = kor_str_text(&r->uri),
                       .text = chunk->text,
                       .text_len = chunk->len};
    return r->sink->event(r->sink->arg, &event, err);
}

static bool is_binary(const kor_str *text)
{
    return text->len && memchr(text->data, 0, text->len < SNIFF ? text->len : SNIFF);
}

static kor_status emit_file(const file *f, const kor_str *text, const kor_sink *sink,
                            kor_error *err)
{
    reading r = {.sink = sink, .file = f};
    const char *name = base_name(f->path);
    kor_status status = kor_chunks_each(name, kor_str_text(text), text->len, is_markdown(name),
                                        emit_chunk, &r, err);
    kor_seen_free(&r.seen);
    kor_str_free(&r.uri);
    kor_str_free(&r.ref);
    kor_str_free(&r.key);
    return status;
}

/* The file that was asked for: what is wrong with it is a failure. */
static kor_status read_named(const char *path, const struct stat *st, const kor_sink *sink,
                             kor_error *err)
{
    listing l = {.sink = sink};
    kor_str text = {0};
    kor_status status = add_file(&l, path, st, err);
    if (status == KOR_OK) status = kor_file_read(&text, path, FILE_MAX, err);
    if (status == KOR_OK && is_binary(&text)) {
        status = kor_fail(err, KOR_E_INPUT, "%s: not a text file, it has NUL bytes", path);
    }
    if (status == KOR_OK && l.first->mtime_ms >= sink->since_ms) {
        status = emit_file(l.first, &text, sink, err);
    }
    sink->progress(sink->arg, 1);
    kor_str_free(&text);
    kor_arena_free(&l.arena);
    return status;
}

/* ---- A folder of them ---- */

static kor_status read_listed(const file *f, kor_str *text, const kor_sink *sink, kor_error *err)
{
    if (f->mtime_ms < sink->since_ms) return KOR_OK;
    kor_error problem;
    kor_str_clear(text);
    kor_status status = kor_file_read(text, f->path, FILE_MAX, &problem);
    if (status == KOR_E_MEMORY) return kor_fail_memory(err);
    if (status != KOR_OK) {
        kor_source_skip_error(sink, f->path, &problem);
        return KOR_OK;
    }
    return is_binary(text) ? KOR_OK : emit_file(f, text, sink, err);
}

static kor_status read_all(listing *l, kor_error *err)
{
    if (l->count == 0) return KOR_OK;
    file **sorted = kor_arena_array(&l->arena, l->count, sizeof *sorted);
    if (!sorted) return kor_fail_memory(err);
    size_t n = 0;
    for (file *f = l->first; f; f = f->next) sorted[n++] = f;
    qsort(sorted, n, sizeof *sorted, by_time);
    kor_str text = {0};
    kor_status status = KOR_OK;
    uint64_t done = 0;
    for (size_t i = 0; i < n && status == KOR_OK; i++) {
        status = read_listed(sorted[i], &text, l->sink, err);
        done += sorted[i]->size;
        l->sink->progress(l->sink->arg, l->bytes ? (double)done / (double)l->bytes : 1);
    }
    kor_str_free(&text);
    return status;
}

static kor_status read_folder(const char *path, const kor_sink *sink, kor_error *err)
{
    listing l = {.sink = sink};
    kor_str at = {0};
    kor_str_puts(&at, path);
    kor_status status = at.failed ? kor_fail_memory(err) : list_folder(&l, &at, 0, err);
    if (status == KOR_OK) status = read_all(&l, err);
    kor_str_free(&at);
    kor_arena_free(&l.arena);
    return status;
}

kor_status kor_source_files_run(const char *path, const kor_sink *sink, kor_error *err)
{
    if (!path) {
        return kor_fail(err, KOR_E_ARG,
                        "files: say which file or folder to read: korora import files PATH");
    }
    struct stat st;
    char absolute[PATH_MAX];
    if (!realpath(path, absolute) || stat(absolute, &st) != 0) {
        kor_status code = errno == ENOENT || errno == ENOTDIR ? KOR_E_NOT_FOUND : KOR_E_IO;
        return kor_fail(err, code, "%s: cannot open: %s", path, strerror(errno));
    }
    if (S_ISDIR(st.st_mode)) return read_folder(absolute, sink, err);
    return read_named(absolute, &st, sink, err);
}
