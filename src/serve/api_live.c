/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on, who asked, and all that is remembered. */
#include "serve/api.h"

#include "serve/access_log.h"

#include <stdlib.h>

void kor_api_live(kor_ask *ask)
{
    kor_stream stream;
    kor_error err;
    if (kor_live_listen(&ask->service->live, ask->request->last_event_id, &stream, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_stream(ask, "text/event-stream", &stream);
}

void kor_api_access(kor_ask *ask)
{
    json_t *list;
    kor_error err;
    size_t limit = (size_t)kor_ask_integer(ask, "limit", 100);
    if (kor_access_read(ask->service->parts.home, limit, &list, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_reply(ask, 200, json_pack("{s:o}", "requests", list));
}

/* ---- All of it ---- */

enum { PIECE = 65536 };

/* Between two pieces it holds nothing of the memory, so that a slow reader is in nobody's way. */
typedef struct export
{
    kor_service *service;
    int64_t after, last;
    kor_str *piece;
}
export;

static bool put_row(void *arg, const kor_event *event)
{
    export *x = arg;
    if (event->id > x->last) return false;
    x->after = event->id;
    kor_put_row(x->piece, event);
    return x->piece->len < PIECE;
}

static kor_stream_state pull_rows(void *arg, kor_str *piece)
{
    export *x = arg;
    kor_worker *worker;
    x->piece = piece;
    if (kor_service_take(x->service, &worker, NULL) != KOR_OK) return KOR_STREAM_BROKEN;
    kor_status status = kor_memory_each_after(worker->memory, x->after, put_row, x, NULL);
    kor_service_give(x->service, worker);
    if (status != KOR_OK) return KOR_STREAM_BROKEN;
    return piece->len >= PIECE ? KOR_STREAM_MORE : KOR_STREAM_DONE;
}

/* What is stored from now on is left out. */
void kor_api_export(kor_ask *ask)
{
    kor_memory *memory;
    kor_memory_stats stats;
    kor_error err;
    export *x = calloc(1, sizeof *x);
    kor_status status = x ? kor_ask_memory(ask, &memory, &err) : kor_fail_memory(&err);
    if (status == KOR_OK) status = kor_memory_get_stats(memory, &stats, &err);
    if (status != KOR_OK) {
        free(x);
        kor_ask_fail(ask, &err);
        return;
    }
    *x = (export){.service = ask->service, .last = stats.last_id};
    ask->results = stats.events;
    const kor_stream stream = {.pull = pull_rows, .end = free, .arg = x};
    kor_ask_stream(ask, "application/jsonl", &stream);
}
