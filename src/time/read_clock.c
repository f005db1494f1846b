/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

enum { NOON = 43200, DAY = 86400 };

static bool glued_mark(const kor_reader *r, size_t ahead, int32_t mark)
{
    return kor_is_mark(r, ahead, mark) && kor_peek(r, ahead)->glued;
}

/* "am", "p.m.", "p . m .", "p"; -1 when there is none, else the hours that it adds; 1 for "ampm".
 */
static int32_t read_meridiem(kor_reader *r)
{
    kor_reader s = *r;
    if (glued_mark(&s, 0, '.') && kor_peek(&s, 1)->glued) s.at++; /* 9.am */
    const kor_token *t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_MERIDIEM) {
        *r = s;
        r->at++;
        return t->value;
    }
    bool a = t->word == KOR_WORD_ARTICLE && t->end - t->start == 1, p = t->word == KOR_WORD_P;
    if (!a && !p) return -1;
    bool glued = t->glued;
    s.at++;
    kor_reader lone = s;
    bool dot = kor_take_mark(&s, '.');
    const kor_token *m = kor_peek(&s, 0);
    if (m->word == KOR_WORD_LETTER && m->value == KOR_UNIT_MINUTE && (dot || p || !m->glued)) {
        s.at++;
        if (dot && kor_is_mark(&s, 0, '.') &&
            (kor_peek(&s, 0)->glued || !kor_behind(&s, 1)->glued)) {
            s.at++;
        }
        *r = s;
        return p ? 12 : 0;
    }
    if (!glued) return -1;
    *r = lone;
    return p ? 12 : 0;
}

static bool read_oclock(kor_reader *r)
{
    if (kor_take_text(r, "oclock")) return true;
    if (kor_word_ahead(r, 0) != KOR_WORD_O || !kor_is_mark(r, 1, '\'') ||
        kor_word_ahead(r, 2) != KOR_WORD_OCLOCK) {
        return false;
    }
    r->at += 3;
    return true;
}

/* "ish", "-ish" */
static bool read_ish(kor_reader *r)
{
    kor_reader s = *r;
    if (glued_mark(&s, 0, '-')) s.at++;
    if (!kor_peek(&s, 0)->glued || !kor_take(&s, KOR_WORD_ISH)) return false;
    *r = s;
    r->e->approximate = true;
    return true;
}

/* The minutes of "15:30", or the seconds after them: 0 to 99, -1 when there are none. */
static int32_t read_sixtieth(kor_reader *r, int32_t mark)
{
    const kor_token *t = kor_peek(r, 1);
    if (!glued_mark(r, 0, mark) || !t->glued || t->word != KOR_WORD_NUMBER || t->digits != 2) {
        return -1;
    }
    r->at += 2;
    return t->value;
}

static void set_clock(kor_clock *out, int32_t hour, int32_t minute, int32_t second)
{
    out->wrong = hour > 24 || minute > 59 || second > 59 || (hour == 24 && minute + second > 0);
    out->second = hour * 3600 + (minute > 0 ? minute * 60 : 0) + (second > 0 ? second : 0);
    out->grain = second >= 0 ? KOR_UNIT_SECOND : minute >= 0 ? KOR_UNIT_MINUTE : KOR_UNIT_HOUR;
}

/* Take what follows an hour as it was said, and settle which half of the day it is in. */
static void read_half(kor_reader *r, kor_clock *out, bool padded)
{
    int32_t hour = out->second / 3600;
    int32_t meridiem = read_meridiem(r);
    if (meridiem >= 0) out->stated = true;
    if (read_oclock(r)) out->stated = true;
    if (meridiem < 0) meridiem = read_meridiem(r);
    if (meridiem == 0 || meridiem == 12) {
        if (hour > 12 && hour < 24) return; /* "15:15 pm" */
        out->wrong |= hour > 12;
        out->second += (hour % 12 + meridiem - hour) * 3600;
        return;
    }
    out->open = hour >= 1 && hour <= 12 && (!padded || meridiem == 1);
}

