/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"
#include "time/phrase_period.h"

bool kor_read_choice(kor_reader *r, uint8_t *choice, int32_t *n)
{
    const kor_token *t = kor_peek(r, 0), *next = kor_peek(r, 1);
    if (t->word == KOR_WORD_THIS) {
        bool more =
            t->value == 0 && ((next->word == KOR_WORD_LAST && next->value != KOR_CHOICE_OF) ||
                              (next->word == KOR_WORD_NEXT && next->value == KOR_CHOICE_COMING));
        if (!more) {
            *choice = KOR_CHOICE_OF;
            *n = 0;
            r->at++;
            return true;
        }
        *choice = next->word == KOR_WORD_LAST ? KOR_CHOICE_PAST : KOR_CHOICE_COMING;
        *n = next->word == KOR_WORD_LAST ? -1 : 1;
        r->at += 2;
        return true;
    }
    if (t->word != KOR_WORD_LAST && t->word != KOR_WORD_NEXT) return false;
    *choice = (uint8_t)t->value;
    *n = t->word == KOR_WORD_LAST ? -1 : 1;
    r->at++;
    return true;
}

/* ---- Names ---- */

/* Words that make the present out of "now": others use it to go on with their story. */
static bool ends_clause(const kor_reader *r)
{
    static const char *const go_on[] = {"is",   "are", "was",  "were", "it",  "they", "has",
                                        "have", "and", "that", "will", "can", "which"};
    const kor_token *t = kor_peek(r, 0);
    if (t->word == KOR_WORD_END) { /* perhaps only of the line: "they now" */
        const kor_token *before = kor_behind(r, 2);
        for (size_t i = 0; i < sizeof go_on / sizeof *go_on; i++) {
            if (kor_words_is(r->words, before, go_on[i])) return false;
        }
        return true;
    }
    if (t->word != KOR_WORD_MARK) return t->word >= KOR_WORD_AGO || t->word == KOR_WORD_FOR;
    bool joined = t->glued && kor_peek(r, 1)->glued && kor_word_ahead(r, 1) != KOR_WORD_MARK;
    return !joined && (t->value == '.' || t->value == '?' || t->value == '!' || t->value == ',' ||
                       t->value == ';' || t->value == ')');
}

/* "two Fridays ago", "three Mondays from now" */
static int read_weekdays_away(kor_reader *r)
{
    kor_reader s = *r;
    int32_t count;
    kor_node n = kor_new_node(KOR_NODE_WEEKDAY);
    if (kor_word_ahead(&s, 0) == KOR_WORD_ARTICLE) s.at++;
    if (kor_word_ahead(&s, 0) == KOR_WORD_SOME) {
        count = kor_peek(&s, 0)->value;
        s.at++;
        (void)kor_take(&s, KOR_WORD_OF);
    } else if (s.at > r->at || !kor_read_cardinal(&s, &count) || count < 1 || count > 500) {
        return KOR_NO_NODE;
    }
    const kor_token *day = kor_peek(&s, 0);
    if (day->word != KOR_WORD_WEEKDAY || day->glued) return KOR_NO_NODE;
    n.weekday = (int8_t)day->value;
    s.at++;
    const kor_token *t = kor_peek(&s, 0);
    bool later = (t->word == KOR_WORD_SLICE && t->value == KOR_SLICE_LATER) ||
                 (t->word == KOR_WORD_FROM && kor_word_ahead(&s, 1) == KOR_WORD_NOW);
    if (!later && t->word != KOR_WORD_AGO) return KOR_NO_NODE;
    n.choice = later ? KOR_CHOICE_COMING : KOR_CHOICE_PAST;
    n.count = count - 1;
    s.at += t->word == KOR_WORD_FROM ? 2 : 1;
    int node = kor_add_node(&s, n);
    if (node >= 0) *r = s;
    return node;
}

