/* SPDX-License-Identifier: Apache-2.0 */
/* Which vectors are nearest. A sketch gives every row a guess of its cosine; what it is worth is
 * known from rows whose codes are read. */
#include "memory/vectors_inner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    SAMPLE = 512, /* rows, spread evenly, whose cosines tell how far guesses are off */
    EXACT = 2048, /* up to so many rows all are in the sample */
    TWINS = 4096, /* places to remember vectors in, so that equal ones are chosen once */
    RUN = 64      /* neighbours whose codes are read together */
};

/* A row that passed the filter. */
typedef struct row {
    size_t at; /* its number */
    int64_t id, time_ms;
    float scale, guess;
    size_t wanted; /* its place in wanted; NONE for a row that is there for another reason */
    bool chosen, sampled;
} row;

static const size_t NONE = SIZE_MAX;

typedef struct twin {
    float guess, scale; /* 0: no vector yet */
    int64_t time_ms;
} twin;

typedef struct scanner {
    const kor_vectors *vectors;
    const kor_filter *filter;
    kor_near *wanted;
    size_t wanted_left; /* of them, those with ids below what was seen */
    int64_t after;      /* the id of the row seen last: rows are seen from the last to the first */
    size_t every;       /* one of so many rows is in the sample */
    float scale;        /* of the query's codes */
    int32_t sum;        /* of these codes */
    size_t passed;
    double guesses, squares; /* sums over all that passed */
    size_t chosen;
    row heap[KOR_VECTORS_CHOSEN]; /* the best guesses, the worst of them at the top */
    row *list;                    /* the sample, what is wanted, and in the end the chosen */
    size_t listed, room;
    twin twins[TWINS];
    int8_t *query;                       /* codes, zero-filled to what a sketch is long */
    unsigned char *heads, *bits, *codes; /* read from the file: of a block, and of a run */
} scanner;

/* ---- Guesses ---- */

static void sift_down(row *heap, size_t count, size_t i)
{
    row moved = heap[i];
    for (size_t child; (child = 2 * i + 1) < count; i = child) {
        if (child + 1 < count && heap[child + 1].guess < heap[child].guess) child++;
        if (heap[child].guess >= moved.guess) break;
        heap[i] = heap[child];
    }
    heap[i] = moved;
}

static void sift_up(row *heap, size_t i)
{
    row moved = heap[i];
    for (size_t parent; i > 0; i = parent) {
        parent = (i - 1) / 2;
        if (heap[parent].guess <= moved.guess) break;
        heap[i] = heap[parent];
    }
    heap[i] = moved;
}

/* Where a vector is remembered. Another may push it out; it may then be chosen twice. */
static twin *place_of(scanner *s, const row *r)
{
    uint32_t guess, scale;
    memcpy(&guess, &r->guess, sizeof guess);
    memcpy(&scale, &r->scale, sizeof scale);
    return &s->twins[((guess ^ scale * 0x9e3779b1u) * 0x85ebca6bu) >> 20];
}
_Static_assert(TWINS == 1 << (32 - 20), "the hash gives a place");

/* Is there an equal vector among the chosen? Of the two the later event stays. */
static bool is_twin(scanner *s, const row *r)
{
    twin *t = place_of(s, r);
    if (t->scale != r->scale || t->guess != r->guess) {
        *t = (twin){r->guess, r->scale, r->time_ms};
        return false;
    }
    if (r->time_ms <= t->time_ms) return true;
    t->time_ms = r->time_ms;
    for (size_t i = 0; i < s->chosen; i++) {
        if (s->heap[i].guess == r->guess && s->heap[i].scale == r->scale) s->heap[i] = *r;
    }
    return true;
}

static void choose(scanner *s, const row *r)
{
    bool full = s->chosen == KOR_VECTORS_CHOSEN;
    if ((full && r->guess <= s->heap[0].guess) || is_twin(s, r)) return;
    if (full) {
        s->heap[0] = *r;
        sift_down(s->heap, s->chosen, 0);
    } else {
        s->heap[s->chosen] = *r;
        sift_up(s->heap, s->chosen++);
    }
}

