/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/checksums.h"

#include <string.h>

static bool all_digits(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (s[i] < '0' || s[i] > '9') return false;
    return n > 0;
}

static bool capital(char c)
{
    return c >= 'A' && c <= 'Z';
}

static unsigned digit(char c)
{
    return (unsigned)(c - '0');
}

static unsigned number(const char *s, size_t n)
{
    unsigned value = 0; /* nine digits at most */
    for (size_t i = 0; i < n; i++) value = value * 10 + digit(s[i]);
    return value;
}

bool kor_luhn(const char *digits, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned d = digit(digits[n - 1 - i]);
        if (i % 2) d = d > 4 ? 2 * d - 9 : 2 * d;
        sum += d;
    }
    return n > 1 && sum % 10 == 0;
}

/* Are all of them the same? 0000 0000 0000 0000 fits most checksums. */
static bool one_digit_only(const char *s, size_t n)
{
    for (size_t i = 1; i < n; i++)
        if (s[i] != s[0]) return false;
    return true;
}

bool kor_card(const char *digits, size_t n)
{
    if (n < 13 || n > 19 || !all_digits(digits, n) || one_digit_only(digits + 1, n - 1))
        return false;
    unsigned two = number(digits, 2), three = number(digits, 3), four = number(digits, 4);
    bool issued = false;
    if (digits[0] == '4')
        issued = n == 13 || n == 16 || n == 19; /* Visa */
    else if ((two >= 51 && two <= 55) || (four >= 2221 && four <= 2720))
        issued = n == 16;
    else if (two == 34 || two == 37)
        issued = n == 15; /* American Express */
    else if ((three >= 300 && three <= 305) || two == 36 || two == 38 || two == 39)
        issued = n >= 14; /* Diners */
    else if (four >= 3528 && four <= 3589)
        issued = n >= 16; /* JCB */
    else if (four == 6011 || two == 64 || two == 65)
        issued = n >= 16; /* Discover, RuPay */
    else if (two == 62 || two == 81 || two == 60)
        issued = n >= 16; /* UnionPay, RuPay */
    else if (two == 50 || (two >= 56 && two <= 69))
        issued = n >= 16; /* Maestro */
    else if (four >= 2200 && four <= 2204)
        issued = n == 16; /* Mir */
    return issued && kor_luhn(digits, n);
}

/* Lengths of the IBAN registry, release 99. */
static const struct {
    char country[3];
    unsigned char length;
} ibans[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26}, {"IT", 27},
    {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20}, {"LU", 20},
    {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20}, {"MR", 27},
    {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24}, {"PL", 28},
    {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24}, {"SC", 31},
    {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25}, {"SV", 28},
    {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20}, {"YE", 30},
};

size_t kor_iban_length(const char *compact)
{
    for (size_t i = 0; i < sizeof ibans / sizeof *ibans; i++)
        if (memcmp(ibans[i].country, compact, 2) == 0) return ibans[i].length;
    return 0;
}

bool kor_iban(const char *compact, size_t n)
{
    if (n < 15 || n > KOR_CHECKSUMS_MOST || kor_iban_length(compact) != n) return false;
    unsigned rest = 0;
    for (size_t i = 0; i < n; i++) { /* the first four characters come last */
        char c = compact[(i + 4) % n];
        if (c >= '0' && c <= '9')
            rest = (rest * 10 + digit(c)) % 97;
        else if (capital(c))
            rest = (rest * 100 + (unsigned)(c - 'A') + 10) % 97;
        else
            return false;
    }
    return rest == 1;
}

bool kor_routing(const char *digits, size_t n)
{
    static const unsigned weights[] = {3, 7, 1, 3, 7, 1, 3, 7, 1};
    if (n != 9 || !all_digits(digits, n) || one_digit_only(digits, n)) return false;
    unsigned sum = 0, two = number(digits, 2);
    for (size_t i = 0; i < 9; i++) sum += weights[i] * digit(digits[i]);
    return sum % 10 == 0 && (two <= 12 || (two >= 21 && two <= 32) || (two >= 61 && two <= 72));
}

/* ---- National numbers ------------------------------------------------------------------- */

static unsigned weighed(const char *s, const unsigned char *weights, size_t n)
{
    unsigned sum = 0;
    for (size_t i = 0; i < n; i++) sum += weights[i] * digit(s[i]);
    return sum;
}

