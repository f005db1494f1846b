/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net_plain.h"
#include "tiny_encoder.h"

/* loss = sum of by_state * state + by_embedding * embedding, so these are its gradients. */
typedef struct loss {
    double by_state[3 * TINY_NET_DIM], by_embedding[3 * TINY_NET_DIM];
} loss;

static double loss_of(const kor_net *net, const kor_batch *batch, kor_tape *tape, const loss *l)
{
    double *state, *embedding, sum = 0;
    assert_int_equal(kor_net_forward(net, batch, tape, &state, &embedding, NULL), KOR_OK);
    for (size_t i = 0; i < batch->sequences * net->dim; i++) {
        sum += l->by_state[i] * state[i] + l->by_embedding[i] * embedding[i];
    }
    return sum;
}

static void check_gradients(kor_activation act)
{
    tiny_encoder tiny;
    tiny_encoder_make(&tiny, act);
    kor_net net;
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    const size_t first[] = {0, 3, 4, 9};
    const int32_t ids[] = {1, 5, 3, 7, 2, 2, 9, 0, 4};
    const kor_batch batch = {3, first, ids};
    loss l;
    tiny_numbers(l.by_state, 3 * TINY_NET_DIM, 1, 5);
    tiny_numbers(l.by_embedding, 3 * TINY_NET_DIM, 1, 6);
    kor_tape *tape = kor_tape_new();
    double *gradient = calloc(net.count, sizeof *gradient);
    assert_non_null(tape);
    assert_non_null(gradient);
    (void)loss_of(&net, &batch, tape, &l);
    assert_int_equal(
        kor_net_backward(&net, &batch, tape, l.by_state, l.by_embedding, gradient, NULL), KOR_OK);
    double worst = 0;
    for (size_t i = 0; i < net.count; i++) {
        const double step = 1e-6, kept = net.param[i];
        net.param[i] = kept + step;
        double up = loss_of(&net, &batch, tape, &l);
        net.param[i] = kept - step;
        double down = loss_of(&net, &batch, tape, &l);
        net.param[i] = kept;
        double want = (up - down) / (2 * step), off = fabs(gradient[i] - want);
        if (off > 1e-7 + 1e-5 * fabs(want)) {
            fail_msg("parameter %zu of %zu: gradient %.9g, by differences %.9g", i, net.count,
                     gradient[i], want);
        }
        worst = fmax(worst, off);
    }
    assert_true(worst > 0); /* they were computed, not copied */
    free(gradient);
    kor_tape_free(tape);
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

static void test_net_gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    check_gradients(KOR_ACT_RELU);
    check_gradients(KOR_ACT_GELU);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_gradients_are_those_of_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
