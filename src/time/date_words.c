/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

static bool is_glued_mark(const kor_cursor *c, size_t ahead, int32_t mark)
{
    return kor_is_mark(c, ahead, mark) && kor_peek(c, ahead)->glued;
}

static bool is_number(const kor_token *t, uint8_t least, uint8_t most)
{
    return t->word == KOR_WORD_NUMBER && t->digits >= least && t->digits <= most;
}

/* A year as people write it in running text. */
static bool is_year(const kor_token *t)
{
    return is_number(t, 4, 4) && t->value >= 1900 && t->value <= 2099;
}

bool kor_read_year(kor_cursor *c, int32_t *year)
{
    kor_cursor s = *c;
    if (!kor_take_mark(&s, ',')) (void)kor_take(&s, KOR_WORD_OF);
    if (!is_year(kor_peek(&s, 0))) return false;
    *year = kor_peek(&s, 0)->value;
    s.at++;
    *c = s;
    return true;
}

bool kor_read_day_number(kor_cursor *c, int32_t *day)
{
    const kor_token *t = kor_peek(c, 0);
    if (t->word != KOR_WORD_ORDINAL && !is_number(t, 1, 2)) return false;
    *day = t->value;
    const kor_token *next = kor_peek(c, 1);
    if (t->word == KOR_WORD_NUMBER && next->glued) {
        if (next->word == KOR_WORD_ORDINAL_SUFFIX) {
            c->at += 2;
            return true;
        }
        /* "3pm", "3:30", "3.5" and "3/4" are not days. */
        bool ends = next->word == KOR_WORD_MARK && !kor_is_mark(c, 1, ':') &&
                    !kor_is_mark(c, 1, '%') && !kor_is_mark(c, 1, '/');
        bool decimal = kor_is_mark(c, 1, '.') && kor_peek(c, 2)->word == KOR_WORD_NUMBER &&
                       kor_peek(c, 2)->glued;
        if (!ends || decimal) return false;
    }
    c->at++;
    return true;
}

/* ---- Relative ---- */

bool kor_read_relative(kor_cursor *c, kor_time_unit wanted, int32_t *n)
{
    kor_cursor s = *c;
    (void)kor_take(&s, KOR_WORD_OF);
    kor_word which = kor_peek(&s, 0)->word;
    *n = which == KOR_WORD_LAST ? -1 : which == KOR_WORD_NEXT ? 1 : 0;
    if (*n == 0 && which != KOR_WORD_THIS) return false;
    s.at++;
    const kor_token *unit = kor_peek(&s, 0);
    if (unit->word != KOR_WORD_UNIT || unit->value != (int32_t)wanted || !unit->singular) {
        return false;
    }
    s.at++;
    *c = s;
    return true;
}

/* ---- Months by name ---- */

/* Whether `may` or `march` can be meant as a month here: it can when it is written as a name or
 * when nothing follows that it could be the verb of. sure: the words before it leave no doubt. */
static bool is_month(const kor_cursor *after, const kor_token *month, bool sure)
{
    if (!month->ambiguous || month->capital || sure) return true;
    kor_word next = kor_peek(after, 0)->word;
    return next == KOR_WORD_END || next == KOR_WORD_MARK;
}

static void set_date(kor_draft *draft, kor_time_unit unit, int32_t year, int32_t month, int32_t day)
{
    draft->period.kind = KOR_PERIOD_DATE;
    draft->period.unit = unit;
    draft->period.year = year;
    draft->period.month = month;
    draft->period.day = day;
}

static bool allows_month_alone(kor_word before)
{
    return before != KOR_WORD_NONE && before != KOR_WORD_APPROX && before != KOR_WORD_AT &&
           before != KOR_WORD_ON;
}

