/* SPDX-License-Identifier: Apache-2.0 */
#include "time/evaluate.h"

int64_t kor_floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

bool kor_no_such_time(kor_time_reading *c, const char *why)
{
    if (!c->why) c->why = why;
    return false;
}

/* ---- Days and months ---- */

int64_t kor_day_of(const kor_time_reading *c, int64_t ms)
{
    int64_t instant = kor_floor_div(ms, 1000);
    return kor_floor_div(instant + kor_zone_offset(c->zone, instant), 86400);
}

int64_t kor_local_ms(const kor_time_reading *c, int64_t local_seconds)
{
    return kor_zone_instant(c->zone, local_seconds) * 1000;
}

kor_value kor_days_value(int64_t first, int64_t end, uint8_t grain)
{
    return (kor_value){.days = true, .grain = grain, .first = first, .end = end};
}

void kor_in_ms(const kor_time_reading *c, kor_value *v)
{
    if (!v->days) return;
    v->from = kor_local_ms(c, v->first * 86400);
    v->to = kor_local_ms(c, v->end * 86400);
}

int64_t kor_first_of_month(int64_t month)
{
    int64_t year = kor_floor_div(month, 12);
    return kor_days_from_civil((int32_t)year, (int32_t)(month - year * 12) + 1, 1);
}

int64_t kor_month_of(int64_t day, int32_t *day_of_month)
{
    int32_t year, month;
    kor_civil_from_days(day, &year, &month, day_of_month);
    return (int64_t)year * 12 + month - 1;
}

int64_t kor_monday_of(int64_t day)
{
    return day - kor_weekday(day);
}

static int32_t months_in(uint8_t unit)
{
    switch (unit) {
    case KOR_UNIT_MONTH: return 1;
    case KOR_UNIT_QUARTER: return 3;
    case KOR_UNIT_HALF: return 6;
    case KOR_UNIT_YEAR: return 12;
    case KOR_UNIT_DECADE: return 120;
    case KOR_UNIT_CENTURY: return 1200;
    default: return 0;
    }
}

kor_value kor_calendar_unit(uint8_t unit, int64_t n, int64_t today)
{
    int32_t unused, width = months_in(unit);
    int64_t monday = kor_monday_of(today) + 7 * n;
    if (width) {
        int64_t start = (kor_floor_div(kor_month_of(today, &unused), width) + n) * width;
        return kor_days_value(kor_first_of_month(start), kor_first_of_month(start + width), unit);
    }
    if (unit == KOR_UNIT_WEEK) return kor_days_value(monday, monday + 7, unit);
    if (unit == KOR_UNIT_WEEKEND) return kor_days_value(monday + 5, monday + 7, unit);
    return kor_days_value(today + n, today + n + 1, KOR_UNIT_DAY);
}

/* The day an amount away; a day that its month lacks is the last one of the month. */
int64_t kor_shifted_day(const kor_amount *amount, int sign, int64_t day)
{
    if (amount->months) {
        int32_t of_month;
        int64_t month = kor_month_of(day, &of_month) + (int64_t)sign * amount->months;
        int64_t last = kor_first_of_month(month + 1) - 1,
                there = kor_first_of_month(month) + of_month - 1;
        day = there < last ? there : last;
    }
    if (amount->unit != KOR_UNIT_WORKDAY) return day + (int64_t)sign * amount->days;
    for (int32_t left = amount->days < 100000 ? amount->days : 0; left > 0;) {
        day += sign;
        left -= kor_weekday(day) < 5;
    }
    return day;
}

/* ---- Units, and amounts from somewhere ---- */

static bool unit(kor_time_reading *c, const kor_node *n, int64_t today, kor_value *out)
{
    int64_t away = n->n;
    if (n->unit == KOR_UNIT_WORKDAY) {
        kor_amount one = {.days = 1, .unit = KOR_UNIT_WORKDAY};
        int64_t day = n->n ? kor_shifted_day(&one, n->n < 0 ? -1 : 1, today) : today;
        *out = kor_days_value(day, day + 1, KOR_UNIT_DAY);
        return true;
    }
    if (n->unit == KOR_UNIT_WEEKEND && n->choice == KOR_CHOICE_FLOAT) {
        /* "the weekend": the latest that has begun. */
        c->floated = true;
        if (!c->future && c->convention->to_now && kor_weekday(today) < 5) away--;
    }
    if (n->unit == KOR_UNIT_YEAR && n->choice == KOR_CHOICE_FLOAT)
        c->floated = c->floated || n->n == 0;
    *out = kor_calendar_unit(n->unit, away, today);
    return true;
}

