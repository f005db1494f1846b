/* SPDX-License-Identifier: Apache-2.0 */
/* A mail as it is sent (RFC 5322, MIME) to the text that a model sees. */
#ifndef KOR_MAIL_H
#define KOR_MAIL_H

#include "base/status.h"
#include "base/str.h"

enum {
    KOR_MAIL_BYTES = 1 << 20, /* of a mail; what comes after them is not read */
    KOR_MAIL_TEXT = 4000      /* bytes of text, at most */
};

typedef struct kor_mail {
    kor_str text;   /* UTF-8: the subject, a line end, and the readable part of the body */
    kor_str sender; /* the address after From in lower case; may be empty */
    kor_str thread; /* the subject in lower case without Re:, Fwd: and [list]; may be empty */
} kor_mail;

/* Read any bytes; only running out of memory is an error. No header but the subject gets into the
 * text: a model has to do without them. Free with kor_mail_free. */
kor_status kor_mail_read(kor_mail *out, const char *bytes, size_t len, kor_error *err);
void kor_mail_free(kor_mail *mail);

#endif
