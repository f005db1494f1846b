/* SPDX-License-Identifier: Apache-2.0 */
/* Holidays by name: fixed ones, nth weekdays, those around Easter, and some of other calendars. */
#ifndef KOR_HOLIDAY_H
#define KOR_HOLIDAY_H

#include <stdbool.h>
#include <stdint.h>

/* Days since 1970 of holiday number n in a year; false where its date is not known. british: as in
 * the United Kingdom, where names mean other days there than in the United States. */
bool kor_holiday_day(int32_t n, int32_t year, bool british, int64_t *day);

/* Whether the rule behind a holiday only comes near it: it depends on who sees the moon. */
bool kor_holiday_is_approximate(int32_t n);

#endif
