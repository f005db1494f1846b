/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase_period.h"

#include <string.h>

static bool is_number(const kor_token *t, int least, int most)
{
    return t->word == KOR_WORD_NUMBER && t->digits >= least && t->digits <= most;
}

/* A year of four digits, but no number that goes on: 2,000.5, 2012:, 1500 m. */
static bool read_plain_year(kor_reader *r, int32_t *year)
{
    kor_reader s = *r;
    if (!kor_read_year_number(&s, year) || *year > 2999) return false;
    const kor_token *t = kor_peek(&s, 0);
    bool goes_on = t->glued && (t->word != KOR_WORD_MARK ||
                                (strchr(":%$", t->value ? t->value : 1) && kor_peek(&s, 1)->glued));
    if (goes_on && t->word != KOR_WORD_END) return false;
    if (t->word == KOR_WORD_MARK && t->value == '%') return false;
    *r = s;
    return true;
}

bool kor_read_year_after(kor_reader *r, int node)
{
    kor_reader s = *r;
    kor_node *n = kor_at_node(r, node);
    int32_t year;
    const kor_token *quote = kor_peek(&s, 0), *digits = kor_peek(&s, 1);
    if (quote->word == KOR_WORD_MARK && quote->value == '\'' && digits->glued &&
        is_number(digits, 2, 2) && !kor_peek(&s, 2)->glued) {
        n->year = digits->value;
        n->has_year = n->two_digits = true;
        r->at += 2;
        return true;
    }
    bool comma = kor_take_mark(&s, ',');
    bool of = !comma && (kor_take(&s, KOR_WORD_OF) || kor_take(&s, KOR_WORD_IN));
    if (of)
        (void)(kor_take_text(&s, "year") ||
               (kor_take(&s, KOR_WORD_THE) && kor_take_text(&s, "year")));
    if (read_plain_year(&s, &year)) {
        /* "Nov 3, 1530 hrs" is a clock time. */
        if (kor_is_text(&s, 0, "hrs") || kor_is_text(&s, 0, "hours")) return false;
        n->year = year;
        n->has_year = true;
        *r = s;
        return true;
    }
    uint8_t choice;
    int32_t away;
    kor_reader relative = *r;
    (void)kor_take_mark(&relative, ',');
    (void)(kor_take(&relative, KOR_WORD_OF) || kor_take(&relative, KOR_WORD_IN));
    if (kor_read_choice(&relative, &choice, &away) && kor_take_text(&relative, "year") &&
        !(kor_is_mark(&relative, 0, '\'') && kor_peek(&relative, 0)->glued)) {
        n->choice = KOR_CHOICE_OF;
        n->n = away;
        *r = relative;
        return true;
    }
    return false;
}

/* "20", "20th", "second", "twenty two" as a day of the month. */
static bool read_day_number(kor_reader *r, int32_t *day)
{
    kor_reader s = *r;
    if (kor_read_ordinal(&s, day)) {
        if (*day < 1 || *day > 31) return false;
        *r = s;
        return true;
    }
    const kor_token *t = kor_peek(&s, 0), *next = kor_peek(&s, 1);
    if (is_number(t, 1, 2)) {
        /* Not the hour of 12:30, the start of 3.5, a share. */
        bool more =
            next->glued && (next->word == KOR_WORD_NUMBER || next->word == KOR_WORD_MERIDIEM ||
                            next->word == KOR_WORD_P || next->word == KOR_WORD_NONE);
        bool marked = next->word == KOR_WORD_MARK && next->glued &&
                      ((strchr(":.", next->value ? next->value : 1) && kor_peek(&s, 2)->glued &&
                        kor_word_ahead(&s, 2) == KOR_WORD_NUMBER) ||
                       next->value == '%');
        if (more || marked || t->value < 1 || t->value > 31) return false;
        *day = t->value;
        r->at++;
        return true;
    }
    if (t->word != KOR_WORD_COUNT || !kor_read_cardinal(&s, day)) return false;
    if (*day < 1 || *day > 31) return false;
    *r = s;
    return true;
}

