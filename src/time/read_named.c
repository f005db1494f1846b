/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase_period.h"

static int period_within(kor_reader *r)
{
    if (r->depth + 1 >= KOR_READ_DEPTH) return KOR_NO_NODE;
    r->depth++;
    int node = kor_read_period(r);
    r->depth--;
    return node;
}

/* A unit that a slice or an nth is of: "month", "the year", "my week"; with or without an article.
 */
static int read_plain_unit(kor_reader *r)
{
    kor_reader s = *r;
    kor_unit unit;
    if (!kor_take(&s, KOR_WORD_THE)) (void)kor_take(&s, KOR_WORD_MY);
    const kor_token *t = kor_peek(&s, 0);
    if (t->word != KOR_WORD_UNIT || !(t->flags & KOR_WORD_SINGULAR) || !kor_read_unit(&s, &unit))
        return KOR_NO_NODE;
    if (unit < KOR_UNIT_DAY || unit == KOR_UNIT_FORTNIGHT || unit == KOR_UNIT_WORKDAY)
        return KOR_NO_NODE;
    /* "the week of ...", "the year 2012" are more than that */
    kor_word next = kor_word_ahead(&s, 0);
    if (next == KOR_WORD_OF || next == KOR_WORD_NUMBER || next == KOR_WORD_BEFORE ||
        next == KOR_WORD_AFTER)
        return KOR_NO_NODE;
    kor_node n = kor_new_node(KOR_NODE_UNIT);
    n.unit = (uint8_t)unit;
    n.choice = KOR_CHOICE_OF;
    int node = kor_add_node(&s, n);
    if (node >= 0) *r = s;
    return node;
}

static int read_whole(kor_reader *r)
{
    int node = read_plain_unit(r);
    return node >= 0 ? node : period_within(r);
}

/* ---- The nth of something ---- */

int kor_read_nth(kor_reader *r)
{
    kor_reader s = *r;
    bool the = kor_take(&s, KOR_WORD_THE);
    kor_node n = kor_new_node(KOR_NODE_NTH);
    const kor_token *t = kor_peek(&s, 0);
    if (!kor_is_free(r, t)) return KOR_NO_NODE;
    int32_t count = 1;
    if (t->word == KOR_WORD_LAST && t->value == KOR_CHOICE_LAST) {
        n.n = -1;
        s.at++;
    } else if (!kor_read_ordinal(&s, &n.n) || n.n < 1) {
        return KOR_NO_NODE;
    }
    bool many = (n.n == -1 || n.n == 1) && kor_read_cardinal(&s, &count);
    bool hyphen = kor_is_mark(&s, 0, '-') && !many;
    s.at += hyphen;
    t = kor_peek(&s, 0);
    kor_unit unit = KOR_UNIT_DAY;
    bool plural = false;
    if (t->word == KOR_WORD_WEEKDAY && !(t->flags & KOR_WORD_PLURAL) && !many) {
        n.weekday = (int8_t)t->value;
        s.at++;
    } else if (t->word == KOR_WORD_HALF && n.n >= 1 && n.n <= 2 && !many) {
        unit = KOR_UNIT_HALF;
        s.at++;
        if (kor_is_mark(&s, 0, '-')) s.at++; /* "the second half-year" */
        (void)kor_take_text(&s, "year");
    } else {
        plural = t->word == KOR_WORD_UNIT && !(t->flags & KOR_WORD_SINGULAR);
        if (!kor_read_unit(&s, &unit) || unit < KOR_UNIT_DAY) return KOR_NO_NODE;
        if (unit == KOR_UNIT_FORTNIGHT) {
            unit = KOR_UNIT_WEEK;
            count *= 2;
        }
    }
    if (plural != (many && count != 1) || count < 1 || count > 366 || n.n > 366) return KOR_NO_NODE;
    if (unit >= KOR_UNIT_YEAR) return KOR_NO_NODE;
    n.unit = (uint8_t)unit;
    n.count = count;
    bool quarter = unit == KOR_UNIT_QUARTER && !many;
    kor_reader bare = s;
    bool linked = kor_take(&s, KOR_WORD_OF) || kor_take(&s, KOR_WORD_IN) || kor_take_mark(&s, ',');
    int child = KOR_NO_NODE;
    if (kor_word_ahead(&s, 0) != KOR_WORD_EVERY) {
        int32_t year;
        kor_reader dated = s;
        if ((linked || quarter || unit == KOR_UNIT_HALF) && kor_read_year_number(&dated, &year) &&
            year < 3000) {
            kor_node y = kor_new_node(KOR_NODE_DATE);
            y.year = year;
            y.has_year = true;
            y.unit = KOR_UNIT_YEAR;
            s = dated;
            child = kor_add_node(&s, y);
        } else if (linked || quarter || kor_word_ahead(&s, 0) == KOR_WORD_THIS ||
                   (n.weekday >= 0 && kor_word_ahead(&s, 0) == KOR_WORD_NEXT)) {
            child = read_whole(&s);
        }
    } else {
        return KOR_NO_NODE;
    }
    if (child < 0) {
        s = bare;
        if (n.n < 0) return KOR_NO_NODE; /* "last week" is read elsewhere */
        if (many && count > 1 && n.n == 1 && unit == KOR_UNIT_MONTH && the && count < 12)
            quarter = true; /* "the first nine months" */
        bool ordinary = quarter && n.n <= 4 && (the || hyphen);
        if (!ordinary && n.weekday < 0) return KOR_NO_NODE;
        if (n.weekday >= 0 && (n.n > 5 || kor_word_ahead(&s, 0) == KOR_WORD_NONE))
            return KOR_NO_NODE;
        kor_node around = kor_new_node(KOR_NODE_UNIT);
        around.unit = quarter ? KOR_UNIT_YEAR : KOR_UNIT_MONTH;
        around.choice = quarter ? KOR_CHOICE_FLOAT : KOR_CHOICE_OF;
        child = kor_add_node(&s, around);
    }
    int node = child < 0 ? child : kor_wrap(&s, n, child);
    if (node >= 0) *r = s;
    return node;
}

