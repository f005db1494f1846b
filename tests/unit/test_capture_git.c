/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "test_capture.h"

#include <git2.h>

static git_repository *init(const fixture *f, const char *name, unsigned bare)
{
    git_repository *repository;
    assert_true(git_libgit2_init() > 0);
    assert_int_equal(git_repository_init(&repository, in(f, name), bare), 0);
    return repository;
}

static void done(git_repository *repository)
{
    git_repository_free(repository);
    assert_true(git_libgit2_shutdown() >= 0);
}

/* A tree of the one file name. */
static git_oid tree_of(git_repository *repository, const char *name, const void *bytes, size_t len)
{
    git_oid blob, tree;
    git_treebuilder *builder;
    assert_int_equal(git_blob_create_from_buffer(&blob, repository, bytes, len), 0);
    assert_int_equal(git_treebuilder_new(&builder, repository, NULL), 0);
    assert_int_equal(git_treebuilder_insert(NULL, builder, name, &blob, GIT_FILEMODE_BLOB), 0);
    assert_int_equal(git_treebuilder_write(&tree, builder), 0);
    git_treebuilder_free(builder);
    return tree;
}

typedef struct spec {
    const char *ref; /* to move to it; NULL for none */
    const char *message, *encoding;
    int64_t seconds;
    int offset;
    git_oid tree;
    const git_oid *parents[2]; /* NULL for none */
} spec;

static git_oid commit(git_repository *repository, const spec *s)
{
    git_signature *author, *committer;
    git_tree *tree;
    git_commit *parents[2] = {0};
    size_t n = 0;
    git_oid id;
    assert_int_equal(git_signature_new(&author, "Ada L", "a@example.org", s->seconds, s->offset),
                     0);
    assert_int_equal(git_signature_new(&committer, "Bot", "b@example.org", 2000000000, 0), 0);
    assert_int_equal(git_tree_lookup(&tree, repository, &s->tree), 0);
    for (; n < 2 && s->parents[n]; n++) {
        assert_int_equal(git_commit_lookup(&parents[n], repository, s->parents[n]), 0);
    }
    assert_int_equal(git_commit_create(&id, repository, s->ref, author, committer, s->encoding,
                                       s->message, tree, n, (const git_commit **)parents),
                     0);
    for (size_t i = 0; i < n; i++) git_commit_free(parents[i]);
    git_tree_free(tree);
    git_signature_free(author);
    git_signature_free(committer);
    return id;
}

static const char *hex(const git_oid *id)
{
    static char text[GIT_OID_HEXSZ + 1];
    return git_oid_tostr(text, sizeof text, id);
}

/* A history with offsets of half an hour, a branch, a merge, and a commit that only a tag holds. */
static void test_capture_git_reads_all_branches_and_tags(void **state)
{
    (void)state;
    fixture *f = begin();
    git_repository *r = init(f, "repo", 0);
    git_oid one = tree_of(r, "a.txt", "1\n2\n3\n", 6), two = tree_of(r, "a.txt", "1\nx\n", 4);
    git_oid binary = tree_of(r, "b.bin", "\0\1\2", 3);
    git_oid root = commit(r, &(spec){.ref = "refs/heads/main",
                                     .message = "Start\n\nThe body.\n\nSigned-off-by: Ada\n",
                                     .seconds = 1700000000,
                                     .offset = 330,
                                     .tree = one});
    git_oid left = commit(r, &(spec){.ref = "refs/heads/main",
                                     .message = "Shorten\n",
                                     .seconds = 1700000200,
                                     .offset = -210,
                                     .tree = two,
                                     .parents = {&root}});
    git_oid right = commit(r, &(spec){.ref = "refs/heads/side",
                                      .message = "Binary",
                                      .seconds = 1700000100,
                                      .tree = binary,
                                      .parents = {&root}});
    git_oid merge = commit(r, &(spec){.ref = "refs/heads/main",
                                      .message = "Merge side",
                                      .seconds = 1700000300,
                                      .tree = two,
                                      .parents = {&left, &right}});
    git_oid tagged = commit(r, &(spec){.message = "Nur ein Tag: \xfc",
                                       .encoding = "ISO-8859-1",
                                       .seconds = 1700000400,
                                       .tree = two,
                                       .parents = {&left}});
    git_object *object;
    git_signature *tagger;
    git_oid tag;
    git_reference *ref;
    assert_int_equal(git_object_lookup(&object, r, &tagged, GIT_OBJECT_COMMIT), 0);
    assert_int_equal(git_signature_new(&tagger, "Ada L", "a@example.org", 1, 0), 0);
    assert_int_equal(git_tag_create(&tag, r, "v1", object, tagger, "release", 0), 0);
    assert_int_equal(git_reference_create(&ref, r, "refs/tags/tree", &one, 0, NULL), 0);
    git_reference_free(ref);
    git_signature_free(tagger);
    git_object_free(object);

    run_twice(f, "git", in(f, "repo"));
    assert_int_equal(f->skipped, 0);
    assert_int_equal(f->count, 5);
    const kept *k = f->events;
    assert_string_equal(k[0].ref, hex(&root));
    assert_string_equal(k[0].title, "Start");
    assert_string_equal(k[0].text, "Start\n\nThe body.\n\nSigned-off-by: Ada\n\nAuthor: Ada L\n"
                                   "a.txt +3 -0");
    assert_int_equal(k[0].time_ms, 1700000000000);
    assert_int_equal(k[0].offset_min, 330);
    assert_string_equal(k[0].source, "git");
    assert_string_equal(k[0].app, "git");
    char uri[600];
    (void)snprintf(uri, sizeof uri, "git:%s/repo@%.12s", f->folder, hex(&root));
    assert_string_equal(k[0].uri, uri);
    assert_string_equal(k[1].ref, hex(&right));
    assert_string_equal(k[1].text, "Binary\n\nAuthor: Ada L\na.txt +0 -3\nb.bin");
    assert_string_equal(k[2].ref, hex(&left));
    assert_int_equal(k[2].offset_min, -210);
    assert_string_equal(k[2].text, "Shorten\n\nAuthor: Ada L\na.txt +1 -2");
    assert_string_equal(k[3].ref, hex(&merge));
    assert_string_equal(k[3].text, "Merge side\n\nAuthor: Ada L");
    assert_string_equal(k[4].ref, hex(&tagged));
    assert_contains(k[4].text, "Nur ein Tag: \xfc\n\nAuthor");
    assert_true(f->fraction == 1.0);

    f->sink.since_ms = 1700000300000;
    assert_int_equal(run(f, "git", in(f, "repo")), KOR_OK);
    assert_int_equal(f->count, 2);
    f->fail = true;
    assert_int_equal(run(f, "git", in(f, "repo")), KOR_E_IO);
    done(r);
    end(f);
}

