/* SPDX-License-Identifier: Apache-2.0 */
/* A keyword, and what it says of the text around it. */
#include "rules/secret_forms.h"
#include "rules/secret_keys.h"
#include "rules/secret_numbers.h"
#include "rules/secret_state.h"

#include <string.h>

/* Does an equals sign stand before? */
static bool assigned(const kor_scan *s, size_t at)
{
    while (at > 0 && s->text[at - 1] == ' ') at--;
    return at > 0 && s->text[at - 1] == '=';
}

/* this.x, config.x and the like */
static bool object(const char *s, size_t n)
{
    static const char *const names[] = {
        "this",    "self",    "req",      "request", "config", "form",    "user",    "data",
        "props",   "params",  "process",  "os",      "env",    "var",     "local",   "args",
        "options", "opts",    "settings", "body",    "ctx",    "session", "account", "event",
        "module",  "secrets", "response", "res",     "std",    "conf",    "app",     "input"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t length = strlen(names[i]);
        if (n > length && s[length] == '.' && memcmp(s, names[i], length) == 0) return true;
    }
    return false;
}

/* Names joined by dots or arrows, calls, indexing: an expression, not a value. */
static bool expression(const kor_scan *s, const kor_secret_value *v)
{
    const char *text = s->text + v->start;
    size_t n = v->end - v->start, names = 0, digits = 0;
    if (v->quoted || v->several) return false;
    if (v->end < s->len && (s->text[v->end] == '(' || s->text[v->end] == '[')) return true;
    if (memchr(text, '(', n) && (text[n - 1] == ')' || text[n - 1] == '(' || memchr(text, ')', n)))
        return true;
    for (size_t i = 1; i < n; i++) { /* f(x, a[i], RegExp.$1 */
        unsigned before = kor_byte(text[i - 1]);
        if ((text[i] == '(' || text[i] == '[') && (before & KOR_BYTE_ALNUM) &&
            kor_scan_is_name(text, i))
            return true;
        if (text[i] == '$' && text[i - 1] == '.') return true;
    }
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
    return names > 0 && digits == 0 && v->link != KOR_LINK_WORD &&
           (kor_scan_in_code(s, v->start, v->end) || assigned(s, v->start) || names > 1 ||
            object(text, n));
}

/* Words of the line that ends at end. */
static size_t words_before(const kor_scan *s, size_t end)
{
    size_t words = 0, i = end;
    for (; i > 0 && end - i < 80 && s->text[i - 1] != '\n'; i--)
        words += s->text[i - 1] == ' ' && i < end && s->text[i] != ' ';
    return words + 1;
}

