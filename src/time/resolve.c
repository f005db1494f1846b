/* SPDX-License-Identifier: Apache-2.0 */
#include "time/resolve.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct context {
    const kor_zone *zone;
    int64_t now_ms;
    int64_t today; /* civil days */
} context;

typedef struct range {
    int64_t from, to; /* UTC milliseconds, half-open */
} range;

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* The wall clock of an instant in ms. */
static int64_t local_seconds(const context *c, int64_t ms)
{
    int64_t instant = floor_div(ms, 1000);
    return instant + kor_zone_offset(c->zone, instant);
}

static int64_t instant_ms(const context *c, int64_t local)
{
    return kor_zone_instant(c->zone, local) * 1000;
}

/* ---- Days ---- */

typedef struct days {
    int64_t first, end; /* civil days, half-open */
} days;

static bool is_clock_unit(kor_time_unit unit)
{
    return unit <= KOR_UNIT_HOUR;
}

static int32_t months_in(kor_time_unit unit)
{
    return unit == KOR_UNIT_MONTH ? 1 : unit == KOR_UNIT_QUARTER ? 3 : 12;
}

/* Days since 1970 of the first of a month counted from January of the year 0. */
static int64_t first_of_month(int64_t month)
{
    int64_t year = floor_div(month, 12);
    return kor_days_from_civil((int32_t)year, (int32_t)(month - year * 12) + 1, 1);
}

static int64_t month_of(int64_t day, int32_t *day_of_month)
{
    int32_t year, month;
    kor_civil_from_days(day, &year, &month, day_of_month);
    return (int64_t)year * 12 + month - 1;
}

static int64_t monday_of(int64_t day)
{
    return day - kor_weekday(day);
}

static days calendar_unit(kor_time_unit unit, int64_t n, int64_t today)
{
    int32_t day_of_month;
    int64_t month = month_of(today, &day_of_month);
    switch (unit) {
    case KOR_UNIT_WEEK: return (days){monday_of(today) + 7 * n, monday_of(today) + 7 * n + 7};
    case KOR_UNIT_WEEKEND:
        return (days){monday_of(today) + 7 * n + 5, monday_of(today) + 7 * n + 7};
    case KOR_UNIT_MONTH:
    case KOR_UNIT_QUARTER:
    case KOR_UNIT_YEAR: {
        int32_t width = months_in(unit);
        int64_t start = floor_div(month, width) * width + n * width;
        return (days){first_of_month(start), first_of_month(start + width)};
    }
    default: return (days){today + n, today + n + 1};
    }
}

/* The day n units away; a day that its month lacks is the last one of the month. */
static int64_t shifted_day(kor_time_unit unit, int64_t n, int64_t today)
{
    if (unit == KOR_UNIT_DAY) return today + n;
    if (unit == KOR_UNIT_WEEK || unit == KOR_UNIT_WEEKEND) return today + 7 * n;
    int32_t day_of_month;
    int64_t month = month_of(today, &day_of_month) + n * months_in(unit);
    int64_t last = first_of_month(month + 1) - 1;
    int64_t day = first_of_month(month) + day_of_month - 1;
    return day < last ? day : last;
}

static days weekday_days(const kor_period *p, int64_t today)
{
    int64_t day;
    int32_t back = (kor_weekday(today) - p->weekday + 7) % 7;
    switch (p->choice) {
    case KOR_CHOICE_LAST: day = today - (back ? back : 7); break;
    case KOR_CHOICE_NEXT: day = today + 7 - back; break;
    case KOR_CHOICE_OF: day = monday_of(today) + 7 * (int64_t)p->n + p->weekday; break;
    default: day = today - back; break;
    }
    return (days){day, day + 1};
}

/* A date with its year and month known. */
static bool whole_date(const kor_period *p, int32_t year, int32_t month, days *out)
{
    if (month < 1 || month > 12) return false;
    if (p->day && (p->day < 1 || p->day > kor_days_in_month(year, month))) return false;
    int64_t first = kor_days_from_civil(year, month, p->day ? p->day : 1);
    *out = calendar_unit(p->unit, 0, first);
    return true;
}

