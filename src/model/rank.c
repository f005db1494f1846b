/* SPDX-License-Identifier: Apache-2.0 */
#include "model/rank.h"

#include "korora.h"
#include "text/ngrams.h"
#include "text/utf8.h"

#include <math.h>
#include <string.h>
#include <utf8proc.h>

enum {
    RUN_WORDS = 64, /* of the first text that are looked for as they stand */
    LANES = 8       /* partial sums: the same on every machine, and made wide by a compiler */
};

/* BM25 for short texts (Robertson and Zaragoza 2009). */
static const float K1 = 0.9f, B = 0.5f;

/* ---- Binding ---- */

static kor_status bind_floats(const kor_gguf *file, const char *name, size_t n, size_t rows,
                              const float **out, kor_error *err)
{
    const kor_tensor *t = NULL;
    KOR_TRY(kor_gguf_get_tensor(file, name, KOR_TENSOR_F32, (size_t[KOR_GGUF_DIMS]){n, rows, 1, 1},
                                &t, err));
    *out = t->data;
    return KOR_OK;
}

static kor_status bind_number(const kor_gguf *file, const char *key, bool positive, float *out,
                              kor_error *err)
{
    KOR_TRY(kor_gguf_get_f32(file, key, out, err));
    if (isfinite(*out) && (!positive || *out > 0)) return KOR_OK;
    return kor_fail(err, KOR_E_INPUT, "metadata '%s' is %g, expected a number%s", key, (double)*out,
                    positive ? " over 0" : "");
}

static kor_status bind_version(const kor_gguf *file, const char *key, uint32_t known,
                               kor_error *err)
{
    uint32_t version = 0;
    KOR_TRY(kor_gguf_get_u32(file, key, &version, err));
    if (version == known) return KOR_OK;
    return kor_fail(err, KOR_E_UNSUPPORTED, "metadata '%s' is %u; this version reads %u", key,
                    version, known);
}

static kor_status bind_rarity(kor_ranker *out, const kor_gguf *file, kor_error *err)
{
    const kor_tensor *t = kor_gguf_tensor(file, "rank.rarity");
    size_t n = t && t->type == KOR_TENSOR_I8 && t->dims == 1 ? t->count : 0;
    while (out->bits < KOR_RANK_BITS && (size_t)1 << out->bits < n) out->bits++;
    if (n < 2 || n != (size_t)1 << out->bits) {
        return kor_fail(err, KOR_E_INPUT,
                        "tensor 'rank.rarity' must be I8, and its length a power of 2 from 2 to %d",
                        1 << KOR_RANK_BITS);
    }
    out->rarity = t->data;
    return KOR_OK;
}

kor_status kor_rank_bind(kor_ranker *out, const kor_gguf *file, size_t dim, kor_error *err)
{
    *out = (kor_ranker){.inputs = dim ? KOR_RANK_INPUTS : KOR_RANK_LEXICAL, .dim = dim};
    KOR_TRY(bind_version(file, "korora.rank.version", KOR_RANK_VERSION, err));
    KOR_TRY(bind_version(file, "korora.rank.ngrams", KOR_NGRAMS_VERSION, err));
    KOR_TRY(bind_number(file, "korora.rank.unit", true, &out->unit, err));
    KOR_TRY(bind_number(file, "korora.rank.average", true, &out->average, err));
    KOR_TRY(bind_number(file, "korora.rank.score_max", true, &out->score_max, err));
    KOR_TRY(bind_number(file, "korora.rank.bias", false, &out->bias, err));
    KOR_TRY(bind_rarity(out, file, err));
    KOR_TRY(bind_floats(file, "rank.linear", out->inputs, 1, &out->linear, err));
    if (!dim) return KOR_OK;
    KOR_TRY(kor_gguf_get_u64(file, "korora.trunk_checksum", &out->trunk, err));
    KOR_TRY(bind_floats(file, "rank.mean", dim, 1, &out->mean, err));
    KOR_TRY(bind_floats(file, "rank.factor", dim, 1, &out->factor, err));
    return bind_floats(file, "rank.diagonal", dim, 3, &out->diagonal, err);
}

/* ---- Reading a text ---- */

typedef struct room {
    uint32_t *all; /* [KOR_RANK_KEYS] as they come */
    uint32_t *word;
    kor_rank_keys keys[KOR_RANK_KINDS]; /* each [KOR_RANK_KEYS] */
} room;

