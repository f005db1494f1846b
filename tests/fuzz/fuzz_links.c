/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a text with links. */
#include "rules/links.h"

#include "rules/rules.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    size_t at = 0, last = 0;
    kor_candidate c;
    while (kor_rules_links.next(text, size, &at, &c)) {
        char words[KOR_RULES_READ], one[64];
        expect(c.start >= last && c.start < c.end && c.end <= at && at <= size);
        last = c.end;
        expect(kor_rules_links.read(text, size, &c, words) <= sizeof words);
        /* With less room comes the front of the same. */
        size_t whole = kor_link_normal(text, c.start, c.end, NULL, 0);
        expect(whole <= c.end - c.start + 10);
        expect(kor_link_normal(text, c.start, c.end, one, sizeof one) == whole);
        expect(memchr(one, 0, sizeof one) != NULL);
    }
    expect(at == size);
    (void)kor_link_normal(text, 0, size, NULL, 0);
    return 0;
}
