/* SPDX-License-Identifier: Apache-2.0 */
/* Civil (wall-clock) dates in the proleptic Gregorian calendar, without a zone. */
#ifndef KOR_CIVIL_H
#define KOR_CIVIL_H

#include <stdbool.h>
#include <stdint.h>

typedef struct kor_civil {
    int32_t year;
    int32_t month; /* 1 to 12 */
    int32_t day;   /* 1 to 31 */
    int32_t hour, minute, second;
} kor_civil;

/* Days since 1970-01-01 of a date, and back (H. Hinnant, "chrono-compatible low-level date
 * algorithms"). month must be 1 to 12; day may lie outside its month and counts on. Days whose year
 * does not fit an int32_t give the nearest date that is far out, not nonsense. */
int64_t kor_days_from_civil(int32_t year, int32_t month, int32_t day);
void kor_civil_from_days(int64_t days, int32_t *year, int32_t *month, int32_t *day);

/* 0 is Monday, 6 is Sunday. */
int32_t kor_weekday(int64_t days);
/* month must be 1 to 12. */
int32_t kor_days_in_month(int32_t year, int32_t month);
/* Every field in its range, the day in its month; a leap second is not. */
bool kor_civil_valid(const kor_civil *c);

/* Seconds since 1970-01-01T00:00:00 on the same clock (no zone), and back. */
int64_t kor_seconds_from_civil(const kor_civil *c);
kor_civil kor_civil_from_seconds(int64_t seconds);

#endif