/* ---- Quarters, seasons, decades, centuries, numbers ---- */

/* q3, H2: -1 when it is none. */
static int32_t read_quarter_number(kor_reader *r, kor_unit *unit)
{
    const kor_token *t = kor_peek(r, 0), *n = kor_peek(r, 1);
    bool half = t->word == KOR_WORD_LETTER && t->value == KOR_UNIT_HOUR;
    if (t->word != KOR_WORD_QUARTER && !half) return -1;
    if (n->word != KOR_WORD_NUMBER || n->digits != 1 || !n->glued) return -1;
    if (n->value < 1 || n->value > (half ? 2 : 4)) return -1;
    const kor_token *next = kor_peek(r, 2);
    if (next->glued && next->word != KOR_WORD_MARK && next->word != KOR_WORD_END &&
        next->word != KOR_WORD_NUMBER)
        return -1;
    *unit = half ? KOR_UNIT_HALF : KOR_UNIT_QUARTER;
    r->at += 2;
    return n->value;
}

static int read_quarter(kor_reader *r)
{
    kor_reader s = *r;
    kor_unit unit;
    int32_t year = 0;
    kor_node n = kor_new_node(KOR_NODE_QUARTER);
    const kor_token *first = kor_peek(&s, 0);
    if (!kor_is_free(r, first)) return KOR_NO_NODE;
    if (first->word == KOR_WORD_NUMBER && first->digits == 1 && first->value >= 1 &&
        first->value <= 4 && kor_word_ahead(&s, 1) == KOR_WORD_QUARTER &&
        kor_peek(&s, 1)->glued) { /* "1Q 2026", "3Q25" */
        n.n = first->value;
        n.unit = KOR_UNIT_QUARTER;
        s.at += 2;
        const kor_token *y = kor_peek(&s, 0);
        n.two_digits = y->word == KOR_WORD_NUMBER && y->glued && y->digits == 2;
        if (!n.two_digits && !kor_read_year_number(&s, &year)) return KOR_NO_NODE;
        n.year = n.two_digits ? y->value : year;
        s.at += n.two_digits;
        n.has_year = true;
        *r = s;
        return kor_add_node(r, n);
    }
    if (first->word == KOR_WORD_NUMBER) {
        if (!kor_read_year_number(&s, &year)) return KOR_NO_NODE;
        bool glue = kor_is_mark(&s, 0, '-') || kor_is_mark(&s, 0, '/');
        if (glue) s.at++;
        (void)kor_take(&s, KOR_WORD_THE);
        kor_reader words = s;
        int32_t ordinal = 0;
        if ((n.n = read_quarter_number(&s, &unit)) < 0) {
            s = words;
            if (!kor_read_ordinal(&s, &ordinal) || ordinal > 4 || !kor_take_text(&s, "quarter"))
                return KOR_NO_NODE;
            n.n = ordinal;
            unit = KOR_UNIT_QUARTER;
        }
        n.year = year;
        n.has_year = true;
        n.unit = (uint8_t)unit;
        *r = s;
        return kor_add_node(r, n);
    }
    uint8_t choice;
    int32_t away = 0;
    kor_reader relative = s;
    bool chosen = kor_read_choice(&relative, &choice, &away);
    if (chosen && kor_take_text(&relative, "year")) { /* "next year's fourth quarter" */
        if (!kor_is_mark(&relative, 0, '\'')) return KOR_NO_NODE;
        relative.at += 2;
        int32_t ordinal;
        if ((n.n = read_quarter_number(&relative, &unit)) < 0) {
            if (!kor_read_ordinal(&relative, &ordinal) || ordinal < 1 || ordinal > 4)
                return KOR_NO_NODE;
            (void)kor_take_mark(&relative, '-');
            if (!kor_take_text(&relative, "quarter")) return KOR_NO_NODE;
            n.n = ordinal;
            unit = KOR_UNIT_QUARTER;
        }
        n.unit = (uint8_t)unit;
        n.choice = KOR_CHOICE_OF;
        n.count = away;
        *r = relative;
        return kor_add_node(r, n);
    }
    if ((n.n = read_quarter_number(&s, &unit)) < 0) return KOR_NO_NODE;
    n.unit = (uint8_t)unit;
    int node = kor_add_node(&s, n);
    kor_reader dated = s;
    if (kor_is_mark(&dated, 0, '-') || kor_is_mark(&dated, 0, '/')) dated.at++;
    int date = kor_add_node(&dated, kor_new_node(KOR_NODE_DATE));
    if (node < 0 || date < 0) return KOR_NO_NODE;
    kor_node *q = kor_at_node(&s, node);
    if (kor_read_year_after(&dated, date)) {
        const kor_node *y = kor_at_node(&dated, date);
        q->year = y->year;
        q->has_year = y->has_year;
        q->two_digits = y->two_digits;
        q->choice = y->choice;
        q->count = y->n;
        s = dated;
    } else if (unit == KOR_UNIT_HALF && kor_behind(r, 1)->word != KOR_WORD_IN &&
               kor_behind(r, 1)->word != KOR_WORD_OF) {
        return KOR_NO_NODE;
    }
    *r = s;
    return node;
}

