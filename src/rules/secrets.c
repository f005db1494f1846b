/* SPDX-License-Identifier: Apache-2.0 */
/* Candidates for secrets. A text is gone through once, in pieces (what stands between spaces,
 * quotes and brackets) and the words in them. A keyword looks ahead for its value and stays in mind
 * for some lines; everything else is told by its own form.
 *
 * Nothing is kept between calls: a call goes back some bytes before *at, so that the keywords there
 * are known, and offers only what begins at *at or later. */
#include "rules/rules.h"
#include "rules/secret_forms.h"
#include "rules/secret_keys.h"
#include "rules/secret_numbers.h"
#include "rules/secret_read.h"
#include "rules/secret_scan.h"

#include <string.h>

const char kor_secret_api_key[] = "api-key", kor_secret_token[] = "token",
           kor_secret_password[] = "password", kor_secret_private_key[] = "private-key",
           kor_secret_card[] = "card", kor_secret_bank[] = "bank",
           kor_secret_national_id[] = "national-id", kor_secret_connection[] = "connection";

enum {
    BACK = 200, /* bytes that a call goes back */
    NEAR = 110, /* bytes that a keyword is in mind for */
    NEAR_LINES = 3,
    PIECE = 512 /* bytes of a piece that are looked at together */
};

#define L KOR_BYTE_LOWER
#define U KOR_BYTE_UPPER
#define D KOR_BYTE_DIGIT
#define H KOR_BYTE_HIGH
#define W KOR_BYTE_SPACE
#define S KOR_BYTE_SYMBOL
#define EIGHT(x) x, x, x, x, x, x, x, x
const unsigned char kor_byte_classes[256] = {
    W,        0,        0,        0,        0,        0,        0,        0,        0,
    W,        W,        W,        W,        W,        0,        0,        0,        0,
    0,        0,        0,        0,        0,        0,        0,        0,        0,
    0,        0,        0,        0,        0,        W,        S,        S,        S,
    S,        S,        S,        S,        S,        S,        S,        S,        S,
    S,        S,        S,        D,        D,        D,        D,        D,        D,
    D,        D,        D,        D,        S,        S,        S,        S,        S,
    S,        S,        U,        U,        U,        U,        U,        U,        U,
    U,        U,        U,        U,        U,        U,        U,        U,        U,
    U,        U,        U,        U,        U,        U,        U,        U,        U,
    U,        S,        S,        S,        S,        S,        S,        L,        L,
    L,        L,        L,        L,        L,        L,        L,        L,        L,
    L,        L,        L,        L,        L,        L,        L,        L,        L,
    L,        L,        L,        L,        L,        L,        S,        S,        S,
    S,        0,        EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H),
    EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H), EIGHT(H)};
#undef L
#undef U
#undef D
#undef H
#undef W
#undef S

typedef struct scan {
    const char *text;
    size_t len, least; /* candidates begin at least or later */
    kor_secret_word word;
    size_t word_end;
    unsigned lines; /* begun since the keyword */
    kor_candidate found;
} scan;

static bool emit(scan *s, size_t start, size_t end, const char *label, kor_secret_kind kind)
{
    if (start < s->least || end <= start) return false;
    s->found = (kor_candidate){start, end, label, false, (int)kind};
    return true;
}

/* Letters and what belongs to words; not typographic signs, which are beyond ASCII too. */
static bool is_word(const char *text, size_t len, size_t at)
{
    unsigned class = kor_byte(text[at]);
    if (class & KOR_BYTE_ALNUM || text[at] == '_') return true;
    if (!(class & KOR_BYTE_HIGH)) return false;
    unsigned char c = (unsigned char)text[at];
    unsigned char before = at ? (unsigned char)text[at - 1] : 0;
    if (c >= 0xc0) { /* begins a character */
        unsigned char next = at + 1 < len ? (unsigned char)text[at + 1] : 0;
        if (c == 0xc2) return false;
        if (c == 0xe2) return false;
        if (c == 0xe3 && next == 0x80) return false;
        if (c == 0xef) return false; /* full-width and U+FEFF */
        return true;
    }
    if (before == 0xc2 || before == 0xe2 || before == 0xef) return false;
    if (at >= 2 && ((unsigned char)text[at - 2] == 0xe2 || (unsigned char)text[at - 2] == 0xef))
        return false;
    if ((before == 0x80 && at >= 2 && (unsigned char)text[at - 2] == 0xe3) ||
        (c == 0x80 && before == 0xe3))
        return false;
    return true;
}

/* Is what stands before at the end of an escape such as \n, %3D, \u0022, so that a word may begin
 * though a letter is there? */