static bool follows_fraction(const kor_reader *r)
{
    return kor_is_mark(r, 0, '.') && kor_peek(r, 0)->glued && kor_peek(r, 1)->glued &&
           kor_word_ahead(r, 1) == KOR_WORD_NUMBER;
}

/* Whether "in the morning" or the like follows, which makes an hour of any number. */
static bool part_follows(const kor_reader *r)
{
    kor_reader s = *r;
    uint8_t part, slice;
    const kor_token *t = kor_peek(&s, 0);
    /* "8 tonight", "9 tomorrow morning", "8 this evening" */
    if (t->word == KOR_WORD_TONIGHT) return true;
    if ((t->word == KOR_WORD_DAY || (t->word == KOR_WORD_THIS && t->value == 0)) &&
        kor_word_ahead(&s, 1) == KOR_WORD_PART) {
        return !(kor_peek(&s, 1)->flags & (KOR_WORD_PLURAL | KOR_WORD_AMBIGUOUS));
    }
    bool introduced =
        kor_take(&s, KOR_WORD_IN) ? kor_take(&s, KOR_WORD_THE) : kor_take(&s, KOR_WORD_AT);
    return introduced && kor_read_part(&s, &part, &slice) && part <= KOR_PART_NIGHT;
}

static bool read_digits(kor_reader *r, kor_clock_context context, kor_clock *out)
{
    const kor_token hour = *kor_peek(r, 0);
    kor_reader s = *r;
    if (hour.word != KOR_WORD_NUMBER || hour.digits > 4) return false;
    s.at++;
    if (hour.digits > 2) {
        bool hundreds = kor_is_text(&s, 0, "hrs") || kor_is_text(&s, 0, "hours");
        kor_reader after = s;
        bool half = read_meridiem(&after) >= 0;
        bool four = hour.digits == 4;
        if (four && hundreds)
            s.at++;
        else if (!half && context != KOR_CLOCK_RANGE)
            return false;
        set_clock(out, hour.value / 100, hour.value % 100, -1);
        read_half(&s, out, false);
        out->stated = true;
        if (out->wrong) return false;
        *r = s;
        return true;
    }
    int32_t minutes = read_sixtieth(&s, ':'), seconds = -1;
    if (minutes >= 0) {
        seconds = read_sixtieth(&s, ':');
        if (seconds >= 0 && follows_fraction(&s)) s.at += 2;
    } else if (glued_mark(&s, 0, '.')) {
        kor_reader dotted = s;
        int32_t value = read_sixtieth(&dotted, '.');
        kor_reader half = dotted;
        bool ends = !glued_mark(&dotted, 0, '.') || !kor_peek(&dotted, 1)->glued;
        bool meridiem = value >= 0 && read_meridiem(&half) >= 0;
        if (value >= 0 && value < 60 && hour.value < 24 &&
            (meridiem || (context != KOR_CLOCK_STRICT && ends))) {
            s = dotted;
            minutes = value;
        }
    } else if (kor_peek(&s, 0)->glued && kor_word_ahead(&s, 0) == KOR_WORD_LETTER &&
               kor_peek(&s, 0)->value == KOR_UNIT_HOUR && kor_peek(&s, 1)->glued &&
               kor_word_ahead(&s, 1) == KOR_WORD_NUMBER && kor_peek(&s, 1)->digits == 2 &&
               hour.value <= 24 && kor_peek(&s, 1)->value < 60) {
        minutes = kor_peek(&s, 1)->value; /* 15h30 */
        s.at += 2;
    }
    const kor_token *split = kor_peek(&s, 0);
    if (minutes < 0 && !split->glued && split->word == KOR_WORD_NUMBER && split->digits == 2 &&
        split->value < 60) {
        kor_reader half = s; /* "7 56 am" */
        half.at++;
        if (read_meridiem(&half) >= 0) {
            minutes = split->value;
            s.at++;
        }
    }
    out->stated = minutes >= 0;
    if (!out->stated && hour.value > 24) return false;
    set_clock(out, hour.value, minutes, seconds);
    /* 09:15 and 9:15:30 are as a machine writes them. */
    read_half(&s, out, (hour.digits == 2 && hour.value < 10) || seconds >= 0);
    if (read_ish(&s)) {
        out->stated = true;
    } else if (!out->stated && (hour.value > 24 || follows_fraction(&s))) {
        return false;
    }
    if (!out->stated && context == KOR_CLOCK_STRICT && !part_follows(&s)) return false;
    *r = s;
    return true;
}

