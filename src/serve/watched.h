/* SPDX-License-Identifier: Apache-2.0 */
/* What watchers send: read, guarded, and made into events of the memory. */
#ifndef KOR_WATCHED_H
#define KOR_WATCHED_H

#include "base/str.h"
#include "colony/guard.h"
#include "memory/activity.h"

#include <jansson.h>

/* Read {"id", "timestamp", "duration", "data"} but for the data, which must be an object. Times are
 * kept to the millisecond; one without a zone is UTC. KOR_E_ARG says what is wrong. */
kor_status kor_watched_read(const json_t *event, kor_activity *out, kor_error *err);

/* Data as it may be written: one text for equal data, without secrets, long strings cut. *excluded:
 * the user excludes it, or it was in a private window, and out stays empty. KOR_E_ARG when it is
 * too long. */
kor_status kor_watched_clean(kor_guard_ctx *guard, const kor_exclusions *exclusions,
                             const kor_bucket *bucket, const json_t *data, kor_str *out,
                             bool *excluded, kor_error *err);

/* The event that the memory is to make of a row that is done; strings are the arena's. *made is
 * false where there is nothing to remember: what was in front for a moment, a state, and a browser
 * whose own watcher said which page it was. */
kor_status kor_watched_event(kor_memory *memory, const kor_bucket *bucket, const kor_activity *row,
                             const kor_zone *zone, kor_arena *arena, kor_event *event, bool *made,
                             kor_error *err);

#endif
