/* SPDX-License-Identifier: Apache-2.0 */
/* Small models with labels, learnt from a few rows: a bag, or one on an encoder in a file. After
 * cmocka.h. */
#ifndef LABELS_MAKER_H
#define LABELS_MAKER_H

#include "learn/bag_train.h"
#include "learn/encoder_train.h"
#include "learn/hybrid_train.h"

#include <stdlib.h>
#include <string.h>

enum { MADE_ROWS = 12, MADE_LABELS = 3 };

typedef enum made_kind { MADE_BAG, MADE_HYBRID, MADE_LORA, MADE_FULL } made_kind;

static inline void labels_rows(kor_row rows[MADE_ROWS], const kor_row *list[MADE_ROWS])
{
    static const char *const texts[MADE_LABELS] = {"a ab", "b bc cc", "c"};
    static const uint32_t label[MADE_LABELS] = {0, 1, 2};
    for (size_t i = 0; i < MADE_ROWS; i++) {
        const char *text = texts[i % MADE_LABELS];
        rows[i] = (kor_row){
            .text = text, .len = strlen(text), .labels = &label[i % MADE_LABELS], .label_count = 1};
        list[i] = &rows[i];
    }
}

/* The encoder has learnt too. */
static inline void labels_add_encoder(kor_gguf_out *o, const kor_model *trunk,
                                      const kor_hybrid_trained *layer, const kor_row *const *list,
                                      bool tags, made_kind kind)
{
    kor_encoder_trained trained;
    const kor_encoder_task task = {.trunk = trunk,
                                   .rows = list,
                                   .count = MADE_ROWS,
                                   .labels = MADE_LABELS,
                                   .tags = tags,
                                   .start = layer,
                                   .recipe = {.epochs = 2,
                                              .batch = 4,
                                              .rank = kind == MADE_LORA ? 3 : 0,
                                              .rate = 0.01f,
                                              .head_rate = 0.01f,
                                              .depth_factor = 1,
                                              .seed = 1,
                                              .threads = 1}};
    assert_int_equal(kor_encoder_train(&trained, &task, NULL, NULL), KOR_OK);
    kor_encoder_trained_write(&trained, trunk, 0.5f, o);
    kor_encoder_trained_free(&trained);
}

static inline void labels_add_layer(kor_gguf_out *o, const char *trunk_file,
                                    const kor_row *const *list, const kor_row *rows, bool tags,
                                    made_kind kind)
{
    kor_model *trunk;
    kor_model_info info;
    kor_hybrid_trained layer;
    const kor_linear_recipe recipe = {.epochs = 20, .batch = 4, .rate = 0.05f, .seed = 1};
    assert_int_equal(kor_model_open(&trunk, trunk_file, NULL), KOR_OK);
    kor_model_get_info(trunk, &info);
    float *x = calloc(MADE_ROWS * 2 * info.dim, sizeof *x);
    assert_non_null(x);
    assert_int_equal(kor_trunk_read(trunk, rows, MADE_ROWS, x, NULL), KOR_OK);
    assert_int_equal(
        kor_hybrid_train(&layer, x, info.dim, list, MADE_ROWS, MADE_LABELS, tags, &recipe, NULL),
        KOR_OK);
    if (kind == MADE_HYBRID)
        kor_hybrid_trained_write(&layer, KOR_HYBRID_PLAIN, &info, 0.5f, o);
    else
        labels_add_encoder(o, trunk, &layer, list, tags, kind);
    kor_hybrid_trained_free(&layer);
    kor_model_close(trunk);
    free(x);
}

/* trunk: the file of the encoder, of all but a bag. */
static inline void labels_write(const char *path, bool tags, made_kind kind, const char *trunk)
{
    static const kor_bytes names[MADE_LABELS] = {{"first", 5}, {"second", 6}, {"third", 5}};
    static const float thresholds[MADE_LABELS] = {0.5f, 0.25f, 0.75f};
    kor_row rows[MADE_ROWS];
    const kor_row *list[MADE_ROWS];
    kor_bag_trained bag;
    kor_bag_recipe recipe = kor_bag_default;
    kor_gguf_out o = {0};
    recipe.tags = tags;
    recipe.bytes = 1000;
    labels_rows(rows, list);
    assert_int_equal(kor_bag_train(&bag, list, MADE_ROWS, MADE_LABELS, &recipe, NULL, NULL, NULL),
                     KOR_OK);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", tags ? "tags" : "classify");
    kor_gguf_add_strings(&o, "korora.labels", names, MADE_LABELS);
    kor_gguf_add_f32(&o, "korora.temperature", 1.5f);
    kor_gguf_add_f32(&o, "korora.temperature_over", 2);
    kor_gguf_add_f32(&o, "korora.threshold", 0.25f);
    kor_gguf_add_tensor(&o, "head.thresholds", KOR_TENSOR_F32, 1, (size_t[]){MADE_LABELS},
                        thresholds);
    if (kind != MADE_BAG) labels_add_layer(&o, trunk, list, rows, tags, kind);
    kor_bag_trained_write(&bag, kind != MADE_BAG, &o);
    assert_int_equal(kor_gguf_commit(&o, path, NULL), KOR_OK);
    kor_gguf_out_free(&o);
    kor_bag_trained_free(&bag);
}

#endif
