/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/str.h"
#include "learn/random.h"
#include "scratch.h"
#include "text/simhash.h"

#include <inttypes.h>
#include <time.h>

static uint64_t of(const char *text)
{
    return kor_simhash(text, strlen(text));
}

static int apart(const char *a, const char *b)
{
    return kor_simhash_distance(of(a), of(b));
}

/* Hashes are stored, so they stay what they are. */
static void test_simhash_is_what_it_was(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t hash;
    } known[] = {
        {"a", 0x02c0bdbf481420f8ull},
        {"Switch on the lamp, please.", 0xd311033bc340acb1ull},
        {"\xc3\x89vora 14 \xe2\x82\xac", 0x7c543436159a68f2ull},
        {"\xe4\xbb\x8a\xe5\xa4\xa9\xe4\xb8\x8b\xe9\x9b\xa8\xe3\x80\x82", 0x8b66060096101f51ull},
        {"broken \xff\xc3 bytes", 0x4ac3191b4d223df3ull},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint64_t hash = of(known[i].text);
        if (hash != known[i].hash) fail_msg("%zu: 0x%016" PRIx64, i, hash);
    }
}

static void test_simhash_passes_over_stamps_and_counts(void **state)
{
    (void)state;
    static const char *const same[][2] = {
        {"2026-03-14 10:41:07 worker 4 lost its lease",
         "2026-04-02 23:00:59 worker 4 lost its lease"},
        {"2026-03-14T10:41:07.120Z lost", "2025-12-01T01:01:01Z lost"},
        {"Mar 14 10:41:07 otter sshd[811]: bad", "Apr  2 01:00:00 otter sshd[40112]: bad"},
        {"[14/Mar/2026:10:41:07 +0000] GET /x", "[02/Apr/2026:00:00:01 +0100] GET /x"},
        {"10:41:07,113 lost", "9:00:00 lost"},
        {"{\"ts\":\"2026-03-14T10:41:07Z\",\"msg\":\"lost\"}",
         "{\"ts\":\"2026-03-15T00:41:08+02:00\",\"msg\":\"lost\"}"},
        {"(3) Inbox - Mail", "(12) Inbox - Mail"},
        {"(3) Inbox - Mail", "Inbox - Mail"},
        {"Inbox (3)", "Inbox (44)\n"},
        {": 1712345678:0;make -j4", ": 1700000001:12;make -j4"},
        {"#1712345678\nmake -j4", "#1700000001\nmake -j4"},
        {"  Lost   LEASE\n\tof worker ", "lost lease of Worker"},
        {"\xc3\x89vora", "\xc3\xa9vora"},
    };
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        if (apart(same[i][0], same[i][1])) fail_msg("%s / %s", same[i][0], same[i][1]);
}

/* What is in most numbers is what the text is about. */
static void test_simhash_sees_other_numbers(void **state)
{
    (void)state;
    static const char *const other[][2] = {
        {"fix #311", "fix #312"},
        {"ssh -p 2222 otter", "ssh -p 2223 otter"},
        {"dentist 2026-03-14", "dentist 2026-03-15"},
        {"dentist 14 Mar 9:30", "dentist 14 Mar 9:45"},
        {"dentist at 10:41", "dentist at 10:42"},
        {"Mar 14 dentist", "Mar 15 dentist"},
        {"marched 14 10:41:070", "marched 14 10:41:071"},
        {"call (3) people", "call (4) people"},
        {"a[811] = 2", "a [812] = 2"},
        {"#171234567 x", "#171234568 x"},
        {": 171234567:0;x", ": 171234568:0;x"},
        {"pay 40", "pay 400"},
        {"version 1.2.3", "version 1.2.4"},
    };
    for (size_t i = 0; i < sizeof other / sizeof *other; i++)
        if (apart(other[i][0], other[i][1]) <= KOR_SIMHASH_NEAR)
            fail_msg("%s / %s: %d", other[i][0], other[i][1], apart(other[i][0], other[i][1]));
}