static bool date_days(const kor_period *p, int64_t today, days *out)
{
    int32_t day_of_month;
    int64_t this_month = month_of(today, &day_of_month);
    int64_t this_year = floor_div(this_month, 12);
    int32_t month = p->month ? p->month : 1;
    if (p->year) return whole_date(p, p->year, month, out);
    if (p->choice == KOR_CHOICE_OF) return whole_date(p, (int32_t)(this_year + p->n), month, out);
    /* Walk the months or years away from today; 29 February may be eight years off. */
    bool forward = p->choice == KOR_CHOICE_NEXT;
    for (int64_t i = -1; i <= 8; i++) {
        int64_t step = forward ? i : -i;
        int64_t m = p->month ? (this_year + step) * 12 + p->month - 1 : this_month + step;
        int32_t y = (int32_t)floor_div(m, 12);
        if (!whole_date(p, y, (int32_t)(m - (int64_t)y * 12) + 1, out)) continue;
        bool fits = forward                        ? out->first > today
                    : p->choice == KOR_CHOICE_LAST ? out->end <= today
                                                   : out->first <= today;
        if (fits) return true;
    }
    return false;
}

static bool period_days(const kor_period *p, int64_t today, days *out)
{
    switch (p->kind) {
    case KOR_PERIOD_UNIT: {
        int64_t n = p->n;
        /* "the weekend": the latest that has begun. */
        if (p->unit == KOR_UNIT_WEEKEND && p->choice == KOR_CHOICE_PAST && kor_weekday(today) < 5) {
            n--;
        }
        *out = calendar_unit(p->unit, n, today);
        return true;
    }
    case KOR_PERIOD_POINT:
        out->first = shifted_day(p->unit, p->n, today);
        out->end = out->first + 1;
        return true;
    case KOR_PERIOD_WEEKDAY: *out = weekday_days(p, today); return true;
    case KOR_PERIOD_DATE: return date_days(p, today, out);
    default: *out = (days){today, today + 1}; return true;
    }
}

/* ---- Within days ---- */

/* Minutes after midnight. */
static const struct {
    int32_t from, to;
    const char *name;
} parts[] = {
    [KOR_PART_NONE] = {0, 1440, ""},
    [KOR_PART_MORNING] = {360, 720, "morning"},
    [KOR_PART_AFTERNOON] = {720, 1080, "afternoon"},
    [KOR_PART_EVENING] = {1080, 1440, "evening"},
    [KOR_PART_NIGHT] = {1080, 1800, "night"},
    [KOR_PART_LUNCH] = {720, 840, "lunch"},
};

static bool has_clock(const kor_period *p)
{
    return p->clock_from >= 0;
}

/* The minutes of a single day that the period means. */
static void minutes_of(const kor_period *p, int32_t *from, int32_t *to)
{
    *from = parts[p->part].from;
    *to = parts[p->part].to;
    int32_t length = *to - *from;
    if (has_clock(p)) {
        *from = p->clock_from;
        *to = p->clock_to;
    } else if (p->slice == KOR_SLICE_MIDDLE) {
        *from += length / 3;
        *to -= length / 3;
    } else if (p->slice == KOR_SLICE_FIRST) {
        *to = *from + (p->part ? length / 2 : length / 3);
    } else if (p->slice == KOR_SLICE_LAST) {
        *from = p->part ? *from + length / 2 : 17 * 60;
    }
}

/* The third of several days that a slice means. */
static bool slice_days(kor_slice slice, kor_time_unit unit, days *d)
{
    int64_t cut[4] = {d->first, d->first, d->end, d->end};
    int32_t unused;
    int64_t month = month_of(d->first, &unused);
    switch (unit) {
    case KOR_UNIT_WEEKEND:
        if (slice == KOR_SLICE_MIDDLE) return false;
        cut[1] = cut[2] = d->first + 1;
        break;
    case KOR_UNIT_WEEK:
        /* Three days each, so they share Wednesday and Friday. */
        if (slice == KOR_SLICE_MIDDLE) {
            cut[1] = d->first + 2;
            cut[2] = d->first + 5;
        } else {
            cut[1] = d->first + 3;
            cut[2] = d->first + 4;
        }
        break;
    case KOR_UNIT_QUARTER:
    case KOR_UNIT_YEAR:
        cut[1] = first_of_month(month + months_in(unit) / 3);
        cut[2] = first_of_month(month + months_in(unit) / 3 * 2);
        break;
    default:
        cut[1] = d->first + (d->end - d->first) / 3;
        cut[2] = d->first + (d->end - d->first) * 2 / 3;
        break;
    }
    *d = (days){cut[slice - KOR_SLICE_FIRST], cut[slice - KOR_SLICE_FIRST + 1]};
    return true;
}