/* ---- With the month's name ---- */

static void take_stop(kor_reader *r)
{
    if (kor_is_mark(r, 0, '.') && kor_peek(r, 0)->glued) r->at++;
}

/* "20 November 2026", "4th of March", "the second of Aug", "16. Nov. 2016", "22april" */
static int read_day_first(kor_reader *r)
{
    kor_reader s = *r;
    int32_t day;
    const kor_token first = *kor_peek(&s, 0);
    if (!kor_is_free(r, &first)) return KOR_NO_NODE;
    if (is_number(&first, 1, 2) && kor_word_ahead(&s, 1) == KOR_WORD_MONTH) {
        day = first.value;
        s.at++;
    } else if (!read_day_number(&s, &day)) {
        return KOR_NO_NODE;
    }
    (void)kor_take_text(&s, "day");
    if (!kor_take(&s, KOR_WORD_OF)) take_stop(&s);
    (void)kor_take(&s, KOR_WORD_THE);
    const kor_token month = *kor_peek(&s, 0);
    if (month.word != KOR_WORD_MONTH || day < 1) return KOR_NO_NODE;
    /* "I may 3 may"; a verb: "second may fail", "3 march on" */
    bool plain = s.at == r->at + 1 && !month.glued;
    if (month.flags & KOR_WORD_AMBIGUOUS && !month.capital) {
        kor_word next = kor_word_ahead(&s, 1);
        bool of = kor_behind(&s, 1)->word == KOR_WORD_OF;
        if (!of && first.word != KOR_WORD_NUMBER) return KOR_NO_NODE;
        if (!of && plain && next == KOR_WORD_NONE) return KOR_NO_NODE;
    }
    s.at++;
    if (day > 31 && !(s.at == r->at + 2)) return KOR_NO_NODE;
    int node = kor_date_node(&s, -1, month.value, day);
    if (node < 0) return node;
    kor_reader stop = s;
    take_stop(&stop);
    if (kor_read_year_after(&stop, node)) {
        s = stop;
    } else {
        const kor_token *y = kor_peek(&s, 0);
        const kor_token *end = kor_peek(&s, 1);
        bool closes =
            end->word == KOR_WORD_END || (end->word == KOR_WORD_MARK && end->value != ':' &&
                                          end->value != '-' && end->value != '/');
        bool two = is_number(y, 2, 2) &&
                   ((y->value > 31 && !end->glued) || (closes && y->value > 9 && first.digits));
        if (two) {
            kor_at_node(&s, node)->year = y->value;
            kor_at_node(&s, node)->has_year = kor_at_node(&s, node)->two_digits = true;
            s.at++;
        }
    }
    *r = s;
    return node;
}

/* A number after a month that may be a verb: "may 3 times", "march 3 miles". */
static bool counts_something(const kor_reader *r, const kor_token *month)
{
    if (!(month->flags & KOR_WORD_AMBIGUOUS)) return false;
    const kor_token *next = kor_peek(r, 0);
    if (next->word == KOR_WORD_UNIT || kor_is_text(r, 0, "times")) return true;
    return !month->capital && next->word == KOR_WORD_NONE;
}

