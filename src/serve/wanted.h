/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold of an event, as people write it: kind=note,todo, tag, entity, link, has. */
#ifndef KOR_WANTED_H
#define KOR_WANTED_H

#include "memory/annotations.h"

typedef struct kor_wants {
    const char *kind, *tag, *entity, *link, *has; /* as given, or NULL */
    kor_wanted list[KOR_WANTED];
    size_t count;
    kor_arena arena;
} kor_wants;

/* Read them into list. dash is what stands before their names in a message: "--", or "". Free with
 * kor_wants_free, after a failure too. */
kor_status kor_wants_parse(kor_wants *w, const char *dash, kor_error *err);
void kor_wants_free(kor_wants *w);

#endif