static bool accepts(const kor_scan *s, const kor_secret_value *v, kor_secret_word word)
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
    if (!v->quoted) {
        if (memchr(text, '[', n) && memchr(text, '=', n)) return false;
        if (text[n - 1] == '=' && !f.digits) return false;
        size_t name = 0;
        while (name < n && (kor_byte(text[name]) & KOR_BYTE_ALNUM || text[name] == '_')) name++;
        if (name > 1 && name < n && text[name] == '(') return false;
    }
    /* A path. */
    if ((text[0] == '/' || (text[0] == '~' && text[1] == '/') ||
         (text[0] == '.' && text[1] == '/')) &&
        memchr(text + 2, '/', n - 2) && kor_secret_wordiness(&f) > 55)
        return false;
    if (text[0] == '0' && (text[1] | 0x20) == 'x' && n < 40 && !v->quoted) return false;
    /* "password": "Passwort" */
    if (!f.digits && n <= 20 && !v->several && kor_secret_word_of(text, n, NULL) == word)
        return false;
    bool letters = f.lower + f.upper + f.others > 0, mixed = f.digits && letters;
    bool odd = mixed || (f.symbols && letters && n >= 6) || (f.upper > 1 && f.lower);
    bool loose = v->link == KOR_LINK_SPACE;
    if (text[0] == '\\' && n <= 6) return false;
    size_t word_n = s->word_end - s->word_start;
    if (word_n == 4 && (s->text[s->word_start + 1] | 0x20) == 'a' &&
        (s->text[s->word_start + 3] | 0x20) == 's') {
        /* To pass something; Python's pass. */
        if (v->link == KOR_LINK_LINE && s->text[v->start] == '@') return false;
        if (loose && (memchr(text, '_', n) || memchr(text, '=', n) || (v->quoted && !f.digits)))
            return false;
    }
    switch (word) {
    case KOR_WORD_PASSWORD:
        if (loose && s->word_end >= 6 && memcmp(s->text + s->word_end - 6, "passwd", 6) == 0)
            return f.digits && f.symbols; /* the program */
        if (loose && !v->quoted && !odd && f.digits < 4) {
            if (words_before(s, s->word_end) > 5) return false;
            /* pw sunshine, on a line with nothing else behind it. */
            size_t i = v->end;
            while (i < s->len && s->text[i] == ' ') i++;
            return n >= 5 &&
                   (i >= s->len || s->text[i] == '\n' || s->text[i] == '\r' || s->text[i] == ')');
        }
        return n <= 200;
    case KOR_WORD_WIFI: return (odd || f.digits >= 6 || v->quoted) && n >= 6 && n <= 64;
    case KOR_WORD_PHRASE:
        if (loose && v->several && !v->quoted && f.spaces < 10) return false;
        return (v->several && f.spaces >= 2) || odd || (v->quoted && n >= 8) ||
               (f.upper == n && n >= 16);
    case KOR_WORD_PIN:
    case KOR_WORD_CODE:
        if (v->several) return false;
        if (f.digits == n) return n <= 10 && (n >= 4 || word == KOR_WORD_PIN);
        if (!mixed && !(f.digits && f.symbols)) return false;
        return n <= 64 && n >= 4 && (word == KOR_WORD_PIN || f.digits >= 2);
    case KOR_WORD_LOGIN: return false; /* see login() */
    case KOR_WORD_TOKEN:
    case KOR_WORD_SECRET:
    case KOR_WORD_API_KEY:
    case KOR_WORD_PRIVATE_KEY:
        if (v->several || n < 6 || n > KOR_SECRET_VALUE_MOST) return false;
        if (!v->quoted && !f.digits && v->link != KOR_LINK_WORD && /* a name */
            (!f.symbols || memchr(text, '_', n)) && kor_secret_wordiness(&f) > 50)
            return false;
        if (loose) return f.digits && n >= 8 && letters;
        if (v->link == KOR_LINK_LIST && !f.digits && n < 20) return false;
        if (v->link == KOR_LINK_WORD) return (f.digits && n >= 6) || n >= 16;
        return mixed || n >= 16 || f.symbols || v->quoted || f.digits >= 6;
    case KOR_WORD_KEY:
        if (v->several || n < 12 || n > KOR_SECRET_VALUE_MOST || kor_secret_uuid(text, n))
            return false;
        return f.digits >= 2 && f.distinct >= 8 && letters && (!loose || n >= 16) && f.base64 &&
               kor_secret_wordiness(&f) < 75;
    default: return false;
    }
}

