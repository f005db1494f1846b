/* SPDX-License-Identifier: Apache-2.0 */
/* Single events: shown, remembered, corrected. */
#include "memory/likeness.h"
#include "serve/api.h"

#include <string.h>

static kor_status event_json(kor_memory *memory, int64_t id, kor_arena *arena, const kor_zone *zone,
                             json_t **out, kor_error *err)
{
    kor_event e;
    kor_correction *corrections;
    kor_mention *mentions;
    kor_said *said;
    size_t corrected, mentioned, count;
    int64_t like;
    KOR_TRY(kor_memory_get(memory, id, arena, &e, err));
    KOR_TRY(kor_corrections_list(memory, id, NULL, arena, &corrections, &corrected, err));
    KOR_TRY(kor_mentions_list(memory, id, arena, &mentions, &mentioned, err));
    KOR_TRY(kor_likeness_of(memory, id, &like, err));
    KOR_TRY(kor_annotations_list(memory, id, arena, &said, &count, err));
    json_t *o = *out = kor_event_json(&e);
    if (mentioned)
        json_object_set_new(o, "times", kor_mentions_json(&e, mentions, mentioned, zone));
    if (like != id) json_object_set_new(o, "repeats", json_integer((json_int_t)like));
    json_object_set_new(o, "annotations", kor_said_json(said, count, &e));
    if (corrected)
        json_object_set_new(o, "corrections", kor_corrections_json(corrections, corrected));
    return KOR_OK;
}

void kor_api_event(kor_ask *ask)
{
    kor_memory *memory;
    kor_error err;
    json_t *o;
    kor_status status = kor_ask_memory(ask, &memory, &err);
    if (status == KOR_OK)
        status = event_json(memory, ask->id, &ask->arena, ask->service->parts.zone, &o, &err);
    ask->results = status == KOR_OK;
    if (status != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200, o);
}

/* ---- Remembering ---- */

static bool is_blank(const char *text)
{
    return !text || text[strspn(text, " \t\r\n\f\v")] == 0;
}

void kor_api_add(kor_ask *ask)
{
    const char *text = kor_ask_body(ask, "text"), *title = kor_ask_body(ask, "title");
    const char *source = kor_ask_body(ask, "source"), *time = kor_ask_body(ask, "time");
    kor_error err;
    kor_ingest_stats stats;
    kor_event event = {
        .source = source ? source : "note",
        .app = kor_ask_body(ask, "app"),
        .title = is_blank(title) ? NULL : title,
        .uri = kor_ask_body(ask, "uri"),
        .scope = kor_ask_body(ask, "scope"),
        .text = text ? text : "",
        .text_len = text ? strlen(text) : 0,
    };
    const kor_zone *zone = ask->service->parts.zone;
    if (is_blank(text) && !event.title) {
        kor_ask_refuse(ask, 400, "the text is empty: nothing to remember");
    } else if (!*event.source) {
        kor_ask_refuse(ask, 400, "source is empty");
    } else if (kor_time_parse(time ? time : "now", zone, kor_now_ms(), &event.time_ms,
                              &event.offset_min, &err) != KOR_OK) {
        kor_ask_refuse(ask, 400, "time: %s", err.msg);
    } else if (kor_service_add(ask->service, &event, &stats, &err) != KOR_OK) {
        kor_ask_fail(ask, &err);
    } else {
        char when[KOR_TIME_SIZE];
        kor_time_format(when, event.time_ms, zone);
        json_t *o = json_pack("{s:o,s:s}", "event",
                              stats.added ? json_integer((json_int_t)stats.last_id) : json_null(),
                              "time", when);
        json_object_update_new(o, kor_guarded_json(&stats.guard));
        ask->results = stats.added;
        kor_ask_reply(ask, stats.added ? 201 : 200, o);
    }
}

/* ---- Corrections ---- */

typedef struct corrections {
    kor_ask *ask;
    kor_correction *list;
    size_t count;
    int64_t undone;
} corrections;

/* {"kind": "note", "tags": ["+travel", "-work"]} as what the command line reads: kind=note,
 * tags=+travel,-work. */
static kor_status put_words(kor_str *out, const char *field, const json_t *said, kor_error *err)
{
    size_t n = json_is_array(said) ? json_array_size(said) : 1;
    kor_str_printf(out, "%s=", field);
    for (size_t i = 0; i < n; i++) {
        const char *label = json_string_value(json_is_array(said) ? json_array_get(said, i) : said);
        if (!label || strchr(label, ','))
            return kor_fail(err, KOR_E_ARG, "%.60s: a label, or a list of labels, is expected",
                            field);
        kor_str_printf(out, "%s%s", i ? "," : "", label);
    }
    return out->failed ? kor_fail_memory(err) : KOR_OK;
}

static kor_status add_corrections(void *arg, kor_memory *memory, kor_error *err)
{
    corrections *c = arg;
    const kor_service_parts *parts = &c->ask->service->parts;
    const char *field;
    json_t *said;
    kor_status status = KOR_OK;
    kor_str words = {0};
    json_object_foreach(json_object_get(c->ask->body, "corrections"), field, said)
    {
        kor_str_clear(&words);
        status = put_words(&words, field, said, err);
        if (status == KOR_OK)
            status = parts->read_correction(parts->arg, kor_str_text(&words), &c->ask->arena,
                                            &c->list, &c->count, err);
        if (status != KOR_OK) break;
    }
    kor_str_free(&words);
    if (status == KOR_OK && !c->count)
        status = kor_fail(err, KOR_E_ARG, "corrections: say what is right: {\"kind\": \"note\"}");
    if (status == KOR_OK) status = kor_corrections_add(memory, c->ask->id, c->list, c->count, err);
    if (status == KOR_OK)
        status = kor_corrections_list(memory, c->ask->id, NULL, &c->ask->arena, &c->list, &c->count,
                                      err);
    return status;
}

void kor_api_correct(kor_ask *ask)
{
    corrections c = {.ask = ask};
    kor_error err;
    if (kor_service_write(ask->service, add_corrections, &c, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200,
                      json_pack("{s:I,s:o}", "event", (json_int_t)ask->id, "corrections",
                                kor_corrections_json(c.list, c.count)));
}

static kor_status undo_corrections(void *arg, kor_memory *memory, kor_error *err)
{
    corrections *c = arg;
    return kor_corrections_undo(memory, c->ask->id, &c->undone, err);
}

void kor_api_undo(kor_ask *ask)
{
    corrections c = {.ask = ask};
    kor_error err;
    if (kor_service_write(ask->service, undo_corrections, &c, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(
            ask, 200,
            json_pack("{s:I,s:I}", "event", (json_int_t)ask->id, "undone", (json_int_t)c.undone));
}
