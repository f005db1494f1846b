/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

/* A clock time or a part of the day that belongs to what recurs: "at 9", "mornings", "from 2 to 3".
 */
static bool read_time_of_day(kor_reader *r, kor_recurrence *out)
{
    kor_reader s = *r;
    uint8_t part, slice;
    if (kor_read_clocks(&s, true, &out->clock, &out->clock_end) && !out->clock.wrong &&
        !out->clock_end.wrong) {
        out->has_clock = out->has_end = true;
        *r = s;
        return true;
    }
    s = *r;
    bool at = kor_take(&s, KOR_WORD_AT) || kor_take_mark(&s, '@') || kor_take(&s, KOR_WORD_APPROX);
    kor_reader clock = s;
    const kor_token next = *kor_peek(&s, 0);
    if (kor_read_clock(&clock, at ? KOR_CLOCK_LOOSE : KOR_CLOCK_STRICT, &out->clock)) {
        const kor_token *after = kor_peek(&clock, 0);
        if (!out->clock.wrong &&
            (out->clock.stated || (after->word != KOR_WORD_NONE && after->word != KOR_WORD_UNIT))) {
            out->has_clock = true;
            *r = clock;
            return true;
        }
    }
    if (!at) (void)(kor_take(&s, KOR_WORD_IN) && kor_take(&s, KOR_WORD_THE));
    if (kor_read_part(&s, &part, &slice)) {
        if (!at && s.at == r->at + 1 && next.flags & KOR_WORD_AMBIGUOUS) return false;
        out->part = part;
        *r = s;
        return true;
    }
    return false;
}

static void read_times_of_day(kor_reader *r, kor_recurrence *out)
{
    for (int i = 0; i < 2; i++) {
        kor_reader s = *r;
        (void)kor_take_mark(&s, ',');
        if (!read_time_of_day(&s, out)) break;
        *r = s;
        if (out->has_clock) break;
    }
}

/* "Monday", "Monday and Thursday", "Mon, Wed": bits of weekdays. */
static uint8_t read_weekdays(kor_reader *r, bool plural)
{
    uint8_t bits = 0;
    kor_reader s = *r;
    for (;;) {
        const kor_token *t = kor_peek(&s, 0);
        if (t->word != KOR_WORD_WEEKDAY || (plural && !(t->flags & KOR_WORD_PLURAL))) break;
        bits |= (uint8_t)(1u << t->value);
        s.at++;
        *r = s;
        (void)kor_take_mark(&s, ',');
        if (!kor_take(&s, KOR_WORD_AND)) (void)kor_take(&s, KOR_WORD_OR);
    }
    return bits;
}

static const uint8_t WORKDAYS = 0x1f, WEEKEND = 0x60;

static void set_unit(kor_recurrence *out, kor_unit unit)
{
    out->unit = (uint8_t)unit;
    if (unit == KOR_UNIT_WORKDAY) {
        out->unit = KOR_UNIT_DAY;
        out->weekdays = WORKDAYS;
    } else if (unit == KOR_UNIT_WEEKEND) {
        out->unit = KOR_UNIT_WEEK;
        out->weekdays = WEEKEND;
    } else if (unit == KOR_UNIT_FORTNIGHT) {
        out->unit = KOR_UNIT_WEEK;
        out->interval *= 2;
    } else if (unit == KOR_UNIT_HALF) {
        out->unit = KOR_UNIT_MONTH;
        out->interval *= 6;
    }
}

