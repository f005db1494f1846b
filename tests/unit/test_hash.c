/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

#include <string.h>

/* Worked out by a second implementation, written from the description in hash.h. */
static void test_hash_values_never_change(void **state)
{
    (void)state;
    unsigned char all[256], mixed[1000];
    static const unsigned char zeros[65];
    unsigned char ones[64];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < sizeof all; i++) all[i] = (unsigned char)i;
    for (size_t i = 0; i < sizeof mixed; i++) mixed[i] = (unsigned char)(i * 7 + 200);
    static const char name[] = "koror\xc4\x81 \xe2\x80\x94 \xe5\xb0\x8f\xe3\x81\x95\xe3\x81\xaa"
                               "\xe3\x83\x9a\xe3\x83\xb3\xe3\x82\xae\xe3\x83\xb3";
    const struct {
        const void *bytes;
        size_t len;
        uint64_t seed, hash;
    } cases[] = {
        {NULL, 0, 0, 0xae2f5b1512d32ce6},
        {"", 0, 1, 0x32491453db936e3c},
        {"korora", 6, 0, 0x08d2df90a49a62db},
        {"korora", 6, 7, 0x00b9c187b950269e},
        {all, sizeof all, 0, 0x49f4e296f78cbab5},
        {name, sizeof name - 1, 0, 0xd441ba790b4d608a},
        {ones, sizeof ones, 0, 0x5b54099a6d5b46b9},
        {zeros, 64, 0, 0xc5d9bf930480eac0},
        {zeros, 65, 0, 0x62aaec63977136ca},
        {mixed, sizeof mixed, 0x9e3779b97f4a7c15, 0xa73cd43566602cb2},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t got = kor_hash64(cases[i].bytes, cases[i].len, cases[i].seed);
        if (got != cases[i].hash) {
            fail_msg("case %zu: %016llx, expected %016llx", i, (unsigned long long)got,
                     (unsigned long long)cases[i].hash);
        }
    }
    char hex[33];
    kor_hash128_hex("korora", 6, hex);
    assert_string_equal(hex, "08d2df90a49a62db12a9b8c81b96bd67");
}

static void test_hash_does_not_depend_on_where_the_bytes_are(void **state)
{
    (void)state;
    unsigned char room[300];
    uint64_t want = 0;
    for (size_t shift = 0; shift < 64; shift++) {
        memset(room, (int)shift, sizeof room);
        for (size_t i = 0; i < 200; i++) room[shift + i] = (unsigned char)(i * i);
        uint64_t got = kor_hash64(room + shift, 200, 3);
        if (shift == 0) want = got;
        assert_true(got == want);
    }
}

static void test_hash_changes_with_every_bit_and_every_length(void **state)
{
    (void)state;
    unsigned char bytes[200];
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i * 31);
    uint64_t whole = kor_hash64(bytes, sizeof bytes, 0);
    for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        assert_true(kor_hash64(bytes, sizeof bytes, 0) != whole);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    memset(bytes, 0, sizeof bytes);
    uint64_t seen[sizeof bytes];
    for (size_t n = 0; n < sizeof bytes; n++) {
        seen[n] = kor_hash64(bytes, n, 0);
        for (size_t i = 0; i < n; i++) assert_true(seen[i] != seen[n]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hash_values_never_change),
        cmocka_unit_test(test_hash_does_not_depend_on_where_the_bytes_are),
        cmocka_unit_test(test_hash_changes_with_every_bit_and_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
