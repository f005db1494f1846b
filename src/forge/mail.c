/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/mail.h"

#include "forge/mail_text.h"
#include "text/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DEPTH = 8, PARTS = 100, VALUE = 4000, HOSTS = 600, RAW = 1 << 16 };

/* Part of a mail: headers, and what comes after the empty line. */
typedef struct part {
    const char *head, *body, *end; /* head up to body, body up to end */
} part;

typedef struct reading {
    kor_str plain, html; /* what was readable */
    kor_str targets;     /* the same as html, with what it links to */
    size_t parts;
} reading;

/* ---- Headers ---- */

static const char *line_end(const char *s, const char *end)
{
    const char *stop = s < end ? memchr(s, '\n', (size_t)(end - s)) : NULL;
    return stop ? stop + 1 : end;
}

static bool is_blank_line(const char *s, const char *stop)
{
    while (s < stop && (*s == '\r' || *s == '\n')) s++;
    return s == stop;
}

/* "Name:" */
static bool is_header(const char *s, const char *end)
{
    const char *at = s;
    while (at < end && (unsigned char)*at > ' ' && *at != ':') at++;
    return at > s && at < end && *at == ':';
}

/* Text that begins with no header is all body. One odd line among headers is passed over. */
static part split(const char *s, const char *end)
{
    part p = {s, s, end};
    size_t headers = 0;
    for (const char *at = s; at < end;) {
        const char *stop = line_end(at, end);
        if (is_blank_line(at, stop)) {
            p.body = stop;
            return p;
        }
        bool follows = at > s && (*at == ' ' || *at == '\t');
        bool mbox = at == s && stop - at > 5 && memcmp(at, "From ", 5) == 0;
        if (is_header(at, stop)) {
            headers++;
        } else if (!follows && !mbox && (headers < 2 || !is_header(stop, end))) {
            p.body = at;
            return p;
        }
        at = stop;
    }
    p.body = end;
    return p;
}

/* The value of a header on one line, "" where there is none. */
static const char *header(const part *p, const char *name, char out[VALUE])
{
    size_t len = strlen(name), n = 0;
    *out = 0;
    for (const char *s = p->head; s < p->body; s = line_end(s, p->body)) {
        if ((size_t)(p->body - s) <= len || s[len] != ':' || strncasecmp(s, name, len) != 0)
            continue;
        for (s += len + 1; s < p->body && n + 1 < VALUE; s++) {
            if (*s == '\n' && (s + 1 == p->body || (s[1] != ' ' && s[1] != '\t'))) break;
            out[n++] = *s && *s != '\n' && *s != '\r' && *s != '\t' ? *s : ' ';
        }
        break;
    }
    while (n && out[n - 1] == ' ') n--;
    out[n] = 0;
    return out + strspn(out, " ");
}

/* name=value or name="value" after a semicolon. */
static void parameter(const char *value, const char *name, char *out, size_t size)
{
    size_t len = strlen(name), n = 0;
    *out = 0;
    for (const char *s = strchr(value, ';'); s; s = strchr(s, ';')) {
        s += 1 + strspn(s + 1, " ");
        if (strncasecmp(s, name, len) != 0) continue;
        s += len + strspn(s + len, " ");
        if (*s != '=') continue;
        s += 1 + strspn(s + 1, " ");
        const char *stops = *s == '"' ? "\"" : "; ";
        s += *s == '"';
        while (*s && !strchr(stops, *s) && n + 1 < size) out[n++] = *s++;
        break;
    }
    out[n] = 0;
}

/* ---- Bodies ---- */

static void read_part(reading *r, const char *s, const char *end, size_t depth);

static void read_text(reading *r, const part *p, const char *type, bool html)
{
    char value[VALUE], charset[60];
    kor_str bytes = {0}, *out = html ? &r->html : &r->plain;
    size_t len = (size_t)(p->end - p->body);
    if (out->len >= RAW) return;
    const char *how = header(p, "Content-Transfer-Encoding", value);
    if (strncasecmp(how, "base64", 6) == 0)
        kor_mail_base64(&bytes, p->body, len);
    else if (strncasecmp(how, "quoted-printable", 16) == 0)
        kor_mail_quoted(&bytes, p->body, len, false);
    else
        kor_str_add(&bytes, p->body, len);
    parameter(type, "charset", charset, sizeof charset);
    if (html) {
        kor_str text = {0};
        kor_mail_utf8(&text, charset, kor_str_text(&bytes), bytes.len);
        kor_mail_html(out, kor_str_text(&text), text.len, false);
        kor_mail_html(&r->targets, kor_str_text(&text), text.len, true);
        out->failed |= text.failed;
        kor_str_free(&text);
    } else {
        kor_mail_utf8(out, charset, kor_str_text(&bytes), bytes.len);
    }
    kor_str_putc(out, '\n');
    out->failed |= bytes.failed;
    kor_str_free(&bytes);
}

