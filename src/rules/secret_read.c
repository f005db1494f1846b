/* SPDX-License-Identifier: Apache-2.0 */
/* A candidate as words: what made it one, its form, the keyword before it and how the two hang
 * together, the words around, and what kind of line it stands in. Words are of letters and digits
 * only, so that the bag does not cut them. */
#include "rules/secret_read.h"

#include "rules/secret_forms.h"
#include "rules/secret_numbers.h"
#include "rules/secret_scan.h"

#include <stdio.h>
#include <string.h>

enum {
    BEFORE = 220, /* bytes that are looked at for a keyword */
    WORD = 18,    /* bytes of a word around it */
    GAP = 40      /* bytes between keyword and candidate that are read */
};

typedef struct writer {
    char *out;
    size_t n;
} writer;

/* One word: a tag and what is of letters and digits in the bytes, in small letters. */
static void put(writer *w, const char *tag, const char *s, size_t n)
{
    size_t length = strlen(tag);
    if (w->n + length + 2 > KOR_RULES_READ) return;
    size_t start = w->n;
    if (w->n) w->out[w->n++] = ' ';
    memcpy(w->out + w->n, tag, length);
    w->n += length;
    for (size_t i = 0; i < n; i++) {
        if (w->n + 4 > KOR_RULES_READ) break;
        unsigned class = kor_byte(s[i]);
        if (class & KOR_BYTE_UPPER)
            w->out[w->n++] = (char)(s[i] + 32);
        else if (class & (KOR_BYTE_LOWER | KOR_BYTE_DIGIT))
            w->out[w->n++] = s[i];
        else if (class & KOR_BYTE_HIGH) { /* its letters would be cut at marks */
            w->out[w->n++] = "abcdefghijklmnop"[(unsigned char)s[i] >> 2 & 15];
        }
    }
    if (w->n == start) return;
}

static void put_text(writer *w, const char *tag, const char *text)
{
    put(w, tag, text, strlen(text));
}

static void put_number(writer *w, const char *tag, size_t value)
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%zu", value);
    put(w, tag, digits, n > 0 ? (size_t)n : 0);
}

static size_t length_class(size_t n)
{
    static const unsigned char borders[] = {4,  5,  6,  8,  10, 12, 16, 20,
                                            24, 32, 33, 40, 41, 64, 65, 100};
    for (size_t i = 0; i < sizeof borders; i++)
        if (n < borders[i]) return i;
    return sizeof borders;
}

/* What a value looks like, in one word. */
static const char *form_name(const char *s, const kor_secret_form *f)
{
    unsigned letters = f->lower + f->upper, wordy = kor_secret_wordiness(f);
    if (kor_secret_uuid(s, f->n)) return "uuid";
    if (f->spaces) return f->digits || f->symbols ? "spacedodd" : "phrase";
    if (f->others) return f->digits || f->symbols ? "highodd" : "high";
    if (!letters && !f->symbols) return "digits";
    if (!letters) return "digitsigns";
    if (f->hex && f->digits >= 2 && f->n >= 8)
        return f->n == 32 ? "hex32" : f->n == 40 ? "hex40" : f->n == 64 ? "hex64" : "hex";
    if (!f->digits && !f->symbols)
        return !f->upper                                     ? "lower"
               : !f->lower                                   ? "upper"
               : f->upper == 1 && s[0] >= 'A' && s[0] <= 'Z' ? "capital"
               : wordy > 70                                  ? "camel"
                                                             : "mixedcase";
    if (f->base64 && f->n >= 16) {
        if (f->upper && f->lower && f->digits) return wordy > 70 ? "base64wordy" : "base64random";
        return wordy > 70 ? "namelong" : "lowrandom";
    }
    if (f->symbols) {
        bool name_signs = true;
        for (size_t i = 0; i < f->n && i < 256; i++)
            if (!(kor_byte(s[i]) & (KOR_BYTE_ALNUM)) && s[i] != '_' && s[i] != '-' && s[i] != '.')
                name_signs = false;
        if (name_signs && !f->digits) return "name";
        if (name_signs) return wordy > 70 ? "namedigits" : "namerandom";
        return f->digits ? f->upper && f->lower ? "spicy4" : "spicy3" : "symbols";
    }
    return wordy > 70 ? f->upper ? "Wordsdigits" : "wordsdigits" : "alnumrandom";
}

/* aaaa0000-Bb as a0sAa. */
static void put_shape(writer *w, const char *s, size_t n)
{
    char shape[10];
    size_t m = 0;
    char before = 0;
    for (size_t i = 0; i < n && m < sizeof shape; i++) {
        unsigned class = kor_byte(s[i]);
        char c = class & KOR_BYTE_LOWER       ? 'a'
                 : class & KOR_BYTE_UPPER     ? 'b'
                 : class & KOR_BYTE_DIGIT     ? '0'
                 : class & KOR_BYTE_HIGH      ? 'h'
                 : class & KOR_BYTE_SPACE     ? 'p'
                 : s[i] == '-' || s[i] == '_' ? 'd'
                 : s[i] == '.'                ? 't'
                 : s[i] == '/'                ? 'l'
                                              : 's';
        if (c != before) shape[m++] = c;
        before = c;
    }
    put(w, "s", shape, m);
}

