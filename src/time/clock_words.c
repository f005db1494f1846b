/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

enum { NOON = 720, MIDNIGHT = 1440 };

/* "am", "p.m."; -1 when there is none, else the hours that it adds. */
static int32_t read_meridiem(kor_cursor *c)
{
    const kor_token *t = kor_peek(c, 0);
    if (t->word == KOR_WORD_MERIDIEM) {
        c->at++;
        return t->value;
    }
    bool letter = (t->word == KOR_WORD_ARTICLE && t->end - t->start == 1) || t->word == KOR_WORD_P;
    if (!letter || !kor_is_mark(c, 1, '.') || kor_peek(c, 2)->word != KOR_WORD_M ||
        !kor_peek(c, 1)->glued || !kor_peek(c, 2)->glued) {
        return -1;
    }
    int32_t hours = t->word == KOR_WORD_P ? 12 : 0;
    c->at += 3;
    if (kor_peek(c, 0)->glued) (void)kor_take_mark(c, '.');
    return hours;
}

/* The minutes of "15:30", or the seconds after them: 0 to 99, -1 when there are none. */
static int32_t read_sixtieth(kor_cursor *c)
{
    const kor_token *t = kor_peek(c, 1);
    if (!kor_is_mark(c, 0, ':') || !kor_peek(c, 0)->glued || !t->glued ||
        t->word != KOR_WORD_NUMBER || t->digits != 2) {
        return -1;
    }
    c->at += 2;
    return t->value;
}

static bool read_oclock(kor_cursor *c)
{
    if (kor_peek(c, 0)->word != KOR_WORD_O || !kor_is_mark(c, 1, '\'') ||
        kor_peek(c, 2)->word != KOR_WORD_OCLOCK) {
        return false;
    }
    c->at += 3;
    return true;
}

static bool read_clock(kor_cursor *c, kor_clock *out)
{
    kor_cursor s = *c;
    const kor_token hour = *kor_peek(&s, 0);
    *out = (kor_clock){.grain = 60};
    if (kor_take(c, KOR_WORD_CLOCK)) {
        out->minute = hour.value;
        out->stated = true;
        return true;
    }
    bool number = hour.word == KOR_WORD_NUMBER && hour.digits <= 2;
    if (!number && hour.word != KOR_WORD_COUNT) return false;
    s.at++;
    int32_t minutes = number ? read_sixtieth(&s) : -1;
    int32_t seconds = minutes >= 0 ? read_sixtieth(&s) : -1;
    int32_t meridiem = read_meridiem(&s);
    out->stated = minutes >= 0 || meridiem >= 0;
    if (meridiem < 0 && read_oclock(&s)) out->stated = true;
    /* "at 30" is no clock time; "at 30:10" is a wrong one. */
    if (!out->stated && hour.value > 24) return false;
    out->wrong = minutes > 59 || seconds > 59 || hour.value > 24 ||
                 (hour.value == 24 && minutes > 0) ||
                 (meridiem >= 0 && (hour.value < 1 || hour.value > 12));
    int32_t h = meridiem >= 0 ? hour.value % 12 + meridiem : hour.value;
    out->minute = h * 60 + (minutes > 0 ? minutes : 0);
    if (minutes >= 0) out->grain = 1;
    bool padded = number && hour.digits == 2 && hour.value < 10;
    out->open = meridiem < 0 && hour.value >= 1 && hour.value <= 12 && !padded;
    *c = s;
    return true;
}

bool kor_read_clocks(kor_cursor *c, bool with_and, kor_draft *draft)
{
    kor_cursor s = *c;
    if (!read_clock(&s, &draft->clock)) return false;
    *c = s;
    draft->use = KOR_CLOCK_AT;
    draft->wrong |= draft->clock.wrong;
    bool joined = kor_take(&s, KOR_WORD_TO) || kor_take(&s, KOR_WORD_UNTIL) ||
                  kor_take_mark(&s, '-') || (with_and && kor_take(&s, KOR_WORD_AND));
    if (joined && read_clock(&s, &draft->clock_end)) {
        *c = s;
        draft->use = KOR_CLOCK_RANGE;
        draft->wrong |= draft->clock_end.wrong;
    }
    return true;
}

/* Which half of the day an open time is in. Without a part of the day, working hours come first:
 * 7 to 11 are before noon, 1 to 6 after it. At night the small hours belong to the night that
 * follows the day. */
static int32_t settled(const kor_clock *clock, kor_part part)
{
    int32_t m = clock->minute;
    if (part == KOR_PART_NIGHT) {
        if (clock->open && m >= 6 * 60) return m + NOON;
        return m < 6 * 60 ? m + MIDNIGHT : m;
    }
    if (!clock->open) return m;
    if (part == KOR_PART_MORNING) return m % NOON;
    if (part == KOR_PART_NONE && m >= 7 * 60) return m;
    return m % NOON + NOON;
}

void kor_settle_clocks(kor_draft *draft)
{
    kor_period *p = &draft->period;
    kor_part part = p->part;
    int32_t from = settled(&draft->clock, part);
    int32_t day_end = part == KOR_PART_NIGHT ? MIDNIGHT + 6 * 60 : MIDNIGHT;
    switch (draft->use) {
    case KOR_CLOCK_NONE: return;
    case KOR_CLOCK_AT:
        p->clock_from = from;
        p->clock_to = from + draft->clock.grain;
        return;
    case KOR_CLOCK_ON:
        p->clock_from = from;
        p->clock_to = day_end;
        break;
    case KOR_CLOCK_UP_TO:
        p->clock_from = 0;
        p->clock_to = from;
        break;
    case KOR_CLOCK_RANGE: {
        int32_t to = settled(&draft->clock_end, part);
        if (draft->clock.open && !draft->clock_end.open && part == KOR_PART_NONE) {
            /* "11 to 2 pm": the latest eleven before two. */
            from = draft->clock.minute % NOON;
            if (from + NOON < to) from += NOON;
        } else if (draft->clock_end.open) {
            to = draft->clock_end.minute % NOON;
            while (to <= from) to += NOON;
        }
        p->clock_from = from;
        p->clock_to = to > from ? to : to + MIDNIGHT;
        break;
    }
    }
    if (p->clock_to <= p->clock_from) draft->wrong = true;
}
