/* SPDX-License-Identifier: Apache-2.0 */
/* The one thing that is remembered: something happened at a time. */
#ifndef KOR_EVENT_H
#define KOR_EVENT_H

#include <stddef.h>
#include <stdint.h>

/* Strings are UTF-8, NUL-terminated, borrowed unless a function says otherwise. */
typedef struct kor_event {
    int64_t id;         /* given by the store; 0 before. Never reused. */
    int64_t time_ms;    /* when it happened: milliseconds since 1970-01-01 UTC */
    int64_t stored_ms;  /* when it was stored; set by the store */
    int32_t offset_min; /* zone offset where it happened, minutes east of UTC */
    const char *source; /* where it came from: "git", "shell", ...; never NULL or empty */
    const char *ref;    /* the source's own name for it. (scope, source, ref) is unique, which makes
                         * imports idempotent. NULL: always new. */
    const char *app;    /* the program it happened in; NULL for none, as below */
    const char *title;
    const char *uri;
    const char *scope; /* keeps several memories apart in one file; NULL is the user's own */
    const char *text;  /* never NULL; need not be NUL-terminated */
    size_t text_len;
} kor_event;

#endif
