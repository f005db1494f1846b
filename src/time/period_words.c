/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

static void set_unit(kor_draft *draft, kor_time_unit unit, int32_t n)
{
    draft->period.kind = KOR_PERIOD_UNIT;
    draft->period.unit = unit;
    draft->period.n = n;
}

static bool read_core(kor_cursor *c, kor_word before, kor_draft *draft);

static void set_weekday(kor_draft *draft, int32_t weekday, kor_choice choice, int32_t n)
{
    draft->period.kind = KOR_PERIOD_WEEKDAY;
    draft->period.weekday = weekday;
    draft->period.choice = choice;
    draft->period.n = n;
}

/* ---- last, this, next ---- */

/* A unit, or an amount of units, after last, past or next; direction is -1 or 1. */
static bool read_unit_after(kor_cursor *c, kor_word which, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    int32_t direction = which == KOR_WORD_NEXT ? 1 : -1;
    int32_t n = 1;
    kor_time_unit unit;
    bool counted = kor_read_amount(&s, &n, &unit);
    if (!counted) {
        const kor_token *t = kor_peek(&s, 0);
        if (!kor_take(&s, KOR_WORD_UNIT) || !t->singular) return false;
        unit = (kor_time_unit)t->value;
        /* "last minute changes", "the last day of school" */
        bool led = which == KOR_WORD_PAST || before == KOR_WORD_IN || before == KOR_WORD_DURING;
        if ((unit == KOR_UNIT_MINUTE || unit == KOR_UNIT_DAY) && !led) return false;
    }
    /* "the last week of the project" */
    if (kor_peek(&s, 0)->word == KOR_WORD_OF) return false;
    bool rolling = counted || which == KOR_WORD_PAST || unit <= KOR_UNIT_DAY;
    if (unit == KOR_UNIT_WEEKEND) {
        if (counted) return false;
        rolling = false;
    }
    set_unit(draft, unit, n * direction);
    if (rolling) draft->period.kind = KOR_PERIOD_ROLLING;
    /* Not "the weekend". */
    draft->period.choice = KOR_CHOICE_OF;
    *c = s;
    return true;
}

static bool read_which(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    kor_word which = kor_peek(&s, 0)->word;
    if (which != KOR_WORD_LAST && which != KOR_WORD_PAST && which != KOR_WORD_THIS &&
        which != KOR_WORD_NEXT) {
        return false;
    }
    s.at++;
    if (which == KOR_WORD_THIS) {
        /* "this past Monday", "this coming weekend" */
        kor_word after = kor_peek(&s, 0)->word;
        if (after == KOR_WORD_PAST || after == KOR_WORD_NEXT) {
            which = after;
            s.at++;
        }
    }
    const kor_token t = *kor_peek(&s, 0);
    if (t.word == KOR_WORD_WEEKDAY) {
        s.at++;
        bool last = which == KOR_WORD_LAST || which == KOR_WORD_PAST;
        set_weekday(draft, t.value, last ? KOR_CHOICE_LAST : KOR_CHOICE_OF, which == KOR_WORD_NEXT);
    } else if (t.word == KOR_WORD_MONTH) {
        if (!kor_read_date(&s, which == KOR_WORD_PAST ? KOR_WORD_LAST : which, draft)) return false;
        draft->period.choice = which == KOR_WORD_THIS   ? KOR_CHOICE_OF
                               : which == KOR_WORD_NEXT ? KOR_CHOICE_NEXT
                                                        : KOR_CHOICE_LAST;
    } else if (t.word == KOR_WORD_PART && t.value != KOR_PART_LUNCH) {
        /* "this morning", "last night"; "last morning" is nobody's word for yesterday's. */
        bool last = which == KOR_WORD_LAST && t.value >= KOR_PART_EVENING;
        if (!last && which != KOR_WORD_THIS) return false;
        s.at++;
        set_unit(draft, KOR_UNIT_DAY, last ? -1 : 0);
        draft->period.part = (kor_part)t.value;
    } else if (which == KOR_WORD_THIS) {
        if (t.word != KOR_WORD_UNIT || !t.singular || t.value <= KOR_UNIT_DAY) return false;
        s.at++;
        set_unit(draft, (kor_time_unit)t.value, 0);
        draft->period.choice = KOR_CHOICE_OF;
    } else if (!read_unit_after(&s, which, before, draft)) {
        return false;
    }
    *c = s;
    return true;
}

