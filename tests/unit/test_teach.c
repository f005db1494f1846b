/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "labels_maker.h"
#include "learn/bag_train.h"
#include "learn/linear_train.h"
#include "learn/random.h"
#include "scratch.h"

#include <math.h>

enum { LABELS = 5 };

/* ---- The loss of a row ---- */

/* Rows 0 to 2: labels {2}, {0, 3} (tags) or {0}, {} (tags) or {4}; each once with what a teacher
 * says and once without. */
typedef struct problem {
    uint32_t first[7], label[8];
    float soft[3][LABELS], weight[6];
    const float *list[6];
    kor_targets targets;
} problem;

static void make_problem(problem *p, bool tags, float distill)
{
    static const uint32_t labels[3][2] = {{2, 0}, {0, 3}, {4, 0}};
    kor_random r = {5};
    uint32_t n = 0;
    *p = (problem){0};
    for (size_t i = 0; i < 6; i++) {
        uint32_t count = !tags || i % 3 == 0 ? 1 : i % 3 == 1 ? 2 : 0;
        p->first[i] = n;
        for (uint32_t j = 0; j < count; j++) p->label[n++] = labels[i % 3][j];
        p->weight[i] = 0.5f + 0.4f * (float)i;
    }
    p->first[6] = n;
    for (size_t i = 0; i < 3; i++) {
        float sum = 0;
        for (size_t l = 0; l < LABELS; l++) {
            p->soft[i][l] = i == 2 && l == 1 ? 0 : kor_random_unit(&r); /* one is ruled out */
            sum += p->soft[i][l];
        }
        for (size_t l = 0; !tags && l < LABELS; l++) p->soft[i][l] /= sum;
        p->list[i] = p->soft[i];
    }
    p->targets = (kor_targets){.rows = 6,
                               .labels = LABELS,
                               .first = p->first,
                               .label = p->label,
                               .tags = tags,
                               .weight = p->weight,
                               .soft = p->list,
                               .distill = distill,
                               .temperature = 3};
}

/* The formula in loss.h, in double, from its definition. */
static double slow_loss(const problem *p, size_t row, const double *z, double smoothing)
{
    const kor_targets *t = &p->targets;
    const float *q = t->soft ? t->soft[row] : NULL;
    double T = (double)t->temperature, w = q ? (double)t->distill : 0, hard = 0, soft = 0;
    double sum = 0, sum_soft = 0;
    for (size_t l = 0; l < LABELS; l++) {
        sum += exp(z[l]);
        sum_soft += exp(z[l] / T);
    }
    for (size_t l = 0; l < LABELS; l++) {
        double held = 0;
        for (uint32_t i = t->first[row]; i < t->first[row + 1]; i++) held += t->label[i] == l;
        double s = t->tags ? 1 / (1 + exp(-z[l] / T)) : exp(z[l] / T) / sum_soft;
        if (t->tags)
            hard -= held * log(1 / (1 + exp(-z[l]))) + (1 - held) * log(1 / (1 + exp(z[l])));
        else
            hard -= (smoothing / LABELS + (1 - smoothing) * held) * (z[l] - log(sum));
        double to = q ? (double)q[l] : 0;
        if (to > 0) soft += to * log(to / s);
        if (t->tags && q && to < 1) soft += (1 - to) * log((1 - to) / (1 - s));
    }
    return (double)t->weight[row] * ((1 - w) * hard + w * T * T * soft);
}

static void test_teach_gradient_is_that_of_the_loss(void **state)
{
    (void)state;
    static const float shares[] = {0, 0.3f, 1};
    for (int tags = 0; tags < 2; tags++) {
        for (size_t k = 0; k < 3; k++) {
            problem p;
            make_problem(&p, tags, shares[k]);
            for (size_t row = 0; row < 6; row++) {
                const float smoothing = tags ? 0 : 0.1f;
                float logit[LABELS] = {0.3f, -2, 1.5f, 4, -0.7f};
                double z[LABELS];
                for (size_t l = 0; l < LABELS; l++) z[l] = (double)logit[l];
                double loss = kor_row_loss(logit, &p.targets, row, smoothing);
                assert_true(fabs(loss - slow_loss(&p, row, z, (double)smoothing)) < 1e-5);
                for (size_t l = 0; l < LABELS; l++) {
                    const double step = 1e-5, at = z[l];
                    z[l] = at + step;
                    double up = slow_loss(&p, row, z, (double)smoothing);
                    z[l] = at - step;
                    double down = slow_loss(&p, row, z, (double)smoothing);
                    z[l] = at;
                    assert_true(fabs((double)logit[l] - (up - down) / (2 * step)) < 1e-5);
                }
            }
        }
    }
}

