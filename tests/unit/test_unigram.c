/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "text/unigram.h"
#include "text/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#define MARK "\xe2\x96\x81" /* U+2581, which stands for a space */

enum { END = -1 };

static void *scratch(void)
{
    void *p = aligned_alloc(64, (kor_unigram_scratch() + 63) / 64 * 64);
    assert_non_null(p);
    return p;
}

/* A tokenizer of pieces that are worth -1 each; the first is never matched. */
static kor_unigram *make(const char *const *texts, size_t count)
{
    kor_piece pieces[64];
    kor_error err;
    kor_unigram *u;
    assert_in_range(count, 0, 64);
    for (size_t i = 0; i < count; i++) pieces[i] = (kor_piece){texts[i], strlen(texts[i]), -1};
    if (kor_unigram_new(&u, pieces, count, 1, &err) != KOR_OK) fail_msg("%s", err.msg);
    return u;
}

/* The ids of text are those listed, up to END. */
static void expect(const kor_unigram *u, const char *text, size_t len, const int32_t *ids)
{
    int32_t out[256];
    void *memory = scratch();
    size_t n = kor_unigram_encode(u, text, len, out, 256, memory);
    for (size_t i = 0; i <= n; i++) {
        int32_t got = i < n ? out[i] : END;
        if (got != ids[i]) fail_msg("'%s': id %zu is %d, expected %d", text, i, got, ids[i]);
        if (got == END) break;
    }
    free(memory);
}

#define EXPECT(u, text, ...) expect(u, text, sizeof(text) - 1, (const int32_t[]){__VA_ARGS__})

static const char *const letters[] = {
    "?", MARK,           "a",  "b",        "c",        "\xc3\xa9",     "f", "i",
    "A", "\xed\x95\x9c", "fi", "\xcc\x81", "\xcc\xa3", "\xe1\xbb\x87", "e", "\xe1\xba\xb9",
};
enum { SPACE_ID = 1, A = 2, B, C, E_ACUTE, F, I, CAPITAL_A, HAN, FI };
enum { LETTERS = sizeof letters / sizeof *letters };

static void test_unigram_empty_text_has_no_tokens(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    EXPECT(u, "", END);
    void *memory = scratch();
    assert_int_equal(kor_unigram_encode(u, NULL, 0, NULL, 0, memory), 0);
    assert_int_equal(kor_unigram_encode(u, "abc", 3, NULL, 0, memory), 0);
    free(memory);
    kor_unigram_free(u);
    kor_unigram_free(NULL);
}

static void test_unigram_spaces_are_kept_each(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    EXPECT(u, " ", SPACE_ID, SPACE_ID, END);
    EXPECT(u, "   ", SPACE_ID, SPACE_ID, SPACE_ID, SPACE_ID, END);
    EXPECT(u, "a  b ", SPACE_ID, A, SPACE_ID, SPACE_ID, B, SPACE_ID, END);
    EXPECT(u, MARK "a", SPACE_ID, SPACE_ID, A, END);
    kor_unigram_free(u);
}

static void test_unigram_any_bytes_are_text(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    EXPECT(u, "a\0b", SPACE_ID, A, 0, B, END);
    EXPECT(u, "\xff\xfe\xc3", SPACE_ID, 0, END);
    EXPECT(u,
           "a\xc3"
           "b",
           SPACE_ID, A, 0, B, END);
    EXPECT(u,
           "a\xed\xa0\x80"
           "b",
           SPACE_ID, A, 0, B, END);
    EXPECT(u, "a\t\n\tb", SPACE_ID, A, 0, B, END);
    kor_unigram_free(u);
}

static void test_unigram_runs_of_unknowns_are_one(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    EXPECT(u,
           "\xf0\x9f\x99\x82\xf0\x9f\x99\x83"
           "a\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7xyz",
           SPACE_ID, 0, A, 0, END);
    EXPECT(u, "x y", SPACE_ID, 0, SPACE_ID, 0, END);
    kor_unigram_free(u);
}