/* ---- Relative to today ---- */

/* "3 days ago", "two weeks from now", "two days before yesterday", "the day after tomorrow", "the
 * week before last". */
static bool read_distance(kor_cursor *c, kor_draft *draft)
{
    kor_cursor s = *c;
    int32_t n = 1;
    kor_time_unit unit;
    bool counted = kor_read_amount(&s, &n, &unit);
    if (!counted) {
        (void)kor_take(&s, KOR_WORD_THE);
        const kor_token *t = kor_peek(&s, 0);
        bool night = t->word == KOR_WORD_PART && t->value == KOR_PART_NIGHT;
        if (!night && (t->word != KOR_WORD_UNIT || !t->singular)) return false;
        unit = night ? KOR_UNIT_DAY : (kor_time_unit)t->value;
        s.at++;
        if (kor_peek(&s, 0)->word == KOR_WORD_BEFORE && kor_peek(&s, 1)->word == KOR_WORD_LAST &&
            (night || unit > KOR_UNIT_DAY)) {
            s.at += 2;
            set_unit(draft, unit, -2);
            draft->period.choice = KOR_CHOICE_OF;
            if (night) draft->period.part = KOR_PART_NIGHT;
            *c = s;
            return true;
        }
        if (night) return false;
    }
    bool ago = kor_take(&s, KOR_WORD_AGO);
    bool ahead = !ago && kor_take(&s, KOR_WORD_FROM) && kor_take(&s, KOR_WORD_NOW);
    if (ago || ahead) {
        if (!counted) return false;
        set_unit(draft, unit, ago ? -n : n);
        draft->period.choice = KOR_CHOICE_OF;
        if (unit != KOR_UNIT_WEEKEND) draft->period.kind = KOR_PERIOD_POINT;
        *c = s;
        return true;
    }
    bool earlier = kor_take(&s, KOR_WORD_BEFORE);
    if (!earlier && !kor_take(&s, KOR_WORD_AFTER)) return false;
    const kor_token *day = kor_peek(&s, 0);
    if ((unit != KOR_UNIT_DAY && unit != KOR_UNIT_WEEK) || !kor_take(&s, KOR_WORD_DAY)) {
        /* "3 days after 12 January" is not counted out, but neither is it "after 12 January". */
        if (!read_core(&s, KOR_WORD_ON, draft)) return false;
        draft->wrong = true;
        *c = s;
        return true;
    }
    int32_t days = unit == KOR_UNIT_WEEK ? 7 * n : n;
    set_unit(draft, KOR_UNIT_DAY, day->value + (earlier ? -days : days));
    *c = s;
    return true;
}

/* "today", "tonight", "the weekend", "the week of 3 November". */
static bool read_named(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    const kor_token t = *kor_peek(&s, 0);
    if (t.word == KOR_WORD_DAY || t.word == KOR_WORD_TONIGHT) {
        s.at++;
        set_unit(draft, KOR_UNIT_DAY, t.value);
        if (t.word == KOR_WORD_TONIGHT) draft->period.part = KOR_PART_NIGHT;
        *c = s;
        return true;
    }
    bool article = kor_take(&s, KOR_WORD_THE);
    const kor_token unit = *kor_peek(&s, 0);
    if (!kor_take(&s, KOR_WORD_UNIT) || !unit.singular) return false;
    kor_draft d = *draft;
    if (unit.value == KOR_UNIT_WEEKEND && article) {
        set_unit(&d, KOR_UNIT_WEEKEND, 0);
    } else if (unit.value == KOR_UNIT_WEEK && kor_take(&s, KOR_WORD_OF) &&
               kor_read_date(&s, before, &d) && d.period.unit == KOR_UNIT_DAY) {
        d.period.unit = KOR_UNIT_WEEK;
    } else {
        return false;
    }
    *draft = d;
    *c = s;
    return true;
}

