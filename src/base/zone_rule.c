/* SPDX-License-Identifier: Apache-2.0 */
#include "base/zone_rule.h"

#include "base/civil.h"

/* ---- Reading ---- */

typedef struct cursor {
    const char *at, *end;
} cursor;

static bool take(cursor *c, char wanted)
{
    if (c->at == c->end || *c->at != wanted) return false;
    c->at++;
    return true;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool read_number(cursor *c, int32_t low, int32_t high, int32_t *out)
{
    const char *start = c->at;
    int32_t value = 0;
    while (c->at < c->end && is_digit(*c->at)) {
        value = value * 10 + (*c->at++ - '0');
        if (value > high) return false;
    }
    *out = value;
    return c->at > start && value >= low;
}

/* The abbreviation is checked and left: three letters or more, or <anything of letters, digits and
 * signs>. */
static bool skip_name(cursor *c)
{
    bool quoted = take(c, '<');
    const char *start = c->at;
    while (c->at < c->end && (is_letter(*c->at) ||
                              (quoted && (is_digit(*c->at) || *c->at == '+' || *c->at == '-')))) {
        c->at++;
    }
    return c->at - start >= 3 && (!quoted || take(c, '>'));
}

/* [+-]hh[:mm[:ss]] in seconds. */
static bool read_time(cursor *c, int32_t max_hours, int32_t *out)
{
    bool negative = take(c, '-');
    if (!negative) (void)take(c, '+');
    int32_t hours, minutes = 0, seconds = 0;
    if (!read_number(c, 0, max_hours, &hours)) return false;
    if (take(c, ':')) {
        if (!read_number(c, 0, 59, &minutes)) return false;
        if (take(c, ':') && !read_number(c, 0, 59, &seconds)) return false;
    }
    int32_t total = hours * 3600 + minutes * 60 + seconds;
    *out = negative ? -total : total;
    return true;
}

static bool read_date(cursor *c, kor_rule_date *out)
{
    *out = (kor_rule_date){.time = 2 * 3600};
    if (take(c, 'M')) {
        out->form = KOR_RULE_MONTH;
        if (!read_number(c, 1, 12, &out->month) || !take(c, '.') ||
            !read_number(c, 1, 5, &out->week) || !take(c, '.') ||
            !read_number(c, 0, 6, &out->weekday)) {
            return false;
        }
    } else if (take(c, 'J')) {
        out->form = KOR_RULE_JULIAN;
        if (!read_number(c, 1, 365, &out->day)) return false;
    } else {
        out->form = KOR_RULE_DAY;
        if (!read_number(c, 0, 365, &out->day)) return false;
    }
    return !take(c, '/') || read_time(c, 167, &out->time);
}

bool kor_zone_rule_parse(kor_zone_rule *out, const char *text, size_t len)
{
    cursor c = {text, text + len};
    *out = (kor_zone_rule){0};
    /* POSIX counts west of Greenwich. */
    if (!skip_name(&c) || !read_time(&c, 24, &out->standard)) return false;
    out->standard = -out->standard;
    if (c.at == c.end) return true;
    if (!skip_name(&c)) return false;
    out->has_summer = true;
    out->summer = out->standard + 3600;
    if (c.at < c.end && *c.at != ',') {
        if (!read_time(&c, 24, &out->summer)) return false;
        out->summer = -out->summer;
    }
    if (c.at == c.end) {
        /* POSIX leaves the days open; the C libraries take those of the United States. */
        out->begin = (kor_rule_date){KOR_RULE_MONTH, 3, 2, 0, 0, 2 * 3600};
        out->finish = (kor_rule_date){KOR_RULE_MONTH, 11, 1, 0, 0, 2 * 3600};
        return true;
    }
    return take(&c, ',') && read_date(&c, &out->begin) && take(&c, ',') &&
           read_date(&c, &out->finish) && c.at == c.end;
}

/* ---- Applying ---- */

/* Seconds since 1970 of the date in a year, on the clock that is about to change. */
static int64_t date_in_year(const kor_rule_date *d, int32_t year)
{
    int64_t day = kor_days_from_civil(year, 1, 1);
    switch (d->form) {
    case KOR_RULE_MONTH: {
        int64_t first = kor_days_from_civil(year, d->month, 1);
        int32_t sunday_based = (kor_weekday(first) + 1) % 7;
        int32_t in_month = (d->weekday - sunday_based + 7) % 7 + (d->week - 1) * 7;
        if (in_month >= kor_days_in_month(year, d->month)) in_month -= 7;
        day = first + in_month;
        break;
    }
    case KOR_RULE_JULIAN:
        day += d->day - 1 + (d->day >= 60 && kor_days_in_month(year, 2) == 29);
        break;
    case KOR_RULE_DAY: day += d->day; break;
    }
    return day * 86400 + d->time;
}

typedef struct change {
    int64_t at;
    bool to_summer;
} change;

enum { CHANGES = 6 };

/* The changes of the year of an instant and of its neighbours, since the times of a rule may reach
 * a week over the end of its year. */
static void changes_around(const kor_zone_rule *rule, int64_t instant, change out[CHANGES])
{
    int32_t year = kor_civil_from_seconds(instant + rule->standard).year;
    for (int32_t i = 0; i < CHANGES / 2; i++) {
        out[2 * i] = (change){date_in_year(&rule->finish, year - 1 + i) - rule->summer, false};
        out[2 * i + 1] = (change){date_in_year(&rule->begin, year - 1 + i) - rule->standard, true};
    }
}

int32_t kor_zone_rule_offset(const kor_zone_rule *rule, int64_t instant)
{
    if (!rule->has_summer) return rule->standard;
    change changes[CHANGES];
    changes_around(rule, instant, changes);
    const change *latest = NULL;
    for (size_t i = 0; i < CHANGES; i++) {
        const change *c = &changes[i];
        if (c->at > instant) continue;
        /* Summer time that begins as it ends lasts all year. */
        if (!latest || c->at > latest->at || (c->at == latest->at && c->to_summer)) latest = c;
    }
    return latest && latest->to_summer ? rule->summer : rule->standard;
}

bool kor_zone_rule_next(const kor_zone_rule *rule, int64_t instant, int64_t *change_at)
{
    if (!rule->has_summer) return false;
    change changes[CHANGES];
    changes_around(rule, instant, changes);
    bool found = false;
    for (size_t i = 0; i < CHANGES; i++) {
        if (changes[i].at <= instant || (found && changes[i].at >= *change_at)) continue;
        *change_at = changes[i].at;
        found = true;
    }
    return found;
}
