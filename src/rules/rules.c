/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/rules.h"

#include <string.h>

const kor_rules *kor_rules_find(const char *name)
{
    static const kor_rules *const sets[] = {&kor_rules_links, &kor_rules_secrets};
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++)
        if (strcmp(sets[i]->name, name) == 0) return sets[i];
    return NULL;
}