/* login anna / Sommer2019!, credentials: anna:Sommer2019!, zugang anna Sommer2019! */
static bool login(kor_scan *s, const kor_secret_value *v)
{
    const char *text = s->text;
    size_t at = v->end, end, start;
    for (int hop = 0; hop < 3; hop++) {
        size_t gap = at;
        while (at < s->len && at - gap < 6 && strchr(" \t/|:,-&>", text[at]) && text[at]) at++;
        if (at == gap) return false;
        start = at;
        while (at < s->len && at - start < 64 && !(kor_byte(text[at]) & KOR_BYTE_SPACE) &&
               strchr("\"'<>,;|()[]{}=", text[at]) == NULL)
            at++;
        end = at;
        while (end > start && strchr(".,;:)?", text[end - 1])) end--;
        if (end <= start || (at < s->len && text[at] && strchr("([{=", text[at]))) return false;
        kor_secret_form f;
        kor_secret_form_of(text + start, end - start, &f);
        bool mixed = (f.digits && (f.lower || f.upper)) ||
                     (f.symbols && f.lower && f.upper && f.changes >= 3);
        size_t colon = kor_scan_find_char(text, start, end, ':');
        if (memchr(text + start, '@', end - start) && memchr(text + start, '.', end - start) &&
            !f.digits)
            continue; /* an address */
        if (colon < end && colon > start && end - colon > 6) start = colon + 1;
        if (mixed && end - start >= 6 && !kor_secret_placeholder(text + start, end - start) &&
            kor_secret_word_of(text + start, end - start, NULL) == KOR_WORD_NONE)
            return kor_scan_emit(s, start, end, NULL, KOR_SECRET_PAIR);
    }
    return false;
}

bool kor_scan_date(const char *s, size_t n)
{
    if (n != 10) return false;
    for (int order = 0; order < 2; order++) {
        bool fits = true;
        for (size_t i = 0; i < n; i++) {
            bool sign = order ? i == 2 || i == 5 : i == 4 || i == 7;
            if (sign == ((kor_byte(s[i]) & KOR_BYTE_DIGIT) != 0)) fits = false;
        }
        if (fits) return true;
    }
    return false;
}