/* "November 20th, 2026", "May twenty nine", "Dec31", "jan/3", "July the 4th" */
static int read_month_first(kor_reader *r)
{
    kor_reader s = *r;
    const kor_token month = *kor_peek(&s, 0);
    if (month.word != KOR_WORD_MONTH || !kor_is_free(r, &month)) return KOR_NO_NODE;
    s.at++;
    kor_reader after = s;
    take_stop(&after);
    kor_reader day_at = after;
    int32_t day, year;
    if (kor_is_mark(&day_at, 0, '/') || kor_is_mark(&day_at, 0, '-')) {
        if (kor_peek(&day_at, 0)->glued && kor_peek(&day_at, 1)->glued) day_at.at++;
    } else {
        (void)kor_take(&day_at, KOR_WORD_THE);
    }
    kor_reader whole = day_at;
    if (read_day_number(&day_at, &day) && !counts_something(&day_at, &month)) {
        int node = kor_date_node(&day_at, -1, month.value, day);
        if (node < 0) return node;
        if (!kor_read_year_after(&day_at, node) && kor_is_mark(&day_at, 0, '-') &&
            kor_peek(&day_at, 0)->glued && is_number(kor_peek(&day_at, 1), 4, 4)) {
            kor_at_node(&day_at, node)->year = kor_peek(&day_at, 1)->value;
            kor_at_node(&day_at, node)->has_year = true;
            day_at.at += 2;
        }
        *r = day_at;
        return node;
    }
    const kor_token *big = kor_peek(&whole, 0);
    if (is_number(big, 2, 2) && big->value > 31 && !(month.flags & KOR_WORD_AMBIGUOUS) &&
        whole.at == after.at && !kor_peek(&whole, 1)->glued &&
        kor_word_ahead(&whole, 1) != KOR_WORD_UNIT) {
        whole.at++; /* "February 30" is caught later; "November 45" is no date */
        *r = whole;
        return kor_date_node(r, -1, month.value, big->value);
    }
    if (whole.at > after.at && kor_behind(&whole, 1)->word == KOR_WORD_MARK &&
        read_plain_year(&whole, &year)) { /* Dec-2018 */
        *r = whole;
        return kor_date_node(r, year, month.value, 0);
    }
    int node = kor_date_node(&s, -1, month.value, 0);
    if (node < 0) return node;
    kor_reader later = after;
    if (kor_read_year_after(&later, node)) {
        bool verb = month.flags & KOR_WORD_AMBIGUOUS && !month.capital;
        if (verb && kor_peek(&after, 0)->word == KOR_WORD_IN && !kor_is_introduced(r))
            return KOR_NO_NODE;
        *r = later;
        return node;
    }
    kor_word next = kor_word_ahead(&s, 0);
    const kor_token *behind = kor_behind(r, 1);
    bool with_month =
        (next == KOR_WORD_TO || kor_is_mark(&s, 0, '-')) && kor_word_ahead(&s, 1) == KOR_WORD_MONTH;
    bool closes = next == KOR_WORD_END || next == KOR_WORD_MARK || next == KOR_WORD_AND ||
                  next == KOR_WORD_TO || next == KOR_WORD_AT;
    bool ends_range = with_month || (r->at > r->words->first && (month.capital || closes));
    bool chosen = behind->word == KOR_WORD_THIS || behind->word == KOR_WORD_LAST ||
                  behind->word == KOR_WORD_NEXT;
    bool verb = chosen && !month.capital && !closes && next != KOR_WORD_OF && next != KOR_WORD_IN;
    if (behind->word == KOR_WORD_THIS && behind->value == 2) verb = true;
    if (behind->word == KOR_WORD_THIS && month.value == 5 && next == KOR_WORD_OR) verb = true;
    /* "August sales", and in the middle of a sentence "March sales". */
    bool mid_sentence = behind->word != KOR_WORD_END && behind->word != KOR_WORD_MARK &&
                        behind->word != KOR_WORD_THIS;
    bool proper =
        month.capital && !(month.flags & KOR_WORD_ABBREVIATED) &&
        (month.value == 8 || (month.value == 3 && mid_sentence && !kor_is_text(&s, 0, "on")));
    if (month.flags & KOR_WORD_AMBIGUOUS && !proper &&
        (verb || (!kor_is_introduced(r) && !ends_range)))
        return KOR_NO_NODE;
    /* "April Ludgate", "June Carter" */
    bool person = (month.value == 4 || month.value == 6 || month.value == 8) && month.capital &&
                  next == KOR_WORD_NONE && kor_peek(&s, 0)->capital && !kor_is_introduced(r) &&
                  !chosen;
    if (person) return KOR_NO_NODE;
    /* sep, oct and dec are names in programs, too. */
    bool short_name = month.flags & KOR_WORD_ABBREVIATED && !month.capital &&
                      !kor_is_introduced(r) && !with_month;
    if (short_name && r->at == r->words->first) return KOR_NO_NODE;
    /* "a march", "to may": names of months stand without an article. */
    if (kor_behind(r, 1)->word == KOR_WORD_ARTICLE) return KOR_NO_NODE;
    if (month.flags & KOR_WORD_AMBIGUOUS && month.flags & KOR_WORD_ABBREVIATED && !month.capital &&
        kor_word_ahead(&s, 0) == KOR_WORD_NONE) {
        return KOR_NO_NODE;
    }
    /* "Oct. on Friday": the stop is of the name. */
    if (month.flags & KOR_WORD_ABBREVIATED && after.at > s.at &&
        kor_word_ahead(&after, 0) == KOR_WORD_ON)
        s = after;
    *r = s;
    return node;
}

