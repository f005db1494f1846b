/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forge/tfjs.h"
#include "korora.h"
#include "scratch.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* dist/ of the package. */
static const char *original(const char *name)
{
    static char paths[2][4096];
    static size_t next;
    char *path = paths[next++ % 2];
    const char *package = getenv("KORORA_TEST_PACKAGE");
    (void)snprintf(path, sizeof paths[0], "%s/dist/%s",
                   package && *package ? package : "build/package", name);
    if (access(path, R_OK) != 0) {
        fail_msg(
            "%s is missing: run `make models`, or name the package's folder in KORORA_TEST_PACKAGE",
            path);
    }
    return path;
}

/* A folder like dist/ whose two JSON files may be changed; the shards are links to the real ones.
 */
typedef struct copy {
    folder folder;
    json_t *manifest, *vocabulary;
} copy;

static copy copy_new(void)
{
    copy c = {.folder = folder_new()};
    json_error_t e;
    c.manifest = json_load_file(original("model.json"), 0, &e);
    c.vocabulary = json_load_file(original("vocab.json"), 0, &e);
    assert_non_null(c.manifest);
    assert_non_null(c.vocabulary);
    for (int i = 1; i <= 7; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "group1-shard%dof7", i);
        char *absolute = realpath(original(name), NULL);
        assert_non_null(absolute);
        assert_int_equal(symlink(absolute, in(&c.folder, name)), 0);
        free(absolute);
    }
    return c;
}

static void write_json(const copy *c)
{
    assert_int_equal(
        json_dump_file(c->manifest, in(&c->folder, "model.json"), JSON_COMPACT | JSON_ENCODE_ANY),
        0);
    assert_int_equal(
        json_dump_file(c->vocabulary, in(&c->folder, "vocab.json"), JSON_COMPACT | JSON_ENCODE_ANY),
        0);
}

static void copy_free(copy *c)
{
    json_decref(c->manifest);
    json_decref(c->vocabulary);
    folder_remove(&c->folder);
}

/* Converting fails like that, and the model that was there before is as it was, with nothing beside
 * it. */
static void expect_refused(const copy *c, kor_status want, const char *part)
{
    kor_error err;
    folder out = folder_new();
    put_file(in(&out, "old.gguf"), "old", 3);
    assert_fails(kor_tfjs_convert(c->folder.path, in(&out, "old.gguf"), true, &err), want, &err,
                 part);
    assert_true(file_is(in(&out, "old.gguf"), "old"));
    assert_int_equal(entries(&out), 1);
    folder_remove(&out);
}

static json_t *group_of(json_t *manifest)
{
    return json_array_get(json_object_get(manifest, "weightsManifest"), 0);
}

/* A weight by the end of its name; its index too. */
static json_t *weight_of(json_t *manifest, const char *end, size_t *index)
{
    size_t i;
    json_t *weight;
    json_array_foreach(json_object_get(group_of(manifest), "weights"), i, weight)
    {
        const char *name = json_string_value(json_object_get(weight, "name"));
        size_t n = strlen(name), e = strlen(end);
        if (n >= e && strcmp(name + n - e, end) == 0) {
            if (index) *index = i;
            return weight;
        }
    }
    fail_msg("no weight ends in %s", end);
    return NULL;
}

/* ---- What works ---- */

static void test_tfjs_same_package_gives_the_same_bytes(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    char package[4096];
    (void)snprintf(package, sizeof package, "%s", original("model.json"));
    *strrchr(package, '/') = 0;
    assert_works(kor_tfjs_convert(package, in(&f, "a.gguf"), true, &err), &err);
    *strrchr(package, '/') = 0; /* the package, above dist/ */
    assert_works(kor_tfjs_convert(package, in(&f, "b.gguf"), true, &err), &err);
    unsigned char *a, *b;
    size_t n = get_file(in(&f, "a.gguf"), &a), m = get_file(in(&f, "b.gguf"), &b);
    assert_int_equal(n, m);
    assert_memory_equal(a, b, n);
    free(a);
    free(b);
    assert_int_equal(entries(&f), 2);
    folder_remove(&f);
}

