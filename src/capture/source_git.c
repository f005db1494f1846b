/* SPDX-License-Identifier: Apache-2.0 */
/* The commits of a git repository. This file is a module of its own (module.h): libgit2 brings
 * twenty shared libraries with it, which no other command should wait for. */

#include "capture/module.h"
#include "capture/seen.h"
#include "capture/source.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PATHS_MAX = 50,        /* named in an event */
    COUNTED_MAX = 1 << 20, /* bytes of a file whose changed lines are counted */
    SHORT_HASH = 12,
};

/* A commit that was found, 32 bytes each: a history of a million commits fits into memory. */
typedef struct found {
    git_oid id;
    uint32_t order;  /* of finding it: a commit is found before its parents */
    int64_t seconds; /* author time */
} found;

typedef struct reader {
    const kor_sink *sink;
    git_repository *repository;
    kor_str where;   /* "git:/absolute/path" */
    bool shallow;    /* the parents of the oldest commits are known to be missing */
    kor_str waiting; /* git_oid after git_oid: a stack */
    kor_str commits; /* found after found */
    kor_seen seen;
    kor_str text, uri;
} reader;

static const char *git_message(void)
{
    const git_error *e = git_error_last();
    return e && e->message ? e->message : "unknown reason";
}

static void add_where(kor_str *out, const reader *r, const git_oid *id)
{
    char hex[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hex, sizeof hex, id);
    kor_str_clear(out);
    kor_str_printf(out, "%s@%.*s", kor_str_text(&r->where), SHORT_HASH, hex);
}

static void skip_commit(reader *r, const git_oid *id, const char *why)
{
    add_where(&r->uri, r, id);
    r->sink->skip(r->sink->arg, kor_str_text(&r->uri), why);
}

/* ---- Finding the commits ---------------------------------------------------------------------
 * libgit2's own walk stops where a parent is missing, as it is at the border of a shallow clone. */

static kor_status push(reader *r, const git_oid *id, kor_error *err)
{
    uint32_t nth;
    KOR_TRY(kor_seen_add(&r->seen, id->id, GIT_OID_RAWSZ, &nth, err));
    if (nth == 1) kor_str_add(&r->waiting, (const char *)id, sizeof *id);
    return r->waiting.failed ? kor_fail_memory(err) : KOR_OK;
}

/* Branches and tags; a tag of something else than a commit is no history. */
static kor_status push_reference(reader *r, git_reference *ref, kor_error *err)
{
    const char *name = git_reference_name(ref);
    git_object *commit = NULL;
    int rc = git_reference_peel(&commit, ref, GIT_OBJECT_COMMIT);
    if (rc == 0) {
        kor_status status = push(r, git_object_id(commit), err);
        git_object_free(commit);
        return status;
    }
    if (rc != GIT_EPEEL && rc != GIT_EINVALIDSPEC) r->sink->skip(r->sink->arg, name, git_message());
    return KOR_OK;
}

static kor_status push_references(reader *r, kor_error *err)
{
    git_reference_iterator *all = NULL;
    git_reference *ref = NULL;
    kor_status status = KOR_OK;
    if (git_repository_head(&ref, r->repository) == 0) {
        status = push_reference(r, ref, err);
        git_reference_free(ref);
    }
    if (status == KOR_OK && git_reference_iterator_new(&all, r->repository) != 0) {
        status = kor_fail(err, KOR_E_INPUT, "%s: %s", kor_str_text(&r->where), git_message());
    }
    while (status == KOR_OK && git_reference_next(&ref, all) == 0) {
        if (git_reference_is_branch(ref) || git_reference_is_tag(ref)) {
            status = push_reference(r, ref, err);
        }
        git_reference_free(ref);
    }
    git_reference_iterator_free(all);
    return status;
}

