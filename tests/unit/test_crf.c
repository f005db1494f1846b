/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/crf_train.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LABELS = 2,
    TAGS = 2 * LABELS + 1,
    TO = LABELS + 1,
    WORDS = 4,
    CHAINS = 625 /* TAGS^WORDS */
};
enum { START = 0, TRANSITION = TO, INSIDE = TO + TAGS * TO, WEIGHTS = INSIDE + 2 * LABELS };

typedef struct problem {
    float weight[WEIGHTS], emissions[WORDS * TAGS];
    kor_crf crf;
    kor_crf_work work;
    void *memory;
} problem;

static float number(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (float)(*seed >> 8) / 8388608.0f * 2 - 2;
}

static void problem_make(problem *p, uint32_t seed)
{
    for (size_t i = 0; i < WEIGHTS; i++) p->weight[i] = number(&seed);
    for (size_t i = 0; i < WORDS * TAGS; i++) p->emissions[i] = number(&seed);
    p->crf = (kor_crf){LABELS, p->weight + START, p->weight + TRANSITION, p->weight + INSIDE};
    p->memory = aligned_alloc(64, (kor_crf_scratch(LABELS, WORDS) + 63) / 64 * 64);
    assert_non_null(p->memory);
    kor_crf_lay_out(&p->work, LABELS, WORDS, p->memory);
    kor_crf_weigh(&p->work, &p->crf, 1);
}

static void chain_of(size_t n, size_t count, uint8_t *tags)
{
    for (size_t i = 0; i < count; i++, n /= TAGS) tags[i] = (uint8_t)(n % TAGS);
}

static bool is_legal(const uint8_t *tags, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (tags[i] < TO) continue;
        size_t label = (size_t)tags[i] - TO;
        if (i == 0 || (tags[i - 1] != 1 + label && tags[i - 1] != TO + label)) return false;
    }
    return true;
}

/* The score of a legal chain, worked out the plain way. */
static double score_of(const problem *p, const uint8_t *tags, size_t count)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)p->emissions[i * TAGS + tags[i]];
        if (i == 0)
            sum += (double)p->weight[START + tags[0]];
        else if (tags[i] < TO)
            sum += (double)p->weight[TRANSITION + tags[i - 1] * TO + tags[i]];
        else
            sum += (double)p->weight[INSIDE + (tags[i - 1] >= TO) * LABELS + tags[i] - TO];
    }
    return sum;
}

static void test_crf_sums_over_all_legal_chains(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 20; seed++) {
        problem p;
        problem_make(&p, seed);
        double z = 0, marginal[WORDS * TAGS] = {0};
        uint8_t tags[WORDS];
        for (size_t n = 0; n < CHAINS; n++) {
            chain_of(n, WORDS, tags);
            if (!is_legal(tags, WORDS)) continue;
            double e = exp(score_of(&p, tags, WORDS));
            z += e;
            for (size_t i = 0; i < WORDS; i++) marginal[i * TAGS + tags[i]] += e;
        }
        assert_true(fabs(kor_crf_sum(&p.work, p.emissions, WORDS, 1) - log(z)) < 1e-9);
        for (size_t i = 0; i < WORDS * TAGS; i++)
            assert_true(fabs(p.work.forward[i] * p.work.backward[i] - marginal[i] / z) < 1e-9);
        free(p.memory);
    }
}

static void test_crf_finds_the_best_chain(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed < 200; seed++) {
        problem p;
        problem_make(&p, seed);
        size_t count = seed % WORDS + 1, chains = 1;
        double best = -INFINITY;
        uint8_t tags[WORDS], found[WORDS];
        for (size_t i = 0; i < count; i++) chains *= TAGS;
        for (size_t n = 0; n < chains; n++) {
            chain_of(n, count, tags);
            if (is_legal(tags, count)) best = fmax(best, score_of(&p, tags, count));
        }
        kor_crf_best(&p.work, &p.crf, p.emissions, count, found);
        assert_true(is_legal(found, count));
        assert_true(fabs(score_of(&p, found, count) - best) < 1e-4);
        free(p.memory);
    }
}

static void test_crf_knows_the_probability_of_a_span(void **state)
{
    (void)state;
    problem p;
    problem_make(&p, 5);
    double z = kor_crf_sum(&p.work, p.emissions, WORDS, 1);
    for (size_t from = 0; from < WORDS; from++) {
        for (size_t to = from + 1; to <= WORDS; to++) {
            for (size_t label = 0; label < LABELS; label++) {
                double sum = 0;
                uint8_t tags[WORDS];
                for (size_t n = 0; n < CHAINS; n++) {
                    chain_of(n, WORDS, tags);
                    bool has = is_legal(tags, WORDS) && tags[from] == 1 + label;
                    for (size_t i = from + 1; i < to; i++) has &= tags[i] == TO + label;
                    if (to < WORDS) has &= tags[to] != TO + label;
                    if (has) sum += exp(score_of(&p, tags, WORDS) - z);
                }
                assert_true(fabs(kor_crf_span(&p.work, WORDS, from, to, label) - sum) < 1e-9);
            }
        }
    }
    free(p.memory);
}

