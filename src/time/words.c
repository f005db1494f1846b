/* SPDX-License-Identifier: Apache-2.0 */
#include "time/words.h"

#include <string.h>

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/* Bytes of the block General Punctuation (U+2000 to U+206F) at i: 3 or 0. */
static size_t general_mark(const kor_words *w, size_t i)
{
    bool mark =
        w->len - i >= 3 && w->text[i] == 0xe2 && (w->text[i + 1] == 0x80 || w->text[i + 1] == 0x81);
    return mark ? 3 : 0;
}

/* Bytes of white space at i; a no-break space is C2 A0. */
static size_t space(const kor_words *w, size_t i)
{
    unsigned char c = w->text[i];
    if (c == ' ' || (c >= '\t' && c <= '\r')) return 1;
    return w->len - i >= 2 && c == 0xc2 && w->text[i + 1] == 0xa0 ? 2 : 0;
}

/* Everything beyond ASCII that is not punctuation is taken for letters. */
static bool is_letter(const kor_words *w, size_t i)
{
    unsigned char c = w->text[i];
    if (c >= 0x80) return !general_mark(w, i) && !space(w, i);
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static void read_number(kor_words *w, kor_token *t)
{
    t->word = KOR_WORD_NUMBER;
    for (; w->at < w->len && is_digit(w->text[w->at]); w->at++) {
        int32_t value = t->value * 10 + (w->text[w->at] - '0');
        t->value = value < 9999999 ? value : 9999999;
        if (t->digits < 255) t->digits++;
    }
}

static void read_word(kor_words *w, kor_token *t)
{
    while (w->at < w->len && is_letter(w, w->at)) w->at++;
    kor_lexeme found;
    t->capital = w->text[t->start] >= 'A' && w->text[t->start] <= 'Z';
    if (!kor_lexicon_find(&found, w->text + t->start, w->at - t->start)) return;
    t->word = (kor_word)found.word;
    t->value = found.value;
    t->flags = found.flags;
}

static void read_mark(kor_words *w, kor_token *t)
{
    size_t general = general_mark(w, w->at);
    t->word = KOR_WORD_MARK;
    if (general) {
        unsigned char last = w->text[w->at + 2];
        bool basic = w->text[w->at + 1] == 0x80;
        t->value = basic && last == 0x93 ? '-' : basic && last == 0x99 ? '\'' : 0x80;
        w->at += general;
    } else {
        t->value = w->text[w->at++];
    }
}

/* Whether a token may not begin an expression right after the one before it. */
static bool is_joined(const kor_token *before, const kor_token *t)
{
    if (!t->glued) return false;
    if (before->word != KOR_WORD_MARK) return true;
    /* 1,000 is a number; "today,tomorrow" are two words. */
    if (before->value == ',') return before->glued && t->word == KOR_WORD_NUMBER;
    return before->value < 0x80 && before->value && strchr("./\\-:@#$%+=~&>", before->value);
}

static void read_token(kor_words *w)
{
    static const kor_token none = {.word = KOR_WORD_MARK, .value = ' '};
    const kor_token *before = w->count ? &w->window[(w->count - 1) % KOR_WORDS_KEPT] : &none;
    size_t gap = w->at;
    for (size_t n = 1; w->at < w->len && (n = space(w, w->at)) > 0;) w->at += n;
    kor_token t = {.start = w->at, .word = KOR_WORD_NONE};
    int lines = 0;
    for (size_t i = gap; i < w->at; i++)
        lines += w->text[i] == '\t' ? 2 : w->text[i] == '\n' || w->text[i] == '\v';
    /* A paragraph, a column, or a line that begins with a number is another matter. */
    t.apart =
        w->count == 0 || lines > 1 || (lines == 1 && w->at < w->len && is_digit(w->text[w->at]));
    t.glued = w->at == gap && w->at > 0;
    if (w->at == w->len) {
        t.word = KOR_WORD_END;
        t.glued = false;
    } else if (is_digit(w->text[w->at])) {
        read_number(w, &t);
    } else if (is_letter(w, w->at)) {
        read_word(w, &t);
    } else {
        read_mark(w, &t);
    }
    t.end = w->at;
    t.joined = is_joined(before, &t);
    w->window[w->count++ % KOR_WORDS_KEPT] = t;
}

void kor_words_begin(kor_words *w, const char *text, size_t len)
{
    w->text = (const unsigned char *)text;
    w->len = len;
    w->at = w->first = w->count = 0;
}

const kor_token *kor_words_at(kor_words *w, size_t i)
{
    static const kor_token end = {.word = KOR_WORD_END};
    if (i >= w->first + KOR_WORDS_AHEAD) return &end;
    while (w->count <= i) read_token(w);
    return &w->window[i % KOR_WORDS_KEPT];
}

bool kor_words_is(const kor_words *w, const kor_token *t, const char *word)
{
    size_t len = strlen(word);
    if (t->end - t->start != len) return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = w->text[t->start + i];
        if ((c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c) != (unsigned char)word[i]) return false;
    }
    return true;
}