static void test_simhash_of_nothing_repeats_nothing(void **state)
{
    (void)state;
    assert_int_equal(of(""), 0);
    assert_int_equal(of(" \n\t "), 0);
    assert_int_equal(of("10:41:07 "), 0);
    assert_int_equal(kor_simhash(NULL, 0), 0);
    const uint64_t last[] = {0, of("make"), 0, of("git status"), of("make")};
    assert_int_equal(kor_simhash_find(last, 5, of("MAKE"), KOR_SIMHASH_NEAR), 1);
    assert_int_equal(kor_simhash_find(last, 5, of("git  status"), 0), 3);
    assert_int_equal(kor_simhash_find(last, 5, 0, 64), 5);
    assert_int_equal(kor_simhash_find(last, 5, of("other words"), KOR_SIMHASH_NEAR), 5);
    assert_int_equal(kor_simhash_find(NULL, 0, of("make"), 64), 0);
    assert_int_equal(kor_simhash_distance(0, UINT64_MAX), 64);
}

/* 300 random words, saved again with one of them changed, are a repeat; 300 others are not. */
static void test_simhash_tells_versions_from_other_texts(void **state)
{
    (void)state;
    kor_random r = {9};
    size_t near = 0, version = 0, other_near = 0;
    for (int round = 0; round < 200; round++) {
        kor_str a = {0}, b = {0}, c = {0};
        size_t changed = kor_random_below(&r, 300);
        for (size_t i = 0; i < 300; i++) {
            unsigned w = (unsigned)kor_random_next(&r) & 0xffff,
                     x = (unsigned)kor_random_next(&r) & 0xffff;
            kor_str_printf(&a, "w%xq ", w);
            kor_str_printf(&b, "w%xq ", i == changed ? x : w);
            kor_str_printf(&c, "w%xq ", x);
        }
        uint64_t h = kor_simhash(a.data, a.len);
        int d = kor_simhash_distance(h, kor_simhash(b.data, b.len));
        near += d <= KOR_SIMHASH_NEAR;
        version += d <= KOR_SIMHASH_VERSION_OF;
        other_near += kor_simhash_distance(h, kor_simhash(c.data, c.len)) <= KOR_SIMHASH_VERSION_OF;
        kor_str_free(&a);
        kor_str_free(&b);
        kor_str_free(&c);
    }
    assert_in_range(near, 150, 200);
    assert_int_equal(version, 200);
    assert_int_equal(other_near, 0);
}

/* Exact allocations, for the address sanitizer to watch. */
static void test_simhash_takes_any_bytes(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "2026-", "03-14",       "T10:", "41", ":07",      "Mar ",         "14/",
        "(",     ")",           "[",    "]",  "3",        ": 1712345678", ":0",
        ";",     "#1712345678", "\n",   " ",  "\xe3\x80", "\xff",         "word",
        "+0",    "Z",           ".",    ","};
    kor_random r = {3};
    for (int round = 0; round < 20000; round++) {
        char made[512];
        size_t n = 0, count = kor_random_below(&r, 12);
        for (size_t i = 0; i < count; i++) {
            const char *part = parts[kor_random_below(&r, sizeof parts / sizeof *parts)];
            memcpy(made + n, part, strlen(part));
            n += strlen(part);
            if (kor_random_below(&r, 20) == 0) made[n++] = '\0';
        }
        char *text = malloc(n ? n : 1);
        assert_non_null(text);
        memcpy(text, made, n);
        uint64_t hash = kor_simhash(text, n);
        assert_true(hash == kor_simhash(text, n));
        free(text);
    }
}

static void test_simhash_takes_linear_time(void **state)
{
    (void)state;
    static const char *const parts[] = {" ",      "a ",      "1", "(",    "[",          "(3)",
                                        "Mar 1 ", "10:41:0", "x", "\xff", "2026-03-14 "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        kor_str text = {0};
        while (text.len < 2000000) kor_str_puts(&text, parts[i]);
        clock_t begun = clock();
        (void)kor_simhash(text.data, text.len);
        assert_true((double)(clock() - begun) / CLOCKS_PER_SEC < 3.0);
        kor_str_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_simhash_is_what_it_was),
        cmocka_unit_test(test_simhash_passes_over_stamps_and_counts),
        cmocka_unit_test(test_simhash_sees_other_numbers),
        cmocka_unit_test(test_simhash_of_nothing_repeats_nothing),
        cmocka_unit_test(test_simhash_tells_versions_from_other_texts),
        cmocka_unit_test(test_simhash_takes_any_bytes),
        cmocka_unit_test(test_simhash_takes_linear_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