static int64_t shifted_ms(const kor_time_reading *c, const kor_amount *amount, int sign, int64_t ms)
{
    if (amount->months || amount->days) {
        int64_t instant = kor_floor_div(ms, 1000),
                local = instant + kor_zone_offset(c->zone, instant);
        int64_t day = kor_floor_div(local, 86400);
        int64_t there = kor_shifted_day(amount, sign, day);
        ms = kor_local_ms(c, there * 86400 + (local - day * 86400)) + (ms - instant * 1000);
    }
    return ms + sign * amount->seconds * 1000;
}

static bool shift(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                  kor_value *out)
{
    kor_value base = kor_days_value(today, today + 1, KOR_UNIT_DAY);
    bool now = n->child < 0;
    if (!now) {
        bool future = c->future, floated = c->floated;
        if (c->convention->shift_ahead) c->future = true;
        bool found = kor_evaluate_at(c, e, n->child, today, &base);
        c->future = future;
        if (c->convention->shift_ahead) c->floated = floated;
        if (!found) return false;
    }
    if (n->amount.seconds == 0 && base.days) {
        int64_t from = base.first;
        if (base.grain == KOR_UNIT_WEEKEND || base.grain == KOR_UNIT_WEEK)
            from = n->sign > 0 ? base.end - 1 : base.first;
        int64_t day = kor_shifted_day(&n->amount, n->sign, from);
        *out = kor_days_value(day, day + 1, KOR_UNIT_DAY);
        return true;
    }
    kor_in_ms(c, &base);
    int64_t at = shifted_ms(c, &n->amount, n->sign, now ? c->now_ms : base.from);
    int32_t width = c->convention->instant_ms;
    if (n->amount.seconds == 0 && !now)
        width = (int32_t)(base.to - base.from < 86400000 ? base.to - base.from : width);
    at = kor_floor_div(at, width == 60000 ? 60000 : 1000) * (width == 60000 ? 60000 : 1000);
    *out = (kor_value){.from = at, .to = at + width, .grain = n->unit, .point = true};
    return true;
}

static bool roll(kor_time_reading *c, const kor_node *n, int64_t today, kor_value *out)
{
    const kor_amount *a = &n->amount;
    bool to_now = c->convention->to_now;
    int64_t there = kor_shifted_day(a, n->sign, today);
    if (a->seconds) {
        int64_t at = shifted_ms(c, a, n->sign, c->now_ms);
        *out = n->sign < 0 ? (kor_value){.from = at, .to = c->now_ms + (to_now ? 1 : 0)}
                           : (kor_value){.from = c->now_ms, .to = at};
        out->grain = a->unit;
        return out->from < out->to || kor_no_such_time(c, "it has no length");
    }
    if (to_now) {
        *out = n->sign < 0
                   ? (kor_value){.from = kor_local_ms(c, there * 86400), .to = c->now_ms + 1}
                   : (kor_value){.from = c->now_ms, .to = kor_local_ms(c, (there + 1) * 86400)};
        out->grain = a->unit;
        return true;
    }
    bool whole =
        a->unit == KOR_UNIT_QUARTER || a->unit == KOR_UNIT_DECADE || a->unit == KOR_UNIT_CENTURY;
    if ((whole || (a->count == 1 && n->sign < 0)) && !a->mixed && !n->within) {
        kor_value near = kor_calendar_unit(a->unit, n->sign, today);
        kor_value far = kor_calendar_unit(a->unit, n->sign * (int64_t)a->count, today);
        *out = n->sign < 0 ? kor_days_value(far.first, near.end, a->unit)
                           : kor_days_value(near.first, far.end, a->unit);
        return true;
    }
    int64_t start = n->within ? today : today + 1;
    if (n->sign > 0)
        *out = kor_days_value(start, kor_shifted_day(a, 1, start), a->unit);
    else
        *out = kor_days_value(there, today, a->unit);
    return out->first < out->end || kor_no_such_time(c, "it has no length");
}