static bool after_escape(const char *text, size_t at)
{
    if (at >= 2 && text[at - 2] == '\\' && strchr("nrtvf0\"", text[at - 1])) return true;
    if (at >= 3 && text[at - 3] == '%') return true;
    if (at >= 4 && text[at - 4] == '\\' && text[at - 3] == 'x') return true;
    if (at >= 6 && text[at - 6] == '\\' && text[at - 5] == 'u') return true;
    return false;
}

/* Does anything but space stand before start or after end in its line? */
static bool alone_on_line(const scan *s, size_t start, size_t end)
{
    size_t i = start;
    while (i > 0 && start - i < 64 && (s->text[i - 1] == ' ' || s->text[i - 1] == '\t')) i--;
    if (i > 0 && s->text[i - 1] != '\n' && s->text[i - 1] != '\r') return false;
    for (i = end; i < s->len && i - end < 64; i++) {
        char c = s->text[i];
        if (c == '\n' || c == '\r') return true;
        if (c != ' ' && c != '\t') return false;
    }
    return i >= s->len;
}

static bool is_near(const scan *s, size_t at)
{
    return s->word != KOR_WORD_NONE && at >= s->word_end && at - s->word_end <= NEAR &&
           s->lines <= NEAR_LINES;
}

/* Is the keyword in mind one that a password or key may follow? */
static bool near_secret(const scan *s, size_t at)
{
    if (!is_near(s, at)) return false;
    switch (s->word) {
    case KOR_WORD_PASSWORD:
    case KOR_WORD_PHRASE:
    case KOR_WORD_LOGIN:
    case KOR_WORD_WIFI:
    case KOR_WORD_TOKEN:
    case KOR_WORD_SECRET:
    case KOR_WORD_API_KEY:
    case KOR_WORD_PRIVATE_KEY:
    case KOR_WORD_PIN: return true;
    default: return false;
    }
}

static size_t find_char(const char *text, size_t from, size_t to, char c)
{
    const char *p = from < to ? memchr(text + from, c, to - from) : NULL;
    return p ? (size_t)(p - text) : to;
}

/* ---- Values after a keyword --------------------------------------------------------------- */

/* Names joined by dots or arrows, calls, indexing: an expression, not a value. */
static bool expression(const scan *s, const kor_secret_value *v)
{
    const char *text = s->text + v->start;
    size_t n = v->end - v->start, names = 0, digits = 0;
    if (v->quoted || v->several) return false;
    if (v->end < s->len && (s->text[v->end] == '(' || s->text[v->end] == '[')) return true;
    if (memchr(text, '(', n) && (text[n - 1] == ')' || text[n - 1] == '(' || memchr(text, ')', n)))
        return true;
    if (n >= 3 && (text[0] == '(' || text[0] == '[' || text[0] == '{') && v->link != KOR_LINK_WORD)
        return true;
    for (size_t i = 0; i < n; i++) {
        unsigned class = kor_byte(text[i]);
        digits += (class & KOR_BYTE_DIGIT) != 0;
        bool joint = text[i] == '.' || (text[i] == '-' && i + 1 < n && text[i + 1] == '>') ||
                     (text[i] == ':' && i + 1 < n && text[i + 1] == ':') || text[i] == '?';
        if (joint) {
            names++;
            if (text[i] != '.' && text[i] != '?') i++;
            continue;
        }
        if (!(class & KOR_BYTE_LETTER || text[i] == '_' || class & KOR_BYTE_DIGIT ||
              text[i] == '[' || text[i] == ']' || text[i] == '!'))
            return false;
    }
    return names > 0 && digits <= 1;
}

