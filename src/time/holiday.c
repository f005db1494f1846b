/* SPDX-License-Identifier: Apache-2.0 */
#include "time/holiday.h"

#include "base/civil.h"
#include "time/phrase.h"

#include <string.h>

typedef enum rule {
    FIXED,       /* a is the month, b the day */
    NTH,         /* the c-th weekday b (0 is Monday) of month a; -1 is the last */
    AFTER_NTH,   /* the day c after the fourth Thursday of November */
    BEFORE_DATE, /* the last weekday c before day b of month a */
    EASTER,      /* a days after Easter Sunday */
    ORTHODOX,    /* a days after the Easter of the eastern churches */
    ISLAMIC,     /* day b of month a, by the tabular calendar: off by a day at times */
    HEBREW,      /* a days after 1 Tishri (b: the year's, 1: of the autumn) */
    CHINESE,     /* a days after the new year, 2000 to 2050 */
    MOTHERS      /* by country */
} rule;

typedef struct holiday {
    const char *name; /* words; * may have a possessive, ? may be missing, | is another name */
    uint8_t rule;
    int16_t a, b, c;
} holiday;

static const holiday holidays[] = {
    {"new year* ?s ?day|yuandan", FIXED, 1, 1, 0},
    {"new year* ?s eve|nye", FIXED, 12, 31, 0},
    {"epiphany|kings day|three kings day", FIXED, 1, 6, 0},
    {"martin luther king ?jr ?. ?day|mlk day", NTH, 1, 0, 3},
    {"australia day", FIXED, 1, 26, 0},
    {"groundhog day", FIXED, 2, 2, 0},
    {"candlemas", FIXED, 2, 2, 0},
    {"valentine* ?day|saint valentine* ?day|st ?. valentine* ?day", FIXED, 2, 14, 0},
    {"president* day|washington* birthday", NTH, 2, 0, 3},
    {"international women* day|women* day", FIXED, 3, 8, 0},
    {"st ?. patrick* ?day|saint patrick* ?day|patrick* day", FIXED, 3, 17, 0},
    {"april fool* ?day|all fools day", FIXED, 4, 1, 0},
    {"tax day", FIXED, 4, 15, 0},
    {"earth day", FIXED, 4, 22, 0},
    {"anzac day", FIXED, 4, 25, 0},
    {"st ?. george* day|saint george* day", FIXED, 4, 23, 0},
    {"walpurgis night", FIXED, 4, 30, 0},
    {"may day|international workers ?' day|international worker* day|int ' l workers day|"
     "international labour day|international labor day",
     FIXED, 5, 1, 0},
    {"cinco de mayo", FIXED, 5, 5, 0},
    {"star wars day", FIXED, 5, 4, 0},
    {"victory day|ve day|victory in europe day", FIXED, 5, 8, 0},
    {"europe day", FIXED, 5, 9, 0},
    {"mother* day|mothering sunday", MOTHERS, 0, 0, 0},
    {"memorial day", NTH, 5, 0, -1},
    {"children* day", FIXED, 6, 1, 0},
    {"flag day", FIXED, 6, 14, 0},
    {"father* day", NTH, 6, 6, 3},
    {"juneteenth|freedom day|jubilee day|emancipation day", FIXED, 6, 19, 0},
    {"midsummer* ?day", FIXED, 6, 24, 0},
    {"canada day", FIXED, 7, 1, 0},
    {"independence day", FIXED, 7, 4, 0},
    {"bastille day", FIXED, 7, 14, 0},
    {"assumption day", FIXED, 8, 15, 0},
    {"labor day|labour day", NTH, 9, 0, 1},
    {"german unity day|unity day", FIXED, 10, 3, 0},
    {"columbus day|indigenous peoples day|indigenous peoples ' day", NTH, 10, 0, 2},
    {"halloween ?day|all hallows eve", FIXED, 10, 31, 0},
    {"all saints ?' day", FIXED, 11, 1, 0},
    {"all souls ?' day", FIXED, 11, 2, 0},
    {"guy fawkes ?day|guy fawkes night|bonfire night", FIXED, 11, 5, 0},
    {"singles day", FIXED, 11, 11, 0},
    {"veteran* day|armistice day", FIXED, 11, 11, 0},
    {"remembrance day", FIXED, 11, 11, 0},
    {"remembrance sunday", NTH, 11, 6, 2},
    {"thanksgiving ?day|thanks giving ?day", NTH, 11, 3, 4},
    {"black friday", AFTER_NTH, 0, 0, 1},
    {"cyber monday", AFTER_NTH, 0, 0, 4},
    {"st ?. nicholas day|saint nicholas day|nikolaus", FIXED, 12, 6, 0},
    {"st ?. andrew* day|saint andrew* day", FIXED, 11, 30, 0},
    {"christmas eve|xmas eve", FIXED, 12, 24, 0},
    {"christmas ?day|xmas ?day|x - mas", FIXED, 12, 25, 0},
    {"boxing day|st ?. stephen* day|saint stephen* day", FIXED, 12, 26, 0},
    {"kwanzaa", FIXED, 12, 26, 0},
    {"king* day", FIXED, 4, 27, 0},
    {"republic day", FIXED, 1, 26, 0},
    {"inauguration day", FIXED, 1, 20, 0},
    {"teacher* day", FIXED, 10, 5, 0},
    {"easter ?sunday ?day", EASTER, 0, 0, 0},
    {"easter monday", EASTER, 1, 0, 0},
    {"easter saturday|holy saturday", EASTER, -1, 0, 0},
    {"good friday", EASTER, -2, 0, 0},
    {"maundy thursday|holy thursday", EASTER, -3, 0, 0},
    {"palm sunday", EASTER, -7, 0, 0},
    {"ash wednesday", EASTER, -46, 0, 0},
    {"shrove tuesday|mardi gras|pancake day|fat tuesday", EASTER, -47, 0, 0},
    {"clean monday", EASTER, -48, 0, 0},
    {"ascension day|ascension thursday", EASTER, 39, 0, 0},
    {"pentecost ?sunday|whit sunday|whitsun", EASTER, 49, 0, 0},
    {"whit monday|pentecost monday", EASTER, 50, 0, 0},
    {"corpus christi", EASTER, 60, 0, 0},
    {"orthodox easter", ORTHODOX, 0, 0, 0},
    {"eid al - fitr|eid al fitr|eid ul fitr|eid ul - fitr|eidul fitr", ISLAMIC, 10, 1, 0},
    {"eid al - adha|eid al adha|eid ul adha|eid al - azha|eidul azha|eid ul - adha", ISLAMIC, 12,
     10, 0},
    {"ramadan", ISLAMIC, 9, 1, 0},
    {"rosh hashanah|rosh hashana", HEBREW, 0, 1, 0},
    {"yom kippur", HEBREW, 9, 1, 0},
    {"passover|pesach", HEBREW, -163, 1, 0},
    {"hanukkah|chanukah", HEBREW, -1000, 1, 0},
    {"chinese new year|lunar new year|spring festival", CHINESE, 0, 0, 0},
    {"nowruz", FIXED, 3, 20, 0},
    {"advent sunday|first advent", BEFORE_DATE, 12, 4, 6},
};

