/* SPDX-License-Identifier: Apache-2.0 */
/* teacher.yaml: which endpoint to ask, as whom, and what it may cost. docs/teacher.md is the
 * reference of its keys. */
#ifndef KOR_TEACHER_CONFIG_H
#define KOR_TEACHER_CONFIG_H

#include "base/arena.h"
#include "base/status.h"

#include <stdbool.h>

enum { KOR_TEACHER_PARALLEL = 64 };

typedef struct kor_teacher_config {
    const char *url; /* of the chat completions, whole */
    const char *model;
    char *key;           /* NULL for none; never goes into a message, a file or an argument */
    bool loopback;       /* the url is of this machine: no proxy */
    bool remote_allowed; /* allow_remote was said */
    size_t parallel, retries;
    double timeout_seconds;
    double budget_tokens, budget_usd; /* INFINITY: none */
    double price_in, price_out;       /* US dollars for a million tokens */
    double temperature;
    kor_arena arena;
} kor_teacher_config;

/* Read and check it, and fetch the key. An unknown key or a bad value is KOR_E_INPUT with file and
 * line. Free with kor_teacher_config_free, which wipes the key. */
kor_status kor_teacher_config_read(kor_teacher_config *out, const char *path, kor_error *err);
void kor_teacher_config_free(kor_teacher_config *config);

typedef enum kor_url_kind {
    KOR_URL_BAD,
    KOR_URL_LOOPBACK,
    KOR_URL_HTTP,
    KOR_URL_HTTPS
} kor_url_kind;

/* What a URL is: http or https, a host without a user, a port, a path. Only 127.0.0.0/8 as four
 * numbers, [::1] and localhost count as this machine, by either scheme. */
kor_url_kind kor_url_check(const char *url);

/* Cut every occurrence of the key (may be NULL) out of a text, in place; returns its length. */
size_t kor_key_hide(char *text, size_t len, const char *key);

#endif
