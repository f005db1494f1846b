/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/pairs.h"

#include "base/hash.h"
#include "learn/random.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS_MAX = 1 << 30, TRIES = 8 };

#define FILE_MAX ((size_t)1 << 32)
#define SCORE_MAX 1e6

/* ---- Texts ---- */

static size_t slot_of(const kor_texts *t, const char *text, size_t len)
{
    size_t at = (size_t)kor_hash64(text, len, 0) & (t->slots - 1);
    for (;; at = (at + 1) & (t->slots - 1)) {
        uint32_t n = t->slot[at];
        if (!n) return at;
        const kor_row *known = &t->rows[n - 1];
        if (known->len == len && memcmp(known->text, text, len) == 0) return at;
    }
}

static kor_status grow_texts(kor_texts *t, kor_error *err)
{
    size_t cap = t->cap ? 2 * t->cap : 1024;
    kor_row *rows = realloc(t->rows, cap * sizeof *rows);
    if (!rows) return kor_fail_memory(err);
    t->rows = rows;
    uint32_t *slot = calloc(2 * cap, sizeof *slot);
    if (!slot) return kor_fail_memory(err);
    free(t->slot);
    t->slot = slot;
    t->cap = cap;
    t->slots = 2 * cap;
    for (size_t i = 0; i < t->count; i++)
        t->slot[slot_of(t, t->rows[i].text, t->rows[i].len)] = (uint32_t)i + 1;
    return KOR_OK;
}

static kor_status add_text(kor_texts *t, const char *text, size_t len, uint32_t *out,
                           kor_error *err)
{
    if (t->count == t->cap) KOR_TRY(grow_texts(t, err));
    size_t at = slot_of(t, text, len);
    if (!t->slot[at]) {
        if (t->count == TEXTS_MAX) return kor_fail(err, KOR_E_INPUT, "too many texts");
        char *copy = kor_arena_copy(&t->arena, text, len);
        if (!copy) return kor_fail_memory(err);
        t->rows[t->count++] = (kor_row){.text = copy, .len = len};
        t->slot[at] = (uint32_t)t->count;
    }
    *out = t->slot[at] - 1;
    return KOR_OK;
}

void kor_texts_free(kor_texts *texts)
{
    free(texts->rows);
    free(texts->slot);
    kor_arena_free(&texts->arena);
    *texts = (kor_texts){0};
}

/* ---- Rows ---- */

/* What the rows of a file are; all must be alike. */
typedef enum form { UNKNOWN, BARE, SCORED, LABELLED, BARE_QUERIES, SCORED_QUERIES, LISTS } form;

static const char *const form_names[] = {"",
                                         "two texts without a score",
                                         "two texts with a score",
                                         "a text with a label",
                                         "a query and a text without a score",
                                         "a query and a text with a score",
                                         "a query with lists"};

typedef struct reader {
    kor_pairs *out;
    kor_texts *texts;
    kor_texts labels; /* of LABELLED */
    kor_rows file;
    size_t form_line;
    form form;
    kor_error *err;
} reader;

static kor_status add_pair(kor_pairs *out, const kor_pair *pair, kor_error *err)
{
    if (out->count == out->cap) {
        if (out->count == TEXTS_MAX) return kor_fail(err, KOR_E_INPUT, "too many pairs");
        size_t cap = out->cap ? 2 * out->cap : 1024;
        kor_pair *pairs = realloc(out->pairs, cap * sizeof *pairs);
        if (!pairs) return kor_fail_memory(err);
        out->pairs = pairs;
        out->cap = cap;
    }
    out->pairs[out->count++] = *pair;
    return KOR_OK;
}

/* A string that is more than white space. */
static bool is_text(const json_t *value)
{
    const char *s = json_string_value(value);
    return s && s[strspn(s, " \t\r\n")] != 0;
}

/* All of a list are texts; a missing list is an empty one. */
static bool are_texts(const json_t *list)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (!is_text(json_array_get(list, i))) return false;
    }
    return !list || json_is_array(list);
}

static kor_status add_texts(reader *r, const json_t *a, const json_t *b, float score)
{
    kor_pair pair = {.score = score, .line = r->file.line};
    KOR_TRY(add_text(r->texts, json_string_value(a), json_string_length(a), &pair.a, r->err));
    KOR_TRY(add_text(r->texts, json_string_value(b), json_string_length(b), &pair.b, r->err));
    return add_pair(r->out, &pair, r->err);
}

/* Is this row of the same form as those before it? The first one decides. */
static bool fits(reader *r, form f)
{
    if (r->form == UNKNOWN) {
        r->form = f;
        r->form_line = r->file.line;
    }
    return r->form == f;
}

static kor_status bad_form(reader *r, form f)
{
    return kor_rows_bad(&r->file, "%s, and line %zu is %s: the rows of a file are alike",
                        form_names[f], r->form_line, form_names[r->form]);
}