static void list_row(scanner *s, const row *r, size_t wanted, bool sampled)
{
    if (s->listed == s->room) return;
    row *listed = &s->list[s->listed++];
    *listed = *r;
    listed->wanted = wanted;
    listed->sampled = sampled;
}

static void take_row(scanner *s, const kor_vectors_head *head, size_t at, int32_t positive)
{
    row r = {.at = at,
             .id = head->id,
             .time_ms = head->time_ms,
             .scale = head->scale,
             .guess = (float)(2 * positive - s->sum) * (s->scale * head->sketch),
             .wanted = NONE,
             .chosen = true};
    s->guesses += (double)r.guess;
    s->squares += (double)r.guess * (double)r.guess;
    choose(s, &r);
    r.chosen = false;
    if (s->passed++ % s->every == 0) list_row(s, &r, NONE, true);
    while (s->wanted_left && s->wanted[s->wanted_left - 1].id > r.id) s->wanted_left--;
    if (s->wanted_left && s->wanted[s->wanted_left - 1].id == r.id)
        list_row(s, &r, s->wanted_left - 1, false);
}

static bool passes(const kor_filter *f, const kor_vectors_head *h)
{
    return h->scope == f->scope && h->time_ms >= f->from_ms && h->time_ms < f->to_ms &&
           (!f->only || kor_filter_has(f, h->id));
}

/* Rows first to end of a block that begins with row start, the last first; neighbours that pass are
 * multiplied together. bits is the sketch of row first. */
static void guess_rows(scanner *s, size_t start, const kor_vectors_head *heads,
                       const unsigned char *bits, size_t first, size_t end)
{
    int32_t positive[KOR_VECTORS_BLOCK];
    size_t bytes = kor_sketch_bytes(s->vectors->dim);
    while (end > first) {
        size_t from = end - 1;
        if (passes(s->filter, &heads[from])) {
            while (from > first && passes(s->filter, &heads[from - 1])) from--;
            kor_kernels_get()->dot_bits(positive, s->query, bits + (from - first) * bytes,
                                        end - from, bytes);
            for (size_t i = end; i-- > from;) take_row(s, &heads[i], start + i, positive[i - from]);
        }
        end = from;
    }
}

/* A block of the file: its heads, and the sketches from the first row that passes to the last.
 * False when it is damaged. */
static bool guess_block(scanner *s, size_t start, size_t count)
{
    const kor_vectors *v = s->vectors;
    const kor_vectors_head *heads = (const kor_vectors_head *)(const void *)s->heads;
    uint64_t offset = kor_vectors_offset(start, v->dim);
    size_t first = count, end = 0, bytes = kor_sketch_bytes(v->dim);
    if (!kor_vectors_read(v->fd, s->heads, count * sizeof *heads, offset)) return false;
    for (size_t i = count; i-- > 0;) {
        if (heads[i].id >= s->after || !isfinite(heads[i].scale) || !isfinite(heads[i].sketch))
            return false;
        s->after = heads[i].id;
        if (!passes(s->filter, &heads[i])) continue;
        if (!end) end = i + 1;
        first = i;
    }
    if (!end) return true;
    offset += kor_block_sketches() + first * bytes;
    if (!kor_vectors_read(v->fd, s->bits, (end - first) * bytes, offset)) return false;
    guess_rows(s, start, heads, s->bits, first, end);
    return true;
}

/* A block of the tail. */
static const unsigned char *tail_block(const kor_vectors *v, size_t at)
{
    return v->tail + at / KOR_VECTORS_BLOCK * kor_block_bytes(v->dim);
}

