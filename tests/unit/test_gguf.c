/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"
#include "gguf_maker.h"
#include "scratch.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Parse bytes, which must fail like that, and free them. */
static void expect_refused(kor_str *s, kor_status want, const char *part)
{
    kor_gguf g;
    kor_error err;
    void *copy = raw_copy(s->data, s->len);
    assert_fails(kor_gguf_parse(&g, copy, s->len, &err), want, &err, part);
    assert_int_equal(kor_gguf_parse(&g, copy, s->len, NULL), want);
    kor_gguf_free(&g);
    free(copy);
    kor_str_free(s);
}

/* Parse bytes that are good: the caller frees the copy and the tables. */
static void *expect_parsed(kor_gguf *g, const kor_str *s)
{
    kor_error err;
    void *copy = raw_copy(s->data, s->len);
    assert_works(kor_gguf_parse(g, copy, s->len, &err), &err);
    return copy;
}

static const uint64_t four[] = {4};

/* One entry, one tensor of 4 floats. */
static kor_str good_bytes(void)
{
    kor_str s = {0};
    raw_header(&s, 3, 1, 1);
    raw_u32(&s, "answer", 42);
    raw_tensor(&s, "t", 1, four, KOR_TENSOR_F32, 0);
    raw_data(&s, 16);
    return s;
}

static void test_gguf_reads_a_small_file(void **state)
{
    (void)state;
    kor_str s = good_bytes();
    kor_gguf g;
    void *copy = expect_parsed(&g, &s);
    uint32_t answer = 0;
    assert_int_equal(kor_gguf_get_u32(&g, "answer", &answer, NULL), KOR_OK);
    assert_int_equal(answer, 42);
    const kor_tensor *t = kor_gguf_tensor(&g, "t");
    assert_non_null(t);
    assert_int_equal(t->count, 4);
    assert_int_equal(t->size, 16);
    assert_memory_equal(t->data, s.data + s.len - 16, 16);
    kor_gguf_free(&g);
    kor_gguf_free(&g);
    free(copy);
    kor_str_free(&s);
}

static void test_gguf_every_truncation_is_an_error(void **state)
{
    (void)state;
    kor_str s = good_bytes();
    for (size_t n = 0; n < s.len; n++) {
        kor_gguf g;
        kor_error err = {0};
        void *copy = raw_copy(s.data, n);
        if (kor_gguf_parse(&g, copy, n, &err) != KOR_E_INPUT)
            fail_msg("cut at %zu: not refused", n);
        assert_true(strstr(err.msg, "cut short") || strstr(err.msg, "do not fit"));
        kor_gguf_free(&g);
        free(copy);
    }
    kor_str_free(&s);
}

static void test_gguf_header_is_checked(void **state)
{
    (void)state;
    kor_str s = {0};
    kor_str_puts(&s, "GGML");
    expect_refused(&s, KOR_E_INPUT, "not a GGUF file: it starts with 4c4d4747");
    kor_str_puts(&s, "FUGG"); /* the other byte order */
    expect_refused(&s, KOR_E_INPUT, "not a GGUF file");
    kor_str_puts(&s, "");
    expect_refused(&s, KOR_E_INPUT, "offset 0: the header needs 4 bytes, the file has 0 left");
    raw_header(&s, 2, 0, 0);
    expect_refused(&s, KOR_E_UNSUPPORTED, "GGUF version 2; this program reads version 3");
    raw_header(&s, 4, 0, 0);
    expect_refused(&s, KOR_E_UNSUPPORTED, "GGUF version 4");
    raw_header(&s, 0x03000000, 0, 0);
    expect_refused(&s, KOR_E_UNSUPPORTED, "GGUF version 50331648");
}

/* Numbers that would overflow a sum or a product, or ask for more memory than there is. */
static const uint64_t huge[] = {1u << 20,           UINT32_MAX,         1ull << 32,
                                1ull << 61,         UINT64_MAX / 8 + 1, UINT64_MAX / 24,
                                UINT64_MAX / 2 + 1, UINT64_MAX - 7,     UINT64_MAX};
enum { HUGE_COUNT = sizeof huge / sizeof *huge };

