/* SPDX-License-Identifier: Apache-2.0 */
/* What watchers saw, as they sent it: in buckets, a row for as long as one thing was in front. The
 * model and the rule of merging are ActivityWatch's (docs/activity.md). A file of its own,
 * HOME/activity.db, so that a heartbeat a second does not disturb who reads the memory (ADR 11); it
 * is attached to a memory that is open to write, which all calls need.
 *
 * Nothing is guarded here: callers cut secrets out before. */
#ifndef KOR_ACTIVITY_H
#define KOR_ACTIVITY_H

#include "memory/forget.h"

#define KOR_ACTIVITY_FILE "activity.db"

/* The longest that one row lasts, and that a heartbeat may come after the one before it. */
#define KOR_ACTIVITY_LONGEST_MS (INT64_C(366) * 24 * 3600 * 1000)

/* Strings are UTF-8; an arena's, or borrowed for a call. */
typedef struct kor_bucket {
    int64_t id;
    const char *name; /* "aw-watcher-window_host" */
    const char *type, *client, *host;
    int64_t created_ms;
    bool empty;               /* no rows, and so: */
    int64_t first_ms, end_ms; /* when the first row began, and when the last one ended */
} kor_bucket;

typedef struct kor_activity {
    int64_t id; /* never reused */
    int64_t bucket;
    int64_t time_ms, duration_ms;
    int64_t event;    /* of the memory that was made of it; 0: none */
    const char *data; /* JSON, equal texts for equal data */
} kor_activity;

/* Attach HOME/activity.db, made when missing (0600); again is no work. What the memory forgot
 * without it is taken out of it. KOR_E_DAMAGED when the file is something else. */
kor_status kor_activity_open(kor_memory *memory, kor_error *err);

/* The same where there is one; else *there is false and nothing is made. */
kor_status kor_activity_open_existing(kor_memory *memory, bool *there, kor_error *err);

/* The source of events that are made of a type of buckets: "window", "web", "editor", "afk", or
 * "activity" for any other. */
const char *kor_activity_source(const char *type);

/* ---- Buckets ---- */

/* *made is false when there is one of that name, which stays as it is. */
kor_status kor_bucket_make(kor_memory *memory, const kor_bucket *bucket, bool *made,
                           kor_error *err);

/* By name; KOR_E_NOT_FOUND. */
kor_status kor_bucket_find(kor_memory *memory, const char *name, kor_arena *arena, kor_bucket *out,
                           kor_error *err);

/* All, by name. */
kor_status kor_bucket_list(kor_memory *memory, kor_arena *arena, kor_bucket **out, size_t *count,
                           kor_error *err);

/* With its rows, and the events of the memory that were made of them. */
kor_status kor_bucket_remove(kor_memory *memory, int64_t bucket, kor_error *err);

/* ---- Rows ---- */

/* A heartbeat: beat becomes the row that has it now. Where the row that was last made by a
 * heartbeat has the same data, and beat begins in it or at most pulse_ms after its end, that row
 * lasts until beat ends, or as long as before. Else a new row is made, and the one before is done.
 * A row that lasts longer than KOR_ACTIVITY_LONGEST_MS is not made. beat->bucket must be there. */
kor_status kor_activity_pulse(kor_memory *memory, kor_activity *beat, int64_t pulse_ms,
                              kor_error *err);

/* Rows that are done: made, with ids given; or, where an id is given, in place of that row, and
 * what the memory made of it is forgotten. KOR_E_NOT_FOUND where there is none of that id in its
 * bucket: then no row is put. */
kor_status kor_activity_put(kor_memory *memory, kor_activity *rows, size_t count, kor_error *err);

/* The row that heartbeats make last is done. */
kor_status kor_activity_end(kor_memory *memory, int64_t bucket, kor_error *err);

/* One row of a bucket; data is the arena's. KOR_E_NOT_FOUND. */
kor_status kor_activity_get(kor_memory *memory, int64_t bucket, int64_t id, kor_arena *arena,
                            kor_activity *out, kor_error *err);

/* Which rows: those with a moment in from_ms <= t <= to_ms. */
typedef struct kor_activity_range {
    int64_t bucket;
    int64_t from_ms, to_ms;
    int64_t limit; /* -1: all */
} kor_activity_range;

/* Visit rows, latest first, cut to the range; data is borrowed for the call. A failure of visit
 * ends it and is handed on. */
kor_status kor_activity_each(kor_memory *memory, const kor_activity_range *range,
                             kor_status (*visit)(void *arg, const kor_activity *row,
                                                 kor_error *err),
                             void *arg, kor_error *err);
kor_status kor_activity_count(kor_memory *memory, const kor_activity_range *range, int64_t *out,
                              kor_error *err);

/* With the event of the memory that was made of it. KOR_E_NOT_FOUND. */
kor_status kor_activity_remove(kor_memory *memory, int64_t bucket, int64_t id, kor_error *err);

/* ---- What the memory makes of it ---- */

/* A row that is done and of which the memory has not made anything yet, the oldest first, with its
 * bucket; *found is false when there is none. */
kor_status kor_activity_next(kor_memory *memory, kor_arena *arena, kor_bucket *bucket,
                             kor_activity *row, bool *found, kor_error *err);

/* Rows that heartbeats made and that ended before then are done: their watcher does not go on. */
kor_status kor_activity_end_before(kor_memory *memory, int64_t then_ms, kor_error *err);

/* The memory made of a row, as kor_activity_next gave it, the event of that source and ref;
 * nothing, when both are NULL. *settled is false when it is not so any more: the row was replaced
 * or deleted meanwhile, or somebody else was faster. */
kor_status kor_activity_made(kor_memory *memory, const kor_activity *row, const char *source,
                             const char *ref, bool *settled, kor_error *err);

/* Is there a row of this type of buckets, in that time, whose title is part of this one? */
kor_status kor_activity_has_title(kor_memory *memory, const char *type, int64_t from_ms,
                                  int64_t to_ms, const char *title, bool *out, kor_error *err);

/* ---- Forgetting ---- */

/* Take out the rows of this type of buckets that lasted until since_ms or longer, were no events,
 * and have a title that begins with this one. */
kor_status kor_activity_drop_title(kor_memory *memory, const char *type, int64_t since_ms,
                                   const char *title, kor_error *err);

/* In the transaction that forgets these events: the rows that they were made of, where the file is
 * open. With what (may be NULL), of the user's own scope and not by ids, also the rows that were
 * never events and fit; *rows counts those. */
kor_status kor_activity_forget(kor_memory *memory, const kor_forget *what, const int64_t *events,
                               size_t count, int64_t *rows, kor_error *err);

#endif