bool kor_scan_value(kor_scan *s, const kor_secret_value *given, kor_secret_word word)
{
    const char *text = s->text, *label;
    kor_secret_value mine = *given, *v = &mine;
    if (word == KOR_WORD_CODE && s->word_start > 0 && text[s->word_start - 1] == '<')
        return false; /* <code> */
    if (!v->quoted && v->link != KOR_LINK_WORD &&
        v->link != KOR_LINK_LINE) { /* Set-Cookie: sid=x; -e NAME=x */
        size_t name = v->start;
        while (name < v->end && (kor_byte(text[name]) & KOR_BYTE_ALNUM || text[name] == '_'))
            name++;
        bool letter = kor_byte(text[v->start]) & KOR_BYTE_LETTER;
        if (letter && name + 3 < v->end && text[name] == '=' && text[name + 1] != '=')
            v->start = name + 1;
    }
    size_t key = kor_secret_key(text + v->start, s->len - v->start, &label);
    if (key && label && v->start + key >= v->end)
        return kor_scan_emit(s, v->start, v->start + key, label, KOR_SECRET_ISSUED);
    if (key) return false;
    if (v->start >= 5 && memcmp(text + v->start - 4, "sic ", 4) == 0) { /* Authorization: Basic x */
        size_t basic = kor_scan_basic_end(text, s->len, v->start);
        if (basic) return kor_scan_emit(s, v->start, basic, kor_secret_token, KOR_SECRET_ISSUED);
    }
    if (v->start >= 7 && memcmp(text + v->start - 6, "earer ", 6) == 0) { /* Bearer x, drawn */
        kor_secret_form f;
        kor_secret_form_of(text + v->start, v->end - v->start, &f);
        if (f.n >= 16 && f.digits >= 2 && f.lower >= 2 && f.upper >= 2 && !f.spaces &&
            !kor_secret_placeholder(text + v->start, f.n))
            return kor_scan_emit(s, v->start, v->end, kor_secret_token, KOR_SECRET_ISSUED);
    }
    bool numbered =
        kor_byte(text[v->start]) & KOR_BYTE_ALNUM || (unsigned char)text[v->start] == 0xef;
    if (numbered) { /* whatever it is said to be */
        kor_number number;
        kor_secret_number(text, s->len, v->start, &number);
        bool card = number.kind == KOR_NUMBER_CARD || number.kind == KOR_NUMBER_CARD_PLAIN;
        if (card && number.end >= v->end)
            return kor_scan_emit(s, v->start, number.end, kor_secret_card, KOR_SECRET_NUMBER);
        if (number.kind == KOR_NUMBER_IBAN && number.end >= v->end)
            return kor_scan_emit(s, v->start, number.end, kor_secret_bank, KOR_SECRET_NUMBER);
    }
    if (numbered && (word == KOR_WORD_CARD || word == KOR_WORD_BANK || word == KOR_WORD_ID ||
                     word == KOR_WORD_PIN || word == KOR_WORD_CODE)) {
        kor_number number;
        kor_secret_number(text, s->len, v->start, &number);
        size_t least = word == KOR_WORD_ID ? 6 : word == KOR_WORD_CARD ? 12 : 5;
        if (number.kind == KOR_NUMBER_CARD)
            return kor_scan_emit(s, v->start, number.end, kor_secret_card, KOR_SECRET_NUMBER);
        if (number.kind == KOR_NUMBER_IBAN)
            return kor_scan_emit(s, v->start, number.end, kor_secret_bank, KOR_SECRET_NUMBER);
        if (word == KOR_WORD_PIN || word == KOR_WORD_CODE) {
            /* 482 913, 48-29-13 */
            if (number.kind == KOR_NUMBER_DIGITS && number.groups > 1 && number.count <= 8 &&
                number.end > v->end)
                return kor_scan_emit(s, v->start, number.end, NULL, KOR_SECRET_VALUE);
        } else if (number.kind != KOR_NUMBER_NONE && number.count >= least &&
                   !kor_scan_date(text + v->start, number.end - v->start)) {
            return kor_scan_emit(s, v->start, number.end, NULL, KOR_SECRET_NUMBER);
        }
        if (word == KOR_WORD_ID) { /* a passport: letters and digits */
            kor_secret_form f;
            kor_secret_form_of(text + v->start, v->end - v->start, &f);
            if (f.digits >= 5 && f.n >= 6 && f.n <= 14 && !f.spaces && f.symbols <= 2 && !f.lower)
                return kor_scan_emit(s, v->start, v->end, NULL, KOR_SECRET_NUMBER);
            return false;
        }
        if (word == KOR_WORD_CARD || word == KOR_WORD_BANK) return false;
    }
    if (word == KOR_WORD_LOGIN) {
        bool named = v->link == KOR_LINK_SIGN && !v->several &&
                     memchr(text + s->word_start, '_', s->word_end - s->word_start);
        if (named && accepts(s, v, KOR_WORD_PASSWORD)) /* LDAP_BIND_CREDENTIALS=x */
            return kor_scan_emit(s, v->start, v->end, NULL, KOR_SECRET_VALUE);
        return login(s, v);
    }
    if (word == KOR_WORD_WIFI && v->link == KOR_LINK_SIGN) { /* wifi: name / password */
        size_t start = v->start, stop = v->start + 48 < s->len ? v->start + 48 : s->len;
        while (start + 3 < stop && text[start] != '\n' && memcmp(text + start, " / ", 3) != 0)
            start++;
        size_t end = start += 3;
        while (end < s->len && end - start < 64 && !kor_scan_piece_end(text[end])) end++;
        if (start <= stop && memcmp(text + start - 3, " / ", 3) == 0 && end - start >= 6)
            return kor_scan_emit(s, start, end, NULL, KOR_SECRET_PAIR);
    }
    /* A seed is of several words, or it is a number or somebody's name; but for seed=x. */
    bool seed = word == KOR_WORD_PHRASE && s->word_end - s->word_start == 4;
    if (seed && !v->several && v->link != KOR_LINK_SIGN) return false;
    if (!accepts(s, v, word)) return false;
    return kor_scan_emit(s, v->start, v->end, NULL,
                         v->several ? KOR_SECRET_PHRASE : KOR_SECRET_VALUE);
}