static int read_season(kor_reader *r)
{
    kor_reader s = *r;
    kor_node n = kor_new_node(KOR_NODE_SEASON);
    bool chosen = kor_read_choice(&s, &n.choice, &n.count);
    kor_reader the_at = s;
    bool the = !chosen && kor_take(&s, KOR_WORD_THE);
    const kor_token t = *kor_peek(&s, 0);
    if (t.word != KOR_WORD_SEASON || (t.joined && !chosen)) return KOR_NO_NODE;
    n.n = t.value;
    n.unit = KOR_UNIT_QUARTER;
    s.at++;
    if (kor_is_text(&s, 0, "break")) return KOR_NO_NODE;
    int node = kor_add_node(&s, n);
    if (node < 0) return node;
    kor_reader dated = s;
    int date = kor_add_node(&dated, kor_new_node(KOR_NODE_DATE));
    if (date < 0) return date;
    kor_node *season = kor_at_node(&s, node);
    if (!chosen && kor_read_year_after(&dated, date)) {
        const kor_node *y = kor_at_node(&dated, date);
        season->year = y->year;
        season->has_year = y->has_year;
        season->two_digits = y->two_digits;
        season->choice = y->choice;
        season->count = y->n;
        const kor_token *half = kor_peek(&dated, 1); /* "winter 2025/26" */
        if (kor_is_mark(&dated, 0, '/') && half->glued && half->word == KOR_WORD_NUMBER &&
            half->digits == 2)
            dated.at += 2;
        *r = dated;
        return node;
    }
    kor_word before = kor_behind(&the_at, 1)->word;
    bool placed = before == KOR_WORD_IN || before == KOR_WORD_DURING || before == KOR_WORD_SLICE ||
                  before == KOR_WORD_SINCE || before == KOR_WORD_UNTIL || before == KOR_WORD_BY ||
                  before == KOR_WORD_OF || before == KOR_WORD_BEFORE || before == KOR_WORD_AFTER;
    kor_word next = kor_word_ahead(&s, 0);
    bool closes = next == KOR_WORD_END || next == KOR_WORD_MARK || next == KOR_WORD_AND ||
                  next == KOR_WORD_OR;
    if (t.flags & KOR_WORD_AMBIGUOUS && !chosen && !(placed && closes)) return KOR_NO_NODE;
    if (!chosen && !the && !placed && next == KOR_WORD_NONE) return KOR_NO_NODE;
    if (chosen && t.flags & KOR_WORD_AMBIGUOUS && next == KOR_WORD_NONE && n.count == 0)
        return KOR_NO_NODE;
    *r = s;
    return node;
}

