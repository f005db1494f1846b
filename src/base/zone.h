/* SPDX-License-Identifier: Apache-2.0 */
/* Time zones: IANA zone files (TZif, RFC 8536) and POSIX TZ rules. Several may be open at once;
 * nothing here touches the process-wide zone of libc. */
#ifndef KOR_ZONE_H
#define KOR_ZONE_H

#include "base/civil.h"
#include "base/status.h"

/* kor_zone, kor_zone_open and kor_zone_close are public: korora.h. NULL is UTC in all calls. */

/* The IANA name where known ("Europe/Paris"), else the rule. Never NULL. */
const char *kor_zone_name(const kor_zone *zone);

/* Seconds east of UTC at an instant (seconds since 1970 UTC). */
int32_t kor_zone_offset(const kor_zone *zone, int64_t instant);

/* The instant of a wall-clock time given as kor_seconds_from_civil: the earlier one when the clock
 * shows it twice; when the clock skips it, the instant of the skip. */
int64_t kor_zone_instant(const kor_zone *zone, int64_t local_seconds);

/* Read a time that a person or a file wrote: RFC 3339 ("2026-11-22T10:00:00.250+01:00", "Z"), the
 * same without an offset (wall clock in zone; a space may replace the T; seconds may be left out),
 * a date alone (its first instant), "now", or "@" and Unix seconds. *ms is UTC milliseconds,
 * *offset_min (may be NULL) minutes east. KOR_E_INPUT names the text and the forms accepted. */
kor_status kor_time_parse(const char *text, const kor_zone *zone, int64_t now_ms, int64_t *ms,
                          int32_t *offset_min, kor_error *err);

enum { KOR_TIME_SIZE = 40 };

/* RFC 3339 with the zone's offset, to the second ("2026-11-22T10:00:00+01:00"); years outside 0 to
 * 9999 are clamped. */
void kor_time_format(char out[KOR_TIME_SIZE], int64_t ms, const kor_zone *zone);

/* The same with an offset in minutes. */
void kor_time_format_offset(char out[KOR_TIME_SIZE], int64_t ms, int32_t offset_min);

int64_t kor_now_ms(void);

#endif
