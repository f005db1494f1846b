/* SPDX-License-Identifier: Apache-2.0 */
#include "capture/chunks.h"

#include "base/str.h"
#include "capture/seen.h"
#include "capture/source.h"

#include <string.h>

enum { LEVELS = 6, HEADING_MAX = 240 /* bytes */ };

typedef struct chunker {
    const char *name;
    kor_status (*visit)(void *arg, const kor_chunk *chunk, kor_error *err);
    void *arg;
    kor_str heading[LEVELS]; /* the path to here; empty for a level that is not in it */
    int level;               /* of the innermost heading, 1 to 6; 0 before the first */
    kor_str slug;            /* of the innermost heading */
    kor_seen slugs;          /* of the file: the second "setup" is "setup-1" */
    kor_str carry;           /* headings without a body, for the next chunk */
    kor_str body;            /* of the section so far */
    size_t paragraph;        /* where in body a paragraph of one line starts, or NONE */
    bool after_blank;        /* the next line starts a paragraph */
    kor_str title, text;     /* scratch */
} chunker;

static const size_t NONE = (size_t)-1;

typedef struct span {
    const char *at;
    size_t len;
} span;

static bool is_space(char c)
{
    return c == ' ' || c == '\t';
}

static span trimmed(span s)
{
    while (s.len && is_space(s.at[0])) {
        s.at++;
        s.len--;
    }
    while (s.len && is_space(s.at[s.len - 1])) s.len--;
    return s;
}

static bool is_continuation(char c)
{
    return ((unsigned char)c & 0xc0) == 0x80;
}

/* ---- Splitting a section ---- */

/* Where to cut a text that may be longer than a chunk: behind the last paragraph that fits, else
 * behind the last line, the last word, the last character. */
static size_t cut_point(span s)
{
    size_t paragraph = 0, line = 0, word = 0, i = 0;
    for (size_t characters = 0; i < s.len; i++) {
        /* Bytes that are not UTF-8 could all be continuations: they count as well. */
        if (!is_continuation(s.at[i]) && ++characters > KOR_CHUNK_MAX) break;
        if (i == 4 * (size_t)KOR_CHUNK_MAX) break;
        if (s.at[i] == '\n' && i && s.at[i - 1] == '\n') paragraph = i + 1;
        if (s.at[i] == '\n') line = i + 1;
        if (is_space(s.at[i])) word = i + 1;
    }
    if (i == s.len) return i;
    return paragraph ? paragraph : line ? line : word ? word : i;
}

static kor_status emit(chunker *c, span text, kor_error *err)
{
    kor_str_clear(&c->title);
    kor_str_puts(&c->title, c->name);
    for (int i = 0; i < c->level; i++) {
        if (c->heading[i].len) kor_str_printf(&c->title, " > %s", kor_str_text(&c->heading[i]));
    }
    kor_str_clear(&c->text);
    kor_str_add(&c->text, kor_str_text(&c->carry), c->carry.len);
    kor_str_add(&c->text, text.at, text.len);
    kor_str_clear(&c->carry);
    if (c->title.failed || c->text.failed) return kor_fail_memory(err);
    size_t len = c->text.len;
    while (len && (is_space(c->text.data[len - 1]) || c->text.data[len - 1] == '\n')) len--;
    kor_chunk chunk = {kor_str_text(&c->title), kor_str_text(&c->slug), kor_str_text(&c->text),
                       len};
    return len ? c->visit(c->arg, &chunk, err) : KOR_OK;
}

/* Is there something to read, and not only rules and blank lines? */
static bool has_words(span s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.at[i];
        if (c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z')) {
            return true;
        }
    }
    return false;
}

/* The section ends; the next heading has level next, 0 at the end of the file. */
static kor_status end_section(chunker *c, int next, kor_error *err)
{
    if (c->body.failed) return kor_fail_memory(err);
    span body = {kor_str_text(&c->body), c->body.len};
    if (!has_words(body)) body.len = 0;
    if (body.len == 0 && c->level && next <= c->level) {
        const kor_str *heading = &c->heading[c->level - 1];
        kor_str_add(&c->carry, kor_str_text(heading), heading->len);
        kor_str_putc(&c->carry, '\n');
    }
    while (body.len) {
        size_t cut = cut_point(body);
        KOR_TRY(emit(c, (span){body.at, cut}, err));
        body.at += cut;
        body.len -= cut;
        while (body.len && body.at[0] == '\n') {
            body.at++;
            body.len--;
        }
    }
    if (next == 0 && c->carry.len) KOR_TRY(emit(c, (span){"", 0}, err));
    kor_str_clear(&c->body);
    return c->carry.failed ? kor_fail_memory(err) : KOR_OK;
}

