/* SPDX-License-Identifier: Apache-2.0 */
/* The one maker and the one propagator of errors. */
#ifndef KOR_STATUS_H
#define KOR_STATUS_H

#include "korora.h"

/* Fill *err (may be NULL) with code and a formatted one-line message (cut if too long; control
 * characters and what is not UTF-8 become '?'); returns code, so that a caller can write: return
 * kor_fail(...). */
kor_status kor_fail(kor_error *err, kor_status code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Prepend "prefix: " to the message of an error that is already set; returns its code. */
kor_status kor_fail_in(kor_error *err, kor_status code, const char *prefix_fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Out of memory, in one voice. */
kor_status kor_fail_memory(kor_error *err);

/* Return from the calling function when expr fails. */
#define KOR_TRY(expr)                                                                              \
    do {                                                                                           \
        kor_status kor_try_status = (expr);                                                        \
        if (kor_try_status != KOR_OK) return kor_try_status;                                       \
    } while (0)

#endif
