/* SPDX-License-Identifier: Apache-2.0 */
#include "text/wordfeatures.h"

#include "text/utf8.h"

#include <utf8proc.h>

#define PRIME 0x100000001b3ull /* FNV-1a, 64 bits, a code point at a time */
#define SEED 0xcbf29ce484222325ull

enum { FORM = 8, LONGEST = 20, FAR = 8, RUN_BYTES = 64 };

/* What a feature is of. The numbers are part of the keys. */
typedef enum template {
    SAME = 1,
    LOWER,
    START,
    START_4 = START + KOR_WORD_ENDS - 1,
    END,
    END_4 = END + KOR_WORD_ENDS - 1,
    SHAPE,
    SHAPES,
    FORM_OF,
    LENGTH,
    PLACE,
    BEFORE,
    BEFORE_2,
    AFTER,
    AFTER_2,
    PAIR_BEFORE,
    PAIR_AFTER,
    AROUND,
    BOTH_BEFORE,
    BOTH_AFTER,
    END_BEFORE,
    END_AFTER,
    SHAPE_BEFORE,
    SHAPE_AFTER,
    RUN,
    RUN_SHAPE,
    RUN_PLACE,
    RUN_BEFORE,
    RUN_AFTER,
    FAR_BEFORE,
    FAR_AFTER,
    LINE,
    LINE_PAIR,
    QUOTED,
    TRIPLE
} template;

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return (hash ^ value) * PRIME;
}

/* ---- Traits ---- */