static range day_range(const context *c, const kor_period *p, int64_t day)
{
    int32_t from, to;
    minutes_of(p, &from, &to);
    range r = {instant_ms(c, day * 86400 + (int64_t)from * 60),
               instant_ms(c, day * 86400 + (int64_t)to * 60)};
    /* A clock time that was skipped: the same length of time after the skip. */
    if (has_clock(p) && r.to <= r.from) r.to = r.from + (int64_t)(to - from) * 60000;
    return r;
}

/* ---- Ranges ---- */

static range clock_units_away(const context *c, const kor_period *p)
{
    int64_t unit_ms = p->unit == KOR_UNIT_HOUR ? 3600000 : 60000;
    int64_t at = c->now_ms + p->n * unit_ms;
    if (p->kind == KOR_PERIOD_POINT) {
        at = floor_div(at, 60000) * 60000;
        return (range){at, at + 60000};
    }
    return p->n < 0 ? (range){at, c->now_ms + 1} : (range){c->now_ms, at};
}

/* today is the day against which names that come back are read. */
static bool period_range(const context *c, const kor_period *p, int64_t today, range *out)
{
    days d;
    if (p->kind == KOR_PERIOD_NOW) {
        *out = (range){c->now_ms, c->now_ms + 1};
        return true;
    }
    bool away = p->kind == KOR_PERIOD_POINT || p->kind == KOR_PERIOD_ROLLING;
    if (away && is_clock_unit(p->unit)) {
        *out = clock_units_away(c, p);
        return true;
    }
    if (p->kind == KOR_PERIOD_ROLLING) {
        int64_t there = shifted_day(p->unit, p->n, today);
        *out = p->n < 0 ? (range){instant_ms(c, there * 86400), c->now_ms + 1}
                        : (range){c->now_ms, instant_ms(c, (there + 1) * 86400)};
        return true;
    }
    if (!period_days(p, today, &d)) return false;
    if (p->kind == KOR_PERIOD_LATEST) {
        do {
            *out = day_range(c, p, d.first--);
        } while (out->from > c->now_ms);
    } else if (d.end - d.first == 1) {
        *out = day_range(c, p, d.first);
    } else {
        if (p->part || has_clock(p)) return false;
        bool sliced = p->slice >= KOR_SLICE_FIRST && p->slice <= KOR_SLICE_LAST;
        if (sliced && !slice_days(p->slice, p->unit, &d)) return false;
        *out = (range){instant_ms(c, d.first * 86400), instant_ms(c, d.end * 86400)};
    }
    if (p->slice == KOR_SLICE_SO_FAR && out->to > c->now_ms + 1) out->to = c->now_ms + 1;
    if (p->slice == KOR_SLICE_REST && out->from < c->now_ms) out->from = c->now_ms;
    return out->from < out->to;
}

/* A clock time is a point: what is bounded by it ends or begins exactly there. */
static bool is_point(const kor_period *p)
{
    return has_clock(p) || (p->kind == KOR_PERIOD_POINT && is_clock_unit(p->unit));
}

static bool is_floating(const kor_period *p)
{
    return p->choice == KOR_CHOICE_PAST &&
           (p->kind == KOR_PERIOD_WEEKDAY || (p->kind == KOR_PERIOD_DATE && !p->year));
}

static int64_t day_of(const context *c, int64_t ms)
{
    return floor_div(local_seconds(c, ms), 86400);
}

/* From a to b, where one may say which of the other is meant: "from Friday to Tuesday" is the
 * Friday before that Tuesday, "from March 2025 to June" ends in the first June after. */
static bool between(const context *c, const kor_period *first, const kor_period *last, range *out)
{
    kor_period b = *last;
    range ra, rb;
    if (is_floating(first)) {
        if (!period_range(c, &b, c->today, &rb)) return false;
        if (!period_range(c, first, day_of(c, rb.from), &ra)) return false;
    } else {
        if (!period_range(c, first, c->today, &ra)) return false;
        int64_t reference = c->today;
        if (is_floating(&b)) {
            b.choice = KOR_CHOICE_NEXT; /* after the day before a: on a or later */
            reference = day_of(c, ra.from) - 1;
        }
        if (!period_range(c, &b, reference, &rb)) return false;
    }
    int64_t end = is_point(&b) ? rb.from : rb.to;
    *out = (range){ra.from, end};
    if (ra.from >= end) *out = (range){rb.from, is_point(first) ? ra.from : ra.to};
    return true;
}