static bool takes_plural(kor_reader *r)
{
    kor_reader s = *r;
    if (kor_is_mark(&s, 0, '\'') && kor_peek(&s, 0)->glued) s.at++;
    if (!kor_is_text(&s, 0, "s") || !kor_peek(&s, 0)->glued) return false;
    s.at++;
    *r = s;
    return true;
}

/* "the 90s", "the '70s", "the 1970's", "the nineties", "the twenty-tens" */
static int read_decade(kor_reader *r)
{
    kor_reader s = *r;
    bool the = kor_take(&s, KOR_WORD_THE);
    bool quote = kor_is_mark(&s, 0, '\'') && kor_peek(&s, 1)->glued;
    if (quote) s.at++;
    const kor_token t = *kor_peek(&s, 0);
    kor_node n = kor_new_node(KOR_NODE_DECADE);
    n.unit = KOR_UNIT_DECADE;
    if (t.word == KOR_WORD_NUMBER && (t.digits == 2 || t.digits == 4) && t.value % 10 == 0) {
        s.at++;
        if (!takes_plural(&s)) return KOR_NO_NODE;
        kor_word before = kor_behind(r, 1)->word;
        bool known = the || quote || before == KOR_WORD_SLICE ||
                     (before == KOR_WORD_MARK && kor_behind(r, 2)->word == KOR_WORD_SLICE) ||
                     before == KOR_WORD_END;
        if (t.digits == 4 ? t.value < 1300 || t.value > 2200 : (!known && before != KOR_WORD_END))
            return KOR_NO_NODE;
        n.year = t.value;
        n.two_digits = t.digits == 2;
    } else {
        int32_t high = 0;
        kor_reader words = s;
        if (kor_read_cardinal(&words, &high) && t.word == KOR_WORD_COUNT && high >= 13 &&
            high <= 20) {
            if (kor_is_mark(&words, 0, '-')) words.at++;
            if (kor_word_ahead(&words, 0) != KOR_WORD_DECADE) return KOR_NO_NODE;
            s = words;
        } else {
            high = 0;
        }
        const kor_token *name = kor_peek(&s, 0);
        if (name->word != KOR_WORD_DECADE) return KOR_NO_NODE;
        if (!high && name->flags & KOR_WORD_AMBIGUOUS) return KOR_NO_NODE;
        kor_word before = kor_behind(r, 1)->word;
        if (!high && !the && before != KOR_WORD_SLICE && before != KOR_WORD_MARK)
            return KOR_NO_NODE;
        s.at++;
        n.year = name->value > 99 ? name->value : high * 100 + name->value;
        n.two_digits = !high && name->value <= 99;
    }
    int node = kor_add_node(&s, n);
    if (node >= 0) *r = s;
    return node;
}

