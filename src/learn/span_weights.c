/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/span_weights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_AT_FIRST = 1 << 16, ROW_BYTES = 10, PAIR_BYTES = 2, HALVINGS = 50 };

/* ---- Counting ---- */

typedef struct pair {
    uint32_t key, count; /* count 0: an empty slot */
    uint8_t tag;
} pair;

typedef struct counter {
    pair *slot; /* open addressing */
    size_t slots, used;
} counter;

static pair *find(pair *slot, size_t slots, uint32_t key, uint8_t tag)
{
    size_t at = (key ^ (uint32_t)tag * 0x9e3779b1u) & (slots - 1);
    while (slot[at].count && (slot[at].key != key || slot[at].tag != tag))
        at = (at + 1) & (slots - 1);
    return &slot[at];
}

static kor_status grow(counter *c, kor_error *err)
{
    size_t slots = c->slots ? 2 * c->slots : SLOTS_AT_FIRST;
    pair *bigger = calloc(slots, sizeof *bigger);
    if (!bigger) return kor_fail_memory(err);
    for (size_t i = 0; i < c->slots; i++) {
        const pair *p = &c->slot[i];
        if (p->count) *find(bigger, slots, p->key, p->tag) = *p;
    }
    free(c->slot);
    c->slot = bigger;
    c->slots = slots;
    return KOR_OK;
}

static kor_status count_pairs(counter *c, const kor_span_corpus *corpus, kor_error *err)
{
    for (size_t i = 0; i < corpus->words; i++) {
        for (size_t j = corpus->key_first[i]; j < corpus->key_first[i + 1]; j++) {
            if (2 * c->used >= c->slots) KOR_TRY(grow(c, err));
            pair *p = find(c->slot, c->slots, corpus->key[j], corpus->gold[i]);
            c->used += !p->count;
            *p = (pair){corpus->key[j], p->count + 1, corpus->gold[i]};
        }
    }
    return KOR_OK;
}

static int by_key_and_tag(const void *a, const void *b)
{
    const pair *x = a, *y = b;
    if (x->key != y->key) return x->key < y->key ? -1 : 1;
    return (x->tag > y->tag) - (x->tag < y->tag);
}

static size_t end_of(const pair *list, size_t from, size_t n, size_t *words)
{
    size_t to = from;
    for (*words = 0; to < n && list[to].key == list[from].key; to++) *words += list[to].count;
    return to;
}

static kor_status make_weights(kor_span_weights *w, const pair *list, size_t n, size_t least,
                               kor_error *err)
{
    for (size_t i = 0, to, words; i < n; i = to) {
        to = end_of(list, i, n, &words);
        w->found++;
        if (words < least) continue;
        w->features++;
        w->pairs += to - i;
    }
    w->key = calloc(w->features + 1, sizeof *w->key);
    w->start = calloc(w->features + 1, sizeof *w->start);
    w->tag = calloc(w->pairs + 1, sizeof *w->tag);
    w->weight = calloc(w->pairs + 1, sizeof *w->weight);
    w->squares = calloc(w->pairs + 1, sizeof *w->squares);
    w->seen = calloc(w->pairs + 1, sizeof *w->seen);
    if (!w->key || !w->start || !w->tag || !w->weight || !w->squares || !w->seen)
        return kor_fail_memory(err);
    size_t feature = 0, at = 0;
    for (size_t i = 0, to, words; i < n; i = to) {
        to = end_of(list, i, n, &words);
        if (words < least) continue;
        w->key[feature++] = list[i].key;
        for (size_t j = i; j < to; j++, at++) {
            w->tag[at] = list[j].tag;
            w->seen[at] = list[j].count;
        }
        w->start[feature] = at;
    }
    return KOR_OK;
}

/* ---- The features of words ---- */

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static kor_status number_features(kor_span_weights *w, const kor_span_corpus *c, kor_error *err)
{
    w->id = malloc((c->words ? c->key_first[c->words] + 1 : 1) * sizeof *w->id);
    w->id_first = calloc(c->words + 1, sizeof *w->id_first);
    if (!w->id || !w->id_first) return kor_fail_memory(err);
    size_t at = 0;
    for (size_t i = 0; i < c->words; i++) {
        for (size_t j = c->key_first[i]; j < c->key_first[i + 1]; j++) {
            const uint32_t *own =
                bsearch(&c->key[j], w->key, w->features, sizeof *w->key, by_number);
            if (own) w->id[at++] = (uint32_t)(own - w->key);
        }
        w->id_first[i + 1] = at;
    }
    return KOR_OK;
}

kor_status kor_span_weights_make(kor_span_weights *out, const kor_span_corpus *corpus, size_t least,
                                 kor_error *err)
{
    *out = (kor_span_weights){0};
    counter c = {0};
    kor_status status = grow(&c, err);
    if (status == KOR_OK) status = count_pairs(&c, corpus, err);
    size_t n = 0;
    for (size_t i = 0; i < c.slots; i++) {
        if (c.slot[i].count) c.slot[n++] = c.slot[i];
    }
    if (n) qsort(c.slot, n, sizeof *c.slot, by_key_and_tag);
    if (status == KOR_OK) status = make_weights(out, c.slot, n, least, err);
    free(c.slot);
    return status == KOR_OK ? number_features(out, corpus, err) : status;
}