static bool accepts(const scan *s, const kor_secret_value *v, kor_secret_word word)
{
    const char *text = s->text + v->start;
    size_t n = v->end - v->start;
    kor_secret_form f;
    if (n < 3 || kor_secret_placeholder(text, n)) return false;
    kor_secret_form_of(text, n, &f);
    if (f.lower + f.upper + f.digits + f.others < 3) return false;
    if (n >= 5 && memcmp(text, "-----", 5) == 0) return false;
    for (size_t i = 0; i + 2 < n && i < 24; i++)
        if (memcmp(text + i, "://", 3) == 0) return false;
    if (expression(s, v)) return false;
    bool letters = f.lower + f.upper + f.others > 0, mixed = f.digits && letters;
    bool odd = mixed || (f.symbols && letters && n >= 6) || (f.upper > 1 && f.lower);
    bool loose = v->link == KOR_LINK_SPACE;
    switch (word) {
    case KOR_WORD_PASSWORD:
        if (loose && !v->quoted && !odd && f.digits < 4) {
            /* pw sunshine, on a line with nothing else behind it. */
            size_t i = v->end;
            while (i < s->len && s->text[i] == ' ') i++;
            return n >= 5 && (i >= s->len || s->text[i] == '\n' || s->text[i] == '\r');
        }
        return n <= 200;
    case KOR_WORD_WIFI: return (odd || f.digits >= 6 || v->quoted) && n >= 6 && n <= 64;
    case KOR_WORD_PHRASE: return (v->several && f.spaces >= 2) || odd || (v->quoted && n >= 8);
    case KOR_WORD_PIN:
    case KOR_WORD_CODE:
        if (v->several) return false;
        if (f.digits == n) return n <= 10 && (n >= 4 || word == KOR_WORD_PIN);
        if (!mixed && !(f.digits && f.symbols)) return false;
        return n <= 40 && n >= 4 && (word == KOR_WORD_PIN || f.digits >= 2);
    case KOR_WORD_LOGIN: return false; /* see login() */
    case KOR_WORD_TOKEN:
    case KOR_WORD_SECRET:
    case KOR_WORD_API_KEY:
    case KOR_WORD_PRIVATE_KEY:
        if (v->several || n < 6 || n > KOR_SECRET_VALUE_MOST) return false;
        if (loose) return f.digits && n >= 8 && letters;
        if (v->link == KOR_LINK_WORD) return (f.digits && n >= 6) || n >= 16;
        return mixed || n >= 16 || f.symbols || v->quoted || f.digits >= 6;
    case KOR_WORD_KEY:
        if (v->several || n < 12 || n > KOR_SECRET_VALUE_MOST) return false;
        return f.digits >= 2 && f.distinct >= 8 && letters && (!loose || n >= 16);
    default: return false;
    }
}

/* login anna / Sommer2019!, credentials: anna:Sommer2019!, zugang anna Sommer2019! */
static bool login(scan *s, const kor_secret_value *v)
{
    const char *text = s->text;
    size_t at = v->end, end, start;
    for (int hop = 0; hop < 3; hop++) {
        size_t gap = at;
        while (at < s->len && at - gap < 6 && strchr(" \t/|:,-&>", text[at]) && text[at]) at++;
        if (at == gap) return false;
        start = at;
        while (at < s->len && at - start < 64 && !(kor_byte(text[at]) & KOR_BYTE_SPACE) &&
               strchr("\"'<>,;|", text[at]) == NULL)
            at++;
        end = at;
        while (end > start && strchr(".,;:)?", text[end - 1])) end--;
        if (end <= start) return false;
        kor_secret_form f;
        kor_secret_form_of(text + start, end - start, &f);
        bool mixed = (f.digits && (f.lower || f.upper)) ||
                     (f.symbols && f.lower && f.upper && f.changes >= 3);
        size_t colon = find_char(text, start, end, ':');
        if (memchr(text + start, '@', end - start) && memchr(text + start, '.', end - start) &&
            !f.digits)
            continue; /* an address */
        if (colon < end && colon > start && end - colon > 6) start = colon + 1;
        if (mixed && end - start >= 6 && !kor_secret_placeholder(text + start, end - start) &&
            kor_secret_word_of(text + start, end - start, NULL) == KOR_WORD_NONE)
            return emit(s, start, end, NULL, KOR_SECRET_PAIR);
    }
    return false;
}

