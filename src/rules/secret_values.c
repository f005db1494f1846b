/* SPDX-License-Identifier: Apache-2.0 */
/* From a keyword to its value, in the ways that code, configuration and people write it. */
#include "rules/secret_scan.h"

#include <string.h>

enum {
    QUOTE_DOUBLE = 1,
    QUOTE_SINGLE,
    QUOTE_TICK,
    QUOTE_TYPE /* “ ” „ « » ‘ ’ */
};

size_t kor_secret_quote(const char *s, size_t n, int *mark)
{
    size_t slash = 0;
    *mark = 0;
    while (slash < n && slash < 7 && s[slash] == '\\') slash++;
    if (slash >= n) return 0;
    const unsigned char *p = (const unsigned char *)s + slash;
    size_t left = n - slash;
    if (*p == '"' || *p == '\'') {
        *mark = *p == '"' ? QUOTE_DOUBLE : QUOTE_SINGLE;
        return slash + 1;
    }
    if (slash) return 0;
    if (*p == '`') {
        *mark = QUOTE_TICK;
        return 1;
    }
    if (left >= 3 && p[0] == 0xe2 && p[1] == 0x80 && p[2] >= 0x98 && p[2] <= 0x9f) {
        *mark = QUOTE_TYPE;
        return 3;
    }
    if (left >= 3 && p[0] == 0xe3 && p[1] == 0x80 && p[2] >= 0x8c && p[2] <= 0x8f) {
        *mark = QUOTE_TYPE;
        return 3;
    }
    if (left >= 2 && p[0] == 0xc2 && (p[1] == 0xab || p[1] == 0xbb)) {
        *mark = QUOTE_TYPE;
        return 2;
    }
    if (left >= 6 && *p == '&') {
        if (memcmp(p, "&quot;", 6) == 0) return *mark = QUOTE_DOUBLE, 6;
        if (memcmp(p, "&apos;", 6) == 0) return *mark = QUOTE_SINGLE, 6;
        if (left >= 5 && (memcmp(p, "&#34;", 5) == 0)) return *mark = QUOTE_DOUBLE, 5;
        if (left >= 5 && (memcmp(p, "&#39;", 5) == 0)) return *mark = QUOTE_SINGLE, 5;
    }
    return 0;
}

static bool space(char c)
{
    return c == ' ' || c == '\t';
}

static bool line_end(char c)
{
    return c == '\n' || c == '\r';
}

