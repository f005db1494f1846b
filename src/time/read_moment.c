/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

/* What was read so far of a moment, in any order. */
typedef struct draft {
    int day;             /* a node, or KOR_NO_NODE */
    uint8_t part, slice; /* of the day */
    bool has_part, has_clock, has_clocks;
    uint8_t relation; /* of the clock time to the day */
    bool related;
    bool named_part; /* "in the morning": stands alone */
    kor_clock clock, clock_end;
    bool has_offset;
    int16_t offset;
} draft;

static int day_node(kor_reader *r, int32_t n)
{
    kor_node node = kor_new_node(KOR_NODE_UNIT);
    node.n = n;
    return kor_add_node(r, node);
}

/* ---- Parts ---- */

/* "tonight", "this morning", "last night": a part that says its day. */
static bool read_dated_part(kor_reader *r, draft *d)
{
    kor_reader s = *r;
    uint8_t slice = KOR_SLICE_NONE, unused, choice;
    int32_t away;
    if (kor_word_ahead(&s, 0) == KOR_WORD_SLICE) {
        slice = (uint8_t)kor_peek(&s, 0)->value;
        s.at++;
    }
    const kor_token t = *kor_peek(&s, 0);
    if (t.word == KOR_WORD_TONIGHT && !t.joined) {
        s.at++;
        d->day = day_node(&s, 0);
        d->part = KOR_PART_NIGHT;
    } else if (kor_read_choice(&s, &choice, &away)) {
        if (t.value > 0 && t.word == KOR_WORD_THIS) return false; /* "that night" */
        if (!kor_read_part(&s, &d->part, &unused) || kor_behind(&s, 1)->flags & KOR_WORD_PLURAL)
            return false;
        if (unused) slice = unused;
        if (d->part > KOR_PART_NIGHT) return false; /* "this lunch" is a meal */
        if (kor_behind(&s, 1)->flags & KOR_WORD_AMBIGUOUS && t.value == 1) return false;
        d->day = day_node(&s, away);
    } else {
        return false;
    }
    if (d->day < 0) return false;
    d->slice = slice;
    d->has_part = true;
    *r = s;
    return true;
}

/* "in the morning", "at lunch", "late afternoon"; alone only when introduced. */
static bool read_part(kor_reader *r, draft *d, bool alone)
{
    kor_reader s = *r;
    if (alone && kor_peek(&s, 0)->joined) return false;
    bool in = kor_take(&s, KOR_WORD_IN) || kor_take(&s, KOR_WORD_DURING);
    bool at = !in && kor_take(&s, KOR_WORD_AT);
    bool the = kor_take(&s, KOR_WORD_THE);
    const kor_token first = *kor_peek(&s, 0);
    if (!kor_read_part(&s, &d->part, &d->slice)) {
        /* "today pm", "tomorrow am" */
        if (alone || in || at || the || first.word != KOR_WORD_MERIDIEM || first.value == 1)
            return false;
        d->part = first.value ? KOR_PART_PM : KOR_PART_AM;
        s.at++;
    }
    const kor_token last = *kor_behind(&s, 1);
    if (last.flags & KOR_WORD_PLURAL && !(in && the)) return false;
    if (alone) {
        bool introduced = in || at;
        if (in && !the && !d->slice) return false;
        if (at && d->part != KOR_PART_LUNCH && d->part != KOR_PART_DINNER &&
            d->part != KOR_PART_NIGHT && d->part != KOR_PART_BREAKFAST) {
            return false;
        }
        if (kor_word_ahead(&s, 0) == KOR_WORD_OF && !introduced) {
            /* "the morning of November 20" */
        } else if (!introduced) {
            if (d->part >= KOR_PART_LUNCH && d->part != KOR_PART_WORK) return false;
            if (the && kor_word_ahead(&s, 0) == KOR_WORD_NONE) return false;
            /* "Good morning Paul", "one morning", "a late night" */
            kor_word before = kor_behind(r, 1)->word;
            if (before == KOR_WORD_ARTICLE || before == KOR_WORD_END) {
                if (!d->slice || before == KOR_WORD_ARTICLE) return false;
            }
            if (kor_words_is(r->words, kor_behind(r, 1), "good")) return false;
            if (!d->slice && !the && kor_word_ahead(&s, 0) != KOR_WORD_AT &&
                kor_word_ahead(&s, 0) != KOR_WORD_NUMBER)
                return false;
        }
        if (at && d->part == KOR_PART_NIGHT) s.e->loose = true; /* any night */
        if (at && kor_word_ahead(&s, 0) == KOR_WORD_NONE && d->part != KOR_PART_NIGHT &&
            !kor_is_text(r, 1, "lunch"))
            return false;
        d->named_part = introduced;
    }
    d->has_part = true;
    *r = s;
    return true;
}