/* A known key, a number with a checksum, or a value that the model decides. */
static bool value(scan *s, const kor_secret_value *v, kor_secret_word word)
{
    const char *text = s->text, *label;
    size_t key = kor_secret_key(text + v->start, s->len - v->start, &label);
    if (key && label && v->start + key >= v->end)
        return emit(s, v->start, v->start + key, label, KOR_SECRET_ISSUED);
    if (key) return false;
    bool numbered =
        kor_byte(text[v->start]) & KOR_BYTE_ALNUM || (unsigned char)text[v->start] == 0xef;
    if (numbered && (word == KOR_WORD_CARD || word == KOR_WORD_BANK || word == KOR_WORD_ID ||
                     word == KOR_WORD_PIN || word == KOR_WORD_CODE)) {
        kor_number number;
        kor_secret_number(text, s->len, v->start, &number);
        size_t least = word == KOR_WORD_ID ? 6 : word == KOR_WORD_CARD ? 12 : 5;
        if (number.kind == KOR_NUMBER_CARD)
            return emit(s, v->start, number.end, kor_secret_card, KOR_SECRET_NUMBER);
        if (number.kind == KOR_NUMBER_IBAN)
            return emit(s, v->start, number.end, kor_secret_bank, KOR_SECRET_NUMBER);
        if (word == KOR_WORD_PIN || word == KOR_WORD_CODE) {
            /* 482 913, 48-29-13 */
            if (number.kind == KOR_NUMBER_DIGITS && number.groups > 1 && number.count <= 8 &&
                number.end > v->end)
                return emit(s, v->start, number.end, NULL, KOR_SECRET_VALUE);
        } else if (number.kind != KOR_NUMBER_NONE && number.count >= least) {
            return emit(s, v->start, number.end, NULL, KOR_SECRET_NUMBER);
        }
        if (word == KOR_WORD_ID) { /* a passport: letters and digits */
            kor_secret_form f;
            kor_secret_form_of(text + v->start, v->end - v->start, &f);
            if (f.digits >= 5 && f.n >= 6 && f.n <= 14 && !f.spaces && f.symbols <= 2 && !f.lower)
                return emit(s, v->start, v->end, NULL, KOR_SECRET_NUMBER);
            return false;
        }
        if (word == KOR_WORD_CARD || word == KOR_WORD_BANK) return false;
    }
    if (word == KOR_WORD_LOGIN) return login(s, v);
    if (!accepts(s, v, word)) return false;
    return emit(s, v->start, v->end, NULL, v->several ? KOR_SECRET_PHRASE : KOR_SECRET_VALUE);
}

/* What is said of a secret without being one: token_type, password_field, secret_name. */
static bool about(const char *name, size_t n)
{
    static const char *const tails[] = {
        "type",     "url",      "uri",     "name",   "count",  "length",   "expires",  "expiry",
        "field",    "file",     "path",    "hash",   "hint",   "policy",   "strength", "label",
        "index",    "size",     "limit",   "limits", "usage",  "reset",    "changed",  "version",
        "format",   "input",    "valid",   "error",  "errors", "status",   "class",    "method",
        "min",      "max",      "ttl",     "age",    "at",     "date",     "prefix",   "pattern",
        "regex",    "provider", "manager", "store",  "helper", "endpoint", "id",       "ids",
        "required", "enabled",  "ref",     "arn",    "env",    "header",   "column",   "timeout",
        "dir"};
    size_t start = n;
    while (start > 0 && name[start - 1] != '_' && name[start - 1] != '-' &&
           name[start - 1] != '.' && !(start < n && kor_byte(name[start]) & KOR_BYTE_UPPER))
        start--;
    if (start == 0 || n - start > 10) return false;
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        if (strlen(tails[i]) != n - start) continue;
        size_t j = 0;
        while (j < n - start && (name[start + j] | 0x20) == tails[i][j]) j++;
        if (j == n - start) return true;
    }
    return false;
}

static bool keyword(scan *s, size_t start, size_t end)
{
    kor_secret_value v;
    size_t part;
    kor_secret_word word = kor_secret_word_of(s->text + start, end - start, &part);
    if (word == KOR_WORD_NONE) return false;
    if (about(s->text + start, end - start)) word = KOR_WORD_HASH;
    /* "api key", "access token", "credit card": the last of two words counts, but "secret key" is
     * more than a key. */
    if (word == KOR_WORD_KEY && s->word_end + 1 == start && !s->lines) {
        if (s->word == KOR_WORD_SECRET || s->word == KOR_WORD_TOKEN) word = KOR_WORD_API_KEY;
        if (s->word == KOR_WORD_WIFI || s->word == KOR_WORD_PUBLIC) word = s->word;
    }
    if (word == KOR_WORD_KEY && start >= 4) {
        const char *before = s->text + start - 4;
        char a = (char)(before[0] | 0x20), p = (char)(before[1] | 0x20),
             i = (char)(before[2] | 0x20);
        if (a == 'a' && p == 'p' && i == 'i') word = KOR_WORD_API_KEY;
    }
    if ((word == KOR_WORD_CODE || word == KOR_WORD_KEY) && s->word_end + 1 == start &&
        s->word == KOR_WORD_PHRASE)
        word = KOR_WORD_PIN; /* recovery code */
    s->word = word;
    s->word_end = end;
    s->lines = 0;
    if (word == KOR_WORD_HASH || word == KOR_WORD_PUBLIC) return false;
    if (!kor_secret_value_after(s->text, s->len, start, end, word, &v)) return false;
    return value(s, &v, word);
}

/* ---- By form alone ------------------------------------------------------------------------- */

static bool token_byte(char c)
{
    return (kor_byte(c) & KOR_BYTE_ALNUM) || c == '-' || c == '_' || c == '+' || c == '/';
}