static size_t skip_spaces(const char *text, size_t len, size_t at)
{
    for (size_t n = 0; at < len && n < 64; n++) {
        if (space(text[at]))
            at++;
        else if (at + 1 < len && (unsigned char)text[at] == 0xc2 &&
                 (unsigned char)text[at + 1] == 0xa0)
            at += 2;
        else
            break;
    }
    return at;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Does the word at at equal with, whatever its case, and end there? */
static bool word_is(const char *text, size_t len, size_t at, const char *with)
{
    size_t n = strlen(with);
    if (at >= len || len - at < n) return false;
    for (size_t i = 0; i < n; i++)
        if (lower(text[at + i]) != with[i]) return false;
    return at + n == len ||
           !(kor_byte(text[at + n]) & (KOR_BYTE_ALNUM | KOR_BYTE_HIGH) || text[at + n] == '_');
}

static size_t one_of(const char *text, size_t len, size_t at, const char *const *list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (word_is(text, len, at, list[i])) return strlen(list[i]);
    return 0;
}

#define ONE_OF(text, len, at, list) one_of(text, len, at, list, sizeof(list) / sizeof *(list))

static const char *const copulas[] = {
    "is",    "ist",    "lautet",  "lautete", "heißt",       "heisst",    "est",      "es",
    "era",   "é",      "è",       "e",       "er",          "är",        "to",       "was",
    "now",   "jetzt",  "neu",     "equals",  "are",         "sind",      "ahora",    "maintenant",
    "nu",    "jest",   "je",      "será",    "sera",        "still",     "again",    "c'est",
    "be",    "будет",  "это",     "just",    "set",         "becomes",   "should",   "remains",
    "stays", "blijft", "sarà",    "olarak",  "temporarily", "currently", "probably", "literally",
    "also",  "bleibt", "changed", "reset",   "geändert",    "auf",       "using",    "with",
    "of",    "als"};

/* = : := => -> ==> and the like at at; 0 for none, or where two things are compared. */
static size_t sign_at(const char *text, size_t len, size_t at, bool *compares)
{
    const char *s = text + at;
    size_t n = len - at;
    *compares = false;
    if (n == 0) return 0;
    if (n >= 2 && (memcmp(s, "==", 2) == 0 || memcmp(s, "!=", 2) == 0)) {
        *compares = true;
        size_t length = 2;
        while (length < n && length < 4 && s[length] == '=') length++;
        if (length < n && s[length] == '>') return length + 1; /* ==> */
        return length;
    }
    if (n >= 3 && memcmp(s, "-->", 3) == 0) return 3;
    if (n >= 2 && (memcmp(s, ":=", 2) == 0 || memcmp(s, "=>", 2) == 0 || memcmp(s, "->", 2) == 0 ||
                   memcmp(s, "?=", 2) == 0 || memcmp(s, "+=", 2) == 0))
        return 2;
    if (n >= 2 && s[0] == ':' && s[1] == ':') return 0; /* a scope */
    if (*s == '=' || *s == ':') return 1;
    if (n >= 3 && (unsigned char)s[0] == 0xef && (unsigned char)s[1] == 0xbc &&
        ((unsigned char)s[2] == 0x9a || (unsigned char)s[2] == 0x9d))
        return 3; /* full-width : and = */
    if (n >= 3 && (memcmp(s, "\xe2\x86\x92", 3) == 0 || memcmp(s, "\xe2\x87\x92", 3) == 0))
        return 3;
    if (n >= 4 && memcmp(s, "%3D", 3) == 0) return 3;
    if (n >= 4 && memcmp(s, "%3A", 3) == 0) return 3;
    return 0;
}

/* The end of a value without quotes. */
static size_t bare_end(const char *text, size_t len, size_t start, bool parameter, bool listed)
{
    size_t stop = len - start > KOR_SECRET_VALUE_MOST ? start + KOR_SECRET_VALUE_MOST : len;
    size_t at = start;
    int mark;
    for (; at < stop; at++) {
        char c = text[at];
        if (kor_byte(c) & KOR_BYTE_SPACE) break;
        if (c == '"' || c == '<' || c == '>' || c == '`') break;
        if (c == '\'' && at + 1 < stop && !(kor_byte(text[at + 1]) & KOR_BYTE_ALNUM)) break;
        if (c == '&' && (parameter || kor_secret_quote(text + at, stop - at, &mark))) break;
        if (c == '#' && parameter) break;
        if (c == ';' && (listed || at + 1 == stop || (kor_byte(text[at + 1]) & KOR_BYTE_SPACE) ||
                         (kor_byte(text[at + 1]) & KOR_BYTE_LETTER)))
            break;
        if (c == ',' && (at + 1 == stop || (kor_byte(text[at + 1]) & KOR_BYTE_SPACE) ||
                         text[at + 1] == '"' || text[at + 1] == '\''))
            break;
        if (c == '\\' && at + 1 < stop &&
            (text[at + 1] == '"' || text[at + 1] == '\'' ||
             (strchr("nrt", text[at + 1]) &&
              (at + 2 >= stop || !(kor_byte(text[at + 2]) & (KOR_BYTE_LOWER | KOR_BYTE_DIGIT))))))
            break;
        if (c == '|' && at > start && at + 1 < stop && (kor_byte(text[at + 1]) & KOR_BYTE_SPACE))
            break;
        if ((unsigned char)c == 0xe2 && kor_secret_quote(text + at, stop - at, &mark)) break;
        if ((unsigned char)c == 0xc2 && at + 1 < stop && (unsigned char)text[at + 1] == 0xa0) break;
        if ((unsigned char)c == 0xe3 && at + 2 < stop && (unsigned char)text[at + 1] == 0x80) break;
        if ((unsigned char)c == 0xef && at + 2 < stop && (unsigned char)text[at + 1] == 0xbc &&
            ((unsigned char)text[at + 2] == 0x8c || (unsigned char)text[at + 2] == 0x88))
            break; /* ， and （ */
    }
    while (at > start) {
        char c = text[at - 1];
        size_t opens = 0, closes = 0;
        if (c == ')' || c == ']' || c == '}') {
            for (size_t i = start; i < at; i++) {
                opens += text[i] == '(' || text[i] == '[' || text[i] == '{';
                closes += text[i] == ')' || text[i] == ']' || text[i] == '}';
            }
            if (closes <= opens) break;
        } else if (!(c == '.' || c == ',' || c == ';' || c == ':' || c == '?' || c == '\'' ||
                     (c == '*' && at >= 2 && text[at - 2] == '*') || (c == '\\' && at == stop)))
            break;
        at--;
    }
    return at;
}

static bool quoted_end(const char *text, size_t len, size_t start, int mark, size_t escape,
                       size_t *end)
{
    size_t stop = len - start > KOR_SECRET_VALUE_MOST ? start + KOR_SECRET_VALUE_MOST : len;
    for (size_t at = start; at < stop; at++) {
        if (line_end(text[at])) return false;
        int other;
        size_t n = kor_secret_quote(text + at, stop - at, &other);
        if (n && other == mark && (text[at] != '\\' || n <= escape)) {
            *end = at;
            return true;
        }
        if (text[at] == '\\' && !(n && other == mark))
            at++;
        else if (text[at] == '\\')
            at += n - 1;
    }
    return false;
}

/* Does plain prose follow: a word that no value of several words has? */
static bool function_word(const char *s, size_t n)
{
    static const char *const list[] = {
        "for",    "the",    "is",    "and",     "in",    "on",    "to",    "of",   "with",
        "must",   "should", "or",    "if",      "not",   "was",   "has",   "have", "will",
        "can",    "from",   "that",  "this",    "your",  "you",   "we",    "they", "are",
        "be",     "been",   "when",  "then",    "but",   "für",   "und",   "der",  "die",
        "das",    "ist",    "on",    "at",      "as",    "a",     "an",    "i",    "it",
        "please", "before", "after", "because", "so",    "use",   "than",  "by",   "into",
        "via",    "also",   "ok",    "le",      "la",    "pour",  "et",    "el",   "para",
        "y",      "my",     "our",   "changed", "works", "do",    "never", "keep", "only",
        "until",  "where",  "which", "who",     "no",    "don't", "does"};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++)
        if (strlen(list[i]) == n) {
            size_t j = 0;
            while (j < n && lower(s[j]) == list[i][j]) j++;
            if (j == n) return true;
        }
    return false;
}