/* Is a line "--" and the boundary, and nothing else but space? A boundary may be how another one
 * begins. *last: it has "--" at its end, too. */
static bool is_boundary(const char *s, const char *end, const char *boundary, bool *last)
{
    size_t len = strlen(boundary);
    if ((size_t)(end - s) < len + 2 || s[0] != '-' || s[1] != '-' ||
        memcmp(s + 2, boundary, len) != 0)
        return false;
    s += len + 2;
    *last = end - s >= 2 && s[0] == '-' && s[1] == '-';
    if (*last) s += 2;
    while (s < end && (*s == ' ' || *s == '\t' || *s == '\r')) s++;
    return s == end || *s == '\n';
}

/* The parts between lines that are "--" and the boundary; false when there are none. */
static bool read_parts(reading *r, const part *p, const char *boundary, size_t depth)
{
    const char *open = NULL;
    bool any = false, last;
    for (const char *s = p->body; s < p->end; s = line_end(s, p->end)) {
        if (!is_boundary(s, p->end, boundary, &last)) continue;
        if (open) read_part(r, open, s, depth);
        any = true;
        open = line_end(s, p->end);
        if (last) return true;
    }
    if (open && open < p->end) read_part(r, open, p->end, depth);
    return any;
}

static bool looks_like_html(const part *p)
{
    const char *s = p->body;
    while (s < p->end && isspace((unsigned char)*s)) s++;
    if (p->end - s < 7 || *s != '<') return false;
    size_t n = p->end - s < 2000 ? (size_t)(p->end - s) : 2000;
    for (size_t i = 0; i + 5 <= n; i++) {
        if (strncasecmp(s + i, "<html", 5) == 0 || strncasecmp(s + i, "<body", 5) == 0) return true;
    }
    return false;
}

static void read_part(reading *r, const char *s, const char *end, size_t depth)
{
    char type[VALUE], value[VALUE], boundary[200];
    if (depth == DEPTH || r->parts++ >= PARTS) return;
    const part p = split(s, end);
    const char *t = header(&p, "Content-Type", type);
    if (depth && strncasecmp(header(&p, "Content-Disposition", value), "attachment", 10) == 0)
        return;
    if (strncasecmp(t, "multipart/", 10) == 0) {
        parameter(t, "boundary", boundary, sizeof boundary);
        if (*boundary && read_parts(r, &p, boundary, depth + 1)) return;
        t = "";
    }
    if (strncasecmp(t, "message/", 8) == 0)
        read_part(r, p.body, p.end, depth + 1);
    else if (strncasecmp(t, "text/html", 9) == 0 || looks_like_html(&p))
        read_text(r, &p, t, true);
    else if (strncasecmp(t, "text/", 5) == 0 || !strchr(t, '/'))
        read_text(r, &p, t, false);
}

/* ---- The whole ---- */

static bool is_prefix(const char *s, size_t *len)
{
    static const char *const known[] = {"re", "fw", "fwd", "aw", "wg", "sv", "antwort", "tr", NULL};
    for (size_t i = 0; known[i]; i++) {
        size_t n = strlen(known[i]);
        if (strncasecmp(s, known[i], n) != 0) continue;
        if (s[n] == '[' || s[n] == '(') n += strcspn(s + n, "])") + 1;
        if (strnlen(s, n + 1) <= n || s[n] != ':') continue;
        *len = n + 1;
        return true;
    }
    return false;
}