/* "seven", "seven thirty five", "eleven five pm" */
static bool read_hour_words(kor_reader *r, kor_clock_context context, kor_clock *out)
{
    kor_reader s = *r;
    const kor_token *t = kor_peek(&s, 0);
    if (t->word != KOR_WORD_COUNT || t->value > 24) return false;
    int32_t hour = t->value, minute = -1, n;
    s.at++;
    kor_reader later = s;
    if (kor_is_mark(&later, 0, '-') && kor_peek(&later, 0)->glued) later.at++;
    t = kor_peek(&later, 0);
    bool oh = kor_take(&later, KOR_WORD_O);
    if ((t->word == KOR_WORD_COUNT && kor_read_cardinal(&later, &n) && n >= 5 && n <= 59) ||
        (oh && kor_read_cardinal(&later, &n) && n < 10)) {
        minute = n;
        s = later;
    }
    set_clock(out, hour, minute, -1);
    kor_reader half = s;
    read_half(&s, out, false);
    bool certain = s.at > half.at;
    if (read_ish(&s)) certain = true;
    out->stated = certain;
    if (!certain && context == KOR_CLOCK_STRICT && !part_follows(&s)) return false;
    *r = s;
    return true;
}

/* An hour that is said of minutes: "half past SEVEN O'CLOCK". */
static bool read_hour(kor_reader *r, kor_clock *out)
{
    *out = (kor_clock){0};
    const kor_token *t = kor_peek(r, 0);
    if (t->word == KOR_WORD_CLOCK) {
        *out = (kor_clock){.second = t->value * 60, .grain = KOR_UNIT_HOUR, .stated = true};
        r->at++;
        return true;
    }
    if (t->word != KOR_WORD_NUMBER && t->word != KOR_WORD_COUNT) return false;
    if (t->value < 1 || t->value > 24 || t->digits > 2) return false;
    set_clock(out, t->value, -1, -1);
    r->at++;
    read_half(r, out, false);
    out->stated = true;
    return true;
}

/* "half past three", "quarter to 5", "20 min past eight", "ten to four" */
static bool read_spoken(kor_reader *r, kor_clock *out)
{
    kor_reader s = *r;
    int32_t minutes, quarters = 1;
    bool article = kor_take(&s, KOR_WORD_ARTICLE), unit = false, number = false;
    bool three = !article && kor_peek(&s, 0)->word == KOR_WORD_COUNT &&
                 kor_peek(&s, 0)->value == 3 && kor_is_text(&s, 1, "quarters");
    if (three) {
        s.at++;
        quarters = 3;
    }
    if (kor_take(&s, KOR_WORD_HALF)) {
        minutes = 30;
    } else if (kor_is_text(&s, 0, "quarter") || (three && kor_is_text(&s, 0, "quarters"))) {
        s.at++;
        minutes = quarters * 15;
    } else {
        number = kor_peek(&s, 0)->word == KOR_WORD_NUMBER;
        if (article || !kor_read_cardinal(&s, &minutes) || minutes < 1 || minutes > 59) {
            return false;
        }
        kor_unit said;
        kor_reader before = s;
        unit = kor_read_unit(&s, &said);
        if (unit && said != KOR_UNIT_MINUTE) return false;
        if (!unit) s = before;
    }
    const kor_token *t = kor_peek(&s, 0);
    int32_t sign = 0;
    if (t->word == KOR_WORD_LAST && t->value == KOR_CHOICE_PAST) sign = 1;
    if (t->word == KOR_WORD_AFTER && (!number || unit)) sign = 1;
    bool fives = minutes % 5 == 0 && minutes <= 30;
    if (t->word == KOR_WORD_TO && (unit || (!number && fives)) && kor_is_text(&s, 0, "to"))
        sign = -1;
    if (t->word == KOR_WORD_UNTIL && !number &&
        (kor_is_text(&s, 0, "til") || kor_is_text(&s, 0, "till")))
        sign = -1;
    if (t->word == KOR_WORD_TO && kor_word_ahead(&s, 1) == KOR_WORD_CLOCK &&
        kor_is_text(&s, 0, "to"))
        sign = -1; /* 15 to noon */
    if (t->word == KOR_WORD_BEFORE && (unit || minutes == 15)) sign = -1;
    if (!sign) return false;
    s.at++;
    kor_clock hour;
    if (!read_hour(&s, &hour)) return false;
    *out = hour;
    out->grain = KOR_UNIT_MINUTE;
    out->second += sign * minutes * 60;
    if (out->second < 0) out->second += DAY;
    if (out->open && out->second < 3600) out->second += NOON;
    *r = s;
    return true;
}

