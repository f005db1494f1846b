/* SPDX-License-Identifier: Apache-2.0 */
/* Rules that do exactly what can be done exactly: where in a text a link or a secret may stand, and
 * which of those are certain (a checksum fits, a scheme is written). A model of head "spans" whose
 * file names a set of rules (korora.rules) answers with them: every candidate that is not certain
 * is read by the model, which gives it a label or none.
 *
 * What a set offers and what is read of it is part of the model format: a change of either is a new
 * version of the set, which models state. */
#ifndef KOR_RULES_H
#define KOR_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { KOR_RULES_READ = 512 }; /* bytes that a model reads of a candidate, at most */

/* A part of a text that may be a span. */
typedef struct kor_candidate {
    size_t start, end; /* bytes, half-open */
    const char *label; /* where the rules are certain; else NULL, and the model decides */
    bool sure;         /* it is a span, only its label is not certain: the model never says none */
    int kind;          /* of the set's own: what made it a candidate */
} kor_candidate;

typedef struct kor_rules {
    const char *name; /* in task.yaml and in the model's file */
    uint32_t version; /* in the model's file */
    /* The first candidate that begins at or after *at; moves *at behind it. False: there is none.
     * Candidates come in the order of the text, none over another. Takes time linear in len. */
    bool (*next)(const char *text, size_t len, size_t *at, kor_candidate *out);
    /* What the model reads of a candidate: its form and what stands around it, as words of UTF-8.
     * Writes at most KOR_RULES_READ bytes to out, and returns how many. */
    size_t (*read)(const char *text, size_t len, const kor_candidate *candidate, char *out);
} kor_rules;

/* The set of that name, or NULL. */
const kor_rules *kor_rules_find(const char *name);

extern const kor_rules kor_rules_links, kor_rules_secrets;

#endif