static kor_status read_lists(reader *r, json_t *row)
{
    json_t *query = json_object_get(row, "query"), *positive = json_object_get(row, "positive"),
           *negatives = json_object_get(row, "negatives");
    if (!is_text(query)) return kor_rows_bad(&r->file, "no \"query\" that is a text");
    bool one = is_text(positive);
    if (!one && (!json_array_size(positive) || !are_texts(positive)))
        return kor_rows_bad(&r->file, "\"positive\" must be a text or a list of texts");
    if (!are_texts(negatives))
        return kor_rows_bad(&r->file, "\"negatives\" must be a list of texts");
    if (!fits(r, LISTS)) return bad_form(r, LISTS);
    if (one) KOR_TRY(add_texts(r, query, positive, 1));
    for (size_t i = 0; i < json_array_size(positive); i++)
        KOR_TRY(add_texts(r, query, json_array_get(positive, i), 1));
    for (size_t i = 0; i < json_array_size(negatives); i++)
        KOR_TRY(add_texts(r, query, json_array_get(negatives, i), 0));
    return KOR_OK;
}

/* The names of the two texts in a row; the first that are there. */
static const char *const names[][2] = {{"a", "b"}, {"query", "text"}, {"text", "other"}};

static kor_status read_two(reader *r, json_t *row)
{
    size_t n = sizeof names / sizeof *names, i = 0;
    while (i < n && !json_object_get(row, names[i][0])) i++;
    if (i == n) return kor_rows_bad(&r->file, "no \"a\" and \"b\", and no \"query\"");
    json_t *a = json_object_get(row, names[i][0]), *b = json_object_get(row, names[i][1]);
    json_t *score = json_object_get(row, "score");
    if (!score) score = json_object_get(row, "label");
    if (!is_text(a)) return kor_rows_bad(&r->file, "no \"%s\" that is a text", names[i][0]);
    if (!is_text(b)) return kor_rows_bad(&r->file, "no \"%s\" that is a text", names[i][1]);
    if (score && !json_is_number(score) && !json_is_boolean(score))
        return kor_rows_bad(&r->file, "the score must be a number");
    double value = json_is_boolean(score) ? json_is_true(score) : json_number_value(score);
    if (score && !(value >= 0 && value <= SCORE_MAX))
        return kor_rows_bad(&r->file, "score %g: it must be from 0 to %g", value, SCORE_MAX);
    form f = i == 1 ? (score ? SCORED_QUERIES : BARE_QUERIES) : (score ? SCORED : BARE);
    if (!fits(r, f)) return bad_form(r, f);
    return add_texts(r, a, b, score ? (float)value : 1);
}

/* As half a pair: it meets the other half when all are read. */
static kor_status read_labelled(reader *r, json_t *row)
{
    json_t *text = json_object_get(row, "text"), *label = json_object_get(row, "label");
    kor_pair half = {.score = 1, .line = r->file.line};
    if (!is_text(text)) return kor_rows_bad(&r->file, "no \"text\" that is a text");
    if (!is_text(label)) return kor_rows_bad(&r->file, "the label is empty");
    if (!fits(r, LABELLED)) return bad_form(r, LABELLED);
    KOR_TRY(add_text(r->texts, json_string_value(text), json_string_length(text), &half.a, r->err));
    KOR_TRY(add_text(&r->labels, json_string_value(label), json_string_length(label), &half.label,
                     r->err));
    half.label++;
    return add_pair(r->out, &half, r->err);
}

/* Each half next to another text of its label; those whose label has no other are left out. */
static kor_status pair_labelled(reader *r)
{
    kor_pairs *p = r->out;
    kor_random random = {1}; /* the same rows make the same pairs */
    size_t labels = r->labels.count, alone = 0, made = 0;
    size_t *first = calloc(labels + 2, sizeof *first); /* [label]: into member */
    uint32_t *member = malloc((p->count + 1) * sizeof *member);
    if (!first || !member) {
        free(first);
        free(member);
        return kor_fail_memory(r->err);
    }
    for (size_t i = 0; i < p->count; i++) first[p->pairs[i].label + 1]++;
    for (size_t i = 1; i <= labels + 1; i++) first[i] += first[i - 1];
    for (size_t i = 0; i < p->count; i++) member[first[p->pairs[i].label]++] = p->pairs[i].a;
    for (size_t i = 0; i < p->count; i++) { /* first[label] is now where the next label begins */
        kor_pair pair = p->pairs[i];
        size_t from = first[pair.label - 1], n = first[pair.label] - from;
        pair.b = pair.a;
        for (size_t tries = 0; tries < TRIES && pair.b == pair.a; tries++)
            pair.b = member[from + kor_random_below(&random, n)];
        if (pair.b == pair.a)
            alone++;
        else
            p->pairs[made++] = pair;
    }
    p->count = made;
    free(first);
    free(member);
    if (alone)
        kor_remark(r->file.remarks, "%s: %zu texts are alone with their label, and are left out",
                   r->file.path, alone);
    return KOR_OK;
}

