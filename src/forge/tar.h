/* SPDX-License-Identifier: Apache-2.0 */
/* The files in a tar archive (POSIX ustar), one after the other, without writing any. */
#ifndef KOR_TAR_H
#define KOR_TAR_H

#include <stdbool.h>
#include <stddef.h>

typedef struct kor_tar {
    const char *at, *end;
} kor_tar;

typedef struct kor_tar_file {
    char name[260];
    const char *bytes; /* within the archive */
    size_t len;
} kor_tar_file;

/* The next regular file; false at the end, or where the archive is cut short or is none. Files
 * whose names are longer than ustar can say are under a shortened name. */
bool kor_tar_next(kor_tar *tar, kor_tar_file *out);

#endif