/* ---- Headings ---- */

/* The anchor that repository hosts give a heading: lower case, spaces to dashes, punctuation gone,
 * and a number when the file has had the same before. */
static kor_status make_slug(chunker *c, span heading, kor_error *err)
{
    kor_str_clear(&c->slug);
    for (size_t i = 0; i < heading.len; i++) {
        char ch = heading.at[i];
        if (ch >= 'A' && ch <= 'Z') ch = (char)(ch - 'A' + 'a');
        bool keep = (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '_';
        if (is_space(ch)) ch = '-', keep = true;
        if (keep || (unsigned char)ch >= 0x80) kor_source_percent(&c->slug, &ch, 1);
    }
    uint32_t nth;
    KOR_TRY(kor_seen_add(&c->slugs, kor_str_text(&c->slug), c->slug.len, &nth, err));
    if (nth > 1) kor_str_printf(&c->slug, "-%u", nth - 1);
    return c->slug.failed ? kor_fail_memory(err) : KOR_OK;
}

static kor_status begin_section(chunker *c, int level, span heading, kor_error *err)
{
    KOR_TRY(end_section(c, level, err));
    if (heading.len > HEADING_MAX) {
        heading.len = HEADING_MAX;
        while (heading.len > HEADING_MAX - 4 && is_continuation(heading.at[heading.len])) {
            heading.len--;
        }
    }
    for (int i = level - 1; i < LEVELS; i++) kor_str_clear(&c->heading[i]);
    kor_str_add(&c->heading[level - 1], heading.at, heading.len);
    if (c->heading[level - 1].failed) return kor_fail_memory(err);
    c->level = level;
    c->paragraph = NONE;
    c->after_blank = true;
    return make_slug(c, heading, err);
}

/* Up to three spaces may come before a heading or a fence; four make a code block. */
static bool unindent(span *line)
{
    size_t n = 0;
    while (n < line->len && line->at[n] == ' ') n++;
    line->at += n;
    line->len -= n;
    return n <= 3;
}

/* The level of "## Heading ##", whose text goes to *heading; 0 when it is none. */
static int atx_level(span line, span *heading)
{
    if (!unindent(&line)) return 0;
    size_t n = 0;
    while (n < line.len && line.at[n] == '#') n++;
    if (n < 1 || n > LEVELS || (n < line.len && !is_space(line.at[n]))) return 0;
    span s = trimmed((span){line.at + n, line.len - n});
    size_t closing = s.len;
    while (closing && s.at[closing - 1] == '#') closing--;
    if (closing == 0 || is_space(s.at[closing - 1])) s.len = closing;
    *heading = trimmed(s);
    return (int)n;
}

/* 1 for a line of =, 2 for a line of -, else 0. */
static int underline_level(span line)
{
    if (!unindent(&line)) return 0;
    line = trimmed(line);
    if (line.len == 0 || (line.at[0] != '=' && line.at[0] != '-')) return 0;
    for (size_t i = 1; i < line.len; i++) {
        if (line.at[i] != line.at[0]) return 0;
    }
    return line.at[0] == '=' ? 1 : 2;
}

/* May the line be a paragraph, rather than a list item, a quotation, a table row or code? */
static bool is_paragraph(span line)
{
    if (!unindent(&line) || line.len == 0) return false;
    if (strchr(">|\t", line.at[0])) return false;
    return !(strchr("-*+", line.at[0]) && (line.len == 1 || is_space(line.at[1])));
}

/* The length of a fence of ``` or ~~~ and its character; 0 when the line is none. */
static size_t fence_length(span line, char *mark, span *info)
{
    bool code = !unindent(&line);
    *mark = line.len ? line.at[0] : 0;
    size_t n = 0;
    while (n < line.len && line.at[n] == *mark) n++;
    *info = trimmed((span){line.at + n, line.len - n});
    if (code || n < 3 || (*mark != '`' && *mark != '~')) return 0;
    return *mark == '`' && memchr(info->at, '`', info->len) ? 0 : n;
}

/* ---- The text, line by line ---- */

static span next_line(const char **at, const char *end)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    span line = {*at, (size_t)((stop ? stop : end) - *at)};
    *at = stop ? stop + 1 : end;
    if (line.len && line.at[line.len - 1] == '\r') line.len--;
    return line;
}

