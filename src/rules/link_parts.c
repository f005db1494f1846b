/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of a link, and its normal form. */
#include "rules/links.h"

#include <string.h>
#include <strings.h>

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The first of the bytes in set from at on, or end. */
static size_t find(const char *text, size_t at, size_t end, const char *set)
{
    while (at < end && !(text[at] && strchr(set, text[at]))) at++;
    return at;
}

static kor_link_part part(size_t start, size_t end)
{
    return (kor_link_part){start, end};
}

/* user@host:port at start..end. */
static void split_authority(const char *text, size_t start, size_t end, kor_link_parts *out)
{
    size_t host = start, stop = end;
    for (size_t i = start; i < end; i++)
        if (text[i] == '@') host = i + 1;
    if (host > start) out->user = part(start, host - 1);
    if (host < end && text[host] == '[') {
        size_t close = find(text, host, end, "]");
        out->host = part(host + 1, close);
        if (close + 1 < end && text[close + 1] == ':') out->port = part(close + 2, end);
        return;
    }
    for (size_t i = host; i < end; i++)
        if (text[i] == ':') stop = i;
    out->host = part(host, stop);
    if (stop < end) out->port = part(stop + 1, end);
}

void kor_link_split(const char *text, size_t start, size_t end, kor_link_parts *out)
{
    *out = (kor_link_parts){0};
    size_t at = start, colon;
    while (at < end && (is_letter(text[at]) || is_digit(text[at]) || text[at] == '+')) at++;
    colon = at;
    bool slashes = colon + 2 < end && memcmp(text + colon, "://", 3) == 0;
    bool bare = !slashes && colon > start && colon + 1 < end && text[colon] == ':' &&
                text[colon + 1] == '?'; /* magnet:?... */
    if (slashes || bare) out->scheme = part(start, colon);
    at = slashes ? colon + 3 : bare ? colon + 1 : start;
    size_t stop = bare ? at : find(text, at, end, "/?#");
    if (!out->scheme.end) {
        size_t sign = find(text, at, stop, "@"), after = find(text, sign, stop, ":");
        if (sign < stop && after < stop) {
            out->address = true;
            out->user = part(at, sign);
            out->host = part(sign + 1, after);
            out->path = part(after + 1, end);
            return;
        }
    }
    if (!bare) split_authority(text, at, stop, out);
    size_t query = find(text, stop, end, "?#"), fragment = find(text, query, end, "#");
    out->path = part(stop, query);
    if (query < fragment) out->query = part(query + 1, fragment);
    if (fragment < end) out->fragment = part(fragment + 1, end);
}

/* ---- Addresses ---- */

/* The four numbers of an address, or false. */
static bool read_ipv4(const char *host, size_t len, unsigned out[4])
{
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        size_t digits = 0;
        out[i] = 0;
        for (; at < len && digits < 3 && is_digit(host[at]); at++, digits++)
            out[i] = out[i] * 10 + (unsigned)(host[at] - '0');
        if (!digits || out[i] > 255) return false;
        if (i < 3 && (at >= len || host[at++] != '.')) return false;
    }
    return at == len;
}

bool kor_link_is_ipv4(const char *host, size_t len)
{
    unsigned n[4];
    return read_ipv4(host, len, n);
}

static bool is_ipv6(const char *host, size_t len)
{
    return memchr(host, ':', len) != NULL;
}

bool kor_link_is_private(const char *host, size_t len)
{
    unsigned n[4];
    if (!len) return false;
    if (read_ipv4(host, len, n)) {
        return n[0] == 127 || n[0] == 10 || n[0] == 0 || (n[0] == 192 && n[1] == 168) ||
               (n[0] == 172 && n[1] >= 16 && n[1] < 32) || (n[0] == 169 && n[1] == 254);
    }
    if (is_ipv6(host, len)) {
        return (len == 3 && memcmp(host, "::1", 3) == 0) || strncasecmp(host, "fe80:", 5) == 0 ||
               (len > 4 && (host[0] | 32) == 'f' &&
                ((host[1] | 32) == 'c' || (host[1] | 32) == 'd'));
    }
    return (len == 9 && strncasecmp(host, "localhost", 9) == 0) ||
           (len > 10 && strncasecmp(host + len - 10, ".localhost", 10) == 0);
}

