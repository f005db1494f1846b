/* SPDX-License-Identifier: Apache-2.0 */
/* Where links stand in a text. The grammar is that of RFC 3986 and 3987, as people write it: with
 * or without a scheme, in brackets, quotes and Markdown, with punctuation behind them.
 *
 * The text is gone through once. A run of what hosts are made of is looked at when it ends: it may
 * be a scheme, the front of an address, or a host. Whatever it is, reading goes on behind it, so
 * the time is linear in the text. */
#include "rules/links.h"

#include "rules/link_words.h"
#include "rules/rules.h"
#include "rules/tld.h"
#include "text/utf8.h"

#include <string.h>
#include <strings.h>

enum { ADDRESS = 600 }; /* bytes of the path of user@host:path, at most */

typedef struct reader {
    const char *text;
    size_t len;
} reader;

/* ---- Characters ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_ascii(char c)
{
    return ((unsigned char)c & 0x80) == 0;
}

/* The byte at i, or NUL. */
static char at(const reader *r, size_t i)
{
    return i < r->len ? r->text[i] : 0;
}

/* Letters of scripts that put no space between a link and what follows it. */
static bool is_unspaced(uint32_t cp)
{
    return (cp >= 0x0e00 && cp < 0x0f00) || (cp >= 0x1100 && cp < 0x1200) ||
           (cp >= 0x2e80 && cp < 0xa000) || (cp >= 0xac00 && cp < 0xd7b0) ||
           (cp >= 0xf900 && cp < 0xfb00) || (cp >= 0xff66 && cp < 0xffdd) || cp >= 0x20000;
}

/* Spaces and punctuation beyond ASCII, and what is no character: no link goes over them. */
static bool is_barrier(uint32_t cp)
{
    return cp < 0xc0 || (cp >= 0x2000 && cp < 0x2070) || (cp >= 0x2190 && cp < 0x2e80) ||
           (cp >= 0x3000 && cp < 0x3005) || (cp >= 0x3008 && cp < 0x3020) ||
           (cp >= 0xe000 && cp < 0xf900) || (cp >= 0xfe00 && cp < 0xfe70) ||
           (cp >= 0xff00 && cp < 0xff10) || (cp >= 0xff1a && cp < 0xff21) ||
           (cp >= 0xff3b && cp < 0xff41) || (cp >= 0xff5b && cp < 0xff66) || cp == 0xfeff ||
           cp == 0xfffd || (cp >= 0x1f000 && cp < 0x20000) || cp == 0x00d7 || cp == 0x00f7;
}

/* The bytes of the character at i if a host may have it, else 0. */
static size_t host_char(const reader *r, size_t i, uint32_t *cp)
{
    if (i >= r->len) return 0;
    char c = r->text[i];
    *cp = (unsigned char)c;
    if (is_ascii(c)) return is_letter(c) || is_digit(c) || c == '.' || c == '-' || c == '_';
    size_t n = kor_utf8_decode(r->text + i, r->len - i, cp);
    return is_barrier(*cp) ? 0 : n;
}

/* ---- Hosts ---- */

typedef struct host {
    size_t start, end;
    size_t labels;
    kor_link_part last; /* label */
    bool ipv4, known, local;
} host;

/* What stands at start..end as a host; false when it is none. */
static bool read_host(const reader *r, size_t start, size_t end, host *out)
{
    *out = (host){.start = start, .end = end};
    size_t label = start;
    if (start == end) return false;
    for (size_t i = start; i <= end; i++) {
        if (i < end && r->text[i] != '.') continue;
        if (i == label || i - label > 63 || r->text[label] == '-') return false;
        out->last = (kor_link_part){label, i};
        out->labels++;
        label = i + 1;
    }
    const char *last = r->text + out->last.start;
    size_t len = out->last.end - out->last.start;
    out->ipv4 = kor_link_is_ipv4(r->text + start, end - start);
    out->known = out->labels > 1 && kor_tld_known(last, len);
    out->local = kor_link_is_private(r->text + start, end - start) ||
                 (out->labels > 1 && kor_tld_is_local(last, len));
    return true;
}

