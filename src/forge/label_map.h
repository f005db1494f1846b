/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of rows that others labelled, in the words of a task: a file of JSON,
 * {"book_flight": "travel", "recipe": ["food"], "greeting": []}. */
#ifndef KOR_LABEL_MAP_H
#define KOR_LABEL_MAP_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>

/* Read and check a map; to be freed with json_decref. */
kor_status kor_label_map_read(json_t **out, const char *path, kor_error *err);

/* Put the task's labels in the place of a row's own "label" or "labels", each once. False, and the
 * row is as it was, where one of its labels is not in the map: it is not to be used. A row without
 * a label is left alone, for others to tell what is wrong with it. */
bool kor_label_map_apply(json_t *row, const json_t *map);

/* The same for a row with spans, in any of its forms: a span whose label becomes none, or is not in
 * the map, is dropped, and the row keeps its text. A label becomes the first of a list. */
void kor_label_map_apply_spans(json_t *row, const json_t *map);

/* The labels in a text that has semicolons between them: any number, none too. */
json_t *kor_label_list(const char *text);

#endif