/* ---- Within and around ---- */

static bool nth(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                kor_value *out)
{
    kor_value v;
    if (!kor_evaluate_at(c, e, n->child, today, &v)) return false;
    if (!v.days) return kor_no_such_time(c, "it has no days to count");
    int64_t index = n->n < 0 ? 0 : n->n - 1;
    int64_t count = n->count < 1 ? 1 : n->count, day;
    int32_t width = months_in(n->unit), unused;
    if (n->weekday >= 0) {
        day = n->n < 0 ? v.end - 1 - (kor_weekday(v.end - 1) - n->weekday + 7) % 7
                       : v.first + (n->weekday - kor_weekday(v.first) + 7) % 7 + 7 * index;
        *out = kor_days_value(day, day + 1, KOR_UNIT_DAY);
    } else if (n->unit == KOR_UNIT_WEEK || n->unit == KOR_UNIT_WEEKEND) {
        /* The weeks whose Thursday lies within; weekends by their Saturday. */
        int64_t mark = n->unit == KOR_UNIT_WEEK ? 3 : 5;
        int64_t first = kor_monday_of(v.first) + (kor_weekday(v.first) > mark ? 7 : 0);
        int64_t last = kor_monday_of(v.end - 1) - (kor_weekday(v.end - 1) < mark ? 7 : 0);
        int64_t start = n->n < 0 ? last - 7 * (count - 1) : first + 7 * index;
        *out = n->unit == KOR_UNIT_WEEK
                   ? kor_days_value(start, start + 7 * count, KOR_UNIT_WEEK)
                   : kor_days_value(start + 5, start + 7 * count, KOR_UNIT_WEEKEND);
        if (start < first || start + 7 * (count - 1) > last)
            return kor_no_such_time(c, "it does not have so many weeks");
        return true;
    } else if (width) {
        int64_t first = kor_month_of(v.first, &unused), last = kor_month_of(v.end - 1, &unused) + 1;
        if (n->unit == KOR_UNIT_HALF && last - first < 12) {
            int64_t middle = v.first + (v.end - v.first) / 2;
            *out = index == 0 && n->n > 0 ? kor_days_value(v.first, middle, n->unit)
                                          : kor_days_value(middle, v.end, n->unit);
            return true;
        }
        int64_t start = n->n < 0 ? last - width * count : first + width * index;
        if (start < first || start + width * count > last)
            return kor_no_such_time(c, "it does not have so many");
        *out = kor_days_value(kor_first_of_month(start), kor_first_of_month(start + width * count),
                              n->unit);
        return true;
    } else if (n->unit == KOR_UNIT_WORKDAY) {
        kor_amount days = {.days = n->n < 0 ? 1 : n->n, .unit = KOR_UNIT_WORKDAY};
        day = n->n < 0 ? kor_shifted_day(&days, -1, v.end) : kor_shifted_day(&days, 1, v.first - 1);
        *out = kor_days_value(day, day + 1, KOR_UNIT_DAY);
    } else {
        day = n->n < 0 ? v.end - count : v.first + index;
        *out = kor_days_value(day, day + count, KOR_UNIT_DAY);
    }
    return (out->first >= v.first && out->end <= v.end) ||
           kor_no_such_time(c, "it has no such day");
}

static kor_value weekend_around(int64_t day)
{
    int32_t weekday = kor_weekday(day);
    int64_t saturday = kor_monday_of(day) + 5;
    if (weekday == 0) return kor_days_value(day - 2, day + 1, KOR_UNIT_WEEKEND);
    return kor_days_value(weekday == 3 || weekday == 4 ? day : saturday, saturday + 2,
                          KOR_UNIT_WEEKEND);
}

static bool around(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                   kor_value *out)
{
    kor_value v;
    if (!kor_evaluate_at(c, e, n->child, today, &v)) return false;
    if (!v.days) return kor_no_such_time(c, "it is no day");
    if (n->kind == KOR_NODE_STARTING) {
        kor_amount one = {.unit = n->unit,
                          .months = months_in(n->unit),
                          .days = n->unit == KOR_UNIT_WEEK ? 7
                                  : months_in(n->unit)     ? 0
                                                           : 1};
        *out = n->sign < 0 ? kor_days_value(kor_shifted_day(&one, -1, v.end), v.end, n->unit)
                           : kor_days_value(v.first, kor_shifted_day(&one, 1, v.first), n->unit);
        return true;
    }
    *out = n->unit == KOR_UNIT_WEEKEND ? weekend_around(v.first)
                                       : kor_calendar_unit(n->unit, 0, v.first);
    return true;
}

