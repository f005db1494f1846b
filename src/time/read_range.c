/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

static int open_node(kor_reader *r, uint8_t relation, int child)
{
    kor_node n = kor_new_node(KOR_NODE_OPEN);
    n.relation = relation;
    return child < 0 ? child : kor_wrap(r, n, child);
}

static int range_node(kor_reader *r, int a, int b)
{
    kor_node n = kor_new_node(KOR_NODE_RANGE);
    if (a < 0 || b < 0) return KOR_NO_NODE;
    n.second = (int8_t)b;
    return kor_wrap(r, n, a);
}

/* ---- Ranges with both ends ---- */

static bool take_join(kor_reader *r, bool between)
{
    if (kor_take(r, KOR_WORD_TO) || kor_take(r, KOR_WORD_UNTIL)) return true;
    if (kor_is_mark(r, 0, '-') || kor_is_mark(r, 0, '~')) {
        r->at++;
        return true;
    }
    return between && kor_take(r, KOR_WORD_AND);
}

static bool read_day(kor_reader *r, int32_t *day, bool *ordinal)
{
    kor_reader s = *r;
    (void)kor_take(&s, KOR_WORD_THE);
    *ordinal = kor_read_ordinal(&s, day);
    const kor_token *t = kor_peek(&s, 0);
    if (!*ordinal) {
        if (t->word != KOR_WORD_NUMBER || t->digits > 2) return false;
        *day = t->value;
        s.at++;
    }
    if (*day < 1 || *day > 31) return false;
    *r = s;
    return true;
}

/* "from 4 to 23 of this month", "3-7 November 2025", "between ninth and seventeenth of April" */
static int read_days_of_month(kor_reader *r)
{
    kor_reader s = *r;
    bool between = kor_take(&s, KOR_WORD_BETWEEN);
    if (!between) (void)kor_take(&s, KOR_WORD_FROM);
    int32_t first, last;
    bool unused;
    if (!read_day(&s, &first, &unused) || !take_join(&s, between) || !read_day(&s, &last, &unused))
        return KOR_NO_NODE;
    bool of = kor_take(&s, KOR_WORD_OF) || kor_take(&s, KOR_WORD_IN);
    uint8_t choice;
    int32_t away = 0;
    kor_node a = kor_new_node(KOR_NODE_DATE);
    a.day = first;
    const kor_token *t = kor_peek(&s, 0);
    kor_reader relative = s;
    if (t->word == KOR_WORD_MONTH) {
        if (t->flags & KOR_WORD_AMBIGUOUS && !t->capital && !of) return KOR_NO_NODE;
        a.month = t->value;
        s.at++;
    } else if (kor_read_choice(&relative, &choice, &away) && kor_take_text(&relative, "month")) {
        s = relative;
        a.choice = KOR_CHOICE_OF;
        a.n = away;
    } else {
        return KOR_NO_NODE;
    }
    int from = kor_add_node(&s, a);
    if (from < 0) return from;
    if (a.month) (void)kor_read_year_after(&s, from);
    kor_node b = *kor_at_node(&s, from);
    b.day = last;
    int node = range_node(&s, from, kor_add_node(&s, b));
    if (node >= 0) *r = s;
    return node;
}

/* The end of "Jan 4-9", "april ninth through seventeenth": a day of the month that was said. */
static int read_same_month(kor_reader *r, int from)
{
    kor_reader s = *r;
    const kor_node *a = kor_at_node(r, from);
    int32_t day;
    bool ordinal;
    if (a->kind != KOR_NODE_DATE || !a->day || !a->month) return KOR_NO_NODE;
    if (!read_day(&s, &day, &ordinal)) return KOR_NO_NODE;
    if (day < a->day && !a->has_year) return KOR_NO_NODE; /* of the month after, if anything */
    const kor_token *next = kor_peek(&s, 0);
    if (next->word == KOR_WORD_MONTH || next->word == KOR_WORD_MERIDIEM) return KOR_NO_NODE;
    if ((next->word == KOR_WORD_OF || next->word == KOR_WORD_P) &&
        kor_word_ahead(&s, 1) != KOR_WORD_NUMBER)
        return KOR_NO_NODE;
    bool more = next->glued && kor_peek(&s, 1)->glued && next->word == KOR_WORD_MARK &&
                kor_word_ahead(&s, 1) == KOR_WORD_NUMBER && next->value != ',';
    if (more || next->word == KOR_WORD_UNIT) return KOR_NO_NODE;
    kor_node b = *a;
    b.day = day;
    b.weekday = -1;
    int to = kor_add_node(&s, b);
    if (to < 0) return to;
    if (!a->has_year && kor_read_year_after(&s, to)) {
        kor_node *first = kor_at_node(&s, from), *last = kor_at_node(&s, to);
        first->year = last->year;
        first->has_year = last->has_year;
        first->two_digits = last->two_digits;
        if (!last->has_year) {
            first->choice = last->choice;
            first->n = last->n;
        }
    }
    *r = s;
    return to;
}

