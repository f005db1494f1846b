/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn/loss.h"
#include "learn/tuner.h"
#include "scratch.h"
#include "tiny_encoder.h"

#include <string.h>

enum { ROWS = 30, LABELS = 3, IN = 2 * TINY_NET_DIM };

/* Rows of 1 to 8 tokens; the label is whether token 1, token 2 or neither of them is in. On top is
 * a linear layer on embedding and state. */
typedef struct problem {
    size_t first[ROWS + 1];
    int32_t ids[ROWS * TINY_NET_TOKENS];
    uint32_t label[ROWS];
    float param[IN * LABELS + LABELS]; /* [IN][LABELS], then the bias */
    bool broken;                       /* the loss is no number */
    kor_token_rows rows;
    kor_top top;
} problem;

static kor_status top_pass(void *arg, const kor_tuned *b, float *gradient, double *loss,
                           kor_error *err)
{
    (void)err;
    problem *p = arg;
    for (size_t i = 0; i < b->sequences; i++) {
        float logit[LABELS], x[IN];
        memcpy(x, b->embedding + i * b->dim, b->dim * sizeof *x);
        memcpy(x + b->dim, b->state + i * b->dim, b->dim * sizeof *x);
        memcpy(logit, p->param + IN * LABELS, sizeof logit);
        for (size_t j = 0; j < IN; j++) {
            for (size_t l = 0; l < LABELS; l++) logit[l] += x[j] * p->param[j * LABELS + l];
        }
        *loss += kor_softmax_loss(logit, LABELS, p->label[b->rows[i]], 0.05f);
        for (size_t j = 0; j < IN; j++) {
            float *d =
                j < b->dim ? b->d_embedding + i * b->dim + j : b->d_state + i * b->dim + j - b->dim;
            for (size_t l = 0; l < LABELS; l++) {
                *d += logit[l] / (float)b->sequences * p->param[j * LABELS + l];
                gradient[j * LABELS + l] += logit[l] / (float)b->sequences * x[j];
            }
        }
        for (size_t l = 0; l < LABELS; l++)
            gradient[IN * LABELS + l] += logit[l] / (float)b->sequences;
    }
    if (p->broken) *loss = NAN;
    return KOR_OK;
}

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
    }
    p->rows = (kor_token_rows){ROWS, 1, p->first, p->ids};
    p->top = (kor_top){p->param, IN * LABELS + LABELS, IN * LABELS, top_pass, p};
}

static const kor_tune_recipe plain = {.epochs = 1,
                                      .batch = 8,
                                      .rate = 0.01f,
                                      .head_rate = 0.03f,
                                      .depth_factor = 0.9f,
                                      .decay = 0.01f,
                                      .clip = 1,
                                      .word_dropout = 0.02f,
                                      .seed = 4,
                                      .threads = 2};

static kor_tune_result tune(problem *p, kor_net *net, const kor_tune_recipe *recipe,
                            const kor_tune_hooks *hooks)
{
    kor_error err;
    kor_tune_result r;
    kor_adapters adapters = {0};
    assert_works(kor_tune(net, &p->top, &p->rows, recipe, hooks, &adapters, &r, &err), &err);
    kor_adapters_free(&adapters);
    return r;
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
        assert_non_null(scratch);
        const size_t first[] = {0, 5, 6};
        const int32_t ids[] = {3, 1, 4, 1, 5, 9};
        const kor_batch batch = {2, first, ids};
        kor_pass pass = {0};
        float want_state[TINY_NET_DIM], want[TINY_NET_DIM];
        assert_works(kor_pass_begin(&pass, &net, &batch, &err), &err);
        for (size_t i = 0; i < KOR_NET_SHARDS; i++) kor_pass_forward(&pass, i);
        for (size_t i = 0; i < 2; i++) {
            kor_encoder_features(&tiny.encoder, &kor_kernels_scalar, ids + first[i],
                                 first[i + 1] - first[i], want_state, want, scratch);
            for (size_t j = 0; j < TINY_NET_DIM; j++) {
                assert_true(fabsf(pass.embedding[i * TINY_NET_DIM + j] - want[j]) < 1e-5f);
                assert_true(fabsf(pass.state[i * TINY_NET_DIM + j] - want_state[j]) < 1e-4f);
            }
        }
        /* As int8 it is near. */
        kor_arena arena = {0};
        kor_encoder small;
        assert_works(kor_net_to_int8(&net, &small, &arena, &err), &err);
        kor_encoder_features(&small, &kor_kernels_scalar, ids, 5, want_state, want, scratch);
        for (size_t j = 0; j < TINY_NET_DIM; j++)
            assert_true(fabsf(pass.embedding[j] - want[j]) < 0.03f);
        kor_arena_free(&arena);
        kor_pass_free(&pass);
        free(scratch);
        kor_net_free(&net);
        tiny_encoder_free(&tiny);
    }
}

