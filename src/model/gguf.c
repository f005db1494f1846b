/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gguf.h"

#include "base/hash.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char checksum_key[] = "korora.checksum";

/* ---- The cursor ---- */

typedef struct cursor {
    const unsigned char *data;
    size_t at, size;
    kor_error *err;
} cursor;

static kor_status need(const cursor *c, uint64_t bytes, const char *what)
{
    if (bytes <= c->size - c->at) return KOR_OK;
    return kor_fail(c->err, KOR_E_INPUT,
                    "offset %zu: %s needs %" PRIu64
                    " bytes, the file has %zu left: it is cut short or damaged",
                    c->at, what, bytes, c->size - c->at);
}

static uint64_t load_le(const unsigned char *p, size_t bytes)
{
    uint64_t v = 0;
    for (size_t i = 0; i < bytes; i++) v |= (uint64_t)p[i] << (8 * i);
    return v;
}

static kor_status read_uint(cursor *c, size_t bytes, uint64_t *out, const char *what)
{
    KOR_TRY(need(c, bytes, what));
    *out = load_le(c->data + c->at, bytes);
    c->at += bytes;
    return KOR_OK;
}

static kor_status read_string(cursor *c, kor_bytes *out, const char *what)
{
    uint64_t len;
    KOR_TRY(read_uint(c, 8, &len, what));
    KOR_TRY(need(c, len, what));
    *out = (kor_bytes){(const char *)c->data + c->at, (size_t)len};
    c->at += (size_t)len;
    return KOR_OK;
}

