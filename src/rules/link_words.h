/* SPDX-License-Identifier: Apache-2.0 */
/* What a model reads of a link: words for its host, its path, its form, and what stands around it.
 * All have a mark in front that says what they are of. */
#ifndef KOR_LINK_WORDS_H
#define KOR_LINK_WORDS_H

#include "rules/rules.h"

/* Writes at most KOR_RULES_READ bytes to out, and returns how many. */
size_t kor_link_words(const char *text, size_t len, const kor_candidate *link, char *out);

#endif