static kor_status read_row(void *arg, const char *line, size_t len)
{
    reader *r = arg;
    json_error_t e;
    json_t *row = json_loadb(line, len, JSON_ALLOW_NUL, &e);
    kor_status status;
    if (!row)
        status = kor_rows_bad(&r->file, "not JSON: %s", e.text);
    else if (json_object_get(row, "positive"))
        status = read_lists(r, row);
    else if (json_is_string(json_object_get(row, "label")) && !json_object_get(row, "query"))
        status = read_labelled(r, row);
    else
        status = read_two(r, row);
    json_decref(row);
    return status;
}

/* ---- Groups ---- */

/* Put the pairs of each a together, in the order in which they came first. */
static kor_status make_groups(kor_pairs *p, size_t texts, kor_error *err)
{
    uint32_t *group = calloc(texts + 1, sizeof *group); /* of a text, + 1 */
    kor_pair *sorted = malloc((p->count + 1) * sizeof *sorted);
    p->first = calloc(p->count + 2, sizeof *p->first);
    if (!group || !sorted || !p->first) {
        free(group);
        free(sorted);
        return kor_fail_memory(err);
    }
    for (size_t i = 0; i < p->count; i++) {
        uint32_t *g = &group[p->pairs[i].a];
        if (!*g) *g = (uint32_t)++p->groups;
        p->first[*g + 1]++; /* one place further on than at the end: see below */
    }
    for (size_t g = 0; g < p->groups; g++) p->first[g + 2] += p->first[g + 1];
    for (size_t i = 0; i < p->count; i++) sorted[p->first[group[p->pairs[i].a]]++] = p->pairs[i];
    free(p->pairs);
    p->pairs = sorted;
    p->cap = p->count + 1;
    free(group);
    return KOR_OK;
}

bool kor_pairs_contrast(const kor_pairs *p, size_t group)
{
    for (size_t i = p->first[group] + 1; i < p->first[group + 1]; i++) {
        if (p->pairs[i].score != p->pairs[i - 1].score) return true;
    }
    return false;
}

size_t kor_pairs_contrasts(const kor_pairs *pairs)
{
    size_t n = 0;
    for (size_t g = 0; g < pairs->groups; g++) n += kor_pairs_contrast(pairs, g);
    return n;
}

static kor_status look_at_scores(reader *r)
{
    kor_pairs *p = r->out;
    float least = INFINITY;
    p->binary = true;
    p->score_max = 0;
    for (size_t i = 0; i < p->count; i++) {
        float s = p->pairs[i].score;
        p->binary &= s == 0 || s == 1;
        least = fminf(least, s);
        p->score_max = fmaxf(p->score_max, s);
    }
    p->queries = r->form >= BARE_QUERIES;
    bool bare = r->form == BARE || r->form == LABELLED;
    p->scored = !bare && r->form != BARE_QUERIES && least < p->score_max;
    bool only_positives = p->queries && p->binary && p->score_max == 1;
    if (p->scored || bare || only_positives) return KOR_OK;
    return kor_fail(r->err, KOR_E_INPUT, "%s: every score is %g; a model needs two or more",
                    r->file.path, (double)least);
}

kor_status kor_pairs_read(kor_pairs *out, const char *path, kor_texts *texts,
                          const kor_remarks *remarks, kor_error *err)
{
    *out = (kor_pairs){0};
    reader r = {.out = out, .texts = texts, .file = {.path = path, .remarks = remarks}, .err = err};
    kor_status status = kor_rows_read(&r.file, read_row, &r, &out->hash, err);
    out->bad = kor_rows_end(&r.file);
    if (status == KOR_OK && r.form == LABELLED) status = pair_labelled(&r);
    kor_texts_free(&r.labels);
    if (status == KOR_OK && !out->count) {
        status = kor_fail(err, KOR_E_INPUT,
                          "%s: no row to use; rows are {\"a\", \"b\", \"score\"} or {\"query\", "
                          "\"text\", \"label\"}",
                          path);
    }
    if (status == KOR_OK) status = make_groups(out, texts->count, err);
    if (status == KOR_OK) status = look_at_scores(&r);
    if (status != KOR_OK) kor_pairs_free(out);
    return status;
}

void kor_pairs_free(kor_pairs *pairs)
{
    free(pairs->pairs);
    free(pairs->first);
    *pairs = (kor_pairs){0};
}

/* ---- Split and negatives ---- */