/* ---- The normal form ---- */

typedef struct writer {
    char *out;
    size_t cap, len; /* len goes on where cap ends */
} writer;

static void put(writer *w, char c)
{
    if (w->len + 1 < w->cap) w->out[w->len] = c;
    w->len++;
}

static void put_text(writer *w, const char *s)
{
    while (*s) put(w, *s++);
}

static void put_part(writer *w, const char *text, kor_link_part p, bool lower)
{
    for (size_t i = p.start; i < p.end; i++)
        put(w, lower && text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] + 32) : text[i]);
}

static bool is_part(const char *text, kor_link_part p, const char *word)
{
    return p.end - p.start == strlen(word) && strncasecmp(text + p.start, word, strlen(word)) == 0;
}

/* What is added to links to follow their readers. */
static bool is_tracking(const char *name, size_t len)
{
    static const char *const names[] = {"fbclid", "gclid",   "dclid",  "gbraid", "wbraid",
                                        "yclid",  "msclkid", "mc_cid", "mc_eid", "igshid",
                                        "igsh",   "twclid",  "_hsenc", "_hsmi",  "vero_id"};
    if (len > 4 && strncasecmp(name, "utm_", 4) == 0) return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == len && strncasecmp(names[i], name, len) == 0) return true;
    return false;
}

static void put_query(writer *w, const char *text, kor_link_part query)
{
    bool any = false;
    for (size_t at = query.start; at < query.end;) {
        size_t end = find(text, at, query.end, "&"), name = find(text, at, end, "=");
        if (end > at && !is_tracking(text + at, name - at)) {
            put(w, any ? '&' : '?');
            put_part(w, text, part(at, end), false);
            any = true;
        }
        at = end + 1;
    }
}

static bool is_own_port(const char *text, const kor_link_parts *p, const char *scheme)
{
    static const char *const own[][2] = {{"http", "80"}, {"https", "443"}, {"ftp", "21"},
                                         {"ws", "80"},   {"wss", "443"},   {"ssh", "22"}};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        bool same = scheme ? strcmp(own[i][0], scheme) == 0 : is_part(text, p->scheme, own[i][0]);
        if (same && is_part(text, p->port, own[i][1])) return true;
    }
    return false;
}

size_t kor_link_normal(const char *text, size_t start, size_t end, char *out, size_t cap)
{
    writer w = {out, cap, 0};
    kor_link_parts p;
    const char *added = NULL;
    kor_link_split(text, start, end, &p);
    const char *host = text + p.host.start;
    size_t host_len = p.host.end - p.host.start;
    bool six = is_ipv6(host, host_len);
    if (p.scheme.end == p.scheme.start) {
        bool plain = kor_link_is_private(host, host_len) || kor_link_is_ipv4(host, host_len) ||
                     six || !memchr(host, '.', host_len);
        added = p.address ? "ssh" : plain ? "http" : "https";
        put_text(&w, added);
    } else {
        put_part(&w, text, p.scheme, true);
    }
    put(&w, ':');
    if (added || (p.scheme.end + 3 <= end && memcmp(text + p.scheme.end, "://", 3) == 0))
        put_text(&w, "//");
    if (p.user.end > p.user.start) {
        put_part(&w, text, p.user, false);
        put(&w, '@');
    }
    if (six) put(&w, '[');
    put_part(&w, text, p.host, true);
    if (six) put(&w, ']');
    if (p.port.end > p.port.start && !is_own_port(text, &p, added)) {
        put(&w, ':');
        put_part(&w, text, p.port, false);
    }
    if (host_len && (p.path.end == p.path.start || text[p.path.start] != '/')) put(&w, '/');
    put_part(&w, text, p.path, false);
    put_query(&w, text, p.query);
    if (p.fragment.end > p.fragment.start) {
        put(&w, '#');
        put_part(&w, text, p.fragment, false);
    }
    if (cap) out[w.len < cap ? w.len : cap - 1] = 0;
    return w.len;
}
