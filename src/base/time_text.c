/* SPDX-License-Identifier: Apache-2.0 */
/* Times as people and files write them. */
#include "base/zone.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/* From 0000-01-01T00:00:00Z to the end of 9999, in seconds. */
static const int64_t first_second = INT64_C(-62167219200);
static const int64_t last_second = INT64_C(253402300799);

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

/* Local mean times have offsets with seconds, which RFC 3339 cannot say: the nearest minute. */
static int32_t offset_minutes(const kor_zone *zone, int64_t instant)
{
    return (int32_t)floor_div((int64_t)kor_zone_offset(zone, instant) + 30, 60);
}

/* ---- Reading ---- */

/* Exactly count digits. */
static bool take_digits(const char **p, size_t count, int32_t *out)
{
    int32_t value = 0;
    for (size_t i = 0; i < count; i++) {
        char c = (*p)[i];
        if (c < '0' || c > '9') return false;
        value = value * 10 + (c - '0');
    }
    *p += count;
    *out = value;
    return true;
}

static bool take_char(const char **p, char wanted)
{
    if (**p != wanted) return false;
    ++*p;
    return true;
}

/* Any number of digits after the point; milliseconds are kept. */
static bool take_fraction(const char **p, int32_t *ms)
{
    int32_t unit = 100;
    const char *start = *p;
    for (; **p >= '0' && **p <= '9'; ++*p, unit /= 10) *ms += (**p - '0') * unit;
    return *p > start;
}

/* "Z", "+01:00"; *found is false, and nothing is taken, when there is none. */
static bool take_offset(const char **p, bool *found, int32_t *minutes)
{
    *found = true;
    if (take_char(p, 'Z') || take_char(p, 'z')) return true;
    bool west = **p == '-';
    *found = west || **p == '+';
    if (!*found) return true;
    ++*p;
    int32_t h, m;
    if (!take_digits(p, 2, &h) || !take_char(p, ':') || !take_digits(p, 2, &m)) return false;
    *minutes = (h * 60 + m) * (west ? -1 : 1);
    return h <= 23 && m <= 59;
}

/* A whole date, or date and time. */
static bool parse_date(const char *p, const kor_zone *zone, int64_t *ms, int32_t *offset_min)
{
    kor_civil c = {0};
    int32_t fraction = 0, minutes = 0;
    bool has_offset = false;
    if (!take_digits(&p, 4, &c.year) || !take_char(&p, '-') || !take_digits(&p, 2, &c.month) ||
        !take_char(&p, '-') || !take_digits(&p, 2, &c.day)) {
        return false;
    }
    bool leap_second = false;
    if (*p) {
        if (!take_char(&p, 'T') && !take_char(&p, 't') && !take_char(&p, ' ')) return false;
        if (!take_digits(&p, 2, &c.hour) || !take_char(&p, ':') || !take_digits(&p, 2, &c.minute)) {
            return false;
        }
        if (take_char(&p, ':')) {
            if (!take_digits(&p, 2, &c.second)) return false;
            if (take_char(&p, '.') && !take_fraction(&p, &fraction)) return false;
        }
        if (!take_offset(&p, &has_offset, &minutes) || *p) return false;
        /* Unix time has no leap seconds: 23:59:60 is read as the second after it. */
        leap_second = c.minute == 59 && c.second == 60;
        if (leap_second) c.second = 59;
    }
    if (!kor_civil_valid(&c)) return false;
    int64_t local = kor_seconds_from_civil(&c) + leap_second;
    int64_t instant = has_offset ? local - (int64_t)minutes * 60 : kor_zone_instant(zone, local);
    *ms = instant * 1000 + fraction;
    *offset_min = has_offset ? minutes : offset_minutes(zone, instant);
    return true;
}

static bool parse_unix(const char *p, int64_t *ms)
{
    bool negative = take_char(&p, '-');
    int64_t value = 0;
    const char *start = p;
    for (; *p >= '0' && *p <= '9'; p++) {
        value = value * 10 + (*p - '0');
        if (value > last_second) return false;
    }
    if (negative) value = -value;
    *ms = value * 1000;
    return p > start && !*p && value >= first_second;
}

kor_status kor_time_parse(const char *text, const kor_zone *zone, int64_t now_ms, int64_t *ms,
                          int32_t *offset_min, kor_error *err)
{
    int64_t parsed = now_ms;
    int32_t minutes = 0;
    bool dated = false;
    bool good = strcmp(text, "now") == 0 || (text[0] == '@' && parse_unix(text + 1, &parsed));
    if (!good) good = dated = parse_date(text, zone, &parsed, &minutes);
    if (!good) {
        return kor_fail(err, KOR_E_INPUT,
                        "not a time (2026-11-22, 2026-11-22T10:00, 2026-11-22T10:00:00+01:00, now, "
                        "or @ and Unix seconds): '%s'",
                        text);
    }
    *ms = parsed;
    if (offset_min) {
        *offset_min = dated ? minutes : offset_minutes(zone, floor_div(parsed, 1000));
    }
    return KOR_OK;
}

/* ---- Writing ---- */

void kor_time_format(char out[KOR_TIME_SIZE], int64_t ms, const kor_zone *zone)
{
    kor_time_format_offset(out, ms, offset_minutes(zone, floor_div(ms, 1000)));
}

void kor_time_format_offset(char out[KOR_TIME_SIZE], int64_t ms, int32_t offset_min)
{
    /* Within a day, which also bounds the text. */
    int32_t most = 24 * 60 - 1;
    int32_t minutes = offset_min < -most ? -most : offset_min > most ? most : offset_min;
    int64_t local = floor_div(ms, 1000) + (int64_t)minutes * 60;
    local = local < first_second ? first_second : local > last_second ? last_second : local;
    kor_civil c = kor_civil_from_seconds(local);
    int32_t size = minutes < 0 ? -minutes : minutes;
    (void)snprintf(out, KOR_TIME_SIZE, "%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d", c.year, c.month,
                   c.day, c.hour, c.minute, c.second, minutes < 0 ? '-' : '+', size / 60,
                   size % 60);
}

int64_t kor_now_ms(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