/* Two years with a dash: "2014-2018". */
static int read_years(kor_reader *r)
{
    const kor_token a = *kor_peek(r, 0), b = *kor_peek(r, 2);
    if (!is_number(&a, 4, 4) || !is_number(&b, 4, 4) || !kor_is_free(r, &a)) return KOR_NO_NODE;
    if (!kor_is_mark(r, 1, '-') && !kor_is_mark(r, 1, '~') && kor_word_ahead(r, 1) != KOR_WORD_TO)
        return KOR_NO_NODE;
    if (a.value < 1800 || b.value > 2100 || a.value >= b.value) return KOR_NO_NODE;
    const kor_token *next = kor_peek(r, 3);
    bool more = next->glued && (next->word == KOR_WORD_NUMBER || next->word == KOR_WORD_NONE ||
                                (kor_is_mark(r, 3, '-') && kor_peek(r, 4)->glued));
    if (more) return KOR_NO_NODE;
    int from = kor_date_node(r, a.value, 0, 0), to = kor_date_node(r, b.value, 0, 0);
    kor_node n = kor_new_node(KOR_NODE_RANGE);
    n.second = (int8_t)to;
    if (from < 0 || to < 0) return KOR_NO_NODE;
    r->at += 3;
    return kor_wrap(r, n, from);
}

/* "2015 June", "2016 , nov"; a year alone, when a word before it says so. */
static int read_year_alone(kor_reader *r)
{
    kor_reader s = *r;
    int32_t year;
    const kor_token first = *kor_peek(&s, 0);
    if (!kor_is_free(r, &first) || !read_plain_year(&s, &year)) return KOR_NO_NODE;
    kor_reader named = s;
    if (!kor_take_mark(&named, ',') && kor_is_mark(&named, 0, '-')) named.at++;
    const kor_token month = *kor_peek(&named, 0);
    if (month.word == KOR_WORD_MONTH && (!(month.flags & KOR_WORD_AMBIGUOUS) || month.capital)) {
        named.at++;
        kor_reader day_at = named;
        int32_t day;
        if (read_day_number(&day_at, &day)) {
            *r = day_at;
            return kor_date_node(r, year, month.value, day);
        }
        *r = named;
        return kor_date_node(r, year, month.value, 0);
    }
    bool digits = first.word == KOR_WORD_NUMBER;
    const kor_token *before = kor_behind(r, 1);
    bool joined_years =
        (before->word == KOR_WORD_AND || before->word == KOR_WORD_OR ||
         before->word == KOR_WORD_TO || kor_words_is(r->words, before, "not") ||
         (before->word == KOR_WORD_MARK && (before->value == '-' || before->value == '~')));
    if (year < 1500 || year > 2100) {
        if (!kor_is_introduced(r) || year < 1000) return KOR_NO_NODE;
    }
    const kor_token *next = kor_peek(&s, 0);
    /* "of 2000 files", "in 1024 bytes" */
    bool counted = digits && next->word == KOR_WORD_NONE && !next->glued &&
                   (before->word == KOR_WORD_IN || before->word == KOR_WORD_OF ||
                    before->word == KOR_WORD_FROM || before->word == KOR_WORD_BY ||
                    before->word == KOR_WORD_THAN || before->word == KOR_WORD_WITHIN ||
                    before->word == KOR_WORD_AND || before->word == KOR_WORD_OR ||
                    before->word == KOR_WORD_TO || before->word == KOR_WORD_MARK);
    bool certain = kor_is_introduced(r) && before->word != KOR_WORD_THIS &&
                   before->word != KOR_WORD_NEXT && before->word != KOR_WORD_LAST;
    if (counted && year % 10 == 0 && year % 100 != 10 && year % 100 != 20) certain = false;
    /* "the 1988 election", "(1988)" */
    bool recent = digits && year >= 1940 && year < 2040 && first.digits == 4;
    bool named_year = recent && before->word == KOR_WORD_THE && year % 10 != 0 &&
                      next->word == KOR_WORD_NONE && !next->glued;
    bool bracketed =
        recent && before->word == KOR_WORD_MARK && before->value == '(' && kor_is_mark(&s, 0, ')');
    if (named_year || bracketed) certain = true;
    if (!certain && !joined_years && before->word != KOR_WORD_END) return KOR_NO_NODE;
    if (before->word == KOR_WORD_END && next->word == KOR_WORD_NONE) return KOR_NO_NODE;
    if (joined_years && !certain) {
        bool years = next->word == KOR_WORD_END || next->word == KOR_WORD_MARK;
        if (!years && !digits) return KOR_NO_NODE;
        if (counted && year % 10 == 0) return KOR_NO_NODE;
    }
    *r = s;
    return kor_date_node(r, year, 0, 0);
}

