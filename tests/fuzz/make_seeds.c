/* SPDX-License-Identifier: Apache-2.0 */
/* usage: make_seeds FOLDER    Writes the models that the GGUF fuzzer starts from; tiny-int8 is the
 * trunk of the hybrids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "model/rank.h"
#include "rules/rules.h"
#include "text/ngrams.h"
#include "unit/gguf_maker.h"
#include "unit/labels_maker.h"

static void write_rank(const char *path)
{
    static const int8_t rarity[256] = {1, 2, 3, -1};
    float linear[KOR_RANK_LEXICAL];
    const size_t places = 256, inputs = KOR_RANK_LEXICAL;
    kor_gguf_out o = {0};
    tiny_numbers(linear, KOR_RANK_LEXICAL, 1, 3);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "rank");
    kor_gguf_add_string(&o, "korora.architecture", "bag");
    kor_gguf_add_u32(&o, "korora.rank.version", KOR_RANK_VERSION);
    kor_gguf_add_u32(&o, "korora.rank.ngrams", KOR_NGRAMS_VERSION);
    kor_gguf_add_f32(&o, "korora.rank.unit", 0.05f);
    kor_gguf_add_f32(&o, "korora.rank.average", 8);
    kor_gguf_add_f32(&o, "korora.rank.score_max", 1);
    kor_gguf_add_f32(&o, "korora.rank.bias", -1);
    kor_gguf_add_tensor(&o, "rank.rarity", KOR_TENSOR_I8, 1, &places, rarity);
    kor_gguf_add_tensor(&o, "rank.linear", KOR_TENSOR_F32, 1, &inputs, linear);
    if (kor_gguf_commit(&o, path, NULL) != KOR_OK) exit(3);
    kor_gguf_out_free(&o);
}

/* Spans by rules: a bag that knows a label more than the file. */
static void write_rules(const char *path)
{
    static const kor_bytes labels[] = {{"docs", 4}, {"local", 5}};
    kor_row rows[MADE_ROWS];
    const kor_row *list[MADE_ROWS];
    kor_bag_recipe recipe = kor_bag_default;
    kor_bag_trained trained;
    kor_gguf_out o = {0};
    labels_rows(rows, list);
    recipe.epochs = 2;
    recipe.bytes = 2000;
    assert_int_equal(
        kor_bag_train(&trained, list, MADE_ROWS, MADE_LABELS, &recipe, NULL, NULL, NULL), KOR_OK);
    kor_gguf_add_string(&o, "general.architecture", "korora");
    kor_gguf_add_u32(&o, "korora.format", 1);
    kor_gguf_add_string(&o, "korora.head", "spans");
    kor_gguf_add_strings(&o, "korora.labels", labels, 2);
    kor_gguf_add_f32(&o, "korora.temperature", 1);
    kor_gguf_add_string(&o, "korora.rules", kor_rules_links.name);
    kor_gguf_add_u32(&o, "korora.rules.version", kor_rules_links.version);
    kor_bag_trained_write(&trained, false, &o);
    kor_bag_trained_free(&trained);
    assert_int_equal(kor_gguf_commit(&o, path, NULL), KOR_OK);
    kor_gguf_out_free(&o);
}

int main(int argc, char **argv)
{
    const struct {
        const char *name;
        bool int8;
        tiny_change change;
    } seeds[] = {
        {"tiny-f32", false, {0}},
        {"tiny-int8", true, {0}},
        {"no-pooler", true, {.drop = "pooler.weight"}},
        {"no-scale", true, {.drop = "blk.0.ffn_up.scale"}},
        {"wrong-type", false, {.retype = "position_embd.weight"}},
        {"wrong-shape", true, {.reshape = "blk.0.attn_qkv.weight"}},
        {"many-heads", false, {.key = "korora.encoder.heads", .value = 4000000000u}},
        {"wide", true, {.key = "korora.encoder.widths", .value = 65536}},
        {"deep-trie",
         true,
         {.trie = (const uint32_t[]){0x80000000u, 1, 0xffffffffu}, .trie_units = 3}},
    };
    for (size_t i = 0; argc == 2 && i < sizeof seeds / sizeof *seeds; i++) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], seeds[i].name);
        tiny_write(path, seeds[i].int8, &seeds[i].change);
    }
    if (argc == 2) {
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/rank", argv[1]);
        write_rank(path);
        (void)snprintf(path, sizeof path, "%s/rules", argv[1]);
        write_rules(path);
    }
    for (int kind = 0; argc == 2 && kind < 8; kind++) {
        static const char *const names[] = {"bag",  "bag-tags",  "hybrid", "hybrid-tags",
                                            "lora", "lora-tags", "full",   "full-tags"};
        char path[4096], trunk[4096];
        (void)snprintf(path, sizeof path, "%s/%s", argv[1], names[kind]);
        (void)snprintf(trunk, sizeof trunk, "%s/tiny-int8", argv[1]);
        labels_write(path, kind & 1, (made_kind)(kind / 2), trunk);
    }
    return argc == 2 ? 0 : 2;
}
