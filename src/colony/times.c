/* SPDX-License-Identifier: Apache-2.0 */
#include "colony/times.h"

#include <stdbool.h>
#include <string.h>

enum { SPANS = 128 };

static const float WIDER = 0.8f, OTHERS = 0.95f;

static bool overlaps(const kor_when_span *r, const kor_span *m)
{
    return r->start < m->end && m->start < r->end;
}

static bool touches_any(const kor_when_span *list, size_t count, const kor_span *m,
                        const kor_when_span *but)
{
    for (size_t i = 0; i < count; i++)
        if (&list[i] != but && overlaps(&list[i], m)) return true;
    return false;
}

/* Are the words in front none that the rules know and have left out? */
static bool are_unknown(const char *text, size_t start, size_t end)
{
    static const char *const known[] = {"the",   "and",    "from",  "for",   "with",    "during",
                                        "over",  "last",   "next",  "this",  "that",    "until",
                                        "since", "before", "after", "about", "between", "than",
                                        "only",  "just",   "again", "then"};
    bool any = false;
    while (start < end) {
        size_t n = 0;
        while (start + n < end && text[start + n] >= 'a' && text[start + n] <= 'z') n++;
        if (n < 3) return false;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (strlen(known[i]) == n && memcmp(known[i], text + start, n) == 0) return false;
        any = true;
        start += n;
        while (start < end && text[start] == ' ') start++;
        if (start < end && !(text[start] >= 'a' && text[start] <= 'z')) return false;
    }
    return any;
}

static void begin_earlier(const char *text, const kor_span *m, kor_when_span *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        kor_when_span *r = &list[i];
        if (r->end != m->end || r->start <= m->start || touches_any(list, count, m, r)) continue;
        if (!are_unknown(text, m->start, r->start)) continue;
        r->start = m->start;
        r->start_cp = m->start_cp;
        if (r->lead > r->start) r->lead = r->start;
    }
}

/* A span that the model alone finds, in its place of the list. */
static void add(const kor_span *m, const kor_when_options *o, kor_when_span *list, size_t *count)
{
    size_t at = *count;
    while (at > 0 && list[at - 1].start > m->start) at--;
    memmove(list + at + 1, list + at, (*count - at) * sizeof *list);
    list[at] = (kor_when_span){
        .start = m->start,
        .end = m->end,
        .start_cp = m->start_cp,
        .end_cp = m->end_cp,
        .lead = m->start,
        .type = KOR_WHEN_VAGUE,
        .grain = "",
        .rule = "time-spans",
        .convention = o->convention == KOR_WHEN_MEMORY ? "memory" : "calendar",
        .why = "a model takes it for a time, and no rule reads it",
    };
    ++*count;
}

kor_status kor_times_find(kor_ctx *ctx, const char *text, size_t len,
                          const kor_when_options *options, kor_when_span *out, size_t max,
                          size_t *count, kor_error *err)
{
    kor_span found[SPANS];
    size_t n = 0;
    if (len == KOR_NUL && text) len = strlen(text);
    kor_status status = kor_when(text, len, options, out, max, count, err);
    if (status != KOR_OK || !ctx) return status;
    status = kor_spans(ctx, text, len, found, SPANS, &n, err);
    if (status != KOR_OK) return status;
    for (size_t i = 0; i < n; i++)
        if (found[i].score >= WIDER) begin_earlier(text, &found[i], out, *count);
    for (size_t i = 0; i < n && *count < max; i++)
        if (found[i].score >= OTHERS && !touches_any(out, *count, &found[i], NULL))
            add(&found[i], options, out, count);
    return KOR_OK;
}
