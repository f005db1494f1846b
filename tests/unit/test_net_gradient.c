/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "net_plain.h"
#include "tiny_encoder.h"

enum { SEQUENCES = 3, TOKENS = 9, DIM = TINY_NET_DIM };

/* loss = sum of by_x * x, so these are its gradients. */
typedef struct loss {
    double by_state[SEQUENCES * DIM], by_embedding[SEQUENCES * DIM], by_tokens[TOKENS * DIM];
} loss;

static double loss_of(const kor_net *net, const kor_batch *batch, kor_pass *pass, const loss *l)
{
    double sum = 0;
    assert_int_equal(kor_pass_begin(pass, net, batch, NULL), KOR_OK);
    for (size_t i = 0; i < KOR_NET_SHARDS; i++) kor_pass_forward(pass, i);
    for (size_t i = 0; i < SEQUENCES * DIM; i++)
        sum += l->by_state[i] * pass->state[i] + l->by_embedding[i] * pass->embedding[i];
    for (size_t i = 0; i < TOKENS * DIM; i++) sum += l->by_tokens[i] * pass->tokens[i];
    return sum;
}

/* The gradient by all parameters; by the embeddings 0 where the batch has no such token. */
static void work_out(kor_net *net, kor_pass *pass, const loss *l, double *gradient)
{
    int32_t touched[TOKENS];
    memcpy(pass->d_state, l->by_state, sizeof l->by_state);
    memcpy(pass->d_embedding, l->by_embedding, sizeof l->by_embedding);
    memcpy(pass->d_tokens, l->by_tokens, sizeof l->by_tokens);
    for (size_t i = KOR_NET_SHARDS; i-- > 0;) kor_pass_backward(pass, i);
    assert_int_equal(kor_pass_embedding(pass, gradient + net->part[net->embedding].at, touched), 8);
    for (size_t i = 0; i < net->parts; i++) {
        size_t in = net->part[i].in;
        if (i == net->embedding) continue;
        /* A matrix in two pieces. */
        kor_pass_gradient(pass, i, 0, in / 2, gradient + net->part[i].at);
        kor_pass_gradient(pass, i, in / 2, in, gradient + net->part[i].at);
    }
}

/* With w + a b, da = dw b' and db = a' dw. The pass is that of the gradient. */
static void check_adapters(const kor_net *net, kor_pass *pass, const double *gradient)
{
    enum { RANK = 3, WIDEST = 3 * DIM };
    double a[WIDEST * RANK], b[RANK * WIDEST], da[WIDEST * RANK], db[RANK * WIDEST];
    for (size_t part = 0; part < net->parts; part++) {
        const kor_net_part *p = &net->part[part];
        const double *dw = gradient + p->at;
        if (!p->in) continue;
        tiny_numbers(a, p->in * RANK, 1, 8);
        tiny_numbers(b, RANK * p->out, 1, 9);
        kor_pass_adapter(pass, part, RANK, a, b, da, db);
        for (size_t r = 0; r < RANK; r++) {
            for (size_t i = 0; i < p->in; i++) {
                double want = 0;
                for (size_t j = 0; j < p->out; j++) want += dw[i * p->out + j] * b[r * p->out + j];
                assert_true(fabs(da[i * RANK + r] - want) < 1e-9);
            }
            for (size_t j = 0; j < p->out; j++) {
                double want = 0;
                for (size_t i = 0; i < p->in; i++) want += a[i * RANK + r] * dw[i * p->out + j];
                assert_true(fabs(db[r * p->out + j] - want) < 1e-9);
            }
        }
    }
}

static void check_gradients(kor_activation act, bool weighted)
{
    tiny_encoder tiny;
    tiny_encoder_make(&tiny, act);
    kor_net net;
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    if (weighted) {
        float weight[TINY_NET_ROWS];
        for (size_t i = 0; i < TINY_NET_ROWS; i++) weight[i] = 1 / (1 + (float)i);
        assert_int_equal(kor_net_weigh(&net, weight, NULL), KOR_OK);
    }
    const size_t first[] = {0, 3, 4, TOKENS};
    const int32_t ids[] = {1, 5, 3, 7, 2, 2, 9, 0, 4};
    const kor_batch batch = {SEQUENCES, first, ids};
    loss l;
    tiny_numbers(l.by_state, SEQUENCES * DIM, 1, 5);
    tiny_numbers(l.by_embedding, SEQUENCES * DIM, 1, 6);
    tiny_numbers(l.by_tokens, TOKENS * DIM, 1, 7);
    kor_pass pass = {0};
    double *gradient = calloc(net.count, sizeof *gradient);
    assert_non_null(gradient);
    (void)loss_of(&net, &batch, &pass, &l);
    work_out(&net, &pass, &l, gradient);
    check_adapters(&net, &pass, gradient);
    for (size_t part = 0; part < net.parts; part++) {
        for (size_t i = net.part[part].at; i < net.part[part].at + net.part[part].count; i++) {
            const double step = 1e-6, kept = net.param[i];
            net.param[i] = kept + step;
            kor_net_refresh(&net, part);
            double up = loss_of(&net, &batch, &pass, &l);
            net.param[i] = kept - step;
            kor_net_refresh(&net, part);
            double down = loss_of(&net, &batch, &pass, &l);
            net.param[i] = kept;
            kor_net_refresh(&net, part);
            double want = (up - down) / (2 * step), off = fabs(gradient[i] - want);
            if (!(off <= 1e-7 + 1e-5 * fabs(want))) {
                fail_msg("part %zu, parameter %zu of %zu: gradient %.9g, by differences %.9g", part,
                         i, net.count, gradient[i], want);
            }
        }
    }
    free(gradient);
    kor_pass_free(&pass);
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

static void test_net_gradients_are_those_of_finite_differences(void **state)
{
    (void)state;
    check_gradients(KOR_ACT_RELU, false);
    check_gradients(KOR_ACT_GELU, false);
    check_gradients(KOR_ACT_RELU, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_gradients_are_those_of_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
