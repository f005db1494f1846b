/* SPDX-License-Identifier: Apache-2.0 */
#include "time/when.h"

#include "time/phrase.h"

#include <string.h>

/* ---- Names ---- */

static const char *const unit_names[] = {
    [KOR_UNIT_SECOND] = "second",   [KOR_UNIT_MINUTE] = "minute",   [KOR_UNIT_HOUR] = "hour",
    [KOR_UNIT_DAY] = "day",         [KOR_UNIT_WORKDAY] = "day",     [KOR_UNIT_WEEKEND] = "weekend",
    [KOR_UNIT_WEEK] = "week",       [KOR_UNIT_FORTNIGHT] = "week",  [KOR_UNIT_MONTH] = "month",
    [KOR_UNIT_QUARTER] = "quarter", [KOR_UNIT_HALF] = "half",       [KOR_UNIT_YEAR] = "year",
    [KOR_UNIT_DECADE] = "decade",   [KOR_UNIT_CENTURY] = "century",
};

static const char *const rule_names[] = {
    [KOR_NODE_NOW] = "now",
    [KOR_NODE_UNIT] = "calendar-unit",
    [KOR_NODE_WEEKDAY] = "weekday",
    [KOR_NODE_DATE] = "date",
    [KOR_NODE_QUARTER] = "quarter",
    [KOR_NODE_SEASON] = "season",
    [KOR_NODE_DECADE] = "decade",
    [KOR_NODE_CENTURY] = "century",
    [KOR_NODE_WEEK_NUMBER] = "week-number",
    [KOR_NODE_HOLIDAY] = "holiday",
    [KOR_NODE_NTH] = "nth-within",
    [KOR_NODE_SHIFT] = "amount-from",
    [KOR_NODE_ROLL] = "last-or-next-amount",
    [KOR_NODE_CONTAINING] = "unit-around",
    [KOR_NODE_STARTING] = "unit-from",
    [KOR_NODE_SLICE] = "part-of-period",
    [KOR_NODE_PART] = "part-of-day",
    [KOR_NODE_CLOCK] = "clock-time",
    [KOR_NODE_CLOCKS] = "clock-range",
    [KOR_NODE_CLOCK_OPEN] = "clock-bound",
    [KOR_NODE_RANGE] = "from-to",
    [KOR_NODE_OPEN] = "open-range",
    [KOR_NODE_FOR] = "from-for",
    [KOR_NODE_SPREAD] = "within-of",
};

const char *kor_when_type_name(kor_when_type type)
{
    static const char *const names[] = {
        "date",          "daterange", "time", "timerange", "datetime",
        "datetimerange", "duration",  "set",  "vague",
    };
    return (size_t)type < sizeof names / sizeof *names ? names[type] : "unknown";
}

/* ---- Types ---- */

static kor_when_type widened(kor_when_type type)
{
    return type == KOR_WHEN_DATE       ? KOR_WHEN_DATERANGE
           : type == KOR_WHEN_TIME     ? KOR_WHEN_TIMERANGE
           : type == KOR_WHEN_DATETIME ? KOR_WHEN_DATETIMERANGE
                                       : type;
}

