/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/queries.h"

#include "base/hash.h"
#include "learn/random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 512, LEAST_WORDS = 4, LEAST_BYTES = 3, LEAST = 2, MOST = 10, COMMON = 100 };

typedef struct word {
    const char *start;
    size_t len;
    uint64_t hash; /* in lower case, never 0 */
} word;

typedef struct maker {
    kor_made_rows out;
    uint64_t *key;  /* [slots] open addressing; 0: free */
    uint32_t *rows; /* [slots] that have the word */
    size_t slots, words;
    uint64_t *seen; /* [texts] hashes of texts, sorted when all are there */
    kor_str query;
    kor_error *err;
} maker;

/* ---- Words ---- */

static bool in_word(unsigned char c)
{
    return c >= 0x80 || c == '\'' || (c >= '0' && c <= '9') ||
           ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* The first words of a text, at most WORDS; bytes outside of ASCII are letters. */
static size_t split(const char *text, word words[WORDS])
{
    size_t n = 0;
    while (*text && n < WORDS) {
        while (*text && !in_word((unsigned char)*text)) text++;
        const char *start = text;
        uint64_t hash = 0xcbf29ce484222325ull;
        while (in_word((unsigned char)*text))
            hash = (hash ^ (unsigned char)lower(*text++)) * 0x100000001b3ull;
        if (text > start) words[n++] = (word){start, (size_t)(text - start), hash | 1};
    }
    return n;
}

static size_t slot_of(const maker *m, uint64_t hash)
{
    size_t at = (size_t)(hash >> 20) & (m->slots - 1);
    while (m->key[at] && m->key[at] != hash) at = (at + 1) & (m->slots - 1);
    return at;
}

static kor_status grow(maker *m)
{
    maker old = *m;
    m->slots = old.slots ? 2 * old.slots : 1 << 14;
    m->key = calloc(m->slots, sizeof *m->key);
    m->rows = calloc(m->slots, sizeof *m->rows);
    for (size_t i = 0; m->key && m->rows && i < old.slots; i++) {
        if (!old.key[i]) continue;
        size_t at = slot_of(m, old.key[i]);
        m->key[at] = old.key[i];
        m->rows[at] = old.rows[i];
    }
    free(old.key);
    free(old.rows);
    return m->key && m->rows ? KOR_OK : kor_fail_memory(m->err);
}

/* In how many texts is each word? */
static kor_status count_words(maker *m, const char *text)
{
    word words[WORDS];
    size_t n = split(text, words);
    for (size_t i = 0; i < n; i++) {
        bool again = false;
        for (size_t j = 0; j < i && !again; j++) again = words[j].hash == words[i].hash;
        if (again) continue;
        if (2 * (m->words + 1) > m->slots) KOR_TRY(grow(m));
        size_t at = slot_of(m, words[i].hash);
        m->words += !m->key[at];
        m->key[at] = words[i].hash;
        m->rows[at]++;
    }
    return KOR_OK;
}

/* Those that tell a text from others: not in every COMMON-th one. Of few texts, all but those in
 * half of them. */
static size_t keep_rare(const maker *m, word *words, size_t n, size_t texts)
{
    size_t kept = 0, most = texts / COMMON > 1 ? texts / COMMON : texts / 2;
    for (size_t i = 0; i < n; i++) {
        bool rare = words[i].len >= LEAST_BYTES && m->rows[slot_of(m, words[i].hash)] <= most;
        if (rare) words[kept++] = words[i];
    }
    return kept;
}

/* ---- Queries ---- */

static const char *const openings[] = {"what about ", "when did ", "who ",      "why ",
                                       "how ",        "where ",    "what was ", "did "};

/* Some of the words, in their order. */
static void make_query(maker *m, const word *words, size_t n, kor_random *random)
{
    size_t most = n - 1 < MOST ? n - 1 : MOST,
           take = LEAST + kor_random_below(random, most - LEAST + 1);
    size_t from = kor_random_below(random, n - take + 1);
    bool scattered = kor_random_below(random, 2), small = kor_random_below(random, 2),
         asked = kor_random_below(random, 2);
    kor_str_clear(&m->query);
    if (asked) {
        kor_str_puts(&m->query,
                     openings[kor_random_below(random, sizeof openings / sizeof *openings)]);
    }
    for (size_t i = scattered ? 0 : from, left = take; left; i++) {
        if (scattered && kor_random_below(random, n - i) >= left) continue;
        if (left < take) kor_str_putc(&m->query, ' ');
        for (size_t j = 0; j < words[i].len; j++)
            kor_str_putc(&m->query, small ? lower(words[i].start[j]) : words[i].start[j]);
        left--;
    }
    if (asked) kor_str_putc(&m->query, '?');
}

static kor_status add(maker *m, const char *text, const char *label, size_t line)
{
    json_t *row = json_pack("{s:s, s:s}", "text", text, "label", label);
    char *json = row ? json_dumps(row, JSON_COMPACT) : NULL;
    json_decref(row);
    if (!json) return kor_fail_memory(m->err);
    kor_status status = kor_made_rows_add(&m->out, json, strlen(json), line, m->err);
    free(json);
    return status;
}

static kor_status make(maker *m, const char *text, size_t line, size_t texts, size_t count,
                       uint64_t seed)
{
    word words[WORDS];
    char label[32];
    uint64_t hash = kor_hash64(text, strlen(text), 0);
    kor_random random = {hash ^ (seed * 0x9e3779b97f4a7c15ull)};
    size_t n = keep_rare(m, words, split(text, words), texts);
    if (n < LEAST_WORDS) return KOR_OK;
    (void)snprintf(label, sizeof label, "text %016" PRIx64, hash);
    KOR_TRY(add(m, text, label, line));
    for (size_t i = 0; i < count; i++) {
        make_query(m, words, n, &random);
        if (m->query.failed) return kor_fail_memory(m->err);
        KOR_TRY(add(m, kor_str_text(&m->query), label, line));
    }
    return KOR_OK;
}

/* ---- Rows ---- */

static char *text_of(const kor_made_row *row)
{
    json_t *o = json_loadb(row->json, row->len, 0, NULL);
    const char *s = json_string_value(json_object_get(o, "text"));
    char *text = s ? strdup(s) : NULL;
    json_decref(o);
    return text;
}

static int by_hash(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Is this the first of equal texts? seen[texts] is sorted; one of each is marked as used. */
static bool is_first(maker *m, const char *text, size_t texts, bool *used)
{
    uint64_t hash = kor_hash64(text, strlen(text), 0);
    size_t low = 0, high = texts;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (m->seen[middle] < hash)
            low = middle + 1;
        else
            high = middle;
    }
    bool first = low < texts && !used[low];
    if (low < texts) used[low] = true;
    return first;
}

static kor_status make_all(maker *m, const kor_made_rows *rows, char **text, bool *used,
                           size_t count, uint64_t seed)
{
    size_t texts = 0;
    for (size_t i = 0; i < rows->count; i++) {
        text[i] = text_of(&rows->rows[i]);
        if (!text[i]) continue;
        KOR_TRY(count_words(m, text[i]));
        m->seen[texts++] = kor_hash64(text[i], strlen(text[i]), 0);
    }
    qsort(m->seen, texts, sizeof *m->seen, by_hash);
    for (size_t i = 0; i < rows->count; i++) {
        if (text[i] && is_first(m, text[i], texts, used))
            KOR_TRY(make(m, text[i], rows->rows[i].line, texts, count, seed));
    }
    return KOR_OK;
}

kor_status kor_queries_make(kor_made_rows *rows, size_t count, uint64_t seed, kor_error *err)
{
    maker m = {.err = err};
    char **text = calloc(rows->count + 1, sizeof *text);
    bool *used = calloc(rows->count + 1, sizeof *used);
    m.seen = calloc(rows->count + 1, sizeof *m.seen);
    kor_status status =
        text && used && m.seen ? make_all(&m, rows, text, used, count, seed) : kor_fail_memory(err);
    for (size_t i = 0; text && i < rows->count; i++) free(text[i]);
    free(text);
    free(used);
    free(m.seen);
    free(m.key);
    free(m.rows);
    kor_str_free(&m.query);
    m.out.bad = rows->bad;
    kor_made_rows_free(status == KOR_OK ? rows : &m.out);
    if (status == KOR_OK) *rows = m.out;
    return status;
}