/* "the 20th", "the twenty sixth day of the month", "22nd"; of this month or the latest. */
static int read_day_alone(kor_reader *r)
{
    kor_reader s = *r;
    int32_t day;
    bool the = kor_take(&s, KOR_WORD_THE);
    kor_word before = kor_behind(r, 1)->word;
    const kor_token first = *kor_peek(&s, 0);
    if (!kor_is_free(r, &first)) return KOR_NO_NODE;
    if (is_number(&first, 1, 2) && !kor_peek(&s, 1)->glued) {
        kor_word next = kor_word_ahead(&s, 1);
        kor_reader month = s; /* "20 of next month" */
        month.at += 2;
        uint8_t which;
        int32_t far;
        bool relative = next == KOR_WORD_OF && kor_read_choice(&month, &which, &far) &&
                        kor_is_text(&month, 0, "month");
        if ((!the && !relative) || first.value < 1 || first.value > 31) return KOR_NO_NODE;
        /* "the 17 from 2pm", at the end; not "the 3 files" */
        kor_word last = kor_word_ahead(&s, 2);
        bool closing = next == KOR_WORD_END ||
                       (next == KOR_WORD_MARK && last == KOR_WORD_END && kor_is_mark(&s, 1, '.'));
        bool dated = closing || relative || next == KOR_WORD_FROM || next == KOR_WORD_AT ||
                     next == KOR_WORD_MARK || next == KOR_WORD_BETWEEN;
        if (!dated) return KOR_NO_NODE;
        if (!relative && before != KOR_WORD_ON && next != KOR_WORD_FROM && !closing)
            return KOR_NO_NODE;
        day = first.value;
        s.at++;
    } else if (!kor_read_ordinal(&s, &day) || day < 1 || day > 31) {
        return KOR_NO_NODE;
    }
    kor_reader of = s;
    bool said = kor_take_text(&of, "day");
    bool linked = kor_take(&of, KOR_WORD_OF) || kor_take(&of, KOR_WORD_IN);
    if (linked || !said) {
        kor_reader month = of;
        uint8_t choice;
        int32_t away = 0;
        (void)kor_take(&month, KOR_WORD_THE);
        bool relative = kor_read_choice(&month, &choice, &away);
        const kor_token *t = kor_peek(&month, 0);
        if ((linked || relative) && t->word == KOR_WORD_UNIT && t->value == KOR_UNIT_MONTH) {
            month.at++;
            kor_node unit = kor_new_node(KOR_NODE_UNIT);
            unit.unit = KOR_UNIT_MONTH;
            unit.n = away;
            int child = kor_add_node(&month, unit);
            kor_node n = kor_new_node(KOR_NODE_NTH);
            n.child = (int8_t)child;
            n.n = day;
            n.count = 1;
            int node = kor_add_node(&month, n);
            if (child < 0 || node < 0) return KOR_NO_NODE;
            *r = month;
            return node;
        }
    }
    if (linked || said) return KOR_NO_NODE;
    /* Alone, an ordinal needs "the" and a word before, and nothing that it could count. */
    kor_word next = kor_word_ahead(&s, 0);
    bool numeral = first.word == KOR_WORD_NUMBER;
    bool counts = next == KOR_WORD_NONE || next == KOR_WORD_UNIT || next == KOR_WORD_WEEKDAY ||
                  next == KOR_WORD_PART || next == KOR_WORD_WORK || next == KOR_WORD_ORDINAL ||
                  next == KOR_WORD_NUMBER || next == KOR_WORD_COUNT || next == KOR_WORD_HALF ||
                  next == KOR_WORD_LAST || next == KOR_WORD_NEXT || next == KOR_WORD_SEASON ||
                  next == KOR_WORD_FISCAL || next == KOR_WORD_OF || next == KOR_WORD_DECADE ||
                  next == KOR_WORD_HOLIDAY;
    if (counts || (kor_is_mark(&s, 0, '-') && kor_peek(&s, 0)->glued)) return KOR_NO_NODE;
    bool introduced = before == KOR_WORD_ON || before == KOR_WORD_SINCE || before == KOR_WORD_BY ||
                      before == KOR_WORD_FROM || before == KOR_WORD_UNTIL ||
                      before == KOR_WORD_BETWEEN || before == KOR_WORD_TO ||
                      before == KOR_WORD_BEFORE || before == KOR_WORD_AFTER;
    bool ends_range = r->at > r->words->first &&
                      (before == KOR_WORD_TO || before == KOR_WORD_UNTIL || before == KOR_WORD_AND);
    if (!numeral && day < 4 && !ends_range) return KOR_NO_NODE; /* "on the first" of anything */
    bool spelt =
        the && day > 20 && (next == KOR_WORD_END || next == KOR_WORD_MARK); /* the twenty second */
    if (!introduced && !(the && (numeral || spelt))) return KOR_NO_NODE;
    if (!the && !introduced) return KOR_NO_NODE;
    *r = s;
    int node = kor_date_node(r, -1, 0, day);
    if (node >= 0) kor_at_node(r, node)->article = the;
    return node;
}