/* ---- Targets ---- */

static void test_teach_softens_as_the_logits_would(void **state)
{
    (void)state;
    const double z[LABELS] = {1, -3, 0.5, 2, -20};
    float p[LABELS], one = 0, zero = 1;
    double sum = 0, sum_soft = 0;
    for (size_t l = 0; l < LABELS; l++) {
        sum += exp(z[l]);
        sum_soft += exp(z[l] / 4);
    }
    for (size_t l = 0; l < LABELS; l++) p[l] = (float)(exp(z[l]) / sum);
    kor_soften(p, LABELS, false, 4);
    for (size_t l = 0; l < LABELS; l++)
        assert_true(fabs((double)p[l] - exp(z[l] / 4) / sum_soft) < 1e-6);
    for (size_t l = 0; l < LABELS; l++) p[l] = (float)(1 / (1 + exp(-z[l])));
    kor_soften(p, LABELS, true, 4);
    for (size_t l = 0; l < LABELS; l++)
        assert_true(fabs((double)p[l] - 1 / (1 + exp(-z[l] / 4))) < 1e-5);
    kor_soften(&one, 1, true, 2);
    kor_soften(&zero, 1, true, 2);
    assert_true(one == 0 && zero == 1);
}

static void test_teach_balances_the_labels(void **state)
{
    (void)state;
    static const uint32_t zero[] = {0}, one[] = {1}, both[] = {0, 1};
    const kor_row rows[] = {{.labels = zero, .label_count = 1}, {.labels = zero, .label_count = 1},
                            {.labels = zero, .label_count = 1}, {.labels = one, .label_count = 1},
                            {.labels = both, .label_count = 2}, {.labels = NULL, .label_count = 0}};
    const kor_row *list[6];
    const kor_teaching teaching = {.balanced = true};
    kor_arena arena = {0};
    kor_targets t;
    for (size_t i = 0; i < 6; i++) list[i] = &rows[i];
    assert_int_equal(kor_targets_make(&t, list, 4, 2, false, &teaching, &arena, NULL), KOR_OK);
    for (size_t i = 0; i < 4; i++) assert_true(fabsf(t.weight[i] - (i < 3 ? 4.0f / 6 : 2)) < 1e-6f);
    assert_null(t.soft);
    /* Of tags: label 0 is on four rows, 1 on two, none on one. */
    assert_int_equal(kor_targets_make(&t, list, 6, 2, true, &teaching, &arena, NULL), KOR_OK);
    const double asked[6] = {0.25, 0.25, 0.25, 0.5, 0.375, 1};
    double sum = 0;
    for (size_t i = 0; i < 6; i++) sum += asked[i];
    for (size_t i = 0; i < 6; i++)
        assert_true(fabs((double)t.weight[i] - asked[i] * 6 / sum) < 1e-6);
    /* Nothing asked for, nothing made. */
    assert_int_equal(kor_targets_make(&t, list, 6, 2, true, &(kor_teaching){0}, &arena, NULL),
                     KOR_OK);
    assert_null(t.weight);
    assert_null(t.soft);
    kor_arena_free(&arena);
}

/* ---- Soft labels of rows ---- */

static char said[2000];

static void hear(void *arg, const char *line)
{
    (void)arg;
    const char *at = strstr(line, ".jsonl:");
    strncat(said, at ? at + 7 : line, sizeof said - strlen(said) - 1);
    strncat(said, "\n", sizeof said - strlen(said) - 1);
}

static kor_status read_rows(kor_dataset *out, kor_labels *labels, const folder *f, const char *rows,
                            bool tags)
{
    const kor_dataset_options o = {.tags = tags, .remarks = {hear, NULL}};
    const char *path = in(f, "rows.jsonl");
    put_file(path, rows, strlen(rows));
    *said = 0;
    *labels = (kor_labels){0};
    return kor_dataset_read(out, path, labels, &o, NULL);
}