static kor_when_type type_of(const kor_expr *e, int i)
{
    const kor_node *n = &e->node[i];
    bool clock = n->amount.seconds != 0;
    switch (n->kind) {
    case KOR_NODE_NOW: return KOR_WHEN_DATETIME;
    case KOR_NODE_CLOCK: return n->child < 0 ? KOR_WHEN_TIME : KOR_WHEN_DATETIME;
    case KOR_NODE_PART:
    case KOR_NODE_CLOCKS: return n->child < 0 ? KOR_WHEN_TIMERANGE : KOR_WHEN_DATETIMERANGE;
    case KOR_NODE_CLOCK_OPEN: return KOR_WHEN_DATETIMERANGE;
    case KOR_NODE_SHIFT: return clock ? KOR_WHEN_DATETIME : KOR_WHEN_DATE;
    case KOR_NODE_ROLL: return clock ? KOR_WHEN_DATETIMERANGE : KOR_WHEN_DATERANGE;
    case KOR_NODE_SLICE:
        return kor_is_day(e, n->child) ? KOR_WHEN_DATETIMERANGE : KOR_WHEN_DATERANGE;
    case KOR_NODE_OPEN: return widened(type_of(e, n->child));
    case KOR_NODE_FOR: {
        kor_when_type from = widened(type_of(e, n->child));
        return from == KOR_WHEN_DATERANGE && clock ? KOR_WHEN_DATETIMERANGE : from;
    }
    case KOR_NODE_SPREAD: return KOR_WHEN_DATERANGE;
    case KOR_NODE_RANGE: {
        kor_when_type a = widened(type_of(e, n->child)), b = widened(type_of(e, n->second));
        return a == b ? a
               : a == KOR_WHEN_DATERANGE && e->node[n->second].kind == KOR_NODE_NOW
                   ? a
                   : KOR_WHEN_DATETIMERANGE;
    }
    default: return kor_is_day(e, i) ? KOR_WHEN_DATE : KOR_WHEN_DATERANGE;
    }
}

/* ---- Readings ---- */

typedef struct candidate {
    kor_value value;
    bool future, later, day_first;
    const char *note;
} candidate;

enum { CANDIDATES = 8 };

/* Clock times are on days: the latest Monday at 9 may be a week before the latest Monday. */
static bool is_clocked(const kor_expr *e)
{
    const kor_node *n = &e->node[e->root];
    bool clock =
        n->kind == KOR_NODE_PART || n->kind == KOR_NODE_CLOCK || n->kind == KOR_NODE_CLOCKS;
    return clock && n->child >= 0 &&
           (e->node[n->child].kind == KOR_NODE_WEEKDAY || e->node[n->child].kind == KOR_NODE_DATE ||
            e->node[n->child].kind == KOR_NODE_HOLIDAY);
}

static bool evaluate(const kor_time_reading *base, const kor_expr *e, kor_time_reading *used,
                     kor_value *out)
{
    *used = *base;
    if (!kor_evaluate(used, e, e->root, out)) return false;
    bool misses = used->future ? out->from <= used->now_ms : out->from > used->now_ms;
    if (misses && used->floated && is_clocked(e)) {
        kor_time_reading step = *base;
        kor_value nearer;
        step.stepped = true;
        if (kor_evaluate(&step, e, e->root, &nearer) &&
            (step.future ? nearer.from > step.now_ms : nearer.from <= step.now_ms)) {
            step.floated = true;
            *used = step;
            *out = nearer;
        }
    }
    return true;
}

static bool same(const kor_value *a, const kor_value *b)
{
    return a->from == b->from && a->to == b->to;
}

static void collect(const kor_time_reading *base, const kor_expr *e, candidate *list, size_t *count,
                    kor_time_reading *first)
{
    kor_time_reading used;
    kor_value v;
    bool ok = evaluate(base, e, &used, &v);
    *first = used;
    if (ok) list[(*count)++] = (candidate){v, base->future, false, base->day_first, used.note};
    if (!ok && !used.floated && !used.swapped) return;
    bool floated = used.floated, halved = used.halved, swapped = used.swapped;
    for (int i = 1; i < 8; i++) {
        bool other = i & 1, later = i & 2, swap = i & 4;
        if ((other && !floated) || (later && !halved) || (swap && !swapped) || *count == CANDIDATES)
            continue;
        kor_time_reading r = *base;
        r.future = base->future != other;
        r.later = later;
        r.day_first = base->day_first != swap;
        if (!evaluate(&r, e, &used, &v)) continue;
        halved |= used.halved;
        bool known = false;
        for (size_t k = 0; k < *count; k++) known |= same(&list[k].value, &v);
        if (!known) list[(*count)++] = (candidate){v, r.future, later, r.day_first, used.note};
    }
}

/* Which of the candidates in the preferred direction is meant: of the two halves of the day, the
 * latest that has begun, or the first that comes. */
