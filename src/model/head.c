/* SPDX-License-Identifier: Apache-2.0 */
#include "model/head.h"

#include <math.h>
#include <string.h>

static const char *const names[] = {"embed", "classify", "tags", "spans", "rank"};

const char *kor_head_name(kor_head_kind kind)
{
    return names[kind];
}

static kor_status bind_kind(kor_head *out, const kor_gguf *file, kor_error *err)
{
    kor_bytes name = {0};
    KOR_TRY(kor_gguf_get_string(file, "korora.head", &name, err));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) == name.len && memcmp(names[i], name.data, name.len) == 0) {
            out->kind = (kor_head_kind)i;
            return KOR_OK;
        }
    }
    return kor_fail(err, KOR_E_UNSUPPORTED,
                    "head '%.*s': this version runs embed, classify, tags, spans and rank",
                    (int)(name.len < 40 ? name.len : 40), name.data);
}

static size_t length_at(const unsigned char *p)
{
    uint64_t n = 0;
    for (size_t i = 0; i < 8; i++) n |= (uint64_t)p[i] << (8 * i);
    return (size_t)n;
}

static kor_status bind_labels(kor_head *out, const kor_gguf *file, kor_arena *arena, kor_error *err)
{
    const kor_gguf_kv *kv = kor_gguf_find(file, "korora.labels");
    if (!kv || kv->type != KOR_GGUF_ARRAY || kv->item != KOR_GGUF_STRING || kv->count < 1 ||
        kv->count > KOR_LABELS_MAX) {
        return kor_fail(err, KOR_E_INPUT, "metadata 'korora.labels' must be 1 to %d strings",
                        KOR_LABELS_MAX);
    }
    out->labels = kv->count;
    out->label = kor_arena_array(arena, kv->count, sizeof *out->label);
    if (!out->label) return kor_fail_memory(err);
    const unsigned char *p = kv->data;
    for (size_t i = 0; i < kv->count; i++) {
        size_t len = length_at(p); /* inside the file: the reader has been over it */
        const char *text = (const char *)p + 8;
        if (!len || len > KOR_LABEL_BYTES || memchr(text, 0, len)) {
            return kor_fail(err, KOR_E_INPUT,
                            "metadata 'korora.labels': label %zu is not 1 to %d bytes of text", i,
                            KOR_LABEL_BYTES);
        }
        out->label[i] = kor_arena_copy(arena, text, len);
        if (!out->label[i]) return kor_fail_memory(err);
        p += 8 + len;
    }
    return KOR_OK;
}

static bool is_share(float x)
{
    return x >= 0 && x <= 1; /* not a NaN either */
}

static kor_status bind_temperature(float *out, const kor_gguf *file, const char *key,
                                   kor_error *err)
{
    KOR_TRY(kor_gguf_get_f32(file, key, out, err));
    if (*out > 0 && isfinite(*out)) return KOR_OK;
    return kor_fail(err, KOR_E_INPUT, "metadata '%s' is %g; it is over 0", key, (double)*out);
}

kor_status kor_head_bind(kor_head *out, const kor_gguf *file, kor_arena *arena, kor_error *err)
{
    *out = (kor_head){.temperature = 1};
    KOR_TRY(bind_kind(out, file, err));
    if (out->kind == KOR_HEAD_EMBED || out->kind == KOR_HEAD_RANK) return KOR_OK;
    KOR_TRY(bind_labels(out, file, arena, err));
    KOR_TRY(bind_temperature(&out->temperature, file, "korora.temperature", err));
    if (out->kind == KOR_HEAD_SPANS) return KOR_OK;
    if (out->kind == KOR_HEAD_CLASSIFY) {
        KOR_TRY(kor_gguf_get_f32(file, "korora.threshold", &out->threshold, err));
        if (!is_share(out->threshold)) {
            return kor_fail(err, KOR_E_INPUT, "metadata 'korora.threshold' is %g; it is 0 to 1",
                            (double)out->threshold);
        }
        return KOR_OK;
    }
    KOR_TRY(bind_temperature(&out->temperature_over, file, "korora.temperature_over", err));
    const kor_tensor *t;
    KOR_TRY(kor_gguf_get_tensor(file, "head.thresholds", KOR_TENSOR_F32,
                                (size_t[KOR_GGUF_DIMS]){out->labels, 1, 1, 1}, &t, err));
    out->thresholds = t->data;
    for (size_t i = 0; i < out->labels; i++) {
        if (!is_share(out->thresholds[i])) {
            return kor_fail(err, KOR_E_INPUT, "tensor 'head.thresholds': %zu is %g; it is 0 to 1",
                            i, (double)out->thresholds[i]);
        }
    }
    return KOR_OK;
}

void kor_head_apply(const kor_head *head, float *x)
{
    size_t n = head->labels;
    float inverse = 1 / head->temperature;
    if (head->kind == KOR_HEAD_TAGS) {
        float over = 1 / head->temperature_over;
        for (size_t i = 0; i < n; i++) x[i] = 1 / (1 + expf(-x[i] * (x[i] > 0 ? over : inverse)));
        return;
    }
    float top = x[0], sum = 0;
    for (size_t i = 1; i < n; i++) top = x[i] > top ? x[i] : top;
    for (size_t i = 0; i < n; i++) sum += x[i] = expf((x[i] - top) * inverse);
    for (size_t i = 0; i < n; i++) x[i] /= sum;
}
