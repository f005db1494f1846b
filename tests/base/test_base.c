/* SPDX-License-Identifier: Apache-2.0 */
/* The base model, which the trunk starts from, against the vectors that the published one gives.
 * `make test-base` runs it, for it needs what `make models` fetches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"

#include "base/file.h"
#include "model/encoder.h"

#include <math.h>

/* The golden texts by every table, no component off by more than bound, cosine at least least; then
 * through the public calls. */
static void expect_golden(const char *path, double bound, double least)
{
    golden *all = golden_load();
    kor_map map;
    kor_gguf g;
    kor_encoder e;
    kor_error err;
    kor_model *model;
    kor_ctx *ctx;
    if (kor_map_open(&map, path, &err) || kor_gguf_parse(&g, map.data, map.size, &err) ||
        kor_encoder_bind(&e, &g, &err) || kor_model_open(&model, path, &err) ||
        kor_ctx_new(&ctx, model, &err))
        fail_msg("%s", err.msg);
    assert_int_equal(e.dim, GOLDEN_DIM);
    void *scratch = aligned_alloc(64, kor_round_up(kor_encoder_scratch(&e), 64));
    assert_non_null(scratch);
    const kor_kernels *kernels[KOR_KERNELS_MAX];
    size_t n = kor_kernels_all(kernels);
    for (size_t k = 0; k <= n; k++) {
        for (size_t i = 0; i < GOLDEN_TEXTS; i++) {
            float v[GOLDEN_DIM];
            size_t count = all[i].count < e.max_tokens ? all[i].count : e.max_tokens;
            if (k < n)
                kor_encoder_forward(&e, kernels[k], all[i].ids, count, v, scratch);
            else
                assert_int_equal(kor_embed(ctx, all[i].text, all[i].len, v, GOLDEN_DIM, &err), 0);
            double off = 0, c = cosine(v, all[i].embedding, GOLDEN_DIM);
            for (size_t j = 0; j < GOLDEN_DIM; j++)
                off = fmax(off, fabs((double)v[j] - all[i].embedding[j]));
            if (!(off <= bound) || !(c >= least))
                fail_msg("table %zu, '%s': off by %g, cosine %g", k, all[i].text, off, c);
        }
    }
    free(scratch);
    kor_ctx_free(ctx);
    kor_model_close(model);
    kor_gguf_free(&g);
    kor_map_close(&map);
    golden_free(all);
}

static void test_base_f32_embeds_as_the_original(void **state)
{
    (void)state;
    expect_golden(test_file("KORORA_TEST_BASE_F32", "build/base-f32/base.gguf"), 1e-5, 0.999);
}

static void test_base_int8_is_close_to_the_original(void **state)
{
    (void)state;
    expect_golden(test_file("KORORA_TEST_BASE", "build/models/base.gguf"), 1, 0.995);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_base_f32_embeds_as_the_original),
        cmocka_unit_test(test_base_int8_is_close_to_the_original),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