static void test_tfjs_copy_with_other_json_layout_gives_a_model(void **state)
{
    (void)state;
    copy c = copy_new();
    kor_error err;
    kor_model *model;
    write_json(&c);
    put_file(in(&c.folder, "out.gguf"), "old", 3);
    assert_works(kor_tfjs_convert(c.folder.path, in(&c.folder, "out.gguf"), false, &err), &err);
    assert_works(kor_model_open(&model, in(&c.folder, "out.gguf"), &err), &err);
    kor_model_info info;
    kor_model_get_info(model, &info);
    assert_string_equal(info.weights, "f32");
    kor_model_close(model);
    copy_free(&c);
}

/* ---- Broken files ---- */

static void test_tfjs_missing_files_are_named(void **state)
{
    (void)state;
    copy c = copy_new();
    expect_refused(&c, KOR_E_NOT_FOUND, "model.json: cannot open");
    size_t before = entries(&c.folder);
    assert_int_equal(kor_tfjs_convert(c.folder.path, in(&c.folder, "new.gguf"), true, NULL),
                     KOR_E_NOT_FOUND);
    assert_int_equal(entries(&c.folder), before);
    write_json(&c);
    assert_int_equal(unlink(in(&c.folder, "vocab.json")), 0);
    expect_refused(&c, KOR_E_NOT_FOUND, "vocab.json: cannot open");
    write_json(&c);
    assert_int_equal(unlink(in(&c.folder, "group1-shard3of7")), 0);
    expect_refused(&c, KOR_E_NOT_FOUND, "group1-shard3of7: cannot open");
    assert_int_equal(mkdir(in(&c.folder, "group1-shard3of7"), 0700), 0);
    expect_refused(&c, KOR_E_INPUT, "group1-shard3of7: not a regular file");
    copy_free(&c);
    kor_error err;
    assert_fails(kor_tfjs_convert("/nowhere/at/all", "/tmp/x.gguf", true, &err), KOR_E_NOT_FOUND,
                 &err, "/nowhere/at/all/model.json");
    char path[5000];
    memset(path, 'a', sizeof path - 1);
    path[sizeof path - 1] = 0;
    assert_fails(kor_tfjs_convert(path, "/tmp/x.gguf", true, &err), KOR_E_ARG, &err,
                 "path too long");
}

static void test_tfjs_what_is_not_json_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "hello",
                                      "{\"weightsManifest\": [",
                                      "{} {}",
                                      "{\"a\": \"\xff\"}",
                                      "{\"a\": \"\\u0000\"}"};
    static const char *const names[] = {"model.json", "vocab.json"};
    copy c = copy_new();
    for (size_t n = 0; n < 2; n++) {
        for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
            char part[32];
            (void)snprintf(part, sizeof part, "%s:", names[n]); /* and the line */
            write_json(&c);
            put_file(in(&c.folder, names[n]), bad[i], strlen(bad[i]));
            expect_refused(&c, KOR_E_INPUT, part);
        }
    }
    copy_free(&c);
}

static void test_tfjs_json_of_another_kind_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "[]",
        "{}",
        "{\"weightsManifest\": 3}",
        "{\"weightsManifest\": [3, null]}",
        "{\"weightsManifest\": [{\"paths\": [], \"weights\": []}]}",
        "{\"weightsManifest\": [{\"paths\": {}, \"weights\": \"x\"}]}",
    };
    copy c = copy_new();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        write_json(&c);
        put_file(in(&c.folder, "model.json"), bad[i], strlen(bad[i]));
        expect_refused(&c, KOR_E_INPUT, "model.json: no weight 'module/Embeddings_en'");
    }
    copy_free(&c);
}

/* ---- Weights ---- */

static void test_tfjs_every_weight_is_needed(void **state)
{
    (void)state;
    static const char *const ends[] = {
        "module/Embeddings_en",
        "TimingSignal/ExpandDims_1",
        "Layer_0/TransformerLayer/MultiheadAttention/qkv_transform_single/kernel/part_0",
        "Layer_1/TransformerLayer/MultiheadAttention/output_transform_single/bias/ConcatPartitions/"
        "concat",
        "Layer_0/TransformerLayer/FFN/layer_prepostprocess/layer_norm/layer_norm_scale/"
        "ConcatPartitions/concat",
        "hidden_layers/tanh_layer_0/bias",
    };
    copy c = copy_new();
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        json_t *weight = weight_of(c.manifest, ends[i], NULL);
        json_t *name = json_incref(json_object_get(weight, "name"));
        json_object_set_new(weight, "name", json_string("another"));
        write_json(&c);
        char part[32]; /* a long name is cut */
        (void)snprintf(part, sizeof part, "%.30s", ends[i]);
        expect_refused(&c, KOR_E_INPUT, part);
        json_object_set_new(weight, "name", name);
    }
    copy_free(&c);
}

