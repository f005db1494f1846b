/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as text, through the vocabulary of the trunk. KORORA_TEST_TRUNK says where. */
#include "korora.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { IDS = 3 * KOR_TEXT_MAX };

static kor_ctx *ctx;
static size_t vocabulary;

static void open_model(void)
{
    const char *path = getenv("KORORA_TEST_TRUNK");
    kor_error err;
    kor_model *model;
    kor_model_info info;
    if (kor_model_open(&model, path && *path ? path : "models/trunk.gguf", &err) != KOR_OK ||
        kor_ctx_new(&ctx, model, &err) != KOR_OK) {
        fprintf(stderr, "%s\n", err.msg);
        exit(3);
    }
    kor_model_get_info(model, &info);
    vocabulary = info.vocabulary;
}

static void expect(int holds)
{
    if (!holds) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int32_t ids[IDS], some[IDS];
    size_t count, fewer;
    if (!ctx) open_model();
    expect(kor_tokenize(ctx, (const char *)data, size, ids, IDS, &count, NULL) == KOR_OK);
    expect(count <= IDS && (count > 0) == (size > 0));
    for (size_t i = 0; i < count; i++) {
        expect(ids[i] >= 0 && (size_t)ids[i] < vocabulary);
        expect(i == 0 || ids[i] != 0 || ids[i - 1] != 0); /* a run of unknowns is one */
    }
    /* With less room come the same ids, fewer of them. */
    expect(kor_tokenize(ctx, (const char *)data, size, some, count / 2, &fewer, NULL) == KOR_OK);
    expect(fewer == count / 2 && memcmp(some, ids, fewer * sizeof *ids) == 0);
    return 0;
}
