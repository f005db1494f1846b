/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/features.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS_AT_FIRST = 1 << 16 };

typedef struct feature {
    uint32_t key, rows; /* rows that have it; 0: an empty slot */
    uint32_t last;      /* the row that had it last, + 1 */
    uint32_t texts;     /* the same as rows, but parts of one text are one */
    uint64_t group;     /* of the row that had it last, */
    uint32_t number;    /* among those to choose from, then among those kept; UINT32_MAX: neither */
    double score;
} feature;

typedef struct counter {
    feature *slot; /* open addressing by key */
    size_t slots;
    kor_features *out;
    const kor_row *const *rows;
    size_t count, labels;
} counter;

static feature *find(feature *slot, size_t slots, uint32_t key)
{
    size_t at = key & (slots - 1);
    while (slot[at].rows && slot[at].key != key) at = (at + 1) & (slots - 1);
    return &slot[at];
}

static kor_status grow(counter *c, kor_error *err)
{
    size_t slots = c->slots ? 2 * c->slots : SLOTS_AT_FIRST;
    feature *bigger = calloc(slots, sizeof *bigger);
    if (!bigger) return kor_fail_memory(err);
    for (size_t i = 0; i < c->slots; i++) {
        if (c->slot[i].rows) *find(bigger, slots, c->slot[i].key) = c->slot[i];
    }
    free(c->slot);
    c->slot = bigger;
    c->slots = slots;
    return KOR_OK;
}

/* Parts of one text follow each other: is it of another one than the row that had it before? */
static bool is_new(feature *f, const kor_row *row)
{
    bool same = row->group && row->group == f->group;
    f->group = row->group;
    return !same;
}

/* Count the features of row i, and leave their keys as its ids for now. */
static kor_status count_row(counter *c, size_t i, const uint32_t *keys, size_t n, size_t *cap,
                            kor_error *err)
{
    kor_features *out = c->out;
    size_t at = out->first[i];
    if (at + n > *cap) {
        size_t more = 2 * (at + n);
        uint32_t *ids = realloc(out->ids, more * sizeof *ids);
        if (!ids) return kor_fail_memory(err);
        out->ids = ids;
        *cap = more;
    }
    for (size_t j = 0; j < n; j++) {
        if (2 * out->found >= c->slots) KOR_TRY(grow(c, err));
        feature *f = find(c->slot, c->slots, keys[j]);
        if (f->last == i + 1) continue;
        if (!f->rows) out->found++;
        f->key = keys[j];
        f->rows++;
        f->last = (uint32_t)i + 1;
        f->texts += is_new(f, c->rows[i]);
        out->ids[at++] = keys[j];
    }
    out->first[i + 1] = at;
    return KOR_OK;
}

static kor_status count_rows(counter *c, const kor_ngrams *shape, kor_error *err)
{
    uint32_t *keys = malloc(KOR_NGRAMS_LIMIT * sizeof *keys);
    kor_status status = keys ? KOR_OK : kor_fail_memory(err);
    size_t cap = 0;
    for (size_t i = 0; i < c->count && status == KOR_OK; i++) {
        size_t n =
            kor_ngrams_read(shape, c->rows[i]->text, c->rows[i]->len, keys, KOR_NGRAMS_LIMIT);
        status = count_row(c, i, keys, n, &cap, err);
    }
    free(keys);
    return status;
}

/* The G statistic of each feature that can be chosen; what is in many parts of one text is there
 * once. */