/* "every other Tuesday", "each day", "every 3 hours", "every weekday", "every March 3" */
static bool read_every(kor_reader *r, kor_recurrence *out)
{
    kor_reader s = *r;
    const kor_token every = *kor_peek(&s, 0);
    bool all = every.word == KOR_WORD_WHOLE && kor_is_text(&s, 0, "all");
    bool alternate = kor_is_text(&s, 0, "alternate") && kor_word_ahead(&s, 1) != KOR_WORD_NONE;
    if (every.word != KOR_WORD_EVERY && !all && !alternate) return false;
    s.at++;
    if (alternate || kor_take(&s, KOR_WORD_OTHER)) out->interval = 2;
    int32_t n;
    kor_reader counted = s;
    const kor_token first = *kor_peek(&s, 0);
    bool number = first.word == KOR_WORD_NUMBER || first.word == KOR_WORD_COUNT ||
                  first.word == KOR_WORD_ORDINAL;
    if (number && (kor_read_ordinal(&counted, &n) || kor_read_cardinal(&counted, &n)) && n >= 1 &&
        n <= 999) {
        kor_word next = kor_word_ahead(&counted, 0);
        if (next == KOR_WORD_UNIT || next == KOR_WORD_WEEKDAY) {
            out->interval = n;
            s = counted;
        }
    }
    const kor_token t = *kor_peek(&s, 0);
    if (t.word == KOR_WORD_WEEKDAY) {
        out->weekdays = read_weekdays(&s, false);
        out->unit = KOR_UNIT_WEEK;
    } else if (t.word == KOR_WORD_UNIT) {
        kor_unit unit;
        bool plural = !(t.flags & KOR_WORD_SINGULAR);
        if (!kor_read_unit(&s, &unit)) return false;
        if (all && unit != KOR_UNIT_WEEKEND) return false;
        if (plural && out->interval == 1 && !all) return false;
        /* "any day now", "any minute", "every second counts" */
        if (kor_is_text(r, 0, "any") && unit != KOR_UNIT_WEEKEND) return false;
        set_unit(out, unit);
        (void)kor_take(&s, KOR_WORD_OF);
        if (kor_behind(&s, 1)->word == KOR_WORD_OF) return false;
        kor_reader on = s;
        if (kor_take(&on, KOR_WORD_ON) && (unit == KOR_UNIT_WEEK || unit == KOR_UNIT_FORTNIGHT)) {
            uint8_t days = read_weekdays(&on, false);
            if (days) {
                out->weekdays = days;
                s = on;
            }
        }
    } else if (t.word == KOR_WORD_ORDINAL && t.flags & KOR_WORD_AMBIGUOUS &&
               every.word == KOR_WORD_EVERY && kor_word_ahead(&s, 1) != KOR_WORD_NONE) {
        return false;
    } else if (t.word == KOR_WORD_PART && !(t.flags & KOR_WORD_PLURAL) && !all) {
        uint8_t part, slice;
        if (!kor_read_part(&s, &part, &slice)) return false;
        if (part > KOR_PART_NIGHT) return false;
        out->part = part;
        out->unit = KOR_UNIT_DAY;
    } else if (t.word == KOR_WORD_MONTH && !(t.flags & KOR_WORD_AMBIGUOUS && !t.capital) && !all) {
        out->month = t.value;
        out->unit = KOR_UNIT_YEAR;
        s.at++;
        const kor_token *day = kor_peek(&s, 0);
        if (!kor_read_ordinal(&s, &out->day) && day->word == KOR_WORD_NUMBER && day->digits <= 2) {
            out->day = day->value;
            s.at++;
        }
    } else if (t.word == KOR_WORD_SEASON && !all) {
        out->month = t.value * 3 + 3;
        out->unit = KOR_UNIT_YEAR;
        s.at++;
    } else if (t.word == KOR_WORD_CLOCK) {
        out->unit = KOR_UNIT_DAY;
        (void)kor_read_clock(&s, KOR_CLOCK_STRICT, &out->clock);
        out->has_clock = true;
    } else {
        return false;
    }
    *r = s;
    return true;
}

