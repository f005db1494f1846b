/* SPDX-License-Identifier: Apache-2.0 */
#include "time/phrase.h"

/* ---- Numbers in words ---- */

static bool take_count(kor_reader *r, int32_t least, int32_t most, int32_t *n)
{
    const kor_token *t = kor_peek(r, 0);
    if (t->word != KOR_WORD_COUNT || t->value < least || t->value > most) return false;
    *n = t->value;
    r->at++;
    return true;
}

/* A hyphen that joins two words: "twenty-five". */
static void take_hyphen(kor_reader *r)
{
    if (kor_is_mark(r, 0, '-') && kor_peek(r, 0)->glued && kor_peek(r, 1)->glued) r->at++;
}

/* 0 to 99. */
static bool read_tens(kor_reader *r, int32_t *n)
{
    if (!take_count(r, 0, 99, n)) return false;
    if (*n < 20) return true;
    kor_reader s = *r;
    int32_t ones;
    take_hyphen(&s);
    if (take_count(&s, 1, 9, &ones)) {
        *n += ones;
        *r = s;
    }
    return true;
}

static bool take_scale(kor_reader *r, int32_t scale)
{
    const kor_token *t = kor_peek(r, 0);
    if (t->word != KOR_WORD_SCALE || t->value != scale) return false;
    r->at++;
    return true;
}

/* What follows a hundred or a thousand, with or without "and". */
static int32_t read_rest(kor_reader *r, bool hundreds);

static bool read_hundreds(kor_reader *r, int32_t *n)
{
    if (!read_tens(r, n)) return false;
    if (take_scale(r, 100)) *n = *n * 100 + read_rest(r, false);
    return true;
}

static int32_t read_rest(kor_reader *r, bool hundreds)
{
    kor_reader s = *r;
    int32_t n;
    (void)kor_take(&s, KOR_WORD_AND);
    if (!(hundreds ? read_hundreds(&s, &n) : read_tens(&s, &n)) || n == 0) return 0;
    *r = s;
    return n;
}

static bool read_words(kor_reader *r, int32_t *n)
{
    kor_reader s = *r;
    if (!read_hundreds(&s, n)) return false;
    if (take_scale(&s, 1000)) *n = *n * 1000 + read_rest(&s, true);
    if (take_scale(&s, 12)) *n *= 12;
    *r = s;
    return true;
}

bool kor_read_cardinal(kor_reader *r, int32_t *n)
{
    const kor_token *t = kor_peek(r, 0);
    if (t->word == KOR_WORD_NUMBER && t->digits <= 6) {
        *n = t->value;
        r->at++;
        return true;
    }
    return read_words(r, n);
}

bool kor_read_ordinal(kor_reader *r, int32_t *n)
{
    const kor_token *t = kor_peek(r, 0), *suffix = kor_peek(r, 1);
    if (t->word == KOR_WORD_NUMBER && t->digits <= 3) {
        bool th = suffix->word == KOR_WORD_ORDINAL_SUFFIX;
        if (!th || !suffix->glued) return false;
        *n = t->value;
        r->at += 2;
        return true;
    }
    kor_reader s = *r;
    int32_t tens = 0;
    if (take_count(&s, 20, 90, &tens)) take_hyphen(&s);
    t = kor_peek(&s, 0);
    if (t->word != KOR_WORD_ORDINAL || (tens && t->value > 9)) return false;
    *n = tens + t->value;
    s.at++;
    *r = s;
    return true;
}

bool kor_read_year_number(kor_reader *r, int32_t *year)
{
    const kor_token *t = kor_peek(r, 0);
    if (t->word == KOR_WORD_NUMBER) {
        if (t->digits != 4 || t->value < 1000) return false;
        *year = t->value;
        r->at++;
        return true;
    }
    kor_reader s = *r;
    int32_t high, low;
    if (read_words(&s, &high) && high >= 1000 && high <= 2999) {
        *year = high;
        *r = s;
        return true;
    }
    s = *r;
    if (!read_tens(&s, &high) || high < 13 || high > 21) return false;
    if (take_scale(&s, 100)) {
        *year = high * 100 + read_rest(&s, false);
        *r = s;
        return true;
    }
    take_hyphen(&s);
    if (take_count(&s, 0, 0, &low) || kor_take(&s, KOR_WORD_O)) {
        if (!take_count(&s, 1, 9, &low)) return false;
    } else if (!read_tens(&s, &low) || low < 10) {
        return false;
    }
    *year = high * 100 + low;
    *r = s;
    return true;
}

