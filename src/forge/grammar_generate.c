/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a grammar: how many of which intent, none twice. */
#include "base/hash.h"
#include "forge/grammar_make.h"

#include <stdlib.h>
#include <string.h>

/* ---- Texts that were seen ---- */

/* Their hashes. Two of ten million texts have the same one with a chance of 1 in 360,000; a
 * sentence is missing then, none is there twice. */
typedef struct seen {
    uint64_t *hash; /* [room] 0: free */
    size_t count, room;
} seen;

static bool seen_grow(seen *s)
{
    if (s->count * 2 < s->room) return true;
    seen grown = {.room = s->room ? s->room * 2 : 1024, .count = s->count};
    grown.hash = calloc(grown.room, sizeof *grown.hash);
    if (!grown.hash) return false;
    for (size_t i = 0; i < s->room; i++) {
        if (!s->hash[i]) continue;
        size_t at = s->hash[i] & (grown.room - 1);
        while (grown.hash[at]) at = (at + 1) & (grown.room - 1);
        grown.hash[at] = s->hash[i];
    }
    free(s->hash);
    *s = grown;
    return true;
}

/* Note a text; *fresh says whether it is new. */
static kor_status seen_add(seen *s, const char *text, size_t len, bool *fresh, kor_error *err)
{
    uint64_t hash = kor_hash64(text, len, 0);
    hash += hash == 0;
    if (!seen_grow(s)) return kor_fail_memory(err);
    size_t at = hash & (s->room - 1);
    while (s->hash[at] && s->hash[at] != hash) at = (at + 1) & (s->room - 1);
    *fresh = !s->hash[at];
    s->hash[at] = hash;
    s->count += *fresh;
    return KOR_OK;
}

static void seen_clear(seen *s)
{
    free(s->hash);
    *s = (seen){0};
}

/* ---- How many there are ---- */

static kor_status count_distinct(const kor_grammar *g, const kor_entity *intent, uint64_t *out,
                                 kor_error *err)
{
    kor_maker m;
    seen texts = {0};
    KOR_TRY(kor_maker_init(&m, g, 0, err));
    kor_status status = KOR_OK;
    for (uint64_t n = 0; status == KOR_OK && n < intent->combinations; n++) {
        bool fresh;
        kor_maker_number(&m, intent, n);
        kor_grammar_lines(&m);
        status = seen_add(&texts, m.text, m.len, &fresh, err);
    }
    *out = texts.count;
    seen_clear(&texts);
    kor_maker_free(&m);
    return status;
}

kor_status kor_grammar_count(const kor_grammar *g, size_t intent, kor_grammar_counts *out,
                             kor_error *err)
{
    *out = (kor_grammar_counts){0};
    if (intent >= g->intent_count)
        return kor_fail(err, KOR_E_ARG, "intent %zu of %zu", intent, g->intent_count);
    const kor_entity *e = g->intents[intent];
    out->combinations = out->distinct = e->combinations;
    out->exact = e->combinations <= KOR_GRAMMAR_DISTINCT;
    out->training = e->training;
    out->testing = e->training ? e->testing : 0; /* as in the original, which needs both */
    return out->exact ? count_distinct(g, e, &out->distinct, err) : KOR_OK;
}

/* ---- How many are wanted ---- */

typedef struct quota {
    kor_grammar_counts there;
    uint64_t asked; /* by the grammar, or as many as there are */
    uint64_t rows;  /* to be made */
} quota;

/* Share out what is left of rows to those that can have more, equally. */
static void share_equally(quota *q, size_t count, uint64_t rows)
{
    for (size_t open = 1; rows && open;) {
        open = 0;
        for (size_t i = 0; i < count; i++) open += q[i].rows < q[i].there.distinct;
        for (size_t i = 0, left = open; i < count; i++) {
            uint64_t room = q[i].there.distinct - q[i].rows;
            if (!room) continue;
            uint64_t part = (rows + left - 1) / left; /* the first ones get the odd rows */
            if (part > room) part = room;
            q[i].rows += part;
            rows -= part;
            left--;
        }
    }
}

/* In proportion to what each asks for, one at least as far as there are rows. */
static void share_by_size(quota *q, size_t count, uint64_t rows)
{
    double asked = 0;
    uint64_t given = 0;
    for (size_t i = 0; i < count; i++) asked += (double)q[i].asked;
    for (size_t i = 0; i < count; i++) {
        /* At most KOR_GRAMMAR_ROWS, which a double holds. */
        uint64_t part = (uint64_t)((double)rows * ((double)q[i].asked / asked));
        if (part < 1) part = 1;
        if (part > q[i].there.distinct) part = q[i].there.distinct;
        if (part > rows - given) part = rows - given;
        q[i].rows = part;
        given += part;
    }
    share_equally(q, count, rows - given);
}

