/* SPDX-License-Identifier: Apache-2.0 */
/* What was done when: the events of some days, gathered into stretches of work. */
#ifndef KOR_STRETCHES_H
#define KOR_STRETCHES_H

#include "serve/shapes.h"
#include "serve/wanted.h"

enum { KOR_STRETCH_TITLES = 3, KOR_STRETCH_LIST = 200 };

/* An event of a stretch, where they are listed. */
typedef struct kor_stretch_event {
    struct kor_stretch_event *next;
    int64_t id, time_ms;
    const char *title, *app; /* title: as in titles; app: may be NULL */
    kor_said *said;
    size_t said_count;
} kor_stretch_event;

typedef struct kor_stretch {
    struct kor_stretch *next;
    int64_t from_ms, to_ms, first_id, last_id, count;
    const char *source;
    const char *title[KOR_STRETCH_TITLES]; /* different ones, the first that came */
    size_t titles;
    kor_stretch_event *events, **last_event; /* the first KOR_STRETCH_LIST, or none */
    bool closed;
} kor_stretch;

typedef struct kor_day {
    struct kor_day *next;
    int64_t number; /* days since 1970, in the user's zone */
    int64_t count;
    kor_stretch *first, **last;
} kor_day;

typedef struct kor_timeline {
    const kor_zone *zone;
    const char *scope; /* NULL: the user's own */
    kor_wants wants;
    bool list;     /* the events of stretches, and what is said of them */
    int64_t *only; /* where something is wanted: the events of which it holds, ascending */
    size_t only_count;
    kor_arena arena;
    kor_day *first, **last, *current;
    int64_t count;
    kor_asked when;      /* the range, and whether words said it */
    kor_event *speaking; /* what else speaks of that time; with words, and when nothing is wanted */
    size_t speaking_count;
} kor_timeline;

/* Gather. zone, scope, wants and list are set beforehand, all else is 0; words are days in words or
 * as a date, and without any (NULL) it is the latest days that have events. KOR_E_ARG when words
 * are no time. Free with kor_timeline_free, after a failure too. */
kor_status kor_timeline_make(kor_timeline *t, kor_memory *memory, const char *words, int64_t now_ms,
                             kor_error *err);
void kor_timeline_free(kor_timeline *t);

json_t *kor_timeline_json(const kor_timeline *t);

#endif