static void test_gguf_huge_counts_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < HUGE_COUNT; i++) {
        kor_str s = {0};
        raw_header(&s, 3, huge[i], 0);
        expect_refused(&s, KOR_E_INPUT, "do not fit in 24 bytes");
        raw_header(&s, 3, 0, huge[i]);
        expect_refused(&s, KOR_E_INPUT, "do not fit in 24 bytes");
        raw_header(&s, 3, huge[i], huge[i]);
        expect_refused(&s, KOR_E_INPUT, "do not fit in 24 bytes");
    }
}

static void test_gguf_huge_lengths_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < HUGE_COUNT; i++) {
        kor_str s = {0};
        raw_header(&s, 3, 0, 1);
        raw_le(&s, huge[i], 8); /* of a key */
        raw_data(&s, 64);
        expect_refused(&s, KOR_E_INPUT, "offset 32: a metadata key needs");

        raw_header(&s, 3, 0, 1);
        raw_string(&s, "k");
        raw_le(&s, KOR_GGUF_STRING, 4);
        raw_le(&s, huge[i], 8);
        raw_data(&s, 64);
        expect_refused(&s, KOR_E_INPUT, "a string needs");

        for (uint32_t item = 0; item < KOR_GGUF_TYPES; item++) {
            if (item == KOR_GGUF_ARRAY) continue;
            raw_header(&s, 3, 0, 1);
            raw_string(&s, "k");
            raw_le(&s, KOR_GGUF_ARRAY, 4);
            raw_le(&s, item, 4);
            raw_le(&s, huge[i], 8);
            raw_data(&s, 64);
            expect_refused(&s, KOR_E_INPUT,
                           item == KOR_GGUF_STRING ? "an array of strings needs"
                                                   : "a metadata value");
        }

        raw_header(&s, 3, 1, 0);
        raw_le(&s, huge[i], 8); /* of a tensor's name */
        raw_data(&s, 64);
        expect_refused(&s, KOR_E_INPUT, "a tensor name needs");
    }
}

static void test_gguf_huge_shapes_and_offsets_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < HUGE_COUNT; i++) {
        for (size_t dims = 1; dims <= 4; dims++) {
            uint64_t shape[4] = {1, 1, 1, 1};
            for (size_t j = 0; j < dims; j++) shape[j] = huge[i];
            kor_str s = {0};
            raw_header(&s, 3, 1, 0);
            raw_tensor(&s, "t", (uint32_t)dims, shape, KOR_TENSOR_F32, 0);
            raw_data(&s, 64);
            expect_refused(&s, KOR_E_INPUT, "tensor 't'");
        }
        kor_str s = {0};
        raw_header(&s, 3, 1, 0);
        raw_tensor(&s, "t", 1, four, KOR_TENSOR_F32, huge[i]);
        raw_data(&s, 64);
        expect_refused(&s, KOR_E_INPUT, "misaligned or outside");
    }
    /* Products that come back to something small. */
    static const uint64_t round[][4] = {
        {1ull << 32, 1ull << 32, 1, 1}, {1ull << 62, 4, 4, 1}, {1ull << 62, 1, 1, 1}};
    for (size_t i = 0; i < 3; i++) {
        kor_str s = {0};
        raw_header(&s, 3, 1, 0);
        raw_tensor(&s, "t", 4, round[i], KOR_TENSOR_F32, 0);
        raw_data(&s, 64);
        expect_refused(&s, KOR_E_INPUT, "tensor 't' has an impossible shape");
    }
}