static void test_capture_git_finds_the_repository_around_a_folder(void **state)
{
    (void)state;
    fixture *f = begin();
    git_repository *r = init(f, "repo", 0);
    git_oid tree = tree_of(r, "a", "a", 1);
    commit(r, &(spec){.ref = "HEAD", .message = "a", .seconds = 1, .tree = tree});
    put(f, "repo/deep/er/x", "");
    assert_int_equal(run(f, "git", in(f, "repo/deep/er")), KOR_OK);
    assert_int_equal(f->count, 1);
    char old[600];
    assert_non_null(getcwd(old, sizeof old));
    assert_int_equal(chdir(in(f, "repo/deep")), 0);
    kor_status status = run(f, "git", NULL);
    assert_int_equal(chdir(old), 0);
    assert_int_equal(status, KOR_OK);
    assert_int_equal(f->count, 1);
    assert_int_equal(f->events[0].time_ms, 1000);
    done(r);
    end(f);
}

static void test_capture_git_of_no_commits_is_empty_and_says_so(void **state)
{
    (void)state;
    fixture *f = begin();
    git_repository *r = init(f, "repo", 0);
    const char *path = in(f, "repo");
    assert_int_equal(run(f, "git", path), KOR_OK);
    assert_int_equal(f->count, 0);
    assert_int_equal(f->skipped, 1);
    assert_string_equal(f->where[0], path);
    assert_string_equal(f->why[0], "no commits yet");
    done(r);
    end(f);
}

static void test_capture_git_refuses_what_is_no_repository(void **state)
{
    (void)state;
    fixture *f = begin();
    assert_int_equal(run(f, "git", f->folder), KOR_E_NOT_FOUND);
    assert_contains(f->err.msg, ": not a git repository");
    assert_int_equal(run(f, "git", in(f, "none")), KOR_E_NOT_FOUND);
    assert_contains(f->err.msg, "no such");
    put(f, "bad/.git", "gitdir: nowhere\n");
    assert_int_not_equal(run(f, "git", in(f, "bad")), KOR_OK);
    end(f);
}