/* Bytes of one value in the file; 0 for strings and arrays, which have no fixed size. */
static size_t size_of(kor_gguf_type type)
{
    static const unsigned char size[KOR_GGUF_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    return size[type];
}

static kor_status read_type(cursor *c, kor_gguf_type *out)
{
    uint64_t type;
    size_t at = c->at;
    KOR_TRY(read_uint(c, 4, &type, "a value type"));
    if (type >= KOR_GGUF_TYPES) {
        return kor_fail(c->err, KOR_E_INPUT, "offset %zu: value type %" PRIu64 " does not exist",
                        at, type);
    }
    *out = (kor_gguf_type)type;
    return KOR_OK;
}

static kor_status read_kv(cursor *c, kor_gguf_kv *kv)
{
    KOR_TRY(read_string(c, &kv->key, "a metadata key"));
    size_t at = c->at;
    if (kv->key.len == 0 || kv->key.len > 65535) {
        return kor_fail(c->err, KOR_E_INPUT, "offset %zu: a metadata key of %zu bytes", at,
                        kv->key.len);
    }
    KOR_TRY(read_type(c, &kv->type));
    kv->item = kv->type;
    uint64_t count = 1;
    if (kv->type == KOR_GGUF_ARRAY) {
        KOR_TRY(read_type(c, &kv->item));
        if (kv->item == KOR_GGUF_ARRAY) {
            return kor_fail(c->err, KOR_E_UNSUPPORTED,
                            "offset %zu: arrays of arrays are not supported", at);
        }
        KOR_TRY(read_uint(c, 8, &count, "an array length"));
    }
    kv->data = c->data + c->at;
    if (kv->item == KOR_GGUF_STRING) {
        KOR_TRY(need(c, count > UINT64_MAX / 8 ? UINT64_MAX : count * 8, "an array of strings"));
        for (uint64_t i = 0; i < count; i++) {
            kor_bytes s;
            KOR_TRY(read_string(c, &s, "a string"));
        }
    } else {
        size_t size = size_of(kv->item);
        KOR_TRY(need(c, count > UINT64_MAX / size ? UINT64_MAX : count * size, "a metadata value"));
        c->at += (size_t)count * size;
    }
    kv->count = (size_t)count;
    kv->size = (size_t)(c->data + c->at - kv->data);
    return KOR_OK;
}

static size_t element_size(uint64_t type)
{
    switch (type) {
    case KOR_TENSOR_F32:
    case KOR_TENSOR_I32: return 4;
    case KOR_TENSOR_F16: return 2;
    case KOR_TENSOR_I8: return 1;
    default: return 0;
    }
}

/* Leaves the offset within the data section in t->data until that section is known. */
static kor_status read_tensor_info(cursor *c, kor_tensor *t, uint64_t *offset)
{
    size_t at = c->at;
    KOR_TRY(read_string(c, &t->name, "a tensor name"));
    if (t->name.len == 0 || t->name.len > 64) {
        return kor_fail(c->err, KOR_E_INPUT, "offset %zu: a tensor name of %zu bytes (1 to 64)", at,
                        t->name.len);
    }
    int name_len = (int)t->name.len;
    const char *name = t->name.data;
    uint64_t dims, type;
    KOR_TRY(read_uint(c, 4, &dims, "a tensor's dimensions"));
    if (dims < 1 || dims > KOR_GGUF_DIMS) {
        return kor_fail(c->err, KOR_E_INPUT,
                        "offset %zu: tensor '%.*s' has %" PRIu64 " dimensions (1 to 4)", at,
                        name_len, name, dims);
    }
    t->dims = (size_t)dims;
    t->count = 1;
    for (size_t i = 0; i < KOR_GGUF_DIMS; i++) {
        uint64_t n = 1;
        if (i < dims) KOR_TRY(read_uint(c, 8, &n, "a tensor's shape"));
        t->shape[i] = (size_t)n;
        if (n == 0 || !kor_mul(t->count, t->shape[i], &t->count)) {
            return kor_fail(c->err, KOR_E_INPUT,
                            "offset %zu: tensor '%.*s' has an impossible shape", at, name_len,
                            name);
        }
    }
    KOR_TRY(read_uint(c, 4, &type, "a tensor's type"));
    size_t element = element_size(type);
    if (!element) {
        return kor_fail(c->err, KOR_E_UNSUPPORTED,
                        "offset %zu: tensor '%.*s' has element type %" PRIu64
                        " (only F32, F16, I8, I32)",
                        at, name_len, name, type);
    }
    t->type = (kor_tensor_type)type;
    if (!kor_mul(t->count, element, &t->size)) {
        return kor_fail(c->err, KOR_E_INPUT, "offset %zu: tensor '%.*s' has an impossible shape",
                        at, name_len, name);
    }
    return read_uint(c, 8, offset, "a tensor's offset");
}

static int compare_bytes(const kor_bytes *a, const kor_bytes *b)
{
    int order = memcmp(a->data, b->data, a->len < b->len ? a->len : b->len);
    if (order) return order;
    return (a->len > b->len) - (a->len < b->len);
}

static int by_key(const void *a, const void *b)
{
    return compare_bytes(&((const kor_gguf_kv *)a)->key, &((const kor_gguf_kv *)b)->key);
}

static int by_name(const void *a, const void *b)
{
    return compare_bytes(&((const kor_tensor *)a)->name, &((const kor_tensor *)b)->name);
}

static int by_place(const void *a, const void *b)
{
    uintptr_t x = (uintptr_t)((const kor_tensor *)a)->data,
              y = (uintptr_t)((const kor_tensor *)b)->data;
    return (x > y) - (x < y);
}

static kor_status place_tensors(kor_gguf *g, cursor *c, const uint64_t *offsets, uint64_t alignment)
{
    size_t start = (c->at + (size_t)alignment - 1) / (size_t)alignment * (size_t)alignment;
    if (start > c->size) start = c->size; /* no tensors, no padding */
    for (size_t i = 0; i < g->tensor_count; i++) {
        kor_tensor *t = &g->tensors[i];
        size_t room = c->size - start;
        if (offsets[i] % alignment != 0 || offsets[i] > room || t->size > room - offsets[i]) {
            return kor_fail(c->err, KOR_E_INPUT,
                            "tensor '%.*s': %zu bytes at %" PRIu64
                            " are misaligned or outside the file's %zu bytes "
                            "of data: it is cut short or damaged",
                            (int)t->name.len, t->name.data, t->size, offsets[i], room);
        }
        t->data = c->data + start + offsets[i];
    }
    qsort(g->tensors, g->tensor_count, sizeof *g->tensors, by_place);
    for (size_t i = 1; i < g->tensor_count; i++) {
        const kor_tensor *a = &g->tensors[i - 1], *b = &g->tensors[i];
        if ((const unsigned char *)a->data + a->size > (const unsigned char *)b->data) {
            return kor_fail(c->err, KOR_E_INPUT, "tensors '%.*s' and '%.*s' overlap",
                            (int)a->name.len, a->name.data, (int)b->name.len, b->name.data);
        }
    }
    qsort(g->tensors, g->tensor_count, sizeof *g->tensors, by_name);
    for (size_t i = 1; i < g->tensor_count; i++) {
        const kor_tensor *t = &g->tensors[i];
        if (by_name(t - 1, t) == 0) {
            return kor_fail(c->err, KOR_E_INPUT, "two tensors are named '%.*s'", (int)t->name.len,
                            t->name.data);
        }
    }
    return KOR_OK;
}

static kor_status parse(kor_gguf *out, const void *data, size_t size, kor_error *err)
{
    cursor c = {.data = data, .size = size, .err = err};
    uint64_t magic, version, tensors, kvs;
    KOR_TRY(read_uint(&c, 4, &magic, "the header"));
    if (magic != 0x46554747) { /* "GGUF" */
        return kor_fail(err, KOR_E_INPUT, "not a GGUF file: it starts with %08" PRIx64, magic);
    }
    KOR_TRY(read_uint(&c, 4, &version, "the header"));
    if (version != 3) {
        return kor_fail(err, KOR_E_UNSUPPORTED,
                        "GGUF version %" PRIu64 "; this program reads version 3", version);
    }
    KOR_TRY(read_uint(&c, 8, &tensors, "the header"));
    KOR_TRY(read_uint(&c, 8, &kvs, "the header"));
    /* The least that an entry takes bounds how many a file can hold, before anything is allocated.
     */
    if (tensors > size / 24 || kvs > size / 13) {
        return kor_fail(err, KOR_E_INPUT,
                        "offset 8: %" PRIu64 " tensors and %" PRIu64
                        " metadata entries do not fit in %zu bytes",
                        tensors, kvs, size);
    }
    out->kv = kor_arena_array(&out->arena, (size_t)kvs, sizeof *out->kv);
    out->tensors = kor_arena_array(&out->arena, (size_t)tensors, sizeof *out->tensors);
    uint64_t *offsets = kor_arena_array(&out->arena, (size_t)tensors, sizeof *offsets);
    if (!out->kv || !out->tensors || !offsets) return kor_fail_memory(err);
    for (; out->kv_count < kvs; out->kv_count++) KOR_TRY(read_kv(&c, &out->kv[out->kv_count]));
    qsort(out->kv, out->kv_count, sizeof *out->kv, by_key);
    for (size_t i = 1; i < out->kv_count; i++) {
        const kor_bytes *key = &out->kv[i].key;
        if (by_key(&out->kv[i - 1], &out->kv[i]) == 0) {
            return kor_fail(err, KOR_E_INPUT, "metadata '%.*s' is given twice", (int)key->len,
                            key->data);
        }
    }
    for (; out->tensor_count < tensors; out->tensor_count++) {
        KOR_TRY(
            read_tensor_info(&c, &out->tensors[out->tensor_count], &offsets[out->tensor_count]));
    }
    uint32_t alignment = KOR_GGUF_ALIGNMENT;
    if (kor_gguf_find(out, "general.alignment")) {
        KOR_TRY(kor_gguf_get_u32(out, "general.alignment", &alignment, err));
        if (alignment == 0 || alignment % KOR_GGUF_ALIGNMENT != 0 || alignment > 65536) {
            return kor_fail(err, KOR_E_UNSUPPORTED, "alignment %u; a multiple of %d is needed",
                            alignment, KOR_GGUF_ALIGNMENT);
        }
    }
    return place_tensors(out, &c, offsets, alignment);
}

kor_status kor_gguf_parse(kor_gguf *out, const void *data, size_t size, kor_error *err)
{
    *out = (kor_gguf){.data = data, .size = size};
    kor_status status = parse(out, data, size, err);
    if (status != KOR_OK) kor_gguf_free(out);
    return status;
}

void kor_gguf_free(kor_gguf *g)
{
    kor_arena_free(&g->arena);
    *g = (kor_gguf){0};
}

/* ---- Looking things up ---- */

const kor_gguf_kv *kor_gguf_find(const kor_gguf *g, const char *key)
{
    if (g->kv_count == 0) return NULL;
    kor_gguf_kv want = {.key = {key, strlen(key)}};
    return bsearch(&want, g->kv, g->kv_count, sizeof *g->kv, by_key);
}

const kor_tensor *kor_gguf_tensor(const kor_gguf *g, const char *name)
{
    if (g->tensor_count == 0) return NULL;
    kor_tensor want = {.name = {name, strlen(name)}};
    return bsearch(&want, g->tensors, g->tensor_count, sizeof *g->tensors, by_name);
}

static kor_status get(const kor_gguf *g, const char *key, kor_gguf_type type, bool array,
                      const kor_gguf_kv **out, kor_error *err)
{
    static const char *const names[KOR_GGUF_TYPES] = {"u8",  "i8",  "u16",  "i16",    "u32",
                                                      "i32", "f32", "bool", "string", "array",
                                                      "u64", "i64", "f64"};
    const kor_gguf_kv *kv = kor_gguf_find(g, key);
    if (!kv) return kor_fail(err, KOR_E_INPUT, "metadata '%s' is missing", key);
    if (kv->item != type || (kv->type == KOR_GGUF_ARRAY) != array) {
        return kor_fail(err, KOR_E_INPUT, "metadata '%s' is %s%s, expected %s%s", key,
                        kv->type == KOR_GGUF_ARRAY ? "an array of " : "", names[kv->item],
                        array ? "an array of " : "", names[type]);
    }
    *out = kv;
    return KOR_OK;
}

kor_status kor_gguf_get_u32(const kor_gguf *g, const char *key, uint32_t *out, kor_error *err)
{
    const kor_gguf_kv *kv;
    KOR_TRY(get(g, key, KOR_GGUF_U32, false, &kv, err));
    *out = (uint32_t)load_le(kv->data, 4);
    return KOR_OK;
}

kor_status kor_gguf_get_u64(const kor_gguf *g, const char *key, uint64_t *out, kor_error *err)
{
    const kor_gguf_kv *kv;
    KOR_TRY(get(g, key, KOR_GGUF_U64, false, &kv, err));
    *out = load_le(kv->data, 8);
    return KOR_OK;
}

kor_status kor_gguf_get_f32(const kor_gguf *g, const char *key, float *out, kor_error *err)
{
    const kor_gguf_kv *kv;
    KOR_TRY(get(g, key, KOR_GGUF_F32, false, &kv, err));
    uint32_t bits = (uint32_t)load_le(kv->data, 4);
    memcpy(out, &bits, 4);
    return KOR_OK;
}

kor_status kor_gguf_get_string(const kor_gguf *g, const char *key, kor_bytes *out, kor_error *err)
{
    const kor_gguf_kv *kv = NULL;
    KOR_TRY(get(g, key, KOR_GGUF_STRING, false, &kv, err));
    *out = (kor_bytes){(const char *)kv->data + 8, kv->size - 8};
    return KOR_OK;
}

kor_status kor_gguf_get_u32_at(const kor_gguf *g, const char *key, size_t i, uint32_t *out,
                               kor_error *err)
{
    const kor_gguf_kv *kv;
    KOR_TRY(get(g, key, KOR_GGUF_U32, true, &kv, err));
    if (i >= kv->count) {
        return kor_fail(err, KOR_E_INPUT, "metadata '%s' has %zu elements, expected at least %zu",
                        key, kv->count, i + 1);
    }
    *out = (uint32_t)load_le(kv->data + 4 * i, 4);
    return KOR_OK;
}

kor_status kor_gguf_get_tensor(const kor_gguf *g, const char *name, kor_tensor_type type,
                               const size_t shape[KOR_GGUF_DIMS], const kor_tensor **out,
                               kor_error *err)
{
    const kor_tensor *t = kor_gguf_tensor(g, name);
    if (!t) return kor_fail(err, KOR_E_INPUT, "tensor '%s' is missing", name);
    if (t->type != type || memcmp(t->shape, shape, sizeof t->shape) != 0) {
        return kor_fail(err, KOR_E_INPUT,
                        "tensor '%s' is of type %d, shape %zu x %zu x %zu x %zu; expected type %d, "
                        "%zu x %zu x %zu x "
                        "%zu",
                        name, (int)t->type, t->shape[0], t->shape[1], t->shape[2], t->shape[3],
                        (int)type, shape[0], shape[1], shape[2], shape[3]);
    }
    *out = t;
    return KOR_OK;
}

kor_status kor_gguf_verify(const kor_gguf *g, uint64_t *checksum, kor_error *err)
{
    uint64_t stated;
    KOR_TRY(kor_gguf_get_u64(g, checksum_key, &stated, err));
    size_t at = (size_t)(kor_gguf_find(g, checksum_key)->data - g->data);
    /* The hash takes the file in three parts, each under the last one's result as its seed. */
    static const unsigned char zero[8] = {0};
    uint64_t h = kor_hash64(g->data, at, 0);
    h = kor_hash64(zero, sizeof zero, h);
    h = kor_hash64(g->data + at + 8, g->size - at - 8, h);
    if (h != stated) {
        return kor_fail(err, KOR_E_INPUT,
                        "checksum %016" PRIx64 ", expected %016" PRIx64
                        ": the file is damaged, get it again",
                        h, stated);
    }
    if (checksum) *checksum = stated;
    return KOR_OK;
}