static void test_tfjs_weights_have_their_shape_and_type(void **state)
{
    (void)state;
    static const char bias[] =
        "Layer_1/TransformerLayer/FFN/conv1/bias/ConcatPartitions/concat"; /* 1536 floats */
    static const struct {
        const char *key, *value, *part;
    } cases[] = {
        {"shape", "[1535]", "is not float32 of shape 1 x 1536"},
        {"shape", "[1536, 1]", "is not float32 of shape 1 x 1536"},
        {"shape", "[]", "is not float32 of shape 1 x 1536"},
        {"shape", "[0]", "does not fit in the shards"},
        {"shape", "[-1536]", "does not fit in the shards"},
        {"shape", "[\"1536\"]", "does not fit in the shards"},
        {"shape", "[100000000]", "does not fit in the shards"},
        {"shape", "[4294967296, 4294967296]", "does not fit in the shards"},
        {"dtype", "\"int32\"", "is not float32 of shape 1 x 1536"},
        {"dtype", "\"uint8\"", "is not plain float32 or int32"},
        {"dtype", "null", "is not plain float32 or int32"},
        {"quantization", "{\"dtype\": \"uint8\", \"scale\": 1, \"min\": 0}",
         "is not plain float32 or int32"},
        {"name", "null", "no weight"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        copy c = copy_new();
        json_t *value = json_loads(cases[i].value, JSON_DECODE_ANY, NULL);
        assert_non_null(value);
        json_object_set_new(weight_of(c.manifest, bias, NULL), cases[i].key, value);
        write_json(&c);
        expect_refused(&c, KOR_E_INPUT, cases[i].part);
        copy_free(&c);
    }
}

static void test_tfjs_shards_hold_all_of_the_weights(void **state)
{
    (void)state;
    copy c = copy_new();
    write_json(&c);
    unsigned char *bytes;
    size_t size = get_file(original("group1-shard7of7"), &bytes);
    const char *last = in(&c.folder, "group1-shard7of7");
    assert_int_equal(unlink(last), 0);
    put_file(last, bytes, size / 2);
    expect_refused(&c, KOR_E_INPUT, "does not fit in the shards");
    put_file(last, "", 0);
    expect_refused(&c, KOR_E_INPUT, "does not fit in the shards");
    free(bytes);
    copy_free(&c);
}

static void test_tfjs_numbers_that_are_none_are_refused(void **state)
{
    (void)state;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    copy c = copy_new();
    write_json(&c);
    unsigned char *bytes;
    size_t size = get_file(original("group1-shard1of7"), &bytes);
    const char *first = in(&c.folder, "group1-shard1of7");
    assert_int_equal(unlink(first), 0);
    for (size_t i = 0; i < 3; i++) {
        memcpy(bytes + 4 * (100 + i), &bad[i], 4); /* of the first weight of the manifest */
        put_file(first, bytes, size);
        expect_refused(&c, KOR_E_INPUT, "element 10");
        memset(bytes + 4 * (100 + i), 0, 4);
    }
    free(bytes);
    copy_free(&c);
}

static void test_tfjs_shard_paths_are_plain_names(void **state)
{
    (void)state;
    static const char *const bad[] = {"\"../dist/group1-shard1of7\"",
                                      "\"/etc/passwd\"",
                                      "\"\"",
                                      "3",
                                      "null",
                                      "\"sub/shard\"",
                                      "\"/\""};
    copy c = copy_new();
    json_t *paths = json_object_get(group_of(c.manifest), "paths");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_array_set_new(paths, 0, json_loads(bad[i], JSON_DECODE_ANY, NULL));
        write_json(&c);
        expect_refused(&c, KOR_E_INPUT, "a shard's path must be a plain file name");
    }
    json_array_set_new(paths, 0, json_string(".."));
    write_json(&c);
    expect_refused(&c, KOR_E_INPUT, "not a regular file");
    copy_free(&c);
}

static void test_tfjs_shards_together_are_limited(void **state)
{
    (void)state;
    copy c = copy_new();
    json_t *paths = json_object_get(group_of(c.manifest), "paths");
    for (int i = 0; i < 100; i++) json_array_append(paths, json_array_get(paths, 0));
    write_json(&c);
    expect_refused(&c, KOR_E_INPUT, "group1-shard1of7: larger than");
    copy_free(&c);
}