/* Random characters in a row: keys without a prefix. *end is behind the run. */
static bool bare(scan *s, size_t start, size_t *end)
{
    const char *text = s->text;
    size_t at = start;
    kor_secret_form f;
    while (at < s->len && token_byte(text[at])) at++;
    *end = at;
    while (at < s->len && at - *end < 2 && text[at] == '=') at++;
    size_t n = at - start, stop = at;
    if (n < 16 || start < s->least) return false;
    /* A data URI, or a very long run: no key that anybody has. */
    if (start >= 7 && memcmp(text + start - 7, "base64,", 7) == 0) return false;
    if (n > 512) return false;
    kor_secret_form_of(text + start, n, &f);
    bool near = near_secret(s, start) && s->word != KOR_WORD_PIN;
    unsigned wordy = kor_secret_wordiness(&f);
    if (kor_secret_uuid(text + start, n))
        return near && s->lines == 0 && emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (f.hex) {
        if (n < 24 || f.digits < 4 || !near || s->lines > 0) return false;
        return emit(s, start, stop, NULL, KOR_SECRET_BARE);
    }
    size_t slashes = 0;
    for (size_t i = start; i < stop; i++) slashes += text[i] == '/';
    bool ends = stop >= s->len || !is_word(text, s->len, stop);
    if (!ends || f.digits < 2) return false;
    if (slashes > n / 12 + 1 && wordy > 55) return false;
    if (slashes && text[start] == '/') return false;
    bool three = f.upper && f.lower && f.digits;
    if (three && n >= 20 && f.distinct >= 12 && wordy < 72 && f.changes >= 6)
        return emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (three && n >= 16 && near && f.changes >= 4)
        return emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (n >= 24 && f.digits >= 4 && f.changes >= 8 && f.distinct >= 12 && wordy < 55 && !f.symbols)
        return emit(s, start, stop, NULL, KOR_SECRET_BARE);
    if (n >= 16 && near && f.digits >= 3 && f.changes >= 5 && wordy < 80)
        return emit(s, start, stop, NULL, KOR_SECRET_BARE);
    return false;
}

/* Lines of base64 and nothing else, three or more. *end is behind them. */
static bool blob(scan *s, size_t start, size_t *end)
{
    enum { LINE = 48 };
    const char *text = s->text;
    size_t at = start, lines = 0, last = start;
    while (at < s->len) {
        size_t line = at;
        while (at < s->len && (token_byte(text[at]) || text[at] == '=')) at++;
        if (at - line < (lines ? 1 : LINE)) break;
        if (at < s->len && text[at] != '\n' && text[at] != '\r') {
            if (lines) last = line;
            break;
        }
        lines++;
        last = at;
        while (at < s->len && (text[at] == '\r' || text[at] == '\n')) at++;
        if (at - last > 2) break; /* an empty line */
        if (last - line < LINE) break;
    }
    *end = last;
    if (lines < 2) return false;
    if (at < s->len && s->len - at > 20 && memcmp(text + at, "-----END ", 9) == 0) {
        size_t close = find_char(text, at + 9, s->len < at + 64 ? s->len : at + 64, '-');
        for (size_t i = at; i + 7 <= close; i++)
            if (memcmp(text + i, "PRIVATE", 7) == 0) {
                while (close < s->len && text[close] == '-') close++;
                *end = close;
                return emit(s, start, close, kor_secret_private_key, KOR_SECRET_BLOCK);
            }
    }
    return false;
}

static bool address(const char *text, size_t start, size_t end)
{
    size_t at = find_char(text, start, end, '@');
    if (at >= end || at == start) return false;
    size_t dot = find_char(text, at, end, '.');
    return dot < end && dot + 2 < end && (kor_byte(text[dot + 1]) & KOR_BYTE_LETTER);
}

/* A piece as a whole: a password by its form, one after a name and a colon, or something odd not
 * far behind a keyword. */