/* ---- Reading ---- */

/* Match one of the names in a pattern; returns how many tokens, 0 for none. */
static size_t match_name(const kor_reader *r, const char *name, const char *end)
{
    kor_reader s = *r;
    while (name < end) {
        const char *stop = memchr(name, ' ', (size_t)(end - name));
        if (!stop) stop = end;
        bool optional = *name == '?', possessive = stop[-1] == '*';
        const char *from = name + optional;
        size_t len = (size_t)(stop - from) - possessive;
        char word[24];
        if (len >= sizeof word) return 0;
        memcpy(word, from, len);
        word[len] = '\0';
        bool found = kor_take_text(&s, word);
        if (possessive) {
            word[len] = 's';
            word[len + 1] = '\0';
            if (!found) found = kor_take_text(&s, word);
            if (found && kor_is_mark(&s, 0, '\'') && kor_peek(&s, 0)->glued) {
                s.at++;
                if (kor_is_text(&s, 0, "s") && kor_peek(&s, 0)->glued) s.at++;
            }
        }
        if (!found && !optional) return 0;
        name = stop < end ? stop + 1 : end;
    }
    return s.at - r->at;
}

static size_t match_names(const kor_reader *r, const char *names)
{
    size_t best = 0;
    while (*names) {
        const char *end = strchr(names, '|');
        if (!end) end = names + strlen(names);
        size_t size = match_name(r, names, end);
        if (size > best) best = size;
        names = *end ? end + 1 : end;
    }
    return best;
}

