/* SPDX-License-Identifier: Apache-2.0 */
/* White space is treated as chatito 2.3.5 treats it (chatitoFormatPostProcess), since that decides
 * what a sentence is: what an alias or a slot gives is trimmed, words that meet are joined and only
 * then their white space becomes single spaces, slots are joined to nothing. The original copies
 * and joins strings at each level; here all of it is one buffer with runs in it, trimmed as they
 * are written and joined by moving an end. */
#include "forge/grammar_make.h"

#include <stdlib.h>
#include <string.h>

kor_status kor_maker_init(kor_maker *m, const kor_grammar *g, uint64_t seed, kor_error *err)
{
    size_t longest = 1;
    for (size_t i = 0; i < g->intent_count; i++) {
        if (g->intents[i]->longest > longest) longest = g->intents[i]->longest;
    }
    /* A run has a byte at least; longest is at most KOR_GRAMMAR_TEXT, so this cannot overflow. */
    size_t runs = longest * sizeof(kor_run), marks = longest * sizeof(kor_mark);
    *m = (kor_maker){.random = {seed}};
    m->memory = malloc(runs + marks + 2 * (longest + 1));
    if (!m->memory) return kor_fail_memory(err);
    m->runs = (kor_run *)(void *)m->memory;
    m->marks = (kor_mark *)(void *)(m->memory + runs);
    m->raw = m->memory + runs + marks;
    m->text = m->raw + longest + 1;
    return KOR_OK;
}

void kor_maker_free(kor_maker *m)
{
    free(m->memory);
    *m = (kor_maker){0};
}

/* ---- Runs ---- */

/* Append words to the runs from first on, which are those of one entity. */
static void add_words(kor_maker *m, size_t first, const char *text, size_t len)
{
    if (m->run_count == first) {
        for (size_t n; len && (n = kor_grammar_space(text, len)) > 0; len -= n) text += n;
        if (!len) return;
    }
    memcpy(m->raw + m->raw_len, text, len);
    kor_run *last = m->run_count > first ? &m->runs[m->run_count - 1] : NULL;
    if (last && !last->slot) {
        last->joined = true;
    } else {
        last = &m->runs[m->run_count++];
        *last = (kor_run){.start = m->raw_len};
    }
    m->raw_len += len;
    last->end = m->raw_len;
}

/* End an entity: no white space at its end. It has a run that is not blank, as the checks promise.
 */
static void end_runs(kor_maker *m, size_t first)
{
    kor_run *last = &m->runs[m->run_count - 1];
    size_t n = 1;
    while (n <= 3 && last->end - last->start >= n) {
        if (kor_grammar_space(m->raw + last->end - n, n) == n) {
            last->end -= n;
            n = 1;
        } else {
            n++;
        }
    }
    /* Between slots white space is a run of its own. */
    if (last->end == last->start && m->run_count > first + 1) last = &m->runs[--m->run_count - 1];
    m->raw_len = last->end;
}

/* The runs from inner on, an entity's, become part of those from first on. */
static void join_runs(kor_maker *m, size_t first, size_t inner)
{
    if (inner == first || m->run_count == inner) return;
    kor_run *before = &m->runs[inner - 1], *at = &m->runs[inner];
    if (before->slot || at->slot) return;
    before->end = at->end;
    before->joined = true;
    m->run_count--;
    memmove(at, at + 1, (m->run_count - inner) * sizeof *at);
}

/* ---- Choices ---- */

/* Which sentence, by 53 random bits. */
static const kor_sentence *draw_sentence(kor_maker *m, const kor_entity *e)
{
    if (e->count == 1) return e->sentences;
    uint64_t bits = kor_random_next(&m->random) >> 11;
    size_t low = 0, high = e->count - 1;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bits < e->upto[middle])
            high = middle;
        else
            low = middle + 1;
    }
    return &e->sentences[low];
}

static const kor_sentence *find_sentence(const kor_entity *e, uint64_t *number)
{
    const kor_sentence *s = e->sentences;
    for (; *number >= s->combinations; s++) *number -= s->combinations;
    return s;
}

/* number points to the number of the sentence, or is NULL: then it is drawn. */
static void make(kor_maker *m, const kor_entity *e, const uint64_t *number)
{
    uint64_t rest = number ? *number : 0;
    const kor_sentence *s = number ? find_sentence(e, &rest) : draw_sentence(m, e);
    size_t first = m->run_count;
    for (size_t i = 0; i < s->count; i++) {
        const kor_piece *piece = &s->pieces[i];
        if (!piece->refers) {
            add_words(m, first, piece->text, piece->len);
            continue;
        }
        const kor_entity *to = piece->entity;
        uint64_t inner_number = 0;
        if (number) {
            uint64_t ways = to->combinations; /* UINT64_MAX stands for that many or more */
            ways += piece->optional && ways < UINT64_MAX;
            inner_number = rest % ways;
            rest /= ways;
            if (piece->optional && inner_number-- == 0) continue;
        } else if (piece->optional && kor_random_below(&m->random, to->count + 1) == 0) {
            continue; /* "optional" counts as one more sentence, however many those have below */
        }
        size_t inner = m->run_count;
        make(m, to, number ? &inner_number : NULL);
        /* A slot has no slots in it: it is one run. */
        if (piece->kind == KOR_SLOT) m->runs[inner].slot = to->label;
        join_runs(m, first, inner);
    }
    end_runs(m, first);
}

/* ---- Text and spans ---- */

/* Copy a run to the text; returns its code points. */
static size_t put_run(kor_maker *m, const kor_run *run)
{
    const char *from = m->raw + run->start, *end = m->raw + run->end;
    char *to = m->text + m->len;
    size_t points = 0;
    for (size_t n; from < end;) {
        unsigned char c = (unsigned char)*from;
        /* What is no white space is the common case, and starts with another byte. */
        bool maybe = run->joined && (c <= ' ' || c == 0xc2 || (c >= 0xe1 && c <= 0xef));
        n = maybe ? kor_grammar_space(from, (size_t)(end - from)) : 0;
        if (!n) {
            points += (c & 0xc0) != 0x80;
            *to++ = *from++;
            continue;
        }
        do from += n;
        while (from < end && (n = kor_grammar_space(from, (size_t)(end - from))) > 0);
        *to++ = ' ';
        points++;
    }
    m->len = (size_t)(to - m->text);
    return points;
}

static void finish(kor_maker *m)
{
    size_t at = 0;
    m->len = m->mark_count = 0;
    for (size_t i = 0; i < m->run_count; i++) {
        const kor_run *run = &m->runs[i];
        size_t points = put_run(m, run);
        if (run->slot) m->marks[m->mark_count++] = (kor_mark){at, at + points, run->slot};
        at += points;
    }
    m->text[m->len] = 0;
}

void kor_maker_draw(kor_maker *m, const kor_entity *intent)
{
    m->raw_len = m->run_count = 0;
    make(m, intent, NULL);
    finish(m);
}

void kor_maker_number(kor_maker *m, const kor_entity *intent, uint64_t n)
{
    m->raw_len = m->run_count = 0;
    make(m, intent, &n);
    finish(m);
}