/* ---- Pruning ---- */

/* How much a pair matters: what its weight does, as often as it does it. */
static float worth(const kor_span_weights *w, size_t e)
{
    return fabsf(w->weight[e]) * sqrtf((float)w->seen[e]);
}

static size_t bytes_at(const kor_span_weights *w, float least)
{
    size_t bytes = 0;
    for (size_t f = 0; f < w->features; f++) {
        size_t kept = 0;
        for (size_t e = w->start[f]; e < w->start[f + 1]; e++) kept += worth(w, e) > least;
        bytes += kept ? ROW_BYTES + kept * PAIR_BYTES : 0;
    }
    return bytes;
}

static void keep(kor_span_weights *w, float least, uint32_t *number)
{
    size_t to = 0, features = 0;
    for (size_t f = 0, from = 0; f < w->features; f++) {
        size_t begin = to, end = w->start[f + 1];
        for (; from < end; from++) {
            if (worth(w, from) <= least) continue;
            w->tag[to] = w->tag[from];
            w->weight[to] = w->weight[from];
            w->squares[to] = w->squares[from];
            w->seen[to++] = w->seen[from];
        }
        number[f] = UINT32_MAX;
        if (to == begin) continue;
        number[f] = (uint32_t)features;
        w->key[features++] = w->key[f];
        w->start[features] = to;
    }
    w->features = features;
    w->pairs = to;
}

kor_status kor_span_weights_prune(kor_span_weights *w, const kor_span_corpus *corpus, size_t bytes,
                                  kor_error *err)
{
    float low = 0, high = 0;
    uint32_t *number = malloc((w->features + 1) * sizeof *number);
    if (!number) return kor_fail_memory(err);
    for (size_t e = 0; e < w->pairs; e++) high = fmaxf(high, worth(w, e));
    if (bytes_at(w, 0) <= bytes) high = 0;
    for (size_t i = 0; i < HALVINGS && high > 0; i++) {
        float middle = low + (high - low) / 2;
        if (bytes_at(w, middle) <= bytes)
            high = middle;
        else
            low = middle;
    }
    keep(w, high, number);
    size_t to = 0, from = 0;
    for (size_t i = 0; i < corpus->words; i++) {
        for (; from < w->id_first[i + 1]; from++) {
            uint32_t id = number[w->id[from]];
            if (id != UINT32_MAX) w->id[to++] = id;
        }
        w->id_first[i + 1] = to;
    }
    free(number);
    return KOR_OK;
}

/* ---- To int8 ---- */

kor_status kor_span_weights_pack(const kor_span_weights *w, kor_tagger *out, kor_arena *arena,
                                 kor_error *err)
{
    uint32_t bits = 0;
    while (bits < KOR_SPANS_BITS && ((size_t)4 << bits) < w->features) bits++;
    uint32_t *key = kor_arena_array(arena, w->features + 1, sizeof *key);
    uint32_t *first = kor_arena_array(arena, ((size_t)1 << bits) + 1, sizeof *first);
    uint32_t *start = kor_arena_array(arena, w->features + 1, sizeof *start);
    uint8_t *tag = kor_arena_array(arena, w->pairs + 1, sizeof *tag);
    int8_t *code = kor_arena_array(arena, w->pairs + 1, sizeof *code);
    float *scale = kor_arena_array(arena, out->tags, sizeof *scale);
    if (!key || !first || !start || !tag || !code || !scale) return kor_fail_memory(err);
    for (size_t e = 0; e < w->pairs; e++)
        scale[w->tag[e]] = fmaxf(scale[w->tag[e]], fabsf(w->weight[e]) / 127);
    for (size_t k = 0; k < out->tags; k++) scale[k] = scale[k] > 0 ? scale[k] : 1;
    size_t at = 0, n = 0;
    for (size_t f = 0; f < w->features; f++) {
        size_t begin = at;
        for (size_t e = w->start[f]; e < w->start[f + 1]; e++) {
            code[at] = (int8_t)lrintf(w->weight[e] / scale[w->tag[e]]);
            tag[at] = w->tag[e];
            at += code[at] != 0;
        }
        if (at == begin) continue;
        key[n++] = w->key[f];
        start[n] = (uint32_t)at;
        first[(bits ? w->key[f] >> (32 - bits) : 0) + 1]++;
    }
    for (size_t i = 0; i < (size_t)1 << bits; i++) first[i + 1] += first[i];
    out->rows = n;
    out->entries = at;
    out->bits = bits;
    out->keys = key;
    out->first = first;
    out->start = start;
    out->tag = tag;
    out->code = code;
    out->scale = scale;
    return n ? KOR_OK
             : kor_fail(err, KOR_E_INPUT, "nothing was learnt: no feature tells of any label");
}

void kor_span_weights_free(kor_span_weights *w)
{
    free(w->key);
    free(w->start);
    free(w->tag);
    free(w->weight);
    free(w->squares);
    free(w->seen);
    free(w->id);
    free(w->id_first);
    *w = (kor_span_weights){0};
}