/* Whether a node may be an end of a range that only a dash or "to" makes one. */
static bool bounds(const kor_expr *e, int node)
{
    switch (e->node[node].kind) {
    case KOR_NODE_ROLL:
    case KOR_NODE_RANGE:
    case KOR_NODE_CLOCKS:
    case KOR_NODE_CLOCK_OPEN: return false;
    default: return true;
    }
}

/* "next week from Wednesday to Friday", "from Monday to Wednesday next week": days of one week. */
static int read_days_of_week(kor_reader *r)
{
    kor_reader s = *r;
    uint8_t choice;
    int32_t away = 0;
    bool first = kor_read_choice(&s, &choice, &away);
    if (first && !kor_take_text(&s, "week")) return KOR_NO_NODE;
    if (first) (void)kor_take_mark(&s, ',');
    bool between = kor_take(&s, KOR_WORD_BETWEEN);
    if (!between && !kor_take(&s, KOR_WORD_FROM) && first) return KOR_NO_NODE;
    const kor_token *a = kor_peek(&s, 0);
    int8_t from = (int8_t)a->value;
    if (a->word != KOR_WORD_WEEKDAY || a->flags & KOR_WORD_PLURAL) return KOR_NO_NODE;
    s.at++;
    if (!take_join(&s, between)) return KOR_NO_NODE;
    const kor_token *b = kor_peek(&s, 0);
    int8_t to = (int8_t)b->value;
    if (b->word != KOR_WORD_WEEKDAY || b->flags & KOR_WORD_PLURAL) return KOR_NO_NODE;
    s.at++;
    if (!first) {
        (void)kor_take(&s, KOR_WORD_OF);
        if (!kor_read_choice(&s, &choice, &away) || !kor_take_text(&s, "week")) return KOR_NO_NODE;
    }
    kor_node n = kor_new_node(KOR_NODE_WEEKDAY);
    n.choice = KOR_CHOICE_OF;
    n.n = away;
    n.weekday = from;
    int start = kor_add_node(&s, n);
    n.weekday = to;
    int node = range_node(&s, start, kor_add_node(&s, n));
    if (node >= 0) *r = s;
    return node;
}

/* "from X to Y", "between X and Y", "X - Y" */
static int read_closed(kor_reader *r)
{
    int days = read_days_of_month(r);
    if (days < 0) days = read_days_of_week(r);
    if (days >= 0) return days;
    kor_reader s = *r;
    bool between = kor_take(&s, KOR_WORD_BETWEEN);
    bool said = between || kor_take(&s, KOR_WORD_FROM);
    if (!said && kor_peek(&s, 0)->joined && kor_word_ahead(&s, 0) != KOR_WORD_NUMBER)
        return KOR_NO_NODE;
    int from = kor_read_moment(&s);
    if (said && from >= 0 && kor_at_node(&s, from)->kind == KOR_NODE_RANGE) { /* "from 2014-2018" */
        *r = s;
        return from;
    }
    if (from < 0 || !bounds(s.e, from)) return KOR_NO_NODE;
    (void)kor_take_mark(&s, ',');
    bool dash = kor_is_mark(&s, 0, '-');
    if (!take_join(&s, between)) return KOR_NO_NODE;
    if (kor_take(&s, KOR_WORD_STARTING)) return KOR_NO_NODE;
    kor_reader day_at = s, whole_at = s;
    int day = read_same_month(&day_at, from);
    kor_reader named = s;
    int to = KOR_NO_NODE;
    if (kor_take_text(&named, "date") ||
        kor_take_text(&named, "present")) { /* "from March to date" */
        kor_node today = kor_new_node(KOR_NODE_UNIT);
        if (dash && kor_is_text(&s, 0, "date")) return KOR_NO_NODE;
        to = kor_add_node(&named, today);
        whole_at = named;
    } else {
        to = kor_read_moment(&whole_at);
        if (to >= 0 && !bounds(s.e, to)) to = KOR_NO_NODE;
    }
    if (day >= 0 && (to < 0 || day_at.at >= whole_at.at)) {
        to = day;
        whole_at = day_at;
    }
    if (to < 0) return KOR_NO_NODE;
    const kor_node *a = kor_at_node(&s, from), *b = kor_at_node(&s, to);
    /* 2014-18 may be anything, and so may 5-7. */
    if (!said && a->kind == KOR_NODE_CLOCK && a->latest && b->kind != KOR_NODE_CLOCK)
        return KOR_NO_NODE;
    /* "Jan-Feb 2017": the year is said once. */
    int node = range_node(&whole_at, from, to);
    if (node >= 0) *r = whole_at;
    return node;
}