static void test_teach_reads_soft_labels_and_tells_bad_ones(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_dataset d;
    kor_labels labels;
    static const char rows[] =
        "{\"text\":\"1\",\"label\":\"z\",\"soft\":{\"a\":0.25,\"z\":0.74}}\n"
        "{\"text\":\"2\",\"label\":\"a\"}\n"
        "{\"text\":\"3\",\"label\":\"a\",\"soft\":{\"a\":0.5}}\n"
        "{\"text\":\"4\",\"label\":\"a\",\"soft\":{\"a\":1.5}}\n"
        "{\"text\":\"5\",\"label\":\"a\",\"soft\":{\"a\":\"1\"}}\n"
        "{\"text\":\"6\",\"label\":\"a\",\"soft\":{\"\":1}}\n"
        "{\"text\":\"7\",\"label\":\"a\",\"soft\":[1]}\n"
        "{\"text\":\"8\",\"label\":\"a\",\"soft\":{\"a\":0.5,\"never\":0.5}}\n"
        "{\"text\":\"9\",\"label\":\"m\",\"soft\":{\"z\":1}}\n"
        "{\"text\":\"10\",\"label\":\"a\",\"soft\":{}}\n";
    assert_int_equal(read_rows(&d, &labels, &f, rows, false), KOR_OK);
    assert_string_equal(said,
                        "3: the soft labels add up to 0.500; for head classify it must be 1\n"
                        "4: soft label 'a' must be a number from 0 to 1\n"
                        "5: soft label 'a' must be a number from 0 to 1\n"
                        "6: a soft label must have a name of 1 to 256 bytes\n"
                        "7: \"soft\" must be an object of a number for each label\n"
                        "10: the soft labels add up to 0.000; for head classify it must be 1\n"
                        "8: soft label 'never' is not a label\n");
    assert_int_equal(d.count, 3);
    assert_int_equal(d.bad, 7);
    /* In the order of their names: a, m, z. */
    assert_int_equal(kor_labels_sort(&labels, (kor_dataset *const[]){&d}, 1, NULL), KOR_OK);
    const float *p = d.rows[0].soft;
    assert_true(fabsf(p[0] - 0.25f / 0.99f) < 1e-6f && p[1] == 0 &&
                fabsf(p[2] - 0.74f / 0.99f) < 1e-6f);
    assert_null(d.rows[1].soft);
    assert_true(d.rows[2].soft[2] == 1);
    kor_dataset_free(&d);
    kor_labels_free(&labels);
    /* Tags: each by itself. */
    static const char tags[] =
        "{\"text\":\"1\",\"labels\":[\"a\",\"b\"],\"soft\":{\"a\":0.9,\"b\":0.8}}\n"
        "{\"text\":\"2\",\"labels\":[],\"soft\":{}}\n";
    assert_int_equal(read_rows(&d, &labels, &f, tags, true), KOR_OK);
    assert_string_equal(said, "");
    assert_true(fabsf(d.rows[0].soft[1] - 0.8f) < 1e-6f);
    assert_true(d.rows[1].soft[0] == 0 && d.rows[1].soft[1] == 0);
    kor_dataset_free(&d);
    kor_labels_free(&labels);
    folder_remove(&f);
}

/* ---- Teachers ---- */

static void test_teach_asks_a_model_whose_labels_stand_otherwise(void **state)
{
    (void)state;
    folder f = folder_new();
    static const char rows[] = "{\"text\":\"c\",\"label\":\"third\"}\n"
                               "{\"text\":\"a ab\",\"label\":\"first\"}\n"
                               "{\"text\":\"b bc cc\",\"label\":\"second\"}\n"
                               "{\"text\":\"c\",\"label\":\"third\",\"soft\":{\"first\":1}}\n";
    const char *path = in(&f, "teacher.gguf");
    kor_dataset d;
    kor_labels labels;
    kor_error err;
    uint64_t checksum = 0;
    labels_write(path, false, MADE_BAG, NULL);
    assert_int_equal(read_rows(&d, &labels, &f, rows, false), KOR_OK);
    assert_works(kor_teach(&d, &labels, "classify", path, NULL, &checksum, &err), &err);
    assert_true(checksum != 0);
    for (size_t i = 0; i < 3; i++) assert_true(d.rows[i].soft[d.rows[i].labels[0]] > 0.6f);
    size_t first = kor_labels_find(&labels, "first", 5);
    assert_true(d.rows[3].soft[first] == 1); /* what a row brings is kept */
    assert_fails(kor_teach(&d, &labels, "tags", path, NULL, &checksum, &err), KOR_E_INPUT, &err,
                 "it is 'classify'");
    size_t at;
    assert_int_equal(kor_labels_add(&labels, "fourth", 6, &at, NULL), KOR_OK);
    assert_fails(kor_teach(&d, &labels, "classify", path, NULL, &checksum, &err), KOR_E_INPUT, &err,
                 "the rows have label 'fourth'");
    kor_dataset_free(&d);
    kor_labels_free(&labels);
    folder_remove(&f);
}

