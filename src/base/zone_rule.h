/* SPDX-License-Identifier: Apache-2.0 */
/* POSIX TZ rules ("CET-1CEST,M3.5.0,M10.5.0/3"), with the extensions of RFC 8536 section 3.3.1. */
#ifndef KOR_ZONE_RULE_H
#define KOR_ZONE_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum kor_rule_form {
    KOR_RULE_MONTH,  /* Mm.w.d: the w-th weekday d of month m, the last one when w is 5 */
    KOR_RULE_JULIAN, /* Jn: day 1 to 365, 29 February never counted */
    KOR_RULE_DAY     /* n: day 0 to 365, 29 February counted */
} kor_rule_form;

typedef struct kor_rule_date {
    kor_rule_form form;
    int32_t month, week, weekday; /* weekday: 0 is Sunday, as POSIX has it */
    int32_t day;
    int32_t time; /* seconds after local midnight, within 167 hours either way */
} kor_rule_date;

typedef struct kor_zone_rule {
    int32_t standard, summer;    /* seconds east of UTC */
    bool has_summer;             /* else the rest is unset */
    kor_rule_date begin, finish; /* of summer time */
} kor_zone_rule;

/* False when text (len bytes) is not one whole rule. */
bool kor_zone_rule_parse(kor_zone_rule *out, const char *text, size_t len);

/* Seconds east of UTC at an instant. */
int32_t kor_zone_rule_offset(const kor_zone_rule *rule, int64_t instant);

/* The first change of the clock after an instant; false when there is none. */
bool kor_zone_rule_next(const kor_zone_rule *rule, int64_t instant, int64_t *change);

#endif