/* ---- Clock times ---- */

/* "Z", "+01:00", "-0500": the offset of a time stamp. */
static void read_offset(kor_reader *r, draft *d)
{
    const kor_token *t = kor_peek(r, 0), *n = kor_peek(r, 1);
    if (t->word == KOR_WORD_Z && t->glued) {
        d->has_offset = true;
        r->at++;
        return;
    }
    bool plus = kor_is_mark(r, 0, '+');
    if ((!plus && !kor_is_mark(r, 0, '-')) || n->word != KOR_WORD_NUMBER || !n->glued) return;
    bool packed = n->digits == 4,
         split = n->digits == 2 && kor_is_mark(r, 2, ':') && kor_peek(r, 3)->digits == 2;
    if (!packed && !split) return;
    int32_t minutes =
        packed ? n->value / 100 * 60 + n->value % 100 : n->value * 60 + kor_peek(r, 3)->value;
    if (minutes > 24 * 60) return;
    d->has_offset = true;
    d->offset = (int16_t)(plus ? minutes : -minutes);
    r->at += packed ? 2 : 4;
}

/* Zones by the letters that people write after a clock time, in minutes east. What several places
 * use (CST, IST) is none of these but the one that is meant most in English. */
static const struct {
    const char *name;
    int16_t minutes;
} zones[] = {{"utc", 0},     {"gmt", 0},    {"wet", 0},    {"west", 60},  {"bst", 60},
             {"cet", 60},    {"cest", 120}, {"eet", 120},  {"eest", 180}, {"msk", 180},
             {"ist", 330},   {"jst", 540},  {"kst", 540},  {"aest", 600}, {"aedt", 660},
             {"nzst", 720},  {"nzdt", 780}, {"est", -300}, {"edt", -240}, {"cst", -360},
             {"cdt", -300},  {"mst", -420}, {"mdt", -360}, {"pst", -480}, {"pdt", -420},
             {"akst", -540}, {"hst", -600}, {"brt", -180}, {"sast", 120}, {"sgt", 480}};

/* The number of a zone's name, or of two that depend on the day (ET, PT); -1 for none. */
static int zone_ahead(const kor_reader *r)
{
    enum { COUNT = sizeof zones / sizeof *zones };
    for (int i = 0; i < COUNT; i++) {
        if (kor_is_text(r, 0, zones[i].name)) return i;
    }
    return kor_is_text(r, 0, "et") || kor_is_text(r, 0, "pt") ? COUNT : -1;
}

static bool is_zone(const kor_reader *r)
{
    return zone_ahead(r) >= 0;
}

/* Whether hours follow, as in UTC+2 and GMT-5, and then their sign. */
static int zone_hours(const kor_reader *r)
{
    bool plus = kor_is_mark(r, 1, '+');
    const kor_token *n = kor_peek(r, 2);
    int zone = zone_ahead(r);
    if (zone < 0 || zone > 1 || (!plus && !kor_is_mark(r, 1, '-'))) return 0;
    return n->word == KOR_WORD_NUMBER && n->glued && n->value <= 14 ? plus ? 1 : -1 : 0;
}

static size_t zone_tokens(const kor_reader *r)
{
    return zone_hours(r) ? 3 : 1;
}

/* A zone that follows a clock time. It is not taken: it is no word of time. */
static bool read_zone(const kor_reader *r, int16_t *minutes)
{
    int zone = zone_ahead(r);
    if (zone < 0 || zone == sizeof zones / sizeof *zones) return false;
    int sign = zone_hours(r);
    *minutes = sign ? (int16_t)(sign * 60 * kor_peek(r, 2)->value) : zones[zone].minutes;
    return true;
}

