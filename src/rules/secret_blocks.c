/* SPDX-License-Identifier: Apache-2.0 */
/* What has marks of its own: blocks of private keys, URLs with credentials. */
#include "rules/secret_scan.h"

#include <string.h>

static bool starts(const char *text, size_t len, size_t at, const char *with)
{
    size_t n = strlen(with);
    return at < len && len - at >= n && memcmp(text + at, with, n) == 0;
}

static bool base64_byte(char c)
{
    return (kor_byte(c) & KOR_BYTE_ALNUM) || c == '+' || c == '/' || c == '=';
}

/* The next "-----" word at or after at, before stop; stop if there is none. */
static size_t dashes(const char *text, size_t at, size_t stop)
{
    while (at + 5 <= stop) {
        const char *p = memchr(text + at, '-', stop - at - 4);
        if (!p) return stop;
        at = (size_t)(p - text);
        if (memcmp(p, "-----", 5) == 0) return at;
        at++;
    }
    return stop;
}

/* Where lines of base64 that begin at at end: with escaped line ends, quotes, signs of a comment
 * or a string between them. What they hold is counted. */
static size_t base64_lines(const char *text, size_t at, size_t stop, size_t *held)
{
    size_t end = at;
    *held = 0;
    while (at < stop) {
        size_t run = at;
        while (run < stop && base64_byte(text[run])) {
            if (text[run] == '/' && run + 1 < stop && text[run + 1] == '/') break;
            run++;
        }
        bool mixed = false, one_line = true;
        for (size_t i = at; i < run && run - at < 16; i++)
            mixed |= (kor_byte(text[i]) & (KOR_BYTE_UPPER | KOR_BYTE_DIGIT)) || text[i] == '=';
        for (size_t i = end, lines = 0; i < at && at - end < 24; i++)
            if (text[i] == '\n' && ++lines > 1) one_line = false;
        if (run - at >= 16 || (run - at > 1 && *held >= 16 && end + 24 > at && one_line && mixed)) {
            *held += run - at;
            end = run;
            at = run;
            continue;
        }
        /* What may stand between lines; \n and \r as they are escaped. */
        size_t skip = at;
        while (skip < stop && skip - at < 24) {
            char c = text[skip];
            if (c == '\\' && skip + 1 < stop && strchr("nrt\\\"", text[skip + 1]))
                skip += 2;
            else if (c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '"' || c == '\'' ||
                     c == '+' || c == '|' || c == '#' || c == '>' || c == '*' || c == ',')
                skip++;
            else if (c == '/' && skip + 1 < stop && text[skip + 1] == '/')
                skip += 2;
            else
                break;
        }
        if (skip == at) break;
        at = skip;
    }
    return end;
}

static bool putty(const char *text, size_t len, size_t start, size_t *end)
{
    static const char head[] = "PuTTY-User-Key-File", mac[] = "Private-MAC:";
    size_t stop = len - start > KOR_SECRET_BLOCK_MOST ? start + KOR_SECRET_BLOCK_MOST : len;
    size_t at = start + sizeof head - 1, last = 0;
    *end = at;
    while (at < stop) {
        const char *p = memchr(text + at, 'P', stop - at);
        if (!p) break;
        at = (size_t)(p - text);
        if (starts(text, stop, at, head)) break;
        if (starts(text, stop, at, "Private-Lines:")) last = at + 14;
        if (starts(text, stop, at, mac)) {
            at += sizeof mac - 1;
            while (at < len && text[at] == ' ') at++;
            while (at < len && (kor_byte(text[at]) & KOR_BYTE_ALNUM)) at++;
            *end = at;
            return true;
        }
        at++;
    }
    if (!last) return false;
    size_t held;
    while (last < stop && text[last] != '\n') last++;
    *end = base64_lines(text, last, stop, &held);
    return held >= 16;
}