/* "this time last year", "this time tomorrow" */
static int read_this_time(kor_reader *r)
{
    kor_reader s = *r;
    kor_node n = kor_new_node(KOR_NODE_SHIFT);
    kor_unit unit;
    if (!kor_take_text(&s, "this") || !kor_take_text(&s, "time")) return KOR_NO_NODE;
    const kor_token t = *kor_peek(&s, 0);
    s.at++;
    if ((t.word != KOR_WORD_LAST && t.word != KOR_WORD_NEXT) || !kor_read_unit(&s, &unit) ||
        unit < KOR_UNIT_WEEK)
        return KOR_NO_NODE;
    n.amount = (kor_amount){.unit = (uint8_t)unit, .count = 1};
    kor_amount_add(&n.amount, unit, 1000);
    n.unit = (uint8_t)unit;
    n.sign = t.word == KOR_WORD_LAST ? -1 : 1;
    int node = kor_add_node(&s, n);
    if (node >= 0) *r = s;
    return node;
}

static int read_day_word(kor_reader *r)
{
    const kor_token *t = kor_peek(r, 0);
    kor_reader s = *r;
    int node = KOR_NO_NODE;
    if (t->word == KOR_WORD_DAY) {
        s.at++;
        node = kor_unit_node(&s, KOR_UNIT_DAY, t->value);
    } else if (t->word == KOR_WORD_NOW) {
        s.at++;
        kor_word before = kor_behind(r, 1)->word;
        bool bounded = before == KOR_WORD_FROM || before == KOR_WORD_UNTIL ||
                       before == KOR_WORD_TO || before == KOR_WORD_BY || before == KOR_WORD_AND ||
                       before == KOR_WORD_SINCE || before == KOR_WORD_BETWEEN ||
                       before == KOR_WORD_THAN ||
                       (before == KOR_WORD_MARK && kor_behind(r, 1)->value == '-');
        bool opening = before == KOR_WORD_END || before == KOR_WORD_MARK;
        if (!bounded && (opening || !ends_clause(&s)) &&
            !(opening && ends_clause(&s) && kor_peek(&s, 0)->word == KOR_WORD_END))
            return KOR_NO_NODE;
        node = kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
    } else if (kor_is_text(r, 0, "right") || kor_is_text(r, 0, "just")) {
        if (kor_word_ahead(r, 1) != KOR_WORD_NOW) return KOR_NO_NODE;
        s.at += 2;
        if (kor_is_text(r, 0, "just")) { /* the last few minutes */
            kor_node roll = kor_new_node(KOR_NODE_ROLL);
            kor_amount_add(&roll.amount, KOR_UNIT_MINUTE, 10000);
            roll.amount.unit = KOR_UNIT_MINUTE;
            roll.amount.count = 10;
            roll.sign = -1;
            s.e->approximate = true;
            node = kor_add_node(&s, roll);
        } else {
            node = kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
        }
    } else if (t->word == KOR_WORD_AT && kor_word_ahead(r, 1) == KOR_WORD_THE) {
        if (!kor_is_text(r, 2, "moment") && !kor_is_text(r, 2, "minute")) return KOR_NO_NODE;
        s.at += 3;
        node = kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
    } else if (t->word == KOR_WORD_AT && kor_is_text(r, 1, "this") &&
               (kor_is_text(r, 2, "time") || kor_is_text(r, 2, "moment") ||
                kor_is_text(r, 2, "minute"))) {
        s.at += 3;
        node = kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
    } else if (t->word == KOR_WORD_AT && kor_is_text(r, 1, "present")) {
        s.at += 2;
        node = kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
    } else if (t->word == KOR_WORD_THIS && t->value == 1 && kor_is_text(r, 0, "current") &&
               (kor_is_text(r, 1, "date") ||
                (kor_is_text(r, 1, "time") && kor_behind(r, 1)->word == KOR_WORD_UNTIL))) {
        s.at += 2;
        node = kor_is_text(r, 1, "date") ? kor_unit_node(&s, KOR_UNIT_DAY, 0)
                                         : kor_add_node(&s, kor_new_node(KOR_NODE_NOW));
    }
    if (node >= 0) *r = s;
    return node;
}

