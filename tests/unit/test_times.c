/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "colony/times.h"

#include <stdlib.h>
#include <string.h>

enum { SPANS = 16 };

static const int64_t NOW = INT64_C(1795338000000); /* 2026-11-22T09:00:00Z, a Sunday */

static kor_model *model;
static kor_ctx *ctx;

static int setup(void **state)
{
    (void)state;
    kor_error err;
    if (kor_model_open(&model, "models/time-spans.gguf", &err) != KOR_OK ||
        kor_ctx_new(&ctx, model, &err) != KOR_OK) {
        print_error("%s\n", err.msg);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kor_ctx_free(ctx);
    kor_model_close(model);
    return 0;
}

static size_t find(kor_ctx *with, const char *text, size_t max, kor_when_span *out)
{
    const kor_when_options o = {.reference_ms = NOW, .prefer = KOR_WHEN_FUTURE};
    kor_error err;
    size_t count;
    if (kor_times_find(with, text, KOR_NUL, &o, out, max, &count, &err) != KOR_OK)
        fail_msg("%s", err.msg);
    return count;
}

static void test_times_without_a_model_are_those_of_the_rules(void **state)
{
    (void)state;
    static const char *const texts[] = {"the backup runs nxt thursday", "",
                                        "from 3 to 5 pm on Monday"};
    const kor_when_options o = {.reference_ms = NOW, .prefer = KOR_WHEN_FUTURE};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        kor_when_span a[SPANS], b[SPANS];
        size_t count;
        kor_error err;
        assert_int_equal(kor_when(texts[i], KOR_NUL, &o, b, SPANS, &count, &err), KOR_OK);
        assert_int_equal(find(NULL, texts[i], SPANS, a), count);
        for (size_t k = 0; k < count; k++) {
            assert_int_equal(a[k].start, b[k].start);
            assert_int_equal(a[k].from_ms, b[k].from_ms);
        }
    }
}

static void test_times_begin_where_the_model_says(void **state)
{
    (void)state;
    kor_when_span s[SPANS];
    static const char text[] = "the backup runs nxt thursday";
    assert_int_equal(find(ctx, text, SPANS, s), 1);
    assert_int_equal(s[0].start, strlen("the backup runs "));
    assert_int_equal(s[0].start_cp, s[0].start);
    assert_int_equal(s[0].end, strlen(text));
    assert_true(s[0].flags & KOR_WHEN_RESOLVED);
    /* Words that the rules know and leave out stay out. */
    assert_int_equal(find(ctx, "for next thursday", SPANS, s), 1);
    assert_int_equal(s[0].start, 4);
}

/* In order, apart, within the room, and unresolved ones say why; whatever the text. */
static void test_times_hold_together_on_any_text(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "nxt thursday ", "tomorow at 3 ", "since the release ", "evry week ",
        "\xff ",         "at 25:99 ",     "in a fortnite ",     "\n",
        "the gig, "};
    char text[400];
    for (unsigned seed = 0; seed < 400; seed++) {
        unsigned x = seed * 2654435761u;
        size_t n = 0, max = seed % SPANS;
        text[0] = 0;
        for (int i = 0; i < 8; i++, x = x * 1664525u + 1013904223u) {
            const char *part = parts[(x >> 16) % (sizeof parts / sizeof *parts)];
            if (n + strlen(part) < sizeof text) n += strlen(strcpy(text + n, part));
        }
        kor_when_span s[SPANS];
        size_t count = find(ctx, text, max, s);
        assert_true(count <= max);
        for (size_t i = 0; i < count; i++) {
            assert_true(s[i].start < s[i].end && s[i].end <= n && s[i].lead <= s[i].start);
            assert_true(i == 0 || s[i - 1].end <= s[i].start);
            assert_true(s[i].flags & KOR_WHEN_RESOLVED || s[i].why ||
                        s[i].type == KOR_WHEN_DURATION || s[i].type == KOR_WHEN_SET);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_times_without_a_model_are_those_of_the_rules),
        cmocka_unit_test(test_times_begin_where_the_model_says),
        cmocka_unit_test(test_times_hold_together_on_any_text),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