/* ---- Weekdays ---- */

/* "Tuesday", "Tuesday of last week", "Tuesday, 17 November". */
static bool read_weekday(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    const kor_token name = *kor_peek(&s, 0);
    int32_t weeks;
    if (!kor_take(&s, KOR_WORD_WEEKDAY)) return false;
    kor_cursor dated = s;
    (void)kor_take_mark(&dated, ',');
    if (kor_read_date(&dated, KOR_WORD_ON, draft)) {
        draft->period.weekday = name.value;
        *c = dated;
        return true;
    }
    bool placed = kor_read_relative(&s, KOR_UNIT_WEEK, &weeks);
    /* "sun", "sat", "wed" and "mon" need a word that makes them days. */
    bool led = before != KOR_WORD_NONE && before != KOR_WORD_THE && before != KOR_WORD_IN;
    if (name.ambiguous && !placed && !led && kor_peek(&s, 0)->word != KOR_WORD_PART) return false;
    set_weekday(draft, name.value, placed ? KOR_CHOICE_OF : KOR_CHOICE_PAST, placed ? weeks : 0);
    *c = s;
    return true;
}

static bool read_core(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    if (read_distance(c, draft) || read_named(c, before, draft) || read_weekday(c, before, draft) ||
        kor_read_date(c, before, draft)) {
        return true;
    }
    (void)kor_take(&s, KOR_WORD_THE);
    if (!read_which(&s, before, draft)) return false;
    *c = s;
    return true;
}

/* ---- What may follow ---- */

static bool is_day(const kor_period *p)
{
    switch (p->kind) {
    case KOR_PERIOD_UNIT:
    case KOR_PERIOD_DATE: return p->unit == KOR_UNIT_DAY;
    case KOR_PERIOD_POINT: return p->unit >= KOR_UNIT_DAY;
    case KOR_PERIOD_WEEKDAY:
    case KOR_PERIOD_LATEST: return true;
    default: return false;
    }
}

/* "morning", "in the morning", "at night", "early morning", after a day. */
static bool read_part_after(kor_cursor *c, kor_draft *draft)
{
    kor_cursor s = *c;
    if (draft->period.part) return false;
    (void)kor_take_mark(&s, ',');
    if (kor_take(&s, KOR_WORD_IN) || kor_take(&s, KOR_WORD_DURING)) {
        if (!kor_take(&s, KOR_WORD_THE)) return false;
    } else {
        (void)kor_take(&s, KOR_WORD_AT);
    }
    const kor_token slice = *kor_peek(&s, 0);
    bool sliced = kor_take(&s, KOR_WORD_SLICE) && slice.value <= KOR_SLICE_LAST;
    const kor_token *part = kor_peek(&s, 0);
    if (!kor_take(&s, KOR_WORD_PART)) return false;
    if (sliced) draft->period.slice = (kor_slice)slice.value;
    draft->period.part = (kor_part)part->value;
    *c = s;
    return true;
}

/* "at 3 pm", "from 3 to 5", "after 15:30", "3pm", after a day: within that day. */
static bool read_clock_after(kor_cursor *c, kor_draft *draft)
{
    kor_cursor s = *c;
    kor_draft d = *draft;
    if (d.use != KOR_CLOCK_NONE) return false;
    (void)kor_take_mark(&s, ',');
    kor_word before = kor_peek(&s, 0)->word;
    bool later = before == KOR_WORD_AFTER || before == KOR_WORD_SINCE;
    bool earlier = before == KOR_WORD_BEFORE || before == KOR_WORD_BY || before == KOR_WORD_UNTIL;
    bool joins = before == KOR_WORD_FROM || before == KOR_WORD_BETWEEN;
    bool at = before == KOR_WORD_AT;
    if (later || earlier || joins || at) s.at++;
    bool approximate = kor_take(&s, KOR_WORD_APPROX);
    if (!kor_read_clocks(&s, before == KOR_WORD_BETWEEN, &d)) return false;
    bool range = d.use == KOR_CLOCK_RANGE;
    bool stated = d.clock.stated || (range && d.clock_end.stated);
    /* "on Monday after 3 attempts" */
    if (!stated && !at && !(joins && range) && !(approximate && !later && !earlier)) return false;
    if (before == KOR_WORD_BETWEEN && !range) return false;
    if (!range && (later || before == KOR_WORD_FROM)) d.use = KOR_CLOCK_ON;
    if (!range && earlier) d.use = KOR_CLOCK_UP_TO;
    /* "Wed Oct 26 15:50:06 2016", as ctime and git write it. */
    if (d.period.kind == KOR_PERIOD_DATE && d.period.month && !d.period.year) {
        (void)kor_read_year(&s, &d.period.year);
    }
    *draft = d;
    *c = s;
    return true;
}