/* Whether a weekday's short name is one here: "sat" and "sun" are words too. */
static bool weekday_fits(const kor_reader *r, const kor_token *t)
{
    if (!(t->flags & KOR_WORD_AMBIGUOUS)) return true;
    const kor_token *before = kor_behind(r, 1), *next = kor_peek(r, 1);
    bool named = before->word == KOR_WORD_ON || before->word == KOR_WORD_LAST ||
                 before->word == KOR_WORD_NEXT || before->word == KOR_WORD_SINCE ||
                 before->word == KOR_WORD_BY || before->word == KOR_WORD_UNTIL ||
                 before->word == KOR_WORD_FROM || before->word == KOR_WORD_TO ||
                 before->word == KOR_WORD_EVERY || before->word == KOR_WORD_BETWEEN ||
                 (before->word == KOR_WORD_THIS && before->value == 0) ||
                 (before->word == KOR_WORD_MARK && before->value == '-') ||
                 (before->word == KOR_WORD_UNIT && before->value == KOR_UNIT_WEEK);
    bool dated =
        next->word == KOR_WORD_PART || next->word == KOR_WORD_MONTH || next->word == KOR_WORD_AT ||
        (next->word == KOR_WORD_NUMBER &&
         (kor_word_ahead(r, 2) == KOR_WORD_MONTH ||
          kor_word_ahead(r, 2) == KOR_WORD_ORDINAL_SUFFIX ||
          kor_word_ahead(r, 2) == KOR_WORD_MERIDIEM || kor_is_mark(r, 2, ':') ||
          kor_is_mark(r, 2, '/') || kor_is_mark(r, 2, '-'))) ||
        (next->word == KOR_WORD_MARK && next->value == ',' &&
         (kor_word_ahead(r, 2) == KOR_WORD_NUMBER || kor_word_ahead(r, 2) == KOR_WORD_MONTH)) ||
        (next->word == KOR_WORD_MARK && next->value == '-' &&
         kor_word_ahead(r, 2) == KOR_WORD_WEEKDAY);
    if (kor_is_text(r, 0, "sat") && !t->capital) {
        /* "she sat on", "sat at 9" */
        dated = dated && next->word != KOR_WORD_AT;
    }
    return named || dated;
}

static int read_weekday(kor_reader *r)
{
    kor_reader s = *r;
    kor_node n = kor_new_node(KOR_NODE_WEEKDAY);
    n.choice = KOR_CHOICE_FLOAT;
    bool chosen = kor_read_choice(&s, &n.choice, &n.n);
    const kor_token day = *kor_peek(&s, 0);
    if (day.word != KOR_WORD_WEEKDAY || day.flags & KOR_WORD_PLURAL) return KOR_NO_NODE;
    if (!kor_is_free(r, &day) && !chosen) return KOR_NO_NODE;
    if (!weekday_fits(&s, &day)) return KOR_NO_NODE;
    n.weekday = (int8_t)day.value;
    s.at++;
    if (day.flags & KOR_WORD_ABBREVIATED && kor_is_mark(&s, 0, '.') && kor_peek(&s, 0)->glued &&
        !(kor_word_ahead(&s, 1) == KOR_WORD_END)) {
        s.at++;
    }
    if (!chosen && kor_behind(r, 1)->word == KOR_WORD_THE &&
        kor_word_ahead(&s, 0) == KOR_WORD_BEFORE && kor_is_text(&s, 1, "last")) {
        n.choice = KOR_CHOICE_LAST; /* "the Friday before last" */
        n.n = -2;
        s.at += 2;
    } else if (!chosen && kor_word_ahead(&s, 0) == KOR_WORD_AFTER && kor_is_text(&s, 1, "next")) {
        n.choice = KOR_CHOICE_OF; /* "Friday after next" */
        n.n = 2;
        s.at += 2;
    }
    int node = kor_add_node(&s, n);
    if (node < 0) return node;
    kor_reader dated = s;
    bool paren = kor_take_mark(&dated, '(');
    if (!paren) (void)(kor_take_mark(&dated, ',') || (kor_take(&dated, KOR_WORD_ON)));
    bool the = kor_word_ahead(&dated, 0) == KOR_WORD_THE;
    kor_reader plain = dated;
    int date = kor_read_date(&dated);
    if (date >= 0 && kor_at_node(&dated, date)->kind == KOR_NODE_DATE &&
        kor_at_node(&dated, date)->day && (!paren || kor_take_mark(&dated, ')'))) {
        kor_at_node(&dated, date)->weekday = (int8_t)day.value;
        kor_at_node(&dated, date)->article = the;
        *r = dated;
        return date;
    }
    /* "Friday 23 at 4", "Thu 14th" */
    int32_t number = 0;
    dated = plain;
    the = kor_take(&dated, KOR_WORD_THE);
    bool ordinal = kor_read_ordinal(&dated, &number);
    const kor_token *t = kor_peek(&dated, 0), *after = kor_peek(&dated, 1);
    bool bare = !ordinal && !paren && dated.at == s.at && t->word == KOR_WORD_NUMBER &&
                t->digits <= 2 && t->value >= 13 && t->value <= 31 &&
                after->word != KOR_WORD_UNIT &&
                !(after->glued && (after->word != KOR_WORD_MARK || after->value == ':'));
    if (bare) {
        number = t->value;
        dated.at++;
    }
    if (!paren && (ordinal || bare) && number >= 1 && number <= 31) {
        kor_node d = kor_new_node(KOR_NODE_DATE);
        d.day = number;
        d.weekday = (int8_t)day.value;
        d.article = the;
        date = kor_add_node(&dated, d);
        if (date >= 0) {
            *r = dated;
            return date;
        }
    }
    *r = s;
    return node;
}

