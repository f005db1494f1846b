/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of times in words. */
#ifndef KOR_WHEN_SHAPES_H
#define KOR_WHEN_SHAPES_H

#include "serve/shapes.h"
#include "time/when.h"

enum { KOR_OCCURRENCES = 8 };

/* The occurrences of a set that are shown: of the window, else (NULL) the latest or the next few.
 * Returns how many. */
size_t kor_when_shown(const kor_when_span *s, const kor_when_options *o,
                      const kor_when_range *window, kor_when_range out[KOR_OCCURRENCES]);

/* One span of a text. */
json_t *kor_when_span_json(const kor_when_span *s, const kor_when_options *o,
                           const kor_when_range *window, const char *text);

#endif
