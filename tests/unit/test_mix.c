/* SPDX-License-Identifier: Apache-2.0 */
#include "forge/mix.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "unit/scratch.h"

static size_t sum(const uint32_t *times, size_t n)
{
    size_t all = 0;
    for (size_t i = 0; i < n; i++) all += times[i];
    return all;
}

static void test_mix_repeats_and_samples_by_weight(void **state)
{
    (void)state;
    enum { N = 100 };
    static const struct {
        double weight;
        size_t all;
        uint32_t least, most;
    } cases[] = {{0, 0, 0, 0},     {1, 100, 1, 1},    {3, 300, 3, 3},    {0.25, 25, 0, 1},
                 {1.5, 150, 1, 2}, {2.01, 201, 2, 3}, {0.999, 100, 1, 1}};
    for (size_t c = 0; c < sizeof cases / sizeof *cases; c++) {
        uint32_t times[N] = {0};
        assert_int_equal(kor_mix_times(times, N, cases[c].weight, 7, NULL), KOR_OK);
        assert_int_equal(sum(times, N), cases[c].all);
        for (size_t i = 0; i < N; i++)
            assert_true(times[i] >= cases[c].least && times[i] <= cases[c].most);
    }
}

static void test_mix_is_the_same_for_the_same_seed_only(void **state)
{
    (void)state;
    enum { N = 200 };
    uint32_t a[N] = {0}, b[N] = {0}, c[N] = {0};
    assert_int_equal(kor_mix_times(a, N, 0.5, 1, NULL), KOR_OK);
    assert_int_equal(kor_mix_times(b, N, 0.5, 1, NULL), KOR_OK);
    assert_int_equal(kor_mix_times(c, N, 0.5, 2, NULL), KOR_OK);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_not_equal(a, c, sizeof a);
    /* Not simply the first half. */
    assert_true(sum(a, N / 2) > 20 && sum(a, N / 2) < 80);
}

static void test_mix_samples_among_what_may_be_used(void **state)
{
    (void)state;
    uint32_t times[10] = {UINT32_MAX, UINT32_MAX, 0, 0, 0, 0, 0, 0, 0, 0};
    assert_int_equal(kor_mix_times(times, 10, 1.5, 1, NULL), KOR_OK);
    assert_int_equal(times[0] + times[1], 0);
    assert_int_equal(sum(times, 10), 12);
}

static void add(kor_made_rows *rows, const char *json)
{
    assert_int_equal(kor_made_rows_add(rows, json, strlen(json), 1, NULL), KOR_OK);
}

static void test_mix_keeps_what_is_nearly_in_the_gate_set_out(void **state)
{
    (void)state;
    kor_made_rows gate = {0};
    kor_mix_part parts[2] = {{.name = "a", .weight = 2}, {.name = "b", .weight = 1}};
    add(&gate, "{\"text\":\"please switch on the lamp in the big kitchen downstairs\"}");
    add(&gate, "{\"query\":\"where is my passport now\",\"positive\":\"in the desk\"}");
    add(&gate, "{\"text\":\"\"}");
    add(&parts[0].rows, "{\"text\":\"Please switch on the LAMP in the big kitchen downstairs!\"}");
    add(&parts[0].rows,
        "{\"text\":\"please switch on the lamp in the big kitchen downstairs now\"}");
    add(&parts[0].rows, "{\"text\":\"play some quiet music for dinner\"}");
    add(&parts[0].rows, "{\"text\":\"?!\"}");
    add(&parts[1].rows,
        "{\"query\":\"Where is my passport, now\",\"positive\":\"somewhere else\"}");
    add(&parts[1].rows, "{\"query\":\"where is my hat\",\"positive\":\"in the desk\"}");
    kor_error err;
    assert_works(kor_mix_decide(parts, 2, &gate, 1, &err), &err);
    assert_int_equal(parts[0].near, 2);
    assert_int_equal(parts[0].used, 4);
    assert_int_equal(parts[0].times[0] + parts[0].times[1], 0);
    assert_int_equal(parts[1].near, 1);
    assert_int_equal(parts[1].times[1], 1);

    folder f = folder_new();
    assert_works(kor_mix_write(parts, 2, SIZE_MAX, in(&f, "all"), &err), &err);
    assert_true(file_is(in(&f, "all"),
                        "{\"text\":\"play some quiet music for dinner\"}\n"
                        "{\"text\":\"play some quiet music for dinner\"}\n"
                        "{\"text\":\"?!\"}\n{\"text\":\"?!\"}\n"
                        "{\"query\":\"where is my hat\",\"positive\":\"in the desk\"}\n"));
    assert_works(kor_mix_write(parts, 2, 0, in(&f, "rest"), &err), &err);
    assert_true(
        file_is(in(&f, "rest"), "{\"query\":\"where is my hat\",\"positive\":\"in the desk\"}\n"));
    assert_int_equal(entries(&f), 2);
    folder_remove(&f);
    kor_mix_free(parts, 2);
    kor_made_rows_free(&gate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mix_repeats_and_samples_by_weight),
        cmocka_unit_test(test_mix_is_the_same_for_the_same_seed_only),
        cmocka_unit_test(test_mix_samples_among_what_may_be_used),
        cmocka_unit_test(test_mix_keeps_what_is_nearly_in_the_gate_set_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