/* "next Christmas", "the previous easter" */
static int read_chosen_holiday(kor_reader *r)
{
    kor_reader s = *r;
    uint8_t choice = KOR_CHOICE_FLOAT;
    int32_t n = 0;
    bool chosen = kor_read_choice(&s, &choice, &n);
    int node = kor_read_holiday(&s);
    if (node < 0) return node;
    if (chosen) {
        kor_node *h = kor_at_node(&s, node);
        if (h->has_year) return KOR_NO_NODE;
        h->choice = choice;
        h->count = n;
    }
    /* "Labor Day weekend" */
    kor_node weekend = kor_new_node(KOR_NODE_CONTAINING);
    weekend.unit = KOR_UNIT_WEEKEND;
    if (kor_take_text(&s, "weekend")) {
        kor_reader dated = s;
        int32_t year;
        if (!kor_at_node(&s, node)->has_year && kor_read_year_number(&dated, &year)) {
            kor_at_node(&s, node)->year = year;
            kor_at_node(&s, node)->has_year = true;
            s = dated;
        }
        node = kor_wrap(&s, weekend, node);
    } else if (kor_is_text(&s, 0, "week") && !kor_is_mark(&s, 1, '-')) { /* "Easter week" */
        weekend.unit = KOR_UNIT_WEEK;
        s.at++;
        node = kor_wrap(&s, weekend, node);
    }
    if (node >= 0) *r = s;
    return node;
}

/* A chosen month, or date: "last March", "next 5/12", "this September" */
static int read_chosen_date(kor_reader *r)
{
    kor_reader s = *r;
    kor_node n = kor_new_node(KOR_NODE_DATE);
    if (!kor_read_choice(&s, &n.choice, &n.n)) return KOR_NO_NODE;
    kor_word word = kor_word_ahead(&s, 0);
    if (word != KOR_WORD_MONTH && word != KOR_WORD_NUMBER && word != KOR_WORD_ORDINAL)
        return KOR_NO_NODE;
    int node = kor_read_date(&s);
    if (node < 0) return node;
    kor_node *date = kor_at_node(&s, node);
    if (date->kind != KOR_NODE_DATE || date->has_year || !date->month) return KOR_NO_NODE;
    if (date->choice == KOR_CHOICE_OF) return KOR_NO_NODE;
    if (word != KOR_WORD_MONTH && !date->day) return KOR_NO_NODE;
    date->choice = n.choice == KOR_CHOICE_OF && n.n < 0 ? KOR_CHOICE_LAST : n.choice;
    date->n = n.n;
    *r = s;
    return node;
}

/* ---- Units ---- */

/* "the week of November 3", "the weekend of Halloween", "the week starting on February 4" */
static int read_unit_of(kor_reader *r, kor_unit unit)
{
    kor_reader s = *r;
    bool of = kor_take(&s, KOR_WORD_OF), ends = false;
    if (!of) {
        ends = kor_take_text(&s, "ended") || kor_take_text(&s, "ending");
        if (!ends && !kor_take(&s, KOR_WORD_STARTING) && !kor_take_text(&s, "beginning"))
            return KOR_NO_NODE;
        (void)kor_take(&s, KOR_WORD_ON);
    }
    if (kor_word_ahead(&s, 0) == KOR_WORD_MONTH && unit == KOR_UNIT_MONTH) return KOR_NO_NODE;
    (void)kor_take(&s, KOR_WORD_THE);
    s.at -= kor_behind(&s, 1)->word == KOR_WORD_THE;
    s.depth++;
    int child = s.depth < KOR_READ_DEPTH ? kor_read_period(&s) : KOR_NO_NODE;
    if (child < 0 || !kor_is_day(s.e, child)) return KOR_NO_NODE;
    s.depth--;
    kor_node n = kor_new_node(of ? KOR_NODE_CONTAINING : KOR_NODE_STARTING);
    n.unit = (uint8_t)unit;
    n.sign = ends ? -1 : 1;
    int node = kor_wrap(&s, n, child);
    if (node >= 0) *r = s;
    return node;
}

