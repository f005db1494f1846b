/* SPDX-License-Identifier: Apache-2.0 */
/* The steps from the bytes of a mail's part to text that a person would read. All take any bytes;
 * running out of memory is in out->failed. */
#ifndef KOR_MAIL_TEXT_H
#define KOR_MAIL_TEXT_H

#include "base/str.h"

/* Base64 (RFC 4648); what is no digit of it is passed over. */
void kor_mail_base64(kor_str *out, const char *s, size_t len);

/* Quoted-printable (RFC 2045); in a header (RFC 2047) "_" is a space. A wrong "=" is kept. */
void kor_mail_quoted(kor_str *out, const char *s, size_t len, bool header);

/* From a charset to UTF-8. One that is not known is taken for UTF-8 where the bytes are that, else
 * for windows-1252. */
void kor_mail_utf8(kor_str *out, const char *charset, const char *s, size_t len);

/* A header's value with its encoded words (RFC 2047) decoded. */
void kor_mail_words(kor_str *out, const char *s, size_t len);

/* What HTML shows: no tags, scripts, styles or comments; blocks begin lines. targets: also
 * "[image]", and the hosts that it links to, for a mail that has next to no words. */
void kor_mail_html(kor_str *out, const char *s, size_t len, bool targets);

/* Lines of text without what depends on where the mail was found: addresses, words with one of
 * hosts (each after a space), signatures, footers of lists, header lines and lines with the date of
 * an answer. At most `most` bytes, of whole characters. */
void kor_mail_clean(kor_str *out, const char *s, size_t len, const char *hosts, size_t most);

#endif
