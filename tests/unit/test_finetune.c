/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/finetune.h"
#include "scratch.h"
#include "tiny_encoder.h"

#include <string.h>

enum { ROWS = 30, LABELS = 3, IN = 2 * TINY_NET_DIM };

/* Rows of 1 to 8 tokens; the label is whether token 1, token 2 or neither of them is in. */
typedef struct problem {
    size_t first[ROWS + 1];
    int32_t ids[ROWS * TINY_NET_TOKENS];
    uint32_t first_label[ROWS + 1], label[ROWS];
    float weight[IN * LABELS], bias[LABELS], mean[IN], factor[IN];
    kor_token_rows rows;
    kor_targets targets;
    kor_finetune_head head;
} problem;

static void make_problem(problem *p)
{
    *p = (problem){0};
    for (uint32_t i = 0; i < ROWS; i++) {
        size_t n = 1 + i * 7 % TINY_NET_TOKENS;
        int32_t *ids = p->ids + p->first[i];
        for (size_t j = 0; j < n; j++)
            ids[j] = (int32_t)(3 + (i * 5 + j * 3) % (TINY_NET_ROWS - 3));
        p->label[i] = i % LABELS;
        if (p->label[i] < 2) ids[i % n] = (int32_t)p->label[i] + 1;
        p->first[i + 1] = p->first[i] + n;
        p->first_label[i + 1] = i + 1;
    }
    for (size_t j = 0; j < IN; j++) p->factor[j] = 1;
    p->rows = (kor_token_rows){p->first, p->ids};
    p->targets =
        (kor_targets){.rows = ROWS, .labels = LABELS, .first = p->first_label, .label = p->label};
    p->head = (kor_finetune_head){p->weight, p->bias, p->mean, p->factor};
}

static double tune(problem *p, kor_net *net, size_t epochs, size_t threads)
{
    kor_error err;
    double loss;
    const kor_finetune_recipe recipe = {.epochs = epochs,
                                        .batch = 8,
                                        .rate = 0.01f,
                                        .head_rate = 0.03f,
                                        .depth_factor = 0.9f,
                                        .decay = 0.01f,
                                        .smoothing = 0.05f,
                                        .clip = 1,
                                        .word_dropout = 0.02f,
                                        .seed = 4,
                                        .threads = threads};
    assert_works(
        kor_finetune(net, &p->head, &p->rows, &p->targets, &recipe, NULL, NULL, &loss, &err), &err);
    return loss;
}

static void test_net_answers_as_the_encoder_does(void **state)
{
    (void)state;
    for (int act = KOR_ACT_RELU; act <= KOR_ACT_GELU; act++) {
        tiny_encoder tiny;
        kor_net net;
        kor_error err;
        tiny_encoder_make(&tiny, (kor_activation)act);
        assert_works(kor_net_load(&net, &tiny.encoder, &err), &err);
        void *scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&tiny.encoder), 64));
        kor_tape *tape = kor_tape_new();
        assert_non_null(scratch);
        assert_non_null(tape);
        const size_t first[] = {0, 5, 6};
        const int32_t ids[] = {3, 1, 4, 1, 5, 9};
        const kor_batch batch = {2, first, ids};
        float *got_state, *got, want_state[TINY_NET_DIM], want[TINY_NET_DIM];
        assert_works(kor_net_forward(&net, &batch, tape, &got_state, &got, &err), &err);
        for (size_t i = 0; i < 2; i++) {
            kor_encoder_features(&tiny.encoder, &kor_kernels_scalar, ids + first[i],
                                 first[i + 1] - first[i], want_state, want, scratch);
            for (size_t j = 0; j < TINY_NET_DIM; j++) {
                assert_true(fabsf(got[i * TINY_NET_DIM + j] - want[j]) < 1e-5f);
                assert_true(fabsf(got_state[i * TINY_NET_DIM + j] - want_state[j]) < 1e-4f);
            }
        }
        kor_tape_free(tape);
        free(scratch);
        kor_net_free(&net);
        tiny_encoder_free(&tiny);
    }
}

static void test_finetune_learns_what_the_layer_on_top_alone_does_not(void **state)
{
    (void)state;
    problem p;
    tiny_encoder tiny;
    kor_net net;
    make_problem(&p);
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    double first = tune(&p, &net, 1, 2), last = tune(&p, &net, 80, 2);
    assert_true(first > 0.8);
    assert_true(last < 0.35);
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

static void test_finetune_gives_the_same_bytes_on_any_number_of_threads(void **state)
{
    (void)state;
    problem p[2];
    tiny_encoder tiny;
    kor_net net[2];
    tiny_encoder_make(&tiny, KOR_ACT_GELU);
    for (size_t i = 0; i < 2; i++) {
        make_problem(&p[i]);
        assert_int_equal(kor_net_load(&net[i], &tiny.encoder, NULL), KOR_OK);
        (void)tune(&p[i], &net[i], 3, i ? 4 : 1);
    }
    assert_memory_equal(net[0].param, net[1].param, net[0].count * sizeof *net[0].param);
    assert_memory_equal(p[0].weight, p[1].weight, sizeof p[0].weight);
    for (size_t i = 0; i < 2; i++) kor_net_free(&net[i]);
    tiny_encoder_free(&tiny);
}

static void test_finetune_stops_when_the_loss_is_no_number(void **state)
{
    (void)state;
    problem p;
    tiny_encoder tiny;
    kor_net net;
    kor_error err;
    make_problem(&p);
    p.factor[3] = NAN;
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    const kor_finetune_recipe recipe = {
        .epochs = 2, .batch = 8, .rate = 0.01f, .depth_factor = 1, .seed = 1, .threads = 1};
    assert_fails(kor_finetune(&net, &p.head, &p.rows, &p.targets, &recipe, NULL, NULL, NULL, &err),
                 KOR_E_INPUT, &err, "the loss is no longer a number in epoch 1");
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_answers_as_the_encoder_does),
        cmocka_unit_test(test_finetune_learns_what_the_layer_on_top_alone_does_not),
        cmocka_unit_test(test_finetune_gives_the_same_bytes_on_any_number_of_threads),
        cmocka_unit_test(test_finetune_stops_when_the_loss_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