/* False when the file is damaged; what was found is then of no use. */
static bool guess_all(scanner *s)
{
    const kor_vectors *v = s->vectors;
    for (size_t start = kor_round_up(v->tailed, KOR_VECTORS_BLOCK); start > 0;) {
        start -= KOR_VECTORS_BLOCK;
        size_t left = v->tailed - start;
        const unsigned char *block = tail_block(v, start);
        guess_rows(s, v->filed + start, (const kor_vectors_head *)(const void *)block,
                   block + kor_block_sketches(), 0,
                   left < KOR_VECTORS_BLOCK ? left : KOR_VECTORS_BLOCK);
    }
    for (size_t start = kor_round_up(v->filed, KOR_VECTORS_BLOCK); start > 0;) {
        start -= KOR_VECTORS_BLOCK;
        size_t left = v->filed - start;
        if (!guess_block(s, start, left < KOR_VECTORS_BLOCK ? left : KOR_VECTORS_BLOCK))
            return false;
    }
    return true;
}

/* ---- Cosines ---- */

/* Put a row where it belongs among the nearest. Equal texts have equal vectors: one place for all,
 * for the latest of them. */
static void offer(kor_scan *s, const kor_near *near)
{
    size_t at = s->count;
    if (at == KOR_VECTORS_NEAR && near->cosine < s->near[at - 1].cosine) return;
    while (at > 0 && s->near[at - 1].cosine < near->cosine) at--;
    for (size_t k = at; k > 0 && s->near[k - 1].cosine == near->cosine; k--) {
        kor_near *other = &s->near[k - 1];
        if (other->scale != near->scale) continue;
        if (near->time_ms >= other->time_ms) *other = *near;
        return;
    }
    if (at == KOR_VECTORS_NEAR) return;
    if (s->count < KOR_VECTORS_NEAR) s->count++;
    memmove(&s->near[at + 1], &s->near[at], (s->count - 1 - at) * sizeof *s->near);
    s->near[at] = *near;
}

/* The sample: guesses, and the cosines that they were of. */
typedef struct sample {
    double count, guesses, guess_squares, cosines, cosine_squares;
} sample;

static double deviation(double count, double sum, double squares)
{
    double mean = sum / count;
    return sqrt(fmax(squares / count - mean * mean, 0));
}

/* Mean and deviation of all: those of the guesses, and what the sample says that these are off. */
static void sum_up(const scanner *s, const sample *m, kor_scan *out)
{
    double n = (double)s->passed;
    double guessed = deviation(m->count, m->guesses, m->guess_squares);
    double right = deviation(m->count, m->cosines, m->cosine_squares);
    out->passed = s->passed;
    out->mean = s->guesses / n + (m->cosines - m->guesses) / m->count;
    out->deviation = guessed > 0 ? deviation(n, s->guesses, s->squares) * (right / guessed) : right;
}

