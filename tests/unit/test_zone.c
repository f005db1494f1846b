/* SPDX-License-Identifier: Apache-2.0 */
/* The C library's own reading of the same zone files is the independent calculation here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/zone.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static kor_zone *open_zone(const char *name)
{
    kor_zone *zone;
    kor_error err;
    if (kor_zone_open(&zone, name, &err) != KOR_OK) fail_msg("%s", err.msg);
    return zone;
}

static int needs_zone_files(void **state)
{
    (void)state;
    if (access("/usr/share/zoneinfo/Europe/Paris", R_OK) == 0) return 0;
    print_error("these tests need the zone files under /usr/share/zoneinfo: install tzdata\n");
    return -1;
}

static void set_libc_zone(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static int forget_libc_zone(void **state)
{
    (void)state;
    unsetenv("TZ");
    unsetenv("TZDIR");
    tzset();
    return 0;
}

static long libc_offset(int64_t t)
{
    time_t instant = (time_t)t;
    struct tm tm;
    assert_non_null(localtime_r(&instant, &tm));
    return tm.tm_gmtoff;
}

/* 1970-01-01 and 2060-01-01. */
static const int64_t first_instant = 0, last_instant = 2840140800;

/* One instant: its offset, and the way back from its wall clock. */
static void check_instant(const kor_zone *zone, const char *name, int64_t t)
{
    long offset = libc_offset(t);
    if (kor_zone_offset(zone, t) != offset) {
        fail_msg("%s at %lld: offset %d, libc says %ld", name, (long long)t,
                 kor_zone_offset(zone, t), offset);
    }
    int64_t local = t + offset;
    int64_t back = kor_zone_instant(zone, local);
    if (back > t || back + libc_offset(back) != local) {
        fail_msg("%s: wall clock of %lld read as %lld", name, (long long)t, (long long)back);
    }
    if (back == t) return;
    /* An earlier instant with the same wall clock: the clock went back in between. */
    if (libc_offset(back) <= offset) fail_msg("%s: no fold at %lld", name, (long long)t);
}

static void compare_with_libc(const char *name)
{
    set_libc_zone(name);
    kor_zone *zone = open_zone(name);
    const int64_t step = 6 * 3600 + 11 * 60 + 7;
    long before = libc_offset(first_instant);
    for (int64_t t = first_instant; t < last_instant; t += step) {
        check_instant(zone, name, t);
        long offset = libc_offset(t);
        if (offset == before) continue;
        /* The very second of the change, found in libc. */
        int64_t low = t - step, high = t;
        while (high - low > 1) {
            int64_t middle = low + (high - low) / 2;
            if (libc_offset(middle) == before) {
                low = middle;
            } else {
                high = middle;
            }
        }
        for (int64_t at = high - 2; at <= high + 2; at++) check_instant(zone, name, at);
        if (offset > before) {
            /* Every wall clock that was skipped is the instant of the skip. */
            int64_t gap[] = {high + before, high + before + 1, high + (before + offset) / 2,
                             high + offset - 1, high + offset};
            for (size_t i = 0; i < 5; i++) assert_int_equal(kor_zone_instant(zone, gap[i]), high);
        } else {
            /* Every wall clock that is shown twice is the first time. */
            assert_int_equal(kor_zone_instant(zone, high + offset), high + offset - before);
            assert_int_equal(kor_zone_instant(zone, high + before - 1), high - 1);
            assert_int_equal(kor_zone_instant(zone, high + before), high - offset + before);
        }
        before = offset;
    }
    kor_zone_close(zone);
}

static void test_zone_agrees_with_libc_on_files(void **state)
{
    (void)state;
    static const char *const names[] = {
        "Europe/Paris",
        "America/New_York",
        "Australia/Lord_Howe",
        "Asia/Kolkata",
        "America/Sao_Paulo",
        "Pacific/Apia",
        "Europe/Dublin",
        "Africa/Casablanca",
        "America/Havana",
        "America/Nuuk",
        "UTC",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) compare_with_libc(names[i]);
}

static void test_zone_agrees_with_libc_on_rules(void **state)
{
    (void)state;
    static const char *const rules[] = {
        "CET-1CEST,M3.5.0,M10.5.0/3",
        "EST5EDT,M3.2.0,M11.1.0",
        "NZST-12NZDT,M9.5.0,M4.1.0/3",
        "<-02>2<-01>,M3.5.0/-1,M10.5.0/0",
        "IST-2IDT,M3.4.4/26,M10.5.0",
        "<+0530>-5:30",
        "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0",
        "IST-1GMT0,M10.5.0,M3.5.0/1",
        "XXX3YYY,J60/2,J300/2",
        "XXX3YYY,59/2,299/2:30:15",
        "XXX-3:15:10",
        "UTC0",
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) compare_with_libc(rules[i]);
}