/* ---- Amounts ---- */

bool kor_read_unit(kor_reader *r, kor_unit *unit)
{
    kor_reader s = *r;
    const kor_token *t = kor_peek(&s, 0);
    bool work = kor_take(&s, KOR_WORD_WORK);
    if (work) {
        if (kor_is_mark(&s, 0, '-')) s.at++;
        t = kor_peek(&s, 0);
    }
    bool second = t->word == KOR_WORD_ORDINAL && t->flags & KOR_WORD_AMBIGUOUS;
    if (t->word != KOR_WORD_UNIT && !second) return false;
    if (t->value == KOR_UNIT_WEEK && kor_is_mark(&s, 1, '-') && kor_peek(&s, 1)->glued &&
        kor_is_text(&s, 2, "end")) {
        *unit = KOR_UNIT_WEEKEND;
        s.at += 3;
        *r = s;
        return true;
    }
    *unit = second ? KOR_UNIT_SECOND : (kor_unit)t->value;
    if (work) {
        if (*unit != KOR_UNIT_DAY) return false;
        *unit = KOR_UNIT_WORKDAY;
    }
    s.at++;
    if (t->flags & KOR_WORD_ABBREVIATED && kor_is_mark(&s, 0, '.') && kor_peek(&s, 0)->glued) {
        s.at++;
    }
    *r = s;
    return true;
}

void kor_amount_add(kor_amount *a, kor_unit unit, int64_t thousandths)
{
    static const int32_t months[] = {
        [KOR_UNIT_MONTH] = 1, [KOR_UNIT_QUARTER] = 3,  [KOR_UNIT_HALF] = 6,
        [KOR_UNIT_YEAR] = 12, [KOR_UNIT_DECADE] = 120, [KOR_UNIT_CENTURY] = 1200};
    static const int32_t days[] = {[KOR_UNIT_DAY] = 1,
                                   [KOR_UNIT_WORKDAY] = 1,
                                   [KOR_UNIT_WEEKEND] = 7,
                                   [KOR_UNIT_WEEK] = 7,
                                   [KOR_UNIT_FORTNIGHT] = 14};
    static const int32_t seconds[] = {1, 60, 3600};
    if (unit >= KOR_UNIT_MONTH) {
        int64_t all = thousandths * months[unit];
        a->months += (int32_t)(all / 1000);
        a->days += (int32_t)(all % 1000 * 30 / 1000);
    } else if (unit >= KOR_UNIT_DAY) {
        int64_t all = thousandths * days[unit];
        a->days += (int32_t)(all / 1000);
        a->seconds += all % 1000 * 86400 / 1000;
    } else {
        a->seconds += thousandths * seconds[unit] / 1000;
    }
    if (thousandths % 1000) a->mixed = true;
}

/* The count of an amount, in thousandths. article: it was "a", which a second and a half may not
 * follow as they do a number. */
static bool read_count(kor_reader *r, int64_t *thousandths, bool *article, bool *digits)
{
    kor_reader s = *r;
    int32_t n;
    *article = *digits = false;
    if (kor_take(&s, KOR_WORD_HALF)) {
        *thousandths = 500;
        (void)kor_take(&s, KOR_WORD_ARTICLE);
        *r = s;
        return true;
    }
    const kor_token *t = kor_peek(&s, 0);
    *digits = t->word == KOR_WORD_NUMBER;
    bool a = kor_take(&s, KOR_WORD_ARTICLE);
    if (kor_peek(&s, 0)->word == KOR_WORD_SOME) {
        *thousandths = kor_peek(&s, 0)->value * 1000;
        s.at++;
        (void)kor_take(&s, KOR_WORD_OF);
    } else if (a) {
        if (take_scale(&s, 12)) {
            *thousandths = 12000;
        } else if (take_scale(&s, 100)) {
            *thousandths = 100000;
        } else {
            *thousandths = 1000;
            *article = true;
            *r = s;
            return t->end - t->start <= 2;
        }
    } else if (kor_read_cardinal(&s, &n)) {
        *thousandths = (int64_t)n * 1000;
        const kor_token *part = kor_peek(&s, 1);
        if (*digits && kor_is_mark(&s, 0, '/') && kor_peek(&s, 0)->glued && part->glued &&
            part->word == KOR_WORD_NUMBER && (part->value == 2 || part->value == 4) &&
            n < part->value && n > 0) { /* 3/4 hour */
            *thousandths /= part->value;
            s.at += 2;
        }
        if (*digits && kor_is_mark(&s, 0, '.') && kor_peek(&s, 0)->glued && part->glued &&
            part->word == KOR_WORD_NUMBER && part->digits <= 3) {
            static const int32_t scale[] = {0, 100, 10, 1};
            *thousandths += (int64_t)part->value * scale[part->digits];
            s.at += 2;
        }
        if (kor_word_ahead(&s, 0) == KOR_WORD_AND && kor_word_ahead(&s, 1) == KOR_WORD_ARTICLE &&
            kor_word_ahead(&s, 2) == KOR_WORD_HALF) {
            *thousandths += 500;
            s.at += 3;
        }
    } else {
        return false;
    }
    *r = s;
    return true;
}

