/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on: events of the server, and who asked. */
#include "serve/api.h"

void kor_api_live(kor_ask *ask)
{
    kor_stream stream;
    kor_error err;
    if (kor_live_listen(&ask->service->live, ask->request->last_event_id, &stream, &err) != KOR_OK)
        kor_ask_fail(ask, &err);
    else
        kor_ask_stream(ask, "text/event-stream", &stream);
}