static void test_unigram_reads_text_as_nfkc(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    EXPECT(u, "\xef\xac\x81", SPACE_ID, FI, END);                          /* the ligature */
    EXPECT(u, "\xef\xbc\xa1\xef\xbd\x81", SPACE_ID, CAPITAL_A, A, END);    /* full width */
    EXPECT(u, "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", SPACE_ID, HAN, END); /* jamo */
    EXPECT(u, "e\xcc\x81", SPACE_ID, E_ACUTE, END);                        /* a combining accent */
    EXPECT(u,
           "a\xe3\x80\x80"
           "b",
           SPACE_ID, A, SPACE_ID, B, END); /* an ideographic space */
    EXPECT(u,
           "a\xc2\xa0"
           "b",
           SPACE_ID, A, SPACE_ID, B, END); /* a space that does not break */
    kor_unigram_free(u);
}

static uint32_t draw(uint32_t *seed, uint32_t below)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (uint32_t)((uint64_t)(*seed >> 8) * below >> 24);
}

/* Marks in any order, syllables in parts: the ids are those of what utf8proc makes of the whole
 * text. */
static void test_unigram_nfkc_is_that_of_the_whole_text(void **state)
{
    (void)state;
    static const char *const parts[] = {"a",
                                        "e",
                                        "\xcc\x81",
                                        "\xcc\xa3",
                                        "\xcc\x82",
                                        "\xcc\xb8",
                                        "\xd6\xb0",
                                        "\xe1\x84\x92",
                                        "\xe1\x85\xa1",
                                        "\xe1\x86\xab",
                                        " ",
                                        "\xef\xac\x81",
                                        "\xef\xb7\xba",
                                        "\xe2\x84\xab"};
    kor_unigram *u = make(letters, LETTERS);
    void *memory = scratch();
    uint32_t seed = 1;
    for (int round = 0; round < 5000; round++) {
        char text[256] = "";
        uint32_t n = draw(&seed, 20);
        for (uint32_t i = 0; i < n; i++)
            strcat(text, parts[draw(&seed, sizeof parts / sizeof *parts)]);
        char *whole = (char *)utf8proc_NFKC((const utf8proc_uint8_t *)text);
        int32_t got[512], want[512];
        size_t a = kor_unigram_encode(u, text, strlen(text), got, 512, memory);
        size_t b = kor_unigram_encode(u, whole, strlen(whole), want, 512, memory);
        assert_int_equal(a, b);
        assert_memory_equal(got, want, a * sizeof *got);
        free(whole);
    }
    free(memory);
    kor_unigram_free(u);
}

static void test_unigram_of_equal_pieces_the_later_counts(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", MARK, "a", "b", "a"};
    kor_unigram *u = make(texts, 5);
    EXPECT(u, "ab", 1, 4, 3, END);
    kor_unigram_free(u);
}

static void test_unigram_reserved_pieces_are_never_matched(void **state)
{
    (void)state;
    static const char *const texts[] = {"a", MARK, "b"};
    kor_unigram *u = make(texts, 3);
    EXPECT(u, "aba", 1, 0, 2, 0, END);
    kor_unigram_free(u);
}

static void test_unigram_writes_no_more_than_it_may(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    void *memory = scratch();
    int32_t whole[32], part[32];
    size_t n = kor_unigram_encode(u, "abc zz abc", 10, whole, 32, memory);
    assert_int_equal(n, 10);
    for (size_t max = 0; max <= n; max++) {
        for (size_t i = 0; i < 32; i++) part[i] = -7;
        assert_int_equal(kor_unigram_encode(u, "abc zz abc", 10, part, max, memory), max);
        assert_memory_equal(part, whole, max * sizeof *part);
        for (size_t i = max; i < 32; i++) assert_int_equal(part[i], -7);
    }
    free(memory);
    kor_unigram_free(u);
}

/* ---- Against a search written another way ---- */

typedef struct small {
    char texts[24][8]; /* of 'a' to 'd' and '_', which stands for U+2581 */
    double scores[24];
    size_t count;
} small;