static void test_gguf_bad_metadata_is_refused(void **state)
{
    (void)state;
    kor_str s = {0};
    raw_header(&s, 3, 0, 1);
    raw_string(&s, "k");
    raw_le(&s, KOR_GGUF_TYPES, 4);
    raw_data(&s, 32);
    expect_refused(&s, KOR_E_INPUT, "offset 33: value type 13 does not exist");

    raw_header(&s, 3, 0, 1);
    raw_string(&s, "k");
    raw_le(&s, KOR_GGUF_ARRAY, 4);
    raw_le(&s, UINT32_MAX, 4);
    raw_data(&s, 32);
    expect_refused(&s, KOR_E_INPUT, "value type 4294967295 does not exist");

    raw_header(&s, 3, 0, 1);
    raw_string(&s, "k");
    raw_le(&s, KOR_GGUF_ARRAY, 4);
    raw_le(&s, KOR_GGUF_ARRAY, 4);
    raw_le(&s, 1, 8);
    raw_data(&s, 64);
    expect_refused(&s, KOR_E_UNSUPPORTED, "arrays of arrays");

    raw_header(&s, 3, 0, 1);
    raw_string(&s, "");
    raw_data(&s, 32);
    expect_refused(&s, KOR_E_INPUT, "a metadata key of 0 bytes");

    raw_header(&s, 3, 0, 1);
    raw_le(&s, 65536, 8);
    raw_data(&s, 65536 + 64);
    expect_refused(&s, KOR_E_INPUT, "a metadata key of 65536 bytes");

    raw_header(&s, 3, 0, 3);
    raw_u32(&s, "same", 1);
    raw_u32(&s, "other", 1);
    raw_u32(&s, "same", 2);
    expect_refused(&s, KOR_E_INPUT, "metadata 'same' is given twice");
}

static void test_gguf_bad_tensors_are_refused(void **state)
{
    (void)state;
    static const uint64_t shape[] = {4, 1, 1, 1, 1};
    static const struct {
        uint32_t dims, type;
        uint64_t first, offset;
        kor_status want;
        const char *part;
    } cases[] = {
        {0, KOR_TENSOR_F32, 4, 0, KOR_E_INPUT, "has 0 dimensions (1 to 4)"},
        {5, KOR_TENSOR_F32, 4, 0, KOR_E_INPUT, "has 5 dimensions (1 to 4)"},
        {1, KOR_TENSOR_F32, 0, 0, KOR_E_INPUT, "impossible shape"},
        {1, 2, 4, 0, KOR_E_UNSUPPORTED, "element type 2 (only F32, F16, I8, I32)"},
        {1, 25, 4, 0, KOR_E_UNSUPPORTED, "element type 25"},
        {1, UINT32_MAX, 4, 0, KOR_E_UNSUPPORTED, "element type 4294967295"},
        {1, KOR_TENSOR_F32, 4, 4, KOR_E_INPUT, "misaligned"},
        {1, KOR_TENSOR_I8, 4, 16, KOR_E_INPUT, "misaligned"},
        {1, KOR_TENSOR_F32, 17, 0, KOR_E_INPUT,
         "68 bytes at 0 are misaligned or outside the file's 64 bytes"},
        {1, KOR_TENSOR_F32, 9, 32, KOR_E_INPUT, "outside the file's"},
        {1, KOR_TENSOR_I8, 1, 64, KOR_E_INPUT, "outside the file's"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        uint64_t sizes[5];
        memcpy(sizes, shape, sizeof sizes);
        sizes[0] = cases[i].first;
        kor_str s = {0};
        raw_header(&s, 3, 1, 0);
        raw_tensor(&s, "t", cases[i].dims, sizes, cases[i].type, cases[i].offset);
        raw_data(&s, 64);
        expect_refused(&s, cases[i].want, cases[i].part);
    }
    char name[66];
    memset(name, 'n', 65);
    name[65] = 0;
    kor_str s = {0};
    raw_header(&s, 3, 1, 0);
    raw_tensor(&s, name, 1, four, KOR_TENSOR_F32, 0);
    raw_data(&s, 64);
    expect_refused(&s, KOR_E_INPUT, "a tensor name of 65 bytes");
    raw_header(&s, 3, 1, 0);
    raw_tensor(&s, "", 1, four, KOR_TENSOR_F32, 0);
    raw_data(&s, 64);
    expect_refused(&s, KOR_E_INPUT, "a tensor name of 0 bytes");
}

static void test_gguf_tensors_lie_apart_under_names_of_their_own(void **state)
{
    (void)state;
    static const uint64_t nine[] = {9};
    kor_str s = {0};
    raw_header(&s, 3, 2, 0);
    raw_tensor(&s, "b", 1, four, KOR_TENSOR_F32, 32);
    raw_tensor(&s, "a", 1, nine, KOR_TENSOR_F32, 0); /* 36 bytes: 4 of b */
    raw_data(&s, 128);
    expect_refused(&s, KOR_E_INPUT, "tensors 'a' and 'b' overlap");

    raw_header(&s, 3, 2, 0);
    raw_tensor(&s, "a", 1, four, KOR_TENSOR_F32, 0);
    raw_tensor(&s, "b", 1, four, KOR_TENSOR_F32, 0);
    raw_data(&s, 128);
    expect_refused(&s, KOR_E_INPUT, "overlap");

    raw_header(&s, 3, 3, 0);
    raw_tensor(&s, "a", 1, four, KOR_TENSOR_F32, 0);
    raw_tensor(&s, "b", 1, four, KOR_TENSOR_F32, 32);
    raw_tensor(&s, "a", 1, four, KOR_TENSOR_F32, 64);
    raw_data(&s, 128);
    expect_refused(&s, KOR_E_INPUT, "two tensors are named 'a'");
}

static void test_gguf_alignment_is_honoured(void **state)
{
    (void)state;
    static const uint32_t bad[] = {0, 1, 8, 16, 33, 48, 65536 + 32, UINT32_MAX};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        kor_str s = {0};
        raw_header(&s, 3, 0, 1);
        raw_u32(&s, "general.alignment", bad[i]);
        expect_refused(&s, KOR_E_UNSUPPORTED, "a multiple of 32 is needed");
    }
    kor_str s = {0};
    raw_header(&s, 3, 0, 1);
    raw_string(&s, "general.alignment");
    raw_le(&s, KOR_GGUF_U64, 4);
    raw_le(&s, 32, 8);
    expect_refused(&s, KOR_E_INPUT, "'general.alignment' is u64, expected u32");

    raw_header(&s, 3, 1, 1);
    raw_u32(&s, "general.alignment", 256);
    raw_tensor(&s, "t", 1, four, KOR_TENSOR_F32, 32);
    raw_data(&s, 512);
    expect_refused(&s, KOR_E_INPUT, "misaligned");

    raw_header(&s, 3, 1, 1);
    raw_u32(&s, "general.alignment", 256);
    raw_tensor(&s, "t", 1, four, KOR_TENSOR_F32, 0);
    while (s.len < 256) kor_str_putc(&s, 0);
    raw_data(&s, 16);
    kor_gguf g;
    unsigned char *copy = expect_parsed(&g, &s);
    assert_ptr_equal(kor_gguf_tensor(&g, "t")->data, copy + 256);
    kor_gguf_free(&g);
    free(copy);
    kor_str_free(&s);
}

