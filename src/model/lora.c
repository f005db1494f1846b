/* SPDX-License-Identifier: Apache-2.0 */
#include "model/lora.h"

#include "model/encoder_write.h"

#include <stdio.h>

static kor_status bind_half(kor_linear *l, const kor_gguf *file, const char *name, kor_error *err)
{
    char full[96];
    const kor_tensor *t = NULL;
    size_t shape[KOR_GGUF_DIMS];
    kor_packed_shape(l, shape);
    (void)snprintf(full, sizeof full, "%s.weight", name);
    KOR_TRY(kor_gguf_get_tensor(file, full, KOR_TENSOR_I8, shape, &t, err));
    l->weight = t->data;
    (void)snprintf(full, sizeof full, "%s.scale", name);
    KOR_TRY(kor_gguf_get_tensor(file, full, KOR_TENSOR_F32,
                                (size_t[KOR_GGUF_DIMS]){l->out, 1, 1, 1}, &t, err));
    l->scale = t->data;
    return KOR_OK;
}

kor_status kor_lora_bind(kor_encoder *e, const kor_gguf *file, kor_arena *arena, kor_error *err)
{
    uint32_t rank = 0;
    kor_linear *l;
    char name[64], half[80];
    size_t found = 0;
    KOR_TRY(kor_gguf_get_u32(file, "korora.lora.rank", &rank, err));
    if (rank < 1 || rank > KOR_LORA_RANK) {
        return kor_fail(err, KOR_E_INPUT, "metadata 'korora.lora.rank' is %u, expected 1 to %d",
                        rank, KOR_LORA_RANK);
    }
    if (!e->embedding8)
        return kor_fail(err, KOR_E_UNSUPPORTED, "an adapter needs a trunk with int8 weights");
    for (size_t i = 0; (l = kor_encoder_linear(e, i, name)) != NULL; i++) {
        (void)snprintf(half, sizeof half, "%s.lora_a.weight", name);
        if (!kor_gguf_tensor(file, half)) continue;
        bool up = false;
        for (size_t j = 0; j < e->layers; j++) up |= l == &e->layer[j].up;
        if (up && e->activation != KOR_ACT_RELU) {
            return kor_fail(err, KOR_E_UNSUPPORTED,
                            "tensor '%s': an adapter before an activation that is not ReLU", half);
        }
        kor_linear *two = kor_arena_array(arena, 2, sizeof *two);
        if (!two) return kor_fail_memory(err);
        two[0] = (kor_linear){.in = l->in, .out = rank};
        two[1] = (kor_linear){.in = rank, .out = l->out};
        (void)snprintf(half, sizeof half, "%s.lora_a", name);
        KOR_TRY(bind_half(&two[0], file, half, err));
        (void)snprintf(half, sizeof half, "%s.lora_b", name);
        KOR_TRY(bind_half(&two[1], file, half, err));
        l->adapter = two;
        found++;
    }
    if (!found) return kor_fail(err, KOR_E_INPUT, "it has no adapter of a layer of its trunk");
    return KOR_OK;
}

void kor_lora_write(kor_gguf_out *out, const kor_encoder *e)
{
    kor_encoder view = *e;
    const kor_linear *l;
    char name[64], half[80];
    bool first = true;
    for (size_t i = 0; (l = kor_encoder_linear(&view, i, name)) != NULL; i++) {
        if (!l->adapter) continue;
        if (first) kor_gguf_add_u32(out, "korora.lora.rank", (uint32_t)l->adapter[0].out);
        first = false;
        (void)snprintf(half, sizeof half, "%s.lora_a", name);
        kor_linear_write(out, &l->adapter[0], half);
        (void)snprintf(half, sizeof half, "%s.lora_b", name);
        kor_linear_write(out, &l->adapter[1], half);
    }
}