/* What makes a bare number an hour: nothing that it could count follows. */
static bool ends_hour(const kor_reader *r)
{
    const kor_token *t = kor_peek(r, 0);
    if (t->word == KOR_WORD_END) return true;
    if (t->word == KOR_WORD_MARK) {
        bool joined = t->glued && kor_peek(r, 1)->glued && kor_word_ahead(r, 1) != KOR_WORD_MARK &&
                      kor_word_ahead(r, 1) != KOR_WORD_END;
        return t->value != '%' && t->value != '$' && t->value != ':' && !joined;
    }
    return t->word != KOR_WORD_NONE && t->word != KOR_WORD_UNIT && t->word != KOR_WORD_NUMBER &&
           t->word != KOR_WORD_SCALE && t->word != KOR_WORD_COUNT && t->word != KOR_WORD_LETTER &&
           t->word != KOR_WORD_MORE && t->word != KOR_WORD_WORK && t->word != KOR_WORD_LAST &&
           t->word != KOR_WORD_OTHER && t->word != KOR_WORD_HALF;
}

static bool read_relation(kor_reader *r, uint8_t *relation)
{
    kor_reader s = *r;
    bool no = (kor_take(&s, KOR_WORD_NO) || kor_take_text(&s, "not"));
    const kor_token *t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_SLICE &&
        (t->value == KOR_SLICE_LATER || t->value == KOR_SLICE_SO_FAR) &&
        kor_word_ahead(&s, 1) == KOR_WORD_THAN) {
        bool later = t->value == KOR_SLICE_LATER;
        *relation = later ? (no ? KOR_BY : KOR_AFTER) : (no ? KOR_SINCE : KOR_BEFORE);
        s.at += 2;
        *r = s;
        return true;
    }
    if (no) return false;
    switch (t->word) {
    case KOR_WORD_BEFORE: *relation = KOR_BEFORE; break;
    case KOR_WORD_AFTER: *relation = KOR_AFTER; break;
    case KOR_WORD_BY: *relation = KOR_BY; break;
    case KOR_WORD_SINCE: *relation = KOR_SINCE; break;
    case KOR_WORD_UNTIL: *relation = KOR_UNTIL; break;
    default: return false;
    }
    r->at++;
    return true;
}

/* One clock time or a range of them; `placed` after a day, `at` after "at" or the like. */
static bool read_times(kor_reader *r, draft *d, bool placed, bool at, bool first)
{
    kor_reader s = *r;
    uint8_t relation = KOR_DURING;
    bool related = placed && !first && read_relation(&s, &relation);
    bool loose = s.e->loose;
    if (!related) {
        kor_reader range = s;
        if (kor_read_clocks(&range, placed || first, &d->clock, &d->clock_end)) {
            bool said =
                kor_word_ahead(&s, 0) == KOR_WORD_FROM || kor_word_ahead(&s, 0) == KOR_WORD_BETWEEN;
            bool certain = d->clock.stated || d->clock_end.stated || said || placed;
            if (!certain) s.e->loose = true;
            d->has_clocks = true;
            *r = range;
            return true;
        }
    }
    bool approx = kor_take(&s, KOR_WORD_APPROX);
    /* "tmr 3" */
    const kor_token *hour = kor_peek(&s, 0);
    bool short_day = placed && !related && kor_behind(&s, 1)->word == KOR_WORD_DAY &&
                     hour->word == KOR_WORD_NUMBER && hour->value >= 1 && hour->value <= 12 &&
                     (kor_word_ahead(&s, 1) == KOR_WORD_END ||
                      (kor_is_mark(&s, 1, '.') && kor_word_ahead(&s, 2) == KOR_WORD_END));
    bool open = at || related || (approx && placed) || short_day;
    const kor_token from = *kor_peek(&s, 0);
    if (!kor_is_free(&s, &from) && !placed) return false;
    size_t start = s.at;
    bool three = at && placed && from.word == KOR_WORD_NUMBER && from.digits == 3 &&
                 from.value >= 100 && from.value < 1300 && from.value % 100 < 60;
    bool four = at && from.word == KOR_WORD_NUMBER && from.digits == 4 && from.value < 2400 &&
                from.value % 100 < 60;
    if (!kor_read_clock(&s,
                        open ? four || three ? KOR_CLOCK_RANGE : KOR_CLOCK_LOOSE : KOR_CLOCK_STRICT,
                        &d->clock))
        return false;
    if (!d->clock.stated && !ends_hour(&s)) {
        uint8_t part, slice;
        kor_reader p = s;
        if (!kor_take(&p, KOR_WORD_IN)) (void)kor_take(&p, KOR_WORD_AT);
        (void)kor_take(&p, KOR_WORD_THE);
        if (!kor_read_part(&p, &part, &slice)) return false;
    }
    if (!d->clock.stated && from.value == 0) return false;
    /* "12:30:45:10", "10:15/20": no clock time */
    const kor_token *next = kor_peek(&s, 0);
    if (next->glued && next->word != KOR_WORD_END && next->word != KOR_WORD_T &&
        next->word != KOR_WORD_Z) {
        bool mark = next->word == KOR_WORD_MARK;
        bool more = kor_peek(&s, 1)->glued && kor_word_ahead(&s, 1) != KOR_WORD_MARK &&
                    kor_word_ahead(&s, 1) != KOR_WORD_END;
        bool joins = next->value == ':' || next->value == '/' || next->value == '.' ||
                     next->value == '_' || next->value == '=';
        if (!mark || (joins && more) || next->value == '%') return false;
    }
    if (approx) s.e->approximate = true;
    if (!d->clock.stated && !placed) loose = true;
    s.e->loose = loose;
    d->has_clock = true;
    d->related = related;
    d->relation = relation;
    if (s.at > start + 2 && d->clock.grain != KOR_UNIT_HOUR) read_offset(&s, d);
    if (!d->has_offset) d->has_offset = read_zone(&s, &d->offset);
    *r = s;
    return true;
}