/* "March last year", "last year in March", "last week on Tuesday". */
static bool read_refinement(kor_cursor *c, kor_draft *draft)
{
    kor_period *p = &draft->period;
    kor_cursor s = *c;
    int32_t n;
    if (p->kind == KOR_PERIOD_DATE && !p->year && p->month && p->choice == KOR_CHOICE_PAST) {
        if (!kor_read_relative(c, KOR_UNIT_YEAR, &n)) return false;
        p->choice = KOR_CHOICE_OF;
        p->n = n;
        return true;
    }
    if (p->kind != KOR_PERIOD_UNIT || p->slice) return false;
    bool in = kor_take(&s, KOR_WORD_IN);
    bool on = !in && kor_take(&s, KOR_WORD_ON);
    const kor_token t = *kor_peek(&s, 0);
    if (p->unit == KOR_UNIT_WEEK && !in && kor_take(&s, KOR_WORD_WEEKDAY)) {
        if (t.ambiguous && !on) return false;
        set_weekday(draft, t.value, KOR_CHOICE_OF, p->n);
        *c = s;
        return true;
    }
    kor_draft d = *draft;
    if (p->unit != KOR_UNIT_YEAR || !(in || on) ||
        !kor_read_date(&s, in ? KOR_WORD_IN : KOR_WORD_ON, &d) || d.period.year) {
        return false;
    }
    d.period.choice = KOR_CHOICE_OF;
    *draft = d;
    *c = s;
    return true;
}

static void read_rest(kor_cursor *c, kor_draft *draft)
{
    (void)read_refinement(c, draft);
    if (!is_day(&draft->period)) return;
    /* Either may come first: "yesterday evening at 8", "yesterday at 8 in the evening". */
    (void)read_part_after(c, draft);
    (void)read_clock_after(c, draft);
    (void)read_part_after(c, draft);
    int32_t weeks;
    kor_period *p = &draft->period;
    if (p->kind == KOR_PERIOD_WEEKDAY && p->choice == KOR_CHOICE_PAST &&
        kor_read_relative(c, KOR_UNIT_WEEK, &weeks)) {
        p->choice = KOR_CHOICE_OF;
        p->n = weeks;
    }
}

/* ---- What may come first ---- */

/* A day after a part or a clock time: "the morning of 20 November", "at 3 pm yesterday". */
static bool read_its_day(kor_cursor *c, kor_draft *draft)
{
    kor_cursor s = *c;
    kor_draft d = *draft;
    d.period.part = KOR_PART_NONE;
    (void)kor_take_mark(&s, ',');
    bool on = kor_take(&s, KOR_WORD_OF) || kor_take(&s, KOR_WORD_ON);
    if (!read_core(&s, on ? KOR_WORD_ON : KOR_WORD_NONE, &d) || !is_day(&d.period)) return false;
    if (draft->period.part) {
        /* "in the morning last night" is two times. */
        if (d.period.part) return false;
        d.period.part = draft->period.part;
    }
    *draft = d;
    *c = s;
    return true;
}

/* "early March", "mid-November", "late on Friday", "earlier in the week", "the end of last week",
 * "the rest of the day". */
