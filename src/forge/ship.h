/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a forge: what is known of a model is kept, and the model takes the place of the one
 * before it. */
#ifndef KOR_SHIP_H
#define KOR_SHIP_H

#include "base/str.h"
#include "forge/forge.h"

/* Write what is known of a model made from `from`, whole or not at all. */
kor_status kor_ship_note(const char *path, const kor_forge_result *result, const char *from,
                         kor_error *err);

/* Read it back; *there is false when there is none, and when it is damaged, which is told. */
kor_status kor_ship_recall(const char *path, kor_forge_result *out, kor_str *from, bool *there,
                           const kor_remarks *remarks, kor_error *err);

/* Put NAME.gguf, NAME.md and NAME.svg (which may be missing) of one folder into another. All bytes
 * are written before the first of them is renamed, and the model comes last: until then the old one
 * is there. */
kor_status kor_ship_files(const char *from, const char *to, const char *name, kor_error *err);

/* "korora.made_from" of a model file, "" when it has none, the hash of the file, and the rows it
 * learnt from, 0 when it does not say; 0 and "" when there is no such file. */
kor_status kor_ship_made_from(const char *path, kor_str *out, uint64_t *hash, uint32_t *rows,
                              kor_error *err);

#endif
