/* SPDX-License-Identifier: Apache-2.0 */
/* Dates, weekdays, holidays and the other names that come back. */
#include "time/evaluate.h"
#include "time/holiday.h"

static int32_t year_of(int64_t day)
{
    int32_t unused;
    return (int32_t)kor_floor_div(kor_month_of(day, &unused), 12);
}

/* Two digits of a year: 00 to 29 in this century, 40 to 99 in the last; between, as it is read. */
static int32_t full_year(kor_time_reading *c, int32_t year, bool two_digits)
{
    if (!two_digits) return year;
    if (year < 30) return 2000 + year;
    if (year >= 40) return 1900 + year;
    c->floated = true;
    return (c->future ? 2000 : 1900) + year;
}

/* A date with its year and month known. */
static bool whole_date(const kor_node *n, int64_t year, int64_t month, int32_t day, kor_value *out)
{
    if (year < 1 || year > 9999 || month < 1 || month > 12) return false;
    if (day && (day < 1 || day > kor_days_in_month((int32_t)year, (int32_t)month))) return false;
    int64_t first = kor_days_from_civil((int32_t)year, (int32_t)month, day ? day : 1);
    uint8_t unit = day ? KOR_UNIT_DAY : n->month ? KOR_UNIT_MONTH : KOR_UNIT_YEAR;
    *out = kor_calendar_unit(unit, 0, first);
    return true;
}

static bool numbered_day(kor_time_reading *c, const kor_node *n, int64_t today, int32_t month,
                         int32_t day, kor_value *out)
{
    int32_t unused;
    int64_t this_month = kor_month_of(today, &unused), this_year = kor_floor_div(this_month, 12);
    if (n->choice == KOR_CHOICE_OF) {
        int64_t m = this_month + n->n;
        bool ok = month ? whole_date(n, this_year + n->n, month, day, out)
                        : whole_date(n, kor_floor_div(m, 12), m - kor_floor_div(m, 12) * 12 + 1,
                                     day, out);
        return ok || kor_no_such_time(c, "the month has no such day");
    }
    bool away = c->convention->year_away && month && n->choice != KOR_CHOICE_FLOAT;
    if (away && n->choice != KOR_CHOICE_COMING && n->choice != KOR_CHOICE_PAST) {
        return whole_date(n, this_year + n->n, month, day, out) ||
               kor_no_such_time(c, "the month has no such day");
    }
    bool forward = n->choice == KOR_CHOICE_NEXT || n->choice == KOR_CHOICE_COMING ||
                   (n->choice == KOR_CHOICE_FLOAT && c->future);
    if (n->choice == KOR_CHOICE_FLOAT) c->floated = true;
    /* "Friday the 13th": this month's, when it is one. */
    if (!month && n->weekday >= 0 && n->article && !c->convention->to_now) {
        if (whole_date(n, this_year, this_month - this_year * 12 + 1, day, out) &&
            kor_weekday(out->first) == n->weekday) {
            c->floated = false;
            return true;
        }
    }
    /* Walk the months or years away from today; 29 February may be eight years off, and a weekday
     * on the 31st some more. */
    for (int64_t i = -1; i <= (month ? 9 : 400); i++) {
        int64_t step = forward ? i : -i;
        int64_t m = month ? (this_year + step) * 12 + month - 1 : this_month + step;
        int64_t y = kor_floor_div(m, 12);
        if (!whole_date(n, y, m - y * 12 + 1, day, out)) continue;
        if (!month && n->weekday >= 0 && kor_weekday(out->first) != n->weekday) continue;
        bool fits = forward ? (n->choice == KOR_CHOICE_FLOAT && !c->stepped ? out->first >= today
                                                                            : out->first > today)
                    : n->choice == KOR_CHOICE_LAST || n->choice == KOR_CHOICE_PAST
                        ? out->end <= today
                        : out->first <= today;
        if (fits) return true;
    }
    return kor_no_such_time(c, "no month has such a day");
}

