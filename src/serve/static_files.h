/* SPDX-License-Identifier: Apache-2.0 */
/* What a browser is shown. The files are part of the program: no path of a request is ever one of
 * the disk. */
#ifndef KOR_STATIC_FILES_H
#define KOR_STATIC_FILES_H

#include "serve/api.h"

typedef struct kor_static_file {
    const char *path, *type, *text;
} kor_static_file;

extern const kor_static_file kor_static_files[]; /* ends with NULL */

#endif
