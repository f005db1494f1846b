/* SPDX-License-Identifier: Apache-2.0 */
/* Who asked what of the memory, for its owner to read: HOME/access.log, a line of JSON for each
 * request. It names clients, tools and routes and counts answers; of what was asked or answered it
 * has nothing. */
#ifndef KOR_ACCESS_LOG_H
#define KOR_ACCESS_LOG_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#define KOR_ACCESS_FILE "access.log"

enum { KOR_ACCESS_BYTES = 4 << 20 }; /* then it becomes access.log.1, in place of the one before */

typedef struct kor_access {
    int64_t time_ms;
    const char *through; /* "stdio", "http" */
    const char *client;  /* what it calls itself; "" when it does not say */
    const char *method;  /* "tools/call", "GET /api/recall" */
    const char *name;    /* of a tool or a prompt; NULL for none */
    int64_t results;     /* events in the answer, or stored, or forgotten */
    int code;            /* of the error; 0: answered */
    bool failed;         /* answered, by a tool that says why it did not do it */
    double ms;
} kor_access;

/* Open the log to be written to; the caller closes *out. It comes before anything else, so that
 * what cannot be logged is not done. */
kor_status kor_access_open(const char *home, int *out, kor_error *err);

/* Write a line, whole, before the answer is given: a failure means that nothing may be given. */
kor_status kor_access_add(int log, const kor_access *access, kor_error *err);

/* At most limit of the last lines, newest first, as a list that the caller owns. */
kor_status kor_access_read(const char *home, size_t limit, json_t **out, kor_error *err);

#endif