static void *take(uintptr_t *at, size_t bytes)
{
    uintptr_t p = *at;
    *at = p + (bytes + 7) / 8 * 8;
    return (void *)p;
}

static uintptr_t lay_out(room *r, uintptr_t base)
{
    uintptr_t at = base;
    r->all = take(&at, KOR_RANK_KEYS * sizeof *r->all);
    r->word = take(&at, KOR_RANK_KEYS * sizeof *r->word);
    for (size_t k = 0; k < KOR_RANK_KINDS; k++) {
        r->keys[k].key = take(&at, KOR_RANK_KEYS * sizeof(uint32_t));
        r->keys[k].times = take(&at, KOR_RANK_KEYS * sizeof(uint16_t));
        r->keys[k].weight = take(&at, KOR_RANK_KEYS * sizeof(float));
    }
    return at;
}

size_t kor_rank_room(void)
{
    room r;
    return (size_t)lay_out(&r, 0);
}

/* Shellsort with the gaps of Ciura (2001): in place, without recursion. */
static void sort(uint32_t *x, size_t n)
{
    static const size_t gaps[] = {8929, 3968, 1750, 701, 301, 132, 57, 23, 10, 4, 1};
    for (size_t g = 0; g < sizeof gaps / sizeof *gaps; g++) {
        size_t gap = gaps[g];
        for (size_t i = gap; i < n; i++) {
            uint32_t moved = x[i];
            size_t j = i;
            for (; j >= gap && x[j - gap] > moved; j -= gap) x[j] = x[j - gap];
            x[j] = moved;
        }
    }
}

static void count_keys(kor_rank_keys *k)
{
    size_t n = 0;
    sort(k->key, k->count);
    for (size_t i = 0, next; i < k->count; i = next) {
        for (next = i + 1; next < k->count && k->key[next] == k->key[i];) next++;
        k->times[n] = (uint16_t)(next - i); /* at most KOR_RANK_KEYS */
        k->key[n++] = k->key[i];
    }
    k->count = n;
}

static bool is_word(uint32_t cp)
{
    if (cp < 0x80) return (cp >= '0' && cp <= '9') || ((cp | 0x20) >= 'a' && (cp | 0x20) <= 'z');
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)cp);
    return c >= UTF8PROC_CATEGORY_LU && c <= UTF8PROC_CATEGORY_NO;
}

static bool is_capital(uint32_t cp)
{
    if (cp < 0x80) return cp >= 'A' && cp <= 'Z';
    return utf8proc_category((utf8proc_int32_t)cp) == UTF8PROC_CATEGORY_LU;
}

static void keep(uint32_t *list, size_t *count, const char *word, size_t len)
{
    static const kor_ngrams shape = {.words = 1};
    *count += kor_ngrams_read(&shape, word, len, list + *count, KOR_RANK_MARKS - *count);
}

/* Numbers, names and whether it asks. */
static void read_marks(kor_rank_text *t, const char *text, size_t len)
{
    size_t at = 0, start = 0;
    bool in_word = false, begins = true, is_name = false, is_number = false;
    for (size_t left = KOR_TEXT_MAX; left > 0; left--) {
        uint32_t cp = ' ';
        size_t n = at < len ? kor_utf8_decode(text + at, len - at, &cp) : 0;
        bool word = n && is_word(cp);
        if (word && !in_word) {
            start = at;
            is_name = is_capital(cp) && !begins;
            is_number = cp >= '0' && cp <= '9';
            begins = t->asks = false;
        } else if (!word && in_word) {
            if (is_name) keep(t->name, &t->names, text + start, at - start);
            if (is_number) keep(t->number, &t->numbers, text + start, at - start);
        }
        in_word = word;
        if (!n) return;
        t->asks |= cp == '?';
        begins |= cp == '.' || cp == '!' || cp == '?' || cp == '\n';
        at += n;
    }
}

