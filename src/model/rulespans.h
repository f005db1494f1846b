/* SPDX-License-Identifier: Apache-2.0 */
/* Spans where a set of rules says (rules/rules.h): what is certain is a span with score 1, and of
 * everything else a bag (model/bag.h) reads what the rules write of it, and gives it a label or
 * none. The bag has a label more than the model: the last one is none. */
#ifndef KOR_RULESPANS_H
#define KOR_RULESPANS_H

#include "korora.h"
#include "model/bag.h"
#include "rules/rules.h"

typedef struct kor_rule_spans {
    const kor_rules *rules;
    const kor_bag *bag; /* of labels + 1 */
    const char *const *label;
    size_t labels;
    float temperature;
} kor_rule_spans;

/* The rules that a file names, of the version it was made with. */
kor_status kor_rule_spans_bind(const kor_rules **out, const kor_gguf *file, kor_error *err);

/* The label of a candidate by its logits[labels + 1], or labels for none, which a sure one never
 * gets; *score (may be NULL) is its probability, of a sure one among the labels alone. */
size_t kor_rule_spans_decide(const float *logits, size_t labels, float temperature, bool sure,
                             float *score);

/* The spans of a text (any bytes, all of it) in order, none over another, at most max; returns how
 * many. A certain one whose label the model does not know is left out. logits is room for labels +
 * 1, scratch for kor_bag_scratch. Does not allocate; takes time linear in len. */
size_t kor_rule_spans_find(const kor_rule_spans *m, const char *text, size_t len, kor_span *out,
                           size_t max, float *logits, void *scratch);

#endif
