/* SPDX-License-Identifier: Apache-2.0 */
/* A calendar expression: what the words of a span say, before it is known when "now" is. The
 * readers build a small tree of nodes; evaluate.c makes ranges of it, and nothing else does. */
#ifndef KOR_EXPR_H
#define KOR_EXPR_H

#include <stdbool.h>
#include <stdint.h>

typedef enum kor_unit {
    KOR_UNIT_SECOND,
    KOR_UNIT_MINUTE,
    KOR_UNIT_HOUR,
    KOR_UNIT_DAY,
    KOR_UNIT_WORKDAY,
    KOR_UNIT_WEEKEND,
    KOR_UNIT_WEEK,
    KOR_UNIT_FORTNIGHT, /* of amounts only: two weeks */
    KOR_UNIT_MONTH,
    KOR_UNIT_QUARTER,
    KOR_UNIT_HALF, /* of a year */
    KOR_UNIT_YEAR,
    KOR_UNIT_DECADE,
    KOR_UNIT_CENTURY
} kor_unit;

typedef enum kor_part {
    KOR_PART_NONE,
    KOR_PART_MORNING,
    KOR_PART_AFTERNOON,
    KOR_PART_EVENING,
    KOR_PART_NIGHT,
    KOR_PART_LUNCH,
    KOR_PART_DINNER,
    KOR_PART_BREAKFAST,
    KOR_PART_DAYTIME,
    KOR_PART_WORK, /* business hours */
    KOR_PART_AM,
    KOR_PART_PM,
    KOR_PARTS
} kor_part;

typedef enum kor_slice {
    KOR_SLICE_NONE,
    KOR_SLICE_FIRST,
    KOR_SLICE_MIDDLE,
    KOR_SLICE_LAST,
    KOR_SLICE_SO_FAR,   /* "earlier this week" */
    KOR_SLICE_REST,     /* "the rest of the week" */
    KOR_SLICE_LATER,    /* "later this week" */
    KOR_SLICE_BEGINNING /* "beginning of", as against "early" */
} kor_slice;

/* Which one, where a name comes back every week, month or year. */
typedef enum kor_choice {
    KOR_CHOICE_FLOAT, /* as the reading says: the latest that has begun, or the next */
    KOR_CHOICE_LAST,
    KOR_CHOICE_PAST,   /* the latest that is over */
    KOR_CHOICE_NEXT,   /* of the week or year after */
    KOR_CHOICE_COMING, /* the first after today */
    KOR_CHOICE_OF      /* of the week, month or year n away */
} kor_choice;

typedef enum kor_relation {
    KOR_DURING,
    KOR_SINCE, /* from its start */
    KOR_AFTER,
    KOR_BEFORE,
    KOR_BY, /* as before */
    KOR_UNTIL
} kor_relation;

/* An amount of time: calendar parts and clock parts, as they were said. */
typedef struct kor_amount {
    int32_t months, days;
    int64_t seconds;
    int32_t count; /* of the unit that was said first, rounded down */
    uint8_t unit;  /* the smallest kor_unit said */
    bool mixed;    /* several units, or a fraction */
    bool letters;  /* 5m, 3d: may be no time at all */
} kor_amount;

typedef struct kor_clock {
    int32_t second; /* after midnight; of an open one as said: 1:00 to 12:59 */
    uint8_t grain;  /* KOR_UNIT_HOUR, MINUTE or SECOND: how wide it is */
    bool open;      /* may be before or after noon */
    bool stated;    /* cannot be another number: 3 pm, 15:30, noon */
    bool midnight;  /* the word */
    bool wrong;     /* there is no such time: 25:99 */
} kor_clock;

typedef enum kor_node_kind {
    KOR_NODE_NOW,
    KOR_NODE_UNIT,    /* the calendar unit n away: yesterday is day -1 */
    KOR_NODE_WEEKDAY, /* weekday, by choice; of the week of child, if any */
    KOR_NODE_DATE,    /* year, month, day as far as said */
    KOR_NODE_QUARTER, /* the n-th quarter or half of a year */
    KOR_NODE_SEASON,
    KOR_NODE_DECADE,
    KOR_NODE_CENTURY,
    KOR_NODE_WEEK_NUMBER,
    KOR_NODE_HOLIDAY,
    KOR_NODE_NTH,        /* the n-th unit or weekday within child; count of them */
    KOR_NODE_SHIFT,      /* amount before or after child, or now */
    KOR_NODE_ROLL,       /* the amount of time up to now, or from now */
    KOR_NODE_CONTAINING, /* the unit around child */
    KOR_NODE_STARTING,   /* one unit from child on */
    KOR_NODE_SLICE,      /* a part of child */
    KOR_NODE_PART,       /* a part of the day of child, or of the latest day */
    KOR_NODE_CLOCK,      /* a clock time on child, or on the latest day */
    KOR_NODE_CLOCKS,     /* from one to another */
    KOR_NODE_CLOCK_OPEN, /* relation to a clock time on child */
    KOR_NODE_RANGE,      /* from child to second */
    KOR_NODE_OPEN,       /* relation to child */
    KOR_NODE_FOR,        /* amount from child on */
    KOR_NODE_SPREAD      /* less than amount before or after child */
} kor_node_kind;

enum { KOR_NODES = 64, KOR_NO_NODE = -1 };

typedef struct kor_node {
    uint8_t kind, unit, choice, part, slice, relation;
    int8_t child, second;      /* nodes, or KOR_NO_NODE */
    int8_t weekday;            /* 0 is Monday, -1 none */
    int8_t sign;               /* of shifts and rolls: -1 before, 1 after */
    bool has_year, two_digits; /* a year was said; with two digits */
    bool swappable;            /* 3/4: day and month may change places */
    bool article;              /* "Friday the 13th" */
    bool within;               /* "within 5 days": begins now */
    bool latest;               /* any day will do: "at 3 pm" */
    bool has_offset;           /* of a clock time: minutes east were said with it */
    int16_t offset;
    int32_t n, count;
    int32_t year, month, day; /* 0: not said */
    kor_amount amount;
    kor_clock clock, clock_end;
} kor_node;

typedef enum kor_expr_kind {
    KOR_EXPR_TIME, /* root is a node */
    KOR_EXPR_DURATION,
    KOR_EXPR_SET,
    KOR_EXPR_VAGUE
} kor_expr_kind;

/* What comes back: every `interval` units; on weekdays or on days of the month; at a time. */
typedef struct kor_recurrence {
    uint8_t unit;
    int32_t interval;   /* 2 for "every other" */
    uint8_t weekdays;   /* bit 0 is Monday; 0: not by weekday */
    int32_t month, day; /* 0: not said; day of the month or year */
    int32_t nth;        /* of weekdays in the month: 1 first, -1 last, 0 all */
    uint8_t part;
    bool has_clock, has_end;
    kor_clock clock, clock_end;
} kor_recurrence;

typedef struct kor_expr {
    kor_node node[KOR_NODES];
    int count;
    int root;
    kor_expr_kind kind;
    kor_amount amount;    /* of durations */
    kor_recurrence again; /* of sets */
    bool approximate;     /* around, about, 3ish */
    bool loose;           /* a bare number is all that says it: "at 3" */
    bool wrong;           /* an impossible time was said */
    const char *rule;     /* the rule that read it: "weekday" */
    const char *why;      /* why it stays unresolved; NULL when it does not */
} kor_expr;

#endif