/* "Re: [list] Words" is of the thread "words"; *text is where the subject begins but for lists. */
static void read_subject(kor_mail *out, const part *p, kor_str *subject)
{
    char value[VALUE];
    kor_str raw = {0};
    const char *s = header(p, "Subject", value);
    kor_mail_words(&raw, s, strlen(s));
    bool answer = false;
    for (s = kor_str_text(&raw); *s;) {
        size_t n;
        s += strspn(s, " \t\r\n");
        if (*s == '[' && strchr(s, ']') && (size_t)(strchr(s, ']') - s) < 30) {
            s = strchr(s, ']') + 1;
        } else if (is_prefix(s, &n)) {
            answer = true;
            s += n;
        } else {
            break;
        }
    }
    if (answer && *s) kor_str_puts(subject, "Re: ");
    kor_str_puts(subject, s);
    for (bool space = false; *s; s++) {
        if ((unsigned char)*s <= ' ') {
            space = out->thread.len > 0;
            continue;
        }
        if (space) kor_str_putc(&out->thread, ' ');
        space = false;
        kor_str_putc(&out->thread, (char)tolower((unsigned char)*s));
    }
    subject->failed |= raw.failed;
    kor_str_free(&raw);
}

/* "name" <Some@Where>, or Some@Where (name). */
static void read_sender(kor_str *out, const part *p)
{
    char value[VALUE];
    const char *s = header(p, "From", value), *at = strrchr(s, '@');
    if (!at) return;
    while (at > s && !strchr(" <(\",;:\t", at[-1])) at--;
    for (; *at && !strchr(" >)\",;\t", *at); at++)
        kor_str_putc(out, (char)tolower((unsigned char)*at));
}

/* Whom it was sent to, and by which list: hosts that the text must not name. */
static void read_hosts(const part *p, char out[HOSTS])
{
    static const char *const names[] = {"To",          "Cc",           "Delivered-To",
                                        "X-BeenThere", "Sender",       "List-Post",
                                        "Errors-To",   "Mailing-List", "List-Id"};
    char value[VALUE];
    size_t n = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *s = header(p, names[i], value);
        char mark = i + 1 == sizeof names / sizeof *names ? '<' : '@';
        while ((s = strchr(s, mark)) != NULL) {
            size_t len = strcspn(++s, " >,;\")?");
            if (len < 4 || len > 60 || n + len + 2 > HOSTS) continue;
            out[n++] = ' ';
            memcpy(out + n, s, len);
            n += len;
        }
    }
    out[n] = 0;
}

kor_status kor_mail_read(kor_mail *out, const char *bytes, size_t len, kor_error *err)
{
    char hosts[HOSTS];
    reading r = {0};
    kor_str subject = {0};
    *out = (kor_mail){0};
    if (len > KOR_MAIL_BYTES) len = KOR_MAIL_BYTES;
    const part p = split(bytes, bytes + len);
    read_sender(&out->sender, &p);
    read_subject(out, &p, &subject);
    read_hosts(&p, hosts);
    kor_mail_clean(&out->text, kor_str_text(&subject), subject.len, hosts, KOR_MAIL_TEXT);
    read_part(&r, bytes, bytes + len, 0);
    size_t before = out->text.len;
    kor_mail_clean(&out->text, kor_str_text(&r.plain), r.plain.len, hosts, KOR_MAIL_TEXT);
    if (out->text.len < before + 40 && r.html.len)
        kor_mail_clean(&out->text, kor_str_text(&r.html), r.html.len, hosts, KOR_MAIL_TEXT);
    if (out->text.len < before + 40 && r.targets.len > r.html.len + 1) {
        out->text.len = before;
        if (before) out->text.data[before] = 0;
        kor_mail_clean(&out->text, kor_str_text(&r.targets), r.targets.len, hosts, KOR_MAIL_TEXT);
    }
    while (out->text.len && out->text.data[out->text.len - 1] == '\n')
        out->text.data[--out->text.len] = 0;
    bool failed = subject.failed || r.plain.failed || r.html.failed || r.targets.failed ||
                  out->text.failed || out->sender.failed || out->thread.failed;
    kor_str_free(&subject);
    kor_str_free(&r.plain);
    kor_str_free(&r.html);
    kor_str_free(&r.targets);
    if (!failed) return KOR_OK;
    kor_mail_free(out);
    return kor_fail_memory(err);
}

void kor_mail_free(kor_mail *mail)
{
    kor_str_free(&mail->text);
    kor_str_free(&mail->sender);
    kor_str_free(&mail->thread);
}