static void test_gguf_a_file_without_anything_is_a_file(void **state)
{
    (void)state;
    kor_str s = {0};
    kor_gguf g;
    raw_header(&s, 3, 0, 0);
    void *copy = expect_parsed(&g, &s);
    assert_null(kor_gguf_find(&g, "k"));
    assert_null(kor_gguf_tensor(&g, "t"));
    kor_error err;
    assert_fails(kor_gguf_verify(&g, NULL, &err), KOR_E_INPUT, &err,
                 "'korora.checksum' is missing");
    kor_gguf_free(&g);
    free(copy);
    kor_str_free(&s);
}

/* ---- Writing, and reading back ---- */

typedef struct opened {
    folder folder;
    kor_map map;
    kor_gguf g;
} opened;

static opened commit_and_open(kor_gguf_out *o)
{
    opened f = {.folder = folder_new()};
    kor_error err;
    assert_works(kor_gguf_commit(o, in(&f.folder, "a.gguf"), &err), &err);
    kor_gguf_out_free(o);
    assert_int_equal(entries(&f.folder), 1);
    assert_works(kor_map_open(&f.map, in(&f.folder, "a.gguf"), &err), &err);
    assert_works(kor_gguf_parse(&f.g, f.map.data, f.map.size, &err), &err);
    return f;
}

static void close_opened(opened *f)
{
    kor_gguf_free(&f->g);
    kor_map_close(&f->map);
    folder_remove(&f->folder);
}