/* "November 20th, 2026", "Nov. 20", "November 2026", and where allowed "November". */
static bool read_month_first(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    const kor_token month = *kor_peek(&s, 0);
    if (!kor_take(&s, KOR_WORD_MONTH)) return false;
    kor_cursor alone = s;
    if (month.abbreviated && is_glued_mark(&s, 0, '.')) s.at++;
    int32_t year = 0, day;
    if (kor_read_year(&s, &year)) {
        set_date(draft, KOR_UNIT_MONTH, year, month.value, 0);
        *c = s;
        return true;
    }
    (void)kor_take(&s, KOR_WORD_THE);
    if (kor_read_day_number(&s, &day)) {
        bool dated = kor_read_year(&s, &year) || before == KOR_WORD_ON;
        if (is_month(&s, &month, dated)) {
            set_date(draft, KOR_UNIT_DAY, year, month.value, day);
            *c = s;
            return true;
        }
    }
    /* "this may work", "to march on" and "the last may fail" are verbs. */
    bool doubtful = before == KOR_WORD_THIS || before == KOR_WORD_NEXT || before == KOR_WORD_TO ||
                    before == KOR_WORD_AND || before == KOR_WORD_SLICE ||
                    (before == KOR_WORD_LAST && month.value == 5);
    kor_cursor year_at = alone;
    int32_t years;
    if (kor_read_relative(&year_at, KOR_UNIT_YEAR, &years))
        doubtful = false;
    else if (!allows_month_alone(before))
        return false;
    if (!is_month(&alone, &month, !doubtful)) return false;
    set_date(draft, KOR_UNIT_MONTH, 0, month.value, 0);
    *c = alone;
    return true;
}

/* "20 November 2026", "20th of Nov". */
static bool read_day_first(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    int32_t year = 0, day;
    if (!kor_read_day_number(&s, &day)) return false;
    /* "20th" and "second" say that a day follows, "20" does not. */
    bool sure = s.at - c->at == 2 || kor_peek(c, 0)->word == KOR_WORD_ORDINAL;
    sure |= kor_take(&s, KOR_WORD_OF) || before == KOR_WORD_ON;
    const kor_token month = *kor_peek(&s, 0);
    if (!kor_take(&s, KOR_WORD_MONTH)) return false;
    if (month.abbreviated && is_glued_mark(&s, 0, '.') && kor_peek(&s, 1)->word != KOR_WORD_END) {
        kor_cursor dotted = s;
        dotted.at++;
        if (kor_read_year(&dotted, &year)) s = dotted;
    }
    sure |= year || kor_read_year(&s, &year);
    if (!is_month(&s, &month, sure)) return false;
    set_date(draft, KOR_UNIT_DAY, year, month.value, day);
    *c = s;
    return true;
}

/* "the 20th", in this month or the one before: only where a word before it promises a day and no
 * word after it could be what is counted ("on the 2nd floor"). The article is taken already. */
static bool read_ordinal_day(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    int32_t day;
    bool promised = before != KOR_WORD_NONE && before != KOR_WORD_IN && before != KOR_WORD_AT;
    if (!promised || kor_peek(&s, 1)->word != KOR_WORD_ORDINAL_SUFFIX) return false;
    if (!kor_read_day_number(&s, &day)) return false;
    kor_word next = kor_peek(&s, 0)->word;
    if (next == KOR_WORD_NONE || next == KOR_WORD_UNIT || next == KOR_WORD_OF ||
        next == KOR_WORD_NUMBER) {
        return false;
    }
    set_date(draft, KOR_UNIT_DAY, 0, 0, day);
    *c = s;
    return true;
}

/* ---- Numbers ---- */

/* "2026-11-20", "2026/11/20", "2026-11". A month 13 is read, for the resolver to refuse. */
static bool read_iso(kor_cursor *c, kor_draft *draft)
{
    const kor_token *year = kor_peek(c, 0);
    int32_t mark = kor_peek(c, 1)->value;
    const kor_token *month = kor_peek(c, 2), *day = kor_peek(c, 4);
    if (!is_number(year, 4, 4) || (mark != '-' && mark != '/') || !is_glued_mark(c, 1, mark) ||
        !is_number(month, mark == '-' ? 2 : 1, 2) || !month->glued) {
        return false;
    }
    bool has_day =
        is_glued_mark(c, 3, mark) && is_number(day, mark == '-' ? 2 : 1, 2) && day->glued;
    if (!has_day && mark == '/') return false;
    set_date(draft, has_day ? KOR_UNIT_DAY : KOR_UNIT_MONTH, year->value, month->value,
             has_day ? day->value : 0);
    /* A zero would read as unsaid. */
    draft->wrong |= year->value == 0 || month->value == 0 || (has_day && day->value == 0);
    c->at += has_day ? 5 : 3;
    kor_cursor s = *c;
    if (has_day && kor_peek(&s, 0)->glued && kor_take(&s, KOR_WORD_T) &&
        kor_read_clocks(&s, false, draft)) {
        *c = s;
    }
    return true;
}

