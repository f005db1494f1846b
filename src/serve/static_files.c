/* SPDX-License-Identifier: Apache-2.0 */
#include "serve/api.h"

#include <string.h>

/* The bytes of web/PATH as an array of this program, and where they end. The assembler reads the
 * file, from the folder that is built in; the Makefile knows of it. */
#define WEB_FILE(symbol, path)                                                                     \
    __asm__(".pushsection .rodata\n" #symbol ":\n.incbin \"web/" path "\"\n" #symbol               \
            "_end:\n.popsection\n");                                                               \
    extern const char symbol[] __attribute__((visibility("hidden")));                              \
    extern const char symbol##_end[] __attribute__((visibility("hidden")))

WEB_FILE(web_page, "index.html");
WEB_FILE(web_style, "style.css");
WEB_FILE(web_icon, "penguin.svg");
WEB_FILE(web_app, "app.js");
WEB_FILE(web_api, "api.js");
WEB_FILE(web_dom, "dom.js");
WEB_FILE(web_times, "times.js");
WEB_FILE(web_labels, "labels.js");
WEB_FILE(web_day, "day.js");
WEB_FILE(web_search, "search.js");
WEB_FILE(web_event, "event.js");
WEB_FILE(web_models, "models.js");
WEB_FILE(web_card, "card.js");
WEB_FILE(web_signin, "signin.js");

static const char javascript[] = "text/javascript; charset=utf-8";

static const struct web_file {
    const char *name, *type, *start, *end;
} files[] = {
    {"index.html", "text/html; charset=utf-8", web_page, web_page_end},
    {"style.css", "text/css; charset=utf-8", web_style, web_style_end},
    {"penguin.svg", "image/svg+xml", web_icon, web_icon_end},
    {"app.js", javascript, web_app, web_app_end},
    {"api.js", javascript, web_api, web_api_end},
    {"dom.js", javascript, web_dom, web_dom_end},
    {"times.js", javascript, web_times, web_times_end},
    {"labels.js", javascript, web_labels, web_labels_end},
    {"day.js", javascript, web_day, web_day_end},
    {"search.js", javascript, web_search, web_search_end},
    {"event.js", javascript, web_event, web_event_end},
    {"models.js", javascript, web_models, web_models_end},
    {"card.js", javascript, web_card, web_card_end},
    {"signin.js", javascript, web_signin, web_signin_end},
};

static void answer(kor_ask *ask, const char *name)
{
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (strcmp(files[i].name, name) != 0) continue;
        ask->reply->status = 200;
        ask->reply->type = files[i].type;
        kor_str_add(&ask->reply->body, files[i].start, (size_t)(files[i].end - files[i].start));
        return;
    }
    kor_ask_refuse(ask, 404, "the page has no such file");
}

void kor_api_page(kor_ask *ask)
{
    answer(ask, "index.html");
}

void kor_api_page_file(kor_ask *ask)
{
    answer(ask, ask->name);
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