static void test_gguf_what_is_written_is_read(void **state)
{
    (void)state;
    kor_gguf_out o = {0};
    static const int8_t codes[] = {-128, 127, 0, 1, 2, 3};
    static const float floats[] = {1.5f, -0.0f, INFINITY};
    static const uint16_t halves[] = {0x3c00};
    const double doubles[] = {0.1, -1e300};
    const kor_bytes strings[] = {{"a\0b", 3}, {"", 0}, {"\xff", 1}};
    kor_gguf_add_u32(&o, "u", UINT32_MAX);
    kor_gguf_add_f32(&o, "f", -0.25f);
    kor_gguf_add_string(&o, "s", "p\xc3\xa2t\xc3\xa9");
    kor_gguf_add_u32s(&o, "us", (uint32_t[]){7, 8, 9}, 3);
    kor_gguf_add_u32s(&o, "none", NULL, 0);
    kor_gguf_add_f64s(&o, "ds", doubles, 2);
    kor_gguf_add_strings(&o, "ss", strings, 3);
    kor_gguf_add_tensor(&o, "codes", KOR_TENSOR_I8, 2, (size_t[]){3, 2}, codes);
    kor_gguf_add_tensor(&o, "floats", KOR_TENSOR_F32, 1, (size_t[]){3}, floats);
    kor_gguf_add_tensor(&o, "half", KOR_TENSOR_F16, 4, (size_t[]){1, 1, 1, 1}, halves);
    kor_gguf_add_tensor(&o, "ints", KOR_TENSOR_I32, 1, (size_t[]){1}, (int32_t[]){-5});
    opened f = commit_and_open(&o);

    kor_error err;
    uint32_t u = 0;
    float x = 0;
    kor_bytes s = {0};
    assert_works(kor_gguf_get_u32(&f.g, "u", &u, &err), &err);
    assert_int_equal(u, UINT32_MAX);
    assert_works(kor_gguf_get_f32(&f.g, "f", &x, &err), &err);
    assert_true(x == -0.25f);
    assert_works(kor_gguf_get_string(&f.g, "s", &s, &err), &err);
    assert_int_equal(s.len, 6);
    assert_memory_equal(s.data, "p\xc3\xa2t\xc3\xa9", 6);
    for (uint32_t i = 0; i < 3; i++) {
        assert_works(kor_gguf_get_u32_at(&f.g, "us", i, &u, &err), &err);
        assert_int_equal(u, 7 + i);
    }
    assert_fails(kor_gguf_get_u32_at(&f.g, "us", 3, &u, &err), KOR_E_INPUT, &err,
                 "has 3 elements, expected at least 4");
    assert_fails(kor_gguf_get_u32_at(&f.g, "none", 0, &u, &err), KOR_E_INPUT, &err,
                 "has 0 elements");
    const kor_gguf_kv *kv = kor_gguf_find(&f.g, "ds");
    assert_int_equal(kv->count, 2);
    assert_memory_equal(kv->data, doubles, sizeof doubles);
    kv = kor_gguf_find(&f.g, "ss");
    assert_int_equal(kv->count, 3);
    assert_int_equal(kv->size, 3 * 8 + 4);
    assert_memory_equal(kv->data + 8, "a\0b", 3);

    const kor_tensor *t = NULL;
    assert_works(
        kor_gguf_get_tensor(&f.g, "codes", KOR_TENSOR_I8, (size_t[]){3, 2, 1, 1}, &t, &err), &err);
    assert_memory_equal(t->data, codes, sizeof codes);
    assert_int_equal(t->dims, 2);
    assert_works(
        kor_gguf_get_tensor(&f.g, "floats", KOR_TENSOR_F32, (size_t[]){3, 1, 1, 1}, &t, &err),
        &err);
    assert_memory_equal(t->data, floats, sizeof floats);
    assert_works(
        kor_gguf_get_tensor(&f.g, "half", KOR_TENSOR_F16, (size_t[]){1, 1, 1, 1}, &t, &err), &err);
    assert_memory_equal(t->data, halves, sizeof halves);
    assert_works(
        kor_gguf_get_tensor(&f.g, "ints", KOR_TENSOR_I32, (size_t[]){1, 1, 1, 1}, &t, &err), &err);
    assert_int_equal(*(const int32_t *)t->data, -5);
    for (size_t i = 0; i < f.g.tensor_count; i++) {
        assert_int_equal((uintptr_t)f.g.tensors[i].data % KOR_GGUF_ALIGNMENT, 0);
    }
    uint64_t checksum = 0, stated = 1;
    assert_works(kor_gguf_verify(&f.g, &checksum, &err), &err);
    assert_works(kor_gguf_get_u64(&f.g, "korora.checksum", &stated, &err), &err);
    assert_true(checksum == stated);
    close_opened(&f);
}