static void share_rows(quota *q, size_t count, const kor_grammar_options *options)
{
    uint64_t least = UINT64_MAX;
    for (size_t i = 0; i < count; i++) {
        q[i].rows = q[i].asked < q[i].there.distinct ? q[i].asked : q[i].there.distinct;
        if (q[i].rows < least) least = q[i].rows;
    }
    if (options->count) {
        for (size_t i = 0; i < count; i++) q[i].rows = 0;
        if (options->balanced)
            share_equally(q, count, options->count);
        else
            share_by_size(q, count, options->count);
    } else if (options->balanced) {
        for (size_t i = 0; i < count; i++) q[i].rows = least;
    }
}

static kor_status plan(const kor_grammar *g, const kor_grammar_options *options, quota *q,
                       kor_error *err)
{
    uint64_t rows = 0;
    if (options->count > KOR_GRAMMAR_ROWS)
        return kor_fail(err, KOR_E_ARG, "more than %d rows at a time", KOR_GRAMMAR_ROWS);
    for (size_t i = 0; i < g->intent_count; i++) {
        KOR_TRY(kor_grammar_count(g, i, &q[i].there, err));
        q[i].asked =
            q[i].there.training ? q[i].there.training + q[i].there.testing : q[i].there.distinct;
    }
    share_rows(q, g->intent_count, options);
    for (size_t i = 0; i < g->intent_count; i++) {
        const kor_entity *e = g->intents[i];
        if (q[i].rows > KOR_GRAMMAR_ROWS || (rows += q[i].rows) > KOR_GRAMMAR_ROWS) {
            return kor_fail(err, KOR_E_INPUT,
                            "%s:%zu:1: %%[%s] brings it to more than %d sentences: say how many "
                            "it should give, %%[%s]('training': '1000'), or how many rows you want",
                            e->file, e->line, e->name, KOR_GRAMMAR_ROWS, e->name);
        }
    }
    return KOR_OK;
}

/* ---- Making them ---- */

typedef struct generator {
    const kor_grammar *g;
    const kor_grammar_options *options;
    kor_grammar_take take;
    void *arg;
    kor_error *err;
    kor_maker maker;
    kor_corruptor *corruptor;
    kor_random coin; /* for what is not the sentence: sets and corruption */
    seen texts;
    const kor_entity *intent;
    uint64_t training, testing; /* rows still to come in each set */
} generator;

/* Replace the text of the row, sometimes, by one with mistakes that is no row yet. */
static kor_status corrupt_row(generator *r, kor_grammar_row *row)
{
    const kor_corruption *c = &r->options->corruption;
    if (!r->corruptor || kor_random_unit(&r->coin) >= (float)c->share) return KOR_OK;
    kor_corrupted made;
    KOR_TRY(kor_corrupt(r->corruptor, c->kinds, &r->coin, row->text, row->len, row->spans,
                        row->span_count, &made, r->err));
    bool fresh = false;
    if (made.changed) KOR_TRY(seen_add(&r->texts, made.text, made.len, &fresh, r->err));
    if (!fresh) return KOR_OK;
    row->text = made.text;
    row->len = made.len;
    row->spans = made.marks;
    row->span_count = made.mark_count;
    row->corrupted = true;
    return KOR_OK;
}

/* Hand out the sentence that was made, unless its text was there before. */
static kor_status emit(generator *r, bool *fresh)
{
    const kor_maker *m = &r->maker;
    kor_grammar_lines(&r->maker);
    KOR_TRY(seen_add(&r->texts, m->text, m->len, fresh, r->err));
    if (!*fresh) return KOR_OK;
    kor_grammar_row row = {.text = m->text,
                           .len = m->len,
                           .label = r->intent->name,
                           .spans = m->marks,
                           .span_count = m->mark_count};
    if (r->testing) {
        row.testing = kor_random_below(&r->coin, r->training + r->testing) >= r->training;
        if (row.testing)
            r->testing--;
        else if (r->training)
            r->training--;
    }
    KOR_TRY(corrupt_row(r, &row));
    return r->take(r->arg, &row, r->err);
}

/* Number n of 0 to count - 1, shuffled: a Feistel network of four rounds on the next even number of
 * bits, walked until it is back in range, is a permutation without a table. */