/* Plain words to the end of the line or sentence: a passphrase. How many; *end is behind them. */
static size_t plain_words(const char *text, size_t len, size_t start, bool phrase, size_t *end)
{
    size_t at = start, count = 0, most = phrase ? 25 : 10;
    *end = start;
    while (count < most) {
        size_t w = at;
        /* 1. abandon 2. ability */
        if (phrase) {
            while (w < len && (kor_byte(text[w]) & KOR_BYTE_DIGIT)) w++;
            if (w > at && w < len && (text[w] == '.' || text[w] == ')')) w++;
            if (w > at) w = skip_spaces(text, len, w);
        }
        size_t word = w;
        while (w < len && (kor_byte(text[w]) & (KOR_BYTE_LETTER | KOR_BYTE_HIGH))) w++;
        if (w == word || w - word > 20) break;
        if (!phrase && function_word(text + word, w - word)) return 0;
        if (phrase && count > 0 && function_word(text + word, w - word)) break;
        count++;
        *end = w;
        if (w >= len || line_end(text[w])) return count;
        size_t next = skip_spaces(text, len, w);
        if (phrase && next < len && (text[next] == ',' || text[next] == '-')) /* a, b, c; a-b-c */
            next = skip_spaces(text, len, next + 1);
        if (phrase && next == w && next + 1 < len && line_end(text[next])) next++;
        if (next == w || next >= len) break;
        at = next;
    }
    if (!phrase && *end < len && !line_end(text[*end]) && strchr(".;)\"", text[*end]) == NULL)
        return 0;
    return count;
}

