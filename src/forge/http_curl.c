/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP over libcurl. This file is a module of its own (http.h). */
#include "forge/http.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef struct transfer {
    CURL *easy;
    kor_str body;
    size_t limit;
    bool too_long, used;
} transfer;

struct kor_http {
    CURLM *multi;
    struct curl_slist *headers;
    transfer *list;
    size_t count;
};

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
    transfer *t = arg;
    size_t n = size * count;
    if (n > t->limit - t->body.len) {
        t->too_long = true;
        return 0;
    }
    kor_str_add(&t->body, bytes, n);
    return t->body.failed ? 0 : n;
}

static void http_close(kor_http *http)
{
    if (!http) return;
    for (size_t i = 0; i < http->count; i++) {
        transfer *t = &http->list[i];
        if (t->used) (void)curl_multi_remove_handle(http->multi, t->easy);
        curl_easy_cleanup(t->easy);
        kor_str_free(&t->body);
    }
    if (http->multi) (void)curl_multi_cleanup(http->multi);
    for (struct curl_slist *h = http->headers; h; h = h->next)
        explicit_bzero(h->data, strlen(h->data));
    curl_slist_free_all(http->headers);
    free(http->list);
    free(http);
}

static bool add_header(kor_http *http, const char *line)
{
    struct curl_slist *longer = curl_slist_append(http->headers, line);
    if (longer) http->headers = longer;
    return longer != NULL;
}

static bool set_headers(kor_http *http, const char *key)
{
    /* Without "Expect", or some servers let every request wait for a second. */
    bool set = add_header(http, "Content-Type: application/json") &&
               add_header(http, "Accept: application/json") && add_header(http, "Expect:");
    if (set && key) {
        kor_str line = {0};
        kor_str_printf(&line, "Authorization: Bearer %s", key);
        set = !line.failed && add_header(http, line.data);
        if (line.data) explicit_bzero(line.data, line.len);
        kor_str_free(&line);
    }
    return set;
}

static bool set_up(transfer *t, const kor_http *http, const kor_http_options *o)
{
    CURL *e = t->easy = curl_easy_init();
    if (!e) return false;
    long timeout = (long)(o->timeout_seconds * 1000), connect = timeout < 10000 ? timeout : 10000;
    t->limit = o->reply_max;
    CURLcode bad = CURLE_OK;
#define SET(option, value)                                                                         \
    if (bad == CURLE_OK) bad = curl_easy_setopt(e, option, value)
    SET(CURLOPT_URL, o->url);
    SET(CURLOPT_HTTPHEADER, http->headers);
    SET(CURLOPT_POST, 1L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_TIMEOUT_MS, timeout);
    SET(CURLOPT_CONNECTTIMEOUT_MS, connect);
    /* A key goes to the host that was named and to no other: redirects are told, not followed. */
    SET(CURLOPT_FOLLOWLOCATION, 0L);
#if LIBCURL_VERSION_NUM >= 0x075500
    SET(CURLOPT_PROTOCOLS_STR, "http,https");
#else
    SET(CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    SET(CURLOPT_WRITEFUNCTION, take_body);
    SET(CURLOPT_WRITEDATA, t);
    SET(CURLOPT_PRIVATE, t);
    if (o->direct) {
        SET(CURLOPT_PROXY, "");
        SET(CURLOPT_NOPROXY, "*");
    }
#undef SET
    return bad == CURLE_OK;
}

static kor_status http_open(kor_http **out, const kor_http_options *options, kor_error *err)
{
    *out = NULL;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return kor_fail(err, KOR_E_UNSUPPORTED, "teacher: libcurl cannot start");
    kor_http *http = calloc(1, sizeof *http);
    if (!http) return kor_fail_memory(err);
    http->list = calloc(options->parallel, sizeof *http->list);
    http->multi = curl_multi_init();
    bool good = http->list && http->multi && set_headers(http, options->key);
    for (size_t i = 0; good && i < options->parallel; i++) {
        http->count = i + 1;
        good = set_up(&http->list[i], http, options);
    }
    if (!good) {
        http_close(http);
        return kor_fail_memory(err);
    }
    *out = http;
    return KOR_OK;
}

static kor_status http_start(kor_http *http, size_t number, const kor_str *body, kor_error *err)
{
    transfer *t = &http->list[number];
    kor_str_clear(&t->body);
    t->too_long = false;
    if (curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body->len) != CURLE_OK ||
        curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, kor_str_text(body)) != CURLE_OK ||
        curl_multi_add_handle(http->multi, t->easy) != CURLM_OK)
        return kor_fail_memory(err);
    t->used = true;
    return KOR_OK;
}

/* What became of a transfer, in words. */
static void explain(kor_http_reply *reply, const transfer *t, CURLcode code)
{
    if (t->too_long)
        (void)snprintf(reply->why, sizeof reply->why, "the reply is longer than %zu bytes",
                       t->limit);
    else if (code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING)
        (void)snprintf(reply->why, sizeof reply->why, "the connection broke off in the reply");
    else
        (void)snprintf(reply->why, sizeof reply->why, "%s", curl_easy_strerror(code));
}

static bool take_reply(kor_http *http, kor_http_reply *reply)
{
    int left;
    for (CURLMsg *m; (m = curl_multi_info_read(http->multi, &left)) != NULL;) {
        if (m->msg != CURLMSG_DONE) continue;
        char *private = NULL;
        CURL *easy = m->easy_handle;
        CURLcode code = m->data.result;
        if (curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private) != CURLE_OK || !private) continue;
        transfer *t = (transfer *)(void *)private;
        curl_off_t wait = 0;
        *reply = (kor_http_reply){.number = (size_t)(t - http->list), .whole = code == CURLE_OK};
        (void)curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &reply->status);
        if (curl_easy_getinfo(easy, CURLINFO_RETRY_AFTER, &wait) == CURLE_OK && wait > 0)
            reply->retry_after = (double)wait;
        if (!reply->whole) explain(reply, t, code);
        reply->body = t->body;
        t->body = (kor_str){0};
        (void)curl_multi_remove_handle(http->multi, easy);
        t->used = false;
        return true;
    }
    return false;
}

static double http_seconds(kor_http *http)
{
    (void)http;
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static kor_status http_wait(kor_http *http, double seconds, kor_http_reply *reply, bool *there,
                            kor_error *err)
{
    double end = http_seconds(http) + seconds;
    for (;;) {
        int running;
        CURLMcode code = curl_multi_perform(http->multi, &running);
        *there = code == CURLM_OK && take_reply(http, reply);
        if (*there) return KOR_OK;
        double left = end - http_seconds(http);
        if (code == CURLM_OK && left <= 0) return KOR_OK;
        int ms = left > 1 ? 1000 : left > 0 ? (int)(left * 1000) + 1 : 0;
        if (code == CURLM_OK) code = curl_multi_poll(http->multi, NULL, 0, ms, NULL);
        if (code != CURLM_OK)
            return kor_fail(err, KOR_E_IO, "teacher: %s", curl_multi_strerror(code));
    }
}

const kor_http_api *kor_http_module(void)
{
    static const kor_http_api api = {http_open, http_start, http_wait, http_seconds, http_close};
    return &api;
}
