/* SPDX-License-Identifier: Apache-2.0 */
/* A calendar expression into a half-open range of instants. All arithmetic on days and clock times
 * is on the wall clock, and becomes instants at the very end, so that days of 23 and 25 hours come
 * out right. */
#ifndef KOR_EVALUATE_H
#define KOR_EVALUATE_H

#include "base/zone.h"
#include "time/convention.h"

/* The years that are reckoned with: 1 to 9999, in UTC milliseconds. */
#define KOR_WHEN_FIRST_MS INT64_C(-62135596800000)
#define KOR_WHEN_LAST_MS INT64_C(253402300800000)

/* How to read what may be read in several ways, and which of these ways mattered. */
typedef struct kor_time_reading {
    const kor_convention *convention;
    const kor_zone *zone;
    int64_t now_ms; /* within the bounds above */
    int64_t today;  /* days since 1970, in zone */
    bool future;    /* dates without a year and the like: the next one */
    bool later;     /* open clock times: the second half of the day */
    bool day_first; /* 3/4 is 3 April */
    bool british, southern;
    bool week_before; /* "last Tuesday" is of last week; else the latest before today */
    bool stepped;     /* one step further into the past or future */
    /* Set by the evaluation. */
    bool floated, halved, swapped, lasted;
    const char *why;  /* on failure: why there is no such time */
    const char *note; /* what deserves to be said: a weekday that does not fit */
} kor_time_reading;

typedef struct kor_value {
    bool days;  /* in civil days; else in milliseconds */
    bool point; /* a clock time: what it bounds ends exactly there */
    bool open_from, open_to;
    uint8_t grain;      /* a kor_unit */
    int64_t first, end; /* days, half-open */
    int64_t from, to;   /* UTC milliseconds, half-open; always set on return */
} kor_value;

/* False when there is no such time; reading->why says why. */
bool kor_evaluate(kor_time_reading *reading, const kor_expr *e, int node, kor_value *out);

/* ---- What the parts of the evaluation share ---- */

bool kor_evaluate_at(kor_time_reading *c, const kor_expr *e, int node, int64_t today,
                     kor_value *out);
bool kor_evaluate_date(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                       kor_value *out);
bool kor_evaluate_clock(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                        kor_value *out);

/* Milliseconds of a wall-clock time: seconds since 1970 on the clock of the zone. */
int64_t kor_local_ms(const kor_time_reading *c, int64_t local_seconds);
int64_t kor_day_of(const kor_time_reading *c, int64_t ms);
void kor_in_ms(const kor_time_reading *c, kor_value *v);
kor_value kor_days_value(int64_t first, int64_t end, uint8_t grain);
bool kor_no_such_time(kor_time_reading *c, const char *why);

int64_t kor_month_of(int64_t day, int32_t *day_of_month); /* counted from January of the year 0 */
int64_t kor_first_of_month(int64_t month);
int64_t kor_monday_of(int64_t day);
int64_t kor_floor_div(int64_t a, int64_t b);
kor_value kor_calendar_unit(uint8_t unit, int64_t n, int64_t today);
int64_t kor_shifted_day(const kor_amount *amount, int sign, int64_t day);

#endif
