/* SPDX-License-Identifier: Apache-2.0 */
/* Files: read-only mappings, whole reads with a limit, writes that are whole or not at all. */
#ifndef KOR_FILE_H
#define KOR_FILE_H

#include "base/status.h"
#include "base/str.h"

/* A read-only shared mapping of a regular file. data is NULL when the file is empty. */
typedef struct kor_map {
    const unsigned char *data;
    size_t size;
} kor_map;

kor_status kor_map_open(kor_map *out, const char *path, kor_error *err);
void kor_map_close(kor_map *map);

/* Read a whole file into out (appended). Fails with KOR_E_INPUT when it is longer than limit. */
kor_status kor_file_read(kor_str *out, const char *path, size_t limit, kor_error *err);

/* A file that appears whole or not at all: bytes go to a temporary file beside path, which commit
 * syncs and renames over it. Private to the user (0600). */
typedef struct kor_writer {
    int fd;
    char path[4096], temporary[4104];
} kor_writer;

kor_status kor_writer_open(kor_writer *w, const char *path, kor_error *err);
kor_status kor_writer_add(kor_writer *w, const void *bytes, size_t len, kor_error *err);
kor_status kor_writer_commit(kor_writer *w, kor_error *err);
/* Give up: the temporary file is removed and path is as it was. Does nothing after a commit. */
void kor_writer_abandon(kor_writer *w);

/* Write all bytes to a descriptor, through signals and short writes. */
kor_status kor_write_all(int fd, const void *bytes, size_t len, const char *what, kor_error *err);

/* Make a directory and its parents, private to the user (0700) where they are new. */
kor_status kor_make_dirs(const char *path, kor_error *err);

/* Make a directory where there is none, and keep others who do the same away until the caller
 * closes *fd: who reads a list in it and writes it again must not lose what another added
 * meanwhile. *fd is -1 or to be closed after a failure, too. Waits. */
kor_status kor_lock_folder(const char *path, int *fd, kor_error *err);

#endif