/* ---- Together ---- */

static bool take_connector(kor_reader *r, bool *at)
{
    kor_reader s = *r;
    bool any = kor_take_mark(&s, ',');
    *at = false;
    const kor_token *t = kor_peek(&s, 0);
    switch (t->word) {
    case KOR_WORD_AT:
        *at = true;
        s.at++;
        break;
    case KOR_WORD_ON:
    case KOR_WORD_OF: s.at++; break;
    case KOR_WORD_IN: break; /* the reader of parts takes it */
    case KOR_WORD_T:
        if (t->glued && kor_peek(&s, 1)->glued) s.at++;
        break;
    case KOR_WORD_MARK:
        if (t->value == '@') {
            *at = true;
            s.at++;
        } else if (t->value == '-' && !t->glued && !any) {
            s.at++;
        }
        break;
    default: break;
    }
    any = s.at > r->at;
    *r = s;
    return any;
}

static bool read_item(kor_reader *r, draft *d, bool first)
{
    kor_reader s = *r;
    bool at = first && kor_behind(r, 1)->word == KOR_WORD_AT;
    bool zoned = !first && (d->has_clock || d->has_clocks) && is_zone(&s);
    if (zoned) s.at += zone_tokens(&s); /* "midnight EST Friday" */
    bool connected = !first && take_connector(&s, &at);
    kor_reader bare = connected ? *r : s;
    bool timed = d->has_clock || d->has_clocks;
    draft made = *d;
    /* A time stamp after a dash: "6 Jan 2017 - 6:37am", but not "2014 - 2018". */
    bool dashed =
        connected && kor_behind(&s, 1)->word == KOR_WORD_MARK && kor_behind(&s, 1)->value == '-';
    if (d->day < 0 && !d->has_part && read_dated_part(&s, &made)) goto taken;
    if (d->day < 0 && d->has_clock && !d->has_part && read_dated_part(&s, &made)) goto taken;
    if (!d->has_part && !dashed) {
        kor_reader p = connected && at ? bare : s;
        if (connected && kor_behind(&s, 1)->value == ',') p = s;
        if (kor_word_ahead(&p, 0) == KOR_WORD_ON) p.at++;
        if (!first || !timed) {
            if (read_part(&p, &made, first)) {
                s = p;
                goto taken;
            }
        }
        made = *d;
    }
    kor_reader day_at = s;
    int day = KOR_NO_NODE;
    if (d->day < 0 && (first || !at) && !dashed) {
        day = kor_read_period(&day_at);
        if (day >= 0 && !first && !kor_is_day(s.e, day)) day = KOR_NO_NODE;
    }
    if (!timed) {
        kor_reader clock_at = s;
        bool placed = d->day >= 0 && kor_is_day(s.e, d->day);
        if (d->has_part) placed = true;
        if (read_times(&clock_at, &made, placed, at, first)) {
            bool longer = day < 0 || clock_at.at > day_at.at ||
                          (clock_at.at == day_at.at && made.clock.stated);
            if (longer) {
                s = clock_at;
                goto taken;
            }
        }
        made = *d;
    }
    if (day < 0) return false;
    made.day = day;
    s = day_at;
taken:
    *d = made;
    *r = s;
    return true;
}