/* "last week", "this month", "the week before last", "my week"; "the day before" */
static int read_unit_named(kor_reader *r)
{
    kor_reader s = *r;
    uint8_t choice = KOR_CHOICE_OF;
    int32_t n = 0;
    kor_unit unit;
    bool the = kor_take(&s, KOR_WORD_THE);
    bool my = !the && kor_take(&s, KOR_WORD_MY);
    bool chosen = kor_read_choice(&s, &choice, &n);
    const kor_token name = *kor_peek(&s, 0);
    if (name.word == KOR_WORD_PART) {
        /* "the night before last" */
        s.at++;
        if (!the || chosen || kor_word_ahead(&s, 0) != KOR_WORD_BEFORE ||
            !kor_is_text(&s, 1, "last")) {
            return KOR_NO_NODE;
        }
        s.at += 2;
        kor_node part = kor_new_node(KOR_NODE_PART);
        part.part = (uint8_t)name.value;
        int day = kor_unit_node(&s, KOR_UNIT_DAY, -2);
        int node = day < 0 ? day : kor_wrap(&s, part, day);
        if (node >= 0) *r = s;
        return node;
    }
    if (!kor_read_unit(&s, &unit) || unit < KOR_UNIT_DAY || unit == KOR_UNIT_FORTNIGHT)
        return KOR_NO_NODE;
    if (!(name.flags & KOR_WORD_SINGULAR) || (unit == KOR_UNIT_WORKDAY && !chosen))
        return KOR_NO_NODE;
    int node;
    if (!chosen) {
        if ((node = read_unit_of(&s, unit)) >= 0) {
            *r = s;
            return node;
        }
        kor_word word = kor_word_ahead(&s, 0);
        if (the && (word == KOR_WORD_BEFORE || word == KOR_WORD_AFTER)) {
            bool before = word == KOR_WORD_BEFORE;
            kor_reader far = s;
            far.at++;
            (void)kor_take(&far, KOR_WORD_THE);
            if (before ? kor_take_text(&far, "last") : kor_take_text(&far, "next")) {
                *r = far;
                return kor_unit_node(r, unit, before ? -2 : 2);
            }
            if (unit == KOR_UNIT_DAY) {
                s.at++;
                bool ends =
                    kor_word_ahead(&s, 0) == KOR_WORD_END || kor_word_ahead(&s, 0) == KOR_WORD_MARK;
                if (!ends) return KOR_NO_NODE;
                *r = s;
                return kor_unit_node(r, unit, before ? -1 : 1);
            }
        }
        if (!the && !my) return KOR_NO_NODE;
        kor_word before = kor_behind(r, 1)->word;
        bool placed = before == KOR_WORD_OF || before == KOR_WORD_IN || before == KOR_WORD_DURING ||
                      before == KOR_WORD_SLICE || before == KOR_WORD_SLICE_OF ||
                      before == KOR_WORD_WITHIN || before == KOR_WORD_SINCE ||
                      before == KOR_WORD_ON;
        if (unit == KOR_UNIT_DAY &&
            !(before == KOR_WORD_OF && kor_behind(r, 2)->word == KOR_WORD_SLICE_OF) &&
            before != KOR_WORD_SLICE && !my) {
            return KOR_NO_NODE;
        }
        if (unit > KOR_UNIT_YEAR || (!placed && !my && unit != KOR_UNIT_WEEKEND))
            return KOR_NO_NODE;
        kor_word next = kor_word_ahead(&s, 0);
        if (unit != KOR_UNIT_WEEKEND &&
            (next == KOR_WORD_OF || next == KOR_WORD_NUMBER || next == KOR_WORD_AGO))
            return KOR_NO_NODE;
        node = kor_unit_node(&s, unit, 0);
        if (node >= 0 && unit == KOR_UNIT_WEEKEND)
            kor_at_node(&s, node)->choice = KOR_CHOICE_FLOAT;
        else if (node >= 0)
            kor_at_node(&s, node)->choice = KOR_CHOICE_OF;
    } else {
        if (the && r->at == r->words->first) return KOR_NO_NODE; /* it only leads */
        if (my || (name.word == KOR_WORD_UNIT && kor_is_text(r, 0, "that") && unit < KOR_UNIT_WEEK))
            return KOR_NO_NODE;
        kor_word next = kor_word_ahead(&s, 0);
        /* "the last day of school", "last minute changes" */
        if (unit == KOR_UNIT_DAY && (next == KOR_WORD_OF || (the && next == KOR_WORD_NONE)))
            return KOR_NO_NODE;
        bool past = choice == KOR_CHOICE_PAST;
        if (past) {
            kor_node roll = kor_new_node(KOR_NODE_ROLL);
            kor_amount_add(&roll.amount, unit, 1000);
            roll.amount.unit = (uint8_t)unit;
            roll.amount.count = 1;
            roll.sign = -1;
            node = kor_add_node(&s, roll);
        } else {
            node = kor_unit_node(&s, unit, n);
            if (node >= 0) kor_at_node(&s, node)->choice = KOR_CHOICE_OF;
        }
    }
    if (node >= 0) *r = s;
    return node;
}

