/* SPDX-License-Identifier: Apache-2.0 */
#include "base/civil.h"

enum { SECONDS_PER_DAY = 86400, DAYS_PER_ERA = 146097, DAYS_TO_1970 = 719468 };

static int64_t floor_div(int64_t a, int64_t b)
{
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

/* Years are counted from 1 March, so that the leap day is the last day of its year; an era is the
 * 400 years after which the calendar repeats. */
int64_t kor_days_from_civil(int32_t year, int32_t month, int32_t day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, 400);
    int64_t year_of_era = y - era * 400;
    int64_t day_of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

void kor_civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day)
{
    /* Further out, years would not fit. */
    const int64_t most = (int64_t)INT32_MAX * 365;
    if (days > most) days = most;
    if (days < -most) days = -most;
    int64_t z = days + DAYS_TO_1970;
    int64_t era = floor_div(z, DAYS_PER_ERA);
    int64_t day_of_era = z - era * DAYS_PER_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t m = (5 * day_of_year + 2) / 153;
    *day = (int32_t)(day_of_year - (153 * m + 2) / 5 + 1);
    *month = (int32_t)(m < 10 ? m + 3 : m - 9);
    *year = (int32_t)(year_of_era + era * 400 + (*month <= 2));
}

int32_t kor_weekday(int64_t days)
{
    /* 1970-01-01 was a Thursday. */
    int64_t w = (days % 7 + 3) % 7;
    return (int32_t)(w < 0 ? w + 7 : w);
}

int32_t kor_days_in_month(int32_t year, int32_t month)
{
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && leap ? 29 : days[month - 1];
}

bool kor_civil_valid(const kor_civil *c)
{
    return c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= kor_days_in_month(c->year, c->month) && c->hour >= 0 && c->hour <= 23 &&
           c->minute >= 0 && c->minute <= 59 && c->second >= 0 && c->second <= 59;
}

int64_t kor_seconds_from_civil(const kor_civil *c)
{
    return kor_days_from_civil(c->year, c->month, c->day) * SECONDS_PER_DAY +
           (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
}

kor_civil kor_civil_from_seconds(int64_t seconds)
{
    int64_t days = floor_div(seconds, SECONDS_PER_DAY);
    int32_t rest = (int32_t)(seconds % SECONDS_PER_DAY);
    if (rest < 0) rest += SECONDS_PER_DAY;
    kor_civil c = {.hour = rest / 3600, .minute = rest / 60 % 60, .second = rest % 60};
    kor_civil_from_days(days, &c.year, &c.month, &c.day);
    return c;
}
