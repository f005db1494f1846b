/* SPDX-License-Identifier: Apache-2.0 */
/* Where events come from. A source reads one kind of history and hands on its events, in time order
 * where it can, each with a ref, so that importing the same history twice adds nothing. */
#ifndef KOR_CAPTURE_H
#define KOR_CAPTURE_H

#include "base/zone.h"
#include "memory/event.h"

/* What a source is given. All callbacks must be set. */
typedef struct kor_sink {
    void *arg;
    /* One event, borrowed for the call. A failure ends the import and is handed on. */
    kor_status (*event)(void *arg, const kor_event *event, kor_error *err);
    /* Something could not be read and was left out: where ("notes.jsonl:12") and why. The import
     * goes on. */
    void (*skip)(void *arg, const char *where, const char *why);
    /* How far it is: 0 to 1, or less than 0 when not known. */
    void (*progress)(void *arg, double fraction);
    const kor_zone *zone; /* for histories that keep wall-clock time */
    int64_t now_ms;
    int64_t since_ms; /* leave out what happened earlier; INT64_MIN for none */
} kor_sink;

typedef struct kor_source {
    const char *name; /* as in `korora import NAME` */
    const char
        *summary; /* one line for help: what it reads, and from where when no path is given */
    /* Read the history at path; NULL is the source's default place. KOR_E_NOT_FOUND when there is
     * nothing at the place, KOR_E_UNSUPPORTED when the build left the source out. */
    kor_status (*run)(const char *path, const kor_sink *sink, kor_error *err);
} kor_source;

/* All sources, ending with one whose name is NULL. */
extern const kor_source kor_sources[];

/* NULL when there is none of that name. */
const kor_source *kor_source_find(const char *name);

#endif