int kor_read_holiday(kor_reader *r)
{
    kor_word word = kor_word_ahead(r, 0);
    bool may_begin = word == KOR_WORD_HOLIDAY || word == KOR_WORD_MONTH || word == KOR_WORD_WHOLE ||
                     (word == KOR_WORD_ORDINAL_SUFFIX && !kor_peek(r, 0)->glued) ||
                     word == KOR_WORD_SEASON;
    if (!may_begin || kor_peek(r, 0)->joined) return KOR_NO_NODE;
    size_t best = 0, which = 0;
    for (size_t i = 0; i < sizeof holidays / sizeof *holidays; i++) {
        size_t size = match_names(r, holidays[i].name);
        if (size > best) {
            best = size;
            which = i;
        }
    }
    if (best == 0) return KOR_NO_NODE;
    kor_reader s = *r;
    s.at += best;
    kor_node n = kor_new_node(KOR_NODE_HOLIDAY);
    n.n = (int32_t)which;
    int node = kor_add_node(&s, n);
    if (node < 0) return node;
    /* n of the node is the holiday: the year that is said of it goes through a date. */
    kor_reader dated = s;
    int year = kor_add_node(&dated, kor_new_node(KOR_NODE_DATE));
    if (year >= 0 && kor_read_year_after(&dated, year)) {
        const kor_node *y = kor_at_node(&dated, year);
        kor_node *h = kor_at_node(&dated, node);
        h->year = y->year;
        h->has_year = y->has_year;
        h->two_digits = y->two_digits;
        h->choice = y->choice;
        h->count = y->n;
        s = dated;
    }
    *r = s;
    return node;
}

/* ---- Reckoning ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Easter Sunday of the western churches (the anonymous Gregorian algorithm, Nature 1876). */
static int64_t easter(int32_t y)
{
    int32_t a = y % 19, b = y / 100, c = y % 100, d = b / 4, e = b % 4, f = (b + 8) / 25;
    int32_t g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30, i = c / 4, k = c % 4;
    int32_t l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    int32_t month = (h + l - 7 * m + 114) / 31, day = (h + l - 7 * m + 114) % 31 + 1;
    return kor_days_from_civil(y, month, day);
}

/* Of the eastern churches, by the Julian calendar (J. Meeus, "Astronomical Algorithms", ch. 8). */
static int64_t orthodox_easter(int32_t y)
{
    int32_t d = (19 * (y % 19) + 15) % 30, e = (2 * (y % 4) + 4 * (y % 7) - d + 34) % 7;
    int32_t month = (d + e + 114) / 31, day = (d + e + 114) % 31 + 1;
    return kor_days_from_civil(y, month, day) + y / 100 - y / 400 - 2;
}

/* Days since 1970 of a date of the tabular Islamic calendar, civil epoch. */
static int64_t islamic(int64_t year, int32_t month, int32_t day)
{
    int64_t julian_day = day + (59 * ((int64_t)month - 1) + 1) / 2 + (year - 1) * 354 +
                         floor_div(3 + 11 * year, 30) + 1948440 - 1;
    return julian_day - 2440588;
}

/* Days since 1970 of 1 Tishri of a Hebrew year (Reingold and Dershowitz, "Calendrical
 * Calculations", the rules of postponement). */
static int64_t hebrew_elapsed(int64_t year)
{
    int64_t months = floor_div(235 * year - 234, 19), parts = 12084 + 13753 * months;
    int64_t day = months * 29 + floor_div(parts, 25920);
    return 3 * (day + 1) % 7 < 3 ? day + 1 : day;
}