static kor_status visit(reader *r, const git_oid *id, uint32_t order, kor_error *err)
{
    git_commit *commit = NULL;
    if (git_commit_lookup(&commit, r->repository, id) != 0) {
        if (!r->shallow) skip_commit(r, id, git_message());
        return KOR_OK;
    }
    found f = {.order = order, .seconds = git_commit_author(commit)->when.time};
    git_oid_cpy(&f.id, id);
    kor_str_add(&r->commits, (const char *)&f, sizeof f);
    kor_status status = r->commits.failed ? kor_fail_memory(err) : KOR_OK;
    for (unsigned i = 0; i < git_commit_parentcount(commit) && status == KOR_OK; i++) {
        status = push(r, git_commit_parent_id(commit, i), err);
    }
    git_commit_free(commit);
    return status;
}

static int oldest_first(const void *a, const void *b)
{
    const found *x = a, *y = b;
    if (x->seconds != y->seconds) return x->seconds < y->seconds ? -1 : 1;
    return x->order > y->order ? -1 : 1;
}

static kor_status find_commits(reader *r, kor_error *err)
{
    KOR_TRY(push_references(r, err));
    for (uint32_t order = 0; r->waiting.len; order++) {
        git_oid id;
        r->waiting.len -= sizeof id;
        memcpy(&id, r->waiting.data + r->waiting.len, sizeof id);
        KOR_TRY(visit(r, &id, order, err));
    }
    if (r->commits.len) {
        qsort(r->commits.data, r->commits.len / sizeof(found), sizeof(found), oldest_first);
    }
    return KOR_OK;
}

/* ---- What a commit changed ---- */

static void add_file(kor_str *text, git_diff *diff, size_t i)
{
    const git_diff_delta *delta = git_diff_get_delta(diff, i);
    git_patch *patch = NULL;
    size_t added = 0, removed = 0;
    kor_str_printf(text, "\n%s", delta->new_file.path);
    bool read = git_patch_from_diff(&patch, diff, i) == 0;
    delta = git_diff_get_delta(diff, i); /* now it is known whether it is binary */
    if (read && patch && !(delta->flags & GIT_DIFF_FLAG_BINARY) &&
        git_patch_line_stats(NULL, &added, &removed, patch) == 0) {
        kor_str_printf(text, " +%zu -%zu", added, removed);
    }
    git_patch_free(patch);
}

/* The first paths with their changed lines, against the one parent. A merge brings nothing of its
 * own, and where the parent is missing nobody can tell. */
static void add_files(kor_str *text, git_repository *repository, git_commit *commit)
{
    git_tree *tree = NULL, *before = NULL;
    git_commit *parent = NULL;
    git_diff *diff = NULL;
    git_diff_options options;
    (void)git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
    options.context_lines = 0;
    options.max_size = COUNTED_MAX;
    unsigned parents = git_commit_parentcount(commit);
    if (parents > 1 || git_commit_tree(&tree, commit) != 0) goto cleanup;
    if (parents == 1 &&
        (git_commit_parent(&parent, commit, 0) != 0 || git_commit_tree(&before, parent) != 0)) {
        goto cleanup;
    }
    if (git_diff_tree_to_tree(&diff, repository, before, tree, &options) != 0) goto cleanup;
    size_t n = git_diff_num_deltas(diff);
    for (size_t i = 0; i < n && i < PATHS_MAX; i++) add_file(text, diff, i);
    if (n > PATHS_MAX) kor_str_printf(text, "\nand %zu more", n - PATHS_MAX);
cleanup:
    git_diff_free(diff);
    git_commit_free(parent);
    git_tree_free(before);
    git_tree_free(tree);
}

/* ---- Events ---- */