static uint32_t lower_of(uint32_t cp)
{
    if (cp < 0x80) return cp >= 'A' && cp <= 'Z' ? cp + 32 : cp;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

static uint32_t shape_of(uint32_t cp, kor_word_kind kind)
{
    if (kind == KOR_WORD_DIGITS) return '0';
    if (kind == KOR_WORD_SYMBOL) return cp;
    if (lower_of(cp) != cp) return 'X';
    return cp < 0x80 ? 'x' : (uint32_t)utf8proc_toupper((utf8proc_int32_t)cp) != cp ? 'x' : 'a';
}

static void read_one(kor_word_traits *t, const char *text, const kor_word *w)
{
    uint32_t lower[KOR_WORDCUT_MAX + 1], shape = 0;
    size_t n = 0, at = w->start;
    t->same = t->shape = t->form = SEED;
    while (at < w->end && n < KOR_WORDCUT_MAX) {
        uint32_t cp;
        at += kor_utf8_decode(text + at, w->end - at, &cp);
        uint32_t kind = shape_of(cp, w->kind);
        t->same = mix(t->same, cp);
        if (n < FORM) t->form = mix(t->form, kind);
        if (kind != shape) t->shape = mix(t->shape, kind);
        shape = kind;
        lower[n++] = lower_of(cp);
    }
    t->lower = SEED;
    for (size_t i = 0; i < n; i++) {
        t->lower = mix(t->lower, lower[i]);
        if (i < KOR_WORD_ENDS) t->start[i] = t->lower;
    }
    for (size_t i = n; i < KOR_WORD_ENDS; i++) t->start[i] = 0;
    for (size_t k = 0; k < KOR_WORD_ENDS; k++) {
        t->end[k] = n > k ? SEED : 0;
        for (size_t i = 0; i <= k && n > k; i++) t->end[k] = mix(t->end[k], lower[n - 1 - i]);
    }
    t->length = (uint32_t)(n < LONGEST ? n : LONGEST);
}

/* The run of words from..to - 1 that no space parts. */
static void read_run(kor_word_traits *t, const kor_word *words, size_t from, size_t to)
{
    uint64_t run = SEED, shape = SEED;
    for (size_t i = from; i < to && i < from + RUN_BYTES; i++) {
        run = mix(run, words[i].kind == KOR_WORD_DIGITS ? t[i].form : t[i].lower);
        shape = mix(shape, t[i].shape);
    }
    for (size_t i = from; i < to; i++) {
        t[i].run = run;
        t[i].run_shape = shape;
        t[i].run_from = (uint32_t)from;
        t[i].run_to = (uint32_t)to;
    }
}

void kor_word_traits_read(kor_word_traits *out, const char *text, const kor_word *words,
                          size_t count)
{
    size_t run = 0, line = 0;
    bool quoted = false;
    for (size_t i = 0; i < count; i++) {
        read_one(&out[i], text, &words[i]);
        if (i && words[i].gap != KOR_GAP_NONE) {
            read_run(out, words, run, i);
            run = i;
        }
        if (words[i].gap == KOR_GAP_LINE) {
            line = i;
            quoted = false;
        }
        out[i].line_from = (uint32_t)line;
        out[i].quoted = quoted;
        quoted ^= words[i].end == words[i].start + 1 && text[words[i].start] == '"';
    }
    read_run(out, words, run, count);
}

/* ---- Features ---- */

typedef struct writer {
    uint32_t *out;
    size_t n;
} writer;

/* What a word must be known by to have the feature. */
static kor_feature_group group_of(template what)
{
    switch (what) {
    case SAME:
    case LOWER:
    case START_4:
    case END_4:
    case PAIR_BEFORE:
    case PAIR_AFTER:
    case TRIPLE:
    case RUN:
    case LINE_PAIR: return KOR_FEATURE_OWN;
    case BEFORE:
    case BEFORE_2:
    case AFTER:
    case AFTER_2:
    case AROUND:
    case BOTH_BEFORE:
    case BOTH_AFTER:
    case RUN_BEFORE:
    case RUN_AFTER:
    case FAR_BEFORE:
    case FAR_AFTER:
    case LINE: return KOR_FEATURE_AROUND;
    default: return KOR_FEATURE_FORM;
    }
}

/* The finaliser of splitmix64; the upper half is the key, but for two bits. */
static void put(writer *w, template what, uint64_t value)
{
    uint64_t x = value + (uint64_t)what * 0x9e3779b97f4a7c15ull;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
    w->out[w->n++] = ((uint32_t)((x ^ (x >> 31)) >> 32) & ~3u) | (uint32_t)group_of(what);
}

static uint64_t both(uint64_t a, uint64_t b)
{
    return mix(a ^ (a >> 29), b);
}

static void put_own(writer *w, const kor_word_traits *t)
{
    put(w, SAME, t->same);
    put(w, LOWER, t->lower);
    for (size_t k = 0; k < KOR_WORD_ENDS; k++) {
        if (t->start[k]) put(w, (template)(START + k), t->start[k]);
        if (t->end[k]) put(w, (template)(END + k), t->end[k]);
    }
    put(w, SHAPE, t->shape);
    put(w, FORM_OF, t->form);
    put(w, LENGTH, t->length);
    put(w, QUOTED, t->quoted);
}

static void put_neighbours(writer *w, const kor_word_traits *at, size_t i, size_t count)
{
    static const kor_word_traits edge = {.lower = 1, .shape = 1};
    const kor_word_traits *t = at + i, *b1 = i ? t - 1 : &edge, *b2 = i > 1 ? t - 2 : &edge,
                          *a1 = i + 1 < count ? t + 1 : &edge, *a2 = i + 2 < count ? t + 2 : &edge;
    put(w, BEFORE, b1->lower);
    put(w, BEFORE_2, b2->lower);
    put(w, AFTER, a1->lower);
    put(w, AFTER_2, a2->lower);
    put(w, PAIR_BEFORE, both(b1->lower, t->lower));
    put(w, PAIR_AFTER, both(t->lower, a1->lower));
    put(w, AROUND, both(b1->lower, a1->lower));
    put(w, BOTH_BEFORE, both(b2->lower, b1->lower));
    put(w, BOTH_AFTER, both(a1->lower, a2->lower));
    put(w, TRIPLE, both(both(b1->lower, t->lower), a1->lower));
    put(w, END_BEFORE, b1->end[2]);
    put(w, END_AFTER, a1->end[2]);
    put(w, SHAPE_BEFORE, both(b1->shape, t->shape));
    put(w, SHAPE_AFTER, both(t->shape, a1->shape));
    put(w, SHAPES, both(both(b1->shape, t->shape), a1->shape));
}

static void put_place(writer *w, const kor_word *words, const kor_word_traits *at, size_t i,
                      size_t count)
{
    const kor_word_traits *t = at + i;
    bool last = i + 1 == count || words[i + 1].gap == KOR_GAP_LINE;
    put(w, PLACE, (uint64_t)words[i].gap * 2 + last);
    if (t->run_to - t->run_from > 1) {
        put(w, RUN, t->run);
        put(w, RUN_SHAPE, t->run_shape);
        bool first = i == t->run_from, ends = i + 1 == t->run_to;
        put(w, RUN_PLACE, both(t->run_shape, (uint64_t)first * 2 + ends));
    }
    if (t->run_from && i - 1 >= t->run_from) put(w, RUN_BEFORE, at[t->run_from - 1].run);
    if (t->run_to < count && i + 1 < t->run_to) put(w, RUN_AFTER, at[t->run_to].run);
    put(w, LINE, at[t->line_from].lower);
    put(w, LINE_PAIR, both(at[t->line_from].lower, t->lower));
}

static void put_far(writer *w, const kor_word_traits *at, size_t i, size_t count)
{
    for (size_t d = 3; d <= FAR; d++) {
        if (d <= i) put(w, FAR_BEFORE, at[i - d].lower);
        if (i + d < count) put(w, FAR_AFTER, at[i + d].lower);
    }
}

size_t kor_word_features(const kor_word *words, const kor_word_traits *traits, size_t count,
                         size_t i, uint32_t *out)
{
    writer w = {.out = out};
    put_own(&w, traits + i);
    put_neighbours(&w, traits, i, count);
    put_place(&w, words, traits, i, count);
    put_far(&w, traits, i, count);
    return w.n;
}
