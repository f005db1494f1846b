/* SPDX-License-Identifier: Apache-2.0 */
/* The picture of a card. */
#ifndef KOR_DIAGRAM_H
#define KOR_DIAGRAM_H

#include "base/str.h"
#include "learn/metrics.h"

/* Append a reliability diagram (DeGroot and Fienberg 1983) as a whole SVG file: how often an answer
 * is right against the probability it is given, with 95 % intervals, and below it how often each
 * probability is given. name may be any text. */
void kor_diagram_reliability(kor_str *out, const kor_metrics *m, const char *name);

#endif