/* ---- All of them ---- */

/* What may be said after a period to say which: "Friday OF THIS WEEK", "next week ON FRIDAY",
 * "June NEXT YEAR", "last year IN MARCH". */
static int read_modifier(kor_reader *r, int node)
{
    kor_reader s = *r;
    kor_node *n = kor_at_node(r, node);
    bool week = n->kind == KOR_NODE_UNIT && n->unit == KOR_UNIT_WEEK;
    bool comma = kor_take_mark(&s, ',');
    bool on = kor_take(&s, KOR_WORD_ON);
    const kor_token *t = kor_peek(&s, 0);
    bool shifted = n->kind == KOR_NODE_SHIFT && !n->amount.seconds;
    bool nth_week = n->kind == KOR_NODE_NTH && n->unit == KOR_UNIT_WEEK && n->weekday < 0;
    /* "Jul 18, Fri" */
    if (comma && n->kind == KOR_NODE_DATE && n->day && n->month && n->weekday < 0 &&
        t->word == KOR_WORD_WEEKDAY && !(t->flags & KOR_WORD_PLURAL)) {
        n->weekday = (int8_t)t->value;
        s.at++;
        *r = s;
        return node;
    }
    if ((week || nth_week || shifted) && t->word == KOR_WORD_WEEKDAY &&
        !(t->flags & KOR_WORD_PLURAL) && (!shifted || on)) {
        kor_node day = kor_new_node(KOR_NODE_WEEKDAY);
        day.weekday = (int8_t)t->value;
        day.choice = KOR_CHOICE_OF;
        s.at++;
        int child = node;
        if (shifted) {
            kor_node around = kor_new_node(KOR_NODE_CONTAINING);
            around.unit = KOR_UNIT_WEEK;
            child = kor_wrap(&s, around, node);
        }
        int made = child < 0 ? child : kor_wrap(&s, day, child);
        if (made >= 0) *r = s;
        return made;
    }
    /* "the Friday before Christmas" */
    bool before = t->word == KOR_WORD_BEFORE;
    if (n->kind == KOR_NODE_WEEKDAY && n->choice == KOR_CHOICE_FLOAT && n->child < 0 && !comma &&
        !on && (before || t->word == KOR_WORD_AFTER) && kor_behind(&s, 2)->word == KOR_WORD_THE &&
        s.depth + 1 < KOR_READ_DEPTH) {
        s.at++;
        s.depth++;
        int child = kor_read_period(&s);
        s.depth--;
        if (child >= 0 && kor_is_day(s.e, child)) {
            n->child = (int8_t)child;
            n->choice = before ? KOR_CHOICE_PAST : KOR_CHOICE_COMING;
            *r = s;
            return node;
        }
        return KOR_NO_NODE;
    }
    if (on) return KOR_NO_NODE;
    bool of = kor_take(&s, KOR_WORD_OF) || kor_take(&s, KOR_WORD_IN) || kor_take(&s, KOR_WORD_FROM);
    bool the = kor_take(&s, KOR_WORD_THE);
    uint8_t choice;
    int32_t away = 0;
    if (n->kind == KOR_NODE_WEEKDAY && n->choice == KOR_CHOICE_FLOAT && n->child < 0) {
        kor_reader ago = *r;
        (void)kor_take_mark(&ago, ',');
        int child = KOR_NO_NODE;
        if (kor_read_choice(&s, &choice, &away) && kor_take_text(&s, "week")) {
            child = kor_unit_node(&s, KOR_UNIT_WEEK, away);
        } else if (ago.depth + 1 < KOR_READ_DEPTH) {
            s = ago; /* "Thursday, two years from now", "Tuesday three weeks ago" */
            child = kor_read_shift(&s);
            if (child >= 0 && (kor_at_node(&s, child)->kind != KOR_NODE_SHIFT ||
                               kor_at_node(&s, child)->amount.seconds ||
                               kor_at_node(&s, child)->amount.unit < KOR_UNIT_WEEK)) {
                return KOR_NO_NODE;
            }
            kor_node around = kor_new_node(KOR_NODE_CONTAINING);
            around.unit = KOR_UNIT_WEEK;
            if (child >= 0) child = kor_wrap(&s, around, child);
        }
        if (child < 0) return KOR_NO_NODE;
        n->child = (int8_t)child;
        n->choice = KOR_CHOICE_OF;
        *r = s;
        return node;
    }
    bool year = n->kind == KOR_NODE_UNIT && n->unit == KOR_UNIT_YEAR;
    if (year && t->word == KOR_WORD_IN) {
        kor_reader m = *r;
        m.at++;
        int date = kor_read_date(&m);
        if (date < 0 || kor_at_node(&m, date)->kind != KOR_NODE_DATE ||
            kor_at_node(&m, date)->has_year)
            return KOR_NO_NODE;
        kor_at_node(&m, date)->choice = KOR_CHOICE_OF;
        kor_at_node(&m, date)->n = n->n;
        *r = m;
        return date;
    }
    if (n->kind == KOR_NODE_DATE && !n->month && n->day && n->weekday < 0 && !comma &&
        (of || !the) && kor_read_choice(&s, &choice, &away) && kor_take_text(&s, "month")) {
        n->month = 0;
        n->choice = KOR_CHOICE_OF;
        n->n = away;
        *r = s;
        return node;
    }
    return KOR_NO_NODE;
}