static int by_number(const void *a, const void *b)
{
    const row *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

/* The codes of rows that lie side by side in one block. NULL when they cannot be read. */
static const int8_t *codes_of(const scanner *s, size_t at, size_t count)
{
    const kor_vectors *v = s->vectors;
    size_t skip = kor_block_codes(v->dim);
    if (at >= v->filed) {
        at -= v->filed;
        return (const int8_t *)(tail_block(v, at) + skip + at % KOR_VECTORS_BLOCK * v->dim);
    }
    uint64_t offset = kor_vectors_offset(at, v->dim) + skip + at % KOR_VECTORS_BLOCK * v->dim;
    bool read = kor_vectors_read(v->fd, s->codes, count * v->dim, offset);
    return read ? (const int8_t *)s->codes : NULL;
}

/* How many rows of the list from i on lie side by side, one of them perhaps listed more than once.
 * *end is where the list goes on after them. */
static size_t run_length(const scanner *s, size_t i, size_t *end)
{
    size_t first = s->list[i].at, last = first;
    for (*end = i + 1; *end < s->listed; ++*end) {
        size_t at = s->list[*end].at;
        if (at == last) continue;
        if (at != last + 1 || at == s->vectors->filed || at - first == RUN) break;
        if ((at < s->vectors->filed ? at : at - s->vectors->filed) % KOR_VECTORS_BLOCK == 0) break;
        last = at;
    }
    return last - first + 1;
}

static void take_cosine(scanner *s, const row *r, float cosine, sample *m, kor_scan *out)
{
    kor_near near = {.id = r->id, .time_ms = r->time_ms, .cosine = cosine, .scale = r->scale};
    if (r->chosen) offer(out, &near);
    if (r->wanted != NONE) s->wanted[r->wanted].cosine = cosine;
    if (!r->sampled) return;
    m->count++;
    m->guesses += (double)r->guess;
    m->guess_squares += (double)r->guess * (double)r->guess;
    m->cosines += (double)cosine;
    m->cosine_squares += (double)cosine * (double)cosine;
}

/* Of all that are listed. False when the file is damaged. */
static bool compare(scanner *s, kor_scan *out)
{
    int32_t dots[RUN];
    sample m = {0};
    size_t dim = s->vectors->dim;
    memcpy(s->list + s->listed, s->heap, s->chosen * sizeof *s->heap);
    s->listed += s->chosen;
    qsort(s->list, s->listed, sizeof *s->list, by_number);
    for (size_t i = 0, end; i < s->listed; i = end) {
        size_t first = s->list[i].at, count = run_length(s, i, &end);
        const int8_t *codes = codes_of(s, first, count);
        if (!codes) return false;
        kor_kernels_get()->dot_i8(dots, s->query, codes, count, dim, dim);
        for (size_t k = i; k < end; k++) {
            const row *r = &s->list[k];
            take_cosine(s, r, (float)dots[r->at - first] * (s->scale * r->scale), &m, out);
        }
    }
    if (s->passed) sum_up(s, &m, out);
    return true;
}

/* ---- Both ---- */

/* A scanner and what it needs, in one piece. NULL when memory is out. */
static scanner *make_scanner(const kor_vectors *v, const kor_filter *filter, size_t wanted)
{
    size_t sketch = kor_sketch_bytes(v->dim), room = EXACT + wanted;
    size_t sizes[] = {kor_round_up(sizeof(scanner), 64),
                      kor_round_up((room + KOR_VECTORS_CHOSEN) * sizeof(row), 64),
                      kor_block_sketches(),
                      KOR_VECTORS_BLOCK * sketch,
                      kor_round_up(RUN * v->dim, 64),
                      8 * sketch};
    unsigned char *at[sizeof sizes / sizeof *sizes];
    size_t all = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) all += sizes[i];
    unsigned char *bytes = calloc(1, all);
    if (!bytes) return NULL;
    for (size_t i = 0, offset = 0; i < sizeof sizes / sizeof *sizes; offset += sizes[i++])
        at[i] = bytes + offset;
    scanner *s = (scanner *)(void *)at[0];
    s->vectors = v;
    s->filter = filter;
    s->list = (row *)(void *)at[1];
    s->room = room;
    s->heads = at[2];
    s->bits = at[3];
    s->codes = at[4];
    s->query = (int8_t *)at[5];
    int64_t in_range = filter->in_range;
    s->every = in_range > EXACT ? (size_t)in_range / SAMPLE : 1;
    return s;
}

static void begin(scanner *s, const float *query, kor_near *wanted, size_t count)
{
    kor_kernels_get()->quantize(s->query, &s->scale, &s->sum, query, s->vectors->dim);
    s->wanted = wanted;
    s->wanted_left = count;
    s->after = INT64_MAX;
}

kor_status kor_vectors_scan(kor_memory *memory, const float *query, const kor_filter *filter,
                            kor_near *wanted, size_t count, kor_scan *out, kor_error *err)
{
    bool whole = false;
    for (int attempt = 0; attempt < 2 && !whole; attempt++) {
        if (attempt) KOR_TRY(kor_vectors_rebuild(memory, err));
        scanner *s = make_scanner(&memory->vectors, filter, count);
        if (!s) return kor_fail_memory(err);
        begin(s, query, wanted, count);
        *out = (kor_scan){0};
        whole = guess_all(s) && compare(s, out);
        free(s);
    }
    if (!whole)
        return kor_fail(err, KOR_E_IO, "%s: cannot read the vectors beside it", memory->path);
    return KOR_OK;
}
