/* SPDX-License-Identifier: Apache-2.0 */
/* What a model was made from: each part with the hash of its content, so that it is known when a
 * model is out of date, and why. */
#ifndef KOR_MADE_FROM_H
#define KOR_MADE_FROM_H

#include "base/str.h"
#include "learn/task.h"

/* To be raised when the same data would make another model: all are out of date then. */
enum { KOR_FORGE_VERSION = 2 };

/* Lines of "HASH NAME", in the order of adding. Zero-initialise to start. */
typedef struct kor_made_from {
    kor_str lines;
} kor_made_from;

/* Add a part by its hash; a name that is there already is not added again. */
void kor_made_from_add(kor_made_from *m, const char *name, uint64_t hash);

/* Add a file by its content, named from folder or $KORORA_DATA where it is in there, else by its
 * last part. */
kor_status kor_made_from_file(kor_made_from *m, const char *path, const char *folder,
                              kor_error *err);

/* In what now differs from before, two texts of such lines: "rows.csv changed, hard.jsonl is new".
 * Empty when they are the same. Cut where it would be too long. */
void kor_made_from_why(const char *before, const char *now, char *out, size_t size);

void kor_made_from_free(kor_made_from *m);

#endif