/* "quarter of an hour" after its count. */
static bool read_quarters(kor_reader *r, int64_t thousandths, kor_amount *out)
{
    kor_reader s = *r;
    const kor_token *t = kor_peek(&s, 0);
    if (t->word != KOR_WORD_UNIT || t->value != KOR_UNIT_QUARTER) return false;
    s.at++;
    if (!kor_take(&s, KOR_WORD_OF)) return false;
    if (!kor_take(&s, KOR_WORD_ARTICLE)) return false;
    t = kor_peek(&s, 0);
    if (t->word != KOR_WORD_UNIT || t->value != KOR_UNIT_HOUR) return false;
    s.at++;
    kor_amount_add(out, KOR_UNIT_MINUTE, thousandths * 15);
    out->unit = KOR_UNIT_MINUTE;
    *r = s;
    return true;
}

static bool read_one(kor_reader *r, kor_amount *out)
{
    kor_reader s = *r;
    int64_t thousandths;
    bool article, digits;
    if (!read_count(&s, &thousandths, &article, &digits)) return false;
    if (thousandths > INT64_C(99999999)) return false;
    kor_reader quarters = s;
    take_hyphen(&quarters);
    if (read_quarters(&quarters, thousandths, out)) {
        s = quarters;
        *r = s;
        return true;
    }
    (void)kor_take(&s, KOR_WORD_MORE);
    if (kor_is_mark(&s, 0, '-') && kor_peek(&s, 0)->glued && kor_peek(&s, 1)->glued) s.at++;
    kor_unit unit;
    const kor_token *t = kor_peek(&s, 0);
    if (digits && t->glued && t->word == KOR_WORD_LETTER) {
        unit = (kor_unit)t->value;
        out->letters |= unit != KOR_UNIT_HOUR;
        s.at++;
    } else if (t->word == KOR_WORD_NONE && (kor_is_text(&s, 0, "mo") || kor_is_text(&s, 0, "ms"))) {
        if (kor_is_text(&s, 0, "ms") || !digits) return false;
        unit = KOR_UNIT_MONTH;
        s.at++;
    } else if (!kor_read_unit(&s, &unit)) {
        return false;
    } else if (article && unit == KOR_UNIT_SECOND) {
        return false; /* "a second thought" */
    }
    if (out->count == 0 && !out->mixed) {
        out->count = (int32_t)(thousandths / 1000);
        out->unit = (uint8_t)unit;
    } else {
        out->mixed = true;
        if (unit < out->unit) out->unit = (uint8_t)unit;
    }
    /* "an hour and a half" */
    if (kor_word_ahead(&s, 0) == KOR_WORD_AND && kor_word_ahead(&s, 1) == KOR_WORD_ARTICLE &&
        kor_word_ahead(&s, 2) == KOR_WORD_HALF && kor_word_ahead(&s, 3) != KOR_WORD_UNIT) {
        thousandths += 500;
        s.at += 3;
    }
    kor_amount_add(out, unit, thousandths);
    *r = s;
    return true;
}

bool kor_read_amount(kor_reader *r, bool several, kor_amount *out)
{
    *out = (kor_amount){0};
    if (!read_one(r, out)) return false;
    while (several) {
        kor_reader s = *r;
        kor_amount more = *out;
        (void)kor_take_mark(&s, ',');
        (void)kor_take(&s, KOR_WORD_AND);
        if (kor_word_ahead(&s, 0) == KOR_WORD_ARTICLE) break;
        more.mixed = true;
        if (!read_one(&s, &more)) break;
        *out = more;
        *r = s;
    }
    return true;
}
