/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "time/evaluate.h"
#include "time/when.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* ---- The table ---- */

typedef struct row {
    const char *text, *span; /* span NULL: nothing is found */
    const char *from, *to;   /* in the forms of kor_time_parse; "start" and "now" are open */
} row;

typedef struct setting {
    const char *zone, *now;
} setting;

/* A Sunday morning in winter. */
static const setting paris = {"Europe/Paris", "2026-11-22T10:00:00+01:00"};
static const row paris_rows[] = {
    /* Days. */
    {"what did I do today?", "today", "2026-11-22", "2026-11-23"},
    {"YESTERDAY", "YESTERDAY", "2026-11-21", "2026-11-22"},
    {"and yesterday's notes", "yesterday's", "2026-11-21", "2026-11-22"},
    {"tomorrow", "tomorrow", "2026-11-23", "2026-11-24"},
    {"the day before yesterday", "the day before yesterday", "2026-11-20", "2026-11-21"},
    {"the day after tomorrow", "the day after tomorrow", "2026-11-24", "2026-11-25"},
    {"two days before yesterday", "two days before yesterday", "2026-11-19", "2026-11-20"},
    {"**yesterday**", "yesterday", "2026-11-21", "2026-11-22"},
    {"\xe2\x80\x9cyesterday\xe2\x80\x9d", "yesterday", "2026-11-21", "2026-11-22"},
    /* Parts of a day. */
    {"tonight", "tonight", "2026-11-22 18:00", "2026-11-23 06:00"},
    {"last night", "last night", "2026-11-21 18:00", "2026-11-22 06:00"},
    {"the night before last", "the night before last", "2026-11-20 18:00", "2026-11-21 06:00"},
    {"this morning", "this morning", "2026-11-22 06:00", "2026-11-22 12:00"},
    {"this afternoon", "this afternoon", "2026-11-22 12:00", "2026-11-22 18:00"},
    {"this evening", "this evening", "2026-11-22 18:00", "2026-11-23"},
    {"yesterday morning", "yesterday morning", "2026-11-21 06:00", "2026-11-21 12:00"},
    {"tomorrow evening", "tomorrow evening", "2026-11-23 18:00", "2026-11-24"},
    {"yesterday in the evening", "yesterday in the evening", "2026-11-21 18:00", "2026-11-22"},
    {"at lunch yesterday", "at lunch yesterday", "2026-11-21 12:00", "2026-11-21 14:00"},
    {"early this morning", "early this morning", "2026-11-22 06:00", "2026-11-22 09:00"},
    {"late yesterday afternoon", "late yesterday afternoon", "2026-11-21 15:00",
     "2026-11-21 18:00"},
    {"late last night", "late last night", "2026-11-22", "2026-11-22 06:00"},
    {"in the morning I wrote", "in the morning", "2026-11-22 06:00", "2026-11-22 12:00"},
    {"in the evening", "in the evening", "2026-11-21 18:00", "2026-11-22"},
    {"the morning of November 20", "the morning of November 20", "2026-11-20 06:00",
     "2026-11-20 12:00"},
    /* Weekdays. */
    {"Tuesday", "Tuesday", "2026-11-17", "2026-11-18"},
    {"on Sunday", "on Sunday", "2026-11-22", "2026-11-23"},
    {"last Sunday", "last Sunday", "2026-11-15", "2026-11-16"},
    {"last Monday", "last Monday", "2026-11-16", "2026-11-17"},
    {"this Friday", "this Friday", "2026-11-20", "2026-11-21"},
    {"next Monday", "next Monday", "2026-11-23", "2026-11-24"},
    {"what did I do last tuesday afternoon", "last tuesday afternoon", "2026-11-17 12:00",
     "2026-11-17 18:00"},
    {"Tuesday night", "Tuesday night", "2026-11-17 18:00", "2026-11-18 06:00"},
    {"Monday of last week", "Monday of last week", "2026-11-09", "2026-11-10"},
    {"last week on Tuesday", "last week on Tuesday", "2026-11-10", "2026-11-11"},
    {"Tuesday afternoon last week", "Tuesday afternoon last week", "2026-11-10 12:00",
     "2026-11-10 18:00"},
    {"this past Tuesday", "this past Tuesday", "2026-11-17", "2026-11-18"},
    {"this coming Monday", "this coming Monday", "2026-11-23", "2026-11-24"},
    {"on sun", "on sun", "2026-11-22", "2026-11-23"},
    {"wed evening", "wed evening", "2026-11-18 18:00", "2026-11-19"},
    {"Sun, 22 Nov 2026", "Sun, 22 Nov 2026", "2026-11-22", "2026-11-23"},
    {"Monday, November 20", "Monday, November 20", "2026-11-20", "2026-11-21"},
    {"Friday the 13th", "Friday the 13th", "2026-11-13", "2026-11-14"},
    /* Calendar units. */
    {"last week", "last week", "2026-11-09", "2026-11-16"},
    {"this week", "this week", "2026-11-16", "2026-11-23"},
    {"next week", "next week", "2026-11-23", "2026-11-30"},
    {"the week before last", "the week before last", "2026-11-02", "2026-11-09"},
    {"the week of November 3", "the week of November 3", "2026-11-02", "2026-11-09"},
    {"last month", "last month", "2026-10-01", "2026-11-01"},
    {"this month's bills", "this month's", "2026-11-01", "2026-12-01"},
    {"last year", "last year", "2025-01-01", "2026-01-01"},
    {"next year", "next year", "2027-01-01", "2028-01-01"},
    {"last quarter", "last quarter", "2026-07-01", "2026-10-01"},
    {"this quarter", "this quarter", "2026-10-01", "2027-01-01"},
    {"last weekend", "last weekend", "2026-11-14", "2026-11-16"},
    {"over the weekend", "over the weekend", "2026-11-21", "2026-11-23"},
    {"Q3 2025", "Q3 2025", "2025-07-01", "2025-10-01"},
    {"2025 Q3", "2025 Q3", "2025-07-01", "2025-10-01"},
    {"in Q3", "in Q3", "2026-07-01", "2026-10-01"},
    /* Ago, and rolling. */
    {"3 days ago", "3 days ago", "2026-11-19", "2026-11-20"},
    {"a week ago", "a week ago", "2026-11-15", "2026-11-16"},
    {"two months ago", "two months ago", "2026-09-22", "2026-09-23"},
    {"a year ago", "a year ago", "2025-11-22", "2025-11-23"},
    {"a couple of hours ago", "a couple of hours ago", "2026-11-22 08:00", "2026-11-22 08:01"},
    {"half an hour ago", "half an hour ago", "2026-11-22 09:30", "2026-11-22 09:31"},
    {"ten minutes ago", "ten minutes ago", "2026-11-22 09:50", "2026-11-22 09:51"},
    {"a few weeks ago", "a few weeks ago", "2026-11-01", "2026-11-02"},
    {"about two weeks ago", "about two weeks ago", "2026-11-08", "2026-11-09"},
    {"3 days ago at 5pm", "3 days ago at 5pm", "2026-11-19 17:00", "2026-11-19 18:00"},
    {"last 3 days", "last 3 days", "2026-11-19", "now"},
    {"in the past week", "in the past week", "2026-11-15", "now"},
    {"past 24 hours", "past 24 hours", "2026-11-21 10:00", "now"},
    {"in the last 5 minutes", "in the last 5 minutes", "2026-11-22 09:55", "now"},
    {"in the last hour", "in the last hour", "2026-11-22 09:00", "now"},
    {"over the past couple of months", "over the past couple of months", "2026-09-22", "now"},
    {"the last few weeks", "the last few weeks", "2026-11-01", "now"},
    {"next 3 days", "next 3 days", "2026-11-22 10:00", "2026-11-26"},
    {"in 3 days", "in 3 days", "2026-11-25", "2026-11-26"},
    {"two weeks from now", "two weeks from now", "2026-12-06", "2026-12-07"},
    /* Dates. */
    {"on 2026-11-20", "on 2026-11-20", "2026-11-20", "2026-11-21"},
    {"2026/11/20", "2026/11/20", "2026-11-20", "2026-11-21"},
    {"2026-11", "2026-11", "2026-11-01", "2026-12-01"},
    {"20 November", "20 November", "2026-11-20", "2026-11-21"},
    {"25 December", "25 December", "2025-12-25", "2025-12-26"},
    {"20 November 2024", "20 November 2024", "2024-11-20", "2024-11-21"},
    {"November 20th, 2025.", "November 20th, 2025", "2025-11-20", "2025-11-21"},
    {"Nov 20", "Nov 20", "2026-11-20", "2026-11-21"},
    {"Nov. 20 at noon", "Nov. 20 at noon", "2026-11-20 12:00", "2026-11-20 13:00"},
    {"the 20th of November", "the 20th of November", "2026-11-20", "2026-11-21"},
    {"second of November", "second of November", "2026-11-02", "2026-11-03"},
    {"29 February", "29 February", "2024-02-29", "2024-03-01"},
    {"11/20/2026", "11/20/2026", "2026-11-20", "2026-11-21"},
    {"20/11/2026", "20/11/2026", "2026-11-20", "2026-11-21"},
    {"on the 5th", "on the 5th", "2026-11-05", "2026-11-06"},
    {"on the 25th", "on the 25th", "2026-10-25", "2026-10-26"},
    {"in March", "in March", "2026-03-01", "2026-04-01"},
    {"in December", "in December", "2025-12-01", "2026-01-01"},
    {"last March", "last March", "2026-03-01", "2026-04-01"},
    {"last November", "last November", "2025-11-01", "2025-12-01"},
    {"next March", "next March", "2027-03-01", "2027-04-01"},
    {"March last year", "March last year", "2025-03-01", "2025-04-01"},
    {"last year in March", "last year in March", "2025-03-01", "2025-04-01"},
    {"in May", "in May", "2026-05-01", "2026-06-01"},
    {"May 2025", "May 2025", "2025-05-01", "2025-06-01"},
    {"May 3", "May 3", "2026-05-03", "2026-05-04"},
    {"in 2025, mostly", "in 2025", "2025-01-01", "2026-01-01"},
    {"early March", "early March", "2026-03-01", "2026-03-11"},
    {"mid-November", "mid-November", "2026-11-11", "2026-11-21"},
    {"the end of last month", "the end of last month", "2026-10-21", "2026-11-01"},
    {"beginning of the year", "beginning of the year", "2026-01-01", "2026-05-01"},
    {"the end of last week", "the end of last week", "2026-11-13", "2026-11-16"},
    {"end of the day", "end of the day", "2026-11-22 17:00", "2026-11-23"},
    {"earlier today", "earlier today", "2026-11-22", "now"},
    {"earlier this week", "earlier this week", "2026-11-16", "now"},
    {"earlier in the week", "earlier in the week", "2026-11-16", "now"},
    {"late on Friday", "late on Friday", "2026-11-20 17:00", "2026-11-21"},
    {"later today", "later today", "2026-11-22 10:00", "2026-11-23"},
    {"the rest of the week", "the rest of the week", "2026-11-22 10:00", "2026-11-23"},
    /* Clock times. */
    {"yesterday at 3pm", "yesterday at 3pm", "2026-11-21 15:00", "2026-11-21 16:00"},
    {"at 15:30 yesterday", "at 15:30 yesterday", "2026-11-21 15:30", "2026-11-21 15:31"},
    {"5 p.m. yesterday", "5 p.m. yesterday", "2026-11-21 17:00", "2026-11-21 18:00"},
    {"yesterday at 3", "yesterday at 3", "2026-11-21 15:00", "2026-11-21 16:00"},
    {"yesterday at 9:15", "yesterday at 9:15", "2026-11-21 09:15", "2026-11-21 09:16"},
    {"yesterday at 03:15", "yesterday at 03:15", "2026-11-21 03:15", "2026-11-21 03:16"},
    {"yesterday at 12am", "yesterday at 12am", "2026-11-21", "2026-11-21 01:00"},
    {"yesterday at midnight", "yesterday at midnight", "2026-11-22", "2026-11-22 01:00"},
    {"yesterday at 8 in the evening", "yesterday at 8 in the evening", "2026-11-21 20:00",
     "2026-11-21 21:00"},
    {"yesterday evening at 8", "yesterday evening at 8", "2026-11-21 20:00", "2026-11-21 21:00"},
    {"Tuesday night at 2", "Tuesday night at 2", "2026-11-18 02:00", "2026-11-18 03:00"},
    {"Tuesday night at 11", "Tuesday night at 11", "2026-11-17 23:00", "2026-11-18"},
    {"this morning at 8", "this morning at 8", "2026-11-22 08:00", "2026-11-22 09:00"},
    {"on Monday from 3 to 5 pm", "on Monday from 3 to 5 pm", "2026-11-16 15:00",
     "2026-11-16 17:00"},
    {"on Monday between 9 and 11", "on Monday between 9 and 11", "2026-11-16 09:00",
     "2026-11-16 11:00"},
    {"from 11 to 2pm yesterday", "from 11 to 2pm yesterday", "2026-11-21 11:00",
     "2026-11-21 14:00"},
    {"from 9 to 5 yesterday", "from 9 to 5 yesterday", "2026-11-21 09:00", "2026-11-21 17:00"},
    {"3-5pm yesterday", "3-5pm yesterday", "2026-11-21 15:00", "2026-11-21 17:00"},
    {"from 10pm to 2am on Monday", "from 10pm to 2am on Monday", "2026-11-16 22:00",
     "2026-11-17 02:00"},
    {"yesterday after 3pm", "yesterday after 3pm", "2026-11-21 15:00", "2026-11-22"},
    {"yesterday before noon", "yesterday before noon", "2026-11-21", "2026-11-21 12:00"},
    {"at 3pm", "at 3pm", "2026-11-21 15:00", "2026-11-21 16:00"},
    {"at 9am", "at 9am", "2026-11-22 09:00", "2026-11-22 10:00"},
    {"around 9:30", "around 9:30", "2026-11-22 09:30", "2026-11-22 09:31"},
    {"Wed Oct 26 15:50:06 2016", "Wed Oct 26 15:50:06 2016", "2016-10-26 15:50:06",
     "2016-10-26 15:50:07"},
    {"from 2pm yesterday to 4pm", "from 2pm yesterday to 4pm", "2026-11-21 14:00",
     "2026-11-21 16:00"},
    {"from 10pm on Monday to 2am", "from 10pm on Monday to 2am", "2026-11-16 22:00",
     "2026-11-17 02:00"},
    {"2026-11-20T10:30", "2026-11-20T10:30", "2026-11-20 10:30", "2026-11-20 10:31"},
    {"2026-11-20 10:30", "2026-11-20 10:30", "2026-11-20 10:30", "2026-11-20 10:31"},
    {"the review on Nov 3, 2026 at 14:30?", "on Nov 3, 2026 at 14:30", "2026-11-03 14:30",
     "2026-11-03 14:31"},
    /* Open and closed ranges. */
    {"since Monday", "since Monday", "2026-11-16", "now"},
    {"since 9am", "since 9am", "2026-11-22 09:00", "now"},
    {"since last week", "since last week", "2026-11-09", "now"},
    {"starting in October", "starting in October", "2026-10-01", "now"},
    {"from yesterday", "from yesterday", "2026-11-21", "2026-11-22"},
    {"from yesterday onwards", "from yesterday onwards", "2026-11-21", "now"},
    {"from Monday onwards", "from Monday onwards", "2026-11-16", "now"},
    {"after 2025-03-01", "after 2025-03-01", "2025-03-02", "now"},
    {"after last month", "after last month", "2026-11-01", "now"},
    {"since tomorrow", "since tomorrow", "2026-11-23", "end"},
    {"before March 2025", "before March 2025", "start", "2025-03-01"},
    {"by Friday", "by Friday", "start", "2026-11-20"},
    {"until yesterday", "until yesterday", "start", "2026-11-22"},
    {"until now", "until now", "start", "now"},
    {"before 3pm yesterday", "before 3pm yesterday", "start", "2026-11-21 15:00"},
    {"between Monday and Wednesday", "between Monday and Wednesday", "2026-11-16", "2026-11-19"},
    {"from Friday to Tuesday", "from Friday to Tuesday", "2026-11-13", "2026-11-18"},
    {"from last Monday to Friday", "from last Monday to Friday", "2026-11-16", "2026-11-21"},
    {"from Monday to now", "from Monday to now", "2026-11-16", "now"},
    {"between March 3 and April 5", "between March 3 and April 5", "2026-03-03", "2026-04-06"},
    {"from November 3 to 7", "from November 3 to 7", "2026-11-03", "2026-11-08"},
    {"from 3 to 7 November", "from 3 to 7 November", "2026-11-03", "2026-11-08"},
    {"3-7 November 2025", "3-7 November 2025", "2025-11-03", "2025-11-08"},
    {"Nov 3 \xe2\x80\x93 Nov 7", "Nov 3 \xe2\x80\x93 Nov 7", "2026-11-03", "2026-11-08"},
    {"from December 20 to January 5", "from December 20 to January 5", "2025-12-20", "2026-01-06"},
    {"from March 2025 to June", "from March 2025 to June", "2025-03-01", "2025-07-01"},
    {"from 2020 to 2022", "from 2020 to 2022", "2020-01-01", "2023-01-01"},
    {"from yesterday 3pm to today 9am", "from yesterday 3pm to today 9am", "2026-11-21 15:00",
     "2026-11-22 09:00"},
    {"between today and Monday", "between today and Monday", "2026-11-22", "2026-11-24"},
    {"2026-11-01 to 2026-11-07", "2026-11-01 to 2026-11-07", "2026-11-01", "2026-11-08"},
    {"every day last week", "last week", "2026-11-09", "2026-11-16"},
    {"every commit yesterday", "yesterday", "2026-11-21", "2026-11-22"},
    {"every Tuesday in March", "in March", "2026-03-01", "2026-04-01"},
    /* Of a period, and from somewhere. */
    {"3 days after January 12", "3 days after January 12", "2026-01-15", "2026-01-16"},
    {"the last four months of 2021", "the last four months of 2021", "2021-09-01", "2022-01-01"},
    {"the last week of March", "the last week of March", "2026-03-23", "2026-03-30"},
    {"5 past minutes", "5 past minutes", "2026-11-22 09:55", "now"},
    {"in 3.5 days", "in 3.5 days", "2026-11-25 22:00", "2026-11-25 22:01"},
    {"2025", "2025", "2025-01-01", "2026-01-01"},
    {"Mon-Fri", "Mon-Fri", "2026-11-16", "2026-11-21"},
    {"the first Friday of July", "the first Friday of July", "2026-07-03", "2026-07-04"},
    {"two days after Christmas", "two days after Christmas", "2025-12-27", "2025-12-28"},
    {"a week from Friday", "a week from Friday", "2026-11-27", "2026-11-28"},
    {"mid-2024", "mid-2024", "2024-05-01", "2024-09-01"},
    {"the late 90s", "the late 90s", "1997-01-01", "2000-01-01"},
    {"half past three yesterday", "half past three yesterday", "2026-11-21 15:30",
     "2026-11-21 15:31"},
    {"yesterday at quarter to 5", "yesterday at quarter to 5", "2026-11-21 16:45",
     "2026-11-21 16:46"},
    {"last summer", "last summer", "2026-06-01", "2026-09-01"},
    {"week 12 of 2026", "week 12 of 2026", "2026-03-16", "2026-03-23"},
    {"2026-W12", "2026-W12", "2026-03-16", "2026-03-23"},
    {"20261120", "20261120", "2026-11-20", "2026-11-21"},
    {"Mar 4th '26", "Mar 4th '26", "2026-03-04", "2026-03-05"},
    {"last easter", "last easter", "2026-04-05", "2026-04-06"},
    {"on thanksgiving 2025", "on thanksgiving 2025", "2025-11-27", "2025-11-28"},
    /* Slips of the pen. */
    {"yesterdya", "yesterdya", "2026-11-21", "2026-11-22"},
    {"what did i do tomorow", "tomorow", "2026-11-23", "2026-11-24"},
    {"last wendsday", "last wendsday", "2026-11-18", "2026-11-19"},
    {"yesterdays", "yesterdays", "2026-11-21", "2026-11-22"},
    /* The first of several, and what is impossible is passed over. */
    {"on 2026-02-30 or yesterday", "yesterday", "2026-11-21", "2026-11-22"},
    {"yesterday or today", "yesterday", "2026-11-21", "2026-11-22"},
    {"caf\xc3\xa9 \xff\xfe yesterday", "yesterday", "2026-11-21", "2026-11-22"},
};