bool kor_secret_block(const char *text, size_t len, size_t start, size_t *end)
{
    enum { NAME = 64 };
    size_t stop = len - start > KOR_SECRET_BLOCK_MOST ? start + KOR_SECRET_BLOCK_MOST : len;
    if (text[start] == 'P') return putty(text, len, start, end);
    *end = start + 1;
    size_t at = start;
    while (at < stop && text[at] == '-') at++; /* four dashes in RFC 4716, more by mistake */
    while (at < stop && text[at] == ' ') at++;
    if (!starts(text, stop, at, "BEGIN ")) {
        *end = at;
        return false;
    }
    size_t name = at + 6, name_end = name;
    while (name_end < stop && name_end - name < NAME && text[name_end] != '-' &&
           text[name_end] != '\n')
        name_end++;
    bool is_private = false;
    for (size_t i = name; i + 7 <= name_end; i++)
        if (memcmp(text + i, "PRIVATE", 7) == 0) is_private = true;
    size_t body = name_end;
    while (body < stop && text[body] == '-') body++;
    size_t close = dashes(text, body, stop);
    bool closed = starts(text, stop, close, "-----END") || starts(text, stop, close, "----- END") ||
                  starts(text, stop, close, "---- END");
    if (!closed && close + 8 < stop) { /* as many dashes as there may be */
        size_t d = close;
        while (d < stop && (text[d] == '-' || text[d] == ' ')) d++;
        closed = starts(text, stop, d, "END ");
    }
    size_t held = 0, lines = body;
    if (closed) { /* the bytes that may be of the key */
        for (size_t i = body, run = 0; i <= close; i++) {
            if (i < close && base64_byte(text[i]))
                run++;
            else {
                if (run >= 16) held += run;
                run = 0;
            }
        }
        at = close;
        while (at < stop && (text[at] == '-' || text[at] == ' ')) at++;
        while (at < stop && at - close < NAME + 16 && text[at] != '-' && text[at] != '\n') at++;
        while (at < stop && text[at] == '-') at++;
        *end = at;
        return is_private && held >= 16;
    }
    /* Cut off: headers, then lines of base64. */
    for (int header = 0; header < 6; header++) {
        size_t line = lines;
        while (line < stop && (kor_byte(text[line]) & KOR_BYTE_SPACE)) line++;
        size_t colon = line;
        while (colon < stop && colon - line < 24 &&
               ((kor_byte(text[colon]) & KOR_BYTE_LETTER) || text[colon] == '-'))
            colon++;
        if (colon == line || colon >= stop || text[colon] != ':') break;
        while (colon < stop && text[colon] != '\n' && text[colon] != '\\') colon++;
        lines = colon;
    }
    *end = base64_lines(text, lines, stop, &held);
    if (held < 16) *end = body;
    return is_private && held >= 16;
}

/* ---- URLs -------------------------------------------------------------------------------- */

static bool url_end(char c)
{
    return (kor_byte(c) & KOR_BYTE_SPACE) || c == '"' || c == '\'' || c == '<' || c == '>' ||
           c == '`' || c == '\0';
}

static bool scheme_byte(char c)
{
    return (kor_byte(c) & KOR_BYTE_ALNUM) || c == '+' || c == '.' || c == '-' || c == '_';
}

static size_t find(const char *text, size_t from, size_t to, const char *what)
{
    size_t n = strlen(what);
    for (size_t i = from; i + n <= to; i++)
        if (text[i] == what[0] && memcmp(text + i, what, n) == 0) return i;
    return to;
}

/* A parameter such as password=x of a URL whose scheme is of a database or queue. */
static bool parameter(const char *text, size_t from, size_t to)
{
    static const char *const names[] = {
        "password=", "passwd=", "pwd=", "pass=", "Password=", "PWD=", "PASSWORD="};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t n = strlen(names[i]), at = find(text, from, to, names[i]);
        if (at == to || at == from || strchr("?&;", text[at - 1]) == NULL) continue;
        size_t end = at + n;
        while (end < to && text[end] != '&' && text[end] != ';') end++;
        if (!kor_secret_placeholder(text + at + n, end - at - n)) return true;
    }
    return false;
}

/* A webhook: whoever knows its path may post. */
static bool webhook(const char *text, size_t host, size_t end)
{
    static const char *const known[] = {"hooks.slack.com/services/T",
                                        "hooks.slack.com/workflows/",
                                        "discord.com/api/webhooks/",
                                        "discordapp.com/api/webhooks/",
                                        ".webhook.office.com/webhook",
                                        "outlook.office.com/webhook/",
                                        "hooks.zapier.com/hooks/catch/",
                                        "maker.ifttt.com/trigger/",
                                        "hook.eu1.make.com/",
                                        "hook.us1.make.com/",
                                        ".logic.azure.com:443/workflows/"};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t at = find(text, host, end, known[i]), n = strlen(known[i]), digits = 0;
        if (at == end || end - at < n + 16) continue;
        for (size_t j = at + n; j < end; j++) digits += (kor_byte(text[j]) & KOR_BYTE_DIGIT) != 0;
        size_t rest = at + n;
        if (digits >= 3 && find(text, rest, end, "XXXX") == end &&
            find(text, rest, end, "xxxx") == end)
            return true;
    }
    return false;
}

