/* SPDX-License-Identifier: Apache-2.0 */
#include "base/zone.h"

#include "base/file.h"
#include "base/zone_rule.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The clock changes at at[i] to offset[i]; before the first change it shows `before`, after the
 * last one it follows the rule, where there is one. */
struct kor_zone {
    char name[256];
    size_t count;
    int64_t *at;
    int32_t *offset;
    int32_t before;
    bool has_rule;
    kor_zone_rule rule;
};

enum { FILE_LIMIT = 1 << 20, OFFSET_LIMIT = 26 * 3600 };

/* What is further out than a billion years is read as that, so that nothing below overflows. */
static const int64_t instant_limit = INT64_C(1) << 55;

static int64_t clamp_instant(int64_t t)
{
    return t < -instant_limit ? -instant_limit : t > instant_limit ? instant_limit : t;
}

/* ---- TZif files (RFC 8536) ---- */

typedef struct block {
    const unsigned char *times, *indexes, *types;
    uint32_t time_count, type_count;
    size_t time_size; /* bytes of a time: 4 or 8 */
} block;

static uint64_t read_big(const unsigned char *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++) v = v << 8 | p[i];
    return v;
}

static int64_t read_signed(const unsigned char *p, size_t bytes)
{
    uint64_t v = read_big(p, bytes);
    uint64_t sign = UINT64_C(1) << (bytes * 8 - 1);
    return (int64_t)((v ^ sign) - sign);
}

/* Read the header and the extent of the block at *pos, and move *pos behind it. */
static kor_status read_block(const char *name, const unsigned char *data, size_t size, size_t *pos,
                             size_t time_size, block *out, kor_error *err)
{
    enum { HEADER = 44 };
    if (size - *pos < HEADER || memcmp(data + *pos, "TZif", 4) != 0) {
        return kor_fail(err, KOR_E_INPUT, "time zone '%s': no TZif header at byte %zu of its file",
                        name, *pos);
    }
    const unsigned char *h = data + *pos;
    uint64_t ut_count = read_big(h + 20, 4), standard_count = read_big(h + 24, 4);
    uint64_t leap_count = read_big(h + 28, 4);
    *out = (block){.time_count = (uint32_t)read_big(h + 32, 4),
                   .type_count = (uint32_t)read_big(h + 36, 4),
                   .time_size = time_size};
    uint64_t char_count = read_big(h + 40, 4);
    /* No sum of 32-bit counts overflows 64 bits. */
    uint64_t need = (uint64_t)out->time_count * (time_size + 1) + (uint64_t)out->type_count * 6 +
                    char_count + leap_count * (time_size + 4) + standard_count + ut_count;
    if (need > size - *pos - HEADER) {
        return kor_fail(err, KOR_E_INPUT, "time zone '%s': its file ends within its data", name);
    }
    if (leap_count) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "time zone '%s' counts leap seconds; use one outside of 'right/'", name);
    }
    out->times = h + HEADER;
    out->indexes = out->times + (size_t)out->time_count * time_size;
    out->types = out->indexes + out->time_count;
    *pos += HEADER + (size_t)need;
    return KOR_OK;
}

static kor_status take_block(kor_zone *zone, const block *b, kor_error *err)
{
    if (b->type_count == 0 || b->type_count > 256) {
        return kor_fail(err, KOR_E_INPUT, "time zone '%s': %u local time types, not 1 to 256",
                        zone->name, (unsigned)b->type_count);
    }
    int32_t offsets[256];
    for (size_t i = 0; i < b->type_count; i++) {
        offsets[i] = (int32_t)read_signed(b->types + i * 6, 4);
        if (offsets[i] <= -OFFSET_LIMIT || offsets[i] >= OFFSET_LIMIT) {
            return kor_fail(err, KOR_E_INPUT, "time zone '%s': more than 26 hours from UTC",
                            zone->name);
        }
    }
    zone->before = offsets[0];
    if (b->time_count == 0) return KOR_OK;
    zone->at = calloc(b->time_count, sizeof *zone->at);
    zone->offset = calloc(b->time_count, sizeof *zone->offset);
    if (!zone->at || !zone->offset) return kor_fail_memory(err);
    for (size_t i = 0; i < b->time_count; i++) {
        /* A file may begin with the Big Bang, 2^59 seconds ago. */
        zone->at[i] = clamp_instant(read_signed(b->times + i * b->time_size, b->time_size));
        if (b->indexes[i] >= b->type_count || (i > 0 && zone->at[i] <= zone->at[i - 1])) {
            return kor_fail(err, KOR_E_INPUT, "time zone '%s': bad transition %zu", zone->name, i);
        }
        zone->offset[i] = offsets[b->indexes[i]];
    }
    zone->count = b->time_count;
    return KOR_OK;
}