static void test_zone_knows_summer_all_year(void **state)
{
    (void)state;
    kor_zone *zone = open_zone("EST5EDT,0/0,J365/25");
    for (int64_t t = first_instant; t < last_instant; t += 3607 * 7) {
        assert_int_equal(kor_zone_offset(zone, t), -4 * 3600);
    }
    kor_zone_close(zone);
}

static int64_t local(int32_t year, int32_t month, int32_t day, int32_t hour, int32_t minute)
{
    kor_civil c = {year, month, day, hour, minute, 0};
    return kor_seconds_from_civil(&c);
}

static void test_zone_reads_gaps_and_folds(void **state)
{
    (void)state;
    kor_zone *paris = open_zone("Europe/Paris");
    assert_int_equal(kor_zone_instant(paris, local(2026, 3, 29, 2, 30)), local(2026, 3, 29, 1, 0));
    assert_int_equal(kor_zone_instant(paris, local(2026, 10, 25, 2, 30)),
                     local(2026, 10, 25, 0, 30));
    kor_zone_close(paris);
    /* The clock goes from 24:00 to 01:00: the day begins at one. */
    kor_zone *paulo = open_zone("America/Sao_Paulo");
    assert_int_equal(kor_zone_instant(paulo, local(2018, 11, 4, 0, 0)), local(2018, 11, 4, 3, 0));
    kor_zone_close(paulo);
    /* A whole day was skipped. */
    kor_zone *apia = open_zone("Pacific/Apia");
    int64_t skip = local(2011, 12, 30, 10, 0);
    assert_int_equal(kor_zone_instant(apia, local(2011, 12, 30, 0, 0)), skip);
    assert_int_equal(kor_zone_instant(apia, local(2011, 12, 30, 18, 0)), skip);
    assert_int_equal(kor_zone_instant(apia, local(2011, 12, 31, 0, 0)), skip);
    kor_zone_close(apia);
    kor_zone *howe = open_zone("Australia/Lord_Howe");
    assert_int_equal(kor_zone_offset(howe, local(2026, 1, 1, 0, 0)), 11 * 3600);
    assert_int_equal(kor_zone_offset(howe, local(2026, 7, 1, 0, 0)), 10 * 3600 + 1800);
    kor_zone_close(howe);
}

static void test_zone_survives_any_instant(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Paris", "UTC", "+05:30",
                                        "CET-1CEST,M3.5.0,M10.5.0/3"};
    static const int64_t far[] = {INT64_MIN,        INT64_MIN + 1, -(INT64_C(1) << 55),
                                  INT64_C(1) << 55, INT64_MAX - 1, INT64_MAX};
    for (size_t z = 0; z < 4; z++) {
        kor_zone *zone = open_zone(names[z]);
        for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
            assert_in_range(kor_zone_offset(zone, far[i]) + 93600, 0, 2 * 93600);
            assert_true((kor_zone_instant(zone, far[i]) < 0) == (far[i] < 0));
        }
        for (int32_t year = 0; year <= 9999; year += 9) {
            int64_t t = kor_zone_instant(zone, local(year, 7, 1, 12, 0));
            assert_int_equal(t + kor_zone_offset(zone, t), local(year, 7, 1, 12, 0));
        }
        kor_zone_close(zone);
    }
}

static void test_zone_reads_fixed_offsets(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int32_t offset;
    } good[] = {{"+05:30", 19800}, {"-0800", -28800},  {"+01", 3600},
                {"UTC", 0},        {"<+05>-5", 18000}, {":UTC", 0}};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        kor_zone *zone = open_zone(good[i].name);
        assert_int_equal(kor_zone_offset(zone, 1795338000), good[i].offset);
        kor_zone_close(zone);
    }
}