static bool piece(scan *s, size_t start, size_t end)
{
    const char *text = s->text;
    while (end > start && strchr(".,;:?", text[end - 1])) end--;
    size_t n = end - start;
    kor_secret_form f;
    if (n < 6 || n > 72 || start < s->least) return false;
    kor_secret_form_of(text + start, n, &f);
    unsigned letters = f.lower + f.upper + f.others;
    if (!f.digits || letters < 2) {
        /* Symbols and letters of both cases: a password only where one is expected. */
        if (!(f.symbols && f.lower && f.upper && f.changes >= 4 && near_secret(s, start)))
            return false;
    }
    size_t equals = find_char(text, start, end, '='), colon = find_char(text, start, end, ':');
    size_t slash = find_char(text, start, end, '/'), dollar = find_char(text, start, end, '$');
    bool near = near_secret(s, start);
    if (equals + 1 < end || address(text, start, end) || kor_secret_placeholder(text + start, n))
        return false;
    if (text[start] == '-' && n > 1 && !near) return false;
    if (colon < end) {
        /* user:password, host:port:database:user:password */
        size_t colons = 0, last = colon;
        for (size_t i = start; i < end; i++)
            if (text[i] == ':') colons++, last = i;
        if ((colons != 1 && colons != 4) || last + 6 > end || last == start) return false;
        if (slash < end && slash < last) return false;
        kor_secret_form_of(text + last + 1, end - last - 1, &f);
        bool odd = f.digits && (f.lower || f.upper) &&
                   (f.symbols || (f.upper && f.lower) || near) && f.changes >= 2;
        if (!odd || f.n > 48 || (f.hex && f.n >= 32 && !near)) return false;
        if (kor_secret_placeholder(text + last + 1, end - last - 1)) return false;
        if (find_char(text, last, end, '/') < end && !near) return false;
        return emit(s, last + 1, end, NULL, KOR_SECRET_PAIR);
    }
    if (slash < end && !near) return false;
    if (slash < end && kor_secret_wordiness(&f) > 60) return false;
    kor_secret_word own = kor_secret_word_of(text + start, n, NULL);
    if (near && own == KOR_WORD_NONE && s->word != KOR_WORD_PIN && n <= 64 && !f.hex &&
        (f.symbols || f.changes >= 2 || (f.digits >= 2 && letters >= 4)))
        return emit(s, start, end, NULL, KOR_SECRET_NEAR);
    /* By itself. */
    size_t marks = 0;
    for (size_t i = start; i < end; i++)
        if (memchr("!@#$%^&*?+~", text[i], 11)) marks++;
    if (n < 8 || n > 40 || own != KOR_WORD_NONE || letters < 3) return false;
    if (dollar == start && f.symbols == 1) return false;
    bool joined = f.symbols >= 1 && f.upper && f.lower && f.digits;
    bool alone = alone_on_line(s, start, end);
    if (marks && f.upper && f.lower && f.digits && (f.changes >= 3))
        return emit(s, start, end, NULL, KOR_SECRET_SPICY);
    if (alone && (joined || (marks >= 1 && f.digits && f.changes >= 3)))
        return emit(s, start, end, NULL, KOR_SECRET_SPICY);
    if (alone && f.upper && f.lower && f.digits >= 2 && f.changes >= 5 &&
        kor_secret_wordiness(&f) < 60)
        return emit(s, start, end, NULL, KOR_SECRET_SPICY);
    return false;
}

static bool number(scan *s, size_t start, size_t *end)
{
    const char *text = s->text;
    kor_number found;
    *end = start;
    if (start < s->least) return false;
    if (start > 0) {
        char before = text[start - 1];
        bool digit_before = start > 1 && (kor_byte(text[start - 2]) & KOR_BYTE_ALNUM);
        if ((before == '.' || before == '-' || before == '/' || before == ',') && digit_before)
            return false;
        if (before == '+' || before == '$') return false;
    }
    kor_secret_number(text, s->len, start, &found);
    switch (found.kind) {
    case KOR_NUMBER_CARD:
        *end = found.end;
        return emit(s, start, found.end, kor_secret_card, KOR_SECRET_NUMBER);
    case KOR_NUMBER_IBAN:
        *end = found.end;
        return emit(s, start, found.end, kor_secret_bank, KOR_SECRET_NUMBER);
    case KOR_NUMBER_CARD_PLAIN:
    case KOR_NUMBER_CARD_WRONG:
    case KOR_NUMBER_IBAN_WRONG: return emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
    case KOR_NUMBER_ID:
        if (kor_national_id_certain(found.ids))
            return emit(s, start, found.end, kor_secret_national_id, KOR_SECRET_NUMBER);
        return emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
    case KOR_NUMBER_ID_PLAIN:
        if ((is_near(s, start) && s->word == KOR_WORD_ID) || alone_on_line(s, start, found.end))
            return emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
        return false;
    case KOR_NUMBER_DIGITS:
        if (is_near(s, start) && s->lines == 0 && found.count >= 6 &&
            (s->word == KOR_WORD_ID || s->word == KOR_WORD_BANK ||
             (s->word == KOR_WORD_CARD && found.count >= 12)))
            return emit(s, start, found.end, NULL, KOR_SECRET_NUMBER);
        return false;
    default: return false;
    }
}