/* A port of 1 to 5 digits behind a colon at i: where it ends, or i. */
static size_t read_port(const reader *r, size_t i)
{
    size_t n = i + 1;
    if (at(r, i) != ':') return i;
    while (n < i + 6 && is_digit(at(r, n))) n++;
    return n > i + 1 && !is_digit(at(r, n)) && !is_letter(at(r, n)) && at(r, n) != '_' ? n : i;
}

/* ---- Paths ---- */

/* The end of &lt; &gt; &quot; &#39; at i: they stand for what ends a link. */
static bool is_entity(const reader *r, size_t i)
{
    static const char *const ends[] = {"&lt;", "&gt;", "&quot;", "&#39;", "&#34;", "&nbsp;"};
    for (size_t k = 0; k < sizeof ends / sizeof *ends; k++) {
        size_t n = strlen(ends[k]);
        if (r->len - i >= n && memcmp(r->text + i, ends[k], n) == 0) return true;
    }
    return false;
}

/* Another link begins at i. */
static bool is_next_link(const reader *r, size_t i)
{
    return (r->len - i > 7 && strncasecmp(r->text + i, "http://", 7) == 0) ||
           (r->len - i > 8 && strncasecmp(r->text + i, "https://", 8) == 0);
}

static char closer_of(char open)
{
    switch (open) {
    case '(': return ')';
    case '[': return ']';
    case '{': return '}';
    case '\'': return '\'';
    default: return 0;
    }
}

/* The end of a path that begins at i, with its query and fragment; before: the byte in front of the
 * link, which may be a bracket that ends it. */
static size_t read_path(const reader *r, size_t i, char before)
{
    char close = closer_of(before), open = before;
    size_t depth = 0;
    for (size_t n; i < r->len; i += n) {
        char c = r->text[i];
        n = 1;
        if (!is_ascii(c)) {
            uint32_t cp;
            n = kor_utf8_decode(r->text + i, r->len - i, &cp);
            bool glued = is_letter(r->text[i - 1]) || is_digit(r->text[i - 1]);
            if (is_barrier(cp) || (is_unspaced(cp) && glued)) break;
            continue;
        }
        if ((unsigned char)c <= ' ' || c == 127 || strchr("<>\"`|\\^", c)) break;
        if (c == '&' && is_entity(r, i)) break;
        if ((c == ',' || c == ';') && is_next_link(r, i + 1)) break;
        if (close && c == close) {
            if (!depth) break;
            depth--;
        } else if (close && c == open) {
            depth++;
        }
    }
    return i;
}

/* Take off what belongs to the sentence and not to the link: punctuation, brackets that were not
 * opened in it. */
static size_t trim(const reader *r, size_t start, size_t end, char before)
{
    int open[3] = {0};
    static const char opening[] = "([{", closing[] = ")]}";
    for (size_t i = start; i < end; i++) {
        const char *o = memchr(opening, r->text[i], 3), *c = memchr(closing, r->text[i], 3);
        if (o) open[o - opening]++;
        if (c) open[c - closing]--;
    }
    while (end > start) {
        char c = r->text[end - 1];
        const char *closed = memchr(closing, c, 3), *opened = memchr(opening, c, 3);
        if (closed && open[closed - closing] < 0) {
            open[closed - closing]++;
        } else if (opened) {
            open[opened - opening]--;
        } else if (end - start > 2 && c == 's' && r->text[end - 2] == '\'') {
            end--;
        } else if (c == ';') {
            size_t k = end - 1;
            while (k > start && end - k < 10 && is_letter(r->text[k - 1])) k--;
            if (k > start && k < end - 1 && r->text[k - 1] == '&') end = k;
        } else if (!strchr("?!.,:*'", c) && !((c == '_' || c == '~') && c == before)) {
            break;
        }
        end--;
    }
    return end;
}

/* The end of what begins with / ? or # at i, or i. */
static size_t read_rest(const reader *r, size_t i, char before)
{
    if (!at(r, i) || !strchr("/?#", at(r, i))) return i;
    return trim(r, i, read_path(r, i, before), before);
}

/* ---- Candidates ---- */

static bool set(kor_candidate *out, size_t start, size_t end, kor_link_kind kind, const char *label,
                bool sure)
{
    *out = (kor_candidate){start, end, label, sure, (int)kind};
    return true;
}