static void add_line(chunker *c, span line)
{
    bool blank = trimmed(line).len == 0;
    c->paragraph = c->after_blank && is_paragraph(line) ? c->body.len : NONE;
    c->after_blank = blank;
    if (blank && c->body.len == 0) return;
    if (!blank) kor_str_add(&c->body, line.at, line.len);
    kor_str_putc(&c->body, '\n');
}

/* The metadata that some tools put on top of a file, between two lines of "---": it goes into the
 * body, but no line in it is a heading. Moves *at behind it. */
static void add_front_matter(chunker *c, const char **at, const char *end)
{
    const char *scan = *at;
    span line = next_line(&scan, end);
    if (line.len != 3 || memcmp(line.at, "---", 3) != 0) return;
    const char *first = scan;
    while (scan < end) {
        const char *start = scan;
        line = next_line(&scan, end);
        if (line.len != 3 || (memcmp(line.at, "---", 3) != 0 && memcmp(line.at, "...", 3) != 0)) {
            continue;
        }
        while (first < start) add_line(c, next_line(&first, start));
        c->paragraph = NONE;
        c->after_blank = true;
        *at = scan;
        return;
    }
}

static kor_status split_markdown(chunker *c, const char *at, const char *end, kor_error *err)
{
    size_t fence = 0; /* length of the one that is open */
    char fence_mark = 0;
    add_front_matter(c, &at, end);
    while (at < end) {
        span line = next_line(&at, end), text, info;
        char mark;
        size_t n = fence_length(line, &mark, &info);
        int level;
        if (fence) {
            if (n >= fence && mark == fence_mark && info.len == 0) fence = 0;
            add_line(c, line);
            c->paragraph = NONE;
            c->after_blank = fence == 0;
        } else if (n) {
            fence = n;
            fence_mark = mark;
            add_line(c, line);
            c->paragraph = NONE;
        } else if ((level = atx_level(line, &text)) != 0) {
            KOR_TRY(begin_section(c, level, text, err));
        } else if (c->paragraph != NONE && !c->body.failed &&
                   (level = underline_level(line)) != 0) {
            kor_str above = {0};
            kor_str_add(&above, c->body.data + c->paragraph, c->body.len - c->paragraph - 1);
            c->body.len = c->paragraph;
            c->body.data[c->body.len] = 0;
            text = trimmed((span){kor_str_text(&above), above.len});
            kor_status status =
                above.failed ? kor_fail_memory(err) : begin_section(c, level, text, err);
            kor_str_free(&above);
            KOR_TRY(status);
        } else {
            add_line(c, line);
        }
    }
    return end_section(c, 0, err);
}

static kor_status split_plain(chunker *c, const char *at, const char *end, kor_error *err)
{
    while (at < end) add_line(c, next_line(&at, end));
    return end_section(c, 0, err);
}

kor_status kor_chunks_each(const char *name, const char *text, size_t len, bool markdown,
                           kor_status (*visit)(void *arg, const kor_chunk *chunk, kor_error *err),
                           void *arg, kor_error *err)
{
    chunker c = {.name = name, .visit = visit, .arg = arg, .paragraph = NONE, .after_blank = true};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
        len -= 3;
    }
    kor_status status = markdown ? split_markdown(&c, text, text + len, err)
                                 : split_plain(&c, text, text + len, err);
    for (int i = 0; i < LEVELS; i++) kor_str_free(&c.heading[i]);
    kor_str_free(&c.slug);
    kor_str_free(&c.carry);
    kor_str_free(&c.body);
    kor_str_free(&c.title);
    kor_str_free(&c.text);
    kor_seen_free(&c.slugs);
    return status;
}