bool kor_secret_url(const char *text, size_t len, size_t colon, size_t *start, size_t *end)
{
    enum { SCHEME = 40 };
    size_t begin = colon, host = colon + 3;
    while (begin > 0 && colon - begin < SCHEME && scheme_byte(text[begin - 1])) begin--;
    while (begin < colon && !(kor_byte(text[begin]) & KOR_BYTE_LETTER)) begin++;
    if (begin >= 5 &&
        (memcmp(text + begin - 5, "jdbc:", 5) == 0 || memcmp(text + begin - 5, "rest:", 5) == 0))
        begin -= 5;
    if (begin >= 7 && memcmp(text + begin - 7, "jdbc%3A", 7) == 0) begin -= 7;
    *start = begin;
    *end = host;
    if (begin == colon || host >= len) return false;
    size_t stop = len - host > KOR_SECRET_VALUE_MOST ? host + KOR_SECRET_VALUE_MOST : len;
    size_t close = host, authority = 0, at_sign = 0, any_at = 0;
    int open = 0;
    for (; close < stop && !url_end(text[close]); close++) {
        char c = text[close];
        if (c == '\\' && close + 1 < stop && strchr("nrt\"'", text[close + 1])) break;
        if (starts(text, stop, close, "&quot;") || starts(text, stop, close, "&#34;")) break;
        if (c == '{' || c == '(') open++;
        if ((c == ')' || c == '}') && open-- <= 0) break;
        if (!authority && (c == '/' || c == '?' || c == '#')) authority = close;
        if (c == '@') {
            any_at = close;
            if (!authority) at_sign = close;
        }
    }
    if (!authority) authority = close;
    size_t trimmed = close;
    while (trimmed > host && strchr(".,;:!)]|*", text[trimmed - 1]) && text[trimmed - 1]) trimmed--;
    *end = trimmed;
    /* A password with / or # in it, which should have been escaped. */
    if (!at_sign && any_at) {
        size_t sep = host;
        while (sep < authority && text[sep] != ':') sep++;
        bool port = sep < authority;
        for (size_t i = sep + 1; i < authority; i++)
            if (!(kor_byte(text[i]) & KOR_BYTE_DIGIT)) port = false;
        if (sep + 1 < authority && sep < authority && !port) at_sign = any_at;
    }
    if (at_sign > host && at_sign + 1 < trimmed) {
        size_t sep = host;
        while (sep < at_sign && text[sep] != ':') sep++;
        if (sep < at_sign) {
            const char *secret = text + sep + 1;
            size_t n = at_sign - sep - 1;
            bool template = find(text, sep, at_sign, "{") < at_sign && text[at_sign - 1] == '}';
            bool token_only = n == 0 || (n >= 6 && memcmp(secret, "x-oauth", 6) == 0);
            if (token_only) return sep - host >= 16;
            static const char *const samples[] = {"password", "pass",         "passwd",
                                                  "pwd",      "secret",       "PASSWORD",
                                                  "PASS",     "yourpassword", "pw"};
            for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
                if (strlen(samples[i]) == n && memcmp(samples[i], secret, n) == 0) {
                    /* user:password@host is how manuals write it. */
                    size_t u = sep - host;
                    bool manual = (u == 4 && memcmp(text + host, "user", 4) == 0) ||
                                  (u == 8 && memcmp(text + host, "username", 8) == 0) ||
                                  (u == 4 && memcmp(text + host, "USER", 4) == 0) || n == 4 ||
                                  starts(text, len, at_sign, "@host") ||
                                  starts(text, len, at_sign, "@example");
                    if (manual) return false;
                    return true;
                }
            return !template && !kor_secret_placeholder(secret, n);
        }
        size_t digits = 0, n = at_sign - host;
        for (size_t i = host; i < at_sign; i++) digits += (kor_byte(text[i]) & KOR_BYTE_DIGIT) != 0;
        if (n >= 20 && digits >= 3 && !kor_secret_placeholder(text + host, n)) return true;
    }
    bool web = colon - begin >= 4 && memcmp(text + begin, "http", 4) == 0;
    if (web) return webhook(text, host, trimmed);
    return parameter(text, host, trimmed);
}