static void test_zone_refuses_bad_names(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        ":",
        "Mars/Olympus",
        "../../../etc/passwd",
        "Europe/../Europe/Paris",
        "/etc/passwd",
        "/usr/share/zoneinfo/Europe/Paris",
        "Europe//Paris",
        "Europe/",
        "/",
        ".",
        "Europe/Paris ",
        "Europe",
        "zone.tab",
        "CET-",
        "CE-1",
        "CET-1CEST,M13.1.0,M10.5.0",
        "CET-1CEST,M3.5.0",
        "CET-1CEST,M3.6.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0/168,M10.5.0",
        "CET-1CEST,J0,J5",
        "CET-1CEST,366,5",
        "CET-25",
        "CET-1:60",
        "<+05-5",
        "<+0>-5",
        "CET-1x",
        "CET-1CEST,M3.5.0,M10.5.0/3 ",
        "CET-99999999999999999999",
        "+5",
        "+25:00",
        "+05:60",
        "+05-30",
        "+ab",
        "\xff\xfe",
        "+",
        "-",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kor_zone *zone = (kor_zone *)1;
        kor_error err = {0};
        if (kor_zone_open(&zone, bad[i], &err) == KOR_OK) fail_msg("'%s' was taken", bad[i]);
        assert_null(zone);
        assert_true(strlen(err.msg) > 0);
    }
    kor_zone *zone;
    kor_error err;
    assert_int_equal(kor_zone_open(&zone, "Mars/Olympus", &err), KOR_E_NOT_FOUND);
    assert_non_null(strstr(err.msg, "Mars/Olympus"));
    char *longest = malloc(100001);
    memset(longest, 'A', 100000);
    longest[100000] = 0;
    assert_int_equal(kor_zone_open(&zone, longest, &err), KOR_E_INPUT);
    free(longest);
}

static void test_zone_follows_the_environment(void **state)
{
    (void)state;
    set_libc_zone(":Asia/Kolkata");
    kor_zone *zone = open_zone(NULL);
    assert_string_equal(kor_zone_name(zone), "Asia/Kolkata");
    assert_int_equal(kor_zone_offset(zone, 0), 19800);
    kor_zone_close(zone);
    setenv("TZ", "", 1);
    zone = open_zone(NULL);
    assert_string_equal(kor_zone_name(zone), "UTC");
    kor_zone_close(zone);
    setenv("TZ", "Mars/Olympus", 1);
    kor_error err;
    assert_int_equal(kor_zone_open(&zone, NULL, &err), KOR_E_NOT_FOUND);
    /* Without TZ, and with TZ that says so, the machine's own zone. */
    for (int i = 0; i < 2; i++) {
        if (i == 0) unsetenv("TZ");
        if (i == 1) setenv("TZ", ":/etc/localtime", 1);
        tzset();
        zone = open_zone(NULL);
        assert_true(strlen(kor_zone_name(zone)) > 0);
        for (int64_t t = 0; t < 2000000000; t += 10000019) {
            assert_int_equal(kor_zone_offset(zone, t), libc_offset(t));
        }
        kor_zone_close(zone);
    }
}

/* ---- Files that lie ---- */

typedef struct folder {
    char path[512], file[600];
} folder;

