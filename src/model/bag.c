/* SPDX-License-Identifier: Apache-2.0 */
#include "model/bag.h"

#include "text/codegrams.h"
#include "text/layout.h"

#include <math.h>
#include <string.h>

/* ---- Binding ---- */

static kor_status bad_directory(const kor_bag *b, kor_error *err)
{
    if (b->first[0] != 0 || b->first[(size_t)1 << b->bits] != b->rows)
        return kor_fail(err, KOR_E_INPUT, "tensor 'bag.first' does not span the %zu rows", b->rows);
    for (size_t i = 0; i < (size_t)1 << b->bits; i++) {
        if (b->first[i] > b->first[i + 1])
            return kor_fail(err, KOR_E_INPUT, "tensor 'bag.first' falls at %zu", i);
    }
    return KOR_OK;
}

/* Only models that know the layout of a text say so. */
static kor_status bind_layout(kor_bag *out, const kor_gguf *file, kor_error *err)
{
    if (!kor_gguf_find(file, "korora.bag.layout")) return KOR_OK;
    KOR_TRY(kor_gguf_get_u32(file, "korora.bag.layout", &out->shape.layout, err));
    if (out->shape.layout == KOR_LAYOUT_VERSION) return KOR_OK;
    return kor_fail(err, KOR_E_UNSUPPORTED, "layout of version %u; korora %s has version %d",
                    out->shape.layout, KORORA_VERSION, KOR_LAYOUT_VERSION);
}

/* Features of code have a number of their own, so that what does not know them reads no such file.
 */
static kor_status bind_code(kor_bag *out, const kor_gguf *file, kor_error *err)
{
    KOR_TRY(kor_gguf_get_u32(file, "korora.bag.code", &out->shape.code, err));
    if (out->shape.code == KOR_CODEGRAMS_VERSION) return KOR_OK;
    return kor_fail(err, KOR_E_UNSUPPORTED, "features of code of version %u; korora %s has %d",
                    out->shape.code, KORORA_VERSION, KOR_CODEGRAMS_VERSION);
}

kor_status kor_bag_bind(kor_bag *out, const kor_gguf *file, size_t labels, kor_error *err)
{
    *out = (kor_bag){.labels = labels};
    uint32_t version = 0;
    KOR_TRY(kor_gguf_get_u32(file, "korora.bag.ngrams", &version, err));
    if (version == KOR_NGRAMS_OF_CODE)
        KOR_TRY(bind_code(out, file, err));
    else if (version != KOR_NGRAMS_VERSION) {
        return kor_fail(err, KOR_E_UNSUPPORTED, "n-grams of version %u; korora %s has version %d",
                        version, KORORA_VERSION, KOR_NGRAMS_VERSION);
    }
    kor_ngrams *s = &out->shape;
    KOR_TRY(kor_gguf_get_u32(file, "korora.bag.words", &s->words, err));
    KOR_TRY(kor_gguf_get_u32(file, "korora.bag.chars_from", &s->chars_from, err));
    KOR_TRY(kor_gguf_get_u32(file, "korora.bag.chars_to", &s->chars_to, err));
    if (s->words < 1 || s->words > KOR_NGRAMS_WORDS || s->chars_to > KOR_NGRAMS_CHARS ||
        s->chars_from > s->chars_to || (s->chars_to && !s->chars_from)) {
        return kor_fail(err, KOR_E_INPUT, "n-grams of 1 to %u words, %u to %u characters", s->words,
                        s->chars_from, s->chars_to);
    }
    KOR_TRY(bind_layout(out, file, err));
    const kor_tensor *t = kor_gguf_tensor(file, "bag.table");
    if (!t || t->type != KOR_TENSOR_I8 || t->dims != 2 || t->shape[0] > KOR_BAG_DIM ||
        t->shape[0] % KOR_BAG_GROUP || t->shape[1] > KOR_BAG_ROWS) {
        return kor_fail(err, KOR_E_INPUT,
                        "tensor 'bag.table' must be I8, at most %d columns (a multiple of %d) and "
                        "%d rows",
                        KOR_BAG_DIM, KOR_BAG_GROUP, KOR_BAG_ROWS);
    }
    out->table = t->data;
    out->dim = t->shape[0];
    out->rows = t->shape[1];
    t = kor_gguf_tensor(file, "bag.first");
    while (t && out->bits < KOR_BAG_BITS && ((size_t)1 << out->bits) + 1 < t->shape[0]) out->bits++;
    size_t places = ((size_t)1 << out->bits) + 1;
    KOR_TRY(kor_gguf_get_tensor(file, "bag.first", KOR_TENSOR_I32,
                                (size_t[KOR_GGUF_DIMS]){places, 1, 1, 1}, &t, err));
    out->first = t->data;
    KOR_TRY(kor_gguf_get_tensor(file, "bag.keys", KOR_TENSOR_I32,
                                (size_t[KOR_GGUF_DIMS]){out->rows, 1, 1, 1}, &t, err));
    out->keys = t->data;
    KOR_TRY(kor_gguf_get_tensor(file, "bag.output", KOR_TENSOR_F32,
                                (size_t[KOR_GGUF_DIMS]){labels, out->dim, 1, 1}, &t, err));
    out->output = t->data;
    KOR_TRY(kor_gguf_get_tensor(file, "bag.bias", KOR_TENSOR_F32,
                                (size_t[KOR_GGUF_DIMS]){labels, 1, 1, 1}, &t, err));
    out->bias = t->data;
    return bad_directory(out, err);
}