static bool date(kor_time_reading *c, const kor_node *n, int64_t today, kor_value *out)
{
    int32_t month = n->month, day = n->day;
    if (n->swappable) {
        c->swapped = true;
        if (c->day_first) {
            month = n->day;
            day = n->month;
        }
    }
    if (n->has_year) {
        int32_t year = full_year(c, n->year, n->two_digits);
        if (year < 1 || year > 9999)
            return kor_no_such_time(c, "only the years 1 to 9999 are reckoned with");
        if (n->month > 12 || (day && !month)) return kor_no_such_time(c, "there is no such month");
        if (!whole_date(n, year, month ? month : 1, day, out))
            return kor_no_such_time(c, "the month has no such day");
    } else if (!numbered_day(c, n, today, month, day, out)) {
        return false;
    }
    if (n->weekday >= 0 && n->day && kor_weekday(out->first) != n->weekday) {
        c->note = "the weekday is not that of the date; the date was taken";
    }
    return true;
}

static bool weekday(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                    kor_value *out)
{
    int64_t day;
    int32_t back = (kor_weekday(today) - n->weekday + 7) % 7;
    if (n->child >= 0) {
        kor_value week;
        bool beside = n->choice == KOR_CHOICE_PAST || n->choice == KOR_CHOICE_COMING;
        bool future = c->future, floated = c->floated;
        if (beside && c->convention->shift_ahead) c->future = true;
        bool found = kor_evaluate_at(c, e, n->child, today, &week);
        c->future = future;
        if (beside && c->convention->shift_ahead) c->floated = floated;
        if (!found) return false;
        if (!week.days) return kor_no_such_time(c, "a weekday is of a week");
        day = kor_monday_of(week.first) + n->weekday;
        if (n->choice == KOR_CHOICE_PAST && day >= week.first) day -= 7;
        if (n->choice == KOR_CHOICE_COMING && day <= week.first) day += 7;
    } else {
        switch (n->choice) {
        case KOR_CHOICE_LAST:
            c->lasted = true;
            day =
                c->week_before ? kor_monday_of(today) - 7 + n->weekday : today - (back ? back : 7);
            if (n->n < -1) day -= 7 * (-(int64_t)n->n - 1);
            break;
        case KOR_CHOICE_PAST: day = today - (back ? back : 7) - 7 * (int64_t)n->count; break;
        case KOR_CHOICE_COMING: day = today + 7 - back + 7 * (int64_t)n->count; break;
        case KOR_CHOICE_NEXT: day = kor_monday_of(today) + 7 + n->weekday; break;
        case KOR_CHOICE_OF: day = kor_monday_of(today) + 7 * (int64_t)n->n + n->weekday; break;
        default:
            c->floated = true;
            day = c->future ? today + 7 - back : today - back;
            break;
        }
    }
    *out = kor_days_value(day, day + 1, KOR_UNIT_DAY);
    return true;
}

/* What a year must be known for: the node's own, the one it is away, or as it is read. */
typedef bool (*year_maker)(kor_time_reading *c, const kor_node *n, int32_t year, kor_value *out);

static bool of_year(kor_time_reading *c, const kor_node *n, int64_t today, year_maker make,
                    kor_value *out)
{
    int32_t this_year = year_of(today);
    if (n->has_year)
        return make(c, n, full_year(c, n->year, n->two_digits), out) ||
               kor_no_such_time(c, "its date in that year is not known");
    bool past = n->choice == KOR_CHOICE_PAST, coming = n->choice == KOR_CHOICE_COMING;
    if (n->choice != KOR_CHOICE_FLOAT && !past && !coming &&
        (n->choice == KOR_CHOICE_OF || c->convention->year_away)) {
        return make(c, n, this_year + n->count, out) ||
               kor_no_such_time(c, "its date in that year is not known");
    }
    bool forward =
        coming || n->choice == KOR_CHOICE_NEXT || (n->choice == KOR_CHOICE_FLOAT && c->future);
    if (n->choice == KOR_CHOICE_FLOAT) c->floated = true;
    for (int32_t i = -1; i <= 3; i++) {
        if (!make(c, n, this_year + (forward ? i : -i), out)) continue;
        bool fits = forward
                        ? (n->choice == KOR_CHOICE_FLOAT ? out->first >= today : out->first > today)
                    : past || n->choice == KOR_CHOICE_LAST ? out->end <= today
                                                           : out->first <= today;
        if (fits) return true;
    }
    return kor_no_such_time(c, "its date is not known");
}