static const char *const no_times[] = {
    "",
    " ",
    "what is the parser",
    "February 30",
    "2026-02-30",
    "2026-13-01",
    "2026-00-10",
    "31 November",
    "25:99 yesterday",
    "yesterday at 25:99",
    "at 9:75 today",
    "9999 years ago",
    "version 1.2.3",
    "10.0.0.1:8080",
    "at 127.0.0.1:12",
    "port 8080",
    "a second",
    "the second attempt",
    "a second ago",
    "I sat down",
    "in the sun",
    "mon ami",
    "we wed",
    "I may go",
    "I may 3 times",
    "this may work",
    "the last may fail",
    "march on",
    "march 3 miles",
    "today.txt",
    "notes/today",
    "v2026-11-20",
    "2026-11-20.log",
    "logs/2026/11/20/x",
    "1,000 days ago",
    "$5 days ago",
    "-3 days ago",
    "every Tuesday",
    "each day at 9am",
    "every other Friday",
    "last minute changes",
    "the last day of school",
    "on the 2nd floor",
    "03/04/2026",
    "last",
    "in",
    "from",
    "since",
    "between",
    "what is now",
    "at 3",
    "12:30",
    "last_week",
    "nextweek",
    "at night",
    "one day",
    "in a day",
    "\xc3\xa9today",
    "2026-11-2x",
    "today@home",
    "3 days",
    "for two weeks",
    "5%",
    "in 2025%",
    "1-2 days ago",
    "100000000000000000000 days ago",
};