/* ---- Ranges with one ---- */

static bool take_than(kor_reader *r)
{
    if (!kor_take(r, KOR_WORD_THAN)) return false;
    kor_reader s = *r; /* "earlier than or in 2016" */
    if (kor_take(&s, KOR_WORD_OR) && (kor_take(&s, KOR_WORD_IN) || kor_take(&s, KOR_WORD_ON)))
        *r = s;
    return true;
}

/* "since", "no later than", "at or after": the relation that begins an expression. included: the
 * period itself is meant too. */
static bool read_relation(kor_reader *r, uint8_t *relation, bool *included)
{
    kor_reader s = *r;
    *included = false;
    const kor_token *t = kor_peek(&s, 0);
    bool or = kor_word_ahead(&s, 1) == KOR_WORD_OR &&
              (t->word == KOR_WORD_AT || t->word == KOR_WORD_ON || t->word == KOR_WORD_IN);
    if (or) {
        s.at += 2;
        *included = true;
        t = kor_peek(&s, 0);
    }
    bool no = ! or &&(kor_take(&s, KOR_WORD_NO) || kor_take_text(&s, "not"));
    if (no) t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_SLICE &&
        (t->value == KOR_SLICE_LATER || t->value == KOR_SLICE_SO_FAR)) {
        bool later = t->value == KOR_SLICE_LATER;
        s.at++;
        size_t at = s.at;
        if (!take_than(&s)) return false;
        *included |= s.at > at + 1;
        *relation = later ? (no ? KOR_BY : KOR_AFTER) : (no ? KOR_SINCE : KOR_BEFORE);
        if (no) *included = true;
        *r = s;
        return true;
    }
    if (no) return false;
    switch (t->word) {
    case KOR_WORD_SINCE: *relation = KOR_SINCE; break;
    case KOR_WORD_AFTER: *relation = *included ? KOR_SINCE : KOR_AFTER; break;
    case KOR_WORD_BEFORE: *relation = KOR_BEFORE; break;
    case KOR_WORD_BY: *relation = KOR_BY; break;
    case KOR_WORD_UNTIL: *relation = KOR_UNTIL; break;
    case KOR_WORD_STARTING: *relation = KOR_SINCE; break;
    case KOR_WORD_SLICE_OF:
        if (!kor_is_text(&s, 0, "beginning")) return false;
        *relation = KOR_SINCE;
        break;
    case KOR_WORD_LAST:
        if (!kor_is_text(&s, 0, "prior") || !kor_is_text(&s, 1, "to")) return false;
        s.at++;
        *relation = KOR_BEFORE;
        break;
    case KOR_WORD_MORE:
        if (!kor_is_text(&s, 0, "greater") || kor_word_ahead(&s, 1) != KOR_WORD_THAN) return false;
        s.at++;
        *relation = KOR_AFTER;
        break;
    default: return false;
    }
    s.at++;
    if (t->word == KOR_WORD_STARTING || t->word == KOR_WORD_SLICE_OF || t->word == KOR_WORD_SINCE) {
        if (!kor_take(&s, KOR_WORD_ON) && !kor_take(&s, KOR_WORD_FROM))
            (void)(kor_take(&s, KOR_WORD_IN) || kor_take(&s, KOR_WORD_AT));
    }
    *r = s;
    return true;
}

