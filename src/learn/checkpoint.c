/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/checkpoint.h"

#include "base/file.h"
#include "model/gguf.h"

#include <string.h>

static const char *const names[] = {"param", "moment1", "moment2", "best"};
enum { ARRAYS = 4 };

kor_status kor_checkpoint_write(const kor_checkpoint *c, const char *path, kor_error *err)
{
    const float *const arrays[ARRAYS] = {c->param, c->moment1, c->moment2, c->best};
    kor_gguf_out o = {0};
    kor_gguf_add_string(&o, "general.architecture", "korora-checkpoint");
    kor_gguf_add_u64(&o, "checkpoint.purpose", c->purpose);
    kor_gguf_add_u64(&o, "checkpoint.recipe", c->recipe);
    kor_gguf_add_u64(&o, "checkpoint.random", c->random);
    kor_gguf_add_u32(&o, "checkpoint.epoch", c->epoch);
    kor_gguf_add_u32(&o, "checkpoint.best_epoch", c->best_epoch);
    kor_gguf_add_u32(&o, "checkpoint.step", c->step);
    kor_gguf_add_f32(&o, "checkpoint.quality", c->quality);
    for (size_t i = 0; i < ARRAYS; i++)
        kor_gguf_add_tensor(&o, names[i], KOR_TENSOR_F32, 1, &c->count, arrays[i]);
    kor_status status = kor_gguf_commit(&o, path, err);
    kor_gguf_out_free(&o);
    return status;
}

static kor_status read_all(kor_checkpoint *c, const kor_gguf *g)
{
    kor_checkpoint read = *c;
    const kor_tensor *t[ARRAYS];
    KOR_TRY(kor_gguf_verify(g, NULL, NULL));
    KOR_TRY(kor_gguf_get_u64(g, "checkpoint.purpose", &read.purpose, NULL));
    KOR_TRY(kor_gguf_get_u64(g, "checkpoint.recipe", &read.recipe, NULL));
    KOR_TRY(kor_gguf_get_u64(g, "checkpoint.random", &read.random, NULL));
    KOR_TRY(kor_gguf_get_u32(g, "checkpoint.epoch", &read.epoch, NULL));
    KOR_TRY(kor_gguf_get_u32(g, "checkpoint.best_epoch", &read.best_epoch, NULL));
    KOR_TRY(kor_gguf_get_u32(g, "checkpoint.step", &read.step, NULL));
    KOR_TRY(kor_gguf_get_f32(g, "checkpoint.quality", &read.quality, NULL));
    for (size_t i = 0; i < ARRAYS; i++) {
        KOR_TRY(kor_gguf_get_tensor(g, names[i], KOR_TENSOR_F32,
                                    (size_t[KOR_GGUF_DIMS]){c->count, 1, 1, 1}, &t[i], NULL));
    }
    if (read.purpose != c->purpose) return KOR_E_INPUT;
    float *const arrays[ARRAYS] = {c->param, c->moment1, c->moment2, c->best};
    for (size_t i = 0; i < ARRAYS; i++) memcpy(arrays[i], t[i]->data, c->count * sizeof(float));
    *c = read;
    return KOR_OK;
}

kor_status kor_checkpoint_read(kor_checkpoint *c, const char *path, bool *found, kor_error *err)
{
    kor_map map;
    kor_gguf g;
    *found = false;
    kor_status status = kor_map_open(&map, path, err);
    if (status == KOR_E_NOT_FOUND) return KOR_OK;
    if (status != KOR_OK) return status;
    status = kor_gguf_parse(&g, map.data, map.size, NULL);
    if (status == KOR_OK) {
        *found = read_all(c, &g) == KOR_OK;
        kor_gguf_free(&g);
    }
    kor_map_close(&map);
    return status == KOR_E_MEMORY ? kor_fail_memory(err) : KOR_OK;
}