static const char *const schemes[] = {
    "http",     "https",   "ftp",    "ftps",    "sftp",  "ssh",      "git",    "file",    "svn",
    "rsync",    "ws",      "wss",    "smb",     "nfs",   "irc",      "ircs",   "rtsp",    "rtmp",
    "webcal",   "webcals", "caldav", "feed",    "slack", "zoommtg",  "zoomus", "msteams", "vscode",
    "obsidian", "notion",  "steam",  "spotify", "tg",    "whatsapp", "chrome", "moz",     "gopher",
    "gemini",   "s3",      "gs",     "itms",    "ipfs",  "hdfs",     "dav",    "davs",    "hg"};

/* Where a known scheme begins that ends at end, not before start, or end. */
static size_t find_scheme(const reader *r, size_t start, size_t end)
{
    size_t from = end;
    while (from > start && end - from < 10 &&
           (is_letter(r->text[from - 1]) || is_digit(r->text[from - 1])))
        from--;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t n = strlen(schemes[i]);
        if (n != end - from || strncasecmp(r->text + from, schemes[i], n) != 0) continue;
        if (from > start && !is_ascii(r->text[from - 1])) return from;
        /* git+https, hg+ssh */
        if (from > 3 && r->text[from - 1] == '+') {
            if (memcmp(r->text + from - 4, "git+", 4) == 0 ||
                memcmp(r->text + from - 4, "svn+", 4) == 0)
                return from - 4;
            if (from > 2 && memcmp(r->text + from - 3, "hg+", 3) == 0) return from - 3;
        }
        return from;
    }
    return end;
}

static bool is_all_digits(const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!is_digit(s[i])) return false;
    return true;
}

/* Schemes whose hosts are those of the web; what others have there may be any name. */
static bool is_web(const char *scheme, size_t len)
{
    return (len == 4 && strncasecmp(scheme, "http", 4) == 0) ||
           (len == 5 && strncasecmp(scheme, "https", 5) == 0) ||
           (len == 3 && strncasecmp(scheme, "ftp", 3) == 0);
}

/* A link whose scheme is at start..i - 1 and has "://" at i. */
static bool read_url(const reader *r, size_t start, size_t i, kor_candidate *out)
{
    char before = start ? r->text[start - 1] : 0;
    size_t from = i + 3, end, stop;
    uint32_t cp;
    host h;
    if (i - start == 4 && strncasecmp(r->text + start, "file", 4) == 0) {
        end = trim(r, from, read_path(r, from, before), before);
        return end > from + 1 && set(out, start, end, KOR_LINK_URL, "local", true);
    }
    /* user:password@ */
    for (stop = from; stop < r->len && (unsigned char)r->text[stop] > ' ' &&
                      !strchr("/?#<>\"'`|\\()[]{}@", r->text[stop]);)
        stop++;
    if (at(r, stop) == '@') from = stop + 1;
    if (at(r, from) == '[') {
        for (stop = from + 1; stop < from + 48 && strchr("0123456789abcdefABCDEF:.%", at(r, stop));)
            if (!at(r, stop++)) return false;
        if (at(r, stop) != ']' || stop < from + 3) return false;
        h = (host){.start = from + 1, .end = stop++, .known = true};
        h.local = kor_link_is_private(r->text + h.start, h.end - h.start);
    } else {
        size_t n;
        for (stop = from; (n = host_char(r, stop, &cp)); stop += n) {
            bool glued =
                stop > from && (is_letter(r->text[stop - 1]) || is_digit(r->text[stop - 1]));
            if (is_unspaced(cp) && glued) break;
        }
        for (size_t k = from; k + 1 < stop; k++)
            if (r->text[k] == '.' && r->text[k + 1] == '.') stop = k;
        while (stop > from && strchr(".-_", r->text[stop - 1])) stop--;
        if (!read_host(r, from, stop, &h)) return false;
    }
    size_t port = read_port(r, stop), len = h.end - h.start;
    bool plain = h.known || h.ipv4 || h.local || !is_web(r->text + start, i - start);
    if (!plain && h.labels == 1 && is_all_digits(r->text + h.start, len)) return false;
    if (!plain && port == stop && at(r, port) != '/') {
        /* http://router, but nothing that is only cut off, and no domain that there is not */
        if (h.labels > 1 || len > 20) return false;
        return set(out, start, read_rest(r, port, before), KOR_LINK_URL, NULL, false);
    }
    end = read_rest(r, port, before);
    bool here = kor_link_is_private(r->text + h.start, len);
    return set(out, start, end, KOR_LINK_URL, here ? "local" : NULL, true);
}

