/* SPDX-License-Identifier: Apache-2.0 */
/* What comes back, as ranges in a window. */
#include "time/when.h"

#include <string.h>

/* Occurrences are counted from a fixed day, so that "every other week" is the same ones whoever
 * asks: a Monday, 5 January 1970. */
enum { EPOCH_MONDAY = 4, EPOCH_MONTH = 1970 * 12 };

typedef struct walk {
    const kor_when_again *a;
    const kor_zone *zone;
    int64_t from_ms, to_ms;
    kor_when_range *out;
    size_t max, count;
} walk;

static int64_t local_ms(const walk *w, int64_t local)
{
    return kor_zone_instant(w->zone, local) * 1000;
}

/* False when no more are wanted. */
static bool put_day(walk *w, int64_t day)
{
    int64_t from = local_ms(w, day * 86400 + w->a->from_s),
            to = local_ms(w, day * 86400 + w->a->to_s);
    if (to <= from) to = from + ((int64_t)w->a->to_s - w->a->from_s) * 1000;
    if (from >= w->to_ms) return false;
    if (to <= w->from_ms) return true;
    w->out[w->count++] = (kor_when_range){from, to, 0, "occurrence"};
    return w->count < w->max;
}

static bool on_weekday(const kor_when_again *a, int64_t day)
{
    return !a->weekdays || (a->weekdays >> kor_weekday(day)) & 1;
}

static bool put_month(walk *w, int64_t month)
{
    const kor_when_again *a = w->a;
    int64_t first = kor_first_of_month(month), end = kor_first_of_month(month + 1);
    if (a->nth < 0 && !a->weekdays) return put_day(w, end - 1);
    if (!a->weekdays) {
        int64_t day = first + (a->day ? a->day : 1) - 1;
        return day < end ? put_day(w, day) : true;
    }
    int32_t seen = 0;
    int64_t last = -1;
    for (int64_t day = first; day < end; day++) {
        if (!on_weekday(a, day)) continue;
        seen++;
        last = day;
        if ((a->nth == 0 || seen == a->nth) && !put_day(w, day)) return false;
    }
    return a->nth < 0 && last >= 0 ? put_day(w, last) : true;
}

size_t kor_when_occurrences(const kor_when_span *span, const kor_when_options *options,
                            int64_t from_ms, int64_t to_ms, kor_when_range *out, size_t max)
{
    if (!span || !options || span->type != KOR_WHEN_SET || max == 0 || !out || !span->again.unit)
        return 0;
    if (from_ms < KOR_WHEN_FIRST_MS) from_ms = KOR_WHEN_FIRST_MS;
    if (to_ms > KOR_WHEN_LAST_MS) to_ms = KOR_WHEN_LAST_MS;
    if (from_ms >= to_ms) return 0;
    const kor_when_again *a = &span->again;
    walk w = {a, options->zone, from_ms, to_ms, out, max, 0};
    kor_time_reading c = {.zone = options->zone};
    int64_t first = kor_day_of(&c, from_ms) - 1, last = kor_day_of(&c, to_ms) + 1;
    int64_t interval = a->interval < 1 ? 1 : a->interval;
    bool hour = strcmp(a->unit, "hour") == 0, minute = strcmp(a->unit, "minute") == 0,
         second = strcmp(a->unit, "second") == 0;
    if (hour || minute || second) {
        int64_t step = interval * (hour ? 3600000 : minute ? 60000 : 1000);
        int64_t at = kor_floor_div(from_ms + step - 1, step) * step;
        for (; at < to_ms && w.count < max; at += step)
            out[w.count++] = (kor_when_range){at, at + step / interval, 0, "occurrence"};
        return w.count;
    }
    bool day = strcmp(a->unit, "day") == 0,
         week = strcmp(a->unit, "week") == 0 || strcmp(a->unit, "weekend") == 0;
    if (day || week) {
        for (int64_t d = first; d <= last; d++) {
            int64_t turn = day && !a->weekdays ? d : kor_floor_div(d - EPOCH_MONDAY, 7);
            int64_t every = day && a->weekdays ? 1 : interval;
            bool fits = turn - kor_floor_div(turn, every) * every == 0;
            bool weekly = week && !a->weekdays && kor_weekday(d) != 0;
            if (fits && !weekly && on_weekday(a, d) && !put_day(&w, d)) break;
        }
        return w.count;
    }
    int32_t unused;
    int64_t width = strcmp(a->unit, "month") == 0 ? 1 : strcmp(a->unit, "quarter") == 0 ? 3 : 12;
    int64_t step = width * interval;
    int64_t month = kor_month_of(first, &unused),
            start = EPOCH_MONTH + (a->month ? a->month - 1 : 0);
    month = start + kor_floor_div(month - start, step) * step;
    for (; kor_first_of_month(month) <= last; month += step) {
        if (!put_month(&w, month)) break;
    }
    return w.count;
}