static int64_t hebrew_new_year(int64_t year)
{
    int64_t before = hebrew_elapsed(year - 1), at = hebrew_elapsed(year),
            after = hebrew_elapsed(year + 1);
    int64_t late = after - at == 356 ? 2 : at - before == 382 ? 1 : 0;
    /* 1 Tishri of the year 1 was 7 October 3761 BC (Julian), 2092590 days before 1970. */
    return at + late - 2092590;
}

/* The month and day of the Chinese new year from 2000 on. */
static const uint8_t chinese[][2] = {
    {2, 5},  {1, 24}, {2, 12}, {2, 1},  {1, 22}, {2, 9},  {1, 29}, {2, 18}, {2, 7},
    {1, 26}, {2, 14}, {2, 3},  {1, 23}, {2, 10}, {1, 31}, {2, 19}, {2, 8},  {1, 28},
    {2, 16}, {2, 5},  {1, 25}, {2, 12}, {2, 1},  {1, 22}, {2, 10}, {1, 29}, {2, 17},
    {2, 6},  {1, 26}, {2, 13}, {2, 3},  {1, 23}, {2, 11}, {1, 31}, {2, 19}, {2, 8},
};

static int64_t nth_weekday(int32_t year, int32_t month, int32_t weekday, int32_t n)
{
    if (n < 0) {
        int64_t last = kor_days_from_civil(year, month, kor_days_in_month(year, month));
        return last - (kor_weekday(last) - weekday + 7) % 7;
    }
    int64_t first = kor_days_from_civil(year, month, 1);
    return first + (weekday - kor_weekday(first) + 7) % 7 + 7 * ((int64_t)n - 1);
}

bool kor_holiday_is_approximate(int32_t n)
{
    return holidays[n].rule == ISLAMIC;
}

bool kor_holiday_day(int32_t n, int32_t year, bool british, int64_t *day)
{
    const holiday *h = &holidays[n];
    if (year < 1 || year > 9999) return false;
    switch (h->rule) {
    case FIXED: *day = kor_days_from_civil(year, h->a, h->b); return true;
    case NTH: *day = nth_weekday(year, h->a, h->b, h->c); return true;
    case AFTER_NTH: *day = nth_weekday(year, 11, 3, 4) + h->c; return true;
    case BEFORE_DATE: {
        int64_t at = kor_days_from_civil(year, h->a, h->b) - 1;
        *day = at - (kor_weekday(at) - h->c + 7) % 7;
        return true;
    }
    case EASTER: *day = easter(year) + h->a; return true;
    case ORTHODOX: *day = orthodox_easter(year) + h->a; return true;
    case ISLAMIC: {
        /* An Islamic year is 11 days shorter; the first that falls into this year. */
        int64_t first = kor_days_from_civil(year, 1, 1), last = kor_days_from_civil(year, 12, 31);
        for (int64_t y = floor_div(((int64_t)year - 622) * 33, 32) - 1, i = 0; i < 4; i++) {
            *day = islamic(y + i, h->a, h->b);
            if (*day >= first && *day <= last) return true;
        }
        return false;
    }
    case HEBREW:
        /* Tishri begins the year 3761 years on; Passover is 163 days before the next one. */
        *day = hebrew_new_year((int64_t)year + 3761) + h->a;
        if (h->a == -1000) { /* 25 Kislev: after 30 days of Tishri and 29 or 30 of Heshvan */
            int64_t start = hebrew_new_year((int64_t)year + 3761);
            int64_t length = hebrew_new_year((int64_t)year + 3762) - start;
            *day = start + 30 + (length % 10 == 5 ? 30 : 29) + 24;
        }
        return true;
    case CHINESE: {
        int32_t i = year - 2000;
        if (i < 0 || (size_t)i >= sizeof chinese / sizeof *chinese) return false;
        *day = kor_days_from_civil(year, chinese[i][0], chinese[i][1]);
        return true;
    }
    default: *day = british ? easter(year) - 21 : nth_weekday(year, 5, 6, 2); return true;
    }
}
