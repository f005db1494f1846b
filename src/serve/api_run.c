/* SPDX-License-Identifier: Apache-2.0 */
/* Models asked, as `korora run` asks them. */
#include "serve/api.h"
#include "serve/model_answers.h"

#include <string.h>

enum { TEXTS = 256 };

/* A name as models have it, and no path. */
static bool is_name(const char *name)
{
    return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") == strlen(name);
}

static kor_status open_model(kor_ask *ask, const kor_model **out, kor_error *err)
{
    kor_service *s = ask->service;
    const char *name = kor_ask_body(ask, "model");
    if (!is_name(name))
        return kor_fail(err, KOR_E_NOT_FOUND, "no model '%.40s': /api/models lists them", name);
    pthread_mutex_lock(&s->writing);
    kor_status status = s->parts.model(s->parts.arg, name, out, err);
    pthread_mutex_unlock(&s->writing);
    return status;
}

static kor_status ask_about(kor_answerer *a, const json_t *given, const char **text, kor_error *err)
{
    const json_t *query = json_object_get(given, "query");
    bool ranks = kor_model_ranks(&a->info);
    if (ranks) given = json_object_get(given, "text");
    if (!json_is_string(given) || (ranks && !json_is_string(query)))
        return kor_fail(err, KOR_E_ARG, "texts: %s",
                        ranks ? "the model compares: {\"query\", \"text\"} is expected"
                              : "a list of texts is expected");
    *text = json_string_value(given);
    if (!ranks) return kor_answerer_ask(a, *text, json_string_length(given), err);
    return kor_answerer_rank(a, json_string_value(query), json_string_length(query), *text,
                             json_string_length(given), err);
}

static kor_status ask_all(kor_service *s, kor_answerer *a, const json_t *texts, kor_str *out,
                          kor_error *err)
{
    const json_t *given;
    const char *text = "";
    size_t i;
    kor_str_puts(out, "{\"answers\":[");
    json_array_foreach(texts, i, given)
    {
        if (i) kor_str_putc(out, ',');
        kor_service_begin_turn(s);
        kor_status status = ask_about(a, given, &text, err);
        kor_service_end_turn(s);
        KOR_TRY(status);
        kor_put_answer(out, a, text);
    }
    kor_str_puts(out, "]}\n");
    return KOR_OK;
}

void kor_api_run(kor_ask *ask)
{
    const json_t *texts = json_object_get(ask->body, "texts");
    const kor_model *model;
    kor_answerer a = {0};
    kor_error err;
    if (!json_is_array(texts) || json_array_size(texts) == 0 || json_array_size(texts) > TEXTS) {
        kor_ask_refuse(ask, 400, "texts: a list of 1 to %d texts is expected", TEXTS);
        return;
    }
    kor_status status = open_model(ask, &model, &err);
    if (status == KOR_OK) status = kor_answerer_open(&a, model, &err);
    if (status == KOR_OK) status = ask_all(ask->service, &a, texts, &ask->reply->body, &err);
    kor_answerer_close(&a);
    ask->reply->status = 200;
    ask->reply->type = "application/json";
    if (status != KOR_OK) kor_ask_fail(ask, &err);
}
