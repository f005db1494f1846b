/* SPDX-License-Identifier: Apache-2.0 */
/* Times of a text by rules and a model together: the rules (korora.h, kor_when) find and resolve,
 * the model of head "spans", time-spans, adds what they do not know. Chosen by measuring:
 * docs/time.md. */
#ifndef KOR_TIMES_H
#define KOR_TIMES_H

#include "korora.h"

/* As kor_when. ctx is a context of the model; NULL: the rules alone. The model moves the beginning
 * of a span over words before it that no rule knows ("evry tuesday"), and adds spans that no rule
 * finds, of which it is sure: those are KOR_WHEN_VAGUE and say why they have no range. */
kor_status kor_times_find(kor_ctx *ctx, const char *text, size_t len,
                          const kor_when_options *options, kor_when_span *out, size_t max,
                          size_t *count, kor_error *err);

#endif
