/* SPDX-License-Identifier: Apache-2.0 */
/* The small YAML files of a teacher: one mapping of a key to a text or to a list of texts. Keys may
 * be anything, labels for one, so a schema that is known beforehand does not do. */
#ifndef KOR_YAML_LINES_H
#define KOR_YAML_LINES_H

#include "base/status.h"

#include <stdbool.h>

typedef struct kor_yaml_item {
    const char *path; /* of the file, for messages */
    const char *key, *value;
    size_t line; /* of the value; the first is 1 */
} kor_yaml_item;

/* Call take for each value, for those of a list one after the other, in the order of the file.
 * KOR_E_INPUT with file and line for what is no such mapping, for a key that comes twice, and for
 * texts of more than 4000 bytes. An empty file is an empty mapping. */
kor_status kor_yaml_read(const char *path,
                         kor_status (*take)(void *arg, const kor_yaml_item *item, kor_error *err),
                         void *arg, kor_error *err);

/* "PATH:LINE: ..." */
kor_status kor_yaml_fail(const kor_yaml_item *item, kor_error *err, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* A number from least to most, or an error that says so. */
kor_status kor_yaml_number(const kor_yaml_item *item, double least, double most, bool whole,
                           double *out, kor_error *err);

#endif
