/* SPDX-License-Identifier: Apache-2.0 */
/* Amounts of time up to now, from now, and from other times. */
#include "time/phrase_period.h"

/* ---- Rolling amounts ---- */

static int roll_node(kor_reader *r, const kor_amount *amount, int sign, bool within)
{
    kor_node n = kor_new_node(KOR_NODE_ROLL);
    n.amount = *amount;
    n.sign = (int8_t)sign;
    n.within = within;
    n.unit = amount->unit;
    return kor_add_node(r, n);
}

/* "last 3 days", "the next couple of weeks", "5 past minutes", "within 2 hours", "last hour" */
int kor_read_roll(kor_reader *r)
{
    kor_reader s = *r;
    kor_amount amount;
    uint8_t choice;
    int32_t n;
    bool within = kor_take(&s, KOR_WORD_WITHIN);
    if (within) (void)kor_take(&s, KOR_WORD_THE);
    bool chosen = kor_read_choice(&s, &choice, &n) && n != 0;
    /* "it will last two hours" */
    const kor_token *verb = kor_behind(r, 1);
    if (chosen && kor_is_text(r, 0, "last") &&
        (kor_words_is(r->words, verb, "will") || kor_words_is(r->words, verb, "not") ||
         kor_words_is(r->words, verb, "t") || kor_words_is(r->words, verb, "should") ||
         kor_words_is(r->words, verb, "would") || kor_words_is(r->words, verb, "can") ||
         kor_words_is(r->words, verb, "could") || kor_words_is(r->words, verb, "may") ||
         kor_words_is(r->words, verb, "might") || kor_words_is(r->words, verb, "must") ||
         kor_words_is(r->words, verb, "to") || kor_words_is(r->words, verb, "ll") ||
         kor_words_is(r->words, verb, "usually") || kor_words_is(r->words, verb, "only"))) {
        return KOR_NO_NODE;
    }
    if (!chosen && !within) {
        /* the count first */
        int32_t count;
        kor_unit unit;
        s = *r;
        if (kor_word_ahead(&s, 0) == KOR_WORD_SOME) {
            count = kor_peek(&s, 0)->value;
            s.at++;
        } else if (!kor_read_cardinal(&s, &count) || count == 0) {
            return KOR_NO_NODE;
        }
        if (kor_word_ahead(&s, 0) == KOR_WORD_THIS) return KOR_NO_NODE;
        if (!kor_read_choice(&s, &choice, &n) || !kor_read_unit(&s, &unit)) return KOR_NO_NODE;
        if (kor_behind(&s, 1)->flags & KOR_WORD_SINGULAR && count != 1) return KOR_NO_NODE;
        amount = (kor_amount){.unit = (uint8_t)unit, .count = count};
        kor_amount_add(&amount, unit, (int64_t)count * 1000);
        *r = s;
        return roll_node(r, &amount, n, false);
    }
    if (within && !chosen) n = 1;
    kor_reader one = s;
    kor_unit whole;
    if (within && !chosen && kor_behind(&s, 1)->word == KOR_WORD_THE &&
        kor_peek(&s, 0)->flags & KOR_WORD_SINGULAR && kor_read_unit(&one, &whole) &&
        whole >= KOR_UNIT_MINUTE) { /* "within the hour" */
        amount = (kor_amount){.unit = (uint8_t)whole, .count = 1};
        kor_amount_add(&amount, whole, 1000);
        *r = one;
        return roll_node(r, &amount, 1, true);
    }
    kor_unit unit;
    kor_reader single = s;
    if (chosen && kor_read_unit(&single, &unit)) { /* "last hour", "past fortnight" */
        bool clock = unit < KOR_UNIT_DAY;
        const kor_token *name = kor_behind(&single, 1);
        if (!(name->flags & KOR_WORD_SINGULAR) && name->word != KOR_WORD_UNIT) return KOR_NO_NODE;
        if (!clock && unit != KOR_UNIT_FORTNIGHT && name->flags & KOR_WORD_SINGULAR && !within)
            return KOR_NO_NODE;
        if (unit == KOR_UNIT_SECOND) return KOR_NO_NODE;
        bool plural = !(name->flags & KOR_WORD_SINGULAR);
        /* "last minute changes" is said of changes; "the next hour of" not */
        if (unit == KOR_UNIT_MINUTE && kor_word_ahead(&single, 0) == KOR_WORD_NONE)
            return KOR_NO_NODE;
        amount = (kor_amount){.unit = (uint8_t)unit, .count = plural ? 3 : 1};
        if (plural && unit < KOR_UNIT_HOUR) return KOR_NO_NODE;
        s.e->approximate |= plural;
        kor_amount_add(&amount, unit, amount.count * 1000);
        *r = single;
        return roll_node(r, &amount, n, within);
    }
    (void)kor_take_text(&s, "other");
    kor_reader list = s;
    if (!kor_read_amount(&list, true, &amount)) return KOR_NO_NODE;
    if (kor_word_ahead(&list, 0) == KOR_WORD_AGO && amount.mixed) {
        list = s;
        if (!kor_read_amount(&list, false, &amount)) return KOR_NO_NODE;
    }
    /* "the last four months of 2021" is no roll: the nth of something is tried too, and is longer.
     */
    if (within && !chosen && kor_word_ahead(&list, 0) == KOR_WORD_OF) return KOR_NO_NODE;
    *r = list;
    return roll_node(r, &amount, n, within);
}