static bool read_sliced(kor_cursor *c, kor_draft *draft)
{
    kor_cursor s = *c;
    kor_slice slice = (kor_slice)kor_peek(&s, 0)->value;
    kor_word before = KOR_WORD_SLICE;
    bool of = false;
    if (kor_take(&s, KOR_WORD_SLICE)) {
        if (slice == KOR_SLICE_MIDDLE) (void)kor_take_mark(&s, '-');
        of = kor_take(&s, KOR_WORD_IN);
        if (!of) (void)kor_take(&s, KOR_WORD_ON);
    } else {
        (void)kor_take(&s, KOR_WORD_THE);
        slice = (kor_slice)kor_peek(&s, 0)->value;
        if (!kor_take(&s, KOR_WORD_SLICE_OF) || !kor_take(&s, KOR_WORD_OF)) return false;
        of = true;
        before = KOR_WORD_SLICE_OF;
    }
    if (!read_core(&s, before, draft)) {
        /* "the week" by itself is no time, "the end of the week" is. */
        (void)kor_take(&s, KOR_WORD_THE);
        const kor_token unit = *kor_peek(&s, 0);
        if (!of || !kor_take(&s, KOR_WORD_UNIT) || !unit.singular || unit.value < KOR_UNIT_DAY) {
            return false;
        }
        set_unit(draft, (kor_time_unit)unit.value, 0);
        draft->period.choice = KOR_CHOICE_OF;
        if (unit.value == KOR_UNIT_DAY) (void)read_its_day(&s, draft);
    }
    draft->period.slice = slice;
    *c = s;
    return true;
}

/* "the morning of 20 November"; "in the morning", "at lunch yesterday". */
static bool read_part_first(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    bool article = kor_take(&s, KOR_WORD_THE);
    const kor_token part = *kor_peek(&s, 0);
    if (!kor_take(&s, KOR_WORD_PART)) return false;
    draft->period.kind = KOR_PERIOD_LATEST;
    draft->period.part = (kor_part)part.value;
    bool linked = kor_peek(&s, 0)->word == KOR_WORD_OF || before == KOR_WORD_IN ||
                  before == KOR_WORD_ON || before == KOR_WORD_AT || before == KOR_WORD_DURING;
    bool alone = article && (before == KOR_WORD_IN || before == KOR_WORD_DURING);
    if (!(linked && read_its_day(&s, draft)) && !alone) return false;
    *c = s;
    return true;
}

/* "at 3 pm yesterday", "3-5pm on Monday", "since 9 am". */
static bool read_clock_first(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    if (!kor_read_clocks(&s, before == KOR_WORD_BETWEEN, draft)) return false;
    bool range = draft->use == KOR_CLOCK_RANGE;
    bool stated = draft->clock.stated || (range && draft->clock_end.stated);
    bool leads = before == KOR_WORD_AT || before == KOR_WORD_APPROX ||
                 (range && (before == KOR_WORD_FROM || before == KOR_WORD_BETWEEN));
    draft->period.kind = KOR_PERIOD_LATEST;
    bool parted = read_part_after(&s, draft);
    bool dated = (stated || leads) && read_its_day(&s, draft);
    if (dated && !parted) (void)read_part_after(&s, draft);
    bool alone = before != KOR_WORD_NONE && before != KOR_WORD_IN && before != KOR_WORD_ON &&
                 before != KOR_WORD_DURING;
    if (!dated && (!alone || !(stated || parted))) return false;
    *c = s;
    return true;
}

bool kor_read_period(kor_cursor *c, kor_word before, kor_draft *draft)
{
    static const kor_draft empty = {
        .period = {.weekday = -1, .clock_from = -1, .clock_to = -1},
    };
    bool (*const readers[])(kor_cursor *, kor_word, kor_draft *) = {read_core, read_part_first,
                                                                    read_clock_first};
    *draft = empty;
    bool found = read_sliced(c, draft);
    for (size_t i = 0; !found && i < sizeof readers / sizeof readers[0]; i++) {
        *draft = empty;
        found = readers[i](c, before, draft);
    }
    if (!found) return false;
    read_rest(c, draft);
    kor_settle_clocks(draft);
    return true;
}