static int read_open(kor_reader *r)
{
    kor_reader s = *r;
    uint8_t relation;
    bool included;
    if (kor_peek(&s, 0)->joined) return KOR_NO_NODE;
    /* "to date", "till date", "up to now" */
    if (kor_take_text(&s, "up")) { /* "up to last Friday" */
        if (!kor_take(&s, KOR_WORD_TO) && !kor_take(&s, KOR_WORD_UNTIL)) return KOR_NO_NODE;
        int child = kor_read_moment(&s);
        if (child >= 0 && kor_at_node(&s, child)->kind == KOR_NODE_DATE &&
            !kor_at_node(&s, child)->month && !kor_at_node(&s, child)->has_year)
            return KOR_NO_NODE;
        int node = child < 0 ? child : open_node(&s, KOR_UNTIL, child);
        if (node >= 0) *r = s;
        return node;
    }
    bool to = kor_take(&s, KOR_WORD_TO) || kor_take(&s, KOR_WORD_UNTIL);
    if (to && kor_is_text(&s, 0, "date") && !kor_words_is(r->words, kor_behind(r, 1), "up") &&
        !kor_is_text(r, 0, "through") && !kor_is_mark(r, 1, '-')) {
        s.at++;
        kor_word next = kor_word_ahead(&s, 0);
        if (kor_behind(r, 1)->word == KOR_WORD_MARK && kor_peek(r, 0)->glued) return KOR_NO_NODE;
        if (next != KOR_WORD_END && next != KOR_WORD_MARK) return KOR_NO_NODE;
        if (kor_is_mark(&s, 0, '(') || kor_is_mark(&s, 0, '=')) return KOR_NO_NODE;
        kor_node now = kor_new_node(KOR_NODE_NOW);
        now.unit = KOR_UNIT_DAY;
        int node = open_node(&s, KOR_UNTIL, kor_add_node(&s, now));
        if (node >= 0) *r = s;
        return node;
    }
    s = *r;
    if (!read_relation(&s, &relation, &included)) return KOR_NO_NODE;
    kor_reader bare = s;
    int child = kor_read_moment(&s);
    if (child < 0 && (relation == KOR_BEFORE || relation == KOR_AFTER || relation == KOR_UNTIL ||
                      relation == KOR_SINCE)) {
        /* "before 4", "until ten" at the end of a clause */
        kor_clock clock;
        const kor_token *t = kor_peek(&bare, 0);
        s = bare;
        if ((t->word != KOR_WORD_NUMBER && t->word != KOR_WORD_COUNT) || t->value < 1 ||
            t->value > 12 || (t->word == KOR_WORD_COUNT && t->value == 1))
            return KOR_NO_NODE;
        if (!kor_read_clock(&s, KOR_CLOCK_LOOSE, &clock)) return KOR_NO_NODE;
        kor_word next = kor_word_ahead(&s, 0);
        if (next != KOR_WORD_END &&
            !(next == KOR_WORD_MARK && (kor_is_mark(&s, 0, '.') || kor_is_mark(&s, 0, '?'))))
            return KOR_NO_NODE;
        kor_node n = kor_new_node(KOR_NODE_CLOCK);
        n.clock = clock;
        n.latest = true;
        n.unit = clock.grain;
        s.e->loose = true;
        child = kor_add_node(&s, n);
    }
    if (child < 0 || kor_at_node(&s, child)->kind == KOR_NODE_CLOCK_OPEN) return KOR_NO_NODE;
    kor_node *c = kor_at_node(&s, child);
    if (c->kind == KOR_NODE_ROLL && relation != KOR_SINCE) return KOR_NO_NODE;
    if (relation == KOR_BY && c->kind == KOR_NODE_DATE && !c->month && c->year < 1900)
        return KOR_NO_NODE;
    if (included && relation == KOR_BEFORE) relation = KOR_UNTIL;
    int node = open_node(&s, relation, child);
    if (node >= 0 && included) kor_at_node(&s, node)->within = true;
    if (node >= 0) *r = s;
    return node;
}