static kor_unigram *small_make(const small *v)
{
    char utf8[24][32];
    kor_piece pieces[24];
    for (size_t i = 0; i < v->count; i++) {
        size_t n = 0;
        for (const char *c = v->texts[i]; *c; c++) {
            if (*c == '_') {
                memcpy(utf8[i] + n, MARK, 3);
                n += 3;
            } else {
                utf8[i][n++] = *c;
            }
        }
        pieces[i] = (kor_piece){utf8[i], n, v->scores[i]};
    }
    kor_unigram *u;
    kor_error err;
    if (kor_unigram_new(&u, pieces, v->count, 1, &err) != KOR_OK) fail_msg("%s", err.msg);
    return u;
}

/* The id of the piece that is text[from..to), the last of equals; -1 for none. */
static int32_t small_find(const small *v, const char *text, size_t from, size_t to)
{
    for (size_t i = v->count; i-- > 1;) {
        if (strlen(v->texts[i]) == to - from && memcmp(v->texts[i], text + from, to - from) == 0)
            return (int32_t)i;
    }
    return -1;
}

/* The best path, drawn to each end from all its starts by comparing strings: the description in
 * unigram.h and unigram.c, with no trie. */
static size_t small_encode(const small *v, const char *text, int32_t *out)
{
    double best[64] = {0};
    int from[64], ids[64];
    size_t n = strlen(text), longest = 0;
    bool reached[64] = {true};
    for (size_t end = 1; end <= n; end++) {
        for (size_t start = 0; start < end; start++) {
            bool any = false;
            for (size_t to = start + 1; to <= n; to++)
                any = any || small_find(v, text, start, to) >= 0;
            int32_t id = small_find(v, text, start, end);
            double score = id >= 0 ? v->scores[id] : 0;
            if (id < 0 && !any && end == start + 1) id = 0;
            if (!reached[start] || id < 0) continue;
            if (best[end] == 0 || best[start] + score >= best[end]) {
                best[end] = best[start] + score;
                from[end] = (int)start;
                ids[end] = id;
                reached[end] = true;
                longest = end;
            }
        }
    }
    int32_t back[64];
    size_t count = 0, written = 0;
    for (size_t at = longest; at > 0; at = (size_t)from[at]) back[count++] = ids[at];
    while (count-- > 0) {
        if (back[count] == 0 && written > 0 && out[written - 1] == 0) continue;
        out[written++] = back[count];
    }
    return written;
}

/* The most that any way to cut text into pieces is worth, by trying all of them. */
static double most_of(const small *v, const char *text, size_t from)
{
    if (!text[from]) return 0;
    double most = -INFINITY;
    for (size_t to = from + 1; to <= strlen(text); to++) {
        int32_t id = small_find(v, text, from, to);
        if (id >= 0) most = fmax(most, v->scores[id] + most_of(v, text, to));
    }
    return most;
}

static void random_text(char *text, size_t most, const char *alphabet, uint32_t *seed)
{
    size_t n = 1 + draw(seed, (uint32_t)most);
    for (size_t i = 0; i < n; i++) text[i] = alphabet[draw(seed, (uint32_t)strlen(alphabet))];
    text[n] = 0;
}

static void test_unigram_finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    void *memory = scratch();
    uint32_t seed = 2;
    for (int round = 0; round < 400; round++) {
        small v = {.count = 2 + draw(&seed, 22)};
        for (size_t i = 0; i < v.count; i++) {
            random_text(v.texts[i], 4, "abc_", &seed);
            /* Whole numbers make ties; some scores are 0, some above. */
            v.scores[i] = (double)draw(&seed, 9) - 7;
        }
        kor_unigram *u = small_make(&v);
        for (int t = 0; t < 25; t++) {
            char text[64], marked[66];
            random_text(text, 24, "abcd ", &seed);
            (void)snprintf(marked, sizeof marked, "_%s", text);
            for (char *c = marked; *c; c++) *c = *c == ' ' ? '_' : *c;
            int32_t got[64], want[64];
            size_t n = kor_unigram_encode(u, text, strlen(text), got, 64, memory);
            size_t m = small_encode(&v, marked, want);
            if (n != m || memcmp(got, want, n * sizeof *got))
                fail_msg("round %d: '%s'", round, text);
        }
        kor_unigram_free(u);
    }
    free(memory);
}