/* user@host:path, of which user is start..i - 1 and an @ at i. */
static bool read_address(const reader *r, size_t start, size_t i, kor_candidate *out)
{
    uint32_t cp;
    host h;
    char before = start ? r->text[start - 1] : 0;
    size_t stop = i + 1, n;
    while ((n = host_char(r, stop, &cp))) stop += n;
    if (at(r, stop) != ':' || !read_host(r, i + 1, stop, &h)) return false;
    /* What is no link after all is read again: not too much of it. */
    const reader near = {r->text, r->len - stop > ADDRESS ? stop + ADDRESS : r->len};
    size_t end = trim(r, stop + 1, read_path(&near, stop + 1, before), before);
    bool git = i - start == 3 && memcmp(r->text + start, "git", 3) == 0;
    bool dot = end > stop + 5 && memcmp(r->text + end - 4, ".git", 4) == 0;
    if (end < stop + 3 || !(git || dot)) return false;
    if (!dot && !memchr(r->text + stop + 1, '/', end - stop - 1)) return false;
    return set(out, start, end, KOR_LINK_ADDRESS, "repository", true);
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* "end.It", "7.am": sentences without a space, times of day. */
static bool is_no_domain(const reader *r, const host *h)
{
    const char *last = r->text + h->last.start, *first = r->text + h->start;
    size_t len = h->last.end - h->last.start, before = h->last.start - 1 - h->start;
    if (is_upper(last[0]) && len > 1 && !is_upper(last[1]) && !is_upper(first[0])) return true;
    return h->labels == 2 && len == 2 && before <= 2 && is_all_digits(first, before) &&
           (strncasecmp(last, "am", 2) == 0 || strncasecmp(last, "pm", 2) == 0) &&
           (before == 1 || first[0] == '0' || (first[0] == '1' && first[1] < '3'));
}

/* shop.co.uk, abc.com.au: no name of anything else looks so. */
static bool is_national(const reader *r, const host *h)
{
    static const char *const second[] = {"com", "co", "org", "net", "gov", "edu", "ac", "go"};
    size_t len = h->last.end - h->last.start, end = h->last.start - 1, from = end;
    if (h->labels < 3 || len != 2) return false;
    while (from > h->start && r->text[from - 1] != '.') from--;
    for (size_t i = 0; i < sizeof second / sizeof *second; i++) {
        size_t n = strlen(second[i]);
        if (n == end - from && strncasecmp(r->text + from, second[i], n) == 0) return true;
    }
    return false;
}

/* What cannot stand before a host: it is then a part of something else. */
static bool is_inside(const reader *r, size_t start)
{
    char c = start ? r->text[start - 1] : ' ';
    return c && strchr("/\\@$%&#~+^", c);
}

/* A host without a scheme at start..stop - 1, and what follows it. */
static bool read_bare(const reader *r, size_t start, size_t stop, kor_candidate *out)
{
    host h;
    char before = start ? r->text[start - 1] : 0;
    size_t behind = stop;
    if (is_inside(r, start)) return false;
    while (stop > start && strchr(".-_", r->text[stop - 1])) stop--;
    while (start < stop && strchr("-_", r->text[start])) start++;
    if (!read_host(r, start, stop, &h)) return false;
    size_t port = stop == behind ? read_port(r, stop) : stop; /* else what follows is not of it */
    bool slash = stop == behind && at(r, port) == '/', ported = port > stop;
    if (h.labels == 1) { /* names of a house need a port and a path, this machine one of both */
        bool named = port > stop + 3 && slash && is_letter(r->text[start]);
        if (!named && !(h.local && (ported || slash))) return false;
    } else if (h.ipv4) {
        if (!ported && !slash) return false;
    } else if ((!h.known && !h.local) || is_no_domain(r, &h)) {
        return false;
    }
    char after = at(r, port);
    if (after && strchr("(@+=", after)) return false;
    if (after == ':' && at(r, port + 1) == ':') return false; /* a::b */
    size_t end = stop == behind ? read_rest(r, port, before) : port;
    bool path = end > port;
    if (h.ipv4 && !ported) { /* 10.0.0.0/8 */
        if (!path || (end - port < 5 && is_all_digits(r->text + port + 1, end - port - 1)))
            return false;
    }
    if (h.local && (h.labels == 1 || h.ipv4))
        return set(out, start, end, KOR_LINK_PATH, path ? "local" : NULL, path);
    bool www = h.labels > 2 && h.known && strncasecmp(r->text + start, "www.", 4) == 0;
    bool national = h.known && is_national(r, &h);
    kor_link_kind kind = www ? KOR_LINK_WWW : path || ported ? KOR_LINK_PATH : KOR_LINK_HOST;
    return set(out, start, end, kind, NULL, www || national);
}

/* Where the host's name in a run begins and ends, which may be glued to words of another script. */
static void cut_run(const reader *r, size_t *start, size_t *stop)
{
    size_t dot = *start, last = *stop, n;
    uint32_t cp;
    while (dot < *stop && r->text[dot] != '.') dot++;
    while (last > *start && r->text[last - 1] != '.') last--;
    if (dot == *stop) return;
    for (size_t i = *start; i < dot; i += n) { /* the first label: the last change to ASCII */
        n = kor_utf8_decode(r->text + i, *stop - i, &cp);
        if (is_unspaced(cp) && i + n < dot && is_ascii(r->text[i + n])) *start = i + n;
    }
    for (size_t i = last; i < *stop; i += n) { /* the last one: the first change away from it */
        n = kor_utf8_decode(r->text + i, *stop - i, &cp);
        if (i > last && is_unspaced(cp) && is_ascii(r->text[i - 1])) *stop = i;
    }
}

/* The end of a run of what hosts are made of: it goes over a dot, and not over two. */
static size_t read_run(const reader *r, size_t i)
{
    uint32_t cp;
    for (size_t n; (n = host_char(r, i, &cp)) && !(cp == '.' && at(r, i + 1) == '.');) i += n;
    return i;
}

/* A link that has to do with the run start..*i - 1; moves *i on where more than the run is read. */
static bool read_link(const reader *r, size_t start, size_t *i, kor_candidate *out)
{
    size_t stop = *i, dots = 0;
    const char *text = r->text;
    char before = start ? text[start - 1] : 0;
    if (at(r, stop) == ':' && at(r, stop + 1) == '/' && at(r, stop + 2) == '/') {
        size_t scheme = find_scheme(r, start, stop);
        *i = stop + 3;
        return scheme < stop && read_url(r, scheme, stop, out);
    }
    if (at(r, stop) == ':' && at(r, stop + 1) == '?' && stop - start == 6 &&
        strncasecmp(text + start, "magnet", 6) == 0) {
        size_t end = trim(r, stop + 1, read_path(r, stop + 1, before), before);
        *i = end;
        return end > stop + 4 && set(out, start, end, KOR_LINK_URL, "file", true);
    }
    if (at(r, stop) == '@') {
        *i = read_run(r, stop + 1); /* the host of a mail's address */
        return read_address(r, start, stop, out);
    }
    while (at(r, stop + dots) == '.') dots++;
    *i = stop + dots;
    if (dots == 2 && read_run(r, *i) > *i) { /* "working..is" */
        *i = read_run(r, *i);
        return false;
    }
    cut_run(r, &start, &stop);
    return read_bare(r, start, stop, out);
}

static bool next(const char *text, size_t len, size_t *from, kor_candidate *out)
{
    const reader r = {text, len};
    uint32_t cp;
    for (size_t i = *from; i < len;) {
        if (!host_char(&r, i, &cp)) {
            i += kor_utf8_decode(text + i, len - i, &cp);
            continue;
        }
        size_t start = i;
        i = read_run(&r, i);
        if (read_link(&r, start, &i, out) && out->start >= *from) {
            *from = out->end > i ? out->end : i;
            return true;
        }
        if (i == start) i++;
    }
    *from = len;
    return false;
}

static size_t read(const char *text, size_t len, const kor_candidate *c, char *out)
{
    return kor_link_words(text, len, c, out);
}

const kor_rules kor_rules_links = {"links", 1, next, read};
