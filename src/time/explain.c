/* SPDX-License-Identifier: Apache-2.0 */
/* A range in words, for people. */
#include "time/when.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct line {
    char *bytes;
    size_t size, len; /* len < size */
} line;

static void add(line *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void add(line *t, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t->bytes + t->len, t->size - t->len, fmt, ap);
    va_end(ap);
    size_t room = t->size - t->len - 1;
    if (n > 0) t->len += (size_t)n < room ? (size_t)n : room;
}

static void add_day(line *t, int64_t day)
{
    int32_t year, month, day_of_month;
    kor_civil_from_days(day, &year, &month, &day_of_month);
    add(t, "%04d-%02d-%02d", year, month, day_of_month);
}

/* An instant on the wall clock; one that is the end of a day is 24:00 of it. */
typedef struct wall {
    int64_t day;
    int32_t second;
    bool day_start;
} wall;

static wall wall_clock(const kor_zone *zone, int64_t ms)
{
    int64_t instant = kor_floor_div(ms, 1000), local = instant + kor_zone_offset(zone, instant);
    int64_t day = kor_floor_div(local, 86400);
    return (wall){day, (int32_t)(local - day * 86400),
                  kor_zone_instant(zone, day * 86400) * 1000 == ms};
}

static void add_clock(line *t, int32_t second)
{
    add(t, " %02d:%02d", second / 3600, second / 60 % 60);
    if (second % 60) add(t, ":%02d", second % 60);
}

static void add_range(line *t, const kor_when_span *s, int64_t now_ms, const kor_zone *zone)
{
    wall from = wall_clock(zone, s->from_ms), to = wall_clock(zone, s->to_ms);
    if (to.day_start) to = (wall){to.day - 1, 86400, true};
    bool to_now = s->to_ms == now_ms + 1;
    bool open_end = s->to_ms == KOR_WHEN_LAST_MS, open_start = s->from_ms == KOR_WHEN_FIRST_MS;
    bool dates_only = (to.day_start || open_end) && !to_now && (from.day_start || open_start);
    if (open_start) {
        add(t, "up to ");
    } else {
        add_day(t, from.day);
        if (!dates_only && !(to_now && from.day_start)) add_clock(t, from.second);
        if (dates_only && from.day == to.day) return;
        add(t, " to");
        if (to_now || from.day != to.day) add(t, " ");
    }
    if (to_now) {
        add(t, "now");
    } else if (open_end) {
        add(t, "the end");
    } else {
        if (from.day != to.day) add_day(t, to.day);
        if (!dates_only) add_clock(t, to.second);
    }
}

void kor_when_explain(char *out, size_t size, const kor_when_span *span, const char *text,
                      int64_t now_ms, const kor_zone *zone)
{
    char range[64];
    line t = {range, sizeof range, 0}, whole = {out, size, 0};
    out[0] = range[0] = 0;
    add_range(&t, span, now_ms, zone);
    /* The dates matter more than the words: these get the room that is left. */
    size_t used = t.len + 3, len = span->end - span->start;
    size_t room = size > used ? size - used : 0;
    if (len > room) {
        len = room;
        while (len > 0 && ((unsigned char)text[span->start + len] & 0xc0) == 0x80) len--;
    }
    bool same = t.len == span->end - span->start && memcmp(range, text + span->start, t.len) == 0;
    for (size_t i = 0; i < len && !same; i++) {
        unsigned char c = (unsigned char)text[span->start + i];
        char shown = (char)(c < 0x20 || c == 0x7f ? ' ' : c);
        add(&whole, "%c", shown);
    }
    if (!same && len) add(&whole, ": ");
    add(&whole, "%s", range);
}