static bool name_byte(char c)
{
    return (kor_byte(c) & (KOR_BYTE_ALNUM | KOR_BYTE_HIGH)) || c == '_' || c == '-' || c == '.';
}

typedef struct found_word {
    kor_secret_word word;
    size_t start, end, part;
} found_word;

/* The keywords before the candidate: the last one, and the last that says it is none. */
static void keywords(const char *text, size_t from, size_t to, found_word *last, found_word *hash,
                     unsigned *seen)
{
    size_t at = from;
    *last = *hash = (found_word){0};
    *seen = 0;
    while (at < to) {
        if (!name_byte(text[at]) || text[at] == '-') {
            at++;
            continue;
        }
        size_t end = at;
        while (end < to && name_byte(text[end])) end++;
        size_t stop = end;
        while (stop > at && (text[stop - 1] == '-' || text[stop - 1] == '.')) stop--;
        size_t part = 0;
        kor_secret_word word = stop > at + 1 && stop - at <= 64
                                   ? kor_secret_word_of(text + at, stop - at, &part)
                                   : KOR_WORD_NONE;
        if (word == KOR_WORD_HASH || word == KOR_WORD_PUBLIC)
            *hash = (found_word){word, at, stop, part};
        else if (word != KOR_WORD_NONE)
            *last = (found_word){word, at, stop, part};
        *seen |= 1u << word;
        at = end;
    }
}

/* How keyword and candidate hang together: the signs between them, and the words. */
static void put_gap(writer *w, const char *text, size_t from, size_t to)
{
    static const char signs[] = " =:\"'(),<>\n-/|[]{}&;*#\\`?!@.%$+~^\t\r";
    char gap[12];
    size_t n = 0, words = 0;
    if (to - from > GAP) {
        put_text(w, "g", "far");
        return;
    }
    for (size_t i = from; i < to;) {
        if (kor_byte(text[i]) & (KOR_BYTE_ALNUM | KOR_BYTE_HIGH)) {
            size_t end = i;
            while (end < to && (kor_byte(text[end]) & (KOR_BYTE_ALNUM | KOR_BYTE_HIGH))) end++;
            if (words++ < 3) put(w, "gw", text + i, end - i < WORD ? end - i : WORD);
            i = end;
            continue;
        }
        const char *p = strchr(signs, text[i]);
        if (p && *p && n < sizeof gap && *p != ' ')
            gap[n++] = (char)((p - signs < 26 ? 'a' : '0' - 26) + (p - signs));
        i++;
    }
    put(w, n ? "g" : words ? "gwords" : "gspace", gap, n);
}

static void put_around(writer *w, const char *text, size_t len, size_t start, size_t end)
{
    static const char *const before[] = {"ba", "bb", "bc", "bd"};
    static const char *const after[] = {"aa", "ab", "ac"};
    char sign[3];
    static const char hex[] = "0123456789abcdef";
    if (start > 0) {
        unsigned char c = (unsigned char)text[start - 1];
        sign[0] = hex[c >> 4], sign[1] = hex[c & 15];
        put(w, "pc", sign, 2);
    } else
        put_text(w, "pc", "start");
    if (end < len) {
        unsigned char c = (unsigned char)text[end];
        sign[0] = hex[c >> 4], sign[1] = hex[c & 15];
        put(w, "nc", sign, 2);
    } else
        put_text(w, "nc", "end");
    size_t at = start;
    for (size_t i = 0; i < sizeof before / sizeof *before && start - at < 80;) {
        while (at > 0 && start - at < 80 &&
               !(kor_byte(text[at - 1]) & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)))
            at--;
        size_t stop = at;
        while (at > 0 && stop - at < WORD &&
               (kor_byte(text[at - 1]) & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)))
            at--;
        if (stop == at) break;
        put(w, before[i++], text + at, stop - at);
    }
    at = end;
    for (size_t i = 0; i < sizeof after / sizeof *after && at - end < 60;) {
        while (at < len && at - end < 60 &&
               !(kor_byte(text[at]) & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)))
            at++;
        size_t from = at;
        while (at < len && at - from < WORD &&
               (kor_byte(text[at]) & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)))
            at++;
        if (from == at) break;
        put(w, after[i++], text + from, at - from);
    }
}

/* What kind of line it stands in. */
static void put_line(writer *w, const char *text, size_t len, size_t start, size_t end)
{
    size_t from = start, to = end;
    unsigned code = 0, letters = 0, spaces = 0;
    while (from > 0 && start - from < 160 && text[from - 1] != '\n') from--;
    while (to < len && to - end < 160 && text[to] != '\n') to++;
    for (size_t i = from; i < to; i++) {
        if (i == start) i = end;
        if (i >= to) break;
        unsigned class = kor_byte(text[i]);
        letters += (class & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)) != 0;
        spaces += text[i] == ' ';
        code += strchr("{}();=<>[]", text[i]) != NULL && text[i] != '\0';
    }
    size_t left = from, right = end;
    while (left < start && (kor_byte(text[left]) & KOR_BYTE_SPACE)) left++;
    while (right < to && (kor_byte(text[right]) & KOR_BYTE_SPACE)) right++;
    const char *kind = left == start && right == to  ? "alone"
                       : code > 3                    ? "code"
                       : code                        ? "sign"
                       : spaces >= 4 && letters > 20 ? "prose"
                                                     : "short";
    put_text(w, "ln", kind);
    if (left == start) put_text(w, "ln", "begins");
    if (right == to) put_text(w, "ln", "ends");
    if (from == 0 && to == len) put_text(w, "ln", "only");
}

