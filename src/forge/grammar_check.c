/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold before a grammar is generated from: every reference leads somewhere and none in a
 * circle, sentences are not blank and not endless, weights make sense. And how many there are. */
#include "forge/grammar_inner.h"

#include <stdio.h>
#include <string.h>

size_t kor_grammar_space(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;
    if (u[0] == ' ' || (u[0] >= 0x09 && u[0] <= 0x0d)) return 1;
    if (len >= 2 && u[0] == 0xc2 && u[1] == 0xa0) return 2;
    if (u[0] < 0xe1 || len < 3) return 0;
    unsigned code = (unsigned)(u[0] << 16 | u[1] << 8 | u[2]);
    bool space = code == 0xe19a80 ||                       /* U+1680 */
                 (code >= 0xe28080 && code <= 0xe2808a) || /* U+2000 to U+200A */
                 code == 0xe280a8 || code == 0xe280a9 ||   /* U+2028, U+2029 */
                 code == 0xe280af || code == 0xe2819f ||   /* U+202F, U+205F */
                 code == 0xe38080 || code == 0xefbbbf;     /* U+3000, U+FEFF */
    return space ? 3 : 0;
}

static kor_status fail_at(kor_error *err, const kor_entity *e, size_t line, size_t column)
{
    return kor_fail_in(err, KOR_E_INPUT, "%s:%zu:%zu", e->file, line, column);
}

/* ---- References ---- */

/* An alias that is not defined is its own name, as in the original. */
static kor_status add_literal(kor_grammar *g, const kor_entity *from, size_t line,
                              const kor_piece *piece, kor_error *err)
{
    kor_entity *e = kor_arena_alloc(&g->arena, sizeof *e);
    kor_sentence *s = kor_arena_alloc(&g->arena, sizeof *s);
    kor_piece *words = kor_arena_alloc(&g->arena, sizeof *words);
    if (!e || !s || !words) return kor_fail_memory(err);
    *words = (kor_piece){.text = piece->text, .len = piece->len, .column = piece->column};
    *s = (kor_sentence){.pieces = words, .count = 1, .line = line};
    *e = (kor_entity){.kind = KOR_ALIAS,
                      .name = piece->text,
                      .len = piece->len,
                      .label = piece->text,
                      .file = from->file,
                      .line = line,
                      .sentences = s,
                      .count = 1};
    return kor_grammar_add(g, e, err);
}

static kor_status link_piece(kor_grammar *g, const kor_entity *e, size_t line, kor_piece *piece,
                             kor_error *err)
{
    piece->entity = kor_grammar_find(g, piece->kind, piece->text, piece->len);
    if (piece->entity) return KOR_OK;
    if (piece->kind == KOR_SLOT) {
        kor_fail(err, KOR_E_INPUT, "@[%s] is not defined: add a definition of that name",
                 piece->text);
        return fail_at(err, e, line, piece->column);
    }
    KOR_TRY(add_literal(g, e, line, piece, err));
    piece->entity = kor_grammar_find(g, piece->kind, piece->text, piece->len);
    return KOR_OK;
}

static kor_status link_all(kor_grammar *g, kor_error *err)
{
    for (size_t i = 0; i < g->entity_count; i++) {
        const kor_entity *e = g->entities[i];
        for (size_t s = 0; s < e->count; s++) {
            const kor_sentence *sentence = &e->sentences[s];
            for (size_t p = 0; p < sentence->count; p++) {
                kor_piece *piece = &sentence->pieces[p];
                if (piece->refers) KOR_TRY(link_piece(g, e, sentence->line, piece, err));
            }
        }
    }
    return KOR_OK;
}

/* ---- Circles, depth, length, number ---- */