static size_t choose(const candidate *list, size_t count, const kor_time_reading *c)
{
    size_t best = 0;
    bool has = false;
    int64_t best_at = 0;
    for (size_t i = 0; i < count; i++) {
        if (list[i].future != c->future || list[i].day_first != c->day_first) continue;
        int64_t at = list[i].value.open_from ? list[i].value.to : list[i].value.from;
        bool fits = c->future ? at >= c->now_ms : at <= c->now_ms;
        if (fits && (!has || (c->future ? at < best_at : at > best_at))) {
            best = i;
            best_at = at;
            has = true;
        }
    }
    return best;
}

static uint32_t open_flags(const kor_value *v)
{
    return (v->open_from ? KOR_WHEN_OPEN_START : 0u) | (v->open_to ? KOR_WHEN_OPEN_END : 0u);
}

static void add_alternative(kor_when_span *out, const kor_value *v, const char *reading)
{
    if (out->alternatives == KOR_WHEN_ALTERNATIVES) return;
    if (v->from == out->from_ms && v->to == out->to_ms) return;
    for (size_t i = 0; i < out->alternatives; i++) {
        if (out->alternative[i].from_ms == v->from && out->alternative[i].to_ms == v->to) return;
    }
    out->alternative[out->alternatives++] =
        (kor_when_range){v->from, v->to, open_flags(v), reading};
}

static void resolve(const kor_time_reading *base, const kor_expr *e, kor_when_span *out)
{
    candidate list[CANDIDATES];
    size_t count = 0;
    kor_time_reading first;
    collect(base, e, list, &count, &first);
    if (count == 0) {
        out->why = first.why ? first.why : "there is no such time";
        return;
    }
    size_t best = choose(list, count, base);
    const candidate *b = &list[best];
    out->flags |= KOR_WHEN_RESOLVED | open_flags(&b->value);
    out->from_ms = b->value.from;
    out->to_ms = b->value.to;
    out->grain = unit_names[b->value.grain];
    out->note = b->note;
    if (first.swapped && !out->note) {
        out->note = base->day_first
                        ? "day and month may be the other way round; read as day first"
                        : "day and month may be the other way round; read as month first";
    }
    for (size_t i = 0; i < count; i++) {
        const candidate *k = &list[i];
        if (i == best) continue;
        const char *reading = k->day_first != b->day_first
                                  ? k->day_first ? "day first" : "month first"
                              : k->future != b->future ? k->future ? "future" : "past"
                              : k->later               ? "pm"
                                                       : "am";
        add_alternative(out, &k->value, reading);
    }
    if (first.lasted) {
        kor_time_reading before = *base, used;
        kor_value v;
        before.week_before = true;
        if (evaluate(&before, e, &used, &v)) add_alternative(out, &v, "of the week before");
    }
    /* What the other convention would have said. */
    kor_time_reading other = *base, used;
    kor_value v;
    bool calendar = base->convention == &kor_convention_calendar;
    other.convention = calendar ? &kor_convention_memory : &kor_convention_calendar;
    if (evaluate(&other, e, &used, &v)) add_alternative(out, &v, other.convention->name);
}

/* ---- Finding ---- */

/* Words that lead to a time and say nothing of it. */
static size_t lead_of(kor_words *w, size_t first)
{
    size_t lead = kor_words_at(w, first)->start;
    for (size_t back = 1; back <= 3 && back <= first; back++) {
        const kor_token *after = kor_words_at(w, first - back + 1);
        const kor_token *t = kor_words_at(w, first - back);
        if (after->apart) break;
        bool leads = t->word == KOR_WORD_ON || t->word == KOR_WORD_IN || t->word == KOR_WORD_AT ||
                     t->word == KOR_WORD_DURING || t->word == KOR_WORD_THE ||
                     t->word == KOR_WORD_FROM || t->word == KOR_WORD_WITHIN ||
                     t->word == KOR_WORD_STARTING;
        if (!leads || t->joined) break;
        lead = t->start;
        if (t->word != KOR_WORD_THE) break;
    }
    return lead;
}

