/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a text with secrets: candidates are in order and within it, what is read of them
 * fits, and views of the text lead back into it. */
#include "rules/rules.h"
#include "rules/secrets.h"

#include <stdint.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int holds)
{
    if (!holds) abort();
}

static void scan(const char *text, size_t len)
{
    char read[KOR_RULES_READ];
    kor_candidate c;
    size_t at = 0, behind = 0, count = 0;
    while (kor_rules_secrets.next(text, len, &at, &c)) {
        expect(c.start >= behind && c.start < c.end && c.end <= len && at >= c.end);
        expect(kor_rules_secrets.read(text, len, &c, read) <= KOR_RULES_READ);
        behind = c.end;
        expect(++count <= len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* Of exactly this size, so that a byte too far is seen. */
    char *text = malloc(size + !size), *out = malloc(size + !size);
    size_t *from = malloc((size + 1) * sizeof *from);
    expect(text && out && from);
    if (size) memcpy(text, data, size);
    scan(text, size);
    for (int view = 0; view < KOR_SECRETS_VIEWS; view++) {
        size_t n = kor_secrets_view(view, text, size, out, from);
        expect(n <= size);
        for (size_t i = 0; i < n; i++) expect(from[i] <= from[i + 1] && from[i] < size);
        if (n) expect(from[n] == size);
        scan(out, n);
    }
    free(from);
    free(out);
    free(text);
    return 0;
}
