/* SPDX-License-Identifier: Apache-2.0 */
/* Texts to the finder of times: the first byte chooses zone and reading, the next eight are now.
 * Whatever is found must lie within the text, in order, and within the years that are reckoned
 * with. */
#include "korora.h"
#include "time/evaluate.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int good)
{
    if (!good) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {
        "UTC",          "Europe/Paris", "Australia/Lord_Howe", "America/Sao_Paulo",
        "Pacific/Apia", "+05:30"};
    static kor_zone *zones[sizeof names / sizeof *names];
    static kor_when_span spans[64];
    kor_when_range again[16];
    if (size < 9) return 0;
    for (size_t i = 0; i < sizeof names / sizeof *names && !zones[i]; i++) {
        if (kor_zone_open(&zones[i], names[i], NULL) != KOR_OK) return 0;
    }
    kor_when_options o = {.zone = zones[data[0] % (sizeof names / sizeof *names)]};
    o.prefer = data[0] & 32 ? KOR_WHEN_FUTURE : KOR_WHEN_PAST;
    o.convention = data[0] & 64 ? KOR_WHEN_MEMORY : KOR_WHEN_CALENDAR;
    o.day_first = data[0] >> 7;
    memcpy(&o.reference_ms, data + 1, sizeof o.reference_ms);
    if (data[8] < 200) o.reference_ms %= INT64_C(4102444800000);
    /* A copy of the exact size, so that a sanitizer sees the first byte read beyond it. */
    size_t len = size - 9, count = 0, at = 0;
    char *text = malloc(len ? len : 1);
    if (!text) return 0;
    memcpy(text, data + 9, len);
    check(kor_when(text, len, &o, spans, 64, &count, NULL) == KOR_OK && count <= 64);
    for (size_t i = 0; i < count; i++) {
        const kor_when_span *s = &spans[i];
        check(s->start >= at && s->start < s->end && s->end <= len && s->lead <= s->start);
        check(s->start_cp <= s->start && s->end_cp <= s->end && s->rule && s->convention &&
              s->grain);
        at = s->end;
        if (s->flags & KOR_WHEN_RESOLVED) {
            check(s->from_ms < s->to_ms && !s->why);
            check(s->from_ms >= KOR_WHEN_FIRST_MS && s->to_ms <= KOR_WHEN_LAST_MS);
        } else {
            check(s->why != NULL);
        }
        check(s->alternatives <= KOR_WHEN_ALTERNATIVES);
        int64_t from =
            o.reference_ms > INT64_C(200000000000000) || o.reference_ms < -INT64_C(60000000000000)
                ? 0
                : o.reference_ms;
        size_t n = kor_when_occurrences(s, &o, from, from + INT64_C(40000000000), again, 16);
        for (size_t k = 1; k < n; k++) check(again[k - 1].from_ms < again[k].from_ms);
    }
    free(text);
    return 0;
}