/* A Wednesday in New York in the week after the clocks went forward (Sunday 8 March). */
static const setting new_york = {"America/New_York", "2026-03-11T22:30:00-04:00"};
static const row new_york_rows[] = {
    {"today", "today", "2026-03-11T00:00:00-04:00", "2026-03-12T00:00:00-04:00"},
    {"on Sunday", "on Sunday", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
    {"last week", "last week", "2026-03-02T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
    {"Sunday at 2:30am", "Sunday at 2:30am", "2026-03-08T03:00:00-04:00",
     "2026-03-08T03:01:00-04:00"},
    {"Sunday morning", "Sunday morning", "2026-03-08T06:00:00-04:00", "2026-03-08T12:00:00-04:00"},
    {"Saturday night", "Saturday night", "2026-03-07T18:00:00-05:00", "2026-03-08T06:00:00-04:00"},
    {"last 4 days", "last 4 days", "2026-03-07T00:00:00-05:00", "now"},
    {"96 hours ago", "96 hours ago", "2026-03-07T21:30:00-05:00", "2026-03-07T21:31:00-05:00"},
    {"the last 96 hours", "the last 96 hours", "2026-03-07T21:30:00-05:00", "now"},
    {"last weekend", "last weekend", "2026-03-07T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
    {"the weekend", "the weekend", "2026-03-07T00:00:00-05:00", "2026-03-09T00:00:00-04:00"},
    {"this weekend", "this weekend", "2026-03-14T00:00:00-04:00", "2026-03-16T00:00:00-04:00"},
    {"this month", "this month", "2026-03-01T00:00:00-05:00", "2026-04-01T00:00:00-04:00"},
    {"on Wednesday", "on Wednesday", "2026-03-11T00:00:00-04:00", "2026-03-12T00:00:00-04:00"},
    {"last Wednesday", "last Wednesday", "2026-03-04T00:00:00-05:00", "2026-03-05T00:00:00-05:00"},
    {"this Friday", "this Friday", "2026-03-13T00:00:00-04:00", "2026-03-14T00:00:00-04:00"},
    {"tonight", "tonight", "2026-03-11T18:00:00-04:00", "2026-03-12T06:00:00-04:00"},
};

/* The morning after the clocks went back in Paris (25 October, 25 hours long). */
static const setting paris_autumn = {"Europe/Paris", "2026-10-26T08:00:00+01:00"};
static const row paris_autumn_rows[] = {
    {"yesterday", "yesterday", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
    {"last night", "last night", "2026-10-25T18:00:00+01:00", "2026-10-26T06:00:00+01:00"},
    {"the night before last", "the night before last", "2026-10-24T18:00:00+02:00",
     "2026-10-25T06:00:00+01:00"},
    {"yesterday at 2am", "yesterday at 2am", "2026-10-25T02:00:00+02:00",
     "2026-10-25T03:00:00+01:00"},
    {"last week", "last week", "2026-10-19T00:00:00+02:00", "2026-10-26T00:00:00+01:00"},
    {"24 hours ago", "24 hours ago", "2026-10-25T08:00:00+01:00", "2026-10-25T08:01:00+01:00"},
    {"since Saturday", "since Saturday", "2026-10-24T00:00:00+02:00", "now"},
};

/* The morning after the clocks went forward in Paris (29 March, 23 hours long). */
static const setting paris_spring = {"Europe/Paris", "2026-03-30T08:00:00+02:00"};
static const row paris_spring_rows[] = {
    {"yesterday", "yesterday", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00"},
    {"yesterday at 2:30am", "yesterday at 2:30am", "2026-03-29T03:00:00+02:00",
     "2026-03-29T03:01:00+02:00"},
    {"yesterday from 1am to 4am", "yesterday from 1am to 4am", "2026-03-29T01:00:00+01:00",
     "2026-03-29T04:00:00+02:00"},
    {"a month ago", "a month ago", "2026-02-28T00:00:00+01:00", "2026-03-01T00:00:00+01:00"},
};

/* Half an hour of summer time, which ended on 5 April. */
static const setting lord_howe = {"Australia/Lord_Howe", "2026-04-06T09:00:00+10:30"};
static const row lord_howe_rows[] = {
    {"yesterday", "yesterday", "2026-04-05T00:00:00+11:00", "2026-04-06T00:00:00+10:30"},
    {"last month", "last month", "2026-03-01T00:00:00+11:00", "2026-04-01T00:00:00+11:00"},
    {"this month", "this month", "2026-04-01T00:00:00+11:00", "2026-05-01T00:00:00+10:30"},
};

/* The day before began at one o'clock. */
static const setting sao_paulo = {"America/Sao_Paulo", "2018-11-05T09:00:00-02:00"};
static const row sao_paulo_rows[] = {
    {"yesterday", "yesterday", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
    {"on Saturday", "on Saturday", "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"},
    {"last week", "last week", "2018-10-29T00:00:00-03:00", "2018-11-05T00:00:00-02:00"},
};

/* There was no Friday 30 December 2011. */
static const setting apia = {"Pacific/Apia", "2011-12-31T09:00:00+14:00"};
static const row apia_rows[] = {
    {"yesterday", NULL, NULL, NULL},
    {"two days ago", "two days ago", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00"},
    {"this week", "this week", "2011-12-26T00:00:00-10:00", "2012-01-02T00:00:00+14:00"},
};

/* A leap day. */
static const setting kolkata = {"Asia/Kolkata", "2024-02-29T00:30:00+05:30"};
static const row kolkata_rows[] = {
    {"yesterday", "yesterday", "2024-02-28", "2024-02-29"},
    {"a year ago", "a year ago", "2023-02-28", "2023-03-01"},
    {"last month", "last month", "2024-01-01", "2024-02-01"},
    {"since midnight", "since midnight", "2024-02-29", "now"},
    {"in the evening", "in the evening", "2024-02-28 18:00", "2024-02-29"},
};

static kor_zone *open_zone(const char *name)
{
    kor_zone *zone;
    kor_error err;
    if (kor_zone_open(&zone, name, &err) != KOR_OK) fail_msg("%s", err.msg);
    return zone;
}

static int64_t read_time(const char *text, const kor_zone *zone, int64_t now_ms)
{
    if (strcmp(text, "start") == 0) return KOR_WHEN_FIRST_MS;
    if (strcmp(text, "end") == 0) return KOR_WHEN_LAST_MS;
    if (strcmp(text, "now") == 0) return now_ms + 1;
    int64_t ms = 0;
    kor_error err;
    if (kor_time_parse(text, zone, now_ms, &ms, NULL, &err) != KOR_OK) fail_msg("%s", err.msg);
    return ms;
}

static size_t check_row(const row *r, const kor_zone *zone, int64_t now_ms)
{
    kor_asked w;
    kor_when_find(&w, r->text, strlen(r->text), now_ms, zone);
    if (!r->from) {
        if (w.found) print_error("'%s': found '%s'\n", r->text, w.rule);
        return w.found;
    }
    const char *place = strstr(r->text, r->span);
    assert_non_null(place);
    size_t start = (size_t)(place - r->text), end = start + strlen(r->span);
    int64_t from = read_time(r->from, zone, now_ms), to = read_time(r->to, zone, now_ms);
    if (w.found && w.start == start && w.end == end && w.from_ms == from && w.to_ms == to) return 0;
    char a[KOR_TIME_SIZE], b[KOR_TIME_SIZE];
    kor_time_format(a, w.from_ms, zone);
    kor_time_format(b, w.to_ms, zone);
    print_error("'%s' (%s): %s [%zu, %zu) %s %s: %s\n", r->text, kor_zone_name(zone),
                w.found ? "found" : "not found", w.start, w.end, a, b, w.rule);
    return 1;
}

static void check_rows(const setting *s, const row *rows, size_t count)
{
    kor_zone *zone = open_zone(s->zone);
    int64_t now_ms = read_time(s->now, zone, 0);
    size_t failed = 0;
    for (size_t i = 0; i < count; i++) failed += check_row(&rows[i], zone, now_ms);
    kor_zone_close(zone);
    if (failed) fail_msg("%zu of %zu rows in %s", failed, count, s->zone);
}

#define CHECK_ROWS(name) check_rows(&name, name##_rows, sizeof name##_rows / sizeof *name##_rows)

static void test_when_reads_expressions(void **state)
{
    (void)state;
    CHECK_ROWS(paris);
    CHECK_ROWS(kolkata);
}

static void test_when_survives_clock_changes(void **state)
{
    (void)state;
    CHECK_ROWS(new_york);
    CHECK_ROWS(paris_autumn);
    CHECK_ROWS(paris_spring);
    CHECK_ROWS(lord_howe);
    CHECK_ROWS(sao_paulo);
    CHECK_ROWS(apia);
}

static void test_when_leaves_other_words_alone(void **state)
{
    (void)state;
    kor_zone *zone = open_zone("Europe/Paris");
    int64_t now_ms = read_time("2026-11-22T10:00:00+01:00", zone, 0);
    size_t failed = 0;
    for (size_t i = 0; i < sizeof no_times / sizeof *no_times; i++) {
        row r = {no_times[i], NULL, NULL, NULL};
        failed += check_row(&r, zone, now_ms);
    }
    kor_zone_close(zone);
    assert_int_equal(failed, 0);
}

static void test_when_reads_within_length(void **state)
{
    (void)state;
    kor_zone *zone = open_zone("UTC");
    kor_asked w;
    kor_when_find(&w, "last week", 4, 0, zone);
    assert_false(w.found);
    kor_when_find(&w, "yesterday morning", 9, 0, zone);
    assert_true(w.found);
    assert_int_equal(w.end, 9);
    kor_when_find(&w, NULL, 0, 0, zone);
    assert_false(w.found);
    static const char with_nul[] = "a\0 today \0b";
    kor_when_find(&w, with_nul, sizeof with_nul - 1, 0, zone);
    assert_true(w.found);
    assert_int_equal(w.start, 3);
    kor_zone_close(zone);
}

/* ---- The rule for people ---- */

static void test_when_says_how_it_read(void **state)
{
    (void)state;
    static const struct {
        const char *text, *rule;
    } rows[] = {
        {"yesterday", "yesterday: 2026-11-21"},
        {"last tuesday afternoon", "last tuesday afternoon: 2026-11-17 12:00 to 18:00"},
        {"last week", "last week: 2026-11-09 to 2026-11-15"},
        {"last night", "last night: 2026-11-21 18:00 to 2026-11-22 06:00"},
        {"last 3 days", "last 3 days: 2026-11-19 to now"},
        {"in the last hour", "last hour: 2026-11-22 09:00 to now"},
        {"next 2 weeks", "next 2 weeks: 2026-11-22 10:00 to 2026-12-06 24:00"},
        {"2026-11-20", "2026-11-20"},
        {"since Monday", "since Monday: 2026-11-16 to now"},
        {"since tomorrow", "since tomorrow: 2026-11-23 to the end"},
        {"before last week", "before last week: up to 2026-11-08"},
        {"until yesterday at 3pm", "until yesterday at 3pm: up to 2026-11-21 15:00"},
        {"from Monday to Friday", "from Monday to Friday: 2026-11-16 to 2026-11-20"},
        {"late on Wednesday", "late on Wednesday: 2026-11-18 17:00 to 24:00"},
        /* Long words are cut, never the dates. */
        {"Tuesday    the    seventeenth   of    November   two thousand and twenty-six, late in "
         "the "
         "evening",
         "Tuesday    the    seventeenth   of    November   two thousand and tw: 2026-11-17 21:00 "
         "to 24:00"},
    };
    kor_zone *zone = open_zone("Europe/Paris");
    int64_t now_ms = read_time("2026-11-22T10:00:00+01:00", zone, 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        kor_asked w;
        kor_when_find(&w, rows[i].text, strlen(rows[i].text), now_ms, zone);
        assert_string_equal(w.rule, rows[i].rule);
    }
    kor_zone_close(zone);
}

/* ---- Every day of years ---- */

/* The local date of an instant, by libc, as days since 1970. */
static int64_t libc_day(int64_t ms)
{
    time_t t = (time_t)(ms / 1000);
    struct tm tm;
    assert_non_null(localtime_r(&t, &tm));
    return kor_days_from_civil(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

/* A local day begins at an instant when it is that day and a second before it was not. */
static void check_day_start(const char *zone, const char *text, int64_t ms, int64_t day)
{
    if (libc_day(ms) == day && libc_day(ms - 1000) == day - 1 && ms % 1000 == 0) return;
    fail_msg("%s: '%s' has the bound %lld, which does not begin day %lld", zone, text,
             (long long)ms, (long long)day);
}

static void test_when_begins_days_at_local_midnight(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        int64_t start; /* days since 1970; two years follow */
    } spans[] = {
        {"Europe/Paris", 20454},      {"America/New_York", 20454}, {"Australia/Lord_Howe", 20454},
        {"America/Sao_Paulo", 17167}, {"America/Havana", 20454},
    };
    for (size_t z = 0; z < sizeof spans / sizeof *spans; z++) {
        const char *name = spans[z].zone;
        setenv("TZ", name, 1);
        tzset();
        kor_zone *zone = open_zone(name);
        for (int64_t i = 0; i < 731; i++) {
            for (int64_t hour = 1; hour < 24; hour += 7) {
                int64_t now_ms = ((spans[z].start + i) * 24 + hour) * 3600000 + 123;
                int64_t today = libc_day(now_ms);
                int64_t monday = today - (today + 3) % 7;
                struct {
                    const char *text;
                    int64_t first, end;
                } expected[] = {
                    {"today", today, today + 1},
                    {"yesterday", today - 1, today},
                    {"last week", monday - 7, monday},
                    {"this week", monday, monday + 7},
                };
                for (size_t k = 0; k < 4; k++) {
                    kor_asked w;
                    kor_when_find(&w, expected[k].text, strlen(expected[k].text), now_ms, zone);
                    assert_true(w.found);
                    check_day_start(name, expected[k].text, w.from_ms, expected[k].first);
                    check_day_start(name, expected[k].text, w.to_ms, expected[k].end);
                }
            }
        }
        kor_zone_close(zone);
    }
    unsetenv("TZ");
    tzset();
}

/* ---- Hostile input ---- */

static uint64_t next_random(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 33;
}

/* Look for times in a long text that repeats a piece. */
static void check_long(const kor_zone *zone, const char *piece, size_t size)
{
    char *text = malloc(size);
    assert_non_null(text);
    size_t len = strlen(piece);
    for (size_t k = 0; k < size; k++) text[k] = piece[k % len];
    static kor_when_span spans[4096];
    kor_when_options options = {.zone = zone, .reference_ms = 1795338000000};
    clock_t start = clock();
    size_t at = 0, count = sizeof spans / sizeof *spans;
    while (at < size && count == sizeof spans / sizeof *spans) {
        kor_error err;
        if (kor_when(text + at, size - at, &options, spans, count, &count, &err) != KOR_OK)
            fail_msg("%s", err.msg);
        if (count) at += spans[count - 1].end;
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    free(text);
    if (seconds > 10) fail_msg("%zu bytes of '%s' took %.1f s", size, piece, seconds);
}

static void test_when_is_linear(void **state)
{
    (void)state;
    static const char *const pieces[] = {
        "1 ",       "1:1:",    "2026-",    "last ", "from 3 to ",   "the ",    "between ",
        "x\n\t",    "\xe2",    "\xc2",     "Nov ",  "early early ", "3 days ", "''s",
        "at at 3 ", "in the ", "week of ", "may ",  "\xff",         "--",      "1,",
    };
    kor_zone *zone = open_zone("Europe/Paris");
    check_long(zone, "9", 10 << 20);
    check_long(zone, " ", 10 << 20);
    check_long(zone, "a", 10 << 20);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        check_long(zone, pieces[i], 1 << 17);
    }
    kor_zone_close(zone);
}

/* Random bytes, and random sequences of the words that the finder knows: whatever it finds must be
 * a range within the text and within the bounds. */
static void test_when_survives_any_bytes(void **state)
{
    (void)state;
    static const char *const words[] = {
        "last",   "this",    "next",      "past",    "week",    "days",    "month",   "3",
        "20",     "2026",    "-",         "/",       ":",       "11",      "Tuesday", "sun",
        "March",  "may",     "the",       "of",      "on",      "in",      "at",      "from",
        "to",     "between", "and",       "every",   "since",   "until",   "before",  "after",
        "by",     "ago",     "yesterday", "now",     "morning", "night",   "noon",    "pm",
        "early",  "mid",     "end",       "rest",    "later",   "th",      "Q",       "a",
        "couple", "half",    "hour",      ",",       ".",       "'",       "s",       "T",
        "99",     "0",       "weekend",   "9999",    "years",   "minutes", "quarter", "today",
        "second", "o",       "clock",     "tonight", "about",   "9",       "00",
    };
    static const int64_t nows[] = {INT64_MIN,     -62135596800000, 0,
                                   1795338000000, 253402300800000, INT64_MAX};
    kor_zone *zone = open_zone("Europe/Paris");
    uint64_t seed = 20261122;
    size_t found = 0;
    for (size_t round = 0; round < 200000; round++) {
        char text[256];
        size_t len = 0;
        if (round % 2) {
            len = next_random(&seed) % sizeof text;
            for (size_t i = 0; i < len; i++) text[i] = (char)next_random(&seed);
        } else {
            for (size_t n = 1 + next_random(&seed) % 12; n > 0; n--) {
                const char *word = words[next_random(&seed) % (sizeof words / sizeof *words)];
                const char *gap = next_random(&seed) % 4 ? " " : "";
                len += (size_t)snprintf(text + len, sizeof text - len, "%s%s", word, gap);
            }
        }
        /* A copy of the exact size, so that a sanitizer sees the first byte read beyond it. */
        char *exact = malloc(len ? len : 1);
        memcpy(exact, text, len);
        kor_asked w;
        kor_when_find(&w, exact, len, nows[next_random(&seed) % 6], zone);
        free(exact);
        if (!w.found) continue;
        found++;
        assert_true(w.start < w.end && w.end <= len);
        assert_true(w.from_ms < w.to_ms);
        assert_true(w.from_ms >= KOR_WHEN_FIRST_MS && w.to_ms <= KOR_WHEN_LAST_MS);
        assert_true(strlen(w.rule) > 0 && strlen(w.rule) < sizeof w.rule);
    }
    assert_true(found > 10000);
    kor_zone_close(zone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_when_reads_expressions),
        cmocka_unit_test(test_when_survives_clock_changes),
        cmocka_unit_test(test_when_leaves_other_words_alone),
        cmocka_unit_test(test_when_reads_within_length),
        cmocka_unit_test(test_when_says_how_it_read),
        cmocka_unit_test(test_when_begins_days_at_local_midnight),
        cmocka_unit_test(test_when_is_linear),
        cmocka_unit_test(test_when_survives_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