static uint64_t shuffled(uint64_t n, uint64_t count, uint64_t seed)
{
    unsigned half = 1;
    while (half < 32 && (count - 1) >> (2 * half)) half++;
    uint64_t mask = (1ull << half) - 1;
    do {
        uint64_t left = n >> half, right = n & mask;
        for (uint64_t round = 0; round < 4; round++) {
            kor_random mixer = {seed + (round << 32) + right};
            uint64_t next = left ^ (kor_random_next(&mixer) & mask);
            left = right;
            right = next;
        }
        n = left << half | right;
    } while (n >= count);
    return n;
}

/* Drawing has found nothing new for a long time, or all is asked for: go through the sentences.
 * Those that are drawn never, being crowded out by percentages, come only now. */
static kor_status enumerate(generator *r, uint64_t rows, bool all, uint64_t *made)
{
    enum { PATIENCE = 100000 };
    uint64_t total = r->intent->combinations, seed = kor_random_next(&r->coin);
    /* Beyond 2^63 the next power of 4 is out of reach; nobody gets there one by one. */
    if (total > 1ull << 62) total = 1ull << 62;
    uint64_t misses = 0;
    for (uint64_t n = 0; n < total && *made < rows && misses < PATIENCE; n++) {
        bool fresh;
        kor_maker_number(&r->maker, r->intent, all ? n : shuffled(n, total, seed));
        KOR_TRY(emit(r, &fresh));
        *made += fresh;
        /* All of a small grammar is looked at; the end of a large one may never come. */
        misses = fresh || total <= KOR_GRAMMAR_ROWS ? 0 : misses + 1;
    }
    return KOR_OK;
}

static kor_status draw(generator *r, uint64_t rows, uint64_t *made)
{
    enum { PATIENCE = 1000 };
    for (unsigned misses = 0; *made < rows && misses < PATIENCE;) {
        bool fresh;
        kor_maker_draw(&r->maker, r->intent);
        KOR_TRY(emit(r, &fresh));
        *made += fresh;
        misses = fresh ? 0 : misses + 1;
    }
    return KOR_OK;
}

static kor_status make_rows(generator *r, const quota *q, uint64_t *made)
{
    bool all = q->rows >= q->there.distinct;
    *made = 0;
    seen_clear(&r->texts);
    if (!r->options->count && q->there.testing) {
        r->training = q->there.training;
        r->testing = q->there.testing;
    }
    if (!all) KOR_TRY(draw(r, q->rows, made));
    if (*made < q->rows) KOR_TRY(enumerate(r, q->rows, all, made));
    return KOR_OK;
}

static kor_status make_all(generator *r, const quota *q)
{
    const kor_grammar_options *o = r->options;
    uint64_t sum = 0;
    for (size_t i = 0; i < r->g->intent_count; i++) {
        uint64_t made;
        r->intent = r->g->intents[i];
        /* Each intent on its own: what another one gives changes nothing here. */
        r->maker.random.state = o->seed ^ kor_hash64(r->intent->name, r->intent->len, 1);
        r->coin.state = o->seed ^ kor_hash64(r->intent->name, r->intent->len, 2);
        r->training = r->testing = 0;
        KOR_TRY(make_rows(r, &q[i], &made));
        sum += made;
        uint64_t asked = o->count || o->balanced ? q[i].rows : q[i].asked;
        if (made < asked)
            kor_remark(&o->remarks, "%%[%s]: %llu sentences were asked for, there are %llu",
                       r->intent->name, (unsigned long long)asked, (unsigned long long)made);
    }
    if (sum < o->count)
        kor_remark(&o->remarks, "%llu rows were asked for, there are %llu",
                   (unsigned long long)o->count, (unsigned long long)sum);
    return KOR_OK;
}

kor_status kor_grammar_generate(const kor_grammar *g, const kor_grammar_options *options,
                                kor_grammar_take take, void *arg, kor_error *err)
{
    double share = options->corruption.share;
    if (!(share >= 0 && share <= 1))
        return kor_fail(err, KOR_E_ARG, "a share of %g corrupted rows: 0 to 1", share);
    generator r = {.g = g, .options = options, .take = take, .arg = arg, .err = err};
    quota *q = calloc(g->intent_count, sizeof *q);
    if (!q) return kor_fail_memory(err);
    kor_status status = plan(g, options, q, err);
    if (status == KOR_OK) status = kor_maker_init(&r.maker, g, options->seed, err);
    if (status == KOR_OK && share > 0) status = kor_corruptor_new(&r.corruptor, err);
    if (status == KOR_OK) status = make_all(&r, q);
    kor_corruptor_free(r.corruptor);
    kor_maker_free(&r.maker);
    seen_clear(&r.texts);
    free(q);
    return status;
}