static void test_net_rounded_is_what_int8_makes_of_it(void **state)
{
    (void)state;
    tiny_encoder tiny;
    kor_net net;
    kor_encoder small;
    kor_arena arena = {0};
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    assert_int_equal(kor_net_to_int8(&net, &small, &arena, NULL), KOR_OK);
    net.rounded = true;
    kor_net_refresh_all(&net);
    const kor_linear *l = &small.layer[0].up;
    const kor_net_part *p = &net.part[net.layer[0].up.w];
    const int8_t *code = l->weight;
    size_t k4 = kor_round_up(l->in, KOR_GROUP), differ = 0;
    for (size_t i = 0; i < l->in; i++) {
        for (size_t j = 0; j < l->out; j++) {
            size_t at = j / KOR_PANEL * k4 * KOR_PANEL + i / KOR_GROUP * KOR_GROUP * KOR_PANEL +
                        j % KOR_PANEL * KOR_GROUP + i % KOR_GROUP;
            float want = (float)code[at] * l->scale[j];
            float got =
                net.packed[p->packed + (j / KOR_PANEL * l->in + i) * KOR_PANEL + j % KOR_PANEL];
            float turned = net.packed_turned[p->packed + (i / KOR_PANEL * l->out + j) * KOR_PANEL +
                                             i % KOR_PANEL];
            assert_true(fabsf(got - want) < 1e-6f);
            assert_true(fabsf(turned - want) < 1e-6f);
            differ += got != net.param[p->at + i * l->out + j];
        }
    }
    assert_true(differ > l->in * l->out / 2);
    kor_arena_free(&arena);
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

static void check_learning(size_t rank, double at_most)
{
    problem p;
    tiny_encoder tiny;
    kor_net net;
    make_problem(&p);
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    kor_tune_recipe recipe = plain;
    recipe.rank = rank;
    double first = tune(&p, &net, &recipe, &(kor_tune_hooks){0}).loss;
    recipe.epochs = 80;
    double last = tune(&p, &net, &recipe, &(kor_tune_hooks){0}).loss;
    assert_true(first > 0.8);
    assert_true(last < at_most);
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

static void test_tuner_learns_what_the_layer_on_top_alone_does_not(void **state)
{
    (void)state;
    check_learning(0, 0.35);
    check_learning(4, 0.5);
}

typedef struct losses {
    size_t count;
    double loss[10];
} losses;

static void note_loss(void *arg, double done, double loss)
{
    (void)done;
    losses *l = arg;
    if (l->count < 10) l->loss[l->count++] = loss;
}

/* Ten steps of a net whose numbers never change: what a change of the arithmetic would show in. The
 * losses are those of the version that first had this test, on scalar, AVX2 and AVX-512 alike to
 * the digits that are compared. */
static void test_tuner_ten_steps_have_known_losses(void **state)
{
    (void)state;
    static const double want[10] = {1.098612, 1.003594, 0.882433, 0.769465, 0.712501,
                                    0.588589, 0.556710, 0.513436, 0.490253, 0.585586};
    problem p;
    tiny_encoder tiny;
    kor_net net;
    make_problem(&p);
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    kor_tune_recipe recipe = plain;
    recipe.batch = ROWS; /* one step an epoch */
    recipe.epochs = 10;
    losses got = {0};
    kor_tune_hooks hooks = {.arg = &got, .progress = note_loss};
    (void)tune(&p, &net, &recipe, &hooks);
    assert_int_equal(got.count, 10);
    for (size_t i = 0; i < 10; i++) {
        if (fabs(got.loss[i] - want[i]) > 2e-5)
            fail_msg("step %zu: loss %.6f, not %.6f", i + 1, got.loss[i], want[i]);
    }
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

static void test_tuner_gives_the_same_bytes_on_any_number_of_threads(void **state)
{
    (void)state;
    for (size_t rank = 0; rank <= 3; rank += 3) {
        problem p[2];
        tiny_encoder tiny;
        kor_net net[2];
        tiny_encoder_make(&tiny, KOR_ACT_GELU);
        for (size_t i = 0; i < 2; i++) {
            make_problem(&p[i]);
            assert_int_equal(kor_net_load(&net[i], &tiny.encoder, NULL), KOR_OK);
            kor_tune_recipe recipe = plain;
            recipe.epochs = 3;
            recipe.rank = rank;
            recipe.threads = i ? 5 : 1;
            (void)tune(&p[i], &net[i], &recipe, &(kor_tune_hooks){0});
        }
        assert_memory_equal(net[0].param, net[1].param, net[0].count * sizeof *net[0].param);
        assert_memory_equal(p[0].param, p[1].param, sizeof p[0].param);
        for (size_t i = 0; i < 2; i++) kor_net_free(&net[i]);
        tiny_encoder_free(&tiny);
    }
}

/* How good an epoch is, from a list; after the last it fails, as if the power went. */
typedef struct judge {
    const double *quality;
    size_t count, next;
} judge;

static kor_status judge_epoch(void *arg, double *quality, kor_error *err)
{
    judge *j = arg;
    if (j->next == j->count) return kor_fail(err, KOR_E_IO, "the power went");
    *quality = j->quality[j->next++];
    return KOR_OK;
}

static void test_tuner_goes_on_where_it_was_interrupted(void **state)
{
    (void)state;
    static const double quality[] = {0.1, 0.5, 0.3, 0.4, 0.2};
    folder f = folder_new();
    const char *file = in(&f, "tune");
    for (size_t rank = 0; rank <= 2; rank += 2) {
        problem p[2];
        tiny_encoder tiny;
        kor_net net[2];
        kor_error err;
        tiny_encoder_make(&tiny, KOR_ACT_RELU);
        kor_tune_recipe recipe = plain;
        recipe.epochs = 5;
        recipe.rank = rank;
        for (size_t i = 0; i < 2; i++) {
            make_problem(&p[i]);
            assert_int_equal(kor_net_load(&net[i], &tiny.encoder, NULL), KOR_OK);
            judge j = {quality, i ? 3 : 5, 0};
            kor_tune_hooks hooks = {
                .arg = &j, .measure = judge_epoch, .checkpoint = i ? file : NULL, .purpose = 7};
            kor_tune_result r;
            kor_adapters adapters = {0};
            if (i) {
                assert_fails(
                    kor_tune(&net[i], &p[i].top, &p[i].rows, &recipe, &hooks, &adapters, &r, &err),
                    KOR_E_IO, &err, "the power went");
                kor_adapters_free(&adapters);
                /* All from the start but the checkpoint, and the rest of the list. */
                kor_net_free(&net[i]);
                assert_int_equal(kor_net_load(&net[i], &tiny.encoder, NULL), KOR_OK);
                make_problem(&p[i]);
                j.count = 5;
            }
            r = tune(&p[i], &net[i], &recipe, &hooks);
            assert_int_equal(r.resumed, i ? 3 : 0);
            assert_int_equal(r.best, 2);
            assert_int_equal(r.epochs, 5);
        }
        assert_memory_equal(net[0].param, net[1].param, net[0].count * sizeof *net[0].param);
        assert_memory_equal(p[0].param, p[1].param, sizeof p[0].param);
        /* A checkpoint of something else, or a torn one, is left alone. */
        make_problem(&p[0]);
        judge j = {quality, 5, 0};
        kor_tune_hooks hooks = {
            .arg = &j, .measure = judge_epoch, .checkpoint = file, .purpose = 8};
        assert_int_equal(tune(&p[0], &net[0], &recipe, &hooks).resumed, 0);
        put_file(file, "GGUF and then nothing", 21);
        j.next = 0;
        assert_int_equal(tune(&p[0], &net[0], &recipe, &hooks).resumed, 0);
        for (size_t i = 0; i < 2; i++) kor_net_free(&net[i]);
        tiny_encoder_free(&tiny);
    }
    folder_remove(&f);
}

static void test_tuner_keeps_the_best_epoch_and_stops_without_a_better_one(void **state)
{
    (void)state;
    static const double quality[] = {0.1, 0.5, 0.3, 0.4, 0.6};
    problem p[2];
    tiny_encoder tiny;
    kor_net net[2];
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    for (size_t i = 0; i < 2; i++) {
        make_problem(&p[i]);
        assert_int_equal(kor_net_load(&net[i], &tiny.encoder, NULL), KOR_OK);
        kor_tune_recipe recipe = plain;
        recipe.epochs = 5;
        recipe.patience = i ? 0 : 2;
        judge j = {quality, 5, 0};
        kor_tune_hooks hooks = {.arg = &j, .measure = judge_epoch};
        kor_tune_result r = tune(&p[i], &net[i], &recipe, &hooks);
        assert_int_equal(r.epochs, i ? 5 : 4);
        assert_int_equal(r.best, i ? 5 : 2);
    }
    assert_memory_not_equal(net[0].param, net[1].param, net[0].count * sizeof *net[0].param);
    for (size_t i = 0; i < 2; i++) kor_net_free(&net[i]);
    tiny_encoder_free(&tiny);
}

static void test_tuner_stops_when_the_loss_is_no_number(void **state)
{
    (void)state;
    problem p;
    tiny_encoder tiny;
    kor_net net;
    kor_error err;
    kor_tune_result r;
    make_problem(&p);
    p.broken = true;
    tiny_encoder_make(&tiny, KOR_ACT_RELU);
    assert_int_equal(kor_net_load(&net, &tiny.encoder, NULL), KOR_OK);
    assert_fails(kor_tune(&net, &p.top, &p.rows, &plain, &(kor_tune_hooks){0}, NULL, &r, &err),
                 KOR_E_INPUT, &err, "the loss is no longer a number in epoch 1");
    kor_net_free(&net);
    tiny_encoder_free(&tiny);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_net_answers_as_the_encoder_does),
        cmocka_unit_test(test_net_rounded_is_what_int8_makes_of_it),
        cmocka_unit_test(test_tuner_learns_what_the_layer_on_top_alone_does_not),
        cmocka_unit_test(test_tuner_ten_steps_have_known_losses),
        cmocka_unit_test(test_tuner_gives_the_same_bytes_on_any_number_of_threads),
        cmocka_unit_test(test_tuner_goes_on_where_it_was_interrupted),
        cmocka_unit_test(test_tuner_keeps_the_best_epoch_and_stops_without_a_better_one),
        cmocka_unit_test(test_tuner_stops_when_the_loss_is_no_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
