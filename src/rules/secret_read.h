/* SPDX-License-Identifier: Apache-2.0 */
/* What a model reads of a candidate for a secret. */
#ifndef KOR_SECRET_READ_H
#define KOR_SECRET_READ_H

#include "rules/rules.h"

size_t kor_secret_read(const char *text, size_t len, const kor_candidate *candidate, char *out);

#endif