/* Cut days into what a slice means: halves or thirds of months and years, days of a week. */
static bool cut(const kor_time_reading *c, const kor_node *n, const kor_node *child, kor_value *v)
{
    int32_t unused;
    int64_t month = kor_month_of(v->first, &unused), length = v->end - v->first;
    int64_t a = v->first + length / 3, b = v->first + length * 2 / 3;
    bool thirds = c->convention->thirds;
    switch (v->grain) {
    case KOR_UNIT_WEEKEND:
        if (n->slice == KOR_SLICE_MIDDLE) return false;
        a = b = v->first + 1;
        break;
    case KOR_UNIT_WEEK:
        a = v->first + 3;
        b = v->first + (thirds ? 4 : 3);
        if (n->slice == KOR_SLICE_MIDDLE) {
            a = v->first + 2;
            b = v->first + 5;
        }
        break;
    case KOR_UNIT_MONTH:
        if (!thirds && n->slice != KOR_SLICE_MIDDLE) a = b = v->first + 15;
        if (!thirds && n->slice == KOR_SLICE_MIDDLE) {
            a = v->first + 10;
            b = v->first + 20;
        }
        break;
    case KOR_UNIT_QUARTER:
    case KOR_UNIT_HALF:
    case KOR_UNIT_YEAR: {
        int64_t months = months_in(v->grain);
        bool half = !thirds && child->kind == KOR_NODE_UNIT && n->slice != KOR_SLICE_MIDDLE;
        a = kor_first_of_month(month + (half ? months / 2 : months / 3));
        b = kor_first_of_month(month + (half ? months / 2 : months / 3 * 2));
        break;
    }
    case KOR_UNIT_DECADE:
        a = kor_first_of_month(month + 36);
        b = kor_first_of_month(month + 84);
        break;
    case KOR_UNIT_CENTURY:
        a = kor_first_of_month(month + 396);
        b = kor_first_of_month(month + 804);
        break;
    default: break;
    }
    if (n->slice == KOR_SLICE_MIDDLE) {
        v->first = a;
        v->end = b;
    } else if (n->slice == KOR_SLICE_LAST || n->slice == KOR_SLICE_LATER) {
        v->first = b;
    } else {
        v->end = a;
    }
    return v->first < v->end;
}

static bool slice_of_day(const kor_time_reading *c, const kor_node *n, kor_value *v)
{
    int64_t midnight = v->first * 86400, end = v->end * 86400, from = midnight, to = end;
    bool thirds = c->convention->thirds;
    bool halves = n->within || n->slice == KOR_SLICE_LATER || n->slice == KOR_SLICE_SO_FAR;
    switch (n->slice) {
    case KOR_SLICE_FIRST:
    case KOR_SLICE_SO_FAR:
    case KOR_SLICE_BEGINNING: to = midnight + (halves || !thirds ? 12 : 8) * 3600; break;
    case KOR_SLICE_MIDDLE:
        from = midnight + (thirds ? 8 : 10) * 3600;
        to = midnight + (thirds ? 16 : 14) * 3600;
        break;
    case KOR_SLICE_LATER: from = midnight + 12 * 3600; break;
    default: from = halves ? midnight + 12 * 3600 : thirds ? midnight + 17 * 3600 : end - 1; break;
    }
    *v = (kor_value){
        .from = kor_local_ms(c, from), .to = kor_local_ms(c, to), .grain = KOR_UNIT_HOUR};
    return v->from < v->to;
}

