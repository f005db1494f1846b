/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of several lines from sentences of one. */
#include "forge/grammar_make.h"

#include <string.h>

enum { SIGN = 3 }; /* bytes of each sign */

/* What a sign stands for; 0: s is none. */
static char meaning(const char *s)
{
    if (strncmp(s, "\xe2\x8f\x8e", SIGN) == 0) return '\n';
    if (strncmp(s, "\xe2\x90\xa3", SIGN) == 0) return ' ';
    if (strncmp(s, "\xe2\x87\xa5", SIGN) == 0) return '\t';
    return 0;
}

/* Does a space here touch a line break, with spaces alone between them? before: what was written
 * last. */
static bool is_lost(const char *s, char before)
{
    if (before == '\n') return true;
    while (*s == ' ') s++;
    return meaning(s) == '\n';
}

void kor_grammar_lines(kor_maker *m)
{
    if (!strstr(m->text, "\xe2\x8f\x8e") && !strstr(m->text, "\xe2\x90\xa3") &&
        !strstr(m->text, "\xe2\x87\xa5"))
        return;
    size_t to = 0, from = 0, point = 0, kept = 0;
    char before = 0;
    /* The bounds of spans are met in their order: starts and ends in turn. */
    size_t bound = 0, bounds = 2 * m->mark_count;
    for (;;) {
        for (; bound < bounds; bound++) {
            kor_mark *k = &m->marks[bound / 2];
            size_t *at = bound % 2 ? &k->end : &k->start;
            if (*at != point) break;
            *at = kept;
        }
        if (from == m->len) break;
        const char *s = m->text + from;
        char sign = meaning(s);
        if (sign) {
            m->text[to++] = before = sign;
            from += SIGN;
            kept++;
        } else if (*s == ' ' && is_lost(s, before)) {
            from++;
        } else {
            size_t n = 1;
            while (from + n < m->len && (s[n] & 0xc0) == 0x80) n++;
            before = *s;
            memmove(m->text + to, s, n);
            to += n;
            from += n;
            kept++;
        }
        point++;
    }
    m->len = to;
    m->text[to] = 0;
}