/* "22/11/2026" and "11/22/2026". Where both readings are possible there is no saying which is
 * meant, and neither is taken. */
static bool read_slashes(kor_cursor *c, kor_draft *draft)
{
    const kor_token *a = kor_peek(c, 0), *b = kor_peek(c, 2), *year = kor_peek(c, 4);
    if (!is_number(a, 1, 2) || !is_glued_mark(c, 1, '/') || !is_number(b, 1, 2) || !b->glued ||
        !is_glued_mark(c, 3, '/') || !is_year(year) || !year->glued) {
        return false;
    }
    bool day_first = a->value > 12;
    int32_t month = day_first ? b->value : a->value, day = day_first ? a->value : b->value;
    draft->wrong |= (month != day && day <= 12) || month == 0 || day == 0;
    set_date(draft, KOR_UNIT_DAY, year->value, month, day);
    c->at += 5;
    return true;
}

/* "Q3 2025", "2025 Q3", and where allowed "Q3". */
static bool read_quarter(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    int32_t year = 0;
    bool led = kor_read_year(&s, &year) || allows_month_alone(before);
    const kor_token *number = kor_peek(&s, 1);
    if (!kor_take(&s, KOR_WORD_QUARTER) || !number->glued || !is_number(number, 1, 1) ||
        number->value < 1 || number->value > 4) {
        return false;
    }
    s.at++;
    if (!year && !kor_read_year(&s, &year) && !led) return false;
    set_date(draft, KOR_UNIT_QUARTER, year, number->value * 3 - 2, 0);
    *c = s;
    return true;
}

/* A year alone, where a word before it makes it one, and no unit makes it an amount. */
static bool read_bare_year(kor_cursor *c, kor_word before, kor_draft *draft)
{
    const kor_token *t = kor_peek(c, 0);
    bool counted = before == KOR_WORD_LAST || before == KOR_WORD_THIS || before == KOR_WORD_NEXT ||
                   kor_peek(c, 1)->word == KOR_WORD_UNIT;
    if (!is_year(t) || !allows_month_alone(before) || counted) {
        return false;
    }
    set_date(draft, KOR_UNIT_YEAR, t->value, 0, 0);
    c->at++;
    return true;
}

bool kor_read_date(kor_cursor *c, kor_word before, kor_draft *draft)
{
    kor_cursor s = *c;
    if (read_month_first(c, before, draft) || read_iso(c, draft) || read_slashes(c, draft) ||
        read_quarter(c, before, draft) || read_bare_year(c, before, draft)) {
        return true;
    }
    bool article = kor_take(&s, KOR_WORD_THE);
    if (!read_day_first(&s, before, draft) && !(article && read_ordinal_day(&s, before, draft))) {
        return false;
    }
    *c = s;
    return true;
}

/* ---- Amounts ---- */

bool kor_read_amount(kor_cursor *c, int32_t *n, kor_time_unit *unit)
{
    kor_cursor s = *c;
    bool half = kor_take(&s, KOR_WORD_HALF);
    bool article = kor_take(&s, KOR_WORD_ARTICLE);
    const kor_token *t = kor_peek(&s, 0);
    *n = 1;
    if (!half && (t->word == KOR_WORD_COUNT || is_number(t, 1, 4))) {
        *n = t->value;
        s.at++;
    } else if (!half && kor_take(&s, KOR_WORD_COUPLE)) {
        *n = 2;
        (void)kor_take(&s, KOR_WORD_OF);
    } else if (!article) {
        return false;
    }
    const kor_token *named = kor_peek(&s, 0);
    if (!kor_take(&s, KOR_WORD_UNIT)) return false;
    *unit = (kor_time_unit)named->value;
    if (half) {
        if (*unit != KOR_UNIT_HOUR) return false;
        *unit = KOR_UNIT_MINUTE;
        *n = 30;
    }
    *c = s;
    return true;
}