/* What is said of a secret without being one: token_type, password_field, secret_name. */
static bool about(const char *name, size_t n)
{
    if (n >= 10 && ((name[n - 10] | 0x20) == 's' && (name[n - 4] | 0x20) == 'n' &&
                    (name[n - 3] == '_' || name[n - 3] == '-') && (name[n - 1] | 0x20) == 'd'))
        return false; /* session_id */
    static const char *const tails[] = {
        "type",     "url",     "uri",     "name",       "count",   "length", "expires",
        "expiry",   "field",   "file",    "path",       "hash",    "hint",   "policy",
        "strength", "label",   "index",   "size",       "limit",   "limits", "usage",
        "reset",    "changed", "version", "format",     "input",   "valid",  "error",
        "errors",   "status",  "class",   "method",     "min",     "max",    "ttl",
        "age",      "at",      "date",    "prefix",     "pattern", "regex",  "provider",
        "manager",  "store",   "helper",  "endpoint",   "id",      "ids",    "required",
        "enabled",  "ref",     "arn",     "env",        "header",  "column", "timeout",
        "dir",      "text",    "kind",    "expression", "stream",  "list",   "map"};
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

/* login("anna", "x"), new PDO($dsn, 'shop', 'x'): the last of two strings or three. */
static bool second_string(kor_scan *s, size_t at)
{
    enum { REACH = 200 };
    const char *text = s->text;
    size_t stop = s->len - at > REACH ? at + REACH : s->len, strings = 0, start = 0, end = 0;
    while (at < stop && text[at] != ')' && text[at] != '\n') {
        if (text[at] == '"' || text[at] == '\'') {
            size_t close = at + 1;
            while (close < stop && text[close] != text[at] && text[close] != '\n') close++;
            if (close >= stop || text[close] == '\n') return false;
            strings++;
            start = at + 1, end = close;
            at = close + 1;
        } else
            at++;
    }
    if (strings < 2 || strings > 3 || end < start + 4 || end - start > 64) return false;
    kor_secret_value v = {start, end, KOR_LINK_LIST, true, false};
    return accepts(s, &v, KOR_WORD_PASSWORD) && kor_scan_emit(s, start, end, NULL, KOR_SECRET_PAIR);
}

/* x (password), x as password, "x" is the password: the word before. */
static bool value_before(kor_scan *s, size_t start)
{
    static const char *const links[] = {" (",       " as ",    " as the ", " is the ",
                                        " is our ", " is my ", " (the ",   " as a "};
    const char *text = s->text;
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        size_t n = strlen(links[i]);
        if (start < n + 4 || memcmp(text + start - n, links[i], n) != 0) continue;
        size_t end = start - n, from;
        if (end > 0 && (text[end - 1] == '"' || text[end - 1] == '\'' || text[end - 1] == '`'))
            end--;
        from = end;
        while (from > s->least && end - from < 48 && !kor_scan_piece_end(text[from - 1])) from--;
        if (end - from < 4 || (from > 0 && end - from >= 48)) return false;
        kor_secret_form f;
        kor_secret_form_of(text + from, end - from, &f);
        bool quoted = end < start - n;
        if (!quoted && !f.digits && !(f.upper && f.lower)) return false;
        if (kor_secret_placeholder(text + from, end - from) || kor_scan_address(text, from, end))
            return false;
        if (kor_secret_word_of(text + from, end - from, NULL) != KOR_WORD_NONE) return false;
        return kor_scan_emit(s, from, end, NULL, KOR_SECRET_PAIR);
    }
    return false;
}

/* The bytes of the last part of a name of n. */
static size_t part_length(const char *name, size_t n)
{
    size_t i = n;
    while (i > 0 && name[i - 1] != '_' && name[i - 1] != '-' && name[i - 1] != '.' &&
           !(i < n && kor_byte(name[i]) & KOR_BYTE_UPPER && kor_byte(name[i - 1]) & KOR_BYTE_LOWER))
        i--;
    return n - i;
}