/* A word of type or scheme before the value: Authorization: Bearer x; password: str = "x". */
static const char *const schemes[] = {"bearer",  "basic",     "token",  "apikey",
                                      "digest",  "negotiate", "key",    "pre-shared-key",
                                      "api-key", "bot",       "splunk", "genie"};
static const char *const types[] = {"str",       "string",   "text",  "char",  "std",
                                    "secretstr", "optional", "const", "final", "static",
                                    "auto",      "varchar",  "any"};

/* A value in quotes or not at at. */
static bool take(const char *text, size_t len, size_t at, kor_secret_link link,
                 kor_secret_word word, bool parameter, bool listed, kor_secret_value *out)
{
    int mark;
    if (at >= len) return false;
    /* b"x", u'x', f"x", r"x", @"x", L"x" */
    if (at + 1 < len && strchr("bufrL@", text[at]) && (text[at + 1] == '"' || text[at + 1] == '\''))
        at++;
    size_t quote = kor_secret_quote(text + at, len - at, &mark);
    *out = (kor_secret_value){.link = link};
    if (quote) {
        size_t start = at + quote, end;
        /* """x""" */
        while (start < len && text[start] == text[at] && quote == 1 && start < at + 3) start++;
        if (quoted_end(text, len, start, mark, text[at] == '\\' ? quote : 0, &end)) {
            while (end > start && space(text[end - 1])) end--;
            while (start < end && space(text[start])) start++;
            if (end == start) return false;
            *out =
                (kor_secret_value){start, end, link, true, memchr(text + start, ' ', end - start)};
            /* Headers in quotes: "Authorization": "Bearer x". */
            size_t scheme = ONE_OF(text, end, start, schemes);
            if (scheme && start + scheme < end && space(text[start + scheme])) {
                out->start = skip_spaces(text, end, start + scheme);
                out->several = memchr(text + out->start, ' ', end - out->start) != NULL;
            }
            return out->start < out->end;
        }
        at = start; /* it is not closed */
    }
    /* Markdown around it: **x**, `x` was a quote already. */
    while (at + 1 < len && text[at] == '*' && text[at + 1] == '*') at += 2;
    size_t end = bare_end(text, len, at, parameter, listed);
    if (end <= at) return false;
    *out = (kor_secret_value){at, end, link, false, false};
    if (parameter || link == KOR_LINK_TAG) {
        if (link == KOR_LINK_TAG) {
            size_t stop = at;
            while (stop < len && stop - at < KOR_SECRET_VALUE_MOST && text[stop] != '<' &&
                   !line_end(text[stop]))
                stop++;
            if (stop < len && text[stop] == '<') {
                while (stop > at && space(text[stop - 1])) stop--;
                out->end = stop;
            }
        }
        return out->end > out->start;
    }
    bool phrase = word == KOR_WORD_PHRASE;
    if (phrase || word == KOR_WORD_PASSWORD || word == KOR_WORD_WIFI) {
        size_t words_end, count;
        if (link == KOR_LINK_SPACE && !phrase) return true;
        count = plain_words(text, len, at, phrase, &words_end);
        if (count >= 3 && words_end > end) {
            out->end = words_end;
            out->several = true;
        }
    }
    return true;
}

