/* SPDX-License-Identifier: Apache-2.0 */
/* Links: what a link is made of, and one form of it that can be compared. The rules that find them
 * are kor_rules_links (rules.h). */
#ifndef KOR_LINKS_H
#define KOR_LINKS_H

#include <stdbool.h>
#include <stddef.h>

/* What made a candidate. */
typedef enum kor_link_kind {
    KOR_LINK_URL,    /* a scheme is written */
    KOR_LINK_WWW,    /* www. and a known domain */
    KOR_LINK_PATH,   /* a host and a path, a query, a fragment or a port */
    KOR_LINK_HOST,   /* a host alone */
    KOR_LINK_ADDRESS /* user@host:path, as git and scp have it */
} kor_link_kind;

/* Bytes of a text, half-open; start == end: there is none. */
typedef struct kor_link_part {
    size_t start, end;
} kor_link_part;

typedef struct kor_link_parts {
    kor_link_part scheme; /* without the colon */
    kor_link_part user;   /* without the @ */
    kor_link_part host;   /* without the brackets of IPv6 */
    kor_link_part port;
    kor_link_part path;            /* with its slash; of an address what follows the colon */
    kor_link_part query, fragment; /* without ? and # */
    bool address;                  /* user@host:path */
} kor_link_parts;

/* Take the link at start..end apart. Any bytes are accepted. */
void kor_link_split(const char *text, size_t start, size_t end, kor_link_parts *out);

/* Is it an address of this machine or a private network, or the name of this machine? host is
 * without brackets. */
bool kor_link_is_private(const char *host, size_t len);

/* Is it four numbers below 256 with dots between them? */
bool kor_link_is_ipv4(const char *host, size_t len);

/* The link at start..end of a text in a form that is the same for the same link: with a scheme
 * (https where there is none, but http for names without a dot and for addresses in numbers, ssh
 * for user@host:path), scheme and host in lower case (ASCII; punycode stays as it is), without the
 * scheme's own port, with a path of at least "/", and without the parameters that tell where a
 * reader came from (utm_..., fbclid, gclid and the like). Writes at most cap bytes with the NUL to
 * out (NULL when cap is 0), and returns how long it is in all, without the NUL: at most end - start
 * + 10. Does not allocate. */
size_t kor_link_normal(const char *text, size_t start, size_t end, char *out, size_t cap);

#endif