/* Day and month, two digits each. */
static bool day_month(unsigned day, unsigned month)
{
    return day >= 1 && day <= 31 && month >= 1 && month <= 12;
}

static bool german(const char *s) /* ISO 7064, MOD 11,10; ten digits of which one is repeated */
{
    unsigned product = 10, counts[10] = {0}, most = 0;
    for (size_t i = 0; i < 10; i++) {
        unsigned sum = (digit(s[i]) + product) % 10;
        if (sum == 0) sum = 10;
        product = sum * 2 % 11;
        if (++counts[digit(s[i])] > most) most = counts[digit(s[i])];
    }
    unsigned check = (11 - product) % 10;
    return s[0] != '0' && (most == 2 || most == 3) && check == digit(s[10]);
}

static bool mod11_10(const char *s, size_t n)
{
    unsigned product = 10;
    for (size_t i = 0; i + 1 < n; i++) {
        unsigned sum = (digit(s[i]) + product) % 10;
        product = (sum ? sum : 10) * 2 % 11;
    }
    return (11 - product) % 10 == digit(s[n - 1]);
}

static bool german_pension(const char *s) /* 12: area, birthday, letter, serial, check */
{
    static const unsigned char weights[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2, 1};
    if (!all_digits(s, 8) || !capital(s[8]) || !all_digits(s + 9, 3)) return false;
    if (!day_month(number(s + 2, 2), number(s + 4, 2))) return false;
    unsigned letter = (unsigned)(s[8] - 'A') + 1;
    char digits[13];
    memcpy(digits, s, 8);
    digits[8] = (char)('0' + letter / 10);
    digits[9] = (char)('0' + letter % 10);
    memcpy(digits + 10, s + 9, 3);
    unsigned sum = 0;
    for (size_t i = 0; i < 12; i++) {
        unsigned p = weights[i] * digit(digits[i]);
        sum += p / 10 + p % 10;
    }
    return sum % 10 == digit(digits[12]);
}

static bool french(const char *s) /* 13 and a key of two; Corsica is 2A or 2B */
{
    char digits[16];
    memcpy(digits, s, 15);
    uint64_t less = 0;
    if (s[6] == 'A' || s[6] == 'B') {
        less = s[6] == 'A' ? 1000000 : 2000000;
        digits[6] = '0';
    }
    if (!all_digits(digits, 15)) return false;
    unsigned month = number(digits + 3, 2);
    if (strchr("123478", s[0]) == NULL || (month > 12 && (month < 20 || month > 42))) return false;
    uint64_t value = 0;
    for (size_t i = 0; i < 13; i++) value = value * 10 + digit(digits[i]);
    return 97 - (value - less) % 97 == number(digits + 13, 2);
}

static bool spanish(const char *s)
{
    static const char letters[] = "TRWAGMYFPDXBNJZSQVHLCKE";
    char digits[8];
    memcpy(digits, s, 8);
    if (s[0] >= 'X' && s[0] <= 'Z') digits[0] = (char)('0' + (s[0] - 'X'));
    return all_digits(digits, 8) && letters[number(digits, 8) % 23] == s[8];
}

static bool italian(const char *s)
{
    static const char months[] = "ABCDEHLMPRST";
    static const unsigned char odd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                        20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};
    for (size_t i = 0; i < 16; i++) {
        bool letter = i < 6 || i == 8 || i == 11 || i == 15;
        /* Digits become L to V where two people would have the same number. */
        bool fits =
            letter ? capital(s[i]) : (s[i] >= '0' && s[i] <= '9') || (capital(s[i]) && s[i] >= 'L');
        if (!fits) return false;
    }
    if (strchr(months, s[8]) == NULL) return false;
    unsigned sum = 0;
    for (size_t i = 0; i < 15; i++) {
        unsigned v = capital(s[i]) ? (unsigned)(s[i] - 'A') : digit(s[i]);
        sum += i % 2 ? v : odd[v];
    }
    return sum % 26 == (unsigned)(s[15] - 'A');
}

static bool dutch(const char *s)
{
    static const unsigned char weights[] = {9, 8, 7, 6, 5, 4, 3, 2};
    unsigned sum = weighed(s, weights, 8);
    return (sum + 10 * 11 - digit(s[8])) % 11 == 0 && number(s, 9) > 9999999;
}