/* "the 21st century", "week 12 of 2026", "2026-W12", "year 2012", "cy18" */
static int read_numbered(kor_reader *r)
{
    kor_reader s = *r;
    /* At the start "the" only leads. */
    if (r->at > r->words->first) (void)kor_take(&s, KOR_WORD_THE);
    int32_t number;
    kor_reader ordinal = s;
    const kor_token t = *kor_peek(&s, 0), next = *kor_peek(&s, 1);
    if (!kor_is_free(r, &t)) return KOR_NO_NODE;
    if (kor_read_ordinal(&ordinal, &number)) {
        if (kor_is_mark(&ordinal, 0, '-')) ordinal.at++;
        if (!kor_take_text(&ordinal, "century") || number < 1 || number > 99) return KOR_NO_NODE;
        kor_node n = kor_new_node(KOR_NODE_CENTURY);
        n.n = number;
        n.unit = KOR_UNIT_CENTURY;
        *r = ordinal;
        return kor_add_node(r, n);
    }
    if (t.word == KOR_WORD_UNIT && t.value == KOR_UNIT_WEEK && t.flags & KOR_WORD_SINGULAR) {
        if (next.word != KOR_WORD_NUMBER || next.digits > 2 || next.value < 1 || next.value > 53)
            return KOR_NO_NODE;
        const kor_token *after = kor_peek(&s, 2);
        if (after->glued && after->word != KOR_WORD_MARK && after->word != KOR_WORD_END)
            return KOR_NO_NODE;
        s.at += 2;
        kor_node n = kor_new_node(KOR_NODE_WEEK_NUMBER);
        n.n = next.value;
        n.unit = KOR_UNIT_WEEK;
        int node = kor_add_node(&s, n), date = kor_add_node(&s, kor_new_node(KOR_NODE_DATE));
        if (node < 0 || date < 0) return KOR_NO_NODE;
        if (kor_read_year_after(&s, date)) {
            kor_node *week = kor_at_node(&s, node);
            const kor_node *y = kor_at_node(&s, date);
            week->year = y->year;
            week->has_year = y->has_year;
            week->choice = y->choice;
            week->count = y->n;
        }
        *r = s;
        return node;
    }
    if (t.word == KOR_WORD_NUMBER && t.digits == 4 && t.value >= 1900 && t.value < 2200) {
        bool dash = kor_is_mark(&s, 1, '-');
        const kor_token *w = kor_peek(&s, dash ? 2 : 1), *n = kor_peek(&s, dash ? 3 : 2);
        if (w->word != KOR_WORD_LETTER || w->value != KOR_UNIT_WEEK || !w->glued || !n->glued)
            return KOR_NO_NODE;
        if (n->word != KOR_WORD_NUMBER || n->digits != 2 || n->value < 1 || n->value > 53)
            return KOR_NO_NODE;
        kor_node week = kor_new_node(KOR_NODE_WEEK_NUMBER);
        week.n = n->value;
        week.year = t.value;
        week.has_year = true;
        week.unit = KOR_UNIT_WEEK;
        s.at += dash ? 4 : 3;
        /* 2026-W12-3: a day of it */
        const kor_token *day = kor_peek(&s, 1);
        bool daily = kor_is_mark(&s, 0, '-') && kor_peek(&s, 0)->glued && day->glued &&
                     day->word == KOR_WORD_NUMBER && day->digits == 1 && day->value >= 1 &&
                     day->value <= 7;
        int node = kor_add_node(&s, week);
        if (daily && node >= 0) {
            kor_node d = kor_new_node(KOR_NODE_WEEKDAY);
            d.weekday = (int8_t)(day->value - 1);
            d.choice = KOR_CHOICE_OF;
            s.at += 2;
            node = kor_wrap(&s, d, node);
        }
        *r = s;
        return node;
    }
    bool calendar = t.word == KOR_WORD_FISCAL && t.value == 2;
    if (kor_is_text(&s, 0, "year") || calendar) {
        s.at++;
        int32_t year;
        if (!kor_read_cardinal(&s, &year)) return KOR_NO_NODE;
        const kor_token *said = kor_behind(&s, 1);
        bool two = calendar && said->digits == 2;
        if (!calendar && said->digits && said->digits < 3) return KOR_NO_NODE;
        if (!said->digits && s.at == r->at + 2) { /* "year two": no */
            return KOR_NO_NODE;
        }
        int32_t better;
        kor_reader words = *r;
        words.at = r->at + (size_t)(kor_word_ahead(r, 0) == KOR_WORD_THE) + 1;
        if (!said->digits && kor_read_year_number(&words, &better) && words.at >= s.at) {
            year = better;
            s.at = words.at;
        }
        kor_node n = kor_new_node(KOR_NODE_DATE);
        n.year = year;
        n.has_year = true;
        n.two_digits = two;
        n.unit = KOR_UNIT_YEAR;
        *r = s;
        return kor_add_node(r, n);
    }
    return KOR_NO_NODE;
}