/* An expression ends where a word does: not within "today.txt", "2026-11-20T10" or "5%". */
static bool read_close(kor_reader *r, bool dated, bool *inside)
{
    const kor_token *mark = kor_peek(r, 0), *next = kor_peek(r, 1);
    if (!mark->glued) return true;
    if (mark->word != KOR_WORD_MARK) return mark->word == KOR_WORD_END;
    bool followed = next->glued && next->word != KOR_WORD_MARK && next->word != KOR_WORD_END;
    if (mark->value == '\'') return true;
    bool joins = mark->value && mark->value < 0x80 && strchr("./\\-:@#=+&~", mark->value);
    if (mark->value == '%' || mark->value == '(' || mark->value == '[')
        return mark->value == '(' && !followed;
    if (followed && joins && dated && mark->value != '/' && mark->value != ':' &&
        mark->value != '@') {
        /* A date that opens or closes a file's name. */
        *inside = true;
        return next->word != KOR_WORD_NUMBER;
    }
    return !(followed && joins);
}

static bool may_begin(kor_words *w, const kor_token *t)
{
    if (t->word == KOR_WORD_END) return false;
    if (t->word == KOR_WORD_ORDINAL_SUFFIX)
        return !t->glued && kor_words_is(w, t, "st"); /* a saint */
    if (t->word == KOR_WORD_NUMBER && t->glued &&
        w->first > 1) { /* the index of an array: h[8:12] */
        const kor_token *bracket = kor_words_at(w, w->first - 1);
        if (bracket->word == KOR_WORD_MARK && bracket->value == '[' && bracket->glued) return false;
    }
    if (t->joined) {
        /* A date after a dash, an equals sign or a colon. */
        const kor_token *before = w->first ? kor_words_at(w, w->first - 1) : NULL;
        bool mark = before && before->word == KOR_WORD_MARK &&
                    (before->value == '-' || before->value == '=' || before->value == ':');
        return mark && t->word == KOR_WORD_NUMBER && (t->digits == 4 || t->digits == 8);
    }
    if (t->word == KOR_WORD_MARK) return t->value == '\'';
    if (t->word != KOR_WORD_NONE) return true;
    return kor_words_is(w, t, "right") || kor_words_is(w, t, "just") || kor_words_is(w, t, "up") ||
           kor_words_is(w, t, "not") || kor_words_is(w, t, "as") || kor_words_is(w, t, "bi") ||
           kor_words_is(w, t, "semi");
}

/* A whole date of digits: the only thing that is looked for within longer words. */
static bool is_whole_date(const kor_expr *e)
{
    if (e->kind != KOR_EXPR_TIME || e->root < 0) return false;
    const kor_node *n = &e->node[e->root];
    if (n->kind == KOR_NODE_CLOCK && n->child >= 0) n = &e->node[n->child];
    return n->kind == KOR_NODE_DATE && n->has_year && n->day && n->month && !n->two_digits &&
           n->year > 31;
}

static void set_again(const kor_time_reading *c, const kor_recurrence *r, kor_when_again *out)
{
    const kor_convention *v = c->convention;
    *out = (kor_when_again){
        unit_names[r->unit], r->interval, r->weekdays, r->nth, r->month, r->day, 0, 86400};
    if (r->part) {
        out->from_s = v->part[r->part][0] * 60;
        out->to_s = v->part[r->part][1] * 60;
    }
    if (!r->has_clock) return;
    int32_t from = r->clock.second;
    if (r->clock.open && (r->part == KOR_PART_AFTERNOON || r->part == KOR_PART_EVENING ||
                          r->part == KOR_PART_NIGHT || (!r->part && from % 43200 < 7 * 3600))) {
        from = from % 43200 + 43200;
    }
    int32_t to = from + (r->clock.grain == KOR_UNIT_HOUR     ? 3600
                         : r->clock.grain == KOR_UNIT_MINUTE ? 60
                                                             : 1);
    if (r->has_end) {
        to = r->clock_end.second;
        if (r->clock.open && !r->clock_end.open) {
            from = r->clock.second % 43200;
            if (from + 43200 < to) from += 43200;
        } else if (r->clock_end.open) {
            for (to %= 43200; to <= from;) to += 43200;
        }
        if (to <= from) to += 86400;
    }
    out->from_s = from;
    out->to_s = to;
}