/* "the first Monday of each month", "the 19th of every month", "19th of each month" */
static bool read_monthly(kor_reader *r, kor_recurrence *out)
{
    kor_reader s = *r;
    (void)kor_take(&s, KOR_WORD_THE);
    int32_t n;
    const kor_token *t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_LAST && t->value == KOR_CHOICE_LAST) {
        n = -1;
        s.at++;
    } else if (!kor_read_ordinal(&s, &n)) {
        return false;
    }
    t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_WEEKDAY && !(t->flags & KOR_WORD_PLURAL) && n <= 5) {
        out->weekdays = (uint8_t)(1u << t->value);
        out->nth = n;
        s.at++;
    } else {
        if (kor_take_text(&s, "day") && n < 0) out->nth = -1;
        if (n > 31 || (n < 0 && out->nth == 0)) return false;
        out->day = n;
    }
    if (!kor_take(&s, KOR_WORD_OF) && !kor_take(&s, KOR_WORD_IN)) return false;
    if (!kor_take(&s, KOR_WORD_EVERY)) return false;
    if (kor_take(&s, KOR_WORD_OTHER)) out->interval = 2;
    kor_unit unit;
    t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_MONTH) {
        out->month = t->value;
        out->unit = KOR_UNIT_YEAR;
        s.at++;
    } else if (!kor_read_unit(&s, &unit) || unit < KOR_UNIT_MONTH || unit > KOR_UNIT_YEAR) {
        return false;
    } else {
        out->unit = (uint8_t)unit;
    }
    *r = s;
    return true;
}

/* "daily", "weekdays", "Tuesdays", "Friday mornings", "weekends", "once a week" */
static bool read_often(kor_reader *r, kor_recurrence *out)
{
    kor_reader s = *r;
    const kor_token t = *kor_peek(&s, 0);
    if (t.joined) return false;
    if (kor_is_text(&s, 0, "bi") || kor_is_text(&s, 0, "semi")) { /* "bi-weekly" */
        if (!kor_is_mark(&s, 1, '-') || kor_word_ahead(&s, 2) != KOR_WORD_OFTEN) return false;
        kor_unit often = (kor_unit)kor_peek(&s, 2)->value;
        bool half = kor_is_text(&s, 0, "semi") && often == KOR_UNIT_YEAR;
        if (!half) out->interval = 2;
        set_unit(out, half ? KOR_UNIT_HALF : often);
        s.at += 3;
        *r = s;
        return true;
    }
    if (t.word == KOR_WORD_OFTEN) {
        if (t.value == KOR_UNIT_YEAR && kor_word_ahead(&s, 1) == KOR_WORD_NONE &&
            !kor_is_text(&s, 0, "annually") && !kor_is_text(&s, 1, "review") &&
            !kor_is_text(&s, 1, "report")) {
            return false;
        }
        s.at++;
        if (kor_is_text(r, 0, "nightly")) out->part = KOR_PART_NIGHT;
        set_unit(out, (kor_unit)t.value);
        /* "daily" at the head of a name: "the Daily Mail" */
        if (t.capital && kor_word_ahead(&s, 0) == KOR_WORD_NONE && kor_peek(&s, 0)->capital)
            return false;
        *r = s;
        return true;
    }
    if (t.word == KOR_WORD_WEEKDAY) {
        bool plural = t.flags & KOR_WORD_PLURAL;
        const kor_token *next = kor_peek(&s, 1);
        if (!plural && !(next->word == KOR_WORD_PART && next->flags & KOR_WORD_PLURAL))
            return false;
        if (plural) {
            out->weekdays = read_weekdays(&s, true);
        } else {
            out->weekdays = (uint8_t)(1u << t.value);
            out->part = (uint8_t)next->value;
            s.at += 2;
        }
        out->unit = KOR_UNIT_WEEK;
        *r = s;
        return true;
    }
    if (t.word == KOR_WORD_UNIT && t.value == KOR_UNIT_WEEKEND && !(t.flags & KOR_WORD_SINGULAR)) {
        if (kor_behind(r, 1)->word != KOR_WORD_ON && kor_behind(r, 1)->word != KOR_WORD_AT &&
            kor_word_ahead(r, 1) != KOR_WORD_AT)
            return false;
        s.at++;
        set_unit(out, KOR_UNIT_WEEKEND);
        *r = s;
        return true;
    }
    if (t.word == KOR_WORD_PART && t.flags & KOR_WORD_PLURAL) {
        kor_word before = kor_behind(r, 1)->word;
        if (kor_word_ahead(r, 1) != KOR_WORD_AT && before != KOR_WORD_ON) return false;
        out->part = (uint8_t)t.value;
        out->unit = KOR_UNIT_DAY;
        r->at++;
        return true;
    }
    /* "once a week", "one a day", "three times a month" */
    int32_t count = 1;
    if (kor_take(&s, KOR_WORD_TIMES) ||
        (kor_read_cardinal(&s, &count) &&
         (kor_take_text(&s, "times") || t.word == KOR_WORD_COUNT))) {
        kor_unit unit;
        bool each = kor_take(&s, KOR_WORD_ARTICLE) || kor_take_text(&s, "per") ||
                    (kor_take(&s, KOR_WORD_EVERY));
        if (!each || !(kor_peek(&s, 0)->flags & KOR_WORD_SINGULAR) || !kor_read_unit(&s, &unit))
            return false;
        if (unit == KOR_UNIT_SECOND || unit == KOR_UNIT_MINUTE) return false;
        set_unit(out, unit);
        *r = s;
        return true;
    }
    return false;
}