static bool make_holiday(kor_time_reading *c, const kor_node *n, int32_t year, kor_value *out)
{
    int64_t day;
    if (!kor_holiday_day(n->n, year, c->british, &day)) return false;
    if (kor_holiday_is_approximate(n->n))
        c->note = "by reckoning; where the moon is watched for, it may be a day off";
    *out = kor_days_value(day, day + 1, KOR_UNIT_DAY);
    return true;
}

static bool make_quarter(kor_time_reading *c, const kor_node *n, int32_t year, kor_value *out)
{
    (void)c;
    if (year < 1 || year > 9998) return false;
    int64_t width = n->unit == KOR_UNIT_HALF ? 6 : 3,
            first = (int64_t)year * 12 + (n->n - 1) * width;
    *out = kor_days_value(kor_first_of_month(first), kor_first_of_month(first + width), n->unit);
    return true;
}

static bool make_season(kor_time_reading *c, const kor_node *n, int32_t year, kor_value *out)
{
    if (year < 1 || year > 9998) return false;
    int32_t index = c->southern ? (n->n + 2) % 4 : n->n;
    int64_t first = (int64_t)year * 12 + 2 + 3 * (int64_t)index;
    *out =
        kor_days_value(kor_first_of_month(first), kor_first_of_month(first + 3), KOR_UNIT_QUARTER);
    c->note = "whole months, as the weather services count seasons";
    return true;
}

static bool make_week(kor_time_reading *c, const kor_node *n, int32_t year, kor_value *out)
{
    (void)c;
    if (year < 1 || year > 9998) return false;
    /* Week 1 has the 4th of January (ISO 8601). */
    int64_t first = kor_monday_of(kor_days_from_civil(year, 1, 4)) + 7 * ((int64_t)n->n - 1);
    if (n->n == 53 && first >= kor_monday_of(kor_days_from_civil(year + 1, 1, 4))) return false;
    *out = kor_days_value(first, first + 7, KOR_UNIT_WEEK);
    return true;
}

static bool decade(kor_time_reading *c, const kor_node *n, int64_t today, kor_value *out)
{
    int64_t year = n->year;
    if (n->two_digits) {
        int32_t now = year_of(today), century = now - now % 100;
        c->floated = true;
        year += century;
        if (c->future ? year + 10 <= now : year > now) year += c->future ? 100 : -100;
    }
    if (year < 1 || year > 9980)
        return kor_no_such_time(c, "only the years 1 to 9999 are reckoned with");
    *out = kor_days_value(kor_first_of_month(year * 12), kor_first_of_month((year + 10) * 12),
                          KOR_UNIT_DECADE);
    return true;
}

bool kor_evaluate_date(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                       kor_value *out)
{
    switch (n->kind) {
    case KOR_NODE_WEEKDAY: return weekday(c, e, n, today, out);
    case KOR_NODE_DATE: return date(c, n, today, out);
    case KOR_NODE_HOLIDAY: return of_year(c, n, today, make_holiday, out);
    case KOR_NODE_QUARTER: return of_year(c, n, today, make_quarter, out);
    case KOR_NODE_SEASON: return of_year(c, n, today, make_season, out);
    case KOR_NODE_DECADE: return decade(c, n, today, out);
    case KOR_NODE_CENTURY: {
        int64_t year = ((int64_t)n->n - 1) * 100;
        *out = kor_days_value(kor_first_of_month((year ? year : 1) * 12),
                              kor_first_of_month((year + 100) * 12), KOR_UNIT_CENTURY);
        return true;
    }
    default: {
        if (n->has_year || n->choice == KOR_CHOICE_OF) return of_year(c, n, today, make_week, out);
        /* A numbered week is of this year. */
        return make_week(c, n, year_of(kor_monday_of(today) + 3), out) ||
               kor_no_such_time(c, "the year has no such week");
    }
    }
}
