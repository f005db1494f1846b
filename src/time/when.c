/* SPDX-License-Identifier: Apache-2.0 */
/* The finder: a reader of English time expressions, by hand and by table. It says what was meant,
 * resolve.c says when that is.
 *
 * "From X" alone is read as "since X", as "starting X" is. "Now" alone is not taken for a time: a
 * question that says it rarely means this millisecond; as the end of a range it counts. */
#include "time/phrase.h"

#include <string.h>

/* A day number alone, which shares its month with the other end: "from 3 to 7 November". */
static bool read_shared_days(kor_cursor *c, bool with_and, kor_draft *a, kor_draft *b)
{
    kor_cursor s = *c;
    int32_t day;
    (void)kor_take(&s, KOR_WORD_THE);
    if (!kor_read_day_number(&s, &day)) return false;
    if (!kor_take(&s, KOR_WORD_TO) && !kor_take(&s, KOR_WORD_UNTIL) && !kor_take_mark(&s, '-') &&
        !(with_and && kor_take(&s, KOR_WORD_AND))) {
        return false;
    }
    if (!kor_read_period(&s, KOR_WORD_ON, b) || b->period.kind != KOR_PERIOD_DATE ||
        !b->period.month || !b->period.day || b->use != KOR_CLOCK_NONE || b->period.part) {
        return false;
    }
    *a = *b;
    a->period.day = day;
    *c = s;
    return true;
}

/* The second end of a range whose first is a: a period, now, or a day number in the month of a. */
static bool read_end(kor_cursor *c, kor_word before, const kor_draft *a, kor_draft *b)
{
    kor_cursor s = *c;
    if (kor_read_period(c, before, b)) {
        kor_period *p = &b->period;
        if (p->kind == KOR_PERIOD_LATEST && b->use != KOR_CLOCK_NONE &&
            a->period.kind != KOR_PERIOD_LATEST && a->use != KOR_CLOCK_NONE) {
            /* "from 2 pm yesterday to 4 pm": of the same day, or in the night after it. */
            int32_t from = p->clock_from, to = p->clock_to;
            int32_t later = from <= a->period.clock_from ? 24 * 60 : 0;
            *p = a->period;
            p->clock_from = from + later;
            p->clock_to = to + later;
        }
        return true;
    }
    *b = *a;
    if (kor_take(c, KOR_WORD_NOW)) {
        b->period = (kor_period){.kind = KOR_PERIOD_NOW, .weekday = -1, .clock_from = -1};
        return true;
    }
    (void)kor_take(&s, KOR_WORD_THE);
    int32_t day, year;
    if (a->period.kind != KOR_PERIOD_DATE || !a->period.month || !a->period.day ||
        a->use != KOR_CLOCK_NONE || !kor_read_day_number(&s, &day) ||
        kor_peek(&s, 0)->word == KOR_WORD_UNIT) {
        return false;
    }
    b->period.day = day;
    b->period.weekday = -1;
    kor_cursor dated = s;
    if (!a->period.year && kor_take_mark(&dated, ',')) {
        const kor_token *t = kor_peek(&dated, 0);
        year = t->word == KOR_WORD_NUMBER && t->digits == 4 ? t->value : 0;
        if (year) {
            b->period.year = year;
            dated.at++;
            s = dated;
        }
    }
    *c = s;
    return true;
}

/* After "from X": "to Y", "until Y", "- Y". */
static bool read_tail(kor_cursor *c, const kor_draft *a, kor_draft *b)
{
    kor_cursor s = *c;
    if (!kor_take(&s, KOR_WORD_TO) && !kor_take(&s, KOR_WORD_UNTIL) && !kor_take_mark(&s, '-')) {
        return false;
    }
    if (!read_end(&s, KOR_WORD_TO, a, b)) return false;
    *c = s;
    return true;
}

/* What was read: at most two periods and how they stand to the range. */
typedef struct reading {
    kor_relation relation;
    kor_draft a, b;
} reading;

/* "between X and Y", "from X to Y", "from X", "X to Y". */
static bool read_range(kor_cursor *c, kor_word before, reading *r)
{
    kor_cursor s = *c;
    bool between = before == KOR_WORD_BETWEEN;
    r->relation = KOR_BETWEEN;
    if (!read_shared_days(&s, between, &r->a, &r->b)) {
        if (!kor_read_period(&s, before, &r->a)) return false;
        bool clocks = r->a.use == KOR_CLOCK_RANGE;
        if (between) {
            kor_cursor rest = s;
            if (kor_take(&rest, KOR_WORD_AND) && read_end(&rest, KOR_WORD_AND, &r->a, &r->b)) {
                s = rest;
            } else if (clocks) {
                r->relation = KOR_DURING;
            } else {
                return false;
            }
        } else if (clocks) {
            r->relation = KOR_DURING;
        } else if (!read_tail(&s, &r->a, &r->b)) {
            /* "notes from last week" means that week, above all when they are to be forgotten. */
            bool onward = before == KOR_WORD_FROM && kor_take(&s, KOR_WORD_ONWARD);
            if (before == KOR_WORD_SINCE) (void)kor_take(&s, KOR_WORD_ONWARD);
            r->relation = onward || before == KOR_WORD_SINCE ? KOR_SINCE : KOR_DURING;
        }
    }
    *c = s;
    return true;
}