/* "last fiscal year", "fy18", "the fiscal year 2008": known as time, but not when. */
static int read_fiscal(kor_reader *r)
{
    kor_reader s = *r;
    uint8_t choice;
    int32_t away, year;
    kor_unit unit;
    bool chosen = kor_read_choice(&s, &choice, &away);
    kor_reader ordinal = s;
    if (kor_read_ordinal(&ordinal, &away)) s = ordinal;
    const kor_token t = *kor_peek(&s, 0);
    if (t.word != KOR_WORD_FISCAL || t.value == 2 || (t.joined && !chosen)) return KOR_NO_NODE;
    s.at++;
    kor_reader unit_at = s;
    bool named = (kor_read_unit(&unit_at, &unit) && unit >= KOR_UNIT_MONTH) ||
                 read_quarter_number(&unit_at, &unit) > 0;
    if (named) s = unit_at;
    if (t.flags & KOR_WORD_AMBIGUOUS && !(named && unit == KOR_UNIT_YEAR)) return KOR_NO_NODE;
    const kor_token *n = kor_peek(&s, 0);
    bool numbered = n->word == KOR_WORD_NUMBER && (n->digits == 2 || n->digits == 4);
    if (t.value == 1 && !(numbered || chosen)) return KOR_NO_NODE;
    if (numbered)
        s.at++;
    else if (kor_read_year_number(&s, &year))
        numbered = true;
    if (!named && !numbered) return KOR_NO_NODE;
    s.e->why = "fiscal and school years begin when each house decides, and none is configured";
    int node = kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
    if (node >= 0) *r = s;
    return node;
}

int kor_read_named(kor_reader *r)
{
    static int (*const readers[])(kor_reader *) = {read_quarter, read_season, read_decade,
                                                   read_numbered, read_fiscal};
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        kor_reader s = *r;
        int node = readers[i](&s);
        if (node >= 0) {
            *r = s;
            return node;
        }
    }
    return KOR_NO_NODE;
}

/* ---- Slices ---- */

/* The day that "end of day" may be of: "end of day Friday". */
static int read_its_day(kor_reader *r, int node)
{
    kor_reader s = *r;
    (void)(kor_take_mark(&s, ',') || kor_take(&s, KOR_WORD_ON));
    int day = period_within(&s);
    if (day < 0 || !kor_is_day(s.e, day)) return node;
    *r = s;
    return day;
}

