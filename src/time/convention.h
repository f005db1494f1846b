/* SPDX-License-Identifier: Apache-2.0 */
/* What the same words mean to different people, as one table: see docs/time.md. */
#ifndef KOR_CONVENTION_H
#define KOR_CONVENTION_H

#include "time/expr.h"

typedef struct kor_convention {
    const char *name;
    bool last_in;        /* "A to B" and "until B" include B, for days and above */
    bool to_now;         /* the last N units reach up to now, and "since" ends there */
    bool thirds;         /* beginnings and ends are thirds, else halves of months and years */
    bool sensible_hours; /* 3 o'clock is in the afternoon, else whichever has been */
    bool day_bounds;     /* "yesterday after 3 pm" ends with the day */
    bool after_day;      /* after a day begins when it is over */
    bool year_away;      /* "next March" is next year's, else the first to come */
    bool shift_ahead;    /* "2 weeks from January 15" is from the next one */
    bool midnight_after; /* a day's midnight is its end */
    bool whole_past;     /* "from Friday to Tuesday" is over when Tuesday has been */
    bool short_night;    /* a night, and the rest of a day, end a second before midnight */
    int32_t instant_ms;  /* how wide "5 minutes ago" is */
    int32_t now_ms;      /* how wide now is */
    int16_t part[KOR_PARTS][2]; /* minutes after midnight; beyond 1440 in the night after */
} kor_convention;

extern const kor_convention kor_convention_calendar; /* as most rule suites have it */
extern const kor_convention kor_convention_memory;   /* for what somebody wants to find again */

#endif
