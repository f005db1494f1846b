/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest vectors of many, against a comparison with every one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "test_memory.h"

#include "kernels/kernels.h"
#include "memory/store.h"

#include <math.h>
#include <sqlite3.h>

enum { ROWS = 6000, TWINS = 300, CLEAR = 20 };

/* Rows of the table vectors, as they were stored, and their cosines with the query. */
typedef struct rows {
    size_t dim;
    float *query; /* [dim], of length 1 */
    float cosines[ROWS + TWINS + 1];
    int64_t times[ROWS + TWINS + 1];
} rows;

static uint32_t seed;

static float uniform(void)
{
    seed = seed * 1664525u + 1013904223u;
    return (float)(seed >> 8) / 8388608.0f - 1;
}

static void set_length_1(float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += (double)x[i] * (double)x[i];
    for (size_t i = 0; i < n; i++) x[i] = (float)((double)x[i] / sqrt(sum));
}

/* A vector whose cosine with the query is about what is asked, as codes. */
static float make_row(const rows *r, float cosine, int8_t *codes)
{
    float *x = calloc(r->dim, sizeof *x), scale;
    int32_t sum;
    assert_non_null(x);
    for (size_t i = 0; i < r->dim; i++) x[i] = uniform();
    set_length_1(x, r->dim);
    for (size_t i = 0; i < r->dim; i++)
        x[i] = cosine * r->query[i] + sqrtf(1 - cosine * cosine) * x[i];
    set_length_1(x, r->dim);
    kor_kernels_get()->quantize(codes, &scale, &sum, x, r->dim);
    free(x);
    return scale;
}

static void insert(sqlite3_stmt *event, sqlite3_stmt *vector, rows *r, size_t i, float scale,
                   const int8_t *codes)
{
    float dot = 0, query_scale;
    int32_t sum;
    int8_t *query = calloc(r->dim + KOR_GROUP, 1);
    assert_non_null(query);
    kor_kernels_get()->quantize(query, &query_scale, &sum, r->query, r->dim);
    for (size_t k = 0; k < r->dim; k++) dot += (float)(query[k] * codes[k]);
    free(query);
    r->cosines[i] = dot * (query_scale * scale);
    r->times[i] = NOON + (int64_t)i;
    sqlite3_bind_int64(event, 1, (sqlite3_int64)i + 1);
    sqlite3_bind_int64(event, 2, r->times[i]);
    assert_int_equal(sqlite3_step(event), SQLITE_DONE);
    sqlite3_reset(event);
    sqlite3_bind_int64(vector, 1, (sqlite3_int64)i + 1);
    sqlite3_bind_double(vector, 2, (double)scale);
    sqlite3_bind_blob(vector, 3, codes, (int)r->dim, SQLITE_TRANSIENT);
    assert_int_equal(sqlite3_step(vector), SQLITE_DONE);
    sqlite3_reset(vector);
}

/* ROWS events with cosines from 0 to 0.4, one in a hundred higher, and then TWINS of the best. */
static void fill(fixture *f, rows *r)
{
    sqlite3 *db;
    sqlite3_stmt *event, *vector;
    int8_t *codes = calloc(r->dim + KOR_GROUP, 1);
    assert_non_null(codes);
    kor_memory_close(f->memory);
    f->memory = NULL;
    assert_int_equal(sqlite3_open(f->db, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db,
                           "INSERT OR REPLACE INTO events (id, time, stored, zone, source, scope,"
                           " length, digest, text) SELECT ?1, ?2, stored, zone, source, scope,"
                           " length, ?1, text FROM events WHERE id = 1",
                           -1, &event, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db,
                                        "INSERT OR REPLACE INTO vectors (event, model, scale, code)"
                                        " VALUES (?1, 1, ?2, ?3)",
                                        -1, &vector, NULL),
                     SQLITE_OK);
    float scale = 1;
    for (size_t i = 0; i < ROWS; i++) {
        scale = make_row(r, i % 100 ? 0.2f + 0.2f * uniform() : 0.7f + 0.1f * uniform(), codes);
        insert(event, vector, r, i, scale, codes);
    }
    scale = make_row(r, 0.9f, codes);
    for (size_t i = 0; i < TWINS; i++) insert(event, vector, r, ROWS + i, scale, codes);
    r->times[ROWS + TWINS / 2] += 2 * TWINS; /* the latest is not the one stored last */
    char sql[120];
    (void)snprintf(sql, sizeof sql, "UPDATE events SET time = %lld WHERE id = %d",
                   (long long)r->times[ROWS + TWINS / 2], ROWS + TWINS / 2 + 1);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "UPDATE meta SET value = value + 1 WHERE key = 'generation'",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_finalize(event);
    sqlite3_finalize(vector);
    sqlite3_close(db);
    free(codes);
    open_memory(f, KOR_MEMORY_READ, trunk_model());
}

