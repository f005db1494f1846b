/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of what is remembered: one shape, whoever asks. */
#ifndef KOR_SHAPES_H
#define KOR_SHAPES_H

#include "base/str.h"
#include "colony/guard.h"
#include "memory/accounts.h"
#include "memory/annotations.h"
#include "memory/corrections.h"
#include "memory/mentions.h"
#include "memory/recall.h"
#include "memory/related.h"

#include <jansson.h>

/* ---- Text and time ---- */

/* Does a character steer a terminal, or reorder what a reader sees? */
bool kor_text_steers(uint32_t cp);

/* Append a JSON value in one line, safe for a terminal, and free it. */
void kor_put_json(kor_str *out, json_t *value);

/* The same for JSON that is text already, and well-formed. */
void kor_put_json_text(kor_str *out, const char *text, size_t len);

/* Text as JSON: what is not UTF-8 becomes U+FFFD. Never NULL but when memory is out. */
json_t *kor_text_json(const char *text, size_t len);

/* Code points in len bytes; what is not UTF-8 counts as U+FFFD. */
size_t kor_code_points(const char *text, size_t len);

/* The end of a range of time; false when it is open. */
bool kor_range_end(char out[KOR_TIME_SIZE], int64_t ms, const kor_zone *zone);

/* A range of time as {"from", "to", "zone"}; an end that is open is null. */
json_t *kor_range_json(int64_t from_ms, int64_t to_ms, const kor_zone *zone);

/* The wall clock in zone, and its weekday as "Mon". */
const char *kor_day_name(int64_t ms, const kor_zone *zone, kor_civil *local);

/* ---- An event, and what is said of it ---- */

/* Text and zone offset included. */
json_t *kor_event_json(const kor_event *e);

/* An event in short: at most most bytes of its text. */
json_t *kor_brief_json(const kor_event *e, size_t most);
enum { KOR_SNIPPET = 700 };

/* The title, or the first line of the text. */
json_t *kor_title_json(const kor_event *e);

#define KOR_MCP_EVENT_URI "memory://event/"
json_t *kor_event_uri_json(const kor_event *e);

/* Related events, and why they are. */
json_t *kor_related_json(const kor_related *list, size_t count);

/* An event as a line of JSON, from which `korora import jsonl` makes the same event: appended to
 * out. What is said of it is left out. */
void kor_put_row(kor_str *out, const kor_event *e);

json_t *kor_corrections_json(const kor_correction *list, size_t count);

/* What holds of an event, with places in code points. */
json_t *kor_said_json(const kor_said *list, size_t count, const kor_event *event);

/* What an event is as a whole: {"kind": ["note"], "tags": ["travel", "work"]}. */
json_t *kor_labels_json(const kor_said *list, size_t count);

/* The words of an event that speak of a time, as far as they are still there. */
const char *kor_mention_text(const kor_event *e, const kor_mention *m, size_t *len);
json_t *kor_mentions_json(const kor_event *e, const kor_mention *mentions, size_t count,
                          const kor_zone *zone);

/* What the guard did. */
json_t *kor_guarded_json(const kor_guard_counts *counts);

/* ---- Answers and figures ---- */

double kor_rounded(double x); /* to six digits */

/* What the words of the question said was used, and not an explicit range. */
bool kor_recall_in_words(const kor_recall *r, const kor_query *q);
json_t *kor_recall_range_json(const kor_recall *r, const kor_query *q);
json_t *kor_recall_json(const kor_recall *r, const kor_query *q, bool explain);

/* The memory's figures, its accounts, and the counters that they are made of. */
json_t *kor_stats_json(const kor_figures *f);

#endif