static void test_gguf_values_of_another_type_are_refused(void **state)
{
    (void)state;
    kor_gguf_out o = {0};
    kor_gguf_add_u32(&o, "u", 1);
    kor_gguf_add_string(&o, "s", "text");
    kor_gguf_add_u32s(&o, "us", (uint32_t[]){1}, 1);
    kor_gguf_add_tensor(&o, "t", KOR_TENSOR_F32, 2, (size_t[]){2, 3}, (float[6]){0});
    opened f = commit_and_open(&o);
    kor_error err;
    uint32_t u = 99;
    uint64_t u64 = 99;
    float x = 99;
    kor_bytes s = {"99", 2};
    const kor_tensor *t = NULL;
    assert_fails(kor_gguf_get_u32(&f.g, "none", &u, &err), KOR_E_INPUT, &err,
                 "metadata 'none' is missing");
    assert_fails(kor_gguf_get_u32(&f.g, "s", &u, &err), KOR_E_INPUT, &err,
                 "'s' is string, expected u32");
    assert_fails(kor_gguf_get_u32(&f.g, "us", &u, &err), KOR_E_INPUT, &err,
                 "'us' is an array of u32, expected u32");
    assert_fails(kor_gguf_get_u32_at(&f.g, "u", 0, &u, &err), KOR_E_INPUT, &err,
                 "'u' is u32, expected an array of u32");
    assert_fails(kor_gguf_get_u64(&f.g, "u", &u64, &err), KOR_E_INPUT, &err,
                 "'u' is u32, expected u64");
    assert_fails(kor_gguf_get_f32(&f.g, "u", &x, &err), KOR_E_INPUT, &err,
                 "'u' is u32, expected f32");
    assert_fails(kor_gguf_get_string(&f.g, "u", &s, &err), KOR_E_INPUT, &err,
                 "'u' is u32, expected string");
    assert_true(u == 99 && u64 == 99 && x == 99 && s.len == 2);
    assert_fails(kor_gguf_get_tensor(&f.g, "x", KOR_TENSOR_F32, (size_t[]){2, 3, 1, 1}, &t, &err),
                 KOR_E_INPUT, &err, "tensor 'x' is missing");
    assert_fails(kor_gguf_get_tensor(&f.g, "t", KOR_TENSOR_I32, (size_t[]){2, 3, 1, 1}, &t, &err),
                 KOR_E_INPUT, &err,
                 "tensor 't' is of type 0, shape 2 x 3 x 1 x 1; expected type 26");
    assert_fails(kor_gguf_get_tensor(&f.g, "t", KOR_TENSOR_F32, (size_t[]){3, 2, 1, 1}, &t, &err),
                 KOR_E_INPUT, &err, "expected type 0, 3 x 2 x 1 x 1");
    assert_null(t);
    close_opened(&f);
}

static void test_gguf_commit_that_fails_leaves_what_was_there(void **state)
{
    (void)state;
    folder f = folder_new();
    kor_error err;
    kor_gguf_out o = {0};
    kor_gguf_add_u32(&o, "u", 1);
    put_file(in(&f, "file"), "old", 3);
    assert_fails(kor_gguf_commit(&o, in(&f, "missing/a.gguf"), &err), KOR_E_NOT_FOUND, &err,
                 "missing/a.gguf");
    kor_gguf_out_free(&o);
    kor_gguf_add_string(&o, "s", "x");
    kor_str_add(&o.data, "x", SIZE_MAX); /* memory has run out */
    assert_fails(kor_gguf_commit(&o, in(&f, "file"), &err), KOR_E_MEMORY, &err, "memory");
    kor_gguf_out_free(&o);
    assert_true(file_is(in(&f, "file"), "old"));
    assert_int_equal(entries(&f), 1);
    folder_remove(&f);
}

