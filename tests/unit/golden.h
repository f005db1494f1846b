/* SPDX-License-Identifier: Apache-2.0 */
/* The trunk, and texts whose ids are known, and of which the base model's embeddings are. Comes
 * after cmocka.h. */
#ifndef GOLDEN_H
#define GOLDEN_H

#include "korora.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { GOLDEN_TEXTS = 23, GOLDEN_IDS = 512, GOLDEN_DIM = 512 };

typedef struct golden {
    char *text;
    size_t len;
    int32_t ids[GOLDEN_IDS];
    size_t count;
    float embedding[GOLDEN_DIM];
} golden;

/* A file that a variable of the environment names, else usual. A missing one is a failure, never a
 * skipped test. */
static inline const char *test_file(const char *variable, const char *usual)
{
    const char *named = getenv(variable), *path = named && *named ? named : usual;
    if (access(path, R_OK) != 0) fail_msg("%s is missing; %s names another", path, variable);
    return path;
}

static inline const char *trunk_path(void)
{
    return test_file("KORORA_TEST_TRUNK", "models/trunk.gguf");
}

static inline kor_model *open_trunk(void)
{
    kor_error err;
    kor_model *model;
    if (kor_model_open(&model, trunk_path(), &err) != KOR_OK) fail_msg("%s", err.msg);
    return model;
}

/* All of tests/golden/base_encoder.jsonl. */
static inline golden *golden_load(void)
{
    FILE *file = fopen("tests/golden/base_encoder.jsonl", "rb");
    if (!file) fail_msg("tests/golden/base_encoder.jsonl: tests run in the root of the repository");
    golden *all = calloc(GOLDEN_TEXTS, sizeof *all);
    assert_non_null(all);
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
        golden *g = &all[i];
        json_error_t e;
        json_t *row = json_loadf(file, JSON_DISABLE_EOF_CHECK, &e);
        if (!row) fail_msg("base_encoder.jsonl, text %zu: %s", i, e.text);
        const json_t *text = json_object_get(row, "text"), *ids = json_object_get(row, "ids");
        const json_t *embedding = json_object_get(row, "embedding");
        assert_non_null(text);
        g->len = json_string_length(text);
        g->text = malloc(g->len + 1);
        assert_non_null(g->text);
        memcpy(g->text, json_string_value(text), g->len + 1);
        g->count = json_array_size(ids);
        assert_in_range(g->count, 0, GOLDEN_IDS);
        for (size_t j = 0; j < g->count; j++) {
            g->ids[j] = (int32_t)json_integer_value(json_array_get(ids, j));
        }
        assert_int_equal(json_array_size(embedding), GOLDEN_DIM);
        for (size_t j = 0; j < GOLDEN_DIM; j++) {
            g->embedding[j] = (float)json_number_value(json_array_get(embedding, j));
        }
        json_decref(row);
    }
    fclose(file);
    return all;
}

static inline void golden_free(golden *all)
{
    for (size_t i = 0; i < GOLDEN_TEXTS; i++) free(all[i].text);
    free(all);
}

/* Of two vectors of length 1. */
static inline double cosine(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)a[i] * b[i];
    return sum;
}

#endif
