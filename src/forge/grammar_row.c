/* SPDX-License-Identifier: Apache-2.0 */
/* A row as a line of JSON, written straight out: a tree of values would take longer than all of the
 * sentence. */
#include "forge/grammar.h"
#include "text/utf8.h"

#include <string.h>

/* Written as \uXXXX: control characters, as JSON wants, and what steers a terminal or reorders a
 * line, since rows are looked at there. */
static bool is_escaped(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2066 && cp <= 0x2069) || cp == 0x200e || cp == 0x200f || cp == 0x61c;
}

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '"' && c != '\\';
}

static void add_string(kor_str *out, const char *text, size_t len)
{
    kor_str_putc(out, '"');
    for (size_t at = 0; at < len;) {
        size_t from = at;
        while (at < len && is_plain(text[at])) at++;
        kor_str_add(out, text + from, at - from);
        if (at == len) break;
        uint32_t cp;
        size_t n = kor_utf8_decode(text + at, len - at, &cp);
        if (cp == '"' || cp == '\\')
            kor_str_printf(out, "\\%c", (char)cp);
        else if (is_escaped(cp))
            kor_str_printf(out, "\\u%04x", (unsigned)cp);
        else
            kor_str_add(out, text + at, n);
        at += n;
    }
    kor_str_putc(out, '"');
}

static void add_number(kor_str *out, size_t n)
{
    char digits[24];
    size_t at = sizeof digits;
    do digits[--at] = (char)('0' + n % 10);
    while (n /= 10);
    kor_str_add(out, digits + at, sizeof digits - at);
}

void kor_grammar_row_json(kor_str *out, const kor_grammar_row *row)
{
    kor_str_puts(out, "{\"text\":");
    add_string(out, row->text, row->len);
    kor_str_puts(out, ",\"label\":");
    add_string(out, row->label, strlen(row->label));
    kor_str_puts(out, ",\"spans\":[");
    for (size_t i = 0; i < row->span_count; i++) {
        const kor_mark *s = &row->spans[i];
        kor_str_puts(out, i ? ",{\"start\":" : "{\"start\":");
        add_number(out, s->start);
        kor_str_puts(out, ",\"end\":");
        add_number(out, s->end);
        kor_str_puts(out, ",\"label\":");
        add_string(out, s->label, strlen(s->label));
        kor_str_putc(out, '}');
    }
    kor_str_puts(out, row->testing ? "],\"testing\":true}" : "]}");
}