/* "noon", "12 midnight", "mid-day" */
static bool read_named(kor_reader *r, kor_clock *out)
{
    kor_reader s = *r;
    const kor_token *t = kor_peek(&s, 0);
    int32_t minutes = -1;
    if ((t->word == KOR_WORD_NUMBER || t->word == KOR_WORD_COUNT) && t->value == 12) {
        s.at++;
        (void)read_oclock(&s);
        t = kor_peek(&s, 0);
    }
    if (t->word == KOR_WORD_CLOCK) {
        minutes = t->value;
        s.at++;
    } else if (t->word == KOR_WORD_SLICE && t->value == KOR_SLICE_MIDDLE && s.at == r->at) {
        s.at++;
        if (glued_mark(&s, 0, '-')) s.at++;
        if (kor_take_text(&s, "day"))
            minutes = 720;
        else if (kor_take_text(&s, "night"))
            minutes = 1440;
    }
    if (minutes < 0) return false;
    *out = (kor_clock){.second = minutes * 60, .grain = KOR_UNIT_HOUR, .stated = true};
    out->midnight = minutes == 1440;
    *r = s;
    return true;
}

bool kor_read_clock(kor_reader *r, kor_clock_context context, kor_clock *out)
{
    *out = (kor_clock){0};
    if (read_named(r, out) || read_spoken(r, out)) return true;
    *out = (kor_clock){0};
    return read_digits(r, context, out) || read_hour_words(r, context, out);
}

/* ---- From one to another ---- */

static bool read_join(kor_reader *r, bool between)
{
    if (kor_take(r, KOR_WORD_TO) || kor_take(r, KOR_WORD_UNTIL)) return true;
    if (kor_take_mark(r, '-') || kor_take_mark(r, '~')) return true;
    return between && kor_take(r, KOR_WORD_AND);
}

static bool in_afternoon(uint8_t part)
{
    return part == KOR_PART_AFTERNOON || part == KOR_PART_EVENING || part == KOR_PART_NIGHT;
}

/* A part of the day said right after a clock time. */
static void read_part_after(kor_reader *r, kor_clock *clock)
{
    kor_reader s = *r;
    uint8_t part, slice;
    if (!part_follows(&s) || !clock->open) return;
    kor_word word = kor_word_ahead(&s, 0);
    if (word != KOR_WORD_IN && word != KOR_WORD_AT) return;
    if (!kor_take(&s, KOR_WORD_IN)) (void)kor_take(&s, KOR_WORD_AT);
    (void)kor_take(&s, KOR_WORD_THE);
    if (!kor_read_part(&s, &part, &slice)) return;
    int32_t hour = clock->second / 3600;
    clock->open = false;
    if (in_afternoon(part) && hour < 12) clock->second += NOON;
    if (part == KOR_PART_MORNING && hour == 12) clock->second -= NOON;
    *r = s;
}