/* ---- The checksum ---- */

static void test_gguf_checksum_sees_every_bit(void **state)
{
    (void)state;
    folder f = folder_new();
    unsigned char *bytes;
    tiny_write(in(&f, "tiny.gguf"), true, &(tiny_change){0});
    size_t size = get_file(in(&f, "tiny.gguf"), &bytes);
    unsigned char *copy = raw_copy(bytes, size);
    kor_gguf g;
    kor_error err;
    assert_works(kor_gguf_parse(&g, copy, size, &err), &err);
    assert_works(kor_gguf_verify(&g, NULL, &err), &err);
    kor_gguf_free(&g);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        bool refused = kor_gguf_parse(&g, copy, size, NULL) != KOR_OK ||
                       kor_gguf_verify(&g, NULL, NULL) != KOR_OK;
        kor_gguf_free(&g);
        copy[bit / 8] ^= (unsigned char)(1u << bit % 8);
        if (!refused) fail_msg("bit %zu of byte %zu may change", bit % 8, bit / 8);
    }
    /* Nor may a byte be added or taken away at the end. */
    for (size_t n = 0; n < size; n++) {
        bool refused = kor_gguf_parse(&g, copy, n, NULL) != KOR_OK ||
                       kor_gguf_verify(&g, NULL, NULL) != KOR_OK;
        kor_gguf_free(&g);
        if (!refused) fail_msg("cut at %zu: not refused", n);
    }
    free(copy);
    copy = raw_copy(bytes, size + 1); /* get_file's NUL */
    assert_works(kor_gguf_parse(&g, copy, size + 1, &err), &err);
    assert_fails(kor_gguf_verify(&g, NULL, &err), KOR_E_INPUT, &err,
                 "the file is damaged, get it again");
    kor_gguf_free(&g);
    free(copy);
    free(bytes);
    folder_remove(&f);
}

static void test_gguf_checksum_is_the_hash_in_three_parts(void **state)
{
    (void)state;
    kor_gguf_out o = {0};
    kor_gguf_add_u32(&o, "u", 1);
    opened f = commit_and_open(&o);
    const unsigned char *at = kor_gguf_find(&f.g, "korora.checksum")->data;
    static const unsigned char zero[8];
    uint64_t h = kor_hash64(f.map.data, (size_t)(at - f.map.data), 0), stated = 0;
    h = kor_hash64(zero, 8, h);
    h = kor_hash64(at + 8, (size_t)(f.map.data + f.map.size - (at + 8)), h);
    assert_int_equal(kor_gguf_verify(&f.g, &stated, NULL), KOR_OK);
    assert_true(h == stated);
    close_opened(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gguf_reads_a_small_file),
        cmocka_unit_test(test_gguf_every_truncation_is_an_error),
        cmocka_unit_test(test_gguf_header_is_checked),
        cmocka_unit_test(test_gguf_huge_counts_are_refused),
        cmocka_unit_test(test_gguf_huge_lengths_are_refused),
        cmocka_unit_test(test_gguf_huge_shapes_and_offsets_are_refused),
        cmocka_unit_test(test_gguf_bad_metadata_is_refused),
        cmocka_unit_test(test_gguf_bad_tensors_are_refused),
        cmocka_unit_test(test_gguf_tensors_lie_apart_under_names_of_their_own),
        cmocka_unit_test(test_gguf_alignment_is_honoured),
        cmocka_unit_test(test_gguf_a_file_without_anything_is_a_file),
        cmocka_unit_test(test_gguf_what_is_written_is_read),
        cmocka_unit_test(test_gguf_values_of_another_type_are_refused),
        cmocka_unit_test(test_gguf_commit_that_fails_leaves_what_was_there),
        cmocka_unit_test(test_gguf_checksum_sees_every_bit),
        cmocka_unit_test(test_gguf_checksum_is_the_hash_in_three_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