static rows *make_rows(fixture *f)
{
    rows *r = calloc(1, sizeof *r);
    assert_non_null(r);
    open_memory(f, KOR_MEMORY_WRITE, trunk_model());
    assert_int_equal(remember(f, "any text", NOON), 1);
    kor_model_info info;
    kor_model_get_info(trunk_model(), &info);
    r->dim = info.dim;
    r->query = calloc(r->dim, sizeof *r->query);
    assert_non_null(r->query);
    seed = 12345;
    for (size_t i = 0; i < r->dim; i++) r->query[i] = uniform();
    set_length_1(r->query, r->dim);
    fill(f, r);
    return r;
}

static void free_rows(rows *r)
{
    free(r->query);
    free(r);
}

static void scan(fixture *f, const rows *r, bool ranged, int64_t from, int64_t to, kor_near *wanted,
                 size_t count, kor_scan *out)
{
    kor_arena arena = {0};
    kor_filter filter;
    assert_ok(f, kor_store_begin_read(f->memory, &f->err));
    assert_ok(f, kor_store_update_vectors(f->memory, &f->err));
    assert_ok(
        f, kor_filter_make(&filter, f->memory, NULL, ranged, from, to, NULL, 0, &arena, &f->err));
    assert_ok(f, kor_vectors_scan(f->memory, r->query, &filter, wanted, count, out, &f->err));
    kor_store_end_read(f->memory);
    kor_arena_free(&arena);
}

/* Mean and deviation of cosines first to end. */
static void true_figures(const rows *r, size_t first, size_t end, double *mean, double *deviation)
{
    double sum = 0, squares = 0, n = (double)(end - first);
    for (size_t i = first; i < end; i++) {
        sum += (double)r->cosines[i];
        squares += (double)r->cosines[i] * (double)r->cosines[i];
    }
    *mean = sum / n;
    *deviation = sqrt(squares / n - *mean * *mean);
}

static float nth_best(const rows *r, size_t end, size_t n)
{
    float above = INFINITY;
    for (size_t k = 0; k <= n; k++) {
        float best = -INFINITY;
        for (size_t i = 0; i < end; i++) {
            if (r->cosines[i] < above && r->cosines[i] > best) best = r->cosines[i];
        }
        above = best;
    }
    return above;
}

static void test_the_nearest_of_many(void **state)
{
    fixture *f = *state;
    rows *r = make_rows(f);
    kor_near wanted[3] = {{.id = 2, .cosine = NAN},
                          {.id = 3001, .cosine = NAN},
                          {.id = ROWS + TWINS + 9, .cosine = NAN}};
    kor_scan s;
    scan(f, r, false, 0, 0, wanted, 3, &s);
    assert_int_equal(s.passed, ROWS + TWINS);
    assert_int_equal(s.count, KOR_VECTORS_NEAR);
    /* Of the twins the latest, once; then the best, and no other row says its guess for a cosine.
     */
    assert_int_equal(s.near[0].id, ROWS + TWINS / 2 + 1);
    for (size_t i = 0; i < s.count; i++) {
        assert_true(s.near[i].cosine == r->cosines[s.near[i].id - 1]);
        if (i < CLEAR) assert_true(s.near[i].cosine == nth_best(r, ROWS + TWINS, i));
        if (i) assert_true(s.near[i].cosine < s.near[i - 1].cosine);
    }
    assert_true(wanted[0].cosine == r->cosines[1] && wanted[1].cosine == r->cosines[3000]);
    assert_true(isnan(wanted[2].cosine));
    double mean, deviation;
    true_figures(r, 0, ROWS + TWINS, &mean, &deviation);
    assert_true(fabs(s.mean - mean) < 0.2 * deviation);
    assert_true(fabs(s.deviation - deviation) < 0.1 * deviation);
    free_rows(r);
}

static void test_of_few_all_are_compared(void **state)
{
    enum { FIRST = 1700, END = 2300 };
    fixture *f = *state;
    rows *r = make_rows(f);
    kor_scan s;
    double mean, deviation;
    scan(f, r, true, NOON + FIRST, NOON + END, NULL, 0, &s);
    assert_int_equal(s.passed, END - FIRST);
    true_figures(r, FIRST, END, &mean, &deviation);
    assert_true(fabs(s.mean - mean) < 1e-6 && fabs(s.deviation - deviation) < 1e-6);
    for (size_t i = 0; i < s.count; i++) {
        assert_in_range(s.near[i].id, FIRST + 1, END);
        assert_true(s.near[i].cosine == r->cosines[s.near[i].id - 1]);
    }
    assert_int_equal(s.count, KOR_VECTORS_NEAR);
    free_rows(r);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_the_nearest_of_many),
        TEST(test_of_few_all_are_compared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