static bool belgian(const char *s)
{
    unsigned nine = number(s, 9), check = number(s + 9, 2), month = number(s + 2, 2) % 20;
    if (month > 12 || number(s + 4, 2) > 31) return false;
    return 97 - nine % 97 == check || 97 - (nine + 2000000000u) % 97 == check;
}

static bool swedish(const char *s, size_t n)
{
    if (n == 12) {
        if (number(s, 2) < 18 || number(s, 2) > 20) return false;
        s += 2;
    }
    unsigned day = number(s + 4, 2);
    return day_month(day > 60 ? day - 60 : day, number(s + 2, 2)) && kor_luhn(s, 10);
}

static bool norwegian(const char *s)
{
    static const unsigned char one[] = {3, 7, 6, 1, 8, 9, 4, 5, 2, 1};
    static const unsigned char two[] = {5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1};
    unsigned day = number(s, 2), month = number(s + 2, 2);
    if (!day_month(day > 40 ? day - 40 : day, month > 40 ? month - 40 : month)) return false;
    return weighed(s, one, 10) % 11 == 0 && weighed(s, two, 11) % 11 == 0;
}

static bool finnish(const char *s) /* the century's sign is left out or a letter: 10 or 11 */
{
    static const char checks[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    if (!all_digits(s, 6) || !day_month(number(s, 2), number(s + 2, 2))) return false;
    size_t at = capital(s[6]) ? 7 : 6;
    if (!all_digits(s + at, 3)) return false;
    uint64_t value = (uint64_t)number(s, 6) * 1000 + number(s + at, 3);
    return s[at + 3] == checks[value % 31];
}

static bool polish(const char *s)
{
    static const unsigned char weights[] = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1};
    return day_month(number(s + 4, 2), number(s + 2, 2) % 20) && weighed(s, weights, 11) % 10 == 0;
}

static bool czech(const char *s)
{
    unsigned month = number(s + 2, 2);
    month = month > 70 ? month - 70 : month > 50 ? month - 50 : month > 20 ? month - 20 : month;
    if (!day_month(number(s + 4, 2), month)) return false;
    unsigned rest = number(s, 9) % 11;
    return rest % 10 == digit(s[9]);
}

static bool brazilian(const char *s)
{
    for (size_t n = 9; n < 11; n++) {
        unsigned sum = 0;
        for (size_t i = 0; i < n; i++) sum += digit(s[i]) * (unsigned)(n + 1 - i);
        if (sum * 10 % 11 % 10 != digit(s[n])) return false;
    }
    return true;
}

