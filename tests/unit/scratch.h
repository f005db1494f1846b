/* SPDX-License-Identifier: Apache-2.0 */
/* A folder of a test's own, files in it, and what an error says. Comes after cmocka.h. */
#ifndef SCRATCH_H
#define SCRATCH_H

#include "base/status.h"

#include <dirent.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct folder {
    char path[256];
} folder;

static inline folder folder_new(void)
{
    folder f;
    const char *tmp = getenv("TMPDIR");
    int n = snprintf(f.path, sizeof f.path, "%s/korora-test-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    assert_true(n > 0 && (size_t)n < sizeof f.path);
    assert_non_null(mkdtemp(f.path));
    return f;
}

static inline int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *place)
{
    (void)st;
    (void)kind;
    (void)place;
    return remove(path);
}

static inline void folder_remove(const folder *f)
{
    assert_int_equal(nftw(f->path, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* FOLDER/name, valid until the sixteenth call after this one. */
static inline const char *in(const folder *f, const char *name)
{
    static char paths[16][600];
    static size_t next;
    char *path = paths[next++ % 16];
    (void)snprintf(path, sizeof paths[0], "%s/%s", f->path, name);
    return path;
}

/* How many files and folders are in it: a test that leaves one behind is seen. */
static inline size_t entries(const folder *f)
{
    DIR *d = opendir(f->path);
    assert_non_null(d);
    size_t n = 0;
    for (const struct dirent *e; (e = readdir(d));)
        n += strcmp(e->d_name, ".") && strcmp(e->d_name, "..");
    closedir(d);
    return n;
}

static inline void put_file(const char *path, const void *bytes, size_t len)
{
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    if (len) assert_int_equal(fwrite(bytes, 1, len, out), len);
    assert_int_equal(fclose(out), 0);
}

/* A whole file; *bytes is malloc's and has one NUL more. */
static inline size_t get_file(const char *path, unsigned char **bytes)
{
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("cannot open %s", path);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long size = ftell(file);
    assert_true(size >= 0);
    rewind(file);
    *bytes = malloc((size_t)size + 1);
    assert_non_null(*bytes);
    assert_int_equal(fread(*bytes, 1, (size_t)size, file), size);
    (*bytes)[size] = 0;
    fclose(file);
    return (size_t)size;
}

static inline bool file_is(const char *path, const char *text)
{
    unsigned char *bytes;
    size_t n = get_file(path, &bytes);
    bool same = n == strlen(text) && memcmp(bytes, text, n) == 0;
    free(bytes);
    return same;
}

/* The call failed with that status, and its message has that part. */
static inline void assert_fails(kor_status got, kor_status want, const kor_error *err,
                                const char *part)
{
    if (got != want || err->code != want || !strstr(err->msg, part)) {
        fail_msg("status '%s', expected '%s'; message '%s', expected '%s' in it",
                 kor_status_name(got), kor_status_name(want), got == KOR_OK ? "" : err->msg, part);
    }
}

static inline void assert_works(kor_status got, const kor_error *err)
{
    if (got != KOR_OK) fail_msg("%s: %s", kor_status_name(got), err->msg);
}

#endif