static kor_status emit_commit(reader *r, git_commit *commit, kor_error *err)
{
    const git_oid *id = git_commit_id(commit);
    const git_signature *author = git_commit_author(commit);
    int64_t ms;
    if (!kor_source_ms(author->when.time, &ms)) {
        skip_commit(r, id, "its time is out of range");
        return KOR_OK;
    }
    if (ms < r->sink->since_ms) return KOR_OK;
    const char *message = git_commit_message(commit), *title = git_commit_summary(commit);
    size_t len = message ? strlen(message) : 0;
    while (len && (message[len - 1] == '\n' || message[len - 1] == ' ')) len--;
    kor_str_clear(&r->text);
    if (len) kor_str_add(&r->text, message, len);
    kor_str_printf(&r->text, "%sAuthor: %s", len ? "\n\n" : "", author->name);
    add_files(&r->text, r->repository, commit);
    add_where(&r->uri, r, id);
    if (r->text.failed || r->uri.failed) return kor_fail_memory(err);
    char hash[GIT_OID_HEXSZ + 1];
    git_oid_tostr(hash, sizeof hash, id);
    bool offset_possible = abs(author->when.offset) < 24 * 60;
    kor_event event = {.time_ms = ms,
                       .offset_min = offset_possible ? author->when.offset : 0,
                       .source = "git",
                       .ref = hash,
                       .app = "git",
                       .title = title && *title ? title : NULL,
                       .uri = kor_str_text(&r->uri),
                       .text = kor_str_text(&r->text),
                       .text_len = r->text.len};
    return r->sink->event(r->sink->arg, &event, err);
}

static kor_status emit_all(reader *r, kor_error *err)
{
    const found *commits = (const void *)r->commits.data;
    size_t n = r->commits.len / sizeof *commits;
    for (size_t i = 0; i < n; i++) {
        git_commit *commit = NULL;
        if (git_commit_lookup(&commit, r->repository, &commits[i].id) != 0) {
            skip_commit(r, &commits[i].id, git_message());
            continue;
        }
        kor_status status = emit_commit(r, commit, err);
        git_commit_free(commit);
        KOR_TRY(status);
        if (i % 32 == 0 || i + 1 == n) {
            r->sink->progress(r->sink->arg, (double)(i + 1) / (double)n);
        }
    }
    return KOR_OK;
}

/* ---- The repository ---- */

static kor_status open_repository(git_repository **out, const char *path, kor_error *err)
{
    struct stat st;
    if (stat(path, &st) != 0) {
        return kor_fail(err, KOR_E_NOT_FOUND, "%s: no such file or folder", path);
    }
    int rc = git_repository_open_ext(out, path, 0, NULL);
    if (rc == 0) return KOR_OK;
    if (rc == GIT_ENOTFOUND) {
        return kor_fail(err, KOR_E_NOT_FOUND, "%s: not a git repository", path);
    }
    return kor_fail(err, KOR_E_INPUT, "%s: %s", path, git_message());
}

static kor_status read_repository(reader *r, const char *path, kor_error *err)
{
    KOR_TRY(open_repository(&r->repository, path, err));
    const char *folder = git_repository_workdir(r->repository);
    if (!folder) folder = git_repository_path(r->repository);
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/') len--;
    kor_str_puts(&r->where, "git:");
    kor_source_percent(&r->where, folder, len);
    r->shallow = git_repository_is_shallow(r->repository) == 1;
    KOR_TRY(find_commits(r, err));
    if (r->commits.len == 0) {
        r->sink->skip(r->sink->arg, path, "no commits yet");
        return KOR_OK;
    }
    return emit_all(r, err);
}

KOR_API kor_status kor_module_run(const char *path, const kor_sink *sink, kor_error *err)
{
    if (git_libgit2_init() < 0) return kor_fail(err, KOR_E_IO, "git: %s", git_message());
    /* Whose files they are matters to those who run what a repository tells them to; we only read.
     */
    (void)git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
    reader r = {.sink = sink};
    kor_status status = read_repository(&r, path ? path : ".", err);
    kor_str_free(&r.where);
    kor_str_free(&r.waiting);
    kor_str_free(&r.commits);
    kor_str_free(&r.text);
    kor_str_free(&r.uri);
    kor_seen_free(&r.seen);
    git_repository_free(r.repository);
    (void)git_libgit2_shutdown();
    return status;
}
