/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/minhash.h"
#include "learn/random.h"
#include "scratch.h"

static kor_minhash of(const char *text)
{
    kor_minhash sig;
    kor_minhash_of(text, strlen(text), &sig);
    return sig;
}

static double alike(const char *a, const char *b)
{
    const kor_minhash x = of(a), y = of(b);
    return kor_minhash_alike(&x, &y);
}

static void test_minhash_sees_what_is_the_same(void **state)
{
    (void)state;
    const kor_minhash a = of("Switch on the  LAMP!"), b = of("switch on the lamp !"),
                      c = of("switch the lamp on!"), none = of(" \t "), empty = of("");
    assert_true(a.exact == b.exact && a.exact != c.exact && a.exact != 0);
    assert_true(kor_minhash_alike(&a, &b) == 1.0);
    assert_true(none.exact == 0 && empty.exact == 0);
    assert_true(alike("caf\xc3\xa9 noir", "cafe\xcc\x81 NOIR") == 1.0);
}

static void test_minhash_estimates_the_share_in_common(void **state)
{
    (void)state;
    /* 5 of 6 words and 4 of 5 pairs: 9 of 11. */
    double close = alike("please switch on the kitchen lamp", "switch on the kitchen lamp");
    assert_true(close > 9.0 / 11 - 0.15 && close < 9.0 / 11 + 0.15);
    assert_true(alike("will it rain this weekend", "play some quiet music") < 0.05);
}

/* Texts of random words, each with a copy in which one word of twelve is another. */
static void make_text(char out[256], kor_random *r, size_t changed)
{
    kor_random own = *r;
    size_t n = 0;
    for (size_t i = 0; i < 12; i++) {
        unsigned word = (unsigned)(kor_random_next(&own) & 0xffffff);
        if (i == changed) word ^= 0x1000000;
        n += (size_t)snprintf(out + n, 256 - n, "w%x ", word);
    }
    if (changed == SIZE_MAX) return;
    *r = own;
}

enum { TEXTS = 300 };

static void test_minhash_finds_near_ones_among_many(void **state)
{
    (void)state;
    kor_minhash *sigs = calloc(2 * TEXTS, sizeof *sigs);
    uint32_t *first = calloc(2 * TEXTS, sizeof *first);
    assert_true(sigs && first);
    kor_random r = {7};
    char text[256];
    for (size_t i = 0; i < TEXTS; i++) {
        make_text(text, &r, SIZE_MAX);
        kor_minhash_of(text, strlen(text), &sigs[i]);
        make_text(text, &r, 11);
        kor_minhash_of(text, strlen(text), &sigs[TEXTS + i]);
    }
    kor_error err;
    assert_works(kor_minhash_near(sigs, 2 * TEXTS, 0.7, first, &err), &err);
    for (size_t i = 0; i < TEXTS; i++) {
        assert_int_equal(first[i], i);
        assert_int_equal(first[TEXTS + i], i);
    }
    /* Against all pairs, which is what the bands save. */
    for (size_t i = 0; i < 2 * TEXTS; i++) {
        size_t expected = i;
        for (size_t j = 0; j < i && expected == i; j++) {
            if (first[j] == j && kor_minhash_alike(&sigs[j], &sigs[i]) >= 0.7) expected = j;
        }
        assert_int_equal(first[i], expected);
    }
    free(sigs);
    free(first);
}

static void test_minhash_takes_any_bytes(void **state)
{
    (void)state;
    kor_random r = {3};
    char *bytes = malloc(100000);
    assert_non_null(bytes);
    for (size_t i = 0; i < 100000; i++) bytes[i] = (char)kor_random_next(&r);
    kor_minhash a, b;
    kor_minhash_of(bytes, 100000, &a);
    kor_minhash_of(bytes, 100000, &b);
    assert_true(kor_minhash_alike(&a, &b) == 1.0 && a.exact == b.exact);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_minhash_sees_what_is_the_same),
        cmocka_unit_test(test_minhash_estimates_the_share_in_common),
        cmocka_unit_test(test_minhash_finds_near_ones_among_many),
        cmocka_unit_test(test_minhash_takes_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