/* Halving all scores is what a temperature of 2 does. */
static void test_crf_divides_by_the_temperature(void **state)
{
    (void)state;
    problem p;
    problem_make(&p, 9);
    kor_crf_weigh(&p.work, &p.crf, 2);
    double warm = kor_crf_sum(&p.work, p.emissions, WORDS, 2);
    for (size_t i = 0; i < WEIGHTS; i++) p.weight[i] /= 2;
    for (size_t i = 0; i < WORDS * TAGS; i++) p.emissions[i] /= 2;
    kor_crf_weigh(&p.work, &p.crf, 1);
    assert_true(fabs(kor_crf_sum(&p.work, p.emissions, WORDS, 1) - warm) < 1e-9);
    free(p.memory);
}

static double loss_with(problem *p, float *x, float value, const uint8_t *gold, size_t count)
{
    float kept = *x;
    *x = value;
    kor_crf_weigh(&p->work, &p->crf, 1);
    double loss = kor_crf_loss(&p->work, &p->crf, p->emissions, gold, count, NULL, NULL);
    *x = kept;
    return loss;
}

/* The slope between two floats near x; both are what they are, so nothing is lost to rounding. */
static double slope(problem *p, float *x, const uint8_t *gold, size_t count)
{
    float high = *x + 1e-3f, low = *x - 1e-3f;
    double rise = loss_with(p, x, high, gold, count) - loss_with(p, x, low, gold, count);
    return rise / ((double)high - (double)low);
}

static void test_crf_gradient_is_that_of_finite_differences(void **state)
{
    (void)state;
    static const uint8_t golds[3][WORDS] = {{0, 1, 3, 3}, {2, 4, 1, 0}, {1, 1, 2, 4}};
    for (size_t k = 0; k < 3; k++) {
        problem p;
        double sums[WEIGHTS] = {0};
        float by_emission[WORDS * TAGS];
        kor_crf_gradient gradient = {sums + START, sums + TRANSITION, sums + INSIDE};
        problem_make(&p, (uint32_t)k + 30);
        for (size_t count = 1; count <= WORDS; count++) {
            memset(sums, 0, sizeof sums);
            kor_crf_weigh(&p.work, &p.crf, 1);
            (void)kor_crf_loss(&p.work, &p.crf, p.emissions, golds[k], count, by_emission,
                               &gradient);
            for (size_t i = 0; i < WEIGHTS; i++)
                assert_true(fabs(slope(&p, &p.weight[i], golds[k], count) - sums[i]) < 1e-6);
            for (size_t i = 0; i < count * TAGS; i++) {
                double want = slope(&p, &p.emissions[i], golds[k], count);
                assert_true(fabs(want - (double)by_emission[i]) < 1e-6);
            }
        }
        free(p.memory);
    }
}

/* Weights that no training gives: the chain is legal and the sums are numbers all the same. */
static void test_crf_survives_absurd_weights(void **state)
{
    (void)state;
    static const float absurd[] = {1e30f, -1e30f, INFINITY, -INFINITY, NAN, 0};
    for (uint32_t seed = 1; seed < 500; seed++) {
        problem p;
        uint8_t tags[WORDS];
        problem_make(&p, seed);
        uint32_t next = seed;
        for (size_t i = 0; i < WEIGHTS + WORDS * TAGS; i++) {
            (void)number(&next);
            float *x = i < WEIGHTS ? &p.weight[i] : &p.emissions[i - WEIGHTS];
            if ((next >> 20) % 2) *x = absurd[(next >> 10) % 6];
        }
        kor_crf_weigh(&p.work, &p.crf, 1);
        kor_crf_best(&p.work, &p.crf, p.emissions, WORDS, tags);
        assert_true(is_legal(tags, WORDS));
        (void)kor_crf_sum(&p.work, p.emissions, WORDS, 1);
        for (size_t i = 0; i < WORDS * TAGS; i++) assert_true(isfinite(p.work.forward[i]));
        double share = kor_crf_span(&p.work, WORDS, 1, 3, 0);
        assert_true(share >= 0 && share <= 1 + 1e-9);
        free(p.memory);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crf_sums_over_all_legal_chains),
        cmocka_unit_test(test_crf_finds_the_best_chain),
        cmocka_unit_test(test_crf_knows_the_probability_of_a_span),
        cmocka_unit_test(test_crf_divides_by_the_temperature),
        cmocka_unit_test(test_crf_gradient_is_that_of_finite_differences),
        cmocka_unit_test(test_crf_survives_absurd_weights),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
