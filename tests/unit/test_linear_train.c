/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/linear_train.h"
#include "learn/random.h"
#include "scratch.h"

#include <math.h>
#include <string.h>

enum { ROWS = 24, IN = 7, LABELS = 5 };

typedef struct problem {
    float x[ROWS * IN];
    uint32_t first[ROWS + 1], label[2 * ROWS];
    kor_targets targets;
} problem;

/* Row i has label i % LABELS; with tags, every third row has none and every fourth another one. */
static void make_problem(problem *p, bool tags)
{
    kor_random r = {3};
    uint32_t n = 0;
    *p = (problem){0};
    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t label = i % LABELS;
        for (size_t j = 0; j < IN; j++) {
            p->x[i * IN + j] = 0.3f * (kor_random_unit(&r) - 0.5f) + (j == label ? 1 : 0);
        }
        p->first[i] = n;
        if (!tags || i % 3) p->label[n++] = label;
        if (tags && i % 4 == 0 && label + 1 < LABELS) p->label[n++] = label + 1;
    }
    p->first[ROWS] = n;
    p->targets = (kor_targets){
        .rows = ROWS, .labels = LABELS, .first = p->first, .label = p->label, .tags = tags};
}

static size_t right(const problem *p, const float *weight, const float *bias)
{
    size_t count = 0;
    for (size_t i = 0; i < ROWS; i++) {
        double best = -INFINITY;
        size_t at = 0;
        for (size_t l = 0; l < LABELS; l++) {
            double z = (double)bias[l];
            for (size_t j = 0; j < IN; j++) {
                z += (double)p->x[i * IN + j] * (double)weight[j * LABELS + l];
            }
            if (z > best) best = z, at = l;
        }
        count += at == p->label[p->first[i]];
    }
    return count;
}

static void test_linear_learns_what_can_be_told_apart(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    float weight[IN * LABELS], bias[LABELS];
    double loss;
    make_problem(&p, false);
    kor_linear_recipe recipe = {.epochs = 60, .batch = 5, .rate = 0.05f, .seed = 1};
    assert_works(kor_linear_train(weight, bias, p.x, IN, &p.targets, &recipe, &loss, &err), &err);
    assert_int_equal(right(&p, weight, bias), ROWS);
    assert_true(loss > 0 && loss < 0.3);
    recipe.dropout = 0.3f;
    recipe.smoothing = 0.1f;
    assert_works(kor_linear_train(weight, bias, p.x, IN, &p.targets, &recipe, &loss, &err), &err);
    assert_int_equal(right(&p, weight, bias), ROWS);
}

/* The same steps in double, straight from the papers: all rows in one batch, so that their order
 * does not matter. */
static void train_slowly(const problem *p, const kor_linear_recipe *recipe,
                         double w[IN + 1][LABELS])
{
    double m[IN + 1][LABELS] = {{0}}, v[IN + 1][LABELS] = {{0}};
    double steps = (double)recipe->epochs, warm = steps / 20;
    memset(w, 0, sizeof m);
    for (double step = 1; step <= steps; step++) {
        double g[IN + 1][LABELS] = {{0}};
        for (size_t i = 0; i < ROWS; i++) {
            double z[LABELS], sum = 0;
            for (size_t l = 0; l < LABELS; l++) {
                z[l] = w[IN][l];
                for (size_t j = 0; j < IN; j++) z[l] += (double)p->x[i * IN + j] * w[j][l];
                sum += exp(z[l]);
            }
            for (size_t l = 0; l < LABELS; l++) {
                double target = 0, share = (double)recipe->smoothing;
                for (uint32_t k = p->first[i]; k < p->first[i + 1]; k++) target += p->label[k] == l;
                double by = p->targets.tags
                                ? 1 / (1 + exp(-z[l])) - target
                                : exp(z[l]) / sum - target * (1 - share) - share / LABELS;
                for (size_t j = 0; j < IN; j++) g[j][l] += by * (double)p->x[i * IN + j] / ROWS;
                g[IN][l] += by / ROWS;
            }
        }
        double rate =
            step < warm ? step / warm : 0.5 + 0.5 * cos(M_PI * (step - warm) / (steps - warm));
        rate *= (double)recipe->rate;
        for (size_t j = 0; j <= IN; j++) {
            for (size_t l = 0; l < LABELS; l++) {
                m[j][l] = 0.9 * m[j][l] + 0.1 * g[j][l];
                v[j][l] = 0.999 * v[j][l] + 0.001 * g[j][l] * g[j][l];
                double move = m[j][l] / (1 - pow(0.9, step)) /
                              (sqrt(v[j][l] / (1 - pow(0.999, step))) + 1e-8);
                w[j][l] -= rate * (move + (j < IN ? (double)recipe->decay * w[j][l] : 0));
            }
        }
    }
}

static void test_linear_takes_ten_steps_as_the_papers_say(void **state)
{
    (void)state;
    for (int tags = 0; tags < 2; tags++) {
        problem p;
        kor_error err;
        float weight[IN * LABELS], bias[LABELS];
        double want[IN + 1][LABELS];
        make_problem(&p, tags);
        kor_linear_recipe recipe = {.epochs = 10,
                                    .batch = ROWS,
                                    .rate = 0.05f,
                                    .decay = 0.1f,
                                    .smoothing = tags ? 0 : 0.2f,
                                    .seed = 1};
        assert_works(kor_linear_train(weight, bias, p.x, IN, &p.targets, &recipe, NULL, &err),
                     &err);
        train_slowly(&p, &recipe, want);
        for (size_t l = 0; l < LABELS; l++) {
            for (size_t j = 0; j < IN; j++) {
                assert_true(fabs((double)weight[j * LABELS + l] - want[j][l]) < 1e-4);
            }
            assert_true(fabs((double)bias[l] - want[IN][l]) < 1e-4);
        }
    }
}

static void test_linear_of_one_seed_gives_the_same_bytes(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    float weight[3][IN * LABELS], bias[3][LABELS];
    make_problem(&p, false);
    kor_linear_recipe recipe = {
        .epochs = 5, .batch = 5, .rate = 0.05f, .dropout = 0.2f, .smoothing = 0.1f, .seed = 7};
    for (size_t i = 0; i < 3; i++) {
        recipe.seed = i < 2 ? 7 : 8;
        assert_works(kor_linear_train(weight[i], bias[i], p.x, IN, &p.targets, &recipe, NULL, &err),
                     &err);
    }
    assert_memory_equal(weight[0], weight[1], sizeof weight[0]);
    assert_memory_equal(bias[0], bias[1], sizeof bias[0]);
    assert_memory_not_equal(weight[0], weight[2], sizeof weight[0]);
}

static void test_linear_stops_when_the_loss_is_no_number(void **state)
{
    (void)state;
    problem p;
    kor_error err;
    float weight[IN * LABELS], bias[LABELS];
    make_problem(&p, false);
    p.x[11] = NAN;
    kor_linear_recipe recipe = {.epochs = 3, .batch = 8, .rate = 0.05f, .seed = 1};
    assert_fails(kor_linear_train(weight, bias, p.x, IN, &p.targets, &recipe, NULL, &err),
                 KOR_E_INPUT, &err, "the loss is no longer a number in epoch 1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_learns_what_can_be_told_apart),
        cmocka_unit_test(test_linear_takes_ten_steps_as_the_papers_say),
        cmocka_unit_test(test_linear_of_one_seed_gives_the_same_bytes),
        cmocka_unit_test(test_linear_stops_when_the_loss_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