static bool verhoeff(const char *s, size_t n)
{
    static const unsigned char permuted[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    unsigned c = 0;
    for (size_t i = 0; i < n; i++) {
        unsigned p = permuted[i % 8][digit(s[n - 1 - i])];
        /* The product of the dihedral group of ten. */
        unsigned turned = c >= 5, a = c % 5, b = p % 5;
        unsigned sum = turned ? (a + 5 - b) % 5 : (a + b) % 5;
        c = sum + ((p >= 5) != (turned != 0) ? 5 : 0);
    }
    return c == 0;
}

static bool chinese(const char *s)
{
    static const unsigned char weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
    if (!all_digits(s, 17) || !day_month(number(s + 12, 2), number(s + 10, 2))) return false;
    unsigned century = number(s + 6, 2);
    return (century == 19 || century == 20) && s[17] == "10X98765432"[weighed(s, weights, 17) % 11];
}

static bool irish(const char *s, size_t n)
{
    static const unsigned char weights[] = {8, 7, 6, 5, 4, 3, 2};
    if (!all_digits(s, 7) || !capital(s[7]) || (n == 9 && (s[8] < 'A' || s[8] > 'I'))) return false;
    unsigned sum = weighed(s, weights, 7) + (n == 9 ? 9 * (unsigned)(s[8] - 'A' + 1) : 0);
    return "WABCDEFGHIJKLMNOPQRSTUV"[sum % 23] == s[7];
}

static bool estonian(const char *s) /* and Lithuanian */
{
    static const unsigned char one[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 1};
    static const unsigned char two[] = {3, 4, 5, 6, 7, 8, 9, 1, 2, 3};
    if (s[0] < '1' || s[0] > '6' || !day_month(number(s + 5, 2), number(s + 3, 2))) return false;
    unsigned check = weighed(s, one, 10) % 11;
    if (check == 10) check = weighed(s, two, 10) % 11 % 10;
    return check == digit(s[10]);
}

static bool turkish(const char *s)
{
    unsigned odd = 0, even = 0;
    for (size_t i = 0; i < 9; i++) *(i % 2 ? &even : &odd) += digit(s[i]);
    unsigned tenth = (odd * 7 + 90 - even) % 10;
    return s[0] != '0' && tenth == digit(s[9]) && (odd + even + tenth) % 10 == digit(s[10]);
}

static bool mexican(const char *s)
{
    for (size_t i = 0; i < 16; i++) {
        bool want_digit = i >= 4 && i < 10;
        if (want_digit ? s[i] < '0' || s[i] > '9' : !capital(s[i])) return false;
    }
    return (s[10] == 'H' || s[10] == 'M') && day_month(number(s + 8, 2), number(s + 6, 2)) &&
           s[17] >= '0' && s[17] <= '9';
}

static bool singaporean(const char *s)
{
    static const unsigned char weights[] = {2, 7, 6, 5, 4, 3, 2};
    if (strchr("STFG", s[0]) == NULL || !all_digits(s + 1, 7) || !capital(s[8])) return false;
    unsigned sum = weighed(s + 1, weights, 7) + (s[0] == 'T' || s[0] == 'G' ? 4 : 0);
    return s[8] == (s[0] == 'S' || s[0] == 'T' ? "JZIHGFEDCBA" : "XWUTRQPNMLK")[sum % 11];
}

static bool chilean(const char *s, size_t n)
{
    unsigned sum = 0;
    if (!all_digits(s, n - 1)) return false;
    for (size_t i = 0; i + 1 < n; i++) sum += digit(s[n - 2 - i]) * (unsigned)(2 + i % 6);
    return s[n - 1] == "0K987654321"[sum % 11];
}

static uint64_t ids_of_digits(const char *s, size_t n)
{
    static const unsigned char nhs[] = {10, 9, 8, 7, 6, 5, 4, 3, 2};
    static const unsigned char tfn[] = {1, 4, 3, 7, 5, 8, 6, 9, 10};
    static const unsigned char nif[] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    static const unsigned char cnp[] = {2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9};
    static const unsigned char ahv[] = {1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1};
    static const unsigned char svnr[] = {3, 7, 9, 0, 5, 8, 4, 2, 1, 6};
    static const unsigned char rrn[] = {2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5};
    static const unsigned char mynumber[] = {6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2};
    uint64_t ids = 0;
#define FITS(id, condition)                                                                        \
    if (condition) ids |= 1ull << (id)
    switch (n) {
    case 9:
        FITS(KOR_ID_US, number(s, 3) != 0 && number(s, 3) != 666 && s[0] != '9' &&
                            number(s + 3, 2) != 0 && number(s + 5, 4) != 0);
        FITS(KOR_ID_NL, dutch(s));
        FITS(KOR_ID_CA, s[0] != '8' && kor_luhn(s, n));
        FITS(KOR_ID_AU, weighed(s, tfn, 9) % 11 == 0);
        FITS(KOR_ID_PT,
             strchr("1235689", s[0]) != NULL &&
                 (weighed(s, nif, 9) % 11 == 0 || (s[8] == '0' && weighed(s, nif, 9) % 11 == 1)));
        break;
    case 10:
        FITS(KOR_ID_UK_NHS, (weighed(s, nhs, 9) + digit(s[9])) % 11 == 0);
        FITS(KOR_ID_SE, swedish(s, n));
        FITS(KOR_ID_DK, day_month(number(s, 2), number(s + 2, 2)));
        FITS(KOR_ID_CZ, czech(s));
        FITS(KOR_ID_AT, s[0] != '0' && day_month(number(s + 4, 2), number(s + 6, 2)) &&
                            weighed(s, svnr, 10) % 11 == digit(s[3]));
        FITS(KOR_ID_FI, finnish(s));
        break;
    case 11:
        FITS(KOR_ID_DE, german(s));
        FITS(KOR_ID_BE, belgian(s));
        FITS(KOR_ID_NO, norwegian(s));
        FITS(KOR_ID_PL, polish(s));
        FITS(KOR_ID_BR, brazilian(s));
        FITS(KOR_ID_HR, mod11_10(s, n));
        FITS(KOR_ID_EE, estonian(s));
        FITS(KOR_ID_TR, turkish(s));
        break;
    case 12:
        FITS(KOR_ID_IN, s[0] >= '2' && verhoeff(s, n));
        FITS(KOR_ID_SE, swedish(s, n));
        FITS(KOR_ID_JP,
             (weighed(s, mynumber, 11) % 11 <= 1 ? 0 : 11 - weighed(s, mynumber, 11) % 11) ==
                 digit(s[11]));
        break;
    case 13:
        FITS(KOR_ID_CH, number(s, 3) == 756 && weighed(s, ahv, 13) % 10 == 0);
        FITS(KOR_ID_RO, s[0] != '0' && day_month(number(s + 5, 2), number(s + 3, 2)) &&
                            weighed(s, cnp, 12) % 11 % 10 == digit(s[12]));
        FITS(KOR_ID_ZA,
             day_month(number(s + 4, 2), number(s + 2, 2)) && s[10] <= '1' && kor_luhn(s, n));
        FITS(KOR_ID_KR, day_month(number(s + 4, 2), number(s + 2, 2)) && s[6] >= '1' &&
                            (11 - weighed(s, rrn, 12) % 11) % 10 == digit(s[12]));
        break;
    case 15: FITS(KOR_ID_FR, french(s)); break;
    case 18: FITS(KOR_ID_CN, chinese(s)); break;
    default: break;
    }
#undef FITS
    return ids;
}

uint64_t kor_national_ids(const char *s, size_t n)
{
    if (n < 8 || n > 18 || one_digit_only(s, n)) return 0;
    if (all_digits(s, n))
        return ids_of_digits(s, n) | (n == 9 && chilean(s, n) ? 1ull << KOR_ID_CL : 0);
    uint64_t ids = 0;
    switch (n) {
    case 8:
        if (irish(s, n)) ids |= 1ull << KOR_ID_IE;
        break;
    case 9:
        if (capital(s[0]) && capital(s[1]) && all_digits(s + 2, 6) && s[8] >= 'A' && s[8] <= 'D' &&
            strchr("DFIQUV", s[0]) == NULL && strchr("DFIOQUV", s[1]) == NULL)
            ids |= 1ull << KOR_ID_UK;
        if (capital(s[8]) && ((s[0] >= '0' && s[0] <= '9') || (s[0] >= 'X' && s[0] <= 'Z')) &&
            spanish(s))
            ids |= 1ull << KOR_ID_ES;
        if (irish(s, n)) ids |= 1ull << KOR_ID_IE;
        if (singaporean(s)) ids |= 1ull << KOR_ID_SG;
        if (chilean(s, n)) ids |= 1ull << KOR_ID_CL;
        break;
    case 10:
        if (finnish(s)) ids |= 1ull << KOR_ID_FI;
        if (capital(s[0]) && capital(s[1]) && capital(s[2]) && capital(s[3]) && capital(s[4]) &&
            strchr("ABCFGHLJPTK", s[3]) && all_digits(s + 5, 4) && capital(s[9]))
            ids |= 1ull << KOR_ID_IN_PAN;
        break;
    case 11:
        if (capital(s[6]) && finnish(s)) ids |= 1ull << KOR_ID_FI;
        break;
    case 12:
        if (german_pension(s)) ids |= 1ull << KOR_ID_DE_SV;
        break;
    case 15:
        if ((s[6] == 'A' || s[6] == 'B') && french(s)) ids |= 1ull << KOR_ID_FR;
        break;
    case 16:
        if (italian(s)) ids |= 1ull << KOR_ID_IT;
        break;
    case 18:
        if (chinese(s)) ids |= 1ull << KOR_ID_CN;
        if (mexican(s)) ids |= 1ull << KOR_ID_MX;
        break;
    default: break;
    }
    return ids;
}

bool kor_national_id_certain(uint64_t ids)
{
    return (ids & (1ull << KOR_ID_IT | 1ull << KOR_ID_FR | 1ull << KOR_ID_CN |
                   1ull << KOR_ID_DE_SV | 1ull << KOR_ID_MX)) != 0;
}

const char *kor_national_id_name(int id)
{
    static const char *const names[KOR_ID_COUNT] = {
        "us", "uk", "uknhs", "de", "desv", "fr", "es",  "it", "nl", "be", "se", "no",
        "dk", "fi", "pl",    "cz", "br",   "in", "pan", "cn", "ca", "au", "ch", "at",
        "pt", "ie", "ro",    "hr", "ee",   "tr", "za",  "kr", "jp", "mx", "cl", "sg"};
    return id >= 0 && id < KOR_ID_COUNT ? names[id] : "";
}