static uint64_t add_up(uint64_t a, uint64_t b)
{
    uint64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

static uint64_t multiply(uint64_t a, uint64_t b)
{
    uint64_t product;
    return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

/* The entities from an intent down to the one that is looked at. */
typedef struct path {
    kor_entity *on[KOR_GRAMMAR_DEPTH + 1];
    size_t count;
} path;

static kor_status fail_circle(const path *way, const kor_entity *again, kor_error *err)
{
    kor_str names = {0};
    size_t i = 0;
    while (way->on[i] != again) i++;
    for (; i < way->count; i++)
        kor_str_printf(&names, "%c[%s] -> ", kor_entity_mark[way->on[i]->kind], way->on[i]->name);
    kor_fail(err, KOR_E_INPUT, "a circle: %s%c[%s]: a sentence would have no end",
             kor_str_text(&names), kor_entity_mark[again->kind], again->name);
    kor_str_free(&names);
    return KOR_E_INPUT;
}

static kor_status check_entity(path *way, kor_entity *e, kor_error *err);

static kor_status check_reference(path *way, const kor_piece *piece, kor_error *err)
{
    const kor_entity *from = way->on[way->count - 1];
    kor_entity *to = piece->entity;
    if (to->state == KOR_OPEN) return fail_circle(way, to, err);
    if (to->state == KOR_NEW) {
        if (way->count > KOR_GRAMMAR_DEPTH)
            return kor_fail(err, KOR_E_INPUT, "nested deeper than %d references",
                            KOR_GRAMMAR_DEPTH);
        way->on[way->count++] = to;
        KOR_TRY(check_entity(way, to, err));
        way->count--;
    }
    if (to->depth >= KOR_GRAMMAR_DEPTH)
        return kor_fail(err, KOR_E_INPUT, "nested deeper than %d references", KOR_GRAMMAR_DEPTH);
    if (from->kind == KOR_SLOT && to->slot) {
        return kor_fail(err, KOR_E_INPUT,
                        "slots in slots: @[%s] -> %c[%s] leads to @[%s]; a slot is made of words "
                        "and of aliases without slots",
                        from->name, kor_entity_mark[to->kind], to->name, to->slot->text);
    }
    return KOR_OK;
}

static kor_status check_sentence(path *way, kor_entity *e, kor_sentence *s, kor_error *err)
{
    size_t longest = 0;
    s->combinations = 1;
    for (size_t i = 0; i < s->count; i++) {
        const kor_piece *piece = &s->pieces[i];
        if (piece->refers) {
            size_t depth = way->count;
            kor_status status = check_reference(way, piece, err);
            /* What is wrong further down has its place already. */
            if (status == KOR_E_INPUT && way->count == depth)
                return fail_at(err, e, s->line, piece->column);
            KOR_TRY(status);
            const kor_entity *to = piece->entity;
            s->combinations = multiply(s->combinations, add_up(to->combinations, piece->optional));
            longest += to->longest;
            if (to->depth + 1 > e->depth) e->depth = to->depth + 1;
            if (!e->slot) e->slot = piece->kind == KOR_SLOT ? piece : to->slot;
        } else {
            longest += piece->len;
        }
        if (longest > KOR_GRAMMAR_TEXT) {
            kor_fail(err, KOR_E_INPUT, "a sentence can grow longer than %d bytes here",
                     KOR_GRAMMAR_TEXT);
            return fail_at(err, e, s->line, piece->column);
        }
    }
    if (longest > e->longest) e->longest = longest;
    e->combinations = add_up(e->combinations, s->combinations);
    return KOR_OK;
}

/* ---- Weights ---- */

static kor_status check_weights(const kor_entity *e, size_t *unweighted, double *sum,
                                kor_error *err)
{
    const kor_sentence *first = NULL;
    for (size_t i = 0; i < e->count; i++) {
        const kor_sentence *s = &e->sentences[i];
        if (s->weight <= 0) {
            ++*unweighted;
            continue;
        }
        if (!first) first = s;
        if (s->percent != first->percent) {
            kor_fail(err, KOR_E_INPUT, "weights and percentages are mixed in %c[%s]: use one kind",
                     kor_entity_mark[e->kind], e->name);
            return fail_at(err, e, s->line, 5);
        }
        *sum += s->weight;
        /* Thirds, as 33.3333, may sum to a little more. */
        if (s->percent && *sum > 100 + 1e-9) {
            kor_fail(err, KOR_E_INPUT, "the percentages of %c[%s] sum to more than 100",
                     kor_entity_mark[e->kind], e->name);
            return fail_at(err, e, s->line, 5);
        }
    }
    return KOR_OK;
}

/* The odds of the original: see calcSentencesProbabilities there, and section 2.3 of its
 * specification. */
static double odds(const kor_entity *e, const kor_sentence *s, bool percent, double left,
                   double shared)
{
    double size = e->even ? 1 : (double)s->combinations;
    if (percent) return s->weight > 0 ? s->weight : left * size / shared;
    return s->weight > 0 ? s->weight * size : size;
}

static kor_status set_odds(kor_grammar *g, kor_entity *e, kor_error *err)
{
    size_t unweighted = 0;
    double sum = 0, shared = 0, total = 0, reached = 0;
    KOR_TRY(check_weights(e, &unweighted, &sum, err));
    bool percent = false;
    for (size_t i = 0; i < e->count; i++) {
        const kor_sentence *s = &e->sentences[i];
        percent |= s->percent;
        if (s->weight <= 0) shared += e->even ? 1 : (double)s->combinations;
    }
    double left = sum < 100 ? 100 - sum : 0;
    for (size_t i = 0; i < e->count; i++) total += odds(e, &e->sentences[i], percent, left, shared);
    e->upto = kor_arena_array(&g->arena, e->count, sizeof *e->upto);
    if (!e->upto) return kor_fail_memory(err);
    for (size_t i = 0; i < e->count; i++) {
        reached += odds(e, &e->sentences[i], percent, left, shared);
        double upto = reached / total * 9007199254740992.0; /* 2^53 */
        e->upto[i] = upto < 9007199254740992.0 ? (uint64_t)upto : 1ull << 53;
    }
    /* Rounding must not leave a gap behind the last that can be drawn. */
    for (size_t i = e->count; i-- > 0;) {
        bool possible = odds(e, &e->sentences[i], percent, left, shared) > 0;
        e->upto[i] = 1ull << 53;
        if (possible) break;
    }
    return KOR_OK;
}

static kor_status check_entity(path *way, kor_entity *e, kor_error *err)
{
    e->state = KOR_OPEN;
    for (size_t i = 0; i < e->count; i++) KOR_TRY(check_sentence(way, e, &e->sentences[i], err));
    e->state = KOR_CHECKED;
    return KOR_OK;
}

/* ---- Blank sentences ---- */

static bool is_blank(const kor_piece *piece)
{
    for (size_t at = 0, n; at < piece->len; at += n) {
        n = kor_grammar_space(piece->text + at, piece->len - at);
        if (!n) return false;
    }
    return true;
}

/* Can nothing be left of it? What it refers to is not blank, being checked too. */
static kor_status check_blank(const kor_entity *e, kor_error *err)
{
    for (size_t i = 0; i < e->count; i++) {
        const kor_sentence *s = &e->sentences[i];
        bool blank = true;
        for (size_t p = 0; p < s->count && blank; p++)
            blank = s->pieces[p].refers ? s->pieces[p].optional : is_blank(&s->pieces[p]);
        if (blank) {
            kor_fail(err, KOR_E_INPUT,
                     "nothing may be left of this sentence: take away a '?' here, and write it "
                     "where %c[%s] is used",
                     kor_entity_mark[e->kind], e->name);
            return fail_at(err, e, s->line, s->pieces[0].column);
        }
    }
    return KOR_OK;
}

kor_status kor_grammar_check(kor_grammar *g, kor_error *err)
{
    KOR_TRY(link_all(g, err));
    /* First what intents reach; only there does the original refuse what is blank. */
    for (int rest = 0; rest < 2; rest++) {
        for (size_t i = 0; i < g->entity_count; i++) {
            kor_entity *e = g->entities[i];
            if (e->state != KOR_NEW || (e->kind != KOR_INTENT && !rest)) continue;
            path way = {.on = {e}, .count = 1};
            KOR_TRY(check_entity(&way, e, err));
        }
        for (size_t i = 0; i < g->entity_count && !rest; i++) {
            if (g->entities[i]->state == KOR_CHECKED) KOR_TRY(check_blank(g->entities[i], err));
        }
    }
    for (size_t i = 0; i < g->entity_count; i++) KOR_TRY(set_odds(g, g->entities[i], err));
    return KOR_OK;
}
