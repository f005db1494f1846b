/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"

#include <string.h>

static void test_arena_gives_zeroed_aligned_memory_that_does_not_overlap(void **state)
{
    (void)state;
    enum { N = 3000 };
    static unsigned char *at[N];
    static size_t size[N];
    kor_arena a = {0};
    for (size_t i = 0; i < N; i++) {
        size[i] = i % 97 ? i * 7 % 301 : 70000; /* now and then one larger than a block */
        at[i] = kor_arena_alloc(&a, size[i]);
        assert_non_null(at[i]);
        assert_int_equal((uintptr_t)at[i] % 16, 0);
        for (size_t j = 0; j < size[i]; j++) assert_int_equal(at[i][j], 0);
        memset(at[i], (int)(i % 255 + 1), size[i]);
    }
    for (size_t i = 0; i < N; i++) {
        for (size_t j = 0; j < size[i]; j++) {
            if (at[i][j] != i % 255 + 1) fail_msg("object %zu was written over", i);
        }
    }
    kor_arena_free(&a);
}

static void test_arena_keeps_small_objects_together_across_a_large_one(void **state)
{
    (void)state;
    kor_arena a = {0};
    char *first = kor_arena_alloc(&a, 16);
    assert_non_null(kor_arena_alloc(&a, 1 << 20));
    char *second = kor_arena_alloc(&a, 16);
    assert_ptr_equal(second, first + 16);
    kor_arena_free(&a);
}

static void test_arena_refuses_sizes_that_overflow(void **state)
{
    (void)state;
    kor_arena a = {0};
    for (size_t i = 0; i < 40; i++) assert_null(kor_arena_alloc(&a, SIZE_MAX - i));
    assert_null(kor_arena_array(&a, SIZE_MAX, 2));
    assert_null(kor_arena_array(&a, SIZE_MAX / 4 + 1, 4));
    assert_null(kor_arena_array(&a, 2, SIZE_MAX));
    assert_non_null(kor_arena_array(&a, 0, SIZE_MAX));
    assert_non_null(kor_arena_array(&a, SIZE_MAX, 0));
    assert_non_null(kor_arena_alloc(&a, 0));
    kor_arena_free(&a);
}

static void test_arena_product_says_when_it_overflows(void **state)
{
    (void)state;
    size_t out;
    assert_true(kor_mul(1 << 20, 1 << 20, &out));
    assert_true(out == (size_t)1 << 40);
    assert_true(kor_mul(SIZE_MAX, 1, &out));
    assert_true(kor_mul(0, SIZE_MAX, &out));
    assert_int_equal(out, 0);
    assert_false(kor_mul((size_t)1 << 32, (size_t)1 << 32, &out));
}

static void test_arena_copies_any_bytes_and_ends_them(void **state)
{
    (void)state;
    kor_arena a = {0};
    char *s = kor_arena_copy(&a, "a\0b", 3);
    assert_memory_equal(s, "a\0b", 4);
    assert_string_equal(kor_arena_copy(&a, "penguin", 3), "pen");
    assert_string_equal(kor_arena_copy(&a, "", 0), "");
    assert_null(kor_arena_copy(&a, NULL, 0));
    assert_null(kor_arena_copy(&a, "x", SIZE_MAX));
    kor_arena_free(&a);
}

static void test_arena_can_be_used_again_after_free(void **state)
{
    (void)state;
    kor_arena a = {0};
    kor_arena_free(&a);
    for (int round = 0; round < 3; round++) {
        memset(kor_arena_alloc(&a, 100), 1, 100);
        kor_arena_free(&a);
        assert_null(a.head);
    }
    kor_arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_gives_zeroed_aligned_memory_that_does_not_overlap),
        cmocka_unit_test(test_arena_keeps_small_objects_together_across_a_large_one),
        cmocka_unit_test(test_arena_refuses_sizes_that_overflow),
        cmocka_unit_test(test_arena_product_says_when_it_overflows),
        cmocka_unit_test(test_arena_copies_any_bytes_and_ends_them),
        cmocka_unit_test(test_arena_can_be_used_again_after_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