static range open_ended(const context *c, int64_t from)
{
    return (range){from, from <= c->now_ms ? c->now_ms + 1 : KOR_WHEN_LAST_MS};
}

static bool description_range(const context *c, const kor_description *d, range *out)
{
    range a;
    if (d->relation == KOR_BETWEEN) return between(c, &d->a, &d->b, out);
    if (!period_range(c, &d->a, c->today, &a)) return false;
    switch (d->relation) {
    case KOR_SINCE: *out = open_ended(c, a.from); break;
    case KOR_AFTER: *out = open_ended(c, is_point(&d->a) ? a.from : a.to); break;
    case KOR_BEFORE: *out = (range){KOR_WHEN_FIRST_MS, a.from}; break;
    case KOR_UNTIL: *out = (range){KOR_WHEN_FIRST_MS, is_point(&d->a) ? a.from : a.to}; break;
    default: *out = a; break;
    }
    return true;
}

/* ---- Words for people ---- */

static const char *const unit_names[] = {
    [KOR_UNIT_MINUTE] = "minute",   [KOR_UNIT_HOUR] = "hour",       [KOR_UNIT_DAY] = "day",
    [KOR_UNIT_WEEK] = "week",       [KOR_UNIT_WEEKEND] = "weekend", [KOR_UNIT_MONTH] = "month",
    [KOR_UNIT_QUARTER] = "quarter", [KOR_UNIT_YEAR] = "year",
};
static const char *const weekday_names[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                            "Friday", "Saturday", "Sunday"};

typedef struct text {
    char *bytes;
    size_t size, len; /* len < size */
} text;