/* ---- The vocabulary ---- */

static void test_tfjs_vocabulary_is_a_list_of_pieces(void **state)
{
    (void)state;
    char longest[300];
    (void)snprintf(longest, sizeof longest, "[\"%0280d\", -1]", 0);
    const struct {
        const char *piece, *part;
    } cases[] = {
        {"3", "vocab.json: piece 100 is not [text, score]"},
        {"[]", "piece 100 is not [text, score]"},
        {"[\"a\"]", "piece 100 is not [text, score]"},
        {"[3, -1]", "piece 100 is not [text, score]"},
        {"[\"a\", \"-1\"]", "piece 100 is not [text, score]"},
        {"{\"0\": \"a\", \"1\": -1}", "piece 100 is not [text, score]"},
        {"[\"\", -1]", "vocab.json: vocabulary piece 100"},
        {longest, "vocab.json: vocabulary piece 100"},
    };
    copy c = copy_new();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_array_set_new(c.vocabulary, 100, json_loads(cases[i].piece, JSON_DECODE_ANY, NULL));
        write_json(&c);
        expect_refused(&c, KOR_E_INPUT, cases[i].part);
    }
    copy_free(&c);
}

static void test_tfjs_vocabulary_is_as_long_as_the_table(void **state)
{
    (void)state;
    copy c = copy_new();
    json_array_remove(c.vocabulary, 7999);
    write_json(&c);
    expect_refused(&c, KOR_E_INPUT, "'module/Embeddings_en' is not float32 of shape 8001 x 256");
    json_array_clear(c.vocabulary);
    write_json(&c);
    expect_refused(&c, KOR_E_INPUT, "vocab.json: not a list");
    json_decref(c.vocabulary);
    c.vocabulary = json_object();
    write_json(&c);
    expect_refused(&c, KOR_E_INPUT, "vocab.json: not a list");
    copy_free(&c);
}

/* ---- The output ---- */

static void test_tfjs_output_that_cannot_be_written_leaves_nothing(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    char package[4096];
    (void)snprintf(package, sizeof package, "%s", original("model.json"));
    *strrchr(package, '/') = 0;
    assert_int_equal(mkdir(in(&f, "dir"), 0700), 0);
    put_file(in(&f, "file"), "x", 1);
    assert_fails(kor_tfjs_convert(package, in(&f, "missing/a.gguf"), true, &err), KOR_E_NOT_FOUND,
                 &err, "missing/a.gguf: cannot create");
    assert_fails(kor_tfjs_convert(package, in(&f, "file/a.gguf"), true, &err), KOR_E_NOT_FOUND,
                 &err, "file/a.gguf: cannot create");
    assert_fails(kor_tfjs_convert(package, "/sys/a.gguf", true, &err), KOR_E_IO, &err,
                 "/sys/a.gguf: cannot create");
    assert_fails(kor_tfjs_convert(package, in(&f, "dir"), true, &err), KOR_E_IO, &err,
                 "dir: cannot replace");
    assert_int_equal(entries(&f), 2);
    folder_remove(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tfjs_same_package_gives_the_same_bytes),
        cmocka_unit_test(test_tfjs_copy_with_other_json_layout_gives_a_model),
        cmocka_unit_test(test_tfjs_missing_files_are_named),
        cmocka_unit_test(test_tfjs_what_is_not_json_is_refused),
        cmocka_unit_test(test_tfjs_json_of_another_kind_is_refused),
        cmocka_unit_test(test_tfjs_every_weight_is_needed),
        cmocka_unit_test(test_tfjs_weights_have_their_shape_and_type),
        cmocka_unit_test(test_tfjs_shards_hold_all_of_the_weights),
        cmocka_unit_test(test_tfjs_numbers_that_are_none_are_refused),
        cmocka_unit_test(test_tfjs_shard_paths_are_plain_names),
        cmocka_unit_test(test_tfjs_shards_together_are_limited),
        cmocka_unit_test(test_tfjs_vocabulary_is_a_list_of_pieces),
        cmocka_unit_test(test_tfjs_vocabulary_is_as_long_as_the_table),
        cmocka_unit_test(test_tfjs_output_that_cannot_be_written_leaves_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