static bool slice(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                  kor_value *out)
{
    if (!kor_evaluate_at(c, e, n->child, today, out)) return false;
    const kor_node *child = &e->node[n->child];
    if (!out->days) return kor_no_such_time(c, "it has no parts");
    bool now_inside = out->first <= today && today < out->end, to_now = c->convention->to_now;
    uint8_t slice_kind = n->slice;
    if (slice_kind == KOR_SLICE_REST || (slice_kind == KOR_SLICE_LATER && (now_inside && to_now))) {
        kor_in_ms(c, out);
        bool day = out->end - out->first == 1;
        if (out->from < c->now_ms)
            out->from = to_now || day ? c->now_ms : kor_local_ms(c, today * 86400);
        if (day && c->convention->short_night) out->to -= 1000;
        *out = (kor_value){.from = out->from, .to = out->to, .grain = out->grain};
        return out->from < out->to || kor_no_such_time(c, "it is over");
    }
    if (slice_kind == KOR_SLICE_SO_FAR && (to_now || n->article)) {
        kor_in_ms(c, out);
        if (out->to > c->now_ms + 1) out->to = to_now ? c->now_ms + 1 : c->now_ms;
        *out = (kor_value){.from = out->from, .to = out->to, .grain = out->grain};
        return out->from < out->to || kor_no_such_time(c, "it has not begun");
    }
    if (out->grain == KOR_UNIT_DAY && out->end - out->first == 1) {
        return slice_of_day(c, n, out) || kor_no_such_time(c, "the clock skips it");
    }
    if (!cut(c, n, child, out)) return kor_no_such_time(c, "it has no middle");
    if (slice_kind == KOR_SLICE_LATER && now_inside && out->first < today) out->first = today;
    return out->first < out->end || kor_no_such_time(c, "it is over");
}

/* ---- Ranges ---- */

/* Whether a node may be another one as the other end says. */
static bool is_floating(const kor_expr *e, int i)
{
    const kor_node *n = &e->node[i];
    switch (n->kind) {
    case KOR_NODE_DATE: return !n->has_year && n->choice == KOR_CHOICE_FLOAT;
    case KOR_NODE_WEEKDAY: return n->choice == KOR_CHOICE_FLOAT && n->child < 0;
    case KOR_NODE_HOLIDAY:
    case KOR_NODE_QUARTER:
    case KOR_NODE_SEASON: return !n->has_year && n->choice == KOR_CHOICE_FLOAT;
    case KOR_NODE_CLOCK:
    case KOR_NODE_PART:
    case KOR_NODE_SLICE:
    case KOR_NODE_NTH: return n->child >= 0 ? is_floating(e, n->child) : n->latest;
    default: return false;
    }
}

static bool has_year(const kor_expr *e, int i)
{
    const kor_node *n = &e->node[i];
    if (n->kind == KOR_NODE_DATE) return n->has_year && n->day + n->month > 0;
    return n->child >= 0 && n->kind != KOR_NODE_WEEKDAY && has_year(e, n->child);
}

/* The wall clock of another day: "from 2pm yesterday to 4pm". */
static bool clock_alone(const kor_expr *e, int i)
{
    return e->node[i].kind == KOR_NODE_CLOCK && e->node[i].child < 0;
}

static bool after_start(kor_time_reading *c, const kor_expr *e, int i, const kor_value *a,
                        kor_value *b)
{
    bool future = c->future, later = c->later;
    int64_t from_day = kor_day_of(c, a->from);
    if (clock_alone(e, i)) {
        kor_time_reading there = *c;
        there.now_ms = a->from;
        there.future = true;
        bool found = kor_evaluate_at(&there, e, i, from_day, b);
        if (found && there.halved && !c->convention->sensible_hours) {
            /* the nearer of both halves of the day */
            kor_value other;
            there.later = !there.later;
            if (kor_evaluate_at(&there, e, i, from_day, &other) && other.from > a->from &&
                other.from < b->from)
                *b = other;
        }
        return found;
    }
    c->future = true;
    bool stepped = c->stepped;
    c->stepped = false;
    bool found =
        kor_evaluate_at(c, e, i, e->node[i].kind == KOR_NODE_WEEKDAY ? from_day - 1 : from_day, b);
    c->future = future;
    c->later = later;
    c->stepped = stepped;
    return found;
}