static void add(text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(text *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->bytes + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    size_t room = t->size - t->len - 1;
    if (n > 0) t->len += (size_t)n < room ? (size_t)n : room;
}

static void add_period(text *t, const kor_period *p)
{
    static const char *const slices[] = {"", "early ", "mid ", "late ", "earlier ", "later "};
    static const char *const near_days[] = {"yesterday", "today", "tomorrow"};
    static const char *const near_units[] = {"last ", "this ", "next "};
    const char *unit = unit_names[p->unit];
    int32_t count = p->n < 0 ? -p->n : p->n;
    const char *plural = count == 1 ? "" : "s";
    add(t, "%s", slices[p->slice]);
    switch (p->kind) {
    case KOR_PERIOD_NOW: add(t, "now"); break;
    case KOR_PERIOD_UNIT:
        if (p->unit == KOR_UNIT_WEEKEND && p->choice == KOR_CHOICE_PAST) {
            add(t, "the weekend");
            break;
        }
        if (p->unit == KOR_UNIT_DAY && p->part == KOR_PART_NIGHT && count <= 1 && p->n <= 0) {
            add(t, p->n ? "last night" : "tonight");
            return;
        }
        if (p->unit == KOR_UNIT_DAY && p->part && count == 0) {
            add(t, "this %s", parts[p->part].name);
            return;
        }
        if (count <= 1) {
            bool day = p->unit == KOR_UNIT_DAY;
            add(t, "%s%s", day ? near_days[p->n + 1] : near_units[p->n + 1], day ? "" : unit);
            break;
        } /* fall through */
    case KOR_PERIOD_POINT:
        if (p->n < 0) {
            add(t, "%d %s%s ago", count, unit, plural);
        } else {
            add(t, "in %d %s%s", count, unit, plural);
        }
        break;
    case KOR_PERIOD_ROLLING:
        add(t, p->n < 0 ? "past " : "next ");
        if (count != 1) add(t, "%d ", count);
        add(t, "%s%s", unit, plural);
        if (p->n < 0 && !is_clock_unit(p->unit)) add(t, " with today");
        break;
    case KOR_PERIOD_WEEKDAY:
        if (p->choice == KOR_CHOICE_LAST) add(t, "last ");
        if (p->choice == KOR_CHOICE_NEXT) add(t, "next ");
        if (p->choice == KOR_CHOICE_OF && p->n >= 0) add(t, "%s", near_units[p->n ? 2 : 1]);
        add(t, "%s", weekday_names[p->weekday]);
        break;
    case KOR_PERIOD_DATE:
        /* The range says it all. */
        if (p->unit == KOR_UNIT_WEEK) add(t, "week");
        break;
    case KOR_PERIOD_LATEST: break;
    }
    bool spaced = t->len > 0 && t->bytes[t->len - 1] != ' ';
    if (p->part) add(t, "%s%s", spaced ? " " : "", parts[p->part].name);
    if (p->kind == KOR_PERIOD_WEEKDAY && p->choice == KOR_CHOICE_OF && p->n < 0) {
        add(t, " of last week");
    }
    /* Of a date, what was said may be no more than a slice. */
    if (t->len > 0 && t->bytes[t->len - 1] == ' ') t->bytes[--t->len] = 0;
}

static void add_day(text *t, int64_t day)
{
    int32_t year, month, day_of_month;
    kor_civil_from_days(day, &year, &month, &day_of_month);
    add(t, "%04d-%02d-%02d", year, month, day_of_month);
}

/* An instant on the wall clock; one that is the end of a day is 24:00 of it. */
typedef struct wall {
    int64_t day;
    int32_t minute;
    bool day_start;
} wall;

static wall wall_clock(const context *c, int64_t ms)
{
    int64_t local = local_seconds(c, ms);
    int64_t day = floor_div(local, 86400);
    return (wall){day, (int32_t)((local - day * 86400) / 60), instant_ms(c, day * 86400) == ms};
}

static void add_clock(text *t, int32_t minute)
{
    add(t, " %02d:%02d", minute / 60, minute % 60);
}

static void add_range(text *t, const context *c, const range *r)
{
    wall from = wall_clock(c, r->from), to = wall_clock(c, r->to);
    if (to.day_start) to = (wall){to.day - 1, 1440, true};
    bool to_now = r->to == c->now_ms + 1;
    bool open_end = r->to == KOR_WHEN_LAST_MS;
    bool dates_only =
        (to.day_start || open_end) && !to_now && (from.day_start || r->from == KOR_WHEN_FIRST_MS);
    if (r->from == KOR_WHEN_FIRST_MS) {
        add(t, "up to ");
    } else {
        add_day(t, from.day);
        if (!dates_only && !(to_now && from.day_start)) add_clock(t, from.minute);
        if (dates_only && from.day == to.day) return;
        add(t, " to");
        if (to_now || from.day != to.day) add(t, " ");
    }
    if (to_now) {
        add(t, "now");
    } else if (open_end) {
        add(t, "the end");
    } else {
        if (from.day != to.day) add_day(t, to.day);
        if (!dates_only) add_clock(t, to.minute);
    }
}

/* What it was read as, then the dates: "last Tuesday afternoon: 2026-11-17 12:00 to 18:00". */
static void write_rule(const context *c, const kor_description *d, const range *r, kor_when *out)
{
    static const char *const relations[] = {"", "since ", "after ", "before ", "until ", ""};
    char dates[sizeof out->rule], label[sizeof out->rule];
    text rule = {out->rule, sizeof out->rule, 0};
    text t = {dates, sizeof dates, 0}, l = {label, sizeof label, 0};
    out->rule[0] = dates[0] = label[0] = 0;
    add_range(&t, c, r);
    const kor_period *a = &d->a;
    if (d->relation == KOR_DURING && a->kind == KOR_PERIOD_DATE && a->weekday >= 0 &&
        kor_weekday(day_of(c, r->from)) != a->weekday) {
        add(&t, ", not a %s", weekday_names[a->weekday]);
    }
    if (d->relation != KOR_BETWEEN) add_period(&l, a);
    if (l.len) {
        /* The dates matter more than the label: it gets the room that they leave. */
        size_t around = strlen(relations[d->relation]) + strlen(": ") + t.len + 1;
        int room = around < sizeof out->rule ? (int)(sizeof out->rule - around) : 0;
        add(&rule, "%s%.*s: ", relations[d->relation], room, label);
    }
    add(&rule, "%s", dates);
}

bool kor_time_resolve(kor_when *out, const kor_description *description, int64_t now_ms,
                      const kor_zone *zone)
{
    context c = {.zone = zone, .now_ms = now_ms};
    if (now_ms < KOR_WHEN_FIRST_MS) c.now_ms = KOR_WHEN_FIRST_MS;
    if (now_ms > KOR_WHEN_LAST_MS) c.now_ms = KOR_WHEN_LAST_MS;
    c.today = day_of(&c, c.now_ms);
    range r;
    if (!description_range(&c, description, &r)) return false;
    if (r.from < KOR_WHEN_FIRST_MS || r.to > KOR_WHEN_LAST_MS || r.from >= r.to) return false;
    out->from_ms = r.from;
    out->to_ms = r.to;
    write_rule(&c, description, &r, out);
    return true;
}