/* "3 pm or later", "year 2016 and greater", "from Monday onwards": what makes a range of a moment.
 */
static int read_suffix(kor_reader *r, int node)
{
    kor_reader s = *r;
    uint8_t relation;
    bool joined = kor_take(&s, KOR_WORD_OR) || kor_take(&s, KOR_WORD_AND);
    const kor_token *t = kor_peek(&s, 0);
    if (joined) {
        bool later = (t->word == KOR_WORD_SLICE && t->value == KOR_SLICE_LATER) ||
                     kor_is_text(&s, 0, "greater") || t->word == KOR_WORD_AFTER ||
                     t->word == KOR_WORD_ONWARD;
        bool earlier = (t->word == KOR_WORD_SLICE && t->value == KOR_SLICE_SO_FAR) ||
                       t->word == KOR_WORD_BEFORE;
        if (!later && !earlier) return KOR_NO_NODE;
        kor_word next = kor_word_ahead(&s, 1);
        if (next != KOR_WORD_END && next != KOR_WORD_MARK && t->word != KOR_WORD_SLICE)
            return KOR_NO_NODE;
        if (next == KOR_WORD_THAN) return KOR_NO_NODE;
        relation = later ? KOR_SINCE : KOR_UNTIL;
        s.at++;
    } else if (t->word == KOR_WORD_ONWARD) {
        relation = KOR_SINCE;
        s.at++;
    } else {
        return KOR_NO_NODE;
    }
    int open = open_node(&s, relation, node);
    if (open >= 0) {
        kor_at_node(&s, open)->within = true;
        *r = s;
    }
    return open;
}

/* "from X on", "from X onwards" */
static int read_from_on(kor_reader *r)
{
    kor_reader s = *r;
    if (!kor_take(&s, KOR_WORD_FROM)) return KOR_NO_NODE;
    int child = kor_read_moment(&s);
    if (child < 0) return child;
    bool on = kor_take(&s, KOR_WORD_ONWARD);
    if (!on && kor_word_ahead(&s, 0) == KOR_WORD_ON) {
        kor_word next = kor_word_ahead(&s, 1);
        on = next == KOR_WORD_END || next == KOR_WORD_MARK;
        s.at += on;
    }
    int node = on ? open_node(&s, KOR_SINCE, child) : KOR_NO_NODE;
    if (node >= 0) *r = s;
    return node;
}

/* ---- From there, for so long ---- */

static int for_node(kor_reader *r, const kor_amount *amount, int child)
{
    kor_node n = kor_new_node(KOR_NODE_FOR);
    n.amount = *amount;
    n.unit = amount->unit;
    return child < 0 ? child : kor_wrap(r, n, child);
}

static int bare_clock(kor_reader *r)
{
    kor_node n = kor_new_node(KOR_NODE_CLOCK);
    kor_reader s = *r;
    if (!kor_read_clock(&s, KOR_CLOCK_LOOSE, &n.clock)) return KOR_NO_NODE;
    const kor_token *next = kor_peek(&s, 0);
    if (next->word == KOR_WORD_UNIT || next->word == KOR_WORD_NONE) return KOR_NO_NODE;
    n.latest = true;
    n.unit = n.clock.grain;
    int node = kor_add_node(&s, n);
    if (node >= 0) *r = s;
    return node;
}