/* A bare repository whose oldest commit is missing: known to be so, then by accident. */
static void test_capture_git_survives_missing_parents(void **state)
{
    (void)state;
    fixture *f = begin();
    git_repository *r = init(f, "repo.git", 1);
    git_oid tree = tree_of(r, "a", "a", 1);
    git_oid lost = commit(r, &(spec){.message = "lost", .seconds = 1, .tree = tree});
    git_oid kept_id = commit(r, &(spec){.ref = "refs/heads/main",
                                        .message = "kept",
                                        .seconds = 2,
                                        .tree = tree,
                                        .parents = {&lost}});
    char object[100], shallow[GIT_OID_HEXSZ + 2];
    (void)snprintf(object, sizeof object, "repo.git/objects/%.2s/%s", hex(&lost), hex(&lost) + 2);
    assert_int_equal(unlink(in(f, object)), 0);
    (void)snprintf(shallow, sizeof shallow, "%s\n", hex(&kept_id));
    done(r);

    run_twice(f, "git", in(f, "repo.git"));
    assert_int_equal(f->count, 1);
    assert_string_equal(f->events[0].text, "kept\n\nAuthor: Ada L");
    assert_contains(f->events[0].uri, "/repo.git@");
    assert_int_equal(f->skipped, 1);
    assert_contains(f->where[0], "/repo.git@");

    put(f, "repo.git/shallow", shallow);
    run_twice(f, "git", in(f, "repo.git"));
    assert_int_equal(f->count, 1);
    assert_int_equal(f->skipped, 0);
    end(f);
}

/* Write a commit object byte by byte, and let a branch point to it. */
static void put_commit(git_repository *repository, const char *branch, const git_oid *tree,
                       const char *author, const char *rest)
{
    char bytes[600];
    git_odb *odb;
    git_oid id;
    git_reference *ref;
    int n = snprintf(bytes, sizeof bytes, "tree %s\nauthor %s\ncommitter %s\n%s", hex(tree), author,
                     author, rest);
    assert_int_equal(git_repository_odb(&odb, repository), 0);
    assert_int_equal(git_odb_write(&id, odb, bytes, (size_t)n, GIT_OBJECT_COMMIT), 0);
    assert_int_equal(git_reference_create(&ref, repository, branch, &id, 0, NULL), 0);
    git_reference_free(ref);
    git_odb_free(odb);
}

static void test_capture_git_survives_hostile_commits(void **state)
{
    (void)state;
    fixture *f = begin();
    git_repository *r = init(f, "repo", 0);
    git_oid tree = tree_of(r, "a\n\xff", "a", 1);
    put_commit(r, "refs/heads/a", &tree, "A <a@b> 999999999999999 +0000", "\nlate\n");
    put_commit(r, "refs/heads/b", &tree, "A <a@b> 1700000000 +9999", "\nfar\n");
    put_commit(r, "refs/heads/c", &tree, "<> 1700000001 -0000", "encoding x\n\n\xff\xfe\n");
    run_twice(f, "git", in(f, "repo"));
    assert_int_equal(f->skipped, 1);
    assert_contains(f->why[0], "time is out of range");
    assert_int_equal(f->count, 2);
    assert_int_equal(f->events[0].time_ms, 1700000000000);
    assert_true(abs(f->events[0].offset_min) < 24 * 60);
    assert_memory_equal(f->events[1].text, "\xff\xfe\n\nAuthor:", 11);
    done(r);
    end(f);
}

static void test_capture_git_bounds_the_list_of_files(void **state)
{
    (void)state;
    fixture *f = begin();
    git_repository *r = init(f, "repo", 0);
    git_treebuilder *builder;
    git_oid blob, tree;
    assert_int_equal(git_blob_create_from_buffer(&blob, r, "x\n", 2), 0);
    assert_int_equal(git_treebuilder_new(&builder, r, NULL), 0);
    for (int i = 0; i < 3000; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "f%04d", i);
        assert_int_equal(git_treebuilder_insert(NULL, builder, name, &blob, GIT_FILEMODE_BLOB), 0);
    }
    assert_int_equal(git_treebuilder_write(&tree, builder), 0);
    git_treebuilder_free(builder);
    commit(r, &(spec){.ref = "HEAD", .message = "", .seconds = 5, .tree = tree});
    assert_int_equal(run(f, "git", in(f, "repo")), KOR_OK);
    assert_int_equal(f->count, 1);
    assert_null(f->events[0].title);
    assert_int_equal(f->events[0].time_ms, 5000);
    assert_memory_equal(f->events[0].text, "Author: Ada L\nf0000 +1 -0\nf0001", 31);
    assert_contains(f->events[0].text, "f0049 +1 -0\nand 2950 more");
    assert_null(strstr(f->events[0].text, "f0050"));
    done(r);
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_capture_git_reads_all_branches_and_tags),
        cmocka_unit_test(test_capture_git_finds_the_repository_around_a_folder),
        cmocka_unit_test(test_capture_git_of_no_commits_is_empty_and_says_so),
        cmocka_unit_test(test_capture_git_refuses_what_is_no_repository),
        cmocka_unit_test(test_capture_git_survives_missing_parents),
        cmocka_unit_test(test_capture_git_survives_hostile_commits),
        cmocka_unit_test(test_capture_git_bounds_the_list_of_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
