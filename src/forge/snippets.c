/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/snippets.h"

#include "base/hash.h"
#include "learn/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LETTERS = 3, TRIES = 3 };

/* ---- Runs of lines ---- */

typedef struct run {
    size_t start, end; /* bytes of the text */
} run;

typedef struct cutter {
    kor_made_rows out;
    size_t *lines; /* [count + 1] where each line starts, and the end */
    size_t count, cap;
    run *runs; /* [found] of this text so far */
    size_t found;
    kor_error *err;
} cutter;

static kor_status find_lines(cutter *c, const char *text, size_t len)
{
    c->count = 0;
    for (size_t at = 0;;) {
        if (c->count + 2 > c->cap) {
            size_t cap = 2 * c->cap + 64;
            size_t *lines = realloc(c->lines, cap * sizeof *lines);
            if (!lines) return kor_fail_memory(c->err);
            c->lines = lines;
            c->cap = cap;
        }
        c->lines[c->count] = at;
        if (at == len) return KOR_OK;
        c->count++;
        const char *stop = memchr(text + at, '\n', len - at);
        at = stop ? (size_t)(stop - text) + 1 : len;
    }
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without blank lines around it; what stands before its first word stays. */
static run trim(const char *text, run r)
{
    size_t word = r.start;
    while (word < r.end && is_space(text[word])) {
        if (text[word++] == '\n') r.start = word;
    }
    while (r.end > r.start && is_space(text[r.end - 1])) r.end--;
    return r;
}

/* Letters of ASCII; each byte of others counts as one. */
static bool has_letters(const char *s, size_t len)
{
    size_t letters = 0;
    for (size_t i = 0; i < len && letters < LETTERS; i++) {
        unsigned char c = (unsigned char)s[i], lower = c | 0x20;
        letters += c >= 0x80 || (lower >= 'a' && lower <= 'z');
    }
    return letters == LETTERS;
}

/* 1, 2 to 3, 4 to 7, ... are all as likely, so that short ones are common. */
static size_t draw_length(kor_random *random, size_t lines)
{
    size_t most = lines < KOR_SNIPPETS_LINES ? lines : KOR_SNIPPETS_LINES, sizes = 1;
    while ((size_t)1 << sizes <= most) sizes++;
    size_t least = (size_t)1 << kor_random_below(random, sizes);
    size_t end = 2 * least < most + 1 ? 2 * least : most + 1;
    return least + kor_random_below(random, end - least);
}

static bool is_known(const cutter *c, run r)
{
    for (size_t i = 0; i < c->found; i++) {
        if (c->runs[i].start == r.start && c->runs[i].end == r.end) return true;
    }
    return false;
}

static kor_status add_run(cutter *c, json_t *row, const char *text, run r, size_t line)
{
    json_t *part = json_stringn(text + r.start, r.end - r.start);
    char *json = json_object_set_new(row, "text", part) == 0 ? json_dumps(row, JSON_COMPACT) : NULL;
    if (!json) return kor_fail_memory(c->err);
    kor_status status = kor_made_rows_add(&c->out, json, strlen(json), line, c->err);
    free(json);
    return status;
}

static kor_status cut(cutter *c, json_t *row, const char *text, size_t len, size_t line,
                      size_t count, uint64_t seed)
{
    char group[20];
    uint64_t hash = kor_hash64(text, len, 0);
    kor_random random = {hash ^ (seed * 0x9e3779b97f4a7c15ull)};
    (void)snprintf(group, sizeof group, "%016" PRIx64, hash);
    if (json_object_set_new(row, "group", json_string(group)) != 0) return kor_fail_memory(c->err);
    c->found = 0;
    for (size_t i = 0; i < TRIES * count && c->found < count; i++) {
        size_t n = draw_length(&random, c->count);
        size_t from = kor_random_below(&random, c->count - n + 1);
        run r = trim(text, (run){c->lines[from], c->lines[from + n]});
        if (!has_letters(text + r.start, r.end - r.start) || is_known(c, r)) continue;
        c->runs[c->found++] = r;
        KOR_TRY(add_run(c, row, text, r, line));
    }
    return KOR_OK;
}

static kor_status cut_row(cutter *c, const kor_made_row *made, size_t count, uint64_t seed)
{
    json_t *row = json_loadb(made->json, made->len, JSON_ALLOW_NUL, NULL);
    json_t *text = json_incref(json_object_get(row, "text")); /* the row gets others */
    const char *s = json_string_value(text);
    size_t len = s ? json_string_length(text) : 0;
    kor_status status = s ? find_lines(c, s, len) : KOR_OK;
    if (status == KOR_OK) {
        run whole = s ? trim(s, (run){0, len}) : (run){0, 0};
        bool several = s && memchr(s + whole.start, '\n', whole.end - whole.start);
        status = several ? cut(c, row, s, len, made->line, count, seed)
                         : kor_made_rows_add(&c->out, made->json, made->len, made->line, c->err);
    }
    json_decref(text);
    json_decref(row);
    return status;
}

kor_status kor_snippets_cut(kor_made_rows *rows, size_t count, uint64_t seed, kor_error *err)
{
    cutter c = {.runs = calloc(count, sizeof *c.runs), .err = err};
    kor_status status = c.runs ? KOR_OK : kor_fail_memory(err);
    for (size_t i = 0; status == KOR_OK && i < rows->count; i++)
        status = cut_row(&c, &rows->rows[i], count, seed);
    free(c.lines);
    free(c.runs);
    if (status != KOR_OK) {
        kor_made_rows_free(&c.out);
        return status;
    }
    c.out.bad = rows->bad;
    kor_made_rows_free(rows);
    *rows = c.out;
    return KOR_OK;
}

/* ---- At most so many of each label ---- */

/* The hash of a row's labels. */
static uint64_t hash_labels(const kor_made_row *made)
{
    json_t *row = json_loadb(made->json, made->len, JSON_ALLOW_NUL, NULL), *label;
    uint64_t hash = 0;
    size_t i;
    label = json_object_get(row, "label");
    if (json_is_string(label))
        hash = kor_hash64(json_string_value(label), json_string_length(label), 0);
    json_array_foreach(json_object_get(row, "labels"), i, label)
    {
        if (json_is_string(label)) /* in any order */
            hash ^= kor_hash64(json_string_value(label), json_string_length(label), 0);
    }
    json_decref(row);
    return hash;
}

typedef struct ticket {
    uint64_t labels, draw;
    size_t row;
} ticket;

static int by_draw(const void *a, const void *b)
{
    const ticket *x = a, *y = b;
    if (x->labels != y->labels) return x->labels < y->labels ? -1 : 1;
    if (x->draw != y->draw) return x->draw < y->draw ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

kor_status kor_snippets_limit(kor_made_rows *rows, size_t limit, uint64_t seed, kor_error *err)
{
    kor_random random = {seed ^ 0x6c696d6974ull};
    ticket *tickets = calloc(rows->count + 1, sizeof *tickets);
    if (!tickets) return kor_fail_memory(err);
    for (size_t i = 0; i < rows->count; i++)
        tickets[i] = (ticket){hash_labels(&rows->rows[i]), kor_random_next(&random), i};
    qsort(tickets, rows->count, sizeof *tickets, by_draw);
    for (size_t i = 0, same = 0; i < rows->count; i++) {
        same = i && tickets[i].labels == tickets[i - 1].labels ? same + 1 : 0;
        if (same >= limit) rows->rows[tickets[i].row].json = NULL;
    }
    free(tickets);
    size_t kept = 0;
    for (size_t i = 0; i < rows->count; i++) {
        if (rows->rows[i].json) rows->rows[kept++] = rows->rows[i];
    }
    rows->count = kept;
    return KOR_OK;
}