/* 12, 15, 18, 21 or 24 plain words alone on a line. */
static bool seed(scan *s, size_t start)
{
    const char *text = s->text;
    size_t at = start, words = 0, letters = 0;
    while (at < s->len && words < 26) {
        size_t w = at;
        while (at < s->len && (kor_byte(text[at]) & KOR_BYTE_LOWER)) at++;
        if (at - w < 3 || at - w > 8) return false;
        letters += at - w;
        words++;
        if (at >= s->len || text[at] == '\n' || text[at] == '\r') break;
        if (text[at] != ' ') return false;
        at++;
    }
    if (words < 12 || words > 24 || words % 3 || letters < words * 4) return false;
    /* The commonest words of prose are in no list of such words. */
    static const char *const prose[] = {" the ", " and ", " for ", " you ",
                                        " was ", " are ", " with "};
    for (size_t i = start; i + 6 < at; i++)
        for (size_t j = 0; text[i] == ' ' && j < sizeof prose / sizeof *prose; j++)
            if (strncmp(text + i, prose[j], strlen(prose[j])) == 0) return false;
    return emit(s, start, at, NULL, KOR_SECRET_SEED);
}

/* ---- The scan ------------------------------------------------------------------------------ */

static bool piece_end(char c)
{
    switch (c) {
    case '"':
    case '\'':
    case '<':
    case '>':
    case '(':
    case ')':
    case '[':
    case ']':
    case '{':
    case '}':
    case ',':
    case ';':
    case '|':
    case '`':
    case '\\': return true;
    default: return (kor_byte(c) & KOR_BYTE_SPACE) != 0;
    }
}

/* Keywords of scripts that do not put spaces between words: where one ends that begins at at. */
static size_t unspaced_keyword(const char *text, size_t len, size_t at)
{
    static const char *const words[] = {
        "\xe5\xaf\x86\xe7\xa0\x81", "\xe5\xaf\x86\xe7\xa2\xbc", "\xe5\x8f\xa3\xe4\xbb\xa4",
        "\xe3\x83\x91\xe3\x82\xb9\xe3\x83\xaf\xe3\x83\xbc\xe3\x83\x89",
        "\xeb\xb9\x84\xeb\xb0\x80\xeb\xb2\x88\xed\x98\xb8"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t n = strlen(words[i]);
        if (len - at >= n && memcmp(text + at, words[i], n) == 0) return at + n;
    }
    return 0;
}