static kor_status score(counter *c, feature **list, size_t n, kor_error *err)
{
    size_t cells;
    if (!kor_mul(n, c->labels, &cells)) return kor_fail_memory(err);
    float *together = calloc(cells + 1, sizeof *together); /* [n][labels] */
    double *prior = calloc(c->labels, sizeof *prior), total = 0;
    if (!together || !prior) {
        free(together);
        free(prior);
        return kor_fail_memory(err);
    }
    for (size_t i = 0; i < c->count; i++) {
        const kor_row *row = c->rows[i];
        bool new = !i || !row->group || row->group != c->rows[i - 1]->group;
        for (size_t l = 0; new &&l < row->label_count; l++) prior[row->labels[l]] += 1;
        total += new ? (double)row->label_count : 0;
        for (size_t j = c->out->first[i]; j < c->out->first[i + 1]; j++) {
            feature *f = find(c->slot, c->slots, c->out->ids[j]);
            if (f->number == UINT32_MAX || !is_new(f, row)) continue;
            float *cell = together + f->number * c->labels;
            for (size_t l = 0; l < row->label_count; l++) cell[row->labels[l]] += 1;
        }
    }
    for (size_t i = 0; i < n; i++) {
        const float *cell = together + i * c->labels;
        double sum = 0;
        for (size_t l = 0; l < c->labels; l++) sum += (double)cell[l];
        list[i]->score = 0;
        for (size_t l = 0; l < c->labels; l++) {
            double k = (double)cell[l];
            if (k > 0) list[i]->score += k * log(k * total / (sum * prior[l]));
        }
    }
    free(together);
    free(prior);
    return KOR_OK;
}

/* The best first; by key where the scores are the same. */
static int by_score(const void *a, const void *b)
{
    const feature *x = *(feature *const *)a, *y = *(feature *const *)b;
    if (x->score != y->score) return x->score < y->score ? 1 : -1;
    return (x->key > y->key) - (x->key < y->key);
}

static int by_key(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static kor_status choose(counter *c, size_t least, size_t max, kor_error *err)
{
    feature **list = malloc((c->out->found + 1) * sizeof(feature *));
    if (!list) return kor_fail_memory(err);
    size_t n = 0;
    for (size_t i = 0; i < c->slots; i++) {
        feature *f = &c->slot[i];
        f->number = UINT32_MAX;
        f->group = 0;
        if (f->texts < least || !f->rows) continue;
        f->number = (uint32_t)n;
        list[n++] = f;
    }
    kor_status status = n > max ? score(c, list, n, err) : KOR_OK;
    size_t kept = n < max ? n : max;
    c->out->keys = malloc((kept + 1) * sizeof *c->out->keys);
    if (!c->out->keys && status == KOR_OK) status = kor_fail_memory(err);
    if (status == KOR_OK) {
        if (n > max) qsort(list, n, sizeof *list, by_score);
        for (size_t i = 0; i < n; i++) list[i]->number = UINT32_MAX;
        for (size_t i = 0; i < kept; i++) c->out->keys[i] = list[i]->key;
        qsort(c->out->keys, kept, sizeof *c->out->keys, by_key);
        c->out->count = kept;
        for (size_t i = 0; i < kept; i++)
            find(c->slot, c->slots, c->out->keys[i])->number = (uint32_t)i;
    }
    free(list);
    return status;
}

/* From keys to numbers, without those of features that were not kept. */
static void renumber(counter *c)
{
    kor_features *out = c->out;
    size_t to = 0, from = 0;
    for (size_t i = 0; i < c->count; i++) {
        size_t start = to;
        for (; from < out->first[i + 1]; from++) {
            uint32_t id = find(c->slot, c->slots, out->ids[from])->number;
            if (id != UINT32_MAX) out->ids[to++] = id;
        }
        out->first[i + 1] = to;
        if (to - start > out->most) out->most = to - start;
    }
}

kor_status kor_features_make(kor_features *out, const kor_ngrams *shape, const kor_row *const *rows,
                             size_t count, size_t labels, size_t least, size_t max, kor_error *err)
{
    *out = (kor_features){0};
    counter c = {.out = out, .rows = rows, .count = count, .labels = labels};
    out->first = calloc(count + 1, sizeof *out->first);
    kor_status status = out->first ? grow(&c, err) : kor_fail_memory(err);
    if (status == KOR_OK) status = count_rows(&c, shape, err);
    if (status == KOR_OK) status = choose(&c, least, max, err);
    if (status == KOR_OK) renumber(&c);
    free(c.slot);
    if (status != KOR_OK) kor_features_free(out);
    return status;
}

void kor_features_free(kor_features *features)
{
    free(features->keys);
    free(features->ids);
    free(features->first);
    *features = (kor_features){0};
}
