/* SPDX-License-Identifier: Apache-2.0 */
/* What a model's sentence vectors are worth by themselves: cosine alone, no words, no ranker.
 *
 *     bench_embed MODEL DATA      one JSON line: recall on the LoCoMo conversations in
 *                                 DATA/memory, nDCG on DATA/retrieval/cranfield, rank correlation
 *                                 on DATA/sts
 *
 * LoCoMo: every turn of a question's conversation, as "Speaker: text", is ranked; questions without
 * evidence, with evidence that is not there, and adversarial ones are left out; R@k is the share of
 * the evidence among the first k, a mean over questions. Cranfield: title and text of every
 * abstract, gain is the judged degree (0 to 4), nDCG at 10 (Jarvelin and Kekalainen 2002). STS-B:
 * Spearman's rank correlation. */
#include "base/parallel.h"
#include "base/str.h"
#include "korora.h"
#include "learn/pair_metrics.h"
#include "learn/rows.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORKERS = 64, GRADES = 64, CUT = 10, TURNS_CUT = 5 };

typedef struct texts {
    char **id, **text, **scope; /* scope: of a turn or a question its conversation */
    json_t **about;             /* of a question */
    size_t count, cap;
    float *vector; /* [count][dim] */
} texts;

typedef struct bench {
    kor_model *model;
    size_t dim;
    kor_ctx *ctx[WORKERS];
    size_t workers;
    texts *now;
} bench;

static void fail(const char *why)
{
    fprintf(stderr, "bench_embed: %s\n", why);
    exit(3);
}

static void must(kor_status status, const kor_error *err)
{
    if (status != KOR_OK) fail(err->msg);
}

/* ---- Reading ---- */

static void add(texts *t, const char *id, const char *scope, const char *text, json_t *about)
{
    if (t->count == t->cap) {
        t->cap = t->cap ? 2 * t->cap : 1024;
        t->id = realloc(t->id, t->cap * sizeof *t->id);
        t->text = realloc(t->text, t->cap * sizeof *t->text);
        t->scope = realloc(t->scope, t->cap * sizeof *t->scope);
        t->about = realloc(t->about, t->cap * sizeof *t->about);
        if (!t->id || !t->text || !t->scope || !t->about) fail("out of memory");
    }
    t->id[t->count] = strdup(id);
    t->text[t->count] = strdup(text);
    t->scope[t->count] = strdup(scope);
    t->about[t->count++] = about;
}

static const char *string_of(const json_t *row, const char *key)
{
    const char *s = json_string_value(json_object_get(row, key));
    return s ? s : "";
}

static kor_status read_turn(void *arg, const char *line, size_t len)
{
    json_t *row = json_loadb(line, len, 0, NULL);
    kor_str s = {0};
    kor_str_printf(&s, "%s: %s", string_of(row, "speaker"), string_of(row, "text"));
    add(arg, string_of(row, "id"), string_of(row, "conv"), kor_str_text(&s), NULL);
    kor_str_free(&s);
    json_decref(row);
    return KOR_OK;
}

static kor_status read_question(void *arg, const char *line, size_t len)
{
    json_t *row = json_loadb(line, len, 0, NULL);
    if (strcmp(string_of(row, "category_name"), "adversarial") == 0) {
        json_decref(row);
        return KOR_OK;
    }
    add(arg, string_of(row, "id"), string_of(row, "conv"), string_of(row, "question"), row);
    return KOR_OK;
}

static kor_status read_document(void *arg, const char *line, size_t len)
{
    json_t *row = json_loadb(line, len, 0, NULL);
    const char *title = string_of(row, "title"), *text = string_of(row, "text");
    kor_str s = {0};
    if (strncmp(title, text, strlen(title)) != 0) kor_str_printf(&s, "%s ", title);
    kor_str_puts(&s, text);
    add(arg, string_of(row, "id"), "", kor_str_text(&s), NULL);
    kor_str_free(&s);
    json_decref(row);
    return KOR_OK;
}

static void read_rows(texts *t, const char *data, const char *name,
                      kor_status (*row)(void *, const char *, size_t))
{
    char path[4096];
    uint64_t hash;
    kor_error err;
    (void)snprintf(path, sizeof path, "%s/%s", data, name);
    kor_rows rows = {.path = path};
    must(kor_rows_read(&rows, row, t, &hash, &err), &err);
}

static size_t find(const texts *t, const char *id, const char *scope)
{
    for (size_t i = 0; i < t->count; i++) {
        if (strcmp(t->id[i], id) == 0 && strcmp(t->scope[i], scope) == 0) return i;
    }
    return t->count;
}

/* ---- Vectors ---- */

static void embed_one(void *arg, size_t i, size_t worker)
{
    bench *b = arg;
    texts *t = b->now;
    kor_error err;
    must(kor_embed(b->ctx[worker], t->text[i], strlen(t->text[i]), t->vector + i * b->dim, b->dim,
                   &err),
         &err);
}

static void embed(bench *b, texts *t)
{
    t->vector = malloc(t->count * b->dim * sizeof *t->vector);
    if (!t->vector) fail("out of memory");
    b->now = t;
    kor_parallel(b->workers, t->count, embed_one, b);
}

static float cosine(const float *x, const float *y, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] * y[i];
    return sum;
}

/* How many texts of the same scope are nearer to a question than this one (0: it is the first). */
static size_t place_of(const bench *b, const texts *t, const float *question, const char *scope,
                       size_t own)
{
    float reached = cosine(question, t->vector + own * b->dim, b->dim);
    size_t place = 0;
    for (size_t i = 0; i < t->count; i++) {
        if (i == own || strcmp(t->scope[i], scope) != 0) continue;
        float c = cosine(question, t->vector + i * b->dim, b->dim);
        place += c > reached || (c == reached && i < own);
    }
    return place;
}

