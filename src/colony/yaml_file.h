/* SPDX-License-Identifier: Apache-2.0 */
/* A small YAML file as a tree of nodes with lines. */
#ifndef KOR_YAML_FILE_H
#define KOR_YAML_FILE_H

#include "base/status.h"
#include "base/str.h"

#include <stddef.h>
#include <yaml.h>

typedef struct kor_yaml_file {
    const char *path; /* borrowed */
    yaml_document_t document;
} kor_yaml_file;

enum { KOR_YAML_FILE_MAX = 1 << 18 }; /* bytes */

/* Read a file with one document; KOR_E_INPUT with file and line for what is no YAML. Free with
 * kor_yaml_file_close after success. */
kor_status kor_yaml_file_open(kor_yaml_file *out, const char *path, kor_error *err);
void kor_yaml_file_close(kor_yaml_file *file);

/* The whole; NULL when the file is empty. */
const yaml_node_t *kor_yaml_root(kor_yaml_file *file);

const yaml_node_t *kor_yaml_node(kor_yaml_file *file, int index);

/* A single value; NULL when it is none, or has a NUL in it. */
const char *kor_yaml_text(const yaml_node_t *node);

/* "PATH:LINE: WHAT", KOR_E_INPUT. */
kor_status kor_yaml_wrong(const kor_yaml_file *file, const yaml_node_t *node, kor_error *err,
                          const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* ---- Writing ---- */

/* len bytes of UTF-8 in YAML's double quotes, where any text can stand. */
void kor_yaml_put(kor_str *out, const char *text, size_t len);

/* The whole file, or as it was; for its owner alone (0600). KOR_E_INPUT for what would be too long
 * to be read again. */
kor_status kor_yaml_file_write(const kor_str *text, const char *path, kor_error *err);

#endif
