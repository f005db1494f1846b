/* SPDX-License-Identifier: Apache-2.0 */
/* The server as a whole: is it well, which models has it, what is kept out. */
#include "serve/api.h"

#include "base/file.h"

#include <string.h>
#include <unistd.h>

void kor_api_health(kor_ask *ask)
{
    kor_ask_reply(ask, 200, json_pack("{s:s,s:s}", "status", "ok", "version", kor_version()));
}

void kor_api_models(kor_ask *ask)
{
    kor_service *s = ask->service;
    pthread_mutex_lock(&s->writing);
    json_t *list = s->parts.models(s->parts.arg);
    pthread_mutex_unlock(&s->writing);
    if (list)
        kor_ask_reply(ask, 200, json_pack("{s:o}", "models", list));
    else
        kor_ask_refuse(ask, 500, "out of memory");
}

void kor_api_model(kor_ask *ask)
{
    kor_service *s = ask->service;
    json_t *o;
    kor_error err;
    pthread_mutex_lock(&s->writing);
    kor_status status = s->parts.card(s->parts.arg, ask->name, &o, &err);
    pthread_mutex_unlock(&s->writing);
    if (status == KOR_OK)
        kor_ask_reply(ask, 200, o);
    else
        kor_ask_fail(ask, &err);
}

void kor_api_figure(kor_ask *ask)
{
    kor_service *s = ask->service;
    kor_error err;
    pthread_mutex_lock(&s->writing);
    kor_status status = s->parts.figure(s->parts.arg, ask->name, &ask->reply->body, &err);
    pthread_mutex_unlock(&s->writing);
    ask->reply->status = 200;
    ask->reply->type = "image/svg+xml";
    if (status != KOR_OK) kor_ask_fail(ask, &err);
}

void kor_api_openapi(kor_ask *ask)
{
    kor_ask_reply(ask, 200, kor_routes_openapi());
}

/* ---- What is not remembered ---- */

static json_t *exclusions_json(const kor_exclusions *e)
{
    json_t *o = json_object();
    for (int k = 0; k < KOR_EXCLUSIONS; k++) {
        json_t *list = json_array();
        for (size_t i = 0; i < e->count[k]; i++)
            json_array_append_new(list, kor_text_json(e->list[k][i], strlen(e->list[k][i])));
        char name[32];
        (void)snprintf(name, sizeof name, "%ss", kor_exclusion_name((kor_exclusion)k));
        json_object_set_new(o, name, list);
    }
    return o;
}

typedef struct exclusion {
    kor_ask *ask;
    bool add, changed;
    json_t *now;
} exclusion;

static kor_status change(void *arg, kor_memory *memory, kor_error *err)
{
    (void)memory;
    exclusion *x = arg;
    const kor_ask *ask = x->ask;
    const char *kind = x->add ? kor_ask_body(ask, "kind") : kor_ask_text(ask, "kind");
    const char *text = x->add ? kor_ask_body(ask, "text") : kor_ask_text(ask, "text");
    char path[4200];
    int k = 0;
    while (k < KOR_EXCLUSIONS && strcmp(kor_exclusion_name((kor_exclusion)k), kind) != 0) k++;
    if (k == KOR_EXCLUSIONS)
        return kor_fail(err, KOR_E_ARG, "kind is app, site, path or word, not '%.40s'", kind);
    kor_exclusions e = {0};
    int lock;
    /* Other processes change the list, too. */
    kor_status status = kor_lock_folder(ask->service->parts.home, &lock, err);
    if (status == KOR_OK) status = kor_service_exclusions(ask->service, &e, err);
    if (status == KOR_OK && x->add)
        status = kor_exclusions_add(&e, (kor_exclusion)k, text, &x->changed, err);
    else if (status == KOR_OK)
        x->changed = kor_exclusions_remove(&e, (kor_exclusion)k, text);
    (void)snprintf(path, sizeof path, "%.4096s/%s", ask->service->parts.home, KOR_EXCLUDE_FILE);
    if (status == KOR_OK && x->changed) status = kor_exclusions_write(&e, path, err);
    if (lock >= 0) (void)close(lock);
    if (status == KOR_OK) x->now = exclusions_json(&e);
    kor_exclusions_free(&e);
    return status;
}

static void answer_change(kor_ask *ask, bool add)
{
    exclusion x = {.ask = ask, .add = add};
    kor_error err;
    if (kor_service_write(ask->service, change, &x, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else if (!add && !x.changed)
        kor_ask_refuse(ask, 404, "that was not excluded");
    else
        kor_ask_reply(ask, 200, x.now);
    if (!add && !x.changed) json_decref(x.now);
}

void kor_api_exclude(kor_ask *ask)
{
    answer_change(ask, true);
}

void kor_api_include(kor_ask *ask)
{
    answer_change(ask, false);
}

void kor_api_exclusions(kor_ask *ask)
{
    kor_exclusions e;
    kor_error err;
    if (kor_service_exclusions(ask->service, &e, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200, exclusions_json(&e));
    kor_exclusions_free(&e);
}
