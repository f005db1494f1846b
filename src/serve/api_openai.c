/* SPDX-License-Identifier: Apache-2.0 */
/* What clients of OpenAI's API ask of an embedding model, answered by the trunk: /v1/embeddings and
 * /v1/models. */
#include "serve/api.h"

#include <stdlib.h>
#include <string.h>

enum { INPUTS = 256, TOKENS = 512 };

static void put_base64(kor_str *out, const unsigned char *bytes, size_t len)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < len; i += 3) {
        size_t n = len - i < 3 ? len - i : 3;
        unsigned word = (unsigned)bytes[i] << 16;
        if (n > 1) word |= (unsigned)bytes[i + 1] << 8;
        if (n > 2) word |= bytes[i + 2];
        for (size_t k = 0; k < 4; k++)
            kor_str_putc(out, k <= n ? digits[word >> (18 - 6 * k) & 63] : '=');
    }
}

/* Little-endian float32, whatever this machine has. */
static json_t *base64_json(const float *v, size_t dim)
{
    kor_str bytes = {0}, text = {0};
    for (size_t i = 0; i < dim; i++) {
        uint32_t bits;
        memcpy(&bits, &v[i], sizeof bits);
        for (int k = 0; k < 4; k++) kor_str_putc(&bytes, (char)(bits >> 8 * k & 255));
    }
    put_base64(&text, (const unsigned char *)kor_str_text(&bytes), bytes.len);
    json_t *o = text.failed || bytes.failed ? NULL : json_string(kor_str_text(&text));
    kor_str_free(&bytes);
    kor_str_free(&text);
    return o;
}

static json_t *floats_json(const float *v, size_t dim)
{
    json_t *o = json_array();
    for (size_t i = 0; i < dim; i++) json_array_append_new(o, json_real((double)v[i]));
    return o;
}

typedef struct embedding {
    kor_service *service;
    kor_ctx *ctx;
    float *v; /* [dim] */
    size_t dim;
    bool base64;
    size_t tokens;
    json_t *data;
} embedding;

static kor_status embed(embedding *e, const json_t *input, kor_error *err)
{
    int32_t ids[TOKENS];
    size_t tokens = 0;
    if (!json_is_string(input) || !json_string_length(input))
        return kor_fail(err, KOR_E_ARG,
                        "input: text, or a list of texts, none empty, is expected; tokens are not "
                        "taken");
    const char *text = json_string_value(input);
    size_t len = json_string_length(input);
    kor_service_begin_turn(e->service);
    kor_status status = kor_tokenize(e->ctx, text, len, ids, TOKENS, &tokens, err);
    if (status == KOR_OK) status = kor_embed(e->ctx, text, len, e->v, e->dim, err);
    kor_service_end_turn(e->service);
    KOR_TRY(status);
    e->tokens += tokens;
    json_t *v = e->base64 ? base64_json(e->v, e->dim) : floats_json(e->v, e->dim);
    json_array_append_new(e->data, json_pack("{s:s,s:I,s:o}", "object", "embedding", "index",
                                             (json_int_t)json_array_size(e->data), "embedding", v));
    return KOR_OK;
}

static kor_status embed_all(kor_ask *ask, embedding *e, kor_error *err)
{
    const kor_service_parts *parts = &ask->service->parts;
    const json_t *input = json_object_get(ask->body, "input");
    const json_t *dimensions = json_object_get(ask->body, "dimensions");
    const char *format = kor_ask_body(ask, "encoding_format");
    kor_memory *memory;
    kor_model_info info;
    e->base64 = format && strcmp(format, "base64") == 0;
    if (format && !e->base64 && strcmp(format, "float") != 0)
        return kor_fail(err, KOR_E_ARG, "encoding_format is float or base64, not '%.40s'", format);
    if (strcmp(kor_ask_body(ask, "model"), parts->embedder_name) != 0)
        return kor_fail(err, KOR_E_NOT_FOUND, "no model '%.60s' that embeds: there is '%s'",
                        kor_ask_body(ask, "model"), parts->embedder_name);
    KOR_TRY(kor_ask_memory(ask, &memory, err));
    KOR_TRY(kor_worker_ctx(ask->service, ask->worker, &e->ctx, err));
    kor_model_get_info(parts->embedder, &info);
    e->dim = info.dim;
    if (dimensions && (size_t)json_integer_value(dimensions) != e->dim)
        return kor_fail(err, KOR_E_ARG, "dimensions: this model has %zu", e->dim);
    e->v = kor_arena_array(&ask->arena, e->dim, sizeof *e->v);
    if (!e->v) return kor_fail_memory(err);
    if (!json_is_array(input)) return embed(e, input, err);
    size_t n = json_array_size(input);
    if (n == 0 || n > INPUTS)
        return kor_fail(err, KOR_E_ARG, "input: a list of 1 to %d texts is expected", INPUTS);
    for (size_t i = 0; i < n; i++) KOR_TRY(embed(e, json_array_get(input, i), err));
    return KOR_OK;
}

void kor_api_embeddings(kor_ask *ask)
{
    embedding e = {.service = ask->service, .data = json_array()};
    kor_error err;
    if (embed_all(ask, &e, &err) != KOR_OK) {
        json_decref(e.data);
        kor_ask_fail(ask, &err);
        return;
    }
    kor_ask_reply(ask, 200,
                  json_pack("{s:s,s:o,s:s,s:{s:I,s:I}}", "object", "list", "data", e.data, "model",
                            ask->service->parts.embedder_name, "usage", "prompt_tokens",
                            (json_int_t)e.tokens, "total_tokens", (json_int_t)e.tokens));
}

void kor_api_openai_models(kor_ask *ask)
{
    const kor_service_parts *parts = &ask->service->parts;
    json_t *list = json_array();
    if (parts->embedder)
        json_array_append_new(list,
                              json_pack("{s:s,s:s,s:I,s:s}", "id", parts->embedder_name, "object",
                                        "model", "created", (json_int_t)0, "owned_by", "korora"));
    kor_ask_reply(ask, 200, json_pack("{s:s,s:o}", "object", "list", "data", list));
}
