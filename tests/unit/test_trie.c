/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/trie.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static kor_trie build(kor_trie_key *keys, size_t count)
{
    uint32_t *units;
    size_t n;
    kor_error err;
    if (kor_trie_build(keys, count, &units, &n, &err) != KOR_OK) fail_msg("%s", err.msg);
    return (kor_trie){units, n};
}

/* The id of a text, or -1. */
static int32_t look_up(const kor_trie *t, const char *text, size_t len)
{
    uint32_t node = 0;
    for (size_t i = 0; i < len; i++) {
        node = kor_trie_child(t, node, (unsigned char)text[i]);
        if (node == 0) return -1;
        assert_true(node < t->count);
    }
    return kor_trie_id(t, node);
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(*seed >> 8) * below >> 24);
}

static void test_trie_finds_its_keys_and_no_others(void **state)
{
    (void)state;
    enum { KEYS = 300, LEN = 5 };
    uint32_t seed = 1;
    for (int round = 0; round < 50; round++) {
        static char texts[KEYS][LEN];
        kor_trie_key keys[KEYS];
        size_t lens[KEYS];
        /* Few letters make long shared prefixes; all 255 bytes make wide nodes. */
        uint32_t letters = round % 2 ? 3 : 255;
        for (uint32_t i = 0; i < KEYS; i++) {
            lens[i] = 1 + draw(&seed, LEN - 1);
            for (size_t j = 0; j < lens[i]; j++) texts[i][j] = (char)(1 + draw(&seed, letters));
            keys[i] = (kor_trie_key){texts[i], lens[i], i};
        }
        kor_trie t = build(keys, KEYS);
        for (int probe = 0; probe < 2000; probe++) {
            char text[LEN];
            size_t len = 1 + draw(&seed, LEN - 1);
            if (probe < KEYS) {
                memcpy(text, texts[probe], len = lens[probe]);
            } else {
                for (size_t j = 0; j < len; j++) text[j] = (char)(1 + draw(&seed, letters));
            }
            int32_t want = -1; /* of equal keys, the largest id */
            for (int32_t i = 0; i < KEYS; i++) {
                if (lens[i] == len && memcmp(texts[i], text, len) == 0) want = i;
            }
            assert_int_equal(look_up(&t, text, len), want);
        }
        free((void *)(uintptr_t)t.units);
    }
}

static void test_trie_keeps_keys_that_begin_others(void **state)
{
    (void)state;
    kor_trie_key keys[] = {
        {"abc", 3, 7}, {"a", 1, 0}, {"ab", 2, KOR_TRIE_MAX - 1}, {"abc", 3, 9}, {"abc", 3, 8}};
    kor_trie t = build(keys, 5);
    assert_int_equal(look_up(&t, "", 0), -1);
    assert_int_equal(look_up(&t, "a", 1), 0);
    assert_int_equal(look_up(&t, "ab", 2), KOR_TRIE_MAX - 1);
    assert_int_equal(look_up(&t, "abc", 3), 9);
    assert_int_equal(look_up(&t, "abcd", 4), -1);
    assert_int_equal(look_up(&t, "b", 1), -1);
    assert_int_equal(look_up(&t, "\0", 1), -1);
    free((void *)(uintptr_t)t.units);
}

static void test_trie_of_no_keys_is_a_root(void **state)
{
    (void)state;
    kor_trie t = build(NULL, 0);
    assert_int_equal(t.count, 1);
    for (int b = 0; b < 256; b++) assert_int_equal(kor_trie_child(&t, 0, (unsigned char)b), 0);
    assert_int_equal(kor_trie_id(&t, 0), -1);
    free((void *)(uintptr_t)t.units);
}

static void test_trie_refuses_keys_that_cannot_be(void **state)
{
    (void)state;
    static char longest[1025];
    memset(longest, 'a', sizeof longest);
    const kor_trie_key bad[] = {
        {"", 0, 1}, {"a\0b", 3, 1}, {longest, 1025, 1}, {"a", 1, KOR_TRIE_MAX}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kor_trie_key keys[] = {{"good", 4, 0}, bad[i]};
        uint32_t *units = NULL;
        size_t n;
        kor_error err;
        assert_int_equal(kor_trie_build(keys, 2, &units, &n, &err), KOR_E_INPUT);
        assert_non_null(strstr(err.msg, "trie key 1"));
        assert_null(units);
    }
    kor_trie_key key = {longest, 1024, 5};
    kor_trie t = build(&key, 1);
    assert_int_equal(look_up(&t, longest, 1024), 5);
    free((void *)(uintptr_t)t.units);
}

/* Any units at all: a walk stays inside them. They end where the memory ends, so that the address
 * sanitizer sees a step beyond. */
static void test_trie_of_hostile_units_stays_inside_them(void **state)
{
    (void)state;
    uint32_t seed = 2;
    for (int round = 0; round < 20000; round++) {
        size_t count = 1 + draw(&seed, 300);
        uint32_t *units = malloc(count * sizeof *units);
        assert_non_null(units);
        for (size_t i = 0; i < count; i++) {
            uint32_t base = draw(&seed, 4) ? draw(&seed, 400) : draw(&seed, 1 << 22);
            units[i] = base << 10 | draw(&seed, 4) << 8 |
                       (draw(&seed, 2) ? (uint32_t)i & 0xff : draw(&seed, 256));
        }
        kor_trie t = {units, count};
        uint32_t node = 0;
        for (int step = 0; step < 20; step++) {
            int32_t id = kor_trie_id(&t, node);
            assert_in_range(id + 1, 0, KOR_TRIE_MAX);
            uint32_t child = kor_trie_child(&t, node, (unsigned char)draw(&seed, 256));
            assert_true(child < count);
            node = child;
        }
        free(units);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trie_finds_its_keys_and_no_others),
        cmocka_unit_test(test_trie_keeps_keys_that_begin_others),
        cmocka_unit_test(test_trie_of_no_keys_is_a_root),
        cmocka_unit_test(test_trie_refuses_keys_that_cannot_be),
        cmocka_unit_test(test_trie_of_hostile_units_stays_inside_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
