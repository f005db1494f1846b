/* SPDX-License-Identifier: Apache-2.0 */
/* The Chatito language, line by line. It accepts what the PEG grammar of npm's chatito 2.3.5
 * accepts, quirks included: a comment stands at the start of a line and ends the definition above
 * it, a sentence is indented by four spaces exactly, a line of blanks is no empty line. */
#include "base/status.h"
#include "forge/grammar_inner.h"
#include "text/utf8.h"

#include <string.h>

const char kor_entity_mark[3] = {'%', '@', '~'};

typedef struct parser {
    const kor_grammar_source *source;
    const char *text; /* of the line, without its end */
    size_t len, line;
    kor_entity *entity; /* whose sentences are being read, or NULL */
    bool anything;      /* a line that is not empty was seen */
    kor_error *err;
} parser;

/* ---- Messages ---- */

/* Column of a byte of the line: in code points, from 1. */
static size_t column(const parser *p, size_t at)
{
    size_t n = 1;
    for (size_t i = 0; i < at; i++) n += ((unsigned char)p->text[i] & 0xc0) != 0x80;
    return n;
}

#define BAD(p, at, ...)                                                                            \
    (kor_fail((p)->err, KOR_E_INPUT, __VA_ARGS__),                                                 \
     kor_fail_in((p)->err, KOR_E_INPUT, "%s:%zu:%zu", (p)->source->file, (p)->line,                \
                 column((p), (at))))

/* ---- Names ---- */

static bool starts(const parser *p, size_t at, const char *with)
{
    size_t n = strlen(with);
    return p->len - at >= n && memcmp(p->text + at, with, n) == 0;
}

static bool is_mark(const parser *p, size_t at, kor_entity_kind kind)
{
    return p->len - at >= 2 && p->text[at] == kor_entity_mark[kind] && p->text[at + 1] == '[';
}

/* What stands in brackets: a name that ends before "]", "?" and, in a slot, "#". */
typedef struct name {
    const char *text;
    size_t len;   /* with "#variation" */
    size_t label; /* without */
    bool optional;
} name;

static size_t name_end(const parser *p, size_t at, bool slot)
{
    while (at < p->len && p->text[at] != ']' && p->text[at] != '?' && !(slot && p->text[at] == '#'))
        at++;
    return at;
}

/* Read from "x[" at *at to behind "]". */
static kor_status read_name(parser *p, size_t *at, kor_entity_kind kind, bool reference, name *out)
{
    size_t from = *at, start = from + 2, end = name_end(p, start, kind == KOR_SLOT);
    char mark = kor_entity_mark[kind];
    if (end == start) return BAD(p, start, "a name is missing: %c[name]", mark);
    *out = (name){.text = p->text + start, .label = end - start};
    if (end < p->len && p->text[end] == '#') {
        size_t variation = end + 1;
        end = name_end(p, variation, true);
        if (end == variation) return BAD(p, variation, "a variation is missing: @[slot#variation]");
        if (end < p->len && p->text[end] == '#')
            return BAD(p, end, "a second '#': a slot has one variation, @[slot#variation]");
    }
    out->len = end - start;
    if (reference && end < p->len && p->text[end] == '?') {
        out->optional = true;
        end++;
    }
    if (end == p->len)
        return BAD(p, from, "'%c[' is not closed on its line: write %c[name]", mark, mark);
    if (p->text[end] != ']') {
        return reference
                   ? BAD(p, end, "expected ']': a '?' comes last, %c[name?]", mark)
                   : BAD(p, end, "a definition takes no '?': write it where the name is used");
    }
    *at = end + 1;
    return KOR_OK;
}

/* ---- Arguments: ('key': 'value', "key": "value") ---- */

static size_t skip_spaces(const parser *p, size_t at)
{
    while (at < p->len && p->text[at] == ' ') at++;
    return at;
}