static int finish(kor_reader *r, const draft *d)
{
    if (!d->has_part && !d->has_clock && !d->has_clocks) return d->day;
    if (d->has_clock && d->clock.wrong) r->e->wrong = true;
    if (d->has_clocks && (d->clock.wrong || d->clock_end.wrong)) r->e->wrong = true;
    kor_node n = kor_new_node(d->has_clocks  ? KOR_NODE_CLOCKS
                              : d->has_clock ? d->related ? KOR_NODE_CLOCK_OPEN : KOR_NODE_CLOCK
                                             : KOR_NODE_PART);
    n.part = d->part;
    n.slice = d->slice;
    n.clock = d->clock;
    n.clock_end = d->clock_end;
    n.relation = d->relation;
    n.unit = d->has_clock ? d->clock.grain : KOR_UNIT_HOUR;
    n.latest = d->day < 0;
    if (d->day >= 0) {
        const kor_node *day = kor_at_node(r, d->day);
        if (day->kind == KOR_NODE_DATE && day->latest && n.clock.open)
            n.clock.open = n.clock_end.open = false;
    }
    if (d->has_offset) n.clock.open = false;
    n.has_offset = d->has_offset;
    n.offset = d->offset;
    return kor_wrap(r, n, d->day);
}

int kor_read_moment(kor_reader *r)
{
    kor_reader s = *r;
    draft d = {.day = KOR_NO_NODE};
    bool wrong = s.e->wrong, loose = s.e->loose;
    if (!read_item(&s, &d, true)) return KOR_NO_NODE;
    /* A week or a month has no clock time of its own; "late yesterday" has parts. */
    bool whole = d.day >= 0 && !kor_is_day(s.e, d.day);
    if (whole && kor_at_node(&s, d.day)->kind == KOR_NODE_SLICE &&
        kor_is_day(s.e, kor_at_node(&s, d.day)->child)) {
        kor_reader part = s;
        draft parts = d;
        const kor_node sliced = *kor_at_node(&s, d.day);
        parts.day = sliced.child;
        if (sliced.slice <= KOR_SLICE_LAST && read_item(&part, &parts, false) && parts.has_part) {
            if (!parts.slice) parts.slice = sliced.slice;
            d = parts;
            s = part;
            whole = false;
        }
    }
    for (int i = 0; !whole && i < 4; i++) {
        kor_reader before = s;
        if (!read_item(&s, &d, false)) {
            s = before;
            break;
        }
    }
    /* "Tuesday afternoon last week" */
    if (d.day >= 0 && (d.has_part || d.has_clock || d.has_clocks)) {
        kor_node *day = kor_at_node(&s, d.day);
        kor_reader week = s;
        uint8_t choice;
        int32_t away;
        (void)kor_take(&week, KOR_WORD_OF);
        if (day->kind == KOR_NODE_WEEKDAY && day->choice == KOR_CHOICE_FLOAT && day->child < 0 &&
            kor_read_choice(&week, &choice, &away) && kor_take_text(&week, "week")) {
            day->choice = KOR_CHOICE_OF;
            day->n = away;
            s = week;
        }
    }
    /* "6-8" is a time only with a day. */
    bool bare = d.has_clocks && !d.clock.stated && !d.clock_end.stated && d.day < 0 && !d.has_part;
    if (bare) {
        s.e->wrong = wrong;
        s.e->loose = loose;
        return KOR_NO_NODE;
    }
    /* "Wed Oct 26 15:50:06 2016" */
    if (d.day >= 0 && d.has_clock && kor_at_node(&s, d.day)->kind == KOR_NODE_DATE &&
        !kor_at_node(&s, d.day)->has_year && kor_at_node(&s, d.day)->month &&
        d.clock.grain != KOR_UNIT_HOUR) {
        kor_reader dated = s;
        dated.at += is_zone(&dated);
        if (kor_word_ahead(&dated, 0) == KOR_WORD_NUMBER && kor_read_year_after(&dated, d.day))
            s = dated;
    }
    int node = finish(&s, &d);
    if (node >= 0) *r = s;
    return node;
}
