/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/components.h"
#include "learn/random.h"

#include <math.h>

enum { N = 400, DIM = 6 };

/* Along known, slanted directions the points vary by known amounts. */
static void test_components_are_the_directions_of_variance(void **state)
{
    (void)state;
    kor_error err;
    kor_random random = {4};
    float x[N * DIM];
    double mean[DIM], variance[DIM], vector[DIM * DIM];
    for (size_t i = 0; i < N; i++) {
        float a = 5 * (kor_random_unit(&random) - 0.5f), b = kor_random_unit(&random) - 0.5f;
        for (size_t j = 0; j < DIM; j++) x[i * DIM + j] = (float)j;
        x[i * DIM] += 0.6f * a;
        x[i * DIM + 1] += 0.8f * a;
        x[i * DIM + 4] += b;
    }
    assert_int_equal(kor_components(x, N, DIM, mean, variance, vector, &err), KOR_OK);
    assert_true(fabs(mean[5] - 5) < 1e-6 && fabs(mean[2] - 2) < 1e-6);
    assert_true(fabs(fabs(vector[0]) - 0.6) < 0.01 && fabs(fabs(vector[1]) - 0.8) < 0.01);
    assert_true(vector[0] * vector[1] > 0);
    assert_true(fabs(fabs(vector[DIM + 4]) - 1) < 0.01);
    assert_true(fabs(variance[0] - 25.0 / 12) < 0.3 && fabs(variance[1] - 1.0 / 12) < 0.02);
    for (size_t i = 2; i < DIM; i++) assert_true(variance[i] < 1e-9);
    for (size_t i = 0; i < DIM; i++) { /* they stand upright on each other */
        for (size_t j = 0; j <= i; j++) {
            double dot = 0;
            for (size_t k = 0; k < DIM; k++) dot += vector[i * DIM + k] * vector[j * DIM + k];
            assert_true(fabs(dot - (i == j)) < 1e-9);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_components_are_the_directions_of_variance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