int kor_read_slice(kor_reader *r)
{
    kor_reader s = *r;
    kor_node n = kor_new_node(KOR_NODE_SLICE);
    bool the = kor_take(&s, KOR_WORD_THE);
    const kor_token t = *kor_peek(&s, 0);
    if (!kor_is_free(r, &t)) return KOR_NO_NODE;
    int child = KOR_NO_NODE;
    if (t.word == KOR_WORD_ABBREVIATION) {
        kor_node unit = kor_new_node(KOR_NODE_UNIT);
        unit.unit = (uint8_t)(t.value % 100);
        unit.choice = KOR_CHOICE_OF;
        if (the && r->at == r->words->first && unit.unit != KOR_UNIT_DAY) return KOR_NO_NODE;
        n.slice = t.value >= 100 ? KOR_SLICE_SO_FAR : KOR_SLICE_LAST;
        n.article = true;
        s.at++;
        child = kor_add_node(&s, unit);
        if (unit.unit == KOR_UNIT_DAY) child = read_its_day(&s, child);
    } else if (t.word == KOR_WORD_UNIT && !the) { /* "year end", "month-end" */
        kor_unit unit;
        if (!(t.flags & KOR_WORD_SINGULAR) || !kor_read_unit(&s, &unit) || unit < KOR_UNIT_MONTH ||
            unit > KOR_UNIT_YEAR)
            return KOR_NO_NODE;
        if (kor_is_mark(&s, 0, '-')) s.at++;
        if (!kor_take_text(&s, "end")) return KOR_NO_NODE;
        kor_node around = kor_new_node(KOR_NODE_UNIT);
        around.unit = (uint8_t)unit;
        around.choice = KOR_CHOICE_OF;
        n.slice = KOR_SLICE_LAST;
        child = kor_add_node(&s, around);
    } else if (t.word == KOR_WORD_SLICE) {
        n.slice = (uint8_t)t.value;
        s.at++;
        bool to_date = t.value == KOR_SLICE_SO_FAR || t.value == KOR_SLICE_LATER;
        bool dash = kor_is_mark(&s, 0, '-') && kor_peek(&s, 0)->glued;
        if (dash) s.at++;
        bool in = kor_take(&s, KOR_WORD_IN) || kor_take(&s, KOR_WORD_ON);
        kor_word next = kor_word_ahead(&s, 0);
        if (!in && (next == KOR_WORD_THE || next == KOR_WORD_MY) && !to_date) return KOR_NO_NODE;
        if (!in && next == KOR_WORD_THE) return KOR_NO_NODE;
        if (the && t.value != KOR_SLICE_FIRST && t.value != KOR_SLICE_LAST) return KOR_NO_NODE;
        if (in || next == KOR_WORD_THE) child = read_plain_unit(&s);
        if (child < 0) child = period_within(&s);
        /* "early in the day Wednesday" */
        if (child >= 0 && kor_at_node(&s, child)->kind == KOR_NODE_UNIT &&
            kor_at_node(&s, child)->unit == KOR_UNIT_DAY &&
            kor_behind(&s, 1)->word == KOR_WORD_UNIT) {
            kor_reader day = s;
            (void)kor_take(&day, KOR_WORD_ON);
            int named = period_within(&day);
            if (named >= 0 && kor_is_day(s.e, named)) {
                child = named;
                n.within = true; /* halves of the day */
                s = day;
            }
        }
    } else if (t.word == KOR_WORD_SLICE_OF) {
        n.slice = (uint8_t)t.value;
        n.article = the;
        s.at++;
        bool of = kor_take(&s, KOR_WORD_OF);
        bool rest = t.value == KOR_SLICE_REST;
        if (!of && !rest &&
            !(kor_peek(&s, 0)->word == KOR_WORD_THIS || kor_peek(&s, 0)->word == KOR_WORD_LAST ||
              kor_peek(&s, 0)->word == KOR_WORD_NEXT))
            return KOR_NO_NODE;
        if (!of && t.flags & KOR_WORD_AMBIGUOUS) return KOR_NO_NODE;
        if (!of && !rest && !kor_is_text(r, (size_t)the, "end")) return KOR_NO_NODE;
        child = read_whole(&s);
        if (child >= 0 && kor_behind(&s, 1)->word == KOR_WORD_UNIT &&
            kor_at_node(&s, child)->unit == KOR_UNIT_DAY)
            child = read_its_day(&s, child);
        if (child >= 0 && t.flags & KOR_WORD_AMBIGUOUS &&
            kor_at_node(&s, child)->unit < KOR_UNIT_YEAR)
            return KOR_NO_NODE;
    } else {
        return KOR_NO_NODE;
    }
    if (child < 0) return KOR_NO_NODE;
    const kor_node *c = kor_at_node(&s, child);
    if (c->kind == KOR_NODE_NOW || c->kind == KOR_NODE_ROLL || c->kind == KOR_NODE_SHIFT)
        return KOR_NO_NODE;
    if (c->kind == KOR_NODE_SLICE || c->kind == KOR_NODE_PART) return KOR_NO_NODE;
    int node = kor_wrap(&s, n, child);
    if (node >= 0) *r = s;
    return node;
}