/* ---- Measures ---- */

static void locomo(bench *b, const char *data)
{
    texts turns = {0}, questions = {0};
    double r5 = 0, r10 = 0, mrr = 0;
    size_t n = 0;
    read_rows(&turns, data, "memory/locomo_turns.jsonl", read_turn);
    read_rows(&questions, data, "memory/locomo_questions.jsonl", read_question);
    embed(b, &turns);
    embed(b, &questions);
    for (size_t q = 0; q < questions.count; q++) {
        const json_t *evidence = json_object_get(questions.about[q], "evidence");
        size_t count = json_array_size(evidence), in5 = 0, in10 = 0, first = turns.count;
        bool whole = count > 0;
        for (size_t i = 0; whole && i < count; i++) {
            const char *id = json_string_value(json_array_get(evidence, i));
            size_t own = find(&turns, id ? id : "", questions.scope[q]);
            whole = own < turns.count;
            if (!whole) break;
            size_t place =
                place_of(b, &turns, questions.vector + q * b->dim, questions.scope[q], own);
            in5 += place < TURNS_CUT;
            in10 += place < CUT;
            first = place < first ? place : first;
        }
        if (!whole) continue;
        n++;
        r5 += (double)in5 / (double)count;
        r10 += (double)in10 / (double)count;
        mrr += 1 / (double)(first + 1);
    }
    printf("\"locomo\":{\"n\":%zu,\"r5\":%.4f,\"r10\":%.4f,\"mrr\":%.4f}", n, r5 / (double)n,
           r10 / (double)n, mrr / (double)n);
}

static int by_falling(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

static double gain_at(double gain, size_t place)
{
    return gain / log2((double)place + 2);
}

static void cranfield(bench *b, const char *data)
{
    texts documents = {0}, queries = {0};
    char path[4096], line[128], query[32], document[32];
    double sum = 0, reached[4096] = {0};
    static double grade[4096][GRADES];
    size_t grades[4096] = {0}, n = 0;
    read_rows(&documents, data, "retrieval/cranfield/corpus.jsonl", read_document);
    read_rows(&queries, data, "retrieval/cranfield/queries.jsonl", read_document);
    embed(b, &documents);
    embed(b, &queries);
    (void)snprintf(path, sizeof path, "%s/retrieval/cranfield/qrels.tsv", data);
    FILE *f = fopen(path, "r");
    if (!f || queries.count > 4096) fail("no qrels.tsv");
    while (fgets(line, sizeof line, f)) {
        double g;
        if (sscanf(line, "%31s %31s %lf", query, document, &g) != 3 || g <= 0) continue;
        size_t q = find(&queries, query, ""), d = find(&documents, document, "");
        if (q == queries.count || d == documents.count || grades[q] == GRADES) continue;
        grade[q][grades[q]++] = g;
        size_t place = place_of(b, &documents, queries.vector + q * b->dim, "", d);
        if (place < CUT) reached[q] += gain_at(g, place);
    }
    fclose(f);
    for (size_t q = 0; q < queries.count; q++) {
        if (!grades[q]) continue;
        double best = 0;
        qsort(grade[q], grades[q], sizeof **grade, by_falling);
        for (size_t i = 0; i < grades[q] && i < CUT; i++) best += gain_at(grade[q][i], i);
        sum += reached[q] / best;
        n++;
    }
    printf("\"cranfield\":{\"n\":%zu,\"ndcg10\":%.4f}", n, sum / (double)n);
}

static void sts(bench *b, const char *data)
{
    char path[4096];
    kor_texts all = {0};
    kor_pairs pairs;
    kor_error err;
    texts t = {0};
    double rho;
    (void)snprintf(path, sizeof path, "%s/sts/stsb_dev.jsonl", data);
    must(kor_pairs_read(&pairs, path, &all, &(kor_remarks){0}, &err), &err);
    for (size_t i = 0; i < all.count; i++) add(&t, "", "", all.rows[i].text, NULL);
    embed(b, &t);
    float *x = malloc(pairs.count * sizeof *x), *y = malloc(pairs.count * sizeof *y);
    if (!x || !y) fail("out of memory");
    for (size_t i = 0; i < pairs.count; i++) {
        const kor_pair *p = &pairs.pairs[i];
        x[i] = cosine(t.vector + p->a * b->dim, t.vector + p->b * b->dim, b->dim);
        y[i] = p->score;
    }
    must(kor_spearman(x, y, pairs.count, &rho, &err), &err);
    printf("\"sts\":{\"n\":%zu,\"spearman\":%.4f}", pairs.count, rho);
}

int main(int argc, char **argv)
{
    bench b = {.workers = kor_cores() < WORKERS ? kor_cores() : WORKERS};
    kor_error err;
    kor_model_info info;
    if (argc != 3) {
        fprintf(stderr, "usage: bench_embed MODEL DATA\n");
        return 2;
    }
    must(kor_model_open(&b.model, argv[1], &err), &err);
    kor_model_get_info(b.model, &info);
    b.dim = info.dim;
    for (size_t i = 0; i < b.workers; i++) must(kor_ctx_new(&b.ctx[i], b.model, &err), &err);
    printf("{");
    locomo(&b, argv[2]);
    printf(",");
    cranfield(&b, argv[2]);
    printf(",");
    sts(&b, argv[2]);
    printf("}\n");
    return 0;
}