static kor_status read_footer(kor_zone *zone, const unsigned char *data, size_t size,
                              kor_error *err)
{
    const unsigned char *end = size > 1 ? memchr(data + 1, '\n', size - 1) : NULL;
    if (!end || data[0] != '\n') {
        return kor_fail(err, KOR_E_INPUT, "time zone '%s': its file has no footer", zone->name);
    }
    const char *rule = (const char *)data + 1;
    size_t len = (size_t)(end - data) - 1;
    if (len == 0) return KOR_OK;
    if (!kor_zone_rule_parse(&zone->rule, rule, len)) {
        return kor_fail(err, KOR_E_INPUT, "time zone '%s': bad rule '%.*s' in its file", zone->name,
                        (int)(len < 80 ? len : 80), rule);
    }
    zone->has_rule = true;
    if (!zone->name[0]) (void)snprintf(zone->name, sizeof zone->name, "%.*s", (int)len, rule);
    return KOR_OK;
}

static kor_status parse_file(kor_zone *zone, const unsigned char *data, size_t size, kor_error *err)
{
    size_t pos = 0;
    block b;
    KOR_TRY(read_block(zone->name, data, size, &pos, 4, &b, err));
    if (data[4] < '2') return take_block(zone, &b, err);
    KOR_TRY(read_block(zone->name, data, size, &pos, 8, &b, err));
    KOR_TRY(take_block(zone, &b, err));
    return read_footer(zone, data + pos, size - pos, err);
}

static kor_status load_file(kor_zone *zone, const char *path, kor_error *err)
{
    kor_str bytes = {0};
    kor_status status = kor_file_read(&bytes, path, FILE_LIMIT, err);
    if (status == KOR_OK) {
        status = parse_file(zone, (const unsigned char *)kor_str_text(&bytes), bytes.len, err);
    }
    kor_str_free(&bytes);
    return status;
}

/* ---- Names ---- */

static const char *zone_directory(void)
{
    const char *dir = getenv("TZDIR");
    return dir && dir[0] ? dir : "/usr/share/zoneinfo";
}

/* Letters, digits, '_', '+', '-' and single inner slashes: without dots no name leaves the folder.
 */
