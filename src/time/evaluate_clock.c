/* SPDX-License-Identifier: Apache-2.0 */
/* Parts of a day and clock times. */
#include "time/evaluate.h"

enum { NOON = 43200, DAY = 86400 };

static bool is_late(uint8_t part)
{
    return part == KOR_PART_AFTERNOON || part == KOR_PART_EVENING || part == KOR_PART_NIGHT ||
           part == KOR_PART_DINNER || part == KOR_PART_PM;
}

/* The seconds after midnight that a clock time is at. */
static int32_t settle(kor_time_reading *c, const kor_clock *clock, uint8_t part)
{
    int32_t at = clock->second;
    const kor_convention *v = c->convention;
    if (clock->midnight) return v->midnight_after ? DAY : 0;
    int32_t small = at % NOON;
    if (part == KOR_PART_NIGHT && v->part[KOR_PART_NIGHT][1] > 1440) {
        /* the night after the day: up to six in the morning */
        if (clock->open)
            at = small < 6 * 3600 ? small + DAY : small + NOON;
        else if (at < 6 * 3600)
            at += DAY;
        return at;
    }
    if (!clock->open) return at;
    if (part == KOR_PART_MORNING || part == KOR_PART_AM || part == KOR_PART_BREAKFAST)
        return small < 3600 ? at : small;
    if (is_late(part)) return small + NOON;
    if (part == KOR_PART_LUNCH) return small < 9 * 3600 ? small + NOON : small;
    if (v->sensible_hours) return small < 7 * 3600 ? small + NOON : small;
    c->halved = true;
    return c->later ? small + NOON : small;
}

static int32_t width(const kor_clock *clock)
{
    return clock->grain == KOR_UNIT_HOUR ? 3600 : clock->grain == KOR_UNIT_MINUTE ? 60 : 1;
}

/* Seconds after midnight of a part of the day, or of a slice of it. */
static void part_bounds(const kor_convention *v, const kor_node *n, int32_t *from, int32_t *to)
{
    *from = v->part[n->part][0] * 60;
    *to = v->part[n->part][1] * 60;
    int32_t length = *to - *from;
    switch (n->slice) {
    case KOR_SLICE_FIRST:
    case KOR_SLICE_SO_FAR: *to = *from + length / 2; break;
    case KOR_SLICE_LAST:
    case KOR_SLICE_LATER: *from += length / 2; break;
    case KOR_SLICE_MIDDLE:
        *from += length / 3;
        *to -= length / 3;
        break;
    default: break;
    }
    if (v->short_night && n->part == KOR_PART_NIGHT && *to == DAY) *to -= 1;
}

/* From one clock time to another, where each may say in which half of the day the other is. */
static void clock_range(kor_time_reading *c, const kor_node *n, int32_t *from, int32_t *to)
{
    const kor_clock *a = &n->clock, *b = &n->clock_end;
    *from = settle(c, a, n->part);
    *to = settle(c, b, n->part);
    if (a->open && !b->open) {
        /* "11 to 2 pm": the latest eleven before two. */
        *from = a->second % NOON;
        if (*from + NOON < *to) *from += NOON;
    } else if (b->open) {
        *to = b->second % NOON;
        while (*to <= *from) *to += NOON;
    }
    if (b->midnight) *to = DAY;
    if (a->midnight) *from = *to <= DAY / 2 ? 0 : *from % DAY;
    if (*to <= *from) *to += DAY;
}

/* The seconds of a day that the node is about; false when there are none. */
static bool bounds(kor_time_reading *c, const kor_node *n, int32_t *from, int32_t *to)
{
    switch (n->kind) {
    case KOR_NODE_PART: part_bounds(c->convention, n, from, to); return true;
    case KOR_NODE_CLOCKS: clock_range(c, n, from, to); return true;
    default: break;
    }
    *from = settle(c, &n->clock, n->part);
    *to = *from + width(&n->clock);
    return true;
}

static void place(const kor_time_reading *c, int64_t day, int32_t from, int32_t to, bool clock,
                  kor_value *out)
{
    out->from = kor_local_ms(c, day * DAY + from);
    out->to = kor_local_ms(c, day * DAY + to);
    /* A clock time that was skipped: the same length of time after the skip. */
    if (clock && out->to <= out->from) out->to = out->from + ((int64_t)to - from) * 1000;
}

static void relate(const kor_time_reading *c, const kor_node *n, int64_t day, kor_value *out)
{
    int64_t at = out->from;
    bool bounded = c->convention->day_bounds;
    int64_t end =
        n->part == KOR_PART_NIGHT ? (int64_t)c->convention->part[KOR_PART_NIGHT][1] * 60 : DAY;
    if (n->relation == KOR_AFTER || n->relation == KOR_SINCE) {
        *out = (kor_value){.from = at, .grain = n->clock.grain, .open_to = !bounded};
        out->to = bounded ? kor_local_ms(c, day * DAY + end) : KOR_WHEN_LAST_MS;
    } else {
        *out = (kor_value){.to = at, .grain = n->clock.grain, .open_from = !bounded};
        out->from = bounded ? kor_local_ms(c, day * DAY) : KOR_WHEN_FIRST_MS;
    }
}

bool kor_evaluate_clock(kor_time_reading *c, const kor_expr *e, const kor_node *n, int64_t today,
                        kor_value *out)
{
    bool clock = n->kind != KOR_NODE_PART;
    int64_t day = today;
    *out = (kor_value){.grain = n->kind == KOR_NODE_PART ? KOR_UNIT_HOUR : n->clock.grain,
                       .point = n->kind == KOR_NODE_CLOCK};
    if (n->child >= 0) {
        kor_value v;
        if (!kor_evaluate_at(c, e, n->child, today, &v)) return false;
        if (!v.days || v.end - v.first != 1)
            return kor_no_such_time(c, "a clock time is on one day");
        day = v.first;
    } else {
        c->floated = true;
    }
    int32_t from, to;
    if (!bounds(c, n, &from, &to)) return false;
    if (n->has_offset) {
        /* The words say the offset: the clock of another place. */
        out->from = (day * DAY + from - (int64_t)n->offset * 60) * 1000;
        if (n->child < 0) { /* the latest that has begun, or the next */
            while (!c->future && out->from > c->now_ms) out->from -= DAY * 1000;
            while (c->future && out->from <= c->now_ms) out->from += DAY * 1000;
        }
        out->to = out->from + ((int64_t)to - from) * 1000;
        return true;
    }
    place(c, day, from, to, clock, out);
    if (n->child < 0) {
        /* The latest that has begun, or the next. */
        while (!c->future && out->from > c->now_ms && day > today - 2)
            place(c, --day, from, to, clock, out);
        while (c->future && out->from <= c->now_ms && day < today + 2)
            place(c, ++day, from, to, clock, out);
    }
    if (n->kind == KOR_NODE_CLOCK_OPEN) relate(c, n, day, out);
    if (!clock && n->slice == KOR_SLICE_LATER && n->child >= 0 && c->convention->to_now &&
        out->from < c->now_ms && c->now_ms < out->to) {
        out->from = c->now_ms;
    }
    return out->from < out->to || kor_no_such_time(c, "the clock skips it");
}