/* ---- Students ---- */

enum { ROWS = 40 };

/* Whatever its labels say, the teacher is believed when all of the loss is its. */
static void test_teach_students_believe_the_teacher(void **state)
{
    (void)state;
    static const uint32_t label[2] = {0, 1};
    static const float soft[2][2] = {{0.1f, 0.9f}, {0.8f, 0.2f}};
    kor_row rows[ROWS];
    const kor_row *list[ROWS];
    float x[ROWS * 2], weight[4], bias[2], out[ROWS * 2];
    kor_error err;
    kor_arena arena = {0};
    kor_targets targets;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (kor_row){.text = i % 2 ? "odd one" : "even two",
                            .len = i % 2 ? 7 : 8,
                            .labels = &label[i % 2],
                            .label_count = 1,
                            .soft = soft[i % 2]};
        list[i] = &rows[i];
        x[2 * i] = i % 2 ? -1 : 1;
        x[2 * i + 1] = i % 2 ? 1 : -1;
    }
    kor_linear_recipe recipe = {
        .epochs = 300, .batch = 8, .rate = 0.02f, .teaching = {.distill = 1, .temperature = 2}};
    assert_works(kor_targets_make(&targets, list, ROWS, 2, false, &recipe.teaching, &arena, &err),
                 &err);
    assert_works(kor_linear_train(weight, bias, x, 2, &targets, &recipe, NULL, &err), &err);
    for (size_t i = 0; i < 2; i++) {
        double z[2];
        for (size_t l = 0; l < 2; l++)
            z[l] = (double)(bias[l] + x[2 * i] * weight[l] + x[2 * i + 1] * weight[2 + l]);
        assert_true(fabs(1 / (1 + exp(z[1] - z[0])) - (double)soft[i][0]) < 0.01);
    }
    kor_arena_free(&arena);
    kor_bag_recipe bag = kor_bag_default;
    kor_bag_trained trained;
    bag.teaching.distill = 1;
    bag.dropout = 0;
    assert_works(kor_bag_train(&trained, list, ROWS, 2, &bag, NULL, NULL, &err), &err);
    assert_works(kor_bag_trained_answer(&trained, list, ROWS, out, &err), &err);
    for (size_t i = 0; i < ROWS; i++) {
        double p = 1 / (1 + exp((double)(out[2 * i + 1] - out[2 * i])));
        assert_true(fabs(p - (double)soft[i % 2][0]) < 0.05);
    }
    kor_bag_trained_free(&trained);
}

/* Texts that tell nothing are answered as often as the labels are there, or, balanced, evenly. */
static void test_teach_balance_reaches_the_bag(void **state)
{
    (void)state;
    static const uint32_t label[2] = {0, 1};
    kor_row rows[ROWS];
    const kor_row *list[ROWS];
    kor_error err;
    for (size_t i = 0; i < ROWS; i++) {
        rows[i] = (kor_row){
            .text = "same text", .len = 9, .labels = &label[i % 10 == 0], .label_count = 1};
        list[i] = &rows[i];
    }
    for (int balanced = 0; balanced < 2; balanced++) {
        kor_bag_recipe bag = kor_bag_default;
        kor_bag_trained trained;
        float out[2];
        bag.teaching.balanced = balanced;
        assert_works(kor_bag_train(&trained, list, ROWS, 2, &bag, NULL, NULL, &err), &err);
        assert_works(kor_bag_trained_answer(&trained, list, 1, out, &err), &err);
        double p = 1 / (1 + exp((double)(out[0] - out[1])));
        assert_true(fabs(p - (balanced ? 0.5 : 0.1)) < 0.12);
        kor_bag_trained_free(&trained);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_teach_gradient_is_that_of_the_loss),
        cmocka_unit_test(test_teach_softens_as_the_logits_would),
        cmocka_unit_test(test_teach_balances_the_labels),
        cmocka_unit_test(test_teach_reads_soft_labels_and_tells_bad_ones),
        cmocka_unit_test(test_teach_asks_a_model_whose_labels_stand_otherwise),
        cmocka_unit_test(test_teach_students_believe_the_teacher),
        cmocka_unit_test(test_teach_balance_reaches_the_bag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
