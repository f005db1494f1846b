/* SPDX-License-Identifier: Apache-2.0 */
#include "text/codegrams.h"

#include "korora.h"

#include <stdbool.h>
#include <string.h>

#define PRIME 0x100000001b3ull /* FNV-1a, 64 bits */
#define SEED 0xcbf29ce484222325ull

enum {
    HISTORY = 4,      /* tokens before that a run of classes reaches back to */
    PUNCTUATION = 6,  /* characters of a token of it, at most */
    QUOTED = 160,     /* bytes between quotes, at most */
    COMMENTED = 4000, /* bytes of a comment of several lines, at most */
    WORD_BYTES = 40,  /* of a word that is read as it is; longer ones are of a class only */
    LINE_TOKENS = 3   /* first tokens of a line that are read with its indentation */
};

/* What a feature is of: a part of its hash, so that the kinds are apart. */
enum feature_kind {
    TOKEN = 1,
    PAIR,
    WORD_THEN,
    BEFORE_WORD,
    CLASSES,
    LINE_START,
    LINE_START_PAIR,
    LINE_END,
    INNER,
    QUOTED_MARK,
    PREFIX,
    SUFFIX,
    FOLDED,
    TEXT_START
};

/* Classes of tokens: of punctuation and line ends, their own hash stands for them. */
enum word_class { NONE, SMALL, CAPITAL, CAPITALS, MIXED, SNAKE, NUMBER, HEXADECIMAL, LONG, OTHER };

typedef struct token {
    uint64_t exact, rough; /* rough: by class */
    bool word;
} token;

typedef struct reader {
    const unsigned char *text;
    size_t len, at;
    uint32_t *out;
    size_t count, max;
    token before[HISTORY]; /* the last first */
    size_t line_tokens;    /* so far in this line */
    size_t indent;         /* class of this line's */
    size_t spaces;         /* of the line before, to tell whether one is deeper */
    token first;           /* of the line */
    size_t tokens;
} reader;

static uint64_t mix(uint64_t a, uint64_t b)
{
    return (a ^ (b + 0x9e3779b97f4a7c15ull + (a << 6) + (a >> 2))) * PRIME;
}

/* The finaliser of splitmix64; the upper half is the key. */
static void emit(reader *r, enum feature_kind kind, uint64_t hash, bool whole)
{
    if (r->count == r->max) return;
    uint64_t x = mix(hash, (uint64_t)kind * 0x9e3779b97f4a7c15ull);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    r->out[r->count++] = ((uint32_t)((x ^ (x >> 31)) >> 32) & ~1u) | whole;
}

static uint64_t hash_of(const unsigned char *s, size_t len)
{
    uint64_t hash = SEED;
    for (size_t i = 0; i < len; i++) hash = (hash ^ s[i]) * PRIME;
    return hash;
}

/* ---- Characters ---- */

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

static bool is_small(unsigned char c)
{
    return c >= 'a' && c <= 'z';
}