static bool is_iana_name(const char *name)
{
    char before = '/';
    for (const char *p = name; *p; before = *p++) {
        bool plain = (*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') ||
                     (*p >= '0' && *p <= '9') || *p == '_' || *p == '+' || *p == '-';
        if (!plain && (*p != '/' || before == '/')) return false;
    }
    return before != '/';
}

/* "+05:30", "-0800", "+01": hours and minutes east. */
static bool parse_fixed(const char *name, int32_t *offset)
{
    size_t len = strlen(name);
    if ((name[0] != '+' && name[0] != '-') || (len != 3 && len != 5 && len != 6)) return false;
    int32_t digits[4] = {0};
    size_t count = 0;
    for (size_t i = 1; i < len; i++) {
        if (len == 6 && i == 3) {
            if (name[i] != ':') return false;
            continue;
        }
        if (name[i] < '0' || name[i] > '9') return false;
        digits[count++] = name[i] - '0';
    }
    int32_t hours = digits[0] * 10 + digits[1], minutes = digits[2] * 10 + digits[3];
    if (hours > 24 || minutes > 59) return false;
    *offset = (hours * 3600 + minutes * 60) * (name[0] == '-' ? -1 : 1);
    return true;
}

static bool is_utc(const char *name)
{
    return strcmp(name, "UTC") == 0 || strcmp(name, "Etc/UTC") == 0;
}

static kor_status load_named(kor_zone *zone, const char *name, kor_error *err)
{
    int n = snprintf(zone->name, sizeof zone->name, "%s", name);
    if (n < 1 || (size_t)n >= sizeof zone->name) {
        return kor_fail(err, KOR_E_INPUT, "a time zone's name has 1 to 255 bytes, not %d", n);
    }
    /* UTC needs no file, and a machine without zone files is most often in it. */
    if (is_utc(name) || parse_fixed(name, &zone->before)) return KOR_OK;
    char path[4096];
    if (is_iana_name(name)) {
        n = snprintf(path, sizeof path, "%s/%s", zone_directory(), name);
        if (n > 0 && (size_t)n < sizeof path && access(path, F_OK) == 0) {
            return load_file(zone, path, err);
        }
    }
    zone->has_rule = kor_zone_rule_parse(&zone->rule, name, strlen(name));
    if (zone->has_rule) return KOR_OK;
    return kor_fail(err, KOR_E_NOT_FOUND,
                    "unknown time zone '%s': use a name under %.60s (package tzdata) such as "
                    "Europe/Paris, an offset such as +05:30, or a POSIX rule",
                    name, zone_directory());
}

/* /etc/localtime, by the name of the zone file that it links to where it does. */
static kor_status load_local(kor_zone *zone, kor_error *err)
{
    static const char path[] = "/etc/localtime";
    static const char folder[] = "/zoneinfo/";
    char target[1024];
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = 0;
    const char *found = strstr(target, folder);
    const char *name = found ? found + sizeof folder - 1 : "";
    if (!is_iana_name(name) || strlen(name) >= sizeof zone->name) name = "";
    /* A missing file is UTC; so is a link to UTC where the zone files are not installed. */
    bool missing = n < 0 && access(path, F_OK) != 0;
    (void)snprintf(zone->name, sizeof zone->name, "%s", missing ? "UTC" : name);
    if (is_utc(zone->name)) return KOR_OK;
    kor_status status = load_file(zone, path, err);
    if (status == KOR_E_NOT_FOUND) {
        return kor_fail(err, status,
                        "%s: its time zone '%s' is not installed (package tzdata); install it, or "
                        "set TZ",
                        path, target);
    }
    if (!zone->name[0]) (void)snprintf(zone->name, sizeof zone->name, "localtime");
    return status;
}

kor_status kor_zone_open(kor_zone **out, const char *name, kor_error *err)
{
    *out = NULL;
    kor_zone *zone = calloc(1, sizeof *zone);
    if (!zone) return kor_fail_memory(err);
    bool users = !name;
    if (users) name = getenv("TZ");
    if (name && name[0] == ':') name++;
    if (users && name && !name[0]) name = "UTC"; /* TZ="", as the C library reads it */
    /* TZ=:/etc/localtime is a common way to say: the default. */
    bool local = users && (!name || strcmp(name, "/etc/localtime") == 0);
    kor_status status = local ? load_local(zone, err) : load_named(zone, name, err);
    if (status != KOR_OK) {
        kor_zone_close(zone);
        return status;
    }
    *out = zone;
    return KOR_OK;
}

void kor_zone_close(kor_zone *zone)
{
    if (!zone) return;
    free(zone->at);
    free(zone->offset);
    free(zone);
}

const char *kor_zone_name(const kor_zone *zone)
{
    return zone ? zone->name : "UTC";
}

/* ---- The clock ---- */

/* How many of the table's changes lie at or before t. */
static size_t changes_until(const kor_zone *zone, int64_t t)
{
    size_t low = 0, high = zone->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= t) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

int32_t kor_zone_offset(const kor_zone *zone, int64_t instant)
{
    if (!zone) return 0;
    int64_t t = clamp_instant(instant);
    size_t passed = changes_until(zone, t);
    if (passed == zone->count && zone->has_rule) return kor_zone_rule_offset(&zone->rule, t);
    return passed ? zone->offset[passed - 1] : zone->before;
}

/* The first change after t, from the table or from the rule that goes on after it. */
static bool next_change(const kor_zone *zone, int64_t t, int64_t *change)
{
    size_t passed = changes_until(zone, t);
    if (passed < zone->count) {
        *change = zone->at[passed];
        return true;
    }
    return zone->has_rule && kor_zone_rule_next(&zone->rule, t, change);
}

/* The first instant whose wall clock shows local or later: that is the earlier one when the clock
 * shows it twice, and the jump when the clock skips it. */
int64_t kor_zone_instant(const kor_zone *zone, int64_t local_seconds)
{
    int64_t local = clamp_instant(local_seconds);
    if (!zone) return local;
    /* Here the clock shows less than local in every zone. */
    int64_t t = local - OFFSET_LIMIT;
    int64_t change;
    for (;;) {
        int64_t there = local - kor_zone_offset(zone, t);
        if (there <= t) return t;
        if (!next_change(zone, t, &change) || change > there) return there;
        t = change;
    }
}
