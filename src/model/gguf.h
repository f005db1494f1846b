/* SPDX-License-Identifier: Apache-2.0 */
/* GGUF version 3 (the container of ggml, docs/gguf.md there): typed metadata, then tensors, in one
 * mappable file. The reader is a set of cursors over the bytes: it checks everything once and
 * copies nothing. */
#ifndef KOR_GGUF_H
#define KOR_GGUF_H

#include "base/arena.h"
#include "base/file.h"
#include "base/status.h"

#include <stdbool.h>

typedef enum kor_gguf_type {
    KOR_GGUF_U8,
    KOR_GGUF_I8,
    KOR_GGUF_U16,
    KOR_GGUF_I16,
    KOR_GGUF_U32,
    KOR_GGUF_I32,
    KOR_GGUF_F32,
    KOR_GGUF_BOOL,
    KOR_GGUF_STRING,
    KOR_GGUF_ARRAY,
    KOR_GGUF_U64,
    KOR_GGUF_I64,
    KOR_GGUF_F64,
    KOR_GGUF_TYPES
} kor_gguf_type;

/* Tensor element types, with their numbers in the file. */
typedef enum kor_tensor_type {
    KOR_TENSOR_F32 = 0,
    KOR_TENSOR_F16 = 1,
    KOR_TENSOR_I8 = 24,
    KOR_TENSOR_I32 = 26
} kor_tensor_type;

enum { KOR_GGUF_DIMS = 4, KOR_GGUF_ALIGNMENT = 32 };

/* A string in the file: not NUL-terminated. */
typedef struct kor_bytes {
    const char *data;
    size_t len;
} kor_bytes;

typedef struct kor_gguf_kv {
    kor_bytes key;
    kor_gguf_type type, item;  /* item: element type of an array, else type */
    size_t count;              /* elements of an array, else 1 */
    const unsigned char *data; /* first element, unaligned */
    size_t size;               /* bytes of all elements */
} kor_gguf_kv;

typedef struct kor_tensor {
    kor_bytes name;
    kor_tensor_type type;
    size_t dims;                 /* 1 to 4 */
    size_t shape[KOR_GGUF_DIMS]; /* shape[0] varies fastest; unused ones are 1 */
    size_t count, size;          /* elements, bytes */
    const void *data;            /* aligned to KOR_GGUF_ALIGNMENT */
} kor_tensor;

typedef struct kor_gguf {
    const unsigned char *data; /* the whole file */
    size_t size;
    kor_gguf_kv *kv;
    size_t kv_count;
    kor_tensor *tensors;
    size_t tensor_count;
    kor_arena arena; /* the tables above */
} kor_gguf;

/* Parse and check size bytes at data (aligned to 32, kept by the caller as long as out is used):
 * magic, version, counts, every length and type, that names are unique, that tensors are aligned,
 * inside the file and apart from each other. Errors say the offset. Free with kor_gguf_free; after
 * a failure out holds nothing. */
kor_status kor_gguf_parse(kor_gguf *out, const void *data, size_t size, kor_error *err);
void kor_gguf_free(kor_gguf *g);

/* NULL when there is none. */
const kor_gguf_kv *kor_gguf_find(const kor_gguf *g, const char *key);
const kor_tensor *kor_gguf_tensor(const kor_gguf *g, const char *name);

/* Values. *out is left alone and KOR_E_INPUT says which key is missing or of another type. */
kor_status kor_gguf_get_u32(const kor_gguf *g, const char *key, uint32_t *out, kor_error *err);
kor_status kor_gguf_get_u64(const kor_gguf *g, const char *key, uint64_t *out, kor_error *err);
kor_status kor_gguf_get_f32(const kor_gguf *g, const char *key, float *out, kor_error *err);
kor_status kor_gguf_get_string(const kor_gguf *g, const char *key, kor_bytes *out, kor_error *err);
/* Element i of an array of U32. */
kor_status kor_gguf_get_u32_at(const kor_gguf *g, const char *key, size_t i, uint32_t *out,
                               kor_error *err);

/* The tensor of that name, type and shape (unused dimensions 1), or KOR_E_INPUT saying what was
 * expected. */
kor_status kor_gguf_get_tensor(const kor_gguf *g, const char *name, kor_tensor_type type,
                               const size_t shape[KOR_GGUF_DIMS], const kor_tensor **out,
                               kor_error *err);

/* ---- Writing ---- */

/* Collects a file in memory, metadata first. Like kor_str, it remembers that memory ran out; the
 * commit says so. Zero-initialise. */
typedef struct kor_gguf_out {
    kor_str kv, info, data;
    uint64_t kv_count, tensor_count;
} kor_gguf_out;

void kor_gguf_add_u32(kor_gguf_out *o, const char *key, uint32_t value);
void kor_gguf_add_u64(kor_gguf_out *o, const char *key, uint64_t value);
void kor_gguf_add_f32(kor_gguf_out *o, const char *key, float value);
void kor_gguf_add_string(kor_gguf_out *o, const char *key, const char *value);
void kor_gguf_add_u32s(kor_gguf_out *o, const char *key, const uint32_t *values, size_t count);
void kor_gguf_add_f64s(kor_gguf_out *o, const char *key, const double *values, size_t count);
void kor_gguf_add_strings(kor_gguf_out *o, const char *key, const kor_bytes *values, size_t count);
void kor_gguf_add_tensor(kor_gguf_out *o, const char *name, kor_tensor_type type, size_t dims,
                         const size_t *shape, const void *data);

/* Add a value of another file as it is. */
void kor_gguf_add_copy(kor_gguf_out *o, const kor_gguf_kv *kv);

/* Add "korora.checksum" and write everything to path, whole or not at all. */
kor_status kor_gguf_commit(kor_gguf_out *o, const char *path, kor_error *err);
void kor_gguf_out_free(kor_gguf_out *o);

/* Does the file match its "korora.checksum" (kor_hash64 of all bytes, the checksum's own eight
 * taken as 0)? KOR_E_INPUT when it is missing or differs. *checksum may be NULL. */
kor_status kor_gguf_verify(const kor_gguf *g, uint64_t *checksum, kor_error *err);

#endif