static void put_digits(writer *w, const char *text, size_t len, size_t start, size_t end)
{
    static const char *const kinds[] = {"none",      "card", "cardplain", "cardwrong", "iban",
                                        "ibanwrong", "id",   "idplain",   "digits"};
    kor_number n;
    kor_secret_number(text, len, start, &n);
    if (n.end < end) n.kind = KOR_NUMBER_NONE;
    put_text(w, "u", kinds[n.kind]);
    if (n.kind == KOR_NUMBER_NONE) return;
    put_number(w, "uc", n.count);
    put_number(w, "ug", n.groups);
    for (int id = 0, count = 0; id < KOR_ID_COUNT && count < 3; id++)
        if (n.ids & 1ull << id) put_text(w, "id", kor_national_id_name(id)), count++;
    char sign = 0;
    for (size_t i = start; i < end && !sign; i++)
        if (text[i] == '-' || text[i] == '.' || text[i] == '/') sign = text[i];
    put_text(w, "us", sign == '-' ? "dash" : sign == '.' ? "dot" : sign ? "slash" : "none");
    if (n.count == 9 && kor_routing(n.compact, n.count)) put_text(w, "u", "routing");
}

size_t kor_secret_read(const char *text, size_t len, const kor_candidate *c, char *out)
{
    static const char *const kinds[] = {"",       "issued", "block", "url",  "value",
                                        "phrase", "number", "bare",  "blob", "spicy",
                                        "pair",   "near",   "seed"};
    writer w = {out, 0};
    const char *s = text + c->start;
    size_t n = c->end - c->start, from = c->start > BEFORE ? c->start - BEFORE : 0;
    kor_secret_form f;
    found_word last, hash;
    unsigned seen;
    char joined[48];
    const char *kind = (size_t)c->kind < sizeof kinds / sizeof *kinds ? kinds[c->kind] : "";
    kor_secret_form_of(s, n, &f);
    const char *form = form_name(s, &f);
    keywords(text, from, c->start, &last, &hash, &seen);
    bool clear = hash.word != KOR_WORD_NONE && hash.end > last.end;
    const char *word = kor_secret_word_name(clear ? hash.word : last.word);

    put_text(&w, "k", kind);
    put_text(&w, "f", form);
    put_text(&w, "w", word);
    put_text(&w, "l", (const char[]){(char)('a' + length_class(n)), '\0'});
    (void)snprintf(joined, sizeof joined, "%s%s", kind, word);
    put_text(&w, "kw", joined);
    (void)snprintf(joined, sizeof joined, "%s%s", word, form);
    put_text(&w, "wf", joined);
    (void)snprintf(joined, sizeof joined, "%s%s%zu", kind, form, length_class(n));
    put_text(&w, "kf", joined);
    unsigned wordy = kor_secret_wordiness(&f);
    put_number(&w, "y", wordy / 15);
    put_number(&w, "e", f.entropy / 5);
    put_number(&w, "c", f.changes > 12 ? 12 : f.changes);
    put_shape(&w, s, n);
    if (c->kind == KOR_SECRET_NUMBER || f.digits + f.symbols + f.spaces == n)
        put_digits(&w, text, len, c->start, c->end);
    /* Words that are no secret, such as required and string, are learnt as they are. */
    if (f.digits <= 2 && f.spaces == 0 && n <= 24 && (wordy > 50 || n < 8)) put(&w, "v", s, n);
    if (n <= 64 && kor_secret_word_of(s, n, NULL) != KOR_WORD_NONE) put_text(&w, "v", "0keyword");
    found_word *near = clear ? &hash : &last;
    if (near->word != KOR_WORD_NONE) {
        size_t name = near->start;
        size_t size = near->end - name < 24 ? near->end - name : 24;
        put(&w, "n", text + near->end - size, size);
        put_gap(&w, text, near->end, c->start);
        size_t lines = 0;
        for (size_t i = near->end; i < c->start; i++) lines += text[i] == '\n';
        put_number(&w, "q", lines > 3 ? 3 : lines);
        put_number(&w, "z", (c->start - near->end) / 16);
    }
    if (hash.word != KOR_WORD_NONE) put_text(&w, "h", kor_secret_word_name(hash.word));
    put_around(&w, text, len, c->start, c->end);
    put_line(&w, text, len, c->start, c->end);
    for (unsigned i = 1; i <= KOR_WORD_PUBLIC; i++)
        if (seen & 1u << i) put_text(&w, "a0", kor_secret_word_name((kor_secret_word)i));
    return w.n;
}