int kor_read_period(kor_reader *r)
{
    static int (*const readers[])(kor_reader *) = {
        kor_read_nth,     read_day_word,  read_weekday,       kor_read_date,  read_unit_named,
        kor_read_roll,    read_this_time, read_weekdays_away, kor_read_shift, read_chosen_holiday,
        read_chosen_date, kor_read_named, kor_read_slice,
    };
    kor_word word = kor_word_ahead(r, 0);
    if (word == KOR_WORD_END || word == KOR_WORD_MARK) {
        if (!kor_is_mark(r, 0, '\'')) return KOR_NO_NODE;
    }
    if (word == KOR_WORD_NONE && !kor_is_text(r, 0, "right") && !kor_is_text(r, 0, "just"))
        return KOR_NO_NODE;
    int best = KOR_NO_NODE;
    size_t end = r->at;
    if (word == KOR_WORD_ON && r->at == r->words->first &&
        kor_word_ahead(r, 1) == KOR_WORD_WEEKDAY) {
        /* "on Monday of next week" is one expression with its "on". */
        kor_reader s = *r;
        s.at++;
        int node = read_weekday(&s);
        if (node >= 0) node = read_modifier(&s, node);
        if (node >= 0) *r = s;
        return node;
    }
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        kor_reader s = *r;
        int node = readers[i](&s);
        if (node >= 0 && s.at > end) {
            best = node;
            end = s.at;
        }
    }
    r->at = end;
    for (int i = 0; best >= 0 && i < 2; i++) {
        int node = read_modifier(r, best);
        if (node < 0) break;
        best = node;
    }
    return best;
}