bool kor_secret_value_after(const char *text, size_t len, size_t name, size_t name_end,
                            kor_secret_word word, kor_secret_value *out)
{
    enum { AHEAD = 72 };
    size_t at = name_end;
    int mark;
    bool key_quoted = false, compares = false, parameter = false, flag = false, listed = false;
    *out = (kor_secret_value){.link = KOR_LINK_NONE};
    if (name > 0) {
        char before = text[name - 1];
        parameter = before == '?' || before == '&';
        flag = before == '-' && (name < 2 || text[name - 2] == '-' || space(text[name - 2]));
        listed = before == ';';
        bool tag = before == '<' && at < len && text[at] == '>';
        if (tag)
            return take(text, len, at + 1, KOR_LINK_TAG, word, false, false, out) &&
                   out->end + 1 < len && text[out->end] == '<' && text[out->end + 1] == '/';
    }
    /* Behind the name: its closing quote, bracket, emphasis. */
    for (int i = 0; i < 4 && at < len; i++) {
        size_t quote = kor_secret_quote(text + at, len - at, &mark);
        if (quote) {
            at += quote;
            key_quoted = true;
        } else if (text[at] == ']' || text[at] == '*' || text[at] == '_' ||
                   (text[at] == ')' && i > 0))
            at++;
        else
            break;
    }
    if (at + 5 < len && memcmp(text + at, "</key>", 6) == 0) { /* a property list */
        size_t tag = at + 6;
        while (tag < len && tag - at < 40 && (kor_byte(text[tag]) & KOR_BYTE_SPACE)) tag++;
        if (tag + 8 < len && memcmp(text + tag, "<string>", 8) == 0)
            return take(text, len, tag + 8, KOR_LINK_TAG, word, false, false, out);
        return false;
    }
    /* </b>, </td><td> and other tags between. */
    for (int i = 0; i < 3 && at < len && text[at] == '<'; i++) {
        size_t tag = at + 1;
        while (tag < len && tag - at < 40 && text[tag] != '>' && text[tag] != '<' &&
               !line_end(text[tag]))
            tag++;
        if (tag >= len || text[tag] != '>') break;
        if (i == 0 && text[at + 1] != '/' && text[at + 1] != 't' && text[at + 1] != 'b' &&
            text[at + 1] != 'c')
            break;
        at = tag + 1;
        key_quoted = true;
        if (at < len && (kor_byte(text[at]) & (KOR_BYTE_ALNUM)) && i > 0)
            return take(text, len, at, KOR_LINK_TAG, word, false, false, out);
    }
    size_t gap = at;
    at = skip_spaces(text, len, at);
    bool spaced = at > gap;
    /* A word in brackets: password (staging): x */
    if (at < len && text[at] == '(' && spaced) {
        size_t close = at;
        while (close < len && close - at < 40 && text[close] != ')' && !line_end(text[close]))
            close++;
        if (close < len && text[close] == ')') {
            size_t next = skip_spaces(text, len, close + 1);
            bool ignore;
            if (sign_at(text, len, next, &ignore)) at = next;
        }
    }
    /* Passport no. x, PIN number: x */
    if (spaced && (word == KOR_WORD_ID || word == KOR_WORD_BANK || word == KOR_WORD_CARD ||
                   word == KOR_WORD_PIN || word == KOR_WORD_CODE || word == KOR_WORD_LOGIN)) {
        static const char *const fillers[] = {
            "number",    "numbers",   "no",      "nr",       "num", "nummer", "numero",
            "n\xc2\xb0", "n\xc2\xba", "details", "security", "id",  "data"};
        for (int i = 0; i < 3 && at < len; i++) {
            size_t n = ONE_OF(text, len, at, fillers);
            if (!n && text[at] == '#') n = 1;
            if (!n) break;
            at += n;
            if (at < len && text[at] == '.') at++;
            at = skip_spaces(text, len, at);
        }
    }
    if (at >= len) return false;
    size_t sign = sign_at(text, len, at, &compares);
    if (word == KOR_WORD_PIN && text[at] == '?' && at + 1 < len && text[at + 1] == ' ') sign = 1;
    if (sign) {
        at = skip_spaces(text, len, at + sign);
        if (text[name_end] == '%' && sign == 3) parameter = true;
        /* "password":= x, password: = x, password => > x; Markdown's **Password:** x */
        bool again;
        size_t more = at < len ? sign_at(text, len, at, &again) : 0;
        if (more && !again) at = skip_spaces(text, len, at + more);
        while (at < len && (text[at] == '*' || text[at] == '_') && at + 1 < len &&
               (text[at + 1] == text[at] || space(text[at + 1]))) {
            at++;
            if (at < len && space(text[at])) at = skip_spaces(text, len, at);
        }
        if (at >= len) return false;
        if (compares) {
            if (!kor_secret_quote(text + at, len - at, &mark)) return false;
            return take(text, len, at, KOR_LINK_SIGN, word, false, false, out);
        }
        /* A type, then the value: password: str = "x" */
        size_t type = ONE_OF(text, len, at, types);
        if (type) {
            size_t next = at + type;
            for (int i = 0; i < 24 && next < len && text[next] != '=' && text[next] != ',' &&
                            text[next] != ')' && text[next] != ';' && !line_end(text[next]);
                 i++)
                next++;
            if (next < len && text[next] == '=' && next + 1 < len && text[next + 1] != '=') {
                next = skip_spaces(text, len, next + 1);
                if (next < len && kor_secret_quote(text + next, len - next, &mark))
                    return take(text, len, next, KOR_LINK_SIGN, word, false, false, out);
            }
        }
        size_t scheme = ONE_OF(text, len, at, schemes);
        if (scheme && at + scheme < len && space(text[at + scheme]) &&
            (word == KOR_WORD_TOKEN || word == KOR_WORD_API_KEY))
            at = skip_spaces(text, len, at + scheme);
        if (at < len && line_end(text[at])) {
            if (text[at - 1] == '=') return false;
            goto next_line;
        }
        return take(text, len, at, flag ? KOR_LINK_FLAG : KOR_LINK_SIGN, word, parameter, listed,
                    out);
    }
    if (line_end(text[at])) goto next_line;
    if (key_quoted &&
        (text[at] == ',' || (text[at] == ')' && at + 1 < len && text[at + 1] == ','))) {
        size_t next = skip_spaces(text, len, at + (text[at] == ')' ? 2 : 1));
        if (next < len && kor_secret_quote(text + next, len - next, &mark))
            return take(text, len, next, KOR_LINK_LIST, word, false, false, out) &&
                   !(out->end + 1 < len && text[out->end + 1] == ':'); /* the next key */
        return false;
    }
    if (text[at] == '(') {
        size_t next = skip_spaces(text, len, at + 1);
        if (next < len && kor_secret_quote(text + next, len - next, &mark))
            return take(text, len, next, KOR_LINK_CALL, word, false, false, out);
        return false;
    }
    /* name="password" value="x", content="x" */
    if (key_quoted || spaced) {
        static const char *const attributes[] = {"value", "content", "default", "val"};
        size_t attribute = ONE_OF(text, len, at, attributes);
        if (attribute) {
            size_t next = skip_spaces(text, len, at + attribute);
            bool again;
            size_t s = next < len ? sign_at(text, len, next, &again) : 0;
            if (s && !again) {
                next = skip_spaces(text, len, next + s);
                return take(text, len, next, KOR_LINK_SIGN, word, false, false, out);
            }
        }
    }
    if (kor_secret_quote(text + at, len - at, &mark) && spaced)
        return take(text, len, at, flag ? KOR_LINK_FLAG : KOR_LINK_SPACE, word, false, false, out);
    if (!spaced) {
        /* CJK and others without spaces: the copula at once. */
        static const char *const marks[] = {"\xe6\x98\xaf", "\xe4\xb8\xba", "\xe3\x81\xaf",
                                            "\xeb\x8a\x94", "\xec\x9d\x80"};
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
            if (len - at > 3 && memcmp(text + at, marks[i], 3) == 0) {
                at = skip_spaces(text, len, at + 3);
                bool again;
                size_t s = at < len ? sign_at(text, len, at, &again) : 0;
                if (s) at = skip_spaces(text, len, at + s);
                return take(text, len, at, KOR_LINK_WORD, word, false, false, out);
            }
        if ((unsigned char)text[at] >= 0xe3 && word == KOR_WORD_PASSWORD) return false;
        if (!(kor_byte(text[name_end - 1]) & KOR_BYTE_HIGH)) return false;
    }
    if (flag) {
        if (text[at] == '-' || text[at] == '\\') return false;
        return take(text, len, at, KOR_LINK_FLAG, word, false, false, out);
    }
    /* - and |, in lists and tables. */
    if ((text[at] == '-' || text[at] == '|' || text[at] == '/') && at + 1 < len &&
        space(text[at + 1])) {
        at = skip_spaces(text, len, at + 1);
        if (at >= len || line_end(text[at])) return false;
        return take(text, len, at, KOR_LINK_SPACE, word, false, false, out);
    }
    if ((unsigned char)text[at] == 0xe2 && at + 3 < len && (unsigned char)text[at + 1] == 0x80 &&
        ((unsigned char)text[at + 2] == 0x93 || (unsigned char)text[at + 2] == 0x94)) {
        at = skip_spaces(text, len, at + 3);
        return take(text, len, at, KOR_LINK_SIGN, word, false, false, out);
    }
    /* Prose: a copula at once, or some words and then one, or a sign: password for the wifi is x.
     */
    size_t first = at;
    bool copula = false;
    for (int words = 0; words < 9 && at < len && at - first < AHEAD; words++) {
        size_t n = ONE_OF(text, len, at, copulas);
        if (n) {
            /* "to" and "on", "with" are links only right behind another or the keyword. */
            bool weak = n == 2 && (lower(text[at]) == 't' || lower(text[at]) == 'o');
            weak = weak || word_is(text, len, at, "with") || word_is(text, len, at, "e") ||
                   word_is(text, len, at, "auf") || word_is(text, len, at, "set") ||
                   word_is(text, len, at, "using") || word_is(text, len, at, "je") ||
                   word_is(text, len, at, "als") || word_is(text, len, at, "of");
            size_t next = skip_spaces(text, len, at + n);
            bool again;
            size_t s = next < len ? sign_at(text, len, next, &again) : 0;
            if (s && !again) {
                next = skip_spaces(text, len, next + s);
                if (next < len && line_end(text[next])) next = skip_spaces(text, len, next + 1);
                return take(text, len, next, KOR_LINK_WORD, word, false, false, out);
            }
            if (next == at + n || next >= len) return false;
            if (!weak) copula = true;
            bool more = ONE_OF(text, len, next, copulas) > 0;
            if (!weak && !more)
                return take(text, len, next, KOR_LINK_WORD, word, false, false, out);
            if (weak && copula && !more)
                return take(text, len, next, KOR_LINK_WORD, word, false, false, out);
            at = next;
            continue;
        }
        size_t w = at;
        while (w < len && w - at < 24 &&
               ((kor_byte(text[w]) & (KOR_BYTE_ALNUM | KOR_BYTE_HIGH)) || text[w] == '-' ||
                text[w] == '\'' || text[w] == '_' || text[w] == '.' || text[w] == '@'))
            w++;
        if (w == at) break;
        bool ignore;
        size_t close = w;
        if (close < len && (text[close] == ')' || text[close] == '"')) close++;
        size_t s = close < len ? sign_at(text, len, skip_spaces(text, len, close), &ignore) : 0;
        if (s && !ignore && words < 8) {
            size_t sign_start = skip_spaces(text, len, close);
            size_t next = skip_spaces(text, len, sign_start + s);
            /* "password manager: x", but "https:" and "12:30" are none. */
            if (next > sign_start + s && next < len) {
                if (line_end(text[next])) return false;
                return take(text, len, next, KOR_LINK_WORD, word, false, false, out);
            }
            break;
        }
        if (w >= len || !space(text[w])) break;
        at = skip_spaces(text, len, w);
    }
    /* Nothing but a space: "pw hunter2". */
    return take(text, len, first, KOR_LINK_SPACE, word, false, false, out);
next_line:
    /* Python's pass. */
    if (name_end - name == 4 && memcmp(text + name, "pass", 4) == 0 && text[name_end] != ':')
        return false;
    /* The next line that has something, and only one word. */
    for (int lines = 0; lines < 2 && at < len && line_end(text[at]); lines++) {
        at++;
        if (at < len && text[at - 1] == '\r' && text[at] == '\n') at++;
        at = skip_spaces(text, len, at);
    }
    while (at < len && (text[at] == '>' || text[at] == '|' ||
                        (text[at] == '-' && at + 1 < len && space(text[at + 1]))))
        at = skip_spaces(text, len, at + 1);
    if (at >= len || line_end(text[at])) return false;
    if (!take(text, len, at, KOR_LINK_LINE, word, false, false, out)) return false;
    if (!out->quoted) { /* the next setting, name=x or name: */
        size_t name_at = out->start;
        while (name_at < out->end &&
               (kor_byte(text[name_at]) & KOR_BYTE_ALNUM || text[name_at] == '_'))
            name_at++;
        if (name_at > out->start && name_at < len && (text[name_at] == '=' || text[name_at] == ':'))
            return false;
    }
    size_t rest = skip_spaces(text, len, out->end);
    if (out->quoted || out->several || rest >= len || line_end(text[rest])) return true;
    return false;
}