static bool is_capital(unsigned char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_word(unsigned char c)
{
    return is_small(c) || is_capital(c) || is_digit(c) || c == '_' || c >= 0x80;
}

static bool is_space(unsigned char c)
{
    return c <= ' ' || c == 0x7f;
}

static bool is_punctuation(unsigned char c)
{
    return !is_word(c) && !is_space(c);
}

/* The character n after the one that is read, 0 past the end. */
static unsigned char peek(const reader *r, size_t n)
{
    return r->at + n < r->len ? r->text[r->at + n] : 0;
}

static enum word_class class_of(const unsigned char *s, size_t len)
{
    bool small = false, capital = false, under = false, other = false;
    if (is_digit(*s)) return len > 1 && *s == '0' && !is_digit(s[1]) ? HEXADECIMAL : NUMBER;
    if (len > WORD_BYTES) return LONG;
    for (size_t i = 0; i < len; i++) {
        small |= is_small(s[i]);
        capital |= is_capital(s[i]);
        under |= s[i] == '_';
        other |= s[i] >= 0x80;
    }
    if (other) return OTHER;
    if (under && small) return SNAKE;
    if (!small) return CAPITALS;
    if (!capital) return SMALL;
    for (size_t i = 1; i < len; i++) {
        if (is_capital(s[i])) return MIXED;
    }
    return CAPITAL;
}

/* ---- Tokens ---- */

static void classes(reader *r, const token *t)
{
    uint64_t hash = t->rough;
    for (size_t i = 0; i < HISTORY && r->before[i].rough; i++) {
        hash = mix(hash, r->before[i].rough);
        emit(r, CLASSES, mix(hash, i), false);
    }
}

/* A token of a line: features of it and of what stands before it. */
static void take(reader *r, const token *t)
{
    const token *last = &r->before[0];
    emit(r, TOKEN, t->exact, true);
    if (last->exact) {
        emit(r, PAIR, mix(t->exact, last->exact), true);
        if (t->word) emit(r, BEFORE_WORD, mix(t->exact, last->rough), true);
        if (last->word) emit(r, WORD_THEN, mix(t->rough, last->exact), true);
    }
    classes(r, t);
    if (r->line_tokens == 0) {
        r->first = *t;
        emit(r, LINE_START, t->exact, true);
        emit(r, LINE_START, mix(t->exact, r->indent), true);
    } else if (r->line_tokens < LINE_TOKENS) {
        emit(r, LINE_START_PAIR, mix(mix(r->first.exact, t->rough), r->line_tokens), true);
    }
    if (r->tokens < 2) emit(r, TEXT_START, mix(t->exact, r->tokens), true);
    r->tokens++;
    r->line_tokens++;
    memmove(r->before + 1, r->before, (HISTORY - 1) * sizeof *r->before);
    r->before[0] = *t;
}

static void word(reader *r)
{
    const unsigned char *s = r->text + r->at;
    size_t len = 0;
    while (r->at + len < r->len && is_word(s[len])) len++;
    r->at += len;
    enum word_class what = class_of(s, len);
    token t = {.rough = mix(SEED, what), .word = true};
    t.exact = what == LONG || what == NUMBER ? t.rough : hash_of(s, len);
    if (what == NUMBER && len > 1) { /* what follows its digits: 1u, 10L, 5px */
        size_t n = len;
        while (n > 0 && !is_digit(s[n - 1])) n--;
        if (n < len) emit(r, SUFFIX, hash_of(s + n, len - n), true);
    }
    if (what >= SMALL && what <= SNAKE && len > 3) {
        for (size_t n = 2; n <= 3; n++) {
            emit(r, PREFIX, hash_of(s, n), false);
            emit(r, SUFFIX, hash_of(s + len - n, n), false);
        }
    }
    if (what == CAPITAL || what == CAPITALS) { /* languages that do not tell cases apart */
        uint64_t hash = SEED;
        for (size_t i = 0; i < len; i++)
            hash = (hash ^ (is_capital(s[i]) ? s[i] | 0x20u : s[i])) * PRIME;
        emit(r, FOLDED, hash, true);
    } else if (what == SMALL) {
        emit(r, FOLDED, t.exact, true);
    }
    take(r, &t);
}

/* Words up to there are passed over; their punctuation is read by itself. */
static void pass(reader *r, size_t end)
{
    for (; r->at < end; r->at++) {
        unsigned char c = r->text[r->at], next = peek(r, 1);
        if (is_punctuation(c) && c < 0x80 && r->at + 1 < end && !is_space(next))
            emit(r, QUOTED_MARK, mix(c, is_word(next) ? 'w' : next), false);
    }
}

/* Where the quote at a byte ends on its line, or 0. */
static size_t quote_end(const reader *r, size_t at)
{
    unsigned char quote = r->text[at];
    size_t most = at + QUOTED < r->len ? at + QUOTED : r->len;
    if (quote != '"' && quote != '\'' && quote != '`') return 0;
    if (quote != '"' && at && is_word(r->text[at - 1])) return 0;
    for (size_t i = at + 1; i < most && r->text[i] != '\n'; i++) {
        if (r->text[i] == '\\')
            i++;
        else if (r->text[i] == quote)
            return i > at + 1 ? i : 0;
    }
    return 0;
}

static size_t line_end(const reader *r, size_t at)
{
    const unsigned char *stop = memchr(r->text + at, '\n', r->len - at);
    return stop ? (size_t)(stop - r->text) : r->len;
}

/* Does a mark, whose first byte is known to be there, stand at a byte? */
static bool stands(const reader *r, size_t at, const char *mark)
{
    for (size_t i = 1; mark[i]; i++) {
        if (at + i >= r->len || r->text[at + i] != (unsigned char)mark[i]) return false;
    }
    return true;
}

typedef struct comment {
    char open[6], close[4]; /* without close: to the end of the line */
    bool first;             /* only where a line begins */
} comment;

/* The marks of many languages: which one a text is in is not known here. */
static const comment comments[] = {
    {"/*", "*/", false},    {"(*", "*)", false},         {"{-", "-}", false},
    {"<!--", "-->", false}, {"\"\"\"", "\"\"\"", false}, {"--[[", "]]", false},
    {"#|", "|#", false},    {"<#", "#>", false},         {"'''", "'''", false},
    {"//", "", false},      {"# ", "", false},           {"-- ", "", false},
    {"; ", "", true},       {";; ", "", true},           {";;; ", "", true},
    {"% ", "", true},       {"%% ", "", true},           {"' ", "", true},
    {"! ", "", true},       {"\" ", "", true},           {"* ", "", true},
};

/* Where the comment that begins at a byte ends, or 0. *mark is the length of what opens it. */
static size_t comment_end(const reader *r, size_t at, size_t *mark)
{
    for (size_t i = 0; i < sizeof comments / sizeof *comments; i++) {
        const comment *c = &comments[i];
        if ((unsigned char)c->open[0] != r->text[at] || !stands(r, at, c->open)) continue;
        *mark = strlen(c->open);
        if (*c->close) {
            size_t from = at + *mark, most = r->len - from;
            if (most > COMMENTED) most = COMMENTED;
            const unsigned char *end = memmem(r->text + from, most, c->close, strlen(c->close));
            if (end) return (size_t)(end - r->text);
            continue;
        }
        bool apart = !at || is_space(r->text[at - 1]);
        if (!apart || (c->first && r->line_tokens)) continue;
        if (c->open[*mark - 1] == ' ') --*mark;
        return line_end(r, at);
    }
    return 0;
}

/* How many characters of punctuation from a byte on are one token: up to where a quote or a comment
 * begins. */
static size_t punctuation_length(const reader *r, size_t at)
{
    size_t n = 1, mark;
    while (n < PUNCTUATION && at + n < r->len && is_punctuation(r->text[at + n]) &&
           !quote_end(r, at + n) && !comment_end(r, at + n, &mark))
        n++;
    return n;
}

static void punctuation(reader *r)
{
    const unsigned char *s = r->text + r->at;
    size_t len = 0, comment_to = comment_end(r, r->at, &len);
    size_t quote = comment_to ? 0 : quote_end(r, r->at);
    if (!comment_to) len = quote ? 1 : punctuation_length(r, r->at);
    token t = {.exact = hash_of(s, len)};
    for (size_t i = 0; len > 1 && i < len; i++) {
        emit(r, INNER, s[i], false);
        if (len > 2 && i + 1 < len) emit(r, INNER, mix(s[i], s[i + 1]), false);
    }
    if (comment_to) t.exact = mix(t.exact, 'c');
    t.rough = t.exact;
    bool to_line_end = comment_to && (comment_to == r->len || r->text[comment_to] == '\n');
    take(r, &t);
    r->at += len;
    if (quote) pass(r, quote + 1);
    if (to_line_end)
        r->at = comment_to;
    else if (comment_to)
        pass(r, comment_to);
}

static void end_line(reader *r)
{
    if (!r->line_tokens) return;
    emit(r, LINE_END, r->before[0].exact, true);
    emit(r, LINE_END, mix(r->before[0].rough, r->first.rough), false);
    emit(r, LINE_END, mix(r->before[0].exact, mix(r->first.exact, 1)), true);
    r->line_tokens = 0;
}

/* The end of a line, and how the next one is indented. */
static void line(reader *r)
{
    size_t spaces = 0, tabs = 0;
    end_line(r);
    while (r->at < r->len && is_space(r->text[r->at])) {
        unsigned char c = r->text[r->at++];
        if (c == '\n')
            spaces = tabs = 0;
        else
            spaces += c == ' ', tabs += c == '\t';
    }
    size_t deep = spaces + 8 * tabs;
    r->indent = tabs ? 12 : !spaces ? 8 : spaces % 4 == 0 ? 9 : spaces % 2 == 0 ? 10 : 11;
    token t = {.exact = mix('\n', deep > r->spaces ? 2 : deep < r->spaces ? 1 : 0)};
    t.rough = t.exact;
    r->spaces = deep;
    if (r->tokens && r->at < r->len) {
        emit(r, LINE_START, mix(r->indent, 77), false);
        classes(r, &t);
        memmove(r->before + 1, r->before, (HISTORY - 1) * sizeof *r->before);
        r->before[0] = t;
    }
}

size_t kor_codegrams_read(const char *text, size_t len, uint32_t *out, size_t max)
{
    reader r = {.text = (const unsigned char *)text,
                .len = len < KOR_TEXT_MAX ? len : KOR_TEXT_MAX,
                .out = out,
                .max = max};
    if (r.len) line(&r);
    while (r.at < r.len && r.count < max) {
        unsigned char c = r.text[r.at];
        if (c == '\n')
            line(&r);
        else if (is_space(c))
            r.at++;
        else if (is_word(c))
            word(&r);
        else
            punctuation(&r);
    }
    end_line(&r);
    return r.count;
}