static void test_unigram_path_is_worth_the_most(void **state)
{
    (void)state;
    void *memory = scratch();
    uint32_t seed = 3;
    for (int round = 0; round < 200; round++) {
        small v = {.count = 14, .texts = {"", "_", "a", "b", "c"}};
        for (size_t i = 0; i < v.count; i++) {
            if (i == 0 || i > 4) random_text(v.texts[i], 4, "abc_", &seed);
            v.scores[i] = -1 - (double)draw(&seed, 100) / 8; /* below 0, and every sum exact */
        }
        kor_unigram *u = small_make(&v);
        for (int t = 0; t < 10; t++) {
            char text[64], marked[66];
            random_text(text, 11, "abc ", &seed);
            (void)snprintf(marked, sizeof marked, "_%s", text);
            for (char *c = marked; *c; c++) *c = *c == ' ' ? '_' : *c;
            int32_t ids[64];
            size_t n = kor_unigram_encode(u, text, strlen(text), ids, 64, memory);
            double worth = 0;
            char whole[128] = "";
            for (size_t i = 0; i < n; i++) {
                assert_in_range(ids[i], 1, v.count - 1);
                worth += v.scores[ids[i]];
                strcat(whole, v.texts[ids[i]]);
            }
            assert_string_equal(whole, marked);
            assert_true(worth == most_of(&v, marked, 0));
        }
        kor_unigram_free(u);
    }
    free(memory);
}

/* ---- Long and hostile texts ---- */

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Encode a text of the unit over and over, and the part of it that counts: both within a second,
 * with the same ids. Returns how many. */
static size_t encode_long(const char *unit, size_t bytes, size_t unit_code_points, int32_t *ids)
{
    kor_unigram *u = make(letters, LETTERS);
    void *memory = scratch();
    size_t len = strlen(unit), times = bytes / len;
    char *text = malloc(times * len);
    int32_t *again = malloc((KOR_TEXT_MAX + 64) * sizeof *again);
    assert_non_null(text);
    assert_non_null(again);
    for (size_t i = 0; i < times; i++) memcpy(text + i * len, unit, len);
    double start = seconds();
    size_t n = kor_unigram_encode(u, text, times * len, ids, KOR_TEXT_MAX + 64, memory);
    assert_true(seconds() - start < 1);
    size_t counts = KOR_TEXT_MAX / unit_code_points * len;
    if (counts < times * len && KOR_TEXT_MAX % unit_code_points == 0) {
        assert_int_equal(kor_unigram_encode(u, text, counts, again, KOR_TEXT_MAX + 64, memory), n);
        assert_memory_equal(ids, again, n * sizeof *ids);
    }
    free(again);
    free(text);
    free(memory);
    kor_unigram_free(u);
    return n;
}

static void test_unigram_long_texts_are_cut_in_bounded_time(void **state)
{
    (void)state;
    static int32_t ids[KOR_TEXT_MAX + 64];
    assert_int_equal(encode_long("a", 9999, 1, ids), 10000);
    for (size_t i = 1; i < 10000; i++) assert_int_equal(ids[i], A);
    assert_int_equal(encode_long("ab", 50 << 20, 2, ids), KOR_TEXT_MAX + 1);
    assert_int_equal(encode_long("\xc3\xa9", 50 << 20, 1, ids),
                     KOR_TEXT_MAX / 2 + 1); /* two when decomposed */
    assert_int_equal(encode_long("\xff", 50 << 20, 1, ids), 2);
    assert_int_equal(encode_long("\xf0\x9f\x99\x82", 50 << 20, 1, ids), 2);
    assert_true(encode_long("\xef\xb7\xba", 50 << 20, 16, ids) > 2); /* one that becomes 18 */
}

static void test_unigram_runs_of_marks_take_bounded_time(void **state)
{
    (void)state;
    static int32_t ids[KOR_TEXT_MAX + 64];
    assert_true(encode_long("\xcc\x81\xcc\xa3", 50 << 20, 2, ids) > 2);
    assert_true(encode_long("\xcc\xa3\xcc\x81\xd6\xb0\xcc\xb8", 50 << 20, 4, ids) > 2);
    assert_true(encode_long("e\xcc\x81", 50 << 20, 2, ids) > 2);
    assert_true(encode_long("\xe1\x84\x92\xe1\x85\xa1", 50 << 20, 2, ids) == 2);
}

