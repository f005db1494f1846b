/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as source code. */
#include "text/codegrams.h"

#include "text/ngrams.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint32_t keys[KOR_NGRAMS_LIMIT], some[KOR_NGRAMS_LIMIT];
    size_t count = kor_codegrams_read((const char *)data, size, keys, KOR_NGRAMS_LIMIT);
    expect(count <= KOR_NGRAMS_LIMIT);
    /* With less room come the same keys, fewer of them. */
    size_t fewer = kor_codegrams_read((const char *)data, size, some, count / 2);
    expect(fewer == count / 2 && memcmp(some, keys, fewer * sizeof *keys) == 0);
    return 0;
}