static bool digits_only(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!(kor_byte(s[i]) & KOR_BYTE_DIGIT) && s[i] != '_') return false;
    return true;
}

bool kor_scan_keyword(kor_scan *s, size_t start, size_t end)
{
    kor_secret_value v;
    size_t part;
    kor_secret_word word = kor_secret_word_of(s->text + start, end - start, &part);
    if (word == KOR_WORD_NONE) return false;
    /* A file's name; pass, key, pin and other short words within a longer name. */
    if (kor_scan_file_name(s->text, start, end)) return false;
    if (start >= 4 && memcmp(s->text + start - 4, "etc/", 4) == 0) return false;
    if (word == KOR_WORD_PASSWORD && start >= 8 && memcmp(s->text + start - 8, "oarding ", 8) == 0)
        return false;
    if (part < end - start && part_length(s->text + start, part) <= 4 &&
        !digits_only(s->text + start + part, end - start - part))
        return false;
    if (about(s->text + start, end - start)) word = KOR_WORD_HASH;
    /* sin(x), tan(x) */
    bool call = end < s->len && s->text[end] == '(';
    if (call && (word == KOR_WORD_ID || word == KOR_WORD_PIN || word == KOR_WORD_CARD))
        return false;
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
    if (word == KOR_WORD_KEY && start >= 7 && memcmp(s->text + start - 7, "rivate ", 7) == 0)
        word = KOR_WORD_PRIVATE_KEY;
    if (word == KOR_WORD_KEY && start >= 5 && s->text[start - 1] == ' ') {
        static const char *const kinds[] = {"license", "licence",    "product", "activation",
                                            "access",  "encryption", "storage", "account",
                                            "admin",   "signing",    "client",  "app",
                                            "master",  "shared",     "server",  "service"};
        for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
            size_t n = strlen(kinds[i]);
            if (start > n && memcmp(s->text + start - n, kinds[i] + 1, n - 1) == 0)
                word = KOR_WORD_API_KEY;
        }
    }
    if ((word == KOR_WORD_CODE || word == KOR_WORD_KEY) && s->word_end + 1 == start &&
        s->word == KOR_WORD_PHRASE)
        word = KOR_WORD_PIN; /* recovery code */
    if (word == KOR_WORD_CODE && start >= 7 &&
        (memcmp(s->text + start - 6, "ackup ", 6) == 0 ||
         memcmp(s->text + start - 6, "rgency", 6) == 0))
        word = KOR_WORD_PIN; /* backup codes */
    s->word = word;
    s->word_start = start, s->word_end = end;
    s->lines = 0;
    if (word == KOR_WORD_PIN || word == KOR_WORD_CODE)
        s->code = word, s->code_end = end, s->code_lines = 0;
    if (end < s->len && s->text[end] == '(' && end - start > 4 &&
        memcmp(s->text + end - 4, "Auth", 4) == 0 && second_string(s, end + 1))
        return true;
    if (word == KOR_WORD_HASH || word == KOR_WORD_PUBLIC) return false;
    if ((word == KOR_WORD_PASSWORD || word == KOR_WORD_PIN) && value_before(s, start)) return true;
    if (end < s->len && s->text[end] == '(' && (word == KOR_WORD_LOGIN || word == KOR_WORD_TOKEN) &&
        second_string(s, end + 1))
        return true;
    if (!kor_secret_value_after(s->text, s->len, start, end, word, &v)) return false;
    /* The last column's name in a table says what stands in that column only. */
    if (v.link == KOR_LINK_LINE && start > 0 && strchr(",;|\t", s->text[start - 1]) &&
        memchr(s->text + v.start, s->text[start - 1], v.end - v.start))
        return false;
    return kor_scan_value(s, &v, word);
}
