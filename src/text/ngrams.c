/* SPDX-License-Identifier: Apache-2.0 */
#include "text/ngrams.h"

#include "korora.h"
#include "text/codegrams.h"
#include "text/layout.h"
#include "text/utf8.h"

#include <stdbool.h>
#include <utf8proc.h>

#define PRIME 0x100000001b3ull /* FNV-1a, 64 bits, a code point at a time */
#define WORD_SEED 0xcbf29ce484222325ull
#define CHARS_SEED 0x84222325cbf29ce4ull
#define FIRST_WORD 0x9e3779b97f4a7c15ull /* stands before the first word */

enum { DECOMPOSED_MAX = 32 };

typedef enum kind { SPACE, WORD, SYMBOL } kind;

typedef struct reader {
    const kor_ngrams *shape;
    uint32_t *out;
    size_t count, max;
    uint32_t word[KOR_WORD_MAX + 2]; /* "<word>" */
    size_t length;                   /* of the word, without < and > */
    uint32_t apostrophe;             /* came after the word and may belong to it; 0 for none */
    uint64_t before[KOR_NGRAMS_WORDS - 1]; /* hashes of the words before, the last first */
} reader;

/* The finaliser of splitmix64; the upper half is the key. */
static uint32_t key_of(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    return (uint32_t)((x ^ (x >> 31)) >> 32);
}

static void emit(reader *r, uint64_t hash, uint32_t is_words)
{
    if (r->count < r->max) r->out[r->count++] = (key_of(hash) & ~1u) | is_words;
}

static void emit_words(reader *r, uint64_t hash)
{
    emit(r, hash, 1);
    uint64_t joined = hash;
    for (size_t i = 0; i + 1 < r->shape->words; i++) {
        if (!r->before[i]) break;
        joined = (joined ^ (r->before[i] >> 29) ^ (r->before[i] << 3)) * PRIME + i + 1;
        emit(r, joined, 1);
    }
    for (size_t i = KOR_NGRAMS_WORDS - 2; i > 0; i--) r->before[i] = r->before[i - 1];
    r->before[0] = hash;
}

static void end_word(reader *r)
{
    size_t n = r->length;
    if (!n) return;
    uint32_t *word = r->word;
    word[0] = '<';
    word[n + 1] = '>';
    uint64_t hash = WORD_SEED;
    for (size_t i = 1; i <= n; i++) hash = (hash ^ word[i]) * PRIME;
    emit_words(r, hash);
    size_t from = r->shape->chars_from, to = r->shape->chars_to;
    for (size_t start = 0; to && start + from <= n + 2; start++) {
        hash = CHARS_SEED;
        for (size_t i = start; i < n + 2 && i < start + to; i++) {
            hash = (hash ^ word[i]) * PRIME;
            bool whole = start == 0 && i == n + 1; /* the word again */
            if (i + 1 - start >= from && !whole) emit(r, hash, 0);
        }
    }
    r->length = 0;
}

static void symbol(reader *r, uint32_t cp)
{
    end_word(r);
    emit_words(r, (WORD_SEED ^ cp) * PRIME);
}

static void drop_apostrophe(reader *r)
{
    uint32_t cp = r->apostrophe;
    r->apostrophe = 0;
    if (cp) symbol(r, cp);
}

static void add(reader *r, uint32_t cp)
{
    if (r->length == KOR_WORD_MAX) end_word(r);
    r->word[++r->length] = cp;
}

static void take(reader *r, uint32_t cp, kind what)
{
    if (what == WORD) {
        uint32_t apostrophe = r->apostrophe;
        r->apostrophe = 0;
        if (apostrophe) add(r, apostrophe);
        add(r, cp);
        return;
    }
    drop_apostrophe(r);
    if (what == SYMBOL && cp == '\'' && r->length)
        r->apostrophe = cp;
    else if (what == SYMBOL)
        symbol(r, cp);
    else
        end_word(r);
}

static kind kind_of(uint32_t cp)
{
    static const kind kinds[] = {
        [KOR_CHAR_WORD] = WORD, [KOR_CHAR_SPACE] = SPACE, [KOR_CHAR_SYMBOL] = SYMBOL};
    if ((cp >= 0x2e80 && cp <= 0x9fff) || cp >= 0x20000) return SYMBOL;
    return kinds[kor_utf8_class(cp)];
}

static void take_wide(reader *r, uint32_t cp)
{
    utf8proc_int32_t parts[DECOMPOSED_MAX];
    int last = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        (utf8proc_int32_t)cp, parts, DECOMPOSED_MAX,
        UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &last);
    for (utf8proc_ssize_t i = 0; i < n && i < DECOMPOSED_MAX; i++) {
        uint32_t part = (uint32_t)parts[i] == 0x2019 ? '\'' : (uint32_t)parts[i];
        take(r, part, kind_of(part));
    }
}

size_t kor_ngrams_read(const kor_ngrams *shape, const char *text, size_t len, uint32_t *out,
                       size_t max)
{
    if (shape->code) return kor_codegrams_read(text, len, out, max);
    reader r = {.shape = shape, .out = out, .max = max, .before = {FIRST_WORD}};
    size_t left = KOR_TEXT_MAX;
    if (shape->layout) r.count = kor_layout_read(text, len, out, max);
    for (size_t at = 0; at < len && r.count < max && left > 0; left--) {
        unsigned char c = (unsigned char)text[at];
        if (c >= 0x80) {
            uint32_t cp;
            at += kor_utf8_decode(text + at, len - at, &cp);
            take_wide(&r, cp);
            continue;
        }
        at++;
        unsigned lower = c | 0x20u;
        if (lower >= 'a' && lower <= 'z')
            take(&r, lower, WORD);
        else if (c >= '0' && c <= '9')
            take(&r, c, WORD);
        else
            take(&r, c, c <= ' ' || c == 0x7f ? SPACE : SYMBOL);
    }
    drop_apostrophe(&r);
    end_word(&r);
    return r.count;
}