/* Four hexadecimal digits at at, or -1. */
static int32_t hex4(const parser *p, size_t at)
{
    int32_t value = 0;
    if (p->len - at < 4) return -1;
    for (size_t i = 0; i < 4; i++) {
        char c = p->text[at + i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* \uXXXX at the digits *at, or two that are a surrogate pair. */
static bool read_unicode(const parser *p, size_t *at, kor_str *out)
{
    int32_t unit = hex4(p, *at);
    if (unit < 0) return false;
    *at += 4;
    uint32_t cp = (uint32_t)unit;
    if (cp >= 0xd800 && cp < 0xdc00 && starts(p, *at, "\\u")) {
        int32_t low = hex4(p, *at + 2);
        if (low >= 0xdc00 && low < 0xe000) {
            cp = 0x10000 + ((cp - 0xd800) << 10) + ((uint32_t)low - 0xdc00);
            *at += 6;
        }
    }
    char bytes[4];
    kor_str_add(out, bytes, kor_utf8_encode(cp, bytes));
    return true;
}

/* A string in quotes at *at, appended to out. */
static kor_status read_string(parser *p, size_t *at, kor_str *out)
{
    static const char escapes[] = "'\"\\bfnrtv", meanings[] = "'\"\\\b\f\n\r\t\v";
    size_t i = *at;
    char quote = i < p->len ? p->text[i] : 0;
    if (quote != '\'' && quote != '"')
        return BAD(p, i, "expected a key or a value in quotes, as in ('training': '100')");
    for (i++; i < p->len && p->text[i] != quote; i++) {
        if (p->text[i] != '\\') {
            kor_str_putc(out, p->text[i]);
            continue;
        }
        const char *known = ++i < p->len && p->text[i] ? strchr(escapes, p->text[i]) : NULL;
        if (known) {
            kor_str_putc(out, meanings[known - escapes]);
        } else if (i < p->len && p->text[i] == 'u' && (i++, read_unicode(p, &i, out))) {
            i--; /* the loop goes on behind it */
        } else {
            return BAD(p, i,
                       "unknown escape: there are \\' \\\" \\\\ \\b \\f \\n \\r \\t \\v and "
                       "\\u with four hexadecimal digits");
        }
    }
    if (i == p->len) return BAD(p, *at, "a string is not closed: %c is missing", quote);
    *at = i + 1;
    return out->failed ? kor_fail_memory(p->err) : KOR_OK;
}

static bool is(const kor_str *s, const char *text)
{
    return s->len == strlen(text) && memcmp(kor_str_text(s), text, s->len) == 0;
}

/* A number of sentences. The original reads "10 or so" as 10; that is a mistake here. */
static bool read_count(const kor_str *value, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < value->len; i++) {
        char c = value->data[i];
        if (c < '0' || c > '9' || n > KOR_GRAMMAR_ROWS) return false;
        n = n * 10 + (uint64_t)(c - '0');
    }
    *out = n;
    return n >= 1 && n <= KOR_GRAMMAR_ROWS;
}

/* Keys that mean something; the others are for the adapters of the original. */
static kor_status take_argument(parser *p, kor_entity *e, size_t at, const kor_str *key,
                                const kor_str *value)
{
    bool training = is(key, "training"), testing = is(key, "testing");
    if (e->kind == KOR_INTENT && (training || testing)) {
        if (!read_count(value, training ? &e->training : &e->testing))
            return BAD(p, at, "'%s': expected a whole number from 1 to %d",
                       training ? "training" : "testing", KOR_GRAMMAR_ROWS);
    } else if (is(key, "distribution")) {
        e->even = is(value, "even");
        if (!e->even && !is(value, "regular"))
            return BAD(p, at, "distribution '%s': 'regular' or 'even'", kor_str_text(value));
    }
    return KOR_OK;
}

static kor_status read_argument(parser *p, size_t *at, kor_entity *e, kor_str *key, kor_str *value)
{
    size_t i = skip_spaces(p, *at);
    KOR_TRY(read_string(p, &i, key));
    i = skip_spaces(p, i);
    if (i == p->len || p->text[i] != ':')
        return BAD(p, i, "expected ':' between key and value, as in ('training': '100')");
    i = skip_spaces(p, i + 1);
    size_t place = i;
    KOR_TRY(read_string(p, &i, value));
    KOR_TRY(take_argument(p, e, place, key, value));
    i = skip_spaces(p, i);
    if (i < p->len && p->text[i] == ',') i = skip_spaces(p, i + 1);
    *at = i;
    return KOR_OK;
}

static kor_status read_arguments(parser *p, size_t *at, kor_entity *e)
{
    kor_str key = {0}, value = {0};
    kor_status status = KOR_OK;
    size_t i = *at + 1;
    do {
        kor_str_clear(&key);
        kor_str_clear(&value);
        status = read_argument(p, &i, e, &key, &value);
    } while (status == KOR_OK && i < p->len && p->text[i] != ')');
    if (status == KOR_OK && i == p->len)
        status = BAD(p, *at, "the arguments are not closed: ')' is missing");
    kor_str_free(&key);
    kor_str_free(&value);
    *at = i + 1;
    return status;
}

/* ---- Definitions ---- */

static kor_status end_entity(parser *p)
{
    kor_entity *e = p->entity;
    p->entity = NULL;
    if (!e) return KOR_OK;
    if (!e->count) {
        kor_fail(p->err, KOR_E_INPUT, "%c[%s] has no sentence: indent them by 4 spaces below it",
                 kor_entity_mark[e->kind], e->name);
        return kor_fail_in(p->err, KOR_E_INPUT, "%s:%zu:1", e->file, e->line);
    }
    if (e->kind == KOR_INTENT && !p->source->intents) return KOR_OK;
    return kor_grammar_add(p->source->g, e, p->err);
}

static kor_status begin_entity(parser *p, kor_entity_kind kind)
{
    kor_arena *arena = &p->source->g->arena;
    size_t at = 0;
    name n;
    KOR_TRY(read_name(p, &at, kind, false, &n));
    kor_entity *e = kor_arena_alloc(arena, sizeof *e);
    if (!e) return kor_fail_memory(p->err);
    *e = (kor_entity){.kind = kind, .len = n.len, .file = p->source->file, .line = p->line};
    e->name = kor_arena_copy(arena, n.text, n.len);
    e->label = kor_arena_copy(arena, n.text, n.label);
    if (!e->name || !e->label) return kor_fail_memory(p->err);
    if (at < p->len && p->text[at] == '(') KOR_TRY(read_arguments(p, &at, e));
    if (at < p->len)
        return BAD(p, at, "nothing may follow a definition on its line, not even a space");
    p->entity = e;
    return KOR_OK;
}

/* ---- Sentences ---- */

/* "*[12.5%]" or "*[2]" at *at; what only looks like it is text, as in the original. */
static kor_status read_weight(parser *p, size_t *at, kor_sentence *s)
{
    size_t i = *at + 2, digits = 0;
    double value = 0, unit = 1;
    if (!starts(p, *at, "*[")) return KOR_OK;
    size_t start = i;
    for (; i < p->len && p->text[i] >= '0' && p->text[i] <= '9'; i++, digits++)
        value = value * 10 + (p->text[i] - '0');
    if (!digits || (digits > 1 && p->text[start] == '0')) return KOR_OK;
    if (i + 1 < p->len && p->text[i] == '.' && p->text[i + 1] >= '0' && p->text[i + 1] <= '9') {
        for (i++; i < p->len && p->text[i] >= '0' && p->text[i] <= '9'; i++, digits++) {
            value = value * 10 + (p->text[i] - '0');
            unit *= 10;
        }
    }
    bool percent = i < p->len && p->text[i] == '%';
    i += percent;
    if (i == p->len || p->text[i] != ']') return KOR_OK;
    /* Up to 15 digits a double holds exactly. */
    if (digits > 15) return BAD(p, start, "a weight has at most 15 digits");
    value /= unit;
    if (value <= 0)
        return BAD(p, start, "a weight must be above 0: leave the sentence out instead");
    if (percent && value > 100) return BAD(p, start, "more than 100 %%");
    s->weight = value;
    s->percent = percent;
    *at = i + 1;
    return KOR_OK;
}

/* May a reference to that kind stand in this entity? In a slot "@[" is text. */
static bool refers(const parser *p, size_t at, kor_entity_kind *kind)
{
    *kind = is_mark(p, at, KOR_ALIAS) ? KOR_ALIAS : KOR_SLOT;
    return *kind == KOR_ALIAS || (p->entity->kind != KOR_SLOT && is_mark(p, at, KOR_SLOT));
}

static kor_status add_piece(parser *p, kor_sentence *s, size_t *at)
{
    kor_arena *arena = &p->source->g->arena;
    kor_piece piece = {.column = column(p, *at)};
    size_t from = *at;
    if (refers(p, *at, &piece.kind)) {
        name n;
        KOR_TRY(read_name(p, at, piece.kind, true, &n));
        piece.refers = true;
        piece.optional = n.optional;
        piece.text = n.text;
        piece.len = n.len;
    } else {
        kor_entity_kind kind;
        while (*at < p->len && !refers(p, *at, &kind)) ++*at;
        piece.text = p->text + from;
        piece.len = *at - from;
    }
    piece.text = kor_arena_copy(arena, piece.text, piece.len);
    kor_piece *grown = kor_grammar_grow(arena, s->pieces, s->count, &s->cap, sizeof *grown);
    if (!grown || !piece.text) return kor_fail_memory(p->err);
    s->pieces = grown;
    s->pieces[s->count++] = piece;
    return KOR_OK;
}

static kor_status add_sentence(parser *p, size_t at)
{
    kor_entity *e = p->entity;
    kor_sentence s = {.line = p->line};
    KOR_TRY(read_weight(p, &at, &s));
    if (at == p->len) return BAD(p, at, "a sentence is missing");
    while (at < p->len) KOR_TRY(add_piece(p, &s, &at));
    kor_sentence *grown =
        kor_grammar_grow(&p->source->g->arena, e->sentences, e->count, &e->cap, sizeof *grown);
    if (!grown) return kor_fail_memory(p->err);
    e->sentences = grown;
    e->sentences[e->count++] = s;
    return KOR_OK;
}

/* ---- Lines ---- */

static kor_status read_import(parser *p)
{
    const kor_grammar_source *s = p->source;
    size_t from = strlen("import "), to = p->len;
    if (from == to) return BAD(p, from, "a file is missing: import ./words.chatito");
    while (from < to && kor_grammar_space(p->text + from, to - from)) {
        from += kor_grammar_space(p->text + from, to - from);
    }
    for (size_t n = 1; n <= 3 && n <= to - from; n++) {
        if (kor_grammar_space(p->text + to - n, n) == n) to -= n, n = 0;
    }
    /* The original passes over an import of blanks. */
    if (from == to) return KOR_OK;
    return s->import(s->arg, p->text + from, to - from, p->line, p->err);
}

/* A line that does not belong to the entity above it. */
static kor_status read_top(parser *p)
{
    KOR_TRY(end_entity(p));
    for (int kind = KOR_INTENT; kind <= KOR_ALIAS; kind++) {
        if (is_mark(p, 0, (kor_entity_kind)kind)) return begin_entity(p, (kor_entity_kind)kind);
    }
    if (starts(p, 0, "import ")) return read_import(p);
    bool slashes = starts(p, 0, "//");
    if (slashes || starts(p, 0, "#")) {
        if (p->len > (slashes ? 2u : 1u)) return KOR_OK;
        return BAD(p, 0, "an empty comment: write something behind it, or leave the line empty");
    }
    if (starts(p, 0, "\xef\xbb\xbf"))
        return BAD(p, 0, "the file starts with a byte order mark: save it as UTF-8 without one");
    if (p->text[0] == '\t') return BAD(p, 0, "a tab: sentences are indented by 4 spaces");
    return BAD(p, 0,
               "expected %%[intent], @[slot], ~[alias], a comment, an import, or a sentence "
               "indented by 4 spaces");
}

static kor_status read_line(parser *p)
{
    if (p->len == 0) return KOR_OK;
    p->anything = true;
    size_t indent = skip_spaces(p, 0);
    if (indent == 0) return read_top(p);
    if (indent == p->len) return BAD(p, 0, "a line of spaces: leave it empty, or remove it");
    if (!p->entity)
        return BAD(p, 0,
                   "a sentence without a definition above it: a comment or an import ends a "
                   "definition, and stands before or after it");
    if (indent != 4)
        return BAD(p, indent, "indented by %zu spaces: a sentence is indented by 4", indent);
    return add_sentence(p, indent);
}

/* A byte that is no text: NUL, or no UTF-8. */
static kor_status check_text(parser *p)
{
    for (size_t at = 0; at < p->len;) {
        uint32_t cp;
        size_t n = kor_utf8_decode(p->text + at, p->len - at, &cp);
        if (cp == 0) return BAD(p, at, "a NUL byte: a grammar is text");
        if (cp == 0xfffd && (n != 3 || memcmp(p->text + at, "\xef\xbf\xbd", 3) != 0))
            return BAD(p, at, "not UTF-8: save the file as UTF-8");
        at += n;
    }
    return KOR_OK;
}

kor_status kor_grammar_parse(const kor_grammar_source *source, kor_error *err)
{
    parser p = {.source = source, .err = err};
    for (size_t at = 0; at < source->len;) {
        const char *line = source->text + at, *end = memchr(line, '\n', source->len - at);
        p.text = line;
        p.len = end ? (size_t)(end - line) : source->len - at;
        at += p.len + (end != NULL);
        p.line++;
        if (end && p.len && line[p.len - 1] == '\r') p.len--;
        KOR_TRY(check_text(&p));
        KOR_TRY(read_line(&p));
    }
    KOR_TRY(end_entity(&p));
    if (!p.anything) {
        return kor_fail(err, KOR_E_INPUT, "%s:1:1: an empty file: write a definition, %%[intent]",
                        source->file);
    }
    return KOR_OK;
}