/* "in 3 days" lies ahead; "in a day" is as often a measure ("how many commits in a day"). */
static bool read_ahead(kor_cursor *c, reading *r)
{
    kor_cursor s = *c;
    int32_t n;
    kor_time_unit unit;
    bool article =
        kor_peek(&s, 0)->word == KOR_WORD_ARTICLE && kor_peek(&s, 1)->word == KOR_WORD_UNIT;
    if (article || !kor_read_amount(&s, &n, &unit) || unit == KOR_UNIT_WEEKEND) return false;
    *r = (reading){.relation = KOR_DURING};
    r->a.period = (kor_period){.kind = KOR_PERIOD_POINT,
                               .unit = unit,
                               .n = n,
                               .weekday = -1,
                               .clock_from = -1,
                               .clock_to = -1};
    *c = s;
    return true;
}

static bool read_expression(kor_cursor *c, reading *r)
{
    kor_cursor s = *c;
    kor_word before = kor_peek(&s, 0)->word;
    *r = (reading){.relation = KOR_DURING};
    switch (before) {
    case KOR_WORD_SINCE:
        s.at++;
        if (!kor_take(&s, KOR_WORD_FROM) && !kor_take(&s, KOR_WORD_ON)) {
            (void)kor_take(&s, KOR_WORD_IN);
        }
        break;
    case KOR_WORD_AFTER: r->relation = KOR_AFTER; break;
    case KOR_WORD_BEFORE:
    case KOR_WORD_BY: r->relation = KOR_BEFORE; break;
    case KOR_WORD_UNTIL: r->relation = KOR_UNTIL; break;
    case KOR_WORD_FROM:
    case KOR_WORD_BETWEEN:
    case KOR_WORD_IN:
    case KOR_WORD_ON:
    case KOR_WORD_AT:
    case KOR_WORD_DURING:
    case KOR_WORD_APPROX: s.at++; break;
    default: before = KOR_WORD_NONE; break;
    }
    bool found;
    if (r->relation != KOR_DURING) {
        s.at++;
        (void)kor_take(&s, KOR_WORD_APPROX);
        found = kor_read_period(&s, before, &r->a);
        if (!found && r->relation == KOR_UNTIL && kor_take(&s, KOR_WORD_NOW)) {
            r->a.period = (kor_period){.kind = KOR_PERIOD_NOW, .weekday = -1, .clock_from = -1};
            found = true;
        }
    } else {
        if (before != KOR_WORD_NONE && before != KOR_WORD_APPROX) {
            (void)kor_take(&s, KOR_WORD_APPROX);
        }
        found = (before == KOR_WORD_IN && read_ahead(&s, r)) || read_range(&s, before, r);
    }
    if (found) *c = s;
    return found;
}

/* An expression ends where a word does: not within "today.txt", "2026-11-20T10" or "5%". The
 * possessive of "yesterday's" goes with it. */
static bool read_close(kor_cursor *c)
{
    const kor_token *mark = kor_peek(c, 0), *next = kor_peek(c, 1);
    if (!mark->glued) return true;
    if (mark->word != KOR_WORD_MARK) return mark->word == KOR_WORD_END;
    bool followed = next->glued && next->word != KOR_WORD_MARK;
    if (mark->value == '\'' && next->glued && next->word == KOR_WORD_S) {
        c->at += 2;
        return true;
    }
    bool joins = mark->value && mark->value < 0x80 && strchr("./\\-:@#=+&~", mark->value);
    return mark->value != '%' && !(followed && joins);
}

/* What recurs is no time: neither "Tuesday" in "every other Tuesday" nor "at 9" in "every day at
 * 9"; but "last week" in "every day last week" is one. */
static bool take_every(kor_cursor *c)
{
    kor_cursor s = *c;
    if (!kor_take(&s, KOR_WORD_EVERY)) return false;
    (void)kor_take(&s, KOR_WORD_OTHER);
    if (kor_take(&s, KOR_WORD_UNIT) || kor_take(&s, KOR_WORD_PART)) {
        if (kor_peek(&s, 0)->word != KOR_WORD_AT) return false;
    } else if (kor_peek(&s, 0)->word != KOR_WORD_WEEKDAY) {
        return false;
    }
    *c = s;
    return true;
}

void kor_when_find(kor_when *out, const char *text, size_t len, int64_t now_ms,
                   const kor_zone *zone)
{
    kor_words words;
    kor_words_begin(&words, text, len);
    *out = (kor_when){0};
    while (kor_words_at(&words, words.first)->word != KOR_WORD_END) {
        kor_cursor c = {&words, words.first};
        const kor_token *token = kor_peek(&c, 0);
        bool recurs = take_every(&c);
        bool may_begin =
            !token->joined && token->word != KOR_WORD_NONE && token->word != KOR_WORD_MARK;
        reading r;
        if (!may_begin || !read_expression(&c, &r) || !read_close(&c)) {
            words.first++;
            continue;
        }
        kor_description d = {r.relation, r.a.period, r.b.period};
        bool wrong = recurs || r.a.wrong || (r.relation == KOR_BETWEEN && r.b.wrong);
        if (!wrong && kor_time_resolve(out, &d, now_ms, zone)) {
            out->found = true;
            out->start = token->start;
            out->end = kor_words_at(&words, c.at - 1)->end;
            return;
        }
        /* What is impossible is no time, and neither are its pieces. */
        words.first = c.at;
    }
}