/* "from 2pm for 2 hours", "for 2.5 hours from 9", "for 1 week, from 20th dec" */
static int read_for(kor_reader *r)
{
    kor_reader s = *r;
    kor_amount amount;
    int child;
    if (kor_take(&s, KOR_WORD_FOR)) {
        if (!kor_read_amount(&s, true, &amount) || amount.letters) return KOR_NO_NODE;
        (void)kor_take_mark(&s, ',');
        if (!kor_take(&s, KOR_WORD_FROM)) return KOR_NO_NODE;
        kor_reader at = s;
        child = kor_read_moment(&s);
        if (child < 0) {
            s = at;
            child = bare_clock(&s);
        }
    } else if (kor_read_amount(&s, true, &amount) && kor_take(&s, KOR_WORD_STARTING)) {
        /* "3 days starting from next Monday" */
        if (!kor_take(&s, KOR_WORD_FROM) && !kor_take(&s, KOR_WORD_ON))
            (void)kor_take(&s, KOR_WORD_AT);
        child = amount.letters ? KOR_NO_NODE : kor_read_moment(&s);
    } else {
        s = *r;
        bool from = kor_take(&s, KOR_WORD_FROM);
        kor_reader at = s;
        child = kor_read_moment(&s);
        if (child < 0 && from) {
            s = at;
            child = bare_clock(&s);
        }
        if (child < 0 || !kor_take(&s, KOR_WORD_FOR)) return KOR_NO_NODE;
        if (!kor_read_amount(&s, true, &amount) || amount.letters) return KOR_NO_NODE;
        const kor_node *c = kor_at_node(&s, child);
        if (!from && c->kind != KOR_NODE_CLOCK) return KOR_NO_NODE;
    }
    int node = for_node(&s, &amount, child);
    if (node >= 0) *r = s;
    return node;
}

/* ---- All of it ---- */

static int read_timed(kor_reader *r)
{
    static int (*const readers[])(kor_reader *) = {read_closed, read_open, read_for, read_from_on};
    kor_reader s = *r;
    kor_expr *e = r->e;
    int best = kor_read_moment(&s);
    if (best >= 0) {
        int open = read_suffix(&s, best);
        if (open >= 0) best = open;
    }
    size_t end = best >= 0 ? s.at : r->at;
    bool wrong = e->wrong, loose = e->loose, approximate = e->approximate;
    const char *why = e->why;
    for (size_t i = 0; i < sizeof readers / sizeof *readers; i++) {
        s = *r;
        e->wrong = e->loose = e->approximate = false;
        e->why = NULL;
        int node = readers[i](&s);
        if (node >= 0 && s.at > end) {
            best = node;
            end = s.at;
            wrong = e->wrong;
            loose = e->loose;
            approximate = e->approximate;
            why = e->why;
        }
    }
    e->wrong = wrong;
    e->loose = loose;
    e->approximate = approximate;
    e->why = why;
    if (best >= 0) r->at = end;
    return best;
}

bool kor_read_expression(kor_reader *r)
{
    kor_expr *e = r->e;
    kor_reader s = *r;
    *e = (kor_expr){.root = KOR_NO_NODE, .kind = KOR_EXPR_TIME};
    bool approx = kor_take(&s, KOR_WORD_APPROX), about = kor_is_text(r, 0, "about");
    const kor_token *ask = kor_behind(r, 1);
    if (about && (kor_words_is(r->words, ask, "how") || kor_words_is(r->words, ask, "what")))
        return false;
    int root = read_timed(&s);
    if (root >= 0 && approx) {
        /* What is not an amount or a clock time is "about" nothing. */
        uint8_t kind = e->node[root].kind;
        bool vague = kind == KOR_NODE_CLOCK || kind == KOR_NODE_SHIFT || kind == KOR_NODE_ROLL ||
                     (!about && kind != KOR_NODE_RANGE && kind != KOR_NODE_OPEN);
        if (!vague) return false;
    }
    size_t end = root >= 0 ? s.at : r->at;
    e->root = root;
    if (root >= 0 && e->why) e->kind = KOR_EXPR_VAGUE;
    if (root >= 0 && approx) e->approximate = true;
    kor_expr_kind kind = e->kind;
    const char *why = e->why;
    if (!approx) {
        s = *r;
        if (kor_read_set(&s) && s.at > end) {
            end = s.at;
            kind = KOR_EXPR_SET;
            why = NULL;
        }
        s = *r;
        e->kind = KOR_EXPR_TIME;
        if (kor_read_vague(&s) && s.at > end) {
            end = s.at;
            kind = e->kind;
            why = e->why;
            root = e->root;
        }
    }
    s = *r;
    (void)kor_take(&s, KOR_WORD_APPROX);
    e->kind = KOR_EXPR_TIME;
    if (kor_read_duration(&s) && s.at > end) {
        end = s.at;
        kind = KOR_EXPR_DURATION;
        why = NULL;
    }
    e->kind = kind;
    e->why = why;
    e->root = kind == KOR_EXPR_TIME ? root : KOR_NO_NODE;
    bool found = end > r->at;
    r->at = end;
    return found;
}