void kor_rank_read(kor_rank_text *out, const char *text, size_t len, void *memory)
{
    static const kor_ngrams shape = {.words = 2, .chars_from = 3, .chars_to = 4};
    room r;
    (void)lay_out(&r, (uintptr_t)memory);
    *out = (kor_rank_text){.word = r.word};
    size_t n = kor_ngrams_read(&shape, text, len, r.all, KOR_RANK_KEYS), of_words = 0;
    for (size_t k = 0; k < KOR_RANK_KINDS; k++) {
        out->keys[k] = r.keys[k];
        out->keys[k].count = 0;
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t key = r.all[i];
        size_t kind = KOR_RANK_CHARS;
        /* A word and what it makes with the one before come in turn. */
        if (kor_ngrams_is_words(key)) kind = of_words++ % 2 ? KOR_RANK_BIGRAMS : KOR_RANK_WORDS;
        if (kind == KOR_RANK_WORDS) out->word[out->words++] = key;
        out->keys[kind].key[out->keys[kind].count++] = key;
    }
    for (size_t k = 0; k < KOR_RANK_KINDS; k++) count_keys(&out->keys[k]);
    read_marks(out, text, len);
}

static float rarity_of(const kor_ranker *rank, uint32_t key)
{
    return rank->unit * (float)rank->rarity[key >> (32 - rank->bits)];
}

void kor_rank_weigh(const kor_ranker *rank, kor_rank_text *text)
{
    for (size_t k = 0; k < KOR_RANK_KINDS; k++) {
        kor_rank_keys *keys = &text->keys[k];
        keys->total = 0;
        for (size_t i = 0; i < keys->count; i++) {
            keys->weight[i] = rarity_of(rank, keys->key[i]);
            keys->total += keys->weight[i];
        }
    }
}

void kor_rank_add_trunk(const kor_ranker *rank, kor_rank_text *text, const float *embedding,
                        float *state)
{
    float squares = 0;
    for (size_t i = 0; i < rank->dim; i++) {
        state[i] = (state[i] - rank->mean[i]) * rank->factor[i];
        squares += state[i] * state[i];
    }
    text->embedding = embedding;
    text->state = state;
    text->length = sqrtf(squares);
}

/* ---- Features ---- */

static float share(float part, float whole)
{
    return whole > 0 ? part / whole : 0;
}

typedef struct overlap {
    float shared, bm25;                 /* sums of weights */
    float rarest, missing_a, missing_b; /* the largest weights: shared, in a alone, in b alone */
} overlap;

static overlap compare(const kor_ranker *rank, const kor_rank_keys *a, const kor_rank_keys *b,
                       size_t words)
{
    overlap o = {0};
    float size = K1 * (1 - B + B * (float)words / rank->average);
    size_t i = 0, j = 0;
    while (i < a->count || j < b->count) {
        if (j == b->count || (i < a->count && a->key[i] < b->key[j])) {
            o.missing_a = fmaxf(o.missing_a, a->weight[i++]);
        } else if (i == a->count || b->key[j] < a->key[i]) {
            o.missing_b = fmaxf(o.missing_b, b->weight[j++]);
        } else {
            float w = a->weight[i], times = (float)b->times[j];
            o.shared += w;
            o.bm25 += w * times * (K1 + 1) / (times + size);
            o.rarest = fmaxf(o.rarest, w);
            i++;
            j++;
        }
    }
    return o;
}

/* Words of the longest run that both have. */
static size_t longest_run(const kor_rank_text *a, const kor_rank_text *b)
{
    size_t n = a->words < RUN_WORDS ? a->words : RUN_WORDS, longest = 0;
    uint16_t run[RUN_WORDS + 1] = {0}; /* that ends at word i of a and at this word of b */
    for (size_t j = 0; j < b->words; j++) {
        for (size_t i = n; i > 0; i--) {
            run[i] = a->word[i - 1] == b->word[j] ? (uint16_t)(run[i - 1] + 1) : 0;
            if (run[i] > longest) longest = run[i];
        }
    }
    return longest;
}