/* A copy without pairs, but with room for groups. */
static kor_status like(kor_pairs *out, const kor_pairs *p, kor_error *err)
{
    *out = *p;
    out->pairs = NULL;
    out->count = out->cap = out->groups = out->bad = 0;
    out->first = calloc(p->groups + 1, sizeof *out->first);
    return out->first ? KOR_OK : kor_fail_memory(err);
}

static kor_status add_group(kor_pairs *out, const kor_pairs *p, size_t group, kor_error *err)
{
    for (size_t i = p->first[group]; i < p->first[group + 1]; i++)
        KOR_TRY(add_pair(out, &p->pairs[i], err));
    out->first[++out->groups] = (uint32_t)out->count;
    return KOR_OK;
}

static kor_status split(const kor_pairs *p, double share, uint64_t seed, kor_pairs *learn,
                        kor_pairs *measure, uint32_t *order, bool *apart, kor_error *err)
{
    size_t taken = 0, wanted = (size_t)((double)p->count * share);
    kor_random random = {seed};
    for (size_t g = 0; g < p->groups; g++) order[g] = (uint32_t)g;
    kor_random_shuffle(&random, order, p->groups);
    for (size_t i = 0; i + 1 < p->groups && (i == 0 || taken < wanted); i++) {
        apart[order[i]] = true;
        taken += p->first[order[i] + 1] - p->first[order[i]];
    }
    KOR_TRY(like(learn, p, err));
    KOR_TRY(like(measure, p, err));
    for (size_t g = 0; g < p->groups; g++)
        KOR_TRY(add_group(apart[g] ? measure : learn, p, g, err));
    return KOR_OK;
}

kor_status kor_pairs_split(const kor_pairs *pairs, double share, uint64_t seed, kor_pairs *learn,
                           kor_pairs *measure, kor_error *err)
{
    *learn = *measure = (kor_pairs){0};
    if (pairs->groups < 2) {
        return kor_fail(err, KOR_E_INPUT, "too few rows to measure with; give val, or more rows");
    }
    uint32_t *order = malloc(pairs->groups * sizeof *order);
    bool *apart = calloc(pairs->groups, sizeof *apart);
    kor_status status = order && apart
                            ? split(pairs, share, seed, learn, measure, order, apart, err)
                            : kor_fail_memory(err);
    free(order);
    free(apart);
    if (status == KOR_OK) return KOR_OK;
    kor_pairs_free(learn);
    kor_pairs_free(measure);
    return status;
}

/* Texts of pool into the group at the end of out. A text that the group has is not taken,
 * nor is the query itself. */
static kor_status add_random(kor_pairs *out, const kor_pairs *p, const kor_pairs *pool,
                             size_t group, size_t count, kor_random *random, uint32_t *mark,
                             size_t *added, kor_error *err)
{
    const kor_pair *query = &p->pairs[p->first[group]];
    uint32_t stamp = (uint32_t)group + 1;
    mark[query->a] = stamp;
    for (size_t i = p->first[group]; i < p->first[group + 1]; i++) mark[p->pairs[i].b] = stamp;
    for (size_t i = 0; i < count; i++) {
        for (size_t tries = 0; tries < TRIES; tries++) {
            const kor_pair *other = &pool->pairs[kor_random_below(random, pool->count)];
            if (mark[other->b] == stamp) continue;
            mark[other->b] = stamp;
            const kor_pair made = {.a = query->a, .b = other->b, .score = 0};
            KOR_TRY(add_pair(out, &made, err));
            ++*added;
            break;
        }
    }
    out->first[out->groups] = (uint32_t)out->count;
    return KOR_OK;
}

kor_status kor_pairs_add_negatives(kor_pairs *pairs, const kor_pairs *pool, const kor_texts *texts,
                                   size_t count, uint64_t seed, size_t *added, kor_error *err)
{
    *added = 0;
    if (!pairs->binary) return KOR_OK;
    kor_pairs out;
    kor_random random = {seed};
    KOR_TRY(like(&out, pairs, err));
    out.bad = pairs->bad;
    uint32_t *mark = calloc(texts->count + 1, sizeof *mark);
    kor_status status = mark ? KOR_OK : kor_fail_memory(err);
    for (size_t g = 0; g < pairs->groups && status == KOR_OK; g++) {
        status = add_group(&out, pairs, g, err);
        bool positive = pairs->pairs[pairs->first[g]].score > 0;
        if (status == KOR_OK && positive && !kor_pairs_contrast(pairs, g))
            status = add_random(&out, pairs, pool, g, count, &random, mark, added, err);
    }
    free(mark);
    if (status == KOR_OK) {
        kor_pairs_free(pairs);
        *pairs = out;
        pairs->scored |= *added > 0;
    } else {
        kor_pairs_free(&out);
    }
    return status;
}