static void make_folder(folder *f)
{
    const char *base = getenv("TMPDIR");
    (void)snprintf(f->path, sizeof f->path, "%s/korora-zone-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(f->path));
    (void)snprintf(f->file, sizeof f->file, "%s/Here", f->path);
    setenv("TZDIR", f->path, 1);
}

static void remove_folder(const folder *f)
{
    unlink(f->file);
    assert_int_equal(rmdir(f->path), 0);
    unsetenv("TZDIR");
}

static void write_file(const folder *f, const void *bytes, size_t len)
{
    FILE *file = fopen(f->file, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* Open the file of the folder; an error names it. */
static kor_status open_here(kor_zone **zone)
{
    kor_error err = {0};
    kor_status status = kor_zone_open(zone, "Here", &err);
    if (status != KOR_OK) {
        assert_null(*zone);
        assert_non_null(strstr(err.msg, "Here"));
    }
    return status;
}

static kor_status open_bytes(const folder *f, const void *bytes, size_t len, kor_zone **zone)
{
    write_file(f, bytes, len);
    return open_here(zone);
}

static void read_paris(kor_str *out)
{
    kor_error err;
    if (kor_file_read(out, "/usr/share/zoneinfo/Europe/Paris", 1 << 20, &err) != KOR_OK) {
        fail_msg("%s", err.msg);
    }
}

static void test_zone_refuses_every_truncation(void **state)
{
    (void)state;
    folder f;
    make_folder(&f);
    kor_str paris = {0};
    read_paris(&paris);
    kor_zone *zone;
    assert_int_equal(open_bytes(&f, paris.data, paris.len, &zone), KOR_OK);
    kor_zone_close(zone);
    for (size_t len = paris.len; len-- > 0;) {
        assert_int_equal(truncate(f.file, (off_t)len), 0);
        if (open_here(&zone) == KOR_OK) fail_msg("%zu bytes", len);
    }
    kor_str_free(&paris);
    remove_folder(&f);
}

static void test_zone_survives_flipped_bytes(void **state)
{
    (void)state;
    folder f;
    make_folder(&f);
    kor_str paris = {0};
    read_paris(&paris);
    write_file(&f, paris.data, paris.len);
    int fd = open(f.file, O_WRONLY);
    assert_true(fd >= 0);
    static const char flips[] = {1, '\x80', '\xff'};
    size_t opened = 0;
    for (size_t i = 0; i < paris.len; i++) {
        kor_zone *zone;
        char flipped = (char)(paris.data[i] ^ flips[i % sizeof flips]);
        assert_int_equal(pwrite(fd, &flipped, 1, (off_t)i), 1);
        if (open_here(&zone) == KOR_OK) {
            opened++;
            for (int64_t t = -3000000000; t < 5000000000; t += 500000003) {
                int64_t back = kor_zone_instant(zone, t);
                assert_in_range(back - t + 93600, 0, 2 * 93600);
            }
            kor_zone_close(zone);
        }
        assert_int_equal(pwrite(fd, &paris.data[i], 1, (off_t)i), 1);
    }
    /* Neither is every byte vital, nor none. */
    assert_in_range(opened, 1, paris.len - 1);
    assert_int_equal(close(fd), 0);
    kor_str_free(&paris);
    remove_folder(&f);
}

/* Version 1: 32-bit times and no rule. One hour east until 1000, two hours east from then on. */
static const unsigned char version_one[] = {
    'T', 'Z', 'i',  'f',  0, 0, 0, 0, 0,    0,    0, 0, 0, 0, 0, 0, 0,
    0,   0,   0,    0,    0, 0, 0, 0, 0,    0,    0, 0, 0, 0, 0, /* no indicators, no leap seconds
                                                                  */
    0,   0,   0,    1,    0, 0, 0, 2, 0,    0,    0, 4, /* one time, two types, four characters */
    0,   0,   3,    0xe8, 1,                            /* from 1000 on, type 1 */
    0,   0,   0x0e, 0x10, 0, 0, 0, 0, 0x1c, 0x20, 1, 0, /* +3600, +7200 */
    'A', 'B', 'C',  0,
};

static void test_zone_reads_version_one(void **state)
{
    (void)state;
    folder f;
    make_folder(&f);
    kor_zone *zone;
    assert_int_equal(open_bytes(&f, version_one, sizeof version_one, &zone), KOR_OK);
    assert_int_equal(kor_zone_offset(zone, 999), 3600);
    assert_int_equal(kor_zone_offset(zone, 1000), 7200);
    assert_int_equal(kor_zone_instant(zone, 1000 + 3600), 1000);
    kor_zone_close(zone);
    remove_folder(&f);
}

static void test_zone_refuses_lying_headers(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        unsigned char value;
        kor_status status;
    } lies[] = {
        {0, 'X', KOR_E_INPUT},   /* no magic */
        {4, '2', KOR_E_INPUT},   /* a second block is promised */
        {31, 1, KOR_E_INPUT},    /* a leap second beyond the end */
        {32, 0xff, KOR_E_INPUT}, /* 4 thousand million times */
        {39, 0, KOR_E_INPUT},    /* no type */
        {36, 0xff, KOR_E_INPUT}, /* too many types */
        {40, 0xff, KOR_E_INPUT}, /* too many characters */
        {20, 0xff, KOR_E_INPUT}, /* too many indicators */
        {48, 2, KOR_E_INPUT},    /* a type that is not there */
        {49, 0x7f, KOR_E_INPUT}, /* an offset of years */
    };
    folder f;
    make_folder(&f);
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        unsigned char bytes[sizeof version_one];
        memcpy(bytes, version_one, sizeof bytes);
        bytes[lies[i].at] = lies[i].value;
        kor_zone *zone;
        assert_int_equal(open_bytes(&f, bytes, sizeof bytes, &zone), lies[i].status);
    }
    /* A leap second that is there: 12 bytes of the rest of the file are its record. */
    unsigned char bytes[sizeof version_one + 8] = {0};
    memcpy(bytes, version_one, sizeof version_one);
    bytes[31] = 1;
    kor_zone *zone;
    assert_int_equal(open_bytes(&f, bytes, sizeof bytes, &zone), KOR_E_UNSUPPORTED);
    remove_folder(&f);
}

/* ---- Times as text ---- */

static void test_zone_parses_times(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
        int32_t offset;
    } good[] = {
        {"2026-11-22T10:00:00.250+01:00", 1795338000250, 60},
        {"2026-11-22t09:00:00z", 1795338000000, 0},
        {"2026-11-22T09:00:00Z", 1795338000000, 0},
        {"2026-11-22T03:30:00-05:30", 1795338000000, -330},
        {"2026-11-22T09:00:00-00:00", 1795338000000, 0},
        {"2026-11-22T10:00:00", 1795338000000, 60},
        {"2026-11-22 10:00", 1795338000000, 60},
        {"2026-11-22 10:00:00.9999999999999999999999", 1795338000999, 60},
        {"2026-11-22", 1795302000000, 60},
        {"2026-07-01", 1782856800000, 120},
        {"2026-03-29T02:30", 1774746000000, 120}, /* skipped: the instant of the skip */
        {"2026-10-25T02:30", 1792888200000, 120}, /* shown twice: the first */
        {"2026-12-31T23:59:60Z", 1798761600000, 0},
        {"now", 1234567890123, 60},
        {"@1795338000", 1795338000000, 60},
        {"@0", 0, 60},
        {"@-1", -1000, 60},
        {"0000-01-01T00:00:00Z", -62167219200000, 0},
        {"9999-12-31T23:59:59Z", 253402300799000, 0},
        {"@253402300799", 253402300799000, 60},
        {"2024-02-29T00:00Z", 1709164800000, 0},
    };
    kor_zone *zone = open_zone("Europe/Paris");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        int64_t ms = 0;
        int32_t offset = -1;
        kor_error err;
        if (kor_time_parse(good[i].text, zone, 1234567890123, &ms, &offset, &err) != KOR_OK) {
            fail_msg("%s", err.msg);
        }
        if (ms != good[i].ms || offset != good[i].offset) {
            fail_msg("'%s' read as %lld, offset %d", good[i].text, (long long)ms, offset);
        }
        assert_int_equal(kor_time_parse(good[i].text, zone, 1234567890123, &ms, NULL, NULL),
                         KOR_OK);
    }
    kor_zone_close(zone);
}

