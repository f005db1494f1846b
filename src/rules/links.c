/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/rules.h"

static bool next(const char *text, size_t len, size_t *at, kor_candidate *out)
{
    (void)text, (void)out;
    *at = len;
    return false;
}

static size_t read(const char *text, size_t len, const kor_candidate *candidate, char *out)
{
    (void)text, (void)len, (void)candidate, (void)out;
    return 0;
}

const kor_rules kor_rules_links = {"links", 1, next, read};