bool kor_read_clocks(kor_reader *r, bool bare, kor_clock *from, kor_clock *to)
{
    kor_reader s = *r;
    bool between = kor_take(&s, KOR_WORD_BETWEEN);
    bool said = between || kor_take(&s, KOR_WORD_FROM);
    kor_clock_context loose = said || bare ? KOR_CLOCK_RANGE : KOR_CLOCK_STRICT;
    const kor_token first = *kor_peek(&s, 0);
    /* "3-5pm": the end says what the start is. */
    if (!kor_read_clock(&s, KOR_CLOCK_RANGE, from)) return false;
    if (first.digits == 4 && loose == KOR_CLOCK_STRICT && !from->stated) return false;
    if (first.digits == 3 && from->stated && s.at == r->at + 1 + said) return false; /* 730-930 */
    kor_reader joint = s;
    bool plain = s.at == r->at + 1 && first.word == KOR_WORD_NUMBER;
    read_part_after(&s, from);
    if (!read_join(&s, between)) return false;
    bool glued_dash = kor_is_mark(&joint, 0, '-');
    if (!kor_read_clock(&s, KOR_CLOCK_RANGE, to)) return false;
    const kor_token *next = kor_peek(&s, 0);
    bool goes_on = next->glued && next->word == KOR_WORD_MARK &&
                   (next->value == '-' || next->value == '/') &&
                   kor_word_ahead(&s, 1) == KOR_WORD_NUMBER && kor_peek(&s, 1)->glued;
    if (goes_on && !to->stated) return false; /* "6am until 12-05-2019" */
    const kor_token *end = kor_behind(&s, 1);
    bool packed_end = end->word == KOR_WORD_NUMBER && end->digits == 4;
    if (packed_end && (from->grain == KOR_UNIT_SECOND || first.digits != 4))
        return false; /* 10:15:32 -0500 */
    if (!from->stated && !to->stated && (from->second == 0 || to->second == 0))
        return false; /* from 0 to 1 */
    /* One of them must be a clock time for certain, unless the words or the place say so. */
    bool digits4 = first.digits == 4 && kor_behind(&s, 1)->digits == 4;
    if (digits4 && !from->stated) return false;
    const kor_token *last = kor_behind(&s, 1);
    if (first.digits == 4 && last->word == KOR_WORD_NUMBER && last->digits != 4 &&
        from->grain == KOR_UNIT_MINUTE && !digits4) {
        bool packed = from->second / 3600 * 100 + from->second / 60 % 60 == first.value;
        if (packed && !to->stated) return false; /* 2016-11 */
    }
    if (digits4 && !said && first.value > 1300) return false;
    if (digits4 && first.value >= 1900 && first.value <= 2100 &&
        to->second >= first.value / 100 * 3600)
        return false; /* years */
    bool open_end = to->open && to->grain == KOR_UNIT_HOUR && !to->stated;
    bool certain = (to->stated && !digits4) || (from->stated && !digits4);
    kor_reader tail = s;
    bool part = part_follows(&tail);
    if (!certain && !part && !said && !bare) return false;
    if (!certain && !part && said && !between && open_end && glued_dash && !bare) return false;
    (void)plain;
    if (from->second == to->second && from->open == to->open) return false;
    *r = s;
    return true;
}

/* ---- Parts of a day ---- */

bool kor_read_part(kor_reader *r, uint8_t *part, uint8_t *slice)
{
    kor_reader s = *r;
    *slice = KOR_SLICE_NONE;
    const kor_token *t = kor_peek(&s, 0);
    if (t->word == KOR_WORD_SLICE) {
        *slice = (uint8_t)t->value;
        s.at++;
        if (glued_mark(&s, 0, '-')) s.at++;
        if (kor_take(&s, KOR_WORD_IN)) (void)kor_take(&s, KOR_WORD_THE);
        t = kor_peek(&s, 0);
    }
    if (t->word == KOR_WORD_WORK) {
        if (!kor_is_text(&s, 1, "hours") || kor_is_text(&s, 0, "work")) return false;
        s.at += 2;
        *part = KOR_PART_WORK;
        *r = s;
        return true;
    }
    if (t->word != KOR_WORD_PART) return false;
    *part = (uint8_t)t->value;
    s.at++;
    kor_reader timed = s;
    if (glued_mark(&timed, 0, '-')) timed.at++;
    if (kor_take_text(&timed, "time")) s = timed;
    *r = s;
    return true;
}