static void test_zone_refuses_what_is_no_time(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        " ",
        "yesterday",
        "2026-02-30",
        "2023-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-11-00",
        "2026-11-22T25:99",
        "2026-11-22T24:00",
        "2026-11-22T10",
        "2026-11-22T10:60",
        "2026-11-22T10:00:61",
        "2026-11-22T10:00:60",
        "2026-11-22T",
        "2026-11-22 ",
        "2026-11-22x",
        " 2026-11-22",
        "2026-11-22T10:00:00+01:00 ",
        "2026-11-22T10:00:00+1:00",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00+01:60",
        "2026-11-22T10:00:00+0100",
        "2026-11-22T10:00:00.",
        "2026-11-22T10:00:00.+01:00",
        "2026-11-22T10:00Zjunk",
        "26-11-22",
        "2026-1-2",
        "12026-11-22",
        "-001-11-22",
        "+2026-11-22",
        "2026/11/22",
        "now ",
        "NOW",
        "@",
        "@-",
        "@1x",
        "@ 1",
        "@+1",
        "@253402300800",
        "@-62167219201",
        "@99999999999999999999999999",
        "99999999999999999999999999999999-01-01",
        "2026-11-22T10:00\xff",
        "\xff\xfe",
    };
    kor_zone *zone = open_zone("Europe/Paris");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t ms = 42;
        kor_error err = {0};
        if (kor_time_parse(bad[i], zone, 0, &ms, NULL, &err) != KOR_E_INPUT) {
            fail_msg("'%s' was taken", bad[i]);
        }
        assert_int_equal(ms, 42);
        assert_non_null(strstr(err.msg, "2026-11-22T10:00"));
    }
    kor_error err;
    int64_t ms;
    assert_int_equal(kor_time_parse("2026-02-30", zone, 0, &ms, NULL, &err), KOR_E_INPUT);
    assert_non_null(strstr(err.msg, "'2026-02-30'"));
    size_t huge = 10 << 20;
    char *digits = malloc(huge + 1);
    memset(digits, '9', huge);
    digits[huge] = 0;
    assert_int_equal(kor_time_parse(digits, zone, 0, &ms, NULL, &err), KOR_E_INPUT);
    digits[0] = '@';
    assert_int_equal(kor_time_parse(digits, zone, 0, &ms, NULL, &err), KOR_E_INPUT);
    free(digits);
    kor_zone_close(zone);
}