static bool between(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                    kor_value *out)
{
    kor_value a, b;
    bool a_floats = is_floating(e, n->child), b_floats = is_floating(e, n->second);
    bool said_later =
        a_floats && (has_year(e, n->second) || (c->convention->whole_past && !c->future) ||
                     (!b_floats && e->node[n->second].kind == KOR_NODE_NOW));
    if (said_later && !clock_alone(e, n->second)) {
        if (!kor_evaluate_at(c, e, n->second, today, &b)) return false;
        kor_in_ms(c, &b);
        bool future = c->future, stepped = c->stepped;
        c->future = c->stepped = false;
        int64_t day = kor_day_of(c, b.from);
        kor_time_reading there = *c;
        there.now_ms = b.from;
        bool found = kor_evaluate_at(&there, e, n->child, day, &a);
        if (!found && !c->why) c->why = there.why;
        c->future = future;
        c->stepped = stepped;
        c->halved |= there.halved;
        if (!found) return false;
        if (!has_year(e, n->second)) c->floated = true;
        const kor_node *first = &e->node[n->child], *last = &e->node[n->second];
        /* "2/29-3/1/2019": the year that was said is the first one's too. */
        if (first->kind == KOR_NODE_DATE && last->kind == KOR_NODE_DATE && last->has_year &&
            first->month && first->day && first->month <= last->month) {
            kor_node dated = *first;
            dated.year = last->year;
            dated.has_year = true;
            dated.two_digits = last->two_digits;
            if (!kor_evaluate_date(c, e, &dated, today, &a)) return false;
        }
    } else {
        if (!kor_evaluate_at(c, e, n->child, today, &a)) return false;
        kor_in_ms(c, &a);
        bool found = b_floats ? after_start(c, e, n->second, &a, &b)
                              : kor_evaluate_at(c, e, n->second, today, &b);
        if (!found) return false;
    }
    kor_in_ms(c, &a);
    kor_in_ms(c, &b);
    const kor_node *first = &e->node[n->child], *last = &e->node[n->second];
    int64_t from = a.from, to = b.from;
    bool sliced = last->kind == KOR_NODE_SLICE && last->slice == KOR_SLICE_LAST;
    bool included = c->convention->last_in && !b.point;
    if (included || sliced || (last->kind == KOR_NODE_NOW && c->convention->to_now)) to = b.to;
    if (first->kind == KOR_NODE_SLICE && first->slice == KOR_SLICE_MIDDLE &&
        !c->convention->thirds) {
        /* The middle itself: halfway through what it is the middle of. */
        kor_value whole;
        if (kor_evaluate_at(c, e, first->child, today, &whole) && whole.days) {
            from = kor_local_ms(c, (whole.first + (whole.end - whole.first) / 2) * 86400);
        }
    }
    uint8_t grain = a.grain < b.grain ? a.grain : b.grain;
    if (a.days && last->kind == KOR_NODE_NOW && !c->convention->to_now) {
        to = kor_local_ms(c, kor_day_of(c, b.from) * 86400);
        if (from >= to) to = b.from;
    }
    if (from >= to && a.days && b.days && c->convention->last_in) { /* said the other way round */
        from = b.from;
        to = a.to;
    }
    *out = (kor_value){.from = from, .to = to, .grain = grain};
    return from < to || kor_no_such_time(c, "it ends before it begins");
}

static bool open_ended(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                       kor_value *out)
{
    kor_value v;
    if (!kor_evaluate_at(c, e, n->child, today, &v)) return false;
    const kor_convention *k = c->convention;
    const kor_node *child = &e->node[n->child];
    bool day = v.days && v.grain <= KOR_UNIT_DAY;
    kor_in_ms(c, &v);
    bool sliced = child->kind == KOR_NODE_SLICE && !k->thirds;
    int64_t edge;
    bool from = n->relation == KOR_SINCE || n->relation == KOR_AFTER;
    switch (n->relation) {
    case KOR_SINCE: edge = v.from; break;
    case KOR_AFTER:
        edge = v.point || sliced || (day && !k->after_day) || v.open_to ? v.from : v.to;
        break;
    case KOR_UNTIL:
        edge = v.point || (!k->last_in && !n->within) ? v.from : v.to;
        if (n->within && v.point) edge = v.to;
        if (sliced && child->slice == KOR_SLICE_LAST) edge = v.to;
        break;
    default: edge = sliced && child->slice == KOR_SLICE_LAST ? v.to : v.from; break;
    }
    if (child->kind == KOR_NODE_NOW && child->unit == KOR_UNIT_DAY && !k->to_now)
        edge = kor_local_ms(c, today * 86400);
    if (child->kind == KOR_NODE_NOW && k->to_now && n->relation == KOR_UNTIL) edge = c->now_ms + 1;
    *out = (kor_value){.grain = v.grain, .open_from = !from, .open_to = from};
    out->from = from ? edge : KOR_WHEN_FIRST_MS;
    out->to = from ? KOR_WHEN_LAST_MS : edge;
    if (from && k->to_now && edge <= c->now_ms) {
        out->to = c->now_ms + 1;
        out->open_to = false;
    }
    return out->from < out->to || kor_no_such_time(c, "it is out of reach");
}