/* The words of a piece, one after the other. *at is moved behind what was read. */
static bool words(scan *s, size_t *at, size_t end)
{
    const char *text = s->text, *label;
    size_t i = *at, tried = 0; /* runs before tried were looked at as a whole */
    while (i < end) {
        if (!is_word(text, s->len, i)) {
            if (text[i] == '-' && i + 10 < s->len && text[i + 1] == '-' && text[i + 2] == '-') {
                size_t block = i + 1;
                bool found = kor_secret_block(text, s->len, i, &block);
                if (found && emit(s, i, block, kor_secret_private_key, KOR_SECRET_BLOCK))
                    return true;
                i = block > i ? block : i + 1;
                continue;
            }
            if (text[i] == ':' && i + 2 < s->len && text[i + 1] == '/' && text[i + 2] == '/') {
                size_t start, stop;
                if (kor_secret_url(text, s->len, i, &start, &stop)) {
                    if (emit(s, start, stop, kor_secret_connection, KOR_SECRET_URL)) return true;
                    if (stop > i + 3) {
                        i = stop;
                        continue;
                    }
                }
                i += 3;
                continue;
            }
            i++;
            continue;
        }
        /* A name: words with dashes and dots in between. */
        size_t name = i, stop = i;
        unsigned classes = 0;
        bool joint = false;
        while (stop < s->len && stop - name < PIECE) {
            if (is_word(text, s->len, stop))
                classes |= kor_byte(text[stop++]);
            else if ((text[stop] == '-' || text[stop] == '.') && stop + 1 < s->len &&
                     is_word(text, s->len, stop + 1) && stop > name)
                stop++, joint = true;
            else
                break;
        }
        bool fresh = name == 0 || !token_byte(text[name - 1]) || text[name - 1] == '/' ||
                     text[name - 1] == '-' || text[name - 1] == '+';
        size_t key = 0;
        if (name >= s->least && stop - name >= 2) {
            key = kor_secret_key(text + name, s->len - name, &label);
            if (!key && stop - name > 8 && (classes & KOR_BYTE_DIGIT)) {
                /* Behind an escape, an underscore, or "bot" of a URL of Telegram. */
                for (size_t j = name + 1; j + 16 < s->len && j < stop && j - name < 80 && !key;
                     j++) {
                    bool begins = after_escape(text, j) || text[j - 1] == '_' ||
                                  text[j - 1] == '-' || text[j - 1] == '.' ||
                                  (j == name + 3 && memcmp(text + name, "bot", 3) == 0);
                    if (!begins) continue;
                    key = kor_secret_key(text + j, s->len - j, &label);
                    /* Short prefixes are parts of names too often. */
                    if (key && label && text[j] == 'S' && text[j + 1] == 'K') key = 0;
                    if (key && label && emit(s, j, j + key, label, KOR_SECRET_ISSUED)) return true;
                    if (key && !label) key = 0;
                }
                key = 0;
            } else if (key) {
                if (label && emit(s, name, name + key, label, KOR_SECRET_ISSUED)) return true;
                i = name + key;
                continue;
            }
        }
        if ((classes & KOR_BYTE_DIGIT) && fresh && stop - name <= 40) {
            size_t number_end;
            if (number(s, name, &number_end)) return true;
        }
        if (stop > name + 19 && memcmp(text + name, "PuTTY-User-Key-File", 19) == 0) {
            size_t block;
            if (kor_secret_block(text, s->len, name, &block)) {
                if (emit(s, name, block, kor_secret_private_key, KOR_SECRET_BLOCK)) return true;
                i = block;
                continue;
            }
        }
        if (classes & (KOR_BYTE_LETTER | KOR_BYTE_HIGH)) {
            if (stop - name <= 64 && stop - name >= 2 && keyword(s, name, stop)) return true;
            /* 密码是... */
            if ((classes & KOR_BYTE_HIGH) && (unsigned char)text[name] >= 0xe3)
                for (size_t j = name; j < stop && j - name < 64; j++) {
                    size_t word_end = unspaced_keyword(text, s->len, j);
                    kor_secret_value v;
                    if (!word_end) continue;
                    s->word = KOR_WORD_PASSWORD, s->word_end = word_end, s->lines = 0;
                    if (kor_secret_value_after(text, s->len, j, word_end, s->word, &v) &&
                        value(s, &v, s->word))
                        return true;
                }
        }
        if ((classes & KOR_BYTE_DIGIT || stop - name > 40) && fresh && name >= tried) {
            size_t run = name;
            if (name == 0 || text[name - 1] == '\n') {
                size_t blob_end;
                if (blob(s, name, &blob_end)) return true;
                if (blob_end > name) {
                    i = blob_end;
                    continue;
                }
            }
            if (bare(s, name, &run)) return true;
            tried = run;
            if (run - name > 256) stop = run;
        }
        (void)joint;
        i = stop;
    }
    *at = i > end ? i : end;
    return false;
}

static size_t restart(const char *text, size_t at)
{
    size_t i = at, lines = 0;
    while (i > 0 && at - i < BACK) {
        if (text[i - 1] == '\n' && ++lines > 3) return i;
        i--;
    }
    if (i == 0) return 0;
    while (i < at && !(kor_byte(text[i]) & KOR_BYTE_SPACE)) i++;
    return i;
}

static bool next(const char *text, size_t len, size_t *at, kor_candidate *out)
{
    if (*at >= len) return false;
    scan s = {.text = text, .len = len, .least = *at};
    size_t i = restart(text, *at);
    while (i < len) {
        if (piece_end(text[i])) {
            if (text[i] == '\n') s.lines++;
            i++;
            continue;
        }
        size_t end = i;
        unsigned classes = 0;
        while (end < len && end - i < PIECE && !piece_end(text[end]))
            classes |= kor_byte(text[end++]);
        bool found = false;
        bool line_start = i == 0 || text[i - 1] == '\n';
        if (line_start && classes == KOR_BYTE_LOWER) found = seed(&s, i);
        size_t go_on = i;
        /* What is issued or has a checksum is in the words; a piece is more only without one. */
        if (!found) found = words(&s, &go_on, end);
        bool value_later = found && s.found.start >= end;
        if ((!found || value_later) && (classes & ~(unsigned)(KOR_BYTE_LOWER)) &&
            (i == 0 || !token_byte(text[i - 1]))) {
            kor_candidate later = s.found;
            if (piece(&s, i, end))
                found = true;
            else
                s.found = later;
        }
        if (found) {
            *out = s.found;
            *at = s.found.end;
            return true;
        }
        i = go_on > end ? go_on : end;
    }
    *at = len;
    return false;
}

const kor_rules kor_rules_secrets = {"secrets", 1, next, kor_secret_read};
