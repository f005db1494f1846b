/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/passages.h"

#include "learn/random.h"
#include "text/sentences.h"

#include <stdlib.h>
#include <string.h>

enum { LONGEST = 240 }; /* words; a sentence that goes on is cut there */

static const size_t lengths[] = {20, 40, 60, 90, 120}; /* words */

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static kor_status add(kor_made_rows *out, const kor_str *passage, size_t number, const char *path,
                      const kor_data_request *q, kor_error *err)
{
    if (passage->failed) return kor_fail_memory(err);
    json_t *row = json_pack("{s:s%}", "text", passage->data, passage->len);
    if (!row) {
        kor_made_rows_bad(out, path, number, q->remarks, "not UTF-8");
        return KOR_OK;
    }
    char *json = json_dumps(row, JSON_COMPACT);
    json_decref(row);
    if (!json) return kor_fail_memory(err);
    kor_status status = kor_made_rows_add(out, json, strlen(json), number, err);
    free(json);
    return status;
}

kor_status kor_passages_cut(kor_made_rows *out, const char *text, size_t len, const char *path,
                            const kor_data_request *request, kor_error *err)
{
    kor_random random = {request->seed ^ 0x70617373ull};
    kor_str passage = {0};
    kor_status status = KOR_OK;
    const size_t choices = sizeof lengths / sizeof *lengths;
    size_t words = 0, number = 1, wanted = lengths[kor_random_below(&random, choices)];
    for (size_t at = 0; at < len && status == KOR_OK;) {
        while (at < len && is_space(text[at])) at++;
        size_t start = at;
        while (at < len && !is_space(text[at])) at++;
        if (at > start) {
            if (words++) kor_str_putc(&passage, ' ');
            kor_str_add(&passage, text + start, at - start);
        }
        bool whole = words >= wanted && kor_sentence_stops(text + start, at - start);
        if (!words || !(whole || words == LONGEST || at == len)) continue;
        status = add(out, &passage, number++, path, request, err);
        kor_str_clear(&passage);
        words = 0;
        wanted = lengths[kor_random_below(&random, choices)];
    }
    kor_str_free(&passage);
    return status;
}