/* "for 3 days from today", "less than 3 days after tomorrow" */
static bool stretch(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                    kor_value *out)
{
    kor_value base, end;
    bool future = c->future, floated = c->floated;
    int child = n->kind == KOR_NODE_SPREAD ? n->second : n->child;
    if (c->convention->shift_ahead) c->future = true;
    bool found = kor_evaluate_at(c, e, child, today, &base);
    if (found && n->kind == KOR_NODE_SPREAD) found = kor_evaluate_at(c, e, n->child, today, &end);
    c->future = future;
    if (c->convention->shift_ahead) c->floated = floated;
    if (!found) return false;
    if (n->kind == KOR_NODE_SPREAD) {
        kor_in_ms(c, &base);
        kor_in_ms(c, &end);
        *out = n->sign > 0 ? (kor_value){.from = base.from, .to = end.from}
                           : (kor_value){.from = end.from, .to = base.from};
        out->grain = KOR_UNIT_DAY;
    } else if (base.days && !n->amount.seconds) {
        *out =
            kor_days_value(base.first, kor_shifted_day(&n->amount, 1, base.first), n->amount.unit);
        return out->first < out->end;
    } else {
        kor_in_ms(c, &base);
        *out = (kor_value){.from = base.from,
                           .to = shifted_ms(c, &n->amount, 1, base.from),
                           .grain = n->amount.unit};
    }
    return out->from < out->to || kor_no_such_time(c, "it has no length");
}

/* ---- All of it ---- */

bool kor_evaluate_at(kor_time_reading *c, const kor_expr *e, int i, int64_t today, kor_value *out)
{
    if (i < 0 || i >= e->count) return kor_no_such_time(c, "it is too long");
    const kor_node *n = &e->node[i];
    switch (n->kind) {
    case KOR_NODE_NOW: {
        int32_t width = c->convention->now_ms;
        int64_t at = kor_floor_div(c->now_ms, width) * width;
        *out = (kor_value){.from = at, .to = at + width, .point = true, .grain = KOR_UNIT_SECOND};
        return true;
    }
    case KOR_NODE_UNIT: return unit(c, n, today, out);
    case KOR_NODE_SHIFT: return shift(c, e, n, today, out);
    case KOR_NODE_ROLL: return roll(c, n, today, out);
    case KOR_NODE_NTH: return nth(c, e, n, today, out);
    case KOR_NODE_CONTAINING:
    case KOR_NODE_STARTING: return around(c, e, n, today, out);
    case KOR_NODE_SLICE: return slice(c, e, n, today, out);
    case KOR_NODE_PART:
    case KOR_NODE_CLOCK:
    case KOR_NODE_CLOCKS:
    case KOR_NODE_CLOCK_OPEN: return kor_evaluate_clock(c, e, n, today, out);
    case KOR_NODE_RANGE: return between(c, e, n, today, out);
    case KOR_NODE_OPEN: return open_ended(c, e, n, today, out);
    case KOR_NODE_FOR:
    case KOR_NODE_SPREAD: return stretch(c, e, n, today, out);
    default: return kor_evaluate_date(c, e, n, today, out);
    }
}

bool kor_evaluate(kor_time_reading *c, const kor_expr *e, int node, kor_value *out)
{
    if (!kor_evaluate_at(c, e, node,
                         c->stepped ? (c->future ? c->today + 1 : c->today - 1) : c->today, out))
        return false;
    kor_in_ms(c, out);
    if (out->from < KOR_WHEN_FIRST_MS || out->to > KOR_WHEN_LAST_MS) {
        return kor_no_such_time(c, "only the years 1 to 9999 are reckoned with");
    }
    return out->from < out->to || kor_no_such_time(c, "the calendar of this zone skips it");
}