/* ---- Forward ---- */

/* Rows that the text has are marked with the number of the call; 0 marks none. */
typedef struct scratch {
    uint32_t call;
    uint32_t keys[KOR_NGRAMS_LIMIT];
    uint32_t seen[]; /* [rows] */
} scratch;

size_t kor_bag_scratch(const kor_bag *bag)
{
    return sizeof(scratch) + bag->rows * sizeof(uint32_t);
}

size_t kor_bag_find(const kor_bag *bag, uint32_t key)
{
    size_t place = bag->bits ? key >> (32 - bag->bits) : 0;
    for (size_t row = bag->first[place], end = bag->first[place + 1]; row < end; row++) {
        if (bag->keys[row] == key) return row;
    }
    return bag->rows;
}

/* The known rows among keys[count], each once, written over keys; returns how many. */
static size_t find_rows(const kor_bag *bag, scratch *s, size_t count)
{
    size_t known = 0;
    for (size_t i = 0; i < count; i++) {
        size_t row = kor_bag_find(bag, s->keys[i]);
        if (row == bag->rows || s->seen[row] == s->call) continue;
        s->seen[row] = s->call;
        s->keys[known++] = (uint32_t)row;
    }
    return known;
}

/* sum[KOR_BAG_GROUP] += the columns from column on of rows[count]; in 16 bits at first, which hold
 * 256 codes. */
static void sum_group(int32_t *sum, const kor_bag *bag, size_t column, const uint32_t *rows,
                      size_t count)
{
    typedef int8_t codes __attribute__((vector_size(KOR_BAG_GROUP), aligned(1), may_alias));
    typedef int16_t shorts __attribute__((vector_size(2 * KOR_BAG_GROUP)));
    for (size_t from = 0; from < count; from += 256) {
        size_t to = count - from < 256 ? count : from + 256;
        shorts part = {0};
        for (size_t i = from; i < to; i++) {
            const int8_t *row = bag->table + rows[i] * bag->dim + column;
            part += __builtin_convertvector(*(const codes *)row, shorts);
        }
        for (size_t j = 0; j < KOR_BAG_GROUP; j++) sum[j] += part[j];
    }
}

enum { BLOCK = 16 };

/* logits[BLOCK] = bias + sum over d of x[d] * output[d], in the order of d. */
static void answer_block(float *logits, const float *bias, const float *output, size_t labels,
                         const float *x, size_t dim)
{
    typedef float block __attribute__((vector_size(BLOCK * sizeof(float)), aligned(4), may_alias));
    block sum = *(const block *)bias;
    for (size_t d = 0; d < dim; d++) sum += x[d] * *(const block *)(output + d * labels);
    *(block *)logits = sum;
}

void kor_bag_forward(const kor_bag *bag, const char *text, size_t len, float *logits, void *memory)
{
    scratch *s = memory;
    float x[KOR_BAG_DIM];
    if (++s->call == 0) { /* after 2^32 calls the marks of the first would come back */
        memset(s->seen, 0, bag->rows * sizeof *s->seen);
        s->call = 1;
    }
    size_t count = kor_ngrams_read(&bag->shape, text, len, s->keys, KOR_NGRAMS_LIMIT);
    size_t known = find_rows(bag, s, count), labels = bag->labels;
    float factor = known ? 1 / sqrtf((float)known) : 0;
    for (size_t d = 0; d < bag->dim; d += KOR_BAG_GROUP) {
        int32_t sum[KOR_BAG_GROUP] = {0};
        sum_group(sum, bag, d, s->keys, known);
        for (size_t j = 0; j < KOR_BAG_GROUP; j++) x[d + j] = (float)sum[j] * factor;
    }
    size_t l = 0;
    for (; l + BLOCK <= labels; l += BLOCK)
        answer_block(logits + l, bag->bias + l, bag->output + l, labels, x, bag->dim);
    for (; l < labels; l++) {
        logits[l] = bag->bias[l];
        for (size_t d = 0; d < bag->dim; d++) logits[l] += x[d] * bag->output[d * labels + l];
    }
}