/* ---- Amounts from somewhere ---- */

static int shift_node(kor_reader *r, const kor_amount *amount, int sign, int child)
{
    kor_node n = kor_new_node(KOR_NODE_SHIFT);
    n.amount = *amount;
    n.sign = (int8_t)sign;
    n.unit = amount->unit;
    return kor_wrap(r, n, child);
}

/* What an amount of time is counted from: -1 before, 1 after; 0 when nothing says so. */
static int read_direction(kor_reader *r)
{
    switch (kor_word_ahead(r, 0)) {
    case KOR_WORD_BEFORE: r->at++; return -1;
    case KOR_WORD_LAST:
        if (!kor_is_text(r, 0, "prior") || !kor_is_text(r, 1, "to")) return 0;
        r->at += 2;
        return -1;
    case KOR_WORD_AFTER:
    case KOR_WORD_FROM:
    case KOR_WORD_SINCE:
    case KOR_WORD_ON: r->at++; return 1;
    case KOR_WORD_NEXT:
        if (!kor_is_text(r, 0, "following")) return 0;
        r->at++;
        return 1;
    default: return 0;
    }
}

/* "3 days ago", "in two weeks", "a week from Friday", "two days before yesterday" */
int kor_read_shift(kor_reader *r)
{
    kor_reader s = *r;
    kor_amount amount;
    bool in = kor_take(&s, KOR_WORD_IN);
    if (in && kor_take(&s, KOR_WORD_APPROX)) s.e->approximate = true;
    int bound = 0;
    kor_reader more = s;
    const kor_token *m = kor_peek(&more, 0);
    if (m->word == KOR_WORD_MORE) {
        int32_t sign = m->value;
        more.at++;
        if (kor_take(&more, KOR_WORD_THAN)) {
            bound = (int)sign;
            s = more;
        }
    }
    if (kor_word_ahead(&s, 0) == KOR_WORD_THE && kor_word_ahead(&s, 1) == KOR_WORD_UNIT) {
        /* "the day after Christmas" */
        s.at++;
        kor_unit unit;
        if (!kor_read_unit(&s, &unit) || unit < KOR_UNIT_DAY) return KOR_NO_NODE;
        if (!(kor_behind(&s, 1)->flags & KOR_WORD_SINGULAR)) return KOR_NO_NODE;
        amount = (kor_amount){.unit = (uint8_t)unit, .count = 1};
        kor_amount_add(&amount, unit, 1000);
        if (kor_word_ahead(&s, 0) != KOR_WORD_BEFORE && kor_word_ahead(&s, 0) != KOR_WORD_AFTER)
            return KOR_NO_NODE;
    } else if ((kor_is_text(&s, 0, "week") || kor_is_text(&s, 0, "month")) && !in && !bound &&
               (kor_word_ahead(&s, 1) == KOR_WORD_BEFORE ||
                kor_word_ahead(&s, 1) == KOR_WORD_AFTER) &&
               kor_word_ahead(&s, 2) == KOR_WORD_HOLIDAY) { /* "week before Christmas" */
        amount = (kor_amount){.unit = kor_is_text(&s, 0, "week") ? KOR_UNIT_WEEK : KOR_UNIT_MONTH,
                              .count = 1};
        kor_amount_add(&amount, (kor_unit)amount.unit, 1000);
        s.at++;
    } else if (kor_is_text(&s, 0, "day") &&
               (kor_word_ahead(&s, 1) == KOR_WORD_AFTER ||
                kor_word_ahead(&s, 1) == KOR_WORD_BEFORE) &&
               kor_word_ahead(&s, 2) == KOR_WORD_DAY) {
        s.at++;
        amount = (kor_amount){.unit = KOR_UNIT_DAY, .count = 1, .days = 1};
    } else if (!kor_read_amount(&s, true, &amount)) {
        return KOR_NO_NODE;
    }
    int node = KOR_NO_NODE;
    const kor_token *t = kor_peek(&s, 0);
    kor_reader d = s;
    int sign = read_direction(&d);
    bool back = kor_is_text(&s, 0, "back") &&
                (kor_word_ahead(&s, 1) == KOR_WORD_END || kor_word_ahead(&s, 1) == KOR_WORD_MARK);
    if (t->word == KOR_WORD_AGO && t->value < 0 && kor_word_ahead(&s, 1) == KOR_WORD_DAY &&
        !amount.seconds) {
        s.at++; /* "a year ago today" */
        int day = kor_unit_node(&s, KOR_UNIT_DAY, kor_peek(&s, 0)->value);
        s.at++;
        node = day < 0 ? day : shift_node(&s, &amount, -1, day);
    } else if (t->word == KOR_WORD_AGO || back) {
        s.at++;
        node = t->word == KOR_WORD_AGO && t->value > 0 ? roll_node(&s, &amount, 1, false)
                                                       : shift_node(&s, &amount, -1, KOR_NO_NODE);
    } else if (t->word == KOR_WORD_SLICE &&
               (t->value == KOR_SLICE_LATER || t->value == KOR_SLICE_SO_FAR) && !in) {
        s.at++;
        if (amount.letters) return KOR_NO_NODE;
        node = shift_node(&s, &amount, t->value == KOR_SLICE_LATER ? 1 : -1, KOR_NO_NODE);
    } else if (t->word == KOR_WORD_IN && kor_is_text(&s, 1, "the") &&
               kor_is_text(&s, 2, "future")) {
        s.at += 3;
        node = roll_node(&s, &amount, 1, false);
    } else if (sign && !amount.letters && s.depth + 1 < KOR_READ_DEPTH) {
        bool from = t->word == KOR_WORD_FROM;
        if (in && from) return KOR_NO_NODE; /* "two days from today" is the span */
        if (t->word == KOR_WORD_ON && amount.unit < KOR_UNIT_WEEK) return KOR_NO_NODE;
        d.depth++;
        int child;
        if (kor_word_ahead(&d, 0) == KOR_WORD_NOW) {
            d.at++;
            child = kor_add_node(&d, kor_new_node(KOR_NODE_NOW));
            if (from && child >= 0 && !amount.seconds) child = kor_unit_node(&d, KOR_UNIT_DAY, 0);
        } else {
            child = amount.seconds ? kor_read_moment(&d) : kor_read_period(&d);
        }
        d.depth--;
        if (child >= 0) {
            s = d;
            node = shift_node(&s, &amount, sign, child);
            if (node >= 0 && bound) {
                kor_node open = kor_new_node(bound < 0 ? KOR_NODE_SPREAD : KOR_NODE_OPEN);
                open.relation = sign < 0 ? KOR_BEFORE : KOR_AFTER;
                open.sign = (int8_t)sign;
                node = kor_wrap(&s, open, node);
                kor_at_node(&s, node)->second = (int8_t)child;
                bound = 0;
            }
        }
    }
    if (node < 0 && in) {
        if (amount.letters && amount.unit != KOR_UNIT_MINUTE && amount.unit != KOR_UNIT_DAY)
            return KOR_NO_NODE;
        if (kor_word_ahead(&s, 0) == KOR_WORD_OF || kor_behind(&s, 2)->word == KOR_WORD_MARK)
            return KOR_NO_NODE; /* "in 24-hour format" */
        /* "in a day", "in one week" say how much fits, too. */
        if (amount.count == 1 && !amount.mixed && !amount.seconds &&
            kor_behind(&s, 2)->word == KOR_WORD_ARTICLE)
            s.e->loose = true;
        node = shift_node(&s, &amount, 1, KOR_NO_NODE);
        kor_reader time = s; /* "in two weeks' time" */
        (void)kor_take_mark(&time, '\'');
        if (kor_is_text(&time, 0, "s")) time.at++;
        if (kor_take_text(&time, "time")) s = time;
    }
    if (node < 0) return node;
    if (bound > 0 && t->word == KOR_WORD_AGO) {
        kor_node open = kor_new_node(KOR_NODE_OPEN);
        open.relation = KOR_BEFORE;
        node = kor_wrap(&s, open, node);
    }
    *r = s;
    return node;
}
