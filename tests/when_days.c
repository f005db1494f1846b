/* SPDX-License-Identifier: Apache-2.0 */
/* Phrases resolved on every day of a span of years, for tests/when_exact.
 * usage: when_days ZONE FIRST_DAY DAYS EVERY < PHRASES
 * For each day (since 1970) at an hour that goes round the clock: one line "DAY NOW PHRASE FROM TO"
 * a phrase, in seconds since 1970; FROM and TO are - when it has no range. Of EVERY phrases one is
 * asked a day, another one the next day. */
#include "korora.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PHRASES = 512, LONGEST = 80 };

static char phrase[PHRASES][LONGEST];

int main(int argc, char **argv)
{
    kor_zone *zone;
    kor_error err;
    if (argc != 5) return 2;
    if (kor_zone_open(&zone, argv[1], &err) != KOR_OK) {
        fprintf(stderr, "%s\n", err.msg);
        return 2;
    }
    long first = atol(argv[2]), days = atol(argv[3]), every = atol(argv[4]), count = 0;
    while (count < PHRASES && fgets(phrase[count], LONGEST, stdin)) {
        phrase[count][strcspn(phrase[count], "\n")] = '\0';
        count++;
    }
    for (long day = first; day < first + days; day++) {
        long long now = day * 86400LL + day * 7 % 24 * 3600 + 37 * 60 + 21;
        kor_when_options options = {.zone = zone, .reference_ms = now * 1000};
        for (long i = day % every; i < count; i += every) {
            kor_when_span span;
            size_t found = 0;
            if (kor_when(phrase[i], KOR_NUL, &options, &span, 1, &found, &err) != KOR_OK) return 3;
            bool whole = found == 1 && span.start == 0 && span.end == strlen(phrase[i]);
            if (whole && span.flags & KOR_WHEN_RESOLVED)
                printf("%ld %lld %ld %lld %lld\n", day, now, i, (long long)span.from_ms / 1000,
                       (long long)span.to_ms / 1000);
            else
                printf("%ld %lld %ld - -\n", day, now, i);
        }
    }
    kor_zone_close(zone);
    return 0;
}
