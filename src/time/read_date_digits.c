/* SPDX-License-Identifier: Apache-2.0 */
/* Dates in digits, or with a month's name between them. */
#include "time/phrase_period.h"

#include <string.h>

static bool is_number(const kor_token *t, int least, int most)
{
    return t->word == KOR_WORD_NUMBER && t->digits >= least && t->digits <= most;
}

/* A mark between the numbers of a date, the same one twice; spaces around it if wide. */
static int32_t take_separator(kor_reader *r, const char *marks, bool wide)
{
    const kor_token *t = kor_peek(r, 0);
    if (t->word != KOR_WORD_MARK || !t->value || t->value >= 0x80) return 0;
    if (!strchr(marks, t->value)) return 0;
    if (!wide && (!t->glued || !kor_peek(r, 1)->glued)) return 0;
    r->at++;
    return t->value;
}

static bool valid(int32_t month, int32_t day)
{
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* The words before the one at hand that make a number or a name a date. */
bool kor_is_introduced(const kor_reader *r)
{
    const kor_token *t = kor_behind(r, 1);
    if (t->word == KOR_WORD_THE) t = kor_behind(r, 2);
    switch (t->word) {
    case KOR_WORD_IN:
    case KOR_WORD_ON:
    case KOR_WORD_OF:
    case KOR_WORD_BY:
    case KOR_WORD_SINCE:
    case KOR_WORD_STARTING:
    case KOR_WORD_FROM:
    case KOR_WORD_UNTIL:
    case KOR_WORD_BEFORE:
    case KOR_WORD_AFTER:
    case KOR_WORD_DURING:
    case KOR_WORD_BETWEEN:
    case KOR_WORD_THAN:
    case KOR_WORD_WITHIN:
    case KOR_WORD_SLICE:
    case KOR_WORD_THIS:
    case KOR_WORD_NEXT: return true;
    case KOR_WORD_LAST: return t->value != KOR_CHOICE_PAST || t->capital;
    default: return false;
    }
}

int kor_date_node(kor_reader *r, int32_t year, int32_t month, int32_t day)
{
    kor_node n = kor_new_node(KOR_NODE_DATE);
    n.unit = day ? KOR_UNIT_DAY : month ? KOR_UNIT_MONTH : KOR_UNIT_YEAR;
    n.year = year;
    n.has_year = year >= 0;
    n.month = month;
    n.day = day;
    return kor_add_node(r, n);
}

/* ---- In digits ---- */

/* The month of "2019/sep/01", with the separators around it. */
static int read_named_between(kor_reader *r)
{
    kor_reader s = *r;
    const kor_token first = *kor_peek(&s, 0);
    s.at++;
    int32_t mark = take_separator(&s, "-/.", false);
    const kor_token month = *kor_peek(&s, 0);
    bool spaced = false;
    if (mark == '.' || !mark) {
        spaced = true;
        (void)kor_take_mark(&s, '.');
        return KOR_NO_NODE;
    }
    if (month.word != KOR_WORD_MONTH) {
        /* 23-2020-September */
        const kor_token name = *kor_peek(&s, 2);
        if (is_number(&first, 1, 2) && is_number(&month, 4, 4) && name.word == KOR_WORD_MONTH &&
            kor_is_mark(&s, 1, mark)) {
            s.at += 3;
            *r = s;
            return kor_date_node(r, month.value, name.value, first.value);
        }
        return KOR_NO_NODE;
    }
    s.at++;
    kor_reader last = s;
    const kor_token third = *kor_peek(&last, 1);
    bool more = !spaced && take_separator(&last, "-/", false) == mark && is_number(&third, 1, 4);
    int node;
    if (is_number(&first, 4, 4)) {
        if (more && third.digits > 2) return KOR_NO_NODE;
        node = kor_date_node(&s, first.value, month.value, more ? third.value : 0);
    } else if (is_number(&first, 1, 2)) {
        if (first.value < 1 || first.value > 31) return KOR_NO_NODE;
        node = kor_date_node(&s, more ? third.value : -1, month.value, first.value);
        if (node >= 0 && more && third.digits == 2) kor_at_node(&s, node)->two_digits = true;
    } else {
        return KOR_NO_NODE;
    }
    if (more) s.at = last.at + 1;
    *r = s;
    return node;
}

/* Year, month and day; also "2026-11" and "2026/11". */
static int read_year_first(kor_reader *r)
{
    kor_reader s = *r;
    const kor_token year = *kor_peek(&s, 0);
    bool joined = !kor_is_free(r, &year); /* in a file's name: a date when it is whole */
    if (!is_number(&year, 4, joined ? 4 : 5)) return KOR_NO_NODE;
    s.at++;
    bool wide = !kor_peek(&s, 0)->glued || !kor_peek(&s, 1)->glued;
    int32_t mark = take_separator(&s, wide ? "-/" : "-/.", wide);
    const kor_token month = *kor_peek(&s, 0);
    if (!mark || !is_number(&month, 1, 2)) return KOR_NO_NODE;
    s.at++;
    kor_reader last = s;
    const kor_token day = *kor_peek(&last, 1);
    if (!wide && take_separator(&last, "-/.", false) == mark && is_number(&day, 1, 2)) {
        const kor_token *next = kor_peek(&last, 1);
        bool more = next->glued && next->word == KOR_WORD_MARK && next->value == mark &&
                    kor_word_ahead(&last, 2) == KOR_WORD_NUMBER && kor_peek(&last, 2)->glued;
        if (more) return KOR_NO_NODE;
        last.at++;
        *r = last;
        int node = kor_date_node(r, year.value, month.value, day.value);
        if (node >= 0) kor_at_node(r, node)->latest = true; /* a clock time with it has 24 hours */
        return node;
    }
    if (mark == '.' || joined || year.digits != 4) return KOR_NO_NODE;
    if (month.value < 1 || month.value > 12 || (wide && year.value > 2999)) return KOR_NO_NODE;
    if (mark == '-' && month.digits == 1) return KOR_NO_NODE;
    *r = s;
    return kor_date_node(r, year.value, month.value, 0);
}

/* Day and month in either order, with the year or without: 3/4/2026, 13.5.15, 4/22. */
static int read_year_last(kor_reader *r)
{
    kor_reader s = *r;
    const kor_token a = *kor_peek(&s, 0);
    if (!is_number(&a, 1, 2) || !kor_is_free(r, &a)) return KOR_NO_NODE;
    s.at++;
    bool wide = !kor_peek(&s, 0)->glued;
    int32_t mark = take_separator(&s, wide ? "-/" : "-/.", wide);
    const kor_token b = *kor_peek(&s, 0);
    if (!mark || !is_number(&b, 1, 4)) return KOR_NO_NODE;
    s.at++;
    if (b.digits == 4) { /* 12-2015, 3/2015 */
        if (a.value < 1 || a.value > 12 || mark == '.' || b.value < 1000 || b.value > 2999 ||
            kor_is_mark(&s, 0, mark)) {
            return KOR_NO_NODE;
        }
        *r = s;
        return kor_date_node(r, b.value, a.value, 0);
    }
    if (b.digits > 2) return KOR_NO_NODE;
    kor_reader last = s;
    int32_t second = take_separator(&last, "-/.", wide);
    if (second == '-' && mark == '/') { /* 10/1-11/2 */
        second = 0;
        last = s;
    }
    const kor_token year = *kor_peek(&last, 0);
    bool whole = second == mark && is_number(&year, 2, 4) && year.digits != 3;
    bool comma = false;
    if (!whole && !second) { /* 08/12,2015 */
        last = s;
        comma = kor_take_mark(&last, ',');
        const kor_token *y = kor_peek(&last, 0);
        bool two = y->glued && is_number(y, 2, 2);
        comma = comma && mark == '/' && (is_number(y, 4, 4) || two) && y->value > (two ? 0 : 999);
    }
    bool swap = a.value > 12 && a.value <= 31;
    int32_t month = swap ? b.value : a.value, day = swap ? a.value : b.value;
    bool introduced = kor_is_introduced(r);
    const kor_token *before = kor_behind(r, 1);
    bool after_weekday =
        before->word == KOR_WORD_WEEKDAY ||
        (before->word == KOR_WORD_MARK && kor_behind(r, 2)->word == KOR_WORD_WEEKDAY);
    if (whole || comma) {
        const kor_token *y = kor_peek(&last, 0);
        last.at++;
        const kor_token *next = kor_peek(&last, 0);
        bool more = next->glued && next->word == KOR_WORD_MARK && next->value == mark &&
                    mark != '-' && kor_peek(&last, 1)->glued &&
                    kor_word_ahead(&last, 1) == KOR_WORD_NUMBER;
        /* 1.2.34 is a version, 10.11.12 may be one. */
        if (more ||
            (mark == '.' && y->digits == 2 && before->word != KOR_WORD_ON && !after_weekday))
            return KOR_NO_NODE;
        if (!valid(month, day)) {
            if (month > 99 || y->digits != 4 || y->value < 1800 || y->value > 2200)
                return KOR_NO_NODE;
            if (month == 0 || day == 0) return KOR_NO_NODE;
        }
        int node = kor_date_node(&last, y->value, month, day);
        if (node < 0) return node;
        kor_at_node(&last, node)->two_digits = y->digits == 2;
        kor_at_node(&last, node)->swappable = a.value <= 12 && b.value <= 12 && a.value != b.value;
        *r = last;
        return node;
    }
    if (second || !valid(month, day) || wide) return KOR_NO_NODE;
    const kor_token *next = kor_peek(&s, 0);
    bool followed = next->glued && (next->word != KOR_WORD_MARK || next->value == '%' ||
                                    (next->value == '/' && kor_peek(&s, 1)->glued));
    if (followed && next->word != KOR_WORD_END) return KOR_NO_NODE;
    if (mark != '/' && !after_weekday) return KOR_NO_NODE;
    if (next->word == KOR_WORD_MARK && next->value == '.' && kor_peek(&s, 1)->glued)
        return KOR_NO_NODE;
    if (a.value == 24 && b.value == 7) return KOR_NO_NODE;
    if (next->word == KOR_WORD_UNIT) return KOR_NO_NODE; /* half an hour */
    /* A fraction is written like this too. */
    bool certain = introduced || r->at > r->words->first || after_weekday ||
                   before->word == KOR_WORD_END || a.digits + b.digits == 4 || b.value > 16 ||
                   swap || next->word == KOR_WORD_AT || kor_is_mark(&s, 0, '-');
    if (!certain || next->word == KOR_WORD_OF) return KOR_NO_NODE;
    *r = s;
    int node = kor_date_node(r, -1, month, day);
    if (node >= 0)
        kor_at_node(r, node)->swappable = a.value <= 12 && b.value <= 12 && a.value != b.value;
    if (node >= 0) (void)kor_read_year_after(r, node);
    return node;
}

/* 20261120 */
static int read_packed(kor_reader *r)
{
    const kor_token t = *kor_peek(r, 0);
    if (!is_number(&t, 8, 8)) return KOR_NO_NODE;
    /* The token's value is cut short, so its digits are read again. */
    int32_t digits[8];
    for (size_t i = 0; i < 8; i++) digits[i] = r->words->text[t.start + i] - '0';
    int32_t year = digits[0] * 1000 + digits[1] * 100 + digits[2] * 10 + digits[3];
    int32_t month = digits[4] * 10 + digits[5], day = digits[6] * 10 + digits[7];
    if (year < 1900 || year > 2099 || !valid(month, day)) return KOR_NO_NODE;
    const kor_token *next = kor_peek(r, 1);
    bool followed = next->glued && next->word != KOR_WORD_MARK && next->word != KOR_WORD_T;
    if (followed && next->word != KOR_WORD_END) return KOR_NO_NODE;
    r->at++;
    int node = kor_date_node(r, year, month, day);
    if (node >= 0) kor_at_node(r, node)->latest = true;
    return node;
}

int kor_read_date_digits(kor_reader *r)
{
    static int (*const readers[])(kor_reader *) = {read_packed, read_named_between, read_year_first,
                                                   read_year_last};
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
    r->at = end;
    return best;
}
