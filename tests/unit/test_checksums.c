/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules/checksums.h"

#include <string.h>

static void test_checksums_know_cards(void **state)
{
    (void)state;
    static const char *const good[] = {"4539148803436467", "378282246310005",  "5555555555554444",
                                       "6011111111111117", "3530111333300000", "30569309025904",
                                       "2223003122003222"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char wrong[20];
        assert_true(kor_card(good[i], strlen(good[i])));
        /* Any digit changed, and it is none. */
        for (size_t at = 6; good[i][at]; at++) {
            strcpy(wrong, good[i]);
            wrong[at] = wrong[at] == '9' ? '0' : (char)(wrong[at] + 1);
            assert_false(kor_card(wrong, strlen(wrong)));
        }
        assert_false(kor_card(good[i], strlen(good[i]) - 1));
    }
    assert_false(kor_card("0000000000000000", 16));
    assert_false(kor_card("1764086400000000", 16)); /* a time in microseconds */
}

static void test_checksums_know_ibans(void **state)
{
    (void)state;
    static const char *const good[] = {
        "DE89370400440532013000", "GB29NWBK60161331926819", "FR1420041010050500013M02606",
        "NL91ABNA0417164300",     "NO9386011117947",        "MT84MALT011000012345MTLCAST001S"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(kor_iban(good[i], strlen(good[i])));
    assert_false(kor_iban("DE88370400440532013000", 22));
    assert_false(kor_iban("DE8937040044053201300", 21));
    assert_false(kor_iban("XX89370400440532013000", 22));
    assert_true(kor_routing("021000021", 9));
    assert_false(kor_routing("021000022", 9));
}

static void test_checksums_know_national_numbers(void **state)
{
    (void)state;
    static const struct {
        const char *number;
        int id;
    } good[] = {
        {"123456789", KOR_ID_US},          {"QQ123456C", -1},
        {"AB123456C", KOR_ID_UK},          {"9434765919", KOR_ID_UK_NHS},
        {"86095742719", KOR_ID_DE},        {"255081168053089", -1},
        {"12345678Z", KOR_ID_ES},          {"X1234567L", KOR_ID_ES},
        {"RSSMRA85T10A562S", KOR_ID_IT},   {"111222333", KOR_ID_NL},
        {"85073003328", KOR_ID_BE},        {"8112189876", KOR_ID_SE},
        {"44051401359", KOR_ID_PL},        {"52998224725", KOR_ID_BR},
        {"11010519491231002X", KOR_ID_CN}, {"046454286", KOR_ID_CA},
        {"123456782", KOR_ID_AU},          {"7569217076985", KOR_ID_CH},
        {"131052308T", KOR_ID_FI},         {"1234567FA", KOR_ID_IE},
        {"S1234567D", KOR_ID_SG},          {"69435151530", KOR_ID_HR},
        {"10000000146", KOR_ID_TR},        {"ABCPK4821M", KOR_ID_IN_PAN},
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        uint64_t ids = kor_national_ids(good[i].number, strlen(good[i].number));
        if (good[i].id < 0 ? ids != 0 : !(ids & 1ull << good[i].id))
            fail_msg("%s: 0x%llx", good[i].number, (unsigned long long)ids);
    }
    assert_int_equal(kor_national_ids("12345678A", 9), 0);
    assert_int_equal(kor_national_ids("00000000000", 11), 0);
    assert_false(kor_national_ids("44051401358", 11) & 1ull << KOR_ID_PL);
    /* Every name is there, and no two are the same. */
    for (int a = 0; a < KOR_ID_COUNT; a++)
        for (int b = 0; b < a; b++)
            assert_string_not_equal(kor_national_id_name(a), kor_national_id_name(b));
}

static void test_checksums_know_aadhaar_by_verhoeff(void **state)
{
    (void)state;
    char number[13] = "23412341234";
    unsigned fits = 0;
    for (char c = '0'; c <= '9'; c++) {
        number[11] = c;
        fits += (kor_national_ids(number, 12) & 1ull << KOR_ID_IN) != 0;
    }
    assert_int_equal(fits, 1);
    assert_true(kor_national_ids("234123412346", 12) & 1ull << KOR_ID_IN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checksums_know_cards),
        cmocka_unit_test(test_checksums_know_ibans),
        cmocka_unit_test(test_checksums_know_national_numbers),
        cmocka_unit_test(test_checksums_know_aadhaar_by_verhoeff),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
