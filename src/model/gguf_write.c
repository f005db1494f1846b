/* SPDX-License-Identifier: Apache-2.0 */
#include "model/gguf.h"

#include "base/hash.h"

#include <string.h>

static void put_le(kor_str *s, uint64_t v, size_t bytes)
{
    char b[8];
    for (size_t i = 0; i < bytes; i++) b[i] = (char)(v >> (8 * i) & 0xff);
    kor_str_add(s, b, bytes);
}

static void put_string(kor_str *s, const char *bytes, size_t len)
{
    put_le(s, len, 8);
    kor_str_add(s, bytes, len);
}

static void put_key(kor_gguf_out *o, const char *key, kor_gguf_type type)
{
    put_string(&o->kv, key, strlen(key));
    put_le(&o->kv, type, 4);
    o->kv_count++;
}

static void put_array(kor_gguf_out *o, const char *key, kor_gguf_type item, size_t count)
{
    put_key(o, key, KOR_GGUF_ARRAY);
    put_le(&o->kv, item, 4);
    put_le(&o->kv, count, 8);
}

void kor_gguf_add_u32(kor_gguf_out *o, const char *key, uint32_t value)
{
    put_key(o, key, KOR_GGUF_U32);
    put_le(&o->kv, value, 4);
}

void kor_gguf_add_u64(kor_gguf_out *o, const char *key, uint64_t value)
{
    put_key(o, key, KOR_GGUF_U64);
    put_le(&o->kv, value, 8);
}

void kor_gguf_add_f32(kor_gguf_out *o, const char *key, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, 4);
    put_key(o, key, KOR_GGUF_F32);
    put_le(&o->kv, bits, 4);
}

void kor_gguf_add_string(kor_gguf_out *o, const char *key, const char *value)
{
    put_key(o, key, KOR_GGUF_STRING);
    put_string(&o->kv, value, strlen(value));
}

void kor_gguf_add_u32s(kor_gguf_out *o, const char *key, const uint32_t *values, size_t count)
{
    put_array(o, key, KOR_GGUF_U32, count);
    for (size_t i = 0; i < count; i++) put_le(&o->kv, values[i], 4);
}

void kor_gguf_add_f64s(kor_gguf_out *o, const char *key, const double *values, size_t count)
{
    put_array(o, key, KOR_GGUF_F64, count);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], 8);
        put_le(&o->kv, bits, 8);
    }
}

void kor_gguf_add_strings(kor_gguf_out *o, const char *key, const kor_bytes *values, size_t count)
{
    put_array(o, key, KOR_GGUF_STRING, count);
    for (size_t i = 0; i < count; i++) put_string(&o->kv, values[i].data, values[i].len);
}

void kor_gguf_add_copy(kor_gguf_out *o, const kor_gguf_kv *kv)
{
    put_string(&o->kv, kv->key.data, kv->key.len);
    put_le(&o->kv, kv->type, 4);
    o->kv_count++;
    if (kv->type == KOR_GGUF_ARRAY) {
        put_le(&o->kv, kv->item, 4);
        put_le(&o->kv, kv->count, 8);
    }
    kor_str_add(&o->kv, (const char *)kv->data, kv->size);
}

static void pad(kor_str *s, size_t already)
{
    while ((already + s->len) % KOR_GGUF_ALIGNMENT && !s->failed) kor_str_putc(s, 0);
}

void kor_gguf_add_tensor(kor_gguf_out *o, const char *name, kor_tensor_type type, size_t dims,
                         const size_t *shape, const void *data)
{
    size_t bytes = type == KOR_TENSOR_I8 ? 1 : type == KOR_TENSOR_F16 ? 2 : 4;
    pad(&o->data, 0);
    put_string(&o->info, name, strlen(name));
    put_le(&o->info, dims, 4);
    for (size_t i = 0; i < dims; i++) {
        put_le(&o->info, shape[i], 8);
        bytes *= shape[i];
    }
    put_le(&o->info, type, 4);
    put_le(&o->info, o->data.len, 8);
    kor_str_add(&o->data, data, bytes);
    o->tensor_count++;
}

kor_status kor_gguf_commit(kor_gguf_out *o, const char *path, kor_error *err)
{
    put_key(o, "korora.checksum", KOR_GGUF_U64);
    put_le(&o->kv, 0, 8);

    kor_str head = {0};
    kor_str_add(&head, "GGUF", 4);
    put_le(&head, 3, 4);
    put_le(&head, o->tensor_count, 8);
    put_le(&head, o->kv_count, 8);
    kor_str_add(&head, o->kv.data, o->kv.len);
    size_t at = head.len - 8; /* of the checksum's value, in the file */
    kor_str_add(&head, o->info.data, o->info.len);
    pad(&head, 0);
    kor_str_add(&head, o->data.data, o->data.len);
    kor_status status = KOR_OK;
    if (o->kv.failed || o->info.failed || o->data.failed || head.failed) {
        status = kor_fail_memory(err);
    } else {
        uint64_t h = kor_hash64(head.data, at, 0);
        h = kor_hash64(head.data + at, 8, h);
        h = kor_hash64(head.data + at + 8, head.len - at - 8, h);
        for (size_t i = 0; i < 8; i++) head.data[at + i] = (char)(h >> (8 * i) & 0xff);
        kor_writer w;
        status = kor_writer_open(&w, path, err);
        if (status == KOR_OK) {
            status = kor_writer_add(&w, head.data, head.len, err);
            if (status == KOR_OK)
                status = kor_writer_commit(&w, err);
            else
                kor_writer_abandon(&w);
        }
    }
    kor_str_free(&head);
    return status;
}

void kor_gguf_out_free(kor_gguf_out *o)
{
    kor_str_free(&o->kv);
    kor_str_free(&o->info);
    kor_str_free(&o->data);
    *o = (kor_gguf_out){0};
}