int kor_read_date(kor_reader *r)
{
    static int (*const readers[])(kor_reader *) = {
        kor_read_date_digits, read_day_first, read_month_first,
        read_year_alone,      read_day_alone, read_years,
    };
    kor_word word = kor_word_ahead(r, 0);
    kor_reader named = *r; /* "the month of March" */
    if (word == KOR_WORD_THE) named.at++;
    if (kor_is_text(&named, 0, "month") && kor_word_ahead(&named, 1) == KOR_WORD_OF) {
        named.at += 2;
        int node =
            kor_word_ahead(&named, 0) == KOR_WORD_MONTH ? read_month_first(&named) : KOR_NO_NODE;
        if (node >= 0 && !kor_at_node(&named, node)->day) {
            *r = named;
            return node;
        }
    }
    if (word != KOR_WORD_NUMBER && word != KOR_WORD_MONTH && word != KOR_WORD_THE &&
        word != KOR_WORD_COUNT && word != KOR_WORD_ORDINAL) {
        return KOR_NO_NODE;
    }
    int best = KOR_NO_NODE;
    size_t end = r->at;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        kor_reader s = *r;
        int node = readers[i](&s);
        if (node >= 0 && s.at > end) {
            best = node;
            end = s.at;
        }
    }
    /* "the 4th of March": at the start "the" only leads. */
    if (word == KOR_WORD_THE && best < 0 && r->at > r->words->first) {
        kor_reader s = *r;
        s.at++;
        int node = read_day_first(&s);
        if (node >= 0) {
            best = node;
            end = s.at;
        }
    }
    r->at = end;
    return best;
}
