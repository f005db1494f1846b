/* SPDX-License-Identifier: Apache-2.0 */
/* Questions: of what happened, of days, of times in words. */
#include "serve/api.h"
#include "serve/stretches.h"
#include "serve/when_shapes.h"

#include <string.h>

enum { LIMIT = 8, SPANS = 64 };

static kor_status read_time(const kor_ask *ask, const char *name, int64_t now_ms, int64_t *ms,
                            kor_error *err)
{
    const char *text = kor_ask_text(ask, name);
    if (!text) return KOR_OK;
    kor_status status = kor_time_parse(text, ask->service->parts.zone, now_ms, ms, NULL, err);
    return status == KOR_OK ? KOR_OK : kor_fail_in(err, status, "%s", name);
}

static kor_status read_now(const kor_ask *ask, int64_t *now_ms, kor_error *err)
{
    *now_ms = kor_now_ms();
    return read_time(ask, "now", *now_ms, now_ms, err);
}

static kor_status read_wants(const kor_ask *ask, kor_wants *wants, kor_error *err)
{
    *wants = (kor_wants){.kind = kor_ask_text(ask, "kind"),
                         .tag = kor_ask_text(ask, "tag"),
                         .entity = kor_ask_text(ask, "entity"),
                         .link = kor_ask_text(ask, "link"),
                         .has = kor_ask_text(ask, "has")};
    return kor_wants_parse(wants, "", err);
}

static kor_status recall(kor_ask *ask, kor_query *q, kor_wants *wants, kor_recall *r,
                         kor_error *err)
{
    KOR_TRY(read_now(ask, &q->now_ms, err));
    KOR_TRY(read_time(ask, "from", q->now_ms, &q->from_ms, err));
    KOR_TRY(read_time(ask, "to", q->now_ms, &q->to_ms, err));
    KOR_TRY(read_wants(ask, wants, err));
    q->wanted = wants->list;
    q->wanted_count = wants->count;
    if (!q->len && !q->wanted_count)
        return kor_fail(err, KOR_E_ARG, "ask something: q, or one of kind, tag, entity, link, has");
    kor_memory *memory;
    kor_service_begin_turn(ask->service);
    kor_status status = kor_ask_memory(ask, &memory, err);
    if (status == KOR_OK) status = kor_recall_run(memory, q, r, err);
    kor_service_end_turn(ask->service);
    return status;
}

/* Of each hit, what it is. */
static kor_status add_labels(kor_ask *ask, const kor_recall *r, json_t *hits, kor_error *err)
{
    kor_memory *memory;
    KOR_TRY(kor_ask_memory(ask, &memory, err));
    for (size_t i = 0; i < r->count; i++) {
        kor_said *said;
        size_t count;
        KOR_TRY(kor_annotations_list(memory, r->hits[i].event.id, &ask->arena, &said, &count, err));
        json_object_set_new(json_array_get(hits, i), "labels", kor_labels_json(said, count));
    }
    return KOR_OK;
}

void kor_api_recall(kor_ask *ask)
{
    kor_query q = {
        .question = kor_ask_text(ask, "q"),
        .zone = ask->service->parts.zone,
        .scope = kor_ask_text(ask, "scope"),
        .limit = (size_t)kor_ask_integer(ask, "limit", LIMIT),
        .has_from = kor_ask_text(ask, "from"),
        .has_to = kor_ask_text(ask, "to"),
    };
    if (!q.question) q.question = "";
    q.len = strlen(q.question);
    kor_recall r = {0};
    kor_wants wants = {0};
    kor_error err;
    json_t *o = NULL;
    kor_status status = recall(ask, &q, &wants, &r, &err);
    if (status == KOR_OK) o = kor_recall_json(&r, &q, kor_ask_switch(ask, "explain"));
    if (status == KOR_OK && kor_ask_switch(ask, "labels"))
        status = add_labels(ask, &r, json_object_get(o, "hits"), &err);
    if (status == KOR_OK) {
        ask->results = (int64_t)r.count;
        kor_ask_reply(ask, 200, o);
    } else {
        json_decref(o);
        kor_ask_fail(ask, &err);
    }
    kor_recall_free(&r);
    kor_wants_free(&wants);
}

void kor_api_timeline(kor_ask *ask)
{
    kor_timeline t = {.zone = ask->service->parts.zone,
                      .scope = kor_ask_text(ask, "scope"),
                      .list = kor_ask_switch(ask, "list")};
    kor_memory *memory;
    kor_error err;
    int64_t now_ms;
    kor_status status = read_now(ask, &now_ms, &err);
    if (status == KOR_OK) status = read_wants(ask, &t.wants, &err);
    if (status == KOR_OK) status = kor_ask_memory(ask, &memory, &err);
    if (status == KOR_OK)
        status = kor_timeline_make(&t, memory, kor_ask_text(ask, "range"), now_ms, &err);
    ask->results = t.count;
    if (status != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200, kor_timeline_json(&t));
    kor_timeline_free(&t);
}

/* past or future, calendar or memory: is it the second? */
static kor_status read_choice(const kor_ask *ask, const char *name, const char *first,
                              const char *second, bool *out, kor_error *err)
{
    const char *text = kor_ask_text(ask, name);
    *out = text && strcmp(text, second) == 0;
    if (!text || *out || strcmp(text, first) == 0) return KOR_OK;
    return kor_fail(err, KOR_E_ARG, "%s is %s or %s, not '%.40s'", name, first, second, text);
}

static kor_status read_options(const kor_ask *ask, kor_when_options *o, kor_zone **zone,
                               kor_error *err)
{
    bool future, memory;
    const char *name = kor_ask_text(ask, "zone");
    KOR_TRY(read_choice(ask, "prefer", "past", "future", &future, err));
    KOR_TRY(read_choice(ask, "convention", "calendar", "memory", &memory, err));
    if (name) KOR_TRY(kor_zone_open(zone, name, err));
    *o = (kor_when_options){
        .zone = *zone ? *zone : ask->service->parts.zone,
        .prefer = future ? KOR_WHEN_FUTURE : KOR_WHEN_PAST,
        .convention = memory ? KOR_WHEN_MEMORY : KOR_WHEN_CALENDAR,
        .day_first = kor_ask_switch(ask, "day_first"),
    };
    const char *now = kor_ask_text(ask, "now");
    o->reference_ms = kor_now_ms();
    if (!now) return KOR_OK;
    return kor_time_parse(now, o->zone, o->reference_ms, &o->reference_ms, NULL, err);
}

void kor_api_when(kor_ask *ask)
{
    const char *text = kor_ask_text(ask, "q");
    kor_when_options o;
    kor_when_span *spans = kor_arena_array(&ask->arena, SPANS, sizeof *spans);
    kor_zone *zone = NULL;
    kor_error err;
    size_t count = 0;
    kor_status status = spans ? read_options(ask, &o, &zone, &err) : kor_fail_memory(&err);
    if (status == KOR_OK) status = kor_when(text, strlen(text), &o, spans, SPANS, &count, &err);
    if (status != KOR_OK) {
        kor_ask_refuse(ask, 400, "%s", err.msg);
    } else {
        char reference[KOR_TIME_SIZE];
        json_t *list = json_array();
        for (size_t i = 0; i < count; i++)
            json_array_append_new(list, kor_when_span_json(&spans[i], &o, NULL, text));
        kor_time_format(reference, o.reference_ms, o.zone);
        kor_ask_reply(ask, 200,
                      json_pack("{s:o,s:s,s:s}", "spans", list, "zone", kor_zone_name(o.zone),
                                "reference", reference));
    }
    kor_zone_close(zone);
}
