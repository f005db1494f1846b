/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "korora.h"
#include "text/ngrams.h"

#include <stdlib.h>
#include <string.h>

static const kor_ngrams narrow = {2, 2, 4, 0, 0}, wide = {3, 3, 5, 0, 0};
static uint32_t keys[KOR_NGRAMS_LIMIT];

static uint64_t fold(size_t n)
{
    uint64_t h = 0;
    for (size_t i = 0; i < n; i++) h = (h ^ keys[i]) * 0x100000001b3ull;
    return h;
}

/* Worked out by a second implementation, in Python over its own Unicode tables, from the
 * description in ngrams.h. */
static void test_ngrams_keys_never_change(void **state)
{
    (void)state;
    const struct {
        const char *text;
        size_t len, count;
        uint64_t narrow, wide;
    } cases[] = {
        {"a", 1, 4, 0xa382d37b66ce5474, 0xa89e96805ee8ac66},
        {"Where is my card\077", 17, 47, 0xce442e575f748f24, 0x6f029e0f520b58fc},
        {"haven't 'quoted' rock 'n' roll'", 31, 85, 0xbdc1abb8823b4fd0, 0x48f165ccc58cc023},
        {"K\305\215ror\304\201 \342\200\224 kororA\314\204", 21, 51, 0x385c918e0ad69f4a,
         0xb421e89534693e8c},
        {"\345\260\217\343\201\225\343\201\252\343\203\232\343\203\263\343\202\256\343\203\263", 21,
         18, 0x09ee32883421c470, 0x6c735bd75de544f8},
        {"\357\254\201ne \357\274\241\357\274\242 \302\275 stra\303\237e", 23, 54,
         0x8a15669f7f5a5cf6, 0x0ee2e2b7ab80c08f},
        {"\360\237\220\247 2\302\262 e\314\201", 12, 16, 0xb9873e22bd1cea80, 0xd785c3e3de7329f8},
        {"don\342\200\231t", 7, 17, 0x050f8213cf7462b0, 0x61d0e0094e40b288},
        {"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
         "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
         150, 456, 0x7e2fcf1703922954, 0xe4bd86188084eb68},
        {"tab\011new\012line\000nul\177", 17, 47, 0xd121fe0b34ecdbde, 0x0a8701497c430aeb},
        {"\340\244\271\340\244\277\340\244\250\340\245\215\340\244\246\340\245\200 "
         "\340\270\240\340\270\262\340\270\251\340\270\262",
         31, 34, 0xae6640ece39dc482, 0x1e80410ac36a60d9},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t n = kor_ngrams_read(&narrow, cases[i].text, cases[i].len, keys, KOR_NGRAMS_LIMIT);
        if (n != cases[i].count || fold(n) != cases[i].narrow)
            fail_msg("case %zu: %zu keys, %016llx", i, n, (unsigned long long)fold(n));
        n = kor_ngrams_read(&wide, cases[i].text, cases[i].len, keys, KOR_NGRAMS_LIMIT);
        if (fold(n) != cases[i].wide) fail_msg("case %zu: %016llx", i, (unsigned long long)fold(n));
    }
    assert_int_equal(kor_ngrams_read(&narrow, NULL, 0, keys, KOR_NGRAMS_LIMIT), 0);
}

static void assert_same(const char *a, const char *b)
{
    size_t n = kor_ngrams_read(&narrow, a, strlen(a), keys, KOR_NGRAMS_LIMIT);
    uint64_t h = fold(n);
    assert_int_equal(kor_ngrams_read(&narrow, b, strlen(b), keys, KOR_NGRAMS_LIMIT), n);
    assert_true(fold(n) == h);
}

static void test_ngrams_do_not_see_how_a_text_is_encoded(void **state)
{
    (void)state;
    assert_same("Caf\303\251 \357\274\241", "CAFE\314\201 a"); /* composed or not, wide or not */
    assert_same("don't", "don\342\200\231t");
    assert_same(" two \t words\n", "two words");
    assert_same("soft\302\255hyphen", "softhyphen");
}

static void test_ngrams_of_characters_are_told_from_those_of_words(void **state)
{
    (void)state;
    size_t words = 0, n = kor_ngrams_read(&narrow, "one two", 7, keys, KOR_NGRAMS_LIMIT);
    for (size_t i = 0; i < n; i++) words += kor_ngrams_is_words(keys[i]);
    assert_int_equal(words, 4); /* one, start one, two, one two */
    const kor_ngrams none = {.words = 1};
    assert_int_equal(kor_ngrams_read(&none, "one two", 7, keys, KOR_NGRAMS_LIMIT), 2);
}

static void test_ngrams_stay_within_their_room(void **state)
{
    (void)state;
    uint32_t few[4] = {0, 0, 0, 77};
    assert_int_equal(kor_ngrams_read(&wide, "a longer text than that", 23, few, 3), 3);
    assert_int_equal(few[3], 77);
    assert_int_equal(kor_ngrams_read(&wide, "text", 4, few, 0), 0);
    /* What comes after KOR_TEXT_MAX code points is not read. */
    size_t len = (size_t)KOR_TEXT_MAX + 1000;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, ' ', len);
    memcpy(text + KOR_TEXT_MAX, "unread", 6);
    assert_int_equal(kor_ngrams_read(&wide, text, len, keys, KOR_NGRAMS_LIMIT), 0);
    free(text);
}

static void test_ngrams_take_any_bytes(void **state)
{
    (void)state;
    unsigned char bytes[512];
    uint32_t seed = 1;
    for (size_t round = 0; round < 2000; round++) {
        size_t len = round % sizeof bytes;
        for (size_t i = 0; i < len; i++) {
            seed = seed * 1664525u + 1013904223u;
            bytes[i] = (unsigned char)(seed >> 24);
        }
        /* A copy of its own size, so that a sanitizer sees a byte too far. */
        char *text = malloc(len + 1);
        assert_non_null(text);
        memcpy(text, bytes, len);
        char *exact = realloc(text, len ? len : 1);
        assert_non_null(exact);
        assert_in_range(kor_ngrams_read(&wide, exact, len, keys, KOR_NGRAMS_LIMIT), 0,
                        18 * 8 * 512);
        free(exact);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ngrams_keys_never_change),
        cmocka_unit_test(test_ngrams_do_not_see_how_a_text_is_encoded),
        cmocka_unit_test(test_ngrams_of_characters_are_told_from_those_of_words),
        cmocka_unit_test(test_ngrams_stay_within_their_room),
        cmocka_unit_test(test_ngrams_take_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