static bool has(const kor_rank_keys *keys, uint32_t key)
{
    size_t low = 0, high = keys->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (keys->key[middle] < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low < keys->count && keys->key[low] == key;
}

static float share_of_marks(const uint32_t *mark, size_t count, const kor_rank_keys *in)
{
    size_t n = 0;
    for (size_t i = 0; i < count; i++) n += has(in, mark[i]);
    return share((float)n, (float)count);
}

static void lexical_inputs(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b,
                           float *x)
{
    const kor_rank_keys *aw = &a->keys[KOR_RANK_WORDS], *bw = &b->keys[KOR_RANK_WORDS];
    overlap o[KOR_RANK_KINDS];
    for (size_t k = 0; k < KOR_RANK_KINDS; k++) {
        o[k] = compare(rank, &a->keys[k], &b->keys[k], b->words);
        x[2 * k] = share(o[k].shared, a->keys[k].total);
        x[2 * k + 1] = share(o[k].shared, b->keys[k].total);
    }
    const overlap *words = &o[KOR_RANK_WORDS], *chars = &o[KOR_RANK_CHARS];
    float na = (float)a->words, nb = (float)b->words, ratio = logf((1 + nb) / (1 + na));
    size_t run = longest_run(a, b);
    float numbers = share_of_marks(a->number, a->numbers, bw);
    float names = share_of_marks(a->name, a->names, bw);
    bool same_size = a->words == b->words;
    x[6] = words->bm25 / 10;
    x[7] = share(words->bm25, aw->total * (K1 + 1));
    x[8] = words->rarest / 10;
    x[9] = words->missing_a / 10;
    x[10] = words->missing_b / 10;
    x[11] = share((float)run, fminf(na, RUN_WORDS));
    x[12] = logf(1 + (float)run);
    x[13] = a->words && run == (a->words < RUN_WORDS ? a->words : RUN_WORDS);
    x[14] = x[13] > 0 && same_size && a->words <= RUN_WORDS;
    x[15] = ratio;
    x[16] = fabsf(ratio);
    x[17] = logf(1 + nb) / 4;
    x[18] = logf(1 + na) / 4;
    x[19] = numbers;
    x[20] = a->numbers && b->numbers && numbers < 1;
    x[21] = b->numbers > 0;
    x[22] = names;
    x[23] = a->names && names < 1;
    x[24] = b->asks;
    x[25] = a->asks;
    x[26] = a->asks && b->asks;
    x[27] = a->words && b->words && a->word[0] == b->word[0];
    x[28] = b->words && has(aw, b->word[0]) ? rarity_of(rank, b->word[0]) / 10 : 0;
    x[29] = share(2 * words->shared, aw->total + bw->total);
    x[30] = share(2 * chars->shared, a->keys[KOR_RANK_CHARS].total + b->keys[KOR_RANK_CHARS].total);
}

static float sum_lanes(const float *lane)
{
    float sum = 0;
    for (size_t l = 0; l < LANES; l++) sum += lane[l];
    return sum;
}

static float dot(const float *x, const float *y, size_t n)
{
    float lane[LANES] = {0};
    size_t i = 0;
    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) lane[l] += x[i + l] * y[i + l];
    }
    for (; i < n; i++) lane[i % LANES] += x[i] * y[i];
    return sum_lanes(lane);
}

void kor_rank_inputs(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b,
                     float *x)
{
    lexical_inputs(rank, a, b, x);
    if (!rank->dim) return;
    float distance = 0;
    for (size_t i = 0; i < rank->dim; i++) distance += fabsf(a->state[i] - b->state[i]);
    x[KOR_RANK_LEXICAL] = dot(a->embedding, b->embedding, rank->dim);
    x[KOR_RANK_LEXICAL + 1] = share(dot(a->state, b->state, rank->dim), a->length * b->length);
    x[KOR_RANK_LEXICAL + 2] = distance / (float)rank->dim;
}

/* ---- The score ---- */

float kor_rank_diagonal(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b)
{
    size_t n = rank->dim;
    const float *d1 = rank->diagonal, *d2 = d1 + n, *d3 = d2 + n;
    float lane[LANES] = {0}, by = (float)n;
    float product[LANES];
    for (size_t i = 0; i < n; i += LANES) {
        size_t m = n - i < LANES ? n - i : LANES;
        for (size_t l = 0; l < m; l++) {
            size_t j = i + l;
            product[l] = d1[j] * (by * a->embedding[j] * b->embedding[j]) +
                         d2[j] * (a->state[j] * b->state[j]) +
                         d3[j] * (fabsf(a->state[j] - b->state[j]) - KOR_RANK_DISTANCE);
        }
        for (size_t l = 0; l < m; l++) lane[l] += product[l];
    }
    return sum_lanes(lane);
}

float kor_rank_raw(const kor_ranker *rank, const kor_rank_text *a, const kor_rank_text *b,
                   const float *x)
{
    float raw = rank->bias + dot(x, rank->linear, rank->inputs);
    return rank->dim ? raw + kor_rank_diagonal(rank, a, b) : raw;
}

float kor_rank_score(const kor_ranker *rank, float raw)
{
    return rank->score_max / (1 + expf(-raw));
}