static void fill(kor_when_span *out, const kor_time_reading *base, const kor_expr *e)
{
    out->convention = base->convention->name;
    if (e->approximate) out->flags |= KOR_WHEN_APPROXIMATE;
    if (e->loose) out->flags |= KOR_WHEN_LOOSE;
    switch (e->kind) {
    case KOR_EXPR_DURATION:
        out->type = KOR_WHEN_DURATION;
        out->rule = "amount";
        out->grain = unit_names[e->amount.unit];
        out->months = e->amount.months;
        out->days = e->amount.days;
        out->seconds = e->amount.seconds;
        out->why = "it says how long, not when";
        return;
    case KOR_EXPR_SET:
        out->type = KOR_WHEN_SET;
        out->rule = "recurrence";
        out->grain = unit_names[e->again.unit];
        out->why = "it comes back: ask for its occurrences";
        set_again(base, &e->again, &out->again);
        return;
    case KOR_EXPR_VAGUE:
        out->type = KOR_WHEN_VAGUE;
        out->rule = "vague";
        out->grain = unit_names[KOR_UNIT_DAY];
        out->why = e->why;
        return;
    default: break;
    }
    out->type = type_of(e, e->root);
    out->rule = rule_names[e->node[e->root].kind];
    out->grain = unit_names[e->node[e->root].unit];
    if (e->wrong) {
        out->why = "there is no such clock time";
        return;
    }
    resolve(base, e, out);
}

/* Where a search for spans stands. */
typedef struct finder {
    kor_words words;
    size_t week_end; /* the token after a weekday whose week was said; 0 for none */
    int32_t week;    /* weeks away */
    kor_time_reading base;
    size_t counted, counted_cp; /* code points before a byte */
} finder;

static size_t code_points(finder *f, size_t to)
{
    for (; f->counted < to; f->counted++)
        f->counted_cp += (f->words.text[f->counted] & 0xc0) != 0x80;
    return f->counted_cp;
}

static void begin(finder *f, const char *text, size_t len, const kor_when_options *o,
                  const kor_zone *zone)
{
    kor_words_begin(&f->words, text, len);
    f->counted = f->counted_cp = 0;
    f->week_end = 0;
    f->week = 0;
    int64_t now = o->reference_ms;
    now = now < KOR_WHEN_FIRST_MS  ? KOR_WHEN_FIRST_MS
          : now > KOR_WHEN_LAST_MS ? KOR_WHEN_LAST_MS
                                   : now;
    f->base = (kor_time_reading){
        .convention =
            o->convention == KOR_WHEN_MEMORY ? &kor_convention_memory : &kor_convention_calendar,
        .zone = zone,
        .now_ms = now,
        .future = o->prefer == KOR_WHEN_FUTURE,
        .day_first = o->day_first,
        .british = o->british,
        .southern = o->southern,
    };
    f->base.today = kor_day_of(&f->base, now);
}

/* The weekday that an expression is on, NULL for none. */
static kor_node *weekday_of(kor_expr *e)
{
    if (e->kind != KOR_EXPR_TIME || e->root < 0) return NULL;
    kor_node *n = &e->node[e->root];
    bool clock =
        n->kind == KOR_NODE_PART || n->kind == KOR_NODE_CLOCK || n->kind == KOR_NODE_CLOCKS;
    if (clock && n->child >= 0) n = &e->node[n->child];
    return n->kind == KOR_NODE_WEEKDAY ? n : NULL;
}