/* ---- Vocabularies that cannot be ---- */

static void test_unigram_refuses_a_bad_vocabulary(void **state)
{
    (void)state;
    char longest[KOR_PIECE_MAX + 1];
    memset(longest, 'a', sizeof longest);
    const struct {
        kor_piece piece;
        const char *part;
    } cases[] = {
        {{"", 0, -1}, "piece 1: not 1 to 256 bytes"},
        {{longest, KOR_PIECE_MAX + 1, -1}, "piece 1: not 1 to 256 bytes"},
        {{"a\xc3", 2, -1}, "of UTF-8"},
        {{"\xff", 1, -1}, "of UTF-8"},
        {{"a", 1, NAN}, "piece 1: its score is not a number"},
        {{"a", 1, INFINITY}, "its score is not a number"},
        {{"a", 1, -INFINITY}, "its score is not a number"},
        {{"a\0b", 3, -1}, "NUL byte"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        kor_piece pieces[] = {{"", 0, NAN}, cases[i].piece}; /* what is reserved may be anything */
        kor_unigram *u = (kor_unigram *)pieces;
        kor_error err = {0};
        assert_int_equal(kor_unigram_new(&u, pieces, 2, 1, &err), KOR_E_INPUT);
        assert_null(u);
        if (!strstr(err.msg, cases[i].part)) fail_msg("case %zu: %s", i, err.msg);
    }
    kor_unigram *u;
    kor_error err;
    kor_piece one = {longest, KOR_PIECE_MAX, -1};
    assert_int_equal(kor_unigram_new(&u, &one, 1, 2, &err), KOR_E_INPUT);
    assert_int_equal(kor_unigram_new(&u, NULL, (1u << 20) + 1, 0, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, "at most 1048576"));
    assert_int_equal(kor_unigram_new(&u, &one, 1, 0, &err), KOR_OK); /* 256 bytes will do */
    kor_unigram_free(u);
    assert_int_equal(kor_unigram_new(&u, &one, 1, 1, &err), KOR_OK); /* and so will none */
    EXPECT(u, "ab", 0, END);
    kor_unigram_free(u);
}

static void test_unigram_ids_stay_inside_the_vocabulary_for_any_bytes(void **state)
{
    (void)state;
    kor_unigram *u = make(letters, LETTERS);
    void *memory = scratch();
    uint32_t seed = 4;
    for (int round = 0; round < 3000; round++) {
        char text[200];
        size_t len = draw(&seed, sizeof text);
        for (size_t i = 0; i < len; i++) text[i] = (char)draw(&seed, 256);
        int32_t ids[4096];
        size_t n = kor_unigram_encode(u, text, len, ids, 4096, memory);
        for (size_t i = 0; i < n; i++) assert_in_range(ids[i], 0, LETTERS - 1);
    }
    free(memory);
    kor_unigram_free(u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unigram_empty_text_has_no_tokens),
        cmocka_unit_test(test_unigram_spaces_are_kept_each),
        cmocka_unit_test(test_unigram_any_bytes_are_text),
        cmocka_unit_test(test_unigram_runs_of_unknowns_are_one),
        cmocka_unit_test(test_unigram_reads_text_as_nfkc),
        cmocka_unit_test(test_unigram_nfkc_is_that_of_the_whole_text),
        cmocka_unit_test(test_unigram_of_equal_pieces_the_later_counts),
        cmocka_unit_test(test_unigram_reserved_pieces_are_never_matched),
        cmocka_unit_test(test_unigram_writes_no_more_than_it_may),
        cmocka_unit_test(test_unigram_finds_what_a_plain_search_finds),
        cmocka_unit_test(test_unigram_path_is_worth_the_most),
        cmocka_unit_test(test_unigram_long_texts_are_cut_in_bounded_time),
        cmocka_unit_test(test_unigram_runs_of_marks_take_bounded_time),
        cmocka_unit_test(test_unigram_refuses_a_bad_vocabulary),
        cmocka_unit_test(test_unigram_ids_stay_inside_the_vocabulary_for_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