/* A clock time before what recurs: "9am every Sunday", "3pm each day", "9am on Mondays". */
static bool read_clock_first(kor_reader *r, kor_recurrence *out)
{
    kor_reader s = *r;
    kor_word word = kor_word_ahead(&s, 0);
    if ((word != KOR_WORD_FROM && word != KOR_WORD_BETWEEN && word != KOR_WORD_NUMBER &&
         word != KOR_WORD_COUNT && word != KOR_WORD_CLOCK && word != KOR_WORD_HALF) ||
        kor_peek(&s, 0)->joined) {
        return false;
    }
    kor_clock clock, end = {0};
    bool range = kor_read_clocks(&s, false, &clock, &end);
    if (!range && !kor_read_clock(&s, KOR_CLOCK_STRICT, &clock)) return false;
    if (clock.wrong || end.wrong) return false;
    (void)kor_take_mark(&s, ',');
    (void)kor_take(&s, KOR_WORD_ON);
    kor_recurrence again = {.interval = 1};
    if (!read_every(&s, &again) && !read_often(&s, &again)) return false;
    if (again.has_clock) return false;
    again.has_clock = true;
    again.has_end = range;
    again.clock = clock;
    again.clock_end = end;
    *out = again;
    *r = s;
    return true;
}

/* What is said after how often: "weekly ON FRIDAYS", "every month ON THE 15TH", "every year ON MAY
 * 5". */
static void read_its_days(kor_reader *r, kor_recurrence *out)
{
    kor_reader s = *r;
    if (out->weekdays || out->day || out->month || !kor_take(&s, KOR_WORD_ON)) return;
    if (out->unit == KOR_UNIT_WEEK) {
        out->weekdays = read_weekdays(&s, false);
        if (out->weekdays) *r = s;
        return;
    }
    kor_recurrence more = *out;
    if (out->unit == KOR_UNIT_YEAR) {
        const kor_token *t = kor_peek(&s, 0);
        if (t->word != KOR_WORD_MONTH) return;
        more.month = t->value;
        s.at++;
    } else if (out->unit != KOR_UNIT_MONTH || !kor_take(&s, KOR_WORD_THE)) {
        return;
    }
    const kor_token *day = kor_peek(&s, 0);
    if (!kor_read_ordinal(&s, &more.day)) {
        if (day->word != KOR_WORD_NUMBER || day->digits > 2 || out->unit == KOR_UNIT_MONTH) return;
        more.day = day->value;
        s.at++;
    }
    if (more.day < 1 || more.day > 31 || kor_word_ahead(&s, 0) == KOR_WORD_WEEKDAY) return;
    *out = more;
    *r = s;
}

bool kor_read_set(kor_reader *r)
{
    static bool (*const readers[])(kor_reader *, kor_recurrence *) = {read_every, read_monthly,
                                                                      read_often, read_clock_first};
    kor_word word = kor_word_ahead(r, 0);
    if ((word == KOR_WORD_NONE && !kor_is_text(r, 0, "bi") && !kor_is_text(r, 0, "semi")) ||
        word == KOR_WORD_END || word == KOR_WORD_MARK)
        return false;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        kor_reader s = *r;
        kor_recurrence again = {.interval = 1};
        if (!readers[i](&s, &again)) continue;
        read_its_days(&s, &again);
        if (!again.has_clock) read_times_of_day(&s, &again);
        r->e->again = again;
        *r = s;
        return true;
    }
    return false;
}