static void test_zone_formats_times(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t ms;
        const char *text;
    } rows[] = {
        {"Europe/Paris", 1795338000000, "2026-11-22T10:00:00+01:00"},
        {"Europe/Paris", 1795338000999, "2026-11-22T10:00:00+01:00"},
        {"Europe/Paris", 1782856800000, "2026-07-01T00:00:00+02:00"},
        {"America/New_York", -1, "1969-12-31T18:59:59-05:00"},
        {"Asia/Kolkata", 0, "1970-01-01T05:30:00+05:30"},
        {"UTC", 253402300799000, "9999-12-31T23:59:59+00:00"},
        {"UTC", INT64_MAX, "9999-12-31T23:59:59+00:00"},
        {"UTC", INT64_MIN, "0000-01-01T00:00:00+00:00"},
        /* Local mean time, 9 minutes 21 seconds east: the nearest minute. */
        {"Europe/Paris", -3000000000000, "1874-12-07T18:49:00+00:09"},
    };
    char text[KOR_TIME_SIZE];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kor_zone *zone = open_zone(rows[i].zone);
        kor_time_format(text, rows[i].ms, zone);
        assert_string_equal(text, rows[i].text);
        kor_zone_close(zone);
    }
    kor_time_format_offset(text, 1795338000000, -330);
    assert_string_equal(text, "2026-11-22T03:30:00-05:30");
    kor_time_format_offset(text, INT64_MAX, INT32_MAX);
    assert_string_equal(text, "9999-12-31T23:59:59+23:59");
    kor_time_format_offset(text, INT64_MIN, INT32_MIN);
    assert_string_equal(text, "0000-01-01T00:00:00-23:59");
}

static void test_zone_reads_back_what_it_wrote(void **state)
{
    (void)state;
    static const char *const names[] = {"Europe/Paris", "Australia/Lord_Howe", "Asia/Kolkata"};
    for (size_t z = 0; z < 3; z++) {
        kor_zone *zone = open_zone(names[z]);
        for (int64_t s = -62135000000; s < 253402000000; s += 98765432101) {
            for (int64_t near = s; near < s + 86400 * 400; near += 77777) {
                char text[KOR_TIME_SIZE];
                int64_t ms;
                kor_time_format(text, near * 1000, zone);
                assert_int_equal(kor_time_parse(text, zone, 0, &ms, NULL, NULL), KOR_OK);
                assert_int_equal(ms, near * 1000);
            }
        }
        kor_zone_close(zone);
    }
}

static void test_zone_now_is_now(void **state)
{
    (void)state;
    int64_t before = (int64_t)time(NULL) * 1000;
    int64_t now = kor_now_ms();
    assert_in_range(now - before + 2000, 0, 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_zone_agrees_with_libc_on_files, forget_libc_zone),
        cmocka_unit_test_teardown(test_zone_agrees_with_libc_on_rules, forget_libc_zone),
        cmocka_unit_test(test_zone_knows_summer_all_year),
        cmocka_unit_test(test_zone_reads_gaps_and_folds),
        cmocka_unit_test(test_zone_survives_any_instant),
        cmocka_unit_test(test_zone_reads_fixed_offsets),
        cmocka_unit_test(test_zone_refuses_bad_names),
        cmocka_unit_test_teardown(test_zone_follows_the_environment, forget_libc_zone),
        cmocka_unit_test_teardown(test_zone_refuses_every_truncation, forget_libc_zone),
        cmocka_unit_test_teardown(test_zone_survives_flipped_bytes, forget_libc_zone),
        cmocka_unit_test_teardown(test_zone_reads_version_one, forget_libc_zone),
        cmocka_unit_test_teardown(test_zone_refuses_lying_headers, forget_libc_zone),
        cmocka_unit_test(test_zone_parses_times),
        cmocka_unit_test(test_zone_refuses_what_is_no_time),
        cmocka_unit_test(test_zone_formats_times),
        cmocka_unit_test(test_zone_reads_back_what_it_wrote),
        cmocka_unit_test(test_zone_now_is_now),
    };
    return cmocka_run_group_tests(tests, needs_zone_files, NULL);
}
