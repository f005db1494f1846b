/* SPDX-License-Identifier: Apache-2.0 */
/* A described time into a half-open range. Whoever reads the words fills in a description; what a
 * description means is decided here and nowhere else.
 *
 * The conventions, for a memory of the past:
 *   weeks             begin on Monday; a weekend is Saturday and Sunday
 *   parts of a day    morning 06-12, afternoon 12-18, evening 18-24, night 18-06 of the next day
 *                     ("last night": yesterday 18:00 to today 06:00); lunch 12-14
 *   early, late       the first or last half of a part of a day; mid: its middle third
 *   beginning, middle, end
 *                     thirds; of a week Mon-Wed, Wed-Fri, Fri-Sun; of a year four months; of a
 *                     weekend its days (no middle); the end of a day is 17-24
 *   3 days ago        that day, and for minutes and hours that minute
 *   last 3 days       from local midnight three days ago to now: today so far is included
 *   last 3 hours      from the instant three hours ago to now
 *   since X, from X onward   from the start of X to now; after X: from its end, for clock times
 * from there before X, by X    from the year 1 to the start of X; until X: to the end of X, for
 * clock times to there X to Y            the last unit is included for days and above; a clock time
 * ends exactly there at 3 pm           that hour; at 3:15 pm: that minute "To now" ends 1 ms after
 * now, so that what happened at this instant is in. */
#ifndef KOR_RESOLVE_H
#define KOR_RESOLVE_H

#include "time/when.h"

typedef enum kor_time_unit {
    KOR_UNIT_MINUTE,
    KOR_UNIT_HOUR,
    KOR_UNIT_DAY,
    KOR_UNIT_WEEK,
    KOR_UNIT_WEEKEND,
    KOR_UNIT_MONTH,
    KOR_UNIT_QUARTER,
    KOR_UNIT_YEAR
} kor_time_unit;

typedef enum kor_period_kind {
    KOR_PERIOD_NOW,     /* the instant */
    KOR_PERIOD_UNIT,    /* the calendar unit (day and above) n away: yesterday is day -1 */
    KOR_PERIOD_POINT,   /* the day, or the minute, that lies n units away */
    KOR_PERIOD_ROLLING, /* the last -n units up to now; the next n from now */
    KOR_PERIOD_WEEKDAY, /* weekday, as choice says */
    KOR_PERIOD_DATE,    /* year, month, day (0: not said) as choice says, as wide as unit */
    KOR_PERIOD_LATEST   /* the latest day on which the part or the clock time has begun */
} kor_period_kind;

/* Which one, where a name comes back every week, month or year. */
typedef enum kor_choice {
    KOR_CHOICE_PAST, /* the latest that has begun; today counts */
    KOR_CHOICE_LAST, /* the latest that is over */
    KOR_CHOICE_NEXT, /* the first after today */
    KOR_CHOICE_OF    /* of the week (weekdays) or the year (dates) n away */
} kor_choice;

typedef enum kor_part {
    KOR_PART_NONE,
    KOR_PART_MORNING,
    KOR_PART_AFTERNOON,
    KOR_PART_EVENING,
    KOR_PART_NIGHT,
    KOR_PART_LUNCH
} kor_part;

typedef enum kor_slice {
    KOR_SLICE_NONE,
    KOR_SLICE_FIRST,
    KOR_SLICE_MIDDLE,
    KOR_SLICE_LAST,
    KOR_SLICE_SO_FAR, /* "earlier this week": up to now */
    KOR_SLICE_REST    /* "later today": from now */
} kor_slice;

typedef struct kor_period {
    kor_period_kind kind;
    kor_time_unit unit;
    kor_choice choice;
    int32_t n;                /* at most 9999 either way */
    int32_t year, month, day; /* of KOR_PERIOD_DATE; a quarter by its first month */
    int32_t weekday;          /* 0 is Monday; with a date: the one it was said to be, else -1 */
    kor_part part;            /* of a day */
    kor_slice slice;
    /* Minutes after local midnight of the day, half-open, beyond 1440 in the night after it; both
     * -1 when no clock time was said. Replaces the part. */
    int32_t clock_from, clock_to;
} kor_period;

typedef enum kor_relation {
    KOR_DURING,
    KOR_SINCE,
    KOR_AFTER,
    KOR_BEFORE, /* also "by" */
    KOR_UNTIL,
    KOR_BETWEEN /* from a to b */
} kor_relation;

typedef struct kor_description {
    kor_relation relation;
    kor_period a, b;
} kor_description;

/* Open starts begin at 0001-01-01T00:00:00Z. Open ends end now, or, when they begin later than now,
 * at the end of 9999. */
#define KOR_WHEN_FIRST_MS INT64_C(-62135596800000)
#define KOR_WHEN_LAST_MS INT64_C(253402300800000)

/* Fill out->from_ms, to_ms and rule; false, and they are unset, when there is no such time:
 * 30 February, a month 13, the year 20000, a day that the zone skipped. now_ms is clamped to the
 * bounds above. */
bool kor_time_resolve(kor_when *out, const kor_description *description, int64_t now_ms,
                      const kor_zone *zone);

#endif