/* "next week Monday or Tuesday": the Tuesday may be of the same week. */
static void share_week(finder *f, kor_expr *e, size_t first, size_t end, kor_when_span *out)
{
    kor_node *day = weekday_of(e);
    size_t before = f->week_end;
    f->week_end = 0;
    if (!day) return;
    bool listed = before > 0 && first > before && first <= before + 2;
    for (size_t i = before; listed && i < first; i++) {
        const kor_token *t = kor_words_at(&f->words, i);
        listed = t->word == KOR_WORD_OR || t->word == KOR_WORD_AND ||
                 (t->word == KOR_WORD_MARK && t->value == ',');
    }
    if (day->choice == KOR_CHOICE_OF &&
        (day->child < 0 || e->node[day->child].kind == KOR_NODE_UNIT)) {
        f->week = day->child < 0 ? day->n : e->node[day->child].n;
        f->week_end = end;
    } else if (listed && day->choice == KOR_CHOICE_FLOAT && day->child < 0) {
        kor_time_reading used;
        kor_value v;
        day->choice = KOR_CHOICE_OF;
        day->n = f->week;
        f->week_end = end;
        if (evaluate(&f->base, e, &used, &v)) add_alternative(out, &v, "of the same week");
    }
}

static bool next_span(finder *f, kor_when_span *out)
{
    kor_words *w = &f->words;
    kor_expr e;
    while (kor_words_at(w, w->first)->word != KOR_WORD_END) {
        const kor_token token = *kor_words_at(w, w->first);
        kor_reader r = {w, w->first, &e, 0};
        bool inside = token.joined;
        if (!may_begin(w, &token) || !kor_read_expression(&r) ||
            (token.joined && !is_whole_date(&e)) || !read_close(&r, is_whole_date(&e), &inside)) {
            w->first++;
            continue;
        }
        *out = (kor_when_span){.start = token.start, .end = kor_words_at(w, r.at - 1)->end};
        out->lead = lead_of(w, w->first);
        if (inside) out->flags |= KOR_WHEN_INSIDE;
        out->start_cp = code_points(f, out->start);
        out->end_cp = code_points(f, out->end);
        fill(out, &f->base, &e);
        share_week(f, &e, w->first, r.at, out);
        w->first = r.at;
        return true;
    }
    return false;
}

kor_status kor_when(const char *text, size_t len, const kor_when_options *options,
                    kor_when_span *out, size_t max, size_t *count, kor_error *err)
{
    if (!options || !count || (!out && max))
        return kor_fail(err, KOR_E_ARG, "kor_when: options, count and out must not be NULL");
    if (!text && len) return kor_fail(err, KOR_E_ARG, "kor_when: text is NULL");
    if (len == KOR_NUL) len = strlen(text);
    finder f;
    begin(&f, text, len, options, options->zone);
    *count = 0;
    while (*count < max && next_span(&f, &out[*count])) ++*count;
    return KOR_OK;
}

void kor_when_find(kor_asked *out, const char *text, size_t len, int64_t now_ms,
                   const kor_zone *zone)
{
    kor_when_options options = {.reference_ms = now_ms, .convention = KOR_WHEN_MEMORY};
    finder f;
    kor_when_span span;
    *out = (kor_asked){0};
    begin(&f, text, len, &options, zone);
    while (next_span(&f, &span)) {
        bool usable =
            span.flags & KOR_WHEN_RESOLVED && !(span.flags & (KOR_WHEN_LOOSE | KOR_WHEN_INSIDE));
        /* "12:30" alone may be anything. */
        bool placed = span.lead < span.start || span.flags & KOR_WHEN_APPROXIMATE;
        if (span.type == KOR_WHEN_TIME && !placed) usable = false;
        if (span.type == KOR_WHEN_DATETIME && strcmp(span.rule, "now") == 0) usable = false;
        /* What may be another day altogether is left to the user. */
        for (size_t i = 0; i < span.alternatives; i++)
            usable &= !strstr(span.alternative[i].reading, " first");
        if (!usable) continue;
        size_t end = span.end; /* with the possessive of "yesterday's" */
        if (len - end >= 2 && text[end] == '\'' && (text[end + 1] | 32) == 's') end += 2;
        if (len - end >= 4 && memcmp(text + end, "\xe2\x80\x99", 3) == 0 &&
            (text[end + 3] | 32) == 's')
            end += 4;
        *out = (kor_asked){true, span.lead, end, span.from_ms, span.to_ms, ""};
        kor_when_explain(out->rule, sizeof out->rule, &span, text, f.base.now_ms, zone);
        return;
    }
}
