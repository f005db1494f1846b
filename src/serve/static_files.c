/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/static_files.h"

#include <string.h>

const kor_static_file kor_static_files[] = {
    {"/", "text/html; charset=utf-8",
     "<!doctype html>\n"
     "<html lang=\"en\">\n"
     "<meta charset=\"utf-8\">\n"
     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
     "<meta name=\"color-scheme\" content=\"light dark\">\n"
     "<title>Korora</title>\n"
     "<h1>Korora</h1>\n"
     "<p>The memory answers here. What can be asked: <a "
     "href=\"/api/openapi.json\">/api/openapi.json</a>.</p>\n"},
    {NULL, NULL, NULL},
};

void kor_api_page(kor_ask *ask)
{
    const char *path = ask->request->target;
    size_t len = strcspn(path, "?#");
    const kor_static_file *f = kor_static_files;
    while (f->path && (strlen(f->path) != len || memcmp(f->path, path, len) != 0)) f++;
    if (!f->path) {
        kor_ask_refuse(ask, 404, "there is no such page");
        return;
    }
    ask->reply->status = 200;
    ask->reply->type = f->type;
    kor_str_puts(&ask->reply->body, f->text);
}

/* From the address that `korora serve` prints to a page without the token in its address. */
void kor_api_login(kor_ask *ask)
{
    if (!kor_gate_login(&ask->service->gate, kor_ask_text(ask, "token"), ask->reply->set_cookie)) {
        kor_ask_refuse(ask, 401, "the token is wrong");
        return;
    }
    ask->reply->status = 303;
    (void)snprintf(ask->reply->location, sizeof ask->reply->location, "/");
}
